/* test_codec.c - G.711 sample by sample against the standard's own rule, Opus, rates. */
#include "media/rig.h"
#include <math.h>

static void every_code_comes_back_as_itself(void **state)
{
    uint8_t codes[256], back[256];
    int16_t pcm[256];
    (void)state;
    for (int i = 0; i < 256; i++)
        codes[i] = (uint8_t)i;
    hl__alaw_decode(codes, 256, pcm);
    assert_int_equal(pcm[0xd5], 8);
    assert_int_equal(pcm[0x2a], -32256);
    hl__alaw_encode(pcm, 256, back);
    assert_memory_equal(codes, back, 256);
    hl__ulaw_decode(codes, 256, pcm);
    assert_int_equal(pcm[0], -32124);
    assert_int_equal(pcm[0x80], 32124);
    hl__ulaw_encode(pcm, 256, back);
    for (int i = 0; i < 256; i++)
        assert_true(back[i] == codes[i] || (i == 0x7f && back[i] == 0xff)); /* two zeroes */
}

/* The digests are those of the reference code of ITU-T G.191, over all 65536 samples in ascending order. */
static void every_sample_has_the_code_of_the_reference(void **state)
{
    static int16_t in[65536];
    static uint8_t out[65536];
    (void)state;
    for (int i = 0; i < 65536; i++)
        in[i] = (int16_t)(i - 32768);
    hl__alaw_encode(in, 65536, out);
    assert_true(hl__fnv(0, out, sizeof(out)) == 0xf030666eb780cf25u);
    hl__ulaw_encode(in, 65536, out);
    assert_true(hl__fnv(0, out, sizeof(out)) == 0x04ec1f083fd78c2du);
}

static void opus_at_both_rates_keeps_speech(void **state)
{
    static int16_t in[64000], out[64000];
    uint8_t body[HL__PACKET_MAX];
    (void)state;
    for (uint32_t rate = 8000; rate <= 16000; rate += 8000) {
        hl__coder *enc, *dec;
        uint32_t frame = rate / 50, n = 0;
        rig_speech(in, 2 * rate, rate);
        assert_int_equal(hl__coder_new(&hl_test_mem, HL__OPUS, rate, true, &enc), 0);
        assert_int_equal(hl__coder_new(&hl_test_mem, HL__OPUS, rate, false, &dec), 0);
        for (uint32_t i = 0; i + frame <= 2 * rate; i += frame) {
            int len = hl__encode(enc, in + i, frame, body, sizeof(body));
            assert_true(len > 0);
            assert_int_equal(hl__codec_samples(HL__OPUS, body, (uint32_t)len), 960);
            int got = hl__decode(dec, body, (uint32_t)len, out + n, 2000);
            assert_int_equal(got, frame);
            n += (uint32_t)got;
        }
        double c = rig_match(in, 2 * rate - 600, out, n, 600);
        hl_test_ok(c > 0.9, "%u Hz: %.3f", rate, c);
        hl__coder_free(enc);
        hl__coder_free(dec);
    }
}

static void wide_g711_is_the_narrow_one_in_both_directions(void **state)
{
    static int16_t in[32000], out[32000];
    uint8_t body[320];
    hl__coder *enc, *dec;
    uint32_t n = 0;
    (void)state;
    rig_tone(in, 32000, 1000, 16000, 0);
    assert_int_equal(hl__coder_new(&hl_test_mem, HL__PCMA, 16000, true, &enc), 0);
    assert_int_equal(hl__coder_new(&hl_test_mem, HL__PCMA, 16000, false, &dec), 0);
    for (uint32_t i = 0; i < 32000; i += 320) {
        assert_int_equal(hl__encode(enc, in + i, 320, body, sizeof(body)), 160);
        assert_int_equal(hl__decode(dec, body, 160, out + n, 320), 320);
        n += 320;
    }
    assert_true(rig_match(in + 3200, 16000, out + 3200, 28000, 200) > 0.995);
    hl__coder_free(enc);
    hl__coder_free(dec);
}

static void what_lies_above_the_band_is_filtered_out(void **state)
{
    static int16_t in[16000], out[8000];
    uint8_t body[160];
    hl__coder *enc;
    double loud = 0;
    (void)state;
    rig_tone(in, 16000, 6000, 16000, 0);
    assert_int_equal(hl__coder_new(&hl_test_mem, HL__PCMA, 16000, true, &enc), 0);
    for (uint32_t i = 0; i < 16000; i += 320) {
        assert_int_equal(hl__encode(enc, in + i, 320, body, sizeof(body)), 160);
        hl__alaw_decode(body, 160, out + i / 2);
    }
    for (int i = 800; i < 8000; i++)
        loud = fabs((double)out[i]) > loud ? fabs((double)out[i]) : loud;
    assert_true(loud < 60); /* of 8000: 42 dB down */
    hl__coder_free(enc);
}

static void a_sound_at_another_rate_is_the_same_sound(void **state)
{
    static int16_t in[44100], want[16000];
    hl__buf out;
    (void)state;
    rig_tone(in, 44100, 700, 44100, 0);
    rig_tone(want, 16000, 700, 16000, 0);
    hl__buf_init(&out, &hl_test_mem);
    assert_int_equal(hl__resample(&hl_test_mem, in, 44100, (uint32_t[]){ 44100, 16000 }, &out), 0);
    assert_int_equal(out.len, 32000);
    assert_true(rig_match(want + 1600, 12000, (const int16_t *)(void *)out.data + 1600, 14000, 1) > 0.999);
    hl__buf_free(&out);
}

static void what_is_not_built_is_refused(void **state)
{
    hl__coder *c;
    (void)state;
    assert_int_equal(hl__coder_new(&hl_test_mem, HL__G722, 16000, true, &c), HL_ENOTSUP);
    assert_int_equal(hl__coder_new(&hl_test_mem, HL__PCMA, 44100, true, &c), HL_ENOTSUP);
    hl_test_mem.fail_at = 1;
    assert_int_equal(hl__coder_new(&hl_test_mem, HL__OPUS, 16000, true, &c), HL_ENOMEM);
    hl_test_mem.fail_at = 0;
}

static void garbage_is_an_error_and_no_crash(void **state)
{
    static int16_t out[HL__FRAME_MAX];
    uint8_t body[700];
    hl__coder *c;
    (void)state;
    assert_int_equal(hl__coder_new(&hl_test_mem, HL__OPUS, 8000, false, &c), 0);
    hl__rand rand;
    hl__rand_init(&rand, 3, 0, 0);
    for (int i = 0; i < 3000; i++) {
        uint32_t len = hl__rand_below(&rand, sizeof(body));
        hl__rand_bytes(&rand, body, len);
        int n = hl__decode(c, body, len, out, HL__FRAME_MAX);
        assert_true(n == HL_EINVAL || (n > 0 && n <= HL__FRAME_MAX));
        n = hl__decode_fec(c, body, len, out, 160);
        assert_true(n > 0 && n <= HL__FRAME_MAX);
    }
    hl__coder_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(every_code_comes_back_as_itself), HL_TEST(every_sample_has_the_code_of_the_reference),
        HL_TEST(opus_at_both_rates_keeps_speech), HL_TEST(wide_g711_is_the_narrow_one_in_both_directions),
        HL_TEST(what_lies_above_the_band_is_filtered_out), HL_TEST(a_sound_at_another_rate_is_the_same_sound),
        HL_TEST(what_is_not_built_is_refused), HL_TEST(garbage_is_an_error_and_no_crash),
    };
    return HL_TEST_MAIN(tests);
}
