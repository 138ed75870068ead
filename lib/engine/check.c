/* check.c - invariants between the domains, for tests: what one keeps of another is there. Slow. */
#include "engine/engine.h"
#include <string.h>

static int broken(const char *what, hl_id id, hl__err *err)
{
    return hl__fail(err, HL_ESTATE, "%s (%lld)", what, (long long)id);
}

static int check_leg(const hl_t *hl, const hl__leg *leg, hl__err *err)
{
    const hl__call *call = leg->call;
    bool must_time = leg->state == HL_LEG_LOST || leg->state == HL_LEG_ENDING ||
        (!(leg->flags & HL_IS_INBOUND) && leg->state < HL_LEG_ANSWERED);
    uint32_t i = 0;

    if (!call || call != hl__call_of(hl->calls, leg->contact))
        return broken("a leg without its contact's call", leg->id, err);
    while (i < call->legs && call->leg[i] != leg)
        i++;
    if (i == call->legs)
        return broken("a leg its call does not know", leg->id, err);
    if (must_time != hl__timer_is_set(&leg->timer))
        return broken("a leg's timer", leg->id, err);
    if (leg->music && !(leg->flags & HL_IS_HELD))
        return broken("music for a leg that is not held", leg->id, err);
    return 0;
}

static int check_legs(const hl_t *hl, hl__err *err)
{
    const hl__leg *leg;
    const hl__call *call;
    uint32_t legs = 0;
    int r = 0;

    for (uint32_t at = 0; r == 0 && (leg = hl__map_at(&hl->calls->legs, &at));)
        r = check_leg(hl, leg, err);
    for (uint32_t at = 0; (call = hl__map_at(&hl->calls->calls, &at));)
        legs += call->legs;
    return r == 0 && legs != hl->calls->legs.live ? broken("legs in calls", legs, err) : r;
}

static bool rings_are_there(const hl_t *hl, const hl__talk *t)
{
    for (uint32_t i = 0; i < t->rings; i++)
        if (!hl__leg_of(hl->calls, t->ring[i].leg))
            return false;
    return true;
}

static int check_talk(const hl_t *hl, const hl__talk *t, hl__err *err)
{
    const hl_id leg[] = { t->leg, t->agent_leg };
    hl_contact row = HL_CONTACT_INIT;

    for (size_t i = 0; i < HL__COUNT(leg); i++)
        if (leg[i] && !hl__leg_of(hl->calls, leg[i]))
            return broken("a contact's leg is gone", t->id, err);
    if (!rings_are_there(hl, t))
        return broken("a telephone rings whose leg is gone", t->id, err);
    if (t->in_queue && hl__acd_contact_get(hl->acd, t->id, &row) < 0)
        return broken("a contact that is in no queue", t->id, err);
    if (t->engaged && row.state != HL_CONTACT_ENGAGED)
        return broken("a contact that is engaged with nobody", t->id, err);
    if (!t->leg && !t->flow && !t->in_queue && !t->engaged && !t->agent_leg && !t->rings)
        return broken("a contact of which nothing is left", t->id, err);
    return 0;
}

static int check_session(const hl_t *hl, const hl__session *s, hl__err *err)
{
    const hl__leg *leg = s->leg ? hl__leg_of(hl->calls, s->leg) : NULL;

    if (s->leg && (!leg || leg->session != s->id))
        return broken("a page's leg is gone", s->id, err);
    if (leg && leg->contact != s->contact)
        return broken("a page's leg is in another call", s->id, err);
    return 0;
}

static int check_plays(const hl_t *hl, hl__err *err)
{
    const hl__playing *p;

    for (uint32_t at = 0; (p = hl__map_at(&hl->plays, &at));) {
        if (p->legs == 0)
            return broken("a play nobody hears", p->id, err);
        for (uint32_t i = 0; i < p->legs; i++)
            if (!hl__leg_of(hl->calls, p->leg[i]))
                return broken("a play to a leg that is gone", p->id, err);
    }
    return 0;
}

static int check_objects(const hl_t *hl, hl__err *err)
{
    const hl__object *o;
    uint32_t named = 0;

    for (uint32_t i = 0; i < hl->rooms; i++)
        for (uint32_t at = 0; (o = hl__names_at(&hl->room[i].by_name, &at)); named++)
            if (o->room != &hl->room[i] || hl__map_get(&hl->objects, o->id) != o || !o->canon || !o->title)
                return broken("an object of the configuration", o->id, err);
    return named != hl->objects.live ? broken("objects without a name", hl->objects.live, err) : 0;
}

static int check_events(const hl_t *hl, hl__err *err)
{
    const hl__events *e = &hl->events;
    bool in_order = e->first <= e->next && e->durable < e->next && e->cursor <= e->next;
    bool fits = e->next - e->first <= e->room && e->room <= e->max;

    return in_order && fits ? 0 : broken("the ring of events", e->next, err);
}

int hl__engine_check(const hl_t *hl, hl__err *err)
{
    const hl__talk *t;
    const hl__session *s;
    int r = check_legs(hl, err);

    for (uint32_t at = 0; r == 0 && (t = hl__map_at(&hl->talks, &at));)
        r = hl__callback_ok(hl, t) ? check_talk(hl, t, err) : broken("a call-back whose leg is gone", t->id, err);
    for (uint32_t at = 0; r == 0 && (s = hl__map_at(&hl->sessions, &at));)
        r = check_session(hl, s, err);
    if (r == 0 && (r = check_plays(hl, err)) == 0 && (r = check_objects(hl, err)) == 0 &&
        (r = check_events(hl, err)) == 0 && (r = hl__flows_check(hl->flows, err)) == 0)
        r = hl__acd_check(hl->acd);
    return r;
}
