/* test_addr.c - addresses as text and as the kernel has them. */
#include "hl_test.h"
#include "io/io.h"
#include <netinet/in.h>
#include <sys/socket.h>

static void addresses_are_read_and_written_the_same(void **state)
{
    (void)state;
    static const char *const good[] = { "192.0.2.1:5060", "192.0.2.1", "[::1]:5060", "2001:db8::7", "0.0.0.0:1" };
    for (size_t i = 0; i < HL__COUNT(good); i++) {
        hl__addr a;
        char text[HL__ADDR_TEXT];
        hl_test_ok(hl__addr_parse(good[i], 0, &a) == 0, "%s", good[i]);
        assert_string_equal(hl__addr_text(&a, text), good[i]);
    }
}

static void nonsense_is_refused_and_leaves_the_output(void **state)
{
    (void)state;
    static const char *const bad[] = { "", ":", "1.2.3", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:-1", "[::1",
        "[::1]x", "host:1", "[]:1", "1.2.3.4:5 ", ":::", "1.2.3.4.5:1",
        "[1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22.23.24.25]:1" };
    for (size_t i = 0; i < HL__COUNT(bad); i++) {
        hl__addr a = { .port = 77 };
        hl_test_ok(hl__addr_parse(bad[i], 5, &a) == HL_EINVAL, "%s", bad[i]);
        assert_int_equal(a.port, 77);
    }
    assert_int_equal(hl__addr_parse(NULL, 0, &(hl__addr){ 0 }), HL_EINVAL);
}

static void a_mapped_address_is_the_old_one(void **state)
{
    (void)state;
    hl__addr a, b, back;
    struct sockaddr_storage ss;
    assert_int_equal(hl__addr_parse("[::ffff:192.0.2.9]:80", 0, &a), 0);
    assert_int_equal(hl__addr_parse("192.0.2.9:80", 0, &b), 0);
    assert_true(hl__addr_same(&a, &b));
    assert_int_equal(hl__addr_out(&a, &ss), sizeof(struct sockaddr_in6));
    hl__addr_in(&ss, &back);
    assert_int_equal(back.family, 4);
    assert_true(hl__addr_same(&back, &b));
    b.port++;
    assert_false(hl__addr_same(&a, &b));
}

static void loopback_is_reached_from_loopback(void **state)
{
    (void)state;
    hl__addr far, near;
    assert_int_equal(hl__addr_parse("127.0.0.1:9", 0, &far), 0);
    assert_int_equal(hl__addr_toward(&far, &near), 0);
    far.port = 0;
    assert_true(hl__addr_same(&far, &near));
    assert_int_equal(hl__addr_toward(&(hl__addr){ 0 }, &near), HL_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(addresses_are_read_and_written_the_same),
        HL_TEST(nonsense_is_refused_and_leaves_the_output),
        HL_TEST(a_mapped_address_is_the_old_one),
        HL_TEST(loopback_is_reached_from_loopback),
    };
    return HL_TEST_MAIN(tests);
}
