/* ticket.h - work orders: types as data, moves, notes, numbers without gaps.
 *
 * In memory lie the tickets of open states and those touched lately. With a store everything else is read through a
 * scan, outside the engine's lock; without one all stays in memory. Commands hold the lock and are all or nothing.
 *
 * A command or an op on a ticket that is not in memory returns HL__TICKET_READ. Then, without the lock:
 * hl__ticket_fetch() copies it into a batch; with the lock: hl__tickets_adopt() and the same command again. */
#ifndef HL_TICKET_H
#define HL_TICKET_H
#include "base/core.h"
#include "base/section.h"
#include "calendar/calendar.h"
#include <hotline/ticket.h>

enum { HL__TICKET_READ = 2 };

typedef struct hl__tickets hl__tickets;
typedef struct hl__ticket_up { /* filled by the engine */
    void *engine;
    const char *(*refuse)(void *engine); /* why no new ticket may be made now ("the disk is full"); NULL: go on */
} hl__ticket_up;
typedef struct hl__ticket_store {
    void *d;
    int (*scan)(void *d, const hl__scan *q, const hl__visit *v); /* hl__store_link's */
} hl__ticket_store;

/* up and calendars may be NULL: never refused; days are those of UTC+8. */
int hl__tickets_new(hl__core *core, hl__calendars *calendars, const hl__ticket_up *up, hl__tickets **out);
void hl__tickets_free(hl__tickets *t);
uint32_t hl__tickets_sections(hl__tickets *t, hl__section *out, uint32_t room); /* "ticket_types" */
int hl__tickets_load(hl__tickets *t, const hl__ticket_store *store);            /* at open; now it has a store */
int hl__tickets_restore(hl__tickets *t, int table, const hl__value *row, uint32_t n); /* one row of it, as load does */
void hl__tickets_durable(hl__tickets *t, hl_seq seq);                           /* up to here all is on disk */
uint32_t hl__tickets_open(const hl__tickets *t);                                /* how many are not done */

/* Commands and reading from memory, as in hotline/ticket.h. 0, HL__TICKET_READ or an error with words in core->err. */
int hl__ticket_add(hl__tickets *t, const hl_ticket_new *n, hl_id *out);
int hl__ticket_do(hl__tickets *t, const hl_ticket_act *a, hl_id *out);
int hl__ticket_find(hl__tickets *t, const char *number, hl_id *out);
int hl__ticket_get(hl__tickets *t, hl_id ticket, hl_ticket *row);               /* texts live until the next command */
int hl__ticket_next(hl__tickets *t, const hl_ticket_query *q, hl_ticket *row);  /* READ whenever there is a store */
int hl__ticket_event_next(hl__tickets *t, hl_id ticket, hl_event *row);         /* the same */
int hl__ticket_move_next(hl__tickets *t, hl_id ticket, hl_ticket_move *row, hl__buf *words);
int hl__ticket_text(hl__tickets *t, hl_id ticket, hl__buf *out);                /* JSON; the same */
int hl__ticket_by_phone(hl__tickets *t, const char *phone, const char *type, hl_id *out); /* the newest open one */

/* What a page asks: op is HL__DO_TICKET_NEW ... _TYPES of driver.h, handed on as one of these. reply gets JSON. */
enum { HL__TICKET_OP_NEW = 1, HL__TICKET_OP_DO, HL__TICKET_OP_GET, HL__TICKET_OP_LIST, HL__TICKET_OP_TYPES };
int hl__ticket_op(hl__tickets *t, int op, const hl__json *args, hl_id actor, hl__buf *reply);

/* Without the lock, touching nothing but the store. _op answers GET and LIST; for DO hl__ticket_fetch() and again. */
int hl__ticket_fetch(const hl__ticket_store *s, hl_id ticket, const char *number, hl__batch *into, hl__err *err);
int hl__ticket_fetch_next(const hl__ticket_store *s, const hl_ticket_query *q, const hl_ticket *after, hl__batch *into);
int hl__ticket_fetch_event(const hl__ticket_store *s, hl_id ticket, hl_seq after, hl__batch *into);
int hl__ticket_fetch_text(const hl__ticket_store *s, hl_id ticket, hl__buf *out, hl__err *err);
int hl__ticket_fetch_op(const hl__ticket_store *s, int op, const hl__json *args, hl__buf *reply, hl__err *err);
int hl__tickets_adopt(hl__tickets *t, const hl__batch *rows);
void hl__ticket_of_row(const hl__value *row, hl_ticket *out);                   /* texts point into row */
void hl__event_of_row(const hl__value *row, hl_event *out);
#endif
