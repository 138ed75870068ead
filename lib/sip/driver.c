/* driver.c - joins the user agent to lib/io's sockets and to the engine.
 *
 * Requests of the engine come without a time, and from within its tick: they wait in a list until step() brings both.
 * Reports are handed over under the engine's lock, all of a batch at once. */
#include "base/json.h"
#include "io/io.h"
#include "sip/sip.h"
#include <string.h>

enum { LISTENERS = 16, NEARS = 64 };
#define NEAR_LIFE (10 * HL__SECOND)
#define STATUS_GAP (500 * HL__US)
enum { ORIGINATE, PROGRESS, ANSWER, REJECT, HANGUP, RENEGOTIATE, DTMF };
struct request {
    struct request *next;
    int kind, how, q850, code;
    uint32_t gen, ms;
    hl_id leg;
    hl__dial dial;
    hl__media media;
    bool has_media;
    char keys[64];
    char *texts;
};
struct socket { struct sip_driver *driver; hl__udp *udp; uint32_t listener; };
struct near { hl__addr far, near; hl_time until; };
struct sip_driver {
    hl_t *hl;
    hl__mem *mem;
    hl__sip *core;
    hl_time now;
    struct socket socket[LISTENERS];
    struct near near[NEARS];       /* by the far address */
    struct request *first, **last;
    hl__sip_status *status;        /* changed under the engine's lock */
    hl_time status_due;            /* 0: nothing happened since it was taken */
};

/* The engine's lock is held. */
static void refresh(struct sip_driver *d)
{
    hl__sip_status *fresh;
    d->status_due = d->now + STATUS_GAP;
    if (hl__sip_status_take(d->core, &fresh) < 0)
        return; /* the old one stays until then */
    uint32_t pos = 0;
    for (const hl__sip_trunk_row *t; (t = hl__sip_status_changed(fresh, d->status, &pos));)
        hl__trunk_event(d->hl, t->id, t->registration, hl__sip_words(t->reg_status));
    hl__sip_status_free(d->status);
    d->status = fresh;
    d->status_due = 0;
}

const hl__sip_status *hl__sip_driver_status(void *ctx)
{
    return ((struct sip_driver *)ctx)->status;
}

static void drain(struct sip_driver *d)
{
    hl__sip_out out;
    hl__leg_ev ev;
    hl__lock(d->hl);
    while (hl__sip_event(d->core, &ev))
        hl__leg_event(d->hl, &ev);
    if (d->status_due && d->now >= d->status_due)
        refresh(d);
    else if (!d->status_due)
        d->status_due = d->now + STATUS_GAP;
    hl__unlock(d->hl);
    while (hl__sip_output(d->core, &out))
        if (out.listener < LISTENERS && d->socket[out.listener].udp)
            (void)hl__udp_send(d->socket[out.listener].udp, &out.far, out.data, out.len); /* full: like a lost one */
}

static void received(void *ctx, hl__udp *u, const hl__packet *packets, uint32_t count)
{
    struct socket *s = ctx;
    struct sip_driver *d = s->driver;
    (void)u;
    for (uint32_t i = 0; i < count; i++) {
        d->now = packets[i].when > d->now ? packets[i].when : d->now;
        hl__sip_input(d->core, d->now, s->listener, &packets[i]);
    }
    drain(d);
}

static hl_id new_leg(void *ctx)
{
    return hl__id_new(((struct sip_driver *)ctx)->hl, HL_KIND_LEG);
}

/* Asking the system costs a socket: answers are kept for a while. */
static void near_of(void *ctx, uint32_t listener, const hl__addr *far, hl__addr *out)
{
    struct sip_driver *d = ctx;
    hl__addr host = *far;
    host.port = 5060; /* ours does not depend on their port */
    struct near *n = &d->near[hl__fnv(0, host.ip, sizeof(host.ip)) % NEARS];
    (void)listener;
    if (d->now < n->until && hl__addr_same(&n->far, &host)) {
        *out = n->near;
        return;
    }
    if (hl__addr_toward(&host, out) < 0)
        return;
    *n = (struct near){ host, *out, d->now + NEAR_LIFE };
}

/* ---- requests ---- */
static void carry_out(struct sip_driver *d, const struct request *q)
{
    const hl__media *m = q->has_media ? &q->media : NULL;
    switch (q->kind) {
    case ORIGINATE: hl__sip_originate(d->core, d->now, &q->dial, q->gen); break;
    case PROGRESS: hl__sip_progress(d->core, d->now, q->leg, q->how, m); break;
    case ANSWER: hl__sip_answer(d->core, d->now, q->leg, m); break;
    case REJECT: hl__sip_reject(d->core, d->now, q->leg, q->q850, q->code); break;
    case HANGUP: hl__sip_hangup(d->core, d->now, q->leg, q->q850); break;
    case RENEGOTIATE: hl__sip_renegotiate(d->core, d->now, q->leg, &q->media); break;
    default: hl__sip_dtmf(d->core, d->now, q->leg, q->keys, q->ms); break;
    }
}

/* The dial's texts, one behind the other in a block of their own. */
static bool keep_texts(struct sip_driver *d, struct request *q)
{
    const char **texts[] = { &q->dial.group, &q->dial.number, &q->dial.caller, &q->dial.caller_name, &q->dial.headers,
        &q->dial.data };
    size_t size = 1, at = 0;
    for (size_t i = 0; i < HL__COUNT(texts); i++)
        size += *texts[i] ? strlen(*texts[i]) + 1 : 0;
    q->texts = hl__alloc(d->mem, size);
    if (!q->texts)
        return false;
    for (size_t i = 0; i < HL__COUNT(texts); i++) {
        if (!*texts[i])
            continue;
        size_t len = strlen(*texts[i]) + 1;
        memcpy(q->texts + at, *texts[i], len);
        *texts[i] = q->texts + at;
        at += len;
    }
    return true;
}

static void later(struct sip_driver *d, const struct request *q)
{
    struct request *kept = hl__alloc(d->mem, sizeof(*kept));
    if (kept)
        *kept = *q;
    if (!kept || (q->kind == ORIGINATE && !keep_texts(d, kept))) {
        hl__free(d->mem, kept);
        carry_out(d, q); /* no memory to wait with: at the time of the last turn */
        return;
    }
    *d->last = kept;
    d->last = &kept->next;
}

static void originate(void *ctx, const hl__dial *dial, uint32_t gen)
{
    later(ctx, &(struct request){ .kind = ORIGINATE, .dial = *dial, .gen = gen });
}

static void with_media(void *ctx, struct request *q, const hl__media *m)
{
    q->has_media = m != NULL;
    if (m)
        q->media = *m;
    later(ctx, q);
}

static void progress(void *ctx, hl_id leg, int how, const hl__media *m)
{
    with_media(ctx, &(struct request){ .kind = PROGRESS, .leg = leg, .how = how }, m);
}

static void answer(void *ctx, hl_id leg, const hl__media *m)
{
    with_media(ctx, &(struct request){ .kind = ANSWER, .leg = leg }, m);
}

static void reject(void *ctx, hl_id leg, int q850, int code)
{
    later(ctx, &(struct request){ .kind = REJECT, .leg = leg, .q850 = q850, .code = code });
}

static void hangup(void *ctx, hl_id leg, int q850)
{
    later(ctx, &(struct request){ .kind = HANGUP, .leg = leg, .q850 = q850 });
}

static void renegotiate(void *ctx, hl_id leg, const hl__media *m)
{
    if (m)
        with_media(ctx, &(struct request){ .kind = RENEGOTIATE, .leg = leg }, m);
}

static void dtmf(void *ctx, hl_id leg, const char *keys, uint32_t ms)
{
    struct request q = { .kind = DTMF, .leg = leg, .ms = ms };
    hl__copy(q.keys, sizeof(q.keys), keys);
    later(ctx, &q);
}

static uint32_t caps(void *ctx, hl_id leg)
{
    return hl__sip_caps(((struct sip_driver *)ctx)->core, leg);
}

static const hl__leg_ops legs = { originate, progress, answer, reject, hangup, renegotiate, dtmf, NULL, NULL, caps };

/* ---- life ---- */
static void open_sockets(struct sip_driver *d)
{
    hl__loop *loop = hl__loop_of(hl__lws(d->hl));
    for (uint32_t i = 0; i < hl__sip_listeners(d->core) && i < LISTENERS && loop; i++) {
        hl__err err = { 0 };
        struct socket *s = &d->socket[i];
        hl__sip_listener_row row;
        hl__sip_listener(d->core, i, &row);
        if (s->udp || row.transport != 0)
            continue;
        s->driver = d;
        s->listener = i;
        if (hl__udp_open(loop, &row.bind, received, s, &err, &s->udp) < 0) {
            hl__log(hl__log_of(d->hl), HL_LOG_ERROR, "sip: listener %s: %s", row.name, err.words);
            continue;
        }
        hl__sip_bound(d->core, i, hl__udp_at(s->udp));
    }
}

static int set(void *ctx, const char *json)
{
    struct sip_driver *d = ctx;
    hl__err err = { 0 };
    hl__json *doc = hl__json_read(json, strlen(json), &err);
    int r = doc ? hl__sip_config(d->core, d->now, doc, &err) : HL_EPARSE;
    hl__json_free(doc);
    if (r < 0)
        hl__log(hl__log_of(d->hl), HL_LOG_ERROR, "sip: %s", err.words);
    else
        open_sockets(d);
    d->status_due = d->now + 1; /* soon */
    return r;
}

static hl_time due(void *ctx)
{
    struct sip_driver *d = ctx;
    hl_time at = hl__sip_due(d->core);
    if (d->status_due && d->status_due < at)
        at = d->status_due;
    return d->first ? d->now : at;
}

static void run_requests(struct sip_driver *d)
{
    while (d->first) {
        struct request *q = d->first;
        d->first = q->next;
        if (!d->first)
            d->last = &d->first;
        carry_out(d, q);
        hl__free(d->mem, q->texts);
        hl__free(d->mem, q);
    }
}

static void step(void *ctx, hl_time now)
{
    struct sip_driver *d = ctx;
    d->now = now > d->now ? now : d->now;
    run_requests(d);
    hl__sip_tick(d->core, d->now);
    drain(d);
}

static void stop(void *ctx)
{
    struct sip_driver *d = ctx;
    run_requests(d);
    hl__sip_shutdown(d->core, d->now);
    drain(d);
}

static void end(void *ctx)
{
    struct sip_driver *d = ctx;
    for (uint32_t i = 0; i < LISTENERS; i++)
        hl__udp_close(d->socket[i].udp);
    while (d->first) {
        struct request *q = d->first;
        d->first = q->next;
        hl__free(d->mem, q->texts);
        hl__free(d->mem, q);
    }
    hl__sip_status_free(d->status);
    hl__sip_free(d->core);
    hl__free(d->mem, d);
}

int hl__sip_driver(hl_t *hl, hl__driver *out)
{
    hl__mem *mem = hl__mem_of(hl);
    struct sip_driver *d = hl__alloc(mem, sizeof(*d));
    if (!d)
        return HL_ENOMEM;
    d->hl = hl;
    d->mem = mem;
    d->last = &d->first;
    hl__sip_options opt = { .mem = mem, .log = hl__log_of(hl), .seed = hl__seed_of(hl), .up = { d, new_leg, near_of } };
    int r = hl__sip_new(&opt, &d->core);
    if (r < 0) {
        hl__free(mem, d);
        return r;
    }
    *out = (hl__driver){ .name = "sip", .d = d, .legs = &legs, .start = set, .set = set, .due = due, .step = step,
                         .stop = stop, .end = end };
    return 0;
}
