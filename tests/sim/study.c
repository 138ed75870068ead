/* study.c - replications of a scenario. */
#include "study.h"
#include "base/real.h"
#include <math.h>

hl_t *study_open(const char *settings)
{
    hl_options opt = HL_OPTIONS_INIT;
    hl_t *hl;

    opt.alloc = hl_test_alloc;
    opt.ctx = &hl_test_mem;
    assert_int_equal(hl_open_sim(&opt, 1789948800 * (hl_time)HL__SECOND, &hl), 0);
    hl_test_ok(hl_load(hl, settings, 0) >= 0, "%s", hl_error(hl));
    return hl;
}

void study_load(hl_t *hl, const char *scenario)
{
    hl_finding f = HL_FINDING_INIT;

    if (hl_sim_load(hl, scenario, 0) == 0)
        return;
    print_message("%s\n", hl_error(hl));
    while (hl_finding_next(hl, &f) == 1)
        print_message("%s: %s\n", f.pointer, f.text);
    fail_msg("the scenario is refused");
}

mean study_mean(const double *x, int n)
{
    double sum = 0, squares = 0;

    for (int i = 0; i < n; i++)
        sum += x[i];
    sum /= n;
    for (int i = 0; i < n; i++)
        squares += (x[i] - sum) * (x[i] - sum);
    return (mean){ sum, n > 1 ? hl__student(0.995, n - 1) * sqrt(squares / (n - 1) / n) : INFINITY };
}

enum { FIGURES = 12, RUNS = 400 };
static double x[FIGURES][RUNS];

void study_run(const char *settings, const char *scenario, int runs, study *out)
{
    char text[16384];
    mean *to = &out->waited;

    assert_true(runs <= RUNS);
    out->calls = 0;
    for (int i = 0; i < runs; i++) {
        hl_sim s = HL_SIM_INIT;
        hl_t *hl = study_open(settings);
        snprintf(text, sizeof(text), scenario, i + 1);
        study_load(hl, text);
        hl_test_ok(hl_sim_run(hl, 0, &s) == 0, "%s", hl_error(hl));
        hl_close(hl);
        out->calls += s.offered;
        const double figures[FIGURES] = { s.waited, s.wait_s, (double)s.abandoned / (double)s.offered, s.occupancy,
            s.p75_s, s.p90_s, s.p95_s, s.level, s.sl1, s.sl2, s.sl3, s.sl4 };
        for (int k = 0; k < FIGURES; k++)
            x[k][i] = figures[k];
    }
    for (int k = 0; k < FIGURES; k++)
        to[k] = study_mean(x[k], runs);
}

void study_holds(const char *what, mean m, double truth, double slack)
{
    hl_test_ok(fabs(m.mean - truth) <= m.half + slack, "%s: %.6g within %.3g, theory "
                                                       "%.6g", what, m.mean, m.half, truth);
}
