/* list.c - tickets as they lie in memory: lists, text and history for an engine without a store. */
#include "ticket/inside.h"
#include <string.h>

enum { LIMIT = 50, LIMIT_MOST = 200 };

static const char *not_empty(const char *text)
{
    return text != NULL && *text != 0 ? text : NULL;
}

void hl__query_of_args(const hl__json *args, hl_ticket_query *out)
{
    out->phone = not_empty(hl__json_text(hl__json_get(args, "phone")));
    out->type = not_empty(hl__json_text(hl__json_get(args, "type")));
    out->state = not_empty(hl__json_text(hl__json_get(args, "state")));
    out->words = not_empty(hl__json_text(hl__json_get(args, "words")));
}

uint32_t hl__limit_of_args(const hl__json *args)
{
    int64_t n = hl__json_int(hl__json_get(args, "limit"));
    return n < 1 ? LIMIT : n > LIMIT_MOST ? LIMIT_MOST : (uint32_t)n;
}

/* The newest one that matches, older than `after`. */
static const hl__ticket *newest(const hl__tickets *t, const hl_ticket_query *q, hl_id after)
{
    const hl__ticket *k, *best = NULL;
    uint32_t pos = 0;
    while ((k = hl__map_at(&t->tickets, &pos)) != NULL) {
        hl_id id = k->row[HL__T_ID].u.i;
        if (after > 0 && id >= after) continue;
        if (best != NULL && id < best->row[HL__T_ID].u.i) continue;
        if (hl__row_matches(k->row, q)) best = k;
    }
    return best;
}

int hl__ticket_next(hl__tickets *t, const hl_ticket_query *q, hl_ticket *row)
{
    if (t->store.scan != NULL) return HL__TICKET_READ;
    const hl__ticket *k = newest(t, q, row->id);
    if (k == NULL) return 0;
    hl__ticket_of_row(k->row, row);
    return 1;
}

/* What a ticket's log has of one table. */
static int log_rows(void *ctx, int table, const hl__visit *v)
{
    const hl__ticket *k = ctx;
    size_t at = 0;
    hl__op op;
    int r = 0;
    while (r == 0 && k->log != NULL && hl__batch_next(k->log, &at, &op)) {
        if (op.table == table) r = v->row(v->ctx, table, op.v, op.n);
    }
    return r;
}

struct after { hl_seq seq; hl_event *row; };

static int event_row(void *ctx, int table, const hl__value *row, uint32_t n)
{
    struct after *a = ctx;
    (void)table, (void)n; /* EV */
    if (row[0].u.i <= a->seq) return 0;
    hl__event_of_row(row, a->row);
    return 1;
}

int hl__ticket_event_next(hl__tickets *t, hl_id ticket, hl_event *row)
{
    if (t->store.scan != NULL) return HL__TICKET_READ;
    hl__ticket *k = hl__ticket_at(t, ticket);
    if (k == NULL) return hl__ticket_miss(t, ticket);
    struct after a = { row->seq, row };
    hl__visit v = { event_row, &a };
    return log_rows(k, HL__TABLE_EV, &v);
}

int hl__ticket_text(hl__tickets *t, hl_id ticket, hl__buf *out)
{
    if (t->store.scan != NULL) return HL__TICKET_READ;
    hl__ticket *k = hl__ticket_at(t, ticket);
    if (k == NULL) return hl__ticket_miss(t, ticket);
    int r = hl__ticket_json(out, k->row, log_rows, k);
    return r < 0 ? hl__fail(t->core->err, r, "out of memory") : 0;
}

static hl_id id_of(const hl__json *args, const char *key)
{
    return hl__json_int(hl__json_get(args, key));
}

static const char *text_of(const hl__json *args, const char *key)
{
    return hl__json_text(hl__json_get(args, key));
}

/* An object of the arguments as text, NULL if it is absent: *text is for the caller to free. */
static int object_text(const hl__json *args, const char *key, hl__buf *text)
{
    const hl__json *j = hl__json_get(args, key);
    return j == NULL ? 0 : hl__json_canonical(text, j);
}

static int op_new(hl__tickets *t, const hl__json *args, hl_id actor, hl__buf *reply)
{
    hl_ticket_new n = HL_TICKET_NEW_INIT;
    hl__buf fields;
    hl_id id = 0;
    hl__buf_init(&fields, t->core->mem);
    int r = object_text(args, "fields", &fields);
    n.actor = actor;
    n.type = text_of(args, "type");
    n.title = text_of(args, "title");
    n.text = text_of(args, "text");
    n.phone = text_of(args, "phone");
    n.key = text_of(args, "key");
    n.contact = id_of(args, "contact");
    n.priority = (int32_t)id_of(args, "priority");
    n.fields = fields.data;
    r = r < 0 ? hl__fail(t->core->err, r, "out of memory") : hl__ticket_add(t, &n, &id);
    hl__buf_free(&fields);
    if (r < 0) return r;
    const hl__ticket *k = hl__ticket_at(t, id);
    hl__buf_fmt(reply, "{\"ticket\":%lld", (long long)id);
    if (k != NULL) { /* found by its key it may have left memory */
        hl__buf_str(reply, ",\"number\":");
        hl__buf_json(reply, hl__row_text(k->row, HL__T_NUMBER));
    }
    hl__buf_char(reply, '}');
    return 0;
}

static int op_do(hl__tickets *t, const hl__json *args, hl_id actor, hl__buf *reply)
{
    hl_ticket_act a = HL_TICKET_ACT_INIT;
    hl__buf object;
    hl_id id = 0;
    hl__buf_init(&object, t->core->mem);
    int r = object_text(args, "args", &object);
    a.actor = actor;
    a.ticket = id_of(args, "ticket");
    a.contact = id_of(args, "contact");
    a.seen = id_of(args, "seen");
    a.verb = text_of(args, "verb");
    a.key = text_of(args, "key");
    a.reason = text_of(args, "reason");
    a.args = object.data;
    r = r < 0 ? hl__fail(t->core->err, r, "out of memory") : hl__ticket_do(t, &a, &id);
    hl__buf_free(&object);
    if (r != 0) return r;
    const hl__ticket *k = hl__ticket_at(t, a.ticket);
    hl__buf_fmt(reply, "{\"ticket\":%lld", (long long)a.ticket);
    if (id != a.ticket) hl__buf_fmt(reply, ",\"part\":%lld", (long long)id);
    if (k != NULL) {
        hl__buf_fmt(reply, ",\"changed\":%lld,\"state\":", (long long)k->row[HL__T_CHANGED].u.i);
        hl__buf_json(reply, hl__row_text(k->row, HL__T_STATE));
    }
    hl__buf_char(reply, '}');
    return 0;
}

static int op_get(hl__tickets *t, const hl__json *args, hl__buf *reply)
{
    if (t->store.scan != NULL) return HL__TICKET_READ;
    hl__buf_str(reply, "{\"ticket\":");
    int r = hl__ticket_text(t, id_of(args, "ticket"), reply);
    hl__buf_char(reply, '}');
    return r;
}

static int op_list(hl__tickets *t, const hl__json *args, hl__buf *reply)
{
    hl_ticket_query q = HL_TICKET_QUERY_INIT;
    uint32_t limit = hl__limit_of_args(args), n = 0;
    hl_id after = id_of(args, "after");
    const hl__ticket *k;
    if (t->store.scan != NULL) return HL__TICKET_READ;
    hl__query_of_args(args, &q);
    hl__buf_str(reply, "{\"tickets\":[");
    while (n < limit && (k = newest(t, &q, after)) != NULL) {
        hl__buf_char(reply, '{');
        hl__row_json(reply, k->row);
        hl__buf_str(reply, "},");
        after = k->row[HL__T_ID].u.i;
        n++;
    }
    hl__list_close(reply);
    hl__buf_fmt(reply, ",\"after\":%lld}", (long long)(n == limit ? after : 0));
    return 0;
}

static int op_types(hl__tickets *t, hl__buf *reply)
{
    const hl__type *type;
    uint32_t pos = 0;
    int r = 0;
    hl__buf_str(reply, "{\"types\":{");
    for (int n = 0; r == 0 && (type = hl__names_at(&t->types, &pos)) != NULL; n++) {
        if (n > 0) hl__buf_char(reply, ',');
        hl__buf_json(reply, type->name);
        hl__buf_char(reply, ':');
        r = hl__json_canonical(reply, type->def);
    }
    hl__buf_str(reply, "}}");
    return r;
}

int hl__ticket_op(hl__tickets *t, int op, const hl__json *args, hl_id actor, hl__buf *reply)
{
    int r = HL_EINVAL;
    switch (op) {
    case HL__TICKET_OP_NEW: r = op_new(t, args, actor, reply); break;
    case HL__TICKET_OP_DO: r = op_do(t, args, actor, reply); break;
    case HL__TICKET_OP_GET: r = op_get(t, args, reply); break;
    case HL__TICKET_OP_LIST: r = op_list(t, args, reply); break;
    case HL__TICKET_OP_TYPES: r = op_types(t, reply); break;
    default: break;
    }
    return r == 0 && reply->failed ? hl__fail(t->core->err, HL_ENOMEM, "out of memory") : r;
}
