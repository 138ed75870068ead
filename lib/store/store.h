/* store.h - what the hotline asks of a store: one way in, a number that tells what is safe, keyed reads.
 *
 * One front (queue, writer thread, readers), many backends. Calls marked [c] never block: the control thread uses no
 * others. The rest is for workers and the application's threads, never under the engine's lock. */
#ifndef HL_STORE_H
#define HL_STORE_H
#include "base/batch.h"
#include "engine/driver.h"
#include <hotline/report.h>

typedef struct hl__store hl__store;
typedef struct hl__disk hl__disk;
typedef struct hl__store_conf { /* 0 and NULL mean the default in brackets */
    hl__mem *mem;
    hl__logger *log;
    const char *url;             /* memory:, a path, sqlite:PATH?hl_cache=64&hl_readers=2&hl_ballast=64 */
    hl_time (*ticks)(void *ctx); /* steadily growing microseconds, from any thread [none: SLOW is never told] */
    void *ctx;                   /* for ticks */
    uint32_t queue;              /* batches that may wait [10000] */
    uint32_t readers;            /* read-only connections [2] */
    int32_t cache_mib, ballast_mib; /* [64], [64]; below 0: none */
    hl__disk *disk;              /* memory: what outlives the store [it keeps its own until closed] */
} hl__store_conf;

/* life. Open locks, migrates, takes the shard; HL_EFENCED: in use; HL_EVERSION: written by a newer library. */
int hl__store_open(const hl__store_conf *conf, hl__err *err, hl__store **out);
void hl__store_close(hl__store *s);                   /* writes what waits, then a checkpoint; takes NULL */
void hl__store_mark(hl__store *s, hl__mark *out);     /* [c] as it was opened; epoch is ours */
int hl__store_state(hl__store *s);                    /* [c] HL_STORE_* */
int hl__store_fd(hl__store *s);                       /* [c] readable: the durable number or the state has moved */
void hl__store_seen(hl__store *s);                    /* [c] not readable any more, until it moves again */
void hl__store_get(hl__store *s, hl_store_info *out); /* [c] all but size and seq */
/* The store as the engine sees it; scan through it is for outside the lock. */
void hl__store_link_to(hl__store *s, hl__store_link *out);

/* A store's file that may be another process's, only read. HL_ENOTSUP: not built in; HL_ESTORE. _close takes NULL. */
struct hl__peek;
int hl__store_peek(hl__mem *mem, const char *path, struct hl__peek **out);
int hl__store_peek_scan(void *peek, const hl__scan *q, const hl__visit *v);
void hl__store_peek_close(struct hl__peek *peek);

/* writing: the only way in. A batch's mark has the number after the last one's. */
int hl__store_append(hl__store *s, hl__batch *b);     /* [c] takes b; else b stays: HL_ELIMIT HL_EFENCED HL_ESTORE */
uint64_t hl__store_durable(hl__store *s);             /* [c] every batch up to this one is safe */
int hl__store_wait(hl__store *s, uint64_t number, int timeout_ms); /* -1: for ever; HL_ELIMIT: time over; HL_ESTORE */

/* reading */
int hl__store_scan(hl__store *s, const hl__scan *q, const hl__visit *v);
int hl__store_backup(hl__store *s, const char *path, hl__err *err);
int hl__store_verify(hl__store *s, hl_seq from, hl_seq *out); /* 1: out is the first event that is not as written */

/* The chain: hash = SHA-256(hash before, columns). row: EV's columns up to data. */
int hl__chain(hl__buf *scratch, const uint8_t before[32], uint64_t epoch, const hl__value *row, uint8_t out[32]);

/* What a memory: store writes to; hands a test the content after a crash. */
int hl__disk_new(hl__mem *mem, hl__disk **out);
void hl__disk_free(hl__disk *d);

/* A backend: no threads, no queue; every call may block. Words go to err, results are:
 * commit  HL_ELIMIT no space, HL_EIO try again, HL_ESTORE a sync failed: rescue, HL_EFENCED, HL_ECONFLICT a row that
 *         cannot be: a bug of ours
 * scan    what v->row() returned, if not 0 */
typedef struct hl__backend_ops {
    const char *scheme;
    int (*open)(const hl__store_conf *conf, const char *path, hl__err *err, void **out);
    void (*close)(void *be);
    int (*take)(void *be, hl__mark *out);             /* epoch + 1, on disk */
    int (*commit)(void *be, hl__batch *const *list, size_t n, hl__err *err); /* one transaction */
    int (*idle)(void *be, int nothing_waits);         /* checkpoint; HL_ESTORE as above */
    int (*rescue)(void *be, hl__err *err);            /* go on in a copy of what is surely safe */
    int (*space)(void *be, int need);                 /* 1: gave the reserve away, 0: is there enough again? 1: yes */
    void (*figures)(void *be, int64_t *wal_bytes, int64_t *free_bytes);
    int (*reader)(void *be, void **out);              /* read-only; used by one thread at a time */
    int (*scan)(void *reader, const hl__scan *q, const hl__visit *v);
    int (*backup)(void *reader, const char *path, hl__err *err);
    void (*reader_close)(void *reader);
} hl__backend_ops;
extern const hl__backend_ops hl__memory, hl__sqlite;
#endif
