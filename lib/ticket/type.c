/* type.c - types of tickets as data: fields, states, moves; what can be wrong with them is found at loading. */
#include "ticket/inside.h"
#include <string.h>

enum { SHAPE = 800, UNREACHABLE = 801, NO_EXIT = 802, UNKNOWN = 805, IN_USE = 815, MOST = 200 };

static const char *const field_kinds[] = { "text", "number", "bool", "choice", "tree", "address", "phone", "date",
                                           "files", NULL };
static const char *const field_classes[] = { "public", "internal", "personal", "secret", NULL };
static const char *const categories[] = { "new", "active", "waiting", "done", "void", NULL };
static const char *const builtin[] = { "note", "edit", "urge" };

static int kind_of(int word)
{
    static const int kinds[] = { HL__FIELD_TEXT, HL__FIELD_NUMBER, HL__FIELD_BOOL, HL__FIELD_CHOICE, HL__FIELD_OTHER,
                                 HL__FIELD_TEXT, HL__FIELD_TEXT, HL__FIELD_DATE, HL__FIELD_OTHER };
    return kinds[word];
}

static int word_index(const char *const *words, const char *word, int otherwise)
{
    for (int i = 0; word != NULL && words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0) return i;
    }
    return otherwise;
}

/* The element of a list of objects that has this name; *place: where. NULL: none. */
static const hl__json *named(const hl__json *list, const char *name, size_t *place)
{
    for (size_t i = 0; i < hl__json_size(list); i++) {
        const char *text = hl__json_text(hl__json_get(hl__json_at(list, i), "name"));
        if (text != NULL && strcmp(text, name) == 0) {
            *place = i;
            return hl__json_at(list, i);
        }
    }
    return NULL;
}

bool hl__list_has(const hl__json *list, const char *name)
{
    for (size_t i = 0; i < hl__json_size(list); i++) {
        const char *text = hl__json_text(hl__json_at(list, i));
        if (text != NULL && strcmp(text, name) == 0) return true;
    }
    return false;
}

/* A title is one text, or one by language. */
static void check_title(const hl__jcheck *c)
{
    const hl__json *title = hl__json_get(c->j, "title");
    if (title == NULL) return;
    hl__place at = { c->at, "title", 0 };
    hl__jcheck inner = { c->f, title, &at, SHAPE };
    if (hl__json_type(title) == HL__JTEXT) {
        (void)hl__jtext(c, "title", HL__TITLE_MAX, NULL); /* its findings are wanted */
        return;
    }
    if (hl__json_type(title) != HL__JOBJECT) {
        hl__error(c->f, SHAPE, &at, "a title is text, or an object of texts by language");
        return;
    }
    for (void *it = hl__json_iter(title); it != NULL; it = hl__json_iter_next(title, it)) {
        (void)hl__jtext(&inner, hl__json_iter_key(it), HL__TITLE_MAX, NULL);
    }
}

/* The name of a list's element: a word, and not the name of an earlier one. */
static void check_name(const hl__jcheck *c, const hl__json *list, size_t index)
{
    const char *name = hl__jtext(c, "name", 64, NULL);
    hl__place at = { c->at, "name", 0 };
    size_t first = index;
    if (name == NULL || *name == 0) {
        hl__error(c->f, SHAPE, c->at, "a name is missing");
        return;
    }
    if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name))
        hl__error(c->f, SHAPE, &at, "\"%s\": small letters, digits and _ make a name", name);
    if (named(list, name, &first) != NULL && first < index)
        hl__error(c->f, SHAPE, &at, "\"%s\" is there already", name);
}

static void check_choices(const hl__jcheck *c)
{
    const hl__json *list = hl__jlist(c, "choices");
    hl__place at = { c->at, "choices", 0 };
    if (hl__json_size(list) == 0) hl__error(c->f, SHAPE, c->at, "a choice needs \"choices\"");
    for (size_t i = 0; i < hl__json_size(list); i++) {
        hl__place item = { &at, NULL, i };
        hl__jcheck inner = { c->f, hl__json_at(list, i), &item, SHAPE };
        hl__jknown(&inner, "name title");
        check_name(&inner, list, i);
        check_title(&inner);
    }
}

static void check_field(const hl__jcheck *c, const hl__json *list, size_t index)
{
    hl__jknown(c, "name title type required class choices");
    check_name(c, list, index);
    check_title(c);
    (void)hl__jbool(c, "required", false); /* these for their findings */
    (void)hl__jword(c, "class", field_classes, 0);
    int kind = hl__jword(c, "type", field_kinds, 0);
    if (kind_of(kind) == HL__FIELD_CHOICE) check_choices(c);
}

static void check_state(const hl__jcheck *c, const hl__json *list, size_t index)
{
    hl__jknown(c, "name title category");
    check_name(c, list, index);
    check_title(c);
    if (hl__json_get(c->j, "category") == NULL) hl__error(c->f, SHAPE, c->at, "a state needs its \"category\"");
    (void)hl__jword(c, "category", categories, 0);
}

/* Each text of the list must be a name in `among`. */
static void check_names(const hl__jcheck *c, const char *key, const hl__json *among, const char *what)
{
    const hl__json *list = hl__jlist(c, key);
    hl__place at = { c->at, key, 0 };
    for (size_t i = 0; i < hl__json_size(list); i++) {
        const char *name = hl__json_text(hl__json_at(list, i));
        hl__place item = { &at, NULL, i };
        size_t place;
        if (name == NULL) hl__error(c->f, SHAPE, &item, "the name of a %s is wanted", what);
        else if (named(among, name, &place) == NULL) hl__error(c->f, UNKNOWN, &item, "no such %s: \"%s\"", what, name);
    }
}

static void check_move(const hl__jcheck *c, const hl__json *list, size_t index, const hl__json *type)
{
    const hl__json *states = hl__json_get(type, "states");
    const char *name = hl__json_text(hl__json_get(c->j, "name"));
    hl__place at = { c->at, "to", 0 };
    size_t place;
    hl__jknown(c, "name title from to need");
    check_name(c, list, index);
    check_title(c);
    for (size_t i = 0; name != NULL && i < HL__COUNT(builtin); i++) {
        if (strcmp(builtin[i], name) == 0) hl__error(c->f, SHAPE, c->at, "\"%s\" is a verb every type has", name);
    }
    if (hl__json_size(hl__json_get(c->j, "from")) == 0)
        hl__error(c->f, SHAPE, c->at, "a move needs \"from\": [state, ...]");
    check_names(c, "from", states, "state");
    check_names(c, "need", hl__json_get(type, "fields"), "field");
    const char *to = hl__jtext(c, "to", 64, NULL);
    if (to == NULL) hl__error(c->f, SHAPE, c->at, "a move needs \"to\": a state");
    else if (named(states, to, &place) == NULL) hl__error(c->f, UNKNOWN, &at, "no such state: \"%s\"", to);
}

static bool starts_reached(const hl__json *states, const hl__json *from, const bool reached[MOST])
{
    for (size_t i = 0; i < hl__json_size(from); i++) {
        const char *name = hl__json_text(hl__json_at(from, i));
        size_t source;
        if (name != NULL && named(states, name, &source) != NULL && reached[source]) return true;
    }
    return false;
}

/* Which states can be reached from the first one: the moves are gone through until nothing new is found. */
static void find_reached(const hl__json *states, const hl__json *moves, bool reached[MOST])
{
    bool is_new = hl__json_size(states) > 0;
    if (is_new) reached[0] = true;
    while (is_new) {
        is_new = false;
        for (size_t m = 0; m < hl__json_size(moves); m++) {
            const hl__json *move = hl__json_at(moves, m);
            const char *to = hl__json_text(hl__json_get(move, "to"));
            size_t target;
            if (to == NULL || named(states, to, &target) == NULL || reached[target]) continue;
            if (starts_reached(states, hl__json_get(move, "from"), reached)) reached[target] = is_new = true;
        }
    }
}

static bool has_exit(const hl__json *moves, const char *state)
{
    for (size_t m = 0; m < hl__json_size(moves); m++) {
        if (hl__list_has(hl__json_get(hl__json_at(moves, m), "from"), state)) return true;
    }
    return false;
}

static void check_graph(const hl__jcheck *c)
{
    const hl__json *states = hl__json_get(c->j, "states"), *moves = hl__json_get(c->j, "moves");
    hl__place at = { c->at, "states", 0 };
    bool reached[MOST] = { false };
    find_reached(states, moves, reached);
    for (size_t i = 0; i < hl__json_size(states); i++) {
        const hl__json *state = hl__json_at(states, i);
        const char *name = hl__json_text(hl__json_get(state, "name"));
        int category = word_index(categories, hl__json_text(hl__json_get(state, "category")), HL_CATEGORY_DONE);
        hl__place item = { &at, NULL, i };
        if (name == NULL) continue;
        if (!reached[i]) hl__error(c->f, UNREACHABLE, &item, "no move leads to \"%s\"", name);
        if (category < HL_CATEGORY_DONE && !has_exit(moves, name))
            hl__error(c->f, NO_EXIT, &item, "no move leads out of \"%s\", and it is neither done nor void", name);
    }
}

/* A state in which tickets are now must stay. */
static void check_users(const hl__tickets *t, const char *name, const hl__jcheck *c)
{
    const hl__json *states = hl__json_get(c->j, "states");
    const hl__ticket *k;
    uint32_t pos = 0;
    while ((k = hl__map_at(&t->tickets, &pos)) != NULL) {
        size_t place;
        const char *state = hl__row_text(k->row, HL__T_STATE), *type = hl__row_text(k->row, HL__T_TYPE);
        if (k->is_done || type == NULL || state == NULL || strcmp(type, name) != 0) continue;
        if (named(states, state, &place) != NULL) continue;
        hl__error(c->f, IN_USE, c->at, "ticket %s is in the state \"%s\", which is gone",
                  hl__row_text(k->row, HL__T_NUMBER), state);
        return;
    }
}

typedef void check_item(const hl__jcheck *c, const hl__json *list, size_t index);

static void check_list(const hl__jcheck *c, const char *key, check_item *check)
{
    const hl__json *list = hl__jlist(c, key);
    hl__place at = { c->at, key, 0 };
    if (hl__json_size(list) > MOST) {
        hl__error(c->f, SHAPE, &at, "%zu elements; at most %d are possible", hl__json_size(list), MOST);
        return;
    }
    for (size_t i = 0; i < hl__json_size(list); i++) {
        hl__place item = { &at, NULL, i };
        hl__jcheck inner = { c->f, hl__json_at(list, i), &item, SHAPE };
        if (hl__json_type(inner.j) != HL__JOBJECT) hl__error(c->f, SHAPE, &item, "an object is wanted");
        else if (check != NULL) check(&inner, list, i);
        else check_move(&inner, list, i, c->j);
    }
}

void hl__type_check(void *domain, const char *name, const hl__json *value, const hl__place *at, hl__findings *f,
                    const hl__doc *doc)
{
    hl__jcheck c = { f, value, at, SHAPE };
    uint32_t before = f->errors;
    (void)doc; /* a type names nothing outside it */
    if (hl__json_type(value) != HL__JOBJECT) {
        hl__error(f, SHAPE, at, "a ticket type is an object");
        return;
    }
    hl__jknown(&c, "title zone fields states moves");
    check_title(&c);
    (void)hl__jtext(&c, "zone", 64, NULL); /* for its findings */
    check_list(&c, "fields", check_field);
    check_list(&c, "states", check_state);
    if (hl__json_size(hl__json_get(value, "states")) == 0) hl__error(f, SHAPE, at, "a ticket type needs \"states\"");
    check_list(&c, "moves", NULL);
    if (f->errors == before) check_graph(&c);
    check_users(domain, name, &c);
}

static int read_lists(hl__mem *mem, hl__type *t)
{
    const hl__json *fields = hl__json_get(t->def, "fields"), *states = hl__json_get(t->def, "states");
    const hl__json *moves = hl__json_get(t->def, "moves");
    t->nfields = (uint32_t)hl__json_size(fields);
    t->nstates = (uint32_t)hl__json_size(states);
    t->nmoves = (uint32_t)hl__json_size(moves);
    t->fields = hl__alloc_array(mem, t->nfields + 1, sizeof *t->fields);
    t->states = hl__alloc_array(mem, t->nstates + 1, sizeof *t->states);
    t->moves = hl__alloc_array(mem, t->nmoves + 1, sizeof *t->moves);
    if (t->fields == NULL || t->states == NULL || t->moves == NULL) return HL_ENOMEM;
    for (uint32_t i = 0; i < t->nfields; i++) {
        const hl__json *j = hl__json_at(fields, i);
        int word = word_index(field_kinds, hl__json_text(hl__json_get(j, "type")), 0);
        t->fields[i] = (hl__field) { hl__json_text(hl__json_get(j, "name")), kind_of(word),
                                     hl__json_true(hl__json_get(j, "required")), hl__json_get(j, "choices") };
    }
    for (uint32_t i = 0; i < t->nstates; i++) {
        const hl__json *j = hl__json_at(states, i);
        t->states[i] = (hl__state) { hl__json_text(hl__json_get(j, "name")),
                                     word_index(categories, hl__json_text(hl__json_get(j, "category")), 0) };
    }
    for (uint32_t i = 0; i < t->nmoves; i++) {
        const hl__json *j = hl__json_at(moves, i);
        t->moves[i] = (hl__move) { hl__json_text(hl__json_get(j, "name")), hl__json_text(hl__json_get(j, "to")),
                                   hl__json_get(j, "from"), hl__json_get(j, "need") };
    }
    return 0;
}

void hl__type_free(hl__mem *mem, hl__type *t)
{
    if (t == NULL) return;
    hl__free(mem, t->moves);
    hl__free(mem, t->states);
    hl__free(mem, t->fields);
    hl__free(mem, t->name);
    hl__json_free(t->def);
    hl__free(mem, t);
}

static int make_type(hl__mem *mem, hl_id id, const char *name, const hl__json *value, hl__type **out)
{
    hl__type *t = hl__alloc(mem, sizeof *t);
    if (t == NULL) return HL_ENOMEM;
    t->id = id;
    t->def = hl__json_keep((hl__json *)value); /* counting owners is the one change */
    t->zone = hl__json_text(hl__json_get(value, "zone"));
    t->name = hl__strdup(mem, name);
    int r = t->name == NULL ? HL_ENOMEM : read_lists(mem, t);
    if (r < 0) hl__type_free(mem, t);
    else *out = t;
    return r;
}

/* Tickets may have been there before their type: after a restart they come first. */
static uint32_t count_open(const hl__tickets *t, const char *name)
{
    const hl__ticket *k;
    uint32_t pos = 0, n = 0;
    while ((k = hl__map_at(&t->tickets, &pos)) != NULL) {
        const char *type = hl__row_text(k->row, HL__T_TYPE);
        n += !k->is_done && type != NULL && strcmp(type, name) == 0;
    }
    return n;
}

int hl__type_apply(void *domain, hl_id id, const char *name, const hl__json *value)
{
    hl__tickets *t = domain;
    hl__mem *mem = t->core->mem;
    hl__type *was = hl__names_get(&t->types, name), *now = NULL;
    if (value == NULL) {
        (void)hl__names_del(&t->types, name);
        hl__type_free(mem, was);
        return 0;
    }
    int r = make_type(mem, id, name, value, &now);
    if (r < 0) return r;
    now->open = count_open(t, name);
    if (was != NULL) (void)hl__names_del(&t->types, name); /* the key lies in the value: first the old one goes */
    r = hl__names_put(&t->types, now->name, now);
    if (r < 0) {
        hl__type_free(mem, now);
        if (was != NULL) (void)hl__names_put(&t->types, was->name, was); /* its place is still there */
        return r;
    }
    hl__type_free(mem, was);
    return 0;
}

int hl__type_users(void *domain, hl_id id)
{
    hl__tickets *t = domain;
    const hl__type *type;
    uint32_t pos = 0;
    while ((type = hl__names_at(&t->types, &pos)) != NULL) {
        if (type->id == id) return (int)type->open;
    }
    return 0;
}

const hl__state *hl__type_state(const hl__type *type, const char *name)
{
    for (uint32_t i = 0; i < type->nstates; i++) {
        if (strcmp(type->states[i].name, name) == 0) return &type->states[i];
    }
    return NULL;
}

const hl__field *hl__type_field(const hl__type *type, const char *name)
{
    for (uint32_t i = 0; i < type->nfields; i++) {
        if (strcmp(type->fields[i].name, name) == 0) return &type->fields[i];
    }
    return NULL;
}

static bool is_date(const char *text)
{
    static const char shape[] = "0000-00-00";
    for (size_t i = 0; i < sizeof shape; i++) {
        bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == '0' ? !is_digit : text[i] != shape[i]) return false;
    }
    return true;
}

static const char *wrong_value(const hl__field *field, const hl__json *value)
{
    int type = hl__json_type(value);
    const char *text = hl__json_text(value);
    size_t place;
    switch (field->kind) {
    case HL__FIELD_NUMBER: return type == HL__JINT || type == HL__JREAL ? NULL : "a number is wanted";
    case HL__FIELD_BOOL: return type == HL__JBOOL ? NULL : "true or false is wanted";
    case HL__FIELD_CHOICE: return text && named(field->choices, text, &place) ? NULL : "this is none of its choices";
    case HL__FIELD_DATE: return text != NULL && is_date(text) ? NULL : "a date is wanted: 2026-01-31";
    case HL__FIELD_TEXT:
        return text != NULL && hl__words_ok(text, HL__TEXT_MAX) ? NULL : "text is wanted, 4096 bytes at most";
    default: return NULL;
    }
}

int hl__type_values(const hl__type *type, const hl__json *values, hl__err *err)
{
    for (void *it = hl__json_iter(values); it != NULL; it = hl__json_iter_next(values, it)) {
        const char *key = hl__json_iter_key(it);
        const hl__field *field = hl__type_field(type, key);
        const hl__json *value = hl__json_iter_value(it);
        if (field == NULL) return hl__fail(err, HL_EINVAL, "%s has no field \"%s\"", type->name, key);
        const char *why = hl__json_type(value) == HL__JNULL ? NULL : wrong_value(field, value);
        if (why != NULL) return hl__fail(err, HL_EINVAL, "field \"%s\": %s", key, why);
    }
    return 0;
}
