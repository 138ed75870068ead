/* sim.c - the driver itself: its clock, its parties, what it reports. */
#include "engine/engine.h"
#include "sim/party.h"
#include "sim/traffic.h"
#include <string.h>

/* The engine's clock stands at its last step; news of this driver happens now. */
void hl__sim_lock(hl__sim *s)
{
    hl__lock(s->hl);
    if (s->now > s->hl->core.now)
        s->hl->core.now = s->now;
    s->now = s->hl->core.now;
}

void hl__sim_unlock(hl__sim *s)
{
    hl__unlock(s->hl);
}

static void on_act(void *ctx, hl__timer *t)
{
    hl__party *p = ctx;

    (void)t;
    if (p->session)
        hl__page_act(p->sim, p);
    else
        hl__phone_act(p->sim, p);
}

/* The end of patience, or of the talk. */
static void on_end(void *ctx, hl__timer *t)
{
    hl__party *p = ctx;

    (void)t;
    if (p->session)
        hl__page_hangs_up(p->sim, p);
    else
        hl__phone_hangs_up(p->sim, p);
}

static void on_heard(void *ctx, hl__timer *t)
{
    hl__party *p = ctx;

    (void)t;
    hl__sound_stop(p->sim, p, 0);
}

hl__party *hl__party_new(hl__sim *s, const hl__sim_manner *m)
{
    hl__party *p = hl__alloc(s->mem, sizeof(*p));

    if (!p)
        return NULL;
    p->sim = s;
    p->manner = *m;
    if (m->keys && !(p->keys = hl__strdup(s->mem, m->keys))) {
        hl__free(s->mem, p);
        return NULL;
    }
    p->at = p->keys;
    p->act.ctx = p->end.ctx = p->heard.ctx = p;
    p->act.fire = on_act;
    p->end.fire = on_end;
    p->heard.fire = on_heard;
    hl__rand_init(&p->rand, (int64_t)hl__seed_of(s->hl), 150, (uint64_t)++s->serial);
    return p;
}

void hl__party_free(hl__sim *s, hl__party *p)
{
    if (!p)
        return;
    hl__timer_drop(&s->wheel, &p->act);
    hl__timer_drop(&s->wheel, &p->end);
    hl__timer_drop(&s->wheel, &p->heard);
    hl__free(s->mem, p->keys);
    hl__free(s->mem, p->clips);
    hl__free(s->mem, p);
}

/* What the engine asks comes at the time of its last step. */
hl_time hl__sim_now(hl__sim *s)
{
    if (s->hl->core.now > s->now)
        s->now = s->hl->core.now;
    return s->now;
}

void hl__party_act(hl__sim *s, hl__party *p, int next, int64_t ms)
{
    p->next = next;
    hl__timer_set(&s->wheel, &p->act, hl__sim_now(s) + ms * HL__US);
}

/* A talk begins or ends: it lasts as its law says; who is alone loses patience. */
void hl__party_talks(hl__sim *s, hl__party *p, bool talks)
{
    const hl__law *law = talks ? &p->manner.talk : &p->manner.patience;

    if (p->talks == talks)
        return;
    p->talks = talks;
    hl__timer_drop(&s->wheel, &p->end);
    if (law->mean_ms > 0 && (talks || p->is_caller))
        hl__timer_set(&s->wheel, &p->end, hl__sim_now(s) + hl__law_draw(law, &p->rand) * HL__US);
}

hl__party *hl__party_of(const hl__sim *s, hl_id leg)
{
    return hl__map_get(&s->legs, leg);
}

static hl__sim_report *add_report(hl__sim *s, int kind, hl_id leg, hl_id session)
{
    hl__sim_report *r = hl__alloc(s->mem, sizeof(*r));

    if (!r) {
        s->lost++;
        return NULL;
    }
    r->msg = (hl__msg){ .kind = (uint16_t)kind, .gen = 1, .leg = leg, .session = session, .when = s->now };
    *s->last = r;
    s->last = &r->next;
    return r;
}

void hl__report_sound(hl__sim *s, int kind, hl_id leg, hl_id session, hl_id ref, int code)
{
    hl__sim_report *r = add_report(s, kind, leg, session);

    if (r) {
        r->msg.ref = ref;
        r->msg.code = code;
    }
}

void hl__report_blob(hl__sim *s, const hl__msg *to, int kind, int blob, const void *data, size_t len)
{
    hl__sim_report *r = add_report(s, kind, to->leg, to->leg ? 0 : to->session);

    if (!r || !(r->msg.blob = hl__alloc(s->mem, sizeof(hl__blob) + len)))
        return;
    r->msg.blob->kind = (uint32_t)blob;
    r->msg.blob->len = (uint32_t)len;
    memcpy(r->msg.blob->data, data, len);
}

static hl_time due(void *d)
{
    const hl__sim *s = d;

    return s->first ? s->hl->core.now : hl__wheel_due(&s->wheel);
}

static void step(void *d, hl_time now)
{
    hl__sim *s = d;
    hl__timer *t;

    if (now > s->now)
        s->now = now;
    while ((t = hl__wheel_take(&s->wheel, now)))
        t->fire(t->ctx, t);
}

static int nothing(void *d, const char *json)
{
    (void)d, (void)json; /* a simulated telephone needs no settings */
    return 0;
}

static void end(void *d)
{
    hl__sim *s = d;
    hl__sim_known *k;
    hl__party *p;
    uint32_t at = 0;

    while ((p = hl__map_at(&s->legs, &at)))
        if (!p->session)
            hl__party_free(s, p);
    at = 0;
    while ((p = hl__map_at(&s->pages, &at)))
        hl__party_free(s, p);
    at = 0;
    while ((k = hl__names_at(&s->known, &at))) {
        hl__free(s->mem, k->number);
        hl__free(s->mem, (char *)(uintptr_t)k->manner.keys);
        hl__free(s->mem, k);
    }
    while (s->first) {
        hl__sim_report *r = s->first;
        s->first = r->next;
        hl__free(s->mem, r->msg.blob);
        hl__free(s->mem, r);
    }
    hl__traffic_free(s->traffic);
    hl__map_free(&s->legs);
    hl__map_free(&s->pages);
    hl__names_free(&s->known);
    hl__free(s->mem, s->reply);
    hl__free(s->mem, s);
}

int hl__sim_driver(hl_t *hl, hl__driver *out)
{
    hl__mem *mem = hl__mem_of(hl);
    hl__sim *s = hl__alloc(mem, sizeof(*s));

    if (!s)
        return HL_ENOMEM;
    s->hl = hl;
    s->mem = mem;
    s->last = &s->first;
    s->now = hl->core.now;
    hl__map_init(&s->legs, mem);
    hl__map_init(&s->pages, mem);
    hl__names_init(&s->known, mem);
    *out = (hl__driver){ .name = "sim", .d = s, .legs = &hl__sim_legs_ops, .sessions = &hl__sim_sessions_ops,
        .media = &hl__sim_media_ops, .set = nothing, .due = due, .step = step, .end = end };
    return 0;
}

hl__sim *hl__sim_of(hl_t *hl)
{
    for (uint32_t i = 0; i < hl->drivers; i++)
        if (hl->driver[i].legs == &hl__sim_legs_ops)
            return hl->driver[i].d;
    return NULL;
}
