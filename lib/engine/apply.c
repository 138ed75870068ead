/* apply.c - a plan carried out: additions and changes, then removals; all of it, or none.
 *
 * What can be made before is made before: names, titles, ids, the old objects' JSON. Domains allocate while they take
 * an object over; what malloc refuses them then is cut from memory set aside, which the load lets go of at its end. So
 * only max_memory can stop a plan half way: then it is undone in the opposite order, with the limit lifted, for what
 * comes back was there before. */
#include "engine/plan.h"
#include <string.h>

/* A calendar is compiled for many years, and anew when a set of days it names changes. */
enum { ASIDE = 256 * 1024, ASIDE_OBJECT = 8 * 1024, ASIDE_BYTE = 24, ASIDE_CALENDAR = 512 * 1024 };
static const size_t aside_most = (size_t)256 << 20; /* address space: pages nobody needs are never touched */

/* The object of a new entry, found by name and id from now on. */
static int make_object(hl_t *hl, hl__entry *e)
{
    int kind = e->room->section.kind;
    hl__object *o = hl__alloc(&hl->mem, sizeof(*o));
    int r;

    if (!o)
        return HL_ENOMEM;
    e->fresh = o;
    o->room = e->room;
    o->id = hl->core.id(&hl->core, kind ? kind : HL_KIND_PART);
    if (!(o->name = hl__strdup(&hl->mem, e->name)))
        return HL_ENOMEM;
    if ((r = hl__names_put(&e->room->by_name, o->name, o)) < 0)
        return r;
    return hl__map_put(&hl->objects, o->id, o);
}

static void drop_object(hl_t *hl, hl__object *o)
{
    hl__names_del(&o->room->by_name, o->name);
    hl__map_del(&hl->objects, o->id);
}

static int apply_one(const hl__entry *e, const hl__json *value)
{
    const hl__section *s = &e->room->section;
    const hl__object *o = e->was ? e->was : e->fresh;

    return s->apply ? s->apply(s->domain, s->kind ? o->id : 0, e->name, value) : 0;
}

static int prepare(hl_t *hl, hl__entry *e)
{
    const char *title = e->now ? hl__json_text(hl__json_get(e->now, "title")) : NULL;

    if (!e->changed)
        return 0;
    if (e->was && !(e->before = hl__json_read(e->was->canon, strlen(e->was->canon), NULL)))
        return HL_ENOMEM;
    if (e->now && !(e->title = hl__strdup(&hl->mem, title ? title : "")))
        return HL_ENOMEM;
    return e->was ? 0 : make_object(hl, e);
}

static size_t needs(const hl_t *hl, const hl__entry *e)
{
    size_t bytes = 0;

    if (e->now && e->room->section.domain == hl->calendars)
        bytes += ASIDE_CALENDAR;
    if (e->now && e->changed)
        bytes += ASIDE_OBJECT + ASIDE_BYTE * strlen(e->canon);
    return bytes;
}

static int prepare_all(hl__planned *p)
{
    size_t aside = ASIDE;
    int r = 0;

    for (uint32_t i = 0; i < p->hl->rooms && r >= 0; i++)
        for (hl__entry *e = p->first[i]; e && r >= 0; e = e->next)
            if ((r = prepare(p->hl, e)) == 0)
                aside += needs(p->hl, e);
    return r < 0 ? r : hl__reserve_begin(&p->hl->mem, aside < aside_most ? aside : aside_most, false);
}

static int apply_room(hl__planned *p, uint32_t room, bool removing)
{
    int r = 0;

    for (hl__entry *e = p->first[room]; e && r >= 0; e = e->next) {
        if (!e->changed || !e->now != removing)
            continue;
        e->below = p->applied; /* also if it fails: half of it may stand */
        p->applied = e;
        r = apply_one(e, e->now);
    }
    return r;
}

static void undo(hl__planned *p)
{
    hl_t *hl = p->hl;
    int64_t limit = hl->mem.limit;

    hl->mem.limit = 0;
    for (hl__entry *e = p->applied; e; e = e->below)
        if (apply_one(e, e->before) < 0)
            hl__fault(hl, e->was ? e->was->id : 0, HL_ENOMEM, "\"%s\" could not be put back", e->name);
    hl->mem.limit = limit;
}

static void take_over(hl_t *hl, hl__entry *e, uint64_t *drivers)
{
    hl__object *o = e->was ? e->was : e->fresh;

    if (e->room->driver >= 0)
        *drivers |= UINT64_C(1) << e->room->driver;
    if (hl->media >= 0 && (e->room->driver >= 0 || e->room->section.domain == hl->flows))
        *drivers |= UINT64_C(1) << hl->media; /* other prompts, or other telephones */
    if (!e->now) {
        drop_object(hl, o);
        hl__object_free(hl, o);
        return;
    }
    hl__free(&hl->mem, o->canon);
    hl__free(&hl->mem, o->title);
    o->canon = e->canon;
    o->title = e->title;
    o->changed = hl->events.next; /* LOADED's number */
    e->canon = e->title = NULL;
    e->fresh = NULL;
}

static int take_all_over(hl__planned *p, uint64_t *drivers)
{
    int changes = 0;

    for (uint32_t i = 0; i < p->hl->rooms; i++)
        for (hl__entry *e = p->first[i]; e; e = e->next)
            if (e->changed) {
                take_over(p->hl, e, drivers);
                changes++;
            }
    return changes;
}

static void forget_fresh(hl__planned *p)
{
    for (uint32_t i = 0; i < p->hl->rooms; i++)
        for (hl__entry *e = p->first[i]; e; e = e->next)
            if (e->fresh && e->fresh->name)
                drop_object(p->hl, e->fresh);
}

int hl__plan_apply(hl__planned *p, uint64_t *drivers)
{
    hl_t *hl = p->hl;
    int64_t refused = atomic_load(&hl->mem.refused);
    int r = prepare_all(p);

    if (r < 0) {
        forget_fresh(p);
        return r;
    }
    for (uint32_t i = 0; i < hl->rooms && r >= 0; i++)
        r = apply_room(p, i, false);
    for (uint32_t i = hl->rooms; i-- > 0 && r >= 0;)
        r = apply_room(p, i, true);
    if (r >= 0 && atomic_load(&hl->mem.refused) != refused)
        r = HL_ENOMEM; /* somebody did without what he asked for */
    if (r >= 0) {
        r = take_all_over(p, drivers);
    } else {
        undo(p);
        forget_fresh(p);
    }
    return r;
}
