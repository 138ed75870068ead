/* agentconf.c - the section "agents": JSON to settings, what is wrong with it, taking it over. */
#include "acd/inner.h"
#include <string.h>

#define AGENT_KEYS "title zone skills queues capacity once auto_accept wrapup_ms max_missed phone address data"

static void conf_free(hl__mem *mem, hl__aconf *c)
{
    if (!c)
        return;
    hl__free(mem, c->title);
    hl__free(mem, c->zone);
    hl__free(mem, c->phone);
    hl__free(mem, c->address);
    hl__free(mem, c->capacity);
    hl__free(mem, c->member);
    hl__free(mem, c->level);
    hl__json_free(c->data);
    hl__free(mem, c);
}

static void check_skills(const hl__jcheck *c)
{
    const hl__json *skills = hl__jobject(c, "skills");
    hl__place at = { c->at, "skills", 0 };
    hl__jcheck in = { c->f, skills, &at, 520 };

    for (void *it = hl__json_iter(skills); it; it = hl__json_iter_next(skills, it)) {
        const char *key = hl__json_iter_key(it);
        hl__place item = { &at, key, 0 };
        if (!hl__need_name_ok(key))
            hl__error(c->f, 520, &item, "a skill's name is letters, digits and _, and begins with a letter");
        (void)hl__jint(&in, key, 1, 100, 1); /* checked only */
    }
}

static void check_queues(const hl__jcheck *c, const hl__doc *doc)
{
    const hl__json *queues = hl__jobject(c, "queues");
    hl__place at = { c->at, "queues", 0 };

    for (void *it = hl__json_iter(queues); it; it = hl__json_iter_next(queues, it)) {
        const char *key = hl__json_iter_key(it);
        hl__place item = { &at, key, 0 };
        hl__jcheck in = { c->f, hl__json_iter_value(it), &item, 520 };
        if (hl__json_type(in.j) != HL__JOBJECT) {
            hl__error(c->f, 520, &item, "a membership is an object, {} at the least");
        } else {
            hl__jknown(&in, "tier rank position weight");
            (void)hl__jint(&in, "tier", 0, 1000, 0); /* these four: checked only */
            (void)hl__jint(&in, "rank", 0, 1000, 0);
            (void)hl__jint(&in, "position", 0, 1000000, 0);
            (void)hl__jint(&in, "weight", 1, 1000, 1);
        }
        if (!doc->object(doc->ctx, "queues", key)) {
            const char *near = doc->nearest ? doc->nearest(doc->ctx, "queues", key) : NULL;
            hl__error(c->f, 521, &item, "there is no queue \"%s\"%s%s%s", key, near ? "; did you mean \"" : "",
                      near ? near : "", near ? "\"?" : "");
        }
    }
}

static void check_address(const hl__jcheck *c)
{
    const char *address = hl__jtext(c, "address", 255, NULL);
    hl__place at = { c->at, "address", 0 };

    if (address && strncmp(address, "sip:", 4) != 0 && strncmp(address, "sips:", 5) != 0)
        hl__error(c->f, 520, &at, "an address begins with \"sip:\"");
    if (address && hl__jtext(c, "phone", 255, NULL))
        hl__error(c->f, 520, &at, "either \"phone\" or \"address\": only one of them can ring");
}

static void check_data(hl__acd *acd, const hl__jcheck *c, const hl__doc *doc)
{
    const hl__json *data = hl__jobject(c, "data");
    hl__place at = { c->at, "data", 0 };

    if (!data)
        return;
    if (hl__doc_fields(acd, doc) < 0)
        c->f->no_memory = true;
    else
        hl__fields_check(&acd->doc_agent, data, false, c->f, &at);
}

void hl__agent_check(void *domain, const char *name, const hl__json *j, const hl__place *at, hl__findings *f,
                     const hl__doc *doc)
{
    hl__jcheck c = { f, j, at, 520 };
    hl__place place = { at, "capacity", 0 };
    const char *capacity;

    (void)name; /* the place says which */
    if (hl__json_type(j) != HL__JOBJECT) {
        hl__error(f, 520, at, "an agent is an object");
        return;
    }
    hl__jknown(&c, AGENT_KEYS);
    check_skills(&c);
    check_queues(&c, doc);
    check_address(&c);
    check_data(domain, &c, doc);
    (void)hl__jtext(&c, "title", 255, NULL); /* from here on: checked only, read when taken over */
    (void)hl__jtext(&c, "zone", 255, NULL);
    (void)hl__jbool(&c, "once", false);
    (void)hl__jbool(&c, "auto_accept", false);
    (void)hl__jint(&c, "wrapup_ms", 0, 86400000, 0);
    (void)hl__jint(&c, "max_missed", 1, 1000, 2);
    capacity = hl__jtext(&c, "capacity", 255, NULL);
    if (capacity && !doc->object(doc->ctx, "capacities", capacity)) {
        const char *near = doc->nearest ? doc->nearest(doc->ctx, "capacities", capacity) : NULL;
        hl__error(f, 521, &place, "there is no capacity \"%s\"%s%s%s", capacity, near ? "; did you mean \"" : "",
                  near ? near : "", near ? "\"?" : "");
    }
}

static int keep(hl__mem *mem, const hl__json *j, const char *key, char **out)
{
    const char *text = hl__json_text(hl__json_get(j, key));

    if (!text)
        return 0;
    return (*out = hl__strdup(mem, text)) ? 0 : HL_ENOMEM;
}

static int32_t number(const hl__json *j, const char *key, int32_t otherwise)
{
    const hl__json *n = hl__json_get(j, key);

    return n ? (int32_t)hl__json_int(n) : otherwise;
}

/* Memberships by the queue's id. Queues are taken over before agents; one that is not there is being removed. */
static int read_members(hl__acd *acd, const hl__json *queues, hl__aconf *c)
{
    size_t n = hl__json_size(queues);

    if (n && !(c->member = hl__alloc_array(acd->core->mem, n, sizeof(*c->member))))
        return HL_ENOMEM;
    for (void *it = hl__json_iter(queues); it; it = hl__json_iter_next(queues, it)) {
        const hl__queue *q = hl__names_get(&acd->queue_names, hl__json_iter_key(it));
        const hl__json *v = hl__json_iter_value(it);
        uint32_t at = c->members;
        if (!q)
            continue;
        for (; at > 0 && c->member[at - 1].queue > q->id; at--)
            c->member[at] = c->member[at - 1];
        c->member[at] = (hl__member){ q->id, number(v, "tier", 0), number(v, "rank", 0), number(v, "position", 0),
            number(v, "weight", 1) };
        c->members++;
    }
    return 0;
}

static int read_levels(hl__acd *acd, const hl__json *skills, hl__aconf *c)
{
    size_t n = hl__json_size(skills);

    if (n && !(c->level = hl__alloc_array(acd->core->mem, n, sizeof(*c->level))))
        return HL_ENOMEM;
    for (void *it = hl__json_iter(skills); it; it = hl__json_iter_next(skills, it)) {
        int skill = hl__skill_get(acd, hl__json_iter_key(it));
        uint32_t at = c->levels;
        if (skill < 0)
            return skill;
        for (; at > 0 && c->level[at - 1].skill > (uint32_t)skill; at--)
            c->level[at] = c->level[at - 1];
        c->level[at] = (hl__level){ (uint32_t)skill, (int32_t)hl__json_int(hl__json_iter_value(it)) };
        c->levels++;
    }
    return 0;
}

static hl__aconf *conf_new(hl__acd *acd, const hl__json *j)
{
    hl__mem *mem = acd->core->mem;
    hl__aconf *c = hl__alloc(mem, sizeof(*c));

    if (!c)
        return NULL;
    c->is_once = hl__json_true(hl__json_get(j, "once"));
    c->is_auto = hl__json_true(hl__json_get(j, "auto_accept"));
    c->wrapup_ms = number(j, "wrapup_ms", -1);
    c->max_missed = (int16_t)number(j, "max_missed", 2);
    if (hl__json_size(hl__json_get(j, "data")) > 0)
        c->data = hl__json_keep(hl__json_get(j, "data"));
    if (keep(mem, j, "title", &c->title) < 0 || keep(mem, j, "zone", &c->zone) < 0 ||
        keep(mem, j, "phone", &c->phone) < 0 || keep(mem, j, "address", &c->address) < 0 ||
        keep(mem, j, "capacity", &c->capacity) < 0 || read_members(acd, hl__json_get(j, "queues"), c) < 0 ||
        read_levels(acd, hl__json_get(j, "skills"), c) < 0) {
        conf_free(mem, c);
        return NULL;
    }
    return c;
}

void hl__agent_free(hl__acd *acd, hl__agent *a)
{
    hl__mem *mem = acd->core->mem;

    if (!a)
        return;
    while (a->slot) {
        hl__slot *s = a->slot;
        a->slot = s->next;
        hl__link_del(&s->news.link);
        hl__free(mem, s);
    }
    hl__link_del(&a->news.link);
    hl__link_del(&a->free);
    hl__timer_drop(&acd->core->wheel, &a->timer);
    conf_free(mem, a->conf);
    hl__free(mem, a->node);
    hl__free(mem, a->name);
    hl__free(mem, a->own_reason);
    hl__free(mem, a);
}

int hl__agent_users(void *domain, hl_id id)
{
    const hl__acd *acd = domain;
    const hl__agent *a = hl__map_get(&acd->agents, id);
    int users = 0;

    for (int i = 0; a && i < HL__CHANNELS; i++)
        users += (int)a->in_hand[i];
    return users;
}

static int agent_new(hl__acd *acd, hl_id id, const char *name, hl__aconf *conf)
{
    hl__agent *a = hl__alloc(acd->core->mem, sizeof(*a));

    if (!a)
        return HL_ENOMEM;
    hl__link_init(&a->news.link);
    hl__link_init(&a->free);
    a->news.kind = HL__OBJ_AGENT;
    if (!(a->name = hl__strdup(acd->core->mem, name)) || hl__map_put(&acd->agents, id, a) < 0)
        goto out;
    if (hl__names_put(&acd->agent_names, a->name, a) < 0) {
        hl__map_del(&acd->agents, id);
        goto out;
    }
    a->id = id;
    a->conf = conf;
    a->since = acd->core->now;
    a->timer.ctx = acd;
    a->counted = -1;
    a->by_id.key = id;
    a->by_id.id = (uint64_t)id; /* its shape hangs on it */
    hl__tree_add(&acd->agents_by_id, &a->by_id);
    return 0;
out:
    hl__agent_free(acd, a);
    return HL_ENOMEM;
}

static void agent_drop(hl__acd *acd, hl__agent *a)
{
    hl__mine_release(acd, a);
    a->state = HL_AGENT_OFFLINE;
    hl__agent_changed(acd, a);
    if (a->profile)
        a->profile->refs--;
    hl__map_del(&acd->agents, a->id);
    hl__names_del(&acd->agent_names, a->name);
    hl__tree_del(&acd->agents_by_id, &a->by_id);
    hl__agent_free(acd, a);
}

int hl__agent_apply(void *domain, hl_id id, const char *name, const hl__json *j)
{
    hl__acd *acd = domain;
    hl__agent *a = hl__map_get(&acd->agents, id);
    hl__aconf *conf;
    int r;

    if (!j) {
        if (a)
            agent_drop(acd, a);
    } else {
        if (!(conf = conf_new(acd, j)))
            return HL_ENOMEM;
        if (a) {
            conf_free(acd->core->mem, a->conf);
            a->conf = conf;
        } else if ((r = agent_new(acd, id, name, conf)) < 0) {
            conf_free(acd->core->mem, conf);
            return r;
        }
    }
    acd->is_stale = 1;
    hl__timer_set(&acd->core->wheel, &acd->timer, acd->core->now);
    return 0;
}
