/* test_sqlite_power.c - the power fails at any write: what was told is there, and nothing is broken. */
#include "store/power.h"
#include "store/rows.h"
#include "store/sqlite.h"

/* Batches by twos and threes, so that groups of several are among them. */
static void work(const char *path, uint64_t batches)
{
    hl__store *s = hl_test_store(path, NULL);
    hl_test_power_watch(s);
    for (uint64_t n = 1; n <= batches; n++) {
        hl_test_append(s, n);
        if (n % 3 == 0) assert_int_equal(hl__store_wait(s, n, 10000), 0);
    }
    assert_int_equal(hl__store_wait(s, batches, 10000), 0);
    hl_test_power_watch(NULL);
    hl__store_close(s);
}

static bool is_sound(const char *path)
{
    sqlite3 *db = NULL;
    int64_t good = 0;
    if (sqlite3_open(path, &db) == SQLITE_OK)
        (void)hl__sqlite_number(db, "SELECT (SELECT quick_check='ok' FROM pragma_quick_check) AND count(*)=max(seq)"
                                " AND max(seq)=(SELECT number FROM shard) AND (SELECT count(*) FROM idem)=count(*)"
                                " FROM ev", &good);
    sqlite3_close(db);
    return good == 1;
}

/* 1: what was told is there and the rest is a prefix; 0: not. */
static int survives(int outage, const char *path)
{
    hl__store_conf conf = { .mem = &hl_test_mem, .url = path, .ballast_mib = -1 };
    hl__store *s = NULL;
    hl__mark mark;
    hl_seq bad = 0;
    hl_test_power_write(outage, path);
    if (hl__store_open(&conf, NULL, &s) < 0) return 0;
    hl__store_mark(s, &mark);
    int good = mark.number >= hl_test_power_told(outage) && hl__store_verify(s, 1, &bad) == 0;
    hl__store_close(s);
    return good && (mark.number == 0 || is_sound(path));
}

static int lost(int64_t seed, uint32_t every, int is_lying, int *outages)
{
    char path[600], found[600];
    int n = 0;
    snprintf(path, sizeof path, "%s/a.db", hl_test_temp());
    hl_test_power_begin(seed, every, is_lying);
    work(path, 240);
    hl_test_power_end();
    const char *folder = hl_test_temp();
    *outages = hl_test_power_outages();
    for (int i = 0; i < *outages; i++) {
        snprintf(found, sizeof found, "%s/%d.db", folder, i);
        n += !survives(i, found);
    }
    hl_test_power_forget();
    return n;
}

static void nothing_told_is_lost_when_the_power_fails(void **state)
{
    (void)state;
    const char *rounds = getenv("HL_TEST_ROUNDS");
    int runs = rounds != NULL ? (int)strtol(rounds, NULL, 10) / 20 : 1, all = 0;
    for (int i = 0; i < runs || i == 0; i++) {
        int outages = 0, n = lost((int64_t)hl_test_seed() + i, rounds != NULL ? 6 : 18, 0, &outages);
        hl_test_ok(n == 0, "run %d: %d of %d outages lost something", i, n, outages);
        all += outages;
    }
    print_message("%d outages\n", all);
    assert_true(all >= 20);
}

/* The test of the test: a disk that only says it has synced must be found out. */
static void a_disk_that_lies_is_found_out(void **state)
{
    (void)state;
    int outages = 0;
    assert_true(lost((int64_t)hl_test_seed(), 60, 1, &outages) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(nothing_told_is_lost_when_the_power_fails),
        HL_TEST(a_disk_that_lies_is_found_out),
    };
    return HL_TEST_MAIN(tests);
}
