/* calendar.h - time zones, opening hours, holidays, make-up working days, working time. Pure: zone files come as bytes.
 */
#ifndef HL_CALENDAR_H
#define HL_CALENDAR_H
#include "base/core.h"
#include "base/section.h"
#include <hotline/calendar.h>

/* The bytes of a zone file, for as long as the calendars live; 0 or HL_ENOENT. lib/api/open.c reads the files. */
typedef int hl__zone_bytes(void *ctx, const char *name, const void **out, size_t *out_len);

typedef struct hl__calendars hl__calendars;
int hl__calendars_new(hl__core *core, hl__zone_bytes *zones, void *ctx, hl__calendars **out);
void hl__calendars_free(hl__calendars *c);
uint32_t hl__calendars_sections(hl__calendars *c, hl__section *out,
                                uint32_t room); /* "daysets", "calendars"; how many */
hl_id hl__calendar_find(const hl__calendars *c, const char *name);                  /* 0: none */
int hl__calendar_state(hl__calendars *c, hl_id calendar, hl_time at);  /* HL_CALENDAR_*; HL_ENOENT HL_ELIMIT */
/* The rest of hotline/calendar.h, the same names with hl__ and (hl__calendars *, ...) in place of (hl_t *, ...). */
int hl__calendar_next_open(hl__calendars *c, hl_id calendar, hl_time at, hl_time *out);
int hl__calendar_next_close(hl__calendars *c, hl_id calendar, hl_time at, hl_time *out);
int hl__calendar_elapsed(hl__calendars *c, hl_id calendar, hl_time from, hl_time to, int64_t *out);
int hl__calendar_deadline(hl__calendars *c, hl_id calendar, hl_time from, int64_t work, hl_time *out);
int hl__calendar_before(hl__calendars *c, hl_id calendar, hl_time due, int64_t work, hl_time *out);
int hl__calendar_workday(hl__calendars *c, hl_id calendar, hl_time from, int days, int flags, hl_time *out);
int hl__calendar_day(hl__calendars *c, hl_id calendar, int date, hl_calendar_day *out); /* texts: until the next load */
int hl__calendar_span_next(hl__calendars *c, hl_id calendar, hl_calendar_span *row);
int hl__calendar_version_next(hl__calendars *c, hl_id calendar, hl_calendar_version *row);
int hl__zone_local(hl__calendars *c, const char *tz, hl_time at, hl_local *out);
int hl__zone_time(hl__calendars *c, const char *tz, const hl_local *local, int later, hl_time *out);
#endif
