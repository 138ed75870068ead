/* http.c - which request is what, and what an error is called in HTTP. */
#include "gateway/gateway.h"
#include <string.h>

static const struct { const char *path; int kind, op, methods; } routes[] = {
    { "/api/login",    HL__ROUTE_LOGIN,   0,                    1 << HL__POST },
    { "/api/caller",   HL__ROUTE_CALLER,  0,                    1 << HL__POST },
    { "/api/op",       HL__ROUTE_OP,      0,                    1 << HL__POST },
    { "/api/tickets",  HL__ROUTE_GET,     HL__DO_TICKET_LIST,   1 << HL__GET },
    { "/api/queues",   HL__ROUTE_GET,     HL__DO_QUEUE_LIST,    1 << HL__GET },
    { "/api/agents",   HL__ROUTE_GET,     HL__DO_AGENT_LIST,    1 << HL__GET },
    { "/api/contacts", HL__ROUTE_GET,     HL__DO_CONTACT_LIST,  1 << HL__GET },
    { "/api/state",    HL__ROUTE_GET,     HL__DO_STATE,         1 << HL__GET },
    { "/metrics",      HL__ROUTE_METRICS, HL__DO_METRICS,       1 << HL__GET },
    { "/health",       HL__ROUTE_HEALTH,  0,                    1 << HL__GET | 1 << HL__HEAD },
};
static const char ticket_path[] = "/api/tickets/";

/* The path without a slash at its end. */
static size_t bare(const char *path)
{
    size_t len = strlen(path);
    return len > 1 && path[len - 1] == '/' ? len - 1 : len;
}

static void api_find(int method, const char *path, hl__route *out)
{
    size_t len = bare(path);
    *out = (hl__route){ .kind = HL__ROUTE_NONE };
    for (size_t i = 0; i < HL__COUNT(routes); i++) {
        if (strlen(routes[i].path) != len || memcmp(routes[i].path, path, len) != 0) continue;
        out->kind = routes[i].methods >> method & 1 || method == HL__OPTIONS ? routes[i].kind : HL__ROUTE_METHOD;
        out->op = routes[i].op;
        return;
    }
    if (strncmp(path, ticket_path, sizeof ticket_path - 1) != 0) return;
    const char *id = path + sizeof ticket_path - 1;
    if (!hl__int_parse(id, strlen(id), &out->id) || out->id < 1) return;
    out->kind = method == HL__GET || method == HL__OPTIONS ? HL__ROUTE_GET : HL__ROUTE_METHOD;
    out->op = HL__DO_TICKET_GET;
}

void hl__route_find(int method, const char *path, hl__route *out)
{
    if (strncmp(path, "/api", 4) == 0 && (path[4] == '/' || !path[4])) {
        api_find(method, path, out);
        return;
    }
    api_find(method, path, out);
    if (out->kind != HL__ROUTE_NONE) return;
    bool sdk = strncmp(path, "/sdk/", 5) == 0;
    *out = (hl__route){ .kind = sdk ? HL__ROUTE_SDK : HL__ROUTE_FILE, .rest = sdk ? path + 4 : path };
    if (method != HL__GET && method != HL__HEAD) out->kind = HL__ROUTE_METHOD;
}

int hl__http_status(int code)
{
    static const struct { int code, status; } table[] = { { HL_EINVAL, 400 }, { HL_EPARSE, 400 }, { HL_EDENIED, 403 },
        { HL_ENOENT, 404 }, { HL_ESTATE, 409 }, { HL_ECONFLICT, 409 }, { HL_EEXIST, 409 }, { HL_ELIMIT, 429 },
        { HL_ENOTSUP, 501 } };
    if (code >= 0) return 200;
    for (size_t i = 0; i < HL__COUNT(table); i++)
        if (table[i].code == code) return table[i].status;
    return 503;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "a%20b+c" up to & or the end, into out; false: too long or not well-formed. */
static bool decode(const char *text, size_t len, char *out, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i] == '+' ? ' ' : text[i];
        if (c == '%') {
            if (i + 2 >= len || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) return false;
            c = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        }
        if (!c || n + 1 >= room) return false;
        out[n++] = c;
    }
    out[n] = 0;
    return hl__utf8_ok(out, n);
}

/* The type letter of an argument of the operation, 0: it has none of that name. */
static char arg_type(int op, const char *name, size_t len)
{
    for (const char *p = hl__op_args(op); *p; p += strcspn(p, " "), p += strspn(p, " ")) {
        size_t n = strcspn(p, "?:");
        if (n == len && memcmp(p, name, n) == 0) return p[n] == '?' ? p[n + 2] : p[n + 1];
    }
    return 0;
}

static int pair_json(hl__buf *b, const hl__route *route, const char *at, size_t len, hl__err *err)
{
    char value[1024];
    const char *eq = memchr(at, '=', len);
    size_t name = eq ? (size_t)(eq - at) : len;
    char type = arg_type(route->op, at, name);
    int64_t number;
    if (!type) return hl__fail(err, HL_EINVAL, "no parameter \"%.*s\" here", name < 40 ? (int)name : 40, at);
    if (!eq || !decode(eq + 1, len - name - 1, value, sizeof value))
        return hl__fail(err, HL_EINVAL, "parameter %.*s has no good value", (int)name, at);
    hl__buf_fmt(b, ",\"%.*s\":", (int)name, at);
    if (type == 's') hl__buf_json(b, value);
    else if (type == 'i' && hl__int_parse(value, strlen(value), &number)) hl__buf_int(b, number);
    else return hl__fail(err, HL_EINVAL, "parameter %.*s is a whole number", (int)name, at);
    return 0;
}

static const char *op_name(int op)
{
#define X(name, id, who, args) [HL__DO_##id] = name,
    static const char *const names[] = { HL__OPS(X) };
#undef X
    return names[op];
}

int hl__query_json(hl__buf *b, const hl__route *route, const char *query, hl__err *err)
{
    hl__buf_fmt(b, "{\"op\":\"%s\"", op_name(route->op));
    if (route->id) hl__buf_fmt(b, ",\"ticket\":%lld", (long long)route->id);
    for (const char *p = query; *p;) {
        size_t len = strcspn(p, "&");
        int r = len ? pair_json(b, route, p, len, err) : 0;
        if (r < 0) return r;
        p += len + (p[len] == '&');
    }
    hl__buf_char(b, '}');
    return b->failed ? hl__fail(err, HL_ENOMEM, "out of memory") : 0;
}

/* "https://desk.example" has the host "desk.example"; a browser sends no path behind it. */
bool hl__origin_ok(const char *origin, const char *host, const char *const *allowed, size_t count)
{
    if (!origin || !*origin) return true;
    const char *slashes = strstr(origin, "://");
    if (slashes && host && *host && strcmp(slashes + 3, host) == 0) return true;
    for (size_t i = 0; i < count; i++)
        if (strcmp(allowed[i], origin) == 0) return true;
    return false;
}

/* "agent" is who asks, but where the operation itself is about one; "by" is it always. */
int hl__op_signed(hl__buf *b, int op, const char *json, size_t len, const hl__grant *by)
{
    while (len && json[len - 1] != '}') len--;
    if (!len) return HL_EINVAL;
    hl__buf_add(b, json, len - 1);
    hl__buf_fmt(b, ",\"role\":%u", by->role);
    if (by->agent) hl__buf_fmt(b, ",\"by\":%lld", (long long)by->agent);
    if (by->agent && !arg_type(op, "agent", 5)) hl__buf_fmt(b, ",\"agent\":%lld", (long long)by->agent);
    if (by->subject) {
        hl__buf_str(b, ",\"subject\":");
        hl__buf_json(b, by->subject);
    }
    hl__buf_char(b, '}');
    return b->failed ? HL_ENOMEM : 0;
}
