/* test_register.c - telephones that register with us, our own registrations, and what a stranger gets. */
#include "net.h"
#include "sip/digest.h"

static const char registrar[] =
    "{\"listeners\":{\"u\":{\"bind\":\"10.0.0.1:5060\",\"accept\":\"phones\",\"realm\":\"hotline\"}},"
    "\"phones\":{\"1001\":{\"id\":14,\"password\":\"correct horse\",\"display\":\"Chen\"},"
    "\"1002\":{\"id\":30,\"password\":\"battery staple\",\"digest\":\"md5\"}}}";
/* our own user agent as a telephone: a trunk that registers */
static const char phone[] =
    "{\"listeners\":{\"u\":{\"bind\":\"10.0.0.2:5060\",\"accept\":\"both\"}},"
    "\"trunks\":{\"home\":{\"id\":6,\"auth\":\"register\",\"peers\":[\"sip:10.0.0.1:5060\"],\"user\":\"1001\","
    "\"password\":\"%s\",\"cid_default\":\"1001\"}}}";

static void add_phone(net *n, int side, const char *password)
{
    char conf[512];
    snprintf(conf, sizeof(conf), phone, password);
    net_add(n, side, conf, false);
}

static int registration(net *n, int side, int *status)
{
    uint32_t pos = 0;
    hl__sip_trunk_row row;
    assert_int_equal(hl__sip_trunk_next(n->ua[side], &pos, &row), 1);
    if (status)
        *status = row.reg_status;
    return row.registration;
}

static int bindings(net *n, const char *name)
{
    uint32_t pos = 0;
    hl__sip_phone_row row;
    while (hl__sip_phone_next(n->ua[0], &pos, &row))
        if (strcmp(row.name, name) == 0)
            return row.bindings;
    return -1;
}

static void a_telephone_registers_and_is_called(void **state)
{
    (void)state;
    net n;
    hl__media m;
    net_begin(&n, 1);
    net_add(&n, 0, registrar, false);
    add_phone(&n, 1, "correct horse");
    net_run(&n, 100000);
    assert_int_equal(registration(&n, 1, NULL), 2);
    assert_int_equal(bindings(&n, "1001"), 1);
    hl_id out = net_call_phone(&n, 0, 14);
    net_run(&n, 100000);
    hl_id in = n.last[1];
    assert_true(in != 0);
    assert_string_equal(net_leg_of(&n, in)->caller, "+13800138000");
    assert_string_equal(net_leg_of(&n, in)->name, "Caller");
    net_media(&m, 1, HL__PCMA);
    hl__sip_answer(n.ua[1], n.now, in, &m);
    net_run(&n, 100000);
    assert_int_equal(net_leg_of(&n, out)->answered, 1);
    assert_int_equal(net_leg_of(&n, out)->theirs.rtp.flags & HL__NAT, HL__NAT);
    hl__sip_hangup(n.ua[0], n.now, out, 16);
    net_run(&n, 100000);
    assert_int_equal(net_leg_of(&n, in)->ended, 1);
    net_end(&n);
}

static void a_telephone_calls_with_its_password(void **state)
{
    (void)state;
    net n;
    net_begin(&n, 2);
    net_add(&n, 0, registrar, false);
    add_phone(&n, 1, "correct horse");
    net_run(&n, 100000);
    hl_id out = net_call(&n, 1, "*80", "1001");
    net_run(&n, 100000);
    hl_id in = n.last[0];
    assert_true(in != 0);
    assert_string_equal(net_leg_of(&n, in)->did, "*80");
    assert_string_equal(net_leg_of(&n, in)->caller, "1001");
    assert_string_equal(net_leg_of(&n, in)->name, "Chen");
    hl__sip_reject(n.ua[0], n.now, in, 17, 486);
    net_run(&n, 100000);
    assert_int_equal(net_leg_of(&n, out)->end.code, 486);
    net_end(&n);
}

static void a_wrong_password_is_refused_and_tried_again_later(void **state)
{
    (void)state;
    net n;
    int status;
    net_begin(&n, 3);
    net_add(&n, 0, registrar, false);
    add_phone(&n, 1, "wrong horse");
    net_run(&n, 100000);
    assert_int_equal(registration(&n, 1, &status), 3);
    assert_int_equal(status, 401);
    assert_int_equal(bindings(&n, "1001"), 0);
    net_run(&n, 600 * (hl_time)HL__SECOND);
    assert_int_equal(registration(&n, 1, &status), 3);
    net_end(&n);
}

static void registrations_are_refreshed_and_left(void **state)
{
    (void)state;
    net n;
    hl__err err = { 0 };
    net_begin(&n, 4);
    net_add(&n, 0, registrar, false);
    add_phone(&n, 1, "correct horse");
    for (int i = 0; i < 40; i++) {
        net_run(&n, 60 * (hl_time)HL__SECOND);
        assert_int_equal(bindings(&n, "1001"), 1);
        assert_int_equal(registration(&n, 1, NULL), 2);
    }
    hl__json *none = hl__json_read("{}", 2, &err);
    assert_int_equal(hl__sip_config(n.ua[1], n.now, none, &err), 0);
    hl__json_free(none);
    net_run(&n, HL__SECOND);
    assert_int_equal(bindings(&n, "1001"), 0);
    net_end(&n);
}

static void a_telephone_that_falls_silent_is_forgotten(void **state)
{
    (void)state;
    net n;
    net_begin(&n, 5);
    net_add(&n, 0, registrar, false);
    add_phone(&n, 1, "correct horse");
    net_run(&n, 100000);
    n.loss_ppm = 1000000;
    net_run(&n, 700 * (hl_time)HL__SECOND);
    assert_int_equal(bindings(&n, "1001"), 0);
    hl_id out = net_call_phone(&n, 0, 14);
    net_run(&n, 100000);
    assert_int_equal(net_leg_of(&n, out)->ended, 1);
    assert_int_equal(net_leg_of(&n, out)->end.q850, 20);
    net_end(&n);
}

/* ---- by hand: what goes over the wire ---- */
static void register_text(char *out, size_t room, const char *user, const char *more, int cseq, const char *contact)
{
    snprintf(out, room,
             "REGISTER sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bKr%s%d;rport\r\n"
             "Max-Forwards: 70\r\nFrom: <sip:%s@10.0.0.1>;tag=a\r\nTo: <sip:%s@10.0.0.1>\r\nCall-ID: reg-%s\r\n"
             "CSeq: %d REGISTER\r\n%s%sContent-Length: 0\r\n\r\n", user, cseq, user, user, user, cseq, contact, more);
}

static void challenge_of(const net *n, const char *algorithm, char nonce[64])
{
    for (const char *at = n->wire; (at = strstr(at, "WWW-Authenticate: Digest ")); at++) {
        const char *end = strstr(at, "\r\n"), *found = strstr(at, algorithm), *from = strstr(at, "nonce=\"");
        if (found && found < end && from && from < end) {
            hl__view_copy(nonce, 64, (hl__view){ from + 7, strcspn(from + 7, "\"") });
            return;
        }
    }
    nonce[0] = 0;
}

static void answer_text(char *out, size_t room, const char *user, const char *password, const char *nonce)
{
    char ha1[SIP_HEX], response[SIP_HEX];
    struct sip_digest d = { .algorithm = SIP_MD5, .qop = SIP_QOP_AUTH, .method = hl__view_of("REGISTER") };
    d.uri = hl__view_of("sip:10.0.0.1");
    d.nonce = hl__view_of(nonce);
    d.nc = hl__view_of("00000001");
    d.cnonce = hl__view_of("c");
    assert_int_equal(hl__sip_ha1(SIP_MD5, user, "hotline", password, ha1), 0);
    assert_int_equal(hl__sip_response(&d, ha1, response), 0);
    snprintf(out, room, "Authorization: Digest username=\"%s\", realm=\"hotline\", nonce=\"%s\", uri=\"sip:10.0.0.1\", "
             "response=\"%s\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"c\"\r\n", user, nonce, response);
}

/* One try of a telephone: asks, answers what it got by MD5; the final status. */
static int try_register(net *n, const char *user, const char *password, int cseq, const char *contact)
{
    char text[2048], nonce[64], more[512];
    register_text(text, sizeof(text), user, "", cseq, contact);
    net_inject(n, 0, "10.0.0.3:5060", text);
    if (net_reply(n) != 401)
        return net_reply(n);
    challenge_of(n, "algorithm=MD5", nonce);
    assert_true(nonce[0] != 0);
    answer_text(more, sizeof(more), user, password, nonce);
    register_text(text, sizeof(text), user, more, cseq + 1, contact);
    net_inject(n, 0, "10.0.0.3:5060", text);
    return net_reply(n);
}

static const char contact[] = "Contact: <sip:x@10.0.0.3:5060>;expires=300\r\n";

static void contacts_follow_the_rules(void **state)
{
    (void)state;
    net n;
    net_begin(&n, 6);
    net_add(&n, 0, registrar, false);
    assert_int_equal(try_register(&n, "1001", "correct horse", 10, contact), 200);
    assert_non_null(strstr(n.wire, "Contact: <sip:x@10.0.0.3:5060>;expires=300"));
    assert_int_equal(try_register(&n, "1001", "correct horse", 20, "Contact: <sip:y@10.0.0.3>;expires=30\r\n"), 423);
    assert_non_null(strstr(n.wire, "Min-Expires: 60"));
    assert_int_equal(try_register(&n, "1001", "correct horse", 30, "Contact: *\r\n"), 400);
    assert_int_equal(bindings(&n, "1001"), 1);
    for (int i = 0; i < 7; i++) {
        char more[64];
        net_run(&n, HL__SECOND);
        snprintf(more, sizeof(more), "Contact: <sip:z%d@10.0.0.3>;expires=9999\r\n", i);
        assert_int_equal(try_register(&n, "1001", "correct horse", 40 + i * 10, more), 200);
    }
    assert_int_equal(bindings(&n, "1001"), 5);
    assert_non_null(strstr(n.wire, "expires=3600"));
    assert_null(strstr(n.wire, "sip:z0@"));
    assert_int_equal(try_register(&n, "1001", "correct horse", 200, "Contact: *\r\nExpires: 0\r\n"), 200);
    assert_int_equal(bindings(&n, "1001"), 0);
    net_end(&n);
}

static void old_telephones_that_stay_silent_at_two_algorithms_get_md5_alone(void **state)
{
    (void)state;
    net n;
    char text[1024], nonce[64];
    net_begin(&n, 7);
    net_add(&n, 0, registrar, false);
    for (int i = 0; i < 2; i++) {
        register_text(text, sizeof(text), "1001", "", 10 + i, contact);
        net_inject(&n, 0, "10.0.0.3:5060", text);
        challenge_of(&n, "algorithm=SHA-256", nonce);
        assert_true(nonce[0] != 0);
        assert_true(strstr(n.wire, "SHA-256") < strstr(n.wire, "algorithm=MD5"));
        net_run(&n, 30 * (hl_time)HL__SECOND);
    }
    register_text(text, sizeof(text), "1001", "", 12, contact);
    net_inject(&n, 0, "10.0.0.3:5060", text);
    assert_null(strstr(n.wire, "SHA-256"));
    challenge_of(&n, "algorithm=MD5", nonce);
    assert_true(nonce[0] != 0);
    for (int i = 0; i < 5; i++) { /* for as long as they come back */
        assert_int_equal(try_register(&n, "1001", "correct horse", 20 + i * 10, contact), 200);
        net_run(&n, 1800 * (hl_time)HL__SECOND);
    }
    register_text(text, sizeof(text), "1001", "", 90, contact);
    net_inject(&n, 0, "10.0.0.3:5060", text);
    assert_null(strstr(n.wire, "SHA-256"));
    net_run(&n, 3700 * (hl_time)HL__SECOND);
    register_text(text, sizeof(text), "1001", "", 91, contact);
    net_inject(&n, 0, "10.0.0.3:5060", text);
    assert_non_null(strstr(n.wire, "SHA-256"));
    register_text(text, sizeof(text), "1002", "", 12, contact);
    net_inject(&n, 0, "10.0.0.3:5060", text);
    assert_null(strstr(n.wire, "SHA-256"));
    net_end(&n);
}

static void five_wrong_passwords_lock_the_account_for_that_source(void **state)
{
    (void)state;
    net n;
    net_begin(&n, 8);
    net_add(&n, 0, registrar, false);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(try_register(&n, "1001", "wrong horse", 10 + i * 10, contact), 401);
        net_run(&n, HL__SECOND);
    }
    assert_int_equal(try_register(&n, "1001", "correct horse", 100, contact), 403);
    net_run(&n, 601 * (hl_time)HL__SECOND);
    assert_int_equal(try_register(&n, "1001", "correct horse", 200, contact), 200);
    net_end(&n);
}

static void a_stranger_gets_the_words_a_known_user_gets(void **state)
{
    (void)state;
    net n;
    char text[1024], known[2048], stranger[2048];
    net_begin(&n, 9);
    net_add(&n, 0, registrar, false);
    register_text(text, sizeof(text), "1001", "", 10, contact);
    net_inject(&n, 0, "10.0.0.3:5060", text);
    hl__copy(known, sizeof(known), n.wire);
    register_text(text, sizeof(text), "9999", "", 10, contact);
    net_inject(&n, 0, "10.0.0.3:5060", text);
    hl__copy(stranger, sizeof(stranger), n.wire);
    assert_int_equal(strlen(known), strlen(stranger));
    assert_int_equal(try_register(&n, "9999", "anything goes", 20, contact), 401);
    net_end(&n);
}

static void an_answer_is_not_taken_twice(void **state)
{
    (void)state;
    net n;
    char text[1024], nonce[64], more[512];
    net_begin(&n, 10);
    net_add(&n, 0, registrar, false);
    register_text(text, sizeof(text), "1001", "", 10, contact);
    net_inject(&n, 0, "10.0.0.3:5060", text);
    challenge_of(&n, "algorithm=MD5", nonce);
    answer_text(more, sizeof(more), "1001", "correct horse", nonce);
    register_text(text, sizeof(text), "1001", more, 11, contact);
    net_inject(&n, 0, "10.0.0.3:5060", text);
    assert_int_equal(net_reply(&n), 200);
    net_inject(&n, 0, "10.0.0.3:5060", text); /* the same request again: a repeat, answered as before */
    assert_int_equal(net_reply(&n), 200);
    register_text(text, sizeof(text), "1001", more, 12, contact);
    net_inject(&n, 0, "10.0.0.3:5060", text);
    assert_int_equal(net_reply(&n), 401);
    assert_non_null(strstr(n.wire, "stale=true"));
    net_inject(&n, 0, "10.0.0.9:5060", text); /* a nonce of somebody else's address */
    assert_int_equal(net_reply(&n), 401);
    assert_null(strstr(n.wire, "stale=true"));
    net_end(&n);
}

static const char options[] =
    "OPTIONS sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKo%d\r\nFrom: <sip:a@b>;tag=1\r\n"
    "To: <sip:10.0.0.1>\r\nCall-ID: o%d\r\nCSeq: 1 OPTIONS\r\nUser-Agent: %s\r\nContent-Length: 0\r\n\r\n";

static void strangers_are_metered_and_scanners_banned(void **state)
{
    (void)state;
    net n;
    char text[512];
    int answered = 0;
    net_begin(&n, 11);
    net_add(&n, 0, registrar, false);
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof(text), options, i, i, "x");
        net_inject(&n, 0, "192.0.2.1:5060", text);
        answered += net_reply(&n) == 200;
    }
    assert_int_equal(answered, 40);
    n.now += HL__SECOND;
    for (int i = 100; i < 200; i++) {
        snprintf(text, sizeof(text), options, i, i, "x");
        net_inject(&n, 0, "192.0.2.1:5060", text);
        answered += net_reply(&n) == 200;
    }
    assert_int_equal(answered, 60);
    snprintf(text, sizeof(text), options, 300, 300, "Friendly-Scanner");
    net_inject(&n, 0, "192.0.2.7:5060", text);
    assert_int_equal(net_reply(&n), 0);
    snprintf(text, sizeof(text), options, 301, 301, "x");
    net_inject(&n, 0, "192.0.2.7:5060", text);
    assert_int_equal(net_reply(&n), 0);
    net_end(&n);
}

static void a_trunks_listener_is_silent_to_strangers(void **state)
{
    (void)state;
    net n;
    char text[512];
    net_begin(&n, 12);
    net_add(&n, 0, "{\"listeners\":{\"u\":{\"bind\":\"10.0.0.1:5060\"}},"
            "\"trunks\":{\"a\":{\"acl\":[\"192.0.2.0/28\"]}}}", false);
    snprintf(text, sizeof(text), options, 1, 1, "x");
    net_inject(&n, 0, "192.0.2.16:5060", text);
    assert_int_equal(net_reply(&n), 0);
    net_inject(&n, 0, "192.0.2.15:5060", text);
    assert_int_equal(net_reply(&n), 200);
    net_end(&n);
}

static int one_registration(void *ctx)
{
    net n;
    (void)ctx;
    net_begin(&n, 1);
    int r = net_try_add(&n, 0, registrar, false);
    if (r == 0) {
        char conf[512];
        snprintf(conf, sizeof(conf), phone, "correct horse");
        r = net_try_add(&n, 1, conf, false);
    }
    if (r == 0) {
        net_run(&n, 90 * (hl_time)HL__SECOND);
        hl_id out = net_call_phone(&n, 0, 14);
        net_run(&n, 5 * (hl_time)HL__SECOND);
        for (int side = 0; side < 2; side++)
            hl__sip_shutdown(n.ua[side], n.now);
        net_run(&n, 40 * (hl_time)HL__SECOND);
        hl_test_ok(net_leg_of(&n, out)->ended == 1, "ended %d times", net_leg_of(&n, out)->ended);
    }
    net_end(&n);
    return r;
}

static void registering_without_memory_leaves_nothing(void **state)
{
    (void)state;
    assert_true(hl_test_oom(one_registration, NULL) > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_telephone_registers_and_is_called),
        HL_TEST(a_telephone_calls_with_its_password),
        HL_TEST(a_wrong_password_is_refused_and_tried_again_later),
        HL_TEST(registrations_are_refreshed_and_left),
        HL_TEST(a_telephone_that_falls_silent_is_forgotten),
        HL_TEST(contacts_follow_the_rules),
        HL_TEST(old_telephones_that_stay_silent_at_two_algorithms_get_md5_alone),
        HL_TEST(five_wrong_passwords_lock_the_account_for_that_source),
        HL_TEST(a_stranger_gets_the_words_a_known_user_gets),
        HL_TEST(an_answer_is_not_taken_twice),
        HL_TEST(strangers_are_metered_and_scanners_banned),
        HL_TEST(a_trunks_listener_is_silent_to_strangers),
        HL_TEST(registering_without_memory_leaves_nothing),
    };
    return HL_TEST_MAIN(tests);
}
