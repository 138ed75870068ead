/* match.c - who talks to whom: (A) a contact looks for an agent, (B) an agent looks for a contact.
 *
 * Invariant once a command has settled: no contact waits while an agent who may have it could be offered. */
#include "acd/inner.h"

__extension__ typedef __int128 score_t;

int hl__by_of(int pick)
{
    static const int by[] = { [HL__PICK_longest_idle] = HL__BY_IDLE, [HL__PICK_round_robin] = HL__BY_ROUND,
        [HL__PICK_top_down] = HL__BY_IDLE, [HL__PICK_fewest] = HL__BY_FEWEST, [HL__PICK_least_talk] = HL__BY_TALK };

    return by[pick];
}

/* Static while he is idle. Work in hand counts before time, so that work spreads. */
int64_t hl__pick_key(const hl__agent *a, int channel, int by)
{
    switch (by) {
    case HL__BY_ROUND: return a->last_offer;
    case HL__BY_FEWEST: return a->handled;
    case HL__BY_TALK: return a->talk_us;
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

struct choice { hl__agent *agent, *second; int64_t prefix[2], key; };

static void weigh(struct choice *best, hl__agent *a, const hl__member *m, int pick, int64_t key)
{
    int64_t position = pick == HL__PICK_top_down ? m->position : 0;
    bool is_better = !best->agent || m->tier < best->prefix[0];

    if (best->agent && m->tier == best->prefix[0]) {
        if (position != best->prefix[1])
            is_better = position < best->prefix[1];
        else
            is_better = key != best->key ? key < best->key : a->id < best->agent->id;
    }
    if (!is_better) {
        best->second = a;
        return;
    }
    *best = (struct choice){ a, best->agent, { m->tier, position }, key };
}

/* (A): of the offerable agents of fitting profiles the least (tier, pick key, serial). */
void hl__match_contact(hl__acd *acd, hl__contact *c)
{
    const hl__class *k = c->class;
    const uint64_t *fit = &acd->fit[(size_t)k->index * acd->profile_words], *idle = acd->idle[k->channel];
    int pick = k->queue->conf->pick, by = hl__by_of(pick);
    struct choice best = { NULL, NULL, { 0, 0 }, 0 };
    hl__agent *a;

    if (c->state != HL_CONTACT_WAITING || acd->is_stale)
        return;
    if ((a = preferred(acd, c))) {
        c->runner = 0;
        hl__offer_make(acd, c, a, -1);
        return;
    }
    if (c->tree != &k->tree)
        return; /* for now it waits for one agent alone */
    for (uint32_t w = 0; w < acd->profile_words; w++)
        for (uint64_t bits = fit[w] & idle[w]; bits; bits &= bits - 1) {
            hl__profile *p = acd->profile[w * 64 + (uint32_t)__builtin_ctzll(bits)];
            hl__node *n = p->idle[k->channel][by].first;
            if (n)
                weigh(&best, hl__map_get(&acd->agents, (hl_id)n->id), hl__member_of(p, k->queue->id), pick, n->key);
        }
    if (!best.agent)
        return;
    c->runner = best.second ? best.second->id : 0;
    hl__offer_make(acd, c, best.agent, pick);
}

static score_t score(const hl__acd *acd, const hl__contact *c)
{
    int64_t x = (acd->core->now - c->key) / HL__US;

    return (score_t)c->class->queue->conf->slope * x;
}

/* A membership's rank counts till the contact has waited rank_cap_ms, a head start counted: so within a class nobody is
 * before its head. */
static int32_t rank(const hl__acd *acd, const hl__contact *c, const hl__profile *p)
{
    const hl__member *m = p ? hl__member_of(p, c->class->queue->id) : NULL;

    if (acd->core->now - c->key >= (int64_t)c->class->queue->conf->rank_cap_ms * HL__US)
        return 0;
    return m ? m->rank : 0;
}

/* p NULL: no ranks. */
static bool sooner(const hl__acd *acd, const hl__contact *a, const hl__contact *b, const hl__profile *p)
{
    int32_t ra = rank(acd, a, p), rb = rank(acd, b, p);
    score_t sa, sb;

    if (ra != rb)
        return ra < rb;
    sa = score(acd, a);
    sb = score(acd, b);
    if (sa != sb)
        return sa > sb;
    return a->key != b->key ? a->key < b->key : a->id < b->id;
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
                if (!best || sooner(acd, c, best, a->profile))
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
        if (!c)
            return;
        c->runner = 0;
        hl__offer_make(acd, c, a, c->prefer == a->id ? -1 : c->class->queue->conf->pick);
    }
}
