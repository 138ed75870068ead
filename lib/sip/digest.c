/* digest.c - hashes of RFC 7616, and the reading of challenges. */
#include "sip/digest.h"
#include "sip/msg.h"
#include <openssl/evp.h>
#include <string.h>

static const struct { const char *name, *sess; size_t size; const char *evp; } algorithms[SIP_ALGORITHMS] = {
    { "MD5", "MD5-sess", 16, "MD5" },
    { "SHA-256", "SHA-256-sess", 32, "SHA256" },
    { "SHA-512-256", "SHA-512-256-sess", 32, "SHA512-256" },
};

int hl__sip_algorithm(hl__view name, bool *sess)
{
    *sess = false;
    if (!name.len)
        return SIP_MD5;
    for (int i = 0; i < SIP_ALGORITHMS; i++) {
        *sess = hl__view_like(name, algorithms[i].sess);
        if (*sess || hl__view_like(name, algorithms[i].name))
            return i;
    }
    return -1;
}

const char *hl__sip_algorithm_name(int algorithm, bool sess)
{
    return sess ? algorithms[algorithm].sess : algorithms[algorithm].name;
}

static const EVP_MD *digest_of(int algorithm)
{
    switch (algorithm) {
    case SIP_MD5: return EVP_md5();
    case SIP_SHA256: return EVP_sha256();
    default: return EVP_sha512_256();
    }
}

/* The parts with colons between them. */
int hl__sip_hash(int algorithm, const hl__view *parts, unsigned n, char out[SIP_HEX])
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int ok = ctx && EVP_DigestInit_ex(ctx, digest_of(algorithm), NULL);
    for (unsigned i = 0; ok && i < n; i++) {
        ok = i == 0 || EVP_DigestUpdate(ctx, ":", 1);
        ok = ok && (!parts[i].len || EVP_DigestUpdate(ctx, parts[i].at, parts[i].len));
    }
    ok = ok && EVP_DigestFinal_ex(ctx, sum, &len) && len == algorithms[algorithm].size;
    EVP_MD_CTX_free(ctx);
    if (!ok)
        return HL_ENOMEM;
    hl__hex(sum, len, out);
    return 0;
}

int hl__sip_ha1(int algorithm, const char *user, const char *realm, const char *password, char out[SIP_HEX])
{
    hl__view parts[] = { hl__view_of(user), hl__view_of(realm), hl__view_of(password) };
    return hl__sip_hash(algorithm, parts, 3, out);
}

int hl__sip_ha2(const struct sip_digest *d, char out[SIP_HEX])
{
    char body[SIP_HEX];
    hl__view parts[] = { d->method, d->uri, { NULL, 0 } };
    if (d->qop != SIP_QOP_AUTH_INT)
        return hl__sip_hash(d->algorithm, parts, 2, out);
    int r = hl__sip_hash(d->algorithm, &d->body, 1, body);
    if (r < 0)
        return r;
    parts[2] = hl__view_of(body);
    return hl__sip_hash(d->algorithm, parts, 3, out);
}

int hl__sip_response(const struct sip_digest *d, const char *ha1, char out[SIP_HEX])
{
    int r;
    char a1[SIP_HEX], a2[SIP_HEX];
    hl__copy(a1, sizeof(a1), ha1);
    if (d->sess) {
        hl__view parts[] = { hl__view_of(ha1), d->nonce, d->cnonce };
        if ((r = hl__sip_hash(d->algorithm, parts, 3, a1)) < 0)
            return r;
    }
    if ((r = hl__sip_ha2(d, a2)) < 0)
        return r;
    if (d->qop == SIP_QOP_NONE) {
        hl__view parts[] = { hl__view_of(a1), d->nonce, hl__view_of(a2) };
        return hl__sip_hash(d->algorithm, parts, 3, out);
    }
    hl__view qop = hl__view_of(d->qop == SIP_QOP_AUTH ? "auth" : "auth-int");
    hl__view parts[] = { hl__view_of(a1), d->nonce, d->nc, d->cnonce, qop, hl__view_of(a2) };
    return hl__sip_hash(d->algorithm, parts, 6, out);
}

static int qop_of(hl__view list)
{
    bool plain = false, whole = false;
    if (!list.at)
        return SIP_QOP_NONE;
    while (list.at) {
        hl__view one = hl__view_trim(hl__view_cut(&list, ','));
        plain = plain || hl__view_like(one, "auth");
        whole = whole || hl__view_like(one, "auth-int");
    }
    return plain ? SIP_QOP_AUTH : whole ? SIP_QOP_AUTH_INT : SIP_QOP_UNKNOWN;
}

/* "name = value": value without its quotes; false: not of that form. */
static bool pair(hl__view one, hl__view *name, hl__view *value)
{
    size_t eq;
    if (!hl__view_find(one, '=', &eq))
        return false;
    *name = hl__view_trim((hl__view){ one.at, eq });
    *value = hl__view_trim(hl__view_skip(one, eq + 1));
    if (value->len && value->at[0] == '"') {
        if (!hl__sip_quotes_ok(*value) || value->len < 2 || value->at[value->len - 1] != '"')
            return false;
        *value = hl__sip_unquote(*value);
        for (size_t i = 0; i < value->len; i++)
            if ((unsigned char)value->at[i] < ' ')
                return false;
        return hl__sip_is_token(*name);
    }
    return hl__sip_is_token(*name) && hl__sip_is_token(*value);
}

struct pieces { hl__view realm, nonce, opaque, algorithm, qop, stale; bool twice; };

static void keep(struct pieces *p, hl__view name, hl__view value)
{
    struct { const char *name; hl__view *to; } known[] = {
        { "realm", &p->realm }, { "nonce", &p->nonce }, { "opaque", &p->opaque }, { "algorithm", &p->algorithm },
        { "qop", &p->qop }, { "stale", &p->stale },
    };
    for (size_t i = 0; i < HL__COUNT(known); i++)
        if (hl__view_like(name, known[i].name)) {
            p->twice = p->twice || known[i].to->at;
            *known[i].to = value;
        }
}

/* A new challenge begins where an element holds "Scheme name=value" with a blank in front of the name. */
static bool begins_scheme(hl__view one, hl__view *scheme, hl__view *tail)
{
    size_t gap = 0;
    while (gap < one.len && one.at[gap] != ' ' && one.at[gap] != '\t' && one.at[gap] != '=')
        gap++;
    if (gap == one.len || one.at[gap] == '=')
        return false;
    *tail = hl__view_trim(hl__view_skip(one, gap));
    if (tail->len && tail->at[0] == '=')
        return false;
    *scheme = (hl__view){ one.at, gap };
    return true;
}

int hl__sip_challenge_next(hl__view *rest, struct sip_challenge *out)
{
    struct pieces p = { .twice = false };
    hl__view scheme, tail, name, value;
    if (!rest->len)
        return 0;
    if (!hl__sip_quotes_ok(*rest)) {
        *rest = (hl__view){ NULL, 0 };
        return -1;
    }
    hl__view one = hl__sip_element(rest);
    bool good = begins_scheme(one, &scheme, &tail);
    if (!good)
        return -1;
    for (;;) {
        hl__view before = *rest, next_scheme, next_tail;
        if (pair(tail, &name, &value))
            keep(&p, name, value);
        else
            good = false;
        if (!rest->len)
            break;
        tail = hl__sip_element(rest);
        if (begins_scheme(tail, &next_scheme, &next_tail)) {
            *rest = before;
            break;
        }
    }
    *out = (struct sip_challenge){ p.realm, p.nonce, p.opaque, SIP_MD5, qop_of(p.qop), false, false };
    out->algorithm = hl__sip_algorithm(p.algorithm, &out->sess);
    out->stale = hl__view_like(p.stale, "true");
    if (!good || p.twice || !hl__view_like(scheme, "Digest") || !p.realm.at || !p.nonce.len)
        return -1;
    return out->algorithm < 0 || out->qop == SIP_QOP_UNKNOWN ? -1 : 1;
}

struct answers { struct sip_credentials c; hl__view algorithm, qop; };

/* False: it was there before. */
static bool keep_answer(struct answers *a, hl__view name, hl__view value)
{
    struct { const char *name; hl__view *to; } known[] = {
        { "username", &a->c.user }, { "realm", &a->c.realm }, { "nonce", &a->c.nonce }, { "uri", &a->c.uri },
        { "response", &a->c.response }, { "nc", &a->c.nc }, { "cnonce", &a->c.cnonce },
        { "algorithm", &a->algorithm }, { "qop", &a->qop },
    };
    for (size_t i = 0; i < HL__COUNT(known); i++)
        if (hl__view_like(name, known[i].name)) {
            if (known[i].to->at)
                return false;
            *known[i].to = value;
        }
    return true;
}

static bool is_complete(const struct sip_credentials *c)
{
    bool there = c->user.at && c->realm.at && c->nonce.at && c->uri.at && c->response.at;
    return there && c->algorithm >= 0 && c->qop != SIP_QOP_UNKNOWN &&
           (c->qop == SIP_QOP_NONE || (c->nc.len == 8 && c->cnonce.len));
}

bool hl__sip_credentials(hl__view value, struct sip_credentials *out)
{
    hl__view scheme, tail, name, text;
    struct answers a = { .algorithm = { NULL, 0 } };
    if (!hl__sip_quotes_ok(value))
        return false;
    hl__view rest = value, one = hl__sip_element(&rest);
    if (!begins_scheme(one, &scheme, &tail) || !hl__view_like(scheme, "Digest"))
        return false;
    for (;;) {
        if (!pair(tail, &name, &text) || !keep_answer(&a, name, text))
            return false;
        if (!rest.len)
            break;
        tail = hl__sip_element(&rest);
    }
    a.c.algorithm = hl__sip_algorithm(a.algorithm, &a.c.sess);
    a.c.qop = qop_of(a.qop);
    *out = a.c;
    return is_complete(&a.c);
}

bool hl__sip_may_answer(bool ours, bool from_peer, bool realm_ok, int method, int rounds, bool stale)
{
    if (!ours || !from_peer || !realm_ok || method == SIP_ACK || method == SIP_CANCEL)
        return false;
    return rounds == 1 || (rounds == 2 && stale);
}
