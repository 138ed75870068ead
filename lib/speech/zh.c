/* zh.c - Mandarin: numbers by groups of four with their zeros, liang and er, yi and yao. Rules as ICU's, checked to
 * 10^12.
 *
 * Clips are whole words, because tone sandhi cannot be pasted: h5 is "wu bai", w1 "yi wan", yuan2 "liang yuan". */
#include "speech/clips.h"
#include <string.h>

/* 2 before qian, wan, yi: liang at the beginning of the number, or everywhere, or nowhere. */
static bool liang(int policy, bool first)
{
    return policy == HL_LIANG_ALL || (policy == HL_LIANG_DICT && first);
}

/* Below 10000. `first`: nothing of this number was said yet; only then is 10 to 19 "shi" without "yi". */
static void group(hl__mouth *m, int n, int policy, bool first)
{
    bool gap = false;

    if (n >= 1000) {
        if (n / 1000 == 2 && liang(policy, first))
            hl__utter(m, "k2l");
        else
            hl__utter_n(m, "k", n / 1000);
        first = false;
        n %= 1000;
        gap = n > 0 && n < 100;
    }
    if (n >= 100) {
        if (n / 100 == 2 && policy == HL_LIANG_ALL)
            hl__utter(m, "h2l");
        else
            hl__utter_n(m, "h", n / 100);
        first = false;
        n %= 100;
        gap = n > 0 && n < 10;
    }
    if (gap)
        hl__utter(m, "n0");
    if (n >= 10 && n < 20 && !first)
        hl__utter_n(m, "i", n);
    else if (n > 0)
        hl__utter_n(m, "n", n);
}

/* Below 10^8: A wan B. */
static void wan(hl__mouth *m, int64_t n, int policy, bool first)
{
    int64_t high = n / 10000, low = n % 10000;

    if (high == 1) {
        hl__utter(m, "w1");
    } else if (high > 1) {
        if (high == 2 && liang(policy, first))
            hl__utter(m, "l");
        else
            group(m, (int)high, policy, first);
        hl__utter(m, "w");
    }
    if (high && low && low < 1000)
        hl__utter(m, "n0");
    if (low)
        group(m, (int)low, policy, first && !high);
}

/* Below 10^15: A yi B, A read like any number below 10^7. */
static void integer(hl__mouth *m, int64_t n, int policy)
{
    int64_t high = n / 100000000, low = n % 100000000;

    if (n == 0) {
        hl__utter(m, "n0");
        return;
    }
    if (n == 2 && policy == HL_LIANG_ALL) {
        hl__utter(m, "l");
        return;
    }
    if (high == 1) {
        hl__utter(m, "y1");
    } else if (high > 1) {
        if (high == 2 && liang(policy, true))
            hl__utter(m, "l");
        else
            wan(m, high, policy, true);
        hl__utter(m, "y");
    }
    if (high && low && low < 10000000)
        hl__utter(m, "n0");
    if (low)
        wan(m, low, policy, !high);
}

static void number(hl__mouth *m, const hl__spoken *v, int policy)
{
    integer(m, v->whole, v->decimal ? HL_LIANG_NONE : policy);
    if (!v->decimal)
        return;
    hl__utter(m, "dian");
    for (const char *d = v->digits; *d; d++)
        hl__utter_n(m, "d", *d - '0');
}

/* With a measure word that has clips 1 to 10; two is liang there whatever the policy. */
static void measured(hl__mouth *m, int64_t n, const char *unit, int policy)
{
    if (n >= 1 && n <= 10) {
        hl__utter_n(m, unit, n);
        return;
    }
    integer(m, n, policy);
    hl__utter(m, unit);
}

static void yuan(hl__mouth *m, const hl__spoken *v)
{
    int64_t whole = v->whole / 100;
    int jiao = (int)(v->whole / 10 % 10), fen = (int)(v->whole % 10);
    bool said = whole > 0;

    if (whole > 0 || v->whole == 0)
        measured(m, whole, "yuan", m->what->liang);
    if (jiao == 2 && said)
        hl__utter(m, "jiao2e");
    else if (jiao)
        hl__utter_n(m, "jiao", jiao);
    if (said && !jiao && fen)
        hl__utter(m, "n0");
    said |= jiao > 0;
    if (fen == 2 && said)
        hl__utter(m, "fen2e");
    else if (fen)
        hl__utter_n(m, "fen", fen);
    if (m->what->whole && !jiao && !fen)
        hl__utter(m, "zheng");
}

static int foreign(hl__mouth *m, const hl__spoken *v, hl__err *err)
{
    static const char *const known[] = { "USD", "usd", "EUR", "eur", "HKD", "hkd", "JPY", "jpy", "GBP", "gbp" };
    int64_t whole = hl__minor_digits(v->ccy) ? v->whole / 100 : v->whole, rest = v->whole - whole * 100;
    const char *clip = NULL;

    for (size_t i = 0; i < HL__COUNT(known); i += 2)
        if (strcmp(known[i], v->ccy) == 0)
            clip = known[i + 1];
    if (!clip)
        return hl__fail(err, HL_ENOTSUP, "the currency %s is not read in Mandarin", v->ccy);
    if (!hl__minor_digits(v->ccy))
        rest = 0;
    if (whole == 2 && rest == 0)
        hl__utter(m, "l");
    else
        integer(m, whole, rest ? HL_LIANG_NONE : m->what->liang);
    if (rest) {
        hl__utter(m, "dian");
        hl__utter_n(m, "d", rest / 10);
        if (rest % 10)
            hl__utter_n(m, "d", rest % 10);
    }
    hl__utter(m, clip);
    return 0;
}

static void date(hl__mouth *m, const hl__spoken *v)
{
    const char *parts = m->what->parts ? m->what->parts : "ymd";

    if (strchr(parts, 'y')) {
        for (int of = 1000; of > 0; of /= 10)
            if (v->year >= of)
                hl__utter_n(m, "d", v->year / of % 10);
        hl__utter(m, "nian");
    }
    if (strchr(parts, 'm'))
        hl__utter_n(m, "mo", v->month);
    if (strchr(parts, 'd'))
        hl__utter_n(m, "da", v->day);
    if (strchr(parts, 'w'))
        hl__utter_n(m, "wd", v->weekday);
}

static void time_of_day(hl__mouth *m, const hl__spoken *v)
{
    static const int8_t part_of[24] = { 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5 };
    bool whole_day = m->what->clock == 24;

    if (!whole_day)
        hl__utter_n(m, "p", part_of[v->hour]);
    hl__utter_n(m, "t", whole_day || v->hour <= 12 ? v->hour : v->hour - 12);
    if (m->what->quarter && v->minute == 30)
        hl__utter(m, "ban");
    else if (m->what->quarter && v->minute % 15 == 0 && v->minute)
        hl__utter_n(m, "ke", v->minute / 15);
    else if (v->minute >= 10)
        hl__utter_n(m, "n", v->minute), hl__utter(m, "fen");
    else if (v->minute)
        hl__utter_n(m, "mi", v->minute);
    else if (m->what->whole)
        hl__utter(m, "zheng");
}

static void duration(hl__mouth *m, int64_t seconds)
{
    static const struct {
        const char *unit;
        int64_t of;
    } units[] = { { "day", 86400 }, { "hour", 3600 }, { "minute", 60 }, { "second", 1 } };
    bool said = false, skipped = false;

    for (size_t i = 0; i < HL__COUNT(units); i++) {
        int64_t n = seconds / units[i].of;
        seconds %= units[i].of;
        if (n == 0) {
            skipped = said;
            continue;
        }
        if (skipped)
            hl__utter(m, "n0");
        measured(m, n, units[i].unit, m->what->liang);
        said = true;
        skipped = false;
    }
    if (!said)
        measured(m, 0, "second", HL_LIANG_NONE);
}

static void percent(hl__mouth *m, const hl__spoken *v)
{
    hl__utter(m, "bfz");
    if (v->whole == 100 && !v->decimal)
        hl__utter(m, "bai");
    else
        number(m, v, HL_LIANG_NONE);
}

static void fraction(hl__mouth *m, const hl__spoken *v)
{
    hl__spoken hundredth = { .whole = v->whole };

    if (v->below == 100) {
        percent(m, &hundredth);
        return;
    }
    integer(m, v->below, HL_LIANG_NONE);
    hl__utter(m, "fz");
    integer(m, v->whole, HL_LIANG_NONE);
}

static void digits(hl__mouth *m, const hl__spoken *v, bool phone)
{
    bool yao = m->what->yao >= 0 && strlen(v->digits) > 1;
    uint8_t group_of[32];

    if (phone)
        (void)hl__phone_groups(v->digits, group_of, sizeof(group_of)); /* every length has a way */
    else
        hl__even_groups(strlen(v->digits), m->what->group, group_of, sizeof(group_of));
    hl__utter_groups(m, v->digits, group_of, yao ? "dy" : "d1", "d0");
}

static int count(hl__mouth *m, const hl__spoken *v, hl__err *err)
{
    const char *unit = m->what->unit ? m->what->unit : "item";

    if (!hl__clip_text("zh-CN", unit))
        return hl__fail(err, HL_EINVAL, "there is no unit \"%.32s\"; person item household times kwh ton cubic are",
                        unit);
    measured(m, v->whole, unit, m->what->liang);
    return 0;
}

int hl__say_zh(hl__mouth *m, const hl__spoken *v, hl__err *err)
{
    if (v->minus)
        hl__utter(m, "fu");
    switch (m->what->kind) {
    case HL_SAY_NUMBER: number(m, v, m->what->liang); return 0;
    case HL_SAY_COUNT: return count(m, v, err);
    case HL_SAY_ORDINAL: hl__utter(m, "di"); integer(m, v->whole, HL_LIANG_NONE); return 0;
    case HL_SAY_DIGITS: digits(m, v, false); return 0;
    case HL_SAY_PHONE: digits(m, v, true); return 0;
    case HL_SAY_MONEY:
        if (strcmp(v->ccy, "CNY") != 0)
            return foreign(m, v, err);
        yuan(m, v);
        return 0;
    case HL_SAY_DATE: date(m, v); return 0;
    case HL_SAY_TIME: time_of_day(m, v); return 0;
    case HL_SAY_DURATION: duration(m, v->whole); return 0;
    case HL_SAY_PERCENT: percent(m, v); return 0;
    default: fraction(m, v); return 0;
    }
}
