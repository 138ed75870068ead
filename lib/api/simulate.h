/* simulate.h - what the files of sim.h's entry points share. */
#ifndef HL_API_SIMULATE_H
#define HL_API_SIMULATE_H
#include "api/enter.h"
#include "sim/party.h"
#include "sim/traffic.h"
#include <hotline/sim.h>

typedef int hl__record_source(void *d, const hl__scan *q, const hl__visit *v);
int hl__record_scan(hl__recording *rec, hl__record_source *scan, void *d, bool with_agents);
int hl__record_own(hl_t *hl, hl__recording *rec); /* of this engine, its calls; reads a store outside the lock */
int hl__record_file(hl_t *hl, const char *path, hl__recording *rec); /* ESTORE, ENOTSUP */
int hl__simulated(hl_t *hl); /* 0, HL_ESTATE: a real engine */
int hl__sim_run_to(hl_t *hl, hl__traffic *tr, hl_time to, hl_sim *row); /* outside the lock */
#endif
