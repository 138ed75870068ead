/* value.c - the value of a readout, taken apart: "12.50 CNY", "2026-11-20", "14:05", "3/4", "+8613800138000". */
#include "speech/clips.h"
#include <string.h>

#define MOST INT64_C(999999999999999) /* below 10^15 */

static int bad(const hl_say *what, hl__err *err, const char *form)
{
    return hl__fail(err, HL_EINVAL, "\"%.64s\" is no value to read; %s is wanted", what->value, form);
}

int hl__minor_digits(const char *ccy)
{
    return strcmp(ccy, "JPY") == 0 ? 0 : 2;
}

static int whole_part(const hl_say *what, const char *text, size_t len, hl__spoken *out, hl__err *err)
{
    bool is_long = len > 18;

    if (is_long && strspn(text, "0123456789") < len)
        return bad(what, err, "a number as -12 or 3.10");
    if (!is_long && ((len > 0 && *text == '-') || !hl__int_parse(text, len, &out->whole)))
        return bad(what, err, "a number as -12 or 3.10");
    return is_long || out->whole > MOST ? hl__fail(err, HL_ELIMIT, "numbers are read below 10^15") : 0;
}

static int decimal(const hl_say *what, const char *text, size_t len, hl__spoken *out, hl__err *err)
{
    const char *point;
    size_t whole;
    int r;

    out->minus = len > 0 && *text == '-';
    text += out->minus;
    len -= out->minus;
    point = memchr(text, '.', len);
    whole = point ? (size_t)(point - text) : len;
    if ((r = whole_part(what, text, whole, out, err)) < 0)
        return r;
    if (point) {
        out->decimal = true;
        len -= whole + 1;
        if (len == 0 || len >= sizeof(out->digits) || strspn(point + 1, "0123456789") < len)
            return bad(what, err, "a number as -12 or 3.10");
        memcpy(out->digits, point + 1, len);
        out->digits[len] = 0;
    }
    if (out->whole == 0 && strspn(out->digits, "0") == strlen(out->digits))
        out->minus = false; /* zero is never negative */
    return 0;
}

static int whole_number(const hl_say *what, hl__spoken *out, hl__err *err)
{
    int r = decimal(what, what->value, strlen(what->value), out, err);

    return r < 0 || !out->decimal ? r : bad(what, err, "a whole number");
}

static int money(const hl_say *what, hl__spoken *out, hl__err *err)
{
    const char *blank = strchr(what->value, ' ');
    int64_t minor = 0;
    int r, places;

    if (!blank || strlen(blank + 1) != 3)
        return bad(what, err, "an amount as 12.50 CNY");
    if ((r = decimal(what, what->value, (size_t)(blank - what->value), out, err)) < 0)
        return r;
    memcpy(out->ccy, blank + 1, 3);
    places = hl__minor_digits(out->ccy);
    if (strlen(out->digits) > (size_t)places && out->decimal)
        return bad(what, err, "an amount exact in the currency's smallest unit");
    for (int i = 0; i < places; i++) {
        const char *d = out->digits;
        minor = minor * 10 + (strlen(d) > (size_t)i ? d[i] - '0' : 0);
    }
    out->whole = out->whole * (places ? 100 : 1) + minor;
    return 0;
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* days of a month, for checking; the weekday by Sakamoto's table. */
static int date(const hl_say *what, hl__spoken *out, hl__err *err)
{
    static const int shift[] = { 0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4 },
                     length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    const char *t = what->value;
    int64_t y, m, d;

    if (strlen(t) != 10 || t[4] != '-' || t[7] != '-' || !hl__int_parse(t, 4, &y) || !hl__int_parse(t + 5, 2, &m) ||
        !hl__int_parse(t + 8, 2, &d) || y < 1 || m < 1 || m > 12 || d < 1)
        return bad(what, err, "a date as 2026-11-20");
    if (d > length[m - 1] + (m == 2 && is_leap(y)))
        return bad(what, err, "a date that exists");
    out->year = (int)y;
    out->month = (int)m;
    out->day = (int)d;
    y -= m < 3;
    out->weekday = (int)((y + y / 4 - y / 100 + y / 400 + shift[m - 1] + d) % 7);
    if (out->weekday == 0)
        out->weekday = 7;
    return 0;
}

static int time_of_day(const hl_say *what, hl__spoken *out, hl__err *err)
{
    int64_t h, m;

    if (strlen(what->value) != 5 || what->value[2] != ':' || !hl__int_parse(what->value, 2, &h) ||
        !hl__int_parse(what->value + 3, 2, &m) || h < 0 || h > 23 || m < 0 || m > 59)
        return bad(what, err, "a time as 14:05");
    out->hour = (int)h;
    out->minute = (int)m;
    return 0;
}

static int fraction(const hl_say *what, hl__spoken *out, hl__err *err)
{
    const char *slash = strchr(what->value, '/');

    if (!slash || !hl__int_parse(what->value, (size_t)(slash - what->value), &out->whole) ||
        !hl__int_parse(slash + 1, strlen(slash + 1), &out->below) || out->whole < 0 || out->below < 1)
        return bad(what, err, "a fraction as 3/4");
    return out->whole > MOST || out->below > MOST ? hl__fail(err, HL_ELIMIT, "numbers are read below 10^15") : 0;
}

static int string(const hl_say *what, hl__spoken *out, hl__err *err)
{
    size_t len = strlen(what->value);

    if (len == 0 || len >= sizeof(out->digits) || strspn(what->value, "0123456789*#") < len)
        return bad(what, err, "up to 31 of 0-9 * #");
    memcpy(out->digits, what->value, len + 1);
    return 0;
}

static bool is_landline(const char *digits, size_t n)
{
    bool mobile = n == 11 && digits[0] == '1' && digits[1] >= '3';
    bool service = n == 10 && (strncmp(digits, "400", 3) == 0 || strncmp(digits, "800", 3) == 0);

    return n >= 9 && !mobile && !service && digits[0] != '0';
}

/* China's +86 goes; what is then neither a mobile number nor a service number is a landline and gets its 0 back. */
static int phone(const hl_say *what, hl__spoken *out, hl__err *err)
{
    const char *t = what->value;
    bool china = strncmp(t, "+86", 3) == 0;
    size_t n = 0;

    for (t += china ? 3 : 0; *t && n < sizeof(out->digits) - 2; t++)
        if (*t >= '0' && *t <= '9')
            out->digits[n++] = *t;
    out->digits[n] = 0;
    if (n == 0 || *t)
        return bad(what, err, "a telephone number of at most 30 digits");
    if (china && is_landline(out->digits, n)) {
        memmove(out->digits + 1, out->digits, n + 1);
        out->digits[0] = '0';
    }
    return 0;
}

int hl__spoken_read(const hl_say *what, hl__spoken *out, hl__err *err)
{
    *out = (hl__spoken){ 0 };
    if (!what->value)
        return hl__fail(err, HL_EINVAL, "no value to read was given");
    switch (what->kind) {
    case HL_SAY_NUMBER: case HL_SAY_PERCENT: return decimal(what, what->value, strlen(what->value), out, err);
    case HL_SAY_COUNT: case HL_SAY_ORDINAL: case HL_SAY_DURATION: return whole_number(what, out, err);
    case HL_SAY_DIGITS: return string(what, out, err);
    case HL_SAY_PHONE: return phone(what, out, err);
    case HL_SAY_MONEY: return money(what, out, err);
    case HL_SAY_DATE: return date(what, out, err);
    case HL_SAY_TIME: return time_of_day(what, out, err);
    case HL_SAY_FRACTION: return fraction(what, out, err);
    default: return hl__fail(err, HL_EINVAL, "%d is no HL_SAY_* kind", what->kind);
    }
}
