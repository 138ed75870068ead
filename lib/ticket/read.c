/* read.c - tickets read from the store, without the engine's lock: nothing here looks at what is in memory. */
#include "ticket/inside.h"
#include <string.h>

typedef int element_writer(void *buf, int table, const hl__value *row, uint32_t n);
enum { LOOK_AT_MOST = 20000, WHOLE_PHONE = 7 };

int hl__ticket_json(hl__buf *b, const hl__value *row, hl__rows *rows, void *ctx)
{
    static const struct { const char *name; int table; element_writer *element; } lists[] = {
        { "notes", HL__TABLE_NOTE, hl__note_json }, { "parts", HL__TABLE_PART, hl__part_json },
        { "history", HL__TABLE_EV, hl__event_json },
    };
    int r = 0;
    hl__buf_char(b, '{');
    hl__row_json(b, row);
    for (size_t i = 0; i < HL__COUNT(lists) && r == 0; i++) {
        hl__visit v = { lists[i].element, b };
        hl__buf_fmt(b, ",\"%s\":[", lists[i].name);
        r = rows(ctx, lists[i].table, &v);
        hl__list_close(b);
    }
    hl__buf_char(b, '}');
    return r == 0 && b->failed ? HL_ENOMEM : r;
}

struct of_ticket { const hl__ticket_store *s; hl_id ticket; };

/* NOTE, PART and EV each have an index 1 that begins with the ticket. */
static int stored_rows(void *ctx, int table, const hl__visit *v)
{
    struct of_ticket *o = ctx;
    hl__value from[] = { hl__of_int(o->ticket), hl__of_int(0) };
    hl__scan q = { table, 1, from, from, 2, 1, 0, 0 };
    return o->s->scan(o->s->d, &q, v);
}

static int copy_row(void *ctx, int table, const hl__value *row, uint32_t n)
{
    return hl__batch_row(ctx, HL__OP_ADD, table, row, n);
}

static int by_id(const hl__ticket_store *s, hl_id ticket, const hl__visit *v)
{
    hl__value before = hl__of_int(ticket - 1), at = hl__of_int(ticket);
    hl__scan q = { HL__TABLE_TICKET, 0, &before, &at, 1, 1, 1, 0 };
    return s->scan(s->d, &q, v);
}

struct numbered { const char *number; hl__batch *into; };

static int numbered_row(void *ctx, int table, const hl__value *row, uint32_t n)
{
    struct numbered *w = ctx;
    const char *number = hl__row_text(row, HL__T_NUMBER);
    if (number == NULL || strcmp(number, w->number) != 0) return 0;
    return copy_row(w->into, table, row, n);
}

/* A scan leaves its start out: it starts at the number without its last character, and few lie between. */
static int by_number(const hl__ticket_store *s, const char *number, hl__batch *into)
{
    struct numbered w = { number, into };
    hl__value from = hl__of_text(number), to = from;
    hl__scan q = { HL__TABLE_TICKET, 1, &from, &to, 1, 1, 0, 0 };
    hl__visit v = { numbered_row, &w };
    if (from.len == 0) return 0;
    from.len--;
    return s->scan(s->d, &q, &v);
}

int hl__ticket_fetch(const hl__ticket_store *s, hl_id ticket, const char *number, hl__batch *into, hl__err *err)
{
    hl__visit v = { copy_row, into };
    int r = number != NULL ? by_number(s, number, into) : by_id(s, ticket, &v);
    if (r < 0) return hl__fail(err, r, "the ticket cannot be read from the store");
    if (hl__batch_ops(into) > 0) return 0;
    if (number != NULL) return hl__fail(err, HL_ENOENT, "no ticket has the number %s", number);
    return hl__fail(err, HL_ENOENT, "no such ticket: %lld", (long long)ticket);
}

struct search {
    const hl_ticket_query *q;
    uint32_t limit, found, seen;
    hl_id last;          /* id of the last row looked at */
    hl__batch *into;     /* either a copy */
    hl__buf *out;        /* or JSON */
};

static int search_row(void *ctx, int table, const hl__value *row, uint32_t n)
{
    struct search *s = ctx;
    int r = 0;
    s->last = row[HL__T_ID].u.i;
    if (hl__row_matches(row, s->q)) {
        s->found++;
        if (s->into != NULL) r = hl__batch_row(s->into, HL__OP_ADD, table, row, n);
        if (s->out != NULL) {
            hl__buf_char(s->out, '{');
            hl__row_json(s->out, row);
            hl__buf_str(s->out, "},");
            r = s->out->failed ? HL_ENOMEM : 0;
        }
    }
    if (r < 0) return r;
    return s->found == s->limit || (s->out != NULL && ++s->seen == LOOK_AT_MOST);
}

/* The newest first; by the telephone number if it is whole. 1: stopped early. */
static int search(const hl__ticket_store *s, struct search *f, hl_id after)
{
    const char *phone = f->q->phone;
    hl__visit v = { search_row, f };
    hl__value id = hl__of_int(after > 0 ? after : INT64_MAX);
    hl__value key[] = { hl__of_text(phone), id };
    hl__scan by_phone = { HL__TABLE_TICKET, 2, key, key, 2, 1, 0, 1 };
    hl__scan by_key = { HL__TABLE_TICKET, 0, &id, NULL, 1, 0, 0, 1 };
    bool is_whole = phone != NULL && strlen(phone) >= WHOLE_PHONE;
    return s->scan(s->d, is_whole ? &by_phone : &by_key, &v);
}

int hl__ticket_fetch_next(const hl__ticket_store *s, const hl_ticket_query *q, const hl_ticket *after, hl__batch *into)
{
    struct search f = { .q = q, .limit = 1, .into = into };
    int r = search(s, &f, after->id);
    return r < 0 ? r : (int)f.found;
}

int hl__ticket_fetch_event(const hl__ticket_store *s, hl_id ticket, hl_seq after, hl__batch *into)
{
    hl__value from[] = { hl__of_int(ticket), hl__of_int(after) };
    hl__scan q = { HL__TABLE_EV, 1, from, from, 2, 1, 1, 0 };
    hl__visit v = { copy_row, into };
    int r = s->scan(s->d, &q, &v);
    return r < 0 ? r : (int)hl__batch_ops(into);
}

/* One scan after the other: who holds one reader and waits for a second may wait for ever. */
int hl__ticket_fetch_text(const hl__ticket_store *s, hl_id ticket, hl__buf *out, hl__err *err)
{
    hl__batch *b = NULL;
    struct of_ticket o = { s, ticket };
    hl__op op;
    size_t at = 0;
    int r = hl__batch_new(out->mem, 0, &b);
    if (r < 0) return hl__fail(err, r, "out of memory");
    r = hl__ticket_fetch(s, ticket, NULL, b, err);
    if (r == 0 && hl__batch_next(b, &at, &op)) {
        r = hl__ticket_json(out, op.v, stored_rows, &o);
        if (r < 0) hl__fail(err, r, "the ticket's history cannot be read from the store");
    }
    hl__batch_free(b);
    return r;
}

static int fetch_get(const hl__ticket_store *s, const hl__json *args, hl__buf *reply, hl__err *err)
{
    hl__buf_str(reply, "{\"ticket\":");
    int r = hl__ticket_fetch_text(s, hl__json_int(hl__json_get(args, "ticket")), reply, err);
    hl__buf_char(reply, '}');
    return r;
}

static int fetch_list(const hl__ticket_store *s, const hl__json *args, hl__buf *reply, hl__err *err)
{
    hl_ticket_query q = HL_TICKET_QUERY_INIT;
    hl__query_of_args(args, &q);
    struct search f = { .q = &q, .limit = hl__limit_of_args(args), .out = reply };
    hl__buf_str(reply, "{\"tickets\":[");
    int r = search(s, &f, hl__json_int(hl__json_get(args, "after")));
    if (r < 0) return hl__fail(err, r, "the tickets cannot be read from the store");
    hl__list_close(reply);
    hl__buf_fmt(reply, ",\"after\":%lld}", (long long)(r > 0 ? f.last : 0));
    return reply->failed ? hl__fail(err, HL_ENOMEM, "out of memory") : 0;
}

int hl__ticket_fetch_op(const hl__ticket_store *s, int op, const hl__json *args, hl__buf *reply, hl__err *err)
{
    if (op == HL__TICKET_OP_GET) return fetch_get(s, args, reply, err);
    if (op == HL__TICKET_OP_LIST) return fetch_list(s, args, reply, err);
    return hl__fail(err, HL_EINVAL, "this is not read from the store");
}
