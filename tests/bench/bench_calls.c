/* bench_calls.c - calls a core between a browser and a PCMA telephone, and what they cost above bare codec and crypto.
 *
 * usage: bench_calls [CALLS]. Pages are pages: ICE, DTLS, SRTP. What is timed is the media thread's work alone, from
 * datagram to datagram, without the kernel's share (about 2.7 us a call and 20 ms: doc/internals/webrtc.md). */
#include "webrtc/duo.h"
#include "media/rig.h"
#include <malloc.h>
#include <opus/opus.h>
#include <srtp2/srtp.h>
#include <time.h>

enum { RATE = 8000, FRAME = RATE / 50, FRAMES = 100, ROUNDS = 100 };
/* What the media thread takes from the system, by whatever library: ours, OpenSSL, libsrtp2 and NSS, Opus. */
static int64_t taken;
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void __libc_free(void *p);

static void *count(void *p)
{
    if (p && duo_inside)
        taken += (int64_t)malloc_usable_size(p) + 8;
    return p;
}

void *malloc(size_t n)
{
    return count(__libc_malloc(n));
}

void *calloc(size_t n, size_t size)
{
    return count(__libc_calloc(n, size));
}

void free(void *p)
{
    if (p && duo_inside)
        taken -= (int64_t)malloc_usable_size(p) + 8;
    __libc_free(p);
}

void *realloc(void *p, size_t n)
{
    if (p && duo_inside)
        taken -= (int64_t)malloc_usable_size(p) + 8;
    return count(__libc_realloc(p, n));
}

struct frames { uint8_t opus[FRAMES][400], alaw[FRAMES][FRAME]; int len[FRAMES]; int16_t pcm[FRAMES * FRAME]; };
static struct frames frames;

static double us_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void speak(struct frames *f, int rate)
{
    static int16_t wide[FRAMES * 960];
    int r, per = rate / 50;
    OpusEncoder *enc = opus_encoder_create(rate, 1, OPUS_APPLICATION_VOIP, &r);
    opus_encoder_ctl(enc, OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(enc, OPUS_SET_BITRATE(24000));
    rig_speech(f->pcm, FRAMES * FRAME, RATE);
    rig_speech(wide, (uint32_t)(FRAMES * per), (uint32_t)rate);
    for (int i = 0; i < FRAMES; i++) {
        f->len[i] = opus_encode(enc, wide + i * per, per, f->opus[i], sizeof(f->opus[i]));
        hl__alaw_encode(f->pcm + i * FRAME, FRAME, f->alaw[i]);
    }
    opus_encoder_destroy(enc);
}

/* One packet protected and one unprotected, AES-128-GCM, 160 bytes. */
static double crypto(void)
{
    enum { N = 20000 };
    static uint8_t data[400] = { 0x80, 8 }, key[28];
    srtp_policy_t policy;
    srtp_t rx, tx;
    srtp_init();
    memset(&policy, 0, sizeof(policy));
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    policy.key = key;
    policy.window_size = 128;
    policy.ssrc.type = ssrc_any_outbound;
    srtp_create(&tx, &policy);
    policy.ssrc.type = ssrc_any_inbound;
    srtp_create(&rx, &policy);
    double start = us_now();
    for (int i = 0; i < N; i++) {
        int len = 172;
        data[2] = (uint8_t)(i >> 8);
        data[3] = (uint8_t)i;
        srtp_protect(tx, data, &len);
        srtp_unprotect(rx, data, &len);
    }
    double us = (us_now() - start) / N;
    srtp_dealloc(tx);
    srtp_dealloc(rx);
    return us;
}

/* What no program can do without: a packet unprotected, a packet protected, Opus decoded and, on RELAY, encoded. */
static double bare(const struct frames *f, int complexity)
{
    int r, sum = 0;
    OpusDecoder *dec = opus_decoder_create(RATE, 1, &r);
    OpusEncoder *enc = opus_encoder_create(RATE, 1, OPUS_APPLICATION_VOIP, &r);
    opus_encoder_ctl(enc, OPUS_SET_COMPLEXITY(complexity < 0 ? 0 : complexity));
    opus_encoder_ctl(enc, OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(enc, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    opus_encoder_ctl(enc, OPUS_SET_BITRATE(12000));
    opus_encoder_ctl(enc, OPUS_SET_PACKET_LOSS_PERC(5));
    int16_t pcm[960];
    uint8_t body[400];
    double start = us_now();
    for (int k = 0; k < 10; k++)
        for (int i = 0; i < FRAMES; i++) {
            sum += opus_decode(dec, f->opus[i], f->len[i], pcm, 960, 0);
            if (complexity >= 0)
                sum += opus_encode(enc, f->pcm + i * FRAME, FRAME, body, sizeof(body));
        }
    double codec = (us_now() - start) / (10 * FRAMES);
    opus_decoder_destroy(dec);
    opus_encoder_destroy(enc);
    return sum > 0 ? codec + crypto() : 0;
}

static void measure(const char *name, const char *settings, uint32_t calls, int complexity)
{
    duo *d = duo_new(&hl_test_mem, settings, calls);
    if (!d)
        return;
    taken = 0;
    for (uint32_t i = 0; i < calls; i++)
        duo_open(d, (int)i);
    int64_t idle = taken;
    for (uint32_t i = 0; i < calls; i++)
        duo_talk(d, (int)i);
    for (int k = -5; k < ROUNDS; k++) {
        if (k == 0)
            d->busy_ns = 0;
        for (uint32_t i = 0; i < calls; i++) {
            int at = (k + 5 + (int)i * 7) % FRAMES;
            duo_page_says(d, (int)i, d->call[i].media.codec[0].pt, 960, frames.opus[at], (size_t)frames.len[at]);
            duo_phone_says(d, (int)i, frames.alaw[at], FRAME);
        }
        duo_step(d, 20 * HL__US);
    }
    double us = (double)d->busy_ns / 1e3 / ROUNDS / calls, floor = bare(&frames, complexity);
    int64_t talking = taken;
    printf("calls, %-22s %6.1f us per call and 20 ms, %5.0f a core, %.2f x bare codec and crypto (%.1f us); "
        "%.0f KB an idle page, %.0f KB a talking pair; %u of %u up\n", name, us, 20000 / us, us / floor, floor,
        (double)idle / 1024 / calls, (double)talking / 1024 / calls, d->up, calls);
    duo_free(d);
}

int main(int argc, char **argv)
{
    uint32_t calls = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100;
    speak(&frames, 8000);
    (void)bare(&frames, 0); /* warm */
    measure("HALF, narrowband up:", "{}", calls, -1);
    measure("RELAY, complexity 0:", "{\"path\":\"relay\",\"effort\":\"low\"}", calls, 0);
    measure("RELAY, complexity 5:", "{\"path\":\"relay\",\"effort\":\"middle\"}", calls, 5);
    speak(&frames, 16000);
    measure("HALF, wideband up:", "{}", calls, -1);
    return 0;
}
