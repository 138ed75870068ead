/* test_rule.c - steps, reserves and overflow rules: who may have a contact when, and where it goes instead. */
#include "bed.h"

static void open_with(bed *b, const char *doc)
{
    bed_open(b);
    assert_int_equal(bed_load(b, doc), 0);
}

static const char *queue_of(bed *b, hl_id contact)
{
    hl_contact row = HL_CONTACT_INIT;

    return hl__acd_contact_get(b->acd, contact, &row) == 0 ? hl__acd_name(b->acd, row.queue) : "-";
}

static void a_step_opens_tiers_and_the_members_of_other_queues(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"need\":\"skill.zh >= 3\",\"steps\":[{\"after_ms\":10000,\"tiers\":1},"
        "{\"after_ms\":20000,\"also\":[\"back\"]}]},\"back\":{}},\"agents\":{"
        "\"one\":{\"skills\":{\"zh\":5},\"queues\":{\"desk\":{\"tier\":1}}},"
        "\"two\":{\"skills\":{\"zh\":5},\"queues\":{\"desk\":{\"tier\":2}}},"
        "\"poor\":{\"skills\":{\"zh\":1},\"queues\":{\"desk\":{}}},"
        "\"back\":{\"skills\":{\"zh\":4},\"queues\":{\"back\":{}}}}}");
    bed_go(&b, "two", HL_AGENT_AVAILABLE);
    bed_go(&b, "poor", HL_AGENT_AVAILABLE);
    bed_go(&b, "back", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL);
    bed_to(&b, 9999);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_WAITING);
    bed_to(&b, 10000);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_WAITING); /* tier 1 is open, tier 2 is not */
    bed_go(&b, "one", HL_AGENT_AVAILABLE);
    assert_int_equal(bed_offered(&b, "one"), c);
    assert_int_equal(hl__acd_reject(b.acd, bed_offer(&b, "one"), HL_OFFER_REJECTED), 0);
    bed_go(&b, "one", HL_AGENT_AUX);
    bed_to(&b, 20000);
    assert_int_equal(bed_offered(&b, "back"), c); /* not poor: the need stays */
    bed_check(&b);
    bed_close(&b);
}

static void a_step_begins_when_nobody_is_there_or_the_wait_is_long(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"need\":\"skill.zh >= 3\",\"steps\":[{\"nobody\":true,\"need\":"
        "\"skill.zh >= 1\"}]},\"line\":{\"handle_ms\":60000,\"steps\":[{\"ewt_over_ms\":90000,\"also\":[\"desk\"]}]}},"
        "\"agents\":{\"ann\":{\"skills\":{\"zh\":5},\"queues\":{\"desk\":{}}},\"ben\":{\"skills\":{\"zh\":1},"
        "\"queues\":{\"desk\":{}}},\"cid\":{\"queues\":{\"line\":{}}}}}");
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id busy = bed_add(&b, "desk", NULL), c;
    assert_int_equal(bed_offered(&b, "ann"), busy);
    bed_go(&b, "ben", HL_AGENT_AVAILABLE);
    c = bed_add(&b, "desk", NULL);
    bed_to(&b, 14000);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_WAITING); /* ann is there, if busy */
    bed_go(&b, "ann", HL_AGENT_AUX);
    bed_to(&b, 20000); /* asked each five seconds */
    assert_true(bed_offered(&b, "ben") == busy || bed_offered(&b, "ben") == c);
    bed_go(&b, "cid", HL_AGENT_AVAILABLE);
    (void)bed_add(&b, "line", NULL);
    hl_id first = bed_add(&b, "line", NULL), second = bed_add(&b, "line", NULL), third = bed_add(&b, "line", NULL);
    bed_to(&b, 20000);
    hl_contact row = HL_CONTACT_INIT;
    assert_int_equal(hl__acd_contact_get(b.acd, first, &row), 0);
    assert_int_equal(row.step, 0); /* one before it: not long enough */
    assert_int_equal(hl__acd_contact_get(b.acd, third, &row), 0);
    hl_test_ok(row.step == 1, "p50 %d", row.p50_ms);
    (void)second;
    bed_check(&b);
    bed_close(&b);
}

static void agents_are_kept_for_another_queue(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"desk\":{\"reserve\":{\"for\":\"vip\",\"idle\":1,\"until_ms\":30000}},\"vip\":{}},"
        "\"agents\":{\"ann\":{\"queues\":{\"desk\":{},\"vip\":{}}},\"ben\":{\"queues\":{\"desk\":{},\"vip\":{}}},"
        "\"cid\":{\"queues\":{\"desk\":{}}}}}");
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL), d;
    assert_int_equal(bed_state(&b, c), HL_CONTACT_WAITING); /* the last idle one of vip */
    bed_check(&b);
    bed_go(&b, "ben", HL_AGENT_AVAILABLE);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_OFFERED); /* now two were idle */
    d = bed_add(&b, "desk", NULL);
    assert_int_equal(bed_state(&b, d), HL_CONTACT_WAITING);
    bed_go(&b, "cid", HL_AGENT_AVAILABLE); /* no member of vip: nobody keeps him */
    assert_int_equal(bed_offered(&b, "cid"), d);
    d = bed_add(&b, "desk", NULL);
    bed_to(&b, 29999);
    assert_int_equal(bed_state(&b, d), HL_CONTACT_WAITING);
    bed_check(&b);
    bed_to(&b, 30000);
    assert_int_equal(bed_state(&b, d), HL_CONTACT_OFFERED); /* it has waited until_ms */
    bed_check(&b);
    bed_close(&b);
}

#define CHAIN "{\"queues\":{\"desk\":{\"max_wait_ms\":0,\"overflow\":[{\"after_ms\":30000,\"nobody\":true,\"to\":" \
    "\"back\"},{\"length_over\":2,\"to\":\"back\"},{\"after_ms\":60000}]},\"back\":{\"overflow\":[{\"nobody\":true," \
    "\"to\":\"last\"}]},\"last\":{\"max_len\":1}}," \
    "\"agents\":{\"ann\":{\"queues\":{\"back\":{}}},\"ben\":{\"queues\":{\"desk\":{}}}}}"

static void who_waits_too_long_goes_on_with_his_place(void **state)
{
    bed b;

    (void)state;
    open_with(&b, CHAIN);
    hl_id c = bed_add(&b, "desk", NULL);
    hl_time key = hl__contact_find(b.acd, c)->key;
    bed_to(&b, 29999);
    assert_string_equal(queue_of(&b, c), "desk");
    bed_to(&b, 30000); /* nobody at the desk; nobody in the back either: two hops */
    assert_string_equal(queue_of(&b, c), "last");
    assert_true(hl__contact_find(b.acd, c)->key == key);
    hl_id d = bed_add(&b, "desk", NULL);
    bed_to(&b, 70000);
    assert_string_equal(queue_of(&b, d), "desk"); /* last is full: it stays, and is asked again */
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_to(&b, 75000);
    assert_string_equal(queue_of(&b, d), "back");
    assert_int_equal(bed_offered(&b, "ann"), d);
    bed_check(&b);
    bed_close(&b);
}

static void who_comes_to_a_long_line_is_sent_on_at_once_or_told(void **state)
{
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    bed b;
    hl_id out;
    int why = 0;

    (void)state;
    open_with(&b, CHAIN);
    bed_go(&b, "ann", HL_AGENT_AUX);
    bed_go(&b, "ben", HL_AGENT_AVAILABLE);
    for (int i = 0; i < 3; i++)
        bed_add(&b, "desk", NULL); /* ben has one, two wait */
    hl_id c = bed_add(&b, "desk", NULL);
    assert_string_equal(queue_of(&b, c), "last");
    hl_id d = bed_add(&b, "desk", NULL);
    assert_string_equal(queue_of(&b, d), "desk"); /* last is full: better a long line than none */
    bed_hush(&b);
    bed_to(&b, 60000); /* the third rule, without a queue: the flow's exit */
    assert_non_null(strstr(bed_said(&b), "overflowed wait 60000"));
    bed_close(&b);
    open_with(&b, "{\"queues\":{\"desk\":{\"overflow\":[{\"nobody\":true}]}}}");
    in.queue = bed_q(&b, "desk");
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, &why, &out), HL_ELIMIT);
    assert_int_equal(why, HL__ACD_OVERFLOW);
    assert_non_null(strstr(bed_said(&b), "overflowed"));
    bed_close(&b);
}

static void what_is_wrong_with_rules_is_found(void **state)
{
    static const struct { const char *doc, *want; } wrong[] = {
        { "{\"queues\":{\"a\":{\"overflow\":[{\"nobody\":true,\"to\":\"b\"}]},\"b\":{\"overflow\":[{\"after_ms\":1,"
            "\"to\":\"a\"}]}}}", "521 /queues/a/overflow/0/to: \"b\" leads back to \"a\": a circle" },
        { "{\"queues\":{\"a\":{\"overflow\":[{\"nobody\":true,\"to\":\"a\"}]}}}", "is this queue itself" },
        { "{\"queues\":{\"a\":{\"overflow\":[{\"nobody\":true,\"to\":\"c\"}]}}}", "there is no queue \"c\"" },
        { "{\"queues\":{\"a\":{\"overflow\":[{\"to\":\"c\"}]}}}", "520 /queues/a/overflow/0: a rule says when" },
        { "{\"queues\":{\"a\":{\"overflow\":[3]}}}", "520 /queues/a/overflow/0: a rule is an object" },
        { "{\"queues\":{\"a\":{\"overflow\":[{},{},{},{},{},{},{},{},{}]}}}", "9 rules; at most 8" },
        { "{\"queues\":{\"a\":{\"overflow\":[{\"afterms\":1}]}}}", "did you mean \"after_ms\"?" },
        { "{\"queues\":{\"a\":{\"reserve\":{\"idle\":1}}}}", "520 /queues/a/reserve: a reserve says for which queue" },
        { "{\"queues\":{\"a\":{\"reserve\":{\"for\":\"a\"}}}}",
            "521 /queues/a/reserve/for: \"a\" is this queue itself" },
        { "{\"queues\":{\"a\":{\"reserve\":{\"for\":\"v\"}}}}", "521 /queues/a/reserve/for: there is no queue \"v\"" },
        { "{\"queues\":{\"a\":{\"steps\":[{\"also\":[\"z\"]}]}}}", "521 /queues/a/steps/0/also/0: there is no queue" },
        { "{\"queues\":{\"a\":{\"steps\":[{\"also\":[1]}]}}}", "520 /queues/a/steps/0/also/0: the name of a queue" },
        { "{\"queues\":{\"a\":{\"steps\":[{\"tiers\":-1}]}}}", "520 /queues/a/steps/0/tiers: " },
        { "{\"queues\":{\"a\":{\"close\":\"stop\"}}}", "/queues/a/close: \"stop\" is not one of: serve, send" },
    };

    (void)state;
    for (size_t i = 0; i < HL__COUNT(wrong); i++) {
        bed b;
        bed_open(&b);
        const char *have = bed_findings(&b, wrong[i].doc);
        hl_test_ok(strstr(have, wrong[i].want) != NULL, "%s\ngives\n%snot\n%s", wrong[i].doc, have, wrong[i].want);
        bed_close(&b);
    }
}

static void two_queues_may_help_each_other(void **state)
{
    bed b;

    (void)state;
    open_with(&b, "{\"queues\":{\"a\":{\"steps\":[{\"after_ms\":5000,\"also\":[\"b\"]}]},\"b\":{\"steps\":[{"
        "\"after_ms\":5000,\"also\":[\"a\"]}]}},"
        "\"agents\":{\"ann\":{\"queues\":{\"a\":{}}},\"ben\":{\"queues\":{\"b\":{}}}}}");
    hl_id c = bed_add(&b, "a", NULL);
    bed_go(&b, "ben", HL_AGENT_AVAILABLE);
    bed_to(&b, 4999);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_WAITING);
    bed_to(&b, 5000);
    assert_int_equal(bed_offered(&b, "ben"), c);
    bed_close(&b);
}

/* What became of one who waited when the doors were closed: its last event. */
static int at_closing(const char *close)
{
    hl_options opt = HL_OPTIONS_INIT;
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_event ev = HL_EVENT_INIT;
    hl_time start = 1790040600 * (hl_time)HL__SECOND; /* 2026-09-22, 09:30 in Shanghai */
    char doc[400];
    int outcome = 0;
    hl_id c;
    hl_t *hl;

    snprintf(doc, sizeof(doc), "{\"hotline\":1,\"calendars\":{\"day\":{\"tz\":\"Asia/Shanghai\",\"week\":{\"mon-sun\":["
             "\"09:00-10:00\"]}}},\"queues\":{\"desk\":{\"hours\":\"day\",\"close\":\"%s\",\"overflow\":[{"
             "\"closed\":true}]}}}", close);
    opt.alloc = hl_test_alloc;
    opt.ctx = &hl_test_mem;
    assert_int_equal(hl_open_sim(&opt, start, &hl), 0);
    assert_true(hl_load(hl, doc, strlen(doc)) > 0);
    assert_true(hl_advance(hl, start + 1000) >= 0);
    assert_int_equal(hl_find(hl, HL_KIND_QUEUE, "desk", &in.queue), 0);
    assert_int_equal(hl_contact_add(hl, &in, &c), 0);
    assert_true(hl_advance(hl, start + 2000 * (hl_time)HL__SECOND) >= 0);
    assert_int_equal(hl_contact_add(hl, &in, &c), HL_ELIMIT); /* and who comes now leaves by the exit */
    while (hl_next(hl, &ev) == 1)
        if (ev.type == HL_EV_CONTACT_ENDED) {
            assert_int_equal(ev.code, HL_OUTCOME_OVERFLOWED);
            outcome++;
        }
    hl_close(hl);
    return outcome;
}

static void at_closing_time_who_waits_is_served_or_sent_away(void **state)
{
    (void)state;
    assert_int_equal(at_closing("serve"), 1);
    assert_int_equal(at_closing("send"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_step_opens_tiers_and_the_members_of_other_queues),
        HL_TEST(a_step_begins_when_nobody_is_there_or_the_wait_is_long), HL_TEST(agents_are_kept_for_another_queue),
        HL_TEST(who_waits_too_long_goes_on_with_his_place),
        HL_TEST(who_comes_to_a_long_line_is_sent_on_at_once_or_told), HL_TEST(what_is_wrong_with_rules_is_found),
        HL_TEST(two_queues_may_help_each_other), HL_TEST(at_closing_time_who_waits_is_served_or_sent_away),
    };

    return HL_TEST_MAIN(tests);
}
