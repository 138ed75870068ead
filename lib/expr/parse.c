/* parse.c - tokens to instructions by operator precedence, with the open operators on a stack of their own.
 *
 * Two states: an operand is wanted, or an operator is. What is open stands on c->op: binary operators waiting for their
 * right side, brackets waiting for their end, and the two halves of a ?: . */
#include "expr/code.h"
#include <stdio.h>
#include <string.h>

/* Kinds of open operators besides the tokens themselves. */
enum { O_CALL = 64, O_GROUP, O_LIST, O_MAP, O_INDEX, O_THEN, O_ELSE, O_NOT, O_NEG };

static int precedence(int kind)
{
    static const uint8_t table[] = { [T_OR] = 2, [T_AND] = 3, [T_EQ] = 4, [T_NE] = 4, [T_LT] = 4, [T_LE] = 4,
        [T_GT] = 4, [T_GE] = 4, [T_IN] = 4, [T_ADD] = 5, [T_SUB] = 5, [T_MUL] = 6, [T_DIV] = 6, [T_MOD] = 6,
        [O_NOT] = 7, [O_NEG] = 7, [O_ELSE] = 1 };

    return kind < (int)sizeof(table) ? table[kind] : 0; /* brackets have 0: only their end takes them away */
}

void hl__expr_wrong(compiler *c, int code, size_t at, const char *fmt, ...)
{
    char words[400];
    va_list args;
    const hl__expr_in *in = c->in;

    if (c->is_bad)
        return;
    c->is_bad = true;
    if (c->is_out_of_memory)
        return;
    va_start(args, fmt);
    vsnprintf(words, sizeof(words), fmt, args);
    va_end(args);
    int use = code == 726 ? in->secret_code : in->code;
    size_t column = at <= in->len && hl__utf8_ok(in->text, at) ? hl__utf8_size(in->text, at) : at;
    hl__error(in->f, use ? use : code, in->at, "at character %zu of the expression: %s", column + 1, words);
}

static void open(compiler *c, int kind, size_t at)
{
    if (c->ops >= MAX_NEST) {
        hl__expr_wrong(c, 727, at, "nested deeper than %d", MAX_NEST);
        return;
    }
    c->op[c->ops++] = (operator){ .kind = (uint8_t)kind, .base = c->vals, .code = c->e->codes, .at = at };
}

static operator *top(compiler *c)
{
    return c->ops ? &c->op[c->ops - 1] : NULL;
}

static void pop(compiler *c)
{
    c->ops--;
}

/* Carries out what is on top of the open operators; brackets are left to their ends. */
static void reduce(compiler *c)
{
    operator o = c->op[c->ops - 1];

    pop(c);
    if (o.kind == T_AND || o.kind == T_OR) {
        hl__emit_binary(c, o.kind, o.at);
        if (!c->is_bad)
            c->e->code[o.patch].to = (int32_t)c->e->codes;
    } else if (o.kind == O_NOT || o.kind == O_NEG) {
        hl__emit_unary(c, o.kind == O_NOT ? T_NOT : T_SUB, o.at);
    } else if (o.kind == O_ELSE) {
        hl__emit_cond(c, &o);
    } else {
        hl__emit_binary(c, o.kind, o.at);
    }
}

static void reduce_to(compiler *c, int least)
{
    while (!c->is_bad && c->ops && precedence(top(c)->kind) >= least)
        reduce(c);
}

static void literal(compiler *c, const token *t)
{
    hl__val v = { .kind = HL__V_INT, .u.i = t->number };

    if (t->kind == T_TEXT)
        v = (hl__val){ .kind = HL__V_STRING, .len = t->text_len, .u.i = t->text }; /* an offset until the end */
    hl__emit_const(c, &v, &hl__types[v.kind]);
}

static bool is_word(const compiler *c, const token *t, const char *word)
{
    return t->len == strlen(word) && memcmp(c->in->text + t->at, word, t->len) == 0;
}

/* A name in operand position: a constant, a function, or something of the scope. True: an operand is still wanted. */
static bool name(compiler *c)
{
    token t = c->tok;

    hl__lex(c);
    if (c->tok.kind == T_OPEN) {
        int fn = hl__function_find(c, &t, false);
        open(c, O_CALL, t.at);
        if (c->is_bad)
            return false;
        top(c)->fn = (uint8_t)fn;
        hl__lex(c);
        return true;
    }
    if (is_word(c, &t, "true") || is_word(c, &t, "false")) {
        hl__val v = { .kind = HL__V_BOOL, .u.i = t.len == 4 };
        hl__emit_const(c, &v, &hl__types[HL__V_BOOL]);
    } else if (is_word(c, &t, "null")) {
        hl__expr_wrong(c, 720, t.at, "there is no null; has(x) asks whether x has a value");
    } else {
        hl__emit_name(c, &t);
    }
    return false;
}

static void call_end(compiler *c)
{
    operator o = *top(c);

    pop(c);
    hl__emit_call(c, &o);
}

/* The end of a bracket directly behind its beginning or a comma. True: it was one. */
static bool empty_end(compiler *c)
{
    operator *o = top(c);

    if (!o || c->vals != o->base + o->count * (o->kind == O_MAP ? 2u : 1u) + (o->is_method ? 1u : 0u))
        return false;
    if (c->tok.kind == T_CLOSE && o->kind == O_CALL && o->count == 0) {
        call_end(c);
    } else if (c->tok.kind == T_UNLIST && o->kind == O_LIST) {
        operator list = *o;
        pop(c);
        hl__emit_list(c, &list);
    } else if (c->tok.kind == T_UNMAP && o->kind == O_MAP && o->count > 0) {
        operator map = *o;
        pop(c);
        hl__emit_map(c, &map);
    } else {
        return false;
    }
    hl__lex(c);
    return true;
}

/* A minus directly before digits is part of the number, so that the least int can be written. */
static bool minus(compiler *c)
{
    size_t at = c->tok.at;

    hl__lex(c);
    if (c->tok.kind == T_INT) {
        c->tok.number = (int64_t)(0 - (uint64_t)c->tok.number);
        literal(c, &c->tok);
        hl__lex(c);
        return false;
    }
    open(c, O_NEG, at);
    return true;
}

static bool bracket(compiler *c, int kind)
{
    open(c, kind, c->tok.at);
    hl__lex(c);
    return true;
}

/* True: an operand is still wanted. */
static bool operand(compiler *c)
{
    if (empty_end(c))
        return false;
    switch (c->tok.kind) {
    case T_INT:
        if (c->tok.number == INT64_MIN) {
            hl__expr_wrong(c, 725, c->tok.at, "a whole number of 64 bits is wanted");
            return false;
        }
        /* fall through */
    case T_TEXT:
        literal(c, &c->tok);
        hl__lex(c);
        return false;
    case T_NAME: return name(c);
    case T_SUB: return minus(c);
    case T_NOT: return bracket(c, O_NOT);
    case T_OPEN: return bracket(c, O_GROUP);
    case T_LIST: return bracket(c, O_LIST);
    case T_MAP: return bracket(c, O_MAP);
    case T_END: hl__expr_wrong(c, 720, c->tok.at, "a value is wanted, here it ends"); return false;
    default: hl__expr_wrong(c, 720, c->tok.at, "a value is wanted here"); return false;
    }
}

/* ".name" or ".name(": true: an operand is wanted. */
static bool member(compiler *c)
{
    hl__lex(c);
    token t = c->tok;
    if (t.kind != T_NAME) {
        hl__expr_wrong(c, 720, t.at, "a name is wanted behind the dot");
        return false;
    }
    hl__lex(c);
    if (c->tok.kind != T_OPEN) {
        hl__emit_field(c, &t);
        return false;
    }
    int fn = hl__function_find(c, &t, true);
    open(c, O_CALL, t.at);
    if (c->is_bad)
        return false;
    operator *o = top(c);
    o->fn = (uint8_t)fn;
    o->is_method = true;
    o->base = c->vals - 1;
    o->code = c->val[c->vals - 1].code;
    hl__lex(c);
    return true;
}

static void binary(compiler *c)
{
    int kind = c->tok.kind;
    size_t at = c->tok.at;

    reduce_to(c, precedence(kind));
    if (c->is_bad)
        return;
    open(c, kind, at);
    if (!c->is_bad && (kind == T_AND || kind == T_OR))
        top(c)->patch = (uint32_t)hl__expr_emit(c, kind == T_AND ? OP_JFALSE : OP_JTRUE, 0, 0, 0);
    hl__lex(c);
}

static void ask(compiler *c)
{
    size_t at = c->tok.at;

    reduce_to(c, 2);
    if (c->is_bad)
        return;
    if (top(c) && top(c)->kind == O_THEN) {
        hl__expr_wrong(c, 720, at, "a ? between ? and : needs brackets around it");
        return;
    }
    if (c->val[c->vals - 1].type->kind != HL__V_BOOL) {
        hl__expr_wrong(c, 722, at, "true or false is wanted before the ?");
        return;
    }
    open(c, O_THEN, at);
    if (c->is_bad)
        return;
    top(c)->base = c->vals - 1;
    top(c)->patch = (uint32_t)hl__expr_emit(c, OP_COND, 0, 0, 0);
    hl__lex(c);
}

static void colon(compiler *c)
{
    reduce_to(c, 1);
    operator *o = top(c);
    if (c->is_bad)
        return;
    if (o && o->kind == O_THEN) {
        int jump = hl__expr_emit(c, OP_JUMP, 0, 0, 0);
        if (jump < 0)
            return;
        c->e->code[o->patch].to = jump + 1;
        o->kind = O_ELSE;
        o->patch = (uint32_t)jump;
    } else if (!o || o->kind != O_MAP || c->vals != o->base + 2u * o->count + 1) {
        hl__expr_wrong(c, 720, c->tok.at, "no ? before this : and no { around it");
        return;
    }
    hl__lex(c);
}

static bool is_map_half(const compiler *c, const operator *o)
{
    return o->kind == O_MAP && c->vals != o->base + 2u * o->count + 2;
}

static void comma(compiler *c)
{
    reduce_to(c, 1);
    operator *o = top(c);
    if (c->is_bad)
        return;
    if (!o || (o->kind != O_CALL && o->kind != O_LIST && o->kind != O_MAP) || is_map_half(c, o))
        hl__expr_wrong(c, 720, c->tok.at, "a comma means nothing here");
    else if (++o->count >= (o->kind == O_CALL ? MAX_ARGS : MAX_ITEMS))
        hl__expr_wrong(c, 727, c->tok.at, "too many elements");
    else
        hl__lex(c);
}

static void close(compiler *c)
{
    static const uint8_t ends[][2] = { { O_CALL, T_CLOSE }, { O_GROUP, T_CLOSE }, { O_LIST, T_UNLIST },
        { O_INDEX, T_UNLIST }, { O_MAP, T_UNMAP } };
    int fits = 0;

    reduce_to(c, 1);
    operator *at = top(c);
    if (c->is_bad)
        return;
    for (size_t i = 0; at && i < HL__COUNT(ends); i++)
        fits |= at->kind == ends[i][0] && c->tok.kind == ends[i][1];
    if (!fits || is_map_half(c, at)) {
        hl__expr_wrong(c, 720, c->tok.at, "this bracket closes nothing");
        return;
    }
    operator o = *at;
    pop(c);
    o.count++;
    switch (o.kind) {
    case O_CALL: hl__emit_call(c, &o); break;
    case O_LIST: hl__emit_list(c, &o); break;
    case O_INDEX: hl__emit_index(c, o.at); break;
    case O_MAP: hl__emit_map(c, &o); break;
    default: c->val[c->vals - 1].path = -1; break; /* (a).b is no path that has() could ask for */
    }
    hl__lex(c);
}

/* True: an operand is wanted next. */
static bool operation(compiler *c)
{
    if (c->tok.kind < O_CALL && precedence(c->tok.kind) > 1) {
        binary(c);
        return true;
    }
    switch (c->tok.kind) {
    case T_DOT: return member(c);
    case T_LIST:
        open(c, O_INDEX, c->tok.at);
        hl__lex(c);
        return true;
    case T_ASK: ask(c); return true;
    case T_COLON: colon(c); return true;
    case T_COMMA: comma(c); return true;
    case T_CLOSE: case T_UNLIST: case T_UNMAP: close(c); return false;
    default: hl__expr_wrong(c, 720, c->tok.at, "an operator is wanted here"); return false;
    }
}

static void parse(compiler *c)
{
    bool wants_operand = true;

    hl__lex(c);
    while (!c->is_bad && (wants_operand || c->tok.kind != T_END))
        wants_operand = wants_operand ? operand(c) : operation(c);
    reduce_to(c, 1);
    if (!c->is_bad && c->ops)
        hl__expr_wrong(c, 720, top(c)->at, top(c)->kind == O_THEN ? "this ? has no :" : "this bracket is not closed");
}

/* Texts get their addresses once the buffer no longer moves; has() anywhere guards every read of that name. */
static void settle(hl__expr *e)
{
    for (uint32_t i = 0; i < e->values; i++)
        if (e->value[i].kind == HL__V_STRING)
            e->value[i].u.s = e->text.data + e->value[i].u.i;
    for (uint32_t i = 0; i < e->reads; i++)
        for (uint32_t k = 0; k < e->reads && !e->read[i].is_asked; k++)
            e->read[i].is_asked = e->read[k].is_asked && e->read[k].slot == e->read[i].slot;
    for (uint32_t i = 0; i < e->reads; i++) {
        const char *path = e->text.data + e->read[i].path;
        bool is_twice = false;
        for (uint32_t k = 0; k < i; k++)
            is_twice |= strcmp(path, e->text.data + e->read[k].path) == 0;
        if (is_twice)
            continue;
        if (e->read_text.len)
            hl__buf_char(&e->read_text, ' ');
        hl__buf_str(&e->read_text, path);
    }
}

static void check_result(compiler *c)
{
    const entry *v = &c->val[0];
    hl__buf have, want;

    c->e->type = v->type;
    c->e->is_secret = v->is_secret;
    if (v->is_secret && !c->in->may_be_secret)
        hl__expr_wrong(c, 726, 0, "a secret would be seen here");
    if (hl__type_fits(v->type, c->in->want))
        return;
    hl__buf_init(&have, c->e->mem);
    hl__buf_init(&want, c->e->mem);
    (void)hl__type_text(&have, v->type); /* no memory for the words: the finding has fewer */
    (void)hl__type_text(&want, c->in->want);
    hl__expr_wrong(c, 722, 0, "this is %s; %s is wanted", have.data ? have.data : "", want.data ? want.data : "");
    hl__buf_free(&have);
    hl__buf_free(&want);
}

int hl__expr_new(hl__scope *s, const hl__expr_in *in, hl__expr **out)
{
    compiler c = { .scope = s, .in = in };
    hl__mem *mem = in->f->mem;
    int r;

    if (!(c.e = hl__alloc(mem, sizeof(*c.e))))
        return HL_ENOMEM;
    c.e->mem = mem;
    hl__buf_init(&c.e->text, mem);
    hl__buf_init(&c.e->read_text, mem);
    hl__buf_char(&c.e->text, 0); /* so that there is an address even if no text follows */
    if (in->len > MAX_TEXT)
        hl__expr_wrong(&c, 727, 0, "longer than %d bytes", MAX_TEXT);
    else if (!hl__utf8_ok(in->text, in->len))
        hl__expr_wrong(&c, 720, 0, "not UTF-8");
    else
        parse(&c);
    if (!c.is_bad)
        check_result(&c);
    if (!c.is_bad && !c.e->text.failed)
        settle(c.e);
    r = c.is_out_of_memory || c.e->text.failed || c.e->read_text.failed ? HL_ENOMEM : c.is_bad ? HL_EPARSE : 0;
    if (r < 0)
        hl__expr_free(c.e);
    else
        *out = c.e;
    return r;
}

void hl__expr_free(hl__expr *e)
{
    if (!e)
        return;
    for (uint32_t i = 0; i < e->patterns; i++)
        hl__pattern_free(e->mem, &e->pattern[i]);
    hl__free(e->mem, e->pattern);
    hl__free(e->mem, e->code);
    hl__free(e->mem, e->value);
    hl__free(e->mem, e->read);
    hl__buf_free(&e->text);
    hl__buf_free(&e->read_text);
    hl__free(e->mem, e);
}

const hl__type *hl__expr_type(const hl__expr *e)
{
    return e->type;
}

bool hl__expr_secret(const hl__expr *e)
{
    return e->is_secret;
}

int hl__expr_read(const hl__expr *e, uint32_t n, bool *is_guarded)
{
    if (n >= e->reads)
        return HL_ENOENT;
    *is_guarded = e->read[n].is_asked;
    return (int)e->read[n].slot;
}

const char *hl__expr_reads(const hl__expr *e)
{
    return e->read_text.data ? e->read_text.data : "";
}
