/* front.h - the inside of a store: what its callers and its writer thread share. */
#ifndef HL_STORE_FRONT_H
#define HL_STORE_FRONT_H
#include "store/store.h"
#include <pthread.h>

enum { HL__GROUP_BATCHES = 4096, HL__GROUP_BYTES = 2 << 20, HL__QUEUE_BYTES = 16 << 20, HL__COMMITS_KEPT = 1024 };

typedef struct hl__queued { hl__batch *batch; hl_time since; } hl__queued;
typedef struct hl__waiter { uint64_t number; int fd; struct hl__waiter *next; } hl__waiter;
typedef struct hl__lease { void *reader; bool is_out; } hl__lease;

/* Lock order: only `mutex`; a backend is never called under it. The backend itself belongs to the writer thread from
 * the thread's start to its end. */
struct hl__store {
    hl__mem *mem;
    hl__logger log;
    hl__store_conf conf;
    const hl__backend_ops *ops;
    void *be;
    hl__mark first;
    pthread_mutex_t mutex;
    pthread_cond_t returned;      /* a reader came back */
    pthread_t thread;
    int wake_fd, out_fd;          /* to the writer; to the engine */
    bool is_asleep, is_stopping, is_closed_to_readers;
    hl__queued *ring;
    uint32_t room, head, count;
    size_t bytes;                 /* of what waits in the ring */
    hl__batch **group;            /* what is being written: the writer's */
    uint32_t grouped;
    hl_time group_since;
    hl__waiter *waiters;
    hl__lease *leases;
    uint32_t readers;
    _Atomic uint64_t appended, durable;
    _Atomic int64_t durable_seq;
    _Atomic int state;            /* what the writer knows: OK FULL LOST FENCED BROKEN */
    _Atomic int64_t oldest;       /* when the oldest batch that is not safe came, 0: there is none */
    _Atomic int64_t slow;         /* when the delay was last too long, 0: it is not */
    _Atomic int32_t commits[HL__COMMITS_KEPT]; /* microseconds each */
    _Atomic uint32_t commits_seen;
    _Atomic int64_t wal_bytes, free_bytes;
};

/* writer.c */
void *hl__writer(void *store);
hl_time hl__store_ticks(const hl__store *s);
void hl__store_signal(int fd);
#endif
