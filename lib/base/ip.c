/* ip.c - internet addresses as text and as 16 bytes; IPv4 stands as ::ffff:a.b.c.d. */
#include "base/ip.h"
#include <string.h>

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bool parse4(hl__view v, uint8_t out[4])
{
    for (int i = 0; i < 4; i++) {
        uint64_t n;
        hl__view part = hl__view_cut(&v, '.');
        if (part.len > 3 || (part.len > 1 && part.at[0] == '0') || !hl__view_uint(part, 255, &n))
            return false;
        if ((i < 3) != (v.at != NULL))
            return false;
        out[i] = (uint8_t)n;
    }
    return true;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool parse_group(hl__view v, uint8_t out[2])
{
    unsigned n = 0;
    if (!v.len || v.len > 4)
        return false;
    for (size_t i = 0; i < v.len; i++) {
        int d = hex(v.at[i]);
        if (d < 0)
            return false;
        n = n * 16 + (unsigned)d;
    }
    out[0] = (uint8_t)(n >> 8);
    out[1] = (uint8_t)n;
    return true;
}

/* Groups up to the end or to "::", which is left in *v. Returns the bytes written, -1: malformed. */
static int parse_groups(hl__view *v, uint8_t *out, int room)
{
    int at = 0;
    size_t dot;
    while (v->len && !hl__view_starts(*v, "::")) {
        if (at && *v->at != ':')
            return -1;
        if (at)
            *v = hl__view_skip(*v, 1);
        hl__view group = { v->at, 0 };
        while (group.len < v->len && v->at[group.len] != ':')
            group.len++;
        int size = hl__view_find(group, '.', &dot) ? 4 : 2;
        if (at + size > room || !(size == 4 ? parse4(group, out + at) : parse_group(group, out + at)))
            return -1;
        at += size;
        *v = hl__view_skip(*v, group.len);
        if (size == 4 && v->len)
            return -1;
    }
    return at;
}

static bool parse6(hl__view v, uint8_t ip[16])
{
    uint8_t head[16], tail[16];
    int nhead = parse_groups(&v, head, 16);
    if (nhead < 0)
        return false;
    if (!v.len) {
        if (nhead == 16)
            memcpy(ip, head, 16);
        return nhead == 16;
    }
    v = hl__view_skip(v, 2);
    int ntail = parse_groups(&v, tail, 14);
    if (ntail < 0 || v.len || nhead + ntail > 14)
        return false;
    memset(ip, 0, 16);
    memcpy(ip, head, (size_t)nhead);
    memcpy(ip + 16 - ntail, tail, (size_t)ntail);
    return true;
}

bool hl__ip_parse(hl__view text, uint8_t ip[16])
{
    uint8_t four[4];
    size_t colon;
    if (text.len >= 2 && text.at[0] == '[' && text.at[text.len - 1] == ']')
        return hl__view_find(text, ':', &colon) && parse6((hl__view){ text.at + 1, text.len - 2 }, ip);
    if (hl__view_find(text, ':', &colon))
        return parse6(text, ip);
    if (!parse4(text, four))
        return false;
    memcpy(ip, mapped, 12);
    memcpy(ip + 12, four, 4);
    return true;
}

bool hl__ip_is4(const uint8_t ip[16])
{
    return memcmp(ip, mapped, 12) == 0;
}

bool hl__ip_is_any(const uint8_t ip[16])
{
    static const uint8_t zero[16];
    return hl__ip_is4(ip) ? memcmp(ip + 12, zero, 4) == 0 : memcmp(ip, zero, 16) == 0;
}

static size_t put_uint(char *out, unsigned n, unsigned base)
{
    char digits[8];
    size_t len = 0;
    do {
        digits[len++] = "0123456789abcdef"[n % base];
        n /= base;
    } while (n);
    for (size_t i = 0; i < len; i++)
        out[i] = digits[len - 1 - i];
    return len;
}

/* The longest run of zero groups, at least two: where it begins; -1: none. */
static int zero_run(const unsigned group[8], int *len)
{
    int best = -1;
    *len = 1;
    for (int i = 0; i < 8; i++) {
        int n = 0;
        while (i + n < 8 && !group[i + n])
            n++;
        if (n > *len) {
            best = i;
            *len = n;
        }
        i += n;
    }
    return best;
}

void hl__ip_text(const uint8_t ip[16], char out[HL__IP_TEXT])
{
    size_t at = 0;
    if (hl__ip_is4(ip)) {
        for (int i = 12; i < 16; i++) {
            at += put_uint(out + at, ip[i], 10);
            out[at++] = i < 15 ? '.' : 0;
        }
        return;
    }
    unsigned group[8];
    for (int i = 0; i < 8; i++)
        group[i] = (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
    int len, run = zero_run(group, &len);
    for (int i = 0; i < 8;) {
        if (i == run) {
            out[at++] = ':';
            i += len;
            if (i == 8)
                out[at++] = ':';
            continue;
        }
        if (i)
            out[at++] = ':';
        at += put_uint(out + at, group[i++], 16);
    }
    out[at] = 0;
}

bool hl__ip_port(hl__view text, uint8_t ip[16], uint16_t *port)
{
    uint64_t n;
    size_t at;
    if (text.len && text.at[0] == '[') {
        if (!hl__view_find(text, ']', &at))
            return false;
    } else if (!hl__view_find(text, ':', &at)) {
        return hl__ip_parse(text, ip);
    } else {
        at--;
    }
    hl__view host = { text.at, at + 1 }, rest = hl__view_skip(text, at + 1);
    if (rest.len) {
        if (rest.at[0] != ':' || !hl__view_uint(hl__view_skip(rest, 1), 65535, &n))
            return false;
        if (!hl__ip_parse(host, ip))
            return false;
        *port = (uint16_t)n;
        return true;
    }
    return hl__ip_parse(host, ip);
}

bool hl__net_parse(hl__view text, hl__net *out)
{
    uint64_t bits;
    hl__net net;
    hl__view rest = text, host = hl__view_cut(&rest, '/');
    if (!hl__ip_parse(host, net.ip))
        return false;
    unsigned extra = hl__ip_is4(net.ip) ? 96 : 0;
    if (!rest.at)
        bits = 128 - extra;
    else if (!hl__view_uint(rest, 128 - extra, &bits))
        return false;
    net.bits = (uint8_t)(bits + extra);
    *out = net;
    return true;
}

bool hl__net_has(const hl__net *net, const uint8_t ip[16])
{
    unsigned whole = net->bits / 8, odd = net->bits % 8;
    if (memcmp(net->ip, ip, whole) != 0)
        return false;
    return !odd || ((net->ip[whole] ^ ip[whole]) >> (8 - odd)) == 0;
}
