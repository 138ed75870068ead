/* test_number.c - rules of telephone numbers, by sip_number.csv. */
#include "hl_test.h"
#include "base/number.h"

static const char *preset_of(const hl_test_csv *csv)
{
    bool outward = strcmp(hl_test_cell(csv, "dir"), "out") == 0;
    return hl__number_preset(hl_test_cell(csv, "preset"), outward);
}

static void numbers_are_rewritten_as_the_vectors_say(void **state)
{
    (void)state;
    hl_test_csv csv;
    int cases = 0;
    hl_test_csv_open(&csv, "sip_number.csv");
    while (hl_test_csv_next(&csv)) {
        char out[HL__NUMBER];
        if (strcmp(hl_test_cell(&csv, "kind"), "case") != 0)
            continue;
        const char *rules = preset_of(&csv);
        hl__number_rewrite(rules, "10", hl_test_cell(&csv, "a"), out);
        hl_test_ok(strcmp(out, hl_test_cell(&csv, "b")) == 0, "%s: %s instead of %s", hl_test_cell(&csv, "a"), out,
                   hl_test_cell(&csv, "b"));
        cases++;
    }
    assert_int_equal(cases, 34);
}

/* Each rule of the vectors is in the preset, in that order (rules that change nothing may be left out at the end). */
static void presets_hold_the_rules_of_the_vectors(void **state)
{
    (void)state;
    hl_test_csv csv;
    hl_test_csv_open(&csv, "sip_number.csv");
    while (hl_test_csv_next(&csv)) {
        char rule[128];
        if (strcmp(hl_test_cell(&csv, "kind"), "rule") != 0)
            continue;
        const char *pattern = hl_test_cell(&csv, "a");
        const char *rules = preset_of(&csv);
        snprintf(rule, sizeof(rule), "%s:%s:%s", pattern, hl_test_cell(&csv, "b"), hl_test_cell(&csv, "c"));
        assert_true(hl__number_rule_ok(rule));
        if (strcmp(pattern, "*") != 0)
            hl_test_ok(strstr(rules, rule) != NULL, "%s is missing", rule);
    }
}

static void rules_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = { "", "x", "x:1", "x:1x:", "x*x:0:", "[9-3]:0:", "[3-9:0:", "x:33:", "x:0:abc",
        "x:0:{area", "a:0:" };
    for (size_t i = 0; i < HL__COUNT(wrong); i++)
        hl_test_ok(!hl__number_rule_ok(wrong[i]), "\"%s\"", wrong[i]);
    assert_true(hl__number_rule_ok("0086*:2:+"));
    assert_true(hl__number_rule_ok("[2-8]xxxxxx:0:+86{area}"));
}

static void a_rule_that_needs_an_area_is_skipped_without_one(void **state)
{
    (void)state;
    char out[HL__NUMBER];
    hl__number_rewrite(hl__number_preset("cn", false), NULL, "62345678", out);
    assert_string_equal(out, "62345678");
    hl__number_rewrite(hl__number_preset("cn", false), "10", "62345678", out);
    assert_string_equal(out, "+861062345678");
    hl__number_rewrite(NULL, NULL, "(010) 6234-5678;ext=1", out);
    assert_string_equal(out, "01062345678");
    assert_null(hl__number_preset("us", false));
}

static void long_numbers_are_cut_not_overrun(void **state)
{
    (void)state;
    char out[HL__NUMBER], number[400];
    memset(number, '7', sizeof(number) - 1);
    number[sizeof(number) - 1] = 0;
    hl__number_rewrite("x*:0:+", NULL, number, out);
    assert_int_equal(strlen(out), HL__NUMBER - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(numbers_are_rewritten_as_the_vectors_say),
        HL_TEST(presets_hold_the_rules_of_the_vectors),
        HL_TEST(rules_that_make_no_sense_are_refused),
        HL_TEST(a_rule_that_needs_an_area_is_skipped_without_one),
        HL_TEST(long_numbers_are_cut_not_overrun),
    };
    return HL_TEST_MAIN(tests);
}
