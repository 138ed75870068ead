/* test_wheel.c - timers fire in the order of (time, serial), whatever was set, moved and dropped between. */
#include "hl_test.h"

enum { TIMERS = 300 };
static hl__timer timer[TIMERS];

static int first_of(hl_time now) /* the slow way: everyone is asked */
{
    int best = -1;
    for (int i = 0; i < TIMERS; i++)
        if (hl__timer_is_set(&timer[i]) && timer[i].at <= now &&
            (best < 0 || timer[i].at < timer[best].at ||
             (timer[i].at == timer[best].at && timer[i].serial < timer[best].serial)))
            best = i;
    return best;
}

static void the_first_due_is_taken_first(void **state)
{
    hl__wheel w = { 0 };
    hl__rand chance;
    hl_time now = 0;
    (void)state;
    memset(timer, 0, sizeof timer);
    hl__rand_init(&chance, (int64_t)hl_test_seed(), 2, 0);
    for (int step = 0; step < 20000; step++) {
        hl__timer *t = &timer[hl__rand_below(&chance, TIMERS)];
        int want;
        switch (hl__rand_below(&chance, 4)) {
        case 0: case 1: hl__timer_set(&w, t, now + hl__rand_below(&chance, 200)); break;
        case 2: hl__timer_drop(&w, t); assert_false(hl__timer_is_set(t)); break;
        default:
            now += hl__rand_below(&chance, 40);
            while ((want = first_of(now)) >= 0) {
                assert_int_equal(hl__wheel_due(&w), timer[want].at);
                assert_ptr_equal(hl__wheel_take(&w, now), &timer[want]);
                assert_false(hl__timer_is_set(&timer[want]));
            }
            assert_null(hl__wheel_take(&w, now));
        }
        want = first_of(INT64_MAX - 1);
        assert_true(hl__wheel_due(&w) == (want < 0 ? INT64_MAX : timer[want].at));
    }
}

static void equal_times_fire_in_the_order_they_were_set(void **state)
{
    hl__wheel w = { 0 };
    (void)state;
    memset(timer, 0, sizeof timer);
    assert_true(hl__wheel_due(&w) == INT64_MAX);
    for (int i = 0; i < 10; i++) hl__timer_set(&w, &timer[i], 5);
    hl__timer_set(&w, &timer[3], 5); /* moved: it is the last now */
    hl__timer_drop(&w, &timer[6]);
    hl__timer_drop(&w, &timer[6]);
    static const int order[] = { 0, 1, 2, 4, 5, 7, 8, 9, 3 };
    assert_null(hl__wheel_take(&w, 4));
    for (size_t i = 0; i < HL__COUNT(order); i++) assert_ptr_equal(hl__wheel_take(&w, 5), &timer[order[i]]);
    assert_null(hl__wheel_take(&w, INT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(the_first_due_is_taken_first), HL_TEST(equal_times_fire_in_the_order_they_were_set),
    };
    return HL_TEST_MAIN(tests);
}
