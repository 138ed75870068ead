/* addr.c - network addresses: text, the kernel's form, which of ours faces whom. */
#include "io/io.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static int port_parse(const char *text, uint16_t *out)
{
    int64_t n;
    if (!hl__int_parse(text, strlen(text), &n) || n < 0 || n > 65535) return HL_EINVAL;
    *out = (uint16_t)n;
    return 0;
}

/* Splits "[v6]:port", "v4:port", "v6", "v4" into the bare address and the port. */
static int split(const char *text, char host[64], uint16_t *port)
{
    const char *end, *colon = strchr(text, ':');
    bool bracket = text[0] == '[';
    if (bracket) {
        text++;
        if (!(end = strchr(text, ']'))) return HL_EINVAL;
        if (end[1] && end[1] != ':') return HL_EINVAL;
        colon = end[1] ? end + 1 : NULL;
    } else if (colon && strchr(colon + 1, ':')) {
        colon = NULL;
        end = text + strlen(text);
    } else {
        end = colon ? colon : text + strlen(text);
    }
    size_t len = (size_t)(end - text);
    if (len == 0 || len >= 64) return HL_EINVAL;
    memcpy(host, text, len);
    host[len] = 0;
    return colon ? port_parse(colon + 1, port) : 0;
}

int hl__addr_parse(const char *text, uint16_t port, hl__addr *out)
{
    char host[64];
    hl__addr a = { .port = port };
    if (!text || split(text, host, &a.port) < 0) return HL_EINVAL;
    if (inet_pton(AF_INET, host, a.ip) == 1) a.family = 4;
    else if (inet_pton(AF_INET6, host, a.ip) == 1) a.family = 6;
    else return HL_EINVAL;
    *out = a;
    return 0;
}

const char *hl__addr_text(const hl__addr *a, char out[HL__ADDR_TEXT])
{
    char ip[INET6_ADDRSTRLEN] = "";
    if (a->family) inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->ip, ip, sizeof ip);
    if (!a->port) (void)snprintf(out, HL__ADDR_TEXT, "%s", ip);
    else (void)snprintf(out, HL__ADDR_TEXT, a->family == 6 ? "[%s]:%u" : "%s:%u", ip, (unsigned)a->port);
    return out;
}

static hl__addr plain(const hl__addr *a)
{
    hl__addr p = { .family = a->family, .port = a->port };
    if (a->family == 6 && memcmp(a->ip, mapped, 12) == 0) {
        p.family = 4;
        memcpy(p.ip, a->ip + 12, 4);
    } else if (a->family) {
        memcpy(p.ip, a->ip, a->family == 4 ? 4 : 16);
    }
    return p;
}

bool hl__addr_same(const hl__addr *a, const hl__addr *b)
{
    hl__addr x = plain(a), y = plain(b);
    return x.family == y.family && x.port == y.port && memcmp(x.ip, y.ip, 16) == 0;
}

uint32_t hl__addr_out(const hl__addr *a, void *sockaddr)
{
    memset(sockaddr, 0, sizeof(struct sockaddr_storage));
    if (a->family == 4) {
        struct sockaddr_in *in = sockaddr;
        in->sin_family = AF_INET;
        in->sin_port = htons(a->port);
        memcpy(&in->sin_addr, a->ip, 4);
        return sizeof *in;
    }
    if (a->family == 6) {
        struct sockaddr_in6 *in = sockaddr;
        in->sin6_family = AF_INET6;
        in->sin6_port = htons(a->port);
        memcpy(&in->sin6_addr, a->ip, 16);
        return sizeof *in;
    }
    return 0;
}

void hl__addr_in(const void *sockaddr, hl__addr *out)
{
    hl__addr a = { 0 };
    sa_family_t family;
    memcpy(&family, (const char *)sockaddr + offsetof(struct sockaddr, sa_family), sizeof family);
    if (family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sockaddr, sizeof in);
        a.family = 4;
        a.port = ntohs(in.sin_port);
        memcpy(a.ip, &in.sin_addr, 4);
    } else if (family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, sockaddr, sizeof in);
        a.family = 6;
        a.port = ntohs(in.sin6_port);
        memcpy(a.ip, &in.sin6_addr, 16);
        a = plain(&a);
    }
    *out = a;
}

int hl__addr_probe(const hl__addr *at, hl__err *err)
{
    struct sockaddr_storage ss;
    char text[HL__ADDR_TEXT];
    int one = 1;
    socklen_t len = hl__addr_out(at, &ss);
    if (!len) return hl__fail(err, HL_EINVAL, "no address to listen at");
    int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
                bind(fd, (struct sockaddr *)&ss, len) == 0 && listen(fd, 1) == 0;
    int why = errno;
    if (fd >= 0) (void)close(fd); /* nobody had time to connect */
    return good ? 0 : hl__fail(err, HL_EIO, "cannot listen at %s: %s", hl__addr_text(at, text), strerror(why));
}

/* A connected datagram socket sends nothing, but the kernel has chosen its own end. */
int hl__addr_toward(const hl__addr *far, hl__addr *out)
{
    struct sockaddr_storage ss;
    hl__addr to = *far;
    if (!to.port) to.port = 9;
    socklen_t len = hl__addr_out(&to, &ss);
    if (!len) return HL_EINVAL;
    int r = HL_EIO, fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return HL_EIO;
    socklen_t room = sizeof ss;
    if (connect(fd, (struct sockaddr *)&ss, len) == 0 && getsockname(fd, (struct sockaddr *)&ss, &room) == 0) {
        hl__addr_in(&ss, out);
        out->port = 0;
        r = 0;
    }
    (void)close(fd); /* nothing was written */
    return r;
}
