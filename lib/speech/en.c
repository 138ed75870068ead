/* en.c - English: cardinals by thousands, ordinals to 99, years in pairs, twelve-hour times. */
#include "speech/clips.h"
#include <string.h>

/* Below 1000. last: the number's last group, where with_and puts "and" before what is below 100. */
static void group(hl__mouth *m, int n, bool last, bool more_before)
{
    if (n >= 100) {
        hl__utter_n(m, "n", n / 100);
        hl__utter(m, "hundred");
        n %= 100;
        if (n && m->what->with_and)
            hl__utter(m, "and");
    } else if (n && last && more_before && m->what->with_and) {
        hl__utter(m, "and");
    }
    if (n)
        hl__utter_n(m, "n", n);
}

static void integer(hl__mouth *m, int64_t n)
{
    static const struct { const char *clip; int64_t of; } scale[] = { { "trillion", INT64_C(1000000000000) },
        { "billion", 1000000000 }, { "million", 1000000 }, { "thousand", 1000 } };
    bool said = false;

    if (n == 0)
        hl__utter(m, "n0");
    for (size_t i = 0; i < HL__COUNT(scale); i++)
        if (n >= scale[i].of) {
            group(m, (int)(n / scale[i].of), false, said);
            hl__utter(m, scale[i].clip);
            n %= scale[i].of;
            said = true;
        }
    if (n)
        group(m, (int)n, true, said);
}

static void number(hl__mouth *m, const hl__spoken *v)
{
    integer(m, v->whole);
    if (!v->decimal)
        return;
    hl__utter(m, "point");
    for (const char *d = v->digits; *d; d++)
        if (*d == '0' && m->what->with_oh)
            hl__utter(m, "oh");
        else
            hl__utter_n(m, "d", *d - '0');
}

/* `unit` has a clip unit1 for the singular, if it has one. */
static void measured(hl__mouth *m, int64_t n, const char *unit)
{
    char one[32];

    integer(m, n);
    hl__copy(one, sizeof(one) - 1, unit);
    memcpy(one + strlen(one), "1", 2);
    hl__utter(m, n == 1 && hl__clip_text("en", one) ? one : unit);
}

static int ordinal(hl__mouth *m, int64_t n, hl__err *err)
{
    if (n < 1 || n > 99)
        return hl__fail(err, HL_ELIMIT, "English ordinals are read from 1 to 99");
    if (n > 31 && n % 10) {
        hl__utter_n(m, "n", n / 10 * 10);
        n %= 10;
    }
    hl__utter_n(m, "o", n);
    return 0;
}

static int money(hl__mouth *m, const hl__spoken *v, hl__err *err)
{
    static const struct { const char *ccy, *whole, *part; } known[] = { { "USD", "dollar", "cent" },
        { "EUR", "euro", "cent" }, { "GBP", "pound", "penny" }, { "HKD", "hkd", "cent" }, { "CNY", "yuan", "fen" },
        { "JPY", "yen", NULL } };
    int64_t whole, part;

    for (size_t i = 0; i < HL__COUNT(known); i++) {
        if (strcmp(known[i].ccy, v->ccy) != 0)
            continue;
        whole = known[i].part ? v->whole / 100 : v->whole;
        part = known[i].part ? v->whole % 100 : 0;
        if (whole || !part)
            measured(m, whole, known[i].whole);
        if (whole && part)
            hl__utter(m, "and");
        if (part)
            measured(m, part, known[i].part);
        return 0;
    }
    return hl__fail(err, HL_ENOTSUP, "the currency %s is not read in English", v->ccy);
}

static void year(hl__mouth *m, int y)
{
    if (y % 1000 < 10 || y < 100) {
        integer(m, y);
        return;
    }
    hl__utter_n(m, "n", y / 100);
    if (y % 100 == 0)
        hl__utter(m, "hundred");
    else if (y % 100 < 10)
        hl__utter(m, "oh"), hl__utter_n(m, "n", y % 100);
    else
        hl__utter_n(m, "n", y % 100);
}

static void date(hl__mouth *m, const hl__spoken *v)
{
    const char *parts = m->what->parts ? m->what->parts : "ymd";
    bool day = strchr(parts, 'd'), month = strchr(parts, 'm');

    if (strchr(parts, 'w'))
        hl__utter_n(m, "wd", v->weekday);
    if (day && m->what->with_and) {
        hl__utter(m, "the");
        hl__utter_n(m, "o", v->day);
        if (month)
            hl__utter(m, "of");
    }
    if (month)
        hl__utter_n(m, "mo", v->month);
    if (day && !m->what->with_and)
        hl__utter_n(m, "o", v->day);
    if (strchr(parts, 'y'))
        year(m, v->year);
}

static void minutes(hl__mouth *m, int minute)
{
    if (minute > 0 && minute < 10)
        hl__utter(m, "oh");
    if (minute > 0)
        hl__utter_n(m, "n", minute);
}

static void time_of_day(hl__mouth *m, const hl__spoken *v)
{
    int hour = v->hour % 12 ? v->hour % 12 : 12;

    if (m->what->clock == 24) {
        hl__utter_n(m, "n", v->hour);
        if (v->minute == 0)
            hl__utter(m, "hundred");
        minutes(m, v->minute);
        return;
    }
    if (v->minute == 0 && v->hour % 12 == 0) {
        hl__utter(m, v->hour ? "noon" : "midnight");
        return;
    }
    hl__utter_n(m, "n", hour);
    if (m->what->whole && v->minute == 0) {
        hl__utter(m, "oclock");
        hl__utter(m, v->hour < 12 ? "inmorning" : v->hour < 18 ? "inafternoon" : "inevening");
        return;
    }
    minutes(m, v->minute);
    hl__utter(m, v->hour < 12 ? "am" : "pm");
}

static void duration(hl__mouth *m, int64_t seconds)
{
    static const struct {
        const char *unit;
        int64_t of;
    } units[] = { { "day", 86400 }, { "hour", 3600 }, { "minute", 60 }, { "second", 1 } };
    int before = m->count;

    for (size_t i = 0; i < HL__COUNT(units); i++) {
        if (seconds >= units[i].of)
            measured(m, seconds / units[i].of, units[i].unit);
        seconds %= units[i].of;
    }
    if (m->count == before)
        measured(m, 0, "second");
}

static void digits(hl__mouth *m, const hl__spoken *v, bool phone)
{
    uint8_t group_of[32];

    if (phone)
        (void)hl__phone_groups(v->digits, group_of, sizeof(group_of)); /* every length has a way */
    else
        hl__even_groups(strlen(v->digits), m->what->group, group_of, sizeof(group_of));
    hl__utter_groups(m, v->digits, group_of, "d1", m->what->with_oh ? "oh" : "d0");
}

static int count(hl__mouth *m, const hl__spoken *v, hl__err *err)
{
    const char *unit = m->what->unit ? m->what->unit : "item";

    if (!hl__clip_text("en", unit))
        return hl__fail(err, HL_EINVAL, "there is no unit \"%.32s\"; person item household times kwh ton cubic are",
                        unit);
    measured(m, v->whole, unit);
    return 0;
}

static void fraction(hl__mouth *m, const hl__spoken *v)
{
    integer(m, v->whole);
    hl__utter(m, "over");
    integer(m, v->below);
}

int hl__say_en(hl__mouth *m, const hl__spoken *v, hl__err *err)
{
    if (v->minus)
        hl__utter(m, "minus");
    switch (m->what->kind) {
    case HL_SAY_NUMBER: number(m, v); return 0;
    case HL_SAY_COUNT: return count(m, v, err);
    case HL_SAY_ORDINAL: return ordinal(m, v->whole, err);
    case HL_SAY_DIGITS: digits(m, v, false); return 0;
    case HL_SAY_PHONE: digits(m, v, true); return 0;
    case HL_SAY_MONEY: return money(m, v, err);
    case HL_SAY_DATE: date(m, v); return 0;
    case HL_SAY_TIME: time_of_day(m, v); return 0;
    case HL_SAY_DURATION: duration(m, v->whole); return 0;
    case HL_SAY_PERCENT: number(m, v); hl__utter(m, "percent"); return 0;
    default: fraction(m, v); return 0;
    }
}
