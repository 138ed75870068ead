/* offer.c - offer and answer (RFC 3264) between a leg's hl__media and the text of a session description.
 *
 * We answer with one codec and its telephone-event, in the offerer's numbers. No text leaves lib/sip. The version in o=
 * rises by one exactly when the text changes. */
#include "sip/core.h"
#include <string.h>

static const struct { uint8_t kind, pt, channels; uint32_t rate; const char *name, *fmtp; } known[] = {
    { HL__PCMU, 0, 1, 8000, "PCMU", NULL },
    { HL__PCMA, 8, 1, 8000, "PCMA", NULL },
    { HL__OPUS, 111, 2, 48000, "opus", "minptime=10;useinbandfec=1" },
};
enum { PT_EVENT_8 = 101, PT_EVENT_48 = 110 };

static bool listed(const char *codecs, const char *name)
{
    hl__view rest = hl__view_of(codecs);
    while (rest.at)
        if (hl__view_like(hl__view_trim(hl__view_cut(&rest, ',')), name))
            return true;
    return false;
}

static int known_of(const hl__sdp_codec *c)
{
    for (size_t i = 0; i < HL__COUNT(known); i++)
        if (hl__view_like(c->name, known[i].name) && c->rate == known[i].rate &&
            (c->channels == known[i].channels || known[i].channels == 1))
            return (int)i;
    return -1;
}

static int known_kind(int kind)
{
    for (size_t i = 0; i < HL__COUNT(known); i++)
        if (known[i].kind == kind)
            return (int)i;
    return -1;
}

/* The telephone-events that fit: dtmf_pt in the first codec's clock, dtmf_alt the 8000 Hz one beside Opus. */
static void read_events(const hl__sdp *s, hl__media *out)
{
    const hl__sdp_codec *same = hl__sdp_codec_of(s, "telephone-event", out->n ? out->codec[0].rate : 8000, 0);
    const hl__sdp_codec *slow = hl__sdp_codec_of(s, "telephone-event", 8000, 0);
    if (same)
        out->dtmf_pt = same->pt;
    else if (slow)
        out->dtmf_pt = slow->pt;
    if (same && slow && slow != same)
        out->dtmf_alt = slow->pt;
}

static int read_address(const hl__sdp *s, hl__media *out, bool *zero)
{
    uint8_t ip[16];
    if (!hl__ip_parse(s->address, ip))
        return HL_EINVAL;
    *zero = hl__ip_is_any(ip);
    hl__sip_ip_addr(ip, s->port, &out->rtp);
    hl__sip_ip_addr(ip, s->rtcp_port ? s->rtcp_port : (uint16_t)(s->port + 1), &out->rtcp);
    return 0;
}

static void add_codec(const hl__sdp *s, const hl__sdp_codec *c, int which, hl__media *out)
{
    hl__view fec;
    uint16_t ptime = s->ptime >= 10 && s->ptime <= 60 ? s->ptime : 20;
    hl__codec *to = &out->codec[out->n++];
    *to = (hl__codec){ .kind = known[which].kind, .pt = c->pt, .ptime = (uint8_t)ptime,
                       .channels = known[which].channels, .rate = known[which].rate };
    if (known[which].kind == HL__OPUS && hl__sdp_param(c->fmtp, "useinbandfec", &fec) && hl__view_is(fec, "1"))
        to->flags = HL__FEC;
}

int hl__sip_read_sdp(hl__view body, const char *codecs, hl__media *out, hl__sdp *s)
{
    bool zero = false;
    if (hl__sdp_parse(body.at, body.len, s, NULL) < 0 || s->lines > 200)
        return HL_EINVAL;
    *out = (hl__media){ .size = sizeof(*out), .transport = HL__RTP };
    if (s->audio < 0 || !s->port || s->secure)
        return 0;
    if (read_address(s, out, &zero) < 0)
        return HL_EINVAL;
    for (uint32_t i = 0; i < s->ncodecs && out->n < HL__COUNT(out->codec); i++) {
        int which = known_of(&s->codec[i]);
        if (which >= 0 && listed(codecs, known[which].name))
            add_codec(s, &s->codec[i], which, out);
    }
    if (listed(codecs, "telephone-event"))
        read_events(s, out);
    out->mux = s->mux;
    out->far_ssrc = s->nssrcs ? s->ssrc[0] : 0;
    out->dir = s->dir;
    if (zero) /* the old way to hold a call */
        out->dir &= HL__SEND;
    return 0;
}

bool hl__sip_has_sdp(const struct sip_msg *m)
{
    size_t semi;
    hl__view type = hl__sip_value(m, SIP_H_CONTENT_TYPE);
    if (hl__view_find(type, ';', &semi))
        type.len = semi;
    return m->body.len && hl__view_like(hl__view_trim(type), "application/sdp");
}

static const char *codecs_of(const struct sip_leg *l)
{
    return l->profile && l->profile->codecs ? l->profile->codecs : "PCMA,PCMU,opus,telephone-event";
}

/* Whoever sits behind a NAT sends from elsewhere than he says. */
static void mark_nat(const struct sip_leg *l, hl__media *m)
{
    if (!l->profile || !l->profile->nat)
        return;
    m->rtp.flags |= HL__NAT;
    m->rtcp.flags |= HL__NAT;
}

int hl__sip_offer_take(struct sip_leg *l, hl__view body, hl__sdp *s)
{
    hl__media m;
    struct sip_session *n = &l->session;
    int r = hl__sip_read_sdp(body, codecs_of(l), &m, s);
    if (r < 0)
        return r;
    if (!m.n)
        return HL_ENOTSUP;
    char *text = hl__view_dup(l->core->mem, body);
    if (!text)
        return HL_ENOMEM;
    hl__free(l->core->mem, n->offer);
    n->offer = text;
    n->offer_len = body.len;
    mark_nat(l, &m);
    n->theirs = m;
    n->held = !(m.dir & HL__RECV);
    return 0;
}

/* What was agreed: their first codec, and its telephone-event. */
static void narrow(hl__media *m, int kind)
{
    unsigned i = 0;
    while (i + 1 < m->n && m->codec[i].kind != kind)
        i++;
    m->codec[0] = m->codec[i];
    m->n = 1;
}

int hl__sip_answer_take(struct sip_leg *l, hl__view body)
{
    hl__sdp *s = hl__alloc(l->core->mem, sizeof(*s));
    hl__media m;
    if (!s)
        return HL_ENOMEM;
    int r = hl__sip_read_sdp(body, codecs_of(l), &m, s);
    hl__free(l->core->mem, s);
    if (r < 0 || !m.n)
        return r < 0 ? r : HL_ENOTSUP;
    mark_nat(l, &m);
    narrow(&m, m.codec[0].kind);
    l->session.theirs = m;
    l->session.held = !(m.dir & HL__RECV);
    l->session.settled = true;
    return 0;
}

/* o=: the text is made with version 0; only another text than the last gets another version. */
static int publish(struct sip_leg *l, hl__sdp_offer *d, hl__buf *out)
{
    hl__sip *c = l->core;
    struct sip_session *n = &l->session;
    hl__buf b;
    if (!n->id)
        n->id = (hl__rand_u64(&c->rand) & INT32_MAX) + 1;
    d->session = n->id;
    hl__buf_init(&b, c->mem);
    hl__sdp_write(&b, d);
    uint64_t hash = b.failed ? 0 : hl__fnv(0, b.data, b.len);
    if (!b.failed && n->body && hash == n->body_hash) {
        hl__buf_str(out, n->body);
        hl__buf_free(&b);
        return out->failed ? HL_ENOMEM : 0;
    }
    d->version = n->version + 1;
    hl__buf_clear(&b);
    hl__sdp_write(&b, d);
    char *text = hl__sip_text(c, &b);
    if (!text)
        return HL_ENOMEM;
    hl__buf_str(out, text);
    hl__free(c->mem, n->body);
    n->body = text;
    n->body_hash = hash;
    n->version++;
    return out->failed ? HL_ENOMEM : 0;
}

static void put_codec(hl__sdp_offer *d, int which, uint8_t pt)
{
    unsigned i = d->ncodecs++;
    d->codec[i].name = known[which].name;
    d->codec[i].rate = known[which].rate;
    d->codec[i].channels = known[which].channels;
    d->codec[i].fmtp = known[which].fmtp;
    d->codec[i].pt = pt;
}

static void put_address(hl__sdp_offer *d, const hl__media *ours)
{
    hl__sip_addr_ip(&ours->rtp, d->ip);
    d->port = ours->rtp.port;
    if (ours->rtcp.port && ours->rtcp.port != ours->rtp.port + 1)
        d->rtcp_port = ours->rtcp.port;
}

static int mirror(int dir)
{
    return hl__sdp_mirror(dir);
}

int hl__sip_answer_make(struct sip_leg *l, const hl__media *ours, hl__buf *out)
{
    struct sip_session *n = &l->session;
    hl__sdp *s = hl__alloc(l->core->mem, sizeof(*s));
    hl__media m;
    if (!s)
        return HL_ENOMEM;
    int r = hl__sip_read_sdp((hl__view){ n->offer, n->offer_len }, codecs_of(l), &m, s);
    if (r == 0 && !m.n)
        r = HL_ENOTSUP;
    if (r == 0) {
        hl__sdp_offer d = { .theirs = s, .ptime = m.codec[0].ptime };
        int kind = m.codec[0].kind;
        for (unsigned i = 0; i < m.n; i++)
            if (ours->n && m.codec[i].kind == ours->codec[0].kind)
                kind = m.codec[i].kind;
        narrow(&m, kind);
        m.dtmf_pt = m.dtmf_alt = 0;
        if (listed(codecs_of(l), "telephone-event"))
            read_events(s, &m);
        put_codec(&d, known_kind(kind), m.codec[0].pt);
        d.dtmf_pt = m.dtmf_pt;
        const hl__sdp_codec *event = m.dtmf_pt ? hl__sdp_codec_pt(s, m.dtmf_pt) : NULL;
        d.dtmf_rate = event ? event->rate : 8000;
        d.dir = (uint8_t)(mirror(m.dir) & (ours->dir ? ours->dir : HL__SENDRECV));
        put_address(&d, ours);
        d.mux = m.mux && ours->mux;
        mark_nat(l, &m);
        if ((r = publish(l, &d, out)) == 0) {
            n->ours = *ours;
            n->ours.dir = d.dir;
            m.dtmf_alt = 0;
            n->theirs = m;
            n->settled = true;
        }
    }
    hl__free(l->core->mem, s);
    return r;
}

/* Without a wish of the engine's: the profile's list in its order. */
static void offer_listed(const char *codecs, hl__sdp_offer *d)
{
    for (hl__view rest = hl__view_of(codecs); rest.at;) {
        hl__view one = hl__view_trim(hl__view_cut(&rest, ','));
        for (size_t i = 0; i < HL__COUNT(known); i++)
            if (hl__view_like(one, known[i].name) && d->ncodecs < HL__COUNT(d->codec))
                put_codec(d, (int)i, known[i].pt);
    }
}

static void offer_codecs(struct sip_leg *l, const hl__media *ours, hl__sdp_offer *d)
{
    const char *codecs = codecs_of(l);
    for (unsigned i = 0; i < ours->n; i++) {
        int which = known_kind(ours->codec[i].kind);
        if (which >= 0 && listed(codecs, known[which].name) && d->ncodecs < HL__COUNT(d->codec))
            put_codec(d, which, known[which].pt);
    }
    if (!ours->n)
        offer_listed(codecs, d);
    bool slow = false, fast = false;
    for (unsigned i = 0; i < d->ncodecs; i++) {
        slow = slow || d->codec[i].rate == 8000;
        fast = fast || d->codec[i].rate == 48000;
    }
    if (!listed(codecs, "telephone-event"))
        return;
    if (slow) {
        d->dtmf_pt = PT_EVENT_8;
        d->dtmf_rate = 8000;
    }
    if (fast) {
        d->dtmf_pt2 = PT_EVENT_48;
        d->dtmf_rate2 = 48000;
    }
}

int hl__sip_offer_make(struct sip_leg *l, const hl__media *ours, hl__buf *out)
{
    hl__sdp_offer d = { .ptime = 20, .dir = ours->dir };
    if (l->profile && l->profile->ptime)
        d.ptime = (uint16_t)l->profile->ptime;
    offer_codecs(l, ours, &d);
    if (!d.ncodecs)
        return HL_ENOTSUP;
    put_address(&d, ours);
    int r = publish(l, &d, out);
    if (r == 0) {
        l->session.ours = *ours;
        l->session.sent_offer = true;
        l->session.settled = false;
    }
    return r;
}

void hl__sip_session_free(hl__sip *c, struct sip_session *s)
{
    hl__free(c->mem, s->body);
    hl__free(c->mem, s->offer);
    s->body = s->offer = NULL;
}
