/* patience.c - Erlang A: callers wait for an agent, and each gives up when his patience is over.
 *
 * In units of the mean patience, with x = agents * patience / handle and y = load * patience / handle, the wait u that
 * a caller of endless patience would have has the density p x e^g(u), g(u) = y (1 - e^-u) - x u, p the share of time
 * with all agents busy and nobody waiting: 1/p = W + S, W = 1/B - 1, S = x times the integral of e^g. All that is asked
 * for are integrals of e^g with positive weights over u: nothing cancels, at no load.
 *
 * g has its summit at s = ln(y/x), or at 0 while y <= x. From there, u = s + v, it falls by
 *
 *   fall(v) = gap v + z phi(v),  phi(v) = e^-v - 1 + v,  gap = max(0, x - y),  z = min(x, y)
 *
 * which is convex and computed without differences of large numbers. Steps away from the summit are such that the fall
 * in each is at most 8 and its length twice that of the one before: 16 Gauss-Legendre points then give 14 digits. */
#include "plan/plan.h"
#include "base/real.h"
#include <math.h>

enum { STEPS = 400, POINTS = 8 };
#define LOW 45 /* e^-45 is below what a double adds to 1 */

struct sums { double all, served, gone, served_wait; }; /* of e^-fall times 1, e^-u, 1 - e^-u, u e^-u */
struct step { double from, to, all; };                  /* v; integral of e^-fall */
struct shape {
    double x, gap, z, summit;
    int count;                 /* of steps, left to right */
    struct step steps[STEPS];
};

static const double point[POINTS] = { 0.0950125098376374402, 0.2816035507792589132, 0.4580167776572273863,
    0.6178762444026437484, 0.7554044083550030339, 0.8656312023878317439, 0.9445750230732325761, 0.9894009349916499326 };
static const double weight[POINTS] = { 0.1894506104550684963, 0.1826034150449235889, 0.1691565193950025382,
    0.1495959888165767321, 0.1246289712555338720, 0.0951585116824927848, 0.0622535239386478929, 0.0271524594117540949 };

static double phi(double v)
{
    static const double inverse[] = { 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320,
        1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800, 1.0 / 87178291200 }; /* 1/k! */
    double vv = v * v, even = inverse[12], odd = inverse[11];

    if (v < -0.4 || v > 0.4)
        return v + hl__exp_less_one(-v);
    for (int i = 10; i > 0; i -= 2) {
        even = even * vv + inverse[i];
        odd = odd * vv + inverse[i - 1];
    }
    return vv * (inverse[0] + vv * even - v * odd);
}

static double fall(const struct shape *s, double v)
{
    return s->gap * v + s->z * phi(v);
}

static void add(const struct shape *s, double v, double share, struct sums *to)
{
    double u = s->summit + v > 0 ? s->summit + v : 0, height = share * hl__exp(-fall(s, v)), gone, stay;

    if (u < 0.5) {
        gone = -hl__exp_less_one(-u);
        stay = 1 - gone;
    } else {
        stay = hl__exp(-u);
        gone = 1 - stay;
    }
    to->all += height;
    to->served += height * stay;
    to->gone += height * gone;
    to->served_wait += height * stay * u;
}

static void integrate(const struct shape *s, double from, double to, struct sums *out)
{
    double middle = (from + to) / 2, half = (to - from) / 2;

    for (int i = 0; i < POINTS; i++) {
        add(s, middle - half * point[i], half * weight[i], out);
        add(s, middle + half * point[i], half * weight[i], out);
    }
}

static double tail(const struct shape *s, double from, double to)
{
    double middle = (from + to) / 2, half = (to - from) / 2, sum = 0;

    for (int i = 0; i < POINTS; i++)
        sum += half * weight[i] * (hl__exp(-fall(s, middle - half * point[i])) +
                                   hl__exp(-fall(s, middle + half * point[i])));
    return sum;
}

/* Steps from the summit to one side (-1, 1) until it is low or, to the left, u = 0 is reached. */
static void walk(struct shape *s, int side, double most)
{
    double v = 0, length = 1;

    while (v < most && s->count < STEPS) {
        double now = fall(s, side * v);
        if (now > LOW)
            break;
        length *= 2;
        while (fall(s, side * (v + length)) - now > 8)
            length /= 2;
        if (v + length > most)
            length = most - v;
        s->steps[s->count++] = side < 0 ? (struct step){ -(v + length), -v, 0 } : (struct step){ v, v + length, 0 };
        v += length;
        if (side < 0 && v + s->summit * 1e-16 >= most)
            break;
    }
}

static void shape_up(const hl_plan_in *in, double agents, struct shape *s)
{
    double unit = in->patience_s / in->handle_s, load = in->calls * in->handle_s / in->interval_s;

    s->x = agents * unit;
    s->gap = load > agents ? 0 : (agents - load) * unit;
    s->z = (load > agents ? agents : load) * unit;
    s->summit = load > agents ? hl__ln_one_plus((load - agents) / agents) : 0;
    s->count = 0;
    if (s->summit > 0)
        walk(s, -1, s->summit);
    for (int i = 0, j = s->count - 1; i < j; i++, j--) {
        struct step t = s->steps[i];
        s->steps[i] = s->steps[j];
        s->steps[j] = t;
    }
    walk(s, 1, HUGE_VAL);
}

/* All, and what lies before u = a and before u = b. */
static void measure(struct shape *s, const double cut[2], struct sums *all, struct sums before[2])
{
    *all = before[0] = before[1] = (struct sums){ 0 };
    for (int i = 0; i < s->count; i++) {
        struct step *at = &s->steps[i];
        double was = all->all;
        for (int k = 0; k < 2; k++) {
            double v = cut[k] - s->summit;
            if (v >= at->to || v <= at->from)
                continue;
            before[k] = *all;
            integrate(s, at->from, v, &before[k]);
        }
        integrate(s, at->from, at->to, all);
        at->all = all->all - was;
        for (int k = 0; k < 2; k++)
            if (cut[k] - s->summit >= at->to)
                before[k] = *all;
    }
}

/* The u at which e^-u times the tail of e^-fall has come down to `share` of all: inside a step by Newton's method on
 * the logarithm, held between the step's ends. */
static double quantile(const struct shape *s, double all, double share)
{
    double behind = 0, from, to, u;
    int i = s->count;

    while (i > 0 && (behind + s->steps[i - 1].all) * hl__exp(-(s->summit + s->steps[i - 1].from)) < share * all)
        behind += s->steps[--i].all;
    if (i == 0)
        return -hl__ln(share);
    from = s->steps[i - 1].from;
    to = s->steps[i - 1].to;
    u = (from + to) / 2;
    for (int n = 0; n < 100 && to - from > 1e-15 * (s->summit + to); n++) {
        double rest = behind + tail(s, u, s->steps[i - 1].to), v;
        double over = hl__ln(rest / (share * all)) - (s->summit + u);
        if (over > 0)
            from = u;
        else
            to = u;
        v = u + over / (1 + hl__exp(-fall(s, u)) / rest);
        if (fabs(v - u) <= 1e-15 * (s->summit + u))
            break;
        u = v > from && v < to ? v : (from + to) / 2;
    }
    return s->summit + u;
}

void hl__patience(const hl_plan_in *in, double agents, bool with_p90, hl__wait *out)
{
    double load = in->calls * in->handle_s / in->interval_s;
    double cut[2] = { in->target_s / in->patience_s, in->short_s / in->patience_s }, odds, some, none, stay[2];
    struct sums all, before[2];
    struct shape s;

    shape_up(in, agents, &s);
    measure(&s, cut, &all, before);
    odds = hl__erlang_odds(agents, load) * hl__exp(-s.x * phi(-s.summit)) / (s.x * all.all); /* W / S */
    some = 1 / (1 + odds);
    none = odds < HUGE_VAL ? odds / (1 + odds) : 1;
    out->p_wait = some;
    out->p_abandon = some * all.gone / all.all;
    out->answered = none + some * all.served / all.all;
    out->answered_target = none + some * before[0].served / all.all;
    for (int k = 0; k < 2; k++) {
        stay[k] = hl__exp(-cut[k]) * ((all.all - before[k].all) / all.all);
        before[k].gone = some * (before[k].gone / all.all - hl__exp_less_one(-cut[k]) * (1 - before[k].all / all.all));
    }
    out->lost_target = before[0].gone;
    out->lost_short = before[1].gone;
    out->stay_target = none + some * (before[0].served / all.all + stay[0]);
    out->asa_s = out->p_abandon * in->patience_s;
    out->asa_answered_s = some * in->patience_s * all.served_wait / all.all / out->answered;
    if (with_p90)
        out->p90_s = some > 0.1 ? in->patience_s * quantile(&s, all.all, 0.1 / some) : 0;
}
