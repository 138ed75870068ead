/* dist.h - laws of a scenario: read from JSON, drawn as often as there are callers. */
#ifndef HL_SIM_DIST_H
#define HL_SIM_DIST_H
#include "base/json.h"

#define HL__DISTS(X) X(fixed) X(uniform) X(exponential) X(lognormal) X(gamma) X(weibull) X(table)
#define X(name) HL__DIST_##name,
enum { HL__DIST_none, HL__DISTS(X) HL__DISTS_END };
#undef X
typedef struct hl__dist { /* none: never, or 0 */
    int kind;
    uint32_t size;
    double mean_ms, cv;
    double a, b;       /* uniform: least, width; lognormal: mu, sigma of ln ms; gamma: shape, scale; weibull: 1/k,
                          scale */
    double *table;     /* values as likely as each other */
} hl__dist;
typedef struct hl__dist_mix { /* share: of those who take brief instead; balk: of callers who come to no queue */
    hl__dist law, brief;
    double share, balk;
} hl__dist_mix;

void hl__dist_set(hl__dist *d, int kind, double mean_ms, double cv);
void hl__dist_free(hl__mem *mem, hl__dist *d);
double hl__dist_draw(const hl__dist *d, hl__rand *r);                  /* ms, never below 0 */
double hl__dist_beyond(const hl__dist *d, hl__rand *r, double ms);     /* given that it is more than ms */
double hl__dist_mix_draw(const hl__dist_mix *m, hl__rand *r);
/* {"law": ..., "mean_ms", "cv"} or {"law": "lognormal", "mu", "sigma"} of the logarithm of seconds, or {"law": "table",
 * "values_m"
   "s": [...]}; a number is fixed. extra: keys besides these that are the caller's. HL_ENOMEM, or 0 with findings.
 */
int hl__dist_read(hl__mem *mem, const hl__jcheck *c, const char *key, const char *extra, hl__dist *out);
int hl__dist_mix_read(hl__mem *mem, const hl__jcheck *c, const char *key, hl__dist_mix *out); /* and short, balk */
void hl__dist_mix_free(hl__mem *mem, hl__dist_mix *m);
#endif
