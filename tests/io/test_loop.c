/* test_loop.c - the control thread with an engine of straw: wake-ups, dues, watches, jobs, the process left alone. */
#include "hl_test.h"
#include "io/io.h"
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

/* The engine of straw: counts ticks, is due when told. */
static _Atomic hl_time engine_due;
static _Atomic int ticks;
static sem_t ticked;
void hl__tick(hl_t *hl, hl_time now)
{
    (void)hl;
    if (engine_due <= now) engine_due = INT64_MAX;
    ticks++;
    (void)sem_post(&ticked);
}
hl_time hl__due(hl_t *hl)
{
    (void)hl;
    return engine_due;
}

static hl__loop *loop_new(hl_time pretend)
{
    hl__loop *l = NULL;
    hl__loop_options opt = { .mem = &hl_test_mem, .pretend = pretend };
    engine_due = INT64_MAX;
    ticks = 0;
    (void)sem_init(&ticked, 0, 0);
    assert_int_equal(hl__loop_new(&opt, &l), 0);
    return l;
}

static int wait_for(sem_t *sem)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 5;
    return sem_timedwait(sem, &until);
}

static void a_wake_up_from_another_thread_is_a_turn(void **state)
{
    (void)state;
    hl__loop *l = loop_new(0);
    assert_int_equal(hl__loop_start(l), 0);
    assert_int_equal(hl__loop_start(l), HL_ESTATE);
    assert_int_equal(wait_for(&ticked), 0);
    for (int i = 0; i < 100; i++) {
        while (sem_trywait(&ticked) == 0) {}
        hl__loop_wake(l);
        assert_int_equal(wait_for(&ticked), 0);
    }
    hl__loop_stop(l);
    hl__loop_stop(l);
    hl__loop_free(l);
}

static void an_idle_loop_sleeps(void **state)
{
    (void)state;
    hl__loop *l = loop_new(0);
    assert_int_equal(hl__loop_start(l), 0);
    (void)usleep(300 * 1000);
    assert_true(hl__loop_turns(l) < 20);
    hl__loop_free(l);
}

static void the_engine_is_ticked_when_it_is_due(void **state)
{
    (void)state;
    hl__loop *l = loop_new(0);
    hl_time start = hl__loop_now(l);
    engine_due = start + 50 * 1000;
    assert_int_equal(hl__loop_start(l), 0);
    while (engine_due != INT64_MAX) assert_int_equal(wait_for(&ticked), 0);
    hl_time late = hl__loop_now(l) - start - 50 * 1000;
    assert_true(late >= 0 && late < 500 * 1000);
    hl__loop_free(l);
}

struct driver { hl_time due; sem_t stepped; int stopped, order; };
static int stops;
static hl_time due(void *d)
{
    return ((struct driver *)d)->due;
}
static void step(void *d, hl_time now)
{
    struct driver *x = d;
    assert_true(x->due <= now);
    x->due = INT64_MAX;
    (void)sem_post(&x->stepped);
}
static void stop(void *d)
{
    struct driver *x = d;
    x->stopped++;
    x->order = ++stops;
}

static void drivers_are_stepped_when_due_and_stopped_in_reverse(void **state)
{
    (void)state;
    hl__loop *l = loop_new(0);
    struct driver a = { .due = 0 }, b = { .due = INT64_MAX };
    stops = 0;
    (void)sem_init(&a.stepped, 0, 0);
    hl__driver da = { .name = "a", .d = &a, .due = due, .step = step, .stop = stop };
    hl__driver db = { .name = "b", .d = &b, .due = due, .step = step, .stop = stop }, none = { .name = "none" };
    assert_int_equal(hl__loop_driver(l, &da), 0);
    assert_int_equal(hl__loop_driver(l, &db), 0);
    for (int i = 2; i < 8; i++) assert_int_equal(hl__loop_driver(l, &none), 0);
    assert_int_equal(hl__loop_driver(l, &none), HL_ELIMIT);
    assert_int_equal(hl__loop_start(l), 0);
    assert_int_equal(wait_for(&a.stepped), 0);
    hl__loop_stop(l);
    assert_int_equal(a.stopped, 1);
    assert_int_equal(b.stopped, 1);
    assert_true(b.order < a.order);
    hl__loop_free(l);
}

struct pipe_end { hl__loop *loop; hl__watch *watch, *other; sem_t got; int calls; char last; };
static void on_pipe(void *ctx, int fd, uint32_t what)
{
    struct pipe_end *p = ctx;
    assert_true(what & HL__READ);
    p->calls++;
    if (read(fd, &p->last, 1) != 1 || p->last == '.') {
        hl__watch_free(p->watch);
        hl__watch_free(p->other);
        p->watch = p->other = NULL;
    }
    (void)sem_post(&p->got);
}

static void a_watch_may_free_itself_and_its_neighbour(void **state)
{
    (void)state;
    int a[2], b[2];
    hl__loop *l = loop_new(0);
    struct pipe_end x = { .loop = l }, y = { .loop = l };
    (void)sem_init(&x.got, 0, 0);
    (void)sem_init(&y.got, 0, 0);
    assert_int_equal(pipe2(a, O_CLOEXEC), 0);
    assert_int_equal(pipe2(b, O_CLOEXEC), 0);
    assert_int_equal(write(a[1], "x.", 2), 2);
    assert_int_equal(hl__watch_new(l, a[0], HL__READ, on_pipe, &x, &x.watch), 0);
    assert_int_equal(hl__watch_new(l, b[0], HL__READ, on_pipe, &y, &y.watch), 0);
    x.other = y.watch;
    assert_int_equal(hl__loop_start(l), 0);
    assert_int_equal(wait_for(&x.got), 0);
    assert_int_equal(wait_for(&x.got), 0);
    assert_int_equal(write(b[1], "x", 1), 1);
    hl__loop_free(l);
    assert_int_equal(x.calls, 2);
    assert_int_equal(y.calls, 0);
    for (int i = 0; i < 2; i++) {
        (void)close(a[i]);
        (void)close(b[i]);
    }
}

struct sum { hl__job job; int in, out; pthread_t ran_on, told_on; sem_t told; };
static void sum_run(hl__job *job)
{
    struct sum *s = (struct sum *)job;
    s->out = s->in * 2;
    s->ran_on = pthread_self();
}
static void sum_done(hl__job *job)
{
    struct sum *s = (struct sum *)job;
    s->told_on = pthread_self();
    (void)sem_post(&s->told);
}
static hl__loop *asked;
static void ask(void *ctx, int fd, uint32_t what)
{
    char c;
    (void)what;
    assert_int_equal(read(fd, &c, 1), 1);
    assert_int_equal(hl__loop_work(asked, &((struct sum *)ctx)->job), 0);
}

static void a_job_runs_on_the_worker_and_is_told_on_the_control_thread(void **state)
{
    (void)state;
    int p[2];
    hl__loop *l = asked = loop_new(0);
    hl__watch *w;
    struct sum s = { .job = { .run = sum_run, .done = sum_done }, .in = 21 };
    (void)sem_init(&s.told, 0, 0);
    assert_int_equal(pipe2(p, O_CLOEXEC), 0);
    assert_int_equal(hl__watch_new(l, p[0], HL__READ, ask, &s, &w), 0);
    assert_int_equal(hl__loop_start(l), 0);
    assert_int_equal(write(p[1], "x", 1), 1);
    assert_int_equal(wait_for(&s.told), 0);
    assert_int_equal(s.out, 42);
    assert_int_equal(s.job.ran, 1);
    assert_false(pthread_equal(s.ran_on, s.told_on));
    assert_false(pthread_equal(s.told_on, pthread_self()));
    hl__loop_stop(l);
    hl__watch_free(w);
    hl__loop_free(l);
    (void)close(p[0]);
    (void)close(p[1]);
}

static void handler(int number)
{
    (void)number;
}

static void the_process_keeps_its_sigpipe_handler_and_mask(void **state)
{
    (void)state;
    struct sigaction mine = { .sa_handler = handler }, old, now;
    sigset_t before, after;
    (void)sigaction(SIGPIPE, &mine, &old);
    (void)pthread_sigmask(SIG_SETMASK, NULL, &before);
    hl__loop *l = loop_new(0);
    assert_int_equal(hl__loop_start(l), 0);
    hl__loop_free(l);
    (void)sigaction(SIGPIPE, &old, &now);
    assert_ptr_equal(now.sa_handler, handler);
    (void)pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int i = 1; i < 32; i++) assert_int_equal(sigismember(&before, i), sigismember(&after, i));
}

static void a_pretended_day_starts_where_it_was_told(void **state)
{
    (void)state;
    hl_time night = 1767225600LL * HL__SECOND;
    hl__loop *l = loop_new(night);
    hl_time now = hl__loop_now(l);
    assert_true(now >= night && now < night + 10 * HL__SECOND);
    assert_ptr_equal(hl__loop_of(hl__loop_lws(l)), l);
    assert_null(hl__loop_of(NULL));
    hl__loop_free(l);
}

static int make_and_free(void *ctx)
{
    (void)ctx;
    hl__loop *l;
    hl__loop_options opt = { .mem = &hl_test_mem };
    int r = hl__loop_new(&opt, &l);
    if (r == 0) hl__loop_free(l);
    return r;
}

static void a_loop_without_memory_is_refused_whole(void **state)
{
    (void)state;
    assert_true(hl_test_oom(make_and_free, NULL) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_wake_up_from_another_thread_is_a_turn),
        HL_TEST(an_idle_loop_sleeps),
        HL_TEST(the_engine_is_ticked_when_it_is_due),
        HL_TEST(drivers_are_stepped_when_due_and_stopped_in_reverse),
        HL_TEST(a_watch_may_free_itself_and_its_neighbour),
        HL_TEST(a_job_runs_on_the_worker_and_is_told_on_the_control_thread),
        HL_TEST(the_process_keeps_its_sigpipe_handler_and_mask),
        HL_TEST(a_pretended_day_starts_where_it_was_told),
        HL_TEST(a_loop_without_memory_is_refused_whole),
    };
    return HL_TEST_MAIN(tests);
}
