/* test_type.c - types as data: what is wrong with one is found when it is loaded, where it stands. */
#include "ticket/bench.h"

#define STATES "\"states\":[{\"name\":\"a\",\"category\":\"active\"},{\"name\":\"z\",\"category\":\"done\"}]"
#define MOVES "\"moves\":[{\"name\":\"go\",\"from\":[\"a\"],\"to\":\"z\"}]"

static void faults_are_found_where_they_stand(void **state)
{
    (void)state;
    static const struct { const char *json, *pointer; int code; } cases[] = {
        { "{" STATES "," MOVES "}", NULL, 0 },
        { "[]", "/x", 800 },
        { "{" MOVES "}", "/x", 800 },
        { "{" STATES "," MOVES ",\"colour\":1}", "/x/colour", 800 },
        { "{" STATES "," MOVES ",\"title\":3}", "/x/title", 800 },
        { "{" STATES "," MOVES ",\"title\":{\"en\":3}}", "/x/title/en", 800 },
        { "{" STATES "," MOVES ",\"fields\":[{\"name\":\"f\",\"type\":\"colour\"}]}", "/x/fields/0/type", 800 },
        { "{" STATES "," MOVES ",\"fields\":[{\"name\":\"f\"},{\"name\":\"f\"}]}", "/x/fields/1/name", 800 },
        { "{" STATES "," MOVES ",\"fields\":[{\"name\":\"F\"}]}", "/x/fields/0/name", 800 },
        { "{" STATES "," MOVES ",\"fields\":[{\"type\":\"text\"}]}", "/x/fields/0", 800 },
        { "{" STATES "," MOVES ",\"fields\":[{\"name\":\"f\",\"type\":\"choice\"}]}", "/x/fields/0", 800 },
        { "{" STATES "," MOVES ",\"fields\":[{\"name\":\"f\",\"required\":1}]}", "/x/fields/0/required", 800 },
        { "{" STATES "," MOVES ",\"fields\":[1]}", "/x/fields/0", 800 },
        { "{\"states\":[{\"name\":\"a\",\"category\":\"active\"}]}", "/x/states/0", 802 },
        { "{\"states\":[{\"name\":\"a\",\"category\":\"done\"},{\"name\":\"b\",\"category\":\"done\"}]}", "/x/states/1",
          801 },
        { "{\"states\":[{\"name\":\"a\"}]}", "/x/states/0", 800 },
        { "{\"states\":[{\"name\":\"a\",\"category\":\"over\"}]}", "/x/states/0/category", 800 },
        { "{" STATES ",\"moves\":[{\"name\":\"go\",\"from\":[\"a\"],\"to\":\"y\"}]}", "/x/moves/0/to", 805 },
        { "{" STATES ",\"moves\":[{\"name\":\"go\",\"from\":[\"b\"],\"to\":\"z\"}]}", "/x/moves/0/from/0", 805 },
        { "{" STATES ",\"moves\":[{\"name\":\"go\",\"from\":[\"a\"],\"to\":\"z\",\"need\":[\"f\"]}]}",
          "/x/moves/0/need/0", 805 },
        { "{" STATES ",\"moves\":[{\"name\":\"go\",\"to\":\"z\"}]}", "/x/moves/0", 800 },
        { "{" STATES ",\"moves\":[{\"name\":\"go\",\"from\":[\"a\"]}]}", "/x/moves/0", 800 },
        { "{" STATES ",\"moves\":[{\"name\":\"note\",\"from\":[\"a\"],\"to\":\"z\"}]}", "/x/moves/0", 800 },
    };
    hl_bench b;
    hl_bench_begin(&b, false);
    for (size_t i = 0; i < HL__COUNT(cases); i++) {
        hl__findings f;
        hl__findings_init(&f, &hl_test_mem);
        int errors = hl_bench_type(&b, "x", cases[i].json, &f);
        hl_test_ok((errors == 0) == (cases[i].code == 0), "%s: %d errors", cases[i].json, errors);
        bool found = cases[i].code == 0;
        for (uint32_t k = 0; k < f.count; k++)
            found |= f.list[k].code == cases[i].code && strcmp(f.list[k].pointer, cases[i].pointer) == 0;
        hl_test_ok(found, "%s: first finding %d %s %s", cases[i].json, f.count ? f.list[0].code : 0,
                   f.count ? f.list[0].pointer : "", f.count ? f.list[0].text : "");
        hl__findings_free(&f);
    }
    hl_bench_end(&b);
}

static void values_are_checked_by_the_fields_type(void **state)
{
    (void)state;
    static const struct { const char *value; bool text, number, boolean, choice, date; } cases[] = {
        { "\"x\"", true, false, false, false, false }, { "\"red\"", true, false, false, true, false },
        { "3", false, true, false, false, false }, { "3.5", false, true, false, false, false },
        { "true", false, false, true, false, false }, { "null", true, true, true, true, true },
        { "\"2026-01-31\"", true, false, false, false, true }, { "\"2026-1-31\"", true, false, false, false, false },
        { "{}", false, false, false, false, false }, { "\"\\u0007\"", false, false, false, false, false },
    };
    static const char *const fields[] = { "t", "n", "b", "c", "d" };
    hl_bench b;
    hl__findings f;
    hl_bench_begin(&b, false);
    hl__findings_init(&f, &hl_test_mem);
    assert_int_equal(hl_bench_type(&b, "x", "{" STATES "," MOVES ",\"fields\":[{\"name\":\"t\",\"type\":\"text\"},"
        "{\"name\":\"n\",\"type\":\"number\"},{\"name\":\"b\",\"type\":\"bool\"},{\"name\":\"d\",\"type\":\"date\"},"
        "{\"name\":\"c\",\"type\":\"choice\",\"choices\":[{\"name\":\"red\"},{\"name\":\"blue\"}]}]}", &f), 0);
    hl__findings_free(&f);
    for (size_t i = 0; i < HL__COUNT(cases); i++) {
        const bool want[] = { cases[i].text, cases[i].number, cases[i].boolean, cases[i].choice, cases[i].date };
        for (size_t k = 0; k < HL__COUNT(fields); k++) {
            char json[100];
            hl_ticket_new n = HL_TICKET_NEW_INIT;
            hl_id id;
            snprintf(json, sizeof json, "{\"%s\":%s}", fields[k], cases[i].value);
            n.type = "x";
            n.fields = json;
            int r = hl__ticket_add(b.tickets, &n, &id);
            hl_test_ok(r == (want[k] ? 0 : HL_EINVAL), "%s: %d %s", json, r, b.err.words);
        }
    }
    hl_bench_end(&b);
}

static void a_required_field_must_be_there_from_the_beginning(void **state)
{
    (void)state;
    hl_bench b;
    hl__findings f;
    hl_ticket_new n = HL_TICKET_NEW_INIT;
    hl_id id = 0;
    hl_bench_begin(&b, false);
    hl__findings_init(&f, &hl_test_mem);
    static const char json[] = "{" STATES "," MOVES ",\"fields\":[{\"name\":\"t\",\"required\":true}]}";
    assert_int_equal(hl_bench_type(&b, "x", json, &f), 0);
    hl__findings_free(&f);
    n.type = "x";
    assert_int_equal(hl__ticket_add(b.tickets, &n, &id), HL_ESTATE);
    assert_string_equal(b.err.words, "field \"t\" is missing");
    n.fields = "{\"t\":\"here\"}";
    assert_int_equal(hl__ticket_add(b.tickets, &n, &id), 0);
    hl_bench_end(&b);
}

static void a_state_in_use_cannot_be_taken_away(void **state)
{
    (void)state;
    hl_bench b;
    hl__findings f;
    hl_bench_begin(&b, true);
    hl_id id = hl_bench_add(&b, "one", NULL);
    hl__section section;
    hl__tickets_sections(b.tickets, &section, 1);
    assert_int_equal(section.users(section.domain, HL__ID(1, HL_KIND_PART)), 1);
    hl__findings_init(&f, &hl_test_mem);
    assert_true(hl_bench_type(&b, "water_repair", "{" STATES "," MOVES "}", &f) > 0);
    assert_int_equal(f.list[0].code, 815);
    hl__findings_free(&f);
    assert_int_equal(hl_bench_do(&b, id, "void", NULL), 0);
    assert_int_equal(section.users(section.domain, HL__ID(1, HL_KIND_PART)), 0);
    hl__findings_init(&f, &hl_test_mem);
    assert_int_equal(hl_bench_type(&b, "water_repair", "{" STATES "," MOVES "}", &f), 0);
    hl__findings_free(&f);
    hl_bench_end(&b);
}

static void a_type_may_be_loaded_after_its_tickets(void **state)
{
    (void)state;
    hl_bench b;
    hl_bench_begin(&b, true);
    hl_id id = hl_bench_add(&b, "one", NULL);
    hl_bench_restart(&b);
    hl__section section;
    hl__tickets_sections(b.tickets, &section, 1);
    assert_int_equal(section.users(section.domain, HL__ID(1, HL_KIND_PART)), 1);
    assert_int_equal(hl_bench_do(&b, id, "void", NULL), 0);
    assert_int_equal(section.users(section.domain, HL__ID(1, HL_KIND_PART)), 0);
    assert_int_equal(section.apply(section.domain, HL__ID(1, HL_KIND_PART), "water_repair", NULL), 0);
    hl_ticket_new n = HL_TICKET_NEW_INIT;
    n.type = "water_repair";
    assert_int_equal(hl__ticket_add(b.tickets, &n, &id), HL_ENOENT);
    hl_bench_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(faults_are_found_where_they_stand),
        HL_TEST(values_are_checked_by_the_fields_type),
        HL_TEST(a_required_field_must_be_there_from_the_beginning),
        HL_TEST(a_state_in_use_cannot_be_taken_away),
        HL_TEST(a_type_may_be_loaded_after_its_tickets),
    };
    return HL_TEST_MAIN(tests);
}
