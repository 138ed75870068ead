/* sqlite.c - one SQLite file as a store: its lock, its connection, its reserve of space.
 *
 * The file is one process's: an OFD lock on <file>-lock keeps the others out, the epoch in the shard's row catches what
 * a lock does not (a copy, a file system without locks). Only the connection held here writes and checkpoints. */
#include "store/sqlite.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { SPARE = 8 << 20, BUSY_MS = 1000 };

static const int64_t far_away[] = { /* file systems on which a lock or an fsync means little */
    0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x5346414f, 0x00c36400,
};

static int io_result(sqlite3 *db, int code)
{
    int number = sqlite3_system_errno(db);
    if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) return HL_ESTORE;
    if (code == SQLITE_IOERR_NOMEM) return HL_ENOMEM;
    if (code == SQLITE_IOERR_SHMSIZE || number == ENOSPC || number == EDQUOT) return HL_ELIMIT;
    return HL_EIO;
}

int hl__sqlite_result(sqlite3 *db)
{
    int code = sqlite3_extended_errcode(db);
    switch (code & 255) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return 0;
    case SQLITE_FULL: return HL_ELIMIT;
    case SQLITE_NOMEM: return HL_ENOMEM;
    case SQLITE_IOERR: return io_result(db, code);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PROTOCOL: return HL_EIO;
    default: return HL_ECONFLICT;
    }
}

int hl__sqlite_exec(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : hl__sqlite_result(db);
}

int hl__sqlite_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out)
{
    int r = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return r == SQLITE_OK ? 0 : hl__sqlite_result(db);
}

int hl__sqlite_number(sqlite3 *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *stmt = NULL;
    int r = hl__sqlite_prepare(db, sql, &stmt);
    if (r < 0) return r;
    int step = sqlite3_step(stmt);
    if (step == SQLITE_ROW) *out = sqlite3_column_int64(stmt, 0);
    r = step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : hl__sqlite_result(db);
    sqlite3_finalize(stmt);
    return r;
}

int hl__sqlite_open(const char *path, int flags, int32_t cache_mib, sqlite3 **out)
{
    sqlite3 *db = NULL;
    int r = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (r == SQLITE_OK) {
        char sql[200];
        sqlite3_extended_result_codes(db, 1);
        sqlite3_busy_timeout(db, BUSY_MS);
        sqlite3_snprintf(sizeof sql, sql, "PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON;"
                         "PRAGMA trusted_schema=OFF; PRAGMA cache_size=-%d", cache_mib > 0 ? cache_mib * 1024 : 2048);
        r = sqlite3_exec(db, sql, NULL, NULL, NULL);
    }
    if (r != SQLITE_OK) {
        r = db == NULL ? HL_ENOMEM : hl__sqlite_result(db);
        sqlite3_close(db);
        return r;
    }
    *out = db;
    return 0;
}

int hl__sqlite_sync(const char *path)
{
    char folder[4096];
    size_t len = hl__copy(folder, sizeof folder, path);
    while (len > 0 && folder[len - 1] != '/') len--;
    folder[len] = 0;
    const char *const names[] = { path, len > 0 ? folder : "." };
    int r = 0;
    for (size_t i = 0; i < HL__COUNT(names) && r == 0; i++) {
        int fd = open(names[i], O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fsync(fd) < 0) r = HL_EIO;
        if (fd >= 0) close(fd);
    }
    return r;
}

/* Made by us first, so that nobody but the owner ever could read it; its companions inherit the mode. */
static int make_file(const char *path, hl__err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return hl__fail(err, HL_ESTORE, "store: %s: %s", path, strerror(errno));
    struct statfs where = { 0 };
    int r = fstatfs(fd, &where) < 0 ? HL_ESTORE : 0;
    close(fd);
    for (size_t i = 0; i < HL__COUNT(far_away); i++) {
        if ((int64_t)(uint32_t)where.f_type == far_away[i])
            return hl__fail(err, HL_EINVAL, "store: %s: on a network file system a lock and a sync mean little", path);
    }
    if (r == 0) r = hl__sqlite_sync(path);
    return r == 0 ? 0 : hl__fail(err, HL_ESTORE, "store: %s cannot be made durable", path);
}

static char *beside(hl__mem *mem, const char *path, const char *suffix)
{
    size_t len = strlen(path), more = strlen(suffix);
    char *name = hl__alloc(mem, len + more + 1);
    if (name == NULL) return NULL;
    memcpy(name, path, len);
    memcpy(name + len, suffix, more);
    return name;
}

static int lock_file(hl__sqlite_file *f, hl__err *err)
{
    char *name = beside(f->mem, f->path, "-lock");
    if (name == NULL) return hl__fail(err, HL_ENOMEM, "store: out of memory");
    f->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int why = errno;
    hl__free(f->mem, name);
    if (f->lock_fd < 0) return hl__fail(err, HL_ESTORE, "store: %s-lock: %s", f->path, strerror(why));
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    if (fcntl(f->lock_fd, F_OFD_SETLK, &lock) == 0) return 0;
    return hl__fail(err, HL_EFENCED, "store: %s is in use by another engine", f->path);
}

static int on_wal(void *ctx, sqlite3 *db, const char *name, int pages)
{
    hl__sqlite_file *f = ctx;
    (void)db, (void)name; /* there is one of each */
    f->wal_pages = pages;
    return SQLITE_OK;
}

static int prepare_all(hl__sqlite_file *f)
{
    static const char fence[] = "UPDATE shard SET number=?1,seq=?2,ticks=?3,wall=?4,serial=?5 "
                                "WHERE id=0 AND epoch=?6 AND number=?7";
    hl__buf_clear(&f->scratch);
    hl__sql_write(&f->scratch, HL__TABLE_EV, HL__OP_ADD);
    if (f->scratch.failed) return HL_ENOMEM;
    const struct { const char *sql; sqlite3_stmt **out; } list[] = {
        { "BEGIN IMMEDIATE", &f->begin }, { "COMMIT", &f->commit }, { "ROLLBACK", &f->rollback },
        { fence, &f->fence }, { f->scratch.data, &f->event },
    };
    int r = 0;
    for (size_t i = 0; i < HL__COUNT(list) && r == 0; i++) r = hl__sqlite_prepare(f->db, list[i].sql, list[i].out);
    return r;
}

static int load_mark(hl__sqlite_file *f)
{
    static const char sql[] = "SELECT epoch,number,seq,ticks,wall,serial FROM shard WHERE id=0";
    sqlite3_stmt *stmt = NULL;
    int r = hl__sqlite_prepare(f->db, sql, &stmt);
    if (r < 0) return r;
    if (sqlite3_step(stmt) == SQLITE_ROW) {
        f->mark = (hl__mark) {
            .epoch = (uint64_t)sqlite3_column_int64(stmt, 0), .number = (uint64_t)sqlite3_column_int64(stmt, 1),
            .seq = sqlite3_column_int64(stmt, 2), .ticks = sqlite3_column_int64(stmt, 3),
            .wall = sqlite3_column_int64(stmt, 4), .serial = sqlite3_column_int64(stmt, 5),
        };
    } else r = HL_ECONFLICT;
    sqlite3_finalize(stmt);
    return r;
}

static int load_chain(hl__sqlite_file *f)
{
    sqlite3_stmt *stmt = NULL;
    int r = hl__sqlite_prepare(f->db, "SELECT hash FROM ev ORDER BY seq DESC LIMIT 1", &stmt);
    if (r < 0) return r;
    memset(f->chain, 0, sizeof f->chain);
    if (sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_bytes(stmt, 0) == (int)sizeof f->chain)
        memcpy(f->chain, sqlite3_column_blob(stmt, 0), sizeof f->chain);
    sqlite3_finalize(stmt);
    return 0;
}

int hl__sqlite_begin(hl__sqlite_file *f)
{
    f->wal_pages = f->wal_tried = 0;
    sqlite3_wal_hook(f->db, on_wal, f);
    int r = prepare_all(f);
    if (r == 0) r = load_mark(f);
    return r == 0 ? load_chain(f) : r;
}

void hl__sqlite_end(hl__sqlite_file *f)
{
    sqlite3_stmt **const list[] = { &f->begin, &f->commit, &f->rollback, &f->fence, &f->event };
    for (size_t i = 0; i < HL__COUNT(list); i++) {
        sqlite3_finalize(*list[i]);
        *list[i] = NULL;
    }
    for (size_t i = 0; i < HL__TABLE_END * HL__WRITES; i++) {
        sqlite3_stmt **s = &f->write[i / HL__WRITES][i % HL__WRITES];
        sqlite3_finalize(*s);
        *s = NULL;
    }
    sqlite3_close(f->db);
    f->db = NULL;
}

/* The log must be a log, and every commit synced: both are asked for and both are looked at. */
static int set_modes(hl__sqlite_file *f, hl__err *err)
{
    sqlite3_stmt *stmt = NULL;
    int r = hl__sqlite_prepare(f->db, "PRAGMA journal_mode=WAL", &stmt);
    bool is_row = r == 0 && sqlite3_step(stmt) == SQLITE_ROW;
    if (r == 0 && (!is_row || sqlite3_stricmp((const char *)sqlite3_column_text(stmt, 0), "wal") != 0)) r = HL_ESTORE;
    sqlite3_finalize(stmt);
    if (r == 0) r = hl__sqlite_exec(f->db, "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0");
    return r == 0 ? 0 : hl__fail(err, HL_ESTORE, "store: %s: %s", f->path, sqlite3_errmsg(f->db));
}

static int start(hl__sqlite_file *f, hl__err *err)
{
    int r = make_file(f->path, err);
    if (r == 0) r = lock_file(f, err);
    if (r < 0) return r;
    if (hl__sqlite_finish_rescue(f->path) < 0)
        return hl__fail(err, HL_ESTORE, "store: %s-rescue cannot be put in its place", f->path);
    r = hl__sqlite_open(f->path, SQLITE_OPEN_READWRITE, f->cache_mib, &f->db);
    if (r < 0) return hl__fail(err, HL_ESTORE, "store: %s cannot be opened as a store", f->path);
    r = set_modes(f, err);
    if (r == 0) r = hl__sqlite_migrate(f->db, f->path, hl__steps, hl__steps_count, err);
    if (r < 0) return r;
    r = hl__sqlite_begin(f);
    return r == 0 ? 0 : hl__fail(err, r == HL_ENOMEM ? r : HL_ESTORE, "store: %s: %s", f->path, sqlite3_errmsg(f->db));
}

static void sqlite_close(void *be)
{
    hl__sqlite_file *f = be;
    if (f->db != NULL) (void)sqlite3_wal_checkpoint_v2(f->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    hl__sqlite_end(f);
    if (f->lock_fd >= 0) close(f->lock_fd);
    hl__buf_free(&f->scratch);
    hl__free(f->mem, f->path);
    hl__free(f->mem, f);
}

static int sqlite_open(const hl__store_conf *conf, const char *path, hl__err *err, void **out)
{
    hl__sqlite_file *f = hl__alloc(conf->mem, sizeof *f);
    if (f == NULL) return hl__fail(err, HL_ENOMEM, "store: out of memory");
    f->mem = conf->mem;
    f->log = *conf->log;
    f->lock_fd = -1;
    f->cache_mib = conf->cache_mib;
    f->ballast = conf->ballast_mib > 0 ? (int64_t)conf->ballast_mib << 20 : 0;
    hl__buf_init(&f->scratch, f->mem);
    f->path = hl__strdup(f->mem, path);
    int r = f->path == NULL ? hl__fail(err, HL_ENOMEM, "store: out of memory") : start(f, err);
    if (r < 0) sqlite_close(f);
    else *out = f;
    return r;
}

static int64_t free_space(const hl__sqlite_file *f)
{
    struct statvfs where;
    if (statvfs(f->path, &where) < 0) return 0;
    return (int64_t)where.f_bavail * (int64_t)where.f_frsize;
}

/* 1: the reserve stands, with something to spare beside it. A file system that cannot keep room for us has none. */
static int keep_reserve(hl__sqlite_file *f, const char *name)
{
    struct stat is;
    if (f->ballast == 0) return free_space(f) > SPARE;
    if (stat(name, &is) == 0 && is.st_size >= f->ballast) return 1;
    if (free_space(f) < f->ballast + SPARE) return 0;
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return 0;
    int done = fallocate(fd, 0, 0, f->ballast) == 0;
    int supported = done || (errno != EOPNOTSUPP && errno != ENOSYS);
    close(fd);
    if (!done) unlink(name);
    if (!supported) f->ballast = 0;
    return done || !supported;
}

static int sqlite_space(void *be, int need)
{
    hl__sqlite_file *f = be;
    char *name = beside(f->mem, f->path, "-ballast");
    if (name == NULL) return !need;
    int r = need ? unlink(name) == 0 : keep_reserve(f, name);
    hl__free(f->mem, name);
    return r;
}

static void sqlite_figures(void *be, int64_t *wal_bytes, int64_t *free_bytes)
{
    hl__sqlite_file *f = be;
    *wal_bytes = (int64_t)f->wal_pages * HL__PAGE;
    *free_bytes = free_space(f);
}

const hl__backend_ops hl__sqlite = {
    "sqlite", sqlite_open, sqlite_close, hl__sqlite_take, hl__sqlite_commit, hl__sqlite_idle, hl__sqlite_rescue,
    sqlite_space, sqlite_figures, hl__sqlite_reader, hl__sqlite_scan, hl__sqlite_backup, hl__sqlite_reader_close,
};
