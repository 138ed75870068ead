/* need.c - requirements: the names they may read, compiling them, asking them of a profile. */
#include "acd/inner.h"
#include <string.h>

/* The names of every requirement: skill.NAME, 0 for who lacks it, the membership's tier, agent.NAME, contact.NAME. */
int hl__scope_build(hl__mem *mem, const char *const *skills, uint32_t n, const hl__fields *const fields[2],
                    hl__scope **out)
{
    static const char *const object[] = { "agent", "contact" };
    hl__scope *s = NULL;
    hl__json *types = NULL;
    hl__findings f;
    hl__buf b;
    int r;

    hl__buf_init(&b, mem);
    hl__findings_init(&f, mem);
    hl__buf_str(&b, "{\"tier\":\"int\"");
    if (n > 0)
        hl__buf_str(&b, ",\"skill\":{\"fields\":{");
    for (uint32_t i = 0; i < n; i++) {
        hl__buf_str(&b, i ? "," : "");
        hl__buf_json(&b, skills[i]);
        hl__buf_str(&b, ":\"int\"");
    }
    hl__buf_str(&b, n > 0 ? "}}" : "");
    for (int i = 0; i < 2; i++)
        if (fields[i]->text.len)
            hl__buf_fmt(&b, ",\"%s\":{\"fields\":{%s}}", object[i], fields[i]->text.data);
    hl__buf_char(&b, '}');
    if ((r = hl__scope_new(mem, &s)) < 0)
        goto out;
    r = HL_ENOMEM;
    if (b.failed || !(types = hl__json_read(b.data, b.len, NULL)))
        goto out;
    if ((r = hl__scope_add_all(s, types, &f, NULL)) < 0)
        goto out;
    *out = s;
    s = NULL;
    r = 0;
out:
    hl__scope_free(s);
    hl__json_free(types);
    hl__findings_free(&f);
    hl__buf_free(&b);
    return r == HL_EPARSE ? HL_ENOMEM : r; /* the text is our own: only memory can be short */
}

int hl__skill_get(hl__acd *acd, const char *name)
{
    char **known = hl__names_get(&acd->skill_names, name);
    char *copy;

    for (uint32_t i = 0; known && i < acd->skill_n; i++)
        if (strcmp(acd->skill[i], name) == 0)
            return (int)i;
    if (acd->skill_n >= HL__SKILLS_MAX)
        return hl__fail(acd->core->err, HL_ELIMIT, "more than %d different skills", HL__SKILLS_MAX);
    if (hl__grow(acd->core->mem, &acd->skill, &acd->skill_room, acd->skill_n, sizeof(*acd->skill)) < 0)
        return HL_ENOMEM;
    if (!(copy = hl__strdup(acd->core->mem, name)))
        return HL_ENOMEM;
    if (hl__names_put(&acd->skill_names, copy, copy) < 0) {
        hl__free(acd->core->mem, copy);
        return HL_ENOMEM;
    }
    acd->skill[acd->skill_n] = copy;
    return (int)acd->skill_n++;
}

/* {"zh": 3, "water": 1}: at least so much of each; ["zh"]: some of each. Anything else is an expression already. */
int hl__need_text(const char *need, hl__buf *out)
{
    hl__json *j;
    const char *glue = "";

    if (need[0] != '{' && need[0] != '[') {
        hl__buf_str(out, need);
        return out->failed ? HL_ENOMEM : 0;
    }
    if (!(j = hl__json_read(need, strlen(need), NULL)))
        return HL_EPARSE;
    for (size_t i = 0; hl__json_type(j) == HL__JLIST && i < hl__json_size(j); i++) {
        const char *name = hl__json_text(hl__json_at(j, i));
        hl__buf_fmt(out, "%sskill.%s >= 1", glue, name ? name : "?");
        glue = " && ";
    }
    for (void *it = hl__json_iter(j); it; it = hl__json_iter_next(j, it)) {
        hl__buf_fmt(out, "%sskill.%s >= %lld", glue, hl__json_iter_key(it),
                    (long long)hl__json_int(hl__json_iter_value(it)));
        glue = " && ";
    }
    hl__json_free(j);
    return out->failed ? HL_ENOMEM : 0;
}

int hl__need_compile(hl__acd *acd, const char *need, hl__expr **out)
{
    hl__findings f;
    hl__expr_in in = { .text = need, .len = strlen(need), .want = &hl__types[HL__V_BOOL], .f = &f };
    int r;

    hl__findings_init(&f, acd->core->mem);
    r = hl__expr_new(acd->scope, &in, out);
    if (r == HL_EPARSE)
        r = hl__fail(acd->core->err, r, "need \"%.200s\": %s", need, f.count ? f.list[0].text : "not an expression");
    hl__findings_free(&f);
    return r;
}

static int compile(hl__acd *acd, const char *need, hl__expr **out)
{
    hl__err *err = acd->core->err;
    int r;

    hl__expr_free(*out);
    *out = NULL;
    if (!need || need[0] == 0)
        return 0;
    acd->core->err = NULL; /* words belong to the command, which is another one */
    r = hl__need_compile(acd, need, out);
    acd->core->err = err;
    return r == HL_EPARSE ? 0 : r; /* a skill nobody ever had: no match */
}

/* The names there are now. */
static int scope_now(hl__acd *acd, hl__scope **out)
{
    hl__fields agent, contact;
    const hl__fields *const fields[2] = { &agent, &contact };
    int r = 0;

    hl__fields_init(&agent, acd->core->mem);
    hl__fields_init(&contact, acd->core->mem);
    for (hl__node *n = acd->agents_by_id.first; n && r == 0; n = hl__tree_next(n))
        r = hl__fields_add(&agent, HL__OF(hl__agent, by_id, n)->conf->data, false);
    for (uint32_t i = 0; i < acd->queue_n && r == 0; i++)
        r = hl__fields_add(&contact, acd->queue[i]->conf->data, true);
    if (r == 0)
        r = hl__scope_build(acd->core->mem, (const char *const *)acd->skill, acd->skill_n, fields, out);
    hl__fields_free(&agent);
    hl__fields_free(&contact);
    return r;
}

int hl__needs_compile(hl__acd *acd)
{
    hl__scope *scope = NULL;
    hl__val *val = hl__alloc_array(acd->core->mem, acd->skill_n + 1, sizeof(*val));
    int r = 0;

    if (!val)
        return HL_ENOMEM;
    if ((r = scope_now(acd, &scope)) < 0) {
        hl__free(acd->core->mem, val);
        return r;
    }
    hl__free(acd->core->mem, acd->skill_val);
    acd->skill_val = val;
    /* Expressions must not outlive their scope: all of them go before it does. */
    for (uint32_t i = 0; i < acd->queue_n; i++) {
        hl__expr_free(acd->queue[i]->need);
        acd->queue[i]->need = NULL;
        for (uint32_t k = 0; k < HL__STEPS; k++) {
            hl__expr_free(acd->queue[i]->step_need[k]);
            acd->queue[i]->step_need[k] = NULL;
        }
    }
    for (uint32_t i = 0; i < acd->class_n; i++)
        if (acd->class[i]) {
            hl__expr_free(acd->class[i]->expr);
            acd->class[i]->expr = NULL;
        }
    hl__scope_free(acd->scope);
    acd->scope = scope;
    for (uint32_t i = 0; i < acd->queue_n && r == 0; i++) {
        hl__queue *q = acd->queue[i];
        r = compile(acd, q->conf->need, &q->need);
        for (uint32_t k = 0; k < q->conf->steps && r == 0; k++)
            r = compile(acd, q->conf->step[k].need, &q->step_need[k]);
    }
    for (uint32_t i = 0; i < acd->class_n && r == 0; i++)
        if (acd->class[i] && (r = compile(acd, acd->class[i]->need, &acd->class[i]->expr)) == 0)
            r = hl__data_bind(acd, "contact", &acd->class[i]->data);
    return r;
}

/* tier, skill, agent, contact, in the order of the scope; the last three if there are such names. */
enum { SLOTS = 4 };

static void object(const hl__acd *acd, const char *name, const hl__data *d, hl__val slots[SLOTS])
{
    int at = hl__scope_find(acd->scope, name, strlen(name));

    if (at >= 0)
        slots[at] = (hl__val){ .kind = HL__V_OBJECT, .len = d->n, .u.list = d->value };
}

/* The values of one class and one profile. */
static void values(hl__acd *acd, const hl__class *k, const hl__profile *p, int32_t tier, hl__val slots[SLOTS])
{
    const hl__type *type;
    int skill = hl__scope_find(acd->scope, "skill", 5), at = hl__scope_find(acd->scope, "tier", 4);

    for (int i = 0; i < SLOTS; i++)
        slots[i] = (hl__val){ .kind = HL__V_NONE };
    if (at >= 0)
        slots[at] = (hl__val){ .kind = HL__V_INT, .u.i = tier };
    object(acd, "agent", &p->data, slots);
    object(acd, "contact", &k->data, slots);
    if (skill < 0)
        return;
    type = hl__scope_at(acd->scope, (uint32_t)skill)->type;
    for (uint32_t i = 0; i < type->n; i++)
        acd->skill_val[i] = (hl__val){ .kind = HL__V_INT };
    for (uint32_t i = 0; i < p->levels; i++)
        if (p->level[i].skill < type->n)
            acd->skill_val[p->level[i].skill].u.i = p->level[i].level;
    slots[skill] = (hl__val){ .kind = HL__V_OBJECT, .len = type->n, .u.list = acd->skill_val };
}

static bool holds(hl__acd *acd, const char *text, const hl__expr *e, const hl__val *slots)
{
    hl__val v;

    if (!text || text[0] == 0)
        return true;
    if (!e)
        return false;
    acd->eval->slots = slots;
    acd->eval->now = acd->core->now;
    acd->eval->cal = acd->cal;
    acd->eval->used = 0;
    return hl__expr_eval(e, acd->eval, &v) == 0 && v.kind == HL__V_BOOL && v.u.i;
}

/* Skills in the names an expression reads, "skill.zh tier", added to the class's. */
static int add_named(hl__acd *acd, hl__class *k, const hl__expr *e)
{
    const char *at = e ? hl__expr_reads(e) : NULL;
    uint32_t room = k->named_n;

    while (at && *at) {
        size_t len = strcspn(at, " ");
        for (uint32_t i = 0; len > 6 && strncmp(at, "skill.", 6) == 0 && i < acd->skill_n; i++) {
            bool is_known = strlen(acd->skill[i]) != len - 6 || memcmp(acd->skill[i], at + 6, len - 6) != 0;
            for (uint32_t n = 0; n < k->named_n; n++)
                is_known |= k->named[n] == i;
            if (is_known)
                continue;
            if (hl__grow(acd->core->mem, &k->named, &room, k->named_n, sizeof(*k->named)) < 0)
                return HL_ENOMEM;
            k->named[k->named_n++] = i;
        }
        at += len + strspn(at + len, " ");
    }
    return 0;
}

int hl__class_names(hl__acd *acd, hl__class *k)
{
    const hl__qconf *conf = k->queue->conf;
    int r = 0;

    hl__free(acd->core->mem, k->named);
    k->named = NULL;
    k->named_n = 0;
    if (conf->pick != HL__PICK_best_skill)
        return 0;
    if ((r = add_named(acd, k, k->expr)) == 0)
        r = add_named(acd, k, k->queue->need);
    for (uint32_t i = 0; i < k->step && i < conf->steps && r == 0; i++)
        r = add_named(acd, k, k->queue->step_need[i]);
    return r;
}

/* Up to which tier members may, after so many steps: without a step that opens tiers, all of them. */
static int32_t open_tier(const hl__qconf *conf, uint32_t steps)
{
    int32_t open = INT32_MAX;

    for (uint32_t i = 0; i < conf->steps; i++)
        if (conf->step[i].tiers >= 0)
            open = 0;
    for (uint32_t i = 0; i < steps && i < conf->steps; i++)
        if (conf->step[i].tiers > open)
            open = conf->step[i].tiers;
    return open;
}

static bool lends(const hl__acd *acd, const hl__step *s, hl_id queue)
{
    for (uint32_t i = 0; i < s->alsos; i++) {
        const hl__queue *q = hl__names_get(&acd->queue_names, s->also[i]);
        if (q && q->id == queue)
            return true;
    }
    return false;
}

/* Is the door open, after so many steps, to him who comes by membership m? */
static bool opens(const hl__acd *acd, const hl__class *k, const hl__member *m, uint32_t steps)
{
    const hl__qconf *conf = k->queue->conf;

    if (m->queue == k->queue->id)
        return m->tier <= open_tier(conf, steps);
    for (uint32_t i = 0; i < steps; i++)
        if (lends(acd, &conf->step[i], m->queue))
            return true;
    return false;
}

/* May such an agent have such a contact? A step's need stands in place of the queue's, unless the step says none and
 * opens doors alone; steps only widen. */
static bool admits(hl__acd *acd, const hl__class *k, const hl__profile *p)
{
    const hl__member *m = hl__member_for(acd, k, p);
    const hl__qconf *conf = k->queue->conf;
    hl__val slots[SLOTS];

    if (!m || p->cap[k->channel].max == 0)
        return false;
    values(acd, k, p, m->tier, slots);
    if (!holds(acd, k->need, k->expr, slots))
        return false;
    for (uint32_t i = 0; i <= k->step && i <= conf->steps; i++) {
        const hl__step *s = i > 0 ? &conf->step[i - 1] : NULL;
        bool is_own = !s || (!s->has_need && (s->tiers >= 0 || s->alsos > 0));
        if (opens(acd, k, m, i) && (is_own ? holds(acd, conf->need, k->queue->need, slots)
                                    : holds(acd, s->need, k->queue->step_need[i - 1], slots)))
            return true;
    }
    return false;
}

const hl__member *hl__member_for(const hl__acd *acd, const hl__class *k, const hl__profile *p)
{
    const hl__member *m = hl__member_of(p, k->queue->id);
    const hl__qconf *conf = k->queue->conf;

    for (uint32_t i = 0; !m && i < k->step && i < conf->steps; i++)
        for (uint32_t n = 0; !m && n < conf->step[i].alsos; n++) {
            const hl__queue *q = hl__names_get(&acd->queue_names, conf->step[i].also[n]);
            m = q ? hl__member_of(p, q->id) : NULL;
        }
    return m;
}

int32_t hl__tier_of(const hl__class *k, const hl__member *m)
{
    return m->queue == k->queue->id ? m->tier : HL__TIER_LENT + m->tier;
}

static bool names_skill(const hl__expr *e)
{
    return e && strstr(hl__expr_reads(e), "skill.") != NULL;
}

/* The first thing that stands between them; the needs of the last step it has come to. */
int hl__why_unfit(hl__acd *acd, const hl__class *k, const hl__profile *p, const char **need)
{
    const hl__member *m = hl__member_for(acd, k, p);
    const hl__qconf *conf = k->queue->conf;
    uint32_t steps = k->step < conf->steps ? k->step : conf->steps;
    const hl__step *s = steps > 0 ? &conf->step[steps - 1] : NULL;
    const hl__expr *e = s && s->has_need ? k->queue->step_need[steps - 1] : k->queue->need;
    hl__val slots[SLOTS];

    *need = NULL;
    if (!m)
        return HL__UNFIT_MEMBER;
    if (!opens(acd, k, m, steps))
        return HL__UNFIT_TIER;
    values(acd, k, p, m->tier, slots);
    *need = s && s->has_need ? s->need : conf->need;
    if (!holds(acd, k->need, k->expr, slots)) {
        *need = k->need;
        e = k->expr;
    }
    return names_skill(e) ? HL__UNFIT_SKILL : HL__UNFIT_NEED;
}

static void put_bit(uint64_t *bits, uint32_t n, bool on)
{
    if (on)
        bits[n / 64] |= UINT64_C(1) << (n % 64);
    else
        bits[n / 64] &= ~(UINT64_C(1) << (n % 64));
}

static void fit_members(hl__acd *acd, hl__class *k, const hl__queue *q)
{
    for (uint32_t i = 0; i < q->profiles; i++) {
        const hl__profile *p = acd->profile[q->profile[i]];
        if (!p || !admits(acd, k, p))
            continue;
        put_bit(&acd->fit[(size_t)k->index * acd->profile_words], p->index, true);
        put_bit(&acd->fit_back[(size_t)p->index * acd->class_words], k->index, true);
    }
}

void hl__fit_class(hl__acd *acd, hl__class *k)
{
    uint64_t *row = &acd->fit[(size_t)k->index * acd->profile_words];
    const hl__qconf *conf = k->queue->conf;

    for (uint32_t w = 0; w < acd->profile_words; w++) {
        for (uint64_t bits = row[w]; bits; bits &= bits - 1)
            put_bit(&acd->fit_back[(w * 64 + (size_t)__builtin_ctzll(bits)) * acd->class_words], k->index, false);
        row[w] = 0;
    }
    fit_members(acd, k, k->queue);
    for (uint32_t i = 0; i < k->step && i < conf->steps; i++)
        for (uint32_t n = 0; n < conf->step[i].alsos; n++) {
            const hl__queue *q = hl__names_get(&acd->queue_names, conf->step[i].also[n]);
            if (q)
                fit_members(acd, k, q);
        }
    k->staff_seen = 0;
}

bool hl__fits(const hl__acd *acd, const hl__class *k, const hl__profile *p)
{
    return acd->fit[(size_t)k->index * acd->profile_words + p->index / 64] >> (p->index % 64) & 1;
}

/* Rows of one matrix in a wider one; NULL: out of memory. */
static uint64_t *widened(hl__mem *mem, const uint64_t *old, const uint32_t had[2], const uint32_t rows_words[2])
{
    uint64_t *m = hl__alloc_array(mem, (size_t)rows_words[0] * 64, rows_words[1] * sizeof(*m));

    for (size_t i = 0; m && old && i < (size_t)had[0] * 64; i++)
        memcpy(m + i * rows_words[1], old + i * had[1], had[1] * sizeof(*m));
    return m;
}

static uint32_t words_for(uint32_t words, uint32_t bits)
{
    while ((size_t)words * 64 < bits)
        words *= 2;
    return words;
}

/* A row of bits in a longer one; NULL: out of memory. */
static uint64_t *lengthened(hl__mem *mem, const uint64_t *old, uint32_t had, uint32_t words)
{
    uint64_t *row = hl__alloc_array(mem, words, sizeof(*row));

    if (row && old)
        memcpy(row, old, had * sizeof(*row));
    return row;
}

/* Bits for so many classes and profiles: all that grows is made before anything is replaced. */
int hl__fit_room(hl__acd *acd, uint32_t classes, uint32_t profiles)
{
    hl__mem *mem = acd->core->mem;
    uint32_t had[2] = { acd->class_words, acd->profile_words }, now[2] = { had[0] ? had[0] : 1, had[1] ? had[1] : 1 };
    uint64_t **place[4 + 3 * HL__CHANNELS] = { &acd->fit, &acd->fit_back, &acd->live }, *made[HL__COUNT(place)];
    size_t n = 3;
    bool is_short = false;

    now[0] = words_for(now[0], classes);
    now[1] = words_for(now[1], profiles);
    if (now[0] == had[0] && now[1] == had[1])
        return 0;
    made[0] = widened(mem, acd->fit, had, now);
    made[1] = widened(mem, acd->fit_back, (uint32_t[]){ had[1], had[0] }, (uint32_t[]){ now[1], now[0] });
    made[2] = lengthened(mem, acd->live, had[0], now[0]);
    for (int i = 0; i < HL__CHANNELS; i++) {
        place[n] = &acd->waiting[i];
        made[n++] = lengthened(mem, acd->waiting[i], had[0], now[0]);
        place[n] = &acd->parked[i];
        made[n++] = lengthened(mem, acd->parked[i], had[0], now[0]);
        place[n] = &acd->idle[i];
        made[n++] = lengthened(mem, acd->idle[i], had[1], now[1]);
    }
    for (size_t i = 0; i < n; i++)
        is_short |= !made[i];
    for (size_t i = 0; i < n; i++) {
        hl__free(mem, is_short ? made[i] : *place[i]);
        if (!is_short)
            *place[i] = made[i];
    }
    if (is_short)
        return HL_ENOMEM;
    acd->class_words = now[0];
    acd->profile_words = now[1];
    return 0;
}
