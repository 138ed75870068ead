/* json.h - JSON in and findings about it. The only door to jansson; numbers are integers unless one asks for a real.
 *
 * A document is read with hl__json_parse and walked with the functions below; text is written with hl__buf_json and
 * friends. Where a value stands is told by an hl__place, a chain on the stack that prints itself as a JSON pointer. */
#ifndef HL_BASE_JSON_H
#define HL_BASE_JSON_H
#include "base/base.h"

typedef struct json_t hl__json;
enum { HL__JNULL, HL__JBOOL, HL__JINT, HL__JREAL, HL__JTEXT, HL__JLIST, HL__JOBJECT };

typedef struct hl__place { const struct hl__place *up; const char *key; size_t index; } hl__place; /* key NULL: index */

/* What is wrong with a document: all of it, in the order found; at most 1000. */
typedef struct hl__finding { int32_t level, code; char *pointer, *text; int32_t line, column, length; } hl__finding;
typedef struct hl__findings {
    hl__mem *mem;
    hl__finding *list;
    uint32_t count, room, errors; /* errors: those of level 1, also uncounted ones */
    bool no_memory;               /* something could not be looked at: neither good nor bad */
    char *source; size_t source_len; /* the document's text, kept for lines and columns */
} hl__findings;
void hl__findings_init(hl__findings *f, hl__mem *mem);
void hl__findings_free(hl__findings *f);
void hl__findings_clear(hl__findings *f);
int hl__findings_source(hl__findings *f, const char *text, size_t len); /* copies */
void hl__findings_unsource(hl__findings *f);
void hl__error(hl__findings *f, int code, const hl__place *at, const char *fmt, ...) HL__PRINTF(4, 5);
void hl__warn(hl__findings *f, int code, const hl__place *at, const char *fmt, ...) HL__PRINTF(4, 5);
const hl__finding *hl__findings_at(hl__findings *f, uint32_t n); /* 0, 1, ... with line and column filled in; NULL */

/* Parsing: whole text, no duplicate keys, depth 32, integers within 2^53, NUL refused. Codes 500 (syntax), 501 (limit).
 */
int hl__json_parse(hl__findings *f, const char *text, size_t len, hl__json **out); /* HL_EPARSE: a finding tells */
hl__json *hl__json_read(const char *text, size_t len, hl__err *err); /* the same with words only; NULL: see err */
void hl__json_free(hl__json *j);
hl__json *hl__json_keep(hl__json *j);                          /* one more owner */
int hl__json_type(const hl__json *j);                          /* NULL: HL__JNULL */
hl__json *hl__json_get(const hl__json *j, const char *key);    /* NULL: absent, or j is no object */
hl__json *hl__json_at(const hl__json *j, size_t index);
size_t hl__json_size(const hl__json *j);                       /* of a list or an object */
const char *hl__json_text(const hl__json *j);                  /* NULL: not text */
size_t hl__json_text_len(const hl__json *j);
int64_t hl__json_int(const hl__json *j);                       /* 0: not an integer */
double hl__json_real(const hl__json *j);                       /* of integers too */
bool hl__json_true(const hl__json *j);
void *hl__json_iter(const hl__json *j);                        /* members in the order of the text */
void *hl__json_iter_next(const hl__json *j, void *it);
const char *hl__json_iter_key(void *it);
hl__json *hl__json_iter_value(void *it);
int hl__json_canonical(hl__buf *b, const hl__json *j);         /* keys sorted, compact: hashes and comparisons */
int hl__json_set_text(hl__json *j, const char *key, const char *text); /* a member of an object; HL_ENOMEM */
int hl__json_set_member(hl__json *j, const char *key, const char *inner, const char *text); /* {inner: text} */
bool hl__json_equal(const hl__json *a, const hl__json *b);

/* Members with checks: absent gives the default, of another type or out of range is an error at place/key. */
typedef struct hl__jcheck { hl__findings *f; const hl__json *j; const hl__place *at; int code; } hl__jcheck;
int64_t hl__jint(const hl__jcheck *c, const char *key, int64_t min, int64_t max, int64_t otherwise);
double hl__jreal(const hl__jcheck *c, const char *key, double min, double max, double otherwise); /* finite */
bool hl__jbool(const hl__jcheck *c, const char *key, bool otherwise);
const char *hl__jtext(const hl__jcheck *c, const char *key, size_t max, const char *otherwise);
int hl__jword(const hl__jcheck *c, const char *key, const char *const *words,
              int otherwise); /* index; NULL ends words */
hl__json *hl__jobject(const hl__jcheck *c, const char *key);   /* NULL: absent or wrong */
hl__json *hl__jlist(const hl__jcheck *c, const char *key);
/* Each member must be one of known ("a b c"), else an error that offers the nearest. */
void hl__jknown(const hl__jcheck *c, const char *known);
bool hl__nearest(const char *word, const char *known, char *out, size_t room); /* in "a b c"; false: nothing near */
#endif
