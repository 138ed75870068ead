/* test_random.c - random commands with lost, doubled and late messages, against a matcher that looks at everything.
 *
 * After every command: the invariants; nobody waits for whom an agent is free; no offer passed over a contact that
 * should have come sooner, nor an agent who should have been asked first. At the end all drains: nobody is stuck.
 * HL_TEST_ROUNDS=1000000 for the long run. */
#include "bed.h"

enum { AGENTS = 14, QUEUES = 4, SKILLS = 3, NEEDS = 5, STALE = 64, MADE = 64 };

static const struct { const char *text; int skill, min; } needs[NEEDS] = { { NULL, 0, 0 }, { "skill.a >= 20", 0, 20 },
    { "skill.b >= 50", 1, 50 }, { "skill.c >= 1", 2, 1 }, { "skill.a >= 70", 0, 70 } };
static const struct { int skill, min, channels; const char *json; } queues[QUEUES] = {
    { 0, 0, 1, "\"wrapup_ms\":3000,\"resume_ms\":0,\"max_wait_ms\":400000" },
    { 1, 30, 3, "\"need\":\"skill.b >= 30\",\"channels\":[\"voice\",\"chat\"],\"pick\":\"round_robin\"" },
    { 0, 0, 1, "\"order\":{\"law\":\"slope\",\"slope\":2500},\"pick\":\"top_down\",\"resume_ms\":20000" },
    { 2, 10, 1, "\"need\":\"skill.c >= 10\",\"wrapup_ms\":0,\"pick\":\"fewest\",\"delays\":{\"no_answer\":2000}" } };

typedef struct world {
    bed b;
    hl__rand rand;
    int level[AGENTS][SKILLS], member[AGENTS][QUEUES]; /* member: 1 + tier; 0: not one */
    hl_id agent[AGENTS], queue[QUEUES], stale[STALE];
    uint32_t stale_n;
    uint64_t hash;
    bool was_free[AGENTS][2];
    int64_t was_key[AGENTS][QUEUES];
    int was_in_hand[AGENTS];
    struct { hl_id contact, agent; } made[MADE];
    int made_n;
    bool is_draining, is_calm;   /* calm: callers are few, agents many */
} world;

static uint32_t below(world *w, uint32_t n)
{
    return hl__rand_below(&w->rand, n);
}

static int agent_at(const world *w, hl_id id)
{
    for (int i = 0; i < AGENTS; i++)
        if (w->agent[i] == id)
            return i;
    return -1;
}

static int queue_at(const world *w, hl_id id)
{
    for (int i = 0; i < QUEUES; i++)
        if (w->queue[i] == id)
            return i;
    return -1;
}

static hl__agent *agent_of(world *w, int i)
{
    return hl__map_get(&w->b.acd->agents, w->agent[i]);
}

static void made(void *ctx, const hl_offer *o)
{
    world *w = ctx;

    if (!w->is_draining) {
        assert_true(w->made_n < MADE);
        w->made[w->made_n].contact = o->contact;
        w->made[w->made_n++].agent = o->agent;
    }
    w->stale[w->stale_n++ % STALE] = o->id;
    w->b.made++;
    w->hash = hl__fnv(w->hash, &o->agent, sizeof(o->agent));
    w->hash = hl__fnv(w->hash, &o->contact, sizeof(o->contact));
}

static void load(world *w)
{
    hl__buf doc;

    hl__buf_init(&doc, &hl_test_mem);
    hl__buf_str(&doc, "{\"capacities\":{\"pair\":{\"voice\":{\"max\":2,\"cost\":50},\"chat\":{\"max\":2,\"cost\":"
        "25}}},\"queues\":{");
    for (int q = 0; q < QUEUES; q++)
        hl__buf_fmt(&doc, "%s\"q%d\":{%s}", q ? "," : "", q, queues[q].json);
    hl__buf_str(&doc, "},\"agents\":{");
    for (int a = 0; a < AGENTS; a++) {
        hl__buf_fmt(&doc, "%s\"a%d\":{%s\"max_missed\":%u,\"skills\":{", a ? "," : "", a,
                    a % 5 == 4 ? "\"capacity\":\"pair\"," : "", 1 + below(w, 3));
        const char *glue = "";
        for (int s = 0; s < SKILLS; s++) {
            w->level[a][s] = (int)below(w, 4) * 30;
            if (w->level[a][s]) {
                hl__buf_fmt(&doc, "%s\"%c\":%d", glue, 'a' + s, w->level[a][s]);
                glue = ",";
            }
        }
        hl__buf_str(&doc, "},\"queues\":{");
        glue = "";
        for (int q = 0; q < QUEUES; q++) {
            w->member[a][q] = below(w, 3) ? 1 + (int)below(w, 2) : 0;
            if (w->member[a][q]) {
                hl__buf_fmt(&doc, "%s\"q%d\":{\"tier\":%d,\"position\":%d}", glue, q, w->member[a][q] - 1, (a * 7) % 5);
                glue = ",";
            }
        }
        hl__buf_str(&doc, "}}");
    }
    hl__buf_str(&doc, "}}");
    assert_false(doc.failed);
    assert_int_equal(bed_apply(&w->b, doc.data), 0);
    hl__buf_free(&doc);
    bed_to(&w->b, (w->b.core.now - w->b.start) / HL__US);
    for (int q = 0; q < QUEUES; q++) {
        char name[8];
        snprintf(name, sizeof(name), "q%d", q);
        w->queue[q] = bed_q(&w->b, name);
    }
    for (int a = 0; a < AGENTS; a++) {
        char name[8];
        snprintf(name, sizeof(name), "a%d", a);
        w->agent[a] = bed_a(&w->b, name);
    }
}

/* May agent a have contact c, by the tables above? */
static bool fits(const world *w, const hl__contact *c, int a)
{
    int q = queue_at(w, c->class->queue->id);
    bool is_ok = w->member[a][q] && w->level[a][queues[q].skill] >= queues[q].min;

    for (int i = 1; i < NEEDS; i++)
        if (strcmp(c->class->need, needs[i].text) == 0)
            is_ok = is_ok && w->level[a][needs[i].skill] >= needs[i].min;
    return is_ok && (c->class->channel == HL_CHANNEL_VOICE || (queues[q].channels >> c->class->channel & 1));
}

static bool is_free(world *w, int at, int channel)
{
    const hl__agent *a = agent_of(w, at);
    bool pair = at % 5 == 4;
    int cost[2] = { pair ? 50 : 100, 25 }, max[2] = { pair ? 2 : 1, pair ? 2 : 4 }, load_now = 0, n[2] = { 0, 0 };
    bool has_chat = w->member[at][1] != 0, has_any = false;

    for (const hl__slot *s = a->slot; s; s = s->next)
        if (s->state != HL__SLOT_FREE) {
            n[s->channel]++;
            load_now += cost[s->channel];
        }
    for (int q = 0; q < QUEUES; q++)
        has_any |= w->member[at][q] != 0;
    return a->state == HL_AGENT_AVAILABLE && a->cool_until == 0 && n[channel] < max[channel] &&
        load_now + cost[channel] <= 100 && (channel == HL_CHANNEL_VOICE ? has_any : has_chat);
}

static int64_t key_of(world *w, int a, int q)
{
    return hl__pick_key(agent_of(w, a), HL_CHANNEL_VOICE, hl__by_of(agent_of(w, a)->profile ? (int[]){
        HL__PICK_longest_idle, HL__PICK_round_robin, HL__PICK_top_down, HL__PICK_fewest }[q] : 0));
}

static int in_hand(world *w, int a)
{
    return (int)(agent_of(w, a)->in_hand[0] + agent_of(w, a)->in_hand[1]);
}

/* Was the offer all that happened to him? */
static bool only_offered(world *w, int a)
{
    int offers = 0;

    for (int i = 0; i < w->made_n; i++)
        offers += w->made[i].agent == w->agent[a];
    return in_hand(w, a) == w->was_in_hand[a] + offers;
}

static void before(world *w)
{
    w->made_n = 0;
    for (int a = 0; a < AGENTS; a++) {
        w->was_in_hand[a] = in_hand(w, a);
        for (int ch = 0; ch < 2; ch++)
            w->was_free[a][ch] = is_free(w, a, ch);
    }
    for (int a = 0; a < AGENTS; a++)
        for (int q = 0; q < QUEUES; q++)
            w->was_key[a][q] = key_of(w, a, q);
}

static bool sooner(const world *w, const hl__contact *x, const hl__contact *y)
{
    int64_t now = w->b.core.now, mx = queue_at(w, x->class->queue->id) == 2 ? 2500 : 1000;
    int64_t my = queue_at(w, y->class->queue->id) == 2 ? 2500 : 1000;
    int64_t sx = mx * ((now - x->key) / 1000), sy = my * ((now - y->key) / 1000);

    return sx != sy ? sx > sy : x->key != y->key ? x->key < y->key : x->id < y->id;
}

/* An agent who was free before the command and is still, unchanged, and comes before a for contact c. */
static bool passed_over(world *w, const hl__contact *c, int a, int other)
{
    int q = queue_at(w, c->class->queue->id), ch = (int)c->class->channel;
    int64_t position[2] = { q == 2 ? (a * 7) % 5 : 0, q == 2 ? (other * 7) % 5 : 0 };

    if (other == a || !fits(w, c, other) || !w->was_free[other][ch] || !is_free(w, other, ch)
        || ch != HL_CHANNEL_VOICE ||
        w->was_key[other][q] != key_of(w, other, q))
        return false;
    if (w->member[other][q] != w->member[a][q])
        return w->member[other][q] < w->member[a][q];
    if (position[0] != position[1])
        return position[1] < position[0];
    if (w->was_key[other][q] != w->was_key[a][q])
        return w->was_key[other][q] < w->was_key[a][q];
    return w->agent[other] < w->agent[a];
}

static void after(world *w)
{
    hl__acd *acd = w->b.acd;

    bed_check(&w->b);
    for (hl__node *n = acd->contacts_by_id.first; n; n = hl__tree_next(n)) {
        const hl__contact *c = HL__OF(hl__contact, by_id, n);
        if (c->state != HL_CONTACT_WAITING)
            continue;
        for (int a = 0; a < AGENTS; a++) {
            bool alone = c->tree != &c->class->tree;
            hl_test_ok(alone || !fits(w, c, a) || !is_free(w, a, (int)c->class->channel),
                       "contact %lld waits while a%d is free", (long long)c->id, a);
        }
    }
    for (int i = 0; i < w->made_n; i++) {
        const hl__contact *c = hl__contact_find(acd, w->made[i].contact);
        int a = agent_at(w, w->made[i].agent);
        if (!c || c->state == HL_CONTACT_WAITING || c->prefer == w->made[i].agent || c->last_agent != w->made[i].agent)
            continue;
        hl_test_ok(fits(w, c, a), "contact %lld was offered to a%d, who may not have it", (long long)c->id, a);
        for (hl__node *n = acd->contacts_by_id.first; n; n = hl__tree_next(n)) {
            const hl__contact *o = HL__OF(hl__contact, by_id, n);
            bool waited = o->state == HL_CONTACT_WAITING && o->tree == &o->class->tree && fits(w, o, a);
            hl_test_ok(!waited || o->class->channel != c->class->channel || !sooner(w, o, c),
                       "contact %lld was passed over for %lld", (long long)o->id, (long long)c->id);
        }
        for (int o = 0; o < AGENTS && only_offered(w, a); o++)
            hl_test_ok(!passed_over(w, c, a, o), "a%d was asked for %lld, not a%d", a, (long long)c->id, o);
    }
}

static hl_id any_contact(world *w)
{
    uint32_t n = hl__tree_size(&w->b.acd->contacts_by_id), skip = n ? below(w, n) : 0;
    hl__node *at = w->b.acd->contacts_by_id.first;

    while (at && skip-- > 0)
        at = hl__tree_next(at);
    return at ? HL__OF(hl__contact, by_id, at)->id : HL__ID(1, HL_KIND_CONTACT);
}

static void add(world *w)
{
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl__acd_terms terms = { .priority = below(w, 4) ? 0 : 1 + (int)below(w, 9) };
    int q = (int)below(w, QUEUES);
    hl_id out;

    if (hl__acd_contacts(w->b.acd) > (w->is_calm ? 3 : 60))
        return;
    in.queue = w->queue[q];
    in.channel = q == 1 && below(w, 2) ? HL_CHANNEL_CHAT : HL_CHANNEL_VOICE;
    in.leg = below(w, 5) ? HL__ID(5, HL_KIND_LEG) : 0;
    in.need = needs[below(w, NEEDS)].text;
    if (below(w, 8) == 0) {
        in.prefer = w->agent[below(w, AGENTS)];
        in.prefer_ms = (int)below(w, 3) * 10000;
    }
    (void)hl__acd_add(w->b.acd, 0, &in, &terms, NULL, &out);
}

/* Most answers are to an offer that is open; some come twice, some long after its end. */
static hl_id any_offer(world *w)
{
    hl_offer row = HL_OFFER_INIT;

    if (below(w, 4) == 0)
        return w->stale_n ? w->stale[below(w, w->stale_n < STALE ? w->stale_n : STALE)] : HL__ID(1, HL_KIND_OFFER);
    for (uint32_t i = 0, n = below(w, 6); i <= n; i++)
        if (hl__acd_offer_next(w->b.acd, 0, &row) != 1)
            break;
    return row.id ? row.id : HL__ID(1, HL_KIND_OFFER);
}

static void promise(world *w)
{
    hl_promise p = HL_PROMISE_INIT;

    p.mode = (int)below(w, 2);
    p.tries = 1 + (int)below(w, 3);
    p.gap_ms = 1 + (int)below(w, 60000);
    p.from = below(w, 4) ? 0 : w->b.core.now + below(w, 60) * (hl_time)HL__SECOND;
    p.until = below(w, 4) ? 0 : w->b.core.now + (61 + below(w, 600)) * (hl_time)HL__SECOND;
    p.number = "13900000001";
    (void)hl__acd_promise(w->b.acd, any_contact(w), &p);
}

static void call_back(world *w)
{
    if (below(w, 3))
        (void)hl__acd_reached(w->b.acd, any_contact(w), HL__ID(6, HL_KIND_LEG));
    else
        (void)hl__acd_missed(w->b.acd, any_contact(w));
}

static void resume(world *w)
{
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id out;

    in.queue = w->queue[0];
    in.leg = HL__ID(5, HL_KIND_LEG);
    in.resume = any_contact(w);
    (void)hl__acd_add(w->b.acd, 0, &in, NULL, NULL, &out);
}

static void command(world *w)
{
    hl__acd *acd = w->b.acd;
    hl_id agent = w->agent[below(w, AGENTS)];

    switch (below(w, 30)) {
    case 0: case 1: case 2: add(w); break;
    case 3: case 4: case 5: case 6: (void)hl__acd_accept(acd, any_offer(w)); break;
    case 7: (void)hl__acd_reject(acd, any_offer(w), HL_OFFER_REJECTED + (int)below(w, 5)); break;
    case 8: case 9: case 10: (void)hl__acd_connected(acd, any_contact(w)); break;
    case 11: (void)hl__acd_agent_failed(acd, any_contact(w)); break;
    case 12: case 13: (void)hl__acd_talk_end(acd, any_contact(w)); break;
    case 14: (void)hl__acd_hangup(acd, any_contact(w)); break;
    case 15: (void)hl__acd_go(acd, agent, (int)below(w, 3), below(w, 2) ? "tea" : NULL); break;
    case 16: (void)hl__acd_go(acd, agent, HL_AGENT_AVAILABLE, NULL); break;
    case 17: (void)(below(w, 2) ? hl__acd_gone(acd, agent) : hl__acd_back(acd, agent)); break;
    case 18: (void)hl__acd_wrapup(acd, agent, 0, (int)below(w, 3) * 5000); break;
    case 19: (void)hl__acd_move(acd, any_contact(w), w->queue[below(w, QUEUES)], (int)below(w, 2)); break;
    case 20: (void)hl__acd_credit(acd, any_contact(w), (int)below(w, 100000) - 50000); break;
    case 21: (void)hl__acd_need(acd, any_contact(w), needs[below(w, NEEDS)].text); break;
    case 22: (void)hl__acd_end(acd, any_contact(w), 1 + (int)below(w, 7)); break;
    case 23: case 24: promise(w); break;
    case 25: case 26: case 27: call_back(w); break;
    case 28: resume(w); break;
    default: break;
    }
}

/* One timer is one command of its own. */
static void pass(world *w, int64_t ms)
{
    hl_time to = w->b.core.now + ms * HL__US;

    while (hl__wheel_due(&w->b.core.wheel) <= to) {
        hl_time due = hl__wheel_due(&w->b.core.wheel);
        if (due > w->b.core.now)
            w->b.core.now = due;
        before(w);
        hl__timer *t = hl__wheel_take(&w->b.core.wheel, w->b.core.now);
        t->fire(t->ctx, t);
        after(w);
    }
    w->b.core.now = to;
}

static void drain(world *w)
{
    w->is_draining = true;
    for (int i = 0; i < 400 && hl__acd_contacts(w->b.acd) > 0; i++) {
        hl_offer row = HL_OFFER_INIT;
        hl_contact c = HL_CONTACT_INIT;
        while (hl__acd_offer_next(w->b.acd, 0, &row) == 1)
            (void)hl__acd_accept(w->b.acd, row.id);
        while (hl__acd_contact_next(w->b.acd, 0, &c) == 1) {
            (void)hl__acd_connected(w->b.acd, c.id);
            (void)hl__acd_reached(w->b.acd, c.id, HL__ID(6, HL_KIND_LEG));
            (void)hl__acd_talk_end(w->b.acd, c.id);
            if (i > 300)
                (void)hl__acd_end(w->b.acd, c.id, HL_OUTCOME_WITHDRAWN); /* needs nobody can meet */
        }
        for (int a = 0; a < AGENTS; a++)
            (void)hl__acd_go(w->b.acd, w->agent[a], HL_AGENT_AVAILABLE, NULL);
        bed_to(&w->b, (w->b.core.now - w->b.start) / HL__US + 20000);
    }
    bed_to(&w->b, (w->b.core.now - w->b.start) / HL__US + 600000);
    assert_int_equal(hl__acd_contacts(w->b.acd), 0);
    for (int a = 0; a < AGENTS; a++)
        assert_int_equal(agent_of(w, a)->work, HL_WORK_IDLE);
    bed_check(&w->b);
}

static uint64_t run(uint64_t seed, int rounds)
{
    world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    bed_open(&w->b);
    w->b.is_quiet = true;
    w->b.acd->up = (hl__acd_up){ .ctx = w, .offer_made = made };
    hl__rand_init(&w->rand, (int64_t)seed, 7, 0);
    load(w);
    for (int i = 0; i < rounds; i++) {
        if (i % 5000 == 4999)
            load(w);
        w->is_calm = i / 500 % 2;
        before(w);
        command(w);
        after(w);
        if (w->is_calm && below(w, 2))
            (void)hl__acd_go(w->b.acd, w->agent[below(w, AGENTS)], HL_AGENT_AVAILABLE, NULL);
        if (below(w, 3) == 0)
            pass(w, below(w, 4) ? below(w, 3000) : below(w, 40000));
    }
    uint64_t hash = w->hash ^ w->b.events;
    hl_test_ok(w->b.made > rounds / 40, "only %d offers", w->b.made);
    drain(w);
    bed_close(&w->b);
    free(w);
    return hash;
}

static void nobody_is_stuck_and_nobody_passed_over(void **state)
{
    const char *rounds = getenv("HL_TEST_ROUNDS");

    (void)state;
    (void)run(hl_test_seed(), rounds ? (int)strtol(rounds, NULL, 10) : 100000);
}

static void the_same_commands_decide_the_same(void **state)
{
    (void)state;
    assert_true(run(11, 4000) == run(11, 4000));
}

int main(void)
{
    const struct CMUnitTest tests[] = { HL_TEST(nobody_is_stuck_and_nobody_passed_over),
        HL_TEST(the_same_commands_decide_the_same) };

    return HL_TEST_MAIN(tests);
}
