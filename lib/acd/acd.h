/* acd.h - queues, agents, contacts and offers as the engine sees them: who talks to whom next, and why.
 *
 * Every function below changes the model at once and then tells the engine through hl__acd_up what came of it. An up
 * function may call back into this header: the news it causes are told after it returned, in order.
 * Commands return 0 or HL_E*, with words in core->err, and change nothing when they fail. */
#ifndef HL_ACD_H
#define HL_ACD_H
#include "base/core.h"
#include "base/section.h"
#include "calendar/calendar.h"
#include <hotline/acd.h>

typedef struct hl__acd hl__acd;

typedef struct hl__acd_up { /* filled by the engine; each may be NULL */
    void *ctx;
    void (*offer_made)(void *ctx, const hl_offer *offer);           /* ring the agent till offer->deadline */
    void (*offer_ended)(void *ctx, const hl_offer *offer, int how); /* HL_OFFER_*: stop ringing; once for each made */
    void (*connect)(void *ctx, hl_id contact, hl_id agent, hl_id leg); /* accepted: bring leg and agent together, then
                                                                          hl__acd_connected or hl__acd_agent_failed.
                                                                          leg 0: it is engaged already */
    void (*contact_state)(void *ctx, hl_id contact, int state);     /* HL_CONTACT_*, but for DONE */
    void (*contact_done)(void *ctx, hl_id contact, int outcome);    /* HL_OUTCOME_*; the contact is no more */
    void (*estimate)(void *ctx, hl_id contact, int place, int p50_ms, int p80_ms); /* now is the time to announce */
    void (*agent_state)(void *ctx, hl_id agent, int state, int work, const char *reason);
} hl__acd_up;

/* What a flow's queue node or a call adds to hl_contact_new; 0: the queue's own setting. */
typedef struct hl__acd_terms {
    int32_t priority;            /* 1..9: a credit of (5 - priority) * credit_ms */
    int32_t max_wait_ms;
    int32_t first_ms, every_ms;  /* announcements; -1: none */
    int32_t resume_ms;           /* -1: who hangs up while waiting has left for good */
    const hl_promise *promise;   /* a call-back from the start: the queue refuses nothing, not even when it is closed */
} hl__acd_terms;
enum { HL__ACD_CLOSED = 1, HL__ACD_FULL, HL__ACD_SLOW, HL__ACD_NOBODY, HL__ACD_OVERFLOW }; /* why it is refused */

int hl__acd_new(hl__core *core, hl__calendars *cal, const hl__acd_up *up, hl__acd **out); /* up: copied */
hl__acd_up hl__acd_listen(hl__acd *acd, const hl__acd_up *up); /* from now on; who was told before */
void hl__acd_free(hl__acd *acd);
uint32_t hl__acd_sections(hl__acd *acd, hl__section *out, uint32_t room); /* "capacities", "queues", "agents" */
int hl__acd_check(hl__acd *acd);        /* tests: HL_ESTATE and words if an invariant does not hold. Slow */

/* Contacts. id 0: a new one, CONTACT_NEW is told; else a call's contact that is not in a queue now. out: its id, also
 * when `in->ref` is known already. why: HL__ACD_* of a refusal; may be NULL, as terms. */
int hl__acd_add(hl__acd *acd, hl_id id, const hl_contact_new *in, const hl__acd_terms *terms, int *why, hl_id *out);
int hl__acd_move(hl__acd *acd, hl_id contact, hl_id queue, int keep);
int hl__acd_credit(hl__acd *acd, hl_id contact, int credit_ms);
int hl__acd_need(hl__acd *acd, hl_id contact, const char *need);
int hl__acd_end(hl__acd *acd, hl_id contact, int outcome);
/* What may be said to one who waits, now: place and wait never rise unless it was moved. Tells CONTACT_ESTIMATE. */
int hl__acd_announce(hl__acd *acd, hl_id contact, int *place, int *p50_ms, int *p80_ms); /* p50, p80: -1 unknown */
int hl__acd_hangup(hl__acd *acd, hl_id contact);       /* the waiting or talking party's leg has ended */
int hl__acd_connected(hl__acd *acd, hl_id contact);    /* both legs are up */
int hl__acd_agent_failed(hl__acd *acd, hl_id contact); /* the agent's leg failed or went: back with the old key */
int hl__acd_talk_end(hl__acd *acd, hl_id contact);     /* handled; the agent goes into wrap-up */

/* A call-back: the party's leg may go, the place stays. CALLING, or CONNECTING without a leg: dial the number, then say
 * how that came out. HL_ESTATE: nobody is being called. */
int hl__acd_promise(hl__acd *acd, hl_id contact, const hl_promise *in);
int hl__acd_reached(hl__acd *acd, hl_id contact, hl_id leg); /* the party is on the line, and a person */
int hl__acd_missed(hl__acd *acd, hl_id contact);             /* busy, no answer, a machine */
int hl__acd_promised(hl__acd *acd, hl_id contact, hl_promise *out); /* 1: tries are those missed; 0: none */

/* Agents. */
int hl__acd_go(hl__acd *acd, hl_id agent, int state, const char *reason);
int hl__acd_wrapup(hl__acd *acd, hl_id agent, hl_id contact, int more_ms); /* contact 0: every one */
int hl__acd_gone(hl__acd *acd, hl_id agent);           /* his page's connection is lost; what is not staffed: nothing */
int hl__acd_back(hl__acd *acd, hl_id agent);           /* his session was resumed: as before, within 120 s */
typedef struct hl__acd_device { const char *name, *title, *phone, *address; int auto_accept; } hl__acd_device;
int hl__acd_agent_device(hl__acd *acd, hl_id agent, hl__acd_device *out);  /* phone, address NULL: his page alone */

int hl__acd_times(hl__acd *acd, hl_id queue, const char **zone, const char **hours); /* NULL: UTC, always; HL_ENOENT */

/* Offers. */
int hl__acd_accept(hl__acd *acd, hl_id offer);         /* HL_ECONFLICT: it has ended */
int hl__acd_reject(hl__acd *acd, hl_id offer, int end); /* HL_OFFER_REJECTED _BUSY _UNREACHABLE _FAILED _NO_ANSWER,
                                                           _LATE: another was first */
int hl__acd_offer(hl__acd *acd, hl_id offer, hl_offer *out); /* an open one; HL_ENOENT */

/* Names and rows; text lives until the next command. _next: 1 or 0, the row after row->id. Reading decides nothing. */
hl_id hl__acd_queue_find(const hl__acd *acd, const char *name); /* 0: none */
hl_id hl__acd_agent_find(const hl__acd *acd, const char *name);
const char *hl__acd_skill_next(const hl__acd *acd, uint32_t *pos); /* that agents have; *pos = 0 first; NULL: no more */
const char *hl__acd_name(const hl__acd *acd, hl_id id);         /* of a queue or an agent; NULL: none */
int hl__acd_queue_next(hl__acd *acd, hl_queue *row);
int hl__acd_agent_get(hl__acd *acd, hl_id agent, hl_agent *row);
int hl__acd_agent_next(hl__acd *acd, hl_id queue, hl_agent *row);
int hl__acd_contact_get(hl__acd *acd, hl_id contact, hl_contact *row);
int hl__acd_contact_next(hl__acd *acd, hl_id queue, hl_contact *row);
int hl__acd_offer_next(hl__acd *acd, hl_id agent, hl_offer *row);
int hl__acd_stat(hl__acd *acd, hl_id queue, int span, hl_queue_stat *row);    /* queue 0: all */
int hl__acd_estimate(hl__acd *acd, hl_id queue, const char *need, hl_estimate *row);
int hl__acd_explain(hl__acd *acd, hl_id what, hl_id agent, hl__buf *out);
uint32_t hl__acd_contacts(const hl__acd *acd);                  /* how many live, of any state */
/* For pages: a JSON list of at most `limit` objects behind `after`; the id of the last if there may be more, else 0.
 * queue.list: id name title waiting parked offered engaged staffed idle wrapup
 * aux oldest p50_ms. agent.list: id name title state work reason since contact queues phone. */
hl_id hl__acd_queues_json(hl__acd *acd, hl_id after, uint32_t limit, hl__buf *out);
hl_id hl__acd_agents_json(hl__acd *acd, hl_id after, uint32_t limit, hl__buf *out);
const char *hl__acd_word(int list, int number);  /* the word of a HL_*_ number; NULL: none. list: HL__WORD_* */
enum { HL__WORD_CHANNEL, HL__WORD_CONTACT, HL__WORD_OUTCOME, HL__WORD_AGENT, HL__WORD_WORK, HL__WORD_OFFER };
int hl__acd_number(int list, const char *word);  /* -1: no such word */
#endif
