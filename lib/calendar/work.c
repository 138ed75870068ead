/* work.c - questions to a compiled calendar: all are binary searches over its spans.
 *
 * W(t) is the open time before t, inv(w) the least t with W(t) >= w; a deadline is inv(W(t) + d). */
#include "calendar/inner.h"
#include "calendar/registry.h"

static int too_far(hl__calendars *c)
{
    return hl__fail(c->core->err, HL_ELIMIT, "this time is outside what the calendar covers (%d years back, %d on)",
                    BEHIND, AHEAD);
}

/* The plan, and t relative to its base in microseconds. */
static int enter(hl__calendars *c, hl_id calendar, hl_time at, const hl__plan **plan, int64_t *t)
{
    const hl__plan *p = hl__plan_of(c, calendar);

    if (!p)
        return hl__fail(c->core->err, HL_ENOENT, "there is no calendar %lld", (long long)calendar);
    *plan = p;
    *t = at - p->base * HL__SECOND;
    return *t < 0 || *t >= (int64_t)p->days * DAY * HL__SECOND ? too_far(c) : 0;
}

/* How many spans begin at or before t. */
static uint32_t begun(const hl__plan *p, int64_t t)
{
    uint32_t low = 0, high = p->n;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if ((int64_t)p->from[mid] * HL__SECOND <= t)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool open_at(const hl__plan *p, int64_t t)
{
    uint32_t i = begun(p, t);

    return i > 0 && t < (int64_t)p->to[i - 1] * HL__SECOND;
}

static int64_t work_before(const hl__plan *p, int64_t t)
{
    uint32_t i = begun(p, t);
    int64_t end, from;

    if (i == 0)
        return 0;
    from = (int64_t)p->from[i - 1] * HL__SECOND;
    end = (int64_t)p->to[i - 1] * HL__SECOND;
    return (int64_t)p->work[i - 1] * HL__SECOND + (t < end ? t : end) - from;
}

/* The least t with so much work before it; -1: the spans do not reach. */
static int64_t inverse(const hl__plan *p, int64_t work)
{
    uint32_t low = 0, high = p->n;
    int64_t t;

    while (low < high) { /* the last span with less work in front */
        uint32_t mid = low + (high - low) / 2;
        if ((int64_t)p->work[mid] * HL__SECOND < work)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == 0)
        return -1;
    t = (int64_t)p->from[low - 1] * HL__SECOND + work - (int64_t)p->work[low - 1] * HL__SECOND;
    return t <= (int64_t)p->to[low - 1] * HL__SECOND ? t : -1;
}

static int32_t date_index(const hl__plan *p, hl_time at)
{
    int64_t utc = at >= 0 ? at / HL__SECOND : -((-at + HL__SECOND - 1) / HL__SECOND);
    int64_t local = utc + hl__offset_at(p->zone, utc);
    int64_t days = local >= 0 ? local / DAY : -((-local + DAY - 1) / DAY);

    return (int32_t)days - p->first;
}

int hl__calendar_state(hl__calendars *c, hl_id calendar, hl_time at)
{
    const hl__plan *p;
    int64_t t;
    int32_t i;
    int r = enter(c, calendar, at, &p, &t);

    if (r < 0)
        return r;
    if (open_at(p, t))
        return HL_CALENDAR_OPEN;
    i = date_index(p, at);
    return i >= 0 && i < p->days && p->day[i].off ? HL_CALENDAR_HOLIDAY : HL_CALENDAR_CLOSED;
}

int hl__calendar_next_open(hl__calendars *c, hl_id calendar, hl_time at, hl_time *out)
{
    const hl__plan *p;
    int64_t t;
    uint32_t i;
    int r = enter(c, calendar, at, &p, &t);

    if (r < 0)
        return r;
    if (open_at(p, t)) {
        *out = at;
        return 0;
    }
    if ((i = begun(p, t)) == p->n)
        return too_far(c);
    *out = (p->base + p->from[i]) * HL__SECOND;
    return 0;
}

int hl__calendar_next_close(hl__calendars *c, hl_id calendar, hl_time at, hl_time *out)
{
    const hl__plan *p;
    int64_t t;
    int r = enter(c, calendar, at, &p, &t);

    if (r < 0)
        return r;
    *out = open_at(p, t) ? (p->base + p->to[begun(p, t) - 1]) * HL__SECOND : at;
    return 0;
}

int hl__calendar_elapsed(hl__calendars *c, hl_id calendar, hl_time from, hl_time to, int64_t *out)
{
    const hl__plan *p;
    int64_t a, b;
    int r;

    if ((r = enter(c, calendar, from, &p, &a)) < 0 || (r = enter(c, calendar, to, &p, &b)) < 0)
        return r;
    *out = work_before(p, b) - work_before(p, a);
    return 0;
}

int hl__calendar_deadline(hl__calendars *c, hl_id calendar, hl_time from, int64_t work, hl_time *out)
{
    const hl__plan *p;
    int64_t t;
    int r = enter(c, calendar, from, &p, &t);

    if (r < 0)
        return r;
    if (work < 0)
        return hl__fail(c->core->err, HL_EINVAL, "a deadline lies ahead: work is below 0");
    if (work == 0) {
        *out = from;
        return 0;
    }
    if ((t = inverse(p, work_before(p, t) + work)) < 0)
        return too_far(c);
    *out = p->base * HL__SECOND + t;
    return 0;
}

int hl__calendar_before(hl__calendars *c, hl_id calendar, hl_time due, int64_t work, hl_time *out)
{
    const hl__plan *p;
    int64_t t;
    int r = enter(c, calendar, due, &p, &t);

    if (r < 0)
        return r;
    if (work < 0)
        return hl__fail(c->core->err, HL_EINVAL, "work is below 0");
    if (work == 0) {
        *out = due;
        return 0;
    }
    if ((t = inverse(p, work_before(p, t) - work)) < 0)
        return too_far(c);
    *out = p->base * HL__SECOND + t;
    return 0;
}

static hl_time midnight_after(const hl__plan *p, int32_t i)
{
    int64_t utc;

    (void)hl__utc_of(p->zone, ((int64_t)p->first + i + 1) * DAY, true, &utc); /* in a gap: the gap's instant */
    return utc * HL__SECOND;
}

/* The first open date at or after i; -1: none. */
static int32_t open_from(const hl__plan *p, int32_t i)
{
    while (i < p->days && p->day[i].spans == 0)
        i++;
    return i < p->days ? i : -1;
}

/* The n-th date from i on: of open ones, or of any kind and then the next open one; -1: none. */
static int32_t nth_date(const hl__plan *p, int32_t i, int n, bool natural)
{
    if (natural)
        return n - 1 < p->days - i ? open_from(p, i + n - 1) : -1;
    i = i < p->days ? open_from(p, i) : -1;
    while (--n > 0 && i >= 0)
        i = i + 1 < p->days ? open_from(p, i + 1) : -1;
    return i;
}

int hl__calendar_workday(hl__calendars *c, hl_id calendar, hl_time from, int days, int flags, hl_time *out)
{
    const hl__plan *p;
    int64_t t;
    int32_t i;
    int r = enter(c, calendar, from, &p, &t);
    bool today;

    if (r < 0)
        return r;
    if (days < 1 || flags & ~(HL_WORKDAY_FIRST | HL_WORKDAY_MIDNIGHT | HL_WORKDAY_NATURAL))
        return hl__fail(c->core->err, HL_EINVAL, "%d days with flags %d", days, flags);
    i = date_index(p, from);
    if (i < 0 || i >= p->days)
        return too_far(c);
    today = (flags & HL_WORKDAY_FIRST) && p->day[i].spans > 0 && t < (int64_t)p->day[i].close * HL__SECOND;
    i = nth_date(p, i + !today, days, flags & HL_WORKDAY_NATURAL);
    if (i < 0)
        return too_far(c);
    *out = flags & HL_WORKDAY_MIDNIGHT ? midnight_after(p, i) : (p->base + p->day[i].close) * HL__SECOND;
    return 0;
}

int hl__calendar_span_next(hl__calendars *c, hl_id calendar, hl_calendar_span *row)
{
    const hl__plan *p = hl__plan_of(c, calendar);
    int year, month, day;
    int64_t t;
    uint32_t i;

    if (!p)
        return hl__fail(c->core->err, HL_ENOENT, "there is no calendar %lld", (long long)calendar);
    t = row->start - p->base * HL__SECOND;
    i = t < 0 ? 0 : begun(p, t);
    if (i == p->n)
        return 0;
    row->start = (p->base + p->from[i]) * HL__SECOND;
    row->end = (p->base + p->to[i]) * HL__SECOND;
    hl__date_of(p->first + p->date[i], &year, &month, &day);
    row->date = year * 10000 + month * 100 + day;
    return 1;
}

int hl__zone_local(hl__calendars *c, const char *tz, hl_time at, hl_local *out)
{
    const hl__zoneinfo *z;
    uint32_t size = out->size;
    int r = hl__zone_of(c, tz, &z);
    int64_t utc, local, again;
    int32_t days;

    if (r < 0)
        return r;
    utc = at >= 0 ? at / HL__SECOND : -((-at + HL__SECOND - 1) / HL__SECOND);
    *out = (hl_local){ .size = size, .offset_s = hl__offset_at(z, utc) };
    local = utc + out->offset_s;
    days = (int32_t)(local >= 0 ? local / DAY : -((-local + DAY - 1) / DAY));
    hl__date_of(days, &out->year, &out->month, &out->day);
    local -= (int64_t)days * DAY;
    out->hour = (int32_t)(local / 3600);
    out->minute = (int32_t)(local / 60 % 60);
    out->second = (int32_t)(local % 60);
    out->weekday = hl__weekday_of(days) + 1;
    out->kind = hl__utc_of(z, utc + out->offset_s, false, &again);
    return 0;
}

int hl__zone_time(hl__calendars *c, const char *tz, const hl_local *local, int later, hl_time *out)
{
    const hl__zoneinfo *z;
    int r = hl__zone_of(c, tz, &z), year, month, day;
    int32_t days;
    int64_t utc;

    if (r < 0)
        return r;
    if (local->year < 1 || local->year > 9999)
        return hl__fail(c->core->err, HL_EINVAL, "the year %d", local->year);
    days = hl__days_of(local->year, local->month, local->day);
    hl__date_of(days, &year, &month, &day);
    if (month != local->month || day != local->day || local->hour < 0 || local->hour > 24 || local->minute < 0 ||
        local->minute > 59 || local->second < 0 || local->second > 60)
        return hl__fail(c->core->err, HL_EINVAL, "%d-%d-%d %d:%d:%d is no time of day", local->year, local->month,
                        local->day, local->hour, local->minute, local->second);
    r = hl__utc_of(z, (int64_t)days * DAY + local->hour * 3600 + local->minute * 60 + local->second, later != 0, &utc);
    *out = utc * HL__SECOND;
    return r;
}
