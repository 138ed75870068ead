/* real.c - logarithm, exponential, normal deviates. */
#include "base/real.h"
#include <math.h>
#include <string.h>

#define LN2_HIGH 0.693147180369123816490  /* 33 bits: times a small whole number it is exact */
#define LN2_LOW 1.90821492927058770002e-10

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
        sum = sum * zz + 1.0 / (2 * k + 1);
    return e * LN2_HIGH + (2 * z * sum + e * LN2_LOW);
}

double hl__exp_of(double x)
{
    int k = (int)(x / (LN2_HIGH + LN2_LOW) + (x < 0 ? -0.5 : 0.5));
    double r = x - k * LN2_HIGH - k * LN2_LOW, sum = 1;

    for (int i = 17; i > 0; i--)
        sum = 1 + sum * r / i;
    return k > 1000 ? sum * two_to(1000) * two_to(k - 1000) : k < -1000 ? sum * two_to(-1000) * two_to(k + 1000)
                                                                        : sum * two_to(k);
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
