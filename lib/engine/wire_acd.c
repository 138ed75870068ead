/* wire_acd.c - the queue's decisions become rings on pages and telephones, legs and flow results. */
#include "engine/engine.h"
#include <string.h>

static int32_t ms_left(const hl_t *hl, hl_time until)
{
    return (int32_t)((until - hl->core.now) / HL__US);
}

void hl__caller_json(hl_t *hl, const hl__talk *t, hl_id queue_id, hl__buf *out)
{
    const char *queue = hl__acd_name(hl->acd, queue_id);
    const hl__object *o = hl__map_get(&hl->objects, queue_id);

    hl__buf_str(out, "\"queue\":");
    hl__buf_json(out, queue ? queue : "");
    hl__buf_str(out, ",\"queue_title\":");
    hl__buf_json(out, o && o->title ? o->title : "");
    hl__buf_str(out, ",\"number\":");
    hl__buf_json(out, t ? t->number : "");
    hl__buf_str(out, ",\"lang\":");
    hl__buf_json(out, t ? hl__flow_lang(hl->flows, t->id) : NULL);
    hl__buf_fmt(out, ",\"ticket\":%lld,\"data\":%s", (long long)(t ? t->ticket : 0), t && t->data ? t->data : "{}");
    if (t)
        hl__callback_json(hl, t->id, out);
}

void hl__offer_json(hl_t *hl, const hl_offer *offer, hl__buf *out)
{
    const hl__talk *t = hl__talk_of(hl, offer->contact);

    hl__buf_fmt(out, "\"offer\":%lld,\"contact\":%lld,\"ms\":%d,\"deadline\":%lld,\"waited_ms\":%lld,",
                (long long)offer->id, (long long)offer->contact, ms_left(hl, offer->deadline),
                (long long)offer->deadline,
                (long long)((hl->core.now - (t && t->queued ? t->queued : offer->made)) / HL__US));
    hl__caller_json(hl, t, offer->queue, out);
}

static void tell_offer(hl_t *hl, const hl__session *s, const hl_offer *offer)
{
    hl__buf b;

    hl__buf_init(&b, &hl->mem);
    hl__buf_str(&b, "{\"ev\":\"offer.made\",");
    hl__offer_json(hl, offer, &b);
    hl__buf_char(&b, '}');
    if (!b.failed)
        hl__push(hl, s, b.data, b.len);
    hl__buf_free(&b);
}

/* The agent's telephone rings: the leg joins the call, and hears and is heard once it is answered. */
static int ring_phone(hl_t *hl, hl__talk *t, const hl_offer *offer, const hl__acd_device *dev)
{
    const hl__object *phone = dev->phone ? hl__object_named(hl, "phones", dev->phone) : NULL;
    hl__leg_spec spec = { .contact = t->id, .agent = offer->agent, .role = HL_ROLE_AGENT, .medium = HL_MEDIUM_PHONE,
        .phone = phone ? phone->id : 0, .local = t->number[0] ? t->number : "anonymous", .remote = dev->address,
        .name = hl__acd_name(hl->acd, offer->queue) };
    hl__leg *leg;
    int r;

    spec.timeout_ms = ms_left(hl, offer->deadline) + 1000; /* the offer's own deadline comes first */
    if ((!spec.phone && !spec.remote) || t->rings == HL__COUNT(t->ring))
        return HL_ENOENT;
    if (!spec.remote)
        spec.remote = dev->phone;
    if ((r = hl__leg_add(hl->calls, &spec, &leg)) < 0)
        return r;
    t->ring[t->rings++] = (hl__ringing){ offer->id, leg->id };
    return 0;
}

/* The telephone that rings for an offer, or by its leg, is on the list no longer: false, it never was. */
bool hl__ringing_take(hl__talk *t, hl_id offer, hl_id leg, hl__ringing *out)
{
    for (uint32_t i = 0; t && i < t->rings; i++)
        if (t->ring[i].offer == offer || t->ring[i].leg == leg) {
            *out = t->ring[i];
            t->ring[i] = t->ring[--t->rings];
            return true;
        }
    return false;
}

static void up_offer_made(void *ctx, const hl_offer *offer)
{
    hl_t *hl = ctx;
    hl__talk *t = hl__talk_of(hl, offer->contact);
    hl__session *s = hl__page_of(hl, offer->agent);
    hl__acd_device dev = { 0 };
    bool phone;

    (void)hl__acd_agent_device(hl->acd, offer->agent, &dev); /* an agent that was offered to exists */
    phone = dev.phone || dev.address;
    if (s && s->here)
        tell_offer(hl, s, offer);
    if (t && phone && ring_phone(hl, t, offer, &dev) < 0)
        (void)hl__acd_reject(hl->acd, offer->id, HL_OFFER_UNREACHABLE);
    else if (dev.auto_accept && s && s->path_up && !phone)
        (void)hl__acd_accept(hl->acd, offer->id);
}

static void up_offer_ended(void *ctx, const hl_offer *offer, int how)
{
    hl_t *hl = ctx;
    hl__talk *t = hl__talk_of(hl, offer->contact);
    const hl__session *s = hl__page_of(hl, offer->agent);
    hl__ringing phone;

    if (s && s->here)
        hl__session_tell(hl, s, "offer.ended", "\"offer\":%lld,\"contact\":%lld,\"code\":%d,\"text\":\"%s\"",
                         (long long)offer->id, (long long)offer->contact, how, hl__acd_word(HL__WORD_OFFER, how));
    if (hl__ringing_take(t, offer->id, 0, &phone))
        (void)hl__leg_hangup(hl->calls, phone.leg, HL_CAUSE_CANCELLED); /* it rings */
}

static int connect_page(hl_t *hl, hl__talk *t, hl_id agent)
{
    hl__session *s = hl__page_of(hl, agent);
    hl__leg_spec spec = { .contact = t->id, .agent = agent, .role = HL_ROLE_AGENT, .medium = HL_MEDIUM_BROWSER,
        .local = t->dialled, .remote = hl__acd_name(hl->acd, agent), .inbound = true };
    hl__leg *leg;
    int r;

    if (!s || !s->path_up)
        return HL_ESTATE;
    spec.session = s->id;
    if ((r = hl__leg_add(hl->calls, &spec, &leg)) < 0)
        return r;
    t->agent_leg = leg->id;
    t->session = s->id;
    s->leg = leg->id;
    s->contact = t->id;
    return hl__leg_answer(hl->calls, leg->id);
}

static void up_connect(void *ctx, hl_id contact, hl_id agent, hl_id leg)
{
    hl_t *hl = ctx;
    hl__talk *t = hl__talk_of(hl, contact);

    (void)leg;
    if (!t)
        return;
    t->agent = agent;
    if (t->agent_leg && hl__callback_connect(hl, t))
        return;
    if (t->agent_leg)
        (void)hl__acd_connected(hl->acd, contact); /* his telephone is off the hook already */
    else if (connect_page(hl, t, agent) < 0)
        (void)hl__acd_agent_failed(hl->acd, contact);
}

static void engaged(hl_t *hl, hl__talk *t)
{
    hl__flow_in in = { .kind = HL__FLOW_CONNECTED };
    const hl__session *s = hl__page_of(hl, t->agent);

    t->engaged = true;
    hl__flow_tell(hl, t->id, &in);
    if (s && s->here)
        hl__session_tell(hl, s, "contact.connected", "\"contact\":%lld,\"leg\":%lld", (long long)t->id,
                         (long long)t->agent_leg);
}

/* Waiting again after somebody was promised, or offered again, as others still ring: the agent's side of the call goes,
 * the caller hears music again. */
static void requeued(hl_t *hl, hl__talk *t)
{
    hl__flow_in in = { .kind = HL__FLOW_REQUEUED };
    hl_id leg = t->agent_leg;

    t->agent_leg = 0;
    if (leg && hl__leg_of(hl->calls, leg))
        (void)hl__leg_hangup(hl->calls, leg, HL_CAUSE_NORMAL);
    if (t->engaged) {
        t->engaged = false;
        hl__flow_tell(hl, t->id, &in);
    }
}

static void up_contact_state(void *ctx, hl_id contact, int state)
{
    hl_t *hl = ctx;
    hl__talk *t = hl__talk_of(hl, contact);

    if (!t)
        return;
    hl__callback_state(hl, t, state);
    if (state == HL_CONTACT_ENGAGED && !t->engaged)
        engaged(hl, t);
    else if (state == HL_CONTACT_WAITING || state == HL_CONTACT_OFFERED || state == HL_CONTACT_PARKED)
        requeued(hl, t);
}

static int flow_result_of(int outcome)
{
    switch (outcome) {
    case HL_OUTCOME_HANDLED: return HL__FLOW_ANSWERED;
    case HL_OUTCOME_TIMED_OUT: return HL__FLOW_TIMEOUT;
    case HL_OUTCOME_OVERFLOWED: case HL_OUTCOME_REFUSED: return HL__FLOW_OVERFLOW;
    default: return HL__FLOW_FAILED;
    }
}

static void up_contact_done(void *ctx, hl_id contact, int outcome)
{
    hl_t *hl = ctx;
    hl__talk *t = hl__talk_of(hl, contact);
    const hl__session *s;
    hl__flow_in in = { .kind = HL__FLOW_RESULT, .how = flow_result_of(outcome) };

    if (!t)
        return;
    if ((s = hl__page_of(hl, t->agent)) && s->here && t->agent)
        hl__session_tell(hl, s, "contact.ended", "\"contact\":%lld,\"code\":%d,\"text\":\"%s\"", (long long)contact,
                         outcome, hl__acd_word(HL__WORD_OUTCOME, outcome));
    in.ask = t->queue_ask;
    t->in_queue = t->engaged = false;
    t->queue_ask = 0;
    hl__callback_done(hl, t);
    if (t->agent_leg && hl__leg_of(hl->calls, t->agent_leg))
        (void)hl__leg_hangup(hl->calls, t->agent_leg, HL_CAUSE_NORMAL);
    if (in.ask)
        hl__flow_tell(hl, contact, &in);
    if ((t = hl__talk_of(hl, contact)))
        hl__talk_over(hl, t);
}

static void up_agent_state(void *ctx, hl_id agent, int state, int work, const char *reason)
{
    hl_t *hl = ctx;
    const hl__session *s = hl__page_of(hl, agent);
    hl_agent row = HL_AGENT_INIT;

    if (!s || !s->here)
        return;
    (void)hl__acd_agent_get(hl->acd, agent, &row); /* he changes: he exists */
    hl__session_tell(hl, s, "agent.state",
                     "\"agent\":%lld,\"code\":%d,\"state\":\"%s\",\"detail\":%d,\"work\":\"%s\",\"since\":%lld,"
                     "\"contact\":%lld,\"text\":\"%s\"",
                     (long long)agent, state, hl__acd_word(HL__WORD_AGENT, state), work,
                     hl__acd_word(HL__WORD_WORK, work), (long long)row.since, (long long)row.contact,
                     reason && hl__text_ok(reason, 64) && !strpbrk(reason, "\"\\") ? reason : "");
}

void hl__acd_wire(hl_t *hl, hl__acd_up *up)
{
    *up = (hl__acd_up){ .ctx = hl, .offer_made = up_offer_made, .offer_ended = up_offer_ended, .connect = up_connect,
        .contact_state = up_contact_state, .contact_done = up_contact_done, .agent_state = up_agent_state };
}
