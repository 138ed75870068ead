/* wire_flow.c - a flow's wishes become plays, places in queues, tickets and hang-ups. */
#include "engine/engine.h"
#include <string.h>

static void up_play(void *ctx, hl_id contact, int64_t play, const char *clips, int flags)
{
    hl_t *hl = ctx;
    hl__talk *t = hl__talk_of(hl, contact);
    int how = flags & HL__PLAY_LOOP ? HL_PLAY_LOOP : 0;

    if (!t || !t->leg)
        return;
    t->play_ref = hl->core.id(&hl->core, HL_KIND_PART);
    t->play = play;
    hl__media_post(hl, &(hl__msg){ .kind = HL__Q_PLAY, .leg = t->leg, .ref = t->play_ref, .code = how }, HL__CLIPS,
                   clips, strlen(clips));
}

static void up_stop(void *ctx, hl_id contact)
{
    hl_t *hl = ctx;
    hl__talk *t = hl__talk_of(hl, contact);

    if (t)
        hl__talk_stop_play(hl, t);
}

static void up_listen(void *ctx, hl_id contact, bool is_secret)
{
    hl_t *hl = ctx;
    hl__talk *t = hl__talk_of(hl, contact);

    if (t)
        t->secret = is_secret;
}

static void tell_result(hl_t *hl, hl_id contact, int ask, int how)
{
    hl__flow_in in = { .kind = HL__FLOW_RESULT, .ask = ask, .how = how };

    hl__flow_tell(hl, contact, &in);
}

static int result_of(int why)
{
    switch (why) {
    case HL__ACD_CLOSED: case HL__ACD_NOBODY: return HL__FLOW_NO_AGENTS;
    case HL__ACD_FULL: case HL__ACD_SLOW: case HL__ACD_OVERFLOW: return HL__FLOW_OVERFLOW;
    default: return HL__FLOW_FAILED;
    }
}

static void up_enqueue(void *ctx, hl_id contact, const hl__flow_queue *q)
{
    hl_t *hl = ctx;
    hl__talk *t = hl__talk_of(hl, contact);
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl__acd_terms terms = { .priority = q->priority, .first_ms = -1, .every_ms = -1, .resume_ms = -1 }; /* it announces
                                                                                                           itself */
    int why = 0, ask = q->ask;
    hl_id id;

    if (!t)
        return;
    if (hl__acd_contact_get(hl->acd, contact, &(hl_contact)HL_CONTACT_INIT) == 0) {
        tell_result(hl, contact, ask, HL__FLOW_FAILED); /* it was promised to be called back */
        return;
    }
    in.queue = hl__acd_queue_find(hl->acd, q->queue);
    in.leg = t->leg;
    in.ticket = t->ticket;
    in.number = t->number;
    in.need = q->need;
    in.data = t->data;
    t->queue_ask = ask;
    t->in_queue = true;
    t->queue = in.queue;
    if (!t->queued)
        t->queued = hl->core.now;
    if (in.queue && hl__acd_add(hl->acd, contact, &in, &terms, &why, &id) == 0)
        return;
    if (!(t = hl__talk_of(hl, contact)))
        return;
    t->in_queue = false;
    t->queue_ask = 0;
    tell_result(hl, contact, ask, in.queue ? result_of(why) : HL__FLOW_FAILED);
}

static int up_promise(void *ctx, hl_id contact, const hl__flow_promise *p)
{
    hl_t *hl = ctx;
    hl__talk *t = hl__talk_of(hl, contact);

    if (!t)
        return HL_ENOENT;
    t->queue_ask = 0; /* the run goes on by itself */
    return hl__callback_flow(hl, t, p);
}

static void up_leave(void *ctx, hl_id contact)
{
    hl_t *hl = ctx;
    hl__talk *t = hl__talk_of(hl, contact);

    if (!t || !t->in_queue)
        return;
    t->queue_ask = 0; /* the run leaves of its own will and wants no result */
    (void)hl__acd_end(hl->acd, contact, HL_OUTCOME_WITHDRAWN);
}

static const char *or_empty(const char *json)
{
    return json ? json : "{}";
}

/* Flow's words for an operation: open, note, find, urge. The answer is spoken when its batch is on disk. */
static int ticket_do(hl_t *hl, hl__talk *t, const hl__flow_ticket *f, hl__buf *reply)
{
    hl_ticket_new n = HL_TICKET_NEW_INIT;
    hl_ticket_act a = HL_TICKET_ACT_INIT;
    hl_ticket row = HL_TICKET_INIT;
    hl_id id = 0, part; /* a note or an urge gives its own id */
    int r;

    if (strcmp(f->op, "open") == 0) {
        n.type = f->type;
        n.contact = t->id;
        n.fields = or_empty(f->fields);
        n.phone = t->number[0] ? t->number : NULL;
        r = hl__ticket_add(hl->tickets, &n, &id);
    } else {
        r = hl__ticket_by_phone(hl->tickets, t->number, f->type, &id);
        a.ticket = id;
        a.contact = t->id;
        a.verb = f->op;
        a.args = or_empty(f->fields);
        if (r == 0 && strcmp(f->op, "find") != 0)
            r = hl__ticket_do(hl->tickets, &a, &part);
    }
    if (r < 0 || (r = hl__ticket_get(hl->tickets, id, &row)) < 0)
        return r;
    t->ticket = id;
    hl__buf_fmt(reply, "{\"id\":%lld,\"number\":", (long long)id);
    hl__buf_json(reply, row.number);
    hl__buf_str(reply, ",\"state\":");
    hl__buf_json(reply, row.state);
    hl__buf_str(reply, ",\"title\":");
    hl__buf_json(reply, row.title ? row.title : "");
    hl__buf_char(reply, '}');
    return 0;
}

static void up_ticket(void *ctx, hl_id contact, const hl__flow_ticket *f)
{
    hl_t *hl = ctx;
    hl__talk *t = hl__talk_of(hl, contact);
    hl__request *q;
    hl__buf reply;
    int r;

    if (!t)
        return;
    hl__buf_init(&reply, &hl->mem);
    r = ticket_do(hl, t, f, &reply);
    if (!(q = hl__ask(hl, HL__RQ_FLOW, contact))) {
        hl__buf_free(&reply);
        return;
    }
    q->after = hl__batch_now(hl);
    q->id = f->ask;
    q->code = r == HL_ENOENT ? 404 : r < 0 ? 500 : 200;
    q->text = reply.data;
}

static void up_hangup(void *ctx, hl_id contact, int cause)
{
    hl_t *hl = ctx;
    hl__talk *t = hl__talk_of(hl, contact);

    if (t && t->leg)
        (void)hl__leg_hangup(hl->calls, t->leg, cause); /* it is there */
}

static void up_ended(void *ctx, hl_id contact, int how)
{
    hl_t *hl = ctx;
    hl__talk *t = hl__talk_of(hl, contact);

    (void)how;
    if (!t)
        return;
    t->flow = false;
    hl__report_result(hl->report, contact, hl__flow_result(hl->flows, contact));
    if (t->leg && !t->engaged && !t->in_queue)
        (void)hl__leg_hangup(hl->calls, t->leg, HL_CAUSE_NORMAL); /* nobody would answer for him any more */
    if ((t = hl__talk_of(hl, contact)))
        hl__talk_over(hl, t);
}

static int up_place(void *ctx, hl_id contact, int *place, int64_t *p50_ms, int64_t *p80_ms)
{
    hl_t *hl = ctx;
    int p50, p80;

    if (hl__acd_announce(hl->acd, contact, place, &p50, &p80) < 0) /* it is being offered just now */
        return 0;
    *p50_ms = p50;
    *p80_ms = p80;
    return 1;
}

static bool up_known(void *ctx, const char *section, const char *name)
{
    return hl__object_named(ctx, section, name) != NULL;
}

void hl__flow_wire(hl_t *hl, struct hl__flow_up *up)
{
    *up = (struct hl__flow_up){ .ctx = hl, .play = up_play, .stop = up_stop, .listen = up_listen, .enqueue = up_enqueue,
        .promise = up_promise, .leave = up_leave, .ticket = up_ticket, .hangup = up_hangup, .ended = up_ended,
        .place = up_place, .known = up_known };
}
