/* test_oom.c - memory fails at every allocation in turn: the call says so, nothing is lost, later it succeeds. */
#include "bed.h"

#define DOC "{\"capacities\":{\"two\":{\"voice\":{\"max\":2,\"cost\":50}}},\"queues\":{\"desk\":{\"need\":" \
    "\"skill.zh > 2 && (tier < 9 || agent.floor == contact.floor)\",\"data\":{\"floor\":\"int\",\"area\":\"string\"}," \
    "\"steps\":[" \
    "{\"after_ms\":5000,\"need\":\"skill.zh > 1\"}],\"zone\":\"UTC\",\"title\":\"D\",\"resume_ms\":0},\"leaks\":{" \
    "\"pick\":" \
    "\"fewest\"}},\"agents\":{\"ann\":{\"data\":{\"floor\":3,\"area\":\"n\"}," \
    "\"capacity\":\"two\",\"skills\":{\"zh\":3,\"en\":4}," \
    "\"queues\":{\"desk\":{},\"leaks\":{}}," \
    "\"phone\":\"p\"},\"bob\":{\"skills\":{\"zh\":2},\"queues\":{\"desk\":{}},\"address\":\"sip:b@c\"}}}"
#define MORE "{\"queues\":{\"desk\":{\"need\":\"skill.en > 2\"},\"leaks\":{}},\"agents\":{\"bob\":{\"skills\":{" \
    "\"fr\":2},\"queues\":" \
    "{\"leaks\":{}}}}}"

static int done(bed *b, int r)
{
    bed_close(b);
    return r < 0 ? HL_ENOMEM : r;
}

static int load_and_change(void *ctx)
{
    bed b;
    int r;

    (void)ctx;
    if ((r = bed_try(&b)) < 0 || (r = bed_apply(&b, DOC)) < 0 || (r = hl__acd_ready(b.acd)) < 0 ||
        (r = bed_apply(&b, MORE)) < 0 || (r = hl__acd_ready(b.acd)) < 0)
        return done(&b, r);
    return done(&b, 1);
}

static int talk(void *ctx)
{
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id one, two;
    bed b;
    int r;

    (void)ctx;
    if ((r = bed_try(&b)) < 0 || (r = bed_apply(&b, DOC)) < 0 || (r = hl__acd_ready(b.acd)) < 0)
        return done(&b, r);
    b.is_quiet = true;
    in.queue = bed_q(&b, "desk");
    in.ref = "r1";
    in.number = "12345";
    in.data = "{\"a\":1,\"floor\":3,\"area\":\"north\"}";
    in.need = "{\"en\":4}";
    if ((r = hl__acd_add(b.acd, 0, &in, NULL, NULL, &one)) < 0)
        return done(&b, r);
    in.ref = "r2";
    in.need = NULL;
    if ((r = hl__acd_add(b.acd, 0, &in, NULL, NULL, &two)) < 0 ||
        (r = hl__acd_go(b.acd, bed_a(&b, "ann"), HL_AGENT_AVAILABLE, "early")) < 0)
        return done(&b, r);
    assert_int_equal(bed_state(&b, one), HL_CONTACT_OFFERED); /* matching never needs memory */
    assert_int_equal(bed_state(&b, two), HL_CONTACT_OFFERED);
    if ((r = hl__acd_accept(b.acd, bed_offer(&b, "ann"))) < 0 || (r = hl__acd_hangup(b.acd, two)) < 0 ||
        (r = hl__acd_need(b.acd, two, "skill.zh > 2 && skill.en > 3")) < 0)
        assert_true(r == HL_ENOMEM || r == HL_ENOENT || r == HL_ESTATE);
    bed_check(&b);
    return done(&b, r == HL_ENOMEM ? r : 1);
}

static int call_back(void *ctx)
{
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_promise p = HL_PROMISE_INIT;
    hl__acd_terms terms = { .promise = &p };
    hl_id one, two;
    bed b;
    int r;

    (void)ctx;
    p.note = "n";
    if ((r = bed_try(&b)) < 0 || (r = bed_apply(&b, DOC)) < 0 || (r = hl__acd_ready(b.acd)) < 0)
        return done(&b, r);
    b.is_quiet = true;
    in.queue = bed_q(&b, "desk");
    in.number = "12345";
    if ((r = hl__acd_add(b.acd, 0, &in, NULL, NULL, &one)) < 0 || (r = hl__acd_promise(b.acd, one, &p)) < 0 ||
        (r = hl__acd_add(b.acd, 0, &in, &terms, NULL, &two)) < 0 || (r = hl__acd_promise(b.acd, two, &p)) < 0 ||
        (r = hl__acd_go(b.acd, bed_a(&b, "ann"), HL_AGENT_AVAILABLE, "early")) < 0) {
        assert_int_equal(r, HL_ENOMEM);
        bed_check(&b);
        return done(&b, r);
    }
    bed_to(&b, 1000);
    assert_int_equal(bed_state(&b, one), HL_CONTACT_CALLING); /* dialling decides without memory */
    bed_check(&b);
    return done(&b, 1);
}

static void a_call_back_may_fail_anywhere(void **state)
{
    (void)state;
    assert_true(hl_test_oom(call_back, NULL) > 50);
}

static void loading_may_fail_anywhere(void **state)
{
    (void)state;
    assert_true(hl_test_oom(load_and_change, NULL) > 50);
}

static void a_call_may_fail_anywhere(void **state)
{
    (void)state;
    assert_true(hl_test_oom(talk, NULL) > 50);
}

/* The same command, once refused for memory, later does what it would have done. */
static void what_was_refused_for_memory_succeeds_later_and_decides_the_same(void **state)
{
    char first[4096] = "";

    (void)state;
    for (int n = 0; n < 40; n++) {
        bed b;
        hl_contact_new in = HL_CONTACT_NEW_INIT;
        hl_id id = 0;
        int r = 0;
        bed_open(&b);
        assert_int_equal(bed_load(&b, DOC), 0);
        bed_go(&b, "ann", HL_AGENT_AVAILABLE);
        bed_hush(&b);
        in.queue = bed_q(&b, "desk");
        in.need = "skill.en > 3";
        in.number = "1";
        b.serial = 100;
        hl_test_mem.fail_at = n;
        while ((r = hl__acd_add(b.acd, 0, &in, NULL, NULL, &id)) == HL_ENOMEM) {
            hl_test_mem.fail_at = 0;
            b.serial = 100;
            bed_check(&b);
            bed_says(&b, "");
        }
        hl_test_mem.fail_at = 0;
        assert_int_equal(r, 0);
        if (n == 0)
            hl__copy(first, sizeof(first), bed_said(&b));
        assert_string_equal(bed_said(&b), first);
        bed_close(&b);
    }
}

static void settings_that_found_no_memory_are_taken_over_a_second_later(void **state)
{
    bed b;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, DOC), 0);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    hl_id c = bed_add(&b, "leaks", NULL);
    assert_int_equal(hl__acd_reject(b.acd, bed_offer(&b, "ann"), HL_OFFER_REJECTED), 0);
    assert_int_equal(bed_apply(&b, MORE), 0);
    hl_test_mem.fail_at = -1;
    bed_to(&b, 100);
    assert_int_equal(hl__acd_hangup(b.acd, c), HL_ENOMEM);
    hl_test_mem.fail_at = 0;
    assert_int_equal(bed_state(&b, c), HL_CONTACT_WAITING);
    bed_to(&b, 5000);
    assert_true(bed_offered(&b, "ann") == c);
    bed_check(&b);
    bed_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(loading_may_fail_anywhere), HL_TEST(a_call_may_fail_anywhere),
        HL_TEST(a_call_back_may_fail_anywhere),
        HL_TEST(what_was_refused_for_memory_succeeds_later_and_decides_the_same),
        HL_TEST(settings_that_found_no_memory_are_taken_over_a_second_later),
    };

    return HL_TEST_MAIN(tests);
}
