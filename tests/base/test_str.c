/* test_str.c - text that grows, text from outside, numbers in text, words that are nearly the same. */
#include "hl_test.h"

static void a_buffer_grows_and_always_ends(void **state)
{
    hl__buf b;
    (void)state;
    hl__buf_init(&b, &hl_test_mem);
    for (int i = 0; i < 2000; i++) {
        hl__buf_char(&b, (char)('a' + i % 26));
        assert_int_equal(b.len, i + 1);
        assert_int_equal(b.data[b.len], 0);
    }
    hl__buf_clear(&b);
    assert_int_equal(b.len, 0);
    assert_string_equal(b.data, "");
    hl__buf_int(&b, INT64_MIN);
    hl__buf_str(&b, " ");
    hl__buf_add(&b, NULL, 0);
    hl__buf_fmt(&b, "%300d", 7);
    assert_int_equal(b.len, 20 + 1 + 300);
    assert_memory_equal(b.data, "-9223372036854775808 ", 21);
    assert_int_equal(b.data[b.len - 1], '7');
    hl__buf_free(&b);
    assert_null(b.data);
}

/* Every length of formatted text around the sizes at which another way is taken. */
static void formatted_text_is_whole_at_every_length(void **state)
{
    hl__buf b;
    (void)state;
    for (int before = 0; before < 3; before++)
        for (int len = 240; len < 270; len++) {
            hl__buf_init(&b, &hl_test_mem);
            for (int i = 0; i < before * 60; i++) hl__buf_char(&b, '.');
            hl__buf_fmt(&b, "%0*d|", len, 1);
            assert_int_equal(b.len, before * 60 + len + 1);
            assert_int_equal(strlen(b.data), b.len);
            assert_int_equal(b.data[b.len - 1], '|');
            hl__buf_free(&b);
        }
}

static int fill(void *ctx)
{
    hl__buf b;
    int r;
    (void)ctx;
    hl__buf_init(&b, &hl_test_mem);
    for (int i = 0; i < 50; i++) hl__buf_fmt(&b, "%0400d", i);
    hl__buf_str(&b, "end");
    r = b.failed ? HL_ENOMEM : (int)b.len;
    if (b.failed && b.data) assert_int_equal(b.data[b.len], 0);
    hl__buf_free(&b);
    return r;
}

static void without_memory_a_buffer_says_so_and_keeps_what_it_had(void **state)
{
    (void)state;
    assert_true(hl_test_oom(fill, NULL) > 3);
}

static void text_becomes_json_with_its_quotes(void **state)
{
    hl__buf b;
    (void)state;
    hl__buf_init(&b, &hl_test_mem);
    hl__buf_json(&b, "a\"b\\c\n\t\x01\xe6\xb0\xb4/");
    assert_string_equal(b.data, "\"a\\\"b\\\\c\\n\\u0009\\u0001\xe6\xb0\xb4/\"");
    hl__buf_clear(&b);
    hl__buf_json(&b, NULL);
    hl__buf_json(&b, "");
    assert_string_equal(b.data, "null\"\"");
    hl__buf_free(&b);
}

static void utf8_is_shortest_form_without_surrogates(void **state)
{
    static const struct { const char *text; int len, good; } rows[] = {
        { "", 0, 1 }, { "abc", 3, 1 }, { "\x00", 1, 1 }, { "\xc2\x80", 2, 1 }, { "\xdf\xbf", 2, 1 },
        { "\xe0\xa0\x80", 3, 1 },
        { "\xed\x9f\xbf", 3, 1 }, { "\xee\x80\x80", 3, 1 }, { "\xf0\x90\x80\x80", 4, 1 }, { "\xf4\x8f\xbf\xbf", 4, 1 },
        { "\x80", 1, 0 }, { "\xbf", 1, 0 }, { "\xc0\x80", 2, 0 }, { "\xc1\xbf", 2, 0 }, { "\xe0\x9f\xbf", 3, 0 },
        { "\xed\xa0\x80", 3, 0 }, { "\xed\xbf\xbf", 3, 0 }, { "\xf0\x8f\xbf\xbf", 4, 0 }, { "\xf4\x90\x80\x80", 4, 0 },
        { "\xf8\x88\x80\x80\x80", 5, 0 }, { "\xff", 1, 0 }, { "\xc2", 1, 0 }, { "\xe2\x82", 2, 0 },
        { "\xe2\x28\xa1", 3, 0 },
        { "a\xf0\x9f\x98", 4, 0 },
    };
    (void)state;
    for (size_t i = 0; i < HL__COUNT(rows); i++)
        hl_test_ok(hl__utf8_ok(rows[i].text, (size_t)rows[i].len) == rows[i].good, "row %zu", i);
    assert_int_equal(hl__utf8_size("\xe6\xb0\xb4\xe5\x8a\xa1z", 7), 3);
}

static void text_from_outside_has_a_length_and_no_control_characters(void **state)
{
    (void)state;
    assert_true(hl__text_ok("", 0));
    assert_true(hl__text_ok("abc", 3));
    assert_false(hl__text_ok("abcd", 3));
    assert_false(hl__text_ok("a\nb", 9));
    assert_false(hl__text_ok("a\x7f", 9));
    assert_false(hl__text_ok("\xc3", 9));
    assert_true(hl__text_ok("\xc3\xa9", 2));
}

static void copies_are_cut_and_always_end(void **state)
{
    char to[5];
    (void)state;
    memset(to, 'x', sizeof to);
    assert_int_equal(hl__copy(to, sizeof to, "abcdef"), 4);
    assert_string_equal(to, "abcd");
    assert_int_equal(hl__copy(to, sizeof to, NULL), 0);
    assert_string_equal(to, "");
    assert_int_equal(hl__copy(to, 0, "abc"), 0);
    assert_int_equal(hl__copy(to, 1, "abc"), 0);
    assert_string_equal(to, "");
}

static void whole_numbers_are_read_whole_or_not_at_all(void **state)
{
    static const struct { const char *text; int good; int64_t n; } rows[] = {
        { "0", 1, 0 }, { "-0", 1, 0 }, { "007", 1, 7 }, { "-1", 1, -1 }, { "9223372036854775807", 1, INT64_MAX },
        { "-9223372036854775808", 1, INT64_MIN }, { "9223372036854775808", 0, 0 }, { "-9223372036854775809", 0, 0 },
        { "99999999999999999999", 0, 0 }, { "", 0, 0 }, { "-", 0, 0 }, { "+1", 0, 0 }, { " 1", 0, 0 }, { "1 ", 0, 0 },
        { "1x", 0, 0 }, { "--1", 0, 0 },
    };
    (void)state;
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        int64_t n = 77;
        bool good = hl__int_parse(rows[i].text, strlen(rows[i].text), &n);
        hl_test_ok(good == rows[i].good && n == (good ? rows[i].n : 77), "\"%s\" gives %d, %lld", rows[i].text, good,
            (long long)n);
    }
}

/* The textbook's table, whole. */
static int slow_distance(const char *a, const char *b)
{
    static int d[80][80];
    size_t la = strlen(a), lb = strlen(b);
    for (size_t i = 0; i <= la; i++)
        for (size_t j = 0; j <= lb; j++) {
            if (i == 0 || j == 0) { d[i][j] = (int)(i + j); continue; }
            d[i][j] = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (d[i - 1][j] + 1 < d[i][j]) d[i][j] = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < d[i][j]) d[i][j] = d[i][j - 1] + 1;
        }
    return d[la][lb];
}

static void distance_is_the_number_of_edits(void **state)
{
    hl__rand chance;
    (void)state;
    assert_int_equal(hl__distance("kitten", "sitting"), 3);
    assert_int_equal(hl__distance("", "abc"), 3);
    hl__rand_init(&chance, (int64_t)hl_test_seed(), 9, 0);
    for (int n = 0; n < 3000; n++) {
        char a[20], b[20];
        hl__rand_text(&chance, a, hl__rand_below(&chance, 12));
        hl__copy(b, sizeof b, a);
        for (uint32_t edits = hl__rand_below(&chance, 5), i = 0; i < edits && b[0]; i++)
            b[hl__rand_below(&chance, (uint32_t)strlen(b))] = 'z';
        if (n % 3 == 0) hl__rand_text(&chance, b, hl__rand_below(&chance, 12));
        assert_int_equal(hl__distance(a, b), slow_distance(a, b));
    }
}

static void words_of_an_error_are_one_line(void **state)
{
    hl__err err = { 0 };
    (void)state;
    assert_int_equal(hl__fail(&err, HL_ESTATE, "a\nb\tc %d", 7), HL_ESTATE);
    assert_string_equal(err.words, "a b c 7");
    assert_int_equal(err.code, HL_ESTATE);
    assert_int_equal(hl__fail(NULL, HL_ENOMEM, "x"), HL_ENOMEM);
    (void)hl__fail(&err, HL_EINVAL, "%0600d", 1);
    assert_int_equal(strlen(err.words), sizeof err.words - 1);
}

static void lines_below_the_level_are_not_written(void **state)
{
    hl__logger log = { 0 };
    (void)state;
    hl__log(NULL, HL_LOG_ERROR, "nobody");
    hl__log(&log, HL_LOG_ERROR, "nobody");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_buffer_grows_and_always_ends), HL_TEST(formatted_text_is_whole_at_every_length),
        HL_TEST(without_memory_a_buffer_says_so_and_keeps_what_it_had), HL_TEST(text_becomes_json_with_its_quotes),
        HL_TEST(utf8_is_shortest_form_without_surrogates),
        HL_TEST(text_from_outside_has_a_length_and_no_control_characters), HL_TEST(copies_are_cut_and_always_end),
        HL_TEST(whole_numbers_are_read_whole_or_not_at_all), HL_TEST(distance_is_the_number_of_edits),
        HL_TEST(words_of_an_error_are_one_line), HL_TEST(lines_below_the_level_are_not_written),
    };
    return HL_TEST_MAIN(tests);
}
