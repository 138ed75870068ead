/* test_erlang.c - Erlang B, C and A against 178 exact rows; what must hold at random points: numbers, order, bounds. */
#include "hl_test.h"
#include "base/real.h"
#include "plan/plan.h"
#include <hotline.h>
#include <math.h>

static const char *id;

/* Relative; a share that small is only known to be nothing. */
static void near(const char *what, double got, double want, double bound)
{
    hl_test_ok(fabs(got - want) <= bound * fabs(want) + (want < 1e-30 ? 1e-30 : 0),
               "%s: %s is %.17g, not %.17g (off %.2g)", id, what, got, want, fabs(got / want - 1));
}

static double cell(const hl_test_csv *csv, const char *name)
{
    return hl_test_cell_real(csv, name);
}

static hl_plan_in input(const hl_test_csv *csv)
{
    hl_plan_in in = HL_PLAN_IN_INIT;

    in.handle_s = cell(csv, "handle_s");
    in.interval_s = 3600;
    in.calls = cell(csv, "load") / in.handle_s * in.interval_s;
    in.patience_s = cell(csv, "patience_s");
    in.target_s = cell(csv, "target_s");
    return in;
}

static void check_row(const hl_test_csv *csv, const hl_plan *row, double bound)
{
    const bool gives_up = *hl_test_cell(csv, "patience_s") != 0;

    near("p_wait", row->p_wait, cell(csv, "p_wait"), bound);
    near("asa_s", row->asa_s, cell(csv, "asa_s"), bound);
    near("occupancy", row->occupancy, cell(csv, "occupancy"), bound);
    near("sl2", row->sl2, cell(csv, "sl2"), bound);
    near("load", row->load, cell(csv, "load"), 1e-15);
    if (*hl_test_cell(csv, "queue_len")) near("queue_len", row->queue_len, cell(csv, "queue_len"), bound);
    if (*hl_test_cell(csv, "p90_s")) near("p90_s", row->p90_s, cell(csv, "p90_s"), bound);
    near("asa_answered_s", row->asa_answered_s, cell(csv, gives_up ? "asa_answered_s" : "asa_s"), bound);
    near("p_abandon", row->p_abandon, gives_up ? cell(csv, "p_abandon") : 0, bound);
    near("sl1", row->sl1, cell(csv, gives_up ? "sl1" : "sl2"), bound);
    near("sl3", row->sl3, cell(csv, gives_up ? "sl3" : "sl2"), bound);
    near("sl4", row->sl4, cell(csv, gives_up ? "sl4" : "sl2"), bound);
    assert_true(row->stable == 1 && row->level == row->sl3);
}

/* "sl2>=0.8" -> the goal and the formula. */
static void goal_of(const char *text, hl_plan_in *in, hl_plan_goal *goal)
{
    double value = strtod(strstr(text, "=") + 1, NULL);

    if (strncmp(text, "sl", 2) == 0) {
        in->formula = text[2] - '0';
        goal->level = value;
    } else if (strncmp(text, "p_wait", 6) == 0) {
        goal->p_wait = value;
    } else if (strncmp(text, "p_abandon", 9) == 0) {
        goal->abandon = value;
    } else {
        assert_int_equal(strncmp(text, "asa_s", 5), 0);
        goal->asa_s = value;
    }
}

static void staffing(const hl_test_csv *csv, hl_plan_in *in)
{
    hl_plan_goal goal = HL_PLAN_GOAL_INIT;
    hl_plan row = HL_PLAN_INIT;

    goal_of(hl_test_cell(csv, "goal"), in, &goal);
    assert_int_equal(hl_plan_staff(in, &goal, &row), 0);
    near("agents", row.agents, cell(csv, "servers"), 0);
    row.level = row.sl3;
    if (*hl_test_cell(csv, "sl3")) check_row(csv, &row, 1e-10);
    else near("sl2", row.sl2, cell(csv, "sl2"), 1e-12);
}

static void square_root(const hl_test_csv *csv) /* p_wait at load + beta sqrt(load): in the limit */
{
    double beta = strtod(hl_test_cell(csv, "goal") + 5, NULL), got;

    assert_int_equal(hl_erlang_c(1e7 + beta * sqrt(1e7), 1e7, &got), 0);
    near("p_wait", got, cell(csv, "p_wait"), 1e-3);
}

static int exact_rows(const char *vector)
{
    hl_test_csv csv;
    int rows = 0;

    for (hl_test_csv_open(&csv, vector); hl_test_csv_next(&csv); rows++) {
        double servers = cell(&csv, "servers"), load = cell(&csv, "load"), got;
        hl_plan_in in = input(&csv);
        hl_plan row = HL_PLAN_INIT;
        char kind = *hl_test_cell(&csv, "kind");

        id = hl_test_cell(&csv, "id");
        if (kind == 's') {
            staffing(&csv, &in);
        } else if (kind == 'h') {
            square_root(&csv);
        } else {
            assert_int_equal(hl_erlang_b(servers, load, &got), 0);
            double want = cell(&csv, "p_block");
            if (want < 1e-307) assert_true(got <= 1e-307);
            else hl_test_ok(fabs(got / want - 1) <= 1e-12, "%s: B is %.17g, not %.17g", id, got, want);
        }
        if (kind == 'c') {
            assert_int_equal(hl_erlang_c(servers, load, &got), 0);
            near("C", got, cell(&csv, "p_wait"), 1e-12);
        }
        if (kind == 'c' || kind == 'a') {
            assert_int_equal(hl_plan_at(&in, servers, &row), 0);
            check_row(&csv, &row, kind == 'c' ? 1e-12 : 1e-10);
        }
    }
    return rows;
}

static void the_178_exact_rows_are_met(void **state)
{
    (void)state;
    assert_int_equal(exact_rows("erlang.csv"), 178);
}

static void so_are_fractions_of_agents_ten_million_and_odd_patience(void **state)
{
    (void)state;
    assert_int_equal(exact_rows("erlang_more.csv"), 41);
}

static double between(hl__rand *r, double low, double high) /* evenly by order of magnitude */
{
    return low * exp(hl__rand_real(r) * log(high / low));
}

static void at(const hl_plan_in *in, double agents, hl_plan *row)
{
    const double *all = &row->agents;
    const size_t count = (sizeof(*row) - offsetof(hl_plan, agents)) / sizeof(double);

    *row = (hl_plan)HL_PLAN_INIT;
    assert_int_equal(hl_plan_at(in, agents, row), 0);
    for (size_t i = 0; i < count; i++)
        hl_test_ok(all[i] >= 0 && (isfinite(all[i]) || !row->stable),
                   "%.17g agents, %.17g calls of %.17g s in %.17g s, "
                   "patience %.17g, T %.17g, S %.17g: field %zu is %g", agents, in->calls, in->handle_s, in->interval_s,
                   in->patience_s, in->target_s, in->short_s, i, all[i]);
}

/* Few with more work are never better off; eps is what rounding may do. */
static void worse(const hl_plan_in *in, const hl_plan *few, const hl_plan *many)
{
    const double more[][2] = {
        { few->p_wait, many->p_wait }, { few->p_abandon, many->p_abandon }, { few->asa_s, many->asa_s },
        { few->p90_s, many->p90_s }, { few->occupancy, many->occupancy }, { many->sl1, few->sl1 },
        { many->sl2, few->sl2 }, { many->sl3, few->sl3 }, { many->sl4, few->sl4 },
    };

    for (size_t i = 0; i < HL__COUNT(more); i++)
        hl_test_ok(more[i][0] >= more[i][1] * (1 - 1e-9) - 1e-12,
                   "%.17g and %.17g agents, load %.17g and %.17g, handle %.17g, patience %.17g, T %.17g: figure %zu is "
                   "%.17g and %.17g", few->agents, many->agents, few->load, many->load, in->handle_s, in->patience_s,
                   in->target_s, i, more[i][0], more[i][1]);
}

static void inside(const hl_plan_in *in, const hl_plan *row)
{
    const double eps = 1e-12, shares[] = { row->occupancy, row->p_wait, row->p_abandon, row->sl1, row->sl2, row->sl3,
                                           row->sl4, row->sl5 };
    const double by[] = { row->sl3, row->sl1, row->sl2, row->sl3, row->sl4, row->sl5 };

    for (size_t i = 0; i < HL__COUNT(shares); i++)
        assert_true(shares[i] >= 0 && shares[i] <= 1);
    assert_true(row->sl2 <= row->sl1 + eps && row->sl2 <= row->sl3 + eps && row->sl3 <= row->sl4 + eps);
    assert_true(row->sl5 >= row->sl2 - eps);
    assert_true((in->short_s > 0 ? in->short_s : 5) > in->target_s || row->sl5 <= row->sl4 + eps);
    assert_true(row->sl2 >= 1 - row->p_wait - eps);
    assert_true(in->patience_s > 0 || row->p_abandon == 0);
    assert_true(row->paid >= row->agents - 1e-9 && row->level == by[in->formula]);
    if (row->stable && row->load > 0 && row->agents > 0) {
        double served = row->load * (1 - row->p_abandon), busy = row->occupancy * row->agents;
        hl_test_ok(fabs(served - busy) <= 1e-9 * (busy + row->load), "work in %.17g, work done %.17g", served, busy);
    }
}

static void no_point_has_a_nan_and_more_agents_are_never_worse(void **state)
{
    const char *given = getenv("HL_TEST_ROUNDS");
    const int rounds = given ? (int)strtol(given, NULL, 10) : 4000;
    hl__rand r;

    (void)state;
    hl__rand_init(&r, (int64_t)hl_test_seed(), 1, 0);
    for (int i = 0; i < rounds; i++) {
        double n = between(&r, i % 5 ? 0.01 : 1e-9, 1e7), load = n * between(&r, 1e-3, 50), a, b;
        hl_plan_in in = HL_PLAN_IN_INIT;
        hl_plan row, more, busier;
        if (i % 2) load = n + (hl__rand_real(&r) * 8 - 4) * sqrt(n);
        if (i % 3 == 0) n = floor(n);
        if (load < 0) load = 0;
        in.interval_s = between(&r, 1, 1e6);
        in.handle_s = between(&r, 0.01, 1e5);
        in.calls = load * in.interval_s / in.handle_s;
        in.patience_s = i % 4 ? between(&r, 0.001, 1e9) : 0;
        in.target_s = i % 7 ? between(&r, 0.01, 1e5) : 0;
        in.short_s = i % 11 || in.target_s <= 0 ? between(&r, 0.01, 1e5) : in.target_s;
        in.shrinkage = hl__rand_real(&r) * 0.95;
        at(&in, n, &row);
        inside(&in, &row);
        at(&in, i % 3 ? n * (1 + between(&r, 1e-6, 1)) : n + 1, &more);
        inside(&in, &more);
        worse(&in, &row, &more);
        in.calls *= 1 + between(&r, 1e-6, 1);
        at(&in, n, &busier);
        worse(&in, &busier, &row);
        assert_int_equal(hl_erlang_b(n, load, &a), 0);
        assert_int_equal(hl_erlang_c(n, load, &b), 0);
        assert_true(a >= 0 && a <= 1 && b >= a && b <= 1);
    }
}

/* States 0, 1, 2 ... of the queue one by one, as many as there are: whole agents, slow and obvious. */
static void oracle(double n, double load, double unit, double *p_wait, double *p_abandon)
{
    double p = 1, sum = 0, waits = 0, queue = 0;

    for (int k = 0; k < 1000000 && (k < n + 2 || k < load || p > 1e-18 * waits); k++) {
        sum += p;
        waits += k >= n ? p : 0;
        queue += k > n ? p * (k - n) : 0;
        p *= load / (k + 1 <= n ? k + 1 : n + (k + 1 - n) / unit);
        if (sum > 1e200) p /= 1e200, sum /= 1e200, waits /= 1e200, queue /= 1e200;
    }
    *p_wait = waits / sum;
    *p_abandon = queue / sum / unit / load;
}

static void erlang_a_is_the_chain_of_its_states(void **state)
{
    hl__rand r;

    (void)state;
    hl__rand_init(&r, (int64_t)hl_test_seed(), 2, 0);
    for (int i = 0; i < 600; i++) {
        hl_plan_in in = HL_PLAN_IN_INIT;
        double n = floor(between(&r, 1, 400)), load = n * between(&r, 0.05, 8), p_wait, p_abandon;
        hl_plan row = HL_PLAN_INIT;
        in.handle_s = 100;
        in.interval_s = 100;
        in.calls = load;
        in.patience_s = between(&r, 0.1, 3000);
        oracle(n, load, in.patience_s / in.handle_s, &p_wait, &p_abandon);
        assert_int_equal(hl_plan_at(&in, n, &row), 0);
        hl_test_ok(fabs(row.p_wait - p_wait) <= 1e-10 * p_wait + 1e-300 &&
                   fabs(row.p_abandon - p_abandon) <= 1e-10 * p_abandon + 1e-300,
                   "%g agents, load %.17g, patience %.17g: waits %.17g (%.17g), gives up %.17g (%.17g)", n, load,
                   in.patience_s, row.p_wait, p_wait, row.p_abandon, p_abandon);
    }
}

static void endless_patience_is_erlang_c(void **state)
{
    (void)state;
    for (double n = 1; n < 2e6; n *= 7.3) {
        hl_plan_in in = HL_PLAN_IN_INIT;
        hl_plan a = HL_PLAN_INIT, c = HL_PLAN_INIT;
        in.handle_s = in.interval_s = 200;
        in.calls = n - 0.4 * sqrt(n);
        in.target_s = 20;
        assert_int_equal(hl_plan_at(&in, n, &c), 0);
        in.patience_s = 1e12;
        assert_int_equal(hl_plan_at(&in, n, &a), 0);
        hl_test_ok(fabs(a.p_wait - c.p_wait) < 1e-6 && fabs(a.asa_s / c.asa_s - 1) < 1e-6 &&
                   fabs(a.p90_s / c.p90_s - 1) < 1e-6 && fabs(a.sl3 - c.sl3) < 1e-6,
                   "%g agents: waits %.12g (%.12g), asa %.12g (%.12g), "
                   "level %.12g (%.12g)", n, a.p_wait, c.p_wait, a.asa_s, c.asa_s, a.sl3, c.sl3);
    }
}

static void between_whole_servers_b_goes_on_smoothly(void **state)
{
    (void)state;
    for (double load = 1e-6; load < 1e6; load *= 3.7)
        for (double n = 0; n < 40; n += 0.25) {
            double here, next, half;
            assert_int_equal(hl_erlang_b(n, load, &here), 0);
            assert_int_equal(hl_erlang_b(n + 1, load, &next), 0);
            assert_int_equal(hl_erlang_b(n + 0.5, load, &half), 0);
            near("B(n + 1)", next, load * here / (n + 1 + load * here), 1e-13);
            assert_true(here > half && half > next);
        }
}

/* Every field from values at and beyond its ends: a refusal with words, or figures that are numbers. */
static void the_ends_of_every_range_give_words_or_numbers(void **state)
{
    static const double ends[] = { 0, 4.9e-324, 1e-300, 1e-30, 0.0009999, 0.001, 0.5, 1, 1e3, 1e9, 1.0000001e9, 1e12,
                                   1e300, -1e-300, -1, NAN, INFINITY };
    int good = 0;
    hl__rand r;

    (void)state;
    hl__rand_init(&r, (int64_t)hl_test_seed(), 6, 0);
    for (int i = 0; i < 100000; i++) {
        double v[8], agents = ends[hl__rand_below(&r, HL__COUNT(ends))];
        hl_plan_in in = HL_PLAN_IN_INIT;
        hl_plan_goal goal = HL_PLAN_GOAL_INIT;
        hl_plan row = HL_PLAN_INIT;
        for (int k = 0; k < 8; k++) /* mostly good, or nothing would be */
            v[k] = ends[hl__rand_below(&r, hl__rand_below(&r, 20) ? 12 : HL__COUNT(ends))];
        in.formula = (int32_t)hl__rand_below(&r, 6);
        memcpy(&in.calls, v, 6 * sizeof(double));
        in.shrinkage = hl__rand_below(&r, 9) / 9.0;
        if (hl_plan_at(&in, agents, &row) < 0) {
            assert_true(*hl_error(NULL) && row.agents == 0);
            continue;
        }
        at(&in, agents, &row);
        good++;
        goal.level = 0.5;
        goal.p_wait = i % 2 ? 0.3 : 0;
        if (i % 16 == 0 && hl_plan_staff(&in, &goal, &row) == 0) inside(&in, &row);
    }
    hl_test_ok(good > 2000, "only %d of 100000 were taken", good);
}

/* One hash for gcc and clang, -O0 to -O3, any machine with IEEE doubles: nothing hangs on libm or a fused product. */
static void plans_are_the_same_bits_everywhere(void **state)
{
    uint64_t hash = 0;
    hl__rand r;

    (void)state;
    hl__rand_init(&r, 1, 2, 3);
    for (int i = 0; i < 5000; i++) {
        hl_plan_in in = HL_PLAN_IN_INIT;
        hl_plan row = HL_PLAN_INIT;
        double n = hl__exp(hl__rand_real(&r) * 14 - 2);
        in.handle_s = 1 + hl__rand_real(&r) * 1000;
        in.calls = n * hl__exp(hl__rand_real(&r) * 2 - 1) * 1800 / in.handle_s;
        in.patience_s = i % 3 ? hl__exp(hl__rand_real(&r) * 18 - 3) : 0;
        in.target_s = hl__rand_real(&r) * 60;
        assert_int_equal(hl_plan_at(&in, n, &row), 0);
        hash = hl__fnv(hash, &row, sizeof(row));
    }
    hl_test_ok(hash == UINT64_C(0x81c776715851f304), "%016llx", (unsigned long long)hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(the_178_exact_rows_are_met), HL_TEST(so_are_fractions_of_agents_ten_million_and_odd_patience),
        HL_TEST(no_point_has_a_nan_and_more_agents_are_never_worse),
        HL_TEST(the_ends_of_every_range_give_words_or_numbers), HL_TEST(plans_are_the_same_bits_everywhere),
        HL_TEST(erlang_a_is_the_chain_of_its_states), HL_TEST(endless_patience_is_erlang_c),
        HL_TEST(between_whole_servers_b_goes_on_smoothly),
    };
    return HL_TEST_MAIN(tests);
}
