/* func.c - the functions of the language: one table, one small C function for each row. */
#include "expr/code.h"
#include <string.h>

static hl__val of(int kind, int64_t i)
{
    return (hl__val){ .kind = (uint8_t)kind, .u.i = i };
}

static hl__val truth(bool is_true)
{
    return of(HL__V_BOOL, is_true);
}

static hl__val sub(const hl__val *s, size_t from, size_t len)
{
    return (hl__val){ .kind = HL__V_STRING, .len = (uint32_t)len, .u.s = s->u.s + from };
}

static hl__val f_size(hl__eval *x, const hl__val *a, uint32_t n)
{
    (void)x, (void)n;
    return of(HL__V_INT, a->kind == HL__V_STRING ? (int64_t)hl__utf8_size(a->u.s, a->len) : a->len);
}

/* Text. */

static hl__val f_starts(hl__eval *x, const hl__val *a, uint32_t n)
{
    (void)x, (void)n;
    return truth(a[1].len <= a->len && memcmp(a->u.s, a[1].u.s, a[1].len) == 0);
}

static hl__val f_ends(hl__eval *x, const hl__val *a, uint32_t n)
{
    (void)x, (void)n;
    return truth(a[1].len <= a->len && memcmp(a->u.s + a->len - a[1].len, a[1].u.s, a[1].len) == 0);
}

static hl__val f_contains(hl__eval *x, const hl__val *a, uint32_t n)
{
    (void)x, (void)n;
    return truth(a[1].len == 0 || memmem(a->u.s, a->len, a[1].u.s, a[1].len) != NULL);
}

static hl__val f_int(hl__eval *x, const hl__val *a, uint32_t n)
{
    (void)x, (void)n;
    return a->kind == HL__V_INT ? *a : hl__parse_val(HL__V_INT, NULL, a->u.s, a->len);
}

/* hl__buf would allocate: a few small shapes are written through a buffer on the stack by the same code. */
static void *refuse(void *ctx, void *old, size_t size)
{
    (void)ctx, (void)old, (void)size;
    return NULL;
}

static hl__val f_string(hl__eval *x, const hl__val *a, uint32_t n)
{
    hl__mem none = { .alloc = refuse };
    char room[96];
    hl__buf b = { .mem = &none, .data = room, .room = sizeof(room) };

    (void)n;
    if (a->kind == HL__V_STRING)
        return *a;
    hl__val_text(&b, a);
    return b.failed ? hl__val_error(CAUSE_SIZE, NULL) : hl__text_val(x, b.data, b.len);
}

/* Bytes of the first n code points. */
static size_t prefix(const hl__val *s, int64_t n)
{
    size_t i = 0;

    for (; n > 0 && i < s->len; n--)
        for (i++; i < s->len && (s->u.s[i] & 0xc0) == 0x80;)
            i++;
    return i;
}

static hl__val f_left(hl__eval *x, const hl__val *a, uint32_t n)
{
    (void)x, (void)n;
    return a[1].u.i < 0 ? hl__val_error(CAUSE_RANGE, NULL) : sub(a, 0, prefix(a, a[1].u.i));
}

static hl__val f_right(hl__eval *x, const hl__val *a, uint32_t n)
{
    int64_t size = (int64_t)hl__utf8_size(a->u.s, a->len);
    size_t from = prefix(a, size > a[1].u.i ? size - a[1].u.i : 0);

    (void)x, (void)n;
    return a[1].u.i < 0 ? hl__val_error(CAUSE_RANGE, NULL) : sub(a, from, a->len - from);
}

static hl__val f_digits(hl__eval *x, const hl__val *a, uint32_t n)
{
    char *to = hl__eval_room(x, a->len + 1);
    uint32_t len = 0;

    (void)n;
    if (!to)
        return hl__val_error(CAUSE_SIZE, NULL);
    for (uint32_t i = 0; i < a->len; i++)
        if (a->u.s[i] >= '0' && a->u.s[i] <= '9')
            to[len++] = a->u.s[i];
    return (hl__val){ .kind = HL__V_STRING, .len = len, .u.s = to };
}

static hl__val f_mask(hl__eval *x, const hl__val *a, uint32_t n)
{
    int64_t size = (int64_t)hl__utf8_size(a->u.s, a->len), keep = a[1].u.i < size ? a[1].u.i : size;
    size_t from = prefix(a, size - keep), stars = (size_t)(size - keep);
    char *to;

    (void)n;
    if (a[1].u.i < 0 || a[1].u.i > 4)
        return hl__val_error(CAUSE_RANGE, NULL);
    if (!(to = hl__eval_room(x, stars + a->len - from + 1)))
        return hl__val_error(CAUSE_SIZE, NULL);
    memset(to, '*', stars);
    memcpy(to + stars, a->u.s + from, a->len - from);
    return (hl__val){ .kind = HL__V_STRING, .len = (uint32_t)(stars + a->len - from), .u.s = to };
}

/* Check digits: false for anything that is not digits or too short, never an error. */

static bool all_digits(const hl__val *s, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        if (s->u.s[i] < '0' || s->u.s[i] > '9')
            return false;
    return len > 0;
}

static hl__val f_mod11(hl__eval *x, const hl__val *a, uint32_t n)
{
    int sum = 0, check;

    (void)x, (void)n;
    if (a->len < 2 || !all_digits(a, a->len))
        return truth(false);
    for (uint32_t i = 0; i < a->len - 1; i++)
        sum = (sum + (a->u.s[a->len - 2 - i] - '0') * (int)(2 + i % 6)) % 11;
    check = (11 - sum) % 11;
    return truth(check == a->u.s[a->len - 1] - '0'); /* 10 has no digit: such a number is not given out */
}

static hl__val f_mod11_2(hl__eval *x, const hl__val *a, uint32_t n)
{
    int p = 0, last;

    (void)x, (void)n;
    if (a->len < 2 || !all_digits(a, a->len - 1))
        return truth(false);
    for (uint32_t i = 0; i < a->len - 1; i++)
        p = (p + a->u.s[i] - '0') * 2 % 11;
    last = a->u.s[a->len - 1];
    last = last == 'X' || last == 'x' || last == '*' ? 10 : last >= '0' && last <= '9' ? last - '0' : -1;
    return truth(last >= 0 && (p + last) % 11 == 1);
}

static hl__val f_luhn(hl__eval *x, const hl__val *a, uint32_t n)
{
    int sum = 0;

    (void)x, (void)n;
    if (a->len < 2 || !all_digits(a, a->len))
        return truth(false);
    for (uint32_t i = 0; i < a->len; i++) {
        int d = a->u.s[a->len - 1 - i] - '0';
        d *= i % 2 ? 2 : 1;
        sum = (sum + (d > 9 ? d - 9 : d)) % 10;
    }
    return truth(sum == 0);
}

/* Money. */

static hl__val f_money(hl__eval *x, const hl__val *a, uint32_t n)
{
    (void)x, (void)n;
    return hl__parse_val(HL__V_MONEY, NULL, a->u.s, a->len);
}

static hl__val f_money_minor(hl__eval *x, const hl__val *a, uint32_t n)
{
    hl__val v = of(HL__V_MONEY, a->u.i);

    (void)x, (void)n;
    if (a[1].len != 3)
        return hl__val_error(CAUSE_FORMAT, NULL);
    for (int i = 0; i < 3; i++)
        if (a[1].u.s[i] < 'A' || a[1].u.s[i] > 'Z')
            return hl__val_error(CAUSE_FORMAT, NULL);
    memcpy(v.ccy, a[1].u.s, 3);
    return v;
}

static hl__val f_minor(hl__eval *x, const hl__val *a, uint32_t n)
{
    (void)x, (void)n;
    return of(HL__V_INT, a->u.i);
}

static hl__val f_currency(hl__eval *x, const hl__val *a, uint32_t n)
{
    (void)n;
    return hl__text_val(x, a->ccy, 3);
}

/* Dates and times. A local form of a timestamp uses the owner's zone; without one it is UTC. */

static bool local_of(hl__eval *x, int64_t at, int64_t *days, int64_t *us)
{
    hl_local l = HL_LOCAL_INIT;

    *days = at / DAY_US - (at % DAY_US < 0);
    *us = at - *days * DAY_US;
    if (!x->tz)
        return true;
    if (!x->cal || hl__zone_local(x->cal, x->tz, at, &l) < 0)
        return false;
    *days = hl__days(l.year, l.month, l.day);
    *us = ((int64_t)l.hour * 3600 + l.minute * 60 + l.second) * HL__SECOND + at % HL__SECOND;
    *us += at % HL__SECOND < 0 ? HL__SECOND : 0;
    return true;
}

static hl__val f_date(hl__eval *x, const hl__val *a, uint32_t n)
{
    int64_t days, us;

    (void)n;
    if (a->kind == HL__V_STRING)
        return hl__parse_val(HL__V_DATE, NULL, a->u.s, a->len);
    return local_of(x, a->u.i, &days, &us) ? of(HL__V_DATE, days) : hl__val_error(CAUSE_ZONE, NULL);
}

static hl__val f_time(hl__eval *x, const hl__val *a, uint32_t n)
{
    int64_t days, us;

    (void)n;
    if (a->kind == HL__V_STRING)
        return hl__parse_val(HL__V_TIME, NULL, a->u.s, a->len);
    return local_of(x, a->u.i, &days, &us) ? of(HL__V_TIME, us) : hl__val_error(CAUSE_ZONE, NULL);
}

static hl__val f_timestamp(hl__eval *x, const hl__val *a, uint32_t n)
{
    (void)x, (void)n;
    return hl__parse_val(HL__V_TIMESTAMP, NULL, a->u.s, a->len);
}

static hl__val f_duration(hl__eval *x, const hl__val *a, uint32_t n)
{
    (void)x, (void)n;
    return hl__parse_val(HL__V_DURATION, NULL, a->u.s, a->len);
}

static hl__val f_now(hl__eval *x, const hl__val *a, uint32_t n)
{
    (void)a, (void)n;
    return of(HL__V_TIMESTAMP, x->now);
}

static hl__val f_today(hl__eval *x, const hl__val *a, uint32_t n)
{
    hl__val now = of(HL__V_TIMESTAMP, x->now);

    (void)a;
    return f_date(x, &now, n);
}

/* Days and microseconds within the day of a date, a time or a timestamp. */
static bool parts_of(hl__eval *x, const hl__val *a, int64_t *days, int64_t *us)
{
    *days = a->kind == HL__V_DATE ? a->u.i : 0;
    *us = a->kind == HL__V_TIME ? a->u.i : 0;
    return a->kind != HL__V_TIMESTAMP || local_of(x, a->u.i, days, us);
}

static hl__val f_weekday(hl__eval *x, const hl__val *a, uint32_t n)
{
    int64_t days, us;

    (void)n;
    if (!parts_of(x, a, &days, &us))
        return hl__val_error(CAUSE_ZONE, NULL);
    return of(HL__V_INT, ((days + 3) % 7 + 7) % 7 + 1); /* 1970-01-01 was a Thursday */
}

static hl__val date_part(hl__eval *x, const hl__val *a, int which)
{
    int64_t days, us;
    int part[3];

    if (!parts_of(x, a, &days, &us))
        return hl__val_error(CAUSE_ZONE, NULL);
    hl__date(days, &part[0], &part[1], &part[2]);
    return of(HL__V_INT, part[which]);
}

static hl__val f_year(hl__eval *x, const hl__val *a, uint32_t n) { (void)n; return date_part(x, a, 0); }
static hl__val f_month(hl__eval *x, const hl__val *a, uint32_t n) { (void)n; return date_part(x, a, 1); }
static hl__val f_day(hl__eval *x, const hl__val *a, uint32_t n) { (void)n; return date_part(x, a, 2); }

static hl__val f_hour(hl__eval *x, const hl__val *a, uint32_t n)
{
    int64_t days, us;

    (void)n;
    return parts_of(x, a, &days, &us) ? of(HL__V_INT, us / HL__SECOND / 3600) : hl__val_error(CAUSE_ZONE, NULL);
}

static hl__val f_minute(hl__eval *x, const hl__val *a, uint32_t n)
{
    int64_t days, us;

    (void)n;
    return parts_of(x, a, &days, &us) ? of(HL__V_INT, us / HL__SECOND / 60 % 60) : hl__val_error(CAUSE_ZONE, NULL);
}

/* Calendars. */

static hl_id calendar_of(hl__eval *x, const hl__val *name)
{
    char text[256];

    if (!x->cal || name->len >= sizeof(text))
        return 0;
    memcpy(text, name->u.s, name->len);
    text[name->len] = 0;
    return hl__calendar_find(x->cal, text);
}

static hl__val of_calendar(int r, hl__val v)
{
    return r >= 0 ? v : hl__val_error(r == HL_ENOENT ? CAUSE_ZONE : CAUSE_RANGE, NULL);
}

static hl__val f_open(hl__eval *x, const hl__val *a, uint32_t n)
{
    hl_id id = calendar_of(x, a);
    int r = id ? hl__calendar_state(x->cal, id, a[1].u.i) : HL_ENOENT;

    (void)n;
    return of_calendar(r, truth(r == HL_CALENDAR_OPEN));
}

/* A date is a working day if the first open date from its midnight on is itself. */
static hl__val f_workday(hl__eval *x, const hl__val *a, uint32_t n)
{
    hl_id id = calendar_of(x, a);
    hl_local l = HL_LOCAL_INIT;
    hl_time from = a[1].u.i * DAY_US, to = from + DAY_US, end = 0;
    int r = id ? 0 : HL_ENOENT;

    (void)n;
    if (r == 0 && x->tz) {
        hl__date(a[1].u.i, &l.year, &l.month, &l.day);
        r = hl__zone_time(x->cal, x->tz, &l, 0, &from);
        hl__date(a[1].u.i + 1, &l.year, &l.month, &l.day);
        r = r < 0 ? r : hl__zone_time(x->cal, x->tz, &l, 0, &to);
    }
    if (r >= 0)
        r = hl__calendar_workday(x->cal, id, from, 1, HL_WORKDAY_FIRST | HL_WORKDAY_MIDNIGHT, &end);
    return of_calendar(r, truth(end <= to));
}

static hl__val f_deadline(hl__eval *x, const hl__val *a, uint32_t n)
{
    hl_id id = calendar_of(x, a);
    hl_time due = 0;
    int r = id ? hl__calendar_deadline(x->cal, id, a[1].u.i, a[2].u.i, &due) : HL_ENOENT;

    (void)n;
    return of_calendar(r, of(HL__V_TIMESTAMP, due));
}

/* Small arithmetic. */

static hl__val least(const hl__val *a, uint32_t n, int sign)
{
    const hl__val *best = a;

    for (uint32_t i = 1; i < n; i++) {
        if (a->kind == HL__V_MONEY && strcmp(a->ccy, a[i].ccy) != 0)
            return hl__val_error(CAUSE_CURRENCY, NULL);
        if (hl__val_order(&a[i], best) * sign < 0)
            best = &a[i];
    }
    return *best;
}

static hl__val f_min(hl__eval *x, const hl__val *a, uint32_t n) { (void)x; return least(a, n, 1); }
static hl__val f_max(hl__eval *x, const hl__val *a, uint32_t n) { (void)x; return least(a, n, -1); }

static hl__val f_abs(hl__eval *x, const hl__val *a, uint32_t n)
{
    hl__val v = *a;

    (void)x, (void)n;
    if (v.u.i == INT64_MIN)
        return hl__val_error(CAUSE_OVERFLOW, NULL);
    v.u.i = v.u.i < 0 ? -v.u.i : v.u.i;
    return v;
}

/* Carried out by the compiler: has, matches, reveal. */
static hl__val f_same(hl__eval *x, const hl__val *a, uint32_t n)
{
    (void)x, (void)n;
    return *a;
}

#define S HL__V_STRING
#define I HL__V_INT
#define B HL__V_BOOL
#define M HL__V_MONEY
#define D HL__V_DATE
#define T HL__V_TIMESTAMP
#define U HL__V_DURATION
enum { G = FN_GLOBAL, O = FN_METHOD, GO = FN_GLOBAL | FN_METHOD };
/* Rows of one name stand together. */
const function hl__functions[] = {
    { "has", 1, { K_SCALAR }, B, G | FN_CLEARS, f_same }, { "size", 1, { K_SIZED }, I, GO | FN_CLEARS, f_size },
    { "startsWith", 2, { S, S }, B, O, f_starts }, { "endsWith", 2, { S, S }, B, O, f_ends },
    { "contains", 2, { S, S }, B, O, f_contains }, { "matches", 2, { S, K_LITERAL }, B, GO | FN_CLEARS, f_same },
    { "int", 1, { S }, I, G, f_int }, { "int", 1, { I }, I, G, f_int }, { "string", 1, { K_SCALAR }, S, G, f_string },
    { "left", 2, { S, I }, S, G, f_left }, { "right", 2, { S, I }, S, G, f_right },
    { "digits", 1, { S }, S, G, f_digits }, { "mask", 2, { S, I }, S, G, f_mask },
    { "mod11", 1, { S }, B, G | FN_CLEARS, f_mod11 }, { "mod11_2", 1, { S }, B, G | FN_CLEARS, f_mod11_2 },
    { "luhn", 1, { S }, B, G | FN_CLEARS, f_luhn },
    { "money", 1, { S }, M, G, f_money }, { "money", 2, { I, S }, M, G, f_money_minor },
    { "minor", 1, { M }, I, G, f_minor }, { "currency", 1, { M }, S, G, f_currency },
    { "date", 1, { S }, D, G, f_date }, { "date", 1, { T }, D, G, f_date },
    { "time", 1, { S }, HL__V_TIME, G, f_time }, { "time", 1, { T }, HL__V_TIME, G, f_time },
    { "timestamp", 1, { S }, T, G, f_timestamp }, { "duration", 1, { S }, U, G, f_duration },
    { "now", 0, { 0 }, T, G, f_now }, { "today", 0, { 0 }, D, G, f_today },
    { "weekday", 1, { D }, I, G, f_weekday }, { "weekday", 1, { T }, I, G, f_weekday },
    { "year", 1, { D }, I, G, f_year }, { "year", 1, { T }, I, G, f_year },
    { "month", 1, { D }, I, G, f_month }, { "month", 1, { T }, I, G, f_month },
    { "day", 1, { D }, I, G, f_day }, { "day", 1, { T }, I, G, f_day },
    { "hour", 1, { HL__V_TIME }, I, G, f_hour }, { "hour", 1, { T }, I, G, f_hour },
    { "minute", 1, { HL__V_TIME }, I, G, f_minute }, { "minute", 1, { T }, I, G, f_minute },
    { "open", 2, { K_LITERAL, T }, B, G, f_open }, { "workday", 2, { K_LITERAL, D }, B, G, f_workday },
    { "deadline", 3, { K_LITERAL, T, U }, T, G, f_deadline },
    { "min", 2, { K_ORDERED, K_SAME, K_SAME }, K_SAME, G | FN_MANY, f_min },
    { "max", 2, { K_ORDERED, K_SAME, K_SAME }, K_SAME, G | FN_MANY, f_max },
    { "abs", 1, { I }, I, G, f_abs }, { "abs", 1, { M }, K_SAME, G, f_abs }, { "abs", 1, { U }, U, G, f_abs },
    { "reveal", 1, { K_SCALAR }, K_SAME, G, f_same },
};
const uint32_t hl__function_count = HL__COUNT(hl__functions);
