/* agent.c - agents: what they do, whether work can be offered to them, coming and going. */
#include "acd/inner.h"
#include "base/real.h"

#define OFFLINE_AFTER (10 * (int64_t)HL__SECOND)  /* a page that is gone */
#define RESUME_WITHIN (120 * (int64_t)HL__SECOND)
#define FADES (900 * (double)HL__SECOND)          /* how fast occupancy is forgotten */

bool hl__agent_staffed(const hl__agent *a)
{
    return a->state == HL_AGENT_AVAILABLE;
}

int hl__agent_load(const hl__agent *a, uint32_t over)
{
    int load = 0;

    for (uint32_t i = 0; i < HL__CHANNELS; i++)
        if (!(over >> i & 1))
            load += (int)a->in_hand[i] * a->profile->cap[i].cost;
    return load;
}

static hl__slot *free_slot(const hl__agent *a)
{
    hl__slot *s = a->slot;

    while (s && (s->state != HL__SLOT_FREE || s->news.what))
        s = s->next;
    return s;
}

bool hl__agent_offerable(const hl__agent *a, int channel)
{
    const hl__capacity *cap = a->profile ? &a->profile->cap[channel] : NULL;

    return cap && a->state == HL_AGENT_AVAILABLE && a->cool_until == 0 && (a->profile->channels >> channel & 1) &&
        a->in_hand[channel] < (uint32_t)cap->max && cap->cost + hl__agent_load(a, cap->over) <= 100 && free_slot(a);
}

void hl__agent_occupied(hl__acd *acd, hl__agent *a)
{
    bool is_busy = a->work == HL_WORK_BUSY || a->work == HL_WORK_WRAPUP;
    double spans = (double)(acd->core->now - a->occupied_at) / FADES;

    if (!a->profile || !(a->profile->bys >> HL__BY_OCCUPIED & 1) || spans <= 0)
        return; /* nobody asks */
    a->occupied = (is_busy ? 1 : 0) + (a->occupied - (is_busy ? 1 : 0)) * hl__exp_of(spans > 700 ? -700 : -spans);
    a->occupied_at = acd->core->now;
}

/* The nodes lie channel by channel, of those his queues have. */
static hl__node *node_of(const hl__agent *a, uint32_t channel, uint32_t by)
{
    uint32_t below = (uint32_t)__builtin_popcount(a->profile->channels & ((1u << channel) - 1));
    uint32_t bys = (uint32_t)__builtin_popcount(a->profile->bys);

    return &a->node[below * bys + (uint32_t)__builtin_popcount(a->profile->bys & ((1u << by) - 1))];
}

/* Of queues others keep agents for. */
static void count_idle(hl__acd *acd, const hl__profile *p, uint32_t channel, bool on)
{
    for (uint32_t i = 0; i < p->kepts; i++) {
        p->kept[i]->idle[channel] += on ? 1 : -1;
        if (on)
            hl__match_loosen(acd, p->kept[i], (int)channel);
    }
}

static void pool_channel(hl__acd *acd, hl__agent *a, uint32_t channel, bool on)
{
    hl__profile *p = a->profile;
    uint64_t *word = &acd->idle[channel][p->index / 64];
    hl__tree *any = NULL;

    hl__agent_occupied(acd, a);
    for (uint32_t by = 0; by < HL__BYS; by++) {
        if (!(p->bys >> by & 1))
            continue;
        hl__node *n = node_of(a, channel, by);
        any = &p->idle[channel][by];
        hl__tree_del(any, n);
        if (on) {
            n->key = hl__pick_key(a, (int)channel, (int)by);
            n->id = (uint64_t)a->id;
            hl__tree_add(any, n);
        }
    }
    if (any && any->first)
        *word |= UINT64_C(1) << (p->index % 64);
    else
        *word &= ~(UINT64_C(1) << (p->index % 64));
    if (on != (a->pooled >> channel & 1) && !acd->is_stale) /* stale: counted anew when all is rebuilt */
        count_idle(acd, p, channel, on);
    a->pooled = on ? a->pooled | 1u << channel : a->pooled & ~(1u << channel);
}

void hl__agent_unpool(hl__acd *acd, hl__agent *a)
{
    for (uint32_t ch = 0; ch < HL__CHANNELS; ch++)
        if (a->pooled >> ch & 1)
            pool_channel(acd, a, ch, false);
}

/* Stands in the pool of each channel he is offerable on, with keys as they are now. */
void hl__agent_pool(hl__acd *acd, hl__agent *a)
{
    for (uint32_t ch = 0; ch < HL__CHANNELS; ch++) {
        bool on = !acd->is_stale && hl__agent_offerable(a, (int)ch);
        if (on || (a->pooled >> ch & 1))
            pool_channel(acd, a, ch, on);
    }
}

/* What he does: the greatest of what is in his hands. */
static int work_of(const hl__agent *a)
{
    static const int work[] = { [HL__SLOT_FREE] = HL_WORK_IDLE, [HL__SLOT_PROPOSED] = HL_WORK_OFFER,
        [HL__SLOT_CONNECTING] = HL_WORK_BUSY, [HL__SLOT_TALK] = HL_WORK_BUSY, [HL__SLOT_WRAPUP] = HL_WORK_WRAPUP };
    int most = a->cool_until ? HL_WORK_COOLING : HL_WORK_IDLE;

    for (const hl__slot *s = a->slot; s; s = s->next)
        if (work[s->state] > most)
            most = work[s->state];
    return most;
}

enum { COUNT_AWAY, COUNT_AUX, COUNT_IDLE, COUNT_BUSY, COUNT_WRAPUP };

static int category(const hl__agent *a)
{
    if (a->state == HL_AGENT_AUX)
        return COUNT_AUX;
    if (a->state != HL_AGENT_AVAILABLE)
        return COUNT_AWAY;
    if (a->work == HL_WORK_IDLE)
        return COUNT_IDLE;
    return a->work == HL_WORK_WRAPUP ? COUNT_WRAPUP : COUNT_BUSY;
}

static void add(hl__profile *p, int what, int32_t n)
{
    if (what >= COUNT_IDLE)
        p->staffed += n;
    if (what == COUNT_AUX)
        p->aux += n;
    if (what == COUNT_IDLE)
        p->free += n;
    if (what == COUNT_WRAPUP)
        p->wrapup += n;
}

void hl__agent_count(hl__acd *acd, hl__agent *a)
{
    int now = category(a);

    if (!a->profile || now == a->counted)
        return;
    if (a->counted >= 0)
        add(a->profile, a->counted, -1);
    add(a->profile, now, 1);
    if ((a->counted >= COUNT_IDLE) != (now >= COUNT_IDLE)) {
        acd->staff++;
        hl__alarm_staff(acd, a);
    }
    a->counted = now;
}

static void tell_state(hl__acd *acd, hl__agent *a)
{
    hl_event ev = { .type = HL_EV_AGENT_STATE, .agent = a->id, .code = a->state, .detail = a->work,
        .text = a->reason };

    a->since = acd->core->now;
    hl__acd_emit(acd, ev);
    hl__acd_tell(acd, &a->news, HL__NEWS_STATE);
}

/* After anything in his hands or his state has changed. Whoever became offerable asks for work when contacts that came
 * back have looked around first: so a missed call goes to the next agent. */
void hl__agent_changed(hl__acd *acd, hl__agent *a)
{
    int work = work_of(a);
    bool asks = false;

    if (work != a->work) {
        if (work == HL_WORK_IDLE && (a->work == HL_WORK_BUSY || a->work == HL_WORK_WRAPUP))
            a->idle_since = acd->core->now;
        hl__agent_occupied(acd, a);
        a->work = work;
        tell_state(acd, a);
    }
    hl__agent_count(acd, a);
    for (uint32_t ch = 0; ch < HL__CHANNELS; ch++) {
        bool can = hl__agent_offerable(a, (int)ch) && !acd->is_stale;
        if (a->pooled >> ch & 1)
            pool_channel(acd, a, ch, can);
        else if (can)
            asks = true;
    }
    if (asks)
        hl__ask_agent(acd, a);
    hl__agent_timer(acd, a);
}

void hl__agent_cool(hl__acd *acd, hl__agent *a, int ms)
{
    hl_time until = acd->core->now + (hl_time)ms * HL__US;

    if (ms > 0 && a->state == HL_AGENT_AVAILABLE && until > a->cool_until)
        a->cool_until = until;
}

/* Changes the state alone; what it does to his work is the caller's. The reason is a constant, or his own already. */
void hl__agent_set(hl__acd *acd, hl__agent *a, int state, const char *reason)
{
    if (reason != a->own_reason) {
        hl__free(acd->core->mem, a->own_reason);
        a->own_reason = NULL;
    }
    a->reason = reason;
    if (state == HL_AGENT_AVAILABLE && a->state == HL_AGENT_AUX)
        a->idle_since += acd->core->now - (a->aux_since > a->idle_since ? a->aux_since : a->idle_since);
    if (state == HL_AGENT_AVAILABLE && a->state == HL_AGENT_OFFLINE)
        a->idle_since = acd->core->now;
    if (state == HL_AGENT_AUX && a->state != HL_AGENT_AUX)
        a->aux_since = acd->core->now;
    if (state == HL_AGENT_OFFLINE)
        a->cool_until = 0;
    a->state = state;
    hl__agent_occupied(acd, a);
    a->work = work_of(a);
    tell_state(acd, a);
    if (!hl__agent_staffed(a))
        hl__mine_release(acd, a);
}

static void lapse_all(hl__acd *acd, hl__agent *a, int how)
{
    for (hl__slot *s = a->slot; s; s = s->next)
        if (s->state == HL__SLOT_PROPOSED)
            hl__offer_lapse(acd, s, how);
}

static bool same(const char *a, const char *b)
{
    a = a ? a : "";
    b = b ? b : "";
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

int hl__acd_go(hl__acd *acd, hl_id agent, int state, const char *reason)
{
    hl__agent *a = hl__map_get(&acd->agents, agent);
    char *copy = NULL;
    int r;

    if (state < HL_AGENT_OFFLINE || state > HL_AGENT_AUX)
        return hl__fail(acd->core->err, HL_EINVAL, "an agent goes offline, available or aux, not %d", state);
    if (reason && !hl__text_ok(reason, 255))
        return hl__fail(acd->core->err, HL_EINVAL, "the reason is no text of at most 255 bytes");
    if ((r = hl__acd_ready(acd)) < 0)
        return r;
    if (!a)
        return hl__fail(acd->core->err, HL_ENOENT, "no such agent");
    if (reason && reason[0] && !(copy = hl__strdup(acd->core->mem, reason)))
        return HL_ENOMEM;
    a->before = a->gone_at = 0;
    if (state == a->state && same(reason, a->reason)) {
        hl__free(acd->core->mem, copy);
    } else {
        if (state == HL_AGENT_AVAILABLE)
            a->missed_row = 0;
        hl__agent_set(acd, a, state, copy);
        a->own_reason = copy;
        if (state != HL_AGENT_AVAILABLE)
            lapse_all(acd, a, HL_OFFER_RESCINDED);
    }
    hl__agent_changed(acd, a);
    hl__acd_settle(acd);
    return 0;
}

int hl__acd_gone(hl__acd *acd, hl_id agent)
{
    hl__agent *a = hl__map_get(&acd->agents, agent);
    int r;

    if ((r = hl__acd_ready(acd)) < 0)
        return r;
    if (!a)
        return hl__fail(acd->core->err, HL_ENOENT, "no such agent");
    if (a->state == HL_AGENT_OFFLINE || a->state == HL_AGENT_GONE)
        return 0;
    a->before = a->state;
    a->gone_at = acd->core->now;
    hl__agent_set(acd, a, HL_AGENT_GONE, a->reason);
    lapse_all(acd, a, HL_OFFER_UNREACHABLE);
    hl__agent_changed(acd, a);
    hl__acd_settle(acd);
    return 0;
}

int hl__acd_back(hl__acd *acd, hl_id agent)
{
    hl__agent *a = hl__map_get(&acd->agents, agent);
    int r, before;

    if ((r = hl__acd_ready(acd)) < 0)
        return r;
    if (!a)
        return hl__fail(acd->core->err, HL_ENOENT, "no such agent");
    if (!a->gone_at)
        return 0; /* was never gone, is back already, or it is too long ago */
    before = a->before;
    a->before = a->gone_at = 0;
    hl__agent_set(acd, a, before, a->reason);
    hl__agent_changed(acd, a);
    hl__acd_settle(acd);
    return 0;
}

static bool wraps(const hl__slot *s, hl_id contact)
{
    return s->state == HL__SLOT_WRAPUP && (!contact || s->contact_id == contact);
}

int hl__acd_wrapup(hl__acd *acd, hl_id agent, hl_id contact, int more_ms)
{
    hl__agent *a = hl__map_get(&acd->agents, agent);
    int r, found = 0;

    if (more_ms < 0)
        return hl__fail(acd->core->err, HL_EINVAL, "%d ms more of wrap-up", more_ms);
    if ((r = hl__acd_ready(acd)) < 0)
        return r;
    if (!a)
        return hl__fail(acd->core->err, HL_ENOENT, "no such agent");
    for (hl__slot *s = a->slot; s; s = s->next) {
        const hl__queue *q = hl__map_get(&acd->queues, s->queue);
        if (!wraps(s, contact))
            continue;
        found++;
        if ((int64_t)s->more_ms + more_ms > (q ? q->conf->wrapup_max_ms : 0))
            return hl__fail(acd->core->err, HL_ELIMIT, "%d ms more of wrap-up is beyond wrapup_max_ms", more_ms);
    }
    if (!found)
        return hl__fail(acd->core->err, HL_ESTATE, "the agent wraps nothing up");
    for (hl__slot *s = a->slot; s; s = s->next) {
        if (wraps(s, contact) && more_ms == 0) {
            hl__slot_wrapped(acd, s);
        } else if (wraps(s, contact)) {
            s->more_ms += more_ms;
            s->deadline += (hl_time)more_ms * HL__US;
        }
    }
    hl__agent_changed(acd, a);
    hl__acd_settle(acd);
    return 0;
}

/* A new day in his zone, or in UTC if he has none: the figures of today begin at 0. */
void hl__agent_day(hl__acd *acd, hl__agent *a)
{
    hl_local at = HL_LOCAL_INIT;
    hl_time now = acd->core->now, end = 0, hour = 3600 * (hl_time)HL__SECOND;

    if (now < a->day_end)
        return;
    a->handled = a->missed = 0;
    a->talk_us = 0;
    if (a->conf->zone && hl__zone_local(acd->cal, a->conf->zone, now, &at) == 0) {
        end = now + 24 * hour - (at.hour * 3600 + at.minute * 60 + at.second) * (hl_time)HL__SECOND - now % HL__SECOND;
        if (hl__zone_local(acd->cal, a->conf->zone, end, &at) == 0 && at.hour != 0) /* the clocks are changed today */
            end += at.hour > 12 ? hour : -hour;
    }
    a->day_end = end > now ? end : (now / (24 * hour) + 1) * 24 * hour;
}

static void fire(void *ctx, hl__timer *t)
{
    hl__acd *acd = ctx;
    hl__agent *a = HL__OF(hl__agent, timer, t);
    hl_time now = acd->core->now;
    hl__slot *next;

    (void)hl__acd_ready(acd); /* if it cannot, nothing is offered; time goes on */
    if (a->cool_until && a->cool_until <= now)
        a->cool_until = 0;
    if (a->gone_at && a->state == HL_AGENT_GONE && a->gone_at + OFFLINE_AFTER <= now)
        hl__agent_set(acd, a, HL_AGENT_OFFLINE, a->reason);
    if (a->gone_at && a->gone_at + RESUME_WITHIN <= now)
        a->before = a->gone_at = 0;
    hl__agent_day(acd, a);
    for (hl__slot *s = a->slot; s; s = next) {
        next = s->next;
        if (s->state == HL__SLOT_PROPOSED && s->deadline <= now)
            hl__offer_lapse(acd, s, HL_OFFER_NO_ANSWER);
        else if (s->state == HL__SLOT_WRAPUP && s->deadline <= now)
            hl__slot_wrapped(acd, s);
    }
    hl__agent_changed(acd, a);
    hl__acd_settle(acd);
}

static hl_time sooner(hl_time a, hl_time b)
{
    return a < b ? a : b;
}

void hl__agent_timer(hl__acd *acd, hl__agent *a)
{
    hl_time at = a->handled || a->missed || a->talk_us ? a->day_end : HL__NEVER;

    if (a->cool_until)
        at = sooner(at, a->cool_until);
    if (a->gone_at)
        at = sooner(at, a->gone_at + (a->state == HL_AGENT_GONE ? OFFLINE_AFTER : RESUME_WITHIN));
    for (const hl__slot *s = a->slot; s; s = s->next)
        if (s->state == HL__SLOT_PROPOSED || s->state == HL__SLOT_WRAPUP)
            at = sooner(at, s->deadline);
    a->timer.fire = fire;
    if (at == HL__NEVER)
        hl__timer_drop(&acd->core->wheel, &a->timer);
    else if (!hl__timer_is_set(&a->timer) || a->timer.at != at)
        hl__timer_set(&acd->core->wheel, &a->timer, at);
}

/* As many slots as the channels of his queues may need at once: an offer then never needs memory. */
int hl__agent_slots(hl__acd *acd, hl__agent *a)
{
    uint32_t want = 0;
    int r;

    for (uint32_t i = 0; i < HL__CHANNELS; i++)
        if (a->profile->channels >> i & 1)
            want += (uint32_t)a->profile->cap[i].max;
    while (a->slots < want) {
        hl__slot *s;
        if ((r = hl__slot_buckets(acd, 1)) < 0)
            return r;
        if (!(s = hl__alloc(acd->core->mem, sizeof(*s))))
            return HL_ENOMEM;
        s->news.kind = HL__OBJ_SLOT;
        hl__link_init(&s->news.link);
        s->agent = a;
        s->next = a->slot;
        a->slot = s;
        a->slots++;
        acd->slot_n++;
    }
    return 0;
}
