/* worker.c - simulated agents: shifts, breaks, how they take an offer, how long they were busy. */
#include "base/real.h"
#include "sim/traffic.h"
#include <hotline/acd.h>
#include <string.h>

hl__worker *hl__worker_of(const hl__traffic *tr, hl_id agent)
{
    return hl__map_get(&tr->by_agent, agent);
}

static void account(hl__worker *w)
{
    hl_time now = w->tr->hl->core.now, from = w->since > w->tr->warm ? w->since : w->tr->warm;

    if (now > from) {
        w->busy_us += w->is_busy ? now - from : 0;
        w->staffed_us += w->is_busy || w->is_staffed ? now - from : 0;
    }
    w->since = now;
}

double hl__workers_occupancy(hl__traffic *tr)
{
    double busy = 0, staffed = 0;

    for (uint32_t i = 0; i < tr->workers; i++) {
        account(&tr->worker[i]);
        busy += (double)tr->worker[i].busy_us;
        staffed += (double)tr->worker[i].staffed_us;
    }
    return staffed > 0 ? busy / staffed : -1;
}

static void go(hl__worker *w, int state, const char *reason)
{
    (void)hl__acd_go(w->tr->hl->acd, w->agent, state, reason); /* he exists; without memory he stays as he is */
}

static void pause_after(hl__worker *w, double ms)
{
    hl__timer_set(&w->tr->hl->core.wheel, &w->pause, w->tr->hl->core.now + hl__ms_us(ms));
}

static void next_break(hl__worker *w)
{
    if (w->crew->aux_per_hour > 0)
        pause_after(w, -hl__ln(1 - hl__rand_real(&w->rand)) * 3600000 / w->crew->aux_per_hour);
}

/* A break begins or ends; he notices that he missed calls. */
static void pause(void *ctx, hl__timer *t)
{
    hl__worker *w = ctx;

    (void)t; /* it is his */
    if (!w->is_on || w->is_lost)
        return;
    if (w->is_paused) {
        w->is_paused = false;
        go(w, HL_AGENT_AVAILABLE, NULL);
        next_break(w);
    } else {
        w->is_paused = true;
        go(w, HL_AGENT_AUX, "break");
        pause_after(w, hl__dist_draw(&w->crew->aux, &w->rand));
    }
}

static bool is_shift(const hl__worker *w, hl_time at)
{
    uint32_t day = hl__day_of(w->tr, at);
    int64_t ms = (at - w->tr->midnight[day]) / HL__US;

    for (uint32_t i = 0; i < w->crew->shifts; i++) {
        const hl__shift *s = &w->crew->shift[i];
        if ((s->days >> w->tr->weekday[day] & 1) && s->from_ms <= ms && ms < s->to_ms)
            return true;
    }
    return w->crew->shifts == 0;
}

static hl_time next_turn(const hl__worker *w, hl_time now)
{
    const hl__traffic *tr = w->tr;
    hl_time best = INT64_MAX;

    for (uint32_t day = hl__day_of(tr, now); day < tr->s.days && best == INT64_MAX; day++)
        for (uint32_t i = 0; i < w->crew->shifts; i++) {
            const hl__shift *s = &w->crew->shift[i];
            hl_time from = tr->midnight[day] + s->from_ms * HL__US, to = tr->midnight[day] + s->to_ms * HL__US;
            if (!(s->days >> tr->weekday[day] & 1))
                continue;
            best = from > now && from < best ? from : best;
            best = to > now && to < best ? to : best;
        }
    return best;
}

static void turn(void *ctx, hl__timer *t)
{
    hl__worker *w = ctx;
    hl_time now = w->tr->hl->core.now, at = next_turn(w, now);
    bool on = is_shift(w, now);

    if (at < INT64_MAX)
        hl__timer_set(&w->tr->hl->core.wheel, t, at);
    if (on == w->is_on)
        return;
    w->is_on = on;
    w->is_paused = false;
    hl__timer_drop(&w->tr->hl->core.wheel, &w->pause);
    if (w->is_lost)
        return; /* he comes when his line is back */
    go(w, on ? HL_AGENT_AVAILABLE : HL_AGENT_OFFLINE, NULL);
    if (on)
        next_break(w);
}

void hl__worker_state(hl__worker *w, int state, int work, const char *reason)
{
    account(w);
    w->is_staffed = state == HL_AGENT_AVAILABLE;
    w->is_busy = work == HL_WORK_OFFER || work == HL_WORK_BUSY || work == HL_WORK_WRAPUP;
    if (state == HL_AGENT_AUX && reason && (strcmp(reason, "missed") == 0 || strcmp(reason, "media") == 0) &&
        !w->is_paused) {
        w->is_paused = true;
        pause_after(w, (double)w->crew->notice_ms);
    }
}

static void decide(hl__traffic *tr, hl_id offer, bool rejects)
{
    if (rejects)
        (void)hl__acd_reject(tr->hl->acd, offer, HL_OFFER_REJECTED); /* too late: it has ended otherwise */
    else
        (void)hl__acd_accept(tr->hl->acd, offer);
}

static void answers(void *ctx, hl__timer *t)
{
    hl__pick_up *k = ctx;

    (void)t; /* it is this one's */
    k->next = k->tr->quiet;
    k->tr->quiet = k;
    decide(k->tr, k->offer, k->rejects);
}

static hl__pick_up *ring_new(hl__traffic *tr)
{
    hl__pick_up *k = hl__alloc(tr->s.mem, sizeof(*k));

    if (!k)
        return NULL;
    *k = (hl__pick_up){ .timer = { .fire = answers, .ctx = k }, .made = tr->rings, .tr = tr };
    tr->rings = k;
    return k;
}

/* What he does hangs on the caller and on how often it rang already. */
void hl__worker_offer(hl__traffic *tr, hl__worker *w, hl__person *p, const hl_offer *offer)
{
    const hl__crew *c = w->crew;
    hl__pick_up *k = tr->quiet;
    hl__rand r;
    double u = 1;

    hl__draw_begin(tr, &r, HL__DRAW_OFFER, p->serial | (uint64_t)(p->offers++ & 4095) << 52);
    if (c->no_answer + c->reject > 0)
        u = hl__rand_real(&r);
    if (u >= c->reject && u < c->reject + c->no_answer)
        return; /* it rings in vain */
    if (c->answer.mean_ms <= 0 || (!k && !(k = ring_new(tr)))) {
        decide(tr, offer->id, u < c->reject);
        return;
    }
    tr->quiet = k->next;
    k->offer = offer->id;
    k->rejects = u < c->reject;
    hl__timer_set(&tr->hl->core.wheel, &k->timer, tr->hl->core.now + hl__ms_us(hl__dist_draw(&c->answer, &r)));
}

static void lose(hl__traffic *tr, hl__worker *w)
{
    hl_agent row = HL_AGENT_INIT;

    w->is_lost = true;
    if (hl__acd_agent_get(tr->hl->acd, w->agent, &row) == 0 && row.work == HL_WORK_BUSY)
        hl__person_cut(tr, row.contact);
    (void)hl__acd_gone(tr->hl->acd, w->agent); /* he exists */
}

static void trouble(void *ctx, hl__timer *t)
{
    hl__trouble *x = ctx;
    hl__traffic *tr = x->tr;
    const hl__mishap *m = &tr->s.mishap[x->mishap];
    hl__rand r;

    hl__draw_begin(tr, &r, HL__DRAW_FAULT, x->mishap);
    if (!x->is_over)
        hl__timer_set(&tr->hl->core.wheel, t, tr->hl->core.now + m->for_ms * HL__US);
    if (m->what == HL__FAULT_trunk_lost)
        tr->trunk_lost = x->is_over ? 0 : m->share;
    for (uint32_t i = 0; i < tr->workers && m->what == HL__FAULT_agent_lost; i++) {
        hl__worker *w = &tr->worker[i];
        bool is_hit = hl__rand_real(&r) < m->share;
        if (is_hit && !x->is_over && w->is_on && !w->is_lost) {
            lose(tr, w);
        } else if (is_hit && x->is_over && w->is_lost) {
            w->is_lost = false;
            w->is_paused = false;
            go(w, w->is_on ? HL_AGENT_AVAILABLE : HL_AGENT_OFFLINE, NULL);
        }
    }
    x->is_over = true;
}

static int troubles_new(hl__traffic *tr)
{
    if (tr->s.mishaps && !(tr->trouble = hl__alloc_array(tr->s.mem, tr->s.mishaps, sizeof(*tr->trouble))))
        return HL_ENOMEM;
    for (uint32_t i = 0; i < tr->s.mishaps; i++) {
        hl__trouble *x = &tr->trouble[i];
        *x = (hl__trouble){ .timer = { .fire = trouble, .ctx = x }, .tr = tr, .mishap = i };
        hl__timer_set(&tr->hl->core.wheel, &x->timer, tr->from + tr->s.mishap[i].at_ms * HL__US);
    }
    return 0;
}

int hl__workers_new(hl__traffic *tr)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < tr->s.crews; i++)
        tr->workers += tr->s.crew[i].agents;
    if (tr->workers && !(tr->worker = hl__alloc_array(tr->s.mem, tr->workers, sizeof(*tr->worker))))
        return HL_ENOMEM;
    for (uint32_t i = 0; i < tr->s.crews; i++)
        for (uint32_t k = 0; k < tr->s.crew[i].agents; k++, n++) {
            hl__worker *w = &tr->worker[n];
            *w = (hl__worker){ .shift = { .fire = turn, .ctx = w }, .pause = { .fire = pause, .ctx = w }, .tr = tr,
                .crew = &tr->s.crew[i], .agent = tr->s.crew[i].agent[k], .since = tr->from };
            hl__draw_begin(tr, &w->rand, HL__DRAW_AGENT, n);
            if (hl__map_put(&tr->by_agent, w->agent, w) < 0)
                return HL_ENOMEM;
            w->is_on = w->crew->is_recorded;
            if (!w->crew->is_recorded)
                hl__timer_set(&tr->hl->core.wheel, &w->shift, tr->from);
        }
    return troubles_new(tr);
}

void hl__workers_free(hl__traffic *tr)
{
    hl__wheel *wheel = &tr->hl->core.wheel;

    for (uint32_t i = 0; i < tr->workers && tr->worker; i++) {
        hl__timer_drop(wheel, &tr->worker[i].shift);
        hl__timer_drop(wheel, &tr->worker[i].pause);
    }
    for (uint32_t i = 0; i < tr->s.mishaps && tr->trouble; i++)
        hl__timer_drop(wheel, &tr->trouble[i].timer);
    while (tr->rings) {
        hl__pick_up *k = tr->rings;
        tr->rings = k->made;
        hl__timer_drop(wheel, &k->timer);
        hl__free(tr->s.mem, k);
    }
    hl__free(tr->s.mem, tr->worker);
    hl__free(tr->s.mem, tr->trouble);
}
