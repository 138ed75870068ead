/* tone.c - sounds made by rule, 16 kHz: the tones of the Chinese network (450 Hz), calm music for those who wait. */
#include "media/media.h"
#include <math.h>
#include <string.h>

#define RATE 16000
#define PI2 6.283185307f

struct tone { const char *name; uint16_t hz, hz2, on_ms, off_ms; };
static const struct tone tones[] = {
    { "ringback", 450, 0, 1000, 4000 }, { "busy", 450, 0, 350, 350 }, { "congestion", 450, 0, 700, 700 },
    { "dial", 450, 0, 1000, 0 }, { "beep", 1000, 0, 200, 100 }, { "error", 450, 0, 200, 200 },
    { "waiting", 450, 0, 400, 4000 },
};

static void add(hl__buf *out, float v)
{
    int16_t s = (int16_t)(v > 32000 ? 32000 : v < -32000 ? -32000 : v);
    hl__buf_add(out, &s, sizeof(s));
}

static void make_tone(const struct tone *t, hl__buf *out)
{
    uint32_t on = t->on_ms * RATE / 1000u, off = t->off_ms * RATE / 1000u, edge = t->off_ms ? RATE / 200 : 0;
    for (uint32_t i = 0; i < on; i++) {
        float soft = i < edge ? (float)i / (float)edge : on - i < edge ? (float)(on - i) / (float)edge : 1;
        add(out, 5000 * soft * sinf(PI2 * (float)t->hz * (float)i / RATE));
    }
    for (uint32_t i = 0; i < off; i++)
        add(out, 0);
}

/* Eight bars of 3 s. Each note fades in and out inside its bar, so that the end of the loop meets its beginning. */
#define BARS 8
#define BAR (3 * RATE)
static const float chords[BARS][3] = {
    { 261.63f, 329.63f, 392.00f }, { 220.00f, 261.63f, 329.63f }, { 174.61f, 220.00f, 261.63f },
    { 196.00f, 246.94f, 293.66f }, { 261.63f, 329.63f, 392.00f }, { 164.81f, 196.00f, 246.94f },
    { 174.61f, 220.00f, 261.63f }, { 196.00f, 246.94f, 293.66f } };
static const float tune[BARS][4] = {
    { 523.25f, 587.33f, 659.25f, 783.99f }, { 659.25f, 587.33f, 523.25f, 440.00f },
    { 440.00f, 523.25f, 587.33f, 523.25f }, { 587.33f, 493.88f, 587.33f, 783.99f },
    { 783.99f, 659.25f, 587.33f, 523.25f }, { 493.88f, 587.33f, 659.25f, 587.33f },
    { 523.25f, 440.00f, 523.25f, 587.33f }, { 587.33f, 523.25f, 493.88f, 587.33f } };

static float swell(uint32_t i, uint32_t whole)
{
    float at = (float)i / (float)whole;
    return sinf(PI2 / 2 * at);
}

static float pluck(uint32_t i, uint32_t whole)
{
    float at = (float)i / (float)whole;
    return at < 0.03f ? at / 0.03f : expf(-3.5f * at) * (1 - at);
}

static void make_music(hl__buf *out)
{
    for (uint32_t i = 0; i < BARS * BAR; i++) {
        uint32_t bar = i / BAR, in = i % BAR, note = in / (BAR / 4), at = in % (BAR / 4);
        float t = (float)in / RATE, v = 0;
        for (int k = 0; k < 3; k++)
            v += sinf(PI2 * chords[bar][k] * t) + 0.3f * sinf(PI2 * 2 * chords[bar][k] * t);
        v *= 650 * swell(in, BAR);
        float f = tune[bar][note], s = (float)at / RATE;
        v += 1800 * pluck(at, BAR / 4) * (sinf(PI2 * f * s) + 0.25f * sinf(PI2 * 2 * f * s));
        add(out, v);
    }
}

int hl__tone_make(const char *name, hl__buf *out)
{
    if (!strcmp(name, "music")) {
        make_music(out);
        return out->failed ? HL_ENOMEM : 0;
    }
    for (size_t i = 0; i < HL__COUNT(tones); i++) {
        if (strcmp(name, tones[i].name))
            continue;
        make_tone(&tones[i], out);
        return out->failed ? HL_ENOMEM : 0;
    }
    return HL_ENOENT;
}
