/* compile.c - layers over local dates become one rising list of spans in UTC, with sums in front of each. */
#include "calendar/inner.h"
#include <string.h>

static bool in_season(const hl__season *s, int month_day)
{
    return s->from <= s->to ? month_day >= s->from && month_day <= s->to : month_day >= s->from || month_day <= s->to;
}

/* The last season that holds the date speaks for all of it, also by silence: a summer plan replaces the week. */
static const hl__dayplan *regular(const hl__rules *r, int32_t date, int weekday, int *layer)
{
    int year, month, day;

    hl__date_of(date, &year, &month, &day);
    for (uint32_t i = r->seasons; i-- > 0;)
        if (in_season(&r->season[i], month * 100 + day)) {
            *layer = HL__LAYER_SEASON;
            return &r->season[i].week.day[weekday];
        }
    *layer = HL__LAYER_WEEK;
    return &r->week.day[weekday];
}

static const hl__rule *entry_of(const hl__rule *rule, uint32_t n, int32_t date)
{
    for (uint32_t i = n; i-- > 0;)
        if (date >= rule[i].from && date <= rule[i].to)
            return &rule[i];
    return NULL;
}

const hl__dayplan *hl__day_rule(const hl__compile *c, int32_t date, int *layer, const hl__rule **rule)
{
    static const hl__dayplan nothing;
    const hl__rules *r = c->rules;
    int plain;

    *layer = HL__LAYER_DAYS;
    *rule = entry_of(r->day, r->days, date);
    for (uint32_t i = c->sets; !*rule && i-- > 0;) {
        *layer = HL__LAYER_SET;
        *rule = entry_of(c->set[i]->rule, c->set[i]->n, date);
    }
    if (!*rule)
        return regular(r, date, hl__weekday_of(date), layer);
    if ((*rule)->kind == HL__OPEN)
        return &(*rule)->plan;
    return (*rule)->kind == HL__WORK ? regular(r, date, r->make_up, &plain) : &nothing;
}

static int add_span(hl__mem *mem, hl__plan *p, int64_t from, int64_t to, int32_t date)
{
    uint32_t room = p->room;

    from -= p->base;
    to -= p->base;
    if (to <= from || from < 0 || to > UINT32_MAX)
        return 0;
    if (p->n == room) {
        uint32_t a = room, b = room, c = room, d = room;
        if (hl__grow(mem, &p->from, &a, p->n, sizeof(*p->from)) < 0 ||
            hl__grow(mem, &p->to, &b, p->n, sizeof(*p->to)) < 0 ||
            hl__grow(mem, &p->work, &c, p->n, sizeof(*p->work)) < 0 ||
            hl__grow(mem, &p->date, &d, p->n, sizeof(*p->date)) < 0)
            return HL_ENOMEM;
        p->room = a;
    }
    p->from[p->n] = (uint32_t)from;
    p->to[p->n] = (uint32_t)to;
    p->date[p->n++] = date;
    return 0;
}

static int add_date(hl__mem *mem, hl__plan *p, const hl__compile *c, int32_t i)
{
    int32_t date = p->first + i;
    const hl__rule *rule;
    int layer, r;
    const hl__dayplan *plan = hl__day_rule(c, date, &layer, &rule);
    hl__day *day = &p->day[i];

    day->layer = (uint8_t)layer;
    day->off = rule && rule->kind == HL__OFF;
    for (uint32_t k = 0; k < plan->n; k++) {
        int64_t local = (int64_t)date * DAY, from, to;
        (void)hl__utc_of(p->zone, local + plan->span[k].from, false, &from); /* in a gap: the gap's instant */
        (void)hl__utc_of(p->zone, local + plan->span[k].to, true, &to);
        if ((r = add_span(mem, p, from, to, i)) < 0)
            return r;
        if (to > from && from >= p->base) {
            day->spans++;
            if (to - p->base > day->close)
                day->close = (uint32_t)(to - p->base);
        }
    }
    return 0;
}

/* Spans come nearly in order: only those of one date, or over midnight, may be out of it. */
static void sort_spans(hl__plan *p)
{
    for (uint32_t i = 1; i < p->n; i++) {
        uint32_t from = p->from[i], to = p->to[i], k = i;
        int32_t date = p->date[i];
        for (; k > 0 && p->from[k - 1] > from; k--) {
            p->from[k] = p->from[k - 1];
            p->to[k] = p->to[k - 1];
            p->date[k] = p->date[k - 1];
        }
        p->from[k] = from;
        p->to[k] = to;
        p->date[k] = date;
    }
}

static void merge_spans(hl__plan *p)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < p->n; i++) {
        if (n > 0 && p->from[i] <= p->to[n - 1]) {
            if (p->to[i] > p->to[n - 1])
                p->to[n - 1] = p->to[i];
            continue;
        }
        p->from[n] = p->from[i];
        p->to[n] = p->to[i];
        p->date[n++] = p->date[i];
    }
    p->n = n;
    for (uint32_t i = 0, sum = 0; i < n; i++) {
        p->work[i] = sum;
        sum += p->to[i] - p->from[i];
    }
}

int hl__plan_make(hl__mem *mem, const hl__compile *c, int year, hl__plan **out)
{
    hl__plan *p = hl__alloc(mem, sizeof(*p));
    uint32_t opened = 0;
    int r = HL_ENOMEM;

    if (!p)
        return r;
    p->zone = c->zone;
    p->first = hl__days_of(year - BEHIND, 1, 1);
    p->days = hl__days_of(year + AHEAD + 1, 1, 1) - p->first;
    (void)hl__utc_of(c->zone, (int64_t)p->first * DAY, false, &p->base); /* a gap at New Year: the gap's instant */
    if (!(p->day = hl__alloc_array(mem, (size_t)p->days + 1, sizeof(*p->day))))
        goto out;
    for (int32_t i = 0; i < p->days; i++) {
        p->day[i].opened = opened;
        if ((r = add_date(mem, p, c, i)) < 0)
            goto out;
        opened += p->day[i].spans > 0;
    }
    p->day[p->days].opened = opened;
    sort_spans(p);
    merge_spans(p);
    *out = p;
    return 0;
out:
    hl__plan_free(mem, p);
    return r;
}

void hl__plan_free(hl__mem *mem, hl__plan *p)
{
    if (!p)
        return;
    hl__free(mem, p->from);
    hl__free(mem, p->to);
    hl__free(mem, p->work);
    hl__free(mem, p->date);
    hl__free(mem, p->day);
    hl__free(mem, p);
}
