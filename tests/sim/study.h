/* study.h - scenarios run over and over with other seeds: means and how far they may be off. */
#ifndef TEST_SIM_STUDY_H
#define TEST_SIM_STUDY_H
#include "hl_test.h"
#include <hotline/sim.h>

typedef struct mean { double mean, half; } mean;     /* half: of the interval that holds the truth 99 times of 100 */
typedef struct study { mean waited, wait_s, abandon, occupancy, p75_s, p90_s, p95_s, level, sl1, sl2, sl3, sl4;
    int64_t calls; } study;
hl_t *study_open(const char *settings);              /* Monday 2026-09-21, 00:00 UTC */
void study_load(hl_t *hl, const char *scenario);     /* fails the test with its findings */
void study_run(const char *settings, const char *scenario, int runs, study *out); /* scenario: %d is the seed */
void study_holds(const char *what, mean m, double truth, double slack); /* within half + slack */
mean study_mean(const double *x, int n);
#endif
