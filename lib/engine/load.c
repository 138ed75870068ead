/* load.c - hl_load(): one document, checked against what will be, applied as a whole or not at all.
 *
 *   parse -> plan (what each section will hold) -> check every object against the plan -> apply what changed -> LOADED
 *
 * A plan entry is an object as it will be: from the document, or as it was. Checking sees the plan only, so the order
 * of the text has no meaning. */
#include "engine/plan.h"
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = 255 };

static const hl__json *plan_object(const void *ctx, const char *section, const char *name)
{
    const hl__planned *p = ctx;

    for (uint32_t i = 0; i < p->hl->rooms; i++)
        if (strcmp(p->hl->room[i].section.name, section) == 0) {
            const hl__entry *e = hl__names_get(&p->by_name[i], name ? name : "");
            return e ? e->now : NULL;
        }
    return NULL;
}

static const hl__json *plan_next(const void *ctx, const char *section, uint32_t *pos)
{
    const hl__planned *p = ctx;

    for (uint32_t i = 0; i < p->hl->rooms; i++) {
        const hl__entry *e;
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
    hl__planned *p = (hl__planned *)ctx; /* near is its scratch */
    int best = 1 + (int)strlen(name) / 3;

    p->near[0] = 0;
    for (uint32_t i = 0; i < p->hl->rooms; i++) {
        if (strcmp(p->hl->room[i].section.name, section) != 0)
            continue;
        const hl__entry *e;
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
static int plan_add(hl__planned *p, uint32_t room, const char *name, hl__json *now)
{
    hl_t *hl = p->hl;
    hl__entry *e = hl__alloc(&hl->mem, sizeof(*e));

    if (!e)
        return HL_ENOMEM;
    e->room = &hl->room[room];
    e->name = name;
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

/* One object of the document. What is no object is told, and left out of the plan. */
static int plan_one(hl__planned *p, uint32_t room, const char *name, hl__json *value, const hl__place *at)
{
    const hl__room *of = &p->hl->room[room];
    int type = hl__json_type(value), r;

    if (of->section.kind && (!name[0] || !hl__text_ok(name, NAME_MAX_BYTES)))
        hl__error(p->f, HL__E_NAME, at, "a name has 1 to %d bytes and no control characters", NAME_MAX_BYTES);
    else if (type != HL__JOBJECT && type != HL__JNULL)
        hl__error(p->f, HL__E_SHAPE, at, "an object is wanted here, or null to remove it");
    else if ((r = hl__secrets_take(p, of, name, value)) < 0)
        return r;
    else
        return plan_add(p, room, name, type == HL__JNULL ? NULL : value);
    return 0;
}

static int plan_given(hl__planned *p, uint32_t room, hl__json *section)
{
    hl__place top = { NULL, p->hl->room[room].section.name, 0 };
    int r = 0;

    if (p->hl->room[room].section.kind == 0)
        return plan_one(p, room, "", section, &top);
    if (hl__json_type(section) != HL__JOBJECT) {
        hl__error(p->f, HL__E_SHAPE, &top, "a section is an object of objects by name");
        return 0;
    }
    for (void *it = hl__json_iter(section); it && r == 0; it = hl__json_iter_next(section, it)) {
        const char *name = hl__json_iter_key(it);
        hl__place at = { &top, name, 0 };
        r = plan_one(p, room, name, hl__json_iter_value(it), &at);
    }
    return r;
}

/* What was there before and the document does not speak of. */
static int plan_kept(hl__planned *p, uint32_t room)
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
        r = plan_add(p, room, o->name, now);
        hl__json_free(now);
    }
    return r;
}

/* known: "$schema queues agents ...": what follows the first word are sections. */
static void check_complete(hl__planned *p, const hl__json *list, const char *known)
{
    hl__place top = { NULL, "complete", 0 };
    char near[64];

    known += strcspn(known, " ");
    for (size_t i = 0; i < hl__json_size(list); i++) {
        const char *name = hl__json_text(hl__json_at(list, i));
        hl__place at = { &top, NULL, i };
        uint32_t n = 0;
        while (name && n < p->hl->rooms && strcmp(name, p->hl->room[n].section.name) != 0)
            n++;
        if (!name)
            hl__error(p->f, HL__E_SECTION, &at, "the name of a section is wanted");
        else if (n == p->hl->rooms && hl__nearest(name, known, near, sizeof(near)))
            hl__error(p->f, HL__E_SECTION, &at, "unknown section \"%s\"; did you mean \"%s\"?", name, near);
        else if (n == p->hl->rooms)
            hl__error(p->f, HL__E_SECTION, &at, "unknown section \"%s\"; known are:%s", name, known);
    }
}

static void check_top(hl__planned *p)
{
    const hl_t *hl = p->hl;
    char known[600] = "hotline complete note $schema";
    size_t len = strlen(known);
    hl__jcheck c = { p->f, p->doc, NULL, HL__E_SECTION };

    if (hl__json_type(p->doc) != HL__JOBJECT) {
        hl__error(p->f, HL__E_SHAPE, NULL, "a document is an object: {\"hotline\": 1, ...}");
        return;
    }
    for (uint32_t i = 0; i < hl->rooms; i++) {
        int n = snprintf(known + len, sizeof(known) - len, " %s", hl->room[i].section.name);
        len = n > 0 && (size_t)n < sizeof(known) - len ? len + (size_t)n : len;
    }
    if (hl__json_int(hl__json_get(p->doc, "hotline")) != 1) {
        hl__place at = { NULL, "hotline", 0 };
        hl__error(p->f, HL__E_SHAPE, &at, "a document says \"hotline\": 1");
    }
    hl__jknown(&c, known);
    check_complete(p, hl__jlist(&c, "complete"), strchr(known, '$'));
}

/* An object that goes must be used by nobody. */
static void check_unused(hl__planned *p, const hl__entry *e, const hl__place *at)
{
    const hl__section *s = &e->room->section;
    int users = e->was && s->users ? s->users(s->domain, e->was->id) : 0;

    if (users == 0)
        return;
    hl__error(p->f, HL__E_USED, at, "\"%s\" is in use by %d and stays", e->name, users);
    p->used++;
}

static void check_room(hl__planned *p, uint32_t room)
{
    const hl__doc doc = { p, plan_object, plan_nearest, plan_next, p->serial };
    const hl__section *s = &p->hl->room[room].section;
    hl__place top = { NULL, s->name, 0 };
    uint32_t agents = 0;

    for (const hl__entry *e = p->first[room]; e; e = e->next) {
        hl__place at = { &top, e->name, 0 };
        if (e->now)
            s->check(s->domain, e->name, e->now, s->kind ? &at : &top, p->f, &doc);
        else
            check_unused(p, e, &at);
        agents += e->now && s->kind == HL_KIND_AGENT;
    }
    if (agents > p->hl->max_agents)
        hl__error(p->f, HL__E_LIMIT, &top, "%u agents are more than max_agents, which is %u", agents,
                  p->hl->max_agents);
}

/* Every section as it will be: what the document says of it, and what it leaves as it was. */
static int plan_rooms(hl__planned *p)
{
    int r = 0;

    for (uint32_t i = 0; i < p->hl->rooms && r >= 0; i++) {
        hl__json *section = hl__json_get(p->doc, p->hl->room[i].section.name);
        if (section)
            r = plan_given(p, i, section);
        if (r >= 0)
            r = plan_kept(p, i);
    }
    return r;
}

/* HL_ENOMEM: what was not looked at is not found well. */
static int check_rooms(hl__planned *p)
{
    int64_t refused = atomic_load(&p->hl->mem.refused);

    for (uint32_t i = 0; i < p->hl->rooms; i++)
        check_room(p, i);
    return p->f->no_memory || atomic_load(&p->hl->mem.refused) != refused ? HL_ENOMEM : 0;
}

static int plan_make(hl__planned *p, const char *json, size_t len)
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
    if ((r = plan_rooms(p)) < 0 || (r = check_rooms(p)) < 0)
        return r;
    return p->f->errors == 0 ? 0 : p->f->errors == p->used ? HL_ESTATE : HL_EPARSE;
}

static void plan_free(hl__planned *p)
{
    hl_t *hl = p->hl;

    for (uint32_t i = 0; i < hl->rooms; i++) {
        while (p->first[i]) {
            hl__entry *e = p->first[i];
            p->first[i] = e->next;
            hl__json_free(e->now);
            hl__json_free(e->before);
            hl__free(&hl->mem, e->canon);
            hl__free(&hl->mem, e->title);
            hl__object_free(hl, e->fresh);
            hl__free(&hl->mem, e);
        }
        hl__names_free(&p->by_name[i]);
    }
    hl__json_free(p->doc);
}

static int refuse(hl_t *hl, int code, const hl__findings *f)
{
    const hl__finding *first = NULL;

    for (uint32_t i = 0; i < f->count && !first; i++)
        if (f->list[i].level == 1)
            first = &f->list[i];
    return hl__fail(hl->core.err, code, "the document has %u error(s); the first: %s at \"%s\"", f->errors,
                    first && first->text ? first->text : "", first && first->pointer ? first->pointer : "");
}

int hl__load(hl_t *hl, const char *json, size_t len, hl__findings *f)
{
    hl__planned p = { .hl = hl, .serial = ++hl->documents, .f = f };
    hl_event ev = HL_EVENT_INIT;
    uint64_t drivers = 0;
    int r = plan_make(&p, json, len);

    if (r >= 0)
        r = hl__plan_apply(&p, &drivers);
    plan_free(&p);
    if (r == HL_EPARSE || r == HL_ESTATE)
        return refuse(hl, r, f);
    if (r == HL_ENOMEM)
        hl__findings_clear(f); /* what is listed may be want of memory, no fault */
    if (r > 0) {
        ev.type = HL_EV_LOADED;
        ev.code = r;
        hl->core.emit(&hl->core, &ev);
        hl__driver_settings(hl, drivers);
    }
    hl__reserve_end(&hl->mem); /* the load's own; the next step has one again */
    return r;
}

int hl__check(hl_t *hl, const char *json, size_t len, hl__findings *f)
{
    hl__planned p = { .hl = hl, .serial = ++hl->documents, .f = f };
    int r = plan_make(&p, json, len);

    plan_free(&p);
    if (r == HL_ENOMEM)
        hl__findings_clear(f);
    return r == HL_ENOMEM ? r : (int)f->errors;
}
