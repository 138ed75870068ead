/* test_page.c - a page on loopback: real sockets, a real thread, ICE, DTLS, SRTP, and a telephone at the other end. */
#include "hl_test.h"
#include "io/io.h"
#include "media/media.h"
#include "webrtc/page.h"
#include "webrtc/webrtc.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The engine of straw. */
static hl__loop *loop;
static void no_line(void *ctx, int level, const char *text)
{
    (void)ctx;
    (void)level;
    (void)text;
}
static hl__logger quiet = { no_line, NULL, HL_LOG_DEBUG };
void hl__wake(hl_t *hl) { (void)hl; }
void *hl__lws(hl_t *hl) { (void)hl; return hl__loop_lws(loop); }
hl__mem *hl__mem_of(hl_t *hl) { (void)hl; return &hl_test_mem; }
hl__logger *hl__log_of(hl_t *hl) { (void)hl; return &quiet; }
uint64_t hl__seed_of(hl_t *hl) { (void)hl; return 5; }
void hl__tick(hl_t *hl, hl_time now) { (void)hl; (void)now; }
hl_time hl__due(hl_t *hl) { (void)hl; return INT64_MAX; }

static hl__driver driver;
static int phone, browser; /* sockets */
static uint16_t phone_port, rtc_port;
static struct { bool up, answered; char answer[4096]; hl__media local; } told;

static int udp(uint16_t *port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(a);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    *port = ntohs(a.sin_port);
    return fd;
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

static void take_reports(void)
{
    hl__msg m;
    while (driver.media->take(driver.d, &m) == 1) {
        told.up = told.up || (m.kind == HL__R_UP && m.session);
        if (m.kind == HL__R_LOCAL && m.blob && m.blob->kind == HL__SDP && m.blob->len < sizeof(told.answer)) {
            memcpy(told.answer, m.blob->data, m.blob->len);
            told.answered = true;
        }
        if (m.kind == HL__R_LOCAL && m.blob && m.blob->kind == HL__MEDIA)
            memcpy(&told.local, m.blob->data, sizeof(told.local));
        hl__free(&hl_test_mem, m.blob);
    }
}

static void begin(void)
{
    static const hl__paths *const paths[] = { [HL__RTP] = &hl__paths_rtp, [HL__DTLS] = &hl__paths_dtls,
        [HL__MEM] = NULL };
    hl__loop_options opt = { .mem = &hl_test_mem, .log = &quiet };
    hl__buf pem, json;
    close(udp(&rtc_port)); /* free a moment ago */
    assert_int_equal(hl__loop_new(&opt, &loop), 0);
    assert_int_equal(hl__media_driver(NULL, paths, &driver), 0);
    assert_int_equal(driver.start(driver.d, "{}"), 0);
    hl__buf_init(&pem, &hl_test_mem);
    hl__buf_init(&json, &hl_test_mem);
    assert_int_equal(hl__webrtc_cert(&pem, hl__loop_now(loop)), 0);
    hl__buf_fmt(&json, "{\"settings\":{\"bind\":\"127.0.0.1\",\"rtc_port\":%u,\"rtp_ports\":[\"31200-31300\"]},"
                "\"rtc\":{\"cert\":", rtc_port);
    hl__buf_json(&json, pem.data);
    hl__buf_str(&json, "}}");
    assert_int_equal(driver.set(driver.d, json.data), 0);
    hl__buf_free(&pem);
    hl__buf_free(&json);
    memset(&told, 0, sizeof(told));
}

static void finish(void)
{
    driver.stop(driver.d);
    take_reports();
    driver.end(driver.d);
    hl__loop_free(loop);
    close(phone);
    close(browser);
}

static void send_to(int fd, uint16_t port, const void *data, size_t len)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    a.sin_port = htons(port);
    assert_int_equal(sendto(fd, data, len, 0, (struct sockaddr *)&a, sizeof(a)), (ssize_t)len);
}

/* All the page has to say; then what comes within 5 ms. Clear RTP: its length, in data. */
static size_t exchange(page *p, uint8_t data[2048])
{
    uint8_t out[2048];
    size_t len;
    page_time(p, hl__loop_now(loop));
    while ((len = page_output(p, out, sizeof(out))) > 0)
        send_to(browser, rtc_port, out, len);
    take_reports();
    struct pollfd ready = { .fd = browser, .events = POLLIN };
    if (poll(&ready, 1, 5) <= 0)
        return 0;
    ssize_t n = recv(browser, data, 2048, 0);
    len = n > 0 ? (size_t)n : 0;
    return n > 0 && page_input(p, hl__loop_now(loop), data, &len) == 1 ? len : 0;
}

static hl_time deadline(void)
{
    return hl__loop_now(loop) + 15 * (hl_time)HL__SECOND;
}

static void log_in(page *p)
{
    uint8_t data[2048];
    const char *offer = page_offer(p);
    post((hl__msg){ .kind = HL__Q_OPEN, .session = 14, .gen = 1, .code = HL__DTLS }, HL__SDP, offer, strlen(offer));
    for (hl_time until = deadline(); !told.answered; take_reports(), poll(NULL, 0, 1))
        assert_true(hl__loop_now(loop) < until);
    assert_true(page_answer(p, told.answer, strlen(told.answer)));
    assert_int_equal(page_port(p), rtc_port);
    page_check(p, true);
    for (hl_time until = deadline(); !page_checked(p); (void)exchange(p, data))
        assert_true(hl__loop_now(loop) < until);
    page_hello(p);
    for (hl_time until = deadline(); !page_up(p) || !told.up; (void)exchange(p, data))
        assert_true(hl__loop_now(loop) < until);
}

static uint16_t call_in(void)
{
    hl__media m = { .size = sizeof(m), .dir = HL__SENDRECV, .transport = HL__RTP, .n = 1, .dtmf_pt = 101 };
    m.rtp = (hl__addr){ .ip = { 127, 0, 0, 1 }, .port = phone_port, .family = 4 };
    m.codec[0] = (hl__codec){ HL__PCMA, 8, 20, 1, 8000, 0 };
    post((hl__msg){ .kind = HL__Q_OPEN, .leg = 26, .gen = 1, .code = HL__RTP }, HL__MEDIA, &m, sizeof(m));
    for (hl_time until = deadline(); !told.local.rtp.port; take_reports(), poll(NULL, 0, 1))
        assert_true(hl__loop_now(loop) < until);
    return told.local.rtp.port;
}

static void a_page_and_a_telephone_hear_each_other_over_real_sockets(void **state)
{
    uint8_t data[2048], frame[172];
    uint16_t port, unused;
    int down = 0, up = 0;
    (void)state;
    begin();
    phone = udp(&phone_port);
    browser = udp(&unused);
    page *p = page_new(&(page_options){ .kind = PAGE_CHROMIUM });
    log_in(p);
    port = call_in();
    post((hl__msg){ .kind = HL__Q_BIND, .session = 14, .leg = 42, .gen = 1 }, 0, NULL, 0);
    hl__mix mix = { .rows = 2, .row = { { .leg = 26, .gen = 1, .hears = 2 }, { .leg = 42, .gen = 1, .hears = 1 } } };
    post((hl__msg){ .kind = HL__Q_MIX, .ref = 9 }, HL__MIX, &mix, sizeof(mix));
    hl__coder *opus;
    assert_int_equal(hl__coder_new(&hl_test_mem, HL__OPUS, 8000, true, &opus), 0);
    hl_time until = deadline();
    for (uint32_t i = 0; down < 20 || up < 20; i++) {
        assert_true(hl__loop_now(loop) < until);
        hl__rtp r = { .pt = 8, .seq = (uint16_t)i, .ts = 160 * i, .ssrc = 9 };
        hl__rtp_write(frame, &r);
        memset(frame + 12, 0x33, 160);
        send_to(phone, port, frame, sizeof(frame));
        int16_t pcm[160];
        uint8_t body[400], packet[800];
        for (int k = 0; k < 160; k++)
            pcm[k] = (int16_t)(k % 20 < 10 ? 6000 : -6000);
        int n = hl__encode(opus, pcm, 160, body, sizeof(body));
        size_t len = page_rtp(p, (uint8_t)page_pt(p, "opus/48000/2"), 960, body, (size_t)n, packet);
        send_to(browser, rtc_port, packet, len);
        for (int k = 0; k < 4; k++) {
            len = exchange(p, data);
            if (len && hl__rtp_read(data, len, &r) == 0 && r.pt == 8 && r.body[0] == 0x33)
                down++; /* the telephone's own bytes */
        }
        while (recv(phone, data, sizeof(data), MSG_DONTWAIT) == 172) {
            hl__alaw_decode(data + 12, 160, pcm);
            for (int k = 0; k < 160; k++)
                if (abs(pcm[k]) > 2000) {
                    up++; /* what the page said, decoded and encoded */
                    break;
                }
        }
    }
    hl__coder_free(opus);
    page_free(p);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = { HL_TEST(a_page_and_a_telephone_hear_each_other_over_real_sockets) };
    return HL_TEST_MAIN(tests);
}
