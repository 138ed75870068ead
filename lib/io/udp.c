/* udp.c - datagram sockets: read in batches, sent in batches at the end of the turn.
 *
 * Queued datagrams lie one behind the other in one buffer: a head (address, length), then the bytes, padded to the
 * head's alignment. What the kernel has no room for stays; what it refuses is counted and left out. */
#include "io/loop.h"
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 64
#define DATAGRAM 16384 /* longer ones are cut, counted and not handed on */
#define QUEUE (256 * 1024)
#define ROUNDS 4       /* batches in one go, so that a flood leaves the loop its turn */
#define KERNEL_ROOM (4 * 1024 * 1024)

struct head { hl__addr to; uint32_t len, room; };

struct hl__udp {
    hl__loop *loop;
    hl__udp *next;
    hl__watch *watch;
    hl__udp_fn *fn;
    void *ctx;
    hl__addr at;
    int fd, waits; /* waits: the kernel's queue was full */
    hl__udp_stats stats;
    size_t used;
    uint8_t *queue;
};

struct hl__udp_in {
    struct mmsghdr msg[BATCH];
    struct iovec vec[BATCH];
    struct sockaddr_storage far[BATCH];
    hl__packet packet[BATCH];
    uint8_t data[BATCH][DATAGRAM];
};

static uint32_t batch_read(hl__udp *u, struct hl__udp_in *in)
{
    for (int i = 0; i < BATCH; i++) {
        in->vec[i] = (struct iovec){ in->data[i], DATAGRAM };
        in->msg[i].msg_hdr = (struct msghdr){ .msg_name = &in->far[i], .msg_namelen = sizeof in->far[i],
            .msg_iov = &in->vec[i], .msg_iovlen = 1 };
    }
    int n = recvmmsg(u->fd, in->msg, BATCH, MSG_DONTWAIT, NULL);
    return n > 0 ? (uint32_t)n : 0;
}

static uint32_t batch_sift(hl__udp *u, struct hl__udp_in *in, uint32_t n)
{
    hl_time now = hl__loop_now(u->loop);
    uint32_t good = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (in->msg[i].msg_hdr.msg_flags & MSG_TRUNC) {
            u->stats.truncated++;
            continue;
        }
        hl__packet *p = &in->packet[good++];
        *p = (hl__packet){ .when = now, .len = in->msg[i].msg_len, .room = DATAGRAM, .data = in->data[i] };
        hl__addr_in(&in->far[i], &p->far);
    }
    u->stats.in += good;
    return good;
}

static void readable(hl__udp *u)
{
    struct hl__udp_in *in = u->loop->in;
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t n = batch_read(u, in);
        uint32_t good = batch_sift(u, in, n);
        if (good) u->fn(u->ctx, u, in->packet, good);
        if (n < BATCH) return;
    }
}

static void ready(void *ctx, int fd, uint32_t what)
{
    hl__udp *u = ctx;
    (void)fd;
    if (what & HL__WRITE) hl__udp_flush(u);
    if (what & HL__READ) readable(u);
}

static size_t record_size(size_t len)
{
    return sizeof(struct head) + (len + 7) / 8 * 8;
}

/* Up to a batch from the queue's byte `at`; how many, and the bytes each takes in size[]. */
static unsigned batch_fill(hl__udp *u, size_t at, struct mmsghdr *msg, struct iovec *vec, struct sockaddr_storage *to)
{
    unsigned n = 0;
    for (; n < BATCH && at < u->used; n++) {
        struct head *h = (struct head *)(void *)(u->queue + at);
        vec[n] = (struct iovec){ h + 1, h->len };
        socklen_t len = hl__addr_out(&h->to, &to[n]);
        msg[n].msg_hdr = (struct msghdr){ .msg_name = &to[n], .msg_namelen = len, .msg_iov = &vec[n], .msg_iovlen = 1 };
        at += record_size(h->len);
    }
    return n;
}

static size_t queue_skip(const hl__udp *u, size_t at, int count)
{
    for (int i = 0; i < count; i++) at += record_size(((const struct head *)(const void *)(u->queue + at))->len);
    return at;
}

static void waits_set(hl__udp *u, int waits)
{
    if (u->waits == waits) return;
    u->waits = waits;
    (void)hl__watch_set(u->watch, waits ? HL__READ | HL__WRITE : HL__READ); /* else the end of the next turn tries */
}

void hl__udp_flush(hl__udp *u)
{
    struct mmsghdr msg[BATCH];
    struct iovec vec[BATCH];
    struct sockaddr_storage to[BATCH];
    size_t at = 0;
    int full = 0;
    while (at < u->used && !full) {
        unsigned n = batch_fill(u, at, msg, vec, to);
        int sent = sendmmsg(u->fd, msg, n, MSG_DONTWAIT);
        if (sent > 0) {
            u->stats.out += sent;
            at = queue_skip(u, at, sent);
        } else if (errno == EAGAIN || errno == ENOBUFS) {
            full = 1;
        } else if (errno != EINTR) {
            u->stats.out_errors++;
            at = queue_skip(u, at, 1);
        }
    }
    if (at) memmove(u->queue, u->queue + at, u->used - at);
    u->used -= at;
    waits_set(u, full);
}

void hl__udp_flush_all(hl__loop *l)
{
    for (hl__udp *u = l->udp; u; u = u->next)
        if (u->used && !u->waits) hl__udp_flush(u);
}

int hl__udp_send(hl__udp *u, const hl__addr *to, const void *data, size_t len)
{
    if (len > 65507 || !to->family) return HL_EINVAL;
    if (u->used + record_size(len) > QUEUE && !u->waits) hl__udp_flush(u);
    if (u->used + record_size(len) > QUEUE) {
        u->stats.out_full++;
        return HL_ELIMIT;
    }
    struct head *h = (struct head *)(void *)(u->queue + u->used);
    *h = (struct head){ .to = *to, .len = (uint32_t)len };
    memcpy(h + 1, data, len);
    u->used += record_size(len);
    return 0;
}

static int bound(hl__udp *u, const hl__addr *at, hl__err *err)
{
    struct sockaddr_storage ss;
    socklen_t len = hl__addr_out(at, &ss);
    char text[HL__ADDR_TEXT];
    int one = 1, room = KERNEL_ROOM;
    if (!len) return hl__fail(err, HL_EINVAL, "no address to bind to");
    u->fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (u->fd < 0) return hl__fail(err, HL_EIO, "no socket for %s: %s", hl__addr_text(at, text), strerror(errno));
    if (at->family == 6) (void)setsockopt(u->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one); /* else it is both */
    if (setsockopt(u->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0)
        (void)setsockopt(u->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room); /* the kernel gives what it allows */
    if (bind(u->fd, (struct sockaddr *)&ss, len) < 0)
        return hl__fail(err, HL_EIO, "cannot bind to %s: %s", hl__addr_text(at, text), strerror(errno));
    len = sizeof ss;
    if (getsockname(u->fd, (struct sockaddr *)&ss, &len) < 0) return hl__fail(err, HL_EIO, "%s", strerror(errno));
    hl__addr_in(&ss, &u->at);
    return 0;
}

static void dispose(hl__udp *u)
{
    hl__watch_free(u->watch);
    if (u->fd >= 0) (void)close(u->fd); /* a datagram socket has nothing to report */
    hl__free(u->loop->mem, u->queue);
    hl__free(u->loop->mem, u);
}

int hl__udp_open(hl__loop *l, const hl__addr *at, hl__udp_fn *fn, void *ctx, hl__err *err, hl__udp **out)
{
    if (!l->in && !(l->in = hl__alloc(l->mem, sizeof *l->in))) return hl__fail(err, HL_ENOMEM, "out of memory");
    hl__udp *u = hl__alloc(l->mem, sizeof *u);
    if (!u) return hl__fail(err, HL_ENOMEM, "out of memory");
    *u = (hl__udp){ .loop = l, .fn = fn, .ctx = ctx, .fd = -1 };
    int r = HL_ENOMEM;
    if (!(u->queue = hl__alloc(l->mem, QUEUE))) goto fail;
    if ((r = bound(u, at, err)) < 0) goto fail;
    if ((r = hl__watch_new(l, u->fd, HL__READ, ready, u, &u->watch)) < 0) goto fail;
    u->next = l->udp;
    l->udp = u;
    *out = u;
    return 0;
fail:
    if (r == HL_ENOMEM) (void)hl__fail(err, r, "out of memory");
    dispose(u);
    return r;
}

void hl__udp_close(hl__udp *u)
{
    if (!u) return;
    hl__udp_flush(u);
    hl__udp **p = &u->loop->udp;
    while (*p != u) p = &(*p)->next;
    *p = u->next;
    dispose(u);
}

const hl__addr *hl__udp_at(const hl__udp *u)
{
    return &u->at;
}

const hl__udp_stats *hl__udp_figures(const hl__udp *u)
{
    return &u->stats;
}
