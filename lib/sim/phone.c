/* phone.c - simulated telephones: callers who ring, press keys and lose patience; telephones that are rung. */
#include "sim/party.h"
#include <hotline/call.h>
#include <string.h>

#define KEY_MS 200

static const hl__media sound = { .size = sizeof(hl__media), .dir = HL__SENDRECV, .transport = HL__MEM, .n = 1,
    .dtmf_pt = 101, .codec = { { .kind = HL__PCMA, .pt = 8, .ptime = 20, .channels = 1, .rate = 8000 } } };

static void tell(hl__sim *s, const hl__leg_ev *ev)
{
    hl__sim_lock(s);
    hl__leg_event(s->hl, ev);
    hl__sim_unlock(s);
}

/* The last word about a leg; the party is gone before it is said. */
static void gone(hl__sim *s, hl__party *p, int q850)
{
    hl__leg_ev ev = { .kind = HL__LEG_ENDED, .leg = p->leg, .gen = 1, .q850 = q850 };

    hl__map_del(&s->legs, p->leg);
    hl__party_free(s, p);
    tell(s, &ev);
}

void hl__phone_hangs_up(hl__sim *s, hl__party *p)
{
    gone(s, p, HL_CAUSE_NORMAL);
}

static void press(hl__sim *s, hl__party *p)
{
    hl__leg_ev ev = { .kind = HL__LEG_KEY, .leg = p->leg, .gen = 1 };

    if (!p->at || !*p->at)
        return;
    ev.code = *p->at++;
    if (*p->at)
        hl__party_act(s, p, HL__PARTY_KEYS, KEY_MS);
    if (ev.code != ',')
        tell(s, &ev);
}

static void pick_up(hl__sim *s, hl__party *p)
{
    hl__leg_ev ev = { .kind = HL__LEG_ANSWERED, .leg = p->leg, .gen = 1, .media = &sound };

    if (p->manner.how == HL__SIM_BUSY || p->manner.how == HL__SIM_REJECT) {
        gone(s, p, p->manner.how == HL__SIM_BUSY ? HL_CAUSE_BUSY : HL_CAUSE_REJECTED);
        return;
    }
    if (p->manner.how == HL__SIM_ANSWER && p->keys)
        hl__party_act(s, p, HL__PARTY_KEYS, hl__law_draw(&p->manner.keys_after, &p->rand));
    if (p->manner.how == HL__SIM_ANSWER)
        tell(s, &ev);
}

void hl__phone_act(hl__sim *s, hl__party *p)
{
    hl__leg_ev ev = { .leg = p->leg, .gen = 1 };

    switch (p->next) {
    case HL__PARTY_PROGRESS:
        ev.kind = HL__LEG_PROGRESS;
        ev.how = HL_LEG_RINGING;
        hl__party_act(s, p, HL__PARTY_PICK_UP, hl__law_draw(&p->manner.after, &p->rand));
        tell(s, &ev);
        break;
    case HL__PARTY_PICK_UP: pick_up(s, p); break;
    case HL__PARTY_ANSWERED: /* our answer has reached the caller */
        ev.kind = HL__LEG_ANSWERED;
        ev.media = &sound;
        if (p->keys)
            hl__party_act(s, p, HL__PARTY_KEYS, hl__law_draw(&p->manner.keys_after, &p->rand));
        tell(s, &ev);
        break;
    case HL__PARTY_KEYS: press(s, p); break;
    case HL__PARTY_GONE: gone(s, p, HL_CAUSE_NORMAL); break;
    default: break;
    }
}

int hl__sim_call(hl__sim *s, const char *from, const char *to, const hl__sim_manner *m, hl_id *leg)
{
    hl__leg_ev ev = { .kind = HL__LEG_IN, .gen = 1, .did = to, .caller = from, .media = &sound };
    hl__party *p = hl__party_new(s, m);
    int r;

    if (!p)
        return HL_ENOMEM;
    p->is_caller = true;
    p->here = true;
    hl__sim_lock(s);
    p->leg = ev.leg = hl__id_new(s->hl, HL_KIND_LEG);
    if ((r = hl__map_put(&s->legs, p->leg, p)) == 0) {
        *leg = p->leg;
        if (m->patience.mean_ms > 0)
            hl__timer_set(&s->wheel, &p->end, s->now + hl__law_draw(&m->patience, &p->rand) * HL__US);
        hl__leg_event(s->hl, &ev);
    }
    hl__sim_unlock(s);
    if (r < 0)
        hl__party_free(s, p);
    return r;
}

int hl__sim_press(hl__sim *s, hl_id leg, const char *keys)
{
    hl__party *p = hl__party_of(s, leg);
    char *copy = p ? hl__strdup(s->mem, keys) : NULL;

    if (!copy)
        return p ? HL_ENOMEM : HL_ENOENT;
    hl__free(s->mem, p->keys);
    p->keys = p->at = copy;
    hl__party_act(s, p, HL__PARTY_KEYS, 0);
    return 0;
}

int hl__sim_hangup(hl__sim *s, hl_id leg)
{
    hl__party *p = hl__party_of(s, leg);

    if (!p)
        return HL_ENOENT;
    if (p->session)
        hl__page_hangs_up(s, p);
    else
        gone(s, p, HL_CAUSE_NORMAL);
    return 0;
}

int hl__sim_phone(hl__sim *s, const char *number, const hl__sim_manner *m)
{
    hl__sim_known *k = hl__names_get(&s->known, number);
    char *keys = hl__strdup(s->mem, m->keys);

    if (m->keys && !keys)
        return HL_ENOMEM;
    if (!k) {
        k = hl__alloc(s->mem, sizeof(*k));
        if (!k || !(k->number = hl__strdup(s->mem, number)) || hl__names_put(&s->known, k->number, k) < 0) {
            hl__free(s->mem, k ? k->number : NULL);
            hl__free(s->mem, k);
            hl__free(s->mem, keys);
            return HL_ENOMEM;
        }
    }
    hl__free(s->mem, (char *)(uintptr_t)k->manner.keys);
    k->manner = *m;
    k->manner.keys = keys;
    return 0;
}

uint32_t hl__sim_legs(const hl__sim *s)
{
    return s->legs.live;
}

int hl__sim_refused(const hl__sim *s, int *code)
{
    *code = s->refused_code;
    return s->refused;
}

bool hl__sim_talks(const hl__sim *s, hl_id leg)
{
    const hl__party *p = hl__party_of(s, leg);

    return p && p->talks;
}

const char *hl__sim_hears(const hl__sim *s, hl_id leg)
{
    const hl__party *p = hl__party_of(s, leg);

    return p ? p->clips : NULL;
}

/* From here on: what the engine asks of a telephone. */
static void originate(void *d, const hl__dial *dial, uint32_t gen)
{
    static const hl__sim_manner plain = { .how = HL__SIM_ANSWER, .after = { HL__LAW_FIXED, 2000, 0 } };
    hl__sim *s = d;
    const hl__sim_known *k = dial->number ? hl__names_get(&s->known, dial->number) : NULL;
    hl__party *p;

    (void)gen; /* a leg is dialled once */
    if (!k)
        k = hl__names_get(&s->known, "*");
    p = hl__party_new(s, k ? &k->manner : &plain);
    if (p)
        p->leg = dial->leg;
    if (!p || hl__map_put(&s->legs, p->leg, p) < 0) {
        hl__party_free(s, p);
        s->lost++; /* the leg's own time-out ends it */
        return;
    }
    hl__party_act(s, p, HL__PARTY_PROGRESS, 0);
}

static void progress(void *d, hl_id leg, int how, const hl__media *m)
{
    (void)d, (void)leg, (void)how, (void)m; /* the caller hears it ring */
}

static void answer(void *d, hl_id leg, const hl__media *m)
{
    hl__party *p = hl__party_of(d, leg);

    (void)m; /* there is nothing to send to */
    if (p)
        hl__party_act(d, p, HL__PARTY_ANSWERED, 0);
}

static void reject(void *d, hl_id leg, int q850, int code)
{
    hl__sim *s = d;
    hl__party *p = hl__party_of(s, leg);

    (void)q850; /* the caller hears the code */
    if (!p)
        return;
    s->refused++;
    s->refused_code = code;
    hl__map_del(&s->legs, leg);
    hl__party_free(s, p);
}

static void hangup(void *d, hl_id leg, int q850)
{
    hl__party *p = hl__party_of(d, leg);

    (void)q850; /* the party hears that it is over */
    if (p && !p->session)
        hl__party_act(d, p, HL__PARTY_GONE, 0);
}

static void renegotiate(void *d, hl_id leg, const hl__media *m)
{
    (void)d, (void)leg, (void)m; /* a simulated telephone takes any change */
}

static void dtmf(void *d, hl_id leg, const char *keys, uint32_t ms)
{
    (void)d, (void)leg, (void)keys, (void)ms; /* heard and forgotten */
}

static void transfer(void *d, hl_id leg, const char *number, hl_id replaces)
{
    (void)number, (void)replaces; /* whoever is sent away hangs up */
    hangup(d, leg, HL_CAUSE_NORMAL);
}

static void identify(void *d, hl_id leg, const char *number, const char *name)
{
    (void)d, (void)leg, (void)number, (void)name; /* it has no display */
}

static uint32_t caps(void *d, hl_id leg)
{
    (void)d, (void)leg; /* all are alike */
    return HL__EARLY | HL__HOLD;
}

const hl__leg_ops hl__sim_legs_ops = { originate, progress, answer, reject, hangup, renegotiate, dtmf, transfer,
    identify, caps };
