/* sim.c - entry points of sim.h: a scenario for a simulated engine, and the run. */
#include "api/simulate.h"
#include "sim/party.h"
#include "sim/traffic.h"
#include <string.h>

int hl__simulated(hl_t *hl)
{
    return hl->sim ? 0 : hl__fail(hl->core.err, HL_ESTATE, "only an engine of hl_open_sim() is simulated");
}

static int load(hl_t *hl, const char *json, size_t len)
{
    hl__sim *sim = hl__sim_of(hl);
    hl__findings *f = hl__desk_findings(hl);
    hl__scenario s = { .is_changes = false };
    int r;

    hl__findings_clear(f);
    if (sim->traffic)
        return hl__fail(hl->core.err, HL_ESTATE, "the engine has a scenario already");
    if (len > 16u << 20)
        return hl__fail(hl->core.err, HL_ELIMIT, "a scenario has at most 16 MiB");
    if ((r = hl__scenario_read(hl, json, len, f, &s)) < 0)
        return r;
    return hl__traffic_new(hl, &s, &sim->traffic);
}

int hl_sim_load(hl_t *hl, const char *json, size_t len)
{
    int r = hl__enter_command(hl, true);

    if (r < 0)
        return r;
    if ((r = hl__simulated(hl)) < 0)
        return hl__leave(hl, r);
    if (!json)
        return hl__leave(hl, hl__fail(hl->core.err, HL_EINVAL, "no scenario was given"));
    return hl__leave(hl, load(hl, json, len ? len : strlen(json)));
}

/* The first instant at which a driver wants to be called: the simulated telephones, for instance. */
static hl_time driver_due(hl_t *hl, hl_time to)
{
    for (uint32_t i = 0; i < hl->drivers; i++) {
        hl_time due = hl->driver[i].due ? hl->driver[i].due(hl->driver[i].d) : INT64_MAX;
        to = due < to ? due : to;
    }
    return to;
}

/* Timers alone are run in long steps; what drivers have to do goes the way of hl_advance(). */
static int run(hl_t *hl, hl__traffic *tr, hl_time to)
{
    int r = 0;

    while (r >= 0) {
        hl_time limit = driver_due(hl, to), due;
        hl__lock(hl);
        (void)hl__traffic_steps(tr, limit);
        due = hl->first ? hl->core.now : hl__wheel_due(&hl->core.wheel);
        hl__unlock(hl);
        if (due <= limit && !hl->first)
            continue;
        r = hl_advance(hl, due < limit ? due : limit);
        if (r >= 0 && hl->core.now >= to)
            break;
    }
    return r;
}

int hl__sim_run_to(hl_t *hl, hl__traffic *tr, hl_time to, hl_sim *row)
{
    hl_sim out = HL_SIM_INIT;
    int r;

    hl__traffic_count(tr, true);
    r = run(hl, tr, to);
    hl__traffic_count(tr, false);
    if (r < 0)
        return r;
    if ((r = hl__enter(hl)) < 0)
        return r;
    if (tr->no_memory)
        return hl__leave(hl, hl__fail(hl->core.err, HL_ENOMEM, "%lld callers found no memory",
                                      (long long)tr->no_memory));
    hl__traffic_row(tr, -1, &out);
    hl__row_out(row, &out, sizeof(out));
    return hl__leave(hl, 0);
}

int hl_sim_run(hl_t *hl, hl_time to, hl_sim *row)
{
    hl__traffic *tr = NULL;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__simulated(hl)) == 0 && (r = hl__row_ok(hl, row, sizeof(*row))) == 0) {
        tr = hl__sim_of(hl)->traffic;
        if (!tr)
            r = hl__fail(hl->core.err, HL_ESTATE, "hl_sim_load() comes first");
        else if (to == 0)
            to = tr->end > hl->core.now ? tr->end : hl->core.now;
        else if (to < hl->core.now || to > HL__LAST_TIME)
            r = hl__fail(hl->core.err, HL_EINVAL, "time does not run back, and ends with the year 9999");
    }
    r = hl__leave(hl, r);
    return r < 0 ? r : hl__sim_run_to(hl, tr, to, row);
}
