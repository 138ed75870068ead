/* uac.c - calls that go out: one INVITE after another through trunks, or one to each binding of a telephone at once.
 *
 * Each INVITE is a branch with a Call-ID of its own. The first 2xx wins; what comes later is ACKed and ended. */
#include "sip/core.h"
#include <hotline/call.h>
#include <string.h>

static void response(void *owner, struct sip_txn *t, const struct sip_msg *m);
static void gone(void *owner, struct sip_txn *t);
static const struct sip_user uac_user = { response, gone };

static void gone(void *owner, struct sip_txn *t)
{
    struct sip_branch *br = owner;
    struct sip_leg *l = br->leg;
    if (br->txn == t)
        br->txn = NULL;
    l->refs--;
    hl__sip_leg_release(l);
}

void hl__sip_uac_free(struct sip_leg *l)
{
    hl__sip *c = l->core;
    for (uint32_t i = 0; i < l->branches; i++) {
        struct sip_branch *br = l->branch[i];
        hl__timer_drop(&c->wheel, &br->first);
        if (br->key)
            hl__names_del(&c->dialogs, br->key);
        hl__sip_kept_free(c, &br->kept);
        hl__free(c->mem, br->key);
        hl__free(c->mem, br->uri);
        hl__free(c->mem, br);
    }
    l->branches = 0;
}

static const struct sip_profile *profile_of(const struct sip_branch *br)
{
    return br->trunk ? br->trunk->profile : br->leg->profile;
}

static const char extras[] = "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE\r\nAccept: application/sdp\r\n";

static int write_invite(struct sip_branch *br, hl__buf *b)
{
    struct sip_leg *l = br->leg;
    hl__sip *c = l->core;
    hl__buf sdp, from, to, more;
    hl__buf *all[] = { &sdp, &from, &to, &more };
    for (size_t i = 0; i < HL__COUNT(all); i++)
        hl__buf_init(all[i], c->mem);
    int r = hl__sip_offer_make(l, &l->wanted, &sdp);
    hl__sip_write_identity(c, &from, &more, l, br);
    hl__buf_fmt(&to, "<%s>", br->uri);
    if (from.failed || to.failed || more.failed)
        r = HL_ENOMEM;
    if (r == 0) {
        struct sip_request q = { .method = SIP_INVITE, .cseq = ++br->cseq, .uri = br->uri, .from = from.data };
        q.to = to.data;
        q.call_id = br->call_id;
        q.contact = br->trunk && br->trunk->token[0] ? br->trunk->token : "hotline";
        q.path = br->path;
        hl__sip_write_request(c, b, &q);
        if (br->kept.realm) {
            struct sip_digest about = { .method = hl__view_of("INVITE"), .uri = hl__view_of(br->uri) };
            about.body = (hl__view){ sdp.data, sdp.len };
            hl__sip_write_auth(c, b, &br->kept, profile_of(br), &about);
        }
        if (more.len)
            hl__buf_add(b, more.data, more.len);
        hl__buf_str(b, extras);
        hl__sip_write_end(b, "application/sdp", sdp.data, sdp.len);
    }
    for (size_t i = 0; i < HL__COUNT(all); i++)
        hl__buf_free(all[i]);
    return r < 0 ? r : b->failed ? HL_ENOMEM : 0;
}

static int send_invite(struct sip_branch *br)
{
    hl__buf b;
    hl__sip *c = br->leg->core;
    hl__buf_init(&b, c->mem);
    int r = write_invite(br, &b);
    if (r == 0)
        r = hl__sip_txn_client(c, &br->path, &b, &br->txn);
    hl__buf_free(&b);
    if (r < 0)
        return r;
    hl__sip_txn_own(br->txn, &uac_user, br);
    br->leg->refs++;
    return 0;
}

static bool more_targets(const struct sip_leg *l)
{
    return !l->parallel && l->current + 1 < l->branches && l->current + 1 < l->max_attempts;
}

static int start(struct sip_branch *br)
{
    struct sip_leg *l = br->leg;
    hl__sip *c = l->core;
    br->started = true;
    hl__sip_token(c, br->tag, 16);
    hl__sip_token(c, br->call_id, 32);
    br->cseq = hl__rand_below(&c->rand, 10000);
    if (br->trunk)
        br->trunk->attempts++;
    int r = hl__sip_leg_key(l, br->call_id, br->tag, &br->key);
    if (r == 0)
        r = send_invite(br);
    if (r == 0 && more_targets(l)) {
        int32_t ms = br->trunk && br->trunk->profile->first_ms ? br->trunk->profile->first_ms : 4000;
        hl__timer_set(&c->wheel, &br->first, c->now + (hl_time)ms * HL__US);
    }
    return r;
}

/* Moves the leg's account to the trunk that is tried now. */
static void charge(struct sip_leg *l, struct sip_trunk *t)
{
    if (l->trunk == t || !t)
        return;
    if (l->trunk) {
        l->trunk->calls_out--;
        hl__sip_profile_drop(l->core, l->profile);
    }
    hl__sip_leg_profile(l, t, NULL);
}

static void refused(struct sip_branch *br, struct hl__sip_cause cause, int by);

void hl__sip_uac_next(struct sip_leg *l)
{
    struct sip_branch *br = l->branch[l->current];
    charge(l, br->trunk);
    if (br->trunk && !hl__sip_trunk_out(br->trunk)) {
        br->started = true;
        refused(br, hl__sip_cause_local(SIP_BY_trunk_full), HL__BY_NET);
        return;
    }
    int r = start(br);
    if (r < 0)
        refused(br, hl__sip_cause_local(r == HL_ENOTSUP ? SIP_BY_bad_answer_sdp : SIP_BY_overload), HL__BY_NET);
}

static bool all_done(const struct sip_leg *l)
{
    for (uint32_t i = 0; i < l->branches; i++)
        if (l->branch[i]->started && !l->branch[i]->done)
            return false;
    return true;
}

static bool is_verdict(int status)
{
    return status == 486 || status >= 600;
}

static void refused(struct sip_branch *br, struct hl__sip_cause cause, int by)
{
    struct sip_leg *l = br->leg;
    hl__timer_drop(&l->core->wheel, &br->first);
    br->done = true;
    if (l->state == SIP_S_ENDED || l->won)
        return;
    if (!l->refusal.status || !is_verdict(l->refusal.status) || is_verdict(cause.status))
        l->refusal = cause;
    if (l->state != SIP_S_CANCELLING && more_targets(l) && cause.next == SIP_NEXT && !br->ringing) {
        l->current++;
        hl__sip_uac_next(l);
        return;
    }
    if (!all_done(l))
        return;
    if (br->trunk)
        br->trunk->refused++;
    hl__sip_leg_cause(l, l->refusal, by);
    (void)hl__sip_leg_step(l, SIP_ON_GOT_REFUSAL); /* ended meanwhile */
}

static void first_over(void *ctx, hl__timer *t)
{
    struct sip_branch *br = ctx;
    (void)t;
    if (!br->heard && !br->done)
        refused(br, hl__sip_cause_local(SIP_BY_no_first_response), HL__BY_NET);
}

static struct sip_branch *add_branch(struct sip_leg *l, char *uri, const struct sip_path *path, struct sip_trunk *trunk)
{
    struct sip_branch *br = uri && l->branches < SIP_FORKS ? hl__alloc(l->core->mem, sizeof(*br)) : NULL;
    if (!br) {
        hl__free(l->core->mem, uri);
        return NULL;
    }
    br->leg = l;
    br->uri = uri;
    br->path = *path;
    br->trunk = trunk;
    br->first.fire = first_over;
    br->first.ctx = br;
    l->branch[l->branches++] = br;
    return br;
}

/* The CANCEL is made from the INVITE it cancels: same branch, same numbers. */
static void send_cancel(struct sip_branch *br)
{
    hl__buf b;
    struct sip_txn *t;
    hl__sip *c = br->leg->core;
    struct sip_msg *m = br->txn && br->txn->msg ? hl__alloc(c->mem, sizeof(*m)) : NULL;
    br->cancelled = true;
    if (!br->heard || br->done || br->cancel_sent || !m || hl__sip_msg_parse(br->txn->msg, br->txn->len, m) < 0) {
        hl__free(c->mem, m);
        return;
    }
    static const int copied[] = { SIP_H_VIA, SIP_H_MAX_FORWARDS, SIP_H_FROM, SIP_H_TO, SIP_H_CALL_ID, SIP_H_ROUTE };
    br->cancel_sent = true;
    hl__sip_txn_cancelled(br->txn);
    hl__buf_init(&b, c->mem);
    hl__buf_fmt(&b, "CANCEL %s SIP/2.0\r\n", br->uri);
    for (size_t i = 0; i < HL__COUNT(copied); i++) {
        hl__view v = hl__sip_value(m, copied[i]);
        if (!v.at)
            continue;
        hl__buf_fmt(&b, "%s: ", hl__sip_header_text(copied[i]));
        hl__buf_view(&b, v);
        hl__buf_str(&b, "\r\n");
    }
    hl__buf_fmt(&b, "CSeq: %u CANCEL\r\n", (unsigned)m->cseq);
    if (br->leg->won)
        hl__buf_str(&b, "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n");
    else
        hl__sip_write_reason(&b, br->leg->cause.q850);
    hl__sip_write_end(&b, NULL, NULL, 0);
    (void)hl__sip_txn_client(c, &br->path, &b, &t); /* no memory: the guard ends the leg */
    hl__buf_free(&b);
    hl__free(c->mem, m);
}

void hl__sip_uac_cancel(struct sip_leg *l)
{
    for (uint32_t i = 0; i < l->branches; i++)
        if (l->branch[i]->started && l->branch[i] != l->won)
            send_cancel(l->branch[i]);
    if (!l->won)
        hl__timer_set(&l->core->wheel, &l->guard, l->core->now + SIP_LONG);
}

static void provisional(struct sip_branch *br, const struct sip_msg *m)
{
    struct sip_leg *l = br->leg;
    br->heard = true;
    hl__timer_drop(&l->core->wheel, &br->first);
    if (br->cancelled) {
        send_cancel(br);
        return;
    }
    if (m->status == 100 || l->won)
        return;
    br->ringing = true;
    if (!l->parallel && hl__sip_has_sdp(m) && !l->session.settled && hl__sip_answer_take(l, m->body) == 0) {
        if (hl__sip_leg_step(l, SIP_ON_GOT_EARLY))
            hl__sip_leg_report(l, &(hl__leg_ev){ .kind = HL__LEG_PROGRESS, .how = HL_LEG_EARLY }, &l->session.theirs);
        return;
    }
    if (hl__sip_leg_step(l, SIP_ON_GOT_RING))
        hl__sip_leg_report(l, &(hl__leg_ev){ .kind = HL__LEG_PROGRESS, .how = HL_LEG_RINGING }, NULL);
}

static void send_ack(struct sip_leg *l, const struct sip_dialog *d, uint32_t cseq)
{
    hl__buf b;
    struct sip_request r = { .method = SIP_ACK, .cseq = cseq, .uri = d->target, .from = d->local, .to = d->remote };
    r.call_id = d->call_id;
    r.routes = d->routes;
    hl__sip_dialog_path(d, l->profile && l->profile->nat, &r.path);
    hl__buf_init(&b, l->core->mem);
    hl__sip_write_request(l->core, &b, &r);
    hl__sip_write_end(&b, NULL, NULL, 0);
    if (!b.failed)
        hl__sip_send(l->core, &r.path, b.data, b.len);
    hl__buf_free(&b);
}

/* An answer too many: taken and ended at once. */
static void stray(struct sip_branch *br, const struct sip_msg *m)
{
    hl__buf b;
    struct sip_txn *t;
    struct sip_leg *l = br->leg;
    struct sip_dialog d = { .lcseq = 0 };
    if (hl__sip_dialog_uac(l->core, &d, &br->path, m) == 0) {
        struct sip_request r = { .method = SIP_BYE, .cseq = d.lcseq + 1, .uri = d.target, .from = d.local };
        send_ack(l, &d, m->cseq);
        r.to = d.remote;
        r.call_id = d.call_id;
        r.routes = d.routes;
        hl__sip_dialog_path(&d, l->profile && l->profile->nat, &r.path);
        hl__buf_init(&b, l->core->mem);
        hl__sip_write_request(l->core, &b, &r);
        hl__sip_write_end(&b, NULL, NULL, 0);
        (void)hl__sip_txn_client(l->core, &r.path, &b, &t); /* no memory: their own timer ends it */
        hl__buf_free(&b);
    }
    hl__sip_dialog_free(l->core, &d);
}

static void win(struct sip_branch *br, const struct sip_msg *m)
{
    struct sip_leg *l = br->leg;
    l->won = br;
    br->done = true;
    hl__timer_drop(&l->core->wheel, &br->first);
    if (l->state != SIP_S_CANCELLING) {
        hl__timer_drop(&l->core->wheel, &l->guard);
        hl__sip_uac_cancel(l);
    }
    l->kept = br->kept;
    br->kept = (struct sip_challenge_kept){ .realm = NULL };
    send_ack(l, &l->dialog, m->cseq);
    if (l->state == SIP_S_CANCELLING) {
        (void)hl__sip_leg_step(l, SIP_ON_GOT_OK); /* the row is there */
        return;
    }
    int r = hl__sip_has_sdp(m) ? hl__sip_answer_take(l, m->body) : l->session.settled ? 0 : HL_EINVAL;
    if (r < 0)
        hl__sip_leg_cause(l, hl__sip_cause_local(SIP_BY_bad_answer_sdp), HL__BY_FAR);
    (void)hl__sip_leg_step(l, SIP_ON_GOT_OK); /* every state that waits for it has the row */
    if (r < 0) {
        (void)hl__sip_leg_step(l, SIP_ON_BROKEN);
        return;
    }
    if (br->trunk)
        br->trunk->answered++;
    hl__sip_leg_report(l, &(hl__leg_ev){ .kind = HL__LEG_ANSWERED, .held = l->session.held }, &l->session.theirs);
}

static void accepted(struct sip_branch *br, const struct sip_msg *m)
{
    struct sip_leg *l = br->leg;
    if (l->won == br && hl__view_is(m->to_tag, l->dialog.remote_tag)) {
        if (l->dialog.target)
            send_ack(l, &l->dialog, m->cseq); /* ours was lost */
        return;
    }
    if (l->won || l->state == SIP_S_ENDED || br->done) {
        stray(br, m);
        return;
    }
    if (hl__sip_dialog_uac(l->core, &l->dialog, &br->path, m) < 0) {
        hl__sip_dialog_free(l->core, &l->dialog);
        stray(br, m);
        refused(br, hl__sip_cause_local(SIP_BY_overload), HL__BY_NET);
        return;
    }
    win(br, m);
}

static bool asked_for_credentials(struct sip_branch *br, const struct sip_msg *m)
{
    const struct sip_profile *p = profile_of(br);
    bool ours = !br->trunk || hl__sip_trunk_peer(br->trunk, &br->path.far);
    br->tries++; /* a second one only after stale=true, which kept_take() looks at */
    if (br->cancelled || !hl__sip_may_answer(true, ours, true, SIP_INVITE, br->tries, true))
        return false;
    return hl__sip_kept_take(br->leg->core, &br->kept, p, m) && send_invite(br) == 0;
}

static void declined(struct sip_branch *br, const struct sip_msg *m)
{
    if ((m->status == 401 || m->status == 407) && asked_for_credentials(br, m))
        return;
    struct hl__sip_cause cause = hl__sip_cause_of(m->status);
    int q850 = hl__sip_reason(m);
    if (m->status == 401 || m->status == 407)
        cause = hl__sip_cause_local(SIP_BY_credentials_refused);
    if (q850) {
        cause.q850 = q850;
        cause.outcome = hl__sip_cause_q850(q850).outcome;
    }
    refused(br, cause, HL__BY_FAR);
}

static void response(void *owner, struct sip_txn *t, const struct sip_msg *m)
{
    struct sip_branch *br = owner;
    if (m && br->txn != t && m->status < 200)
        return; /* of an INVITE that was repeated with credentials */
    if (!m) {
        if (!br->done)
            refused(br, hl__sip_cause_local(SIP_BY_no_first_response), HL__BY_NET);
        return;
    }
    if (m->status < 200) {
        provisional(br, m);
        return;
    }
    if (m->status < 300) {
        accepted(br, m);
        return;
    }
    if (!br->done && br->txn == t)
        declined(br, m);
}

/* ---- whom to call ---- */
static int add_bindings(struct sip_leg *l, struct sip_phone *p)
{
    for (uint32_t i = 0; i < p->bindings; i++) {
        const struct sip_binding *b = p->binding[i];
        if (!add_branch(l, hl__strdup(l->core->mem, b->contact), &b->path, NULL))
            return HL_ENOMEM;
    }
    return 0;
}

static struct sip_phone *phone_by_id(hl__sip *c, hl_id id)
{
    uint32_t pos = 0;
    for (struct sip_phone *p; (p = hl__names_at(&c->phones, &pos));)
        if (p->id == id)
            return p;
    return NULL;
}

/* sip:user@192.0.2.7:5060 */
static int add_address(struct sip_leg *l, hl__view text)
{
    uint8_t ip[16];
    struct sip_uri uri;
    struct sip_path path = { .listener = 0 };
    int listener = hl__sip_listener_for(l->core, l->profile, l->phone != NULL);
    if (listener < 0 || !hl__sip_uri_parse(text, &uri) || uri.kind != SIP_URI_SIP || !hl__sip_host_ip(uri.host, ip))
        return HL_EINVAL;
    path.listener = (uint32_t)listener;
    hl__sip_ip_addr(ip, uri.port ? uri.port : 5060, &path.far);
    return add_branch(l, hl__view_dup(l->core->mem, text), &path, NULL) ? 0 : HL_ENOMEM;
}

static int add_trunk(struct sip_leg *l, struct sip_trunk *t, const char *number)
{
    char out[HL__NUMBER];
    const struct sip_profile *p = t->profile;
    struct sip_path path = { .listener = 0 };
    int listener = hl__sip_listener_for(l->core, p, false);
    hl__sip_trunk_number(p, true, number, out);
    for (int i = 0; i < p->npeers && listener >= 0 && l->branches < SIP_FORKS; i++) {
        hl__buf b;
        hl__buf_init(&b, l->core->mem);
        hl__buf_str(&b, "sip:");
        hl__sip_write_user(&b, out);
        hl__buf_char(&b, '@');
        if (p->domain)
            hl__buf_str(&b, p->domain);
        else
            hl__sip_write_addr(&b, &p->peer[i].at);
        path.listener = (uint32_t)listener;
        path.far = p->peer[i].at;
        if (!add_branch(l, hl__sip_text(l->core, &b), &path, t))
            return HL_ENOMEM;
    }
    return 0;
}

static bool serves(const struct sip_trunk *t, const hl__dial *dial)
{
    if (!t->profile->enabled || !t->profile->npeers)
        return false;
    if (dial->trunk)
        return t->id == dial->trunk;
    return !dial->group || strcmp(dial->group, t->profile->group) == 0;
}

/* Trunks by priority; equal ones in the order of the document, begun at a random one. */
static int add_trunks(struct sip_leg *l, const hl__dial *dial)
{
    hl__sip *c = l->core;
    int r = 0, done = -1;
    uint32_t turn = hl__rand_below(&c->rand, c->trunks.map.live);
    for (;;) {
        int least = INT32_MAX;
        uint32_t pos = 0;
        for (struct sip_trunk *t; (t = hl__names_at(&c->trunks, &pos));)
            if (serves(t, dial) && t->profile->priority > done && t->profile->priority < least)
                least = t->profile->priority;
        if (least == INT32_MAX)
            return r;
        for (uint32_t pass = 0; pass < 2; pass++) {
            uint32_t n = 0;
            pos = 0;
            for (struct sip_trunk *t; (t = hl__names_at(&c->trunks, &pos)); n++)
                if ((n < turn) == (pass == 1) && r == 0 && serves(t, dial) && t->profile->priority == least)
                    r = add_trunk(l, t, dial->number);
        }
        done = least;
    }
}

static int find_targets(struct sip_leg *l, const hl__dial *dial)
{
    hl__sip *c = l->core;
    if (dial->phone) {
        struct sip_phone *p = phone_by_id(c, dial->phone);
        if (!p || (!p->bindings && !p->profile->domain))
            return HL_ENOENT;
        hl__sip_leg_profile(l, NULL, p);
        if (p->profile->max_calls && p->calls > p->profile->max_calls)
            return HL_ELIMIT;
        l->parallel = true;
        if (p->profile->domain)
            return add_address(l, hl__view_of(p->profile->domain));
        return add_bindings(l, p);
    }
    if (!dial->number)
        return HL_EINVAL;
    if (hl__view_starts(hl__view_of(dial->number), "sip:"))
        return add_address(l, hl__view_of(dial->number));
    return add_trunks(l, dial);
}

/* Why nobody could be called. */
static struct hl__sip_cause no_target(int r)
{
    switch (r) {
    case HL_ELIMIT: return hl__sip_cause_of(486);
    case HL_ENOMEM: return hl__sip_cause_local(SIP_BY_overload);
    case HL_EINVAL: return hl__sip_cause_of(484);
    default: return hl__sip_cause_q850(20);
    }
}

static void begin(struct sip_leg *l, int r)
{
    hl__sip *c = l->core;
    if (r < 0 || !l->branches) {
        hl__sip_leg_cause(l, no_target(r), HL__BY_NET);
        (void)hl__sip_leg_step(l, SIP_ON_GOT_REFUSAL); /* a new leg has the row */
        return;
    }
    const struct sip_profile *p = profile_of(l->branch[0]);
    if (p && p->attempts)
        l->max_attempts = (uint32_t)p->attempts;
    int32_t ring_s = l->ring_s > 0 ? l->ring_s : l->profile && l->profile->ring_s ? l->profile->ring_s : 120;
    hl__timer_set(&c->wheel, &l->guard, c->now + (hl_time)ring_s * HL__SECOND);
    if (!l->parallel) {
        hl__sip_uac_next(l);
        return;
    }
    for (uint32_t i = 0; i < l->branches; i++)
        l->branch[i]->started = true;
    for (uint32_t i = 0; i < l->branches && l->state != SIP_S_ENDED; i++)
        if (start(l->branch[i]) < 0)
            refused(l->branch[i], hl__sip_cause_local(SIP_BY_overload), HL__BY_NET);
}

void hl__sip_originate(hl__sip *c, hl_time now, const hl__dial *dial, uint32_t gen)
{
    struct sip_leg *l;
    c->now = now > c->now ? now : c->now;
    if (hl__sip_leg_new(c, &l) < 0) {
        if (c->nlost < HL__COUNT(c->lost)) {
            c->lost[c->nlost].leg = dial->leg;
            c->lost[c->nlost++].gen = gen;
        }
        return;
    }
    l->outbound = true;
    l->gen = gen;
    l->id = dial->leg;
    l->ring_s = dial->ring_s;
    l->restricted = dial->restricted != 0;
    l->max_attempts = 3;
    l->wanted = dial->media;
    l->wanted.dir = dial->media.dir ? dial->media.dir : HL__SENDRECV;
    l->caller = hl__strdup(c->mem, dial->caller ? dial->caller : "");
    l->display = hl__strdup(c->mem, dial->caller_name ? dial->caller_name : "");
    int r = l->caller && l->display ? hl__map_put(&c->legs, l->id, l) : HL_ENOMEM;
    l->refs++; /* a refusal while targets are tried may end it */
    begin(l, r == 0 ? find_targets(l, dial) : r);
    l->refs--;
    hl__sip_leg_release(l);
}
