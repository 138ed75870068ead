/* reneg.c - changes of a session: re-INVITE and UPDATE from either side, hold, glare. */
#include "sip/core.h"
#include <string.h>

static void gone(void *owner, struct sip_txn *t)
{
    struct sip_leg *l = owner;
    (void)t;
    l->refs--;
    hl__sip_leg_release(l);
}

static void report_media(struct sip_leg *l)
{
    hl__sip_leg_report(l, &(hl__leg_ev){ .kind = HL__LEG_MEDIA, .held = l->session.held }, &l->session.theirs);
}

static void refuse(struct sip_leg *l, const struct sip_path *path, const struct sip_msg *m, int status)
{
    hl__buf b;
    struct sip_txn *t;
    hl__sip *c = l->core;
    hl__buf_init(&b, c->mem);
    hl__sip_write_response(&b, path, m, status, l->dialog.local_tag);
    if (status == 500)
        hl__buf_fmt(&b, "Retry-After: %u\r\n", (unsigned)hl__rand_below(&c->rand, 11));
    hl__sip_write_end(&b, NULL, NULL, 0);
    if (hl__sip_txn_server(c, path, m, &t) == 0)
        hl__sip_txn_reply(t, &b, status);
    hl__buf_free(&b);
}

/* Our side of a change of theirs: same address, the codec we use if it is still offered, their direction mirrored. */
static int answer_change(struct sip_leg *l, const struct sip_msg *m, hl__buf *sdp)
{
    hl__media ours = l->session.ours, before = l->session.theirs;
    hl__sdp *s = hl__alloc(l->core->mem, sizeof(*s));
    ours.dir = l->our_dir;
    int r = s ? hl__sip_offer_take(l, m->body, s) : HL_ENOMEM;
    hl__free(l->core->mem, s);
    if (r == 0)
        ours.codec[0] = before.codec[0];
    if (r == 0)
        r = hl__sip_answer_make(l, &ours, sdp);
    if (r < 0)
        l->session.theirs = before;
    return r;
}

static bool busy(struct sip_leg *l, const struct sip_path *path, const struct sip_msg *m)
{
    bool settled = l->state == SIP_S_TALKING;
    if (l->state == SIP_S_ACCEPTED && !l->session.sent_offer) { /* overtook its own ACK: it stands for it */
        hl__timer_drop(&l->core->wheel, &l->repeat);
        settled = hl__sip_leg_step(l, SIP_ON_GOT_ACK);
    }
    if (!settled || l->change == SIP_CHANGE_THEIRS) {
        refuse(l, path, m, 500);
        return true;
    }
    if (l->change == SIP_CHANGE_OURS) {
        refuse(l, path, m, 491);
        return true;
    }
    return false;
}

void hl__sip_reneg_invite(struct sip_leg *l, const struct sip_path *path, const struct sip_msg *m)
{
    hl__buf b, sdp;
    struct sip_txn *t;
    hl__sip *c = l->core;
    bool offered = hl__sip_has_sdp(m);
    if (busy(l, path, m))
        return;
    hl__buf_init(&b, c->mem);
    hl__buf_init(&sdp, c->mem);
    hl__media again = l->session.ours;
    again.dir = l->our_dir;
    int r = offered ? answer_change(l, m, &sdp) : hl__sip_offer_make(l, &again, &sdp);
    if (r < 0 || hl__sip_dialog_target(c, &l->dialog, m) < 0) {
        refuse(l, path, m, r == HL_ENOMEM ? 500 : 488);
        hl__buf_free(&sdp);
        return;
    }
    l->dialog.path = *path;
    hl__sip_write_response(&b, path, m, 200, l->dialog.local_tag);
    hl__sip_write_contact(c, &b, path, "hotline");
    hl__sip_write_end(&b, "application/sdp", sdp.data, sdp.len);
    hl__buf_free(&sdp);
    if (!b.failed && hl__sip_txn_server(c, path, m, &t) == 0) {
        l->change = SIP_CHANGE_THEIRS;
        hl__sip_leg_repeat(l, &b, m->cseq);
        hl__sip_txn_reply(t, &b, 200);
        if (offered)
            report_media(l);
    }
    hl__buf_free(&b);
}

void hl__sip_reneg_ack(struct sip_leg *l, const struct sip_msg *m)
{
    l->change = SIP_CHANGE_NONE;
    if (!l->session.sent_offer || l->session.settled)
        return;
    if (hl__sip_has_sdp(m) && hl__sip_answer_take(l, m->body) == 0) {
        report_media(l);
        return;
    }
    hl__sip_leg_cause(l, hl__sip_cause_local(SIP_BY_bad_answer_sdp), HL__BY_FAR);
    (void)hl__sip_leg_step(l, SIP_ON_BROKEN); /* over already */
}

void hl__sip_reneg_update(struct sip_leg *l, const struct sip_path *path, const struct sip_msg *m)
{
    hl__buf b, sdp;
    struct sip_txn *t;
    hl__sip *c = l->core;
    bool offered = hl__sip_has_sdp(m);
    if (offered && busy(l, path, m))
        return;
    hl__buf_init(&b, c->mem);
    hl__buf_init(&sdp, c->mem);
    int r = offered ? answer_change(l, m, &sdp) : 0;
    if (r < 0 || hl__sip_dialog_target(c, &l->dialog, m) < 0) {
        refuse(l, path, m, r == HL_ENOMEM ? 500 : 488);
        hl__buf_free(&sdp);
        return;
    }
    hl__sip_write_response(&b, path, m, 200, l->dialog.local_tag);
    hl__sip_write_contact(c, &b, path, "hotline");
    hl__sip_write_end(&b, offered ? "application/sdp" : NULL, sdp.data, sdp.len);
    hl__buf_free(&sdp);
    if (!b.failed && hl__sip_txn_server(c, path, m, &t) == 0) {
        hl__sip_txn_reply(t, &b, 200);
        if (offered)
            report_media(l);
    }
    hl__buf_free(&b);
}

/* ---- ours ---- */
static void send_ack(struct sip_leg *l, uint32_t cseq)
{
    hl__buf b;
    struct sip_path path;
    hl__buf_init(&b, l->core->mem);
    if (hl__sip_leg_request(l, SIP_ACK, &b, cseq)) {
        hl__sip_write_end(&b, NULL, NULL, 0);
        hl__sip_dialog_path(&l->dialog, l->profile && l->profile->nat, &path);
        hl__sip_send(l->core, &path, b.data, b.len);
    }
    hl__buf_free(&b);
}

static void changed(struct sip_leg *l, const struct sip_msg *m)
{
    send_ack(l, m->cseq);
    if (l->change != SIP_CHANGE_OURS)
        return; /* a repeat of the 200 */
    l->change = SIP_CHANGE_NONE;
    (void)hl__sip_dialog_target(l->core, &l->dialog, m); /* no memory: the old target stays */
    if (hl__sip_has_sdp(m) && hl__sip_answer_take(l, m->body) == 0) {
        report_media(l);
        return;
    }
    hl__sip_leg_cause(l, hl__sip_cause_local(SIP_BY_bad_answer_sdp), HL__BY_FAR);
    (void)hl__sip_leg_step(l, SIP_ON_BROKEN); /* over already */
}

/* After a glare: whoever made the Call-ID waits longer (RFC 3261 14.1). */
static void try_later(struct sip_leg *l)
{
    hl__sip *c = l->core;
    hl_time after = (hl_time)hl__rand_below(&c->rand, 201) * 10 * HL__US;
    if (l->outbound)
        after = 2100 * HL__US + (hl_time)hl__rand_below(&c->rand, 191) * 10 * HL__US;
    hl__timer_set(&c->wheel, &l->retry, c->now + after);
}

static void change_response(void *owner, struct sip_txn *t, const struct sip_msg *m)
{
    struct sip_leg *l = owner;
    (void)t;
    if (l->state == SIP_S_ENDED)
        return;
    if (m && m->status < 200)
        return;
    if (m && m->status < 300) {
        changed(l, m);
        return;
    }
    l->session.settled = true;
    l->change = SIP_CHANGE_NONE;
    if (m && m->status == 491 && l->attempts == 0) {
        l->attempts = 1;
        try_later(l);
        return;
    }
    if (!m || m->status == 408 || m->status == 481) {
        hl__sip_leg_cause(l, hl__sip_cause_local(SIP_BY_session_expired), HL__BY_NET);
        (void)hl__sip_leg_step(l, SIP_ON_BROKEN); /* over already */
        return;
    }
    hl__sip_leg_report(l, &(hl__leg_ev){ .kind = HL__LEG_REFUSED, .code = m->status }, NULL);
}

static void send_change(struct sip_leg *l)
{
    static const struct sip_user user = { change_response, gone };
    hl__buf b, sdp;
    hl__sip *c = l->core;
    hl__buf_init(&b, c->mem);
    hl__buf_init(&sdp, c->mem);
    bool done = false;
    if (hl__sip_offer_make(l, &l->wanted, &sdp) == 0 && hl__sip_leg_request(l, SIP_INVITE, &b, 0)) {
        hl__sip_leg_auth(l, &b, SIP_INVITE, (hl__view){ sdp.data, sdp.len });
        hl__sip_write_end(&b, "application/sdp", sdp.data, sdp.len);
        done = hl__sip_leg_send(l, &b, &user) != NULL;
    }
    l->change = done ? SIP_CHANGE_OURS : SIP_CHANGE_NONE;
    hl__buf_free(&sdp);
    hl__buf_free(&b);
    if (!done)
        hl__sip_leg_report(l, &(hl__leg_ev){ .kind = HL__LEG_REFUSED, .code = 500 }, NULL);
}

void hl__sip_reneg_retry(void *ctx, hl__timer *t)
{
    struct sip_leg *l = ctx;
    if (l->state != SIP_S_TALKING)
        return;
    if (l->change == SIP_CHANGE_NONE)
        send_change(l);
    else
        hl__timer_set(&l->core->wheel, t, l->core->now + 200 * HL__US);
}

void hl__sip_renegotiate(hl__sip *c, hl_time now, hl_id leg, const hl__media *m)
{
    struct sip_leg *l = hl__sip_leg_find(c, leg);
    c->now = now > c->now ? now : c->now;
    if (!l || l->state != SIP_S_TALKING)
        return;
    l->wanted = *m;
    l->our_dir = m->dir;
    l->attempts = 0;
    hl__sip_reneg_retry(l, &l->retry); /* now, or after the change that is under way */
}
