/* bench_plan.c - queueing formulas: time of one B, C, Erlang A by size; staffing searches and forecasts a second. */
#include "hl_test.h"
#include "plan/plan.h"
#include <math.h>
#include <time.h>

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static volatile double sink;

/* Microseconds a call of one formula, at sqrt(n) servers more than erlang. */
static double formula(int which, double n)
{
    const int rounds = (int)(3e6 / (20 + sqrt(n)));
    double began = now(), load = n - sqrt(n);
    hl_plan_in in = HL_PLAN_IN_INIT;
    hl_plan row = HL_PLAN_INIT;

    in.handle_s = in.interval_s = 180;
    in.patience_s = 300;
    in.target_s = 20;
    for (int i = 0; i < (which == 2 ? rounds / 10 : rounds); i++) {
        in.calls = load + i * 1e-6;
        if (which == 2) assert_int_equal(hl__plan_at(&in, n, &row, NULL), 0);
        else sink = which ? hl__erlang_c(n, in.calls) : hl__erlang_b(n, in.calls);
    }
    return (now() - began) / (which == 2 ? rounds / 10 : rounds) * 1e6;
}

static void searches(double load, double patience)
{
    const int rounds = patience > 0 ? 2000 : load > 1e5 ? 2000 : 50000;
    hl_plan_in in = HL_PLAN_IN_INIT;
    hl_plan_goal goal = HL_PLAN_GOAL_INIT;
    hl_plan row = HL_PLAN_INIT;
    double began = now();

    in.handle_s = in.interval_s = 180;
    in.patience_s = patience;
    in.target_s = 20;
    goal.level = 0.8;
    for (int i = 0; i < rounds; i++) {
        in.calls = load * (1 + i % 100 * 1e-3);
        assert_int_equal(hl__plan_staff(&in, &goal, &row, NULL), 0);
    }
    printf("plan: %.0f staffing searches/s at %g erlang, %s\n", rounds / (now() - began), load,
           patience > 0 ? "patience 300 s" : "endless patience");
}

int main(void)
{
    for (double n = 100; n <= 1e7; n *= 10) {
        double b = formula(0, n), c = formula(1, n), a = formula(2, n);
        printf("plan: N = %-8.0f B %.2f us, C %.2f us, all of Erlang A with p90 %.1f us\n", n, b, c, a);
        hl_test_ok(n != 1000000 || b < 1000, "one B at 10^6 takes %.0f us, over 1 ms", b);
    }
    for (double load = 10; load < 1e7; load *= 100) {
        searches(load, 0);
        searches(load, 300);
    }
    return 0;
}
