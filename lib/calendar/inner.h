/* inner.h - between the files of lib/calendar: zones, rules as parsed, rules as compiled. Seconds, not microseconds. */
#ifndef HL_CALENDAR_INNER_H
#define HL_CALENDAR_INNER_H
#include "calendar/calendar.h"

enum { E_ZONE = 700, E_OVERLAP, E_SPAN, W_UNTIL, E_SET, W_NEVER, E_CALENDAR };
enum { SPANS_A_DAY = 16, BEHIND = 10, AHEAD = 15, LAST_YEAR = 2100, DAY = 86400 };

/* civil.c - dates are days since 1970-01-01. */
int32_t hl__days_of(int year, int month, int day);              /* proleptic Gregorian; no checks */
void hl__date_of(int32_t days, int *year, int *month, int *day);
int hl__weekday_of(int32_t days);                               /* 0 Monday .. 6 */
bool hl__date_parse(const char *text, int32_t *days);           /* "2026-02-28", the whole of 10 characters */

/* tzif.c */
typedef struct hl__zoneinfo {
    char *name;
    uint32_t n;
    int64_t *at;         /* transitions, rising */
    int32_t *off;        /* seconds east of UTC from at[i] on */
    int32_t first_off;   /* before at[0] */
} hl__zoneinfo;
int hl__tzif_read(hl__mem *mem, const char *name, const void *bytes, size_t len, hl__zoneinfo **out); /* HL_EPARSE */
void hl__tzif_free(hl__mem *mem, hl__zoneinfo *z);
int32_t hl__offset_at(const hl__zoneinfo *z, int64_t utc);
/* Wall clock to UTC. 0 once, 1 skipped (out: the gap's instant), 2 twice (out: the earlier, or with `later` the other).
 */
int hl__utc_of(const hl__zoneinfo *z, int64_t local, bool later, int64_t *out);

/* rules.c - what the document says. */
typedef struct hl__hours { int32_t from, to; } hl__hours;       /* seconds of the day; to > from, may pass 24 h */
typedef struct hl__dayplan { uint8_t n, speaks; hl__hours span[SPANS_A_DAY]; } hl__dayplan;
typedef struct hl__week { hl__dayplan day[7]; } hl__week;
enum { HL__OFF = 1, HL__WORK, HL__OPEN };
typedef struct hl__rule {
    int32_t from, to;
    uint8_t kind;
    char *label;
    hl__dayplan plan;
} hl__rule; /* a date or a range */
typedef struct hl__season { int16_t from, to; hl__week week; } hl__season; /* month * 100 + day */
typedef struct hl__dayset {
    hl_id id;
    char *name;
    int32_t until;
    uint32_t n, room;
    hl__rule *rule;
} hl__dayset; /* until 0: none */
typedef struct hl__rules {
    char *tz;
    hl__week week;
    uint32_t seasons, season_room, sets, set_room, days, day_room;
    hl__season *season;
    char **set;
    hl__rule *day;
    int make_up;         /* 0 Monday */
} hl__rules;
int hl__rules_read(hl__mem *mem, const hl__json *j, const hl__place *at, hl__findings *f,
                   hl__rules **out); /* HL_ENOMEM */
void hl__rules_free(hl__mem *mem, hl__rules *r);
int hl__dayset_read(hl__mem *mem, const hl__json *j, const hl__place *at, hl__findings *f, hl__dayset **out);
void hl__dayset_free(hl__mem *mem, hl__dayset *s);

/* compile.c - spans in UTC, relative to `base`; work[i]: seconds open before span i. */
enum { HL__LAYER_NONE, HL__LAYER_WEEK, HL__LAYER_SEASON, HL__LAYER_SET, HL__LAYER_DAYS };
typedef struct hl__day {
    uint32_t close;
    uint8_t layer, off, spans, spare;
    uint32_t opened;
} hl__day; /* close: end of its
last span, 0: none; opened: open dates before it */
typedef struct hl__plan {
    const hl__zoneinfo *zone;
    int64_t base;        /* UTC second of the range's begin */
    int32_t first, days; /* first date; how many dates */
    uint32_t n, room;
    uint32_t *from, *to, *work;
    int32_t *date;       /* of the span's begin, days behind first */
    hl__day *day;
} hl__plan;
typedef struct hl__compile {
    const hl__rules *rules;
    const hl__zoneinfo *zone;
    const hl__dayset **set;
    uint32_t sets;
} hl__compile;
int hl__plan_make(hl__mem *mem, const hl__compile *c, int year, hl__plan **out);
void hl__plan_free(hl__mem *mem, hl__plan *p);
/* Which rule decides a date; its plan, layer and label. */
const hl__dayplan *hl__day_rule(const hl__compile *c, int32_t date, int *layer, const hl__rule **rule);
#endif
