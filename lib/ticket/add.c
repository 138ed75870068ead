/* add.c - a new ticket: what was asked is checked, a number is taken, everything is written together or not at all. */
#include "ticket/inside.h"
#include <stdio.h>
#include <string.h>

enum { PRIORITY = 5, LOWEST = 9 };

/* What a new ticket is made of, once it has been checked. */
struct draft {
    const hl_ticket_new *n;
    const hl__type *type;
    char key[HL__KEY_MAX + 1];
    int64_t print;
    hl__buf fields;  /* canonical */
    char number[48];
    hl__day *day;
};

bool hl__words_ok(const char *text, size_t max)
{
    size_t len = strnlen(text, max + 1);
    if (len > max) return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == 0x7f || (c < ' ' && c != '\n' && c != '\t')) return false;
    }
    return hl__utf8_ok(text, len);
}

static int check_texts(const hl__tickets *t, const hl_ticket_new *n)
{
    hl__err *err = t->core->err;
    if (n->title != NULL && !hl__text_ok(n->title, HL__TITLE_MAX))
        return hl__fail(err, HL_EINVAL, "the title has control characters or more than %d bytes", HL__TITLE_MAX);
    if (n->text != NULL && !hl__words_ok(n->text, HL__TEXT_MAX))
        return hl__fail(err, HL_EINVAL, "the text has control characters or more than %d bytes", HL__TEXT_MAX);
    if (n->phone != NULL && !hl__text_ok(n->phone, HL__PHONE_MAX))
        return hl__fail(err, HL_EINVAL, "the telephone number is no text of %d bytes at most", HL__PHONE_MAX);
    if (n->key != NULL && !hl__text_ok(n->key, HL__KEY_MAX))
        return hl__fail(err, HL_EINVAL, "the key has control characters or more than %d bytes", HL__KEY_MAX);
    if (n->priority < 0 || n->priority > LOWEST)
        return hl__fail(err, HL_EINVAL, "priority %d: 1 to %d is wanted", n->priority, LOWEST);
    if (n->contact != 0 && HL__KIND(n->contact) != HL_KIND_CONTACT)
        return hl__fail(err, HL_EINVAL, "%lld is no contact", (long long)n->contact);
    if (n->happened > t->core->now) return hl__fail(err, HL_EINVAL, "it has not happened yet");
    return 0;
}

static int check_required(const hl__type *type, const hl__json *values, hl__err *err)
{
    for (uint32_t i = 0; i < type->nfields; i++) {
        const hl__field *f = &type->fields[i];
        if (f->is_required && hl__json_type(hl__json_get(values, f->name)) == HL__JNULL)
            return hl__fail(err, HL_ESTATE, "field \"%s\" is missing", f->name);
    }
    return 0;
}

static int read_fields(const hl__tickets *t, struct draft *d)
{
    const char *text = d->n->fields != NULL ? d->n->fields : "{}";
    hl__err *err = t->core->err;
    if (strlen(text) > HL__FIELDS_MAX) return hl__fail(err, HL_ELIMIT, "fields of more than %d bytes", HL__FIELDS_MAX);
    hl__json *values = hl__json_read(text, strlen(text), err);
    if (values == NULL) return err->code < 0 ? err->code : HL_EPARSE;
    int r = hl__json_type(values) == HL__JOBJECT ? 0 : hl__fail(err, HL_EINVAL, "fields are not a JSON object");
    if (r == 0) r = hl__type_values(d->type, values, err);
    if (r == 0) r = check_required(d->type, values, err);
    if (r == 0 && hl__json_canonical(&d->fields, values) < 0) r = hl__fail(err, HL_ENOMEM, "out of memory");
    hl__json_free(values);
    return r;
}

/* Without a key, the call and the type are the key: a flow that runs twice opens one ticket. */
static void make_key(struct draft *d)
{
    const hl_ticket_new *n = d->n;
    if (n->key != NULL) hl__copy(d->key, sizeof d->key, n->key);
    else if (n->contact != 0) snprintf(d->key, sizeof d->key, "contact:%lld:%.100s", (long long)n->contact, n->type);
    int64_t print = hl__print(0, n->type);
    print = hl__print(print, n->title);
    print = hl__print(print, n->text);
    print = hl__print(print, n->phone);
    print = hl__print(print, d->fields.data);
    d->print = hl__print(print ^ n->priority ^ (n->contact << 8), d->key);
}

static int check(hl__tickets *t, struct draft *d)
{
    int r = check_texts(t, d->n);
    if (r < 0) return r;
    d->type = d->n->type == NULL ? NULL : hl__names_get(&t->types, d->n->type);
    if (d->type == NULL)
        return hl__fail(t->core->err, HL_ENOENT, "no such ticket type: %s", d->n->type != NULL ? d->n->type : "(none)");
    r = read_fields(t, d);
    if (r == 0) make_key(d);
    return r;
}

static void fill_row(const hl__tickets *t, const struct draft *d, hl__value row[HL__T_COLUMNS])
{
    const hl_ticket_new *n = d->n;
    const hl__state *first = &d->type->states[0];
    hl_time now = t->core->now;
    for (int i = 0; i < HL__T_COLUMNS; i++) row[i] = hl__of_int(0);
    row[HL__T_NUMBER] = hl__of_text(d->number);
    row[HL__T_TYPE] = hl__of_text(d->type->name);
    row[HL__T_STATE] = hl__of_text(first->name);
    row[HL__T_CATEGORY] = hl__of_int(first->category);
    row[HL__T_PRIORITY] = hl__of_int(n->priority != 0 ? n->priority : PRIORITY);
    row[HL__T_CHANNEL] = hl__of_int(n->channel);
    row[HL__T_CONTACT] = hl__of_int(n->contact);
    row[HL__T_CREATED] = hl__of_int(n->happened != 0 ? n->happened : now);
    row[HL__T_UPDATED] = hl__of_int(now);
    row[HL__T_KEY] = hl__of_text(d->key[0] != 0 ? d->key : NULL);
    row[HL__T_TITLE] = hl__of_text(n->title);
    row[HL__T_TOPIC] = row[HL__T_REGION] = hl__of_text(NULL);
    row[HL__T_FIELDS] = hl__of_text(d->fields.data);
    row[HL__T_PHONE] = hl__of_text(n->phone);
}

/* All that may fail comes first: key, ticket, room for its history. */
static int make(hl__tickets *t, struct draft *d, hl__ticket **out, hl__idem **idem)
{
    hl__value row[HL__T_COLUMNS];
    int r = hl__number_room(t, d->type, &d->day, d->number);
    if (r < 0) return r;
    fill_row(t, d, row);
    row[HL__T_ID] = hl__of_int(t->core->id(t->core, HL_KIND_TICKET));
    if (d->key[0] != 0) r = hl__idem_make(t, d->key, d->print, idem);
    hl__ticket *k = NULL;
    if (r == 0) r = hl__ticket_keep(t, row, &k);
    if (r == 0) r = hl__ticket_log_room(t, k);
    if (r == 0) {
        *out = k;
        return 0;
    }
    if (k != NULL) hl__ticket_forget(t, k);
    hl__idem_drop(t, *idem);
    return r;
}

static void write(hl__tickets *t, struct draft *d, hl__ticket *k, hl__idem *idem)
{
    const hl_ticket_new *n = d->n;
    hl_event ev = { .type = HL_EV_TICKET_NEW, .contact = n->contact, .agent = n->actor, .text = d->number };
    (void)hl__ticket_tell(t, k, &ev);
    if (n->text != NULL && n->text[0] != 0)
        hl__ticket_note(t, k, n->actor, "note", n->text, t->core->id(t->core, HL_KIND_PART));
    hl__number_take(t, d->day);
    hl__ticket_write(t, k, HL__OP_ADD, HL__TABLE_TICKET, k->row, HL__T_COLUMNS);
    if (idem != NULL) hl__idem_write(t, idem, k->row[HL__T_ID].u.i);
}

static int add(hl__tickets *t, struct draft *d, hl_id *out)
{
    int r = check(t, d);
    if (r < 0) return r;
    r = d->key[0] != 0 ? hl__idem_find(t, d->key, d->print, out) : 0;
    if (r == 1) return 0;
    if (r < 0) return hl__fail(t->core->err, r, "the key \"%s\" was used for another ticket", d->key);
    const char *why = t->up.refuse != NULL ? t->up.refuse(t->up.engine) : NULL;
    if (why != NULL) return hl__fail(t->core->err, HL_ESTORE, "no new ticket: %s", why);
    hl__ticket *k = NULL;
    hl__idem *idem = NULL;
    r = make(t, d, &k, &idem);
    if (r == HL_ENOMEM) return hl__fail(t->core->err, r, "out of memory");
    if (r < 0) return r;
    write(t, d, k, idem);
    *out = k->row[HL__T_ID].u.i;
    return 0;
}

int hl__ticket_add(hl__tickets *t, const hl_ticket_new *n, hl_id *out)
{
    struct draft d = { .n = n };
    hl__buf_init(&d.fields, t->core->mem);
    int r = add(t, &d, out);
    hl__buf_free(&d.fields);
    return r;
}
