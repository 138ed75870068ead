/* hotline/plan.h - how many agents or lines a load needs: queueing formulas, staffing, forecast. Only the
 * forecast needs an engine.
 *
 * Times are seconds, loads erlang: arrivals a second times mean handle time. Arrivals are Poisson, handle times and
 * patience exponential. Agents need not be whole: between whole numbers the formulas go on smoothly. Up to 10^7 agents
 * B and C are exact to 12 digits, the rest to 10. NaN, infinity, what is below 0 or out of range: HL_EINVAL,
 * with words from hl_error(NULL). Sources: Erlang 1917 (B, C); Palm 1957, Mandelbaum and Zeltyn 2007 (A). */
#ifndef HOTLINE_PLAN_H
#define HOTLINE_PLAN_H
#include <hotline.h>
#ifdef __cplusplus
extern "C" {
#endif
/* Service level: Ans(t), Ab(t) are those answered, those who gave up within t; T target, S short. */
#define HL_SERVICE_LEVELS(X) /* name, number, formula */ \
    X(OF_ANSWERED, 1, "Ans(T) / Ans") X(OF_OFFERED, 2, "Ans(T) / (Ans + Ab)") \
    X(WITHOUT_EARLY, 3, "Ans(T) / (Ans + Ab - Ab(T))") X(EARLY_GOOD, 4, "(Ans(T) + Ab(T)) / (Ans + Ab)") \
    X(SHORT_GOOD, 5, "(Ans(T) + Ab(S)) / (Ans + Ab)")
#define X(name, number, words) HL_SL_##name = number,
enum { HL_SERVICE_LEVELS(X) };
#undef X

typedef struct hl_plan_in {  /* the load of one interval; 0 means the default in brackets */
    uint32_t size;
    int32_t formula;         /* HL_SL_* [HL_SL_WITHOUT_EARLY] */
    double calls;            /* arrivals in the interval; load at most 10^9 */
    double interval_s;       /* [1800] at most 10^9 */
    double handle_s;         /* mean talk + hold + wrap-up, 0.001 .. 10^9; may be 0 when calls is */
    double patience_s;       /* mean, 0.001 .. 10^12; 0: nobody gives up (Erlang C) */
    double target_s, short_s; /* T; S [5]; at most 10^9 */
    double shrinkage;        /* share of paid time away from the desk, 0 .. 0.95 */
} hl_plan_in;
#define HL_PLAN_IN_INIT { sizeof(hl_plan_in), 0, 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_plan_goal { /* 0: not asked for; all asked for must hold, and one must be asked for */
    uint32_t size;
    int32_t max_agents;      /* [10000000] at most 10^9 */
    double level;            /* at least, below 1 */
    double asa_s, abandon, occupancy, p_wait; /* at most; the last three are shares */
} hl_plan_goal;
#define HL_PLAN_GOAL_INIT { sizeof(hl_plan_goal), 0, 0, 0, 0, 0, 0 }

typedef struct hl_plan {     /* what so many agents give; shares are 0 .. 1, times seconds */
    uint32_t size;
    int32_t stable;          /* 0: load >= agents and nobody gives up; then times and queue_len are infinite, level 0 */
    double agents, paid;     /* paid = agents / (1 - shrinkage), rounded up */
    double load, occupancy;  /* erlang; busy share of an agent */
    double p_wait, p_abandon; /* of all offered */
    double asa_s;            /* mean wait of all offered, until answered or given up */
    double asa_answered_s;   /* of those answered; 0 when nobody is */
    double p90_s, queue_len; /* nine in ten wait no longer; mean number waiting */
    double level;            /* by the formula asked for; without calls 1 */
    double sl1, sl2, sl3, sl4, sl5; /* by each formula */
} hl_plan;
#define HL_PLAN_INIT { sizeof(hl_plan), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Share of calls that find all servers busy: B, they are lost; C, they wait. servers, load: 0 .. 10^9. */
HL_API int hl_erlang_b(double servers, double load, double *out); /* 1 without servers; below 10^-307 it is 0 */
HL_API int hl_erlang_c(double servers, double load, double *out); /* 1 when load >= servers */
HL_API int hl_plan_lines(double load, double block, double *out); /* fewest lines with B <= block, 0 < block <= 1 */

/* Staffing. ELIMIT: max_agents would not do. EINVAL: a level by SHORT_GOOD, S above T: more agents may lower it. */
HL_API int hl_plan_at(const hl_plan_in *in, double agents, hl_plan *row); /* what so many agents give */
HL_API int hl_plan_staff(const hl_plan_in *in, const hl_plan_goal *goal, hl_plan *row); /* fewest whole agents */

typedef struct hl_forecast { /* a quarter of an hour to come, of a queue */
    uint32_t size, weeks;    /* weeks: so many past ones it rests on, at most 26; 0: mid, low, high are 0 */
    hl_id id;                /* 1, 2, 3 ... 2688 */
    hl_time from;
    double mid, low, high;   /* arrivals: median, bounds of 80 % */
    double handle_s;         /* mean talk and wrap-up of the queue, seconds */
} hl_forecast;
#define HL_FORECAST_INIT { sizeof(hl_forecast), 0, 0, 0, 0, 0, 0, 0 }
/* Four weeks from the next quarter on, by the calls the store recorded: the same quarter of the weeks before, newer
 * ones weigh more, holidays of the queue's hours only by holidays, scaled by the last 14 days. Needs an engine; id 0
 * reads the store anew, without holding the engine up. ENOENT: no such queue; ESTORE. */
HL_API int hl_forecast_next(hl_t *hl, hl_id queue, hl_forecast *row);
#ifdef __cplusplus
}
#endif
#endif
