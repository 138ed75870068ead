/* writer.c - the one thread that writes: takes all that waits, commits it at once, tells the number that is safe.
 *
 *   take the ring -> commit -+-> durable number, eventfd, waiters -> checkpoint if the log is long
 *                            +-> no space: FULL, give the reserve away, try again
 *                            +-> input or output failed: LOST, try again
 *                            +-> a sync failed: never again on this file; go on in a copy, once
 *                            +-> not ours: FENCED      a row that cannot be: BROKEN */
#include "store/front.h"
#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { SPACE_MS = 1000, PAUSE_MS = 100, PATIENCE = 30 };

hl_time hl__store_ticks(const hl__store *s)
{
    return s->conf.ticks == NULL ? 0 : s->conf.ticks(s->conf.ctx);
}

/* An eventfd takes a write unless 2^64 - 2 of them are unread. */
void hl__store_signal(int fd)
{
    uint64_t one = 1;
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR) continue;
}

static void pause_ms(int ms)
{
    (void)poll(NULL, 0, ms); /* an early end only means an early try */
}

static void set_state(hl__store *s, int state)
{
    int was = atomic_exchange(&s->state, state);
    if (was != state) hl__store_signal(s->out_fd);
}

static void wake_waiters(hl__store *s)
{
    uint64_t durable = atomic_load(&s->durable);
    bool is_over = atomic_load(&s->state) >= HL_STORE_FENCED;
    for (hl__waiter *w = s->waiters; w != NULL; w = w->next) {
        if (is_over || w->number <= durable) hl__store_signal(w->fd);
    }
}

/* Moves what waits into the group. Called with the mutex held. */
static void take_group(hl__store *s)
{
    size_t bytes = 0;
    s->group_since = s->ring[s->head].since;
    while (s->count > 0 && s->grouped < HL__GROUP_BATCHES && bytes < HL__GROUP_BYTES) {
        hl__batch *b = s->ring[s->head].batch;
        s->group[s->grouped++] = b;
        bytes += hl__batch_bytes(b);
        s->head = (s->head + 1) % s->room;
        s->count--;
    }
    s->bytes -= bytes < s->bytes ? bytes : s->bytes;
}

/* Sleeps until there is something to write: 1; 0: the store is being closed and nothing waits. */
static int collect(hl__store *s)
{
    pthread_mutex_lock(&s->mutex);
    while (s->count == 0 && !s->is_stopping) {
        s->is_asleep = true;
        pthread_mutex_unlock(&s->mutex);
        struct pollfd p = { s->wake_fd, POLLIN, 0 };
        bool is_full = atomic_load(&s->state) == HL_STORE_FULL;
        uint64_t calls;
        if (poll(&p, 1, is_full ? SPACE_MS : -1) > 0) (void)!read(s->wake_fd, &calls, sizeof calls);
        else if (is_full && s->ops->space(s->be, 0)) set_state(s, HL_STORE_OK);
        pthread_mutex_lock(&s->mutex);
        s->is_asleep = false;
    }
    int found = s->count > 0;
    if (found) take_group(s);
    pthread_mutex_unlock(&s->mutex);
    return found;
}

static bool is_closing(hl__store *s)
{
    pthread_mutex_lock(&s->mutex);
    bool closing = s->is_stopping;
    pthread_mutex_unlock(&s->mutex);
    return closing;
}

/* Readers hold the old file: all of them come home before there is another one. */
static void close_readers(hl__store *s)
{
    pthread_mutex_lock(&s->mutex);
    s->is_closed_to_readers = true;
    for (uint32_t i = 0; i < s->readers; i++) {
        while (s->leases[i].is_out) pthread_cond_wait(&s->returned, &s->mutex);
        if (s->leases[i].reader != NULL) s->ops->reader_close(s->leases[i].reader);
        s->leases[i].reader = NULL;
    }
    pthread_mutex_unlock(&s->mutex);
}

static void open_readers(hl__store *s)
{
    pthread_mutex_lock(&s->mutex);
    s->is_closed_to_readers = false;
    pthread_cond_broadcast(&s->returned);
    pthread_mutex_unlock(&s->mutex);
}

static int rescue(hl__store *s, hl__err *err)
{
    hl__log(&s->log, HL_LOG_ERROR, "store: %s: going on in a copy", err->words);
    close_readers(s);
    int r = s->ops->rescue(s->be, err);
    open_readers(s);
    return r;
}

/* What to do after a failed commit: 1: try again, 0: give up, the state says why. */
static int after_failure(hl__store *s, int failure, hl__err *err, int *rescued)
{
    switch (failure) {
    case HL_ELIMIT:
        set_state(s, HL_STORE_FULL);
        if (s->ops->space(s->be, 1)) return 1;
        pause_ms(2 * PAUSE_MS);
        return 1;
    case HL_EIO:
    case HL_ENOMEM:
        set_state(s, HL_STORE_LOST);
        pause_ms(PAUSE_MS);
        return 1;
    case HL_EFENCED:
        set_state(s, HL_STORE_FENCED);
        return 0;
    case HL_ESTORE:
        if ((*rescued)++ == 0 && rescue(s, err) == 0) return 1;
        break;
    default:
        break;
    }
    set_state(s, HL_STORE_BROKEN);
    return 0;
}

static int persist(hl__store *s)
{
    int rescued = 0;
    int shown = 0;
    for (int tries = 0;; tries++) {
        hl__err err = { 0 };
        int r = s->ops->commit(s->be, s->group, s->grouped, &err);
        if (r == 0) return 0;
        if (r != shown) hl__log(&s->log, HL_LOG_ERROR, "store: %s", err.words);
        shown = r;
        if (!after_failure(s, r, &err, &rescued)) return r;
        if (tries >= PATIENCE && is_closing(s)) return r;
    }
}

static void note_commit(hl__store *s, hl_time began)
{
    hl_time took = hl__store_ticks(s) - began;
    uint32_t n = atomic_fetch_add(&s->commits_seen, 1);
    atomic_store(&s->commits[n % HL__COMMITS_KEPT], took > INT32_MAX ? INT32_MAX : (int32_t)took);
    int64_t wal = 0, space = 0;
    s->ops->figures(s->be, &wal, &space);
    atomic_store(&s->wal_bytes, wal);
    atomic_store(&s->free_bytes, space);
}

/* The group is on disk: its number may be told. */
static void publish(hl__store *s)
{
    const hl__mark *mark = hl__batch_mark(s->group[s->grouped - 1]);
    if (atomic_load(&s->state) == HL_STORE_LOST) set_state(s, HL_STORE_OK);
    atomic_store(&s->durable_seq, mark->seq);
    pthread_mutex_lock(&s->mutex);
    atomic_store(&s->durable, mark->number);
    atomic_store(&s->oldest, s->count > 0 ? s->ring[s->head].since : 0);
    wake_waiters(s);
    pthread_mutex_unlock(&s->mutex);
    hl__store_signal(s->out_fd);
}

static void drop_group(hl__store *s)
{
    for (uint32_t i = 0; i < s->grouped; i++) hl__batch_free(s->group[i]);
    s->grouped = 0;
}

static void write_group(hl__store *s)
{
    hl_time began = hl__store_ticks(s);
    if (atomic_load(&s->state) < HL_STORE_FENCED && persist(s) == 0) {
        note_commit(s, began);
        publish(s);
    }
    drop_group(s);
    if (atomic_load(&s->state) >= HL_STORE_FENCED) {
        pthread_mutex_lock(&s->mutex);
        wake_waiters(s);
        pthread_mutex_unlock(&s->mutex);
    }
}

static void tidy(hl__store *s)
{
    if (atomic_load(&s->state) >= HL_STORE_FENCED) return;
    pthread_mutex_lock(&s->mutex);
    bool nothing_waits = s->count == 0;
    pthread_mutex_unlock(&s->mutex);
    hl__err err = { 0, "a checkpoint's sync failed" };
    if (s->ops->idle(s->be, nothing_waits) == HL_ESTORE && rescue(s, &err) < 0) set_state(s, HL_STORE_BROKEN);
}

void *hl__writer(void *store)
{
    hl__store *s = store;
    while (collect(s)) {
        write_group(s);
        tidy(s);
    }
    return NULL;
}
