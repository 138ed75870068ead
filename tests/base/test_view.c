/* test_view.c - pieces of somebody else's text. */
#include "hl_test.h"
#include "base/view.h"

static hl__view v(const char *text)
{
    return hl__view_of(text);
}

static void views_compare_letter_for_letter_or_not(void **state)
{
    (void)state;
    assert_true(hl__view_is(v("abc"), "abc"));
    assert_false(hl__view_is(v("abc"), "abC"));
    assert_false(hl__view_is(v("abc"), "ab"));
    assert_true(hl__view_like(v("ContENT"), "cONTent"));
    assert_false(hl__view_like(v("a["), "a{")); /* 32 apart, and no letters */
    assert_true(hl__view_same(v(""), v(NULL)));
    assert_true(hl__view_starts(v("sip:96332"), "sip:"));
    assert_false(hl__view_starts(v("si"), "sip:"));
}

static void a_view_is_cut_at_a_character(void **state)
{
    hl__view rest = v("a,b,,c"), piece;
    static const char *const want[] = { "a", "b", "", "c" };
    size_t at;
    (void)state;
    for (size_t i = 0; i < HL__COUNT(want); i++) {
        assert_non_null(rest.at);
        piece = hl__view_cut(&rest, ',');
        assert_true(hl__view_is(piece, want[i]));
    }
    assert_null(rest.at);
    assert_true(hl__view_find(v("a=b"), '=', &at));
    assert_int_equal(at, 1);
    assert_false(hl__view_find(v(NULL), '=', &at));
    assert_true(hl__view_is(hl__view_skip(v("abc"), 2), "c"));
    assert_true(hl__view_is(hl__view_skip(v("abc"), 9), ""));
    assert_true(hl__view_is(hl__view_trim(v(" \t a b\r\n")), "a b"));
    assert_true(hl__view_is(hl__view_trim(v(" \t ")), ""));
}

static void numbers_have_digits_only_and_a_limit(void **state)
{
    uint64_t n = 7;
    (void)state;
    assert_true(hl__view_uint(v("18446744073709551615"), UINT64_MAX, &n));
    assert_true(n == UINT64_MAX);
    assert_false(hl__view_uint(v("18446744073709551616"), UINT64_MAX, &n));
    assert_false(hl__view_uint(v("99999999999999999999999"), UINT64_MAX, &n));
    assert_false(hl__view_uint(v("256"), 255, &n));
    assert_true(hl__view_uint(v("0255"), 255, &n));
    assert_int_equal(n, 255);
    assert_false(hl__view_uint(v(""), 255, &n));
    assert_false(hl__view_uint(v("-1"), 255, &n));
    assert_false(hl__view_uint(v("1 "), 255, &n));
    assert_int_equal(n, 255);
}

static void copies_end_in_nul(void **state)
{
    char to[4], *dup;
    hl__buf b;
    (void)state;
    assert_int_equal(hl__view_copy(to, sizeof to, v("abcdef")), 3);
    assert_string_equal(to, "abc");
    assert_int_equal(hl__view_copy(to, sizeof to, v(NULL)), 0);
    assert_string_equal(to, "");
    dup = hl__view_dup(&hl_test_mem, hl__view_skip(v("abc"), 1));
    assert_string_equal(dup, "bc");
    hl__free(&hl_test_mem, dup);
    hl__buf_init(&b, &hl_test_mem);
    hl__buf_view(&b, v("xy"));
    hl__buf_view(&b, v(NULL));
    assert_string_equal(b.data, "xy");
    hl__buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(views_compare_letter_for_letter_or_not), HL_TEST(a_view_is_cut_at_a_character),
        HL_TEST(numbers_have_digits_only_and_a_limit), HL_TEST(copies_end_in_nul),
    };
    return HL_TEST_MAIN(tests);
}
