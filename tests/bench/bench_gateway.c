/* bench_gateway.c - 2,000 agents' pages on a real engine: memory of an idle one, operations, how late answers are. */
#include <hotline.h>
#include <hotline/gateway.h>
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PAGES = 2000, OPS = 20000 };
static int page[PAGES], port;
static double late[OPS];
static char room[70000];

static double now_s(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long resident_kb(void)
{
    long all = 0, here = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%ld %ld", &all, &here) != 2) abort();
    fclose(f);
    return here * (sysconf(_SC_PAGESIZE) / 1024);
}

static void must(int ok, const char *what, hl_t *hl)
{
    if (ok) return;
    printf("bench_gateway: %s: %s\n", what, hl_error(hl));
    exit(1);
}

static hl_t *engine(void)
{
    static char json[300000];
    hl_t *hl;
    hl_options opt = HL_OPTIONS_INIT;
    const char *address;
    must(hl_open(&opt, &hl) == 0, "open", NULL);
    size_t n = (size_t)sprintf(json, "{\"hotline\":1,\"queues\":{\"q\":{}},\"gateway\":{\"port\":0,\"max_per_ip\":%d},"
                               "\"agents\":{", PAGES + 10);
    for (int i = 0; i < PAGES; i++)
        n += (size_t)sprintf(json + n, "%s\"a%d\":{\"queues\":{\"q\":{}}}", i ? "," : "", i);
    n += (size_t)sprintf(json + n, "}}");
    must(hl_load(hl, json, n) > 0, "load", hl);
    for (int i = 0; i < 100 && hl_gateway_address(hl, &address) < 0; i++) usleep(10000);
    must(hl_gateway_address(hl, &address) == 0, "listen", hl);
    port = atoi(strrchr(address, ':') + 1);
    return hl;
}

static void frame(int fd, const char *text, size_t len)
{
    unsigned char out[400] = { 0x81, (unsigned char)(0x80 | len) };
    size_t head = 6; /* a mask of zeros */
    if (len >= 126) {
        out[1] = 0x80 | 126;
        out[3] = (unsigned char)len;
        head = 8;
    }
    memcpy(out + head, text, len);
    if (write(fd, out, head + len) != (ssize_t)(head + len)) abort();
}

static size_t answer(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    if (poll(&p, 1, 5000) != 1) return 0;
    ssize_t n = read(fd, room, sizeof room - 1);
    room[n > 0 ? n : 0] = 0;
    return n > 0 ? (size_t)n : 0;
}

static int sign_in(hl_t *hl, int i)
{
    static const char ask[] = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: hotline.v1\r\n\r\n";
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    char name[20], hello[120];
    hl_grant g = HL_GRANT_INIT;
    const char *ticket;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(name, sizeof name, "a%d", i);
    g.role = HL_GRANT_AGENT;
    must(hl_find(hl, HL_KIND_AGENT, name, &g.agent) == 0 && hl_grant_make(hl, &g, &ticket) == 0, "grant", hl);
    int len = snprintf(hello, sizeof hello, "{\"id\":1,\"op\":\"hello\",\"ticket\":\"%s\"}", ticket);
    must(connect(fd, (struct sockaddr *)&to, sizeof to) == 0, "connect", hl);
    if (write(fd, ask, sizeof ask - 1) < 0 || !answer(fd) || !strstr(room, "101")) must(0, "upgrade", hl);
    frame(fd, hello, (size_t)len);
    must(answer(fd) > 4 && strstr(room, "\"ok\":true") != NULL, "hello", hl);
    return fd;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* One after the other: what one page waits while 1,999 others are there. A ping may come before the answer. */
static void latencies(void)
{
    char op[60];
    double cpu = now_s(CLOCK_PROCESS_CPUTIME_ID), begin = now_s(CLOCK_MONOTONIC);
    for (int i = 0; i < OPS; i++) {
        double t = now_s(CLOCK_MONOTONIC);
        int len = snprintf(op, sizeof op, "{\"id\":%d,\"op\":\"state\"}", 2 + i / PAGES);
        frame(page[i % PAGES], op, (size_t)len);
        size_t n;
        do {
            if (!(n = answer(page[i % PAGES]))) abort();
        } while (!memmem(room, n, "\"re\":", 5));
        late[i] = now_s(CLOCK_MONOTONIC) - t;
    }
    double took = now_s(CLOCK_MONOTONIC) - begin;
    cpu = now_s(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    qsort(late, OPS, sizeof *late, by_size);
    printf("gateway: operations one after the other, %d pages: %.0f/s, %.1f us CPU each with the client's; "
           "answers after p50 %.0f us, p99 %.0f us (bar 2,000)\n", PAGES, OPS / took, cpu * 1e6 / OPS,
           late[OPS / 2] * 1e6, late[OPS * 99 / 100] * 1e6);
}

int main(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_max < 2 * PAGES + 100) {
        printf("gateway: not measured, too few descriptors are allowed\n");
        return 0;
    }
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    hl_t *hl = engine();
    page[0] = sign_in(hl, 0);
    long before = resident_kb();
    double t = now_s(CLOCK_MONOTONIC);
    for (int i = 1; i < PAGES; i++) page[i] = sign_in(hl, i);
    printf("gateway: %.0f pages signed in a second\n", (PAGES - 1) / (now_s(CLOCK_MONOTONIC) - t));
    printf("gateway: an idle agent's page takes %.1f KB (without its media)\n",
           (double)(resident_kb() - before) / (PAGES - 1));
    latencies();
    for (int i = 0; i < PAGES; i++) close(page[i]);
    hl_close(hl);
    return 0;
}
