/* finding.c - what is wrong with a document: words, a JSON pointer, and the line and column where the value stands.
 *
 * jansson keeps no positions. They are found by scanning the text again along the pointer, and only for findings that
 * somebody reads. The scanner walks a text that has been parsed before, so it need not check it. */
#include "base/json.h"
#include <stdio.h>
#include <string.h>

enum { MOST = 1000 };

void hl__findings_init(hl__findings *f, hl__mem *mem)
{
    *f = (hl__findings){ .mem = mem };
}

void hl__findings_unsource(hl__findings *f)
{
    hl__free(f->mem, f->source);
    f->source = NULL;
    f->source_len = 0;
}

void hl__findings_clear(hl__findings *f)
{
    for (uint32_t i = 0; i < f->count; i++) {
        hl__free(f->mem, f->list[i].pointer);
        hl__free(f->mem, f->list[i].text);
    }
    f->count = f->errors = 0;
    f->no_memory = false;
    hl__findings_unsource(f);
}

void hl__findings_free(hl__findings *f)
{
    hl__findings_clear(f);
    hl__free(f->mem, f->list);
    *f = (hl__findings){ .mem = f->mem };
}

int hl__findings_source(hl__findings *f, const char *text, size_t len)
{
    char *copy = hl__strndup(f->mem, text, len);

    if (!copy)
        return HL_ENOMEM;
    hl__free(f->mem, f->source);
    f->source = copy;
    f->source_len = len;
    return 0;
}

/* "~" and "/" inside a key are "~0" and "~1" (RFC 6901). */
static void pointer_add(hl__buf *b, const hl__place *at)
{
    hl__buf_char(b, '/');
    if (!at->key) {
        hl__buf_int(b, (int64_t)at->index);
        return;
    }
    for (const char *c = at->key; *c; c++)
        if (*c == '~' || *c == '/')
            hl__buf_str(b, *c == '~' ? "~0" : "~1");
        else
            hl__buf_char(b, *c);
}

static char *pointer_text(hl__mem *mem, const hl__place *at)
{
    const hl__place *chain[64];
    size_t depth = 0;
    hl__buf b;

    for (; at && depth < HL__COUNT(chain); at = at->up)
        chain[depth++] = at;
    hl__buf_init(&b, mem);
    hl__buf_str(&b, "");
    while (depth > 0)
        pointer_add(&b, chain[--depth]);
    if (b.failed) {
        hl__buf_free(&b);
        return NULL;
    }
    return b.data;
}

static void add(hl__findings *f, int level, int code, const hl__place *at, const char *text)
{
    hl__finding one = { .level = level, .code = code };

    f->errors += level == 1;
    if (f->count >= MOST || hl__grow(f->mem, &f->list, &f->room, f->count, sizeof(*f->list)) < 0)
        return; /* counted, though its words are lost */
    one.pointer = pointer_text(f->mem, at);
    one.text = hl__strdup(f->mem, text);
    f->list[f->count++] = one;
}

void hl__error(hl__findings *f, int code, const hl__place *at, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    add(f, 1, code, at, text);
}

void hl__warn(hl__findings *f, int code, const hl__place *at, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    add(f, 2, code, at, text);
}

static const char *blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

static const char *text_end(const char *at)
{
    for (at++; *at && *at != '"'; at++)
        if (*at == '\\' && at[1])
            at++;
    return *at ? at + 1 : at;
}

/* Behind the value at `at`. */
static const char *value_end(const char *at)
{
    int depth = 0;

    do {
        at = blanks(at);
        if (*at == '"') {
            at = text_end(at);
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']') {
            depth--;
            at++;
        } else if (*at == ',' || *at == ':') {
            at++;
        } else if (*at) {
            at += strcspn(at, " \t\r\n,]}");
        }
    } while (*at && depth > 0);
    return at;
}

static uint32_t hex4(const char *at)
{
    uint32_t code = 0;

    for (int i = 0; i < 4; i++) {
        char c = at[i];
        code = code << 4 | (uint32_t)(c >= 'a' ? c - 'a' + 10 : c >= 'A' ? c - 'A' + 10 : c - '0');
    }
    return code;
}

static size_t utf8_put(uint32_t code, char out[4])
{
    static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    for (size_t i = n; i-- > 1; code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(lead[n] | code);
    return n;
}

/* One character of a JSON text, escapes read: its bytes to out, behind it the result. */
static const char *character(const char *at, char out[4], size_t *len)
{
    static const char escape[] = "bfnrt", meant[] = "\b\f\n\r\t";
    const char *hit;
    uint32_t code;

    *len = 1;
    if (*at != '\\') {
        out[0] = *at;
        return at + 1;
    }
    if (*++at != 'u') {
        hit = strchr(escape, *at);
        out[0] = hit ? meant[hit - escape] : *at;
        return at + 1;
    }
    code = hex4(at + 1);
    at += 5;
    if (code >= 0xd800 && code < 0xdc00) { /* the second half stands behind it: the text was parsed before */
        code = 0x10000 + ((code - 0xd800) << 10) + (hex4(at + 2) - 0xdc00);
        at += 6;
    }
    *len = utf8_put(code, out);
    return at;
}

/* Is the JSON text at `at` the word of a pointer? */
static bool same_key(const char *at, const char *word, size_t len)
{
    char bytes[4];
    size_t i = 0, n;

    for (at++; *at != '"';) {
        at = character(at, bytes, &n);
        for (size_t k = 0; k < n; k++) {
            if (i == len)
                return false;
            char want = word[i++];
            if (want == '~' && i < len)
                want = word[i++] == '1' ? '/' : '~';
            if (bytes[k] != want)
                return false;
        }
    }
    return i == len;
}

/* The value that one step of a pointer names inside the object or list at `at`; NULL: not there. */
static const char *step_into(const char *at, const char *word, size_t len)
{
    bool object = *at == '{';
    int64_t wanted = 0, index = 0;

    if ((!object && *at != '[') || (!object && !hl__int_parse(word, len, &wanted)))
        return NULL;
    for (at = blanks(at + 1); *at && *at != '}' && *at != ']'; index++) {
        bool found = object ? same_key(at, word, len) : index == wanted;
        if (object)
            at = blanks(blanks(text_end(at)) + 1);
        if (found)
            return at;
        at = blanks(value_end(at));
        if (*at == ',')
            at = blanks(at + 1);
    }
    return NULL;
}

static void locate(hl__findings *f, hl__finding *one)
{
    const char *at = blanks(f->source), *inner, *line;
    const char *p = one->pointer;

    while (p && *p == '/') {
        size_t len = strcspn(p + 1, "/");
        if (!(inner = step_into(at, p + 1, len)))
            break; /* what should be there is not: its parent is the place */
        at = inner;
        p += 1 + len;
    }
    one->line = 1;
    line = f->source;
    for (const char *c = f->source; c < at; c++)
        if (*c == '\n') {
            one->line++;
            line = c + 1;
        }
    one->column = 1 + (int32_t)hl__utf8_size(line, (size_t)(at - line));
    one->length = (int32_t)hl__utf8_size(at, (size_t)(value_end(at) - at));
}

const hl__finding *hl__findings_at(hl__findings *f, uint32_t n)
{
    if (n >= f->count)
        return NULL;
    if (f->list[n].line == 0 && f->source)
        locate(f, &f->list[n]);
    return &f->list[n];
}
