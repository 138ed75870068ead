/* scenario.h - invented traffic as it was read: who calls, how long things take, who works when, what goes wrong. */
#ifndef HL_SIM_SCENARIO_H
#define HL_SIM_SCENARIO_H
#include "engine/engine.h"
#include "sim/dist.h"

enum { HL__SIM_VALUE = 150, HL__SIM_NAME, HL__SIM_LATER }; /* codes of findings */
enum { HL__DAY_MS = 86400000, HL__DAYS_MOST = 36525 };

typedef struct hl__counter { hl_id queue; char *name; hl__dist_mix service, patience; } hl__counter; /* a queue in it */
typedef struct hl__stream { /* callers of a kind */
    uint32_t desk, slots;
    int32_t channel, credit_ms;
    double per_day, weekday[7], day_shape; /* weekday: Monday first; day_shape 0: every day alike */
    double *shape;               /* of the slots of a day; their mean is 1 */
    char *need, *data;
} hl__stream;
typedef struct hl__shift { uint32_t days; int64_t from_ms, to_ms; } hl__shift; /* days: bit 0 Monday */
typedef struct hl__crew { /* agents who work alike */
    char *name;
    hl_id *agent;
    hl__shift *shift;            /* none: always there */
    uint32_t agents, shifts;
    double aux_per_hour, no_answer, reject;
    bool is_recorded;            /* a recording tells when he comes and goes */
    int64_t notice_ms;           /* so long after missed calls he is ready again */
    hl__dist aux, answer;
} hl__crew;
enum { HL__FAULT_agent_lost, HL__FAULT_trunk_lost };
typedef struct hl__mishap { int what; int64_t at_ms, for_ms; double share; } hl__mishap;
typedef struct hl__scenario {
    hl__mem *mem;
    hl_local start;
    bool has_start, is_changes;  /* is_changes: of a replay; callers are recorded */
    char *zone;                  /* NULL: UTC */
    uint32_t days, desks, streams, crews, mishaps;
    int64_t seed, warmup_ms;
    hl__counter *desk;
    hl__stream *stream;
    hl__crew *crew;
    hl__mishap *mishap;
} hl__scenario;

/* Checks it against the engine's settings, makes the agents it brings along. HL_EPARSE: findings; HL_ENOMEM; nothing is
 * left of it then. */
int hl__scenario_read(hl_t *hl, const char *json, size_t len, hl__findings *f, hl__scenario *out);
int hl__scenario_desk(hl_t *hl, hl__scenario *s, const char *queue); /* one more queue; HL_ENOENT, HL_ENOMEM */
void hl__scenario_free(hl__scenario *s);
int hl__crews_read(hl_t *hl, const hl__jcheck *c, hl__scenario *s);  /* crew.c: "agents" */
int hl__crews_make(hl_t *hl, const hl__jcheck *c, hl__scenario *s);  /* into the settings; their ids */
#endif
