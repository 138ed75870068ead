/* test_flow.c - flows and expressions through the public functions: versions, findings, runs that are not there. */
#include "hl_test.h"
#include <hotline/expr.h>
#include <hotline/flow.h>

static hl_t *hl;

static void open_one(void)
{
    hl_options opt = HL_OPTIONS_INIT;

    opt.alloc = hl_test_alloc;
    opt.ctx = &hl_test_mem;
    assert_int_equal(hl_open_sim(&opt, 1795140000000000, &hl), 0);
}

static const char flow[] = "{\"flow\":\"own\",\"format\":1,\"entry\":\"p\",\"langs\":[\"en\"],"
    "\"nodes\":{\"p\":{\"do\":\"hangup\","
    "\"prompt\":[{\"p\":\"%s\"}]}}}";

static void a_version_is_added_published_exported_and_dropped(void **state)
{
    hl_flow_version row = HL_FLOW_VERSION_INIT;
    hl_finding f = HL_FINDING_INIT;
    char text[400];
    const char *out = NULL;
    hl_id id = 0, again = 0, one = 0;
    (void)state;
    open_one();
    snprintf(text, sizeof(text), flow, "queue_next");
    assert_int_equal(hl_flow_add(hl, text, 0, &id), 0);
    assert_int_equal(hl_flow_add(hl, text, strlen(text), &again), 0);
    assert_true(id == again);
    assert_int_equal(hl_flow_publish(hl, id, "live"), 0);
    assert_int_equal(hl_flow_version_next(hl, 0, &row), 1);
    assert_string_equal(row.aliases, "live");
    assert_int_equal(strlen(row.hash), 64);
    assert_int_equal(hl_flow_version_next(hl, 0, &row), 0);
    assert_int_equal(hl_flow_export(hl, id, HL_FLOW_JSON, &out), 0);
    assert_string_equal(out, "{\"entry\":\"p\",\"flow\":\"own\",\"format\":1,\"langs\":[\"en\"],"
        "\"nodes\":{\"p\":{\"do\":\"hangup\","
                        "\"prompt\":[{\"p\":\"queue_next\"}]}}}");
    assert_int_equal(hl_flow_version_drop(hl, id), HL_ESTATE);
    assert_string_equal(hl_error(hl), "alias live points at this version");
    snprintf(text, sizeof(text), flow, "nobody");
    assert_int_equal(hl_flow_add(hl, text, 0, &one), 1);
    assert_int_equal(hl_flow_publish(hl, one, "live"), HL_EPARSE);
    assert_int_equal(hl_finding_next(hl, &f), 1);
    assert_int_equal(f.code, 622);
    assert_string_equal(f.pointer, "/nodes/p/prompt/0/p");
    assert_int_equal(hl_flow_version_drop(hl, one), 0);
    assert_int_equal(hl_flow_version_drop(hl, one), HL_ENOENT);
    assert_int_equal(hl_flow_alias_get(hl, 1, "live", &id), HL_EINVAL);
    hl_close(hl);
}

static void a_wrong_flow_is_refused_with_line_and_column(void **state)
{
    static const char text[] = "{\"flow\": \"own\", \"entry\": \"p\", \"langs\": [\"en\"],\n \"nodes\": {\n  \"p\": "
        "{\"do\": \"plai\"}}}";
    hl_finding f = HL_FINDING_INIT;
    hl_id id = 77;
    (void)state;
    open_one();
    assert_int_equal(hl_flow_add(hl, text, 0, &id), HL_EPARSE);
    assert_true(id == 77);
    assert_int_equal(hl_finding_next(hl, &f), 1);
    assert_int_equal(f.line, 3);
    assert_int_equal(f.column, 15);
    assert_int_equal(f.code, 620);
    hl_close(hl);
}

static void without_a_run_there_is_nothing_to_press(void **state)
{
    hl_flow_run run = HL_FLOW_RUN_INIT;
    const char *out = NULL;
    hl_id contact = 16 + HL_KIND_CONTACT;
    (void)state;
    open_one();
    assert_int_equal(hl_flow_press(hl, contact, "1"), HL_ENOENT);
    assert_int_equal(hl_flow_answer(hl, contact, 1, 200, "{}"), HL_ENOENT);
    assert_int_equal(hl_flow_answer(hl, contact, 1, 7, "{}"), HL_EINVAL);
    assert_int_equal(hl_flow_stop(hl, contact), HL_ENOENT);
    assert_int_equal(hl_flow_run_get(hl, contact, &run), HL_ENOENT);
    assert_int_equal(hl_flow_run_next(hl, 0, &run), 0);
    assert_int_equal(hl_flow_value_get(hl, contact, "a", &out), HL_ENOENT);
    assert_int_equal(hl_flow_value_set(hl, contact, "a", "1"), HL_ENOENT);
    assert_int_equal(hl_flow_start(hl, contact, 16 + HL_KIND_FLOW, NULL, NULL), HL_ENOENT);
    hl_close(hl);
}

static void expressions_are_checked_and_evaluated(void **state)
{
    hl_expr e = HL_EXPR_INIT;
    hl_finding f = HL_FINDING_INIT;
    const char *out = NULL;
    static const char names[] = "{\"bill\":{\"fields\":{\"due\":\"money:CNY\"}},\"pin\":{\"type\":\"string\","
        "\"secret\":true}}";
    (void)state;
    open_one();
    assert_int_equal(hl_expr_check(hl, "bill.due * 2", names, &e), 0);
    assert_string_equal(e.type, "money:CNY");
    assert_string_equal(e.reads, "bill.due");
    assert_int_equal(e.secret, 0);
    assert_int_equal(hl_expr_check(hl, "left(pin, 2)", names, &e), 0);
    assert_int_equal(e.secret, 1);
    assert_int_equal(hl_expr_check(hl, "bil.due", names, &e), HL_EPARSE);
    assert_non_null(strstr(hl_error(hl), "did you mean \"bill\"?"));
    assert_int_equal(hl_finding_next(hl, &f), 1);
    assert_int_equal(f.code, 721);
    assert_int_equal(hl_expr_eval(hl, "bill.due * 2", names, "{\"bill\":{\"due\":\"1.25 CNY\"}}", &out), 0);
    assert_string_equal(out, "\"2.50 CNY\"");
    assert_int_equal(hl_expr_eval(hl, "bill.due", names, NULL, &out), HL_EINVAL);
    assert_string_equal(hl_error(hl), "bill has no value");
    assert_int_equal(hl_expr_eval(hl, "1 +", names, NULL, &out), HL_EPARSE);
    assert_int_equal(hl_expr_eval(hl, "now()", NULL, NULL, &out), 0);
    assert_string_equal(out, "\"2026-11-20T02:00:00Z\"");
    assert_int_equal(hl_expr_eval(hl, NULL, NULL, NULL, &out), HL_EINVAL);
    assert_int_equal(hl_expr_eval(hl, "1", NULL, NULL, NULL), HL_EINVAL);
    hl_close(hl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_version_is_added_published_exported_and_dropped),
            HL_TEST(a_wrong_flow_is_refused_with_line_and_column),
        HL_TEST(without_a_run_there_is_nothing_to_press), HL_TEST(expressions_are_checked_and_evaluated),
    };
    return HL_TEST_MAIN(tests);
}
