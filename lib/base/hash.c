/* hash.c - fingerprints: FNV for tables and traces, SHA-256 (OpenSSL's) for what must not be forged. */
#include "base/base.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>

uint64_t hl__fnv(uint64_t seed, const void *data, size_t len)
{
    const unsigned char *at = data;
    uint64_t h = seed ? seed : UINT64_C(0xcbf29ce484222325);

    while (len-- > 0)
        h = (h ^ *at++) * UINT64_C(0x100000001b3);
    return h;
}

int hl__sha256(const void *data, size_t len, uint8_t out[32])
{
    return EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) == 1 ? 0 : HL_ENOMEM;
}

int hl__sign(const void *key, size_t key_len, const void *data, size_t len, uint8_t out[32])
{
    return HMAC(EVP_sha256(), key, (int)key_len, data, len, out, NULL) ? 0 : HL_ENOMEM;
}

void hl__hex(const uint8_t *data, size_t len, char *out)
{
    static const char digit[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digit[data[i] >> 4];
        out[2 * i + 1] = digit[data[i] & 15];
    }
    out[2 * len] = 0;
}

bool hl__equal(const void *a, const void *b, size_t len)
{
    const volatile unsigned char *x = a, *y = b;
    unsigned char differs = 0;

    for (size_t i = 0; i < len; i++)
        differs |= x[i] ^ y[i];
    return differs == 0;
}
