/* traffic.c - a scenario at work: callers and what becomes of them, the steps of the engine, the figures. */
#include "sim/party.h"
#include "sim/traffic.h"
#include <hotline/acd.h>

void hl__draw_begin(const hl__traffic *tr, hl__rand *r, uint32_t stream, uint64_t serial)
{
    hl__rand_init(r, tr->s.seed, stream, serial);
}

int64_t hl__ms_us(double ms)
{
    return (int64_t)(ms * HL__US);
}

uint32_t hl__day_of(const hl__traffic *tr, hl_time at)
{
    uint32_t low = 0, high = tr->s.days;

    while (low + 1 < high) {
        uint32_t mid = (low + high) / 2;
        if (tr->midnight[mid] <= at)
            low = mid;
        else
            high = mid;
    }
    return low;
}

/* A caller whose contact is just being made is known by nothing yet. */
hl__person *hl__person_of(hl__traffic *tr, hl_id contact)
{
    hl__person *p = hl__map_get(&tr->persons, contact);

    if (p || !tr->entering || tr->entering->contact)
        return p;
    p = tr->entering;
    p->contact = contact;
    if (hl__map_put(&tr->persons, contact, p) < 0)
        tr->no_memory++; /* he is lost to us; nobody will hang up for him */
    return p;
}

static hl__person *person_new(hl__traffic *tr)
{
    hl__person *p = tr->spare;

    if (p) {
        hl__person *made = p->made;
        tr->spare = p->next;
        *p = (hl__person){ .made = made };
        return p;
    }
    if (!(p = hl__alloc(tr->s.mem, sizeof(*p))))
        return NULL;
    p->made = tr->all;
    tr->all = p;
    return p;
}

static void person_free(hl__traffic *tr, hl__person *p)
{
    hl__timer_drop(&tr->hl->core.wheel, &p->timer);
    if (p->contact)
        hl__map_del(&tr->persons, p->contact);
    if (tr->entering == p)
        tr->entering = NULL;
    p->next = tr->spare;
    tr->spare = p;
}

static void counted(hl__traffic *tr, hl__person *p, int how, hl_time until)
{
    if (!p->is_counted && p->came >= tr->warm)
        hl__tally_end(&tr->tally[p->desk], until - p->came, how);
    p->is_counted = true;
}

/* The end of his patience, or of the talk. */
static void person_acts(void *ctx, hl__timer *t)
{
    hl__traffic *tr = ctx;
    hl__person *p = (hl__person *)(void *)t; /* its first member */

    if (p->is_answered) {
        (void)hl__acd_talk_end(tr->hl->acd, p->contact); /* it is engaged */
        return;
    }
    p->hung = tr->hl->core.now;
    (void)hl__acd_hangup(tr->hl->acd, p->contact); /* it waits */
}

static void person_timer(hl__traffic *tr, hl__person *p, double ms)
{
    p->timer.fire = person_acts;
    p->timer.ctx = tr;
    hl__timer_set(&tr->hl->core.wheel, &p->timer, tr->hl->core.now + hl__ms_us(ms));
}

static void waits(hl__traffic *tr, hl__person *p)
{
    const hl__dist_mix *patience = &tr->s.desk[p->desk].patience;
    hl__rand r;

    hl__draw_begin(tr, &r, HL__DRAW_PATIENCE, p->serial);
    if (p->record && patience->law.kind == HL__DIST_none) {
        double ms = hl__replay_patience(tr, p, &r);
        if (ms >= 0)
            person_timer(tr, p, ms);
        return;
    }
    if (patience->law.kind == HL__DIST_none)
        return; /* for ever */
    person_timer(tr, p, hl__dist_mix_draw(patience, &r));
}

/* He never gets as far as the queue: an outcome, or 0. */
static int turned_away(hl__traffic *tr, const hl__person *p)
{
    double balk = tr->s.desk[p->desk].patience.balk;
    hl__rand r;

    hl__draw_begin(tr, &r, HL__DRAW_ENTRY, p->serial);
    if (balk > 0 && hl__rand_real(&r) < balk)
        return HL_OUTCOME_ABANDONED;
    return tr->trunk_lost > 0 && hl__rand_real(&r) < tr->trunk_lost ? HL_OUTCOME_BROKEN : 0;
}

static hl__person *arrives(hl__traffic *tr, uint32_t desk, uint64_t serial)
{
    hl__person *p = person_new(tr);

    if (!p) {
        tr->no_memory++;
        return NULL;
    }
    p->serial = serial;
    p->came = tr->hl->core.now;
    p->desk = p->now_desk = desk;
    if (p->came >= tr->warm)
        tr->tally[p->desk].offered++;
    return p;
}

/* In he goes; he may be answered, even gone again, when this comes back. */
static void enters(hl__traffic *tr, hl__person *p, const hl_contact_new *in)
{
    hl_id id;
    int code;

    if ((code = turned_away(tr, p))) {
        counted(tr, p, code, p->came);
        person_free(tr, p);
        return;
    }
    tr->entering = p;
    code = hl__acd_add(tr->hl->acd, 0, in, NULL, NULL, &id);
    if (code >= 0 && tr->entering == p && hl__person_of(tr, id) == p && !p->is_answered)
        waits(tr, p);
    if (code < 0) {
        tr->no_memory += code == HL_ENOMEM;
        counted(tr, p, HL_OUTCOME_REFUSED, p->came);
        person_free(tr, p);
    }
    tr->entering = NULL;
}

void hl__person_comes(hl__traffic *tr, uint32_t stream, uint64_t number)
{
    const hl__stream *a = &tr->s.stream[stream];
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl__person *p = arrives(tr, a->desk, (uint64_t)(stream + 1) << 40 | number);

    in.queue = tr->s.desk[a->desk].queue;
    in.channel = a->channel;
    in.credit_ms = a->credit_ms;
    in.need = a->need;
    in.data = a->data;
    if (p)
        enters(tr, p, &in);
}

void hl__person_again(hl__traffic *tr, uint32_t record)
{
    uint32_t desk = tr->desk_of[tr->rec->call[record].queue];
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl__person *p = arrives(tr, desk, (uint64_t)(tr->s.streams + 1) << 40 | record);

    if (!p)
        return;
    p->record = record + 1;
    in.queue = tr->s.desk[desk].queue;
    enters(tr, p, &in);
}

static void talks(hl__traffic *tr, hl__person *p)
{
    const hl__counter *d = &tr->s.desk[p->now_desk];
    hl__rand r;

    p->is_answered = true;
    counted(tr, p, HL_OUTCOME_HANDLED, tr->hl->core.now);
    if (d->service.law.kind == HL__DIST_none)
        d = &tr->s.desk[p->desk];
    hl__draw_begin(tr, &r, HL__DRAW_SERVICE, p->serial);
    person_timer(tr, p, p->record && d->service.law.kind == HL__DIST_none ? hl__replay_service(tr, p, &r)
                                                                          : hl__dist_mix_draw(&d->service, &r));
}

void hl__person_cut(hl__traffic *tr, hl_id contact)
{
    hl__person *p = hl__map_get(&tr->persons, contact);

    if (!p || !p->is_answered)
        return;
    p->is_answered = false;
    hl__timer_drop(&tr->hl->core.wheel, &p->timer);
    (void)hl__acd_agent_failed(tr->hl->acd, contact); /* it is engaged */
}

static void up_offer_made(void *ctx, const hl_offer *offer)
{
    hl__traffic *tr = ctx;
    hl__person *p = hl__person_of(tr, offer->contact);
    hl__worker *w = p ? hl__worker_of(tr, offer->agent) : NULL;
    const hl__counter *d;

    if (p && (d = hl__map_get(&tr->by_queue, offer->queue)))
        p->now_desk = (uint32_t)(d - tr->s.desk);
    if (w)
        hl__worker_offer(tr, w, p, offer);
    else if (tr->before.offer_made)
        tr->before.offer_made(tr->before.ctx, offer);
}

static void up_offer_ended(void *ctx, const hl_offer *offer, int how)
{
    hl__traffic *tr = ctx;

    if (tr->before.offer_ended && !hl__person_of(tr, offer->contact))
        tr->before.offer_ended(tr->before.ctx, offer, how);
}

static void up_connect(void *ctx, hl_id contact, hl_id agent, hl_id leg)
{
    hl__traffic *tr = ctx;
    hl__person *p = hl__person_of(tr, contact);

    if (p)
        talks(tr, p);
    else if (tr->before.connect)
        tr->before.connect(tr->before.ctx, contact, agent, leg);
}

static void up_contact_state(void *ctx, hl_id contact, int state)
{
    hl__traffic *tr = ctx;

    if (tr->before.contact_state && !hl__person_of(tr, contact))
        tr->before.contact_state(tr->before.ctx, contact, state);
}

static void up_contact_done(void *ctx, hl_id contact, int outcome)
{
    hl__traffic *tr = ctx;
    hl__person *p = hl__person_of(tr, contact);

    if (!p) {
        if (tr->before.contact_done)
            tr->before.contact_done(tr->before.ctx, contact, outcome);
        return;
    }
    counted(tr, p, outcome == HL_OUTCOME_HANDLED ? HL_OUTCOME_WITHDRAWN : outcome,
            p->hung ? p->hung : tr->hl->core.now);
    person_free(tr, p);
}

static void up_agent_state(void *ctx, hl_id agent, int state, int work, const char *reason)
{
    hl__traffic *tr = ctx;
    hl__worker *w = hl__worker_of(tr, agent);

    if (w)
        hl__worker_state(w, state, work, reason);
    else if (tr->before.agent_state)
        tr->before.agent_state(tr->before.ctx, agent, state, work, reason);
}

/* Midnights of the scenario's days: by the zone, where it has one. */
static int calendar(hl__traffic *tr)
{
    hl_t *hl = tr->hl;
    hl_time day = 24 * 3600 * (hl_time)HL__SECOND, first = hl->core.now;
    hl_local at = HL_LOCAL_INIT;
    uint32_t n = tr->s.days;
    const char *zone = tr->s.zone ? tr->s.zone : "UTC";

    if (!(tr->midnight = hl__alloc_array(tr->s.mem, n + 1, sizeof(*tr->midnight))) ||
        !(tr->weekday = hl__alloc(tr->s.mem, n + 1)))
        return HL_ENOMEM;
    tr->from = hl->core.now;
    if (tr->s.has_start) {
        if (hl__zone_time(hl->calendars, zone, &tr->s.start, 0, &first) < 0 || first < hl->core.now)
            return hl__fail(hl->core.err, HL_EINVAL, "the scenario starts before the engine's present time");
        tr->from = first;
    }
    for (uint32_t i = 0; i <= n; i++) {
        hl_time noonish = i == 0 ? first : tr->midnight[i - 1] + day + day / 2;
        if (hl__zone_local(hl->calendars, zone, noonish, &at) < 0)
            return hl__fail(hl->core.err, HL_ENOENT, "there is no time zone \"%s\"", zone);
        tr->weekday[i] = (uint8_t)(at.weekday - 1);
        at.hour = at.minute = at.second = 0;
        if (hl__zone_time(hl->calendars, zone, &at, 0, &tr->midnight[i]) < 0)
            return hl__fail(hl->core.err, HL_EINVAL, "the scenario goes on beyond the calendar");
    }
    tr->warm = tr->from + tr->s.warmup_ms * HL__US;
    tr->end = tr->midnight[n];
    return 0;
}

static int desks(hl__traffic *tr)
{
    hl_queue_stat goal = HL_QUEUE_STAT_INIT;

    if (!(tr->tally = hl__alloc_array(tr->s.mem, tr->s.desks, sizeof(*tr->tally))))
        return HL_ENOMEM;
    for (uint32_t i = 0; i < tr->s.desks; i++) {
        hl__tally *t = &tr->tally[i];
        (void)hl__acd_stat(tr->hl->acd, tr->s.desk[i].queue, HL_SPAN_ALL, &goal); /* it was found */
        t->target_ms = goal.target_ms;
        t->short_ms = goal.short_ms;
        t->formula = goal.formula;
        if (hl__map_put(&tr->by_queue, tr->s.desk[i].queue, &tr->s.desk[i]) < 0)
            return HL_ENOMEM;
    }
    return 0;
}

int hl__traffic_new(hl_t *hl, const hl__scenario *s, hl__traffic **out)
{
    hl__acd_up up = { NULL, up_offer_made, up_offer_ended, up_connect, up_contact_state, up_contact_done, NULL,
        up_agent_state };
    hl__scenario mine = *s;
    hl__traffic *tr = hl__alloc(&hl->mem, sizeof(*tr));
    int r;

    if (!tr) {
        hl__scenario_free(&mine);
        return HL_ENOMEM;
    }
    tr->hl = hl;
    tr->s = mine;
    hl__map_init(&tr->persons, &hl->mem);
    hl__map_init(&tr->by_agent, &hl->mem);
    hl__map_init(&tr->by_queue, &hl->mem);
    up.ctx = tr;
    if ((r = calendar(tr)) < 0 || (r = desks(tr)) < 0 || (r = hl__workers_new(tr)) < 0 ||
        (!(tr->source = hl__alloc_array(&hl->mem, mine.streams + 1, sizeof(*tr->source))) && (r = HL_ENOMEM) < 0)) {
        hl__traffic_free(tr);
        return r;
    }
    for (uint32_t i = 0; i < mine.streams; i++) {
        tr->source[i].stream = i;
        hl__source_begin(tr, &tr->source[i]);
    }
    tr->before = hl__acd_listen(hl->acd, &up);
    *out = tr;
    return 0;
}

/* What was drawn already: the first callers, the agents' own chance. */
void hl__traffic_seed(hl__traffic *tr, int64_t seed)
{
    tr->s.seed = seed;
    for (uint32_t i = 0; i < tr->workers; i++)
        hl__draw_begin(tr, &tr->worker[i].rand, HL__DRAW_AGENT, i);
    for (uint32_t i = 0; i < tr->s.streams; i++) {
        hl__timer_drop(&tr->hl->core.wheel, &tr->source[i].timer);
        hl__source_begin(tr, &tr->source[i]);
    }
}

/* The engine goes with it, or has never heard of it: nobody is told any more. */
void hl__traffic_free(hl__traffic *tr)
{
    if (!tr)
        return;
    for (uint32_t i = 0; tr->source && i < tr->s.streams; i++)
        hl__timer_drop(&tr->hl->core.wheel, &tr->source[i].timer);
    hl__workers_free(tr);
    hl__replay_free(tr);
    while (tr->all) {
        hl__person *p = tr->all;
        tr->all = p->made;
        hl__timer_drop(&tr->hl->core.wheel, &p->timer);
        hl__free(tr->s.mem, p);
    }
    hl__map_free(&tr->persons);
    hl__map_free(&tr->by_agent);
    hl__map_free(&tr->by_queue);
    hl__free(tr->s.mem, tr->source);
    hl__free(tr->s.mem, tr->tally);
    hl__free(tr->s.mem, tr->midnight);
    hl__free(tr->s.mem, tr->weekday);
    hl__scenario_free(&tr->s);
    hl__free(&tr->hl->mem, tr);
}

static bool is_decision(uint32_t type)
{
    return type == HL_EV_OFFER_MADE || type == HL_EV_OFFER_ENDED || type == HL_EV_CONTACT_STEP ||
        type == HL_EV_CONTACT_CONNECTED || type == HL_EV_CONTACT_ENDED;
}

static hl_seq count_event(hl__core *core, const hl_event *ev)
{
    hl__traffic *tr = hl__sim_of(core->engine)->traffic;
    int64_t what[] = { core->now, ev->type, ev->contact, ev->agent, ev->queue };

    tr->events++;
    if (is_decision(ev->type))
        tr->hash = hl__fnv(tr->hash, what, sizeof(what));
    return 0;
}

void hl__traffic_count(hl__traffic *tr, bool on)
{
    if (on && !tr->emit) {
        tr->emit = tr->hl->core.emit;
        tr->hl->core.emit = count_event;
    } else if (!on && tr->emit) {
        tr->hl->core.emit = tr->emit;
        tr->emit = NULL;
    }
}

hl_time hl__traffic_steps(hl__traffic *tr, hl_time to)
{
    hl_t *hl = tr->hl;
    hl__timer *t;

    for (int n = 0; n < 256 && !hl->first && (t = hl__wheel_take(&hl->core.wheel, to)); n++) {
        if (t->at > hl->core.now)
            hl->core.now = t->at;
        t->fire(t->ctx, t);
    }
    return hl->core.now;
}

void hl__traffic_row(hl__traffic *tr, int desk, hl_sim *row)
{
    hl__tally *all = desk < 0 ? hl__alloc(tr->s.mem, sizeof(*all)) : &tr->tally[desk];

    *row = (hl_sim)HL_SIM_INIT;
    if (!all)
        return;
    if (desk < 0) {
        all->formula = tr->s.desks ? tr->tally[0].formula : 3;
        for (uint32_t i = 0; i < tr->s.desks; i++)
            hl__tally_add(all, &tr->tally[i]);
    }
    hl__tally_row(all, row);
    row->from = tr->warm;
    row->to = tr->hl->core.now;
    row->events = tr->events;
    row->hash = (int64_t)tr->hash;
    row->occupancy = desk < 0 ? hl__workers_occupancy(tr) : -1;
    if (desk < 0)
        hl__free(tr->s.mem, all);
}
