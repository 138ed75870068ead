/* msg.c - the scan of a SIP message: first line, headers, body, and the fields every message needs.
 *
 * All values are views into the caller's bytes; folded lines are joined there by blanks. Whatever is wrong with a
 * request is remembered as its fault, so that it can still be answered; a response with one is not worth keeping. */
#include "sip/msg.h"
#include <string.h>

#define X(name) #name,
static const char *const methods[] = { "", SIP_METHODS(X) };
#undef X
#define X(name, text, compact, single) { text, compact, single },
static const struct { const char *text; char compact; bool single; } names[] = { { "", 0, 0 }, SIP_HEADERS(X) };
#undef X

const char *hl__sip_method_text(int method)
{
    return methods[method];
}

const char *hl__sip_header_text(int id)
{
    return names[id].text;
}

int hl__sip_method_of(hl__view name)
{
    for (int i = 1; i < SIP_METHOD_END; i++)
        if (hl__view_is(name, methods[i]))
            return i;
    return SIP_OTHER;
}

static int header_of(hl__view name)
{
    if (name.len == 1)
        for (int i = 1; i < SIP_H_END; i++)
            if (names[i].compact && (name.at[0] | 32) == names[i].compact)
                return i;
    for (int i = 1; i < SIP_H_END; i++)
        if ((name.at[0] | 32) == (names[i].text[0] | 32) && hl__view_like(name, names[i].text))
            return i;
    return SIP_H_OTHER;
}

static void fault(struct sip_msg *m, int status, const char *why)
{
    if (!m->fault) {
        m->fault = status;
        m->why = why;
    }
}

/* Joins folded lines and takes one off *rest, without its end; false: there is no line end. */
static bool take_line(char *at, size_t *left, hl__view *line)
{
    size_t n = 0;
    for (;; n++) {
        char *lf = n < *left ? memchr(at + n, '\n', *left - n) : NULL;
        if (!lf)
            return false;
        n = (size_t)(lf - at);
        bool blank = n == 0 || (n == 1 && at[0] == '\r');
        if (blank || n + 1 >= *left || (at[n + 1] != ' ' && at[n + 1] != '\t'))
            break;
        at[n] = ' ';
        if (n && at[n - 1] == '\r')
            at[n - 1] = ' ';
    }
    *left -= n + 1;
    *line = (hl__view){ at, n && at[n - 1] == '\r' ? n - 1 : n };
    return true;
}

static int parse_status_line(struct sip_msg *m, hl__view line)
{
    uint64_t status;
    hl__view rest = hl__view_skip(line, 8), code = hl__view_cut(&rest, ' ');
    if (code.len != 3 || !hl__view_uint(code, 699, &status) || status < 100)
        return HL_EINVAL;
    m->status = (int)status;
    m->reason = rest;
    return 0;
}

static int parse_request_line(struct sip_msg *m, hl__view line)
{
    hl__view rest = line;
    m->is_request = true;
    m->method_name = hl__view_cut(&rest, ' ');
    if (!hl__sip_is_token(m->method_name) || !rest.len)
        return HL_EINVAL;
    m->method = (uint8_t)hl__sip_method_of(m->method_name);
    m->uri_text = hl__view_cut(&rest, ' ');
    if (!hl__view_starts(rest, "SIP/") && !hl__view_starts(rest, "sip/")) {
        fault(m, 400, "Request-Line");
        return 0;
    }
    if (!hl__view_like(rest, "SIP/2.0")) {
        hl__view version = hl__view_skip(rest, 4);
        bool shape = version.len >= 3;
        for (size_t i = 0; i < version.len; i++)
            if (!strchr("0123456789.", version.at[i]))
                shape = false;
        fault(m, shape ? 505 : 400, shape ? "SIP version" : "Request-Line");
    }
    if (!hl__sip_uri_parse(m->uri_text, &m->uri) || m->uri.headers.at)
        fault(m, 400, "Request-URI");
    return 0;
}

static int add_header(struct sip_msg *m, hl__view line)
{
    size_t colon;
    if (!hl__view_find(line, ':', &colon))
        return HL_EINVAL;
    hl__view name = hl__view_trim((hl__view){ line.at, colon });
    if (!hl__sip_is_token(name) || line.at[0] == ' ' || line.at[0] == '\t')
        return HL_EINVAL;
    for (size_t i = 0; i < line.len; i++) /* NUL only as a quoted pair (RFC 4475 3.1.1.2) */
        if (line.at[i] == '\r' || (line.at[i] == 0 && (i == 0 || line.at[i - 1] != '\\')))
            return HL_EINVAL;
    if (m->headers > SIP_MAX_HEADERS)
        return HL_ELIMIT;
    struct sip_header *h = &m->header[m->headers];
    *h = (struct sip_header){ name, hl__view_trim(hl__view_skip(line, colon + 1)), (uint8_t)header_of(name), 0 };
    if (h->id != SIP_H_OTHER) {
        if (!m->first[h->id])
            m->first[h->id] = (uint8_t)m->headers;
        else if (names[h->id].single)
            fault(m, 400, names[h->id].text);
    }
    m->headers++;
    return 0;
}

/* Links the headers of one id in their order. */
static void link_headers(struct sip_msg *m)
{
    uint8_t last[SIP_H_END] = { 0 };
    for (uint32_t i = 1; i < m->headers; i++) {
        uint8_t id = m->header[i].id;
        if (last[id])
            m->header[last[id]].next = (uint8_t)i;
        last[id] = (uint8_t)i;
    }
}

static int parse_head(struct sip_msg *m, char *bytes, size_t *len)
{
    hl__view line;
    char *at = bytes;
    size_t left = *len;
    for (;;) {
        if ((size_t)(at - bytes) > SIP_MAX_HEAD || !take_line(at, &left, &line)) {
            fault(m, left > SIP_MAX_HEAD ? 513 : 400, "end of headers");
            left = 0;
            break;
        }
        at = bytes + (*len - left);
        if (!line.len)
            break;
        int r = add_header(m, line);
        if (r == HL_EINVAL)
            fault(m, 400, "header line");
        else if (r < 0) {
            fault(m, 513, "number of headers");
            break;
        }
    }
    if (*len - left > SIP_MAX_HEAD)
        fault(m, 513, "size of headers");
    m->body = (hl__view){ bytes + (*len - left), left };
    link_headers(m);
    return 0;
}

static void parse_length(struct sip_msg *m)
{
    uint64_t n;
    hl__view v = hl__sip_value(m, SIP_H_CONTENT_LENGTH);
    if (!v.at)
        return;
    if (!hl__view_uint(v, SIP_MAX_BYTES, &n) || n > m->body.len)
        fault(m, 400, "Content-Length");
    else
        m->body.len = (size_t)n;
}

static bool parse_cseq(struct sip_msg *m)
{
    uint64_t n;
    hl__view rest = hl__sip_value(m, SIP_H_CSEQ), number = hl__view_cut(&rest, ' ');
    m->cseq_name = hl__view_trim(rest);
    if (!hl__view_uint(number, INT32_MAX, &n) || !hl__sip_is_token(m->cseq_name))
        return false;
    m->cseq = (uint32_t)n;
    m->cseq_method = (uint8_t)hl__sip_method_of(m->cseq_name);
    return true;
}

static bool parse_party(const struct sip_msg *m, int id, struct sip_addr *addr, hl__view *tag)
{
    if (!m->first[id] || !hl__sip_addr_parse(hl__sip_value(m, id), addr) || addr->star)
        return false;
    return !hl__sip_param(addr->params, "tag", tag) || hl__sip_is_token(*tag);
}

/* Elements of all lines of an id, at most limit; each must parse. */
static bool vias_ok(struct sip_msg *m)
{
    unsigned n = 0;
    struct sip_via via;
    for (const struct sip_header *h = NULL; (h = hl__sip_next(m, SIP_H_VIA, h));) {
        hl__view rest = h->value;
        do {
            if (++n > SIP_MAX_VIAS || !hl__sip_via_parse(hl__sip_element(&rest), n == 1 ? &m->via : &via))
                return false;
        } while (rest.at);
    }
    return n > 0;
}

static void decode(struct sip_msg *m)
{
    uint64_t n;
    hl__view v;
    if (!vias_ok(m))
        fault(m, 400, "Via");
    if (!parse_party(m, SIP_H_FROM, &m->from, &m->from_tag))
        fault(m, 400, "From");
    if (!parse_party(m, SIP_H_TO, &m->to, &m->to_tag))
        fault(m, 400, "To");
    m->call_id = hl__sip_value(m, SIP_H_CALL_ID);
    bool plain = m->call_id.len > 0;
    for (size_t i = 0; i < m->call_id.len; i++)
        plain = plain && (unsigned char)m->call_id.at[i] > ' ';
    if (!plain)
        fault(m, 400, "Call-ID");
    if (!parse_cseq(m) || (m->is_request && !hl__view_same(m->cseq_name, m->method_name)))
        fault(m, 400, "CSeq");
    m->max_forwards = -1;
    v = hl__sip_value(m, SIP_H_MAX_FORWARDS);
    if (v.at) {
        if (hl__view_uint(v, 255, &n))
            m->max_forwards = (int32_t)n;
        else
            fault(m, 400, "Max-Forwards");
    }
}

int hl__sip_msg_parse(char *bytes, size_t len, struct sip_msg *m)
{
    hl__view line;
    memset(m, 0, offsetof(struct sip_msg, header));
    memset(&m->uri, 0, sizeof(*m) - offsetof(struct sip_msg, uri));
    while (len && (*bytes == '\r' || *bytes == '\n')) {
        bytes++;
        len--;
    }
    if (len < 12 || len > SIP_MAX_BYTES)
        return HL_EINVAL;
    m->raw = (hl__view){ bytes, len };
    m->headers = 1;
    char *lf = memchr(bytes, '\n', len);
    if (!lf)
        return HL_EINVAL;
    line = (hl__view){ bytes, (size_t)(lf - bytes) };
    if (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    int r = hl__view_starts(line, "SIP/2.0 ") ? parse_status_line(m, line) : parse_request_line(m, line);
    if (r < 0)
        return r;
    len -= (size_t)(lf + 1 - bytes);
    if ((r = parse_head(m, lf + 1, &len)) < 0)
        return r;
    parse_length(m);
    decode(m);
    if (!m->is_request && m->fault)
        return HL_EINVAL;
    return 0;
}

hl__view hl__sip_value(const struct sip_msg *m, int id)
{
    return m->first[id] ? m->header[m->first[id]].value : (hl__view){ NULL, 0 };
}

const struct sip_header *hl__sip_next(const struct sip_msg *m, int id, const struct sip_header *h)
{
    unsigned at = h ? h->next : m->first[id];
    return at ? &m->header[at] : NULL;
}

bool hl__sip_has_token(const struct sip_msg *m, int id, const char *token)
{
    for (const struct sip_header *h = NULL; (h = hl__sip_next(m, id, h));) {
        hl__view rest = h->value;
        while (rest.at) {
            hl__view one = hl__sip_element(&rest);
            size_t semi;
            if (hl__view_find(one, ';', &semi))
                one = hl__view_trim((hl__view){ one.at, semi });
            if (hl__view_like(one, token))
                return true;
        }
    }
    return false;
}

hl__view hl__sip_header_named(const struct sip_msg *m, const char *name, int n)
{
    for (uint32_t i = 1; i < m->headers; i++)
        if (hl__view_like(m->header[i].name, name) && n-- == 0)
            return m->header[i].value;
    return (hl__view){ NULL, 0 };
}
