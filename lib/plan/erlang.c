/* erlang.c - Erlang B and C for any number of servers, whole or not.
 *
 * 1/B(n) = 1 + n/A * 1/B(n - 1), so with W = 1/B - 1 and n = m + f, m whole, 0 <= f < 1:
 *
 *   W(n) = n/A + n(n-1)/A^2 + ... + n(n-1)...(f+1)/A^m (1 + W(f))
 *
 * Terms are positive; they rise while more than A servers are left and then fall, so about 9 sqrt(n) of them count
 * beyond the n - A rising ones, and those overflow (B = 0) when there are more than 40 sqrt(A). W(f) continues B
 * between whole numbers: 1/B(f) = G(f + 1, A) e^A A^-f, G the upper incomplete gamma function. */
#include "plan/plan.h"
#include "base/real.h"
#include <math.h>

/* W(f) for A >= 1. With Legendre's continued fraction 1/B(f) = A/(A - f + f/k): W = f (1 - 1/k) / (A - f + f/k). */
static double odds_by_fraction(double f, double load)
{
    double k = load - f + 2, c = k, d = 0, step = 0;

    for (int i = 2; i < 500 && !(fabs(step - 1) < 1e-16); i++) { /* Lentz; 100 steps at A = 1 */
        double a = i * (f + 1 - i), b = load - f + 2 * i;
        d = 1 / (b + a * d);
        c = b + a / c;
        step = c * d;
        k *= step;
    }
    return f * (1 - 1 / k) / (load - f + f / k);
}

/* W(f) for A < 1: with g = G(f + 1) A^-f, 1/B(f) = g e^A less the sum over k >= 1 of A^k / ((f + 1) ... (f + k)). With
 * f = 0 that is 1, so W is the difference: (g - 1) e^A + the sum of A^k/k! (1 - k!/((f + 1) ... (f + k))). */
static double odds_by_series(double f, double load)
{
    double power = 1, rest = 1, less = 0, sum = 0;

    for (int k = 1; power > 1e-18; k++) { /* rest = k!/((f + 1) ... (f + k)), less = 1 - rest */
        power *= load / k;
        less += rest * f / (f + k);
        rest *= k / (f + k);
        sum += power * less;
    }
    return hl__exp_less_one(hl__ln_gamma_one_plus(f) - f * hl__ln(load)) * hl__exp(load) + sum;
}

static double odds_of_fraction(double f, double load)
{
    if (f <= 0)
        return 0;
    return load < 1 ? odds_by_series(f, load) : odds_by_fraction(f, load);
}

double hl__erlang_odds(double servers, double load)
{
    double left = servers, term = 1, sum = 0;

    if (load < 1e-300)
        return servers > 0 ? HUGE_VAL : 0;
    for (; left >= 1; left--) {
        sum += term *= left / load;
        if (sum > 1e308)
            return HUGE_VAL;
        if (left < load && term * load < (load - left) * 1e-17 * sum) /* bounds the rest: a falling ratio */
            return sum;
    }
    return sum + term * odds_of_fraction(left, load);
}

double hl__erlang_b(double servers, double load)
{
    return 1 / (1 + hl__erlang_odds(servers, load));
}

double hl__erlang_c(double servers, double load)
{
    if (load >= servers)
        return 1;
    return 1 / (1 + (servers - load) / servers * hl__erlang_odds(servers, load));
}

