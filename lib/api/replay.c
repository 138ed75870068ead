/* replay.c - hl_sim_replay() and hl_sim_fit(): a store's calls come again, or become a scenario. */
#include "api/simulate.h"
#include <string.h>

enum { CALLS_FEWEST = 200 };

/* Calls first, then what tells who the agents were. */
int hl__record_scan(hl__recording *rec, hl__record_source *scan, void *d, bool with_agents)
{
    hl__scan q = { .table = HL__TABLE_CONTACT };
    hl__visit v = { hl__record_row, rec };
    int r = scan(d, &q, &v);

    q.table = HL__TABLE_EV;
    if (r == 0 && with_agents)
        r = scan(d, &q, &v);
    hl__record_end(rec);
    return r;
}

/* A queue's calls only; 0: all. */
static void keep_queue(hl__recording *rec, const char *queue)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < rec->calls; i++)
        if (strcmp(rec->queue[rec->call[i].queue], queue) == 0)
            rec->call[n++] = rec->call[i];
    rec->calls = n;
    for (uint32_t i = 0; i < rec->calls; i++)
        rec->call[i].queue = 0;
    for (uint32_t i = 0; i < rec->queues; i++)
        if (i > 0 && strcmp(rec->queue[i], queue) == 0) {
            char *first = rec->queue[0];
            rec->queue[0] = rec->queue[i];
            rec->queue[i] = first;
        }
    while (rec->queues > 1)
        hl__free(rec->mem, rec->queue[--rec->queues]);
}

static int from_memory(hl_t *hl, hl__recording *rec)
{
    hl__contact row = { .id = 0 };
    int r = 0;

    while (r == 0 && hl__report_next(hl->report, &row) == 1)
        r = hl__record_contact(rec, &row);
    hl__record_end(rec);
    return r;
}

int hl__record_own(hl_t *hl, hl__recording *rec)
{
    const hl__store_link store = hl->store;
    int r;

    if (!store.scan)
        return from_memory(hl, rec);
    hl__go_out(hl);
    r = hl__record_scan(rec, store.scan, store.d, false);
    hl__come_in(hl);
    return r;
}

static int fit(hl_t *hl, const char *queue, hl__recording *rec, const char **out)
{
    const char *text;
    hl__buf b;
    int r = hl__record_own(hl, rec);

    if (r < 0)
        return r;
    if (queue)
        keep_queue(rec, queue);
    if (rec->calls < CALLS_FEWEST)
        return hl__fail(hl->core.err, HL_ENOENT, "%u recorded calls; %d at least are wanted", rec->calls, CALLS_FEWEST);
    hl__buf_init(&b, &hl->mem);
    r = hl__fit_json(hl, rec, &b);
    if (r == 0 && (text = hl__keep(hl, b.data)))
        *out = text;
    hl__buf_free(&b);
    return r;
}

int hl_sim_fit(hl_t *hl, hl_id queue, hl_time from, hl_time to, const char **out)
{
    hl__recording rec;
    const char *name = NULL;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if (!out || from < 0 || to < 0)
        return hl__leave(hl, hl__fail(hl->core.err, HL_EINVAL, "a span of time and a place for the text are wanted"));
    if (queue && ((r = hl__id_ok(hl, queue, HL_KIND_QUEUE, "a queue")) < 0 || !(name = hl__acd_name(hl->acd, queue))))
        return hl__leave(hl, r < 0 ? r : hl__fail(hl->core.err, HL_ENOENT, "no such queue"));
    hl__record_init(&rec, &hl->mem, from, to);
    r = fit(hl, name, &rec, out);
    hl__record_free(&rec);
    return hl__leave(hl, r);
}

static int open_recording(hl_t *hl, const hl_replay *in, hl__recording **out)
{
    hl__recording *rec = hl__alloc(&hl->mem, sizeof(*rec));
    int r;

    if (!rec)
        return HL_ENOMEM;
    hl__record_init(rec, &hl->mem, in->from, 0);
    r = hl__record_file(hl, in->journal, rec);
    if (r == 0 && rec->calls == 0)
        r = hl__fail(hl->core.err, HL_ENOENT, "\"%s\" has no calls to queues in that time", in->journal);
    else if (r < 0 && r != HL_ENOMEM)
        r = hl__fail(hl->core.err, r == HL_ENOTSUP ? r : HL_ESTORE, "\"%s\" cannot be read as a store", in->journal);
    if (r < 0) {
        hl__record_free(rec);
        hl__free(&hl->mem, rec);
        return r;
    }
    *out = rec;
    return 0;
}

static int changes(hl_t *hl, const hl_replay *in, const hl__recording *rec, hl__scenario *s)
{
    hl_time last = rec->call[rec->calls - 1].came;
    hl__findings *f = hl__desk_findings(hl);
    int r = 0;

    hl__findings_clear(f);
    *s = (hl__scenario){ .mem = &hl->mem, .is_changes = true };
    if (in->changes && (r = hl__scenario_read(hl, in->changes, strlen(in->changes), f, s)) < 0)
        return r;
    s->seed = in->seed ? in->seed : 1;
    s->days = last > hl->core.now ? (uint32_t)((last - hl->core.now) / HL__US / HL__DAY_MS) + 2 : 1;
    for (uint32_t q = 0; q < rec->queues && r == 0; q++)
        if ((r = hl__scenario_desk(hl, s, rec->queue[q])) == HL_ENOENT)
            (void)hl__fail(hl->core.err, r, "the recording has a queue \"%s\", the settings have none", rec->queue[q]);
    return r;
}

static int begin(hl_t *hl, const hl_replay *in, hl__recording *rec, hl__traffic **out)
{
    hl__scenario s;
    bool is_recorded;
    int r = changes(hl, in, rec, &s);

    is_recorded = s.crews == 0;
    if (r == 0 && is_recorded)
        r = hl__replay_crew(hl, rec, &s);
    if (r == 0) {
        r = hl__traffic_new(hl, &s, out);
    } else {
        hl__scenario_free(&s);
    }
    if (r < 0) {
        hl__record_free(rec);
        hl__free(&hl->mem, rec);
        return r;
    }
    (*out)->is_recorded_staff = is_recorded;
    return hl__traffic_replay(*out, rec);
}

static int replay(hl_t *hl, const hl_replay *in, hl__traffic **out)
{
    hl__recording *rec;
    int r;

    if (in->mode == HL_REPLAY_EXACT)
        return hl__fail(hl->core.err, HL_ENOTSUP, "the journal of this build holds events and calls, not commands: "
                        "an exact replay is not possible");
    if (in->mode != HL_REPLAY_WHAT_IF || !in->journal || in->from < 0 || in->to < 0 || in->seed < 0)
        return hl__fail(hl->core.err, HL_EINVAL, "a replay has a mode, a journal, and a time from which and to which");
    if (*out)
        return hl__fail(hl->core.err, HL_ESTATE, "the engine has a scenario already");
    if ((r = open_recording(hl, in, &rec)) < 0)
        return r;
    return begin(hl, in, rec, out);
}

int hl_sim_replay(hl_t *hl, const hl_replay *in, hl_sim *row)
{
    hl_replay mine;
    hl__traffic *tr = NULL;
    hl_time to = 0;
    int r = hl__enter_command(hl, true);

    if (r < 0)
        return r;
    if ((r = hl__simulated(hl)) == 0 && (r = hl__row_in(hl, in, &mine, sizeof(mine), sizeof(mine))) == 0 &&
        (r = hl__row_ok(hl, row, sizeof(*row))) == 0 && (r = replay(hl, &mine, &hl__sim_of(hl)->traffic)) == 0) {
        tr = hl__sim_of(hl)->traffic;
        to = mine.to ? mine.to : tr->end;
        to = to > hl->core.now ? to : hl->core.now;
    }
    r = hl__leave(hl, r);
    return r < 0 ? r : hl__sim_run_to(hl, tr, to, row);
}
