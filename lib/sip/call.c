/* call.c - the engine's requests to a leg; one for a leg that is over is nothing. */
#include "sip/core.h"
#include <hotline/call.h>
#include <string.h>

static struct sip_leg *enter(hl__sip *c, hl_time now, hl_id id)
{
    c->now = now > c->now ? now : c->now;
    return hl__sip_leg_find(c, id);
}

static void want(struct sip_leg *l, const hl__media *m)
{
    if (!m)
        return;
    l->wanted = *m;
    if (!l->wanted.dir)
        l->wanted.dir = HL__SENDRECV;
}

void hl__sip_progress(hl__sip *c, hl_time now, hl_id leg, int how, const hl__media *m)
{
    struct sip_leg *l = enter(c, now, leg);
    if (!l)
        return;
    want(l, m);
    (void)hl__sip_leg_step(l, how == HL_LEG_EARLY ? SIP_ON_DO_EARLY : SIP_ON_DO_RING); /* rung before, or over */
}

void hl__sip_answer(hl__sip *c, hl_time now, hl_id leg, const hl__media *m)
{
    struct sip_leg *l = enter(c, now, leg);
    if (!l)
        return;
    want(l, m);
    (void)hl__sip_leg_step(l, SIP_ON_DO_ANSWER); /* answered before, or over */
}

/* Q.850 has 1 to 127; the library's own causes are above. */
static struct hl__sip_cause cause_of(int q850)
{
    switch (q850) {
    case 0: return hl__sip_cause_q850(16);
    case HL_CAUSE_CANCELLED: return hl__sip_cause_local(SIP_BY_cancelled_by_us);
    case HL_CAUSE_MEDIA_LOST: return hl__sip_cause_local(SIP_BY_media_silent);
    case HL_CAUSE_POLICY: return hl__sip_cause_local(SIP_BY_policy_denied);
    case HL_CAUSE_SHUTDOWN: return hl__sip_cause_local(SIP_BY_shutdown);
    default: return hl__sip_cause_q850(q850 > 127 ? 16 : q850);
    }
}

void hl__sip_reject(hl__sip *c, hl_time now, hl_id leg, int q850, int code)
{
    struct sip_leg *l = enter(c, now, leg);
    if (!l)
        return;
    struct hl__sip_cause cause = cause_of(q850);
    if (code >= 400 && code <= 699) {
        struct hl__sip_cause named = hl__sip_cause_of(code);
        cause = (struct hl__sip_cause){ code, q850 ? cause.q850 : named.q850, named.outcome, SIP_STOP };
    }
    hl__sip_leg_cause(l, cause, HL__BY_US);
    (void)hl__sip_leg_step(l, SIP_ON_DO_REFUSE); /* over already */
}

void hl__sip_hangup(hl__sip *c, hl_time now, hl_id leg, int q850)
{
    struct sip_leg *l = enter(c, now, leg);
    if (!l)
        return;
    struct hl__sip_cause cause = cause_of(q850);
    if (l->outbound && l->state != SIP_S_TALKING && cause.q850 == 16)
        cause = hl__sip_cause_local(SIP_BY_cancelled_by_us);
    hl__sip_leg_cause(l, cause, HL__BY_US);
    (void)hl__sip_leg_step(l, SIP_ON_DO_HANGUP); /* over already */
}

/* ---- keys as INFO, one after the other ---- */
static void send_key(struct sip_leg *l);

static void info_response(void *owner, struct sip_txn *t, const struct sip_msg *m)
{
    struct sip_leg *l = owner;
    (void)t;
    if (!m || m->status >= 200)
        send_key(l);
}

static void info_gone(void *owner, struct sip_txn *t)
{
    struct sip_leg *l = owner;
    (void)t;
    l->refs--;
    hl__sip_leg_release(l);
}

static void send_key(struct sip_leg *l)
{
    static const struct sip_user user = { info_response, info_gone };
    hl__buf b, body;
    if (!l->keys[0] || l->state != SIP_S_TALKING)
        return;
    hl__buf_init(&b, l->core->mem);
    hl__buf_init(&body, l->core->mem);
    hl__buf_fmt(&body, "Signal=%c\r\nDuration=%u\r\n", l->keys[0], (unsigned)l->key_ms);
    memmove(l->keys, l->keys + 1, strlen(l->keys));
    if (hl__sip_leg_request(l, SIP_INFO, &b, 0) && !body.failed) {
        hl__sip_leg_auth(l, &b, SIP_INFO, (hl__view){ body.data, body.len });
        hl__sip_write_end(&b, "application/dtmf-relay", body.data, body.len);
        (void)hl__sip_leg_send(l, &b, &user); /* no memory: the key is lost, as on a bad line */
    }
    hl__buf_free(&body);
    hl__buf_free(&b);
}

void hl__sip_dtmf(hl__sip *c, hl_time now, hl_id leg, const char *keys, uint32_t ms)
{
    struct sip_leg *l = enter(c, now, leg);
    if (!l || l->state != SIP_S_TALKING)
        return;
    bool idle = !l->keys[0];
    size_t n = strlen(l->keys);
    for (; *keys && n + 1 < sizeof(l->keys); keys++)
        if (strchr("0123456789*#ABCD", *keys))
            l->keys[n++] = *keys;
    l->keys[n] = 0;
    l->key_ms = ms < 1 ? 100 : ms > 5000 ? 5000 : ms;
    if (idle)
        send_key(l);
}

uint32_t hl__sip_caps(const hl__sip *c, hl_id leg)
{
    const struct sip_leg *l = hl__sip_leg_find(c, leg);
    if (!l)
        return 0;
    return HL__EARLY | HL__HOLD | HL__INFO;
}
