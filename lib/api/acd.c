/* acd.c - entry points of acd.h: queues, agents, contacts, offers. */
#include "api/enter.h"

int hl_queue_next(hl_t *hl, hl_queue *row)
{
    hl_queue out = HL_QUEUE_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) < 0)
        return hl__leave(hl, r);
    out.id = row->id;
    if ((r = hl__acd_queue_next(hl->acd, &out)) == 1) {
        out.name = hl__keep(hl, out.name);
        out.title = hl__keep(hl, out.title);
        if (!hl->shell->desk->failed)
            hl__row_out(row, &out, sizeof(out));
    }
    return hl__leave(hl, r);
}

int hl_queue_stat_get(hl_t *hl, hl_id queue, int span, hl_queue_stat *row)
{
    hl_queue_stat out = HL_QUEUE_STAT_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) == 0 &&
        (queue == 0 || (r = hl__id_ok(hl, queue, HL_KIND_QUEUE, "a queue")) == 0) &&
        (r = hl__acd_stat(hl->acd, queue, span, &out)) == 0)
        hl__row_out(row, &out, sizeof(out));
    return hl__leave(hl, r);
}

int hl_estimate_get(hl_t *hl, hl_id queue, const char *need, hl_estimate *row)
{
    hl_estimate out = HL_ESTIMATE_INIT;
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) == 0 && (r = hl__id_ok(hl, queue, HL_KIND_QUEUE, "a queue")) == 0 &&
        (r = hl__text_in(hl, need, 4096, "need")) == 0 && (r = hl__acd_estimate(hl->acd, queue, need, &out)) == 0)
        hl__row_out(row, &out, sizeof(out));
    return hl__leave(hl, r);
}

int hl_agent_go(hl_t *hl, hl_id agent, int state, const char *reason)
{
    int r = hl__enter_command(hl, state == HL_AGENT_AVAILABLE);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, agent, HL_KIND_AGENT, "an agent")) == 0 && (r = hl__text_in(hl, reason, 255, "reason")) == 0)
        r = hl__acd_go(hl->acd, agent, state, reason);
    return hl__leave(hl, r);
}

int hl_agent_wrapup(hl_t *hl, hl_id agent, hl_id contact, int more_ms)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, agent, HL_KIND_AGENT, "an agent")) == 0 &&
        (contact == 0 || (r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) == 0))
        r = hl__acd_wrapup(hl->acd, agent, contact, more_ms);
    return hl__leave(hl, r);
}

static void agent_out(hl_t *hl, hl_agent *row, hl_agent *out)
{
    out->name = hl__keep(hl, out->name);
    out->reason = hl__keep(hl, out->reason);
    if (!hl->shell->desk->failed)
        hl__row_out(row, out, sizeof(*out));
}

int hl_agent_get(hl_t *hl, hl_id agent, hl_agent *row)
{
    hl_agent out = HL_AGENT_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) == 0 && (r = hl__id_ok(hl, agent, HL_KIND_AGENT, "an agent")) == 0 &&
        (r = hl__acd_agent_get(hl->acd, agent, &out)) == 0)
        agent_out(hl, row, &out);
    return hl__leave(hl, r);
}

int hl_agent_next(hl_t *hl, hl_id queue, hl_agent *row)
{
    hl_agent out = HL_AGENT_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) < 0 ||
        (queue && (r = hl__id_ok(hl, queue, HL_KIND_QUEUE, "a queue")) < 0))
        return hl__leave(hl, r);
    out.id = row->id;
    if ((r = hl__acd_agent_next(hl->acd, queue, &out)) == 1)
        agent_out(hl, row, &out);
    return hl__leave(hl, r);
}

/* A leg that waits brings its call's contact along; who has no leg becomes a contact of its own. */
static int add(hl_t *hl, const hl_contact_new *in, hl_id *out)
{
    const hl__leg *leg = in->leg ? hl__leg_of(hl->calls, in->leg) : NULL;
    hl__talk *t = leg ? hl__talk_of(hl, leg->contact) : NULL;
    int r;

    if (in->leg && !leg)
        return hl__fail(hl->core.err, HL_ENOENT, "leg %lld has ended", (long long)in->leg);
    if (t && (t->flow || t->in_queue || t->engaged))
        return hl__fail(hl->core.err, HL_ESTATE, "the leg's contact is in a flow or in a queue already");
    if (!t)
        return hl__acd_add(hl->acd, 0, in, NULL, NULL, out);
    t->in_queue = true;
    t->queue = in->queue;
    t->queued = hl->core.now;
    r = hl__acd_add(hl->acd, t->id, in, &(hl__acd_terms){ .resume_ms = -1 }, NULL, out);
    if (r < 0)
        t->in_queue = false;
    return r;
}

int hl_contact_add(hl_t *hl, const hl_contact_new *in, hl_id *out)
{
    hl_contact_new c;
    int r = hl__enter_command(hl, true);

    if (r < 0)
        return r;
    if ((r = hl__row_in(hl, in, &c, sizeof(c), sizeof(c))) < 0)
        return hl__leave(hl, r);
    if (!out)
        r = hl__fail(hl->core.err, HL_EINVAL, "no place for the contact's id was given");
    else if ((r = hl__id_ok(hl, c.queue, HL_KIND_QUEUE, "a queue")) == 0 &&
             (c.leg == 0 || (r = hl__id_ok(hl, c.leg, HL_KIND_LEG, "a leg")) == 0) &&
             (c.prefer == 0 || (r = hl__id_ok(hl, c.prefer, HL_KIND_AGENT, "an agent")) == 0) &&
             (c.resume == 0 || (r = hl__id_ok(hl, c.resume, HL_KIND_CONTACT, "a contact")) == 0) &&
             (r = hl__text_in(hl, c.number, 255, "number")) == 0 && (r = hl__text_in(hl, c.ref, 255, "ref")) == 0 &&
             (r = hl__text_in(hl, c.need, 4096, "need")) == 0 && (r = hl__contact_room(hl)) == 0)
        r = add(hl, &c, out);
    return hl__leave(hl, r);
}

int hl_contact_move(hl_t *hl, hl_id contact, hl_id queue, int keep)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) == 0 &&
        (r = hl__id_ok(hl, queue, HL_KIND_QUEUE, "a queue")) == 0)
        r = hl__acd_move(hl->acd, contact, queue, keep);
    return hl__leave(hl, r);
}

int hl_contact_credit(hl_t *hl, hl_id contact, int credit_ms)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) == 0)
        r = hl__acd_credit(hl->acd, contact, credit_ms);
    return hl__leave(hl, r);
}

int hl_contact_need(hl_t *hl, hl_id contact, const char *need)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) == 0 &&
        (r = hl__text_in(hl, need, 4096, "need")) == 0)
        r = hl__acd_need(hl->acd, contact, need);
    return hl__leave(hl, r);
}

int hl_contact_promise(hl_t *hl, hl_id contact, const hl_promise *in)
{
    hl_promise p;
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) == 0 &&
        (r = hl__row_in(hl, in, &p, sizeof(p), sizeof(p))) == 0 && (r = hl__text_in(hl, p.number, 63, "number")) == 0 &&
        (r = hl__text_in(hl, p.note, 1000, "note")) == 0)
        r = hl__callback_promise(hl, contact, &p);
    return hl__leave(hl, r);
}

int hl_contact_end(hl_t *hl, hl_id contact, int outcome)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) == 0)
        r = hl__acd_end(hl->acd, contact, outcome);
    return hl__leave(hl, r);
}

static void contact_out(hl_t *hl, hl_contact *row, hl_contact *out)
{
    out->ref = hl__keep(hl, out->ref);
    out->data = hl__keep(hl, out->data);
    if (!hl->shell->desk->failed)
        hl__row_out(row, out, sizeof(*out));
}

int hl_contact_get(hl_t *hl, hl_id contact, hl_contact *row)
{
    hl_contact out = HL_CONTACT_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) == 0 &&
        (r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) == 0 &&
        (r = hl__acd_contact_get(hl->acd, contact, &out)) == 0)
        contact_out(hl, row, &out);
    return hl__leave(hl, r);
}

int hl_contact_next(hl_t *hl, hl_id queue, hl_contact *row)
{
    hl_contact out = HL_CONTACT_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) < 0 ||
        (queue && (r = hl__id_ok(hl, queue, HL_KIND_QUEUE, "a queue")) < 0))
        return hl__leave(hl, r);
    out.id = row->id;
    if ((r = hl__acd_contact_next(hl->acd, queue, &out)) == 1)
        contact_out(hl, row, &out);
    return hl__leave(hl, r);
}

int hl_offer_accept(hl_t *hl, hl_id offer)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, offer, HL_KIND_OFFER, "an offer")) == 0)
        r = hl__acd_accept(hl->acd, offer);
    return hl__leave(hl, r);
}

int hl_offer_reject(hl_t *hl, hl_id offer, int end)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, offer, HL_KIND_OFFER, "an offer")) == 0) {
        if (end != HL_OFFER_REJECTED && end != HL_OFFER_BUSY && end != HL_OFFER_UNREACHABLE)
            r = hl__fail(hl->core.err, HL_EINVAL, "an offer is rejected, busy or unreachable, not %d", end);
        else
            r = hl__acd_reject(hl->acd, offer, end);
    }
    return hl__leave(hl, r);
}

int hl_offer_next(hl_t *hl, hl_id agent, hl_offer *row)
{
    hl_offer out = HL_OFFER_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) < 0 ||
        (agent && (r = hl__id_ok(hl, agent, HL_KIND_AGENT, "an agent")) < 0))
        return hl__leave(hl, r);
    out.id = row->id;
    if ((r = hl__acd_offer_next(hl->acd, agent, &out)) == 1)
        hl__row_out(row, &out, sizeof(out));
    return hl__leave(hl, r);
}

int hl_explain(hl_t *hl, hl_id what, hl_id agent, const char **out)
{
    const char *text;
    hl__buf b;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    hl__buf_init(&b, &hl->mem);
    if (!out || hl_kind(what) == HL_KIND_NONE)
        r = hl__fail(hl->core.err, HL_EINVAL, "what to explain, or where to put it, is missing");
    else if ((agent == 0 || (r = hl__id_ok(hl, agent, HL_KIND_AGENT, "an agent")) == 0) &&
             (r = hl__acd_explain(hl->acd, what, agent, &b)) == 0 && (text = hl__keep(hl, b.data)))
        *out = text;
    hl__buf_free(&b);
    return hl__leave(hl, r);
}
