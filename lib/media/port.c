/* port.c - sockets of a media thread: one for all browsers, a pair for each telephone; batches both ways.
 *
 * Sockets take both families where the machine has IPv6. Each datagram tells which of our addresses it came to, and an
 * answer leaves from there: a wildcard socket would choose another one, which browsers ignore. */
#include "media/media.h"
#include "io/io.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 64
#define ROOM 1700
#define TRIES 400
#define RCVBUF (4 << 20)
#define PAIR_RCVBUF (256 << 10)

struct port { uint16_t number; bool is_single; int fd[2]; };
struct out { uint32_t len, addr_len; int fd; struct sockaddr_storage to; hl__addr near; uint8_t data[ROOM]; };
struct hl__ports {
    hl__mem *mem;
    hl__map map; /* by even number */
    int epoll, family, dscp;
    uint16_t from, to, next;
    hl__addr bind;
    uint32_t waiting;
    uint64_t lost;
    uint8_t in[BATCH][ROOM];
    struct out out[BATCH];
};

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static uint32_t sockaddr_of(int family, const hl__addr *a, struct sockaddr_storage *out)
{
    if (family == AF_INET || a->family == 6)
        return hl__addr_out(a, out);
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)out;
    memset(six, 0, sizeof(*six));
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(a->port);
    memcpy(&six->sin6_addr, mapped, sizeof(mapped));
    memcpy((uint8_t *)&six->sin6_addr + sizeof(mapped), a->ip, 4);
    return sizeof(*six);
}

static void set_options(const hl__ports *s, int fd, int buffer)
{
    int on = 1, off = 0, tos = s->dscp << 2;
    /* what the kernel refuses here makes sound worse, not impossible */
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
    (void)setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
    (void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
    if (s->family != AF_INET6)
        return;
    (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    (void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
    (void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
}

static int open_socket(const hl__ports *s, uint16_t port, int buffer)
{
    struct sockaddr_storage at;
    hl__addr a = s->bind;
    int fd = socket(s->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return HL_EIO;
    a.port = port;
    if (!a.family)
        a.family = s->family == AF_INET6 ? 6 : 4;
    set_options(s, fd, buffer);
    if (bind(fd, (struct sockaddr *)&at, sockaddr_of(s->family, &a, &at)) < 0) {
        (void)close(fd); /* nothing was sent on it */
        return HL_EIO;
    }
    return fd;
}

static void close_port(hl__ports *s, struct port *p)
{
    for (int i = 0; i < 2; i++)
        if (p->fd[i] >= 0)
            (void)close(p->fd[i]); /* leaves epoll by itself */
    hl__free(s->mem, p);
}

static int watch(const hl__ports *s, int fd, uint32_t number)
{
    struct epoll_event ev = { .events = EPOLLIN, .data.u32 = number };
    return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev) < 0 ? HL_EIO : 0;
}

static int open_port(hl__ports *s, uint16_t number, bool is_single)
{
    struct port *p = hl__alloc(s->mem, sizeof(*p));
    if (!p)
        return HL_ENOMEM;
    *p = (struct port){ .number = number, .is_single = is_single, .fd = { -1, -1 } };
    int buffer = is_single ? RCVBUF : PAIR_RCVBUF, r = 0;
    for (int i = 0; r == 0 && i < (is_single ? 1 : 2); i++) {
        p->fd[i] = open_socket(s, (uint16_t)(number + i), buffer);
        r = p->fd[i] < 0 ? HL_EIO : watch(s, p->fd[i], (uint32_t)number + (uint32_t)i);
    }
    if (r == 0)
        r = hl__map_put(&s->map, number, p);
    if (r < 0)
        close_port(s, p);
    return r;
}

int hl__ports_new(hl__mem *mem, const hl__tuning *t, int epoll, hl__ports **out)
{
    hl__ports *s = hl__alloc(mem, sizeof(*s));
    if (!s)
        return HL_ENOMEM;
    s->mem = mem;
    s->epoll = epoll;
    s->dscp = t->dscp;
    s->from = s->next = t->rtp_from;
    s->to = t->rtp_to;
    hl__map_init(&s->map, mem);
    if (t->bind[0])
        (void)hl__addr_parse(t->bind, 0, &s->bind); /* checked when it was loaded */
    s->family = AF_INET;
    int six = t->ipv6 && s->bind.family != 4 ? socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
    if (six >= 0) {
        s->family = AF_INET6;
        (void)close(six); /* only asked whether there are such */
    }
    *out = s;
    return 0;
}

int hl__ports_fixed(hl__ports *s, uint16_t port, hl__err *err)
{
    int r = open_port(s, port, true);
    if (r == HL_EIO)
        return hl__fail(err, r, "media: UDP port %u: %s; choose another rtc_port", port, strerror(errno));
    return r;
}

int hl__ports_pair(hl__ports *s, uint16_t *port)
{
    for (int i = 0; i < TRIES; i++) {
        uint16_t number = s->next;
        s->next = number + 2 > s->to ? s->from : (uint16_t)(number + 2);
        if (hl__map_get(&s->map, number))
            continue;
        int r = open_port(s, number, false);
        if (r == 0)
            *port = number;
        if (r != HL_EIO)
            return r;
        if (errno == EMFILE || errno == ENFILE)
            return HL_ELIMIT;
    }
    return HL_ELIMIT;
}

void hl__ports_release(hl__ports *s, uint16_t port)
{
    hl__ports_flush(s); /* what waits points to it */
    struct port *p = hl__map_del(&s->map, port);
    if (p)
        close_port(s, p);
}

static struct port *port_of(const hl__ports *s, uint32_t number)
{
    struct port *p = hl__map_get(&s->map, number);
    if (p)
        return p;
    p = hl__map_get(&s->map, number & ~1u);
    return p && !p->is_single ? p : NULL;
}

static void take_near(struct msghdr *m, hl__addr *near)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof(info));
            near->family = 4;
            memcpy(near->ip, &info.ipi_addr, 4);
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof(info));
            bool is_four = !memcmp(&info.ipi6_addr, mapped, sizeof(mapped));
            near->family = is_four ? 4 : 6;
            memcpy(near->ip, (uint8_t *)&info.ipi6_addr + (is_four ? 12 : 0), is_four ? 4 : 16);
        }
    }
}

void hl__ports_read(hl__ports *s, uint32_t number, hl_time now, hl__datagram_fn *fn, void *ctx)
{
    struct mmsghdr m[BATCH];
    struct iovec v[BATCH];
    struct sockaddr_storage from[BATCH];
    _Alignas(struct cmsghdr) uint8_t control[BATCH][96];
    struct port *p = port_of(s, number);
    if (!p)
        return;
    for (int i = 0; i < BATCH; i++) {
        v[i] = (struct iovec){ s->in[i], HL__PACKET_MAX + 225 };
        m[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = &from[i], .msg_namelen = sizeof(from[i]), .msg_iov = &v[i],
            .msg_iovlen = 1, .msg_control = control[i], .msg_controllen = sizeof(control[i]) } };
    }
    int n = recvmmsg(p->fd[number != p->number], m, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) {
        hl__packet in = { .when = now, .len = m[i].msg_len, .room = ROOM, .data = s->in[i] };
        if (m[i].msg_hdr.msg_flags & MSG_TRUNC)
            continue; /* more than 1500 bytes is nobody's sound */
        hl__addr_in(&from[i], &in.far);
        take_near(&m[i].msg_hdr, &in.near);
        in.near.port = (uint16_t)number;
        fn(ctx, &in);
    }
}

void hl__ports_send(hl__ports *s, const hl__packet *p)
{
    struct port *port = port_of(s, p->near.port);
    if (s->waiting == BATCH)
        hl__ports_flush(s);
    if (!port || p->len > ROOM || (s->family == AF_INET && p->far.family != 4)) {
        s->lost++;
        return;
    }
    struct out *o = &s->out[s->waiting++];
    o->fd = port->fd[p->near.port != port->number];
    o->addr_len = sockaddr_of(s->family, &p->far, &o->to);
    o->near = p->near;
    o->len = p->len;
    memcpy(o->data, p->data, p->len);
}

/* Leaves from the address it was asked at. */
static size_t put_near(int family, const hl__addr *near, uint8_t *control)
{
    struct cmsghdr *c = (struct cmsghdr *)(void *)control;
    if (family == AF_INET && near->family == 4) {
        struct in_pktinfo info = { 0 };
        memcpy(&info.ipi_spec_dst, near->ip, 4);
        *c = (struct cmsghdr){ CMSG_LEN(sizeof(info)), IPPROTO_IP, IP_PKTINFO };
        memcpy(CMSG_DATA(c), &info, sizeof(info));
        return CMSG_SPACE(sizeof(info));
    }
    if (family != AF_INET6 || !near->family)
        return 0;
    struct in6_pktinfo info = { 0 };
    bool is_four = near->family == 4;
    if (is_four)
        memcpy(&info.ipi6_addr, mapped, sizeof(mapped));
    memcpy((uint8_t *)&info.ipi6_addr + (is_four ? 12 : 0), near->ip, is_four ? 4 : 16);
    *c = (struct cmsghdr){ CMSG_LEN(sizeof(info)), IPPROTO_IPV6, IPV6_PKTINFO };
    memcpy(CMSG_DATA(c), &info, sizeof(info));
    return CMSG_SPACE(sizeof(info));
}

static uint32_t run_of_one_socket(const hl__ports *s, uint32_t from)
{
    uint32_t to = from + 1;
    while (to < s->waiting && s->out[to].fd == s->out[from].fd)
        to++;
    return to;
}

void hl__ports_flush(hl__ports *s)
{
    struct mmsghdr m[BATCH];
    struct iovec v[BATCH];
    _Alignas(struct cmsghdr) uint8_t control[BATCH][64];
    for (uint32_t i = 0; i < s->waiting; i++) {
        struct out *o = &s->out[i];
        v[i] = (struct iovec){ o->data, o->len };
        m[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = &o->to, .msg_namelen = o->addr_len, .msg_iov = &v[i],
            .msg_iovlen = 1 } };
        size_t size = put_near(s->family, &o->near, control[i]);
        m[i].msg_hdr.msg_control = size ? control[i] : NULL;
        m[i].msg_hdr.msg_controllen = size;
    }
    for (uint32_t i = 0, end; i < s->waiting; i = end) {
        end = run_of_one_socket(s, i);
        int n = sendmmsg(s->out[i].fd, m + i, end - i, MSG_DONTWAIT);
        if (n < (int)(end - i)) { /* full, or unreachable: that one is lost as on any network, the rest is tried */
            s->lost++;
            end = i + (n > 0 ? (uint32_t)n : 0) + 1;
        }
    }
    s->waiting = 0;
}

void hl__ports_free(hl__ports *s)
{
    uint32_t pos = 0;
    if (!s)
        return;
    for (struct port *p; (p = hl__map_at(&s->map, &pos));)
        close_port(s, p);
    hl__map_free(&s->map);
    hl__free(s->mem, s);
}
