/* codec.c - one direction of one codec. Opus' own state lies behind ours in the same block of memory.
 *
 * G.711 is at home at 8 kHz; asked for 16 kHz, a half-band filter of 47 taps doubles or halves the rate. */
#include "media/media.h"
#include <opus/opus.h>
#include <speex/speex_resampler.h>
#include <string.h>

#define TAPS 12          /* on each side; those at even distances are 0 */
#define PAST (4 * TAPS)
#define NARROW_MAX (HL__FRAME_MAX / 2)
#define KEPT 320         /* what concealment repeats */
#define LONGEST 5760     /* samples of an Opus packet at 48 kHz */

struct hl__coder {
    hl__mem *mem;
    uint32_t rate, kept;
    int32_t fade;        /* of 256 */
    uint8_t kind;
    bool encode;
    int16_t past[PAST], last[KEPT];
    _Alignas(16) unsigned char state[];
};

static const int16_t half[TAPS] = { 20746, -6610, 3620, -2250, 1447, -926, 576, -341, 188, -94, 40, -12 };

static int16_t clip16(int32_t v)
{
    return (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
}

/* The samples between the given ones; the given ones come TAPS late, so that both sides are known. */
static void double_rate(int16_t *past, const int16_t *in, uint32_t n, int16_t *out)
{
    int16_t x[2 * TAPS + NARROW_MAX];
    memcpy(x, past, 2 * TAPS * sizeof(*x));
    memcpy(x + 2 * TAPS, in, n * sizeof(*x));
    for (uint32_t i = 0; i < n; i++) {
        const int16_t *at = x + i + TAPS;
        int32_t sum = 0;
        for (int k = 0; k < TAPS; k++)
            sum += half[k] * (at[-k] + at[k + 1]);
        out[2 * i] = at[0];
        out[2 * i + 1] = clip16((sum + 16384) >> 15);
    }
    memcpy(past, x + n, 2 * TAPS * sizeof(*x));
}

static void halve_rate(int16_t *past, const int16_t *in, uint32_t n, int16_t *out)
{
    int16_t x[4 * TAPS + HL__FRAME_MAX];
    memcpy(x, past, PAST * sizeof(*x));
    memcpy(x + PAST, in, n * sizeof(*x));
    for (uint32_t i = 0; i + 1 < n; i += 2) {
        const int16_t *at = x + i + 2 * TAPS;
        int64_t sum = 0; /* noise at full scale passes 2^31 */
        for (int k = 0; k < TAPS; k++)
            sum += (int32_t)half[k] * (at[-2 * k - 1] + at[2 * k + 1]);
        out[i / 2] = clip16((int32_t)((at[0] * 32768 + sum + 32768) >> 16));
    }
    memcpy(past, x + n, PAST * sizeof(*x));
}

static int opus_setup(hl__coder *c)
{
    if (!c->encode)
        return opus_decoder_init((OpusDecoder *)c->state, (opus_int32)c->rate, 1);
    OpusEncoder *e = (OpusEncoder *)c->state;
    int r = opus_encoder_init(e, (opus_int32)c->rate, 1, OPUS_APPLICATION_VOIP);
    if (r != OPUS_OK)
        return r;
    (void)opus_encoder_ctl(e, OPUS_SET_BITRATE(c->rate <= 8000 ? 12000 : 20000)); /* constants: they are accepted */
    (void)opus_encoder_ctl(e, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    (void)opus_encoder_ctl(e, OPUS_SET_INBAND_FEC(1));
    hl__coder_effort(c, 5, 5);
    return OPUS_OK;
}

int hl__coder_new(hl__mem *mem, int kind, uint32_t rate, bool encode, hl__coder **out)
{
    if ((rate != 8000 && rate != 16000) || (kind != HL__PCMU && kind != HL__PCMA && kind != HL__OPUS))
        return HL_ENOTSUP;
    size_t state = 0;
    if (kind == HL__OPUS)
        state = (size_t)(encode ? opus_encoder_get_size(1) : opus_decoder_get_size(1));
    hl__coder *c = hl__alloc(mem, sizeof(*c) + state);
    if (!c)
        return HL_ENOMEM;
    c->mem = mem;
    c->kind = (uint8_t)kind;
    c->rate = rate;
    c->encode = encode;
    if (kind == HL__OPUS && opus_setup(c) != OPUS_OK) {
        hl__free(mem, c);
        return HL_ENOTSUP;
    }
    *out = c;
    return 0;
}

void hl__coder_free(hl__coder *c)
{
    if (c)
        hl__free(c->mem, c);
}

void hl__coder_effort(hl__coder *c, int complexity, int loss_percent)
{
    if (c->kind != HL__OPUS || !c->encode)
        return;
    (void)opus_encoder_ctl((OpusEncoder *)c->state, OPUS_SET_COMPLEXITY(complexity)); /* 0..10: accepted */
    (void)opus_encoder_ctl((OpusEncoder *)c->state, OPUS_SET_PACKET_LOSS_PERC(loss_percent));
}

int hl__encode(hl__coder *c, const int16_t *pcm, uint32_t n, uint8_t *out, uint32_t room)
{
    int16_t narrow[NARROW_MAX];
    if (n > HL__FRAME_MAX)
        return HL_EINVAL;
    if (c->kind == HL__OPUS) {
        int r = opus_encode((OpusEncoder *)c->state, pcm, (int)n, out, (opus_int32)room);
        return r < 0 ? HL_EINVAL : r;
    }
    if (c->rate == 16000) {
        halve_rate(c->past, pcm, n, narrow);
        pcm = narrow;
        n /= 2;
    }
    if (n > room)
        return HL_EINVAL;
    (c->kind == HL__PCMU ? hl__ulaw_encode : hl__alaw_encode)(pcm, n, out);
    return (int)n;
}

static int g711_decode(hl__coder *c, const uint8_t *data, uint32_t len, int16_t *out, uint32_t room)
{
    int16_t narrow[NARROW_MAX];
    bool is_wide = c->rate == 16000;
    uint32_t n = is_wide ? 2 * len : len;
    if (len > NARROW_MAX || n > room)
        return HL_EINVAL;
    (c->kind == HL__PCMU ? hl__ulaw_decode : hl__alaw_decode)(data, len, is_wide ? narrow : out);
    if (is_wide)
        double_rate(c->past, narrow, len, out);
    c->kept = n < KEPT ? n : KEPT;
    memcpy(c->last, out + n - c->kept, c->kept * sizeof(*out));
    c->fade = 256;
    return (int)n;
}

int hl__decode(hl__coder *c, const uint8_t *data, uint32_t len, int16_t *out, uint32_t room)
{
    if (c->kind != HL__OPUS)
        return g711_decode(c, data, len, out, room);
    if (len == 0)
        return HL_EINVAL;
    int r = opus_decode((OpusDecoder *)c->state, data, (opus_int32)len, out, (int)room, 0);
    return r < 0 ? HL_EINVAL : r;
}

int hl__decode_fec(hl__coder *c, const uint8_t *next, uint32_t len, int16_t *out, uint32_t n)
{
    if (c->kind != HL__OPUS || len == 0)
        return hl__conceal(c, out, n);
    int r = opus_decode((OpusDecoder *)c->state, next, (opus_int32)len, out, (int)n, 1);
    return r < 0 ? hl__conceal(c, out, n) : r;
}

/* The last sounds again, softer each time; after 60 ms almost nothing. */
static int g711_conceal(hl__coder *c, int16_t *out, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] = c->kept ? (int16_t)(c->last[i % c->kept] * c->fade / 256) : 0;
        if (i % 32 == 31)
            c->fade = c->fade * 15 / 16;
    }
    return (int)n;
}

int hl__conceal(hl__coder *c, int16_t *out, uint32_t n)
{
    if (n > HL__FRAME_MAX)
        return HL_EINVAL;
    if (c->kind != HL__OPUS)
        return g711_conceal(c, out, n);
    int r = opus_decode((OpusDecoder *)c->state, NULL, 0, out, (int)n, 0);
    if (r < 0)
        memset(out, 0, n * sizeof(*out));
    return r < 0 ? (int)n : r;
}

uint32_t hl__codec_clock(int kind)
{
    return kind == HL__OPUS ? 48000 : 8000;
}

uint32_t hl__codec_samples(int kind, const uint8_t *data, uint32_t len)
{
    if (kind != HL__OPUS)
        return len <= NARROW_MAX ? len : 0;
    int n = len ? opus_packet_get_nb_samples(data, (opus_int32)len, 48000) : 0;
    return n > 0 && n <= LONGEST ? (uint32_t)n : 0;
}

const char *hl__codec_name(int kind)
{
    static const char *const names[] = { "", "PCMU", "PCMA", "opus", "G722" };
    return kind > 0 && kind < (int)HL__COUNT(names) ? names[kind] : "";
}

/* A whole sound at another rate; the filter's own delay is taken off. */
int hl__resample(hl__mem *mem, const int16_t *in, uint32_t n, const uint32_t rates[2], hl__buf *out)
{
    int r = 0;
    SpeexResamplerState *s = speex_resampler_init(1, rates[0], rates[1], 8, &r);
    if (!s)
        return HL_ENOMEM;
    uint64_t want = (uint64_t)n * rates[1] / rates[0];
    int16_t part[1024], zeroes[256] = { 0 };
    (void)mem;
    (void)speex_resampler_skip_zeros(s); /* always 0 */
    uint32_t at = 0;
    for (uint64_t made = 0; made < want && !out->failed;) {
        spx_uint32_t took = at < n ? n - at : (spx_uint32_t)HL__COUNT(zeroes), gave = HL__COUNT(part);
        (void)speex_resampler_process_int(s, 0, at < n ? in + at : zeroes, &took, part, &gave); /* nothing can fail */
        if (at < n)
            at += took;
        if (gave > want - made)
            gave = (spx_uint32_t)(want - made);
        hl__buf_add(out, part, gave * sizeof(*part));
        made += gave;
    }
    speex_resampler_destroy(s);
    return out->failed ? HL_ENOMEM : 0;
}
