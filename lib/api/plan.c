/* plan.c - entry points of plan.h: no engine; the words stay with the thread. */
#include "api/enter.h"
#include "plan/plan.h"

static int numbers(double a, double b, const double *out, hl__err *err)
{
    if (!out)
        return hl__fail(err, HL_EINVAL, "no place for the answer was given");
    if (!hl__plan_in(a, 0, HL__PLAN_MOST) || !hl__plan_in(b, 0, HL__PLAN_MOST))
        return hl__fail(err, HL_EINVAL, "%g and %g must both be 0 to %g", a, b, HL__PLAN_MOST);
    return 0;
}

int hl_erlang_b(double servers, double load, double *out)
{
    hl__err err = { 0 };
    int r = numbers(servers, load, out, &err);

    if (r == 0)
        *out = hl__erlang_b(servers, load);
    return hl__without_engine(&err, r);
}

int hl_erlang_c(double servers, double load, double *out)
{
    hl__err err = { 0 };
    int r = numbers(servers, load, out, &err);

    if (r == 0)
        *out = hl__erlang_c(servers, load);
    return hl__without_engine(&err, r);
}

int hl_plan_lines(double load, double block, double *out)
{
    hl__err err = { 0 };
    int r = numbers(load, 0, out, &err);

    if (r == 0 && !hl__plan_in(block, 1e-300, 1))
        r = hl__fail(&err, HL_EINVAL, "block is %g; it must be 1e-300 to 1", block);
    if (r == 0)
        *out = hl__plan_lines(load, block);
    return hl__without_engine(&err, r);
}

int hl_plan_at(const hl_plan_in *in, double agents, hl_plan *row)
{
    hl__err err = { 0 };
    hl_plan_in use;
    hl_plan out;
    int r = hl__struct_in(&err, in, &use, sizeof(use), sizeof(use));

    if (r == 0 && (r = hl__struct_ok(&err, row, sizeof(*row))) == 0 && (r = hl__plan_at(&use, agents, &out, &err)) == 0)
        hl__row_out(row, &out, sizeof(out));
    return hl__without_engine(&err, r);
}

int hl_plan_staff(const hl_plan_in *in, const hl_plan_goal *goal, hl_plan *row)
{
    hl__err err = { 0 };
    hl_plan_goal want;
    hl_plan_in use;
    hl_plan out;
    int r = hl__struct_in(&err, in, &use, sizeof(use), sizeof(use));

    if (r == 0 && (r = hl__struct_in(&err, goal, &want, sizeof(want), sizeof(want))) == 0 &&
        (r = hl__struct_ok(&err, row, sizeof(*row))) == 0 && (r = hl__plan_staff(&use, &want, &out, &err)) == 0)
        hl__row_out(row, &out, sizeof(out));
    return hl__without_engine(&err, r);
}
