/* oracle.c - matching as the manual says it, and nothing clever. */
#include "oracle.h"

__extension__ typedef __int128 score_t;

const char *const o_need[ON] = { NULL, "skill.a >= 20", "skill.b >= 50", "skill.c >= 1 && tier < 2", "skill.a >= 70",
    "skill.b + skill.c >= 60", "agent.side == 1", "contact.side == 2 || agent.side == contact.side" };
static const char *const channel[] = { "voice", "chat", "email" };
static const char *const pick[] = { "longest_idle", "round_robin", "top_down", "fewest", "least_talk", "least_occupied",
    "best_skill", "least_flexible", "weighted" };
enum { LONGEST_IDLE, ROUND_ROBIN, TOP_DOWN, FEWEST, LEAST_TALK, LEAST_OCCUPIED, BEST_SKILL, LEAST_FLEXIBLE, WEIGHTED,
    PICKS };
static const char *const law[] = { "fifo", "slope", "goal", "cost" };
enum { FIFO, SLOPE, GOAL, COST, LAWS };
/* the skills each need names */
static const int named[ON][OS] = { { 0 }, { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 }, { 1, 0, 0 }, { 0, 1, 1 }, { 0 },
    { 0 } };

/* side: the contact's, 0: not said */
static bool meets(const o_agent *a, int need, int tier, int side)
{
    switch (need) {
    case 1: return a->level[0] >= 20;
    case 2: return a->level[1] >= 50;
    case 3: return a->level[2] >= 1 && tier < 2;
    case 4: return a->level[0] >= 70;
    case 5: return a->level[1] + a->level[2] >= 60;
    case 6: return a->side == 1;
    case 7: return side == 2 || (side == 1 && a->side == 1);
    default: return true;
    }
}

static int below(const oracle *o, int n)
{
    return (int)hl__rand_below(o->rand, (uint32_t)n);
}

void oracle_draw(oracle *o)
{
    for (int i = 0; i < OQ; i++) {
        o_queue *q = &o->queue[i];
        *q = (o_queue){ .channels = 1 + below(o, 7), .pick = below(o, PICKS), .law = below(o, LAWS),
            .slope = 1000, .power = 2 + below(o, 2), .handle_ms = 1000 << below(o, 9),
            .target_ms = 1000 << below(o, 6), .rank_cap_ms = below(o, 3) * 15000,
            .need = below(o, 2) ? below(o, ON) : 0, .ring_size = below(o, 2) ? 1 : below(o, 5),
            .add_ms = below(o, 3) ? 0 : 1000,
            .steps = below(o, OSTEPS + 1) };
        if (q->law == SLOPE || q->law == COST)
            q->slope = 1 + below(o, 4000);
        for (int s = 0; s < q->steps; s++)
            q->step[s] = (o_step){ .after_ms = (s + 1) * 7000, .need = below(o, ON), .tiers = below(o, 4) - 1,
                .also = below(o, 2) ? (i + 1 + below(o, OQ - 1)) % OQ : -1, .polls = below(o, 3) };
        q->reserve_for = below(o, 3) ? -1 : (i + 1 + below(o, OQ - 1)) % OQ;
        q->reserve_idle = 1 + below(o, 3);
        q->reserve_ms = below(o, 2) * 8000;
    }
    for (int i = 0; i < OA; i++) {
        o_agent *a = &o->agent[i];
        a->is_pair = below(o, 4) == 0;
        a->side = i > 0 ? below(o, 3) : 1;
        for (int s = 0; s < OS; s++)
            a->level[s] = below(o, 4) * 30;
        for (int q = 0; q < OQ; q++) {
            a->tier[q] = below(o, 5) < 3 ? below(o, 3) : -1;
            a->rank[q] = below(o, 3);
            a->position[q] = below(o, 4);
            a->weight[q] = 1 + below(o, 9);
        }
    }
}

static void queue_json(const oracle *o, int n, hl__buf *out)
{
    const o_queue *q = &o->queue[n];
    const char *glue = "";

    hl__buf_fmt(out, "%s\"q%d\":{\"resume_ms\":%d,\"wrapup_ms\":%d,\"offer_ms\":%d,\"channels\":[", n ? "," : "", n,
                n % 2 * 20000, n % 3 * 2000, 3000 + n * 2000);
    for (int i = 0; i < OCHANNELS; i++)
        if (q->channels >> i & 1) {
            hl__buf_fmt(out, "%s\"%s\"", glue, channel[i]);
            glue = ",";
        }
    hl__buf_fmt(out, "],\"pick\":\"%s\",\"ring\":{\"size\":%d,\"add_ms\":%d},\"rank_cap_ms\":%d,"
                "\"order\":{\"law\":\"%s\",\"slope\":%d,\"power\":%d},\"handle_ms\":%d,\"goal\":{\"target_ms\":%d}",
                pick[q->pick], q->ring_size, q->add_ms, q->rank_cap_ms, law[q->law], q->slope, q->power,
                q->handle_ms, q->target_ms);
    if (q->need)
        hl__buf_fmt(out, ",\"need\":\"%s\"", o_need[q->need]);
    hl__buf_str(out, ",\"data\":{\"side\":\"int\"},\"steps\":[");
    for (int i = 0; i < q->steps; i++) {
        hl__buf_fmt(out, "%s{\"after_ms\":%d", i ? "," : "", q->step[i].after_ms);
        if (q->step[i].need)
            hl__buf_fmt(out, ",\"need\":\"%s\"", o_need[q->step[i].need]);
        if (q->step[i].tiers >= 0)
            hl__buf_fmt(out, ",\"tiers\":%d", q->step[i].tiers);
        if (q->step[i].also >= 0)
            hl__buf_fmt(out, ",\"also\":[\"q%d\"]", q->step[i].also);
        hl__buf_str(out, q->step[i].polls == 1 ? ",\"nobody\":true}" : q->step[i].polls ? ",\"ewt_over_ms\":9000}"
                    : "}");
    }
    hl__buf_char(out, ']');
    if (q->reserve_for >= 0)
        hl__buf_fmt(out, ",\"reserve\":{\"for\":\"q%d\",\"idle\":%d,\"until_ms\":%d}", q->reserve_for,
                    q->reserve_idle, q->reserve_ms);
    hl__buf_char(out, '}');
}

static void agent_json(const oracle *o, int n, hl__buf *out)
{
    const o_agent *a = &o->agent[n];
    const char *glue = "";

    hl__buf_fmt(out, "%s\"a%d\":{%s\"max_missed\":%d,\"skills\":{", n ? "," : "", n,
                a->is_pair ? "\"capacity\":\"pair\"," : "", 1 + n % 3);
    for (int s = 0; s < OS; s++)
        if (a->level[s]) {
            hl__buf_fmt(out, "%s\"%c\":%d", glue, 'a' + s, a->level[s]);
            glue = ",";
        }
    hl__buf_char(out, '}');
    if (a->side)
        hl__buf_fmt(out, ",\"data\":{\"side\":%d}", a->side);
    hl__buf_str(out, ",\"queues\":{");
    glue = "";
    for (int q = 0; q < OQ; q++)
        if (a->tier[q] >= 0) {
            hl__buf_fmt(out, "%s\"q%d\":{\"tier\":%d,\"rank\":%d,\"position\":%d,\"weight\":%d}", glue, q,
                        a->tier[q], a->rank[q], a->position[q], a->weight[q]);
            glue = ",";
        }
    hl__buf_str(out, "}}");
}

void oracle_json(const oracle *o, hl__buf *out)
{
    hl__buf_str(out, "{\"capacities\":{\"pair\":{\"voice\":{\"max\":2,\"cost\":50},\"chat\":{\"max\":2,\"cost\":25}}},"
        "\"queues\":{");
    for (int i = 0; i < OQ; i++)
        queue_json(o, i, out);
    hl__buf_str(out, "},\"agents\":{\"zz\":{\"skills\":{\"a\":1,\"b\":1,\"c\":1}},");
    for (int i = 0; i < OA; i++)
        agent_json(o, i, out);
    hl__buf_str(out, "}}");
}

void oracle_ids(oracle *o)
{
    char name[8];

    for (int i = 0; i < OQ; i++) {
        snprintf(name, sizeof(name), "q%d", i);
        o->queue_id[i] = bed_q(o->b, name);
    }
    for (int i = 0; i < OA; i++) {
        snprintf(name, sizeof(name), "a%d", i);
        o->agent_id[i] = bed_a(o->b, name);
    }
}

int oracle_agent(const oracle *o, hl_id id)
{
    for (int i = 0; i < OA; i++)
        if (o->agent_id[i] == id)
            return i;
    return -1;
}

int oracle_queue(const oracle *o, hl_id id)
{
    for (int i = 0; i < OQ; i++)
        if (o->queue_id[i] == id)
            return i;
    return -1;
}

void oracle_offered(oracle *o, hl_id agent)
{
    o->last_offer[oracle_agent(o, agent)] = ++o->offers;
}

static hl__agent *agent_of(const oracle *o, int i)
{
    return hl__map_get(&o->b->acd->agents, o->agent_id[i]);
}

static int queue_of(const oracle *o, const hl__contact *c)
{
    return oracle_queue(o, c->class->queue->id);
}

static int side_of(const hl__class *k)
{
    int side = 0;

    return sscanf(k->facts, "{\"side\":%d", &side) == 1 ? side : 0;
}

static int own_need(const hl__class *k)
{
    int own = 0;

    for (int i = 1; i < ON; i++)
        if (strcmp(k->need, o_need[i]) == 0)
            own = i;
    return own;
}

/* The queue by whose membership he may have it: its own, or one that a step so far has opened. -1: none. */
static int membership(const oracle *o, const hl__class *k, int at)
{
    int n = oracle_queue(o, k->queue->id);
    const o_queue *q = &o->queue[n];

    if (o->agent[at].tier[n] >= 0)
        return n;
    for (int s = 0; s < q->steps && s < (int)k->step; s++)
        if (q->step[s].also >= 0 && o->agent[at].tier[q->step[s].also] >= 0)
            return q->step[s].also;
    return -1;
}

/* Is the door open for him after so many steps? */
static bool is_open(const oracle *o, int n, int m, int tier, int steps)
{
    const o_queue *q = &o->queue[n];
    bool has_tiers = false, open = false;

    for (int s = 0; s < q->steps; s++)
        has_tiers |= q->step[s].tiers >= 0;
    if (m == n && (!has_tiers || tier == 0))
        return true;
    for (int s = 0; s < q->steps && s < steps; s++)
        open |= m == n ? q->step[s].tiers >= tier : q->step[s].also == m;
    return open;
}

/* May he have such a contact, as far as it has come in its steps? */
static bool may_take(const oracle *o, const hl__class *k, int at)
{
    const o_agent *a = &o->agent[at];
    int n = oracle_queue(o, k->queue->id), m = membership(o, k, at), tier = m < 0 ? 0 : a->tier[m];
    const o_queue *q = &o->queue[n];

    if (m < 0 || !meets(a, own_need(k), tier, side_of(k)) || (a->is_pair && k->channel == HL_CHANNEL_EMAIL))
        return false;
    for (int s = 0; s <= q->steps && s <= (int)k->step; s++) {
        int need = s == 0 ? q->need : q->step[s - 1].need;
        if (s > 0 && !need && (q->step[s - 1].tiers >= 0 || q->step[s - 1].also >= 0))
            need = q->need;
        if (is_open(o, n, m, tier, s) && meets(a, need, tier, side_of(k)))
            return true;
    }
    return false;
}

static bool fits(const oracle *o, const hl__contact *c, int at)
{
    return may_take(o, c->class, at);
}

static void in_hand(const hl__agent *a, int n[HL__CHANNELS])
{
    for (const hl__slot *s = a->slot; s; s = s->next)
        if (s->state != HL__SLOT_FREE)
            n[s->channel]++;
}

/* Has he room for one more on that channel? more: what he is about to be offered as well. */
static bool has_room(const oracle *o, int at, int ch, const int more[HL__CHANNELS])
{
    static const int max[2][OCHANNELS] = { { 1, 4, 2 }, { 2, 2, 0 } };
    static const int cost[2][OCHANNELS] = { { 100, 25, 50 }, { 50, 25, 100 } };
    const hl__agent *a = agent_of(o, at);
    int pair = o->agent[at].is_pair, n[HL__CHANNELS] = { 0 }, load = 0;

    in_hand(a, n);
    for (int i = 0; i < OCHANNELS; i++) {
        n[i] += more ? more[i] : 0;
        if (!(ch == HL_CHANNEL_VOICE && i == HL_CHANNEL_EMAIL && !pair)) /* a call goes over e-mail */
            load += n[i] * cost[pair][i];
    }
    return a->state == HL_AGENT_AVAILABLE && a->cool_until == 0 && n[ch] < max[pair][ch] &&
        load + cost[pair][ch] <= 100;
}

/* One who has yet to ask for work himself is not taken by a contact. */
static bool is_idle(const oracle *o, int at, int ch)
{
    const hl__agent *a = agent_of(o, at);

    return has_room(o, at, ch, NULL) && (!hl__link_in(&a->free) || (a->pooled >> ch & 1));
}

/* Do queues he is in, or may help, have that channel? */
static bool has_channel(const oracle *o, int at, int ch)
{
    return agent_of(o, at)->profile->channels >> ch & 1;
}

/* Is he kept for another queue? taken: n agents who got an offer just now; at, more: one whose hands change as well. */
struct now { const hl_id *taken; int n, at; const int *more; };

static bool is_kept(const oracle *o, const hl__contact *c, int agent, const struct now *t)
{
    static const int one_more[HL__CHANNELS][HL__CHANNELS] = { { 1 }, { 0, 1 }, { 0, 0, 1 } };
    const o_queue *q = &o->queue[queue_of(o, c)];
    int v = q->reserve_for, ch = (int)c->class->channel, idle = 0;

    if (v < 0 || o->agent[agent].tier[v] < 0 ||
        (q->reserve_ms && o->b->core.now - c->key >= q->reserve_ms * (hl_time)HL__US && c->until == 0))
        return false;
    for (int i = 0; i < OA; i++) {
        bool is_taken = false;
        for (int k = 0; k < t->n; k++)
            is_taken |= t->taken[k] == o->agent_id[i];
        if (o->agent[i].tier[v] >= 0 && has_channel(o, i, ch))
            idle += i == t->at ? has_room(o, i, ch, t->more) : is_taken ? has_room(o, i, ch, one_more[ch])
                : is_idle(o, i, ch);
    }
    return idle <= q->reserve_idle;
}

static score_t score(const oracle *o, const hl__contact *c)
{
    const o_queue *q = &o->queue[queue_of(o, c)];
    score_t x = (o->b->core.now - c->key) / HL__US;

    if (q->law == GOAL)
        return c->class->queue->slope * x; /* where it is steered: another test */
    if (q->law != COST || x < 0)
        return q->slope * x;
    return q->slope * q->power * (q->power == 3 ? x * x : x) * (1 << 20) / q->handle_ms;
}

/* Is x before y in the order of contacts? at: for whom, whose ranks count; -1: for nobody. */
static bool is_sooner(const oracle *o, const hl__contact *x, const hl__contact *y, int at)
{
    int rank[2] = { 0, 0 };
    const hl__contact *both[2] = { x, y };
    score_t sx = score(o, x), sy = score(o, y);

    for (int i = 0; i < 2 && at >= 0; i++) {
        int q = queue_of(o, both[i]);
        if (o->b->core.now - both[i]->key < o->queue[q].rank_cap_ms * (hl_time)HL__US)
            rank[i] = o->agent[at].rank[membership(o, both[i]->class, at)];
    }
    if (rank[0] != rank[1])
        return rank[0] < rank[1];
    if (sx != sy)
        return sx > sy;
    return x->key != y->key ? x->key < y->key : x->id < y->id;
}

hl__contact *oracle_soonest(const oracle *o)
{
    hl__contact *best = NULL;

    for (hl__link *l = o->b->acd->fresh.next; l != &o->b->acd->fresh; l = l->next) {
        hl__contact *c = HL__OF(hl__contact, fresh, l);
        if (!best || is_sooner(o, c, best, -1))
            best = c;
    }
    return best;
}

static int64_t skill_sum(const oracle *o, const hl__contact *c, int at)
{
    const o_queue *q = &o->queue[queue_of(o, c)];
    int64_t sum = 0;

    for (int s = 0; s < OS; s++) {
        int is_named = named[own_need(c->class)][s] | named[q->need][s];
        for (int i = 0; i < q->steps && i < (int)c->class->step; i++)
            is_named |= named[q->step[i].need][s];
        sum += is_named ? o->agent[at].level[s] : 0;
    }
    return sum;
}

static int64_t flexibility(const oracle *o, int at)
{
    const hl__acd *acd = o->b->acd;
    int64_t n = 0;

    for (uint32_t i = 0; i < acd->class_n; i++) {
        bool is_used = false;
        for (hl__node *t = acd->contacts_by_id.first; t && acd->class[i] && !is_used; t = hl__tree_next(t))
            is_used = HL__OF(hl__contact, by_id, t)->class == acd->class[i];
        n += is_used && may_take(o, acd->class[i], at);
    }
    return n;
}

/* What he is compared by: tier, then up to two figures, then his serial; least first. */
static void pick_key(const oracle *o, const hl__contact *c, int at, int64_t key[5])
{
    int n = queue_of(o, c), m = membership(o, c->class, at), hands[HL__CHANNELS] = { 0 };
    const hl__agent *a = agent_of(o, at);

    in_hand(a, hands);
    key[0] = o->agent[at].tier[m] + (m == n ? 0 : 2000);
    key[1] = 0;
    key[2] = hands[c->class->channel];
    key[3] = a->idle_since;
    key[4] = a->id;
    switch (o->queue[n].pick) {
    case ROUND_ROBIN: key[2] = o->last_offer[at], key[3] = 0; break;
    case TOP_DOWN: key[1] = o->agent[at].position[m]; break;
    case FEWEST: key[2] = a->handled, key[3] = 0; break;
    case LEAST_TALK: key[2] = a->talk_us, key[3] = 0; break;
    case LEAST_OCCUPIED: key[2] = hl__pick_key(a, 0, HL__BY_OCCUPIED), key[3] = 0; break; /* another test knows it */
    case BEST_SKILL: key[1] = -skill_sum(o, c, at); break;
    case LEAST_FLEXIBLE: key[1] = flexibility(o, at); break;
    default: break;
    }
}

static bool is_less(const int64_t a[5], const int64_t b[5])
{
    for (int i = 0; i < 5; i++)
        if (a[i] != b[i])
            return a[i] < b[i];
    return false;
}

static uint64_t weight(const oracle *o, const hl__contact *c, int at)
{
    return (uint64_t)o->agent[at].weight[membership(o, c->class, at)];
}

/* Lots: all idle agents of the least tier in a row, by profile and then as if by longest_idle, each as long as his
 * weight is; one number decides where in the row. */
static int draw(const oracle *o, const hl__contact *c)
{
    int ch = (int)c->class->channel, list[OA], count = 0;
    int64_t tier = INT64_MAX, key[5], other[5];
    struct now just = { NULL, 0, -1, NULL };
    uint64_t sum = 0, at;
    hl__rand r;

    for (int i = 0; i < OA; i++)
        if (is_idle(o, i, ch) && fits(o, c, i) && !is_kept(o, c, i, &just)) {
            pick_key(o, c, i, key);
            tier = key[0] < tier ? key[0] : tier;
        }
    for (int i = 0; i < OA; i++) {
        int place = count;
        if (!is_idle(o, i, ch) || !fits(o, c, i) || is_kept(o, c, i, &just))
            continue;
        pick_key(o, c, i, key);
        if (key[0] != tier)
            continue;
        key[1] = agent_of(o, i)->profile->index;
        for (; place > 0; place--) {
            pick_key(o, c, list[place - 1], other);
            other[1] = agent_of(o, list[place - 1])->profile->index;
            if (is_less(other, key))
                break;
            list[place] = list[place - 1];
        }
        list[place] = i;
        count++;
        sum += weight(o, c, i);
    }
    if (!count)
        return -1;
    hl__rand_init(&r, (int64_t)o->b->core.rand.seed, 20, o->offers);
    __extension__ at = (uint64_t)((unsigned __int128)hl__rand_u64(&r) * sum >> 64);
    for (int i = 0; i < count; i++) {
        if (at < weight(o, c, list[i]))
            return list[i];
        at -= weight(o, c, list[i]);
    }
    return -1;
}

static bool is_in(const hl_id *list, int n, hl_id id)
{
    while (n-- > 0)
        if (list[n] == id)
            return true;
    return false;
}

static int best_agent(const oracle *o, const hl__contact *c, const hl_id *taken, int n)
{
    int64_t key[5], best_key[5] = { 0 };
    struct now just = { taken, n, -1, NULL };
    int best = -1;

    if (o->queue[queue_of(o, c)].pick == WEIGHTED && n == 0)
        return draw(o, c);
    for (int i = 0; i < OA; i++) {
        if (!is_idle(o, i, (int)c->class->channel) || !fits(o, c, i) || is_in(taken, n, o->agent_id[i]) ||
            is_kept(o, c, i, &just))
            continue;
        pick_key(o, c, i, key);
        if (best < 0 || is_less(key, best_key)) {
            best = i;
            memcpy(best_key, key, sizeof(key));
        }
    }
    return best;
}

/* Of those who are idle for it, its share with all that wait for one of them. */
static int share(const oracle *o, const hl__contact *c)
{
    struct now just = { NULL, 0, -1, NULL };
    int ch = (int)c->class->channel, agents = 0, contacts = 0, size = o->queue[queue_of(o, c)].ring_size;

    for (int i = 0; i < OA; i++)
        agents += is_idle(o, i, ch) && fits(o, c, i) && !is_kept(o, c, i, &just);
    for (hl__node *t = o->b->acd->contacts_by_id.first; t; t = hl__tree_next(t)) {
        const hl__contact *other = HL__OF(hl__contact, by_id, t);
        bool competes = false;
        for (int i = 0; i < OA; i++)
            competes |= is_idle(o, i, ch) && fits(o, c, i) && fits(o, other, i);
        contacts += competes && other->state == HL_CONTACT_WAITING && (int)other->class->channel == ch &&
            other->tree == &other->class->tree;
    }
    agents = contacts ? agents / contacts : agents;
    agents = agents < 1 ? 1 : agents;
    return size && size < agents ? size : agents;
}

int oracle_agents(const oracle *o, hl__contact *c, hl_id *out)
{
    int ch = (int)c->class->channel, prefer = oracle_agent(o, c->prefer), n = 0, at;

    if (prefer >= 0 && has_room(o, prefer, ch, NULL) && fits(o, c, prefer)) {
        out[0] = c->prefer;
        return 1;
    }
    if (c->tree != &c->class->tree)
        return 0; /* for one agent alone */
    for (int limit = share(o, c); n < limit && (at = best_agent(o, c, out, n)) >= 0; n++)
        out[n] = o->agent_id[at];
    return n;
}

/* Open offers of contacts for which several ring. */
struct wide { const hl__slot *slot; int rings; };

static int wide_offers(const oracle *o, struct wide *out)
{
    int n = 0, kept = 0;

    for (int i = 0; i < OA; i++)
        for (const hl__slot *s = agent_of(o, i)->slot; s; s = s->next)
            if (s->state == HL__SLOT_PROPOSED)
                out[n++].slot = s;
    for (int i = 0; i < n; i++) {
        out[i].rings = 0;
        for (int k = 0; k < n; k++)
            out[i].rings += out[k].slot->contact == out[i].slot->contact;
    }
    for (int i = 0; i < n; i++)
        if (out[i].rings > 1)
            out[kept++] = out[i];
    return kept;
}

static hl_id spare_for(const oracle *o, const hl__contact *c, const struct wide *wide, int n)
{
    static const int one_less[HL__CHANNELS][HL__CHANNELS] = { { -1 }, { 0, -1 }, { 0, 0, -1 } };
    int ch = (int)c->class->channel, widest = 0;
    hl_id best = 0;

    for (int i = 0; i < n; i++) {
        const hl__slot *s = wide[i].slot;
        int at = oracle_agent(o, s->agent->id);
        if (s->channel != ch || !has_room(o, at, ch, one_less[ch]) || !fits(o, c, at) || wide[i].rings < widest ||
            (wide[i].rings == widest && s->offer < best) ||
            is_kept(o, c, at, &(struct now){ NULL, 0, at, one_less[ch] }))
            continue;
        widest = wide[i].rings;
        best = s->offer;
    }
    return best;
}

hl_id oracle_spare(const oracle *o)
{
    const hl__contact *best = NULL;
    struct wide wide[OA * 8];
    int n = wide_offers(o, wide);
    hl_id spare = 0, found;

    for (hl__node *t = o->b->acd->contacts_by_id.first; t && n; t = hl__tree_next(t)) {
        const hl__contact *c = HL__OF(hl__contact, by_id, t);
        if (c->state == HL_CONTACT_WAITING && c->tree == &c->class->tree && (!best || is_sooner(o, c, best, -1)) &&
            (found = spare_for(o, c, wide, n))) {
            best = c;
            spare = found;
        }
    }
    return spare;
}

int oracle_contacts(const oracle *o, hl__agent *a, hl_id *out)
{
    int at = oracle_agent(o, a->id), more[HL__CHANNELS] = { 0 }, n = 0;
    struct now just = { NULL, 0, at, more };

    while (at >= 0) {
        const hl__contact *best = NULL;
        bool is_best_own = false;
        for (hl__node *t = o->b->acd->contacts_by_id.first; t; t = hl__tree_next(t)) {
            const hl__contact *c = HL__OF(hl__contact, by_id, t);
            bool is_own = c->tree == &a->mine, is_better;
            if (c->state != HL_CONTACT_WAITING || is_in(out, n, c->id) || !has_room(o, at, (int)c->class->channel, more)
                || (!is_own && (c->tree != &c->class->tree || !fits(o, c, at) || is_kept(o, c, at, &just))))
                continue;
            is_better = !best || (is_own && !is_best_own);
            if (best && is_own == is_best_own)
                is_better = is_own ? c->key < best->key || (c->key == best->key && c->id < best->id)
                    : is_sooner(o, c, best, at);
            if (is_better) {
                best = c;
                is_best_own = is_own;
            }
        }
        if (!best)
            break;
        out[n++] = best->id;
        more[best->class->channel]++;
    }
    return n;
}
