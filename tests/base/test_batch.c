/* test_batch.c - rows of a step: copied, kept in order, never moved; the list of tables taken apart. */
#include "hl_test.h"
#include "base/batch.h"

static hl__value integer(int64_t n)
{
    return (hl__value) { HL__INT, 8, { .i = n } };
}

static hl__value text(const char *words)
{
    return (hl__value) { HL__TEXT, (uint32_t)strlen(words), { .p = words } };
}

static void rows_come_back_in_the_order_they_were_written(void **state)
{
    hl__batch *b = NULL;
    (void)state;
    assert_int_equal(hl__batch_new(&hl_test_mem, 3, &b), 0);
    for (int i = 0; i < 500; i++) {
        char words[300];
        snprintf(words, sizeof words, "%0*d", i % 290 + 1, i);
        hl__value row[] = { integer(i), text(words), { HL__NULL, 0, { 0 } }, { HL__BLOB, 0, { .p = NULL } } };
        assert_int_equal(hl__batch_row(b, HL__OP_PUT, 7, row, 4), 0);
    }
    size_t at = 0;
    hl__op op;
    for (int i = 0; i < 500; i++) {
        char words[300];
        snprintf(words, sizeof words, "%0*d", i % 290 + 1, i);
        assert_int_equal(hl__batch_next(b, &at, &op), 1);
        assert_int_equal(op.kind, HL__OP_PUT);
        assert_int_equal(op.table, 7);
        assert_int_equal(op.n, 4);
        assert_int_equal(op.v[0].u.i, i);
        assert_string_equal(op.v[1].u.p, words);
        assert_int_equal(op.v[2].type, HL__NULL);
        assert_int_equal(op.v[3].len, 0);
    }
    assert_int_equal(hl__batch_next(b, &at, &op), 0);
    assert_int_equal(hl__batch_ops(b), 500);
    assert_int_equal(hl__batch_shard(b), 3);
    hl__batch_free(b);
}

static void what_was_reserved_cannot_fail(void **state)
{
    hl__batch *b = NULL;
    (void)state;
    assert_int_equal(hl__batch_new(&hl_test_mem, 0, &b), 0);
    hl__value row[] = { integer(1), text("some words that take a little room") };
    size_t bytes = hl__batch_row_bytes(row, 2);
    assert_int_equal(hl__batch_reserve(b, 100 * bytes), 0);
    hl_test_mem.fail_at = -1;
    for (int i = 0; i < 100; i++) assert_int_equal(hl__batch_row(b, HL__OP_ADD, 2, row, 2), 0);
    int r = 0;
    for (int i = 0; i < 100 && r == 0; i++) r = hl__batch_row(b, HL__OP_ADD, 2, row, 2);
    assert_int_equal(r, HL_ENOMEM);
    hl_test_mem.fail_at = 0;
    assert_int_equal(hl__batch_bytes(b), hl__batch_ops(b) * bytes);
    hl__batch_free(b);
}

static void tables_have_their_columns_and_keys(void **state)
{
    char name[64];
    (void)state;
    assert_string_equal(hl__table_name(HL__TABLE_EV), "EV");
    assert_null(hl__table_name(HL__TABLE_END));
    assert_int_equal(hl__table_columns(HL__TABLE_EV), HL__EV_COLUMNS + 2);
    assert_int_equal(hl__table_keys(HL__TABLE_CONFIG), 2);
    assert_int_equal(hl__table_column(HL__TABLE_EV, 0, name, sizeof name), HL__INT);
    assert_string_equal(name, "seq");
    assert_int_equal(hl__table_column(HL__TABLE_EV, HL__EV_COLUMNS + 1, name, sizeof name), HL__BLOB);
    assert_string_equal(name, "hash");
    assert_int_equal(hl__table_column(HL__TABLE_EV, HL__EV_COLUMNS + 2, name, sizeof name), HL__NULL);
    assert_string_equal(hl__table_index(HL__TABLE_TICKET, 2), "phone id");
    assert_null(hl__table_index(HL__TABLE_TICKET, 99));
}

static int make_and_fill(void *ctx)
{
    hl__batch *b = NULL;
    hl__value row[] = { integer(1), text("two") };
    (void)ctx;
    int r = hl__batch_new(&hl_test_mem, 0, &b);
    for (int i = 0; i < 200 && r == 0; i++) r = hl__batch_row(b, HL__OP_ADD, 2, row, 2);
    hl__batch_free(b);
    return r;
}

static void a_batch_without_memory_stays_as_it_was(void **state)
{
    (void)state;
    assert_true(hl_test_oom(make_and_fill, NULL) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(rows_come_back_in_the_order_they_were_written),
        HL_TEST(what_was_reserved_cannot_fail),
        HL_TEST(tables_have_their_columns_and_keys),
        HL_TEST(a_batch_without_memory_stays_as_it_was),
    };
    return HL_TEST_MAIN(tests);
}
