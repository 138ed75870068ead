/* hotline/report.h - what happened and what happens now: numerator, denominator and the ids behind them.
 *
 * Figures are exact: value = numerator / denominator in its unit, rounded half up; denominator 0: no value.
 * Letters: Off entered the queue (tests excepted), Ans reached a person, Ab hung up waiting, Ovf left otherwise,
 * w wait since queue entry, T threshold, S short, x(T) those of x with w <= T. */
#ifndef HOTLINE_REPORT_H
#define HOTLINE_REPORT_H
#include <hotline.h>
#ifdef __cplusplus
extern "C" {
#endif
#define HL_METRICS(X) /* name, number, unit (0 count, 1 millionths, 2 us, 3 thousandths), definition */ \
    X(OFFERED, 1, 0, "Off") X(ANSWERED, 2, 0, "Ans") X(ABANDONED, 3, 0, "Ab") X(OVERFLOWN, 4, 0, "Ovf") \
    X(ANSWER_RATE, 5, 1, "Ans / (Off - Ovf)") \
    X(ANSWER_WORST, 6, 1, "least ANSWER_RATE of the 24 h windows inside that begin at a contact") \
    X(SL1, 7, 1, "Ans(T) / Ans") X(SL2, 8, 1, "Ans(T) / (Ans + Ab)") \
    X(SL3, 9, 1, "Ans(T) / (Ans + Ab - Ab(T))") X(SL4, 10, 1, "(Ans(T) + Ab(T)) / (Ans + Ab)") \
    X(SL_LINE, 11, 1, "Ans within T of line entry / Ans") \
    X(ABANDON_RATE, 12, 1, "(Ab - Ab(S)) / (Off - Ab(S))") X(ASA, 13, 2, "sum of w of Ans / Ans") \
    X(WAIT, 14, 2, "w of Ans: median; low p90, high p99") X(AHT, 15, 2, "(talk + hold + wrap) / Ans") \
    X(OCCUPANCY, 20, 1, "B / (B + available); B = talk + hold + wrap + ringing") \
    X(UTILISATION, 21, 1, "B / paid time") X(CONFORMANCE, 22, 1, "worked / planned") \
    X(ADHERENCE, 23, 1, "1 - time in another state than planned / planned") \
    X(FCR, 30, 1, "Ans without second line and without contact or reopening of party and topic in D days / Ans") \
    X(FCR_ASKED, 31, 1, "said solved at once / asked") \
    X(REPEAT, 32, 1, "tickets whose party and topic had one closed within 30 days before / tickets") \
    X(TIMELY, 40, 1, "clocks met / decided; met: decided at the end, else at due, still open or not") \
    X(CLOCK_TIME, 41, 2, "used of decided clocks: mean; low p50, high p90") \
    X(ON_TIME, 42, 1, "ended by due / due in the period") X(ON_TIME_ORIGINAL, 43, 1, "by due before extensions") \
    X(RETURNED, 44, 1, "returns accepted / dispatches") X(RETURN_REFUSED, 45, 1, "refused / returns asked") \
    X(ACCURACY, 46, 1, "dispatched once and not returned / dispatched") \
    X(REDONE, 47, 1, "redone at least once / replied") X(RESPONSE, 48, 1, "contacted within limit / to contact") \
    X(SOLVED, 50, 1, "solved / (solved + unsolved)") X(SOLVED_STRICT, 51, 1, "solved / (.. + unreached)") \
    X(UNREACHED, 52, 1, "unreached / (solved + unsolved + unreached)") \
    X(SATISFIED, 53, 1, "4 and 5 / answers of 1 to 5; low, high: 95 % Wilson") \
    X(COVERAGE, 54, 1, "valid follow-ups / eligible") X(SURVEY_OFFERED, 55, 1, "offered / eligible, per agent") \
    X(CSAT, 56, 3, "mean answer") X(NPS, 57, 1, "share of 9, 10 - share of 0 to 6") \
    X(QUALITY, 60, 1, "mean score of a form version") X(CRITICAL, 61, 1, "critical failures / reviews") \
    X(KAPPA, 62, 1, "Cohen's, of double reviews, pass or fail") \
    X(TICKET_ERRORS, 63, 1, "with a field error / reviewed tickets") \
    X(ARTICLE_USE, 64, 1, "with an article / closed tickets")
#define X(name, number, unit, words) HL_METRIC_##name = number,
enum { HL_METRICS(X) HL_REPORT_JSON = 0, HL_REPORT_CSV = 1, HL_REPORT_HTML = 2 };
#undef X

typedef struct hl_report_query { /* 0 and NULL: all, or the default in brackets */
    uint32_t size, metric; /* 0: those of the report `name` */
    hl_time from, to, as_of; /* [from, to); what was known at as_of [now] */
    int64_t interval; /* us [the whole period]; a day is the zone's own: 23 to 25 h */
    hl_id queue, agent, unit, campaign;
    int64_t threshold, too_short; /* T [20 s], S [5 s] */
    int32_t days, flags; /* D [7] */
    const char *name, *group; /* "queue" "agent" "unit" "topic" "region" "type" "target" "number" */
    const char *zone, *filter; /* filter: an expression over the fact's fields */
} hl_report_query;
#define HL_REPORT_QUERY_INIT { sizeof(hl_report_query), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_figure {
    uint32_t size, metric; hl_id id; /* 1, 2, 3 ... by interval, group, metric */
    hl_time from, to;
    int64_t numerator, denominator, value, low, high;
    const char *group, *unit; /* group "": the total */
} hl_figure;
#define HL_FIGURE_INIT { sizeof(hl_figure), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_fact { /* a member of a figure's population */
    uint32_t size, counted; hl_id id; /* counted 1: in the numerator; id: contact, ticket, clock, review */
    hl_time at; int64_t value;
    const char *group, *why; /* why not counted */
} hl_fact;
#define HL_FACT_INIT { sizeof(hl_fact), 0, 0, 0, 0, 0, 0 }

typedef struct hl_live { /* a queue now; sums since midnight of its zone */
    uint32_t size, waiting; hl_id id;
    hl_time since, oldest;
    int64_t offered, answered, abandoned, in_time, wait_sum, handle_sum;
    uint32_t talking, ready, ringing, wrapping, away, logged_in;
    const char *name, *zone;
} hl_live;
#define HL_LIVE_INIT { sizeof(hl_live), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* ENOENT: no such report. _fact_next: who is behind the first figure of the query. */
HL_API int hl_figure_next(hl_t *hl, const hl_report_query *query, hl_figure *row);
HL_API int hl_fact_next(hl_t *hl, const hl_report_query *query, hl_fact *row);
HL_API int hl_report_text(hl_t *hl, const hl_report_query *query, int format, const char **out);
HL_API int hl_report_rebuild(hl_t *hl, hl_time from); /* facts anew from the events */
HL_API int hl_live_next(hl_t *hl, hl_live *row);
HL_API const char *hl_metric_words(int metric);
#ifdef __cplusplus
}
#endif
#endif
