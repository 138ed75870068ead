/* code.h - what the files of lib/expr share: tokens, instructions, functions, patterns. For this folder only.
 *
 * An expression is read once, left to right, by operator precedence with explicit stacks; the operands' types stand on
 * a stack beside it, and instructions for a stack machine come out in order. Nothing here recurses on the text. */
#ifndef HL_EXPR_CODE_H
#define HL_EXPR_CODE_H
#include "expr/expr.h"

enum { MAX_TEXT = 4096, MAX_NEST = 32, MAX_CODE = 512, MAX_ITEMS = 64, MAX_STACK = 32, MAX_STATES = 256, MAX_ARGS = 8 };
enum { VALUE_ERROR = 255 }; /* hl__val.kind: u.s the name it is about or NULL, len the cause */

#define HL__EXPR_CAUSES(X) \
    X(OVERFLOW, "the result does not fit") X(DIVIDE, "division by zero") X(UNSET, "has no value") \
    X(RANGE, "out of range") X(CURRENCY, "two currencies") X(FORMAT, "text of another form") \
    X(SIZE, "the result is over 4096 bytes") X(ZONE, "unknown time zone or calendar")
#define X(name, words) CAUSE_##name,
enum { CAUSE_NONE, HL__EXPR_CAUSES(X) };
#undef X

#define HL__EXPR_OPS(X) \
    X(CONST) X(LOAD) X(FIELD) X(INDEX) X(KEY) X(HAS) X(NOT) X(NEG) X(ADD) X(SUB) X(MUL) X(DIV) X(MOD) X(JOIN) \
    X(EQ) X(NE) X(LT) X(LE) X(GT) X(GE) X(IN) X(INMAP) X(AND) X(OR) X(JFALSE) X(JTRUE) X(COND) X(JUMP) \
    X(LIST) X(MAP) X(CALL) X(MATCH)
#define X(name) OP_##name,
enum { HL__EXPR_OPS(X) };
#undef X

/* JFALSE, JTRUE: over the right side, the left one stays. COND: pops; false goes to `to`, an error to `to` - 1, the
 * jump behind the first branch. CALL: a arguments of function b. FIELD: number b. LOAD, FIELD: to is the path's
 * text. */
typedef struct instr { uint8_t op, a; uint16_t b; int32_t to; } instr;
typedef struct read_name { uint32_t slot, path; bool is_asked; } read_name;

typedef hl__pattern_op pattern_op;
typedef hl__range code_range;
typedef hl__pattern pattern;

struct hl__expr {
    hl__mem *mem;
    instr *code;
    hl__val *value;            /* of CONST */
    pattern *pattern;          /* of MATCH */
    read_name *read;
    uint32_t codes, code_room, values, value_room, patterns, pattern_room, reads, read_room;
    hl__buf text, read_text;   /* text of constants and paths; the same paths with blanks between */
    const hl__type *type;
    bool is_secret;
};

enum { T_END, T_BAD, T_INT, T_TEXT, T_NAME, T_AND, T_OR, T_EQ, T_NE, T_LT, T_LE, T_GT, T_GE, T_IN, T_ADD, T_SUB, T_MUL,
    T_DIV, T_MOD, T_NOT, T_ASK, T_COLON, T_COMMA, T_DOT, T_OPEN, T_CLOSE, T_LIST, T_UNLIST, T_MAP, T_UNMAP };
typedef struct token { int kind; size_t at, len; int64_t number; uint32_t text, text_len; } token;

typedef struct entry { const hl__type *type; bool is_secret, is_const; uint32_t code; int32_t path, read; } entry;
typedef struct operator { uint8_t kind, fn, count; bool is_method; uint32_t base, patch, code; size_t at; } operator;
typedef struct compiler {
    hl__scope *scope;
    const hl__expr_in *in;
    hl__expr *e;
    size_t at;                 /* where the lexer stands */
    token tok;
    entry val[MAX_STACK + 2];
    operator op[MAX_NEST];
    uint32_t vals, ops;
    bool is_bad, is_out_of_memory;
} compiler;

/* A function: kinds of its arguments, what it gives. ANY_ORDERED and SAME are classes. */
enum { K_SCALAR = 240, K_SAME, K_ORDERED, K_LITERAL, K_SIZED, K_TEXT_OR_LIST };
enum { FN_GLOBAL = 1, FN_METHOD = 2, FN_CLEARS = 4, FN_MANY = 8 };
typedef hl__val fn_call(hl__eval *x, const hl__val *arg, uint32_t n);
typedef struct function { const char *name; uint8_t args, kind[3], gives, flags; fn_call *call; } function;
extern const function hl__functions[];
extern const uint32_t hl__function_count;

void hl__lex(compiler *c);                                           /* the next token, into c->tok */
void hl__expr_wrong(compiler *c, int code, size_t at, const char *fmt, ...) HL__PRINTF(4, 5); /* the first one counts */
int hl__expr_emit(compiler *c, int op, int a, int b, int32_t to);         /* its index; below 0: c->is_bad */
void hl__expr_push(compiler *c, const hl__type *type, bool is_secret);
void hl__emit_const(compiler *c, const hl__val *v, const hl__type *type);
void hl__emit_name(compiler *c, const token *name);
void hl__emit_field(compiler *c, const token *name);
void hl__emit_unary(compiler *c, int token_kind, size_t at);
void hl__emit_binary(compiler *c, int token_kind, size_t at);
void hl__emit_index(compiler *c, size_t at);
void hl__emit_cond(compiler *c, const operator *o);
void hl__emit_list(compiler *c, const operator *o);
void hl__emit_map(compiler *c, const operator *o);
int hl__function_find(compiler *c, const token *name, bool is_method); /* index of the first of that name; -1: bad */
void hl__emit_call(compiler *c, const operator *o);

const hl__type *hl__type_list(hl__scope *s, const hl__type *of);     /* NULL: out of memory */
const hl__type *hl__type_map(hl__scope *s, const hl__type *key, const hl__type *of);
const hl__type *hl__type_money(hl__scope *s, const char *ccy);
bool hl__type_same(const hl__type *a, const hl__type *b);

hl__val hl__val_error(int cause, const char *name);
int hl__expr_fail(hl__err *err, const hl__val *error);               /* HL_EINVAL with its words */
bool hl__is_ordered(int kind);
int hl__val_order(const hl__val *a, const hl__val *b);               /* of two of one ordered kind */
int hl__ccy_digits(const char *ccy);
hl__val hl__text_val(hl__eval *x, const char *text, size_t len);     /* a copy in x->text, or an error */
void *hl__eval_room(hl__eval *x, size_t bytes);                      /* aligned; NULL: full */
hl__val hl__parse_val(int kind, const char *ccy, const char *text, size_t len); /* CAUSE_FORMAT, CAUSE_RANGE */

/* Days since 1970 and the Gregorian calendar. */
enum { DAY_MIN = -719162, DAY_MAX = 2932896 };                       /* 0001-01-01, 9999-12-31 */
#define DAY_US ((int64_t)86400 * HL__SECOND)
int64_t hl__days(int64_t year, int month, int day);
void hl__date(int64_t days, int *year, int *month, int *day);
#endif
