/* loop.c - the control thread: clock, drivers, engine, sleep. The only reader of a clock in the library. */
#include "io/loop.h"
#include <errno.h>
#include <libwebsockets.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define LONGEST_SLEEP HL__SECOND /* a wall clock that was put forward is noticed so late at most */

static hl_time clock_get(clockid_t id)
{
    struct timespec ts;
    (void)clock_gettime(id, &ts); /* cannot fail for these two */
    return (hl_time)ts.tv_sec * HL__SECOND + ts.tv_nsec / 1000;
}

hl_time hl__loop_now(hl__loop *l)
{
    (void)pthread_mutex_lock(&l->clock_lock);
    hl_time now = hl__clock_read(&l->clock, clock_get(CLOCK_BOOTTIME), clock_get(CLOCK_REALTIME));
    (void)pthread_mutex_unlock(&l->clock_lock);
    return now;
}

void hl__loop_wake(hl__loop *l)
{
    uint64_t one = 1;
    if (atomic_exchange(&l->woken, 1)) return;
    ssize_t n = write(l->wake, &one, sizeof one);
    (void)n; /* full: it is readable already */
}

static void woken(void *ctx, int fd, uint32_t what)
{
    hl__loop *l = ctx;
    uint64_t count;
    (void)what;
    atomic_store(&l->woken, 0);
    ssize_t n = read(fd, &count, sizeof count);
    (void)n; /* nothing there: somebody else's wake-up was taken with ours */
    hl__work_take(l);
}

static void timed(void *ctx, int fd, uint32_t what)
{
    uint64_t count;
    (void)ctx;
    (void)what;
    ssize_t n = read(fd, &count, sizeof count);
    (void)n; /* nothing there: it was set anew meanwhile */
}

static void timer_arm(hl__loop *l, int64_t us)
{
    if (us < 1) us = 1; /* 0 would switch it off */
    if (us > LONGEST_SLEEP) us = LONGEST_SLEEP;
    struct itimerspec t = { .it_value = { us / HL__SECOND, us % HL__SECOND * 1000 } };
    (void)timerfd_settime(l->timer, 0, &t, NULL); /* only a bad argument fails */
}

static hl_time earliest(hl__loop *l)
{
    hl_time due = hl__due(l->hl);
    for (int i = 0; i < l->drivers; i++) {
        const hl__driver *d = &l->driver[i];
        hl_time t = d->due && d->step ? d->due(d->d) : INT64_MAX;
        if (t < due) due = t;
    }
    return due;
}

static void drivers_step(hl__loop *l, hl_time now)
{
    for (int i = 0; i < l->drivers; i++) {
        const hl__driver *d = &l->driver[i];
        if (d->due && d->step && d->due(d->d) <= now) d->step(d->d, now);
    }
}

static void turn(hl__loop *l)
{
    hl_time now = hl__loop_now(l);
    drivers_step(l, now);
    hl__tick(l->hl, now);
    drivers_step(l, now); /* what the engine asked for may be done before the sleep instead of behind a wake-up */
    hl__udp_flush_all(l);
    hl_time due = earliest(l);
    timer_arm(l, due > now + LONGEST_SLEEP ? LONGEST_SLEEP : due - now);
    l->turns++;
    (void)lws_service(l->lws, 0); /* an error of one connection is that connection's */
}

static void *run(void *arg)
{
    hl__loop *l = arg;
    while (!atomic_load(&l->stopping)) turn(l);
    for (int i = l->drivers - 1; i >= 0; i--)
        if (l->driver[i].stop) l->driver[i].stop(l->driver[i].d);
    hl__work_stop(l);
    hl__tick(l->hl, hl__loop_now(l));
    hl__udp_flush_all(l);
    return NULL;
}

static int ground(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in, size_t len)
{
    (void)user;
    (void)in;
    (void)len;
    if (why == LWS_CALLBACK_RAW_RX_FILE) hl__watch_ready(lws_context_user(lws_get_context(wsi)));
    return 0;
}

static const struct lws_protocols protocols[] = {
    { .name = "hl-ground", .callback = ground },
    { .name = NULL },
};

/* The context must not leave its marks on the process: SIGPIPE keeps its handler, the log stays silent. */
static int context_make(hl__loop *l)
{
    struct sigaction pipe;
    struct lws_context_creation_info info = { .port = CONTEXT_PORT_NO_LISTEN, .count_threads = 1, .user = l,
        .protocols = protocols, .vhost_name = "hl-ground", .gid = (gid_t)-1, .uid = (uid_t)-1,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
            LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS };
    lws_set_log_level(0, NULL);
    (void)sigaction(SIGPIPE, NULL, &pipe);
    l->lws = lws_create_context(&info);
    (void)sigaction(SIGPIPE, &pipe, NULL);
    if (!l->lws) return HL_EIO;
    info.options = LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS; /* this vhost has no TLS, so it needs no state for it */
    struct lws_vhost *vh = lws_create_vhost(l->lws, &info);
    lws_sock_file_fd_type fd = { .filefd = l->epoll };
    if (!vh || !lws_adopt_descriptor_vhost(vh, LWS_ADOPT_RAW_FILE_DESC, fd, "hl-ground", NULL)) return HL_EIO;
    l->epoll_given = 1;
    return 0;
}

static int descriptors_make(hl__loop *l)
{
    int r;
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (l->epoll < 0 || l->wake < 0 || l->timer < 0) return HL_EIO;
    if ((r = hl__watch_new(l, l->wake, HL__READ, woken, l, &l->wake_watch)) < 0) return r;
    return hl__watch_new(l, l->timer, HL__READ, timed, l, &l->timer_watch);
}

int hl__loop_new(const hl__loop_options *opt, hl__loop **out)
{
    hl__loop *l = hl__alloc(opt->mem, sizeof *l);
    if (!l) return HL_ENOMEM;
    l->mem = opt->mem;
    l->log = opt->log;
    l->hl = opt->hl;
    l->epoll = l->wake = l->timer = -1;
    (void)pthread_mutex_init(&l->clock_lock, NULL); /* cannot fail on Linux */
    hl__clock_init(&l->clock, clock_get(CLOCK_BOOTTIME), clock_get(CLOCK_REALTIME), opt->pretend);
    int r = descriptors_make(l);
    if (r < 0 || (r = context_make(l)) < 0) {
        hl__loop_free(l);
        return r;
    }
    *out = l;
    return 0;
}

int hl__loop_driver(hl__loop *l, const hl__driver *d)
{
    if (l->drivers == HL__DRIVERS) return HL_ELIMIT;
    l->driver[l->drivers++] = *d;
    return 0;
}

int hl__loop_start(hl__loop *l)
{
    sigset_t all, before;
    if (l->started) return HL_ESTATE;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(&l->thread, NULL, run, l);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r != 0) return HL_EIO;
    l->started = 1;
    return 0;
}

void hl__loop_stop(hl__loop *l)
{
    if (!l->started) return;
    atomic_store(&l->stopping, 1);
    hl__loop_wake(l);
    (void)pthread_join(l->thread, NULL);
    l->started = 0;
}

/* lws may write to sockets while it closes them: SIGPIPE is not the application's affair. */
static void context_free(hl__loop *l)
{
    sigset_t pipe, before;
    (void)sigemptyset(&pipe);
    (void)sigaddset(&pipe, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe, &before);
    if (l->lws) lws_context_destroy(l->lws);
    struct timespec none = { 0, 0 };
    if (!sigismember(&before, SIGPIPE)) (void)sigtimedwait(&pipe, NULL, &none); /* takes one that is pending */
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void hl__loop_free(hl__loop *l)
{
    if (!l) return;
    hl__loop_stop(l);
    hl__work_stop(l);
    while (l->udp) hl__udp_close(l->udp);
    hl__watch_free(l->wake_watch);
    hl__watch_free(l->timer_watch);
    context_free(l);
    if (l->wake >= 0) (void)close(l->wake);   /* neither holds anything that could be lost */
    if (l->timer >= 0) (void)close(l->timer);
    if (l->epoll >= 0 && !l->epoll_given) (void)close(l->epoll);
    (void)pthread_mutex_destroy(&l->clock_lock);
    hl__free(l->mem, l->watch);
    hl__free(l->mem, l->in);
    hl__free(l->mem, l);
}

struct lws_context *hl__loop_lws(hl__loop *l)
{
    return l->lws;
}

hl__loop *hl__loop_of(struct lws_context *lws)
{
    return lws ? lws_context_user(lws) : NULL;
}

int64_t hl__loop_turns(const hl__loop *l)
{
    return l->turns;
}

void hl__sleep_until(int ms, struct timespec *out)
{
    clock_gettime(CLOCK_MONOTONIC, out);
    out->tv_sec += ms / 1000;
    out->tv_nsec += ms % 1000 * 1000000L;
    if (out->tv_nsec >= 1000000000L) {
        out->tv_nsec -= 1000000000L;
        out->tv_sec++;
    }
}
