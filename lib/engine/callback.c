/* callback.c - call-backs: a promised number is dialled into its contact's own call, and a person is asked for there.
 *
 * lib/acd says when (CALLING, or CONNECTING while nobody is on the line) and is told how it came out. If there is a
 * prompt "callback_confirm", who answers hears it, at most twice, and presses any key: machines press nothing. */
#include "engine/engine.h"

#define ANSWER (5 * (hl_time)HL__SECOND)  /* after the prompt */
#define LONGEST (60 * (hl_time)HL__SECOND) /* a prompt whose end nobody tells */
enum { ASKED_MAX = 2 };

struct hl__callback {
    hl_t *hl;
    hl_id contact, leg, trunk, play; /* leg: being dialled, or asked; 0: none */
    uint32_t asked;
    hl__timer timer;
};

void hl__callback_free(hl_t *hl, struct hl__callback *b)
{
    if (!b)
        return;
    hl__timer_drop(&hl->core.wheel, &b->timer);
    hl__free(&hl->mem, b);
}

bool hl__callback_ok(const hl_t *hl, const hl__talk *t)
{
    return !t->back || !t->back->leg || hl__leg_of(hl->calls, t->back->leg);
}

/* The leg is nobody's any more: what is told of it later changes nothing. */
static void let_go(hl_t *hl, hl__talk *t, bool hangs_up)
{
    hl_id leg = t->back->leg;

    t->back->leg = t->back->play = 0;
    hl__timer_drop(&hl->core.wheel, &t->back->timer);
    if (leg && hangs_up && hl__leg_of(hl->calls, leg))
        (void)hl__leg_hangup(hl->calls, leg, HL_CAUSE_CANCELLED); /* it may be ending */
}

static void missed(hl_t *hl, hl__talk *t)
{
    let_go(hl, t, true);
    (void)hl__acd_missed(hl->acd, t->id); /* its time may be over already */
}

static void reached(hl_t *hl, hl__talk *t)
{
    hl_id leg = t->back->leg;

    if (t->back->play)
        (void)hl__play_stop(hl, t->back->play); /* it may just have ended */
    let_go(hl, t, false);
    t->leg = leg;
    if (hl__acd_reached(hl->acd, t->id, leg) < 0)
        (void)hl__leg_hangup(hl->calls, leg, HL_CAUSE_CANCELLED); /* nobody waits for it any more */
}

/* Is its number to be dialled, or being dialled? */
static bool is_away(const hl_t *hl, const hl__talk *t)
{
    hl_promise p = HL_PROMISE_INIT;
    hl_contact row = HL_CONTACT_INIT;

    return t->back && hl__acd_contact_get(hl->acd, t->id, &row) == 0 && row.leg == 0 &&
        hl__acd_promised(hl->acd, t->id, &p) == 1;
}

static void dial(hl_t *hl, hl__talk *t)
{
    hl_promise p = HL_PROMISE_INIT;
    hl__leg_spec spec = { .contact = t->id, .trunk = t->back->trunk, .role = HL_ROLE_CUSTOMER,
        .medium = HL_MEDIUM_PHONE, .local = t->dialled, .name = hl__acd_name(hl->acd, t->queue) };
    hl__leg *leg;

    if (t->leg || t->back->leg || hl__acd_promised(hl->acd, t->id, &p) != 1)
        return; /* still on the line: when that leg has ended; or dialled already */
    spec.remote = p.number;
    spec.early = p.mode == HL_PROMISE_AGENT_FIRST; /* the agent hears it ring */
    t->back->asked = 0;
    if (hl__leg_reserve(hl->calls, &spec, &leg) < 0) {
        missed(hl, t);
        return;
    }
    t->back->leg = leg->id;
    hl__leg_begin(hl->calls, leg, NULL);
}

static void ask(hl_t *hl, hl__talk *t)
{
    struct hl__callback *b = t->back;
    hl_play play = HL_PLAY_INIT;

    play.target = b->leg;
    play.prompt = "callback_confirm";
    play.lang = t->lang[0] ? t->lang : NULL;
    if (b->asked++ == ASKED_MAX || hl__play(hl, &play, &b->play) < 0)
        missed(hl, t);
    else
        hl__timer_set(&hl->core.wheel, &b->timer, hl->core.now + LONGEST);
}

static void no_key(void *ctx, hl__timer *timer)
{
    struct hl__callback *b = ctx;
    hl__talk *t = hl__talk_of(b->hl, b->contact);

    (void)timer;
    ask(b->hl, t); /* it is there as long as its timer is */
}

void hl__callback_played(hl_t *hl, hl__talk *t, hl_id play)
{
    if (t && t->back && play && t->back->play == play) {
        t->back->play = 0;
        hl__timer_set(&hl->core.wheel, &t->back->timer, hl->core.now + ANSWER);
    }
}

/* With an agent on the line already he hears whether it is a person. */
bool hl__callback_answered(hl_t *hl, hl__talk *t, hl_id leg)
{
    if (!t->back || t->back->leg != leg)
        return false;
    if (!t->agent_leg && hl__object_named(hl, "prompts", "callback_confirm"))
        ask(hl, t);
    else
        reached(hl, t);
    return true;
}

void hl__callback_pressed(hl_t *hl, hl__talk *t, hl_id leg)
{
    if (t && t->back && t->back->leg == leg && t->back->asked)
        reached(hl, t);
}

bool hl__callback_ended(hl_t *hl, hl__talk *t, hl_id leg)
{
    if (!t->back || t->back->leg != leg)
        return false;
    t->back->leg = 0; /* it is no more */
    missed(hl, t);
    return true;
}

/* The agent who comes first is there: the customer is dialled. */
bool hl__callback_connect(hl_t *hl, hl__talk *t)
{
    if (!is_away(hl, t))
        return false;
    dial(hl, t);
    return true;
}

/* The leg that was promised the call-back has ended, perhaps only when it was due. */
void hl__callback_alone(hl_t *hl, hl__talk *t)
{
    hl_contact row = HL_CONTACT_INIT;

    if (is_away(hl, t) && hl__acd_contact_get(hl->acd, t->id, &row) == 0 && row.state == HL_CONTACT_CALLING)
        dial(hl, t);
}

static void music(hl_t *hl, hl__talk *t)
{
    static const char clip[] = "\tmusic:default\t\n";

    if (!t->leg || t->flow || t->play_ref)
        return;
    t->play_ref = hl->core.id(&hl->core, HL_KIND_PART);
    hl__media_post(hl, &(hl__msg){ .kind = HL__Q_PLAY, .leg = t->leg, .ref = t->play_ref, .code = HL_PLAY_LOOP },
                   HL__CLIPS, clip, sizeof(clip) - 1);
}

/* What has become of the contact decides what becomes of its legs; who was reached hears music till an agent comes. */
void hl__callback_state(hl_t *hl, hl__talk *t, int state)
{
    if (!t->back)
        return;
    if (t->back->leg && state != HL_CONTACT_CALLING && state != HL_CONTACT_CONNECTING)
        let_go(hl, t, true);
    if (state == HL_CONTACT_CALLING)
        dial(hl, t);
    else if (state == HL_CONTACT_WAITING || state == HL_CONTACT_OFFERED)
        music(hl, t);
    else if (state == HL_CONTACT_ENGAGED && !t->flow)
        hl__talk_stop_play(hl, t);
}

/* Nobody else would end the call of one who was called back: his flow has long ended. */
void hl__callback_done(hl_t *hl, hl__talk *t)
{
    if (!t->back)
        return;
    let_go(hl, t, true);
    hl__callback_free(hl, t->back);
    t->back = NULL;
    if (!t->flow && t->leg && hl__leg_of(hl->calls, t->leg))
        (void)hl__leg_hangup(hl->calls, t->leg, HL_CAUSE_NORMAL); /* it may be ending */
}

void hl__callback_json(hl_t *hl, hl_id contact, hl__buf *out)
{
    hl_promise p = HL_PROMISE_INIT;

    if (hl__acd_promised(hl->acd, contact, &p) != 1)
        return;
    hl__buf_fmt(out, ",\"callback\":{\"mode\":\"%s\",\"tried\":%d,\"number\":",
                p.mode == HL_PROMISE_AGENT_FIRST ? "agent_first" : "customer_first", p.tries);
    hl__buf_json(out, p.number);
    hl__buf_str(out, ",\"note\":");
    hl__buf_json(out, p.note);
    hl__buf_char(out, '}');
}

/* A contact on no line of ours has no talk yet; it gets one, with a call to come. */
static int talk_for(hl_t *hl, const hl_contact *row, hl__talk **out)
{
    hl__talk *t;
    int r;

    if ((*out = hl__talk_of(hl, row->id)))
        return 0;
    if ((r = hl__talk_adopt(hl, row->id, &t)) < 0)
        return r;
    t->in_queue = true;
    t->queue = row->queue;
    t->ticket = row->ticket;
    t->queued = row->since;
    *out = t;
    return 0;
}

static int room_for(hl_t *hl, hl__talk *t)
{
    const hl__leg *leg = hl__leg_of(hl->calls, t->leg);
    const char *lang = hl__flow_lang(hl->flows, t->id);
    struct hl__callback *b;

    if (lang)
        hl__copy(t->lang, sizeof(t->lang), lang); /* its run will have ended */
    if (t->back)
        return 0;
    if (!(b = hl__alloc(&hl->mem, sizeof(*b))))
        return HL_ENOMEM;
    b->hl = hl;
    b->contact = t->id;
    b->trunk = leg ? leg->trunk : 0;
    b->timer.fire = no_key;
    b->timer.ctx = b;
    t->back = b;
    return 0;
}

int hl__callback_promise(hl_t *hl, hl_id contact, const hl_promise *in)
{
    hl_contact row = HL_CONTACT_INIT;
    hl__talk *t = NULL;
    int r;

    if ((r = hl__acd_contact_get(hl->acd, contact, &row)) < 0 || (r = talk_for(hl, &row, &t)) < 0)
        return r;
    if ((r = room_for(hl, t)) == 0) {
        r = hl__acd_promise(hl->acd, contact, in);
    }
    if (r < 0 && (t = hl__talk_of(hl, contact)) && t->entered == 0) { /* made for this alone */
        hl__map_del(&hl->talks, contact);
        hl__talk_free(hl, t);
    }
    return r;
}

/* Who does not wait anywhere comes into the queue and is away at once; since when he waits he knows from before. */
static int promise_anew(hl_t *hl, hl__talk *t, const char *queue, const hl_promise *in)
{
    hl_contact_new c = HL_CONTACT_NEW_INIT;
    hl__acd_terms terms = { .first_ms = -1, .every_ms = -1, .resume_ms = -1, .promise = in };
    hl_time had = t->queued;
    hl_id id;
    int r;

    if (!(c.queue = hl__acd_queue_find(hl->acd, queue)))
        return hl__fail(hl->core.err, HL_ENOENT, "there is no queue \"%s\"", queue);
    c.since = t->queued;
    c.ticket = t->ticket;
    c.number = t->number;
    c.data = t->data;
    t->in_queue = true;
    t->queue = c.queue;
    t->queued = had ? had : hl->core.now;
    if ((r = hl__acd_add(hl->acd, t->id, &c, &terms, NULL, &id)) < 0) {
        t->in_queue = false;
        t->queued = had;
    }
    return r;
}

int hl__callback_flow(hl_t *hl, hl__talk *t, const hl__flow_promise *p)
{
    hl_contact row = HL_CONTACT_INIT;
    hl_promise in = HL_PROMISE_INIT;
    int r;

    in.number = p->number;
    in.from = p->from;
    if (hl__acd_contact_get(hl->acd, t->id, &row) == 0)
        return hl__callback_promise(hl, t->id, &in);
    if (!p->queue)
        return hl__fail(hl->core.err, HL_ESTATE, "the contact waits nowhere");
    if ((r = room_for(hl, t)) < 0)
        return r;
    return promise_anew(hl, t, p->queue, &in);
}
