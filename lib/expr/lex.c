/* lex.c - an expression's text as tokens. */
#include "expr/code.h"
#include <string.h>

static bool is_digit(int c) { return c >= '0' && c <= '9'; }
static bool is_first(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

static int hex_of(int c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void bad(compiler *c, int code, size_t at, const char *words)
{
    hl__expr_wrong(c, code, at, "%s", words);
    c->tok.kind = T_BAD;
}

static bool is_hex(const char *s, size_t len)
{
    return len > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && hex_of(s[2]) >= 0;
}

/* Digits, or 0x and hexadecimal ones; the sign is the parser's. The least int is written as - and 2^63. */
static void number(compiler *c, const char *s, size_t len)
{
    uint64_t n = 0;
    size_t i = c->at;
    int base = is_hex(s + i, len - i) ? 16 : 10, d;

    i += base == 16 ? 2 : 0;
    for (; i < len && (d = hex_of(s[i])) >= 0 && d < base; i++) {
        if (n > (UINT64_MAX / 2 + 1 - (uint64_t)d) / (uint64_t)base) {
            bad(c, 725, c->at, "a whole number of 64 bits is wanted");
            return;
        }
        n = n * (uint64_t)base + (uint64_t)d;
    }
    if (i + 1 < len && s[i] == '.' && is_digit(s[i + 1]))
        bad(c, 720, i, "there are no fractions; money('1.50 CNY') or whole numbers are possible");
    else if (i < len && is_first(s[i]))
        bad(c, 720, i, "a letter directly behind a number");
    else {
        c->tok.kind = T_INT;
        c->tok.number = (int64_t)n; /* 2^63 comes out as the least int: the parser looks for the sign */
        c->at = i;
    }
}

static void put_utf8(hl__buf *b, uint32_t u)
{
    if (u < 0x80) {
        hl__buf_char(b, (char)u);
        return;
    }
    if (u < 0x800) {
        hl__buf_char(b, (char)(0xc0 | u >> 6));
    } else if (u < 0x10000) {
        hl__buf_char(b, (char)(0xe0 | u >> 12));
        hl__buf_char(b, (char)(0x80 | (u >> 6 & 63)));
    } else {
        hl__buf_char(b, (char)(0xf0 | u >> 18));
        hl__buf_char(b, (char)(0x80 | (u >> 12 & 63)));
        hl__buf_char(b, (char)(0x80 | (u >> 6 & 63)));
    }
    hl__buf_char(b, (char)(0x80 | (u & 63)));
}

/* A code point in so many digits behind the escape letter; bytes used, or 0. */
static size_t escape_code(hl__buf *b, const char *s, size_t left, size_t digits, int base)
{
    uint32_t u = 0;
    int d;

    if (left < digits)
        return 0;
    for (size_t i = 0; i < digits; i++) {
        if ((d = hex_of(s[i])) < 0 || d >= base || u > 0x10ffff)
            return 0;
        u = u * (uint32_t)base + (uint32_t)d;
    }
    if (u == 0 || u > 0x10ffff || (u >= 0xd800 && u < 0xe000) || (base == 8 && u > 255))
        return 0;
    put_utf8(b, u);
    return digits;
}

/* One escape, s behind the backslash; bytes used, or 0. */
static size_t escape(hl__buf *b, const char *s, size_t left)
{
    static const char from[] = "abfnrtv\\?\"'`", to[] = "\a\b\f\n\r\t\v\\?\"'`";
    const char *p;
    size_t n;

    if (left == 0 || s[0] == 0)
        return 0;
    if ((p = strchr(from, s[0]))) {
        hl__buf_char(b, to[p - from]);
        return 1;
    }
    switch (s[0]) {
    case 'x': case 'X': n = escape_code(b, s + 1, left - 1, 2, 16); break;
    case 'u': n = escape_code(b, s + 1, left - 1, 4, 16); break;
    case 'U': n = escape_code(b, s + 1, left - 1, 8, 16); break;
    case '0': case '1': case '2': case '3': return escape_code(b, s, left, 3, 8);
    default: return 0;
    }
    return n ? n + 1 : 0;
}

static void text(compiler *c, const char *s, size_t len, bool is_raw)
{
    hl__buf *b = &c->e->text;
    size_t i = c->at + is_raw, n;
    char quote = s[i++];

    c->tok.text = (uint32_t)b->len;
    for (;;) {
        if (i >= len || s[i] == '\n' || s[i] == '\r') {
            bad(c, 720, c->at, "this text has no closing quote");
            return;
        }
        if (s[i] == quote)
            break;
        if (s[i] != '\\' || is_raw) {
            hl__buf_char(b, s[i++]);
        } else if ((n = escape(b, s + i + 1, len - i - 1)) > 0) {
            i += n + 1;
        } else {
            bad(c, 720, i, "no such escape; a backslash itself is \\\\");
            return;
        }
    }
    c->tok.text_len = (uint32_t)b->len - c->tok.text;
    c->tok.kind = T_TEXT;
    c->at = i + 1;
}

static void name(compiler *c, const char *s, size_t len)
{
    size_t i = c->at;

    while (i < len && (is_first(s[i]) || is_digit(s[i])))
        i++;
    c->tok.kind = i - c->at == 2 && memcmp(s + c->at, "in", 2) == 0 ? T_IN : T_NAME;
    c->at = i;
}

static void sign(compiler *c, const char *s, size_t len)
{
    static const struct { char text[3]; uint8_t kind; } table[] = {
        { "&&", T_AND }, { "||", T_OR }, { "==", T_EQ }, { "!=", T_NE }, { "<=", T_LE }, { ">=", T_GE },
        { "<", T_LT }, { ">", T_GT }, { "+", T_ADD }, { "-", T_SUB }, { "*", T_MUL }, { "/", T_DIV }, { "%", T_MOD },
        { "!", T_NOT }, { "?", T_ASK }, { ":", T_COLON }, { ",", T_COMMA }, { ".", T_DOT }, { "(", T_OPEN },
        { ")", T_CLOSE }, { "[", T_LIST }, { "]", T_UNLIST }, { "{", T_MAP }, { "}", T_UNMAP },
    };

    for (size_t i = 0; i < HL__COUNT(table); i++) {
        size_t n = strlen(table[i].text);
        if (len - c->at >= n && memcmp(s + c->at, table[i].text, n) == 0) {
            c->tok.kind = table[i].kind;
            c->at += n;
            return;
        }
    }
    if (s[c->at] == '=')
        bad(c, 720, c->at, "one = means nothing here; == compares");
    else if (s[c->at] == '&' || s[c->at] == '|')
        bad(c, 720, c->at, "&& and || are and and or");
    else
        bad(c, 720, c->at, "this character means nothing here");
}

static size_t blanks(const char *s, size_t len)
{
    size_t i = 0;

    while (i < len && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r'))
        i++;
    return i;
}

static bool is_raw(const char *s, size_t len)
{
    return len > 1 && (s[0] == 'r' || s[0] == 'R') && (s[1] == '"' || s[1] == '\'');
}

void hl__lex(compiler *c)
{
    const char *s = c->in->text;
    size_t len = c->in->len;

    c->at += blanks(s + c->at, len - c->at);
    c->tok = (token){ .kind = T_END, .at = c->at };
    if (c->is_bad || c->at >= len)
        c->tok.kind = c->is_bad ? T_BAD : T_END;
    else if (is_digit(s[c->at]))
        number(c, s, len);
    else if (s[c->at] == '"' || s[c->at] == '\'')
        text(c, s, len, false);
    else if (is_raw(s + c->at, len - c->at))
        text(c, s, len, true);
    else if (is_first(s[c->at]))
        name(c, s, len);
    else
        sign(c, s, len);
    c->tok.len = c->at - c->tok.at;
}
