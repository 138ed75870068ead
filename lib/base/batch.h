/* batch.h - one step's writes in one buffer: the engine fills it, the store drains it. */
#ifndef HL_BASE_BATCH_H
#define HL_BASE_BATCH_H
#include "base/base.h"

enum { HL__NULL, HL__INT, HL__REAL, HL__TEXT, HL__BLOB };
enum { HL__OP_EVENT, HL__OP_ADD, HL__OP_PUT, HL__OP_DEL }; /* add: new key; put: whole row; del: by key */
typedef struct hl__value { uint32_t type, len; union { int64_t i; double r; const void *p; } u; } hl__value;
typedef struct hl__op { uint16_t kind, table; uint32_t n; const hl__value *v; } hl__op;
typedef struct hl__mark { /* where a shard stands: one row, changed by every transaction */
    uint64_t epoch, number; /* owner counter; last batch */
    hl_seq seq;             /* last event */
    hl_time ticks, wall;    /* both clocks at that batch */
    int64_t serial;         /* ids below this one may have been given out */
} hl__mark;
typedef struct hl__batch hl__batch;
int hl__batch_new(hl__mem *mem, uint32_t shard, hl__batch **out);
int hl__batch_reserve(hl__batch *b, size_t bytes);             /* so much can be added without failing */
int hl__batch_row(hl__batch *b, int op, int table, const hl__value *row, uint32_t n); /* copies the row */
int hl__batch_next(const hl__batch *b, size_t *at, hl__op *out); /* 1: filled, 0: no more; *at = 0 first */
size_t hl__batch_row_bytes(const hl__value *row, uint32_t n);   /* what this row takes of a reserve */
size_t hl__batch_bytes(const hl__batch *b);
uint32_t hl__batch_ops(const hl__batch *b);
uint32_t hl__batch_shard(const hl__batch *b);
void hl__batch_seal(hl__batch *b, const hl__mark *mark);       /* the mark it leads to */
const hl__mark *hl__batch_mark(const hl__batch *b);
void hl__batch_free(hl__batch *b);

/* Reading back: a range of one table, by its key or one named index. */
typedef struct hl__visit { /* non-zero from row() ends the visit and is its result */
    int (*row)(void *ctx, int table, const hl__value *row, uint32_t n);
    void *ctx;
} hl__visit;
typedef struct hl__scan {
    int table, index;            /* index: 0 the primary key, else the n-th of HL__INDEXES for this table */
    const hl__value *from, *to;  /* leading columns; in the scan's direction it starts behind from and ends with to,
                                    which is taken in with all that begins so; NULL: open */
    uint32_t nfrom, nto, limit;  /* limit 0: no limit */
    int backwards;
} hl__scan;

/* Tables and columns, one list for every backend. KEY: how many leading columns are the primary key. Columns are only
 * ever appended. An op EVENT carries EV's columns up to data; epoch and hash are the store's. ADD and PUT carry every
 * column, DEL the key. */
#define HL__TABLES(X) /* name, number, key columns, columns: name:type, i int, t text, b blob */ \
    X(EV, 1, 1, "seq:i time:i type:i contact:i leg:i queue:i agent:i ticket:i ref:i code:i detail:i text:t data:t " \
      "epoch:i hash:b") \
    X(TICKET, 2, 1, "id:i number:t type:t state:t category:i priority:i channel:i flags:i party:i unit:i owner:i " \
      "incident:i contact:i created:i updated:i closed:i due:i changed:i key:t title:t topic:t region:t " \
      "fields:t phone:t") \
    X(PART, 3, 1, "id:i ticket:i kind:t state:t actor:i at:i due:i data:t") \
    X(NOTE, 4, 1, "id:i ticket:i actor:i at:i text:t") \
    X(PARTY, 5, 1, "id:i phone:t name:t level:i fields:t") \
    X(DAYNUMBER, 6, 1, "day:i last:i") \
    X(CONTACT, 7, 1, "id:i queue:t agent:t number:t dialled:t entered:i queued:i answered:i ended:i wait_ms:i " \
      "talk_ms:i outcome:t cause:i keys:t lang:t ticket:i flow:t result:t") \
    X(CONFIG, 8, 2, "kind:t name:t json:t") \
    X(GRANT, 9, 1, "hash:t role:i agent:i subject:t until:i data:t") \
    X(IDEM, 10, 1, "key:t print:i ref:i at:i")
#define HL__INDEXES(X) /* table, number within the table, columns */ \
    X(EV, 1, "ticket seq") X(EV, 2, "contact seq") X(TICKET, 1, "number") X(TICKET, 2, "phone id") \
    X(TICKET, 3, "category id") X(PART, 1, "ticket id") X(NOTE, 1, "ticket id") X(PARTY, 1, "phone")
enum { HL__EV_COLUMNS = 13 }; /* of an op EVENT */
#define X(name, number, key, columns) HL__TABLE_##name = number,
enum { HL__TABLE_NONE = 0, HL__TABLES(X) HL__TABLE_END };
#undef X
const char *hl__table_name(int table);                         /* "TICKET"; NULL: no such table */
uint32_t hl__table_columns(int table);
uint32_t hl__table_keys(int table);
int hl__table_column(int table, uint32_t n, char *name, size_t room); /* its HL__* type; HL__NULL: no such column */
const char *hl__table_index(int table, int index);             /* its columns between blanks; NULL: no such index */
#endif
