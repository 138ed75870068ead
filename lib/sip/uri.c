/* uri.c - SIP addresses and the grammar they share with other headers: quotes, parameters, lists, Via. */
#include "sip/msg.h"
#include "base/ip.h"
#include <string.h>

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_token(char c)
{
    return is_alnum(c) || (c && strchr("-.!%*_+`'~", c));
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hl__sip_is_token(hl__view v)
{
    for (size_t i = 0; i < v.len; i++)
        if (!is_token(v.at[i]))
            return false;
    return v.len > 0;
}

/* Where the quoted string that begins at from ends (behind its closing quote); 0: it does not. */
static size_t quote_end(hl__view v, size_t from)
{
    for (size_t i = from + 1; i < v.len; i++) {
        if (v.at[i] == '\\')
            i++;
        else if (v.at[i] == '"')
            return i + 1;
    }
    return 0;
}

bool hl__sip_quotes_ok(hl__view v)
{
    for (size_t i = 0; i < v.len; i++)
        if (v.at[i] == '"') {
            size_t end = quote_end(v, i);
            if (!end)
                return false;
            i = end - 1;
        }
    return true;
}

/* The first c outside quotes and, if angles, outside <>. */
static bool find_bare(hl__view v, char c, bool angles, size_t *at)
{
    bool inside = false;
    for (size_t i = 0; i < v.len; i++) {
        if (v.at[i] == '"' && !inside) {
            size_t end = quote_end(v, i);
            if (!end)
                return false;
            i = end - 1;
            continue;
        }
        if (v.at[i] == c && !inside) {
            *at = i;
            return true;
        }
        if (angles && v.at[i] == '<')
            inside = true;
        else if (angles && v.at[i] == '>')
            inside = false;
    }
    return false;
}

static hl__view cut_bare(hl__view *rest, char c, bool angles)
{
    size_t at;
    hl__view head = *rest;
    if (!find_bare(*rest, c, angles, &at)) {
        *rest = (hl__view){ NULL, 0 };
        return hl__view_trim(head);
    }
    head.len = at;
    *rest = hl__view_skip(*rest, at + 1);
    return hl__view_trim(head);
}

hl__view hl__sip_element(hl__view *rest)
{
    return cut_bare(rest, ',', true);
}

hl__view hl__sip_unquote(hl__view v)
{
    if (v.len >= 2 && v.at[0] == '"' && v.at[v.len - 1] == '"')
        return (hl__view){ v.at + 1, v.len - 2 };
    return v;
}

bool hl__sip_param(hl__view params, const char *name, hl__view *value)
{
    while (params.at) {
        hl__view v = cut_bare(&params, ';', false), key = cut_bare(&v, '=', false);
        if (hl__view_like(key, name)) {
            *value = v.at ? hl__sip_unquote(hl__view_trim(v)) : (hl__view){ "", 0 };
            return true;
        }
    }
    return false;
}

/* ";a=b;c": each with a name; a value that is a token, a host or quoted. */
bool hl__sip_params_ok(hl__view params)
{
    params = hl__view_trim(params);
    if (!params.len)
        return true;
    if (params.at[0] != ';')
        return false;
    params = hl__view_skip(params, 1);
    do {
        hl__view v = cut_bare(&params, ';', false), key = cut_bare(&v, '=', false);
        v = hl__view_trim(v);
        if (!hl__sip_is_token(key) || (v.at && !v.len))
            return false;
        if (v.len && v.at[0] == '"') {
            if (quote_end(v, 0) != v.len)
                return false;
            continue;
        }
        for (size_t i = 0; i < v.len; i++)
            if (!is_token(v.at[i]) && !strchr("[]:/@&$?<>=()", v.at[i]))
                return false;
    } while (params.at);
    return true;
}

static bool chars_ok(hl__view v, const char *more)
{
    for (size_t i = 0; i < v.len; i++) {
        if (v.at[i] == '%' && (i + 2 >= v.len || hex(v.at[i + 1]) < 0 || hex(v.at[i + 2]) < 0))
            return false;
        if (!is_alnum(v.at[i]) && !((unsigned char)v.at[i] < 128 && v.at[i] && strchr(more, v.at[i])))
            return false;
    }
    return true;
}

static bool host_ok(hl__view host)
{
    uint8_t ip[16];
    if (!host.len)
        return false;
    if (host.at[0] == '[')
        return hl__ip_parse(host, ip);
    for (size_t i = 0; i < host.len; i++)
        if (!is_alnum(host.at[i]) && host.at[i] != '.' && host.at[i] != '-' && host.at[i] != '_')
            return false;
    return true;
}

/* host[:port], blanks around the colon allowed if loose */
static bool host_port(hl__view v, bool loose, hl__view *host, uint16_t *port)
{
    uint64_t n = 0;
    size_t at = 0;
    if (v.len && v.at[0] == '[') {
        if (!hl__view_find(v, ']', &at))
            return false;
        at++;
    } else {
        while (at < v.len && v.at[at] != ':')
            at++;
    }
    hl__view rest = hl__view_skip(v, at);
    *host = (hl__view){ v.at, at };
    if (loose) {
        *host = hl__view_trim(*host);
        rest = hl__view_trim(rest);
    }
    *port = 0;
    if (!host_ok(*host))
        return false;
    if (!rest.len)
        return true;
    rest = hl__view_skip(rest, 1);
    if (!hl__view_uint(loose ? hl__view_trim(rest) : rest, 65535, &n))
        return false;
    *port = (uint16_t)n;
    return true;
}

static bool parse_sip(hl__view v, struct sip_uri *out)
{
    size_t at;
    hl__view userinfo = { NULL, 0 };
    if (hl__view_find(v, '@', &at)) {
        userinfo = (hl__view){ v.at, at };
        v = hl__view_skip(v, at + 1);
        out->user = hl__view_cut(&userinfo, ':');
        out->password = userinfo;
        if (!out->user.len || !chars_ok(out->user, "-_.!~*'()%&=+$,;?/#[]") ||
            !chars_ok(out->password, "-_.!~*'()%&=+$,;?/#"))
            return false;
    }
    hl__view rest = v, front = hl__view_cut(&rest, '?');
    out->headers = rest;
    size_t semi;
    if (hl__view_find(front, ';', &semi)) {
        out->params = hl__view_skip(front, semi);
        front.len = semi;
    }
    if (rest.at && !chars_ok(rest, "-_.!~*'()%[]/?:+$&=;,"))
        return false;
    return host_port(front, false, &out->host, &out->port) && chars_ok(out->params, "-_.!~*'()%[]/:&+$;=,\"?@");
}

static bool scheme_ok(hl__view v)
{
    for (size_t i = 0; i < v.len; i++)
        if (!is_alnum(v.at[i]) && !strchr("+-.", v.at[i]))
            return false;
    return v.len > 0;
}

bool hl__sip_uri_parse(hl__view text, struct sip_uri *out)
{
    hl__view rest = text, scheme = hl__view_cut(&rest, ':');
    *out = (struct sip_uri){ .kind = SIP_URI_UNKNOWN };
    if (!rest.len || !scheme_ok(scheme) || text.len > SIP_MAX_URI)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] <= ' ' || (unsigned char)text.at[i] == 127 || strchr("<>\"", text.at[i]))
            return false;
    if (hl__view_like(scheme, "tel")) {
        out->kind = SIP_URI_TEL;
        size_t semi;
        out->user = rest;
        if (hl__view_find(rest, ';', &semi)) {
            out->user.len = semi;
            out->params = hl__view_skip(rest, semi);
        }
        return chars_ok(out->user, "+-.()*#") && out->user.len > 0;
    }
    if (hl__view_like(scheme, "sip"))
        out->kind = SIP_URI_SIP;
    else if (hl__view_like(scheme, "sips"))
        out->kind = SIP_URI_SIPS;
    else
        return true;
    return parse_sip(rest, out);
}

/* What stands before < is a quoted string or tokens; nothing else may. */
static bool display_ok(hl__view v)
{
    if (!v.len)
        return true;
    if (v.at[0] == '"')
        return quote_end(v, 0) == v.len;
    for (size_t i = 0; i < v.len; i++)
        if (!is_token(v.at[i]) && v.at[i] != ' ' && v.at[i] != '\t' && (unsigned char)v.at[i] < 128)
            return false;
    return true;
}

bool hl__sip_addr_parse(hl__view text, struct sip_addr *out)
{
    size_t open, close;
    text = hl__view_trim(text);
    *out = (struct sip_addr){ .text = text };
    if (hl__view_is(text, "*")) {
        out->star = true;
        return true;
    }
    if (!hl__sip_quotes_ok(text))
        return false;
    if (find_bare(text, '<', false, &open)) {
        hl__view tail = hl__view_skip(text, open + 1);
        if (!hl__view_find(tail, '>', &close))
            return false;
        out->display = hl__view_trim((hl__view){ text.at, open });
        out->text = (hl__view){ tail.at, close };
        out->params = hl__view_trim(hl__view_skip(tail, close + 1));
        out->bracketed = true;
        return display_ok(out->display) && hl__sip_uri_parse(out->text, &out->uri) && hl__sip_params_ok(out->params);
    }
    /* without <> every parameter belongs to the header, and the URI may hold neither ? nor , (RFC 3261 20.10) */
    size_t semi = text.len;
    (void)find_bare(text, ';', false, &semi); /* none: the URI is all there is */
    out->text = hl__view_trim((hl__view){ text.at, semi });
    out->params = hl__view_skip(text, semi);
    if (hl__view_find(out->text, '?', &close) || hl__view_find(out->text, ',', &close))
        return false;
    return hl__sip_uri_parse(out->text, &out->uri) && hl__sip_params_ok(out->params);
}

bool hl__sip_via_parse(hl__view text, struct sip_via *out)
{
    hl__view value, rest = hl__view_trim(text);
    *out = (struct sip_via){ .transport = { NULL, 0 } };
    hl__view protocol = hl__view_trim(hl__view_cut(&rest, '/')), version = hl__view_trim(hl__view_cut(&rest, '/'));
    if (!hl__view_like(protocol, "SIP") || !hl__view_is(version, "2.0"))
        return false;
    rest = hl__view_trim(rest);
    size_t gap = 0;
    while (gap < rest.len && rest.at[gap] != ' ' && rest.at[gap] != '\t')
        gap++;
    out->transport = (hl__view){ rest.at, gap };
    rest = hl__view_skip(rest, gap);
    size_t semi = rest.len;
    (void)hl__view_find(rest, ';', &semi); /* none: no parameters */
    out->params = hl__view_skip(rest, semi);
    if (!hl__sip_is_token(out->transport) || !hl__sip_params_ok(out->params))
        return false;
    if (!host_port(hl__view_trim((hl__view){ rest.at, semi }), true, &out->host, &out->port))
        return false;
    if (hl__sip_param(out->params, "branch", &value))
        out->branch = value;
    out->rport = hl__sip_param(out->params, "rport", &value);
    return true;
}

size_t hl__sip_unescape(hl__view v, char *out, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < v.len && n + 1 < room; i++) {
        char c = v.at[i];
        if (c == '%' && i + 2 < v.len && hex(v.at[i + 1]) >= 0 && hex(v.at[i + 2]) >= 0) {
            c = (char)(hex(v.at[i + 1]) * 16 + hex(v.at[i + 2]));
            i += 2;
        }
        if (c == 0 || c == '\r' || c == '\n') {
            n = 0;
            break;
        }
        out[n++] = c;
    }
    out[n] = 0;
    return n;
}

static bool same_unescaped(hl__view a, hl__view b)
{
    char x[512], y[512];
    size_t n = hl__sip_unescape(a, x, sizeof(x)), m = hl__sip_unescape(b, y, sizeof(y));
    return n == m && memcmp(x, y, n) == 0;
}

/* These four must be equal or absent on both sides; any other may be absent on one. */
static bool params_match(hl__view a, hl__view b)
{
    static const char *const strict[] = { "user", "ttl", "method", "maddr", "transport" };
    hl__view x, y, rest = a;
    for (size_t i = 0; i < HL__COUNT(strict); i++)
        if (hl__sip_param(a, strict[i], &x) != hl__sip_param(b, strict[i], &y))
            return false;
    while (rest.at) {
        hl__view v = cut_bare(&rest, ';', false), key = hl__view_trim(hl__view_cut(&v, '='));
        char name[64];
        if (!key.len || key.len >= sizeof(name))
            continue;
        hl__view_copy(name, sizeof(name), key);
        if (hl__sip_param(b, name, &y) && !hl__view_alike(hl__sip_unquote(v), y))
            return false;
    }
    return true;
}

bool hl__sip_uri_same(const struct sip_uri *a, const struct sip_uri *b)
{
    return a->kind == b->kind && same_unescaped(a->user, b->user) && same_unescaped(a->password, b->password) &&
           hl__view_alike(a->host, b->host) && a->port == b->port && params_match(a->params, b->params) &&
           hl__view_alike(a->headers, b->headers);
}

bool hl__sip_host_ip(hl__view host, uint8_t ip[16])
{
    return hl__ip_parse(host, ip);
}
