/* jcheck.c - members of an object with their checks: what is absent has a default, what is wrong is a finding. */
#include "base/json.h"
#include <stdio.h>
#include <string.h>

static const char *const type_name[] = { "null", "true or false", "a whole number", "a number", "text", "a list",
    "an object" };

static void wrong(const hl__jcheck *c, const char *key, const hl__json *j, const char *want)
{
    hl__place at = { c->at, key, 0 };

    hl__error(c->f, c->code, &at, "this is %s; %s is wanted", type_name[hl__json_type(j)], want);
}

int64_t hl__jint(const hl__jcheck *c, const char *key, int64_t min, int64_t max, int64_t otherwise)
{
    hl__json *j = hl__json_get(c->j, key);
    hl__place at = { c->at, key, 0 };
    char want[80];

    if (!j)
        return otherwise;
    snprintf(want, sizeof(want), "a whole number from %lld to %lld", (long long)min, (long long)max);
    if (hl__json_type(j) != HL__JINT)
        wrong(c, key, j, want);
    else if (hl__json_int(j) < min || hl__json_int(j) > max)
        hl__error(c->f, c->code, &at, "%lld is out of range; %s is wanted", (long long)hl__json_int(j), want);
    else
        return hl__json_int(j);
    return otherwise;
}

double hl__jreal(const hl__jcheck *c, const char *key, double min, double max, double otherwise)
{
    hl__json *j = hl__json_get(c->j, key);
    hl__place at = { c->at, key, 0 };
    char want[80];

    if (!j)
        return otherwise;
    snprintf(want, sizeof(want), "a number from %.9g to %.9g", min, max);
    if (hl__json_type(j) != HL__JINT && hl__json_type(j) != HL__JREAL)
        wrong(c, key, j, want);
    else if (!(hl__json_real(j) >= min && hl__json_real(j) <= max))
        hl__error(c->f, c->code, &at, "%.9g is out of range; %s is wanted", hl__json_real(j), want);
    else
        return hl__json_real(j);
    return otherwise;
}

bool hl__jbool(const hl__jcheck *c, const char *key, bool otherwise)
{
    hl__json *j = hl__json_get(c->j, key);

    if (!j)
        return otherwise;
    if (hl__json_type(j) != HL__JBOOL) {
        wrong(c, key, j, type_name[HL__JBOOL]);
        return otherwise;
    }
    return hl__json_true(j);
}

const char *hl__jtext(const hl__jcheck *c, const char *key, size_t max, const char *otherwise)
{
    hl__json *j = hl__json_get(c->j, key);
    hl__place at = { c->at, key, 0 };

    if (!j)
        return otherwise;
    if (hl__json_type(j) != HL__JTEXT)
        wrong(c, key, j, type_name[HL__JTEXT]);
    else if (hl__json_text_len(j) > max)
        hl__error(c->f, c->code, &at, "%zu bytes of text; at most %zu are possible", hl__json_text_len(j), max);
    else if (!hl__text_ok(hl__json_text(j), max))
        hl__error(c->f, c->code, &at, "text with control characters");
    else
        return hl__json_text(j);
    return otherwise;
}

int hl__jword(const hl__jcheck *c, const char *key, const char *const *words, int otherwise)
{
    const char *text = hl__jtext(c, key, 255, NULL);
    hl__place at = { c->at, key, 0 };
    char list[400] = "";
    size_t len = 0;

    if (!text)
        return otherwise;
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0)
            return i;
        int n = snprintf(list + len, sizeof(list) - len, "%s%s", i ? ", " : "", words[i]);
        len = n > 0 && len + (size_t)n < sizeof(list) ? len + (size_t)n : len;
    }
    hl__error(c->f, c->code, &at, "\"%s\" is not one of: %s", text, list);
    return otherwise;
}

static hl__json *typed(const hl__jcheck *c, const char *key, int type)
{
    hl__json *j = hl__json_get(c->j, key);

    if (!j || hl__json_type(j) == type)
        return j;
    wrong(c, key, j, type_name[type]);
    return NULL;
}

hl__json *hl__jobject(const hl__jcheck *c, const char *key)
{
    return typed(c, key, HL__JOBJECT);
}

hl__json *hl__jlist(const hl__jcheck *c, const char *key)
{
    return typed(c, key, HL__JLIST);
}

/* The next word of a blank-divided list, copied; false at its end. */
static bool next_word(const char **list, char *word, size_t room)
{
    size_t len;

    *list += strspn(*list, " ");
    if ((len = strcspn(*list, " ")) == 0)
        return false;
    if (len >= room)
        len = room - 1;
    memcpy(word, *list, len);
    word[len] = 0;
    *list += strcspn(*list, " ");
    return true;
}

bool hl__nearest(const char *word, const char *known, char *out, size_t room)
{
    char at[64];
    int best = 1 + (int)strlen(word) / 3, d;

    out[0] = 0;
    while (next_word(&known, at, sizeof(at)))
        if ((d = hl__distance(word, at)) <= best) {
            best = d - 1;
            hl__copy(out, room, at);
        }
    return out[0] != 0;
}

static bool is_known(const char *word, const char *known)
{
    char at[64];

    while (next_word(&known, at, sizeof(at)))
        if (strcmp(at, word) == 0)
            return true;
    return false;
}

void hl__jknown(const hl__jcheck *c, const char *known)
{
    char near[64];

    for (void *it = hl__json_iter(c->j); it; it = hl__json_iter_next(c->j, it)) {
        const char *key = hl__json_iter_key(it);
        hl__place at = { c->at, key, 0 };
        if (is_known(key, known))
            continue;
        if (hl__nearest(key, known, near, sizeof(near)))
            hl__error(c->f, c->code, &at, "unknown key \"%s\"; did you mean \"%s\"?", key, near);
        else
            hl__error(c->f, c->code, &at, "unknown key \"%s\"; known are: %s", key, known);
    }
}
