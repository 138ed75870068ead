/* test_data.c - needs that read what is known of an agent and of a contact. */
#include "bed.h"

#define DESK "{\"queues\":{\"desk\":{\"data\":{\"area\":\"string\",\"vip\":\"bool\",\"floor\":\"int\"},\"need\":" \
    "\"agent.area == contact.area\",\"resume_ms\":0},\"back\":{}},\"agents\":{" \
    "\"ann\":{\"data\":{\"area\":\"north\",\"floor\":3},\"queues\":{\"desk\":{},\"back\":{}}}," \
    "\"bob\":{\"data\":{\"area\":\"south\"},\"queues\":{\"desk\":{},\"back\":{}}}," \
    "\"cat\":{\"queues\":{\"desk\":{},\"back\":{}}}}}"

static void open_desk(bed *b, const char *json)
{
    bed_open(b);
    assert_int_equal(bed_load(b, json), 0);
    bed_go(b, "cat", HL_AGENT_AVAILABLE);
    bed_to(b, 10);
    bed_go(b, "ann", HL_AGENT_AVAILABLE);
    bed_to(b, 20);
    bed_go(b, "bob", HL_AGENT_AVAILABLE);
}

static hl_id come(bed *b, const char *queue, const char *need, const char *data)
{
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id id = 0;

    in.queue = bed_q(b, queue);
    in.leg = HL__ID(7, HL_KIND_LEG);
    in.need = need;
    in.data = data;
    b->err.words[0] = 0;
    return hl__acd_add(b->acd, 0, &in, NULL, NULL, &id) == 0 ? id : 0;
}

static void who_is_of_the_contacts_area_gets_it(void **state)
{
    bed b;

    (void)state;
    open_desk(&b, DESK);
    hl_id south = come(&b, "desk", NULL, "{\"area\":\"south\",\"ticket\":7}");
    hl_id north = come(&b, "desk", NULL, "{\"area\":\"north\"}");
    assert_int_equal(bed_offered(&b, "bob"), south);
    assert_int_equal(bed_offered(&b, "ann"), north);
    assert_int_equal(bed_offered(&b, "cat"), 0);
    bed_check(&b);
    bed_close(&b);
}

static void what_is_not_known_is_no_match(void **state)
{
    bed b;

    (void)state;
    open_desk(&b, DESK);
    hl_id none = come(&b, "desk", NULL, NULL), null = come(&b, "desk", NULL, "{\"area\":null}");
    hl_id own = come(&b, "back", "agent.floor >= 3", NULL), has = come(&b, "back", "!has(agent.area)", NULL);
    assert_int_equal(bed_state(&b, none), HL_CONTACT_WAITING);
    assert_int_equal(bed_state(&b, null), HL_CONTACT_WAITING);
    assert_ptr_equal(hl__contact_find(b.acd, none)->class, hl__contact_find(b.acd, null)->class);
    assert_int_equal(bed_offered(&b, "ann"), own);
    assert_int_equal(bed_offered(&b, "cat"), has);
    bed_close(&b);
}

static void only_what_is_declared_makes_another_class(void **state)
{
    bed b;

    (void)state;
    open_desk(&b, DESK);
    const hl__class *one = hl__contact_find(b.acd, come(&b, "desk", NULL, "{\"vip\":true,\"area\":\"x\"}"))->class;
    const hl__class *two = hl__contact_find(b.acd, come(&b, "desk", NULL, "{\"area\":\"x\",\"no\":5,\"vip\":true}"))
        ->class;
    const hl__class *other = hl__contact_find(b.acd, come(&b, "desk", NULL, "{\"area\":\"x\",\"vip\":false}"))->class;
    assert_ptr_equal(one, two);
    assert_ptr_not_equal(one, other);
    bed_close(&b);
}

static void what_is_known_of_it_goes_with_it(void **state)
{
    bed b;

    (void)state;
    open_desk(&b, DESK);
    bed_go(&b, "ann", HL_AGENT_AUX);
    bed_go(&b, "bob", HL_AGENT_AUX);
    bed_go(&b, "cat", HL_AGENT_AUX);
    hl_id id = come(&b, "back", "skill.none > 0", "{\"area\":\"south\"}");
    assert_int_equal(id, 0); /* nobody ever had such a skill */
    id = come(&b, "back", NULL, "{\"area\":\"south\"}");
    assert_int_equal(hl__acd_move(b.acd, id, bed_q(&b, "desk"), 1), 0);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    assert_int_equal(bed_state(&b, id), HL_CONTACT_WAITING);
    assert_int_equal(hl__acd_need(b.acd, id, "contact.area == \"south\""), 0);
    bed_go(&b, "bob", HL_AGENT_AVAILABLE);
    assert_int_equal(bed_offered(&b, "bob"), id);
    bed_close(&b);
}

static void other_settings_reach_who_waits(void **state)
{
    bed b;

    (void)state;
    open_desk(&b, DESK);
    hl_id id = come(&b, "desk", NULL, "{\"area\":\"east\"}");
    assert_int_equal(bed_state(&b, id), HL_CONTACT_WAITING);
    assert_int_equal(bed_load(&b, "{\"queues\":{\"back\":{},\"desk\":{\"data\":{\"floor\":\"int\",\"area\":"
        "\"string\"},\"need\":\"agent.area == contact.area\"}},"
        "\"agents\":{\"ann\":{\"data\":{\"hue\":1},\"queues\":{\"desk\":{}}},"
        "\"bob\":{\"data\":{\"area\":\"south\"},\"queues\":{\"desk\":{}}},"
        "\"cat\":{\"data\":{\"area\":\"east\"},\"queues\":{\"desk\":{}}}}}"), 0);
    bed_to(&b, 100);
    assert_int_equal(bed_offered(&b, "cat"), id);
    bed_check(&b);
    bed_close(&b);
}

static void a_value_of_another_type_is_refused(void **state)
{
    bed b;

    (void)state;
    open_desk(&b, DESK);
    assert_int_equal(come(&b, "desk", NULL, "{\"area\":3}"), 0);
    assert_string_equal(b.err.words, "data: \"area\" is to be a text of at most 255 bytes");
    assert_int_equal(come(&b, "desk", NULL, "{\"vip\":\"yes\"}"), 0);
    assert_string_equal(b.err.words, "data: \"vip\" is to be true or false");
    assert_int_equal(come(&b, "desk", NULL, "{\"floor\":1.5}"), 0);
    assert_string_equal(b.err.words, "data: \"floor\" is to be an integer");
    assert_int_equal(come(&b, "desk", "contact.flor == 1", NULL), 0);
    hl_test_ok(strstr(b.err.words, "floor") != NULL, "%s", b.err.words);
    assert_int_equal(come(&b, "desk", "agent.area == 1", NULL), 0);
    assert_int_equal(hl__acd_contacts(b.acd), 0);
    bed_close(&b);
}

static void finds(const char *json, const char *want)
{
    bed b;

    bed_open(&b);
    const char *have = bed_findings(&b, json);
    hl_test_ok(want[0] ? strstr(have, want) != NULL : have[0] == 0, "%s\ngives\n%s\nnot\n%s", json, have, want);
    bed_close(&b);
}

static void what_is_wrong_in_the_settings_is_found(void **state)
{
    (void)state;
    finds(DESK, "");
    finds("{\"queues\":{\"q\":{\"data\":{\"vip\":\"boolean\"}}}}", "520 /queues/q/data/vip: \"bool\", \"int\" or");
    finds("{\"queues\":{\"q\":{\"data\":{\"v p\":\"bool\"}}}}", "520 /queues/q/data/v p: a name that a need reads");
    finds("{\"queues\":{\"q\":{\"data\":{\"v\":\"bool\"}},\"r\":{\"data\":{\"v\":\"int\"}}}}",
        "/data/v: \"v\" is int here and bool elsewhere");
    finds("{\"agents\":{\"a\":{\"data\":{\"x\":1}},\"b\":{\"data\":{\"x\":\"1\"}}}}",
        "/agents/b/data/x: \"x\" is string here and int elsewhere");
    finds("{\"agents\":{\"a\":{\"data\":{\"x\":[1]}}}}", "520 /agents/a/data/x: true, false, an integer or a text");
    finds("{\"agents\":{\"a\":{\"data\":3}}}", "520 /agents/a/data: ");
    finds("{\"queues\":{\"q\":{\"need\":\"agent.aera == 1\"}},\"agents\":{\"a\":{\"data\":{\"area\":1}}}}", "area");
    finds("{\"queues\":{\"q\":{\"data\":{\"vip\":\"bool\"},\"need\":\"contact.vpi\"}}}", "vip");
    finds("{\"queues\":{\"q\":{\"data\":{\"vip\":\"bool\"},\"need\":\"contact.vip == 1\"}}}", "/queues/q/need: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = { HL_TEST(who_is_of_the_contacts_area_gets_it),
        HL_TEST(what_is_not_known_is_no_match), HL_TEST(only_what_is_declared_makes_another_class),
        HL_TEST(what_is_known_of_it_goes_with_it), HL_TEST(other_settings_reach_who_waits),
        HL_TEST(a_value_of_another_type_is_refused), HL_TEST(what_is_wrong_in_the_settings_is_found) };

    return HL_TEST_MAIN(tests);
}
