/* estimate.c - how long one more will wait, and what that rests on: a birth-death chain with impatience.
 *
 * Reals decide here, so only + - * / and sqrt are used: the same figure on every machine. */
#include "acd/inner.h"
#include <math.h>

/* Of handle times whose deviation is 1.3 of their mean, half-lives of 200 and of 600 contacts know the mean to 5 and to
 * 3 %: what it wavers, the estimate does. */
#define HANDLE_DECAY 0.9988454217380301 /* 0.5^(1/600) a contact */
#define HALF (1800 * (int64_t)HL__SECOND)
#define WINDOW 2048.0                    /* contacts of the bias: errors of neighbours are alike, few say little */
#define PRIOR (7500 * WINDOW)            /* ms of wait, foretold rightly */
#define Z80 0.8416212336
#define FEW 16                           /* kinds of agents for which no table is kept */
#define DIRECT 32                        /* terms added one by one; from there Euler and Maclaurin are exact enough */

void hl__stat_init(hl__stat *s, const hl__qconf *c, hl_time now)
{
    *s = (hl__stat){ .handle_sum = 10.0 * c->handle_ms, .handle_n = 10, .actual = PRIOR, .predicted = PRIOR,
        .reached = 7, .called = 10,
        .half_at = now + HALF };
}

void hl__stat_handled(hl__stat *s, double ms)
{
    s->handle_sum = s->handle_sum * HANDLE_DECAY + ms;
    s->handle_n = s->handle_n * HANDLE_DECAY + 1;
}

/* Of call-backs the share that is reached, seven of ten to begin with. */
void hl__stat_called(hl__stat *s, bool is_reached)
{
    s->reached = s->reached * HANDLE_DECAY + (is_reached ? 1 : 0);
    s->called = s->called * HANDLE_DECAY + 1;
}

void hl__stat_wait(hl__acd *acd, hl__queue *q, double wait_ms, bool has_given_up)
{
    hl__stat *s = &q->stat;

    while (s->half_at <= acd->core->now) {
        int64_t over = acd->core->now - s->half_at;
        s->gave_up /= 2;
        s->waited /= 2;
        s->half_at += over > 100 * HALF ? over - over % HALF : HALF; /* after a long silence nothing is left anyway */
    }
    s->waited += wait_ms;
    s->gave_up += has_given_up ? 1 : 0;
}

void hl__stat_served(hl__stat *s, double actual_ms, double predicted_ms)
{
    if (predicted_ms < 0)
        return; /* nobody was staffed when it came: there was no prediction */
    s->actual = s->actual * (WINDOW - 1) / WINDOW + actual_ms;
    s->predicted = s->predicted * (WINDOW - 1) / WINDOW + predicted_ms;
}

/* The integral of 1/(a + theta x)^(1 or 2) over [from, to], in pieces in which a + theta x at most doubles. */
static double integral(double a, double theta, double from, double to, int squared)
{
    double sum = 0;

    while (from < to) {
        double x = a + theta * from, end = theta > 0 ? from + x / theta : to;
        end = end < to ? end : to;
        double y = a + theta * end, z = theta * (end - from) / (x + y), zz = z * z, series = 0;
        if (squared) {
            sum += (end - from) / (x * y);
        } else {
            for (int k = 15; k >= 0; k--) /* 2 artanh z = ln(y/x) */
                series = series * zz + 1.0 / (2 * k + 1);
            sum += 2 * (end - from) / (x + y) * series;
        }
        from = end;
    }
    return sum;
}

double hl__harmonic(double a, double theta, uint32_t m, int squared)
{
    uint32_t n = m < DIRECT ? m : DIRECT - 1;
    double sum = 0, t3 = theta * theta * theta;

    for (uint32_t i = 0; i <= n; i++) {
        double f = 1 / (a + i * theta);
        sum += squared ? f * f : f;
    }
    if (m < DIRECT)
        return sum;
    double f = 1 / (a + DIRECT * theta), g = 1 / (a + m * theta), ff = f * f, gg = g * g;
    sum += integral(a, theta, DIRECT, m, squared);
    if (squared)
        return sum + (ff + gg) / 2 + theta * (ff * f - gg * g) / 6 - t3 * (ff * ff * f - gg * gg * g) / 30;
    return sum + (f + g) / 2 + theta * (ff - gg) / 12 - t3 * (ff * ff - gg * gg) / 120;
}

/* Staffed slots of the channel that both classes could have; one class twice: A(R). */
static uint32_t shared(const hl__acd *acd, const hl__class *a, const hl__class *b)
{
    const uint64_t *fa = &acd->fit[(size_t)a->index * acd->profile_words];
    const uint64_t *fb = &acd->fit[(size_t)b->index * acd->profile_words];
    uint32_t slots = 0;

    for (uint32_t w = 0; w < acd->profile_words; w++)
        for (uint64_t bits = fa[w] & fb[w]; bits; bits &= bits - 1) {
            const hl__profile *p = acd->profile[w * 64 + (uint32_t)__builtin_ctzll(bits)];
            slots += (uint32_t)(p->staffed * p->cap[a->channel].max);
        }
    return slots;
}

uint32_t hl__class_slots(hl__acd *acd, hl__class *k)
{
    if (k->staff_seen != acd->staff + 1) {
        k->slots = shared(acd, k, k);
        k->staff_seen = acd->staff + 1; /* + 1: 0 is never seen */
    }
    return k->slots;
}

bool hl__class_idle(const hl__acd *acd, const hl__class *k)
{
    const uint64_t *fit = &acd->fit[(size_t)k->index * acd->profile_words];

    for (uint32_t w = 0; w < acd->profile_words; w++)
        if (fit[w] & acd->idle[k->channel][w])
            return true;
    return false;
}

enum { SHARES_MAX = 2048 }; /* beyond, the table of a class would be larger than what it saves */

/* Of other's agents the share that could take k as well. Asked for at each entry, so kept till somebody comes or goes;
 * without memory for the table it is worked out each time. */
static double share(hl__acd *acd, hl__class *k, hl__class *other, bool is_quick)
{
    uint32_t want = acd->class_words * 64, slots = hl__class_slots(acd, other);

    if (slots == 0)
        return 0;
    if (is_quick)
        return (double)shared(acd, k, other) / slots;
    if (k->shares < want && want <= SHARES_MAX) {
        hl__free(acd->core->mem, k->share);
        k->share = hl__alloc_array(acd->core->mem, want, sizeof(*k->share));
        k->shares = k->share ? want : 0;
        k->share_seen = 0;
    }
    if (k->shares < want)
        return (double)shared(acd, k, other) / slots;
    if (k->share_seen != acd->staff + 1) {
        for (uint32_t i = 0; i < k->shares; i++)
            k->share[i] = -1;
        k->share_seen = acd->staff + 1; /* + 1: 0 is never seen */
    }
    if (k->share[other->index] < 0)
        k->share[other->index] = (double)shared(acd, k, other) / slots;
    return k->share[other->index];
}

/* Few kinds of agents may have class k: out gets their indexes. More than FEW: not worth it. */
static uint32_t few_profiles(const hl__acd *acd, const hl__class *k, uint32_t out[FEW])
{
    const uint64_t *fit = &acd->fit[(size_t)k->index * acd->profile_words];
    uint32_t n = 0;

    for (uint32_t w = 0; w < acd->profile_words; w++)
        for (uint64_t bits = fit[w]; bits; bits &= bits - 1) {
            if (n == FEW)
                return FEW + 1;
            out[n++] = w * 64 + (uint32_t)__builtin_ctzll(bits);
        }
    return n;
}

/* n: contacts before (key, id), each by the share of its agents that could also take class k. Of few kinds of agents
 * the classes that compete are seen at once; else all that wait are asked, with what is known kept in a table. Who is
 * to be called back counts by the share that is reached. */
double hl__ahead(hl__acd *acd, hl__class *k, int64_t key, uint64_t id)
{
    uint32_t few[FEW], kinds = few_profiles(acd, k, few);
    double n = 0;

    for (uint32_t w = 0; w < acd->class_words; w++) {
        uint64_t bits = kinds > FEW ? UINT64_MAX : 0;
        for (uint32_t i = 0; i < kinds && kinds <= FEW; i++)
            bits |= acd->fit_back[(size_t)few[i] * acd->class_words + w];
        for (bits &= acd->waiting[k->channel][w] | acd->parked[k->channel][w]; bits; bits &= bits - 1) {
            hl__class *other = acd->class[w * 64 + (uint32_t)__builtin_ctzll(bits)];
            const hl__stat *s = &other->queue->stat;
            double before = hl__tree_rank(&other->tree, key, id);
            if (other->parked.first)
                before += s->reached / s->called * hl__tree_rank(&other->parked, key, id);
            if (before > 0)
                n += other == k ? before : share(acd, k, other, kinds <= FEW) * before;
        }
    }
    return n;
}

static int32_t whole(double ms)
{
    return ms >= 2147483647.0 ? INT32_MAX : (int32_t)(ms + 0.5);
}

/* Fills in mean, p50 and p80 from the five figures they rest on; patience 0: nobody ever gives up. */
void hl__predict(hl_estimate *e)
{
    double a = e->agents / e->handle_ms, theta = e->patience_ms > 0 ? 1 / e->patience_ms : 0, mean, var, f, last, root;
    uint32_t m = (uint32_t)e->ahead;

    f = e->ahead - m;
    last = 1 / (a + (m + 1) * theta);
    mean = hl__harmonic(a, theta, m, 0) + f * last;
    var = hl__harmonic(a, theta, m, 1) + f * last * last;
    root = sqrt(var) / mean; /* 1 / sqrt(k), k = mean^2 / var */
    mean *= e->bias;
    f = 1 - root * root / 9;
    e->mean_ms = whole(mean);
    e->p50_ms = whole(mean * f * f * f);
    f += Z80 * root / 3;
    e->p80_ms = whole(mean * f * f * f);
}

/* What a queue's waits and talks were like. */
static void from_stat(const hl__queue *q, hl_estimate *out)
{
    const hl__stat *s = &q->stat;
    double bias = s->actual / s->predicted;

    out->handle_ms = s->handle_sum / s->handle_n;
    out->patience_ms = (5.0 * q->conf->patience_ms + s->waited) / (5 + s->gave_up);
    out->bias = bias < 0.5 ? 0.5 : bias > 2 ? 2 : bias;
    out->ahead = 0;
}

void hl__estimate_class(hl__acd *acd, hl__class *k, int64_t key, uint64_t id, hl_estimate *out)
{
    from_stat(k->queue, out);
    out->agents = hl__class_slots(acd, k);
    out->mean_ms = out->p50_ms = out->p80_ms = out->agents > 0 ? 0 : -1;
    if (out->agents <= 0 || hl__class_idle(acd, k))
        return;
    out->ahead = hl__ahead(acd, k, key, id);
    hl__predict(out);
}

/* Without a class there is nobody of that kind: then all agents of the queue count, and all who wait are ahead. */
void hl__estimate_queue(hl__acd *acd, hl__queue *q, hl_estimate *out)
{
    int channel = __builtin_ctz(q->conf->channels);
    hl__class *k = hl__class_find(acd, q, channel);
    bool is_idle = false;

    if (k) {
        hl__estimate_class(acd, k, acd->core->now, UINT64_MAX, out);
        return;
    }
    from_stat(q, out);
    out->agents = 0;
    for (uint32_t i = 0; i < q->profiles; i++) {
        const hl__profile *p = acd->profile[q->profile[i]];
        if (!p)
            continue;
        out->agents += (double)p->staffed * p->cap[channel].max;
        is_idle = is_idle || (acd->idle[channel][p->index / 64] >> (p->index % 64) & 1);
    }
    out->mean_ms = out->p50_ms = out->p80_ms = out->agents > 0 ? 0 : -1;
    if (out->agents <= 0 || is_idle)
        return;
    out->ahead = q->waiting;
    hl__predict(out);
}

int hl__contact_place(const hl__queue *q, int64_t key, uint64_t id)
{
    return (int)hl__tree_rank(&q->order, key, id) + 1;
}
