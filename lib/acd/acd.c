/* acd.c - the whole: made and freed, settled after each command. */
#include "acd/inner.h"
#include <string.h>

static void stale(void *ctx, hl__timer *t)
{
    hl__acd *acd = ctx;

    if (hl__acd_ready(acd) < 0)
        hl__timer_set(&acd->core->wheel, t, acd->core->now + HL__SECOND); /* short of memory: asked again */
    else
        hl__acd_settle(acd);
}

int hl__acd_new(hl__core *core, hl__calendars *cal, const hl__acd_up *up, hl__acd **out)
{
    hl__acd *acd = hl__alloc(core->mem, sizeof(*acd));

    if (!acd)
        return HL_ENOMEM;
    acd->core = core;
    acd->cal = cal;
    acd->up = *up;
    hl__map_init(&acd->queues, core->mem);
    hl__map_init(&acd->agents, core->mem);
    hl__map_init(&acd->contacts, core->mem);
    hl__names_init(&acd->queue_names, core->mem);
    hl__names_init(&acd->agent_names, core->mem);
    hl__names_init(&acd->capacities, core->mem);
    hl__names_init(&acd->class_names, core->mem);
    hl__names_init(&acd->profile_names, core->mem);
    hl__names_init(&acd->refs, core->mem);
    hl__names_init(&acd->skill_names, core->mem);
    hl__fields_init(&acd->doc_agent, core->mem);
    hl__fields_init(&acd->doc_contact, core->mem);
    hl__link_init(&acd->news);
    hl__link_init(&acd->fresh);
    hl__link_init(&acd->free);
    hl__link_init(&acd->wide);
    acd->timer.fire = stale;
    acd->timer.ctx = acd;
    if (!(acd->eval = hl__alloc(core->mem, sizeof(*acd->eval))) || hl__fit_room(acd, 1, 1) < 0 ||
        hl__slot_buckets(acd, 1) < 0) {
        hl__acd_free(acd);
        return HL_ENOMEM;
    }
    acd->is_stale = 1;
    *out = acd;
    return 0;
}

hl__acd_up hl__acd_listen(hl__acd *acd, const hl__acd_up *up)
{
    hl__acd_up before = acd->up;

    acd->up = *up;
    return before;
}

static void free_tables(hl__acd *acd)
{
    hl__mem *mem = acd->core->mem;

    hl__map_free(&acd->queues);
    hl__map_free(&acd->agents);
    hl__map_free(&acd->contacts);
    hl__names_free(&acd->queue_names);
    hl__names_free(&acd->agent_names);
    hl__names_free(&acd->capacities);
    hl__names_free(&acd->class_names);
    hl__names_free(&acd->profile_names);
    hl__names_free(&acd->refs);
    hl__names_free(&acd->skill_names);
    for (uint32_t i = 0; i < acd->skill_n; i++)
        hl__free(mem, acd->skill[i]);
    hl__free(mem, acd->skill);
    hl__free(mem, acd->queue);
    hl__free(mem, acd->class);
    hl__free(mem, acd->profile);
    hl__free(mem, acd->queue_profile);
    hl__free(mem, acd->fit);
    hl__free(mem, acd->fit_back);
    hl__free(mem, acd->live);
    for (int i = 0; i < HL__CHANNELS; i++) {
        hl__free(mem, acd->waiting[i]);
        hl__free(mem, acd->parked[i]);
        hl__free(mem, acd->idle[i]);
    }
    hl__free(mem, acd->eval);
    hl__free(mem, acd->skill_val);
    hl__free(mem, acd->bucket);
}

void hl__acd_free(hl__acd *acd)
{
    hl__capacities *cap;
    uint32_t pos = 0;

    if (!acd)
        return;
    while (acd->news.next != &acd->news) { /* those that are done but not told are in no table */
        hl__news *n = HL__OF(hl__news, link, acd->news.next);
        hl__link_del(&n->link);
        if (n->kind == HL__OBJ_CONTACT && (n->what & HL__NEWS_DONE))
            hl__contact_free(acd, HL__OF(hl__contact, news, n));
    }
    for (hl__contact *c; (c = hl__map_at(&acd->contacts, &pos));)
        hl__contact_free(acd, c);
    pos = 0;
    for (hl__agent *a; (a = hl__map_at(&acd->agents, &pos));)
        hl__agent_free(acd, a);
    for (uint32_t i = 0; i < acd->class_n; i++)
        hl__class_free(acd, acd->class[i]);
    for (uint32_t i = 0; i < acd->profile_n; i++)
        hl__profile_free(acd, acd->profile[i]);
    for (uint32_t i = 0; i < acd->queue_n; i++)
        hl__queue_free(acd, acd->queue[i]);
    pos = 0;
    while ((cap = hl__names_at(&acd->capacities, &pos))) {
        hl__free(acd->core->mem, cap->name);
        hl__free(acd->core->mem, cap);
    }
    hl__timer_drop(&acd->core->wheel, &acd->timer);
    hl__figures_free(acd, acd->figures);
    hl__timer_drop(&acd->core->wheel, &acd->goals);
    hl__scope_free(acd->scope);
    hl__scope_free(acd->doc_scope);
    hl__fields_free(&acd->doc_agent);
    hl__fields_free(&acd->doc_contact);
    free_tables(acd);
    hl__free(acd->core->mem, acd);
}

uint32_t hl__acd_sections(hl__acd *acd, hl__section *out, uint32_t room)
{
    const hl__section all[] = {
        { "capacities", HL_KIND_PART, acd, hl__capacity_check, hl__capacity_apply, NULL },
        { "queues", HL_KIND_QUEUE, acd, hl__queue_check, hl__queue_apply, hl__queue_users },
        { "agents", HL_KIND_AGENT, acd, hl__agent_check, hl__agent_apply, hl__agent_users },
    };
    uint32_t n = room < HL__COUNT(all) ? room : (uint32_t)HL__COUNT(all);

    memcpy(out, all, n * sizeof(*out));
    return n;
}

int hl__acd_ready(hl__acd *acd)
{
    int r = acd->is_stale ? hl__acd_rebuild(acd) : 1;

    if (r == 0)
        hl__acd_settle(acd); /* now, not with the command: that may yet be refused */
    return r < 0 ? r : 0;
}

void hl__acd_tell(hl__acd *acd, hl__news *n, uint32_t what)
{
    n->what |= what;
    hl__link_add(&acd->news, &n->link);
}

void hl__acd_emit(hl__acd *acd, hl_event ev)
{
    ev.size = sizeof(ev);
    (void)acd->core->emit(acd->core, &ev); /* its number is for others */
}

void hl__ask_contact(hl__acd *acd, hl__contact *c)
{
    hl__link_add(&acd->fresh, &c->fresh);
}

void hl__ask_agent(hl__acd *acd, hl__agent *a)
{
    hl__link_add(&acd->free, &a->free);
}

static void tell_contact(hl__acd *acd, hl__contact *c, uint32_t what)
{
    const hl__acd_up *up = &acd->up;

    if (what & HL__NEWS_DONE) {
        hl_id id = c->id;
        int outcome = c->outcome;
        hl__contact_free(acd, c);
        if (up->contact_done)
            up->contact_done(up->ctx, id, outcome);
        return;
    }
    if ((what & HL__NEWS_STATE) && up->contact_state)
        up->contact_state(up->ctx, c->id, c->state);
    if ((what & HL__NEWS_CONNECT) && up->connect &&
        (c->state == HL_CONTACT_CONNECTING || c->state == HL_CONTACT_ENGAGED))
        up->connect(up->ctx, c->id, c->slot->agent->id, c->leg);
    else if ((what & HL__NEWS_ESTIMATE) && up->estimate && c->state == HL_CONTACT_WAITING)
        up->estimate(up->ctx, c->id, c->place, c->p50_ms, c->p80_ms);
}

/* Made and ended before it could be told: nobody need know. */
static void tell_slot(hl__acd *acd, const hl__slot *s, uint32_t what)
{
    const hl__acd_up *up = &acd->up;
    hl_offer row = { sizeof(row), s->channel, s->offer, s->contact_id, s->agent->id, s->queue, s->made, s->deadline };

    if (what == HL__NEWS_MADE && up->offer_made)
        up->offer_made(up->ctx, &row);
    else if (what == HL__NEWS_ENDED && up->offer_ended)
        up->offer_ended(up->ctx, &row, s->how);
}

static void tell_one(hl__acd *acd)
{
    hl__news *n = HL__OF(hl__news, link, acd->news.next);
    uint32_t what = n->what;

    hl__link_del(&n->link);
    n->what = 0;
    if (n->kind == HL__OBJ_CONTACT) {
        tell_contact(acd, HL__OF(hl__contact, news, n), what);
    } else if (n->kind == HL__OBJ_SLOT) {
        hl__slot *s = HL__OF(hl__slot, news, n);
        tell_slot(acd, s, what);
        if (s->state == HL__SLOT_FREE && s->news.what == 0)
            hl__agent_changed(acd, s->agent); /* only now can the slot be used again */
    } else if (acd->up.agent_state) {
        hl__agent *a = HL__OF(hl__agent, news, n);
        acd->up.agent_state(acd->up.ctx, a->id, a->state, a->work, a->reason);
    }
}

/* One thing: news told, a contact that looks around, an agent who does, an offer taken back. False: all is settled. */
bool hl__acd_turn(hl__acd *acd)
{
    hl__slot *spare;

    if (hl__link_in(&acd->news)) {
        tell_one(acd);
    } else if (hl__link_in(&acd->fresh)) {
        hl__contact *c = hl__match_soonest(acd);
        hl__link_del(&c->fresh);
        hl__match_contact(acd, c);
        if (c->state == HL_CONTACT_WAITING)
            hl__alarm_waits(acd, c);
    } else if (hl__link_in(&acd->free)) {
        hl__agent *a = HL__OF(hl__agent, free, acd->free.next);
        hl__link_del(&a->free);
        hl__match_agent(acd, a);
    } else if ((spare = hl__match_spare(acd))) {
        hl__offer_lapse(acd, spare, HL_OFFER_RESCINDED);
    } else {
        return false;
    }
    return true;
}

void hl__acd_settle(hl__acd *acd)
{
    if (acd->is_busy)
        return; /* the outer one goes on */
    acd->is_busy = 1;
    while (hl__acd_turn(acd))
        ;
    acd->is_busy = 0;
    hl__acd_settled(acd);
}
