/* study.c - runs of a study added up (Welford 1962), and told as JSON with 95 % half-widths by Student's law. */
#include "sim/study.h"
#include "base/real.h"
#include <math.h>

static const char *const names[HL__STUDY_FIGURES] = { "offered", "answered", "abandoned", "other", "abandon_share",
    "waited", "wait_s", "p50_s", "p75_s", "p90_s", "p95_s", "level", "sl1", "sl2", "sl3", "sl4", "sl5", "occupancy",
    "events" };

static void add_row(hl__study_line *l, const hl_sim *s)
{
    const double x[HL__STUDY_FIGURES] = { (double)s->offered, (double)s->answered, (double)s->abandoned,
        (double)s->other, s->offered ? (double)s->abandoned / (double)s->offered : -1, s->waited, s->wait_s, s->p50_s,
        s->p75_s, s->p90_s, s->p95_s, s->level, s->sl1, s->sl2, s->sl3, s->sl4, s->sl5, s->occupancy,
        (double)s->events };

    for (int i = 0; i < HL__STUDY_FIGURES; i++) {
        double off = x[i] - l->mean[i];
        if (x[i] < 0)
            continue; /* there was nothing to divide by */
        l->n[i]++;
        l->mean[i] += off / l->n[i];
        l->square[i] += off * (x[i] - l->mean[i]);
    }
}

static int begin(hl__study *st, const hl__traffic *tr)
{
    uint32_t n = tr->s.desks + 1;

    if (!(st->line = hl__alloc_array(st->mem, n, sizeof(*st->line))) ||
        !(st->name = hl__alloc_array(st->mem, n, sizeof(*st->name))))
        return HL_ENOMEM;
    st->lines = n;
    for (uint32_t i = 1; i < n; i++)
        if (!(st->name[i] = hl__strdup(st->mem, tr->s.desk[i - 1].name)))
            return HL_ENOMEM;
    return 0;
}

int hl__study_add(hl__study *st, hl__traffic *tr)
{
    int r = st->line ? 0 : begin(st, tr);

    for (uint32_t i = 0; i < st->lines && r == 0; i++) {
        hl_sim row;
        hl__traffic_row(tr, (int)i - 1, &row);
        add_row(&st->line[i], &row);
    }
    st->runs++;
    return r;
}

static void line_json(const hl__study_line *l, hl__buf *out)
{
    const char *glue = "{";

    for (int i = 0; i < HL__STUDY_FIGURES; i++) {
        double n = l->n[i], half = n > 1 ? hl__student(0.975, n - 1) * sqrt(l->square[i] / (n - 1) / n) : 0;
        if (n == 0)
            continue;
        hl__buf_fmt(out, "%s\"%s\":{\"mean\":%.9g,\"half\":%.4g}", glue, names[i], l->mean[i], half);
        glue = ",";
    }
    hl__buf_str(out, glue[0] == '{' ? "{}" : "}");
}

void hl__study_json(const hl__study *st, hl__buf *out)
{
    hl__buf_fmt(out, "{\"runs\":%u,\"all\":", st->runs);
    line_json(&st->line[0], out);
    hl__buf_str(out, ",\"queues\":{");
    for (uint32_t i = 1; i < st->lines; i++) {
        hl__buf_str(out, i > 1 ? "," : "");
        hl__buf_json(out, st->name[i]);
        hl__buf_char(out, ':');
        line_json(&st->line[i], out);
    }
    hl__buf_str(out, "}}");
}

void hl__study_free(hl__study *st)
{
    for (uint32_t i = 0; st->name && i < st->lines; i++)
        hl__free(st->mem, st->name[i]);
    hl__free(st->mem, st->name);
    hl__free(st->mem, st->line);
}
