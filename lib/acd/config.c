/* config.c - the sections "queues" and "capacities": JSON to settings, what is wrong with it, taking it over.
 *
 * Codes: 520 a value, 521 a name nobody has, 522 a requirement. */
#include "acd/inner.h"
#include <string.h>

#define X(name) #name,
static const char *const laws[] = { HL__LAWS(X) NULL };
static const char *const picks[] = { HL__PICKS(X) NULL };
#undef X
const char *const *const hl__acd_picks = picks;
static const char *const channels[] = { "voice", "chat", "email", "task", NULL };
static const char *const empties[] = { "wait", "leave", NULL };
static const char *const closes[] = { "serve", "send", NULL };
static const char *const delays[] = { [HL_OFFER_ACCEPTED] = "", "rejected", "no_answer", "busy", "unreachable",
    "failed", "", "" };
const char *const *const hl__acd_channels = channels;
const hl__capacity hl__capacity_plain[HL__CHANNELS] = {
    { 1, 100, 1u << HL_CHANNEL_EMAIL | 1u << HL_CHANNEL_TASK }, { 4, 25, 0 }, { 2, 50, 0 }, { 2, 50, 0 }
};

#define QUEUE_KEYS "title hours zone channels need steps order credit_ms credit_max_ms pick rank_cap_ms offer_ms " \
    "connect_ms wrapup_ms wrapup_max_ms delays max_wait_ms max_len max_ewt_ms empty close handle_ms patience_ms " \
    "announce resume_ms goal alarm_wait_ms alarm_len ring data reserve overflow lead_ms"

static int word_of(const char *const *words, const char *word)
{
    for (int i = 0; word && words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

static uint32_t read_channels(const hl__jcheck *c)
{
    const hl__json *list = hl__jlist(c, "channels");
    hl__place at = { c->at, "channels", 0 };
    uint32_t bits = 0;

    for (size_t i = 0; list && i < hl__json_size(list); i++) {
        const char *word = hl__json_text(hl__json_at(list, i));
        hl__place item = { &at, NULL, i };
        int n = word_of(channels, word);
        if (n < 0)
            hl__error(c->f, 520, &item, "a channel is one of: voice, chat, email, task");
        else
            bits |= 1u << n;
    }
    if (list && bits == 0)
        hl__error(c->f, 520, &at, "a queue needs a channel: voice, chat, email, task");
    return bits ? bits : 1u << HL_CHANNEL_VOICE;
}

static void read_order(const hl__jcheck *c, hl__qconf *q)
{
    hl__place at = { c->at, "order", 0 };
    hl__jcheck in = { c->f, hl__jobject(c, "order"), &at, 520 };

    q->slope = 1000;
    q->power = 2;
    if (!in.j)
        return;
    hl__jknown(&in, "law slope power");
    q->law = hl__jword(&in, "law", laws, HL__LAW_fifo);
    q->slope = (int32_t)hl__jint(&in, "slope", 1, 1000000, 1000);
    q->power = (int32_t)hl__jint(&in, "power", 2, 3, 2);
    if (q->law == HL__LAW_fifo)
        q->slope = 1000;
}

static void read_delays(const hl__jcheck *c, hl__qconf *q)
{
    hl__place at = { c->at, "delays", 0 };
    hl__jcheck in = { c->f, hl__jobject(c, "delays"), &at, 520 };

    q->delay[HL_OFFER_REJECTED] = 5000;
    q->delay[HL_OFFER_BUSY] = 10000;
    q->delay[HL_OFFER_UNREACHABLE] = 30000;
    q->delay[HL_OFFER_FAILED] = 10000;
    if (!in.j)
        return;
    hl__jknown(&in, "rejected busy unreachable failed no_answer");
    for (int i = HL_OFFER_REJECTED; i <= HL_OFFER_FAILED; i++)
        q->delay[i] = (int32_t)hl__jint(&in, delays[i], 0, 3600000, q->delay[i]);
}

static void read_announce(const hl__jcheck *c, hl__qconf *q)
{
    hl__place at = { c->at, "announce", 0 };
    hl__jcheck in = { c->f, hl__jobject(c, "announce"), &at, 520 };

    if (!in.j)
        return;
    hl__jknown(&in, "first_ms every_ms");
    q->first_ms = (int32_t)hl__jint(&in, "first_ms", 0, 86400000, 0);
    q->every_ms = (int32_t)hl__jint(&in, "every_ms", 1000, 86400000, 0);
}

/* What is aimed at, and by which formula of hotline/plan.h the level is told. */
static void read_goal(const hl__jcheck *c, hl__goal *g)
{
    static const char *const formulas[] = { "of_answered", "of_offered", "without_early", "early_good", "short_good",
        NULL };
    hl__place at = { c->at, "goal", 0 }, where = { &at, "level", 0 };
    hl__jcheck in = { c->f, hl__jobject(c, "goal"), &at, 520 };
    const hl__json *level = hl__json_get(in.j, "level");
    double share = level ? hl__json_real(level) : 0.8;

    *g = (hl__goal){ in.j != NULL, 800, 20000, 5000, HL_SL_WITHOUT_EARLY };
    if (!in.j)
        return;
    hl__jknown(&in, "level target_ms short_ms formula");
    if ((level && hl__json_type(level) != HL__JREAL && hl__json_type(level) != HL__JINT) || share < 0.001 ||
        share > 0.999)
        hl__error(c->f, 520, &where, "a level is a share from 0.001 to 0.999, as 0.8: nobody can promise more");
    else
        g->level = (int32_t)(share * 1000 + 0.5);
    g->target_ms = (int32_t)hl__jint(&in, "target_ms", 0, 86400000, 20000);
    g->short_ms = (int32_t)hl__jint(&in, "short_ms", 0, 86400000, 5000);
    g->formula = 1 + hl__jword(&in, "formula", formulas, HL_SL_WITHOUT_EARLY - 1);
}

/* The names mod_callcenter and app_queue have for what pick and ring say here. */
static const struct { const char *name; int32_t pick, ring_size, add_ms; } strategies[] = {
    { "ring-all", HL__PICK_longest_idle, 0, 0 },
    { "longest-idle-agent", HL__PICK_longest_idle, 1, 0 },
    { "round-robin", HL__PICK_round_robin, 1, 0 },
    { "top-down", HL__PICK_top_down, 1, 0 },
    { "agent-with-least-talk-time", HL__PICK_least_talk, 1, 0 },
    { "agent-with-fewest-calls", HL__PICK_fewest, 1, 0 },
    { "sequentially-by-agent-order", HL__PICK_top_down, 1, 0 },
    { "random", HL__PICK_weighted, 1, 0 },
    { "ring-progressively", HL__PICK_top_down, 1, 10000 },
    { "ringall", HL__PICK_longest_idle, 0, 0 },
    { "leastrecent", HL__PICK_longest_idle, 1, 0 },
    { "fewestcalls", HL__PICK_fewest, 1, 0 },
    { "rrmemory", HL__PICK_round_robin, 1, 0 },
    { "rrordered", HL__PICK_round_robin, 1, 0 },
    { "linear", HL__PICK_top_down, 1, 0 },
    { "wrandom", HL__PICK_weighted, 1, 0 },
};

static void read_pick(const hl__jcheck *c, hl__qconf *q)
{
    const char *word = hl__json_text(hl__json_get(c->j, "pick"));

    q->pick = HL__PICK_longest_idle;
    q->ring_size = 1;
    for (size_t i = 0; word && i < HL__COUNT(strategies); i++)
        if (strcmp(strategies[i].name, word) == 0) {
            q->pick = strategies[i].pick;
            q->ring_size = strategies[i].ring_size;
            q->add_ms = strategies[i].add_ms;
            return;
        }
    q->pick = hl__jword(c, "pick", picks, HL__PICK_longest_idle);
}

static void read_ring(const hl__jcheck *c, hl__qconf *q)
{
    hl__place at = { c->at, "ring", 0 };
    hl__jcheck in = { c->f, hl__jobject(c, "ring"), &at, 520 };

    if (!in.j)
        return;
    hl__jknown(&in, "size add_ms");
    q->ring_size = (int32_t)hl__jint(&in, "size", 0, HL__RING_MAX, 1);
    q->add_ms = (int32_t)hl__jint(&in, "add_ms", 0, 3600000, 0);
}

static int keep(hl__mem *mem, const char *text, char **out)
{
    if (!text || text[0] == 0)
        return 0;
    return (*out = hl__strdup(mem, text)) ? 0 : HL_ENOMEM;
}

static void read_times(const hl__jcheck *c, hl__qconf *q)
{
    static const struct { const char *key; size_t at; int32_t min, max, plain; } times[] = {
        { "credit_ms", offsetof(hl__qconf, credit_ms), 0, 86400000, 30000 },
        { "credit_max_ms", offsetof(hl__qconf, credit_max_ms), 0, 86400000, 3600000 },
        { "rank_cap_ms", offsetof(hl__qconf, rank_cap_ms), 0, 86400000, 300000 },
        { "offer_ms", offsetof(hl__qconf, offer_ms), 1000, 3600000, 15000 },
        { "connect_ms", offsetof(hl__qconf, connect_ms), 500, 60000, 5000 },
        { "wrapup_ms", offsetof(hl__qconf, wrapup_ms), 0, 86400000, 10000 },
        { "wrapup_max_ms", offsetof(hl__qconf, wrapup_max_ms), 0, 86400000, 300000 },
        { "max_wait_ms", offsetof(hl__qconf, max_wait_ms), 0, INT32_MAX, 0 },
        { "max_len", offsetof(hl__qconf, max_len), 0, 1000000, 0 },
        { "max_ewt_ms", offsetof(hl__qconf, max_ewt_ms), 0, INT32_MAX, 0 },
        { "handle_ms", offsetof(hl__qconf, handle_ms), 1000, 86400000, 180000 },
        { "patience_ms", offsetof(hl__qconf, patience_ms), 1000, INT32_MAX, 300000 },
        { "resume_ms", offsetof(hl__qconf, resume_ms), 0, 86400000, 120000 },
        { "lead_ms", offsetof(hl__qconf, lead_ms), 0, 86400000, 25000 },
        { "alarm_wait_ms", offsetof(hl__qconf, alarm_wait_ms), 0, 86400000, 0 },
        { "alarm_len", offsetof(hl__qconf, alarm_len), 0, 1000000, 0 },
    };

    for (size_t i = 0; i < HL__COUNT(times); i++) {
        int64_t n = hl__jint(c, times[i].key, times[i].min, times[i].max, times[i].plain);
        *(int32_t *)(void *)((char *)q + times[i].at) = (int32_t)n;
    }
}

void hl__qconf_free(hl__mem *mem, hl__qconf *c)
{
    if (!c)
        return;
    hl__free(mem, c->title);
    hl__free(mem, c->zone);
    hl__free(mem, c->hours);
    hl__free(mem, c->need);
    hl__json_free(c->data);
    hl__queue_rules_free(mem, c);
    hl__free(mem, c);
}

hl__qconf *hl__qconf_new(hl__mem *mem, const hl__json *j, hl__findings *f, const hl__place *at)
{
    hl__jcheck c = { f, j, at, 520 };
    hl__qconf *q = hl__alloc(mem, sizeof(*q));

    if (!q)
        return NULL;
    hl__jknown(&c, QUEUE_KEYS);
    q->channels = read_channels(&c);
    read_order(&c, q);
    read_times(&c, q);
    read_delays(&c, q);
    read_announce(&c, q);
    read_goal(&c, &q->goal);
    read_pick(&c, q);
    read_ring(&c, q);
    q->data = hl__jobject(&c, "data");
    q->data = q->data ? hl__json_keep(q->data) : NULL;
    q->is_leave = hl__jword(&c, "empty", empties, 0);
    q->is_send = hl__jword(&c, "close", closes, 0);
    if (keep(mem, hl__jtext(&c, "title", 255, NULL), &q->title) < 0 ||
        keep(mem, hl__jtext(&c, "zone", 255, NULL), &q->zone) < 0 ||
        keep(mem, hl__jtext(&c, "hours", 255, NULL), &q->hours) < 0 ||
        keep(mem, hl__jtext(&c, "need", HL__NEED_MAX, NULL), &q->need) < 0 || hl__queue_rules_read(mem, &c, q) < 0) {
        hl__qconf_free(mem, q);
        return NULL;
    }
    return q;
}

int hl__doc_fields(hl__acd *acd, const hl__doc *doc)
{
    const hl__json *j;
    uint32_t pos = 0;
    int r = 0;

    if (doc->serial && acd->fields_serial == doc->serial)
        return 0; /* it takes a walk over all agents and queues */
    hl__fields_free(&acd->doc_agent);
    hl__fields_free(&acd->doc_contact);
    hl__fields_init(&acd->doc_agent, acd->core->mem);
    hl__fields_init(&acd->doc_contact, acd->core->mem);
    while (doc->next && r == 0 && (j = doc->next(doc->ctx, "agents", &pos)))
        r = hl__fields_add(&acd->doc_agent, hl__json_get(j, "data"), false);
    pos = 0;
    while (doc->next && r == 0 && (j = doc->next(doc->ctx, "queues", &pos)))
        r = hl__fields_add(&acd->doc_contact, hl__json_get(j, "data"), true);
    acd->fields_serial = r == 0 ? doc->serial : 0;
    return r;
}

static void check_data(hl__acd *acd, const hl__qconf *q, const hl__place *at, hl__findings *f, const hl__doc *doc)
{
    hl__place place = { at, "data", 0 };

    if (!q->data)
        return;
    if (hl__doc_fields(acd, doc) < 0)
        f->no_memory = true;
    else
        hl__fields_check(&acd->doc_contact, q->data, true, f, &place);
}

/* The scope needs are checked against: the skills and data of the document's agents, the data of its queues. */
static int doc_scope(hl__acd *acd, const hl__doc *doc, hl__scope **out)
{
    const hl__json *agent;
    hl__names seen;
    const hl__fields *const fields[2] = { &acd->doc_agent, &acd->doc_contact };
    hl__buf list;
    const char **name = NULL;
    uint32_t n = 0, room = 0, pos = 0;
    int r = hl__doc_fields(acd, doc);

    hl__names_init(&seen, acd->core->mem);
    hl__buf_init(&list, acd->core->mem);
    while (doc->next && r == 0 && (agent = doc->next(doc->ctx, "agents", &pos))) {
        const hl__json *skills = hl__json_get(agent, "skills");
        for (void *s = hl__json_iter(skills); s && r == 0; s = hl__json_iter_next(skills, s)) {
            const char *key = hl__json_iter_key(s);
            if (hl__names_get(&seen, key))
                continue;
            if ((r = hl__grow(acd->core->mem, &name, &room, n, sizeof(*name))) == 0 &&
                (r = hl__names_put(&seen, key, &list)) == 0)
                name[n++] = key;
        }
    }
    if (r == 0)
        r = hl__scope_build(acd->core->mem, name, n, fields, out);
    hl__free(acd->core->mem, name);
    hl__buf_free(&list);
    hl__names_free(&seen);
    return r;
}

static void check_need(hl__scope *s, const char *need, const hl__place *at, hl__findings *f)
{
    hl__expr_in in = { .text = need, .want = &hl__types[HL__V_BOOL], .f = f, .at = at };
    hl__expr *e = NULL;

    if (!need)
        return;
    in.len = strlen(need);
    if (hl__expr_new(s, &in, &e) == HL_ENOMEM)
        f->no_memory = true;
    hl__expr_free(e);
}

static bool has_need(const hl__qconf *q)
{
    bool has = q->need != NULL;

    for (uint32_t i = 0; i < q->steps; i++)
        has = has || q->step[i].need;
    return has;
}

static void check_needs(hl__acd *acd, const hl__qconf *q, const hl__place *at, hl__findings *f, const hl__doc *doc)
{
    hl__place need = { at, "need", 0 }, steps = { at, "steps", 0 };

    if (!has_need(q))
        return;
    if (!acd->doc_scope || !doc->serial || acd->doc_serial != doc->serial) { /* it takes a walk over all agents */
        hl__scope_free(acd->doc_scope);
        acd->doc_scope = NULL;
        if (doc_scope(acd, doc, &acd->doc_scope) < 0) {
            f->no_memory = true;
            return;
        }
        acd->doc_serial = doc->serial;
    }
    check_need(acd->doc_scope, q->need, &need, f);
    for (uint32_t i = 0; i < q->steps; i++) {
        hl__place item = { &steps, NULL, i }, text = { &item, "need", 0 };
        check_need(acd->doc_scope, q->step[i].need, &text, f);
    }
}

void hl__queue_check(void *domain, const char *name, const hl__json *j, const hl__place *at, hl__findings *f,
                     const hl__doc *doc)
{
    hl__acd *acd = domain;
    hl__place hours = { at, "hours", 0 };
    hl__qconf *q;

    if (hl__json_type(j) != HL__JOBJECT) {
        hl__error(f, 520, at, "a queue is an object");
        return;
    }
    if (!(q = hl__qconf_new(acd->core->mem, j, f, at))) {
        f->no_memory = true;
    } else {
        check_data(acd, q, at, f, doc);
        check_needs(acd, q, at, f, doc);
        hl__queue_rules_check(acd, q, name, at, f, doc);
        if (q->hours && !doc->object(doc->ctx, "calendars", q->hours)) {
            const char *near = doc->nearest ? doc->nearest(doc->ctx, "calendars", q->hours) : NULL;
            hl__error(f, 521, &hours, "there is no calendar \"%s\"%s%s%s", q->hours, near ? "; did you mean \"" : "",
                      near ? near : "", near ? "\"?" : "");
        }
    }
    hl__qconf_free(acd->core->mem, q);
}

void hl__queue_free(hl__acd *acd, hl__queue *q)
{
    if (!q)
        return;
    hl__expr_free(q->need);
    for (uint32_t i = 0; i < HL__STEPS; i++)
        hl__expr_free(q->step_need[i]);
    hl__figures_free(acd, q->figures);
    hl__qconf_free(acd->core->mem, q->conf);
    hl__free(acd->core->mem, q->name);
    hl__free(acd->core->mem, q);
}

int hl__queue_users(void *domain, hl_id id)
{
    hl__acd *acd = domain;
    hl__queue *q = hl__map_get(&acd->queues, id);
    int users = 0;

    for (hl__link *l = q ? q->classes.next : NULL; l && l != &q->classes; l = l->next)
        users += (int)HL__OF(hl__class, link, l)->refs;
    return users;
}

static int queue_new(hl__acd *acd, hl_id id, const char *name, hl__qconf *conf)
{
    hl__queue *q = hl__alloc(acd->core->mem, sizeof(*q));
    uint32_t at = acd->queue_n;

    if (!q || !(q->name = hl__strdup(acd->core->mem, name)) ||
        hl__grow(acd->core->mem, &acd->queue, &acd->queue_room, acd->queue_n, sizeof(*acd->queue)) < 0 ||
        hl__map_put(&acd->queues, id, q) < 0)
        goto out;
    if (hl__names_put(&acd->queue_names, q->name, q) < 0) {
        hl__map_del(&acd->queues, id);
        goto out;
    }
    q->id = id;
    q->conf = conf;
    hl__link_init(&q->classes);
    hl__link_init(&q->line);
    hl__stat_init(&q->stat, conf, acd->core->now);
    q->lead.half_at = acd->core->now + 1800 * (hl_time)HL__SECOND;
    hl__goal_slope(q);
    while (at > 0 && acd->queue[at - 1]->id > id) {
        acd->queue[at] = acd->queue[at - 1];
        at--;
    }
    acd->queue[at] = q;
    acd->queue_n++;
    return 0;
out:
    if (q)
        hl__free(acd->core->mem, q->name);
    hl__free(acd->core->mem, q);
    return HL_ENOMEM;
}

static void queue_drop(hl__acd *acd, hl__queue *q)
{
    uint32_t at = 0;

    while (q->classes.next != &q->classes)
        hl__class_drop(acd, HL__OF(hl__class, link, q->classes.next));
    hl__map_del(&acd->queues, q->id);
    hl__names_del(&acd->queue_names, q->name);
    while (acd->queue[at] != q)
        at++;
    memmove(&acd->queue[at], &acd->queue[at + 1], (acd->queue_n - at - 1) * sizeof(*acd->queue));
    acd->queue_n--;
    hl__queue_free(acd, q);
}

/* Takes the settings over; what follows from them is worked out by hl__acd_rebuild() once for the whole load. */
int hl__queue_apply(void *domain, hl_id id, const char *name, const hl__json *j)
{
    hl__acd *acd = domain;
    hl__queue *q = hl__map_get(&acd->queues, id);
    hl__findings none;
    hl__qconf *conf;
    int r = 0;

    if (!j) {
        if (q)
            queue_drop(acd, q);
    } else {
        hl__findings_init(&none, acd->core->mem);
        conf = hl__qconf_new(acd->core->mem, j, &none, NULL);
        hl__findings_free(&none);
        if (!conf)
            return HL_ENOMEM;
        if (q) {
            hl__qconf_free(acd->core->mem, q->conf);
            q->conf = conf;
            hl__goal_slope(q);
        } else if ((r = queue_new(acd, id, name, conf)) < 0) {
            hl__qconf_free(acd->core->mem, conf);
            return r;
        }
    }
    acd->is_stale = 1;
    hl__timer_set(&acd->core->wheel, &acd->timer, acd->core->now);
    return 0;
}

static void read_capacity(const hl__json *j, const hl__place *at, hl__findings *f, hl__capacity *out)
{
    hl__jcheck c = { f, j, at, 520 };
    const hl__json *over = NULL;
    hl__place list = { at, "over", 0 };

    if (hl__json_type(j) != HL__JOBJECT) {
        hl__error(f, 520, at, "a channel's capacity is an object with max, cost, over");
        return;
    }
    hl__jknown(&c, "max cost over");
    out->max = (int32_t)hl__jint(&c, "max", 0, 100, 1);
    out->cost = (int32_t)hl__jint(&c, "cost", 1, 100, 100);
    out->over = 0;
    over = hl__jlist(&c, "over");
    for (size_t i = 0; over && i < hl__json_size(over); i++) {
        int n = word_of(channels, hl__json_text(hl__json_at(over, i)));
        hl__place item = { &list, NULL, i };
        if (n < 0)
            hl__error(f, 520, &item, "a channel is one of: voice, chat, email, task");
        else
            out->over |= 1u << n;
    }
}

static void read_capacities(const hl__json *j, const hl__place *at, hl__findings *f, hl__capacity *out)
{
    hl__jcheck c = { f, j, at, 520 };

    hl__jknown(&c, "voice chat email task");
    for (int i = 0; i < HL__CHANNELS; i++) {
        const hl__json *one = hl__json_get(j, channels[i]);
        hl__place item = { at, channels[i], 0 };
        out[i] = (hl__capacity){ 0, 100, 0 };
        if (one)
            read_capacity(one, &item, f, &out[i]);
    }
}

void hl__capacity_check(void *domain, const char *name, const hl__json *j, const hl__place *at, hl__findings *f,
                        const hl__doc *doc)
{
    hl__capacity of[HL__CHANNELS];

    (void)domain, (void)name, (void)doc; /* it rests on nothing else */
    if (hl__json_type(j) != HL__JOBJECT)
        hl__error(f, 520, at, "a capacity is an object with a member for each channel");
    else
        read_capacities(j, at, f, of);
}

int hl__capacity_apply(void *domain, hl_id id, const char *name, const hl__json *j)
{
    hl__acd *acd = domain;
    hl__capacities *c = hl__names_get(&acd->capacities, name);
    hl__findings none;

    (void)id; /* agents name it */
    if (!j && c) {
        hl__names_del(&acd->capacities, name);
        hl__free(acd->core->mem, c->name);
        hl__free(acd->core->mem, c);
    } else if (j) {
        if (!c) {
            if (!(c = hl__alloc(acd->core->mem, sizeof(*c))) || !(c->name = hl__strdup(acd->core->mem, name)) ||
                hl__names_put(&acd->capacities, c->name, c) < 0) {
                hl__free(acd->core->mem, c ? c->name : NULL);
                hl__free(acd->core->mem, c);
                return HL_ENOMEM;
            }
        }
        hl__findings_init(&none, acd->core->mem);
        read_capacities(j, NULL, &none, c->of);
        hl__findings_free(&none);
    }
    acd->is_stale = 1;
    hl__timer_set(&acd->core->wheel, &acd->timer, acd->core->now);
    return 0;
}
