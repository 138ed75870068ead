/* number.c - telephone numbers: rewriting by rules, first match wins. */
#include "base/number.h"
#include <string.h>

static const char cn_in[] =
    "+*:0:,0086*:2:+,00*:2:+,86xxxxxxxxxx*:0:+,01[3-9]xxxxxxxxx:1:+86,1[3-9]xxxxxxxxx:0:+86,010xxxxxxxx:1:+86,"
    "02xxxxxxxxx:1:+86,0[3-9]xxxxxxxxx:1:+86,0[3-9]xxxxxxxxxx:1:+86,[2-8]xxxxxxx:0:+86{area},[2-8]xxxxxx:0:+86{area}";
static const char cn_out[] = "+861[3-9]xxxxxxxxx:3:,+86*:3:0,+*:1:00";
static const char e164_in[] = "+*:0:,00*:2:+,xxxxxxxx*:0:+";

const char *hl__number_preset(const char *preset, bool outward)
{
    if (strcmp(preset, "cn") == 0)
        return outward ? cn_out : cn_in;
    if (strcmp(preset, "e164") == 0)
        return outward ? "" : e164_in;
    return NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One place of a pattern against one character: the bytes of the pattern it took; 0: does not fit. */
static size_t match_one(hl__view p, char c)
{
    if (p.at[0] == 'x')
        return is_digit(c) ? 1 : 0;
    if (p.at[0] == '[' && p.len >= 5 && p.at[2] == '-' && p.at[4] == ']')
        return c >= p.at[1] && c <= p.at[3] ? 5 : 0;
    return p.at[0] == c ? 1 : 0;
}

bool hl__number_match(hl__view pattern, const char *number)
{
    while (pattern.len) {
        if (pattern.len == 1 && pattern.at[0] == '*')
            return true;
        size_t n = *number ? match_one(pattern, *number) : 0;
        if (!n)
            return false;
        pattern = hl__view_skip(pattern, n);
        number++;
    }
    return *number == 0;
}

/* How many characters the part of a pattern at p.at takes; 0: it is none. */
static size_t part_len(hl__view p)
{
    const char *c = p.at;

    if (*c == '[') {
        bool ok = p.len >= 5 && is_digit(c[1]) && c[2] == '-' && is_digit(c[3]) && c[4] == ']' && c[1] <= c[3];
        return ok ? 5 : 0;
    }
    if (*c == '*')
        return p.len == 1;
    return is_digit(*c) || *c == 'x' || *c == '+' || *c == '#';
}

static bool pattern_ok(hl__view p)
{
    bool ok = p.len > 0;

    for (size_t n; ok && p.len > 0; p = hl__view_skip(p, n)) {
        n = part_len(p);
        ok = n > 0;
    }
    return ok;
}

bool hl__number_rule_ok(const char *rule)
{
    uint64_t strip;
    hl__view rest = hl__view_of(rule), pattern = hl__view_cut(&rest, ':'), count = hl__view_cut(&rest, ':');
    if (!pattern_ok(pattern) || !rest.at || !hl__view_uint(count, 32, &strip))
        return false;
    for (size_t i = 0; i < rest.len; i++) {
        if (hl__view_starts(hl__view_skip(rest, i), "{area}"))
            i += 5;
        else if (!is_digit(rest.at[i]) && rest.at[i] != '+' && rest.at[i] != '*' && rest.at[i] != '#')
            return false;
    }
    return rest.len <= 32;
}

void hl__number_clean(hl__view number, char out[HL__NUMBER])
{
    size_t n = 0;
    number = hl__view_cut(&number, ';');
    for (size_t i = 0; i < number.len && n + 1 < HL__NUMBER; i++)
        if (!strchr("-.() ", number.at[i]))
            out[n++] = number.at[i];
    out[n] = 0;
}

static void put(char out[HL__NUMBER], size_t *at, hl__view v)
{
    for (size_t i = 0; i < v.len && *at + 1 < HL__NUMBER; i++)
        out[(*at)++] = v.at[i];
    out[*at] = 0;
}

static bool apply(hl__view rule, const char *area, const char *number, char out[HL__NUMBER])
{
    uint64_t strip;
    size_t at = 0, brace;
    hl__view pattern = hl__view_cut(&rule, ':'), count = hl__view_cut(&rule, ':');
    if (!hl__number_match(pattern, number) || !hl__view_uint(count, 32, &strip))
        return false;
    bool wants_area = hl__view_find(rule, '{', &brace);
    if (wants_area && (!area || !*area))
        return false;
    if (wants_area) {
        put(out, &at, (hl__view){ rule.at, brace });
        put(out, &at, hl__view_of(area));
        rule = hl__view_skip(rule, brace + 6);
    }
    put(out, &at, rule);
    put(out, &at, hl__view_skip(hl__view_of(number), (size_t)strip));
    return true;
}

void hl__number_rewrite(const char *rules, const char *area, const char *number, char out[HL__NUMBER])
{
    char clean[HL__NUMBER];
    hl__view rest = hl__view_of(rules ? rules : "");
    hl__number_clean(hl__view_of(number), clean);
    while (rest.len)
        if (apply(hl__view_trim(hl__view_cut(&rest, ',')), area, clean, out))
            return;
    memcpy(out, clean, sizeof(clean));
}
