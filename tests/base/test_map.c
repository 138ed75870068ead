/* test_map.c - tables by id and by name against a list that is searched from end to end. */
#include "hl_test.h"

enum { MANY = 400 };

static void a_map_agrees_with_a_list_through_random_puts_and_dels(void **state)
{
    static char value[64];
    struct { hl_id key; void *value; } list[MANY];
    uint32_t n = 0;
    hl__rand chance;
    hl__map m;
    (void)state;
    hl__rand_init(&chance, (int64_t)hl_test_seed(), 1, 0);
    hl__map_init(&m, &hl_test_mem);
    assert_null(hl__map_get(&m, 1));
    assert_null(hl__map_del(&m, 1));
    for (int step = 0; step < 40000; step++) {
        hl_id key = (hl_id)hl__rand_below(&chance, 300) << (step % 3 * 20);
        void *what = &value[hl__rand_below(&chance, 64)];
        uint32_t i = 0;
        while (i < n && list[i].key != key) i++;
        assert_ptr_equal(hl__map_get(&m, key), i < n ? list[i].value : NULL);
        if (hl__rand_below(&chance, 2) && (i < n || n < MANY)) {
            assert_int_equal(hl__map_put(&m, key, what), 0);
            if (i == n) list[n++].key = key;
            list[i].value = what;
        } else {
            assert_ptr_equal(hl__map_del(&m, key), i < n ? list[i].value : NULL);
            if (i < n) memmove(&list[i], &list[i + 1], (--n - i) * sizeof list[0]);
        }
        assert_int_equal(m.live, n);
        if (step % 97) continue;
        uint32_t at = 0;
        for (i = 0; i < n; i++) assert_ptr_equal(hl__map_at(&m, &at), list[i].value); /* the order of insertion */
        assert_null(hl__map_at(&m, &at));
    }
    hl__map_free(&m);
}

static void names_that_are_alike_are_kept_apart(void **state)
{
    static char text[1000][8];
    hl__names n;
    (void)state;
    hl__names_init(&n, &hl_test_mem);
    for (int i = 0; i < 1000; i++) {
        snprintf(text[i], sizeof text[i], "q%d", i);
        assert_int_equal(hl__names_put(&n, text[i], text[i]), 0);
    }
    for (int i = 0; i < 1000; i += 2) assert_ptr_equal(hl__names_del(&n, text[i]), text[i]);
    for (int i = 0; i < 1000; i++) {
        char other[8];
        snprintf(other, sizeof other, "q%d", i);
        assert_ptr_equal(hl__names_get(&n, other), i % 2 ? text[i] : NULL);
    }
    uint32_t at = 0, count = 0;
    while (hl__names_at(&n, &at)) count++;
    assert_int_equal(count, 500);
    assert_null(hl__names_get(&n, ""));
    assert_null(hl__names_del(&n, "none"));
    hl__names_free(&n);
}

static void what_walks_may_delete_what_it_is_given(void **state)
{
    static int value[100];
    hl__map m;
    void *item;
    (void)state;
    hl__map_init(&m, &hl_test_mem);
    for (int i = 0; i < 100; i++) { value[i] = i; assert_int_equal(hl__map_put(&m, i + 1, &value[i]), 0); }
    uint32_t at = 0, seen = 0;
    while ((item = hl__map_at(&m, &at))) {
        assert_int_equal(*(int *)item, (int)seen++);
        assert_ptr_equal(hl__map_del(&m, *(int *)item + 1), item);
    }
    assert_int_equal(seen, 100);
    assert_int_equal(m.live, 0);
    hl__map_free(&m);
}

static int fill(void *ctx)
{
    static int value;
    hl__map m;
    int r = 0, n = 0;
    (void)ctx;
    hl__map_init(&m, &hl_test_mem);
    while (n < 100 && (r = hl__map_put(&m, n + 1, &value)) == 0) n++;
    for (int i = 0; i < n; i++) assert_ptr_equal(hl__map_get(&m, i + 1), &value); /* what was there stays */
    assert_null(hl__map_get(&m, n + 1));
    assert_int_equal(m.live, n);
    hl__map_free(&m);
    return r;
}

static void without_memory_a_map_stays_as_it_was(void **state)
{
    (void)state;
    assert_true(hl_test_oom(fill, NULL) > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_map_agrees_with_a_list_through_random_puts_and_dels), HL_TEST(names_that_are_alike_are_kept_apart),
        HL_TEST(what_walks_may_delete_what_it_is_given), HL_TEST(without_memory_a_map_stays_as_it_was),
    };
    return HL_TEST_MAIN(tests);
}
