/* test_estimate.c - how long a caller will wait: the formula to 12 digits, what it rests on, who is ahead. */
#include "bed.h"
#include <math.h>

static double plain_sum(double a, double theta, uint32_t m, int squared)
{
    double sum = 0, lost = 0;

    for (uint32_t i = m + 1; i-- > 0;) {
        double f = 1 / (a + i * theta), term = (squared ? f * f : f) - lost, next = sum + term;
        lost = (next - sum) - term;
        sum = next;
    }
    return sum;
}

static void near(double have, double want, double tolerance)
{
    hl_test_ok(fabs(have - want) <= tolerance * (1 + fabs(want)), "%.15g instead of %.15g", have, want);
}

static void the_short_sum_equals_the_long_one(void **state)
{
    static const double as[] = { 5e-6, 0.0003, 0.01, 3 }, thetas[] = { 0, 1e-12, 1e-7, 3.3e-6, 0.001, 0.7 };

    (void)state;
    for (size_t i = 0; i < HL__COUNT(as); i++)
        for (size_t k = 0; k < HL__COUNT(thetas); k++)
            for (uint32_t m = 0; m < 40000; m = m < 70 ? m + 1 : m * 3)
                for (int squared = 0; squared < 2; squared++) {
                    double want = plain_sum(as[i], thetas[k], m, squared);
                    near(hl__harmonic(as[i], thetas[k], m, squared) / want, 1, 1e-10);
                }
}

static void the_formula_gives_the_figures_of_the_vectors(void **state)
{
    char *text = hl_test_vector("waiting_time_scenarios.json", NULL);
    hl__json *doc = hl__json_read(text, strlen(text), NULL);
    const hl__json *list = hl__json_get(doc, "predictor");

    (void)state;
    assert_true(hl__json_size(list) >= 9);
    for (size_t i = 0; i < hl__json_size(list); i++) {
        const hl__json *v = hl__json_at(list, i);
        hl_estimate e = HL_ESTIMATE_INIT;
        e.ahead = hl__json_real(hl__json_get(v, "ahead"));
        e.agents = hl__json_real(hl__json_get(v, "agents"));
        e.handle_ms = hl__json_real(hl__json_get(v, "handle_ms"));
        e.patience_ms = hl__json_real(hl__json_get(v, "patience_ms"));
        e.bias = hl__json_real(hl__json_get(v, "bias"));
        hl__predict(&e);
        near(e.mean_ms, round(hl__json_real(hl__json_get(v, "mean_ms"))), 0);
        near(e.p50_ms, round(hl__json_real(hl__json_get(v, "p50_ms"))), 0);
        near(e.p80_ms, round(hl__json_real(hl__json_get(v, "p80_ms"))), 0);
    }
    hl__json_free(doc);
}

static hl_estimate estimate(bed *b, const char *queue, const char *need)
{
    hl_estimate e = HL_ESTIMATE_INIT;

    assert_int_equal(hl__acd_estimate(b->acd, bed_q(b, queue), need, &e), 0);
    return e;
}

static void nobody_staffed_is_unknown_and_somebody_idle_is_no_wait(void **state)
{
    bed b;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, "{\"queues\":{\"desk\":{}},\"agents\":{\"ann\":{\"skills\":{\"zh\":1},\"queues\":"
        "{\"desk\":{}}}}}"), 0);
    assert_int_equal(estimate(&b, "desk", NULL).p50_ms, -1);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    assert_int_equal(estimate(&b, "desk", NULL).p50_ms, 0);
    assert_int_equal(estimate(&b, "desk", "skill.zh > 1").mean_ms, -1);
    bed_add(&b, "desk", NULL);
    hl_estimate e = estimate(&b, "desk", NULL);
    assert_int_equal(e.mean_ms, 180000);  /* the prior alone: one agent, nobody ahead */
    near(e.handle_ms, 180000, 1e-9);
    near(e.patience_ms, 300000, 1e-9);
    near(e.bias, 1, 1e-9);
    hl_estimate bad = HL_ESTIMATE_INIT;
    assert_int_equal(hl__acd_estimate(b.acd, 99, NULL, &bad), HL_ENOENT);
    assert_int_equal(hl__acd_estimate(b.acd, bed_q(&b, "desk"), "skill.zz", &bad), HL_EPARSE);
    bed_close(&b);
}

static void contacts_ahead_count_by_the_share_of_agents_they_compete_for(void **state)
{
    bed b;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, "{\"queues\":{\"desk\":{},\"leaks\":{}},\"agents\":{\"ann\":{\"queues\":{"
        "\"desk\":{},\"leaks\":{}}},"
        "\"bob\":{\"queues\":{\"leaks\":{}}},\"cat\":{\"queues\":{\"desk\":{}}}}}"), 0);
    b.accepts = b.connects = true;
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_go(&b, "bob", HL_AGENT_AVAILABLE);
    bed_go(&b, "cat", HL_AGENT_AVAILABLE);
    for (int i = 0; i < 3; i++)
        bed_add(&b, i ? "leaks" : "desk", NULL);  /* all three are busy: the first took ann */
    bed_add(&b, "desk", NULL);
    for (int i = 0; i < 4; i++)
        bed_add(&b, "leaks", NULL);
    hl_estimate e = estimate(&b, "desk", NULL);
    near(e.agents, 2, 0);
    hl_queue row = HL_QUEUE_INIT;
    assert_int_equal(hl__acd_queue_next(b.acd, &row), 1);
    double desk = row.waiting;
    assert_int_equal(hl__acd_queue_next(b.acd, &row), 1);
    near(e.ahead, desk + row.waiting / 2.0, 1e-12); /* of leaks' two agents one could take desk's */
    bed_close(&b);
}

static void handle_time_patience_and_bias_are_learnt(void **state)
{
    hl__stat s;
    hl__qconf c = { .handle_ms = 180000, .patience_ms = 300000 };
    bed b;

    (void)state;
    bed_open(&b);
    hl__stat_init(&s, &c, 0);
    for (int i = 0; i < 2000; i++)
        hl__stat_handled(&s, 60000);
    near(s.handle_sum / s.handle_n, 60000, 0.01);
    for (int i = 0; i < 30000; i++)
        hl__stat_served(&s, 90000, 60000);
    near(s.actual / s.predicted, 1.5, 1e-6);
    hl__stat_served(&s, 1, -1);
    near(s.actual / s.predicted, 1.5, 1e-6);
    assert_int_equal(bed_load(&b, "{\"queues\":{\"desk\":{\"resume_ms\":0}}}"), 0);
    for (int i = 1; i <= 40; i++) {
        hl_id id = bed_add(&b, "desk", NULL);
        bed_to(&b, i * 30000);
        assert_int_equal(hl__acd_hangup(b.acd, id), 0);
    }
    near(estimate(&b, "desk", NULL).patience_ms, (5 * 300000 + 40 * 30000) / 45.0, 1e-9);
    bed_to(&b, 1800000);
    hl_id id = bed_add(&b, "desk", NULL);
    assert_int_equal(hl__acd_hangup(b.acd, id), 0);
    near(estimate(&b, "desk", NULL).patience_ms, (5 * 300000 + 20 * 30000) / 26.0, 1e-9); /* halved, then one more */
    bed_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(the_short_sum_equals_the_long_one), HL_TEST(the_formula_gives_the_figures_of_the_vectors),
        HL_TEST(nobody_staffed_is_unknown_and_somebody_idle_is_no_wait),
        HL_TEST(contacts_ahead_count_by_the_share_of_agents_they_compete_for),
        HL_TEST(handle_time_patience_and_bias_are_learnt),
    };

    return HL_TEST_MAIN(tests);
}
