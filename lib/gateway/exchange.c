/* exchange.c - one HTTP request and its answer. */
#include "gateway/service.h"
#include <libwebsockets.h>
#include <string.h>

#define POLICY "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; media-src 'self' blob:; " \
    "worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'self'; " \
    "frame-ancestors 'self'"
#define HEADERS_ROOM 4096

void hl__exchange_drop(hl__sock *k)
{
    hl__mem *mem = k->g->mem;
    char **const texts[] = { &k->path, &k->host, &k->origin, &k->key, &k->browser };
    for (size_t i = 0; i < HL__COUNT(texts); i++) {
        hl__free(mem, *texts[i]);
        *texts[i] = NULL;
    }
    (void)hl__map_del(&k->g->waiting, (hl_id)k->serial);
    hl__buf_free(&k->in);
    hl__buf_free(&k->out);
    hl__buf_init(&k->in, mem);
    hl__buf_init(&k->out, mem);
    k->serial = 0;
    k->status = 0;
    k->body_over = false;
}

void hl__exchange_answer(hl__sock *k, int status, int code, const char *json, size_t len)
{
    hl__buf_clear(&k->out);
    hl__answer(&k->out, NULL, code, json, len);
    k->status = k->out.failed ? 503 : status;
    k->type = "application/json";
    k->g->metrics.errors += k->status >= 400;
    (void)lws_callback_on_writable(k->wsi); /* a sock that is closed meanwhile has no wsi any more */
}

void hl__exchange_refuse(hl__sock *k, int status, int code, const char *words)
{
    hl__exchange_answer(k, status, code, words, strlen(words));
}

bool hl__exchange_wait(hl__sock *k)
{
    lws_set_timeout(k->wsi, PENDING_TIMEOUT_USER_OK, 60);
    return hl__map_put(&k->g->waiting, (hl_id)k->serial, k) == 0;
}

/* The engine's answer to an operation that came by HTTP. */
void hl__exchange_reply(hl__gateway *g, int64_t id, int code, const char *json, size_t len)
{
    hl__gateway_lock(g);
    hl__sock *k = hl__map_del(&g->waiting, id);
    hl__json *figures = NULL;
    if (k && k->route.kind == HL__ROUTE_METRICS && code >= 0 && (figures = hl__json_read(json, len, NULL)) != NULL) {
        hl__metrics_engine(&k->out, figures);
        hl__metrics_own(&k->out, &g->metrics, &g->seats);
        k->status = k->out.failed ? 503 : 200;
        k->type = "text/plain; version=0.0.4; charset=utf-8";
        (void)lws_callback_on_writable(k->wsi); /* as above */
    } else if (k) {
        hl__exchange_answer(k, hl__http_status(code), code, json, len);
    }
    hl__json_free(figures);
    hl__gateway_unlock(g);
}

static char *header_copy(hl__sock *k, enum lws_token_indexes token)
{
    int len = lws_hdr_total_length(k->wsi, token);
    if (len <= 0) return NULL;
    char *text = hl__alloc(k->g->mem, (size_t)len + 1);
    if (text && (lws_hdr_copy(k->wsi, text, len + 1, token) < 0 || strlen(text) != (size_t)len)) text[0] = 0;
    return text;
}

static int method_of(struct lws *wsi)
{
    static const struct { enum lws_token_indexes token; int method; } methods[] = { { WSI_TOKEN_GET_URI, HL__GET },
        { WSI_TOKEN_POST_URI, HL__POST }, { WSI_TOKEN_HEAD_URI, HL__HEAD }, { WSI_TOKEN_OPTIONS_URI, HL__OPTIONS } };
    for (size_t i = 0; i < HL__COUNT(methods); i++)
        if (lws_hdr_total_length(wsi, methods[i].token) > 0) return methods[i].method;
    return HL__OTHER;
}

static enum lws_token_indexes uri_of(int method)
{
    return method == HL__GET ? WSI_TOKEN_GET_URI : method == HL__POST ? WSI_TOKEN_POST_URI
         : method == HL__HEAD ? WSI_TOKEN_HEAD_URI : WSI_TOKEN_OPTIONS_URI;
}

static void request_read(hl__sock *k)
{
    k->method = method_of(k->wsi);
    k->serial = ++k->g->serial;
    k->path = k->method == HL__OTHER ? NULL : header_copy(k, uri_of(k->method));
    k->host = header_copy(k, WSI_TOKEN_HOST);
    k->origin = header_copy(k, WSI_TOKEN_ORIGIN);
    k->key = header_copy(k, WSI_TOKEN_HTTP_AUTHORIZATION);
    k->g->metrics.requests++;
}

/* The grant behind "Bearer <key>"; NULL: the request was refused. */
static hl__grant *key_check(hl__sock *k)
{
    static const char bearer[] = "Bearer ";
    bool there = k->key && strncasecmp(k->key, bearer, sizeof bearer - 1) == 0;
    hl__grant *g = there ? hl__grant_find(&k->g->grants, hl__gateway_now(k->g), k->key + sizeof bearer - 1) : NULL;
    if (g && g->uses < 0) return g;
    hl__exchange_refuse(k, 401, HL_EDENIED, "no key, or it is not good (any more): POST /api/login with \"key\":true");
    return NULL;
}

static void op_ask(hl__sock *k, const hl__grant *by, int op, const char *json, size_t len)
{
    hl__buf b;
    hl__buf_init(&b, k->g->mem);
    int r = hl__op_signed(&b, op, json, len, by);
    if (r < 0) hl__exchange_refuse(k, hl__http_status(r), r, "");
    else if (!hl__exchange_wait(k)) hl__exchange_refuse(k, 503, HL_ENOMEM, "");
    else hl__session_op(k->g->hl, 0, (int64_t)k->serial, op, b.data, b.len);
    hl__buf_free(&b);
}

/* Checks an operation as a page's would be, then asks the engine. */
static void op_begin(hl__sock *k, const hl__grant *by, const hl__json *msg, const char *json, size_t len)
{
    hl__err err = { 0 };
    int op = 0, r = hl__op_check(msg, by->role, &op, &err);
    if (r < 0) hl__exchange_refuse(k, hl__http_status(r), r, err.words);
    else op_ask(k, by, op, json, len);
}

/* lws has decoded the parts of the query; the pure part decodes again, so what means something there is spelled out. */
static void query_add(hl__buf *b, const char *part)
{
    for (const char *p = part; *p; p++) {
        if (strchr("%&+#", *p)) hl__buf_fmt(b, "%%%02X", (unsigned)(unsigned char)*p);
        else hl__buf_char(b, *p);
    }
}

static void query_read(hl__sock *k, hl__buf *b)
{
    char part[2048];
    for (int i = 0; i < 32 && lws_hdr_copy_fragment(k->wsi, part, sizeof part, WSI_TOKEN_HTTP_URI_ARGS, i) >= 0; i++) {
        if (i) hl__buf_char(b, '&');
        query_add(b, part);
    }
}

static void get_begin(hl__sock *k)
{
    hl__buf query, b;
    hl__err err = { 0 };
    const hl__grant *by = key_check(k);
    if (!by) return;
    hl__buf_init(&query, k->g->mem);
    hl__buf_init(&b, k->g->mem);
    query_read(k, &query);
    int r = query.failed ? HL_ENOMEM : hl__query_json(&b, &k->route, query.data ? query.data : "", &err);
    hl__json *msg = r == 0 ? hl__json_read(b.data, b.len, &err) : NULL;
    if (msg) op_begin(k, by, msg, b.data, b.len);
    else hl__exchange_refuse(k, hl__http_status(r < 0 ? r : HL_EPARSE), r < 0 ? r : HL_EPARSE, err.words);
    hl__json_free(msg);
    hl__buf_free(&b);
    hl__buf_free(&query);
}

/* A page needs a page's operations: sound and calls are not for HTTP. */
static bool op_by_page(const hl__json *msg)
{
    const char *op = hl__json_text(hl__json_get(msg, "op"));
    return op && (strncmp(op, "rtc.", 4) == 0 || strncmp(op, "call.", 5) == 0);
}

static void metrics_begin(hl__sock *k)
{
    static const hl__grant nobody = { .role = HL_GRANT_METRICS };
    bool near = strncmp(k->address, "127.", 4) == 0 || strcmp(k->address, "::1") == 0;
    const hl__grant *by = near && !k->key ? &nobody : key_check(k);
    if (!by) return;
    if (!hl__op_allowed(HL__DO_METRICS, by->role)) hl__exchange_refuse(k, 403, HL_EDENIED, "not for this role");
    else op_ask(k, by, HL__DO_METRICS, "{\"op\":\"metrics\"}", 16);
}

static void by_key(hl__sock *k, const hl__json *body)
{
    const hl__grant *by = key_check(k);
    if (!by) return;
    if (op_by_page(body)) hl__exchange_refuse(k, 400, HL_ENOTSUP, "only a page can do this");
    else op_begin(k, by, body, k->in.data, k->in.len);
}

static void body_run(hl__sock *k)
{
    hl__err err = { 0 };
    if (k->in.failed) {
        hl__exchange_refuse(k, 503, HL_ENOMEM, "");
        return;
    }
    hl__json *body = hl__json_read(k->in.data ? k->in.data : "", k->in.len, &err);
    if (!body && k->route.kind == HL__ROUTE_CALLER && !k->in.len) body = hl__json_read("{}", 2, &err);
    if (!body || hl__json_type(body) != HL__JOBJECT)
        hl__exchange_refuse(k, 400, HL_EPARSE, body ? "the body is a JSON object" : err.words);
    else if (k->route.kind == HL__ROUTE_LOGIN) hl__login_begin(k, body);
    else if (k->route.kind == HL__ROUTE_CALLER) hl__caller_begin(k, body);
    else by_key(k, body);
    hl__json_free(body);
}

static void extra_headers(hl__sock *k, unsigned char **p, unsigned char *end)
{
    bool shared = k->origin && k->path && strncmp(k->path, "/api/", 5) == 0;
    const struct { const char *name, *value; } headers[] = {
        { "content-security-policy:", POLICY }, { "x-content-type-options:", "nosniff" },
        { "referrer-policy:", "no-referrer" }, { "cache-control:", k->type ? "no-store" : "no-cache" },
        { "retry-after:", k->status == 429 ? "60" : NULL },
        { "www-authenticate:", k->status == 401 ? "Bearer" : NULL },
        { "access-control-allow-origin:", shared ? k->origin : NULL },
        { "access-control-allow-headers:", k->method == HL__OPTIONS ? "authorization, content-type" : NULL },
        { "vary:", k->origin ? "Origin" : NULL },
    };
    for (size_t i = 0; i < HL__COUNT(headers); i++)
        if (headers[i].value && lws_add_http_header_by_name(k->wsi, (const unsigned char *)headers[i].name,
                (const unsigned char *)headers[i].value, (int)strlen(headers[i].value), p, end)) return;
}

/* A file goes out by lws itself. 1: it is on its way; 0: it is done or an answer was made; -1: close. */
static int file_begin(hl__sock *k)
{
    const hl__gateway_config *c = k->g->config;
    const char *folder = !c ? NULL : k->route.kind == HL__ROUTE_SDK ? c->sdk : c->pages;
    unsigned char headers[HEADERS_ROOM], *p = headers;
    hl__buf path;
    hl__buf_init(&path, k->g->mem);
    int r = hl__page_path(&path, folder, k->route.rest);
    if (r < 0) {
        hl__exchange_refuse(k, hl__http_status(r), r, "no such page");
        hl__buf_free(&path);
        return 0;
    }
    k->type = NULL;
    extra_headers(k, &p, headers + sizeof headers);
    r = lws_serve_http_file(k->wsi, path.data, hl__page_type(path.data), (const char *)headers, (int)(p - headers));
    hl__buf_free(&path);
    if (r < 0) return -1;
    return r == 0 ? 1 : lws_http_transaction_completed(k->wsi) ? -1 : 1;
}

static void options_answer(hl__sock *k)
{
    hl__exchange_answer(k, 200, 0, NULL, 0);
}

static bool origin_good(const hl__sock *k)
{
    const hl__gateway_config *c = k->g->config;
    return hl__origin_ok(k->origin, k->host, c ? (const char *const *)c->origins : NULL, c ? c->origin_count : 0);
}

static bool wants_body(const hl__sock *k)
{
    return k->method == HL__POST && k->route.kind != HL__ROUTE_NONE && k->route.kind != HL__ROUTE_METHOD;
}

/* What needs no body. */
static int simple_run(hl__sock *k)
{
    switch (k->route.kind) {
    case HL__ROUTE_FILE: case HL__ROUTE_SDK: return file_begin(k);
    case HL__ROUTE_GET: get_begin(k); return 0;
    case HL__ROUTE_METRICS: metrics_begin(k); return 0;
    case HL__ROUTE_HEALTH: hl__exchange_answer(k, 200, 0, NULL, 0); return 0;
    case HL__ROUTE_METHOD: hl__exchange_refuse(k, 405, HL_EINVAL, "not with this method"); return 0;
    default: hl__exchange_refuse(k, 404, HL_ENOENT, "no such address"); return 0;
    }
}

int hl__exchange_begin(hl__sock *k)
{
    hl__exchange_drop(k);
    request_read(k);
    hl__route_find(k->method, k->path ? k->path : "", &k->route);
    if (k->method == HL__POST && lws_hdr_total_length(k->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) return -1;
    if (!origin_good(k)) {
        hl__exchange_refuse(k, 403, HL_EDENIED, "this origin is not allowed (\"origins\" of \"gateway\")");
        k->route.kind = HL__ROUTE_NONE;
        return k->method == HL__POST ? 1 : 0;
    }
    if (k->method == HL__OPTIONS && k->route.kind != HL__ROUTE_NONE) {
        options_answer(k);
        return 0;
    }
    return wants_body(k) ? 1 : simple_run(k);
}

int hl__exchange_body(hl__sock *k, const void *data, size_t len)
{
    if (k->status) return 0; /* refused already: what still comes is not kept */
    if (k->in.len + len > HL__MESSAGE_MAX) {
        k->g->metrics.over_limit++;
        k->body_over = true;
        hl__exchange_refuse(k, 413, HL_ELIMIT, "a body is at most 64 KiB");
        return 0;
    }
    hl__buf_add(&k->in, data, len);
    return 0;
}

int hl__exchange_end(hl__sock *k)
{
    if (!k->status) body_run(k);
    return 0;
}

static int headers_write(hl__sock *k, unsigned char *room, size_t size)
{
    unsigned char *start = room + LWS_PRE, *p = start, *end = room + size - 1;
    lws_filepos_t len = k->method == HL__HEAD ? 0 : k->out.len;
    if (lws_add_http_common_headers(k->wsi, (unsigned)k->status, k->type, len, &p, end)) return -1;
    extra_headers(k, &p, end);
    return lws_finalize_write_http_header(k->wsi, start, &p, end) ? -1 : 0;
}

static int body_write(hl__sock *k)
{
    if (!k->out.len || k->method == HL__HEAD) return 0;
    unsigned char *copy = hl__alloc(k->g->mem, LWS_PRE + k->out.len);
    if (!copy) return -1;
    memcpy(copy + LWS_PRE, k->out.data, k->out.len);
    int n = lws_write(k->wsi, copy + LWS_PRE, k->out.len, LWS_WRITE_HTTP_FINAL); /* lws keeps what does not fit now */
    hl__free(k->g->mem, copy);
    return n < 0 ? -1 : 0;
}

int hl__exchange_write(hl__sock *k)
{
    unsigned char room[LWS_PRE + HEADERS_ROOM];
    if (!k->status) return 0;
    if (headers_write(k, room, sizeof room) < 0 || body_write(k) < 0) return -1;
    bool over = k->body_over;
    hl__exchange_drop(k);
    return over || lws_http_transaction_completed(k->wsi) ? -1 : 0;
}
