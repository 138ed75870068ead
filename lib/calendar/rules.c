/* rules.c - calendars and day sets of the document, checked and put into structs. */
#include "calendar/inner.h"
#include <stdio.h>
#include <string.h>

enum { LABEL = 255 };

static const char *const weekday[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL };

static int day_number(const char *word, size_t len)
{
    for (int i = 0; weekday[i]; i++)
        if (len == 3 && strncmp(word, weekday[i], 3) == 0)
            return i;
    return -1;
}

/* "mon-fri,sun" as bits; 0: no such days. */
static unsigned day_bits(const char *text)
{
    unsigned bits = 0;

    for (;;) {
        size_t len = strcspn(text, ",");
        int from = day_number(text, len < 3 ? len : 3), to = from;
        if (len == 7 && text[3] == '-')
            to = day_number(text + 4, 3);
        else if (len != 3)
            return 0;
        if (from < 0 || to < 0)
            return 0;
        for (int d = from;; d = (d + 1) % 7) {
            bits |= 1u << d;
            if (d == to)
                break;
        }
        if (!text[len])
            return bits;
        text += len + 1;
    }
}

static bool hour(const char *text, int32_t *out)
{
    int64_t h, m;

    if (!hl__int_parse(text, 2, &h) || text[2] != ':' || !hl__int_parse(text + 3, 2, &m))
        return false;
    *out = (int32_t)(h * 3600 + m * 60);
    return h >= 0 && m >= 0 && m < 60 && (h < 24 || (h == 24 && m == 0));
}

static bool span_parse(const char *text, hl__hours *out)
{
    if (!text || strlen(text) != 11 || text[5] != '-' || !hour(text, &out->from) || !hour(text + 6, &out->to))
        return false;
    if (out->from == DAY)
        return false;
    if (out->to <= out->from)
        out->to += DAY; /* into the next date; it belongs to the one it began on */
    return true;
}

static void plan_read(const hl__json *list, const hl__place *at, hl__findings *f, hl__dayplan *out)
{
    out->speaks = 1;
    if (hl__json_type(list) != HL__JLIST) {
        hl__error(f, E_SPAN, at, "a list of spans is wanted, as [\"08:30-12:00\", \"13:30-17:30\"]");
        return;
    }
    if (hl__json_size(list) > SPANS_A_DAY)
        hl__error(f, E_SPAN, at, "%zu spans; a date has at most %d", hl__json_size(list), SPANS_A_DAY);
    for (size_t i = 0; i < hl__json_size(list) && i < SPANS_A_DAY; i++) {
        hl__place here = { at, NULL, i };
        if (span_parse(hl__json_text(hl__json_at(list, i)), &out->span[out->n]))
            out->n++;
        else
            hl__error(f, E_SPAN, &here, "a span is \"HH:MM-HH:MM\", to \"24:00\" at most");
    }
}

static void week_read(const hl__json *j, const hl__place *at, hl__findings *f, hl__week *out)
{
    for (void *it = hl__json_iter(j); it; it = hl__json_iter_next(j, it)) {
        const char *key = hl__json_iter_key(it);
        hl__place here = { at, key, 0 };
        hl__dayplan plan = { 0 };
        unsigned bits = day_bits(key);
        if (!bits) {
            hl__error(f, E_SPAN, &here, "\"%s\": days are mon tue wed thu fri sat sun, as \"mon-fri\" or \"sat,sun\"",
                      key);
            continue;
        }
        plan_read(hl__json_iter_value(it), &here, f, &plan);
        for (int d = 0; d < 7; d++)
            if (bits >> d & 1)
                out->day[d] = plan;
    }
}

static bool month_day(const char *text, int16_t *out)
{
    char full[16];
    int32_t days;

    if (!text || strlen(text) != 5)
        return false;
    snprintf(full, sizeof(full), "2024-%s", text);
    if (!hl__date_parse(full, &days))
        return false;
    *out = (int16_t)((text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[3] - '0') * 10 + text[4] - '0');
    return true;
}

static int seasons_read(hl__mem *mem, const hl__jcheck *c, hl__rules *r)
{
    const hl__json *list = hl__jlist(c, "seasons");
    hl__place at = { c->at, "seasons", 0 };

    for (size_t i = 0; i < hl__json_size(list); i++) {
        hl__place here = { &at, NULL, i };
        hl__jcheck in = { c->f, hl__json_at(list, i), &here, E_SPAN };
        hl__place week = { &here, "week", 0 };
        hl__season s = { 0 };
        hl__jknown(&in, "from to week title");
        if (!month_day(hl__jtext(&in, "from", 5, NULL), &s.from) || !month_day(hl__jtext(&in, "to", 5, NULL), &s.to))
            hl__error(c->f, E_SPAN, &here, "a season has \"from\" and \"to\" as \"MM-DD\"");
        week_read(hl__jobject(&in, "week"), &week, c->f, &s.week);
        if (hl__grow(mem, &r->season, &r->season_room, r->seasons, sizeof(s)) < 0)
            return HL_ENOMEM;
        r->season[r->seasons++] = s;
    }
    return 0;
}

static bool range_parse(const char *key, int32_t *from, int32_t *to)
{
    char one[11];

    if (strlen(key) == 10) {
        *to = 0;
        return hl__date_parse(key, from) && (*to = *from, true);
    }
    if (strlen(key) != 22 || key[10] != '.' || key[11] != '.')
        return false;
    hl__copy(one, sizeof(one), key);
    return hl__date_parse(one, from) && hl__date_parse(key + 12, to) && *from <= *to;
}

static void entry_read(const hl__json *j, const hl__place *at, hl__findings *f, hl__rule *rule, const char **label)
{
    hl__jcheck c = { f, j, at, E_SPAN };
    hl__place open = { at, "open", 0 };
    int said = 0;

    hl__jknown(&c, "off work open label");
    *label = hl__jtext(&c, "label", LABEL, "");
    if (hl__json_get(j, "off")) {
        rule->kind = HL__OFF;
        *label = hl__jtext(&c, "off", LABEL, *label);
        said++;
    }
    if (hl__json_get(j, "work")) {
        rule->kind = HL__WORK;
        *label = hl__jtext(&c, "work", LABEL, *label);
        said++;
    }
    if (hl__json_get(j, "open")) {
        rule->kind = HL__OPEN;
        plan_read(hl__json_get(j, "open"), &open, f, &rule->plan);
        said++;
    }
    if (said != 1)
        hl__error(f, E_SPAN, at,
                  "a date says one of \"off\", \"work\" (each with its label) and \"open\" (a list of spans)");
}

/* Later entries win, so an overlap is legal within days; ranges that cut each other are told. */
static int days_read(hl__mem *mem, const hl__jcheck *c, hl__rule **list, uint32_t *n, uint32_t *room)
{
    const hl__json *days = hl__jobject(c, "days");
    hl__place at = { c->at, "days", 0 };

    for (void *it = hl__json_iter(days); it; it = hl__json_iter_next(days, it)) {
        const char *key = hl__json_iter_key(it), *label = "";
        hl__place here = { &at, key, 0 };
        hl__rule rule = { 0 };
        if (!range_parse(key, &rule.from, &rule.to)) {
            hl__error(c->f, E_SPAN, &here, "\"%s\" is no date \"2026-10-01\" and no range \"2026-10-01..2026-10-07\"",
                      key);
            continue;
        }
        entry_read(hl__json_iter_value(it), &here, c->f, &rule, &label);
        for (uint32_t i = 0; i < *n; i++)
            if (rule.from != rule.to && (*list)[i].from != (*list)[i].to && rule.from <= (*list)[i].to &&
                (*list)[i].from <= rule.to)
                hl__error(c->f, E_OVERLAP, &here, "this range cuts an earlier one");
        if (hl__grow(mem, list, room, *n, sizeof(rule)) < 0 || !(rule.label = hl__strdup(mem, label)))
            return HL_ENOMEM;
        (*list)[(*n)++] = rule;
    }
    return 0;
}

static int sets_read(hl__mem *mem, const hl__jcheck *c, hl__rules *r)
{
    const hl__json *list = hl__jlist(c, "sets");
    hl__place at = { c->at, "sets", 0 };

    for (size_t i = 0; i < hl__json_size(list); i++) {
        const char *name = hl__json_text(hl__json_at(list, i));
        hl__place here = { &at, NULL, i };
        if (!name) {
            hl__error(c->f, E_SET, &here, "the name of a day set is wanted");
            continue;
        }
        if (hl__grow(mem, &r->set, &r->set_room, r->sets, sizeof(*r->set)) < 0 ||
            !(r->set[r->sets] = hl__strdup(mem, name)))
            return HL_ENOMEM;
        r->sets++;
    }
    return 0;
}

int hl__rules_read(hl__mem *mem, const hl__json *j, const hl__place *at, hl__findings *f, hl__rules **out)
{
    hl__jcheck c = { f, j, at, E_CALENDAR };
    hl__place week = { at, "week", 0 };
    hl__rules *r = hl__alloc(mem, sizeof(*r));
    int result = HL_ENOMEM;

    if (!r)
        return result;
    hl__jknown(&c, "tz week seasons sets make_up days title note");
    r->make_up = hl__jword(&c, "make_up", weekday, 0);
    if (!(r->tz = hl__strdup(mem, hl__jtext(&c, "tz", 200, "UTC"))))
        goto out;
    week_read(hl__jobject(&c, "week"), &week, f, &r->week);
    if ((result = seasons_read(mem, &c, r)) < 0 || (result = sets_read(mem, &c, r)) < 0)
        goto out;
    if ((result = days_read(mem, &c, &r->day, &r->days, &r->day_room)) < 0)
        goto out;
    *out = r;
    return 0;
out:
    hl__rules_free(mem, r);
    return result;
}

static void rules_drop(hl__mem *mem, hl__rule *rule, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        hl__free(mem, rule[i].label);
    hl__free(mem, rule);
}

void hl__rules_free(hl__mem *mem, hl__rules *r)
{
    if (!r)
        return;
    for (uint32_t i = 0; i < r->sets; i++)
        hl__free(mem, r->set[i]);
    hl__free(mem, r->set);
    hl__free(mem, r->season);
    rules_drop(mem, r->day, r->days);
    hl__free(mem, r->tz);
    hl__free(mem, r);
}

int hl__dayset_read(hl__mem *mem, const hl__json *j, const hl__place *at, hl__findings *f, hl__dayset **out)
{
    hl__jcheck c = { f, j, at, E_SET };
    hl__place until = { at, "until", 0 };
    hl__dayset *s = hl__alloc(mem, sizeof(*s));
    const char *text;
    int r;

    if (!s)
        return HL_ENOMEM;
    hl__jknown(&c, "until days title note");
    text = hl__jtext(&c, "until", 10, NULL);
    if (text && !hl__date_parse(text, &s->until))
        hl__error(f, E_SET, &until, "\"%s\" is no date", text);
    if ((r = days_read(mem, &c, &s->rule, &s->n, &s->room)) < 0) {
        hl__dayset_free(mem, s);
        return r;
    }
    *out = s;
    return 0;
}

void hl__dayset_free(hl__mem *mem, hl__dayset *s)
{
    if (!s)
        return;
    rules_drop(mem, s->rule, s->n);
    hl__free(mem, s->name);
    hl__free(mem, s);
}
