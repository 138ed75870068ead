/* test_oracle.c - each decision of the matcher is that of one that sorts everything, over random settings and commands.
 *
 * The test settles by turns itself: before a turn it asks the oracle, after it compares the offers made. The invariants
 * hold after every command. HL_TEST_ROUNDS: how many decisions. */
#include "oracle.h"

enum { STALE = 64, WAITING = 40 };

typedef struct world {
    bed b;                           /* first: the core's engine */
    oracle o;
    hl__rand rand;
    struct { hl_id contact, agent; } made[OMANY];
    int made_n;
    hl_id ended;                     /* the last offer that ended */
    uint64_t spared;
    hl_id stale[STALE];
    uint32_t stale_n;
    bool is_calm;                    /* callers are few, agents many */
    uint64_t decisions, offers, contacts;
} world;

static uint32_t below(world *w, uint32_t n)
{
    return hl__rand_below(&w->rand, n);
}

static hl_seq emit(hl__core *core, const hl_event *e)
{
    world *w = core->engine;

    if (e->type == HL_EV_OFFER_MADE) {
        assert_true(w->made_n < OMANY);
        w->made[w->made_n].contact = e->contact;
        w->made[w->made_n++].agent = e->agent;
        w->stale[w->stale_n++ % STALE] = e->ref;
        oracle_offered(&w->o, e->agent);
    } else if (e->type == HL_EV_OFFER_ENDED) {
        w->ended = e->ref;
    }
    return ++w->b.seq;
}

static void offer_made(void *ctx, const hl_offer *o)
{
    world *w = ctx;

    if (below(w, 8) == 0)
        (void)hl__acd_accept(w->b.acd, o->id); /* a page that answers at once */
}

static void compare(world *w, const char *what, const hl_id *contact, const hl_id *agent, int n)
{
    for (int i = 0; i < n || i < w->made_n; i++)
        hl_test_ok(i < n && i < w->made_n && w->made[i].contact == contact[i] && w->made[i].agent == agent[i],
                   "%s, decision %llu, offer %d: contact %lld to a%d, not contact %lld to a%d", what,
                   (unsigned long long)w->decisions, i, i < w->made_n ? (long long)w->made[i].contact >> 4 : 0,
                   i < w->made_n ? oracle_agent(&w->o, w->made[i].agent) : -1, i < n ? (long long)contact[i] >> 4 : 0,
                   i < n ? oracle_agent(&w->o, agent[i]) : -1);
}

/* Nobody looks around: is an offer to be taken back? */
static bool turn_back(world *w)
{
    hl_id spare = oracle_spare(&w->o);

    w->ended = 0;
    assert_int_equal(hl__acd_turn(w->b.acd), spare != 0);
    hl_test_ok(w->ended == spare, "decision %llu: offer %lld was taken back, not %lld",
               (unsigned long long)w->decisions, (long long)w->ended, (long long)spare);
    w->spared += spare != 0;
    return spare != 0;
}

static void turn(world *w)
{
    hl__acd *acd = w->b.acd;
    hl_id contact[OMANY], agent[OMANY];
    bool is_told = hl__link_in(&acd->news), is_contact = !is_told && hl__link_in(&acd->fresh);
    int n = 0;

    w->made_n = 0;
    if (is_contact) {
        hl__contact *c = oracle_soonest(&w->o);
        n = c->state == HL_CONTACT_WAITING ? oracle_agents(&w->o, c, agent) : 0;
        for (int i = 0; i < n; i++)
            contact[i] = c->id;
    } else if (!is_told) {
        hl__agent *a = HL__OF(hl__agent, free, acd->free.next);
        n = oracle_contacts(&w->o, a, contact);
        for (int i = 0; i < n; i++)
            agent[i] = a->id;
    }
    assert_true(hl__acd_turn(acd));
    if (is_told)
        return;
    w->decisions++;
    w->offers += (uint64_t)w->made_n;
    compare(w, is_contact ? "(A)" : "(B)", contact, agent, n);
}

/* What settling is in the library, and an oracle beside it. */
static void settle(world *w)
{
    hl__acd *acd = w->b.acd;

    do {
        while (hl__link_in(&acd->news) || hl__link_in(&acd->fresh) || hl__link_in(&acd->free))
            turn(w);
    } while (turn_back(w));
    bed_check(&w->b);
}

static void load(world *w)
{
    hl__buf doc;

    oracle_draw(&w->o);
    hl__buf_init(&doc, &hl_test_mem);
    oracle_json(&w->o, &doc);
    assert_false(doc.failed);
    assert_int_equal(bed_apply(&w->b, doc.data), 0);
    hl__buf_free(&doc);
    assert_int_equal(hl__acd_ready(w->b.acd), 0);
    oracle_ids(&w->o);
    settle(w);
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
    static const char *const data[] = { NULL, "{\"note\":3}", "{\"side\":1}", "{\"side\":2,\"note\":\"x\"}" };
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl__acd_terms terms = { .priority = below(w, 3) ? 0 : 1 + (int)below(w, 9) };
    hl_id out;

    if (hl__acd_contacts(w->b.acd) > (w->is_calm ? 3 : WAITING))
        return;
    in.queue = w->o.queue_id[below(w, OQ)];
    in.channel = (int)below(w, OCHANNELS);
    in.leg = below(w, 5) ? HL__ID(5, HL_KIND_LEG) : 0;
    in.need = o_need[below(w, ON)];
    in.data = data[below(w, 4)];
    in.since = below(w, 4) ? 0 : w->b.core.now - (hl_time)below(w, 60000) * HL__US;
    if (below(w, 8) == 0) {
        in.prefer = w->o.agent_id[below(w, OA)];
        in.prefer_ms = (int)below(w, 3) * 10000;
    }
    if (hl__acd_add(w->b.acd, 0, &in, &terms, NULL, &out) == 0)
        w->contacts++;
}

static hl_id any_offer(world *w)
{
    hl_offer row = HL_OFFER_INIT;

    if (below(w, 8) == 0)
        return w->stale_n ? w->stale[below(w, w->stale_n < STALE ? w->stale_n : STALE)] : HL__ID(1, HL_KIND_OFFER);
    for (uint32_t i = 0, n = below(w, 6); i <= n; i++)
        if (hl__acd_offer_next(w->b.acd, 0, &row) != 1)
            break;
    return row.id ? row.id : HL__ID(1, HL_KIND_OFFER);
}

static void command(world *w)
{
    hl__acd *acd = w->b.acd;
    hl_id agent = w->o.agent_id[below(w, OA)];

    switch (below(w, 26)) {
    case 0: case 1: case 2: case 3: case 4: case 5: add(w); break;
    case 6: case 7: case 8: (void)hl__acd_accept(acd, any_offer(w)); break;
    case 9: (void)hl__acd_reject(acd, any_offer(w), HL_OFFER_REJECTED + (int)below(w, 5)); break;
    case 10: case 11: case 12: (void)hl__acd_connected(acd, any_contact(w)); break;
    case 13: (void)hl__acd_agent_failed(acd, any_contact(w)); break;
    case 14: case 15: (void)hl__acd_talk_end(acd, any_contact(w)); break;
    case 16: (void)hl__acd_hangup(acd, any_contact(w)); break;
    case 17: (void)hl__acd_go(acd, agent, (int)below(w, 3), below(w, 2) ? "tea" : NULL); break;
    case 18: case 19: (void)hl__acd_go(acd, agent, HL_AGENT_AVAILABLE, NULL); break;
    case 20: (void)(below(w, 2) ? hl__acd_gone(acd, agent) : hl__acd_back(acd, agent)); break;
    case 21: (void)hl__acd_wrapup(acd, agent, 0, (int)below(w, 3) * 5000); break;
    case 22: (void)hl__acd_move(acd, any_contact(w), w->o.queue_id[below(w, OQ)], (int)below(w, 2)); break;
    case 23: (void)hl__acd_credit(acd, any_contact(w), (int)below(w, 100000) - 50000); break;
    case 24: (void)hl__acd_need(acd, any_contact(w), o_need[below(w, ON)]); break;
    default: (void)hl__acd_end(acd, any_contact(w), 1 + (int)below(w, 7)); break;
    }
    settle(w);
}

/* One timer is one command of its own. */
static void pass(world *w, int64_t ms)
{
    hl_time to = w->b.core.now + ms * HL__US, due;

    while ((due = hl__wheel_due(&w->b.core.wheel)) <= to) {
        if (due > w->b.core.now)
            w->b.core.now = due;
        hl__timer *t = hl__wheel_take(&w->b.core.wheel, w->b.core.now);
        t->fire(t->ctx, t);
        settle(w);
    }
    w->b.core.now = to;
}

/* One house with its settings changed under way; true: as many decisions as asked for. */
static void house(world *w, uint64_t seed, uint64_t until)
{
    bed_open(&w->b);
    w->b.core.emit = emit;
    w->b.is_quiet = true;
    w->b.acd->up = (hl__acd_up){ .ctx = w, .offer_made = offer_made };
    w->b.acd->is_busy = 1;           /* commands do not settle: the test does */
    hl__rand_init(&w->rand, (int64_t)seed, 8, 0);
    w->o = (oracle){ .b = &w->b, .rand = &w->rand };
    for (int i = 0; i < 4000 && w->decisions < until; i++) {
        if (i % 1000 == 0)
            load(w);
        w->is_calm = i / 250 % 2;
        command(w);
        if (w->is_calm && below(w, 2)) {
            (void)hl__acd_go(w->b.acd, w->o.agent_id[below(w, OA)], HL_AGENT_AVAILABLE, NULL);
            settle(w);
        }
        if (below(w, 3) == 0)
            pass(w, below(w, 4) ? below(w, 2000) : below(w, 30000));
    }
    w->b.acd->is_busy = 0;
    bed_close(&w->b);
}

static void every_decision_is_that_of_a_matcher_that_sorts_everything(void **state)
{
    const char *rounds = getenv("HL_TEST_ROUNDS");
    uint64_t until = rounds ? (uint64_t)strtoll(rounds, NULL, 10) : 200000;
    world *w = calloc(1, sizeof(*w));

    (void)state;
    assert_non_null(w);
    for (uint64_t seed = hl_test_seed(); w->decisions < until; seed++)
        house(w, seed, until);
    print_message("%llu decisions, %llu offers, %llu taken back for others, %llu contacts: all as the oracle has it\n",
                  (unsigned long long)w->decisions, (unsigned long long)w->offers, (unsigned long long)w->spared,
                  (unsigned long long)w->contacts);
    assert_true(w->spared > 0);
    assert_true(w->offers > until / 10);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = { HL_TEST(every_decision_is_that_of_a_matcher_that_sorts_everything) };

    return HL_TEST_MAIN(tests);
}
