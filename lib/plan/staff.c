/* staff.c - what so many agents give, and how few give what is asked for. */
#include "plan/plan.h"
#include "base/real.h"
#include <math.h>

#define MOST_AGENTS 10000000
#define NOBODY 1e-12 /* so few agents are none */

bool hl__plan_in(double x, double least, double most)
{
    return x >= least && x <= most;
}

static double up(double x) /* to a whole number, forgiving what a division leaves behind */
{
    double whole = (double)(int64_t)x;

    return x - whole > 1e-9 + x * 1e-15 ? whole + 1 : whole;
}

int hl__plan_check(hl_plan_in *in, hl__err *err)
{
    const struct { const char *name; double value, least, most; } ranges[] = {
        { "calls", in->calls, 0, 1e300 }, { "interval_s", in->interval_s, 0, 1e9 },
        { "handle_s", in->handle_s, in->calls > 0 ? 0.001 : 0, 1e9 },
        { "patience_s", in->patience_s, in->patience_s > 0 ? 0.001 : 0, 1e12 }, { "target_s", in->target_s, 0, 1e9 },
        { "short_s", in->short_s, 0, 1e9 }, { "shrinkage", in->shrinkage, 0, 0.95 },
        { "formula", in->formula, 0, HL_SL_SHORT_GOOD },
    };

    for (size_t i = 0; i < HL__COUNT(ranges); i++)
        if (!hl__plan_in(ranges[i].value, ranges[i].least, ranges[i].most))
            return hl__fail(err, HL_EINVAL, "%s is %g; it must be %g to %g", ranges[i].name, ranges[i].value,
                            ranges[i].least, ranges[i].most);
    if (in->interval_s <= 0)
        in->interval_s = 1800;
    if (in->short_s <= 0)
        in->short_s = 5;
    if (in->formula == 0)
        in->formula = HL_SL_WITHOUT_EARLY;
    if (!(in->calls / in->interval_s * in->handle_s <= HL__PLAN_MOST))
        return hl__fail(err, HL_EINVAL, "%g calls of %g s in %g s are a load above %g erlang", in->calls, in->handle_s,
                        in->interval_s, HL__PLAN_MOST);
    return 0;
}

static void nobody_calls(hl_plan *row)
{
    row->sl1 = row->sl2 = row->sl3 = row->sl4 = row->sl5 = 1;
}

static void too_few(hl_plan *row) /* Erlang C without an equilibrium: the queue grows for ever */
{
    row->stable = 0;
    row->p_wait = row->occupancy = 1;
    row->asa_s = row->asa_answered_s = row->p90_s = row->queue_len = HUGE_VAL;
}

static void without_patience(const hl_plan_in *in, hl_plan *row)
{
    double rate = (row->agents - row->load) / in->handle_s;

    row->p_wait = hl__erlang_c(row->agents, row->load);
    row->occupancy = row->load / row->agents;
    row->asa_s = row->asa_answered_s = row->p_wait / rate;
    row->p90_s = row->p_wait > 0.1 ? hl__ln(row->p_wait / 0.1) / rate : 0;
    row->sl1 = 1 - row->p_wait * hl__exp(-rate * in->target_s);
    row->sl2 = row->sl3 = row->sl4 = row->sl5 = row->sl1;
}

static void all_give_up(const hl_plan_in *in, hl_plan *row) /* Erlang A with nobody at work */
{
    row->p_wait = row->p_abandon = row->occupancy = 1;
    row->asa_s = in->patience_s;
    row->p90_s = in->patience_s * 2.302585092994045684; /* ln 10 */
    row->sl4 = -hl__exp_less_one(-in->target_s / in->patience_s);
    row->sl5 = -hl__exp_less_one(-in->short_s / in->patience_s);
}

static void with_patience(const hl_plan_in *in, bool with_p90, hl_plan *row)
{
    hl__wait w = { 0 };

    hl__patience(in, row->agents, with_p90, &w);
    row->p_wait = w.p_wait;
    row->p_abandon = w.p_abandon;
    row->occupancy = row->load * w.answered / row->agents;
    row->asa_s = w.asa_s;
    row->asa_answered_s = w.asa_answered_s;
    row->p90_s = w.p90_s;
    row->sl1 = w.answered_target / w.answered;
    row->sl2 = w.answered_target;
    row->sl3 = w.answered_target / w.stay_target;
    row->sl4 = w.answered_target + w.lost_target;
    row->sl5 = w.answered_target + w.lost_short;
}

static double share(double x) /* rounding may leave 1 + 2^-52 */
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* in: checked. */
static void evaluate(const hl_plan_in *in, double agents, bool with_p90, hl_plan *row)
{
    double *const shares[] = { &row->occupancy, &row->p_wait, &row->p_abandon, &row->sl1, &row->sl2, &row->sl3,
                               &row->sl4, &row->sl5 };

    *row = (hl_plan)HL_PLAN_INIT;
    row->stable = 1;
    row->agents = agents;
    row->paid = up(agents / (1 - in->shrinkage));
    row->load = in->calls / in->interval_s * in->handle_s;
    if (row->load <= 0)
        nobody_calls(row);
    else if (in->patience_s <= 0 && row->load >= agents)
        too_few(row);
    else if (in->patience_s <= 0)
        without_patience(in, row);
    else if (agents < NOBODY)
        all_give_up(in, row);
    else
        with_patience(in, with_p90, row);
    for (size_t i = 0; i < HL__COUNT(shares); i++)
        *shares[i] = share(*shares[i]);
    if (row->stable)
        row->queue_len = in->calls / in->interval_s * row->asa_s;
    row->level = (const double[]){ 0, row->sl1, row->sl2, row->sl3, row->sl4, row->sl5 }[in->formula];
}

int hl__plan_at(const hl_plan_in *in, double agents, hl_plan *row, hl__err *err)
{
    hl_plan_in use = *in;
    int r = hl__plan_check(&use, err);

    if (r < 0)
        return r;
    if (!hl__plan_in(agents, 0, HL__PLAN_MOST))
        return hl__fail(err, HL_EINVAL, "%g agents; it must be 0 to %g", agents, HL__PLAN_MOST);
    evaluate(&use, agents, true, row);
    return 0;
}

typedef struct search { const hl_plan_in *in; const hl_plan_goal *goal; double load, block; } search;
typedef bool test(const search *s, double n);

/* The least whole n up to most for which holds() is true; -1: none. Once true it stays true. Steps from the square-root
 * rule's load + sqrt(load), doubled, until one side holds and the other does not; then halves. */
static double least(const search *s, test *holds, double most)
{
    double n = up(s->load + sqrt(s->load)), step = up(sqrt(s->load) / 2 + 1), below = -1, above;

    n = n < most ? n : most;
    above = n;
    if (holds(s, n)) {
        while (above > 0) {
            n = above > step ? above - step : 0;
            if (!holds(s, n)) {
                below = n;
                break;
            }
            above = n;
            step *= 2;
        }
    } else {
        do {
            if (above >= most)
                return -1;
            below = above;
            above = below + step < most ? below + step : most;
            step *= 2;
        } while (!holds(s, above));
    }
    while (above - below > 1) {
        n = below + (double)(int64_t)((above - below) / 2);
        if (holds(s, n))
            above = n;
        else
            below = n;
    }
    return above;
}

static bool enough_lines(const search *s, double n)
{
    return hl__erlang_b(n, s->load) <= s->block;
}

double hl__plan_lines(double load, double block)
{
    const search s = { .load = load, .block = block };

    return least(&s, enough_lines, 2 * HL__PLAN_MOST);
}

static bool enough_agents(const search *s, double n)
{
    const hl_plan_goal *g = s->goal;
    hl_plan row;

    evaluate(s->in, n, false, &row);
    return row.stable && (g->level <= 0 || row.level >= g->level) && (g->asa_s <= 0 || row.asa_s <= g->asa_s) &&
           (g->abandon <= 0 || row.p_abandon <= g->abandon) && (g->occupancy <= 0 || row.occupancy <= g->occupancy) &&
           (g->p_wait <= 0 || row.p_wait <= g->p_wait);
}

static int goal_check(hl_plan_goal *g, hl__err *err)
{
    const struct { const char *name; double value, most; } ranges[] = {
        { "level", g->level, 0.9999999999 }, { "asa_s", g->asa_s, 1e9 }, { "abandon", g->abandon, 1 },
        { "occupancy", g->occupancy, 1 }, { "p_wait", g->p_wait, 1 }, { "max_agents", g->max_agents, HL__PLAN_MOST },
    };
    double asked = 0;

    for (size_t i = 0; i < HL__COUNT(ranges); i++)
        if (!hl__plan_in(ranges[i].value, 0, ranges[i].most))
            return hl__fail(err, HL_EINVAL, "the goal's %s is %g; it must be 0 to %.10g", ranges[i].name,
                            ranges[i].value, ranges[i].most);
    for (size_t i = 0; i + 1 < HL__COUNT(ranges); i++)
        asked += ranges[i].value;
    if (asked <= 0)
        return hl__fail(err, HL_EINVAL, "the goal asks for nothing: set level, asa_s, abandon, occupancy or p_wait");
    if (g->max_agents == 0)
        g->max_agents = MOST_AGENTS;
    return 0;
}

int hl__plan_staff(const hl_plan_in *in, const hl_plan_goal *goal, hl_plan *row, hl__err *err)
{
    hl_plan_in use = *in;
    hl_plan_goal want = *goal;
    search s = { .in = &use, .goal = &want };
    double n;
    int r;

    if ((r = hl__plan_check(&use, err)) < 0 || (r = goal_check(&want, err)) < 0)
        return r;
    if (use.formula == HL_SL_SHORT_GOOD && want.level > 0 && use.short_s > use.target_s)
        return hl__fail(err, HL_EINVAL, "short_s is %g, above target_s %g: more agents may then lower the level",
                        use.short_s, use.target_s);
    s.load = use.calls / use.interval_s * use.handle_s;
    if ((n = least(&s, enough_agents, want.max_agents)) < 0)
        return hl__fail(err, HL_ELIMIT, "%d agents do not reach the goal at a load of %.6g erlang", want.max_agents,
                        s.load);
    evaluate(&use, n, true, row);
    return 0;
}
