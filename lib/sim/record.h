/* record.h - what a hotline's store remembers of its callers and agents, as a study needs it. */
#ifndef HL_SIM_RECORD_H
#define HL_SIM_RECORD_H
#include "engine/engine.h"
#include "sim/dist.h"

typedef struct hl__call_rec { /* a caller who came to a queue */
    hl_id id;
    hl_time came;
    uint32_t queue;              /* place in names */
    int32_t agent;               /* place in agents; -1: nobody */
    int32_t wait_ms, talk_ms, outcome; /* HL_OUTCOME_*; talk_ms -1: not answered */
} hl__call_rec;
typedef struct hl__duty { /* who: place in agents; -1: unknown */
    hl_time at;
    hl_id agent;
    int32_t state, who;
} hl__duty;
typedef struct hl__recording {
    hl__mem *mem;
    hl__call_rec *call;
    hl__duty *duty;
    char **queue, **agent;       /* names */
    uint32_t calls, call_room, duties, duty_room, queues, queue_room, agents, agent_room;
    hl_time from, to;
    hl__map by_id, who;          /* calls by contact; place + 1 in agents by the id agents had then */
} hl__recording;
typedef struct hl__fitted { /* of a queue */
    hl__dist_mix service, patience;
    int64_t calls;
} hl__fitted;

void hl__record_init(hl__recording *r, hl__mem *mem, hl_time from, hl_time to); /* to 0: no end */
void hl__record_free(hl__recording *r);
int hl__record_row(void *recording, int table, const hl__value *row, uint32_t n); /* CONTACT, then EV; HL_ENOMEM */
int hl__record_contact(hl__recording *r, const hl__contact *c);
void hl__record_end(hl__recording *r); /* in order of time; agents known by name */

/* fit.c - laws that fit; queue -1: all queues together. */
void hl__fit_laws(const hl__recording *r, int queue, hl__fitted *out);
int hl__fit_json(hl_t *hl, const hl__recording *r, hl__buf *out); /* a scenario without agents */
#endif
