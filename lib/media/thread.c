/* thread.c - a media thread: sleeps in epoll, ticks each 5 ms while there is anybody, waits for no other thread. */
#include "media/media.h"
#include "io/io.h"
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define REQUESTS 4096
#define REPORTS 16384
#define TICK_NS 5000000
#define EVENTS 64
enum { WAKE = 1 << 16, TIMER }; /* above every port */

struct hl__thread {
    hl__thread_opt opt;
    hl__board *board;
    hl__ports *ports;
    hl__ring *requests, *reports;
    pthread_t thread;
    int epoll, wake, timer;
    _Atomic int stopping, ready;
    bool is_running, is_ticking, has_reports;
    hl_time now, second, busy;
    uint64_t lost;
};

static void on_send(void *ctx, const hl__packet *p)
{
    hl__ports_send(((hl__thread *)ctx)->ports, p);
}

static void on_report(void *ctx, hl__msg *r)
{
    hl__thread *t = ctx;
    if (hl__ring_put(t->reports, r) == 0) {
        t->has_reports = true;
        return;
    }
    hl__free(t->opt.board.mem, r->blob);
    if (t->lost++ % 1000 == 0)
        hl__log(t->opt.log, HL_LOG_ERROR, "media: the engine does not take reports, %llu are lost",
                (unsigned long long)t->lost);
}

static int on_bind(void *ctx, hl_id leg, uint16_t *port)
{
    (void)leg;
    return hl__ports_pair(((hl__thread *)ctx)->ports, port);
}

static void on_release(void *ctx, uint16_t port)
{
    hl__ports_release(((hl__thread *)ctx)->ports, port);
}

/* The address to name to somebody: an advertised one, else the one that faces them. */
static void on_settle(void *ctx, const hl__addr *far, hl__addr *ours)
{
    static const hl__addr world = { .ip = { 192, 0, 2, 1 }, .family = 4, .port = 9 }; /* only asks for the route */
    const hl__tuning *t = &((hl__thread *)ctx)->opt.board.tuning;
    for (uint32_t i = 0; i < t->addresses; i++) {
        if (far && far->family && far->family != t->address[i].family)
            continue;
        *ours = t->address[i];
        return;
    }
    if (far && far->family && hl__addr_toward(far, ours) == 0)
        return;
    if (hl__addr_toward(&world, ours) < 0)
        *ours = (hl__addr){ .ip = { 127, 0, 0, 1 }, .family = 4 };
}

static void set_ticking(hl__thread *t, bool on)
{
    struct itimerspec each = { { 0, TICK_NS }, { 0, TICK_NS } }, never = { 0 };
    if (on == t->is_ticking)
        return;
    t->is_ticking = on;
    (void)timerfd_settime(t->timer, 0, on ? &each : &never, NULL); /* only a bad argument fails */
}

static void drain(int fd)
{
    uint64_t n;
    (void)!read(fd, &n, sizeof(n)); /* empty: it was read before */
}

static void take_requests(hl__thread *t)
{
    hl__msg q;
    drain(t->wake);
    while (hl__ring_take(t->requests, &q) == 1) {
        if (q.kind == HL__Q_TUNE) {
            hl__board_tune(t->board, (const hl__tuning *)(const void *)q.blob->data);
            hl__free(t->opt.board.mem, q.blob);
            continue;
        }
        hl__board_request(t->board, t->now, &q);
    }
    if (atomic_exchange(&t->ready, 0))
        hl__board_ready(t->board, t->now);
}

static void on_datagram(void *ctx, hl__packet *p)
{
    hl__thread *t = ctx;
    hl__board_input(t->board, t->now, p);
}

/* How much of the last second was work. */
static void measure(hl__thread *t, hl_time end)
{
    t->busy += end - t->now;
    if (end - t->second < HL__SECOND)
        return;
    hl__board_load(t->board, (int)(t->busy * 1000 / (end - t->second)));
    t->second = end;
    t->busy = 0;
}

static void turn(hl__thread *t)
{
    struct epoll_event ev[EVENTS];
    int n = epoll_wait(t->epoll, ev, EVENTS, -1);
    bool is_tick = false;
    t->now = hl__loop_now(t->opt.loop);
    for (int i = 0; i < n; i++) {
        if (ev[i].data.u32 == WAKE)
            take_requests(t);
        else if (ev[i].data.u32 == TIMER)
            is_tick = true;
        else
            hl__ports_read(t->ports, ev[i].data.u32, t->now, on_datagram, t);
    }
    if (is_tick) {
        drain(t->timer);
        hl__board_tick(t->board, t->now);
    }
    set_ticking(t, !hl__board_idle(t->board));
    hl__ports_flush(t->ports);
    if (t->has_reports)
        hl__wake(t->opt.hl);
    t->has_reports = false;
    measure(t, hl__loop_now(t->opt.loop));
}

static void *run(void *arg)
{
    hl__thread *t = arg;
    while (!atomic_load(&t->stopping))
        turn(t);
    return NULL;
}

static int watch(hl__thread *t, int fd, uint32_t what)
{
    struct epoll_event ev = { .events = EPOLLIN, .data.u32 = what };
    return fd < 0 || epoll_ctl(t->epoll, EPOLL_CTL_ADD, fd, &ev) < 0 ? HL_EIO : 0;
}

static int make(hl__thread *t, hl__err *err)
{
    hl__mem *mem = t->opt.board.mem;
    int r = hl__ring_new(mem, REQUESTS, sizeof(hl__msg), &t->requests);
    if (r == 0)
        r = hl__ring_new(mem, REPORTS, sizeof(hl__msg), &t->reports);
    if (r == 0)
        r = watch(t, t->wake, WAKE);
    if (r == 0)
        r = watch(t, t->timer, TIMER);
    if (r == 0)
        r = hl__ports_new(mem, &t->opt.board.tuning, t->epoll, &t->ports);
    if (r == 0 && t->opt.board.json[HL__DTLS])
        r = hl__ports_fixed(t->ports, (uint16_t)(t->opt.board.tuning.rtc_port + t->opt.board.thread), err);
    if (r == 0)
        r = hl__board_new(&t->opt.board, err, &t->board);
    return r;
}

int hl__thread_new(const hl__thread_opt *opt, hl__err *err, hl__thread **out)
{
    sigset_t all, before;
    hl__thread *t = hl__alloc(opt->board.mem, sizeof(*t));
    if (!t)
        return HL_ENOMEM;
    t->opt = *opt;
    t->opt.board.up = (hl__board_up){ t, on_send, on_report, on_bind, on_release, on_settle };
    t->epoll = epoll_create1(EPOLL_CLOEXEC);
    t->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    t->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    int r = make(t, err);
    if (r < 0) {
        hl__thread_free(t);
        return r;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    t->is_running = pthread_create(&t->thread, NULL, run, t) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!t->is_running) {
        hl__thread_free(t);
        return HL_EIO;
    }
    *out = t;
    return 0;
}

int hl__thread_room(const hl__thread *t)
{
    return (int)hl__ring_room(t->requests);
}

static void wake(hl__thread *t)
{
    uint64_t one = 1;
    (void)!write(t->wake, &one, sizeof(one)); /* full: it is awake */
}

int hl__thread_post(hl__thread *t, const hl__msg *q)
{
    bool is_kept = q->kind == HL__Q_CLOSE || q->kind == HL__Q_STOP;
    if (!is_kept && hl__ring_room(t->requests) < REQUESTS / 8)
        return HL_ELIMIT;
    int r = hl__ring_put(t->requests, q);
    if (r == 0)
        wake(t);
    return r;
}

int hl__thread_take(hl__thread *t, hl__msg *out)
{
    return hl__ring_take(t->reports, out);
}

void hl__thread_ready(hl__thread *t)
{
    atomic_store(&t->ready, 1);
    wake(t);
}

void hl__thread_stop(hl__thread *t)
{
    if (!t->is_running)
        return;
    atomic_store(&t->stopping, 1);
    wake(t);
    (void)pthread_join(t->thread, NULL); /* it was made and is waited for once */
    t->is_running = false;
}

void hl__thread_free(hl__thread *t)
{
    if (!t)
        return;
    hl__mem *mem = t->opt.board.mem;
    hl__msg m;
    hl__thread_stop(t);
    hl__board_free(t->board);
    hl__ports_free(t->ports);
    while (t->requests && hl__ring_take(t->requests, &m) == 1)
        hl__free(mem, m.blob);
    while (t->reports && hl__ring_take(t->reports, &m) == 1)
        hl__free(mem, m.blob);
    hl__ring_free(mem, t->requests);
    hl__ring_free(mem, t->reports);
    const int fds[] = { t->epoll, t->wake, t->timer };
    for (size_t i = 0; i < HL__COUNT(fds); i++)
        if (fds[i] >= 0)
            (void)close(fds[i]); /* nothing is written to them */
    hl__free(mem, t);
}
