/* registry.h - the calendars there are, their versions, the day sets and zones they share; for files of lib/calendar.
 */
#ifndef HL_CALENDAR_REGISTRY_H
#define HL_CALENDAR_REGISTRY_H
#include "calendar/inner.h"

typedef struct hl__version { hl_id id; int32_t number; hl_time added; hl__plan *plan; int32_t known; } hl__version;
typedef struct hl__calendar {
    hl_id id;
    char *name;
    hl__rules *rules;
    hl__version *version; /* oldest first; a version never changes */
    uint32_t versions, room;
} hl__calendar;
struct hl__calendars {
    hl__core *core;
    hl__zone_bytes *bytes;
    void *bytes_ctx;
    hl__names zones, by_name, sets;
    hl__map by_id; /* calendars and versions alike lead to their calendar */
};

int hl__zone_of(hl__calendars *c, const char *tz, const hl__zoneinfo **out); /* HL_ENOENT */
const hl__plan *hl__plan_of(const hl__calendars *c, hl_id id);              /* a calendar's newest, or a version's */
#endif
