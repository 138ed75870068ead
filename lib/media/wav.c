/* wav.c - WAV files in and out, loudness, silence at the ends. */
#include "media/media.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEVEL (-19.0)       /* dBFS of the speech in a prompt */
#define QUIET 104           /* RMS below this (-50 dBFS) is silence */
#define SPEECH 328          /* above this (-40 dBFS) it is speech */
#define FILE_MAX (64 << 20)

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static uint32_t get16(const uint8_t *p)
{
    return (uint32_t)p[1] << 8 | p[0];
}

static int read_format(const uint8_t *p, uint32_t size, hl__wav *out, hl__err *err)
{
    if (size < 16)
        return hl__fail(err, HL_EPARSE, "WAV: the format chunk has %u bytes, 16 at least", size);
    uint32_t tag = get16(p), bits = get16(p + 14);
    out->channels = get16(p + 2);
    out->rate = get32(p + 4);
    if ((tag != 1 && tag != 0xfffe) || bits != 16)
        return hl__fail(err, HL_ENOTSUP, "WAV: format %u with %u bits; 16-bit PCM is read", tag, bits);
    if (out->channels < 1 || out->channels > 2 || out->rate < 8000 || out->rate > 192000)
        return hl__fail(err, HL_ENOTSUP, "WAV: %u channels at %u Hz; 1 or 2 at 8000 to 192000 are read", out->channels,
                        out->rate);
    return 0;
}

int hl__wav_read(const uint8_t *data, size_t len, hl__wav *out, hl__err *err)
{
    hl__wav got = { 0 };
    if (len < 12 || memcmp(data, "RIFF", 4) || memcmp(data + 8, "WAVE", 4))
        return hl__fail(err, HL_EPARSE, "this is not a WAV file");
    for (size_t at = 12; at + 8 <= len;) {
        uint32_t size = get32(data + at + 4);
        const uint8_t *body = data + at + 8;
        size_t left = len - at - 8;
        if (size > left)
            size = (uint32_t)left;
        int r = memcmp(data + at, "fmt ", 4) ? 0 : read_format(body, size, &got, err);
        if (r < 0)
            return r;
        if (!memcmp(data + at, "data", 4) && got.rate) {
            got.pcm = body;
            got.n = size / (2 * got.channels);
            break;
        }
        at += 8 + (size_t)size + (size & 1);
    }
    if (!got.pcm)
        return hl__fail(err, HL_EPARSE, "WAV: no sound in the file");
    *out = got;
    return 0;
}

int hl__wav_mono(hl__mem *mem, const hl__wav *w, uint32_t rate, hl__buf *out)
{
    hl__buf mono;
    hl__buf_init(&mono, mem);
    for (uint32_t i = 0; i < w->n; i++) {
        int32_t v = 0;
        for (uint32_t c = 0; c < w->channels; c++)
            v += (int16_t)get16(w->pcm + 2 * ((size_t)i * w->channels + c));
        int16_t s = (int16_t)(v / (int32_t)w->channels);
        hl__buf_add(&mono, &s, sizeof(s));
    }
    int r = mono.failed ? HL_ENOMEM : 0;
    if (r == 0 && w->rate == rate)
        hl__buf_add(out, mono.data, mono.len);
    else if (r == 0)
        r = hl__resample(mem, (const int16_t *)(const void *)mono.data, w->n, (uint32_t[]){ w->rate, rate }, out);
    hl__buf_free(&mono);
    return r < 0 ? r : out->failed ? HL_ENOMEM : 0;
}

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

void hl__wav_head(uint8_t head[44], uint32_t rate, uint32_t bytes)
{
    memcpy(head, "RIFF----WAVEfmt \20\0\0\0\1\0\1\0--------\2\0\20\0data----", 44);
    put32(head + 4, bytes + 36);
    put32(head + 24, rate);
    put32(head + 28, 2 * rate);
    put32(head + 40, bytes);
}

static double rms(const int16_t *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * x[i];
    return n ? sqrt(sum / (double)n) : 0;
}

static int peak_of(const int16_t *x, size_t n)
{
    int peak = 0;
    for (size_t i = 0; i < n; i++)
        if (x[i] > peak || -x[i] > peak)
            peak = x[i] < 0 ? -x[i] : x[i];
    return peak;
}

/* Of the blocks of 10 ms in which somebody speaks. */
static double speech_rms(const int16_t *x, size_t n)
{
    double sum = 0;
    size_t blocks = 0;
    for (size_t i = 0; i + 160 <= n; i += 160) {
        double v = rms(x + i, 160);
        if (v >= SPEECH) {
            sum += v * v;
            blocks++;
        }
    }
    return blocks ? sqrt(sum / (double)blocks) : rms(x, n);
}

static void trim(hl__buf *pcm)
{
    int16_t *x = (int16_t *)(void *)pcm->data;
    size_t n = pcm->len / 2, from = 0, to = n;
    while (from + 160 <= n && rms(x + from, 160) < QUIET)
        from += 160;
    while (to >= from + 160 && rms(x + to - 160, 160) < QUIET)
        to -= 160;
    from = from > 320 ? from - 320 : 0;
    to = to + 960 < n ? to + 960 : n;
    if (to <= from)
        return;
    memmove(x, x + from, 2 * (to - from));
    pcm->len = 2 * (to - from);
}

int hl__level(hl__buf *pcm)
{
    if (!pcm->data)
        return HL_EINVAL;
    trim(pcm);
    int16_t *x = (int16_t *)(void *)pcm->data;
    size_t n = pcm->len / 2;
    double level = speech_rms(x, n), want = 32768 * pow(10, LEVEL / 20);
    int peak = peak_of(x, n);
    if (level < 1)
        return 0;
    double gain = want / level;
    if (gain * peak > 31800)
        gain = 31800.0 / peak;
    for (size_t i = 0; i < n; i++)
        x[i] = (int16_t)lrint(x[i] * gain);
    return 0;
}

int hl__file_read(hl__mem *mem, const char *path, size_t max, hl__buf *out)
{
    (void)mem;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? HL_ENOENT : HL_EIO;
    struct stat st;
    int r = fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ? HL_EIO : (uint64_t)st.st_size > max ? HL_ELIMIT : 0;
    char part[16384];
    ssize_t n = 1;
    while (r == 0 && n > 0 && !out->failed && (n = read(fd, part, sizeof(part))) > 0)
        hl__buf_add(out, part, (size_t)n);
    if (r == 0 && n < 0)
        r = HL_EIO;
    (void)close(fd); /* only read from */
    return r == 0 && out->failed ? HL_ENOMEM : r;
}

static double db(double v)
{
    return v > 0.5 ? 20 * log10(v / 32768) : -96;
}

static void tell(const hl__wav *w, const hl__buf *mono, hl__buf *json)
{
    const int16_t *x = (const int16_t *)(const void *)mono->data;
    double peak = db(peak_of(x, mono->len / 2)), level = db(speech_rms(x, mono->len / 2));
    const char *comma = "";
    hl__buf_fmt(json, "{\"rate\":%u,\"ms\":%u,\"peak\":%.1f,\"level\":%.1f,\"faults\":[", w->rate,
                (unsigned)((uint64_t)w->n * 1000 / w->rate), peak, level);
    const struct { bool is; const char *words; } faults[] = {
        { w->channels != 1, "two channels: the mean of both is played" },
        { w->rate < 16000, "below 16000 Hz: browsers will hear it dull" },
        { peak > -0.3, "clipped: record it softer" },
        { level < -30, "too soft: speech should be at -19 dB" },
        { level > -12, "too loud: speech should be at -19 dB" },
        { w->n == 0, "empty" } };
    for (size_t i = 0; i < HL__COUNT(faults); i++) {
        if (!faults[i].is)
            continue;
        hl__buf_str(json, comma);
        hl__buf_json(json, faults[i].words);
        comma = ",";
    }
    hl__buf_str(json, "]}");
}

int hl__wav_check(hl__mem *mem, const char *path, hl__buf *json, hl__err *err)
{
    hl__buf file, mono;
    hl__wav w;
    hl__buf_init(&file, mem);
    hl__buf_init(&mono, mem);
    int r = hl__file_read(mem, path, FILE_MAX, &file);
    if (r < 0)
        (void)hl__fail(err, r, r == HL_ENOENT ? "no file %s" : "%s cannot be read", path);
    else if ((r = hl__wav_read((const uint8_t *)file.data, file.len, &w, err)) == 0)
        r = hl__wav_mono(mem, &w, 16000, &mono);
    if (r == 0)
        tell(&w, &mono, json);
    hl__buf_free(&file);
    hl__buf_free(&mono);
    return r < 0 ? r : json->failed ? HL_ENOMEM : 0;
}
