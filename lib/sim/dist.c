/* dist.c - laws: their parameters from mean and spread, their draws. No libm: equal on every machine. */
#include "sim/dist.h"
#include "base/real.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { VALUES_MOST = 100000 };
#define ROOT3 1.7320508075688772
#define LN1000 6.9077552789821370521

#define X(name) #name,
static const char *const words[] = { HL__DISTS(X) NULL };
#undef X

/* Of the Weibull law the shape whose spread is cv: 1 + cv^2 = gamma(1 + 2/k) / gamma(1 + 1/k)^2 falls with k. */
static double inverse_shape(double cv)
{
    double low = 0.02, high = 20, want = hl__ln(1 + cv * cv);

    for (int i = 0; i < 60; i++) {
        double mid = (low + high) / 2; /* 1/k */
        if (hl__ln_gamma(1 + 2 * mid) - 2 * hl__ln_gamma(1 + mid) < want)
            low = mid;
        else
            high = mid;
    }
    return (low + high) / 2;
}

void hl__dist_set(hl__dist *d, int kind, double mean_ms, double cv)
{
    *d = (hl__dist){ .kind = kind, .mean_ms = mean_ms, .cv = cv };
    switch (kind) {
    case HL__DIST_uniform:
        d->a = mean_ms * (1 - cv * ROOT3);
        d->b = 2 * mean_ms * cv * ROOT3;
        break;
    case HL__DIST_lognormal:
        d->b = sqrt(hl__ln(1 + cv * cv));
        d->a = mean_ms > 0 ? hl__ln(mean_ms) - d->b * d->b / 2 : 0;
        break;
    case HL__DIST_gamma:
        d->a = 1 / (cv * cv);
        d->b = mean_ms * cv * cv;
        break;
    case HL__DIST_weibull:
        d->a = inverse_shape(cv);
        d->b = mean_ms / hl__exp_of(hl__ln_gamma(1 + d->a));
        break;
    default: break;
    }
}

void hl__dist_free(hl__mem *mem, hl__dist *d)
{
    hl__free(mem, d->table);
    d->table = NULL;
}

/* Marsaglia and Tsang 2000; a shape below 1 is one above, times a power. */
static double gamma_draw(double shape, hl__rand *r)
{
    double k = shape < 1 ? shape + 1 : shape, d = k - 1.0 / 3, c = 1 / sqrt(9 * d), x, v, u;

    do {
        x = hl__rand_normal(r);
        v = 1 + c * x;
        v = v * v * v;
        u = 1 - hl__rand_real(r);
    } while (v <= 0 || hl__ln(u) >= 0.5 * x * x + d - d * v + d * hl__ln(v));
    return shape < 1 ? d * v * hl__pow(1 - hl__rand_real(r), 1 / shape) : d * v;
}

static double exponential(hl__rand *r)
{
    return -hl__ln(1 - hl__rand_real(r));
}

double hl__dist_draw(const hl__dist *d, hl__rand *r)
{
    double ms = d->mean_ms, z;

    if (d->kind == HL__DIST_table)
        return d->table[hl__rand_below(r, d->size)];
    if (ms <= 0)
        return 0;
    switch (d->kind) {
    case HL__DIST_uniform: ms = d->a + d->b * hl__rand_real(r); break;
    case HL__DIST_exponential: ms *= exponential(r); break;
    case HL__DIST_lognormal:
        z = d->a + d->b * hl__rand_normal(r);
        ms = hl__exp_of(z > 40 ? 40 : z);
        break;
    case HL__DIST_gamma: ms = d->b * gamma_draw(d->a, r); break;
    case HL__DIST_weibull: ms = d->b * hl__pow(exponential(r), d->a); break;
    default: break;
    }
    return ms < 1e13 ? ms : 1e13; /* three hundred years */
}

double hl__dist_beyond(const hl__dist *d, hl__rand *r, double ms)
{
    double drawn = 0, hazard;

    if (d->kind == HL__DIST_exponential)
        return ms + d->mean_ms * exponential(r);
    if (d->kind == HL__DIST_weibull && d->b > 0) {
        hazard = hl__pow(ms / d->b, 1 / d->a); /* what it has lived through; then one more exponential */
        return d->b * hl__pow(hazard + exponential(r), d->a);
    }
    for (int i = 0; i < 1000; i++)
        if ((drawn = hl__dist_draw(d, r)) > ms)
            return drawn;
    return ms;
}

double hl__dist_mix_draw(const hl__dist_mix *m, hl__rand *r)
{
    if (m->share > 0 && hl__rand_real(r) < m->share)
        return hl__dist_draw(&m->brief, r);
    return hl__dist_draw(&m->law, r);
}

static int read_table(hl__mem *mem, const hl__jcheck *c, hl__dist *out)
{
    const hl__json *list = hl__jlist(c, "values_ms");
    hl__place at = { c->at, "values_ms", 0 };
    size_t n = hl__json_size(list);

    if (!list || n == 0 || n > VALUES_MOST) {
        hl__error(c->f, c->code, &at, "a table has 1 to %d values in ms", VALUES_MOST);
        return 0;
    }
    if (!(out->table = hl__alloc_array(mem, n, sizeof(*out->table))))
        return HL_ENOMEM;
    out->kind = HL__DIST_table;
    out->size = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        const hl__json *v = hl__json_at(list, i);
        hl__place item = { &at, NULL, i };
        bool is_number = hl__json_type(v) == HL__JINT || hl__json_type(v) == HL__JREAL;
        out->table[i] = hl__json_real(v);
        if (!is_number || out->table[i] < 0 || out->table[i] > 1e12)
            hl__error(c->f, c->code, &item, "a time is a number of ms, 0 or more");
        out->mean_ms += out->table[i] / (double)n;
    }
    return 0;
}

static void read_normal(const hl__jcheck *c, hl__dist *out)
{
    double mu = hl__jreal(c, "mu", -20, 20, 0), sigma = hl__jreal(c, "sigma", 0, 5, 1);

    *out = (hl__dist){ .kind = HL__DIST_lognormal, .a = mu + LN1000, .b = sigma };
    out->mean_ms = hl__exp_of(out->a + sigma * sigma / 2);
    out->cv = sqrt(hl__exp_of(sigma * sigma) - 1);
}

static void read_moments(const hl__jcheck *c, int kind, hl__dist *out)
{
    static const double plain[HL__DISTS_END] = { [HL__DIST_uniform] = 1 / ROOT3, [HL__DIST_lognormal] = 1,
        [HL__DIST_gamma] = 1, [HL__DIST_weibull] = 1, [HL__DIST_exponential] = 1 };
    static const double most[HL__DISTS_END] = { [HL__DIST_uniform] = 1 / ROOT3, [HL__DIST_lognormal] = 100,
        [HL__DIST_gamma] = 30, [HL__DIST_weibull] = 30, [HL__DIST_exponential] = 1, [HL__DIST_fixed] = 0 };
    static const double least[HL__DISTS_END] = { [HL__DIST_gamma] = 0.01, [HL__DIST_weibull] = 0.05,
        [HL__DIST_exponential] = 1 };
    hl__place at = { c->at, "mean_ms", 0 };
    double mean = hl__jreal(c, "mean_ms", 0, 1e12, -1), cv = hl__jreal(c, "cv", least[kind], most[kind], plain[kind]);

    if (mean < 0 && !hl__json_get(c->j, "mean_ms"))
        hl__error(c->f, c->code, &at, "the law needs its mean in ms");
    hl__dist_set(out, kind, mean < 0 ? 0 : mean, cv);
}

int hl__dist_read(hl__mem *mem, const hl__jcheck *c, const char *key, const char *extra, hl__dist *out)
{
    const hl__json *j = hl__json_get(c->j, key);
    hl__place at = { c->at, key, 0 }, law = { &at, "law", 0 };
    hl__jcheck in = { c->f, j, &at, c->code };
    char known[160];
    int kind;

    if (!j)
        return 0;
    if (hl__json_type(j) != HL__JOBJECT) {
        hl__dist_set(out, HL__DIST_fixed, hl__jreal(c, key, 0, 1e12, 0), 0);
        return 0;
    }
    (void)snprintf(known, sizeof(known), "law mean_ms cv mu sigma values_ms %s", extra);
    hl__jknown(&in, known);
    if (!hl__json_get(j, "law"))
        hl__error(c->f, c->code, &law, "which law? fixed, uniform, exponential, lognormal, gamma, weibull or table");
    kind = 1 + hl__jword(&in, "law", words, 0);
    if (kind == HL__DIST_table)
        return read_table(mem, &in, out);
    if (kind == HL__DIST_lognormal && (hl__json_get(j, "mu") || hl__json_get(j, "sigma")))
        read_normal(&in, out);
    else
        read_moments(&in, kind, out);
    return 0;
}

int hl__dist_mix_read(hl__mem *mem, const hl__jcheck *c, const char *key, hl__dist_mix *out)
{
    const hl__json *j = hl__json_get(c->j, key);
    hl__place at = { c->at, key, 0 }, brief = { &at, "short", 0 };
    hl__jcheck in = { c->f, j, &at, c->code };
    int r = hl__dist_read(mem, c, key, "short balk", &out->law);

    if (r < 0 || hl__json_type(j) != HL__JOBJECT)
        return r;
    out->balk = hl__jreal(&in, "balk", 0, 1, 0);
    in = (hl__jcheck){ c->f, hl__jobject(&in, "short"), &brief, c->code };
    if (!in.j)
        return 0;
    hl__jknown(&in, "share law");
    out->share = hl__jreal(&in, "share", 0, 1, 0);
    return hl__dist_read(mem, &in, "law", "", &out->brief);
}

void hl__dist_mix_free(hl__mem *mem, hl__dist_mix *m)
{
    hl__dist_free(mem, &m->law);
    hl__dist_free(mem, &m->brief);
}
