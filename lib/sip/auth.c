/* auth.c - the client's side of digest: which challenge is kept, and the answer to it. */
#include "sip/core.h"
#include <string.h>

void hl__sip_kept_free(hl__sip *c, struct sip_challenge_kept *k)
{
    hl__free(c->mem, k->realm);
    hl__free(c->mem, k->nonce);
    hl__free(c->mem, k->opaque);
    *k = (struct sip_challenge_kept){ .realm = NULL };
}

static int keep(hl__sip *c, struct sip_challenge_kept *k, const struct sip_challenge *ch, bool proxy)
{
    struct sip_challenge_kept n = { .algorithm = ch->algorithm, .qop = ch->qop, .sess = ch->sess, .proxy = proxy };
    n.realm = hl__view_dup(c->mem, ch->realm);
    n.nonce = hl__view_dup(c->mem, ch->nonce);
    n.opaque = ch->opaque.at ? hl__view_dup(c->mem, ch->opaque) : NULL;
    if (!n.realm || !n.nonce || (ch->opaque.at && !n.opaque)) {
        hl__sip_kept_free(c, &n);
        return HL_ENOMEM;
    }
    hl__sip_kept_free(c, k);
    *k = n;
    return 0;
}

bool hl__sip_choose(const struct sip_challenge *ch, const char *realm, int min)
{
    if (realm && *realm && !hl__view_is(ch->realm, realm))
        return false;
    return min != SIP_DIGEST_SHA256 || ch->algorithm != SIP_MD5;
}

/* The topmost challenge that is understood and meant for us. */
bool hl__sip_kept_take(hl__sip *c, struct sip_challenge_kept *k, const struct sip_profile *p, const struct sip_msg *m)
{
    int id = m->status == 407 ? SIP_H_PROXY_AUTHENTICATE : SIP_H_WWW_AUTHENTICATE;
    bool again = k->realm != NULL;
    if (!p || !p->user || !p->password)
        return false;
    for (const struct sip_header *h = NULL; (h = hl__sip_next(m, id, h));) {
        hl__view rest = h->value;
        while (rest.len) {
            struct sip_challenge ch;
            if (hl__sip_challenge_next(&rest, &ch) <= 0 || !hl__sip_choose(&ch, p->realm, p->digest_min))
                continue;
            if (again && !ch.stale)
                return false; /* the answer was wrong: it stays wrong */
            return keep(c, k, &ch, m->status == 407) == 0;
        }
    }
    return false;
}

/* Text of a challenge goes back letter for letter, escapes and all. */
static void write_param(hl__buf *b, const char *name, const char *text)
{
    hl__buf_fmt(b, ", %s=\"%s\"", name, text);
}

void hl__sip_write_auth(hl__sip *c, hl__buf *b, struct sip_challenge_kept *k, const struct sip_profile *p,
                        const struct sip_digest *about)
{
    char ha1[SIP_HEX], response[SIP_HEX], nc[9], cnonce[17];
    const uint8_t count[4] = { 0, 0, (uint8_t)(++k->nc >> 8), (uint8_t)k->nc };
    struct sip_digest d = *about;
    hl__hex(count, 4, nc);
    hl__sip_token(c, cnonce, 16);
    d.algorithm = k->algorithm;
    d.qop = k->qop;
    d.sess = k->sess;
    d.nonce = hl__view_of(k->nonce);
    d.nc = hl__view_of(nc);
    d.cnonce = hl__view_of(cnonce);
    if (hl__sip_ha1(k->algorithm, p->user, k->realm, p->password, ha1) < 0 || hl__sip_response(&d, ha1, response) < 0) {
        b->failed = 1;
        return;
    }
    hl__buf_fmt(b, "%s: Digest username=", k->proxy ? "Proxy-Authorization" : "Authorization");
    hl__sip_write_quoted(b, p->user);
    write_param(b, "realm", k->realm);
    write_param(b, "nonce", k->nonce);
    hl__buf_str(b, ", uri=\"");
    hl__buf_view(b, d.uri);
    hl__buf_fmt(b, "\", response=\"%s\", algorithm=%s", response, hl__sip_algorithm_name(k->algorithm, k->sess));
    if (k->opaque)
        write_param(b, "opaque", k->opaque);
    if (k->qop != SIP_QOP_NONE || k->sess)
        write_param(b, "cnonce", cnonce);
    if (k->qop != SIP_QOP_NONE)
        hl__buf_fmt(b, ", qop=%s, nc=%s", k->qop == SIP_QOP_AUTH ? "auth" : "auth-int", nc);
    hl__buf_str(b, "\r\n");
    explicit_bzero(ha1, sizeof(ha1));
}

bool hl__sip_leg_challenged(struct sip_leg *l, const struct sip_msg *m)
{
    if (!hl__sip_may_answer(l->outbound, true, true, m->cseq_method, 1, false))
        return false;
    hl__sip_kept_free(l->core, &l->kept);
    return hl__sip_kept_take(l->core, &l->kept, l->profile, m);
}

void hl__sip_leg_auth(struct sip_leg *l, hl__buf *b, int method, hl__view body)
{
    struct sip_digest about = { .method = hl__view_of(hl__sip_method_text(method)), .body = body };
    about.uri = hl__view_of(l->dialog.target);
    if (l->kept.realm && l->profile)
        hl__sip_write_auth(l->core, b, &l->kept, l->profile, &about);
}
