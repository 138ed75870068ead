/* ring.c - a bounded queue between two threads: one puts, one takes; no lock.
 *
 * head is written by the putter alone, tail by the taker alone; release on the writer's side and acquire on the
 * reader's make the item visible before its number. */
#include "base/base.h"
#include <string.h>

struct hl__ring {
    uint32_t mask;
    size_t size;
    char apart[48]; /* the two ends on lines of their own; hl__alloc aligns to 16 only */
    _Atomic uint32_t head;
    char apart_too[60];
    _Atomic uint32_t tail;
    char apart_again[60];
    unsigned char item[];
};

int hl__ring_new(hl__mem *mem, uint32_t items, size_t item_size, hl__ring **out)
{
    uint32_t room = 1;
    hl__ring *r;

    while (room < items && room < 1u << 30)
        room *= 2;
    if (item_size > (SIZE_MAX - sizeof(*r)) / room)
        return HL_ENOMEM;
    if (!(r = hl__alloc(mem, sizeof(*r) + room * item_size)))
        return HL_ENOMEM;
    r->mask = room - 1;
    r->size = item_size;
    *out = r;
    return 0;
}

void hl__ring_free(hl__mem *mem, hl__ring *r)
{
    hl__free(mem, r);
}

int hl__ring_put(hl__ring *r, const void *item)
{
    uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);

    if (head - tail > r->mask)
        return HL_ELIMIT;
    memcpy(r->item + (head & r->mask) * r->size, item, r->size);
    atomic_store_explicit(&r->head, head + 1, memory_order_release);
    return 0;
}

int hl__ring_take(hl__ring *r, void *item)
{
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

    if (tail == atomic_load_explicit(&r->head, memory_order_acquire))
        return 0;
    memcpy(item, r->item + (tail & r->mask) * r->size, r->size);
    atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
    return 1;
}

uint32_t hl__ring_room(const hl__ring *r)
{
    uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

    return r->mask + 1 - (head - atomic_load_explicit(&r->tail, memory_order_acquire));
}
