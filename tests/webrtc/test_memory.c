/* test_memory.c - OpenSSL without memory: whichever of its allocations fails on our behalf, the path lives or fails by
 * the table, nothing stays behind, and the next handshake succeeds. */
#include "webrtc/webrtc.h"
#include "webrtc/world.h"
#include "hl_test.h"
#include <openssl/crypto.h>

enum { S = HL__SECOND, MS = HL__US };

static world w;
static int64_t live, fail_at, made;
static bool armed, for_good;

static bool refused(void)
{
    if (!armed)
        return false;
    made++;
    return fail_at && (for_good ? made >= fail_at : made == fail_at);
}

static void *ssl_alloc(size_t n, const char *file, int line)
{
    (void)file; (void)line;
    void *p = refused() ? NULL : malloc(n);
    live += p != NULL;
    return p;
}

static void ssl_free(void *p, const char *file, int line)
{
    (void)file; (void)line;
    live -= p != NULL;
    free(p);
}

static void *ssl_realloc(void *p, size_t n, const char *file, int line)
{
    if (!p)
        return ssl_alloc(n, file, line);
    if (n == 0) {
        ssl_free(p, file, line);
        return NULL;
    }
    return refused() ? NULL : realloc(p, n);
}

/* Only what the library asks for may fail: pages have memory. */
static int open_path(void *st, hl_time now, const hl__msg *q, hl__path **out)
{
    armed = true;
    int r = hl__paths_dtls.open(st, now, q, out);
    armed = false;
    return r;
}

static int input(void *st, hl_time now, hl__packet *io, hl__path **out)
{
    armed = true;
    int r = hl__paths_dtls.input(st, now, io, out);
    armed = false;
    return r;
}

static int output(void *st, hl_time now, hl__packet *out)
{
    armed = true;
    int r = hl__paths_dtls.output(st, now, out);
    armed = false;
    return r;
}

static hl__paths paths;

/* Up with what there is; then once more with all the memory of the world. True: the first attempt was enough. */
static bool life(void)
{
    assert_int_equal(world_begin(&w, &hl_test_mem), 0);
    int64_t before = live;
    int i = world_open(&w, NULL);
    assert_true(i == 0);
    made = 0;
    for (int k = 0; k < 40 && !(w.page[i].up && page_up(w.page[i].page)); k++) {
        if (w.page[i].local)
            page_check(w.page[i].page, true);
        if (k == 2)
            page_hello(w.page[i].page);
        world_run(&w, w.now + 50 * MS);
    }
    bool good = w.page[i].up && page_up(w.page[i].page);
    fail_at = 0;
    if (!good)
        assert_true(world_up(&w, NULL) == 1);
    assert_true(world_send(&w, good ? 0 : 1, 2) == 2);
    (void)before;
    world_end(&w);
    return good;
}

static void each_allocation_of_openssl_may_fail(void **state)
{
    (void)state;
    paths = hl__paths_dtls;
    paths.open = open_path;
    paths.input = input;
    paths.output = output;
    world_paths = &paths;
    assert_true(life());
    assert_true(life());
    int64_t all = made, level = live;
    assert_true(all > 500);
    int64_t step = all / 120 + 1, first = 1 + (int64_t)(hl_test_seed() % (uint64_t)step);
    uint32_t good = 0, runs = 0;
    for (int mode = 0; mode < 2; mode++)
        for (int64_t n = first; n <= all; n += step * (mode + 1)) {
            for_good = mode;
            fail_at = n;
            good += life();
            runs++;
            hl_test_ok(live <= level + 64, "allocation %lld of %lld%s leaves %lld blocks", (long long)n, (long long)all,
                mode ? " and all later" : "", (long long)(live - level));
        }
    print_message("%lld allocations, %u runs, %u came up all the same\n", (long long)all, runs, good);
}

int main(void)
{
    const struct CMUnitTest tests[] = { HL_TEST(each_allocation_of_openssl_may_fail) };
    if (!CRYPTO_set_mem_functions(ssl_alloc, ssl_realloc, ssl_free))
        return 1;
    return HL_TEST_MAIN(tests);
}
