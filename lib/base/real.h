/* real.h - logarithm and exponential by + - * / alone: the same bits on every machine, which libm does not promise. */
#ifndef HL_BASE_REAL_H
#define HL_BASE_REAL_H
#include "base/base.h"

double hl__ln(double x);     /* x > 0; relative error below 1e-14 */
double hl__exp_of(double x); /* -700 .. 700; relative error below 1e-13 */
double hl__rand_normal(hl__rand *r); /* mean 0, deviation 1 */
#endif
