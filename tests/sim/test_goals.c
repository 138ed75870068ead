/* test_goals.c - two queues with goals of their own on shared agents: what the law "goa"
    "l" reaches and static slopes do not.
 *
 * HL_TEST_ROUNDS: simulated seconds of each case; the vector's figures are of 10000000 and more. */
#include "study.h"
#include "base/json.h"
#include "sim/party.h"
#include "sim/traffic.h"
#include <math.h>

typedef struct reached { double level[2]; } reached;

static double second(const hl__json *of, size_t i)
{
    return hl__json_real(hl__json_at(of, i));
}

static reached run(const hl__json *g, bool steers, int64_t seconds)
{
    const hl__json *target = hl__json_get(g, "target_s"), *level = hl__json_get(g, "level");
    double patience = hl__json_real(hl__json_get(g, "patience_s")), share = hl__json_real(hl__json_get(g, "share"));
    int agents = (int)hl__json_int(hl__json_get(g, "agents")), days = (int)(seconds / 86400) + 1;
    double per_day = hl__json_real(hl__json_get(g, "rho")) * agents / 180 * 86400;
    hl_sim s = HL_SIM_INIT;
    reached out;
    hl__buf b;
    hl_t *hl;

    hl__buf_init(&b, &hl_test_mem);
    hl__buf_str(&b, "{\"hotline\":1,\"queues\":{");
    for (size_t q = 0; q < 2; q++) {
        hl__buf_fmt(&b, "%s\"q%zu\":{\"wrapup_ms\":0,\"resume_ms\":0,\"goal\":{\"level\":%g,\"target_ms\":%.0f,"
                        "\"formula\":"
                    "\"of_offered\"},\"order\":", q ? "," : "", q, second(level, q), second(target, q) * 1000);
        if (steers)
            hl__buf_str(&b, "{\"law\":\"goal\"}}");
        else
            hl__buf_fmt(&b, "{\"law\":\"slope\",\"slope\":%.0f}}", 1000 * 60 / second(target, q));
    }
    hl__buf_str(&b, "}}");
    hl = study_open(b.data);
    hl__buf_clear(&b);
    hl__buf_fmt(&b, "{\"days\":%d,\"warmup_ms\":86400000,\"arrivals\":[{\"queue\":\"q0\",\"per_day\":%.6f},{"
                    "\"queue\":\"q1\","
                "\"per_day\":%.6f}],", days + 1, per_day * share, per_day * (1 - share));
    if (patience > 0)
        hl__buf_fmt(&b, "\"patience\":{\"q0\":{\"law\":\"exponential\",\"mean_ms\":%.0f},\"q1\":{\"law\":"
                        "\"exponential\","
                    "\"mean_ms\":%.0f}},", patience * 1000, patience * 1000);
    hl__buf_fmt(&b, "\"service\":{\"q0\":{\"law\":\"exponential\",\"mean_ms\":180000},\"q1\":{\"law\":\"exponential\","
                "\"mean_ms\":180000}},\"agents\":[{\"count\":%d,\"queues\":{\"q0\":{},\"q1\":{}}}]}", agents);
    study_load(hl, b.data);
    hl__buf_free(&b);
    assert_int_equal(hl_sim_run(hl, 0, &s), 0);
    hl_test_decisions("two queues share agents", (uint64_t)s.hash);
    for (int q = 0; q < 2; q++) {
        hl__traffic_row(hl__sim_of(hl)->traffic, q, &s);
        out.level[q] = s.sl2;
    }
    hl_close(hl);
    return out;
}

static void goals_are_met_together_and_missed_alike(void **state)
{
    const char *rounds = getenv("HL_TEST_ROUNDS");
    int64_t seconds = rounds ? strtoll(rounds, NULL, 10) : 200000;
    const char *text = hl_test_vector("service_level.json", NULL);
    hl__json *doc = hl__json_read(text, strlen(text), NULL);
    const hl__json *goals = hl__json_get(doc, "goals");

    (void)state;
    for (size_t i = 0; i < hl__json_size(goals); i++) {
        const hl__json *g = hl__json_at(goals, i), *want = hl__json_get(g, "goal"), *flat = hl__json_get(g, "static");
        bool is_whole = seconds >= 10000000, stays = hl__json_real(hl__json_get(g, "patience_s")) == 0;
        double slack = is_whole ? 0.02 : stays ? 0.15 : 0.05; /* a short run of a full house says little */
        reached with = run(g, true, seconds), without = run(g, false, seconds);
        print_message("%s: goal %.3f %.3f, reference %.3f %.3f; static %.3f %.3f, reference %.3f %.3f\n",
                      hl__json_text(hl__json_get(g, "id")), with.level[0], with.level[1], second(want, 0),
                      second(want, 1), without.level[0], without.level[1], second(flat, 0), second(flat, 1));
        for (size_t q = 0; q < 2; q++) {
            hl_test_ok(fabs(with.level[q] - second(want, q)) <= slack, "%s: queue %zu reached %.3f, not %.3f",
                       hl__json_text(hl__json_get(g, "id")), q, with.level[q], second(want, q));
            hl_test_ok(fabs(without.level[q] - second(flat, q)) <= slack, "%s static: queue %zu reached %.3f, not %.3f",
                       hl__json_text(hl__json_get(g, "id")), q, without.level[q], second(flat, q));
        }
    }
    hl__json_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = { HL_TEST(goals_are_met_together_and_missed_alike) };

    return HL_TEST_MAIN(tests);
}
