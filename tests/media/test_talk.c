/* test_talk.c - HALF and RELAY between a browser's Opus and a telephone's G.711, with loss; mixing of three. */
#include "media/rig.h"

#define SECONDS 4
#define FRAMES (SECONDS * 50)

static int16_t speech[SECONDS * 8000], heard[SECONDS * 16000];

typedef struct far { uint16_t port, seq; uint32_t ts, ssrc, at; hl__coder *enc; int kind; uint8_t pt; } far_end;

static far_end far_new(uint16_t port, int kind)
{
    far_end f = { .port = port, .seq = 65400, .ts = 0xffff0000u, .ssrc = port, .kind = kind };
    f.pt = kind == HL__OPUS ? 111 : kind == HL__PCMA ? 8 : 0;
    assert_int_equal(hl__coder_new(&hl_test_mem, kind, 8000, true, &f.enc), 0);
    hl__coder_effort(f.enc, 5, 10);
    return f;
}

static void far_says(rig *r, far_end *f, const int16_t *pcm, bool is_lost)
{
    uint8_t body[HL__PACKET_MAX];
    int n = hl__encode(f->enc, pcm, 160, body, sizeof(body));
    assert_true(n > 0);
    hl__rtp p = { .pt = f->pt, .seq = f->seq++, .ts = f->ts, .ssrc = f->ssrc, .len = (uint32_t)n, .body = body };
    f->ts += f->kind == HL__OPUS ? 960 : 160;
    if (!is_lost)
        rig_say(r, f->port, &p);
}

/* What the far end of a port hears with a decoder of its own; each packet's place is its timestamp. */
static uint32_t far_hears(const rig *r, uint16_t port, int kind, int16_t *out, uint32_t room)
{
    hl__coder *dec;
    hl__rtp p;
    uint32_t at = 0, n = 0, packets = 0, ts = 0;
    assert_int_equal(hl__coder_new(&hl_test_mem, kind, 8000, false, &dec), 0);
    for (; (at = rig_next(r, port, at, &p)) < r->sent; at++) {
        if (kind == HL__OPUS ? p.pt != 111 : p.pt != 8)
            continue;
        if (packets++ && p.ts - ts > (kind == HL__OPUS ? 960u : 160u)) /* it makes up what is missing */
            n += (uint32_t)hl__conceal(dec, out + n, 160);
        ts = p.ts;
        assert_true(n + 320 < room);
        int got = hl__decode(dec, p.body, p.len, out + n, room - n);
        assert_true(got > 0);
        n += (uint32_t)got;
    }
    hl__coder_free(dec);
    return n;
}

static double one_way(const char *settings, int from, int to, int loss_percent, int *mode)
{
    rig *r = rig_new(settings, NULL);
    uint16_t a = rig_leg(r, 1, from == HL__OPUS ? "opus" : "PCMA"), b = rig_leg(r, 2, to == HL__OPUS ? "opus" : "PCMA");
    hl__media m = rig_media(from == HL__OPUS ? "opus PCMA PCMU" : "PCMA", (uint16_t)(a + 10000));
    hl__msg q = { .kind = HL__Q_SET, .leg = 1 };
    rig_request(r, &q, HL__MEDIA, &m, sizeof(m)); /* a browser takes all three at any time */
    m = rig_media(to == HL__OPUS ? "opus PCMA PCMU" : "PCMA", (uint16_t)(b + 10000));
    q = (hl__msg){ .kind = HL__Q_SET, .leg = 2 };
    rig_request(r, &q, HL__MEDIA, &m, sizeof(m));
    rig_talk(r, 1, 2);
    far_end f = far_new(a, from), g = far_new(b, to);
    hl__rand rand;
    hl__rand_init(&rand, 5, 0, (uint64_t)loss_percent);
    static const int16_t quiet[160];
    rig_speech(speech, SECONDS * 8000, 8000);
    for (int i = 0; i < FRAMES; i++) {
        far_says(r, &f, speech + 160 * i, i > 5 && (int)hl__rand_below(&rand, 100) < loss_percent);
        far_says(r, &g, quiet, false);
        rig_run(r, 20);
    }
    uint32_t n = far_hears(r, b, *mode, heard, SECONDS * 16000);
    double c = rig_match(speech, SECONDS * 8000 - 1600, heard, n, 1200);
    rig_run(r, 8000);
    const rig_report *quality = rig_last(r, HL__R_QUALITY);
    assert_non_null(quality);
    *mode = 0;
    for (uint32_t i = 0; i < r->reports; i++)
        if (r->report[i].m.kind == HL__R_QUALITY && r->report[i].m.leg == 2)
            *mode = r->report[i].quality.row.path;
    hl__coder_free(f.enc);
    hl__coder_free(g.enc);
    rig_free(r);
    return c;
}

static void a_telephone_hears_the_browser_through_half(void **state)
{
    (void)state;
    for (int loss = 0; loss <= 5; loss++) {
        int mode = HL__PCMA;
        double c = one_way("{}", HL__OPUS, HL__PCMA, loss, &mode);
        print_message("Opus to PCMA, %d %% lost: %.3f\n", loss, c);
        hl_test_ok(c >= 0.9, "%d %%: %.3f", loss, c);
        assert_int_equal(mode, HL_PATH_HALF);
    }
}

static void the_browser_hears_the_trunks_own_frames(void **state)
{
    int mode = HL__PCMA;
    (void)state;
    double c = one_way("{}", HL__PCMA, HL__OPUS, 0, &mode);
    assert_true(c > 0.99);
    assert_int_equal(mode, HL_PATH_BYPASS);
}

static void relay_sends_the_browser_opus(void **state)
{
    (void)state;
    for (int loss = 0; loss <= 5; loss += 5) {
        int mode = HL__OPUS;
        double c = one_way("{\"path\":\"relay\"}", HL__PCMA, HL__OPUS, loss, &mode);
        print_message("PCMA to Opus, %d %% lost: %.3f\n", loss, c);
        hl_test_ok(c >= 0.9, "%d %%: %.3f", loss, c);
        assert_int_equal(mode, HL_PATH_RELAY);
    }
}

static void report_loss(rig *r, uint16_t port, uint32_t ssrc, uint32_t fraction)
{
    uint8_t data[200];
    hl__rtcp rr = { .ssrc = 1, .blocks = 1, .block = { .ssrc = ssrc, .fraction = fraction } };
    size_t len = hl__rtcp_write(&rr, data, sizeof(data));
    hl__packet p = { .when = r->now, .len = (uint32_t)len, .room = sizeof(data), .data = data,
        .near = { .port = port } };
    hl__board_input(r->board, r->now, &p);
}

/* Payload type of the last packet the port was sent. */
static int last_pt(const rig *r, uint16_t port, uint32_t *ssrc)
{
    hl__rtp p;
    int pt = -1;
    for (uint32_t at = 0; (at = rig_next(r, port, at, &p)) < r->sent; at++) {
        pt = p.pt;
        *ssrc = p.ssrc;
    }
    return pt;
}

static void talk_for(rig *r, far_end *f, int frames)
{
    for (int i = 0; i < frames; i++) {
        far_says(r, f, speech, false);
        rig_run(r, 20);
    }
}

static void loss_twice_changes_to_relay_and_calm_changes_back(void **state)
{
    uint32_t ssrc = 0;
    (void)state;
    rig *r = rig_new("{}", NULL);
    uint16_t a = rig_leg(r, 1, "PCMA"), b = rig_leg(r, 2, "opus");
    hl__media m = rig_media("opus PCMA PCMU", (uint16_t)(b + 10000));
    hl__msg q = { .kind = HL__Q_SET, .leg = 2 };
    rig_request(r, &q, HL__MEDIA, &m, sizeof(m));
    rig_talk(r, 1, 2);
    far_end f = far_new(a, HL__PCMA);
    talk_for(r, &f, 20);
    assert_int_equal(last_pt(r, b, &ssrc), 8);
    report_loss(r, b, ssrc, 8);
    talk_for(r, &f, 5);
    assert_int_equal(last_pt(r, b, &ssrc), 8);
    report_loss(r, b, ssrc, 8);
    talk_for(r, &f, 5);
    assert_int_equal(last_pt(r, b, &ssrc), 111);
    for (int i = 0; i < 8; i++) {
        talk_for(r, &f, 250);
        report_loss(r, b, ssrc, 0);
    }
    talk_for(r, &f, 5);
    assert_int_equal(last_pt(r, b, &ssrc), 8);
    hl__coder_free(f.enc);
    rig_free(r);
}

static void three_hear_each_other_and_nobody_hears_itself(void **state)
{
    static int16_t tone[3][160];
    static const double hz[3] = { 400, 900, 1700 };
    far_end f[3];
    uint16_t port[3];
    (void)state;
    rig *r = rig_new("{}", NULL);
    for (int i = 0; i < 3; i++) {
        port[i] = rig_leg(r, i + 1, "PCMA");
        f[i] = far_new(port[i], HL__PCMA);
    }
    const hl__row rows[] = { { .leg = 1, .hears = 6 }, { .leg = 2, .hears = 5 }, { .leg = 3, .hears = 3 } };
    rig_mix(r, 9, rows, 3);
    for (uint32_t k = 0; k < 150; k++) {
        for (int i = 0; i < 3; i++) {
            rig_tone(tone[i], 160, hz[i], 8000, 160 * k);
            far_says(r, &f[i], tone[i], k % 20 == 7);
        }
        rig_run(r, 20);
    }
    for (int i = 0; i < 3; i++) {
        uint32_t n = far_hears(r, port[i], HL__PCMA, heard, SECONDS * 16000);
        assert_true(n > 18000);
        for (int k = 0; k < 3; k++) {
            int16_t want[1600];
            rig_tone(want, 1600, hz[k], 8000, 0);
            double c = rig_match(want, 1600, heard + 12000, 3000, 100);
            hl_test_ok(k == i ? c < 0.2 : c > 0.5, "leg %d hears %d: %.2f", i + 1, k + 1, c);
        }
    }
    for (int i = 0; i < 3; i++)
        hl__coder_free(f[i].enc);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_telephone_hears_the_browser_through_half), HL_TEST(the_browser_hears_the_trunks_own_frames),
        HL_TEST(relay_sends_the_browser_opus), HL_TEST(loss_twice_changes_to_relay_and_calm_changes_back),
        HL_TEST(three_hear_each_other_and_nobody_hears_itself),
    };
    return HL_TEST_MAIN(tests);
}
