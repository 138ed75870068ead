/* test_theory.c - the simulated engine against what queueing theory knows exactly: M/M/N, M/M/N+M, two classes.
 *
 * HL_TEST_ROUNDS is the number of calls in all; 10000000 is the whole proof. */
#include "study.h"
#include "base/base.h"
#include "sim/party.h"
#include "sim/traffic.h"

enum { RUNS = 10, CASES = 9, PLAIN = 900000 };
#define SETTINGS "{\"hotline\":1,\"queues\":{\"q\":{\"wrapup_ms\":0,\"resume_ms\":0,\"goal\":{\"target_ms\":20000}}}}"

static double calls_a_run(void)
{
    const char *rounds = getenv("HL_TEST_ROUNDS");
    double all = rounds ? strtod(rounds, NULL) : PLAIN;

    return all / CASES / RUNS;
}

/* Days enough for the calls wanted, and a quarter of them more to forget the empty beginning. */
static void days(double per_day, int *all, int *warm)
{
    double want = calls_a_run() / per_day;

    *warm = (int)(want / 5) + 2;
    *all = *warm + (int)want + 1;
}

static void row(const hl_test_csv *csv)
{
    double load = hl_test_cell_real(csv, "load"), handle = hl_test_cell_real(csv, "handle_s");
    double patience = hl_test_cell_real(csv, "patience_s"), per_day = load / handle * 86400;
    char text[1000], gives_up[120] = "";
    const char *id = hl_test_cell(csv, "id");
    int all, warm;
    study s;

    days(per_day, &all, &warm);
    if (patience > 0)
        snprintf(gives_up, sizeof(gives_up), "\"patience\":{\"q\":{\"law\":\"exponential\",\"mean_ms\":%.0f}},",
                 patience * 1000);
    snprintf(text, sizeof(text), "{\"seed\":%%d,\"days\":%d,\"warmup_ms\":%lld,\"arrivals\":[{\"queue\":\"q\","
                                 "\"per_day\":"
             "%.9f}],%s\"service\":{\"q\":{\"law\":\"exponential\",\"mean_ms\":%.0f}},\"agents\":[{\"count\":%s,"
             "\"queues\":{\"q\":{}}}]}", all, warm * 86400000LL, per_day, gives_up, handle * 1000,
             hl_test_cell(csv, "servers"));
    study_run(SETTINGS, text, RUNS, &s);
    print_message("%s: %lld calls, wait %.3f s (%.3f +- %.3f)\n", id, (long long)s.calls, s.wait_s.mean,
                  hl_test_cell_real(csv, "asa_s"), s.wait_s.half);
    study_holds(id, s.waited, hl_test_cell_real(csv, "p_wait"), 0);
    study_holds(id, s.wait_s, hl_test_cell_real(csv, "asa_s"), 0.001);
    study_holds(id, s.abandon, hl_test_cell_real(csv, "p_abandon"), 0);
    study_holds(id, s.occupancy, hl_test_cell_real(csv, "occupancy"), 0);
    study_holds(id, s.sl2, hl_test_cell_real(csv, "sl2"), 0.0001);
    study_holds(id, s.p90_s, hl_test_cell_real(csv, "p90_s"), hl_test_cell_real(csv, "p90_s") / 100 + 0.001);
    if (patience > 0) {
        study_holds(id, s.sl1, hl_test_cell_real(csv, "sl1"), 0.0001);
        study_holds(id, s.sl3, hl_test_cell_real(csv, "sl3"), 0.0001);
        study_holds(id, s.sl4, hl_test_cell_real(csv, "sl4"), 0.0001);
    }
}

static void rows(const char *wanted)
{
    hl_test_csv csv;
    int n = 0;

    hl_test_csv_open(&csv, "erlang.csv");
    while (hl_test_csv_next(&csv)) {
        char id[16];
        snprintf(id, sizeof(id), " %s ", hl_test_cell(&csv, "id"));
        if (!strstr(wanted, id))
            continue;
        row(&csv);
        n++;
    }
    assert_int_equal(n, 4);
}

static void who_waits_for_ever_waits_as_long_as_erlang_said(void **state)
{
    (void)state;
    rows(" c2 c4 c12 c22 ");
}

static void who_gives_up_waits_and_leaves_as_palm_said(void **state)
{
    (void)state;
    rows(" a1 a8 a10 a13 ");
}

/* Class 1 first, nobody is interrupted: Cobham 1954. */
static void two_classes_wait_as_cobham_said(void **state)
{
    size_t len;
    const char *text = hl_test_vector("service_level.json", &len);
    hl__json *doc = hl__json_read(text, len, NULL);
    const hl__json *two = hl__json_get(doc, "two_classes"), *want = hl__json_get(two, "wait_s");
    double wait[2][RUNS], sum[RUNS];
    int all, warm;

    (void)state;
    days(0.05 * 86400, &all, &warm);
    for (int i = 0; i < RUNS; i++) {
        hl_t *hl = study_open("{\"hotline\":1,\"queues\":{\"fast\":{\"wrapup_ms\":0,\"rank_cap_ms\":86400000},"
                              "\"slow\":{"
                              "\"wrapup_ms\":0,\"rank_cap_ms\":86400000}}}");
        hl_sim s = HL_SIM_INIT;
        char scenario[800];
        snprintf(scenario, sizeof(scenario), "{\"seed\":%d,\"days\":%d,\"warmup_ms\":%lld,\"arrivals\":[{"
                                             "\"queue\":\"fast\","
                 "\"per_day\":1728},{\"queue\":\"slow\",\"per_day\":2592}],\"service\":{\"fast\":{\"law\":"
                 "\"exponential\","
                 "\"mean_ms\":180000},\"slow\":{\"law\":\"exponential\",\"mean_ms\":180000}},\"agents\":[{\"count\":10,"
                 "\"queues\":{\"fast\":{\"rank\":0},\"slow\":{\"rank\":1}}}]}", i + 1, all, warm * 86400000LL);
        study_load(hl, scenario);
        assert_int_equal(hl_sim_run(hl, 0, &s), 0);
        for (int d = 0; d < 2; d++) {
            hl__traffic_row(hl__sim_of(hl)->traffic, d, &s);
            wait[d][i] = s.wait_s;
        }
        sum[i] = 0.02 * wait[0][i] + 0.03 * wait[1][i];
        hl_close(hl);
    }
    for (size_t d = 0; d < 2; d++)
        study_holds(d ? "second class" : "first class", study_mean(wait[d], RUNS), hl__json_real(hl__json_at(want, d)),
                    0.001);
    study_holds("rate times wait", study_mean(sum, RUNS), hl__json_real(hl__json_get(two, "sum_rate_times_wai"
        "t")), 0.001);
    hl__json_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = { HL_TEST(who_waits_for_ever_waits_as_long_as_erlang_said),
        HL_TEST(who_gives_up_waits_and_leaves_as_palm_said), HL_TEST(two_classes_wait_as_cobham_said) };

    return HL_TEST_MAIN(tests);
}
