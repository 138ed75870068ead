/* shim.c - a disk that fails when told to: SQLite's file system with a finger on write and sync. */
#include "store/shim.h"
#include <sqlite3.h>
#include <string.h>

hl_test_disk hl_test_the_disk;

struct file { sqlite3_file base; sqlite3_file *real; };
static sqlite3_vfs shim, *real_vfs;
static sqlite3_io_methods methods;

static sqlite3_file *real_of(sqlite3_file *f)
{
    return ((struct file *)f)->real;
}

static int counts_down(_Atomic int64_t *n)
{
    int64_t was = atomic_load(n);
    if (was > 0) atomic_store(n, was - 1);
    return was == 1;
}

static int shim_close(sqlite3_file *f)
{
    return real_of(f)->pMethods->xClose(real_of(f));
}

static int shim_read(sqlite3_file *f, void *out, int n, sqlite3_int64 at)
{
    return real_of(f)->pMethods->xRead(real_of(f), out, n, at);
}

static int shim_write(sqlite3_file *f, const void *data, int n, sqlite3_int64 at)
{
    hl_test_disk *d = &hl_test_the_disk;
    atomic_fetch_add(&d->writes, 1);
    if (counts_down(&d->fail_write)) return SQLITE_IOERR_WRITE;
    int64_t left = atomic_load(&d->full_after);
    if (left == 0) {
        atomic_fetch_add(&d->refused, 1);
        return SQLITE_FULL;
    }
    if (left > 0) atomic_store(&d->full_after, left - 1);
    return real_of(f)->pMethods->xWrite(real_of(f), data, n, at);
}

static int shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int shim_sync(sqlite3_file *f, int flags)
{
    atomic_fetch_add(&hl_test_the_disk.syncs, 1);
    if (counts_down(&hl_test_the_disk.fail_sync)) return SQLITE_IOERR_FSYNC;
    return real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int shim_size(sqlite3_file *f, sqlite3_int64 *out)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), out);
}

static int shim_lock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int shim_unlock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int shim_reserved(sqlite3_file *f, int *out)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int shim_control(sqlite3_file *f, int op, void *arg)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int shim_sector(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int shim_traits(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int shim_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}

static int shim_shm_lock(sqlite3_file *f, int from, int n, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), from, n, flags);
}

static void shim_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int shim_unmap(sqlite3_file *f, int remove)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    struct file *file = (struct file *)f;
    (void)vfs;
    file->real = (sqlite3_file *)(file + 1);
    int r = real_vfs->xOpen(real_vfs, name, file->real, flags, out);
    file->base.pMethods = r == SQLITE_OK ? &methods : NULL;
    return r;
}

void hl_test_disk_begin(void)
{
    if (real_vfs == NULL) real_vfs = sqlite3_vfs_find(NULL); /* a test that failed left ours in place */
    shim = *real_vfs;
    shim.zName = "hl_test_disk";
    shim.pNext = NULL;
    shim.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
    shim.xOpen = shim_open;
    methods = (sqlite3_io_methods) {
        .iVersion = 2, .xClose = shim_close, .xRead = shim_read, .xWrite = shim_write, .xTruncate = shim_truncate,
        .xSync = shim_sync, .xFileSize = shim_size, .xLock = shim_lock, .xUnlock = shim_unlock,
        .xCheckReservedLock = shim_reserved, .xFileControl = shim_control, .xSectorSize = shim_sector,
        .xDeviceCharacteristics = shim_traits, .xShmMap = shim_map, .xShmLock = shim_shm_lock,
        .xShmBarrier = shim_barrier, .xShmUnmap = shim_unmap,
    };
    memset(&hl_test_the_disk, 0, sizeof hl_test_the_disk);
    atomic_store(&hl_test_the_disk.full_after, -1);
    sqlite3_vfs_register(&shim, 1);
}

void hl_test_disk_end(void)
{
    sqlite3_vfs_unregister(&shim);
    sqlite3_vfs_register(real_vfs, 1);
}
