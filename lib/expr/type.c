/* type.c - types and the names that have them. */
#include "expr/code.h"
#include <string.h>

enum { MAX_NAMES = 4096, MAX_FIELDS = 4096 };

typedef struct cell { struct cell *next; } cell; /* what a scope has allocated, to be freed with it */

struct hl__scope {
    hl__mem *mem;
    hl__name *name;
    uint32_t names, room;
    hl__names by_name;         /* name_key */
    cell *cells;
};

static const char *const kind_word[] = {
#define X(name, word) word,
    HL__EXPR_KINDS(X)
#undef X
};

#define X(name, word) [HL__V_##name] = { .kind = HL__V_##name },
const hl__type hl__types[] = { HL__EXPR_KINDS(X) };
#undef X

static void *keep(hl__scope *s, size_t size)
{
    cell *c = hl__alloc(s->mem, sizeof(cell) + size);

    if (!c)
        return NULL;
    c->next = s->cells;
    s->cells = c;
    return c + 1;
}

static char *keep_text(hl__scope *s, const char *text)
{
    size_t len = strlen(text);
    char *copy = keep(s, len + 1);

    if (copy)
        memcpy(copy, text, len + 1);
    return copy;
}

int hl__scope_new(hl__mem *mem, hl__scope **out)
{
    hl__scope *s = hl__alloc(mem, sizeof(*s));

    if (!s)
        return HL_ENOMEM;
    s->mem = mem;
    hl__names_init(&s->by_name, mem);
    *out = s;
    return 0;
}

void hl__scope_free(hl__scope *s)
{
    if (!s)
        return;
    for (cell *c = s->cells, *next; c; c = next) {
        next = c->next;
        hl__free(s->mem, c);
    }
    hl__names_free(&s->by_name);
    hl__free(s->mem, s->name);
    hl__free(s->mem, s);
}

const hl__type *hl__type_list(hl__scope *s, const hl__type *of)
{
    hl__type *t = keep(s, sizeof(*t));

    if (t)
        *t = (hl__type){ .kind = HL__V_LIST, .of = of };
    return t;
}

const hl__type *hl__type_map(hl__scope *s, const hl__type *key, const hl__type *of)
{
    hl__type *t = keep(s, sizeof(*t));

    if (t)
        *t = (hl__type){ .kind = HL__V_MAP, .of = of, .key = key };
    return t;
}

const hl__type *hl__type_money(hl__scope *s, const char *ccy)
{
    hl__type *t = keep(s, sizeof(*t));

    if (t) {
        *t = (hl__type){ .kind = HL__V_MONEY };
        hl__copy(t->ccy, sizeof(t->ccy), ccy);
    }
    return t;
}

static bool same_ccy(const hl__type *a, const hl__type *b)
{
    return !a->ccy[0] || !b->ccy[0] || strcmp(a->ccy, b->ccy) == 0;
}

static bool same_fields(const hl__type *a, const hl__type *b)
{
    bool is_same = a->n == b->n;

    for (uint32_t i = 0; is_same && i < a->n; i++) /* of one level: deeper ones are one type of one scope */
        is_same = strcmp(a->fields[i].name, b->fields[i].name) == 0 &&
                  (a->fields[i].type == b->fields[i].type || (a->fields[i].type->kind == b->fields[i].type->kind &&
                   a->fields[i].type->kind < HL__V_LIST && same_ccy(a->fields[i].type, b->fields[i].type)));
    return is_same;
}

/* Walks down lists and maps; an empty list is of every kind of list. */
bool hl__type_same(const hl__type *a, const hl__type *b)
{
    while (a != b) {
        if (!a || !b)
            return true;
        if (a->kind != b->kind)
            return false;
        if (a->kind == HL__V_MAP && a->key->kind != b->key->kind)
            return false;
        if (a->kind == HL__V_MONEY)
            return same_ccy(a, b);
        if (a->kind == HL__V_OBJECT)
            return same_fields(a, b);
        if (a->kind != HL__V_LIST && a->kind != HL__V_MAP)
            return true;
        a = a->of;
        b = b->of;
    }
    return true;
}

bool hl__type_fits(const hl__type *have, const hl__type *want)
{
    return !want || hl__type_same(have, want);
}

int hl__type_text(hl__buf *b, const hl__type *t)
{
    for (; t && t->kind == HL__V_LIST; t = t->of)
        hl__buf_str(b, t->of ? "list of " : "empty list");
    if (!t)
        return b->failed ? HL_ENOMEM : 0;
    if (t->kind == HL__V_OBJECT) {
        hl__buf_str(b, "object with");
        for (uint32_t i = 0; i < t->n; i++) {
            hl__buf_char(b, ' ');
            hl__buf_str(b, t->fields[i].name);
        }
    } else {
        hl__buf_str(b, kind_word[t->kind]);
    }
    if (t->ccy[0]) {
        hl__buf_char(b, ':');
        hl__buf_str(b, t->ccy);
    }
    return b->failed ? HL_ENOMEM : 0;
}

/* "int", "money:CNY", "list of list of date"; NULL with a finding. */
static const hl__type *type_of_word(hl__scope *s, const char *word, hl__findings *f, const hl__place *at)
{
    const hl__type *t = NULL;
    char near[64];
    int lists = 0;

    for (; strncmp(word, "list of ", 8) == 0 && lists < 8; word += 8)
        lists++;
    for (size_t i = HL__V_BOOL; i <= HL__V_DURATION && !t; i++)
        t = strcmp(word, kind_word[i]) == 0 ? &hl__types[i] : NULL;
    if (!t && strncmp(word, "money:", 6) == 0 && strspn(word + 6, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3 && !word[9])
        t = hl__type_money(s, word + 6);
    else if (!t && hl__nearest(word, "bool int string money:CNY date time timestamp duration", near, sizeof(near)))
        hl__error(f, 722, at, "\"%s\" is no type; did you mean \"%s\"?", word, near);
    else if (!t)
        hl__error(f, 722, at, "\"%s\" is no type; known are: bool int string money:CNY date time timestamp duration, "
                  "\"list of ...\" and {\"fields\": {...}}", word);
    while (t && lists-- > 0)
        t = hl__type_list(s, t);
    return t;
}

static bool is_name(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    return len > 0 && len < 64 && name[len] == 0 && !(name[0] >= '0' && name[0] <= '9') && strcmp(name, "in") != 0 &&
           strcmp(name, "true") != 0 && strcmp(name, "false") != 0 && strcmp(name, "null") != 0;
}

/* What a type's JSON says at one level: text, or the inner one of {"type": ...}. */
static const char *word_of(const hl__json *j)
{
    return hl__json_type(j) == HL__JTEXT ? hl__json_text(j) : hl__json_text(hl__json_get(j, "type"));
}

static hl__field *new_fields(hl__scope *s, const hl__json *j, hl__findings *f, const hl__place *at)
{
    size_t n = hl__json_size(j);
    hl__field *field;

    if (hl__json_type(j) != HL__JOBJECT || n == 0 || n > MAX_FIELDS) {
        hl__error(f, 722, at, "an object of 1 to %d names and types is wanted", MAX_FIELDS);
        return NULL;
    }
    if (!(field = keep(s, n * sizeof(*field))))
        return NULL;
    n = 0;
    for (void *it = hl__json_iter(j); it; it = hl__json_iter_next(j, it)) {
        hl__place here = { at, hl__json_iter_key(it), 0 };
        if (!is_name(hl__json_iter_key(it)))
            hl__error(f, 720, &here, "letters, digits and _ make a name, beginning with a letter");
        if (!(field[n].name = keep_text(s, hl__json_iter_key(it))))
            return NULL;
        field[n++].is_secret = hl__json_true(hl__json_get(hl__json_iter_value(it), "secret"));
    }
    return field;
}

/* Types inside types are a list of work, not a recursion. */
enum { MAX_TODO = 65536 }; /* a name may have a field for every skill there is */
typedef struct work { const hl__json *json; const hl__type **out; int32_t up; const char *key; } work;

/* The place of a piece of work, as a chain on the stack: at most so deep as JSON may be. */
static void work_error(hl__findings *f, const work *list, int32_t n, const hl__place *at, const char *words)
{
    hl__place chain[34];
    int32_t path[34];
    size_t depth = 0;

    for (; n >= 0 && depth < HL__COUNT(path); n = list[n].up)
        path[depth++] = n;
    for (size_t i = 0; i < depth; i++)
        chain[i] = (hl__place){ i ? &chain[i - 1] : at, list[path[depth - 1 - i]].key, 0 };
    hl__error(f, 722, depth ? &chain[depth - 1] : at, "%s", words);
}

/* One type; types inside it are added to the list of work. */
static int one_type(hl__scope *s, work *list, uint32_t *works, int32_t n, hl__findings *f, const hl__place *at)
{
    const hl__json *j = list[n].json, *fields = hl__json_get(j, "fields"), *of = hl__json_get(j, "list");
    hl__type *t;

    if (word_of(j)) {
        uint32_t before = f->errors;
        hl__place here = { at, list[n].key, 0 };
        *list[n].out = type_of_word(s, word_of(j), f, list[n].key ? &here : at);
        return *list[n].out ? 0 : f->errors > before ? HL_EPARSE : HL_ENOMEM;
    }
    if (!fields && !of) {
        work_error(f, list, n, at, "a type is wanted: a word, {\"type\": ...}, {\"fields\": {...}} or {\"list\": ...}");
        return HL_EPARSE;
    }
    if (*works + (fields ? hl__json_size(fields) : 1) > MAX_TODO) {
        work_error(f, list, n, at, "too many types in one name");
        return HL_EPARSE;
    }
    if (!(t = keep(s, sizeof(*t))))
        return HL_ENOMEM;
    *list[n].out = t;
    t->kind = fields ? HL__V_OBJECT : HL__V_LIST;
    if (of) {
        list[(*works)++] = (work){ of, &t->of, n, "list" };
        return 0;
    }
    uint32_t before = f->errors;
    hl__field *field = new_fields(s, fields, f, at);
    if (!field)
        return f->errors > before ? HL_EPARSE : HL_ENOMEM;
    t->fields = field;
    for (void *it = hl__json_iter(fields); it; it = hl__json_iter_next(fields, it)) {
        list[(*works)++] = (work){ hl__json_iter_value(it), &field[t->n].type, n, field[t->n].name };
        t->n++;
    }
    return 0;
}

static int read_type(hl__scope *s, const hl__json *j, hl__findings *f, const hl__place *at, const hl__type **out)
{
    uint32_t works = 1, room = 64;
    work *list = hl__alloc_array(s->mem, room, sizeof(*list));
    int r = list ? 0 : HL_ENOMEM;

    if (list)
        list[0] = (work){ j, out, -1, NULL };
    for (uint32_t i = 0; r == 0 && i < works; i++) {
        size_t want = works + 1 + hl__json_size(hl__json_get(list[i].json, "fields"));
        while (r == 0 && room < want && room < MAX_TODO)
            r = hl__grow(s->mem, &list, &room, room, sizeof(*list));
        if (r == 0)
            r = one_type(s, list, &works, (int32_t)i, f, at);
    }
    hl__free(s->mem, list);
    return r;
}

static int bad_name(hl__scope *s, const char *name, hl__findings *f, const hl__place *at)
{
    if (!is_name(name))
        hl__error(f, 720, at, "letters, digits and _ make a name, beginning with a letter; at most 63");
    else if (hl__names_get(&s->by_name, name))
        hl__error(f, 721, at, "\"%s\" is there already", name);
    else if (s->names >= MAX_NAMES)
        hl__error(f, 727, at, "more than %d names", MAX_NAMES);
    else
        return 0;
    return HL_EPARSE;
}

typedef struct name_key { uint32_t slot; char name[]; } name_key;

int hl__scope_add(hl__scope *s, const char *name, const hl__json *type, hl__findings *f, const hl__place *at)
{
    static const char *const known[] = { "type max default secret", "fields", "list" };
    hl__jcheck c = { f, type, at, 722 };
    hl__name n = { .max = 4096 };
    name_key *key;
    int r;

    if ((r = bad_name(s, name, f, at)) < 0 || (r = read_type(s, type, f, at, &n.type)) < 0)
        return r;
    if (hl__json_type(type) == HL__JOBJECT) {
        uint32_t before = f->errors;
        hl__jknown(&c, known[hl__json_get(type, "fields") ? 1 : hl__json_get(type, "list") ? 2 : 0]);
        n.max = (uint32_t)hl__jint(&c, "max", 1, 4096, 4096);
        n.is_secret = hl__jbool(&c, "secret", false);
        n.preset = hl__json_get(type, "default");
        if (f->errors > before)
            return HL_EPARSE;
    }
    if (!(key = keep(s, sizeof(*key) + strlen(name) + 1)))
        return HL_ENOMEM;
    memcpy(key->name, name, strlen(name) + 1);
    key->slot = s->names;
    n.name = key->name;
    if ((r = hl__grow(s->mem, &s->name, &s->room, s->names, sizeof(*s->name))) < 0)
        return r;
    if ((r = hl__names_put(&s->by_name, key->name, key)) < 0)
        return r;
    s->name[s->names] = n;
    return (int)s->names++;
}

int hl__scope_add_all(hl__scope *s, const hl__json *types, hl__findings *f, const hl__place *at)
{
    int result = 0, r;

    if (hl__json_type(types) != HL__JOBJECT) {
        hl__error(f, 722, at, "an object of names and types is wanted");
        return HL_EPARSE;
    }
    for (void *it = hl__json_iter(types); it; it = hl__json_iter_next(types, it)) {
        hl__place here = { at, hl__json_iter_key(it), 0 };
        if ((r = hl__scope_add(s, hl__json_iter_key(it), hl__json_iter_value(it), f, &here)) == HL_ENOMEM)
            return r;
        result = r < 0 ? r : result;
    }
    return result;
}

int hl__scope_find(const hl__scope *s, const char *name, size_t len)
{
    char word[64];
    const name_key *key;

    if (len >= sizeof(word))
        return HL_ENOENT;
    memcpy(word, name, len);
    word[len] = 0;
    key = hl__names_get(&s->by_name, word);
    return key ? (int)key->slot : HL_ENOENT;
}

const hl__name *hl__scope_at(const hl__scope *s, uint32_t slot)
{
    return slot < s->names ? &s->name[slot] : NULL;
}

uint32_t hl__scope_size(const hl__scope *s)
{
    return s->names;
}
