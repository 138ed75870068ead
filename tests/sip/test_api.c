/* test_api.c - SIP from outside: the sections' checks, the rows of sip.h, a real socket. */
#include "hl_test.h"
#include <arpa/inet.h>
#include <hotline.h>
#include <hotline/sip.h>
#include <sys/socket.h>
#include <unistd.h>

static hl_t *opened(void)
{
    hl_t *hl = NULL;
    hl_options opt = HL_OPTIONS_INIT;
    int r = hl_open(&opt, &hl);
    hl_test_ok(r == 0, "%s", hl_error(NULL));
    return hl;
}

static void load(hl_t *hl, const char *json)
{
    hl_finding f = HL_FINDING_INIT;
    int r = hl_load(hl, json, strlen(json));
    hl_test_ok(r >= 0, "%s: %s", hl_error(hl), hl_finding_next(hl, &f) == 1 ? f.text : "");
}

static void causes_are_translated_both_ways(void **state)
{
    (void)state;
    assert_int_equal(hl_sip_to_q850(486), 17);
    assert_int_equal(hl_sip_from_q850(17), 486);
    assert_int_equal(hl_sip_to_q850(200), HL_EINVAL);
    assert_int_equal(hl_sip_from_q850(0), HL_EINVAL);
}

/* One fault each: found at its place. */
static void wrong_settings_are_found_where_they_stand(void **state)
{
    (void)state;
    static const struct { const char *json, *pointer, *words; } rows[] = {
        { "\"listeners\":{\"a\":{}}", "/listeners/a", "bind" },
        { "\"listeners\":{\"a\":{\"bind\":\"somewhere\"}}", "/listeners/a/bind", "address" },
        { "\"listeners\":{\"a\":{\"bind\":\"0.0.0.0\",\"acept\":\"both\"}}", "/listeners/a/acept", "accept" },
        { "\"trunks\":{\"t\":{}}", "/trunks/t", "acl" },
        { "\"trunks\":{\"t\":{\"acl\":[\"10.0.0.0/8\",\"x\"]}}", "/trunks/t/acl/1", "addresses" },
        { "\"trunks\":{\"t\":{\"peers\":[\"sip:carrier.example\"]}}", "/trunks/t/peers/0", "without a name" },
        { "\"trunks\":{\"t\":{\"acl\":[\"::/0\"],\"rules_in\":[\"abc\"]}}", "/trunks/t/rules_in/0", "pattern" },
        { "\"trunks\":{\"t\":{\"acl\":[\"::/0\"],\"codecs\":[\"G999\"]}}", "/trunks/t/codecs/0", "PCMA" },
        { "\"trunks\":{\"t\":{\"acl\":[\"::/0\"],\"listener\":\"nope\"}}", "/trunks/t/listener", "nope" },
        { "\"trunks\":{\"t\":{\"auth\":\"register\",\"peers\":[\"sip:10.0.0.1\"]}}", "/trunks/t", "user" },
        { "\"phones\":{\"1\":{}}", "/phones/1", "password" },
        { "\"phones\":{\"1\":{\"password\":\"short\"}}", "/phones/1/password", "10 characters" },
        { "\"phones\":{\"a b\":{\"password\":\"long enough\"}}", "/phones/a b", "user name" },
    };
    hl_t *hl = opened();
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        char json[256];
        hl_finding f = HL_FINDING_INIT;
        snprintf(json, sizeof(json), "{\"hotline\":1,%s}", rows[i].json);
        assert_true(hl_check(hl, json, strlen(json)) >= 1);
        assert_int_equal(hl_finding_next(hl, &f), 1);
        hl_test_ok(strcmp(f.pointer, rows[i].pointer) == 0, "%s: at %s: %s", rows[i].json, f.pointer, f.text);
        hl_test_ok(strstr(f.text, rows[i].words) != NULL, "%s: %s", rows[i].json, f.text);
        assert_null(strstr(f.text, "short"));
    }
    hl_close(hl);
}

static int ask(int fd, const struct sockaddr_in *to, const char *text, char *answer, size_t room)
{
    ssize_t n;
    assert_true(sendto(fd, text, strlen(text), 0, (const struct sockaddr *)to, sizeof(*to)) > 0);
    n = recv(fd, answer, room - 1, 0);
    answer[n > 0 ? n : 0] = 0;
    return n > 12 ? atoi(answer + 8) : 0;
}

static void a_real_socket_answers_and_rows_tell_of_it(void **state)
{
    (void)state;
    static const char options[] =
        "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKa;rport\r\n"
        "From: <sip:a@b>;tag=1\r\nTo: <sip:x@127.0.0.1>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
    static const char json[] =
        "{\"hotline\":1,\"listeners\":{\"u\":{\"bind\":\"127.0.0.1:35061\",\"accept\":\"both\"}},"
        "\"trunks\":{\"line\":{\"acl\":[\"127.0.0.0/8\"],\"group\":\"g\"}},"
        "\"phones\":{\"1001\":{\"password\":\"correct horse\",\"display\":\"Chen\"}}}";
    char answer[2048];
    struct timeval wait = { 2, 0 };
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(35061) };
    hl_trunk_row trunk = HL_TRUNK_ROW_INIT;
    hl_phone_row phone = HL_PHONE_ROW_INIT;
    hl_sip_stats stats = HL_SIP_STATS_INIT;
    hl_t *hl = opened();
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), status = 0;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    load(hl, json);
    for (int i = 0; i < 5 && status != 200; i++) /* the socket opens with the loop's next turn */
        status = ask(fd, &to, options, answer, sizeof(answer));
    assert_int_equal(status, 200);
    assert_non_null(strstr(answer, ";received=127.0.0.1;rport="));
    for (int i = 0; i < 200 && (hl_sip_stats_get(hl, &stats) < 0 || stats.in < 1); i++)
        usleep(10000);
    assert_true(stats.in >= 1 && stats.out >= 1);
    assert_int_equal(hl_trunk_next(hl, &trunk), 1);
    assert_string_equal(trunk.name, "line");
    assert_string_equal(trunk.group, "g");
    assert_int_equal(hl_trunk_next(hl, &trunk), 0);
    assert_int_equal(hl_phone_next(hl, &phone), 1);
    assert_string_equal(phone.name, "1001");
    assert_string_equal(phone.display, "Chen");
    assert_int_equal(phone.max_calls, 2);
    assert_int_equal(hl_phone_next(hl, &phone), 0);
    close(fd);
    hl_close(hl);
}

/* Two engines: the one is the other's carrier. */
static void a_trunk_that_registers_tells_when_it_is_up_and_when_it_is_refused(void **state)
{
    (void)state;
    static const char home[] =
        "{\"hotline\":1,\"listeners\":{\"u\":{\"bind\":\"127.0.0.1:35062\",\"accept\":\"phones\"}},"
        "\"media\":{\"rtc_port\":35300},\"phones\":{\"1001\":{\"password\":\"correct horse\"}}}";
    static const char branch[] =
        "{\"hotline\":1,\"listeners\":{\"u\":{\"bind\":\"127.0.0.1:35063\"}},\"media\":{\"rtc_port\":35400},"
        "\"trunks\":{"
        "\"good\":{\"auth\":\"register\",\"user\":\"1001\",\"password\":\"correct horse\","
        "\"peers\":[\"sip:127.0.0.1:35062\"]},"
        "\"bad\":{\"auth\":\"register\",\"user\":\"1001\",\"password\":\"wrong horse\","
        "\"peers\":[\"sip:127.0.0.1:35062\"]}}}";
    hl_t *carrier = opened(), *hl = opened();
    hl_id good = 0, bad = 0;
    int up = 0, failed = 0;
    load(carrier, home);
    usleep(300000);
    load(hl, branch);
    assert_int_equal(hl_find(hl, HL_KIND_TRUNK, "good", &good), 0);
    assert_int_equal(hl_find(hl, HL_KIND_TRUNK, "bad", &bad), 0);
    for (int i = 0; i < 50 && !(up && failed); i++) {
        hl_event ev = HL_EVENT_INIT;
        hl_poll(hl, 100);
        while (hl_next(hl, &ev) == 1) {
            if (ev.type != HL_EV_TRUNK_STATE)
                continue;
            up += ev.ref == good && ev.code == HL_REG_UP;
            failed += ev.ref == bad && ev.code == HL_REG_FAILED;
        }
    }
    assert_int_equal(up, 1);
    assert_int_equal(failed, 1);
    hl_close(hl);
    hl_close(carrier);
}

static void a_simulation_has_no_telephones(void **state)
{
    (void)state;
    hl_t *hl;
    hl_trunk_row trunk = HL_TRUNK_ROW_INIT;
    assert_int_equal(hl_open_sim(NULL, 1700000000000000, &hl), 0);
    assert_int_equal(hl_trunk_next(hl, &trunk), HL_ENOTSUP);
    hl_close(hl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(causes_are_translated_both_ways),
        HL_TEST(wrong_settings_are_found_where_they_stand),
        HL_TEST(a_real_socket_answers_and_rows_tell_of_it),
        HL_TEST(a_trunk_that_registers_tells_when_it_is_up_and_when_it_is_refused),
        HL_TEST(a_simulation_has_no_telephones),
    };
    return HL_TEST_MAIN(tests);
}
