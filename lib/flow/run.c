/* run.c - one caller's walk: nodes are entered until one waits; then what happens decides which exit is taken.
 *
 * A step is one input, or one timer, and all that follows at once. What comes in while a step runs waits until it is
 * over. A run that is over keeps keys, results and the count of its questions, and nothing else. */
#include "flow/graph.h"
#include <stdio.h>
#include <string.h>

enum { CALL_ANI, CALL_DNIS, CALL_LANG, CALL_START, CALL_ID, CALL_WITHHELD };

node *hl__run_node(const run *r)
{
    const frame *f = &r->frame[r->depth];

    return &f->v->g->node[f->node];
}

static graph *graph_of(const run *r)
{
    return r->frame[r->depth].v->g;
}

static hl_event event_of(const run *r, int type)
{
    hl_event ev = HL_EVENT_INIT;

    ev.type = (uint32_t)type;
    ev.contact = r->contact;
    ev.ref = r->first->id;
    return ev;
}

int hl__run_eval(hl__flows *fl, run *r, const vx *v, hl__val *out)
{
    if (!v->e) {
        *out = v->c;
        return v->is_set ? 0 : HL_EINVAL;
    }
    fl->eval.slots = r->frame[r->depth].val;
    fl->eval.now = fl->core->now;
    fl->eval.tz = graph_of(r)->tz;
    fl->eval.err = &fl->trouble;
    return hl__expr_eval(v->e, &fl->eval, out);
}

/* Timers. max_ms stands still while an agent is waited for or spoken to. */

void hl__run_timer(hl__flows *fl, run *r, hl_time at)
{
    if (at == INT64_MAX)
        hl__timer_drop(&fl->core->wheel, &r->timer);
    else
        hl__timer_set(&fl->core->wheel, &r->timer, at);
}

static bool counts(int state)
{
    return state != HL_FLOW_QUEUED && state != HL_FLOW_TALKING;
}

void hl__run_wait(hl__flows *fl, run *r, int state)
{
    hl_time now = fl->core->now;

    if (counts(r->state) && !counts(state) && hl__timer_is_set(&r->limit)) {
        r->left_us = r->limit.at - now;
        hl__timer_drop(&fl->core->wheel, &r->limit);
    } else if (!counts(r->state) && counts(state) && !r->was_max_ms) {
        hl__timer_set(&fl->core->wheel, &r->limit, now + r->left_us);
    }
    r->state = (uint8_t)state;
    r->since = now;
    r->silent = 0;
}

void hl__run_listen(hl__flows *fl, run *r, bool is_secret)
{
    if (r->is_secret == is_secret)
        return;
    r->is_secret = is_secret;
    fl->up.listen(fl->up.ctx, r->contact, is_secret);
}

int hl__run_play(hl__flows *fl, run *r, const prompt *p, int flags)
{
    int res;

    hl__buf_clear(&fl->clips);
    if ((res = hl__prompt_lines(fl, r, p, &fl->clips)) < 0)
        return res;
    if (fl->clips.len == 0)
        return 0;
    fl->up.play(fl->up.ctx, r->contact, ++r->play, fl->clips.data, flags);
    return 1;
}

/* Whatever a run waits for, it waits no more: nothing of it may come back. */
static void abandon(hl__flows *fl, run *r, bool is_gone)
{
    if ((r->state == HL_FLOW_QUEUED || r->state == HL_FLOW_TALKING) && !is_gone)
        fl->up.leave(fl->up.ctx, r->contact);
    if (r->state != HL_FLOW_TALKING && !is_gone)
        fl->up.stop(fl->up.ctx, r->contact);
    r->ask = 0;
    r->play++;
    hl__collect_end(&r->c);
    hl__timer_drop(&fl->core->wheel, &r->timer);
    hl__run_listen(fl, r, false);
}

/* Steps. */

static void drop_inputs(hl__flows *fl, run *r)
{
    for (waiting *w = r->first_in, *next; w; w = next) {
        next = w->next;
        hl__free(fl->core->mem, w);
    }
    r->first_in = NULL;
}

static void free_frames(hl__flows *fl, run *r, int32_t keep)
{
    for (; r->depth > keep; r->depth--)
        hl__frame_free(fl, &r->frame[r->depth]);
}

void hl__run_free(hl__flows *fl, run *r)
{
    hl__timer_drop(&fl->core->wheel, &r->timer);
    hl__timer_drop(&fl->core->wheel, &r->limit);
    drop_inputs(fl, r);
    if (!r->is_over)
        free_frames(fl, r, -1);
    hl__buf_free(&r->keys);
    hl__buf_free(&r->result);
    hl__free(fl->core->mem, r);
}

static void tell_outs(hl__flows *fl, const run *r, hl__buf *out)
{
    const frame *f = &r->frame[0];
    const graph *g = f->v->g;
    bool is_first = true;

    hl__buf_char(out, '{');
    for (uint32_t i = 0; i < g->n_outs; i++) {
        int slot = hl__scope_find(g->scope, g->outs[i], strlen(g->outs[i]));
        const hl__name *n = slot < 0 ? NULL : hl__scope_at(g->scope, (uint32_t)slot);
        if (!n || n->is_secret || f->val[slot].kind == HL__V_NONE)
            continue;
        hl__buf_str(out, is_first ? "" : ",");
        hl__buf_json(out, g->outs[i]);
        hl__buf_char(out, ':');
        hl__val_json(out, n->type, &f->val[slot]);
        is_first = false;
    }
    hl__buf_char(out, '}');
    (void)fl; /* everything stands in the run */
}

/* The end. ended() may forget the run: nothing is touched behind it. */
static void finish(hl__flows *fl, run *r)
{
    hl_event ev = event_of(r, HL_EV_FLOW_ENDED);
    char slug[65];
    hl_id contact = r->contact;
    int how = r->how;

    hl__copy(slug, sizeof(slug), r->frame[r->depth].v && r->frame[r->depth].node >= 0 ? hl__run_node(r)->slug : "");
    hl__buf_clear(&fl->data);
    tell_outs(fl, r, &fl->data);
    abandon(fl, r, r->is_deaf || !counts(r->state) || r->state == 0);
    hl__timer_drop(&fl->core->wheel, &r->limit);
    drop_inputs(fl, r);
    ev.code = how;
    ev.text = slug;
    ev.data = fl->data.failed ? NULL : fl->data.data;
    fl->core->emit(fl->core, &ev);
    free_frames(fl, r, -1);
    r->is_over = true;
    r->in_step = false;
    r->state = 0;
    fl->lost_keys += r->ring.lost + r->ring.n;
    if (r->is_forgotten)
        hl__flow_forget(fl, contact);
    fl->up.ended(fl->up.ctx, contact, how);
}

static void trace(hl__flows *fl, const run *r, const node *n, const char *name)
{
    hl_event ev = event_of(r, HL_EV_FLOW_NODE);
    char text[160];
    int64_t ms = (fl->core->now - r->entered) / HL__US;

    if (!graph_of(r)->trace)
        return;
    snprintf(text, sizeof(text), "%s:%s", n->slug, name);
    ev.code = ms > INT32_MAX ? INT32_MAX : (int32_t)ms;
    ev.text = text;
    fl->core->emit(fl->core, &ev);
}

static int follow(hl__flows *fl, run *r, const node *n, const exit_to *e)
{
    trace(fl, r, n, e->name);
    r->frame[r->depth].node = e->node;
    return GO_NODE;
}

/* An error goes to the node's own exit, the flow's handler (compiled into it), else out of the call it happened in. */
static int follow_error(hl__flows *fl, run *r)
{
    for (;;) {
        const node *n = hl__run_node(r);
        const exit_to *e = hl__node_exit(n, X_ERROR);
        int32_t handler = graph_of(r)->on[X_ERROR];
        if (e)
            return follow(fl, r, n, e);
        if (handler >= 0 && handler != r->frame[r->depth].node) { /* one that cannot fail but for want of memory */
            trace(fl, r, n, "error");
            r->frame[r->depth].node = handler;
            return GO_NODE;
        }
        if (r->depth == 0) {
            trace(fl, r, n, "error");
            r->how = HL_FLOW_END_ERROR;
            return GO_END;
        }
        free_frames(fl, r, r->depth - 1);
    }
}

static int take(hl__flows *fl, run *r, int go)
{
    const node *n = hl__run_node(r);
    const exit_to *e = go >= GO_EXIT ? &n->exit[go - GO_EXIT] : hl__node_exit(n, go);

    if (!e || go == X_ERROR)
        return follow_error(fl, r);
    return follow(fl, r, n, e);
}

static int enter(hl__flows *fl, run *r)
{
    frame *f = &r->frame[r->depth];
    node *n = hl__run_node(r);

    r->steps++;
    r->entered = fl->core->now;
    r->how = HL_FLOW_END_DONE;
    if (++r->silent > graph_of(r)->max_steps) {
        r->silent = 0;
        r->how = HL_FLOW_END_MAX_STEPS;
        if (r->out_of_steps)
            return GO_END;
        r->out_of_steps = true;
        return X_ERROR;
    }
    if (n->max_visits && f->visits[f->node] >= n->max_visits)
        return X_EXHAUSTED;
    if (f->visits[f->node] < UINT16_MAX)
        f->visits[f->node]++;
    if (r->is_deaf && (hl__flow_kinds[n->kind].traits & K_M)) {
        r->how = HL_FLOW_END_HANGUP;
        return GO_END;
    }
    r->tries_in = r->tries_no = r->repeat = 0;
    return hl__node_enter(fl, r, n);
}

static int deliver(hl__flows *fl, run *r, const hl__flow_in *in);

/* Goes on until something is waited for and nothing waits for us. r may be gone afterwards. */
static void go_on(hl__flows *fl, run *r, int go)
{
    r->in_step = true;
    for (;;) {
        while (go != GO_WAIT) {
            if (go == GO_END) {
                finish(fl, r);
                return;
            }
            go = go == GO_NODE ? enter(fl, r) : take(fl, r, go);
        }
        waiting *w = r->first_in;
        if (!w)
            break;
        r->first_in = w->next;
        go = deliver(fl, r, &w->in);
        if (go < GO_NODE)
            go = GO_WAIT; /* it came too late: dropped and counted */
        hl__free(fl->core->mem, w);
    }
    r->in_step = false;
    if (r->is_forgotten)
        hl__flow_forget(fl, r->contact);
}

/* Inputs. */

static void record(run *r)
{
    const collector *c = &r->c;

    for (; r->recorded < c->taken; r->recorded++)
        hl__buf_char(&r->keys, c->r->is_secret ? 'x' : c->took[r->recorded]);
    if (c->result && c->taken)
        hl__buf_char(&r->keys, ' ');
}

/* What every call of the collector is followed by. */
static int collected(hl__flows *fl, run *r)
{
    int go;

    record(r);
    if (r->c.stops_prompt)
        fl->up.stop(fl->up.ctx, r->contact);
    r->c.stops_prompt = false;
    go = hl__run_collected(fl, r);
    if (go == GO_WAIT)
        hl__run_timer(fl, r, hl__collect_timer(&r->c));
    return go;
}

int hl__run_try(hl__flows *fl, run *r, const prompt *p)
{
    const node *n = hl__run_node(r);
    int res;

    hl__buf_clear(&fl->clips);
    if ((res = hl__prompt_lines(fl, r, p, &fl->clips)) < 0)
        return X_ERROR;
    hl__run_wait(fl, r, HL_FLOW_LISTENING);
    hl__run_listen(fl, r, n->rule.is_secret);
    r->recorded = 0;
    hl__collect_begin(&r->c, &r->ring, &n->rule, fl->core->now, fl->clips.len > 0);
    r->play++;
    if (r->c.state == C_PROMPT)
        fl->up.play(fl->up.ctx, r->contact, r->play, fl->clips.data, n->rule.barge ? HL__PLAY_BARGE : 0);
    return collected(fl, r);
}

static int played(const run *r, const hl__flow_in *in)
{
    return in->play == r->play;
}

static int asked(const run *r, const hl__flow_in *in)
{
    return in->ask == r->ask && r->ask != 0;
}

static int at_keep(hl__flows *fl, run *r, const hl__flow_in *in)
{
    hl__ring_key(&r->ring, (char)in->key, fl->core->now);
    return GO_WAIT;
}

static int at_cut(hl__flows *fl, run *r, const hl__flow_in *in)
{
    const node *n = hl__run_node(r);

    if (hl__collect_trails(&r->c, (char)in->key, fl->core->now))
        return GO_WAIT;
    hl__ring_key(&r->ring, (char)in->key, fl->core->now);
    if (n->kind != N_PLAY || !n->barge)
        return GO_WAIT;
    r->play++;
    fl->up.stop(fl->up.ctx, r->contact);
    return X_NEXT;
}

static int at_played(hl__flows *fl, run *r, const hl__flow_in *in)
{
    const node *n = hl__run_node(r);

    (void)in;
    if (n->kind == N_HANGUP) {
        fl->up.hangup(fl->up.ctx, r->contact, n->number);
        return GO_END;
    }
    if (n->kind == N_CALLBACK)
        return X_OK;
    if (++r->repeat < n->number && hl__run_play(fl, r, &n->prompt, n->barge ? HL__PLAY_BARGE : 0) == 1)
        return GO_WAIT;
    return X_NEXT;
}

static int at_digit(hl__flows *fl, run *r, const hl__flow_in *in)
{
    hl__collect_digit(&r->c, &r->ring, (char)in->key, fl->core->now);
    return collected(fl, r);
}

static int at_over(hl__flows *fl, run *r, const hl__flow_in *in)
{
    (void)in;
    hl__collect_over(&r->c, &r->ring, fl->core->now);
    return collected(fl, r);
}

static int at_while(hl__flows *fl, run *r, const hl__flow_in *in)
{
    (void)in;
    if (fl->core->now > r->since) /* one that takes no time would be repeated for ever */
        (void)hl__run_play(fl, r, &hl__run_node(r)->extra, 0); /* without it the caller waits in silence */
    return GO_WAIT;
}

static int at_answer(hl__flows *fl, run *r, const hl__flow_in *in)
{
    r->ask = 0;
    r->play++;
    hl__timer_drop(&fl->core->wheel, &r->timer);
    if (hl__run_node(r)->extra.n && !r->is_deaf)
        fl->up.stop(fl->up.ctx, r->contact);
    return hl__run_answer(fl, r, in);
}

static int at_queue_key(hl__flows *fl, run *r, const hl__flow_in *in)
{
    return hl__queue_digit(fl, r, (char)in->key);
}

static int at_queue_played(hl__flows *fl, run *r, const hl__flow_in *in)
{
    (void)in;
    return hl__queue_played(fl, r);
}

static int at_music(hl__flows *fl, run *r, const hl__flow_in *in)
{
    (void)fl, (void)r, (void)in; /* it loops by itself; an end means that there was none to play */
    return GO_WAIT;
}

/* Gone: the last nodes may still open a ticket; nothing can be heard or pressed. */
static int at_hangup(hl__flows *fl, run *r, const hl__flow_in *in)
{
    int32_t d = r->depth;

    (void)in;
    if (r->is_deaf)
        return GO_WAIT;
    r->is_deaf = true;
    r->leg = 0;
    abandon(fl, r, true);
    while (d >= 0 && r->frame[d].v->g->on_hangup < 0)
        d--;
    if (d < 0) {
        r->how = HL_FLOW_END_HANGUP;
        return GO_END;
    }
    trace(fl, r, hl__run_node(r), "hangup");
    free_frames(fl, r, d);
    r->frame[d].node = r->frame[d].v->g->on_hangup;
    hl__run_wait(fl, r, HL_FLOW_TIMING);
    return GO_NODE;
}

typedef int action(hl__flows *fl, run *r, const hl__flow_in *in);
typedef int guard(const run *r, const hl__flow_in *in);
static const struct { uint8_t state, stimulus; guard *guard; action *act; } moves[] = {
    { HL_FLOW_PLAYING, HL__FLOW_DIGIT, NULL, at_cut }, { HL_FLOW_PLAYING, HL__FLOW_PLAYED, played, at_played },
    { HL_FLOW_LISTENING, HL__FLOW_DIGIT, NULL, at_digit }, { HL_FLOW_LISTENING, HL__FLOW_PLAYED, played, at_over },
    { HL_FLOW_ASKING, HL__FLOW_DIGIT, NULL, at_keep }, { HL_FLOW_ASKING, HL__FLOW_PLAYED, played, at_while },
    { HL_FLOW_ASKING, HL__FLOW_ANSWER, asked, at_answer },
    { HL_FLOW_QUEUED, HL__FLOW_DIGIT, NULL, at_queue_key },
    { HL_FLOW_QUEUED, HL__FLOW_PLAYED, played, at_queue_played },
    { HL_FLOW_QUEUED, HL__FLOW_RESULT, asked, hl__queue_input },
    { HL_FLOW_QUEUED, HL__FLOW_ANNOUNCE, NULL, hl__queue_input },
    { HL_FLOW_QUEUED, HL__FLOW_CONNECTED, NULL, hl__queue_input },
    { HL_FLOW_TALKING, HL__FLOW_DIGIT, NULL, at_music }, { HL_FLOW_TALKING, HL__FLOW_RESULT, asked, hl__queue_input },
    { HL_FLOW_TALKING, HL__FLOW_REQUEUED, NULL, hl__queue_input },
    { HL_FLOW_TIMING, HL__FLOW_DIGIT, NULL, at_keep }, { HL_FLOW_TIMING, HL__FLOW_PLAYED, played, at_music },
};

/* An exit, or GO_WAIT; HL_ECONFLICT: nobody waits for this. */
static int deliver(hl__flows *fl, run *r, const hl__flow_in *in)
{
    if (in->kind == HL__FLOW_HANGUP)
        return at_hangup(fl, r, in);
    for (size_t i = 0; i < HL__COUNT(moves); i++)
        if (moves[i].state == r->state && moves[i].stimulus == in->kind && (!moves[i].guard || moves[i].guard(r, in)))
            return moves[i].act(fl, r, in);
    fl->late++;
    if (in->kind == HL__FLOW_ANSWER)
        return hl__fail(fl->core->err, HL_ECONFLICT, "question %d is not waited for", in->ask);
    return hl__fail(fl->core->err, HL_ESTATE, "the flow does not wait for this");
}

/* During a step: kept until it is over. */
static int defer(hl__flows *fl, run *r, const hl__flow_in *in)
{
    size_t len = in->json ? strlen(in->json) + 1 : 1;
    waiting *w = hl__alloc(fl->core->mem, sizeof(*w) + len), **end = &r->first_in;

    if (!w)
        return HL_ENOMEM;
    w->in = *in;
    if (in->json)
        memcpy(w->json, in->json, len);
    w->in.json = in->json ? w->json : NULL;
    while (*end)
        end = &(*end)->next;
    *end = w;
    return 0;
}

static bool is_key(int key)
{
    return key > 0 && key < 128 && strchr("0123456789*#ABCD", key) != NULL;
}

int hl__flow_input(hl__flows *fl, hl_id contact, const hl__flow_in *in)
{
    run *r = hl__map_get(&fl->runs, contact);
    int go, res = 0;

    if (!r || r->is_over)
        return hl__fail(fl->core->err, HL_ENOENT, "the contact is in no flow");
    if (in->kind == HL__FLOW_DIGIT && !is_key(in->key))
        return hl__fail(fl->core->err, HL_EINVAL, "keys are 0-9 * # A-D");
    if (r->in_step)
        return defer(fl, r, in);
    r->in_step = true;
    go = deliver(fl, r, in);
    if (go < GO_NODE && in->kind != HL__FLOW_PLAYED) /* the end of a prompt that was cut is no mistake of anybody */
        res = go;
    go_on(fl, r, go < GO_NODE ? GO_WAIT : go);
    return res;
}

/* Timers' turn. */

void hl__run_due(void *ctx, hl__timer *t)
{
    run *r = ctx;
    hl__flows *fl = r->fl;
    int go = GO_WAIT;

    (void)t;
    r->in_step = true;
    switch (r->state) {
    case HL_FLOW_LISTENING:
        hl__collect_due(&r->c, &r->ring, fl->core->now);
        go = collected(fl, r);
        break;
    case HL_FLOW_ASKING:
        r->ask = 0;
        r->play++;
        if (hl__run_node(r)->extra.n && !r->is_deaf)
            fl->up.stop(fl->up.ctx, r->contact);
        go = X_ERROR;
        break;
    case HL_FLOW_QUEUED: go = hl__queue_due(fl, r); break;
    case HL_FLOW_TIMING:
        r->play++;
        if (hl__run_node(r)->music && !r->is_deaf)
            fl->up.stop(fl->up.ctx, r->contact);
        go = X_NEXT;
        break;
    default: break;
    }
    go_on(fl, r, go);
}

/* max_ms: once, to the innermost flow that has a handler. */
static void limit_due(void *ctx, hl__timer *t)
{
    run *r = ctx;
    hl__flows *fl = r->fl;
    int32_t d = r->depth;

    (void)t;
    r->was_max_ms = r->in_step = true;
    abandon(fl, r, r->is_deaf);
    while (d >= 0 && r->frame[d].v->g->on_max_ms < 0)
        d--;
    r->how = HL_FLOW_END_MAX_MS;
    if (d < 0) {
        go_on(fl, r, GO_END);
        return;
    }
    trace(fl, r, hl__run_node(r), "max_ms");
    free_frames(fl, r, d);
    r->frame[d].node = r->frame[d].v->g->on_max_ms;
    r->state = HL_FLOW_TIMING;
    go_on(fl, r, GO_NODE);
}

/* Life. */

static hl__val text_val(const char *text)
{
    if (!text || !text[0])
        return (hl__val){ 0 };
    return (hl__val){ .kind = HL__V_STRING, .len = (uint32_t)strlen(text), .u.s = text };
}

static void set_lang(run *r, const char *lang)
{
    hl__copy(r->lang, sizeof(r->lang), lang);
    r->call[CALL_LANG] = text_val(r->lang);
}

/* The language asked for if the flow has it, else the flow's first. */
static const char *lang_of(const graph *g, const char *lang)
{
    for (uint32_t i = 0; lang && i < g->n_langs; i++)
        if (strcmp(g->langs[i], lang) == 0)
            return g->langs[i];
    for (uint32_t i = 0; lang && i < g->n_langs; i++)
        if (strncmp(g->langs[i], lang, 2) == 0)
            return g->langs[i];
    return g->langs[0];
}

int hl__run_lang(run *r, const hl__val *v)
{
    const graph *g = graph_of(r);

    for (uint32_t i = 0; v->kind == HL__V_STRING && i < g->n_langs; i++)
        if (strlen(g->langs[i]) == v->len && memcmp(g->langs[i], v->u.s, v->len) == 0) {
            set_lang(r, g->langs[i]);
            return X_NEXT;
        }
    return X_ERROR;
}

static void set_call(run *r, const hl__flow_call *call, hl_time now)
{
    static const hl__flow_call none;

    call = call ? call : &none;
    hl__copy(r->ani, sizeof(r->ani), call->ani ? call->ani : "");
    hl__copy(r->dnis, sizeof(r->dnis), call->dnis ? call->dnis : "");
    r->leg = call->leg;
    r->call[CALL_ANI] = call->withheld ? (hl__val){ 0 } : text_val(r->ani);
    r->call[CALL_DNIS] = text_val(r->dnis);
    r->call[CALL_START] = (hl__val){ .kind = HL__V_TIMESTAMP, .u.i = now };
    r->call[CALL_ID] = (hl__val){ .kind = HL__V_INT, .u.i = r->contact };
    r->call[CALL_WITHHELD] = (hl__val){ .kind = HL__V_BOOL, .u.i = call->withheld };
    set_lang(r, lang_of(r->frame[0].v->g, call->lang));
}

/* A fresh run in the place of one that is over: what the contact's record needs is kept. */
static run *new_run(hl__flows *fl, hl_id contact)
{
    run *r = hl__map_get(&fl->runs, contact), fresh = { .contact = contact, .fl = fl };

    if (!r) {
        if (!(r = hl__alloc(fl->core->mem, sizeof(*r))))
            return NULL;
        *r = fresh;
        r->is_over = true;
        hl__buf_init(&r->keys, fl->core->mem);
        hl__buf_init(&r->result, fl->core->mem);
        if (hl__map_put(&fl->runs, contact, r) == 0)
            return r;
        hl__free(fl->core->mem, r);
        return NULL;
    }
    fresh.keys = r->keys;
    fresh.result = r->result;
    fresh.asks = r->asks;
    fresh.play = r->play;
    fresh.is_over = true;
    *r = fresh;
    return r;
}

int hl__flow_start(hl__flows *fl, hl_id contact, hl_id flow_id, const char *name, const char *args,
                   const hl__flow_call *call)
{
    flow *f = hl__map_get(&fl->flows, flow_id);
    version *v = f ? hl__flow_alias(f, name ? name : "live") : NULL;
    run *r = hl__map_get(&fl->runs, contact);
    hl_event ev;
    int res;

    if (!v)
        return hl__fail(fl->core->err, HL_ENOENT, f ? "the flow has no alias \"%s\"" : "no such flow, alias \"%s\"",
                        name ? name : "live");
    if (r && !r->is_over)
        return hl__fail(fl->core->err, HL_EEXIST, "the contact is in a flow already");
    bool is_new = !r;
    if (!(r = new_run(fl, contact)))
        return HL_ENOMEM;
    r->first = f;
    if ((res = hl__frame_new(fl, r, v, &r->frame[0])) == 0)
        set_call(r, call, fl->core->now);
    if (res < 0 || (res = hl__frame_json(fl, &r->frame[0], args)) < 0) {
        hl__frame_free(fl, &r->frame[0]);
        if (is_new)
            hl__flow_forget(fl, contact);
        return res;
    }
    r->is_over = false;
    r->start = fl->core->now;
    r->seed = (int64_t)hl__rand_u64(&fl->core->rand);
    r->timer.fire = hl__run_due;
    r->limit.fire = limit_due;
    r->timer.ctx = r->limit.ctx = r;
    r->left_us = v->g->max_ms * HL__US;
    hl__timer_set(&fl->core->wheel, &r->limit, fl->core->now + r->left_us);
    ev = event_of(r, HL_EV_FLOW_STARTED);
    ev.leg = r->leg;
    ev.text = v->hash;
    fl->core->emit(fl->core, &ev);
    go_on(fl, r, GO_NODE);
    return 0;
}

int hl__flow_stop(hl__flows *fl, hl_id contact)
{
    run *r = hl__map_get(&fl->runs, contact);

    if (!r || r->is_over)
        return hl__fail(fl->core->err, HL_ENOENT, "the contact is in no flow");
    if (r->in_step)
        return hl__fail(fl->core->err, HL_ESTATE, "the flow is in the midst of a step");
    r->how = HL_FLOW_END_STOPPED;
    r->in_step = true;
    if (!counts(r->state) && !r->is_deaf)
        fl->up.leave(fl->up.ctx, contact);
    go_on(fl, r, GO_END);
    return 0;
}

void hl__flow_forget(hl__flows *fl, hl_id contact)
{
    run *r = hl__map_get(&fl->runs, contact);

    if (!r)
        return;
    if (r->in_step) {
        r->is_forgotten = true; /* the step ends first */
        return;
    }
    hl__map_del(&fl->runs, contact);
    hl__run_free(fl, r);
}

int hl__flow_press(hl__flows *fl, hl_id contact, const char *keys)
{
    hl__flow_in in = { .kind = HL__FLOW_DIGIT };
    int r = 0;

    if (!keys[0] || strspn(keys, "0123456789*#ABCD") != strlen(keys))
        return hl__fail(fl->core->err, HL_EINVAL, "keys are 0-9 * # A-D");
    for (const char *p = keys; *p && r == 0; p++) {
        in.key = *p;
        r = hl__flow_input(fl, contact, &in);
        if (r == HL_ENOENT && p > keys)
            return 0; /* the flow ended by an earlier key */
    }
    return r;
}

int hl__flow_answer(hl__flows *fl, hl_id contact, int ask, int status, const char *json)
{
    hl__flow_in in = { .kind = HL__FLOW_ANSWER, .ask = ask, .status = status, .json = json };

    if (json && strlen(json) > 1 << 20)
        return hl__fail(fl->core->err, HL_EINVAL, "an answer has at most 1 MiB");
    return hl__flow_input(fl, contact, &in);
}
