/* driver.c - the gateway as the engine has it: sessions' pushes and replies, settings, time. */
#include "gateway/service.h"
#include "io/io.h"
#include <string.h>

/* The engine calls a driver without the lock, so the lock is taken here. A domain's change may make something due. */
static void due_set(hl__gateway *g)
{
    atomic_store(&g->due, g->mail ? 0 : hl__seats_due(&g->seats));
}

void hl__gateway_lock(hl__gateway *g)
{
    hl__lock(g->hl);
}

void hl__gateway_unlock(hl__gateway *g)
{
    due_set(g);
    hl__unlock(g->hl);
}

void hl__gateway_touched(hl__gateway *g)
{
    due_set(g);
    hl__wake(g->hl);
}

hl_time hl__gateway_now(hl__gateway *g)
{
    hl__loop *loop = hl__loop_of(g->lws);
    return loop ? hl__loop_now(loop) : g->seats.now;
}

void hl__gateway_random(hl__gateway *g, void *out, size_t len)
{
    if (g->lws && hl__chance(out, len) == 0) return; /* the kernel's does not fail once it has begun */
    hl__rand_bytes(&g->rand, out, len);
}

/* What the sessions ask. */
static hl_id up_id(void *ctx)
{
    return hl__id_new(((hl__gateway *)ctx)->hl, HL_KIND_PART);
}

static void up_op(void *ctx, hl_id session, int64_t id, int op, const char *json, size_t len)
{
    hl__session_op(((hl__gateway *)ctx)->hl, session, id, op, json, len);
}

static void up_random(void *ctx, void *out, size_t len)
{
    hl__gateway_random(ctx, out, len);
}

static void up_mail(void *ctx, hl__link *k)
{
    hl__gateway *g = ctx;
    if (!k->owner) return; /* played by the application, which asks by itself */
    k->mail_next = g->mail;
    g->mail = k;
}

/* What the engine asks. */
static void on_push(void *d, hl_id session, const char *json, size_t len)
{
    hl__gateway *g = d;
    hl__gateway_lock(g);
    hl__seat_push(&g->seats, session, json, len);
    hl__gateway_unlock(g);
}

static void on_reply(void *d, hl_id session, int64_t id, int code, const char *json, size_t len)
{
    hl__gateway *g = d;
    if (!session) {
        hl__exchange_reply(g, id, code, json, len);
        return;
    }
    hl__gateway_lock(g);
    hl__seat_reply(&g->seats, session, id, code, json, len);
    hl__gateway_unlock(g);
}

static void on_close(void *d, hl_id session, int code, const char *why)
{
    hl__gateway *g = d;
    hl__gateway_lock(g);
    hl__seat_end(&g->seats, session, code ? code : HL__CLOSE_BYE, why, false);
    hl__gateway_unlock(g);
}

static const hl__session_ops session_ops = { .push = on_push, .reply = on_reply, .close = on_close };

static int start(void *d, const char *json)
{
    hl__gateway *g = d;
    (void)json;
    g->lws = hl__lws(g->hl);
    return 0;
}

/* Only a change of where and how is listened closes sockets; the rest is read when it is needed. */
static bool text_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool listens_alike(const hl__gateway_config *a, const hl__gateway_config *b)
{
    if (!a || !b) return a == b;
    return text_same(a->bind, b->bind) && a->port == b->port && text_same(a->cert, b->cert) &&
           text_same(a->key, b->key);
}

static int adopt(hl__gateway *g, hl__gateway_config *fresh, hl__err *err)
{
    hl__gateway_config *old = g->config;
    bool alike = listens_alike(old, fresh);
    if (!alike && g->lws) hl__service_close(g); /* as long as its connections find their settings */
    hl__gateway_lock(g);
    g->config = fresh;
    if (fresh) {
        g->seats.max = (uint32_t)fresh->max_sessions;
        g->seats.resume_us = (hl_time)fresh->resume_s * HL__SECOND;
        g->seats.ping_us = (hl_time)fresh->ping_s * HL__SECOND;
    }
    hl__gateway_unlock(g);
    g->filed_at = g->filed_size = -1; /* the file is looked at anew */
    hl__gateway_config_free(g->mem, old);
    if ((alike && (g->vhost || !fresh)) || !g->lws) return 0;
    return hl__service_listen(g, err);
}

static int set(void *d, const char *json)
{
    hl__gateway *g = d;
    hl__err err = { 0 };
    hl__gateway_config *fresh = NULL;
    hl__json *value = hl__json_read(json, strlen(json), &err);
    if (!value) return HL_EPARSE;
    int r = hl__json_size(value) ? hl__gateway_read(g->mem, value, &fresh) : 0;
    hl__json_free(value);
    if (r < 0) return r;
    r = adopt(g, fresh, &err);
    if (r < 0) hl__log(g->log, HL_LOG_ERROR, "gateway: %s", err.words);
    return r;
}

static hl_time due(void *d)
{
    return atomic_load(&((hl__gateway *)d)->due);
}

static void step(void *d, hl_time now)
{
    hl__gateway *g = d;
    hl__gateway_lock(g);
    hl__seats_step(&g->seats, now);
    hl__gateway_unlock(g);
    hl__service_mail(g);
}

static void stop(void *d)
{
    hl__gateway *g = d;
    hl__gateway_lock(g);
    hl__seats_stop(&g->seats);
    hl__gateway_unlock(g);
    hl__service_mail(g);
    if (g->lws) hl__service_close(g);
}

static void end(void *d)
{
    hl__gateway *g = d;
    if (!g) return;
    hl__seats_free(&g->seats);
    hl__grants_free(&g->grants);
    hl__logins_free(&g->logins);
    hl__logins_free(&g->filed);
    hl__tries_free(&g->tries);
    hl__gateway_config_free(g->mem, g->config);
    uint32_t pos = 0;
    for (hl__near *n; (n = hl__map_at(&g->near, &pos)) != NULL;) hl__free(g->mem, n);
    hl__map_free(&g->near);
    hl__map_free(&g->waiting);
    hl__free(g->mem, g);
}

int hl__gateway_driver(hl_t *hl, hl__driver *out)
{
    hl__mem *mem = hl__mem_of(hl);
    hl__gateway *g = hl__alloc(mem, sizeof *g);
    if (!g) return HL_ENOMEM;
    const hl__seats_up up = { .ctx = g, .id = up_id, .op = up_op, .random = up_random, .mail = up_mail };
    g->hl = hl;
    g->mem = mem;
    g->log = hl__log_of(hl);
    g->filed_at = g->filed_size = -1;
    atomic_init(&g->due, INT64_MAX);
    hl__grants_init(&g->grants, mem);
    hl__logins_init(&g->logins, mem);
    hl__logins_init(&g->filed, mem);
    hl__tries_init(&g->tries, mem, hl__seed_of(hl));
    hl__seats_init(&g->seats, mem, g->log, &g->grants, &up);
    hl__map_init(&g->waiting, mem);
    hl__map_init(&g->near, mem);
    hl__rand_init(&g->rand, (int64_t)hl__seed_of(hl), 130, 0);
    *out = (hl__driver){ .name = "gateway", .d = g, .sessions = &session_ops, .start = start, .set = set, .due = due,
        .step = step, .stop = stop, .end = end };
    return 0;
}

static int apply(void *domain, hl_id id, const char *name, const hl__json *value)
{
    (void)domain;
    (void)id;
    (void)name;
    (void)value;
    return 0; /* set() has the settings, on the control thread */
}

void hl__gateway_section(hl__gateway *g, hl__section *out)
{
    *out = (hl__section){ .name = "gateway", .domain = g, .check = hl__gateway_check,
        .apply = apply };
}

const char *hl__gateway_address(hl__gateway *g)
{
    return g->address;
}

hl__seats *hl__gateway_seats(hl__gateway *g)
{
    return &g->seats;
}

hl__grants *hl__gateway_grants(hl__gateway *g)
{
    return &g->grants;
}

hl__logins *hl__gateway_logins(hl__gateway *g)
{
    return &g->logins;
}
