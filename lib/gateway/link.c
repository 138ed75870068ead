/* link.c - a page's socket without the socket: what came in, what is to be said, pings, the 5 s until hello. */
#include "gateway/gateway.h"
#include <string.h>

#define HELLO_US ((hl_time)5 * HL__SECOND)
#define PINGS_MISSED 2

static void link_late(void *ctx, hl__timer *t)
{
    (void)t;
    hl__link_close(ctx, HL__CLOSE_HELLO, "no hello within 5 s");
}

static void link_ping(void *ctx, hl__timer *t)
{
    hl__link *k = ctx;
    hl__seats *ss = k->of;
    if (k->missed >= PINGS_MISSED) {
        hl__link_close(k, HL__CLOSE_LIMIT, "no answer to pings");
        if (k->session) (void)hl__seat_on(k->session, HL__ON_MISSED, 0, NULL);
        return;
    }
    k->missed++;
    k->ping_now = true;
    k->pinged = ss->now;
    hl__link_mail(k);
    hl__timer_set(&ss->wheel, t, ss->now + ss->ping_us);
}

int hl__seats_init(hl__seats *ss, hl__mem *mem, hl__logger *log, hl__grants *grants, const hl__seats_up *up)
{
    *ss = (hl__seats){ .mem = mem, .log = log, .grants = grants, .up = *up, .max = 10000,
        .resume_us = (hl_time)120 * HL__SECOND, .ping_us = (hl_time)5 * HL__SECOND };
    hl__map_init(&ss->by_id, mem);
    hl__map_init(&ss->by_agent, mem);
    return 0;
}

void hl__seats_free(hl__seats *ss)
{
    uint32_t pos = 0;
    for (hl__seat *s; (s = hl__map_at(&ss->by_id, &pos)) != NULL;) hl__seat_end(ss, s->id, 0, NULL, false);
    while (ss->links) hl__link_free(ss->links);
    hl__map_free(&ss->by_id);
    hl__map_free(&ss->by_agent);
}

void hl__seats_stop(hl__seats *ss)
{
    uint32_t pos = 0;
    for (hl__seat *s; (s = hl__map_at(&ss->by_id, &pos)) != NULL;)
        hl__seat_end(ss, s->id, HL__CLOSE_STOPS, "the hotline stops", true);
    for (hl__link *k = ss->links; k; k = k->next) hl__link_close(k, HL__CLOSE_STOPS, "the hotline stops");
}

hl_time hl__seats_due(const hl__seats *ss)
{
    return hl__wheel_due(&ss->wheel);
}

void hl__seats_step(hl__seats *ss, hl_time now)
{
    if (now > ss->now) ss->now = now;
    for (hl__timer *t; (t = hl__wheel_take(&ss->wheel, ss->now)) != NULL;) t->fire(t->ctx, t);
}

int hl__link_new(hl__seats *ss, hl_time now, const char *address, const char *browser, hl__link **out)
{
    if (ss->links_count >= ss->max + ss->max / 8 + 8) return HL_ELIMIT; /* a resume needs a second one for a moment */
    hl__link *k = hl__alloc(ss->mem, sizeof *k);
    if (!k) return HL_ENOMEM;
    if (now > ss->now) ss->now = now;
    k->of = ss;
    k->last = &k->first;
    k->since = k->heard = ss->now;
    k->address = hl__strdup(ss->mem, address ? address : "");
    k->browser = hl__strdup(ss->mem, browser ? browser : "");
    if (!k->address || !k->browser) {
        hl__free(ss->mem, k->address);
        hl__free(ss->mem, k->browser);
        hl__free(ss->mem, k);
        return HL_ENOMEM;
    }
    k->timer.fire = link_late;
    k->timer.ctx = k;
    hl__timer_set(&ss->wheel, &k->timer, ss->now + HELLO_US);
    k->next = ss->links;
    if (k->next) k->next->prev = k;
    ss->links = k;
    ss->links_count++;
    *out = k;
    return 0;
}

static void queue_clear(hl__link *k)
{
    while (k->first) {
        hl__mail *m = k->first;
        k->first = m->next;
        hl__free(k->of->mem, m);
    }
    k->last = &k->first;
    k->queued = 0;
}

void hl__link_free(hl__link *k)
{
    if (!k) return;
    hl__seats *ss = k->of;
    hl__timer_drop(&ss->wheel, &k->timer);
    if (k->session) k->session->link = NULL;
    if (k->prev) k->prev->next = k->next;
    else ss->links = k->next;
    if (k->next) k->next->prev = k->prev;
    ss->links_count--;
    queue_clear(k);
    hl__free(ss->mem, k->taken);
    hl__free(ss->mem, k->address);
    hl__free(ss->mem, k->browser);
    hl__free(ss->mem, k->origin);
    hl__free(ss->mem, k);
}

/* The one that has the session; else one that still has to say why it was closed. */
hl__link *hl__link_played(hl__seats *ss, hl_id session)
{
    hl__link *closed = NULL;
    for (hl__link *k = ss->links; k; k = k->next) {
        if (k->played != session) continue;
        if (k->session) return k;
        closed = k;
    }
    return closed;
}

void hl__link_mail(hl__link *k)
{
    if (k->mailed) return;
    k->mailed = true;
    k->of->up.mail(k->of->up.ctx, k);
}

void hl__link_close(hl__link *k, int code, const char *why)
{
    if (k->close_code) return;
    k->close_code = code;
    (void)hl__copy(k->close_why, sizeof k->close_why, why ? why : "");
    hl__timer_drop(&k->of->wheel, &k->timer);
    if (code == HL__CLOSE_LIMIT) queue_clear(k); /* who does not read would not read these either */
    hl__link_mail(k);
}

static void too_slow(hl__link *k, const char *why)
{
    hl__seat *s = k->session;
    hl__link_close(k, HL__CLOSE_LIMIT, why);
    if (s) (void)hl__seat_on(s, HL__ON_SLOW, HL__CLOSE_LIMIT, why);
}

void hl__link_say(hl__link *k, const char *text, size_t len)
{
    if (k->close_code) return;
    if (k->queued + len > HL__QUEUE_MAX && k->queued) {
        too_slow(k, "more waits to be read than is kept");
        return;
    }
    hl__mail *m = hl__alloc(k->of->mem, sizeof *m + len + 1);
    if (!m) {
        too_slow(k, "out of memory");
        return;
    }
    memcpy(m->text, text, len);
    m->len = len;
    *k->last = m;
    k->last = &m->next;
    k->queued += len;
    hl__link_mail(k);
}

int hl__link_take(hl__link *k, const char **text, size_t *len)
{
    hl__free(k->of->mem, k->taken);
    k->taken = k->first;
    k->mailed = false;
    if (k->taken) {
        k->first = k->taken->next;
        if (!k->first) k->last = &k->first;
        k->queued -= k->taken->len;
        *text = k->taken->text;
        *len = k->taken->len;
        return HL__SAY_TEXT;
    }
    if (k->close_code) {
        *text = k->close_why;
        *len = strlen(k->close_why);
        return HL__SAY_CLOSE;
    }
    bool ping = k->ping_now;
    k->ping_now = false;
    return ping ? HL__SAY_PING : HL__SAY_NOTHING;
}

static void heard(hl__link *k, hl_time now)
{
    if (now > k->of->now) k->of->now = now;
    k->heard = k->of->now;
    k->missed = 0;
    if (k->session) k->session->heard = k->heard;
}

void hl__link_pong(hl__link *k, hl_time now)
{
    heard(k, now);
    if (k->pinged) k->rtt_us = (uint32_t)(k->of->now - k->pinged);
}

/* Hello was understood: from now on the timer is that of the pings. */
static void awake(hl__link *k)
{
    hl__timer_drop(&k->of->wheel, &k->timer);
    k->timer.fire = link_ping;
    if (k->pings) hl__timer_set(&k->of->wheel, &k->timer, k->of->now + k->of->ping_us);
}

/* An agent with a page elsewhere may say hello again; everybody else is shown out. */
static int refused(hl__link *k, const hl__json *msg, int code, hl__err *err)
{
    hl__buf b;
    int64_t id = hl__json_int(hl__json_get(msg, "id"));
    hl__buf_init(&b, k->of->mem);
    hl__answer(&b, &id, code, err->words, strlen(err->words));
    if (!b.failed) hl__link_say(k, b.data, b.len);
    hl__buf_free(&b);
    if (code == HL_ECONFLICT) {
        hl__timer_set(&k->of->wheel, &k->timer, k->of->now + 12 * HELLO_US);
        return code;
    }
    k->of->refused++;
    int how = code == HL_EINVAL ? HL__CLOSE_HELLO : code == HL_EFENCED ? HL__CLOSE_STOLEN
            : code == HL_EDENIED ? HL__CLOSE_REFUSED : HL__CLOSE_LIMIT;
    hl__link_close(k, how, err->words);
    return code;
}

static int unreadable(hl__link *k, hl__err *err)
{
    static const int64_t none;
    hl__buf b;
    if (!k->session) return refused(k, NULL, HL_EINVAL, err);
    hl__buf_init(&b, k->of->mem);
    hl__answer(&b, &none, HL_EPARSE, err->words, strlen(err->words));
    if (!b.failed) hl__link_say(k, b.data, b.len);
    hl__buf_free(&b);
    return 0;
}

/* Something behind hello that did not wait for its answer: nothing moves before it. */
static int too_early(hl__link *k, const hl__json *msg, hl__err *err)
{
    hl__seat *s = k->session;
    (void)hl__fail(err, HL_EINVAL, "wait for the answer to hello");
    (void)refused(k, msg, HL_EINVAL, err);
    (void)hl__seat_on(s, HL__ON_CUT, 0, NULL);
    return HL_EINVAL;
}

int hl__link_feed(hl__link *k, hl_time now, const char *json, size_t len, hl__err *err)
{
    if (k->close_code) return hl__fail(err, HL_ESTATE, "it is closed");
    heard(k, now);
    if (len > HL__MESSAGE_MAX) {
        too_slow(k, "message over 64 KiB");
        return hl__fail(err, HL_ELIMIT, "message over 64 KiB");
    }
    hl__json *msg = hl__json_read(json, len, err);
    if (!msg) return unreadable(k, err);
    int r = 0;
    if (!k->session) {
        r = hl__seat_hello(k, msg, err);
        if (r < 0) (void)refused(k, msg, r, err);
        else awake(k);
    } else if (!k->session->greeted) {
        r = too_early(k, msg, err);
    } else {
        hl__seat_hear(k->session, msg, json, len);
    }
    hl__json_free(msg);
    return r;
}

void hl__link_cut(hl__link *k, hl_time now)
{
    if (now > k->of->now) k->of->now = now;
    hl__seat *s = k->session;
    if (s) {
        s->link = NULL;
        k->session = NULL;
        (void)hl__seat_on(s, HL__ON_CUT, 0, NULL);
    }
    hl__link_free(k);
}
