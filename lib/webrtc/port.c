/* port.c - the door: all paths of one media thread behind its port.
 *
 * What came is told apart by its first byte (RFC 7983). Work that an outsider can ask for in bulk, handshakes and
 * offers, waits in a queue and is done a little in each 5 ms: a thousand browsers at once delay no sound. */
#include "webrtc/webrtc.h"
#include "base/ip.h"
#include "base/json.h"
#include <openssl/rand.h>
#include <string.h>

enum { OFFER_COST = 2, SHAKE_COST = 1, UNKNOWN_PER_S = 20 };

bool hl__port_random(hl__port *port, void *out, size_t len)
{
    if (!port->seeded)
        return RAND_bytes(out, (int)len) == 1;
    hl__rand_bytes(&port->rand, out, len);
    return true;
}

hl__outgoing *hl__port_slot(hl__port *port)
{
    if (port->ring_count == HL__STUN_RING)
        return NULL;
    return &port->ring[(port->ring_first + port->ring_count) % HL__STUN_RING];
}

void hl__port_job(hl__peer *p)
{
    hl__port *port = p->port;
    if (p->in_job)
        return;
    p->in_job = true;
    p->job = NULL;
    if (port->jobs)
        port->jobs_end->job = p;
    else
        port->jobs = p;
    port->jobs_end = p;
}

void hl__port_send(hl__peer *p)
{
    hl__port *port = p->port;
    if (p->in_send)
        return;
    p->in_send = true;
    p->sender = NULL;
    if (port->senders)
        port->senders_end->sender = p;
    else
        port->senders = p;
    port->senders_end = p;
}

static hl__peer *next_job(hl__port *port)
{
    hl__peer *p = port->jobs;
    port->jobs = p->job;
    p->in_job = false;
    return p;
}

static hl__peer *next_sender(hl__port *port)
{
    hl__peer *p = port->senders;
    port->senders = p->sender;
    p->in_send = false;
    return p;
}

static hl__peer *next_teller(hl__port *port)
{
    hl__peer *p = port->tellers;
    port->tellers = p->teller;
    p->in_tell = false;
    return p;
}

static int codec_kind(const char *name)
{
    static const struct { const char *name; int kind; } names[] = {
        { "opus", HL__OPUS }, { "PCMA", HL__PCMA }, { "PCMU", HL__PCMU }, { "G722", HL__G722 },
    };
    for (size_t i = 0; name && i < HL__COUNT(names); i++)
        if (strcmp(name, names[i].name) == 0)
            return names[i].kind;
    return 0;
}

static int read_addresses(hl__rtc *rtc, const hl__json *list, hl__err *err)
{
    for (size_t i = 0; i < hl__json_size(list) && rtc->addresses < HL__COUNT(rtc->address); i++) {
        const char *text = hl__json_text(hl__json_at(list, i));
        uint8_t ip[16];
        if (!text || !hl__ip_parse(hl__view_of(text), ip))
            return hl__fail(err, HL_EINVAL, "%s is no address that browsers could be told", text ? text : "a non-text");
        hl__addr *a = &rtc->address[rtc->addresses++];
        a->family = hl__ip_is4(ip) ? 4 : 6;
        memcpy(a->ip, a->family == 4 ? ip + 12 : ip, a->family == 4 ? 4 : 16);
    }
    return rtc->addresses ? 0 : hl__fail(err, HL_EINVAL, "browsers need an address to reach");
}

static int read_codecs(hl__rtc *rtc, const hl__json *list, hl__err *err)
{
    static const uint8_t usual[] = { HL__OPUS, HL__PCMA, HL__PCMU };
    if (!list) {
        memcpy(rtc->codec, usual, sizeof(usual));
        rtc->codecs = sizeof(usual);
        return 0;
    }
    for (size_t i = 0; i < hl__json_size(list) && rtc->codecs < HL__COUNT(rtc->codec); i++) {
        int kind = codec_kind(hl__json_text(hl__json_at(list, i)));
        if (!kind)
            return hl__fail(err, HL_EINVAL, "codecs are opus, PCMA, PCMU, G722");
        rtc->codec[rtc->codecs++] = (uint8_t)kind;
    }
    return rtc->codecs ? 0 : hl__fail(err, HL_EINVAL, "at least one codec is needed");
}

static int read_settings(hl__port *port, const hl__json *j, hl__err *err)
{
    hl__rtc *rtc = &port->rtc;
    int64_t at = hl__json_int(hl__json_get(j, "port")), rate = hl__json_int(hl__json_get(j, "maxplaybackrate"));
    if (at < 1 || at > 65535)
        return hl__fail(err, HL_EINVAL, "port is 1 to 65535");
    if (rate < 0 || rate > 48000)
        return hl__fail(err, HL_EINVAL, "maxplaybackrate is at most 48000");
    rtc->port = (uint16_t)at;
    rtc->rate = (uint32_t)rate;
    rtc->tcp = hl__json_true(hl__json_get(j, "tcp"));
    const hl__json *seed = hl__json_get(j, "seed");
    port->seeded = seed != NULL;
    hl__rand_init(&port->rand, hl__json_int(seed), 1, port->thread);
    int r = read_addresses(rtc, hl__json_get(j, "addresses"), err);
    return r < 0 ? r : read_codecs(rtc, hl__json_get(j, "codecs"), err);
}

static void end(void *st)
{
    hl__port *port = st;
    if (!port)
        return;
    while (port->peers)
        hl__paths_dtls.close(&port->peers->head);
    hl__names_free(&port->ufrags);
    hl__map_free(&port->fars);
    hl__map_free(&port->ssrcs);
    hl__hmac_free(port->mem, port->hmac);
    hl__srtp_free(port->mem, port->idle);
    hl__dtls_ctx_free(port->ctx);
    hl__free(port->mem, port->ring);
    hl__free(port->mem, port);
}

static int begin(hl__mem *mem, const char *json, int thread, hl__err *err, void **out)
{
    static const uint8_t no_keys[HL__SRTP_KEYS];
    hl__port *port = hl__alloc(mem, sizeof(*port));
    hl__json *j = port ? hl__json_read(json, strlen(json), err) : NULL;
    if (!port)
        return hl__fail(err, HL_ENOMEM, "out of memory");
    port->mem = mem;
    port->thread = (uint32_t)thread;
    hl__names_init(&port->ufrags, mem);
    hl__map_init(&port->fars, mem);
    hl__map_init(&port->ssrcs, mem);
    const char *cert = hl__json_text(hl__json_get(j, "cert"));
    int r = j ? read_settings(port, j, err) : err ? err->code : HL_EPARSE;
    if (r == 0 && !cert)
        r = hl__fail(err, HL_EINVAL, "cert is missing");
    if (r == 0)
        r = hl__dtls_ctx_new(mem, cert, strlen(cert), err, &port->ctx);
    hl__json_free(j);
    hl__srtp_ready();
    if (r == 0 && (!(port->ring = hl__alloc_array(mem, HL__STUN_RING, sizeof(*port->ring))) ||
                   hl__hmac_new(mem, &port->hmac) < 0 || hl__srtp_new(mem, HL__CM_80, no_keys, &port->idle) < 0 ||
                   !hl__port_random(port, &port->secret, sizeof(port->secret))))
        r = hl__fail(err, HL_ENOMEM, "out of memory");
    if (r < 0) {
        end(port);
        return r;
    }
    *out = port;
    return 0;
}

static hl__blob *copy_blob(hl__mem *mem, const void *data, size_t len, uint32_t kind)
{
    hl__blob *b = hl__alloc(mem, sizeof(*b) + len);
    if (b) {
        b->len = (uint32_t)len;
        b->kind = kind;
        memcpy(b->data, data, len);
    }
    return b;
}

static void follow(hl__peer *p, const hl__msg *q)
{
    p->gen = q->gen;
    p->epoch = q->epoch;
    p->head.gen = q->gen;
}

static int open_path(void *st, hl_time now, const hl__msg *q, hl__path **out)
{
    hl__port *port = st;
    if (!q->blob || q->blob->kind != HL__SDP)
        return HL_EINVAL;
    port->now = now;
    hl__peer *p = hl__alloc(port->mem, sizeof(*p));
    hl__blob *sdp = p ? copy_blob(port->mem, q->blob->data, q->blob->len, HL__SDP) : NULL;
    if (!sdp || !hl__port_random(port, &p->origin, sizeof(p->origin)) ||
        !hl__port_random(port, &p->ssrc, sizeof(p->ssrc))) {
        hl__free(port->mem, sdp);
        hl__free(port->mem, p);
        return HL_ENOMEM;
    }
    p->head.ops = &hl__paths_dtls;
    p->head.session = q->session;
    p->head.leg = q->leg;
    p->bound = q->leg != 0;
    follow(p, q);
    p->port = port;
    p->sdp = sdp;
    p->origin = p->origin >> 2 | 1; /* browsers keep it as a signed number */
    p->ssrc |= p->ssrc == 0;
    p->opened = p->alive = p->consent = p->since = now;
    p->timer.ctx = p;
    p->next = port->peers;
    if (p->next)
        p->next->prev = p;
    port->peers = p;
    hl__port_job(p);
    hl__peer_time(p);
    *out = &p->head;
    return 0;
}

static void take_out(hl__peer **first, hl__peer **last, hl__peer *p, size_t link)
{
    hl__peer *before = NULL, *at = *first, *next;
    while (at && at != p) {
        before = at;
        memcpy(&at, (char *)at + link, sizeof(at));
    }
    if (!at)
        return;
    memcpy(&next, (char *)p + link, sizeof(next));
    if (before)
        memcpy((char *)before + link, &next, sizeof(next));
    else
        *first = next;
    if (*last == p)
        *last = before;
}

static void close_path(hl__path *head)
{
    hl__peer *p = (hl__peer *)head;
    if (!p)
        return;
    hl__port *port = p->port;
    hl__peer_clear(p);
    if (p->in_job)
        take_out(&port->jobs, &port->jobs_end, p, offsetof(hl__peer, job));
    if (p->in_send)
        take_out(&port->senders, &port->senders_end, p, offsetof(hl__peer, sender));
    if (p->in_tell)
        take_out(&port->tellers, &port->tellers_end, p, offsetof(hl__peer, teller));
    if (p->next)
        p->next->prev = p->prev;
    if (p->prev)
        p->prev->next = p->next;
    else
        port->peers = p->next;
    hl__free(port->mem, p);
}

static bool same_page(const hl__offer *a, const hl__offer *b)
{
    if (a->prints != b->prints)
        return false;
    for (uint32_t i = 0; i < a->prints; i++)
        if (a->print[i].len != b->print[i].len || memcmp(a->print[i].data, b->print[i].data, a->print[i].len) != 0)
            return false;
    return true;
}

static int set_offer(hl__peer *p, const hl__msg *q)
{
    hl__offer offer;
    hl__err err = { 0 };
    if (p->state == HL__PEER_CLOSED || p->state == HL__PEER_FAILED || p->sdp || p->version == 0)
        return HL_ESTATE;
    int r = hl__offer_read(p->port->mem, (const char *)q->blob->data, q->blob->len, &offer, &err);
    if (r == 0 && !same_page(&offer, &p->offer))
        return HL_ESTATE;
    if (r == HL_ENOMEM)
        return r;
    p->sdp = copy_blob(p->port->mem, q->blob->data, q->blob->len, HL__SDP);
    if (!p->sdp)
        return HL_ENOMEM;
    follow(p, q);
    p->restart = true;
    hl__port_job(p);
    return 0;
}

static int set_path(hl__path *head, hl_time now, const hl__msg *q)
{
    hl__peer *p = (hl__peer *)head;
    p->port->now = now;
    if (q->kind == HL__Q_SET)
        return q->blob && q->blob->kind == HL__SDP ? set_offer(p, q) : HL_EINVAL;
    if (q->kind != HL__Q_BIND)
        return HL_EINVAL;
    p->head.leg = q->leg;
    p->head.gen = q->gen;
    p->bound = q->leg != 0;
    if (p->heard + HL__SECOND < now)
        p->hears = false; /* its silence began before the call */
    hl__peer_time(p);
    return 0;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Packets from unknown addresses cost an attempt to decrypt: so many a second and source. */
static bool may_try(hl__port *port, const hl__addr *a)
{
    uint32_t i = (uint32_t)hl__fnv(port->secret, a->ip, a->family == 6 ? 8 : 4) % HL__SOURCES;
    uint32_t second = (uint32_t)(port->now / HL__SECOND);
    if (port->source[i].second != second) {
        port->source[i].second = second;
        port->source[i].count = 0;
    }
    return port->source[i].count++ < UNKNOWN_PER_S;
}

static void know(hl__peer *p, uint32_t ssrc)
{
    hl__map *m = &p->port->ssrcs;
    if (p->in_ssrc == ssrc)
        return;
    if (p->in_ssrc && hl__map_get(m, (hl_id)p->in_ssrc + 1) == p)
        (void)hl__map_del(m, (hl_id)p->in_ssrc + 1);
    p->in_ssrc = ssrc;
    if (!hl__map_get(m, (hl_id)ssrc + 1))
        (void)hl__map_put(m, (hl_id)ssrc + 1, p); /* without memory it is only not found after a move */
}

static int input_media(hl__port *port, hl__packet *io, hl__path **out)
{
    if (io->len < 12)
        return -HL__DROP_SHORT;
    bool rtcp = io->data[1] >= 192 && io->data[1] <= 223;
    uint32_t ssrc = get32(io->data + (rtcp ? 4 : 8));
    hl__far *f = hl__far_find(port, &io->far, ssrc);
    hl__peer *p = f ? f->peer : hl__map_get(&port->ssrcs, (hl_id)ssrc + 1);
    if (!p)
        return -HL__DROP_UNLISTED;
    if (!f && !may_try(port, &io->far))
        return -HL__DROP_RATE;
    if (!p->srtp)
        return -HL__DROP_STATE;
    int r = hl__srtp_open(p->srtp, io);
    if (r < 0)
        return r;
    if (!f)
        f = hl__far_list(p, &io->far, &io->near);
    if (!rtcp)
        know(p, ssrc);
    hl__peer_life(p);
    if (!rtcp) {
        p->heard = port->now;
        if (!p->hears) { /* from now on its silence counts: the timer was set without */
            p->hears = true;
            hl__peer_time(p);
        }
    }
    if (f)
        hl__far_heard(p, f);
    *out = &p->head;
    return 1;
}

static int input_dtls(hl__port *port, const hl__packet *io)
{
    hl__far *f = hl__far_find(port, &io->far, 0);
    if (!f)
        return -HL__DROP_UNLISTED;
    hl__peer *p = f->peer;
    if (io->len < 13)
        return -HL__DROP_SHORT;
    if (p->state == HL__PEER_UP || p->state == HL__PEER_SUSPECT || p->state == HL__PEER_LOST) {
        p->hand = io->far;
        p->hand_near = io->near;
        hl__peer_record(p, io->data, io->len);
        return 0;
    }
    if (p->state != HL__PEER_CHECKING && p->state != HL__PEER_SHAKING)
        return -HL__DROP_STATE;
    uint32_t waiting = 0;
    hl__letter **last = &p->inbox;
    for (; *last; last = &(*last)->next)
        waiting++;
    if (waiting >= HL__INBOX)
        return -HL__DROP_RATE;
    hl__letter *l = hl__alloc(port->mem, sizeof(*l) + io->len);
    if (!l)
        return -HL__DROP_MEMORY;
    l->len = io->len;
    memcpy(l->data, io->data, io->len);
    *last = l;
    p->hand = io->far;
    p->hand_near = io->near;
    hl__port_job(p);
    return 0;
}

static int input(void *st, hl_time now, hl__packet *io, hl__path **out)
{
    hl__port *port = st;
    port->now = now;
    if (io->len < 4)
        return -HL__DROP_SHORT;
    uint8_t first = io->data[0];
    if (first <= 3)
        return hl__ice_input(port, io);
    if (first >= 20 && first <= 63)
        return input_dtls(port, io);
    if (first >= 128 && first <= 191)
        return io->len > 1500 ? -HL__DROP_SHORT : input_media(port, io, out);
    return -HL__DROP_KIND;
}

static int protect(hl__path *head, hl__packet *io)
{
    hl__peer *p = (hl__peer *)head;
    if (!p->srtp)
        return HL_ESTATE;
    io->far = p->to ? p->to->addr : p->hand;
    io->near = p->to ? p->to->near : p->hand_near;
    return hl__srtp_close(p->srtp, io);
}

/* The offer that waits becomes an answer that waits. */
static void answer(hl__peer *p)
{
    hl__port *port = p->port;
    hl__blob *sdp = p->sdp, *text = NULL;
    hl__offer offer;
    hl__err err = { 0 };
    hl__buf b;
    hl__buf_init(&b, port->mem);
    int which = p->restart ? !p->live : 0, r = hl__offer_read(port->mem, (char *)sdp->data, sdp->len, &offer, &err);
    if (r == 0)
        r = hl__offer_match(&port->rtc, &offer, &err);
    if (r == 0)
        r = hl__ice_pair(p, which, &offer);
    if (r == 0) {
        hl__ours ours = { p->pair[which].ours, p->pair[which].pwd, hl__dtls_print(port->ctx), p->origin, p->version + 1,
            p->ssrc };
        hl__answer_write(&b, &port->rtc, &offer, &ours);
        text = b.failed ? NULL : copy_blob(port->mem, b.data, b.len, HL__SDP);
        r = text ? 0 : HL_ENOMEM;
    }
    hl__buf_free(&b);
    if (r == HL_ENOMEM) { /* perhaps there is some in the next tick */
        hl__port_job(p);
        return;
    }
    hl__free(port->mem, sdp);
    p->sdp = NULL;
    if (r < 0) {
        hl__peer_fail(p, r, err.words);
        if (p->restart)
            hl__peer_tell(p, HL__R_FAILED);
        else
            (void)hl__peer_move(p, HL__ON_OVER); /* NEW: in the table */
        return;
    }
    offer.media.suite = p->offer.media.suite;
    offer.media.ssrc = p->ssrc;
    p->offer = offer;
    p->version++;
    hl__free(port->mem, p->local);
    p->local = text;
    hl__peer_tell(p, HL__R_LOCAL);
    if (p->srtp)
        hl__peer_tell(p, HL__R_UP);
}

static void work(hl__port *port)
{
    if (port->now / HL__TICK != port->tick) {
        port->tick = port->now / HL__TICK;
        port->budget = HL__BUDGET;
    }
    while (port->jobs && port->budget >= OFFER_COST) {
        hl__peer *p = next_job(port);
        if (p->sdp) {
            port->budget -= OFFER_COST;
            answer(p);
        } else if (p->inbox) {
            port->budget -= SHAKE_COST;
            hl__peer_shake(p);
        }
        if (p->sdp || p->inbox)
            hl__port_job(p);
    }
}

static bool flight(hl__port *port, hl__packet *out)
{
    while (port->senders) {
        hl__peer *p = next_sender(port);
        const uint8_t *data;
        size_t len = p->dtls ? hl__dtls_flight(p->dtls, p->next_datagram, &data) : 0;
        if (!len || len > out->room) {
            if (p->dtls && !p->resend)
                hl__dtls_settle(p->dtls);
            continue;
        }
        p->next_datagram++;
        hl__port_send(p);
        memcpy(out->data, data, len);
        out->len = (uint32_t)len;
        out->far = p->hand;
        out->near = p->hand_near;
        return true;
    }
    return false;
}

static int output(void *st, hl_time now, hl__packet *out)
{
    hl__port *port = st;
    port->now = now;
    for (hl__timer *t; (t = hl__wheel_take(&port->wheel, now));)
        hl__peer_time(t->ctx);
    work(port);
    out->when = now;
    if (port->ring_count) {
        const hl__outgoing *o = &port->ring[port->ring_first];
        port->ring_first = (port->ring_first + 1) % HL__STUN_RING;
        port->ring_count--;
        memcpy(out->data, o->data, o->len);
        out->len = o->len;
        out->far = o->far;
        out->near = o->near;
        return 1;
    }
    return flight(port, out);
}

/* The order in which they are told; LOCAL before UP, the end last. */
static const uint8_t telling[] = {
    HL__R_LOCAL, HL__R_UP, HL__R_MOVED, HL__R_SUSPECT, HL__R_BACK, HL__R_LOST, HL__R_FAILED,
};

static int blob_of(hl__peer *p, int kind, hl__blob **out)
{
    hl__mem *mem = p->port->mem;
    hl__media m = p->offer.media;
    switch (kind) {
    case HL__R_LOCAL:
        *out = p->local;
        p->local = NULL;
        return 0;
    case HL__R_UP:
        m.rtp = p->to ? p->to->addr : p->hand;
        *out = copy_blob(mem, &m, sizeof(m), HL__MEDIA);
        return *out ? 0 : HL_ENOMEM;
    case HL__R_MOVED:
        *out = copy_blob(mem, p->to ? &p->to->addr : &p->hand, sizeof(hl__addr), HL__ADDR);
        return *out ? 0 : HL_ENOMEM;
    case HL__R_FAILED:
        *out = copy_blob(mem, p->words, strlen(p->words), HL__WORDS);
        return *out ? 0 : HL_ENOMEM;
    default: return 0;
    }
}

static int report(void *st, hl__msg *out, hl__path **path)
{
    hl__port *port = st;
    while (port->tellers) {
        hl__peer *p = port->tellers;
        size_t i = 0;
        while (i < HL__COUNT(telling) && !(p->tell & 1u << telling[i]))
            i++;
        if (i == HL__COUNT(telling)) {
            (void)next_teller(port);
            continue;
        }
        int kind = telling[i];
        hl__blob *blob = NULL;
        if (blob_of(p, kind, &blob) < 0)
            return 0;
        hl_time silent = (port->now - p->alive) / HL__US;
        bool page = kind == HL__R_LOCAL || kind == HL__R_UP || kind == HL__R_FAILED;
        p->tell &= ~(1u << kind);
        *out = (hl__msg){
            .kind = (uint16_t)kind, .thread = (uint16_t)port->thread, .epoch = p->epoch,
            .gen = page ? p->gen : p->head.gen, .leg = page ? 0 : p->head.leg, .session = p->head.session,
            .code = kind == HL__R_FAILED || kind == HL__R_LOST ? p->code : 0, .when = port->now,
            .arg = page ? p->state != HL__PEER_FAILED : silent, .blob = blob,
        };
        *path = &p->head;
        return 1;
    }
    return 0;
}

static hl_time due(void *st)
{
    const hl__port *port = st;
    if (port->ring_count || port->senders)
        return 0;
    hl_time at = hl__wheel_due(&port->wheel), tick = (port->now / HL__TICK + 1) * HL__TICK;
    if ((port->jobs || port->tellers) && at > tick)
        at = tick;
    return port->jobs && (port->now / HL__TICK != port->tick || port->budget >= OFFER_COST) ? 0 : at;
}

const hl__paths hl__paths_dtls = {
    .begin = begin, .open = open_path, .set = set_path, .input = input, .protect = protect, .output = output,
    .report = report, .due = due, .close = close_path, .end = end,
};
