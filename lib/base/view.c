/* view.c - pieces of somebody else's text: cut, compare, read a number. */
#include "base/view.h"
#include <string.h>

static unsigned char lower(char c)
{
    unsigned char u = (unsigned char)c;
    return u >= 'A' && u <= 'Z' ? (unsigned char)(u + 32) : u;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

hl__view hl__view_of(const char *text)
{
    return (hl__view){ text, text ? strlen(text) : 0 };
}

bool hl__view_same(hl__view a, hl__view b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool hl__view_alike(hl__view a, hl__view b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.at[i]) != lower(b.at[i]))
            return false;
    return true;
}

bool hl__view_is(hl__view v, const char *text)
{
    return hl__view_same(v, hl__view_of(text));
}

bool hl__view_like(hl__view v, const char *text)
{
    return hl__view_alike(v, hl__view_of(text));
}

bool hl__view_starts(hl__view v, const char *text)
{
    size_t len = strlen(text);
    return v.len >= len && hl__view_is((hl__view){ v.at, len }, text);
}

hl__view hl__view_trim(hl__view v)
{
    while (v.len && is_blank(v.at[0])) {
        v.at++;
        v.len--;
    }
    while (v.len && is_blank(v.at[v.len - 1]))
        v.len--;
    return v;
}

hl__view hl__view_skip(hl__view v, size_t n)
{
    n = n < v.len ? n : v.len;
    return v.at ? (hl__view){ v.at + n, v.len - n } : v;
}

bool hl__view_find(hl__view v, char c, size_t *at)
{
    const char *hit = v.len ? memchr(v.at, c, v.len) : NULL;
    if (!hit)
        return false;
    *at = (size_t)(hit - v.at);
    return true;
}

hl__view hl__view_cut(hl__view *rest, char c)
{
    size_t at;
    hl__view head = *rest;
    if (!hl__view_find(*rest, c, &at)) {
        *rest = (hl__view){ NULL, 0 };
        return head;
    }
    head.len = at;
    *rest = hl__view_skip(*rest, at + 1);
    return head;
}

bool hl__view_uint(hl__view v, uint64_t max, uint64_t *out)
{
    uint64_t n = 0;
    if (!v.len)
        return false;
    for (size_t i = 0; i < v.len; i++) {
        unsigned digit = (unsigned)(unsigned char)v.at[i] - '0';
        if (digit > 9 || n > (UINT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    if (n > max)
        return false;
    *out = n;
    return true;
}

char *hl__view_dup(hl__mem *mem, hl__view v)
{
    return hl__strndup(mem, v.at ? v.at : "", v.len);
}

size_t hl__view_copy(char *to, size_t room, hl__view v)
{
    size_t n = v.len < room ? v.len : room - 1;
    if (n)
        memcpy(to, v.at, n);
    to[n] = 0;
    return n;
}

void hl__buf_view(hl__buf *b, hl__view v)
{
    if (v.len)
        hl__buf_add(b, v.at, v.len);
}
