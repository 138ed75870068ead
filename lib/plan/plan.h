/* plan.h - queueing formulas, staffing, forecast: numbers in, numbers out; no engine, no memory, no libm. */
#ifndef HL_PLAN_PLAN_H
#define HL_PLAN_PLAN_H
#include "base/base.h"
#include <hotline/plan.h>

#define HL__PLAN_MOST 1e9 /* servers, erlang */

/* Everything here stands on 1/B - 1: a sum of positive terms, so that nothing cancels, neither in 1 - B nor in C.
 * Infinite where B is below what a double holds. servers, load: 0 .. HL__PLAN_MOST. */
double hl__erlang_odds(double servers, double load);
double hl__erlang_b(double servers, double load);
double hl__erlang_c(double servers, double load); /* 1 when load >= servers */
double hl__plan_lines(double load, double block);

typedef struct hl__wait { /* Erlang A: what a caller meets; shares of all offered, times in seconds */
    double p_wait, p_abandon, answered; /* answered = 1 - p_abandon, without cancellation */
    double answered_target;             /* answered within T */
    double lost_target, lost_short;     /* gave up within T, within S */
    double stay_target;                 /* not given up within T */
    double asa_s, asa_answered_s, p90_s;
} hl__wait;

/* agents > 0, in->calls > 0, in->patience_s > 0; p90_s only when asked for: it costs as much as the rest. */
void hl__patience(const hl_plan_in *in, double agents, bool with_p90, hl__wait *out);

int hl__plan_check(hl_plan_in *in, hl__err *err); /* fills in defaults; HL_EINVAL */
int hl__plan_at(const hl_plan_in *in, double agents, hl_plan *row, hl__err *err);
int hl__plan_staff(const hl_plan_in *in, const hl_plan_goal *goal, hl_plan *row, hl__err *err);
bool hl__plan_in(double x, double least, double most); /* false for NaN */

/* forecast.c: calls[i] came in the slot i + 1 weeks ago; below 0: a holiday, closed, not recorded. level: of the last
 * days, 1 as always. False: nothing was recorded. hl__forecast_level(): from what came in the slots of the last 14 days
 * and the mid that the weeks before gave them; slots with a figure below 0 do not count; 0.5 .. 2. */
enum { HL__FORECAST_WEEKS = 26 };
typedef struct hl__outlook { uint32_t weeks; double mid, low, high; } hl__outlook; /* median, bounds of 80 % */
bool hl__forecast(const double calls[], uint32_t weeks, double level, hl__outlook *out);
double hl__forecast_level(const double came[], const double mid[], size_t count);
#endif
