/* memory.c - a store without a disk: rows in sorted arrays. Slow, obvious, and the measure for the other backends.
 *
 * A commit first makes every row and all the room it may need, then changes anything: it happens wholly or not. */
#include "store/store.h"
#include <pthread.h>
#include <string.h>

struct row { uint32_t n; hl__value v[]; };
struct table { struct row **rows; uint32_t count, room; };
struct hl__disk {
    hl__mem *mem;
    pthread_mutex_t mutex; /* the writer's commit against the readers' scans */
    hl__mark mark;
    uint8_t chain[32];
    struct table table[HL__TABLE_END];
};
struct memory { hl__mem *mem; hl__disk *disk; bool is_own; hl__mark mark; };
struct change { hl__op op; struct row *row; };

int hl__disk_new(hl__mem *mem, hl__disk **out)
{
    hl__disk *d = hl__alloc(mem, sizeof *d);
    if (d == NULL) return HL_ENOMEM;
    d->mem = mem;
    pthread_mutex_init(&d->mutex, NULL);
    *out = d;
    return 0;
}

void hl__disk_free(hl__disk *d)
{
    if (d == NULL) return;
    for (int t = 0; t < HL__TABLE_END; t++) {
        for (uint32_t i = 0; i < d->table[t].count; i++) hl__free(d->mem, d->table[t].rows[i]);
        hl__free(d->mem, d->table[t].rows);
    }
    pthread_mutex_destroy(&d->mutex);
    hl__free(d->mem, d);
}

static int compare(const hl__value *a, const hl__value *b)
{
    if (a->type != b->type) return a->type < b->type ? -1 : 1;
    if (a->type == HL__INT) return (a->u.i > b->u.i) - (a->u.i < b->u.i);
    if (a->type == HL__REAL) return (a->u.r > b->u.r) - (a->u.r < b->u.r);
    if (a->type == HL__NULL) return 0;
    uint32_t least = a->len < b->len ? a->len : b->len;
    int r = least > 0 ? memcmp(a->u.p, b->u.p, least) : 0;
    return r != 0 ? r : (a->len > b->len) - (a->len < b->len);
}

static bool has_bytes(const hl__value *v)
{
    return v->type == HL__TEXT || v->type == HL__BLOB;
}

/* One block: the values, then their bytes. */
static struct row *copy_row(hl__mem *mem, const hl__value *v, uint32_t n)
{
    size_t bytes = sizeof(struct row) + n * sizeof *v;
    size_t at = bytes;
    for (uint32_t i = 0; i < n; i++) bytes += has_bytes(&v[i]) ? (size_t)v[i].len + 1 : 0;
    struct row *row = hl__alloc(mem, bytes);
    if (row == NULL) return NULL;
    row->n = n;
    for (uint32_t i = 0; i < n; i++) {
        row->v[i] = v[i];
        if (!has_bytes(&v[i])) continue;
        if (v[i].len > 0) memcpy((char *)row + at, v[i].u.p, v[i].len);
        row->v[i].u.p = (char *)row + at;
        at += (size_t)v[i].len + 1;
    }
    return row;
}

/* The first row whose key is not below; *found tells if it is the key. */
static uint32_t place_of(const struct table *t, const hl__value *key, uint32_t keys, bool *found)
{
    uint32_t low = 0, high = t->count;
    *found = false;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int r = 0;
        for (uint32_t i = 0; i < keys && r == 0; i++) r = compare(&t->rows[middle]->v[i], &key[i]);
        if (r == 0) *found = true;
        if (r < 0) low = middle + 1;
        else high = middle;
    }
    return low;
}

static void put_row(hl__mem *mem, struct table *t, uint32_t keys, struct row *row)
{
    bool found;
    uint32_t at = place_of(t, row->v, keys, &found);
    if (found) {
        hl__free(mem, t->rows[at]);
    } else {
        memmove(&t->rows[at + 1], &t->rows[at], (t->count - at) * sizeof *t->rows);
        t->count++;
    }
    t->rows[at] = row;
}

static void del_row(hl__mem *mem, struct table *t, uint32_t keys, const hl__value *key)
{
    bool found;
    uint32_t at = place_of(t, key, keys, &found);
    if (!found) return;
    hl__free(mem, t->rows[at]);
    t->count--;
    memmove(&t->rows[at], &t->rows[at + 1], (t->count - at) * sizeof *t->rows);
}

static struct row *event_row(struct memory *m, const hl__op *op, hl__buf *scratch, uint8_t chain[32])
{
    hl__value v[HL__EV_COLUMNS + 2];
    uint8_t hash[32];
    if (hl__chain(scratch, chain, m->mark.epoch, op->v, hash) < 0) return NULL;
    memcpy(v, op->v, HL__EV_COLUMNS * sizeof *v);
    v[HL__EV_COLUMNS] = (hl__value) { HL__INT, 8, { .i = (int64_t)m->mark.epoch } };
    v[HL__EV_COLUMNS + 1] = (hl__value) { HL__BLOB, sizeof hash, { .p = hash } };
    memcpy(chain, hash, sizeof hash);
    return copy_row(m->disk->mem, v, HL__EV_COLUMNS + 2);
}

static int make_room(hl__disk *d, int table, uint32_t more)
{
    struct table *t = &d->table[table];
    if (more <= t->room - t->count) return 0;
    uint32_t room = t->count + more + t->count / 2;
    struct row **rows = hl__realloc(d->mem, t->rows, room * sizeof *rows);
    if (rows == NULL) return HL_ENOMEM;
    t->rows = rows;
    t->room = room;
    return 0;
}

static bool is_sound(const hl__op *op)
{
    if (op->kind == HL__OP_EVENT) return op->table == HL__TABLE_EV && op->n == HL__EV_COLUMNS;
    uint32_t want = op->kind == HL__OP_DEL ? hl__table_keys(op->table) : hl__table_columns(op->table);
    return op->table < HL__TABLE_END && want > 0 && op->n == want && op->table != HL__TABLE_EV;
}

/* Fills list with what the batches do, rows copied: n, or an error with nothing kept. */
static int prepare(struct memory *m, hl__batch *const *batches, size_t n, struct change *list, uint8_t chain[32])
{
    hl__buf scratch;
    hl__buf_init(&scratch, m->mem);
    uint32_t count = 0, rows[HL__TABLE_END] = { 0 };
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++) {
        size_t at = 0;
        struct change c = { 0 };
        while (r == 0 && hl__batch_next(batches[i], &at, &c.op)) {
            if (!is_sound(&c.op)) r = HL_ECONFLICT;
            else if (c.op.kind == HL__OP_EVENT) c.row = event_row(m, &c.op, &scratch, chain);
            else if (c.op.kind != HL__OP_DEL) c.row = copy_row(m->disk->mem, c.op.v, c.op.n);
            else c.row = NULL;
            if (r == 0 && c.row == NULL && c.op.kind != HL__OP_DEL) r = HL_ENOMEM;
            if (r < 0) break;
            list[count++] = c;
            r = make_room(m->disk, c.op.table, ++rows[c.op.table]);
        }
    }
    hl__buf_free(&scratch);
    if (r == 0) return (int)count;
    while (count > 0) hl__free(m->disk->mem, list[--count].row);
    return r;
}

static int memory_commit(void *be, hl__batch *const *batches, size_t n, hl__err *err)
{
    struct memory *m = be;
    hl__disk *d = m->disk;
    uint32_t ops = 0;
    for (size_t i = 0; i < n; i++) ops += hl__batch_ops(batches[i]);
    struct change *list = hl__alloc_array(m->mem, ops + 1, sizeof *list);
    if (list == NULL) return hl__fail(err, HL_ENOMEM, "store: out of memory");
    pthread_mutex_lock(&d->mutex);
    bool is_ours = d->mark.epoch == m->mark.epoch && d->mark.number == m->mark.number;
    uint8_t chain[sizeof d->chain];
    memcpy(chain, d->chain, sizeof chain);
    int r = is_ours ? prepare(m, batches, n, list, chain) : HL_EFENCED;
    for (int i = 0; i < r; i++) {
        const hl__op *op = &list[i].op;
        struct table *t = &d->table[op->table];
        if (op->kind == HL__OP_DEL) del_row(d->mem, t, hl__table_keys(op->table), op->v);
        else put_row(d->mem, t, hl__table_keys(op->table), list[i].row);
    }
    if (r >= 0) {
        uint64_t epoch = d->mark.epoch;
        memcpy(d->chain, chain, sizeof chain);
        d->mark = *hl__batch_mark(batches[n - 1]);
        d->mark.epoch = epoch;
        m->mark = d->mark;
    }
    pthread_mutex_unlock(&d->mutex);
    hl__free(m->mem, list);
    return r < 0 ? hl__fail(err, r, "store: the rows in memory were not written") : 0;
}

static void memory_close(void *be)
{
    struct memory *m = be;
    if (m->is_own) hl__disk_free(m->disk);
    hl__free(m->mem, m);
}

static int memory_open(const hl__store_conf *conf, const char *path, hl__err *err, void **out)
{
    struct memory *m = hl__alloc(conf->mem, sizeof *m);
    (void)path; /* there is none */
    if (m == NULL) return hl__fail(err, HL_ENOMEM, "store: out of memory");
    m->mem = conf->mem;
    m->disk = conf->disk;
    m->is_own = conf->disk == NULL;
    if (m->is_own && hl__disk_new(conf->mem, &m->disk) < 0) {
        m->is_own = false;
        memory_close(m);
        return hl__fail(err, HL_ENOMEM, "store: out of memory");
    }
    *out = m;
    return 0;
}

static int memory_take(void *be, hl__mark *out)
{
    struct memory *m = be;
    pthread_mutex_lock(&m->disk->mutex);
    m->disk->mark.epoch++;
    m->mark = m->disk->mark;
    pthread_mutex_unlock(&m->disk->mutex);
    *out = m->mark;
    return 0;
}

static int memory_idle(void *be, int nothing_waits)
{
    (void)be, (void)nothing_waits; /* nothing to tidy */
    return 0;
}

static int memory_rescue(void *be, hl__err *err)
{
    (void)be; /* nothing is ever synced, so no sync fails */
    return hl__fail(err, HL_ESTORE, "store: memory has no copy");
}

static int memory_space(void *be, int need)
{
    (void)be; /* no reserve to give away */
    return !need;
}

static void memory_figures(void *be, int64_t *wal_bytes, int64_t *free_bytes)
{
    (void)be; /* no file */
    *wal_bytes = *free_bytes = 0;
}

static int memory_reader(void *be, void **out)
{
    *out = be;
    return 0;
}

static void memory_reader_close(void *reader)
{
    (void)reader; /* the store itself */
}

/* An order to read a table in: which columns, in which direction. */
struct order { uint32_t column[8], n; int sign; };

static int column_of(int table, const char *name, size_t len)
{
    char word[64];
    for (uint32_t i = 0; hl__table_column(table, i, word, sizeof word) != HL__NULL; i++) {
        if (strlen(word) == len && memcmp(word, name, len) == 0) return (int)i;
    }
    return -1;
}

static int find_order(const hl__scan *q, struct order *o)
{
    o->n = 0;
    o->sign = q->backwards ? -1 : 1;
    if (q->index == 0) {
        for (o->n = 0; o->n < hl__table_keys(q->table); o->n++) o->column[o->n] = o->n;
    } else {
        const char *list = hl__table_index(q->table, q->index);
        while (list != NULL && *list != 0 && o->n < HL__COUNT(o->column)) {
            size_t len = strcspn(list, " ");
            o->column[o->n++] = (uint32_t)column_of(q->table, list, len);
            list += len + (list[len] == ' ');
        }
    }
    return o->n == 0 || q->nfrom > o->n || q->nto > o->n ? HL_EINVAL : 0;
}

static int against(const struct order *o, const struct row *row, const hl__value *bound, uint32_t n)
{
    int r = 0;
    for (uint32_t i = 0; i < n && r == 0; i++) r = compare(&row->v[o->column[i]], &bound[i]);
    return r * o->sign;
}

static bool is_in(const hl__scan *q, const struct order *o, const struct row *row)
{
    if (q->table == HL__TABLE_EV && q->index > 0 && row->v[o->column[0]].u.i == 0) return false;
    if (q->nfrom > 0 && against(o, row, q->from, q->nfrom) <= 0) return false;
    return q->nto == 0 || against(o, row, q->to, q->nto) <= 0;
}

/* Rows that are equal in this order go by their place in the table. */
static int row_order(const struct order *o, struct row *const *a, struct row *const *b)
{
    int r = 0;
    for (uint32_t i = 0; i < o->n && r == 0; i++) r = compare(&(*a)->v[o->column[i]], &(*b)->v[o->column[i]]);
    if (r == 0) r = (a > b) - (a < b);
    return r * o->sign;
}

/* The nearest row behind `last` in this order. */
static struct row *const *next_row(const struct table *t, const hl__scan *q, const struct order *o,
                                   struct row *const *last)
{
    struct row *const *best = NULL;
    for (uint32_t i = 0; i < t->count; i++) {
        struct row *const *row = &t->rows[i];
        if (!is_in(q, o, *row) || (last != NULL && row_order(o, row, last) <= 0)) continue;
        if (best == NULL || row_order(o, row, best) < 0) best = row;
    }
    return best;
}

static int memory_scan(void *reader, const hl__scan *q, const hl__visit *v)
{
    struct memory *m = reader;
    struct order o;
    if (hl__table_name(q->table) == NULL || find_order(q, &o) < 0) return HL_EINVAL;
    pthread_mutex_lock(&m->disk->mutex);
    const struct table *t = &m->disk->table[q->table];
    struct row *const *row = NULL;
    int r = 0;
    for (uint32_t n = 0; r == 0 && (q->limit == 0 || n < q->limit); n++) {
        row = next_row(t, q, &o, row);
        if (row == NULL) break;
        r = v->row(v->ctx, q->table, (*row)->v, (*row)->n);
    }
    pthread_mutex_unlock(&m->disk->mutex);
    return r;
}

static int memory_backup(void *reader, const char *path, hl__err *err)
{
    (void)reader, (void)path; /* a copy of memory is not what anybody means */
    return hl__fail(err, HL_ENOTSUP, "backup: a store in memory has no file");
}

const hl__backend_ops hl__memory = {
    "memory", memory_open, memory_close, memory_take, memory_commit, memory_idle, memory_rescue, memory_space,
    memory_figures, memory_reader, memory_scan, memory_backup, memory_reader_close,
};
