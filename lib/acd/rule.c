/* rule.c - what a contact is asked as it comes and while it waits: does its next step begin, must it go elsewhere. */
#include "acd/inner.h"

#define AGAIN (5 * (hl_time)HL__SECOND) /* what no timer tells is asked again */
enum { HOPS = 8 };

bool hl__queue_closed(const hl__acd *acd, const hl__queue *q)
{
    hl_id hours = q->conf->hours ? hl__calendar_find(acd->cal, q->conf->hours) : 0;
    int state = hours ? hl__calendar_state(acd->cal, hours, acd->core->now) : HL_CALENDAR_OPEN;

    return state == HL_CALENDAR_CLOSED || state == HL_CALENDAR_HOLIDAY;
}

/* Would it wait longer than that? Unknown, with nobody there, is not longer: `nobody` asks for it. */
static bool is_slow(hl__acd *acd, hl__class *k, const hl__contact *c, int32_t ms)
{
    hl_estimate e = HL_ESTIMATE_INIT;

    hl__estimate_class(acd, k, c ? c->key : acd->core->now, c ? (uint64_t)c->id : UINT64_MAX, &e);
    return e.p50_ms > ms;
}

/* c NULL: of one that is just coming. All that the rule names must hold. */
static bool holds(hl__acd *acd, const hl__overflow *o, hl__class *k, const hl__contact *c)
{
    const hl__queue *q = k->queue;

    if (o->after_ms >= 0 && (!c || acd->core->now - c->queued < o->after_ms * (hl_time)HL__US))
        return false;
    if (o->length >= 0 && (c || q->waiting < o->length))
        return false;
    if (o->is_closed && ((c && !q->conf->is_send) || !hl__queue_closed(acd, q)))
        return false;
    if (o->is_nobody && hl__class_slots(acd, k) > 0)
        return false;
    return o->ewt_ms < 0 || is_slow(acd, k, c, o->ewt_ms);
}

const hl__overflow *hl__rule_next(hl__acd *acd, hl__class *k, const hl__contact *c, const hl__overflow *after)
{
    const hl__qconf *conf = k->queue->conf;

    for (uint32_t i = after ? (uint32_t)(after - conf->overflow) + 1 : 0; i < conf->rules; i++)
        if (holds(acd, &conf->overflow[i], k, c))
            return &conf->overflow[i];
    return NULL;
}

/* From class to class by what rules say, and into the last unless that refuses. 0; HL__ACD_*; HL_ENOMEM. */
int hl__rule_enter(hl__acd *acd, hl__class *k, const hl__overflow *rule, hl__class **out)
{
    int r;

    for (int hop = 0; hop < HOPS && rule; hop++) {
        hl__queue *q = rule->to ? hl__names_get(&acd->queue_names, rule->to) : NULL;
        if (!rule->to)
            return HL__ACD_OVERFLOW;
        if (!q || !(q->conf->channels >> k->channel & 1))
            return HL__ACD_FULL;
        hl__want want = { k->need, k->facts };
        if ((r = hl__class_get(acd, q, (int)k->channel, 0, &want, &k)) < 0)
            return r;
        rule = hl__rule_next(acd, k, NULL, NULL);
    }
    if (rule)
        return HL__ACD_FULL; /* on and on: it stays outside */
    *out = k;
    return hl__refusal(acd, k);
}

/* Does its next step begin now? */
static bool begins(hl__acd *acd, const hl__contact *c)
{
    const hl__qconf *conf = c->class->queue->conf;
    const hl__step *s = &conf->step[c->class->step];

    if (c->class->step >= conf->steps)
        return false;
    return (s->after_ms >= 0 && acd->core->now - c->queued >= s->after_ms * (hl_time)HL__US) ||
        (s->is_nobody && hl__class_slots(acd, c->class) == 0) ||
        (s->ewt_ms >= 0 && is_slow(acd, c->class, c, s->ewt_ms));
}

static void widen(hl__acd *acd, hl__contact *c)
{
    hl__with with = { 0 };
    hl__want want = { c->class->need, c->class->facts };

    if (hl__class_get(acd, c->class->queue, (int)c->class->channel, c->class->step + 1, &want, &with.class) < 0)
        return; /* short of memory: asked again */
    (void)hl__contact_do(acd, c, HL__DO_WIDEN, &with); /* it waits */
}

static void go(hl__acd *acd, hl__contact *c, const hl__overflow *rule)
{
    hl__with with = { .keep = 1, .outcome = HL_OUTCOME_OVERFLOWED };
    int r = c->hops < HOPS || !rule->to ? hl__rule_enter(acd, c->class, rule, &with.class) : HL__ACD_FULL;

    if (r == HL__ACD_OVERFLOW) {
        (void)hl__contact_do(acd, c, HL__DO_END, &with); /* it waits */
    } else if (r == 0 && hl__figures_room(acd, with.class->queue) == 0) {
        c->hops++;
        (void)hl__contact_do(acd, c, HL__DO_MOVE, &with); /* it waits */
    }
}

/* The time to ask again: the next that is known, or in 5 s if something is asked that no timer tells. */
static hl_time next(const hl__acd *acd, const hl__contact *c)
{
    const hl__qconf *conf = c->class->queue->conf;
    const hl__step *s = c->class->step < conf->steps ? &conf->step[c->class->step] : NULL;
    bool polls = s && (s->is_nobody || s->ewt_ms >= 0);
    hl_time at = s && s->after_ms >= 0 ? c->queued + s->after_ms * (hl_time)HL__US : HL__NEVER;

    for (uint32_t i = 0; i < conf->rules; i++) {
        const hl__overflow *o = &conf->overflow[i];
        hl_time then = c->queued + o->after_ms * (hl_time)HL__US;
        if (o->after_ms >= 0 && then > acd->core->now)
            at = then < at ? then : at;
        else
            polls |= o->length < 0 && (!o->is_closed || conf->is_send);
    }
    if (polls && acd->core->now + AGAIN < at)
        at = acd->core->now + AGAIN;
    return at == HL__NEVER ? 0 : at;
}

/* As it comes into the queue: what asks is asked at once, when the present command is over. */
hl_time hl__rule_at(const hl__acd *acd, const hl__contact *c)
{
    hl_time at = next(acd, c);

    return at == acd->core->now + AGAIN ? acd->core->now : at;
}

/* Of one that waits, at its time. */
void hl__rule_ask(hl__acd *acd, hl__contact *c)
{
    const hl__overflow *rule = NULL;
    const hl__class *was = c->class;

    while (c->state == HL_CONTACT_WAITING && c->class == was && (rule = hl__rule_next(acd, c->class, c, rule)))
        go(acd, c, rule);
    if (c->state != HL_CONTACT_WAITING || c->class != was)
        return;
    if (begins(acd, c))
        widen(acd, c);
    if (c->state == HL_CONTACT_WAITING) /* short of memory it is asked again, not now */
        c->step_at = c->class != was ? hl__rule_at(acd, c) : next(acd, c);
    if (c->class == was && c->step_at && c->step_at <= acd->core->now)
        c->step_at = acd->core->now + HL__SECOND;
}
