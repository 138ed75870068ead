/* figures.h - what a queue counts over a span: sums, waits by cells, alarms that have been told. */
#ifndef HL_ACD_FIGURES_H
#define HL_ACD_FIGURES_H
#include "base/base.h"

/* Members of hl_queue_stat, in its order. */
#define HL__FIGURES(X) X(offered) X(answered) X(abandoned) X(abandoned_short) X(refused) X(timed_out) X(moved_in) \
    X(moved_out) X(promised) X(kept) X(broken) X(handled) X(answered_in) X(abandoned_in) X(wait_answered_ms) \
    X(wait_all_ms) X(talk_ms) X(hold_ms) X(wrapup_ms)
#define X(name) HL__N_##name,
enum { HL__FIGURES(X) HL__N_END };
#undef X
/* Quarters are counted in SPAN_NOW alone; the others are added to when it is over, so that counting is one addition. */
enum { HL__SPAN_NOW, HL__SPAN_LAST, HL__SPAN_DAY, HL__SPAN_ALL, HL__SPANS };
enum { HL__OCTAVE = 16, HL__CELLS = HL__OCTAVE * 28 }; /* cells of a wait in ms, below 2^31 */

typedef struct hl__cell { uint32_t cell, n[HL__SPANS]; } hl__cell;
typedef struct hl__span { hl_time from; int64_t n[HL__N_END], max; } hl__span;
typedef struct hl__figures {
    hl__span span[HL__SPANS];
    hl_time end;                 /* of the quarter */
    hl__cell *cell;              /* in order; those that were ever met */
    uint32_t cells, room, open;  /* open: contacts whose wait is not over; each has room for a cell of its own */
    uint32_t alarms;             /* bit: HL_ALARM_* was told and still holds */
    hl__timer timer;             /* the longest wait reaches alarm_wait_ms */
} hl__figures;
uint32_t hl__cell_of(int64_t ms);
int64_t hl__cell_ms(uint32_t cell); /* its middle */
#endif
