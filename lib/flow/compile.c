/* compile.c - a document becomes a graph: names, variables, nodes; every pass goes on after an error. */
#include "flow/graph.h"
#include <stdio.h>
#include <string.h>

#define X(name, word, traits, fields, exits) [N_##name] = { word, fields, exits, traits },
const node_kind hl__flow_kinds[] = { FLOW_KINDS(X) };
#undef X
#define X(name, word) [X_##name] = word,
const char *const hl__flow_exits[] = { FLOW_EXITS(X) NULL };
#undef X

typedef struct block { struct block *next; } block;

void *hl__graph_room(checker *c, size_t size)
{
    block *b = hl__alloc(c->g->mem, sizeof(*b) + size);

    if (!b) {
        c->no_memory = true;
        return NULL;
    }
    b->next = c->g->blocks;
    c->g->blocks = b;
    return b + 1;
}

static void say(checker *c, bool is_error, int code, const hl__place *at, const char *words)
{
    if (is_error)
        hl__error(c->f, code, at, "%s", words);
    else
        hl__warn(c->f, code, at, "%s", words);
}

void hl__flow_error(checker *c, int n, const hl__place *at, const char *fmt, ...)
{
    char words[480];
    va_list args;

    va_start(args, fmt);
    vsnprintf(words, sizeof(words), fmt, args);
    va_end(args);
    say(c, true, CODE_E + n, at, words);
}

void hl__flow_warn(checker *c, int n, const hl__place *at, const char *fmt, ...)
{
    char words[480];
    va_list args;

    va_start(args, fmt);
    vsnprintf(words, sizeof(words), fmt, args);
    va_end(args);
    say(c, false, CODE_W + n, at, words);
}

/* E22: while a version is only added, a name may still come; at publish and in a document it must be there. */
void hl__unbound(checker *c, const hl__place *at, const char *section, const char *name)
{
    const hl__doc *doc = c->b->doc;
    const char *near = doc && doc->nearest ? doc->nearest(doc->ctx, section, name) : NULL;
    char words[400];

    if (hl__bound(c->b, section, name))
        return;
    if (near)
        snprintf(words, sizeof(words), "\"%.80s\" is not in %s; did you mean \"%.80s\"?", name, section, near);
    else
        snprintf(words, sizeof(words), "\"%.80s\" is not in %s", name, section);
    say(c, c->b->is_strict, CODE_E + 22, at, words);
}

bool hl__bound(const binder *b, const char *section, const char *name)
{
    if (b->doc)
        return b->doc->object(b->doc->ctx, section, name) != NULL;
    if (strcmp(section, "prompts") == 0)
        return hl__prompt_json(b->fl, name) != NULL;
    if (strcmp(section, "flows") == 0)
        return hl__flow_named(b->fl, name) != NULL;
    if (strcmp(section, "calendars") == 0 && b->fl->cal)
        return hl__calendar_find(b->fl->cal, name) != 0;
    return !b->fl->up.known || b->fl->up.known(b->fl->up.ctx, section, name);
}

const hl__json *hl__bound_json(const binder *b, const char *section, const char *name)
{
    version *v;

    if (b->doc)
        return b->doc->object(b->doc->ctx, section, name);
    if (strcmp(section, "prompts") == 0)
        return hl__prompt_json(b->fl, name);
    v = hl__flow_named(b->fl, name) ? hl__flow_alias(hl__flow_named(b->fl, name), "live") : NULL;
    return v ? v->g->json : NULL;
}

exit_to *hl__node_exit(const node *n, int id)
{
    for (uint32_t i = 0; i < n->exits; i++)
        if (n->exit[i].id == id)
            return &n->exit[i];
    return NULL;
}

/* Values and expressions. */

static bool vx_expression(checker *c, const char *text, const hl__place *at, const vx_rules *rules, vx *out)
{
    graph *g = c->g;
    hl__expr_in in = { .text = text, .len = strlen(text), .want = rules->want, .may_reveal = rules->may_reveal,
        .may_be_secret = rules->may_be_secret, .code = CODE_E + 10, .secret_code = CODE_E + 11, .f = c->f, .at = at };
    int r = hl__grow(g->mem, &g->expr, &g->expr_room, g->exprs, sizeof(*g->expr));

    if (r == 0 && (r = hl__expr_new(g->scope, &in, &out->e)) == 0)
        g->expr[g->exprs++] = out->e;
    c->no_memory |= r == HL_ENOMEM;
    out->is_set = r == 0;
    return r == 0;
}

static bool vx_text(checker *c, const char *text, const hl__place *at, const hl__type *want, vx *out)
{
    hl__err err = { 0 };

    if (hl__val_parse(want ? want : &hl__types[HL__V_STRING], text, strlen(text), &out->c, &err) < 0 ||
        (want && (want->kind == HL__V_INT || want->kind == HL__V_BOOL))) {
        hl__flow_error(c, 10, at, "%s", err.words[0] ? err.words : "text is not of this type; =... is an expression");
        return false;
    }
    out->is_set = true;
    return true;
}

bool hl__vx_read_as(checker *c, const hl__json *j, const hl__place *at, const vx_rules *rules, vx *out)
{
    const char *text = hl__json_text(j);
    int type = hl__json_type(j), kind = type == HL__JINT ? HL__V_INT : HL__V_BOOL;

    *out = (vx){ 0 };
    if (text && text[0] == '=' && text[1] != '=')
        return vx_expression(c, text + 1, at, rules, out);
    if (text)
        return vx_text(c, text[0] == '=' ? text + 1 : text, at, rules->want, out);
    if ((type != HL__JINT && type != HL__JBOOL) || (rules->want && rules->want->kind != kind)) {
        hl__flow_error(c, type == HL__JINT || type == HL__JBOOL ? 10 : 20, at, "this value is of another type");
        return false;
    }
    out->c = (hl__val){ .kind = (uint8_t)kind, .u.i = type == HL__JINT ? hl__json_int(j) : hl__json_true(j) };
    out->is_set = true;
    return true;
}

bool hl__vx_read(checker *c, const hl__json *j, const hl__place *at, const hl__type *want, vx *out)
{
    vx_rules rules = { .want = want };

    return hl__vx_read_as(c, j, at, &rules, out);
}

/* Names. */

static bool is_slug(const char *s)
{
    size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");

    return len > 0 && len <= 64 && s[len] == 0 && s[0] >= 'a' && s[0] <= 'z';
}

static bool is_flow_name(const char *s)
{
    size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_.");

    return len > 0 && len <= 255 && s[len] == 0 && s[0] >= 'a' && s[0] <= 'z';
}

static const char *const *text_list(checker *c, const char *key, uint32_t *count, uint32_t most)
{
    hl__jcheck jc = { c->f, c->g->json, c->at, CODE_E + 20 };
    hl__json *list = hl__jlist(&jc, key);
    hl__place here = { c->at, key, 0 };
    const char **out;

    *count = 0;
    if (!list)
        return NULL;
    if (hl__json_size(list) > most) {
        hl__flow_error(c, 21, &here, "at most %u are possible", most);
        return NULL;
    }
    if (!(out = hl__graph_room(c, (hl__json_size(list) + 1) * sizeof(*out))))
        return NULL;
    for (size_t i = 0; i < hl__json_size(list); i++) {
        hl__place item = { &here, NULL, i };
        if (!hl__json_text(hl__json_at(list, i)))
            hl__flow_error(c, 20, &item, "text is wanted");
        else
            out[(*count)++] = hl__json_text(hl__json_at(list, i));
    }
    return out;
}

static void read_langs(checker *c)
{
    graph *g = c->g;
    hl__place at = { c->at, "langs", 0 };
    const char *const *list = text_list(c, "langs", &g->n_langs, MAX_LANGS);

    for (uint32_t i = 0; list && i < g->n_langs; i++)
        g->langs[i] = list[i];
    if (!list || g->n_langs == 0) {
        hl__flow_error(c, 20, &at, "a list of languages is wanted, such as [\"zh-CN\", \"en\"]");
        g->n_langs = 1;
        g->langs[0] = "en";
    }
}

/* `call` is slot 0; then `in`, `vars`, `out`: a name of `out` may also be a variable. */
static const char *const *read_names(checker *c, const char *key, uint32_t *count)
{
    hl__jcheck jc = { c->f, c->g->json, c->at, CODE_E + 20 };
    hl__json *names = hl__jobject(&jc, key);
    hl__place at = { c->at, key, 0 };
    const char **out;

    *count = 0;
    if (!names)
        return NULL;
    if (hl__json_size(names) + hl__scope_size(c->g->scope) > MAX_VARS) {
        hl__flow_error(c, 21, &at, "more than %d variables", MAX_VARS);
        return NULL;
    }
    if (!(out = hl__graph_room(c, (hl__json_size(names) + 1) * sizeof(*out))))
        return NULL;
    for (void *it = hl__json_iter(names); it; it = hl__json_iter_next(names, it)) {
        const char *name = hl__json_iter_key(it);
        hl__place here = { &at, name, 0 };
        if ((strcmp(key, "out") != 0 || hl__scope_find(c->g->scope, name, strlen(name)) < 0) &&
            hl__scope_add(c->g->scope, name, hl__json_iter_value(it), c->f, &here) == HL_ENOMEM)
            c->no_memory = true;
        out[(*count)++] = name;
    }
    return out;
}

static const char call_type[] = "{\"fields\":{\"ani\":\"string\",\"dnis\":\"string\",\"lang\":\"string\",\"start\":"
    "\"timestamp\",\"id\":\"int\",\"withheld\":\"bool\"}}";

static void read_vars(checker *c)
{
    graph *g = c->g;
    hl__json *call = hl__json_read(call_type, sizeof(call_type) - 1, NULL);
    uint32_t vars;

    if (!call || hl__scope_new(g->mem, &g->scope) < 0 || hl__scope_add(g->scope, "call", call, c->f, c->at) < 0)
        c->no_memory = true;
    hl__json_free(call);
    if (c->no_memory)
        return;
    g->ins = read_names(c, "in", &g->n_ins);
    (void)read_names(c, "vars", &vars);
    g->outs = read_names(c, "out", &g->n_outs);
}

static void check_presets(checker *c)
{
    hl__place vars = { c->at, "vars", 0 };

    for (uint32_t i = 1; i < hl__scope_size(c->g->scope); i++) {
        const hl__name *n = hl__scope_at(c->g->scope, i);
        hl__place at = { &vars, n->name, 0 };
        c->b->fl->eval.used = 0;
        hl__val v;
        hl__err err = { 0 };
        c->b->fl->eval.err = &err;
        if (n->preset && hl__val_json_in(&c->b->fl->eval, n->type, n->preset, &v) < 0)
            hl__flow_error(c, 10, &at, "the default is not of this type: %s", err.words);
        c->b->fl->eval.err = &c->b->fl->trouble;
    }
}

static void read_head(checker *c, const char *name)
{
    graph *g = c->g;
    hl__jcheck jc = { c->f, g->json, c->at, CODE_E + 20 };
    hl__place at_name = { c->at, "flow", 0 }, at_tz = { c->at, "tz", 0 }, at_limits = { c->at, "limits", 0 };
    hl__jcheck limits = { c->f, NULL, &at_limits, CODE_E + 21 };
    hl_local local = HL_LOCAL_INIT;

    hl__jknown(&jc, "$schema note alias tests flow format entry langs tz limits vars in out exits defaults on nodes "
               "trace");
    g->name = hl__jtext(&jc, "flow", 255, name);
    if (!g->name || !is_flow_name(g->name))
        hl__flow_error(c, 20, &at_name, "a name of small letters, digits, _ and . is wanted");
    else if (name && strcmp(name, g->name) != 0)
        hl__flow_error(c, 20, &at_name, "the flow calls itself \"%s\" and stands under \"%s\"", g->name, name);
    (void)hl__jint(&jc, "format", 1, 1, 1);
    g->tz = hl__jtext(&jc, "tz", 64, NULL);
    if (g->tz && c->b->fl->cal && hl__zone_local(c->b->fl->cal, g->tz, 0, &local) == HL_ENOENT)
        hl__flow_error(c, 17, &at_tz, "\"%s\" is no known time zone", g->tz);
    g->trace = hl__jbool(&jc, "trace", false);
    limits.j = hl__jobject(&jc, "limits");
    g->max_ms = hl__jint(&limits, "max_ms", 1000, 86400000, 3600000);
    g->max_steps = hl__jint(&limits, "max_silent_steps", 1, 1024, MAX_SILENT);
    if (limits.j)
        hl__jknown(&limits, "max_ms max_silent_steps");
    g->returns = text_list(c, "exits", &g->n_returns, 32);
    read_langs(c);
}

/* Nodes. */

static int kind_of(const char *word)
{
    for (int i = 0; word && i < N_KINDS; i++)
        if (strcmp(hl__flow_kinds[i].word, word) == 0)
            return i;
    return -1;
}

static int exit_of(const char *word)
{
    for (int i = 0; i < X_WORDS; i++)
        if (strcmp(hl__flow_exits[i], word) == 0)
            return i;
    return -1;
}

static void bad_kind(checker *c, const char *word, const hl__place *at)
{
    char known[512] = "", near[64];
    size_t len = 0;

    for (int i = 0; i < N_KINDS; i++)
        len += (size_t)snprintf(known + len, sizeof(known) - len, "%s ", hl__flow_kinds[i].word);
    if (!word)
        hl__flow_error(c, 20, at, "\"do\" is wanted: what this node does");
    else if (hl__nearest(word, known, near, sizeof(near)))
        hl__flow_error(c, 20, at, "there is no node kind \"%s\"; did you mean \"%s\"?", word, near);
    else
        hl__flow_error(c, 20, at, "there is no node kind \"%s\"; there are: %s", word, known);
}

static void list_nodes(checker *c)
{
    graph *g = c->g;
    hl__jcheck jc = { c->f, g->json, c->at, CODE_E + 20 };
    hl__json *nodes = hl__jobject(&jc, "nodes");
    hl__place at = { c->at, "nodes", 0 };
    size_t n = hl__json_size(nodes);

    if (n == 0 || n > MAX_NODES) {
        hl__flow_error(c, n ? 21 : 20, &at, "a flow has 1 to %d nodes", MAX_NODES);
        return;
    }
    if (!(g->node = hl__graph_room(c, n * sizeof(*g->node))))
        return;
    for (void *it = hl__json_iter(nodes); it; it = hl__json_iter_next(nodes, it)) {
        node *one = &g->node[g->n];
        hl__place here = { &at, hl__json_iter_key(it), 0 }, kind_at = { &here, "do", 0 };
        const char *word = hl__json_text(hl__json_get(hl__json_iter_value(it), "do"));
        int k = kind_of(word);
        *one = (node){ .slug = hl__json_iter_key(it), .json = hl__json_iter_value(it), .into = -1, .order = g->n };
        if (!is_slug(one->slug))
            hl__flow_error(c, 21, &here, "a node's name has up to 64 small letters, digits and _");
        if (k < 0)
            bad_kind(c, word, word ? &kind_at : &here);
        else if (hl__flow_kinds[k].traits & K_U)
            hl__flow_error(c, 20, &kind_at, "node kind \"%s\" is not available in this build", word);
        one->kind = (uint8_t)(k < 0 ? N_SCRIPT : k);
        if (hl__names_put(&g->by_slug, one->slug, one) < 0)
            c->no_memory = true;
        g->n++;
    }
}

/* The node an exit leads to; E01 and -1 if there is none. */
static int32_t target(checker *c, const hl__json *j, const hl__place *at)
{
    const node *to = hl__json_text(j) ? hl__names_get(&c->g->by_slug, hl__json_text(j)) : NULL;
    const char *near = NULL;
    int best = 3, d;

    if (to)
        return (int32_t)(to - c->g->node);
    if (!hl__json_text(j)) {
        hl__flow_error(c, 20, at, "the name of a node is wanted");
        return -1;
    }
    for (uint32_t i = 0; i < c->g->n && c->g->n < 2000; i++)
        if ((d = hl__distance(hl__json_text(j), c->g->node[i].slug)) < best) {
            best = d;
            near = c->g->node[i].slug;
        }
    if (near)
        hl__flow_error(c, 1, at, "there is no node \"%s\"; did you mean \"%s\"?", hl__json_text(j), near);
    else
        hl__flow_error(c, 1, at, "there is no node \"%s\"", hl__json_text(j));
    return -1;
}

static void read_handlers(checker *c)
{
    graph *g = c->g;
    hl__jcheck jc = { c->f, g->json, c->at, CODE_E + 20 };
    hl__json *on = hl__jobject(&jc, "on");
    hl__place at = { c->at, "on", 0 }, at_entry = { c->at, "entry", 0 };

    for (int i = 0; i < X_WORDS; i++)
        g->on[i] = -1;
    g->on_hangup = g->on_max_ms = -1;
    for (void *it = hl__json_iter(on); it; it = hl__json_iter_next(on, it)) {
        const char *word = hl__json_iter_key(it);
        hl__place here = { &at, word, 0 };
        int x = exit_of(word);
        int32_t to = target(c, hl__json_iter_value(it), &here);
        if (strcmp(word, "hangup") == 0)
            g->on_hangup = to;
        else if (strcmp(word, "max_ms") == 0)
            g->on_max_ms = to;
        else if (x >= 0)
            g->on[x] = to;
        else if (strcmp(word, "resumed") != 0)
            hl__flow_error(c, 20, &here, "\"%s\" is no handler: hangup, error, max_ms, resumed or an exit's name",
                           word);
    }
    g->entry = hl__json_get(g->json, "entry") ? target(c, hl__json_get(g->json, "entry"), &at_entry) : -1;
    if (!hl__json_get(g->json, "entry"))
        hl__flow_error(c, 20, &at_entry, "the name of the first node is wanted");
}

static exit_to *new_exit(node *n, int id, const char *name, int32_t to)
{
    n->exit[n->exits] = (exit_to){ .id = (uint8_t)id, .name = name, .node = to };
    return &n->exit[n->exits++];
}

static bool names_word(const char *list, const char *word)
{
    size_t len = strlen(word);

    for (const char *p = list; (p = strstr(p, word)); p += len)
        if ((p == list || p[-1] == ' ') && (p[len] == 0 || p[len] == ' '))
            return true;
    return false;
}

/* The words a node of this kind must have as exits besides those of its table: they depend on its fields. */
static bool needs(const node *n, int x)
{
    const char *op = hl__json_text(hl__json_get(n->json, "op"));
    bool is_find = n->kind == N_TICKET && op && strcmp(op, "find") == 0;

    switch (x) {
    case X_FOUND: case X_NONE: return is_find;
    case X_OK: return n->kind == N_TICKET ? !is_find : names_word(hl__flow_kinds[n->kind].exits, "ok");
    case X_EXHAUSTED: return hl__json_get(n->json, "max_visits") != NULL;
    case X_CALLBACK: return n->kind == N_QUEUE && hl__json_get(n->json, "offer_callback_after_ms");
    default: return names_word(hl__flow_kinds[n->kind].exits, hl__flow_exits[x]);
    }
}

/* What fails in a node that ends the run ends it all the same. */
static bool may_have(const node *n, int x)
{
    bool is_end = n->kind == N_END || n->kind == N_HANGUP || n->kind == N_RETURN;

    return needs(n, x) || (x == X_ERROR && !is_end) || (x == X_HOLIDAY && n->kind == N_HOURS) ||
           (x == X_CALLBACK && n->kind == N_QUEUE);
}

/* Can this node fail at all? Else it takes no handler: a handler's own announcement would lead to itself. */
static bool can_fail(checker *c, const node *n)
{
    hl__buf text;
    bool may;

    if ((hl__flow_kinds[n->kind].traits & K_A) || n->kind == N_QUEUE || n->kind == N_CALL || n->kind == N_GOTO ||
        n->kind == N_HOURS)
        return true;
    hl__buf_init(&text, c->g->mem);
    (void)hl__json_canonical(&text, n->json); /* text.failed tells */
    c->no_memory |= text.failed;
    may = text.data && (strstr(text.data, "\"=") || strstr(text.data, "\"say\"") || strstr(text.data, "\"check\""));
    hl__buf_free(&text);
    return may;
}

static void named_exits(checker *c, node *n, const hl__place *at)
{
    for (int x = 0; x < X_WORDS; x++) {
        const char *word = hl__flow_exits[x];
        hl__json *j = hl__json_get(n->json, word);
        hl__place here = { at, word, 0 };
        if (!may_have(n, x))
            continue;
        if (j)
            new_exit(n, x, word, target(c, j, &here));
        else if (c->g->on[x] >= 0 && (x != X_ERROR || can_fail(c, n)))
            new_exit(n, x, word, c->g->on[x])->is_inherited = true;
        else if (needs(n, x))
            hl__flow_error(c, 2, at, "exit \"%s\" is missing, also in \"on\"", word);
    }
}

/* Exits that stand in an object: keys, cases, status. */
static void exits_of_object(checker *c, node *n, const char *key, int id, const hl__place *at)
{
    hl__jcheck jc = { c->f, n->json, at, CODE_E + 20 };
    hl__json *list = hl__jobject(&jc, key);
    hl__place here = { at, key, 0 };

    for (void *it = hl__json_iter(list); it; it = hl__json_iter_next(list, it)) {
        hl__place item = { &here, hl__json_iter_key(it), 0 };
        new_exit(n, id, hl__json_iter_key(it), target(c, hl__json_iter_value(it), &item));
    }
}

static void exits_of_split(checker *c, node *n, const hl__place *at)
{
    hl__jcheck jc = { c->f, n->json, at, CODE_E + 20 };
    hl__json *parts = hl__jlist(&jc, "parts");
    hl__place here = { at, "parts", 0 };
    int64_t sum = 0;

    for (size_t i = 0; i < hl__json_size(parts); i++) {
        hl__place item = { &here, NULL, i }, to = { &item, "to", 0 };
        hl__jcheck pc = { c->f, hl__json_at(parts, i), &item, CODE_E + 20 };
        int64_t pct = hl__jint(&pc, "pct", 0, 100, 0);
        hl__jknown(&pc, "pct to");
        new_exit(n, X_PART, "part", target(c, hl__json_get(pc.j, "to"), &to))->pct = (int32_t)pct;
        sum += pct;
    }
    if (sum != 100)
        hl__flow_error(c, 15, &here, "the parts sum to %lld, not to 100", (long long)sum);
}

/* A call's exits are the callee's: every member that is no field of the node. */
static void exits_of_call(checker *c, node *n, const hl__place *at)
{
    for (void *it = hl__json_iter(n->json); it; it = hl__json_iter_next(n->json, it)) {
        const char *word = hl__json_iter_key(it);
        hl__place here = { at, word, 0 };
        if (!names_word("do note tag max_visits flow alias args out error exhausted", word))
            new_exit(n, X_NAMED, word, target(c, hl__json_iter_value(it), &here));
    }
}

static void read_exits(checker *c, node *n, const hl__place *at)
{
    size_t most = X_WORDS + hl__json_size(n->json) + hl__json_size(hl__json_get(n->json, "keys")) +
        hl__json_size(hl__json_get(n->json, "cases")) + hl__json_size(hl__json_get(n->json, "status")) +
        hl__json_size(hl__json_get(n->json, "parts"));

    if (!(n->exit = hl__graph_room(c, most * sizeof(*n->exit))))
        return;
    named_exits(c, n, at);
    if (n->kind == N_MENU || n->kind == N_QUEUE)
        exits_of_object(c, n, "keys", X_KEY, at);
    if (n->kind == N_SWITCH)
        exits_of_object(c, n, "cases", X_CASE, at);
    if (n->kind == N_ASK)
        exits_of_object(c, n, "status", X_STATUS, at);
    if (n->kind == N_SPLIT)
        exits_of_split(c, n, at);
    if (n->kind == N_CALL)
        exits_of_call(c, n, at);
}

static void guess_exits(checker *c, node *n, const hl__json *j)
{
    for (void *it = hl__json_iter(j); it; it = hl__json_iter_next(j, it)) {
        const char *word = hl__json_text(hl__json_iter_value(it));
        const node *to = word ? hl__names_get(&c->g->by_slug, word) : NULL;
        if (to)
            new_exit(n, X_NAMED, hl__json_iter_key(it), (int32_t)(to - c->g->node));
    }
}

/* Of a node this build cannot run only the ways are known: every text in it that names a node is one. */
static void read_unavailable(checker *c, node *n)
{
    const hl__json *keys = hl__json_get(n->json, "keys"), *status = hl__json_get(n->json, "status");
    size_t most = hl__json_size(n->json) + hl__json_size(keys) + hl__json_size(status) + 1;

    if (!(n->exit = hl__graph_room(c, most * sizeof(*n->exit))))
        return;
    guess_exits(c, n, n->json);
    guess_exits(c, n, keys);
    guess_exits(c, n, status);
}

/* "do note tag max_visits", the kind's fields and exits. A call's exits are not known here. */
static void known_fields(checker *c, const node *n, const hl__place *at)
{
    const node_kind *k = &hl__flow_kinds[n->kind];
    hl__jcheck jc = { c->f, n->json, at, CODE_E + 20 };
    char known[640];
    int len = snprintf(known, sizeof(known), "do note tag max_visits exhausted error %s %s", k->fields, k->exits);

    if (n->kind == N_CALL)
        return;
    for (int x = 0; x < X_WORDS; x++)
        if (may_have(n, x) && len > 0 && len < (int)sizeof(known) && !names_word(known, hl__flow_exits[x]))
            len += snprintf(known + len, sizeof(known) - (size_t)len, " %s", hl__flow_exits[x]);
    hl__jknown(&jc, known);
}

/* `defaults` give fields to nodes of a kind, never exits. */
static void check_defaults(checker *c)
{
    hl__jcheck jc = { c->f, c->g->json, c->at, CODE_E + 20 };
    hl__json *defaults = hl__jobject(&jc, "defaults");
    hl__place at = { c->at, "defaults", 0 };

    for (void *it = hl__json_iter(defaults); it; it = hl__json_iter_next(defaults, it)) {
        hl__place here = { &at, hl__json_iter_key(it), 0 };
        hl__jcheck fields = { c->f, hl__json_iter_value(it), &here, CODE_E + 20 };
        int k = kind_of(hl__json_iter_key(it));
        if (k < 0)
            bad_kind(c, hl__json_iter_key(it), &here);
        else if (!(hl__flow_kinds[k].traits & K_U))
            hl__jknown(&fields, hl__flow_kinds[k].fields);
    }
}

static void read_nodes(checker *c)
{
    hl__place nodes = { c->at, "nodes", 0 };

    for (uint32_t i = 0; i < c->g->n && !c->no_memory; i++) {
        node *n = &c->g->node[i];
        hl__place at = { &nodes, n->slug, 0 };
        hl__jcheck jc = { c->f, n->json, &at, CODE_E + 20 };
        if (hl__json_type(n->json) != HL__JOBJECT)
            continue;
        if (hl__flow_kinds[n->kind].traits & K_U) {
            read_unavailable(c, n);
            continue;
        }
        known_fields(c, n, &at);
        n->max_visits = (uint32_t)hl__jint(&jc, "max_visits", 1, 65535, 0);
        read_exits(c, n, &at);
        hl__node_read(c, n, &at);
    }
}

int hl__graph_new(const binder *b, hl__json *json, const char *name, hl__findings *f, const hl__place *at, graph **out)
{
    checker c = { .b = b, .f = f, .at = at };
    uint32_t before = f->errors;

    if (hl__json_type(json) != HL__JOBJECT) {
        hl__error(f, CODE_E + 20, at, "a flow is an object");
        return HL_EPARSE;
    }
    if (!(c.g = hl__alloc(b->fl->core->mem, sizeof(*c.g))))
        return HL_ENOMEM;
    c.g->mem = b->fl->core->mem;
    c.g->json = hl__json_keep(json);
    hl__names_init(&c.g->by_slug, c.g->mem);
    read_head(&c, name);
    read_vars(&c);
    if (!c.no_memory)
        list_nodes(&c);
    if (!c.no_memory && c.g->n) {
        check_presets(&c);
        check_defaults(&c);
        read_handlers(&c);
        read_nodes(&c);
    }
    if (!c.no_memory && c.g->n)
        hl__graph_checks(&c);
    if (c.no_memory || f->errors > before) {
        hl__graph_free(c.g);
        return c.no_memory ? HL_ENOMEM : HL_EPARSE;
    }
    *out = c.g;
    return 0;
}

void hl__graph_free(graph *g)
{
    if (!g)
        return;
    for (uint32_t i = 0; i < g->exprs; i++)
        hl__expr_free(g->expr[i]);
    for (uint32_t i = 0; i < g->patterns; i++)
        hl__pattern_free(g->mem, g->pattern[i]);
    hl__free(g->mem, g->expr);
    hl__free(g->mem, g->pattern);
    hl__names_free(&g->by_slug);
    hl__scope_free(g->scope);
    for (block *b = g->blocks, *next; b; b = next) {
        next = b->next;
        hl__free(g->mem, b);
    }
    hl__json_free(g->json);
    hl__free(g->mem, g);
}
