/* real.h - logarithm and exponential by + - * / alone: the same bits on every machine, which libm does not promise. */
#ifndef HL_BASE_REAL_H
#define HL_BASE_REAL_H
#include "base/base.h"

double hl__ln(double x);     /* x > 0; relative error below 1e-14 */
double hl__exp_of(double x); /* -700 .. 700; relative error below 1e-13 */
double hl__exp(double x);    /* any x: 0 far below, infinity far above; between them as hl__exp_of() */
double hl__exp_less_one(double x); /* e^x - 1 without cancellation, x <= 700; relative error below 1e-14 |x| + 1e-15 */
double hl__ln_one_plus(double x);  /* ln(1 + x) without cancellation, x > -1; relative error below 2e-15 */
double hl__ln_gamma(double x);     /* ln of the gamma function, 0.5 <= x <= 1e8; error below 2e-14 max(1, |result|) */
double hl__pow(double x, double y);   /* x >= 0; 0 for x 0 */
double hl__probit(double p); /* 0 < p < 1: where the normal distribution has reached p; relative error below 1e-14 */
double hl__student(double p, double df); /* the same for Student's t, df >= 1; error below 0.001 for p <= 0.995 */
double hl__ln_gamma_one_plus(double x); /* ln of gamma(1 + x), 0 <= x <= 1; relative error below 1e-14 */
double hl__rand_normal(hl__rand *r); /* mean 0, deviation 1 */
#endif
