/* test_udp.c - datagrams over loopback: batches, order, what does not fit. */
#include "hl_test.h"
#include "io/io.h"
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

void hl__tick(hl_t *hl, hl_time now)
{
    (void)hl;
    (void)now;
}
hl_time hl__due(hl_t *hl)
{
    (void)hl;
    return INT64_MAX;
}

struct echo { _Atomic int64_t packets, bytes; };
static void echo(void *ctx, hl__udp *u, const hl__packet *p, uint32_t count)
{
    struct echo *e = ctx;
    for (uint32_t i = 0; i < count; i++) {
        e->packets++;
        e->bytes += p[i].len;
        assert_true(p[i].when > 0);
        (void)hl__udp_send(u, &p[i].far, p[i].data, p[i].len);
    }
}

static int client_open(const hl__addr *to)
{
    struct sockaddr_storage ss;
    socklen_t len = hl__addr_out(to, &ss);
    int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = 4 << 20;
    assert_true(fd >= 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    assert_int_equal(connect(fd, (struct sockaddr *)&ss, len), 0);
    return fd;
}

static ssize_t client_read(int fd, void *data, size_t room)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    if (poll(&p, 1, 5000) != 1) return -1;
    return recv(fd, data, room, 0);
}

static void datagrams_come_back_whole_and_in_order(void **state)
{
    (void)state;
    hl__loop *l;
    hl__loop_options opt = { .mem = &hl_test_mem };
    struct echo e = { 0 };
    hl__addr any;
    hl__udp *u;
    assert_int_equal(hl__loop_new(&opt, &l), 0);
    assert_int_equal(hl__addr_parse("127.0.0.1", 0, &any), 0);
    assert_int_equal(hl__udp_open(l, &any, echo, &e, NULL, &u), 0);
    assert_true(hl__udp_at(u)->port > 0);
    int fd = client_open(hl__udp_at(u));
    char out[1200], in[1300];
    memset(out, 'x', sizeof out);
    for (int i = 0; i < 200; i++) { /* before the start: they arrive as three batches and a rest */
        (void)snprintf(out, sizeof out, "%d", i);
        assert_int_equal(send(fd, out, sizeof out, 0), sizeof out);
    }
    assert_int_equal(hl__loop_start(l), 0);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(client_read(fd, in, sizeof in), sizeof out);
        assert_int_equal(atoi(in), i);
    }
    assert_int_equal(send(fd, "", 0, 0), 0);
    assert_int_equal(client_read(fd, in, sizeof in), 0);
    char *big = calloc(1, 60000);
    assert_int_equal(send(fd, big, 60000, 0), 60000);
    free(big);
    assert_int_equal(send(fd, "end", 3, 0), 3);
    assert_int_equal(client_read(fd, in, sizeof in), 3);
    hl__loop_stop(l);
    assert_int_equal(e.packets, 202);
    assert_int_equal(hl__udp_figures(u)->in, 202);
    assert_int_equal(hl__udp_figures(u)->out, 202);
    assert_int_equal(hl__udp_figures(u)->truncated, 1);
    (void)close(fd);
    hl__loop_free(l);
}

static void a_taken_port_is_told_in_words(void **state)
{
    (void)state;
    hl__loop *l;
    hl__loop_options opt = { .mem = &hl_test_mem };
    hl__addr at;
    hl__udp *u, *second = NULL;
    hl__err err;
    assert_int_equal(hl__loop_new(&opt, &l), 0);
    assert_int_equal(hl__addr_parse("127.0.0.1", 0, &at), 0);
    assert_int_equal(hl__udp_open(l, &at, echo, NULL, NULL, &u), 0);
    at = *hl__udp_at(u);
    assert_int_equal(hl__udp_open(l, &at, echo, NULL, &err, &second), HL_EIO);
    assert_null(second);
    assert_non_null(strstr(err.words, "127.0.0.1:"));
    assert_int_equal(hl__udp_open(l, &(hl__addr){ 0 }, echo, NULL, &err, &second), HL_EINVAL);
    hl__udp_close(u);
    assert_int_equal(hl__udp_open(l, &at, echo, NULL, &err, &second), 0);
    hl__loop_free(l);
}

static void what_the_kernel_refuses_is_counted_and_the_rest_goes_out(void **state)
{
    (void)state;
    hl__loop *l;
    hl__loop_options opt = { .mem = &hl_test_mem };
    hl__addr at, bad;
    hl__udp *u;
    char in[10];
    assert_int_equal(hl__loop_new(&opt, &l), 0);
    assert_int_equal(hl__addr_parse("127.0.0.1", 0, &at), 0);
    assert_int_equal(hl__udp_open(l, &at, echo, NULL, NULL, &u), 0);
    struct sockaddr_in me = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof me;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&me, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&me, &len), 0);
    hl__addr_in(&me, &at);
    assert_int_equal(hl__addr_parse("255.255.255.255:9", 0, &bad), 0); /* broadcast was not asked for: EACCES */
    assert_int_equal(hl__udp_send(u, &bad, "no", 2), 0);
    assert_int_equal(hl__udp_send(u, &at, "yes", 3), 0);
    hl__udp_flush(u);
    assert_int_equal(client_read(fd, in, sizeof in), 3);
    assert_int_equal(hl__udp_figures(u)->out_errors, 1);
    assert_int_equal(hl__udp_send(u, &at, in, 70000), HL_EINVAL);
    (void)close(fd);
    hl__loop_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(datagrams_come_back_whole_and_in_order),
        HL_TEST(a_taken_port_is_told_in_words),
        HL_TEST(what_the_kernel_refuses_is_counted_and_the_rest_goes_out),
    };
    return HL_TEST_MAIN(tests);
}
