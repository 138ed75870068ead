/* test_sqlite.c - the file itself: one owner, its schema, copies, a disk that fills or fails. */
#include "store/rows.h"
#include "store/shim.h"
#include "store/sqlite.h"
#include <errno.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *new_path(void)
{
    static char path[600];
    snprintf(path, sizeof path, "%s/a.db", hl_test_temp());
    return path;
}

static int64_t ask(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    int64_t n = -1;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    hl_test_ok(hl__sqlite_number(db, sql, &n) >= 0, "%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
    return n;
}

static void tell(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    hl_test_ok(hl__sqlite_exec(db, sql) == 0, "%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static int try_open(const char *url, hl__err *err)
{
    hl__store *s = NULL;
    hl__store_conf conf = { .mem = &hl_test_mem, .url = url, .ballast_mib = -1 };
    int r = hl__store_open(&conf, err, &s);
    if (r == 0) hl__store_close(s);
    return r;
}

static void the_file_is_the_owners_alone(void **state)
{
    (void)state;
    const char *path = new_path();
    struct stat is;
    hl__store *s = hl_test_store(path, NULL);
    assert_int_equal(stat(path, &is), 0);
    assert_int_equal(is.st_mode & 0777, 0600);
    hl__err err = { 0 };
    assert_int_equal(try_open(path, &err), HL_EFENCED);
    assert_non_null(strstr(err.words, "in use"));
    hl__store_close(s);
    assert_int_equal(try_open(path, &err), 0);
}

static void another_writer_fences_this_one(void **state)
{
    (void)state;
    const char *path = new_path();
    hl__store *s = hl_test_store(path, NULL);
    hl_test_append(s, 1);
    assert_int_equal(hl__store_wait(s, 1, 10000), 0);
    tell(path, "UPDATE shard SET epoch=epoch+1");
    hl_test_append(s, 2);
    assert_int_equal(hl__store_wait(s, 2, 10000), HL_ESTORE);
    assert_int_equal(hl__store_state(s), HL_STORE_FENCED);
    hl__batch *b = hl_test_batch(3, 3);
    assert_int_equal(hl__store_append(s, b), HL_EFENCED);
    hl__batch_free(b);
    hl__store_close(s);
    assert_int_equal(ask(path, "SELECT count(*) FROM ev"), 1);
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    (void)state;
    hl__err err = { 0 };
    assert_int_equal(try_open("/no/such/folder/x.db", &err), HL_ESTORE);
    assert_non_null(strstr(err.words, "/no/such/folder"));
}

static void a_newer_schema_is_refused(void **state)
{
    (void)state;
    const char *path = new_path();
    hl__err err = { 0 };
    assert_int_equal(try_open(path, &err), 0);
    tell(path, "UPDATE meta SET value=99 WHERE name='schema'");
    assert_int_equal(try_open(path, &err), HL_EVERSION);
    assert_non_null(strstr(err.words, "99"));
}

static void a_strangers_file_is_refused(void **state)
{
    (void)state;
    const char *path = new_path();
    hl__err err = { 0 };
    tell(path, "CREATE TABLE other(a)");
    assert_int_equal(try_open(path, &err), HL_EINVAL);
    assert_non_null(strstr(err.words, "not a hotline's store"));
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 1000; i++) fputs("no database at all ", f);
    fclose(f);
    assert_int_equal(try_open(path, &err), HL_ESTORE);
}

static void an_older_schema_is_copied_and_brought_up(void **state)
{
    (void)state;
    static const hl__step steps[] = { { 1, "SELECT 1" }, { 2, "CREATE TABLE two(a)" },
                                      { 3, "INSERT INTO two VALUES(3)" } };
    const char *path = new_path();
    char copy[700];
    hl__err err = { 0 };
    sqlite3 *db = NULL;
    assert_int_equal(try_open(path, &err), 0);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t n = 2; n <= 3; n++) assert_int_equal(hl__sqlite_migrate(db, path, steps, n, &err), 0);
    assert_int_equal(hl__sqlite_migrate(db, path, steps, 2, &err), HL_EVERSION);
    sqlite3_close(db);
    assert_int_equal(ask(path, "SELECT a FROM two"), 3);
    snprintf(copy, sizeof copy, "%s.schema-1", path);
    assert_int_equal(ask(copy, "SELECT value FROM meta WHERE name='schema'"), 1);
    snprintf(copy, sizeof copy, "%s.schema-2", path);
    assert_int_equal(ask(copy, "SELECT count(*) FROM two"), 0);
}

static void a_failing_step_changes_nothing(void **state)
{
    (void)state;
    static const hl__step steps[] = { { 1, "SELECT 1" }, { 2, "CREATE TABLE two(a)" }, { 3, "no such words" } };
    const char *path = new_path();
    hl__err err = { 0 };
    sqlite3 *db = NULL;
    assert_int_equal(try_open(path, &err), 0);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(hl__sqlite_migrate(db, path, steps, 3, &err), HL_ESTORE);
    sqlite3_close(db);
    assert_int_equal(ask(path, "SELECT count(*) FROM sqlite_schema WHERE name='two'"), 0);
    assert_int_equal(try_open(path, &err), 0);
}

static void a_missing_column_or_table_is_added(void **state)
{
    (void)state;
    const char *path = new_path();
    hl__err err = { 0 };
    assert_int_equal(try_open(path, &err), 0);
    tell(path, "DROP TABLE idem; DROP INDEX ticket_2; ALTER TABLE ticket DROP COLUMN phone;"
               "ALTER TABLE ev DROP COLUMN hash");
    assert_int_equal(try_open(path, &err), 0);
    assert_int_equal(ask(path, "SELECT count(*) FROM pragma_table_info('ticket') WHERE name='phone'"), 1);
    assert_int_equal(ask(path, "SELECT count(*) FROM pragma_table_info('ev') WHERE name='hash'"), 1);
    assert_int_equal(ask(path, "SELECT count(*) FROM pragma_table_info('idem')"), 4);
    assert_int_equal(ask(path, "SELECT count(*) FROM sqlite_schema WHERE name='ticket_2'"), 1);
}

static void ranges_are_read_through_their_index(void **state)
{
    (void)state;
    const char *path = new_path();
    hl__err err = { 0 };
    assert_int_equal(try_open(path, &err), 0);
    static const struct { hl__scan q; const char *want; } cases[] = {
        { { .table = HL__TABLE_EV, .index = 1, .nfrom = 2, .nto = 1 }, "USING INDEX ev_1 (ticket>? AND ticket<?)" },
        { { .table = HL__TABLE_EV, .index = 1, .nfrom = 2, .nto = 1, .backwards = 1 }, "USING INDEX ev_1" },
        { { .table = HL__TABLE_TICKET, .index = 2, .nfrom = 2, .nto = 1 }, "USING INDEX ticket_2" },
        { { .table = HL__TABLE_TICKET, .nfrom = 1, .backwards = 1 }, "USING INTEGER PRIMARY KEY" },
        { { .table = HL__TABLE_CONFIG, .nfrom = 2 }, "USING PRIMARY KEY" },
    };
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; i < HL__COUNT(cases); i++) {
        hl__buf b;
        sqlite3_stmt *stmt = NULL;
        hl__buf_init(&b, &hl_test_mem);
        hl__buf_str(&b, "EXPLAIN QUERY PLAN ");
        assert_int_equal(hl__sql_scan(&b, &cases[i].q), 0);
        hl_test_ok(sqlite3_prepare_v2(db, b.data, -1, &stmt, NULL) == SQLITE_OK, "%s: %s", b.data, sqlite3_errmsg(db));
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        const char *plan = (const char *)sqlite3_column_text(stmt, 3);
        hl_test_ok(strstr(plan, cases[i].want) != NULL, "%s: %s", b.data, plan);
        hl_test_ok(sqlite3_step(stmt) == SQLITE_DONE, "%s: sorts", b.data);
        sqlite3_finalize(stmt);
        hl__buf_free(&b);
    }
    sqlite3_close(db);
}

static void a_backup_is_a_store_of_its_own(void **state)
{
    (void)state;
    const char *path = new_path();
    char copy[700];
    snprintf(copy, sizeof copy, "%s.copy", path);
    hl__store *s = hl_test_store(path, NULL);
    for (uint64_t n = 1; n <= 20; n++) hl_test_append(s, n);
    assert_int_equal(hl__store_wait(s, 20, 10000), 0);
    hl__err err = { 0 };
    int r = hl__store_backup(s, copy, &err);
    hl_test_ok(r == 0, "%d %s", r, err.words);
    assert_int_equal(hl__store_backup(s, copy, &err), HL_EEXIST);
    assert_int_equal(hl__store_backup(s, "/no/such/folder/x", &err), HL_ESTORE);
    hl_test_append(s, 21);
    hl__store_close(s);
    s = hl_test_store(copy, NULL);
    hl__mark mark;
    hl__store_mark(s, &mark);
    assert_int_equal(mark.seq, 20);
    hl_seq bad;
    assert_int_equal(hl__store_verify(s, 1, &bad), 0);
    hl__store_close(s);
}

static void the_log_is_checkpointed_by_the_writer(void **state)
{
    (void)state;
    const char *path = new_path();
    hl__store *s = hl_test_store(path, NULL);
    char words[3000];
    memset(words, 'x', sizeof words - 1);
    words[sizeof words - 1] = 0;
    for (uint64_t n = 1; n <= 40; n++) {
        hl__batch *b = hl_test_batch(n, (hl_seq)n * 100);
        for (int i = 0; i < 100; i++) hl_test_event(b, (hl_seq)(n - 1) * 100 + i + 1, 0, words);
        assert_int_equal(hl__store_append(s, b), 0);
        assert_int_equal(hl__store_wait(s, n, 10000), 0);
    }
    hl_store_info info = HL_STORE_INFO_INIT;
    hl__store_get(s, &info);
    hl_test_ok(info.wal_bytes > 0 && info.wal_bytes < 10 << 20, "log of %lld bytes", (long long)info.wal_bytes);
    assert_true(info.free_bytes > 0);
    hl__store_close(s);
}

static void a_failed_write_is_tried_again(void **state)
{
    (void)state;
    const char *path = new_path();
    hl_test_disk_begin();
    hl__store *s = hl_test_store(path, NULL);
    uint64_t n = 0;
    for (int round = 1; round <= 12; round++) {
        atomic_store(&hl_test_the_disk.fail_write, round);
        while (atomic_load(&hl_test_the_disk.fail_write) > 0) {
            hl_test_append(s, ++n);
            assert_int_equal(hl__store_wait(s, n, 10000), 0);
        }
        assert_int_equal(hl__store_state(s), HL_STORE_OK);
    }
    hl_seq bad = 0;
    assert_int_equal(hl__store_verify(s, 1, &bad), 0);
    hl__store_close(s);
    hl_test_disk_end();
    assert_int_equal(ask(path, "SELECT count(*) FROM ev"), (int64_t)n);
}

static void a_failed_sync_moves_the_store_to_a_copy(void **state)
{
    (void)state;
    const char *path = new_path();
    hl_test_disk_begin();
    hl__store *s = hl_test_store(path, NULL);
    uint64_t n = 0;
    struct stat before, after;
    hl__scan all = { .table = HL__TABLE_IDEM };
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 5; i++) hl_test_append(s, ++n);
        assert_int_equal(hl__store_wait(s, n, 10000), 0);
        assert_int_equal(hl_test_count(s, &all), n); /* a reader has the file open */
        assert_int_equal(stat(path, &before), 0);
        atomic_store(&hl_test_the_disk.fail_sync, 1);
        hl_test_append(s, ++n);
        assert_int_equal(hl__store_wait(s, n, 10000), 0);
        assert_int_equal(stat(path, &after), 0);
        assert_true(before.st_ino != after.st_ino);
        assert_int_equal(hl__store_state(s), HL_STORE_OK);
    }
    hl_seq bad = 0;
    assert_int_equal(hl__store_verify(s, 1, &bad), 0);
    assert_int_equal(hl_test_count(s, &all), n);
    hl__store_close(s);
    hl_test_disk_end();
    assert_int_equal(ask(path, "SELECT count(*) FROM ev"), (int64_t)n);
}

static void a_second_failed_sync_breaks_the_store(void **state)
{
    (void)state;
    const char *path = new_path();
    hl_test_disk_begin();
    hl__store *s = hl_test_store(path, NULL);
    hl_test_append(s, 1);
    assert_int_equal(hl__store_wait(s, 1, 10000), 0);
    for (uint64_t n = 2; n < 200 && hl__store_state(s) != HL_STORE_BROKEN; n++) {
        atomic_store(&hl_test_the_disk.fail_sync, 1);
        hl__batch *b = hl_test_batch(n, 1);
        if (hl__store_append(s, b) < 0) {
            hl__batch_free(b);
            break;
        }
        (void)poll(NULL, 0, 1); /* so that the next one comes while the copy is being made, some time */
        atomic_store(&hl_test_the_disk.fail_sync, 1);
        if (hl__store_wait(s, n, 10000) < 0) break;
    }
    uint64_t told = hl__store_durable(s);
    hl__store_close(s);
    hl_test_disk_end();
    assert_true(ask(path, "SELECT number FROM shard") >= (int64_t)told);
}

static void a_crash_during_the_rescue_is_finished_at_open(void **state)
{
    (void)state;
    const char *path = new_path();
    char copy[700];
    hl__store *s = hl_test_store(path, NULL);
    for (uint64_t n = 1; n <= 7; n++) hl_test_append(s, n);
    hl__store_close(s);
    snprintf(copy, sizeof copy, "%s-rescue", path);
    char sql[800];
    snprintf(sql, sizeof sql, "VACUUM INTO '%s'", copy);
    tell(path, sql);
    tell(path, "DELETE FROM ev; UPDATE shard SET number=0, seq=0"); /* what must not be read any more */
    s = hl_test_store(path, NULL);
    hl__mark mark;
    hl__store_mark(s, &mark);
    assert_int_equal(mark.number, 7);
    assert_int_equal(access(copy, F_OK), -1);
    hl__store_close(s);
}

static void a_full_disk_uses_up_the_reserve_and_goes_on(void **state)
{
    (void)state;
    const char *path = new_path();
    char ballast[700];
    struct stat is;
    snprintf(ballast, sizeof ballast, "%s-ballast", path);
    hl_test_disk_begin();
    hl__store *s = NULL;
    hl__store_conf conf = { .mem = &hl_test_mem, .url = path, .ballast_mib = 1 };
    assert_int_equal(hl__store_open(&conf, NULL, &s), 0);
    assert_int_equal(stat(ballast, &is), 0);
    assert_int_equal(is.st_size, 1 << 20);
    hl_test_append(s, 1);
    assert_int_equal(hl__store_wait(s, 1, 10000), 0);
    atomic_store(&hl_test_the_disk.full_after, 0);
    hl_test_append(s, 2);
    for (int i = 0; i < 1000 && atomic_load(&hl_test_the_disk.refused) < 2; i++) (void)poll(NULL, 0, 5);
    assert_int_equal(hl__store_state(s), HL_STORE_FULL);
    assert_int_equal(hl__store_durable(s), 1);
    assert_int_equal(stat(ballast, &is), -1);
    atomic_store(&hl_test_the_disk.full_after, -1);
    assert_int_equal(hl__store_wait(s, 2, 10000), 0);
    for (int i = 0; i < 1000 && hl__store_state(s) == HL_STORE_FULL; i++) (void)poll(NULL, 0, 5);
    assert_int_equal(hl__store_state(s), HL_STORE_OK);
    assert_int_equal(stat(ballast, &is), 0);
    hl__store_close(s);
    hl_test_disk_end();
}

/* A real file system of 24 MiB, where one may be mounted. */
static void a_small_file_system_fills_and_recovers(void **state)
{
    (void)state;
    char folder[600], path[700], filler[700];
    snprintf(folder, sizeof folder, "%s", hl_test_temp());
    if (mount("none", folder, "tmpfs", 0, "size=24m") < 0) skip();
    snprintf(path, sizeof path, "%s/a.db", folder);
    snprintf(filler, sizeof filler, "%s/filler", folder);
    hl__store *s = NULL;
    hl__store_conf conf = { .mem = &hl_test_mem, .url = path, .ballast_mib = 4 };
    assert_int_equal(hl__store_open(&conf, NULL, &s), 0);
    uint64_t n = 0;
    for (; n < 10; ) hl_test_append(s, ++n);
    assert_int_equal(hl__store_wait(s, n, 10000), 0);
    assert_int_equal(hl__store_state(s), HL_STORE_OK);
    FILE *f = fopen(filler, "w");
    char block[4096] = { 1 };
    while (fwrite(block, sizeof block, 1, f) == 1) continue;
    fclose(f);
    while (n < 5000 && hl__store_state(s) == HL_STORE_OK) {
        hl_test_append(s, ++n);
        assert_int_equal(hl__store_wait(s, n, 10000), 0); /* the reserve carries it */
    }
    assert_int_equal(hl__store_state(s), HL_STORE_FULL);
    assert_int_equal(unlink(filler), 0);
    for (int i = 0; i < 1000 && hl__store_state(s) == HL_STORE_FULL; i++) (void)poll(NULL, 0, 5);
    assert_int_equal(hl__store_state(s), HL_STORE_OK);
    hl_test_append(s, ++n);
    assert_int_equal(hl__store_wait(s, n, 10000), 0);
    hl__store_close(s);
    assert_int_equal(ask(path, "SELECT count(*) FROM ev"), (int64_t)n);
    assert_int_equal(umount(folder), 0);
}

/* The child tells each number when it is safe; the parent kills it in the midst of it. */
static void write_until_killed(const char *path, int out)
{
    hl__store *s = hl_test_store(path, NULL);
    hl__mark mark;
    hl__store_mark(s, &mark);
    uint64_t told = mark.number, n = mark.number;
    struct pollfd p = { hl__store_fd(s), POLLIN, 0 };
    for (;;) {
        while (n < told + 40) hl_test_append(s, ++n);
        (void)poll(&p, 1, -1);
        hl__store_seen(s);
        told = hl__store_durable(s);
        if (write(out, &told, sizeof told) != sizeof told) _exit(1);
    }
}

static void kill_once(const char *path, hl__rand *chance)
{
    int fd[2];
    assert_int_equal(pipe(fd), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(fd[0]);
        write_until_killed(path, fd[1]);
    }
    close(fd[1]);
    uint64_t told = 0, number;
    uint32_t reads = 1 + hl__rand_below(chance, 30);
    for (uint32_t i = 0; i < reads && read(fd[0], &number, sizeof number) == sizeof number; i++) told = number;
    usleep(hl__rand_below(chance, 2000));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    while (read(fd[0], &number, sizeof number) == sizeof number) told = number;
    close(fd[0]);
    hl__store *s = hl_test_store(path, NULL);
    hl__mark mark;
    hl__store_mark(s, &mark);
    hl_test_ok(mark.number >= told, "told %llu, kept %llu", (unsigned long long)told, (unsigned long long)mark.number);
    hl_seq bad = 0;
    assert_int_equal(hl__store_verify(s, mark.seq > 200 ? mark.seq - 200 : 1, &bad), 0);
    hl__store_close(s);
    assert_int_equal(ask(path, "SELECT count(*) = max(seq) AND max(seq) = (SELECT number FROM shard) AND "
                               "(SELECT count(*) FROM idem) = count(*) FROM ev"), 1);
}

static void nothing_told_is_lost_by_kill_9(void **state)
{
    (void)state;
    const char *rounds = getenv("HL_TEST_ROUNDS");
    const char *path = new_path();
    hl__rand chance;
    hl__rand_init(&chance, (int64_t)hl_test_seed(), 7, 0);
    for (int i = rounds != NULL ? (int)strtol(rounds, NULL, 10) : 8; i > 0; i--) kill_once(path, &chance);
    assert_int_equal(ask(path, "SELECT count(*) FROM pragma_quick_check WHERE quick_check<>'ok'"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(the_file_is_the_owners_alone),
        HL_TEST(another_writer_fences_this_one),
        HL_TEST(a_folder_that_is_not_there_is_named),
        HL_TEST(a_newer_schema_is_refused),
        HL_TEST(a_strangers_file_is_refused),
        HL_TEST(an_older_schema_is_copied_and_brought_up),
        HL_TEST(a_failing_step_changes_nothing),
        HL_TEST(a_missing_column_or_table_is_added),
        HL_TEST(ranges_are_read_through_their_index),
        HL_TEST(a_backup_is_a_store_of_its_own),
        HL_TEST(the_log_is_checkpointed_by_the_writer),
        HL_TEST(a_failed_write_is_tried_again),
        HL_TEST(a_failed_sync_moves_the_store_to_a_copy),
        HL_TEST(a_second_failed_sync_breaks_the_store),
        HL_TEST(a_crash_during_the_rescue_is_finished_at_open),
        HL_TEST(a_full_disk_uses_up_the_reserve_and_goes_on),
        HL_TEST(a_small_file_system_fills_and_recovers),
        HL_TEST(nothing_told_is_lost_by_kill_9),
    };
    return HL_TEST_MAIN(tests);
}
