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

/* Q.850's numbers and ours; 0: normal. */
static int cause_ok(hl__core *core, int cause)
{
    if (cause < 0 || (cause > 127 && !hl__cause_word(cause)[0]))
        return hl__fail(core->err, HL_EINVAL, "%d is no cause: 1 to 127 or HL_CAUSE_*", cause);
    return 0;
}

static int hangup(hl__calls *c, hl_id leg, int cause)
{
    int r = cause_ok(c->core, cause);

    return r < 0 ? r : hl__leg_hangup(c, leg, cause);
}

int hl_leg_hangup(hl_t *hl, hl_id leg, int cause)
{
    return leg_command(hl, leg, hangup, cause);
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

static int dial_ids_ok(hl_t *hl, const hl_dial *d)
{
    int r = d->contact ? hl__id_ok(hl, d->contact, HL_KIND_CONTACT, "a contact") : 0;

    if (r == 0 && d->agent)
        r = hl__id_ok(hl, d->agent, HL_KIND_AGENT, "an agent");
    return r == 0 && d->trunk ? hl__id_ok(hl, d->trunk, HL_KIND_TRUNK, "a trunk") : r;
}

static int dial_ok(hl_t *hl, const hl_dial *d, const hl_id *out)
{
    int r;

    if (!out)
        return hl__fail(hl->core.err, HL_EINVAL, "no place for the leg's id was given");
    if (d->role > HL_ROLE_ROBOT || d->timeout_ms < 0 || d->timeout_ms > 3600000 || d->early < 0 || d->early > 1)
        return hl__fail(hl->core.err, HL_EINVAL, "role %u, a time-out of %d ms, or early %d", d->role, d->timeout_ms,
                        d->early);
    if ((r = dial_ids_ok(hl, d)) < 0 || (r = hl__text_in(hl, d->to, 512, "to")) < 0 ||
        (r = hl__text_in(hl, d->from, 255, "from")) < 0 || (r = hl__text_in(hl, d->name, 255, "name")) < 0)
        return r;
    return hl__object_in(hl, d->data, 4096, "data");
}

int hl_leg_dial(hl_t *hl, const hl_dial *in, hl_id *out)
{
    hl_dial d;
    int r = hl__enter_command(hl, true);

    if (r < 0)
        return r;
    if ((r = hl__row_in(hl, in, &d, sizeof(d), sizeof(d))) == 0 && (r = dial_ok(hl, &d, out)) == 0)
        r = hl__dial_out(hl, &d, out);
    return hl__leave(hl, r);
}

int hl_leg_next(hl_t *hl, hl_id contact, hl_leg *row)
{
    const hl__leg *leg, *best = NULL;
    hl_leg out = HL_LEG_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) < 0 || (r = hl__after_ok(hl, row->id, HL_KIND_LEG)) < 0 ||
        (contact && (r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) < 0))
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

static int ids_ok(hl_t *hl, hl_id contact, hl_id leg)
{
    int r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact");

    return r < 0 || leg == 0 ? r : hl__id_ok(hl, leg, HL_KIND_LEG, "a leg");
}

int hl_call_hold(hl_t *hl, hl_id contact, hl_id leg, const char *music)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = ids_ok(hl, contact, leg)) == 0 && (r = hl__text_in(hl, music, 100, "music")) == 0)
        r = hl__call_hold(hl->calls, contact, leg, music && music[0] ? music : NULL);
    return hl__leave(hl, r);
}

int hl_call_resume(hl_t *hl, hl_id contact, hl_id leg)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = ids_ok(hl, contact, leg)) == 0)
        r = hl__call_resume(hl->calls, contact, leg);
    return hl__leave(hl, r);
}

int hl_call_end(hl_t *hl, hl_id contact, int cause)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) == 0 && (r = cause_ok(&hl->core, cause)) == 0)
        r = hl__call_end(hl->calls, contact, cause);
    return hl__leave(hl, r);
}
