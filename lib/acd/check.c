/* check.c - the whole against its own rules: slow, for tests. */
#include "acd/inner.h"

static int broken(hl__acd *acd, const char *what, hl_id id)
{
    return hl__fail(acd->core->err, HL_ESTATE, "%s: %lld", what, (long long)id);
}

static bool is_ringing(const hl__slot *s)
{
    const hl__slot *at = s->contact->ring;

    while (at && at != s)
        at = at->peer;
    return at != NULL;
}

static int check_slot(hl__acd *acd, const hl__agent *a, const hl__slot *s)
{
    if ((s->state == HL__SLOT_PROPOSED || s->state == HL__SLOT_WRAPUP) && !hl__timer_is_set(&a->timer))
        return broken(acd, "an agent with work and no deadline", a->id);
    if ((s->contact != NULL) != (s->state >= HL__SLOT_PROPOSED && s->state <= HL__SLOT_TALK))
        return broken(acd, "a slot whose contact and state disagree", a->id);
    if (s->contact && (s->state == HL__SLOT_PROPOSED ? !is_ringing(s) : s->contact->slot != s))
        return broken(acd, "a contact that does not know its agent", a->id);
    if ((s->state == HL__SLOT_PROPOSED) != (hl__slot_of_offer(acd, s->offer) == s))
        return broken(acd, "an offer that is not found, or one that has ended", a->id);
    return 0;
}

static int check_agent(hl__acd *acd, const hl__agent *a)
{
    uint32_t in_hand[HL__CHANNELS] = { 0 };

    for (const hl__slot *s = a->slot; s; s = s->next) {
        if (s->state != HL__SLOT_FREE)
            in_hand[s->channel]++;
        if (check_slot(acd, a, s) < 0)
            return HL_ESTATE;
    }
    for (uint32_t ch = 0; ch < HL__CHANNELS; ch++) {
        if (in_hand[ch] != a->in_hand[ch])
            return broken(acd, "an agent's hands do not add up", a->id);
        if ((a->pooled >> ch & 1) != (uint32_t)hl__agent_offerable(a, (int)ch))
            return broken(acd, "an agent who is offerable and not offered, or the reverse", a->id);
    }
    if (a->cool_until && !hl__timer_is_set(&a->timer))
        return broken(acd, "an agent who cools for ever", a->id);
    return 0;
}

static int check_rings(hl__acd *acd, const hl__contact *c)
{
    bool connects = c->state == HL_CONTACT_CONNECTING;
    int32_t rings = 0;

    for (const hl__slot *s = c->ring; s; s = s->peer)
        rings++;
    if ((c->slot != NULL) != (connects || c->state == HL_CONTACT_ENGAGED) ||
        (rings > 0 && !connects) != (c->state == HL_CONTACT_OFFERED))
        return broken(acd, "a contact whose agents and state disagree", c->id);
    if (rings != c->rings || (!c->tree && (rings > 1) != hl__link_in(&c->fresh)))
        return broken(acd, "a contact that does not know how many ring", c->id);
    return 0;
}

static int check_called(hl__acd *acd, const hl__contact *c)
{
    bool is_first = c->promise->mode == HL_PROMISE_AGENT_FIRST;

    if (hl__link_in(&c->line))
        return broken(acd, "a contact on no line that stands in line", c->id);
    if (c->tree != &acd->asleep && c->tree != (is_first ? &c->class->tree : &c->class->parked))
        return broken(acd, "a call-back in the wrong tree", c->id);
    return 0;
}

/* Away means parked, calling, or in the hands of an agent who comes first; and it is looked at, at a time known. */
static int check_promise(hl__acd *acd, const hl__contact *c, bool is_called)
{
    bool away = hl__promise_away(c), is_held = c->state == HL_CONTACT_OFFERED || c->state == HL_CONTACT_CONNECTING;
    hl_time at = hl__promise_at(c);

    if (is_called ? !away : away && !is_held)
        return broken(acd, "a promise and a state that disagree", c->id);
    if (!away)
        return 0;
    if (at && (!hl__timer_is_set(&c->timer) || c->timer.at > at))
        return broken(acd, "a call-back nobody looks at", c->id);
    if (c->promise->tried > c->promise->tries)
        return broken(acd, "a call-back tried too often", c->id);
    return is_called ? check_called(acd, c) : 0;
}

static int check_contact(hl__acd *acd, const hl__contact *c)
{
    bool is_called = c->state == HL_CONTACT_PARKED || c->state == HL_CONTACT_CALLING;
    bool waits = c->state == HL_CONTACT_WAITING || is_called;

    if (waits != (c->tree != NULL) || waits != (c->node.size > 0) || waits != (c->in_order.size > 0))
        return broken(acd, "a contact that waits in no line, or stands in one and does not wait", c->id);
    if (check_promise(acd, c, is_called) < 0)
        return HL_ESTATE;
    if ((c->state == HL_CONTACT_CONNECTING || c->state == HL_CONTACT_LOST) && !hl__timer_is_set(&c->timer))
        return broken(acd, "a contact without a deadline", c->id);
    if (check_rings(acd, c) < 0)
        return HL_ESTATE;
    if (waits && c->tree == &c->class->tree && hl__match_idle(acd, c))
        return broken(acd, "a contact waits though an agent is free for it", c->id);
    return 0;
}

int hl__acd_check(hl__acd *acd)
{
    int r = 0;

    if (acd->is_stale)
        return 0;
    for (hl__node *n = acd->agents_by_id.first; n && r == 0; n = hl__tree_next(n))
        r = check_agent(acd, HL__OF(hl__agent, by_id, n));
    for (hl__node *n = acd->contacts_by_id.first; n && r == 0; n = hl__tree_next(n))
        r = check_contact(acd, HL__OF(hl__contact, by_id, n));
    for (uint32_t i = 0; i < acd->queue_n && r == 0; i++) {
        const hl__queue *q = acd->queue[i];
        int32_t waiting = 0;
        uint32_t placed = (uint32_t)(q->waiting + q->parked);
        for (const hl__link *l = q->line.next; l != &q->line; l = l->next)
            waiting += HL__OF(const hl__contact, line, l)->state == HL_CONTACT_WAITING;
        if (waiting != q->waiting || placed != hl__tree_size(&q->order) || q->offered < 0 || q->engaged < 0)
            r = broken(acd, "a queue's figures do not add up", q->id);
    }
    return r;
}
