/* peer.c - one path: from the first check to the last.
 *
 *   NEW -check-> CHECKING -hello-> SHAKING -finished-> UP <-> SUSPECT -3 s-> LOST
 *                    ^----broken-----'                  '---- life -----------'
 *
 * Any of them ends in CLOSED (close_notify, 30 s without consent) or, before UP, in FAILED. A packet costs no timer:
 * the times of what came are kept, and the timer looks at them. */
#include "webrtc/webrtc.h"
#include <string.h>

enum {
    CONSENT = 30 * HL__SECOND, QUIET_CALL = HL__SECOND, QUIET_IDLE = 12 * HL__SECOND, SUSPECT_FOR = 3 * HL__SECOND,
    ASK_SUSPECT = 250 * HL__US, ASK_LOST = HL__SECOND, RTO_MIN = 100 * HL__US, RTO_MAX = HL__SECOND,
    SHAKE_FOR = 10 * HL__SECOND, TRIES = 5,
};

struct move {
    uint8_t state, stimulus;
    bool (*guard)(const hl__peer *p);
    uint8_t next;
    void (*action)(hl__peer *p);
};

static hl_time now_of(const hl__peer *p)
{
    return p->port->now;
}

static bool has_tries(const hl__peer *p)
{
    return p->tries < TRIES;
}

static void drop_handshake(hl__peer *p)
{
    hl__dtls_free(p->dtls);
    p->dtls = NULL;
}

static void up(hl__peer *p)
{
    p->alive = now_of(p);
    p->hears = false;
    hl__peer_tell(p, HL__R_UP);
}

static void suspect(hl__peer *p)
{
    p->asked = 0;
    hl__peer_tell(p, HL__R_SUSPECT);
}

static void lost(hl__peer *p)
{
    p->code = 0;
    hl__peer_tell(p, HL__R_LOST);
}

static void back(hl__peer *p)
{
    p->hears = false; /* what answered may have no microphone open: the next SRTP says so */
    hl__peer_tell(p, HL__R_BACK);
}

/* Nothing leaves any more. */
static void let_go(hl__peer *p)
{
    drop_handshake(p);
    hl__srtp_free(p->port->mem, p->srtp);
    p->srtp = NULL;
    while (p->inbox) {
        hl__letter *l = p->inbox;
        p->inbox = l->next;
        hl__free(p->port->mem, l);
    }
}

static void closed(hl__peer *p)
{
    let_go(p);
    p->code = 1;
    hl__peer_tell(p, HL__R_LOST);
}

static void failed(hl__peer *p)
{
    let_go(p);
    hl__peer_tell(p, HL__R_FAILED);
}

#define ON(state, stimulus, guard, next, action) \
    { HL__PEER_##state, HL__ON_##stimulus, guard, HL__PEER_##next, action }
static const struct move moves[] = {
    ON(NEW,      CHECK,    NULL,      CHECKING, NULL),
    ON(NEW,      OVER,     NULL,      FAILED,   failed),
    ON(CHECKING, HELLO,    NULL,      SHAKING,  NULL),
    ON(CHECKING, OVER,     NULL,      FAILED,   failed),
    ON(SHAKING,  FINISHED, NULL,      UP,       up),
    ON(SHAKING,  BROKEN,   has_tries, CHECKING, drop_handshake),
    ON(SHAKING,  BROKEN,   NULL,      FAILED,   failed),
    ON(SHAKING,  OVER,     NULL,      FAILED,   failed),
    ON(UP,       QUIET,    NULL,      SUSPECT,  suspect),
    ON(UP,       OVER,     NULL,      CLOSED,   closed),
    ON(SUSPECT,  LIFE,     NULL,      UP,       back),
    ON(SUSPECT,  SILENT,   NULL,      LOST,     lost),
    ON(SUSPECT,  OVER,     NULL,      CLOSED,   closed),
    ON(LOST,     LIFE,     NULL,      UP,       back),
    ON(LOST,     OVER,     NULL,      CLOSED,   closed),
};
#undef ON

bool hl__peer_allows(int state, int stimulus)
{
    for (size_t i = 0; i < HL__COUNT(moves); i++)
        if (moves[i].state == state && moves[i].stimulus == stimulus)
            return true;
    return false;
}

int hl__peer_move(hl__peer *p, int stimulus)
{
    for (size_t i = 0; i < HL__COUNT(moves); i++) {
        const struct move *m = &moves[i];
        if (m->state != p->state || m->stimulus != stimulus || (m->guard && !m->guard(p)))
            continue;
        p->state = m->next;
        p->since = now_of(p);
        if (m->action)
            m->action(p);
        hl__peer_time(p);
        return 0;
    }
    return HL_ESTATE;
}

void hl__peer_life(hl__peer *p)
{
    p->alive = now_of(p);
    if (p->state == HL__PEER_SUSPECT || p->state == HL__PEER_LOST)
        (void)hl__peer_move(p, HL__ON_LIFE); /* in the table */
}

/* A report not yet taken makes room for its contrary: what counts is how it stands. */
void hl__peer_tell(hl__peer *p, int report)
{
    if (report == HL__R_BACK)
        p->tell &= ~(1u << HL__R_SUSPECT | 1u << HL__R_LOST);
    else if (report == HL__R_SUSPECT || report == HL__R_LOST)
        p->tell &= ~(1u << HL__R_BACK);
    p->tell |= 1u << report;
    if (p->in_tell)
        return;
    hl__port *port = p->port;
    p->in_tell = true;
    p->teller = NULL;
    if (port->tellers)
        port->tellers_end->teller = p;
    else
        port->tellers = p;
    port->tellers_end = p;
}

void hl__peer_fail(hl__peer *p, int code, const char *words)
{
    p->code = code;
    hl__copy(p->words, sizeof(p->words), words);
}

static void over(hl__peer *p, const char *words)
{
    hl__peer_fail(p, HL_EIO, words);
    (void)hl__peer_move(p, HL__ON_OVER); /* allowed wherever a timer runs */
}

static hl_time quiet_at(const hl__peer *p)
{
    return p->bound && p->hears ? p->heard + QUIET_CALL : p->alive + QUIET_IDLE;
}

static hl_time ask_each(const hl__peer *p)
{
    return p->state == HL__PEER_SUSPECT ? ASK_SUSPECT : ASK_LOST;
}

/* Requests of our own: all the time while the path is in doubt, and when consent grows old. */
static bool asks(const hl__peer *p)
{
    return p->state == HL__PEER_SUSPECT || p->state == HL__PEER_LOST ||
           (p->state == HL__PEER_UP && now_of(p) >= p->consent + QUIET_IDLE);
}

static void keep_asking(hl__peer *p)
{
    if (!asks(p) || !p->to || now_of(p) < p->asked + ask_each(p))
        return;
    p->asked = now_of(p);
    hl__ice_ask(p, p->to);
}

static void shaking(hl__peer *p)
{
    if (now_of(p) >= p->since + SHAKE_FOR) {
        p->tries++;
        hl__peer_fail(p, HL_EIO, "the browser began a DTLS handshake and did not finish it");
        (void)hl__peer_move(p, HL__ON_BROKEN); /* in the table */
    } else if (p->resend && now_of(p) >= p->resend) {
        p->rto = p->rto * 2 > RTO_MAX ? RTO_MAX : p->rto * 2;
        p->resend = now_of(p) + p->rto;
        p->next_datagram = 0;
        hl__port_send(p);
    }
}

static hl_time early_due(const hl__peer *p)
{
    hl_time at = p->consent + CONSENT;
    if (p->state != HL__PEER_SHAKING)
        return at < p->opened + CONSENT ? at : p->opened + CONSENT;
    if (at > p->since + SHAKE_FOR)
        at = p->since + SHAKE_FOR;
    return p->resend && p->resend < at ? p->resend : at;
}

static hl_time next_due(const hl__peer *p)
{
    hl_time at = p->consent + CONSENT, next;
    switch (p->state) {
    case HL__PEER_NEW: case HL__PEER_CHECKING: case HL__PEER_SHAKING: return early_due(p);
    case HL__PEER_UP:
        next = quiet_at(p);
        if (at > next)
            at = next;
        next = p->consent + QUIET_IDLE;
        break;
    case HL__PEER_SUSPECT:
        next = p->since + SUSPECT_FOR;
        break;
    case HL__PEER_LOST: next = INT64_MAX; break;
    default: return INT64_MAX;
    }
    if (at > next && !(p->state == HL__PEER_UP && asks(p)))
        at = next;
    if (asks(p) && p->to && at > p->asked + ask_each(p))
        at = p->asked + ask_each(p);
    return at;
}

static void look(hl__peer *p)
{
    hl_time now = now_of(p);
    switch (p->state) {
    case HL__PEER_NEW:
        if (now >= p->opened + CONSENT)
            over(p, "no check from the browser within 30 s: the UDP port of the media thread is not reached");
        return;
    case HL__PEER_CHECKING:
        if (now >= p->opened + CONSENT)
            over(p, "no DTLS handshake within 30 s");
        return;
    case HL__PEER_SHAKING: shaking(p); return;
    case HL__PEER_UP:
        if (now >= quiet_at(p))
            (void)hl__peer_move(p, HL__ON_QUIET); /* in the table */
        break;
    case HL__PEER_SUSPECT:
        if (now >= p->since + SUSPECT_FOR)
            (void)hl__peer_move(p, HL__ON_SILENT); /* in the table */
        break;
    default: break;
    }
    keep_asking(p);
}

void hl__peer_time(hl__peer *p)
{
    hl__wheel *w = &p->port->wheel;
    if (p->state == HL__PEER_CLOSED || p->state == HL__PEER_FAILED) {
        hl__timer_drop(w, &p->timer);
        return;
    }
    if (p->state != HL__PEER_NEW && now_of(p) >= p->consent + CONSENT) {
        over(p, "30 s without consent");
        return;
    }
    uint8_t state = p->state;
    look(p);
    if (p->state != state) /* a move has been here already */
        return;
    hl__timer_set(w, &p->timer, next_due(p));
}

/* Certificate, keys, packets: what stands between Finished and UP. Words are set where it fails. */
static int verify(hl__peer *p)
{
    bool is = false;
    for (uint32_t i = 0; i < p->offer.prints; i++) {
        const hl__print *f = &p->offer.print[i];
        is |= hl__dtls_is(p->dtls, f->hash, f->data, f->len);
    }
    if (!is) {
        hl__peer_fail(p, HL_EDENIED, "the certificate of the handshake is not the one of the offer");
        p->tries = TRIES; /* it will not become another */
        return HL_EDENIED;
    }
    int suite;
    uint8_t keys[HL__SRTP_KEYS];
    int r = hl__dtls_keys(p->dtls, &suite, keys);
    if (r == 0)
        r = hl__srtp_new(p->port->mem, suite, keys, &p->srtp);
    explicit_bzero(keys, sizeof(keys));
    if (r == 0)
        p->offer.media.suite = (uint8_t)suite;
    else
        hl__peer_fail(p, r, r == HL_ENOTSUP ? "no SRTP suite in common" : "out of memory");
    return r;
}

static bool is_hello(const hl__letter *l)
{
    return l->len > 13 && l->data[0] == 22 && l->data[13] == 1;
}

static void fed(hl__peer *p, int r)
{
    if (hl__dtls_flights(p->dtls) != p->flights) {
        p->flights = hl__dtls_flights(p->dtls);
        p->next_datagram = 0;
        p->rto = RTO_MIN;
        p->resend = now_of(p) + RTO_MIN;
        hl__port_send(p);
    }
    if (r == HL__DTLS_UP && verify(p) == 0) {
        p->resend = 0;
        (void)hl__peer_move(p, HL__ON_FINISHED); /* in the table */
    } else if (r != HL__DTLS_GOING) {
        if (r != HL__DTLS_UP)
            hl__peer_fail(p, HL_EIO, "the DTLS handshake was broken off");
        p->tries++;
        (void)hl__peer_move(p, HL__ON_BROKEN); /* in the table */
    } else {
        hl__peer_time(p);
    }
}

void hl__peer_shake(hl__peer *p)
{
    hl__letter *l = p->inbox;
    p->inbox = l->next;
    if (p->state == HL__PEER_CHECKING && is_hello(l) && hl__dtls_new(p->port->ctx, &p->dtls) == 0) {
        p->flights = 0;
        p->resend = 0;
        (void)hl__peer_move(p, HL__ON_HELLO); /* in the table */
    }
    if (p->state == HL__PEER_SHAKING)
        fed(p, hl__dtls_input(p->dtls, l->data, l->len));
    else if (p->dtls)
        hl__peer_record(p, l->data, l->len); /* came in time, was looked at late */
    hl__free(p->port->mem, l);
}

void hl__peer_record(hl__peer *p, const uint8_t *data, size_t len)
{
    int r = hl__dtls_input(p->dtls, data, len);
    if (r != HL__DTLS_UP) {
        over(p, "the page closed the connection");
        return;
    }
    if (hl__dtls_flights(p->dtls) != p->flights) { /* our last flight was lost, the browser asked for it */
        p->flights = hl__dtls_flights(p->dtls);
        p->next_datagram = 0;
        hl__port_send(p);
    }
}

void hl__peer_clear(hl__peer *p)
{
    let_go(p);
    hl__timer_drop(&p->port->wheel, &p->timer);
    for (int i = 0; i < 2; i++)
        hl__ice_unpair(p, i);
    for (size_t i = 0; i < HL__FARS; i++)
        if (p->far[i].peer)
            hl__far_drop(p->port, &p->far[i]);
    if (p->in_ssrc && hl__map_get(&p->port->ssrcs, (hl_id)p->in_ssrc + 1) == p)
        (void)hl__map_del(&p->port->ssrcs, (hl_id)p->in_ssrc + 1);
    hl__free(p->port->mem, p->sdp);
    hl__free(p->port->mem, p->local);
    p->sdp = p->local = NULL;
}
