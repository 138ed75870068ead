/* power.c - a disk that loses what was not synced: each unsynced write is dropped, kept, or torn at 512 bytes.
 *
 * Below SQLite everything is written through; beside it an image of each file grows as a disk would surely have it,
 * with the writes since the last sync in a list. An outage copies the images and lets chance decide on each write. */
#include "store/power.h"
#include "hl_test.h"
#include "store/store.h"
#include <pthread.h>
#include <sqlite3.h>

enum { SECTOR = 512, FILES = 2 };

struct bytes { uint8_t *data; size_t len; };
struct piece { struct piece *next; int64_t at; int n; uint8_t data[]; }; /* n -1: cut at `at` */
struct image { struct bytes sure; struct piece *first, **last; };
struct outage { uint64_t told; struct bytes file[FILES]; };
struct file { sqlite3_file base; struct image *image; sqlite3_file *real; };

static const char *const suffixes[FILES] = { "", "-wal" };
static struct {
    pthread_mutex_t mutex;
    hl__rand chance;
    uint32_t every, left;
    int is_lying, outages;
    hl__store *store;
    struct image image[FILES];
    struct outage outage[HL_TEST_OUTAGES];
} disk = { .mutex = PTHREAD_MUTEX_INITIALIZER };
static sqlite3_vfs shim, *real_vfs;
static sqlite3_io_methods methods;

static void put(struct bytes *b, int64_t at, const uint8_t *data, size_t n)
{
    size_t end = (size_t)at + n;
    if (end > b->len) {
        b->data = realloc(b->data, end);
        memset(b->data + b->len, 0, end - b->len);
        b->len = end;
    }
    if (n > 0) memcpy(b->data + at, data, n);
}

static void apply(struct bytes *b, const struct piece *p)
{
    if (p->n >= 0) put(b, p->at, p->data, (size_t)p->n);
    else if ((size_t)p->at < b->len) b->len = (size_t)p->at;
}

/* Sector by sector, so that a torn write has some of each. */
static void apply_torn(struct bytes *b, const struct piece *p)
{
    for (int at = 0; at < p->n; at += SECTOR) {
        int n = p->n - at < SECTOR ? p->n - at : SECTOR;
        if (hl__rand_below(&disk.chance, 2) == 0) put(b, p->at + at, p->data + at, (size_t)n);
    }
}

static void fail_power(void)
{
    struct outage *o = &disk.outage[disk.outages++];
    o->told = disk.store != NULL ? hl__store_durable(disk.store) : 0;
    for (int i = 0; i < FILES; i++) {
        put(&o->file[i], 0, disk.image[i].sure.data, disk.image[i].sure.len);
        for (const struct piece *p = disk.image[i].first; p != NULL; p = p->next) {
            uint32_t fate = hl__rand_below(&disk.chance, 3);
            if (fate == 1) apply(&o->file[i], p);
            if (fate == 2) apply_torn(&o->file[i], p);
        }
    }
}

static void maybe_fail(void)
{
    if (disk.store == NULL || disk.outages == HL_TEST_OUTAGES || disk.left-- > 0) return;
    disk.left = hl__rand_below(&disk.chance, 2 * disk.every);
    fail_power();
}

static void add_piece(struct image *image, int64_t at, const void *data, int n)
{
    struct piece *p = malloc(sizeof *p + (n > 0 ? (size_t)n : 0));
    if (p == NULL) abort();
    *p = (struct piece) { NULL, at, n };
    if (n > 0) memcpy(p->data, data, (size_t)n);
    *image->last = p;
    image->last = &p->next;
}

static void settle(struct image *image, int keep)
{
    while (image->first != NULL) {
        struct piece *p = image->first;
        if (keep) apply(&image->sure, p);
        image->first = p->next;
        free(p);
    }
    image->last = &image->first;
}

static sqlite3_file *real_of(sqlite3_file *f)
{
    return ((struct file *)f)->real;
}

static int power_close(sqlite3_file *f)
{
    return real_of(f)->pMethods->xClose(real_of(f));
}

static int power_read(sqlite3_file *f, void *out, int n, sqlite3_int64 at)
{
    return real_of(f)->pMethods->xRead(real_of(f), out, n, at);
}

static int power_write(sqlite3_file *f, const void *data, int n, sqlite3_int64 at)
{
    struct image *image = ((struct file *)f)->image;
    pthread_mutex_lock(&disk.mutex);
    if (image != NULL) add_piece(image, at, data, n);
    maybe_fail();
    pthread_mutex_unlock(&disk.mutex);
    return real_of(f)->pMethods->xWrite(real_of(f), data, n, at);
}

static int power_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    struct image *image = ((struct file *)f)->image;
    pthread_mutex_lock(&disk.mutex);
    if (image != NULL) add_piece(image, size, NULL, -1);
    pthread_mutex_unlock(&disk.mutex);
    return real_of(f)->pMethods->xTruncate(real_of(f), size);
}

/* The power may fail before a sync and after it; a lie is the sync that keeps nothing. */
static int power_sync(sqlite3_file *f, int flags)
{
    struct image *image = ((struct file *)f)->image;
    pthread_mutex_lock(&disk.mutex);
    maybe_fail();
    if (image != NULL && !disk.is_lying) settle(image, 1);
    maybe_fail();
    pthread_mutex_unlock(&disk.mutex);
    return real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int power_size(sqlite3_file *f, sqlite3_int64 *out)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), out);
}

static int power_lock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int power_unlock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int power_reserved(sqlite3_file *f, int *out)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int power_control(sqlite3_file *f, int op, void *arg)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

/* Nothing is promised: neither whole sectors nor an order. */
static int power_sector(sqlite3_file *f)
{
    (void)f;
    return SECTOR;
}

static int power_traits(sqlite3_file *f)
{
    (void)f;
    return 0;
}

static int power_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}

static int power_shm_lock(sqlite3_file *f, int from, int n, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), from, n, flags);
}

static void power_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int power_unmap(sqlite3_file *f, int remove)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

static int power_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    struct file *file = (struct file *)f;
    (void)vfs;
    file->real = (sqlite3_file *)(file + 1);
    file->image = flags & SQLITE_OPEN_MAIN_DB ? &disk.image[0] : flags & SQLITE_OPEN_WAL ? &disk.image[1] : NULL;
    int r = real_vfs->xOpen(real_vfs, name, file->real, flags, out);
    file->base.pMethods = r == SQLITE_OK ? &methods : NULL;
    return r;
}

void hl_test_power_begin(int64_t seed, uint32_t every, int is_lying)
{
    hl__rand_init(&disk.chance, seed, 9, 0);
    disk.every = every;
    disk.left = every;
    disk.is_lying = is_lying;
    disk.outages = 0;
    for (int i = 0; i < FILES; i++) disk.image[i] = (struct image) { .last = &disk.image[i].first };
    if (real_vfs == NULL) real_vfs = sqlite3_vfs_find(NULL);
    shim = *real_vfs;
    shim.zName = "hl_test_power";
    shim.pNext = NULL;
    shim.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
    shim.xOpen = power_open;
    methods = (sqlite3_io_methods) {
        .iVersion = 2, .xClose = power_close, .xRead = power_read, .xWrite = power_write, .xTruncate = power_truncate,
        .xSync = power_sync, .xFileSize = power_size, .xLock = power_lock, .xUnlock = power_unlock,
        .xCheckReservedLock = power_reserved, .xFileControl = power_control, .xSectorSize = power_sector,
        .xDeviceCharacteristics = power_traits, .xShmMap = power_map, .xShmLock = power_shm_lock,
        .xShmBarrier = power_barrier, .xShmUnmap = power_unmap,
    };
    sqlite3_vfs_register(&shim, 1);
}

/* From here on what has been written counts as synced: the file exists. */
void hl_test_power_watch(hl__store *s)
{
    pthread_mutex_lock(&disk.mutex);
    for (int i = 0; i < FILES && !disk.is_lying; i++) settle(&disk.image[i], 1);
    disk.store = s;
    pthread_mutex_unlock(&disk.mutex);
}

void hl_test_power_end(void)
{
    disk.store = NULL;
    sqlite3_vfs_unregister(&shim);
    sqlite3_vfs_register(real_vfs, 1);
    for (int i = 0; i < FILES; i++) {
        settle(&disk.image[i], 0);
        free(disk.image[i].sure.data);
        disk.image[i].sure = (struct bytes) { NULL, 0 };
    }
}

int hl_test_power_outages(void)
{
    return disk.outages;
}

uint64_t hl_test_power_told(int outage)
{
    return disk.outage[outage].told;
}

void hl_test_power_write(int outage, const char *path)
{
    for (int i = 0; i < FILES; i++) {
        char name[800];
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        FILE *f = fopen(name, "w");
        if (f == NULL) abort();
        const struct bytes *b = &disk.outage[outage].file[i];
        if (b->len > 0 && fwrite(b->data, b->len, 1, f) != 1) abort();
        fclose(f);
    }
}

void hl_test_power_forget(void)
{
    for (int i = 0; i < disk.outages; i++) {
        for (int k = 0; k < FILES; k++) free(disk.outage[i].file[k].data);
        disk.outage[i] = (struct outage) { 0 };
    }
    disk.outages = 0;
}
