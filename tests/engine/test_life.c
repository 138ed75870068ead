/* test_life.c - an engine's life: opened, stopped, drained, closed; who may call when, and from where. */
#include "house.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_simulation_opens_and_closes(void **state)
{
    hl_event ev = HL_EVENT_INIT;
    hl_t *hl = house_bare(NULL);
    (void)state;
    assert_int_equal(hl_now(hl), HOUSE_START);
    GIVES(hl, hl_next(hl, &ev), 1);
    assert_int_equal(ev.type, HL_EV_READY);
    assert_int_equal(ev.seq, 1);
    assert_int_equal(ev.time, HOUSE_START);
    GIVES(hl, hl_next(hl, &ev), 0);
    GIVES(hl, hl_advance(hl, HOUSE_START + 5), 0);
    assert_int_equal(hl_now(hl), HOUSE_START + 5);
    hl_close(hl);
    hl_close(NULL);
}

static void an_engine_is_small(void **state)
{
    int64_t before = hl_test_mem.used;
    hl_t *hl = house_bare(NULL);
    (void)state;
    hl_test_ok(hl_test_mem.used - before <= 64 * 1024, "an engine takes %lld bytes",
        (long long)(hl_test_mem.used - before));
    hl_close(hl);
}

static void what_is_wrong_with_the_options_is_said(void **state)
{
    hl_t *hl = NULL;
    (void)state;
    for (int i = 0; i < 13; i++) {
        hl_options o = HL_OPTIONS_INIT;
        hl_time start = HOUSE_START;
        int want = HL_EINVAL;
        struct { hl_options o; char more[8]; } larger = { .o = HL_OPTIONS_INIT };
        const hl_options *in = &o;
        switch (i) {
        case 0: o.store = "x.db"; break;
        case 1: o.size = 8; break;
        case 2: o.size = 5000; break;
        case 3: o.max_memory = -1; break;
        case 4: o.after = -2; break;
        case 5: o.log_level = 9; break;
        case 6: o.log_fd = UINT32_MAX; break;
        case 7: o.files = "a\nb"; break;
        case 8: o.zoneinfo = "\xff"; break;
        case 9: start = -1; break;
        case 10: start = INT64_MAX; break;
        case 11: o.node = "\x01"; break;
        default:
            larger.o.size = sizeof larger;
            larger.more[7] = 1;
            in = &larger.o;
            want = HL_EVERSION;
        }
        int r = hl_open_sim(in, start, &hl);
        hl_test_ok(r == want && !hl && hl_error(NULL)[0], "case %d gives %d: %s", i, r, hl_error(NULL));
    }
    assert_int_equal(hl_open_sim(NULL, HOUSE_START, NULL), HL_EINVAL);
    assert_int_equal(hl_open_sim(NULL, HOUSE_START, &hl), 0);
    assert_string_equal(hl_error(NULL), "");
    hl_close(hl);
    hl_options o = HL_OPTIONS_INIT;
    o.alloc = hl_test_alloc;
    hl = NULL;
    assert_int_equal(hl_open(&o, &hl), HL_EINVAL); /* a real engine has threads of its own */
    assert_null(hl);
}

static void nothing_is_no_engine(void **state)
{
    hl_event ev = HL_EVENT_INIT;
    hl_id id = 5;
    const char *text = "kept";
    (void)state;
    assert_int_equal(hl_run(NULL), HL_EINVAL);
    assert_int_equal(hl_stop(NULL, 0), HL_EINVAL);
    assert_int_equal(hl_flush(NULL, 0), HL_EINVAL);
    assert_int_equal(hl_now(NULL), 0);
    assert_int_equal(hl_advance(NULL, 1), HL_EINVAL);
    assert_int_equal(hl_fd(NULL), HL_EINVAL);
    assert_int_equal(hl_poll(NULL, 0), HL_EINVAL);
    assert_int_equal(hl_next(NULL, &ev), HL_EINVAL);
    assert_int_equal(hl_event_next(NULL, &ev), HL_EINVAL);
    assert_int_equal(hl_wake(NULL), HL_EINVAL);
    assert_int_equal(hl_load(NULL, "{}", 2), HL_EINVAL);
    assert_int_equal(hl_check(NULL, "{}", 2), HL_EINVAL);
    assert_int_equal(hl_dump(NULL, NULL, &text), HL_EINVAL);
    assert_int_equal(hl_find(NULL, 1, "a", &id), HL_EINVAL);
    assert_int_equal(id, 5);
    assert_string_equal(text, "kept");
    assert_int_equal(hl_version(), HL_VERSION_NUM);
    assert_non_null(hl_features());
}

static void errors_have_words_and_numbers_without_one_too(void **state)
{
    (void)state;
#define X(name, number, words) assert_string_equal(hl_strerror(number), words);
    HL_ERRORS(X)
#undef X
    assert_string_equal(hl_strerror(0), "no error");
    assert_string_equal(hl_strerror(7), "no error");
    assert_string_equal(hl_strerror(-99), "unknown error");
}

static void a_simulation_has_no_descriptor_and_runs_by_nobody_else(void **state)
{
    hl_t *hl = house_bare(NULL);
    (void)state;
    GIVES(hl, hl_fd(hl), HL_ESTATE);
    GIVES(hl, hl_poll(hl, 0), HL_ESTATE);
    GIVES(hl, hl_run(hl), HL_ESTATE);
    GIVES(hl, hl_advance(hl, HOUSE_START - 1), HL_EINVAL);
    GIVES(hl, hl_advance(hl, INT64_MAX), HL_EINVAL);
    GIVES(hl, hl_flush(hl, 0), 0);
    hl_close(hl);
}

static void draining_takes_nothing_new_and_stops_when_idle(void **state)
{
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_event ev = HL_EVENT_INIT;
    hl_t *hl = house_sim();
    hl_id customer, contact = house_talk(hl, &customer), id = 7;
    (void)state;
    in.queue = house_find(hl, HL_KIND_QUEUE, "desk");
    assert_int_equal(hl_stop(hl, -1), HL_EINVAL);
    assert_int_equal(hl_stop(hl, 60000), 0);
    FAILS(hl, id, hl_contact_add(hl, &in, &id), HL_ESTATE);
    house_pass(hl, 1000);
    assert_int_equal(house_read(hl, HL_EV_STOPPED, NULL), 0);
    GIVES(hl, hl_call_hold(hl, contact, 0, NULL), 0); /* what goes on may go on */
    GIVES(hl, hl_call_resume(hl, contact, 0), 0);
    assert_int_equal(hl__sim_hangup(hl__sim_of(hl), customer), 0);
    house_pass(hl, 1000);
    assert_int_equal(house_read(hl, HL_EV_STOPPED, &ev), 1);
    assert_int_equal(ev.code, 0);
    GIVES(hl, hl_call_hold(hl, contact, 0, NULL), HL_ESTATE);
    GIVES(hl, hl_load(hl, "{\"hotline\":1}", 13), HL_ESTATE);
    hl_queue row = HL_QUEUE_INIT;
    GIVES(hl, hl_queue_next(hl, &row), 1); /* reading goes on */
    assert_int_equal(hl_stop(hl, 0), 0);
    house_pass(hl, 1000);
    assert_int_equal(house_read(hl, HL_EV_STOPPED, NULL), 0); /* once */
    hl_close(hl);
}

static void draining_ends_when_its_time_is_over(void **state)
{
    hl_event ev = HL_EVENT_INIT;
    hl_t *hl = house_sim();
    (void)state;
    (void)house_talk(hl, NULL);
    assert_int_equal(hl_stop(hl, 5000), 0);
    house_pass(hl, 4999);
    assert_int_equal(house_read(hl, HL_EV_STOPPED, NULL), 0);
    house_pass(hl, 1);
    assert_int_equal(house_read(hl, HL_EV_STOPPED, &ev), 1);
    assert_int_equal(ev.code, 2); /* legs that were there still */
    hl_close(hl);
}

/* Real engines. */
static hl_t *real(const char *store)
{
    hl_options o = HL_OPTIONS_INIT;
    hl_t *hl = NULL;
    o.store = store;
    o.after = -1;
    int r = hl_open(&o, &hl);
    hl_test_ok(r == 0, "hl_open gives %d: %s", r, hl_error(NULL));
    return hl;
}

static bool is_readable(int fd)
{
    struct pollfd p = { fd, POLLIN, 0 };
    return poll(&p, 1, 0) == 1;
}

static void the_descriptor_is_readable_as_long_as_events_wait(void **state)
{
    hl_event ev = HL_EVENT_INIT;
    hl_t *hl = real(NULL);
    int fd = hl_fd(hl);
    (void)state;
    assert_true(fd >= 0);
    GIVES(hl, hl_poll(hl, 5000), 1);
    assert_true(is_readable(fd));
    GIVES(hl, hl_advance(hl, hl_now(hl)), HL_ESTATE);
    GIVES(hl, hl_load(hl, "{\"hotline\":1,\"queues\":{\"a\":{}}}", 0), 1);
    GIVES(hl, hl_poll(hl, -1), 2);
    GIVES(hl, hl_next(hl, &ev), 1);
    assert_int_equal(ev.type, HL_EV_READY);
    assert_true(is_readable(fd));
    GIVES(hl, hl_next(hl, &ev), 1);
    assert_int_equal(ev.type, HL_EV_LOADED);
    assert_false(is_readable(fd));
    GIVES(hl, hl_next(hl, &ev), 0);
    GIVES(hl, hl_poll(hl, 1), 0);
    hl_close(hl);
}

static void *wake_later(void *hl)
{
    usleep(20000);
    assert_int_equal(hl_wake(hl), 0);
    return NULL;
}

static void a_wake_ends_one_wait_now_or_the_next(void **state)
{
    hl_event ev = HL_EVENT_INIT;
    pthread_t thread;
    hl_t *hl = real(NULL);
    (void)state;
    while (hl_next(hl, &ev) == 1) continue;
    assert_int_equal(hl_wake(hl), 0);
    GIVES(hl, hl_poll(hl, -1), 0);
    GIVES(hl, hl_poll(hl, 1), 0);
    assert_int_equal(pthread_create(&thread, NULL, wake_later, hl), 0);
    GIVES(hl, hl_poll(hl, -1), 0);
    pthread_join(thread, NULL);
    hl_close(hl);
}

static void *stop_later(void *hl)
{
    usleep(20000);
    assert_int_equal(hl_stop(hl, 1000), 0);
    return NULL;
}

static void run_returns_when_the_hotline_has_stopped(void **state)
{
    pthread_t thread;
    hl_t *hl = real(NULL);
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, stop_later, hl), 0);
    GIVES(hl, hl_run(hl), 0);
    pthread_join(thread, NULL);
    GIVES(hl, hl_run(hl), 0); /* it has: at once */
    hl_close(hl);
}

static hl_t *in_handler;

static void handler(int number)
{
    (void)number;
    errno = 4711;
    (void)hl_stop(in_handler, 0);
    (void)hl_wake(in_handler);
    if (errno != 4711) in_handler = NULL;
}

static void stop_and_wake_may_be_called_from_a_signal_handler(void **state)
{
    struct sigaction act = { .sa_handler = handler }, before;
    hl_event ev = HL_EVENT_INIT;
    hl_t *hl = real(NULL);
    int stopped = 0;
    (void)state;
    in_handler = hl;
    sigaction(SIGUSR1, &act, &before);
    raise(SIGUSR1);
    sigaction(SIGUSR1, &before, NULL);
    assert_ptr_equal(in_handler, hl);
    for (int i = 0; i < 50 && !stopped; i++) {
        int r = hl_poll(hl, 100);
        assert_true(r >= 0);
        while (hl_next(hl, &ev) == 1) stopped += ev.type == HL_EV_STOPPED;
    }
    assert_int_equal(stopped, 1);
    hl_close(hl);
}

static void *wait_inside(void *hl)
{
    hl_event ev = HL_EVENT_INIT;
    while (hl_next(hl, &ev) == 1) continue;
    return (void *)(intptr_t)hl_poll(hl, -1);
}

static void closing_sends_home_who_waits_inside(void **state)
{
    pthread_t thread[3];
    void *r;
    hl_t *hl = real(NULL);
    (void)state;
    for (int i = 0; i < 3; i++) assert_int_equal(pthread_create(&thread[i], NULL, wait_inside, hl), 0);
    usleep(50000);
    hl_close(hl);
    for (int i = 0; i < 3; i++) {
        pthread_join(thread[i], &r);
        assert_int_equal((intptr_t)r, HL_ESTATE);
    }
}

static int in_child(hl_t *hl)
{
    hl_event ev = HL_EVENT_INIT;
    hl_id id;
    int bad = 0;
    bad |= hl_next(hl, &ev) != HL_ESTATE ? 1 : 0;
    bad |= hl_load(hl, "{\"hotline\":1}", 0) != HL_ESTATE ? 2 : 0;
    bad |= hl_find(hl, HL_KIND_QUEUE, "a", &id) != HL_ESTATE ? 4 : 0;
    bad |= hl_stop(hl, 0) != HL_ESTATE ? 8 : 0;
    bad |= hl_wake(hl) != HL_ESTATE ? 16 : 0;
    bad |= hl_now(hl) != 0 ? 32 : 0;
    bad |= hl_error(hl)[0] == 0 ? 64 : 0;
    hl_close(hl);
    return bad;
}

static void a_forked_child_has_no_engine_and_harms_none(void **state)
{
    (void)state;
    for (int sim = 0; sim < 2; sim++) {
        hl_t *hl = sim ? house_bare(NULL) : real(NULL);
        int status = -1;
        pid_t child = fork();
        if (child == 0) _exit(in_child(hl));
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        GIVES(hl, hl_load(hl, "{\"hotline\":1,\"queues\":{\"a\":{}}}", 0), 1); /* the parent's lives on */
        hl_close(hl);
    }
}

static void a_store_has_one_owner(void **state)
{
    char path[300];
    hl_t *hl, *other = NULL;
    hl_options o = HL_OPTIONS_INIT;
    int status = -1;
    (void)state;
    if (!strstr(hl_features(), "sqlite")) skip();
    snprintf(path, sizeof path, "%s/a.db", hl_test_temp());
    hl = real(path);
    o.store = path;
    assert_int_equal(hl_open(&o, &other), HL_EFENCED);
    assert_null(other);
    assert_non_null(strstr(hl_error(NULL), "another"));
    pid_t child = fork();
    if (child == 0) _exit(-hl_open(&o, &other));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), -HL_EFENCED);
    GIVES(hl, hl_flush(hl, 5000), 0);
    hl_close(hl);
    hl = real(path);
    hl_close(hl);
}

static void a_log_that_nobody_reads_blocks_and_kills_nobody(void **state)
{
    static const char wrong[] = "{\"hotline\":1,\"queues\":{\"a\":{}}}";
    hl_options o = HL_OPTIONS_INIT;
    int fd[2];
    char text[200];
    (void)state;
    assert_int_equal(pipe(fd), 0);
    o.log_fd = (uint32_t)fd[1];
    hl_t *hl = house_bare(&o);
    for (int i = 0; i < 3000; i++) hl__fault(hl, 0, HL_EIO, "fault number %d, told to nobody at length", i);
    assert_true(read(fd[0], text, sizeof text - 1) > 0);
    assert_memory_equal(text, "error: fault number 0", 21);
    close(fd[0]); /* now writing would be a SIGPIPE */
    hl__fault(hl, 0, HL_EIO, "and one more");
    GIVES(hl, hl_load(hl, wrong, strlen(wrong)), 1);
    hl_close(hl);
    close(fd[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_simulation_opens_and_closes), HL_TEST(an_engine_is_small),
        HL_TEST(what_is_wrong_with_the_options_is_said), HL_TEST(nothing_is_no_engine),
        HL_TEST(errors_have_words_and_numbers_without_one_too),
        HL_TEST(a_simulation_has_no_descriptor_and_runs_by_nobody_else),
        HL_TEST(draining_takes_nothing_new_and_stops_when_idle), HL_TEST(draining_ends_when_its_time_is_over),
        HL_TEST(the_descriptor_is_readable_as_long_as_events_wait), HL_TEST(a_wake_ends_one_wait_now_or_the_next),
        HL_TEST(run_returns_when_the_hotline_has_stopped), HL_TEST(stop_and_wake_may_be_called_from_a_signal_handler),
        HL_TEST(closing_sends_home_who_waits_inside), HL_TEST(a_forked_child_has_no_engine_and_harms_none),
        HL_TEST(a_store_has_one_owner), HL_TEST(a_log_that_nobody_reads_blocks_and_kills_nobody),
    };
    return HL_TEST_MAIN(tests);
}
