/* figures.c - the live figures of queues: counted in the step that causes them, by quarters of an hour of their zone.
 *
 * A contact that may wait has made room for its cell before it came in, so counting never needs memory. The figures of
 * all queues together are counted beside them: reading them does not walk 40,000 queues. */
#include "acd/inner.h"
#include <string.h>

enum { QUARTER_MIN = 15 };
#define QUARTER (QUARTER_MIN * 60 * (hl_time)HL__SECOND)
#define DAY (24 * 3600 * (hl_time)HL__SECOND)

uint32_t hl__cell_of(int64_t ms)
{
    uint32_t v = ms < 0 ? 0 : ms > INT32_MAX ? INT32_MAX : (uint32_t)ms, octave;

    if (v < HL__OCTAVE)
        return v;
    octave = 31 - (uint32_t)__builtin_clz(v);
    return (octave - 3) * HL__OCTAVE + ((v >> (octave - 4)) & (HL__OCTAVE - 1));
}

int64_t hl__cell_ms(uint32_t cell)
{
    uint32_t octave = cell / HL__OCTAVE;
    int64_t low = octave ? (int64_t)(HL__OCTAVE + cell % HL__OCTAVE) << (octave - 1) : cell;

    return octave ? low + ((INT64_C(1) << (octave - 1)) - 1) / 2 : low;
}

/* When the quarter and the day began in a zone; NULL, or one that is not known: UTC. */
static void clock_of(hl__acd *acd, const char *zone, hl_time *quarter, hl_time *day)
{
    hl_local at = HL_LOCAL_INIT;
    hl_time now = acd->core->now;

    *quarter = now - now % QUARTER;
    *day = now - now % DAY;
    if (!zone || !acd->cal || hl__zone_local(acd->cal, zone, now, &at) < 0)
        return;
    *quarter = now - now % HL__SECOND - (at.minute % QUARTER_MIN * 60 + at.second) * (hl_time)HL__SECOND;
    at.hour = at.minute = at.second = 0;
    if (hl__zone_time(acd->cal, zone, &at, 0, day) < 0 || *day > *quarter)
        *day = *quarter;
}

static void add_span(hl__span *to, const hl__span *from)
{
    for (int i = 0; i < HL__N_END; i++)
        to->n[i] += from->n[i];
    if (from->max > to->max)
        to->max = from->max;
}

static void begin_span(hl__span *s, hl_time from)
{
    memset(s, 0, sizeof(*s));
    s->from = from;
}

/* Quarters that are over go into the day and the whole. */
static void roll(hl__acd *acd, hl__figures *f, const char *zone)
{
    hl_time now = acd->core->now, quarter, day;
    bool is_next = now < f->end + QUARTER, same_day;

    if (now < f->end)
        return;
    clock_of(acd, zone, &quarter, &day);
    same_day = day == f->span[HL__SPAN_DAY].from;
    add_span(&f->span[HL__SPAN_ALL], &f->span[HL__SPAN_NOW]);
    add_span(&f->span[HL__SPAN_DAY], &f->span[HL__SPAN_NOW]);
    f->span[HL__SPAN_LAST] = f->span[HL__SPAN_NOW];
    if (!is_next)
        begin_span(&f->span[HL__SPAN_LAST], quarter - QUARTER);
    if (!same_day)
        begin_span(&f->span[HL__SPAN_DAY], day);
    begin_span(&f->span[HL__SPAN_NOW], quarter);
    for (uint32_t i = 0; i < f->cells; i++) {
        uint32_t *n = f->cell[i].n;
        n[HL__SPAN_ALL] += n[HL__SPAN_NOW];
        n[HL__SPAN_DAY] = same_day ? n[HL__SPAN_DAY] + n[HL__SPAN_NOW] : 0;
        n[HL__SPAN_LAST] = is_next ? n[HL__SPAN_NOW] : 0;
        n[HL__SPAN_NOW] = 0;
    }
    f->end = quarter + QUARTER;
}

static int grow(hl__acd *acd, hl__figures **at, const char *zone)
{
    hl__figures *f = *at;
    uint32_t want;
    hl__cell *cell;

    if (!f) {
        if (!(f = hl__alloc(acd->core->mem, sizeof(*f))))
            return HL_ENOMEM;
        clock_of(acd, zone, &f->span[HL__SPAN_NOW].from, &f->span[HL__SPAN_DAY].from);
        f->end = f->span[HL__SPAN_NOW].from + QUARTER;
        f->span[HL__SPAN_LAST].from = f->span[HL__SPAN_NOW].from - QUARTER;
        f->span[HL__SPAN_ALL].from = acd->core->now;
        f->timer.ctx = acd;
        *at = f;
    }
    want = f->cells + f->open + 1;
    want = want < HL__CELLS ? want : HL__CELLS;
    if (f->room >= want)
        return 0;
    want = want + want / 2 + 4;
    want = want < HL__CELLS ? want : HL__CELLS;
    if (!(cell = hl__realloc(acd->core->mem, f->cell, want * sizeof(*cell))))
        return HL_ENOMEM;
    f->cell = cell;
    f->room = want;
    return 0;
}

int hl__figures_room(hl__acd *acd, hl__queue *q)
{
    int r = grow(acd, &q->figures, q->conf->zone);

    return r < 0 ? r : grow(acd, &acd->figures, NULL);
}

void hl__figures_free(hl__acd *acd, hl__figures *f)
{
    if (!f)
        return;
    hl__timer_drop(&acd->core->wheel, &f->timer);
    hl__free(acd->core->mem, f->cell);
    hl__free(acd->core->mem, f);
}

void hl__figures_add(hl__acd *acd, hl__queue *q, int figure, int64_t n)
{
    hl__figures *all[] = { q->figures, acd->figures };

    for (int i = 0; i < 2; i++) {
        if (!all[i])
            continue; /* nobody ever came in */
        roll(acd, all[i], i ? NULL : q->conf->zone);
        all[i]->span[HL__SPAN_NOW].n[figure] += n;
    }
}

/* There is room: hl__figures_room(). */
static void add_wait(hl__figures *f, int64_t ms)
{
    uint32_t cell = hl__cell_of(ms), low = 0, high = f->cells;
    hl__span *s = &f->span[HL__SPAN_NOW];

    f->open--;
    s->n[HL__N_wait_all_ms] += ms;
    if (ms > s->max)
        s->max = ms;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        if (f->cell[mid].cell < cell)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == f->cells || f->cell[low].cell != cell) {
        memmove(&f->cell[low + 1], &f->cell[low], (f->cells - low) * sizeof(*f->cell));
        f->cell[low] = (hl__cell){ cell, { 0 } };
        f->cells++;
    }
    f->cell[low].n[HL__SPAN_NOW]++;
}

static int32_t waited(const hl__acd *acd, const hl__contact *c)
{
    int64_t ms = (acd->core->now - c->queued) / HL__US;

    return ms > INT32_MAX ? INT32_MAX : ms < 0 ? 0 : (int32_t)ms;
}

/* Its wait in this queue is over. */
static void close_wait(hl__acd *acd, hl__contact *c, int64_t ms)
{
    hl__queue *q = c->class->queue;

    c->hung_ms = HL__WAIT_OVER;
    hl__figures_add(acd, q, HL__N_wait_all_ms, 0); /* the quarter is the present one */
    add_wait(q->figures, ms);
    add_wait(acd->figures, ms);
}

void hl__figures_in(hl__acd *acd, hl__contact *c)
{
    hl__queue *q = c->class->queue;

    hl__figures_add(acd, q, HL__N_offered, 1);
    q->figures->open++;
    acd->figures->open++;
    c->hung_ms = HL__WAIT_OPEN;
}

void hl__figures_answered(hl__acd *acd, hl__contact *c)
{
    hl__queue *q = c->class->queue;
    int64_t ms = waited(acd, c);

    if (c->hung_ms == HL__WAIT_OVER)
        return; /* the agent's line had failed: it was answered before */
    close_wait(acd, c, ms);
    hl__figures_add(acd, q, HL__N_answered, 1);
    hl__figures_add(acd, q, HL__N_wait_answered_ms, ms);
    if (ms <= q->conf->goal.target_ms)
        hl__figures_add(acd, q, HL__N_answered_in, 1);
    hl__alarm_level(acd, q);
}

void hl__figures_lost(hl__acd *acd, hl__contact *c)
{
    if (c->hung_ms == HL__WAIT_OPEN)
        c->hung_ms = waited(acd, c);
}

void hl__figures_back(hl__contact *c)
{
    if (c->hung_ms >= 0)
        c->hung_ms = HL__WAIT_OPEN;
}

void hl__figures_promised(hl__acd *acd, hl__contact *c)
{
    if (c->hung_ms != HL__WAIT_OVER)
        close_wait(acd, c, c->hung_ms >= 0 ? c->hung_ms : waited(acd, c));
    hl__figures_add(acd, c->class->queue, HL__N_promised, 1);
}

static void gave_up(hl__acd *acd, hl__queue *q, int64_t ms)
{
    hl__figures_add(acd, q, HL__N_abandoned, 1);
    if (ms <= q->conf->goal.target_ms)
        hl__figures_add(acd, q, HL__N_abandoned_in, 1);
    if (ms < q->conf->goal.short_ms)
        hl__figures_add(acd, q, HL__N_abandoned_short, 1);
    hl__alarm_level(acd, q);
}

void hl__figures_out(hl__acd *acd, hl__contact *c, int outcome)
{
    hl__queue *q = c->class->queue;
    bool is_open = c->hung_ms != HL__WAIT_OVER;
    int64_t ms = c->hung_ms >= 0 ? c->hung_ms : waited(acd, c);

    if (is_open)
        close_wait(acd, c, ms);
    if (outcome == 0)
        hl__figures_add(acd, q, HL__N_moved_out, 1);
    else if (outcome == HL_OUTCOME_HANDLED)
        hl__figures_add(acd, q, HL__N_handled, 1);
    else if (is_open && outcome == HL_OUTCOME_ABANDONED)
        gave_up(acd, q, ms);
    else if (is_open && outcome == HL_OUTCOME_TIMED_OUT)
        hl__figures_add(acd, q, HL__N_timed_out, 1);
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : -1;
}

static void levels(hl_queue_stat *s)
{
    double ans = (double)s->answered, ab = (double)s->abandoned, in = (double)s->answered_in;
    double early = (double)s->abandoned_in, is_short = (double)s->abandoned_short;

    s->sl1 = share(in, ans);
    s->sl2 = share(in, ans + ab);
    s->sl3 = share(in, ans + ab - early);
    s->sl4 = share(in + early, ans + ab);
    s->sl5 = share(in + is_short, ans + ab);
    s->level = (const double[]){ -1, s->sl1, s->sl2, s->sl3, s->sl4, s->sl5 }[s->formula];
}

/* Of which spans a reading is the sum. */
static bool is_part(int span, int of)
{
    return of == HL__SPAN_NOW ? span != HL_SPAN_LAST : of == (const int[]){ HL__SPAN_NOW, HL__SPAN_LAST, HL__SPAN_DAY,
        HL__SPAN_ALL }[span];
}

/* The middle of the cell in which the n-th smallest wait lies. */
static int64_t nth(const hl__figures *f, int span, uint64_t n, int64_t max)
{
    uint64_t seen = 0;
    int64_t ms = 0;

    for (uint32_t i = 0; i < f->cells && seen < n; i++) {
        for (int of = 0; of < HL__SPANS; of++)
            seen += is_part(span, of) ? f->cell[i].n[of] : 0;
        ms = hl__cell_ms(f->cell[i].cell);
    }
    return ms < max ? ms : max;
}

static void quantiles(const hl__figures *f, int span, hl_queue_stat *row)
{
    uint64_t all = 0;

    for (uint32_t i = 0; i < f->cells; i++)
        for (int of = 0; of < HL__SPANS; of++)
            all += is_part(span, of) ? f->cell[i].n[of] : 0;
    row->wait_p50_ms = nth(f, span, (all * 50 + 99) / 100, row->wait_max_ms);
    row->wait_p90_ms = nth(f, span, (all * 90 + 99) / 100, row->wait_max_ms);
    row->wait_p99_ms = nth(f, span, (all * 99 + 99) / 100, row->wait_max_ms);
}

static void sums(const hl__span *s, hl_queue_stat *row)
{
#define X(name) row->name = s->n[HL__N_##name];
    HL__FIGURES(X)
#undef X
    row->wait_max_ms = s->max;
}

void hl__figures_quarter(const hl__queue *q, hl_queue_stat *row)
{
    row->formula = q->conf->goal.formula;
    sums(&q->figures->span[HL__SPAN_NOW], row);
    levels(row);
}

static void read_figures(hl__acd *acd, hl__figures *f, const hl__qconf *conf, int span, hl_queue_stat *row)
{
    static const uint8_t source[] = { HL__SPAN_NOW, HL__SPAN_LAST, HL__SPAN_DAY, HL__SPAN_ALL };
    hl__span whole;

    roll(acd, f, conf ? conf->zone : NULL);
    whole = f->span[source[span]];
    if (span == HL_SPAN_DAY || span == HL_SPAN_ALL)
        add_span(&whole, &f->span[HL__SPAN_NOW]);
    row->from = whole.from;
    row->to = span == HL_SPAN_LAST ? f->span[HL__SPAN_NOW].from : acd->core->now;
    sums(&whole, row);
    quantiles(f, span, row);
}

int hl__acd_stat(hl__acd *acd, hl_id queue, int span, hl_queue_stat *row)
{
    hl__queue *q = queue ? hl__map_get(&acd->queues, queue) : NULL;
    hl__figures *f = q ? q->figures : queue ? NULL : acd->figures;
    hl_time quarter, day;

    if (span < 0 || span >= HL__SPANS)
        return hl__fail(acd->core->err, HL_EINVAL, "%d is no span: HL_SPAN_INTERVAL, _LAST, _DAY or _ALL", span);
    if (queue && !q)
        return hl__fail(acd->core->err, HL_ENOENT, "no such queue");
    *row = (hl_queue_stat)HL_QUEUE_STAT_INIT;
    row->formula = q ? q->conf->goal.formula : HL_SL_WITHOUT_EARLY;
    row->target_ms = q ? q->conf->goal.target_ms : 0;
    row->short_ms = q ? q->conf->goal.short_ms : 0;
    if (f) {
        read_figures(acd, f, q ? q->conf : NULL, span, row);
    } else {
        clock_of(acd, q ? q->conf->zone : NULL, &quarter, &day);
        row->from = (const hl_time[]){ quarter, quarter - QUARTER, day, acd->core->now }[span];
        row->to = span == HL_SPAN_LAST ? quarter : acd->core->now;
    }
    levels(row);
    return 0;
}
