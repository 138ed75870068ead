/* hotline/ticket.h - work orders: types as data, moves, notes, history.
 *
 * Types are the document's section "ticket_types"; a ticket has one state of its type at a time.
 * actor     the agent a call speaks for; 0: the application itself, which may do and see everything.
 * Commands  return when decided; the event says it is on disk. Reading may wait for the store, without the lock.
 * key       of a command: for a day the same key and content gives the first result, other content HL_ECONFLICT. */
#ifndef HOTLINE_TICKET_H
#define HOTLINE_TICKET_H
#include <hotline.h>
#ifdef __cplusplus
extern "C" {
#endif
#define HL_CATEGORIES(X) X(NEW, 0) X(ACTIVE, 1) X(WAITING, 2) X(DONE, 3) X(VOID, 4)
#define X(name, number) HL_CATEGORY_##name = number,
enum { HL_CATEGORIES(X) };
#undef X

typedef struct hl_ticket_new {
    uint32_t size, flags;         /* flags: 0 */
    hl_id actor, contact;         /* contact: the call it comes from; without key, type and contact are the key */
    hl_time happened;             /* 0: now */
    int32_t priority, channel;    /* priority 1 highest to 9 [5] */
    const char *type, *key, *title, *text; /* text: becomes the first note */
    const char *fields, *phone;   /* fields: a JSON object */
} hl_ticket_new;
#define HL_TICKET_NEW_INIT { sizeof(hl_ticket_new), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_ticket_act {    /* a move of the type, or one of: note edit urge */
    uint32_t size, flags;         /* flags: 0 */
    hl_id ticket, actor, contact;
    hl_seq seen;                  /* hl_ticket.changed as the actor saw it, else ECONFLICT; 0: any */
    const char *verb, *key, *args, *reason; /* args, a JSON object: fields; note: {"text"}; edit: also title priority */
} hl_ticket_act;
#define HL_TICKET_ACT_INIT { sizeof(hl_ticket_act), 0, 0, 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_ticket {
    uint32_t size; int32_t category; hl_id id; /* HL_CATEGORY_* of its state */
    hl_seq changed;               /* the event that last changed it */
    hl_id owner, contact;
    hl_time created, updated, closed;
    int32_t priority, flags;
    const char *number, *type, *state, *title, *phone, *fields; /* number: "20260101-000123"; fields: JSON */
} hl_ticket;
#define HL_TICKET_INIT { sizeof(hl_ticket), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_ticket_query {  /* 0 and NULL: any */
    uint32_t size, categories;    /* bits 1 << HL_CATEGORY_* */
    hl_time from, to;             /* created in [from, to) */
    const char *words, *phone;    /* part of title, number or a field; the whole phone number or its last 3 to 6 */
    const char *type, *state;
} hl_ticket_query;
#define HL_TICKET_QUERY_INIT { sizeof(hl_ticket_query), 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_ticket_move {
    uint32_t size; int32_t allowed; hl_id id;
    const char *name, *to, *needs, *why; /* needs: fields still missing, between blanks; why: words of what refuses */
} hl_ticket_move;
#define HL_TICKET_MOVE_INIT { sizeof(hl_ticket_move), 0, 0, 0, 0, 0, 0 }

/* _add: ENOENT ECONFLICT ESTORE (disk full). _do: ENOENT ECONFLICT; ESTATE's words name state or field. */
HL_API int hl_ticket_add(hl_t *hl, const hl_ticket_new *ticket, hl_id *out);
HL_API int hl_ticket_do(hl_t *hl, const hl_ticket_act *act, hl_id *out); /* the note it made, else the ticket */
HL_API int hl_ticket_find(hl_t *hl, const char *number, hl_id *out);
HL_API int hl_ticket_get(hl_t *hl, hl_id ticket, hl_id actor, hl_ticket *row);
HL_API int hl_ticket_next(hl_t *hl, const hl_ticket_query *query, hl_ticket *row); /* the newest first */
HL_API int hl_ticket_event_next(hl_t *hl, hl_id ticket, hl_event *row); /* its history, by seq */
HL_API int hl_ticket_move_next(hl_t *hl, hl_id ticket, hl_id actor, hl_ticket_move *row);
HL_API int hl_ticket_text(hl_t *hl, hl_id ticket, hl_id actor, const char **out); /* JSON, with notes and history */
#ifdef __cplusplus
}
#endif
#endif
