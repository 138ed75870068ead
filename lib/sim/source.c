/* source.c - when callers come: a Poisson process whose rate follows the hour, the weekday and the day's own factor. */
#include "base/real.h"
#include "sim/traffic.h"

/* A mean of 1; shape k has the variance 1/k. A busy day is busy for every stream: they draw the same. */
static double factor_of(const hl__traffic *tr, const hl__source *s, uint32_t day)
{
    const hl__stream *a = &tr->s.stream[s->stream];
    hl__dist gamma;
    hl__rand r;

    if (a->day_shape <= 0)
        return 1;
    hl__dist_set(&gamma, HL__DIST_gamma, 1, 1);
    gamma.a = a->day_shape;
    gamma.b = 1 / a->day_shape;
    hl__draw_begin(tr, &r, HL__DRAW_DAY, day);
    return hl__dist_draw(&gamma, &r);
}

/* Walks through the slots until the hazard is used up: the time of the next one; INT64_MAX: none any more. */
static hl_time next(hl__traffic *tr, hl__source *s, double hazard)
{
    const hl__stream *a = &tr->s.stream[s->stream];
    int64_t slot_us = HL__DAY_MS / a->slots * (int64_t)HL__US;

    while (s->day < tr->s.days) {
        hl_time midnight = tr->midnight[s->day], tomorrow = tr->midnight[s->day + 1];
        while (s->at < tomorrow) {
            uint32_t slot = (uint32_t)((s->at - midnight) / slot_us);
            hl_time end = midnight + (hl_time)(slot + 1) * slot_us;
            double shape = a->shape[slot < a->slots ? slot : a->slots - 1]; /* 25 hours: the last goes on */
            double rate = a->per_day * a->weekday[tr->weekday[s->day]] * s->factor * shape / HL__DAY_MS / HL__US;
            end = end < tomorrow ? end : tomorrow;
            if (rate * (double)(end - s->at) >= hazard) {
                s->at += (hl_time)(hazard / rate);
                return s->at;
            }
            hazard -= rate * (double)(end - s->at);
            s->at = end;
        }
        if (++s->day < tr->s.days)
            s->factor = factor_of(tr, s, s->day);
    }
    return INT64_MAX;
}

static void arm(hl__traffic *tr, hl__source *s)
{
    hl__rand r;
    hl_time at;

    hl__draw_begin(tr, &r, HL__DRAW_ARRIVAL, (uint64_t)s->stream << 40 | s->number);
    at = next(tr, s, -hl__ln(1 - hl__rand_real(&r)));
    if (at < INT64_MAX)
        hl__timer_set(&tr->hl->core.wheel, &s->timer, at);
}

static void comes(void *ctx, hl__timer *t)
{
    hl__source *s = ctx;
    uint64_t number = s->number++;

    (void)t; /* it is his */
    arm(s->tr, s);
    hl__person_comes(s->tr, s->stream, number);
}

void hl__source_begin(hl__traffic *tr, hl__source *s)
{
    s->tr = tr;
    s->timer.ctx = s;
    s->timer.fire = comes;
    s->at = tr->from;
    s->day = hl__day_of(tr, tr->from);
    s->factor = factor_of(tr, s, s->day);
    arm(tr, s);
}
