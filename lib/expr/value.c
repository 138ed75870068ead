/* value.c - values: their text forms, their JSON forms, their order, copies of them. */
#include "expr/code.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const cause_words[] = { [CAUSE_NONE] = "",
#define X(name, words) [CAUSE_##name] = words,
    HL__EXPR_CAUSES(X)
#undef X
};

hl__val hl__val_error(int cause, const char *name)
{
    return (hl__val){ .kind = VALUE_ERROR, .len = (uint32_t)cause, .u.s = name };
}

int hl__expr_fail(hl__err *err, const hl__val *v)
{
    if (v->u.s)
        return hl__fail(err, HL_EINVAL, "%s %s", v->u.s, cause_words[v->len]);
    return hl__fail(err, HL_EINVAL, "%s", cause_words[v->len]);
}

/* Days and dates by the era method: 400 years are 146,097 days. */
int64_t hl__days(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400, yoe = year - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

void hl__date(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;

    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2));
}

int hl__ccy_digits(const char *ccy)
{
    static const char none[] = "JPY KRW VND CLP ISK UGX XAF XOF PYG RWF", three[] = "KWD BHD OMR JOD TND IQD LYD";

    return strstr(none, ccy) ? 0 : strstr(three, ccy) ? 3 : 2;
}

bool hl__is_ordered(int kind)
{
    return kind >= HL__V_INT && kind <= HL__V_DURATION;
}

int hl__val_order(const hl__val *a, const hl__val *b)
{
    if (a->kind != HL__V_STRING)
        return (a->u.i > b->u.i) - (a->u.i < b->u.i);
    int d = memcmp(a->u.s, b->u.s, a->len < b->len ? a->len : b->len);
    return d ? d : (a->len > b->len) - (a->len < b->len);
}

static bool equal_scalar(const hl__val *a, const hl__val *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == HL__V_STRING)
        return a->len == b->len && memcmp(a->u.s, b->u.s, a->len) == 0;
    return a->kind == HL__V_NONE || (a->u.i == b->u.i && strcmp(a->ccy, b->ccy) == 0);
}

static size_t children(const hl__val *v)
{
    return v->kind == HL__V_LIST || v->kind == HL__V_OBJECT ? v->len : v->kind == HL__V_MAP ? (size_t)v->len * 2 : 0;
}

/* Values inside values, walked with a stack: JSON is 32 deep at most, and no deeper value can be made. */
enum { DEEP = 40 };
typedef struct walk { const hl__val *a, *b; size_t left; } walk;

bool hl__val_equal(const hl__val *a, const hl__val *b)
{
    walk stack[DEEP] = { { a, b, 1 } };
    int depth = 1;

    while (depth > 0) {
        walk *w = &stack[depth - 1];
        if (w->left == 0) {
            depth--;
            continue;
        }
        const hl__val *l = w->a++, *r = w->b++;
        w->left--;
        size_t n = children(l);
        if (l->kind < HL__V_LIST ? !equal_scalar(l, r) : l->kind != r->kind || l->len != r->len)
            return false;
        if (n > 0 && depth == DEEP)
            return false;
        if (n > 0)
            stack[depth++] = (walk){ l->u.list, r->u.list, n };
    }
    return true;
}

/* Text forms in. */

static bool digits(const char *s, size_t n, int *out)
{
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        *out = *out * 10 + s[i] - '0';
    }
    return true;
}

/* "12", "12.5", "12.50" in units of 10^-minor; a cause, or CAUSE_NONE. */
static int amount(const char *s, size_t len, int minor, int64_t *out)
{
    const char *point = memchr(s, '.', len);
    size_t after = point ? (size_t)(s + len - point) - 1 : 0;
    int64_t n = 0;

    if (len == 0 || point == s || (point && after == 0) || after > (size_t)minor)
        return CAUSE_FORMAT;
    for (size_t i = 0; i < len + (size_t)minor - after; i++) {
        int digit = i < len ? s[i] - '0' : 0;
        if (point && i == (size_t)(point - s))
            continue;
        if (digit < 0 || digit > 9)
            return CAUSE_FORMAT;
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, digit, &n))
            return CAUSE_RANGE;
    }
    *out = n;
    return CAUSE_NONE;
}

static hl__val parse_money(const char *ccy, const char *s, size_t len)
{
    hl__val v = { .kind = HL__V_MONEY };
    size_t is_minus = len > 0 && s[0] == '-';
    int cause;

    if (len < 5 + is_minus || s[len - 4] != ' ')
        return hl__val_error(CAUSE_FORMAT, NULL);
    for (size_t i = 0; i < 3; i++)
        if ((v.ccy[i] = s[len - 3 + i]) < 'A' || v.ccy[i] > 'Z')
            return hl__val_error(CAUSE_FORMAT, NULL);
    if (ccy && ccy[0] && strcmp(ccy, v.ccy) != 0)
        return hl__val_error(CAUSE_CURRENCY, NULL);
    if ((cause = amount(s + is_minus, len - 4 - is_minus, hl__ccy_digits(v.ccy), &v.u.i)))
        return hl__val_error(cause, NULL);
    v.u.i = is_minus ? -v.u.i : v.u.i;
    return v;
}

static hl__val parse_date(const char *s, size_t len)
{
    int y, m, d, y2, m2, d2;

    if (len != 10 || s[4] != '-' || s[7] != '-' || !digits(s, 4, &y) || !digits(s + 5, 2, &m) || !digits(s + 8, 2, &d))
        return hl__val_error(CAUSE_FORMAT, NULL);
    if (y < 1 || m < 1 || m > 12 || d < 1 || d > 31)
        return hl__val_error(CAUSE_RANGE, NULL);
    int64_t days = hl__days(y, m, d);
    hl__date(days, &y2, &m2, &d2);
    if (d2 != d)
        return hl__val_error(CAUSE_RANGE, NULL);
    return (hl__val){ .kind = HL__V_DATE, .u.i = days };
}

/* A fraction ".5" to ".500000" of a second at s; bytes used, 0: none, or -1. */
static int fraction(const char *s, size_t len, int64_t *us)
{
    int64_t n = 0, unit = HL__SECOND;
    size_t i = 1;

    if (len < 1 || s[0] != '.')
        return 0;
    for (; i < len && s[i] >= '0' && s[i] <= '9' && unit > 1; i++) {
        unit /= 10;
        n += (s[i] - '0') * unit;
    }
    *us += n;
    return i > 1 ? (int)i : -1;
}

/* HH:MM, HH:MM:SS, HH:MM:SS.ffffff; bytes used, or -1. */
static int clock_time(const char *s, size_t len, int64_t *us)
{
    int h, m, sec = 0, used = 5, more;

    if (len < 5 || !digits(s, 2, &h) || s[2] != ':' || !digits(s + 3, 2, &m) || h > 23 || m > 59)
        return -1;
    if (len >= 8 && s[5] == ':') {
        if (!digits(s + 6, 2, &sec) || sec > 59)
            return -1;
        used = 8;
    }
    *us = ((int64_t)h * 3600 + m * 60 + sec) * HL__SECOND;
    more = used == 8 ? fraction(s + 8, len - 8, us) : 0;
    return more < 0 ? -1 : used + more;
}

static hl__val parse_time(const char *s, size_t len)
{
    int64_t us;

    if (clock_time(s, len, &us) != (int)len)
        return hl__val_error(CAUSE_FORMAT, NULL);
    return (hl__val){ .kind = HL__V_TIME, .u.i = us };
}

/* "Z", "+08:00": microseconds that the clock is ahead of UTC. */
static bool offset(const char *s, size_t len, int64_t *us)
{
    int h, m;

    *us = 0;
    if (len == 1)
        return s[0] == 'Z' || s[0] == 'z';
    if (len != 6 || (s[0] != '+' && s[0] != '-') || s[3] != ':' || !digits(s + 1, 2, &h) || !digits(s + 4, 2, &m))
        return false;
    *us = (s[0] == '-' ? -1 : 1) * ((int64_t)h * 3600 + m * 60) * HL__SECOND;
    return h < 24 && m < 60;
}

static hl__val parse_timestamp(const char *s, size_t len)
{
    hl__val v = len >= 20 ? parse_date(s, 10) : hl__val_error(CAUSE_FORMAT, NULL);
    int64_t us = 0, ahead = 0;
    int used;

    if (v.kind == VALUE_ERROR)
        return v;
    if (!strchr("Tt ", s[10]) || (used = clock_time(s + 11, len - 11, &us)) < 8 ||
        !offset(s + 11 + used, len - 11 - (size_t)used, &ahead))
        return hl__val_error(CAUSE_FORMAT, NULL);
    return (hl__val){ .kind = HL__V_TIMESTAMP, .u.i = v.u.i * DAY_US + us - ahead };
}

/* The unit at s: its microseconds, 0 for none; *used: its letters. "ms" stands before "m". */
static int64_t unit_at(const char *s, size_t len, size_t *used)
{
    static const struct { char text[3]; int64_t us; } unit[] = { { "d", DAY_US }, { "h", (int64_t)3600 * HL__SECOND },
        { "ms", HL__US }, { "m", (int64_t)60 * HL__SECOND }, { "us", 1 }, { "s", HL__SECOND } };

    for (size_t k = 0; k < HL__COUNT(unit); k++) {
        *used = strlen(unit[k].text);
        if (len >= *used && memcmp(s, unit[k].text, *used) == 0)
            return unit[k].us;
    }
    return 0;
}

/* One "90s" at s, its unit below *last; bytes used, or below 0 a cause. */
static int duration_part(const char *s, size_t len, int64_t *last, int64_t *us)
{
    int64_t n = 0, part = 0, unit;
    size_t i = 0, letters;
    int more;

    for (; i < len && s[i] >= '0' && s[i] <= '9'; i++)
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, s[i] - '0', &n))
            return -CAUSE_RANGE;
    if (i == 0 || (more = fraction(s + i, len - i, &part)) < 0)
        return -CAUSE_FORMAT;
    i += (size_t)more;
    unit = unit_at(s + i, len - i, &letters);
    if (!unit || unit >= *last || (more && unit != HL__SECOND))
        return -CAUSE_FORMAT;
    *last = unit;
    if (__builtin_mul_overflow(n, unit, us) || __builtin_add_overflow(*us, part, us))
        return -CAUSE_RANGE;
    return (int)(i + letters);
}

/* "1h30m", "90s", "-1.5s", "250ms": units falling from d to us, each once. */
static hl__val parse_duration(const char *s, size_t len)
{
    bool is_minus = len > 0 && s[0] == '-';
    int64_t sum = 0, last = INT64_MAX, us = 0;
    size_t i = is_minus;
    int used = 0;

    if (i >= len)
        return hl__val_error(CAUSE_FORMAT, NULL);
    for (; i < len; i += (size_t)used) {
        if ((used = duration_part(s + i, len - i, &last, &us)) < 0)
            return hl__val_error(-used, NULL);
        if (__builtin_add_overflow(sum, us, &sum))
            return hl__val_error(CAUSE_RANGE, NULL);
    }
    return (hl__val){ .kind = HL__V_DURATION, .u.i = is_minus ? -sum : sum };
}

hl__val hl__parse_val(int kind, const char *ccy, const char *text, size_t len)
{
    hl__val v = { .kind = (uint8_t)kind };

    switch (kind) {
    case HL__V_BOOL:
        v.u.i = len == 4 && memcmp(text, "true", 4) == 0;
        return v.u.i || (len == 5 && memcmp(text, "false", 5) == 0) ? v : hl__val_error(CAUSE_FORMAT, NULL);
    case HL__V_INT: return hl__int_parse(text, len, &v.u.i) ? v : hl__val_error(CAUSE_FORMAT, NULL);
    case HL__V_STRING:
        v.u.s = text;
        v.len = (uint32_t)len;
        return len <= 4096 ? v : hl__val_error(CAUSE_SIZE, NULL);
    case HL__V_MONEY: return parse_money(ccy, text, len);
    case HL__V_DATE: return parse_date(text, len);
    case HL__V_TIME: return parse_time(text, len);
    case HL__V_TIMESTAMP: return parse_timestamp(text, len);
    case HL__V_DURATION: return parse_duration(text, len);
    default: return hl__val_error(CAUSE_FORMAT, NULL);
    }
}

int hl__val_parse(const hl__type *t, const char *text, size_t len, hl__val *out, hl__err *err)
{
    hl__val v = hl__parse_val(t->kind, t->ccy, text, len);

    if (v.kind == VALUE_ERROR)
        return hl__expr_fail(err, &v);
    *out = v;
    return 0;
}

/* Text forms out. */

static void put_money(hl__buf *b, const hl__val *v)
{
    int minor = hl__ccy_digits(v->ccy);
    uint64_t n = v->u.i < 0 ? 0 - (uint64_t)v->u.i : (uint64_t)v->u.i, unit = minor == 3 ? 1000 : minor ? 100 : 1;

    hl__buf_fmt(b, "%s%llu", v->u.i < 0 ? "-" : "", (unsigned long long)(n / unit));
    if (minor)
        hl__buf_fmt(b, ".%0*llu", minor, (unsigned long long)(n % unit));
    hl__buf_fmt(b, " %s", v->ccy);
}

static void put_fraction(hl__buf *b, int64_t us)
{
    char text[8];

    if (us == 0)
        return;
    int n = snprintf(text, sizeof(text), "%06d", (int)us);
    while (n > 0 && text[n - 1] == '0')
        n--;
    hl__buf_char(b, '.');
    hl__buf_add(b, text, (size_t)n);
}

static void put_time(hl__buf *b, int64_t us)
{
    int64_t s = us / HL__SECOND;

    hl__buf_fmt(b, "%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60));
    if (us % ((int64_t)60 * HL__SECOND))
        hl__buf_fmt(b, ":%02d", (int)(s % 60));
    put_fraction(b, us % HL__SECOND);
}

static void put_date(hl__buf *b, int64_t days)
{
    int y, m, d;

    hl__date(days, &y, &m, &d);
    hl__buf_fmt(b, "%04d-%02d-%02d", y, m, d);
}

static void put_timestamp(hl__buf *b, int64_t us)
{
    int64_t days = us / DAY_US - (us % DAY_US < 0), rest = us - days * DAY_US;

    put_date(b, days);
    hl__buf_fmt(b, "T%02d:%02d:%02d", (int)(rest / HL__SECOND / 3600), (int)(rest / HL__SECOND / 60 % 60),
                (int)(rest / HL__SECOND % 60));
    put_fraction(b, rest % HL__SECOND);
    hl__buf_char(b, 'Z');
}

void hl__val_text(hl__buf *b, const hl__val *v)
{
    uint64_t n = v->u.i < 0 ? 0 - (uint64_t)v->u.i : (uint64_t)v->u.i;

    switch (v->kind) {
    case HL__V_BOOL: hl__buf_str(b, v->u.i ? "true" : "false"); break;
    case HL__V_INT: hl__buf_int(b, v->u.i); break;
    case HL__V_STRING: hl__buf_add(b, v->u.s, v->len); break;
    case HL__V_MONEY: put_money(b, v); break;
    case HL__V_DATE: put_date(b, v->u.i); break;
    case HL__V_TIME: put_time(b, v->u.i); break;
    case HL__V_TIMESTAMP: put_timestamp(b, v->u.i); break;
    case HL__V_DURATION:
        hl__buf_fmt(b, "%s%llu", v->u.i < 0 ? "-" : "", (unsigned long long)(n / HL__SECOND));
        put_fraction(b, (int64_t)(n % HL__SECOND));
        hl__buf_char(b, 's');
        break;
    default: break;
    }
}

/* JSON out. Whether a field is secret stands in the type; a map has keys of text. */
typedef struct writer { const hl__val *v; const hl__type *t; size_t left, n; } writer;

static void put_scalar(hl__buf *b, const hl__val *v)
{
    hl__buf text;

    if (v->kind == HL__V_NONE) {
        hl__buf_str(b, "null");
    } else if (v->kind == HL__V_BOOL || v->kind == HL__V_INT) {
        hl__val_text(b, v);
    } else if (v->kind == HL__V_STRING) { /* is not ended by NUL, hl__buf_json wants one */
        hl__buf_init(&text, b->mem);
        hl__buf_add(&text, v->u.s, v->len);
        b->failed |= text.failed;
        hl__buf_json(b, text.data ? text.data : "");
        hl__buf_free(&text);
    } else {
        hl__buf_char(b, '"');
        hl__val_text(b, v);
        hl__buf_char(b, '"');
    }
}

static const hl__type *child_type(const writer *w, bool *is_secret)
{
    *is_secret = false;
    if (!w->t)
        return NULL;
    if (w->t->kind == HL__V_OBJECT && w->n < w->t->n) {
        *is_secret = w->t->fields[w->n].is_secret;
        return w->t->fields[w->n].type;
    }
    return w->t->kind == HL__V_LIST || w->t->kind == HL__V_MAP ? w->t->of : w->t;
}

/* The name before the next child, and for a map its key: true if the child itself is to be left out (a map's key). */
static void put_name(hl__buf *b, writer *w, const hl__val *of)
{
    if (w->n)
        hl__buf_char(b, ',');
    if (of->kind == HL__V_OBJECT && w->t && w->n < w->t->n) {
        hl__buf_json(b, w->t->fields[w->n].name);
        hl__buf_char(b, ':');
    } else if (of->kind == HL__V_MAP) {
        if (w->v->kind == HL__V_STRING)
            put_scalar(b, w->v);
        else {
            hl__buf_char(b, '"');
            hl__val_text(b, w->v);
            hl__buf_char(b, '"');
        }
        hl__buf_char(b, ':');
        w->v++;
        w->left--;
    }
}

void hl__val_json(hl__buf *b, const hl__type *t, const hl__val *v)
{
    struct { writer w; const hl__val *of; } stack[DEEP];
    int depth = 0;
    bool is_secret = false;

    for (;;) {
        if (is_secret && v->kind != HL__V_NONE)
            hl__buf_str(b, "\"***\"");
        else if (v->kind < HL__V_LIST)
            put_scalar(b, v);
        else if (depth == DEEP)
            hl__buf_str(b, "null");
        else {
            hl__buf_char(b, v->kind == HL__V_LIST ? '[' : '{');
            stack[depth].w = (writer){ v->u.list, t, children(v), 0 };
            stack[depth++].of = v;
        }
        while (depth > 0 && stack[depth - 1].w.left == 0)
            hl__buf_char(b, stack[--depth].of->kind == HL__V_LIST ? ']' : '}');
        if (depth == 0)
            return;
        writer *w = &stack[depth - 1].w;
        put_name(b, w, stack[depth - 1].of);
        t = child_type(w, &is_secret);
        v = w->v++;
        w->left--;
        w->n++;
    }
}

/* JSON in. */

static hl__val money_of_real(const hl__type *t, double x)
{
    static const double unit[] = { 1, 1, 100, 1000 };
    int minor = hl__ccy_digits(t->ccy);
    double scaled = x * unit[minor], n = floor(scaled + 0.5);
    hl__val v = { .kind = HL__V_MONEY, .u.i = (int64_t)n };

    if (!t->ccy[0] || !(fabs(n) < 9007199254740992.0) || n / unit[minor] != x)
        return hl__val_error(CAUSE_FORMAT, NULL);
    memcpy(v.ccy, t->ccy, sizeof(v.ccy));
    return v;
}

static hl__val number_in(const hl__type *t, const hl__json *j)
{
    hl__val v = { .kind = t->kind, .u.i = hl__json_int(j) };
    double seconds = hl__json_real(j);

    if (t->kind == HL__V_MONEY)
        return money_of_real(t, hl__json_real(j));
    if (t->kind == HL__V_INT && hl__json_type(j) == HL__JREAL && floor(seconds) == seconds &&
        fabs(seconds) <= 9007199254740992.0)
        v.u.i = (int64_t)seconds;
    else if (t->kind == HL__V_DURATION && fabs(seconds) < 9e12)
        v.u.i = (int64_t)floor(seconds * HL__SECOND + 0.5);
    else if (t->kind != HL__V_INT || hl__json_type(j) == HL__JREAL)
        return hl__val_error(CAUSE_FORMAT, NULL);
    return v;
}

static hl__val scalar_in(hl__eval *x, const hl__type *t, const hl__json *j)
{
    switch (hl__json_type(j)) {
    case HL__JNULL: return (hl__val){ 0 };
    case HL__JBOOL:
        if (t->kind == HL__V_BOOL)
            return (hl__val){ .kind = HL__V_BOOL, .u.i = hl__json_true(j) };
        return hl__val_error(CAUSE_FORMAT, NULL);
    case HL__JINT: case HL__JREAL: return number_in(t, j);
    case HL__JTEXT:
        if (t->kind == HL__V_STRING)
            return hl__text_val(x, hl__json_text(j), hl__json_text_len(j));
        if (t->kind == HL__V_INT || t->kind == HL__V_BOOL)
            return hl__val_error(CAUSE_FORMAT, NULL);
        return hl__parse_val(t->kind, t->ccy, hl__json_text(j), hl__json_text_len(j));
    default: return hl__val_error(CAUSE_FORMAT, NULL);
    }
}

typedef struct reader { const hl__json *j; const hl__type *t; hl__val *out; uint32_t n; } reader;

/* Room for what is inside j, or an error in *out. */
static bool open_value(hl__eval *x, const hl__type *t, const hl__json *j, hl__val *out)
{
    bool is_list = t->kind == HL__V_LIST;
    size_t n = is_list ? hl__json_size(j) : t->n;
    hl__val *room;

    if (hl__json_type(j) != (is_list ? HL__JLIST : HL__JOBJECT)) {
        *out = hl__json_type(j) == HL__JNULL ? (hl__val){ 0 } : hl__val_error(CAUSE_FORMAT, NULL);
        return false;
    }
    room = hl__eval_room(x, (n + !n) * sizeof(*room));
    if (!room) {
        *out = hl__val_error(CAUSE_SIZE, NULL);
        return false;
    }
    memset(room, 0, n * sizeof(*room));
    *out = (hl__val){ .kind = t->kind, .len = (uint32_t)n, .u.list = room };
    return n > 0;
}

int hl__val_json_in(hl__eval *x, const hl__type *t, const hl__json *j, hl__val *out)
{
    reader stack[DEEP];
    hl__val result, *at = &result;
    int depth = 0;

    for (;;) {
        bool is_open = false;
        if (t->kind < HL__V_LIST)
            *at = scalar_in(x, t, j);
        else if (depth == DEEP || (t->kind == HL__V_LIST && !t->of) || t->kind == HL__V_MAP)
            *at = hl__val_error(CAUSE_FORMAT, NULL);
        else
            is_open = open_value(x, t, j, at);
        if (at->kind == VALUE_ERROR)
            return hl__expr_fail(x->err, at);
        if (is_open) {
            hl__val *room = (hl__val *)at->u.list; /* ours until it is filled */
            stack[depth++] = (reader){ j, t, room, 0 };
        }
        while (depth > 0 && stack[depth - 1].n == (stack[depth - 1].t->kind == HL__V_LIST ?
               hl__json_size(stack[depth - 1].j) : stack[depth - 1].t->n))
            depth--;
        if (depth == 0)
            break;
        reader *r = &stack[depth - 1];
        bool is_list = r->t->kind == HL__V_LIST;
        j = is_list ? hl__json_at(r->j, r->n) : hl__json_get(r->j, r->t->fields[r->n].name);
        t = is_list ? r->t->of : r->t->fields[r->n].type;
        at = &r->out[r->n++];
    }
    *out = result;
    return 0;
}

/* Copies. */

static void measure(const hl__val *v, size_t *vals, size_t *bytes)
{
    walk stack[DEEP] = { { v, NULL, 1 } };
    int depth = 1;

    *vals = *bytes = 0;
    while (depth > 0) {
        walk *w = &stack[depth - 1];
        if (w->left-- == 0) {
            depth--;
            continue;
        }
        const hl__val *l = w->a++;
        *bytes += l->kind == HL__V_STRING ? l->len : 0;
        *vals += children(l);
        if (children(l) && depth < DEEP)
            stack[depth++] = (walk){ l->u.list, NULL, children(l) };
    }
}

int hl__val_copy(hl__mem *mem, const hl__val *v, hl__val *out, void **block)
{
    size_t vals, bytes, at = 0, next = 0;
    hl__val *room, copy = *v;
    char *text;

    measure(v, &vals, &bytes);
    *block = NULL;
    if (vals + bytes == 0) {
        *out = copy;
        return 0;
    }
    if (!(room = hl__alloc(mem, vals * sizeof(*room) + bytes)))
        return HL_ENOMEM;
    text = (char *)(room + vals);
    /* Breadth first: room[at] has been copied with addresses of the original; what it points to is moved behind. */
    for (hl__val *c = &copy;; c = &room[at++]) {
        size_t n = children(c);
        if (c->kind == HL__V_STRING) {
            memcpy(text, c->u.s, c->len);
            c->u.s = text;
            text += c->len;
        } else if (n) {
            memcpy(&room[next], c->u.list, n * sizeof(*room));
            c->u.list = &room[next];
            next += n;
        }
        if (at >= next)
            break;
    }
    *out = copy;
    *block = room;
    return 0;
}
