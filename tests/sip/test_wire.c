/* test_wire.c - the rules of sip.md 3.3 to 3.8 by single messages: the other side is played here, word by word. */
#include "net.h"
#include "base/view.h"
#include "sip/digest.h"

static const char conf[] =
    "{\"listeners\":{\"u\":{\"bind\":\"10.0.0.1:5060\",\"accept\":\"both\"}},\"trunks\":{"
    "\"a\":{\"id\":6,\"acl\":[\"10.0.0.9\"],\"peers\":[\"sip:10.0.0.9\",\"sip:10.0.0.8\"],\"preset\":\"cn\","
    "\"area\":\"10\","
    "\"user\":\"u\",\"password\":\"p\",\"cid_default\":\"+861062345678\",\"cid_trust\":true,\"group\":\"g\"}}}";
static const char sdp[] =
    "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0 101\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n";

struct far { /* the other side of one call */
    net n;
    char tag[64], call_id[80], branch[64], from[256], to[256], via[256];
    int cseq;
};

static void begin(struct far *f)
{
    memset(f, 0, sizeof(*f));
    net_begin(&f->n, 5);
    net_add(&f->n, 0, conf, false);
    f->n.keep_wire = true;
}

static void forget(struct far *f)
{
    free(f->n.wire);
    f->n.wire = NULL;
    f->n.wire_len = 0;
}

static void take(char *out, size_t room, const char *text, const char *before, const char *stops)
{
    const char *at = text ? strstr(text, before) : NULL;
    hl_test_ok(at != NULL, "no \"%s\" in %s", before, text ? text : "nothing");
    hl__view_copy(out, room, (hl__view){ at + strlen(before), strcspn(at + strlen(before), stops) });
}

/* ---- they call us ---- */
static void send_request(struct far *f, const char *method, int cseq, const char *more, const char *body)
{
    char text[4096], tag[80] = "";
    if (f->tag[0])
        snprintf(tag, sizeof(tag), ";tag=%s", f->tag);
    snprintf(text, sizeof(text),
             "%s sip:96332@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK%s%d\r\n"
             "From: \"Wang\" <sip:01012345678@10.0.0.9>;tag=far\r\nTo: <sip:96332@10.0.0.1>%s\r\nCall-ID: c\r\n"
             "CSeq: %d %s\r\nContact: <sip:far@10.0.0.9:5070>\r\n%s%sContent-Length: %zu\r\n\r\n%s",
             method, method, cseq, tag, cseq, method, more, *body ? "Content-Type: application/sdp\r\n" : "",
             strlen(body), body);
    net_inject(&f->n, 0, "10.0.0.9:5060", text);
}

static hl_id come_in(struct far *f, const char *more, const char *body)
{
    send_request(f, "INVITE", 1, more, body);
    take(f->tag, sizeof(f->tag), strstr(f->n.wire, "\r\nTo:"), ";tag=", "\r");
    return f->n.last[0];
}

static void pick_up(struct far *f, hl_id leg)
{
    hl__media m;
    net_media(&m, 0, HL__PCMA);
    forget(f);
    hl__sip_answer(f->n.ua[0], f->n.now, leg, &m);
    net_pump(&f->n);
    assert_int_equal(net_reply(&f->n), 200);
}

static hl_id talking(struct far *f)
{
    hl_id leg = come_in(f, "", sdp);
    pick_up(f, leg);
    send_request(f, "ACK", 1, "", "");
    assert_int_equal(net_leg_of(&f->n, leg)->answered, 1);
    return leg;
}

static void over(struct far *f)
{
    hl__sip_shutdown(f->n.ua[0], f->n.now);
    net_run(&f->n, 200 * (hl_time)HL__SECOND);
    net_end(&f->n);
}

static void the_answer_has_one_codec_in_their_numbers(void **state)
{
    (void)state;
    struct far f;
    begin(&f);
    static const char odd[] =
        "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 18 96 8 97\r\n"
        "a=rtpmap:96 PCMA/8000\r\na=rtpmap:97 telephone-event/8000\r\na=ptime:40\r\nm=video 5000 RTP/AVP 31\r\n";
    hl_id leg = come_in(&f, "", odd);
    assert_int_equal(net_leg_of(&f.n, leg)->theirs.n, 2);
    assert_int_equal(net_leg_of(&f.n, leg)->theirs.codec[0].ptime, 40);
    pick_up(&f, leg);
    assert_non_null(strstr(f.n.wire, "m=audio 40000 RTP/AVP 96 97\r\n"));
    assert_non_null(strstr(f.n.wire, "a=rtpmap:96 PCMA/8000"));
    assert_non_null(strstr(f.n.wire, "a=ptime:40"));
    assert_non_null(strstr(f.n.wire, "m=video 0 RTP/AVP 31"));
    over(&f);
}

static void the_two_hundred_is_repeated_until_the_ack(void **state)
{
    (void)state;
    struct far f;
    begin(&f);
    hl_id leg = come_in(&f, "", sdp);
    pick_up(&f, leg);
    forget(&f);
    net_run(&f.n, 4 * (hl_time)HL__SECOND);
    int seen = 0;
    for (const char *at = f.n.wire; at && (at = strstr(at, "SIP/2.0 200 ")); at++)
        seen++;
    assert_int_equal(seen, 3); /* 0.5, 1.5 and 3.5 s */
    send_request(&f, "ACK", 1, "", "");
    forget(&f);
    net_run(&f.n, 10 * (hl_time)HL__SECOND);
    assert_null(f.n.wire);
    over(&f);
}

static void without_an_ack_the_call_ends_after_32_s(void **state)
{
    (void)state;
    struct far f;
    begin(&f);
    hl_id leg = come_in(&f, "", sdp);
    pick_up(&f, leg);
    net_run(&f.n, 34 * (hl_time)HL__SECOND);
    assert_int_equal(net_leg_of(&f.n, leg)->ended, 1);
    assert_int_equal(net_leg_of(&f.n, leg)->end.q850, 102);
    assert_int_equal(net_leg_of(&f.n, leg)->answered, 0);
    assert_non_null(strstr(f.n.wire, "BYE sip:far@10.0.0.9:5070"));
    over(&f);
}

static void a_call_without_offer_gets_ours_and_needs_an_answer(void **state)
{
    (void)state;
    for (int good = 0; good < 2; good++) {
        struct far f;
        begin(&f);
        hl_id leg = come_in(&f, "", "");
        assert_int_equal(net_leg_of(&f.n, leg)->theirs.n, 0);
        pick_up(&f, leg);
        assert_non_null(strstr(f.n.wire, "m=audio 40000 RTP/AVP 8 101"));
        forget(&f);
        send_request(&f, "ACK", 1, "", good ? sdp : "");
        if (good) {
            assert_int_equal(net_leg_of(&f.n, leg)->answered, 1);
            assert_int_equal(net_leg_of(&f.n, leg)->theirs.rtp.port, 4000);
        } else {
            assert_int_equal(net_leg_of(&f.n, leg)->end.q850, 88);
            assert_non_null(strstr(f.n.wire, "BYE "));
        }
        over(&f);
    }
}

static void the_route_set_and_target_lead_our_requests(void **state)
{
    (void)state;
    struct far f;
    begin(&f);
    hl_id leg = come_in(&f, "Record-Route: <sip:10.0.0.7;lr>, <sip:10.0.0.6;lr>\r\n", sdp);
    pick_up(&f, leg);
    assert_non_null(strstr(f.n.wire, "Record-Route: <sip:10.0.0.7;lr>, <sip:10.0.0.6;lr>\r\n"));
    send_request(&f, "ACK", 1, "", "");
    forget(&f);
    hl__sip_hangup(f.n.ua[0], f.n.now, leg, 16);
    net_pump(&f.n);
    assert_non_null(strstr(f.n.wire, "BYE sip:far@10.0.0.9:5070 SIP/2.0"));
    assert_non_null(strstr(f.n.wire, "Route: <sip:10.0.0.7;lr>, <sip:10.0.0.6;lr>\r\n"));
    assert_non_null(strstr(f.n.wire, "Reason: Q.850;cause=16"));
    over(&f);
}

static void a_strict_router_becomes_the_address(void **state)
{
    (void)state;
    struct far f;
    begin(&f);
    hl_id leg = come_in(&f, "Record-Route: <sip:10.0.0.7>\r\nRecord-Route: <sip:10.0.0.6;lr>\r\n", sdp);
    pick_up(&f, leg);
    send_request(&f, "ACK", 1, "", "");
    forget(&f);
    hl__sip_hangup(f.n.ua[0], f.n.now, leg, 16);
    net_pump(&f.n);
    assert_non_null(strstr(f.n.wire, "BYE sip:10.0.0.7 SIP/2.0"));
    assert_non_null(strstr(f.n.wire, "Route: <sip:10.0.0.6;lr>, <sip:far@10.0.0.9:5070>\r\n"));
    over(&f);
}

static void requests_out_of_order_or_of_nobody_are_refused(void **state)
{
    (void)state;
    struct far f;
    begin(&f);
    hl_id leg = talking(&f);
    send_request(&f, "INFO", 5, "", "");
    assert_int_equal(net_reply(&f.n), 200);
    send_request(&f, "INFO", 4, "", "");
    assert_int_equal(net_reply(&f.n), 500);
    char tag[64];
    memcpy(tag, f.tag, sizeof(tag));
    hl__copy(f.tag, sizeof(f.tag), "somebody");
    send_request(&f, "BYE", 6, "", "");
    assert_int_equal(net_reply(&f.n), 481);
    memcpy(f.tag, tag, sizeof(tag));
    send_request(&f, "REFER", 7, "Refer-To: <sip:x@y>\r\n", "");
    assert_int_equal(net_reply(&f.n), 603);
    send_request(&f, "BYE", 8, "Reason: Q.850;cause=31\r\n", "");
    assert_int_equal(net_reply(&f.n), 200);
    assert_int_equal(net_leg_of(&f.n, leg)->end.q850, 31);
    send_request(&f, "BYE", 9, "", "");
    assert_int_equal(net_reply(&f.n), 481);
    over(&f);
}

static void the_same_call_by_two_ways_is_taken_once(void **state)
{
    (void)state;
    struct far f;
    char text[2048];
    begin(&f);
    (void)come_in(&f, "", sdp);
    f.tag[0] = 0;
    snprintf(text, sizeof(text),
             "INVITE sip:96332@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKother\r\n"
             "From: <sip:01012345678@10.0.0.9>;tag=far\r\nTo: <sip:96332@10.0.0.1>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
             "Contact: <sip:far@10.0.0.9>\r\nContent-Length: 0\r\n\r\n");
    net_inject(&f.n, 0, "10.0.0.9:5060", text);
    assert_int_equal(net_reply(&f.n), 482);
    over(&f);
}

static void cancel_gets_its_200_and_the_invite_487(void **state)
{
    (void)state;
    struct far f;
    char text[1024];
    begin(&f);
    hl_id leg = come_in(&f, "", sdp);
    snprintf(text, sizeof(text),
             "CANCEL sip:96332@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKINVITE1\r\n"
             "From: <sip:01012345678@10.0.0.9>;tag=far\r\nTo: <sip:96332@10.0.0.1>\r\nCall-ID: c\r\nCSeq: 1 CANCEL\r\n"
             "Reason: SIP;cause=200\r\nContent-Length: 0\r\n\r\n");
    net_inject(&f.n, 0, "10.0.0.9:5060", text);
    assert_non_null(strstr(f.n.wire, "SIP/2.0 200 OK"));
    assert_non_null(strstr(f.n.wire, "SIP/2.0 487 "));
    assert_int_equal(net_leg_of(&f.n, leg)->end.outcome, HL__ELSEWHERE);
    net_inject(&f.n, 0, "10.0.0.9:5060", text); /* again: the same 200, nothing else */
    assert_null(strstr(f.n.wire, "487"));
    send_request(&f, "ACK", 1, "", "");
    over(&f);
}

static void cancel_after_the_answer_changes_nothing(void **state)
{
    (void)state;
    struct far f;
    char text[1024];
    begin(&f);
    hl_id leg = come_in(&f, "", sdp);
    pick_up(&f, leg);
    snprintf(text, sizeof(text),
             "CANCEL sip:96332@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKINVITE1\r\n"
             "From: <sip:01012345678@10.0.0.9>;tag=far\r\nTo: <sip:96332@10.0.0.1>\r\nCall-ID: c\r\nCSeq: 1 CANCEL\r\n"
             "Content-Length: 0\r\n\r\n");
    net_inject(&f.n, 0, "10.0.0.9:5060", text);
    assert_int_equal(net_reply(&f.n), 200);
    send_request(&f, "ACK", 1, "", "");
    assert_int_equal(net_leg_of(&f.n, leg)->answered, 1);
    assert_int_equal(net_leg_of(&f.n, leg)->ended, 0);
    over(&f);
}

static void changes_are_answered_and_repeated_offers_get_the_same_text(void **state)
{
    (void)state;
    struct far f;
    char first[2048];
    begin(&f);
    hl_id leg = talking(&f);
    send_request(&f, "UPDATE", 2, "", sdp);
    assert_int_equal(net_reply(&f.n), 200);
    hl__copy(first, sizeof(first), strstr(f.n.wire, "v=0"));
    assert_non_null(strstr(first, "o=- "));
    send_request(&f, "UPDATE", 3, "", sdp);
    assert_string_equal(strstr(f.n.wire, "v=0"), first);
    send_request(&f, "INVITE", 4, "", "v=0\r\no=- 1 2 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
                 "m=audio 4000 RTP/AVP 8\r\n");
    assert_int_equal(net_reply(&f.n), 200);
    assert_int_equal(net_leg_of(&f.n, leg)->held, 1);
    assert_non_null(strstr(f.n.wire, "a=recvonly"));
    send_request(&f, "INVITE", 5, "", sdp); /* before the ACK: it waits */
    assert_int_equal(net_reply(&f.n), 500);
    send_request(&f, "ACK", 4, "", "");
    send_request(&f, "INVITE", 6, "", "");
    assert_int_equal(net_reply(&f.n), 200);
    assert_non_null(strstr(f.n.wire, "m=audio 40000 RTP/AVP 8 101"));
    send_request(&f, "ACK", 6, "", sdp);
    assert_int_equal(net_leg_of(&f.n, leg)->held, 0);
    send_request(&f, "UPDATE", 7, "", "v=0\r\no=- 1 3 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n"
                 "m=audio 4000 RTP/AVP 18\r\n");
    assert_int_equal(net_reply(&f.n), 488);
    assert_int_equal(net_leg_of(&f.n, leg)->ended, 0);
    assert_int_equal(net_leg_of(&f.n, leg)->theirs.codec[0].kind, HL__PCMA);
    over(&f);
}

static void callers_and_dialled_numbers_are_read(void **state)
{
    (void)state;
    static const struct { const char *more, *did, *caller, *name; } rows[] = {
        { "", "96332", "+861012345678", "Wang" },
        { "P-Asserted-Identity: \"Li\" <sip:x@y>, <tel:+8613800138000>\r\n", "96332", "+8613800138000", "" },
        { "Remote-Party-ID: \"Zhao\" <sip:13900139000@y;user=phone>;party=calling\r\n", "96332", "+8613900139000",
          "Zhao" },
        { "Privacy: id\r\n", "96332", "", "" },
        { "P-Called-Party-ID: <sip:62345678@10.0.0.1>\r\n", "+861062345678", "+861012345678", "Wang" },
    };
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        struct far f;
        begin(&f);
        net_leg *l = net_leg_of(&f.n, come_in(&f, rows[i].more, sdp));
        assert_string_equal(l->did, rows[i].did);
        assert_string_equal(l->caller, rows[i].caller);
        assert_string_equal(l->name, rows[i].name);
        over(&f);
    }
}

static void a_caller_who_waits_unanswered_hears_of_us_each_minute(void **state)
{
    (void)state;
    struct far f;
    begin(&f);
    hl_id leg = come_in(&f, "", sdp);
    hl__sip_progress(f.n.ua[0], f.n.now, leg, HL_LEG_RINGING, NULL);
    net_pump(&f.n);
    forget(&f);
    net_run(&f.n, 125 * (hl_time)HL__SECOND);
    int seen = 0;
    for (const char *at = f.n.wire; at && (at = strstr(at, "SIP/2.0 180 ")); at++)
        seen++;
    assert_int_equal(seen, 2);
    over(&f);
}

/* ---- we call them ---- */
static hl_id go_out(struct far *f)
{
    hl_id leg = net_call(&f->n, 0, "13800138000", "+861012345678");
    net_pump(&f->n);
    return leg;
}

/* What the last request of that method said, to be answered. */
static void read_request(struct far *f, const char *method)
{
    const char *last = NULL, *word = method;
    char start[32];
    snprintf(start, sizeof(start), "%s sip:", word);
    for (const char *at = f->n.wire; at && (at = strstr(at, start)); at++)
        last = at;
    hl_test_ok(last != NULL, "no %s in %s", method, f->n.wire ? f->n.wire : "");
    take(f->via, sizeof(f->via), last, "\r\nVia: ", "\r");
    take(f->from, sizeof(f->from), last, "\r\nFrom: ", "\r");
    take(f->to, sizeof(f->to), last, "\r\nTo: ", "\r");
    take(f->call_id, sizeof(f->call_id), last, "\r\nCall-ID: ", "\r");
    f->cseq = atoi(strstr(last, "\r\nCSeq: ") + 8);
}

static void answer_as(struct far *f, const char *from_addr, const char *method, const char *status, const char *tag,
                      const char *body)
{
    char text[4096], to[300];
    snprintf(to, sizeof(to), "%s%s%s", f->to, *tag && !strstr(f->to, ";tag=") ? ";tag=" : "",
             strstr(f->to, ";tag=") ? "" : tag);
    snprintf(text, sizeof(text),
             "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n"
             "Contact: <sip:far@10.0.0.9:5070>\r\n%sContent-Length: %zu\r\n\r\n%s",
             status, f->via, f->from, to, f->call_id, f->cseq, method,
             *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    net_inject(&f->n, 0, from_addr, text);
}

static void answer(struct far *f, const char *method, const char *status, const char *tag, const char *body)
{
    answer_as(f, "10.0.0.9:5060", method, status, tag, body);
}

static void the_invite_names_caller_and_callee_by_the_trunks_rules(void **state)
{
    (void)state;
    struct far f;
    begin(&f);
    hl__dial dial = { .leg = 4090, .number = "+8613800138000", .caller = "+861062345678" };
    dial.caller_name = "A \"b\"\r\nX: y";
    net_media(&dial.media, 0, HL__PCMA);
    hl__sip_originate(f.n.ua[0], f.n.now, &dial, 1);
    net_pump(&f.n);
    assert_non_null(strstr(f.n.wire, "INVITE sip:13800138000@10.0.0.9:5060 SIP/2.0"));
    assert_non_null(strstr(f.n.wire, "From: \"A \\\"b\\\"X: y\" <sip:01062345678@10.0.0.1:5060>;tag="));
    assert_non_null(strstr(f.n.wire, "P-Asserted-Identity: <sip:01062345678@10.0.0.1:5060>"));
    assert_null(strstr(f.n.wire, "\nX: y"));
    dial.leg = 4106;
    dial.restricted = 1;
    dial.caller = "+861099999999";
    forget(&f);
    hl__sip_originate(f.n.ua[0], f.n.now, &dial, 1);
    net_pump(&f.n);
    assert_non_null(strstr(f.n.wire, "From: \"Anonymous\" <sip:anonymous@anonymous.invalid>"));
    assert_non_null(strstr(f.n.wire, "Privacy: id"));
    assert_non_null(strstr(f.n.wire, "P-Asserted-Identity: <sip:01062345678@")); /* not his to choose: the default */
    over(&f);
}

static void a_challenge_is_answered_once_and_later_requests_carry_it(void **state)
{
    (void)state;
    struct far f;
    begin(&f);
    hl_id leg = go_out(&f);
    read_request(&f, "INVITE");
    answer(&f, "INVITE", "407 X\r\n"
           "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth\"\r\n"
           "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n1\", algorithm=MD5", "t", "");
    assert_non_null(strstr(f.n.wire, "ACK sip:"));
    assert_non_null(strstr(f.n.wire, "Proxy-Authorization: Digest username=\"u\", realm=\"r\", nonce=\"n1\""));
    assert_non_null(strstr(f.n.wire, "algorithm=SHA-256"));
    read_request(&f, "INVITE");
    answer(&f, "INVITE", "200 OK", "t", sdp);
    assert_int_equal(net_leg_of(&f.n, leg)->answered, 1);
    forget(&f);
    hl__sip_hangup(f.n.ua[0], f.n.now, leg, 16);
    net_pump(&f.n);
    assert_non_null(strstr(f.n.wire, "BYE sip:far@10.0.0.9:5070"));
    assert_non_null(strstr(f.n.wire, "nc=00000002"));
    read_request(&f, "BYE");
    answer(&f, "BYE", "401 X\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n2\", algorithm=MD5, qop=\"auth\"", "t",
           "");
    assert_non_null(strstr(f.n.wire, "nonce=\"n2\""));
    over(&f);
}

static void a_challenge_that_comes_again_ends_the_call(void **state)
{
    (void)state;
    static const char again[] =
        "401 X\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=MD5, qop=\"auth\"";
    struct far f;
    begin(&f);
    hl_id leg = go_out(&f);
    read_request(&f, "INVITE");
    answer(&f, "INVITE", again, "t", "");
    read_request(&f, "INVITE");
    answer(&f, "INVITE", again, "t", "");
    read_request(&f, "INVITE"); /* credentials refused: the trunk's other address is tried */
    answer_as(&f, "10.0.0.8:5060", "INVITE", "403 No", "t", "");
    assert_int_equal(net_leg_of(&f.n, leg)->end.code, 403);
    over(&f);
}

static void the_next_address_is_tried_but_not_after_ringing(void **state)
{
    (void)state;
    for (int rung = 0; rung < 2; rung++) {
        struct far f;
        begin(&f);
        hl_id leg = go_out(&f);
        read_request(&f, "INVITE");
        if (rung)
            answer(&f, "INVITE", "180 Ringing", "t", "");
        answer(&f, "INVITE", "503 Busy", "t", "");
        assert_non_null(strstr(f.n.wire, "ACK sip:13800138000@10.0.0.9"));
        bool next = strstr(f.n.wire, "INVITE sip:13800138000@10.0.0.8") != NULL;
        assert_int_equal(next, !rung);
        assert_int_equal(net_leg_of(&f.n, leg)->ended, rung);
        if (!rung) {
            read_request(&f, "INVITE");
            answer_as(&f, "10.0.0.8:5060", "INVITE", "486 Busy", "t2", "");
            assert_int_equal(net_leg_of(&f.n, leg)->end.q850, 17);
        }
        over(&f);
    }
}

static void a_silent_address_is_left_after_4_s(void **state)
{
    (void)state;
    struct far f;
    begin(&f);
    hl_id leg = go_out(&f);
    net_run(&f.n, 3900000);
    assert_null(strstr(f.n.wire, "@10.0.0.8"));
    net_run(&f.n, 200000);
    assert_non_null(strstr(f.n.wire, "INVITE sip:13800138000@10.0.0.8"));
    assert_int_equal(net_leg_of(&f.n, leg)->ended, 0);
    over(&f);
}

static void a_second_answer_is_taken_and_ended(void **state)
{
    (void)state;
    struct far f;
    begin(&f);
    hl_id leg = go_out(&f);
    read_request(&f, "INVITE");
    answer(&f, "INVITE", "183 Progress", "one", sdp);
    assert_int_equal(net_leg_of(&f.n, leg)->early, 1);
    answer(&f, "INVITE", "200 OK", "one", sdp);
    assert_int_equal(net_leg_of(&f.n, leg)->answered, 1);
    assert_non_null(strstr(f.n.wire, "ACK sip:far@10.0.0.9:5070"));
    answer(&f, "INVITE", "200 OK", "one", sdp); /* our ACK was lost */
    assert_non_null(strstr(f.n.wire, "ACK sip:far@10.0.0.9:5070"));
    assert_null(strstr(f.n.wire, "BYE"));
    answer(&f, "INVITE", "200 OK", "two", sdp);
    assert_non_null(strstr(f.n.wire, "ACK sip:far@10.0.0.9:5070"));
    assert_non_null(strstr(f.n.wire, "BYE sip:far@10.0.0.9:5070"));
    assert_int_equal(net_leg_of(&f.n, leg)->ended, 0);
    over(&f);
}

static void a_cancel_waits_for_a_provisional_answer(void **state)
{
    (void)state;
    struct far f;
    begin(&f);
    hl_id leg = go_out(&f);
    forget(&f);
    hl__sip_hangup(f.n.ua[0], f.n.now, leg, 16);
    net_run(&f.n, 400000);
    assert_null(f.n.wire);
    net_run(&f.n, 200000);
    read_request(&f, "INVITE");
    answer(&f, "INVITE", "100 Trying", "", "");
    assert_non_null(strstr(f.n.wire, "CANCEL sip:13800138000@10.0.0.9"));
    assert_non_null(strstr(f.n.wire, f.via));
    answer(&f, "INVITE", "487 Gone", "t", "");
    assert_int_equal(net_leg_of(&f.n, leg)->end.outcome, HL__CANCELLED);
    over(&f);
}

static void an_answer_without_sdp_ends_the_call(void **state)
{
    (void)state;
    struct far f;
    begin(&f);
    hl_id leg = go_out(&f);
    read_request(&f, "INVITE");
    answer(&f, "INVITE", "200 OK", "t", "");
    assert_int_equal(net_leg_of(&f.n, leg)->end.q850, 88);
    assert_int_equal(net_leg_of(&f.n, leg)->end.outcome, HL__INCOMPATIBLE);
    assert_non_null(strstr(f.n.wire, "BYE "));
    over(&f);
}

static void a_reason_overrides_the_cause_and_a_change_refused_is_told(void **state)
{
    (void)state;
    struct far f;
    hl__media m;
    begin(&f);
    hl_id leg = go_out(&f);
    read_request(&f, "INVITE");
    answer(&f, "INVITE", "480 X\r\nReason: Q.850;cause=1", "t", "");
    assert_int_equal(net_leg_of(&f.n, leg)->end.q850, 1);
    assert_int_equal(net_leg_of(&f.n, leg)->end.outcome, HL__BAD_NUMBER);
    leg = go_out(&f);
    read_request(&f, "INVITE");
    answer(&f, "INVITE", "200 OK", "t", sdp);
    net_media(&m, 0, HL__PCMA);
    m.dir = HL__INACTIVE;
    hl__sip_renegotiate(f.n.ua[0], f.n.now, leg, &m);
    net_pump(&f.n);
    assert_non_null(strstr(f.n.wire, "a=inactive"));
    read_request(&f, "INVITE");
    answer(&f, "INVITE", "488 No", "t", "");
    assert_int_equal(net_leg_of(&f.n, leg)->refused, 1);
    assert_int_equal(net_leg_of(&f.n, leg)->ended, 0);
    m.dir = HL__SEND;
    hl__sip_renegotiate(f.n.ua[0], f.n.now, leg, &m);
    net_pump(&f.n);
    read_request(&f, "INVITE");
    answer(&f, "INVITE", "481 Gone", "t", "");
    assert_int_equal(net_leg_of(&f.n, leg)->ended, 1);
    over(&f);
}

/* ---- a telephone behind a NAT ---- */
static void a_telephone_behind_a_nat_is_kept_open_and_dropped_when_dead(void **state)
{
    (void)state;
    struct far f;
    uint32_t pos = 0;
    hl__sip_phone_row row;
    memset(&f, 0, sizeof(f));
    net_begin(&f.n, 5);
    net_add(&f.n, 0, "{\"listeners\":{\"u\":{\"bind\":\"10.0.0.1:5060\",\"accept\":\"phones\","
            "\"realm\":\"hotline.example\"}},"
            "\"phones\":{\"1001\":{\"id\":14,\"ha1_md5\":\"3579928b1b2019664e1a86b05237015b\"}}}", false);
    static const char ask[] =
        "REGISTER sip:hotline.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.2;branch=z9hG4bK%d\r\n"
        "From: <sip:1001@h>;tag=a\r\nTo: <sip:1001@h>\r\nCall-ID: r\r\nCSeq: %d REGISTER\r\n"
        "Contact: <sip:1001@192.168.1.2:5060>;expires=3600\r\n%sContent-Length: 0\r\n\r\n";
    char text[2048], nonce[64], response[65], auth[600];
    snprintf(text, sizeof(text), ask, 1, 1, "");
    net_inject(&f.n, 0, "203.0.113.5:4711", text);
    take(nonce, sizeof(nonce), f.n.wire, "nonce=\"", "\"");
    struct sip_digest d = { .algorithm = SIP_MD5, .method = hl__view_of("REGISTER") };
    d.uri = hl__view_of("sip:hotline.example");
    d.nonce = hl__view_of(nonce);
    assert_int_equal(hl__sip_response(&d, "3579928b1b2019664e1a86b05237015b", response), 0);
    snprintf(auth, sizeof(auth), "Authorization: Digest username=\"1001\", realm=\"hotline.example\", nonce=\"%s\", "
             "uri=\"sip:hotline.example\", response=\"%s\"\r\n", nonce, response);
    snprintf(text, sizeof(text), ask, 2, 2, auth);
    net_inject(&f.n, 0, "203.0.113.5:4711", text);
    assert_int_equal(net_reply(&f.n), 200);
    assert_int_equal(hl__sip_phone_next(f.n.ua[0], &pos, &row), 1);
    assert_int_equal(row.bindings, 1);
    forget(&f);
    net_run(&f.n, 26 * (hl_time)HL__SECOND);
    assert_string_equal(f.n.wire, "\r\n\r\n");
    net_run(&f.n, 40 * (hl_time)HL__SECOND);
    read_request(&f, "OPTIONS");
    answer_as(&f, "203.0.113.5:4711", "OPTIONS", "200 OK", "t", "");
    net_run(&f.n, 200 * (hl_time)HL__SECOND);
    pos = 0;
    assert_int_equal(hl__sip_phone_next(f.n.ua[0], &pos, &row), 1);
    assert_int_equal(row.bindings, 0);
    over(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(the_answer_has_one_codec_in_their_numbers),
        HL_TEST(the_two_hundred_is_repeated_until_the_ack),
        HL_TEST(without_an_ack_the_call_ends_after_32_s),
        HL_TEST(a_call_without_offer_gets_ours_and_needs_an_answer),
        HL_TEST(the_route_set_and_target_lead_our_requests),
        HL_TEST(a_strict_router_becomes_the_address),
        HL_TEST(requests_out_of_order_or_of_nobody_are_refused),
        HL_TEST(the_same_call_by_two_ways_is_taken_once),
        HL_TEST(cancel_gets_its_200_and_the_invite_487),
        HL_TEST(cancel_after_the_answer_changes_nothing),
        HL_TEST(changes_are_answered_and_repeated_offers_get_the_same_text),
        HL_TEST(callers_and_dialled_numbers_are_read),
        HL_TEST(a_caller_who_waits_unanswered_hears_of_us_each_minute),
        HL_TEST(the_invite_names_caller_and_callee_by_the_trunks_rules),
        HL_TEST(a_challenge_is_answered_once_and_later_requests_carry_it),
        HL_TEST(a_challenge_that_comes_again_ends_the_call),
        HL_TEST(the_next_address_is_tried_but_not_after_ringing),
        HL_TEST(a_silent_address_is_left_after_4_s),
        HL_TEST(a_second_answer_is_taken_and_ended),
        HL_TEST(a_cancel_waits_for_a_provisional_answer),
        HL_TEST(an_answer_without_sdp_ends_the_call),
        HL_TEST(a_reason_overrides_the_cause_and_a_change_refused_is_told),
        HL_TEST(a_telephone_behind_a_nat_is_kept_open_and_dropped_when_dead),
    };
    return HL_TEST_MAIN(tests);
}
