/* test_stun.c - STUN by the RFC's own messages, and by bits. */
#include "webrtc/webrtc.h"
#include "base/json.h"
#include "hl_test.h"

static size_t unhex(const char *text, uint8_t *out)
{
    size_t n = 0;
    for (; text[2 * n]; n++) {
        unsigned v;
        assert_int_equal(sscanf(text + 2 * n, "%2x", &v), 1);
        out[n] = (uint8_t)v;
    }
    return n;
}

static hl__json *vectors(void)
{
    size_t len;
    char *text = hl_test_vector("gateway-stun.json", &len);
    hl__err err;
    hl__json *j = hl__json_read(text, len, &err);
    assert_non_null(j);
    return j;
}

static void messages_of_rfc_5769_are_read_and_their_signatures_hold(void **state)
{
    (void)state;
    hl__json *j = vectors(), *list = hl__json_get(j, "rfc5769");
    const char *password = hl__json_text(hl__json_get(j, "password"));
    hl__hmac *h;
    assert_int_equal(hl__hmac_new(&hl_test_mem, &h), 0);
    assert_int_equal(hl__json_size(list), 3);
    for (size_t i = 0; i < hl__json_size(list); i++) {
        uint8_t m[600];
        hl__stun s;
        size_t len = unhex(hl__json_text(hl__json_get(hl__json_at(list, i), "hex")), m);
        assert_int_equal(hl__stun_read(m, len, &s), 0);
        assert_true(hl__stun_signed(h, &s, password));
        assert_false(hl__stun_signed(h, &s, "another password of 22"));
        assert_int_equal(s.type, i == 0 ? HL__STUN_REQUEST : HL__STUN_ANSWER);
        if (i == 0) {
            assert_int_equal(s.user_len, 9);
            assert_memory_equal(s.user, "evtj:h6vY", 9);
        }
    }
    hl__hmac_free(&hl_test_mem, h);
    hl__json_free(j);
}

static void every_bit_that_is_flipped_makes_a_message_void(void **state)
{
    (void)state;
    hl__json *j = vectors(), *list = hl__json_get(j, "rfc5769");
    const char *password = hl__json_text(hl__json_get(j, "password"));
    hl__hmac *h;
    assert_int_equal(hl__hmac_new(&hl_test_mem, &h), 0);
    for (size_t i = 0; i < hl__json_size(list); i++) {
        uint8_t m[600];
        hl__stun s;
        size_t len = unhex(hl__json_text(hl__json_get(hl__json_at(list, i), "hex")), m);
        for (size_t bit = 0; bit < 8 * len; bit++) {
            m[bit / 8] ^= (uint8_t)(1 << bit % 8);
            bool good = hl__stun_read(m, len, &s) == 0 && hl__stun_signed(h, &s, password);
            hl_test_ok(!good, "message %zu bit %zu", i, bit);
            m[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
    hl__hmac_free(&hl_test_mem, h);
    hl__json_free(j);
}

static void answers_of_rfc_5769_carry_the_address_we_write(void **state)
{
    (void)state;
    hl__json *j = vectors(), *list = hl__json_get(j, "rfc5769");
    const char *password = hl__json_text(hl__json_get(j, "password"));
    static const hl__addr from[2] = {
        { .ip = { 192, 0, 2, 1 }, .port = 32853, .family = 4 },
        { .ip = { 0x20, 1, 0x0d, 0xb8, 0x12, 0x34, 0x56, 0x78, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77 },
          .port = 32853, .family = 6 },
    };
    hl__hmac *h;
    assert_int_equal(hl__hmac_new(&hl_test_mem, &h), 0);
    for (size_t i = 0; i < 2; i++) {
        uint8_t m[600], out[HL__STUN_MAX];
        hl__stun s, asked;
        size_t len = unhex(hl__json_text(hl__json_get(hl__json_at(list, i + 1), "hex")), m), value = i ? 24 : 12;
        assert_int_equal(hl__stun_read(m, len, &asked), 0);
        size_t n = hl__stun_answer(h, &asked, &from[i], password, out);
        assert_int_equal(hl__stun_read(out, n, &s), 0);
        assert_true(hl__stun_signed(h, &s, password));
        assert_memory_equal(out + 20, m + 36, value); /* XOR-MAPPED-ADDRESS stands behind SOFTWARE there */
    }
    hl__hmac_free(&hl_test_mem, h);
    hl__json_free(j);
}

static void a_request_of_ours_is_what_a_browser_checks(void **state)
{
    (void)state;
    uint8_t out[HL__STUN_MAX];
    hl__stun s;
    hl__hmac *h;
    char longest[257];
    memset(longest, 'x', 256);
    longest[256] = 0;
    assert_int_equal(hl__hmac_new(&hl_test_mem, &h), 0);
    const hl__stun_request ask = { .theirs = longest, .ours = longest, .password = "0123456789012345678901" };
    size_t n = hl__stun_ask(h, &ask, out);
    assert_true(n > 0 && n <= HL__STUN_MAX);
    assert_int_equal(hl__stun_read(out, n, &s), 0);
    assert_int_equal(s.user_len, 513);
    assert_int_equal(s.unknowns, 0);
    assert_true(hl__stun_signed(h, &s, "0123456789012345678901"));
    hl__hmac_free(&hl_test_mem, h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(messages_of_rfc_5769_are_read_and_their_signatures_hold),
        HL_TEST(every_bit_that_is_flipped_makes_a_message_void),
        HL_TEST(answers_of_rfc_5769_carry_the_address_we_write),
        HL_TEST(a_request_of_ours_is_what_a_browser_checks),
    };
    return HL_TEST_MAIN(tests);
}
