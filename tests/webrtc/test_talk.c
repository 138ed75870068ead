/* test_talk.c - a page and a telephone hear each other: Opus up, the trunk's own frames or Opus down, with loss. */
#include "webrtc/duo.h"
#include "media/rig.h"
#include "webrtc/webrtc.h"
#include <opus/opus.h>

enum { RATE = 8000, FRAME = RATE / 50, SECONDS = 6, TOTAL = SECONDS * RATE };

struct ears {
    int16_t phone[TOTAL * 2], page[TOTAL * 2];
    uint32_t n[2], pts[128], lost, percent;
    OpusDecoder *dec;
    hl__rand rand;
};

static void hear(void *ctx, int call, int who, const hl__rtp *p)
{
    struct ears *e = ctx;
    int16_t pcm[960];
    int n = 0;
    (void)call;
    e->pts[p->pt]++;
    if (p->pt == 8) {
        hl__alaw_decode(p->body, p->len, pcm);
        n = (int)p->len;
    } else if (p->pt == 111) {
        n = opus_decode(e->dec, p->body, (opus_int32)p->len, pcm, 960, 0);
    }
    int16_t *to = who == DUO_PHONE ? e->phone : e->page;
    if (n > 0 && e->n[who] + (uint32_t)n <= 2 * TOTAL) {
        memcpy(to + e->n[who], pcm, (size_t)n * 2);
        e->n[who] += (uint32_t)n;
    }
}

static int lose(void *ctx, int call, int to_board)
{
    struct ears *e = ctx;
    (void)call;
    bool keep = !to_board || hl__rand_below(&e->rand, 100) >= e->percent;
    e->lost += !keep;
    return keep;
}

/* Both speak for SECONDS; the correlation of what was said and what was heard. */
static void converse(const char *settings, uint32_t percent, struct ears *e, double *up, double *down)
{
    static int16_t said_page[TOTAL], said_phone[TOTAL];
    int r;
    memset(e, 0, sizeof(*e));
    e->percent = percent;
    hl__rand_init(&e->rand, 5, 0, 0);
    e->dec = opus_decoder_create(RATE, 1, &r);
    OpusEncoder *enc = opus_encoder_create(RATE, 1, OPUS_APPLICATION_VOIP, &r);
    opus_encoder_ctl(enc, OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(enc, OPUS_SET_PACKET_LOSS_PERC(10));
    opus_encoder_ctl(enc, OPUS_SET_BITRATE(24000));
    rig_speech(said_page, TOTAL, RATE);
    rig_speech(said_phone, TOTAL, RATE);
    for (int i = 0; i < TOTAL / 2; i++) { /* backwards: another speaker */
        int16_t t = said_phone[i];
        said_phone[i] = said_phone[TOTAL - 1 - i];
        said_phone[TOTAL - 1 - i] = t;
    }
    duo *d = duo_new(&hl_test_mem, settings, 1);
    assert_non_null(d);
    duo_connect(d);
    assert_int_equal(d->up, 1);
    d->heard = hear;
    d->wire = lose;
    d->ctx = e;
    for (int at = 0; at < TOTAL; at += FRAME) {
        uint8_t body[400], alaw[FRAME];
        int n = opus_encode(enc, said_page + at, FRAME, body, sizeof(body));
        assert_true(n > 0);
        hl__alaw_encode(said_phone + at, FRAME, alaw);
        duo_page_says(d, 0, d->call[0].media.codec[0].pt, 960, body, (size_t)n);
        duo_phone_says(d, 0, alaw, FRAME);
        duo_step(d, 20 * HL__US);
    }
    *up = rig_match(said_page, TOTAL, e->phone, e->n[DUO_PHONE], RATE / 5);
    *down = rig_match(said_phone, TOTAL, e->page, e->n[DUO_PAGE], RATE / 5);
    print_message("%s, %u %% lost: up %.3f, down %.3f\n", settings, percent, *up, *down);
    duo_free(d);
    opus_encoder_destroy(enc);
    opus_decoder_destroy(e->dec);
}

static struct ears ears;

static void half_path_sends_the_telephones_frames_down_as_they_are(void **state)
{
    (void)state;
    double up, down;
    converse("{\"codecs\":[\"opus\",\"PCMA\",\"PCMU\"]}", 0, &ears, &up, &down);
    assert_true(up >= 0.9);
    assert_true(down >= 0.99);
    assert_in_range(ears.pts[8], 2 * (SECONDS * 50 - 5), 2 * SECONDS * 50); /* PCMA both down and, decoded, up */
    assert_int_equal(ears.pts[111], 0);
}

static void relay_path_sends_opus_down(void **state)
{
    (void)state;
    double up, down;
    converse("{\"codecs\":[\"opus\",\"PCMA\",\"PCMU\"],\"path\":\"relay\"}", 0, &ears, &up, &down);
    assert_true(up >= 0.9);
    assert_true(down >= 0.9);
    assert_in_range(ears.pts[111], SECONDS * 50 - 5, SECONDS * 50);
}

static void lost_packets_are_made_up_without_a_gap(void **state)
{
    (void)state;
    double up, down;
    converse("{\"codecs\":[\"opus\",\"PCMA\",\"PCMU\"]}", 5, &ears, &up, &down);
    assert_true(ears.lost > 5);
    assert_true(up >= 0.85);
    assert_in_range(ears.n[DUO_PHONE], TOTAL - 8 * FRAME, TOTAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(half_path_sends_the_telephones_frames_down_as_they_are),
        HL_TEST(relay_path_sends_opus_down),
        HL_TEST(lost_packets_are_made_up_without_a_gap),
    };
    return HL_TEST_MAIN(tests);
}
