/* emit.c - the types of operands and the instructions for what is done with them. */
#include "expr/code.h"
#include <string.h>

/* Which operator takes what. Comparisons and membership are further down: they are the same for many types. */
static const struct { uint8_t token, left, right, result, op; } arithmetic[] = {
    { T_ADD, HL__V_INT, HL__V_INT, HL__V_INT, OP_ADD }, { T_SUB, HL__V_INT, HL__V_INT, HL__V_INT, OP_SUB },
    { T_MUL, HL__V_INT, HL__V_INT, HL__V_INT, OP_MUL }, { T_DIV, HL__V_INT, HL__V_INT, HL__V_INT, OP_DIV },
    { T_MOD, HL__V_INT, HL__V_INT, HL__V_INT, OP_MOD },
    { T_ADD, HL__V_STRING, HL__V_STRING, HL__V_STRING, OP_JOIN },
    { T_ADD, HL__V_MONEY, HL__V_MONEY, HL__V_MONEY, OP_ADD }, { T_SUB, HL__V_MONEY, HL__V_MONEY, HL__V_MONEY, OP_SUB },
    { T_MUL, HL__V_MONEY, HL__V_INT, HL__V_MONEY, OP_MUL }, { T_MUL, HL__V_INT, HL__V_MONEY, HL__V_MONEY, OP_MUL },
    { T_ADD, HL__V_DATE, HL__V_INT, HL__V_DATE, OP_ADD }, { T_SUB, HL__V_DATE, HL__V_INT, HL__V_DATE, OP_SUB },
    { T_SUB, HL__V_DATE, HL__V_DATE, HL__V_INT, OP_SUB },
    { T_ADD, HL__V_TIMESTAMP, HL__V_DURATION, HL__V_TIMESTAMP, OP_ADD },
    { T_ADD, HL__V_DURATION, HL__V_TIMESTAMP, HL__V_TIMESTAMP, OP_ADD },
    { T_SUB, HL__V_TIMESTAMP, HL__V_DURATION, HL__V_TIMESTAMP, OP_SUB },
    { T_SUB, HL__V_TIMESTAMP, HL__V_TIMESTAMP, HL__V_DURATION, OP_SUB },
    { T_ADD, HL__V_DURATION, HL__V_DURATION, HL__V_DURATION, OP_ADD },
    { T_SUB, HL__V_DURATION, HL__V_DURATION, HL__V_DURATION, OP_SUB },
    { T_MUL, HL__V_DURATION, HL__V_INT, HL__V_DURATION, OP_MUL },
    { T_MUL, HL__V_INT, HL__V_DURATION, HL__V_DURATION, OP_MUL },
    { T_ADD, HL__V_LIST, HL__V_LIST, HL__V_LIST, OP_JOIN },
    { T_AND, HL__V_BOOL, HL__V_BOOL, HL__V_BOOL, OP_AND }, { T_OR, HL__V_BOOL, HL__V_BOOL, HL__V_BOOL, OP_OR },
};
static const char *const token_text[] = { [T_AND] = "&&", [T_OR] = "||", [T_EQ] = "==", [T_NE] = "!=", [T_LT] = "<",
    [T_LE] = "<=", [T_GT] = ">", [T_GE] = ">=", [T_IN] = "in", [T_ADD] = "+", [T_SUB] = "-", [T_MUL] = "*",
    [T_DIV] = "/", [T_MOD] = "%", [T_NOT] = "!" };

static void out_of_memory(compiler *c)
{
    c->is_bad = c->is_out_of_memory = true;
}

int hl__expr_emit(compiler *c, int op, int a, int b, int32_t to)
{
    hl__expr *e = c->e;

    if (c->is_bad)
        return -1;
    if (e->codes >= MAX_CODE)
        hl__expr_wrong(c, 727, c->tok.at, "more than %d steps", MAX_CODE);
    else if (hl__grow(e->mem, &e->code, &e->code_room, e->codes, sizeof(*e->code)) < 0)
        out_of_memory(c);
    if (c->is_bad)
        return -1;
    e->code[e->codes] = (instr){ (uint8_t)op, (uint8_t)a, (uint16_t)b, to };
    return (int)e->codes++;
}

static void push_at(compiler *c, const hl__type *type, bool is_secret, uint32_t code)
{
    if (c->is_bad)
        return;
    if (!type)
        out_of_memory(c);
    else if (c->vals >= MAX_STACK)
        hl__expr_wrong(c, 727, c->tok.at, "more than %d values at once", MAX_STACK);
    else
        c->val[c->vals++] = (entry){ .type = type, .is_secret = is_secret, .code = code, .path = -1 };
}

void hl__expr_push(compiler *c, const hl__type *type, bool is_secret)
{
    push_at(c, type, is_secret, c->e->codes ? c->e->codes - 1 : 0);
}

void hl__emit_const(compiler *c, const hl__val *v, const hl__type *type)
{
    hl__expr *e = c->e;

    if (c->is_bad)
        return;
    if (hl__grow(e->mem, &e->value, &e->value_room, e->values, sizeof(*v)) < 0) {
        out_of_memory(c);
        return;
    }
    e->value[e->values] = *v;
    if (hl__expr_emit(c, OP_CONST, 0, (int)e->values, 0) < 0)
        return;
    e->values++;
    hl__expr_push(c, type, false);
    if (!c->is_bad)
        c->val[c->vals - 1].is_const = true;
}

/* Adds text with its end to the pool; its offset. */
static uint32_t pool(compiler *c, const char *text, size_t len)
{
    uint32_t at = (uint32_t)c->e->text.len;

    hl__buf_add(&c->e->text, text, len);
    hl__buf_char(&c->e->text, 0);
    return at;
}

static void unknown_name(compiler *c, const token *t, hl__buf *names)
{
    char near[64], word[64];
    size_t len = t->len < sizeof(word) - 1 ? t->len : sizeof(word) - 1;

    memcpy(word, c->in->text + t->at, len);
    word[len] = 0;
    if (names->data && hl__nearest(word, names->data, near, sizeof(near)))
        hl__expr_wrong(c, 721, t->at, "\"%s\" is not known; did you mean \"%s\"?", word, near);
    else
        hl__expr_wrong(c, 721, t->at, "\"%s\" is not known; known are: %.200s", word, names->data ? names->data : "");
    hl__buf_free(names);
}

void hl__emit_name(compiler *c, const token *t)
{
    hl__expr *e = c->e;
    const char *text = c->in->text + t->at;
    int slot = hl__scope_find(c->scope, text, t->len);

    if (c->is_bad)
        return;
    if (slot < 0) {
        hl__buf names;
        hl__buf_init(&names, e->mem);
        for (uint32_t i = 0; i < hl__scope_size(c->scope); i++) {
            hl__buf_str(&names, i ? " " : "");
            hl__buf_str(&names, hl__scope_at(c->scope, i)->name);
        }
        unknown_name(c, t, &names);
        return;
    }
    if (hl__grow(e->mem, &e->read, &e->read_room, e->reads, sizeof(*e->read)) < 0) {
        out_of_memory(c);
        return;
    }
    const hl__name *n = hl__scope_at(c->scope, (uint32_t)slot);
    uint32_t path = pool(c, text, t->len);
    if (hl__expr_emit(c, OP_LOAD, 0, slot, (int32_t)path) < 0)
        return;
    e->read[e->reads] = (read_name){ (uint32_t)slot, path, false };
    hl__expr_push(c, n->type, n->is_secret);
    c->val[c->vals - 1].path = (int32_t)path;
    c->val[c->vals - 1].read = (int32_t)e->reads++;
}

static int field_of(compiler *c, const hl__type *type, const token *t)
{
    hl__buf names;

    for (uint32_t i = 0; i < type->n; i++)
        if (strlen(type->fields[i].name) == t->len && memcmp(type->fields[i].name, c->in->text + t->at, t->len) == 0)
            return (int)i;
    hl__buf_init(&names, c->e->mem);
    for (uint32_t i = 0; i < type->n; i++) {
        hl__buf_str(&names, i ? " " : "");
        hl__buf_str(&names, type->fields[i].name);
    }
    unknown_name(c, t, &names);
    return -1;
}

void hl__emit_field(compiler *c, const token *t)
{
    entry *v = &c->val[c->vals - 1];
    uint32_t path = 0;
    int n;

    if (c->is_bad)
        return;
    if (v->type->kind != HL__V_OBJECT) {
        hl__expr_wrong(c, 722, t->at, "what stands before the dot has no fields");
        return;
    }
    if ((n = field_of(c, v->type, t)) < 0)
        return;
    if (v->path >= 0) {
        char whole[256];
        size_t len = hl__copy(whole, sizeof(whole) - t->len - 1, c->e->text.data ? c->e->text.data + v->path : "");
        whole[len++] = '.';
        memcpy(whole + len, c->in->text + t->at, t->len);
        path = pool(c, whole, len + t->len);
        c->e->read[v->read].path = path;
        v->path = (int32_t)path;
    }
    if (hl__expr_emit(c, OP_FIELD, 0, n, (int32_t)path) < 0)
        return;
    v->is_secret |= v->type->fields[n].is_secret;
    v->type = v->type->fields[n].type;
}

void hl__emit_unary(compiler *c, int token_kind, size_t at)
{
    entry *v = &c->val[c->vals - 1];
    int kind = v->type->kind;

    if (c->is_bad)
        return;
    if (token_kind == T_NOT && kind == HL__V_BOOL)
        hl__expr_emit(c, OP_NOT, 0, 0, 0);
    else if (token_kind == T_SUB && (kind == HL__V_INT || kind == HL__V_MONEY || kind == HL__V_DURATION))
        hl__expr_emit(c, OP_NEG, 0, 0, 0);
    else
        hl__expr_wrong(c, 722, at, token_kind == T_NOT ? "! takes true or false" : "this has no minus");
    v->path = -1;
}

static void bad_operands(compiler *c, int token_kind, size_t at, const entry *l, const entry *r)
{
    hl__buf left, right;

    hl__buf_init(&left, c->e->mem);
    hl__buf_init(&right, c->e->mem);
    (void)hl__type_text(&left, l->type);  /* without memory the words are fewer */
    (void)hl__type_text(&right, r->type);
    hl__expr_wrong(c, 722, at, "%s does not go with %s and %s", token_text[token_kind], left.data ? left.data : "",
                   right.data ? right.data : "");
    hl__buf_free(&left);
    hl__buf_free(&right);
}

/* What two operands become if the operator is one of the table; NULL: it is not, or not for these. */
static const hl__type *combined(int token_kind, const entry *l, const entry *r, uint8_t *op)
{
    for (size_t i = 0; i < HL__COUNT(arithmetic); i++) {
        if (arithmetic[i].token != token_kind || arithmetic[i].left != l->type->kind ||
            arithmetic[i].right != r->type->kind)
            continue;
        *op = arithmetic[i].op;
        if (arithmetic[i].result == HL__V_LIST)
            return !hl__type_same(l->type, r->type) ? NULL : l->type->of ? l->type : r->type;
        if (arithmetic[i].result != HL__V_MONEY)
            return &hl__types[arithmetic[i].result];
        if (l->type->kind != HL__V_MONEY || r->type->kind != HL__V_MONEY)
            return l->type->kind == HL__V_MONEY ? l->type : r->type;
        return !hl__type_same(l->type, r->type) ? NULL : l->type->ccy[0] ? l->type : r->type;
    }
    return NULL;
}

static int comparison(int token_kind, const entry *l, const entry *r)
{
    static const uint8_t op[] = { [T_EQ] = OP_EQ, [T_NE] = OP_NE, [T_LT] = OP_LT, [T_LE] = OP_LE, [T_GT] = OP_GT,
        [T_GE] = OP_GE };

    if (token_kind == T_IN && r->type->kind == HL__V_LIST && hl__type_same(l->type, r->type->of))
        return OP_IN;
    if (token_kind == T_IN && r->type->kind == HL__V_MAP && hl__type_same(l->type, r->type->key))
        return OP_INMAP;
    if (token_kind == T_IN || token_kind < T_EQ || token_kind > T_GE || !hl__type_same(l->type, r->type))
        return -1;
    if (token_kind != T_EQ && token_kind != T_NE && !hl__is_ordered(l->type->kind))
        return -1;
    return op[token_kind];
}

void hl__emit_binary(compiler *c, int token_kind, size_t at)
{
    if (c->is_bad)
        return;
    entry l = c->val[c->vals - 2], r = c->val[c->vals - 1];
    uint8_t op = 0;
    const hl__type *result = combined(token_kind, &l, &r, &op);
    bool is_secret = l.is_secret || r.is_secret;
    int compare = result ? -1 : comparison(token_kind, &l, &r);

    if (!result && compare < 0) {
        bad_operands(c, token_kind, at, &l, &r);
        return;
    }
    if (compare >= 0) {
        op = (uint8_t)compare;
        result = &hl__types[HL__V_BOOL];
        is_secret = false;
    }
    hl__expr_emit(c, op, result->kind, 0, 0);
    c->vals -= 2;
    push_at(c, result, is_secret, l.code);
}

void hl__emit_index(compiler *c, size_t at)
{
    if (c->is_bad)
        return;
    entry l = c->val[c->vals - 2], i = c->val[c->vals - 1];
    bool is_map = l.type->kind == HL__V_MAP;

    if (i.is_secret)
        hl__expr_wrong(c, 726, at, "a secret as index would be seen by what it finds");
    else if (l.type->kind != HL__V_LIST && !is_map)
        hl__expr_wrong(c, 722, at, "only lists and maps have elements");
    else if (is_map ? !hl__type_same(i.type, l.type->key) : i.type->kind != HL__V_INT)
        hl__expr_wrong(c, 722, at, is_map ? "the key is of another type" : "a whole number is wanted as index");
    else if (!l.type->of)
        hl__expr_wrong(c, 722, at, "an empty list has no elements");
    hl__expr_emit(c, is_map ? OP_KEY : OP_INDEX, 0, 0, 0);
    if (c->is_bad)
        return;
    c->vals -= 2;
    push_at(c, l.type->of, l.is_secret, l.code);
}

/* Condition, first and second branch are the top three values. */
void hl__emit_cond(compiler *c, const operator *o)
{
    if (c->is_bad)
        return;
    entry q = c->val[c->vals - 3], a = c->val[c->vals - 2], b = c->val[c->vals - 1];
    bool is_looser = (a.type->kind == HL__V_MONEY && !b.type->ccy[0]) || (a.type->kind == HL__V_LIST && !a.type->of);

    if (!hl__type_same(a.type, b.type)) {
        bad_operands(c, T_EQ, o->at, &a, &b);
        return;
    }
    c->e->code[o->patch].to = (int32_t)c->e->codes;
    c->vals -= 3;
    push_at(c, is_looser ? b.type : a.type, q.is_secret || a.is_secret || b.is_secret, q.code);
}

static const hl__type *common(compiler *c, uint32_t from, uint32_t step, uint32_t count, size_t at)
{
    const hl__type *t = count ? c->val[from].type : NULL;

    for (uint32_t i = 1; i < count; i++) {
        const entry *v = &c->val[from + i * step];
        if (!hl__type_same(t, v->type)) {
            hl__expr_wrong(c, 722, at, "element %u is of another type than the first", i + 1);
            return NULL;
        }
        if (v->type->kind == HL__V_MONEY && !v->type->ccy[0])
            t = v->type;
    }
    return t;
}

static bool any_secret(const compiler *c, uint32_t from)
{
    bool is_secret = false;

    for (uint32_t i = from; i < c->vals; i++)
        is_secret |= c->val[i].is_secret;
    return is_secret;
}

void hl__emit_list(compiler *c, const operator *o)
{
    if (c->is_bad)
        return;
    const hl__type *of = common(c, o->base, 1, o->count, o->at);
    bool is_secret = any_secret(c, o->base);

    hl__expr_emit(c, OP_LIST, 0, o->count, 0);
    if (c->is_bad)
        return;
    c->vals = o->base;
    push_at(c, hl__type_list(c->scope, of), is_secret, o->code);
}

void hl__emit_map(compiler *c, const operator *o)
{
    if (c->is_bad)
        return;
    const hl__type *key = common(c, o->base, 2, o->count, o->at), *of = common(c, o->base + 1, 2, o->count, o->at);
    bool is_secret = any_secret(c, o->base);

    if (!c->is_bad && key->kind != HL__V_INT && key->kind != HL__V_STRING && key->kind != HL__V_BOOL)
        hl__expr_wrong(c, 722, o->at, "keys are whole numbers, text, true or false");
    for (uint32_t i = o->base; i < c->vals; i += 2)
        if (c->val[i].is_secret)
            hl__expr_wrong(c, 726, o->at, "a secret as key");
    hl__expr_emit(c, OP_MAP, 0, o->count, 0);
    if (c->is_bad)
        return;
    c->vals = o->base;
    push_at(c, hl__type_map(c->scope, key, of), is_secret, o->code);
}

/* Calls. */

static bool names_function(const compiler *c, const token *t, const function *f)
{
    return strlen(f->name) == t->len && memcmp(f->name, c->in->text + t->at, t->len) == 0;
}

int hl__function_find(compiler *c, const token *t, bool is_method)
{
    hl__buf names;
    char near[64], word[64];
    size_t len = t->len < sizeof(word) - 1 ? t->len : sizeof(word) - 1;

    if (c->is_bad)
        return -1;
    for (uint32_t i = 0; i < hl__function_count; i++)
        if (names_function(c, t, &hl__functions[i]) && (hl__functions[i].flags & (is_method ? FN_METHOD : FN_GLOBAL)))
            return (int)i;
    memcpy(word, c->in->text + t->at, len);
    word[len] = 0;
    hl__buf_init(&names, c->e->mem);
    for (uint32_t i = 0; i < hl__function_count; i++)
        if (hl__functions[i].flags & (is_method ? FN_METHOD : FN_GLOBAL))
            hl__buf_fmt(&names, "%s ", hl__functions[i].name);
    if (names.data && hl__nearest(word, names.data, near, sizeof(near)))
        hl__expr_wrong(c, 723, t->at, "there is no %s %s(); did you mean %s()?", is_method ? "method" : "function",
                       word, near);
    else
        hl__expr_wrong(c, 723, t->at, "there is no %s %s()", is_method ? "method" : "function", word);
    hl__buf_free(&names);
    return -1;
}

static bool takes(uint8_t want, const entry *v, const entry *first)
{
    int kind = v->type->kind;

    switch (want) {
    case K_SCALAR: return kind < HL__V_LIST;
    case K_SAME: return hl__type_same(v->type, first->type);
    case K_ORDERED: return hl__is_ordered(kind);
    case K_SIZED: return kind == HL__V_STRING || kind == HL__V_LIST || kind == HL__V_MAP;
    case K_LITERAL: return kind == HL__V_STRING && v->is_const;
    default: return kind == want;
    }
}

static const function *overload(const compiler *c, const operator *o, uint32_t args)
{
    const function *f = &hl__functions[o->fn];
    const char *name = f->name;
    const entry *arg = &c->val[o->base];

    for (; f < hl__functions + hl__function_count && strcmp(f->name, name) == 0; f++) {
        bool fits = (f->flags & FN_MANY) ? args >= f->args : args == f->args;
        for (uint32_t i = 0; fits && i < args; i++)
            fits = takes(f->kind[i < HL__COUNT(f->kind) - 1 ? i : HL__COUNT(f->kind) - 1], &arg[i], arg);
        if (fits && (f->flags & (o->is_method ? FN_METHOD : FN_GLOBAL)))
            return f;
    }
    return NULL;
}

/* has(a.b): the argument is a path and nothing else; what evaluates it may meet an unset name and go on. */
static void call_has(compiler *c, const operator *o)
{
    entry *v = &c->val[o->base];

    if (v->path < 0) {
        hl__expr_wrong(c, 724, o->at, "has() takes a name, or a name and its fields");
        return;
    }
    c->e->read[v->read].is_asked = true;
    hl__expr_emit(c, OP_HAS, 0, 0, 0);
    v->type = &hl__types[HL__V_BOOL];
    v->is_secret = false;
    v->path = -1;
}

static void call_matches(compiler *c, const operator *o)
{
    hl__expr *e = c->e;
    const instr *at = &e->code[c->val[o->base + 1].code];
    const hl__val *v = &e->value[at->b];
    const char *wrong = "";
    int r;

    if (e->text.failed || hl__grow(e->mem, &e->pattern, &e->pattern_room, e->patterns, sizeof(*e->pattern)) < 0) {
        out_of_memory(c);
        return;
    }
    r = hl__pattern_new(e->mem, e->text.data + v->u.i, v->len, &e->pattern[e->patterns], &wrong);
    if (r == HL_ENOMEM) {
        out_of_memory(c);
    } else if (r < 0) {
        hl__expr_wrong(c, r == HL_ELIMIT ? 727 : 720, o->at, "in the pattern: %s", wrong);
    } else {
        e->patterns++;
        e->codes--; /* the pattern's text need not be loaded */
        hl__expr_emit(c, OP_MATCH, 0, (int)e->patterns - 1, 0);
        c->vals = o->base;
        push_at(c, &hl__types[HL__V_BOOL], false, o->code);
    }
}

static void bad_arguments(compiler *c, const operator *o, uint32_t args)
{
    const function *f = &hl__functions[o->fn];
    bool counts = false;

    for (const function *g = f; g < hl__functions + hl__function_count && strcmp(g->name, f->name) == 0; g++)
        counts |= (g->flags & FN_MANY) ? args >= g->args : args == g->args;
    hl__expr_wrong(c, 724, o->at, counts ? "%s() does not take these types" : "%s() does not take so many arguments",
                   f->name);
}

/* Whether a function's time zone argument, currency and so on can be known now; only money() has something to know. */
static const hl__type *result_type(compiler *c, const function *f, const entry *arg)
{
    char ccy[4] = "";

    if (f->gives == K_SAME)
        return arg->type;
    if (f->gives != HL__V_MONEY || f->args == 0 || c->e->text.failed)
        return &hl__types[f->gives];
    const entry *text = &arg[f->args - 1];
    if (!text->is_const || text->type->kind != HL__V_STRING)
        return &hl__types[HL__V_MONEY];
    const hl__val *v = &c->e->value[c->e->code[text->code].b];
    if (v->len >= 3) {
        memcpy(ccy, c->e->text.data + v->u.i + v->len - 3, 3);
        if (strspn(ccy, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3)
            return hl__type_money(c->scope, ccy);
    }
    return &hl__types[HL__V_MONEY];
}

void hl__emit_call(compiler *c, const operator *o)
{
    if (c->is_bad)
        return;
    const function *f = &hl__functions[o->fn];
    uint32_t args = o->count + (o->is_method ? 1u : 0u);
    bool is_secret = any_secret(c, o->base);

    if (strcmp(f->name, "has") == 0 && args == 1) {
        call_has(c, o);
        return;
    }
    if (!(f = overload(c, o, args))) {
        bad_arguments(c, o, args);
        return;
    }
    if (strcmp(f->name, "matches") == 0) {
        call_matches(c, o);
        return;
    }
    if (strcmp(f->name, "reveal") == 0) {
        if (!c->in->may_reveal)
            hl__expr_wrong(c, 726, o->at, "reveal() is for bodies and headers of requests, arguments of ask and auth");
        c->val[o->base].is_secret = false;
        c->val[o->base].path = -1;
        return;
    }
    const hl__type *type = result_type(c, f, &c->val[o->base]);
    hl__expr_emit(c, OP_CALL, (int)args, (int)(f - hl__functions), 0);
    if (c->is_bad)
        return;
    c->vals = o->base;
    push_at(c, type, is_secret && !(f->flags & FN_CLEARS), o->code);
}
