/* sqlite.h - the inside of the SQLite backend: what its files share. */
#ifndef HL_STORE_SQLITE_H
#define HL_STORE_SQLITE_H
#include "store/store.h"
#include <sqlite3.h>

enum { HL__SCHEMA = 1, HL__WRITES = 3, HL__PAGE = 4096 };

typedef struct hl__sqlite_file {
    hl__mem *mem;
    hl__logger log;
    char *path;
    sqlite3 *db;                 /* the one connection that writes and checkpoints */
    int lock_fd;
    int32_t cache_mib;
    int64_t ballast;             /* bytes kept in reserve, 0: none */
    hl__mark mark;               /* as the last commit left it */
    uint8_t chain[32];           /* hash of the last event */
    hl__buf scratch;
    sqlite3_stmt *begin, *commit, *rollback, *fence, *event;
    sqlite3_stmt *write[HL__TABLE_END][HL__WRITES]; /* add put del, made when first wanted */
    int wal_pages, wal_tried;    /* in the log now; when a checkpoint was last tried */
} hl__sqlite_file;

typedef struct hl__step { int number; const char *sql; } hl__step; /* of a migration; the last one has the schema */

/* sqlite_sql.c - the words of every statement, made from the list of tables. */
void hl__sql_create(hl__buf *b, int table);
void hl__sql_index(hl__buf *b, int table, int index);
void hl__sql_column(hl__buf *b, int table, uint32_t column); /* ALTER TABLE ... ADD COLUMN */
void hl__sql_write(hl__buf *b, int table, int op);           /* HL__OP_ADD, _PUT, _DEL; EV: all columns */
int hl__sql_scan(hl__buf *b, const hl__scan *q);             /* HL_EINVAL: no such table, index or column */
void hl__sql_table_name(hl__buf *b, int table);              /* in small letters and quotes */

/* sqlite.c */
int hl__sqlite_result(sqlite3 *db);                          /* of the last call, as HL_E* of a commit */
int hl__sqlite_open(const char *path, int flags, int32_t cache_mib, sqlite3 **out);
int hl__sqlite_exec(sqlite3 *db, const char *sql);
int hl__sqlite_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out);
int hl__sqlite_number(sqlite3 *db, const char *sql, int64_t *out); /* 1: a row, 0: none */
int hl__sqlite_begin(hl__sqlite_file *f);                    /* connect and prepare, after a migration */
void hl__sqlite_end(hl__sqlite_file *f);
int hl__sqlite_sync(const char *path);                       /* a file and its folder */

/* sqlite_migrate.c - 0; HL_EVERSION; a copy is made first if the file has an older schema. */
int hl__sqlite_migrate(sqlite3 *db, const char *path, const hl__step *steps, size_t n, hl__err *err);
extern const hl__step hl__steps[];
extern const size_t hl__steps_count;

/* sqlite_write.c */
int hl__sqlite_commit(void *be, hl__batch *const *list, size_t n, hl__err *err);
int hl__sqlite_take(void *be, hl__mark *out);
int hl__sqlite_idle(void *be, int nothing_waits);

/* sqlite_rescue.c */
int hl__sqlite_rescue(void *be, hl__err *err);
int hl__sqlite_finish_rescue(const char *path);              /* at open: what a crash cut short */

/* sqlite_read.c */
int hl__sqlite_reader(void *be, void **out);
int hl__sqlite_scan(void *reader, const hl__scan *q, const hl__visit *v);
int hl__sqlite_backup(void *reader, const char *path, hl__err *err);
void hl__sqlite_reader_close(void *reader);
#endif
