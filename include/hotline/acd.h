/* hotline/acd.h - queues, agents, contacts, offers: who talks to whom next. Settings: hl_load(). */
#ifndef HOTLINE_ACD_H
#define HOTLINE_ACD_H
#include <hotline.h>
#ifdef __cplusplus
extern "C" {
#endif
/* Lists: name, number; the word in JSON is the name in small letters. */
#define HL_CHANNELS(X) X(VOICE, 0) X(CHAT, 1) X(EMAIL, 2) X(TASK, 3)
#define HL_CONTACTS(X) X(WAITING, 1) X(OFFERED, 2) X(CONNECTING, 3) X(ENGAGED, 4) X(PARKED, 5) X(CALLING, 6) \
    X(LOST, 7) X(DONE, 8)
#define HL_OUTCOMES(X) X(HANDLED, 1) X(ABANDONED, 2) X(TIMED_OUT, 3) X(OVERFLOWED, 4) X(REFUSED, 5) X(WITHDRAWN, 6) \
    X(BROKEN, 7)
#define HL_AGENTS(X) X(OFFLINE, 0) X(AVAILABLE, 1) X(AUX, 2) X(GONE, 3)
#define HL_WORKS(X) X(IDLE, 0) X(COOLING, 1) X(OFFER, 2) X(BUSY, 3) X(WRAPUP, 4)
#define HL_OFFERS(X) X(ACCEPTED, 1) X(REJECTED, 2) X(NO_ANSWER, 3) X(BUSY, 4) X(UNREACHABLE, 5) X(FAILED, 6) \
    X(RESCINDED, 7) X(LATE, 8)
#define HL_ALARMS(X) X(LEVEL, 1) X(WAIT, 2) X(LENGTH, 3) X(NOBODY, 4) X(REPAIRED, 5)
#define HL_SPANS(X) X(INTERVAL, 0) X(LAST, 1) X(DAY, 2) X(ALL, 3)
#define HL_CALLBACKS(X) X(PROMISED, 1) X(DUE, 2) X(CALLING, 3) X(REACHED, 4) X(MISSED, 5) X(KEPT, 6) X(BROKEN, 7) \
    X(CANCELLED, 8)
#define X(name, number) HL_CHANNEL_##name = number,
enum { HL_CHANNELS(X) };
#undef X
#define X(name, number) HL_CONTACT_##name = number,
enum { HL_CONTACTS(X) };
#undef X
#define X(name, number) HL_OUTCOME_##name = number,
enum { HL_OUTCOMES(X) };
#undef X
#define X(name, number) HL_AGENT_##name = number,
enum { HL_AGENTS(X) };
#undef X
#define X(name, number) HL_WORK_##name = number,
enum { HL_WORKS(X) };
#undef X
#define X(name, number) HL_OFFER_##name = number,
enum { HL_OFFERS(X) };
#undef X
#define X(name, number) HL_ALARM_##name = number,
enum { HL_ALARMS(X) };
#undef X
#define X(name, number) HL_SPAN_##name = number,
enum { HL_SPANS(X) };
#undef X
#define X(name, number) HL_CALLBACK_##name = number,
enum { HL_CALLBACKS(X) };
#undef X
enum { HL_PROMISE_CUSTOMER_FIRST, HL_PROMISE_AGENT_FIRST }; /* whose telephone rings first in a call-back */

typedef struct hl_contact_new {
    uint32_t size;
    int32_t channel; /* HL_CHANNEL_* */
    hl_id queue, leg, ticket; /* leg: the party that waits; 0: none on the line */
    hl_id prefer; /* agent to try first */
    hl_id resume; /* LOST contact whose place this party, proved to be the same, takes up */
    hl_time since; /* [now] */
    int32_t credit_ms; /* head start in the order; below 0: handicap */
    int32_t prefer_ms; /* wait this long for that agent alone */
    const char *number; /* the party's number or address [the leg's] */
    const char *ref; /* the application's key; the same again: the same contact */
    const char *need, *data; /* requirement; JSON object: read by need, shown to the agent */
} hl_contact_new;
#define HL_CONTACT_NEW_INIT { sizeof(hl_contact_new), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
typedef struct hl_contact {
    uint32_t size;
    int32_t state; /* HL_CONTACT_* */
    hl_id id, queue, agent, leg, ticket;
    hl_time since, key;
    int32_t channel, step, offers; /* relaxation reached, offers made */
    int32_t place; /* 1: next; 0: not waiting */
    int32_t p50_ms, p80_ms; /* expected wait from now; -1: unknown */
    const char *ref, *data;
} hl_contact;
#define HL_CONTACT_INIT { sizeof(hl_contact), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
typedef struct hl_promise {
    uint32_t size;
    int32_t mode; /* HL_PROMISE_* */
    hl_time from, until; /* window [when the place is reached, end of the next opening day] */
    int32_t tries, gap_ms; /* [3, 300000]: up to 100, a week */
    const char *number, *note; /* [the contact's]; for the agent */
} hl_promise;
#define HL_PROMISE_INIT { sizeof(hl_promise), 0, 0, 0, 0, 0, 0, 0 }
typedef struct hl_agent {
    uint32_t size;
    int32_t state, work, load; /* HL_AGENT_*; HL_WORK_*, greatest of the channels; % of capacity in use */
    hl_id id, contact; /* contact: the latest in hand */
    hl_time since, idle_since, cool_until;
    int32_t handled, missed; /* today */
    const char *name, *reason;
} hl_agent;
#define HL_AGENT_INIT { sizeof(hl_agent), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
typedef struct hl_offer {
    uint32_t size;
    int32_t channel;
    hl_id id, contact, agent, queue;
    hl_time made, deadline;
} hl_offer;
#define HL_OFFER_INIT { sizeof(hl_offer), 0, 0, 0, 0, 0, 0, 0 }
typedef struct hl_queue { /* now */
    uint32_t size;
    int32_t waiting, parked, offered, engaged; /* contacts */
    int32_t staffed, idle, wrapup, aux; /* agents, each in all his queues */
    int32_t p50_ms; /* expected wait of one that came now */
    hl_id id;
    hl_time oldest; /* since of the longest waiting; 0: none */
    const char *name, *title;
} hl_queue;
#define HL_QUEUE_INIT { sizeof(hl_queue), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
typedef struct hl_queue_stat { /* over a span; times are ms */
    uint32_t size;
    int32_t target_ms, short_ms, formula; /* formula: HL_SL_* of plan.h */
    hl_time from, to;
    int64_t offered, answered, abandoned, abandoned_short, refused, timed_out, moved_in, moved_out;
    int64_t promised, kept, broken, handled, answered_in, abandoned_in; /* _in: within target_ms */
    int64_t wait_answered_ms, wait_all_ms, talk_ms, hold_ms, wrapup_ms; /* sums; hold is in talk_ms, hold_ms is 0 */
    int64_t wait_max_ms, wait_p50_ms, wait_p90_ms, wait_p99_ms; /* of all offered */
    double level, sl1, sl2, sl3, sl4, sl5; /* level: by the queue's formula; -1: nothing to divide by */
} hl_queue_stat;
#define HL_QUEUE_STAT_INIT { sizeof(hl_queue_stat), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
typedef struct hl_estimate {
    uint32_t size;
    int32_t mean_ms, p50_ms, p80_ms; /* -1: nobody staffed */
    double ahead, agents, handle_ms, patience_ms, bias; /* what it rests on */
} hl_estimate;
#define HL_ESTIMATE_INIT { sizeof(hl_estimate), 0, 0, 0, 0, 0, 0, 0, 0 }

/* Queues and agents. ENOENT: no such. */
HL_API int hl_queue_next(hl_t *hl, hl_queue *row);
HL_API int hl_queue_stat_get(hl_t *hl, hl_id queue, int span, hl_queue_stat *row); /* queue 0: all; HL_SPAN_* */
HL_API int hl_estimate_get(hl_t *hl, hl_id queue, const char *need, hl_estimate *row); /* came now; EPARSE */
HL_API int hl_agent_go(hl_t *hl, hl_id agent, int state, const char *reason); /* OFFLINE, AVAILABLE, AUX */
HL_API int hl_agent_wrapup(hl_t *hl, hl_id agent, hl_id contact, int more_ms); /* 0: done; ELIMIT */
HL_API int hl_agent_get(hl_t *hl, hl_id agent, hl_agent *row);
HL_API int hl_agent_next(hl_t *hl, hl_id queue, hl_agent *row);
/* Contacts. Hold, transfer, listening: call.h. */
HL_API int hl_contact_add(hl_t *hl, const hl_contact_new *in, hl_id *out); /* ELIMIT: refused; ENOENT, EPARSE */
HL_API int hl_contact_move(hl_t *hl, hl_id contact, hl_id queue, int keep); /* keep 0: to the end */
HL_API int hl_contact_credit(hl_t *hl, hl_id contact, int credit_ms);
HL_API int hl_contact_need(hl_t *hl, hl_id contact, const char *need); /* EPARSE */
/* A voice contact that waits may hang up and keeps its place: its number is dialled when its turn is near, or when an
 * agent has accepted it. Again: other terms. ENOENT, ESTATE; EINVAL: no number, a window that is over. */
HL_API int hl_contact_promise(hl_t *hl, hl_id contact, const hl_promise *in);
HL_API int hl_contact_end(hl_t *hl, hl_id contact, int outcome); /* HL_OUTCOME_* */
HL_API int hl_contact_get(hl_t *hl, hl_id contact, hl_contact *row);
HL_API int hl_contact_next(hl_t *hl, hl_id queue, hl_contact *row);
/* Offers: for an application with its own media; pages answer at the gateway. */
HL_API int hl_offer_accept(hl_t *hl, hl_id offer); /* ECONFLICT: too late */
HL_API int hl_offer_reject(hl_t *hl, hl_id offer, int end); /* HL_OFFER_REJECTED, _BUSY, _UNREACHABLE; ECONFLICT */
HL_API int hl_offer_next(hl_t *hl, hl_id agent, hl_offer *row);
/* JSON: why, why not, why not yet. what: contact, queue, agent; agent 0: the contact's last decision. */
HL_API int hl_explain(hl_t *hl, hl_id what, hl_id agent, const char **out);
#ifdef __cplusplus
}
#endif
#endif
