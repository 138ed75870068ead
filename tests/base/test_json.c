/* test_json.c - JSON in, bounds held, findings with pointer, line and column; members with checks. */
#include "hl_test.h"
#include "base/json.h"
#include <errno.h>
#include <jansson.h>

static hl__findings found;

static hl__json *parse(const char *text)
{
    hl__json *j = NULL;
    hl__findings_init(&found, &hl_test_mem);
    int r = hl__json_parse(&found, text, strlen(text), &j);
    hl_test_ok(r == (j ? 0 : HL_EPARSE), "%d for %s", r, text);
    assert_int_equal(found.errors, !j);
    return j;
}

static void done(hl__json *j)
{
    hl__json_free(j);
    hl__findings_free(&found);
}

static void a_document_is_walked_in_the_order_of_its_text(void **state)
{
    hl__json *j = parse("{\"b\":1,\"a\":[true,null,2.5,\"x\"],\"c\":{}}");
    void *it = hl__json_iter(j);
    (void)state;
    assert_int_equal(hl__json_type(j), HL__JOBJECT);
    assert_string_equal(hl__json_iter_key(it), "b");
    assert_int_equal(hl__json_int(hl__json_iter_value(it)), 1);
    assert_true(hl__json_real(hl__json_iter_value(it)) == 1);
    it = hl__json_iter_next(j, it);
    assert_string_equal(hl__json_iter_key(it), "a");
    hl__json *list = hl__json_get(j, "a");
    assert_int_equal(hl__json_size(list), 4);
    static const int types[] = { HL__JBOOL, HL__JNULL, HL__JREAL, HL__JTEXT };
    for (size_t i = 0; i < 4; i++) assert_int_equal(hl__json_type(hl__json_at(list, i)), types[i]);
    assert_true(hl__json_true(hl__json_at(list, 0)));
    assert_true(hl__json_real(hl__json_at(list, 2)) == 2.5);
    assert_string_equal(hl__json_text(hl__json_at(list, 3)), "x");
    assert_int_equal(hl__json_text_len(hl__json_at(list, 3)), 1);
    assert_null(hl__json_at(list, 4));
    assert_null(hl__json_get(list, "a"));
    assert_int_equal(hl__json_type(NULL), HL__JNULL);
    assert_int_equal(hl__json_int(NULL), 0);
    assert_null(hl__json_text(hl__json_get(j, "c")));
    hl__json_free(hl__json_keep(j));
    done(j);
}

static void canonical_text_has_sorted_keys_and_no_blanks(void **state)
{
    hl__json *a = parse(" { \"b\" : 1 , \"a\" : [ 1 , 2.5 ] } "), *b;
    hl__buf text;
    (void)state;
    hl__buf_init(&text, &hl_test_mem);
    assert_int_equal(hl__json_canonical(&text, a), 0);
    assert_string_equal(text.data, "{\"a\":[1,2.5],\"b\":1}");
    b = hl__json_read(text.data, text.len, NULL);
    assert_true(hl__json_equal(a, b));
    hl__json_free(b);
    hl__buf_free(&text);
    done(a);
}

struct refused { const char *text; int code, line, column; const char *pointer, *words; };

static void what_is_no_json_is_refused_with_its_place(void **state)
{
    static const struct refused rows[] = {
        { "", 500, 1, 1, "", "too early" }, { "{", 500, 1, 2, "", "too early" },
        { "{\"a\":1,\n \"a\":2}", 500, 2, 4, "", "duplicate" }, { "[1,]", 500, 1, 4, "", "unexpected token" },
        { "{\"a\":\"\\u0000\"}", 500, 1, 13, "", "\\u0000 is not allowed" },
        { "{\"a\":01}", 500, 1, 7, "", "invalid token" }, { "{} x", 500, 1, 4, "", "expected near 'x'" },
        { "\"\xff\"", 500, 1, 2, "", "decode byte 0xff" }, { "9223372036854775808", 500, 1, 19, "", "too big" },
        { "1,2", 500, 1, 1, "", "one value" }, { "1] ,[2", 500, 1, 4, "", "end of file expected" },
        { "[1", 500, 1, 3, "", "too early" }, { "\"abc", 500, 1, 5, "", "premature end of input" },
        { "9007199254740993", 501, 1, 1, "", "2^53" },
        { "{\"a\":\n [1, {\"b/c\": -9007199254740993}]}", 501, 2, 14, "/a/1/b~1c", "2^53" },
    };
    (void)state;
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        assert_null(parse(rows[i].text));
        const hl__finding *f = hl__findings_at(&found, 0);
        assert_non_null(f);
        hl_test_ok(f->code == rows[i].code && f->line == rows[i].line && abs(f->column - rows[i].column) <= 1 &&
                   strcmp(f->pointer, rows[i].pointer) == 0 && strstr(f->text, rows[i].words),
                   "%s: code %d line %d column %d at \"%s\": %s", rows[i].text, f->code, f->line, f->column, f->pointer,
                   f->text);
        assert_null(hl__findings_at(&found, 1));
        done(NULL);
    }
}

static void a_document_may_be_32_deep_and_no_deeper(void **state)
{
    char text[200];
    (void)state;
    for (int depth = 30; depth < 36; depth++) {
        hl__json *j;
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        text[2 * depth] = 0;
        j = parse(text);
        assert_int_equal(j != NULL, depth <= 32);
        if (!j) {
            assert_string_equal(found.list[0].text, "nested deeper than 32");
            assert_int_equal(hl__findings_at(&found, 0)->column, 33);
        }
        done(j);
    }
    memset(text, '[', 199);
    text[199] = 0;
    done(parse(text));
}

static void words_are_enough_where_nobody_lists_findings(void **state)
{
    hl__err err = { 0 };
    hl__json *j = hl__json_read("[1]", 3, &err);
    (void)state;
    assert_non_null(j);
    hl__json_free(j);
    assert_null(hl__json_read("[1\n,}", 5, &err));
    assert_int_equal(err.code, HL_EPARSE);
    assert_non_null(strstr(err.words, "line 2"));
    assert_null(hl__json_read("[9007199254740993]", 18, &err));
    assert_non_null(strstr(err.words, "2^53"));
    assert_null(hl__json_read("[", 1, NULL));
}

/* The value each pointer names: where it begins and how long it is. */
static void findings_know_line_column_and_length(void **state)
{
    static const char text[] =
        "{\"queues\": {\n"
        "    \"\xe6\xb0\xb4\": {\"a\": 1, \"b~c/d\": [10, {\"x\": \"}\\\"]\"}, 30]},\n"
        "    \"k\\u006Fey\\n\\u4e2d\\ud83d\\ude00\": true\n"
        "  },\n"
        "\t\"last\":-1.5e3}\n";
    static const struct { const char *step[4]; int line, column, length; } rows[] = {
        { { NULL }, 1, 1, 117 }, { { "queues", NULL }, 1, 12, 0 }, { { "queues", "\xe6\xb0\xb4", NULL }, 2, 10, 0 },
        { { "queues", "\xe6\xb0\xb4", "a", NULL }, 2, 16, 1 },
        { { "queues", "\xe6\xb0\xb4", "b~c/d", NULL }, 2, 28, 23 },
        { { "queues", "koey\n\xe4\xb8\xad\xf0\x9f\x98\x80", NULL }, 3, 38, 4 }, { { "last", NULL }, 5, 9, 6 },
        { { "queues", "none", NULL }, 1, 12, 0 }, /* not there: its parent is the place */
    };
    hl__json *j = parse(text);
    (void)state;
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        hl__place place[4];
        int n = 0;
        for (; rows[i].step[n]; n++) place[n] = (hl__place){ n ? &place[n - 1] : NULL, rows[i].step[n], 0 };
        hl__error(&found, 1, n ? &place[n - 1] : NULL, "row %zu", i);
        const hl__finding *f = hl__findings_at(&found, (uint32_t)i);
        hl_test_ok(f->line == rows[i].line && f->column == rows[i].column, "row %zu: %d:%d \"%s\"", i, f->line,
                   f->column, f->pointer);
        if (rows[i].length && i) assert_int_equal(f->length, rows[i].length);
    }
    hl__place queues = { NULL, "queues", 0 }, water = { &queues, "\xe6\xb0\xb4", 0 };
    hl__place list = { &water, "b~c/d", 0 };
    for (size_t n = 0; n < 3; n++) {
        hl__place item = { &list, NULL, n }, inner = { &item, "x", 0 };
        hl__error(&found, 1, n == 1 ? &inner : &item, "item");
        const hl__finding *f = hl__findings_at(&found, (uint32_t)(HL__COUNT(rows) + n));
        assert_int_equal(f->line, 2);
        assert_int_equal(f->column, n == 0 ? 29 : n == 1 ? 39 : 48);
        assert_string_equal(f->pointer, n == 0 ? "/queues/\xe6\xb0\xb4/b~0c~1d/0" : n == 1
                            ? "/queues/\xe6\xb0\xb4/b~0c~1d/1/x" : "/queues/\xe6\xb0\xb4/b~0c~1d/2");
    }
    found.errors = 0;
    done(j);
}

static void a_thousand_findings_are_listed_and_all_are_counted(void **state)
{
    (void)state;
    hl__findings_init(&found, &hl_test_mem);
    for (int i = 0; i < 1500; i++) hl__error(&found, i, NULL, "fault %d", i);
    hl__warn(&found, 7, NULL, "a warning");
    assert_int_equal(found.count, 1000);
    assert_int_equal(found.errors, 1500);
    assert_null(hl__findings_at(&found, 1000));
    hl__findings_clear(&found);
    hl__warn(&found, 7, NULL, "a warning");
    assert_int_equal(found.errors, 0);
    assert_int_equal(hl__findings_at(&found, 0)->level, 2);
    assert_int_equal(hl__findings_at(&found, 0)->line, 0); /* no text, no place */
    hl__findings_free(&found);
}

static void *failing(size_t size)
{
    void *p = hl__realloc(&hl_test_mem, NULL, size);
    if (!p) errno = ENOMEM; /* as malloc does */
    return p;
}

static void release(void *p)
{
    hl__free(&hl_test_mem, p);
}

static int read_all(void *ctx)
{
    static const char text[] = "{\"a\":[1,2,{\"long enough to need a buffer of its own\":\"\\u4e2d and more text, more "
        "than any buffer that is there from the beginning, so that it must grow\"}],"
        "\"b\":2.5,\"c\":{\"d\":[null,true]}}";
    hl__findings f;
    hl__json *j = NULL, *again = NULL;
    hl__err err = { 0 };
    int r;
    (void)ctx;
    hl__findings_init(&f, &hl_test_mem);
    r = hl__json_parse(&f, text, strlen(text), &j);
    if (r == 0 && !(again = hl__json_read(text, strlen(text), &err))) r = err.code;
    if (r == 0) assert_true(hl__json_equal(j, again));
    hl__json_free(j);
    hl__json_free(again);
    hl__findings_free(&f);
    return r;
}

static void text_without_memory_is_no_syntax_error(void **state)
{
    json_malloc_t was_malloc;
    json_free_t was_free;
    (void)state;
    hl__json_free(hl__json_read("{\"a\":1}", 7, NULL)); /* what jansson keeps for ever is kept now */
    json_get_alloc_funcs(&was_malloc, &was_free);
    json_set_alloc_funcs(failing, release);
    int n = hl_test_oom(read_all, NULL);
    json_set_alloc_funcs(was_malloc, was_free);
    assert_true(n > 20);
}

static int list_faults(void *ctx)
{
    hl__place at = { NULL, "a place with a name that is longer than the first room of a buffer, which is 64 bytes", 0 };
    hl__findings f;
    uint32_t errors;
    (void)ctx;
    hl__findings_init(&f, &hl_test_mem);
    (void)hl__findings_source(&f, "{}", 2);
    for (int i = 0; i < 20; i++) hl__error(&f, i, &at, "fault %d", i);
    for (uint32_t i = 0; i < f.count; i++) assert_non_null(hl__findings_at(&f, i));
    errors = f.errors;
    hl__findings_free(&f);
    return (int)errors;
}

static void faults_are_counted_without_memory_for_their_words(void **state)
{
    (void)state;
    assert_true(hl_test_oom(list_faults, NULL) > 20);
}

/* Members with checks. */
static const char *const sizes[] = { "small", "large", NULL };

static void members_have_defaults_types_and_ranges(void **state)
{
    hl__json *j = parse("{\"n\":5,\"yes\":true,\"t\":\"abc\","
        "\"w\":\"large\",\"o\":{\"x\":1},\"l\":[1],\"bad\":\"a\\u0001\"}");
    hl__jcheck c = { &found, j, NULL, 520 };
    (void)state;
    assert_int_equal(hl__jint(&c, "n", 0, 5, 9), 5);
    assert_int_equal(hl__jint(&c, "absent", 0, 5, 9), 9);
    assert_true(hl__jbool(&c, "yes", false));
    assert_true(hl__jbool(&c, "absent", true));
    assert_string_equal(hl__jtext(&c, "t", 3, "z"), "abc");
    assert_string_equal(hl__jtext(&c, "absent", 3, "z"), "z");
    assert_int_equal(hl__jword(&c, "w", sizes, 0), 1);
    assert_int_equal(hl__jword(&c, "absent", sizes, 7), 7);
    assert_non_null(hl__jobject(&c, "o"));
    assert_non_null(hl__jlist(&c, "l"));
    assert_null(hl__jlist(&c, "absent"));
    assert_int_equal(found.errors, 0);
    assert_int_equal(hl__jint(&c, "n", 6, 9, 8), 8);
    assert_int_equal(hl__jint(&c, "t", 0, 9, 8), 8);
    assert_false(hl__jbool(&c, "n", false));
    assert_string_equal(hl__jtext(&c, "n", 3, "z"), "z");
    assert_string_equal(hl__jtext(&c, "t", 2, "z"), "z");
    assert_string_equal(hl__jtext(&c, "bad", 9, "z"), "z");
    assert_int_equal(hl__jword(&c, "t", sizes, 0), 0);
    assert_null(hl__jobject(&c, "l"));
    assert_null(hl__jlist(&c, "o"));
    static const char *const words[] = {
        "5 is out of range; a whole number from 6 to 9 is wanted", "this is text; a whole number from 0 to 9 is wanted",
        "this is a whole number; true or false is wanted", "this is a whole number; text is wanted",
        "3 bytes of text; at most 2 are possible", "text with control characters",
        "\"abc\" is not one of: small, large", "this is a list; an object is wanted",
        "this is an object; a list is wanted",
    };
    assert_int_equal(found.count, HL__COUNT(words));
    for (uint32_t i = 0; i < found.count; i++) {
        const hl__finding *f = hl__findings_at(&found, i);
        assert_string_equal(f->text, words[i]);
        assert_int_equal(f->code, 520);
        assert_int_equal(f->line, 1);
        assert_true(f->pointer[0] == '/' && f->column > 5);
    }
    done(j);
}

static void an_unknown_key_offers_the_nearest(void **state)
{
    hl__json *j = parse("{\"wrapup_msec\":1,\"offer_ms\":2,\"zzzzzzzzzzz\":3}");
    hl__place at = { NULL, "queues", 0 };
    hl__jcheck c = { &found, j, &at, 520 };
    char near[64];
    (void)state;
    hl__jknown(&c, "offer_ms wrapup_ms");
    assert_int_equal(found.count, 2);
    assert_string_equal(found.list[0].text, "unknown key \"wrapup_msec\"; did you mean \"wrapup_ms\"?");
    assert_string_equal(found.list[0].pointer, "/queues/wrapup_msec");
    assert_string_equal(found.list[1].text, "unknown key \"zzzzzzzzzzz\"; known are: offer_ms wrapup_ms");
    assert_false(hl__nearest("abc", "", near, sizeof near));
    assert_true(hl__nearest("agnets", "queues agents flows", near, sizeof near));
    assert_string_equal(near, "agents");
    assert_false(hl__nearest("agents", "queues flows", near, sizeof near));
    done(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_document_is_walked_in_the_order_of_its_text), HL_TEST(canonical_text_has_sorted_keys_and_no_blanks),
        HL_TEST(what_is_no_json_is_refused_with_its_place), HL_TEST(a_document_may_be_32_deep_and_no_deeper),
        HL_TEST(words_are_enough_where_nobody_lists_findings), HL_TEST(findings_know_line_column_and_length),
        HL_TEST(a_thousand_findings_are_listed_and_all_are_counted), HL_TEST(text_without_memory_is_no_syntax_error),
        HL_TEST(faults_are_counted_without_memory_for_their_words), HL_TEST(members_have_defaults_types_and_ranges),
        HL_TEST(an_unknown_key_offers_the_nearest),
    };
    return HL_TEST_MAIN(tests);
}
