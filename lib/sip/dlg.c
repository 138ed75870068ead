/* dlg.c - dialogs: what both sides know of each other, the requests within, and where they go. */
#include "sip/core.h"
#include <string.h>

void hl__sip_dialog_free(hl__sip *c, struct sip_dialog *d)
{
    char *texts[] = { d->call_id, d->local_tag, d->remote_tag, d->local, d->remote, d->target, d->routes };
    for (size_t i = 0; i < HL__COUNT(texts); i++)
        hl__free(c->mem, texts[i]);
    *d = (struct sip_dialog){ .lcseq = 0 };
}

/* Record-Route values in their order, or the other way round for the caller. */
static char *routes_of(hl__sip *c, const struct sip_msg *m, bool backwards)
{
    hl__view list[SIP_MAX_ROUTES];
    unsigned n = 0;
    hl__buf b;
    for (const struct sip_header *h = NULL; (h = hl__sip_next(m, SIP_H_RECORD_ROUTE, h));) {
        hl__view rest = h->value;
        while (rest.at && n < SIP_MAX_ROUTES) {
            hl__view one = hl__sip_element(&rest);
            if (one.len)
                list[n++] = one;
        }
    }
    hl__buf_init(&b, c->mem);
    for (unsigned i = 0; i < n; i++) {
        if (i)
            hl__buf_str(&b, ", ");
        hl__buf_view(&b, list[backwards ? n - 1 - i : i]);
    }
    return n ? hl__sip_text(c, &b) : hl__strdup(c->mem, "");
}

int hl__sip_dialog_target(hl__sip *c, struct sip_dialog *d, const struct sip_msg *m)
{
    struct sip_addr a;
    hl__view rest = hl__sip_value(m, SIP_H_CONTACT);
    hl__view text = m->is_request ? m->from.text : m->to.text;
    if (rest.at && hl__sip_addr_parse(hl__sip_element(&rest), &a) && !a.star && a.uri.kind != SIP_URI_UNKNOWN)
        text = a.text;
    else if (d->target)
        return 0; /* nothing new */
    char *target = hl__view_dup(c->mem, text);
    if (!target)
        return HL_ENOMEM;
    hl__free(c->mem, d->target);
    d->target = target;
    return 0;
}

static char *with_tag(hl__sip *c, hl__view value, const char *tag)
{
    hl__buf b;
    hl__buf_init(&b, c->mem);
    hl__buf_view(&b, value);
    if (tag)
        hl__buf_fmt(&b, ";tag=%s", tag);
    return hl__sip_text(c, &b);
}

static bool complete(const struct sip_dialog *d)
{
    return d->call_id && d->local_tag && d->remote_tag && d->local && d->remote && d->target && d->routes;
}

int hl__sip_dialog_uas(hl__sip *c, struct sip_dialog *d, const struct sip_path *path, const struct sip_msg *m)
{
    char tag[17];
    hl__sip_token(c, tag, 16);
    d->call_id = hl__view_dup(c->mem, m->call_id);
    d->local_tag = hl__strdup(c->mem, tag);
    d->remote_tag = hl__view_dup(c->mem, m->from_tag);
    d->local = with_tag(c, hl__sip_value(m, SIP_H_TO), m->to_tag.len ? NULL : tag);
    d->remote = hl__view_dup(c->mem, hl__sip_value(m, SIP_H_FROM));
    d->routes = routes_of(c, m, false);
    d->lcseq = hl__rand_below(&c->rand, 10000) + 1;
    d->rcseq = m->cseq;
    d->rcseq_set = true;
    d->path = *path;
    return hl__sip_dialog_target(c, d, m) < 0 || !complete(d) ? HL_ENOMEM : 0;
}

int hl__sip_dialog_uac(hl__sip *c, struct sip_dialog *d, const struct sip_path *path, const struct sip_msg *m)
{
    d->call_id = hl__view_dup(c->mem, m->call_id);
    d->local_tag = hl__view_dup(c->mem, m->from_tag);
    d->remote_tag = hl__view_dup(c->mem, m->to_tag);
    d->local = hl__view_dup(c->mem, hl__sip_value(m, SIP_H_FROM));
    d->remote = hl__view_dup(c->mem, hl__sip_value(m, SIP_H_TO));
    d->routes = routes_of(c, m, true);
    d->lcseq = m->cseq;
    d->path = *path;
    return hl__sip_dialog_target(c, d, m) < 0 || !complete(d) ? HL_ENOMEM : 0;
}

/* The first route, else the target, if it is an address; names and phones behind NAT are reached where they came
 * from. */
void hl__sip_dialog_path(const struct sip_dialog *d, bool nat, struct sip_path *out)
{
    uint8_t ip[16];
    struct sip_addr a;
    hl__view routes = hl__view_of(d->routes), text = hl__sip_element(&routes);
    *out = d->path;
    if (!text.len) {
        if (nat)
            return;
        text = hl__view_of(d->target);
    }
    if (!hl__sip_addr_parse(text, &a) || a.uri.kind == SIP_URI_TEL || !hl__sip_host_ip(a.uri.host, ip))
        return;
    hl__sip_ip_addr(ip, a.uri.port ? a.uri.port : 5060, &out->far);
    if (!hl__sip_addr_same(&out->far, &d->path.far, false))
        out->near = (hl__addr){ .family = 0 };
}

static bool behind_nat(const struct sip_leg *l)
{
    return l->profile && l->profile->nat;
}

/* cseq 0: the next one. False: no memory. */
bool hl__sip_leg_request(struct sip_leg *l, int method, hl__buf *b, uint32_t cseq)
{
    struct sip_dialog *d = &l->dialog;
    struct sip_request r = { .method = method, .cseq = cseq ? cseq : ++d->lcseq, .uri = d->target, .from = d->local };
    r.to = d->remote;
    r.call_id = d->call_id;
    r.routes = d->routes;
    r.contact = method == SIP_INVITE || method == SIP_UPDATE ? "hotline" : NULL;
    hl__sip_dialog_path(d, behind_nat(l), &r.path);
    hl__sip_write_request(l->core, b, &r);
    return !b->failed;
}

static void leg_txn_gone(void *owner, struct sip_txn *t)
{
    struct sip_leg *l = owner;
    if (l->invite == t)
        l->invite = NULL;
    l->refs--;
    hl__sip_leg_release(l);
}

struct sip_txn *hl__sip_leg_send(struct sip_leg *l, hl__buf *b, const struct sip_user *user)
{
    struct sip_txn *t;
    struct sip_path path;
    hl__sip_dialog_path(&l->dialog, behind_nat(l), &path);
    if (hl__sip_txn_client(l->core, &path, b, &t) < 0)
        return NULL;
    hl__sip_txn_own(t, user, l);
    l->refs++;
    return t;
}

/* A BYE that is asked for credentials is repeated once with them; any other answer is as good as a yes. */
static void bye_response(void *owner, struct sip_txn *t, const struct sip_msg *m)
{
    static const struct sip_user once = { NULL, leg_txn_gone };
    struct sip_leg *l = owner;
    hl__buf b;
    (void)t;
    if (!m || (m->status != 401 && m->status != 407) || !hl__sip_leg_challenged(l, m))
        return;
    hl__buf_init(&b, l->core->mem);
    if (hl__sip_leg_request(l, SIP_BYE, &b, 0)) {
        hl__sip_leg_auth(l, &b, SIP_BYE, (hl__view){ NULL, 0 });
        hl__sip_write_end(&b, NULL, NULL, 0);
        (void)hl__sip_leg_send(l, &b, &once); /* no memory: the peer finds out by itself */
    }
    hl__buf_free(&b);
}

void hl__sip_leg_bye(struct sip_leg *l)
{
    static const struct sip_user user = { bye_response, leg_txn_gone };
    hl__buf b;
    if (!l->dialog.target)
        return;
    hl__buf_init(&b, l->core->mem);
    if (hl__sip_leg_request(l, SIP_BYE, &b, 0)) {
        if (l->kept.realm)
            hl__sip_leg_auth(l, &b, SIP_BYE, (hl__view){ NULL, 0 });
        hl__sip_write_reason(&b, l->cause.q850);
        hl__sip_write_end(&b, NULL, NULL, 0);
        (void)hl__sip_leg_send(l, &b, &user); /* no memory: the peer finds out by itself */
    }
    hl__buf_free(&b);
}

static void reply(struct sip_leg *l, const struct sip_path *path, const struct sip_msg *m, int status, const char *more)
{
    hl__buf b;
    struct sip_txn *t;
    hl__sip *c = l->core;
    hl__buf_init(&b, c->mem);
    hl__sip_write_response(&b, path, m, status, l->dialog.local_tag);
    hl__buf_str(&b, more ? more : "");
    hl__sip_write_end(&b, NULL, NULL, 0);
    if (hl__sip_txn_server(c, path, m, &t) == 0)
        hl__sip_txn_reply(t, &b, status);
    hl__buf_free(&b);
}

static void got_bye(struct sip_leg *l, const struct sip_path *path, const struct sip_msg *m)
{
    int q850 = hl__sip_reason(m);
    struct hl__sip_cause cause = { 0, q850 && q850 != 26 ? q850 : 16, HL__ANSWERED, SIP_STOP };
    reply(l, path, m, 200, NULL);
    bool early = !l->outbound && l->state != SIP_S_TALKING && l->state != SIP_S_ACCEPTED;
    hl__sip_leg_cause(l, early ? hl__sip_cause_local(SIP_BY_cancelled_by_caller) : cause, HL__BY_FAR);
    (void)hl__sip_leg_step(l, SIP_ON_GOT_BYE); /* ended already: the 200 is all */
}

/* "Signal=5" of application/dtmf-relay, "5" of application/dtmf; 0: no key. */
static int key_of(hl__view type, hl__view body)
{
    size_t semi;
    if (hl__view_find(type, ';', &semi))
        type.len = semi;
    type = hl__view_trim(type);
    if (hl__view_like(type, "application/dtmf")) {
        body = hl__view_trim(body);
    } else if (hl__view_like(type, "application/dtmf-relay")) {
        hl__view rest = body, found = { NULL, 0 };
        while (rest.at && !found.at) {
            hl__view value = hl__view_cut(&rest, '\n'), name = hl__view_trim(hl__view_cut(&value, '='));
            if (hl__view_like(name, "Signal"))
                found = hl__view_trim(value);
        }
        body = found;
    } else {
        return 0;
    }
    if (hl__view_is(body, "10") || hl__view_is(body, "11"))
        return body.at[1] == '0' ? '*' : '#';
    if (body.len != 1 || !strchr("0123456789*#ABCDabcd", body.at[0]))
        return 0;
    return body.at[0] >= 'a' ? body.at[0] - 32 : body.at[0];
}

static void got_info(struct sip_leg *l, const struct sip_path *path, const struct sip_msg *m)
{
    int key = key_of(hl__sip_value(m, SIP_H_CONTENT_TYPE), m->body);
    if (!key && m->body.len) {
        reply(l, path, m, 415, "Accept: application/dtmf-relay, application/dtmf\r\n");
        return;
    }
    reply(l, path, m, 200, NULL);
    if (key)
        hl__sip_leg_report(l, &(hl__leg_ev){ .kind = HL__LEG_KEY, .code = key }, NULL);
}

void hl__sip_leg_dialog_input(struct sip_leg *l, const struct sip_path *path, const struct sip_msg *m)
{
    struct sip_dialog *d = &l->dialog;
    if (m->method == SIP_ACK) {
        hl__sip_uas_ack(l, m);
        return;
    }
    if (l->state == SIP_S_ENDED || !d->call_id) {
        hl__sip_stateless(l->core, path, m, 481, NULL);
        return;
    }
    if (d->rcseq_set && m->cseq < d->rcseq) {
        hl__sip_stateless(l->core, path, m, 500, NULL);
        return;
    }
    d->rcseq = m->cseq;
    d->rcseq_set = true;
    switch (m->method) {
    case SIP_BYE: got_bye(l, path, m); break;
    case SIP_INVITE: hl__sip_reneg_invite(l, path, m); break;
    case SIP_UPDATE: hl__sip_reneg_update(l, path, m); break;
    case SIP_INFO: got_info(l, path, m); break;
    case SIP_OPTIONS: reply(l, path, m, 200, "Accept: application/sdp\r\n"); break;
    case SIP_REFER: reply(l, path, m, 603, NULL); break;
    default: reply(l, path, m, 405, NULL); break;
    }
}
