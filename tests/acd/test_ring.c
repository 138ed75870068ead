/* test_ring.c - several agents ring for one caller: one winner, nobody blocked, a second chance if the winner fails. */
#include "bed.h"

#define DOC(ring) "{\"queues\":{\"desk\":{\"wrapup_ms\":0,\"resume_ms\":0" ring "},\"side\":{\"resume_ms\":0}}," \
    "\"agents\":{\"ann\":{\"queues\":{\"desk\":{\"position\":1}}}," \
    "\"ben\":{\"queues\":{\"desk\":{\"position\":2},\"side\":{}}},\"cid\":{\"queues\":{\"desk\":{\"position\":3}," \
    "\"side\":{}}}}}"

static const char *const names[] = { "ann", "ben", "cid" };

static void open_with(bed *b, const char *doc)
{
    bed_open(b);
    assert_int_equal(bed_load(b, doc), 0);
    for (int i = 0; i < 3; i++) {
        bed_to(b, (b->core.now - b->start) / HL__US + 10);
        bed_go(b, names[i], HL_AGENT_AVAILABLE);
    }
}

static int ringing(bed *b, hl_id contact)
{
    int n = 0;

    for (int i = 0; i < 3; i++)
        n += bed_offered(b, names[i]) == contact;
    return n;
}

static void all_ring_one_wins_and_the_others_stop_when_both_are_up(void **state)
{
    bed b;

    (void)state;
    open_with(&b, DOC(",\"ring\":{\"size\":0}"));
    hl_id c = bed_add(&b, "desk", NULL);
    assert_int_equal(ringing(&b, c), 3);
    hl_id ann = bed_offer(&b, "ann"), ben = bed_offer(&b, "ben"), cid = bed_offer(&b, "cid");
    assert_int_equal(hl__acd_accept(b.acd, ben), 0);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_CONNECTING);
    assert_int_equal(ringing(&b, c), 2); /* they ring on till it is sure */
    assert_int_equal(hl__acd_accept(b.acd, ann), HL_ECONFLICT);
    assert_int_equal(bed_work(&b, "ann"), HL_WORK_OFFER); /* nothing is changed by that */
    bed_check(&b);
    bed_hush(&b);
    assert_int_equal(hl__acd_connected(b.acd, c), 0);
    assert_non_null(strstr(bed_said(&b), "ring over ann rescinded\n"));
    assert_int_equal(ringing(&b, c), 0);
    assert_int_equal(hl__acd_accept(b.acd, cid), HL_ECONFLICT);
    assert_int_equal(bed_work(&b, "cid"), HL_WORK_IDLE); /* not cooling: it was not his fault */
    bed_check(&b);
    bed_close(&b);
}

static void the_others_ring_on_for_a_second_and_a_half_at_most(void **state)
{
    bed b;

    (void)state;
    open_with(&b, DOC(",\"ring\":{\"size\":0}"));
    hl_id c = bed_add(&b, "desk", NULL);
    assert_int_equal(hl__acd_accept(b.acd, bed_offer(&b, "ann")), 0);
    bed_to(&b, 30 + 1499);
    assert_int_equal(ringing(&b, c), 2);
    bed_to(&b, 30 + 1500);
    assert_int_equal(ringing(&b, c), 0);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_CONNECTING);
    bed_check(&b);
    bed_to(&b, 30 + 5000); /* and if he never comes, all ring again */
    assert_int_equal(bed_state(&b, c), HL_CONTACT_OFFERED);
    assert_int_equal(ringing(&b, c), 2);
    bed_check(&b);
    bed_close(&b);
}

static void if_the_winner_fails_a_second_accept_takes_over(void **state)
{
    bed b;

    (void)state;
    open_with(&b, DOC(",\"ring\":{\"size\":0}"));
    hl_id c = bed_add(&b, "desk", NULL);
    assert_int_equal(hl__acd_accept(b.acd, bed_offer(&b, "ann")), 0);
    bed_to(&b, 500);
    assert_int_equal(hl__acd_agent_failed(b.acd, c), 0);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_OFFERED);
    assert_int_equal(bed_work(&b, "ann"), HL_WORK_COOLING);
    assert_int_equal(ringing(&b, c), 2);
    bed_check(&b);
    assert_int_equal(hl__acd_accept(b.acd, bed_offer(&b, "cid")), 0);
    assert_int_equal(hl__acd_connected(b.acd, c), 0);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_ENGAGED);
    assert_int_equal(bed_work(&b, "cid"), HL_WORK_BUSY);
    assert_int_equal(bed_work(&b, "ben"), HL_WORK_IDLE);
    bed_check(&b);
    bed_close(&b);
}

static void one_more_rings_each_while(void **state)
{
    bed b;

    (void)state;
    open_with(&b, DOC(",\"pick\":\"top_down\",\"ring\":{\"size\":1,\"add_ms\":4000}"));
    hl_id c = bed_add(&b, "desk", NULL);
    assert_true(ringing(&b, c) == 1 && bed_offered(&b, "ann") == c);
    bed_to(&b, 30 + 3999);
    assert_int_equal(ringing(&b, c), 1);
    bed_to(&b, 30 + 4000);
    assert_true(ringing(&b, c) == 2 && bed_offered(&b, "ben") == c);
    bed_to(&b, 30 + 8000);
    assert_int_equal(ringing(&b, c), 3);
    bed_check(&b);
    assert_int_equal(hl__acd_reject(b.acd, bed_offer(&b, "ben"), HL_OFFER_REJECTED), 0);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_OFFERED); /* two still ring */
    assert_int_equal(hl__acd_hangup(b.acd, c), 0);
    assert_int_equal(ringing(&b, c), 0);
    bed_check(&b);
    bed_close(&b);
}

static void a_set_never_blocks_the_next_caller(void **state)
{
    bed b;

    (void)state;
    open_with(&b, DOC(",\"ring\":{\"size\":0}"));
    hl_id c = bed_add(&b, "desk", NULL), d, e, f;
    assert_int_equal(ringing(&b, c), 3);
    d = bed_add(&b, "side", NULL); /* ann may not take it: cid's telephone was the last to ring */
    assert_true(ringing(&b, c) == 2 && bed_offered(&b, "cid") == d);
    e = bed_add(&b, "desk", NULL);
    assert_true(ringing(&b, c) == 1 && ringing(&b, e) == 1);
    f = bed_add(&b, "desk", NULL);
    assert_int_equal(bed_state(&b, f), HL_CONTACT_WAITING); /* each has one: nothing to spare */
    bed_check(&b);
    bed_close(&b);
}

static void what_is_idle_is_shared_among_those_that_come_back_together(void **state)
{
    bed b;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, "{\"capacities\":{\"two\":{\"voice\":{\"max\":2,\"cost\":50}}},\"queues\":{"
        "\"desk\":{\"ring\":{\"size\":2}}},\"agents\":{\"dan\":{\"capacity\":\"two\",\"queues\":{\"desk\":{}}},"
        "\"ann\":{\"queues\":{\"desk\":{}}},\"ben\":{\"queues\":{\"desk\":{}}},"
        "\"cid\":{\"queues\":{\"desk\":{}}}}}"), 0);
    bed_go(&b, "dan", HL_AGENT_AVAILABLE);
    hl_id first = bed_add(&b, "desk", NULL), second = bed_add(&b, "desk", NULL);
    for (int i = 0; i < 3; i++)
        bed_go(&b, names[i], HL_AGENT_AVAILABLE);
    assert_int_equal(ringing(&b, first) + ringing(&b, second), 0); /* dan's they are, both */
    bed_go(&b, "dan", HL_AGENT_AUX);
    assert_int_equal(ringing(&b, first), 1); /* three idle for two callers */
    assert_int_equal(ringing(&b, second), 2);
    bed_check(&b);
    bed_close(&b);
}

static void answers_half_a_second_apart_have_one_winner(void **state)
{
    hl__rand r;
    int won[3] = { 0 };

    (void)state;
    hl__rand_init(&r, hl_test_seed(), 9, 0);
    for (int round = 0; round < 200; round++) {
        bed b;
        int at[3], winners = 0;
        open_with(&b, DOC(",\"ring\":{\"size\":0}"));
        b.is_quiet = true;
        hl_id c = bed_add(&b, "desk", NULL), offer[3];
        for (int i = 0; i < 3; i++) {
            offer[i] = bed_offer(&b, names[i]);
            at[i] = 100 + (int)hl__rand_below(&r, 500);
        }
        int up = 100 + (int)hl__rand_below(&r, 900);
        for (int ms = 100; ms < 1000; ms++) {
            bed_to(&b, ms);
            for (int i = 0; i < 3; i++)
                if (at[i] == ms && hl__acd_accept(b.acd, offer[i]) == 0) {
                    winners++;
                    won[i]++;
                }
            if (ms >= up && bed_state(&b, c) == HL_CONTACT_CONNECTING)
                assert_int_equal(hl__acd_connected(b.acd, c), 0);
        }
        assert_int_equal(winners, 1);
        bed_check(&b);
        bed_close(&b);
    }
    assert_true(won[0] > 0 && won[1] > 0 && won[2] > 0);
}

static void settings_of_a_set_may_change_while_it_rings(void **state)
{
    bed b;

    (void)state;
    open_with(&b, DOC(",\"ring\":{\"size\":1,\"add_ms\":4000}"));
    hl_id c = bed_add(&b, "desk", NULL);
    assert_int_equal(bed_load(&b, DOC("")), 0);
    bed_to(&b, 14000);
    assert_int_equal(ringing(&b, c), 2); /* what was due is done once, and no more follow */
    bed_check(&b);
    bed_close(&b);
}

static void the_words_of_other_systems_are_understood(void **state)
{
    static const struct { const char *name; int pick, size, add_ms; } words[] = {
        { "ring-all", HL__PICK_longest_idle, 0, 0 }, { "longest-idle-agent", HL__PICK_longest_idle, 1, 0 },
        { "round-robin", HL__PICK_round_robin, 1, 0 }, { "top-down", HL__PICK_top_down, 1, 0 },
        { "agent-with-least-talk-time", HL__PICK_least_talk, 1, 0 },
        { "agent-with-fewest-calls", HL__PICK_fewest, 1, 0 },
        { "sequentially-by-agent-order", HL__PICK_top_down, 1, 0 }, { "random", HL__PICK_weighted, 1, 0 },
        { "ring-progressively", HL__PICK_top_down, 1, 10000 }, { "ringall", HL__PICK_longest_idle, 0, 0 },
        { "leastrecent", HL__PICK_longest_idle, 1, 0 }, { "fewestcalls", HL__PICK_fewest, 1, 0 },
        { "rrmemory", HL__PICK_round_robin, 1, 0 }, { "rrordered", HL__PICK_round_robin, 1, 0 },
        { "linear", HL__PICK_top_down, 1, 0 }, { "wrandom", HL__PICK_weighted, 1, 0 },
        { "least_occupied", HL__PICK_least_occupied, 1, 0 },
    };

    (void)state;
    for (size_t i = 0; i < HL__COUNT(words); i++) {
        bed b;
        char doc[200];
        bed_open(&b);
        snprintf(doc, sizeof(doc), "{\"queues\":{\"q\":{\"pick\":\"%s\"},\"r\":{\"pick\":\"%s\",\"ring\":{"
                 "\"size\":2}}}}", words[i].name, words[i].name);
        assert_int_equal(bed_load(&b, doc), 0);
        const hl__queue *q = hl__map_get(&b.acd->queues, bed_q(&b, "q"));
        const hl__queue *r = hl__map_get(&b.acd->queues, bed_q(&b, "r"));
        hl_test_ok(q->conf->pick == words[i].pick && q->conf->ring_size == words[i].size &&
                   q->conf->add_ms == words[i].add_ms, "%s", words[i].name);
        assert_true(r->conf->pick == words[i].pick && r->conf->ring_size == 2 && r->conf->add_ms == 0);
        bed_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(all_ring_one_wins_and_the_others_stop_when_both_are_up),
        HL_TEST(the_others_ring_on_for_a_second_and_a_half_at_most),
        HL_TEST(if_the_winner_fails_a_second_accept_takes_over), HL_TEST(one_more_rings_each_while),
        HL_TEST(a_set_never_blocks_the_next_caller),
        HL_TEST(what_is_idle_is_shared_among_those_that_come_back_together),
        HL_TEST(answers_half_a_second_apart_have_one_winner), HL_TEST(settings_of_a_set_may_change_while_it_rings),
        HL_TEST(the_words_of_other_systems_are_understood),
    };

    return HL_TEST_MAIN(tests);
}
