/* regc.c - our registration at a carrier: asked for 600 s, refreshed at four fifths of what was granted. */
#include "sip/core.h"
#include <string.h>

#define STATES(X) X(IDLE) X(TRYING) X(UP) X(FAILED) X(LEAVING)
#define STIMULI(X) X(DUE) X(OK) X(CHALLENGE) X(TOO_BRIEF) X(REFUSED) X(SILENT) X(STOP)
#define X(name) name,
enum { STATES(X) };
enum { STIMULI(X) };
#undef X

enum { BACKOFF_MIN = 30, BACKOFF_MAX = 1800 };
struct move { uint8_t state, stimulus, next; void (*act)(struct sip_trunk *t); };

static void step(struct sip_trunk *t, int stimulus);
static void response(void *owner, struct sip_txn *txn, const struct sip_msg *m);
static void gone(void *owner, struct sip_txn *txn);

static void wait_s(struct sip_trunk *t, int64_t seconds)
{
    hl__sip *c = t->core;
    hl__timer_set(&c->wheel, &t->reg.timer, c->now + seconds * HL__SECOND);
}

static void send_register(struct sip_trunk *t, int expires_s)
{
    static const struct sip_user user = { response, gone };
    hl__sip *c = t->core;
    struct sip_registration *r = &t->reg;
    const struct sip_profile *p = t->profile;
    struct sip_path path = { .far = p->registrar };
    hl__buf b, uri, to, from;
    int listener = hl__sip_listener_for(c, p, false);
    if (listener < 0)
        return;
    path.listener = (uint32_t)listener;
    hl__buf_init(&b, c->mem);
    hl__buf_init(&uri, c->mem);
    hl__buf_init(&to, c->mem);
    hl__buf_init(&from, c->mem);
    hl__buf_str(&uri, "sip:");
    if (p->domain)
        hl__buf_str(&uri, p->domain);
    else
        hl__sip_write_addr(&uri, &p->registrar);
    hl__buf_str(&to, "<sip:");
    hl__sip_write_user(&to, p->user);
    hl__buf_fmt(&to, "@%s>", uri.failed ? "" : uri.data + 4);
    hl__buf_fmt(&from, "%s;tag=%s", to.failed ? "" : to.data, r->tag);
    struct sip_request q = { .method = SIP_REGISTER, .cseq = ++r->cseq, .uri = uri.data, .from = from.data };
    q.to = to.data;
    q.call_id = r->call_id;
    q.contact = t->token;
    q.path = path;
    bool made = !uri.failed && !to.failed && !from.failed;
    if (made) {
        struct sip_digest about = { .method = hl__view_of("REGISTER"), .uri = hl__view_of(uri.data) };
        hl__sip_write_request(c, &b, &q);
        hl__buf_fmt(&b, "Expires: %d\r\n", expires_s);
        if (r->kept.realm)
            hl__sip_write_auth(c, &b, &r->kept, p, &about);
        hl__sip_write_end(&b, NULL, NULL, 0);
    }
    if (r->txn)
        hl__sip_txn_own(r->txn, NULL, NULL);
    r->txn = NULL;
    if (made && hl__sip_txn_client(c, &path, &b, &r->txn) == 0)
        hl__sip_txn_own(r->txn, &user, t);
    else
        wait_s(t, BACKOFF_MIN);
    hl__buf_free(&b);
    hl__buf_free(&uri);
    hl__buf_free(&to);
    hl__buf_free(&from);
}

static void ask(struct sip_trunk *t)
{
    t->reg.tries = 0;
    send_register(t, t->profile->expires_s ? t->profile->expires_s : 600);
}

static void ask_again(struct sip_trunk *t)
{
    send_register(t, t->reg.granted_s ? t->reg.granted_s : t->profile->expires_s ? t->profile->expires_s : 600);
}

static void up(struct sip_trunk *t)
{
    int64_t ms = (int64_t)t->reg.granted_s * 800;
    t->reg.backoff_s = 0;
    ms -= (int64_t)hl__rand_below(&t->core->rand, (uint32_t)(ms / 10) + 1);
    hl__timer_set(&t->core->wheel, &t->reg.timer, t->core->now + ms * HL__US);
}

static void back_off(struct sip_trunk *t)
{
    struct sip_registration *r = &t->reg;
    int32_t s = r->backoff_s ? r->backoff_s * 2 : BACKOFF_MIN;
    if (s > BACKOFF_MAX || r->status == 403 || r->status == 404)
        s = BACKOFF_MAX;
    r->backoff_s = s;
    hl__sip_kept_free(t->core, &r->kept);
    wait_s(t, s - s / 5 + (int64_t)hl__rand_below(&t->core->rand, (uint32_t)(s * 2 / 5) + 1));
    if (t->core->log)
        hl__log(t->core->log, HL_LOG_WARN, "sip: trunk %s is not registered: %d", t->profile->name, r->status);
}

static void leave(struct sip_trunk *t)
{
    hl__timer_drop(&t->core->wheel, &t->reg.timer);
    t->reg.tries = 0;
    send_register(t, 0);
}

static void leave_again(struct sip_trunk *t)
{
    send_register(t, 0);
}

static void rest(struct sip_trunk *t)
{
    hl__timer_drop(&t->core->wheel, &t->reg.timer);
}

static const struct move moves[] = {
    { IDLE,    DUE,       TRYING,  ask },
    { TRYING,  OK,        UP,      up },
    { TRYING,  CHALLENGE, TRYING,  ask_again },
    { TRYING,  TOO_BRIEF, TRYING,  ask_again },
    { TRYING,  REFUSED,   FAILED,  back_off },
    { TRYING,  SILENT,    FAILED,  back_off },
    { TRYING,  STOP,      LEAVING, leave },
    { UP,      DUE,       TRYING,  ask },
    { UP,      STOP,      LEAVING, leave },
    { FAILED,  DUE,       TRYING,  ask },
    { FAILED,  STOP,      IDLE,    rest },
    { LEAVING, CHALLENGE, LEAVING, leave_again },
    { LEAVING, OK,        IDLE,    rest },
    { LEAVING, REFUSED,   IDLE,    rest },
    { LEAVING, SILENT,    IDLE,    rest },
    { LEAVING, DUE,       IDLE,    rest },
};

static void step(struct sip_trunk *t, int stimulus)
{
    for (size_t i = 0; i < HL__COUNT(moves); i++)
        if (moves[i].state == t->reg.state && moves[i].stimulus == stimulus) {
            t->reg.state = moves[i].next;
            moves[i].act(t);
            return;
        }
}

/* What was granted: our contact's expires, else the header's. */
static int32_t granted(const struct sip_trunk *t, const struct sip_msg *m)
{
    uint64_t n;
    hl__view v;
    struct sip_addr a;
    for (const struct sip_header *h = NULL; (h = hl__sip_next(m, SIP_H_CONTACT, h));) {
        hl__view rest = h->value;
        while (rest.at)
            if (hl__sip_addr_parse(hl__sip_element(&rest), &a) && hl__view_is(a.uri.user, t->token) &&
                hl__sip_param(a.params, "expires", &v) && hl__view_uint(v, 86400, &n) && n)
                return (int32_t)n;
    }
    v = hl__sip_value(m, SIP_H_EXPIRES);
    return v.at && hl__view_uint(v, 86400, &n) && n ? (int32_t)n : 600;
}

static void response(void *owner, struct sip_txn *txn, const struct sip_msg *m)
{
    struct sip_trunk *t = owner;
    struct sip_registration *r = &t->reg;
    uint64_t n;
    (void)txn;
    if (m && m->status < 200)
        return;
    r->status = m ? m->status : 408;
    if (!m) {
        step(t, SILENT);
    } else if (m->status < 300) {
        r->granted_s = granted(t, m);
        step(t, OK);
    } else if (m->status == 401 || m->status == 407) {
        if (++r->tries == 1)
            hl__sip_kept_free(t->core, &r->kept); /* of an earlier round; later ones must say stale=true */
        if (hl__sip_may_answer(true, true, true, SIP_REGISTER, r->tries, true) &&
            hl__sip_kept_take(t->core, &r->kept, t->profile, m))
            step(t, CHALLENGE);
        else
            step(t, REFUSED);
    } else if (m->status == 423 && hl__view_uint(hl__sip_value(m, SIP_H_MIN_EXPIRES), 86400, &n)) {
        r->granted_s = (int32_t)n;
        step(t, ++r->tries < 4 ? TOO_BRIEF : REFUSED);
    } else {
        step(t, REFUSED);
    }
}

static void gone(void *owner, struct sip_txn *txn)
{
    struct sip_trunk *t = owner;
    if (t->reg.txn == txn)
        t->reg.txn = NULL;
}

static void fire(void *ctx, hl__timer *timer)
{
    (void)timer;
    step(ctx, DUE);
}

void hl__sip_registration_set(struct sip_trunk *t)
{
    t->reg.timer.fire = fire;
    t->reg.timer.ctx = t;
    if (!t->reg.call_id[0]) {
        hl__sip_token(t->core, t->reg.call_id, 32);
        hl__sip_token(t->core, t->reg.tag, 16);
    }
    hl__timer_drop(&t->core->wheel, &t->reg.timer);
    if (t->reg.txn)
        hl__sip_txn_own(t->reg.txn, NULL, NULL);
    t->reg.txn = NULL;
    t->reg.state = IDLE; /* begun anew: the settings are others now */
    hl__sip_kept_free(t->core, &t->reg.kept);
    if (t->profile->enabled && t->profile->auth == SIP_AUTH_REGISTER && t->profile->registrar.family)
        step(t, DUE);
}

void hl__sip_registration_stop(struct sip_trunk *t)
{
    step(t, STOP);
}

void hl__sip_trunk_free(struct sip_trunk *t)
{
    hl__timer_drop(&t->core->wheel, &t->reg.timer);
    if (t->reg.txn)
        hl__sip_txn_own(t->reg.txn, NULL, NULL);
    hl__sip_kept_free(t->core, &t->reg.kept);
    hl__sip_profile_drop(t->core, t->profile);
    hl__free(t->core->mem, t);
}
