/* ops.c - what a page asks, carried out. The gateway has checked role and arguments by HL__OPS; here it is whose call.
 */
#include "engine/engine.h"
#include <string.h>

typedef struct hl__op_call { /* one operation */
    hl_t *hl;
    hl__session *s;          /* NULL: by HTTP */
    hl_id session, agent;
    int64_t id;
    int op;
    const hl__json *args;
    const char *json;
    size_t len;
    hl__buf reply;
    bool promise, later;     /* the reply waits for the disk; somebody else will give it */
} op_call;

typedef int op_fn(op_call *c);

static hl_id arg_id(const op_call *c, const char *key)
{
    return hl__json_int(hl__json_get(c->args, key));
}

static const char *arg_text(const op_call *c, const char *key)
{
    return hl__json_text(hl__json_get(c->args, key));
}

static int no_page(const op_call *c)
{
    return hl__fail(c->hl->core.err, HL_EINVAL, "only a page can do this");
}

/* The contact meant, which must be the one this page talks to. */
static int own_contact(const op_call *c, hl__talk **out)
{
    hl_id asked = arg_id(c, "contact");

    if (!c->s)
        return no_page(c);
    *out = c->s->contact ? hl__talk_of(c->hl, c->s->contact) : NULL;
    if (!*out || !c->s->leg)
        return hl__fail(c->hl->core.err, HL_ESTATE, "this page is in no call");
    if (asked && asked != c->s->contact)
        return hl__fail(c->hl->core.err, HL_EDENIED, "contact %lld is not this page's", (long long)asked);
    return 0;
}

static char *copy_of(op_call *c, const char *key)
{
    const char *text = arg_text(c, key);

    return text ? hl__strdup(&c->hl->mem, text) : NULL;
}

/* The call moves with its agent to her newer page; it is without sound until that one has a path. */
static void take_call(hl_t *hl, hl__session *from, hl__session *to)
{
    hl__leg *leg = from->leg ? hl__leg_of(hl->calls, from->leg) : NULL;
    hl__talk *t = leg ? hl__talk_of(hl, from->contact) : NULL;

    if (!t)
        return;
    to->contact = from->contact;
    to->leg = from->leg;
    from->leg = from->contact = 0;
    leg->session = t->session = to->id;
    hl__leg_on_path(hl->calls, leg->id, true);
}

static int do_open(op_call *c)
{
    hl_t *hl = c->hl;
    hl__session *s = hl__alloc(&hl->mem, sizeof(*s)), *before;
    int r;

    if (!s)
        return HL_ENOMEM;
    s->id = c->session;
    s->role = (int)arg_id(c, "role");
    s->agent = arg_id(c, "agent");
    s->queue = arg_id(c, "queue");
    s->here = true;
    s->subject = copy_of(c, "subject");
    s->number = copy_of(c, "number");
    s->lang = copy_of(c, "lang");
    if ((r = hl__map_put(&hl->sessions, s->id, s)) < 0)
        goto out;
    before = s->agent ? hl__page_of(hl, s->agent) : NULL;
    if (s->agent && (r = hl__map_put(&hl->pages, s->agent, s)) < 0)
        goto out;
    if (before)
        take_call(hl, before, s);
    if (s->agent)
        (void)hl__acd_back(hl->acd, s->agent); /* she was cut off and signs in anew, perhaps */
    c->s = s;
    hl__state_json(hl, s, &c->reply);
    return 0;
out:
    hl__map_del(&hl->sessions, s->id);
    hl__session_free(hl, s);
    return r;
}

static int do_cut(op_call *c)
{
    if (!c->s)
        return HL_ENOENT;
    c->s->here = false;
    if (c->s->agent && hl__page_of(c->hl, c->s->agent) == c->s)
        (void)hl__acd_gone(c->hl->acd, c->s->agent);
    return 0;
}

static int do_back(op_call *c)
{
    if (!c->s)
        return HL_ENOENT;
    c->s->here = true;
    if (c->s->agent && hl__page_of(c->hl, c->s->agent) == c->s)
        (void)hl__acd_back(c->hl->acd, c->s->agent);
    hl__state_json(c->hl, c->s, &c->reply);
    return 0;
}

static int do_gone(op_call *c)
{
    hl_t *hl = c->hl;
    hl__session *s = c->s;

    if (!s)
        return HL_ENOENT;
    hl__map_del(&hl->sessions, s->id);
    if (s->agent && hl__page_of(hl, s->agent) == s) {
        hl__map_del(&hl->pages, s->agent);
        (void)hl__acd_go(hl->acd, s->agent, HL_AGENT_OFFLINE, "page closed"); /* offline already: nothing */
    }
    if (s->leg && hl__leg_of(hl->calls, s->leg))
        (void)hl__leg_hangup(hl->calls, s->leg, HL_CAUSE_NORMAL);
    hl__media_post(hl, &(hl__msg){ .kind = HL__Q_CLOSE, .session = s->id }, 0, NULL, 0);
    c->s = NULL;
    hl__session_free(hl, s);
    return 0;
}

static int do_offer(op_call *c)
{
    const char *sdp = arg_text(c, "sdp"), *why = arg_text(c, "why");
    int kind = why && strcmp(why, "restart") == 0 ? HL__Q_SET : HL__Q_OPEN;

    if (!c->s)
        return no_page(c);
    if (c->hl->media < 0)
        return hl__fail(c->hl->core.err, HL_ENOTSUP, "this hotline has no sound");
    if (c->s->offer_id)
        hl__reply(c->hl, (hl__asker){ c->session, c->s->offer_id }, HL_ECONFLICT, "a newer offer came", 18, false);
    c->s->offer_id = c->id;
    c->later = true;
    hl__media_post(c->hl, &(hl__msg){ .kind = kind, .session = c->s->id, .code = HL__DTLS }, HL__SDP, sdp, strlen(sdp));
    return 0;
}

static int do_web(op_call *c)
{
    hl_id contact = 0, leg = 0;
    hl__buf data;
    int r;

    if (!c->s)
        return no_page(c);
    hl__buf_init(&data, &c->hl->mem);
    if (hl__json_get(c->args, "data"))
        (void)hl__json_canonical(&data, hl__json_get(c->args, "data")); /* without memory: the call has no data */
    r = hl__web_call(c->hl, c->s, arg_text(c, "to"), data.data, &contact, &leg);
    hl__buf_free(&data);
    if (r == 0)
        hl__buf_fmt(&c->reply, "{\"contact\":%lld,\"leg\":%lld}", (long long)contact, (long long)leg);
    return r;
}

static int do_hangup(op_call *c)
{
    hl__talk *t;
    int r = own_contact(c, &t);

    return r < 0 ? r : hl__leg_hangup(c->hl->calls, c->s->leg, HL_CAUSE_NORMAL);
}

/* A caller's keys are heard by the flow, an agent's go down the line. */
static int do_dtmf(op_call *c)
{
    const char *keys = arg_text(c, "keys");
    hl__talk *t;
    int r = own_contact(c, &t);

    if (r < 0)
        return r;
    if (strspn(keys, "0123456789*#ABCD,") != strlen(keys) || strlen(keys) > 64)
        return hl__fail(c->hl->core.err, HL_EINVAL, "keys are 0-9 * # A-D and ',', at most 64");
    if (c->s->leg != t->leg)
        return hl__leg_dtmf(c->hl->calls, t->leg, keys, 0);
    for (hl_id leg = t->leg; *keys && hl__leg_of(c->hl->calls, leg); keys++)
        if (*keys != ',')
            hl__leg_on_key(c->hl->calls, leg, *keys);
    return 0;
}

static int go(op_call *c, hl_id agent)
{
    const char *word = arg_text(c, "state");
    int state = strcmp(word, "ready") == 0 ? HL_AGENT_AVAILABLE : strcmp(word, "break") == 0 ? HL_AGENT_AUX
              : hl__acd_number(HL__WORD_AGENT, word);
    hl__acd_device dev = { 0 };

    if (state < 0 || state == HL_AGENT_GONE)
        return hl__fail(c->hl->core.err, HL_EINVAL, "\"%s\" is no state; available, aux and offline are", word);
    (void)hl__acd_agent_device(c->hl->acd, agent, &dev); /* an unknown agent is refused below */
    if (state == HL_AGENT_AVAILABLE && c->s && c->s->agent == agent && !c->s->path_up && !dev.phone && !dev.address)
        return hl__fail(c->hl->core.err, HL_ESTATE, "the page's sound is not connected: allow the microphone");
    return hl__acd_go(c->hl->acd, agent, state, arg_text(c, "reason"));
}

static int do_state(op_call *c)
{
    if (!c->agent)
        return hl__fail(c->hl->core.err, HL_EINVAL, "who is signed in here is no agent");
    return go(c, c->agent);
}

static int do_agent_set(op_call *c)
{
    return go(c, arg_id(c, "agent"));
}

static int own_offer(op_call *c, hl_offer *o)
{
    int r = hl__acd_offer(c->hl->acd, arg_id(c, "offer"), o);

    if (r == HL_ENOENT)
        return hl__fail(c->hl->core.err, HL_ECONFLICT, "the offer is over");
    if (r == 0 && o->agent != c->agent)
        return hl__fail(c->hl->core.err, HL_EDENIED, "the offer is somebody else's");
    return r;
}

static int do_accept(op_call *c)
{
    hl_offer o = HL_OFFER_INIT;
    int r = own_offer(c, &o);

    if (r == 0 && c->s && !c->s->path_up)
        return hl__fail(c->hl->core.err, HL_ESTATE, "the page's sound is not connected: allow the microphone");
    return r < 0 ? r : hl__acd_accept(c->hl->acd, o.id);
}

static int do_reject(op_call *c)
{
    hl_offer o = HL_OFFER_INIT;
    int r = own_offer(c, &o);

    return r < 0 ? r : hl__acd_reject(c->hl->acd, o.id, HL_OFFER_REJECTED);
}

static int do_hold(op_call *c)
{
    hl__talk *t;
    int r = own_contact(c, &t);

    if (r < 0)
        return r;
    return c->op == HL__DO_CALL_HOLD ? hl__call_hold(c->hl->calls, t->id, 0, NULL)
                                     : hl__call_resume(c->hl->calls, t->id, 0);
}

static int do_mute(op_call *c)
{
    hl__talk *t;
    int r = own_contact(c, &t);

    return r < 0 ? r
                 : hl__leg_mute(c->hl->calls, c->s->leg, hl__json_true(hl__json_get(c->args, "on")) ? HL_MUTE_IN : 0);
}

/* More time, or the end of wrap-up; a note goes to the contact's ticket. */
static int do_wrap(op_call *c)
{
    hl_ticket_act a = HL_TICKET_ACT_INIT;
    const char *note = arg_text(c, "note");
    hl_id out;

    if (!c->agent)
        return hl__fail(c->hl->core.err, HL_EINVAL, "who is signed in here is no agent");
    if (note && note[0]) {
        const hl__talk *t = hl__talk_of(c->hl, arg_id(c, "contact"));
        hl__buf args;
        int r;
        if (!t || !t->ticket)
            return hl__fail(c->hl->core.err, HL_ENOENT, "the contact has no ticket to note this on");
        hl__buf_init(&args, &c->hl->mem);
        hl__buf_str(&args, "{\"text\":");
        hl__buf_json(&args, note);
        hl__buf_char(&args, '}');
        a.ticket = t->ticket;
        a.actor = c->agent;
        a.verb = "note";
        a.args = args.data;
        r = args.failed ? HL_ENOMEM : hl__ticket_do(c->hl->tickets, &a, &out);
        hl__buf_free(&args);
        if (r < 0)
            return r;
    }
    return hl__acd_wrapup(c->hl->acd, c->agent, arg_id(c, "contact"), (int)arg_id(c, "more_ms"));
}

/* In memory at once; else read from the store when the lock is free. */
static int do_ticket(op_call *c)
{
    static const int kinds[] = { HL__DO_TICKET_NEW, HL__DO_TICKET_DO, HL__DO_TICKET_GET, HL__DO_TICKET_LIST,
        HL__DO_TICKET_TYPES };
    hl__request *q;
    int kind = 0, r;

    while (kinds[kind] != c->op)
        kind++;
    r = hl__ticket_op(c->hl->tickets, kind + 1, c->args, c->agent, &c->reply);
    c->promise = kind < 2;
    if (r != HL__TICKET_READ)
        return r;
    if (!(q = hl__ask(c->hl, HL__RQ_READ, c->session)) || !(q->text = hl__strndup(&c->hl->mem, c->json, c->len)))
        return HL_ENOMEM;
    q->len = c->len;
    q->id = c->id;
    q->how = kind + 1;
    q->msg.leg = c->agent;
    q->after = hl__batch_now(c->hl); /* sees what was done before it */
    c->later = true;
    return 0;
}

/* In pieces: while one is made, calls wait. */
static int do_list(op_call *c)
{
    enum { LIMIT = 200, LIMIT_MOST = 500 };
    int64_t limit = hl__json_int(hl__json_get(c->args, "limit"));
    uint32_t n = limit < 1 ? LIMIT : limit > LIMIT_MOST ? LIMIT_MOST : (uint32_t)limit;
    hl_id after = arg_id(c, "after");

    hl__buf_str(&c->reply, c->op == HL__DO_QUEUE_LIST ? "{\"queues\":" : "{\"agents\":");
    after = c->op == HL__DO_QUEUE_LIST ? hl__acd_queues_json(c->hl->acd, after, n, &c->reply)
                                       : hl__acd_agents_json(c->hl->acd, after, n, &c->reply);
    hl__buf_fmt(&c->reply, ",\"after\":%lld}", (long long)after);
    return 0;
}

static int do_contacts(op_call *c)
{
    return hl__report_list(c->hl->report, c->args, &c->reply);
}

static int do_tell_state(op_call *c)
{
    if (c->s)
        hl__state_json(c->hl, c->s, &c->reply);
    else
        hl__metrics_json(c->hl, &c->reply);
    return 0;
}

static void findings_json(hl__findings *f, hl__buf *out)
{
    hl__buf_fmt(out, "\"errors\":%u,\"findings\":[", f->errors);
    for (uint32_t i = 0; i < f->count; i++) {
        const hl__finding *one = hl__findings_at(f, i);
        hl__buf_fmt(out, "%s{\"level\":%d,\"code\":%d,\"pointer\":", i ? "," : "", one->level, one->code);
        hl__buf_json(out, one->pointer);
        hl__buf_str(out, ",\"text\":");
        hl__buf_json(out, one->text);
        hl__buf_char(out, '}');
    }
    hl__buf_char(out, ']');
}

static int do_load(op_call *c)
{
    hl__findings f;
    hl__buf text;
    int r;

    hl__findings_init(&f, &c->hl->mem);
    hl__buf_init(&text, &c->hl->mem);
    r = hl__json_canonical(&text, hl__json_get(c->args, "document"));
    if (r >= 0 && c->op == HL__DO_LOAD)
        r = hl__load(c->hl, text.data, text.len, &f);
    else if (r >= 0)
        r = hl__check(c->hl, text.data, text.len, &f);
    if (r >= 0) {
        hl__buf_fmt(&c->reply, "{\"changed\":%d,", c->op == HL__DO_LOAD ? r : 0);
        findings_json(&f, &c->reply);
        hl__buf_char(&c->reply, '}');
    }
    hl__buf_free(&text);
    hl__findings_free(&f);
    return r < 0 ? r : 0;
}

static int do_metrics(op_call *c)
{
    hl__metrics_json(c->hl, &c->reply);
    return 0;
}

static op_fn *const what[HL__DO_END] = {
    [HL__DO_SESSION_OPEN] = do_open, [HL__DO_SESSION_CUT] = do_cut, [HL__DO_SESSION_BACK] = do_back,
    [HL__DO_SESSION_GONE] = do_gone, [HL__DO_RTC_OFFER] = do_offer, [HL__DO_CALL_WEB] = do_web,
    [HL__DO_CALL_HANGUP] = do_hangup, [HL__DO_CALL_DTMF] = do_dtmf, [HL__DO_AGENT_STATE] = do_state,
    [HL__DO_OFFER_ACCEPT] = do_accept, [HL__DO_OFFER_REJECT] = do_reject, [HL__DO_CALL_HOLD] = do_hold,
    [HL__DO_CALL_RESUME] = do_hold, [HL__DO_CALL_MUTE] = do_mute, [HL__DO_WRAP] = do_wrap,
    [HL__DO_TICKET_NEW] = do_ticket, [HL__DO_TICKET_DO] = do_ticket, [HL__DO_TICKET_GET] = do_ticket,
    [HL__DO_TICKET_LIST] = do_ticket, [HL__DO_TICKET_TYPES] = do_ticket, [HL__DO_QUEUE_LIST] = do_list,
    [HL__DO_AGENT_LIST] = do_list, [HL__DO_AGENT_SET] = do_agent_set, [HL__DO_CONTACT_LIST] = do_contacts,
    [HL__DO_STATE] = do_tell_state, [HL__DO_LOAD] = do_load, [HL__DO_CHECK] = do_load, [HL__DO_METRICS] = do_metrics,
};

static void answer(op_call *c, int r, const hl__err *err)
{
    if (c->later && r >= 0)
        return;
    if (r >= 0 && c->reply.failed)
        r = HL_ENOMEM;
    if (r < 0) {
        const char *words = err->words[0] ? err->words : hl_strerror(r);
        hl__reply(c->hl, (hl__asker){ c->session, c->id }, r, words, strlen(words), false);
    } else if (c->id) {
        hl__reply(c->hl, (hl__asker){ c->session, c->id }, 0, c->reply.data, c->reply.len, c->promise);
    }
}

void hl__session_op(hl_t *hl, hl_id session, int64_t id, int op, const char *json, size_t len)
{
    op_call c = { .hl = hl, .session = session, .id = id, .op = op, .json = json, .len = len };
    hl__err err = { 0 };
    hl__json *args = hl__json_read(json && len ? json : "{}", json && len ? len : 2, &err);
    int r = args ? 0 : err.code;

    hl__buf_init(&c.reply, &hl->mem);
    c.args = args;
    c.s = session ? hl__session_of(hl, session) : NULL;
    c.agent = c.s ? c.s->agent : hl__json_int(hl__json_get(args, "agent"));
    hl->count.ops++;
    (void)hl__take_reports(hl); /* a page asks as soon as its sound is there: that was reported before */
    hl->core.err = &err;
    if (r == 0 && op > HL__DO_NONE && op < HL__DO_END && what[op])
        r = what[op](&c);
    else if (r == 0)
        r = hl__fail(&err, HL_ENOTSUP, "unknown operation %d", op);
    hl->core.err = &hl->scratch;
    answer(&c, r, &err);
    hl__buf_free(&c.reply);
    hl__json_free(args);
}
