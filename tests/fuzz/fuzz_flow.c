/* fuzz_flow.c - a document on the first line, what happens to its caller on the second: it is refused with findings, or
 * it runs, and after every stimulus the invariants hold.
 *
 * Second line: a key 0-9 * # is pressed; p the prompt ends, t time passes to the next timer, T a second, a an answer, e
 * a bad answer, c connected, q back in the queue,
     r s u v the queue's results, n a place is told, h hung up, x stopped. */
#include "flow/graph.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
enum { CONTACT = 16 + HL_KIND_CONTACT };

static hl__mem mem;
static hl__err err;
static struct world { hl__core core; hl__flows *fl; hl_id last; int64_t play; int asks, ends; } w;

static hl_id id_of(hl__core *core, int kind)
{
    (void)core;
    return HL__ID(++w.last, kind);
}

static hl_seq emit(hl__core *core, const hl_event *ev)
{
    (void)core;
    if (!ev->type) abort();
    return 1;
}

static void stop(void *ctx, hl_id contact)
{
    (void)ctx, (void)contact;
}

static void listen_to(void *ctx, hl_id contact, bool is_secret)
{
    (void)ctx, (void)contact, (void)is_secret;
}

static void hang_up(void *ctx, hl_id contact, int cause)
{
    (void)ctx, (void)contact, (void)cause;
}

static void ended(void *ctx, hl_id contact, int how)
{
    (void)ctx, (void)contact;
    if (how < 1 || how > 7) abort();
    w.ends++;
}

static void play(void *ctx, hl_id contact, int64_t number, const char *clips, int flags)
{
    (void)ctx, (void)contact, (void)flags;
    if (number <= w.play || !clips[0] || clips[strlen(clips) - 1] != '\n') abort();
    w.play = number;
}

static void enqueue(void *ctx, hl_id contact, const hl__flow_queue *q)
{
    (void)ctx, (void)contact;
    if (q->ask <= w.asks || !q->queue) abort();
    w.asks = q->ask;
}

static void ticket(void *ctx, hl_id contact, const hl__flow_ticket *t)
{
    (void)ctx, (void)contact;
    if (t->ask <= w.asks) abort();
    w.asks = t->ask;
}

static int place(void *ctx, hl_id contact, int *out, int64_t *p50_ms, int64_t *p80_ms)
{
    (void)ctx, (void)contact;
    *out = 3;
    *p50_ms = *p80_ms = 90000;
    return 1;
}

static void pass(hl_time to)
{
    hl__timer *t;

    w.core.now = to > w.core.now ? to : w.core.now;
    while ((t = hl__wheel_take(&w.core.wheel, w.core.now)))
        t->fire(t->ctx, t);
}

static void happen(char c)
{
    run *r = hl__map_get(&w.fl->runs, CONTACT);
    hl__flow_in in = { .ask = r ? r->ask : 0, .play = r ? r->play : 0, .status = 200, .json = "\"12.50 CNY\"",
        .place = 2 };
    static const char results[] = "rsuv";

    switch (c) {
    case 'p': in.kind = HL__FLOW_PLAYED; break;
    case 'a': in.kind = HL__FLOW_ANSWER; break;
    case 'e': in.kind = HL__FLOW_ANSWER, in.status = 500; break;
    case 'c': in.kind = HL__FLOW_CONNECTED; break;
    case 'q': in.kind = HL__FLOW_REQUEUED; break;
    case 'n': in.kind = HL__FLOW_ANNOUNCE; break;
    case 'h': in.kind = HL__FLOW_HANGUP; break;
    case 'r': case 's': case 'u': case 'v': in.kind = HL__FLOW_RESULT, in.how = 1 + (int)(strchr(results,
        c) - results); break;
    case 't': if (hl__wheel_due(&w.core.wheel) != INT64_MAX) pass(hl__wheel_due(&w.core.wheel)); return;
    case 'T': pass(w.core.now + HL__SECOND); return;
    case 'x': (void)hl__flow_stop(w.fl, CONTACT); return;
    default: in.kind = HL__FLOW_DIGIT, in.key = c; break;
    }
    (void)hl__flow_input(w.fl, CONTACT, &in);
}

static void walk(hl_id id, const char *what, size_t len)
{
    hl__findings f;
    hl__flow_call call = { .ani = "13800138000", .dnis = "96332" };
    hl_flow_version row = HL_FLOW_VERSION_INIT;

    hl__findings_init(&f, &mem);
    int r = hl__flow_publish(w.fl, id, "live", &f);
    if ((r < 0) != (f.errors > 0)) abort();
    hl__findings_free(&f);
    if (r < 0 || hl__flow_version_next(w.fl, 0, &row) != 1)
        return;
    version *v = hl__map_get(&w.fl->versions, id);
    if (hl__flow_start(w.fl, CONTACT, v->flow->id, NULL, NULL, &call) < 0)
        return;
    for (size_t i = 0; i < len && i < 400; i++) {
        if (hl__flows_check(w.fl, &err) < 0) abort();
        happen(what[i]);
    }
    for (int i = 0; i < 10000 && !w.ends; i++) { /* nobody is kept for ever: time alone leads out, or a queue */
        run *x = hl__map_get(&w.fl->runs, CONTACT);
        if (x->state == HL_FLOW_QUEUED || x->state == HL_FLOW_TALKING)
            happen('h');
        else
            happen(x->state == HL_FLOW_PLAYING || (x->state == HL_FLOW_LISTENING &&
                x->c.state == C_PROMPT) ? 'p' : 't');
    }
    if (!w.ends || hl__flows_check(w.fl, &err) < 0) abort();
    hl__flow_forget(w.fl, CONTACT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct hl__flow_up up = { .play = play, .stop = stop, .listen = listen_to, .enqueue = enqueue, .leave = stop,
        .ticket = ticket, .hangup = hang_up, .ended = ended, .place = place };
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    size_t len = end ? (size_t)(end - data) : size;
    hl__findings f;
    hl_id id = 0;
    char *text = malloc(len + 1);

    if (!text) abort();
    if (len)
        memcpy(text, data, len);
    memset(&w, 0, sizeof(w));
    w.core = (hl__core){ .mem = &mem, .now = 1795140000000000, .err = &err, .id = id_of, .emit = emit };
    hl__rand_init(&w.core.rand, 1, 0, 0);
    hl__findings_init(&f, &mem);
    if (hl__flows_new(&w.core, NULL, &up, &w.fl) < 0) abort();
    int r = hl__flow_add(w.fl, text, len, &f, &id);
    if ((r < 0) != (f.errors > 0) && r != HL_ELIMIT) abort();
    for (uint32_t i = 0; i < f.count; i++)
        if (!hl__findings_at(&f, i)->text[0]) abort();
    if (r >= 0)
        walk(id, end ? (const char *)end + 1 : "", end ? size - len - 1 : 0);
    hl__flows_free(w.fl);
    hl__findings_free(&f);
    free(text);
    if (mem.blocks) abort();
    return 0;
}
