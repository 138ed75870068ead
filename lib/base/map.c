/* map.c - tables by id and by name: open addressing over a dense list, so that walking has the order of insertion.
 *
 * slot[0..used) holds the entries, gaps (value NULL) where some were deleted; index[] holds 1 + place in slot, 0 for a
 * free cell. Deleting leaves the index cell pointing at the gap, so that probing goes on; growing closes the gaps. */
#include "base/base.h"
#include <string.h>

struct hl__slot { uint64_t key; const char *name; void *value; };

void hl__map_init(hl__map *m, hl__mem *mem)
{
    *m = (hl__map){ .mem = mem };
}

void hl__map_free(hl__map *m)
{
    hl__free(m->mem, m->slot);
    hl__free(m->mem, m->index);
    *m = (hl__map){ .mem = m->mem };
}

static uint32_t mix(uint64_t key)
{
    key *= UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(key >> 32);
}

static struct hl__slot *find(const hl__map *m, uint64_t key, const char *name)
{
    if (!m->index)
        return NULL;
    for (uint32_t i = mix(key);; i++) {
        uint32_t at = m->index[i & m->mask];
        if (at == 0)
            return NULL;
        struct hl__slot *s = &m->slot[at - 1];
        if (s->value && s->key == key && (!name || strcmp(s->name, name) == 0))
            return s;
    }
}

static void index_add(uint32_t *index, uint32_t mask, uint64_t key, uint32_t place)
{
    uint32_t i = mix(key);

    while (index[i & mask] != 0)
        i++;
    index[i & mask] = place + 1;
}

/* A table with room for one more, gaps closed; the index stays at most half full. */
static int make_room(hl__map *m)
{
    uint32_t room = 8, mask, used = 0;
    struct hl__slot *slot;
    uint32_t *index;

    if (m->used < m->room)
        return 0;
    while (room < m->live * 2 + 2 && room < 1u << 30)
        room *= 2;
    if (m->live + 1 > room)
        return HL_ELIMIT;
    mask = room * 2 - 1;
    slot = hl__alloc_array(m->mem, room, sizeof(*slot));
    index = hl__alloc_array(m->mem, (size_t)mask + 1, sizeof(*index));
    if (!slot || !index) {
        hl__free(m->mem, slot);
        hl__free(m->mem, index);
        return HL_ENOMEM;
    }
    for (uint32_t i = 0; i < m->used; i++)
        if (m->slot[i].value) {
            slot[used] = m->slot[i];
            index_add(index, mask, slot[used].key, used);
            used++;
        }
    hl__free(m->mem, m->slot);
    hl__free(m->mem, m->index);
    m->slot = slot;
    m->index = index;
    m->room = room;
    m->mask = mask;
    m->used = used;
    return 0;
}

static int put(hl__map *m, uint64_t key, const char *name, void *value)
{
    struct hl__slot *s = find(m, key, name);
    int r;

    if (s) {
        s->name = name;
        s->value = value;
        return 0;
    }
    if ((r = make_room(m)) < 0)
        return r;
    m->slot[m->used] = (struct hl__slot){ key, name, value };
    index_add(m->index, m->mask, key, m->used++);
    m->live++;
    return 0;
}

static void *del(hl__map *m, uint64_t key, const char *name)
{
    struct hl__slot *s = find(m, key, name);
    void *value = s ? s->value : NULL;

    if (s) {
        s->value = NULL;
        s->name = NULL;
        m->live--;
    }
    return value;
}

int hl__map_put(hl__map *m, hl_id key, void *value)
{
    return put(m, (uint64_t)key, NULL, value);
}

void *hl__map_get(const hl__map *m, hl_id key)
{
    struct hl__slot *s = find(m, (uint64_t)key, NULL);

    return s ? s->value : NULL;
}

void *hl__map_del(hl__map *m, hl_id key)
{
    return del(m, (uint64_t)key, NULL);
}

void *hl__map_at(const hl__map *m, uint32_t *pos)
{
    while (*pos < m->used) {
        void *value = m->slot[(*pos)++].value;
        if (value)
            return value;
    }
    return NULL;
}

void hl__names_init(hl__names *n, hl__mem *mem)
{
    hl__map_init(&n->map, mem);
}

void hl__names_free(hl__names *n)
{
    hl__map_free(&n->map);
}

static uint64_t name_key(const char *name)
{
    return hl__fnv(0, name, strlen(name));
}

int hl__names_put(hl__names *n, const char *name, void *value)
{
    return put(&n->map, name_key(name), name, value);
}

void *hl__names_get(const hl__names *n, const char *name)
{
    struct hl__slot *s = find(&n->map, name_key(name), name);

    return s ? s->value : NULL;
}

void *hl__names_del(hl__names *n, const char *name)
{
    return del(&n->map, name_key(name), name);
}

void *hl__names_at(const hl__names *n, uint32_t *pos)
{
    return hl__map_at(&n->map, pos);
}
