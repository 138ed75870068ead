/* test_http.c - a real server on loopback: statuses, limits, log-in, files, WebSockets that misbehave. */
#include "gateway/fake_engine.h"
#include "gateway/service.h"
#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char body[300000]; /* of the last answer, headers first */

static int dial(void)
{
    const char *colon = strrchr(((hl__gateway *)fake.driver.d)->address, ':');
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static ssize_t read_some(int fd, char *to, size_t room)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    if (poll(&p, 1, 5000) != 1) return -1;
    return read(fd, to, room);
}

static void send_all(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
        if (n <= 0) return; /* it was closed in our face: what was answered tells why */
        text += n;
        len -= (size_t)n;
    }
}

/* Sends a request as it stands, reads until the answer is whole or the socket closed; the status, 0: none. */
static int ask_raw(int fd, const char *text, size_t len)
{
    size_t used = 0;
    send_all(fd, text, len);
    for (;;) {
        ssize_t n = read_some(fd, body + used, sizeof body - 1 - used);
        if (n <= 0) break;
        used += (size_t)n;
        body[used] = 0;
        char *end = strstr(body, "\r\n\r\n"), *want = strcasestr(body, "content-length:");
        if (end && want && used >= (size_t)(end + 4 - body) + (size_t)atol(want + 15)) break;
    }
    body[used] = 0;
    return used > 12 ? atoi(body + 9) : 0;
}

static int ask(const char *method, const char *path, const char *headers, const char *data)
{
    static char text[80000];
    int fd = dial();
    int len = snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: desk\r\n%s", method, path, headers);
    size_t room = sizeof text - (size_t)len;
    if (data) len += snprintf(text + len, room, "Content-Length: %zu\r\n\r\n%s", strlen(data), data);
    else len += snprintf(text + len, room, "\r\n");
    int status = ask_raw(fd, text, (size_t)len);
    (void)close(fd);
    return status;
}

static const char *member(const char *key)
{
    static char value[200];
    char want[64];
    (void)snprintf(want, sizeof want, "\"%s\":\"", key);
    char *at = strstr(body, want);
    hl_test_ok(at != NULL, "no %s in %s", key, body);
    (void)snprintf(value, sizeof value, "%.*s", (int)strcspn(at + strlen(want), "\""), at + strlen(want));
    return value;
}

static const char *key_new(int role)
{
    static char header[100];
    char secret[HL__SECRET];
    static uint8_t serial;
    uint8_t random[16] = { 1, 2, 3, ++serial };
    hl__gateway *g = fake.driver.d;
    hl_grant grant = { .size = sizeof grant, .role = (uint32_t)role, .agent = HL__ID(5, HL_KIND_AGENT), .ttl_ms = -1,
        .uses = -1, .subject = "test" };
    hl__lock(NULL);
    assert_int_equal(hl__grant_add(hl__gateway_grants(g), hl__gateway_now(g), &grant, random, secret), 0);
    hl__unlock(NULL);
    (void)snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", secret);
    return header;
}

static void health_needs_no_key_and_all_else_does(void **state)
{
    (void)state;
    fake_open("{\"port\":0}");
    assert_int_equal(ask("GET", "/health", "", NULL), 200);
    assert_non_null(strstr(body, "{\"ok\":true}"));
    assert_non_null(strcasestr(body, "content-security-policy: default-src 'self'"));
    assert_non_null(strcasestr(body, "x-content-type-options: nosniff"));
    assert_int_equal(ask("HEAD", "/health", "", NULL), 200);
    assert_int_equal(ask("GET", "/api/tickets", "", NULL), 401);
    const char *none = "Authorization: Bearer 0123456789abcdef0123456789abcdef\r\n";
    assert_int_equal(ask("GET", "/api/tickets", none, NULL), 401);
    assert_int_equal(ask("GET", "/api/tickets", "Authorization: Basic YTpi\r\n", NULL), 401);
    assert_int_equal(ask("POST", "/api/op", "", "{\"op\":\"state\"}"), 401);
    assert_int_equal(ask("GET", "/api/nothing", "", NULL), 404);
    assert_int_equal(ask("DELETE", "/api/tickets", "", NULL), 405);
    assert_int_equal(ask("GET", "/api/login", "", NULL), 405);
    assert_int_equal(ask("POST", "/health", "", "{}"), 405);
    fake_close();
}

static int rule(const struct fake_op *op, char *out, size_t room)
{
    if (op->op == HL__DO_TICKET_GET) return snprintf(out, room, "no such ticket"), HL_ENOENT;
    if (op->op == HL__DO_AGENT_STATE) return snprintf(out, room, "busy"), HL_ESTATE;
    if (op->op == HL__DO_TICKET_DO) return snprintf(out, room, "changed"), HL_ECONFLICT;
    if (op->op == HL__DO_TICKET_NEW) return snprintf(out, room, "disk full"), HL_ESTORE;
    if (op->op == HL__DO_METRICS)
        (void)snprintf(out, room, "{\"legs\":3,\"load\":0.5,\"waiting\":{\"queue\":{\"a\\\"b\":2}},"
                       "\"queues\":[{\"id\":17,\"name\":\"q\",\"oldest\":4},{\"id\":33,\"name\":\"r\",\"oldest\":5}]}");
    if (op->op == HL__DO_TICKET_LIST) (void)snprintf(out, room, "{\"tickets\":[]}");
    return 0;
}

static void engine_answers_become_statuses(void **state)
{
    (void)state;
    fake_open("{\"port\":0}");
    fake.rule = rule;
    const char *key = key_new(HL_GRANT_AGENT);
    assert_int_equal(ask("GET", "/api/tickets?phone=%2B861&limit=5&words=a%26b%3Dc", key, NULL), 200);
    assert_non_null(strstr(body, "{\"ok\":true,\"tickets\":[]}"));
    assert_non_null(strstr(fake.asked[0].json, "\"phone\":\"+861\""));
    assert_non_null(strstr(fake.asked[0].json, "\"limit\":5"));
    assert_non_null(strstr(fake.asked[0].json, "\"words\":\"a&b=c\""));
    assert_non_null(strstr(fake.asked[0].json, "\"role\":2,\"by\":82"));
    assert_int_equal(fake.asked[0].session, 0);
    assert_int_equal(ask("GET", "/api/tickets?colour=red", key, NULL), 400);
    assert_int_equal(ask("GET", "/api/tickets?limit=many", key, NULL), 400);
    assert_int_equal(ask("GET", "/api/tickets/188", key, NULL), 404);
    assert_int_equal(ask("POST", "/api/op", key, "{\"op\":\"agent.state\",\"state\":\"ready\"}"), 409);
    assert_non_null(strstr(body, "\"err\":\"ESTATE\",\"msg\":\"busy\""));
    assert_int_equal(ask("POST", "/api/op", key, "{\"op\":\"ticket.do\",\"ticket\":4,\"verb\":\"close\"}"), 409);
    assert_int_equal(ask("POST", "/api/op", key, "{\"op\":\"ticket.new\",\"type\":\"repair\"}"), 503);
    assert_int_equal(ask("POST", "/api/op", key, "{\"op\":\"ticket.new\"}"), 400);
    assert_int_equal(ask("POST", "/api/op", key, "{\"op\":\"load\",\"document\":{}}"), 403);
    assert_int_equal(ask("POST", "/api/op", key, "{\"op\":\"fly\"}"), 501);
    assert_int_equal(ask("POST", "/api/op", key, "{\"op\":\"call.hold\",\"contact\":1}"), 400);
    assert_int_equal(ask("POST", "/api/op", key, "{\"op\":\"state\",\"role\":4}"), 400);
    assert_int_equal(ask("POST", "/api/op", key, "[1]"), 400);
    assert_int_equal(ask("POST", "/api/op", key, "nonsense"), 400);
    assert_int_equal(ask("POST", "/api/op", key_new(HL_GRANT_ADMIN), "{\"op\":\"load\",\"document\":{}}"), 200);
    fake_close();
}

static void metrics_are_prometheus_text(void **state)
{
    (void)state;
    fake_open("{\"port\":0}");
    fake.rule = rule;
    assert_int_equal(ask("GET", "/metrics", "", NULL), 200);
    assert_non_null(strcasestr(body, "content-type: text/plain; version=0.0.4"));
    assert_non_null(strstr(body, "# TYPE hotline_legs gauge\nhotline_legs 3\n"));
    assert_non_null(strstr(body, "hotline_load 0.5\n"));
    assert_non_null(strstr(body, "hotline_waiting{queue=\"a\\\"b\"} 2\n"));
    assert_non_null(strstr(body, "# TYPE hotline_queue_oldest gauge\nhotline_queue_oldest{queue=\"q\"} 4\n"
        "hotline_queue_oldest{queue=\"r\"} 5\n"));
    assert_non_null(strstr(body, "# TYPE hotline_http_requests_total counter\nhotline_http_requests_total 1\n"));
    assert_int_equal(ask("GET", "/metrics", key_new(HL_GRANT_AGENT), NULL), 403);
    assert_int_equal(ask("GET", "/metrics", key_new(HL_GRANT_METRICS), NULL), 200);
    fake_close();
}

static void a_foreign_origin_is_refused(void **state)
{
    (void)state;
    fake_open("{\"port\":0,\"origins\":[\"https://crm.example\"]}");
    assert_int_equal(ask("GET", "/health", "Origin: https://evil.example\r\n", NULL), 403);
    const char *evil = "Origin: https://evil.example\r\n";
    assert_int_equal(ask("POST", "/api/login", evil, "{\"name\":\"a\",\"password\":\"b\"}"), 403);
    assert_int_equal(ask("GET", "/health", "Origin: http://desk\r\n", NULL), 200);
    assert_int_equal(ask("OPTIONS", "/api/op", "Origin: https://crm.example\r\n", NULL), 200);
    assert_non_null(strcasestr(body, "access-control-allow-origin: https://crm.example"));
    assert_int_equal(ask("GET", "/ws", "Origin: https://evil.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: hotline.v1\r\n", NULL), 403);
    fake_close();
}

static void a_body_over_64_kib_is_413(void **state)
{
    (void)state;
    fake_open("{\"port\":0}");
    char *big = malloc(70001);
    memset(big, 'x', 70000);
    big[70000] = 0;
    assert_int_equal(ask("POST", "/api/op", key_new(HL_GRANT_AGENT), big), 413);
    free(big);
    assert_int_equal(ask("POST", "/api/op", key_new(HL_GRANT_AGENT), "{\"op\":\"state\"}"), 200);
    fake_close();
}

static void login_file_write(char *path, size_t room, const char *folder)
{
    hl__secret s;
    hl__buf b;
    (void)snprintf(path, room, "%s/passwords", folder);
    assert_int_equal(hl__secret_make("right", (const uint8_t *)"0123456789abcdef", &s), 0);
    hl__buf_init(&b, &hl_test_mem);
    hl__buf_str(&b, "# who may\n");
    assert_int_equal(hl__secret_line(&b, "anna", HL_GRANT_AGENT, &s), 0);
    hl__buf_char(&b, '\n');
    assert_int_equal(hl__secret_line(&b, "boss", HL_GRANT_ADMIN, &s), 0);
    FILE *f = fopen(path, "we");
    (void)fwrite(b.data, 1, b.len, f);
    (void)fclose(f);
    hl__buf_free(&b);
}

static void the_sixth_try_of_a_minute_is_429(void **state)
{
    (void)state;
    char path[300], settings[400];
    login_file_write(path, sizeof path, hl_test_temp());
    (void)snprintf(settings, sizeof settings, "{\"port\":0,\"login\":\"%s\"}", path);
    fake_open(settings);
    assert_int_equal(ask("POST", "/api/login", "", "{\"name\":\"anna\",\"password\":\"right\"}"), 200);
    assert_string_equal(member("role"), "agent");
    assert_int_equal(strlen(member("ticket")), 32);
    assert_int_equal(ask("POST", "/api/login", "", "{\"name\":\"boss\",\"password\":\"right\",\"key\":true}"), 200);
    char key[100];
    (void)snprintf(key, sizeof key, "Authorization: Bearer %s\r\n", member("key"));
    assert_int_equal(ask("GET", "/api/state", key, NULL), 200);
    assert_int_equal(ask("POST", "/api/login", "", "{\"name\":\"anna\"}"), 400);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ask("POST", "/api/login", "", i % 2 ? "{\"name\":\"anna\",\"password\":\"wrong\"}"
                                                             : "{\"name\":\"nobody\",\"password\":\"right\"}"), 401);
    }
    assert_int_equal(ask("POST", "/api/login", "", "{\"name\":\"anna\",\"password\":\"right\"}"), 429);
    assert_non_null(strcasestr(body, "retry-after: 60"));
    fake_close();
}

static void callers_get_a_ticket_only_if_allowed(void **state)
{
    (void)state;
    fake_open("{\"port\":0}");
    assert_int_equal(ask("POST", "/api/caller", "", "{}"), 403);
    assert_int_equal(fake.driver.set(fake.driver.d, "{\"port\":0,\"callers\":true}"), 0);
    assert_int_equal(ask("POST", "/api/caller", "", ""), 200);
    assert_int_equal(ask("POST", "/api/caller", "", "{\"to\":\"96332\",\"data\":{\"a\":[1]}}"), 200);
    assert_string_equal(member("role"), "caller");
    assert_int_equal(ask("POST", "/api/caller", "", "{\"data\":3}"), 400);
    fake_close();
}

static void file_put(const char *folder, const char *name, const char *text)
{
    char path[400];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    (void)fputs(text, f);
    (void)fclose(f);
}

static void pages_stay_below_their_folder(void **state)
{
    (void)state;
    char settings[600], *folder = hl_test_temp(), path[400];
    (void)snprintf(path, sizeof path, "%s/pages", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    file_put(folder, "secret.txt", "secret");
    file_put(path, "index.html", "<p>index</p>");
    file_put(path, "desk.html", "<p>desk</p>");
    file_put(path, "a.js", "let a");
    file_put(path, ".hidden", "secret");
    (void)snprintf(path, sizeof path, "%s/pages/link.txt", folder);
    char target[400];
    (void)snprintf(target, sizeof target, "%s/secret.txt", folder);
    assert_int_equal(symlink(target, path), 0);
    (void)snprintf(settings, sizeof settings, "{\"port\":0,\"pages\":\"%s/pages\",\"sdk\":\"%s/pages\"}", folder,
                   folder);
    fake_open(settings);
    assert_int_equal(ask("GET", "/", "", NULL), 200);
    assert_non_null(strstr(body, "<p>index</p>"));
    assert_non_null(strcasestr(body, "content-type: text/html; charset=utf-8"));
    assert_non_null(strcasestr(body, "content-security-policy: default-src 'self'"));
    assert_int_equal(ask("GET", "/desk", "", NULL), 200);
    assert_int_equal(ask("GET", "/sdk/a.js", "", NULL), 200);
    assert_non_null(strcasestr(body, "content-type: text/javascript"));
    static const char *const bad[] = { "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt",
        "/sdk/../../secret.txt", "/.hidden", "/link.txt", "/nothing", "//etc/passwd", "/a.js/", "/a.js%00.html",
        "/..\\secret.txt", "/%252e%252e/secret.txt", "/./.hidden" };
    for (size_t i = 0; i < HL__COUNT(bad); i++) {
        int status = ask("GET", bad[i], "", NULL);
        hl_test_ok(status == 404 || status == 403 || status == 400 || status == 0, "%s: %d", bad[i], status);
        hl_test_ok(!strstr(body, "secret"), "%s gave the secret", bad[i]);
    }
    assert_int_equal(ask("GET", "/a.js?x=1", "", NULL), 200);
    fake_close();
}

static void one_address_has_a_limit_of_connections(void **state)
{
    (void)state;
    fake_open("{\"port\":0,\"max_per_ip\":3}");
    int fd[4];
    for (int i = 0; i < 3; i++) fd[i] = dial();
    char c;
    assert_int_equal(ask_raw(fd[0], "GET /health HTTP/1.1\r\nHost: desk\r\n\r\n", 36), 200);
    fd[3] = dial();
    assert_int_equal(read_some(fd[3], &c, 1), 0);
    for (int i = 0; i < 4; i++) (void)close(fd[i]);
    for (int i = 0; i < 50 && ask("GET", "/health", "", NULL) != 200; i++) (void)usleep(10000);
    assert_int_equal(ask("GET", "/health", "", NULL), 200);
    fake_close();
}

/* WebSocket by hand. */
static int ws_dial(const char *protocol)
{
    char text[400];
    int fd = dial();
    int len = snprintf(text, sizeof text, "GET /ws HTTP/1.1\r\nHost: desk\r\nOrigin: http://desk\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n%s\r\n", protocol);
    send_all(fd, text, (size_t)len);
    size_t used = 0;
    body[0] = 0;
    while (used < sizeof body - 1 && !strstr(body, "\r\n\r\n") && read_some(fd, body + used, 1) == 1) body[++used] = 0;
    return fd;
}

static void ws_send(int fd, int opcode, const char *text, size_t len)
{
    unsigned char head[14] = { (unsigned char)(0x80 | opcode) };
    size_t n = 2;
    if (len < 126) {
        head[1] = (unsigned char)(0x80 | len);
    } else if (len < 65536) {
        head[1] = 0x80 | 126;
        head[2] = (unsigned char)(len >> 8);
        head[3] = (unsigned char)len;
        n = 4;
    } else {
        head[1] = 0x80 | 127;
        for (int i = 0; i < 8; i++) head[2 + i] = (unsigned char)((uint64_t)len >> (56 - 8 * i));
        n = 10;
    }
    send_all(fd, (char *)head, n + 4); /* a mask of zeros */
    send_all(fd, text, len);
}

static int read_all(int fd, char *to, size_t len)
{
    for (size_t got = 0; got < len;) {
        ssize_t n = read_some(fd, to + got, len - got);
        if (n <= 0) return -1;
        got += (size_t)n;
    }
    return 0;
}

/* The next frame into body; its opcode, -1: closed. */
static int ws_read(int fd)
{
    unsigned char head[10];
    if (read_all(fd, (char *)head, 2) < 0) return -1;
    size_t len = head[1] & 127;
    if (len == 126) {
        if (read_all(fd, (char *)head + 2, 2) < 0) return -1;
        len = (size_t)head[2] << 8 | head[3];
    } else if (len == 127) {
        if (read_all(fd, (char *)head + 2, 8) < 0) return -1;
        len = 0;
        for (int i = 0; i < 8; i++) len = len << 8 | head[2 + i];
    }
    assert_true(len < sizeof body);
    if (read_all(fd, body, len) < 0) return -1;
    body[len] = 0;
    return head[0] & 15;
}

static int ws_close_code(int fd)
{
    int op;
    while ((op = ws_read(fd)) >= 0 && op != 8) {}
    return op == 8 ? (unsigned char)body[0] << 8 | (unsigned char)body[1] : 0;
}

static int ws_hello(int role)
{
    char secret[HL__SECRET], text[200];
    static int serial;
    uint8_t random[16] = { 9, (uint8_t)++serial };
    hl__gateway *g = fake.driver.d;
    hl_grant grant = { .size = sizeof grant, .role = (uint32_t)role, .agent = role == HL_GRANT_CALLER ? 0 : 82 };
    hl__lock(NULL);
    assert_int_equal(hl__grant_add(hl__gateway_grants(g), hl__gateway_now(g), &grant, random, secret), 0);
    hl__unlock(NULL);
    int fd = ws_dial("Sec-WebSocket-Protocol: hotline.v1\r\n");
    hl_test_ok(strncmp(body, "HTTP/1.1 101", 12) == 0, "%s", body);
    int len = snprintf(text, sizeof text, "{\"id\":1,\"op\":\"hello\",\"ticket\":\"%s\"}", secret);
    ws_send(fd, 1, text, (size_t)len);
    assert_int_equal(ws_read(fd), 1);
    hl_test_ok(strstr(body, "\"re\":1,\"ok\":true") != NULL, "%s", body);
    return fd;
}

static void a_page_says_hello_and_hears_events(void **state)
{
    (void)state;
    fake_open("{\"port\":0}");
    int fd = ws_hello(HL_GRANT_AGENT);
    assert_string_equal(member("role"), "agent");
    hl_id session = fake.asked[0].session;
    fake.driver.sessions->push(fake.driver.d, session, "{\"ev\":\"leg.state\",\"leg\":170}", 28);
    hl__wake(NULL);
    assert_int_equal(ws_read(fd), 1);
    assert_string_equal(body, "{\"seq\":1,\"ev\":\"leg.state\",\"leg\":170}");
    ws_send(fd, 1, "{\"id\":2,\"op\":\"state\"}", 21);
    assert_int_equal(ws_read(fd), 1);
    assert_string_equal(body, "{\"re\":2,\"ok\":true}");
    ws_send(fd, 1, "{\"id\":3,\"op\":\"bye\"}", 19);
    assert_int_equal(ws_read(fd), 1);
    assert_int_equal(ws_close_code(fd), 4000);
    (void)close(fd);
    fake_close();
}

static void a_page_without_the_protocol_gets_nowhere(void **state)
{
    (void)state;
    fake_open("{\"port\":0}");
    int fd = ws_dial("");
    assert_null(strstr(body, "101"));
    (void)close(fd);
    fd = ws_dial("Sec-WebSocket-Protocol: other\r\n");
    assert_null(strstr(body, "101"));
    (void)close(fd);
    fake_close();
}

static void a_bad_first_message_is_4002_and_a_bad_ticket_4003(void **state)
{
    (void)state;
    fake_open("{\"port\":0}");
    static const struct { const char *text; int code; } cases[] = {
        { "{\"id\":1,\"op\":\"state\"}", 4002 }, { "hello", 4002 },
        { "{\"id\":1,\"op\":\"hello\",\"ticket\":\"0123456789abcdef0123456789abcdef\"}", 4003 },
        { "{\"id\":1,\"op\":\"hello\",\"token\":\"30.0123456789abcdef0123456789abcdef\"}", 4003 } };
    for (size_t i = 0; i < HL__COUNT(cases); i++) {
        int fd = ws_dial("Sec-WebSocket-Protocol: hotline.v1\r\n");
        ws_send(fd, 1, cases[i].text, strlen(cases[i].text));
        assert_int_equal(ws_close_code(fd), cases[i].code);
        (void)close(fd);
    }
    fake_close();
}

static void a_message_over_64_kib_is_closed_with_4005(void **state)
{
    (void)state;
    fake_open("{\"port\":0}");
    char *big = malloc(70000);
    memset(big, ' ', 70000);
    int fd = ws_hello(HL_GRANT_AGENT);
    ws_send(fd, 1, big, 70000);
    assert_int_equal(ws_close_code(fd), 4005);
    assert_string_equal(body + 2, "message over 64 KiB");
    (void)close(fd);
    fd = ws_hello(HL_GRANT_CALLER);
    ws_send(fd, 2, "\1\2", 2);
    assert_int_equal(ws_close_code(fd), 4005);
    (void)close(fd);
    free(big);
    fake_close();
}

static void a_slow_reader_is_closed_and_its_session_waits(void **state)
{
    (void)state;
    fake_open("{\"port\":0}");
    hl__gateway *g = fake.driver.d;
    int fd = ws_hello(HL_GRANT_AGENT);
    hl_id session = fake.asked[0].session;
    char *event = malloc(30000);
    memset(event, 'x', 30000);
    memcpy(event, "{\"ev\":\"app\",\"data\":\"", 20);
    memcpy(event + 29998, "\"}", 2);
    int state_now = HL_SESSION_READY;
    for (int i = 0; i < 2000 && state_now == HL_SESSION_READY; i++) {
        hl__lock(NULL);
        hl__seat_push(hl__gateway_seats(g), session, event, 30000);
        hl__seat *s = hl__seat_find(hl__gateway_seats(g), session);
        state_now = s ? s->state : HL_SESSION_GONE;
        hl__gateway_touched(g);
        hl__unlock(NULL);
        (void)usleep(500);
    }
    assert_int_equal(state_now, HL_SESSION_RESUMABLE);
    free(event);
    (void)close(fd);
    fake_close();
}

static void certificate_make(const char *cert, const char *key)
{
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"desk", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_set_pubkey(x, pair);
    assert_true(X509_sign(x, pair, EVP_sha256()) > 0);
    FILE *f = fopen(cert, "we"), *g = fopen(key, "we");
    assert_int_equal(PEM_write_X509(f, x), 1);
    assert_int_equal(PEM_write_PrivateKey(g, pair, NULL, NULL, 0, NULL, NULL), 1);
    (void)fclose(f);
    (void)fclose(g);
    X509_free(x);
    EVP_PKEY_free(pair);
}

static void with_a_certificate_it_is_https(void **state)
{
    (void)state;
    char cert[300], key[300], settings[700], *folder = hl_test_temp();
    static const char get[] = "GET /health HTTP/1.1\r\nHost: desk\r\n\r\n";
    (void)snprintf(cert, sizeof cert, "%s/cert.pem", folder);
    (void)snprintf(key, sizeof key, "%s/key.pem", folder);
    certificate_make(cert, key);
    (void)snprintf(settings, sizeof settings, "{\"port\":0,\"cert\":\"%s\",\"key\":\"%s\"}", cert, key);
    fake_open(settings);
    assert_int_equal(strncmp(hl__gateway_address(fake.driver.d), "https://127.0.0.1:", 18), 0);
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(ctx);
    int fd = dial();
    SSL_set_fd(ssl, fd);
    assert_int_equal(SSL_connect(ssl), 1);
    assert_int_equal(SSL_write(ssl, get, sizeof get - 1), sizeof get - 1);
    int n = SSL_read(ssl, body, sizeof body - 1);
    body[n > 0 ? n : 0] = 0;
    assert_int_equal(strncmp(body, "HTTP/1.1 200", 12), 0);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    (void)close(fd);
    fake_close();
}

/* The engine hands settings over on the control thread; here it is this one, so the loop is not run meanwhile. */
static void new_settings_close_what_listened_and_pages_are_told(void **state)
{
    (void)state;
    fake_open("{\"port\":0}");
    hl__gateway *g = fake.driver.d;
    char before[80];
    (void)snprintf(before, sizeof before, "%s", g->address);
    int fd = ws_hello(HL_GRANT_AGENT);
    hl__loop_stop(fake.loop); /* stop() says farewell, too */
    assert_int_equal(ws_close_code(fd), 4006);
    (void)close(fd);
    assert_string_equal(hl__gateway_address(g), "");
    assert_int_equal(fake.driver.set(fake.driver.d, "{}"), 0);
    assert_int_equal(fake.driver.set(fake.driver.d, "{\"port\":0,\"callers\":true}"), 0);
    assert_string_not_equal(hl__gateway_address(g), "");
    assert_int_equal(fake.driver.set(fake.driver.d, "{\"port\":0,\"bind\":\"::1\"}"), 0);
    hl_test_ok(strncmp(hl__gateway_address(g), "http://[::1]:", 13) == 0, "%s", hl__gateway_address(g));
    assert_int_equal(fake.driver.set(fake.driver.d, "{"), HL_EPARSE);
    assert_int_equal(fake.driver.set(fake.driver.d, "{}"), 0);
    assert_string_equal(hl__gateway_address(g), "");
    fake_close();
}

static void without_memory_requests_fail_and_the_server_goes_on(void **state)
{
    (void)state;
    fake_open("{\"port\":0,\"callers\":true}");
    char key[100];
    (void)snprintf(key, sizeof key, "%s", key_new(HL_GRANT_AGENT));
    int whole = 0;
    for (int n = 1; n < 60; n++) {
        hl__lock(NULL);
        hl_test_mem.fail_at = n;
        hl__unlock(NULL);
        int status = n % 2 ? ask("GET", "/api/tickets?phone=1", key, NULL)
                           : ask("POST", "/api/caller", "", "{\"to\":\"1\"}");
        hl__lock(NULL);
        hl_test_mem.fail_at = 0;
        hl__unlock(NULL);
        whole += status == 200;
        hl_test_ok(status == 200 || status == 503 || status == 400 || status == 401 || status == 404 || status == 0,
                   "%d: %d", n, status);
    }
    assert_true(whole > 20);
    assert_int_equal(ask("GET", "/api/tickets?phone=1", key, NULL), 200);
    fake_close();
}

static void a_taken_port_is_an_error_with_words(void **state)
{
    (void)state;
    char settings[60];
    fake_open("{\"port\":0}");
    const char *colon = strrchr(((hl__gateway *)fake.driver.d)->address, ':');
    (void)snprintf(settings, sizeof settings, "{\"port\":%s}", colon + 1);
    hl__driver second;
    assert_int_equal(hl__gateway_driver(NULL, &second), 0);
    hl__loop *first = fake.loop;
    hl__loop_options opt = { .mem = &hl_test_mem, .log = &fake.log };
    assert_int_equal(hl__loop_new(&opt, &fake.loop), 0);
    assert_int_equal(second.start(second.d, "{}"), 0);
    assert_int_equal(second.set(second.d, settings), HL_EIO);
    assert_non_null(strstr(fake.log_text, "cannot listen at 127.0.0.1:"));
    second.stop(second.d);
    second.end(second.d);
    hl__loop_free(fake.loop);
    fake.loop = first;
    fake_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(health_needs_no_key_and_all_else_does),
        HL_TEST(engine_answers_become_statuses),
        HL_TEST(metrics_are_prometheus_text),
        HL_TEST(a_foreign_origin_is_refused),
        HL_TEST(a_body_over_64_kib_is_413),
        HL_TEST(the_sixth_try_of_a_minute_is_429),
        HL_TEST(callers_get_a_ticket_only_if_allowed),
        HL_TEST(pages_stay_below_their_folder),
        HL_TEST(one_address_has_a_limit_of_connections),
        HL_TEST(a_page_says_hello_and_hears_events),
        HL_TEST(a_page_without_the_protocol_gets_nowhere),
        HL_TEST(a_bad_first_message_is_4002_and_a_bad_ticket_4003),
        HL_TEST(a_message_over_64_kib_is_closed_with_4005),
        HL_TEST(a_slow_reader_is_closed_and_its_session_waits),
        HL_TEST(with_a_certificate_it_is_https),
        HL_TEST(new_settings_close_what_listened_and_pages_are_told),
        HL_TEST(without_memory_requests_fail_and_the_server_goes_on),
        HL_TEST(a_taken_port_is_an_error_with_words),
    };
    return HL_TEST_MAIN(tests);
}
