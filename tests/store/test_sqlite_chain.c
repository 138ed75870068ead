/* test_sqlite_chain.c - the hash over events: the vector, and a byte changed behind the store's back. */
#include "base/json.h"
#include "store/rows.h"
#include <sqlite3.h>

static const char *const columns[] = { "seq", "time", "type", "contact", "leg", "queue", "agent", "ticket", "ref",
                                       "code", "detail", "text", "data" };

static void row_of(const hl__json *j, hl__value row[HL__EV_COLUMNS])
{
    for (int i = 0; i < HL__EV_COLUMNS; i++) {
        const hl__json *v = hl__json_get(j, columns[i]);
        row[i] = i < 11 ? hl_test_int(hl__json_int(v)) : hl_test_text(hl__json_text(v));
    }
}

static void hashes_are_those_of_the_vector(void **state)
{
    (void)state;
    size_t len;
    char *text = hl_test_vector("store-chain.json", &len);
    hl__err err = { 0 };
    hl__json *doc = hl__json_read(text, len, &err);
    hl_test_ok(doc != NULL, "%s", err.words);
    const hl__json *rows = hl__json_get(doc, "rows");
    hl__buf scratch;
    hl__buf_init(&scratch, &hl_test_mem);
    uint8_t hash[32] = { 0 };
    assert_int_equal(hl__json_size(rows), 4);
    for (size_t i = 0; i < hl__json_size(rows); i++) {
        const hl__json *item = hl__json_at(rows, i), *j = hl__json_get(item, "row");
        hl__value row[HL__EV_COLUMNS];
        char hex[400], *bytes = hex;
        row_of(j, row);
        assert_int_equal(hl__chain(&scratch, hash, (uint64_t)hl__json_int(hl__json_get(j, "epoch")), row, hash), 0);
        assert_true(scratch.len * 2 < sizeof hex);
        hl__hex((const uint8_t *)scratch.data + 32, scratch.len - 32, bytes);
        assert_string_equal(bytes, hl__json_text(hl__json_get(item, "bytes")));
        hl__hex(hash, sizeof hash, hex);
        assert_string_equal(hex, hl__json_text(hl__json_get(item, "hash")));
    }
    hl__buf_free(&scratch);
    hl__json_free(doc);
}

static void alter(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    char *words = NULL;
    int r = sqlite3_exec(db, sql, NULL, NULL, &words);
    hl_test_ok(r == SQLITE_OK, "%s: %s", sql, words);
    sqlite3_close(db);
}

static void a_changed_event_is_found(void **state)
{
    (void)state;
    static const struct { const char *sql; hl_seq bad; } cases[] = {
        { "UPDATE ev SET code=1 WHERE seq=40", 40 },
        { "UPDATE ev SET text='k42' WHERE seq=41", 41 },
        { "UPDATE ev SET epoch=9 WHERE seq=2", 2 },
        { "DELETE FROM ev WHERE seq=17", 17 },
        { "UPDATE ev SET hash=zeroblob(32) WHERE seq=50", 50 },
        { "UPDATE ev SET hash=NULL WHERE seq=1", 1 },
    };
    for (size_t i = 0; i < HL__COUNT(cases); i++) {
        char path[600];
        snprintf(path, sizeof path, "%s/a.db", hl_test_temp());
        hl__store *s = hl_test_store(path, NULL);
        for (uint64_t n = 1; n <= 50; n++) hl_test_append(s, n);
        hl__store_close(s);
        alter(path, cases[i].sql);
        s = hl_test_store(path, NULL);
        hl_seq bad = 0;
        assert_int_equal(hl__store_verify(s, 0, &bad), 1);
        assert_int_equal(bad, cases[i].bad);
        hl__store_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(hashes_are_those_of_the_vector),
        HL_TEST(a_changed_event_is_found),
    };
    return HL_TEST_MAIN(tests);
}
