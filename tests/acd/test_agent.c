/* test_agent.c - agents: coming, going, breaks, lost pages, wrap-up, capacity, whom the picks choose. */
#include "bed.h"

#define TEAM "\"agents\":{\"ann\":{\"queues\":{\"desk\":{}}},\"bob\":{\"queues\":{\"desk\":{}}},\"cat\":{" \
    "\"queues\":{\"desk\":{}}}}}"

static void open_with(bed *b, const char *json)
{
    bed_open(b);
    assert_int_equal(bed_load(b, json), 0);
    bed_hush(b);
}

static void all_go(bed *b)
{
    bed_go(b, "ann", HL_AGENT_AVAILABLE);
    bed_to(b, 1);
    bed_go(b, "bob", HL_AGENT_AVAILABLE);
    bed_to(b, 2);
    bed_go(b, "cat", HL_AGENT_AVAILABLE);
    bed_to(b, 3);
}

static void who_goes_on_break_gets_nothing_new_and_ends_what_is_in_hand(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{}}," TEAM);
    b.accepts = b.connects = true;
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL), d;
    bed_go(&b, "ann", HL_AGENT_AUX);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_ENGAGED);
    assert_int_equal(hl__acd_talk_end(b.acd, c), 0);
    d = bed_add(&b, "desk", NULL);
    bed_to(&b, 60000);
    assert_int_equal(bed_state(&b, d), HL_CONTACT_WAITING);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    assert_int_equal(bed_state(&b, d), HL_CONTACT_ENGAGED);
    bed_close(&b);
}

static void a_break_takes_an_open_offer_back(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{}}," TEAM);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL);
    bed_hush(&b);
    assert_int_equal(hl__acd_go(b.acd, bed_a(&b, "ann"), HL_AGENT_AUX, "lunch"), 0);
    bed_says(&b, "agent ann aux offer lunch\noffer over 5 ann rescinded\nagent ann aux idle lunch\n> ring over ann "
        "rescinded\n"
        "> contact 5 waiting\n");
    assert_int_equal(bed_state(&b, c), HL_CONTACT_WAITING);
    bed_close(&b);
}

static void going_where_one_is_says_nothing(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{}}," TEAM);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_hush(&b);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_says(&b, "");
    assert_int_equal(hl__acd_go(b.acd, bed_a(&b, "ann"), HL_AGENT_GONE, NULL), HL_EINVAL);
    assert_int_equal(hl__acd_go(b.acd, HL__ID(999, HL_KIND_AGENT), HL_AGENT_AUX, NULL), HL_ENOENT);
    bed_close(&b);
}

static void a_lost_page_gets_no_offers_and_is_offline_after_10_s(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{}}," TEAM);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_go(&b, "bob", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL);
    bed_hush(&b);
    assert_int_equal(hl__acd_gone(b.acd, bed_a(&b, "ann")), 0);
    assert_true(bed_offered(&b, "bob") == c);
    assert_int_equal(bed_is(&b, "ann"), HL_AGENT_GONE);
    bed_to(&b, 9999);
    assert_int_equal(bed_is(&b, "ann"), HL_AGENT_GONE);
    bed_to(&b, 10000);
    assert_int_equal(bed_is(&b, "ann"), HL_AGENT_OFFLINE);
    bed_close(&b);
}

static void who_resumes_within_120_s_is_as_before(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{}}," TEAM);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    assert_int_equal(hl__acd_gone(b.acd, bed_a(&b, "ann")), 0);
    bed_to(&b, 119999);
    hl_id c = bed_add(&b, "desk", NULL);
    assert_int_equal(hl__acd_back(b.acd, bed_a(&b, "ann")), 0);
    assert_int_equal(bed_is(&b, "ann"), HL_AGENT_AVAILABLE);
    assert_true(bed_offered(&b, "ann") == c);
    assert_int_equal(hl__acd_go(b.acd, bed_a(&b, "ann"), HL_AGENT_AUX, "tea"), 0);
    assert_int_equal(hl__acd_gone(b.acd, bed_a(&b, "ann")), 0);
    bed_to(&b, 125000);
    assert_int_equal(hl__acd_back(b.acd, bed_a(&b, "ann")), 0);
    assert_int_equal(bed_is(&b, "ann"), HL_AGENT_AUX);
    hl_agent row = HL_AGENT_INIT;
    assert_int_equal(hl__acd_agent_get(b.acd, bed_a(&b, "ann"), &row), 0);
    assert_string_equal(row.reason, "tea");
    assert_int_equal(hl__acd_gone(b.acd, bed_a(&b, "ann")), 0);
    bed_to(&b, 245001);
    assert_int_equal(hl__acd_back(b.acd, bed_a(&b, "ann")), 0);
    assert_int_equal(bed_is(&b, "ann"), HL_AGENT_OFFLINE);
    bed_close(&b);
}

static void a_talk_goes_on_while_the_page_is_gone(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{}}," TEAM);
    b.accepts = b.connects = true;
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL);
    assert_int_equal(hl__acd_gone(b.acd, bed_a(&b, "ann")), 0);
    bed_to(&b, 30000);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_ENGAGED);
    assert_int_equal(bed_work(&b, "ann"), HL_WORK_BUSY);
    bed_close(&b);
}

static void wrapup_ends_early_or_is_made_longer_up_to_its_limit(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"wrapup_ms\":10000,\"wrapup_max_ms\":30000}}," TEAM);
    b.accepts = b.connects = true;
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL);
    hl_id ann = bed_a(&b, "ann");
    assert_int_equal(hl__acd_wrapup(b.acd, ann, 0, 0), HL_ESTATE);
    assert_int_equal(hl__acd_talk_end(b.acd, c), 0);
    assert_int_equal(hl__acd_wrapup(b.acd, ann, HL__ID(12345, HL_KIND_CONTACT), 0), HL_ESTATE);
    assert_int_equal(hl__acd_wrapup(b.acd, ann, c, 20000), 0);
    assert_int_equal(hl__acd_wrapup(b.acd, ann, c, 20000), HL_ELIMIT);
    assert_int_equal(hl__acd_wrapup(b.acd, ann, c, -1), HL_EINVAL);
    bed_to(&b, 29999);
    assert_int_equal(bed_work(&b, "ann"), HL_WORK_WRAPUP);
    bed_to(&b, 30000);
    assert_int_equal(bed_work(&b, "ann"), HL_WORK_IDLE);
    c = bed_add(&b, "desk", NULL);
    assert_int_equal(hl__acd_talk_end(b.acd, c), 0);
    assert_int_equal(hl__acd_wrapup(b.acd, ann, 0, 0), 0);
    assert_int_equal(bed_work(&b, "ann"), HL_WORK_IDLE);
    bed_close(&b);
}

static void an_agents_own_wrapup_wins_and_0_is_none(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"wrapup_ms\":10000}},\"agents\":{\"ann\":{\"wrapup_ms\":0,\"queues\":{"
        "\"desk\":{}}}}}");
    b.accepts = b.connects = true;
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL), d = bed_add(&b, "desk", NULL);
    assert_int_equal(hl__acd_talk_end(b.acd, c), 0);
    assert_int_equal(bed_state(&b, d), HL_CONTACT_ENGAGED);
    bed_check(&b);
    bed_close(&b);
}

static void one_who_takes_one_at_a_time_asks_for_the_next(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"wrapup_ms\":1000}},\"agents\":{\"ann\":{\"once\":true,\"queues\":{"
        "\"desk\":{}}}}}");
    b.accepts = b.connects = true;
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL);
    assert_int_equal(hl__acd_talk_end(b.acd, c), 0);
    bed_hush(&b);
    bed_to(&b, 1000);
    bed_says(&b, "agent ann aux idle once\n");
    bed_close(&b);
}

static void refusals_cool_by_their_cause(void **state)
{
    static const struct { int how, ms; } causes[] = { { HL_OFFER_REJECTED, 5000 }, { HL_OFFER_BUSY, 10000 },
        { HL_OFFER_UNREACHABLE, 30000 }, { HL_OFFER_FAILED, 10000 } };
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{}}," TEAM);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    int64_t now = 0;
    hl_id c = bed_add(&b, "desk", NULL);
    for (size_t i = 0; i < HL__COUNT(causes); i++) {
        assert_int_equal(hl__acd_reject(b.acd, bed_offer(&b, "ann"), causes[i].how), 0);
        bed_to(&b, now + causes[i].ms - 1);
        assert_int_equal(bed_work(&b, "ann"), HL_WORK_COOLING);
        now += causes[i].ms;
        bed_to(&b, now);
        assert_true(bed_offered(&b, "ann") == c);
    }
    assert_int_equal(hl__acd_reject(b.acd, bed_offer(&b, "ann"), HL_OFFER_ACCEPTED), HL_EINVAL);
    assert_int_equal(hl__acd_reject(b.acd, c, HL_OFFER_REJECTED), HL_EINVAL);
    bed_close(&b);
}

static void a_queues_own_delays_are_kept(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"delays\":{\"rejected\":0,\"no_answer\":7000},\"offer_ms\":5000}}," TEAM);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL);
    assert_int_equal(hl__acd_reject(b.acd, bed_offer(&b, "ann"), HL_OFFER_REJECTED), 0);
    assert_true(bed_offered(&b, "ann") == c);
    bed_to(&b, 5000);
    assert_int_equal(bed_work(&b, "ann"), HL_WORK_COOLING);
    bed_to(&b, 12000);
    assert_true(bed_offered(&b, "ann") == c);
    bed_close(&b);
}

static const char *chosen(bed *b)
{
    static const char *const names[] = { "ann", "bob", "cat" };
    const char *who = "-";

    (void)bed_add(b, "desk", NULL);
    for (int i = 0; i < 3; i++)
        if (bed_offer(b, names[i]))
            who = names[i];
    if (who[0] != '-')
        bed_serve(b, who, 1000);
    return who;
}

static void the_longest_idle_is_chosen_and_a_break_neither_counts_nor_resets(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"wrapup_ms\":0}}," TEAM);
    all_go(&b);
    assert_string_equal(chosen(&b), "ann");
    assert_string_equal(chosen(&b), "bob");
    assert_string_equal(chosen(&b), "cat");
    assert_string_equal(chosen(&b), "ann");   /* idle since: bob 2 s, cat 1 s, ann now */
    bed_go(&b, "bob", HL_AGENT_AUX);
    bed_to(&b, 500000);
    bed_go(&b, "bob", HL_AGENT_AVAILABLE);    /* 2 s idle as before; cat is idle since long ago */
    assert_string_equal(chosen(&b), "cat");
    assert_string_equal(chosen(&b), "ann");
    assert_string_equal(chosen(&b), "bob");
    bed_close(&b);
}

static void round_robin_goes_round(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"wrapup_ms\":0,\"pick\":\"round_robin\"}}," TEAM);
    all_go(&b);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(chosen(&b), "ann");
        assert_string_equal(chosen(&b), "bob");
        assert_string_equal(chosen(&b), "cat");
    }
    bed_close(&b);
}

static void top_down_takes_the_first_who_is_free(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"wrapup_ms\":0,\"pick\":\"top_down\"}},\"agents\":{\"ann\":{\"queues\":{"
        "\"desk\":"
        "{\"position\":3}}},\"bob\":{\"queues\":{\"desk\":{\"position\":1}}},\"cat\":{\"queues\":{\"desk\":{"
            "\"position\":2}}}}}");
    all_go(&b);
    assert_string_equal(chosen(&b), "bob");
    assert_string_equal(chosen(&b), "bob");
    bed_go(&b, "bob", HL_AGENT_AUX);
    assert_string_equal(chosen(&b), "cat");
    bed_close(&b);
}

static void fewest_and_least_talk_even_things_out(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"wrapup_ms\":0,\"pick\":\"fewest\"}}," TEAM);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    chosen(&b);
    chosen(&b);
    bed_go(&b, "bob", HL_AGENT_AVAILABLE);
    assert_string_equal(chosen(&b), "bob");
    assert_string_equal(chosen(&b), "bob");
    assert_string_equal(chosen(&b), "ann"); /* two each: the one with the lesser id */
    assert_string_equal(chosen(&b), "bob");
    assert_int_equal(bed_load(&b, "{\"queues\":{\"desk\":{\"wrapup_ms\":0,\"pick\":\"least_talk\"}}," TEAM), 0);
    bed_go(&b, "cat", HL_AGENT_AVAILABLE);
    assert_string_equal(chosen(&b), "cat");
    bed_close(&b);
}

static void the_figures_of_today_begin_anew_at_midnight(void **state)
{
    bed b;
    hl_agent row = HL_AGENT_INIT;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"wrapup_ms\":0}}," TEAM);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    chosen(&b);
    assert_int_equal(hl__acd_agent_get(b.acd, bed_a(&b, "ann"), &row), 0);
    assert_int_equal(row.handled, 1);
    bed_to(&b, 86400000);
    assert_int_equal(hl__acd_agent_get(b.acd, bed_a(&b, "ann"), &row), 0);
    assert_int_equal(row.handled, 0);
    bed_close(&b);
}

static void a_lower_tier_is_asked_first_and_a_lower_rank_served_first(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{},\"leaks\":{}},\"agents\":{\"ann\":{\"queues\":{\"desk\":{\"tier\":1},"
        "\"leaks\":"
        "{\"rank\":0}}},\"bob\":{\"queues\":{\"desk\":{\"tier\":0,\"rank\":1},\"leaks\":{\"rank\":0}}}}}");
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_to(&b, 1000);
    bed_go(&b, "bob", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL);
    assert_true(bed_offered(&b, "bob") == c); /* ann idles longer, but in tier 1 */
    bed_go(&b, "ann", HL_AGENT_AUX);
    bed_serve(&b, "bob", 1000);
    bed_add(&b, "desk", NULL);
    bed_to(&b, 4000);
    hl_id leak = bed_add(&b, "leaks", NULL);
    bed_to(&b, 12000);                         /* wrap-up over: leaks come first for him */
    assert_true(bed_offered(&b, "bob") == leak);
    bed_close(&b);
}

static void a_rank_counts_no_longer_than_rank_cap(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"rank_cap_ms\":5000},\"leaks\":{}},\"agents\":{\"bob\":{\"queues\":{"
        "\"desk\":"
        "{\"rank\":1},\"leaks\":{}}}}}");
    hl_id old = bed_add(&b, "desk", NULL);
    bed_to(&b, 4999);
    hl_id leak = bed_add(&b, "leaks", NULL);
    bed_go(&b, "bob", HL_AGENT_AVAILABLE);
    assert_true(bed_offered(&b, "bob") == leak);
    bed_go(&b, "bob", HL_AGENT_AUX);
    bed_to(&b, 5000);
    bed_go(&b, "bob", HL_AGENT_AVAILABLE);
    assert_true(bed_offered(&b, "bob") == old);
    bed_close(&b);
}

static void a_steeper_queue_overtakes(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{},\"vip\":{\"order\":{\"law\":\"slope\",\"slope\":3000}}},\"agents\":{"
        "\"bob\":"
        "{\"queues\":{\"desk\":{},\"vip\":{}}}}}");
    bed_add(&b, "desk", NULL);
    bed_to(&b, 20000);
    hl_id vip = bed_add(&b, "vip", NULL);
    bed_to(&b, 31000); /* 31 s against 3 x 11 s */
    bed_go(&b, "bob", HL_AGENT_AVAILABLE);
    assert_true(bed_offered(&b, "bob") == vip);
    bed_close(&b);
}

static void channels_share_an_agent_by_cost(void **state)
{
    bed b;
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id chats[5] = { 0 }, mail = 0, call;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"channels\":[\"voice\",\"chat\",\"email\"]}},\"agents\":{\"ann\":{"
        "\"queues\":{\"desk\":{}}}}}");
    b.accepts = true;
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    in.queue = bed_q(&b, "desk");
    in.channel = HL_CHANNEL_CHAT;
    for (int i = 0; i < 5; i++)
        assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &chats[i]), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(bed_state(&b, chats[i]), HL_CONTACT_ENGAGED);
    assert_int_equal(bed_state(&b, chats[4]), HL_CONTACT_WAITING);
    call = bed_add(&b, "desk", NULL);
    assert_int_equal(bed_state(&b, call), HL_CONTACT_WAITING);
    bed_check(&b);
    for (int i = 0; i < 4; i++)
        assert_int_equal(hl__acd_end(b.acd, chats[i], HL_OUTCOME_HANDLED), 0);
    in.channel = HL_CHANNEL_EMAIL;
    bed_to(&b, 10000);                                         /* wrap-ups over: the chat came before the call */
    assert_int_equal(bed_state(&b, chats[4]), HL_CONTACT_ENGAGED);
    assert_int_equal(bed_state(&b, call), HL_CONTACT_WAITING); /* 25 + 100 is over 100 */
    assert_int_equal(hl__acd_end(b.acd, chats[4], HL_OUTCOME_HANDLED), 0);
    bed_to(&b, 20000);
    assert_int_equal(bed_state(&b, call), HL_CONTACT_CONNECTING);
    assert_int_equal(hl__acd_connected(b.acd, call), 0);
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &mail), 0);
    assert_int_equal(bed_state(&b, mail), HL_CONTACT_WAITING); /* 50 + 100: not during a call */
    bed_check(&b);
    bed_close(&b);
}

static void a_call_may_come_over_an_email_in_hand(void **state)
{
    bed b;
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id mail = 0;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"channels\":[\"voice\",\"email\"]}},\"agents\":{\"ann\":{\"queues\":{"
        "\"desk\":{}}}}}");
    b.accepts = b.connects = true;
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    in.queue = bed_q(&b, "desk");
    in.channel = HL_CHANNEL_EMAIL;
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &mail), 0);
    hl_id call = bed_add(&b, "desk", NULL);
    assert_int_equal(bed_state(&b, mail), HL_CONTACT_ENGAGED);
    assert_int_equal(bed_state(&b, call), HL_CONTACT_ENGAGED);
    bed_check(&b);
    bed_close(&b);
}

static void named_capacities_replace_the_plain_ones(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"capacities\":{\"double\":{\"voice\":{\"max\":2,\"cost\":50}}},\"queues\":{\"desk\":{}},"
        "\"agents\":{\"ann\":"
        "{\"capacity\":\"double\",\"queues\":{\"desk\":{}}}}}");
    b.accepts = b.connects = true;
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL), d = bed_add(&b, "desk", NULL), e = bed_add(&b, "desk", NULL);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_ENGAGED);
    assert_int_equal(bed_state(&b, d), HL_CONTACT_ENGAGED);
    assert_int_equal(bed_state(&b, e), HL_CONTACT_WAITING);
    hl_agent row = HL_AGENT_INIT;
    assert_int_equal(hl__acd_agent_get(b.acd, bed_a(&b, "ann"), &row), 0);
    assert_int_equal(row.load, 100);
    bed_check(&b);
    bed_close(&b);
}

static void only_those_with_the_skills_are_asked(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"need\":\"skill.zh >= 30\"}},\"agents\":{\"ann\":{\"skills\":{\"zh\":"
        "20},\"queues\":"
        "{\"desk\":{}}},\"bob\":{\"skills\":{\"zh\":90,\"en\":40},\"queues\":{\"desk\":{}}}}}");
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_WAITING);
    hl_id d = bed_add(&b, "desk", "skill.en > 50"), e = bed_add(&b, "desk", "{\"en\": 40}");
    assert_int_equal(bed_add(&b, "desk", "skill.fr > 1"), 0);
    assert_int_equal(bed_add(&b, "desk", "skill.en +"), 0);
    bed_go(&b, "bob", HL_AGENT_AVAILABLE);
    assert_true(bed_offered(&b, "bob") == c);
    bed_serve(&b, "bob", 1000);
    bed_to(&b, 11000);
    assert_true(bed_offered(&b, "bob") == e);
    assert_int_equal(hl__acd_need(b.acd, d, "skill.zh > 10"), 0);
    assert_int_equal(hl__acd_need(b.acd, d, "skill.zh >"), HL_EPARSE);
    bed_serve(&b, "bob", 1000);
    bed_to(&b, 25000);
    assert_true(bed_offered(&b, "bob") == d);
    bed_close(&b);
}

static void changed_settings_reach_who_waits_already(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"need\":\"skill.zh >= 30\"}},\"agents\":{\"ann\":{\"skills\":{\"zh\":"
        "20},\"queues\":"
        "{\"desk\":{}}}}}");
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL);
    assert_int_equal(bed_load(&b, "{\"agents\":{\"ann\":{\"skills\":{\"zh\":31},\"queues\":{\"desk\":{}}}},"
        "\"queues\":{\"desk\":{\"need\":\"skill.zh >= 30\"}}}"), 0);
    assert_true(bed_offered(&b, "ann") == c);
    bed_check(&b);
    assert_int_equal(bed_load(&b, "{\"queues\":{\"desk\":{\"need\":\"skill.zh >= 99\"}},\"agents\":{\"ann\":{"
        "\"skills\":{\"zh\":31}}}}"), 0);
    assert_true(bed_offered(&b, "ann") == c); /* what is in hand stays */
    assert_int_equal(hl__acd_reject(b.acd, bed_offer(&b, "ann"), HL_OFFER_REJECTED), 0);
    bed_to(&b, 100000);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_WAITING);
    bed_check(&b);
    bed_close(&b);
}

static void who_is_removed_is_gone_and_his_like_stays(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{},\"old\":{}}," TEAM);
    all_go(&b);
    assert_int_equal(bed_apply(&b, "{\"agents\":{\"ann\":null},\"queues\":{\"old\":null}}"), 0);
    bed_to(&b, 10);
    assert_int_equal(hl__acd_agent_find(b.acd, "ann"), 0);
    assert_int_equal(hl__acd_queue_find(b.acd, "old"), 0);
    hl_queue row = HL_QUEUE_INIT;
    assert_int_equal(hl__acd_queue_next(b.acd, &row), 1);
    assert_int_equal(row.staffed, 2);
    hl_id c = bed_add(&b, "desk", NULL);
    assert_true(bed_offered(&b, "bob") == c);
    bed_check(&b);
    bed_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(who_goes_on_break_gets_nothing_new_and_ends_what_is_in_hand),
        HL_TEST(a_break_takes_an_open_offer_back),
        HL_TEST(going_where_one_is_says_nothing),
        HL_TEST(a_lost_page_gets_no_offers_and_is_offline_after_10_s),
        HL_TEST(who_resumes_within_120_s_is_as_before),
        HL_TEST(a_talk_goes_on_while_the_page_is_gone),
        HL_TEST(wrapup_ends_early_or_is_made_longer_up_to_its_limit),
        HL_TEST(an_agents_own_wrapup_wins_and_0_is_none),
        HL_TEST(one_who_takes_one_at_a_time_asks_for_the_next),
        HL_TEST(refusals_cool_by_their_cause),
        HL_TEST(a_queues_own_delays_are_kept),
        HL_TEST(the_longest_idle_is_chosen_and_a_break_neither_counts_nor_resets),
        HL_TEST(round_robin_goes_round),
        HL_TEST(top_down_takes_the_first_who_is_free),
        HL_TEST(fewest_and_least_talk_even_things_out),
        HL_TEST(the_figures_of_today_begin_anew_at_midnight),
        HL_TEST(a_lower_tier_is_asked_first_and_a_lower_rank_served_first),
        HL_TEST(a_rank_counts_no_longer_than_rank_cap),
        HL_TEST(a_steeper_queue_overtakes),
        HL_TEST(channels_share_an_agent_by_cost),
        HL_TEST(a_call_may_come_over_an_email_in_hand),
        HL_TEST(named_capacities_replace_the_plain_ones),
        HL_TEST(only_those_with_the_skills_are_asked),
        HL_TEST(changed_settings_reach_who_waits_already),
        HL_TEST(who_is_removed_is_gone_and_his_like_stays),
    };

    return HL_TEST_MAIN(tests);
}
