/* test_mem.c - every byte is counted, may be refused, and comes from whom the owner says. */
#include "hl_test.h"

static void what_is_taken_is_counted_and_given_back(void **state)
{
    hl__mem mem = { 0 };
    char *a, *b;
    (void)state;
    a = hl__alloc(&mem, 100);
    assert_non_null(a);
    for (int i = 0; i < 100; i++) assert_int_equal(a[i], 0);
    b = hl__strdup(&mem, "water");
    assert_string_equal(b, "water");
    assert_int_equal(mem.used, 106);
    assert_int_equal(mem.blocks, 2);
    a = hl__realloc(&mem, a, 40);
    assert_int_equal(mem.used, 46);
    hl__free(&mem, a);
    hl__free(&mem, b);
    hl__free(&mem, NULL);
    assert_int_equal(mem.used, 0);
    assert_int_equal(mem.blocks, 0);
}

static void blocks_are_aligned_as_malloc_does(void **state)
{
    (void)state;
    for (size_t size = 1; size < 200; size += 7) {
        void *p = hl__alloc(&hl_test_mem, size);
        assert_int_equal((uintptr_t)p % 16, 0);
        hl__free(&hl_test_mem, p);
    }
}

static void the_limit_holds_for_what_grows_too(void **state)
{
    hl__mem mem = { .limit = 1000 };
    char *a = hl__alloc(&mem, 600), *b;
    (void)state;
    assert_non_null(a);
    assert_null(hl__alloc(&mem, 401));
    assert_null(hl__realloc(&mem, a, 1001));
    b = hl__realloc(&mem, a, 1000);
    assert_non_null(b);
    assert_null(hl__alloc(&mem, 1));
    b = hl__realloc(&mem, b, 10);
    assert_non_null(b);
    assert_int_equal(mem.used, 10);
    hl__free(&mem, b);
}

static void a_product_that_overflows_is_refused(void **state)
{
    uint32_t room = 0;
    char *list = NULL;
    (void)state;
    assert_null(hl__alloc_array(&hl_test_mem, SIZE_MAX / 2, 3));
    assert_null(hl__alloc(&hl_test_mem, SIZE_MAX));
    assert_null(hl__alloc(&hl_test_mem, SIZE_MAX - 8));
    void *none = hl__alloc_array(&hl_test_mem, 0, 5);
    assert_non_null(none);
    hl__free(&hl_test_mem, none);
    room = UINT32_MAX - 1;
    assert_int_equal(hl__grow(&hl_test_mem, &list, &room, UINT32_MAX - 1, 1), HL_ELIMIT);
    room = 0;
    assert_int_equal(hl__grow(&hl_test_mem, &list, &room, 0, SIZE_MAX / 4), HL_ENOMEM);
    assert_null(list);
    assert_int_equal(room, 0);
}

static int grow(void *ctx)
{
    uint32_t room = 0, n = 0;
    int *list = NULL, r = 0;
    (void)ctx;
    for (; n < 500 && (r = hl__grow(&hl_test_mem, &list, &room, n, sizeof *list)) == 0; n++) list[n] = (int)n;
    for (uint32_t i = 0; i < n; i++) assert_int_equal(list[i], i);
    assert_true(room >= n);
    hl__free(&hl_test_mem, list);
    return r;
}

static void a_list_that_cannot_grow_stays_as_it_was(void **state)
{
    (void)state;
    assert_true(hl_test_oom(grow, NULL) > 5);
}

static struct { int asked, freed; } counted;

static void *own_alloc(void *ctx, void *old, size_t size)
{
    assert_ptr_equal(ctx, &counted);
    if (size) { counted.asked++; return realloc(old, size); }
    counted.freed++;
    free(old);
    return NULL;
}

static void the_owner_may_bring_an_allocator(void **state)
{
    hl__mem mem = { .alloc = own_alloc, .ctx = &counted };
    (void)state;
    char *a = hl__strndup(&mem, "abcdef", 3);
    assert_string_equal(a, "abc");
    a = hl__realloc(&mem, a, 50);
    hl__free(&mem, a);
    assert_int_equal(counted.asked, 2);
    assert_int_equal(counted.freed, 1);
    assert_null(hl__strdup(&mem, NULL));
}

/* What malloc refuses is cut from the reserve; blocks outlive it, grow out of it and go back to it. */
static void a_reserve_gives_what_malloc_refuses(void **state)
{
    char *a, *b, *c;
    (void)state;
    assert_int_equal(hl__reserve_begin(&hl_test_mem, 4096, false), 0);
    a = hl__alloc(&hl_test_mem, 100); /* malloc has some */
    hl_test_mem.fail_at = -1;
    b = hl__alloc(&hl_test_mem, 1000);
    assert_non_null(b);
    memset(b, 'b', 1000);
    memset(a, 'a', 100);
    a = hl__realloc(&hl_test_mem, a, 500); /* moves into the reserve */
    assert_non_null(a);
    assert_int_equal(a[99], 'a');
    assert_null(hl__alloc(&hl_test_mem, 4000)); /* more than is left */
    for (int i = 0; i < 100; i++) { /* the last one goes back and comes again */
        c = hl__alloc(&hl_test_mem, 2000);
        assert_non_null(c);
        assert_int_equal((uintptr_t)c % 16, 0);
        hl__free(&hl_test_mem, c);
    }
    hl__reserve_end(&hl_test_mem);
    assert_null(hl__alloc(&hl_test_mem, 1));
    hl_test_mem.fail_at = 0;
    b = hl__realloc(&hl_test_mem, b, 3000);
    assert_int_equal(b[999], 'b');
    hl__free(&hl_test_mem, b);
    hl__free(&hl_test_mem, a);
    hl_test_mem.fail_at = 1;
    assert_int_equal(hl__reserve_begin(&hl_test_mem, 100, false), HL_ENOMEM);
    assert_int_equal(hl__reserve_begin(&hl_test_mem, 100, false), 0);
    hl__reserve_end(&hl_test_mem);
}

static void the_limit_holds_for_the_reserve_and_refusals_are_counted(void **state)
{
    hl__mem mem = { .limit = 1000 };
    (void)state;
    assert_int_equal(hl__reserve_begin(&mem, 4096, false), 0); /* is no part of the limit itself */
    mem.fail_at = -1;
    char *a = hl__alloc(&mem, 900);
    assert_non_null(a);
    assert_int_equal(mem.refused, 0);
    assert_null(hl__alloc(&mem, 101));
    assert_int_equal(mem.refused, 1);
    assert_false(hl__reserve_is_whole(&mem));
    mem.fail_at = 0;
    assert_int_equal(hl__reserve_begin(&mem, 4096, true), 0); /* the other one goes with its blocks */
    assert_true(hl__reserve_is_whole(&mem));
    char *b = hl__alloc(&mem, 200);
    assert_non_null(b);
    assert_int_equal(mem.used, 1100);
    hl__free(&mem, b);
    assert_true(hl__reserve_is_whole(&mem));
    hl__reserve_end(&mem);
    hl__reserve_end(&mem);
    hl__free(&mem, a);
    assert_int_equal(mem.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(what_is_taken_is_counted_and_given_back), HL_TEST(blocks_are_aligned_as_malloc_does),
        HL_TEST(the_limit_holds_for_what_grows_too), HL_TEST(a_product_that_overflows_is_refused),
        HL_TEST(a_list_that_cannot_grow_stays_as_it_was), HL_TEST(the_owner_may_bring_an_allocator),
        HL_TEST(a_reserve_gives_what_malloc_refuses),
        HL_TEST(the_limit_holds_for_the_reserve_and_refusals_are_counted),
    };
    return HL_TEST_MAIN(tests);
}
