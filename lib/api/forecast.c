/* forecast.c - hl_forecast_next(): the quarters of weeks gone by, by the queue's own clock and calendar. */
#include "api/simulate.h"
#include "plan/plan.h"
#include <string.h>

enum { WEEK = 7 * 24 * 4, AHEAD = 4 * WEEK, PAST = HL__FORECAST_WEEKS * WEEK, ALL = PAST + AHEAD, LEVEL = 14 * 24 * 4 };
#define QUARTER (15 * 60 * (hl_time)HL__SECOND)

typedef struct hl__outlooks { hl_id queue; hl_forecast row[AHEAD]; } hl__outlooks;
typedef struct slots { /* quarters from 26 weeks ago to four weeks ahead */
    hl_time start;
    int first;                 /* the first that was recorded */
    double came[PAST];
    double mid[LEVEL];
    int16_t offset[ALL];       /* quarters the zone is ahead of UTC */
    uint8_t is_holiday[ALL];
    hl__outlooks *out;
} slots;

static int set_clock(hl_t *hl, hl_id queue, slots *s)
{
    const char *zone, *hours;
    hl_local at = HL_LOCAL_INIT;
    hl_id calendar;
    int r = hl__acd_times(hl->acd, queue, &zone, &hours);

    if (r < 0)
        return r;
    calendar = hours ? hl__calendar_find(hl->calendars, hours) : 0;
    for (int i = 0; i < ALL; i++) {
        hl_time t = s->start + i * QUARTER;
        if (zone && hl__zone_local(hl->calendars, zone, t, &at) == 0)
            s->offset[i] = (int16_t)(at.offset_s / 900);
        s->is_holiday[i] = calendar && hl__calendar_state(hl->calendars, calendar, t) == HL_CALENDAR_HOLIDAY;
    }
    return 0;
}

static void count(slots *s, const hl__recording *rec, const char *queue)
{
    s->first = PAST;
    for (uint32_t i = 0; i < rec->calls; i++) {
        const hl__call_rec *c = &rec->call[i];
        int at = (int)((c->came - s->start) / QUARTER);
        if (c->came < s->start || at >= PAST)
            continue;
        s->first = at < s->first ? at : s->first;
        if (strcmp(rec->queue[c->queue], queue) == 0)
            s->came[at]++;
    }
}

/* What came at the same time of the same weekday, newest week first; -1: not recorded, or another kind of day. */
static void history(const slots *s, int slot, double out[HL__FORECAST_WEEKS])
{
    for (int i = 1; i <= HL__FORECAST_WEEKS; i++) {
        int then = slot - i * WEEK;
        bool is_known;
        if (then >= 0)
            then += s->offset[slot] - s->offset[then];
        is_known = then >= s->first && then < PAST && s->is_holiday[then] == s->is_holiday[slot];
        out[i - 1] = is_known ? s->came[then] : -1;
    }
}

/* How the last 14 days went beside what the weeks before had said of them. */
static double level(slots *s)
{
    double calls[HL__FORECAST_WEEKS];
    hl__outlook o;

    for (int i = 0; i < LEVEL; i++) {
        history(s, PAST - LEVEL + i, calls);
        s->mid[i] = hl__forecast(calls, HL__FORECAST_WEEKS, 1, &o) ? o.mid : -1;
    }
    return hl__forecast_level(&s->came[PAST - LEVEL], s->mid, LEVEL);
}

static void look_ahead(slots *s, double handle_s)
{
    double calls[HL__FORECAST_WEEKS], by = level(s);

    for (int i = 0; i < AHEAD; i++) {
        hl__outlook o = { 0 };
        history(s, PAST + i, calls);
        (void)hl__forecast(calls, HL__FORECAST_WEEKS, by, &o); /* false: it stays empty */
        s->out->row[i] = (hl_forecast){ sizeof(hl_forecast), o.weeks, i + 1, s->start + (PAST + i) * QUARTER, o.mid,
            o.low, o.high, handle_s };
    }
}

static int look(hl_t *hl, hl_id queue, slots *s)
{
    hl_time next = (hl->core.now / QUARTER + 1) * QUARTER;
    hl_estimate e = HL_ESTIMATE_INIT;
    hl__recording rec;
    const char *name;
    int r;

    s->start = next - PAST * QUARTER;
    hl__record_init(&rec, &hl->mem, s->start, 0);
    if ((r = hl__record_own(hl, &rec)) == 0 && (r = set_clock(hl, queue, s)) == 0 &&
        (r = hl__acd_estimate(hl->acd, queue, NULL, &e)) == 0 && (name = hl__acd_name(hl->acd, queue))) {
        count(s, &rec, name);
        hl__go_out(hl); /* numbers only */
        look_ahead(s, e.handle_ms / 1000);
        hl__come_in(hl);
        s->out->queue = queue;
    }
    hl__record_free(&rec);
    return r;
}

/* A fresh look takes the place of the thread's last one. */
static int look_anew(hl_t *hl, hl_id queue)
{
    slots *s = hl__alloc(&hl->mem, sizeof(*s));
    int r = HL_ENOMEM;

    if (s && (s->out = hl__alloc(&hl->mem, sizeof(*s->out))) && (r = look(hl, queue, s)) == 0) {
        hl__free(&hl->mem, hl->shell->desk->outlooks);
        hl->shell->desk->outlooks = s->out;
        s->out = NULL;
    }
    if (s)
        hl__free(&hl->mem, s->out);
    hl__free(&hl->mem, s);
    return r;
}

int hl_forecast_next(hl_t *hl, hl_id queue, hl_forecast *row)
{
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) < 0 || (r = hl__id_ok(hl, queue, HL_KIND_QUEUE, "a queue")) < 0)
        return hl__leave(hl, r);
    if (row->id < 0 || row->id > AHEAD)
        return hl__leave(hl, hl__fail(hl->core.err, HL_EINVAL, "id is 0 or that of the row before, 1 to %d", AHEAD));
    if (row->id == 0 || !hl->shell->desk->outlooks || hl->shell->desk->outlooks->queue != queue)
        r = look_anew(hl, queue);
    if (r < 0 || row->id == AHEAD)
        return hl__leave(hl, r);
    hl__row_out(row, &hl->shell->desk->outlooks->row[row->id], sizeof(*row));
    return hl__leave(hl, 1);
}
