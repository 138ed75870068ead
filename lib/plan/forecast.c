/* forecast.c - how many will call in a slot of the week to come, from the same slot of weeks gone by.
 *
 * Counts are looked at as y = sqrt(n + 1/4): a Poisson count then has the variance 1/4 whatever its mean (Brown et al.
 * 2005), so slots of the night and of the morning are alike, and what is more than 1/4 is the day's own mood. */
#include "plan/plan.h"
#include "base/real.h"
#include <math.h>

#define FADE 0.8       /* what a week weighs beside the one after it */
#define POISSON 0.25
#define DOUBT 1        /* weeks of a plain Poisson slot that stand beside those seen */
#define CALM 400       /* squares of y that stand for "as always" beside those of the last days */

static double root(double calls)
{
    return sqrt(calls + POISSON);
}

static double squared(double y)
{
    double calls = y > 0 ? y * y - POISSON : 0;

    return calls > 0 ? calls : 0;
}

bool hl__forecast(const double calls[], uint32_t weeks, double level, hl__outlook *out)
{
    double weight = 1, sum = 0, sum2 = 0, mean = 0, spread = 0, seen, sigma;
    uint32_t count = 0;

    weeks = weeks < HL__FORECAST_WEEKS ? weeks : HL__FORECAST_WEEKS;
    for (uint32_t i = 0; i < weeks; i++, weight *= FADE) {
        double off, step;
        if (!(calls[i] >= 0))
            continue;
        count++;
        sum += weight;
        sum2 += weight * weight;
        off = root(calls[i]) - mean; /* West 1979: mean and spread in one pass */
        step = off * weight / sum;
        mean += step;
        spread += (sum - weight) * off * step;
    }
    if (count == 0)
        return false;
    seen = sum * sum / sum2; /* as many equal weeks */
    spread = seen > 1 ? spread / sum * seen : 0;
    sigma = (spread + POISSON * DOUBT) / (seen - 1 + DOUBT);
    sigma = sqrt((sigma > POISSON ? sigma : POISSON) * (1 + 1 / seen));
    sigma *= hl__student(0.9, seen - 1 + DOUBT); /* not the normal's 1.28: sigma is a guess too */
    mean *= level;
    out->weeks = count;
    out->mid = squared(mean);
    out->low = squared(mean - sigma);
    out->high = squared(mean + sigma);
    return true;
}

double hl__forecast_level(const double came[], const double mid[], size_t count)
{
    double top = CALM, bottom = CALM, level;

    for (size_t i = 0; i < count; i++) {
        double y = came[i] >= 0 && mid[i] >= 0 ? root(mid[i]) : 0;
        if (y > 0) {
            top += y * root(came[i]);
            bottom += y * y;
        }
    }
    level = top / bottom;
    return level < 0.5 ? 0.5 : level > 2 ? 2 : level;
}
