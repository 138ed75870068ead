/* offer.c - offers and what becomes of them: a slot of an agent's hands from the ring to the end of the wrap-up.
 *
 * An offer is a lease: it ends once, and without acceptance unless somebody accepts before its deadline. */
#include "acd/inner.h"

static const struct { uint8_t state, stimulus, next; } moves[] = {
    { HL__SLOT_FREE,       HL__SLOT_DO_PROPOSE, HL__SLOT_PROPOSED },
    { HL__SLOT_PROPOSED,   HL__SLOT_DO_ACCEPT,  HL__SLOT_CONNECTING },
    { HL__SLOT_PROPOSED,   HL__SLOT_DO_LAPSE,   HL__SLOT_FREE },
    { HL__SLOT_CONNECTING, HL__SLOT_DO_UP,      HL__SLOT_TALK },
    { HL__SLOT_CONNECTING, HL__SLOT_DO_FAIL,    HL__SLOT_FREE },   /* never had media: no wrap-up */
    { HL__SLOT_CONNECTING, HL__SLOT_DO_OVER,    HL__SLOT_FREE },
    { HL__SLOT_TALK,       HL__SLOT_DO_FAIL,    HL__SLOT_FREE },   /* the caller goes back in line */
    { HL__SLOT_TALK,       HL__SLOT_DO_OVER,    HL__SLOT_WRAPUP },
    { HL__SLOT_WRAPUP,     HL__SLOT_DO_WRAPPED, HL__SLOT_FREE },
};

int hl__offer_can(int state, int stimulus)
{
    for (size_t i = 0; i < HL__COUNT(moves); i++)
        if (moves[i].state == state && moves[i].stimulus == stimulus)
            return moves[i].next;
    return HL_ESTATE;
}

static bool step(hl__slot *s, int stimulus)
{
    int next = hl__offer_can(s->state, stimulus);

    if (next < 0)
        return false;
    s->state = next;
    return true;
}

/* Open offers by id, chained. */
static uint32_t place(const hl__acd *acd, hl_id offer)
{
    return (uint32_t)(((uint64_t)offer * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (acd->buckets - 1);
}

hl__slot *hl__slot_of_offer(const hl__acd *acd, hl_id offer)
{
    hl__slot *s = acd->buckets ? acd->bucket[place(acd, offer)] : NULL;

    while (s && s->offer != offer)
        s = s->chain;
    return s;
}

static void put(hl__acd *acd, hl__slot *s)
{
    uint32_t at = place(acd, s->offer);

    s->chain = acd->bucket[at];
    acd->bucket[at] = s;
}

static void take(hl__acd *acd, hl__slot *s)
{
    hl__slot **at = &acd->bucket[place(acd, s->offer)];

    while (*at != s)
        at = &(*at)->chain;
    *at = s->chain;
}

/* Room for the offers of so many more slots. */
int hl__slot_buckets(hl__acd *acd, uint32_t more)
{
    uint32_t want = acd->buckets ? acd->buckets : 64, had = acd->buckets;
    hl__slot **old = acd->bucket, **bucket;

    while (want < acd->slot_n + more)
        want *= 2;
    if (want == had)
        return 0;
    if (!(bucket = hl__alloc_array(acd->core->mem, want, sizeof(*bucket))))
        return HL_ENOMEM;
    acd->bucket = bucket;
    acd->buckets = want;
    for (uint32_t i = 0; i < had; i++)
        for (hl__slot *s = old[i], *next; s; s = next) {
            next = s->chain;
            put(acd, s);
        }
    hl__free(acd->core->mem, old);
    return 0;
}

static void emit_ended(hl__acd *acd, const hl__slot *s, int how)
{
    hl_event ev = { .type = HL_EV_OFFER_ENDED, .contact = s->contact_id, .queue = s->queue, .agent = s->agent->id,
        .ref = s->offer, .code = how };

    hl__acd_emit(acd, ev);
}

/* The matcher has chosen: there is a free slot, and the contact waits. rule: a pick; -1: it asked for him. */
void hl__offer_make(hl__acd *acd, hl__contact *c, hl__agent *a, int rule)
{
    const hl__queue *q = c->class->queue;
    hl__slot *s = a->slot;
    hl_event ev = { .type = HL_EV_OFFER_MADE, .contact = c->id, .leg = c->leg, .queue = q->id, .agent = a->id,
        .code = q->conf->offer_ms, .text = rule < 0 ? "prefer" : hl__acd_picks[rule] };

    while (s->state != HL__SLOT_FREE || s->news.what)
        s = s->next;
    (void)step(s, HL__SLOT_DO_PROPOSE); /* it is free */
    s->offer = ev.ref = acd->core->id(acd->core, HL_KIND_OFFER);
    s->contact = c;
    s->contact_id = c->id;
    s->queue = q->id;
    s->peer = c->ring;
    c->ring = s;
    c->rings++;
    s->channel = (int32_t)c->class->channel;
    s->made = acd->core->now;
    s->deadline = s->made + (hl_time)q->conf->offer_ms * HL__US;
    s->up = 0;
    s->more_ms = 0;
    put(acd, s);
    a->in_hand[s->channel]++;
    a->last_offer = ++acd->offers;
    c->offers++;
    if (c->rings == 1) {
        c->last_rule = rule;
        c->last_agent = a->id;
        (void)hl__contact_do(acd, c, HL__DO_MATCHED, NULL); /* it waits */
    } else {
        hl__link_add(&acd->wide, &c->fresh);
    }
    hl__acd_emit(acd, ev);
    hl__acd_tell(acd, &s->news, HL__NEWS_MADE);
    hl__agent_changed(acd, a);
}

static void let_go(hl__acd *acd, hl__slot *s)
{
    s->agent->in_hand[s->channel]--;
    s->contact = NULL;
    hl__agent_changed(acd, s->agent);
}

/* It rings no longer. */
static void unring(hl__slot *s)
{
    hl__contact *c = s->contact;
    hl__slot **at = &c->ring;

    while (*at != s)
        at = &(*at)->peer;
    *at = s->peer;
    s->peer = NULL;
    if (--c->rings == 1)
        hl__link_del(&c->fresh);
}

/* What the agent pays for an offer that came to nothing. */
static void cool(hl__acd *acd, hl__agent *a, const hl__qconf *conf, int how)
{
    hl__agent_day(acd, a);
    if (how == HL_OFFER_NO_ANSWER) {
        a->missed++;
        a->missed_row++;
    } else if (how != HL_OFFER_RESCINDED) {
        a->missed_row = 0;
    }
    if (how == HL_OFFER_NO_ANSWER && a->missed_row >= a->conf->max_missed && a->state == HL_AGENT_AVAILABLE)
        hl__agent_set(acd, a, HL_AGENT_AUX, "missed");
    else
        hl__agent_cool(acd, a, conf->delay[how]);
}

/* Ends otherwise than by acceptance; the contact looks around before the agent is free again. */
void hl__offer_lapse(hl__acd *acd, hl__slot *s, int how)
{
    const hl__queue *q = hl__map_get(&acd->queues, s->queue);
    hl__contact *c = s->contact;

    if (!step(s, HL__SLOT_DO_LAPSE))
        return;
    take(acd, s);
    s->how = how;
    emit_ended(acd, s, how);
    hl__acd_tell(acd, &s->news, HL__NEWS_ENDED);
    unring(s);
    (void)hl__contact_do(acd, c, HL__DO_LAPSED, NULL); /* not a row when the contact itself ends the offer */
    cool(acd, s->agent, q->conf, how);
    let_go(acd, s);
}

static void accepted(hl__acd *acd, hl__slot *s)
{
    (void)step(s, HL__SLOT_DO_ACCEPT); /* it is proposed */
    take(acd, s);
    unring(s);
    s->contact->slot = s;
    s->how = HL_OFFER_ACCEPTED;
    s->agent->missed_row = 0;
    emit_ended(acd, s, HL_OFFER_ACCEPTED);
    hl__acd_tell(acd, &s->news, HL__NEWS_ENDED);
    hl__agent_changed(acd, s->agent);
    (void)hl__contact_do(acd, s->contact, HL__DO_ACCEPT, NULL); /* it is offered */
}

/* Of a slot that connects or talks. Failed: the agent's side went, the contact waits again. */
void hl__slot_over(hl__acd *acd, hl__slot *s, bool is_failed)
{
    hl__queue *q = hl__map_get(&acd->queues, s->queue);
    hl__agent *a = s->agent;
    int64_t wrap = a->conf->wrapup_ms >= 0 ? a->conf->wrapup_ms : q->conf->wrapup_ms;
    bool had_media = s->state == HL__SLOT_TALK;

    if (!step(s, is_failed ? HL__SLOT_DO_FAIL : HL__SLOT_DO_OVER))
        return;
    s->contact = NULL;
    hl__agent_day(acd, a);
    if (had_media) {
        a->talk_us += acd->core->now - s->up;
        hl__figures_add(acd, q, HL__N_talk_ms, (acd->core->now - s->up) / HL__US);
    }
    if (is_failed && had_media && a->state == HL_AGENT_AVAILABLE)
        hl__agent_set(acd, a, HL_AGENT_AUX, "media");
    else if (is_failed)
        hl__agent_cool(acd, a, q->conf->delay[HL_OFFER_FAILED]);
    if (s->state == HL__SLOT_FREE) {
        let_go(acd, s);
    } else {
        a->handled++;
        s->over = acd->core->now;
        s->deadline = s->over + wrap * HL__US;
        if (wrap == 0)
            hl__slot_wrapped(acd, s);
        else
            hl__agent_changed(acd, a);
    }
}

void hl__slot_wrapped(hl__acd *acd, hl__slot *s)
{
    hl__queue *q = hl__map_get(&acd->queues, s->queue);
    hl__agent *a = s->agent;

    if (!step(s, HL__SLOT_DO_WRAPPED))
        return;
    if (q) {
        hl__stat_handled(&q->stat, (double)((acd->core->now - s->up) / HL__US));
        hl__figures_add(acd, q, HL__N_wrapup_ms, (acd->core->now - s->over) / HL__US);
    }
    if (a->conf->is_once && a->state == HL_AGENT_AVAILABLE)
        hl__agent_set(acd, a, HL_AGENT_AUX, "once");
    let_go(acd, s);
}

static int open_offer(hl__acd *acd, hl_id offer, hl__slot **out)
{
    int r;

    if (offer <= 0 || HL__KIND(offer) != HL_KIND_OFFER)
        return hl__fail(acd->core->err, HL_EINVAL, "this is no offer");
    if ((r = hl__acd_ready(acd)) < 0)
        return r;
    *out = hl__slot_of_offer(acd, offer);
    if (!*out || (*out)->deadline <= acd->core->now)
        return hl__fail(acd->core->err, HL_ECONFLICT, "the offer has ended");
    return 0;
}

int hl__acd_accept(hl__acd *acd, hl_id offer)
{
    hl__slot *s;
    int r;

    if ((r = open_offer(acd, offer, &s)) < 0)
        return r;
    if (s->contact->state != HL_CONTACT_OFFERED)
        return hl__fail(acd->core->err, HL_ECONFLICT, "another agent was first");
    accepted(acd, s);
    hl__acd_settle(acd);
    return 0;
}

int hl__acd_reject(hl__acd *acd, hl_id offer, int end)
{
    hl__slot *s;
    int r;

    if (end != HL_OFFER_LATE && (end < HL_OFFER_REJECTED || end > HL_OFFER_FAILED))
        return hl__fail(acd->core->err, HL_EINVAL, "an offer is not rejected by %d", end);
    if ((r = open_offer(acd, offer, &s)) < 0)
        return r;
    hl__offer_lapse(acd, s, end);
    hl__acd_settle(acd);
    return 0;
}
