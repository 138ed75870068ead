/* core.c - the user agent's frame: what comes in is sorted, what goes out is queued, timers run in their order.
 *
 * Order of a request: transactions (repeats), dialogs (whoever knows the tags belongs here), then the guard decides
 * whether a stranger is heard at all, then trunks, phones and the rest. */
#include "sip/core.h"
#include <string.h>

int hl__sip_new(const hl__sip_options *opt, hl__sip **out)
{
    uint8_t key[32];
    hl__sip *c = hl__alloc(opt->mem, sizeof(*c));
    if (!c)
        return HL_ENOMEM;
    c->mem = opt->mem;
    c->log = opt->log;
    c->up = opt->up;
    c->open = opt->open;
    c->last = &c->first;
    hl__rand_init(&c->rand, (int64_t)opt->seed, 5060, 0);
    c->epoch = hl__rand_u64(&c->rand);
    hl__rand_bytes(&c->rand, key, sizeof(key));
    hl__names_init(&c->txns, c->mem);
    hl__names_init(&c->dialogs, c->mem);
    hl__names_init(&c->merges, c->mem);
    hl__names_init(&c->phones, c->mem);
    hl__names_init(&c->trunks, c->mem);
    hl__map_init(&c->legs, c->mem);
    hl__buf_init(&c->out, c->mem);
    c->scratch = hl__alloc(c->mem, SIP_MAX_BYTES + 1);
    if (!c->scratch || hl__sip_nonces_new(c->mem, key, &c->nonces) < 0) {
        hl__sip_free(c);
        return HL_ENOMEM;
    }
    *out = c;
    return 0;
}

static void listeners_free(hl__sip *c)
{
    for (uint32_t i = 0; i < c->listeners; i++) {
        hl__free(c->mem, c->listener[i].name);
        hl__free(c->mem, c->listener[i].realm);
    }
    hl__free(c->mem, c->listener);
}

void hl__sip_free(hl__sip *c)
{
    uint32_t pos = 0;
    if (!c)
        return;
    hl__sip_txns_free(c);
    while (c->all)
        hl__sip_leg_free(c->all);
    for (struct sip_event *e; (e = c->first);) {
        c->first = e->next;
        hl__free(c->mem, e);
    }
    hl__free(c->mem, c->shown);
    hl__sip_reap(c);
    for (struct sip_phone *p; (p = hl__names_at(&c->phones, &pos)); pos = 0) {
        hl__names_del(&c->phones, p->profile->name);
        hl__sip_phone_free(p);
    }
    pos = 0;
    for (struct sip_trunk *t; (t = hl__names_at(&c->trunks, &pos)); pos = 0) {
        hl__names_del(&c->trunks, t->profile->name);
        hl__sip_trunk_free(t);
    }
    hl__names_free(&c->phones);
    hl__names_free(&c->trunks);
    hl__names_free(&c->dialogs);
    hl__names_free(&c->merges);
    hl__map_free(&c->legs);
    hl__buf_free(&c->out);
    listeners_free(c);
    hl__sip_nonces_free(c->nonces);
    hl__sip_guard_free(c);
    hl__free(c->mem, c->scratch);
    hl__free(c->mem, c);
}

void hl__sip_token(hl__sip *c, char *out, size_t len)
{
    hl__rand_text(&c->rand, out, len);
}

char *hl__sip_text(hl__sip *c, hl__buf *b)
{
    char *text = b->data;
    if (b->failed || !text) {
        hl__buf_free(b);
        return NULL;
    }
    hl__buf_init(b, c->mem);
    return text;
}

/* ---- out ---- */
struct parcel { struct sip_path path; size_t len; };

void hl__sip_send(hl__sip *c, const struct sip_path *path, const char *data, size_t len)
{
    struct parcel p;
    memset(&p, 0, sizeof(p));
    p.path = *path;
    p.len = len;
    size_t need = c->out.len + sizeof(p) + len;
    if (!path->far.family || need > SIP_OUT_MAX) {
        c->figures.dropped++;
        return;
    }
    size_t before = c->out.len;
    hl__buf_add(&c->out, &p, sizeof(p));
    hl__buf_add(&c->out, data, len);
    if (c->out.failed) { /* like a datagram the network lost: it is repeated */
        c->out.failed = 0;
        c->out.len = before;
        c->figures.dropped++;
        return;
    }
    c->figures.out++;
}

int hl__sip_output(hl__sip *c, hl__sip_out *out)
{
    struct parcel p;
    if (c->out_at >= c->out.len) {
        hl__buf_clear(&c->out);
        c->out_at = 0;
        return 0;
    }
    memcpy(&p, c->out.data + c->out_at, sizeof(p));
    *out = (hl__sip_out){ p.path.listener, p.path.near, p.path.far, c->out.data + c->out_at + sizeof(p), p.len };
    c->out_at += sizeof(p) + p.len;
    return 1;
}

/* ---- in ---- */
void hl__sip_stateless(hl__sip *c, const struct sip_path *path, const struct sip_msg *m, int status, const char *more)
{
    hl__buf b;
    char tag[17];
    uint64_t h = hl__fnv(c->epoch, m->call_id.at, m->call_id.len);
    if (m->method == SIP_ACK)
        return;
    h = hl__fnv(h, m->via.branch.at, m->via.branch.len);
    hl__hex((const uint8_t *)&h, 8, tag); /* the same for each repeat */
    hl__buf_init(&b, c->mem);
    hl__sip_write_response(&b, path, m, status, tag);
    hl__buf_str(&b, more ? more : "");
    hl__sip_write_end(&b, NULL, NULL, 0);
    if (!b.failed)
        hl__sip_send(c, path, b.data, b.len);
    hl__buf_free(&b);
}

static const char allow[] = "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, REGISTER\r\n";

static void refuse_form(hl__sip *c, const struct sip_path *path, const struct sip_msg *m)
{
    hl__buf more;
    hl__buf_init(&more, c->mem);
    switch (m->fault) {
    case 400: hl__buf_fmt(&more, "Warning: 399 libhotline \"%s\"\r\n", m->why ? m->why : "malformed"); break;
    case 405: case 501: hl__buf_str(&more, allow); break;
    case 406: case 415: hl__buf_str(&more, "Accept: application/sdp\r\n"); break;
    case 420:
        for (const struct sip_header *h = NULL; (h = hl__sip_next(m, SIP_H_REQUIRE, h));) {
            hl__buf_str(&more, "Unsupported: ");
            hl__buf_view(&more, h->value);
            hl__buf_str(&more, "\r\n");
        }
        break;
    default: break;
    }
    if (!more.failed)
        hl__sip_stateless(c, path, m, m->fault, more.data ? more.data : "");
    hl__buf_free(&more);
}

static void answer_options(hl__sip *c, const struct sip_path *path, const struct sip_msg *m)
{
    char more[256];
    size_t n = hl__copy(more, sizeof(more), allow);
    hl__copy(more + n, sizeof(more) - n, "Accept: application/sdp\r\n");
    hl__sip_stateless(c, path, m, c->stopping ? 503 : 200, c->stopping ? "Retry-After: 30\r\n" : more);
}

static struct sip_leg *dialog_leg(hl__sip *c, const struct sip_msg *m)
{
    hl__buf key;
    hl__buf_init(&key, c->mem);
    hl__buf_view(&key, m->call_id);
    hl__buf_char(&key, ' ');
    hl__buf_view(&key, m->to_tag);
    struct sip_leg *l = key.failed ? NULL : hl__names_get(&c->dialogs, key.data);
    hl__buf_free(&key);
    return l;
}

static void invite_in(hl__sip *c, const struct sip_path *path, const struct sip_msg *m, struct sip_trunk *trunk)
{
    int status = 0;
    struct sip_phone *phone = hl__sip_phone_at(c, path, m);
    if (c->stopping) {
        hl__sip_stateless(c, path, m, 503, "Retry-After: 30\r\n");
        return;
    }
    if (trunk && !phone) { /* a telephone that registered from here is not the trunk's */
        if ((status = hl__sip_trunk_admit(trunk)) != 0)
            hl__sip_stateless(c, path, m, status, "Retry-After: 5\r\n");
        else
            hl__sip_uas_invite(c, path, m, trunk, NULL);
        return;
    }
    phone = hl__sip_phone_auth(c, path, m, &status);
    if (phone)
        hl__sip_uas_invite(c, path, m, NULL, phone);
    else if (status)
        hl__sip_stateless(c, path, m, status, NULL);
}

static void request_new(hl__sip *c, const struct sip_path *path, const struct sip_msg *m, struct sip_trunk *trunk)
{
    if (m->to_tag.len && !c->open) {
        hl__sip_stateless(c, path, m, 481, NULL);
        return;
    }
    switch (m->method) {
    case SIP_INVITE: invite_in(c, path, m, trunk); break;
    case SIP_REGISTER: hl__sip_register_in(c, path, m); break;
    case SIP_OPTIONS: answer_options(c, path, m); break;
    default: hl__sip_stateless(c, path, m, 481, NULL); break;
    }
}

static void request_in(hl__sip *c, const struct sip_path *path, struct sip_msg *m)
{
    if (!m->fault && hl__sip_txn_input(c, path, m))
        return;
    struct sip_leg *leg = m->to_tag.len && !m->fault ? dialog_leg(c, m) : NULL;
    struct sip_trunk *trunk = NULL;
    if (!leg) {
        int heard = hl__sip_guard(c, path, m);
        trunk = heard == SIP_TRUSTED ? hl__sip_trunk_of(c, path, m) : NULL;
        if (heard == SIP_SILENT) {
            c->figures.dropped++;
            return;
        }
    }
    hl__sip_check(m);
    if (m->method == SIP_ACK && !leg)
        return; /* nobody answers an ACK */
    if (m->fault && m->method != SIP_ACK) {
        c->figures.bad++;
        refuse_form(c, path, m);
    } else if (m->method == SIP_CANCEL) {
        hl__sip_uas_cancel(c, path, m);
    } else if (leg) {
        hl__sip_leg_dialog_input(leg, path, m);
    } else {
        request_new(c, path, m, trunk);
    }
}

void hl__sip_input(hl__sip *c, hl_time now, uint32_t listener, const hl__packet *p)
{
    struct sip_path path = { listener, p->near, p->far };
    c->now = now > c->now ? now : c->now;
    c->figures.in++;
    if (p->len < 12 || p->len > SIP_MAX_BYTES || listener >= c->listeners) {
        if (p->len == 4 && memcmp(p->data, "\r\n\r\n", 4) == 0) /* a phone keeps its NAT open */
            hl__sip_send(c, &path, "\r\n", 2);
        return;
    }
    memcpy(c->scratch, p->data, p->len);
    c->scratch[p->len] = 0;
    if (hl__sip_msg_parse(c->scratch, p->len, &c->msg) < 0) {
        c->figures.bad++;
        return;
    }
    if (c->msg.is_request)
        request_in(c, &path, &c->msg);
    else if (!hl__sip_txn_input(c, &path, &c->msg))
        c->figures.dropped++;
}

void hl__sip_tick(hl__sip *c, hl_time now)
{
    c->now = now > c->now ? now : c->now;
    for (hl__timer *t; (t = hl__wheel_take(&c->wheel, c->now));)
        t->fire(t->ctx, t);
}

hl_time hl__sip_due(const hl__sip *c)
{
    return hl__wheel_due(&c->wheel);
}

int hl__sip_event(hl__sip *c, hl__leg_ev *ev)
{
    if (c->nlost) {
        struct hl__sip_cause cause = hl__sip_cause_local(SIP_BY_overload);
        c->nlost--;
        *ev = (hl__leg_ev){ .kind = HL__LEG_ENDED, .leg = c->lost[c->nlost].leg, .gen = c->lost[c->nlost].gen };
        ev->q850 = cause.q850;
        ev->code = cause.status;
        ev->outcome = cause.outcome;
        ev->by = HL__BY_NET;
        ev->text = hl__sip_outcome_word(cause.outcome);
        return 1;
    }
    for (;;) {
        hl__free(c->mem, c->shown);
        c->shown = NULL;
        struct sip_event *e = c->first;
        if (!e)
            return 0;
        c->first = e->next;
        if (!c->first)
            c->last = &c->first;
        c->shown = e;
        struct sip_leg *l = e->leg;
        if (e->ev.kind == HL__LEG_IN && c->up.leg_id) {
            l->id = c->up.leg_id(c->up.ctx);
            if (!l->id || hl__map_put(&c->legs, l->id, l) < 0) {
                l->id = 0;
                hl__sip_leg_cause(l, hl__sip_cause_local(SIP_BY_overload), HL__BY_NET);
                (void)hl__sip_leg_step(l, SIP_ON_DO_REFUSE); /* it may be over already */
                continue;
            }
        }
        *ev = e->ev;
        ev->leg = l->id;
        if (e->ev.kind == HL__LEG_ENDED) {
            if (l->id)
                hl__map_del(&c->legs, l->id);
            l->ended_taken = true;
            bool known = l->id != 0;
            hl__sip_leg_release(l);
            if (!known)
                continue;
        }
        return 1;
    }
}

void hl__sip_shutdown(hl__sip *c, hl_time now)
{
    c->now = now > c->now ? now : c->now;
    uint32_t pos = 0;
    c->stopping = true;
    for (struct sip_trunk *t; (t = hl__names_at(&c->trunks, &pos));)
        hl__sip_registration_stop(t);
    for (struct sip_leg *l = c->all, *next; l; l = next) {
        next = l->next;
        if (l->state == SIP_S_ENDED)
            continue;
        hl__sip_leg_cause(l, hl__sip_cause_local(SIP_BY_shutdown), HL__BY_US);
        (void)hl__sip_leg_step(l, SIP_ON_DO_HANGUP); /* waits for an ACK or a final in some states */
        hl__sip_leg_finish(l);
    }
}

void hl__sip_figures_get(const hl__sip *c, hl__sip_figures *out)
{
    *out = c->figures;
    out->txns = c->txns.map.live;
    out->dialogs = c->dialogs.map.live;
    out->legs = out->resting = 0;
    for (const struct sip_leg *l = c->all; l; l = l->next)
        *(l->state == SIP_S_ENDED ? &out->resting : &out->legs) += 1;
}

uint32_t hl__sip_listeners(const hl__sip *c)
{
    return c->listeners;
}

void hl__sip_listener(const hl__sip *c, uint32_t n, hl__sip_listener_row *row)
{
    const struct sip_listener *l = &c->listener[n];
    *row = (hl__sip_listener_row){ l->name, l->bind, l->transport, l->dscp };
}

void hl__sip_bound(hl__sip *c, uint32_t n, const hl__addr *at)
{
    c->listener[n].bind = *at;
}
