/* test_determinism.c - the same commands decide the same: one number for all that was told, twice,
    and in any memory. */
#include "house.h"

/* A day's hour of chance: callers, agents who come and go, commands of the application. */
static uint64_t an_hour(int64_t seed, uint32_t max_events, int step_ms)
{
    static const char *const agents[] = { "ann", "bob" };
    hl_options o = HL_OPTIONS_INIT;
    hl_id last = 0, session;
    uint64_t hash = 0;
    hl__rand chance;
    hl_leg leg = HL_LEG_INIT;
    o.seed = seed;
    o.max_events = max_events;
    hl_t *hl = house_bare(&o);
    hl__sim *sim = hl__sim_of(hl);
    const hl__sim_manner page = { .how = HL__SIM_ANSWER, .after = { HL__LAW_EXPONENTIAL, 3000, 0 },
        .talk = { HL__LAW_LOGNORMAL, 90000, 1 } };
    const hl__sim_manner caller = { .patience = { HL__LAW_EXPONENTIAL, 120000, 0 } };
    assert_true(hl_load(hl, house_document, strlen(house_document)) > 0);
    hl__rand_init(&chance, 77, 0, 0); /* the commands' chance is not the engine's */
    assert_int_equal(hl__sim_page(sim, house_find(hl, HL_KIND_AGENT, "ann"), &page, &session), 0);
    for (int at = 0; at < 3600000;) {
        hl_id agent = house_find(hl, HL_KIND_AGENT, agents[hl__rand_below(&chance, 2)]);
        int pause = (int)hl__rand_below(&chance, 30000);
        switch (hl__rand_below(&chance, 6)) {
        case 0: case 1: (void)hl__sim_call(sim, "13900000001", "1", &caller, &last); break;
        case 2: (void)hl_agent_go(hl, agent, HL_AGENT_AVAILABLE, NULL); break;
        case 3: (void)hl_agent_go(hl, agent, HL_AGENT_AUX, "tea"); break;
        case 4: (void)hl_leg_hangup(hl, last, HL_CAUSE_POLICY); break;
        default:
            leg.id = 0;
            if (hl_leg_next(hl, 0, &leg) == 1) (void)hl_call_hold(hl, leg.contact, 0, "bells");
        }
        for (int left = pause; left > 0; left -= step_ms) { /* the same time, in other steps */
            house_pass(hl, left < step_ms ? left : step_ms);
            hash = house_trace(hl, hash);
        }
        at += pause;
    }
    house_check(hl);
    hl_close(hl);
    return hash;
}

static void the_same_commands_decide_the_same(void **state)
{
    uint64_t first = an_hour(1, 0, 60000);
    (void)state;
    for (int i = 0; i < 3; i++) {
        void *noise = malloc(1000 + (size_t)i * 777); /* addresses are other ones */
        assert_true(an_hour(1, 0, 60000) == first);
        free(noise);
    }
    assert_true(an_hour(2, 0, 60000) != first); /* chance does come from the seed */
    hl_test_decisions("an hour of chance", first);
}

static void the_size_of_steps_and_of_the_ring_changes_nothing(void **state)
{
    uint64_t first = an_hour(1, 0, 60000);
    (void)state;
    assert_true(an_hour(1, 0, 7) == first);
    assert_true(an_hour(1, 0, 1001) == first);
    assert_true(an_hour(1, 1000, 20000) == first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(the_same_commands_decide_the_same), HL_TEST(the_size_of_steps_and_of_the_ring_changes_nothing),
    };
    return HL_TEST_MAIN(tests);
}
