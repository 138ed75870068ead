/* bench.h - a work bench for tests of lib/ticket: a core whose events and rows can be looked at, and stored. */
#ifndef HL_TESTS_TICKET_BENCH_H
#define HL_TESTS_TICKET_BENCH_H
#include "hl_test.h"
#include "store/store.h"
#include "ticket/ticket.h"

typedef struct hl_bench {
    hl__core core;
    hl__err err;
    int64_t serial;
    hl_seq seq;
    uint64_t number;
    hl__batch *batch;      /* what the present step has written */
    uint32_t rows, events; /* in all steps */
    hl__store *store;      /* NULL: none */
    hl__disk *disk;
    hl__ticket_store reader;
    hl__tickets *tickets;
    const char *refuse;
} hl_bench;

void hl_bench_begin(hl_bench *b, bool has_store); /* with the type water_repair loaded */
void hl_bench_end(hl_bench *b);
void hl_bench_restart(hl_bench *b);               /* what is in memory goes; what is stored comes back */
void hl_bench_step(hl_bench *b);                  /* the step ends: with a store, it is on disk */
int hl_bench_type(hl_bench *b, const char *name, const char *json, hl__findings *f); /* errors found; loaded if 0 */
hl_id hl_bench_add(hl_bench *b, const char *title, const char *phone);
int hl_bench_do(hl_bench *b, hl_id ticket, const char *verb, const char *args);
char *hl_bench_text(hl_bench *b, hl_id ticket);   /* JSON; the caller frees it */
#endif
