/* watch.c - descriptors that wake the loop, in one epoll set.
 *
 * An event carries a slot and a generation: a watch freed by an earlier function of the same batch is not called. */
#include "io/loop.h"
#include <errno.h>
#include <sys/epoll.h>

struct hl__watch {
    hl__loop *loop;
    hl__ready_fn *fn;
    void *ctx;
    int fd;
    uint32_t slot, generation;
};

static uint32_t mask(uint32_t what)
{
    return (what & HL__READ ? EPOLLIN : 0u) | (what & HL__WRITE ? EPOLLOUT : 0u);
}

static struct epoll_event event(const hl__watch *w, uint32_t what)
{
    return (struct epoll_event){ .events = mask(what), .data.u64 = (uint64_t)w->generation << 32 | w->slot };
}

static int slot_find(hl__loop *l, uint32_t *out)
{
    uint32_t i = 0;
    while (i < l->watches && l->watch[i]) i++;
    if (i == l->watches) {
        int r = hl__grow(l->mem, &l->watch, &l->watch_room, l->watches, sizeof *l->watch);
        if (r < 0) return r;
        l->watch[l->watches++] = NULL;
    }
    *out = i;
    return 0;
}

int hl__watch_new(hl__loop *l, int fd, uint32_t what, hl__ready_fn *fn, void *ctx, hl__watch **out)
{
    uint32_t slot;
    int r = slot_find(l, &slot);
    if (r < 0) return r;
    hl__watch *w = hl__alloc(l->mem, sizeof *w);
    if (!w) return HL_ENOMEM;
    *w = (hl__watch){ .loop = l, .fn = fn, .ctx = ctx, .fd = fd, .slot = slot, .generation = ++l->generation };
    struct epoll_event ev = event(w, what);
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) < 0) {
        hl__free(l->mem, w);
        return HL_EIO;
    }
    l->watch[slot] = w;
    *out = w;
    return 0;
}

int hl__watch_set(hl__watch *w, uint32_t what)
{
    struct epoll_event ev = event(w, what);
    return epoll_ctl(w->loop->epoll, EPOLL_CTL_MOD, w->fd, &ev) < 0 ? HL_EIO : 0;
}

void hl__watch_free(hl__watch *w)
{
    if (!w) return;
    (void)epoll_ctl(w->loop->epoll, EPOLL_CTL_DEL, w->fd, NULL); /* fails only if the owner has closed it already */
    w->loop->watch[w->slot] = NULL;
    hl__free(w->loop->mem, w);
}

void hl__watch_ready(hl__loop *l)
{
    struct epoll_event evs[64];
    int n = epoll_wait(l->epoll, evs, HL__COUNT(evs), 0);
    for (int i = 0; i < n; i++) {
        uint32_t slot = (uint32_t)evs[i].data.u64, generation = (uint32_t)(evs[i].data.u64 >> 32);
        hl__watch *w = slot < l->watches ? l->watch[slot] : NULL;
        if (!w || w->generation != generation) continue;
        uint32_t what = evs[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP) ? HL__READ : 0; /* reading tells why */
        w->fn(w->ctx, w->fd, what | (evs[i].events & EPOLLOUT ? (uint32_t)HL__WRITE : 0));
    }
}
