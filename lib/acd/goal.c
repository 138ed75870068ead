/* goal.c - the score contacts are compared by, and slopes that follow the goals of their queues.
 *
 * Scores are integers. The slopes of law "goal" rest on reals, by + - * / and the exponential of lib/base/real.h. */
#include "acd/inner.h"
#include "base/real.h"

#define EVERY (60 * (int64_t)HL__SECOND)
#define HALF (1800 * (int64_t)HL__SECOND)
#define LEAD_MAX 2.0794415416798359 /* ln 8 */
#define AGE_MAX (INT64_C(1) << 42)  /* ms, 139 years: the cube of it times all factors fits in 127 bits */

hl__score hl__score_of(const hl__queue *q, int64_t age_ms)
{
    hl__score s = (hl__score)q->slope * age_ms;
    int64_t x = age_ms > AGE_MAX ? AGE_MAX : age_ms;

    if (q->conf->law != HL__LAW_cost || age_ms < 0)
        return s;
    s = (hl__score)q->slope * x * q->conf->power;
    if (q->conf->power == 2)
        return s * (1 << 20) / q->conf->handle_ms;
    /* the same, divided before the second x comes in: whole and rest apart, so that nothing is lost */
    return s / q->conf->handle_ms * x * (1 << 20) + s % q->conf->handle_ms * x * (1 << 20) / q->conf->handle_ms;
}

static void halve(hl__lead *g, hl_time now)
{
    while (g->half_at <= now) {
        int64_t over = now - g->half_at;
        g->met /= 2;
        g->all /= 2;
        g->half_at += over > 100 * HALF ? over - over % HALF : HALF; /* after a long silence nothing is left anyway */
    }
}

/* Answered, or gone without an answer: who gave up before the target counts for nothing. */
void hl__goal_count(hl__acd *acd, hl__queue *q, int64_t wait_ms, bool is_answered)
{
    bool is_in = wait_ms <= q->conf->goal.target_ms;

    if (q->conf->law != HL__LAW_goal || (!is_answered && is_in))
        return;
    halve(&q->lead, acd->core->now);
    q->lead.all += 1;
    q->lead.met += is_in ? 1 : 0;
}

void hl__goal_slope(hl__queue *q)
{
    double m = 1000.0 * 20000.0 / (q->conf->goal.target_ms > 0 ? q->conf->goal.target_ms : 1) * hl__exp_of(q->lead.log);

    q->slope = q->conf->slope;
    if (q->conf->law == HL__LAW_goal)
        q->slope = m < 1 ? 1 : (int64_t)(m + 0.5);
}

/* Whoever misses his goal by more than the others leads more from now on. */
static void steer(hl__acd *acd)
{
    double sum = 0;
    uint32_t n = 0;

    for (uint32_t i = 0; i < acd->queue_n; i++) {
        hl__queue *q = acd->queue[i];
        double level = q->conf->goal.level / 1e3;
        if (q->conf->law != HL__LAW_goal)
            continue;
        halve(&q->lead, acd->core->now);
        q->lead.log += 0.5 * (level - (q->lead.met + 5 * level) / (q->lead.all + 5));
        sum += q->lead.log;
        n++;
    }
    for (uint32_t i = 0; i < acd->queue_n; i++) {
        hl__queue *q = acd->queue[i];
        if (q->conf->law != HL__LAW_goal)
            continue;
        q->lead.log -= sum / n;
        q->lead.log = q->lead.log > LEAD_MAX ? LEAD_MAX : q->lead.log < -LEAD_MAX ? -LEAD_MAX : q->lead.log;
        hl__goal_slope(q);
    }
}

static void fire(void *ctx, hl__timer *t)
{
    hl__acd *acd = ctx;

    steer(acd);
    hl__timer_set(&acd->core->wheel, t, (acd->core->now / EVERY + 1) * EVERY);
}

/* Settings have changed: is there anything to steer? */
void hl__goals_watch(hl__acd *acd)
{
    bool any = false;

    for (uint32_t i = 0; i < acd->queue_n; i++) {
        any |= acd->queue[i]->conf->law == HL__LAW_goal;
        hl__goal_slope(acd->queue[i]);
    }
    acd->goals.fire = fire;
    acd->goals.ctx = acd;
    if (!any)
        hl__timer_drop(&acd->core->wheel, &acd->goals);
    else if (!hl__timer_is_set(&acd->goals))
        hl__timer_set(&acd->core->wheel, &acd->goals, (acd->core->now / EVERY + 1) * EVERY);
}
