/* stun.c - STUN messages (RFC 8489): a bounded view of what came, bytes of what goes.
 *
 * A message without FINGERPRINT is none: the port is shared with DTLS and SRTP, and a guess must not reach a table. */
#include "webrtc/webrtc.h"
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <string.h>

enum { HEADER = 20, COOKIE = 0x2112A442, ID = 12, SHA1 = 20 };
enum {
    USERNAME = 0x0006, INTEGRITY = 0x0008, ERROR_CODE = 0x0009, UNKNOWN = 0x000a, XOR_MAPPED = 0x0020,
    PRIORITY = 0x0024, USE_CANDIDATE = 0x0025, FINGERPRINT = 0x8028, CONTROLLED = 0x8029, CONTROLLING = 0x802a,
};
enum { OUR_PRIORITY = 1862270975 }; /* peer reflexive, first of its kind, component 1 */

struct hl__hmac { EVP_MAC *mac; EVP_MAC_CTX *ctx; };

int hl__hmac_new(hl__mem *mem, hl__hmac **out)
{
    hl__hmac *h = hl__alloc(mem, sizeof(*h));
    if (!h)
        return HL_ENOMEM;
    h->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    h->ctx = h->mac ? EVP_MAC_CTX_new(h->mac) : NULL;
    OSSL_PARAM digest[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){"SHA1"}, 0), OSSL_PARAM_construct_end(),
    };
    if (!h->ctx || !EVP_MAC_CTX_set_params(h->ctx, digest)) {
        hl__hmac_free(mem, h);
        return HL_ENOMEM;
    }
    *out = h;
    return 0;
}

void hl__hmac_free(hl__mem *mem, hl__hmac *h)
{
    if (!h)
        return;
    EVP_MAC_CTX_free(h->ctx);
    EVP_MAC_free(h->mac);
    hl__free(mem, h);
}

/* The length field is signed as it would be if the message ended behind the signature: head is that copy. */
static bool sign(hl__hmac *h, const uint8_t head[HEADER], const uint8_t *rest, size_t len, const char *password,
                 uint8_t out[SHA1])
{
    size_t n;
    return EVP_MAC_init(h->ctx, (const uint8_t *)password, strlen(password), NULL) &&
           EVP_MAC_update(h->ctx, head, HEADER) && EVP_MAC_update(h->ctx, rest, len) &&
           EVP_MAC_final(h->ctx, out, &n, SHA1) && n == SHA1;
}

/* CRC-32 of ITU V.42, four bits at a time. */
static uint32_t crc(const uint8_t *data, size_t len)
{
    static const uint32_t step[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t c = 0xffffffff;
    for (size_t i = 0; i < len; i++) {
        c = (c >> 4) ^ step[(c ^ data[i]) & 15];
        c = (c >> 4) ^ step[(c ^ (data[i] >> 4)) & 15];
    }
    return ~c;
}

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put16(uint8_t *p, uint32_t n)
{
    p[0] = (uint8_t)(n >> 8);
    p[1] = (uint8_t)n;
}

static void put32(uint8_t *p, uint32_t n)
{
    put16(p, n >> 16);
    put16(p + 2, n & 0xffff);
}

static const struct { uint16_t kind, min, max; } known[] = {
    { 0x0001, 0, 1500 }, { USERNAME, 0, 513 }, { INTEGRITY, SHA1, SHA1 }, { ERROR_CODE, 0, 1500 }, { UNKNOWN, 0, 1500 },
    { XOR_MAPPED, 0, 1500 }, { PRIORITY, 4, 4 }, { USE_CANDIDATE, 0, 1500 }, { CONTROLLED, 8, 8 },
    { CONTROLLING, 8, 8 },
};

/* One attribute that stands before MESSAGE-INTEGRITY; what is behind it, except FINGERPRINT, counts for nothing. */
static int attribute(hl__stun *m, const uint8_t *at, uint32_t len)
{
    uint16_t kind = get16(at);
    size_t i = 0;
    while (i < HL__COUNT(known) && known[i].kind != kind)
        i++;
    if (i == HL__COUNT(known)) {
        if (kind < 0x8000 && m->unknowns < HL__COUNT(m->unknown))
            m->unknown[m->unknowns++] = kind;
        return 0;
    }
    if (len < known[i].min || len > known[i].max)
        return HL_EPARSE;
    if (kind == USERNAME && !m->user) {
        m->user = at + 4;
        m->user_len = len;
    }
    if (kind == INTEGRITY)
        m->integrity = at;
    m->nominates |= kind == USE_CANDIDATE;
    return 0;
}

int hl__stun_read(const uint8_t *data, size_t len, hl__stun *out)
{
    if (len < HEADER + 8 || len > 1500 || data[0] > 0x3f || get32(data + 4) != COOKIE)
        return HL_EPARSE;
    if (len % 4 || get16(data + 2) != len - HEADER)
        return HL_EPARSE;
    const uint8_t *end = data + len - 8; /* FINGERPRINT is the last */
    if (get16(end) != FINGERPRINT || get16(end + 2) != 4)
        return HL_EPARSE;
    hl__stun m = { .data = data, .len = (uint32_t)len, .id = data + 8, .type = get16(data) };
    const uint8_t *at = data + HEADER;
    while (at < end) {
        if (end - at < 4)
            return HL_EPARSE;
        uint32_t size = get16(at + 2), padded = (size + 3) & ~3u;
        if (padded > (size_t)(end - at) - 4)
            return HL_EPARSE;
        if (!m.integrity && attribute(&m, at, size) < 0)
            return HL_EPARSE;
        at += 4 + padded;
    }
    if (get32(end + 4) != (crc(data, len - 8) ^ 0x5354554e))
        return HL_EPARSE;
    *out = m;
    return 0;
}

bool hl__stun_signed(hl__hmac *h, const hl__stun *m, const char *password)
{
    if (!m->integrity)
        return false;
    uint8_t head[HEADER], sum[SHA1];
    memcpy(head, m->data, HEADER);
    put16(head + 2, (uint32_t)(m->integrity - m->data) + 4);
    size_t rest = (size_t)(m->integrity - m->data) - HEADER;
    return sign(h, head, m->data + HEADER, rest, password, sum) && hl__equal(sum, m->integrity + 4, SHA1);
}

/* Writing: begin, attributes, end. `to` holds HL__STUN_MAX bytes, which is more than any message of ours. */
static size_t begin(uint8_t *to, uint16_t type, const uint8_t *id)
{
    put16(to, type);
    put16(to + 2, 0);
    put32(to + 4, COOKIE);
    memcpy(to + 8, id, ID);
    return HEADER;
}

/* An attribute with room for len bytes, zeroed; its value is at *to + 4. */
static size_t add(uint8_t *to, size_t at, uint16_t kind, size_t len)
{
    size_t padded = (len + 3) & ~(size_t)3;
    put16(to + at, kind);
    put16(to + at + 2, (uint32_t)len);
    memset(to + at + 4, 0, padded);
    return at + 4 + padded;
}

static size_t end(hl__hmac *h, uint8_t *to, size_t at, const char *password)
{
    put16(to + 2, (uint32_t)(at + 4 + SHA1 - HEADER));
    size_t next = add(to, at, INTEGRITY, SHA1);
    if (!sign(h, to, to + HEADER, at - HEADER, password, to + at + 4))
        return 0;
    size_t len = add(to, next, FINGERPRINT, 4);
    put16(to + 2, (uint32_t)(len - HEADER));
    put32(to + next + 4, crc(to, next) ^ 0x5354554e);
    return len;
}

size_t hl__stun_answer(hl__hmac *h, const hl__stun *asked, const hl__addr *from, const char *password, uint8_t *to)
{
    size_t size = from->family == 6 ? 16 : 4, at = begin(to, HL__STUN_ANSWER, asked->id);
    uint8_t *value = to + at + 4;
    at = add(to, at, XOR_MAPPED, 4 + size);
    value[1] = from->family == 6 ? 2 : 1;
    put16(value + 2, from->port ^ (COOKIE >> 16));
    for (size_t i = 0; i < size; i++)
        value[4 + i] = from->ip[i] ^ to[4 + i]; /* cookie, then the transaction */
    return end(h, to, at, password);
}

size_t hl__stun_refuse(hl__hmac *h, const hl__stun *asked, const char *password, uint8_t *to)
{
    size_t at = begin(to, HL__STUN_REFUSAL, asked->id);
    uint8_t *value = to + at + 4;
    at = add(to, at, ERROR_CODE, 4);
    put32(value, 4 << 8 | 20);
    value = to + at + 4;
    at = add(to, at, UNKNOWN, 2 * (size_t)asked->unknowns);
    for (size_t i = 0; i < asked->unknowns; i++)
        put16(value + 2 * i, asked->unknown[i]);
    return end(h, to, at, password);
}

size_t hl__stun_ask(hl__hmac *h, const hl__stun_request *ask, uint8_t *to)
{
    size_t theirs = strlen(ask->theirs), ours = strlen(ask->ours), at = begin(to, HL__STUN_REQUEST, ask->id);
    if (theirs + ours > 512)
        return 0;
    uint8_t *value = to + at + 4;
    at = add(to, at, USERNAME, theirs + 1 + ours);
    memcpy(value, ask->theirs, theirs);
    value[theirs] = ':';
    memcpy(value + theirs + 1, ask->ours, ours);
    value = to + at + 4;
    at = add(to, at, PRIORITY, 4);
    put32(value, OUR_PRIORITY);
    value = to + at + 4;
    at = add(to, at, CONTROLLED, 8);
    memcpy(value, ask->tie, 8);
    return end(h, to, at, ask->password);
}
