/* test_api.c - entry points of plan.h: refusals with words, outputs left alone, goals, edges of the formulas. */
#include "hl_test.h"
#include <hotline/plan.h>
#include <math.h>

static void refused(int r, int code, const char *word)
{
    hl_test_ok(r == code && strstr(hl_error(NULL), word), "%d (%s), not %d with '%s'", r, hl_error(NULL), code, word);
}

static hl_plan_in shop(void) /* 100 calls in half an hour, 180 s each: 10 erlang; 80/20 */
{
    hl_plan_in in = HL_PLAN_IN_INIT;

    in.calls = 100;
    in.handle_s = 180;
    in.target_s = 20;
    return in;
}

static void what_is_no_number_or_out_of_range_is_refused_with_words(void **state)
{
    const double bad[] = { NAN, INFINITY, -INFINITY, -1, -1e-300, 1.1e9 };
    double out = 7;

    (void)state;
    for (size_t i = 0; i < HL__COUNT(bad); i++) {
        refused(hl_erlang_b(bad[i], 1, &out), HL_EINVAL, "must both be");
        refused(hl_erlang_b(1, bad[i], &out), HL_EINVAL, "must both be");
        refused(hl_erlang_c(bad[i], 1, &out), HL_EINVAL, "must both be");
        refused(hl_erlang_c(1, bad[i], &out), HL_EINVAL, "must both be");
        refused(hl_plan_lines(bad[i], 0.1, &out), HL_EINVAL, "must both be");
        refused(hl_plan_lines(1, bad[i], &out), HL_EINVAL, "block");
    }
    refused(hl_plan_lines(1, 0, &out), HL_EINVAL, "block");
    refused(hl_erlang_b(1, 1, NULL), HL_EINVAL, "no place");
    assert_true(out == 7);
    assert_int_equal(hl_erlang_b(1, 1, &out), 0);
    assert_true(out == 0.5 && *hl_error(NULL) == 0);
}

static void each_field_of_the_load_is_checked(void **state)
{
    static const struct { size_t at; double value; const char *word; } rows[] = {
        { offsetof(hl_plan_in, calls), -1, "calls" }, { offsetof(hl_plan_in, calls), NAN, "calls" },
        { offsetof(hl_plan_in, calls), 1e12, "erlang" }, { offsetof(hl_plan_in, interval_s), -1, "interval_s" },
        { offsetof(hl_plan_in, handle_s), 0, "handle_s" }, { offsetof(hl_plan_in, handle_s), INFINITY, "handle_s" },
        { offsetof(hl_plan_in, patience_s), 1e-9, "patience" }, { offsetof(hl_plan_in, patience_s), -1, "patience_s" },
        { offsetof(hl_plan_in, target_s), -1, "target_s" }, { offsetof(hl_plan_in, short_s), NAN, "short_s" },
        { offsetof(hl_plan_in, shrinkage), 0.96, "shrinkage" }, { offsetof(hl_plan_in, shrinkage), -0.1, "shrinkage" },
    };
    hl_plan row = HL_PLAN_INIT, before;

    (void)state;
    row.agents = 5;
    before = row;
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        hl_plan_in in = shop();
        memcpy((char *)&in + rows[i].at, &rows[i].value, sizeof(double));
        refused(hl_plan_at(&in, 14, &row), HL_EINVAL, rows[i].word);
    }
    hl_plan_in in = shop();
    refused(hl_plan_at(&in, NAN, &row), HL_EINVAL, "agents");
    refused(hl_plan_at(&in, -1, &row), HL_EINVAL, "agents");
    in.formula = 6;
    refused(hl_plan_at(&in, 14, &row), HL_EINVAL, "formula");
    in.formula = -1;
    refused(hl_plan_at(&in, 14, &row), HL_EINVAL, "formula");
    refused(hl_plan_at(NULL, 14, &row), HL_EINVAL, "no struct");
    in = shop();
    refused(hl_plan_at(&in, 14, NULL), HL_EINVAL, "no struct");
    in.size = 8;
    refused(hl_plan_at(&in, 14, &row), HL_EINVAL, "size 8");
    assert_memory_equal(&row, &before, sizeof(row));
}

static void goals_are_checked_and_one_must_be_asked_for(void **state)
{
    hl_plan_in in = shop();
    hl_plan_goal goal = HL_PLAN_GOAL_INIT;
    hl_plan row = HL_PLAN_INIT;

    (void)state;
    refused(hl_plan_staff(&in, &goal, &row), HL_EINVAL, "asks for nothing");
    refused(hl_plan_staff(&in, NULL, &row), HL_EINVAL, "no struct");
    goal.level = 1;
    refused(hl_plan_staff(&in, &goal, &row), HL_EINVAL, "level");
    goal.level = NAN;
    refused(hl_plan_staff(&in, &goal, &row), HL_EINVAL, "level");
    goal.level = 0.8;
    in.formula = HL_SL_SHORT_GOOD;
    in.short_s = 21;
    refused(hl_plan_staff(&in, &goal, &row), HL_EINVAL, "short_s is 21");
    in.formula = 0;
    goal.occupancy = 1.1;
    refused(hl_plan_staff(&in, &goal, &row), HL_EINVAL, "occupancy");
    goal.occupancy = 0;
    goal.max_agents = -1;
    refused(hl_plan_staff(&in, &goal, &row), HL_EINVAL, "max_agents");
    goal.max_agents = 13;
    refused(hl_plan_staff(&in, &goal, &row), HL_ELIMIT, "13 agents");
    assert_true(row.agents == 0);
    in.calls = -1;
    refused(hl_plan_staff(&in, &goal, &row), HL_EINVAL, "calls");
    in.calls = 100;
    goal.max_agents = 18;
    goal.level = 0.9999;
    refused(hl_plan_staff(&in, &goal, &row), HL_ELIMIT, "18 agents");
    goal.level = 0.8;
    goal.max_agents = 14;
    assert_int_equal(hl_plan_staff(&in, &goal, &row), 0);
    assert_true(row.agents == 14 && row.level >= 0.8);
}

static void every_goal_asked_for_holds_and_one_agent_fewer_breaks_one(void **state)
{
    hl__rand r;

    (void)state;
    hl__rand_init(&r, (int64_t)hl_test_seed(), 3, 0);
    for (int i = 0; i < 3000; i++) {
        hl_plan_in in = HL_PLAN_IN_INIT;
        hl_plan_goal g = HL_PLAN_GOAL_INIT;
        hl_plan row = HL_PLAN_INIT;
        in.calls = exp(hl__rand_real(&r) * 14) - 1;
        in.handle_s = 10 + 600 * hl__rand_real(&r);
        in.patience_s = i % 2 ? 5 + 1000 * hl__rand_real(&r) : 0;
        in.target_s = i % 5 ? 60 * hl__rand_real(&r) : 0;
        in.formula = i % 5 + 1;
        in.short_s = in.formula == HL_SL_SHORT_GOOD ? in.target_s * hl__rand_real(&r) : 0;
        if (in.formula == HL_SL_SHORT_GOOD && in.short_s <= 0) in.formula = 0;
        if (i & 1) g.level = hl__rand_real(&r) * 0.999;
        if (i & 2) g.asa_s = 0.1 + 60 * hl__rand_real(&r);
        if (i & 4) g.abandon = 0.001 + hl__rand_real(&r) / 2;
        if (i & 8) g.occupancy = 0.3 + hl__rand_real(&r) * 0.7;
        if (i & 16 || !(i & 31)) g.p_wait = 0.001 + hl__rand_real(&r) * 0.9;
        assert_int_equal(hl_plan_staff(&in, &g, &row), 0);
        for (int fewer = 0; fewer < 2 && row.agents >= fewer; fewer++) {
            hl_plan at = HL_PLAN_INIT;
            assert_int_equal(hl_plan_at(&in, row.agents - fewer, &at), 0);
            bool good = at.stable && at.level >= g.level && (g.asa_s <= 0 || at.asa_s <= g.asa_s) &&
                        (g.abandon <= 0 || at.p_abandon <= g.abandon) && (g.p_wait <= 0 || at.p_wait <= g.p_wait) &&
                        (g.occupancy <= 0 || at.occupancy <= g.occupancy);
            hl_test_ok(good == !fewer, "%g agents, load %.17g: %g is %s", row.agents, row.load, at.agents,
                       good ? "enough too" : "too few");
            assert_true(fewer || memcmp(&at, &row, sizeof(at)) == 0);
        }
    }
}

static void lines_are_the_fewest_that_block_no_more(void **state)
{
    static const struct { double load, block, lines; } rows[] = {
        { 0, 0.01, 1 }, { 10, 1, 0 }, { 10, 0.02, 17 }, { 10, 0.01, 18 }, { 1, 0.5, 1 }, { 100, 0.01, 117 },
    };
    double out, b;

    (void)state;
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        assert_int_equal(hl_plan_lines(rows[i].load, rows[i].block, &out), 0);
        hl_test_ok(out == rows[i].lines, "%g erlang, %g: %g lines, not %g", rows[i].load, rows[i].block, out,
                   rows[i].lines);
    }
    for (double load = 0.001; load < 5e7; load *= 3.1)
        for (double block = 0.9; block > 1e-200; block = block * block * block) {
            assert_int_equal(hl_plan_lines(load, block, &out), 0);
            assert_int_equal(hl_erlang_b(out, load, &b), 0);
            assert_true(b <= block && out == floor(out));
            if (out > 0) assert_int_equal(hl_erlang_b(out - 1, load, &b), 0), assert_true(b > block);
        }
}

static void too_few_agents_without_patience_is_no_error_but_no_equilibrium(void **state)
{
    hl_plan_in in = shop();
    hl_plan row = HL_PLAN_INIT;

    (void)state;
    for (double n = 0; n <= 10; n++) {
        assert_int_equal(hl_plan_at(&in, n, &row), 0);
        assert_true(row.stable == 0 && row.p_wait == 1 && row.occupancy == 1 && row.level == 0 && row.sl4 == 0);
        assert_true(isinf(row.asa_s) && isinf(row.asa_answered_s) && isinf(row.p90_s) && isinf(row.queue_len));
        assert_true(row.p_abandon == 0 && row.load == 10);
    }
    in.patience_s = 300; /* who gives up makes room */
    assert_int_equal(hl_plan_at(&in, 5, &row), 0);
    assert_true(row.stable == 1 && row.p_abandon > 0.49 && row.p_abandon < 0.52 && isfinite(row.asa_s));
    assert_int_equal(hl_plan_at(&in, 0, &row), 0);
    assert_true(row.stable == 1 && row.p_abandon == 1 && row.asa_s == 300 && row.asa_answered_s == 0);
    assert_true(fabs(row.p90_s - 300 * log(10)) < 1e-9 && fabs(row.queue_len - 300 * 100 / 1800.0) < 1e-9);
    assert_true(row.sl2 == 0 && fabs(row.sl4 - (1 - exp(-20 / 300.0))) < 1e-14);
    assert_true(fabs(row.sl5 - (1 - exp(-5 / 300.0))) < 1e-14);
}

static void a_night_without_calls_needs_nobody(void **state)
{
    hl_plan_in in = HL_PLAN_IN_INIT;
    hl_plan_goal goal = HL_PLAN_GOAL_INIT;
    hl_plan row = HL_PLAN_INIT;

    (void)state;
    goal.level = 0.8;
    goal.asa_s = 1;
    assert_int_equal(hl_plan_staff(&in, &goal, &row), 0);
    assert_true(row.agents == 0 && row.paid == 0 && row.level == 1 && row.asa_s == 0 && row.stable == 1);
    assert_int_equal(hl_plan_at(&in, 3, &row), 0);
    assert_true(row.agents == 3 && row.occupancy == 0 && row.level == 1 && row.p_wait == 0);
}

static void paid_time_is_rounded_up_once(void **state)
{
    hl_plan_in in = shop();
    hl_plan row = HL_PLAN_INIT;

    (void)state;
    for (int n = 0; n < 3000; n++)
        for (int percent = 0; percent <= 95; percent += 5) {
            in.shrinkage = percent / 100.0;
            assert_int_equal(hl_plan_at(&in, n, &row), 0);
            hl_test_ok(row.paid == (n * 100 + 99 - percent) / (100 - percent), "%d agents, %d %%: %g paid", n, percent,
                       row.paid);
        }
}

static void the_level_is_that_of_the_formula_asked_for(void **state)
{
    hl_plan_in in = shop();
    hl_plan row = HL_PLAN_INIT;

    (void)state;
    in.patience_s = 120;
    for (int f = 0; f <= 5; f++) {
        in.formula = f;
        assert_int_equal(hl_plan_at(&in, 12, &row), 0);
        const double by[] = { row.sl3, row.sl1, row.sl2, row.sl3, row.sl4, row.sl5 };
        assert_true(row.level == by[f] && by[f] < 1);
    }
    in.short_s = in.target_s; /* the fifth is then the fourth */
    assert_int_equal(hl_plan_at(&in, 12, &row), 0);
    assert_true(row.sl5 == row.sl4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(what_is_no_number_or_out_of_range_is_refused_with_words), HL_TEST(each_field_of_the_load_is_checked),
        HL_TEST(goals_are_checked_and_one_must_be_asked_for), HL_TEST(a_night_without_calls_needs_nobody),
        HL_TEST(every_goal_asked_for_holds_and_one_agent_fewer_breaks_one), HL_TEST(paid_time_is_rounded_up_once),
        HL_TEST(lines_are_the_fewest_that_block_no_more), HL_TEST(the_level_is_that_of_the_formula_asked_for),
        HL_TEST(too_few_agents_without_patience_is_no_error_but_no_equilibrium),
    };
    return HL_TEST_MAIN(tests);
}
