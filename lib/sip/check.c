/* check.c - what a request deserves by its form, before anybody asks what it means (RFC 3261 8.2). */
#include "sip/msg.h"

static void fault(struct sip_msg *m, int status, const char *why)
{
    if (!m->fault) {
        m->fault = status;
        m->why = why;
    }
}

/* Every element of every line of an id is an address; at most `most` of them. */
static bool addresses_ok(const struct sip_msg *m, int id, unsigned most)
{
    unsigned n = 0;
    struct sip_addr a;
    for (const struct sip_header *h = NULL; (h = hl__sip_next(m, id, h));) {
        hl__view rest = h->value;
        do {
            if (++n > most || !hl__sip_addr_parse(hl__sip_element(&rest), &a))
                return false;
        } while (rest.at);
    }
    return true;
}

static bool is_numbers(const struct sip_msg *m, int id)
{
    uint64_t n;
    hl__view v = hl__sip_value(m, id);
    return !v.at || hl__view_uint(v, UINT32_MAX, &n);
}

static void check_form(struct sip_msg *m)
{
    if (m->uri.kind == SIP_URI_UNKNOWN || m->uri.kind == SIP_URI_NONE)
        fault(m, 416, "Request-URI");
    if (m->from.uri.kind == SIP_URI_UNKNOWN || m->to.uri.kind == SIP_URI_UNKNOWN)
        fault(m, 400, m->to.uri.kind == SIP_URI_UNKNOWN ? "To" : "From");
    if (!addresses_ok(m, SIP_H_CONTACT, SIP_MAX_ROUTES))
        fault(m, 400, "Contact");
    if (!addresses_ok(m, SIP_H_ROUTE, SIP_MAX_ROUTES))
        fault(m, 400, "Route");
    if (!addresses_ok(m, SIP_H_RECORD_ROUTE, SIP_MAX_ROUTES))
        fault(m, 400, "Record-Route");
    if (!is_numbers(m, SIP_H_EXPIRES))
        fault(m, 400, "Expires");
    if (m->first[SIP_H_CONTENT_TYPE] && !hl__sip_value(m, SIP_H_CONTENT_TYPE).len)
        fault(m, 400, "Content-Type");
}

static bool known_method(const struct sip_msg *m)
{
    return m->method != SIP_OTHER;
}

static bool done_method(const struct sip_msg *m)
{
    switch (m->method) {
    case SIP_MESSAGE: case SIP_SUBSCRIBE: case SIP_PUBLISH: case SIP_NOTIFY: case SIP_PRACK: return false;
    default: return true;
    }
}

static bool is_type(hl__view type, const char *want)
{
    size_t semi;
    if (hl__view_find(type, ';', &semi))
        type.len = semi;
    return hl__view_like(hl__view_trim(type), want);
}

static bool accepts_sdp(const struct sip_msg *m)
{
    return !m->first[SIP_H_ACCEPT] || hl__sip_has_token(m, SIP_H_ACCEPT, "application/sdp") ||
           hl__sip_has_token(m, SIP_H_ACCEPT, "application/*") || hl__sip_has_token(m, SIP_H_ACCEPT, "*/*");
}

static void check_body(struct sip_msg *m)
{
    if (m->body.len && !is_type(hl__sip_value(m, SIP_H_CONTENT_TYPE), "application/sdp"))
        fault(m, 415, "Content-Type");
    if (m->first[SIP_H_CONTENT_ENCODING] && !hl__view_like(hl__sip_value(m, SIP_H_CONTENT_ENCODING), "identity"))
        fault(m, 415, "Content-Encoding");
    if (!accepts_sdp(m))
        fault(m, 406, "Accept");
}

void hl__sip_check(struct sip_msg *m)
{
    if (m->fault)
        return;
    check_form(m);
    if (!known_method(m))
        fault(m, 501, "method");
    if (!done_method(m))
        fault(m, 405, "method");
    if (m->method == SIP_ACK || m->method == SIP_CANCEL)
        return;
    if (m->first[SIP_H_REQUIRE] && hl__sip_value(m, SIP_H_REQUIRE).len)
        fault(m, 420, "Require"); /* there is no extension yet that we could be required to know */
    if (m->method == SIP_INVITE || m->method == SIP_UPDATE)
        check_body(m);
}
