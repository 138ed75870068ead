/* test_rand.c - chance that is equal everywhere: Philox' published answers, even draws; fingerprints beside it. */
#include "hl_test.h"
#include "base/real.h"
#include <math.h>

/* kat_vectors of Random123 for philox4x32-10: counter, key, answer. */
static void philox_gives_the_published_answers(void **state)
{
    static const struct { uint32_t counter[4], key[2], out[4]; } rows[] = {
        { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff }, { 0xffffffff, 0xffffffff },
          { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 }, { 0xa4093822, 0x299f31d0 },
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    (void)state;
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        uint32_t out[4];
        hl__philox(rows[i].key, rows[i].counter, out);
        assert_memory_equal(out, rows[i].out, sizeof out);
    }
}

static void the_stream_is_philox_counted_up(void **state)
{
    hl__rand r;
    (void)state;
    hl__rand_init(&r, 0, 0, 0);
    assert_int_equal(hl__rand_u32(&r), 0x6627e8d5);
    assert_int_equal(hl__rand_u64(&r), UINT64_C(0xe169c58dbc57ac4c));
    assert_int_equal(hl__rand_u32(&r), 0x9b00dbd8);
    for (uint32_t n = 1; n < 100; n++) {
        uint32_t key[2] = { 0, 0 }, counter[4] = { n, 0, 0, 0 }, out[4];
        hl__philox(key, counter, out);
        for (int i = 0; i < 4; i++) assert_int_equal(hl__rand_u32(&r), out[i]);
    }
}

static void seed_stream_and_serial_each_change_everything(void **state)
{
    hl__rand r[4];
    uint64_t first[4];
    (void)state;
    hl__rand_init(&r[0], 1, 0, 0);
    hl__rand_init(&r[1], INT64_C(1) << 32, 0, 0);
    hl__rand_init(&r[2], 1, 1, 0);
    hl__rand_init(&r[3], 1, 0, UINT64_C(1) << 40);
    for (int i = 0; i < 4; i++) first[i] = hl__rand_u64(&r[i]);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < i; j++) assert_int_not_equal(first[i], first[j]);
}

static void draws_below_a_bound_are_even(void **state)
{
    uint32_t count[7] = { 0 };
    hl__rand r;
    (void)state;
    hl__rand_init(&r, 5, 0, 0);
    assert_int_equal(hl__rand_below(&r, 0), 0);
    assert_int_equal(hl__rand_below(&r, 1), 0);
    for (int i = 0; i < 70000; i++) count[hl__rand_below(&r, 7)]++;
    for (int i = 0; i < 7; i++) assert_in_range(count[i], 9600, 10400); /* deviation is 93 */
    for (int i = 0; i < 1000; i++) assert_true(hl__rand_below(&r, 0xfffffffd) < 0xfffffffd);
}

static void reals_fill_the_unit_interval(void **state)
{
    double sum = 0, squares = 0;
    hl__rand r;
    (void)state;
    hl__rand_init(&r, 6, 0, 0);
    for (int i = 0; i < 20000; i++) {
        double x = hl__rand_real(&r), y = hl__rand_normal(&r);
        assert_true(x >= 0 && x < 1);
        sum += x;
        squares += y * y;
    }
    assert_true(fabs(sum / 20000 - 0.5) < 0.01);
    assert_true(fabs(squares / 20000 - 1) < 0.04);
}

static void logarithm_and_exponential_are_those_of_libm(void **state)
{
    hl__rand r;
    (void)state;
    hl__rand_init(&r, 7, 0, 0);
    for (int i = 0; i < 20000; i++) {
        double x = (hl__rand_real(&r) - 0.5) * 1400, e = exp(x);
        assert_true(fabs(hl__exp_of(x) / e - 1) < 1e-13);
        assert_true(x < -690 || fabs(hl__ln(e) - x) <= fabs(x) * 1e-14 + 1e-14); /* below: a denormal */
    }
    assert_true(hl__ln(1) == 0 && hl__exp_of(0) == 1);
}

static void near_nothing_exponential_and_logarithm_keep_their_digits(void **state)
{
    hl__rand r;
    (void)state;
    hl__rand_init(&r, 9, 0, 0);
    for (int i = 0; i < 50000; i++) {
        double sign = i % 2 ? 1 : -1, x = sign * exp(hl__rand_real(&r) * 60 - 55), y = sign * hl__rand_real(&r);
        double h = 0.5 * exp(hl__rand_real(&r) * 19), f = lgamma(h);
        double g = i % 3 ? fabs(y) : exp(hl__rand_real(&r) * -30), e = lgamma(1 + g);
        if (x > 0 || x > -40) assert_true(fabs(hl__exp_less_one(x) / expm1(x) - 1) < 1e-15 + 1e-14 * fabs(x));
        if (x > -1) assert_true(fabs(hl__ln_one_plus(x) / log1p(x) - 1) < 2e-15);
        if (y > -1) assert_true(fabs(hl__ln_one_plus(y) / log1p(y) - 1) < 2e-15);
        assert_true(fabs(hl__ln_gamma_one_plus(g) - e) <= 1e-15); /* 1 + g has lost digits of g: */
        assert_true(fabs(hl__ln_gamma(h) - f) <= 2e-14 * (fabs(f) > 1 ? fabs(f) : 1));
        if (g < 1e-9) assert_true(fabs(hl__ln_gamma_one_plus(g) / (-0.57721566490153286 * g) - 1) < 2e-9);
    }
    assert_true(hl__exp_less_one(0) == 0 && hl__ln_one_plus(0) == 0);
    assert_true(hl__ln_gamma_one_plus(0) == 0 && hl__ln_gamma_one_plus(1) == 0);
    assert_true(hl__exp(-1e300) == 0 && hl__exp(-746) == 0 && isinf(hl__exp(710)) && isinf(hl__exp(1e300)));
    assert_true(fabs(hl__exp(709.7) / exp(709.7) - 1) < 1e-13 && hl__exp(-744) > 0 && hl__exp(1) == hl__exp_of(1));
}

static void bytes_and_letters_fill_what_is_given(void **state)
{
    unsigned char bytes[9];
    char text[9];
    hl__rand r;
    (void)state;
    hl__rand_init(&r, 8, 0, 0);
    memset(bytes, 0xa5, sizeof bytes);
    hl__rand_bytes(&r, bytes, 8);
    assert_int_equal(bytes[8], 0xa5);
    hl__rand_text(&r, text, 8);
    assert_int_equal(strlen(text), 8);
    assert_int_equal(strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz"), 8);
    hl__rand_text(&r, text, 0);
    assert_string_equal(text, "");
}

static void fingerprints_are_the_published_ones(void **state)
{
    uint8_t digest[32];
    char hex[65];
    (void)state;
    assert_true(hl__fnv(0, "", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(hl__fnv(0, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(hl__fnv(0, "foobar", 6) == UINT64_C(0x85944171f73967e8));
    assert_true(hl__fnv(hl__fnv(0, "foo", 3), "bar", 3) == UINT64_C(0x85944171f73967e8));
    assert_int_equal(hl__sha256("abc", 3, digest), 0);
    hl__hex(digest, 32, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(hl__sha256("", 0, digest), 0);
    hl__hex(digest, 32, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_true(hl__equal("abc", "abc", 3));
    assert_false(hl__equal("abc", "abd", 3));
    assert_true(hl__equal("abc", "xyz", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(philox_gives_the_published_answers), HL_TEST(the_stream_is_philox_counted_up),
        HL_TEST(seed_stream_and_serial_each_change_everything), HL_TEST(draws_below_a_bound_are_even),
        HL_TEST(reals_fill_the_unit_interval), HL_TEST(logarithm_and_exponential_are_those_of_libm),
        HL_TEST(near_nothing_exponential_and_logarithm_keep_their_digits),
        HL_TEST(bytes_and_letters_fill_what_is_given), HL_TEST(fingerprints_are_the_published_ones),
    };
    return HL_TEST_MAIN(tests);
}
