/* mem.c - every byte the library keeps is counted, and may be refused. */
#include "base/base.h"
#include <stdlib.h>
#include <string.h>

/* Before each block stands its size; 16 bytes keep the alignment malloc promises. */
struct head { size_t size, spare; };

static bool refused(hl__mem *mem, size_t more)
{
    if (mem->limit > 0 && atomic_load(&mem->used) + (int64_t)more > mem->limit)
        return true;
    if (mem->fail_at == 0)
        return false;
    if (mem->fail_at < 0) /* stays at -1 once it is reached */
        return mem->fail_at == -1 || ++mem->fail_at == 0;
    return --mem->fail_at == 0;
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

void *hl__realloc(hl__mem *mem, void *old, size_t size)
{
    struct head *was = old ? (struct head *)old - 1 : NULL, *now;
    size_t before = was ? was->size : 0;

    if (size > SIZE_MAX - sizeof(*now) || refused(mem, size > before ? size - before : 0))
        return NULL;
    if (!(now = raw(mem, was, size + sizeof(*now))))
        return NULL;
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
