/* sip.c - entry points of sip.h: rows about trunks and telephones, causes. */
#include "api/enter.h"
#include "sip/sip.h"
#include <hotline/sip.h>
#include <string.h>

/* What the user agent last told; false with words: none is built in. */
static bool status_of(hl_t *hl, const hl__sip_status **out, int *r)
{
    if (hl->sip >= 0 && strcmp(hl->driver[hl->sip].name, "sip") == 0) { /* a simulation's legs have no trunks */
        *out = hl__sip_driver_status(hl->driver[hl->sip].d);
        return true;
    }
    *r = hl__fail(hl->core.err, HL_ENOTSUP, "this engine has no telephones");
    return false;
}

static int trunk_row(hl_t *hl, const hl__sip_status *s, hl_trunk_row *row)
{
    const hl__sip_trunk_row *t = hl__sip_status_trunk(s, row->id);
    hl_trunk_row full = HL_TRUNK_ROW_INIT;

    if (!t)
        return 0;
    full.id = t->id;
    full.registration = t->registration;
    full.reg_status = t->reg_status;
    full.peers = t->peers;
    full.calls_in = t->calls_in;
    full.calls_out = t->calls_out;
    full.attempts = t->attempts;
    full.answered = t->answered;
    full.refused = t->refused;
    full.name = hl__keep(hl, t->name);
    full.group = hl__keep(hl, t->group);
    hl__row_out(row, &full, sizeof(full));
    return 1;
}

int hl_trunk_next(hl_t *hl, hl_trunk_row *row)
{
    const hl__sip_status *s;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) == 0 && status_of(hl, &s, &r))
        r = trunk_row(hl, s, row);
    return hl__leave(hl, r);
}

static int phone_row(hl_t *hl, const hl__sip_status *s, hl_phone_row *row)
{
    const hl__sip_phone_row *p = hl__sip_status_phone(s, row->id);
    hl_phone_row full = HL_PHONE_ROW_INIT;

    if (!p)
        return 0;
    full.id = p->id;
    full.bindings = p->bindings;
    full.calls = p->calls;
    full.max_calls = p->max_calls;
    full.name = hl__keep(hl, p->name);
    full.display = hl__keep(hl, p->display);
    hl__row_out(row, &full, sizeof(full));
    return 1;
}

int hl_phone_next(hl_t *hl, hl_phone_row *row)
{
    const hl__sip_status *s;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) == 0 && status_of(hl, &s, &r))
        r = phone_row(hl, s, row);
    return hl__leave(hl, r);
}

int hl_sip_stats_get(hl_t *hl, hl_sip_stats *row)
{
    const hl__sip_status *s;
    hl_sip_stats full = HL_SIP_STATS_INIT;
    hl__sip_figures f;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) == 0 && status_of(hl, &s, &r)) {
        hl__sip_status_figures(s, &f);
        full.legs = (int32_t)f.legs;
        full.in = f.in;
        full.out = f.out;
        full.again_in = f.again_in;
        full.again_out = f.again_out;
        full.bad = f.bad;
        full.dropped = f.dropped;
        hl__row_out(row, &full, sizeof(full));
    }
    return hl__leave(hl, r);
}

int hl_sip_to_q850(int status)
{
    const hl__err err = { .words = "a status is 300 to 699" };
    bool is_one = status >= 300 && status <= 699;

    return hl__without_engine(is_one ? NULL : &err, is_one ? hl__sip_q850_of(status) : HL_EINVAL);
}

int hl_sip_from_q850(int cause)
{
    const hl__err err = { .words = "a cause is 1 to 127" };
    bool is_one = cause >= 1 && cause <= 127;

    return hl__without_engine(is_one ? NULL : &err, is_one ? hl__sip_status_of(cause) : HL_EINVAL);
}
