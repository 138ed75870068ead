/* match.c - who talks to whom: (A) a contact looks for an agent, (B) an agent looks for a contact.
 *
 * Invariant once a command has settled: no contact waits while an agent who may have it could be offered. */
#include "acd/inner.h"
#include "base/real.h"

#define FADES (900 * (double)HL__SECOND)
#define NEVER_BUSY 1e-12
#define STREAM 20                    /* of chance */

__extension__ typedef unsigned __int128 wide;

int hl__by_of(int pick)
{
    static const int by[] = { [HL__PICK_longest_idle] = HL__BY_IDLE, [HL__PICK_round_robin] = HL__BY_ROUND,
        [HL__PICK_top_down] = HL__BY_IDLE, [HL__PICK_fewest] = HL__BY_FEWEST, [HL__PICK_least_talk] = HL__BY_TALK,
        [HL__PICK_least_occupied] = HL__BY_OCCUPIED, [HL__PICK_best_skill] = HL__BY_IDLE,
        [HL__PICK_least_flexible] = HL__BY_IDLE, [HL__PICK_weighted] = HL__BY_IDLE };

    return by[pick];
}

/* Occupancies of the idle fade alike, so their logarithms keep their distance: t + tau ln(occupancy at t). */
static int64_t occupied_key(const hl__agent *a)
{
    double share = a->occupied < NEVER_BUSY ? NEVER_BUSY : a->occupied;

    return a->occupied_at + (int64_t)(FADES * hl__ln(share));
}

/* Static while he is idle. Work in hand counts before time, so that work spreads. */
int64_t hl__pick_key(const hl__agent *a, int channel, int by)
{
    switch (by) {
    case HL__BY_ROUND: return a->last_offer;
    case HL__BY_FEWEST: return a->handled;
    case HL__BY_TALK: return a->talk_us;
    case HL__BY_OCCUPIED: return occupied_key(a);
    default: return ((int64_t)a->in_hand[channel] << 52) + a->idle_since;
    }
}

static hl__agent *preferred(hl__acd *acd, const hl__contact *c)
{
    hl__agent *a = c->prefer ? hl__map_get(&acd->agents, c->prefer) : NULL;

    if (a && hl__agent_offerable(a, (int)c->class->channel) && hl__fits(acd, c->class, a->profile))
        return a;
    return NULL;
}

/* Is he kept for another queue? more: agents about to be idle as well. A head start counts as waiting, so that within a
 * class nobody is let through before its head. */
static bool is_kept(const hl__contact *c, const hl__profile *p, int more)
{
    const hl__queue *q = c->class->queue, *v = q->reserve;

    if (!v || !hl__member_of(p, v->id))
        return false;
    if (q->conf->reserve_ms && c->until == 0)
        return false;
    return v->idle[c->class->channel] + more <= q->conf->reserve_idle;
}

bool hl__match_kept(const hl__contact *c, const hl__profile *p)
{
    return is_kept(c, p, 0);
}

static void ask_head(hl__acd *acd, hl__class *k)
{
    if (k->tree.first)
        hl__ask_contact(acd, HL__OF(hl__contact, node, k->tree.first));
}

/* Is one more idle just now than u keeps for q? */
static bool is_enough(const hl__queue *q, const hl__queue *u, int channel)
{
    return q->idle[channel] == u->conf->reserve_idle + 1;
}

/* (C): heads a reserve kept from agents of q look around when one more is idle than is kept. */
void hl__match_loosen(hl__acd *acd, const hl__queue *q, int channel)
{
    for (const hl__queue *u = q->reserver; u; u = u->next_reserver)
        for (hl__link *l = u->classes.next; l != &u->classes && is_enough(q, u, channel); l = l->next)
            ask_head(acd, HL__OF(hl__class, link, l));
}

/* What all agents of a profile are compared by before their own keys; least first. */
static int64_t prefix(const hl__acd *acd, const hl__class *k, const hl__profile *p, const hl__member *m)
{
    const uint64_t *back = &acd->fit_back[(size_t)p->index * acd->class_words];
    int64_t sum = 0;

    switch (k->queue->conf->pick) {
    case HL__PICK_top_down: return m->position;
    case HL__PICK_best_skill:
        for (uint32_t i = 0; i < p->levels; i++)
            for (uint32_t n = 0; n < k->named_n; n++)
                sum -= k->named[n] == p->level[i].skill ? p->level[i].level : 0;
        return sum;
    case HL__PICK_least_flexible:
        for (uint32_t w = 0; w < acd->class_words; w++)
            sum += __builtin_popcountll(back[w] & acd->live[w]);
        return sum;
    default: return 0;
    }
}

struct choice { hl__agent *agent, *second; int64_t tier, prefix, key; };

static void weigh(struct choice *best, hl__agent *a, const int64_t key[3])
{
    const int64_t have[3] = { best->tier, best->prefix, best->key };
    int i = 0;

    while (i < 3 && key[i] == have[i])
        i++;
    if (best->agent && (i < 3 ? key[i] > have[i] : a->id > best->agent->id)) {
        best->second = a;
        return;
    }
    *best = (struct choice){ a, best->agent, key[0], key[1], key[2] };
}

/* The first of them who is not asked for this contact already. */
static const hl__node *first_unasked(const hl__tree *t, const hl__contact *c)
{
    const hl__node *n = t->first;
    const hl__slot *s = c->ring;

    while (n && s) {
        if ((hl_id)n->id != s->agent->id) {
            s = s->peer;
            continue;
        }
        n = hl__tree_next(n);
        s = c->ring;
    }
    return n;
}

static void weigh_all(const hl__acd *acd, const hl__contact *c, struct choice *best)
{
    const hl__class *k = c->class;
    const uint64_t *fit = &acd->fit[(size_t)k->index * acd->profile_words], *idle = acd->idle[k->channel];
    int by = hl__by_of(k->queue->conf->pick);

    for (uint32_t w = 0; w < acd->profile_words; w++)
        for (uint64_t bits = fit[w] & idle[w]; bits; bits &= bits - 1) {
            const hl__profile *p = acd->profile[w * 64 + (uint32_t)__builtin_ctzll(bits)];
            const hl__member *m = hl__member_for(acd, k, p);
            const hl__node *n = first_unasked(&p->idle[k->channel][by], c);
            if (n && !is_kept(c, p, 0))
                weigh(best, hl__map_get(&acd->agents, (hl_id)n->id),
                      (int64_t[]){ hl__tier_of(k, m), prefix(acd, k, p, m), n->key });
        }
}

/* How the weights of idle agents of the least tier add up; drawn: the one at this point of the sum. */
static uint64_t weigh_lots(const hl__acd *acd, const hl__contact *c, int32_t *tier, uint64_t at, hl__agent **drawn)
{
    const hl__class *k = c->class;
    const uint64_t *fit = &acd->fit[(size_t)k->index * acd->profile_words], *idle = acd->idle[k->channel];
    uint64_t sum = 0;

    for (uint32_t w = 0; w < acd->profile_words; w++)
        for (uint64_t bits = fit[w] & idle[w]; bits; bits &= bits - 1) {
            const hl__profile *p = acd->profile[w * 64 + (uint32_t)__builtin_ctzll(bits)];
            const hl__member *m = hl__member_for(acd, k, p);
            const hl__tree *t = &p->idle[k->channel][HL__BY_IDLE];
            uint64_t part = (uint64_t)m->weight * hl__tree_size(t);
            int32_t own = hl__tier_of(k, m);
            if (own > *tier || is_kept(c, p, 0))
                continue;
            sum = own < *tier ? 0 : sum;
            *tier = own;
            if (drawn && !*drawn && at >= sum && at < sum + part)
                *drawn = hl__map_get(&acd->agents,
                                     (hl_id)hl__tree_at(t, (uint32_t)((at - sum) / (uint64_t)m->weight))->id);
            sum += part;
        }
    return sum;
}

/* Chance proportional to the weight: one number of the generator for each decision, so equal everywhere. */
static hl__agent *drawn(const hl__acd *acd, const hl__contact *c)
{
    hl__agent *a = NULL;
    int32_t tier = INT32_MAX;
    uint64_t sum = weigh_lots(acd, c, &tier, 0, NULL);
    hl__rand r;

    if (sum == 0)
        return NULL;
    hl__rand_init(&r, (int64_t)acd->core->rand.seed, STREAM, acd->offers);
    (void)weigh_lots(acd, c, &tier, (uint64_t)((wide)hl__rand_u64(&r) * sum >> 64), &a);
    return a;
}

/* Of the offerable agents of fitting profiles the least (tier, pick key, serial). Lots are drawn for the first of a
 * ring set; the others come in the order of who is idle longest. */
static hl__agent *choose(hl__acd *acd, hl__contact *c)
{
    struct choice best = { NULL, NULL, 0, 0, 0 };

    if (c->class->queue->conf->pick == HL__PICK_weighted && !c->ring)
        best.agent = drawn(acd, c);
    else
        weigh_all(acd, c, &best);
    if (!c->ring)
        c->runner = best.second ? best.second->id : 0;
    return best.agent;
}

/* Could one of the idle agents of k take the contacts of other? */
static bool competes(const hl__acd *acd, const hl__class *k, const hl__class *other)
{
    const uint64_t *fit = &acd->fit[(size_t)k->index * acd->profile_words], *idle = acd->idle[k->channel];
    const uint64_t *too = &acd->fit[(size_t)other->index * acd->profile_words];

    for (uint32_t w = 0; w < acd->profile_words; w++)
        if (fit[w] & idle[w] & too[w])
            return true;
    return false;
}

static uint32_t idle_of(const hl__contact *c, const hl__profile *p)
{
    int by = hl__by_of(c->class->queue->conf->pick);

    return is_kept(c, p, 0) ? 0 : hl__tree_size(&p->idle[c->class->channel][by]);
}

bool hl__match_idle(const hl__acd *acd, const hl__contact *c)
{
    const uint64_t *fit = &acd->fit[(size_t)c->class->index * acd->profile_words], *idle = acd->idle[c->class->channel];

    for (uint32_t w = 0; w < acd->profile_words; w++)
        for (uint64_t bits = fit[w] & idle[w]; bits; bits &= bits - 1)
            if (!is_kept(c, acd->profile[w * 64 + (uint32_t)__builtin_ctzll(bits)], 0))
                return true;
    return false;
}

/* How many may ring for it: what is idle is shared with the others that look around just now. */
static uint32_t ring_limit(const hl__acd *acd, const hl__contact *c)
{
    const hl__class *k = c->class;
    const uint64_t *fit = &acd->fit[(size_t)k->index * acd->profile_words], *idle = acd->idle[k->channel];
    uint32_t size = (uint32_t)k->queue->conf->ring_size, agents = 0, contacts = 0;

    if (size == 1)
        return 1;
    for (uint32_t w = 0; w < acd->profile_words; w++)
        for (uint64_t bits = fit[w] & idle[w]; bits; bits &= bits - 1)
            agents += idle_of(c, acd->profile[w * 64 + (uint32_t)__builtin_ctzll(bits)]);
    for (uint32_t w = 0; w < acd->class_words; w++)
        for (uint64_t bits = acd->waiting[k->channel][w]; bits; bits &= bits - 1) {
            const hl__class *other = acd->class[w * 64 + (uint32_t)__builtin_ctzll(bits)];
            if (competes(acd, k, other))
                contacts += hl__tree_size(&other->tree);
        }
    agents = contacts > 0 ? agents / contacts : agents;
    size = size == 0 || size > HL__RING_MAX ? HL__RING_MAX : size;
    return agents == 0 ? 1 : agents < size ? agents : size;
}

static hl__score score(const hl__acd *acd, const hl__contact *c)
{
    return hl__score_of(c->class->queue, (acd->core->now - c->key) / HL__US);
}

/* A membership's rank counts till the contact has waited rank_cap_ms, a head start counted: so within a class nobody is
 * before its head. */
static int32_t rank(const hl__acd *acd, const hl__contact *c, const hl__profile *p)
{
    const hl__member *m = p ? hl__member_for(acd, c->class, p) : NULL;

    if (acd->core->now - c->key >= (int64_t)c->class->queue->conf->rank_cap_ms * HL__US)
        return 0;
    return m ? m->rank : 0;
}

/* p NULL: no ranks. */
static bool sooner(const hl__acd *acd, const hl__contact *a, const hl__contact *b, const hl__profile *p)
{
    int32_t ra = rank(acd, a, p), rb = rank(acd, b, p);
    hl__score sa, sb;

    if (ra != rb)
        return ra < rb;
    sa = score(acd, a);
    sb = score(acd, b);
    if (sa != sb)
        return sa > sb;
    return a->key != b->key ? a->key < b->key : a->id < b->id;
}

/* Would he have room on that channel if this offer were taken back? */
static bool has_room_without(const hl__slot *s)
{
    const hl__agent *a = s->agent;
    const hl__capacity *cap = &a->profile->cap[s->channel];
    int own = cap->over >> s->channel & 1 ? 0 : cap->cost;

    return a->state == HL_AGENT_AVAILABLE && a->cool_until == 0 &&
        cap->cost + hl__agent_load(a, cap->over) - own <= 100 && a->in_hand[s->channel] <= (uint32_t)cap->max;
}

/* Offers of contacts for which several ring: of the widest set, the last of them made, whose agent could have c. */
static hl__slot *spare_for(const hl__acd *acd, const hl__contact *c)
{
    hl__slot *best = NULL;

    for (const hl__link *l = acd->wide.next; l != &acd->wide; l = l->next)
        for (hl__slot *s = HL__OF(const hl__contact, fresh, l)->ring; s; s = s->peer) {
            if (s->channel != (int32_t)c->class->channel || !hl__fits(acd, c->class, s->agent->profile) ||
                !has_room_without(s) || is_kept(c, s->agent->profile, s->agent->pooled >> s->channel & 1 ? 0 : 1))
                continue;
            if (!best || s->contact->rings > best->contact->rings ||
                (s->contact->rings == best->contact->rings && s->offer > best->offer))
                best = s;
        }
    return best;
}

/* (D): nobody is idle for the soonest that waits, while several ring for another: one of those offers. Its agent asks
 * for work when it is taken back. */
hl__slot *hl__match_spare(const hl__acd *acd)
{
    const hl__contact *best = NULL;
    hl__slot *spare = NULL, *s;

    if (!hl__link_in(&acd->wide) || acd->is_stale)
        return NULL;
    for (uint32_t i = 0; i < acd->class_n; i++) {
        const hl__contact *c = acd->class[i] && acd->class[i]->tree.first
            ? HL__OF(const hl__contact, node, acd->class[i]->tree.first) : NULL;
        if (c && (!best || sooner(acd, c, best, NULL)) && (s = spare_for(acd, c))) {
            best = c;
            spare = s;
        }
    }
    return spare;
}

/* (A): a contact looks for an agent, or for several who shall ring. */
void hl__match_contact(hl__acd *acd, hl__contact *c)
{
    hl__agent *a = NULL;
    uint32_t limit;

    if (!c->tree || acd->is_stale)
        return;
    if ((a = preferred(acd, c))) {
        c->runner = 0;
        hl__offer_make(acd, c, a, -1);
    } else if (c->tree == &c->class->tree) { /* else it waits for one agent alone for now */
        limit = ring_limit(acd, c);
        while (limit-- > 0 && (a = choose(acd, c)))
            hl__offer_make(acd, c, a, c->class->queue->conf->pick);
    }
    if (c->class->queue->reserve && !c->tree)
        ask_head(acd, c->class); /* what let this one through may let the next through */
}

void hl__match_more(hl__acd *acd, hl__contact *c)
{
    hl__agent *a = c->rings < HL__RING_MAX && !acd->is_stale ? choose(acd, c) : NULL;

    if (a)
        hl__offer_make(acd, c, a, c->class->queue->conf->pick);
}

/* Of the contacts that look around, the one that should come soonest: several may have come back in one step. */
hl__contact *hl__match_soonest(hl__acd *acd)
{
    hl__contact *best = HL__OF(hl__contact, fresh, acd->fresh.next);

    for (hl__link *l = acd->fresh.next->next; l != &acd->fresh; l = l->next) {
        hl__contact *c = HL__OF(hl__contact, fresh, l);
        if (sooner(acd, c, best, NULL))
            best = c;
    }
    return best;
}

/* The first in his own list whose channel he may be offered on. */
static hl__contact *own(const hl__agent *a)
{
    for (hl__node *n = a->mine.first; n; n = hl__tree_next(n)) {
        hl__contact *c = HL__OF(hl__contact, node, n);
        if (hl__agent_offerable(a, (int)c->class->channel))
            return c;
    }
    return NULL;
}

static hl__contact *best_for(hl__acd *acd, hl__agent *a)
{
    const uint64_t *fit = &acd->fit_back[(size_t)a->profile->index * acd->class_words];
    hl__contact *best = NULL;

    for (int ch = 0; ch < HL__CHANNELS; ch++) {
        if (!hl__agent_offerable(a, ch))
            continue;
        for (uint32_t w = 0; w < acd->class_words; w++)
            for (uint64_t bits = fit[w] & acd->waiting[ch][w]; bits; bits &= bits - 1) {
                hl__class *k = acd->class[w * 64 + (uint32_t)__builtin_ctzll(bits)];
                hl__contact *c = HL__OF(hl__contact, node, k->tree.first);
                if ((!best || sooner(acd, c, best, a->profile)) && !is_kept(c, a->profile, 0))
                    best = c;
            }
    }
    return best;
}

/* (B): of the heads of fitting classes the least (rank, -score, key, serial), until his capacity is full. */
void hl__match_agent(hl__acd *acd, hl__agent *a)
{
    hl__contact *c;

    hl__agent_pool(acd, a);
    while (a->pooled && !acd->is_stale) {
        c = own(a);
        if (!c)
            c = best_for(acd, a);
        if (!c) {
            hl__promise_idle(acd, a);
            return;
        }
        c->runner = 0;
        hl__offer_make(acd, c, a, c->prefer == a->id ? -1 : c->class->queue->conf->pick);
    }
}
