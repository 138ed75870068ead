/* test_answer.c - real browsers' offers and our answers, letter for letter; what is refused, and by which line. */
#include "webrtc/webrtc.h"
#include "base/json.h"
#include "hl_test.h"

static const hl__rtc rtc = {
    .codec = { HL__OPUS, HL__PCMA, HL__PCMU }, .codecs = 3, .rate = 8000, .port = 42000, .tcp = true, .addresses = 2,
    .address = { { .ip = { 192, 0, 2, 7 }, .family = 4 }, { .ip = { 0x20, 1, 0x0d, 0xb8, [15] = 7 }, .family = 6 } },
};
static const hl__ours ours = { "abcdefgh", "hotlinehotlinehotlinehot", "AB:CD", 4711, 1, 3141592653u };

/* The offer as text: lines of the vector, each ended by CRLF. */
static char *offer_of(const char *browser)
{
    size_t len;
    char *text = hl_test_vector("gateway-sdp-offers.json", &len);
    hl__err err;
    hl__json *j = hl__json_read(text, len, &err), *list = hl__json_get(j, browser);
    char *out = test_malloc(16384);
    size_t n = 0;
    for (size_t i = 0; i < hl__json_size(list); i++)
        n += (size_t)snprintf(out + n, 16384 - n, "%s\r\n", hl__json_text(hl__json_at(list, i)));
    hl__json_free(j);
    return out;
}

static void answer_is(const hl__rtc *settings, const char *browser, const char *expected)
{
    char *text = offer_of(browser);
    hl__offer o;
    hl__err err = { 0 };
    hl_test_ok(hl__offer_read(&hl_test_mem, text, strlen(text), &o, &err) == 0, "%s", err.words);
    assert_int_equal(hl__offer_match(settings, &o, &err), 0);
    hl__buf b;
    hl__buf_init(&b, &hl_test_mem);
    hl__answer_write(&b, settings, &o, &ours);
    assert_string_equal(b.data, expected);
    hl__buf_free(&b);
    test_free(text);
}

#define CANDIDATES \
    "a=candidate:1 1 udp 2130706431 192.0.2.7 42000 typ host\r\n" \
    "a=candidate:3 1 udp 2130706175 2001:db8::7 42000 typ host\r\n" \
    "a=candidate:2 1 tcp 1671430143 192.0.2.7 42000 typ host tcptype passive\r\n" \
    "a=candidate:4 1 tcp 1671429887 2001:db8::7 42000 typ host tcptype passive\r\n" \
    "a=end-of-candidates\r\n"
#define BEGIN "v=0\r\no=- 4711 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\na=group:BUNDLE 0\r\n"
#define MIDDLE "c=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\na=ice-ufrag:abcdefgh\r\n" \
    "a=ice-pwd:hotlinehotlinehotlinehot\r\na=fingerprint:sha-256 AB:CD\r\na=setup:passive\r\n"
#define END "a=ptime:20\r\na=ssrc:3141592653 cname:hotline\r\na=msid:hotline hotline-audio\r\n" CANDIDATES

static void chromium_gets_its_answer(void **state)
{
    (void)state;
    answer_is(&rtc, "chromium_156", BEGIN "m=audio 9 UDP/TLS/RTP/SAVPF 111 8 0 110 126\r\n" MIDDLE
        "a=rtpmap:111 opus/48000/2\r\n"
        "a=fmtp:111 minptime=10;useinbandfec=1;stereo=0;maxaveragebitrate=32000;maxplaybackrate=8000\r\n"
        "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:110 telephone-event/48000\r\na=fmtp:110 0-15\r\n"
        "a=rtpmap:126 telephone-event/8000\r\na=fmtp:126 0-15\r\n" END);
}

static void firefox_gets_its_answer(void **state)
{
    (void)state;
    answer_is(&rtc, "firefox_esr_153", BEGIN "m=audio 9 UDP/TLS/RTP/SAVPF 109 8 0 101\r\n" MIDDLE
        "a=rtpmap:109 opus/48000/2\r\n"
        "a=fmtp:109 minptime=10;useinbandfec=1;stereo=0;maxaveragebitrate=32000;maxplaybackrate=8000\r\n"
        "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n" END);
}

static void busy_thread_answers_g711_first_without_opus(void **state)
{
    (void)state;
    hl__rtc busy = rtc;
    busy.codec[0] = HL__PCMU;
    busy.codecs = 1;
    busy.addresses = 1;
    busy.tcp = false;
    answer_is(&busy, "chromium_156", BEGIN "m=audio 9 UDP/TLS/RTP/SAVPF 0 126\r\n" MIDDLE
        "a=rtpmap:0 PCMU/8000\r\na=rtpmap:126 telephone-event/8000\r\na=fmtp:126 0-15\r\n"
        "a=ptime:20\r\na=ssrc:3141592653 cname:hotline\r\na=msid:hotline hotline-audio\r\n"
        "a=candidate:1 1 udp 2130706431 192.0.2.7 42000 typ host\r\na=end-of-candidates\r\n");
}

/* Replaces the first `from` by `to`; the words that come must have `word` in them, NULL: it must be taken. */
static void changed(const char *from, const char *to, const char *word)
{
    char *text = offer_of("chromium_156"), *at = strstr(text, from), *out = test_malloc(65536);
    assert_non_null(at);
    snprintf(out, 65536, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    hl__offer o;
    hl__err err = { 0 };
    memset(&o, 0x5a, sizeof(o));
    int r = hl__offer_read(&hl_test_mem, out, strlen(out), &o, &err);
    if (r == 0)
        r = hl__offer_match(&rtc, &o, &err);
    if (word) {
        hl_test_ok(r < 0, "%s -> %s was taken", from, to);
        bool told = strncmp(err.words, "line ", 5) == 0 && strstr(err.words, word);
        hl_test_ok(told, "%s -> %s: \"%s\"", from, to, err.words);
    } else {
        hl_test_ok(r == 0, "%s -> %s: %s", from, to, err.words);
    }
    test_free(out);
    test_free(text);
}

static void strict_offers_only(void **state)
{
    (void)state;
    changed("a=mid:0\r\n", "", "a=mid");
    changed("a=rtcp-mux\r\n", "", "a=rtcp-mux");
    changed("a=setup:actpass", "a=setup:passive", "a=setup");
    changed("a=setup:actpass\r\n", "", "a=setup");
    changed("a=setup:actpass", "a=setup:active", NULL);
    changed("a=ice-ufrag:rHbj", "a=ice-ufrag:rHb", "a=ice-ufrag");
    changed("a=ice-ufrag:rHbj\r\n", "", "a=ice-ufrag");
    changed("a=ice-pwd:JgHi08nvD2YLvDQqEHW7gl5i", "a=ice-pwd:JgHi08nvD2YLvDQqEHW7g", "a=ice-pwd");
    changed("a=ice-pwd:JgHi08nvD2YLvDQqEHW7gl5i\r\n", "", "a=ice-pwd");
    changed("a=fingerprint:sha-256", "a=fingerprint:md5", "a=fingerprint");
    changed("a=fingerprint:sha-256 8C:AA", "a=fingerprint:sha-256 8C-AA", "a=fingerprint");
    changed("a=fingerprint:sha-256 8C:AA", "a=fingerprint:sha-256 8c:aa", NULL);
    changed("a=fingerprint:sha-256 8C:AA:", "a=fingerprint:sha-256 AA:", "a=fingerprint");
    changed("m=audio 9 UDP", "m=video 9 UDP", "m=audio");
    changed("m=audio 9 UDP", "m=audio 0 UDP", "port 0");
    changed("m=audio 9 UDP/TLS/RTP/SAVPF", "m=audio 9 RTP/AVP", "SAVPF");
    changed("a=ssrc:3212342482 cname", "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=x:3212342482 cname", "one m-line");
    changed("m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126", "m=audio 9 UDP/TLS/RTP/SAVPF 63 13", "codecs");
    changed("opus/48000/2", "opus/48000/1", NULL); /* then PCMA */
    changed("a=group:BUNDLE 0\r\n", "", NULL);
    changed("a=mid:0", "a=mid:a b", "a=mid");
}

static void long_offers_are_refused(void **state)
{
    (void)state;
    char *many = test_malloc(40000);
    size_t n = 0;
    for (int i = 0; i < 400; i++)
        n += (size_t)snprintf(many + n, 40000 - n, "a=x\r\n");
    snprintf(many + n, 40000 - n, "a=mid:0");
    changed("a=mid:0", many, "line");
    memset(many, 'x', 17000);
    memcpy(many, "a=mid:0\r\na=", 11);
    many[17000] = 0;
    changed("a=mid:0", many, "16384");
    test_free(many);
}

static void direction_is_mirrored(void **state)
{
    (void)state;
    static const struct { const char *theirs, *ours; } rows[] = {
        { "a=sendonly", "a=recvonly\r\n" }, { "a=recvonly", "a=sendonly\r\n" }, { "a=inactive", "a=inactive\r\n" },
    };
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        char *text = offer_of("chromium_156"), *at = strstr(text, "a=sendrecv");
        memcpy(at, rows[i].theirs, 10);
        hl__offer o;
        hl__err err;
        hl__buf b;
        hl__buf_init(&b, &hl_test_mem);
        assert_int_equal(hl__offer_read(&hl_test_mem, text, strlen(text), &o, &err), 0);
        assert_int_equal(hl__offer_match(&rtc, &o, &err), 0);
        hl__answer_write(&b, &rtc, &o, &ours);
        assert_non_null(strstr(b.data, rows[i].ours));
        hl__buf_free(&b);
        test_free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(chromium_gets_its_answer), HL_TEST(firefox_gets_its_answer),
        HL_TEST(busy_thread_answers_g711_first_without_opus), HL_TEST(strict_offers_only),
        HL_TEST(long_offers_are_refused), HL_TEST(direction_is_mirrored),
    };
    return HL_TEST_MAIN(tests);
}
