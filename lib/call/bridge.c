/* bridge.c - a contact's legs together: the call, its state, and the matrix of who hears whom.
 *
 * The state is computed from the legs, never kept beside them: nobody can forget to set it. */
#include "call/call.h"

int hl__calls_new(hl__core *core, const hl__call_up *up, uint32_t max_legs, hl__calls **out)
{
    hl__calls *c = hl__alloc(core->mem, sizeof(*c));

    if (!c)
        return HL_ENOMEM;
    c->core = core;
    c->up = *up;
    c->max_legs = max_legs;
    hl__map_init(&c->legs, core->mem);
    hl__map_init(&c->calls, core->mem);
    *out = c;
    return 0;
}

void hl__calls_free(hl__calls *c)
{
    void *item;

    if (!c)
        return;
    for (uint32_t at = 0; (item = hl__map_at(&c->legs, &at));)
        hl__leg_free(c, item);
    for (uint32_t at = 0; (item = hl__map_at(&c->calls, &at));)
        hl__free(c->core->mem, item);
    hl__map_free(&c->legs);
    hl__map_free(&c->calls);
    hl__free(c->core->mem, c);
}

hl__leg *hl__leg_of(const hl__calls *c, hl_id leg)
{
    return hl__map_get(&c->legs, leg);
}

hl__call *hl__call_of(const hl__calls *c, hl_id contact)
{
    return hl__map_get(&c->calls, contact);
}

int hl__call_join(hl__calls *c, hl__leg *leg)
{
    hl__call *call = hl__map_get(&c->calls, leg->contact);
    int r;

    if (call && call->legs == HL__LEGS_A_CALL)
        return hl__fail(c->core->err, HL_ELIMIT, "a call has at most %d legs", HL__LEGS_A_CALL);
    if (!call) {
        if (!(call = hl__alloc(c->core->mem, sizeof(*call))))
            return HL_ENOMEM;
        call->id = leg->contact;
        call->since = c->core->now;
        if ((r = hl__map_put(&c->calls, call->id, call)) < 0) {
            hl__free(c->core->mem, call);
            return r;
        }
    }
    leg->call = call;
    call->leg[call->legs++] = leg;
    return 0;
}

static bool talks(const hl__leg *leg)
{
    return leg->state == HL_LEG_ANSWERED || leg->state == HL_LEG_LOST;
}

static bool is_caller(const hl__leg *leg)
{
    return leg->role == HL_ROLE_CUSTOMER || leg->role == HL_ROLE_EXPERT;
}

/* A leg that is held, or holds us, hears music instead of the others and is not heard. */
static bool apart(const hl__leg *leg)
{
    return !talks(leg) || (leg->flags & (HL_IS_HELD | HL_IS_HOLDING));
}

/* Heard before the answer: the far side's ringing tone or announcement. */
static bool is_early(const hl__leg *leg)
{
    return leg->early && leg->state == HL_LEG_EARLY && !(leg->flags & (HL_IS_HELD | HL_IS_HOLDING));
}

bool hl__leg_hears(const hl__leg *a, const hl__leg *b)
{
    return a != b && !apart(a) && (!apart(b) || is_early(b)) && !(a->mute & HL_MUTE_OUT) && !(b->mute & HL_MUTE_IN);
}

static int state_of(const hl__call *call)
{
    uint32_t there = 0, held = 0;

    for (uint32_t i = 0; i < call->legs; i++) {
        there += talks(call->leg[i]);
        held += talks(call->leg[i]) && apart(call->leg[i]);
    }
    if (there == 0)
        return HL_CALL_NONE;
    if (there == 1)
        return HL_CALL_ALONE;
    if (held > 0)
        return HL_CALL_HOLD;
    return there == 2 ? HL_CALL_TALK : HL_CALL_CONFERENCE;
}

static void account(hl__calls *c, hl__call *call)
{
    int64_t span = c->core->now - call->since;

    if (call->state == HL_CALL_TALK || call->state == HL_CALL_CONFERENCE)
        call->talk_us += span;
    else if (call->state == HL_CALL_HOLD)
        call->hold_us += span;
    call->since = c->core->now;
}

void hl__call_changed(hl__calls *c, hl__call *call)
{
    int state = state_of(call);

    if (state != call->state) {
        hl_event ev = HL_EVENT_INIT;
        account(c, call);
        call->state = state;
        ev.type = HL_EV_CALL_STATE;
        ev.contact = call->id;
        ev.code = state;
        c->core->emit(c->core, &ev);
        c->up.state(c->up.ctx, call);
    }
    c->up.mix(c->up.ctx, call);
}

void hl__call_leave(hl__calls *c, hl__leg *leg)
{
    hl__call *call = leg->call;
    uint32_t i = 0;

    while (i < call->legs && call->leg[i] != leg)
        i++;
    for (; i + 1 < call->legs; i++)
        call->leg[i] = call->leg[i + 1];
    call->legs--;
    leg->call = NULL;
    hl__call_changed(c, call);
    if (call->legs == 0) {
        hl__map_del(&c->calls, call->id);
        hl__free(c->core->mem, call);
    }
}

static int call_known(hl__calls *c, hl_id contact, hl__call **out)
{
    if ((*out = hl__map_get(&c->calls, contact)))
        return 0;
    return hl__fail(c->core->err, HL_ENOENT, "contact %lld has no call", (long long)contact);
}

static void let_go(hl__calls *c, hl__leg *leg)
{
    hl_id music = leg->music;

    leg->flags &= ~(uint32_t)HL_IS_HELD;
    leg->music = 0;
    if (music)
        c->up.quiet(c->up.ctx, leg, music);
}

int hl__call_bridge(hl__calls *c, hl_id contact, hl_id id, int role)
{
    hl__leg *leg = hl__map_get(&c->legs, id);
    hl_id from = leg ? leg->contact : 0;
    hl__call *to;
    int r;

    if (!leg)
        return hl__fail(c->core->err, HL_ENOENT, "leg %lld has ended", (long long)id);
    if ((r = call_known(c, contact, &to)) < 0)
        return r;
    if (leg->state == HL_LEG_ENDING)
        return hl__fail(c->core->err, HL_ESTATE, "leg %lld is ending", (long long)id);
    if (leg->call != to && to->legs == HL__LEGS_A_CALL)
        return hl__fail(c->core->err, HL_ELIMIT, "a call has at most %d legs", HL__LEGS_A_CALL);
    leg->role = role ? (uint32_t)role : leg->role;
    let_go(c, leg);
    if (leg->call != to) {
        hl__call_leave(c, leg);
        leg->contact = contact;
        (void)hl__call_join(c, leg); /* the call is there and has room */
    }
    hl__call_changed(c, to);
    if (from != contact)
        c->up.moved(c->up.ctx, leg, from);
    return 0;
}

/* The legs meant that talk and are held or not; how many. */
static uint32_t meant(const hl__call *call, hl_id id, bool held, hl__leg *out[HL__LEGS_A_CALL])
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < call->legs; i++) {
        hl__leg *leg = call->leg[i];
        if ((id ? leg->id == id : is_caller(leg)) && talks(leg) && !(leg->flags & HL_IS_HELD) == !held)
            out[n++] = leg;
    }
    return n;
}

int hl__call_hold(hl__calls *c, hl_id contact, hl_id id, const char *music)
{
    hl__leg *leg[HL__LEGS_A_CALL];
    hl__call *call;
    uint32_t n;
    int r = call_known(c, contact, &call);

    if (r < 0)
        return r;
    if ((n = meant(call, id, false, leg)) == 0)
        return hl__fail(c->core->err, HL_ESTATE, "nobody is there to be held");
    for (uint32_t i = 0; i < n; i++) {
        leg[i]->flags |= HL_IS_HELD;
        leg[i]->music = music ? c->up.music(c->up.ctx, leg[i], music) : 0;
    }
    hl__call_changed(c, call);
    return 0;
}

int hl__call_resume(hl__calls *c, hl_id contact, hl_id id)
{
    hl__leg *leg[HL__LEGS_A_CALL];
    hl__call *call;
    uint32_t n;
    int r = call_known(c, contact, &call);

    if (r < 0)
        return r;
    if ((n = meant(call, id, true, leg)) == 0)
        return hl__fail(c->core->err, HL_ESTATE, "nobody is held");
    for (uint32_t i = 0; i < n; i++)
        let_go(c, leg[i]);
    hl__call_changed(c, call);
    return 0;
}

int hl__call_end(hl__calls *c, hl_id contact, int cause)
{
    hl__call *call;
    hl_id leg[HL__LEGS_A_CALL];
    uint32_t legs;
    int r = call_known(c, contact, &call);

    if (r < 0)
        return r;
    legs = call->legs;
    for (uint32_t i = 0; i < legs; i++)
        leg[i] = call->leg[i]->id;
    for (uint32_t i = 0; i < legs; i++)
        if (hl__map_get(&c->legs, leg[i]))
            (void)hl__leg_hangup(c, leg[i], cause); /* found above: it cannot refuse */
    return 0;
}

void hl__call_row(const hl__calls *c, const hl__call *call, hl_call *row)
{
    uint32_t size = row->size;
    hl__call now = *call;

    account((hl__calls *)c, &now);
    *row = (hl_call){ .size = size, .state = now.state, .id = now.id, .talk_us = now.talk_us, .hold_us = now.hold_us,
        .legs = now.legs };
    for (uint32_t i = 0; i < call->legs; i++)
        row->flags |= call->leg[i]->flags;
}
