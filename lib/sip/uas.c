/* uas.c - calls that come in: from the INVITE to the ACK, and CANCEL in between. */
#include "sip/core.h"
#include <string.h>

static void gone(void *owner, struct sip_txn *t)
{
    struct sip_leg *l = owner;
    if (l->invite == t)
        l->invite = NULL;
    l->refs--;
    hl__sip_leg_release(l);
}

static const struct sip_user uas_user = { NULL, gone };

/* Begins a response to the leg's INVITE; NULL: no memory or it has its final already. */
static struct sip_msg *begin(struct sip_leg *l, hl__buf *b, int status)
{
    hl__sip *c = l->core;
    struct sip_msg *m = l->invite && l->request ? hl__alloc(c->mem, sizeof(*m)) : NULL;
    hl__buf_init(b, c->mem);
    if (!m)
        return NULL;
    if (hl__sip_msg_parse(l->request, l->request_len, m) < 0) {
        hl__free(c->mem, m);
        return NULL;
    }
    hl__sip_write_response(b, &l->invite->path, m, status, l->dialog.local_tag);
    if (status > 100 && status < 300)
        hl__sip_write_contact(c, b, &l->invite->path, "hotline");
    return m;
}

/* After a final the transaction repeats it by itself: the leg need not live as long as that. */
static void let_go(struct sip_leg *l)
{
    hl__sip_txn_own(l->invite, NULL, NULL);
    l->invite = NULL;
    l->refs--;
    hl__free(l->core->mem, l->request);
    l->request = NULL;
}

static void finish(struct sip_leg *l, struct sip_msg *m, hl__buf *b, int status)
{
    if (m && l->invite) {
        hl__sip_txn_reply(l->invite, b, status);
        if (status >= 200)
            let_go(l);
    }
    hl__free(l->core->mem, m);
    hl__buf_free(b);
}

static void plain(struct sip_leg *l, int status)
{
    hl__buf b;
    struct sip_msg *m = begin(l, &b, status);
    if (m)
        hl__sip_write_end(&b, NULL, NULL, 0);
    finish(l, m, &b, status);
}

void hl__sip_uas_final(struct sip_leg *l, int status, int q850)
{
    hl__buf b;
    struct sip_msg *m = begin(l, &b, status);
    if (m) {
        if (status == 503)
            hl__buf_str(&b, "Retry-After: 5\r\n");
        hl__sip_write_reason(&b, q850);
        hl__sip_write_end(&b, NULL, NULL, 0);
    }
    finish(l, m, &b, status);
}

void hl__sip_uas_ring(struct sip_leg *l)
{
    plain(l, 180);
}

void hl__sip_uas_early(struct sip_leg *l)
{
    hl__buf b, sdp;
    int status = l->wanted.rtp.port && l->session.offer ? 183 : 180;
    struct sip_msg *m = begin(l, &b, status);
    hl__buf_init(&sdp, l->core->mem);
    if (m && status == 183 && hl__sip_answer_make(l, &l->wanted, &sdp) == 0)
        hl__sip_write_end(&b, "application/sdp", sdp.data, sdp.len);
    else if (m)
        hl__sip_write_end(&b, NULL, NULL, 0);
    hl__buf_free(&sdp);
    finish(l, m, &b, status);
}

static const char extras[] =
    "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE\r\nAccept: application/sdp\r\n";

/* The 200 with our answer, or with our offer where they made none. It is ours to repeat until the ACK. */
void hl__sip_uas_accept(struct sip_leg *l)
{
    hl__buf b, sdp;
    hl__sip *c = l->core;
    struct sip_msg *m = begin(l, &b, 200);
    hl__buf_init(&sdp, c->mem);
    int r = m ? l->session.offer ? hl__sip_answer_make(l, &l->wanted, &sdp) : hl__sip_offer_make(l, &l->wanted, &sdp)
              : HL_ENOMEM;
    if (r == 0) {
        hl__buf_str(&b, extras);
        hl__sip_write_end(&b, "application/sdp", sdp.data, sdp.len);
    }
    hl__buf_free(&sdp);
    if (r < 0 || b.failed) {
        hl__free(c->mem, m);
        hl__buf_free(&b);
        int which = r == HL_ENOTSUP ? SIP_BY_bad_answer_sdp : SIP_BY_overload;
        hl__sip_leg_cause(l, hl__sip_cause_local(which), HL__BY_NET);
        hl__sip_uas_final(l, l->cause.status, l->cause.q850);
        l->state = SIP_S_ENDED;
        return;
    }
    hl__sip_leg_repeat(l, &b, l->invite_cseq);
    finish(l, m, &b, 200);
    hl__timer_drop(&c->wheel, &l->guard);
}

void hl__sip_uas_refuse(struct sip_leg *l)
{
    hl__sip_uas_final(l, l->cause.status, l->cause.q850);
}

void hl__sip_uas_cancelled(struct sip_leg *l)
{
    hl__sip_uas_final(l, 487, l->cause.q850);
}

void hl__sip_uas_talk(struct sip_leg *l)
{
    if (l->trunk)
        l->trunk->answered++;
    hl__sip_leg_report(l, &(hl__leg_ev){ .kind = HL__LEG_ANSWERED, .held = l->session.held }, &l->session.theirs);
}

void hl__sip_uas_ack(struct sip_leg *l, const struct sip_msg *m)
{
    hl__sip *c = l->core;
    if (!l->ok || m->cseq != l->ok_cseq)
        return;
    hl__timer_drop(&c->wheel, &l->repeat);
    hl__free(c->mem, l->ok);
    l->ok = NULL;
    if (l->change == SIP_CHANGE_THEIRS) {
        hl__sip_reneg_ack(l, m);
        return;
    }
    if (l->session.sent_offer && !l->session.settled) {
        int r = hl__sip_has_sdp(m) ? hl__sip_answer_take(l, m->body) : HL_EINVAL;
        if (r < 0) {
            hl__sip_leg_cause(l, hl__sip_cause_local(SIP_BY_bad_answer_sdp), HL__BY_FAR);
            if (!hl__sip_leg_step(l, SIP_ON_BROKEN))
                (void)hl__sip_leg_step(l, SIP_ON_GOT_ACK); /* we were closing already */
            return;
        }
    }
    (void)hl__sip_leg_step(l, SIP_ON_GOT_ACK); /* over already */
}

void hl__sip_uas_cancel(hl__sip *c, const struct sip_path *path, const struct sip_msg *m)
{
    struct sip_txn *t = hl__sip_txn_find(c, m, true), *own;
    if (!t) {
        hl__sip_stateless(c, path, m, 481, NULL);
        return;
    }
    struct sip_leg *l = t->user == &uas_user && !hl__sip_txn_answered(t) ? t->owner : NULL;
    hl__buf b;
    hl__buf_init(&b, c->mem);
    hl__sip_write_response(&b, path, m, 200, l ? l->dialog.local_tag : "cancelled");
    hl__sip_write_end(&b, NULL, NULL, 0);
    if (hl__sip_txn_server(c, path, m, &own) == 0)
        hl__sip_txn_reply(own, &b, 200);
    hl__buf_free(&b);
    if (!l)
        return; /* our final is out: it changes nothing */
    int which = hl__sip_reason(m) == 26 ? SIP_BY_answered_elsewhere : SIP_BY_cancelled_by_caller;
    hl__sip_leg_cause(l, hl__sip_cause_local(which), HL__BY_FAR);
    (void)hl__sip_leg_step(l, SIP_ON_GOT_CANCEL); /* a leg with a pending INVITE has the row */
}

/* The same call by another way: From tag, Call-ID and CSeq of one that is here (RFC 3261 8.2.2.2). */
static bool is_merged(hl__sip *c, const struct sip_msg *m, char **key)
{
    hl__buf b;
    hl__buf_init(&b, c->mem);
    hl__buf_view(&b, m->call_id);
    hl__buf_char(&b, ' ');
    hl__buf_view(&b, m->from_tag);
    *key = hl__sip_text(c, &b);
    struct sip_leg *other = *key ? hl__names_get(&c->merges, *key) : NULL;
    return other && other->invite_cseq == m->cseq && !c->open;
}

/* All that may fail for want of memory, before anything is told to anybody. */
static int admit(struct sip_leg *l, const struct sip_path *path, const struct sip_msg *m, char *merge)
{
    hl__sip *c = l->core;
    l->merge = merge;
    l->invite_cseq = m->cseq;
    l->request = hl__view_dup(c->mem, m->raw);
    l->request_len = m->raw.len;
    if (!l->request || hl__sip_dialog_uas(c, &l->dialog, path, m) < 0)
        return HL_ENOMEM;
    l->did = l->trunk ? hl__sip_trunk_did(l->trunk, m) : NULL;
    if (!l->trunk) {
        char did[256];
        hl__sip_unescape(m->uri.user, did, sizeof(did));
        l->did = hl__strdup(c->mem, did);
    }
    l->caller = hl__sip_caller(c, l->profile, m, &l->display);
    if (!l->did || !l->caller || !l->display)
        return HL_ENOMEM;
    if (hl__sip_leg_key(l, l->dialog.call_id, l->dialog.local_tag, &l->key) < 0)
        return HL_ENOMEM;
    return hl__names_put(&c->merges, l->merge, l);
}

static void begin_call(struct sip_leg *l)
{
    hl__leg_ev ev = { .kind = HL__LEG_IN, .did = l->did, .caller = l->caller, .name = l->display };
    ev.trunk = l->trunk ? l->trunk->id : 0;
    ev.phone = l->phone ? l->phone->id : 0;
    plain(l, 100);
    hl__timer_set(&l->core->wheel, &l->guard, l->core->now + 60 * HL__SECOND);
    l->refs++; /* the report may fail, which ends the leg */
    hl__sip_leg_report(l, &ev, l->session.offer ? &l->session.theirs : NULL);
    l->refs--;
}

void hl__sip_uas_invite(hl__sip *c, const struct sip_path *path, const struct sip_msg *m, struct sip_trunk *trunk,
                        struct sip_phone *phone)
{
    struct sip_leg *l;
    char *merge = NULL;
    int status = 503;
    if (is_merged(c, m, &merge)) {
        hl__free(c->mem, merge);
        hl__sip_stateless(c, path, m, 482, NULL);
        return;
    }
    if (!merge || hl__sip_leg_new(c, &l) < 0) {
        hl__free(c->mem, merge);
        hl__sip_stateless(c, path, m, 503, "Retry-After: 5\r\n");
        return;
    }
    hl__sip_leg_profile(l, trunk, phone);
    int r = admit(l, path, m, merge);
    hl__sdp *s = r == 0 && m->body.len ? hl__alloc(c->mem, sizeof(*s)) : NULL;
    if (s) {
        r = hl__sip_offer_take(l, m->body, s);
        status = r == HL_ENOMEM ? 503 : r == HL_ENOTSUP ? 488 : 400;
    } else if (m->body.len) {
        r = HL_ENOMEM;
    }
    hl__free(c->mem, s);
    if (r == 0)
        r = hl__sip_txn_server(c, path, m, &l->invite);
    if (r < 0) {
        hl__sip_stateless(c, path, m, status, status == 503 ? "Retry-After: 5\r\n" : NULL);
        if (trunk)
            trunk->calls_in--;
        if (phone)
            phone->calls--;
        hl__sip_leg_free(l);
        return;
    }
    hl__sip_txn_own(l->invite, &uas_user, l);
    l->refs++;
    begin_call(l);
}
