/* rtcp.c - RFC 3550 reports: what we sent and received, what the far side says of it. */
#include "media/media.h"
#include <string.h>

enum { SR = 200, RR = 201, SDES = 202, BYE = 203 };
#define NTP_1970 2208988800u

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint8_t *put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
    return p + 4;
}

uint64_t hl__ntp(hl_time now)
{
    uint64_t seconds = (uint64_t)now / HL__SECOND, rest = (uint64_t)now % HL__SECOND;
    return (seconds + NTP_1970) << 32 | (rest << 32) / HL__SECOND;
}

/* Three bytes, signed. */
static int32_t get_lost(const uint8_t *p)
{
    int32_t v = p[0] << 16 | p[1] << 8 | p[2];
    return v & 0x800000 ? v - 0x1000000 : v;
}

static void read_blocks(const uint8_t *p, uint32_t n, uint32_t ours, hl__rtcp *out)
{
    for (uint32_t i = 0; i < n; i++, p += 24) {
        if (get32(p) != ours)
            continue;
        out->block = (hl__block){ .ssrc = ours, .fraction = p[4], .lost = get_lost(p + 5), .newest = get32(p + 8),
            .jitter = get32(p + 12), .lsr = get32(p + 16), .dlsr = get32(p + 20) };
        out->blocks = 1;
    }
}

static int read_report(const uint8_t *p, size_t size, uint32_t ours, hl__rtcp *out)
{
    uint32_t n = p[0] & 31;
    size_t head = p[1] == SR ? 28 : 8;
    if (size < head + 24 * (size_t)n)
        return HL_EINVAL;
    out->ssrc = get32(p + 4);
    if (p[1] == SR) {
        out->sr = true;
        out->ntp = (uint64_t)get32(p + 8) << 32 | get32(p + 12);
        out->ts = get32(p + 16);
        out->packets = get32(p + 20);
        out->octets = get32(p + 24);
    }
    read_blocks(p + head, n, ours, out);
    return 0;
}

int hl__rtcp_read(const uint8_t *data, size_t len, uint32_t ours, hl__rtcp *out)
{
    hl__rtcp got = { 0 };
    size_t at = 0;
    if (len < 8 || !hl__is_rtcp(data, len))
        return HL_EINVAL;
    while (at + 4 <= len) {
        const uint8_t *p = data + at;
        size_t size = 4 * ((size_t)(p[2] << 8 | p[3]) + 1);
        if (p[0] >> 6 != 2 || size > len - at)
            return HL_EINVAL;
        if ((p[1] == SR || p[1] == RR) && read_report(p, size, ours, &got) < 0)
            return HL_EINVAL;
        if (p[1] == BYE)
            got.bye = true;
        at += size;
    }
    if (at != len)
        return HL_EINVAL;
    *out = got;
    return 0;
}

static uint8_t *put_block(uint8_t *p, const hl__block *b)
{
    p = put32(p, b->ssrc);
    p = put32(p, b->fraction << 24 | ((uint32_t)b->lost & 0xffffff));
    p = put32(p, b->newest);
    p = put32(p, b->jitter);
    p = put32(p, b->lsr);
    return put32(p, b->dlsr);
}

size_t hl__rtcp_write(const hl__rtcp *r, uint8_t *out, size_t room)
{
    static const char name[] = "hotline";
    size_t words = (r->sr ? 6 : 1) + (r->blocks ? 6 : 0);
    if (room < 4 * (words + 1) + 20)
        return 0;
    uint8_t *p = put32(out, 0x80000000u | (r->blocks ? 1u << 24 : 0) | (uint32_t)(r->sr ? SR : RR) << 16
                                | (uint32_t)words);
    p = put32(p, r->ssrc);
    if (r->sr) {
        p = put32(p, (uint32_t)(r->ntp >> 32));
        p = put32(p, (uint32_t)r->ntp);
        p = put32(p, r->ts);
        p = put32(p, r->packets);
        p = put32(p, r->octets);
    }
    if (r->blocks)
        p = put_block(p, &r->block);
    p = put32(p, 0x81000000u | (uint32_t)SDES << 16 | 4);
    p = put32(p, r->ssrc);
    memset(p, 0, 12); /* CNAME, its length, the name, zeroes up to the next word */
    p[0] = 1;
    p[1] = sizeof(name) - 1;
    memcpy(p + 2, name, sizeof(name) - 1);
    return (size_t)(p + 12 - out);
}

void hl__reception_block(hl__reception *r, hl__block *out)
{
    uint32_t expected = hl__reception_expected(r);
    int64_t lost = (int64_t)expected - r->received;
    uint32_t span = expected - r->expected_then, got = r->received - r->received_then;
    *out = (hl__block){ .ssrc = r->ssrc, .newest = r->cycles + r->newest, .jitter = r->jitter16 >> 4 };
    out->lost = (int32_t)(lost < -0x800000 ? -0x800000 : lost > 0x7fffff ? 0x7fffff : lost);
    if (span > got && span > 0)
        out->fraction = (uint32_t)(((uint64_t)(span - got) << 8) / span);
    if (out->fraction > 255)
        out->fraction = 255;
    r->expected_then = expected;
    r->received_then = r->received;
}
