/* request.c - what drivers shall do: queued in a step, handed out when the lock is released.
 *
 * A request may have to wait until a batch is on disk. Those of the same leg, session or contact behind it wait with
 * it, so that nobody hears an answer before the question. A request never has a result: what came of it is reported. */
#include "engine/engine.h"
#include <string.h>

void hl__request_free(hl_t *hl, hl__request *q)
{
    if (!q)
        return;
    hl__free(&hl->mem, q->msg.blob);
    hl__free(&hl->mem, q->text);
    hl__free(&hl->mem, q->number);
    hl__free(&hl->mem, q->caller);
    hl__free(&hl->mem, q->name);
    hl__free(&hl->mem, q);
}

hl__request *hl__ask(hl_t *hl, int kind, hl_id object)
{
    bool with_media = kind == HL__RQ_RING || kind == HL__RQ_ANSWER;
    size_t more = kind == HL__RQ_DIAL ? sizeof(hl__dial) : with_media ? sizeof(hl__media) : 0;
    hl__request *q = hl__step_alloc(hl, offsetof(hl__request, u) + more);

    if (!q)
        return NULL;
    q->kind = kind;
    q->object = object;
    *hl->last = q;
    hl->last = &q->next;
    return q;
}

static bool waits_behind(const hl__request *held, hl_id object)
{
    for (; held; held = held->next)
        if (held->object == object && object != 0)
            return true;
    return false;
}

hl__request *hl__requests_ready(hl_t *hl)
{
    hl__request *ready = NULL, **ready_end = &ready, *held = NULL, **held_end = &held, *q, *next;

    for (q = hl->first; q; q = next) {
        next = q->next;
        q->next = NULL;
        if (q->after > hl->durable || (held && waits_behind(held, q->object))) {
            *held_end = q;
            held_end = &q->next;
        } else {
            *ready_end = q;
            ready_end = &q->next;
        }
    }
    hl->first = held;
    hl->last = held ? held_end : &hl->first;
    return ready;
}

/* A request without its blob would say something else: then there is none. */
void hl__media_post(hl_t *hl, const hl__msg *m, int blob_kind, const void *blob, size_t len)
{
    hl__blob *copy = NULL;
    hl__request *q;

    if (hl->media < 0 || (blob_kind && !(copy = hl__step_alloc(hl, sizeof(*copy) + len))))
        return;
    if (!(q = hl__ask(hl, HL__RQ_MEDIA, m->leg ? m->leg : m->session))) {
        hl__free(&hl->mem, copy);
        return;
    }
    q->msg = *m;
    q->msg.gen = 1;
    q->msg.when = hl->core.now;
    q->msg.blob = copy;
    if (!copy)
        return;
    copy->kind = (uint32_t)blob_kind;
    copy->len = (uint32_t)len;
    memcpy(copy->data, blob, len);
}

static void with_text(hl_t *hl, hl__request *q, const char *json, size_t len)
{
    if (!(q->text = hl__step_alloc(hl, len + 1)))
        return;
    memcpy(q->text, json, len);
    q->len = len;
}

void hl__push(hl_t *hl, const hl__session *s, const char *json, size_t len)
{
    hl__request *q;

    if (hl->seats >= 0 && (q = hl__ask(hl, HL__RQ_PUSH, s->id)))
        with_text(hl, q, json, len); /* without memory "{}" is pushed, which pages pass over */
}

/* HTTP's operations have session 0: they are told apart by their number, and owe each other no order. */
void hl__reply(hl_t *hl, hl__asker to, int code, const char *json, size_t len, bool promise)
{
    hl__request *q;

    if (hl->seats < 0 || !(q = hl__ask(hl, HL__RQ_REPLY, to.session)))
        return;
    q->id = to.id;
    q->code = code;
    q->after = promise ? hl__batch_now(hl) : 0;
    with_text(hl, q, json ? json : "{}", json ? len : 2);
}

/* A call whose number found no memory is not made. */
static void dial(hl_t *hl, const hl__driver *d, const hl__request *q)
{
    if (q->number && q->caller && q->name) {
        d->legs->originate(d->d, &q->u.dial, 1);
        return;
    }
    hl__lock(hl);
    hl__leg_on_ended(hl->calls, q->object, HL_CAUSE_CONGESTION, 0);
    hl__unlock(hl);
}

static const hl__media *media_of(const hl__request *q)
{
    return q->u.media.size ? &q->u.media : NULL;
}

static void run_leg(hl_t *hl, const hl__driver *d, const hl__request *q)
{
    switch (q->kind) {
    case HL__RQ_DIAL: dial(hl, d, q); break;
    case HL__RQ_RING: d->legs->progress(d->d, q->object, q->how, media_of(q)); break;
    case HL__RQ_ANSWER: d->legs->answer(d->d, q->object, media_of(q)); break;
    case HL__RQ_REJECT: d->legs->reject(d->d, q->object, q->code, q->how); break;
    case HL__RQ_HANGUP: d->legs->hangup(d->d, q->object, q->code); break;
    default: d->legs->dtmf(d->d, q->object, q->text, (uint32_t)q->code); break;
    }
}

static void run_session(const hl__driver *d, const hl__request *q)
{
    const char *text = q->text ? q->text : "{}";
    size_t len = q->text ? q->len : 2;

    if (q->kind == HL__RQ_PUSH)
        d->sessions->push(d->d, q->object, text, len);
    else if (q->kind == HL__RQ_REPLY)
        d->sessions->reply(d->d, q->object, q->id, q->code, text, len);
    else
        d->sessions->close(d->d, q->object, q->code, text);
}

static void run_media(hl_t *hl, hl__request *q)
{
    hl__driver *d = &hl->driver[hl->media];

    if (d->media->post(d->d, &q->msg) == 0)
        q->msg.blob = NULL; /* its owner is the driver now */
    else
        hl__log(&hl->core.log, HL_LOG_ERROR, "media: the queue to its threads is full, request %d is lost",
                q->msg.kind);
}

/* A flow's question to us that had to be on disk before its answer is spoken. */
static void run_flow(hl_t *hl, const hl__request *q)
{
    hl__flow_in in = { .kind = HL__FLOW_ANSWER, .ask = (int)q->id, .status = q->code, .json = q->text };

    hl__lock(hl);
    hl__flow_tell(hl, q->object, &in);
    hl__unlock(hl);
}

/* An operation on tickets that are not in memory: the store is read here, where nobody waits for the lock. */
static void run_read(hl_t *hl, const hl__request *q)
{
    const hl__ticket_store store = { hl->store.d, hl->store.scan };
    hl__json *args = hl__json_read(q->text, q->len, NULL);
    hl__err err = { 0 };
    hl__batch *rows = NULL;
    hl__buf reply;
    int r = HL_ENOMEM;

    hl__buf_init(&reply, &hl->mem);
    if (args && q->how != HL__TICKET_OP_DO)
        r = hl__ticket_fetch_op(&store, q->how, args, &reply, &err);
    else if (args && (r = hl__batch_new(&hl->mem, 0, &rows)) == 0)
        r = hl__ticket_fetch(&store, hl__json_int(hl__json_get(args, "ticket")), NULL, rows, &err);
    hl__lock(hl);
    if (rows && r >= 0 && (r = hl__tickets_adopt(hl->tickets, rows)) >= 0) {
        hl->core.err = &err;
        r = hl__ticket_op(hl->tickets, q->how, args, q->msg.leg, &reply);
        hl->core.err = &hl->scratch;
    }
    if (r < 0)
        hl__reply(hl, (hl__asker){ q->object, q->id }, r, err.words, strlen(err.words), false);
    else
        hl__reply(hl, (hl__asker){ q->object, q->id }, 0, reply.data, reply.len, rows != NULL);
    hl__unlock(hl);
    hl__batch_free(rows);
    hl__buf_free(&reply);
    hl__json_free(args);
}

static void run_set(hl_t *hl, const hl__request *q)
{
    hl__driver *d = &hl->driver[q->driver];
    int r = d->set ? d->set(d->d, q->text) : 0;
    hl_event ev = HL_EVENT_INIT;

    hl__lock(hl);
    ev.type = HL_EV_DRIVER;
    ev.code = r < 0 ? r : 0;
    ev.text = d->name;
    hl->core.emit(&hl->core, &ev);
    hl__unlock(hl);
}

void hl__request_run(hl_t *hl, hl__request *q)
{
    switch (q->kind) {
    case HL__RQ_MEDIA: run_media(hl, q); break;
    case HL__RQ_PUSH: case HL__RQ_REPLY: case HL__RQ_CLOSE: run_session(&hl->driver[hl->seats], q); break;
    case HL__RQ_FLOW: run_flow(hl, q); break;
    case HL__RQ_READ: run_read(hl, q); break;
    case HL__RQ_SET: run_set(hl, q); break;
    default: run_leg(hl, &hl->driver[q->driver], q); break;
    }
    hl__request_free(hl, q);
}
