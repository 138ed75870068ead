/* move.c - what is done to a ticket: a move of its type, a note, an edit, an urge. Decided and written as one. */
#include "ticket/inside.h"
#include <string.h>

enum { LOWEST = 9 };

/* A command under way: what it wants, and everything it will write, made before anything changes. */
struct act {
    const hl_ticket_act *a;
    hl__ticket *k;
    hl__type *type;
    hl__json *args;
    const hl__move *move;   /* NULL: a built-in verb */
    const hl__state *state; /* where it leads */
    hl__buf fields, data;   /* fields: as they will be, data: of the event */
    char *title, *state_name, *fields_text;
    int32_t priority;       /* 0: as it was */
    const char *note;       /* NULL: none */
    hl__idem *idem;
    int64_t print;
};

static const hl__move *find_move(const hl__type *type, const char *name)
{
    for (uint32_t i = 0; type != NULL && i < type->nmoves; i++) {
        if (strcmp(type->moves[i].name, name) == 0) return &type->moves[i];
    }
    return NULL;
}

static int read_args(const hl__tickets *t, struct act *c)
{
    const char *text = c->a->args != NULL ? c->a->args : "{}";
    hl__err *err = t->core->err;
    if (strlen(text) > HL__FIELDS_MAX) return hl__fail(err, HL_ELIMIT, "args of more than %d bytes", HL__FIELDS_MAX);
    c->args = hl__json_read(text, strlen(text), err);
    if (c->args == NULL) return err->code < 0 ? err->code : HL_EPARSE;
    return hl__json_type(c->args) == HL__JOBJECT ? 0 : hl__fail(err, HL_EINVAL, "args are not a JSON object");
}

static void member(hl__buf *b, const char *key, const hl__json *value)
{
    if (b->len > 1) hl__buf_char(b, ',');
    hl__buf_json(b, key);
    hl__buf_char(b, ':');
    (void)hl__json_canonical(b, value); /* a failure is kept in b */
}

/* The present fields with `values` over them; null takes a field away. */
static int merge_fields(const hl__tickets *t, struct act *c, const hl__json *values)
{
    const char *text = hl__row_text(c->k->row, HL__T_FIELDS);
    hl__json *now = hl__json_read(text != NULL ? text : "{}", text != NULL ? strlen(text) : 2, t->core->err);
    if (now == NULL) return HL_ENOMEM; /* it was read once already */
    hl__buf_char(&c->fields, '{');
    for (void *it = hl__json_iter(now); it != NULL; it = hl__json_iter_next(now, it)) {
        const char *key = hl__json_iter_key(it);
        if (hl__json_get(values, key) == NULL) member(&c->fields, key, hl__json_iter_value(it));
    }
    for (void *it = hl__json_iter(values); it != NULL; it = hl__json_iter_next(values, it)) {
        const hl__json *value = hl__json_iter_value(it);
        if (hl__json_type(value) != HL__JNULL) member(&c->fields, hl__json_iter_key(it), value);
    }
    hl__buf_char(&c->fields, '}');
    hl__json_free(now);
    if (c->fields.failed) return hl__fail(t->core->err, HL_ENOMEM, "out of memory");
    if (c->fields.len > HL__FIELDS_MAX)
        return hl__fail(t->core->err, HL_ELIMIT, "the fields would be more than %d bytes", HL__FIELDS_MAX);
    return 0;
}

/* The first needed field that has no value; NULL: all have. */
static const char *missing(const hl__move *move, const hl__json *fields)
{
    for (size_t i = 0; i < hl__json_size(move->need); i++) {
        const char *name = hl__json_text(hl__json_at(move->need, i));
        const hl__json *value = hl__json_get(fields, name);
        const char *text = hl__json_text(value);
        if (hl__json_type(value) == HL__JNULL || (text != NULL && *text == 0)) return name;
    }
    return NULL;
}

static int check_needs(const hl__tickets *t, const struct act *c)
{
    hl__json *fields = hl__json_read(c->fields.data, c->fields.len, t->core->err);
    if (fields == NULL) return HL_ENOMEM;
    const char *name = missing(c->move, fields);
    int r = name == NULL ? 0 : hl__fail(t->core->err, HL_ESTATE, "%s needs the field \"%s\"", c->move->name, name);
    hl__json_free(fields);
    return r;
}

static int prepare_move(hl__tickets *t, struct act *c)
{
    const char *state = hl__row_text(c->k->row, HL__T_STATE);
    if (!hl__list_has(c->move->from, state))
        return hl__fail(t->core->err, HL_ESTATE, "%s is not possible in the state \"%s\"", c->move->name, state);
    int r = hl__type_values(c->type, c->args, t->core->err);
    if (r == 0) r = merge_fields(t, c, c->args);
    if (r == 0) r = check_needs(t, c);
    c->state = hl__type_state(c->type, c->move->to);
    c->note = c->a->reason;
    return r;
}

static int prepare_note(hl__tickets *t, struct act *c)
{
    c->note = hl__json_text(hl__json_get(c->args, "text"));
    if (c->note == NULL) c->note = c->a->reason;
    if (c->note != NULL && *c->note != 0) return 0;
    return hl__fail(t->core->err, HL_EINVAL, "a note needs {\"text\": \"...\"}");
}

static int check_edit(const hl__tickets *t, const hl__json *args)
{
    const hl__json *title = hl__json_get(args, "title"), *fields = hl__json_get(args, "fields");
    const hl__json *priority = hl__json_get(args, "priority");
    hl__err *err = t->core->err;
    for (void *it = hl__json_iter(args); it != NULL; it = hl__json_iter_next(args, it)) {
        const char *key = hl__json_iter_key(it);
        if (strcmp(key, "title") != 0 && strcmp(key, "priority") != 0 && strcmp(key, "fields") != 0)
            return hl__fail(err, HL_EINVAL, "an edit has title, priority and fields, not \"%s\"", key);
    }
    if (title != NULL && (hl__json_text(title) == NULL || !hl__text_ok(hl__json_text(title), HL__TITLE_MAX)))
        return hl__fail(err, HL_EINVAL, "the title is no text of %d bytes at most", HL__TITLE_MAX);
    if (priority != NULL && (hl__json_int(priority) < 1 || hl__json_int(priority) > LOWEST))
        return hl__fail(err, HL_EINVAL, "priority 1 to %d is wanted", LOWEST);
    if (fields != NULL && hl__json_type(fields) != HL__JOBJECT) return hl__fail(err, HL_EINVAL, "fields are an object");
    return 0;
}

static int prepare_edit(hl__tickets *t, struct act *c)
{
    const hl__json *title = hl__json_get(c->args, "title"), *fields = hl__json_get(c->args, "fields");
    int r = check_edit(t, c->args);
    if (r < 0) return r;
    c->priority = (int32_t)hl__json_int(hl__json_get(c->args, "priority"));
    c->note = c->a->reason;
    if (title != NULL && (c->title = hl__strdup(t->core->mem, hl__json_text(title))) == NULL)
        return hl__fail(t->core->err, HL_ENOMEM, "out of memory");
    if (fields == NULL) return 0;
    if (c->type == NULL) return hl__fail(t->core->err, HL_ESTATE, "the ticket's type is gone");
    r = hl__type_values(c->type, fields, t->core->err);
    return r == 0 ? merge_fields(t, c, fields) : r;
}

static int prepare_verb(hl__tickets *t, struct act *c)
{
    c->move = find_move(c->type, c->a->verb);
    if (c->move != NULL) return prepare_move(t, c);
    if (strcmp(c->a->verb, "note") == 0) return prepare_note(t, c);
    if (strcmp(c->a->verb, "edit") == 0) return prepare_edit(t, c);
    if (strcmp(c->a->verb, "urge") == 0) {
        c->note = c->a->reason;
        return 0;
    }
    return hl__fail(t->core->err, HL_EINVAL, "%s: no move of the ticket's type, nor note, edit, urge", c->a->verb);
}

/* What changed, never the values: those are in the row, from where they can be taken away. */
static int make_data(const hl__tickets *t, struct act *c)
{
    const hl__json *values = c->move != NULL ? c->args : hl__json_get(c->args, "fields");
    hl__buf *b = &c->data;
    hl__buf_str(b, "{\"from\":");
    hl__buf_json(b, hl__row_text(c->k->row, HL__T_STATE));
    hl__buf_str(b, ",\"to\":");
    hl__buf_json(b, c->state != NULL ? c->state->name : hl__row_text(c->k->row, HL__T_STATE));
    hl__buf_str(b, ",\"fields\":[");
    for (void *it = hl__json_iter(values); it != NULL; it = hl__json_iter_next(values, it)) {
        hl__buf_json(b, hl__json_iter_key(it));
        hl__buf_char(b, ',');
    }
    hl__list_close(b);
    hl__buf_char(b, '}');
    return b->failed ? hl__fail(t->core->err, HL_ENOMEM, "out of memory") : 0;
}

static int check_note(const hl__tickets *t, const struct act *c)
{
    if (c->note == NULL || hl__words_ok(c->note, HL__TEXT_MAX)) return 0;
    return hl__fail(t->core->err, HL_EINVAL, "the note has control characters or more than %d bytes", HL__TEXT_MAX);
}

/* Copies and room: after this nothing can fail. */
static int make_room(hl__tickets *t, struct act *c)
{
    hl__mem *mem = t->core->mem;
    int r = 0;
    if (c->state != NULL && (c->state_name = hl__strdup(mem, c->state->name)) == NULL) r = HL_ENOMEM;
    if (r == 0 && c->fields.len > 0 && (c->fields_text = hl__strdup(mem, c->fields.data)) == NULL) r = HL_ENOMEM;
    if (r == 0) r = hl__ticket_log_room(t, c->k);
    if (r == 0 && c->a->key != NULL) r = hl__idem_make(t, c->a->key, c->print, &c->idem);
    return r < 0 ? hl__fail(t->core->err, r, "out of memory") : 0;
}

static void set_text(hl__tickets *t, hl__ticket *k, int column, char **text)
{
    if (*text == NULL) return;
    hl__free(t->core->mem, k->text[column]);
    k->text[column] = *text;
    k->row[column] = hl__of_text(*text);
    *text = NULL;
}

static void change_row(hl__tickets *t, struct act *c)
{
    hl__value *row = c->k->row;
    set_text(t, c->k, HL__T_STATE, &c->state_name);
    set_text(t, c->k, HL__T_FIELDS, &c->fields_text);
    set_text(t, c->k, HL__T_TITLE, &c->title);
    if (c->priority != 0) row[HL__T_PRIORITY] = hl__of_int(c->priority);
    row[HL__T_UPDATED] = hl__of_int(t->core->now);
    if (c->state == NULL) return;
    bool is_done = c->state->category >= HL_CATEGORY_DONE;
    row[HL__T_CATEGORY] = hl__of_int(c->state->category);
    if (!is_done) row[HL__T_CLOSED] = hl__of_int(0);
    else if (row[HL__T_CLOSED].u.i == 0) row[HL__T_CLOSED] = hl__of_int(t->core->now);
    hl__ticket_settle(t, c->k);
}

static hl_id write_urge(hl__tickets *t, struct act *c)
{
    hl_id id = t->core->id(t->core, HL_KIND_PART);
    hl_event ev = { .type = HL_EV_TICKET_NOTE, .agent = c->a->actor, .ref = id, .text = "urge" };
    hl__value row[] = { hl__of_int(id), c->k->row[HL__T_ID], hl__of_text("nudge"), hl__of_text("sent"),
                        hl__of_int(c->a->actor), hl__of_int(t->core->now), hl__of_int(0), hl__of_text(NULL) };
    (void)hl__ticket_tell(t, c->k, &ev);
    hl__ticket_write(t, c->k, HL__OP_ADD, HL__TABLE_PART, row, HL__COUNT(row));
    return id;
}

static hl_id write(hl__tickets *t, struct act *c)
{
    bool is_note = strcmp(c->a->verb, "note") == 0, is_urge = strcmp(c->a->verb, "urge") == 0;
    hl_id result = c->k->row[HL__T_ID].u.i;
    hl_event ev = { .type = HL_EV_TICKET_MOVED, .agent = c->a->actor, .ref = c->a->contact, .text = c->a->verb };
    change_row(t, c);
    ev.code = (int32_t)c->k->row[HL__T_CATEGORY].u.i;
    ev.data = c->data.data;
    if (c->move != NULL || (!is_note && !is_urge)) (void)hl__ticket_tell(t, c->k, &ev);
    if (is_urge && c->move == NULL) result = write_urge(t, c);
    if (c->note != NULL && *c->note != 0) {
        hl_id id = t->core->id(t->core, HL_KIND_PART);
        hl__ticket_note(t, c->k, c->a->actor, is_note ? "note" : c->a->verb, c->note, id);
        if (is_note) result = id;
    }
    hl__ticket_write(t, c->k, HL__OP_PUT, HL__TABLE_TICKET, c->k->row, HL__T_COLUMNS);
    if (c->idem != NULL) hl__idem_write(t, c->idem, result);
    return result;
}

/* 1: done before under this key, *out is what came of it then. */
static int check_key(hl__tickets *t, struct act *c, hl_id *out)
{
    const hl_ticket_act *a = c->a;
    if (a->key == NULL) return 0;
    if (!hl__text_ok(a->key, HL__KEY_MAX)) return hl__fail(t->core->err, HL_EINVAL, "the key is too long or no text");
    c->print = hl__print(hl__print(hl__print(a->ticket ^ (a->contact << 8), a->verb), a->args), a->reason);
    int r = hl__idem_find(t, a->key, c->print, out);
    return r < 0 ? hl__fail(t->core->err, r, "the key \"%s\" was used for another command", a->key) : r;
}

static int act(hl__tickets *t, struct act *c, hl_id *out)
{
    const hl_ticket_act *a = c->a;
    if (a->verb == NULL) return hl__fail(t->core->err, HL_EINVAL, "a verb is missing");
    int r = check_key(t, c, out);
    if (r != 0) return r < 0 ? r : 0;
    c->k = hl__ticket_at(t, a->ticket);
    if (c->k == NULL) return hl__ticket_miss(t, a->ticket);
    c->type = hl__ticket_type(t, c->k);
    hl_seq changed = c->k->row[HL__T_CHANGED].u.i;
    if (a->seen != 0 && a->seen != changed)
        return hl__fail(t->core->err, HL_ECONFLICT, "ticket %s was changed by event %lld, and you saw %lld",
                        hl__row_text(c->k->row, HL__T_NUMBER), (long long)changed, (long long)a->seen);
    r = read_args(t, c);
    if (r == 0) r = prepare_verb(t, c);
    if (r == 0) r = check_note(t, c);
    if (r == 0) r = make_data(t, c);
    if (r == 0) r = make_room(t, c);
    if (r == 0) *out = write(t, c);
    return r;
}

int hl__ticket_do(hl__tickets *t, const hl_ticket_act *a, hl_id *out)
{
    struct act c = { .a = a };
    hl__mem *mem = t->core->mem;
    hl__buf_init(&c.fields, mem);
    hl__buf_init(&c.data, mem);
    int r = act(t, &c, out);
    hl__json_free(c.args);
    hl__buf_free(&c.fields);
    hl__buf_free(&c.data);
    hl__free(mem, c.title);
    hl__free(mem, c.state_name);
    hl__free(mem, c.fields_text);
    return r;
}

static void list_missing(const hl__move *move, const hl__json *fields, hl__buf *words)
{
    size_t start = words->len;
    for (size_t i = 0; i < hl__json_size(move->need); i++) {
        const char *name = hl__json_text(hl__json_at(move->need, i));
        const char *text = hl__json_text(hl__json_get(fields, name));
        bool is_there = hl__json_type(hl__json_get(fields, name)) != HL__JNULL && (text == NULL || *text != 0);
        if (is_there) continue;
        if (words->len > start) hl__buf_char(words, ' ');
        hl__buf_str(words, name);
    }
}

/* Words: two texts behind each other, "needs" and "why", each with its NUL. */
static int describe(const hl__ticket *k, const hl__type *type, const hl__move *move, hl__buf *words)
{
    const char *text = hl__row_text(k->row, HL__T_FIELDS), *state = hl__row_text(k->row, HL__T_STATE);
    hl__err err;
    hl__json *fields = hl__json_read(text != NULL ? text : "{}", text != NULL ? strlen(text) : 2, &err);
    if (fields == NULL) return HL_ENOMEM;
    (void)type; /* its states are where moves lead */
    list_missing(move, fields, words);
    size_t needs = words->len;
    hl__json_free(fields);
    hl__buf_char(words, 0);
    bool is_from = hl__list_has(move->from, state);
    if (!is_from) hl__buf_fmt(words, "not possible in the state \"%s\"", state);
    else if (needs > 0) hl__buf_str(words, "fields are missing");
    hl__buf_char(words, 0);
    if (words->failed) return HL_ENOMEM;
    return is_from && needs == 0;
}

int hl__ticket_move_next(hl__tickets *t, hl_id ticket, hl_ticket_move *row, hl__buf *words)
{
    const hl__ticket *k = hl__ticket_at(t, ticket);
    if (k == NULL) return hl__ticket_miss(t, ticket);
    const hl__type *type = hl__ticket_type(t, k);
    if (type == NULL || row->id < 0 || row->id >= (hl_id)type->nmoves) return 0;
    const hl__move *move = &type->moves[row->id];
    hl__buf_clear(words);
    int allowed = describe(k, type, move, words);
    if (allowed < 0) return hl__fail(t->core->err, allowed, "out of memory");
    uint32_t size = row->size;
    const char *why = words->data + strlen(words->data) + 1;
    *row = (hl_ticket_move) { .size = size, .allowed = allowed, .id = row->id + 1, .name = move->name, .to = move->to,
                              .needs = words->data, .why = *why != 0 ? why : NULL };
    return 1;
}
