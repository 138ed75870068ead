/* mos.c - what a listener would say: the E-model of ITU-T G.107, reduced to delay and loss. */
#include "media/media.h"

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

int hl__mos(int delay_ms, int loss_ppm, int ie, int bpl10)
{
    double d = delay_ms, p = loss_ppm / 10000.0, bpl = bpl10 / 10.0;
    double late = d > 177.3 ? d - 177.3 : 0;
    double r = 93.2 - 0.024 * d - 0.11 * late - ie - (95.0 - ie) * p / (p + bpl);
    double mos = 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r);
    if (r <= 0)
        mos = 1;
    return (int)(clamp(mos, 1, 4.5) * 100 + 0.5);
}
