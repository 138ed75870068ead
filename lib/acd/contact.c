/* contact.c - contacts: the table of their states, and what each move does. */
#include "acd/inner.h"
#include <stdio.h>

#define RING_ON 1500000 /* us the others ring on while the first to accept is being connected */

typedef void action(hl__acd *acd, hl__contact *c, const hl__with *with);

static int32_t resume_ms(const hl__contact *c)
{
    return c->resume_ms ? c->resume_ms : c->class->queue->conf->resume_ms;
}

static bool is_here(const hl__acd *acd, const hl__contact *c)
{
    (void)acd; /* a matter of its promise alone */
    return !hl__promise_away(c);
}

static bool is_away(const hl__acd *acd, const hl__contact *c)
{
    (void)acd; /* as above */
    return hl__promise_away(c);
}

static bool can_resume(const hl__acd *acd, const hl__contact *c)
{
    return resume_ms(c) > 0 && is_here(acd, c);
}

static bool rings(const hl__acd *acd, const hl__contact *c)
{
    (void)acd; /* a matter of its offers alone */
    return c->ring != NULL;
}

/* When it has waited as long as it may; 0: never. */
static hl_time max_at(const hl__contact *c)
{
    int32_t ms = c->max_wait_ms ? c->max_wait_ms : c->class->queue->conf->max_wait_ms;

    return ms > 0 ? c->queued + ms * (hl_time)HL__US : 0;
}

static bool is_late(const hl__acd *acd, const hl__contact *c)
{
    return max_at(c) && max_at(c) <= acd->core->now;
}

static void unline(hl__contact *c)
{
    hl__link_del(&c->line);
    hl__alarm_left(c->class->queue);
}

/* Into the line of its queue, behind all that came no later. Most come last, so the walk is short. */
static void in_line(hl__contact *c)
{
    hl__link *head = &c->class->queue->line, *at = head->prev;

    if (hl__link_in(&c->line))
        return;
    while (at != head && hl__on_line(HL__OF(hl__contact, line, at)) > hl__on_line(c))
        at = at->prev;
    hl__link_add(at->next, &c->line); /* adds before: at->next is the head if it comes last */
}

static hl__agent *waits_for(hl__acd *acd, const hl__contact *c)
{
    hl__agent *a = c->prefer_at > acd->core->now ? hl__map_get(&acd->agents, c->prefer) : NULL;

    return a && a->profile && hl__agent_staffed(a) && hl__fits(acd, c->class, a->profile) ? a : NULL;
}

/* When the reserve of its queue keeps nobody from it any longer. */
static void kept_until(const hl__acd *acd, hl__contact *c)
{
    const hl__queue *q = c->class->queue;

    c->until = 0;
    if (q->reserve && q->conf->reserve_ms)
        c->until = c->key + q->conf->reserve_ms * (hl_time)HL__US;
    if (c->until <= acd->core->now)
        c->until = 0;
}

void hl__contact_changed(hl__acd *acd, hl__contact *c)
{
    if (hl__promise_away(c))
        hl__promise_look(acd, c);
    if (c->state != HL_CONTACT_WAITING)
        return;
    kept_until(acd, c);
    c->step_at = hl__rule_at(acd, c);
    hl__contact_timer(acd, c);
}

void hl__contact_wait(hl__acd *acd, hl__contact *c)
{
    hl__tree *rest = hl__promise_rest(acd, c);
    hl__agent *a = rest ? NULL : waits_for(acd, c);
    hl__class *k = c->class;

    c->tree = rest ? rest : a ? &a->mine : &k->tree;
    c->node.key = c->key;
    c->node.id = (uint64_t)c->id;
    hl__tree_add(c->tree, &c->node);
    c->in_order.key = c->key;
    c->in_order.id = (uint64_t)c->id;
    hl__tree_add(&k->queue->order, &c->in_order);
    if (!a && !rest)
        acd->waiting[k->channel][k->index / 64] |= UINT64_C(1) << (k->index % 64);
    if (c->state == HL_CONTACT_WAITING)
        in_line(c);
    if (rest) {
        c->until = 0;
    } else {
        hl__ask_contact(acd, c);
        kept_until(acd, c);
    }
    hl__contact_timer(acd, c);
}

void hl__contact_unwait(hl__acd *acd, hl__contact *c)
{
    hl__class *k = c->class;

    if (!c->tree)
        return;
    hl__tree_del(c->tree, &c->node);
    hl__tree_del(&k->queue->order, &c->in_order);
    c->tree = NULL;
    if (k->queue->reserve && k->tree.first && hl__link_in(&c->fresh))
        hl__ask_contact(acd, HL__OF(hl__contact, node, k->tree.first)); /* it asks in its place */
    hl__link_del(&c->fresh);
    if (!k->tree.first)
        acd->waiting[k->channel][k->index / 64] &= ~(UINT64_C(1) << (k->index % 64));
    if (!k->parked.first)
        acd->parked[k->channel][k->index / 64] &= ~(UINT64_C(1) << (k->index % 64));
}

void hl__contact_key(hl__contact *c, int64_t credit_ms)
{
    int64_t most = c->class->queue->conf->credit_max_ms;

    credit_ms = credit_ms > most ? most : credit_ms < -most ? -most : credit_ms;
    c->key = c->base - credit_ms * HL__US;
}

void hl__mine_release(hl__acd *acd, hl__agent *a)
{
    while (a->mine.first) {
        hl__contact *c = HL__OF(hl__contact, node, a->mine.first);
        hl__contact_unwait(acd, c);
        c->prefer_at = 0;
        hl__contact_wait(acd, c);
    }
}

static int32_t ms_since(const hl__acd *acd, hl_time at)
{
    int64_t ms = (acd->core->now - at) / HL__US;

    return ms > INT32_MAX ? INT32_MAX : ms < 0 ? 0 : (int32_t)ms;
}

static void matched(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    const hl__qconf *conf = c->class->queue->conf;

    (void)with; /* nothing comes with it */
    hl__contact_unwait(acd, c);
    hl__promise_due(acd, c);
    c->ring_at = conf->add_ms ? acd->core->now + (hl_time)conf->add_ms * HL__US : 0;
    hl__contact_timer(acd, c);
}

/* One of several rings no longer; nothing but the timer hangs on that. */
static void fewer(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    (void)with; /* nothing comes with it */
    hl__contact_timer(acd, c);
}

static void ring_more(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    int32_t add_ms = c->class->queue->conf->add_ms;

    (void)with; /* nothing comes with it */
    c->until = c->until <= acd->core->now ? 0 : c->until; /* till then a reserve keeps agents from it */
    hl__match_more(acd, c);
    c->ring_at = add_ms ? acd->core->now + (hl_time)add_ms * HL__US : 0;
}

static void ring_stop(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    (void)with; /* nothing comes with it */
    c->ring_at = 0;
    while (c->ring)
        hl__offer_lapse(acd, c->ring, HL_OFFER_RESCINDED);
}

static void again(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    (void)with; /* nothing comes with it */
    c->ring_at = 0;
    hl__contact_wait(acd, c);
}

/* It waited long enough for one agent alone, or for the wishes of the step it is in. */
static void widen(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    hl_event ev = { .type = HL_EV_CONTACT_STEP, .contact = c->id, .queue = c->class->queue->id };

    hl__contact_unwait(acd, c);
    if (with && with->class) {
        hl__class_ref(acd, c->class, -1);
        c->class = with->class;
        hl__class_ref(acd, c->class, 1);
        ev.code = (int32_t)c->class->step;
        ev.text = c->class->queue->conf->step[c->class->step - 1].need;
        hl__acd_emit(acd, ev);
    } else {
        c->prefer_at = 0;
    }
    hl__contact_wait(acd, c);
}

static void up(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    hl__queue *q = c->class->queue;
    hl__slot *s = c->slot;
    double waited = ms_since(acd, c->queued);
    bool held_on = !c->promise;
    hl_event ev = { .type = HL_EV_CONTACT_CONNECTED, .contact = c->id, .leg = c->leg, .queue = q->id,
        .agent = s->agent->id, .code = ms_since(acd, c->since) };

    ring_stop(acd, c, with);
    s->state = hl__offer_can(s->state, HL__SLOT_DO_UP);
    s->up = acd->core->now;
    c->until = 0;
    unline(c);
    hl__stat_wait(acd, q, waited, false);
    hl__figures_answered(acd, c);
    if (held_on) {
        hl__goal_count(acd, q, ms_since(acd, c->since), true);
        hl__stat_served(&q->stat, waited, c->predicted_ms);
    }
    hl__acd_emit(acd, ev);
    hl__promise_over(acd, c, HL_CALLBACK_KEPT);
    hl__contact_timer(acd, c);
}

/* Agent first: he is there already. */
static void up_at_last(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    hl__promise_reached(acd, c, with->leg);
    up(acd, c, NULL);
}

static void accepted(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    (void)with; /* nothing comes with it */
    hl__acd_tell(acd, &c->news, HL__NEWS_CONNECT);
    if (hl__promise_away(c)) {
        c->until = 0;
        hl__promise_calling(acd, c);
    } else if (c->leg == 0) {
        (void)hl__contact_do(acd, c, HL__DO_UP, NULL); /* it connects */
        return;
    } else {
        c->until = acd->core->now + (hl_time)c->class->queue->conf->connect_ms * HL__US;
    }
    c->ring_at = c->ring ? acd->core->now + RING_ON : 0;
    hl__contact_timer(acd, c);
}

static void failed(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    hl__slot *s = c->slot;

    c->slot = NULL;
    hl__slot_over(acd, s, true);
    again(acd, c, with);
}

/* Who accepted cannot be reached; the others ring on, and the next to accept takes over. */
static void next_takes(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    hl__slot *s = c->slot;

    (void)with; /* nothing comes with it */
    c->slot = NULL;
    hl__slot_over(acd, s, true);
    c->until = c->ring_at = 0;
    hl__contact_timer(acd, c);
}

/* Whatever is in an agent's hands because of it comes to its end. */
static void release(hl__acd *acd, hl__contact *c)
{
    hl__slot *s = c->slot;

    ring_stop(acd, c, NULL);
    c->slot = NULL;
    if (s)
        hl__slot_over(acd, s, false);
}

/* Its leg may go; what rings for it stops. */
static void parked(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    hl__contact_unwait(acd, c);
    unline(c);
    ring_stop(acd, c, with);
    hl__promise_begin(acd, c, with->promise);
    hl__contact_wait(acd, c);
}

/* It is looked at, or comes back from an agent: into the tree it belongs in now. */
static void rest(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    hl__contact_unwait(acd, c);
    again(acd, c, with);
}

static void call(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    (void)with; /* nothing comes with it */
    hl__promise_due(acd, c);
    hl__promise_calling(acd, c);
    hl__contact_timer(acd, c);
}

static void reached(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    hl__contact_unwait(acd, c);
    hl__promise_reached(acd, c, with->leg);
    again(acd, c, with);
}

/* The agent who had accepted is free again: no media, no wrap-up, nothing to cool for. */
static void missed(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    hl__contact_unwait(acd, c);
    release(acd, c);
    hl__promise_missed(acd, c);
    again(acd, c, with);
}

static void lost(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    int32_t ms = resume_ms(c);
    hl_event ev = { .type = HL_EV_CONTACT_LOST, .contact = c->id, .queue = c->class->queue->id, .code = ms };

    (void)with; /* nothing comes with it */
    hl__contact_unwait(acd, c);
    unline(c);
    release(acd, c);
    c->lost_ms = ms_since(acd, c->since);
    hl__figures_lost(acd, c);
    hl__stat_wait(acd, c->class->queue, ms_since(acd, c->queued), true);
    c->until = acd->core->now + (hl_time)ms * HL__US;
    hl__acd_emit(acd, ev);
    hl__contact_timer(acd, c);
}

static void done(hl__acd *acd, hl__contact *c, int outcome)
{
    hl__slot *s = c->slot;
    bool talked = s && s->state == HL__SLOT_TALK, held_on = !c->promise;
    char data[64] = "";
    hl_event ev = { .type = HL_EV_CONTACT_ENDED, .contact = c->id, .queue = c->class->queue->id,
        .agent = s ? s->agent->id : 0, .code = outcome };

    ev.detail = c->lost_ms ? c->lost_ms : ms_since(acd, c->since);
    if (talked) {
        ev.detail = (int32_t)((s->up - c->since) / HL__US);
        (void)snprintf(data, sizeof(data), "{\"talk_ms\":%d}", ms_since(acd, s->up));
        ev.data = data;
    }
    hl__contact_unwait(acd, c);
    unline(c);
    release(acd, c);
    if (!talked && c->lost_ms == 0 && held_on)
        hl__stat_wait(acd, c->class->queue, ms_since(acd, c->queued), outcome == HL_OUTCOME_ABANDONED);
    hl__figures_out(acd, c, outcome);
    if (!talked && outcome == HL_OUTCOME_ABANDONED && held_on)
        hl__goal_count(acd, c->class->queue, ev.detail, false);
    c->outcome = outcome;
    hl__promise_over(acd, c, outcome == HL_OUTCOME_WITHDRAWN ? HL_CALLBACK_CANCELLED : HL_CALLBACK_BROKEN);
    hl__acd_emit(acd, ev);
    hl__timer_drop(&acd->core->wheel, &c->timer);
    hl__map_del(&acd->contacts, c->id);
    hl__tree_del(&acd->contacts_by_id, &c->by_id);
    if (c->ref)
        hl__names_del(&acd->refs, c->ref);
    hl__class_ref(acd, c->class, -1);
    hl__acd_tell(acd, &c->news, HL__NEWS_DONE);
}

static void end(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    done(acd, c, with->outcome);
}

static void handled(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    (void)with; /* nothing comes with it */
    done(acd, c, HL_OUTCOME_HANDLED);
}

static void abandoned(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    (void)with; /* nothing comes with it */
    done(acd, c, HL_OUTCOME_ABANDONED);
}

static void timed_out(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    (void)with; /* nothing comes with it */
    done(acd, c, HL_OUTCOME_TIMED_OUT);
}

static void broken(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    (void)with; /* nothing comes with it */
    done(acd, c, HL_OUTCOME_BROKEN);
}

static void last_missed(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    hl__promise_missed(acd, c);
    broken(acd, c, with);
}

/* The live figures of its queue. */
static void count(const hl__contact *c, int32_t n)
{
    hl__queue *q = c->class->queue;

    if (c->state == HL_CONTACT_WAITING)
        q->waiting += n;
    else if (c->state == HL_CONTACT_OFFERED || c->state == HL_CONTACT_CONNECTING)
        q->offered += n;
    else if (c->state == HL_CONTACT_ENGAGED)
        q->engaged += n;
    else if (c->state == HL_CONTACT_PARKED || c->state == HL_CONTACT_CALLING)
        q->parked += n;
}

static void moved(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    hl__contact_unwait(acd, c);
    unline(c);
    release(acd, c);
    hl__figures_out(acd, c, 0);
    count(c, -1); /* the queue is another one from here on */
    hl__class_ref(acd, c->class, -1);
    c->class = with->class;
    hl__class_ref(acd, c->class, 1);
    count(c, 1);
    if (!with->keep) {
        c->base = acd->core->now;
        hl__contact_key(c, 0);
    }
    c->until = 0;
    hl__contact_queued(acd, c);
    hl__figures_add(acd, c->class->queue, HL__N_moved_in, 1);
    hl__promise_moved(acd, c);
    hl__contact_wait(acd, c);
}

static void resumed(hl__acd *acd, hl__contact *c, const hl__with *with)
{
    hl__contact_unwait(acd, c); /* who is to be called back may call himself */
    if (c->promise)
        c->queued = acd->core->now;
    hl__promise_over(acd, c, HL_CALLBACK_CANCELLED);
    c->leg = with->leg;
    c->lost_ms = 0;
    hl__figures_back(c);
    again(acd, c, with);
}

static const struct move {
    uint8_t state, stimulus;
    bool (*guard)(const hl__acd *acd, const hl__contact *c);
    uint8_t next;
    action *act;
} moves[] = {
    { HL_CONTACT_WAITING,     HL__DO_MATCHED,   NULL,              HL_CONTACT_OFFERED,    matched },
    { HL_CONTACT_WAITING,     HL__DO_WIDEN,     NULL,              HL_CONTACT_WAITING,    widen },
    { HL_CONTACT_WAITING,     HL__DO_TIMEOUT,   NULL,              HL_CONTACT_DONE,       timed_out },
    { HL_CONTACT_WAITING,     HL__DO_HANGUP,    can_resume,        HL_CONTACT_LOST,       lost },
    { HL_CONTACT_WAITING,     HL__DO_HANGUP,    NULL,              HL_CONTACT_DONE,       abandoned },
    { HL_CONTACT_WAITING,     HL__DO_MOVE,      NULL,              HL_CONTACT_WAITING,    moved },
    { HL_CONTACT_WAITING,     HL__DO_END,       NULL,              HL_CONTACT_DONE,       end },
    { HL_CONTACT_WAITING,     HL__DO_PROMISE,   NULL,              HL_CONTACT_PARKED,     parked },
    { HL_CONTACT_OFFERED,     HL__DO_ACCEPT,    NULL,              HL_CONTACT_CONNECTING, accepted },
    { HL_CONTACT_OFFERED,     HL__DO_RING,      NULL,              HL_CONTACT_OFFERED,    ring_more },
    { HL_CONTACT_OFFERED,     HL__DO_LAPSED,    rings,             HL_CONTACT_OFFERED,    fewer },
    { HL_CONTACT_OFFERED,     HL__DO_LAPSED,    is_away,           HL_CONTACT_PARKED,     again },
    { HL_CONTACT_OFFERED,     HL__DO_LAPSED,    is_late,           HL_CONTACT_DONE,       timed_out },
    { HL_CONTACT_OFFERED,     HL__DO_LAPSED,    NULL,              HL_CONTACT_WAITING,    again },
    { HL_CONTACT_OFFERED,     HL__DO_HANGUP,    can_resume,        HL_CONTACT_LOST,       lost },
    { HL_CONTACT_OFFERED,     HL__DO_HANGUP,    is_here,           HL_CONTACT_DONE,       abandoned },
    { HL_CONTACT_OFFERED,     HL__DO_MOVE,      is_away,           HL_CONTACT_PARKED,     moved },
    { HL_CONTACT_OFFERED,     HL__DO_MOVE,      NULL,              HL_CONTACT_WAITING,    moved },
    { HL_CONTACT_OFFERED,     HL__DO_END,       NULL,              HL_CONTACT_DONE,       end },
    { HL_CONTACT_OFFERED,     HL__DO_PROMISE,   NULL,              HL_CONTACT_PARKED,     parked },
    { HL_CONTACT_CONNECTING,  HL__DO_UP,        is_here,           HL_CONTACT_ENGAGED,    up },
    { HL_CONTACT_CONNECTING,  HL__DO_RING,      NULL,              HL_CONTACT_CONNECTING, ring_stop },
    { HL_CONTACT_CONNECTING,  HL__DO_LAPSED,    NULL,              HL_CONTACT_CONNECTING, fewer },
    { HL_CONTACT_CONNECTING,  HL__DO_FAIL,      rings,             HL_CONTACT_OFFERED,    next_takes },
    { HL_CONTACT_CONNECTING,  HL__DO_FAIL,      is_away,           HL_CONTACT_PARKED,     failed },
    { HL_CONTACT_CONNECTING,  HL__DO_FAIL,      NULL,              HL_CONTACT_WAITING,    failed },
    { HL_CONTACT_CONNECTING,  HL__DO_HANGUP,    can_resume,        HL_CONTACT_LOST,       lost },
    { HL_CONTACT_CONNECTING,  HL__DO_HANGUP,    is_here,           HL_CONTACT_DONE,       abandoned },
    { HL_CONTACT_CONNECTING,  HL__DO_END,       NULL,              HL_CONTACT_DONE,       end },
    { HL_CONTACT_CONNECTING,  HL__DO_REACHED,   is_away,           HL_CONTACT_ENGAGED,    up_at_last },
    { HL_CONTACT_CONNECTING,  HL__DO_MISSED,    hl__promise_tries, HL_CONTACT_PARKED,     missed },
    { HL_CONTACT_CONNECTING,  HL__DO_MISSED,    is_away,           HL_CONTACT_DONE,       last_missed },
    { HL_CONTACT_ENGAGED,     HL__DO_FAIL,      NULL,              HL_CONTACT_WAITING,    failed },
    { HL_CONTACT_ENGAGED,     HL__DO_HANGUP,    NULL,              HL_CONTACT_DONE,       handled },
    { HL_CONTACT_ENGAGED,     HL__DO_TALK_END,  NULL,              HL_CONTACT_DONE,       handled },
    { HL_CONTACT_ENGAGED,     HL__DO_MOVE,      NULL,              HL_CONTACT_WAITING,    moved },
    { HL_CONTACT_ENGAGED,     HL__DO_END,       NULL,              HL_CONTACT_DONE,       end },
    { HL_CONTACT_PARKED,      HL__DO_PROMISE,   NULL,              HL_CONTACT_PARKED,     parked },
    { HL_CONTACT_PARKED,      HL__DO_REST,      NULL,              HL_CONTACT_PARKED,     rest },
    { HL_CONTACT_PARKED,      HL__DO_CALL,      NULL,              HL_CONTACT_CALLING,    call },
    { HL_CONTACT_PARKED,      HL__DO_MATCHED,   NULL,              HL_CONTACT_OFFERED,    matched },
    { HL_CONTACT_PARKED,      HL__DO_RESUME,    NULL,              HL_CONTACT_WAITING,    resumed },
    { HL_CONTACT_PARKED,      HL__DO_MOVE,      NULL,              HL_CONTACT_PARKED,     moved },
    { HL_CONTACT_PARKED,      HL__DO_BREAK,     NULL,              HL_CONTACT_DONE,       broken },
    { HL_CONTACT_PARKED,      HL__DO_END,       NULL,              HL_CONTACT_DONE,       end },
    { HL_CONTACT_CALLING,     HL__DO_REACHED,   NULL,              HL_CONTACT_WAITING,    reached },
    { HL_CONTACT_CALLING,     HL__DO_MISSED,    hl__promise_tries, HL_CONTACT_PARKED,     missed },
    { HL_CONTACT_CALLING,     HL__DO_MISSED,    NULL,              HL_CONTACT_DONE,       last_missed },
    { HL_CONTACT_CALLING,     HL__DO_RESUME,    NULL,              HL_CONTACT_WAITING,    resumed },
    { HL_CONTACT_CALLING,     HL__DO_END,       NULL,              HL_CONTACT_DONE,       end },
    { HL_CONTACT_LOST,        HL__DO_RESUME,    NULL,              HL_CONTACT_WAITING,    resumed },
    { HL_CONTACT_LOST,        HL__DO_EXPIRE,    NULL,              HL_CONTACT_DONE,       abandoned },
    { HL_CONTACT_LOST,        HL__DO_END,       NULL,              HL_CONTACT_DONE,       end },
};

int hl__contact_can(int state, int stimulus)
{
    for (size_t i = 0; i < HL__COUNT(moves); i++)
        if (moves[i].state == state && moves[i].stimulus == stimulus)
            return 1;
    return 0;
}

int hl__contact_do(hl__acd *acd, hl__contact *c, int stimulus, const hl__with *with)
{
    const struct move *m = moves, *end_of = moves + HL__COUNT(moves);
    bool is_told;

    while (m < end_of && !(m->state == c->state && m->stimulus == stimulus && (!m->guard || m->guard(acd, c))))
        m++;
    if (m == end_of)
        return HL_ESTATE;
    count(c, -1);
    is_told = m->next != c->state || c->state == HL_CONTACT_WAITING; /* who waits anew hears it; fewer rings: no news */
    c->state = m->next;
    count(c, 1);
    if (is_told)
        hl__acd_tell(acd, &c->news, HL__NEWS_STATE);
    m->act(acd, c, with);
    return 0;
}

hl__contact *hl__contact_find(const hl__acd *acd, hl_id id)
{
    return hl__map_get(&acd->contacts, id);
}

void hl__contact_free(hl__acd *acd, hl__contact *c)
{
    hl__mem *mem = acd->core->mem;

    hl__link_del(&c->news.link);
    hl__link_del(&c->fresh);
    hl__link_del(&c->line);
    hl__timer_drop(&acd->core->wheel, &c->timer);
    hl__free(mem, c->ref);
    hl__free(mem, c->number);
    hl__free(mem, c->data);
    hl__promise_free(acd, c->promise);
    hl__free(mem, c);
}

static bool is_due(hl_time at, hl_time now)
{
    return at && at <= now;
}

static void announce(hl__acd *acd, hl__contact *c)
{
    c->say_at = c->every_ms > 0 ? acd->core->now + (hl_time)c->every_ms * HL__US : 0;
    if (c->state != HL_CONTACT_WAITING)
        return; /* it rings just now */
    hl__contact_say(acd, c);
    hl__acd_tell(acd, &c->news, HL__NEWS_ESTIMATE);
}

/* No reserve keeps it from anybody any longer, nor those before it, whose timers may fire later in this instant. */
static void loosened(hl__acd *acd, hl__contact *c)
{
    c->until = 0;
    hl__ask_contact(acd, c);
    for (hl__node *n = c->tree->first; n && n->key <= c->key; n = hl__tree_next(n)) {
        HL__OF(hl__contact, node, n)->until = 0;
        hl__ask_contact(acd, HL__OF(hl__contact, node, n));
    }
}

/* Of its state; the last two are rows of the table. */
static void deadline(hl__acd *acd, hl__contact *c)
{
    if (c->tree)
        loosened(acd, c);
    else
        (void)hl__contact_do(acd, c, c->state == HL_CONTACT_LOST ? HL__DO_EXPIRE : HL__DO_FAIL, NULL);
}

static void due(hl__acd *acd, hl__contact *c)
{
    hl_time now = acd->core->now;
    bool waits = c->state == HL_CONTACT_WAITING;

    if (c->state != HL_CONTACT_OFFERED && is_due(c->until, now))
        deadline(acd, c);
    else if (waits && is_due(max_at(c), now))
        (void)hl__contact_do(acd, c, HL__DO_TIMEOUT, NULL);
    else if (waits && is_due(c->prefer_at, now))
        (void)hl__contact_do(acd, c, HL__DO_WIDEN, NULL);
    else if (waits && is_due(c->step_at, now))
        hl__rule_ask(acd, c);
    else if (!waits && is_due(c->ring_at, now))
        (void)hl__contact_do(acd, c, HL__DO_RING, NULL); /* offered or connecting: rows of the table */
    else if (is_due(c->say_at, now))
        announce(acd, c);
}

void hl__contact_fire(void *ctx, hl__timer *t)
{
    hl__acd *acd = ctx;
    hl__contact *c = HL__OF(hl__contact, timer, t);

    (void)hl__acd_ready(acd); /* if it cannot, nothing is offered; time goes on */
    if (!hl__promise_fire(acd, c))
        due(acd, c);
    if (c->state != HL_CONTACT_DONE)
        hl__contact_timer(acd, c);
    hl__acd_settle(acd);
}

static hl_time sooner(hl_time a, hl_time b)
{
    return b && b < a ? b : a;
}

void hl__contact_timer(hl__acd *acd, hl__contact *c)
{
    hl_time at = c->until && c->state != HL_CONTACT_OFFERED ? c->until : HL__NEVER;

    at = sooner(at, hl__promise_at(c));
    if (c->state == HL_CONTACT_WAITING)
        at = sooner(sooner(sooner(at, max_at(c)), c->prefer_at), c->step_at);
    if (c->state == HL_CONTACT_OFFERED || c->state == HL_CONTACT_CONNECTING)
        at = sooner(at, c->ring_at);
    if (c->state == HL_CONTACT_WAITING || c->state == HL_CONTACT_OFFERED)
        at = sooner(at, c->say_at);
    if (at == HL__NEVER)
        hl__timer_drop(&acd->core->wheel, &c->timer);
    else if (!hl__timer_is_set(&c->timer) || c->timer.at != at)
        hl__timer_set(&acd->core->wheel, &c->timer, at);
}
