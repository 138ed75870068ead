/* test_board.c - prompts, talk, keys and reports of one board, in virtual time. */
#include "media/rig.h"

/* Everything sent from the port, decoded; checks that the line has no gap. */
static uint32_t listen_to(const rig *r, uint16_t port, int16_t *pcm, uint32_t room)
{
    uint32_t n = 0, at = 0;
    hl__rtp p, before = { 0 };
    for (bool is_first = true; (at = rig_next(r, port, at, &p)) < r->sent; at++, is_first = false) {
        if (!is_first) {
            assert_int_equal((uint16_t)(p.seq - before.seq), 1);
            assert_int_equal(p.ssrc, before.ssrc);
        }
        if (!is_first && !p.marker)
            assert_int_equal(p.ts - before.ts, 160);
        before = p;
        assert_true(n + p.len <= room);
        hl__alaw_decode(p.body, p.len, pcm + n);
        n += p.len;
    }
    return n;
}

static void a_prompt_of_two_clips_has_no_missing_frame(void **state)
{
    static int16_t sound[16000], heard[80000];
    char path[600];
    const char *files = hl_test_temp();
    (void)state;
    rig_tone(sound, 16000, 440, 16000, 0);
    snprintf(path, sizeof(path), "%s/prompts/en/one.wav", files);
    rig_wav(path, sound, 16000, 16000);
    snprintf(path, sizeof(path), "%s/prompts/en/two.wav", files);
    rig_wav(path, sound, 16000, 16000);
    rig *r = rig_new("{}", files);
    uint16_t port = rig_leg(r, 1, "PCMA");
    assert_int_equal(rig_last(r, HL__R_LOCAL)->media.n, 1);
    assert_int_equal(rig_last(r, HL__R_LOCAL)->media.codec[0].kind, HL__PCMA);
    assert_int_equal(rig_last(r, HL__R_LOCAL)->media.rtp.port, port);
    rig_play(r, 1, 77, 0, "en\tone\tnever read\nen\t_400\t\nen\ttwo\t\n");
    rig_run(r, 3000);
    assert_int_equal(rig_count(r, HL__R_PLAYED), 1);
    const rig_report *end = rig_last(r, HL__R_PLAYED);
    assert_int_equal(end->m.ref, 77);
    assert_int_equal(end->m.code, HL_PLAY_DONE);
    assert_int_equal(end->m.arg, 2400);
    uint32_t n = listen_to(r, port, heard, 80000);
    assert_true(n >= 2400 * 8);
    static int16_t low[8000];
    rig_tone(low, 8000, 440, 8000, 0);
    assert_true(rig_match(low + 800, 6400, heard, 8000, 900) > 0.98);
    assert_true(rig_match(low + 800, 6400, heard + 11200, 8000, 900) > 0.98);
    rig_free(r);
}

static void a_key_stops_a_prompt_that_wants_it(void **state)
{
    (void)state;
    rig *r = rig_new("{}", NULL);
    uint16_t port = rig_leg(r, 1, "PCMA");
    rig_play(r, 1, 78, HL_PLAY_LOOP | HL_PLAY_STOP_ON_KEY, "\ttone:ringback\t");
    rig_run(r, 1000);
    uint8_t body[4] = { 5, 10, 0, 160 };
    rig_say(r, port, &(hl__rtp){ .pt = 101, .seq = 1, .ts = 1000, .ssrc = 3, .len = 4, .body = body });
    assert_int_equal(rig_last(r, HL__R_PRESSED)->m.code, '5');
    assert_int_equal(rig_last(r, HL__R_PRESSED)->m.arg, 0);
    assert_int_equal(rig_last(r, HL__R_PLAYED)->m.code, HL_PLAY_KEY);
    rig_run(r, 300);
    assert_int_equal(rig_last(r, HL__R_PRESSED)->m.arg, 20);
    rig_free(r);
}

static void speak(rig *r, uint16_t port, uint16_t seq, uint8_t pt, uint8_t fill, uint32_t ssrc)
{
    uint8_t body[160];
    memset(body, fill, sizeof(body));
    rig_say(r, port, &(hl__rtp){ .pt = pt, .seq = seq, .ts = seq * 160u, .ssrc = ssrc, .len = 160, .body = body });
}

static void two_telephones_of_one_codec_get_each_others_bytes(void **state)
{
    hl__rtp p;
    uint32_t at = 0, n = 0;
    (void)state;
    rig *r = rig_new("{}", NULL);
    uint16_t a = rig_leg(r, 1, "PCMA"), b = rig_leg(r, 2, "PCMA");
    rig_talk(r, 1, 2);
    for (uint16_t i = 0; i < 100; i++) {
        if (i != 40) /* one is lost: so it is on the other side */
            speak(r, a, (uint16_t)(65500 + i), 8, (uint8_t)i, 55);
        rig_run(r, 20);
    }
    uint16_t first = 0;
    for (; (at = rig_next(r, b, at, &p)) < r->sent; at++, n++) {
        if (n == 0)
            first = p.seq;
        uint16_t i = (uint16_t)(p.seq - first);
        assert_int_equal(p.body[0], i);
        assert_int_equal(p.body[159], i);
        assert_int_equal(p.marker, i == 0);
    }
    assert_int_equal(n, 99);
    rig_free(r);
}

static void different_g711_is_coded_anew(void **state)
{
    hl__rtp p;
    uint32_t at = 0, n = 0;
    (void)state;
    rig *r = rig_new("{}", NULL);
    uint16_t a = rig_leg(r, 1, "PCMA"), b = rig_leg(r, 2, "PCMU");
    rig_talk(r, 1, 2);
    for (uint16_t i = 0; i < 50; i++) {
        speak(r, a, i, 8, 0xd5, 55);
        rig_run(r, 20);
    }
    for (; (at = rig_next(r, b, at, &p)) < r->sent; at++, n++) {
        assert_int_equal(p.pt, 0);
        assert_true(p.body[80] == 0xff || p.body[80] == 0x7f || p.body[80] == 0xfe);
    }
    assert_true(n >= 49 && n <= 51);
    rig_free(r);
}

static void keys_are_sent_and_the_voice_waits(void **state)
{
    hl__rtp p;
    uint32_t at = 0, events = 0, ends = 0;
    (void)state;
    rig *r = rig_new("{}", NULL);
    uint16_t port = rig_leg(r, 1, "PCMA");
    rig_play(r, 1, 7, HL_PLAY_LOOP, "\ttone:dial\t");
    rig_run(r, 500);
    hl__msg q = { .kind = HL__Q_TONES, .leg = 1, .gen = 1, .arg = 100 };
    rig_request(r, &q, HL__WORDS, "12", 2);
    rig_run(r, 1000);
    for (; (at = rig_next(r, port, at, &p)) < r->sent; at++) {
        if (p.pt != 101)
            continue;
        events++;
        ends += p.body[1] >> 7;
    }
    assert_int_equal(events, 16);
    assert_int_equal(ends, 6);
    rig_free(r);
}

static void music_plays_until_the_talk_begins(void **state)
{
    (void)state;
    rig *r = rig_new("{}", NULL);
    uint16_t a = rig_leg(r, 1, "PCMA");
    const hl__row held = { .leg = 1, .music = 5, .gen = 1 };
    rig_mix(r, 9, &held, 1);
    rig_run(r, 500);
    static int16_t pcm[80000];
    uint32_t n = listen_to(r, a, pcm, 80000);
    assert_true(n >= 3500);
    int loud = 0;
    for (uint32_t i = 0; i < n; i++)
        loud += pcm[i] > 500;
    assert_true(loud > 100);
    uint16_t b = rig_leg(r, 2, "PCMA");
    rig_talk(r, 1, 2);
    uint32_t before = r->sent;
    for (uint16_t i = 0; i < 50; i++) {
        speak(r, b, i, 8, 0xd5, 66);
        rig_run(r, 20);
    }
    hl__rtp p;
    for (uint32_t at = before; (at = rig_next(r, a, at, &p)) < r->sent; at++)
        assert_int_equal(p.body[0], 0xd5);
    rig_free(r);
}

static void a_telephone_is_learned_by_four_packets(void **state)
{
    (void)state;
    rig *r = rig_new("{}", NULL);
    hl__media m = rig_media("PCMA", 40000);
    m.transport = HL__RTP;
    hl__msg q = { .kind = HL__Q_OPEN, .leg = 1, .gen = 1, .code = HL__RTP };
    rig_request(r, &q, HL__MEDIA, &m, sizeof(m));
    uint8_t data[172];
    for (int i = 0; i < 8; i++) {
        hl__rtp p = { .pt = 8, .seq = (uint16_t)i, .ts = 160u * (uint32_t)i, .ssrc = 9, .len = 160 };
        hl__rtp_write(data, &p);
        memset(data + 12, 0xd5, 160);
        hl__packet in = { .when = r->now, .len = 172, .room = 172, .data = data, .near = { .port = 20000 } };
        in.far = (hl__addr){ .ip = { 127, 0, 0, 1 }, .family = 4, .port = 40010 }; /* another port of the same host */
        hl__board_input(r->board, r->now, &in);
        rig_run(r, 20);
        assert_int_equal(rig_count(r, HL__R_UP), i >= 3);
    }
    assert_int_equal(rig_count(r, HL__R_MOVED), 1);
    hl__packet stranger = { .when = r->now, .len = 172, .room = 172, .data = data, .near = { .port = 20000 } };
    stranger.far = (hl__addr){ .ip = { 10, 0, 0, 1 }, .family = 4, .port = 40010 };
    uint64_t dropped = hl__board_figures(r->board)->dropped;
    hl__board_input(r->board, r->now, &stranger);
    assert_int_equal(hl__board_figures(r->board)->dropped, dropped + 1);
    rig_free(r);
}

static void no_codec_in_common_is_told(void **state)
{
    (void)state;
    rig *r = rig_new("{\"codecs\":[\"PCMA\"]}", NULL);
    (void)rig_leg(r, 1, "PCMU");
    assert_int_equal(rig_last(r, HL__R_FAILED)->m.code, HL_ENOTSUP);
    assert_null(rig_last(r, HL__R_LOCAL));
    rig_free(r);
}

static int whole_call(void *ctx)
{
    (void)ctx;
    rig *r = rig_new("{}", NULL);
    if (!r)
        return HL_ENOMEM;
    uint16_t a = rig_leg(r, 1, "PCMA");
    (void)rig_leg(r, 2, "PCMU");
    rig_play(r, 1, 5, 0, "\ttone:beep\t");
    rig_run(r, 100);
    rig_talk(r, 1, 2);
    for (uint16_t i = 0; i < 10; i++) {
        speak(r, a, i, 8, 0xd5, 55);
        rig_run(r, 20);
    }
    rig_free(r);
    return 0;
}

/* A path that comes up by the work its output puts off, and sends the packet by which its page learns of it. */
enum { SLEEPS, CALLED, WORKED, TOLD };
static int steps;

static int spy_begin(hl__mem *mem, const char *json, int thread, hl__err *err, void **out)
{
    (void)mem;
    (void)json;
    (void)thread;
    (void)err;
    *out = &steps;
    return 0;
}

static int spy_output(void *st, hl_time now, hl__packet *out)
{
    (void)st;
    (void)now;
    if (steps != CALLED)
        return 0;
    steps = WORKED;
    out->len = 4;
    memset(out->data, 22, 4);
    out->near.port = 443;
    return 1;
}

static int spy_report(void *st, hl__msg *out, hl__path **p)
{
    (void)st;
    if (steps != WORKED)
        return 0;
    steps = TOLD;
    *p = NULL;
    out->kind = HL__R_UP;
    out->session = 14;
    return 1;
}

static hl_time spy_due(void *st)
{
    (void)st;
    return INT64_MAX;
}

static void spy_end(void *st)
{
    (void)st;
}

static void the_engine_knows_of_a_page_s_sound_before_the_page_does(void **state)
{
    static const hl__paths spy = { .begin = spy_begin, .output = spy_output, .report = spy_report, .due = spy_due,
        .end = spy_end };
    (void)state;
    steps = SLEEPS;
    rig *r = rig_of("{}", NULL, &spy);
    rig_run(r, 20);
    steps = CALLED;
    for (int n = 0; r->sent == 0 && n < 10; n++)
        rig_run(r, 5);
    assert_int_equal(r->sent, 1);
    assert_int_equal(r->out[0].told, 1);
    rig_free(r);
}

static void a_call_survives_failing_memory(void **state)
{
    (void)state;
    for (int64_t at = 1; at < 200; at++)
        for (int sign = 0; sign < 1; sign++) {
            hl_test_mem.fail_at = at;
            (void)whole_call(NULL);
            hl_test_mem.fail_at = 0;
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_prompt_of_two_clips_has_no_missing_frame), HL_TEST(a_key_stops_a_prompt_that_wants_it),
        HL_TEST(two_telephones_of_one_codec_get_each_others_bytes), HL_TEST(different_g711_is_coded_anew),
        HL_TEST(keys_are_sent_and_the_voice_waits), HL_TEST(music_plays_until_the_talk_begins),
        HL_TEST(a_telephone_is_learned_by_four_packets), HL_TEST(no_codec_in_common_is_told),
        HL_TEST(the_engine_knows_of_a_page_s_sound_before_the_page_does), HL_TEST(a_call_survives_failing_memory),
    };
    return HL_TEST_MAIN(tests);
}
