/* ticket.c - the tickets in memory: those not done, and those done lately; loading them, letting them go.
 *
 * With a store a ticket that is done leaves memory once more than DONE_KEPT of them are there and its last event is on
 * disk: so what is missed in memory stands in the store as it is. */
#include "ticket/inside.h"
#include <string.h>

enum { DONE_KEPT = 1000, DAYS_LOADED = 16, LOG_ROOM = 40 * 1024 };

int hl__tickets_new(hl__core *core, hl__calendars *calendars, const hl__ticket_up *up, hl__tickets **out)
{
    hl__tickets *t = hl__alloc(core->mem, sizeof *t);
    if (t == NULL) return HL_ENOMEM;
    t->core = core;
    t->calendars = calendars;
    if (up != NULL) t->up = *up;
    t->forget.fire = hl__idem_fire;
    t->forget.ctx = t;
    hl__names_init(&t->types, core->mem);
    hl__names_init(&t->numbers, core->mem);
    hl__names_init(&t->keys, core->mem);
    hl__map_init(&t->tickets, core->mem);
    *out = t;
    return 0;
}

static void free_ticket(hl__mem *mem, hl__ticket *k)
{
    for (int i = 0; i < HL__T_COLUMNS; i++) hl__free(mem, k->text[i]);
    hl__batch_free(k->log);
    hl__free(mem, k);
}

void hl__tickets_free(hl__tickets *t)
{
    if (t == NULL) return;
    hl__mem *mem = t->core->mem;
    hl__ticket *k;
    hl__type *type;
    uint32_t pos = 0;
    while ((k = hl__map_at(&t->tickets, &pos)) != NULL) free_ticket(mem, k);
    pos = 0;
    while ((type = hl__names_at(&t->types, &pos)) != NULL) hl__type_free(mem, type);
    hl__idem_free(t);
    hl__map_free(&t->tickets);
    hl__names_free(&t->numbers);
    hl__names_free(&t->types);
    hl__free(mem, t->days);
    hl__free(mem, t);
}

uint32_t hl__tickets_sections(hl__tickets *t, hl__section *out, uint32_t room)
{
    if (room < 1) return 0;
    out[0] = (hl__section) { "ticket_types", HL_KIND_PART, t, hl__type_check, hl__type_apply, hl__type_users };
    return 1;
}

uint32_t hl__tickets_open(const hl__tickets *t)
{
    return t->open;
}

hl__ticket *hl__ticket_at(const hl__tickets *t, hl_id id)
{
    return hl__map_get(&t->tickets, id);
}

int hl__ticket_miss(hl__tickets *t, hl_id id)
{
    if (t->store.scan != NULL && HL__KIND(id) == HL_KIND_TICKET) return HL__TICKET_READ;
    return hl__fail(t->core->err, HL_ENOENT, "no such ticket: %lld", (long long)id);
}

hl__type *hl__ticket_type(const hl__tickets *t, const hl__ticket *k)
{
    const char *name = hl__row_text(k->row, HL__T_TYPE);
    return name == NULL ? NULL : hl__names_get(&t->types, name);
}

static bool is_done(const hl__ticket *k)
{
    return k->row[HL__T_CATEGORY].u.i >= HL_CATEGORY_DONE;
}

static void unchain(hl__tickets *t, hl__ticket *k)
{
    if (k->older != NULL) k->older->newer = k->newer;
    else t->done_first = k->newer;
    if (k->newer != NULL) k->newer->older = k->older;
    else t->done_last = k->older;
    k->older = k->newer = NULL;
    t->done--;
}

static void chain(hl__tickets *t, hl__ticket *k)
{
    k->older = t->done_last;
    if (t->done_last != NULL) t->done_last->newer = k;
    else t->done_first = k;
    t->done_last = k;
    t->done++;
}

static void count_open(hl__tickets *t, const hl__ticket *k, int more)
{
    hl__type *type = hl__ticket_type(t, k);
    t->open += (uint32_t)more;
    if (type != NULL) type->open += (uint32_t)more;
}

void hl__ticket_settle(hl__tickets *t, hl__ticket *k)
{
    if (is_done(k) == k->is_done) return;
    k->is_done = is_done(k);
    count_open(t, k, k->is_done ? -1 : 1);
    if (k->is_done) chain(t, k);
    else unchain(t, k);
}

static int copy_texts(hl__mem *mem, hl__ticket *k, const hl__value *row)
{
    for (int i = 0; i < HL__T_COLUMNS; i++) {
        k->row[i] = row[i];
        if (row[i].type != HL__TEXT) continue;
        k->text[i] = hl__strndup(mem, row[i].u.p, row[i].len);
        if (k->text[i] == NULL) return HL_ENOMEM;
        k->row[i].u.p = k->text[i];
    }
    return 0;
}

int hl__ticket_keep(hl__tickets *t, const hl__value *row, hl__ticket **out)
{
    hl__mem *mem = t->core->mem;
    hl__ticket *k = hl__alloc(mem, sizeof *k);
    if (k == NULL) return HL_ENOMEM;
    int r = copy_texts(mem, k, row);
    const char *number = hl__row_text(k->row, HL__T_NUMBER);
    if (r == 0 && number == NULL) r = HL_EINVAL;
    if (r == 0) r = hl__names_put(&t->numbers, number, k);
    if (r == 0 && (r = hl__map_put(&t->tickets, row[HL__T_ID].u.i, k)) < 0) (void)hl__names_del(&t->numbers, number);
    if (r < 0) {
        free_ticket(mem, k);
        return r;
    }
    k->is_done = is_done(k);
    if (k->is_done) chain(t, k);
    else count_open(t, k, 1);
    *out = k;
    return 0;
}

void hl__ticket_forget(hl__tickets *t, hl__ticket *k)
{
    if (k->is_done) unchain(t, k);
    else count_open(t, k, -1);
    (void)hl__map_del(&t->tickets, k->row[HL__T_ID].u.i);
    (void)hl__names_del(&t->numbers, hl__row_text(k->row, HL__T_NUMBER));
    free_ticket(t->core->mem, k);
}

void hl__tickets_durable(hl__tickets *t, hl_seq seq)
{
    t->durable = seq;
    if (t->store.scan == NULL) return;
    while (t->done > DONE_KEPT && t->done_first->row[HL__T_CHANGED].u.i <= seq) hl__ticket_forget(t, t->done_first);
}

static int restore_ticket(hl__tickets *t, const hl__value *row)
{
    hl__ticket *k;
    if (hl__ticket_at(t, row[HL__T_ID].u.i) != NULL) return 0; /* what is in memory is newer */
    return hl__ticket_keep(t, row, &k);
}

int hl__tickets_restore(hl__tickets *t, int table, const hl__value *row, uint32_t n)
{
    if (n < hl__table_columns(table)) return HL_EINVAL;
    switch (table) {
    case HL__TABLE_TICKET: return restore_ticket(t, row);
    case HL__TABLE_DAYNUMBER: return hl__number_restore(t, row);
    case HL__TABLE_IDEM: return hl__idem_restore(t, row);
    default: return 0;
    }
}

static int restore_row(void *ctx, int table, const hl__value *row, uint32_t n)
{
    return hl__tickets_restore(ctx, table, row, n);
}

static int restore_day(void *ctx, int table, const hl__value *row, uint32_t n)
{
    hl__batch *b = ctx;
    return hl__batch_row(b, HL__OP_ADD, table, row, n);
}

int hl__tickets_adopt(hl__tickets *t, const hl__batch *rows)
{
    size_t at = 0;
    hl__op op;
    int r = 0;
    while (r == 0 && hl__batch_next(rows, &at, &op)) r = hl__tickets_restore(t, op.table, op.v, op.n);
    return r < 0 ? hl__fail(t->core->err, r, "out of memory") : 0;
}

/* The newest days are read first, and kept in the order of time. */
static int load_days(hl__tickets *t, const hl__ticket_store *s)
{
    hl__batch *b = NULL;
    int r = hl__batch_new(t->core->mem, 0, &b);
    if (r < 0) return r;
    hl__scan q = { .table = HL__TABLE_DAYNUMBER, .limit = DAYS_LOADED, .backwards = 1 };
    hl__visit v = { restore_day, b };
    r = s->scan(s->d, &q, &v);
    hl__op op[DAYS_LOADED];
    size_t at = 0;
    uint32_t n = 0;
    while (r == 0 && n < DAYS_LOADED && hl__batch_next(b, &at, &op[n])) n++;
    while (r == 0 && n > 0) {
        n--;
        r = hl__tickets_restore(t, op[n].table, op[n].v, op[n].n);
    }
    hl__batch_free(b);
    return r;
}

int hl__tickets_load(hl__tickets *t, const hl__ticket_store *store)
{
    hl__value waiting = hl__of_int(HL_CATEGORY_WAITING);
    hl__scan open = { .table = HL__TABLE_TICKET, .index = 3, .to = &waiting, .nto = 1 };
    hl__scan keys = { .table = HL__TABLE_IDEM };
    hl__visit v = { restore_row, t };
    t->store = *store;
    int r = load_days(t, store);
    if (r == 0) r = store->scan(store->d, &keys, &v);
    return r == 0 ? store->scan(store->d, &open, &v) : r;
}

int hl__ticket_log_room(hl__tickets *t, hl__ticket *k)
{
    if (t->store.scan != NULL) return 0;
    int r = k->log == NULL ? hl__batch_new(t->core->mem, 0, &k->log) : 0;
    return r < 0 ? r : hl__batch_reserve(k->log, LOG_ROOM);
}

void hl__ticket_write(hl__tickets *t, hl__ticket *k, int op, int table, const hl__value *row, uint32_t n)
{
    t->core->row(t->core, op, table, row, n);
    if (k->log != NULL && table != HL__TABLE_TICKET) (void)hl__batch_row(k->log, op, table, row, n); /* reserved */
}

hl_seq hl__ticket_tell(hl__tickets *t, hl__ticket *k, hl_event *ev)
{
    ev->size = sizeof *ev;
    ev->ticket = k->row[HL__T_ID].u.i;
    hl_seq seq = t->core->emit(t->core, ev);
    k->row[HL__T_CHANGED] = hl__of_int(seq);
    if (k->log == NULL) return seq;
    const int64_t ints[] = { seq, t->core->now, ev->type, ev->contact, ev->leg, ev->queue, ev->agent, ev->ticket,
                             ev->ref, ev->code, ev->detail };
    hl__value row[HL__EV_COLUMNS];
    for (size_t i = 0; i < HL__COUNT(ints); i++) row[i] = hl__of_int(ints[i]);
    row[HL__COUNT(ints)] = hl__of_text(ev->text);
    row[HL__COUNT(ints) + 1] = hl__of_text(ev->data);
    (void)hl__batch_row(k->log, HL__OP_EVENT, HL__TABLE_EV, row, HL__EV_COLUMNS); /* reserved */
    return seq;
}

void hl__ticket_note(hl__tickets *t, hl__ticket *k, hl_id actor, const char *kind, const char *text, hl_id id)
{
    hl_event ev = { .type = HL_EV_TICKET_NOTE, .agent = actor, .ref = id, .text = kind };
    hl__value row[] = { hl__of_int(id), k->row[HL__T_ID], hl__of_int(actor), hl__of_int(t->core->now),
                        hl__of_text(text) };
    (void)hl__ticket_tell(t, k, &ev);
    hl__ticket_write(t, k, HL__OP_ADD, HL__TABLE_NOTE, row, HL__COUNT(row));
}

int hl__ticket_find(hl__tickets *t, const char *number, hl_id *out)
{
    const hl__ticket *k = hl__names_get(&t->numbers, number);
    if (k == NULL && t->store.scan != NULL) return HL__TICKET_READ;
    if (k == NULL) return hl__fail(t->core->err, HL_ENOENT, "no ticket has the number %s", number);
    *out = k->row[HL__T_ID].u.i;
    return 0;
}

int hl__ticket_by_phone(hl__tickets *t, const char *phone, const char *type, hl_id *out)
{
    const hl__ticket *k;
    hl_id found = 0;
    uint32_t pos = 0;
    while ((k = hl__map_at(&t->tickets, &pos)) != NULL) {
        const char *has = hl__row_text(k->row, HL__T_PHONE), *is = hl__row_text(k->row, HL__T_TYPE);
        hl_id id = k->row[HL__T_ID].u.i;
        if (k->is_done || has == NULL || strcmp(has, phone) != 0 || id < found) continue;
        if (type == NULL || *type == 0 || (is != NULL && strcmp(is, type) == 0)) found = id;
    }
    if (found == 0) return hl__fail(t->core->err, HL_ENOENT, "no open ticket of this number");
    *out = found;
    return 0;
}

int hl__ticket_get(hl__tickets *t, hl_id ticket, hl_ticket *row)
{
    const hl__ticket *k = hl__ticket_at(t, ticket);
    if (k == NULL) return hl__ticket_miss(t, ticket);
    hl__ticket_of_row(k->row, row);
    return 0;
}
