/* call.c - entry points of call.h: legs and calls. */
#include "api/enter.h"
#include <string.h>

static int leg_command(hl_t *hl, hl_id leg, int (*run)(hl__calls *c, hl_id leg, int arg), int arg)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, leg, HL_KIND_LEG, "a leg")) == 0)
        r = run(hl->calls, leg, arg);
    return hl__leave(hl, r);
}

static int answer(hl__calls *c, hl_id leg, int arg)
{
    (void)arg;
    return hl__leg_answer(c, leg);
}

int hl_leg_ring(hl_t *hl, hl_id leg)
{
    return leg_command(hl, leg, hl__leg_ring, 0);
}

int hl_leg_early(hl_t *hl, hl_id leg)
{
    return leg_command(hl, leg, hl__leg_ring, 1);
}

int hl_leg_answer(hl_t *hl, hl_id leg)
{
    return leg_command(hl, leg, answer, 0);
}

int hl_leg_hangup(hl_t *hl, hl_id leg, int cause)
{
    return leg_command(hl, leg, hl__leg_hangup, cause);
}

static int mute(hl__calls *c, hl_id leg, int sides)
{
    if (sides & ~(HL_MUTE_IN | HL_MUTE_OUT))
        return hl__fail(c->core->err, HL_EINVAL, "%d is no sum of HL_MUTE_*", sides);
    return hl__leg_mute(c, leg, sides);
}

int hl_leg_mute(hl_t *hl, hl_id leg, int sides)
{
    return leg_command(hl, leg, mute, sides);
}

int hl_leg_dtmf(hl_t *hl, hl_id leg, const char *keys, int ms)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, leg, HL_KIND_LEG, "a leg")) < 0)
        return hl__leave(hl, r);
    if (!keys || strspn(keys, "0123456789*#ABCD,") != strlen(keys) || strlen(keys) > 64 || ms < 0 || ms > 5000)
        r = hl__fail(hl->core.err, HL_EINVAL, "keys are 0-9 * # A-D and ',', at most 64, each 0 to 5000 ms");
    else
        r = hl__leg_dtmf(hl->calls, leg, keys, ms);
    return hl__leave(hl, r);
}

/* Whom the leg is for: an agent's own telephone, else `to`. */
static int device_of(hl_t *hl, const hl_dial *d, hl__leg_spec *spec)
{
    hl__acd_device dev = { 0 };
    const hl__object *phone;
    int r;

    if (d->agent) {
        if ((r = hl__acd_agent_device(hl->acd, d->agent, &dev)) < 0)
            return r;
        phone = dev.phone ? hl__object_named(hl, "phones", dev.phone) : NULL;
        spec->phone = phone ? phone->id : 0;
        spec->remote = phone ? dev.phone : dev.address;
    }
    if (!spec->remote || !spec->remote[0])
        return hl__fail(hl->core.err, HL_EINVAL, "whom to dial is not said, or the agent has no telephone");
    if (d->contact && !hl__call_of(hl->calls, d->contact))
        return hl__fail(hl->core.err, HL_ENOENT, "contact %lld has no call", (long long)d->contact);
    return 0;
}

static int dial(hl_t *hl, const hl_dial *d, hl_id *out)
{
    hl__leg_spec spec = { .contact = d->contact, .agent = d->agent, .trunk = d->trunk, .role = d->role,
                          .medium = HL_MEDIUM_PHONE, .local = d->from, .remote = d->to, .name = d->name,
                          .timeout_ms = d->timeout_ms };
    hl__talk *t = NULL;
    hl__leg *leg;
    int r = device_of(hl, d, &spec);

    if (r == 0 && !d->contact && (r = hl__talk_new(hl, spec.remote, d->from ? d->from : "", &t)) == 0)
        spec.contact = t->id;
    if (r == 0)
        r = hl__leg_add(hl->calls, &spec, &leg);
    if (r < 0) {
        if (t)
            hl__talk_over(hl, t);
        return r;
    }
    if (t)
        t->leg = leg->id;
    *out = leg->id;
    return 0;
}

int hl_leg_dial(hl_t *hl, const hl_dial *in, hl_id *out)
{
    hl_dial d;
    int r = hl__enter_command(hl, true);

    if (r < 0)
        return r;
    if ((r = hl__row_in(hl, in, &d, sizeof(d), sizeof(d))) < 0)
        return hl__leave(hl, r);
    if (!out)
        r = hl__fail(hl->core.err, HL_EINVAL, "no place for the leg's id was given");
    else if (d.role > HL_ROLE_ROBOT || d.timeout_ms < 0)
        r = hl__fail(hl->core.err, HL_EINVAL, "role %u or a time-out of %d ms", d.role, d.timeout_ms);
    else if ((r = hl__text_in(hl, d.to, 512, "to")) == 0 && (r = hl__text_in(hl, d.from, 255, "from")) == 0 &&
             (r = hl__text_in(hl, d.name, 255, "name")) == 0)
        r = dial(hl, &d, out);
    return hl__leave(hl, r);
}

int hl_leg_next(hl_t *hl, hl_id contact, hl_leg *row)
{
    const hl__leg *leg, *best = NULL;
    hl_leg out = HL_LEG_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) < 0)
        return hl__leave(hl, r);
    for (uint32_t at = 0; (leg = hl__map_at(&hl->calls->legs, &at));)
        if (leg->id > row->id && (!contact || leg->contact == contact) && (!best || leg->id < best->id))
            best = leg;
    if (best) {
        hl__leg_row(best, &out);
        out.local = hl__keep(hl, out.local);
        out.remote = hl__keep(hl, out.remote);
        out.name = hl__keep(hl, out.name);
        out.text = hl__keep(hl, out.text);
        if (!hl->shell->desk->failed)
            hl__row_out(row, &out, sizeof(out));
    }
    return hl__leave(hl, best != NULL);
}

int hl_call_get(hl_t *hl, hl_id contact, hl_call *row)
{
    const hl__call *call;
    hl_call out = HL_CALL_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) < 0 || (r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) < 0)
        return hl__leave(hl, r);
    if ((call = hl__call_of(hl->calls, contact))) {
        hl__call_row(hl->calls, call, &out);
        hl__row_out(row, &out, sizeof(out));
    } else {
        r = hl__fail(hl->core.err, HL_ENOENT, "contact %lld has no call", (long long)contact);
    }
    return hl__leave(hl, r);
}

int hl_call_bridge(hl_t *hl, hl_id contact, hl_id leg, int role)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) == 0 &&
        (r = hl__id_ok(hl, leg, HL_KIND_LEG, "a leg")) == 0)
        r = role < 0 || role > HL_ROLE_ROBOT ? hl__fail(hl->core.err, HL_EINVAL, "%d is no HL_ROLE_*", role)
                                             : hl__call_bridge(hl->calls, contact, leg, role);
    return hl__leave(hl, r);
}

static int hold(hl_t *hl, hl_id contact, hl_id leg, bool on)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) == 0 &&
        (leg == 0 || (r = hl__id_ok(hl, leg, HL_KIND_LEG, "a leg")) == 0))
        r = hl__call_hold(hl->calls, contact, leg, on);
    return hl__leave(hl, r);
}

int hl_call_hold(hl_t *hl, hl_id contact, hl_id leg)
{
    return hold(hl, contact, leg, true);
}

int hl_call_resume(hl_t *hl, hl_id contact, hl_id leg)
{
    return hold(hl, contact, leg, false);
}

int hl_call_end(hl_t *hl, hl_id contact, int cause)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) == 0)
        r = hl__call_end(hl->calls, contact, cause);
    return hl__leave(hl, r);
}
