/* calendar.c - entry points of calendar.h. */
#include "api/enter.h"

/* A calendar's id or a version's (a PART). */
static int calendar_ok(hl_t *hl, hl_id calendar)
{
    if (hl_kind(calendar) == HL_KIND_CALENDAR || hl_kind(calendar) == HL_KIND_PART)
        return 0;
    return hl__fail(hl->core.err, HL_EINVAL, "%lld is not the id of a calendar", (long long)calendar);
}

static int enter(hl_t *hl, hl_id calendar, const void *out)
{
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = calendar_ok(hl, calendar)) == 0 && !out)
        r = hl__fail(hl->core.err, HL_EINVAL, "no place for the answer was given");
    return r < 0 ? hl__leave(hl, r) : 0;
}

int hl_calendar_state(hl_t *hl, hl_id calendar, hl_time at)
{
    int r = enter(hl, calendar, "");

    return r < 0 ? r : hl__leave(hl, hl__calendar_state(hl->calendars, calendar, at));
}

int hl_calendar_next_open(hl_t *hl, hl_id calendar, hl_time at, hl_time *out)
{
    int r = enter(hl, calendar, out);

    return r < 0 ? r : hl__leave(hl, hl__calendar_next_open(hl->calendars, calendar, at, out));
}

int hl_calendar_next_close(hl_t *hl, hl_id calendar, hl_time at, hl_time *out)
{
    int r = enter(hl, calendar, out);

    return r < 0 ? r : hl__leave(hl, hl__calendar_next_close(hl->calendars, calendar, at, out));
}

int hl_calendar_elapsed(hl_t *hl, hl_id calendar, hl_time from, hl_time to, int64_t *out)
{
    int r = enter(hl, calendar, out);

    return r < 0 ? r : hl__leave(hl, hl__calendar_elapsed(hl->calendars, calendar, from, to, out));
}

int hl_calendar_deadline(hl_t *hl, hl_id calendar, hl_time from, int64_t work, hl_time *out)
{
    int r = enter(hl, calendar, out);

    return r < 0 ? r : hl__leave(hl, hl__calendar_deadline(hl->calendars, calendar, from, work, out));
}

int hl_calendar_before(hl_t *hl, hl_id calendar, hl_time due, int64_t work, hl_time *out)
{
    int r = enter(hl, calendar, out);

    return r < 0 ? r : hl__leave(hl, hl__calendar_before(hl->calendars, calendar, due, work, out));
}

int hl_calendar_workday(hl_t *hl, hl_id calendar, hl_time from, int days, int flags, hl_time *out)
{
    int r = enter(hl, calendar, out);

    return r < 0 ? r : hl__leave(hl, hl__calendar_workday(hl->calendars, calendar, from, days, flags, out));
}

int hl_calendar_day_get(hl_t *hl, hl_id calendar, int date, hl_calendar_day *row)
{
    hl_calendar_day out = HL_CALENDAR_DAY_INIT;
    int r = enter(hl, calendar, row);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) == 0 &&
        (r = hl__calendar_day(hl->calendars, calendar, date, &out)) == 0) {
        out.layer = hl__keep(hl, out.layer);
        out.label = hl__keep(hl, out.label);
        if (!hl->shell->desk->failed)
            hl__row_out(row, &out, sizeof(out));
    }
    return hl__leave(hl, r);
}

int hl_calendar_span_next(hl_t *hl, hl_id calendar, hl_calendar_span *row)
{
    hl_calendar_span out = HL_CALENDAR_SPAN_INIT;
    int r = enter(hl, calendar, row);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) == 0) {
        out.start = row->start;
        if ((r = hl__calendar_span_next(hl->calendars, calendar, &out)) == 1)
            hl__row_out(row, &out, sizeof(out));
    }
    return hl__leave(hl, r);
}

int hl_calendar_version_next(hl_t *hl, hl_id calendar, hl_calendar_version *row)
{
    hl_calendar_version out = HL_CALENDAR_VERSION_INIT;
    int r = enter(hl, calendar, row);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) == 0) {
        out.id = row->id;
        if ((r = hl__calendar_version_next(hl->calendars, calendar, &out)) == 1) {
            out.name = hl__keep(hl, out.name);
            out.tz = hl__keep(hl, out.tz);
            if (!hl->shell->desk->failed)
                hl__row_out(row, &out, sizeof(out));
        }
    }
    return hl__leave(hl, r);
}

int hl_zone_local(hl_t *hl, const char *tz, hl_time at, hl_local *row)
{
    hl_local out = HL_LOCAL_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if (!tz)
        r = hl__fail(hl->core.err, HL_EINVAL, "no time zone was given");
    else if ((r = hl__row_ok(hl, row, sizeof(*row))) == 0 && (r = hl__zone_local(hl->calendars, tz, at, &out)) == 0)
        hl__row_out(row, &out, sizeof(out));
    return hl__leave(hl, r);
}

int hl_zone_time(hl_t *hl, const char *tz, const hl_local *local, int later, hl_time *out)
{
    hl_local in;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if (!tz || !out)
        r = hl__fail(hl->core.err, HL_EINVAL, "a time zone and a place for the time are wanted");
    else if ((r = hl__row_in(hl, local, &in, sizeof(in), sizeof(in))) == 0)
        r = hl__zone_time(hl->calendars, tz, &in, later, out);
    return hl__leave(hl, r);
}
