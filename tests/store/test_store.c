/* test_store.c - what every backend promises: SQLite and memory go through the same tests. */
#include "store/rows.h"
#include <poll.h>

/* One place to write to: a file in a new folder, or memory that outlives the store. */
struct place { char url[600]; hl__disk *disk; };

static void make_place(struct place *p, int is_memory)
{
    p->disk = NULL;
    if (!is_memory) snprintf(p->url, sizeof p->url, "sqlite:%s/a.db?hl_ballast=0", hl_test_temp());
    else snprintf(p->url, sizeof p->url, "memory:");
    if (is_memory) assert_int_equal(hl__disk_new(&hl_test_mem, &p->disk), 0);
}

static bool has_sqlite(const struct place *p)
{
    hl__store_conf conf = { .mem = &hl_test_mem, .url = p->url };
    hl__store *s = NULL;
    int r = hl__store_open(&conf, NULL, &s);
    hl__store_close(s);
    return r != HL_ENOTSUP;
}

static void on_both(void (*test)(struct place *p))
{
    for (int is_memory = 0; is_memory < 2; is_memory++) {
        struct place p;
        make_place(&p, is_memory);
        if (!is_memory && !has_sqlite(&p)) continue;
        if (!is_memory) make_place(&p, is_memory); /* a new one: this one has been opened */
        test(&p);
        hl__disk_free(p.disk);
    }
}

static void fill(hl__store *s, uint64_t from, uint64_t to)
{
    for (uint64_t n = from; n <= to; n++) hl_test_append(s, n);
    assert_int_equal(hl__store_wait(s, to, 10000), 0);
}

static void survives(struct place *p)
{
    hl__mark mark;
    hl__store *s = hl_test_store(p->url, p->disk);
    hl__store_mark(s, &mark);
    assert_int_equal(mark.number, 0);
    assert_int_equal(mark.epoch, 1);
    fill(s, 1, 300);
    assert_int_equal(hl__store_durable(s), 300);
    hl__store_close(s);
    s = hl_test_store(p->url, p->disk);
    hl__store_mark(s, &mark);
    assert_int_equal(mark.number, 300);
    assert_int_equal(mark.seq, 300);
    assert_int_equal(mark.ticks, 3000);
    assert_int_equal(mark.wall, 6000);
    assert_int_equal(mark.serial, 600);
    assert_int_equal(mark.epoch, 2);
    hl__scan all = { .table = HL__TABLE_IDEM };
    assert_int_equal(hl_test_count(s, &all), 300);
    fill(s, 301, 310);
    hl_seq bad = 0;
    assert_int_equal(hl__store_verify(s, 1, &bad), 0);
    assert_int_equal(hl__store_verify(s, 305, &bad), 0);
    hl__store_close(s);
}

static void what_was_told_is_there_after_reopening(void **state)
{
    (void)state;
    on_both(survives);
}

static void rewrites(struct place *p)
{
    hl__store *s = hl_test_store(p->url, p->disk);
    hl__batch *b = hl_test_batch(1, 0);
    hl_test_idem(b, HL__OP_ADD, "a", 1);
    hl_test_idem(b, HL__OP_PUT, "a", 2);
    hl_test_idem(b, HL__OP_PUT, "b", 3);
    hl_test_idem(b, HL__OP_ADD, "c", 4);
    hl_test_idem(b, HL__OP_DEL, "c", 0);
    hl_test_idem(b, HL__OP_DEL, "never", 0);
    assert_int_equal(hl__store_append(s, b), 0);
    assert_int_equal(hl__store_wait(s, 1, 10000), 0);
    hl__value from = hl_test_text("a");
    hl__scan q = { .table = HL__TABLE_IDEM };
    assert_int_equal(hl_test_count(s, &q), 2);
    q = (hl__scan) { .table = HL__TABLE_IDEM, .from = &from, .nfrom = 1 };
    assert_int_equal(hl_test_count(s, &q), 1);
    hl__store_close(s);
}

static void add_put_and_delete_happen_in_order(void **state)
{
    (void)state;
    on_both(rewrites);
}

struct seen { int64_t key[100]; int n; };

static int see(void *ctx, int table, const hl__value *row, uint32_t n)
{
    struct seen *s = ctx;
    assert_int_equal(n, hl__table_columns(table));
    s->key[s->n++] = row[0].u.i;
    return s->n == 100 ? 100 : 0;
}

static void check_scan(hl__store *s, const hl__scan *q, int want, int64_t first, int64_t last)
{
    struct seen seen = { .n = 0 };
    hl__visit v = { see, &seen };
    int r = hl__store_scan(s, q, &v);
    hl_test_ok(r == (want == 100 ? 100 : 0), "result %d", r);
    assert_int_equal(seen.n, want);
    if (want == 0) return;
    assert_int_equal(seen.key[0], first);
    assert_int_equal(seen.key[want - 1], last);
}

static void ranges(struct place *p)
{
    hl__store *s = hl_test_store(p->url, p->disk);
    fill(s, 1, 100);
    hl__value ten = hl_test_int(10), twenty = hl_test_int(20);
    hl_id ticket = HL__ID(3, HL_KIND_TICKET);
    hl__value start[] = { hl_test_int(ticket), hl_test_int(0) }, middle[] = { hl_test_int(ticket), hl_test_int(50) };
    hl__scan q = { HL__TABLE_EV, 0, &ten, &twenty, 1, 1, 0, 0 };
    check_scan(s, &q, 10, 11, 20);
    q = (hl__scan) { HL__TABLE_EV, 0, &twenty, &ten, 1, 1, 0, 1 };
    check_scan(s, &q, 10, 19, 10);
    q = (hl__scan) { HL__TABLE_EV, 0, &ten, NULL, 1, 0, 5, 0 };
    check_scan(s, &q, 5, 11, 15);
    q = (hl__scan) { HL__TABLE_EV, 0, NULL, NULL, 0, 0, 1, 1 };
    check_scan(s, &q, 1, 100, 100);
    q = (hl__scan) { HL__TABLE_EV, 1, start, start, 2, 1, 0, 0 };
    check_scan(s, &q, 20, 3, 98);
    q = (hl__scan) { HL__TABLE_EV, 1, middle, start, 2, 1, 0, 0 };
    check_scan(s, &q, 10, 53, 98);
    q = (hl__scan) { HL__TABLE_EV, 1, middle, start, 2, 2, 0, 1 };
    check_scan(s, &q, 10, 48, 3);
    q = (hl__scan) { HL__TABLE_EV, 1, NULL, NULL, 0, 0, 0, 0 };
    check_scan(s, &q, 80, 1, 99);
    q = (hl__scan) { HL__TABLE_EV, 0, NULL, NULL, 0, 0, 0, 0 };
    check_scan(s, &q, 100, 1, 100);
    hl__visit v = { see, NULL };
    q = (hl__scan) { .table = HL__TABLE_EV, .index = 77 };
    assert_int_equal(hl__store_scan(s, &q, &v), HL_EINVAL);
    q = (hl__scan) { .table = 999 };
    assert_int_equal(hl__store_scan(s, &q, &v), HL_EINVAL);
    hl__store_close(s);
}

static void scans_give_ranges_in_both_directions(void **state)
{
    (void)state;
    on_both(ranges);
}

static void a_key_added_twice_breaks_the_store(void **state)
{
    (void)state;
    struct place p; /* memory knows no unique keys: it replaces */
    make_place(&p, 0);
    if (!has_sqlite(&p)) skip();
    hl__store *s = hl_test_store(p.url, NULL);
    fill(s, 1, 3);
    hl__batch *b = hl_test_batch(4, 3);
    hl_test_idem(b, HL__OP_ADD, "k1", 1);
    assert_int_equal(hl__store_append(s, b), 0);
    assert_int_equal(hl__store_wait(s, 4, 10000), HL_ESTORE);
    assert_int_equal(hl__store_state(s), HL_STORE_BROKEN);
    b = hl_test_batch(5, 3);
    assert_int_equal(hl__store_append(s, b), HL_ESTORE);
    hl__batch_free(b);
    assert_int_equal(hl__store_durable(s), 3);
    hl__store_close(s);
}

static void short_rows(struct place *p)
{
    hl__store *s = hl_test_store(p->url, p->disk);
    hl__batch *b = hl_test_batch(1, 0);
    hl__value row[] = { hl_test_text("k") };
    assert_int_equal(hl__batch_row(b, HL__OP_PUT, HL__TABLE_IDEM, row, 1), 0);
    assert_int_equal(hl__store_append(s, b), 0);
    assert_int_equal(hl__store_wait(s, 1, 10000), HL_ESTORE);
    assert_int_equal(hl__store_state(s), HL_STORE_BROKEN);
    hl__store_close(s);
}

static void a_row_with_too_few_values_breaks_the_store(void **state)
{
    (void)state;
    on_both(short_rows);
}

static void tells(struct place *p)
{
    hl__store *s = hl_test_store(p->url, p->disk);
    struct pollfd fd = { hl__store_fd(s), POLLIN, 0 };
    assert_int_equal(poll(&fd, 1, 0), 0);
    hl_test_append(s, 1);
    assert_int_equal(poll(&fd, 1, 10000), 1);
    assert_int_equal(hl__store_durable(s), 1);
    hl__store_seen(s);
    assert_int_equal(poll(&fd, 1, 0), 0);
    hl_store_info info = HL_STORE_INFO_INIT;
    hl__store_get(s, &info);
    assert_int_equal(info.state, HL_STORE_OK);
    assert_int_equal(info.durable, 1);
    assert_int_equal(info.backlog, 0);
    assert_int_equal(info.epoch, 1);
    hl__store_close(s);
}

static void the_descriptor_is_readable_when_the_number_moved(void **state)
{
    (void)state;
    on_both(tells);
}

static void waits(struct place *p)
{
    hl__store *s = hl_test_store(p->url, p->disk);
    fill(s, 1, 1);
    assert_int_equal(hl__store_wait(s, 1, 0), 0);
    assert_int_equal(hl__store_wait(s, 2, 1), HL_ELIMIT);
    hl__store_link link;
    hl__store_link_to(s, &link);
    hl__batch *b = hl_test_batch(2, 1);
    assert_int_equal(link.append(link.d, b), 0);
    assert_int_equal(hl__store_wait(s, 2, 10000), 0);
    assert_int_equal(link.durable(link.d), 2);
    assert_int_equal(link.state(link.d), HL_STORE_OK);
    hl__store_close(s);
}

static void waiting_ends_with_the_number_or_the_time(void **state)
{
    (void)state;
    on_both(waits);
}

/* A clock that tests turn. */
static hl_time turned(void *ctx)
{
    return atomic_load((_Atomic int64_t *)ctx);
}

static void a_full_queue_is_an_answer(void **state)
{
    (void)state;
    hl__disk *disk = NULL;
    hl__store *s = NULL;
    assert_int_equal(hl__disk_new(&hl_test_mem, &disk), 0);
    hl__store_conf conf = { .mem = &hl_test_mem, .url = "memory:", .disk = disk, .queue = 4 };
    assert_int_equal(hl__store_open(&conf, NULL, &s), 0);
    int refused = 0;
    uint64_t n = 0;
    while (n < 20000 && refused < 3) {
        hl__batch *b = hl_test_batch(n + 1, 0);
        if (hl__store_append(s, b) == HL_ELIMIT) {
            hl__batch_free(b);
            refused++;
        } else n++;
    }
    assert_int_equal(hl__store_wait(s, n, 10000), 0);
    assert_int_equal(hl__store_durable(s), n);
    hl__store_close(s);
    hl__disk_free(disk);
}

struct stall { hl__store *s; _Atomic int64_t *now; };

/* A scan of memory holds the rows, so nothing can be written while this runs. */
static int stall_row(void *ctx, int table, const hl__value *row, uint32_t n)
{
    struct stall *st = ctx;
    (void)table, (void)row, (void)n;
    hl_test_append(st->s, 2);
    assert_int_equal(hl__store_state(st->s), HL_STORE_OK);
    *st->now += 201 * HL__US;
    assert_int_equal(hl__store_state(st->s), HL_STORE_SLOW);
    *st->now += 800 * HL__US;
    assert_int_equal(hl__store_state(st->s), HL_STORE_LOST);
    return 7;
}

static void the_state_is_slow_until_five_seconds_after_a_delay(void **state)
{
    (void)state;
    hl__disk *disk = NULL;
    hl__store *s = NULL;
    _Atomic int64_t now = 1000;
    assert_int_equal(hl__disk_new(&hl_test_mem, &disk), 0);
    hl__store_conf conf = { .mem = &hl_test_mem, .url = "memory:", .disk = disk, .ticks = turned, .ctx = &now };
    assert_int_equal(hl__store_open(&conf, NULL, &s), 0);
    fill(s, 1, 1);
    struct stall st = { s, &now };
    hl__visit v = { stall_row, &st };
    hl__scan q = { .table = HL__TABLE_EV };
    assert_int_equal(hl__store_scan(s, &q, &v), 7);
    assert_int_equal(hl__store_wait(s, 2, 10000), 0);
    assert_int_equal(hl__store_state(s), HL_STORE_SLOW);
    now += 5 * HL__SECOND;
    assert_int_equal(hl__store_state(s), HL_STORE_SLOW);
    now += 1;
    assert_int_equal(hl__store_state(s), HL_STORE_OK);
    hl_store_info info = HL_STORE_INFO_INIT;
    hl__store_get(s, &info);
    assert_int_equal(info.backlog, 0);
    hl__store_close(s);
    hl__disk_free(disk);
}

static void urls_are_refused_with_words(void **state)
{
    (void)state;
    static const struct { const char *url; int result; const char *words; } cases[] = {
        { "postgresql://host/db", HL_ENOTSUP, "PostgreSQL" },
        { "mysql:x", HL_EINVAL, "mysql" },
        { "sqlite:", HL_EINVAL, "empty" },
        { "sqlite:/tmp/x?hl_cash=3", HL_EINVAL, "hl_cash" },
        { "sqlite:/tmp/x?hl_cache", HL_EINVAL, "hl_cache" },
        { "sqlite:/tmp/x?hl_cache=many", HL_EINVAL, "hl_cache" },
    };
    for (size_t i = 0; i < HL__COUNT(cases); i++) {
        hl__store *s = NULL;
        hl__err err = { 0 };
        hl__store_conf conf = { .mem = &hl_test_mem, .url = cases[i].url };
        int r = hl__store_open(&conf, &err, &s);
        hl_test_ok(r == cases[i].result && s == NULL, "%s: %d", cases[i].url, r);
        hl_test_ok(strstr(err.words, cases[i].words) != NULL, "%s: %s", cases[i].url, err.words);
    }
}

static int open_and_close(void *ctx)
{
    const struct place *p = ctx;
    hl__store *s = NULL;
    hl__store_conf conf = { .mem = &hl_test_mem, .url = p->url, .disk = p->disk, .ballast_mib = -1 };
    int r = hl__store_open(&conf, NULL, &s);
    if (r == 0) hl__store_close(s);
    return r;
}

static void oom(struct place *p)
{
    assert_true(hl_test_oom(open_and_close, p) > 3);
}

static void opening_without_memory_leaves_nothing_behind(void **state)
{
    (void)state;
    on_both(oom);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(what_was_told_is_there_after_reopening),
        HL_TEST(add_put_and_delete_happen_in_order),
        HL_TEST(scans_give_ranges_in_both_directions),
        HL_TEST(a_key_added_twice_breaks_the_store),
        HL_TEST(a_row_with_too_few_values_breaks_the_store),
        HL_TEST(the_descriptor_is_readable_when_the_number_moved),
        HL_TEST(waiting_ends_with_the_number_or_the_time),
        HL_TEST(a_full_queue_is_an_answer),
        HL_TEST(the_state_is_slow_until_five_seconds_after_a_delay),
        HL_TEST(urls_are_refused_with_words),
        HL_TEST(opening_without_memory_leaves_nothing_behind),
    };
    return HL_TEST_MAIN(tests);
}
