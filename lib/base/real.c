/* real.c - logarithm, exponential, gamma function, quantiles, normal deviates. */
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

/* ln G(1 + x) = -ln(1 + x) + x (1 - Euler's constant) + the sum over k >= 2 of (zeta(k) - 1) (-x)^k / k (Abramowitz
 * and Stegun 6.1.33), which at 1/2 gains two bits a term; beyond, G(1 + x) = x G(x). */
double hl__ln_gamma_one_plus(double x)
{
    static const double zeta[] = { /* (zeta(k) - 1) / k from k = 2 on */
        0.322467033424113218, 0.0673523010531980951, 0.0205808084277845479, 0.00738555102867398527,
        0.00289051033074152329, 0.00119275391170326098, 0.000509669524743042422, 0.00022315475845357938,
        0.0000994575127818085337, 0.0000449262367381331417, 0.0000205072127756706916, 9.4394882752683959e-6,
        4.3748667899074878e-6, 2.03921575380136624e-6, 9.55141213040741983e-7, 4.49246919876456604e-7,
        2.12071848055546659e-7, 1.00432248239680996e-7, 4.76981016936398057e-8, 2.27110946089431649e-8,
        1.08386592148969541e-8, 5.18347504197004666e-9, 2.48367454380247832e-9, 1.19214014058609121e-9,
        5.73136724167886201e-10, 2.75952288512423315e-10, 1.33047643742444895e-10, 6.42296456383810002e-11 };
    double y = x > 0.5 ? x - 1 : x, sum = 0;

    for (size_t i = HL__COUNT(zeta); i-- > 0;)
        sum = zeta[i] - sum * y;
    sum = y * (0.422784335098467139393 + y * sum);
    return x > 0.5 ? sum : sum - hl__ln_one_plus(x); /* G(2 + y) */
}

double hl__pow(double x, double y)
{
    double z = x > 0 ? y * hl__ln(x) : 0;

    return x > 0 ? hl__exp(z) : 0;
}

static double ratio(const double *num, const double *den, double r)
{
    double a = num[7], b = den[7];

    for (int i = 6; i >= 0; i--) {
        a = a * r + num[i];
        b = b * r + den[i];
    }
    return a / b;
}

/* Wichura 1988, AS 241, PPND16. */
double hl__probit(double p)
{
    static const double a[] = { 3.3871328727963666080, 1.3314166789178437745e2, 1.9715909503065514427e3,
        1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4,
        2.5090809287301226727e3 };
    static const double b[] = { 1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
        2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3 };
    static const double c[] = { 1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550,
        3.64784832476320460504, 1.27045825245236838258, 2.41780725177450611770e-1, 2.27238449892691845833e-2,
        7.74545014278341407640e-4 };
    static const double d[] = { 1, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1,
        1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9 };
    static const double e[] = { 6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580,
        2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5,
        2.01033439929228813265e-7 };
    static const double f[] = { 1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15 };
    double q = p - 0.5, r, x;

    if (q > -0.425 && q < 0.425)
        return q * ratio(a, b, 0.180625 - q * q);
    r = sqrt(-hl__ln(q < 0 ? p : 1 - p));
    x = r <= 5 ? ratio(c, d, r - 1.6) : ratio(e, f, r - 5);
    return q < 0 ? -x : x;
}

/* Hill 1970 (CACM 396), upper half. */
double hl__student(double p, double df)
{
    double tail = 2 * (1 - p), a, b, c, d, x, y;

    if (df < 1.5) { /* tan(pi (p - 1/2)) = 1 / tan(pi (1 - p)), by its series */
        double z = 3.14159265358979323846 * (1 - p), zz = z * z;
        return (1 - zz / 3 - zz * zz / 45 - 2 * zz * zz * zz / 945) / z;
    }
    if (df < 2.5)
        return sqrt(2 / (tail * (2 - tail)) - 2);
    a = 1 / (df - 0.5);
    b = 48 / (a * a);
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36;
    d = ((94.5 / (b + c) - 3) / b + 1) * sqrt(a * 1.57079632679489661923) * df;
    y = hl__pow(d * tail, 2 / df);
    if (y > 0.05 + a) {
        x = hl__probit(tail / 2);
        y = x * x;
        if (df < 5)
            c += 0.3 * (df - 4.5) * (x + 0.6);
        c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c;
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x;
        y = a * y * y;
        y = hl__exp_less_one(y);
    } else {
        y = ((1 / (((df + 6) / (df * y) - 0.089 * d - 0.822) * (df + 2) * 3) + 0.5 / (df + 4)) * y - 1) * (df + 1) /
            (df + 2) + 1 / y;
    }
    return sqrt(df * y);
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
