/* say.c - readouts: clips in the order in which they are heard; a readout's text is its clips' texts joined. */
#include "speech/clips.h"
#include <stdio.h>
#include <string.h>

static const struct { const char *word; int kind; } kinds[] = {
    { "number", HL_SAY_NUMBER }, { "count", HL_SAY_COUNT }, { "ordinal", HL_SAY_ORDINAL }, { "digits", HL_SAY_DIGITS },
    { "phone", HL_SAY_PHONE }, { "money", HL_SAY_MONEY }, { "date", HL_SAY_DATE }, { "time", HL_SAY_TIME },
    { "duration", HL_SAY_DURATION }, { "percent", HL_SAY_PERCENT }, { "fraction", HL_SAY_FRACTION },
};

int hl__say_kind(const char *word)
{
    for (size_t i = 0; i < HL__COUNT(kinds); i++)
        if (strcmp(kinds[i].word, word) == 0)
            return kinds[i].kind;
    return 0;
}

const char *hl__say_kinds(void)
{
    return "number count ordinal digits phone money date time duration percent fraction";
}

void hl__utter(hl__mouth *m, const char *clip)
{
    if (m->count++)
        hl__buf_char(m->out, ' ');
    hl__buf_str(m->out, clip);
}

void hl__utter_n(hl__mouth *m, const char *prefix, int64_t n)
{
    char clip[32];

    snprintf(clip, sizeof(clip), "%s%lld", prefix, (long long)n);
    hl__utter(m, clip);
}

void hl__utter_groups(hl__mouth *m, const char *digits, const uint8_t *group, const char *one, const char *zero)
{
    for (int left = group[0]; *digits; digits++, left--) {
        if (left == 0 && group[1]) {
            hl__utter(m, "_400");
            left = *++group;
        }
        if (*digits == '1')
            hl__utter(m, one);
        else if (*digits == '0')
            hl__utter(m, zero);
        else if (*digits == '*' || *digits == '#')
            hl__utter(m, *digits == '*' ? "dstar" : "dhash");
        else
            hl__utter_n(m, "d", *digits - '0');
    }
}

/* Groups of `size`; a rest of one joins the last. size -1: one group. */
void hl__even_groups(size_t len, int size, uint8_t *group, size_t room)
{
    size_t n = 0, each = size < 0 ? len : size == 0 ? 4 : (size_t)size;

    while (len > 0 && n + 1 < room) {
        size_t take = len < each ? len : len == each + 1 && each > 1 ? len : each;
        group[n++] = (uint8_t)take;
        len -= take;
    }
    group[n] = 0;
}

int hl__phone_groups(const char *digits, uint8_t *group, size_t room)
{
    static const struct { size_t len; uint8_t g[4]; } shapes[] = { { 10, { 3, 3, 4, 0 } }, { 9, { 3, 3, 3, 0 } },
        { 8, { 4, 4, 0, 0 } }, { 7, { 3, 4, 0, 0 } } };
    size_t len = strlen(digits);
    uint8_t area;

    if (len <= 6) {
        group[0] = (uint8_t)len;
        group[1] = 0;
        return 0;
    }
    if (len == 11 && digits[0] == '1' && digits[1] >= '3') {
        memcpy(group, (const uint8_t[]){ 3, 4, 4, 0 }, 4);
        return 0;
    }
    area = digits[0] != '0' ? 0 : digits[1] == '1' || digits[1] == '2' ? 3 : 4;
    if (area && (len - area == 7 || len - area == 8)) {
        memcpy(group, (const uint8_t[]){ area, (uint8_t)(len - area - 4), 4, 0 }, 4);
        return 0;
    }
    for (size_t i = 0; i < HL__COUNT(shapes); i++)
        if (shapes[i].len == len && !area) {
            memcpy(group, shapes[i].g, 4);
            return 0;
        }
    hl__even_groups(len, 4, group, room);
    return 0;
}

static bool is_chinese(const char *lang)
{
    return lang && (strcmp(lang, "zh-CN") == 0 || strcmp(lang, "zh") == 0);
}

static bool is_english(const char *lang)
{
    return lang && strncmp(lang, "en", 2) == 0 && (!lang[2] || lang[2] == '-');
}

static int no_language(const char *lang, hl__err *err)
{
    return hl__fail(err, HL_ENOTSUP, "there are no readouts for the language \"%.32s\"; zh-CN and en have them",
                    lang ? lang : "");
}

int hl__say_clips(const hl_say *what, hl__buf *out, hl__err *err)
{
    hl__mouth m = { what, out, 0 };
    hl__spoken v;
    int r;

    if (!is_chinese(what->lang) && !is_english(what->lang))
        return no_language(what->lang, err);
    if ((r = hl__spoken_read(what, &v, err)) < 0)
        return r;
    r = is_chinese(what->lang) ? hl__say_zh(&m, &v, err) : hl__say_en(&m, &v, err);
    if (r < 0)
        return r;
    return out->failed ? HL_ENOMEM : m.count;
}

static const hl__clip *clips_of(const char *lang)
{
    return is_chinese(lang) ? hl__clips_zh : is_english(lang) ? hl__clips_en : NULL;
}

const char *hl__clip_text(const char *lang, const char *name)
{
    const hl__clip *c = clips_of(lang);

    for (; c && c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c->text;
    return NULL;
}

/* Pauses become a blank, or a comma: text is for reading and for a voice. */
static void join(const char *lang, hl__buf *clips, hl__buf *out)
{
    bool chinese = is_chinese(lang), first = true, tens = false;

    for (char *at = clips->data, *end; *at; at = end) {
        end = at + strcspn(at, " ");
        char *next = *end ? end + 1 : end;
        *end = 0;
        if (*at == '_') {
            hl__buf_str(out, chinese ? " " : ", ");
            first = true;
        } else {
            const char *text = hl__clip_text(lang, at);
            if (!first && !chinese) /* forty-second: tens before an ordinal are one word with it */
                hl__buf_char(out, tens && at[0] == 'o' && at[1] <= '9' ? '-' : ' ');
            hl__buf_str(out, text ? text : at);
            first = false;
            tens = at[0] == 'n' && strlen(at) == 3 && at[2] == '0';
        }
        end = next;
    }
}

int hl__say_text(const hl_say *what, hl__buf *out, hl__err *err)
{
    hl__buf clips;
    int r;

    hl__buf_init(&clips, out->mem);
    hl__buf_str(&clips, "");
    r = hl__say_clips(what, &clips, err);
    if (r >= 0)
        join(what->lang, &clips, out);
    hl__buf_free(&clips);
    return r < 0 ? r : out->failed ? HL_ENOMEM : 0;
}

int hl__clip_next(const char *lang, int kind, hl_clip *row)
{
    const hl__clip *c = clips_of(lang);
    hl_id id = 0;

    for (; c && c->name; c++) {
        id++;
        if (id <= row->id || (kind && !(c->kinds >> kind & 1)))
            continue;
        row->id = id;
        row->name = c->name;
        row->text = c->text;
        return 1;
    }
    return c ? 0 : HL_ENOTSUP;
}
