/* sqlite_rescue.c - after a failed sync nothing in the file can be trusted to reach the disk: go on in a copy.
 *
 * Copy to <file>-rescue.part, sync, check, rename to <file>-rescue: from here the copy is the store. Then the old log
 * goes, and the copy takes the file's name. A crash between is finished at the next open: whoever finds <file>-rescue
 * does the last two steps. A log without its file, or a file with another's log, never stands there alone. */
#include "store/sqlite.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST = 4096 };

static int beside(char *out, const char *path, const char *suffix)
{
    size_t len = strlen(path), more = strlen(suffix);
    if (len + more >= LONGEST) return HL_ELIMIT;
    memcpy(out, path, len);
    memcpy(out + len, suffix, more + 1);
    return 0;
}

static int remove_if_there(const char *path, const char *suffix)
{
    char name[LONGEST];
    if (beside(name, path, suffix) < 0) return HL_ELIMIT;
    return unlink(name) == 0 || errno == ENOENT ? 0 : HL_EIO;
}

int hl__sqlite_finish_rescue(const char *path)
{
    char copy[LONGEST];
    if (beside(copy, path, "-rescue") < 0) return HL_ELIMIT;
    if (access(copy, F_OK) < 0) return 0;
    int r = remove_if_there(path, "-wal");
    if (r == 0) r = remove_if_there(path, "-shm");
    if (r == 0 && rename(copy, path) < 0) r = HL_EIO;
    return r == 0 ? hl__sqlite_sync(path) : r;
}

static int make_copy(sqlite3 *db, const char *name)
{
    char *sql = sqlite3_mprintf("VACUUM INTO %Q", name);
    if (sql == NULL) return HL_ENOMEM;
    if (unlink(name) < 0 && errno != ENOENT) return HL_EIO;
    int r = hl__sqlite_exec(db, sql);
    sqlite3_free(sql);
    return r == 0 ? hl__sqlite_sync(name) : r;
}

/* The copy must be whole and must end where the last safe commit ended. */
static int check_copy(const char *name, const hl__mark *mark)
{
    sqlite3 *db = NULL;
    int64_t faults = 1, number = 0, epoch = 0;
    int r = hl__sqlite_open(name, SQLITE_OPEN_READONLY, 0, &db);
    if (r < 0) return r;
    r = hl__sqlite_number(db, "SELECT count(*) FROM pragma_quick_check WHERE quick_check<>'ok'", &faults);
    if (r > 0) r = hl__sqlite_number(db, "SELECT number FROM shard WHERE id=0", &number);
    if (r > 0) r = hl__sqlite_number(db, "SELECT epoch FROM shard WHERE id=0", &epoch);
    sqlite3_close(db);
    bool is_whole = r > 0 && faults == 0 && (uint64_t)number == mark->number && (uint64_t)epoch == mark->epoch;
    return is_whole ? 0 : HL_ESTORE;
}

int hl__sqlite_rescue(void *be, hl__err *err)
{
    hl__sqlite_file *f = be;
    char part[LONGEST], copy[LONGEST];
    int r = beside(part, f->path, "-rescue.part");
    if (r == 0) r = beside(copy, f->path, "-rescue");
    if (r == 0) r = make_copy(f->db, part);
    if (r == 0) r = check_copy(part, &f->mark);
    if (r < 0) return hl__fail(err, HL_ESTORE, "store: %s cannot be copied: %s", f->path, sqlite3_errmsg(f->db));
    if (rename(part, copy) < 0 || hl__sqlite_sync(copy) < 0)
        return hl__fail(err, HL_ESTORE, "store: the copy of %s cannot be kept", f->path);
    sqlite3_db_config(f->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    hl__sqlite_end(f);
    if (hl__sqlite_finish_rescue(f->path) < 0)
        return hl__fail(err, HL_ESTORE, "store: the copy of %s cannot take its place", f->path);
    r = hl__sqlite_open(f->path, SQLITE_OPEN_READWRITE, f->cache_mib, &f->db);
    if (r == 0) r = hl__sqlite_exec(f->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                                    "PRAGMA wal_autocheckpoint=0");
    if (r == 0) r = hl__sqlite_begin(f);
    return r == 0 ? 0 : hl__fail(err, HL_ESTORE, "store: the copy of %s cannot be opened", f->path);
}
