/* test_ring.c - a bounded queue: full is an answer, empty is one, and two threads lose nothing. */
#include "hl_test.h"
#include <pthread.h>
#include <sched.h>

static void a_ring_holds_so_many_and_says_so(void **state)
{
    hl__ring *r = NULL;
    int item;
    (void)state;
    assert_int_equal(hl__ring_new(&hl_test_mem, 5, sizeof item, &r), 0); /* rounded up to 8 */
    assert_int_equal(hl__ring_take(r, &item), 0);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 8; i++) {
            assert_int_equal(hl__ring_room(r), 8 - i);
            item = round * 100 + i;
            assert_int_equal(hl__ring_put(r, &item), 0);
        }
        assert_int_equal(hl__ring_put(r, &item), HL_ELIMIT);
        assert_int_equal(hl__ring_room(r), 0);
        for (int i = 0; i < 8; i++) {
            assert_int_equal(hl__ring_take(r, &item), 1);
            assert_int_equal(item, round * 100 + i);
        }
        assert_int_equal(hl__ring_take(r, &item), 0);
    }
    hl__ring_free(&hl_test_mem, r);
    hl__ring_free(&hl_test_mem, NULL);
}

static int make(void *ctx)
{
    hl__ring *r = NULL;
    int got = hl__ring_new(&hl_test_mem, 100, 24, &r);
    (void)ctx;
    hl__ring_free(&hl_test_mem, r);
    return got;
}

static void a_ring_needs_memory_once(void **state)
{
    hl__ring *r = NULL;
    (void)state;
    assert_int_equal(hl_test_oom(make, NULL), 1);
    assert_int_equal(hl__ring_new(&hl_test_mem, UINT32_MAX, SIZE_MAX / 4, &r), HL_ENOMEM);
    assert_null(r);
}

enum { ITEMS = 200000 };
typedef struct item { uint64_t n, check[3]; } item;

static void *put_all(void *ring)
{
    for (uint64_t n = 0; n < ITEMS; n++) {
        item it = { n, { n * 3, ~n, n ^ 0x5555 } };
        while (hl__ring_put(ring, &it) < 0) sched_yield();
    }
    return NULL;
}

static void two_threads_lose_nothing_and_tear_nothing(void **state)
{
    hl__ring *r = NULL;
    pthread_t thread;
    item it;
    (void)state;
    assert_int_equal(hl__ring_new(&hl_test_mem, 64, sizeof(item), &r), 0);
    assert_int_equal(pthread_create(&thread, NULL, put_all, r), 0);
    for (uint64_t n = 0; n < ITEMS; n++) {
        while (hl__ring_take(r, &it) == 0) sched_yield();
        if (it.n != n || it.check[0] != n * 3 || it.check[1] != ~n || it.check[2] != (n ^ 0x5555))
            fail_msg("item %llu came as %llu", (unsigned long long)n, (unsigned long long)it.n);
    }
    assert_int_equal(hl__ring_take(r, &it), 0);
    pthread_join(thread, NULL);
    hl__ring_free(&hl_test_mem, r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_ring_holds_so_many_and_says_so), HL_TEST(a_ring_needs_memory_once),
        HL_TEST(two_threads_lose_nothing_and_tear_nothing),
    };
    return HL_TEST_MAIN(tests);
}
