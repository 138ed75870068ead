/* test_harness.c - the harness itself: what it counts, reads and lets fail. */
#include "hl_test.h"

static int two_blocks(void *ctx)
{
    char *a = hl__strdup(&hl_test_mem, "one"), *b = hl__strdup(&hl_test_mem, "two");
    int r = a && b ? *(int *)ctx : HL_ENOMEM;
    hl__free(&hl_test_mem, a);
    hl__free(&hl_test_mem, b);
    return r;
}

static void failing_memory_reaches_each_allocation_once(void **state)
{
    int good = 7;
    (void)state;
    assert_int_equal(hl_test_oom(two_blocks, &good), 2);
}

static void failing_from_the_nth_on_refuses_all_later(void **state)
{
    (void)state;
    hl_test_mem.fail_at = -2;
    void *first = hl__alloc(&hl_test_mem, 1);
    assert_non_null(first);
    for (int n = 0; n < 3; n++) assert_null(hl__alloc(&hl_test_mem, 1));
    hl__free(&hl_test_mem, first);
}

static void csv_rows_are_read_by_column_name(void **state)
{
    hl_test_csv csv;
    (void)state;
    hl_test_csv_open(&csv, "gateway-dtmf.csv");
    assert_int_equal(csv.columns, 12);
    assert_int_equal(hl_test_csv_next(&csv), 1);
    assert_string_equal(hl_test_cell(&csv, "sender"), "chromium 156, insertDTMF 100 ms");
    assert_int_equal(hl_test_cell_int(&csv, "end_duration"), 4800);
    assert_string_equal(hl_test_cell(&csv, "digits"), "1");
    assert_int_equal(hl_test_csv_next(&csv), 1);
    assert_string_equal(hl_test_cell(&csv, "interval_ms"), "");
    while (hl_test_csv_next(&csv)) assert_true(hl_test_cell_real(&csv, "payload") >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(failing_memory_reaches_each_allocation_once),
        HL_TEST(failing_from_the_nth_on_refuses_all_later),
        HL_TEST(csv_rows_are_read_by_column_name),
    };
    return HL_TEST_MAIN(tests);
}
