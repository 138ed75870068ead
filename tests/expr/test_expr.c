/* test_expr.c - the expression language: values, types, secrets, errors, limits. */
#include "hl_test.h"
#include "expr/expr.h"

typedef struct bench {
    hl__scope *scope;
    hl__findings f;
    hl__eval x;
    hl__err err;
    hl__val slots[64];
    hl__json *values;
} bench;

static const char names[] = "{\"a\":\"int\",\"b\":\"int\",\"s\":\"string\",\"pin\":{\"type\":\"string\","
    "\"secret\":true},"
    "\"flag\":\"bool\",\"due\":\"money:CNY\",\"usd\":\"money:USD\",\"by\":\"date\",\"at\":\"timestamp\","
        "\"span\":\"duration\","
    "\"list\":\"list of int\",\"none\":\"string\",\"bill\":{\"fields\":{\"due\":\"money:CNY\",\"by\":\"date\",\"who\":"
    "{\"fields\":{\"name\":\"string\",\"code\":{\"type\":\"string\",\"secret\":true}}}}},"
    "\"rows\":{\"list\":{\"fields\":{\"n\":\"int\"}}}}";
static const char values[] = "{\"a\":7,\"b\":-2,\"s\":\"你好\",\"pin\":\"246810\",\"flag\":true,\"due\":\"123.45 CNY\","
    "\"usd\":1.5,\"by\":\"2026-11-30\",\"at\":\"2026-11-20T10:00:00+08:00\",\"span\":\"1h30m\",\"list\":[1,2,3],"
        "\"none\":null,"
    "\"bill\":{\"due\":\"500.01 CNY\",\"who\":{\"name\":\"Li\",\"code\":\"9\"}},\"rows\":[{\"n\":5},{\"n\":6}]}";

static void setup(bench *t)
{
    *t = (bench){ 0 };
    hl__findings_init(&t->f, &hl_test_mem);
    assert_int_equal(hl__scope_new(&hl_test_mem, &t->scope), 0);
    hl__json *j = hl__json_read(names, strlen(names), &t->err);
    assert_non_null(j);
    assert_true(hl__scope_add_all(t->scope, j, &t->f, NULL) >= 0);
    hl__json_free(j);
    t->values = hl__json_read(values, strlen(values), &t->err);
    assert_non_null(t->values);
    t->x.err = &t->err;
    t->x.slots = t->slots;
    t->x.now = 1795140000000000; /* 2026-11-20T02:00:00Z */
}

static void teardown(bench *t)
{
    hl__scope_free(t->scope);
    hl__findings_free(&t->f);
    hl__json_free(t->values);
}

/* The value's JSON, or what is wrong: "!" and the run-time words, "#" and the code of the finding. */
static const char *eval_with(bench *t, const char *text, bool may_reveal, bool may_be_secret)
{
    static char out[8192];
    static hl__eval hold;
    hl__expr_in in = { .text = text, .len = strlen(text), .f = &t->f, .may_reveal = may_reveal,
        .may_be_secret = may_be_secret };
    hl__expr *e = NULL;
    hl__val v;
    hl__buf b;

    hl__findings_clear(&t->f);
    if (hl__expr_new(t->scope, &in, &e) < 0) {
        assert_int_equal(t->f.count, 1);
        snprintf(out, sizeof(out), "#%d", hl__findings_at(&t->f, 0)->code);
        return out;
    }
    hold.err = &t->err;
    hold.used = 0;
    for (uint32_t i = 0; i < hl__scope_size(t->scope); i++) {
        const hl__name *n = hl__scope_at(t->scope, i);
        assert_int_equal(hl__val_json_in(&hold, n->type, hl__json_get(t->values, n->name), &t->slots[i]), 0);
    }
    int64_t blocks = hl_test_mem.blocks;
    int r = hl__expr_eval(e, &t->x, &v);
    assert_int_equal(blocks, hl_test_mem.blocks);
    hl__buf_init(&b, &hl_test_mem);
    if (r == 0)
        hl__val_json(&b, hl__expr_type(e), &v);
    snprintf(out, sizeof(out), "%s%s", r < 0 ? "!" : "", r < 0 ? t->err.words : b.data);
    hl__buf_free(&b);
    hl__expr_free(e);
    return out;
}

typedef struct pair { const char *text, *want; } pair;

static void expect_all(const pair *p, size_t n)
{
    static bench t;

    setup(&t);
    for (size_t i = 0; i < n; i++) {
        const char *have = eval_with(&t, p[i].text, false, false);
        hl_test_ok(strcmp(have, p[i].want) == 0, "%s gives %s, wanted %s (%s)", p[i].text, have, p[i].want,
                   hl__findings_at(&t.f, 0) ? hl__findings_at(&t.f, 0)->text : "");
    }
    teardown(&t);
}

static void the_table_of_the_language_holds(void **state)
{
    static const pair table[] = {
        { "7 / -2", "-3" }, { "-7 % 3", "-1" }, { "false && 1/0 == 1", "false" }, { "1/0 == 1 && false", "false" },
        { "true || 1/0 == 1", "true" }, { "1/0 == 1 || true", "true" }, { "1/0 == 1 || false", "!division by zero" },
        { "true && 1/0 == 1", "!division by zero" },
        { "9223372036854775807 + 1", "!the result does not fit" }, { "size('你好')", "2" },
        { "mod11('12345674')", "true" }, { "mod11('12345675')", "false" }, { "mod11_2('11010519491231002X')", "true" },
        { "mod11_2('110105194912310021')", "false" }, { "luhn('79927398713')", "true" }, { "luhn('79927398710')",
            "false" },
        { "date('2026-02-28') + 1", "\"2026-03-01\"" }, { "mask('13800138000', 4)", "\"*******8000\"" },
        { "money('2.50 CNY') * 3", "\"7.50 CNY\"" }, { "digits('+86 138-0013')", "\"861380013\"" },
        { "money('1.005 CNY')", "!text of another form" },
    };
    (void)state;
    expect_all(table, HL__COUNT(table));
}

static void operators_have_their_order_and_types(void **state)
{
    static const pair table[] = {
        { "1 + 2 * 3", "7" }, { "(1 + 2) * 3", "9" }, { "10 - 3 - 2", "5" }, { "2 - -3", "5" }, { "--5", "5" }, { "-a",
            "-7" },
        { "-9223372036854775808", "-9223372036854775808" }, { "9223372036854775808", "#725" }, { "0xFF", "255" },
        { "- 5", "-5" }, { "1.5", "#720" }, { "1 < 2 && 2 < 3", "true" }, { "!flag || a == 7", "true" }, { "!!flag",
            "true" },
        { "a == 7 ? 'x' : 'y'", "\"x\"" }, { "a == 8 ? 1 : b == -2 ? 2 : 3", "2" }, { "a == 8 ? 1 : b == 2 ? 2 : 3",
            "3" },
        { "(a == 7 ? (b == 1 ? 1 : 2) : 3)", "2" }, { "a == 7 ? b == 1 ? 1 : 2 : 3", "#720" },
        { "1/0 == 0 ? 1 : 2", "!division by zero" }, { "true ? 1 : 1/0", "1" }, { "false ? 1/0 : 2", "2" },
        { "'a' + \"b\" + r'\\n'", "\"ab\\\\n\"" }, { "'\\u4f60\\x41\\101\\n'", "\"你AA\\n\"" }, { "'it\\'s'",
            "\"it's\"" },
        { "'a' < 'b'", "true" }, { "'Z' < '你'", "true" }, { "2 in list", "true" }, { "9 in [1, 2]", "false" },
            { "1 in []", "false" },
        { "list[1]", "2" }, { "list[3]", "!out of range" }, { "list[-1]", "!out of range" }, { "list + [4]",
            "[1,2,3,4]" },
        { "[] == list", "false" }, { "[1, 2, 3] == list", "true" }, { "[1, 'a']", "#722" }, { "[1,]", "[1]" }, { "[,]",
            "#720" },
        { "{'k': 1, 'l': 2}['l']", "2" }, { "{'k': 1}['x']", "!out of range" }, { "'k' in {'k': 1}", "true" },
        { "{1: 'a',}[1]", "\"a\"" }, { "{}", "#720" }, { "{1: 2, 3}", "#720" }, { "size([1, 2]) + size({1: 2})", "3" },
        { "rows[1].n", "6" }, { "rows[0].n == 5", "true" }, { "bill.who.name", "\"Li\"" }, { "bill.who.nam", "#721" },
        { "due > money('100.00 CNY')", "true" }, { "due + usd", "#722" }, { "due == usd", "#722" }, { "due * 2 + due",
            "\"370.35 CNY\"" },
        { "2 * due", "\"246.90 CNY\"" }, { "-due", "\"-123.45 CNY\"" }, { "usd", "\"1.50 USD\"" }, { "minor(due)",
            "12345" },
        { "currency(due)", "\"CNY\"" }, { "money(5, 'JPY')", "\"5 JPY\"" }, { "money(5, s)", "!text of another form" },
        { "money('1.00 ' + 'USD') + due", "!two currencies" }, { "money('1 CNY')", "\"1.00 CNY\"" },
        { "by - date('2026-11-20')", "10" }, { "by > date('2026-11-29')", "true" }, { "date('2026-02-30')",
            "!out of range" },
        { "date('9999-12-31') + 1", "!out of range" }, { "at + span", "\"2026-11-20T03:30:00Z\"" }, { "span * 2",
            "\"10800s\"" },
        { "at - timestamp('2026-11-20T00:00:00Z') == duration('2h')", "true" }, { "duration('1.5s')", "\"1.5s\"" },
        { "duration('1h1h')", "!text of another form" }, { "1 + 'a'", "#722" }, { "1 && true", "#722" }, { "!1",
            "#722" },
        { "flag ? 1 : 'a'", "#722" }, { "a ? 1 : 2", "#722" }, { "flag < true", "#722" }, { "a = 1", "#720" },
            { "a & b", "#720" },
        { "in", "#720" }, { "null", "#720" }, { "a.b", "#722" }, { "ab", "#721" }, { "frob(1)", "#723" }, { "s.frob()",
            "#723" },
        { "size()", "#724" }, { "size(1)", "#724" }, { "left('abc')", "#724" }, { "(1", "#720" }, { "1)", "#720" },
            { "[1)", "#720" },
        { "", "#720" }, { "1 2", "#720" }, { "'abc", "#720" }, { "'\\q'", "#720" }, { "a ? b", "#722" }, { "flag ? b",
            "#720" },
        { "a : b", "#720" }, { "1, 2", "#720" }, { "f(", "#723" }, { "size(", "#720" }, { "a @ b", "#720" }, { "12ab",
            "#720" },
    };
    (void)state;
    expect_all(table, HL__COUNT(table));
}

static void functions_do_what_they_say(void **state)
{
    static const pair table[] = {
        { "'hello'.startsWith('he')", "true" }, { "'hello'.endsWith('lo')", "true" }, { "'hello'.contains('ell')",
            "true" },
        { "'hello'.size()", "5" }, { "int('-12')", "-12" }, { "int('1x')", "!text of another form" },
            { "string(12) + 'a'", "\"12a\"" },
        { "string(due)", "\"123.45 CNY\"" }, { "string(flag)", "\"true\"" }, { "string(by)", "\"2026-11-30\"" },
        { "left(s, 1)", "\"你\"" }, { "right(s, 1)", "\"好\"" }, { "left(s, 9)", "\"你好\"" }, { "left(s, -1)",
            "!out of range" },
        { "mask('12345', 5)", "!out of range" }, { "mask('12', 4)", "\"12\"" }, { "min(3, 1, 2)", "1" },
            { "max('a', 'b')", "\"b\"" },
        { "min(1, 'a')", "#724" }, { "abs(b)", "2" }, { "abs(-due)", "\"123.45 CNY\"" }, { "weekday(by)", "1" },
        { "year(by) * 10000 + month(by) * 100 + day(by)", "20261130" }, { "hour(at)", "2" }, { "minute(time('14:05'))",
            "5" },
        { "time('24:00')", "!text of another form" }, { "now() == at", "true" }, { "string(today())",
            "\"2026-11-20\"" },
        { "date(at)", "\"2026-11-20\"" }, { "time(at)", "\"02:00\"" }, { "timestamp('2026-11-20T10:00:00')",
            "!text of another form" },
        { "timestamp('2026-11-20T10:00:00.5-00:30')", "\"2026-11-20T10:30:00.5Z\"" }, { "digits(s) == ''", "true" },
        { "weekday(date('1969-12-31'))", "3" }, { "open('desk', now())", "!unknown time zone or calendar" },
            { "open(s, now())", "#724" },
        { "open('a' + s, now())", "#724" },
    };
    (void)state;
    expect_all(table, HL__COUNT(table));
}

static void patterns_match_in_linear_time(void **state)
{
    static const pair table[] = {
        { "'13800138000'.matches('^1[3-9]\\\\d{9}$')", "true" }, { "'23800138000'.matches('^1[3-9]\\\\d{9}$')",
            "false" },
        { "'abc'.matches('b')", "true" }, { "'abc'.matches('^b')", "false" }, { "'abc'.matches('c$')", "true" },
        { "'abc'.matches('^(?:a|x)(?:b|y)c$')", "true" }, { "'color'.matches('^colou?r$')", "true" },
        { "'aaa'.matches('^a{2}$')", "false" }, { "'aaa'.matches('^a{2,}$')", "true" }, { "'aaa'.matches('^a{1,2}$')",
            "false" },
        { "'aaa'.matches('^a{0,3}$')", "true" }, { "''.matches('^a*$')", "true" },
            { "'ab'.matches('^(?:a|ab)(?:c|)$')", "true" },
        { "'xyz'.matches('a|b|z')", "true" }, { "'a.c'.matches('a\\\\.c')", "true" }, { "'abc'.matches('a\\\\.c')",
            "false" },
        { "'你好'.matches('^..$')", "true" }, { "'好'.matches('[一-龥]')", "true" }, { "'a'.matches('[^a-z]')", "false" },
        { "'-'.matches('[a-]')", "true" }, { "']'.matches('[]]')", "true" }, { "'a b'.matches('\\\\w\\\\s\\\\w')",
            "true" },
        { "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('^(?:a+)+$')", "false" }, { "'x'.matches('(?:)*x')", "true" },
        { "'a'.matches('(')", "#720" }, { "'a'.matches('(?:a')", "#720" }, { "'a'.matches('a)')", "#720" },
        { "'a'.matches('*')", "#720" }, { "'a'.matches('a**')", "#720" }, { "'a'.matches('[')", "#720" },
            { "'a'.matches('a{300}')", "#727" },
        { "'a'.matches('a{2,1}')", "#720" }, { "'a'.matches('[b-a]')", "#720" }, { "'a'.matches('\\\\')", "#720" },
            { "'a'.matches(s)", "#724" },
    };
    (void)state;
    expect_all(table, HL__COUNT(table));
}

static void what_has_no_value_is_an_error_that_has_can_ask_for(void **state)
{
    static const pair table[] = {
        { "none", "!none has no value" }, { "bill.by", "!bill.by has no value" }, { "has(none)", "false" },
            { "has(bill.by)", "false" },
        { "has(bill.due)", "true" }, { "has(none) && size(none) > 0", "false" }, { "has(bill.by) && bill.by > by",
            "false" },
        { "has(1)", "#724" }, { "has(a + b)", "#724" }, { "has((bill).by)", "#724" }, { "has()", "#724" },
        { "none == 'a' || a == 7", "true" },
    };
    (void)state;
    expect_all(table, HL__COUNT(table));
}

static void secrets_are_carried_through_every_operation(void **state)
{
    static bench t;
    static const char *const shown[] = { "pin", "pin + 'a'", "left(pin, 2)", "flag ? pin : 'x'", "[pin]", "digits(pin)",
        "bill.who.code", "pin.startsWith('2')", "{'a': pin}['a']", "max(pin, 'a')", "bill.who.code + s" };
    static const pair safe[] = { { "size(pin)", "6" }, { "pin == '246810'", "true" }, { "luhn(pin)", "false" },
        { "pin.matches('^2')", "true" }, { "has(pin)", "true" }, { "pin in ['1']", "false" }, { "pin < '3'", "true" } };
    (void)state;
    setup(&t);
    for (size_t i = 0; i < HL__COUNT(shown); i++)
        hl_test_ok(strcmp(eval_with(&t, shown[i], false, false), "#726") == 0, "%s is not refused", shown[i]);
    for (size_t i = 0; i < HL__COUNT(safe); i++)
        hl_test_ok(strcmp(eval_with(&t, safe[i].text, false, false), safe[i].want) == 0, "%s", safe[i].text);
    assert_string_equal(eval_with(&t, "list[size(pin) - 6]", false, false), "1");
    assert_string_equal(eval_with(&t, "list[int(pin)]", false, false), "#726");
    assert_string_equal(eval_with(&t, "reveal(pin)", false, false), "#726");
    assert_string_equal(eval_with(&t, "reveal(pin)", true, false), "\"246810\"");
    assert_string_equal(eval_with(&t, "pin", false, true), "\"246810\"");
    teardown(&t);
}

static void limits_are_findings(void **state)
{
    static bench t;
    static char text[6000];
    (void)state;
    setup(&t);
    memset(text, '(', 33);
    strcpy(text + 33, "1");
    assert_string_equal(eval_with(&t, text, false, false), "#727");
    strcpy(text, "[0");
    for (int i = 1; i < 65; i++)
        strcat(text, ",1");
    strcat(text, "]");
    assert_string_equal(eval_with(&t, text, false, false), "#727");
    strcpy(text, "1");
    for (int i = 1; i < 300; i++)
        strcat(text, "+1");
    assert_string_equal(eval_with(&t, text, false, false), "#727");
    memset(text, ' ', 4097);
    text[4097] = 0;
    assert_string_equal(eval_with(&t, text, false, false), "#727");
    strcpy(text, "[1,[2,[3");
    assert_string_equal(eval_with(&t, text, false, false), "#720");
    memset(text, 'a', 3000);
    text[0] = text[2999] = '\'';
    strcpy(text + 3000, " + s + s");
    assert_true(eval_with(&t, text, false, false)[0] == '"');
    teardown(&t);
}

static void results_over_4096_bytes_are_an_error(void **state)
{
    static bench t;
    static char big[2000], doc[8192];
    hl__json *j;
    (void)state;
    setup(&t);
    memset(big, 'x', sizeof(big) - 1);
    snprintf(doc, sizeof(doc), "{\"s\":\"%s\"}", big);
    j = hl__json_read(doc, strlen(doc), &t.err);
    hl__json_free(t.values);
    t.values = j;
    assert_true(eval_with(&t, "s + s", false, false)[0] == '"');
    assert_string_equal(eval_with(&t, "s + s + s", false, false), "!the result is over 4096 bytes");
    teardown(&t);
}

static void the_names_read_are_told(void **state)
{
    static bench t;
    static const char text[] = "has(bill.due) && bill.due > due ? a : b + a";
    hl__expr_in in = { .text = text, .len = sizeof(text) - 1 };
    hl__expr *e;
    bool is_guarded;
    (void)state;
    setup(&t);
    in.f = &t.f;
    assert_int_equal(hl__expr_new(t.scope, &in, &e), 0);
    assert_string_equal(hl__expr_reads(e), "bill.due due a b");
    assert_int_equal(hl__expr_read(e, 0, &is_guarded), hl__scope_find(t.scope, "bill", 4));
    assert_true(is_guarded);
    assert_int_equal(hl__expr_read(e, 2, &is_guarded), hl__scope_find(t.scope, "due", 3));
    assert_false(is_guarded);
    assert_int_equal(hl__expr_read(e, 9, &is_guarded), HL_ENOENT);
    hl__expr_free(e);
    teardown(&t);
}

static void json_that_does_not_fit_its_type_is_refused(void **state)
{
    static bench t;
    static const struct { const char *type, *json; int ok; } rows[] = {
        { "\"int\"", "[1]", 1 }, { "\"int\"", "[1.0]", 1 }, { "\"int\"", "[1.5]", 0 }, { "\"int\"", "[\"1\"]", 0 },
            { "\"int\"", "[true]", 0 },
        { "\"money:CNY\"", "[12.3]", 1 }, { "\"money:CNY\"", "[12.345]", 0 }, { "\"money:CNY\"", "[\"1.00 USD\"]", 0 },
        { "\"money\"", "[1]", 0 }, { "\"date\"", "[\"2026-13-01\"]", 0 }, { "\"date\"", "[20260101]", 0 },
            { "\"duration\"", "[90]", 1 },
        { "\"bool\"", "[1]", 0 }, { "\"string\"", "[{}]", 0 }, { "\"list of int\"", "[[1,2]]", 1 },
            { "\"list of int\"", "[[1,\"a\"]]", 0 },
        { "{\"fields\":{\"a\":\"int\"}}", "[{\"a\":1,\"z\":2}]", 1 }, { "{\"fields\":{\"a\":\"int\"}}", "[[1]]", 0 },
        { "\"string\"", "[null]", 1 }, { "\"timestamp\"", "[\"2026-01-01T00:00:00Z\"]", 1 }, { "\"timestamp\"", "[1]",
            0 },
    };
    (void)state;
    setup(&t);
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        hl__scope *s;
        hl__val v;
        char type[200];
        snprintf(type, sizeof(type), "{\"x\":%s}", rows[i].type);
        hl__json *tj = hl__json_read(type, strlen(type), &t.err), *j = hl__json_read(rows[i].json,
            strlen(rows[i].json), &t.err);
        assert_int_equal(hl__scope_new(&hl_test_mem, &s), 0);
        assert_true(hl__scope_add_all(s, tj, &t.f, NULL) >= 0);
        t.x.used = 0;
        int r = hl__val_json_in(&t.x, hl__scope_at(s, 0)->type, hl__json_at(j, 0), &v);
        hl_test_ok((r == 0) == rows[i].ok, "%s from %s: %d", rows[i].type, rows[i].json, r);
        hl__scope_free(s);
        hl__json_free(tj);
        hl__json_free(j);
    }
    teardown(&t);
}

static void wrong_types_are_findings_that_name_the_nearest(void **state)
{
    static const char doc[] = "{\"a\":\"strng\",\"b\":{\"fields\":{}},\"c\":7,\"in\":\"int\",\"d\":{\"type\":\"int\","
        "\"max\":0},"
        "\"e\":{\"type\":\"string\",\"mx\":3},\"f\":{\"fields\":{\"x\":{\"fields\":{\"y\":\"nt\"}}}},"
            "\"g\":\"money:cny\"}";
    static bench t;
    hl__scope *s;
    (void)state;
    setup(&t);
    hl__json *j = hl__json_read(doc, strlen(doc), &t.err);
    assert_int_equal(hl__scope_new(&hl_test_mem, &s), 0);
    assert_true(hl__scope_add_all(s, j, &t.f, NULL) < 0);
    assert_int_equal(t.f.count, 8);
    assert_non_null(strstr(hl__findings_at(&t.f, 0)->text, "string"));
    hl__scope_free(s);
    hl__json_free(j);
    teardown(&t);
}

static void copies_stand_alone(void **state)
{
    static bench t;
    hl__val v, copy;
    void *block;
    hl__buf a, b;
    (void)state;
    setup(&t);
    int slot = hl__scope_find(t.scope, "bill", 4);
    const hl__type *type = hl__scope_at(t.scope, (uint32_t)slot)->type;
    t.x.used = 0;
    assert_int_equal(hl__val_json_in(&t.x, type, hl__json_get(t.values, "bill"), &v), 0);
    assert_int_equal(hl__val_copy(&hl_test_mem, &v, &copy, &block), 0);
    assert_true(hl__val_equal(&v, &copy));
    hl__buf_init(&a, &hl_test_mem);
    hl__val_json(&a, type, &v);
    memset(t.x.text, 0, sizeof(t.x.text));
    hl__buf_init(&b, &hl_test_mem);
    hl__val_json(&b, type, &copy);
    assert_string_equal(a.data, b.data);
    assert_string_equal(a.data, "{\"due\":\"500.01 CNY\",\"by\":null,\"who\":{\"name\":\"Li\",\"code\":\"***\"}}");
    hl__buf_free(&a);
    hl__buf_free(&b);
    hl__free(&hl_test_mem, block);
    teardown(&t);
}

static int compile_and_free(void *ctx)
{
    static const char text[] = "has(bill.due) && bill.due > money('5.00 CNY') && s.matches('^(?:a|b)+$') ? [1, 2] : "
        "[a] + list";
    hl__scope *s = NULL;
    hl__findings f;
    hl__expr_in in = { .text = text, .len = sizeof(text) - 1, .f = &f };
    hl__expr *e = NULL;
    int r = hl__scope_new(&hl_test_mem, &s);

    hl__findings_init(&f, &hl_test_mem);
    if (r >= 0)
        r = hl__scope_add_all(s, ctx, &f, NULL);
    if (r >= 0)
        r = hl__expr_new(s, &in, &e);
    hl__expr_free(e);
    hl__scope_free(s);
    hl__findings_free(&f);
    return r < 0 ? HL_ENOMEM : 0;
}

static void memory_may_fail_anywhere(void **state)
{
    hl__err err;
    hl__json *j = hl__json_read(names, strlen(names), &err);
    (void)state;
    assert_true(hl_test_oom(compile_and_free, j) > 10);
    hl__json_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(the_table_of_the_language_holds), HL_TEST(operators_have_their_order_and_types),
        HL_TEST(functions_do_what_they_say), HL_TEST(patterns_match_in_linear_time),
        HL_TEST(what_has_no_value_is_an_error_that_has_can_ask_for),
            HL_TEST(secrets_are_carried_through_every_operation),
        HL_TEST(limits_are_findings), HL_TEST(results_over_4096_bytes_are_an_error), HL_TEST(the_names_read_are_told),
        HL_TEST(json_that_does_not_fit_its_type_is_refused), HL_TEST(wrong_types_are_findings_that_name_the_nearest),
        HL_TEST(copies_stand_alone), HL_TEST(memory_may_fail_anywhere),
    };
    return HL_TEST_MAIN(tests);
}
