/* goertzel.c - keys as tones (ITU-T Q.23), heard by eight Goertzel filters of 102 samples at 8 kHz.
 *
 * A key counts when two blocks in a row agree: one strong row, one strong column, little else (Q.24). */
#include "media/media.h"
#include <string.h>

#define BLOCK 102
#define BLOCK_MS 13

/* 2 cos(2 pi f / 8000) for 697 770 852 941 1209 1336 1477 1633 Hz */
static const float turn[8] = { 1.7077380f, 1.6452810f, 1.5686870f, 1.4782046f, 1.1641040f, 0.9963700f, 0.7986184f,
    0.5685327f };
static const char keys[] = "123A456B789C*0#D";

static int strongest(const float *power)
{
    int best = 0;
    for (int i = 1; i < 4; i++)
        if (power[i] > power[best])
            best = i;
    return best;
}

static bool stands_out(const float *power, int best)
{
    for (int i = 0; i < 4; i++)
        if (i != best && power[i] * 6.3f > power[best])
            return false;
    return true;
}

static char judge(const hl__tones_in *g)
{
    float power[8];
    for (int i = 0; i < 8; i++)
        power[i] = g->s1[i] * g->s1[i] + g->s2[i] * g->s2[i] - turn[i] * g->s1[i] * g->s2[i];
    int row = strongest(power), column = strongest(power + 4);
    float low = power[row], high = power[4 + column];
    if (low < 2e8f || high < 2e8f)                   /* -38 dBm0 each */
        return 0;
    if (low > high * 6.3f || high > low * 2.5f)      /* twist: 8 dB, 4 dB */
        return 0;
    if (!stands_out(power, row) || !stands_out(power + 4, column))
        return 0;
    if (low + high < 0.42f * BLOCK * g->energy)      /* of 0.5 for pure tones: the rest is speech */
        return 0;
    return keys[4 * row + column];
}

static uint32_t end_block(hl__tones_in *g, hl__key *out)
{
    uint32_t n = 0;
    char key = judge(g);
    if (g->open && key != g->open && g->last != g->open) {
        out[n++] = (hl__key){ .end = true, .key = g->open, .ms = g->blocks * BLOCK_MS };
        g->open = 0;
    }
    if (!g->open && key && key == g->last) {
        g->open = key;
        g->blocks = 1;
        out[n++] = (hl__key){ .key = key };
    }
    g->blocks++;
    g->last = key;
    memset(g->s1, 0, sizeof(g->s1));
    memset(g->s2, 0, sizeof(g->s2));
    g->energy = 0;
    g->n = 0;
    return n;
}

int hl__tones_take(hl__tones_in *g, const int16_t *pcm, uint32_t n, hl__key *out, uint32_t room)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < n; i++) {
        float x = pcm[i];
        g->energy += x * x;
        for (int k = 0; k < 8; k++) {
            float s = turn[k] * g->s1[k] - g->s2[k] + x;
            g->s2[k] = g->s1[k];
            g->s1[k] = s;
        }
        if (++g->n == BLOCK && found + 2 <= room)
            found += end_block(g, out + found);
    }
    return (int)found;
}
