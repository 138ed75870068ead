/* hotline/expr.h - the expression language of flows, skills, ticket guards and alerts, for editors and tests. */
#ifndef HOTLINE_EXPR_H
#define HOTLINE_EXPR_H
#include <hotline.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct hl_expr {
    uint32_t size; int32_t secret;   /* 1: the value carries a secret */
    const char *type, *reads;        /* "money:CNY"; names it reads: "bill.due call.lang" */
} hl_expr;
#define HL_EXPR_INIT { sizeof(hl_expr), 0, 0, 0 }

/* names: JSON object of types, as a flow's vars; values: JSON object. Findings: hl_finding_next(). */
HL_API int hl_expr_check(hl_t *hl, const char *text, const char *names, hl_expr *out); /* HL_EPARSE */
HL_API int hl_expr_eval(hl_t *hl, const char *text, const char *names, const char *values, const char **out); /* JSON */

#ifdef __cplusplus
}
#endif
#endif
