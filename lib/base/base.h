/* base.h - what every folder stands on: memory, words of errors, text, tables, timers, rings, chance, hashes.
 *
 * Nothing here knows what a hotline is. Nothing here reads a clock, a file or the environment.
 * Functions that allocate return HL_ENOMEM or NULL and leave their object as it was. */
#ifndef HL_BASE_H
#define HL_BASE_H
#include <hotline.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>

#define HL__COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HL__PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define HL__US 1000      /* microseconds in a millisecond */
#define HL__SECOND 1000000
#define HL__LAST_TIME (INT64_C(253402300800) * HL__SECOND) /* the year 10000; sums with any span do not overflow */
#define HL__ID(serial, kind) ((hl_id)(((hl_id)(serial) << 4) | (kind)))
#define HL__KIND(id) ((int)((id) & 15))

/* mem.c - every byte the library keeps is counted, and may be refused. */
typedef struct hl__mem {
    void *(*alloc)(void *ctx, void *old, size_t size); /* NULL: realloc, free */
    void *ctx;
    int64_t limit;                 /* bytes, 0: none */
    _Atomic int64_t used, blocks;  /* bytes and blocks live now */
    _Atomic int64_t refused;       /* how often there was none: work that cannot say so is looked after by this */
    struct hl__reserve *reserve;
    atomic_int busy;
    int64_t fail_at;               /* tests: the n-th allocation from now fails, 0: none; -n: it and all later */
} hl__mem;
void *hl__alloc(hl__mem *mem, size_t size);                          /* zeroed; NULL: out of memory */
void *hl__alloc_array(hl__mem *mem, size_t count, size_t size);      /* zeroed; NULL also if the product overflows */
void *hl__realloc(hl__mem *mem, void *old, size_t size);             /* what grows is not zeroed; old stays on NULL */
void hl__free(hl__mem *mem, void *block);                            /* takes NULL */
char *hl__strdup(hl__mem *mem, const char *text);                    /* NULL in: NULL out */
char *hl__strndup(hl__mem *mem, const char *text, size_t len);
/* Sets memory aside, in place of what was: until _end, what malloc refuses, and if it knows no limit what the limit
 * forbids, is cut from it. */
int hl__reserve_begin(hl__mem *mem, size_t bytes, bool knows_no_limit);
bool hl__reserve_is_whole(hl__mem *mem);                             /* there, and nothing cut from it */
void hl__reserve_end(hl__mem *mem);
/* Room for one more element: grows *array (of *room elements of size bytes) by half when count == *room. */
int hl__grow(hl__mem *mem, void *array, uint32_t *room, uint32_t count, size_t size);

/* err.c - the words of an error: one line, what was asked and what stands against it. */
typedef struct hl__err { int code; char words[508]; } hl__err;
int hl__fail(hl__err *err, int code, const char *fmt, ...) HL__PRINTF(3, 4); /* returns code; err may be NULL */

/* str.c - text that grows; text that came from outside. */
typedef struct hl__buf { hl__mem *mem; char *data; size_t len, room; int failed; } hl__buf; /* data ends in NUL */
void hl__buf_init(hl__buf *b, hl__mem *mem);
void hl__buf_free(hl__buf *b);
void hl__buf_clear(hl__buf *b);                                /* keeps its room */
void hl__buf_add(hl__buf *b, const void *data, size_t len);    /* after a failure: nothing; b->failed tells */
void hl__buf_str(hl__buf *b, const char *text);
void hl__buf_char(hl__buf *b, char c);
void hl__buf_int(hl__buf *b, int64_t n);
void hl__buf_fmt(hl__buf *b, const char *fmt, ...) HL__PRINTF(2, 3);
void hl__buf_json(hl__buf *b, const char *text);               /* a JSON string with its quotes; NULL: null */
bool hl__utf8_ok(const char *text, size_t len);                /* well-formed; shortest form; no surrogates */
bool hl__text_ok(const char *text, size_t max);                /* UTF-8 without control characters, at most max bytes */
size_t hl__utf8_size(const char *text, size_t len);            /* code points of well-formed text */
size_t hl__copy(char *to, size_t room, const char *from);      /* cuts at room - 1 bytes, always ends; bytes copied */
bool hl__int_parse(const char *text, size_t len, int64_t *out); /* decimal, whole text, no blanks, no overflow */
int hl__distance(const char *a, const char *b);                /* edits between two short words, for "did you mean" */

/* map.c - open addressing; values are pointers, never NULL. Order of walking is the order of insertion. */
typedef struct hl__map {
    hl__mem *mem;
    struct hl__slot *slot;
    uint32_t *index;
    uint32_t used, live, room, mask;
} hl__map;
void hl__map_init(hl__map *m, hl__mem *mem);
void hl__map_free(hl__map *m);                                 /* the map, not the values */
int hl__map_put(hl__map *m, hl_id key, void *value);           /* replaces */
void *hl__map_get(const hl__map *m, hl_id key);
void *hl__map_del(hl__map *m, hl_id key);                      /* what was there, or NULL */
void *hl__map_at(const hl__map *m, uint32_t *pos);             /* walk: *pos = 0 first; NULL at the end */
typedef struct hl__names { hl__map map; } hl__names;           /* the same by name; the key must live in the value */
void hl__names_init(hl__names *n, hl__mem *mem);
void hl__names_free(hl__names *n);
int hl__names_put(hl__names *n, const char *name, void *value);
void *hl__names_get(const hl__names *n, const char *name);
void *hl__names_del(hl__names *n, const char *name);
void *hl__names_at(const hl__names *n, uint32_t *pos);

/* wheel.c - timers, in the order of (time, serial); adding and dropping never fail, no memory is needed. */
typedef struct hl__timer hl__timer;
typedef void hl__timer_fn(void *ctx, hl__timer *t);
struct hl__timer { hl_time at; uint64_t serial; hl__timer_fn *fire; void *ctx; hl__timer *child, *next, *prev; };
typedef struct hl__wheel { hl__timer *root; uint64_t serial; } hl__wheel;
void hl__timer_set(hl__wheel *w, hl__timer *t, hl_time at); /* also moves one that is set; t->fire, ctx: the owner's */
void hl__timer_drop(hl__wheel *w, hl__timer *t);               /* one that is not set: nothing */
bool hl__timer_is_set(const hl__timer *t);
hl_time hl__wheel_due(const hl__wheel *w);                     /* INT64_MAX: none */
hl__timer *hl__wheel_take(hl__wheel *w, hl_time now);          /* the first one due, taken out; NULL: none */

/* ring.c - a bounded queue between two threads: one puts, one takes; items are copied. A full ring is an answer. */
typedef struct hl__ring hl__ring;
int hl__ring_new(hl__mem *mem, uint32_t items, size_t item_size, hl__ring **out); /* items: rounded up to 2^n */
void hl__ring_free(hl__mem *mem, hl__ring *r);
int hl__ring_put(hl__ring *r, const void *item);               /* 0 or HL_ELIMIT */
int hl__ring_take(hl__ring *r, void *item);                    /* 1, or 0: empty */
uint32_t hl__ring_room(const hl__ring *r);                     /* free places, as the putter may trust them */

/* rand.c - Philox4x32-10 (Salmon et al. 2011): key = seed, counter = (n, stream, serial). Equal on every machine. */
typedef struct hl__rand {
    uint64_t seed;
    uint32_t n, stream;
    uint64_t serial;
    uint32_t out[4];
    uint32_t left;
} hl__rand;
void hl__rand_init(hl__rand *r, int64_t seed, uint32_t stream, uint64_t serial);
uint32_t hl__rand_u32(hl__rand *r);
uint64_t hl__rand_u64(hl__rand *r);
uint32_t hl__rand_below(hl__rand *r, uint32_t bound);          /* even; 0 for bound 0 */
double hl__rand_real(hl__rand *r);                             /* in [0, 1), 53 bits */
void hl__rand_bytes(hl__rand *r, void *out, size_t len);
void hl__rand_text(hl__rand *r, char *out, size_t len);        /* len characters of [0-9a-z] and NUL */
void hl__philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]);

/* hash.c */
uint64_t hl__fnv(uint64_t seed, const void *data, size_t len); /* FNV-1a 64; seed 0: its offset basis */
int hl__sha256(const void *data, size_t len, uint8_t out[32]); /* HL_ENOMEM */
int hl__sign(const void *key, size_t key_len, const void *data, size_t len, uint8_t out[32]); /* SHA-256; the same */
void hl__hex(const uint8_t *data, size_t len, char *out);      /* 2 * len + 1 bytes, small letters */
bool hl__equal(const void *a, const void *b, size_t len);      /* in constant time */

/* log.c - lines for the operator; the sink is the application's descriptor, set by whoever owns it. */
typedef struct hl__logger {
    void (*line)(void *ctx, int level, const char *text);
    void *ctx;
    uint32_t level;
} hl__logger;
void hl__log(hl__logger *log, int level, const char *fmt, ...) HL__PRINTF(3, 4);
#endif
