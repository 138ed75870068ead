/* fuzz_stun.c - STUN from anybody: read in bounds, and an answer never longer than the question. */
#include "webrtc/webrtc.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void *heap(void *ctx, void *old, size_t size)
{
    (void)ctx;
    if (size)
        return realloc(old, size);
    free(old);
    return NULL;
}

/* The same bytes with a FINGERPRINT that holds: chance alone would never get past it. */
static void seal(uint8_t *m, size_t len)
{
    uint32_t c = ~0u;
    for (size_t i = 0; i < len - 8; i++) {
        c ^= m[i];
        for (int k = 0; k < 8; k++)
            c = c & 1 ? c >> 1 ^ 0xEDB88320u : c >> 1;
    }
    c = ~c ^ 0x5354554e;
    const uint8_t end[8] = { 0x80, 0x28, 0, 4, (uint8_t)(c >> 24), (uint8_t)(c >> 16), (uint8_t)(c >> 8), (uint8_t)c };
    memcpy(m + len - 8, end, 8);
}

static void once(const uint8_t *data, size_t size)
{
    static hl__mem mem = { .alloc = heap };
    static hl__hmac *h;
    static const hl__addr from = { .family = 6, .port = 65535 };
    hl__stun m, back;
    uint8_t out[HL__STUN_MAX];
    if (!h && hl__hmac_new(&mem, &h) < 0)
        return;
    if (hl__stun_read(data, size, &m) < 0)
        return;
    bool ours = hl__stun_signed(h, &m, "hotlinehotlinehotlinehot") && m.user_len >= 13;
    size_t n = m.unknowns ? hl__stun_refuse(h, &m, "hotlinehotlinehotlinehot", out) :
                            hl__stun_answer(h, &m, &from, "hotlinehotlinehotlinehot", out);
    if (n == 0 || n > sizeof(out) || (ours && n > size) || hl__stun_read(out, n, &back) < 0 ||
        !hl__stun_signed(h, &back, "hotlinehotlinehotlinehot") || memcmp(m.id, back.id, 12) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    once(data, size);
    uint8_t *copy = size >= 28 ? malloc(size) : NULL;
    if (copy) {
        memcpy(copy, data, size);
        seal(copy, size);
        once(copy, size);
        free(copy);
    }
    return 0;
}
