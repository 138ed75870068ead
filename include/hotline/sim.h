/* hotline/sim.h - invented traffic for an engine from hl_open_sim(): callers, agents, shifts; studies of settings.
 *
 * A scenario is a JSON object; times are in the zone of the first queue unless it names one:
 *   start "2026-09-21" [now], zone, days [1], seed [the engine's], warmup_ms [0: all are counted]
 *   arrivals [{queue, per_day, weekday [7 factors], shape [factors of equal slots of a day], day_shape [0], channel,
 *     need, data, credit_ms}]: Poisson; day_shape k: each day's rate times a gamma factor of mean 1,
 *     variance 1/k, the same one for streams of equal k
 *   service {queue: law}, patience {queue: law}: a law is ms, or {law: fixed uniform exponential lognormal gamma
 *     weibull, mean_ms, cv}, {law: lognormal, mu, sigma} of the logarithm of seconds, {law: table, values_ms}; besides
 *     it short {share, law}: some take that instead; balk: share that hangs up before the queue
 *   agents [{names} or {count, name, skills, queues, capacity}, each with shifts [{weekdays [1..7], from "08:00", to}],
 *     aux {per_hour, law}, answer (law: rings so long), no_answer, reject (shares of offers), notice_ms [60000: back
 *     so long after missed calls]]: no shifts: always there
 *   faults [{what: agent_lost trunk_lost, at_ms, for_ms, share}]: since the scenario's start */
#ifndef HOTLINE_SIM_H
#define HOTLINE_SIM_H
#include <hotline.h>
#ifdef __cplusplus
extern "C" {
#endif

enum { HL_REPLAY_EXACT, HL_REPLAY_WHAT_IF };
typedef struct hl_replay {
    uint32_t size;
    int32_t mode; /* HL_REPLAY_*; EXACT: ENOTSUP in this build */
    hl_time from, to; /* callers from then on; run so far, hl_sim_run() goes on [the journal's ends] */
    int64_t seed; /* of what the journal cannot know [1] */
    const char *journal; /* store's file, opened read only */
    const char *changes; /* what-if: scenario whose agents, service, patience replace the recorded [as recorded] */
} hl_replay;
#define HL_REPLAY_INIT { sizeof(hl_replay), 0, 0, 0, 0, 0, 0 }
typedef struct hl_sim { /* of those who came after the warm-up */
    uint32_t size;
    int32_t equal; /* exact: 1 when every decision was the recorded one */
    hl_seq first_diff; /* event at which it was not; 0: none */
    int64_t hash; /* of all decisions: FNV-1a 64 over time, kind, contact, agent, queue */
    hl_time from, to;
    int64_t events, offered, answered, abandoned, other, promised, kept; /* nobody asks for call-backs: 0 */
    double waited; /* share with a wait > 0 */
    double wait_s, p50_s, p75_s, p90_s, p95_s; /* of all offered */
    double level, sl1, sl2, sl3, sl4, sl5, occupancy; /* as in hl_queue_stat; -1: nothing to divide by */
} hl_sim;
#define HL_SIM_INIT { sizeof(hl_sim), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* ESTATE in a real engine. Scenarios: EPARSE, hl_finding_next(). */
HL_API int hl_sim_load(hl_t *hl, const char *json, size_t len); /* once; len 0: up to NUL */
HL_API int hl_sim_run(hl_t *hl, hl_time to, hl_sim *row); /* events counted, not kept; 0: to the end */
/* A fresh engine, with other settings, sees the callers of a store: when they came, talks of those who were answered,
 * patience of those who left; the rest is drawn from laws that fit. ESTORE; ENOENT: no calls, or an unknown queue. */
HL_API int hl_sim_replay(hl_t *hl, const hl_replay *in, hl_sim *row);
/* The scenario, without agents, that fits what was recorded in queue (0: all). ENOENT: fewer than 200 contacts. */
HL_API int hl_sim_fit(hl_t *hl, hl_id queue, hl_time from, hl_time to, const char **out);
/* Copies of this engine's settings (a live one goes on untouched), seeds 1..runs. out: JSON {runs, all, queues: {name}}
 * with {mean, half: of the 95 % interval} of each figure: those of hl_sim, abandon_share. EPARSE. */
HL_API int hl_sim_study(hl_t *hl, const char *json, size_t len, int runs, const char **out);
#ifdef __cplusplus
}
#endif
#endif
