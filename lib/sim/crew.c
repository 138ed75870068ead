/* crew.c - "agents" of a scenario: groups that work alike, of the settings by name or brought along by number. */
#include "sim/scenario.h"
#include <stdio.h>
#include <string.h>

enum { CREWS_MOST = 1000, AGENTS_MOST = 100000, SHIFTS_MOST = 200 };

/* "08:30", up to "24:00"; -1: none of it. */
static int64_t time_of_day(const char *text)
{
    int hour = -1, minute = -1;
    char tail = 0;

    if (!text || strlen(text) != 5 || sscanf(text, "%2d:%2d%c", &hour, &minute, &tail) != 2 || hour < 0 || minute < 0 ||
        minute > 59 || hour * 60 + minute > 24 * 60)
        return -1;
    return (hour * 60 + minute) * INT64_C(60000);
}

static int64_t read_time(const hl__jcheck *c, const char *key)
{
    const char *text = hl__jtext(c, key, 16, NULL);
    hl__place at = { c->at, key, 0 };
    int64_t ms = time_of_day(text);

    if (ms < 0)
        hl__error(c->f, c->code, &at, "\"%s\" is not within the day; a time is written 08:30, the end of the day 24:00",
                  text ? text : "");
    return ms;
}

static uint32_t read_days(const hl__jcheck *c)
{
    const hl__json *list = hl__jlist(c, "weekdays");
    hl__place at = { c->at, "weekdays", 0 };
    uint32_t days = 0;

    for (size_t i = 0; list && i < hl__json_size(list); i++) {
        const hl__json *v = hl__json_at(list, i);
        hl__place item = { &at, NULL, i };
        if (hl__json_type(v) != HL__JINT || hl__json_int(v) < 1 || hl__json_int(v) > 7)
            hl__error(c->f, c->code, &item, "a weekday is a number from 1, Monday, to 7, Sunday");
        else
            days |= 1u << (hl__json_int(v) - 1);
    }
    return list ? days : 127;
}

static int read_shifts(const hl__jcheck *c, hl__crew *w)
{
    const hl__json *list = hl__jlist(c, "shifts");
    hl__place at = { c->at, "shifts", 0 };
    size_t n = hl__json_size(list);

    if (n > SHIFTS_MOST)
        hl__error(c->f, c->code, &at, "%zu shifts; at most %d are possible", n, SHIFTS_MOST);
    if (!list || n == 0 || n > SHIFTS_MOST)
        return 0;
    if (!(w->shift = hl__alloc_array(c->f->mem, n, sizeof(*w->shift))))
        return HL_ENOMEM;
    w->shifts = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        hl__place item = { &at, NULL, i };
        hl__jcheck in = { c->f, hl__json_at(list, i), &item, c->code };
        hl__shift *s = &w->shift[i];
        if (hl__json_type(in.j) != HL__JOBJECT) {
            hl__error(c->f, c->code, &item, "a shift is an object with from and to");
            continue;
        }
        hl__jknown(&in, "weekdays from to");
        s->days = read_days(&in);
        s->from_ms = read_time(&in, "from");
        s->to_ms = read_time(&in, "to");
        if (s->from_ms >= 0 && s->to_ms >= 0 && s->from_ms >= s->to_ms)
            hl__error(c->f, c->code, &item, "a shift ends after it began; one over midnight is two");
    }
    return 0;
}

static int read_names(hl_t *hl, const hl__jcheck *c, const hl__json *list, hl__crew *w)
{
    hl__place at = { c->at, "names", 0 };
    size_t n = hl__json_size(list);

    if (n == 0 || n > AGENTS_MOST) {
        hl__error(c->f, c->code, &at, "1 to %d names of agents are wanted", AGENTS_MOST);
        return 0;
    }
    if (!(w->agent = hl__alloc_array(c->f->mem, n, sizeof(*w->agent))))
        return HL_ENOMEM;
    w->agents = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        const char *name = hl__json_text(hl__json_at(list, i));
        hl__place item = { &at, NULL, i };
        w->agent[i] = name ? hl__acd_agent_find(hl->acd, name) : 0;
        if (!w->agent[i])
            hl__error(c->f, HL__SIM_NAME, &item, "there is no agent \"%s\"; \"count\" makes new ones",
                      name ? name : "");
    }
    return 0;
}

/* A skill that nobody of the settings has is asked for by nobody either; where nobody has any, all are welcome. */
static void check_skills(const hl_t *hl, const hl__jcheck *c)
{
    const hl__json *skills = hl__jobject(c, "skills");
    hl__place at = { c->at, "skills", 0 };

    for (void *it = hl__json_iter(skills); it; it = hl__json_iter_next(skills, it)) {
        const char *name = hl__json_iter_key(it), *known, *near = NULL;
        hl__place item = { &at, name, 0 };
        int best = 2 + (int)strlen(name) / 3, met = 0, d;
        for (uint32_t pos = 0; (known = hl__acd_skill_next(hl->acd, &pos)); met++)
            if ((d = hl__distance(known, name)) <= best) {
                best = d - 1;
                near = known;
            }
        if (met && (!near || strcmp(near, name) != 0))
            hl__error(c->f, HL__SIM_NAME, &item, "no queue asks for a skill \"%s\" and nobody has it%s%s%s", name,
                      near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    }
}

/* Who they are: names of the settings, or count of new ones with skills and queues. */
static int read_who(hl_t *hl, const hl__jcheck *c, hl__crew *w)
{
    const hl__json *names = hl__jlist(c, "names");
    hl__place queues = { c->at, "queues", 0 };

    if (names && (hl__json_get(c->j, "count") || hl__json_get(c->j, "skills") || hl__json_get(c->j, "queues") ||
                  hl__json_get(c->j, "name") || hl__json_get(c->j, "capacity")))
        hl__error(c->f, c->code, c->at, "agents by names have their skills and queues from the settings");
    if (names)
        return read_names(hl, c, names, w);
    check_skills(hl, c);
    w->agents = (uint32_t)hl__jint(c, "count", 1, AGENTS_MOST, 1);
    if (!hl__json_get(c->j, "count"))
        hl__error(c->f, c->code, c->at, "either names or a count of agents is wanted");
    if (!hl__jobject(c, "queues"))
        hl__error(c->f, c->code, &queues, "in which queues do they work? An object by queue, as in the settings");
    return 0;
}

static int read_crew(hl_t *hl, const hl__jcheck *c, hl__crew *w)
{
    hl__place aux = { c->at, "aux", 0 };
    hl__jcheck in = { c->f, hl__jobject(c, "aux"), &aux, c->code };
    int r;

    hl__jknown(c, "name names count skills queues capacity shifts aux answer no_answer reject notice_ms");
    if ((r = read_who(hl, c, w)) < 0 || (r = read_shifts(c, w)) < 0)
        return r;
    w->no_answer = hl__jreal(c, "no_answer", 0, 1, 0);
    w->reject = hl__jreal(c, "reject", 0, 1, 0);
    w->notice_ms = hl__jint(c, "notice_ms", 0, HL__DAY_MS, 60000);
    if (w->no_answer + w->reject > 1)
        hl__error(c->f, c->code, c->at, "no_answer and reject are shares of the same offers: at most 1 together");
    if ((r = hl__dist_read(c->f->mem, c, "answer", "", &w->answer)) < 0 || !in.j)
        return r;
    hl__jknown(&in, "per_hour law");
    w->aux_per_hour = hl__jreal(&in, "per_hour", 0, 3600, 0);
    return hl__dist_read(c->f->mem, &in, "law", "", &w->aux);
}

int hl__crews_read(hl_t *hl, const hl__jcheck *c, hl__scenario *s)
{
    const hl__json *list = hl__jlist(c, "agents");
    hl__place at = { c->at, "agents", 0 };
    size_t n = hl__json_size(list);
    int r = 0;

    if (n > CREWS_MOST)
        hl__error(c->f, c->code, &at, "%zu groups of agents; at most %d are possible", n, CREWS_MOST);
    if (!list || n == 0 || n > CREWS_MOST)
        return 0;
    if (!(s->crew = hl__alloc_array(s->mem, n, sizeof(*s->crew))))
        return HL_ENOMEM;
    s->crews = (uint32_t)n;
    for (uint32_t i = 0; i < n && r >= 0; i++) {
        hl__place item = { &at, NULL, i };
        hl__jcheck in = { c->f, hl__json_at(list, i), &item, c->code };
        if (hl__json_type(in.j) != HL__JOBJECT)
            hl__error(c->f, c->code, &item, "a group of agents is an object with names or count");
        else
            r = read_crew(hl, &in, &s->crew[i]);
    }
    return r;
}

static int add_member(const hl__jcheck *c, const char *key, hl__buf *out)
{
    const hl__json *j = hl__json_get(c->j, key);
    hl__buf text;
    int r;

    if (!j)
        return 0;
    hl__buf_init(&text, c->f->mem);
    r = hl__json_canonical(&text, j);
    hl__buf_fmt(out, ",\"%s\":%s", key, text.data ? text.data : "null");
    hl__buf_free(&text);
    return r < 0 || out->failed ? HL_ENOMEM : 0;
}

static int crew_text(const hl__jcheck *c, const char *name, uint32_t agents, hl__buf *doc)
{
    hl__buf rest;
    int r = 0;

    hl__buf_init(&rest, c->f->mem);
    hl__buf_str(&rest, "{\"title\":\"simulated\"");
    if ((r = add_member(c, "skills", &rest)) == 0 && (r = add_member(c, "queues", &rest)) == 0)
        r = add_member(c, "capacity", &rest);
    hl__buf_char(&rest, '}');
    hl__buf_clear(doc);
    hl__buf_str(doc, "{\"hotline\":1,\"agents\":{");
    for (uint32_t i = 0; i < agents && r == 0; i++)
        hl__buf_fmt(doc, "%s\"%s-%u\":%s", i ? "," : "", name, i + 1, rest.data);
    hl__buf_str(doc, "}}");
    r = r == 0 && !rest.failed && !doc->failed ? 0 : HL_ENOMEM;
    hl__buf_free(&rest);
    return r;
}

/* What the settings refuse about them is told where the scenario says it. */
static int load(hl_t *hl, const hl__jcheck *c, const hl__buf *doc)
{
    hl__findings f;
    int r;

    hl__findings_init(&f, &hl->mem);
    r = hl__load(hl, doc->data, doc->len, &f);
    for (uint32_t i = 0; i < f.count && f.errors; i++) {
        const hl__finding *one = hl__findings_at(&f, i);
        const char *rest = one->pointer ? strchr(one->pointer + 1, '/') : NULL;
        rest = rest ? strchr(rest + 1, '/') : NULL;
        if (one->level != 1)
            continue;
        hl__error(c->f, HL__SIM_NAME, c->at, "%s%s%s", rest ? rest + 1 : "", rest ? ": " : "", one->text);
        break; /* the others say the same of the next agent */
    }
    hl__findings_free(&f);
    return r == HL_ENOMEM ? r : 0;
}

static int make_crew(hl_t *hl, const hl__jcheck *c, uint32_t number, hl__crew *w)
{
    const char *given = hl__jtext(c, "name", 60, NULL);
    char name[80], one[96];
    hl__buf doc;
    int r;

    if (given)
        hl__copy(name, sizeof(name), given);
    else
        (void)snprintf(name, sizeof(name), "sim%u", number + 1);
    if (strpbrk(name, "\"\\/")) {
        hl__error(c->f, c->code, c->at, "a name has no quotes and no strokes");
        return 0;
    }
    if (!(w->agent = hl__alloc_array(c->f->mem, w->agents, sizeof(*w->agent))))
        return HL_ENOMEM;
    hl__buf_init(&doc, c->f->mem);
    if ((r = crew_text(c, name, w->agents, &doc)) == 0)
        r = load(hl, c, &doc);
    hl__buf_free(&doc);
    for (uint32_t i = 0; i < w->agents && r == 0; i++) {
        (void)snprintf(one, sizeof(one), "%s-%u", name, i + 1);
        w->agent[i] = hl__acd_agent_find(hl->acd, one);
    }
    return r;
}

int hl__crews_make(hl_t *hl, const hl__jcheck *c, hl__scenario *s)
{
    const hl__json *list = hl__json_get(c->j, "agents");
    hl__place at = { c->at, "agents", 0 };
    int r = 0;

    for (uint32_t i = 0; i < s->crews && r >= 0; i++) {
        hl__place item = { &at, NULL, i };
        hl__jcheck in = { c->f, hl__json_at(list, i), &item, c->code };
        if (!s->crew[i].agent)
            r = make_crew(hl, &in, i, &s->crew[i]);
    }
    return r < 0 ? r : 0;
}
