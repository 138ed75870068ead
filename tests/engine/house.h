/* house.h - engines for tests: each public call goes through a wrapper that holds it to the rules of all calls. */
#ifndef HL_TESTS_ENGINE_HOUSE_H
#define HL_TESTS_ENGINE_HOUSE_H
#include "hl_test.h"
#include "engine/engine.h"
#include "sim/sim.h"
#include <hotline/acd.h>
#include <hotline/call.h>
#include <hotline/gateway.h>
#include <hotline/media.h>

#define HOUSE_START (1789952400 * (hl_time)HL__SECOND) /* 2026-09-21 01:00 UTC: Monday, 9 o'clock in Beijing */

/* A queue "desk", agents ann (page) and bob (telephone), a flow "main" on number 1 that queues. */
extern const char house_document[];
hl_t *house_sim(void);                       /* in hl_test_mem, its READY and LOADED read, with that document */
hl_t *house_bare(const hl_options *opt);     /* a simulation in hl_test_mem; opt may be NULL */
hl_id house_find(hl_t *hl, int kind, const char *name);
void house_pass(hl_t *hl, int ms);           /* so much time */
int house_read(hl_t *hl, uint32_t type, hl_event *out); /* reads all; how many were of that type; out: the last one */
void house_check(hl_t *hl);                  /* every invariant holds */
uint64_t house_trace(hl_t *hl, uint64_t hash); /* reads all; FNV-1a over what they say */
hl_id house_talk(hl_t *hl, hl_id *customer);  /* a caller and ann's page talk: the contact */

/* Words exist exactly when the call failed; the result is what is wanted. */
#define GIVES(hl, call, want) house_gives(hl, call, want, #call, __FILE__, __LINE__)
void house_gives(hl_t *hl, int r, int want, const char *call, const char *file, int line);
/* The same, and where the output stands nothing is changed by a failure. */
#define FAILS(hl, out, call, want) do { \
        unsigned char before_[sizeof(out)]; \
        memcpy(before_, &(out), sizeof(out)); \
        house_gives(hl, call, want, #call, __FILE__, __LINE__); \
        assert_memory_equal(before_, &(out), sizeof(out)); \
    } while (0)
#endif
