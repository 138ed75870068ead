/* traffic.h - a scenario that runs: callers come, lose patience, talk; agents come, answer, take breaks.
 *
 * Everything happens in timers of the engine, so hl_advance() carries it out like any other timer. A caller's times
 * hang on its own number: two configurations see the same callers. */
#ifndef HL_SIM_TRAFFIC_H
#define HL_SIM_TRAFFIC_H
#include "sim/record.h"
#include "sim/scenario.h"
#include "sim/tally.h"

typedef struct hl__traffic hl__traffic;
typedef struct hl__person { /* a caller */
    hl__timer timer;             /* end of patience, end of the talk */
    struct hl__person *next, *made; /* of those free now; of all */
    hl_id contact;
    uint64_t serial;             /* of his draws */
    hl_time came, hung;
    uint32_t desk, now_desk, offers;
    uint32_t record;             /* 1 + his place in the recording; 0: invented */
    bool is_answered, is_counted;
} hl__person;
typedef struct hl__source { /* a stream's next caller */
    hl__timer timer;
    hl__traffic *tr;
    uint64_t number;             /* of the next one */
    double factor;               /* of the day */
    uint32_t stream, day;
    hl_time at;                  /* up to here arrivals are known */
} hl__source;
typedef struct hl__worker { /* an agent */
    hl__timer shift, pause;
    hl__traffic *tr;
    const hl__crew *crew;
    hl_id agent;
    hl__rand rand;
    hl_time since;               /* of the state accounted for below */
    int64_t busy_us, staffed_us;
    bool is_busy, is_staffed, is_on, is_lost, is_paused;
} hl__worker;
typedef struct hl__pick_up { /* an offer somebody will answer */
    hl__timer timer;
    struct hl__pick_up *next, *made; /* of those free now; of all */
    hl__traffic *tr;
    hl_id offer;
    bool rejects;
} hl__pick_up;
typedef struct hl__trouble { hl__timer timer; hl__traffic *tr; uint32_t mishap; bool is_over; } hl__trouble;

struct hl__traffic {
    hl_t *hl;
    hl__scenario s;
    hl__acd_up before;           /* who heard of contacts that are not ours */
    hl_time from, warm, end;
    hl_time *midnight;           /* of days 0 .. days */
    uint8_t *weekday;            /* 0: Monday */
    hl__source *source;
    hl__worker *worker;
    uint32_t workers;
    hl__trouble *trouble;
    hl__map persons, by_agent, by_queue; /* by_queue: desk */
    hl__person *entering, *spare, *all;
    hl__pick_up *quiet, *rings;
    double trunk_lost;           /* share of callers who do not get through now */
    hl__recording *rec;          /* a replay; ours */
    hl__fitted *fitted;          /* by its queues */
    uint32_t *desk_of;           /* by its queues */
    uint32_t rec_call, rec_duty; /* the next ones */
    hl__timer come, duty;
    bool is_recorded_staff;
    hl__tally *tally;            /* by desk */
    int64_t events, no_memory;
    uint64_t hash;
    hl_seq (*emit)(hl__core *core, const hl_event *ev); /* the engine's own, while events are counted only */
};

enum { HL__DRAW_ARRIVAL = 160, HL__DRAW_DAY, HL__DRAW_PATIENCE, HL__DRAW_SERVICE, HL__DRAW_OFFER, HL__DRAW_AGENT,
    HL__DRAW_FAULT, HL__DRAW_ENTRY }; /* streams of chance */
void hl__draw_begin(const hl__traffic *tr, hl__rand *r, uint32_t stream, uint64_t serial);
int64_t hl__ms_us(double ms);
uint32_t hl__day_of(const hl__traffic *tr, hl_time at);

int hl__traffic_new(hl_t *hl, const hl__scenario *s, hl__traffic **out); /* takes the scenario over, also on failure */
void hl__traffic_seed(hl__traffic *tr, int64_t seed); /* another one, before the first step */
void hl__traffic_free(hl__traffic *tr);
void hl__traffic_row(hl__traffic *tr, int desk, hl_sim *row);            /* desk -1: all */
void hl__traffic_count(hl__traffic *tr, bool on); /* events are counted from here on, not kept */
/* Steps of the engine up to `to`, lock held, while nothing but timers is due; where it came to. */
hl_time hl__traffic_steps(hl__traffic *tr, hl_time to);

/* replay.c */
int hl__traffic_replay(hl__traffic *tr, hl__recording *rec); /* takes it over, also on failure; HL_ENOENT: a queue */
void hl__replay_free(hl__traffic *tr);
double hl__replay_patience(const hl__traffic *tr, const hl__person *p, hl__rand *rand);
double hl__replay_service(const hl__traffic *tr, const hl__person *p, hl__rand *rand);
int hl__replay_crew(hl_t *hl, const hl__recording *rec, hl__scenario *s);
void hl__person_again(hl__traffic *tr, uint32_t record);
/* source.c */
void hl__source_begin(hl__traffic *tr, hl__source *s);
/* worker.c */
int hl__workers_new(hl__traffic *tr);
void hl__workers_free(hl__traffic *tr);
hl__worker *hl__worker_of(const hl__traffic *tr, hl_id agent);
void hl__worker_state(hl__worker *w, int state, int work, const char *reason);
void hl__worker_offer(hl__traffic *tr, hl__worker *w, hl__person *p, const hl_offer *offer);
double hl__workers_occupancy(hl__traffic *tr);
/* traffic.c */
void hl__person_comes(hl__traffic *tr, uint32_t stream, uint64_t number);
hl__person *hl__person_of(hl__traffic *tr, hl_id contact);
void hl__person_cut(hl__traffic *tr, hl_id contact); /* the agent's line is gone in the middle of the talk */
#endif
