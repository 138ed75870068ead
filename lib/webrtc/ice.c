/* ice.c - ICE-lite (RFC 8445) with consent (RFC 7675): which addresses a path may use.
 *
 * An address is listed when it brought a signed check, or fresh SRTP. We send to the one nominated last, or to one that
 * brought fresh SRTP and answered a request of our own: a browser that moved is followed at once, a thief is not. */
#include "webrtc/webrtc.h"
#include <string.h>

enum { ASK_EACH = 250 * HL__US, ASKS = 8, FRESH = HL__SECOND };

static bool same(const hl__addr *a, const hl__addr *b)
{
    return a->port == b->port && a->family == b->family && ((a->flags ^ b->flags) & HL__STREAM) == 0 &&
           memcmp(a->ip, b->ip, a->family == 6 ? 16 : 4) == 0;
}

static hl_id key_of(const hl__port *port, const hl__addr *a)
{
    uint8_t text[20];
    size_t n = a->family == 6 ? 16 : 4;
    memcpy(text, a->ip, n);
    text[n] = (uint8_t)(a->port >> 8);
    text[n + 1] = (uint8_t)a->port;
    text[n + 2] = (uint8_t)(a->flags & HL__STREAM);
    return (hl_id)(hl__fnv(port->secret, text, n + 3) >> 2 | 1);
}

hl__far *hl__far_find(const hl__port *port, const hl__addr *addr, uint32_t ssrc)
{
    hl__far *best = NULL;
    for (hl__far *f = hl__map_get(&port->fars, key_of(port, addr)); f; f = f->chain) {
        if (!same(&f->addr, addr))
            continue;
        if (ssrc && f->peer->in_ssrc == ssrc)
            return f;
        if (!best || f->used > best->used)
            best = f;
    }
    return best;
}

void hl__far_drop(hl__port *port, hl__far *f)
{
    hl__far *first = hl__map_get(&port->fars, f->key);
    if (first == f) {
        if (f->chain)
            (void)hl__map_put(&port->fars, f->key, f->chain); /* replaces: cannot fail */
        else
            (void)hl__map_del(&port->fars, f->key);
    } else {
        while (first && first->chain != f)
            first = first->chain;
        if (first)
            first->chain = f->chain;
    }
    if (f->peer->to == f)
        f->peer->to = NULL;
    memset(f, 0, sizeof(*f));
}

/* A free place, or that of the address not used for longest; never the one we send to. */
static hl__far *place(hl__peer *p)
{
    hl__far *oldest = NULL;
    for (size_t i = 0; i < HL__FARS; i++) {
        hl__far *f = &p->far[i];
        if (!f->peer)
            return f;
        if (f != p->to && (!oldest || f->used < oldest->used))
            oldest = f;
    }
    hl__far_drop(p->port, oldest);
    return oldest;
}

hl__far *hl__far_list(hl__peer *p, const hl__addr *addr, const hl__addr *near)
{
    hl__port *port = p->port;
    hl_id key = key_of(port, addr);
    hl__far *f = hl__map_get(&port->fars, key);
    while (f && (f->peer != p || !same(&f->addr, addr)))
        f = f->chain;
    if (!f) {
        f = place(p);
        *f = (hl__far){ .addr = *addr, .peer = p, .key = key, .chain = hl__map_get(&port->fars, key) };
        if (hl__map_put(&port->fars, key, f) < 0) {
            memset(f, 0, sizeof(*f));
            return NULL;
        }
    }
    f->near = *near;
    f->used = port->now;
    return f;
}

static void nominate(hl__peer *p, hl__far *f)
{
    if (p->to == f)
        return;
    bool moved = p->to != NULL;
    p->to = f;
    if (moved && p->srtp)
        hl__peer_tell(p, HL__R_MOVED);
}

void hl__ice_ask(hl__peer *p, hl__far *f)
{
    hl__port *port = p->port;
    hl__pair *pair = &p->pair[p->live];
    hl__stun_request ask = { .theirs = pair->theirs, .ours = pair->ours, .password = pair->their_pwd };
    memcpy(ask.tie, &p->origin, sizeof(ask.tie));
    hl__outgoing *o = hl__port_slot(port);
    if (!o || !hl__port_random(port, ask.id, sizeof(ask.id)))
        return;
    o->len = (uint32_t)hl__stun_ask(port->hmac, &ask, o->data);
    o->far = f->addr;
    o->near = f->near;
    port->ring_count += o->len > 0;
    memcpy(f->id, ask.id, sizeof(f->id));
    f->asked = port->now;
    if (f->asks < 255)
        f->asks++;
}

void hl__far_heard(hl__peer *p, hl__far *f)
{
    hl_time now = p->port->now;
    if (f->heard + FRESH < now)
        f->asks = 0;
    f->used = f->heard = now;
    if (f != p->to && f->asks < ASKS && (!f->asks || f->asked + ASK_EACH <= now))
        hl__ice_ask(p, f);
}

/* "ours:theirs" to the pair it names. */
static hl__pair *pair_of(const hl__port *port, const hl__stun *m)
{
    char ours[HL__UFRAG + 1];
    if (m->user_len < HL__UFRAG + 2 || m->user[HL__UFRAG] != ':')
        return NULL;
    memcpy(ours, m->user, HL__UFRAG);
    ours[HL__UFRAG] = 0;
    if (strlen(ours) != HL__UFRAG)
        return NULL;
    hl__pair *pair = hl__names_get(&port->ufrags, ours);
    size_t rest = m->user_len - HL__UFRAG - 1;
    if (!pair || strlen(pair->theirs) != rest || memcmp(pair->theirs, m->user + HL__UFRAG + 1, rest) != 0)
        return NULL;
    return pair;
}

static int reply(hl__port *port, const hl__packet *io, const hl__stun *m, const hl__pair *pair)
{
    hl__outgoing *o = hl__port_slot(port);
    if (!o)
        return -HL__DROP_RATE;
    o->len = (uint32_t)(m->unknowns ? hl__stun_refuse(port->hmac, m, pair->pwd, o->data) :
                                      hl__stun_answer(port->hmac, m, &io->far, pair->pwd, o->data));
    o->far = io->far;
    o->near = io->near;
    if (o->len == 0 || o->len > io->len)
        return -HL__DROP_STUN;
    port->ring_count++;
    return 0;
}

static int request(hl__port *port, const hl__packet *io, const hl__stun *m)
{
    hl__pair *pair = pair_of(port, m);
    if (!pair || !hl__stun_signed(port->hmac, m, pair->pwd))
        return -HL__DROP_STUN;
    hl__peer *p = pair->peer;
    if (p->state == HL__PEER_CLOSED || p->state == HL__PEER_FAILED)
        return -HL__DROP_STATE;
    if (m->unknowns)
        return reply(port, io, m, pair);
    hl__far *f = hl__far_list(p, &io->far, &io->near);
    if (!f)
        return -HL__DROP_MEMORY;
    int r = reply(port, io, m, pair);
    if (r < 0)
        return r;
    int which = (int)(pair - p->pair);
    if (which != p->live) { /* the new names are in use: the old ones are over */
        hl__ice_unpair(p, p->live);
        p->live = (uint8_t)which;
    }
    p->consent = port->now;
    if (p->state == HL__PEER_NEW)
        (void)hl__peer_move(p, HL__ON_CHECK); /* allowed in NEW */
    if (m->nominates)
        nominate(p, f);
    hl__peer_life(p);
    return 0;
}

static int answer(hl__port *port, const hl__packet *io, const hl__stun *m)
{
    hl__far *f = hl__map_get(&port->fars, key_of(port, &io->far));
    while (f && !(same(&f->addr, &io->far) && f->asks && memcmp(f->id, m->id, sizeof(f->id)) == 0))
        f = f->chain;
    if (!f || !hl__stun_signed(port->hmac, m, f->peer->pair[f->peer->live].their_pwd))
        return -HL__DROP_STUN;
    hl__peer *p = f->peer;
    if (p->state == HL__PEER_CLOSED || p->state == HL__PEER_FAILED)
        return -HL__DROP_STATE;
    f->asks = 0;
    f->used = p->consent = port->now;
    if (f->heard && f->heard + FRESH >= port->now)
        nominate(p, f);
    hl__peer_life(p);
    return 0;
}

int hl__ice_input(hl__port *port, const hl__packet *io)
{
    hl__stun m;
    if (hl__stun_read(io->data, io->len, &m) < 0)
        return -HL__DROP_STUN;
    switch (m.type) {
    case HL__STUN_REQUEST: return request(port, io, &m);
    case HL__STUN_ANSWER: return answer(port, io, &m);
    default: return -HL__DROP_STUN;
    }
}

static bool letters(hl__port *port, char *out, size_t len)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (!hl__port_random(port, out, len))
        return false;
    for (size_t i = 0; i < len; i++)
        out[i] = set[out[i] & 63];
    out[len] = 0;
    return true;
}

int hl__ice_pair(hl__peer *p, int which, const hl__offer *offer)
{
    hl__pair *pair = &p->pair[which];
    hl__ice_unpair(p, which);
    do
        if (!letters(p->port, pair->ours, HL__UFRAG) || !letters(p->port, pair->pwd, HL__PWD)) {
            pair->ours[0] = 0;
            return HL_ENOMEM;
        }
    while (hl__names_get(&p->port->ufrags, pair->ours));
    if (hl__names_put(&p->port->ufrags, pair->ours, pair) < 0) {
        pair->ours[0] = 0;
        return HL_ENOMEM;
    }
    pair->peer = p;
    hl__copy(pair->theirs, sizeof(pair->theirs), offer->ufrag);
    hl__copy(pair->their_pwd, sizeof(pair->their_pwd), offer->pwd);
    return 0;
}

void hl__ice_unpair(hl__peer *p, int which)
{
    hl__pair *pair = &p->pair[which];
    if (pair->ours[0])
        (void)hl__names_del(&p->port->ufrags, pair->ours);
    memset(pair, 0, sizeof(*pair));
}
