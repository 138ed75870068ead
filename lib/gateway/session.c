/* session.c - signed-in pages: a table of states, tokens, numbered events, operations answered once.
 *
 *     (hello) --> NEW --OPENED--> READY <--TOKEN-- RESUMABLE --EXPIRED--> gone
 *                                   '--CUT, MISSED, SLOW--^
 *
 * A session without a link hears its events all the same: they wait for the resume. GONE is not kept: it is freed. */
#include "gateway/gateway.h"
#include <stdio.h>
#include <string.h>

/* Numbers of the questions to the engine that are the session's own; a page's are above 0. */
enum { ASK_OPEN = -1, ASK_BACK = -2, ASK_NOTHING = -3 };
#define TAKEOVER_US ((hl_time)60 * HL__SECOND)

typedef void action_fn(hl__seat *s, int code, const char *why);
static action_fn greet, away, back, leave;
static const struct move { int8_t state, on, next; action_fn *act; } moves[] = {
    /* state             stimulus          next                  action */
    { HL_SESSION_NEW,       HL__ON_OPENED,  HL_SESSION_READY,     greet },
    { HL_SESSION_NEW,       HL__ON_CUT,     HL_SESSION_GONE,      leave },
    { HL_SESSION_NEW,       HL__ON_TAKEN,   HL_SESSION_GONE,      leave },
    { HL_SESSION_NEW,       HL__ON_CLOSED,  HL_SESSION_GONE,      leave },
    { HL_SESSION_NEW,       HL__ON_SLOW,    HL_SESSION_GONE,      leave },
    { HL_SESSION_READY,     HL__ON_CUT,     HL_SESSION_RESUMABLE, away },
    { HL_SESSION_READY,     HL__ON_MISSED,  HL_SESSION_RESUMABLE, away },
    { HL_SESSION_READY,     HL__ON_SLOW,    HL_SESSION_RESUMABLE, away },
    { HL_SESSION_READY,     HL__ON_TOKEN,   HL_SESSION_READY,     back },
    { HL_SESSION_READY,     HL__ON_TAKEN,   HL_SESSION_GONE,      leave },
    { HL_SESSION_READY,     HL__ON_STOLEN,  HL_SESSION_GONE,      leave },
    { HL_SESSION_READY,     HL__ON_BYE,     HL_SESSION_GONE,      leave },
    { HL_SESSION_READY,     HL__ON_CLOSED,  HL_SESSION_GONE,      leave },
    { HL_SESSION_RESUMABLE, HL__ON_TOKEN,   HL_SESSION_READY,     back },
    { HL_SESSION_RESUMABLE, HL__ON_EXPIRED, HL_SESSION_GONE,      leave },
    { HL_SESSION_RESUMABLE, HL__ON_TAKEN,   HL_SESSION_GONE,      leave },
    { HL_SESSION_RESUMABLE, HL__ON_STOLEN,  HL_SESSION_GONE,      leave },
    { HL_SESSION_RESUMABLE, HL__ON_CLOSED,  HL_SESSION_GONE,      leave },
};

static void ask(hl__seat *s, int64_t id, int op, const char *json)
{
    s->of->up.op(s->of->up.ctx, s->id, id, op, json, strlen(json));
}

static void session_free(hl__seat *s)
{
    hl__seats *ss = s->of;
    hl__timer_drop(&ss->wheel, &s->timer);
    (void)hl__map_del(&ss->by_id, s->id);
    if (s->agent && hl__map_get(&ss->by_agent, s->agent) == s) (void)hl__map_del(&ss->by_agent, s->agent);
    for (size_t i = 0; i < HL__EVENTS_KEPT; i++) hl__free(ss->mem, s->event[i]);
    for (uint32_t i = 0; i < s->replies; i++) hl__free(ss->mem, s->reply[i].text);
    hl__free(ss->mem, s->subject);
    hl__free(ss->mem, s);
}

int hl__seat_on(hl__seat *s, int stimulus, int code, const char *why)
{
    for (size_t i = 0; i < HL__COUNT(moves); i++) {
        const struct move *m = &moves[i];
        if (m->state != s->state || m->on != stimulus) continue;
        s->state = m->next;
        m->act(s, code, why);
        if (m->next == HL_SESSION_GONE) session_free(s);
        return m->next;
    }
    return HL_ESTATE;
}

/* The link goes its way: it says what it still has to say, then closes. */
static void unlink_link(hl__seat *s, int code, const char *why)
{
    hl__link *k = s->link;
    if (!k) return;
    s->link = NULL;
    k->session = NULL;
    if (code) hl__link_close(k, code, why);
}

static void expired(void *ctx, hl__timer *t)
{
    (void)t;
    (void)hl__seat_on(ctx, HL__ON_EXPIRED, 0, "not resumed");
}

static void away(hl__seat *s, int code, const char *why)
{
    unlink_link(s, code, why);
    s->greeted = false;
    s->of->slow += code == HL__CLOSE_LIMIT;
    s->timer.fire = expired;
    s->timer.ctx = s;
    hl__timer_set(&s->of->wheel, &s->timer, s->of->now + s->of->resume_us);
    ask(s, ASK_NOTHING, HL__DO_SESSION_CUT, "{}");
}

static void back(hl__seat *s, int code, const char *why)
{
    (void)code;
    (void)why;
    hl__timer_drop(&s->of->wheel, &s->timer);
    s->greeted = false;
    s->resumed = true;
    s->of->resumed++;
    ask(s, ASK_BACK, HL__DO_SESSION_BACK, "{}");
}

static void leave(hl__seat *s, int code, const char *why)
{
    unlink_link(s, code, why);
    ask(s, ASK_NOTHING, HL__DO_SESSION_GONE, "{}");
}

/* Tokens: "<session>.<secret>". */
static int token_make(hl__seat *s, char *out, size_t room)
{
    uint8_t random[16], hash[32];
    char secret[HL__SECRET];
    s->of->up.random(s->of->up.ctx, random, sizeof random);
    hl__hex(random, sizeof random, secret);
    int r = hl__sha256(secret, sizeof secret - 1, hash);
    if (r < 0) return r;
    memcpy(s->token[0], hash, 32);
    (void)snprintf(out, room, "%lld.%s", (long long)s->id, secret);
    return 0;
}

static void token_spend(hl__seat *s, uint8_t hash[32])
{
    static const uint8_t none[32];
    if (memcmp(hash, none, 32) == 0) return;
    memcpy(s->spent[s->spent_count++ % HL__COUNT(s->spent)], hash, 32);
    memset(hash, 0, 32);
}

/* Which token this is: 0 the newest, 1 the one before, 2 one that was given up for a newer one; -1: none. */
static int token_which(const hl__seat *s, const char *secret)
{
    uint8_t hash[32];
    if (strlen(secret) != HL__SECRET - 1 || hl__sha256(secret, HL__SECRET - 1, hash) < 0) return -1;
    for (int i = 0; i < 2; i++)
        if (hl__equal(hash, s->token[i], 32)) return i;
    for (size_t i = 0; i < HL__COUNT(s->spent); i++)
        if (i < s->spent_count && hl__equal(hash, s->spent[i], 32)) return 2;
    return -1;
}

/* The used token stays good until the page says that it has the new one. */
static void token_turn(hl__seat *s, int which)
{
    token_spend(s, s->token[1 - which]);
    if (which == 0) memcpy(s->token[1], s->token[0], 32);
    memset(s->token[0], 0, 32);
}

/* Events. */
void hl__seat_ack(hl__seat *s, hl_seq seq)
{
    if (seq > s->seq) seq = s->seq;
    for (; s->oldest <= seq; s->oldest++) {
        char **slot = &s->event[s->oldest % HL__EVENTS_KEPT];
        hl__free(s->of->mem, *slot);
        *slot = NULL;
    }
    if (s->greeted) token_spend(s, s->token[1]);
}

static void event_keep(hl__seat *s, char *text)
{
    char **slot = &s->event[s->seq % HL__EVENTS_KEPT];
    hl__free(s->of->mem, *slot);
    *slot = text;
    if (s->oldest <= s->seq - HL__EVENTS_KEPT) s->oldest = s->seq - HL__EVENTS_KEPT + 1;
    if (!text) s->oldest = s->seq + 1; /* no memory: a resume from before gets the whole state */
}

void hl__seat_push(hl__seats *ss, hl_id id, const char *json, size_t len)
{
    hl__seat *s = hl__map_get(&ss->by_id, id);
    hl__buf b;
    if (!s || len < 2 || json[0] != '{') return;
    hl__buf_init(&b, ss->mem);
    hl__buf_fmt(&b, "{\"seq\":%lld%s", (long long)++s->seq, len > 2 ? "," : "");
    hl__buf_add(&b, json + 1, len - 1);
    size_t whole = b.len;
    char *text = b.failed ? NULL : hl__strndup(ss->mem, b.data, b.len);
    hl__buf_free(&b);
    event_keep(s, text);
    if (!s->link || !s->greeted) return;
    if (text) hl__link_say(s->link, text, whole);
    else (void)hl__seat_on(s, HL__ON_SLOW, HL__CLOSE_LIMIT, "out of memory");
}

/* Replies. The place of a number in the list, or -1. */
static int reply_find(const hl__seat *s, int64_t id)
{
    for (uint32_t i = 0; i < s->replies; i++)
        if (s->reply[i].id == id) return (int)i;
    return -1;
}

static void reply_drop(hl__seat *s, uint32_t at)
{
    hl__free(s->of->mem, s->reply[at].text);
    s->replies--;
    memmove(&s->reply[at], &s->reply[at + 1], (s->replies - at) * sizeof s->reply[0]);
}

/* A place for one more: the oldest answered one goes. False: all wait for the engine. */
static bool reply_begin(hl__seat *s, int64_t id)
{
    for (uint32_t i = 0; i < s->replies && s->replies == HL__REPLIES_KEPT; i++)
        if (!s->reply[i].waits) reply_drop(s, i);
    if (s->replies == HL__REPLIES_KEPT) return false;
    s->reply[s->replies++] = (hl__told){ .id = id, .waits = true };
    return true;
}

static void say(hl__seat *s, const char *text, size_t len)
{
    if (s->link && s->greeted) hl__link_say(s->link, text, len);
}

/* Writes an answer, remembers it where one is awaited, says it. */
static void answer(hl__seat *s, int64_t id, int code, const char *json, size_t len)
{
    hl__buf b;
    hl__buf_init(&b, s->of->mem);
    hl__answer(&b, &id, code, json, len);
    int at = reply_find(s, id);
    char *text = b.failed ? NULL : hl__strndup(s->of->mem, b.data, b.len);
    if (at >= 0) {
        hl__free(s->of->mem, s->reply[at].text);
        s->reply[at] = (hl__told){ .id = id, .text = text, .len = text ? b.len : 0 };
        if (text) say(s, text, b.len);
    } else if (text) {
        say(s, text, b.len);
        hl__free(s->of->mem, text);
    }
    hl__buf_free(&b);
}

static void refuse(hl__seat *s, int64_t id, int code, const char *words)
{
    answer(s, id, code, words, strlen(words));
}

/* Hello's answer, and the events from before it. */
static void hello_write(hl__seat *s, const char *token, const char *state, size_t len, bool replay)
{
    hl__seats *ss = s->of;
    hl__buf more, b;
    hl__buf_init(&more, ss->mem);
    hl__buf_init(&b, ss->mem);
    hl__buf_fmt(&more, "{\"session\":%lld,\"token\":\"%s\",\"role\":\"%s\"", (long long)s->id, token,
                hl__role_name(s->role));
    hl__buf_fmt(&more, ",\"resumed\":%s,\"replay\":%s,\"seq\":%lld", s->resumed ? "true" : "false",
                replay ? "true" : "false", (long long)(replay ? s->asked : s->seq));
    hl__buf_fmt(&more, ",\"ping_s\":%lld,\"resume_s\":%lld", (long long)(ss->ping_us / HL__SECOND),
                (long long)(ss->resume_us / HL__SECOND));
    hl__buf_str(&more, ",\"ice\":[],\"state\":");
    if (len && state[0] == '{') hl__buf_add(&more, state, len);
    else hl__buf_str(&more, "{}");
    hl__buf_char(&more, '}');
    if (!more.failed) hl__answer(&b, &s->hello, 0, more.data, more.len);
    if (b.failed || more.failed) hl__link_close(s->link, HL__CLOSE_LIMIT, "out of memory");
    else hl__link_say(s->link, b.data, b.len);
    hl__buf_free(&more);
    hl__buf_free(&b);
}

static void greeting(hl__seat *s, const char *state, size_t len)
{
    char token[64];
    if (!s->link) return;
    bool replay = s->asked + 1 >= s->oldest && s->asked <= s->seq;
    if (token_make(s, token, sizeof token) < 0) {
        hl__link_close(s->link, HL__CLOSE_LIMIT, "out of memory");
        return;
    }
    hello_write(s, token, state, len, replay);
    s->greeted = true;
    for (hl_seq i = s->asked + 1; replay && s->link && i <= s->seq; i++) {
        const char *text = s->event[i % HL__EVENTS_KEPT];
        if (text) hl__link_say(s->link, text, strlen(text));
    }
}

/* why: the engine's reply to session.open; code: its length. */
static void greet(hl__seat *s, int code, const char *why)
{
    s->of->opened++;
    greeting(s, why, (size_t)code);
}

static void open_answered(hl__seat *s, int code, const char *json, size_t len)
{
    if (code >= 0) {
        (void)hl__seat_on(s, HL__ON_OPENED, (int)len, json);
        return;
    }
    if (s->link) {
        s->greeted = true; /* so that the refusal is said */
        answer(s, s->hello, code, json, len);
    }
    s->of->refused++;
    unlink_link(s, HL__CLOSE_REFUSED, "refused");
    session_free(s); /* the engine never had it */
}

void hl__seat_reply(hl__seats *ss, hl_id id, int64_t re, int code, const char *json, size_t len)
{
    hl__seat *s = hl__map_get(&ss->by_id, id);
    if (!s) return;
    if (re == ASK_OPEN && s->state == HL_SESSION_NEW) open_answered(s, code, json, len);
    else if (re == ASK_BACK && s->state == HL_SESSION_READY && !s->greeted) greeting(s, json, code < 0 ? 0 : len);
    else if (re > 0 && reply_find(s, re) >= 0) answer(s, re, code, json, len);
}

/* A message of a page that is signed in. */
static void own_op(hl__seat *s, const char *name, int64_t id)
{
    char now[40];
    if (strcmp(name, "stats") == 0) {
        int n = snprintf(now, sizeof now, "{\"now\":%lld}", (long long)s->of->now);
        answer(s, id, 0, now, (size_t)n);
        return;
    }
    answer(s, id, 0, NULL, 0);
    (void)hl__seat_on(s, HL__ON_BYE, HL__CLOSE_BYE, "bye");
}

static bool repeated(hl__seat *s, int64_t id)
{
    int at = reply_find(s, id);
    if (at >= 0) {
        if (!s->reply[at].waits && s->reply[at].text) say(s, s->reply[at].text, s->reply[at].len);
        return true;
    }
    if (id > s->highest) return false;
    refuse(s, id, HL_ECONFLICT, "this number was used before and its answer is no longer kept");
    return true;
}

void hl__seat_hear(hl__seat *s, const hl__json *msg, const char *text, size_t len)
{
    const hl__json *seq = hl__json_get(msg, "ack");
    int64_t id = hl__json_int(hl__json_get(msg, "id"));
    const char *name = hl__json_text(hl__json_get(msg, "op"));
    hl__err err = { 0 };
    int op = 0, r;
    if (seq && !name) {
        hl__seat_ack(s, hl__json_int(seq));
        return;
    }
    if (id < 1) {
        refuse(s, 0, HL_EINVAL, "an operation has an \"id\", a whole number from 1 up");
        return;
    }
    if (repeated(s, id)) return;
    s->highest = id;
    if (name && (strcmp(name, "stats") == 0 || strcmp(name, "bye") == 0)) {
        own_op(s, name, id);
        return;
    }
    if (name && strcmp(name, "hello") == 0) {
        refuse(s, id, HL_ESTATE, "hello was said");
        return;
    }
    if ((r = hl__op_check(msg, s->role, &op, &err)) < 0) refuse(s, id, r, err.words);
    else if (!reply_begin(s, id)) refuse(s, id, HL_ELIMIT, "too many operations wait for their answers");
    else s->of->up.op(s->of->up.ctx, s->id, id, op, text, len);
}

/* Hello. */
static void link_join(hl__link *k, hl__seat *s, int64_t hello)
{
    if (s->link) unlink_link(s, HL__CLOSE_TAKEN, "resumed elsewhere");
    s->link = k;
    k->session = s;
    s->hello = hello;
    s->heard = s->of->now;
}

static int open_json(hl__buf *b, const hl__grant *g)
{
    hl__buf_fmt(b, "{\"role\":%u", g->role);
    if (g->agent) hl__buf_fmt(b, ",\"agent\":%lld", (long long)g->agent);
    if (g->queue) hl__buf_fmt(b, ",\"queue\":%lld", (long long)g->queue);
    const struct { const char *key, *text; } texts[] = { { "subject", g->subject }, { "number", g->number },
        { "lang", g->lang } };
    for (size_t i = 0; i < HL__COUNT(texts); i++) {
        if (!texts[i].text) continue;
        hl__buf_fmt(b, ",\"%s\":", texts[i].key);
        hl__buf_json(b, texts[i].text);
    }
    if (g->data) hl__buf_fmt(b, ",\"data\":%s", g->data);
    hl__buf_char(b, '}');
    return b->failed ? HL_ENOMEM : 0;
}

static int session_new(hl__seats *ss, const hl__grant *g, hl__seat **out)
{
    hl__seat *s = hl__alloc(ss->mem, sizeof *s);
    if (!s) return HL_ENOMEM;
    s->of = ss;
    s->role = g->role;
    s->agent = g->agent;
    s->since = ss->now;
    s->oldest = 1;
    s->id = ss->up.id(ss->up.ctx);
    s->subject = hl__strdup(ss->mem, g->subject ? g->subject : "");
    if (!s->subject || hl__map_put(&ss->by_id, s->id, s) < 0) {
        hl__free(ss->mem, s->subject);
        hl__free(ss->mem, s);
        return HL_ENOMEM;
    }
    if (s->agent && hl__map_put(&ss->by_agent, s->agent, s) < 0) {
        session_free(s);
        return HL_ENOMEM;
    }
    *out = s;
    return 0;
}

static int hello_ticket(hl__link *k, const char *ticket, bool takeover, int64_t id, hl__err *err)
{
    hl__seats *ss = k->of;
    hl__buf b;
    hl__grant *g = hl__grant_find(ss->grants, ss->now, ticket);
    if (!g || g->role == HL_GRANT_METRICS) return hl__fail(err, HL_EDENIED, "ticket unknown, used or over");
    hl__seat *old = g->agent ? hl__map_get(&ss->by_agent, g->agent) : NULL, *s;
    if (old && old->state != HL_SESSION_RESUMABLE && !takeover) {
        if (g->until < ss->now + TAKEOVER_US) g->until = ss->now + TAKEOVER_US; /* time to decide */
        return hl__fail(err, HL_ECONFLICT, "this agent has a page open elsewhere");
    }
    if (ss->by_id.live >= ss->max) return hl__fail(err, HL_ELIMIT, "too many pages");
    hl__buf_init(&b, ss->mem);
    int r = open_json(&b, g);
    if (r == 0) r = session_new(ss, g, &s);
    if (r == 0) {
        s->highest = id;
        link_join(k, s, id);
        hl__grant_use(ss->grants, g);
        ask(s, ASK_OPEN, HL__DO_SESSION_OPEN, b.data);
        if (old) {
            ss->taken++;
            (void)hl__seat_on(old, HL__ON_TAKEN, HL__CLOSE_TAKEN, "opened elsewhere");
        }
    }
    hl__buf_free(&b);
    return r < 0 ? hl__fail(err, r, "out of memory") : 0;
}

static int hello_token(hl__link *k, const char *token, hl_seq last, int64_t id, hl__err *err)
{
    hl__seats *ss = k->of;
    const char *dot = strchr(token, '.');
    int64_t number;
    if (!dot || !hl__int_parse(token, (size_t)(dot - token), &number)) number = 0;
    hl__seat *s = hl__map_get(&ss->by_id, number);
    int which = s && s->state != HL_SESSION_NEW ? token_which(s, dot + 1) : -1;
    if (which < 0) return hl__fail(err, HL_EDENIED, "token unknown, or its session is over");
    if (which == 2) {
        ss->stolen++;
        hl__log(ss->log, HL_LOG_WARN, "gateway: session %lld of %s: an old token was used again, from %s",
                (long long)s->id, s->subject, k->address);
        (void)hl__seat_on(s, HL__ON_STOLEN, HL__CLOSE_STOLEN, "an old token was used again");
        return hl__fail(err, HL_EFENCED, "an old token was used again");
    }
    token_turn(s, which);
    s->asked = last;
    link_join(k, s, id);
    (void)hl__seat_on(s, HL__ON_TOKEN, 0, NULL); /* READY and RESUMABLE both have it */
    return 0;
}

int hl__seat_hello(hl__link *k, const hl__json *msg, hl__err *err)
{
    const char *op = hl__json_text(hl__json_get(msg, "op"));
    const char *ticket = hl__json_text(hl__json_get(msg, "ticket"));
    const char *token = hl__json_text(hl__json_get(msg, "token"));
    int64_t id = hl__json_int(hl__json_get(msg, "id"));
    if (!op || strcmp(op, "hello") != 0 || id < 1 || (!ticket && !token))
        return hl__fail(err, HL_EINVAL, "the first message is {\"id\":1,\"op\":\"hello\",\"ticket\":...}");
    if (ticket) return hello_ticket(k, ticket, hl__json_true(hl__json_get(msg, "takeover")), id, err);
    return hello_token(k, token, hl__json_int(hl__json_get(msg, "last")), id, err);
}

hl__seat *hl__seat_find(hl__seats *ss, hl_id id)
{
    return hl__map_get(&ss->by_id, id);
}

hl__seat *hl__seat_after(hl__seats *ss, hl_id after, hl_id agent)
{
    uint32_t pos = 0;
    hl__seat *best = NULL;
    for (hl__seat *s; (s = hl__map_at(&ss->by_id, &pos)) != NULL;)
        if (s->id > after && (!agent || s->agent == agent) && (!best || s->id < best->id)) best = s;
    return best;
}

void hl__seat_end(hl__seats *ss, hl_id id, int code, const char *why, bool tell)
{
    hl__seat *s = hl__map_get(&ss->by_id, id);
    if (!s) return;
    if (tell) {
        (void)hl__seat_on(s, HL__ON_CLOSED, code, why); /* every state has it */
        return;
    }
    unlink_link(s, code, why);
    session_free(s);
}
