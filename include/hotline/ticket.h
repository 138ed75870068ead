/* hotline/ticket.h - work orders: types as data, moves, clocks, dispatch, people, messages, knowledge, quality.
 *
 * actor     the agent a call speaks for; 0: the application itself, which may do and see everything.
 * Commands  return when decided; the event says it is on disk. Reading may wait for the store, without the lock.
 * key       of a command: the same key and content again gives the first result, other content HL_ECONFLICT.
 * Lists     in another order than by id go by row.key, then row.id; both are 0 for the first row. */
#ifndef HOTLINE_TICKET_H
#define HOTLINE_TICKET_H
#include <hotline.h>
#ifdef __cplusplus
extern "C" {
#endif
#define HL_TICKET_WORDS(X) /* HL_LACK_* are bits: why a worker or unit is no candidate */ \
    X(CATEGORY_NEW, 0) X(CATEGORY_ACTIVE, 1) X(CATEGORY_WAITING, 2) X(CATEGORY_DONE, 3) X(CATEGORY_VOID, 4) \
    X(CLOCK_RUNNING, 1) X(CLOCK_PAUSED, 2) X(CLOCK_MET, 3) X(CLOCK_MISSED, 4) X(CLOCK_CANCELLED, 5) \
    X(LINK_CHILD, 1) X(LINK_REPORT, 2) X(LINK_DUPLICATE, 3) X(LINK_SPLIT, 4) X(LINK_MERGED, 5) X(LINK_RELATED, 6) \
    X(LACK_SKILL, 1) X(LACK_REGION, 2) X(LACK_DUTY, 4) X(LACK_REACH, 8) X(LACK_LOAD, 16) X(LACK_EXCLUDED, 32) \
    X(LACK_PARTS, 64) X(LACK_LICENCE, 128) X(ORDER_NEWEST, 0) X(ORDER_DUE, 1) X(ORDER_PRIORITY, 2)
#define X(name, number) HL_##name = number,
enum { HL_TICKET_WORDS(X) HL_TICKET_CONFIDENTIAL = 1, HL_TICKET_INSIST = 2 };
#undef X

typedef struct hl_ticket_new {
    uint32_t size, flags; /* CONFIDENTIAL: units do not see the party; INSIST: duplicates do not matter */
    hl_id actor, contact; /* contact: the call it comes from; without key, type and contact are the key */
    hl_id party, unit; /* 0: found or made by phone; 0: by the directory */
    hl_time happened; /* 0: now; earlier as far as the type's "backdate" allows */
    int32_t priority, channel;
    const char *type, *key, *title, *text;
    const char *fields, *phone; /* fields: a JSON object */
} hl_ticket_new;
#define HL_TICKET_NEW_INIT { sizeof(hl_ticket_new), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_ticket_act { /* a move of the type, or a built-in verb */
    uint32_t size, flags;
    hl_id ticket, actor, contact;
    hl_seq seen; /* hl_ticket.changed as the actor saw it, else ECONFLICT; 0: any */
    hl_time happened;
    const char *verb, *key, *args, *reason; /* args: a JSON object */
} hl_ticket_act;
#define HL_TICKET_ACT_INIT { sizeof(hl_ticket_act), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_ticket {
    uint32_t size; int32_t category; hl_id id;
    int64_t key; hl_seq changed;
    hl_id party, unit, owner, incident, contact;
    hl_time created, updated, closed, due; /* due: nearest of its running clocks */
    int32_t priority, flags;
    const char *number, *type, *state, *title, *topic, *region;
} hl_ticket;
#define HL_TICKET_INIT { sizeof(hl_ticket), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_ticket_query { /* 0 and NULL: any */
    uint32_t size, categories; /* bits 1 << HL_CATEGORY_* */
    hl_id actor, unit, owner, party, incident;
    hl_time from, to; /* created in [from, to) */
    int32_t order, flags;
    const char *words, *phone; /* text, number, address; the whole phone number or its last digits */
    const char *type, *state, *topic, *region; /* topic, region: the node and all below */
} hl_ticket_query;
#define HL_TICKET_QUERY_INIT { sizeof(hl_ticket_query), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_ticket_move {
    uint32_t size; int32_t allowed; hl_id id;
    const char *name, *to, *needs, *why; /* fields still missing; words of what refuses */
} hl_ticket_move;
#define HL_TICKET_MOVE_INIT { sizeof(hl_ticket_move), 0, 0, 0, 0, 0, 0 }

typedef struct hl_clock {
    uint32_t size; int32_t state; hl_id id, ticket, custodian;
    hl_time started, ended, due, due_original, breached, next; /* next: when the ladder's next step fires */
    int64_t used, left; /* us that count; left below 0: over */
    int32_t round, step;
    const char *target, *calendar;
} hl_clock;
#define HL_CLOCK_INIT { sizeof(hl_clock), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_candidate {
    uint32_t size, lacks; hl_id id; /* those who lack nothing come first */
    int64_t key; /* cost in seconds: the sum of travel to fairness */
    int32_t travel, queue, late, previous, site, region, overskilled, roster, fairness, open;
    const char *name, *why;
} hl_candidate;
#define HL_CANDIDATE_INIT { sizeof(hl_candidate), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_duty {
    uint32_t size; int32_t rank; hl_id id; int64_t key;
    hl_time from, to;
    const char *role, *name;
} hl_duty;
#define HL_DUTY_INIT { sizeof(hl_duty), 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_duplicate {
    uint32_t size; int32_t category; hl_id id; int64_t key;
    int32_t person, matter; /* scores, per mille */
    const char *number, *title;
} hl_duplicate;
#define HL_DUPLICATE_INIT { sizeof(hl_duplicate), 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_party {
    uint32_t size; int32_t level; hl_id id;
    const char *name, *phone, *care, *fields; /* masked for most roles; care: how to treat this caller */
} hl_party;
#define HL_PARTY_INIT { sizeof(hl_party), 0, 0, 0, 0, 0, 0 }

typedef struct hl_message {
    uint32_t size; int32_t tries; hl_id id, subject; /* subject: ticket or contact */
    hl_time not_before;
    const char *to, *name, *data, *state; /* "sms:+86..." "mail:..." "hook:..."; template's name */
} hl_message;
#define HL_MESSAGE_INIT { sizeof(hl_message), 0, 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_article {
    uint32_t size; int32_t score; hl_id id; int64_t key;
    hl_time from, to, review;
    const char *kind, *state, *title, *keywords;
    const char *text, *unit; /* text: a snippet in lists */
} hl_article;
#define HL_ARTICLE_INIT { sizeof(hl_article), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Tickets. _add: EDENIED ECONFLICT ELIMIT. _do: ENOENT EDENIED ECONFLICT; ESTATE's words name guard or field. */
HL_API int hl_ticket_add(hl_t *hl, const hl_ticket_new *ticket, hl_id *out);
HL_API int hl_ticket_do(hl_t *hl, const hl_ticket_act *act, hl_id *out); /* the part it made, else the ticket */
HL_API int hl_ticket_find(hl_t *hl, const char *number, hl_id *out); /* or the public token */
HL_API int hl_ticket_get(hl_t *hl, hl_id ticket, hl_id actor, hl_ticket *row);
HL_API int hl_ticket_next(hl_t *hl, const hl_ticket_query *query, hl_ticket *row);
HL_API int hl_ticket_event_next(hl_t *hl, hl_id ticket, hl_event *row); /* its history, by seq */
HL_API int hl_ticket_move_next(hl_t *hl, hl_id ticket, hl_id actor, hl_ticket_move *row);
HL_API int hl_ticket_text(hl_t *hl, hl_id ticket, hl_id actor, hl_time as_of, const char **out); /* JSON, with parts */
HL_API int hl_ticket_slip(hl_t *hl, hl_id ticket, hl_id actor, const char *name, const char **out); /* HTML */
HL_API int hl_ticket_verify(hl_t *hl, hl_id ticket); /* ESTORE: differs from its events */

/* Clocks, dispatch, rosters, duplicates. */
HL_API int hl_clock_next(hl_t *hl, hl_id ticket, hl_clock *row);
HL_API int hl_clock_text(hl_t *hl, hl_id clock, const char **out); /* JSON: each span and why it counts */
HL_API int hl_candidate_next(hl_t *hl, hl_id ticket, hl_candidate *row);
HL_API int hl_duty_next(hl_t *hl, hl_id unit, const char *role, hl_time at, hl_duty *row);
HL_API int hl_duplicate_next(hl_t *hl, const hl_ticket_new *draft, hl_duplicate *row);

/* People: _show and _erase leave an event. Messages. */
HL_API int hl_party_find(hl_t *hl, const char *phone, hl_id *out);
HL_API int hl_party_get(hl_t *hl, hl_id party, hl_id actor, hl_party *row);
HL_API int hl_party_set(hl_t *hl, hl_id actor, const hl_party *party, hl_id *out); /* id 0: new; NULL: as it was */
HL_API int hl_party_show(hl_t *hl, hl_id party, hl_id actor, const char *reason, const char **out); /* JSON */
HL_API int hl_party_erase(hl_t *hl, hl_id party, hl_id actor, const char *reason);
HL_API int hl_message_add(hl_t *hl, const hl_message *message, const char *key, hl_id *out);
HL_API int hl_message_next(hl_t *hl, const char *state, hl_message *row);
HL_API int hl_message_retry(hl_t *hl, hl_id message);

/* Knowledge, quality. _for: found by the ticket's own words. A review's subject: contact or ticket. */
HL_API int hl_article_set(hl_t *hl, hl_id actor, const hl_article *article, hl_id *out);
HL_API int hl_article_get(hl_t *hl, hl_id article, hl_article *row);
HL_API int hl_article_next(hl_t *hl, const char *words, hl_article *row);
HL_API int hl_article_for(hl_t *hl, hl_id ticket, hl_article *row);
HL_API int hl_article_use(hl_t *hl, hl_id article, hl_id ticket, hl_id actor, int helped); /* 0: it was wrong */
HL_API int hl_words_split(hl_t *hl, const char *text, int as_query, const char **out); /* the tokens */
HL_API int hl_review_add(hl_t *hl, hl_id subject, hl_id actor, const char *form, const char *answers, hl_id *out);
#ifdef __cplusplus
}
#endif
#endif
