/* test_sdp.c - session descriptions: what browsers and telephones write is read, what is wrong is told by its line. */
#include "hl_test.h"
#include "base/json.h"
#include "sdp/sdp.h"

static const char telephone[] =
    "v=0\r\no=alice 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    "m=video 5004 RTP/AVP 31\r\na=sendonly\r\n"
    "m=audio 5002 RTP/AVP 18 8 0 101\r\nc=IN IP6 2001:db8::5\r\na=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-15\r\n"
    "a=ptime:30\r\na=rtcp:6000\r\na=inactive\r\nm=image 0 udptl t38\r\n";

static int parse(const char *text, hl__sdp *s, hl__err *err)
{
    return hl__sdp_parse(text, strlen(text), s, err);
}

static void a_telephones_offer_is_read(void **state)
{
    (void)state;
    hl__sdp s;
    hl__err err = { 0 };
    assert_int_equal(parse(telephone, &s, &err), 0);
    assert_int_equal(s.nmedia, 3);
    assert_int_equal(s.audio, 1);
    assert_int_equal(s.port, 5002);
    assert_int_equal(s.rtcp_port, 6000);
    assert_true(hl__view_is(s.address, "2001:db8::5"));
    assert_int_equal(s.dir, HL__SDP_INACTIVE);
    assert_int_equal(s.ptime, 30);
    assert_int_equal(s.ncodecs, 4);
    assert_true(hl__view_is(s.codec[1].name, "PCMA"));
    assert_non_null(hl__sdp_codec_of(&s, "TELEPHONE-EVENT", 8000, 0));
    assert_null(hl__sdp_codec_of(&s, "telephone-event", 48000, 0));
    assert_int_equal(hl__sdp_codec_pt(&s, 18)->rate, 8000);
    assert_null(hl__sdp_codec_pt(&s, 9));
}

static void browsers_offers_are_read(void **state)
{
    (void)state;
    hl__err err = { 0 };
    size_t len;
    char *text = hl_test_vector("gateway-sdp-offers.json", &len);
    hl__json *j = hl__json_read(text, len, &err);
    static const struct { const char *name, *ufrag, *mid; unsigned opus, ssrc; } rows[] = {
        { "chromium_156", "rHbj", "0", 111, 3212342482u }, { "firefox_esr_153", "cef99035", "0", 109, 2795854u },
    };
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        hl__buf b;
        hl__sdp s;
        hl__view fec;
        const hl__json *lines = hl__json_get(j, rows[i].name);
        hl__buf_init(&b, &hl_test_mem);
        for (size_t k = 0; k < hl__json_size(lines); k++)
            hl__buf_fmt(&b, "%s\r\n", hl__json_text(hl__json_at(lines, k)));
        hl_test_ok(hl__sdp_parse(b.data, b.len, &s, &err) == 0, "%s: %s", rows[i].name, err.words);
        assert_true(s.dtls && s.secure && s.mux && !s.ice_lite);
        assert_int_equal(s.setup, HL__SDP_ACTPASS);
        assert_true(hl__view_is(s.ufrag, rows[i].ufrag));
        assert_true(hl__view_is(s.mid, rows[i].mid) && hl__view_is(s.bundle, "0"));
        assert_int_equal(s.nprints, 1);
        assert_true(hl__view_is(s.print[0].hash, "sha-256"));
        assert_int_equal(s.ssrc[0], rows[i].ssrc);
        const hl__sdp_codec *opus = hl__sdp_codec_of(&s, "opus", 48000, 2);
        assert_int_equal(opus->pt, rows[i].opus);
        assert_true(hl__sdp_param(opus->fmtp, "useinbandfec", &fec) && hl__view_is(fec, "1"));
        assert_int_equal(s.dir, HL__SDP_SENDRECV);
        hl__buf_free(&b);
    }
    hl__json_free(j);
}

static void what_is_wrong_is_told_by_its_line(void **state)
{
    (void)state;
    static const struct { const char *text, *words; int code; } rows[] = {
        { "", "line 1: ", HL_EINVAL },
        { "hello\r\n", "line 1: a description begins with v=0", HL_EINVAL },
        { "v=1\r\n", "line 1: v= is not 0", HL_EINVAL },
        { "v=0\r\nbad\r\n", "line 2: not of the form", HL_EINVAL },
        { "v=0\r\ns=-\r\n", "line 2: o= is missing", HL_EINVAL },
        { "v=0\r\no=- x 1 IN IP4 1.2.3.4\r\n", "line 2: o= needs", HL_EINVAL },
        { "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\nm=audio 70000 RTP/AVP 0\r\n", "line 3: the port", HL_EINVAL },
        { "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\nm=audio 5000 RTP/AVP 0 200\r\n", "line 3: a payload type", HL_EINVAL },
        { "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\nm=audio 5000 RTP/AVP 0 0\r\n", "line 3: a payload type stands", HL_EINVAL },
        { "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\nm=audio 5000 RTP/AVP 0\r\n", "line 3: m=audio has no c=", HL_EINVAL },
        { "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\na=fingerprint:sha-256 zz\r\n", "line 3: a=fingerprint", HL_EINVAL },
        { "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\na=ice-pwd:short\r\n", "line 3: a=ice-pwd", HL_EINVAL },
        { "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\na=setup:maybe\r\n", "line 3: a=setup", HL_EINVAL },
        { "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\na=ptime:abc\r\n", "line 3: packet time", HL_EINVAL },
        { "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\nA=x\r\n", "line 3: a line begins", HL_EINVAL },
    };
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        hl__sdp s;
        hl__err err = { 0 };
        hl_test_ok(parse(rows[i].text, &s, &err) == rows[i].code, "%s", rows[i].text);
        hl_test_ok(strncmp(err.words, rows[i].words, strlen(rows[i].words)) == 0, "%s: %s", rows[i].words, err.words);
    }
}

static void limits_are_kept(void **state)
{
    (void)state;
    hl__sdp s;
    hl__err err = { 0 };
    char *text = malloc(HL__SDP_BYTES + 100);
    assert_non_null(text);
    size_t at = (size_t)sprintf(text, "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\n");
    for (int i = 2; i < HL__SDP_LINES; i++)
        at += (size_t)sprintf(text + at, "i=x\n");
    assert_int_equal(hl__sdp_parse(text, at, &s, &err), 0);
    assert_int_equal(s.lines, HL__SDP_LINES);
    at += (size_t)sprintf(text + at, "i=x\n");
    assert_int_equal(hl__sdp_parse(text, at, &s, &err), HL_ELIMIT);
    memset(text, 'x', HL__SDP_BYTES + 1);
    assert_int_equal(hl__sdp_parse(text, HL__SDP_BYTES + 1, &s, &err), HL_ELIMIT);
    free(text);
}

static void an_answer_refuses_other_media_in_their_order(void **state)
{
    (void)state;
    hl__sdp s, again;
    hl__err err = { 0 };
    hl__buf b;
    assert_int_equal(parse(telephone, &s, &err), 0);
    hl__sdp_offer d = { .session = 7, .version = 3, .port = 40000, .dir = HL__SDP_RECV, .ncodecs = 1, .theirs = &s };
    d.dtmf_pt = 101;
    d.dtmf_rate = 8000;
    d.ptime = 30;
    d.codec[0].name = "PCMA";
    d.codec[0].rate = 8000;
    d.codec[0].pt = 8;
    d.codec[0].channels = 1;
    assert_true(hl__ip_parse(hl__view_of("192.0.2.77"), d.ip));
    hl__buf_init(&b, &hl_test_mem);
    hl__sdp_write(&b, &d);
    assert_string_equal(b.data,
        "v=0\r\no=- 7 3 IN IP4 192.0.2.77\r\ns=-\r\nc=IN IP4 192.0.2.77\r\nt=0 0\r\nm=video 0 RTP/AVP 31\r\n"
        "m=audio 40000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        "a=fmtp:101 0-15\r\na=ptime:30\r\na=recvonly\r\nm=image 0 udptl t38\r\n");
    assert_int_equal(hl__sdp_parse(b.data, b.len, &again, &err), 0);
    assert_int_equal(again.nmedia, 3);
    assert_int_equal(again.audio, 1);
    hl__buf_free(&b);
}

static void directions_are_mirrored(void **state)
{
    (void)state;
    assert_int_equal(hl__sdp_mirror(HL__SDP_SEND), HL__SDP_RECV);
    assert_int_equal(hl__sdp_mirror(HL__SDP_RECV), HL__SDP_SEND);
    assert_int_equal(hl__sdp_mirror(HL__SDP_INACTIVE), HL__SDP_INACTIVE);
    assert_int_equal(hl__sdp_mirror(HL__SDP_SENDRECV), HL__SDP_SENDRECV);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_telephones_offer_is_read),
        HL_TEST(browsers_offers_are_read),
        HL_TEST(what_is_wrong_is_told_by_its_line),
        HL_TEST(limits_are_kept),
        HL_TEST(an_answer_refuses_other_media_in_their_order),
        HL_TEST(directions_are_mirrored),
    };
    return HL_TEST_MAIN(tests);
}
