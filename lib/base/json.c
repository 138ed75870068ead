/* json.c - JSON in: the only door to jansson. What a document holds is read here; what it means, elsewhere. */
#include "base/json.h"
#include <errno.h>
#include <jansson.h>
#include <string.h>

enum { DEPTH = 32, SYNTAX = 500, LIMIT = 501 };
static const int64_t exact = INT64_C(1) << 53; /* beyond, other readers of JSON lose digits */

/* Where a value stands that is beyond a limit, and which. */
struct spot { hl__place place[DEPTH + 1]; int depth; const char *why; };

/* Depth and integers within bounds; walks with a stack of its own, because the text is a stranger's. */
static bool beyond(const hl__json *root, struct spot *spot)
{
    struct { const json_t *j; void *iter; size_t index; } stack[DEPTH];
    hl__place *place = spot->place;
    int top = 0;

    stack[0].j = root;
    stack[0].iter = json_object_iter((json_t *)root);
    stack[0].index = 0;
    spot->why = NULL;
    while (top >= 0 && !spot->why) {
        const json_t *j = stack[top].j, *child = NULL;
        if (json_is_integer(j) && (json_integer_value(j) > exact || json_integer_value(j) < -exact))
            spot->why = "an integer is at most 2^53, so that every reader of JSON has it exact";
        if (json_is_object(j) && stack[top].iter) {
            place[top] = (hl__place){ top ? &place[top - 1] : NULL, json_object_iter_key(stack[top].iter), 0 };
            child = json_object_iter_value(stack[top].iter);
            stack[top].iter = json_object_iter_next((json_t *)j, stack[top].iter);
        } else if (json_is_array(j) && (child = json_array_get(j, stack[top].index))) {
            place[top] = (hl__place){ top ? &place[top - 1] : NULL, NULL, stack[top].index++ };
        }
        spot->depth = top;
        if (!child) {
            top--;
            continue;
        }
        spot->depth = ++top;
        if (top == DEPTH) {
            spot->why = "nested deeper than 32";
            break;
        }
        stack[top].j = child;
        stack[top].iter = json_object_iter((json_t *)child);
        stack[top].index = 0;
    }
    return spot->why != NULL;
}

/* jansson 2.14 goes on when the buffer of its lexer cannot grow: it forgets the character, and if that was the quote at
 * the end of a string it reads on behind the buffer. So the buffer grows before the document begins: the text is fed as
 * the second member of a list whose first is a number as long as the longest token, "[0.000...,\n" text "]". The number
 * is fed digit by digit, so that errno is seen before strtod() clears it. */
struct feed { const char *at, *end; size_t zeros; int part; bool no_memory; };

/* The longest string or bare word. */
static size_t longest(const char *at, const char *end)
{
    size_t most = 0;

    while (at < end) {
        const char *from = at;
        if (*at == '"') {
            for (at++; at < end && *at != '"'; at++)
                at += *at == '\\' && at + 1 < end;
            at += at < end;
        } else {
            while (at < end && *at != '"' && !strchr(" \t\r\n,:[]{}", *at))
                at++;
            at += at == from;
        }
        most = (size_t)(at - from) > most ? (size_t)(at - from) : most;
    }
    return most;
}

static size_t feed(void *to, size_t room, void *ctx)
{
    static const char *const around[] = { "[0.", ",\n", "]" };
    struct feed *f = ctx;
    size_t n = (size_t)(f->end - f->at);

    if (errno == ENOMEM) {
        f->no_memory = true;
        return (size_t)-1;
    }
    if (f->part == 1 && f->zeros > 0) {
        f->zeros--;
        *(char *)to = '0';
        return 1;
    }
    if (f->part == 2 && n > 0) {
        n = n < room ? n : room;
        memcpy(to, f->at, n);
        f->at += n;
        return n;
    }
    if (f->part > 2)
        return 0;
    n = strlen(around[f->part]);
    memcpy(to, around[f->part++], n);
    return n;
}

static void place_error(json_error_t *error, const struct feed *f)
{
    if (f->part > 2 && (strstr(error->text, "near ']'") || strstr(error->text, "near end of file"))) /* ours */
        hl__copy(error->text, sizeof(error->text), "the document ends too early, or has a bracket too many");
    error->line = error->line > 1 ? error->line - 1 : 1;
}

static hl__json *load(const char *text, size_t len, json_error_t *error, int *why)
{
    struct feed f = { .at = text, .end = text + len, .zeros = longest(text, text + len) + 1 };
    json_t *list, *j = NULL;

    errno = 0;
    list = json_load_callback(feed, &f, JSON_REJECT_DUPLICATES, error);
    *why = f.no_memory || errno == ENOMEM ? HL_ENOMEM : HL_EPARSE;
    if (!list) {
        place_error(error, &f);
        return NULL;
    }
    *error = (json_error_t){ .line = 1, .column = 1, .text = "a document is one value" };
    if (json_array_size(list) == 2)
        j = json_incref(json_array_get(list, 1));
    json_decref(list);
    return j;
}

int hl__json_parse(hl__findings *f, const char *text, size_t len, hl__json **out)
{
    json_error_t error;
    struct spot spot;
    hl__json *j;
    int r;

    if ((r = hl__findings_source(f, text, len)) < 0)
        return r;
    if (!(j = load(text, len, &error, &r))) {
        if (r == HL_ENOMEM)
            return r;
        hl__error(f, SYNTAX, NULL, "%s", error.text);
        if (f->count > 0) {
            f->list[f->count - 1].line = error.line > 0 ? error.line : 1;
            f->list[f->count - 1].column = error.column > 0 ? error.column : 1;
            f->list[f->count - 1].length = 1;
        }
        hl__findings_unsource(f); /* places are looked up in well-formed text only */
        return HL_EPARSE;
    }
    if (beyond(j, &spot)) {
        hl__error(f, LIMIT, spot.depth ? &spot.place[spot.depth - 1] : NULL, "%s", spot.why);
        json_decref(j);
        return HL_EPARSE;
    }
    *out = j;
    return 0;
}

hl__json *hl__json_read(const char *text, size_t len, hl__err *err)
{
    json_error_t error;
    struct spot spot;
    int r;
    hl__json *j = load(text, len, &error, &r);

    if (!j) {
        (void)(r == HL_ENOMEM ? hl__fail(err, r, "no memory for a document")
                              : hl__fail(err, r, "line %d, column %d: %s", error.line, error.column, error.text));
    } else if (beyond(j, &spot)) {
        (void)hl__fail(err, HL_EPARSE, "%s", spot.why);
        json_decref(j);
        j = NULL;
    }
    return j;
}

void hl__json_free(hl__json *j)
{
    json_decref(j);
}

hl__json *hl__json_keep(hl__json *j)
{
    return json_incref(j);
}

int hl__json_type(const hl__json *j)
{
    if (!j)
        return HL__JNULL;
    switch (json_typeof(j)) {
    case JSON_OBJECT: return HL__JOBJECT;
    case JSON_ARRAY: return HL__JLIST;
    case JSON_STRING: return HL__JTEXT;
    case JSON_INTEGER: return HL__JINT;
    case JSON_REAL: return HL__JREAL;
    case JSON_TRUE: case JSON_FALSE: return HL__JBOOL;
    default: return HL__JNULL;
    }
}

hl__json *hl__json_get(const hl__json *j, const char *key)
{
    return json_object_get(j, key);
}

hl__json *hl__json_at(const hl__json *j, size_t index)
{
    return json_array_get(j, index);
}

size_t hl__json_size(const hl__json *j)
{
    return json_is_array(j) ? json_array_size(j) : json_object_size(j);
}

const char *hl__json_text(const hl__json *j)
{
    return json_string_value(j);
}

size_t hl__json_text_len(const hl__json *j)
{
    return json_string_length(j);
}

int64_t hl__json_int(const hl__json *j)
{
    return json_integer_value(j);
}

double hl__json_real(const hl__json *j)
{
    return json_number_value(j);
}

bool hl__json_true(const hl__json *j)
{
    return json_is_true(j);
}

void *hl__json_iter(const hl__json *j)
{
    return json_object_iter((hl__json *)j);
}

void *hl__json_iter_next(const hl__json *j, void *it)
{
    return json_object_iter_next((hl__json *)j, it);
}

const char *hl__json_iter_key(void *it)
{
    return json_object_iter_key(it);
}

hl__json *hl__json_iter_value(void *it)
{
    return json_object_iter_value(it);
}

static int dump(const char *data, size_t len, void *to)
{
    hl__buf_add(to, data, len);
    return ((hl__buf *)to)->failed ? -1 : 0;
}

int hl__json_canonical(hl__buf *b, const hl__json *j)
{
    if (json_dump_callback(j, dump, b, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY) < 0)
        b->failed = 1; /* half of it may stand there */
    return b->failed ? HL_ENOMEM : 0;
}

int hl__json_set_text(hl__json *j, const char *key, const char *text)
{
    return json_object_set_new(j, key, json_string(text)) < 0 ? HL_ENOMEM : 0;
}

int hl__json_set_member(hl__json *j, const char *key, const char *inner, const char *text)
{
    json_t *object = json_object();

    if (hl__json_set_text(object, inner, text) < 0) {
        json_decref(object);
        return HL_ENOMEM;
    }
    return json_object_set_new(j, key, object) < 0 ? HL_ENOMEM : 0;
}

bool hl__json_equal(const hl__json *a, const hl__json *b)
{
    return a == b || json_equal(a, b);
}
