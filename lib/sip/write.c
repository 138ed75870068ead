/* write.c - requests and responses as bytes. What comes from outside is checked here: no CR, LF or NUL gets through. */
#include "sip/core.h"
#include <string.h>

static const struct { int status; const char *phrase; } phrases[] = {
    { 100, "Trying" }, { 180, "Ringing" }, { 182, "Queued" }, { 183, "Session Progress" }, { 200, "OK" },
    { 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
    { 405, "Method Not Allowed" }, { 406, "Not Acceptable" }, { 408, "Request Timeout" }, { 410, "Gone" },
    { 413, "Request Entity Too Large" }, { 415, "Unsupported Media Type" }, { 416, "Unsupported URI Scheme" },
    { 420, "Bad Extension" }, { 423, "Interval Too Brief" }, { 480, "Temporarily Unavailable" },
    { 481, "Call/Transaction Does Not Exist" }, { 482, "Loop Detected" }, { 483, "Too Many Hops" },
    { 484, "Address Incomplete" }, { 486, "Busy Here" }, { 487, "Request Terminated" },
    { 488, "Not Acceptable Here" }, { 491, "Request Pending" }, { 500, "Server Internal Error" },
    { 501, "Not Implemented" }, { 502, "Bad Gateway" }, { 503, "Service Unavailable" }, { 504, "Server Time-out" },
    { 505, "Version Not Supported" }, { 513, "Message Too Large" }, { 600, "Busy Everywhere" }, { 603, "Decline" },
};

const char *hl__sip_words(int status)
{
    for (size_t i = 0; i < HL__COUNT(phrases); i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "Refused";
}

void hl__sip_addr_ip(const hl__addr *a, uint8_t ip[16])
{
    if (a->family == 4) {
        memset(ip, 0, 10);
        ip[10] = ip[11] = 0xff;
        memcpy(ip + 12, a->ip, 4);
    } else {
        memcpy(ip, a->ip, 16);
    }
}

void hl__sip_ip_addr(const uint8_t ip[16], uint16_t port, hl__addr *out)
{
    *out = (hl__addr){ .port = port, .family = hl__ip_is4(ip) ? 4 : 6 };
    if (out->family == 4)
        memcpy(out->ip, ip + 12, 4);
    else
        memcpy(out->ip, ip, 16);
}

bool hl__sip_addr_same(const hl__addr *a, const hl__addr *b, bool port)
{
    uint8_t x[16], y[16];
    hl__sip_addr_ip(a, x);
    hl__sip_addr_ip(b, y);
    return memcmp(x, y, 16) == 0 && (!port || a->port == b->port);
}

void hl__sip_write_addr(hl__buf *b, const hl__addr *a)
{
    uint8_t ip[16];
    char text[HL__IP_TEXT];
    hl__sip_addr_ip(a, ip);
    hl__ip_text(ip, text);
    hl__buf_fmt(b, hl__ip_is4(ip) ? "%s" : "[%s]", text);
    if (a->port)
        hl__buf_fmt(b, ":%u", (unsigned)a->port);
}

/* Our address as that peer should know it: what is advertised, else where it reached us, else where we are bound. */
void hl__sip_near(hl__sip *c, const struct sip_path *path, hl__addr *out)
{
    uint8_t ip[16];
    const struct sip_listener *l = &c->listener[path->listener];
    *out = l->bind;
    if (l->advertise.family) {
        *out = l->advertise;
        out->port = out->port ? out->port : l->bind.port;
        return;
    }
    hl__sip_addr_ip(&l->bind, ip);
    if (!hl__ip_is_any(ip))
        return;
    hl__addr near = path->near;
    if (!near.family && c->up.near)
        c->up.near(c->up.ctx, path->listener, &path->far, &near);
    if (near.family) {
        *out = near;
        out->port = l->bind.port;
    }
}

static const char *transport(const struct sip_path *path)
{
    (void)path; /* mem plays UDP */
    return "UDP";
}

void hl__sip_write_contact(hl__sip *c, hl__buf *b, const struct sip_path *path, const char *user)
{
    hl__addr near;
    hl__sip_near(c, path, &near);
    hl__buf_fmt(b, "Contact: <sip:%s@", user);
    hl__sip_write_addr(b, &near);
    hl__buf_str(b, ">\r\n");
}

void hl__sip_write_user(hl__buf *b, const char *user)
{
    static const char plain[] = "-_.!~*'()&=+$,;?/";
    for (; *user; user++) {
        unsigned char u = (unsigned char)*user;
        bool letter = (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9');
        if (letter || strchr(plain, u))
            hl__buf_char(b, (char)u);
        else
            hl__buf_fmt(b, "%%%02X", (unsigned)u);
    }
}

void hl__sip_write_quoted(hl__buf *b, const char *text)
{
    hl__buf_char(b, '"');
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 127)
            continue;
        if (*text == '"' || *text == '\\')
            hl__buf_char(b, '\\');
        hl__buf_char(b, *text);
    }
    hl__buf_char(b, '"');
}

void hl__sip_write_reason(hl__buf *b, int q850)
{
    if (q850 > 0 && q850 < 128)
        hl__buf_fmt(b, "Reason: Q.850;cause=%d\r\n", q850);
}

/* A first route without ;lr is a strict router's: it becomes the request's address, the target goes to the end. */
static bool is_strict(const char *routes, hl__view *first, hl__view *others)
{
    struct sip_addr a;
    hl__view value;
    if (!routes || !*routes)
        return false;
    *others = hl__view_of(routes);
    hl__view one = hl__sip_element(others);
    if (!hl__sip_addr_parse(one, &a) || hl__sip_param(a.uri.params, "lr", &value))
        return false;
    *first = a.text;
    return true;
}

static void write_target(hl__buf *b, const struct sip_request *r, hl__buf *routes)
{
    hl__view first, others;
    const char *method = hl__sip_method_text(r->method);
    if (!is_strict(r->routes, &first, &others)) {
        hl__buf_fmt(b, "%s %s SIP/2.0\r\n", method, r->uri);
        if (r->routes && *r->routes)
            hl__buf_fmt(routes, "Route: %s\r\n", r->routes);
        return;
    }
    hl__buf_fmt(b, "%s ", method);
    hl__buf_view(b, first);
    hl__buf_str(b, " SIP/2.0\r\n");
    hl__buf_str(routes, "Route: ");
    if (others.len) {
        hl__buf_view(routes, hl__view_trim(others));
        hl__buf_str(routes, ", ");
    }
    hl__buf_fmt(routes, "<%s>\r\n", r->uri);
}

void hl__sip_write_request(hl__sip *c, hl__buf *b, const struct sip_request *r)
{
    hl__addr near;
    hl__buf routes;
    char branch[17];
    hl__buf_init(&routes, c->mem);
    write_target(b, r, &routes);
    hl__sip_near(c, &r->path, &near);
    hl__buf_fmt(b, "Via: SIP/2.0/%s ", transport(&r->path));
    hl__sip_write_addr(b, &near);
    if (!r->branch)
        hl__sip_token(c, branch, 16);
    hl__buf_fmt(b, ";rport;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\n", r->branch ? r->branch : branch);
    if (routes.len)
        hl__buf_add(b, routes.data, routes.len);
    hl__buf_fmt(b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\n", r->from, r->to, r->call_id);
    hl__buf_fmt(b, "CSeq: %u %s\r\n", (unsigned)r->cseq, hl__sip_method_text(r->method));
    if (r->contact)
        hl__sip_write_contact(c, b, &r->path, r->contact);
    if (r->method != SIP_ACK && r->method != SIP_CANCEL)
        hl__buf_str(b, "User-Agent: libhotline\r\n");
    b->failed = b->failed || routes.failed;
    hl__buf_free(&routes);
}

static void write_via_params(hl__buf *b, hl__view params)
{
    while (params.at) {
        hl__view one = hl__view_trim(hl__view_cut(&params, ';')), value = one;
        hl__view name = hl__view_trim(hl__view_cut(&value, '='));
        if (!one.len || hl__view_like(name, "rport") || hl__view_like(name, "received"))
            continue;
        hl__buf_char(b, ';');
        hl__buf_view(b, one);
    }
}

/* The top Via gets where it really came from (RFC 3581), the rest is copied as it is. */
static void write_vias(hl__buf *b, const struct sip_msg *m, const struct sip_path *path)
{
    uint8_t ip[16];
    char text[HL__IP_TEXT];
    const struct sip_header *h = hl__sip_next(m, SIP_H_VIA, NULL);
    if (!h)
        return;
    hl__view rest = h->value, params = hl__sip_element(&rest);
    hl__sip_addr_ip(&path->far, ip);
    hl__ip_text(ip, text);
    hl__buf_str(b, "Via: ");
    hl__buf_view(b, hl__view_trim(hl__view_cut(&params, ';')));
    write_via_params(b, params);
    hl__buf_fmt(b, ";received=%s", text);
    if (m->via.rport)
        hl__buf_fmt(b, ";rport=%u", (unsigned)path->far.port);
    if (rest.at) {
        hl__buf_str(b, ", ");
        hl__buf_view(b, hl__view_trim(rest));
    }
    hl__buf_str(b, "\r\n");
    while ((h = hl__sip_next(m, SIP_H_VIA, h))) {
        hl__buf_str(b, "Via: ");
        hl__buf_view(b, h->value);
        hl__buf_str(b, "\r\n");
    }
}

static void write_copy(hl__buf *b, const struct sip_msg *m, int id)
{
    for (const struct sip_header *h = NULL; (h = hl__sip_next(m, id, h));) {
        hl__buf_fmt(b, "%s: ", hl__sip_header_text(id));
        hl__buf_view(b, h->value);
        hl__buf_str(b, "\r\n");
    }
}

void hl__sip_write_response(hl__buf *b, const struct sip_path *path, const struct sip_msg *m, int status,
                            const char *tag)
{
    hl__buf_fmt(b, "SIP/2.0 %d %s\r\n", status, hl__sip_words(status));
    write_vias(b, m, path);
    write_copy(b, m, SIP_H_FROM);
    hl__view to = hl__sip_value(m, SIP_H_TO);
    if (to.at) {
        hl__buf_str(b, "To: ");
        hl__buf_view(b, to);
        if (!m->to_tag.len && tag)
            hl__buf_fmt(b, ";tag=%s", tag);
        hl__buf_str(b, "\r\n");
    }
    write_copy(b, m, SIP_H_CALL_ID);
    write_copy(b, m, SIP_H_CSEQ);
    if (m->method == SIP_INVITE && status > 100 && status < 300)
        write_copy(b, m, SIP_H_RECORD_ROUTE);
    if (status > 100)
        hl__buf_str(b, "Server: libhotline\r\n");
}

void hl__sip_write_end(hl__buf *b, const char *type, const char *body, size_t len)
{
    if (type)
        hl__buf_fmt(b, "Content-Type: %s\r\n", type);
    hl__buf_fmt(b, "Content-Length: %zu\r\n\r\n", len);
    if (len)
        hl__buf_add(b, body, len);
}
