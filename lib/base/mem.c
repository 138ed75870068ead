/* mem.c - every byte the library keeps is counted, and may be refused. */
#include "base/base.h"
#include <stdlib.h>
#include <string.h>

/* Before each block stands its size, and the reserve it lies in; 16 bytes keep the alignment malloc promises. */
struct head { size_t size; struct hl__reserve *reserve; };

/* Memory set aside: what malloc refuses is cut from it. It goes with the last block in it. */
struct hl__reserve {
    size_t room, used;
    int64_t blocks;
    bool is_over, knows_no_limit;
    _Alignas(16) unsigned char data[];
};

static void lock(hl__mem *mem)
{
    while (atomic_exchange_explicit(&mem->busy, 1, memory_order_acquire))
        continue; /* held for a few instructions, and only when memory runs out */
}

static void unlock(hl__mem *mem)
{
    atomic_store_explicit(&mem->busy, 0, memory_order_release);
}

static bool refused(hl__mem *mem)
{
    if (mem->fail_at == 0)
        return false;
    if (mem->fail_at < 0) /* stays at -1 once it is reached */
        return mem->fail_at == -1 || ++mem->fail_at == 0;
    return --mem->fail_at == 0;
}

static bool over_limit(hl__mem *mem, size_t more)
{
    return mem->limit > 0 && atomic_load(&mem->used) + (int64_t)more > mem->limit;
}

static void *raw(hl__mem *mem, void *old, size_t size)
{
    if (mem->alloc)
        return mem->alloc(mem->ctx, old, size);
    if (size > 0)
        return realloc(old, size);
    free(old);
    return NULL;
}

static size_t padded(size_t size)
{
    return (size + sizeof(struct head) + 15) & ~(size_t)15;
}

static struct head *cut(hl__mem *mem, size_t size, bool is_over_limit)
{
    struct hl__reserve *r;
    struct head *head = NULL;

    lock(mem);
    r = mem->reserve;
    if (r && (r->knows_no_limit || !is_over_limit) && size < r->room && padded(size) <= r->room - r->used) {
        head = (struct head *)(void *)(r->data + r->used);
        head->reserve = r;
        r->used += padded(size);
        r->blocks++;
    }
    unlock(mem);
    return head;
}

/* The last block of the reserve grows and shrinks where it lies: doubling buffers do not eat it up. */
static bool stretch(hl__mem *mem, struct head *head, size_t size)
{
    struct hl__reserve *r = head->reserve;
    size_t before = padded(head->size), room;
    bool is_last;

    lock(mem);
    is_last = (unsigned char *)head + before == r->data + r->used;
    room = r->room - r->used + before;
    if (is_last && size < room && padded(size) <= room)
        r->used += padded(size) - before;
    else
        is_last = false;
    unlock(mem);
    return is_last;
}

static void give_back(hl__mem *mem, struct head *head)
{
    struct hl__reserve *r = head->reserve, *gone = NULL;
    size_t size = padded(head->size);

    lock(mem);
    if ((unsigned char *)head + size == r->data + r->used)
        r->used -= size;
    if (--r->blocks == 0 && r->is_over)
        gone = r;
    unlock(mem);
    if (gone)
        (void)raw(mem, gone, 0); /* freeing gives nothing back */
}

int hl__reserve_begin(hl__mem *mem, size_t bytes, bool knows_no_limit)
{
    struct hl__reserve *r = refused(mem) || bytes > SIZE_MAX / 2 ? NULL : raw(mem, NULL, sizeof(*r) + bytes);

    if (!r)
        return HL_ENOMEM;
    hl__reserve_end(mem);
    *r = (struct hl__reserve){ .room = bytes, .knows_no_limit = knows_no_limit };
    lock(mem);
    mem->reserve = r;
    unlock(mem);
    return 0;
}

bool hl__reserve_is_whole(hl__mem *mem)
{
    bool is_whole;

    lock(mem);
    is_whole = mem->reserve && mem->reserve->used == 0;
    unlock(mem);
    return is_whole;
}

void hl__reserve_end(hl__mem *mem)
{
    struct hl__reserve *r = mem->reserve;
    bool is_empty;

    if (!r)
        return;
    lock(mem);
    mem->reserve = NULL;
    r->is_over = true;
    is_empty = r->blocks == 0;
    unlock(mem);
    if (is_empty)
        (void)raw(mem, r, 0); /* freeing gives nothing back */
}

/* A block is elsewhere now. */
static struct head *moved(hl__mem *mem, struct head *was, struct head *now, size_t size)
{
    memcpy(now + 1, was + 1, was->size < size ? was->size : size);
    if (was->reserve)
        give_back(mem, was);
    else
        (void)raw(mem, was, 0); /* freeing gives nothing back */
    return now;
}

/* Larger, smaller or new: by malloc, or where malloc and the limit refuse, in the reserve. */
static struct head *resize(hl__mem *mem, struct head *was, size_t size)
{
    size_t before = was ? was->size : 0;
    bool is_cut = was && was->reserve, too_much = size > before && over_limit(mem, size - before);
    struct head *now = too_much || refused(mem) ? NULL : raw(mem, is_cut ? NULL : was, size + sizeof(*now));

    if (now) {
        now->reserve = NULL;
        return is_cut ? moved(mem, was, now, size) : now;
    }
    if (is_cut && !too_much && stretch(mem, was, size))
        return was;
    now = cut(mem, size, too_much);
    return was && now ? moved(mem, was, now, size) : now;
}

void *hl__realloc(hl__mem *mem, void *old, size_t size)
{
    struct head *was = old ? (struct head *)old - 1 : NULL, *now = NULL;
    size_t before = was ? was->size : 0;

    if (size > SIZE_MAX - 64 || !(now = resize(mem, was, size))) {
        atomic_fetch_add(&mem->refused, 1);
        return NULL;
    }
    now->size = size;
    atomic_fetch_add(&mem->used, (int64_t)size - (int64_t)before);
    if (!was)
        atomic_fetch_add(&mem->blocks, 1);
    return now + 1;
}

void *hl__alloc(hl__mem *mem, size_t size)
{
    void *block = hl__realloc(mem, NULL, size);

    if (block)
        memset(block, 0, size);
    return block;
}

void *hl__alloc_array(hl__mem *mem, size_t count, size_t size)
{
    if (size > 0 && count > SIZE_MAX / size)
        return NULL;
    return hl__alloc(mem, count * size);
}

void hl__free(hl__mem *mem, void *block)
{
    if (!block)
        return;
    struct head *head = (struct head *)block - 1;
    atomic_fetch_sub(&mem->used, (int64_t)head->size);
    atomic_fetch_sub(&mem->blocks, 1);
    if (head->reserve)
        give_back(mem, head);
    else
        (void)raw(mem, head, 0); /* freeing gives nothing back */
}

char *hl__strndup(hl__mem *mem, const char *text, size_t len)
{
    char *copy = text ? hl__realloc(mem, NULL, len + 1) : NULL;

    if (!copy)
        return NULL;
    memcpy(copy, text, len);
    copy[len] = 0;
    return copy;
}

char *hl__strdup(hl__mem *mem, const char *text)
{
    return hl__strndup(mem, text, text ? strlen(text) : 0);
}

int hl__grow(hl__mem *mem, void *array, uint32_t *room, uint32_t count, size_t size)
{
    void *now, *bigger;
    uint32_t more;

    if (count < *room)
        return 0;
    if (*room > UINT32_MAX / 2)
        return HL_ELIMIT;
    more = *room ? *room + *room / 2 + 1 : 8;
    if (size > 0 && more > SIZE_MAX / size)
        return HL_ENOMEM;
    memcpy(&now, array, sizeof(now)); /* the pointer's own type is the caller's business */
    if (!(bigger = hl__realloc(mem, now, more * size)))
        return HL_ENOMEM;
    memcpy(array, &bigger, sizeof(bigger));
    *room = more;
    return 0;
}
