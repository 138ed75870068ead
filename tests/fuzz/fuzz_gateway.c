/* fuzz_gateway.c - what comes from outside: messages of pages in any order with time passing, queries, paths, files.
 *
 * An input is lines. The first letter says what: n a new socket, 0-7 choose one, f a message ($T a fresh ticket of an
 * agent, $C a caller's, $K the last token seen), c the socket breaks, p time passes, e an event, r the engine answers
 * the oldest question, R it refuses, q a query, h a path, o an origin, l a password file, s settings, x it closes. */
#include "gateway/gateway.h"
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#define LINKS 8
#define S ((hl_time)HL__SECOND)

struct asked { hl_id session; int64_t id; };
static hl__mem mem;
static struct world {
    hl__grants grants;
    hl__seats seats;
    hl__link *link[LINKS];
    struct asked asked[64];
    uint32_t count, at;
    hl_id last;
    hl_time now;
    uint64_t chance;
    char token[64];
} *w;

static hl_id up_id(void *ctx)
{
    (void)ctx;
    return HL__ID(++w->last, HL_KIND_PART);
}

static void up_op(void *ctx, hl_id session, int64_t id, int op, const char *json, size_t len)
{
    (void)ctx;
    if (op <= 0 || op >= HL__DO_END || len < 2 || !session || json[len - 1] == 0) abort();
    if (id && w->count < 64) w->asked[w->count++] = (struct asked){ session, id };
}

static void up_random(void *ctx, void *out, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) ((uint8_t *)out)[i] = (uint8_t)((w->chance += 0x9e3779b97f4a7c15) >> 56);
}

static void up_mail(void *ctx, hl__link *k)
{
    (void)ctx;
    if (!k->of) abort();
}

static const char *ticket(uint32_t role, char secret[HL__SECRET])
{
    uint8_t random[16];
    up_random(NULL, random, sizeof random);
    hl_grant g = { .size = sizeof g, .role = role, .agent = role == HL_GRANT_AGENT ? 82 : 0, .subject = "a" };
    secret[0] = 0;
    (void)hl__grant_add(&w->grants, w->now, &g, random, secret);
    return secret;
}

static void token_note(const char *text, size_t len)
{
    static const char key[] = "\"token\":\"";
    const char *at = len ? memmem(text, len, key, sizeof key - 1) : NULL;
    if (at && len - (size_t)(at - text) > 60) (void)snprintf(w->token, sizeof w->token, "%.*s",
        (int)strcspn(at + sizeof key - 1, "\""), at + sizeof key - 1);
}

static void listen_to(hl__link *k)
{
    const char *text = NULL;
    size_t len = 0;
    for (int what; (what = hl__link_take(k, &text, &len)) != HL__SAY_NOTHING && what != HL__SAY_CLOSE;)
        if (what == HL__SAY_TEXT) token_note(text, len);
}

static void message(hl__link *k, const char *line, size_t len)
{
    char secret[HL__SECRET];
    hl__buf b;
    hl__err err = { 0 };
    hl__buf_init(&b, &mem);
    for (size_t i = 0; i < len; i++) {
        if (line[i] != '$' || i + 1 == len) hl__buf_char(&b, line[i]);
        else if (line[++i] == 'T') hl__buf_str(&b, ticket(HL_GRANT_AGENT, secret));
        else if (line[i] == 'C') hl__buf_str(&b, ticket(HL_GRANT_CALLER, secret));
        else if (line[i] == 'K') hl__buf_str(&b, w->token);
    }
    (void)hl__link_feed(k, w->now, b.data ? b.data : "", b.len, &err);
    hl__buf_free(&b);
}

static void pass(hl_time by)
{
    hl_time to = w->now + by;
    for (hl_time due; (due = hl__seats_due(&w->seats)) <= to;) {
        w->now = due > w->now ? due : w->now;
        hl__seats_step(&w->seats, w->now);
    }
    w->now = to;
    hl__seats_step(&w->seats, to);
}

static void pure(char what, const char *line, size_t len)
{
    hl__buf b;
    hl__err err = { 0 };
    hl__route route;
    char text[600];
    hl__buf_init(&b, &mem);
    (void)snprintf(text, sizeof text, "%.*s", len > 599 ? 599 : (int)len, line);
    hl__route_find(1 + (int)(len % 5), text, &route);
    if (what == 'q') {
        route = (hl__route){ .op = HL__DO_TICKET_LIST };
        if (hl__query_json(&b, &route, text, &err) == 0) {
            hl__json *j = hl__json_read(b.data, b.len, &err);
            if (j && hl__json_type(j) != HL__JOBJECT) abort();
            hl__json_free(j);
        }
    } else if (what == 'h' && hl__page_path(&b, "/proc/self", text) == 0 && !strstr(b.data, "/proc/self/")) {
        abort();
    } else if (what == 'o') {
        (void)hl__origin_ok(text, "desk", NULL, 0);
    }
    hl__buf_free(&b);
}

static void documents(char what, const char *line, size_t len)
{
    hl__err err = { 0 };
    if (what == 'l') {
        hl__logins l;
        hl__logins_init(&l, &mem);
        (void)hl__logins_read(&l, line, len, &err);
        hl__logins_free(&l);
        return;
    }
    hl__json *j = hl__json_read(line, len, &err);
    if (!j) return;
    hl__findings f;
    hl__gateway_config *c = NULL;
    hl__findings_init(&f, &mem);
    hl__gateway_check(NULL, "", j, NULL, &f, NULL);
    if (!f.errors && hl__json_type(j) == HL__JOBJECT && hl__gateway_read(&mem, j, &c) == 0)
        hl__gateway_config_free(&mem, c);
    hl__findings_free(&f);
    hl__json_free(j);
}

static void engine_answers(int code)
{
    if (w->at == w->count) return;
    struct asked a = w->asked[w->at++];
    hl__seat_reply(&w->seats, a.session, a.id, code, code < 0 ? "no" : "{\"calls\":[]}", code < 0 ? 2 : 12);
    if (w->at == w->count) w->at = w->count = 0;
}

static void check(void)
{
    uint32_t pos = 0;
    for (hl__seat *s; (s = hl__map_at(&w->seats.by_id, &pos)) != NULL;) {
        if (s->link && (s->link->session != s || s->state == HL_SESSION_RESUMABLE)) abort();
        if (s->state == HL_SESSION_GONE || s->oldest < 1 || s->oldest > s->seq + 1) abort();
        if (s->state == HL_SESSION_RESUMABLE && !hl__timer_is_set(&s->timer)) abort();
    }
    for (hl__link *k = w->seats.links; k; k = k->next)
        if ((k->session && k->session->link != k) || k->queued > HL__QUEUE_MAX + HL__MESSAGE_MAX) abort();
}

static void socket_run(hl__link **k, char what, const char *line, size_t len)
{
    if (what == 'n') {
        if (!*k && hl__link_new(&w->seats, w->now, "192.0.2.1", "x", k) == 0) (*k)->pings = len % 2 == 0;
    } else if (*k && what == 'f') {
        message(*k, line, len);
        listen_to(*k);
    } else if (*k) {
        hl__link_cut(*k, w->now);
        *k = NULL;
    }
}

static void line_run(uint32_t *chosen, char what, const char *line, size_t len)
{
    hl__link **k = &w->link[*chosen];
    uint32_t pos = 0;
    hl__seat *s = hl__map_at(&w->seats.by_id, &pos);
    if (what >= '0' && what < '0' + LINKS) *chosen = (uint32_t)(what - '0');
    else if (what == 'n' || what == 'f' || what == 'c') socket_run(k, what, line, len);
    else if (what == 'p') pass((hl_time)(len * len) * S / 4);
    else if (what == 'e' && s) hl__seat_push(&w->seats, s->id, "{\"ev\":\"app\"}", 12);
    else if (what == 'r' || what == 'R') engine_answers(what == 'R' ? HL_ESTATE : 0);
    else if (what == 'x' && s) hl__seat_end(&w->seats, s->id, 4010, "x", len % 2);
    else if (what == 'l' || what == 's') documents(what, line, len);
    else pure(what, line, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const hl__seats_up up = { .id = up_id, .op = up_op, .random = up_random, .mail = up_mail };
    static struct world world;
    const char *p = (const char *)data, *end = p + size;
    uint32_t chosen = 0;
    w = &world;
    memset(w, 0, sizeof *w);
    w->now = 1000 * S;
    hl__grants_init(&w->grants, &mem);
    (void)hl__seats_init(&w->seats, &mem, NULL, &w->grants, &up);
    for (int lines = 0; p < end && lines < 400; lines++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        if (!stop) stop = end;
        if (stop > p) line_run(&chosen, *p, p + 1, (size_t)(stop - p - 1));
        check();
        p = stop + 1;
    }
    hl__seats_stop(&w->seats);
    check();
    hl__seats_free(&w->seats);
    hl__grants_free(&w->grants);
    if (mem.used || mem.blocks) abort();
    return 0;
}
