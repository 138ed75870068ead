/* leg.c - one party's connection, from ringing to the last word about it.
 *
 *   NEW ----ring----> RINGING --early--> EARLY --\
 *   TRYING -progress-> RINGING, EARLY ----answer--> ANSWERED <--> LOST
 *   any ---hang-up, time-out, cause---> ENDING ---the driver's ENDED, or 32 s---> ENDED: told once, then forgotten
 */
#include "call/call.h"
#include <string.h>

enum stimulus { RING, EARLY_MEDIA, ANSWER, ANSWERED, PATH_LOST, PATH_BACK, HANGUP, TIMER, ENDED };
enum { RING_MS = 30000, LOST_MS = 30000, ENDING_MS = 32000 };

typedef void action(hl__calls *c, hl__leg *leg);
static action tell_ring, tell_early, tell_answer, begin_talk, wait_back, is_back, tell_hangup, give_up, lose, finish;

struct move { int state; enum stimulus on; int next; action *act; };
static const struct move moves[] = {
    { HL_LEG_NEW,      RING,        HL_LEG_RINGING,  tell_ring },
    { HL_LEG_NEW,      EARLY_MEDIA, HL_LEG_EARLY,    tell_early },
    { HL_LEG_RINGING,  EARLY_MEDIA, HL_LEG_EARLY,    tell_early },
    { HL_LEG_NEW,      ANSWER,      HL_LEG_NEW,      tell_answer },
    { HL_LEG_RINGING,  ANSWER,      HL_LEG_RINGING,  tell_answer },
    { HL_LEG_EARLY,    ANSWER,      HL_LEG_EARLY,    tell_answer },
    { HL_LEG_TRYING,   RING,        HL_LEG_RINGING,  NULL },
    { HL_LEG_TRYING,   EARLY_MEDIA, HL_LEG_EARLY,    tell_early },
    { HL_LEG_NEW,      ANSWERED,    HL_LEG_ANSWERED, begin_talk },
    { HL_LEG_TRYING,   ANSWERED,    HL_LEG_ANSWERED, begin_talk },
    { HL_LEG_RINGING,  ANSWERED,    HL_LEG_ANSWERED, begin_talk },
    { HL_LEG_EARLY,    ANSWERED,    HL_LEG_ANSWERED, begin_talk },
    { HL_LEG_ANSWERED, PATH_LOST,   HL_LEG_LOST,     wait_back },
    { HL_LEG_LOST,     PATH_BACK,   HL_LEG_ANSWERED, is_back },
    { HL_LEG_NEW,      HANGUP,      HL_LEG_ENDING,   tell_hangup },
    { HL_LEG_TRYING,   HANGUP,      HL_LEG_ENDING,   tell_hangup },
    { HL_LEG_RINGING,  HANGUP,      HL_LEG_ENDING,   tell_hangup },
    { HL_LEG_EARLY,    HANGUP,      HL_LEG_ENDING,   tell_hangup },
    { HL_LEG_ANSWERED, HANGUP,      HL_LEG_ENDING,   tell_hangup },
    { HL_LEG_LOST,     HANGUP,      HL_LEG_ENDING,   tell_hangup },
    { HL_LEG_NEW,      TIMER,       HL_LEG_ENDING,   give_up },
    { HL_LEG_TRYING,   TIMER,       HL_LEG_ENDING,   give_up },
    { HL_LEG_RINGING,  TIMER,       HL_LEG_ENDING,   give_up },
    { HL_LEG_EARLY,    TIMER,       HL_LEG_ENDING,   give_up },
    { HL_LEG_LOST,     TIMER,       HL_LEG_ENDING,   lose },
    { HL_LEG_ENDING,   TIMER,       HL_LEG_ENDED,    finish },
    { HL_LEG_NEW,      ENDED,       HL_LEG_ENDED,    finish },
    { HL_LEG_TRYING,   ENDED,       HL_LEG_ENDED,    finish },
    { HL_LEG_RINGING,  ENDED,       HL_LEG_ENDED,    finish },
    { HL_LEG_EARLY,    ENDED,       HL_LEG_ENDED,    finish },
    { HL_LEG_ANSWERED, ENDED,       HL_LEG_ENDED,    finish },
    { HL_LEG_LOST,     ENDED,       HL_LEG_ENDED,    finish },
    { HL_LEG_ENDING,   ENDED,       HL_LEG_ENDED,    finish },
};

static const char *const state_word[] = { "new", "dialling", "ringing", "in early media", "answered", "without media",
    "ending", "ended" };

static const struct move *move_of(int state, enum stimulus on)
{
    for (size_t i = 0; i < HL__COUNT(moves); i++)
        if (moves[i].state == state && moves[i].on == on)
            return &moves[i];
    return NULL;
}

static void tell_state(hl__calls *c, const hl__leg *leg)
{
    hl_event ev = HL_EVENT_INIT;

    ev.type = HL_EV_LEG_STATE;
    ev.contact = leg->contact;
    ev.leg = leg->id;
    ev.code = leg->state;
    c->core->emit(c->core, &ev);
}

/* 0, or HL_ESTATE with nothing changed. The leg may be gone afterwards. */
static int move(hl__calls *c, hl__leg *leg, enum stimulus on)
{
    const struct move *m = move_of(leg->state, on);

    if (!m)
        return hl__fail(c->core->err, HL_ESTATE, "leg %lld is %s", (long long)leg->id, state_word[leg->state]);
    if (leg->state != m->next) {
        leg->state = m->next;
        leg->since = c->core->now;
        if (m->next != HL_LEG_ENDED)
            tell_state(c, leg);
    }
    if (m->act)
        m->act(c, leg);
    return 0;
}

static void tell_ring(hl__calls *c, hl__leg *leg)
{
    if (leg->medium != HL_MEDIUM_BROWSER)
        c->up.ring(c->up.ctx, leg, 0);
}

/* One that came in is told; one that was dialled is heard by the others, if that was asked for. */
static void tell_early(hl__calls *c, hl__leg *leg)
{
    if (!(leg->flags & HL_IS_INBOUND))
        hl__call_changed(c, leg->call);
    else if (leg->medium != HL_MEDIUM_BROWSER)
        c->up.ring(c->up.ctx, leg, 1);
}

/* A browser is answered by our saying so; a telephone when it has heard of it, and it hears it once. */
static void tell_answer(hl__calls *c, hl__leg *leg)
{
    bool again = leg->answering;

    leg->answering = true;
    if (leg->medium == HL_MEDIUM_BROWSER)
        (void)move(c, leg, ANSWERED); /* from these states it always may */
    else if (leg->bound && !again)
        c->up.answer(c->up.ctx, leg);
}

static void begin_talk(hl__calls *c, hl__leg *leg)
{
    hl__timer_drop(&c->core->wheel, &leg->timer);
    leg->answered_at = c->core->now;
    leg->answering = false;
    hl__call_changed(c, leg->call);
    c->up.answered(c->up.ctx, leg);
}

static void wait_back(hl__calls *c, hl__leg *leg)
{
    hl__timer_set(&c->core->wheel, &leg->timer, c->core->now + LOST_MS * (hl_time)HL__US);
    hl__call_changed(c, leg->call);
}

static void is_back(hl__calls *c, hl__leg *leg)
{
    hl__timer_drop(&c->core->wheel, &leg->timer);
    hl__call_changed(c, leg->call);
}

static void tell_hangup(hl__calls *c, hl__leg *leg)
{
    hl__timer_set(&c->core->wheel, &leg->timer, c->core->now + ENDING_MS * (hl_time)HL__US);
    hl__call_changed(c, leg->call);
    if (leg->medium == HL_MEDIUM_BROWSER || (!leg->bound && !(leg->flags & HL_IS_INBOUND))) {
        (void)move(c, leg, ENDED); /* no far end will say it: a page has none, or nobody was dialled yet */
        return;
    }
    c->up.hangup(c->up.ctx, leg, leg->cause);
}

static void give_up(hl__calls *c, hl__leg *leg)
{
    leg->cause = HL_CAUSE_NO_ANSWER;
    tell_hangup(c, leg);
}

static void lose(hl__calls *c, hl__leg *leg)
{
    leg->cause = HL_CAUSE_MEDIA_LOST;
    tell_hangup(c, leg);
}

static void finish(hl__calls *c, hl__leg *leg)
{
    hl_event ev = HL_EVENT_INIT;

    hl__timer_drop(&c->core->wheel, &leg->timer);
    ev.type = HL_EV_LEG_ENDED;
    ev.contact = leg->contact;
    ev.leg = leg->id;
    ev.code = leg->cause;
    ev.detail = leg->detail;
    ev.text = hl__cause_word(leg->cause);
    c->core->emit(c->core, &ev);
    if (leg->music)
        c->up.quiet(c->up.ctx, leg, leg->music);
    if (leg->opened)
        c->up.close(c->up.ctx, leg);
    hl__map_del(&c->legs, leg->id);
    hl__call_leave(c, leg);
    c->up.ended(c->up.ctx, leg);
    hl__leg_free(c, leg);
}

static void on_timer(void *ctx, hl__timer *t)
{
    hl__leg *leg = ctx;

    (void)t;
    (void)move(leg->calls, leg, TIMER); /* every state with a timer has a row */
}

void hl__leg_free(hl__calls *c, hl__leg *leg)
{
    hl__mem *mem = c->core->mem;

    hl__timer_drop(&c->core->wheel, &leg->timer);
    hl__free(mem, leg->local);
    hl__free(mem, leg->remote);
    hl__free(mem, leg->name);
    hl__free(mem, leg);
}

static hl__leg *leg_make(hl__calls *c, const hl__leg_spec *spec)
{
    hl__mem *mem = c->core->mem;
    hl__leg *leg = hl__alloc(mem, sizeof(*leg));

    if (!leg)
        return NULL;
    leg->calls = c;
    leg->timer.fire = on_timer;
    leg->timer.ctx = leg;
    leg->local = hl__strdup(mem, spec->local ? spec->local : "");
    leg->remote = hl__strdup(mem, spec->remote ? spec->remote : "");
    leg->name = hl__strdup(mem, spec->name ? spec->name : "");
    leg->contact = spec->contact;
    leg->agent = spec->agent;
    leg->trunk = spec->trunk;
    leg->phone = spec->phone;
    leg->session = spec->session;
    leg->role = spec->role ? spec->role : HL_ROLE_CUSTOMER;
    leg->medium = spec->medium;
    leg->flags = spec->inbound ? HL_IS_INBOUND : 0;
    leg->early = spec->early;
    leg->state = spec->inbound ? HL_LEG_NEW : HL_LEG_TRYING;
    leg->ring_ms = spec->timeout_ms > 0 ? spec->timeout_ms : RING_MS;
    leg->gen = 1;
    if (leg->local && leg->remote && leg->name)
        return leg;
    hl__leg_free(c, leg);
    return NULL;
}

static void tell_new(hl__calls *c, const hl__leg *leg)
{
    hl_event ev = HL_EVENT_INIT;

    ev.type = HL_EV_LEG_NEW;
    ev.contact = leg->contact;
    ev.leg = leg->id;
    ev.ref = leg->trunk ? leg->trunk : leg->agent;
    ev.text = leg->remote;
    c->core->emit(c->core, &ev);
}

int hl__leg_reserve(hl__calls *c, const hl__leg_spec *spec, hl__leg **out)
{
    hl__leg *leg;
    int r;

    if (c->legs.live >= c->max_legs)
        return hl__fail(c->core->err, HL_ELIMIT, "%u legs are open, as many as max_legs allows", c->max_legs);
    if (!(leg = leg_make(c, spec)))
        return HL_ENOMEM;
    leg->id = spec->id ? spec->id : c->core->id(c->core, HL_KIND_LEG);
    if ((r = hl__map_put(&c->legs, leg->id, leg)) < 0)
        goto out;
    if ((r = hl__call_join(c, leg)) < 0)
        goto out;
    leg->since = c->core->now;
    *out = leg;
    return 0;
out:
    hl__map_del(&c->legs, leg->id);
    hl__leg_free(c, leg);
    return r;
}

void hl__leg_begin(hl__calls *c, hl__leg *leg, const hl__media *theirs)
{
    c->total++;
    tell_new(c, leg);
    if (!(leg->flags & HL_IS_INBOUND))
        hl__timer_set(&c->core->wheel, &leg->timer, c->core->now + leg->ring_ms * (hl_time)HL__US);
    leg->opened = true;
    if (leg->medium == HL_MEDIUM_BROWSER) {
        leg->bound = true;
        c->up.bind(c->up.ctx, leg);
    } else {
        c->up.open(c->up.ctx, leg, theirs);
    }
}

int hl__leg_add(hl__calls *c, const hl__leg_spec *spec, hl__leg **out)
{
    int r = hl__leg_reserve(c, spec, out);

    if (r == 0)
        hl__leg_begin(c, *out, spec->theirs);
    return r;
}

static hl__leg *known(hl__calls *c, hl_id id)
{
    hl__leg *leg = hl__map_get(&c->legs, id);

    if (!leg)
        (void)hl__fail(c->core->err, HL_ENOENT, "leg %lld has ended", (long long)id);
    return leg;
}

int hl__leg_ring(hl__calls *c, hl_id id, int early)
{
    hl__leg *leg = known(c, id);

    if (!leg)
        return HL_ENOENT;
    if (!(leg->flags & HL_IS_INBOUND))
        return hl__fail(c->core->err, HL_ESTATE, "leg %lld is not an inbound one", (long long)id);
    return move(c, leg, early ? EARLY_MEDIA : RING);
}

int hl__leg_answer(hl__calls *c, hl_id id)
{
    hl__leg *leg = known(c, id);

    if (!leg)
        return HL_ENOENT;
    if (!(leg->flags & HL_IS_INBOUND) && leg->medium != HL_MEDIUM_BROWSER)
        return hl__fail(c->core->err, HL_ESTATE, "leg %lld is not an inbound one", (long long)id);
    return move(c, leg, ANSWER);
}

int hl__leg_hangup(hl__calls *c, hl_id id, int cause)
{
    hl__leg *leg = known(c, id);

    if (!leg)
        return HL_ENOENT;
    if (leg->state == HL_LEG_ENDING)
        return 0;
    leg->cause = cause ? cause : HL_CAUSE_NORMAL;
    return move(c, leg, HANGUP);
}

int hl__leg_mute(hl__calls *c, hl_id id, int sides)
{
    hl__leg *leg = known(c, id);

    if (!leg)
        return HL_ENOENT;
    if (leg->state == HL_LEG_ENDING)
        return hl__fail(c->core->err, HL_ESTATE, "leg %lld is ending", (long long)id);
    leg->mute = (uint32_t)sides;
    leg->flags = sides ? leg->flags | HL_IS_MUTED : leg->flags & ~(uint32_t)HL_IS_MUTED;
    hl__call_changed(c, leg->call);
    return 0;
}

int hl__leg_dtmf(hl__calls *c, hl_id id, const char *keys, int ms)
{
    hl__leg *leg = known(c, id);

    if (!leg)
        return HL_ENOENT;
    if (leg->state != HL_LEG_ANSWERED && leg->state != HL_LEG_EARLY)
        return hl__fail(c->core->err, HL_ESTATE, "leg %lld is %s", (long long)id, state_word[leg->state]);
    c->up.tones(c->up.ctx, leg, keys, ms ? ms : 100);
    return 0;
}

void hl__leg_on_local(hl__calls *c, hl_id id, const hl__media *ours)
{
    hl__leg *leg = hl__map_get(&c->legs, id);

    if (!leg || leg->bound)
        return;
    leg->ours = *ours;
    leg->bound = true;
    hl__call_changed(c, leg->call);
    if (leg->state == HL_LEG_TRYING)
        c->up.originate(c->up.ctx, leg);
    else if (leg->answering && leg->state != HL_LEG_ENDING)
        c->up.answer(c->up.ctx, leg);
}

void hl__leg_on_failed(hl__calls *c, hl_id id, int cause)
{
    if (hl__map_get(&c->legs, id))
        (void)hl__leg_hangup(c, id, cause); /* a leg that is there can always be hung up */
}

void hl__leg_on_progress(hl__calls *c, hl_id id, int state)
{
    hl__leg *leg = hl__map_get(&c->legs, id);
    enum stimulus on = state == HL_LEG_EARLY ? EARLY_MEDIA : RING;

    if (leg && !(leg->flags & HL_IS_INBOUND) && move_of(leg->state, on))
        (void)move(c, leg, on); /* asked above */
}

void hl__leg_on_answered(hl__calls *c, hl_id id, const hl__media *theirs)
{
    hl__leg *leg = hl__map_get(&c->legs, id);

    if (!leg || !move_of(leg->state, ANSWERED))
        return;
    if (theirs) {
        leg->theirs = *theirs;
        c->up.set(c->up.ctx, leg, theirs);
    }
    (void)move(c, leg, ANSWERED); /* asked above */
}

void hl__leg_on_media(hl__calls *c, hl_id id, const hl__media *theirs, bool held)
{
    hl__leg *leg = hl__map_get(&c->legs, id);

    if (!leg || leg->state == HL_LEG_ENDING)
        return;
    if (theirs) {
        leg->theirs = *theirs;
        c->up.set(c->up.ctx, leg, theirs);
    }
    leg->flags = held ? leg->flags | HL_IS_HOLDING : leg->flags & ~(uint32_t)HL_IS_HOLDING;
    hl__call_changed(c, leg->call);
}

void hl__leg_on_key(hl__calls *c, hl_id id, char key)
{
    hl__leg *leg = hl__map_get(&c->legs, id);

    if (leg && (leg->state == HL_LEG_ANSWERED || leg->state == HL_LEG_EARLY))
        c->up.key(c->up.ctx, leg, key);
}

void hl__leg_on_path(hl__calls *c, hl_id id, bool lost)
{
    hl__leg *leg = hl__map_get(&c->legs, id);

    if (leg && move_of(leg->state, lost ? PATH_LOST : PATH_BACK))
        (void)move(c, leg, lost ? PATH_LOST : PATH_BACK); /* asked above */
}

void hl__leg_on_ended(hl__calls *c, hl_id id, int cause, int detail)
{
    hl__leg *leg = hl__map_get(&c->legs, id);

    if (!leg)
        return;
    if (!leg->cause)
        leg->cause = cause ? cause : HL_CAUSE_NORMAL; /* the first cause wins */
    leg->detail = detail;
    (void)move(c, leg, ENDED); /* every living state has the row */
}

const char *hl__cause_word(int cause)
{
    static const struct { int cause; const char *word; } words[] = {
        { HL_CAUSE_UNALLOCATED, "unallocated" }, { HL_CAUSE_NORMAL, "normal" }, { HL_CAUSE_BUSY, "busy" },
        { HL_CAUSE_NO_ANSWER, "no_answer" }, { HL_CAUSE_UNREACHABLE, "unreachable" },
        { HL_CAUSE_REJECTED, "rejected" }, { HL_CAUSE_BAD_NUMBER, "bad_number" },
        { HL_CAUSE_CONGESTION, "congestion" }, { HL_CAUSE_NO_CODEC, "no_codec" }, { HL_CAUSE_TIMEOUT, "timeout" },
        { HL_CAUSE_CANCELLED, "cancelled" }, { HL_CAUSE_MEDIA_LOST, "media_lost" },
        { HL_CAUSE_TRANSFERRED, "transferred" }, { HL_CAUSE_REPLACED, "replaced" }, { HL_CAUSE_POLICY, "policy" },
        { HL_CAUSE_SHUTDOWN, "shutdown" },
    };

    for (size_t i = 0; i < HL__COUNT(words); i++)
        if (words[i].cause == cause)
            return words[i].word;
    return "";
}

void hl__leg_row(const hl__leg *leg, hl_leg *row)
{
    uint32_t size = row->size;

    *row = (hl_leg){ .size = size, .state = leg->state, .id = leg->id, .contact = leg->contact, .agent = leg->agent,
        .trunk = leg->trunk, .session = leg->session, .since = leg->since, .answered = leg->answered_at,
        .role = leg->role, .medium = leg->medium, .flags = leg->flags, .cause = leg->cause, .detail = leg->detail,
        .local = leg->local, .remote = leg->remote, .name = leg->name, .text = hl__cause_word(leg->cause) };
}
