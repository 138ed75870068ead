/* ruleconf.c - of the section "queues": steps, reserve and overflow rules; names in them, circles. */
#include "acd/inner.h"
#include <string.h>

static int keep(hl__mem *mem, const char *text, char **out)
{
    if (!text || text[0] == 0)
        return 0;
    return (*out = hl__strdup(mem, text)) ? 0 : HL_ENOMEM;
}

static int read_also(hl__mem *mem, const hl__jcheck *c, hl__step *s)
{
    const hl__json *list = hl__jlist(c, "also");
    hl__place at = { c->at, "also", 0 };
    int r = 0;

    if (list && hl__json_size(list) > HL__ALSO)
        hl__error(c->f, 520, &at, "%zu queues; at most %d are possible", hl__json_size(list), HL__ALSO);
    for (size_t i = 0; list && i < hl__json_size(list) && i < HL__ALSO && r == 0; i++) {
        const char *name = hl__json_text(hl__json_at(list, i));
        hl__place item = { &at, NULL, i };
        if (!name || !name[0])
            hl__error(c->f, 520, &item, "the name of a queue is a text");
        else if ((r = keep(mem, name, &s->also[s->alsos])) == 0)
            s->alsos++;
    }
    return r;
}

static int read_step(hl__mem *mem, const hl__jcheck *c, hl__step *s)
{
    bool has_other = hl__json_get(c->j, "ewt_over_ms") || hl__json_get(c->j, "nobody");

    hl__jknown(c, "after_ms ewt_over_ms nobody need tiers also");
    s->after_ms = (int32_t)hl__jint(c, "after_ms", 0, 86400000, has_other ? -1 : 0);
    s->ewt_ms = (int32_t)hl__jint(c, "ewt_over_ms", 0, 86400000, -1);
    s->is_nobody = hl__jbool(c, "nobody", false);
    s->tiers = (int32_t)hl__jint(c, "tiers", 0, 1000, -1);
    s->has_need = hl__json_get(c->j, "need") != NULL;
    return keep(mem, hl__jtext(c, "need", HL__NEED_MAX, ""), &s->need) < 0 ? HL_ENOMEM : read_also(mem, c, s);
}

static int read_steps(hl__mem *mem, const hl__jcheck *c, hl__qconf *q)
{
    const hl__json *list = hl__jlist(c, "steps");
    hl__place at = { c->at, "steps", 0 };
    int32_t latest = 0;
    int r = 0;

    if (list && hl__json_size(list) > HL__STEPS)
        hl__error(c->f, 520, &at, "%zu steps; at most %d are possible", hl__json_size(list), HL__STEPS);
    for (size_t i = 0; list && i < hl__json_size(list) && i < HL__STEPS && r == 0; i++) {
        hl__place item = { &at, NULL, i };
        hl__jcheck in = { c->f, hl__json_at(list, i), &item, 520 };
        hl__step *s = &q->step[q->steps];
        if (hl__json_type(in.j) != HL__JOBJECT) {
            hl__error(c->f, 520, &item, "a step is an object with after_ms and need");
            continue;
        }
        q->steps++; /* what it holds is freed with it */
        r = read_step(mem, &in, s);
        if (s->after_ms >= 0 && s->after_ms < latest)
            hl__error(c->f, 520, &item, "a step begins no earlier than the one before");
        latest = s->after_ms > latest ? s->after_ms : latest;
    }
    return r;
}

static int read_reserve(hl__mem *mem, const hl__jcheck *c, hl__qconf *q)
{
    hl__place at = { c->at, "reserve", 0 };
    hl__jcheck in = { c->f, hl__jobject(c, "reserve"), &at, 520 };

    if (!in.j)
        return 0;
    hl__jknown(&in, "for idle until_ms");
    q->reserve_idle = (int32_t)hl__jint(&in, "idle", 1, 1000000, 1);
    q->reserve_ms = (int32_t)hl__jint(&in, "until_ms", 0, 86400000, 0);
    if (!hl__json_text(hl__json_get(in.j, "for")))
        hl__error(c->f, 520, &at, "a reserve says for which queue: {\"for\": \"vip\", \"idle\": 2}");
    return keep(mem, hl__jtext(&in, "for", 255, NULL), &q->reserve_for);
}

static int read_rule(hl__mem *mem, const hl__jcheck *c, hl__overflow *o)
{
    hl__jknown(c, "closed after_ms ewt_over_ms length_over nobody to");
    o->is_closed = hl__jbool(c, "closed", false);
    o->is_nobody = hl__jbool(c, "nobody", false);
    o->after_ms = (int32_t)hl__jint(c, "after_ms", 0, 86400000, -1);
    o->ewt_ms = (int32_t)hl__jint(c, "ewt_over_ms", 0, 86400000, -1);
    o->length = (int32_t)hl__jint(c, "length_over", 0, 1000000, -1);
    if (!o->is_closed && !o->is_nobody && o->after_ms < 0 && o->ewt_ms < 0 && o->length < 0)
        hl__error(c->f, 520, c->at, "a rule says when it holds: closed, after_ms, ewt_over_ms, length_over or nobody");
    return keep(mem, hl__jtext(c, "to", 255, NULL), &o->to);
}

static int read_overflow(hl__mem *mem, const hl__jcheck *c, hl__qconf *q)
{
    const hl__json *list = hl__jlist(c, "overflow");
    hl__place at = { c->at, "overflow", 0 };
    int r = 0;

    if (list && hl__json_size(list) > HL__RULES)
        hl__error(c->f, 520, &at, "%zu rules; at most %d are possible", hl__json_size(list), HL__RULES);
    for (size_t i = 0; list && i < hl__json_size(list) && i < HL__RULES && r == 0; i++) {
        hl__place item = { &at, NULL, i };
        hl__jcheck in = { c->f, hl__json_at(list, i), &item, 520 };
        if (hl__json_type(in.j) != HL__JOBJECT)
            hl__error(c->f, 520, &item, "a rule is an object with what must hold, and to");
        else
            r = read_rule(mem, &in, &q->overflow[q->rules++]);
    }
    return r;
}

int hl__queue_rules_read(hl__mem *mem, const hl__jcheck *c, hl__qconf *q)
{
    int r;

    if ((r = read_steps(mem, c, q)) < 0 || (r = read_reserve(mem, c, q)) < 0)
        return r;
    return read_overflow(mem, c, q);
}

void hl__queue_rules_free(hl__mem *mem, hl__qconf *q)
{
    for (uint32_t i = 0; i < HL__STEPS; i++) {
        hl__free(mem, q->step[i].need);
        for (uint32_t k = 0; k < HL__ALSO; k++)
            hl__free(mem, q->step[i].also[k]);
    }
    for (uint32_t i = 0; i < HL__RULES; i++)
        hl__free(mem, q->overflow[i].to);
    hl__free(mem, q->reserve_for);
}

static void check_name(const char *queue, const char *self, const hl__place *at, hl__findings *f, const hl__doc *doc)
{
    const char *near;

    if (!queue)
        return;
    if (strcmp(queue, self) == 0) {
        hl__error(f, 521, at, "\"%s\" is this queue itself", queue);
    } else if (!doc->object(doc->ctx, "queues", queue)) {
        near = doc->nearest ? doc->nearest(doc->ctx, "queues", queue) : NULL;
        hl__error(f, 521, at, "there is no queue \"%s\"%s%s%s", queue, near ? "; did you mean \"" : "",
                  near ? near : "", near ? "\"?" : "");
    }
}

/* Does one lead to the other by overflow rules? From queue to queue, each looked at once. */
static bool leads_to(hl__mem *mem, const char *from, const char *to, const hl__doc *doc, hl__findings *f)
{
    const char **seen = NULL;
    uint32_t n = 0, room = 0;
    bool found = false;

    if (hl__grow(mem, &seen, &room, n, sizeof(*seen)) < 0)
        f->no_memory = true;
    else
        seen[n++] = from;
    for (uint32_t at = 0; at < n && !found; at++) {
        const hl__json *rules = hl__json_get(doc->object(doc->ctx, "queues", seen[at]), "overflow");
        for (size_t i = 0; i < hl__json_size(rules) && hl__json_type(rules) == HL__JLIST; i++) {
            const char *next = hl__json_text(hl__json_get(hl__json_at(rules, i), "to"));
            bool is_new = next != NULL;
            for (uint32_t k = 0; k < n && is_new; k++)
                is_new = strcmp(seen[k], next) != 0;
            found |= next && strcmp(next, to) == 0;
            if (is_new && hl__grow(mem, &seen, &room, n, sizeof(*seen)) < 0)
                f->no_memory = true;
            else if (is_new)
                seen[n++] = next;
        }
    }
    hl__free(mem, seen);
    return found;
}

void hl__queue_rules_check(hl__acd *acd, const hl__qconf *q, const char *name, const hl__place *at, hl__findings *f,
                     const hl__doc *doc)
{
    hl__place steps = { at, "steps", 0 }, rules = { at, "overflow", 0 }, reserve = { at, "reserve", 0 };
    hl__place whose = { &reserve, "for", 0 };

    for (uint32_t i = 0; i < q->steps; i++) {
        hl__place item = { &steps, NULL, i }, list = { &item, "also", 0 };
        for (uint32_t k = 0; k < q->step[i].alsos; k++) {
            hl__place one = { &list, NULL, k };
            check_name(q->step[i].also[k], name, &one, f, doc);
        }
    }
    for (uint32_t i = 0; i < q->rules; i++) {
        hl__place item = { &rules, NULL, i }, to = { &item, "to", 0 };
        check_name(q->overflow[i].to, name, &to, f, doc);
        if (q->overflow[i].to && strcmp(q->overflow[i].to, name) != 0 &&
            leads_to(acd->core->mem, q->overflow[i].to, name, doc, f))
            hl__error(f, 521, &to, "\"%s\" leads back to \"%s\": a circle", q->overflow[i].to, name);
    }
    check_name(q->reserve_for, name, &whose, f, doc);
}
