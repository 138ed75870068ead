/* number.c - YYYYMMDD-NNNNNN without gaps: the date is the type's own, the count is written in the ticket's batch. */
#include "ticket/inside.h"
#include <stdio.h>
#include <string.h>

enum { MOST = 999999, DAYS_KEPT = 16 };
static const hl_time china = INT64_C(8) * 3600 * HL__SECOND, day_us = INT64_C(86400) * HL__SECOND;

/* 20260131 of a day number since 1970; civil date by Howard Hinnant's method, with years that begin in March. */
static int64_t date_of(int64_t days)
{
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day = z - era * 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    int64_t of_month = of_year - (153 * month + 2) / 5 + 1;
    month += month < 10 ? 3 : -9;
    return (year + era * 400 + (month <= 2)) * 10000 + month * 100 + of_month;
}

static int64_t local_date(const hl__tickets *t, const char *zone)
{
    hl_local local = HL_LOCAL_INIT;
    hl_time now = t->core->now;
    if (zone != NULL && t->calendars != NULL && hl__zone_local(t->calendars, zone, now, &local) == 0)
        return (int64_t)local.year * 10000 + local.month * 100 + local.day;
    hl_time shifted = now + china;
    return date_of(shifted >= 0 ? shifted / day_us : (shifted - day_us + 1) / day_us);
}

static hl__day *find_day(hl__tickets *t, int64_t day)
{
    for (uint32_t i = t->ndays; i > 0; i--) {
        if (t->days[i - 1].day == day) return &t->days[i - 1];
    }
    return NULL;
}

/* Of old days only the newest few are kept in memory; two zones are never more than a day apart. */
static int add_day(hl__tickets *t, int64_t day, hl__day **out)
{
    if (t->ndays == DAYS_KEPT) {
        memmove(t->days, t->days + 1, (DAYS_KEPT - 1) * sizeof *t->days);
        t->ndays--;
    }
    int r = hl__grow(t->core->mem, &t->days, &t->days_room, t->ndays, sizeof *t->days);
    if (r < 0) return r;
    t->days[t->ndays] = (hl__day) { day, 0 };
    *out = &t->days[t->ndays++];
    return 0;
}

int hl__number_room(hl__tickets *t, const hl__type *type, hl__day **day, char out[48])
{
    int64_t date = local_date(t, type->zone);
    hl__day *found = find_day(t, date);
    int r = found == NULL ? add_day(t, date, &found) : 0;
    if (r < 0) return r;
    if (found->last >= MOST)
        return hl__fail(t->core->err, HL_ELIMIT, "%lld has its %d tickets", (long long)date, MOST);
    snprintf(out, 48, "%08lld-%06lld", (long long)date, (long long)found->last + 1);
    *day = found;
    return 0;
}

void hl__number_take(hl__tickets *t, hl__day *day)
{
    day->last++;
    hl__value row[] = { hl__of_int(day->day), hl__of_int(day->last) };
    t->core->row(t->core, HL__OP_PUT, HL__TABLE_DAYNUMBER, row, HL__COUNT(row));
}

int hl__number_restore(hl__tickets *t, const hl__value *row)
{
    hl__day *day = find_day(t, row[0].u.i);
    int r = day == NULL ? add_day(t, row[0].u.i, &day) : 0;
    if (r == 0 && row[1].u.i > day->last) day->last = row[1].u.i;
    return r;
}
