/* str.c - text that grows; text that came from outside. */
#include "base/base.h"
#include <stdio.h>
#include <string.h>

void hl__buf_init(hl__buf *b, hl__mem *mem)
{
    *b = (hl__buf){ .mem = mem };
}

void hl__buf_free(hl__buf *b)
{
    hl__free(b->mem, b->data);
    *b = (hl__buf){ .mem = b->mem };
}

void hl__buf_clear(hl__buf *b)
{
    b->len = 0;
    b->failed = 0;
    if (b->data)
        b->data[0] = 0;
}

static int make_room(hl__buf *b, size_t more)
{
    size_t room = b->room ? b->room : 64;
    char *data;

    if (b->failed)
        return HL_ENOMEM;
    if (more < b->room - b->len && b->room)
        return 0;
    while (room - b->len <= more) {
        if (room > SIZE_MAX / 2)
            return b->failed = 1, HL_ENOMEM;
        room *= 2;
    }
    if (!(data = hl__realloc(b->mem, b->data, room)))
        return b->failed = 1, HL_ENOMEM;
    b->data = data;
    b->room = room;
    return 0;
}

void hl__buf_add(hl__buf *b, const void *data, size_t len)
{
    if (make_room(b, len) < 0)
        return;
    if (len > 0)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = 0;
}

void hl__buf_str(hl__buf *b, const char *text)
{
    hl__buf_add(b, text, strlen(text));
}

void hl__buf_char(hl__buf *b, char c)
{
    hl__buf_add(b, &c, 1);
}

void hl__buf_int(hl__buf *b, int64_t n)
{
    hl__buf_fmt(b, "%lld", (long long)n);
}

void hl__buf_fmt(hl__buf *b, const char *fmt, ...)
{
    char small[256];
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(small, sizeof(small), fmt, args);
    va_end(args);
    if (len < 0) {
        b->failed = 1;
    } else if ((size_t)len < sizeof(small)) {
        hl__buf_add(b, small, (size_t)len);
    } else if (make_room(b, (size_t)len) == 0) {
        va_start(args, fmt);
        vsnprintf(b->data + b->len, b->room - b->len, fmt, args);
        va_end(args);
        b->len += (size_t)len;
    }
}

void hl__buf_json(hl__buf *b, const char *text)
{
    if (!text) {
        hl__buf_str(b, "null");
        return;
    }
    hl__buf_char(b, '"');
    for (const char *from = text;; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= ' ' && c != '"' && c != '\\')
            continue;
        hl__buf_add(b, from, (size_t)(text - from));
        from = text + 1;
        if (c == 0)
            break;
        if (c == '"' || c == '\\')
            hl__buf_fmt(b, "\\%c", c);
        else if (c == '\n')
            hl__buf_str(b, "\\n");
        else
            hl__buf_fmt(b, "\\u%04x", c);
    }
    hl__buf_char(b, '"');
}

/* Bytes of the sequence that begins with c, and the least code point it may hold (RFC 3629); 0: none begins so. */
static size_t sequence(unsigned char c, uint32_t *least, uint32_t *bits)
{
    static const struct { unsigned char mask, lead; uint8_t len; uint32_t least; } kinds[] = {
        { 0x80, 0x00, 1, 0 }, { 0xe0, 0xc0, 2, 0x80 }, { 0xf0, 0xe0, 3, 0x800 }, { 0xf8, 0xf0, 4, 0x10000 },
    };

    for (size_t i = 0; i < HL__COUNT(kinds); i++)
        if ((c & kinds[i].mask) == kinds[i].lead) {
            *least = kinds[i].least;
            *bits = c & (unsigned char)~kinds[i].mask;
            return kinds[i].len;
        }
    return 0;
}

bool hl__utf8_ok(const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + len;

    while (at < end) {
        uint32_t least = 0, code = 0;
        size_t n = sequence(*at, &least, &code);
        if (n == 0 || n > (size_t)(end - at))
            return false;
        for (size_t i = 1; i < n; i++) {
            if ((at[i] & 0xc0) != 0x80)
                return false;
            code = code << 6 | (at[i] & 0x3f);
        }
        if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
            return false;
        at += n;
    }
    return true;
}

bool hl__text_ok(const char *text, size_t max)
{
    size_t len = strnlen(text, max + 1);

    if (len > max)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return false;
    return hl__utf8_ok(text, len);
}

size_t hl__utf8_size(const char *text, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

size_t hl__copy(char *to, size_t room, const char *from)
{
    size_t len;

    if (room == 0)
        return 0;
    len = from ? strnlen(from, room - 1) : 0;
    if (len > 0)
        memcpy(to, from, len);
    to[len] = 0;
    return len;
}

bool hl__int_parse(const char *text, size_t len, int64_t *out)
{
    bool minus = len > 0 && text[0] == '-';
    int64_t n = 0;

    if (len == (size_t)minus)
        return false;
    for (size_t i = minus; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_sub_overflow(n, text[i] - '0', &n))
            return false;
    }
    if (!minus && n == INT64_MIN)
        return false;
    *out = minus ? n : -n;
    return true;
}

int hl__distance(const char *a, const char *b)
{
    enum { LONGEST = 64 };
    int row[LONGEST + 1];
    size_t la = strnlen(a, LONGEST), lb = strnlen(b, LONGEST);

    for (size_t j = 0; j <= lb; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= la; i++) {
        int corner = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= lb; j++) {
            int change = corner + (a[i - 1] != b[j - 1]);
            corner = row[j];
            int other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = change < other ? change : other;
        }
    }
    return row[lb];
}
