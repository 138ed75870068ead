/* expr.c - entry points of expr.h: expressions tried by editors and tests. */
#include "api/enter.h"
#include "expr/expr.h"
#include <hotline/expr.h>
#include <string.h>

typedef struct trial { hl__scope *scope; hl__expr *e; hl__json *names, *values; } trial;

static void trial_free(trial *t)
{
    hl__expr_free(t->e);
    hl__scope_free(t->scope);
    hl__json_free(t->names);
    hl__json_free(t->values);
}

/* Compiles text against names; findings go to the desk. */
static int compile(hl_t *hl, const char *text, const char *names, trial *t)
{
    hl__findings *f = hl__desk_findings(hl);
    hl__expr_in in = { .text = text, .may_be_secret = true, .may_reveal = true, .f = f };
    int r;

    if (!text)
        return hl__fail(hl->core.err, HL_EINVAL, "no expression was given");
    in.len = strlen(text);
    hl__findings_clear(f);
    if ((r = hl__findings_source(f, names ? names : "{}", names ? strlen(names) : 2)) < 0)
        return r;
    if ((r = hl__json_parse(f, names ? names : "{}", names ? strlen(names) : 2, &t->names)) == 0 &&
        (r = hl__scope_new(&hl->mem, &t->scope)) == 0 && (r = hl__scope_add_all(t->scope, t->names, f, NULL)) >= 0)
        r = hl__expr_new(t->scope, &in, &t->e);
    if (r == HL_EPARSE)
        return hl__fail(hl->core.err, HL_EPARSE, "%u error(s); the first: %s", f->errors,
                        f->count ? hl__findings_at(f, 0)->text : "");
    return r;
}

static int check(hl_t *hl, const char *text, const char *names, hl_expr *row)
{
    hl_expr out = HL_EXPR_INIT;
    trial t = { 0 };
    hl__buf type;
    int r = compile(hl, text, names, &t);

    hl__buf_init(&type, &hl->mem);
    if (r == 0 && (r = hl__type_text(&type, hl__expr_type(t.e))) == 0) {
        out.secret = hl__expr_secret(t.e);
        out.type = hl__keep(hl, type.data ? type.data : "");
        out.reads = hl__keep(hl, hl__expr_reads(t.e));
        if (!hl->shell->desk->failed)
            hl__row_out(row, &out, sizeof(out));
    }
    hl__buf_free(&type);
    trial_free(&t);
    return r;
}

int hl_expr_check(hl_t *hl, const char *text, const char *names, hl_expr *out)
{
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, out, sizeof(*out))) == 0)
        r = check(hl, text, names, out);
    return hl__leave(hl, r);
}

/* Values by slot, all in one evaluation's room: what is evaluated has another. */
static int fill(hl_t *hl, const trial *t, hl__eval *x, hl__val *slots)
{
    int r = 0;

    for (uint32_t i = 0; r == 0 && i < hl__scope_size(t->scope); i++) {
        const hl__name *n = hl__scope_at(t->scope, i);
        const hl__json *j = hl__json_get(t->values, n->name);
        if (j && hl__val_json_in(x, n->type, j, &slots[i]) < 0)
            r = hl__fail(hl->core.err, HL_EINVAL, "%s: %s", n->name, x->err->words);
    }
    return r;
}

static int eval(hl_t *hl, trial *t, const char *values, hl__buf *out)
{
    hl__eval *x = hl__alloc_array(&hl->mem, 2, sizeof(*x));
    hl__val *slots = hl__alloc_array(&hl->mem, hl__scope_size(t->scope) + 1, sizeof(*slots)), v;
    hl__err err = { 0 };
    int r = x && slots ? 0 : HL_ENOMEM;

    if (r == 0 && !(t->values = hl__json_read(values ? values : "{}", values ? strlen(values) : 2, hl->core.err)))
        r = HL_EINVAL;
    if (r == 0) {
        x[0].err = x[1].err = &err;
        x[0].slots = slots;
        x[0].now = hl->core.now;
        x[0].cal = hl->calendars;
        r = fill(hl, t, &x[1], slots);
    }
    if (r == 0 && hl__expr_eval(t->e, &x[0], &v) < 0)
        r = hl__fail(hl->core.err, HL_EINVAL, "%s", err.words);
    if (r == 0) {
        hl__val_json(out, hl__expr_type(t->e), &v);
        r = out->failed ? HL_ENOMEM : 0;
    }
    hl__free(&hl->mem, slots);
    hl__free(&hl->mem, x);
    return r;
}

int hl_expr_eval(hl_t *hl, const char *text, const char *names, const char *values, const char **out)
{
    trial t = { 0 };
    hl__buf json;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if (!out)
        return hl__leave(hl, hl__fail(hl->core.err, HL_EINVAL, "no place for the answer was given"));
    hl__buf_init(&json, &hl->mem);
    if ((r = compile(hl, text, names, &t)) == 0 && (r = eval(hl, &t, values, &json)) == 0) {
        const char *kept = hl__keep(hl, json.data);
        if (!hl->shell->desk->failed)
            *out = kept;
    }
    hl__buf_free(&json);
    trial_free(&t);
    return hl__leave(hl, r);
}
