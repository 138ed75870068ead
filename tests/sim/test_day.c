/* test_day.c - a day of callers through menu and queue to agents on pages and telephones: nobody fails,
    twice the same. */
#include "hl_test.h"
#include "engine/engine.h"
#include "sim/sim.h"
#include <hotline/acd.h>
#include <hotline/call.h>

enum { CALLS = 2000, AGENTS = 12 };

typedef struct day { hl_t *hl; hl__sim *sim; int ended[10], connected, tickets; uint64_t hash; hl_time start; } day;

static void read_events(day *d)
{
    hl_event e = HL_EVENT_INIT;

    while (hl_next(d->hl, &e) == 1) {
        d->hash = hl__fnv(d->hash, &e.type, sizeof(e.type));
        d->hash = hl__fnv(d->hash, &e.time, sizeof(e.time));
        d->hash = hl__fnv(d->hash, &e.contact, sizeof(e.contact));
        d->hash = hl__fnv(d->hash, &e.agent, sizeof(e.agent));
        d->hash = hl__fnv(d->hash, &e.code, sizeof(e.code));
        if (e.type == HL_EV_CONTACT_ENDED && e.code < 10)
            d->ended[e.code]++;
        d->connected += e.type == HL_EV_CONTACT_CONNECTED;
        d->tickets += e.type == HL_EV_TICKET_NEW;
        hl_test_ok(e.type != HL_EV_FAULT, "fault: %s", e.text ? e.text : "");
    }
}

static void to(day *d, hl_time at)
{
    int n;

    do {
        n = hl_advance(d->hl, at);
        assert_true(n >= 0);
        read_events(d);
    } while (hl_now(d->hl) < at || n >= 16384);
}

static void open_day(day *d)
{
    hl_options opt = HL_OPTIONS_INIT;
    const char *json = hl_test_file("examples/water/hotline.json", NULL);
    hl__buf more;

    opt.alloc = hl_test_alloc;
    opt.ctx = &hl_test_mem;
    opt.after = -1;
    d->start = 1789952400 * (hl_time)HL__SECOND; /* Monday 2026-09-21, 09:00 in Guilin */
    assert_int_equal(hl_open_sim(&opt, d->start, &d->hl), 0);
    d->sim = hl__sim_of(d->hl);
    hl_test_ok(hl_load(d->hl, json, strlen(json)) >= 0, "%s", hl_error(d->hl));
    hl__buf_init(&more, &hl_test_mem);
    hl__buf_str(&more, "{\"hotline\":1,\"agents\":{");
    for (int a = 0; a < AGENTS; a++)
        hl__buf_fmt(&more, "%s\"w%d\":{%s\"queues\":{\"desk\":{}}}", a ? "," : "", a,
                    a % 3 == 2 ? "\"address\":\"sip:desk@127.0.0.1\"," : "");
    hl__buf_str(&more, "}}");
    hl_test_ok(hl_load(d->hl, more.data, more.len) >= 0, "%s", hl_error(d->hl));
    hl__buf_free(&more);
}

static void staff(day *d)
{
    const hl__sim_manner page = { .how = HL__SIM_ANSWER, .after = { HL__LAW_UNIFORM, 3000, 0 },
        .talk = { HL__LAW_LOGNORMAL, 90000, 0.8 } };
    const hl__sim_manner phone = { .how = HL__SIM_ANSWER, .after = { HL__LAW_UNIFORM, 4000, 0 },
        .talk = { HL__LAW_EXPONENTIAL, 90000, 0 } };
    char name[8];
    hl_id agent, session;

    assert_int_equal(hl__sim_phone(d->sim, "sip:desk@127.0.0.1", &phone), 0);
    for (int a = 0; a < AGENTS; a++) {
        snprintf(name, sizeof(name), "w%d", a);
        assert_int_equal(hl_find(d->hl, HL_KIND_AGENT, name, &agent), 0);
        if (a % 3 != 2)
            assert_int_equal(hl__sim_page(d->sim, agent, &page, &session), 0);
        to(d, hl_now(d->hl) + 1000);
        assert_int_equal(hl_agent_go(d->hl, agent, HL_AGENT_AVAILABLE, NULL), 0);
    }
}

static uint64_t run(day *d)
{
    hl__rand r;
    hl__law gap = { HL__LAW_EXPONENTIAL, 6500, 0 };

    open_day(d);
    staff(d);
    hl__rand_init(&r, 3, 9, 0);
    for (int i = 0; i < CALLS; i++) {
        hl__sim_manner m = { .keys = i % 4 == 0 ? "1,,,0" : "0", .keys_after = { HL__LAW_UNIFORM, 5000, 0 },
            .patience = { HL__LAW_EXPONENTIAL, 240000, 0 } };
        char from[20];
        hl_id leg;
        snprintf(from, sizeof(from), "139%08d", i);
        assert_int_equal(hl__sim_call(d->sim, from, "96332", &m, &leg), 0);
        to(d, hl_now(d->hl) + hl__law_draw(&gap, &r) * HL__US);
        if (i % 100 == 0)
            assert_int_equal(hl__acd_check(d->hl->acd), 0);
    }
    to(d, hl_now(d->hl) + 3600 * (hl_time)HL__SECOND);
    assert_int_equal(hl__sim_legs(d->sim), 0);
    assert_int_equal(hl__acd_contacts(d->hl->acd), 0);
    assert_int_equal(d->hl->calls->legs.live, 0);
    assert_int_equal(d->hl->talks.live, 0);
    assert_int_equal(hl__acd_check(d->hl->acd), 0);
    hl_close(d->hl);
    return d->hash;
}

static void every_caller_of_a_day_is_served_or_leaves_and_nothing_is_left_behind(void **state)
{
    day one = { 0 }, two = { 0 };

    (void)state;
    uint64_t hash = run(&one);
    hl_test_ok(one.connected > CALLS / 2, "%d connected", one.connected);
    hl_test_ok(one.tickets == CALLS / 4 || one.tickets > CALLS / 5, "%d tickets", one.tickets);
    hl_test_ok(one.ended[HL_OUTCOME_HANDLED] + one.ended[HL_OUTCOME_ABANDONED] + one.ended[0] == CALLS,
               "%d handled, %d abandoned, %d never queued", one.ended[HL_OUTCOME_HANDLED],
               one.ended[HL_OUTCOME_ABANDONED], one.ended[0]);
    assert_true(hash == run(&two));
    print_message("%d calls: %d answered, %d gave up, %d left the menu, %d tickets\n", CALLS, one.connected,
                  one.ended[HL_OUTCOME_ABANDONED], one.ended[0], one.tickets);
}

int main(void)
{
    const struct CMUnitTest tests[] = { HL_TEST(every_caller_of_a_day_is_served_or_leaves_and_nothing_is_left_behind) };

    return HL_TEST_MAIN(tests);
}
