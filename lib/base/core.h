/* core.h - the ground a domain stands on in one step: memory, time, words, ids, timers, chance, events and rows out.
 *
 * The engine owns one and fills the functions. A domain keeps a pointer to it, never a copy. `now` is set once per
 * step; nobody below lib/io can ask for another time. emit() and row() never fail: the engine reserves room before a
 * command. */
#ifndef HL_BASE_CORE_H
#define HL_BASE_CORE_H
#include "base/base.h"
#include "base/batch.h"

typedef struct hl__core {
    hl__mem *mem;
    hl_time now;      /* microseconds since 1970, UTC */
    hl__err *err;     /* the words of the present command */
    hl__wheel wheel;  /* timers of every domain */
    hl__rand rand;
    hl__logger log;
    void *engine;
    hl_id (*id)(struct hl__core *core, int kind);                  /* a new id */
    hl_seq (*emit)(struct hl__core *core, const hl_event *ev);     /* copies texts; sets seq and time; its number */
    void (*row)(struct hl__core *core, int op, int table, const hl__value *row, uint32_t n);
} hl__core;
#endif
