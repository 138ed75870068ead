/* promise.c - call-backs: who may hang up and keeps the place, when the number is dialled, what becomes of the promise.
 *
 * The key is the place. Away, a contact stands in one of three trees: asleep, before its window, in the gap after a
 * call that was missed, and while its queue is closed; parked, customer first, till its turn is near; and, agent first,
 * in its class's own tree, where it is matched like any other. In all three it keeps its place among those who wait.
 *
 *   promised -> parked -turn near-> calling -reached-> waiting, first in line
 *                  ^                   |
 *                  +---gap---missed----+--last try, or `until` is over--> broken */
#include "acd/inner.h"

#define CALL (120 * (hl_time)HL__SECOND)      /* a call that nobody tells the end of is missed */
#define AGAIN (60 * (hl_time)HL__SECOND)      /* nobody is staffed: asked again; who comes asks as well */
#define HOUR (3600 * (hl_time)HL__SECOND)     /* a calendar that cannot tell is asked again */
#define DAY (24 * HOUR)
enum { TRIES = 3, TRIES_MAX = 100, GAP_MS = 300000, GAP_MAX_MS = 7 * 86400000, NOTE_MAX = 1000 };

bool hl__promise_away(const hl__contact *c)
{
    return c->promise && !c->leg;
}

void hl__promise_free(hl__acd *acd, hl__promise *p)
{
    if (!p)
        return;
    hl__free(acd->core->mem, p->number);
    hl__free(acd->core->mem, p->note);
    hl__free(acd->core->mem, p);
}

static void tell(hl__acd *acd, const hl__contact *c, int code)
{
    hl_event ev = { .type = HL_EV_CALLBACK, .contact = c->id, .queue = c->class->queue->id, .ref = c->leg,
        .code = code, .text = c->promise->number };

    hl__acd_emit(acd, ev);
}

/* Agents who could take it now, whom no reserve keeps from it. */
static uint32_t idle_for(const hl__acd *acd, const hl__contact *c)
{
    const hl__class *k = c->class;
    const uint64_t *fit = &acd->fit[(size_t)k->index * acd->profile_words], *idle = acd->idle[k->channel];
    int by = hl__by_of(k->queue->conf->pick);
    uint32_t n = 0;

    if (!hl__match_idle(acd, c))
        return 0;
    for (uint32_t w = 0; w < acd->profile_words; w++)
        for (uint64_t bits = fit[w] & idle[w]; bits; bits &= bits - 1)
            n += hl__tree_size(&acd->profile[w * 64 + (uint32_t)__builtin_ctzll(bits)]->idle[k->channel][by]);
    return n;
}

/* How long till its turn: half of the chances are below. Who is idle is for the first of them; so not all are dialled
 * at once because one agent has nothing to do. -1: nobody is staffed. */
static int32_t turn_ms(hl__acd *acd, const hl__contact *c)
{
    hl_estimate e = HL_ESTIMATE_INIT;
    double idle = idle_for(acd, c);

    hl__estimate_class(acd, c->class, c->key, (uint64_t)c->id, &e);
    if (e.agents <= 0)
        return -1;
    e.ahead = hl__ahead(acd, c->class, c->key, (uint64_t)c->id);
    if (e.ahead <= idle - 1)
        return 0;
    e.ahead = e.ahead > idle ? e.ahead - idle : 0;
    hl__predict(&e);
    return e.p50_ms;
}

static hl_time opening(hl__acd *acd, const hl__queue *q)
{
    hl_time at;

    if (hl__calendar_next_open(acd->cal, hl__calendar_find(acd->cal, q->conf->hours), acd->core->now, &at) < 0)
        return acd->core->now + HOUR;
    return at;
}

static hl_time closing(hl__acd *acd, const hl__queue *q)
{
    hl_id hours = q->conf->hours ? hl__calendar_find(acd->cal, q->conf->hours) : 0;
    hl_time at;

    if (!hours)
        return HL__NEVER;
    if (hl__calendar_next_close(acd->cal, hours, acd->core->now, &at) < 0)
        return acd->core->now + HOUR;
    return at;
}

/* At half the time that remains, so that 10,000 who are far from their turn cost little. */
static hl_time next_look(hl__acd *acd, const hl__contact *c)
{
    int32_t ms = turn_ms(acd, c), lead = c->class->queue->conf->lead_ms;
    hl_time half;

    if (ms < 0)
        return acd->core->now + AGAIN;
    if (ms <= lead)
        return acd->core->now;
    half = (ms - lead) * (hl_time)HL__US / 2;
    return acd->core->now + (half > HL__SECOND ? half : HL__SECOND);
}

/* What it waits for while it is parked, and where. */
static hl__tree *place(hl__acd *acd, hl__contact *c, hl_time *look)
{
    hl__class *k = c->class;

    if (c->promise->again > acd->core->now) {
        *look = c->promise->again;
        return &acd->asleep;
    }
    if (hl__queue_closed(acd, k->queue)) {
        *look = opening(acd, k->queue);
        return &acd->asleep;
    }
    if (c->promise->mode == HL_PROMISE_AGENT_FIRST) {
        *look = closing(acd, k->queue);
        return NULL;
    }
    *look = next_look(acd, c);
    return &k->parked;
}

hl__tree *hl__promise_rest(hl__acd *acd, hl__contact *c)
{
    hl__class *k = c->class;
    hl__tree *tree = &k->parked;
    hl_time look;

    if (!hl__promise_away(c))
        return NULL;
    if (c->state == HL_CONTACT_PARKED) {
        tree = place(acd, c, &look);
        c->promise->look = look < c->promise->until ? look : c->promise->until;
    }
    if (tree == &k->parked)
        acd->parked[k->channel][k->index / 64] |= UINT64_C(1) << (k->index % 64);
    return tree;
}

hl_time hl__promise_at(const hl__contact *c)
{
    bool is_called = c->state == HL_CONTACT_CALLING || c->state == HL_CONTACT_CONNECTING;

    return hl__promise_away(c) && (is_called || c->state == HL_CONTACT_PARKED) ? c->promise->look : 0;
}

static int due(hl__acd *acd, const hl__contact *c)
{
    hl_time look;

    if (c->state != HL_CONTACT_PARKED)
        return HL__DO_MISSED;
    if (c->promise->until <= acd->core->now)
        return HL__DO_BREAK;
    if (c->tree == &c->class->parked && !hl__queue_closed(acd, c->class->queue)) {
        look = next_look(acd, c);
        return look <= acd->core->now ? HL__DO_CALL : HL__DO_REST;
    }
    return HL__DO_REST;
}

bool hl__promise_fire(hl__acd *acd, hl__contact *c)
{
    hl_time at = hl__promise_at(c);

    if (!at || at > acd->core->now)
        return false;
    (void)hl__contact_do(acd, c, due(acd, c), NULL); /* each is a row of its state */
    return true;
}

void hl__promise_look(hl__acd *acd, hl__contact *c)
{
    if (c->state != HL_CONTACT_PARKED)
        return;
    c->promise->look = acd->core->now;
    hl__contact_timer(acd, c);
}

/* The first of them that is not being called looks whether its turn has come. */
static void wake(hl__acd *acd, const hl__class *k)
{
    hl__node *n = k->parked.first;

    while (n && HL__OF(hl__contact, node, n)->state != HL_CONTACT_PARKED)
        n = hl__tree_next(n);
    if (n)
        hl__promise_look(acd, HL__OF(hl__contact, node, n));
}

void hl__promise_idle(hl__acd *acd, const hl__agent *a)
{
    const uint64_t *fit = &acd->fit_back[(size_t)a->profile->index * acd->class_words];

    for (uint32_t ch = 0; ch < HL__CHANNELS; ch++)
        for (uint32_t w = 0; w < acd->class_words && a->pooled >> ch & 1; w++)
            for (uint64_t bits = fit[w] & acd->parked[ch][w]; bits; bits &= bits - 1)
                wake(acd, acd->class[w * 64 + (uint32_t)__builtin_ctzll(bits)]);
}

void hl__promise_begin(hl__acd *acd, hl__contact *c, hl__promise *p)
{
    if (!c->promise) { /* else other terms for the same promise */
        hl__stat_wait(acd, c->class->queue, (double)((acd->core->now - c->queued) / HL__US), false);
        hl__figures_promised(acd, c);
    }
    hl__promise_free(acd, c->promise);
    c->promise = p;
    tell(acd, c, HL_CALLBACK_PROMISED);
    c->leg = 0;
    c->lost_ms = 0;
    c->until = c->prefer_at = c->step_at = c->say_at = 0; /* nobody listens */
}

/* In another queue it is promised anew. */
void hl__promise_moved(hl__acd *acd, hl__contact *c)
{
    if (!c->promise)
        return;
    if (hl__promise_away(c))
        c->prefer_at = c->step_at = 0;
    hl__figures_promised(acd, c);
    tell(acd, c, HL_CALLBACK_PROMISED);
}

void hl__promise_due(hl__acd *acd, hl__contact *c)
{
    if (hl__promise_away(c))
        tell(acd, c, HL_CALLBACK_DUE);
}

void hl__promise_calling(hl__acd *acd, hl__contact *c)
{
    c->promise->look = acd->core->now + CALL;
    tell(acd, c, HL_CALLBACK_CALLING);
    wake(acd, c->class);
}

/* On the line its wait begins anew, for those who ask how long a party has been holding on. */
void hl__promise_reached(hl__acd *acd, hl__contact *c, hl_id leg)
{
    c->leg = leg;
    c->queued = acd->core->now;
    c->step_at = hl__rule_at(acd, c);
    hl__stat_called(&c->class->queue->stat, true);
    tell(acd, c, HL_CALLBACK_REACHED);
}

void hl__promise_missed(hl__acd *acd, hl__contact *c)
{
    hl__stat_called(&c->class->queue->stat, false);
    c->promise->tried++;
    tell(acd, c, HL_CALLBACK_MISSED);
    c->promise->again = acd->core->now + c->promise->gap_ms * (hl_time)HL__US;
    wake(acd, c->class);
}

bool hl__promise_tries(const hl__acd *acd, const hl__contact *c)
{
    (void)acd; /* a matter of the promise alone */
    return hl__promise_away(c) && c->promise->tried + 1 < c->promise->tries;
}

void hl__promise_over(hl__acd *acd, hl__contact *c, int code)
{
    hl__queue *q = c->class->queue;

    if (!c->promise)
        return;
    tell(acd, c, code);
    if (code == HL_CALLBACK_KEPT)
        hl__figures_add(acd, q, HL__N_kept, 1);
    else if (code == HL_CALLBACK_BROKEN)
        hl__figures_add(acd, q, HL__N_broken, 1);
    hl__promise_free(acd, c->promise);
    c->promise = NULL;
    wake(acd, c->class);
}

/* The end of the next opening day: that of the first date after today's which opens at all. */
static bool day_end(hl__acd *acd, hl_id hours, hl_time *out)
{
    hl_calendar_span row = HL_CALENDAR_SPAN_INIT;
    hl_time now = acd->core->now, end = 0;
    int32_t today = 0, date = 0;

    row.start = now - DAY;
    while (hl__calendar_span_next(acd->cal, hours, &row) == 1 && (!date || row.date == date)) {
        if (row.start <= now) {
            today = row.end > now ? row.date : 0;
        } else if (row.date != today) {
            date = row.date;
            end = row.end;
        }
    }
    *out = end;
    return end > now;
}

static hl_time plain_until(hl__acd *acd, const hl__queue *q)
{
    hl_id hours = q->conf->hours ? hl__calendar_find(acd->cal, q->conf->hours) : 0;
    hl_time now = acd->core->now, end = now + 2 * DAY;
    hl_local at = HL_LOCAL_INIT;

    if (hours && day_end(acd, hours, &end))
        return end;
    end = now - now % DAY + 2 * DAY;
    if (!q->conf->zone || !acd->cal || hl__zone_local(acd->cal, q->conf->zone, now + 2 * DAY, &at) < 0)
        return end;
    at.hour = at.minute = at.second = 0;
    if (hl__zone_time(acd->cal, q->conf->zone, &at, 0, &end) < 0 || end <= now)
        end = now + 2 * DAY;
    return end;
}

static int window_ok(hl__acd *acd, const hl_promise *in)
{
    if (in->from < 0 || in->until < 0 || (in->until && (in->until <= acd->core->now || in->until <= in->from)))
        return hl__fail(acd->core->err, HL_EINVAL, "the window of the call-back is over before it begins");
    if (in->tries < 0 || in->tries > TRIES_MAX || in->gap_ms < 0 || in->gap_ms > GAP_MAX_MS)
        return hl__fail(acd->core->err, HL_EINVAL, "at most %d tries, a week apart", TRIES_MAX);
    return 0;
}

static bool is_empty(const char *text)
{
    return !text || !text[0];
}

static int valid(hl__acd *acd, const hl__class *k, const char *number, const hl_promise *in)
{
    hl__err *err = acd->core->err;

    if (in->mode != HL_PROMISE_CUSTOMER_FIRST && in->mode != HL_PROMISE_AGENT_FIRST)
        return hl__fail(err, HL_EINVAL, "%d is no way to call back", in->mode);
    if ((in->number && !hl__text_ok(in->number, 63)) || (in->note && !hl__text_ok(in->note, NOTE_MAX)))
        return hl__fail(err, HL_EINVAL, "number and note are texts of at most 63 and %d bytes", NOTE_MAX);
    if (is_empty(in->number) && is_empty(number))
        return hl__fail(err, HL_EINVAL, "there is no number to call back");
    if (k->channel != HL_CHANNEL_VOICE)
        return hl__fail(err, HL_EINVAL, "who waits for %s is not called back", hl__acd_channels[k->channel]);
    return window_ok(acd, in);
}

/* number: the contact's own. What the settings of the queue leave open is filled in. */
int hl__promise_make(hl__acd *acd, const hl__class *k, const char *number, const hl_promise *in, hl__promise **out)
{
    hl__promise *p;
    int r = valid(acd, k, number, in);

    if (r < 0)
        return r;
    if (!(p = hl__alloc(acd->core->mem, sizeof(*p))))
        return HL_ENOMEM;
    *p = (hl__promise){ .mode = in->mode, .tries = in->tries ? in->tries : TRIES,
        .gap_ms = in->gap_ms ? in->gap_ms : GAP_MS, .from = in->from, .again = in->from };
    p->until = in->until ? in->until : plain_until(acd, k->queue);
    if (!in->until && p->until <= p->from)
        p->until = p->from + DAY;
    p->number = hl__strdup(acd->core->mem, is_empty(in->number) ? number : in->number);
    p->note = hl__strdup(acd->core->mem, in->note ? in->note : "");
    if (p->number && p->note) {
        *out = p;
        return 0;
    }
    hl__promise_free(acd, p);
    return HL_ENOMEM;
}

static int named(hl__acd *acd, hl_id contact, hl__contact **out)
{
    int r = hl__acd_ready(acd);

    if (r < 0)
        return r;
    *out = hl__contact_find(acd, contact);
    return *out ? 0 : hl__fail(acd->core->err, HL_ENOENT, "no such contact in a queue");
}

static int act(hl__acd *acd, hl__contact *c, int stimulus, const hl__with *with, const char *what)
{
    if (hl__contact_do(acd, c, stimulus, with) < 0)
        return hl__fail(acd->core->err, HL_ESTATE, "%s: the contact is %s", what,
                        hl__acd_word(HL__WORD_CONTACT, c->state));
    hl__acd_settle(acd);
    return 0;
}

int hl__acd_promise(hl__acd *acd, hl_id contact, const hl_promise *in)
{
    hl__with with = { 0 };
    hl__contact *c;
    int r;

    if ((r = named(acd, contact, &c)) < 0 ||
        (r = hl__promise_make(acd, c->class, c->number, in, &with.promise)) < 0)
        return r;
    if ((r = act(acd, c, HL__DO_PROMISE, &with, "promise")) < 0)
        hl__promise_free(acd, with.promise);
    return r;
}

int hl__acd_reached(hl__acd *acd, hl_id contact, hl_id leg)
{
    hl__with with = { .leg = leg };
    hl__contact *c;
    int r = named(acd, contact, &c);

    if (r == 0 && leg <= 0)
        r = hl__fail(acd->core->err, HL_EINVAL, "who was reached has a leg");
    return r < 0 ? r : act(acd, c, HL__DO_REACHED, &with, "reached");
}

int hl__acd_missed(hl__acd *acd, hl_id contact)
{
    hl__contact *c;
    int r = named(acd, contact, &c);

    return r < 0 ? r : act(acd, c, HL__DO_MISSED, NULL, "missed");
}

int hl__acd_promised(hl__acd *acd, hl_id contact, hl_promise *out)
{
    const hl__contact *c = hl__contact_find(acd, contact);
    const hl__promise *p = c ? c->promise : NULL;

    if (!p)
        return 0;
    *out = (hl_promise){ sizeof(*out), p->mode, p->from, p->until, p->tried, p->gap_ms, p->number, p->note };
    return 1;
}
