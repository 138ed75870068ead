/* test_api.c - gateway.h with a whole engine: an application plays pages in virtual time; a real engine listens. */
#include "hl_test.h"
#include <hotline/gateway.h>
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#define S ((hl_time)HL__SECOND)
static hl_t *hl;
static hl_id anna;

static const char document[] = "{\"hotline\":1,\"queues\":{\"q\":{}},\"agents\":{\"anna\":{\"queues\":{\"q\":{}}}},"
    "\"gateway\":{\"port\":0,\"callers\":true}}";

static void sim_open(void)
{
    hl_options opt = HL_OPTIONS_INIT;
    opt.alloc = hl_test_alloc;
    opt.ctx = &hl_test_mem;
    assert_int_equal(hl_open_sim(&opt, 1000 * S, &hl), 0);
    hl_test_ok(hl_load(hl, document, strlen(document)) > 0, "%s", hl_error(hl));
    assert_int_equal(hl_find(hl, HL_KIND_AGENT, "anna", &anna), 0);
    assert_true(hl_advance(hl, hl_now(hl)) >= 0);
}

static hl_id page_open(int role)
{
    char hello[120];
    hl_grant g = HL_GRANT_INIT;
    const char *ticket;
    hl_id session = 0;
    g.role = (uint32_t)role;
    g.agent = role == HL_GRANT_AGENT ? anna : 0;
    g.subject = "anna";
    assert_int_equal(hl_grant_make(hl, &g, &ticket), 0);
    (void)snprintf(hello, sizeof hello, "{\"id\":1,\"op\":\"hello\",\"ticket\":\"%s\"}", ticket);
    hl_test_ok(hl_session_open(hl, hello, "192.0.2.1", &session) == 0, "%s", hl_error(hl));
    assert_int_equal(hl_kind(session), HL_KIND_PART);
    assert_true(hl_advance(hl, hl_now(hl)) >= 0);
    return session;
}

/* The next thing the page hears that has `want` in it. */
static const char *hears(hl_id session, const char *want)
{
    static char text[8000];
    const char *out;
    while (hl_session_take(hl, session, &out) == 1) {
        (void)snprintf(text, sizeof text, "%s", out);
        if (strstr(text, want)) return text;
    }
    hl_test_ok(0, "the page does not hear %s: %s", want, hl_error(hl));
    return "";
}

static void a_played_page_signs_in_asks_and_resumes(void **state)
{
    (void)state;
    char token[80], hello[200];
    sim_open();
    hl_id session = page_open(HL_GRANT_AGENT), again = 0;
    const char *text = hears(session, "\"re\":1,\"ok\":true");
    const char *at = strstr(text, "\"token\":\"");
    (void)snprintf(token, sizeof token, "%.*s", (int)strcspn(at + 9, "\""), at + 9);
    assert_int_equal(hl_session_feed(hl, session, "{\"id\":2,\"op\":\"queue.list\"}", 26), 0);
    assert_true(hl_advance(hl, hl_now(hl)) >= 0);
    (void)hears(session, "{\"re\":2,\"ok\":true,\"queues\":[{");
    assert_int_equal(hl_session_send(hl, session, "{\"x\":[1]}"), 0);
    assert_string_equal(hears(session, "app"), "{\"seq\":1,\"ev\":\"app\",\"data\":{\"x\":[1]}}");
    assert_int_equal(hl_session_send(hl, session, "{"), HL_EPARSE);
    hl_session row = HL_SESSION_INIT;
    assert_int_equal(hl_session_next(hl, anna, &row), 1);
    assert_int_equal(row.id, session);
    assert_int_equal(row.state, HL_SESSION_READY);
    assert_string_equal(row.address, "192.0.2.1");
    assert_string_equal(row.subject, "anna");
    assert_int_equal(hl_session_next(hl, 0, &row), 0);
    assert_int_equal(hl_session_cut(hl, session), 0);
    assert_true(hl_advance(hl, hl_now(hl) + 100 * S) >= 0);
    (void)snprintf(hello, sizeof hello, "{\"id\":3,\"op\":\"hello\",\"token\":\"%s\",\"last\":0}", token);
    assert_int_equal(hl_session_open(hl, hello, NULL, &again), 0);
    assert_int_equal(again, session);
    assert_true(hl_advance(hl, hl_now(hl)) >= 0);
    (void)hears(session, "\"resumed\":true,\"replay\":true");
    (void)hears(session, "\"seq\":1,\"ev\":\"app\"");
    hl_close(hl);
}

static void a_page_that_stays_away_is_over_after_120_s(void **state)
{
    (void)state;
    sim_open();
    hl_id session = page_open(HL_GRANT_AGENT);
    hl_session row = HL_SESSION_INIT;
    assert_int_equal(hl_session_cut(hl, session), 0);
    assert_true(hl_advance(hl, hl_now(hl) + 120 * S - 1) >= 0);
    assert_int_equal(hl_session_next(hl, 0, &row), 1);
    assert_int_equal(row.state, HL_SESSION_RESUMABLE);
    assert_true(hl_advance(hl, hl_now(hl) + S) >= 0);
    row.id = 0;
    assert_int_equal(hl_session_next(hl, 0, &row), 0);
    assert_int_equal(hl_session_feed(hl, session, "{}", 2), HL_ENOENT);
    hl_close(hl);
}

static void closing_and_revoking_tell_the_page_why(void **state)
{
    (void)state;
    const char *out;
    sim_open();
    hl_id session = page_open(HL_GRANT_CALLER);
    (void)hears(session, "\"role\":\"caller\"");
    assert_int_equal(hl_session_close(hl, session, 3999, "no"), HL_EINVAL);
    assert_int_equal(hl_session_close(hl, session, 4042, "lunch"), 0);
    assert_int_equal(hl_session_take(hl, session, &out), HL_ENOENT);
    assert_non_null(strstr(hl_error(hl), "4042: lunch"));
    assert_int_equal(hl_session_close(hl, session, 4042, "lunch"), HL_ENOENT);
    session = page_open(HL_GRANT_AGENT);
    hl_grant g = HL_GRANT_INIT;
    g.role = HL_GRANT_ADMIN;
    g.subject = "anna";
    g.ttl_ms = g.uses = -1;
    assert_int_equal(hl_grant_make(hl, &g, &out), 0);
    assert_int_equal(hl_grant_revoke(hl, "anna", 1), 2);
    assert_int_equal(hl_grant_revoke(hl, "anna", 1), 0);
    hl_close(hl);
}

static void bad_arguments_have_words_and_leave_outputs(void **state)
{
    (void)state;
    const char *out = "kept";
    hl_id id = 77;
    sim_open();
    hl_grant g = HL_GRANT_INIT;
    assert_int_equal(hl_grant_make(hl, &g, &out), HL_EINVAL);
    g.role = HL_GRANT_AGENT;
    g.agent = 3;
    assert_int_equal(hl_grant_make(hl, &g, &out), HL_EINVAL);
    assert_int_equal(hl_grant_make(hl, NULL, &out), HL_EINVAL);
    assert_int_equal(hl_grant_revoke(hl, NULL, 0), HL_EINVAL);
    assert_int_equal(hl_session_open(hl, "{}", NULL, &id), HL_EINVAL);
    assert_int_equal(hl_session_open(hl, NULL, NULL, &id), HL_EINVAL);
    assert_int_equal(hl_session_open(hl, "{\"id\":1,\"op\":\"hello\",\"ticket\":\"x\"}", NULL, &id), HL_EDENIED);
    assert_int_equal(hl_session_take(hl, 30, &out), HL_ENOENT);
    assert_int_equal(hl_session_cut(hl, 3), HL_EINVAL);
    assert_int_equal(hl_gateway_address(hl, &out), HL_ESTATE);
    assert_int_equal(hl_password_line(hl, "a:b", HL_GRANT_AGENT, "x", &out), HL_EINVAL);
    assert_int_equal(hl_password_line(hl, "a", 9, "x", &out), HL_EINVAL);
    assert_int_equal(hl_password_line(hl, "a", HL_GRANT_AGENT, "", &out), HL_EINVAL);
    assert_int_equal(hl_password_set(hl, 3, "x"), HL_EINVAL);
    assert_true(hl_error(hl)[0] != 0);
    assert_string_equal(out, "kept");
    assert_int_equal(id, 77);
    assert_int_equal(hl_password_line(hl, "a", HL_GRANT_AGENT, "x", &out), 0);
    assert_int_equal(strncmp(out, "a:agent:scrypt$16384$8$1$", 25), 0);
    assert_int_equal(hl_password_set(hl, anna, "x"), 0);
    assert_int_equal(hl_password_set(hl, anna, NULL), 0);
    hl_close(hl);
}

static int http_status(int port, const char *path)
{
    char text[4096];
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct pollfd p = { .fd = fd, .events = POLLIN };
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    int len = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
    assert_int_equal(write(fd, text, (size_t)len), len);
    assert_int_equal(poll(&p, 1, 5000), 1);
    ssize_t n = read(fd, text, sizeof text - 1);
    text[n > 0 ? n : 0] = 0;
    (void)close(fd);
    return n > 12 ? atoi(text + 9) : 0;
}

/* Pages played beside those that come by the socket. */
static void *play(void *arg)
{
    const char *out;
    for (int i = 0; i < 50; i++) {
        char hello[120];
        hl_grant g = HL_GRANT_INIT;
        hl_id session;
        g.role = HL_GRANT_CALLER;
        if (hl_grant_make(hl, &g, &out) < 0) return arg;
        (void)snprintf(hello, sizeof hello, "{\"id\":1,\"op\":\"hello\",\"ticket\":\"%s\"}", out);
        if (hl_session_open(hl, hello, "192.0.2.9", &session) < 0) return arg;
        for (int n = 0; n < 2000 && hl_session_take(hl, session, &out) == 0; n++) (void)usleep(500);
        if (hl_session_close(hl, session, 4000, NULL) < 0) return arg;
        if (hl_session_take(hl, session, &out) != HL_ENOENT) return arg;
    }
    return NULL;
}

static void a_real_engine_listens_while_pages_are_played(void **state)
{
    (void)state;
    const char *address;
    pthread_t thread;
    void *failed;
    assert_int_equal(hl_open(NULL, &hl), 0);
    hl_test_ok(hl_load(hl, document, strlen(document)) > 0, "%s", hl_error(hl));
    for (int i = 0; i < 500 && hl_gateway_address(hl, &address) < 0; i++) (void)usleep(10000);
    hl_test_ok(hl_gateway_address(hl, &address) == 0, "%s", hl_error(hl));
    int port = atoi(strrchr(address, ':') + 1);
    assert_int_equal(pthread_create(&thread, NULL, play, "failed"), 0);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(http_status(port, "/health"), 200);
        assert_int_equal(http_status(port, "/metrics"), 200);
        assert_int_equal(http_status(port, "/api/state"), 401);
    }
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    hl_close(hl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_played_page_signs_in_asks_and_resumes),
        HL_TEST(a_page_that_stays_away_is_over_after_120_s),
        HL_TEST(closing_and_revoking_tell_the_page_why),
        HL_TEST(bad_arguments_have_words_and_leave_outputs),
        HL_TEST(a_real_engine_listens_while_pages_are_played),
    };
    return HL_TEST_MAIN(tests);
}
