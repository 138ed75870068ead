/* test_thread.c - the driver with a real thread, real sockets on loopback and an engine of straw. */
#include "hl_test.h"
#include "io/io.h"
#include "media/media.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The engine of straw. */
static hl__loop *loop;
static sem_t woken;
static void no_line(void *ctx, int level, const char *text)
{
    (void)ctx;
    (void)level;
    (void)text;
}
static hl__logger quiet = { no_line, NULL, HL_LOG_DEBUG };
void hl__wake(hl_t *hl) { (void)hl; (void)sem_post(&woken); }
void *hl__lws(hl_t *hl) { (void)hl; return hl__loop_lws(loop); }
hl__mem *hl__mem_of(hl_t *hl) { (void)hl; return &hl_test_mem; }
hl__logger *hl__log_of(hl_t *hl) { (void)hl; return &quiet; }
uint64_t hl__seed_of(hl_t *hl) { (void)hl; return 5; }
void hl__tick(hl_t *hl, hl_time now) { (void)hl; (void)now; }
hl_time hl__due(hl_t *hl) { (void)hl; return INT64_MAX; }

static hl__driver driver;

static void begin(const char *settings)
{
    static const hl__paths *const paths[] = { [HL__RTP] = &hl__paths_rtp, [HL__MEM] = NULL };
    hl__loop_options opt = { .mem = &hl_test_mem, .log = &quiet };
    (void)sem_init(&woken, 0, 0);
    assert_int_equal(hl__loop_new(&opt, &loop), 0);
    assert_int_equal(hl__media_driver(NULL, paths, &driver), 0);
    assert_int_equal(driver.start(driver.d, "{}"), 0);
    assert_int_equal(driver.set(driver.d, settings), 0);
}

static void finish(void)
{
    driver.stop(driver.d);
    hl__msg m;
    while (driver.media->take(driver.d, &m) == 1)
        hl__free(&hl_test_mem, m.blob);
    driver.end(driver.d);
    hl__loop_free(loop);
}

static void post(hl__msg q, int kind, const void *data, size_t len)
{
    q.blob = NULL;
    if (data) {
        q.blob = hl__alloc(&hl_test_mem, sizeof(*q.blob) + len);
        q.blob->kind = (uint32_t)kind;
        q.blob->len = (uint32_t)len;
        memcpy(q.blob->data, data, len);
    }
    assert_int_equal(driver.media->post(driver.d, &q), 0);
}

/* The next report of a kind; others pass by. */
static hl__msg wait_for(int kind, hl__media *media)
{
    struct timespec until;
    hl__msg m;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    for (;;) {
        while (driver.media->take(driver.d, &m) == 1) {
            if (m.kind == kind && media && m.blob)
                memcpy(media, m.blob->data, sizeof(*media));
            hl__free(&hl_test_mem, m.blob);
            if (m.kind == kind)
                return m;
        }
        assert_int_equal(sem_timedwait(&woken, &until), 0);
    }
}

static int telephone(hl__addr *at)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(a);
    struct timeval patience = { 10, 0 };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    hl__addr_in(&a, at);
    return fd;
}

static void send_to(int fd, uint16_t port, hl__rtp p)
{
    uint8_t data[400];
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    a.sin_port = htons(port);
    hl__rtp_write(data, &p);
    memcpy(data + 12, p.body, p.len);
    assert_int_equal(sendto(fd, data, 12 + p.len, 0, (struct sockaddr *)&a, sizeof(a)), 12 + p.len);
}

static uint16_t call_in(int leg, const hl__addr *from)
{
    hl__media m = { .size = sizeof(m), .dir = HL__SENDRECV, .transport = HL__RTP, .n = 1, .dtmf_pt = 101 };
    m.rtp = *from;
    m.codec[0] = (hl__codec){ HL__PCMA, 8, 20, 1, 8000, 0 };
    post((hl__msg){ .kind = HL__Q_OPEN, .leg = leg, .gen = 1, .code = HL__RTP }, HL__MEDIA, &m, sizeof(m));
    hl__media ours = { 0 };
    hl__msg local = wait_for(HL__R_LOCAL, &ours);
    assert_int_equal(local.leg, leg);
    assert_int_equal(ours.rtp.family, 4);
    assert_int_equal(ours.rtp.ip[0], 127);
    assert_true(ours.rtp.port >= 31000 && ours.rtp.port <= 31100 && ours.rtp.port % 2 == 0);
    return ours.rtp.port;
}

static const char settings[] = "{\"settings\":{\"rtp_ports\":[\"31000-31100\"],\"bind\":\"127.0.0.1\"}}";

static void a_telephone_on_loopback_hears_a_tone_and_its_keys_arrive(void **state)
{
    hl__addr from;
    uint8_t data[400];
    hl__rtp p, before = { 0 };
    (void)state;
    begin(settings);
    int fd = telephone(&from);
    uint16_t port = call_in(26, &from);
    post((hl__msg){ .kind = HL__Q_PLAY, .leg = 26, .gen = 1, .ref = 30, .arg = 3 }, HL__CLIPS, "\ttone:beep\t\n", 12);
    for (int i = 0; i < 45; i++) {
        ssize_t n = recv(fd, data, sizeof(data), 0);
        assert_int_equal(n, 172);
        assert_int_equal(hl__rtp_read(data, (size_t)n, &p), 0);
        assert_int_equal(p.pt, 8);
        if (i > 0)
            assert_true(p.seq == (uint16_t)(before.seq + 1) && p.ts == before.ts + 160);
        before = p;
    }
    hl__msg done = wait_for(HL__R_PLAYED, NULL);
    assert_int_equal(done.ref, 30);
    assert_int_equal(done.code, HL_PLAY_DONE);
    assert_int_equal(done.arg, 900);
    uint8_t five[4] = { 5, 10, 0, 160 };
    send_to(fd, port, (hl__rtp){ .pt = 101, .seq = 1, .ts = 5, .ssrc = 1, .len = 4, .body = five });
    hl__msg key = wait_for(HL__R_PRESSED, NULL);
    assert_int_equal(key.code, '5');
    post((hl__msg){ .kind = HL__Q_CLOSE, .leg = 26, .gen = 1 }, 0, NULL, 0);
    close(fd);
    finish();
}

static void two_telephones_talk_over_real_sockets(void **state)
{
    hl__addr at[2];
    uint8_t data[400], body[160];
    hl__rtp p;
    int fd[2], heard = 0;
    uint16_t port[2];
    (void)state;
    begin(settings);
    for (int i = 0; i < 2; i++) {
        fd[i] = telephone(&at[i]);
        port[i] = call_in(26 + 16 * i, &at[i]);
    }
    hl__mix mix = { .rows = 2, .row = { { .leg = 26, .gen = 1, .hears = 2 }, { .leg = 42, .gen = 1, .hears = 1 } } };
    post((hl__msg){ .kind = HL__Q_MIX, .ref = 9 }, HL__MIX, &mix, sizeof(mix));
    memset(body, 0x33, sizeof(body));
    for (int i = 0; heard < 20; i++) {
        send_to(fd[0], port[0], (hl__rtp){ .pt = 8, .seq = (uint16_t)i, .ts = 160u * (uint32_t)i, .ssrc = 4, .len = 160,
            .body = body });
        assert_int_equal(recv(fd[1], data, sizeof(data), 0), 172); /* at once, or what filled the silence before */
        assert_int_equal(hl__rtp_read(data, 172, &p), 0);
        heard += p.body[0] == 0x33;
        assert_true(i < 200);
    }
    for (int i = 0; i < 2; i++)
        close(fd[i]);
    finish();
}

static void a_taken_port_is_told(void **state)
{
    static const hl__paths *const paths[] = { [HL__RTP] = &hl__paths_rtp, [HL__DTLS] = &hl__paths_mem,
        [HL__MEM] = NULL };
    hl__addr at;
    char text[200];
    (void)state;
    int fd = telephone(&at);
    begin(settings);
    finish();
    hl__loop_options opt = { .mem = &hl_test_mem, .log = &quiet };
    assert_int_equal(hl__loop_new(&opt, &loop), 0);
    assert_int_equal(hl__media_driver(NULL, paths, &driver), 0);
    snprintf(text, sizeof(text), "{\"settings\":{\"rtc_port\":%u,\"bind\":\"127.0.0.1\"},\"rtc\":{\"cert\":\"x\"}}",
             at.port);
    assert_int_equal(driver.set(driver.d, text), HL_EIO);
    close(fd);
    finish();
}

static void before_settings_requests_are_refused(void **state)
{
    static const hl__paths *const paths[] = { [HL__RTP] = &hl__paths_rtp, [HL__MEM] = NULL };
    (void)state;
    assert_int_equal(hl__media_driver(NULL, paths, &driver), 0);
    hl__msg q = { .kind = HL__Q_OPEN, .leg = 10, .code = HL__RTP };
    assert_int_equal(driver.media->post(driver.d, &q), HL_ELIMIT);
    assert_int_equal(driver.media->room(driver.d, 0), 0);
    driver.end(driver.d);
}

static void ports_may_change_until_somebody_calls(void **state)
{
    hl__addr from;
    (void)state;
    begin("{\"settings\":{\"rtp_ports\":[\"32000-32100\"],\"bind\":\"127.0.0.1\"}}");
    assert_int_equal(driver.set(driver.d, settings), 0);
    int fd = telephone(&from);
    uint16_t port = call_in(26, &from); /* in the range of the second settings */
    assert_int_equal(driver.set(driver.d, "{\"settings\":{\"rtp_ports\":[\"33000-33100\"]}}"), 0);
    assert_int_equal(call_in(42, &from), port + 2);
    close(fd);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_telephone_on_loopback_hears_a_tone_and_its_keys_arrive),
        HL_TEST(two_telephones_talk_over_real_sockets), HL_TEST(a_taken_port_is_told),
        HL_TEST(before_settings_requests_are_refused), HL_TEST(ports_may_change_until_somebody_calls),
    };
    return HL_TEST_MAIN(tests);
}
