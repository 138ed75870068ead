/* sqlite_read.c - connections that only read: ranges of a table, and a copy of the whole file. */
#include "store/sqlite.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { MOST_COLUMNS = 40, READER_MIB = 8 };

struct reader { hl__mem *mem; sqlite3 *db; hl__buf sql; };

int hl__sqlite_reader(void *be, void **out)
{
    hl__sqlite_file *f = be;
    struct reader *r = hl__alloc(f->mem, sizeof *r);
    if (r == NULL) return HL_ENOMEM;
    r->mem = f->mem;
    hl__buf_init(&r->sql, f->mem);
    int failed = hl__sqlite_open(f->path, SQLITE_OPEN_READONLY, READER_MIB, &r->db);
    if (failed == 0) failed = hl__sqlite_exec(r->db, "PRAGMA query_only=ON; PRAGMA wal_autocheckpoint=0");
    if (failed < 0) {
        hl__sqlite_reader_close(r);
        return failed;
    }
    *out = r;
    return 0;
}

void hl__sqlite_reader_close(void *reader)
{
    struct reader *r = reader;
    sqlite3_close(r->db);
    hl__buf_free(&r->sql);
    hl__free(r->mem, r);
}

static hl__value column(sqlite3_stmt *stmt, int i)
{
    hl__value v = { HL__NULL, 0, { 0 } };
    switch (sqlite3_column_type(stmt, i)) {
    case SQLITE_INTEGER: v = (hl__value) { HL__INT, 8, { .i = sqlite3_column_int64(stmt, i) } }; break;
    case SQLITE_FLOAT: v = (hl__value) { HL__REAL, 8, { .r = sqlite3_column_double(stmt, i) } }; break;
    case SQLITE_TEXT:
        v = (hl__value) { HL__TEXT, 0, { .p = sqlite3_column_text(stmt, i) } };
        v.len = (uint32_t)sqlite3_column_bytes(stmt, i);
        break;
    case SQLITE_BLOB:
        v = (hl__value) { HL__BLOB, 0, { .p = sqlite3_column_blob(stmt, i) } };
        v.len = (uint32_t)sqlite3_column_bytes(stmt, i);
        break;
    default: break;
    }
    return v;
}

static int visit_rows(sqlite3 *db, sqlite3_stmt *stmt, int table, const hl__visit *v)
{
    hl__value row[MOST_COLUMNS];
    int n = sqlite3_column_count(stmt);
    int step, r = 0;
    while (r == 0 && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
        for (int i = 0; i < n && i < MOST_COLUMNS; i++) row[i] = column(stmt, i);
        r = v->row(v->ctx, table, row, (uint32_t)n);
    }
    if (r != 0 || step == SQLITE_DONE) return r;
    return hl__sqlite_result(db) == HL_ENOMEM ? HL_ENOMEM : HL_ESTORE;
}

static void bind_values(sqlite3_stmt *stmt, int from, const hl__value *v, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        int place = from + (int)i;
        if (v[i].type == HL__INT) sqlite3_bind_int64(stmt, place, v[i].u.i);
        else if (v[i].type == HL__TEXT) sqlite3_bind_text(stmt, place, v[i].u.p, (int)v[i].len, SQLITE_STATIC);
        else if (v[i].type == HL__BLOB) sqlite3_bind_blob(stmt, place, v[i].u.p, (int)v[i].len, SQLITE_STATIC);
    }
}

int hl__sqlite_scan(void *reader, const hl__scan *q, const hl__visit *v)
{
    struct reader *r = reader;
    hl__buf_clear(&r->sql);
    r->sql.failed = 0;
    int result = hl__sql_scan(&r->sql, q);
    if (result < 0) return result;
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(r->db, r->sql.data, -1, &stmt, NULL) != SQLITE_OK)
        return hl__sqlite_result(r->db) == HL_ENOMEM ? HL_ENOMEM : HL_ESTORE;
    bind_values(stmt, 1, q->from, q->nfrom);
    bind_values(stmt, 1 + (int)q->nfrom, q->to, q->nto);
    result = visit_rows(r->db, stmt, q->table, v);
    sqlite3_finalize(stmt);
    return result;
}

int hl__sqlite_backup(void *reader, const char *path, hl__err *err)
{
    struct reader *r = reader;
    if (access(path, F_OK) == 0) return hl__fail(err, HL_EEXIST, "backup: %s is there already", path);
    char *sql = sqlite3_mprintf("VACUUM INTO %Q", path);
    if (sql == NULL) return hl__fail(err, HL_ENOMEM, "backup: out of memory");
    (void)hl__sqlite_exec(r->db, "PRAGMA query_only=OFF"); /* the copy is written by this connection */
    int result = hl__sqlite_exec(r->db, sql);
    if (result < 0) {
        hl__fail(err, HL_ESTORE, "backup: %s: %s", path, sqlite3_errmsg(r->db));
        (void)unlink(path); /* half a copy is none */
    }
    (void)hl__sqlite_exec(r->db, "PRAGMA query_only=ON");
    sqlite3_free(sql);
    if (result < 0) return HL_ESTORE;
    result = hl__sqlite_sync(path);
    return result == 0 ? 0 : hl__fail(err, HL_ESTORE, "backup: %s cannot be made durable", path);
}
