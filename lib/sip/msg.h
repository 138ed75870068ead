/* msg.h - a SIP message as views into the bytes it came in, and the parts of its headers. */
#ifndef HL_SIP_MSG_H
#define HL_SIP_MSG_H
#include "base/view.h"

enum { SIP_MAX_BYTES = 65536, SIP_MAX_HEAD = 16384, SIP_MAX_HEADERS = 128, SIP_MAX_VIAS = 70, SIP_MAX_ROUTES = 20,
    SIP_MAX_URI = 2048 };

#define SIP_METHODS(X) \
    X(INVITE) X(ACK) X(BYE) X(CANCEL) X(OPTIONS) X(REGISTER) X(INFO) X(UPDATE) X(PRACK) X(REFER) X(NOTIFY) \
    X(MESSAGE) X(SUBSCRIBE) X(PUBLISH)
#define X(name) SIP_##name,
enum { SIP_OTHER, SIP_METHODS(X) SIP_METHOD_END };
#undef X

/* name, text, compact form, at most one line allowed */
#define SIP_HEADERS(X) \
    X(VIA, "Via", 'v', 0) X(FROM, "From", 'f', 1) X(TO, "To", 't', 1) X(CALL_ID, "Call-ID", 'i', 1) \
    X(CSEQ, "CSeq", 0, 1) X(CONTACT, "Contact", 'm', 0) X(MAX_FORWARDS, "Max-Forwards", 0, 1) \
    X(ROUTE, "Route", 0, 0) X(RECORD_ROUTE, "Record-Route", 0, 0) X(CONTENT_TYPE, "Content-Type", 'c', 1) \
    X(CONTENT_LENGTH, "Content-Length", 'l', 1) X(CONTENT_ENCODING, "Content-Encoding", 'e', 0) \
    X(CONTENT_DISPOSITION, "Content-Disposition", 0, 1) X(EXPIRES, "Expires", 0, 1) \
    X(MIN_EXPIRES, "Min-Expires", 0, 1) X(REQUIRE, "Require", 0, 0) X(PROXY_REQUIRE, "Proxy-Require", 0, 0) \
    X(SUPPORTED, "Supported", 'k', 0) X(ALLOW, "Allow", 0, 0) X(ACCEPT, "Accept", 0, 0) \
    X(AUTHORIZATION, "Authorization", 0, 0) X(PROXY_AUTHORIZATION, "Proxy-Authorization", 0, 0) \
    X(WWW_AUTHENTICATE, "WWW-Authenticate", 0, 0) X(PROXY_AUTHENTICATE, "Proxy-Authenticate", 0, 0) \
    X(USER_AGENT, "User-Agent", 0, 1) X(SERVER, "Server", 0, 1) X(REASON, "Reason", 0, 0) \
    X(RETRY_AFTER, "Retry-After", 0, 1) X(P_ASSERTED_IDENTITY, "P-Asserted-Identity", 0, 0) \
    X(REMOTE_PARTY_ID, "Remote-Party-ID", 0, 0) X(PRIVACY, "Privacy", 0, 1) X(DIVERSION, "Diversion", 0, 0) \
    X(P_CALLED_PARTY_ID, "P-Called-Party-ID", 0, 1) X(UNSUPPORTED, "Unsupported", 0, 0) \
    X(REFER_TO, "Refer-To", 'r', 1) X(REPLACES, "Replaces", 0, 1) X(SERVICE_ROUTE, "Service-Route", 0, 0) \
    X(PATH, "Path", 0, 0) X(SUBJECT, "Subject", 's', 1) X(WARNING, "Warning", 0, 0)
#define X(name, text, compact, single) SIP_H_##name,
enum { SIP_H_OTHER, SIP_HEADERS(X) SIP_H_END };
#undef X

enum { SIP_URI_NONE, SIP_URI_SIP, SIP_URI_SIPS, SIP_URI_TEL, SIP_URI_UNKNOWN };
struct sip_uri { /* sip:user:password@host:port;params?headers; tel: the number is user */
    hl__view user, password, host, params, headers;
    uint16_t port;
    uint8_t kind;
};
struct sip_addr { hl__view display, text, params; struct sip_uri uri; bool star, bracketed; }; /* text: the URI's */
struct sip_via { hl__view transport, host, branch, params; uint16_t port; bool rport; };
struct sip_header { hl__view name, value; uint8_t id, next; }; /* next: of the same id, 0: none */

struct sip_msg {
    bool is_request;
    uint8_t method, cseq_method;
    uint8_t first[SIP_H_END];      /* place in header[] of the first of an id; header[0] is not used */
    int status;                    /* of a response */
    int fault;                     /* of a request: the status it deserves, 0: none */
    const char *why;               /* names the header at fault */
    hl__view method_name, uri_text, reason, body, raw;
    uint32_t headers;              /* places used in header[], with the one not used */
    struct sip_header header[SIP_MAX_HEADERS + 1];
    struct sip_uri uri;
    struct sip_via via;            /* the topmost */
    struct sip_addr from, to;
    hl__view from_tag, to_tag, call_id, cseq_name;
    uint32_t cseq;
    int32_t max_forwards;          /* -1: not said */
};

/* msg.c. Unfolds lines in place. HL_EINVAL: not worth an answer; a request that deserves a refusal has fault set. */
int hl__sip_msg_parse(char *bytes, size_t len, struct sip_msg *m);
hl__view hl__sip_value(const struct sip_msg *m, int id);               /* of the first line; at NULL: none */
const struct sip_header *hl__sip_next(const struct sip_msg *m, int id, const struct sip_header *h); /* NULL first */
bool hl__sip_has_token(const struct sip_msg *m, int id, const char *token); /* in a comma separated list */
hl__view hl__sip_header_named(const struct sip_msg *m, const char *name, int n);
const char *hl__sip_method_text(int method);
const char *hl__sip_header_text(int id);
int hl__sip_method_of(hl__view name);

/* uri.c: addresses and the grammar they share */
bool hl__sip_uri_parse(hl__view text, struct sip_uri *out);             /* false: malformed. Unknown schemes are kept */
bool hl__sip_addr_parse(hl__view text, struct sip_addr *out);           /* name-addr, addr-spec or * */
bool hl__sip_via_parse(hl__view text, struct sip_via *out);             /* one element */
hl__view hl__sip_element(hl__view *rest);                               /* of a list with commas; heeds "" and <> */
bool hl__sip_param(hl__view params, const char *name, hl__view *value); /* ";a=b;c"; quotes taken off */
bool hl__sip_params_ok(hl__view params);
bool hl__sip_quotes_ok(hl__view v);
bool hl__sip_is_token(hl__view v);
bool hl__sip_uri_same(const struct sip_uri *a, const struct sip_uri *b); /* RFC 3261 19.1.4 */
size_t hl__sip_unescape(hl__view v, char *out, size_t room);            /* %41; without NUL, CR, LF: 0 then */
bool hl__sip_host_ip(hl__view host, uint8_t ip[16]);
hl__view hl__sip_unquote(hl__view v);

/* check.c: what a well-formed request deserves before anybody looks at its meaning */
void hl__sip_check(struct sip_msg *m);
#endif
