/* leg.c - the life of a leg, as two tables: called (UAS) and calling (UAC).
 *
 * Whatever happens, ENDED is reported once and last; its event is made with the leg, so that no lack of memory can
 * swallow it. The first cause that is noted stays. */
#include "sip/core.h"
#include <string.h>

#define X(name) #name,
static const char *const state_words[] = { SIP_STATES(X) };
static const char *const stimulus_words[] = { SIP_STIMULI(X) };
#undef X
#define S(name) SIP_S_##name
#define ON(name) SIP_ON_##name

struct move { uint8_t state, stimulus, next; void (*act)(struct sip_leg *l); };

static void talk(struct sip_leg *l)
{
    (void)l; /* the report is made by whoever has the answer in hand */
}

static void send_bye(struct sip_leg *l)
{
    hl__sip_leg_bye(l);
}

static void none(struct sip_leg *l)
{
    (void)l; /* the cause is noted, the peer knows already */
}

static const struct move called[] = {
    { S(TRYING),   ON(DO_RING),    S(RINGING),  hl__sip_uas_ring },
    { S(TRYING),   ON(DO_EARLY),   S(EARLY),    hl__sip_uas_early },
    { S(TRYING),   ON(DO_ANSWER),  S(ACCEPTED), hl__sip_uas_accept },
    { S(TRYING),   ON(DO_REFUSE),  S(ENDED),    hl__sip_uas_refuse },
    { S(TRYING),   ON(DO_HANGUP),  S(ENDED),    hl__sip_uas_refuse },
    { S(TRYING),   ON(GOT_CANCEL), S(ENDED),    hl__sip_uas_cancelled },
    { S(TRYING),   ON(GOT_BYE),    S(ENDED),    hl__sip_uas_cancelled },
    { S(RINGING),  ON(DO_EARLY),   S(EARLY),    hl__sip_uas_early },
    { S(RINGING),  ON(DO_ANSWER),  S(ACCEPTED), hl__sip_uas_accept },
    { S(RINGING),  ON(DO_REFUSE),  S(ENDED),    hl__sip_uas_refuse },
    { S(RINGING),  ON(DO_HANGUP),  S(ENDED),    hl__sip_uas_refuse },
    { S(RINGING),  ON(GOT_CANCEL), S(ENDED),    hl__sip_uas_cancelled },
    { S(RINGING),  ON(GOT_BYE),    S(ENDED),    hl__sip_uas_cancelled },
    { S(EARLY),    ON(DO_ANSWER),  S(ACCEPTED), hl__sip_uas_accept },
    { S(EARLY),    ON(DO_REFUSE),  S(ENDED),    hl__sip_uas_refuse },
    { S(EARLY),    ON(DO_HANGUP),  S(ENDED),    hl__sip_uas_refuse },
    { S(EARLY),    ON(GOT_CANCEL), S(ENDED),    hl__sip_uas_cancelled },
    { S(EARLY),    ON(GOT_BYE),    S(ENDED),    hl__sip_uas_cancelled },
    { S(ACCEPTED), ON(GOT_ACK),    S(TALKING),  hl__sip_uas_talk },
    { S(ACCEPTED), ON(ACK_LOST),   S(ENDED),    send_bye },
    { S(ACCEPTED), ON(BROKEN),     S(ENDED),    send_bye },
    { S(ACCEPTED), ON(DO_HANGUP),  S(CLOSING),  none },
    { S(ACCEPTED), ON(DO_REFUSE),  S(CLOSING),  none },
    { S(ACCEPTED), ON(GOT_BYE),    S(ENDED),    none },
    { S(CLOSING),  ON(GOT_ACK),    S(ENDED),    send_bye },
    { S(CLOSING),  ON(ACK_LOST),   S(ENDED),    send_bye },
    { S(CLOSING),  ON(GOT_BYE),    S(ENDED),    none },
    { S(TALKING),  ON(DO_HANGUP),  S(ENDED),    send_bye },
    { S(TALKING),  ON(DO_REFUSE),  S(ENDED),    send_bye },
    { S(TALKING),  ON(ACK_LOST),   S(ENDED),    send_bye },
    { S(TALKING),  ON(BROKEN),     S(ENDED),    send_bye },
    { S(TALKING),  ON(GOT_BYE),    S(ENDED),    none },
};
static const struct move calling[] = {
    { S(TRYING),     ON(GOT_RING),    S(RINGING),    none },
    { S(TRYING),     ON(GOT_EARLY),   S(EARLY),      none },
    { S(TRYING),     ON(GOT_OK),      S(TALKING),    talk },
    { S(TRYING),     ON(GOT_REFUSAL), S(ENDED),      none },
    { S(TRYING),     ON(DO_HANGUP),   S(CANCELLING), hl__sip_uac_cancel },
    { S(TRYING),     ON(RING_OVER),   S(CANCELLING), hl__sip_uac_cancel },
    { S(RINGING),    ON(GOT_EARLY),   S(EARLY),      none },
    { S(RINGING),    ON(GOT_OK),      S(TALKING),    talk },
    { S(RINGING),    ON(GOT_REFUSAL), S(ENDED),      none },
    { S(RINGING),    ON(DO_HANGUP),   S(CANCELLING), hl__sip_uac_cancel },
    { S(RINGING),    ON(RING_OVER),   S(CANCELLING), hl__sip_uac_cancel },
    { S(EARLY),      ON(GOT_OK),      S(TALKING),    talk },
    { S(EARLY),      ON(GOT_REFUSAL), S(ENDED),      none },
    { S(EARLY),      ON(DO_HANGUP),   S(CANCELLING), hl__sip_uac_cancel },
    { S(EARLY),      ON(RING_OVER),   S(CANCELLING), hl__sip_uac_cancel },
    { S(CANCELLING), ON(GOT_OK),      S(ENDED),      send_bye },
    { S(CANCELLING), ON(GOT_REFUSAL), S(ENDED),      none },
    { S(CANCELLING), ON(GIVE_UP),     S(ENDED),      none },
    { S(TALKING),    ON(DO_HANGUP),   S(ENDED),      send_bye },
    { S(TALKING),    ON(BROKEN),      S(ENDED),      send_bye },
    { S(TALKING),    ON(ACK_LOST),    S(ENDED),      send_bye },
    { S(TALKING),    ON(GOT_BYE),     S(ENDED),      none },
};

const char *hl__sip_state_word(int state)
{
    return state_words[state];
}

const char *hl__sip_stimulus_word(int stimulus)
{
    return stimulus_words[stimulus];
}

static const struct move *find(bool outbound, int state, int stimulus)
{
    const struct move *rows = outbound ? calling : called;
    size_t count = outbound ? HL__COUNT(calling) : HL__COUNT(called);
    for (size_t i = 0; i < count; i++)
        if (rows[i].state == state && rows[i].stimulus == stimulus)
            return &rows[i];
    return NULL;
}

int hl__sip_leg_next(bool outbound, int state, int stimulus)
{
    const struct move *row = find(outbound, state, stimulus);
    return row ? row->next : -1;
}

bool hl__sip_leg_step(struct sip_leg *l, int stimulus)
{
    const struct move *row = find(l->outbound, l->state, stimulus);
    if (!row)
        return false;
    l->state = row->next;
    row->act(l);
    if (l->state == SIP_S_ENDED)
        hl__sip_leg_finish(l);
    return true;
}

void hl__sip_leg_cause(struct sip_leg *l, struct hl__sip_cause cause, int by)
{
    if (l->by)
        return;
    l->cause = cause;
    l->by = by;
    bool hung_up = l->state == SIP_S_ACCEPTED && by == HL__BY_US;
    if (l->state == SIP_S_TALKING || hung_up) { /* after an answer the outcome is answered, whatever ends the call */
        l->cause.outcome = HL__ANSWERED;
        l->cause.status = 200;
    }
}

static void enqueue(hl__sip *c, struct sip_event *e)
{
    e->next = NULL;
    *c->last = e;
    c->last = &e->next;
}

/* Texts of ev are the leg's own or constants: they live as long as it does. */
void hl__sip_leg_report(struct sip_leg *l, const hl__leg_ev *ev, const hl__media *m)
{
    hl__sip *c = l->core;
    if (l->reported)
        return;
    struct sip_event *e = hl__alloc(c->mem, sizeof(*e));
    if (!e) {
        hl__sip_leg_cause(l, hl__sip_cause_local(SIP_BY_overload), HL__BY_NET);
        (void)hl__sip_leg_step(l, SIP_ON_BROKEN); /* before the answer the guard timer ends it */
        return;
    }
    e->leg = l;
    e->ev = *ev;
    e->ev.gen = l->gen;
    if (m) {
        e->media = *m;
        e->media.size = sizeof(*m);
        e->ev.media = &e->media;
    }
    enqueue(c, e);
}

static void timers_drop(struct sip_leg *l)
{
    hl__wheel *w = &l->core->wheel;
    hl__timer_drop(w, &l->repeat);
    hl__timer_drop(w, &l->guard);
    hl__timer_drop(w, &l->retry);
}

void hl__sip_leg_finish(struct sip_leg *l)
{
    struct sip_event *e = l->ended;
    if (l->reported)
        return;
    l->state = SIP_S_ENDED;
    timers_drop(l);
    if (!l->by)
        hl__sip_leg_cause(l, hl__sip_cause_local(SIP_BY_cancelled_by_us), HL__BY_US);
    e->leg = l;
    e->ev = (hl__leg_ev){ .kind = HL__LEG_ENDED, .gen = l->gen, .q850 = l->cause.q850, .code = l->cause.status };
    e->ev.outcome = l->cause.outcome;
    e->ev.by = l->by;
    e->ev.text = hl__sip_outcome_word(l->cause.outcome);
    l->ended = NULL;
    enqueue(l->core, e);
    l->reported = true;
    if (l->trunk) {
        if (l->outbound)
            l->trunk->calls_out--;
        else
            l->trunk->calls_in--;
    }
    if (l->phone)
        l->phone->calls--;
}

static void fire_guard(void *ctx, hl__timer *t)
{
    struct sip_leg *l = ctx;
    if (!l->outbound) { /* a caller who waits unanswered: proxies between us want a sign each minute (13.3.1.1) */
        if (!l->invite)
            return;
        hl__sip_send(l->core, &l->invite->path, l->invite->msg, l->invite->len);
        hl__timer_set(&l->core->wheel, t, l->core->now + 60 * HL__SECOND);
        return;
    }
    if (hl__sip_leg_step(l, SIP_ON_GIVE_UP))
        return;
    hl__sip_leg_cause(l, hl__sip_cause_local(SIP_BY_ring_timeout), HL__BY_US);
    (void)hl__sip_leg_step(l, SIP_ON_RING_OVER); /* answered meanwhile: no row */
}

static void fire_repeat(void *ctx, hl__timer *t)
{
    struct sip_leg *l = ctx;
    hl__sip *c = l->core;
    if (c->now >= l->repeat_until) {
        hl__sip_leg_cause(l, hl__sip_cause_local(SIP_BY_ack_missing), HL__BY_NET);
        (void)hl__sip_leg_step(l, SIP_ON_ACK_LOST); /* it ended meanwhile */
        return;
    }
    struct sip_path path;
    hl__sip_dialog_path(&l->dialog, true, &path);
    c->figures.again_out++;
    hl__sip_send(c, &path, l->ok, l->ok_len);
    l->repeat_gap = l->repeat_gap * 2 > SIP_T2 ? SIP_T2 : l->repeat_gap * 2;
    hl_time next = c->now + l->repeat_gap;
    hl__timer_set(&c->wheel, t, next < l->repeat_until ? next : l->repeat_until);
}

void hl__sip_leg_repeat(struct sip_leg *l, const hl__buf *b, uint32_t cseq)
{
    hl__sip *c = l->core;
    hl__free(c->mem, l->ok);
    l->ok = hl__strndup(c->mem, b->data, b->len);
    l->ok_len = l->ok ? b->len : 0;
    l->ok_cseq = cseq;
    l->repeat_gap = SIP_T1;
    l->repeat_until = c->now + SIP_LONG;
    hl__timer_set(&c->wheel, &l->repeat, c->now + SIP_T1);
}

int hl__sip_leg_new(hl__sip *c, struct sip_leg **out)
{
    struct sip_leg *l = hl__alloc(c->mem, sizeof(*l));
    struct sip_event *e = l ? hl__alloc(c->mem, sizeof(*e)) : NULL;
    if (!e) {
        hl__free(c->mem, l);
        return HL_ENOMEM;
    }
    l->core = c;
    l->ended = e;
    l->state = SIP_S_TRYING;
    l->our_dir = HL__SENDRECV;
    l->guard.fire = fire_guard;
    l->repeat.fire = fire_repeat;
    l->retry.fire = hl__sip_reneg_retry;
    l->guard.ctx = l->repeat.ctx = l->retry.ctx = l;
    l->next = c->all;
    if (c->all)
        c->all->prev = l;
    c->all = l;
    *out = l;
    return 0;
}

void hl__sip_leg_profile(struct sip_leg *l, struct sip_trunk *trunk, struct sip_phone *phone)
{
    l->trunk = trunk;
    l->phone = phone;
    l->profile = trunk ? trunk->profile : phone ? phone->profile : NULL;
    if (l->profile)
        l->profile->refs++;
    if (trunk && l->outbound)
        trunk->calls_out++;
    else if (trunk)
        trunk->calls_in++;
    if (phone)
        phone->calls++;
}

/* In core.dialogs by "Call-ID our-tag"; the key's text is kept in *key. */
int hl__sip_leg_key(struct sip_leg *l, const char *call_id, const char *tag, char **key)
{
    hl__buf b;
    hl__sip *c = l->core;
    hl__buf_init(&b, c->mem);
    hl__buf_fmt(&b, "%s %s", call_id, tag);
    char *text = hl__sip_text(c, &b);
    if (!text || hl__names_put(&c->dialogs, text, l) < 0) {
        hl__free(c->mem, text);
        return HL_ENOMEM;
    }
    *key = text;
    return 0;
}

void hl__sip_leg_free(struct sip_leg *l)
{
    hl__sip *c = l->core;
    timers_drop(l);
    if (l->id)
        hl__map_del(&c->legs, l->id);
    if (l->key)
        hl__names_del(&c->dialogs, l->key);
    if (l->merge && hl__names_get(&c->merges, l->merge) == l)
        hl__names_del(&c->merges, l->merge);
    hl__free(c->mem, l->key);
    hl__free(c->mem, l->merge);
    hl__sip_uac_free(l);
    hl__sip_dialog_free(c, &l->dialog);
    hl__sip_session_free(c, &l->session);
    hl__free(c->mem, l->ok);
    hl__free(c->mem, l->request);
    hl__free(c->mem, l->did);
    hl__free(c->mem, l->caller);
    hl__free(c->mem, l->display);
    hl__free(c->mem, l->ended);
    hl__sip_kept_free(c, &l->kept);
    hl__sip_profile_drop(c, l->profile);
    if (l->prev)
        l->prev->next = l->next;
    else
        c->all = l->next;
    if (l->next)
        l->next->prev = l->prev;
    hl__free(c->mem, l);
}

void hl__sip_leg_release(struct sip_leg *l)
{
    if (l->state == SIP_S_ENDED && l->ended_taken && l->refs == 0)
        hl__sip_leg_free(l);
}

struct sip_leg *hl__sip_leg_find(const hl__sip *c, hl_id id)
{
    return hl__map_get(&c->legs, id);
}
