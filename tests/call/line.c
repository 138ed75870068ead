/* line.c - calls without an engine. */
#include "line.h"

static void say(line *l, const char *fmt, ...) HL__PRINTF(2, 3);
static void say(line *l, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(l->log + l->len, sizeof(l->log) - l->len, fmt, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < sizeof(l->log) - l->len);
    l->len += (size_t)n;
}

static hl_id next_id(hl__core *core, int kind)
{
    return HL__ID(++((line *)core->engine)->serial, kind);
}

static hl_seq emit(hl__core *core, const hl_event *ev)
{
    line *l = core->engine;
    switch (ev->type) {
    case HL_EV_LEG_NEW: say(l, "new "); break;
    case HL_EV_LEG_STATE: say(l, "state%d ", ev->code); break;
    case HL_EV_CALL_STATE: say(l, "call%d ", ev->code); break;
    default: say(l, "ended%d:%s ", ev->code, ev->text); l->cause = ev->code; l->ended++;
    }
    return 0;
}

static void up_open(void *ctx, const hl__leg *leg, const hl__media *theirs)
{
    (void)leg;
    say(ctx, theirs ? "open+ " : "open ");
}

static void up_set(void *ctx, const hl__leg *leg, const hl__media *theirs)
{
    (void)leg, (void)theirs;
    say(ctx, "set ");
}

static void up_bind(void *ctx, const hl__leg *leg) { (void)leg; say(ctx, "bind "); }
static void up_close(void *ctx, const hl__leg *leg) { (void)leg; say(ctx, "close "); }
static void up_originate(void *ctx, const hl__leg *leg) { (void)leg; say(ctx, "dial "); }
static void up_ring(void *ctx, const hl__leg *leg, int early) { (void)leg; say(ctx, early ? "early " : "ring "); }
static void up_answer(void *ctx, const hl__leg *leg) { (void)leg; say(ctx, "answer "); }
static void up_hangup(void *ctx, const hl__leg *leg, int cause) { (void)leg; say(ctx, "hangup%d ", cause); }
static void up_answered(void *ctx, const hl__leg *leg) { (void)leg; say(ctx, "talks "); }
static void up_key(void *ctx, const hl__leg *leg, char key) { (void)leg; say(ctx, "key%c ", key); }
static void up_ended(void *ctx, const hl__leg *leg) { (void)leg; say(ctx, "gone "); }
static void up_state(void *ctx, const hl__call *call) { (void)ctx, (void)call; }

static void up_mix(void *ctx, const hl__call *call)
{
    line *l = ctx;
    l->legs = call->legs;
    for (uint32_t i = 0; i < call->legs; i++) {
        l->in_mix[i] = call->leg[i]->id;
        for (uint32_t j = 0; j < call->legs; j++) l->hears[i][j] = hl__leg_hears(call->leg[i], call->leg[j]);
    }
}

static void up_tones(void *ctx, const hl__leg *leg, const char *keys, int ms)
{
    (void)leg;
    say(ctx, "tones%s,%d ", keys, ms);
}

static hl_id up_music(void *ctx, const hl__leg *leg, const char *name)
{
    (void)leg;
    say(ctx, "music:%s ", name);
    return 99;
}

static void up_quiet(void *ctx, const hl__leg *leg, hl_id music)
{
    (void)leg;
    say(ctx, "quiet%lld ", (long long)music);
}

static void up_moved(void *ctx, const hl__leg *leg, hl_id from)
{
    say(ctx, "moved%d>%d ", (int)(from >> 4) - 1000, (int)(leg->contact >> 4) - 1000);
}

void line_open(line *l)
{
    const hl__call_up up = { l, up_open, up_set, up_bind, up_close, up_originate, up_ring, up_answer, up_hangup, up_mix,
        up_tones, up_music, up_quiet, up_answered, up_key, up_ended, up_moved, up_state };

    memset(l, 0, sizeof(*l));
    l->core = (hl__core){ .mem = &hl_test_mem, .now = 1000000, .err = &l->err, .engine = l, .id = next_id,
        .emit = emit };
    assert_int_equal(hl__calls_new(&l->core, &up, 40, &l->calls), 0);
}

void line_close(line *l)
{
    hl__calls_free(l->calls);
    assert_true(hl__wheel_due(&l->core.wheel) == INT64_MAX);
}

const char *line_log(line *l)
{
    static char words[sizeof(l->log)];
    memcpy(words, l->log, l->len + 1);
    l->len = 0;
    l->log[0] = 0;
    return words;
}

void line_pass(line *l, int ms)
{
    hl_time to = l->core.now + ms * (hl_time)HL__US;
    hl__timer *t;
    while ((t = hl__wheel_take(&l->core.wheel, to))) {
        l->core.now = t->at;
        t->fire(t->ctx, t);
    }
    l->core.now = to;
}

hl__leg *line_in(line *l, hl_id contact, uint32_t medium)
{
    const hl__leg_spec spec = { .contact = contact, .medium = medium, .inbound = true, .local = "96332",
        .remote = "13900000001", .name = "Li" };
    hl__leg *leg = NULL;
    assert_int_equal(hl__leg_add(l->calls, &spec, &leg), 0);
    return leg;
}

hl__leg *line_out(line *l, hl_id contact, int timeout_ms)
{
    const hl__leg_spec spec = { .contact = contact, .role = HL_ROLE_AGENT, .medium = HL_MEDIUM_PHONE,
        .timeout_ms = timeout_ms, .remote = "desk1" };
    hl__leg *leg = NULL;
    assert_int_equal(hl__leg_add(l->calls, &spec, &leg), 0);
    return leg;
}

hl__leg *line_talking(line *l, hl_id contact, uint32_t role)
{
    const hl__media media = { .size = sizeof(media) };
    hl__leg *leg = line_in(l, contact, HL_MEDIUM_PHONE);
    leg->role = role;
    hl__leg_on_local(l->calls, leg->id, &media);
    hl__leg_on_answered(l->calls, leg->id, NULL);
    assert_int_equal(leg->state, HL_LEG_ANSWERED);
    return leg;
}
