/* rand.c - Philox4x32-10: a counter, a key, ten rounds (Salmon, Moraes, Dror, Shaw 2011). No state but the counter. */
#include "base/base.h"
#include <string.h>

void hl__philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4])
{
    uint32_t k0 = key[0], k1 = key[1], c[4];

    memcpy(c, counter, sizeof(c));
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)c[0] * 0xd2511f53u, p1 = (uint64_t)c[2] * 0xcd9e8d57u;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c[1] ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
        c[0] = n0;
        c[1] = (uint32_t)p1;
        c[2] = n2;
        c[3] = (uint32_t)p0;
        k0 += 0x9e3779b9u;
        k1 += 0xbb67ae85u;
    }
    memcpy(out, c, sizeof(c));
}

void hl__rand_init(hl__rand *r, int64_t seed, uint32_t stream, uint64_t serial)
{
    *r = (hl__rand){ .seed = (uint64_t)seed, .stream = stream, .serial = serial };
}

uint32_t hl__rand_u32(hl__rand *r)
{
    if (r->left == 0) {
        uint32_t key[2] = { (uint32_t)r->seed, (uint32_t)(r->seed >> 32) };
        uint32_t counter[4] = { r->n++, r->stream, (uint32_t)r->serial, (uint32_t)(r->serial >> 32) };
        hl__philox(key, counter, r->out);
        r->left = 4;
    }
    return r->out[4 - r->left--];
}

uint64_t hl__rand_u64(hl__rand *r)
{
    uint64_t high = hl__rand_u32(r);

    return high << 32 | hl__rand_u32(r);
}

uint32_t hl__rand_below(hl__rand *r, uint32_t bound)
{
    uint64_t product;

    if (bound == 0)
        return 0;
    do { /* Lemire 2019: the few values that would make the low ones likelier are drawn again */
        product = (uint64_t)hl__rand_u32(r) * bound;
    } while ((uint32_t)product < -bound % bound);
    return (uint32_t)(product >> 32);
}

double hl__rand_real(hl__rand *r)
{
    return (double)(hl__rand_u64(r) >> 11) * 0x1p-53;
}

void hl__rand_bytes(hl__rand *r, void *out, size_t len)
{
    unsigned char *at = out;

    for (; len > 0; len--)
        *at++ = (unsigned char)hl__rand_u32(r);
}

void hl__rand_text(hl__rand *r, char *out, size_t len)
{
    static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz";

    for (size_t i = 0; i < len; i++)
        out[i] = letters[hl__rand_below(r, sizeof(letters) - 1)];
    out[len] = 0;
}
