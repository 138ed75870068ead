/* wire_call.c - legs' wishes become requests to drivers; legs' news become commands to flow and queue. */
#include "engine/engine.h"
#include <stdio.h>
#include <string.h>

static hl_t *of(void *ctx)
{
    return ctx;
}

static void up_open(void *ctx, const hl__leg *leg, const hl__media *theirs)
{
    hl__media_post(of(ctx), &(hl__msg){ .kind = HL__Q_OPEN, .leg = leg->id, .code = HL__RTP }, theirs ? HL__MEDIA : 0,
                   theirs, sizeof(*theirs));
}

static void up_set(void *ctx, const hl__leg *leg, const hl__media *theirs)
{
    hl__media_post(of(ctx), &(hl__msg){ .kind = HL__Q_SET, .leg = leg->id }, HL__MEDIA, theirs, sizeof(*theirs));
}

static void up_bind(void *ctx, const hl__leg *leg)
{
    hl__media_post(of(ctx), &(hl__msg){ .kind = HL__Q_BIND, .leg = leg->id, .session = leg->session }, 0, NULL, 0);
}

static void up_close(void *ctx, const hl__leg *leg)
{
    if (leg->medium == HL_MEDIUM_BROWSER)
        hl__media_post(of(ctx), &(hl__msg){ .kind = HL__Q_BIND, .session = leg->session }, 0, NULL, 0);
    else
        hl__media_post(of(ctx), &(hl__msg){ .kind = HL__Q_CLOSE, .leg = leg->id }, 0, NULL, 0);
}

static int driver_of(const hl_t *hl, const hl__leg *leg)
{
    (void)leg;
    return hl->sip;
}

static hl__request *leg_request(hl_t *hl, int kind, const hl__leg *leg)
{
    int driver = driver_of(hl, leg);
    hl__request *q = driver >= 0 ? hl__ask(hl, kind, leg->id) : NULL;

    if (!q)
        return NULL;
    q->driver = driver;
    if (leg->bound && (kind == HL__RQ_RING || kind == HL__RQ_ANSWER))
        q->u.media = leg->ours;
    return q;
}

static char *step_dup(hl_t *hl, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = hl__step_alloc(hl, size);

    return copy ? memcpy(copy, text, size) : NULL;
}

static void up_originate(void *ctx, const hl__leg *leg)
{
    hl_t *hl = of(ctx);
    hl__request *q = leg_request(hl, HL__RQ_DIAL, leg);

    if (!q)
        return;
    q->number = step_dup(hl, leg->remote);
    q->caller = step_dup(hl, leg->local);
    q->name = step_dup(hl, leg->name);
    q->u.dial = (hl__dial){ .leg = leg->id, .trunk = leg->trunk, .phone = leg->phone, .number = q->number,
        .caller = q->caller, .caller_name = q->name, .ring_s = (leg->ring_ms + 999) / 1000, .media = leg->ours };
}

static void up_ring(void *ctx, const hl__leg *leg, int early)
{
    hl__request *q = leg_request(of(ctx), HL__RQ_RING, leg);

    if (q)
        q->how = early ? HL_LEG_EARLY : HL_LEG_RINGING;
}

static void up_answer(void *ctx, const hl__leg *leg)
{
    (void)leg_request(of(ctx), HL__RQ_ANSWER, leg); /* without memory the caller rings on until his time-out */
}

static void up_hangup(void *ctx, const hl__leg *leg, int cause)
{
    hl__request *q = leg_request(of(ctx), HL__RQ_HANGUP, leg);

    if (q)
        q->code = cause < 128 ? cause : HL_CAUSE_NORMAL; /* ours have no number on the wire */
}

static void up_mix(void *ctx, const hl__call *call)
{
    hl__mix mix = { 0 };
    const hl__leg *leg[HL__LEGS_A_CALL];

    for (uint32_t i = 0; i < call->legs; i++)
        if (call->leg[i]->bound && call->leg[i]->state != HL_LEG_ENDING)
            leg[mix.rows++] = call->leg[i];
    for (uint32_t i = 0; i < mix.rows; i++) {
        hl__row *row = &mix.row[i];
        row->leg = leg[i]->id;
        row->gen = leg[i]->gen;
        row->music = leg[i]->flags & HL_IS_HELD ? 1 : 0;
        for (uint32_t j = 0; j < mix.rows; j++)
            row->hears |= (uint16_t)(hl__leg_hears(leg[i], leg[j]) << j);
    }
    hl__media_post(of(ctx), &(hl__msg){ .kind = HL__Q_MIX, .leg = mix.rows ? leg[0]->id : 0, .ref = call->id }, HL__MIX,
                   &mix, sizeof(mix));
}

static void up_tones(void *ctx, const hl__leg *leg, const char *keys, int ms)
{
    hl__media_post(of(ctx), &(hl__msg){ .kind = HL__Q_TONES, .leg = leg->id, .arg = ms }, HL__WORDS, keys,
                   strlen(keys));
}

static hl_id up_music(void *ctx, const hl__leg *leg, const char *name)
{
    hl_t *hl = of(ctx);
    hl_id ref = hl->core.id(&hl->core, HL_KIND_PART);
    char clip[128];
    int n = snprintf(clip, sizeof(clip), "\tmusic:%s\t\n", name);

    hl__media_post(hl, &(hl__msg){ .kind = HL__Q_PLAY, .leg = leg->id, .ref = ref, .code = HL_PLAY_LOOP }, HL__CLIPS,
                   clip, (size_t)n);
    return ref;
}

static void up_quiet(void *ctx, const hl__leg *leg, hl_id music)
{
    hl__media_post(of(ctx), &(hl__msg){ .kind = HL__Q_STOP, .leg = leg->id, .ref = music }, 0, NULL, 0);
}

static void customer_answered(hl_t *hl, hl__talk *t)
{
    if (t->flow_id && hl__talk_start_flow(hl, t) < 0)
        (void)hl__leg_hangup(hl->calls, t->leg, HL_CAUSE_CONGESTION); /* it was just answered */
}

/* Another was first: his call goes on. */
static void too_late(hl_t *hl, hl__talk *t, hl_id leg, hl_id winner, hl_id offer)
{
    t->agent_leg = winner;
    (void)hl__leg_hangup(hl->calls, leg, HL_CAUSE_CANCELLED); /* it was just answered */
    (void)hl__acd_reject(hl->acd, offer, HL_OFFER_LATE); /* it may have ended before */
}

static void up_answered(void *ctx, const hl__leg *leg)
{
    hl_t *hl = of(ctx);
    hl__talk *t = hl__talk_of(hl, leg->contact);
    hl_id id = leg->id, before;
    hl__ringing phone;

    if (!t)
        return;
    if (hl__callback_answered(hl, t, id))
        return;
    if (id == t->leg) {
        customer_answered(hl, t);
        return;
    }
    if (hl__ringing_take(t, 0, id, &phone)) { /* a telephone was picked up: that accepts the offer */
        before = t->agent_leg;
        t->agent_leg = id;
        if (hl__acd_accept(hl->acd, phone.offer) < 0)
            too_late(hl, t, id, before, phone.offer);
        return;
    }
    if (id == t->agent_leg && !hl__callback_connect(hl, t))
        (void)hl__acd_connected(hl->acd, t->id); /* refused if the caller has left meanwhile: his leg's end tells */
}

static void up_key(void *ctx, const hl__leg *leg, char key)
{
    hl_t *hl = of(ctx);
    hl__talk *t = hl__talk_of(hl, leg->contact);
    hl__flow_in in = { .kind = HL__FLOW_DIGIT, .key = key };
    hl_event ev = HL_EVENT_INIT;
    char text[2] = { key, 0 };

    ev.type = HL_EV_LEG_DIGIT;
    ev.contact = leg->contact;
    ev.leg = leg->id;
    ev.code = 1;
    ev.text = t && t->secret ? "*" : text;
    hl->core.emit(&hl->core, &ev);
    if (t && leg->id == t->leg)
        hl__flow_tell(hl, t->id, &in);
    hl__callback_pressed(hl, t, leg->id);
}

/* The caller is gone: the queue, the flow and the agent learn it, in this order. */
static void customer_ended(hl_t *hl, hl__talk *t)
{
    hl__flow_in in = { .kind = HL__FLOW_HANGUP };
    hl_id contact = t->id;

    t->leg = 0;
    t->play_ref = 0;
    if (t->in_queue || t->engaged)
        (void)hl__acd_hangup(hl->acd, contact);
    hl__flow_tell(hl, contact, &in);
    if (hl__call_of(hl->calls, contact))
        (void)hl__call_end(hl->calls, contact, HL_CAUSE_NORMAL);
    if ((t = hl__talk_of(hl, contact)))
        hl__callback_alone(hl, t);
}

/* Who lost her sound did not mean to go: her caller waits again, at his old place. */
static void agent_ended(hl_t *hl, hl__talk *t, const hl__leg *leg)
{
    t->agent_leg = 0;
    if (t->engaged && leg->cause == HL_CAUSE_MEDIA_LOST)
        (void)hl__acd_agent_failed(hl->acd, t->id);
    else if (t->engaged)
        (void)hl__acd_talk_end(hl->acd, t->id);
    else if (t->in_queue)
        (void)hl__acd_agent_failed(hl->acd, t->id);
}

static int offer_end_of(const hl__leg *leg)
{
    switch (leg->cause) {
    case HL_CAUSE_BUSY: return HL_OFFER_BUSY;
    case HL_CAUSE_REJECTED: return HL_OFFER_REJECTED;
    case HL_CAUSE_NO_ANSWER: return HL_OFFER_NO_ANSWER;
    default: return HL_OFFER_UNREACHABLE;
    }
}

static void page_let_go(hl_t *hl, const hl__leg *leg)
{
    hl__session *s = leg->session ? hl__session_of(hl, leg->session) : NULL;

    if (s && s->leg == leg->id) {
        s->leg = 0;
        hl__session_tell(hl, s, "leg.ended", "\"contact\":%lld,\"leg\":%lld,\"code\":%d,\"text\":\"%s\"",
                         (long long)leg->contact, (long long)leg->id, leg->cause, hl__cause_word(leg->cause));
    }
}

static void party_gone(hl_t *hl, hl__talk *t, const hl__leg *leg)
{
    hl_id contact = t->id;
    hl__ringing phone;

    if (hl__callback_ended(hl, t, leg->id)) {
        /* nobody was reached */
    } else if (leg->id == t->leg) {
        customer_ended(hl, t);
    } else if (hl__ringing_take(t, 0, leg->id, &phone)) {
        (void)hl__acd_reject(hl->acd, phone.offer, offer_end_of(leg)); /* it may have ended before the leg did */
    } else if (leg->id == t->agent_leg) {
        agent_ended(hl, t, leg);
    }
    if ((t = hl__talk_of(hl, contact)))
        hl__talk_over(hl, t);
}

static void up_ended(void *ctx, const hl__leg *leg)
{
    hl_t *hl = of(ctx);
    hl__talk *t = hl__talk_of(hl, leg->contact);

    page_let_go(hl, leg);
    hl__free(&hl->mem, hl__map_del(&hl->quality, leg->id));
    hl__play_leg_gone(hl, leg);
    if (t)
        party_gone(hl, t, leg);
}

/* To another contact: for the one it comes from the party is gone; the other one may have been without a customer. */
static void up_moved(void *ctx, const hl__leg *leg, hl_id from)
{
    hl_t *hl = of(ctx);
    hl__talk *t = hl__talk_of(hl, from), *to = hl__talk_of(hl, leg->contact);
    hl__session *s = leg->session ? hl__session_of(hl, leg->session) : NULL;

    if (s && s->leg == leg->id)
        s->contact = leg->contact;
    if (to && !to->leg && !to->flow && leg->role == HL_ROLE_CUSTOMER)
        to->leg = leg->id;
    if (t)
        party_gone(hl, t, leg);
}

static void up_state(void *ctx, const hl__call *call)
{
    static const char *const word[] = { "none", "alone", "talk", "hold", "conference" };
    hl_t *hl = of(ctx);

    for (uint32_t i = 0; i < call->legs; i++) {
        const hl__session *s = call->leg[i]->session ? hl__session_of(hl, call->leg[i]->session) : NULL;
        if (s)
            hl__session_tell(hl, s, "call.state", "\"contact\":%lld,\"code\":%d,\"state\":\"%s\"", (long long)call->id,
                             call->state, word[call->state]);
    }
}

void hl__call_wire(hl_t *hl, hl__call_up *up)
{
    *up = (hl__call_up){ .ctx = hl, .open = up_open, .set = up_set, .bind = up_bind, .close = up_close,
        .originate = up_originate, .ring = up_ring, .answer = up_answer, .hangup = up_hangup, .mix = up_mix,
        .tones = up_tones, .music = up_music, .quiet = up_quiet, .answered = up_answered, .key = up_key,
        .ended = up_ended,
        .moved = up_moved, .state = up_state };
}
