/* chain.c - the hash that ties each event to the one before it, and the walk that proves it.
 *
 * Integers: 8 bytes, big endian, two's complement. Text: its length in 4 bytes, then the bytes; NULL: ffffffff. */
#include "store/store.h"
#include <string.h>

enum { SEQ, TIME, TYPE, TEXT = 11, DATA = 12, EPOCH = 13, HASH = 14 };

static void add_int(hl__buf *b, uint64_t n)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(n >> (56 - 8 * i));
    hl__buf_add(b, bytes, sizeof bytes);
}

static void add_text(hl__buf *b, const hl__value *v)
{
    uint32_t len = v->type == HL__TEXT ? v->len : UINT32_MAX;
    uint8_t bytes[4] = { (uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len };
    hl__buf_add(b, bytes, sizeof bytes);
    if (v->type == HL__TEXT) hl__buf_add(b, v->u.p, len);
}

static void add_column(hl__buf *b, const hl__value *v)
{
    add_int(b, v->type == HL__INT ? (uint64_t)v->u.i : 0);
}

int hl__chain(hl__buf *scratch, const uint8_t before[32], uint64_t epoch, const hl__value *row, uint8_t out[32])
{
    hl__buf_clear(scratch);
    hl__buf_add(scratch, before, 32);
    add_int(scratch, 0); /* the shard: an embedded store has one */
    add_column(scratch, &row[SEQ]);
    add_int(scratch, epoch);
    for (int i = TIME; i < TEXT; i++) add_column(scratch, &row[i]);
    add_text(scratch, &row[TEXT]);
    add_text(scratch, &row[DATA]);
    return scratch->failed ? HL_ENOMEM : hl__sha256(scratch->data, scratch->len, out);
}

struct walk { hl__buf scratch; uint8_t before[32]; hl_seq expected; hl_seq bad; };

static int walk_row(void *ctx, int table, const hl__value *row, uint32_t n)
{
    struct walk *w = ctx;
    uint8_t hash[32];
    (void)table, (void)n; /* a scan of EV gives rows of EV */
    int r = hl__chain(&w->scratch, w->before, (uint64_t)row[EPOCH].u.i, row, hash);
    if (r < 0) return r;
    bool is_whole = row[SEQ].u.i == w->expected && row[HASH].type == HL__BLOB && row[HASH].len == sizeof hash &&
                    memcmp(row[HASH].u.p, hash, sizeof hash) == 0;
    if (!is_whole) {
        w->bad = w->expected;
        return 1;
    }
    memcpy(w->before, hash, sizeof hash);
    w->expected++;
    return 0;
}

static int before_row(void *ctx, int table, const hl__value *row, uint32_t n)
{
    struct walk *w = ctx;
    (void)table, (void)n; /* as above */
    if (row[SEQ].u.i != w->expected - 1 || row[HASH].type != HL__BLOB || row[HASH].len != sizeof w->before) return 0;
    memcpy(w->before, row[HASH].u.p, sizeof w->before);
    return 0;
}

int hl__store_verify(hl__store *s, hl_seq from, hl_seq *out)
{
    struct walk w = { .expected = from < 1 ? 1 : from };
    hl__mem mem = { 0 };
    hl__buf_init(&w.scratch, &mem);
    hl__value at = { HL__INT, 8, { .i = w.expected } }, last = { HL__INT, 8, { .i = w.expected - 1 } };
    hl__scan q = { HL__TABLE_EV, 0, &at, NULL, 1, 0, 1, 1 };
    hl__visit v = { before_row, &w };
    int r = w.expected == 1 ? 0 : hl__store_scan(s, &q, &v);
    if (r == 0) {
        q = (hl__scan) { HL__TABLE_EV, 0, &last, NULL, 1, 0, 0, 0 };
        v.row = walk_row;
        r = hl__store_scan(s, &q, &v);
    }
    hl__buf_free(&w.scratch);
    if (r > 0) *out = w.bad;
    return r;
}
