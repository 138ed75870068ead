/* test_bank.c - the Anonymous Bank of 1999: callers and agents as its figures tell, a year of it, and what it saw.
 *
 * Hours and staffing are invented (see the vector's note). HL_TEST_ROUNDS: how many years. */
#include "study.h"
#include "base/json.h"
#include <math.h>

enum { HOURS = 24, KINDS = 3, AGENTS_MOST = 60 };
#define BETA 0.31       /* the staffing at which the 75th percentile is the bank's too */
#define PRIORITY 0.3093 /* of the callers, 90 s of credit */
typedef struct bank { double weight[KINDS][HOURS], per_day[7]; int staff[7][HOURS], most; } bank;
static const int kind_of[7] = { 0, 0, 0, 0, 1, 2, 0 }; /* Monday first: Friday and Saturday are short */

static void read_bank(const hl__json *doc, double beta, bank *b)
{
    static const char *const day[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
    const hl__json *model = hl__json_get(doc, "model"),
        *week = hl__json_get(hl__json_get(doc, "observed"), "weekday_mean");
    const hl__json *long_day = hl__json_get(model, "hour_weight_sun_thu_from_7");
    const hl__json *late = hl__json_get(model, "hour_weight_sat_from_20");
    double load = 0.924 * 0.945 * exp(4.82 + 0.97 * 0.97 / 2) / 3600;

    for (size_t h = 0; h < 17; h++)
        b->weight[0][h + 7] = hl__json_real(hl__json_at(long_day, h));
    for (size_t h = 7; h < 14; h++)
        b->weight[1][h] = b->weight[0][h];
    for (size_t h = 0; h < 4; h++)
        b->weight[2][h + 20] = hl__json_real(hl__json_at(late, h));
    for (int d = 0; d < 7; d++) {
        const double *w = b->weight[kind_of[d]];
        double sum = 0;
        b->per_day[d] = hl__json_real(hl__json_get(week, day[d]));
        for (int h = 0; h < HOURS; h++)
            sum += w[h];
        for (int h = 0; h < HOURS; h++) {
            double r = b->per_day[d] * w[h] / sum * load;
            int n = w[h] > 0 ? (int)floor(r + beta * sqrt(r) + 0.5) : 0;
            b->staff[d][h] = w[h] > 0 && n < 1 ? 1 : n;
            b->most = b->staff[d][h] > b->most ? b->staff[d][h] : b->most;
        }
    }
}

/* Agent n works in the hours in which more than n are needed. */
static void write_agents(const bank *b, hl__buf *out)
{
    for (int n = 0; n < b->most; n++) {
        const char *glue = "";
        hl__buf_fmt(out, "%s{\"count\":1,\"queues\":{\"bank\":{}},\"shifts\":[", n ? "," : "");
        for (int d = 0; d < 7; d++)
            for (int h = 0, end; h < HOURS; h = end) {
                end = h + 1;
                if (b->staff[d][h] <= n)
                    continue;
                while (end < HOURS && b->staff[d][end] > n)
                    end++;
                hl__buf_fmt(out, "%s{\"weekdays\":[%d],\"from\":\"%02d:00\",\"to\":\"%02d:00\"}", glue, d + 1, h, end);
                glue = ",";
            }
        hl__buf_str(out, "]}");
    }
}

static void write_scenario(const bank *b, int days, int seed, hl__buf *out)
{
    hl__buf_fmt(out, "{\"days\":%d,\"seed\":%d,\"arrivals\":[", days, seed);
    for (int k = 0, p = 0; k < KINDS; k += p, p = !p) {
        hl__buf_fmt(out, "%s{\"queue\":\"bank\",\"per_day\":%g,\"credit_ms\":%d,\"day_shape\":17,\"weekday\":[",
                    k + p ? "," : "", p ? PRIORITY : 1 - PRIORITY, p ? 90000 : 0);
        for (int d = 0; d < 7; d++)
            hl__buf_fmt(out, "%s%.9g", d ? "," : "", kind_of[d] == k ? b->per_day[d] : 0);
        hl__buf_str(out, "],\"shape\":[");
        for (int h = 0; h < HOURS; h++)
            hl__buf_fmt(out, "%s%.9g", h ? "," : "", b->weight[k][h]);
        hl__buf_str(out, "]}");
    }
    hl__buf_str(out, "],\"service\":{\"bank\":{\"law\":\"lognormal\",\"mu\":4.82,\"sigma\":0.97,\"short\":{"
                     "\"share\":0.055,"
                     "\"law\":{\"law\":\"uniform\",\"mean_ms\":5500,\"cv\":0.47238}}}},\"patience\":{\"bank\":{\"law\":"
                     "\"exponential\",\"mean_ms\":486000,\"balk\":0.076}},\"agents\":[");
    write_agents(b, out);
    hl__buf_str(out, "]}");
}

static void near(const char *what, double have, double want, double tolerance)
{
    print_message("%s: %.4g (%.4g)\n", what, have, want);
    hl_test_ok(fabs(have - want) <= tolerance, "%s: %.4g, wanted %.4g within %.3g", what, have, want, tolerance);
}

static double figure(const hl__json *doc, const char *part, const char *name)
{
    const hl__json *of = hl__json_get(hl__json_get(doc, part), "wait_s");

    return hl__json_real(hl__json_get(of, name));
}

/* A year or more of it; beta: how generous the invented staffing is. */
static hl_sim year(const hl__json *doc, double beta)
{
    const char *rounds = getenv("HL_TEST_ROUNDS");
    int years = rounds ? (int)strtol(rounds, NULL, 10) : 1;
    static bank b;
    hl_sim s = HL_SIM_INIT;
    hl__buf scenario;
    hl_t *hl;

    b = (bank){ .most = 0 };
    read_bank(doc, beta, &b);
    hl__buf_init(&scenario, &hl_test_mem);
    write_scenario(&b, (years > 50 ? 50 : years < 1 ? 1 : years) * 364, 1, &scenario);
    hl = study_open("{\"hotline\":1,\"queues\":{\"bank\":{\"wrapup_ms\":0,\"resume_ms\":0}}}");
    study_load(hl, scenario.data);
    hl__buf_free(&scenario);
    assert_int_equal(hl_sim_run(hl, 0, &s), 0);
    hl_close(hl);
    print_message("%lld calls\n", (long long)s.offered);
    return s;
}

static hl__json *vector_of(void)
{
    const char *text = hl_test_vector("anonymous_bank.json", NULL);

    return hl__json_read(text, strlen(text), NULL);
}

static void an_independent_model_of_the_bank_waits_as_long(void **state)
{
    hl__json *doc = vector_of();
    hl_sim s = year(doc, 0.25);

    (void)state;
    near("mean wait", s.wait_s, figure(doc, "reference", "mean"), 0.08 * figure(doc, "reference", "mean"));
    near("p75", s.p75_s, figure(doc, "reference", "p75"), 0.08 * figure(doc, "reference", "p75"));
    near("p95", s.p95_s, figure(doc, "reference", "p95"), 0.08 * figure(doc, "reference", "p95"));
    near("p50", s.p50_s, figure(doc, "reference", "p50"), 3);
    near("no wait", 1 - s.waited, figure(doc, "reference", "share_zero"), 0.02);
    near("hang-ups", (double)s.abandoned / (double)s.offered,
         hl__json_real(hl__json_get(hl__json_get(doc, "reference"), "p_hang_up")), 0.02);
    hl__json_free(doc);
}

static void the_bank_waits_and_loses_callers_as_it_did_in_1999(void **state)
{
    hl__json *doc = vector_of();
    hl_sim s = year(doc, BETA);

    (void)state;
    near("mean wait", s.wait_s, figure(doc, "observed", "mean"), 0.10 * figure(doc, "observed", "mean"));
    near("p75", s.p75_s, figure(doc, "observed", "p75"), 0.10 * figure(doc, "observed", "p75"));
    near("p95", s.p95_s, figure(doc, "observed", "p95"), 0.10 * figure(doc, "observed", "p95"));
    near("hang-ups", (double)s.abandoned / (double)s.offered,
         hl__json_real(hl__json_get(hl__json_get(hl__json_get(doc, "observed"), "outcome"), "hang_up")), 0.02);
    hl__json_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = { HL_TEST(an_independent_model_of_the_bank_waits_as_long),
        HL_TEST(the_bank_waits_and_loses_callers_as_it_did_in_1999) };

    return HL_TEST_MAIN(tests);
}
