/* test_clock.c - the one time line: steady for intervals, right for the calendar. */
#include "hl_test.h"
#include "io/io.h"

#define S ((hl_time)HL__SECOND)

static void time_runs_with_the_boot_clock_when_both_agree(void **state)
{
    (void)state;
    hl__clock c;
    hl__clock_init(&c, 5 * S, 1000 * S, 0);
    assert_int_equal(hl__clock_read(&c, 6 * S, 1001 * S), 1001 * S);
    assert_int_equal(hl__clock_read(&c, 66 * S, 1061 * S), 1061 * S);
    assert_int_equal(c.stepped, 0);
}

static void a_small_difference_is_taken_up_slowly_however_often_it_is_read(void **state)
{
    (void)state;
    hl__clock c;
    hl__clock_init(&c, 0, 1000 * S, 0);
    hl_time now = 0, before = 1000 * S;
    for (int64_t t = 100; t <= 10 * S; t += 100) { /* the wall clock is half a second ahead */
        now = hl__clock_read(&c, t, 1000 * S + t + S / 2);
        assert_true(now >= before);
        before = now;
    }
    assert_int_equal(now, 1010 * S + 10 * S / 2000);
}

static void a_small_difference_backwards_is_taken_up_slowly_too(void **state)
{
    (void)state;
    hl__clock c;
    hl__clock_init(&c, 0, 1000 * S, 0);
    assert_int_equal(hl__clock_read(&c, 10 * S, 1010 * S - S / 2), 1010 * S - 10 * S / 2000);
}

static void a_clock_put_forward_is_followed_at_once_and_counted(void **state)
{
    (void)state;
    hl__clock c;
    hl__clock_init(&c, 0, 1000 * S, 0);
    assert_int_equal(hl__clock_read(&c, S, 4601 * S), 4601 * S);
    assert_int_equal(c.stepped, 3600 * S);
}

static void a_clock_put_back_never_turns_time_back(void **state)
{
    (void)state;
    hl__clock c;
    hl__clock_init(&c, 0, 1000 * S, 0);
    hl_time before = hl__clock_read(&c, 100 * S, 1100 * S);
    for (int64_t t = 101; t < 180; t++) {
        hl_time now = hl__clock_read(&c, t * S, (1000 + t - 30) * S);
        assert_true(now > before);
        before = now;
    }
    assert_in_range(hl__clock_read(&c, 300 * S, 1270 * S), 1270 * S, 1271 * S); /* met, all but */
}

static void a_pretended_start_keeps_its_distance(void **state)
{
    (void)state;
    hl__clock c;
    hl__clock_init(&c, 0, 1000 * S, 50 * S);
    assert_int_equal(hl__clock_read(&c, S, 1001 * S), 51 * S);
    assert_int_equal(hl__clock_read(&c, 3 * S, 1003 * S), 53 * S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(time_runs_with_the_boot_clock_when_both_agree),
        HL_TEST(a_small_difference_is_taken_up_slowly_however_often_it_is_read),
        HL_TEST(a_small_difference_backwards_is_taken_up_slowly_too),
        HL_TEST(a_clock_put_forward_is_followed_at_once_and_counted),
        HL_TEST(a_clock_put_back_never_turns_time_back),
        HL_TEST(a_pretended_start_keeps_its_distance),
    };
    return HL_TEST_MAIN(tests);
}
