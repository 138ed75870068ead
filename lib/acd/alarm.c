/* alarm.c - QUEUE_ALARM: told once when a queue crosses a bound, and again only after it was within it. */
#include "acd/inner.h"

enum { LEVEL_FROM = 20, LEVEL_SLACK = 100 }; /* contacts in the quarter; points of a thousand below the goal */

static void set(hl__acd *acd, hl__queue *q, int alarm, bool is_on, int64_t value)
{
    static const char *const word[] = { [HL_ALARM_LEVEL] = "level", [HL_ALARM_WAIT] = "wait",
        [HL_ALARM_LENGTH] = "length", [HL_ALARM_NOBODY] = "nobody", [HL_ALARM_REPAIRED] = "repaired" };
    hl_event ev = { .type = HL_EV_QUEUE_ALARM, .queue = q->id, .code = alarm, .text = word[alarm],
        .detail = value > INT32_MAX ? INT32_MAX : (int32_t)value };
    uint32_t bit = 1u << alarm;

    if (is_on && !(q->figures->alarms & bit))
        hl__acd_emit(acd, ev);
    q->figures->alarms = is_on ? q->figures->alarms | bit : q->figures->alarms & ~bit;
}

void hl__alarm_level(hl__acd *acd, hl__queue *q)
{
    hl_queue_stat s = HL_QUEUE_STAT_INIT;
    int64_t level;

    if (!q->conf->goal.is_set)
        return;
    hl__figures_quarter(q, &s);
    level = s.level < 0 ? 1000 : (int64_t)(s.level * 1000 + 0.5);
    set(acd, q, HL_ALARM_LEVEL, s.answered + s.abandoned >= LEVEL_FROM && level < q->conf->goal.level - LEVEL_SLACK,
        level);
}

/* Only who set a bound or a goal wants to hear that nobody is there. */
static bool is_watched(const hl__queue *q)
{
    return q->conf->goal.is_set || q->conf->alarm_wait_ms || q->conf->alarm_len;
}

static void fire(void *ctx, hl__timer *t);

/* The first in line is the one that waits longest. */
static void watch_wait(hl__acd *acd, hl__queue *q)
{
    hl__figures *f = q->figures;
    const hl__link *first = q->line.next;
    hl_time since, due;

    if (first == &q->line || !q->conf->alarm_wait_ms) {
        f->alarms &= ~(1u << HL_ALARM_WAIT);
        hl__timer_drop(&acd->core->wheel, &f->timer);
        return;
    }
    since = hl__on_line(HL__OF(const hl__contact, line, first));
    due = since + (hl_time)q->conf->alarm_wait_ms * HL__US;
    f->timer.fire = fire;
    set(acd, q, HL_ALARM_WAIT, due <= acd->core->now, (acd->core->now - since) / HL__US);
    if (due <= acd->core->now)
        hl__timer_drop(&acd->core->wheel, &f->timer);
    else if (!hl__timer_is_set(&f->timer) || f->timer.at != due)
        hl__timer_set(&acd->core->wheel, &f->timer, due);
}

static void fire(void *ctx, hl__timer *t)
{
    hl__acd *acd = ctx;

    for (uint32_t i = 0; i < acd->queue_n; i++) /* the timer knows no queue, and is rare */
        if (acd->queue[i]->figures && &acd->queue[i]->figures->timer == t)
            watch_wait(acd, acd->queue[i]);
}

static bool is_nobody(hl__acd *acd, hl__queue *q)
{
    for (hl__link *l = q->classes.next; l != &q->classes; l = l->next) {
        hl__class *k = HL__OF(hl__class, link, l);
        if (k->tree.first && hl__class_slots(acd, k) == 0)
            return true;
    }
    return false;
}

/* It looked for an agent and found none. */
void hl__alarm_waits(hl__acd *acd, hl__contact *c)
{
    hl__queue *q = c->class->queue;

    if (q->conf->alarm_len)
        set(acd, q, HL_ALARM_LENGTH, q->waiting > q->conf->alarm_len, q->waiting);
    if (is_watched(q) && hl__class_slots(acd, c->class) == 0)
        set(acd, q, HL_ALARM_NOBODY, true, q->waiting);
    watch_wait(acd, q);
}

/* A contact has left the line. */
void hl__alarm_left(hl__queue *q)
{
    hl__acd *acd = q->figures ? q->figures->timer.ctx : NULL;

    if (!acd)
        return;
    if (q->waiting <= q->conf->alarm_len)
        q->figures->alarms &= ~(1u << HL_ALARM_LENGTH);
    if (q->waiting == 0)
        q->figures->alarms &= ~(1u << HL_ALARM_NOBODY);
    if (q->conf->alarm_wait_ms)
        watch_wait(acd, q);
}

/* Somebody came or went: only queues where work waits, or waited for somebody, are looked at. */
void hl__alarm_staff(hl__acd *acd, const hl__agent *a)
{
    for (uint32_t i = 0; i < a->profile->members && !acd->is_stale; i++) {
        hl__queue *q = hl__map_get(&acd->queues, a->profile->member[i].queue);
        if (!q || !q->figures || !is_watched(q))
            continue;
        bool is_on = q->figures->alarms >> HL_ALARM_NOBODY & 1;
        if (is_on != hl__agent_staffed(a) || (!is_on && q->waiting == 0))
            continue;
        set(acd, q, HL_ALARM_NOBODY, is_nobody(acd, q), q->waiting);
    }
}
