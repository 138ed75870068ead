/* ops.c - what a page may ask: names, roles, arguments, and how an answer looks. */
#include "gateway/gateway.h"
#include <string.h>

struct op { const char *name, *args; uint32_t who; };
static const struct op ops[] = {
    { "", "", 0 },
#define X(name, op, who, args) { name, args, who },
    HL__OPS(X)
#undef X
};

static const char *const roles[] = { "", "caller", "agent", "supervisor", "admin", "metrics" };

const char *hl__role_name(uint32_t role)
{
    return role < HL__COUNT(roles) ? roles[role] : "";
}

uint32_t hl__role_find(const char *name)
{
    for (uint32_t i = 1; i < HL__COUNT(roles); i++)
        if (strcmp(roles[i], name) == 0) return i;
    return 0;
}

const char *hl__code_name(int code)
{
    static const struct { int code; const char *name; } codes[] = {
#define X(name, number, words) { number, #name },
        HL_ERRORS(X)
#undef X
    };
    for (size_t i = 0; i < HL__COUNT(codes); i++)
        if (codes[i].code == code) return codes[i].name;
    return "EINVAL";
}

static const char *code_words(int code)
{
    static const struct { int code; const char *words; } codes[] = {
#define X(name, number, words) { number, words },
        HL_ERRORS(X)
#undef X
    };
    for (size_t i = 0; i < HL__COUNT(codes); i++)
        if (codes[i].code == code) return codes[i].words;
    return "";
}

int hl__op_find(const char *name)
{
    for (int i = 1; i < HL__DO_END; i++)
        if (ops[i].who && strcmp(ops[i].name, name) == 0) return i;
    return 0;
}

const char *hl__op_args(int op)
{
    return op > 0 && op < HL__DO_END ? ops[op].args : "";
}

bool hl__op_allowed(int op, uint32_t role)
{
    return op > 0 && op < HL__DO_END && role < 32 && ops[op].who >> role & 1;
}

/* One "name:type" or "name?:type" of the list, which moves on; false at its end. */
struct arg { const char *name; size_t len; bool optional; char type; };
static bool arg_next(const char **list, struct arg *out)
{
    const char *p = *list;
    while (*p == ' ') p++;
    if (!*p) return false;
    out->name = p;
    out->len = strcspn(p, "?:");
    out->optional = p[out->len] == '?';
    p += out->len + (out->optional ? 2 : 1);
    out->type = *p;
    *list = p + 1;
    return true;
}

static bool arg_find(const char *list, const char *name, struct arg *out)
{
    while (arg_next(&list, out))
        if (strlen(name) == out->len && memcmp(name, out->name, out->len) == 0) return true;
    return false;
}

/* Text is at most 4096 bytes without control characters, but notes have lines and an SDP is all lines. */
static bool text_good(const char *text, size_t len)
{
    if (strlen(text) != len || len > 16384 || !hl__utf8_ok(text, len)) return false;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if ((*p < 32 && *p != '\n' && *p != '\r' && *p != '\t') || *p == 127) return false;
    return true;
}

static bool value_good(const hl__json *v, char type)
{
    int t = hl__json_type(v);
    if (type == 's') return t == HL__JTEXT && text_good(hl__json_text(v), hl__json_text_len(v));
    if (type == 'i') return t == HL__JINT && hl__json_int(v) >= 0;
    if (type == 'b') return t == HL__JBOOL;
    return t == HL__JOBJECT;
}

static const char *type_words(char type)
{
    if (type == 's') return "text of at most 16384 bytes";
    if (type == 'i') return "a whole number, 0 or more";
    if (type == 'b') return "true or false";
    return "an object";
}

static int members_check(const hl__json *msg, const struct op *op, hl__err *err)
{
    struct arg a;
    for (void *it = hl__json_iter(msg); it; it = hl__json_iter_next(msg, it)) {
        const char *key = hl__json_iter_key(it);
        if (strcmp(key, "id") == 0 || strcmp(key, "op") == 0) continue;
        if (!arg_find(op->args, key, &a))
            return hl__fail(err, HL_EINVAL, "%s does not take \"%.40s\"; it takes: %s", op->name, key, op->args);
        if (!value_good(hl__json_iter_value(it), a.type))
            return hl__fail(err, HL_EINVAL, "\"%s\" of %s is %s", key, op->name, type_words(a.type));
    }
    const char *list = op->args;
    while (arg_next(&list, &a)) {
        char name[32];
        (void)hl__copy(name, a.len + 1 < sizeof name ? a.len + 1 : sizeof name, a.name);
        if (!a.optional && !hl__json_get(msg, name)) return hl__fail(err, HL_EINVAL, "%s needs \"%s\"", op->name, name);
    }
    return 0;
}

int hl__op_check(const hl__json *msg, uint32_t role, int *out, hl__err *err)
{
    const char *name = hl__json_text(hl__json_get(msg, "op"));
    if (!name) return hl__fail(err, HL_EINVAL, "a message is an object with \"op\"");
    int op = hl__op_find(name);
    if (!op) return hl__fail(err, HL_ENOTSUP, "there is no operation \"%.40s\"", name);
    if (!hl__op_allowed(op, role)) return hl__fail(err, HL_EDENIED, "%s is not for role %s", name, hl__role_name(role));
    int r = members_check(msg, &ops[op], err);
    if (r < 0) return r;
    *out = op;
    return 0;
}

/* The members of an object's text, without its braces; 0: none. */
static size_t inside(const char **json, size_t len)
{
    const char *p = *json, *end = p + len;
    while (p < end && strchr(" \t\r\n", *p)) p++;
    while (end > p && strchr(" \t\r\n", end[-1])) end--;
    if (end - p < 2 || *p != '{' || end[-1] != '}') return 0;
    p++;
    end--;
    while (p < end && strchr(" \t\r\n", *p)) p++;
    *json = p;
    return (size_t)(end - p);
}

void hl__answer(hl__buf *b, const int64_t *re, int code, const char *json, size_t len)
{
    const char *more = json ? json : "";
    bool object = len && more[0] == '{';
    size_t more_len = object ? inside(&more, len) : 0;
    hl__buf_char(b, '{');
    if (re) hl__buf_fmt(b, "\"re\":%lld,", (long long)*re);
    if (code >= 0) {
        hl__buf_str(b, "\"ok\":true");
    } else {
        hl__buf_fmt(b, "\"err\":\"%s\"", hl__code_name(code));
        if (!object) {
            char words[512];
            (void)hl__copy(words, len && len < sizeof words ? len + 1 : sizeof words, len ? json : code_words(code));
            hl__buf_str(b, ",\"msg\":");
            hl__buf_json(b, words);
        }
    }
    if (more_len) {
        hl__buf_char(b, ',');
        hl__buf_add(b, more, more_len);
    }
    hl__buf_char(b, '}');
}
