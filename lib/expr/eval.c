/* eval.c - the stack machine: no allocation, no jump backwards, so it always ends.
 *
 * An error is a value: every instruction that meets one hands it on, but && and || let the other side decide. */
#include "expr/code.h"
#include <string.h>

typedef struct machine { const hl__expr *e; hl__eval *x; hl__val *stack; uint32_t top; } machine;

void *hl__eval_room(hl__eval *x, size_t bytes)
{
    size_t at = (x->used + 7) & ~(size_t)7;

    if (bytes > sizeof(x->text) || at > sizeof(x->text) - bytes)
        return NULL;
    x->used = at + bytes;
    return x->text + at;
}

hl__val hl__text_val(hl__eval *x, const char *text, size_t len)
{
    if (len > MAX_TEXT || len > sizeof(x->text) - x->used)
        return hl__val_error(CAUSE_SIZE, NULL);
    char *to = x->text + x->used;
    memcpy(to, text, len);
    x->used += len;
    return (hl__val){ .kind = HL__V_STRING, .len = (uint32_t)len, .u.s = to };
}

static hl__val truth(bool is_true)
{
    return (hl__val){ .kind = HL__V_BOOL, .u.i = is_true };
}

static bool in_range(const hl__val *v)
{
    if (v->kind == HL__V_DATE)
        return v->u.i >= DAY_MIN && v->u.i <= DAY_MAX;
    return v->kind != HL__V_TIMESTAMP || (v->u.i >= DAY_MIN * DAY_US && v->u.i < (DAY_MAX + 1) * DAY_US);
}

/* To zero; the remainder has the sign of the left. Only the least int by -1 does not fit. */
static hl__val divide(int op, const hl__val *l, const hl__val *r)
{
    hl__val v = { .kind = HL__V_INT };

    if (r->u.i == 0)
        return hl__val_error(CAUSE_DIVIDE, NULL);
    if (r->u.i != -1)
        v.u.i = op == OP_DIV ? l->u.i / r->u.i : l->u.i % r->u.i;
    else if (op == OP_DIV && l->u.i == INT64_MIN)
        return hl__val_error(CAUSE_OVERFLOW, NULL);
    else
        v.u.i = op == OP_DIV ? -l->u.i : 0;
    return v;
}

static hl__val calculate(int op, int kind, const hl__val *l, const hl__val *r)
{
    hl__val v = { .kind = (uint8_t)kind };
    bool is_over = false;

    if (l->kind == HL__V_MONEY && r->kind == HL__V_MONEY && strcmp(l->ccy, r->ccy) != 0)
        return hl__val_error(CAUSE_CURRENCY, NULL);
    if (kind == HL__V_MONEY)
        memcpy(v.ccy, l->kind == HL__V_MONEY ? l->ccy : r->ccy, sizeof(v.ccy));
    switch (op) {
    case OP_ADD: is_over = __builtin_add_overflow(l->u.i, r->u.i, &v.u.i); break;
    case OP_SUB: is_over = __builtin_sub_overflow(l->u.i, r->u.i, &v.u.i); break;
    default: is_over = __builtin_mul_overflow(l->u.i, r->u.i, &v.u.i); break;
    }
    return is_over ? hl__val_error(CAUSE_OVERFLOW, NULL) : in_range(&v) ? v : hl__val_error(CAUSE_RANGE, NULL);
}

static hl__val join(hl__eval *x, const hl__val *l, const hl__val *r)
{
    size_t size = l->kind == HL__V_STRING ? 1 : sizeof(hl__val), left = l->len * size, right = r->len * size;
    char *to;

    if (size == 1 ? left + right > MAX_TEXT : l->len + r->len > 4 * MAX_ITEMS)
        return hl__val_error(CAUSE_SIZE, NULL);
    if (!(to = hl__eval_room(x, left + right + 1)))
        return hl__val_error(CAUSE_SIZE, NULL);
    if (left)
        memcpy(to, l->u.s, left);
    if (right)
        memcpy(to + left, r->u.s, right);
    return (hl__val){ .kind = l->kind, .len = l->len + r->len, .u.s = to };
}

static hl__val compare(int op, const hl__val *l, const hl__val *r)
{
    if (l->kind == HL__V_MONEY && r->kind == HL__V_MONEY && op != OP_EQ && op != OP_NE && strcmp(l->ccy, r->ccy) != 0)
        return hl__val_error(CAUSE_CURRENCY, NULL);
    switch (op) {
    case OP_EQ: return truth(hl__val_equal(l, r));
    case OP_NE: return truth(!hl__val_equal(l, r));
    case OP_LT: return truth(hl__val_order(l, r) < 0);
    case OP_LE: return truth(hl__val_order(l, r) <= 0);
    case OP_GT: return truth(hl__val_order(l, r) > 0);
    default: return truth(hl__val_order(l, r) >= 0);
    }
}

static hl__val contains(int op, const hl__val *l, const hl__val *r)
{
    uint32_t step = op == OP_INMAP ? 2 : 1;

    for (uint32_t i = 0; i < r->len; i++)
        if (hl__val_equal(l, &r->u.list[i * step]))
            return truth(true);
    return truth(false);
}

static hl__val element(int op, const hl__val *l, const hl__val *i)
{
    if (op == OP_INDEX)
        return i->u.i >= 0 && i->u.i < l->len ? l->u.list[i->u.i] : hl__val_error(CAUSE_RANGE, NULL);
    for (uint32_t k = 0; k < l->len; k++)
        if (hl__val_equal(i, &l->u.list[k * 2]))
            return l->u.list[k * 2 + 1];
    return hl__val_error(CAUSE_RANGE, NULL);
}

/* && and ||: what one side alone settles is settled, whatever the other side is. */
static hl__val settle(int op, const hl__val *l, const hl__val *r)
{
    bool other = op == OP_OR;

    if ((l->kind == HL__V_BOOL && (l->u.i != 0) == other) || (r->kind == HL__V_BOOL && (r->u.i != 0) == other))
        return truth(other);
    return l->kind == VALUE_ERROR ? *l : *r;
}

static hl__val two(machine *m, const instr *at, const hl__val *l, const hl__val *r)
{
    switch (at->op) {
    case OP_DIV: case OP_MOD: return divide(at->op, l, r);
    case OP_ADD: case OP_SUB: case OP_MUL: return calculate(at->op, at->a, l, r);
    case OP_JOIN: return join(m->x, l, r);
    case OP_IN: case OP_INMAP: return contains(at->op, l, r);
    case OP_INDEX: case OP_KEY: return element(at->op, l, r);
    default: return compare(at->op, l, r);
    }
}

static hl__val one(machine *m, const instr *at, const hl__val *v)
{
    hl__val out = *v;

    if (at->op == OP_HAS && (v->kind != VALUE_ERROR || v->len == CAUSE_UNSET))
        return truth(v->kind != VALUE_ERROR);
    if (v->kind == VALUE_ERROR)
        return *v;
    switch (at->op) {
    case OP_NOT: return truth(!v->u.i);
    case OP_NEG:
        out.u.i = v->u.i == INT64_MIN ? 0 : -v->u.i;
        return v->u.i == INT64_MIN ? hl__val_error(CAUSE_OVERFLOW, NULL) : out;
    case OP_MATCH: return truth(hl__pattern_match(&m->e->pattern[at->b], v->u.s, v->len));
    default: /* FIELD */
        out = at->b < v->len ? v->u.list[at->b] : (hl__val){ 0 };
        return out.kind == HL__V_NONE ? hl__val_error(CAUSE_UNSET, at->to ? m->e->text.data + at->to : NULL) : out;
    }
}

/* A list, a map or a call: n values become one. */
static hl__val many(machine *m, const instr *at, const hl__val *arg, uint32_t n)
{
    hl__val *room;

    for (uint32_t i = 0; i < n; i++)
        if (arg[i].kind == VALUE_ERROR)
            return arg[i];
    if (at->op == OP_CALL)
        return hl__functions[at->b].call(m->x, arg, n);
    if (!(room = hl__eval_room(m->x, (n + 1) * sizeof(*room))))
        return hl__val_error(CAUSE_SIZE, NULL);
    memcpy(room, arg, n * sizeof(*room));
    return (hl__val){ .kind = at->op == OP_LIST ? HL__V_LIST : HL__V_MAP, .len = at->b, .u.list = room };
}

static hl__val load(machine *m, const instr *at)
{
    const hl__val *v = &m->x->slots[at->b];

    return v->kind == HL__V_NONE ? hl__val_error(CAUSE_UNSET, m->e->text.data + at->to) : *v;
}

/* Where to go on after an instruction that may jump. */
static uint32_t jump(machine *m, const instr *at, uint32_t pc)
{
    hl__val *v = &m->stack[m->top - 1];

    switch (at->op) {
    case OP_JFALSE: return v->kind == HL__V_BOOL && !v->u.i ? (uint32_t)at->to : pc;
    case OP_JTRUE: return v->kind == HL__V_BOOL && v->u.i ? (uint32_t)at->to : pc;
    case OP_JUMP: return (uint32_t)at->to;
    default: /* COND */
        if (v->kind == VALUE_ERROR)
            return (uint32_t)at->to - 1;
        m->top--;
        return v->u.i ? pc : (uint32_t)at->to;
    }
}

/* One value becomes another, or two become one; && and || meet errors on their own terms. */
static void pair(machine *m, const instr *at)
{
    hl__val *r = &m->stack[m->top - 1], *l = r - 1;

    if (at->op == OP_NOT || at->op == OP_NEG || at->op == OP_HAS || at->op == OP_FIELD || at->op == OP_MATCH) {
        *r = one(m, at, r);
        return;
    }
    m->top--;
    if (at->op == OP_AND || at->op == OP_OR)
        *l = settle(at->op, l, r);
    else if (r->kind == VALUE_ERROR && l->kind != VALUE_ERROR)
        *l = *r;
    else if (l->kind != VALUE_ERROR)
        *l = two(m, at, l, r);
}

static hl__val run(machine *m)
{
    const hl__expr *e = m->e;

    for (uint32_t pc = 0; pc < e->codes;) {
        const instr *at = &e->code[pc++];
        uint32_t n;
        switch (at->op) {
        case OP_CONST: m->stack[m->top++] = e->value[at->b]; break;
        case OP_LOAD: m->stack[m->top++] = load(m, at); break;
        case OP_LIST: case OP_MAP: case OP_CALL:
            n = at->op == OP_CALL ? at->a : at->op == OP_MAP ? at->b * 2u : at->b;
            m->stack[m->top - n] = many(m, at, &m->stack[m->top - n], n);
            m->top = m->top - n + 1;
            break;
        case OP_JFALSE: case OP_JTRUE: case OP_JUMP: case OP_COND: pc = jump(m, at, pc); break;
        default: pair(m, at); break;
        }
    }
    return m->stack[0];
}

int hl__expr_eval(const hl__expr *e, hl__eval *x, hl__val *out)
{
    hl__val stack[MAX_STACK + 2];
    machine m = { e, x, stack, 0 };
    hl__val v;

    x->used = 0;
    v = run(&m);
    if (v.kind == VALUE_ERROR)
        return hl__expr_fail(x->err, &v);
    *out = v;
    return 0;
}
