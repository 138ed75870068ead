/* nodes.c - the fields of each kind of node, read and checked. Exits are compile.c's. */
#include "flow/graph.h"
#include <string.h>

/* Where a field is taken from: the node, else `defaults` of its kind. */
static hl__jcheck from(checker *c, const node *n, const hl__place *at, const char *key)
{
    hl__json *defaults = hl__json_get(hl__json_get(c->g->json, "defaults"), hl__flow_kinds[n->kind].word);
    const hl__json *j = hl__json_get(n->json, key) || !hl__json_get(defaults, key) ? n->json : defaults;

    return (hl__jcheck){ c->f, j, at, CODE_E + 20 };
}

static int64_t number(checker *c, const node *n, const hl__place *at, const char *key, const int64_t range[3])
{
    hl__jcheck jc = from(c, n, at, key);

    return hl__jint(&jc, key, range[0], range[1], range[2]);
}

static bool yes(checker *c, const node *n, const hl__place *at, const char *key, bool otherwise)
{
    hl__jcheck jc = from(c, n, at, key);

    return hl__jbool(&jc, key, otherwise);
}

static const char *text(checker *c, const node *n, const hl__place *at, const char *key, const char *otherwise)
{
    hl__jcheck jc = from(c, n, at, key);

    return hl__jtext(&jc, key, 255, otherwise);
}

static void prompt_of(checker *c, node *n, const hl__place *at, const char *key, prompt *out)
{
    hl__place here = { at, key, 0 };

    hl__prompt_read(c, hl__json_get(n->json, key), &here, out);
}

static void wanted(checker *c, const hl__place *at, const char *key)
{
    hl__place here = { at, key, 0 };

    hl__flow_error(c, 20, &here, "\"%s\" is wanted", key);
}

static void needs_prompt(checker *c, node *n, const hl__place *at)
{
    prompt_of(c, n, at, "prompt", &n->prompt);
    if (!hl__json_get(n->json, "prompt"))
        wanted(c, at, "prompt");
}

static int32_t variable(checker *c, const node *n, const hl__place *at, const char *key, bool is_wanted)
{
    const char *name = text(c, n, at, key, NULL);
    hl__place here = { at, key, 0 };
    int slot;

    if (!name && is_wanted)
        wanted(c, at, key);
    if (!name)
        return -1;
    slot = hl__scope_find(c->g->scope, name, strlen(name));
    if (slot <= 0)
        hl__flow_error(c, 10, &here, slot ? "there is no variable \"%s\"" : "\"%s\" cannot be changed", name);
    return slot > 0 ? slot : -1;
}

static const hl__name *name_of(const checker *c, int32_t slot)
{
    return slot < 0 ? NULL : hl__scope_at(c->g->scope, (uint32_t)slot);
}

static void needs_kind(checker *c, int32_t slot, int kind, const hl__place *at, const char *key)
{
    hl__place here = { at, key, 0 };

    if (slot >= 0 && name_of(c, slot)->type->kind != kind)
        hl__flow_error(c, 10, &here, "variable \"%s\" is of another type than what comes in here",
                       name_of(c, slot)->name);
}

/* An object of names and values: arguments, fields. A string may be an expression; lists and objects are taken as they
 * are. */
static binding *bindings(checker *c, const hl__json *list, const hl__place *at, const vx_rules *rules, uint32_t *count)
{
    binding *out = NULL;

    *count = 0;
    if (!list)
        return NULL;
    if (hl__json_type(list) != HL__JOBJECT) {
        hl__flow_error(c, 20, at, "an object of names and values is wanted");
        return NULL;
    }
    if (!(out = hl__graph_room(c, (hl__json_size(list) + 1) * sizeof(*out))))
        return NULL;
    for (void *it = hl__json_iter(list); it; it = hl__json_iter_next(list, it)) {
        const hl__json *j = hl__json_iter_value(it);
        hl__place here = { at, hl__json_iter_key(it), 0 };
        binding *b = &out[(*count)++];
        *b = (binding){ .name = hl__json_iter_key(it), .slot = -1 };
        if (hl__json_type(j) == HL__JOBJECT || hl__json_type(j) == HL__JLIST || hl__json_type(j) == HL__JNULL)
            b->json = j;
        else
            hl__vx_read_as(c, j, &here, rules, &b->v);
    }
    return out;
}

static void args_of(checker *c, node *n, const hl__place *at, const char *key, const vx_rules *rules)
{
    hl__place here = { at, key, 0 };
    bool is_by = strcmp(key, "by") == 0;

    *(is_by ? &n->by : &n->bind) = bindings(c, hl__json_get(n->json, key), &here, rules, is_by ? &n->bys : &n->binds);
}

static void field_vx(checker *c, node *n, const hl__place *at, const char *key, const vx_rules *rules, vx *out)
{
    hl__place here = { at, key, 0 };

    if (hl__json_get(n->json, key))
        hl__vx_read_as(c, hl__json_get(n->json, key), &here, rules, out);
}

/* Collectors. */

static prompt *retries(checker *c, const node *n, const hl__place *at, const char *key, uint32_t *count)
{
    hl__json *list = hl__json_get(hl__json_get(n->json, "retry"), key);
    hl__place retry = { at, "retry", 0 }, here = { &retry, key, 0 };
    prompt *out;

    *count = 0;
    if (!list)
        return NULL;
    if (hl__json_type(list) != HL__JLIST || hl__json_size(list) == 0) {
        hl__flow_error(c, 20, &here, "a list of prompts is wanted, one for each failure");
        return NULL;
    }
    if (!(out = hl__graph_room(c, hl__json_size(list) * sizeof(*out))))
        return NULL;
    for (size_t i = 0; i < hl__json_size(list); i++) {
        hl__place item = { &here, NULL, i };
        hl__prompt_read(c, hl__json_at(list, i), &item, &out[(*count)++]);
    }
    return out;
}

static bool is_key(const char *key)
{
    size_t len = strlen(key);

    return len > 0 && len <= MAX_KEY && strspn(key, "0123456789*#ABCD") == len;
}

static void read_keys(checker *c, node *n, const hl__place *at)
{
    hl__place here = { at, "keys", 0 };
    uint32_t count = 0;

    for (uint32_t i = 0; i < n->exits; i++)
        count += n->exit[i].id == X_KEY;
    if (count == 0 && n->kind == N_MENU)
        wanted(c, at, "keys");
    if (count > MAX_KEYS)
        hl__flow_error(c, 21, &here, "more than %d keys", MAX_KEYS);
    if (!(n->rule.keys = hl__graph_room(c, (count + 1) * sizeof(*n->rule.keys))))
        return;
    for (uint32_t i = 0; i < n->exits; i++) {
        hl__place item = { &here, n->exit[i].name, 0 };
        if (n->exit[i].id != X_KEY)
            continue;
        if (!is_key(n->exit[i].name) || (n->kind == N_QUEUE && n->exit[i].name[1]))
            hl__flow_error(c, 21, &item, n->kind == N_QUEUE ? "one key of 0-9 * # is wanted" :
                           "a key is 1 to %d of 0-9 * #", MAX_KEY);
        n->rule.keys[n->rule.n++] = n->exit[i].name;
    }
}

/* Where one key begins another, inter_ms decides: W01 says how long, E07 that it is 0. */
static bool prefixes(checker *c, const node *n, const hl__place *at)
{
    hl__place here = { at, "keys", 0 };

    for (uint32_t i = 0; i < n->rule.n; i++)
        for (uint32_t k = 0; k < n->rule.n; k++) {
            const char *a = n->rule.keys[i], *b = n->rule.keys[k];
            if (i == k || strncmp(a, b, strlen(a)) != 0)
                continue;
            if (n->rule.inter_ms == 0)
                hl__flow_error(c, 7, &here, "key %s begins key %s and inter_ms is 0: %s can never be reached", a, b, b);
            else
                hl__flow_warn(c, 1, &here, "key %s begins key %s: the caller waits %lld ms", a, b,
                              (long long)n->rule.inter_ms);
            return true;
        }
    return false;
}

static void read_term(checker *c, node *n, const hl__place *at, const char *otherwise)
{
    const char *term = text(c, n, at, "term", otherwise);
    hl__place here = { at, "term", 0 };

    if (strlen(term) > 16 || strspn(term, "0123456789*#ABCD") != strlen(term))
        hl__flow_error(c, 20, &here, "keys that end the entry are wanted: up to 16 of 0-9 * #");
    hl__copy(n->rule.term, sizeof(n->rule.term), term);
}

static void read_rule(checker *c, node *n, const hl__place *at)
{
    static const char *const ahead[] = { "keep", "flush", NULL };
    static const int64_t tries[] = { 1, 100, 3 }, first[] = { 0, 600000, 6000 }, inter[] = { 0, 600000, 3000 };
    hl__jcheck jc = from(c, n, at, "typeahead");
    hl__place retry = { at, "retry", 0 };
    hl__jcheck rc = { c->f, hl__json_get(n->json, "retry"), &retry, CODE_E + 20 };

    n->number = (int32_t)number(c, n, at, "tries", tries);
    n->rule.first_ms = number(c, n, at, "first_ms", first);
    n->rule.inter_ms = number(c, n, at, "inter_ms", inter);
    n->rule.barge = n->barge = yes(c, n, at, "barge", true);
    n->rule.flush = hl__jword(&jc, "typeahead", ahead, 0) == 1;
    if (rc.j)
        hl__jknown(&rc, "noinput nomatch");
    n->no_input = retries(c, n, at, "noinput", &n->no_inputs);
    n->no_match = retries(c, n, at, "nomatch", &n->no_matches);
}

static void read_menu(checker *c, node *n, const hl__place *at)
{
    prompt_of(c, n, at, "prompt", &n->prompt);
    read_rule(c, n, at);
    read_keys(c, n, at);
    bool is_open = prefixes(c, n, at);
    read_term(c, n, at, is_open ? "#" : "");
    n->rule.total_ms = 30000 + 1000 * MAX_KEY;
    if (n->rule.n > 5) {
        hl__place here = { at, "keys", 0 };
        hl__flow_warn(c, 3, &here, "%u options are more than a caller keeps in mind", n->rule.n);
    }
}

static void read_pattern(checker *c, node *n, const hl__place *at)
{
    graph *g = c->g;
    const char *words = "", *pattern = text(c, n, at, "pattern", NULL);
    hl__place here = { at, "pattern", 0 };
    int r;

    if (!pattern)
        return;
    if (!(n->rule.pattern = hl__graph_room(c, sizeof(*n->rule.pattern))))
        return;
    if ((r = hl__grow(g->mem, &g->pattern, &g->pattern_room, g->patterns, sizeof(*g->pattern))) == 0)
        r = hl__pattern_new(g->mem, pattern, strlen(pattern), n->rule.pattern, &words);
    c->no_memory |= r == HL_ENOMEM;
    if (r == 0)
        g->pattern[g->patterns++] = n->rule.pattern;
    else if (r != HL_ENOMEM)
        hl__flow_error(c, 18, &here, "in the pattern: %s", words);
}

static void read_check(checker *c, node *n, const hl__place *at)
{
    vx_rules rules = { .want = &hl__types[HL__V_BOOL], .may_be_secret = true };
    const hl__json *j = hl__json_get(n->json, "check");
    hl__place here = { at, "check", 0 };
    char expr[4100] = "=";

    if (!j)
        return;
    if (!hl__json_text(j)) {
        hl__flow_error(c, 20, &here, "an expression is wanted, as text");
        return;
    }
    /* Always an expression: the = before it may be left out. */
    hl__copy(expr + 1, sizeof(expr) - 1, hl__json_text(j)[0] == '=' ? hl__json_text(j) + 1 : hl__json_text(j));
    hl__json *copy = NULL;
    hl__buf quoted;
    hl__buf_init(&quoted, c->g->mem);
    hl__buf_json(&quoted, expr);
    if (!quoted.failed) {
        hl__buf whole;
        hl__buf_init(&whole, c->g->mem);
        hl__buf_fmt(&whole, "[%s]", quoted.data);
        copy = whole.failed ? NULL : hl__json_read(whole.data, whole.len, NULL);
        hl__buf_free(&whole);
    }
    hl__buf_free(&quoted);
    c->no_memory |= !copy;
    if (copy)
        hl__vx_read_as(c, hl__json_at(copy, 0), &here, &rules, &n->w);
    hl__json_free(copy);
}

static void read_collect(checker *c, node *n, const hl__place *at)
{
    static const char *const empty[] = { "noinput", "ok", NULL };
    static const int64_t low[] = { 0, MAX_VALUE, 1 }, wait[] = { 0, 60000, 0 };
    hl__place at_max = { at, "max", 0 };
    hl__jcheck jc = from(c, n, at, "empty");

    prompt_of(c, n, at, "prompt", &n->prompt);
    read_rule(c, n, at);
    n->into = variable(c, n, at, "into", true);
    needs_kind(c, n->into, HL__V_STRING, at, "into");
    n->rule.is_secret = n->into >= 0 && name_of(c, n->into)->is_secret;
    n->rule.min = (uint32_t)number(c, n, at, "min", low);
    int64_t top = n->into >= 0 && name_of(c, n->into)->max < MAX_VALUE ? name_of(c, n->into)->max : MAX_VALUE;
    int64_t high[] = { 0, top, top };
    n->rule.max = (uint32_t)number(c, n, at, "max", high);
    if (n->rule.max < n->rule.min || n->rule.max == 0)
        hl__flow_error(c, 18, &at_max, "max %u is below min %u: no digits can meet it", n->rule.max, n->rule.min);
    int64_t total[] = { 1000, 3600000, 30000 + 1000 * (int64_t)n->rule.max };
    n->rule.total_ms = number(c, n, at, "total_ms", total);
    n->rule.term_wait_ms = number(c, n, at, "term_wait_ms", wait);
    n->rule.empty_ok = hl__jword(&jc, "empty", empty, 0) == 1;
    read_term(c, n, at, "#");
    read_pattern(c, n, at);
    read_check(c, n, at);
}

static void read_survey(checker *c, node *n, const hl__place *at)
{
    static const int64_t first[] = { 0, 600000, 6000 };
    const hl__json *range = hl__json_get(n->json, "range");
    hl__place here = { at, "range", 0 };
    char *texts;

    needs_prompt(c, n, at);
    if (!(n->name = text(c, n, at, "key", NULL)))
        wanted(c, at, "key");
    n->into = variable(c, n, at, "into", false);
    needs_kind(c, n->into, HL__V_INT, at, "into");
    n->low = (int32_t)hl__json_int(hl__json_at(range, 0));
    n->high = (int32_t)hl__json_int(hl__json_at(range, 1));
    if (hl__json_size(range) != 2 || n->low < 0 || n->high > 9 || n->low > n->high) {
        hl__flow_error(c, 20, &here, "two numbers from 0 to 9 are wanted, such as [1, 5]");
        return;
    }
    n->rule.keys = hl__graph_room(c, 10 * sizeof(*n->rule.keys));
    texts = hl__graph_room(c, 20);
    if (!n->rule.keys || !texts)
        return;
    for (int32_t k = n->low; k <= n->high; k++) {
        texts[2 * k] = (char)('0' + k);
        n->rule.keys[n->rule.n++] = &texts[2 * k];
    }
    n->rule.first_ms = number(c, n, at, "first_ms", first);
    n->rule.total_ms = 30000;
    n->rule.barge = true;
    n->number = 1;
}

/* The rest, in the order of the list of kinds. */

static void read_play(checker *c, node *n, const hl__place *at)
{
    static const int64_t repeat[] = { 1, 100, 1 };

    needs_prompt(c, n, at);
    n->barge = yes(c, n, at, "barge", true);
    n->number = (int32_t)number(c, n, at, "repeat", repeat);
    if (n->number > 1 && !n->barge)
        hl__flow_warn(c, 6, at, "the caller must hear this %d times", n->number);
}

static void read_wait(checker *c, node *n, const hl__place *at)
{
    static const int64_t ms[] = { 1, 86400000, 0 };

    n->ms = number(c, n, at, "ms", ms);
    n->music = text(c, n, at, "music", NULL);
    if (n->ms == 0)
        wanted(c, at, "ms");
}

static void read_lang(checker *c, node *n, const hl__place *at)
{
    vx_rules rules = { .want = &hl__types[HL__V_STRING] };
    hl__place here = { at, "to", 0 };
    bool is_there = false;

    field_vx(c, n, at, "to", &rules, &n->v);
    if (!hl__json_get(n->json, "to"))
        wanted(c, at, "to");
    for (uint32_t i = 0; n->v.is_set && !n->v.e && i < c->g->n_langs; i++)
        is_there |= n->v.c.len == strlen(c->g->langs[i]) && memcmp(n->v.c.u.s, c->g->langs[i], n->v.c.len) == 0;
    if (n->v.is_set && !n->v.e && !is_there)
        hl__flow_error(c, 8, &here, "\"%.*s\" is not in \"langs\"", (int)n->v.c.len, n->v.c.u.s);
}

static void read_set(checker *c, node *n, const hl__place *at)
{
    hl__json *values = hl__json_get(n->json, "values");
    hl__place here = { at, "values", 0 };

    if (hl__json_type(values) != HL__JOBJECT || hl__json_size(values) == 0) {
        wanted(c, at, "values");
        return;
    }
    if (!(n->bind = hl__graph_room(c, hl__json_size(values) * sizeof(*n->bind))))
        return;
    for (void *it = hl__json_iter(values); it; it = hl__json_iter_next(values, it)) {
        const char *name = hl__json_iter_key(it);
        hl__place item = { &here, name, 0 };
        int slot = hl__scope_find(c->g->scope, name, strlen(name));
        if (slot <= 0) {
            hl__flow_error(c, 10, &item, slot ? "there is no variable \"%s\"" : "\"%s\" cannot be changed", name);
            continue;
        }
        const hl__name *var = hl__scope_at(c->g->scope, (uint32_t)slot);
        vx_rules rules = { .want = var->type, .may_be_secret = var->is_secret };
        binding *b = &n->bind[n->binds++];
        *b = (binding){ .name = name, .slot = slot };
        hl__vx_read_as(c, hl__json_iter_value(it), &item, &rules, &b->v);
    }
}

static void read_if(checker *c, node *n, const hl__place *at)
{
    vx_rules rules = { .want = &hl__types[HL__V_BOOL], .may_be_secret = true };

    field_vx(c, n, at, "when", &rules, &n->v);
    if (!hl__json_get(n->json, "when"))
        wanted(c, at, "when");
}

static void read_switch(checker *c, node *n, const hl__place *at)
{
    vx_rules rules = { .want = NULL };
    hl__place here = { at, "on", 0 };
    int kind;

    field_vx(c, n, at, "on", &rules, &n->v);
    if (!hl__json_get(n->json, "on"))
        wanted(c, at, "on");
    if (!hl__json_get(n->json, "cases"))
        wanted(c, at, "cases");
    kind = n->v.e ? hl__expr_type(n->v.e)->kind : HL__V_STRING;
    if (n->v.is_set && kind != HL__V_STRING && kind != HL__V_INT)
        hl__flow_error(c, 10, &here, "text or a whole number is wanted");
}

static void read_hours(checker *c, node *n, const hl__place *at)
{
    vx_rules rules = { .want = &hl__types[HL__V_TIMESTAMP] };
    hl__place here = { at, "calendar", 0 };

    if (!(n->name = text(c, n, at, "calendar", NULL))) {
        wanted(c, at, "calendar");
        return;
    }
    if (!hl__bound(c->b, "calendars", n->name) && c->b->is_strict)
        hl__flow_error(c, 17, &here, "there is no calendar \"%s\"", n->name);
    else
        hl__unbound(c, &here, "calendars", n->name);
    field_vx(c, n, at, "at", &rules, &n->v);
}

static void read_split(checker *c, node *n, const hl__place *at)
{
    vx_rules rules = { .want = NULL };

    field_vx(c, n, at, "by", &rules, &n->v);
}

static void read_loop(checker *c, node *n, const hl__place *at)
{
    static const int64_t times[] = { 1, 10000, 0 };

    n->number = (int32_t)number(c, n, at, "times", times);
    if (n->number == 0)
        wanted(c, at, "times");
}

/* What another flow's document says of its edges: in, out, exits. */
static void check_callee(checker *c, const node *n, const hl__place *at, const hl__json *callee)
{
    hl__place args = { at, "args", 0 }, out = { at, "out", 0 };
    const hl__json *exits = hl__json_get(callee, "exits"), *outs = hl__json_get(n->json, "out");

    for (uint32_t i = 0; i < n->binds; i++) {
        hl__place here = { &args, n->bind[i].name, 0 };
        if (!hl__json_get(hl__json_get(callee, "in"), n->bind[i].name))
            hl__flow_error(c, 14, &here, "flow \"%s\" takes no \"%s\"", n->name, n->bind[i].name);
    }
    for (void *it = hl__json_iter(outs); it; it = hl__json_iter_next(outs, it)) {
        hl__place here = { &out, hl__json_iter_key(it), 0 };
        const char *theirs = hl__json_text(hl__json_iter_value(it));
        if (theirs && !hl__json_get(hl__json_get(callee, "out"), theirs))
            hl__flow_error(c, 14, &here, "flow \"%s\" gives no \"%s\"", n->name, theirs);
    }
    for (uint32_t i = 0; n->kind == N_CALL && i < n->exits; i++) {
        bool is_there = n->exit[i].id != X_NAMED || (!exits && strcmp(n->exit[i].name, "return") == 0);
        hl__place here = { at, n->exit[i].name, 0 };
        for (size_t k = 0; k < hl__json_size(exits) && !is_there; k++)
            is_there = strcmp(hl__json_text(hl__json_at(exits, k)) ? hl__json_text(hl__json_at(exits, k)) : "",
                              n->exit[i].name) == 0;
        if (!is_there)
            hl__flow_error(c, 14, &here, "flow \"%s\" has no exit \"%s\"", n->name, n->exit[i].name);
    }
}

static void read_sub(checker *c, node *n, const hl__place *at)
{
    vx_rules rules = { .may_be_secret = true };
    hl__place here = { at, "flow", 0 }, at_out = { at, "out", 0 };
    hl__jcheck jc = { c->f, n->json, at, CODE_E + 20 };
    hl__json *out = hl__jobject(&jc, "out");

    n->alias = text(c, n, at, "alias", "live");
    args_of(c, n, at, "args", &rules);
    if (!(n->name = text(c, n, at, "flow", NULL))) {
        wanted(c, at, "flow");
        return;
    }
    hl__unbound(c, &here, "flows", n->name);
    if (hl__bound_json(c->b, "flows", n->name))
        check_callee(c, n, at, hl__bound_json(c->b, "flows", n->name));
    if (!out || !(n->by = hl__graph_room(c, hl__json_size(out) * sizeof(*n->by))))
        return;
    for (void *it = hl__json_iter(out); it; it = hl__json_iter_next(out, it)) {
        const char *ours = hl__json_iter_key(it);
        hl__place item = { &at_out, ours, 0 };
        int slot = hl__scope_find(c->g->scope, ours, strlen(ours));
        if (slot <= 0 || !hl__json_text(hl__json_iter_value(it)))
            hl__flow_error(c, 10, &item, "a variable of ours and the name of one of theirs are wanted");
        else
            n->by[n->bys++] = (binding){ .name = hl__json_text(hl__json_iter_value(it)), .slot = slot };
    }
}

static void read_return(checker *c, node *n, const hl__place *at)
{
    hl__place here = { at, "exit", 0 };
    bool is_there = false;

    n->name = text(c, n, at, "exit", "return");
    for (uint32_t i = 0; i < c->g->n_returns; i++)
        is_there |= strcmp(c->g->returns[i], n->name) == 0;
    if (!is_there && !(c->g->n_returns == 0 && strcmp(n->name, "return") == 0))
        hl__flow_error(c, 14, &here, "\"%s\" is not in \"exits\"", n->name);
}

static void read_ask(checker *c, node *n, const hl__place *at)
{
    static const int64_t ms[] = { 1, 600000, 0 };
    vx_rules rules = { .may_reveal = n->kind == N_ASK };

    if (!(n->name = text(c, n, at, "name", NULL)))
        wanted(c, at, "name");
    args_of(c, n, at, "args", &rules);
    if (n->kind == N_EVENT)
        return;
    n->into = variable(c, n, at, "into", false);
    n->ms = number(c, n, at, "timeout_ms", ms);
    prompt_of(c, n, at, "while", &n->extra);
    if (!hl__json_get(n->json, "timeout_ms"))
        hl__flow_error(c, 12, at, "an outside request needs timeout_ms");
    for (uint32_t i = 0; i < n->exits; i++) {
        hl__place status = { at, "status", 0 }, item = { &status, n->exit[i].name, 0 };
        int64_t code;
        const char *word = n->exit[i].name;
        if (n->exit[i].id == X_STATUS && (!hl__int_parse(word, strlen(word), &code) || code < 100 || code > 999))
            hl__flow_error(c, 20, &item, "a number from 100 to 999 is wanted");
    }
}

static void read_ticket(checker *c, node *n, const hl__place *at)
{
    static const char *const ops[] = { "open", "find", "note", "urge", NULL };
    hl__jcheck jc = { c->f, n->json, at, CODE_E + 20 };
    vx_rules rules = { 0 };
    hl__place here = { at, "type", 0 };

    n->op = (uint8_t)hl__jword(&jc, "op", ops, 0);
    if (!hl__json_get(n->json, "op"))
        wanted(c, at, "op");
    n->name = text(c, n, at, "type", NULL);
    if (n->op == 0 && !n->name)
        wanted(c, at, "type");
    if (n->name)
        hl__unbound(c, &here, "ticket_types", n->name);
    args_of(c, n, at, "fields", &rules);
    args_of(c, n, at, "by", &rules);
    n->into = variable(c, n, at, "into", false);
    n->ms = 10000;
}

static void read_announce(checker *c, node *n, const hl__place *at)
{
    hl__place here = { at, "announce", 0 };
    hl__jcheck outer = { c->f, n->json, at, CODE_E + 20 }, jc = { c->f, NULL, &here, CODE_E + 20 };

    jc.j = hl__jobject(&outer, "announce");

    if (!jc.j)
        return;
    hl__jknown(&jc, "position wait every_ms");
    n->says_place = hl__jbool(&jc, "position", false);
    n->says_wait = hl__jbool(&jc, "wait", n->says_place);
    n->every_ms = hl__jint(&jc, "every_ms", 5000, 3600000, 30000);
}

static void read_queue_names(checker *c, node *n, const hl__place *at)
{
    hl__jcheck jc = { c->f, n->json, at, CODE_E + 20 };
    hl__json *list = hl__jlist(&jc, "one_of");
    hl__place here = { at, "queue", 0 }, one_of = { at, "one_of", 0 };

    for (size_t i = 0; i < hl__json_size(list); i++) {
        hl__place item = { &one_of, NULL, i };
        if (!hl__json_text(hl__json_at(list, i)))
            hl__flow_error(c, 20, &item, "the name of a queue is wanted");
        else
            hl__unbound(c, &item, "queues", hl__json_text(hl__json_at(list, i)));
    }
    if (n->v.is_set && !n->v.e)
        hl__unbound(c, &here, "queues", hl__json_text(hl__json_get(n->json, "queue")));
    else if (n->v.e && hl__json_size(list) == 0)
        hl__flow_error(c, 22, &one_of, "which queues can it be? A list of their names is wanted");
}

static void read_queue(checker *c, node *n, const hl__place *at)
{
    static const int64_t wait[] = { 1000, 86400000, 0 }, offer[] = { 1000, 86400000, 0 };
    vx_rules name = { .want = &hl__types[HL__V_STRING] }, priority = { .want = &hl__types[HL__V_INT] };
    const hl__json *skills = hl__json_get(n->json, "skills");
    hl__place here = { at, "skills", 0 };

    field_vx(c, n, at, "queue", &name, &n->v);
    if (!hl__json_get(n->json, "queue"))
        wanted(c, at, "queue");
    read_queue_names(c, n, at);
    field_vx(c, n, at, "priority", &priority, &n->w);
    n->music = text(c, n, at, "music", "default");
    n->max_wait_ms = number(c, n, at, "max_wait_ms", wait);
    n->offer_ms = number(c, n, at, "offer_callback_after_ms", offer);
    read_announce(c, n, at);
    read_keys(c, n, at);
    if (skills && hl__json_text(skills))
        n->need = hl__json_text(skills);
    else if (skills)
        hl__flow_error(c, 20, &here, "an expression over skill.<name> is wanted, as text");
}

static void read_callback(checker *c, node *n, const hl__place *at)
{
    vx_rules number = { .want = &hl__types[HL__V_STRING] }, when = { .want = &hl__types[HL__V_TIMESTAMP] };
    hl__place here = { at, "queue", 0 };

    field_vx(c, n, at, "number", &number, &n->v);
    field_vx(c, n, at, "at", &when, &n->w);
    if (!(n->name = text(c, n, at, "queue", NULL)))
        wanted(c, at, "queue");
    else
        hl__unbound(c, &here, "queues", n->name);
    prompt_of(c, n, at, "confirm", &n->prompt);
}

static void read_end(checker *c, node *n, const hl__place *at)
{
    static const int64_t cause[] = { 1, 127, 16 };

    prompt_of(c, n, at, "prompt", &n->prompt);
    n->number = (int32_t)number(c, n, at, "cause", cause);
}

typedef void reader(checker *c, node *n, const hl__place *at);
static reader *const readers[N_KINDS] = {
    [N_PLAY] = read_play, [N_MENU] = read_menu, [N_COLLECT] = read_collect, [N_WAIT] = read_wait, [N_LANG] = read_lang,
    [N_SET] = read_set, [N_IF] = read_if, [N_SWITCH] = read_switch, [N_HOURS] = read_hours, [N_SPLIT] = read_split,
    [N_LOOP] = read_loop, [N_GOTO] = read_sub, [N_CALL] = read_sub, [N_RETURN] = read_return, [N_ASK] = read_ask,
    [N_EVENT] = read_ask, [N_TICKET] = read_ticket, [N_QUEUE] = read_queue, [N_SURVEY] = read_survey,
    [N_CALLBACK] = read_callback, [N_HANGUP] = read_end,
};

void hl__node_read(checker *c, node *n, const hl__place *at)
{
    if (readers[n->kind])
        readers[n->kind](c, n, at);
    if ((hl__flow_kinds[n->kind].traits & K_A) && !hl__node_exit(n, X_ERROR))
        hl__flow_error(c, 12, at, "what is asked outside may fail: exit \"error\" is missing, also in \"on\"");
}
