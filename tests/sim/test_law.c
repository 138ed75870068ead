/* test_law.c - logarithm and exponential without libm, laws of time, how long words last. */
#include "hl_test.h"
#include "base/real.h"
#include "sim/sim.h"
#include <math.h>

static void logarithm_and_exponential_agree_with_the_library(void **state)
{
    (void)state;
    for (double x = 1e-300; x < 1e300; x *= 1.37) {
        double want = log(x);
        hl_test_ok(fabs(hl__ln(x) - want) <= 1e-14 * (1 + fabs(want)), "ln %g: %.17g, not %.17g", x, hl__ln(x), want);
    }
    for (double x = -700; x <= 700; x += 0.317)
        hl_test_ok(fabs(hl__exp_of(x) / exp(x) - 1) < 1e-12, "exp %g: %.17g", x, hl__exp_of(x));
    assert_true(hl__ln(1) == 0);
    assert_true(hl__exp_of(0) == 1);
}

static void moments(const hl__law *law, double *mean, double *cv)
{
    enum { N = 200000 };
    double sum = 0, squares = 0;
    hl__rand r;

    hl__rand_init(&r, 5, 1, 1);
    for (int i = 0; i < N; i++) {
        double x = (double)hl__law_draw(law, &r);
        sum += x;
        squares += x * x;
    }
    *mean = sum / N;
    *cv = sqrt(squares / N - *mean * *mean) / *mean;
}

static void each_law_has_its_mean_and_spread(void **state)
{
    static const struct { hl__law law; double cv; } laws[] = { { { HL__LAW_FIXED, 60000, 0 }, 0 },
        { { HL__LAW_UNIFORM, 60000, 0 }, 0.57735 }, { { HL__LAW_EXPONENTIAL, 60000, 0 }, 1 },
        { { HL__LAW_LOGNORMAL, 60000, 0 }, 1 }, { { HL__LAW_LOGNORMAL, 60000, 0.5 }, 0.5 } };
    hl__rand r;

    (void)state;
    for (size_t i = 0; i < HL__COUNT(laws); i++) {
        double mean, cv;
        moments(&laws[i].law, &mean, &cv);
        hl_test_ok(fabs(mean - 60000) < 600, "law %zu: mean %g", i, mean);
        hl_test_ok(fabs(cv - laws[i].cv) < 0.03, "law %zu: spread %g", i, cv);
    }
    hl__rand_init(&r, 1, 1, 1);
    assert_int_equal(hl__law_draw(&(hl__law){ HL__LAW_EXPONENTIAL, 0, 0 }, &r), 0);
}

static void words_last_as_long_as_they_are(void **state)
{
    static const char clips[] = "zh-CN\thello\t您好\nzh-CN\t_400\t\nen\thi\tHi!\n";

    (void)state;
    assert_int_equal(hl__spoken_ms(clips, strlen(clips)), 2 * 180 + 400 + 3 * 60);
    assert_int_equal(hl__spoken_ms("", 0), 0);
    assert_int_equal(hl__spoken_ms("en\tno text", 10), 0);
}

static void laws_are_read_from_settings(void **state)
{
    hl__json *j = hl__json_read("{\"a\":5000,\"b\":{\"law\":\"lognormal\",\"mean_ms\":180000,\"cv_percent\":50},"
        "\"c\":{\"law\":\"x\"}}",
                                83, NULL);
    hl__findings f;
    hl__law law = { 0 };

    (void)state;
    hl__findings_init(&f, &hl_test_mem);
    hl__jcheck c = { &f, j, NULL, 150 };
    assert_non_null(j);
    assert_int_equal(hl__law_read(&c, "a", &law), 0);
    assert_true(law.kind == HL__LAW_FIXED && law.mean_ms == 5000);
    assert_int_equal(hl__law_read(&c, "b", &law), 0);
    assert_true(law.kind == HL__LAW_LOGNORMAL && law.mean_ms == 180000 && law.cv == 0.5);
    assert_int_equal(hl__law_read(&c, "c", &law), HL_EPARSE);
    assert_int_equal(hl__law_read(&c, "d", &law), 0);
    hl__findings_free(&f);
    hl__json_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(logarithm_and_exponential_agree_with_the_library), HL_TEST(each_law_has_its_mean_and_spread),
        HL_TEST(words_last_as_long_as_they_are), HL_TEST(laws_are_read_from_settings),
    };

    return HL_TEST_MAIN(tests);
}
