/* ticket.c - entry points of ticket.h. What is not in memory is read from the store, without the engine's lock. */
#include "api/enter.h"

typedef struct away { hl__ticket_store store; bool command; hl__err err; } away;

/* Lets go of the lock for a while; hl_close() waits for whoever is away. */
static void go_out(hl_t *hl, away *a)
{
    a->store = (hl__ticket_store){ hl->store.d, hl->store.scan };
    a->command = hl->shell->command;
    a->err.code = 0;
    a->err.words[0] = 0;
    if (a->command)
        hl__step_end(hl);
    hl__go_out(hl);
}

/* r: what came of it outside; words go to the desk. */
static int come_in(hl_t *hl, away *a, int r)
{
    hl__shell *sh = hl->shell;
    int begun = 0;

    hl__come_in(hl);
    sh->command = a->command;
    if (a->command)
        begun = hl__step_begin(hl, &sh->desk->err);
    if (r < 0)
        return a->err.words[0] ? hl__fail(hl->core.err, r, "%s", a->err.words) : r;
    if (sh->closing)
        return hl__fail(hl->core.err, HL_ESTATE, "the engine is being closed");
    return begun < 0 ? begun : r;
}

/* A ticket of this id, or this number, from the store into memory; its id to *out. */
static int load(hl_t *hl, hl_id ticket, const char *number, hl_id *out)
{
    hl__batch *rows = NULL;
    hl__op op;
    size_t at = 0;
    away a;
    int r = hl__batch_new(&hl->mem, 0, &rows);

    if (r < 0)
        return r;
    go_out(hl, &a);
    r = hl__ticket_fetch(&a.store, ticket, number, rows, &a.err);
    if ((r = come_in(hl, &a, r)) >= 0 && (r = hl__tickets_adopt(hl->tickets, rows)) >= 0 &&
        hl__batch_next(rows, &at, &op) == 1)
        *out = op.v[0].u.i;
    hl__batch_free(rows);
    return r;
}

static int no_place(hl_t *hl)
{
    return hl__fail(hl->core.err, HL_EINVAL, "no place for the result was given");
}

int hl_ticket_add(hl_t *hl, const hl_ticket_new *ticket, hl_id *out)
{
    hl_ticket_new n;
    hl_id id = 0;
    int r = hl__enter_command(hl, true);

    if (r < 0)
        return r;
    if (!out)
        r = no_place(hl);
    else if ((r = hl__row_in(hl, ticket, &n, sizeof(n), sizeof(n))) == 0 && n.flags)
        r = hl__fail(hl->core.err, HL_EINVAL, "flags are kept for later: 0 is wanted");
    else if (r == 0 && (!n.actor || (r = hl__id_ok(hl, n.actor, HL_KIND_AGENT, "an agent")) == 0))
        r = hl__ticket_add(hl->tickets, &n, &id);
    if (r == 0)
        *out = id;
    return hl__leave(hl, r);
}

static int act(hl_t *hl, const hl_ticket_act *a, hl_id *out)
{
    hl_id found;
    int r = hl__id_ok(hl, a->ticket, HL_KIND_TICKET, "a ticket");

    if (r == 0 && a->flags)
        r = hl__fail(hl->core.err, HL_EINVAL, "flags are kept for later: 0 is wanted");
    if (r == 0 && a->actor)
        r = hl__id_ok(hl, a->actor, HL_KIND_AGENT, "an agent");
    if (r == 0 && a->contact)
        r = hl__id_ok(hl, a->contact, HL_KIND_CONTACT, "a contact");
    if (r < 0)
        return r;
    r = hl__ticket_do(hl->tickets, a, out);
    if (r == HL__TICKET_READ && (r = load(hl, a->ticket, NULL, &found)) == 0)
        r = hl__ticket_do(hl->tickets, a, out);
    return r;
}

int hl_ticket_do(hl_t *hl, const hl_ticket_act *act_in, hl_id *out)
{
    hl_ticket_act a;
    hl_id id = 0;
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if (!out)
        r = no_place(hl);
    else if ((r = hl__row_in(hl, act_in, &a, sizeof(a), sizeof(a))) == 0)
        r = act(hl, &a, &id);
    if (r == 0)
        *out = id;
    return hl__leave(hl, r);
}

int hl_ticket_find(hl_t *hl, const char *number, hl_id *out)
{
    hl_id id = 0;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if (!out)
        r = no_place(hl);
    else if (!number)
        r = hl__fail(hl->core.err, HL_EINVAL, "no number was given");
    else if ((r = hl__text_in(hl, number, 64, "the number")) == 0 &&
             (r = hl__ticket_find(hl->tickets, number, &id)) == HL__TICKET_READ)
        r = load(hl, 0, number, &id);
    if (r == 0)
        *out = id;
    return hl__leave(hl, r);
}

static void ticket_out(hl_t *hl, hl_ticket *row, hl_ticket *out)
{
    const char **texts[] = { &out->number, &out->type, &out->state, &out->title, &out->phone, &out->fields };

    for (size_t i = 0; i < HL__COUNT(texts); i++)
        *texts[i] = hl__keep(hl, *texts[i]);
    if (!hl->shell->desk->failed)
        hl__row_out(row, out, sizeof(*out));
}

/* The row of a ticket that is not in memory, as it stands in the store. */
static int get_stored(hl_t *hl, hl_id ticket, hl_ticket *row)
{
    hl__batch *rows = NULL;
    hl_ticket out = HL_TICKET_INIT;
    hl__op op;
    size_t at = 0;
    away a;
    int r = hl__batch_new(&hl->mem, 0, &rows);

    if (r < 0)
        return r;
    go_out(hl, &a);
    r = hl__ticket_fetch(&a.store, ticket, NULL, rows, &a.err);
    if ((r = come_in(hl, &a, r)) >= 0 && hl__batch_next(rows, &at, &op) == 1) {
        hl__ticket_of_row(op.v, &out);
        ticket_out(hl, row, &out);
    }
    hl__batch_free(rows);
    return r;
}

int hl_ticket_get(hl_t *hl, hl_id ticket, hl_id actor, hl_ticket *row)
{
    hl_ticket out = HL_TICKET_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) == 0 && (r = hl__id_ok(hl, ticket, HL_KIND_TICKET, "a ticket")) == 0 &&
        (!actor || (r = hl__id_ok(hl, actor, HL_KIND_AGENT, "an agent")) == 0)) {
        r = hl__ticket_get(hl->tickets, ticket, &out);
        if (r == 0)
            ticket_out(hl, row, &out);
        else if (r == HL__TICKET_READ)
            r = get_stored(hl, ticket, row);
    }
    return hl__leave(hl, r);
}

static int next_stored(hl_t *hl, const hl_ticket_query *q, hl_id after, hl_ticket *row)
{
    hl__batch *rows = NULL;
    hl_ticket out = HL_TICKET_INIT;
    hl__op op;
    size_t at = 0;
    away a;
    int r = hl__batch_new(&hl->mem, 0, &rows);

    if (r < 0)
        return r;
    out.id = after;
    go_out(hl, &a);
    r = hl__ticket_fetch_next(&a.store, q, &out, rows);
    if ((r = come_in(hl, &a, r)) >= 0 && hl__batch_next(rows, &at, &op) == 1) {
        hl__ticket_of_row(op.v, &out);
        ticket_out(hl, row, &out);
    }
    hl__batch_free(rows);
    return r;
}

int hl_ticket_next(hl_t *hl, const hl_ticket_query *query, hl_ticket *row)
{
    hl_ticket_query q = HL_TICKET_QUERY_INIT;
    hl_ticket out = HL_TICKET_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) == 0 &&
        (r = hl__row_in(hl, query, &q, sizeof(q), sizeof(q))) == 0 &&
        (r = hl__text_in(hl, q.words, 255, "words")) == 0 && (r = hl__text_in(hl, q.phone, 64, "phone")) == 0) {
        out.id = row->id;
        r = hl__ticket_next(hl->tickets, &q, &out);
        if (hl->store.scan)
            r = next_stored(hl, &q, row->id, row);
        else if (r == 1)
            ticket_out(hl, row, &out);
    }
    return hl__leave(hl, r);
}

static void event_out(hl_t *hl, hl_event *row, hl_event *ev)
{
    ev->text = hl__keep(hl, ev->text);
    ev->data = hl__keep(hl, ev->data);
    if (!hl->shell->desk->failed)
        hl__row_out(row, ev, sizeof(*ev));
}

static int event_stored(hl_t *hl, hl_id ticket, hl_event *row)
{
    hl__batch *rows = NULL;
    hl_event ev = HL_EVENT_INIT;
    hl_seq after = row->seq;
    hl__op op;
    size_t at = 0;
    away a;
    int r = hl__batch_new(&hl->mem, 0, &rows);

    if (r < 0)
        return r;
    go_out(hl, &a);
    r = hl__ticket_fetch_event(&a.store, ticket, after, rows);
    if ((r = come_in(hl, &a, r)) >= 0 && hl__batch_next(rows, &at, &op) == 1) {
        hl__event_of_row(op.v, &ev);
        event_out(hl, row, &ev);
    }
    hl__batch_free(rows);
    return r;
}

int hl_ticket_event_next(hl_t *hl, hl_id ticket, hl_event *row)
{
    hl_event ev = HL_EVENT_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) == 0 && (r = hl__id_ok(hl, ticket, HL_KIND_TICKET, "a ticket")) == 0) {
        ev.seq = row->seq;
        r = hl__ticket_event_next(hl->tickets, ticket, &ev);
        if (hl->store.scan)
            r = event_stored(hl, ticket, row);
        else if (r == 1)
            event_out(hl, row, &ev);
    }
    return hl__leave(hl, r);
}

static void move_out(hl_t *hl, hl_ticket_move *row, hl_ticket_move *out)
{
    const char **texts[] = { &out->name, &out->to, &out->needs, &out->why };

    for (size_t i = 0; i < HL__COUNT(texts); i++)
        *texts[i] = hl__keep(hl, *texts[i]);
    if (!hl->shell->desk->failed)
        hl__row_out(row, out, sizeof(*out));
}

int hl_ticket_move_next(hl_t *hl, hl_id ticket, hl_id actor, hl_ticket_move *row)
{
    hl_ticket_move out = HL_TICKET_MOVE_INIT;
    hl_id found;
    hl__buf words;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    hl__buf_init(&words, &hl->mem);
    if ((r = hl__row_ok(hl, row, sizeof(*row))) == 0 && (r = hl__id_ok(hl, ticket, HL_KIND_TICKET, "a ticket")) == 0 &&
        (!actor || (r = hl__id_ok(hl, actor, HL_KIND_AGENT, "an agent")) == 0)) {
        out.id = row->id;
        r = hl__ticket_move_next(hl->tickets, ticket, &out, &words);
        if (r == HL__TICKET_READ && (r = load(hl, ticket, NULL, &found)) == 0)
            r = hl__ticket_move_next(hl->tickets, ticket, &out, &words);
        if (r == 1)
            move_out(hl, row, &out);
    }
    hl__buf_free(&words);
    return hl__leave(hl, r);
}

static int text_stored(hl_t *hl, hl_id ticket, hl__buf *text)
{
    away a;
    int r;

    go_out(hl, &a);
    r = hl__ticket_fetch_text(&a.store, ticket, text, &a.err);
    return come_in(hl, &a, r);
}

int hl_ticket_text(hl_t *hl, hl_id ticket, hl_id actor, const char **out)
{
    const char *kept = NULL;
    hl__buf text;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    hl__buf_init(&text, &hl->mem);
    if (!out)
        r = no_place(hl);
    else if ((r = hl__id_ok(hl, ticket, HL_KIND_TICKET, "a ticket")) == 0 &&
             (!actor || (r = hl__id_ok(hl, actor, HL_KIND_AGENT, "an agent")) == 0)) {
        r = hl__ticket_text(hl->tickets, ticket, &text);
        if (r == HL__TICKET_READ)
            r = text_stored(hl, ticket, &text);
    }
    if (r == 0 && (kept = hl__keep(hl, text.data)))
        *out = kept;
    hl__buf_free(&text);
    return hl__leave(hl, r);
}
