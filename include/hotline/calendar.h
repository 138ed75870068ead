/* hotline/calendar.h - time zones, opening hours, holidays, make-up working days, working time.
 *
 * calendar: a calendar's id (its newest version) or a version's. Working time is in microseconds. */
#ifndef HOTLINE_CALENDAR_H
#define HOTLINE_CALENDAR_H
#include <hotline.h>
#ifdef __cplusplus
extern "C" {
#endif

enum { HL_CALENDAR_OPEN = 1, HL_CALENDAR_CLOSED = 2, HL_CALENDAR_HOLIDAY = 3 };
enum { HL_WORKDAY_FIRST = 1, HL_WORKDAY_MIDNIGHT = 2, HL_WORKDAY_NATURAL = 4 }; /* flags */

typedef struct hl_calendar_version {
    uint32_t size; int32_t number; hl_id id; /* number 1, 2, 3 ... */
    hl_time added, from, until, known;       /* compiled range; official days known up to, 0: no set */
    int32_t spans, bytes;
    const char *name, *tz;
} hl_calendar_version;
#define HL_CALENDAR_VERSION_INIT { sizeof(hl_calendar_version), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_calendar_day {  /* what a local date is, and which layer says so */
    uint32_t size; int32_t date;  /* 20261001 */
    int32_t state, spans;         /* HL_CALENDAR_*: open if it has a span */
    int64_t open_us;
    const char *layer, *label;    /* "week" "season" "set:cn" "days"; what the entry is called */
} hl_calendar_day;
#define HL_CALENDAR_DAY_INIT { sizeof(hl_calendar_day), 0, 0, 0, 0, 0, 0 }

typedef struct hl_calendar_span { /* the open span after row->start */
    uint32_t size; int32_t date;
    hl_time start, end;
} hl_calendar_span;
#define HL_CALENDAR_SPAN_INIT { sizeof(hl_calendar_span), 0, 0, 0 }

typedef struct hl_local {         /* wall clock of a zone */
    uint32_t size; int32_t offset_s;
    int32_t year, month, day, hour, minute, second;
    int32_t weekday, kind;        /* 1 Monday; 0 once, 1 skipped by the zone, 2 twice */
} hl_local;
#define HL_LOCAL_INIT { sizeof(hl_local), 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Outside the compiled range: HL_ELIMIT. */
HL_API int hl_calendar_state(hl_t *hl, hl_id calendar, hl_time at);
HL_API int hl_calendar_next_open(hl_t *hl, hl_id calendar, hl_time at, hl_time *out);  /* at itself if open */
HL_API int hl_calendar_next_close(hl_t *hl, hl_id calendar, hl_time at, hl_time *out); /* at itself if closed */
HL_API int hl_calendar_elapsed(hl_t *hl, hl_id calendar, hl_time from, hl_time to, int64_t *out);
HL_API int hl_calendar_deadline(hl_t *hl, hl_id calendar, hl_time from, int64_t work, hl_time *out);
HL_API int hl_calendar_before(hl_t *hl, hl_id calendar, hl_time due, int64_t work, hl_time *out);
HL_API int hl_calendar_workday(hl_t *hl, hl_id calendar, hl_time from, int days, int flags, hl_time *out);
HL_API int hl_calendar_day_get(hl_t *hl, hl_id calendar, int date, hl_calendar_day *out);
HL_API int hl_calendar_span_next(hl_t *hl, hl_id calendar, hl_calendar_span *row);
HL_API int hl_calendar_version_next(hl_t *hl, hl_id calendar, hl_calendar_version *row);
HL_API int hl_zone_local(hl_t *hl, const char *tz, hl_time at, hl_local *out); /* HL_ENOENT: no such zone */
HL_API int hl_zone_time(hl_t *hl, const char *tz, const hl_local *local, int later, hl_time *out);

#ifdef __cplusplus
}
#endif
#endif
