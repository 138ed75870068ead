/* expr.h - the typed expression language: compiled once against names with types, evaluated without allocation.
 *
 * A scope holds names, their types and slots; an expression is compiled against a scope and must not outlive it.
 * Evaluation reads an array of values by slot. An error is a value of its own until it reaches the top, so that && and
 * || can pass over it. Text that an evaluation makes lives in hl__eval.text until the next evaluation with it. */
#ifndef HL_EXPR_H
#define HL_EXPR_H
#include "base/json.h"
#include "calendar/calendar.h"
#include <hotline/expr.h>

#define HL__EXPR_KINDS(X) /* name, word */ \
    X(NONE, "nothing") X(BOOL, "bool") X(INT, "int") X(STRING, "string") X(MONEY, "money") X(DATE, "date") \
    X(TIME, "time") X(TIMESTAMP, "timestamp") X(DURATION, "duration") X(LIST, "list") X(OBJECT, "object") X(MAP, "map")
#define X(name, word) HL__V_##name,
enum { HL__EXPR_KINDS(X) };
#undef X

typedef struct hl__type hl__type;
typedef struct hl__field { const char *name; const hl__type *type; bool is_secret; } hl__field;
struct hl__type { /* owned by a scope; equal types of one scope may be two objects */
    uint8_t kind;
    char ccy[4];               /* of money; "": decided at run time */
    const hl__type *of, *key;  /* of a list or map; NULL in an empty list */
    const hl__field *fields;
    uint32_t n;
};
typedef struct hl__val { /* HL__V_NONE: unset */
    uint8_t kind;
    char ccy[4];
    uint32_t len;              /* bytes of text; elements of a list, fields of an object, pairs of a map */
    union {
        int64_t i;             /* bool, int, minor units, days since 1970, microseconds */
        const char *s;         /* not ended by NUL */
        const struct hl__val *list; /* a map: key, value, key, value ... */
    } u;
} hl__val;

/* Names. A type in JSON: "string", "money:CNY", "list of int", {"type": T, "max": bytes, "default": v, "secret": true},
 * {"fields": {name: T}}, {"list": T}. */
typedef struct hl__scope hl__scope;
typedef struct hl__name {
    const char *name;
    const hl__type *type;
    bool is_secret;
    uint32_t max;              /* bytes of a string, 4096 if not said */
    const hl__json *preset;    /* "default", borrowed from the JSON the name was added from; NULL: none */
} hl__name;
int hl__scope_new(hl__mem *mem, hl__scope **out);
void hl__scope_free(hl__scope *s);
/* The slot, or HL_EPARSE with findings; _all: an object of names and their types. */
int hl__scope_add(hl__scope *s, const char *name, const hl__json *type, hl__findings *f, const hl__place *at);
int hl__scope_add_all(hl__scope *s, const hl__json *types, hl__findings *f, const hl__place *at);
int hl__scope_find(const hl__scope *s, const char *name, size_t len); /* slot, or HL_ENOENT */
const hl__name *hl__scope_at(const hl__scope *s, uint32_t slot);      /* NULL: no such slot */
uint32_t hl__scope_size(const hl__scope *s);
int hl__type_text(hl__buf *b, const hl__type *t);                     /* "list of money:CNY" */
bool hl__type_fits(const hl__type *have, const hl__type *want);       /* want NULL: anything */
extern const hl__type hl__types[];                                    /* the plain ones, by kind */

/* Compiling. Findings go to f with these codes; code 0: 720-725 and 727 by cause, 726 for secrets. */
typedef struct hl__expr hl__expr;
typedef struct hl__expr_in {
    const char *text;
    size_t len;
    const hl__type *want;      /* the result must be of this type; NULL: any */
    bool may_reveal;           /* reveal() is accepted here */
    bool may_be_secret;        /* a secret result is accepted here */
    int code, secret_code;
    hl__findings *f;
    const hl__place *at;
} hl__expr_in;
int hl__expr_new(hl__scope *s, const hl__expr_in *in, hl__expr **out); /* HL_EPARSE HL_ENOMEM */
void hl__expr_free(hl__expr *e);
const hl__type *hl__expr_type(const hl__expr *e);
bool hl__expr_secret(const hl__expr *e);
/* The n-th name read: slot, and whether has() asks for it somewhere in the text; HL_ENOENT after the last. */
int hl__expr_read(const hl__expr *e, uint32_t n, bool *is_guarded);
const char *hl__expr_reads(const hl__expr *e); /* "bill.due call.lang" */

/* Patterns: . [] [^] \d \w \s ^ $ (?: ) | * + ? {m,n}, found anywhere in the text, in time linear in it. */
typedef struct hl__pattern_op { uint8_t op, negated; int16_t x, y; } hl__pattern_op; /* jumps are relative */
typedef struct hl__range { uint32_t from, to; } hl__range;
typedef struct hl__pattern {
    hl__pattern_op *op;
    hl__range *range;
    uint32_t ops, op_room, ranges, range_room;
} hl__pattern;
int hl__pattern_new(hl__mem *mem, const char *text, size_t len, hl__pattern *out, const char **wrong); /* HL_EPARSE */
void hl__pattern_free(hl__mem *mem, hl__pattern *p);                  /* not p itself */
bool hl__pattern_match(const hl__pattern *p, const char *text, size_t len);

/* Evaluating: 0, or HL_EINVAL with words in err (overflow, divide, unset, range, currency, format). */
#define HL__EVAL_TEXT 16384
typedef struct hl__eval {
    const hl__val *slots;      /* of the scope */
    hl_time now;
    const char *tz;            /* the owner's zone, for local forms */
    hl__calendars *cal;
    hl__err *err;
    size_t used;
    _Alignas(8) char text[HL__EVAL_TEXT];
} hl__eval;
int hl__expr_eval(const hl__expr *e, hl__eval *x, hl__val *out);

/* Values. */
int hl__val_json_in(hl__eval *x, const hl__type *t, const hl__json *j, hl__val *out); /* adds to x->text */
int hl__val_parse(const hl__type *t, const char *text, size_t len, hl__val *out, hl__err *err); /* scalars */
void hl__val_json(hl__buf *b, const hl__type *t, const hl__val *v);   /* unset: null; secret fields: "***" */
void hl__val_text(hl__buf *b, const hl__val *v);                      /* what string(x) gives; of scalars */
bool hl__val_equal(const hl__val *a, const hl__val *b);
/* A copy in one block that the caller frees with hl__free; NULL block for values that need none. */
int hl__val_copy(hl__mem *mem, const hl__val *v, hl__val *out, void **block);
#endif
