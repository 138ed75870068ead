/* test_session.c - pages in virtual time: every row of the table, tokens, replays, repeated numbers, slow readers. */
#include "hl_test.h"
#include "gateway/gateway.h"

#define S ((hl_time)HL__SECOND)
#define AGENT HL__ID(5, HL_KIND_AGENT)

struct asked { hl_id session; int64_t id; int op; char json[300]; };
static struct world {
    hl__grants grants;
    hl__seats seats;
    struct asked asked[400];
    int count, mails;
    hl_id last;
    hl_time now;
    uint8_t chance;
    hl__link *second;
} w;

static hl_id up_id(void *ctx)
{
    (void)ctx;
    return HL__ID(++w.last, HL_KIND_PART);
}
static void up_op(void *ctx, hl_id session, int64_t id, int op, const char *json, size_t len)
{
    (void)ctx;
    assert_true(w.count < (int)HL__COUNT(w.asked));
    struct asked *a = &w.asked[w.count++];
    *a = (struct asked){ .session = session, .id = id, .op = op };
    (void)snprintf(a->json, sizeof a->json, "%.*s", (int)len, json);
}
static void up_random(void *ctx, void *out, size_t len)
{
    (void)ctx;
    memset(out, ++w.chance, len);
}
static void up_mail(void *ctx, hl__link *k)
{
    (void)ctx;
    (void)k;
    w.mails++;
}

static void world_open(void)
{
    static const hl__seats_up up = { .id = up_id, .op = up_op, .random = up_random, .mail = up_mail };
    memset(&w, 0, sizeof w);
    w.now = 1000 * S;
    hl__grants_init(&w.grants, &hl_test_mem);
    assert_int_equal(hl__seats_init(&w.seats, &hl_test_mem, NULL, &w.grants, &up), 0);
    hl__seats_step(&w.seats, w.now);
}

static void world_close(void)
{
    hl__seats_free(&w.seats);
    hl__grants_free(&w.grants);
}

static void pass(hl_time by)
{
    hl_time to = w.now + by;
    for (hl_time due; (due = hl__seats_due(&w.seats)) <= to;) {
        if (due > w.now) w.now = due;
        hl__seats_step(&w.seats, w.now);
    }
    w.now = to;
    hl__seats_step(&w.seats, w.now);
}

static const char *ticket(uint32_t role, hl_id agent)
{
    static char secret[HL__SECRET];
    uint8_t random[16];
    memset(random, ++w.chance, sizeof random);
    hl_grant g = { .size = sizeof g, .role = role, .agent = agent, .subject = "anna", .data = "{\"a\":1}",
        .lang = "zh" };
    assert_int_equal(hl__grant_check(&g, NULL), 0);
    assert_int_equal(hl__grant_add(&w.grants, w.now, &g, random, secret), 0);
    return secret;
}

static hl__link *link_new(void)
{
    hl__link *k = NULL;
    assert_int_equal(hl__link_new(&w.seats, w.now, "192.0.2.7", "Firefox", &k), 0);
    k->pings = true;
    return k;
}

static int feed(hl__link *k, const char *fmt, ...)
{
    char text[1000];
    hl__err err = { 0 };
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return hl__link_feed(k, w.now, text, (size_t)len, &err);
}

/* What the link says next; "" nothing, "PING", "CLOSE 4001 why". */
static char text_said[70000];
__attribute__((returns_nonnull)) static const char *said(hl__link *k)
{
    char *text = text_said;
    const char *what = "";
    size_t len = 0;
    switch (hl__link_take(k, &what, &len)) {
    case HL__SAY_TEXT: (void)snprintf(text, sizeof text_said, "%.*s", (int)len, what); break;
    case HL__SAY_PING: return "PING";
    case HL__SAY_CLOSE: (void)snprintf(text, sizeof text_said, "CLOSE %d %s", k->close_code, what); break;
    default: return "";
    }
    return text;
}

static hl__link *signed_in(uint32_t role, hl_id agent)
{
    hl__link *k = link_new();
    assert_int_equal(feed(k, "{\"id\":1,\"op\":\"hello\",\"ticket\":\"%s\"}", ticket(role, agent)), 0);
    assert_non_null(k->session);
    hl__seat_reply(&w.seats, k->session->id, -1, 0, "{\"now\":5}", 9);
    hl_test_ok(strstr(said(k), "\"re\":1,\"ok\":true") != NULL, "hello is answered");
    return k;
}

static char token[64];
static const char *token_of(const char *text)
{
    const char *at = strstr(text, "\"token\":\"");
    hl_test_ok(at != NULL, "a token in %s", text);
    (void)snprintf(token, sizeof token, "%.*s", (int)strcspn(at + 9, "\""), at + 9);
    return token;
}

/* A page that has signed in and whose token is in `token`. */
static hl__link *with_token(hl_id agent)
{
    hl__link *k = link_new();
    assert_int_equal(feed(k, "{\"id\":1,\"op\":\"hello\",\"ticket\":\"%s\"}", ticket(HL_GRANT_AGENT, agent)), 0);
    hl__seat_reply(&w.seats, k->session->id, -1, 0, "{}", 2);
    (void)token_of(said(k));
    return k;
}

static hl__link *resume(const char *with, int last, int answer)
{
    hl__link *k = link_new();
    (void)feed(k, "{\"id\":50,\"op\":\"hello\",\"token\":\"%s\",\"last\":%d}", with, last);
    if (answer && k->session) hl__seat_reply(&w.seats, k->session->id, -2, 0, "{\"calls\":[]}", 12);
    return k;
}

static void hello_opens_a_session_with_what_the_ticket_says(void **state)
{
    (void)state;
    world_open();
    hl__link *k = link_new();
    const char *secret = ticket(HL_GRANT_AGENT, AGENT);
    assert_int_equal(feed(k, "{\"id\":3,\"op\":\"hello\",\"ticket\":\"%s\"}", secret), 0);
    assert_int_equal(w.asked[0].op, HL__DO_SESSION_OPEN);
    assert_string_equal(w.asked[0].json, "{\"role\":2,\"agent\":82,\"subject\":\"anna\",\"lang\":\"zh\","
        "\"data\":{\"a\":1}}");
    assert_int_equal(k->session->state, HL_SESSION_NEW);
    assert_string_equal(said(k), "");
    hl__seat_reply(&w.seats, k->session->id, -1, 0, "{\"now\":5}", 9);
    assert_int_equal(k->session->state, HL_SESSION_READY);
    const char *text = said(k);
    hl_test_ok(strstr(text, "{\"re\":3,\"ok\":true,\"session\":30,\"token\":\"30.") == text, "%s", text);
    hl_test_ok(strstr(text, "\"role\":\"agent\",\"resumed\":false,\"replay\":true,\"seq\":0,\"ping_s\":5,"
        "\"resume_s\":120,\"ice\":[],\"state\":{\"now\":5}}") != NULL, "%s", text);
    assert_null(hl__grant_find(&w.grants, w.now, secret));
    world_close();
}

static void no_hello_within_5_s_is_4002(void **state)
{
    (void)state;
    world_open();
    hl__link *k = link_new();
    pass(5 * S - 1);
    assert_string_equal(said(k), "");
    pass(1);
    assert_string_equal(said(k), "CLOSE 4002 no hello within 5 s");
    assert_int_equal(feed(k, "{\"id\":1,\"op\":\"hello\",\"ticket\":\"%s\"}", ticket(2, AGENT)), HL_ESTATE);
    world_close();
}

static void nothing_moves_before_hello_and_its_answer(void **state)
{
    (void)state;
    world_open();
    hl__link *k = link_new();
    assert_int_equal(feed(k, "{\"id\":1,\"op\":\"agent.state\",\"state\":\"ready\"}"), HL_EINVAL);
    assert_non_null(strstr(said(k), "\"err\":\"EINVAL\""));
    assert_int_equal(strncmp(said(k), "CLOSE 4002", 10), 0);
    k = link_new();
    assert_int_equal(feed(k, "{\"id\":1,\"op\":\"hello\",\"ticket\":\"%s\"}", ticket(HL_GRANT_AGENT, AGENT)), 0);
    assert_int_equal(feed(k, "{\"id\":2,\"op\":\"agent.state\",\"state\":\"ready\"}"), HL_EINVAL);
    assert_null(k->session);
    assert_int_equal(w.count, 2);
    assert_int_equal(w.asked[1].op, HL__DO_SESSION_GONE);
    assert_int_equal(w.seats.by_id.live, 0);
    world_close();
}

static void a_session_the_engine_refuses_is_4003(void **state)
{
    (void)state;
    world_open();
    hl__link *k = link_new();
    assert_int_equal(feed(k, "{\"id\":1,\"op\":\"hello\",\"ticket\":\"%s\"}", ticket(HL_GRANT_AGENT, AGENT)), 0);
    hl__seat_reply(&w.seats, k->session->id, -1, HL_ESTATE, "the hotline closes", 18);
    assert_string_equal(said(k), "{\"re\":1,\"err\":\"ESTATE\",\"msg\":\"the hotline closes\"}");
    assert_string_equal(said(k), "CLOSE 4003 refused");
    assert_int_equal(w.seats.by_id.live, 0);
    assert_int_equal(w.count, 1);
    world_close();
}

static void a_page_cut_before_the_answer_is_gone(void **state)
{
    (void)state;
    world_open();
    hl__link *k = link_new();
    assert_int_equal(feed(k, "{\"id\":1,\"op\":\"hello\",\"ticket\":\"%s\"}", ticket(HL_GRANT_AGENT, AGENT)), 0);
    hl_id session = k->session->id;
    hl__link_cut(k, w.now);
    assert_int_equal(w.asked[1].op, HL__DO_SESSION_GONE);
    hl__seat_reply(&w.seats, session, -1, 0, "{}", 2);
    assert_int_equal(w.seats.by_id.live, 0);
    world_close();
}

static void a_cut_page_may_resume_for_120_s(void **state)
{
    (void)state;
    world_open();
    hl__link *k = with_token(AGENT);
    hl__seat *s = k->session;
    hl__link_cut(k, w.now);
    assert_int_equal(s->state, HL_SESSION_RESUMABLE);
    assert_int_equal(w.asked[1].op, HL__DO_SESSION_CUT);
    pass(120 * S - 1);
    assert_int_equal(w.count, 2);
    char old[64];
    memcpy(old, token, sizeof old);
    k = resume(old, 0, 1);
    assert_int_equal(s->state, HL_SESSION_READY);
    assert_int_equal(w.asked[2].op, HL__DO_SESSION_BACK);
    const char *text = said(k);
    hl_test_ok(strstr(text, "\"resumed\":true,\"replay\":true,\"seq\":0") != NULL, "%s", text);
    hl_test_ok(strstr(text, "\"state\":{\"calls\":[]}") != NULL, "%s", text);
    assert_string_not_equal(token_of(text), old);
    hl__link_cut(k, w.now);
    pass(120 * S);
    assert_int_equal(w.asked[w.count - 1].op, HL__DO_SESSION_GONE);
    assert_int_equal(w.seats.by_id.live, 0);
    k = resume(token, 0, 1);
    assert_non_null(strstr(said(k), "EDENIED"));
    assert_int_equal(strncmp(said(k), "CLOSE 4003", 10), 0);
    world_close();
}

static void push(hl__seat *s, int n)
{
    char json[60];
    int len = snprintf(json, sizeof json, "{\"ev\":\"leg.state\",\"n\":%d}", n);
    hl__seat_push(&w.seats, s->id, json, (size_t)len);
}

static void events_are_numbered_kept_and_sent_again(void **state)
{
    (void)state;
    world_open();
    hl__link *k = with_token(AGENT);
    hl__seat *s = k->session;
    push(s, 1);
    push(s, 2);
    assert_string_equal(said(k), "{\"seq\":1,\"ev\":\"leg.state\",\"n\":1}");
    assert_int_equal(feed(k, "{\"ack\":1}"), 0);
    hl__link_cut(k, w.now);
    push(s, 3);
    k = resume(token, 1, 0);
    push(s, 4); /* while the engine is asked */
    assert_string_equal(said(k), "");
    hl__seat_reply(&w.seats, s->id, -2, 0, "{}", 2);
    assert_non_null(strstr(said(k), "\"replay\":true,\"seq\":1,"));
    assert_string_equal(said(k), "{\"seq\":2,\"ev\":\"leg.state\",\"n\":2}");
    assert_string_equal(said(k), "{\"seq\":3,\"ev\":\"leg.state\",\"n\":3}");
    assert_string_equal(said(k), "{\"seq\":4,\"ev\":\"leg.state\",\"n\":4}");
    assert_string_equal(said(k), "");
    world_close();
}

static void after_256_lost_events_the_state_alone_tells(void **state)
{
    (void)state;
    world_open();
    hl__link *k = with_token(AGENT);
    hl__seat *s = k->session;
    hl__link_cut(k, w.now);
    for (int i = 1; i <= 257; i++) push(s, i);
    k = resume(token, 0, 1);
    const char *text = said(k);
    hl_test_ok(strstr(text, "\"replay\":false,\"seq\":257,") != NULL, "%s", text);
    (void)token_of(text);
    assert_string_equal(said(k), "");
    hl__link_cut(k, w.now);
    k = resume(token, 1, 1);
    assert_non_null(strstr(said(k), "\"replay\":true,\"seq\":1,"));
    assert_string_equal(said(k), "{\"seq\":2,\"ev\":\"leg.state\",\"n\":2}");
    world_close();
}

static void the_token_before_is_good_until_the_new_one_is_acknowledged(void **state)
{
    (void)state;
    world_open();
    hl__link *k = with_token(AGENT);
    char first[64];
    memcpy(first, token, sizeof first);
    hl__seat *s = k->session;
    hl__link_cut(k, w.now);
    k = resume(first, 0, 1);
    hl__link_cut(k, w.now); /* its answer never arrived */
    k = resume(first, 0, 1);
    assert_int_equal(s->state, HL_SESSION_READY);
    (void)token_of(said(k));
    assert_int_equal(feed(k, "{\"ack\":0}"), 0);
    hl__link_cut(k, w.now);
    k = resume(token, 0, 1);
    assert_int_equal(s->state, HL_SESSION_READY);
    world_close();
}

static void an_old_token_closes_both(void **state)
{
    (void)state;
    world_open();
    hl__link *k = with_token(AGENT);
    char first[64];
    memcpy(first, token, sizeof first);
    hl__link_cut(k, w.now);
    k = resume(first, 0, 1);
    (void)said(k);
    assert_int_equal(feed(k, "{\"ack\":0}"), 0);
    hl__link *thief = resume(first, 0, 1);
    assert_string_equal(said(k), "CLOSE 4004 an old token was used again");
    (void)said(thief);
    assert_int_equal(strncmp(said(thief), "CLOSE 4004", 10), 0);
    assert_int_equal(w.seats.by_id.live, 0);
    assert_int_equal(w.seats.stolen, 1);
    assert_int_equal(w.asked[w.count - 1].op, HL__DO_SESSION_GONE);
    world_close();
}

static void a_guessed_token_harms_nobody(void **state)
{
    (void)state;
    world_open();
    hl__link *k = with_token(AGENT);
    static const char *const bad[] = { "30.00000000000000000000000000000000", "30.", "30", ".", "",
        "99999.02020202020202020202020202020202", "-30.02020202020202020202020202020202",
        "30.0202020202020202020202020202020202020202" };
    for (size_t i = 0; i < HL__COUNT(bad); i++) {
        hl__link *x = resume(bad[i], 0, 1);
        assert_null(x->session);
        (void)said(x);
        hl_test_ok(strncmp(said(x), "CLOSE 4003", 10) == 0, "%s", bad[i]);
    }
    assert_int_equal(k->session->state, HL_SESSION_READY);
    world_close();
}

static void a_token_on_a_second_socket_closes_the_first(void **state)
{
    (void)state;
    world_open();
    hl__link *k = with_token(AGENT), *again = resume(token, 0, 1);
    assert_string_equal(said(k), "CLOSE 4001 resumed elsewhere");
    assert_non_null(strstr(said(again), "\"resumed\":true"));
    assert_int_equal(again->session->state, HL_SESSION_READY);
    hl__link_cut(k, w.now);
    assert_int_equal(again->session->state, HL_SESSION_READY);
    world_close();
}

static void a_second_page_of_an_agent_asks_before_it_takes_over(void **state)
{
    (void)state;
    world_open();
    hl__link *first = signed_in(HL_GRANT_AGENT, AGENT), *k = link_new();
    char secret[HL__SECRET];
    memcpy(secret, ticket(HL_GRANT_AGENT, AGENT), sizeof secret);
    assert_int_equal(feed(k, "{\"id\":1,\"op\":\"hello\",\"ticket\":\"%s\"}", secret), HL_ECONFLICT);
    assert_string_equal(said(k), "{\"re\":1,\"err\":\"ECONFLICT\",\"msg\":\"this agent has a page open elsewhere\"}");
    assert_string_equal(said(first), "");
    for (int i = 0; i < 40; i++) {
        pass(S);
        hl__link_pong(first, w.now);
    }
    w.count = 0;
    assert_int_equal(feed(k, "{\"id\":2,\"op\":\"hello\",\"ticket\":\"%s\",\"takeover\":true}", secret), 0);
    assert_int_equal(w.asked[0].op, HL__DO_SESSION_OPEN);
    world_close();
}

static void a_takeover_opens_the_new_session_before_the_old_is_gone(void **state)
{
    (void)state;
    world_open();
    hl__link *first = signed_in(HL_GRANT_AGENT, AGENT), *k = link_new();
    hl_id old = first->session->id;
    w.count = 0;
    assert_int_equal(feed(k, "{\"id\":1,\"op\":\"hello\",\"ticket\":\"%s\",\"takeover\":true}", ticket(2, AGENT)), 0);
    assert_int_equal(w.count, 2);
    assert_int_equal(w.asked[0].op, HL__DO_SESSION_OPEN);
    assert_int_equal(w.asked[1].op, HL__DO_SESSION_GONE);
    assert_int_equal(w.asked[1].session, old);
    assert_string_equal(said(first), "CLOSE 4001 opened elsewhere");
    assert_ptr_equal(hl__map_get(&w.seats.by_agent, AGENT), k->session);
    world_close();
}

static void a_page_that_was_cut_is_taken_over_without_asking(void **state)
{
    (void)state;
    world_open();
    hl__link_cut(signed_in(HL_GRANT_AGENT, AGENT), w.now);
    hl__link *k = signed_in(HL_GRANT_AGENT, AGENT);
    assert_int_equal(w.seats.by_id.live, 1);
    assert_int_equal(k->session->state, HL_SESSION_READY);
    (void)signed_in(HL_GRANT_CALLER, 0);
    (void)signed_in(HL_GRANT_CALLER, 0);
    assert_int_equal(w.seats.by_id.live, 3);
    world_close();
}

static void two_missed_pings_make_it_resumable(void **state)
{
    (void)state;
    world_open();
    hl__link *k = signed_in(HL_GRANT_AGENT, AGENT);
    hl__seat *s = k->session;
    pass(5 * S);
    assert_string_equal(said(k), "PING");
    w.now += 3000;
    hl__link_pong(k, w.now);
    assert_int_equal(k->rtt_us, 3000);
    pass(10 * S);
    assert_int_equal(s->state, HL_SESSION_READY);
    pass(5 * S);
    assert_int_equal(s->state, HL_SESSION_RESUMABLE);
    assert_null(s->link);
    assert_string_equal(said(k), "CLOSE 4005 no answer to pings");
    world_close();
}

static void bye_is_answered_and_ends_the_session(void **state)
{
    (void)state;
    world_open();
    hl__link *k = signed_in(HL_GRANT_AGENT, AGENT);
    assert_int_equal(feed(k, "{\"id\":2,\"op\":\"stats\",\"rtt\":5}"), 0);
    assert_string_equal(said(k), "{\"re\":2,\"ok\":true,\"now\":1000000000}");
    assert_int_equal(feed(k, "{\"id\":3,\"op\":\"bye\"}"), 0);
    assert_string_equal(said(k), "{\"re\":3,\"ok\":true}");
    assert_string_equal(said(k), "CLOSE 4000 bye");
    assert_int_equal(w.asked[1].op, HL__DO_SESSION_GONE);
    assert_int_equal(w.seats.by_id.live, 0);
    world_close();
}

static void an_operation_is_carried_out_once_however_often_it_is_sent(void **state)
{
    (void)state;
    world_open();
    hl__link *k = with_token(AGENT);
    hl__seat *s = k->session;
    const char *op = "{\"id\":7,\"op\":\"call.hold\",\"contact\":41}";
    assert_int_equal(feed(k, "%s", op), 0);
    assert_int_equal(w.count, 2);
    assert_string_equal(w.asked[1].json, op);
    assert_int_equal(feed(k, "%s", op), 0);
    assert_int_equal(w.count, 2);
    assert_string_equal(said(k), "");
    hl__link_cut(k, w.now);
    hl__seat_reply(&w.seats, s->id, 7, 0, "{\"held\":true}", 13);
    k = resume(token, 0, 1);
    (void)said(k);
    w.count = 0;
    assert_int_equal(feed(k, "%s", op), 0);
    assert_int_equal(w.count, 0);
    assert_string_equal(said(k), "{\"re\":7,\"ok\":true,\"held\":true}");
    assert_int_equal(feed(k, "%s", op), 0);
    assert_string_equal(said(k), "{\"re\":7,\"ok\":true,\"held\":true}");
    assert_int_equal(feed(k, "{\"id\":6,\"op\":\"state\"}"), 0);
    assert_string_equal(said(k), "{\"re\":6,\"err\":\"ECONFLICT\",\"msg\":\"this number was used before and its "
        "answer is no longer kept\"}");
    world_close();
}

static void an_operation_lost_with_the_wire_is_carried_out_after_the_resume(void **state)
{
    (void)state;
    world_open();
    hl__link *k = with_token(AGENT);
    assert_int_equal(feed(k, "{\"id\":7,\"op\":\"state\"}"), 0);
    hl__link_cut(k, w.now); /* 8 was on its way, 9 was asked for meanwhile; the hello is 50 */
    k = resume(token, 0, 1);
    w.count = 0;
    assert_int_equal(feed(k, "{\"id\":8,\"op\":\"call.hold\",\"contact\":41}"), 0);
    assert_int_equal(feed(k, "{\"id\":9,\"op\":\"call.resume\",\"contact\":41}"), 0);
    assert_int_equal(w.count, 2);
    assert_int_equal(w.asked[0].op, HL__DO_CALL_HOLD);
    assert_int_equal(w.asked[1].op, HL__DO_CALL_RESUME);
    world_close();
}

static void the_65th_operation_without_an_answer_is_refused(void **state)
{
    (void)state;
    world_open();
    hl__link *k = signed_in(HL_GRANT_AGENT, AGENT);
    for (int i = 2; i < 66; i++) assert_int_equal(feed(k, "{\"id\":%d,\"op\":\"state\"}", i), 0);
    assert_string_equal(said(k), "");
    assert_int_equal(feed(k, "{\"id\":66,\"op\":\"state\"}"), 0);
    assert_non_null(strstr(said(k), "{\"re\":66,\"err\":\"ELIMIT\""));
    hl__seat_reply(&w.seats, k->session->id, 30, HL_ESTATE, NULL, 0);
    assert_string_equal(said(k), "{\"re\":30,\"err\":\"ESTATE\",\"msg\":\"not possible in this state\"}");
    w.count = 0;
    assert_int_equal(feed(k, "{\"id\":67,\"op\":\"state\"}"), 0);
    assert_int_equal(w.count, 1);
    hl__seat_reply(&w.seats, k->session->id, 5000, 0, "{}", 2); /* nobody asked */
    assert_string_equal(said(k), "");
    world_close();
}

static void bad_messages_are_answered_and_change_nothing(void **state)
{
    (void)state;
    world_open();
    hl__link *k = signed_in(HL_GRANT_AGENT, AGENT);
    static const struct { const char *text, *reply; } bad[] = {
        { "{", "{\"re\":0,\"err\":\"EPARSE\"" }, { "[]", "{\"re\":0,\"err\":\"EINVAL\"" },
        { "7", "{\"re\":0,\"err\":\"EINVAL\"" }, { "{\"op\":\"state\"}", "{\"re\":0,\"err\":\"EINVAL\"" },
        { "{\"id\":-1,\"op\":\"state\"}", "{\"re\":0,\"err\":\"EINVAL\"" },
        { "{\"id\":2}", "{\"re\":2,\"err\":\"EINVAL\"" },
        { "{\"id\":3,\"op\":\"fly\"}", "{\"re\":3,\"err\":\"ENOTSUP\"" },
        { "{\"id\":4,\"op\":\"session.gone\"}", "{\"re\":4,\"err\":\"ENOTSUP\"" },
        { "{\"id\":5,\"op\":\"load\",\"document\":{}}", "{\"re\":5,\"err\":\"EDENIED\"" },
        { "{\"id\":6,\"op\":\"call.hold\"}", "{\"re\":6,\"err\":\"EINVAL\"" },
        { "{\"id\":7,\"op\":\"call.hold\",\"contact\":\"1\"}", "{\"re\":7,\"err\":\"EINVAL\"" },
        { "{\"id\":8,\"op\":\"call.hold\",\"contact\":1,\"more\":1}", "{\"re\":8,\"err\":\"EINVAL\"" },
        { "{\"id\":9,\"op\":\"hello\",\"ticket\":\"x\"}", "{\"re\":9,\"err\":\"ESTATE\"" },
    };
    for (size_t i = 0; i < HL__COUNT(bad); i++) {
        (void)feed(k, "%s", bad[i].text);
        const char *text = said(k);
        hl_test_ok(strncmp(text, bad[i].reply, strlen(bad[i].reply)) == 0, "%s: %s", bad[i].text, text);
    }
    assert_int_equal(w.count, 1);
    assert_int_equal(k->session->state, HL_SESSION_READY);
    world_close();
}

static void who_does_not_read_is_closed_and_may_resume(void **state)
{
    (void)state;
    world_open();
    hl__link *k = with_token(AGENT);
    hl__seat *s = k->session;
    for (int i = 0; i < 20000 && s->state == HL_SESSION_READY; i++) push(s, i);
    assert_int_equal(s->state, HL_SESSION_RESUMABLE);
    assert_string_equal(said(k), "CLOSE 4005 more waits to be read than is kept");
    assert_int_equal(w.seats.slow, 1);
    hl__link_cut(k, w.now);
    k = resume(token, (int)s->seq, 1);
    assert_int_equal(s->state, HL_SESSION_READY);
    world_close();
}

static void the_hotline_may_close_a_session_in_any_state(void **state)
{
    (void)state;
    world_open();
    hl__link *k = signed_in(HL_GRANT_AGENT, AGENT);
    hl__seat_end(&w.seats, k->session->id, 4050, "lunch", true);
    assert_string_equal(said(k), "CLOSE 4050 lunch");
    assert_int_equal(w.asked[1].op, HL__DO_SESSION_GONE);
    k = signed_in(HL_GRANT_AGENT, AGENT);
    hl_id session = k->session->id;
    hl__link_cut(k, w.now);
    hl__seat_end(&w.seats, session, 4050, "lunch", true);
    assert_int_equal(w.asked[w.count - 1].op, HL__DO_SESSION_GONE);
    k = signed_in(HL_GRANT_AGENT, AGENT);
    w.count = 0;
    hl__seat_end(&w.seats, k->session->id, 4000, "by the engine", false);
    assert_int_equal(w.count, 0);
    assert_string_equal(said(k), "CLOSE 4000 by the engine");
    hl__seat_end(&w.seats, 12345, 4000, "nobody", true);
    (void)signed_in(HL_GRANT_CALLER, 0);
    k = link_new();
    hl__seats_stop(&w.seats);
    assert_string_equal(said(k), "CLOSE 4006 the hotline stops");
    assert_int_equal(w.seats.by_id.live, 0);
    world_close();
}

static void what_the_table_lacks_is_estate_and_changes_nothing(void **state)
{
    (void)state;
    static const struct { int state, on; } rows[] = { { 0, 0 }, { 0, 1 }, { 0, 3 }, { 0, 5 }, { 0, 9 }, { 1, 1 },
        { 1, 2 }, { 1, 3 }, { 1, 4 }, { 1, 5 }, { 1, 6 }, { 1, 8 }, { 1, 9 }, { 2, 4 }, { 2, 5 }, { 2, 6 }, { 2, 7 },
        { 2, 9 } };
    for (int st = HL_SESSION_NEW; st <= HL_SESSION_RESUMABLE; st++)
        for (int on = 0; on < HL__ON_END; on++) {
            bool listed = false;
            for (size_t i = 0; i < HL__COUNT(rows); i++) listed |= rows[i].state == st && rows[i].on == on;
            if (listed) continue;
            world_open();
            hl__link *k = signed_in(HL_GRANT_AGENT, AGENT);
            hl__seat *s = k->session;
            s->state = st;
            w.count = 0;
            hl_test_ok(hl__seat_on(s, on, 0, "") == HL_ESTATE, "state %d on %d", st, on);
            assert_int_equal(s->state, st);
            assert_int_equal(w.count, 0);
            world_close();
        }
}

static int whole_life(void *ctx)
{
    (void)ctx;
    int r = 0;
    hl__link *k = NULL;
    hl__err err = { 0 };
    hl_grant g = { .size = sizeof g, .role = HL_GRANT_AGENT, .agent = AGENT, .subject = "anna" };
    char secret[HL__SECRET], text[120];
    world_open();
    if ((r = hl__grant_add(&w.grants, w.now, &g, (const uint8_t *)"0123456789abcdef", secret)) < 0) goto out;
    if ((r = hl__link_new(&w.seats, w.now, "a", "b", &k)) < 0) goto out;
    (void)snprintf(text, sizeof text, "{\"id\":1,\"op\":\"hello\",\"ticket\":\"%s\"}", secret);
    r = hl__link_feed(k, w.now, text, strlen(text), &err);
    if (r < 0 || !k->session) goto out;
    hl__seat_reply(&w.seats, k->session->id, -1, 0, "{}", 2);
    if (k->session) push(k->session, 1);
    if (k->session) r = feed(k, "{\"id\":2,\"op\":\"state\"}");
    if (k->session) hl__seat_reply(&w.seats, k->session->id, 2, 0, "{}", 2);
    r = k->session && !k->close_code && k->session->oldest == 1 && k->session->reply[0].text ? 0 : HL_ENOMEM;
out:
    world_close();
    return r;
}

static void without_memory_nothing_is_lost_but_the_page(void **state)
{
    (void)state;
    assert_true(hl_test_oom(whole_life, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(hello_opens_a_session_with_what_the_ticket_says),
        HL_TEST(no_hello_within_5_s_is_4002),
        HL_TEST(nothing_moves_before_hello_and_its_answer),
        HL_TEST(a_session_the_engine_refuses_is_4003),
        HL_TEST(a_page_cut_before_the_answer_is_gone),
        HL_TEST(a_cut_page_may_resume_for_120_s),
        HL_TEST(events_are_numbered_kept_and_sent_again),
        HL_TEST(after_256_lost_events_the_state_alone_tells),
        HL_TEST(the_token_before_is_good_until_the_new_one_is_acknowledged),
        HL_TEST(an_old_token_closes_both),
        HL_TEST(a_guessed_token_harms_nobody),
        HL_TEST(a_token_on_a_second_socket_closes_the_first),
        HL_TEST(a_second_page_of_an_agent_asks_before_it_takes_over),
        HL_TEST(a_takeover_opens_the_new_session_before_the_old_is_gone),
        HL_TEST(a_page_that_was_cut_is_taken_over_without_asking),
        HL_TEST(two_missed_pings_make_it_resumable),
        HL_TEST(bye_is_answered_and_ends_the_session),
        HL_TEST(an_operation_is_carried_out_once_however_often_it_is_sent),
        HL_TEST(an_operation_lost_with_the_wire_is_carried_out_after_the_resume),
        HL_TEST(the_65th_operation_without_an_answer_is_refused),
        HL_TEST(bad_messages_are_answered_and_change_nothing),
        HL_TEST(who_does_not_read_is_closed_and_may_resume),
        HL_TEST(the_hotline_may_close_a_session_in_any_state),
        HL_TEST(what_the_table_lacks_is_estate_and_changes_nothing),
        HL_TEST(without_memory_nothing_is_lost_but_the_page),
    };
    return HL_TEST_MAIN(tests);
}
