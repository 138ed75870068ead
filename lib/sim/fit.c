/* fit.c - laws that fit a recording: service with a mass of short talks, patience of waits that were cut short by an
 * answer, arrivals by weekday and half hour with the day's own factor. */
#include "base/real.h"
#include "sim/record.h"
#include <hotline/acd.h>
#include <math.h>
#include <string.h>

enum { SHORT_MS = 10000, BALK_MS = 1000, SLOTS = 48, DAYS_MOST = 4000 };
#define GAIN 3.84 /* twice the log likelihood by which one more parameter pays at 95 % */

static bool is_of(const hl__recording *r, uint32_t i, int queue)
{
    return queue < 0 || r->call[i].queue == (uint32_t)queue;
}

static void fit_service(const hl__recording *r, int queue, hl__dist_mix *out)
{
    double brief = 0, n_brief = 0, n = 0, sum = 0, squares = 0, mean;

    for (uint32_t i = 0; i < r->calls; i++) {
        double ms = r->call[i].talk_ms, x;
        if (!is_of(r, i, queue) || ms < 0)
            continue;
        if (ms < SHORT_MS) {
            brief += ms;
            n_brief++;
            continue;
        }
        x = hl__ln(ms);
        n++;
        sum += x;
        squares += x * x;
    }
    mean = n > 0 ? sum / n : 0;
    hl__dist_set(&out->law, HL__DIST_lognormal, 180000, 1); /* nobody was answered: anything */
    if (n > 1) {
        double sigma = sqrt((squares - n * mean * mean) / (n - 1));
        out->law.a = mean;
        out->law.b = sigma;
        out->law.mean_ms = hl__exp(mean + sigma * sigma / 2);
    }
    out->share = n + n_brief > 0 ? n_brief / (n + n_brief) : 0;
    hl__dist_set(&out->brief, HL__DIST_exponential, n_brief > 0 ? brief / n_brief : 0, 1);
}

/* What the likelihood of a Weibull shape hangs on: sums over all waits, and over those that were given up. */
struct waits { double n, gave_up, sum, ln_gave_up; };
struct sums { double power, power_ln; };

static struct sums sums_at(const hl__recording *r, int queue, double k)
{
    struct sums s = { 0, 0 };

    for (uint32_t i = 0; i < r->calls; i++) {
        double ms = r->call[i].wait_ms, p;
        if (!is_of(r, i, queue) || ms < BALK_MS)
            continue;
        p = hl__pow(ms / 60000, k);
        s.power += p;
        s.power_ln += p * hl__ln(ms / 60000);
    }
    return s;
}

/* The likelihood's derivative falls with the shape: 1/k + mean ln of those given up - sum t^k ln t / sum t^k. */
static double weibull_shape(const hl__recording *r, int queue, const struct waits *w)
{
    double low = 0.1, high = 10;

    for (int i = 0; i < 40; i++) {
        double k = (low + high) / 2;
        struct sums s = sums_at(r, queue, k);
        if (1 / k + w->ln_gave_up / w->gave_up - s.power_ln / s.power > 0)
            low = k;
        else
            high = k;
    }
    return (low + high) / 2;
}

static void fit_patience(const hl__recording *r, int queue, hl__dist_mix *out)
{
    struct waits w = { 0, 0, 0, 0 };
    double balked = 0, all = 0, k, scale, plain, better;

    for (uint32_t i = 0; i < r->calls; i++) {
        double ms = r->call[i].wait_ms;
        bool gave_up = r->call[i].outcome == HL_OUTCOME_ABANDONED;
        if (!is_of(r, i, queue))
            continue;
        all++;
        balked += gave_up && ms < BALK_MS;
        if (ms < BALK_MS)
            continue;
        w.n++;
        w.sum += ms / 60000;
        w.gave_up += gave_up;
        w.ln_gave_up += gave_up ? hl__ln(ms / 60000) : 0;
    }
    out->balk = all > 0 ? balked / all : 0;
    out->law.kind = HL__DIST_none; /* nobody ever gave up */
    if (w.gave_up < 1)
        return;
    hl__dist_set(&out->law, HL__DIST_exponential, w.sum / w.gave_up * 60000, 1);
    if (w.gave_up < 20)
        return;
    k = weibull_shape(r, queue, &w);
    scale = hl__pow(sums_at(r, queue, k).power / w.gave_up, 1 / k);
    plain = -w.gave_up * hl__ln(w.sum / w.gave_up);
    better = w.gave_up * (hl__ln(k) - k * hl__ln(scale)) + (k - 1) * w.ln_gave_up;
    if (2 * (better - plain) > GAIN) {
        out->law = (hl__dist){ .kind = HL__DIST_weibull, .a = 1 / k, .b = scale * 60000 };
        out->law.mean_ms = out->law.b * hl__exp(hl__ln_gamma(1 + 1 / k));
        out->law.cv = sqrt(hl__exp(hl__ln_gamma(1 + 2 / k) - 2 * hl__ln_gamma(1 + 1 / k)) - 1);
    }
}

void hl__fit_laws(const hl__recording *r, int queue, hl__fitted *out)
{
    *out = (hl__fitted){ .calls = 0 };
    for (uint32_t i = 0; i < r->calls; i++)
        out->calls += is_of(r, i, queue);
    fit_service(r, queue, &out->service);
    fit_patience(r, queue, &out->patience);
}

struct days { double count[DAYS_MOST], slot[SLOTS], week[7], week_days[7]; uint8_t weekday[DAYS_MOST]; int n; };

static void count_days(hl_t *hl, const hl__recording *r, int queue, const char *zone, struct days *d)
{
    hl_time end = 0, day = 24 * 3600 * (hl_time)HL__SECOND;

    for (uint32_t i = 0; i < r->calls; i++) {
        hl_local at = HL_LOCAL_INIT;
        if (hl__zone_local(hl->calendars, zone, r->call[i].came, &at) < 0)
            (void)hl__zone_local(hl->calendars, "UTC", r->call[i].came, &at);
        for (; r->call[i].came >= end && d->n < DAYS_MOST; d->n++) { /* days on which nobody called count too */
            hl_time first = r->call[i].came - (at.hour * 3600 + at.minute * 60 + at.second) * (hl_time)HL__SECOND;
            end = end ? end + day : first - first % HL__SECOND + day;
            d->weekday[d->n] = (uint8_t)((at.weekday - 1 + 7 - (r->call[i].came - (end - day)) / day % 7) % 7);
        }
        if (!is_of(r, i, queue))
            continue;
        d->count[d->n - 1]++;
        d->slot[at.hour * 2 + at.minute / 30]++;
    }
    for (int i = 0; i < d->n; i++) {
        d->week[d->weekday[i]] += d->count[i];
        d->week_days[d->weekday[i]]++;
    }
    for (int k = 0; k < 7; k++)
        d->week[k] = d->week_days[k] > 0 ? d->week[k] / d->week_days[k] : 0;
}

/* Variance of a day over its weekday's mean, less what chance alone makes: 1/k. */
static double day_shape(const struct days *d)
{
    double n = 0, squares = 0, chance = 0;

    for (int i = 0; i < d->n; i++) {
        double mean = d->week[d->weekday[i]], off = mean > 0 ? d->count[i] / mean - 1 : 0;
        if (mean <= 0 || d->week_days[d->weekday[i]] < 2)
            continue;
        n++;
        squares += off * off * d->week_days[d->weekday[i]] / (d->week_days[d->weekday[i]] - 1);
        chance += 1 / mean;
    }
    return n >= 5 && squares / n > chance / n ? n / (squares - chance) : 0;
}

static void arrivals_json(hl_t *hl, const hl__recording *r, int queue, const char *zone, hl__buf *out)
{
    struct days *d = hl__alloc(r->mem, sizeof(*d));

    if (!d) {
        out->failed = 1;
        return;
    }
    count_days(hl, r, queue, zone, d);
    hl__buf_str(out, "{\"queue\":");
    hl__buf_json(out, r->queue[queue]);
    hl__buf_str(out, ",\"per_day\":1,\"weekday\":[");
    for (int k = 0; k < 7; k++)
        hl__buf_fmt(out, "%s%.9g", k ? "," : "", d->week[k]);
    hl__buf_str(out, "],\"shape\":[");
    for (int k = 0; k < SLOTS; k++)
        hl__buf_fmt(out, "%s%.9g", k ? "," : "", d->slot[k]);
    hl__buf_fmt(out, "],\"day_shape\":%.6g}", day_shape(d));
    hl__free(r->mem, d);
}

static void service_json(const hl__fitted *f, hl__buf *out)
{
    hl__buf_fmt(out, "{\"law\":\"lognormal\",\"mu\":%.9g,\"sigma\":%.9g", f->service.law.a - 6.9077552789821371,
                f->service.law.b);
    if (f->service.share > 0)
        hl__buf_fmt(out, ",\"short\":{\"share\":%.6g,\"law\":{\"law\":\"exponential\",\"mean_ms\":%.6g}}",
                    f->service.share, f->service.brief.mean_ms);
    hl__buf_char(out, '}');
}

static void patience_json(const hl__fitted *f, hl__buf *out)
{
    const hl__dist *d = &f->patience.law;

    hl__buf_fmt(out, "{\"law\":\"%s\",\"mean_ms\":%.9g", d->kind == HL__DIST_weibull ? "weibull" : "exponential",
                d->kind == HL__DIST_none ? 1e10 : d->mean_ms);
    if (d->kind == HL__DIST_weibull)
        hl__buf_fmt(out, ",\"cv\":%.9g", d->cv);
    hl__buf_fmt(out, ",\"balk\":%.6g}", f->patience.balk);
}

static void laws_json(const hl__recording *r, const char *key, void (*law)(const hl__fitted *f, hl__buf *out),
                      hl__buf *out)
{
    hl__buf_fmt(out, ",\"%s\":{", key);
    for (uint32_t q = 0; q < r->queues; q++) {
        hl__fitted f;
        hl__fit_laws(r, (int)q, &f);
        hl__buf_str(out, q ? "," : "");
        hl__buf_json(out, r->queue[q]);
        hl__buf_char(out, ':');
        law(&f, out);
    }
    hl__buf_char(out, '}');
}

int hl__fit_json(hl_t *hl, const hl__recording *r, hl__buf *out)
{
    const hl__object *o = r->queues ? hl__object_find(hl, HL_KIND_QUEUE, r->queue[0]) : NULL;
    hl__json *conf = o ? hl__json_read(o->canon, strlen(o->canon), NULL) : NULL;
    const char *zone = hl__json_text(hl__json_get(conf, "zone"));

    zone = zone ? zone : "UTC";
    hl__buf_str(out, "{\"zone\":");
    hl__buf_json(out, zone);
    hl__buf_str(out, ",\"days\":7,\"arrivals\":[");
    for (uint32_t q = 0; q < r->queues; q++) {
        hl__buf_str(out, q ? "," : "");
        arrivals_json(hl, r, (int)q, zone, out);
    }
    hl__buf_char(out, ']');
    laws_json(r, "service", service_json, out);
    laws_json(r, "patience", patience_json, out);
    hl__buf_char(out, '}');
    hl__json_free(conf);
    return out->failed ? HL_ENOMEM : 0;
}
