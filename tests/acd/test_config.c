/* test_config.c - settings that are wrong: each fault with its place, its words, what would be right. */
#include "bed.h"

static void finds(const char *json, const char *want)
{
    bed b;

    bed_open(&b);
    const char *have = bed_findings(&b, json);
    hl_test_ok(want[0] ? strstr(have, want) != NULL : have[0] == 0, "%s\ngives\n%s\nnot\n%s", json, have, want);
    bed_close(&b);
}

static void what_is_right_is_taken(void **state)
{
    (void)state;
    finds("{\"capacities\":{\"desk\":{\"voice\":{\"max\":1,\"cost\":100,\"over\":[\"email\"]},\"chat\":{\"max\":3,"
        "\"cost\":30}}},"
        "\"queues\":{\"q\":{\"title\":\"Q\",\"zone\":\"Asia/Shanghai\",\"channels\":[\"voice\",\"chat\"],\"need\":"
            "\"skill.zh > 2 && tier < 1\","
        "\"steps\":[{\"after_ms\":0,\"need\":\"skill.zh > 1\"},{\"after_ms\":10}],\"order\":{\"law\":\"slope\","
            "\"slope\":2000},"
        "\"credit_ms\":1,\"credit_max_ms\":2,\"pick\":\"top_down\",\"rank_cap_ms\":3,\"offer_ms\":9000,"
            "\"connect_ms\":900,"
        "\"wrapup_ms\":0,\"wrapup_max_ms\":0,\"delays\":{\"rejected\":1,\"no_answer\":2},\"max_wait_ms\":1,"
            "\"max_len\":4,"
        "\"max_ewt_ms\":5,\"empty\":\"leave\",\"close\":\"serve\",\"handle_ms\":1000,\"patience_ms\":1000,"
        "\"announce\":{\"first_ms\":1,\"every_ms\":1000},\"resume_ms\":0}},\"agents\":{\"a\":{\"title\":\"A\",\"zone\":"
        "\"Asia/Shanghai\",\"skills\":{\"zh\":9},\"queues\":{\"q\":{\"tier\":1,\"rank\":2,\"position\":3}},"
            "\"capacity\":\"desk\","
        "\"once\":true,\"auto_accept\":false,\"wrapup_ms\":5,\"max_missed\":1,\"phone\":\"p\"}}}", "");
}

static void what_is_wrong_is_found_where_it_stands(void **state)
{
    (void)state;
    finds("{\"queues\":{\"q\":3}}", "520 /queues/q: a queue is an object");
    finds("{\"queues\":{\"q\":{\"offr_ms\":1}}}", "unknown key \"offr_ms\"; did you mean \"offer_ms\"?");
    finds("{\"queues\":{\"q\":{\"offer_ms\":1}}}", "520 /queues/q/offer_ms: 1 is out of range");
    finds("{\"queues\":{\"q\":{\"pick\":\"longest\"}}}", "520 /queues/q/pick: \"longest\" is not one of: longest_idle");
    finds("{\"queues\":{\"q\":{\"order\":{\"law\":\"lifo\"}}}}", "520 /queues/q/order/law: \"lifo\" is not one of: "
        "fifo, slope, goal, cost");
    finds("{\"queues\":{\"q\":{\"channels\":[\"voice\",\"fax\"]}}}", "520 /queues/q/channels/1: a channel is one of");
    finds("{\"queues\":{\"q\":{\"channels\":[]}}}", "520 /queues/q/channels: a queue needs a channel");
    finds("{\"queues\":{\"q\":{\"hours\":\"day\"}}}", "521 /queues/q/hours: there is no calendar \"day\"");
    finds("{\"queues\":{\"q\":{\"lead_ms\":-1}}}", "520 /queues/q/lead_ms: -1 is out of range");
    finds("{\"queues\":{\"q\":{\"ring\":{\"size\":15}}}}", "520 /queues/q/ring/size: 15 is out of range");
    finds("{\"queues\":{\"q\":{\"ring\":{\"sise\":1}}}}", "did you mean \"size\"?");
    finds("{\"queues\":{\"q\":{\"delays\":{\"no_anwser\":1}}}}", "unknown key \"no_anwser\"; did you mean "
        "\"no_answer\"?");
    finds("{\"queues\":{\"q\":{\"steps\":[{\"after_ms\":9},{\"after_ms\":8}]}}}", "520 /queues/q/steps/1: a step "
        "begins");
    finds("{\"queues\":{\"q\":{\"steps\":[3]}}}", "520 /queues/q/steps/0: a step is an object");
    finds("{\"queues\":{\"q\":{\"steps\":[{},{},{},{},{},{},{},{},{}]}}}", "520 /queues/q/steps: 9 steps; at most 8");
    finds("{\"queues\":{\"q\":{\"need\":\"skill.zh >\"}}}", "/queues/q/need: ");
    finds("{\"queues\":{\"q\":{\"need\":\"skill.zn > 3\"}},\"agents\":{\"a\":{\"skills\":{\"zh\":3}}}}", "zh");
    finds("{\"queues\":{\"q\":{\"need\":\"1 + 1\"}}}", "/queues/q/need: ");
    finds("{\"queues\":{\"q\":{\"need\":\"tier > 1\",\"steps\":[{\"need\":\"teir > 1\"}]}}}",
        "/queues/q/steps/0/need: ");
    finds("{\"queues\":{\"q\":{\"announce\":{\"every_ms\":1}}}}", "520 /queues/q/announce/every_ms: ");
    finds("{\"agents\":{\"a\":[]}}", "520 /agents/a: an agent is an object");
    finds("{\"agents\":{\"a\":{\"skills\":{\"z h\":3}}}}", "520 /agents/a/skills/z h: a skill's name");
    finds("{\"agents\":{\"a\":{\"skills\":{\"zh\":101}}}}", "520 /agents/a/skills/zh: 101 is out of range");
    finds("{\"agents\":{\"a\":{\"queues\":{\"q\":{}}}}}", "521 /agents/a/queues/q: there is no queue \"q\"");
    finds("{\"queues\":{\"q\":{}},\"agents\":{\"a\":{\"queues\":{\"q\":1}}}}", "520 /agents/a/queues/q: a "
        "membership is an object");
    finds("{\"agents\":{\"a\":{\"capacity\":\"c\"}}}", "521 /agents/a/capacity: there is no capacity \"c\"");
    finds("{\"agents\":{\"a\":{\"address\":\"bob\"}}}", "520 /agents/a/address: an address begins with");
    finds("{\"agents\":{\"a\":{\"address\":\"sip:b@c\",\"phone\":\"p\"}}}", "520 /agents/a/address: either");
    finds("{\"capacities\":{\"c\":1}}", "520 /capacities/c: a capacity is an object");
    finds("{\"capacities\":{\"c\":{\"voice\":1}}}", "520 /capacities/c/voice: a channel's capacity is an object");
    finds("{\"capacities\":{\"c\":{\"voice\":{\"over\":[\"fax\"]}}}}", "520 /capacities/c/voice/over/0: ");
    finds("{\"capacities\":{\"c\":{\"fax\":{}}}}", "unknown key \"fax\"");
}

static void every_fault_of_a_document_is_told(void **state)
{
    bed b;
    int lines = 0;

    (void)state;
    bed_open(&b);
    const char *have = bed_findings(&b, "{\"queues\":{\"q\":{\"offer_ms\":1,\"pick\":\"x\",\"max_len\":\"many\"},"
        "\"r\":{\"empty\":\"go\"}},"
        "\"agents\":{\"a\":{\"max_missed\":0}}}");
    for (const char *at = have; *at; at++)
        lines += *at == '\n';
    hl_test_ok(lines == 5, "%s", have);
    bed_close(&b);
}

static void a_plain_queue_has_the_settings_of_the_manual(void **state)
{
    hl__json *j = hl__json_read("{}", 2, NULL);
    hl__findings f;

    (void)state;
    hl__findings_init(&f, &hl_test_mem);
    hl__qconf *c = hl__qconf_new(&hl_test_mem, j, &f, NULL);
    assert_int_equal(c->channels, 1);
    assert_int_equal(c->credit_ms, 30000);
    assert_int_equal(c->credit_max_ms, 3600000);
    assert_int_equal(c->rank_cap_ms, 300000);
    assert_int_equal(c->offer_ms, 15000);
    assert_int_equal(c->connect_ms, 5000);
    assert_int_equal(c->wrapup_ms, 10000);
    assert_int_equal(c->wrapup_max_ms, 300000);
    assert_int_equal(c->handle_ms, 180000);
    assert_int_equal(c->patience_ms, 300000);
    assert_int_equal(c->resume_ms, 120000);
    assert_int_equal(c->delay[HL_OFFER_REJECTED], 5000);
    assert_int_equal(c->delay[HL_OFFER_BUSY], 10000);
    assert_int_equal(c->delay[HL_OFFER_UNREACHABLE], 30000);
    assert_int_equal(c->delay[HL_OFFER_FAILED], 10000);
    assert_int_equal(c->delay[HL_OFFER_NO_ANSWER], 0);
    hl__qconf_free(&hl_test_mem, c);
    hl__findings_free(&f);
    hl__json_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(what_is_right_is_taken), HL_TEST(what_is_wrong_is_found_where_it_stands),
        HL_TEST(every_fault_of_a_document_is_told), HL_TEST(a_plain_queue_has_the_settings_of_the_manual),
    };

    return HL_TEST_MAIN(tests);
}
