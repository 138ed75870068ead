/* prompt.c - what is said: lists of parts, read and checked; resolved to lines of clips when they are to be heard.
 *
 * A line is "lang TAB name TAB text LF": who has a recording of that name plays it, who has none speaks the text. */
#include "flow/graph.h"
#include <string.h>

/* What the library itself has to say. A prompt of the same name in the configuration takes its place. */
static const struct { const char *name, *zh, *en; } builtin[] = {
    { "queue_next", "您是下一位。", "You are next in line." },
    { "queue_ahead", "您前面还有", "Ahead of you:" },
    { "queue_ahead_end", "在等候。", "waiting." },
    { "queue_wait", "预计等候", "The expected wait is" },
    { "queue_wait_to", "到", "to" },
    { "queue_wait_short", "预计等候不到一分钟。", "The expected wait is less than one minute." },
    { "queue_wait_long", "预计等候超过一小时。", "The expected wait is more than one hour." },
    { "queue_callback", "如果不想继续等候，请按{1}，我们会给您回电。",
      "If you would rather be called back, press {1}." },
};

static bool is_zh(const char *lang)
{
    return strncmp(lang, "zh", 2) == 0;
}

/* Reading. */

static const char *known_parts(const hl__json *j)
{
    if (hl__json_get(j, "say"))
        return "say v unit parts liang yao group clock whole quarter with_and with_oh keys";
    if (hl__json_get(j, "rec"))
        return "rec keys";
    return hl__json_get(j, "t") ? "t keys" : hl__json_get(j, "pause") ? "pause" : "p keys";
}

/* Text may be anything; any other type is read aloud by the readouts that know it. */
static void check_sayable(checker *c, const part *p, const hl__place *at)
{
    static const uint16_t kinds[] = { [HL__V_INT] = 1 << HL_SAY_NUMBER | 1 << HL_SAY_COUNT | 1 << HL_SAY_ORDINAL |
        1 << HL_SAY_DIGITS | 1 << HL_SAY_DURATION | 1 << HL_SAY_PERCENT, [HL__V_MONEY] = 1 << HL_SAY_MONEY,
        [HL__V_DATE] = 1 << HL_SAY_DATE, [HL__V_TIME] = 1 << HL_SAY_TIME, [HL__V_DURATION] = 1 << HL_SAY_DURATION,
        [HL__V_TIMESTAMP] = 1 << HL_SAY_DATE | 1 << HL_SAY_TIME };
    int kind = p->v.e ? hl__expr_type(p->v.e)->kind : p->v.c.kind;

    if (kind != HL__V_STRING && p->say.kind && (kind >= (int)HL__COUNT(kinds) || !(kinds[kind] >> p->say.kind & 1)))
        hl__flow_error(c, 10, at, "a value of this type cannot be read aloud in this way");
}

static void read_say(checker *c, const hl__json *j, const hl__place *at, part *out)
{
    static const char *const liang[] = { "dict", "all", "none", NULL };
    hl__jcheck jc = { c->f, j, at, CODE_E + 20 };
    hl__place kind_at = { at, "say", 0 }, v_at = { at, "v", 0 };
    const char *word = hl__jtext(&jc, "say", 32, "");
    char near[64];

    out->kind = PART_SAY;
    out->say = (hl_say)HL_SAY_INIT;
    out->say.kind = hl__say_kind(word);
    if (!out->say.kind && hl__nearest(word, hl__say_kinds(), near, sizeof(near)))
        hl__flow_error(c, 20, &kind_at, "there is no readout \"%s\"; did you mean \"%s\"?", word, near);
    else if (!out->say.kind)
        hl__flow_error(c, 20, &kind_at, "there is no readout \"%s\"; there are: %s", word, hl__say_kinds());
    out->say.unit = hl__jtext(&jc, "unit", 32, NULL);
    out->say.parts = hl__jtext(&jc, "parts", 8, NULL);
    out->say.liang = hl__jword(&jc, "liang", liang, 0);
    out->say.yao = hl__jbool(&jc, "yao", true) ? 1 : -1;
    out->say.group = (int32_t)hl__jint(&jc, "group", -1, 64, 0);
    out->say.clock = (int32_t)hl__jint(&jc, "clock", 12, 24, 0);
    out->say.whole = hl__jbool(&jc, "whole", false);
    out->say.quarter = hl__jbool(&jc, "quarter", false);
    out->say.with_and = hl__jbool(&jc, "with_and", false);
    out->say.with_oh = hl__jbool(&jc, "with_oh", false);
    if (hl__json_get(j, "v") && hl__vx_read(c, hl__json_get(j, "v"), &v_at, NULL, &out->v))
        check_sayable(c, out, &v_at);
    else if (!hl__json_get(j, "v"))
        hl__flow_error(c, 20, at, "\"v\" is wanted: what is to be read aloud");
}

/* E22 if nobody knows the prompt, E08 if it says nothing in one of the languages. */
static void check_clip(checker *c, const part *p, const hl__place *at)
{
    const hl__json *words = hl__bound_json(c->b, "prompts", p->name);

    for (size_t i = 0; i < HL__COUNT(builtin); i++)
        if (!words && strcmp(builtin[i].name, p->name) == 0)
            return;
    if (!words) {
        hl__unbound(c, at, "prompts", p->name);
        return;
    }
    for (uint32_t i = 0; i < c->g->n_langs; i++)
        if (!hl__json_get(words, c->g->langs[i]))
            hl__flow_error(c, 8, at, "prompt \"%s\" has nothing for %s", p->name, c->g->langs[i]);
}

static void read_part(checker *c, const hl__json *j, const hl__place *at, part *out)
{
    hl__jcheck jc = { c->f, j, at, CODE_E + 20 };
    hl__place here = { at, NULL, 0 };

    *out = (part){ .kind = PART_PAUSE, .json = j };
    if (hl__json_type(j) != HL__JOBJECT) {
        hl__flow_error(c, 20, at, "a part is {\"p\": name}, {\"say\": kind, \"v\": value}, {\"t\": {...}} or "
                       "{\"pause\": ms}");
        return;
    }
    hl__jknown(&jc, known_parts(j));
    out->tells_keys = hl__jbool(&jc, "keys", false);
    if (hl__json_get(j, "say")) {
        read_say(c, j, at, out);
    } else if (hl__json_get(j, "t")) {
        out->kind = PART_TEXT;
        here.key = "t";
        for (uint32_t i = 0; i < c->g->n_langs; i++)
            if (!hl__json_text(hl__json_get(hl__json_get(j, "t"), c->g->langs[i])))
                hl__flow_error(c, 8, &here, "there is no text for %s", c->g->langs[i]);
    } else if (hl__json_get(j, "p")) {
        out->kind = PART_CLIP;
        here.key = "p";
        if ((out->name = hl__jtext(&jc, "p", 64, NULL)))
            check_clip(c, out, &here);
    } else if (hl__json_get(j, "rec")) {
        here.key = "rec";
        hl__flow_error(c, 20, &here, "recordings of callers are not available in this build");
    } else {
        out->say.group = (int32_t)hl__jint(&jc, "pause", 1, 60000, 0);
        if (!out->say.group)
            hl__flow_error(c, 20, at, "one of \"p\", \"say\", \"t\", \"pause\" is wanted");
    }
}

void hl__prompt_read(checker *c, const hl__json *list, const hl__place *at, prompt *out)
{
    *out = (prompt){ 0 };
    if (!list)
        return;
    if (hl__json_type(list) != HL__JLIST || hl__json_size(list) > 64) {
        hl__flow_error(c, hl__json_type(list) == HL__JLIST ? 21 : 20, at, "a list of up to 64 parts is wanted");
        return;
    }
    if (!(out->list = hl__graph_room(c, (hl__json_size(list) + 1) * sizeof(*out->list))))
        return;
    for (size_t i = 0; i < hl__json_size(list); i++) {
        hl__place item = { at, NULL, i };
        read_part(c, hl__json_at(list, i), &item, &out->list[out->n++]);
    }
}

/* Lines. */

static const char *key_word(const char *lang, char key)
{
    if (key == '*')
        return is_zh(lang) ? "星号" : "star";
    if (key == '#')
        return is_zh(lang) ? "井号" : "pound";
    return NULL;
}

/* Text as it is spoken: keys in braces lose them, `key` stands for the first one; no tab, no line end. */
static void add_text(hl__buf *b, const char *lang, const char *text, const char *key)
{
    for (; *text; text++) {
        if (*text == '{' || *text == '}')
            continue;
        bool is_key = text[1] == '}';
        char c = is_key && key ? *key : *text == '\t' || *text == '\n' || *text == '\r' ? ' ' : *text;
        if (is_key && key_word(lang, c))
            hl__buf_str(b, key_word(lang, c));
        else
            hl__buf_char(b, c);
    }
}

static void add_line(hl__buf *b, const char *lang, const char *name, const char *text, const char *key)
{
    hl__buf_str(b, lang);
    hl__buf_char(b, '\t');
    hl__buf_str(b, name);
    hl__buf_char(b, '\t');
    add_text(b, lang, text ? text : "", key);
    hl__buf_char(b, '\n');
}

/* One prompt of the configuration in one language; in another one rather than nothing. */
static void add_prompt(hl__buf *b, const char *lang, const char *name, const hl__json *words)
{
    const hl__json *j = hl__json_get(words, lang);
    void *it = hl__json_iter(words);
    const char *clip;

    if (!j && it) {
        lang = hl__json_iter_key(it);
        j = hl__json_iter_value(it);
    }
    clip = hl__json_text(hl__json_get(j, "clip")); /* a file below prompts/, else one of the prompt's own name */
    add_line(b, lang, clip ? clip : name, hl__json_text(hl__json_get(j, "text")), NULL);
}

int hl__builtin_line(hl__flows *fl, const char *lang, const char *name, const char *key, hl__buf *b)
{
    const hl__json *own = hl__prompt_json(fl, name);

    if (own && !key) {
        add_prompt(b, lang, name, own);
        return 0;
    }
    for (size_t i = 0; i < HL__COUNT(builtin); i++)
        if (strcmp(builtin[i].name, name) == 0) {
            add_line(b, lang, name, is_zh(lang) ? builtin[i].zh : builtin[i].en, key);
            return 0;
        }
    return HL_ENOENT;
}

/* The readout's clips, one line each; a pause has no text. */
static int add_say(hl__flows *fl, const hl_say *what, hl__buf *b)
{
    hl__buf *names = &fl->scratch;
    char name[64];
    int r;

    hl__buf_clear(names);
    if ((r = hl__say_clips(what, names, &fl->trouble)) < 0)
        return r;
    for (const char *p = names->data; p && *p;) {
        size_t len = strcspn(p, " ");
        if (len > 0 && len < sizeof(name)) {
            memcpy(name, p, len);
            name[len] = 0;
            add_line(b, what->lang, name, hl__clip_text(what->lang, name), NULL);
        }
        p += len + (p[len] == ' ');
    }
    return 0;
}

/* The form in which a readout takes a value. */
static void say_value(hl__flows *fl, const hl__val *v, int kind, hl__buf *b)
{
    hl_local l = HL_LOCAL_INIT;

    if (v->kind == HL__V_DURATION) {
        hl__buf_int(b, v->u.i / HL__SECOND);
    } else if (v->kind == HL__V_TIMESTAMP && fl->cal && fl->eval.tz &&
               hl__zone_local(fl->cal, fl->eval.tz, v->u.i, &l) == 0) {
        if (kind == HL_SAY_TIME)
            hl__buf_fmt(b, "%02d:%02d", l.hour, l.minute);
        else
            hl__buf_fmt(b, "%04d-%02d-%02d", l.year, l.month, l.day);
    } else {
        hl__val_text(b, v);
        if (v->kind == HL__V_TIME && b->len > 5)
            b->data[b->len = 5] = 0;
    }
}

static int add_value(hl__flows *fl, run *r, const part *p, hl__buf *b)
{
    hl_say what = p->say;
    hl__buf value;
    hl__val v;
    int res;

    if ((res = hl__run_eval(fl, r, &p->v, &v)) < 0)
        return res;
    hl__buf_init(&value, fl->core->mem);
    say_value(fl, &v, what.kind, &value);
    what.lang = r->lang;
    what.value = value.data ? value.data : "";
    res = value.failed ? HL_ENOMEM : add_say(fl, &what, b);
    hl__buf_free(&value);
    return res;
}

static void add_spoken(hl__buf *b, const char *lang, const part *p)
{
    const char *text = hl__json_text(hl__json_get(hl__json_get(p->json, "t"), lang));
    char name[24] = "t_", hex[20];
    uint64_t hash;

    if (!text)
        return;
    hash = hl__fnv(0, text, strlen(text));
    hl__hex((const uint8_t *)&hash, 8, hex);
    hl__copy(name + 2, sizeof(name) - 2, hex);
    add_line(b, lang, name, text, NULL);
}

int hl__prompt_lines(hl__flows *fl, run *r, const prompt *p, hl__buf *b)
{
    int res = 0;

    for (uint32_t i = 0; i < p->n && res == 0; i++) {
        const part *one = &p->list[i];
        const hl__json *j = one->kind == PART_CLIP ? hl__prompt_json(fl, one->name) : NULL;
        if (one->kind == PART_SAY)
            res = add_value(fl, r, one, b);
        else if (one->kind == PART_TEXT)
            add_spoken(b, r->lang, one);
        else if (one->kind == PART_PAUSE)
            hl__buf_fmt(b, "%s\t_%d\t\n", r->lang, one->say.group);
        else if (j)
            add_prompt(b, r->lang, one->name, j);
        else if (hl__builtin_line(fl, r->lang, one->name, NULL, b) < 0)
            add_line(b, r->lang, one->name, "", NULL); /* a recording of that name may be there all the same */
    }
    return b->failed ? HL_ENOMEM : res;
}

/* Place and wait. */

static int say_number(hl__flows *fl, const char *lang, int kind, int64_t n, hl__buf *b)
{
    char text[24];
    hl_say what = HL_SAY_INIT;
    hl__buf out = { .mem = fl->core->mem, .data = text, .room = sizeof(text) };

    hl__buf_int(&out, n);
    what.kind = kind;
    what.lang = lang;
    what.unit = kind == HL_SAY_COUNT ? "person" : NULL;
    what.value = text;
    return add_say(fl, &what, b);
}

static int wait_lines(hl__flows *fl, const char *lang, int64_t p50_ms, int64_t p80_ms, hl__buf *b)
{
    int64_t low = (p50_ms + 30000) / 60000, high = (p80_ms + 59999) / 60000;
    int r;

    if (high > 60)
        return hl__builtin_line(fl, lang, "queue_wait_long", NULL, b);
    if (high <= 1 && p80_ms < 60000)
        return hl__builtin_line(fl, lang, "queue_wait_short", NULL, b);
    low = low < 1 ? 1 : low;
    if ((r = hl__builtin_line(fl, lang, "queue_wait", NULL, b)) < 0)
        return r;
    if (low < high && ((r = say_number(fl, lang, HL_SAY_NUMBER, low, b)) < 0 ||
                       (r = hl__builtin_line(fl, lang, "queue_wait_to", NULL, b)) < 0))
        return r;
    return say_number(fl, lang, HL_SAY_DURATION, high * 60, b);
}

int hl__announce_lines(hl__flows *fl, run *r, hl__buf *b)
{
    const node *n = hl__run_node(r);
    int res = 0;

    if (n->says_place && r->place == 1)
        res = hl__builtin_line(fl, r->lang, "queue_next", NULL, b);
    else if (n->says_place && r->place > 1 &&
             (res = hl__builtin_line(fl, r->lang, "queue_ahead", NULL, b)) == 0 &&
             (res = say_number(fl, r->lang, HL_SAY_COUNT, r->place - 1, b)) >= 0)
        res = hl__builtin_line(fl, r->lang, "queue_ahead_end", NULL, b);
    if (res >= 0 && n->says_wait && r->p80_ms > 0)
        res = wait_lines(fl, r->lang, r->p50_ms, r->p80_ms, b);
    return b->failed ? HL_ENOMEM : res < 0 ? res : 0;
}

/* Everything that may be said, so that it can be rendered before somebody calls. */

typedef struct lister { hl__flows *fl; hl__buf *b; } lister;

static void list_readout(lister *l, const char *lang, int kind)
{
    hl_clip row = HL_CLIP_INIT;

    while (hl__clip_next(lang, kind, &row) > 0)
        add_line(l->b, lang, row.name, row.text, NULL);
}

static void list_prompt(lister *l, const graph *g, const prompt *p)
{
    for (uint32_t i = 0; i < p->n; i++)
        for (uint32_t k = 0; k < g->n_langs; k++) {
            const part *one = &p->list[i];
            const hl__json *j = one->kind == PART_CLIP ? hl__prompt_json(l->fl, one->name) : NULL;
            if (one->kind == PART_TEXT)
                add_spoken(l->b, g->langs[k], one);
            else if (one->kind == PART_SAY)
                list_readout(l, g->langs[k], one->say.kind);
            else if (j)
                add_prompt(l->b, g->langs[k], one->name, j);
            else if (one->kind == PART_CLIP)
                (void)hl__builtin_line(l->fl, g->langs[k], one->name, NULL, l->b); /* not there: nothing to render */
        }
}

static void list_queue(lister *l, const graph *g, const node *n)
{
    for (uint32_t k = 0; k < g->n_langs; k++) {
        for (size_t i = 0; i + 1 < HL__COUNT(builtin) && (n->says_place || n->says_wait); i++)
            (void)hl__builtin_line(l->fl, g->langs[k], builtin[i].name, NULL, l->b); /* it is there */
        if (n->says_place)
            list_readout(l, g->langs[k], HL_SAY_COUNT);
        if (n->says_wait) {
            list_readout(l, g->langs[k], HL_SAY_NUMBER);
            list_readout(l, g->langs[k], HL_SAY_DURATION);
        }
        if (n->offer_ms)
            (void)hl__builtin_line(l->fl, g->langs[k], "queue_callback", hl__callback_key(n), l->b);
    }
}

static void list_graph(lister *l, const graph *g)
{
    for (uint32_t i = 0; i < g->n; i++) {
        const node *n = &g->node[i];
        list_prompt(l, g, &n->prompt);
        list_prompt(l, g, &n->extra);
        for (uint32_t k = 0; k < n->no_inputs; k++)
            list_prompt(l, g, &n->no_input[k]);
        for (uint32_t k = 0; k < n->no_matches; k++)
            list_prompt(l, g, &n->no_match[k]);
        if (n->kind == N_QUEUE)
            list_queue(l, g, n);
    }
}

/* The same line twice is written once: the lines' own text is the key. */
static int unique(hl__flows *fl, hl__buf *all, hl__buf *out)
{
    hl__names seen;
    int r = all->failed ? HL_ENOMEM : 0;

    hl__names_init(&seen, fl->core->mem);
    for (char *line = all->data, *end; r == 0 && line && *line; line = end + 1) {
        if (!(end = strchr(line, '\n')))
            break;
        *end = 0;
        if (hl__names_get(&seen, line))
            continue;
        r = hl__names_put(&seen, line, line);
        hl__buf_str(out, line);
        hl__buf_char(out, '\n');
    }
    hl__names_free(&seen);
    return r < 0 ? r : out->failed ? HL_ENOMEM : 0;
}

int hl__flow_clips(hl__flows *fl, hl__buf *out)
{
    hl__buf all;
    lister l = { .fl = fl, .b = &all };
    const version *v;
    uint32_t pos = 0;
    int r;

    hl__buf_init(&all, fl->core->mem);
    while ((v = hl__map_at(&fl->versions, &pos)))
        if (v->aliases > 0)
            list_graph(&l, v->g);
    r = unique(fl, &all, out);
    hl__buf_free(&all);
    return r;
}
