/* nonce.c - nonces of ours: they prove themselves, and each count is used once.
 *
 * t || first 16 bytes of HMAC-SHA-256(key, t || address || realm) in base64url; t strictly rises, so that no two are
 * alike. Only one that came with a right password is remembered: strangers cannot fill the table. */
#include "sip/digest.h"
#include <openssl/hmac.h>
#include <string.h>

enum { LIFE_S = 60, REMEMBERED = 65536, RAW = 24, TEXT = 32 };
struct use { uint64_t t, bits; uint32_t max; };
struct sip_nonces {
    hl__mem *mem;
    uint8_t key[32];
    uint64_t last;
    hl__map uses;            /* t -> struct use, in the order of first use: the oldest leaves */
};

int hl__sip_nonces_new(hl__mem *mem, const uint8_t key[32], struct sip_nonces **out)
{
    struct sip_nonces *n = hl__alloc(mem, sizeof(*n));
    if (!n)
        return HL_ENOMEM;
    n->mem = mem;
    memcpy(n->key, key, 32);
    hl__map_init(&n->uses, mem);
    *out = n;
    return 0;
}

static void uses_free(struct sip_nonces *n)
{
    uint32_t pos = 0;
    for (struct use *u; (u = hl__map_at(&n->uses, &pos));)
        hl__free(n->mem, u);
    hl__map_free(&n->uses);
}

void hl__sip_nonces_free(struct sip_nonces *n)
{
    if (!n)
        return;
    uses_free(n);
    hl__free(n->mem, n);
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode(const uint8_t raw[RAW], char out[TEXT + 1])
{
    for (int i = 0, o = 0; i < RAW; i += 3, o += 4) {
        uint32_t v = (uint32_t)raw[i] << 16 | (uint32_t)raw[i + 1] << 8 | raw[i + 2];
        for (int k = 0; k < 4; k++)
            out[o + k] = alphabet[v >> (18 - 6 * k) & 63];
    }
    out[TEXT] = 0;
}

static bool decode(hl__view text, uint8_t raw[RAW])
{
    if (text.len != TEXT)
        return false;
    for (int i = 0, o = 0; i < TEXT; i += 4, o += 3) {
        uint32_t v = 0;
        for (int k = 0; k < 4; k++) {
            const char *at = text.at[i + k] ? strchr(alphabet, text.at[i + k]) : NULL;
            if (!at)
                return false;
            v = v << 6 | (uint32_t)(at - alphabet);
        }
        raw[o] = (uint8_t)(v >> 16);
        raw[o + 1] = (uint8_t)(v >> 8);
        raw[o + 2] = (uint8_t)v;
    }
    return true;
}

static int seal(struct sip_nonces *n, uint64_t t, const uint8_t ip[16], const char *realm, uint8_t raw[RAW])
{
    uint8_t text[8 + 16 + 256], sum[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    size_t realm_len = strlen(realm);
    if (realm_len > 256)
        return HL_ELIMIT;
    for (int i = 0; i < 8; i++)
        raw[i] = text[i] = (uint8_t)(t >> (56 - 8 * i));
    memcpy(text + 8, ip, 16);
    memcpy(text + 24, realm, realm_len);
    if (!HMAC(EVP_sha256(), n->key, 32, text, 24 + realm_len, sum, &len))
        return HL_ENOMEM;
    memcpy(raw + 8, sum, 16);
    return 0;
}

int hl__sip_nonce_make(struct sip_nonces *n, hl_time now, const uint8_t ip[16], const char *realm, char out[64])
{
    uint8_t raw[RAW];
    uint64_t t = (uint64_t)now > n->last ? (uint64_t)now : n->last + 1;
    int r = seal(n, t, ip, realm, raw);
    if (r < 0)
        return r;
    n->last = t;
    encode(raw, out);
    return 0;
}

static uint64_t time_of(const uint8_t raw[RAW])
{
    uint64_t t = 0;
    for (int i = 0; i < 8; i++)
        t = t << 8 | raw[i];
    return t;
}

int hl__sip_nonce_check(struct sip_nonces *n, hl_time now, const uint8_t ip[16], const char *realm, hl__view nonce)
{
    uint8_t raw[RAW], want[RAW];
    if (!decode(nonce, raw))
        return SIP_NONCE_FORGED;
    uint64_t t = time_of(raw);
    if (seal(n, t, ip, realm, want) < 0 || !hl__equal(raw, want, RAW) || t > (uint64_t)now + HL__SECOND / 1000)
        return SIP_NONCE_FORGED;
    if ((uint64_t)now < t)
        return t > n->last ? SIP_NONCE_FORGED : SIP_NONCE_GOOD;
    return (uint64_t)now - t < (uint64_t)LIFE_S * HL__SECOND ? SIP_NONCE_GOOD : SIP_NONCE_STALE;
}

static struct use *remember(struct sip_nonces *n, uint64_t t)
{
    struct use *u = hl__map_get(&n->uses, (hl_id)t);
    if (u)
        return u;
    if (n->uses.live >= REMEMBERED) {
        uint32_t pos = 0;
        struct use *oldest = hl__map_at(&n->uses, &pos);
        hl__map_del(&n->uses, (hl_id)oldest->t);
        hl__free(n->mem, oldest);
    }
    u = hl__alloc(n->mem, sizeof(*u));
    if (!u)
        return NULL;
    u->t = t;
    if (hl__map_put(&n->uses, (hl_id)t, u) < 0) {
        hl__free(n->mem, u);
        return NULL;
    }
    return u;
}

/* bits: the 64 counts up to max; bit i set: max - i was used. */
bool hl__sip_nonce_count(struct sip_nonces *n, hl__view nonce, uint32_t nc)
{
    uint8_t raw[RAW];
    struct use *u = nc && decode(nonce, raw) ? remember(n, time_of(raw)) : NULL;
    if (!u)
        return false;
    if (nc > u->max) {
        uint32_t step = nc - u->max;
        u->bits = step < 64 ? u->bits << step : 0;
        u->bits |= 1;
        u->max = nc;
        return true;
    }
    uint32_t back = u->max - nc;
    if (back >= 64 || u->bits >> back & 1)
        return false;
    u->bits |= UINT64_C(1) << back;
    return true;
}
