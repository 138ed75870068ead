/* enter.c - commands on contacts: into a queue and out of it, what a queue refuses, what is announced. */
#include "acd/inner.h"
#include <string.h>

static int refuse(hl__acd *acd, hl__queue *q, hl_id id, int reason, int *why)
{
    static const char *const words[] = { [HL__ACD_CLOSED] = "closed", [HL__ACD_FULL] = "full",
        [HL__ACD_SLOW] = "too slow", [HL__ACD_NOBODY] = "without anybody who could answer",
        [HL__ACD_OVERFLOW] = "left by its overflow rules" };
    hl_event ev = { .type = HL_EV_CONTACT_ENDED, .contact = id, .queue = q->id, .code = HL_OUTCOME_REFUSED };

    if (reason == HL__ACD_OVERFLOW)
        ev.code = HL_OUTCOME_OVERFLOWED;

    if (why)
        *why = reason;
    hl__figures_add(acd, q, HL__N_refused, 1);
    hl__acd_emit(acd, ev);
    return hl__fail(acd->core->err, HL_ELIMIT, "queue \"%s\" is %s", q->name, words[reason]);
}

/* The reasons in turn: calendar, length, wait, nobody there. 0: it may come in. */
int hl__refusal(hl__acd *acd, hl__class *k)
{
    const hl__qconf *conf = k->queue->conf;
    hl_estimate e = HL_ESTIMATE_INIT;

    if (hl__queue_closed(acd, k->queue))
        return HL__ACD_CLOSED;
    if (conf->max_len && k->queue->waiting >= conf->max_len)
        return HL__ACD_FULL;
    if (conf->max_ewt_ms) {
        hl__estimate_class(acd, k, acd->core->now, UINT64_MAX, &e);
        if (e.p50_ms > conf->max_ewt_ms)
            return HL__ACD_SLOW;
    }
    if (conf->is_leave && hl__class_slots(acd, k) == 0)
        return HL__ACD_NOBODY;
    return 0;
}

/* The first class of a contact in q; need in any of its forms, NULL: none. */
static int class_for(hl__acd *acd, hl__queue *q, int channel, hl__want want, hl__class **out)
{
    hl__buf text;
    int r = 0;

    if (!want.need || (want.need[0] != '{' && want.need[0] != '['))
        return hl__class_get(acd, q, channel, 0, &want, out);
    hl__buf_init(&text, acd->core->mem);
    if ((r = hl__need_text(want.need, &text)) < 0)
        (void)hl__fail(acd->core->err, r, "need is neither an expression nor levels by skill");
    want.need = text.data;
    if (r >= 0)
        r = hl__class_get(acd, q, channel, 0, &want, out);
    hl__buf_free(&text);
    return r;
}

/* Where it comes in at last: rules that hold send it on, else the queue may refuse it. */
static int door(hl__acd *acd, hl__class **k)
{
    const hl__overflow *rule = NULL;
    hl__class *own = *k;
    int r = 0;

    hl__class_ref(acd, own, 1); /* it stays, whatever classes are looked at */
    while ((rule = hl__rule_next(acd, own, NULL, rule)) && (r = hl__rule_enter(acd, own, rule, k)) > 0)
        if (r == HL__ACD_OVERFLOW)
            break;
    hl__class_ref(acd, own, -1);
    if (rule)
        return r;
    *k = own; /* wherever it was sent would not have it */
    return hl__refusal(acd, own);
}

/* The queue and class a new contact comes into. 0; HL__ACD_*: it is refused; HL_E*. */
static int entrance(hl__acd *acd, const hl_contact_new *in, bool is_asked, hl__class **out)
{
    hl__queue *q = hl__map_get(&acd->queues, in->queue);
    hl__buf facts;
    int r;

    if (!q)
        return hl__fail(acd->core->err, HL_ENOENT, "no such queue");
    if (!(q->conf->channels >> in->channel & 1))
        return hl__fail(acd->core->err, HL_EINVAL, "queue \"%s\" has no %s", q->name, hl__acd_channels[in->channel]);
    hl__buf_init(&facts, acd->core->mem);
    if ((r = hl__data_text(acd, in->data, &facts)) == 0)
        r = class_for(acd, q, in->channel, (hl__want){ in->need, facts.data }, out);
    hl__buf_free(&facts);
    if (r < 0 || (is_asked && (r = door(acd, out)) < 0))
        return r;
    if (hl__figures_room(acd, (*out)->queue) < 0)
        return HL_ENOMEM;
    return r;
}

static hl_time after(hl_time at, int64_t ms)
{
    return ms > 0 ? at + ms * HL__US : 0;
}

void hl__contact_say(hl__acd *acd, hl__contact *c)
{
    hl_event ev = { .type = HL_EV_CONTACT_ESTIMATE, .contact = c->id, .queue = c->class->queue->id };
    hl_estimate e = HL_ESTIMATE_INIT;
    int place = hl__contact_place(c->class->queue, c->key, (uint64_t)c->id);

    hl__estimate_class(acd, c->class, c->key, (uint64_t)c->id, &e);
    if (c->place == 0 || place < c->place)
        c->place = place;
    if (e.p50_ms >= 0 && (c->p50_ms < 0 || e.p50_ms < c->p50_ms))
        c->p50_ms = e.p50_ms;
    if (e.p80_ms >= 0 && (c->p80_ms < 0 || e.p80_ms < c->p80_ms))
        c->p80_ms = e.p80_ms;
    ev.code = c->place;
    ev.detail = c->p50_ms;
    hl__acd_emit(acd, ev);
}

void hl__contact_queued(hl__acd *acd, hl__contact *c)
{
    const hl__queue *q = c->class->queue;
    hl_event ev = { .type = HL_EV_CONTACT_QUEUED, .contact = c->id, .queue = q->id };
    hl_estimate e = HL_ESTIMATE_INIT;

    c->queued = acd->core->now;
    c->prefer_at = after(c->queued, c->prefer ? c->prefer_ms : 0);
    c->step_at = hl__rule_at(acd, c);
    hl__estimate_class(acd, c->class, c->key, (uint64_t)c->id, &e);
    c->predicted_ms = e.mean_ms < 0 ? -1 : (int32_t)(e.mean_ms / (e.bias > 0 ? e.bias : 1));
    c->place = hl__contact_place(c->class->queue, c->key, (uint64_t)c->id);
    c->p50_ms = e.p50_ms;
    c->p80_ms = e.p80_ms;
    ev.code = c->place;
    ev.detail = e.p50_ms;
    hl__figures_in(acd, c);
    hl__acd_emit(acd, ev);
}

static bool is_id(hl_id id, int kind)
{
    return id > 0 && HL__KIND(id) == kind;
}

static bool text_ok(const char *text, size_t max)
{
    return !text || hl__text_ok(text, max);
}

static int valid(hl__acd *acd, hl_id id, const hl_contact_new *in)
{
    hl__err *err = acd->core->err;

    if (in->channel < 0 || in->channel >= HL__CHANNELS)
        return hl__fail(err, HL_EINVAL, "%d is no channel", in->channel);
    if (!is_id(in->queue, HL_KIND_QUEUE))
        return hl__fail(err, HL_EINVAL, "the contact names no queue");
    if (in->since < 0 || in->since > acd->core->now)
        return hl__fail(err, HL_EINVAL, "the contact waits since a time to come");
    if (!text_ok(in->number, 255) || !text_ok(in->ref, 255) || !text_ok(in->need, HL__NEED_MAX))
        return hl__fail(err, HL_EINVAL, "number, ref, need are texts of at most 255, 255, %d bytes", HL__NEED_MAX);
    if (id && in->resume)
        return hl__fail(err, HL_EINVAL, "a place is taken up by a new contact, not by one of a call");
    if (id && hl__contact_find(acd, id))
        return hl__fail(err, HL_ESTATE, "the contact is in a queue already");
    if (in->prefer && !hl__map_get(&acd->agents, in->prefer))
        return hl__fail(err, HL_ENOENT, "no such agent to prefer");
    return 0;
}

static int data_ok(hl__acd *acd, const char *data)
{
    hl__err words = { 0, "" };
    hl__json *j;
    int type;

    if (!data)
        return 0;
    if (!(j = hl__json_read(data, strlen(data), &words)))
        return words.code == HL_ENOMEM ? HL_ENOMEM : hl__fail(acd->core->err, HL_EPARSE, "data: %s", words.words);
    type = hl__json_type(j);
    hl__json_free(j);
    return type == HL__JOBJECT ? 0 : hl__fail(acd->core->err, HL_EPARSE, "data is no JSON object");
}

static int resume(hl__acd *acd, const hl_contact_new *in, hl_id *out)
{
    hl__contact *c = hl__contact_find(acd, in->resume);
    hl__with with = { .leg = in->leg };

    if (!c)
        return hl__fail(acd->core->err, HL_ENOENT, "no such contact to take up");
    if (hl__contact_do(acd, c, HL__DO_RESUME, &with) < 0)
        return hl__fail(acd->core->err, HL_ESTATE, "the contact has not lost its party");
    *out = c->id;
    hl__acd_settle(acd);
    return 0;
}

static int strings(hl__mem *mem, const hl_contact_new *in, hl__contact *c)
{
    if ((in->ref && !(c->ref = hl__strdup(mem, in->ref))) ||
        (in->number && !(c->number = hl__strdup(mem, in->number))) ||
        (in->data && !(c->data = hl__strdup(mem, in->data))))
        return HL_ENOMEM;
    return 0;
}

static hl__contact *contact_new(hl__acd *acd, hl_id id, const hl_contact_new *in)
{
    hl__contact *c = hl__alloc(acd->core->mem, sizeof(*c));

    if (!c)
        return NULL;
    hl__link_init(&c->news.link);
    hl__link_init(&c->fresh);
    hl__link_init(&c->line);
    c->news.kind = HL__OBJ_CONTACT;
    c->timer.fire = hl__contact_fire;
    c->timer.ctx = acd;
    if (strings(acd->core->mem, in, c) < 0 || (c->ref && hl__names_put(&acd->refs, c->ref, c) < 0))
        goto out;
    c->id = id ? id : acd->core->id(acd->core, HL_KIND_CONTACT);
    if (hl__map_put(&acd->contacts, c->id, c) == 0)
        return c;
    if (c->ref)
        hl__names_del(&acd->refs, c->ref);
out:
    hl__contact_free(acd, c);
    return NULL;
}

static void begin(hl__acd *acd, hl__contact *c, const hl_contact_new *in, const hl__acd_terms *terms)
{
    const hl__qconf *conf = c->class->queue->conf;
    int64_t credit = in->credit_ms;
    int32_t first = conf->first_ms, every = conf->every_ms;

    if (terms && terms->priority)
        credit += (int64_t)(5 - terms->priority) * conf->credit_ms;
    if (terms && terms->first_ms)
        first = terms->first_ms;
    if (terms && terms->every_ms)
        every = terms->every_ms;
    c->leg = in->leg;
    c->ticket = in->ticket;
    c->prefer = in->prefer;
    c->prefer_ms = in->prefer_ms;
    c->resume_ms = terms && terms->resume_ms ? terms->resume_ms : 0;
    c->max_wait_ms = terms ? terms->max_wait_ms : 0;
    c->since = c->base = in->since ? in->since : acd->core->now;
    hl__contact_key(c, credit);
    c->every_ms = every > 0 ? every : 0;
    c->say_at = after(acd->core->now, first > 0 ? first : first == 0 ? every : 0);
    c->by_id.key = c->id;
    c->by_id.id = (uint64_t)c->id;
    hl__tree_add(&acd->contacts_by_id, &c->by_id);
}

int hl__acd_add(hl__acd *acd, hl_id id, const hl_contact_new *in, const hl__acd_terms *terms, int *why, hl_id *out)
{
    const hl_promise *promise = terms ? terms->promise : NULL;
    hl__with with = { 0 };
    hl__contact *c;
    hl__class *k;
    int r;

    if ((r = valid(acd, id, in)) < 0 || (r = hl__acd_ready(acd)) < 0 || (r = data_ok(acd, in->data)) < 0)
        return r;
    if (in->resume)
        return resume(acd, in, out);
    if (in->ref && (c = hl__names_get(&acd->refs, in->ref))) {
        *out = c->id;
        return 0;
    }
    if ((r = entrance(acd, in, !promise, &k)) != 0)
        return r < 0 ? r : refuse(acd, k->queue, id, r, why);
    if (promise && (r = hl__promise_make(acd, k, in->number, promise, &with.promise)) < 0)
        return r;
    if (!(c = contact_new(acd, id, in))) {
        hl__promise_free(acd, with.promise);
        return hl__fail(acd->core->err, HL_ENOMEM, "out of memory for a contact");
    }
    c->class = k;
    hl__class_ref(acd, k, 1);
    begin(acd, c, in, terms);
    if (!id) {
        hl_event ev = { .type = HL_EV_CONTACT_NEW, .contact = c->id, .leg = c->leg, .text = c->number,
            .data = c->data };
        hl__acd_emit(acd, ev);
    }
    hl__contact_queued(acd, c);
    c->state = HL_CONTACT_WAITING;
    k->queue->waiting++;
    hl__contact_wait(acd, c);
    if (with.promise)
        (void)hl__contact_do(acd, c, HL__DO_PROMISE, &with); /* it waits */
    *out = c->id;
    hl__acd_settle(acd);
    return 0;
}

/* The contact a command is for; ready first. */
static int named(hl__acd *acd, hl_id contact, hl__contact **out)
{
    int r;

    if (!is_id(contact, HL_KIND_CONTACT))
        return hl__fail(acd->core->err, HL_EINVAL, "this is no contact");
    if ((r = hl__acd_ready(acd)) < 0)
        return r;
    *out = hl__contact_find(acd, contact);
    return *out ? 0 : hl__fail(acd->core->err, HL_ENOENT, "no such contact in a queue");
}

static int act(hl__acd *acd, hl_id contact, int stimulus, const hl__with *with, const char *what)
{
    hl__contact *c;
    int r;

    if ((r = named(acd, contact, &c)) < 0)
        return r;
    if (hl__contact_do(acd, c, stimulus, with) < 0)
        return hl__fail(acd->core->err, HL_ESTATE, "%s: the contact is %s", what,
                        hl__acd_word(HL__WORD_CONTACT, c->state));
    hl__acd_settle(acd);
    return 0;
}

int hl__acd_hangup(hl__acd *acd, hl_id contact) { return act(acd, contact, HL__DO_HANGUP, NULL, "hang up"); }
int hl__acd_connected(hl__acd *acd, hl_id contact) { return act(acd, contact, HL__DO_UP, NULL, "connected"); }
int hl__acd_agent_failed(hl__acd *acd, hl_id contact) { return act(acd, contact, HL__DO_FAIL, NULL, "agent's leg"); }
int hl__acd_talk_end(hl__acd *acd, hl_id contact) { return act(acd, contact, HL__DO_TALK_END, NULL, "end of talk"); }

int hl__acd_end(hl__acd *acd, hl_id contact, int outcome)
{
    hl__with with = { .outcome = outcome };

    if (outcome < HL_OUTCOME_HANDLED || outcome > HL_OUTCOME_BROKEN)
        return hl__fail(acd->core->err, HL_EINVAL, "%d is no outcome", outcome);
    return act(acd, contact, HL__DO_END, &with, "end");
}

int hl__acd_move(hl__acd *acd, hl_id contact, hl_id queue, int keep)
{
    hl__with with = { .keep = keep };
    hl__contact *c;
    hl__want want;
    hl__queue *q;
    int r;

    if ((r = named(acd, contact, &c)) < 0)
        return r;
    if (!is_id(queue, HL_KIND_QUEUE))
        return hl__fail(acd->core->err, HL_EINVAL, "this is no queue");
    if (!(q = hl__map_get(&acd->queues, queue)))
        return hl__fail(acd->core->err, HL_ENOENT, "no such queue");
    if (!(q->conf->channels >> c->class->channel & 1))
        return hl__fail(acd->core->err, HL_EINVAL, "queue \"%s\" has no %s", q->name,
                        hl__acd_channels[c->class->channel]);
    want = (hl__want){ c->class->need, c->class->facts };
    if ((r = hl__class_get(acd, q, (int)c->class->channel, 0, &want, &with.class)) < 0 ||
        (r = hl__figures_room(acd, q)) < 0)
        return r;
    return act(acd, contact, HL__DO_MOVE, &with, "move");
}

int hl__acd_credit(hl__acd *acd, hl_id contact, int credit_ms)
{
    hl__contact *c;
    int r;

    if ((r = named(acd, contact, &c)) < 0)
        return r;
    if (c->tree) {
        hl__contact_unwait(acd, c);
        hl__contact_key(c, credit_ms);
        hl__contact_wait(acd, c);
    } else {
        hl__contact_key(c, credit_ms); /* it takes the key back into the line, should it come back */
    }
    hl__acd_settle(acd);
    return 0;
}

int hl__acd_need(hl__acd *acd, hl_id contact, const char *need)
{
    hl__contact *c;
    hl__class *k;
    int r;

    if (need && !hl__text_ok(need, HL__NEED_MAX))
        return hl__fail(acd->core->err, HL_EINVAL, "need is no text of at most %d bytes", HL__NEED_MAX);
    if ((r = named(acd, contact, &c)) < 0)
        return r;
    if (c->state != HL_CONTACT_WAITING && c->state != HL_CONTACT_OFFERED)
        return hl__fail(acd->core->err, HL_ESTATE, "need: the contact is %s",
                        hl__acd_word(HL__WORD_CONTACT, c->state));
    if ((r = class_for(acd, c->class->queue, (int)c->class->channel, (hl__want){ need, c->class->facts }, &k)) < 0)
        return r;
    if (c->state == HL_CONTACT_WAITING)
        hl__contact_unwait(acd, c);
    hl__class_ref(acd, c->class, -1);
    c->class = k;
    hl__class_ref(acd, k, 1);
    if (c->state == HL_CONTACT_WAITING)
        hl__contact_wait(acd, c);
    hl__acd_settle(acd);
    return 0;
}

int hl__acd_announce(hl__acd *acd, hl_id contact, int *place, int *p50_ms, int *p80_ms)
{
    hl__contact *c;
    int r;

    if ((r = named(acd, contact, &c)) < 0)
        return r;
    if (c->state != HL_CONTACT_WAITING)
        return hl__fail(acd->core->err, HL_ESTATE, "announce: the contact is %s",
                        hl__acd_word(HL__WORD_CONTACT, c->state));
    hl__contact_say(acd, c);
    *place = c->place;
    *p50_ms = c->p50_ms;
    *p80_ms = c->p80_ms;
    return 0;
}
