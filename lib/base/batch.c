/* batch.c - one step's writes: rows copied into chunks that never move, chained in the order they were written.
 *
 * A row lies in one piece: the op, its values, then the bytes of its texts. Values point into the same chunk, so
 * another thread can walk a batch without touching it. */
#include "base/batch.h"
#include <string.h>

enum { CHUNK = 2048, ALIGN = 8 };

struct chunk { struct chunk *next; size_t used, room; };
struct item { hl__op op; struct item *next; };
struct hl__batch {
    hl__mem *mem;
    uint32_t shard, ops;
    size_t bytes;
    hl__mark mark;
    struct chunk *chunks; /* the newest first: the one being filled */
    struct item *first, *last;
};

static size_t padded(size_t n)
{
    return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static bool has_bytes(const hl__value *v)
{
    return v->type == HL__TEXT || v->type == HL__BLOB;
}

int hl__batch_new(hl__mem *mem, uint32_t shard, hl__batch **out)
{
    hl__batch *b = hl__alloc(mem, sizeof *b);
    if (b == NULL) return HL_ENOMEM;
    b->mem = mem;
    b->shard = shard;
    *out = b;
    return 0;
}

int hl__batch_reserve(hl__batch *b, size_t bytes)
{
    struct chunk *c = b->chunks;
    if (c != NULL && c->room - c->used >= bytes) return 0;
    if (bytes > SIZE_MAX / 2) return HL_ENOMEM;
    size_t room = bytes > CHUNK ? padded(bytes) : CHUNK;
    c = hl__alloc(b->mem, padded(sizeof *c) + room);
    if (c == NULL) return HL_ENOMEM;
    c->room = room;
    c->next = b->chunks;
    b->chunks = c;
    return 0;
}

size_t hl__batch_row_bytes(const hl__value *row, uint32_t n)
{
    size_t bytes = padded(sizeof(struct item)) + n * sizeof *row;
    for (uint32_t i = 0; i < n; i++) {
        if (has_bytes(&row[i])) bytes += padded((size_t)row[i].len + 1);
    }
    return bytes;
}

static void *take(struct chunk *c, size_t bytes)
{
    char *at = (char *)c + padded(sizeof *c) + c->used;
    c->used += padded(bytes);
    return at;
}

/* Text gets a NUL behind it, so that readers may treat it as a C string. */
static const char *take_copy(struct chunk *c, const hl__value *v)
{
    char *at = take(c, (size_t)v->len + 1);
    if (v->len > 0) memcpy(at, v->u.p, v->len);
    at[v->len] = 0;
    return at;
}

int hl__batch_row(hl__batch *b, int op, int table, const hl__value *row, uint32_t n)
{
    size_t bytes = hl__batch_row_bytes(row, n);
    int r = hl__batch_reserve(b, bytes);
    if (r < 0) return r;
    struct chunk *c = b->chunks;
    struct item *item = take(c, sizeof *item);
    hl__value *v = take(c, n * sizeof *v);
    for (uint32_t i = 0; i < n; i++) {
        v[i] = row[i];
        if (has_bytes(&row[i])) v[i].u.p = take_copy(c, &row[i]);
    }
    *item = (struct item) { { (uint16_t)op, (uint16_t)table, n, v }, NULL };
    if (b->last != NULL) b->last->next = item;
    else b->first = item;
    b->last = item;
    b->ops++;
    b->bytes += bytes;
    return 0;
}

int hl__batch_next(const hl__batch *b, size_t *at, hl__op *out)
{
    const struct item *item = *at == 0 ? b->first : ((const struct item *)*at)->next;
    if (item == NULL) return 0;
    *at = (size_t)item;
    *out = item->op;
    return 1;
}

size_t hl__batch_bytes(const hl__batch *b)
{
    return b->bytes;
}

uint32_t hl__batch_ops(const hl__batch *b)
{
    return b->ops;
}

uint32_t hl__batch_shard(const hl__batch *b)
{
    return b->shard;
}

void hl__batch_seal(hl__batch *b, const hl__mark *mark)
{
    b->mark = *mark;
}

const hl__mark *hl__batch_mark(const hl__batch *b)
{
    return &b->mark;
}

void hl__batch_free(hl__batch *b)
{
    if (b == NULL) return;
    while (b->chunks != NULL) {
        struct chunk *c = b->chunks;
        b->chunks = c->next;
        hl__free(b->mem, c);
    }
    hl__free(b->mem, b);
}

/* The list of tables, taken apart. A column is "name:type"; columns are separated by one blank. */
struct described { const char *name, *columns; uint32_t number, keys; };
static const struct described described[] = {
#define X(name, number, keys, columns) { #name, columns, number, keys },
    HL__TABLES(X)
#undef X
};
struct indexed { uint32_t table, index; const char *columns; };
static const struct indexed indexed[] = {
#define X(name, index, columns) { HL__TABLE_##name, index, columns },
    HL__INDEXES(X)
#undef X
};

static uint32_t count_words(const char *text)
{
    uint32_t n = 1;
    for (; *text != 0; text++) n += *text == ' ';
    return n;
}

const char *hl__table_name(int table)
{
    for (size_t i = 0; i < HL__COUNT(described); i++) {
        if (described[i].number == (uint32_t)table) return described[i].name;
    }
    return NULL;
}

uint32_t hl__table_columns(int table)
{
    for (size_t i = 0; i < HL__COUNT(described); i++) {
        if (described[i].number == (uint32_t)table) return count_words(described[i].columns);
    }
    return 0;
}

uint32_t hl__table_keys(int table)
{
    for (size_t i = 0; i < HL__COUNT(described); i++) {
        if (described[i].number == (uint32_t)table) return described[i].keys;
    }
    return 0;
}

/* The n-th word; its length goes to *len. NULL: there are fewer. */
static const char *word_at(const char *text, uint32_t n, size_t *len)
{
    while (n > 0) {
        text = strchr(text, ' ');
        if (text == NULL) return NULL;
        text++;
        n--;
    }
    *len = strcspn(text, " ");
    return text;
}

int hl__table_column(int table, uint32_t n, char *name, size_t room)
{
    const char *columns = NULL;
    for (size_t i = 0; i < HL__COUNT(described); i++) {
        if (described[i].number == (uint32_t)table) columns = described[i].columns;
    }
    size_t len = 0;
    const char *word = columns == NULL ? NULL : word_at(columns, n, &len);
    if (word == NULL || len < 3 || len - 1 > room) return HL__NULL;
    memcpy(name, word, len - 2);
    name[len - 2] = 0;
    switch (word[len - 1]) {
    case 'i': return HL__INT;
    case 'r': return HL__REAL;
    case 't': return HL__TEXT;
    default: return HL__BLOB;
    }
}

const char *hl__table_index(int table, int index)
{
    for (size_t i = 0; i < HL__COUNT(indexed); i++) {
        if (indexed[i].table == (uint32_t)table && indexed[i].index == (uint32_t)index) return indexed[i].columns;
    }
    return NULL;
}
