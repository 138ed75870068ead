/* test_memory.c - memory fails in every command, once or from then on: HL_ENOMEM and nothing has happened, or all of it
 * has. The same command then succeeds, and what follows is what an undisturbed run tells, event by event. */
#include "house.h"
#include <errno.h>
#include <hotline/ticket.h>
#include <jansson.h>

enum { COMMANDS = 32, IDS = 400 };

typedef struct story {
    const char *document;
    hl_t *hl;
    hl_id contact, customer, other, leg, play, ticket;
    int at, now;         /* the command that is disturbed; the one running */
    int64_t fail;        /* its n-th allocation; below 0: and all later ones */
    bool reached, refused; /* memory did fail; the command said so */
    hl_id seen[IDS];
    int ids;
    uint64_t hash;
} story;

/* Ids by order of appearance: a command that was refused may have used some up. */
static int place_of(story *s, hl_id id)
{
    int i = 0;
    if (!id) return -1;
    while (i < s->ids && s->seen[i] != id) i++;
    if (i == s->ids) {
        assert_true(i < IDS);
        s->seen[s->ids++] = id;
    }
    return i;
}

static void listen(story *s)
{
    hl_event ev = HL_EVENT_INIT;
    char line[200];
    while (hl_next(s->hl, &ev) == 1) {
        int n = snprintf(line, sizeof line, "%u %lld %d %d %d %d %d %d %d %d ", ev.type,
            (long long)(ev.time - HOUSE_START),
            place_of(s, ev.contact), place_of(s, ev.leg), place_of(s, ev.queue), place_of(s, ev.agent),
            place_of(s, ev.ticket), place_of(s, ev.ref), ev.code, ev.detail);
        if (getenv("HL_TEST_STORY")) print_message("%d %s%s\n", s->now, line, ev.text ? ev.text : "");
        s->hash = hl__fnv(s->hash, line, (size_t)n);
        if (ev.text) s->hash = hl__fnv(s->hash, ev.text, strlen(ev.text));
        if (ev.data && ev.type != HL_EV_CONTACT_ENDED) s->hash = hl__fnv(s->hash, ev.data,
            strcspn(ev.data, "0123456789"));
    }
}

static void pass(story *s, int ms)
{
    assert_true(hl_advance(s->hl, hl_now(s->hl) + ms * (hl_time)HL__US) >= 0);
    listen(s);
}

/* One command, disturbed if it is its turn. */
static int run(story *s, int (*command)(story *s))
{
    int r;
    bool is_mine = s->now++ == s->at;

    if (!is_mine) return command(s);
    hl_test_mem.fail_at = s->fail;
    r = command(s);
    s->reached = s->fail > 0 ? hl_test_mem.fail_at <= 0 : hl_test_mem.fail_at >= -1;
    hl_test_mem.fail_at = 0;
    s->refused = r == HL_ENOMEM;
    hl_test_ok(s->reached || !s->refused, "command %d is refused although memory was there", s->at);
    if (!s->refused) return r;
    if (s->hl) house_check(s->hl);
    return command(s);
}

static int open_it(story *s)
{
    hl_options o = HL_OPTIONS_INIT;
    o.alloc = hl_test_alloc;
    o.ctx = &hl_test_mem;
    int r = hl_open_sim(&o, HOUSE_START, &s->hl);
    if (r < 0) assert_true(!s->hl && hl_error(NULL)[0]);
    return r;
}

static int load_it(story *s) { return hl_load(s->hl, s->document, strlen(s->document)); }
static int ready(story *s)
{
    return hl_agent_go(s->hl, hl__id_of(s->hl, HL_KIND_AGENT, "ann"), HL_AGENT_AVAILABLE, "tea");
}
static int dump_it(story *s) { const char *text; return hl_dump(s->hl, NULL, &text); }
static int check_it(story *s) { return hl_check(s->hl, "{\"hotline\":1,\"queues\":{\"desk\":{\"x\":1}}}", 0); }
static int change_it(story *s)
{
    return hl_load(s->hl, "{\"hotline\":1,\"queues\":{\"desk\":{\"title\":\"Other\",\"wrapup_ms\":1000,"
        "\"need\":\"true\"},"
        "\"more\":{},\"back\":null},\"agents\":{\"cat\":{\"queues\":{\"more\":{}}}},"
        "\"calendars\":{\"always\":{\"tz\":\"UTC\",\"week\":{\"mon-sun\":[\"00:00-24:00\"]}}}}", 0);
}
static int hold(story *s) { return hl_call_hold(s->hl, s->contact, 0, "bells"); }
static int resume(story *s) { return hl_call_resume(s->hl, s->contact, 0); }
static int mute(story *s) { return hl_leg_mute(s->hl, s->customer, HL_MUTE_IN); }
static int tones(story *s) { return hl_leg_dtmf(s->hl, s->customer, "12", 0); }
static int play(story *s)
{
    hl_play p = HL_PLAY_INIT;
    p.target = s->contact;
    p.prompt = "[{\"p\":\"hello\"},{\"say\":\"number\",\"v\":\"42\"},{\"pause\":60000}]";
    p.lang = "en";
    return hl_media_play(s->hl, &p, &s->play);
}
static int stop_play(story *s) { return hl_media_stop(s->hl, s->play); }
static int dial(story *s)
{
    hl_dial d = HL_DIAL_INIT;
    d.to = "13900000009";
    d.data = "{\"why\":\"call back\"}";
    return hl_leg_dial(s->hl, &d, &s->leg);
}
static int join(story *s)
{
    hl_dial d = HL_DIAL_INIT;
    d.to = "13900000008";
    d.contact = s->contact;
    d.role = HL_ROLE_EXPERT;
    return hl_leg_dial(s->hl, &d, &s->leg);
}
static int add(story *s)
{
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    in.queue = hl__id_of(s->hl, HL_KIND_QUEUE, "desk");
    in.number = "13900000007";
    in.ref = "order 7";
    in.data = "{\"a\":1}";
    return hl_contact_add(s->hl, &in, &s->other);
}
static int need(story *s) { return hl_contact_need(s->hl, s->other, "true || false"); }
static int explain(story *s) { const char *text; return hl_explain(s->hl, s->other, 0, &text); }
static int give_up(story *s) { return hl_contact_end(s->hl, s->other, HL_OUTCOME_WITHDRAWN); }
static int grant(story *s)
{
    hl_grant g = HL_GRANT_INIT;
    const char *text;
    g.role = HL_GRANT_CALLER;
    g.number = "1";
    return hl_grant_make(s->hl, &g, &text);
}
static int agents(story *s) { hl_agent row = HL_AGENT_INIT; return hl_agent_next(s->hl, 0, &row); }
static int legs(story *s) { hl_leg row = HL_LEG_INIT; return hl_leg_next(s->hl, 0, &row); }
static int end(story *s) { return hl_call_end(s->hl, s->contact, 0); }
static int wrap(story *s) { return hl_agent_wrapup(s->hl, hl__id_of(s->hl, HL_KIND_AGENT, "ann"), 0, 0); }

/* The caller's side of it: drivers' news are not commands, so memory does not fail there. */
static void call_comes(story *s)
{
    const hl__sim_manner caller = { .patience = { HL__LAW_FIXED, 600000, 0 } };
    const hl__sim_manner page = { .how = HL__SIM_ANSWER, .after = { HL__LAW_FIXED, 1000, 0 } };
    hl_call row = HL_CALL_INIT;
    hl_leg leg = HL_LEG_INIT;
    hl_id session;
    assert_int_equal(hl__sim_page(hl__sim_of(s->hl), hl__id_of(s->hl, HL_KIND_AGENT, "ann"), &page, &session), 0);
    pass(s, 100);
    assert_int_equal(run(s, ready), 0);
    assert_int_equal(hl__sim_call(hl__sim_of(s->hl), "13900000001", "1", &caller, &s->customer), 0);
    pass(s, 3000);
    assert_int_equal(hl_leg_next(s->hl, 0, &leg), 1);
    s->contact = leg.contact;
    assert_int_equal(hl_call_get(s->hl, s->contact, &row), 0);
    assert_int_equal(row.state, HL_CALL_TALK);
}

/* The whole of it; how many commands there are. */
static int tell(story *s)
{
    static int (*const talk[])(story *) = { hold, dump_it, resume, mute, tones, play, agents, stop_play, legs, join,
        change_it,
        check_it, grant, add, need, explain, give_up, dial, end, wrap };

    assert_int_equal(run(s, open_it), 0);
    assert_true(run(s, load_it) > 0);
    pass(s, 10);
    call_comes(s);
    for (size_t i = 0; i < HL__COUNT(talk); i++) {
        int r = run(s, talk[i]);
        hl_test_ok(r >= 0, "command %d, allocation %lld, then %zu: %d: %s", s->at, (long long)s->fail, i, r,
            hl_error(s->hl));
        listen(s);
        pass(s, 700);
    }
    pass(s, 70000);
    house_check(s->hl);
    hl_close(s->hl);
    return s->now;
}

static void *failing(size_t size)
{
    void *p = hl__realloc(&hl_test_mem, NULL, size);
    if (!p) errno = ENOMEM; /* as malloc does */
    return p;
}

static void release(void *p)
{
    hl__free(&hl_test_mem, p);
}

/* Alone, jansson's allocations with it; then with all later ones,
    without jansson's: the reserve of a load is not its. */
static void disturb(const story *calm, int at, int stride, bool later)
{
    json_malloc_t was_malloc;
    json_free_t was_free;
    bool reached = true;

    json_get_alloc_funcs(&was_malloc, &was_free);
    if (!later) json_set_alloc_funcs(failing, release);
    for (int64_t n = 1; reached; n += stride) {
        story s = { .document = calm->document, .at = at, .fail = later ? -n : n };
        (void)tell(&s);
        hl_test_ok(s.hash == calm->hash, "command %d, allocation %lld (%s): other events", at, (long long)s.fail,
            s.refused ? "refused" : "done");
        reached = s.reached;
    }
    json_set_alloc_funcs(was_malloc, was_free);
}

/* stride: only each so-manieth allocation. */
static void tell_under_failing_memory(const char *document, int first, int last, int stride)
{
    story calm = { .document = document, .at = -1 };

    hl__json_free(hl__json_read("{\"a\":1}", 7, NULL)); /* what jansson keeps for ever is kept now */
    int commands = tell(&calm);
    for (int at = first; at < commands && at < last; at++) {
        disturb(&calm, at, stride, false);
        disturb(&calm, at, stride, true);
    }
}

static void opening_may_fail_at_any_allocation(void **state)
{
    (void)state;
    tell_under_failing_memory(house_document, 0, 1, 1);
}

static void a_load_may_fail_at_any_allocation(void **state)
{
    (void)state;
    tell_under_failing_memory(house_document, 1, 2, 3);
}

static void every_command_of_a_call_may_fail_at_any_allocation(void **state)
{
    (void)state;
    tell_under_failing_memory(house_document, 2, 100, 1);
}

/* The example's document, thinned out: open, load, close. */
static int open_and_load(void *ctx)
{
    hl_options o = HL_OPTIONS_INIT;
    hl_t *hl = NULL;
    o.alloc = hl_test_alloc;
    o.ctx = &hl_test_mem;
    int r = hl_open_sim(&o, HOUSE_START, &hl);
    if (r == 0) r = hl_load(hl, ctx, 0);
    hl_close(hl);
    return r;
}

static void the_water_hotline_loads_whole_or_not_at_all(void **state)
{
    char *text = hl_test_file("examples/water/hotline.json", NULL);
    int64_t all, used = hl_test_mem.used;
    (void)state;
    hl_test_mem.fail_at = INT64_MAX;
    int good = open_and_load(text);
    all = INT64_MAX - hl_test_mem.fail_at;
    assert_true(good > 10);
    for (int64_t n = 1; n < all + 100; n += 1 + all / 150) {
        for (int sign = -1; sign <= 1; sign += 2) {
            hl_test_mem.fail_at = sign * n;
            int r = open_and_load(text);
            hl_test_mem.fail_at = 0;
            hl_test_ok(r == HL_ENOMEM || r == good, "allocation %lld of %lld gives %d", (long long)(sign * n),
                (long long)all, r);
            hl_test_ok(r == good || n <= all, "allocation %lld of %lld gives %d", (long long)n, (long long)all, r);
            assert_int_equal(hl_test_mem.used, used);
        }
    }
}

/* max_memory stops a load half way: it is undone, the old document is there as it was. */
static void a_load_over_the_limit_is_undone(void **state)
{
    (void)state;
    for (int64_t more = 0; more < 60000; more += 500) {
        hl_t *hl = house_sim();
        const char *text;
        char *before, big[6000];
        hl_id id = 0;
        size_t len = (size_t)snprintf(big, sizeof big, "{\"hotline\":1,"
            "\"calendars\":{\"always\":{\"tz\":\"UTC\",\"week\":{\"mon-sun\":[\"00:00-24:00\"]}}},"
            "\"queues\":{\"desk\":{\"title\":\"X\",\"need\":\"true\"},\"back\":null");
        for (int i = 0; i < 60; i++) len += (size_t)snprintf(big + len, sizeof big - len,
            ",\"queue%d\":{\"title\":\"t\"}", i);
        snprintf(big + len, sizeof big - len, "}}");
        GIVES(hl, hl_dump(hl, NULL, &text), 0);
        before = strdup(text);
        GIVES(hl, hl_load(hl, house_document, 0), 0); /* lets go of the text */
        hl->mem.limit = hl->mem.used + 20000 + more;
        int r = hl_load(hl, big, 0);
        hl->mem.limit = 0;
        GIVES(hl, r, r);
        assert_true(r == HL_ENOMEM || r == 63);
        GIVES(hl, hl_dump(hl, NULL, &text), 0);
        assert_int_equal(strcmp(text, before) == 0, r < 0);
        assert_int_equal(hl_find(hl, HL_KIND_QUEUE, "back", &id), r < 0 ? 0 : HL_ENOENT);
        assert_int_equal(hl_find(hl, HL_KIND_QUEUE, "queue7", &id), r < 0 ? HL_ENOENT : 0);
        assert_int_equal(house_read(hl, HL_EV_FAULT, NULL), 0);
        house_check(hl);
        if (r < 0) GIVES(hl, hl_load(hl, big, 0), 63);
        (void)house_talk(hl, NULL); /* and it works */
        free(before);
        hl_close(hl);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(opening_may_fail_at_any_allocation), HL_TEST(a_load_may_fail_at_any_allocation),
        HL_TEST(every_command_of_a_call_may_fail_at_any_allocation),
        HL_TEST(the_water_hotline_loads_whole_or_not_at_all),
        HL_TEST(a_load_over_the_limit_is_undone),
    };
    return HL_TEST_MAIN(tests);
}
