/* sqlite_write.c - a group of batches as one transaction: the fence, events chained by their hashes, rows. */
#include "store/sqlite.h"
#include <string.h>

enum { CHECKPOINT = 4000, CHECKPOINT_IDLE = 1000, CHECKPOINT_AGAIN = 1000, TRUNCATE = (64 << 20) / HL__PAGE };

static int run(sqlite3 *db, sqlite3_stmt *stmt)
{
    int r = sqlite3_step(stmt);
    r = r == SQLITE_DONE || r == SQLITE_ROW ? 0 : hl__sqlite_result(db);
    sqlite3_reset(stmt);
    return r;
}

/* The batch outlives the transaction, so nothing is copied. */
static void bind_value(sqlite3_stmt *stmt, int place, const hl__value *v)
{
    switch (v->type) {
    case HL__INT: sqlite3_bind_int64(stmt, place, v->u.i); break;
    case HL__REAL: sqlite3_bind_double(stmt, place, v->u.r); break;
    case HL__TEXT: sqlite3_bind_text(stmt, place, v->u.p, (int)v->len, SQLITE_STATIC); break;
    case HL__BLOB: sqlite3_bind_blob(stmt, place, v->len > 0 ? v->u.p : "", (int)v->len, SQLITE_STATIC); break;
    default: sqlite3_bind_null(stmt, place); break;
    }
}

static int write_event(hl__sqlite_file *f, const hl__op *op)
{
    if (op->n != HL__EV_COLUMNS) return HL_ECONFLICT;
    uint8_t hash[32];
    int r = hl__chain(&f->scratch, f->chain, f->mark.epoch, op->v, hash);
    if (r < 0) return r;
    for (uint32_t i = 0; i < op->n; i++) bind_value(f->event, (int)i + 1, &op->v[i]);
    sqlite3_bind_int64(f->event, HL__EV_COLUMNS + 1, (int64_t)f->mark.epoch);
    sqlite3_bind_blob(f->event, HL__EV_COLUMNS + 2, hash, sizeof hash, SQLITE_STATIC);
    r = run(f->db, f->event);
    if (r == 0) memcpy(f->chain, hash, sizeof hash);
    return r;
}

static int statement(hl__sqlite_file *f, const hl__op *op, sqlite3_stmt **out)
{
    uint32_t want = op->kind == HL__OP_DEL ? hl__table_keys(op->table) : hl__table_columns(op->table);
    if (op->table >= HL__TABLE_END || want == 0 || op->n != want || op->table == HL__TABLE_EV) return HL_ECONFLICT;
    sqlite3_stmt **kept = &f->write[op->table][op->kind - HL__OP_ADD];
    if (*kept == NULL) {
        hl__buf_clear(&f->scratch);
        hl__sql_write(&f->scratch, op->table, op->kind);
        int r = f->scratch.failed ? HL_ENOMEM : hl__sqlite_prepare(f->db, f->scratch.data, kept);
        if (r < 0) return r;
    }
    *out = *kept;
    return 0;
}

static int write_row(hl__sqlite_file *f, const hl__op *op)
{
    sqlite3_stmt *stmt = NULL;
    int r = statement(f, op, &stmt);
    if (r < 0) return r;
    for (uint32_t i = 0; i < op->n; i++) bind_value(stmt, (int)i + 1, &op->v[i]);
    return run(f->db, stmt);
}

static int write_batch(hl__sqlite_file *f, const hl__batch *b)
{
    size_t at = 0;
    hl__op op;
    while (hl__batch_next(b, &at, &op)) {
        int r = op.kind == HL__OP_EVENT ? write_event(f, &op) : write_row(f, &op);
        if (r < 0) return r;
    }
    return 0;
}

/* Moves the mark, if it is where we left it and still ours. */
static int pass_fence(hl__sqlite_file *f, const hl__mark *to)
{
    const int64_t values[] = { (int64_t)to->number, to->seq, to->ticks, to->wall, to->serial,
                               (int64_t)f->mark.epoch, (int64_t)f->mark.number };
    for (size_t i = 0; i < HL__COUNT(values); i++) sqlite3_bind_int64(f->fence, (int)i + 1, values[i]);
    int r = run(f->db, f->fence);
    if (r < 0) return r;
    return sqlite3_changes(f->db) == 1 ? 0 : HL_EFENCED;
}

static int write_all(hl__sqlite_file *f, hl__batch *const *list, size_t n)
{
    int r = run(f->db, f->begin);
    if (r == 0) r = pass_fence(f, hl__batch_mark(list[n - 1]));
    for (size_t i = 0; i < n && r == 0; i++) r = write_batch(f, list[i]);
    return r == 0 ? run(f->db, f->commit) : r;
}

int hl__sqlite_commit(void *be, hl__batch *const *list, size_t n, hl__err *err)
{
    hl__sqlite_file *f = be;
    uint8_t chain[sizeof f->chain];
    memcpy(chain, f->chain, sizeof chain);
    int r = write_all(f, list, n);
    if (r == 0) {
        uint64_t epoch = f->mark.epoch;
        f->mark = *hl__batch_mark(list[n - 1]);
        f->mark.epoch = epoch;
        return 0;
    }
    hl__fail(err, r, "store: %s: %s", f->path, r == HL_EFENCED ? "another engine owns it" : sqlite3_errmsg(f->db));
    memcpy(f->chain, chain, sizeof chain);
    if (!sqlite3_get_autocommit(f->db)) (void)run(f->db, f->rollback); /* if that fails, the next BEGIN does */
    return r;
}

int hl__sqlite_take(void *be, hl__mark *out)
{
    hl__sqlite_file *f = be;
    int r = hl__sqlite_exec(f->db, "UPDATE shard SET epoch=epoch+1 WHERE id=0");
    if (r < 0) return r == HL_ENOMEM ? r : HL_ESTORE;
    f->mark.epoch++;
    *out = f->mark;
    return 0;
}

/* A checkpoint may sync the log and the file, and a failed sync is one wherever it happens. */
int hl__sqlite_idle(void *be, int nothing_waits)
{
    hl__sqlite_file *f = be;
    int pages = f->wal_pages;
    if (pages < f->wal_tried) f->wal_tried = 0; /* the log began anew */
    if (pages < (nothing_waits ? CHECKPOINT_IDLE : CHECKPOINT)) return 0;
    if (f->wal_tried > 0 && pages < f->wal_tried + CHECKPOINT_AGAIN) return 0;
    int mode = nothing_waits && pages > TRUNCATE ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    int r = sqlite3_wal_checkpoint_v2(f->db, NULL, mode, NULL, NULL);
    f->wal_tried = pages;
    if (r == SQLITE_OK && mode == SQLITE_CHECKPOINT_TRUNCATE) f->wal_pages = f->wal_tried = 0;
    return r != SQLITE_OK && hl__sqlite_result(f->db) == HL_ESTORE ? HL_ESTORE : 0;
}
