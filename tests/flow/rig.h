/* rig.h - a hotline around lib/flow for its tests: a clock, a telephone that plays clips, a log of what is asked. */
#ifndef TESTS_FLOW_RIG_H
#define TESTS_FLOW_RIG_H
#include "hl_test.h"
#include "flow/graph.h"

#define RIG static __attribute__((unused)) /* a test uses what it needs */
enum { CLIP_MS = 1000, CONTACT = 16 + HL_KIND_CONTACT };

typedef struct rig {
    hl__core core;
    hl__err err;
    hl__flows *fl;
    hl__calendars *cal;
    hl__findings f;
    hl__section section[4];
    hl_id next_id;
    hl_seq seq;
    char log[65536];
    size_t len;
    struct { int64_t play; hl_time end; } play;
    int queue_ask, ticket_ask, ask, place, enqueue_fails, promises, ends;
    bool answers_tickets, is_quiet, forgets;
} rig;

static void note(rig *g, const char *fmt, ...)
{
    va_list args;

    if (g->is_quiet)
        return;
    va_start(args, fmt);
    if (g->len < sizeof(g->log) - 1024)
        g->len += (size_t)vsnprintf(g->log + g->len, 1024, fmt, args);
    va_end(args);
    if (g->len && g->log[g->len - 1] != '\n')
        g->log[g->len++] = '\n';
    g->log[g->len] = 0;
}

static hl_id rig_id(hl__core *core, int kind)
{
    rig *g = core->engine;

    return HL__ID(++g->next_id, kind);
}

static hl_seq rig_emit(hl__core *core, const hl_event *ev)
{
    rig *g = core->engine;

    note(g, "event %d code %d text %s data %s", (int)ev->type, (int)ev->code, ev->text ? ev->text : "-",
         ev->data ? ev->data : "-");
    if (ev->type == HL_EV_FLOW_ASK && ev->code)
        g->ask = ev->code;
    return ++g->seq;
}

static void up_play(void *ctx, hl_id contact, int64_t play, const char *clips, int flags)
{
    rig *g = ctx;
    hl_time len = 0;
    char names[700] = "";
    size_t n = 0;

    (void)contact;
    for (const char *p = clips; *p; p = strchr(p, '\n') + 1) {
        const char *name = strchr(p, '\t') + 1;
        size_t width = strcspn(name, "\t");
        assert_non_null(strchr(p, '\n'));
        if (n + width + 8 < sizeof(names))
            n += (size_t)snprintf(names + n, sizeof(names) - n, " %.2s/%.*s", p, (int)width, name);
        len += CLIP_MS;
    }
    note(g, "play%s%s", flags & HL__PLAY_LOOP ? " loop" : "", names);
    g->play.play = play;
    g->play.end = flags & HL__PLAY_LOOP ? INT64_MAX : g->core.now + len * HL__US;
}

static void up_stop(void *ctx, hl_id contact)
{
    rig *g = ctx;

    (void)contact;
    note(g, "stop");
    g->play.end = INT64_MAX;
}

static void up_listen(void *ctx, hl_id contact, bool is_secret)
{
    (void)contact;
    note(ctx, "listen %s", is_secret ? "secret" : "open");
}

static void up_enqueue(void *ctx, hl_id contact, const hl__flow_queue *q)
{
    rig *g = ctx;

    note(g, "enqueue %s priority %d need %s", q->queue, q->priority, q->need ? q->need : "-");
    g->queue_ask = q->ask;
    if (g->enqueue_fails) { /* at once, within the step */
        hl__flow_in in = { .kind = HL__FLOW_RESULT, .ask = q->ask, .how = g->enqueue_fails };
        (void)hl__flow_input(g->fl, contact, &in);
    }
}

static int up_promise(void *ctx, hl_id contact, const hl__flow_promise *p)
{
    rig *g = ctx;

    (void)contact;
    note(g, "promise %s in %s from %lld", p->number ? p->number : "-", p->queue ? p->queue : "-",
        (long long)p->from);
    return g->promises;
}

static void up_leave(void *ctx, hl_id contact)
{
    (void)contact;
    note(ctx, "leave");
}

static void up_ticket(void *ctx, hl_id contact, const hl__flow_ticket *t)
{
    rig *g = ctx;

    note(g, "ticket %s %s fields %s by %s", t->op, t->type ? t->type : "-", t->fields ? t->fields : "-",
        t->by ? t->by : "-");
    g->ticket_ask = t->ask;
    if (g->answers_tickets) {
        hl__flow_in in = { .kind = HL__FLOW_ANSWER, .ask = t->ask, .status = 200,
            .json = "{\"id\":1,\"number\":\"20261120-000001\"}" };
        (void)hl__flow_input(g->fl, contact, &in);
    }
}

static void up_hangup(void *ctx, hl_id contact, int cause)
{
    hl__flow_in in = { .kind = HL__FLOW_HANGUP };
    rig *g = ctx;

    note(g, "hangup %d", cause);
    (void)hl__flow_input(g->fl, contact, &in); /* the leg's end comes back at once */
}

static void up_ended(void *ctx, hl_id contact, int how)
{
    rig *g = ctx;

    note(g, "ended %d", how);
    g->ends++;
    if (g->forgets)
        hl__flow_forget(g->fl, contact);
}

static int up_place(void *ctx, hl_id contact, int *place, int64_t *p50_ms, int64_t *p80_ms)
{
    rig *g = ctx;

    (void)contact;
    *place = g->place;
    *p50_ms = 150000;
    *p80_ms = 290000;
    return g->place > 0;
}

static bool up_known(void *ctx, const char *section, const char *name)
{
    (void)ctx, (void)section;
    return strcmp(name, "nowhere") != 0;
}

/* ' in a text stands for ", ` for '. */
static const char *quoted(const char *text)
{
    static char out[4][32768];
    static int turn;
    char *to = out[turn = (turn + 1) % 4];
    size_t i;

    for (i = 0; text[i]; i++)
        to[i] = (char)(text[i] == '\'' ? '"' : text[i] == '`' ? '\'' : text[i]);
    to[i] = 0;
    assert_true(i < sizeof(out[0]));
    return to;
}

RIG int rig_new(rig *g)
{
    static const struct hl__flow_up up = { .play = up_play, .stop = up_stop, .listen = up_listen, .enqueue = up_enqueue,
        .leave = up_leave, .promise = up_promise, .ticket = up_ticket, .hangup = up_hangup, .ended = up_ended,
        .place = up_place, .known = up_known };
    struct hl__flow_up mine = up;

    memset(g, 0, sizeof(*g));
    g->core = (hl__core){ .mem = &hl_test_mem, .now = 1795140000000000, .err = &g->err, .engine = g, .id = rig_id,
        .emit = rig_emit };
    hl__rand_init(&g->core.rand, 1, 0, 0);
    hl__findings_init(&g->f, &hl_test_mem);
    g->next_id = 100;
    g->play.end = INT64_MAX;
    mine.ctx = g;
    return hl__flows_new(&g->core, g->cal, &mine, &g->fl) < 0 ? HL_ENOMEM : (int)hl__flows_sections(g->fl, g->section,
        4);
}

RIG void rig_free(rig *g)
{
    hl__flows_free(g->fl);
    hl__findings_free(&g->f);
}

RIG hl__section *section_of(rig *g, const char *name)
{
    for (int i = 0; i < 3; i++)
        if (strcmp(g->section[i].name, name) == 0)
            return &g->section[i];
    return NULL;
}

/* Loads {name: object} into a section, unchecked: as apply() does. */
RIG int rig_load(rig *g, const char *section, const char *text)
{
    hl__json *j = hl__json_read(quoted(text), strlen(text), &g->err);
    hl__section *s = section_of(g, section);
    int r = j ? 0 : HL_ENOMEM;

    for (void *it = hl__json_iter(j); it && r == 0; it = hl__json_iter_next(j, it)) {
        hl_id id = hl__flow_find(g->fl, hl__json_iter_key(it));
        r = s->apply(s->domain, id ? id : HL__ID(++g->next_id, s->kind), hl__json_iter_key(it),
            hl__json_iter_value(it));
    }
    hl__json_free(j);
    return r;
}

/* Plays end and timers fire, in the order of time, up to ms from now. */
RIG void rig_run(rig *g, int64_t ms)
{
    hl_time to = g->core.now + ms * HL__US;

    for (;;) {
        hl_time due = hl__wheel_due(&g->core.wheel);
        hl__timer *t;
        if (g->play.end <= to && g->play.end <= due) {
            hl__flow_in in = { .kind = HL__FLOW_PLAYED, .play = g->play.play };
            g->core.now = g->play.end;
            g->play.end = INT64_MAX;
            (void)hl__flow_input(g->fl, CONTACT, &in);
        } else if (due <= to) {
            g->core.now = due > g->core.now ? due : g->core.now;
            if ((t = hl__wheel_take(&g->core.wheel, due)))
                t->fire(t->ctx, t);
        } else {
            break;
        }
    }
    g->core.now = to;
}

RIG int rig_start(rig *g, const char *name)
{
    hl__flow_call call = { .ani = "13800138000", .dnis = "96332", .leg = 26 };

    return hl__flow_start(g->fl, CONTACT, hl__flow_find(g->fl, name), NULL, NULL, &call);
}

RIG int rig_tell(rig *g, hl__flow_in in)
{
    return hl__flow_input(g->fl, CONTACT, &in);
}

RIG void rig_press(rig *g, const char *keys)
{
    assert_int_equal(hl__flow_press(g->fl, CONTACT, keys), 0);
}

/* The log since the last time must be these lines, in this order, nothing between. */
RIG void expect(rig *g, const char *lines)
{
    hl_test_ok(strcmp(g->log, lines) == 0, "wanted:\n%s\nhave:\n%s", lines, g->log);
    g->len = 0;
    g->log[0] = 0;
}

/* One of the lines is there; the log is emptied. */
RIG void expect_part(rig *g, const char *words)
{
    hl_test_ok(strstr(g->log, words) != NULL, "wanted: %s\nhave:\n%s", words, g->log);
    g->len = 0;
    g->log[0] = 0;
}
#endif
