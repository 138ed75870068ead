/* sqlite_migrate.c - brings a file to the present schema: numbered steps, then the tables and columns that are new.
 *
 * All of it is one transaction with its number. An older file is copied first, and two such copies are kept. */
#include "store/sqlite.h"
#include <string.h>
#include <unistd.h>

enum { APPLICATION = 0x686f746c, COPIES = 2 }; /* "hotl" */

const hl__step hl__steps[] = {
    { 1, "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
         "CREATE TABLE IF NOT EXISTS shard(id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, number INTEGER NOT NULL,"
         " seq INTEGER NOT NULL, ticks INTEGER NOT NULL, wall INTEGER NOT NULL, serial INTEGER NOT NULL) STRICT;"
         "INSERT OR IGNORE INTO shard VALUES(0,0,0,0,0,0,0)" },
};
const size_t hl__steps_count = HL__COUNT(hl__steps);

static const struct { int table, index; } indexes[] = {
#define X(name, index, columns) { HL__TABLE_##name, index },
    HL__INDEXES(X)
#undef X
};

static int run(sqlite3 *db, hl__buf *b)
{
    return b->failed ? HL_ENOMEM : hl__sqlite_exec(db, b->data);
}

static int has_column(sqlite3 *db, int table, const char *column)
{
    char sql[200];
    int64_t n;
    sqlite3_snprintf(sizeof sql, sql, "SELECT count(*) FROM pragma_table_info(lower(%Q)) WHERE name=%Q",
                     hl__table_name(table), column);
    int r = hl__sqlite_number(db, sql, &n);
    return r < 0 ? r : n > 0;
}

static int add_columns(sqlite3 *db, hl__buf *b, int table)
{
    char name[64];
    for (uint32_t i = 0; hl__table_column(table, i, name, sizeof name) != HL__NULL; i++) {
        int r = has_column(db, table, name);
        if (r < 0) return r;
        if (r == 1) continue;
        hl__buf_clear(b);
        hl__sql_column(b, table, i);
        r = run(db, b);
        if (r < 0) return r;
    }
    return 0;
}

static int add_tables(sqlite3 *db, hl__buf *b)
{
    int r = 0;
    for (int table = 1; table < HL__TABLE_END && r == 0; table++) {
        if (hl__table_name(table) == NULL) continue;
        hl__buf_clear(b);
        hl__sql_create(b, table);
        r = run(db, b);
        if (r == 0) r = add_columns(db, b, table);
    }
    for (size_t i = 0; i < HL__COUNT(indexes) && r == 0; i++) {
        hl__buf_clear(b);
        hl__sql_index(b, indexes[i].table, indexes[i].index);
        r = run(db, b);
    }
    return r;
}

/* 0: a new file. HL_EINVAL: somebody else's. */
static int present_schema(sqlite3 *db, int64_t *out)
{
    int64_t tables = 0, id = 0, known = 0;
    int r = hl__sqlite_number(db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (r >= 0) r = hl__sqlite_number(db, "PRAGMA application_id", &id);
    if (r < 0) return r;
    if (tables > 0 && id != APPLICATION) return HL_EINVAL;
    *out = 0;
    if (tables == 0) return 0;
    r = hl__sqlite_number(db, "SELECT count(*) FROM sqlite_schema WHERE name='meta'", &known);
    if (r >= 0 && known > 0) r = hl__sqlite_number(db, "SELECT value FROM meta WHERE name='schema'", out);
    return r < 0 ? r : 0;
}

/* <file>.schema-N, and no more than two of them. */
static int keep_copy(sqlite3 *db, const char *path, int64_t schema)
{
    char *name = sqlite3_mprintf("%s.schema-%lld", path, (long long)schema);
    char *oldest = sqlite3_mprintf("%s.schema-%lld", path, (long long)schema - COPIES);
    char *sql = sqlite3_mprintf("VACUUM INTO %Q", name);
    int r = name == NULL || oldest == NULL || sql == NULL ? HL_ENOMEM : 0;
    if (r == 0) {
        (void)unlink(name);   /* left by an attempt that did not end */
        (void)unlink(oldest); /* there may be none */
        r = hl__sqlite_exec(db, sql);
    }
    if (r == 0) r = hl__sqlite_sync(name);
    sqlite3_free(name);
    sqlite3_free(oldest);
    sqlite3_free(sql);
    return r;
}

static int apply(sqlite3 *db, hl__buf *b, const hl__step *steps, size_t n, int64_t schema)
{
    int r = hl__sqlite_exec(db, "BEGIN IMMEDIATE");
    for (size_t i = 0; i < n && r == 0; i++) {
        if (steps[i].number > schema) r = hl__sqlite_exec(db, steps[i].sql);
    }
    if (r == 0) r = add_tables(db, b);
    hl__buf_clear(b);
    hl__buf_fmt(b, "PRAGMA application_id=%d; INSERT INTO meta VALUES('schema',%d) ON CONFLICT(name) DO UPDATE SET "
                "value=excluded.value; COMMIT", APPLICATION, steps[n - 1].number);
    if (r == 0) r = run(db, b);
    if (r < 0 && !sqlite3_get_autocommit(db)) {
        int first = r; /* of the two failures the first one tells */
        (void)hl__sqlite_exec(db, "ROLLBACK");
        r = first;
    }
    return r;
}

int hl__sqlite_migrate(sqlite3 *db, const char *path, const hl__step *steps, size_t n, hl__err *err)
{
    int64_t schema = 0;
    int r = present_schema(db, &schema);
    if (r == HL_EINVAL) return hl__fail(err, HL_EINVAL, "store: %s is not a hotline's store", path);
    if (r < 0) return hl__fail(err, HL_ESTORE, "store: %s: %s", path, sqlite3_errmsg(db));
    if (schema > steps[n - 1].number)
        return hl__fail(err, HL_EVERSION, "store: %s has schema %lld, this library knows %d", path, (long long)schema,
                        steps[n - 1].number);
    if (schema > 0 && schema < steps[n - 1].number && (r = keep_copy(db, path, schema)) < 0)
        return hl__fail(err, HL_ESTORE, "store: %s cannot be copied before its schema changes", path);
    hl__mem mem = { 0 };
    hl__buf b;
    hl__buf_init(&b, &mem);
    r = apply(db, &b, steps, n, schema);
    hl__buf_free(&b);
    if (r == 0) return 0;
    return hl__fail(err, r == HL_ENOMEM ? r : HL_ESTORE, "store: %s: schema %d: %s", path, steps[n - 1].number,
                    sqlite3_errmsg(db));
}
