/* test_forecast.c - forecasts of invented weeks: medians in the middle, four in five within bounds, holidays apart. */
#include "hl_test.h"
#include "base/real.h"
#include "plan/plan.h"
#include <math.h>

enum { SLOTS = 672, WEEKS = 30 }; /* quarters of an hour of a week */

static double poisson(hl__rand *r, double mean)
{
    double limit = exp(-mean), p = 1;
    int n = -1;

    if (mean > 200) { /* halves: the sum of two is Poisson again */
        double half = poisson(r, mean / 2);
        return half + poisson(r, mean / 2);
    }
    do {
        p *= 1 - hl__rand_real(r);
        n++;
    } while (p > limit);
    return n;
}

static double shape(int slot) /* calls in a quarter: two humps a day, less at week-ends */
{
    double hour = slot % 96 / 4.0, day = 6 + 60 * exp(-(hour - 10) * (hour - 10) / 4) +
                                         40 * exp(-(hour - 15) * (hour - 15) / 6);

    return slot / 96 < 5 ? day : day / 3;
}

/* Coverage of the next week when days have a factor of their own with this deviation. */
static void cover(double mood, double *inside, double *above)
{
    hl__rand r;
    int in = 0, over = 0, all = 0;

    hl__rand_init(&r, (int64_t)hl_test_seed(), 4, (uint64_t)(mood * 1000));
    for (int round = 0; round < 6; round++) {
        static double came[WEEKS][SLOTS];
        for (int w = 0; w < WEEKS; w++)
            for (int s = 0; s < SLOTS; s++)
                came[w][s] = poisson(&r, shape(s) * exp(mood * hl__rand_normal(&r) - mood * mood / 2));
        for (int s = 0; s < SLOTS; s++) {
            double past[WEEKS];
            hl__outlook o;
            for (int w = 1; w < WEEKS; w++)
                past[w - 1] = came[WEEKS - 1 - w][s];
            assert_true(hl__forecast(past, WEEKS - 1, 1, &o));
            assert_true(o.weeks == HL__FORECAST_WEEKS && o.low <= o.mid && o.mid <= o.high && o.low >= 0);
            double now = came[WEEKS - 1][s] + hl__rand_real(&r) - 0.5; /* whole numbers would be inside too easily */
            in += now >= o.low && now <= o.high;
            over += now > o.mid;
            all++;
        }
    }
    *inside = (double)in / all;
    *above = (double)over / all;
}

static void four_in_five_fall_within_the_bounds(void **state)
{
    double inside, above;

    (void)state;
    for (double mood = 0; mood < 0.5; mood += 0.2) {
        cover(mood, &inside, &above);
        hl_test_ok(inside > 0.77 && inside < 0.89, "mood %g: %.1f %% within the bounds", mood, inside * 100);
        hl_test_ok(above > 0.45 && above < 0.55, "mood %g: %.1f %% above the median", mood, above * 100);
    }
}

static void equal_weeks_give_their_own_figure(void **state)
{
    double past[WEEKS];
    hl__outlook o;

    (void)state;
    for (double calls = 0; calls < 1e7; calls = calls * 3 + 1) {
        for (int w = 0; w < WEEKS; w++)
            past[w] = calls;
        assert_true(hl__forecast(past, WEEKS, 1, &o));
        assert_true(fabs(o.mid - calls) <= 1e-9 * (1 + calls) && o.low <= calls && o.high > calls);
        hl_test_ok(o.high - calls > 1.2 * sqrt(calls) && o.high - calls < 1.6 * sqrt(calls) + 2, "%g: up to %g", calls,
                   o.high);
        assert_true(hl__forecast(past, WEEKS, 2, &o)); /* the level is that of the root */
        assert_true(fabs(o.mid - (4 * (calls + 0.25) - 0.25)) <= 1e-9 * (1 + 4 * calls));
    }
}

static void holidays_and_gaps_do_not_count_and_nothing_gives_nothing(void **state)
{
    double past[] = { 100, -1, 100, NAN, 100, -1 }, none[] = { -1, -1, NAN };
    hl__outlook o = { 7, 1, 1, 1 }, three;

    (void)state;
    assert_false(hl__forecast(none, 3, 1, &o));
    assert_false(hl__forecast(past, 0, 1, &o));
    assert_true(o.weeks == 7 && o.mid == 1);
    assert_true(hl__forecast(past, HL__COUNT(past), 1, &o));
    assert_true(o.weeks == 3 && fabs(o.mid - 100) < 1e-9);
    past[1] = 0; /* a Monday on which nobody called is another thing than one that is apart */
    assert_true(hl__forecast(past, HL__COUNT(past), 1, &three));
    assert_true(three.weeks == 4 && three.mid < 80 && three.high - three.low > 2 * (o.high - o.low));
}

static void young_weeks_weigh_more(void **state)
{
    double rising[WEEKS], falling[WEEKS];
    hl__outlook up, down;

    (void)state;
    for (int w = 0; w < WEEKS; w++) {
        rising[w] = 200 - 4 * w;
        falling[w] = 200 - 4 * (WEEKS - 1 - w);
    }
    assert_true(hl__forecast(rising, WEEKS, 1, &up) && hl__forecast(falling, WEEKS, 1, &down));
    assert_true(up.mid > 180 && up.mid < 190 && down.mid > 90 && down.mid < 105); /* 4 weeks back on average */
    assert_true(hl__forecast(rising, 1, 1, &up));
    assert_true(up.weeks == 1 && fabs(up.mid - 200) < 1e-9 && up.high - up.mid > 1.28 * sqrt(200)); /* wide */
}

static void the_last_days_lift_the_level_and_a_few_calls_do_not(void **state)
{
    double came[1344], mid[1344], level;
    hl__rand r;

    (void)state;
    hl__rand_init(&r, (int64_t)hl_test_seed(), 5, 0);
    for (double factor = 0.7; factor < 1.6; factor += 0.2) {
        for (int s = 0; s < 1344; s++) {
            mid[s] = s % 50 ? shape(s % SLOTS) : -1;
            came[s] = s % 31 ? poisson(&r, shape(s % SLOTS) * factor) : NAN;
        }
        level = hl__forecast_level(came, mid, 1344);
        hl_test_ok(fabs(level - sqrt(factor)) < 0.02, "factor %g: level %g, not %g", factor, level, sqrt(factor));
    }
    assert_true(hl__forecast_level(came, mid, 0) == 1);
    mid[1] = 2;
    came[1] = 8;
    level = hl__forecast_level(came + 1, mid + 1, 1);
    assert_true(level > 1 && level < 1.01);
    for (int s = 0; s < 1344; s++)
        mid[s] = 10, came[s] = 1e6;
    assert_true(hl__forecast_level(came, mid, 1344) == 2);
    for (int s = 0; s < 1344; s++)
        mid[s] = 1e6, came[s] = 0;
    assert_true(hl__forecast_level(came, mid, 1344) == 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(four_in_five_fall_within_the_bounds), HL_TEST(equal_weeks_give_their_own_figure),
        HL_TEST(holidays_and_gaps_do_not_count_and_nothing_gives_nothing), HL_TEST(young_weeks_weigh_more),
        HL_TEST(the_last_days_lift_the_level_and_a_few_calls_do_not),
    };
    return HL_TEST_MAIN(tests);
}
