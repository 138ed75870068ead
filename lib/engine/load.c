/* load.c - hl_load(): one document, checked against what will be, applied as a whole or not at all.
 *
 *   parse -> plan (what each section will hold) -> check every object against the plan -> apply what changed -> LOADED
 *
 * A plan entry is an object as it will be: from the document, or as it was. Checking sees the plan only, so the order
 * of the text has no meaning. If applying lacks memory, what was applied is applied back. */
#include "engine/engine.h"
#include <stdio.h>
#include <string.h>

enum { E_SHAPE = 510, E_SECTION = 511, E_NAME = 512, E_USED = 513 };
enum { NAME_MAX_BYTES = 255 };

struct entry {
    struct entry *next; /* of the same section, in the order of the text */
    hl__room *room;
    hl__object *was;    /* NULL: new */
    hl__json *now;      /* owned; NULL: to be removed */
    const char *name;   /* in the document or in `was` */
    char *canon;        /* of now */
    bool given;         /* the document speaks of it */
    bool changed, applied;
    hl__object *fresh;  /* made for a new one */
};

struct plan {
    hl_t *hl;
    hl__findings *f;
    hl__json *doc;
    hl__names by_name[HL__SECTIONS];
    struct entry *first[HL__SECTIONS], **last[HL__SECTIONS];
    char near[64];
};

static const hl__json *plan_object(const void *ctx, const char *section, const char *name)
{
    const struct plan *p = ctx;

    for (uint32_t i = 0; i < p->hl->rooms; i++)
        if (strcmp(p->hl->room[i].section.name, section) == 0) {
            const struct entry *e = hl__names_get(&p->by_name[i], name ? name : "");
            return e ? e->now : NULL;
        }
    return NULL;
}

static const hl__json *plan_next(const void *ctx, const char *section, uint32_t *pos)
{
    const struct plan *p = ctx;

    for (uint32_t i = 0; i < p->hl->rooms; i++) {
        const struct entry *e;
        if (strcmp(p->hl->room[i].section.name, section) != 0)
            continue;
        while ((e = hl__names_at(&p->by_name[i], pos)))
            if (e->now)
                return e->now;
    }
    return NULL;
}

static const char *plan_nearest(const void *ctx, const char *section, const char *name)
{
    struct plan *p = (struct plan *)ctx; /* near is its scratch */
    int best = 1 + (int)strlen(name) / 3;

    p->near[0] = 0;
    for (uint32_t i = 0; i < p->hl->rooms; i++) {
        if (strcmp(p->hl->room[i].section.name, section) != 0)
            continue;
        const struct entry *e;
        for (uint32_t at = 0; (e = hl__names_at(&p->by_name[i], &at));) {
            int d = e->now ? hl__distance(e->name, name) : best + 1;
            if (d <= best) {
                best = d - 1;
                hl__copy(p->near, sizeof(p->near), e->name);
            }
        }
    }
    return p->near[0] ? p->near : NULL;
}

static char *canonical(hl_t *hl, const hl__json *j)
{
    hl__buf b;

    hl__buf_init(&b, &hl->mem);
    if (hl__json_canonical(&b, j) < 0 || b.failed) {
        hl__buf_free(&b);
        return NULL;
    }
    return b.data;
}

/* now: borrowed from the document, or NULL to remove. */
static int plan_add(struct plan *p, uint32_t room, const char *name, hl__json *now, bool given)
{
    hl_t *hl = p->hl;
    struct entry *e = hl__alloc(&hl->mem, sizeof(*e));

    if (!e)
        return HL_ENOMEM;
    e->room = &hl->room[room];
    e->name = name;
    e->given = given;
    e->was = hl__names_get(&e->room->by_name, name);
    *p->last[room] = e;
    p->last[room] = &e->next;
    if (now && !(e->canon = canonical(hl, now)))
        return HL_ENOMEM;
    e->now = hl__json_keep(now);
    e->changed = !now ? e->was != NULL : !e->was || strcmp(e->was->canon, e->canon) != 0;
    return hl__names_put(&p->by_name[room], name, e);
}

static bool is_complete(const hl__json *doc, const char *section)
{
    const hl__json *list = hl__json_get(doc, "complete");

    for (size_t i = 0; i < hl__json_size(list); i++) {
        const char *name = hl__json_text(hl__json_at(list, i));
        if (name && strcmp(name, section) == 0)
            return true;
    }
    return false;
}

static int plan_given(struct plan *p, uint32_t room, const hl__json *section)
{
    hl__place top = { NULL, p->hl->room[room].section.name, 0 };
    int r;

    if (p->hl->room[room].section.kind == 0)
        return plan_add(p, room, "", (hl__json *)(hl__json_type(section) == HL__JNULL ? NULL : section), true);
    if (hl__json_type(section) != HL__JOBJECT) {
        hl__error(p->f, E_SHAPE, &top, "a section is an object of objects by name");
        return 0;
    }
    for (void *it = hl__json_iter(section); it; it = hl__json_iter_next(section, it)) {
        const char *name = hl__json_iter_key(it);
        hl__json *value = hl__json_iter_value(it);
        hl__place at = { &top, name, 0 };
        if (!name[0] || !hl__text_ok(name, NAME_MAX_BYTES))
            hl__error(p->f, E_NAME, &at, "a name has 1 to %d bytes and no control characters", NAME_MAX_BYTES);
        else if ((r = plan_add(p, room, name, hl__json_type(value) == HL__JNULL ? NULL : value, true)) < 0)
            return r;
    }
    return 0;
}

/* What was there before and the document does not speak of. */
static int plan_kept(struct plan *p, uint32_t room)
{
    hl_t *hl = p->hl;
    bool complete = is_complete(p->doc, hl->room[room].section.name);
    hl__object *o;
    int r = 0;

    for (uint32_t at = 0; r >= 0 && (o = hl__names_at(&hl->room[room].by_name, &at));) {
        if (hl__names_get(&p->by_name[room], o->name))
            continue;
        hl__json *now = complete ? NULL : hl__json_read(o->canon, strlen(o->canon), NULL);
        if (!complete && !now)
            return HL_ENOMEM;
        r = plan_add(p, room, o->name, now, false);
        hl__json_free(now);
    }
    return r;
}

static void check_top(struct plan *p)
{
    const hl_t *hl = p->hl;
    char known[600] = "hotline complete note $schema";
    size_t len = strlen(known);
    hl__jcheck c = { p->f, p->doc, NULL, E_SECTION };

    if (hl__json_type(p->doc) != HL__JOBJECT) {
        hl__error(p->f, E_SHAPE, NULL, "a document is an object: {\"hotline\": 1, ...}");
        return;
    }
    for (uint32_t i = 0; i < hl->rooms; i++) {
        int n = snprintf(known + len, sizeof(known) - len, " %s", hl->room[i].section.name);
        len = n > 0 && (size_t)n < sizeof(known) - len ? len + (size_t)n : len;
    }
    if (hl__json_int(hl__json_get(p->doc, "hotline")) != 1) {
        hl__place at = { NULL, "hotline", 0 };
        hl__error(p->f, E_SHAPE, &at, "a document says \"hotline\": 1");
    }
    (void)hl__jlist(&c, "complete"); /* a finding if it is something else */
    hl__jknown(&c, known);
}

static void check_all(struct plan *p)
{
    hl__doc doc = { p, plan_object, plan_nearest, plan_next };

    for (uint32_t i = 0; i < p->hl->rooms; i++) {
        const hl__section *s = &p->hl->room[i].section;
        hl__place top = { NULL, s->name, 0 };
        for (const struct entry *e = p->first[i]; e; e = e->next) {
            hl__place at = { &top, e->name, 0 };
            if (e->now)
                s->check(s->domain, e->name, e->now, s->kind ? &at : &top, p->f, &doc);
            else if (e->was && s->users && s->users(s->domain, e->was->id) > 0)
                hl__error(p->f, E_USED, &at, "\"%s\" is in use by %d and stays", e->name,
                          s->users(s->domain, e->was->id));
        }
    }
}

static int plan_make(struct plan *p, const char *json, size_t len)
{
    hl_t *hl = p->hl;
    int r = hl__json_parse(p->f, json, len, &p->doc);

    for (uint32_t i = 0; i < hl->rooms; i++) {
        hl__names_init(&p->by_name[i], &hl->mem);
        p->last[i] = &p->first[i];
    }
    if (r < 0)
        return r;
    check_top(p);
    if (p->f->errors)
        return HL_EPARSE;
    for (uint32_t i = 0; i < hl->rooms && r >= 0; i++) {
        const hl__json *section = hl__json_get(p->doc, hl->room[i].section.name);
        if (section)
            r = plan_given(p, i, section);
        if (r >= 0)
            r = plan_kept(p, i);
    }
    if (r < 0)
        return r;
    check_all(p);
    return p->f->errors ? HL_EPARSE : 0;
}

static void plan_free(struct plan *p)
{
    hl_t *hl = p->hl;

    for (uint32_t i = 0; i < hl->rooms; i++) {
        while (p->first[i]) {
            struct entry *e = p->first[i];
            p->first[i] = e->next;
            hl__json_free(e->now);
            hl__free(&hl->mem, e->canon);
            hl__object_free(hl, e->fresh);
            hl__free(&hl->mem, e);
        }
        hl__names_free(&p->by_name[i]);
    }
    hl__json_free(p->doc);
}

/* The object of a new entry, found by name and id from now on. */
static int make_object(hl_t *hl, struct entry *e)
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

static int apply_one(struct entry *e, hl_id id, const hl__json *value)
{
    const hl__section *s = &e->room->section;

    return s->apply ? s->apply(s->domain, s->kind ? id : 0, e->name, value) : 0;
}

/* Names and memory first, so that little can fail once domains have begun to change. */
static int prepare(hl_t *hl, struct entry *e)
{
    const char *title = e->now ? hl__json_text(hl__json_get(e->now, "title")) : NULL;
    hl__object *o;
    char *copy;
    int r;

    if (!e->changed || !e->now)
        return 0;
    if (!e->was && (r = make_object(hl, e)) < 0)
        return r;
    o = e->was ? e->was : e->fresh;
    if (!(copy = hl__strdup(&hl->mem, title ? title : "")))
        return HL_ENOMEM;
    hl__free(&hl->mem, o->title);
    o->title = copy;
    return 0;
}

static void undo(struct plan *p)
{
    hl_t *hl = p->hl;

    for (uint32_t i = hl->rooms; i-- > 0;)
        for (struct entry *e = p->first[i]; e; e = e->next) {
            if (e->applied) {
                hl__json *was = e->was ? hl__json_read(e->was->canon, strlen(e->was->canon), NULL) : NULL;
                if (apply_one(e, e->was ? e->was->id : e->fresh->id, was) < 0)
                    hl__fault(hl, e->was ? e->was->id : 0, HL_ENOMEM, "\"%s\" could not be put back", e->name);
                hl__json_free(was);
            }
            if (e->fresh && e->fresh->name)
                drop_object(hl, e->fresh);
        }
}

static void take_over(hl_t *hl, struct entry *e, uint64_t *drivers)
{
    hl__object *o = e->was ? e->was : e->fresh;

    if (e->room->driver >= 0)
        *drivers |= UINT64_C(1) << e->room->driver;
    if (!e->now) {
        drop_object(hl, o);
        hl__object_free(hl, o);
        e->was = NULL;
        return;
    }
    hl__free(&hl->mem, o->canon);
    o->canon = e->canon;
    e->canon = NULL;
    o->changed = hl->events.next; /* LOADED's number */
    e->fresh = NULL;
}

/* One section: what is new or changed, or (removing) what goes. */
static int apply_room(struct plan *p, uint32_t room, bool removing)
{
    int r = 0;

    for (struct entry *e = p->first[room]; e && r >= 0; e = e->next) {
        if (!e->changed || removing != !e->now)
            continue;
        e->applied = true; /* also if it fails: half of it may stand */
        r = apply_one(e, e->was ? e->was->id : e->fresh->id, e->now);
    }
    return r;
}

static int count_changes(struct plan *p, uint64_t *drivers)
{
    int changes = 0;

    for (uint32_t i = 0; i < p->hl->rooms; i++)
        for (struct entry *e = p->first[i]; e; e = e->next)
            if (e->changed) {
                take_over(p->hl, e, drivers);
                changes++;
            }
    return changes;
}

/* Additions and changes in the order of the sections, removals the other way round. */
static int apply_all(struct plan *p, uint64_t *drivers)
{
    hl_t *hl = p->hl;
    int r = 0;

    for (uint32_t i = 0; i < hl->rooms && r >= 0; i++)
        for (struct entry *e = p->first[i]; e && r >= 0; e = e->next)
            r = prepare(hl, e);
    for (uint32_t i = 0; i < hl->rooms && r >= 0; i++)
        r = apply_room(p, i, false);
    for (uint32_t i = hl->rooms; i-- > 0 && r >= 0;)
        r = apply_room(p, i, true);
    if (r >= 0)
        return count_changes(p, drivers);
    undo(p);
    return r;
}

static int refused(hl_t *hl, const hl__findings *f)
{
    const hl__finding *first = NULL;

    for (uint32_t i = 0; i < f->count && !first; i++)
        if (f->list[i].level == 1)
            first = &f->list[i];
    return hl__fail(hl->core.err, HL_EPARSE, "the document has %u error(s); the first: %s at \"%s\"", f->errors,
                    first && first->text ? first->text : "", first && first->pointer ? first->pointer : "");
}

int hl__load(hl_t *hl, const char *json, size_t len, hl__findings *f)
{
    struct plan p = { .hl = hl, .f = f };
    hl_event ev = HL_EVENT_INIT;
    uint64_t drivers = 0;
    int r = plan_make(&p, json, len);

    if (r >= 0)
        r = apply_all(&p, &drivers);
    plan_free(&p);
    if (r == HL_EPARSE)
        return refused(hl, f);
    if (r <= 0)
        return r;
    ev.type = HL_EV_LOADED;
    ev.code = r;
    hl->core.emit(&hl->core, &ev);
    hl__driver_settings(hl, drivers);
    return r;
}

int hl__check(hl_t *hl, const char *json, size_t len, hl__findings *f)
{
    struct plan p = { .hl = hl, .f = f };
    int r = plan_make(&p, json, len);

    plan_free(&p);
    return r == HL_EPARSE || r == 0 ? (int)f->errors : r;
}
