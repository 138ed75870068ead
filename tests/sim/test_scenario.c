/* test_scenario.c - scenarios: refused with place and reason; the same callers whatever the settings; shifts, breaks,
    missed calls, faults; twice the same. */
#include "study.h"
#include "base/json.h"
#include <hotline/acd.h>

#define SETTINGS "{\"hotline\":1,\"queues\":{\"desk\":{\"resume_ms\":0,\"wrapup_ms\":5000,\"zone\":" \
    "\"Asia/Shanghai\"}," \
    "\"leaks\":{}},\"agents\":{\"ann\":{\"skills\":{\"zh\":3},\"queues\":{\"desk\":{}}}}}"
#define SERVICE "\"service\":{\"desk\":{\"law\":\"lognormal\",\"mean_ms\":180000,\"cv\":1.1}},"
#define CALLS "\"arrivals\":[{\"queue\":\"desk\",\"per_day\":4000}],"
#define PATIENCE "\"patience\":{\"desk\":{\"law\":\"exponential\",\"mean_ms\":120000}},"

/* The findings of a scenario, a line each. */
static const char *refused(const char *scenario)
{
    static char out[2000];
    hl_t *hl = study_open(SETTINGS);
    hl_finding f = HL_FINDING_INIT;
    hl_agent row = HL_AGENT_INIT;
    size_t len = 0;
    int r = hl_sim_load(hl, scenario, 0), agents = 0;

    out[0] = 0;
    assert_true(r == HL_EPARSE || r == 0);
    while (hl_finding_next(hl, &f) == 1)
        len += (size_t)snprintf(out + len, sizeof(out) - len, "%s: %s\n", f.pointer, f.text);
    assert_int_equal(r < 0, len > 0);
    while (hl_agent_next(hl, 0, &row) == 1)
        agents++;
    hl_close(hl);
    return out;
}

static void what_is_wrong_is_refused_with_its_place(void **state)
{
    (void)state;
    assert_string_equal(refused("{" CALLS SERVICE "\"agents\":[{\"names\":[\"ann\"]}]}"), "");
    assert_string_equal(refused("{" CALLS SERVICE "\"agents\":[{\"names\":[\"anne\"]}]}"),
                        "/agents/0/names/0: there is no agent \"anne\"; \"count\" makes new ones\n");
    assert_string_equal(refused("{" CALLS SERVICE "\"agents\":[{\"count\":2,\"queues\":{\"desc\":{}}}]}"),
                        "/agents/0: queues/desc: there is no queue \"desc\"; did you mean \"desk\"?\n");
    assert_string_equal(refused("{" CALLS SERVICE "\"agents\":[{\"count\":2,\"skills\":{\"hz\":3},\"queues\":{"
                                                  "\"desk\":{}}}]}"),
                        "/agents/0/skills/hz: no queue asks for a skill \"hz\" and nobody has it; did you mean "
                        "\"zh\"?\n");
    assert_string_equal(refused("{" SERVICE "\"arrivals\":[{\"queue\":\"desc\",\"per_day\":1}]}"),
                        "/arrivals/0/queue: there is no queue \"desc\"; did you mean \"desk\"?\n");
    assert_string_equal(refused("{" SERVICE "\"arrivals\":[{\"queue\":\"desk\",\"per_day\":-1}]}"),
                        "/arrivals/0/per_day: -1 is out of range; a number from 0 to 100000000 is wanted\n");
    assert_string_equal(refused("{\"arrivals\":[{\"queue\":\"leaks\",\"per_day\":1}]}"),
                        "/service/leaks: how long do agents of queue \"leaks\" work on a contact?\n");
    assert_string_equal(refused("{" CALLS SERVICE "\"agents\":[{\"names\":[\"ann\"],\"shifts\":[{\"from\":\"08:"
                                                  "00\",\"to\":"
                                "\"25:00\"}]}]}"),
                        "/agents/0/shifts/0/to: \"25:00\" is not within the day; a time is written 08:30, the end "
                        "of the "
                        "day 24:00\n");
    assert_string_equal(refused("{" CALLS SERVICE "\"agents\":[{\"names\":[\"ann\"],\"shifts\":[{\"from\":\"18:"
                                                  "00\",\"to\":"
                                "\"09:00\"}]}]}"),
                        "/agents/0/shifts/0: a shift ends after it began; one over midnight is two\n");
    assert_string_equal(refused("{" CALLS SERVICE "\"days\":0}"), "/days: 0 is out of range; a whole number from 1 to "
                        "36525 is wanted\n");
    assert_string_equal(refused("{" CALLS SERVICE "\"warmup_ms\":-5}"), "/warmup_ms: -5 is out of range; a whole "
        "number "
                        "from 0 to 3155760000000 is wanted\n");
    assert_string_equal(refused("{" SERVICE "\"arrivals\":[{\"queue\":\"desk\",\"per_day\":9,\"weekday\":[1,1]}]}"),
                        "/arrivals/0/weekday: a week has seven days, Monday first; here are 2\n");
    assert_string_equal(refused("{" CALLS SERVICE "\"faults\":[{\"what\":\"fire\",\"at_ms\":5}]}"),
                        "/faults/0/what: \"fire\" is not one of: agent_lost, trunk_lost\n");
    assert_string_equal(refused("{" CALLS SERVICE "\"start\":\"tomorrow\"}"),
                        "/start: a day is written 2026-09-21, a time on it 2026-09-21T08:30\n");
    assert_string_equal(refused("{" CALLS SERVICE "\"dayz\":3}"), "/dayz: unknown key \"dayz\"; did you mean "
                                                                  "\"days\"?\n");
    assert_non_null(strstr(refused("{" SERVICE "\"arrivals\":[{\"queue\":\"desk\",\"per_day\":1,\"need\":"
                                               "\"skill.hz > 2\"}]}"),
                           "/arrivals/0/need: "));
    assert_non_null(strstr(refused("{\"arrivals\":"), ": "));
}

static hl_sim run(const char *settings, const char *scenario)
{
    hl_t *hl = study_open(settings);
    hl_sim s = HL_SIM_INIT;

    study_load(hl, scenario);
    hl_test_ok(hl_sim_run(hl, 0, &s) == 0, "%s", hl_error(hl));
    hl_close(hl);
    return s;
}

static void the_same_seed_decides_the_same_and_another_does_not(void **state)
{
    static const char one[] = "{" CALLS SERVICE PATIENCE "\"seed\":7,\"agents\":[{\"count\":8,\"queues\":{\"desk\":{}},"
        "\"answer\":{\"law\":\"gamma\",\"mean_ms\":3000},\"no_answer\":0.02,\"reject\":0.03,\"aux\":{\"per_hour\":0.5,"
        "\"law\":600000}}],\"faults\":[{\"what\":\"agent_lost\",\"at_ms\":30000000,\"share\":0.5},{\"what\":"
        "\"trunk_lost\",\"at_ms\":50000000,\"for_ms\":600000,\"share\":0.8}]}";
    char two[sizeof(one)];
    hl_sim a = run(SETTINGS, one), b = run(SETTINGS, one);

    (void)state;
    assert_true(a.hash == b.hash && a.events == b.events && a.wait_s == b.wait_s);
    assert_true(a.answered > 1500 && a.abandoned > 0 && a.other > 5);
    hl_test_decisions("a day with faults", (uint64_t)a.hash);
    memcpy(two, one, sizeof(one));
    *strchr(two, '7') = '8';
    assert_true(run(SETTINGS, two).hash != a.hash);
}

/* Nobody waits with so many agents: then only callers, talks and shares are left, and they must not change. */
static void two_configurations_see_the_same_callers(void **state)
{
    static const char few[] = "{" CALLS SERVICE PATIENCE "\"agents\":[{\"count\":60,\"queues\":{\"desk\":{}}}]}";
    static const char many[] = "{" CALLS SERVICE PATIENCE "\"agents\":[{\"count\":90,\"queues\":{\"desk\":{}}}]}";
    hl_sim a = run(SETTINGS, few), b = run(SETTINGS, many);

    (void)state;
    assert_int_equal(a.offered, b.offered);
    assert_true(a.waited == 0 && b.waited == 0);
    hl_test_ok(a.occupancy * 60 > b.occupancy * 90 - 0.001 && a.occupancy * 60 < b.occupancy * 90 + 0.001,
               "%g and %g agents' work", a.occupancy * 60, b.occupancy * 90);
}

static void agents_work_their_shifts_and_take_breaks(void **state)
{
    hl_t *hl = study_open(SETTINGS);
    hl_agent a = HL_AGENT_INIT;
    hl_sim s = HL_SIM_INIT;
    hl_queue_stat q = HL_QUEUE_STAT_INIT;
    int breaks = 0, on = 0;

    (void)state;
    study_load(hl, "{" CALLS SERVICE "\"start\":\"2026-09-22\",\"days\":2,\"agents\":[{\"names\":[\"ann\"],"
                                     "\"shifts\":[{"
               "\"weekdays\":[2],\"from\":\"09:00\",\"to\":\"17:00\"}],\"aux\":{\"per_hour\":2,\"law\":600000}}]}");
    assert_int_equal(hl_find(hl, HL_KIND_AGENT, "ann", &a.id), 0);
    hl_time nine = 1790038800 * (hl_time)HL__SECOND; /* 2026-09-22 09:00 in Shanghai, a Tuesday */
    assert_int_equal(hl_sim_run(hl, nine - 1, &s), 0);
    assert_int_equal(hl_agent_get(hl, a.id, &a), 0);
    assert_int_equal(a.state, HL_AGENT_OFFLINE);
    for (int m = 0; m < 8 * 60; m++) {
        assert_int_equal(hl_sim_run(hl, nine + m * 60 * (hl_time)HL__SECOND, &s), 0);
        assert_int_equal(hl_agent_get(hl, a.id, &a), 0);
        assert_true(a.state == HL_AGENT_AVAILABLE || a.state == HL_AGENT_AUX);
        on += a.state == HL_AGENT_AVAILABLE;
        breaks += a.state == HL_AGENT_AUX;
    }
    hl_test_ok(breaks > 60 && breaks < 240, "%d minutes of break", breaks);
    assert_int_equal(hl_sim_run(hl, nine + 8 * 3600 * (hl_time)HL__SECOND, &s), 0);
    assert_int_equal(hl_agent_get(hl, a.id, &a), 0);
    assert_int_equal(a.state, HL_AGENT_OFFLINE);
    assert_int_equal(hl_sim_run(hl, 0, &s), 0);
    assert_int_equal(hl_now(hl), nine + 39 * 3600 * (hl_time)HL__SECOND); /* the second midnight */
    assert_int_equal(hl_queue_stat_get(hl, 0, HL_SPAN_ALL, &q), 0);
    assert_int_equal(q.offered, s.offered); /* what the engine counts is what the study counts */
    assert_int_equal(q.answered, s.answered);
    assert_int_equal(q.wait_answered_ms / 1000 / 100, (int64_t)(s.wait_s * (double)(s.answered)) / 100);
    hl_close(hl);
}

static void hl_advance_keeps_the_events_that_hl_sim_run_only_counts(void **state)
{
    hl_t *hl = study_open(SETTINGS);
    hl_event e = HL_EVENT_INIT;
    hl_sim s = HL_SIM_INIT;
    int connected = 0, n;

    (void)state;
    study_load(hl, "{" CALLS SERVICE "\"start\":\"2026-09-22\",\"agents\":[{\"names\":[\"ann\"]}]}");
    assert_int_equal(hl_sim_load(hl, "{}", 0), HL_ESTATE);
    hl_time noon = hl_now(hl) + 36 * 3600 * (hl_time)HL__SECOND;
    do {
        n = hl_advance(hl, noon);
        assert_true(n >= 0);
        while (hl_next(hl, &e) == 1)
            connected += e.type == HL_EV_CONTACT_CONNECTED;
    } while (hl_now(hl) < noon);
    assert_true(connected > 100);
    assert_int_equal(hl_sim_run(hl, 0, &s), 0);
    assert_int_equal(hl_next(hl, &e), 0);
    assert_true(s.answered > connected && s.events > 0);
    assert_int_equal(hl_sim_run(hl, 1, &s), HL_EINVAL);
    hl_close(hl);
}

static void a_study_tells_means_and_how_far_they_may_be_off(void **state)
{
    static const char scenario[] = "{" CALLS SERVICE PATIENCE "\"agents\":[{\"count\":9,\"queues\":{\"desk\":{}}}]}";
    hl_t *hl = study_open(SETTINGS);
    hl_finding f = HL_FINDING_INIT;
    const char *out = NULL;
    double sum = 0;

    (void)state;
    hl_test_ok(hl_sim_study(hl, scenario, 0, 8, &out) == 0, "%s", hl_error(hl));
    hl__json *j = hl__json_read(out, strlen(out), NULL);
    const hl__json *all = hl__json_get(j, "all"), *wait = hl__json_get(all, "wait_s");
    assert_int_equal(hl__json_int(hl__json_get(j, "runs")), 8);
    for (int i = 1; i <= 8; i++) {
        char one[sizeof(scenario) + 20];
        snprintf(one, sizeof(one), "{\"seed\":%d,%s", i, scenario + 1);
        sum += run(SETTINGS, one).wait_s / 8;
    }
    double mean_wait = hl__json_real(hl__json_get(wait, "mean")), half = hl__json_real(hl__json_get(wait, "half"));
    hl_test_ok(mean_wait > sum * 0.999999 && mean_wait < sum * 1.000001, "%g, not %g", mean_wait, sum);
    assert_true(half > 0 && half < mean_wait);
    assert_non_null(hl__json_get(hl__json_get(hl__json_get(j, "queues"), "desk"), "sl3"));
    hl__json_free(j);
    assert_int_equal(hl_sim_study(hl, "{\"dais\":3}", 0, 2, &out), HL_EPARSE);
    assert_int_equal(hl_finding_next(hl, &f), 1);
    assert_string_equal(f.pointer, "/dais");
    assert_int_equal(hl_sim_study(hl, scenario, 0, 0, &out), HL_EINVAL);
    hl_close(hl);
}

static int load_once(void *ctx)
{
    hl_options opt = HL_OPTIONS_INIT;
    hl_sim s = HL_SIM_INIT;
    hl_t *hl;
    int r;

    (void)ctx;
    opt.alloc = hl_test_alloc;
    opt.ctx = &hl_test_mem;
    if ((r = hl_open_sim(&opt, 1789948800 * (hl_time)HL__SECOND, &hl)) < 0)
        return r;
    if ((r = hl_load(hl, SETTINGS, 0)) >= 0 &&
        (r = hl_sim_load(hl, "{" CALLS SERVICE PATIENCE "\"agents\":[{\"count\":2,\"queues\":{\"desk\":{}},\"answer\":"
                         "900,\"shifts\":[{\"from\":\"00:10\",\"to\":\"00:20\"}]}]}", 0)) >= 0)
        r = hl_sim_run(hl, hl_now(hl) + 60 * (hl_time)HL__SECOND, &s);
    hl_close(hl);
    return r < 0 ? HL_ENOMEM : 1;
}

static void failing_memory_is_told_and_nothing_leaks(void **state)
{
    (void)state;
    assert_true(hl_test_oom(load_once, NULL) > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = { HL_TEST(what_is_wrong_is_refused_with_its_place),
        HL_TEST(the_same_seed_decides_the_same_and_another_does_not), HL_TEST(two_configurations_see_the_same_callers),
        HL_TEST(agents_work_their_shifts_and_take_breaks),
        HL_TEST(hl_advance_keeps_the_events_that_hl_sim_run_only_counts),
        HL_TEST(a_study_tells_means_and_how_far_they_may_be_off), HL_TEST(failing_memory_is_told_and_nothing_leaks) };

    return HL_TEST_MAIN(tests);
}
