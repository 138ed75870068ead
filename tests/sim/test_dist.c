/* test_dist.c - special functions without libm, laws with the mean and spread they were asked for, what is refused. */
#include "hl_test.h"
#include "base/real.h"
#include "sim/dist.h"
#include <math.h>

static void the_gamma_function_agrees_with_the_library(void **state)
{
    (void)state;
    for (double x = 0.5; x < 400; x *= 1.01)
        hl_test_ok(fabs(hl__ln_gamma(x) - lgamma(x)) <= 2e-13 * (1 + fabs(lgamma(x))), "lgamma %g: %.17g, not %.17g", x,
                   hl__ln_gamma(x), lgamma(x));
    for (double x = 0.01; x < 100; x *= 1.37)
        for (double y = -5; y < 5; y += 0.37)
            assert_true(fabs(hl__pow(x, y) / pow(x, y) - 1) < 1e-12);
    assert_true(hl__pow(0, 2) == 0);
}

static void the_normal_quantile_is_the_inverse_of_its_law(void **state)
{
    (void)state;
    for (double p = 1e-12; p < 0.5; p *= 1.13) {
        double x = hl__probit(p);
        hl_test_ok(fabs(erfc(-x / sqrt(2)) / 2 / p - 1) < 1e-12, "probit %g: %.17g", p, x);
        assert_true(p < 1e-6 || fabs(hl__probit(1 - p) + x) < 1e-9);
    }
    assert_true(hl__probit(0.5) == 0);
    assert_true(fabs(hl__probit(0.975) - 1.9599639845400545) < 1e-14);
}

static void students_quantile_is_that_of_the_tables(void **state)
{
    static const struct { double p, df, t; } rows[] = { { 0.975, 1, 12.7062 }, { 0.975, 2, 4.30265 },
        { 0.975, 3, 3.18245 }, { 0.975, 4, 2.77645 }, { 0.975, 5, 2.57058 }, { 0.975, 9, 2.26216 },
        { 0.975, 19, 2.09302 }, { 0.975, 99, 1.98422 }, { 0.995, 1, 63.6567 }, { 0.995, 3, 5.84091 },
        { 0.995, 9, 3.24984 }, { 0.995, 29, 2.75639 }, { 0.95, 7, 1.89458 }, { 0.975, 1e6, 1.95997 } };

    (void)state;
    for (size_t i = 0; i < HL__COUNT(rows); i++)
        hl_test_ok(fabs(hl__student(rows[i].p, rows[i].df) - rows[i].t) < 0.0011, "t %g, %g: %g, not %g", rows[i].p,
                   rows[i].df, hl__student(rows[i].p, rows[i].df), rows[i].t);
}

static void moments(const hl__dist *d, double *mean, double *cv)
{
    enum { N = 200000 };
    double sum = 0, squares = 0;
    hl__rand r;

    hl__rand_init(&r, 5, 1, 1);
    for (int i = 0; i < N; i++) {
        double x = hl__dist_draw(d, &r);
        assert_true(x >= 0);
        sum += x;
        squares += x * x;
    }
    *mean = sum / N;
    *cv = sqrt(squares / N - *mean * *mean) / *mean;
}

static void each_law_has_the_mean_and_spread_asked_for(void **state)
{
    static const struct { int kind; double cv; } laws[] = { { HL__DIST_fixed, 0 }, { HL__DIST_uniform, 0.3 },
        { HL__DIST_exponential, 1 }, { HL__DIST_lognormal, 0.5 }, { HL__DIST_lognormal, 1.2 }, { HL__DIST_gamma, 0.4 },
        { HL__DIST_gamma, 1.7 }, { HL__DIST_weibull, 0.3 }, { HL__DIST_weibull, 1 }, { HL__DIST_weibull, 1.6 } };

    (void)state;
    for (size_t i = 0; i < HL__COUNT(laws); i++) {
        double mean, cv;
        hl__dist d;
        hl__dist_set(&d, laws[i].kind, 60000, laws[i].cv);
        moments(&d, &mean, &cv);
        hl_test_ok(fabs(mean / 60000 - 1) < 0.012, "law %d: mean %g", laws[i].kind, mean);
        hl_test_ok(fabs(cv - laws[i].cv) < 0.02 + 0.02 * laws[i].cv, "law %d: spread %g, not %g", laws[i].kind, cv,
                   laws[i].cv);
    }
}

/* What is left of a patience that has lasted so long already: the law's own, from there on. */
static void patience_beyond_a_wait_is_that_of_those_who_waited(void **state)
{
    static const struct { int kind; double cv; } laws[] = { { HL__DIST_exponential, 1 }, { HL__DIST_weibull, 0.6 },
        { HL__DIST_lognormal, 0.8 } };
    enum { N = 60000 };

    (void)state;
    for (size_t i = 0; i < HL__COUNT(laws); i++) {
        double all = 0, beyond = 0;
        int n = 0;
        hl__dist d;
        hl__rand r;
        hl__dist_set(&d, laws[i].kind, 60000, laws[i].cv);
        hl__rand_init(&r, 6, 1, 1);
        for (int k = 0; k < N; k++) {
            double x = hl__dist_draw(&d, &r), y = hl__dist_beyond(&d, &r, 45000);
            assert_true(y > 45000);
            beyond += y;
            all += x > 45000 ? x : 0;
            n += x > 45000;
        }
        hl_test_ok(fabs(beyond / N / (all / n) - 1) < 0.02, "law %d: %g, not %g", laws[i].kind, beyond / N, all / n);
    }
}

static const char *refused(const char *json)
{
    static char out[1000];
    hl__json *j = hl__json_read(json, strlen(json), NULL);
    hl__findings f;
    hl__dist_mix mix = { .share = 0 };
    size_t len = 0;

    assert_non_null(j);
    hl__findings_init(&f, &hl_test_mem);
    hl__jcheck c = { &f, j, NULL, 150 };
    assert_int_equal(hl__dist_mix_read(&hl_test_mem, &c, "q", &mix), 0);
    out[0] = 0;
    for (uint32_t i = 0; i < f.count; i++)
        len += (size_t)snprintf(out + len, sizeof(out) - len, "%s: %s\n", f.list[i].pointer, f.list[i].text);
    hl__dist_mix_free(&hl_test_mem, &mix);
    hl__findings_free(&f);
    hl__json_free(j);
    return out;
}

static void what_is_no_law_is_refused_with_its_place(void **state)
{
    (void)state;
    assert_string_equal(refused("{\"q\":90000}"), "");
    assert_string_equal(refused("{\"q\":{\"law\":\"lognormal\",\"mu\":4.8,\"sigma\":1,\"balk\":0.1}}"), "");
    assert_string_equal(refused("{\"q\":-1}"), "/q: -1 is out of range; a number from 0 to 1e+12 is wanted\n");
    assert_string_equal(refused("{\"q\":{\"law\":\"gama\",\"mean_ms\":5}}"), "/q/law: \"gama\" is not one of: fixed, "
                        "uniform, exponential, lognormal, gamma, weibull, table\n");
    assert_string_equal(refused("{\"q\":{\"law\":\"gamma\"}}"), "/q/mean_ms: the law needs its mean in ms\n");
    assert_string_equal(refused("{\"q\":{\"law\":\"uniform\",\"mean_ms\":5,\"cv\":0.9}}"),
                        "/q/cv: 0.9 is out of range; a number from 0 to 0.577350269 is wanted\n");
    assert_string_equal(refused("{\"q\":{\"law\":\"table\",\"values_ms\":[5,-6]}}"),
                        "/q/values_ms/1: a time is a number of ms, 0 or more\n");
    assert_string_equal(refused("{\"q\":{\"law\":\"table\"}}"), "/q/values_ms: a table has 1 to 100000 values in ms\n");
    assert_string_equal(refused("{\"q\":{\"law\":\"fixed\",\"mean_ms\":1,\"short\":{\"share\":2}}}"),
                        "/q/short/share: 2 is out of range; a number from 0 to 1 is wanted\n");
    assert_non_null(strstr(refused("{\"q\":{\"law\":\"fixed\",\"mean\":1}}"), "mean_ms"));
}

int main(void)
{
    const struct CMUnitTest tests[] = { HL_TEST(the_gamma_function_agrees_with_the_library),
        HL_TEST(the_normal_quantile_is_the_inverse_of_its_law), HL_TEST(students_quantile_is_that_of_the_tables),
        HL_TEST(each_law_has_the_mean_and_spread_asked_for),
        HL_TEST(patience_beyond_a_wait_is_that_of_those_who_waited),
        HL_TEST(what_is_no_law_is_refused_with_its_place) };

    return HL_TEST_MAIN(tests);
}
