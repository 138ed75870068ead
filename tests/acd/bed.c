/* bed.c - lib/acd without an engine. Agents and queues go by name in the lines, contacts and offers by serial. */
#include "bed.h"

static void say(bed *b, const char *fmt, ...) HL__PRINTF(2, 3);
static void say(bed *b, const char *fmt, ...)
{
    va_list args;
    int n;

    if (b->is_quiet)
        return;
    if (b->room - b->len < 400) {
        b->room = b->room ? b->room * 2 : 65536;
        b->said = realloc(b->said, b->room);
        assert_non_null(b->said);
    }
    va_start(args, fmt);
    n = vsnprintf(b->said + b->len, b->room - b->len, fmt, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < b->room - b->len);
    b->len += (size_t)n;
}

static long long short_id(hl_id id)
{
    return (long long)(id >> 4);
}

static const char *name(bed *b, hl_id id)
{
    const char *n = id ? hl__acd_name(b->acd, id) : "-";

    return n ? n : "?";
}

static hl_id new_id(hl__core *core, int kind)
{
    bed *b = core->engine;

    return HL__ID(++b->serial, kind);
}

static void say_event(bed *b, const hl_event *e)
{
    const char *end = hl__acd_word(HL__WORD_OUTCOME, e->code), *how = hl__acd_word(HL__WORD_OFFER, e->code);

    switch (e->type) {
    case HL_EV_CONTACT_NEW: say(b, "new %lld %s\n", short_id(e->contact), e->text ? e->text : "-"); break;
    case HL_EV_CONTACT_QUEUED: say(b, "queued %lld %s place %d\n", short_id(e->contact), name(b, e->queue),
        e->code); break;
    case HL_EV_CONTACT_STEP: say(b, "step %lld %d\n", short_id(e->contact), e->code); break;
    case HL_EV_CONTACT_ESTIMATE: say(b, "estimate %lld place %d\n", short_id(e->contact), e->code); break;
    case HL_EV_CONTACT_CONNECTED:
        say(b, "connected %lld %s after %d\n", short_id(e->contact), name(b, e->agent), e->code);
        break;
    case HL_EV_CONTACT_ENDED: say(b, "ended %lld %s wait %d\n", short_id(e->contact), end, e->detail); break;
    case HL_EV_CONTACT_LOST: say(b, "lost %lld for %d\n", short_id(e->contact), e->code); break;
    case HL_EV_OFFER_MADE: say(b, "offer %lld %s by %s\n", short_id(e->contact), name(b, e->agent), e->text); break;
    case HL_EV_OFFER_ENDED: say(b, "offer over %lld %s %s\n", short_id(e->contact), name(b, e->agent), how); break;
    case HL_EV_AGENT_STATE:
        say(b, "agent %s %s %s%s%s\n", name(b, e->agent), hl__acd_word(HL__WORD_AGENT, e->code),
            hl__acd_word(HL__WORD_WORK, e->detail), e->text ? " " : "", e->text ? e->text : "");
        break;
    case HL_EV_CALLBACK: {
#define X(word, number) [number] = #word,
        static const char *const words[] = { HL_CALLBACKS(X) };
#undef X
        say(b, "callback %lld %s %s\n", short_id(e->contact), words[e->code], e->text);
        break;
    }
    case HL_EV_QUEUE_ALARM: say(b, "alarm %s %s %d\n", name(b, e->queue), e->text, e->detail); break;
    default: fail_msg("an event of type %u", e->type);
    }
}

static hl_seq emit(hl__core *core, const hl_event *e)
{
    bed *b = core->engine;

    b->events++;
    if (!b->is_quiet)
        say_event(b, e);
    return ++b->seq;
}

static void row(hl__core *core, int op, int table, const hl__value *v, uint32_t n)
{
    (void)core, (void)op, (void)table, (void)v, (void)n;
}

static void offer_made(void *ctx, const hl_offer *o)
{
    bed *b = ctx;

    b->made++;
    b->ring = o->id;
    b->ring_agent = o->agent;
    b->ring_contact = o->contact;
    say(b, "> ring %s %lld\n", name(b, o->agent), short_id(o->contact));
    if (b->accepts)
        (void)hl__acd_accept(b->acd, o->id);
}

static void offer_ended(void *ctx, const hl_offer *o, int how)
{
    bed *b = ctx;

    b->ended++;
    say(b, "> ring over %s %s\n", name(b, o->agent), hl__acd_word(HL__WORD_OFFER, how));
}

static void connect(void *ctx, hl_id contact, hl_id agent, hl_id leg)
{
    bed *b = ctx;

    say(b, "> connect %lld %s\n", short_id(contact), name(b, agent));
    if (b->connects && leg)
        (void)hl__acd_connected(b->acd, contact);
}

static void contact_state(void *ctx, hl_id contact, int state)
{
    say(ctx, "> contact %lld %s\n", short_id(contact), hl__acd_word(HL__WORD_CONTACT, state));
}

static void contact_done(void *ctx, hl_id contact, int outcome)
{
    bed *b = ctx;

    b->done++;
    b->outcome = outcome;
    say(b, "> done %lld %s\n", short_id(contact), hl__acd_word(HL__WORD_OUTCOME, outcome));
}

static void estimate(void *ctx, hl_id contact, int place, int p50_ms, int p80_ms)
{
    (void)p50_ms, (void)p80_ms;
    say(ctx, "> announce %lld place %d\n", short_id(contact), place);
}

int bed_try(bed *b)
{
    hl__acd_up up = { b, offer_made, offer_ended, connect, contact_state, contact_done, estimate, NULL };
    int r;

    *b = (bed){ .core = { .mem = &hl_test_mem, .id = new_id, .emit = emit, .row = row } };
    b->core.engine = b;
    b->core.err = &b->err;
    b->core.now = b->start = 1790000000 * (hl_time)HL__SECOND; /* 2026-09-21 */
    hl__rand_init(&b->core.rand, 1, 0, 0);
    r = hl__acd_new(&b->core, NULL, &up, &b->acd);
    return r;
}

void bed_open(bed *b)
{
    assert_int_equal(bed_try(b), 0);
}

void bed_close(bed *b)
{
    hl__acd_free(b->acd);
    hl__json_free(b->doc);
    free(b->said);
    assert_null(b->core.wheel.root);
}

static const hl__json *object(const void *ctx, const char *section, const char *key)
{
    const hl__json *s = hl__json_get(ctx, section);

    return key ? hl__json_get(s, key) : s;
}

static const hl__json *next(const void *ctx, const char *section, uint32_t *pos)
{
    const hl__json *s = hl__json_get(ctx, section);
    void *it = hl__json_iter(s);

    for (uint32_t i = 0; it && i < *pos; i++)
        it = hl__json_iter_next(s, it);
    (*pos)++;
    return it ? hl__json_iter_value(it) : NULL;
}

static void check_all(bed *b, const hl__json *doc, hl__findings *f)
{
    hl__section s[3];
    hl__doc d = { .ctx = doc, .object = object, .next = next };

    for (uint32_t i = 0; i < hl__acd_sections(b->acd, s, 3); i++) {
        const hl__json *j = hl__json_get(doc, s[i].name);
        hl__place at = { NULL, s[i].name, 0 };
        for (void *it = hl__json_iter(j); it; it = hl__json_iter_next(j, it)) {
            hl__place item = { &at, hl__json_iter_key(it), 0 };
            if (hl__json_type(hl__json_iter_value(it)) != HL__JNULL)
                s[i].check(s[i].domain, hl__json_iter_key(it), hl__json_iter_value(it), &item, f, &d);
        }
    }
}

static int apply_all(bed *b, const hl__json *doc, bool removes)
{
    hl__section s[3];
    int r = 0;

    for (uint32_t i = 0; i < hl__acd_sections(b->acd, s, 3); i++) {
        const hl__json *j = hl__json_get(doc, s[i].name);
        for (void *it = hl__json_iter(j); it && r == 0; it = hl__json_iter_next(j, it)) {
            const hl__json *v = hl__json_iter_value(it);
            const char *key = hl__json_iter_key(it);
            bool is_null = hl__json_type(v) == HL__JNULL;
            hl_id id = s[i].kind == HL_KIND_QUEUE ? hl__acd_queue_find(b->acd, key)
                : s[i].kind == HL_KIND_AGENT ? hl__acd_agent_find(b->acd, key) : 0;
            if (is_null != removes)
                continue;
            if (is_null && s[i].users)
                assert_int_equal(s[i].users(s[i].domain, id), 0);
            if (!id)
                id = new_id(&b->core, s[i].kind);
            r = s[i].apply(s[i].domain, id, key, is_null ? NULL : v);
        }
    }
    return r;
}

int bed_apply(bed *b, const char *json)
{
    hl__json *doc = hl__json_read(json, strlen(json), NULL);
    int r;

    if (!doc)
        return HL_ENOMEM;
    if ((r = apply_all(b, doc, false)) == 0)
        r = apply_all(b, doc, true);
    hl__json_free(doc);
    return r;
}

int bed_load(bed *b, const char *json)
{
    hl__err err;
    hl__json *doc = hl__json_read(json, strlen(json), &err);
    hl__findings f;
    int errors;

    hl_test_ok(doc != NULL, "%s", err.words);
    hl__findings_init(&f, &hl_test_mem);
    check_all(b, doc, &f);
    errors = (int)f.errors;
    for (uint32_t i = 0; i < f.count; i++)
        print_message("%s: %s\n", f.list[i].pointer, f.list[i].text);
    hl__findings_free(&f);
    hl__json_free(doc);
    if (errors == 0)
        assert_int_equal(bed_apply(b, json), 0);
    bed_to(b, (b->core.now - b->start) / HL__US);
    return errors;
}

const char *bed_findings(bed *b, const char *json)
{
    static char out[4096];
    hl__json *doc = hl__json_read(json, strlen(json), NULL);
    hl__findings f;
    size_t len = 0;

    assert_non_null(doc);
    hl__findings_init(&f, &hl_test_mem);
    check_all(b, doc, &f);
    out[0] = 0;
    for (uint32_t i = 0; i < f.count; i++)
        len += (size_t)snprintf(out + len, sizeof(out) - len, "%d %s: %s\n", f.list[i].code, f.list[i].pointer,
            f.list[i].text);
    hl__findings_free(&f);
    hl__json_free(doc);
    return out;
}

void bed_to(bed *b, int64_t ms)
{
    hl_time to = b->start + ms * HL__US, due;

    assert_true(to >= b->core.now);
    while ((due = hl__wheel_due(&b->core.wheel)) <= to) {
        if (due > b->core.now)
            b->core.now = due;
        hl__timer *t = hl__wheel_take(&b->core.wheel, b->core.now);
        t->fire(t->ctx, t);
    }
    b->core.now = to;
}

void bed_check(bed *b)
{
    b->err.words[0] = 0;
    hl_test_ok(hl__acd_check(b->acd) == 0, "%s", b->err.words);
}

const char *bed_said(bed *b)
{
    b->len = 0;
    return b->said ? b->said : "";
}

void bed_hush(bed *b)
{
    b->len = 0;
    if (b->said)
        b->said[0] = 0;
}

void bed_says(bed *b, const char *want)
{
    assert_string_equal(bed_said(b), want);
    bed_hush(b);
}

hl_id bed_q(bed *b, const char *queue)
{
    hl_id id = hl__acd_queue_find(b->acd, queue);

    assert_true(id > 0);
    return id;
}

hl_id bed_a(bed *b, const char *agent)
{
    hl_id id = hl__acd_agent_find(b->acd, agent);

    assert_true(id > 0);
    return id;
}

static hl_id add(bed *b, const char *queue, const char *need, const hl__acd_terms *terms)
{
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id out = 0;

    in.queue = bed_q(b, queue);
    in.leg = HL__ID(900000 + b->serial, HL_KIND_LEG);
    in.need = need;
    b->err.words[0] = 0;
    (void)hl__acd_add(b->acd, 0, &in, terms, NULL, &out);
    return out;
}

hl_id bed_add(bed *b, const char *queue, const char *need)
{
    return add(b, queue, need, NULL);
}

hl_id bed_urgent(bed *b, const char *queue, int priority)
{
    hl__acd_terms terms = { .priority = priority };

    return add(b, queue, NULL, &terms);
}

void bed_go(bed *b, const char *agent, int state)
{
    assert_int_equal(hl__acd_go(b->acd, bed_a(b, agent), state, NULL), 0);
}

int bed_state(bed *b, hl_id contact)
{
    hl_contact row_of = HL_CONTACT_INIT;

    return hl__acd_contact_get(b->acd, contact, &row_of) == 0 ? row_of.state : 0;
}

int bed_work(bed *b, const char *agent)
{
    hl_agent row_of = HL_AGENT_INIT;

    assert_int_equal(hl__acd_agent_get(b->acd, bed_a(b, agent), &row_of), 0);
    return row_of.work;
}

int bed_is(bed *b, const char *agent)
{
    hl_agent row_of = HL_AGENT_INIT;

    assert_int_equal(hl__acd_agent_get(b->acd, bed_a(b, agent), &row_of), 0);
    return row_of.state;
}

hl_id bed_offer(bed *b, const char *agent)
{
    hl_offer o = HL_OFFER_INIT;

    return hl__acd_offer_next(b->acd, bed_a(b, agent), &o) == 1 ? o.id : 0;
}

hl_id bed_offered(bed *b, const char *agent)
{
    hl_offer o = HL_OFFER_INIT;

    return hl__acd_offer_next(b->acd, bed_a(b, agent), &o) == 1 ? o.contact : 0;
}

int bed_place(bed *b, hl_id contact)
{
    hl_contact row_of = HL_CONTACT_INIT;

    assert_int_equal(hl__acd_contact_get(b->acd, contact, &row_of), 0);
    return row_of.place;
}

void bed_serve(bed *b, const char *agent, int64_t talk_ms)
{
    hl_id contact = bed_offered(b, agent);

    assert_true(contact > 0);
    assert_int_equal(hl__acd_accept(b->acd, bed_offer(b, agent)), 0);
    if (bed_state(b, contact) == HL_CONTACT_CONNECTING)
        assert_int_equal(hl__acd_connected(b->acd, contact), 0);
    bed_to(b, (b->core.now - b->start) / HL__US + talk_ms);
    assert_int_equal(hl__acd_talk_end(b->acd, contact), 0);
}

void bed_explains(bed *b, hl_id what, const char *agent, const char *want)
{
    hl__buf out;
    hl__err err;

    hl__buf_init(&out, &hl_test_mem);
    assert_int_equal(hl__acd_explain(b->acd, what, agent ? bed_a(b, agent) : 0, &out), 0);
    hl__json *j = hl__json_read(out.data, out.len, &err);
    hl_test_ok(j != NULL, "%s in %s", err.words, out.data);
    hl__json_free(j);
    hl_test_ok(strstr(out.data, want) != NULL, "%s is not in %s", want, out.data);
    hl__buf_free(&out);
}
