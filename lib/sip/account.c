/* account.c - the server's side of digest: challenges for telephones, and whether an answer is right.
 *
 * An unknown user costs the same work and gets the same words as a known one. A wrong answer is counted, a missing one
 * never: asking is how honest telephones begin. */
#include "sip/core.h"
#include <string.h>

static void write_challenge(hl__buf *b, const char *realm, const char *nonce, int algorithm, bool stale)
{
    hl__buf_str(b, "WWW-Authenticate: Digest realm=");
    hl__sip_write_quoted(b, realm);
    hl__buf_fmt(b, ", nonce=\"%s\", algorithm=%s, qop=\"auth\"%s\r\n", nonce, hl__sip_algorithm_name(algorithm, false),
                stale ? ", stale=true" : "");
}

static hl__view account_of(const struct sip_msg *m)
{
    return m->method == SIP_REGISTER ? m->to.uri.user : m->from.uri.user;
}

static struct sip_phone *phone_named(hl__sip *c, hl__view name)
{
    char text[256];
    if (name.len >= sizeof(text))
        return NULL;
    hl__view_copy(text, sizeof(text), name);
    return hl__names_get(&c->phones, text);
}

void hl__sip_challenge(hl__sip *c, const struct sip_path *path, const struct sip_msg *m, bool stale)
{
    char nonce[64];
    uint8_t ip[16];
    hl__buf b;
    const char *realm = hl__sip_listener_of(c, path)->realm;
    hl__view account = account_of(m);
    struct sip_phone *p = phone_named(c, account);
    hl__sip_addr_ip(&path->far, ip);
    if (hl__sip_nonce_make(c->nonces, c->now, ip, realm, nonce) < 0)
        return;
    bool md5_only = hl__sip_guard_md5_only(c, &path->far, account);
    md5_only = md5_only || (p && p->profile->digest == SIP_DIGEST_MD5);
    bool sha_only = p && p->profile->digest == SIP_DIGEST_SHA256;
    hl__buf_init(&b, c->mem);
    if (!md5_only || sha_only)
        write_challenge(&b, realm, nonce, SIP_SHA256, stale);
    if (!sha_only)
        write_challenge(&b, realm, nonce, SIP_MD5, stale);
    if (!b.failed)
        hl__sip_stateless(c, path, m, 401, b.data);
    hl__buf_free(&b);
}

/* Credentials for our realm; false: none, or of another scheme, which counts as none. */
static bool find(const struct sip_msg *m, const char *realm, struct sip_credentials *out)
{
    for (const struct sip_header *h = NULL; (h = hl__sip_next(m, SIP_H_AUTHORIZATION, h));)
        if (hl__sip_credentials(h->value, out) && hl__view_is(out->realm, realm))
            return true;
    return false;
}

/* The stored hash, or for a stranger one nobody can hit. */
static void stored_ha1(hl__sip *c, const struct sip_phone *p, const struct sip_credentials *cr, char out[SIP_HEX])
{
    uint64_t fake[4];
    int which = cr->algorithm == SIP_MD5 ? 0 : 1;
    for (int i = 0; i < 4; i++)
        fake[i] = hl__fnv(c->epoch + (uint64_t)i, cr->user.at, cr->user.len);
    hl__hex((const uint8_t *)fake, which ? 32 : 16, out);
    if (p && cr->algorithm != SIP_SHA512_256 && p->profile->ha1[which][0])
        hl__copy(out, SIP_HEX, p->profile->ha1[which]);
}

static uint32_t count_of(hl__view nc)
{
    uint32_t n = 0;
    for (size_t i = 0; i < nc.len; i++) {
        char ch = nc.at[i];
        unsigned d = ch >= '0' && ch <= '9' ? (unsigned)(ch - '0') : (unsigned)((ch | 32) - 'a' + 10);
        if (d > 15)
            return 0;
        n = n * 16 + d;
    }
    return n;
}

static bool is_right(hl__sip *c, const struct sip_phone *p, const struct sip_credentials *cr, const struct sip_msg *m)
{
    char ha1[SIP_HEX], want[SIP_HEX], got[SIP_HEX];
    struct sip_digest d = { cr->algorithm, cr->qop, cr->sess, m->method_name, cr->uri, cr->nonce, cr->nc, cr->cnonce,
                            m->body };
    memset(got, 0, sizeof(got));
    memset(want, 0, sizeof(want));
    stored_ha1(c, p, cr, ha1);
    bool computed = hl__sip_response(&d, ha1, want) == 0;
    hl__view_copy(got, sizeof(got), cr->response);
    for (size_t i = 0; got[i]; i++)
        got[i] = got[i] >= 'A' && got[i] <= 'F' ? (char)(got[i] + 32) : got[i];
    bool same = hl__equal(got, want, sizeof(want));
    bool known = p && cr->algorithm != SIP_SHA512_256 && p->profile->ha1[cr->algorithm == SIP_MD5 ? 0 : 1][0];
    return computed && same && known;
}

/* *status: 0 if a challenge went out or the account was found, else what refuses. */
struct sip_phone *hl__sip_phone_auth(hl__sip *c, const struct sip_path *path, const struct sip_msg *m, int *status)
{
    uint8_t ip[16];
    struct sip_credentials cr;
    const struct sip_listener *l = hl__sip_listener_of(c, path);
    *status = 0;
    if (l->accept == SIP_TRUNKS) {
        *status = 403;
        return NULL;
    }
    if (!find(m, l->realm, &cr)) {
        hl__sip_challenge(c, path, m, false);
        return NULL;
    }
    if (hl__sip_guard_locked(c, &path->far, cr.user)) {
        *status = 403;
        return NULL;
    }
    hl__sip_guard_heard(c, &path->far, cr.user);
    hl__sip_addr_ip(&path->far, ip);
    int verdict = hl__sip_nonce_check(c->nonces, c->now, ip, l->realm, cr.nonce);
    struct sip_phone *p = phone_named(c, cr.user);
    bool right = is_right(c, p, &cr, m);
    if (verdict != SIP_NONCE_GOOD || !right) {
        if (!right && verdict == SIP_NONCE_GOOD)
            hl__sip_guard_wrong(c, &path->far, cr.user);
        hl__sip_challenge(c, path, m, verdict == SIP_NONCE_STALE && right);
        return NULL;
    }
    if (!hl__sip_nonce_count(c->nonces, cr.nonce, cr.qop == SIP_QOP_NONE ? 1 : count_of(cr.nc))) {
        hl__sip_challenge(c, path, m, true);
        return NULL;
    }
    if (!hl__view_is(account_of(m), p->profile->name)) {
        *status = 403;
        return NULL;
    }
    return p;
}

/* The telephone that says it is From and registered from exactly there. */
struct sip_phone *hl__sip_phone_at(hl__sip *c, const struct sip_path *path, const struct sip_msg *m)
{
    struct sip_phone *p = phone_named(c, m->from.uri.user);
    for (uint32_t i = 0; p && i < p->bindings; i++)
        if (hl__sip_addr_same(&p->binding[i]->path.far, &path->far, true))
            return p;
    return NULL;
}
