/* test_queue.c - callers, a queue, agents: order, offers, places, what is told to whom. */
#include "bed.h"

#define DESK "\"desk\":{\"wrapup_ms\":5000,\"resume_ms\":0,\"offer_ms\":15000,\"connect_ms\":5000}"
#define ONE "{\"queues\":{" DESK "},\"agents\":{\"ann\":{\"queues\":{\"desk\":{}}}}}"
#define TWO "{\"queues\":{" DESK "},\"agents\":{\"ann\":{\"queues\":{\"desk\":{}}},\"bob\":{\"queues\":{\"desk\":{}}}}}"

static void open_with(bed *b, const char *json)
{
    bed_open(b);
    assert_int_equal(bed_load(b, json), 0);
    bed_hush(b);
}

static void a_caller_reaches_an_agent_who_wraps_up_and_is_idle_again(void **state)
{
    bed b;

    (void)state;
    open_with(&b, ONE);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_says(&b, "agent ann available idle\n");
    hl_id c = bed_add(&b, "desk", NULL);
    bed_says(&b, "new 3 -\nqueued 3 desk place 1\noffer 3 ann by longest_idle\n"
        "agent ann available offer\n> contact 3 offered\n> ring ann 3\n");
    bed_to(&b, 3000);
    assert_int_equal(hl__acd_accept(b.acd, bed_offer(&b, "ann")), 0);
    bed_says(&b, "offer over 3 ann accepted\nagent ann available busy\n> ring over ann accepted\n"
        "> contact 3 connecting\n> connect 3 ann\n");
    bed_to(&b, 3100);
    assert_int_equal(hl__acd_connected(b.acd, c), 0);
    bed_says(&b, "connected 3 ann after 3100\n> contact 3 engaged\n");
    bed_to(&b, 63100);
    assert_int_equal(hl__acd_talk_end(b.acd, c), 0);
    bed_says(&b, "agent ann available wrapup\nended 3 handled wait 3100\n> done 3 handled\n");
    bed_to(&b, 68099);
    bed_says(&b, "");
    bed_to(&b, 68100);
    bed_says(&b, "agent ann available idle\n");
    bed_check(&b);
    bed_close(&b);
}

static void two_callers_are_served_in_the_order_they_came(void **state)
{
    bed b;

    (void)state;
    open_with(&b, ONE);
    hl_id first = bed_add(&b, "desk", NULL);
    bed_to(&b, 1);
    hl_id second = bed_add(&b, "desk", NULL);
    assert_int_equal(bed_place(&b, first), 1);
    assert_int_equal(bed_place(&b, second), 2);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    assert_true(bed_offered(&b, "ann") == first);
    assert_int_equal(bed_place(&b, second), 1);
    bed_serve(&b, "ann", 1000);
    bed_to(&b, 6001);
    assert_true(bed_offered(&b, "ann") == second);
    bed_close(&b);
}

static void a_reject_goes_to_the_next_agent_and_the_caller_keeps_the_place(void **state)
{
    bed b;

    (void)state;
    open_with(&b, TWO);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_to(&b, 10);
    bed_go(&b, "bob", HL_AGENT_AVAILABLE);
    hl_id first = bed_add(&b, "desk", NULL);
    assert_true(bed_offered(&b, "ann") == first);
    bed_to(&b, 2000);
    bed_hush(&b);
    assert_int_equal(hl__acd_reject(b.acd, bed_offer(&b, "ann"), HL_OFFER_REJECTED), 0);
    assert_true(bed_offered(&b, "bob") == first);
    assert_int_equal(bed_work(&b, "ann"), HL_WORK_COOLING);
    assert_int_equal(hl__acd_reject(b.acd, bed_offer(&b, "bob"), HL_OFFER_REJECTED), 0);
    bed_to(&b, 2500);
    hl_id second = bed_add(&b, "desk", NULL);
    assert_int_equal(bed_place(&b, first), 1);
    assert_int_equal(bed_place(&b, second), 2);
    bed_to(&b, 7000); /* 5 s after the reject ann is offered the same caller again */
    assert_true(bed_offered(&b, "ann") == first);
    assert_true(bed_offered(&b, "bob") == second);
    bed_close(&b);
}

static void a_ring_time_out_goes_to_the_next_agent_and_the_caller_keeps_the_place(void **state)
{
    bed b;

    (void)state;
    open_with(&b, TWO);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_to(&b, 10);
    bed_go(&b, "bob", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL);
    hl_contact row = HL_CONTACT_INIT;
    assert_int_equal(hl__acd_contact_get(b.acd, c, &row), 0);
    hl_time key = row.key;
    bed_to(&b, 15009);
    assert_true(bed_offered(&b, "ann") == c);
    bed_to(&b, 15010);
    assert_true(bed_offered(&b, "bob") == c);
    assert_int_equal(bed_work(&b, "ann"), HL_WORK_IDLE);
    assert_int_equal(hl__acd_contact_get(b.acd, c, &row), 0);
    assert_true(row.key == key);
    assert_int_equal(row.offers, 2);
    bed_close(&b);
}

static void an_offer_ends_once_and_news_of_an_ended_one_changes_nothing(void **state)
{
    bed b;

    (void)state;
    open_with(&b, TWO);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL), offer = bed_offer(&b, "ann");
    assert_int_equal(hl__acd_accept(b.acd, offer), 0);
    bed_hush(&b);
    assert_int_equal(hl__acd_accept(b.acd, offer), HL_ECONFLICT);
    assert_int_equal(hl__acd_reject(b.acd, offer, HL_OFFER_REJECTED), HL_ECONFLICT);
    assert_int_equal(hl__acd_reject(b.acd, offer, HL_OFFER_FAILED), HL_ECONFLICT);
    bed_says(&b, "");
    assert_int_equal(bed_state(&b, c), HL_CONTACT_CONNECTING);
    bed_check(&b);
    bed_close(&b);
}

static void an_accept_at_the_deadline_is_too_late(void **state)
{
    bed b;

    (void)state;
    open_with(&b, ONE);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_add(&b, "desk", NULL);
    hl_id offer = bed_offer(&b, "ann");
    b.core.now = b.start + 15000 * (hl_time)HL__US; /* the timer has not run yet */
    assert_int_equal(hl__acd_accept(b.acd, offer), HL_ECONFLICT);
    bed_to(&b, 15000);
    assert_true(bed_offer(&b, "ann") != offer);
    bed_close(&b);
}

static void who_misses_two_in_a_row_is_set_aside(void **state)
{
    bed b;

    (void)state;
    open_with(&b, ONE);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL);
    bed_to(&b, 15000);
    assert_true(bed_offered(&b, "ann") == c); /* nobody else is there */
    bed_hush(&b);
    bed_to(&b, 30000);
    assert_int_equal(bed_is(&b, "ann"), HL_AGENT_AUX);
    assert_non_null(strstr(bed_said(&b), "agent ann aux idle missed\n"));
    assert_int_equal(bed_state(&b, c), HL_CONTACT_WAITING);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    assert_true(bed_offered(&b, "ann") == c);
    bed_close(&b);
}

static void a_leg_that_never_comes_up_sends_the_caller_back_to_the_head(void **state)
{
    bed b;

    (void)state;
    open_with(&b, TWO);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL), other;
    assert_int_equal(hl__acd_accept(b.acd, bed_offer(&b, "ann")), 0);
    bed_to(&b, 100);
    other = bed_add(&b, "desk", NULL);
    bed_to(&b, 4999);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_CONNECTING);
    bed_to(&b, 5000);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_WAITING);
    assert_int_equal(bed_work(&b, "ann"), HL_WORK_COOLING); /* no wrap-up: it never had media */
    assert_int_equal(bed_place(&b, c), 1);
    assert_int_equal(bed_place(&b, other), 1); /* it is the second now, but was told "first" */
    bed_to(&b, 15000);
    assert_true(bed_offered(&b, "ann") == c);
    bed_close(&b);
}

static void an_agents_leg_that_dies_in_the_talk_sends_the_caller_back_to_the_head(void **state)
{
    bed b;

    (void)state;
    open_with(&b, TWO);
    b.accepts = b.connects = true;
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_ENGAGED);
    bed_to(&b, 10000);
    hl_id other = bed_add(&b, "desk", NULL);
    assert_int_equal(hl__acd_agent_failed(b.acd, c), 0);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_WAITING);
    assert_int_equal(bed_is(&b, "ann"), HL_AGENT_AUX);
    assert_int_equal(bed_place(&b, c), 1);
    b.accepts = false;
    bed_go(&b, "bob", HL_AGENT_AVAILABLE);
    assert_true(bed_offered(&b, "bob") == c);
    assert_int_equal(bed_state(&b, other), HL_CONTACT_WAITING);
    bed_close(&b);
}

static void a_caller_who_hangs_up_while_it_rings_frees_the_agent_at_once(void **state)
{
    bed b;

    (void)state;
    open_with(&b, ONE);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL);
    bed_to(&b, 4000);
    bed_hush(&b);
    assert_int_equal(hl__acd_hangup(b.acd, c), 0);
    bed_says(&b, "offer over 3 ann rescinded\nagent ann available idle\nended 3 abandoned wait 4000\n"
        "> done 3 abandoned\n> ring over ann rescinded\n");
    assert_int_equal(bed_work(&b, "ann"), HL_WORK_IDLE);
    bed_check(&b);
    bed_close(&b);
}

static void a_caller_who_hangs_up_while_it_connects_gives_no_wrapup(void **state)
{
    bed b;

    (void)state;
    open_with(&b, ONE);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL);
    assert_int_equal(hl__acd_accept(b.acd, bed_offer(&b, "ann")), 0);
    assert_int_equal(hl__acd_hangup(b.acd, c), 0);
    assert_int_equal(b.outcome, HL_OUTCOME_ABANDONED);
    assert_int_equal(bed_work(&b, "ann"), HL_WORK_IDLE);
    bed_close(&b);
}

static void a_lost_caller_can_take_the_place_up_again(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"resume_ms\":60000}},\"agents\":{\"ann\":{\"queues\":{\"desk\":{}}}}}");
    hl_id c = bed_add(&b, "desk", NULL);
    bed_to(&b, 1000);
    hl_id other = bed_add(&b, "desk", NULL), out = 0;
    bed_hush(&b);
    assert_int_equal(hl__acd_hangup(b.acd, c), 0);
    bed_says(&b, "lost 3 for 60000\n> contact 3 lost\n");
    assert_int_equal(bed_place(&b, other), 1);
    bed_to(&b, 50000);
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    in.queue = bed_q(&b, "desk");
    in.leg = HL__ID(77, HL_KIND_LEG);
    in.resume = c;
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &out), 0);
    assert_true(out == c);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    assert_true(bed_offered(&b, "ann") == c);
    assert_int_equal(hl__acd_hangup(b.acd, c), 0);
    bed_to(&b, 110000);
    assert_int_equal(b.outcome, HL_OUTCOME_ABANDONED);
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &out), HL_ENOENT);
    in.resume = other;
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &out), HL_ESTATE);
    bed_close(&b);
}

static void the_wait_of_a_lost_caller_counts_to_the_hangup(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"resume_ms\":60000}}}");
    hl_id c = bed_add(&b, "desk", NULL);
    bed_to(&b, 7000);
    assert_int_equal(hl__acd_hangup(b.acd, c), 0);
    bed_hush(&b);
    bed_to(&b, 67000);
    bed_says(&b, "ended 2 abandoned wait 7000\n> done 2 abandoned\n");
    bed_close(&b);
}

static void priority_is_a_credit_and_keeps_no_one_waiting_for_ever(void **state)
{
    bed b;

    (void)state;
    open_with(&b, ONE);
    hl_id old = bed_add(&b, "desk", NULL);
    bed_to(&b, 100000);
    hl_id plain = bed_add(&b, "desk", NULL), urgent = bed_urgent(&b, "desk", 2), slow = bed_urgent(&b, "desk", 9);
    assert_int_equal(bed_place(&b, old), 1);      /* waits 100 s; 90 s of credit do not pass it */
    assert_int_equal(bed_place(&b, urgent), 2);
    assert_int_equal(bed_place(&b, plain), 2);    /* the third now, but it was told "second" */
    bed_to(&b, 100001);
    hl_contact row = HL_CONTACT_INIT;
    assert_int_equal(hl__acd_contact_get(b.acd, urgent, &row), 0);
    assert_true(row.key == row.since - 90 * (hl_time)HL__SECOND);
    b.accepts = b.connects = true;
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    const hl_id order[] = { old, urgent, plain, slow };
    for (int i = 0; i < 4; i++) {
        assert_int_equal(bed_state(&b, order[i]), HL_CONTACT_ENGAGED);
        assert_int_equal(hl__acd_talk_end(b.acd, order[i]), 0);
        bed_to(&b, 110000 + i * 10000);
    }
    bed_close(&b);
}

static void an_announced_place_never_rises(void **state)
{
    bed b;
    int place, p50, p80;

    (void)state;
    open_with(&b, ONE);
    hl_id first = bed_add(&b, "desk", NULL), second = bed_add(&b, "desk", NULL);
    assert_int_equal(hl__acd_announce(b.acd, second, &place, &p50, &p80), 0);
    assert_int_equal(place, 2);
    for (int i = 0; i < 5; i++)
        bed_urgent(&b, "desk", 1);
    assert_int_equal(hl__acd_announce(b.acd, second, &place, &p50, &p80), 0);
    assert_int_equal(place, 2);
    assert_int_equal(bed_place(&b, first), 1);
    assert_int_equal(hl__acd_move(b.acd, second, bed_q(&b, "desk"), 0), 0); /* moved: it may */
    assert_int_equal(bed_place(&b, second), 7);
    bed_close(&b);
}

static void announcements_come_first_then_every_so_often(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"resume_ms\":0,\"announce\":{\"first_ms\":10000,\"every_ms\":30000}}}}");
    hl_id c = bed_add(&b, "desk", NULL);
    bed_hush(&b);
    bed_to(&b, 9999);
    bed_says(&b, "");
    bed_to(&b, 10000);
    bed_says(&b, "estimate 2 place 1\n> announce 2 place 1\n");
    bed_to(&b, 69999);
    bed_says(&b, "estimate 2 place 1\n> announce 2 place 1\n");
    bed_to(&b, 70000);
    bed_says(&b, "estimate 2 place 1\n> announce 2 place 1\n");
    assert_int_equal(hl__acd_hangup(b.acd, c), 0);
    bed_close(&b);
}

static void who_waits_too_long_leaves(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"max_wait_ms\":20000,\"offer_ms\":15000}},\"agents\":{\"ann\":{"
        "\"queues\":{\"desk\":{}}}}}");
    bed_add(&b, "desk", NULL);
    bed_to(&b, 19999);
    bed_hush(&b);
    bed_to(&b, 20000);
    bed_says(&b, "ended 3 timed_out wait 20000\n> done 3 timed_out\n");
    hl_id c = bed_add(&b, "desk", NULL);
    bed_to(&b, 35000);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE); /* it rings at the end of the time: it may still be answered */
    bed_to(&b, 45000);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_OFFERED);
    bed_to(&b, 50000);
    assert_int_equal(bed_state(&b, c), 0);
    assert_int_equal(b.outcome, HL_OUTCOME_TIMED_OUT);
    assert_int_equal(bed_work(&b, "ann"), HL_WORK_IDLE);
    bed_close(&b);
}

static void a_full_queue_refuses(void **state)
{
    bed b;
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id out = 0;
    int why = 0;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"max_len\":2}}}");
    bed_add(&b, "desk", NULL);
    bed_add(&b, "desk", NULL);
    bed_hush(&b);
    in.queue = bed_q(&b, "desk");
    assert_int_equal(hl__acd_add(b.acd, HL__ID(500, HL_KIND_CONTACT), &in, NULL, &why, &out), HL_ELIMIT);
    assert_int_equal(why, HL__ACD_FULL);
    assert_int_equal(out, 0);
    bed_says(&b, "ended 500 refused wait 0\n");
    assert_string_equal(b.err.words, "queue \"desk\" is full");
    bed_close(&b);
}

static void a_queue_nobody_is_staffed_for_may_refuse(void **state)
{
    bed b;
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id out = 0;
    int why = 0;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"empty\":\"leave\"}},\"agents\":{\"ann\":{\"queues\":{\"desk\":{}}}}}");
    in.queue = bed_q(&b, "desk");
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, &why, &out), HL_ELIMIT);
    assert_int_equal(why, HL__ACD_NOBODY);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, &why, &out), 0);
    bed_go(&b, "ann", HL_AGENT_AUX);
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, &why, &out), HL_ELIMIT);
    bed_close(&b);
}

static void a_queue_that_would_take_too_long_refuses(void **state)
{
    bed b;
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id out = 0;
    int why = 0;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"max_ewt_ms\":200000,\"handle_ms\":120000}},"
        "\"agents\":{\"ann\":{\"queues\":{\"desk\":{}}}}}");
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    in.queue = bed_q(&b, "desk");
    for (int i = 0; i < 3; i++)
        assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, &why, &out), 0);
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, &why, &out), HL_ELIMIT);
    assert_int_equal(why, HL__ACD_SLOW);
    bed_close(&b);
}

static void a_contact_without_a_leg_is_engaged_when_it_is_accepted(void **state)
{
    bed b;
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id out = 0;

    (void)state;
    open_with(&b, ONE);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    in.queue = bed_q(&b, "desk");
    in.number = "0773-2845050";
    in.data = "{\"plan\":\"gold\"}";
    bed_hush(&b);
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &out), 0);
    assert_non_null(strstr(bed_said(&b), "new 3 0773-2845050\n"));
    assert_int_equal(hl__acd_accept(b.acd, bed_offer(&b, "ann")), 0);
    assert_int_equal(bed_state(&b, out), HL_CONTACT_ENGAGED);
    assert_int_equal(hl__acd_end(b.acd, out, HL_OUTCOME_HANDLED), 0);
    assert_int_equal(bed_work(&b, "ann"), HL_WORK_WRAPUP);
    bed_close(&b);
}

static void the_same_ref_is_the_same_contact(void **state)
{
    bed b;
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id one = 0, two = 0;

    (void)state;
    open_with(&b, ONE);
    in.queue = bed_q(&b, "desk");
    in.ref = "order 17";
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &one), 0);
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &two), 0);
    assert_true(one == two);
    assert_int_equal(hl__acd_contacts(b.acd), 1);
    assert_int_equal(hl__acd_end(b.acd, one, HL_OUTCOME_WITHDRAWN), 0);
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &two), 0);
    assert_true(one != two);
    bed_close(&b);
}

static void who_is_preferred_is_waited_for_alone_and_only_so_long(void **state)
{
    bed b;
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id c = 0;

    (void)state;
    open_with(&b, TWO);
    b.connects = true;
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_go(&b, "bob", HL_AGENT_AVAILABLE);
    bed_add(&b, "desk", NULL);
    assert_int_equal(hl__acd_accept(b.acd, bed_offer(&b, "ann")), 0);
    in.queue = bed_q(&b, "desk");
    in.prefer = bed_a(&b, "ann");
    in.prefer_ms = 20000;
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &c), 0);
    assert_int_equal(bed_offer(&b, "bob"), 0); /* idle, but not hers to wait for */
    bed_check(&b);
    bed_to(&b, 19999);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_WAITING);
    bed_to(&b, 20000);
    assert_true(bed_offered(&b, "bob") == c);
    assert_int_equal(hl__acd_end(b.acd, c, HL_OUTCOME_WITHDRAWN), 0);
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &c), 0);
    assert_int_equal(bed_offer(&b, "bob"), 0);
    bed_go(&b, "ann", HL_AGENT_AUX);            /* not staffed any more: skipped */
    assert_true(bed_offered(&b, "bob") == c);
    bed_close(&b);
}

static void who_is_preferred_and_free_is_taken(void **state)
{
    bed b;
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id c = 0;

    (void)state;
    open_with(&b, TWO);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_to(&b, 1000);
    bed_go(&b, "bob", HL_AGENT_AVAILABLE);
    in.queue = bed_q(&b, "desk");
    in.prefer = bed_a(&b, "bob");
    bed_hush(&b);
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &c), 0);
    assert_non_null(strstr(bed_said(&b), "bob by prefer\n"));
    bed_close(&b);
}

static void a_move_keeps_the_key_or_goes_to_the_end(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{" DESK ",\"leaks\":{\"resume_ms\":0}},\"agents\":{\"ann\":{\"queues\":{\"leaks\":{"
        "}}}}}");
    hl_id a = bed_add(&b, "desk", NULL);
    bed_to(&b, 1000);
    hl_id l = bed_add(&b, "leaks", NULL);
    bed_to(&b, 2000);
    bed_hush(&b);
    assert_int_equal(hl__acd_move(b.acd, a, bed_q(&b, "leaks"), 1), 0);
    bed_says(&b, "queued 4 leaks place 1\n> contact 4 waiting\n");
    assert_int_equal(bed_place(&b, a), 1);
    assert_int_equal(hl__acd_move(b.acd, a, bed_q(&b, "leaks"), 0), 0);
    assert_int_equal(bed_place(&b, a), 2);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    assert_true(bed_offered(&b, "ann") == l);
    assert_int_equal(hl__acd_move(b.acd, l, bed_q(&b, "desk"), 1), 0); /* offered: rescinded */
    assert_true(bed_offered(&b, "ann") == a);
    bed_check(&b);
    bed_close(&b);
}

static void a_talk_handed_to_a_queue_leaves_the_agent_in_wrapup(void **state)
{
    bed b;

    (void)state;
    open_with(&b, TWO);
    b.accepts = b.connects = true;
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL);
    bed_to(&b, 30000);
    assert_int_equal(hl__acd_move(b.acd, c, bed_q(&b, "desk"), 1), 0);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_WAITING);
    assert_int_equal(bed_work(&b, "ann"), HL_WORK_WRAPUP);
    bed_check(&b);
    bed_close(&b);
}

static void a_credit_given_later_moves_the_caller_up(void **state)
{
    bed b;

    (void)state;
    open_with(&b, ONE);
    hl_id a = bed_add(&b, "desk", NULL);
    bed_to(&b, 1000);
    hl_id c = bed_add(&b, "desk", NULL);
    assert_int_equal(hl__acd_credit(b.acd, c, 2000), 0);
    assert_int_equal(bed_place(&b, c), 1);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    assert_true(bed_offered(&b, "ann") == c);
    assert_int_equal(hl__acd_credit(b.acd, a, 1 << 30), 0);
    hl_contact row = HL_CONTACT_INIT;
    assert_int_equal(hl__acd_contact_get(b.acd, a, &row), 0);
    assert_true(row.since - row.key == 3600 * (hl_time)HL__SECOND); /* credit_max_ms */
    bed_close(&b);
}

static void later_steps_admit_whom_earlier_ones_did_not(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"need\":\"skill.zh >= 50\",\"steps\":[{\"after_ms\":10000,"
        "\"need\":\"skill.zh >= 10\"},{\"after_ms\":20000}]}},\"agents\":{\"low\":{\"skills\":{\"zh\":20},"
        "\"queues\":{\"desk\":{}}},\"none\":{\"queues\":{\"desk\":{}}},\"high\":{\"skills\":{\"zh\":90},\"queues\":"
            "{\"desk\":{}}}}}");
    bed_go(&b, "low", HL_AGENT_AVAILABLE);
    bed_go(&b, "none", HL_AGENT_AVAILABLE);
    hl_id a = bed_add(&b, "desk", NULL), c = bed_add(&b, "desk", NULL);
    bed_to(&b, 9999);
    assert_int_equal(bed_state(&b, a), HL_CONTACT_WAITING);
    bed_to(&b, 10000);
    assert_true(bed_offered(&b, "low") == a);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_WAITING);
    bed_to(&b, 20000);
    assert_true(bed_offered(&b, "none") == c);
    bed_go(&b, "high", HL_AGENT_AVAILABLE);
    bed_check(&b);
    bed_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_caller_reaches_an_agent_who_wraps_up_and_is_idle_again),
        HL_TEST(two_callers_are_served_in_the_order_they_came),
        HL_TEST(a_reject_goes_to_the_next_agent_and_the_caller_keeps_the_place),
        HL_TEST(a_ring_time_out_goes_to_the_next_agent_and_the_caller_keeps_the_place),
        HL_TEST(an_offer_ends_once_and_news_of_an_ended_one_changes_nothing),
        HL_TEST(an_accept_at_the_deadline_is_too_late),
        HL_TEST(who_misses_two_in_a_row_is_set_aside),
        HL_TEST(a_leg_that_never_comes_up_sends_the_caller_back_to_the_head),
        HL_TEST(an_agents_leg_that_dies_in_the_talk_sends_the_caller_back_to_the_head),
        HL_TEST(a_caller_who_hangs_up_while_it_rings_frees_the_agent_at_once),
        HL_TEST(a_caller_who_hangs_up_while_it_connects_gives_no_wrapup),
        HL_TEST(a_lost_caller_can_take_the_place_up_again),
        HL_TEST(the_wait_of_a_lost_caller_counts_to_the_hangup),
        HL_TEST(priority_is_a_credit_and_keeps_no_one_waiting_for_ever),
        HL_TEST(an_announced_place_never_rises),
        HL_TEST(announcements_come_first_then_every_so_often),
        HL_TEST(who_waits_too_long_leaves),
        HL_TEST(a_full_queue_refuses),
        HL_TEST(a_queue_nobody_is_staffed_for_may_refuse),
        HL_TEST(a_queue_that_would_take_too_long_refuses),
        HL_TEST(a_contact_without_a_leg_is_engaged_when_it_is_accepted),
        HL_TEST(the_same_ref_is_the_same_contact),
        HL_TEST(who_is_preferred_is_waited_for_alone_and_only_so_long),
        HL_TEST(who_is_preferred_and_free_is_taken),
        HL_TEST(a_move_keeps_the_key_or_goes_to_the_end),
        HL_TEST(a_talk_handed_to_a_queue_leaves_the_agent_in_wrapup),
        HL_TEST(a_credit_given_later_moves_the_caller_up),
        HL_TEST(later_steps_admit_whom_earlier_ones_did_not),
    };

    return HL_TEST_MAIN(tests);
}
