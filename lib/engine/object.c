/* object.c - everything that has a name: rooms (sections of the document) and the objects in them. */
#include "engine/engine.h"
#include <string.h>

int hl__engine_section(hl_t *hl, const hl__section *s, int driver)
{
    hl__room *room = &hl->room[hl->rooms];

    if (hl->rooms == HL__SECTIONS)
        return HL_ELIMIT;
    room->section = *s;
    room->driver = driver;
    hl__names_init(&room->by_name, &hl->mem);
    hl->rooms++;
    return 0;
}

hl__object *hl__object_named(const hl_t *hl, const char *section, const char *name)
{
    for (uint32_t i = 0; i < hl->rooms; i++)
        if (strcmp(hl->room[i].section.name, section) == 0)
            return hl__names_get(&hl->room[i].by_name, name);
    return NULL;
}

hl__object *hl__object_find(const hl_t *hl, int kind, const char *name)
{
    hl__object *found = NULL;

    for (uint32_t i = 0; i < hl->rooms && !found; i++)
        if (hl->room[i].section.kind == kind)
            found = hl__names_get(&hl->room[i].by_name, name);
    return found;
}

/* By id: the least one above `after`. A walk is enough; lists are asked for by people. */
int hl__object_next(const hl_t *hl, int kind, hl_id after, const hl__object **out)
{
    const hl__object *best = NULL, *o;

    for (uint32_t at = 0; (o = hl__map_at(&hl->objects, &at));)
        if (hl_kind(o->id) == kind && o->id > after && (!best || o->id < best->id))
            best = o;
    if (!best)
        return 0;
    *out = best;
    return 1;
}

void hl__object_free(hl_t *hl, hl__object *o)
{
    if (!o)
        return;
    hl__free(&hl->mem, o->name);
    hl__free(&hl->mem, o->title);
    hl__free(&hl->mem, o->canon);
    hl__free(&hl->mem, o);
}

void hl__objects_free(hl_t *hl)
{
    for (uint32_t i = 0; i < hl->rooms; i++) {
        hl__object *o;
        for (uint32_t at = 0; (o = hl__names_at(&hl->room[i].by_name, &at));)
            hl__object_free(hl, o);
        hl__names_free(&hl->room[i].by_name);
    }
    hl__map_free(&hl->objects);
}
