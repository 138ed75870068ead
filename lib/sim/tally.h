/* tally.h - what became of the callers of a study: counts, waits by fine cells, service levels. */
#ifndef HL_SIM_TALLY_H
#define HL_SIM_TALLY_H
#include "base/base.h"
#include <hotline/sim.h>

enum { HL__FINE = 64, HL__FINE_CELLS = HL__FINE * 30 }; /* cells an octave of ms */
typedef struct hl__tally {
    int64_t offered, answered, abandoned, other, waited, ended;
    int64_t answered_in, abandoned_in, abandoned_short;
    int32_t target_ms, short_ms, formula;
    double wait_ms, square;                      /* sums over all that ended */
    uint32_t cell[HL__FINE_CELLS];
} hl__tally;
void hl__tally_end(hl__tally *t, int64_t wait_us, int how); /* HL_OUTCOME_HANDLED: answered; _ABANDONED; another */
void hl__tally_add(hl__tally *to, const hl__tally *from);
double hl__tally_quantile(const hl__tally *t, double p);     /* seconds; within a cell evenly */
void hl__tally_row(const hl__tally *t, hl_sim *row);
#endif
