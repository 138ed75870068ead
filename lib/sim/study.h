/* study.h - the figures of many runs: means and how far they may be off. */
#ifndef HL_SIM_STUDY_H
#define HL_SIM_STUDY_H
#include "sim/traffic.h"

enum { HL__STUDY_FIGURES = 19, HL__STUDY_MOST = 10000 };
typedef struct hl__study_line { /* runs; their mean; the sum of squares about it */
    double n[HL__STUDY_FIGURES], mean[HL__STUDY_FIGURES], square[HL__STUDY_FIGURES];
} hl__study_line;
typedef struct hl__study { /* line 0: all; then the scenario's queues */
    hl__mem *mem;
    hl__study_line *line;
    char **name;
    uint32_t lines, runs;
} hl__study;
int hl__study_add(hl__study *st, hl__traffic *tr); /* HL_ENOMEM */
void hl__study_json(const hl__study *st, hl__buf *out);
void hl__study_free(hl__study *st);
#endif
