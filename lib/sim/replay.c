/* replay.c - recorded callers come again: when they came, with their own patience and talk as far as these are known,
 * drawn from laws that fit the others where they are not; agents come and go as they did. */
#include "sim/traffic.h"
#include <hotline/acd.h>

/* A desk for each recorded queue; the settings must have it. */
static int replay_desks(hl__traffic *tr, hl__recording *r)
{
    if (!(tr->fitted = hl__alloc_array(tr->s.mem, r->queues + 1, sizeof(*tr->fitted))) ||
        !(tr->desk_of = hl__alloc_array(tr->s.mem, r->queues + 1, sizeof(*tr->desk_of))))
        return HL_ENOMEM;
    for (uint32_t q = 0; q < r->queues; q++) {
        hl_id id = hl__acd_queue_find(tr->hl->acd, r->queue[q]);
        uint32_t d = 0;
        while (d < tr->s.desks && tr->s.desk[d].queue != id)
            d++;
        if (d == tr->s.desks)
            return hl__fail(tr->hl->core.err, HL_ENOENT, "the recording has a queue \"%s\", the settings have none",
                            r->queue[q]);
        tr->desk_of[q] = d;
        hl__fit_laws(r, (int)q, &tr->fitted[q]);
    }
    return 0;
}

static void come(void *ctx, hl__timer *t)
{
    hl__traffic *tr = ctx;
    hl__recording *r = tr->rec;
    hl_time now = tr->hl->core.now;

    while (tr->rec_call < r->calls && r->call[tr->rec_call].came <= now)
        hl__person_again(tr, tr->rec_call++);
    if (tr->rec_call < r->calls)
        hl__timer_set(&tr->hl->core.wheel, t, r->call[tr->rec_call].came);
}

static void duty(void *ctx, hl__timer *t)
{
    hl__traffic *tr = ctx;
    hl__recording *r = tr->rec;
    hl_time now = tr->hl->core.now;

    for (; tr->rec_duty < r->duties && r->duty[tr->rec_duty].at <= now; tr->rec_duty++) {
        const hl__duty *d = &r->duty[tr->rec_duty];
        hl_id agent = d->who >= 0 ? hl__acd_agent_find(tr->hl->acd, r->agent[d->who]) : 0;
        int state = d->state == HL_AGENT_GONE ? HL_AGENT_OFFLINE : d->state;
        if (agent)
            (void)hl__acd_go(tr->hl->acd, agent, state, state == HL_AGENT_AUX ? "recorded" : NULL); /* he exists */
    }
    if (tr->rec_duty < r->duties)
        hl__timer_set(&tr->hl->core.wheel, t, r->duty[tr->rec_duty].at);
}

int hl__traffic_replay(hl__traffic *tr, hl__recording *rec)
{
    hl__wheel *wheel = &tr->hl->core.wheel;
    int r;

    tr->rec = rec;
    if ((r = replay_desks(tr, rec)) < 0)
        return r;
    tr->come = (hl__timer){ .fire = come, .ctx = tr };
    tr->duty = (hl__timer){ .fire = duty, .ctx = tr };
    while (tr->rec_call < rec->calls && rec->call[tr->rec_call].came < tr->hl->core.now)
        tr->rec_call++;
    if (tr->is_recorded_staff && rec->duties)
        hl__timer_set(wheel, &tr->duty, tr->hl->core.now); /* before the first caller */
    if (tr->rec_call < rec->calls)
        hl__timer_set(wheel, &tr->come, rec->call[tr->rec_call].came);
    return 0;
}

void hl__replay_free(hl__traffic *tr)
{
    if (!tr->rec)
        return;
    hl__timer_drop(&tr->hl->core.wheel, &tr->come);
    hl__timer_drop(&tr->hl->core.wheel, &tr->duty);
    hl__record_free(tr->rec);
    hl__free(tr->s.mem, tr->rec);
    hl__free(tr->s.mem, tr->fitted);
    hl__free(tr->s.mem, tr->desk_of);
}

/* How long a recorded caller waits at most; below 0: for ever. */
double hl__replay_patience(const hl__traffic *tr, const hl__person *p, hl__rand *rand)
{
    const hl__call_rec *c = &tr->rec->call[p->record - 1];
    const hl__fitted *f = &tr->fitted[c->queue];

    if (c->outcome == HL_OUTCOME_ABANDONED)
        return c->wait_ms;
    return f->patience.law.kind == HL__DIST_none ? -1 : hl__dist_beyond(&f->patience.law, rand, c->wait_ms);
}

double hl__replay_service(const hl__traffic *tr, const hl__person *p, hl__rand *rand)
{
    const hl__call_rec *c = &tr->rec->call[p->record - 1];

    return c->talk_ms >= 0 ? c->talk_ms : hl__dist_mix_draw(&tr->fitted[c->queue].service, rand);
}

/* The recorded agents that the settings still have, as workers whose coming and going the recording tells. */
int hl__replay_crew(hl_t *hl, const hl__recording *rec, hl__scenario *s)
{
    hl__crew *w = hl__alloc(s->mem, sizeof(*w));

    if (!w || !(w->agent = hl__alloc_array(s->mem, rec->agents + 1, sizeof(*w->agent)))) {
        hl__free(s->mem, w);
        return HL_ENOMEM;
    }
    for (uint32_t i = 0; i < rec->agents; i++)
        if ((w->agent[w->agents] = hl__acd_agent_find(hl->acd, rec->agent[i])))
            w->agents++;
    w->is_recorded = true;
    w->notice_ms = 60000;
    s->crew = w;
    s->crews = 1;
    return 0;
}
