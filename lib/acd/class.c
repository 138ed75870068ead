/* class.c - interning: equal requirements become one class, equal agents one profile; settings taken over. */
#include "acd/inner.h"
#include <string.h>

enum { KEY = 128 };

const hl__member *hl__member_of(const hl__profile *p, hl_id queue)
{
    uint32_t low = 0, high = p->members;

    while (low < high) {
        uint32_t mid = (low + high) / 2;
        if (p->member[mid].queue < queue)
            low = mid + 1;
        else
            high = mid;
    }
    return low < p->members && p->member[low].queue == queue ? &p->member[low] : NULL;
}

void hl__class_free(hl__acd *acd, hl__class *k)
{
    if (!k)
        return;
    hl__expr_free(k->expr);
    hl__free(acd->core->mem, k->key);
    hl__free(acd->core->mem, k->need);
    hl__free(acd->core->mem, k->facts);
    hl__data_free(acd->core->mem, &k->data);
    hl__free(acd->core->mem, k->share);
    hl__free(acd->core->mem, k->named);
    hl__free(acd->core->mem, k);
}

void hl__class_ref(hl__acd *acd, hl__class *k, int n)
{
    uint64_t bit = UINT64_C(1) << (k->index % 64);

    k->refs += (uint32_t)n;
    if (k->refs > 0)
        acd->live[k->index / 64] |= bit;
    else
        acd->live[k->index / 64] &= ~bit;
}

void hl__class_drop(hl__acd *acd, hl__class *k)
{
    hl__names_del(&acd->class_names, k->key);
    hl__link_del(&k->link);
    acd->class[k->index] = NULL;
    for (uint32_t i = 0; i < acd->profile_n; i++)
        acd->fit_back[(size_t)i * acd->class_words + k->index / 64] &= ~(UINT64_C(1) << (k->index % 64));
    hl__class_free(acd, k);
}

int hl__class_sweep(hl__acd *acd)
{
    int freed = 0;

    for (uint32_t i = 0; i < acd->class_n; i++)
        if (acd->class[i] && acd->class[i]->refs == 0) {
            hl__class_drop(acd, acd->class[i]);
            freed++;
        }
    return freed;
}

/* A free index; classes nobody is in make room before anything grows. */
static int class_index(hl__acd *acd, uint32_t *out)
{
    int r;

    if (acd->class_n == acd->class_words * 64)
        (void)hl__class_sweep(acd); /* the loop sees what became free */
    for (uint32_t i = 0; acd->class_n == acd->class_words * 64 && i < acd->class_n; i++)
        if (!acd->class[i]) {
            *out = i;
            return 0;
        }
    if (acd->class_n >= HL__ACD_MAX)
        return hl__fail(acd->core->err, HL_ELIMIT, "%d different requirements are waiting", HL__ACD_MAX);
    if ((r = hl__fit_room(acd, acd->class_n + 1, acd->profile_n)) < 0 ||
        (r = hl__grow(acd->core->mem, &acd->class, &acd->class_room, acd->class_n, sizeof(*acd->class))) < 0)
        return r;
    *out = acd->class_n;
    return 0;
}

/* The name of a class: six bits of its queue's id a character, then channel, step, need and facts, which begin with a
 * brace if there are any. Room for short ones in out, as it is asked for with every contact; longer in long_one. */
static const char *class_key(const hl__queue *q, const char *tail, const hl__want *want, char out[KEY],
                             hl__buf *long_one)
{
    const char *need = want && want->need ? want->need : "", *facts = want && want->data ? want->data : "";
    size_t n = 0, len = strlen(need), more = strlen(facts);

    for (uint64_t id = (uint64_t)q->id; id; id >>= 6)
        out[n++] = (char)('0' + (id & 63));
    out[n++] = tail[0];
    out[n++] = tail[1];
    out[n] = 0;
    if (n + len + 1 + more < KEY) {
        memcpy(out + n, need, len);
        out[n + len] = '\n'; /* a need cannot pass for facts */
        memcpy(out + n + len + (more > 0), facts, more + 1);
        return out;
    }
    hl__buf_fmt(long_one, "%s%s%s%s", out, need, more > 0 ? "\n" : "", facts);
    return long_one->failed ? NULL : long_one->data;
}

hl__class *hl__class_find(const hl__acd *acd, const hl__queue *q, int channel)
{
    const char tail[2] = { (char)('A' + channel), '0' };
    char small[KEY];

    return hl__names_get(&acd->class_names, class_key(q, tail, NULL, small, NULL)); /* short: no buffer */
}

/* All of it that its want says; in no table yet. */
static int class_new(hl__acd *acd, const char *key, const hl__want *want, hl__class **out)
{
    const char *need = want && want->need ? want->need : "", *facts = want && want->data ? want->data : "";
    hl__mem *mem = acd->core->mem;
    hl__class *k = hl__alloc(mem, sizeof(*k));
    int r = HL_ENOMEM;

    if (!k)
        return r;
    if (!(k->key = hl__strdup(mem, key)) || !(k->need = hl__strdup(mem, need)) ||
        !(k->facts = hl__strdup(mem, facts)) ||
        (facts[0] && !(k->data.json = hl__json_read(facts, strlen(facts), NULL))))
        goto out;
    if ((need[0] && (r = hl__need_compile(acd, need, &k->expr)) < 0) ||
        (r = hl__data_bind(acd, "contact", &k->data)) < 0)
        goto out;
    *out = k;
    return 0;
out:
    hl__class_free(acd, k);
    return r;
}

int hl__class_get(hl__acd *acd, hl__queue *q, int channel, uint32_t step, const hl__want *want, hl__class **out)
{
    const char tail[2] = { (char)('A' + channel), (char)('0' + step) };
    char small[KEY];
    const char *key;
    hl__class *k = NULL;
    hl__buf buf;
    int r = HL_ENOMEM;

    hl__buf_init(&buf, acd->core->mem);
    if (!(key = class_key(q, tail, want, small, &buf)))
        goto out;
    if ((*out = hl__names_get(&acd->class_names, key))) {
        r = 0;
        goto out;
    }
    if ((r = class_new(acd, key, want, &k)) < 0)
        goto out;
    k->queue = q;
    k->step = step;
    if ((r = hl__class_names(acd, k)) < 0 || (r = class_index(acd, &k->index)) < 0 ||
        (r = hl__names_put(&acd->class_names, k->key, k)) < 0)
        goto out;
    k->channel = (uint32_t)channel;
    hl__link_init(&k->link);
    hl__link_add(&q->classes, &k->link);
    acd->class[k->index] = k;
    acd->staff++; /* shares of who had this index before hold no longer */
    if (k->index == acd->class_n)
        acd->class_n++;
    hl__fit_class(acd, k);
    *out = k;
    k = NULL;
    r = 0;
out:
    hl__class_free(acd, k);
    hl__buf_free(&buf);
    return r;
}

static void profile_key(const hl__profile *p, hl__buf *key)
{
    for (int i = 0; i < HL__CHANNELS; i++)
        hl__buf_fmt(key, "%d.%d.%u,", p->cap[i].max, p->cap[i].cost, p->cap[i].over);
    for (uint32_t i = 0; i < p->members; i++)
        hl__buf_fmt(key, ";%lld:%d:%d:%d:%d", (long long)p->member[i].queue, p->member[i].tier, p->member[i].rank,
                    p->member[i].position, p->member[i].weight);
    for (uint32_t i = 0; i < p->levels; i++)
        hl__buf_fmt(key, "/%u=%d", p->level[i].skill, p->level[i].level);
    if (p->data.json)
        (void)hl__json_canonical(key, p->data.json); /* memory is seen by key->failed */
}

void hl__profile_free(hl__acd *acd, hl__profile *p)
{
    if (!p)
        return;
    hl__free(acd->core->mem, p->key);
    hl__free(acd->core->mem, p->member);
    hl__free(acd->core->mem, p->level);
    hl__data_free(acd->core->mem, &p->data);
    hl__free(acd->core->mem, p->kept);
    hl__free(acd->core->mem, p);
}

static int profile_fill(hl__acd *acd, const hl__aconf *conf, hl__profile *p)
{
    const hl__capacities *cap = conf->capacity ? hl__names_get(&acd->capacities, conf->capacity) : NULL;
    hl__mem *mem = acd->core->mem;

    memcpy(p->cap, cap ? cap->of : hl__capacity_plain, sizeof(p->cap));
    if ((conf->members && !(p->member = hl__alloc_array(mem, conf->members, sizeof(*p->member)))) ||
        (conf->levels && !(p->level = hl__alloc_array(mem, conf->levels, sizeof(*p->level)))))
        return HL_ENOMEM;
    for (uint32_t i = 0; i < conf->members; i++)
        if (hl__map_get(&acd->queues, conf->member[i].queue))
            p->member[p->members++] = conf->member[i];
    p->data.json = conf->data ? hl__json_keep(conf->data) : NULL;
    for (uint32_t i = 0; i < conf->levels; i++)
        p->level[p->levels++] = conf->level[i];
    return 0;
}

static int profile_index(hl__acd *acd, uint32_t *out)
{
    int r;

    for (uint32_t i = 0; i < acd->profile_n; i++)
        if (!acd->profile[i]) {
            *out = i;
            return 0;
        }
    if (acd->profile_n >= HL__ACD_MAX)
        return hl__fail(acd->core->err, HL_ELIMIT, "more than %d different agents", HL__ACD_MAX);
    if ((r = hl__fit_room(acd, acd->class_n, acd->profile_n + 1)) < 0 ||
        (r = hl__grow(acd->core->mem, &acd->profile, &acd->profile_room, acd->profile_n, sizeof(*acd->profile))) < 0)
        return r;
    *out = acd->profile_n;
    return 0;
}

/* The profile agents of these settings share; a new one fits nothing till hl__acd_rebuild() asks every class. */
int hl__profile_get(hl__acd *acd, const hl__aconf *conf, hl__profile **out)
{
    hl__profile *p = hl__alloc(acd->core->mem, sizeof(*p)), *known;
    hl__buf key;
    int r = HL_ENOMEM;

    hl__buf_init(&key, acd->core->mem);
    if (!p || (r = profile_fill(acd, conf, p)) < 0)
        goto out;
    profile_key(p, &key);
    r = HL_ENOMEM;
    if (key.failed)
        goto out;
    if ((known = hl__names_get(&acd->profile_names, key.data))) {
        *out = known;
        r = 0;
        goto out;
    }
    if (!(p->key = hl__strdup(acd->core->mem, key.data)) || (r = profile_index(acd, &p->index)) < 0 ||
        (r = hl__names_put(&acd->profile_names, p->key, p)) < 0)
        goto out;
    acd->profile[p->index] = p;
    if (p->index == acd->profile_n)
        acd->profile_n++;
    *out = p;
    p = NULL;
    r = 0;
out:
    hl__profile_free(acd, p);
    hl__buf_free(&key);
    return r;
}

/* What a profile's agents need of nodes: an order for each pick of each channel of their queues. */
static int profile_orders(hl__acd *acd, hl__profile *p)
{
    hl__queue **kept = NULL;
    uint32_t n = 0;

    p->channels = p->bys = 0;
    for (uint32_t i = 0; i < p->members; i++) {
        const hl__queue *q = hl__map_get(&acd->queues, p->member[i].queue);
        if (!q)
            continue;
        p->channels |= q->channels | q->lent_channels;
        p->bys |= 1u << hl__by_of(q->conf->pick) | q->lent_bys;
        n += q->reserver != NULL;
    }
    for (uint32_t i = 0; i < HL__CHANNELS; i++)
        if (p->cap[i].max == 0)
            p->channels &= ~(1u << i);
    p->nodes = (uint32_t)(__builtin_popcount(p->channels) * __builtin_popcount(p->bys));
    if (n > 0 && !(kept = hl__alloc_array(acd->core->mem, n, sizeof(hl__queue *))))
        return HL_ENOMEM;
    hl__free(acd->core->mem, p->kept);
    p->kept = kept;
    p->kepts = 0;
    for (uint32_t i = 0; i < p->members && p->kepts < n; i++) {
        hl__queue *q = hl__map_get(&acd->queues, p->member[i].queue);
        if (q && q->reserver)
            p->kept[p->kepts++] = q;
    }
    return 0;
}

static void profiles_sweep(hl__acd *acd)
{
    for (uint32_t i = 0; i < acd->profile_n; i++)
        if (acd->profile[i] && acd->profile[i]->refs == 0) {
            hl__names_del(&acd->profile_names, acd->profile[i]->key);
            hl__profile_free(acd, acd->profile[i]);
            acd->profile[i] = NULL;
            for (uint32_t k = 0; k < acd->class_words * 64; k++)
                acd->fit[(size_t)k * acd->profile_words + i / 64] &= ~(UINT64_C(1) << (i % 64));
            memset(&acd->fit_back[(size_t)i * acd->class_words], 0, acd->class_words * sizeof(uint64_t));
        }
}

static int profiles_bind(hl__acd *acd)
{
    int r = 0;

    for (uint32_t i = 0; i < acd->profile_n && r == 0; i++)
        if (acd->profile[i])
            r = hl__data_bind(acd, "agent", &acd->profile[i]->data);
    return r;
}

/* He leaves his old profile's counts, joins the new one's; his pools are made anew when he asks for work. */
static int agent_profile(hl__acd *acd, hl__agent *a)
{
    hl__profile *p;
    hl__node *node = NULL;
    int r;

    hl__agent_unpool(acd, a);
    if ((r = hl__profile_get(acd, a->conf, &p)) < 0)
        return r;
    if ((r = profile_orders(acd, p)) < 0)
        return r;
    if (p->nodes && !(node = hl__alloc_array(acd->core->mem, p->nodes, sizeof(*node))))
        return HL_ENOMEM;
    hl__free(acd->core->mem, a->node);
    a->node = node;
    if (a->profile != p) {
        int state = a->state;
        if (a->profile) {
            a->state = HL_AGENT_OFFLINE; /* out of the old counts without a word */
            hl__agent_count(acd, a);
            a->profile->refs--;
        }
        a->state = state;
        a->profile = p;
        a->counted = -1;
        p->refs++;
    }
    return hl__agent_slots(acd, a);
}

/* A channel a queue has no longer is served till the last that came on it has gone. */
static void queue_channels(hl__acd *acd)
{
    for (uint32_t i = 0; i < acd->queue_n; i++)
        acd->queue[i]->channels = acd->queue[i]->conf->channels;
    for (uint32_t i = 0; i < acd->class_n; i++)
        if (acd->class[i] && acd->class[i]->refs > 0)
            acd->class[i]->queue->channels |= 1u << acd->class[i]->channel;
}

/* Who lends to whom, who keeps agents for whom. */
static void queue_ties(hl__acd *acd)
{
    for (uint32_t i = 0; i < acd->queue_n; i++) {
        hl__queue *q = acd->queue[i];
        q->lent_channels = q->lent_bys = 0;
        q->reserve = q->reserver = q->next_reserver = NULL;
        memset(q->idle, 0, sizeof(q->idle));
    }
    for (uint32_t i = 0; i < acd->queue_n; i++) {
        hl__queue *q = acd->queue[i], *other;
        for (uint32_t n = 0; n < q->conf->steps * HL__ALSO; n++) {
            const char *name = q->conf->step[n / HL__ALSO].also[n % HL__ALSO];
            if (!name || !(other = hl__names_get(&acd->queue_names, name)))
                continue;
            other->lent_channels |= q->channels;
            other->lent_bys |= 1u << hl__by_of(q->conf->pick);
        }
        if (q->conf->reserve_for && (other = hl__names_get(&acd->queue_names, q->conf->reserve_for))) {
            q->reserve = other;
            q->next_reserver = other->reserver;
            other->reserver = q;
        }
    }
}

/* A listing asks each queue for its agents, a new class its queue: neither walks all kinds of agents there are. */
static int queue_profiles(hl__acd *acd)
{
    uint32_t *at, n = 0;
    hl__queue *q;

    for (uint32_t i = 0; i < acd->profile_n; i++)
        n += acd->profile[i] ? acd->profile[i]->members : 0;
    if (!(at = hl__alloc_array(acd->core->mem, n + 1, sizeof(*at))))
        return HL_ENOMEM;
    hl__free(acd->core->mem, acd->queue_profile);
    acd->queue_profile = at;
    for (uint32_t i = 0; i < acd->queue_n; i++)
        acd->queue[i]->profiles = 0;
    for (uint32_t i = 0; i < acd->profile_n; i++)
        for (uint32_t m = 0; acd->profile[i] && m < acd->profile[i]->members; m++)
            if ((q = hl__map_get(&acd->queues, acd->profile[i]->member[m].queue)))
                q->profiles++;
    for (uint32_t i = 0; i < acd->queue_n; at += acd->queue[i++]->profiles)
        acd->queue[i]->profile = at;
    for (uint32_t i = 0; i < acd->queue_n; i++)
        acd->queue[i]->profiles = 0;
    for (uint32_t i = 0; i < acd->profile_n; i++)
        for (uint32_t m = 0; acd->profile[i] && m < acd->profile[i]->members; m++)
            if ((q = hl__map_get(&acd->queues, acd->profile[i]->member[m].queue)))
                q->profile[q->profiles++] = i;
    return 0;
}

int hl__acd_rebuild(hl__acd *acd)
{
    int r;

    if ((r = hl__needs_compile(acd)) < 0 || (r = hl__fit_room(acd, acd->class_n, acd->profile_n)) < 0)
        return r;
    for (uint32_t i = 0; i < acd->class_n; i++)
        if (acd->class[i] && (r = hl__class_names(acd, acd->class[i])) < 0)
            return r;
    queue_channels(acd);
    for (hl__node *n = acd->agents_by_id.first; n; n = hl__tree_next(n))
        hl__agent_unpool(acd, HL__OF(hl__agent, by_id, n));
    queue_ties(acd);
    for (hl__node *n = acd->agents_by_id.first; n; n = hl__tree_next(n))
        if ((r = agent_profile(acd, HL__OF(hl__agent, by_id, n))) < 0)
            return r;
    profiles_sweep(acd);
    if ((r = profiles_bind(acd)) < 0 || (r = queue_profiles(acd)) < 0)
        return r;
    for (uint32_t i = 0; i < acd->class_n; i++)
        if (acd->class[i])
            hl__fit_class(acd, acd->class[i]);
    acd->staff++;
    hl__goals_watch(acd);
    for (hl__node *n = acd->contacts_by_id.first; n; n = hl__tree_next(n))
        hl__contact_changed(acd, HL__OF(hl__contact, by_id, n));
    acd->is_stale = 0;
    hl__timer_drop(&acd->core->wheel, &acd->timer);
    for (hl__node *n = acd->agents_by_id.first; n; n = hl__tree_next(n)) {
        hl__agent *a = HL__OF(hl__agent, by_id, n);
        hl__agent_changed(acd, a);
        hl__ask_agent(acd, a);
    }
    return 0;
}
