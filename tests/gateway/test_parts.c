/* test_parts.c - what the gateway is made of, piece by piece: operations, grants, passwords, routes, settings. */
#include "hl_test.h"
#include "gateway/gateway.h"
#include <sys/stat.h>
#include <unistd.h>

#define S ((hl_time)HL__SECOND)

static int op_code(uint32_t role, const char *json, int *op)
{
    hl__err err = { 0 };
    hl__json *j = hl__json_read(json, strlen(json), &err);
    assert_non_null(j);
    int r = hl__op_check(j, role, op, &err);
    hl_test_ok(r == 0 || err.words[0], "%s has words", json);
    hl__json_free(j);
    return r;
}

static void every_operation_is_found_and_only_for_its_roles(void **state)
{
    (void)state;
    static const struct { const char *name; int op, who; } all[] = {
#define X(name, op, who, args) { name, HL__DO_##op, who },
        HL__OPS(X)
#undef X
    };
    for (size_t i = 0; i < HL__COUNT(all); i++) {
        assert_int_equal(hl__op_find(all[i].name), all[i].who ? all[i].op : 0);
        for (uint32_t role = 0; role < 40; role++)
            assert_int_equal(hl__op_allowed(all[i].op, role), role < 32 && (all[i].who >> role & 1));
    }
    assert_int_equal(hl__op_find(""), 0);
    assert_false(hl__op_allowed(0, 2));
    assert_false(hl__op_allowed(HL__DO_END, 2));
}

static void arguments_are_checked_by_the_table(void **state)
{
    (void)state;
    int op = 0;
    assert_int_equal(op_code(HL_GRANT_AGENT, "{\"op\":\"call.mute\",\"on\":true}", &op), 0);
    assert_int_equal(op, HL__DO_CALL_MUTE);
    assert_int_equal(op_code(HL_GRANT_AGENT, "{\"op\":\"call.mute\"}", &op), HL_EINVAL);
    assert_int_equal(op_code(HL_GRANT_AGENT, "{\"op\":\"call.mute\",\"on\":1}", &op), HL_EINVAL);
    assert_int_equal(op_code(HL_GRANT_CALLER, "{\"op\":\"call.mute\",\"on\":true}", &op), HL_EDENIED);
    assert_int_equal(op_code(HL_GRANT_CALLER, "{\"op\":\"call.web\",\"data\":{\"x\":[]}}", &op), 0);
    assert_int_equal(op_code(HL_GRANT_CALLER, "{\"op\":\"call.web\",\"data\":[]}", &op), HL_EINVAL);
    assert_int_equal(op_code(HL_GRANT_CALLER, "{\"op\":\"call.web\",\"to\":\"a\\u0007b\"}", &op), HL_EINVAL);
    assert_int_equal(op_code(HL_GRANT_CALLER, "{\"op\":\"rtc.offer\",\"sdp\":\"v=0\\r\\no=-\\r\\n\"}", &op), 0);
    assert_int_equal(op_code(HL_GRANT_AGENT, "{\"op\":\"offer.accept\",\"offer\":-4}", &op), HL_EINVAL);
    assert_int_equal(op_code(HL_GRANT_AGENT, "{\"op\":\"offer.accept\",\"offer\":4.5}", &op), HL_EINVAL);
    assert_int_equal(op_code(HL_GRANT_AGENT, "{\"op\":7}", &op), HL_EINVAL);
}

static const char *answered(const int64_t *re, int code, const char *json)
{
    static char text[400];
    hl__buf b;
    hl__buf_init(&b, &hl_test_mem);
    hl__answer(&b, re, code, json, json ? strlen(json) : 0);
    (void)hl__copy(text, sizeof text, b.data);
    hl__buf_free(&b);
    return text;
}

static void answers_look_alike_whatever_the_engine_says(void **state)
{
    (void)state;
    int64_t re = 7;
    assert_string_equal(answered(&re, 0, NULL), "{\"re\":7,\"ok\":true}");
    assert_string_equal(answered(&re, 3, "{}"), "{\"re\":7,\"ok\":true}");
    assert_string_equal(answered(NULL, 0, " {  } "), "{\"ok\":true}");
    assert_string_equal(answered(NULL, 0, "{\"a\":{}}"), "{\"ok\":true,\"a\":{}}");
    assert_string_equal(answered(&re, HL_ELIMIT, "say \"no\""),
                        "{\"re\":7,\"err\":\"ELIMIT\",\"msg\":\"say \\\"no\\\"\"}");
    assert_string_equal(answered(&re, HL_ELIMIT, NULL), "{\"re\":7,\"err\":\"ELIMIT\",\"msg\":\"limit reached\"}");
    assert_string_equal(answered(&re, HL_EPARSE, "{\"findings\":[]}"), "{\"re\":7,\"err\":\"EPARSE\",\"findings\":[]}");
}

static int make(hl__grants *g, hl_time now, int32_t ttl, int32_t uses, char *secret)
{
    static uint8_t serial;
    uint8_t random[16] = { 5, ++serial };
    hl_grant in = { .size = sizeof in, .role = HL_GRANT_CALLER, .subject = "s", .ttl_ms = ttl, .uses = uses };
    return hl__grant_add(g, now, &in, random, secret);
}

static void a_ticket_is_good_once_and_for_30_s(void **state)
{
    (void)state;
    hl__grants g;
    char secret[HL__SECRET];
    hl__grants_init(&g, &hl_test_mem);
    assert_int_equal(make(&g, 100 * S, 0, 0, secret), 0);
    assert_null(hl__grant_find(&g, 130 * S, secret));
    hl__grant *x = hl__grant_find(&g, 130 * S - 1, secret);
    assert_non_null(x);
    assert_null(strstr(x->hash, secret));
    hl__grant_use(&g, x);
    assert_null(hl__grant_find(&g, 101 * S, secret));
    assert_null(hl__grant_find(&g, 101 * S, "short"));
    assert_int_equal(g.count, 0);
    hl__grants_free(&g);
}

static void a_key_lasts_until_it_is_revoked(void **state)
{
    (void)state;
    hl__grants g;
    char secret[HL__SECRET], other[HL__SECRET];
    hl__grants_init(&g, &hl_test_mem);
    assert_int_equal(make(&g, 0, -1, -1, secret), 0);
    assert_int_equal(make(&g, 0, -1, -1, other), 0);
    for (int i = 0; i < 5; i++) hl__grant_use(&g, hl__grant_find(&g, INT64_MAX / 2, secret));
    assert_int_equal(hl__grants_revoke(&g, "nobody"), 0);
    assert_int_equal(hl__grants_revoke(&g, "s"), 2);
    assert_null(hl__grant_find(&g, 1, secret));
    hl__grants_free(&g);
}

static void grants_are_bounded_and_old_ones_make_room(void **state)
{
    (void)state;
    hl__grants g;
    char secret[HL__SECRET];
    hl__grants_init(&g, &hl_test_mem);
    for (int i = 0; i < HL__GRANTS_MAX; i++) {
        uint8_t random[16] = { (uint8_t)i, (uint8_t)(i >> 8), (uint8_t)(i >> 16) };
        hl_grant in = { .size = sizeof in, .role = HL_GRANT_CALLER };
        assert_int_equal(hl__grant_add(&g, S, &in, random, secret), 0);
    }
    assert_int_equal(make(&g, 2 * S, 0, 0, secret), HL_ELIMIT);
    assert_int_equal(make(&g, 62 * S, 0, 0, secret), 0);
    assert_int_equal(g.count, 1);
    hl__grants_free(&g);
}

static void wrong_grants_are_refused_with_words(void **state)
{
    (void)state;
    char big[9000];
    memset(big, ' ', sizeof big - 1);
    big[sizeof big - 1] = 0;
    const struct { hl_grant grant; int code; } bad[] = { { { .role = 0 }, HL_EINVAL }, { { .role = 6 }, HL_EINVAL },
        { { .role = HL_GRANT_AGENT }, HL_EINVAL }, { { .role = 1, .ttl_ms = -2 }, HL_EINVAL },
        { { .role = 1, .subject = "a\nb" }, HL_EINVAL }, { { .role = 1, .data = "[1]" }, HL_EINVAL },
        { { .role = 1, .data = "{" }, HL_EPARSE }, { { .role = 1, .data = big }, HL_ELIMIT } };
    for (size_t i = 0; i < HL__COUNT(bad); i++) {
        hl__err err = { 0 };
        assert_int_equal(hl__grant_check(&bad[i].grant, &err), bad[i].code);
        assert_true(err.words[0] != 0);
    }
}

static void unknown_names_cost_what_known_ones_cost(void **state)
{
    (void)state;
    hl__logins l;
    hl__secret s;
    uint64_t known = 0, unknown = 0, wrong = 0;
    hl__logins_init(&l, &hl_test_mem);
    assert_int_equal(hl__secret_make("right", (const uint8_t *)"0123456789abcdef", &s), 0);
    assert_int_equal(hl__login_put(&l, "anna", HL_GRANT_AGENT, NULL, &s), 0);
    assert_true(hl__secret_fits(&hl__login_find(&l, "anna")->secret, "right", &known));
    assert_false(hl__secret_fits(&hl__login_find(&l, "anna")->secret, "wrong", &wrong));
    assert_null(hl__login_find(&l, "nobody"));
    (void)hl__secret_fits(hl__secret_decoy(&l), "right", &unknown);
    assert_true(known > 0);
    assert_int_equal(known, wrong);
    assert_int_equal(known, unknown);
    hl__logins_free(&l);
    hl__logins_init(&l, &hl_test_mem);
    unknown = 0;
    assert_false(hl__secret_fits(hl__secret_decoy(&l), "", &unknown));
    assert_int_equal(known, unknown);
    hl__logins_free(&l);
}

static void a_scrypt_line_of_elsewhere_is_understood(void **state)
{
    (void)state;
    /* RFC 7914, 12: P="password", S="NaCl" is too short a salt for us; the third of its vectors, first 32 bytes. */
    static const char line[] = "anna:supervisor:scrypt$16384$8$1$536f6469756d43686c6f72696465$"
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2:anna.b\r\n\n# comment\n";
    hl__logins l;
    hl__err err = { 0 };
    uint64_t work = 0;
    hl__logins_init(&l, &hl_test_mem);
    assert_int_equal(hl__logins_read(&l, line, strlen(line), &err), 1);
    const hl__login *x = hl__login_find(&l, "anna");
    assert_int_equal(x->role, HL_GRANT_SUPERVISOR);
    assert_string_equal(x->agent, "anna.b");
    assert_true(hl__secret_fits(&x->secret, "pleaseletmein", &work));
    static const char *const bad[] = { "a", "a:agent", "a:king:scrypt$2$1$1$0011223344556677$00", "a:agent:md5$1",
        "a:agent:scrypt$3$8$1$0011223344556677$7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2",
        "a:agent:scrypt$1048576$8$1$0011223344556677$7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2",
        "a:agent:scrypt$16$8$1$0011$7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2",
        "a:agent:scrypt$16$8$1$001122334455667g$7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2",
        "a:agent:scrypt$16$8$1$0011223344556677$7023", "a:agent:scrypt$16$8$1$0011223344556677$" };
    for (size_t i = 0; i < HL__COUNT(bad); i++) {
        hl_test_ok(hl__logins_read(&l, bad[i], strlen(bad[i]), &err) == HL_EPARSE, "%s", bad[i]);
        assert_non_null(strstr(err.words, "line 1"));
    }
    assert_non_null(hl__login_find(&l, "anna")); /* a bad file leaves the old one */
    hl__logins_free(&l);
}

static void a_line_that_was_made_is_read_back(void **state)
{
    (void)state;
    hl__logins l;
    hl__secret s;
    hl__buf b;
    hl__err err = { 0 };
    hl__logins_init(&l, &hl_test_mem);
    hl__buf_init(&b, &hl_test_mem);
    assert_int_equal(hl__secret_make("\xe4\xb8\xad\xe6\x96\x87", (const uint8_t *)"0123456789abcdef", &s), 0);
    assert_int_equal(hl__secret_line(&b, "b", HL_GRANT_ADMIN, &s), 0);
    assert_int_equal(hl__logins_read(&l, b.data, b.len, &err), 1);
    assert_memory_equal(&hl__login_find(&l, "b")->secret, &s, sizeof s);
    hl__login_drop(&l, "b");
    assert_null(hl__login_find(&l, "b"));
    hl__buf_free(&b);
    hl__logins_free(&l);
}

static void five_tries_a_minute_and_right_ones_do_not_count(void **state)
{
    (void)state;
    hl__tries t;
    hl__tries_init(&t, &hl_test_mem, 9);
    for (int i = 0; i < 5; i++) assert_int_equal(hl__tries_take(&t, 10 * S, "name", "anna"), 0);
    assert_int_equal(hl__tries_take(&t, 69 * S, "name", "anna"), HL_ELIMIT);
    assert_int_equal(hl__tries_take(&t, 69 * S, "address", "anna"), 0);
    assert_int_equal(hl__tries_take(&t, 69 * S, "name", "bert"), 0);
    hl__tries_give(&t, "name", "anna");
    assert_int_equal(hl__tries_take(&t, 69 * S, "name", "anna"), 0);
    assert_int_equal(hl__tries_take(&t, 70 * S, "name", "anna"), 0);
    hl__tries_free(&t);
}

static void tries_do_not_grow_for_ever(void **state)
{
    (void)state;
    hl__tries t;
    char name[20];
    int r = 0;
    hl__tries_init(&t, &hl_test_mem, 9);
    for (int i = 0; i < 30000 && r == 0; i++) {
        (void)snprintf(name, sizeof name, "n%d", i);
        r = hl__tries_take(&t, S, "name", name);
    }
    assert_int_equal(r, HL_ELIMIT);
    assert_int_equal(hl__tries_take(&t, 62 * S, "name", "later"), 0);
    assert_int_equal(t.map.live, 1);
    hl__tries_free(&t);
}

static void paths_become_routes(void **state)
{
    (void)state;
    static const struct { int method; const char *path; int kind, op; } rows[] = {
        { HL__GET, "/", HL__ROUTE_FILE, 0 }, { HL__GET, "/desk", HL__ROUTE_FILE, 0 },
        { HL__POST, "/", HL__ROUTE_METHOD, 0 },
        { HL__GET, "/sdk/hotline.js", HL__ROUTE_SDK, 0 }, { HL__GET, "/api", HL__ROUTE_NONE, 0 },
        { HL__GET, "/apiary", HL__ROUTE_FILE, 0 }, { HL__GET, "/api/tickets", HL__ROUTE_GET, HL__DO_TICKET_LIST },
        { HL__GET, "/api/tickets/", HL__ROUTE_GET, HL__DO_TICKET_LIST },
        { HL__GET, "/api/tickets/28", HL__ROUTE_GET, HL__DO_TICKET_GET },
        { HL__GET, "/api/tickets/x", HL__ROUTE_NONE, 0 }, { HL__GET, "/api/tickets/0", HL__ROUTE_NONE, 0 },
        { HL__POST, "/api/tickets/28", HL__ROUTE_METHOD, HL__DO_TICKET_GET },
        { HL__OPTIONS, "/api/op", HL__ROUTE_OP, 0 }, { HL__HEAD, "/api/state", HL__ROUTE_METHOD, HL__DO_STATE },
        { HL__POST, "/api/login", HL__ROUTE_LOGIN, 0 }, { HL__GET, "", HL__ROUTE_FILE, 0 },
    };
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        hl__route r;
        hl__route_find(rows[i].method, rows[i].path, &r);
        hl_test_ok(r.kind == rows[i].kind && r.op == rows[i].op, "%s: %d %d", rows[i].path, r.kind, r.op);
    }
}

static void queries_become_operations(void **state)
{
    (void)state;
    static const struct { const char *query, *json; int code; } rows[] = {
        { "", "{\"op\":\"ticket.list\"}", 0 },
        { "phone=%2B86%201&limit=5", "{\"op\":\"ticket.list\",\"phone\":\"+86 1\",\"limit\":5}", 0 },
        { "&&words=a+b&", "{\"op\":\"ticket.list\",\"words\":\"a b\"}", 0 },
        { "words=%22%5c", "{\"op\":\"ticket.list\",\"words\":\"\\\"\\\\\"}", 0 },
        { "nothing=1", NULL, HL_EINVAL }, { "phone", NULL, HL_EINVAL }, { "limit=x", NULL, HL_EINVAL },
        { "limit=", NULL, HL_EINVAL }, { "words=%zz", NULL, HL_EINVAL }, { "words=%2", NULL, HL_EINVAL },
        { "words=%00", NULL, HL_EINVAL }, { "words=%ff", NULL, HL_EINVAL }, { "=1", NULL, HL_EINVAL },
    };
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        hl__route route = { .op = HL__DO_TICKET_LIST };
        hl__err err = { 0 };
        hl__buf b;
        hl__buf_init(&b, &hl_test_mem);
        int r = hl__query_json(&b, &route, rows[i].query, &err);
        hl_test_ok(r == rows[i].code, "%s: %d", rows[i].query, r);
        if (rows[i].json) assert_string_equal(b.data, rows[i].json);
        hl__buf_free(&b);
    }
}

static void origins_are_exact(void **state)
{
    (void)state;
    static const char *const allowed[] = { "https://crm.example", "http://localhost:3000" };
    assert_true(hl__origin_ok(NULL, "desk", NULL, 0));
    assert_true(hl__origin_ok("", "desk", NULL, 0));
    assert_true(hl__origin_ok("https://desk:8443", "desk:8443", NULL, 0));
    assert_false(hl__origin_ok("https://desk", "desk:8443", NULL, 0));
    assert_false(hl__origin_ok("null", "desk", allowed, 2));
    assert_true(hl__origin_ok("http://localhost:3000", "desk", allowed, 2));
    assert_false(hl__origin_ok("https://crm.example.evil.example", "desk", allowed, 2));
    assert_false(hl__origin_ok("http://crm.example", "desk", allowed, 2));
    assert_false(hl__origin_ok("https://", "", allowed, 2));
}

static void who_asks_by_http_is_said_to_the_engine(void **state)
{
    (void)state;
    hl__grant by = { .role = HL_GRANT_SUPERVISOR, .agent = 82, .subject = (char[]){ "a\"b" } };
    hl__buf b;
    hl__buf_init(&b, &hl_test_mem);
    assert_int_equal(hl__op_signed(&b, HL__DO_STATE, "{\"op\":\"state\"} \n", 16, &by), 0);
    assert_string_equal(b.data, "{\"op\":\"state\",\"role\":3,\"by\":82,\"agent\":82,\"subject\":\"a\\\"b\"}");
    hl__buf_clear(&b);
    const char *set = "{\"op\":\"agent.set\",\"agent\":98,\"state\":\"break\"}";
    assert_int_equal(hl__op_signed(&b, HL__DO_AGENT_SET, set, strlen(set), &by), 0);
    assert_non_null(strstr(b.data, "\"agent\":98,"));
    assert_null(strstr(b.data, "\"agent\":82"));
    assert_int_equal(hl__op_signed(&b, HL__DO_STATE, "[]", 2, &by), HL_EINVAL);
    hl__buf_free(&b);
}

static int findings(const char *json, char *first, size_t room)
{
    hl__findings f;
    hl__err err = { 0 };
    hl__place at = { NULL, "gateway", 0 };
    hl__findings_init(&f, &hl_test_mem);
    hl__json *j = hl__json_read(json, strlen(json), &err);
    assert_non_null(j);
    hl__gateway_check(NULL, "", j, &at, &f, NULL);
    int n = (int)f.errors;
    const hl__finding *x = hl__findings_at(&f, 0);
    (void)snprintf(first, room, "%s %s", x ? x->pointer : "", x ? x->text : "");
    hl__json_free(j);
    hl__findings_free(&f);
    return n;
}

static void wrong_settings_are_found_and_right_ones_read(void **state)
{
    (void)state;
    char first[600];
    assert_int_equal(findings("{}", first, sizeof first), 0);
    assert_int_equal(findings("{\"prot\":1}", first, sizeof first), 1);
    assert_non_null(strstr(first, "port"));
    assert_int_equal(findings("{\"bind\":\"0.0.0.0\"}", first, sizeof first), 1);
    assert_non_null(strstr(first, "/gateway/bind"));
    assert_non_null(strstr(first, "plain"));
    assert_int_equal(findings("{\"bind\":\"0.0.0.0\",\"plain\":true}", first, sizeof first), 0);
    assert_int_equal(findings("{\"bind\":\"all\"}", first, sizeof first), 1);
    assert_int_equal(findings("{\"cert\":\"a.pem\"}", first, sizeof first), 1);
    assert_int_equal(findings("{\"port\":70000,\"resume_s\":0,\"callers\":1}", first, sizeof first), 3);
    assert_int_equal(findings("{\"origins\":[\"https://a\",\"a\",7,\"https://a/b\"]}", first, sizeof first), 3);
    hl__err err = { 0 };
    hl__gateway_config *c;
    const char *json = "{\"cert\":\"c\",\"key\":\"k\",\"origins\":[\"https://a\"],\"callers\":true,\"max_per_ip\":7}";
    hl__json *j = hl__json_read(json, strlen(json), &err);
    assert_int_equal(hl__gateway_read(&hl_test_mem, j, &c), 0);
    hl__json_free(j);
    assert_int_equal(c->port, 8443);
    assert_int_equal(c->max_per_ip, 7);
    assert_string_equal(c->origins[0], "https://a");
    assert_string_equal(c->bind, "127.0.0.1");
    hl__gateway_config_free(&hl_test_mem, c);
}

static void types_are_told_by_the_end_of_the_name(void **state)
{
    (void)state;
    assert_string_equal(hl__page_type("/a/b.html"), "text/html; charset=utf-8");
    assert_string_equal(hl__page_type("x.wav"), "audio/wav");
    assert_string_equal(hl__page_type("x"), "application/octet-stream");
    assert_string_equal(hl__page_type(".html"), "application/octet-stream");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(every_operation_is_found_and_only_for_its_roles),
        HL_TEST(arguments_are_checked_by_the_table),
        HL_TEST(answers_look_alike_whatever_the_engine_says),
        HL_TEST(a_ticket_is_good_once_and_for_30_s),
        HL_TEST(a_key_lasts_until_it_is_revoked),
        HL_TEST(grants_are_bounded_and_old_ones_make_room),
        HL_TEST(wrong_grants_are_refused_with_words),
        HL_TEST(unknown_names_cost_what_known_ones_cost),
        HL_TEST(a_scrypt_line_of_elsewhere_is_understood),
        HL_TEST(a_line_that_was_made_is_read_back),
        HL_TEST(five_tries_a_minute_and_right_ones_do_not_count),
        HL_TEST(tries_do_not_grow_for_ever),
        HL_TEST(paths_become_routes),
        HL_TEST(queries_become_operations),
        HL_TEST(origins_are_exact),
        HL_TEST(who_asks_by_http_is_said_to_the_engine),
        HL_TEST(wrong_settings_are_found_and_right_ones_read),
        HL_TEST(types_are_told_by_the_end_of_the_name),
    };
    return HL_TEST_MAIN(tests);
}
