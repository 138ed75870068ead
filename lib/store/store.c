/* store.c - the front of a store: opening and closing, the queue to the writer, readers lent out, figures. */
#include "store/front.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { QUEUE = 10000, READERS = 2, CACHE_MIB = 64, BALLAST_MIB = 64 };
enum { SLOW_US = 200 * HL__US, QUICK_US = 50 * HL__US, LOST_US = HL__SECOND, SLOW_FOR_US = 5 * HL__SECOND };

static const hl__backend_ops *const backends[] = { &hl__sqlite, &hl__memory };

/* One key of "?hl_cache=64&hl_readers=2": the number behind the =. */
static int url_key(hl__store_conf *conf, const char *key, size_t len, hl__err *err)
{
    const char *eq = memchr(key, '=', len);
    int64_t n;
    if (eq == NULL || !hl__int_parse(eq + 1, len - (size_t)(eq + 1 - key), &n) || n < 0 || n > 1 << 20)
        return hl__fail(err, HL_EINVAL, "store: %.*s: a name, = and a number are wanted", (int)len, key);
    size_t name = (size_t)(eq - key);
    if (name == 8 && memcmp(key, "hl_cache", name) == 0) conf->cache_mib = n == 0 ? -1 : (int32_t)n;
    else if (name == 10 && memcmp(key, "hl_readers", name) == 0) conf->readers = (uint32_t)n;
    else if (name == 10 && memcmp(key, "hl_ballast", name) == 0) conf->ballast_mib = n == 0 ? -1 : (int32_t)n;
    else return hl__fail(err, HL_EINVAL, "store: no such key: %.*s (hl_cache hl_readers hl_ballast)", (int)name, key);
    return 0;
}

static int url_keys(hl__store_conf *conf, const char *keys, hl__err *err)
{
    while (*keys != 0) {
        size_t len = strcspn(keys, "&");
        int r = url_key(conf, keys, len, err);
        if (r < 0) return r;
        keys += len;
        if (*keys == '&') keys++;
    }
    return 0;
}

static size_t scheme_length(const char *url)
{
    size_t len = strspn(url, "abcdefghijklmnopqrstuvwxyz");
    return len > 0 && url[len] == ':' ? len : 0;
}

/* Finds the backend of a url and copies the path in it. A name without a scheme is a path as it stands. */
static int url_parse(hl__store_conf *conf, hl__err *err, const hl__backend_ops **ops, char **path)
{
    size_t scheme = scheme_length(conf->url);
    const char *rest = scheme > 0 ? conf->url + scheme + 1 : conf->url;
    size_t len = scheme > 0 ? strcspn(rest, "?") : strlen(rest);
    const hl__backend_ops *found = scheme == 0 ? &hl__sqlite : NULL;
    for (size_t i = 0; i < HL__COUNT(backends); i++) {
        const char *name = backends[i]->scheme;
        if (strlen(name) == scheme && memcmp(name, conf->url, scheme) == 0) found = backends[i];
    }
    if (found == NULL && strncmp(conf->url, "postgresql:", 11) == 0)
        return hl__fail(err, HL_ENOTSUP, "store: PostgreSQL is not built in");
    if (found == NULL) return hl__fail(err, HL_EINVAL, "store: no such scheme: %.*s", (int)scheme, conf->url);
    if (len == 0 && found == &hl__sqlite) return hl__fail(err, HL_EINVAL, "store: the file's name is empty");
    int r = rest[len] == '?' ? url_keys(conf, rest + len + 1, err) : 0;
    if (r < 0) return r;
    *path = hl__strndup(conf->mem, rest, len);
    if (*path == NULL) return hl__fail(err, HL_ENOMEM, "store: out of memory");
    *ops = found;
    return 0;
}

static void defaults(hl__store_conf *conf)
{
    if (conf->queue == 0) conf->queue = QUEUE;
    if (conf->readers == 0) conf->readers = READERS;
    if (conf->cache_mib == 0) conf->cache_mib = CACHE_MIB;
    if (conf->ballast_mib == 0) conf->ballast_mib = BALLAST_MIB;
    conf->url = NULL; /* the caller's */
}

static int make_room(hl__store *s)
{
    s->room = s->conf.queue;
    s->readers = s->conf.readers;
    s->ring = hl__alloc_array(s->mem, s->room, sizeof *s->ring);
    s->group = hl__alloc_array(s->mem, HL__GROUP_BATCHES, sizeof *s->group);
    s->leases = hl__alloc_array(s->mem, s->readers, sizeof *s->leases);
    return s->ring == NULL || s->group == NULL || s->leases == NULL ? HL_ENOMEM : 0;
}

/* The thread takes no signals: they are the application's. */
static int start_writer(hl__store *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(&s->thread, NULL, hl__writer, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r == 0 ? 0 : HL_ENOMEM;
}

static void release(hl__store *s)
{
    for (uint32_t i = 0; s->leases != NULL && i < s->readers; i++) {
        if (s->leases[i].reader != NULL) s->ops->reader_close(s->leases[i].reader);
    }
    if (s->be != NULL) s->ops->close(s->be);
    if (s->wake_fd >= 0) close(s->wake_fd);
    if (s->out_fd >= 0) close(s->out_fd);
    pthread_cond_destroy(&s->returned);
    pthread_mutex_destroy(&s->mutex);
    hl__free(s->mem, s->leases);
    hl__free(s->mem, s->group);
    hl__free(s->mem, s->ring);
    hl__free(s->mem, s);
}

static int open_backend(hl__store *s, const char *path, hl__err *err)
{
    int r = s->ops->open(&s->conf, path, err, &s->be);
    if (r < 0) return r;
    r = s->ops->take(s->be, &s->first);
    if (r < 0) return hl__fail(err, r, "store: %s: the owner's number cannot be written", path);
    atomic_store(&s->durable, s->first.number);
    atomic_store(&s->appended, s->first.number);
    atomic_store(&s->durable_seq, s->first.seq);
    atomic_store(&s->state, s->ops->space(s->be, 0) ? HL_STORE_OK : HL_STORE_FULL);
    s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->out_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->wake_fd < 0 || s->out_fd < 0) return hl__fail(err, HL_EIO, "store: no descriptor left");
    r = start_writer(s);
    return r == 0 ? 0 : hl__fail(err, r, "store: the writer thread cannot be started");
}

int hl__store_open(const hl__store_conf *conf, hl__err *err, hl__store **out)
{
    hl__store *s = hl__alloc(conf->mem, sizeof *s);
    if (s == NULL) return hl__fail(err, HL_ENOMEM, "store: out of memory");
    s->mem = conf->mem;
    s->conf = *conf;
    if (conf->log != NULL) s->log = *conf->log;
    s->conf.log = &s->log;
    s->wake_fd = s->out_fd = -1;
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->returned, NULL);
    char *path = NULL;
    int r = url_parse(&s->conf, err, &s->ops, &path);
    if (r < 0) goto out;
    defaults(&s->conf);
    r = make_room(s);
    if (r < 0) hl__fail(err, r, "store: out of memory");
    else r = open_backend(s, path, err);
out:
    hl__free(conf->mem, path);
    if (r < 0) release(s);
    else *out = s;
    return r;
}

void hl__store_close(hl__store *s)
{
    if (s == NULL) return;
    pthread_mutex_lock(&s->mutex);
    s->is_stopping = true;
    pthread_mutex_unlock(&s->mutex);
    hl__store_signal(s->wake_fd);
    pthread_join(s->thread, NULL);
    release(s);
}

void hl__store_mark(hl__store *s, hl__mark *out)
{
    *out = s->first;
}

int hl__store_fd(hl__store *s)
{
    return s->out_fd;
}

void hl__store_seen(hl__store *s)
{
    uint64_t moves;
    (void)!read(s->out_fd, &moves, sizeof moves); /* nothing to read is as good */
}

/* SLOW begins above 200 ms and ends when 5 s have passed below 50 ms. */
int hl__store_state(hl__store *s)
{
    int state = atomic_load(&s->state);
    hl_time oldest = atomic_load(&s->oldest);
    hl_time now = state == HL_STORE_OK ? hl__store_ticks(s) : 0;
    if (now == 0) return state;
    hl_time age = oldest == 0 ? 0 : now - oldest;
    hl_time slow = atomic_load(&s->slow);
    if (age > LOST_US) state = HL_STORE_LOST;
    if (age > SLOW_US || (slow != 0 && age > QUICK_US)) slow = now;
    else if (slow != 0 && now - slow > SLOW_FOR_US) slow = 0;
    atomic_store(&s->slow, slow);
    return state == HL_STORE_OK && slow != 0 ? HL_STORE_SLOW : state;
}

static int by_size(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static int64_t slowest_commit(hl__store *s)
{
    int32_t took[HL__COMMITS_KEPT];
    uint32_t n = atomic_load(&s->commits_seen);
    if (n > HL__COMMITS_KEPT) n = HL__COMMITS_KEPT;
    for (uint32_t i = 0; i < n; i++) took[i] = atomic_load(&s->commits[i]);
    qsort(took, n, sizeof *took, by_size);
    return n == 0 ? 0 : took[(n * 99 + 99) / 100 - 1];
}

void hl__store_get(hl__store *s, hl_store_info *out)
{
    out->state = hl__store_state(s);
    out->durable = atomic_load(&s->durable_seq);
    out->epoch = (int64_t)s->first.epoch;
    out->backlog = (int64_t)(atomic_load(&s->appended) - atomic_load(&s->durable));
    out->commit_us = slowest_commit(s);
    out->wal_bytes = atomic_load(&s->wal_bytes);
    out->free_bytes = atomic_load(&s->free_bytes);
}

int hl__store_append(hl__store *s, hl__batch *b)
{
    int state = atomic_load(&s->state);
    if (state == HL_STORE_FENCED) return HL_EFENCED;
    if (state == HL_STORE_BROKEN) return HL_ESTORE;
    size_t bytes = hl__batch_bytes(b);
    int r = 0;
    pthread_mutex_lock(&s->mutex);
    bool is_asleep = s->is_asleep;
    if (s->count == s->room || (s->count > 0 && s->bytes + bytes > HL__QUEUE_BYTES)) {
        r = HL_ELIMIT;
    } else {
        hl_time now = hl__store_ticks(s);
        s->ring[(s->head + s->count) % s->room] = (hl__queued) { b, now };
        s->count++;
        s->bytes += bytes;
        if (atomic_load(&s->oldest) == 0) atomic_store(&s->oldest, now);
        atomic_store(&s->appended, hl__batch_mark(b)->number);
        s->is_asleep = false;
    }
    pthread_mutex_unlock(&s->mutex);
    if (r == 0 && is_asleep) hl__store_signal(s->wake_fd);
    return r;
}

uint64_t hl__store_durable(hl__store *s)
{
    return atomic_load(&s->durable);
}

static void waiter_remove(hl__store *s, hl__waiter *w)
{
    hl__waiter **at = &s->waiters;
    while (*at != w) at = &(*at)->next;
    *at = w->next;
}

int hl__store_wait(hl__store *s, uint64_t number, int timeout_ms)
{
    hl__waiter w = { number, eventfd(0, EFD_CLOEXEC), NULL };
    if (w.fd < 0) return HL_EIO;
    pthread_mutex_lock(&s->mutex);
    bool is_settled = atomic_load(&s->durable) >= number || atomic_load(&s->state) >= HL_STORE_FENCED;
    w.next = s->waiters;
    s->waiters = &w;
    pthread_mutex_unlock(&s->mutex);
    struct pollfd p = { w.fd, POLLIN, 0 };
    if (!is_settled) (void)poll(&p, 1, timeout_ms); /* what came of it is looked up below */
    pthread_mutex_lock(&s->mutex);
    waiter_remove(s, &w);
    pthread_mutex_unlock(&s->mutex);
    close(w.fd);
    if (atomic_load(&s->durable) >= number) return 0;
    return atomic_load(&s->state) >= HL_STORE_FENCED ? HL_ESTORE : HL_ELIMIT;
}

/* A reader to work with; it is opened when it is first wanted. */
static hl__lease *borrow(hl__store *s)
{
    hl__lease *free = NULL;
    pthread_mutex_lock(&s->mutex);
    for (;;) {
        for (uint32_t i = 0; i < s->readers && free == NULL; i++) {
            if (!s->leases[i].is_out && !s->is_closed_to_readers) free = &s->leases[i];
        }
        if (free != NULL) break;
        pthread_cond_wait(&s->returned, &s->mutex);
    }
    free->is_out = true;
    pthread_mutex_unlock(&s->mutex);
    if (free->reader == NULL && s->ops->reader(s->be, &free->reader) < 0) free->reader = NULL;
    return free;
}

static void give_back(hl__store *s, hl__lease *lease)
{
    pthread_mutex_lock(&s->mutex);
    lease->is_out = false;
    pthread_cond_broadcast(&s->returned);
    pthread_mutex_unlock(&s->mutex);
}

int hl__store_scan(hl__store *s, const hl__scan *q, const hl__visit *v)
{
    hl__lease *lease = borrow(s);
    int r = lease->reader == NULL ? HL_ESTORE : s->ops->scan(lease->reader, q, v);
    give_back(s, lease);
    return r;
}

int hl__store_backup(hl__store *s, const char *path, hl__err *err)
{
    hl__lease *lease = borrow(s);
    int r = lease->reader == NULL ? hl__fail(err, HL_ESTORE, "store: cannot be read")
                                  : s->ops->backup(lease->reader, path, err);
    give_back(s, lease);
    return r;
}

static int link_append(void *d, hl__batch *b)
{
    return hl__store_append(d, b);
}

static uint64_t link_durable(void *d)
{
    return hl__store_durable(d);
}

static int link_state(void *d)
{
    return hl__store_state(d);
}

static int link_scan(void *d, const hl__scan *q, const hl__visit *v)
{
    return hl__store_scan(d, q, v);
}

static int link_wait(void *d, uint64_t number, int timeout_ms)
{
    return hl__store_wait(d, number, timeout_ms);
}

static int link_backup(void *d, const char *path, hl__err *err)
{
    return hl__store_backup(d, path, err);
}

static int link_verify(void *d, hl_seq from, hl_seq *out)
{
    return hl__store_verify(d, from, out);
}

static void link_figures(void *d, hl_store_info *out)
{
    hl__store_get(d, out);
}

void hl__store_link_to(hl__store *s, hl__store_link *out)
{
    *out = (hl__store_link) { s, link_append, link_durable, link_state, link_scan, link_wait, link_backup, link_verify,
                              link_figures };
}
