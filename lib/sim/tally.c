/* tally.c - counts and waits of simulated callers, and what is read from them. */
#include "sim/tally.h"
#include <hotline/acd.h>

static uint32_t cell_of(int64_t ms)
{
    uint32_t v = ms < 0 ? 0 : ms > INT32_MAX ? INT32_MAX : (uint32_t)ms, octave;

    if (v < HL__FINE)
        return v;
    octave = 31 - (uint32_t)__builtin_clz(v);
    return (octave - 5) * HL__FINE + ((v >> (octave - 6)) & (HL__FINE - 1));
}

static double low_of(uint32_t cell)
{
    uint32_t octave = cell / HL__FINE;

    return octave ? (double)((int64_t)(HL__FINE + cell % HL__FINE) << (octave - 1)) : (double)cell;
}

void hl__tally_end(hl__tally *t, int64_t wait_us, int how)
{
    int64_t ms = wait_us / HL__US;

    t->ended++;
    t->wait_ms += (double)wait_us / HL__US;
    t->square += (double)wait_us / HL__US * ((double)wait_us / HL__US);
    t->waited += wait_us > 0;
    t->cell[cell_of(ms)]++;
    if (how == HL_OUTCOME_HANDLED) {
        t->answered++;
        t->answered_in += ms <= t->target_ms;
    } else if (how == HL_OUTCOME_ABANDONED) {
        t->abandoned++;
        t->abandoned_in += ms <= t->target_ms;
        t->abandoned_short += ms < t->short_ms;
    } else {
        t->other++;
    }
}

void hl__tally_add(hl__tally *to, const hl__tally *from)
{
    to->offered += from->offered;
    to->answered += from->answered;
    to->abandoned += from->abandoned;
    to->other += from->other;
    to->waited += from->waited;
    to->ended += from->ended;
    to->answered_in += from->answered_in;
    to->abandoned_in += from->abandoned_in;
    to->abandoned_short += from->abandoned_short;
    to->wait_ms += from->wait_ms;
    to->square += from->square;
    for (uint32_t i = 0; i < HL__FINE_CELLS; i++)
        to->cell[i] += from->cell[i];
}

double hl__tally_quantile(const hl__tally *t, double p)
{
    double want = p * (double)t->ended, seen = 0;

    for (uint32_t i = 0; i < HL__FINE_CELLS; i++) {
        double n = t->cell[i];
        if (n > 0 && seen + n >= want) /* cell 0 are those that did not wait */
            return i == 0 ? 0 : (low_of(i) + (low_of(i + 1) - low_of(i)) * (want - seen) / n) / 1000;
        seen += n;
    }
    return 0;
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : -1;
}

void hl__tally_row(const hl__tally *t, hl_sim *row)
{
    double ans = (double)t->answered, ab = (double)t->abandoned, in = (double)t->answered_in;
    double early = (double)t->abandoned_in, is_short = (double)t->abandoned_short;

    row->offered = t->offered;
    row->answered = t->answered;
    row->abandoned = t->abandoned;
    row->other = t->other;
    row->waited = share((double)t->waited, (double)t->ended);
    row->wait_s = t->ended ? t->wait_ms / (double)t->ended / 1000 : 0;
    row->p50_s = hl__tally_quantile(t, 0.50);
    row->p75_s = hl__tally_quantile(t, 0.75);
    row->p90_s = hl__tally_quantile(t, 0.90);
    row->p95_s = hl__tally_quantile(t, 0.95);
    row->sl1 = share(in, ans);
    row->sl2 = share(in, ans + ab);
    row->sl3 = share(in, ans + ab - early);
    row->sl4 = share(in + early, ans + ab);
    row->sl5 = share(in + is_short, ans + ab);
    row->level = (const double[]){ -1, row->sl1, row->sl2, row->sl3, row->sl4, row->sl5 }[t->formula];
}
