/* test_explain.c - each word that says why not, and what would change it. */
#include "bed.h"

static void needs_and_tiers_are_told_apart(void **state)
{
    bed b;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, "{\"queues\":{\"desk\":{\"need\":\"skill.zh >= 3\",\"steps\":[{\"after_ms\":10000,"
        "\"tiers\":1},{\"ewt_over_ms\":60000,\"nobody\":true,\"need\":\"tier < 9\"}]}},\"agents\":{"
        "\"ann\":{\"skills\":{\"zh\":5},\"queues\":{\"desk\":{\"tier\":1}}},"
        "\"ben\":{\"skills\":{\"zh\":1},\"queues\":{\"desk\":{}}},"
        "\"cid\":{\"skills\":{\"zh\":5},\"queues\":{\"desk\":{}}}}}"), 0);
    hl_id c = bed_add(&b, "desk", "tier > 0");
    bed_explains(&b, c, "ann", "{\"why\":\"tier\",\"change\":\"a later step opens his tier\"}");
    bed_explains(&b, c, "cid", "{\"why\":\"need\",\"change\":\"the need holds for him, or a later step\","
        "\"need\":\"tier > 0\"}");
    hl_id d = bed_add(&b, "desk", NULL);
    bed_explains(&b, d, "ben", "\"why\":\"skill\"");
    bed_explains(&b, d, "ben", "\"need\":\"skill.zh >= 3\"");
    bed_explains(&b, d, NULL, "\"next\":{\"step\":1,\"in_ms\":10000}");
    bed_to(&b, 10000);
    bed_explains(&b, c, "ann", "\"why\":\"offline\"");
    bed_explains(&b, d, NULL, "\"step\":2"); /* nobody was staffed: on at once */
    bed_close(&b);
}

static void who_is_kept_for_others_is_reserved_and_who_is_waited_for_is_not(void **state)
{
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    bed b;
    hl_id d;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, "{\"queues\":{\"desk\":{\"reserve\":{\"for\":\"vip\",\"idle\":1,\"until_ms\":30000}},"
        "\"vip\":{}},\"agents\":{\"ann\":{\"queues\":{\"desk\":{},\"vip\":{}}},"
        "\"ben\":{\"queues\":{\"vip\":{}}}}}"), 0);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "desk", NULL);
    bed_to(&b, 10000);
    bed_explains(&b, c, "ann",
                 "{\"why\":\"reserved\",\"change\":\"more agents of that queue are idle\",\"in_ms\":20000}");
    bed_explains(&b, c, NULL, "\"agents\":{\"fit\":1,\"idle\":0,\"why_not\":{\"not_member\":1,\"reserved\":1}}");
    assert_int_equal(hl__acd_end(b.acd, c, HL_OUTCOME_WITHDRAWN), 0);
    c = bed_add(&b, "vip", NULL);
    assert_int_equal(bed_offered(&b, "ann"), c);
    bed_explains(&b, c, NULL, "\"state\":\"offered\"");
    in.queue = bed_q(&b, "vip");
    in.prefer = bed_a(&b, "ann");
    in.prefer_ms = 20000;
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &d), 0);
    bed_go(&b, "ben", HL_AGENT_AVAILABLE);
    bed_explains(&b, d, "ben", "{\"why\":\"sticky\",\"change\":\"the time it waits for one agent alone is over\","
        "\"in_ms\":20000}");
    bed_explains(&b, c, "ben", "\"why\":\"outranked\"");
    bed_explains(&b, d, "ann", "\"why\":\"offered\"");
    bed_explains(&b, bed_offer(&b, "ann"), NULL, "\"agent\":\"ann\",\"rule\":\"longest_idle\",\"rings\":1,"
        "\"ends_in_ms\":15000}");
    bed_close(&b);
}

static void who_would_have_it_next_is_told_so(void **state)
{
    bed b;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, "{\"queues\":{\"desk\":{}},\"agents\":{\"ann\":{\"queues\":{\"desk\":{}}}}}"), 0);
    hl_id c = bed_add(&b, "desk", NULL);
    b.acd->is_busy = 1; /* between a command and what comes of it */
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_explains(&b, c, "ann", "{\"why\":\"ok\",\"change\":\"nothing: it is his next\"}");
    b.acd->is_busy = 0;
    bed_close(&b);
}

static void a_closed_queue_says_so(void **state)
{
    static const char doc[] = "{\"hotline\":1,\"calendars\":{\"day\":{\"tz\":\"Asia/Shanghai\",\"week\":{\"mon-sun\":"
        "[\"09:00-10:00\"]}}},\"queues\":{\"desk\":{\"hours\":\"day\",\"resume_ms\":0}},"
        "\"agents\":{\"ann\":{\"queues\":{\"desk\":{}}}}}";
    hl_options opt = HL_OPTIONS_INIT;
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    const char *text;
    hl_time start = 1790040600 * (hl_time)HL__SECOND; /* 2026-09-22, 09:30 in Shanghai */
    hl_id c, ann;
    hl_t *hl;

    (void)state;
    opt.alloc = hl_test_alloc;
    opt.ctx = &hl_test_mem;
    assert_int_equal(hl_open_sim(&opt, start, &hl), 0);
    assert_true(hl_load(hl, doc, sizeof(doc) - 1) > 0);
    assert_true(hl_advance(hl, start + 1000) >= 0);
    assert_int_equal(hl_find(hl, HL_KIND_QUEUE, "desk", &in.queue), 0);
    assert_int_equal(hl_find(hl, HL_KIND_AGENT, "ann", &ann), 0);
    assert_int_equal(hl_contact_add(hl, &in, &c), 0);
    assert_int_equal(hl_explain(hl, c, ann, &text), 0);
    assert_non_null(strstr(text, "\"offline\""));
    assert_true(hl_advance(hl, start + 3600 * (hl_time)HL__SECOND) >= 0);
    assert_int_equal(hl_explain(hl, c, ann, &text), 0);
    hl_test_ok(strstr(text, "\"closed\"") != NULL, "%s", text);
    hl_close(hl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(needs_and_tiers_are_told_apart),
        HL_TEST(who_is_kept_for_others_is_reserved_and_who_is_waited_for_is_not),
        HL_TEST(who_would_have_it_next_is_told_so), HL_TEST(a_closed_queue_says_so),
    };

    return HL_TEST_MAIN(tests);
}
