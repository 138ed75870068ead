/* bench_answer.c - how soon a caller hears something: milliseconds from the 200 OK to the first sound, by real sockets.
 */
#include "hl_test.h"
#include <hotline.h>
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CALLS = 50, SIP_PORT = 5390, RTP_PORT = 7390, OUR_PORT = 5391 };

static const char document[] =
    "{\"hotline\":1,\"listeners\":{\"a\":{\"bind\":\"127.0.0.1:5390\",\"accept\":\"both\"}},"
    "\"trunks\":{\"t\":{\"auth\":\"ip\",\"acl\":[\"127.0.0.0/8\"],\"cps\":1000}},"
    "\"media\":{\"bind\":\"127.0.0.1\",\"rtc_port\":42390},\"prompts\":{\"hello\":{\"zh-CN\":{\"clip\":\"hello\","
    "\"text\":\"x\"}}},"
    "\"flows\":{\"f\":{\"format\":1,\"entry\":\"p\",\"langs\":[\"zh-CN\"],\"nodes\":{\"p\":{\"do\":\"play\",\"prompt\":"
    "[{\"p\":\"hello\"}],\"next\":\"e\"},\"e\":{\"do\":\"hangup\"}},\"on\":{\"hangup\":\"e\",\"error\":\"e\",\"max_"
    "ms\":\"e\"}}},"
    "\"numbers\":{\"1\":{\"flow\":\"f\"}}}";

static double ms_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int udp(int port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

static void send_to_hotline(int fd, const char *text, size_t len)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(SIP_PORT) };

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(sendto(fd, text, len, 0, (struct sockaddr *)&to, sizeof(to)) == (ssize_t)len);
}

static void request(int fd, const char *method, int call, const char *to_tag, const char *body)
{
    char text[2048];
    int cseq = strcmp(method, "BYE") == 0 ? 2 : 1;
    int len =
        snprintf(text, sizeof(text),
                 "%s sip:1@127.0.0.1:%d SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%d%s\r\n"
                 "From: <sip:2@127.0.0.1>;tag=a%d\r\nTo: <sip:1@127.0.0.1>%s\r\nCall-ID: c%d@127.0.0.1\r\n"
                 "CSeq: %d %s\r\nContact: <sip:2@127.0.0.1:%d>\r\nMax-Forwards: 70\r\n%sContent-Length: %zu\r\n\r\n%s",
                 method, SIP_PORT, OUR_PORT, call, method, call, to_tag, call, cseq, method, OUR_PORT,
                 body[0] ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);

    send_to_hotline(fd, text, (size_t)len);
}

/* Waits for a datagram; its length, 0: none in time. */
static ssize_t receive(int fd, char *data, size_t room, int ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    ssize_t n = poll(&p, 1, ms) > 0 ? recv(fd, data, room - 1, 0) : 0;

    if (n > 0)
        data[n] = 0;
    return n;
}

static double one_call(int sip, int rtp, int call)
{
    char data[4096], tag[200] = "", *at;
    double answered = 0, heard = 0;

    while (receive(rtp, data, sizeof(data), 0) > 0)
        ; /* what is left of the call before */
    request(sip, "INVITE", call, "", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                                     "m=audio 7390 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n");
    while (answered == 0 && receive(sip, data, sizeof(data), 3000) > 0)
        if (strncmp(data, "SIP/2.0 200", 11) == 0)
            answered = ms_now();
    at = strstr(data, "\r\nTo: ");
    assert_non_null(at);
    at = strstr(at, ";tag=");
    snprintf(tag, sizeof(tag), "%.*s", (int)strcspn(at, "\r"), at);
    request(sip, "ACK", call, tag, "");
    while (heard == 0 && receive(rtp, data, sizeof(data), 3000) > 12)
        for (int i = 12; i < 60; i++)
            if ((unsigned char)data[i] != 0xd5 && (unsigned char)data[i] != 0x55)
                heard = ms_now();
    request(sip, "BYE", call, tag, "");
    while (receive(sip, data, sizeof(data), 1000) > 0 && !strstr(data, "2 BYE"))
        ;
    assert_true(answered > 0 && heard > 0);
    return heard - answered;
}

static int by_size(const void *a, const void *b)
{
    return *(const double *)a < *(const double *)b ? -1 : 1;
}

static void write_prompt(const char *files)
{
    unsigned char head[44] = "RIFF....WAVEfmt \20\0\0\0\1\0\1\0\200>\0\0\0}\0\0\2\0\20\0data";
    char path[600];
    uint32_t bytes = 32000, all = bytes + 36;
    FILE *f;

    snprintf(path, sizeof(path), "%s/prompts", files);
    (void)mkdir(path, 0777);
    snprintf(path, sizeof(path), "%s/prompts/zh-CN", files);
    (void)mkdir(path, 0777);
    snprintf(path, sizeof(path), "%s/prompts/zh-CN/hello.wav", files);
    memcpy(head + 4, &all, 4);
    memcpy(head + 40, &bytes, 4);
    assert_non_null(f = fopen(path, "wb"));
    fwrite(head, 1, sizeof(head), f);
    for (int i = 0; i < 16000; i++) {
        int16_t v = (int16_t)(i % 32 < 16 ? 8000 : -8000);
        fwrite(&v, 2, 1, f);
    }
    fclose(f);
}

static void bench(void **state)
{
    hl_options opt = HL_OPTIONS_INIT;
    hl_event ev = HL_EVENT_INIT;
    const char *files = hl_test_temp();
    int sip = udp(OUR_PORT), rtp = udp(RTP_PORT), voices = 0;
    double ms[CALLS];
    hl_t *hl;

    (void)state;
    write_prompt(files);
    opt.files = files;
    assert_int_equal(hl_open(&opt, &hl), 0);
    hl_test_ok(hl_load(hl, document, strlen(document)) >= 0, "%s", hl_error(hl));
    while (!voices && hl_poll(hl, 10000) > 0)
        while (hl_next(hl, &ev) == 1)
            voices |= ev.type == HL_EV_DRIVER && strcmp(ev.text, "voice") == 0 && ev.code == 0;
    for (int i = 0; i < CALLS; i++)
        ms[i] = one_call(sip, rtp, i + 1);
    qsort(ms, CALLS, sizeof(ms[0]), by_size);
    printf("# first sound after the answer, %d calls over loopback: median %.1f ms, p95 %.1f ms, most %.1f ms (bar 100 "
           "ms)\n",
           CALLS, ms[CALLS / 2], ms[CALLS * 95 / 100], ms[CALLS - 1]);
    close(sip);
    close(rtp);
    hl_close(hl);
}

int main(void)
{
    const struct CMUnitTest tests[] = { HL_TEST(bench) };

    return HL_TEST_MAIN(tests);
}
