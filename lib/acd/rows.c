/* rows.c - the model as rows and as JSON: queues, agents, contacts, offers as they are now. */
#include "acd/inner.h"
#include <string.h>

#define NAMES 9
/* The names of the header in small letters, which the preprocessor cannot make; a test compares them. */
static const char small[][NAMES][16] = {
    [HL__WORD_CHANNEL] = { "voice", "chat", "email", "task" },
    [HL__WORD_CONTACT] = { "", "waiting", "offered", "connecting", "engaged", "parked", "calling", "lost", "done" },
    [HL__WORD_OUTCOME] = { "", "handled", "abandoned", "timed_out", "overflowed", "refused", "withdrawn", "broken" },
    [HL__WORD_AGENT] = { "offline", "available", "aux", "gone" },
    [HL__WORD_WORK] = { "idle", "cooling", "offer", "busy", "wrapup" },
    [HL__WORD_OFFER] = { "", "accepted", "rejected", "no_answer", "busy", "unreachable", "failed", "rescinded",
        "late" },
};

const char *hl__acd_word(int list, int number)
{
    if (list < 0 || list >= (int)HL__COUNT(small) || number < 0 || number >= NAMES || small[list][number][0] == 0)
        return NULL;
    return small[list][number];
}

int hl__acd_number(int list, const char *word)
{
    for (int i = 0; word && word[0] && list >= 0 && list < (int)HL__COUNT(small) && i < NAMES; i++)
        if (strcmp(small[list][i], word) == 0)
            return i;
    return -1;
}

hl_id hl__acd_queue_find(const hl__acd *acd, const char *name)
{
    const hl__queue *q = name ? hl__names_get(&acd->queue_names, name) : NULL;

    return q ? q->id : 0;
}

hl_id hl__acd_agent_find(const hl__acd *acd, const char *name)
{
    const hl__agent *a = name ? hl__names_get(&acd->agent_names, name) : NULL;

    return a ? a->id : 0;
}

const char *hl__acd_skill_next(const hl__acd *acd, uint32_t *pos)
{
    return *pos < acd->skill_n ? acd->skill[(*pos)++] : NULL;
}

const char *hl__acd_name(const hl__acd *acd, hl_id id)
{
    const hl__queue *q = hl__map_get(&acd->queues, id);
    const hl__agent *a = q ? NULL : hl__map_get(&acd->agents, id);

    return q ? q->name : a ? a->name : NULL;
}

int hl__acd_times(hl__acd *acd, hl_id queue, const char **zone, const char **hours)
{
    const hl__queue *q = hl__map_get(&acd->queues, queue);

    if (!q)
        return hl__fail(acd->core->err, HL_ENOENT, "no such queue");
    *zone = q->conf->zone;
    *hours = q->conf->hours;
    return 0;
}

int hl__acd_agent_device(hl__acd *acd, hl_id agent, hl__acd_device *out)
{
    const hl__agent *a = hl__map_get(&acd->agents, agent);

    if (!a)
        return hl__fail(acd->core->err, HL_ENOENT, "no such agent");
    *out = (hl__acd_device){ a->name, a->conf->title ? a->conf->title : a->name, a->conf->phone, a->conf->address,
        a->conf->is_auto };
    return 0;
}

uint32_t hl__acd_contacts(const hl__acd *acd)
{
    return hl__tree_size(&acd->contacts_by_id);
}

static void queue_row(hl__acd *acd, hl__queue *q, hl_queue *row)
{
    hl_estimate e = HL_ESTIMATE_INIT;

    *row = (hl_queue)HL_QUEUE_INIT;
    row->waiting = q->waiting;
    row->offered = q->offered;
    row->engaged = q->engaged;
    row->parked = q->parked;
    row->id = q->id;
    row->name = q->name;
    row->title = q->conf->title ? q->conf->title : q->name;
    for (uint32_t i = 0; i < q->profiles; i++) {
        const hl__profile *p = acd->profile[q->profile[i]];
        if (!p || !hl__member_of(p, q->id))
            continue; /* settings were changed a moment ago */
        row->staffed += p->staffed;
        row->idle += p->free;
        row->wrapup += p->wrapup;
        row->aux += p->aux;
    }
    if (!acd->is_stale)
        hl__estimate_queue(acd, q, &e);
    row->p50_ms = acd->is_stale ? -1 : e.p50_ms;
    for (const hl__link *l = q->line.next; l != &q->line && row->oldest == 0; l = l->next)
        if (HL__OF(const hl__contact, line, l)->state <= HL_CONTACT_OFFERED)
            row->oldest = hl__on_line(HL__OF(const hl__contact, line, l));
}

int hl__acd_queue_next(hl__acd *acd, hl_queue *row)
{
    uint32_t low = 0, high = acd->queue_n;

    while (low < high) {
        uint32_t mid = (low + high) / 2;
        if (acd->queue[mid]->id <= row->id)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == acd->queue_n)
        return 0;
    queue_row(acd, acd->queue[low], row);
    return 1;
}

static void agent_row(hl__acd *acd, hl__agent *a, hl_agent *row)
{
    const hl__slot *last = NULL;

    hl__agent_day(acd, a);
    *row = (hl_agent)HL_AGENT_INIT;
    row->state = a->state;
    row->work = a->work;
    row->load = a->profile ? hl__agent_load(a, 0) : 0;
    row->id = a->id;
    for (const hl__slot *s = a->slot; s; s = s->next)
        if (s->state != HL__SLOT_FREE && (!last || s->offer > last->offer))
            last = s;
    row->contact = last ? last->contact_id : 0;
    row->since = a->since;
    row->idle_since = a->idle_since;
    row->cool_until = a->cool_until;
    row->handled = a->handled;
    row->missed = a->missed;
    row->name = a->name;
    row->reason = a->reason;
}

int hl__acd_agent_get(hl__acd *acd, hl_id agent, hl_agent *row)
{
    hl__agent *a = hl__map_get(&acd->agents, agent);

    if (!a)
        return hl__fail(acd->core->err, HL_ENOENT, "no such agent");
    agent_row(acd, a, row);
    return 0;
}

static bool is_member(const hl__agent *a, hl_id queue)
{
    for (uint32_t i = 0; i < a->conf->members; i++)
        if (a->conf->member[i].queue == queue)
            return true;
    return false;
}

int hl__acd_agent_next(hl__acd *acd, hl_id queue, hl_agent *row)
{
    hl__node *n = hl__tree_after(&acd->agents_by_id, row->id, UINT64_MAX);

    if (queue && !hl__map_get(&acd->queues, queue))
        return hl__fail(acd->core->err, HL_ENOENT, "no such queue");
    while (n && queue && !is_member(HL__OF(hl__agent, by_id, n), queue))
        n = hl__tree_next(n);
    if (!n)
        return 0;
    agent_row(acd, HL__OF(hl__agent, by_id, n), row);
    return 1;
}

static void contact_row(hl__acd *acd, hl__contact *c, hl_contact *row)
{
    hl_estimate e = HL_ESTIMATE_INIT;
    int place = 0;

    *row = (hl_contact)HL_CONTACT_INIT;
    row->p50_ms = row->p80_ms = -1;
    if (c->tree) {
        place = hl__contact_place(c->class->queue, c->key, (uint64_t)c->id);
        hl__estimate_class(acd, c->class, c->key, (uint64_t)c->id, &e);
        row->place = c->place && c->place < place ? c->place : place;
        row->p50_ms = c->p50_ms >= 0 && c->p50_ms < e.p50_ms ? c->p50_ms : e.p50_ms;
        row->p80_ms = c->p80_ms >= 0 && c->p80_ms < e.p80_ms ? c->p80_ms : e.p80_ms;
    }
    row->state = c->state;
    row->id = c->id;
    row->queue = c->class->queue->id;
    row->agent = c->slot ? c->slot->agent->id : 0;
    row->leg = c->leg;
    row->ticket = c->ticket;
    row->since = c->since;
    row->key = c->key;
    row->channel = (int32_t)c->class->channel;
    row->step = (int32_t)c->class->step;
    row->offers = c->offers;
    row->ref = c->ref;
    row->data = c->data;
}

int hl__acd_contact_get(hl__acd *acd, hl_id contact, hl_contact *row)
{
    hl__contact *c = hl__contact_find(acd, contact);

    if (!c)
        return hl__fail(acd->core->err, HL_ENOENT, "no such contact in a queue");
    contact_row(acd, c, row);
    return 0;
}

int hl__acd_contact_next(hl__acd *acd, hl_id queue, hl_contact *row)
{
    hl__node *n = hl__tree_after(&acd->contacts_by_id, row->id, UINT64_MAX);

    if (queue && !hl__map_get(&acd->queues, queue))
        return hl__fail(acd->core->err, HL_ENOENT, "no such queue");
    while (n && queue && HL__OF(hl__contact, by_id, n)->class->queue->id != queue)
        n = hl__tree_next(n);
    if (!n)
        return 0;
    contact_row(acd, HL__OF(hl__contact, by_id, n), row);
    return 1;
}

static void offer_row(const hl__slot *s, hl_offer *row)
{
    *row = (hl_offer){ sizeof(*row), s->channel, s->offer, s->contact_id, s->agent->id, s->queue, s->made,
        s->deadline };
}

int hl__acd_offer(hl__acd *acd, hl_id offer, hl_offer *out)
{
    const hl__slot *s = hl__slot_of_offer(acd, offer);

    if (!s)
        return hl__fail(acd->core->err, HL_ENOENT, "no such offer is open");
    offer_row(s, out);
    return 0;
}

/* The open offer with the least id above row->id, of one agent or of all. */
int hl__acd_offer_next(hl__acd *acd, hl_id agent, hl_offer *row)
{
    const hl__agent *one = agent ? hl__map_get(&acd->agents, agent) : NULL;
    const hl__slot *best = NULL;

    if (agent && !one)
        return hl__fail(acd->core->err, HL_ENOENT, "no such agent");
    for (hl__node *n = one ? NULL : acd->agents_by_id.first; one || n; n = n ? hl__tree_next(n) : NULL) {
        const hl__agent *a = one ? one : HL__OF(hl__agent, by_id, n);
        for (const hl__slot *s = a->slot; s; s = s->next)
            if (s->state == HL__SLOT_PROPOSED && s->offer > row->id && (!best || s->offer < best->offer))
                best = s;
        one = NULL;
    }
    if (!best)
        return 0;
    offer_row(best, row);
    return 1;
}

int hl__acd_estimate(hl__acd *acd, hl_id queue, const char *need, hl_estimate *row)
{
    hl__queue *q = hl__map_get(&acd->queues, queue);
    hl_estimate e = HL_ESTIMATE_INIT;
    hl__want want = { NULL, NULL };
    hl__buf text;
    hl__class *k;
    int r;

    if ((r = hl__acd_ready(acd)) < 0)
        return r;
    if (!q)
        return hl__fail(acd->core->err, HL_ENOENT, "no such queue");
    hl__buf_init(&text, acd->core->mem);
    if (need && need[0] && (r = hl__need_text(need, &text)) < 0)
        (void)hl__fail(acd->core->err, r, "need is neither an expression nor levels by skill");
    want.need = text.data;
    if (r >= 0)
        r = hl__class_get(acd, q, __builtin_ctz(q->conf->channels), 0, &want, &k);
    hl__buf_free(&text);
    if (r < 0)
        return r;
    hl__estimate_class(acd, k, acd->core->now, UINT64_MAX, &e);
    *row = e;
    return 0;
}

hl_id hl__acd_queues_json(hl__acd *acd, hl_id after, uint32_t limit, hl__buf *out)
{
    hl_queue row = HL_QUEUE_INIT;
    const char *glue = "[";
    uint32_t n = 0;

    for (row.id = after; n < limit && hl__acd_queue_next(acd, &row) > 0; n++) {
        hl__buf_fmt(out, "%s{\"id\":%lld,\"name\":", glue, (long long)row.id);
        hl__buf_json(out, row.name);
        hl__buf_str(out, ",\"title\":");
        hl__buf_json(out, row.title);
        hl__buf_fmt(out, ",\"waiting\":%d,\"parked\":%d,\"offered\":%d,\"engaged\":%d", row.waiting, row.parked,
                    row.offered, row.engaged);
        hl__buf_fmt(out, ",\"staffed\":%d,\"idle\":%d,\"wrapup\":%d", row.staffed, row.idle, row.wrapup);
        hl__buf_fmt(out, ",\"aux\":%d,\"oldest\":%lld,\"p50_ms\":%d}", row.aux, (long long)row.oldest, row.p50_ms);
        glue = ",";
    }
    hl__buf_str(out, glue[0] == '[' ? "[]" : "]");
    return n == limit ? row.id : 0;
}

static void queue_names(const hl__acd *acd, const hl__agent *a, hl__buf *out)
{
    const char *glue = "";

    hl__buf_str(out, ",\"queues\":[");
    for (uint32_t i = 0; i < a->conf->members; i++) {
        const hl__queue *q = hl__map_get(&acd->queues, a->conf->member[i].queue);
        if (!q)
            continue;
        hl__buf_str(out, glue);
        hl__buf_json(out, q->name);
        glue = ",";
    }
    hl__buf_str(out, "]");
}

hl_id hl__acd_agents_json(hl__acd *acd, hl_id after, uint32_t limit, hl__buf *out)
{
    const char *glue = "[";
    hl_agent row = HL_AGENT_INIT;
    uint32_t n = 0;

    hl__node *at = hl__tree_after(&acd->agents_by_id, after, UINT64_MAX);
    for (; at && n < limit; at = hl__tree_next(at), n++) {
        hl__agent *a = HL__OF(hl__agent, by_id, at);
        agent_row(acd, a, &row);
        hl__buf_fmt(out, "%s{\"id\":%lld,\"name\":", glue, (long long)row.id);
        hl__buf_json(out, row.name);
        hl__buf_str(out, ",\"title\":");
        hl__buf_json(out, a->conf->title ? a->conf->title : a->name);
        hl__buf_fmt(out, ",\"state\":\"%s\",\"work\":\"%s\",\"reason\":", hl__acd_word(HL__WORD_AGENT, row.state),
                    hl__acd_word(HL__WORD_WORK, row.work));
        hl__buf_json(out, row.reason);
        hl__buf_fmt(out, ",\"since\":%lld,\"contact\":%lld", (long long)row.since, (long long)row.contact);
        queue_names(acd, a, out);
        hl__buf_str(out, ",\"phone\":");
        hl__buf_json(out, a->conf->phone ? a->conf->phone : a->conf->address);
        hl__buf_str(out, "}");
        glue = ",";
    }
    hl__buf_str(out, glue[0] == '[' ? "[]" : "]");
    return n == limit ? row.id : 0;
}
