/* real.c - logarithm, exponential, normal deviates. */
#include "base/real.h"
#include <math.h>
#include <string.h>

#define LN2_HIGH 0.693147180369123816490  /* 33 bits: times a small whole number it is exact */
#define LN2_LOW 1.90821492927058770002e-10

/* 1/k! */
static const double inverse[] = { 1, 1, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320,
    1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800, 1.0 / 87178291200 };

/* artanh z = z (1 + z^2/3 + z^4/5 ...) */
static const double artanh[] = { 1, 1.0 / 3, 1.0 / 5, 1.0 / 7, 1.0 / 9, 1.0 / 11, 1.0 / 13, 1.0 / 15, 1.0 / 17,
    1.0 / 19, 1.0 / 21, 1.0 / 23, 1.0 / 25 };

static double two_to(int n)
{
    uint64_t bits = (uint64_t)(n + 1023) << 52;
    double x;

    memcpy(&x, &bits, sizeof(x));
    return x;
}

double hl__ln(double x)
{
    uint64_t bits;
    double m, z, zz, sum = 0;
    int e;

    memcpy(&bits, &x, sizeof(bits));
    e = (int)(bits >> 52 & 2047) - 1023;
    bits = (bits & UINT64_C(0xfffffffffffff)) | UINT64_C(1023) << 52;
    memcpy(&m, &bits, sizeof(m));
    if (m > 1.4142135623730951) {
        m /= 2;
        e++;
    }
    z = (m - 1) / (m + 1); /* ln m = 2 artanh z, |z| < 0.172 */
    zz = z * z;
    for (int k = 11; k >= 0; k--)
        sum = sum * zz + artanh[k];
    return e * LN2_HIGH + (2 * z * sum + e * LN2_LOW);
}

double hl__exp_of(double x)
{
    int k = (int)(x / (LN2_HIGH + LN2_LOW) + (x < 0 ? -0.5 : 0.5));
    double r = x - k * LN2_HIGH - k * LN2_LOW, rr = r * r, even = inverse[14], odd = inverse[13], sum;

    for (int i = 12; i > 0; i -= 2) { /* |r| < 0.347: what is left out is below 1e-18 */
        even = even * rr + inverse[i];
        odd = odd * rr + inverse[i - 1];
    }
    sum = 1 + (r * odd + rr * even);
    return k > 1000 ? sum * two_to(1000) * two_to(k - 1000) : k < -1000 ? sum * two_to(-1000) * two_to(k + 1000)
                                                                        : sum * two_to(k);
}

double hl__exp(double x)
{
    return x < -745.2 ? 0 : x > 709.78 ? HUGE_VAL : hl__exp_of(x);
}

double hl__exp_less_one(double x)
{
    double xx = x * x, even = inverse[14], odd = inverse[13];

    if (x < -0.4 || x > 0.4)
        return hl__exp(x) - 1;
    for (int i = 12; i > 0; i -= 2) {
        even = even * xx + inverse[i];
        odd = odd * xx + inverse[i - 1];
    }
    return x * (odd + x * even);
}

double hl__ln_one_plus(double x)
{
    double z = x / (2 + x), zz = z * z, sum = 0; /* ln(1 + x) = 2 artanh z */

    if (x < -0.3 || x > 0.4)
        return hl__ln(1 + x);
    for (int k = 12; k >= 0; k--)
        sum = sum * zz + artanh[k];
    return 2 * z * sum;
}

/* Stirling's series from 12 on (Abramowitz and Stegun 6.1.41); below, G(x) = G(x + n) / (x (x + 1) ...). */
double hl__ln_gamma(double x)
{
    static const double series[] = { 1.0 / 156, -691.0 / 360360, 1.0 / 1188, -1.0 / 1680, 1.0 / 1260, -1.0 / 360,
                                     1.0 / 12 };
    double below = 1, sum = 0;

    for (; x < 12; x++)
        below *= x;
    for (size_t i = 0; i < HL__COUNT(series); i++)
        sum = sum / (x * x) + series[i];
    return (x - 0.5) * hl__ln(x) - x + 0.91893853320467274178 + sum / x - hl__ln(below);
}

/* Marsaglia's polar method (1964): no sine, no cosine. */
double hl__rand_normal(hl__rand *r)
{
    double u, v, s;

    do {
        u = 2 * hl__rand_real(r) - 1;
        v = 2 * hl__rand_real(r) - 1;
        s = u * u + v * v;
    } while (s >= 1 || s == 0);
    return u * sqrt(-2 * hl__ln(s) / s);
}
