/* inside.h - the inside of lib/ticket: what its files share.
 *
 * A ticket's row is the one form everything else is made of: the struct of the API, JSON, what a query looks at. A
 * ticket in memory gives such a row, the store gives such a row, so there is one way to each. */
#ifndef HL_TICKET_INSIDE_H
#define HL_TICKET_INSIDE_H
#include "ticket/ticket.h"

enum { HL__TEXT_MAX = 4096, HL__TITLE_MAX = 500, HL__KEY_MAX = 200, HL__FIELDS_MAX = 12 * 1024, HL__PHONE_MAX = 64 };
enum { HL__FIELD_TEXT, HL__FIELD_NUMBER, HL__FIELD_BOOL, HL__FIELD_CHOICE, HL__FIELD_DATE, HL__FIELD_OTHER };

/* Columns of TICKET, in the order of HL__TABLES. */
enum { HL__T_ID, HL__T_NUMBER, HL__T_TYPE, HL__T_STATE, HL__T_CATEGORY, HL__T_PRIORITY, HL__T_CHANNEL, HL__T_FLAGS,
    HL__T_PARTY, HL__T_UNIT, HL__T_OWNER, HL__T_INCIDENT, HL__T_CONTACT, HL__T_CREATED, HL__T_UPDATED, HL__T_CLOSED,
    HL__T_DUE, HL__T_CHANGED, HL__T_KEY, HL__T_TITLE, HL__T_TOPIC, HL__T_REGION, HL__T_FIELDS, HL__T_PHONE,
    HL__T_COLUMNS };

typedef struct hl__field { const char *name; int kind; bool is_required; const hl__json *choices; } hl__field;
typedef struct hl__state { const char *name; int category; } hl__state;
typedef struct hl__move { const char *name, *to; const hl__json *from, *need; } hl__move;
typedef struct hl__type { /* texts belong to def; the first state is where a ticket begins */
    char *name;
    hl_id id;
    hl__json *def;
    const char *zone;
    hl__field *fields;
    hl__state *states;
    hl__move *moves;
    uint32_t nfields, nstates, nmoves;
    uint32_t open; /* tickets of this type that are not done */
} hl__type;

typedef struct hl__ticket { /* row's texts belong to text[] */
    hl__value row[HL__T_COLUMNS];
    char *text[HL__T_COLUMNS];
    hl__batch *log;                 /* events, notes and parts, where there is no store */
    struct hl__ticket *older, *newer; /* among those done: who leaves memory first */
    bool is_done;
} hl__ticket;

typedef struct hl__idem { char *key; int64_t print, ref; hl_time at; } hl__idem;
typedef struct hl__day { int64_t day, last; } hl__day;

struct hl__tickets {
    hl__core *core;
    hl__calendars *calendars;
    hl__ticket_up up;
    hl__ticket_store store;         /* scan NULL: none */
    hl__names types, numbers, keys; /* of hl__type, hl__ticket, hl__idem */
    hl__map tickets;
    hl__ticket *done_first, *done_last;
    uint32_t done, open;
    hl__day *days;                  /* numbers given out, by local date */
    uint32_t ndays, days_room;
    hl_seq durable;
    hl__timer forget;               /* keys after a day */
};

/* type.c */
void hl__type_check(void *domain, const char *name, const hl__json *value, const hl__place *at, hl__findings *f,
                    const hl__doc *doc);
int hl__type_apply(void *domain, hl_id id, const char *name, const hl__json *value);
int hl__type_users(void *domain, hl_id id);
void hl__type_free(hl__mem *mem, hl__type *type);
const hl__state *hl__type_state(const hl__type *type, const char *name);
const hl__field *hl__type_field(const hl__type *type, const char *name);
bool hl__list_has(const hl__json *list, const char *name);
/* Are these values (a JSON object) possible? 0, or HL_EINVAL with words. */
int hl__type_values(const hl__type *type, const hl__json *values, hl__err *err);

/* row.c */
hl__value hl__of_int(int64_t n);
hl__value hl__of_text(const char *text); /* NULL: HL__NULL */
const char *hl__row_text(const hl__value *row, int column); /* NULL: none */
void hl__row_json(hl__buf *b, const hl__value *row);        /* members of the object, without braces */
bool hl__row_matches(const hl__value *row, const hl_ticket_query *q);
/* Visitors: one element of a list, and a comma behind it. */
int hl__note_json(void *buf, int table, const hl__value *row, uint32_t n);
int hl__part_json(void *buf, int table, const hl__value *row, uint32_t n);
int hl__event_json(void *buf, int table, const hl__value *row, uint32_t n);
void hl__list_close(hl__buf *b); /* ] in place of the last comma */

/* ticket.c */
hl__ticket *hl__ticket_at(const hl__tickets *t, hl_id id);
int hl__ticket_miss(hl__tickets *t, hl_id id);              /* HL__TICKET_READ or HL_ENOENT */
int hl__ticket_keep(hl__tickets *t, const hl__value *row, hl__ticket **out); /* a new one in memory */
void hl__ticket_forget(hl__tickets *t, hl__ticket *k);
void hl__ticket_settle(hl__tickets *t, hl__ticket *k);      /* after its category changed */
hl__type *hl__ticket_type(const hl__tickets *t, const hl__ticket *k); /* NULL: no such type any more */
hl_seq hl__ticket_tell(hl__tickets *t, hl__ticket *k, hl_event *ev);
void hl__ticket_write(hl__tickets *t, hl__ticket *k, int op, int table, const hl__value *row, uint32_t n);
int hl__ticket_log_room(hl__tickets *t, hl__ticket *k);     /* so that the next command's tell and write cannot fail */
void hl__ticket_note(hl__tickets *t, hl__ticket *k, hl_id actor, const char *kind, const char *text, hl_id id);

/* idem.c: 1: this key was used with this content, out is its result; 0: it is free; HL_ECONFLICT */
int hl__idem_find(hl__tickets *t, const char *key, int64_t print, hl_id *out);
int hl__idem_make(hl__tickets *t, const char *key, int64_t print, hl__idem **out); /* reserved: not yet written */
void hl__idem_write(hl__tickets *t, hl__idem *i, hl_id ref);
void hl__idem_drop(hl__tickets *t, hl__idem *i);
int hl__idem_restore(hl__tickets *t, const hl__value *row);
void hl__idem_fire(void *ctx, hl__timer *timer);
void hl__idem_free(hl__tickets *t);
int64_t hl__print(int64_t print, const char *text); /* of content; NULL differs from "" */

/* number.c */
int hl__number_room(hl__tickets *t, const hl__type *type, hl__day **day, char out[48]); /* the next, not yet taken */
void hl__number_take(hl__tickets *t, hl__day *day);
int hl__number_restore(hl__tickets *t, const hl__value *row);

/* read.c: the last part of a ticket's JSON, from whatever gives rows */
typedef int hl__rows(void *ctx, int table, const hl__visit *v); /* those of one ticket */
int hl__ticket_json(hl__buf *b, const hl__value *row, hl__rows *rows, void *ctx);

/* list.c */
void hl__query_of_args(const hl__json *args, hl_ticket_query *out);
uint32_t hl__limit_of_args(const hl__json *args);

bool hl__words_ok(const char *text, size_t max); /* as hl__text_ok, lines and tabs may be in it */
#endif
