/* queue.c - a run in a queue: music, what it is told of its place, keys, the offer of a call-back, the way out.
 *
 * What is heard: music, or words; words are followed by music. One timer serves four: announcement, offer, time-out. */
#include "flow/graph.h"
#include <string.h>

enum { HEARS_MUSIC = 1, HEARS_WORDS };
enum { FIRST_WORDS_US = HL__SECOND }; /* who is connected at once hears no announcement */

static void next_timer(hl__flows *fl, run *r)
{
    hl_time at = r->say_at < r->offer_at ? r->say_at : r->offer_at;

    hl__run_timer(fl, r, at < r->timeout_at ? at : r->timeout_at);
}

static void music(hl__flows *fl, run *r)
{
    hl__buf_clear(&fl->clips);
    hl__buf_fmt(&fl->clips, "%s\tmusic:%s\t\n", r->lang, hl__run_node(r)->music);
    r->mode = HEARS_MUSIC;
    if (!fl->clips.failed)
        fl->up.play(fl->up.ctx, r->contact, ++r->play, fl->clips.data, HL__PLAY_LOOP);
}

static void words(hl__flows *fl, run *r)
{
    if (fl->clips.failed || fl->clips.len == 0)
        return;
    r->mode = HEARS_WORDS;
    fl->up.play(fl->up.ctx, r->contact, ++r->play, fl->clips.data, 0);
}

const char *hl__callback_key(const node *n)
{
    const exit_to *e = hl__node_exit(n, X_CALLBACK);

    for (uint32_t i = 0; e && i < n->exits; i++)
        if (n->exit[i].id == X_KEY && n->exit[i].node == e->node)
            return n->exit[i].name;
    return "1";
}

int hl__queue_enter(hl__flows *fl, run *r, node *n)
{
    hl__val name, priority = { .u.i = 5 };
    char queue[256];
    hl__flow_queue q = { .need = n->need, .music = n->music, .max_wait_ms = n->max_wait_ms, .every_ms = n->every_ms,
        .says_place = n->says_place, .says_wait = n->says_wait };

    if (hl__run_eval(fl, r, &n->v, &name) < 0 || name.len >= sizeof(queue))
        return X_ERROR;
    memcpy(queue, name.u.s, name.len);
    queue[name.len] = 0;
    if (n->w.is_set && (hl__run_eval(fl, r, &n->w, &priority) < 0 || priority.u.i < 1 || priority.u.i > 9))
        return X_ERROR;
    hl__run_wait(fl, r, HL_FLOW_QUEUED);
    r->ask = ++r->asks;
    r->place = 0;
    r->say_at = n->every_ms && (n->says_place || n->says_wait) ? fl->core->now + FIRST_WORDS_US : INT64_MAX;
    r->offer_at = n->offer_ms ? fl->core->now + n->offer_ms * HL__US : INT64_MAX;
    r->timeout_at = n->max_wait_ms ? fl->core->now + n->max_wait_ms * HL__US : INT64_MAX;
    next_timer(fl, r);
    q.ask = r->ask;
    q.queue = queue;
    q.priority = (int)priority.u.i;
    music(fl, r);
    fl->up.enqueue(fl->up.ctx, r->contact, &q);
    return GO_WAIT;
}

/* Out of the queue, by which way ever. */
static int leave(hl__flows *fl, run *r, bool is_told, int go)
{
    r->ask = 0;
    r->play++;
    hl__run_timer(fl, r, INT64_MAX);
    if (r->state == HL_FLOW_QUEUED)
        fl->up.stop(fl->up.ctx, r->contact);
    if (!is_told)
        fl->up.leave(fl->up.ctx, r->contact);
    return go;
}

static void announce(hl__flows *fl, run *r, const hl__flow_in *in)
{
    if (r->mode == HEARS_WORDS)
        return;
    r->place = r->place && r->place < in->place ? r->place : in->place; /* a place once told never rises */
    r->p50_ms = in->p50_ms;
    r->p80_ms = in->p80_ms;
    hl__buf_clear(&fl->clips);
    if (hl__announce_lines(fl, r, &fl->clips) == 0)
        words(fl, r);
}

static int result_exit(int how)
{
    static const int exits[] = { [HL__FLOW_ANSWERED] = X_ANSWERED, [HL__FLOW_OVERFLOW] = X_OVERFLOW,
        [HL__FLOW_TIMEOUT] = X_TIMEOUT, [HL__FLOW_NO_AGENTS] = X_NO_AGENTS, [HL__FLOW_FAILED] = X_ERROR };

    return how >= HL__FLOW_ANSWERED && how <= HL__FLOW_FAILED ? exits[how] : X_ERROR;
}

int hl__queue_input(hl__flows *fl, run *r, const hl__flow_in *in)
{
    switch (in->kind) {
    case HL__FLOW_RESULT: return leave(fl, r, true, result_exit(in->how));
    case HL__FLOW_ANNOUNCE: announce(fl, r, in); break;
    case HL__FLOW_CONNECTED:
        r->play++;
        fl->up.stop(fl->up.ctx, r->contact);
        hl__run_timer(fl, r, INT64_MAX);
        hl__run_wait(fl, r, HL_FLOW_TALKING);
        break;
    default: /* REQUEUED: the wait goes on; what fell due meanwhile falls due now */
        hl__run_wait(fl, r, HL_FLOW_QUEUED);
        music(fl, r);
        next_timer(fl, r);
        break;
    }
    return GO_WAIT;
}

static void key_pressed(run *r, char key)
{
    hl__buf_char(&r->keys, key);
    hl__buf_char(&r->keys, ' ');
}

int hl__queue_digit(hl__flows *fl, run *r, char key)
{
    const node *n = hl__run_node(r);

    for (uint32_t i = 0; i < n->exits; i++)
        if (n->exit[i].id == X_KEY && n->exit[i].name[0] == key) {
            key_pressed(r, key);
            return leave(fl, r, false, GO_EXIT + (int)i);
        }
    if (n->offer_ms && r->offer_at == INT64_MAX && hl__callback_key(n)[0] == key) {
        const hl__flow_promise p = { 0 };
        key_pressed(r, key);
        bool keeps_place = fl->up.promise && fl->up.promise(fl->up.ctx, r->contact, &p) == 0;
        return leave(fl, r, keeps_place, X_CALLBACK); /* the number may yet be another, or withheld */
    }
    hl__ring_key(&r->ring, key, fl->core->now);
    return GO_WAIT;
}

int hl__queue_played(hl__flows *fl, run *r)
{
    if (r->mode == HEARS_WORDS) /* music that ends by itself is none: no use in trying again */
        music(fl, r);
    return GO_WAIT;
}

static void say_place(hl__flows *fl, run *r)
{
    hl__flow_in in = { .kind = HL__FLOW_ANNOUNCE };

    r->say_at = fl->core->now + hl__run_node(r)->every_ms * HL__US;
    if (fl->up.place && fl->up.place(fl->up.ctx, r->contact, &in.place, &in.p50_ms, &in.p80_ms) > 0)
        announce(fl, r, &in);
}

int hl__queue_due(hl__flows *fl, run *r)
{
    hl_time now = fl->core->now;

    if (r->timeout_at <= now)
        return leave(fl, r, false, X_TIMEOUT);
    if (r->offer_at <= now) {
        r->offer_at = INT64_MAX; /* from now on the key is open */
        hl__buf_clear(&fl->clips);
        const char *key = hl__callback_key(hl__run_node(r));
        (void)hl__builtin_line(fl, r->lang, "queue_callback", key, &fl->clips); /* it is there */
        words(fl, r);
    } else if (r->say_at <= now) {
        say_place(fl, r);
    }
    next_timer(fl, r);
    return GO_WAIT;
}
