/* test_ip.c - internet addresses as text, and pieces of text. */
#include "hl_test.h"
#include "base/ip.h"

static void addresses_are_read_and_written_in_their_shortest_form(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "10.1.1.5", "10.1.1.5" }, { "255.255.255.255", "255.255.255.255" }, { "::", "::" }, { "::1", "::1" },
        { "[2001:DB8:0:0:0:0:0:1]", "2001:db8::1" }, { "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
        { "2001:0:0:1::1", "2001:0:0:1::1" }, { "1::", "1::" }, { "::ffff:192.0.2.1", "192.0.2.1" },
        { "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" }, { "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
    };
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        uint8_t ip[16];
        char text[HL__IP_TEXT];
        hl_test_ok(hl__ip_parse(hl__view_of(rows[i][0]), ip), "%s", rows[i][0]);
        hl__ip_text(ip, text);
        assert_string_equal(text, rows[i][1]);
    }
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = { "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "a.b.c.d", ":",
        ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::1.2.3", "[::1", "g::1", "1.2.3.4::" };
    for (size_t i = 0; i < HL__COUNT(wrong); i++) {
        uint8_t ip[16];
        hl_test_ok(!hl__ip_parse(hl__view_of(wrong[i]), ip), "\"%s\"", wrong[i]);
    }
}

static void networks_hold_their_addresses(void **state)
{
    (void)state;
    static const struct { const char *net, *ip; bool has; } rows[] = {
        { "10.0.0.0/8", "10.255.1.2", true }, { "10.0.0.0/8", "11.0.0.0", false }, { "0.0.0.0/0", "1.2.3.4", true },
        { "0.0.0.0/0", "::1", false }, { "192.0.2.1", "192.0.2.1", true }, { "192.0.2.0/30", "192.0.2.4", false },
        { "fe80::/10", "febf::1", true }, { "fe80::/10", "fec0::1", false }, { "::/0", "2001:db8::1", true },
    };
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        hl__net net;
        uint8_t ip[16];
        assert_true(hl__net_parse(hl__view_of(rows[i].net), &net));
        assert_true(hl__ip_parse(hl__view_of(rows[i].ip), ip));
        hl_test_ok(hl__net_has(&net, ip) == rows[i].has, "%s %s", rows[i].net, rows[i].ip);
    }
    hl__net net;
    assert_false(hl__net_parse(hl__view_of("10.0.0.0/33"), &net));
    assert_false(hl__net_parse(hl__view_of("10.0.0.0/"), &net));
}

static void ports_stand_behind_the_address(void **state)
{
    (void)state;
    uint8_t ip[16];
    uint16_t port = 7;
    assert_true(hl__ip_port(hl__view_of("10.1.1.5"), ip, &port));
    assert_int_equal(port, 7);
    assert_true(hl__ip_port(hl__view_of("10.1.1.5:5060"), ip, &port));
    assert_int_equal(port, 5060);
    assert_true(hl__ip_port(hl__view_of("[::]:5061"), ip, &port));
    assert_int_equal(port, 5061);
    assert_true(hl__ip_is_any(ip));
    assert_false(hl__ip_port(hl__view_of("10.1.1.5:99999"), ip, &port));
    assert_false(hl__ip_port(hl__view_of(":5060"), ip, &port));
    assert_int_equal(port, 5061);
}

static void views_are_cut_and_compared(void **state)
{
    (void)state;
    uint64_t n;
    char out[4];
    hl__view rest = hl__view_of("a, b,,c"), first = hl__view_cut(&rest, ',');
    assert_true(hl__view_is(first, "a"));
    assert_true(hl__view_is(hl__view_trim(hl__view_cut(&rest, ',')), "b"));
    assert_int_equal(hl__view_cut(&rest, ',').len, 0);
    assert_true(hl__view_is(hl__view_cut(&rest, ','), "c"));
    assert_null(rest.at);
    assert_true(hl__view_like(hl__view_of("OPus"), "opUS"));
    assert_false(hl__view_like(hl__view_of("opus"), "opu"));
    assert_true(hl__view_uint(hl__view_of("18446744073709551615"), UINT64_MAX, &n));
    assert_false(hl__view_uint(hl__view_of("18446744073709551616"), UINT64_MAX, &n));
    assert_false(hl__view_uint(hl__view_of(""), 9, &n));
    assert_false(hl__view_uint(hl__view_of("10"), 9, &n));
    assert_int_equal(hl__view_copy(out, sizeof(out), hl__view_of("abcdef")), 3);
    assert_string_equal(out, "abc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(addresses_are_read_and_written_in_their_shortest_form),
        HL_TEST(what_is_no_address_is_refused),
        HL_TEST(networks_hold_their_addresses),
        HL_TEST(ports_stand_behind_the_address),
        HL_TEST(views_are_cut_and_compared),
    };
    return HL_TEST_MAIN(tests);
}
