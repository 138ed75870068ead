/* test_wait.c - how well an expected wait is foretold when the load swings or staff is short: against a moving average
 * of past waits (new = 3/4 old + 1/4 last), over all who waited, as waiting_time_scenarios.json has it: one who gave up
 * stays as a ghost till an agent would have been free for it, so that the wait it would have had is known.
 * HL_TEST_ROUNDS: simulated hours; 800 is the whole. */
#include "study.h"
#include "engine/engine.h"
#include "look.h"
#include <math.h>

#define SETTINGS "{\"hotline\":1,\"queues\":{\"q\":{\"wrapup_ms\":0,\"resume_ms\":0,\"patience_ms\":600000}}}"
enum { STANDS, GONE_AWAY };
typedef struct caller { hl_id id; hl_time queued; double foretold, average; int state; } caller; /* foretold < 0: not */
typedef struct watch {
    hl_t *hl;
    hl__acd_up before;
    hl_seq (*emit)(hl__core *core, const hl_event *ev);
    hl_id (*number)(hl__core *core, int kind);
    caller *line;                    /* in the order of coming; those before first are done */
    size_t first, n, room;
    hl_time warm;
    double average, last, waits, wait, ours, theirs, off; /* average: of those answered; -1: none yet */
} watch;

static void came(watch *w, hl_id contact)
{
    look c = look_at(w->hl->acd, contact);

    if (w->n == w->room)
        w->line = realloc(w->line, (w->room = w->room ? w->room * 2 : 65536) * sizeof(*w->line));
    assert_non_null(w->line);
    w->line[w->n++] = (caller){ contact, c.queued, c.predicted_ms < 0 ? -1 : c.predicted_ms * c.bias, w->average,
        STANDS };
}

static watch *watched;

static void taken(watch *w, caller *c)
{
    double ms = (double)(w->hl->core.now - c->queued) / HL__US, ours = c->foretold - ms, theirs = c->average - ms;

    w->last = ms;
    if (ms <= 0 || c->foretold < 0 || c->average < 0 || c->queued < w->warm)
        return;
    w->waits++;
    w->wait += ms;
    w->off += ours;
    w->ours += ours * ours;
    w->theirs += theirs * theirs;
}

/* An agent is free: those who gave up and stand before the first who still waits would have been taken now. */
static void ghosts_go(watch *w)
{
    for (; w->first < w->n && w->line[w->first].state != STANDS; w->first++)
        if (w->line[w->first].state == GONE_AWAY)
            taken(w, &w->line[w->first]);
}

static void connected(void *ctx, hl_id contact, hl_id agent, hl_id leg)
{
    watch *w = ctx;
    caller *c;

    ghosts_go(w);
    c = &w->line[w->first++];
    assert_int_equal(c->id, contact); /* in the order of coming */
    taken(w, c);
    w->average = w->average < 0 ? w->last : w->average * 3 / 4 + w->last / 4;
    w->before.connect(w->before.ctx, contact, agent, leg);
}

/* Those taken are no longer looked for: what has not been taken is gone. */
static void gone(watch *w, hl_id contact)
{
    for (size_t i = w->first; i < w->n && w->line[i].id <= contact; i++)
        if (w->line[i].id == contact)
            w->line[i].state = GONE_AWAY;
}

static void pass_made(void *ctx, const hl_offer *o) { (void)ctx; watched->before.offer_made(watched->before.ctx, o); }

static void pass_done(void *ctx, hl_id c, int how)
{
    gone(ctx, c);
    watched->before.contact_done(watched->before.ctx, c, how);
}

static void pass_agent(void *ctx, hl_id a, int state, int work, const char *why)
{
    if (state == HL_AGENT_AVAILABLE && work == HL_WORK_IDLE)
        ghosts_go(ctx);
    watched->before.agent_state(watched->before.ctx, a, state, work, why);
}

static hl_seq emitted(hl__core *core, const hl_event *ev)
{
    if (ev->type == HL_EV_CONTACT_QUEUED)
        came(watched, ev->contact);
    return watched->emit(core, ev);
}

/* While it runs, a simulation has an emit of its own: ours goes before that when somebody comes. */
static hl_id numbered(hl__core *core, int kind)
{
    if (core->emit != emitted) {
        watched->emit = core->emit;
        core->emit = emitted;
    }
    return watched->number(core, kind);
}

static void foretell(const char *id, const char *arrivals, const char *agents)
{
    const char *rounds = getenv("HL_TEST_ROUNDS");
    int hours = rounds ? (int)strtol(rounds, NULL, 10) : 400;
    hl_sim s = HL_SIM_INIT;
    char scenario[20000];
    watch w = { .hl = study_open(SETTINGS), .average = -1 };
    hl__acd_up up = { &w, pass_made, NULL, connected, NULL, pass_done, NULL, pass_agent };

    snprintf(scenario, sizeof(scenario), "{\"zone\":\"UTC\",\"days\":%d,\"arrivals\":[%s],\"service\":{\"q\":{"
                                         "\"law\":\"lognormal\","
             "\"mean_ms\":180000,\"cv\":1.3108}},\"patience\":{\"q\":{\"law\":\"exponential\",\"mean_ms\":"
             "600000}},\"agents\":"
             "[%s]}", hours / 24 + 1, arrivals, agents);
    study_load(w.hl, scenario);
    watched = &w;
    w.warm = hl_now(w.hl) + 8 * 3600 * (hl_time)HL__SECOND;
    w.before = hl__acd_listen(w.hl->acd, &up);
    w.number = w.hl->core.id;
    w.hl->core.id = numbered;
    assert_int_equal(hl_sim_run(w.hl, 0, &s), 0);
    (void)hl__acd_listen(w.hl->acd, &w.before);
    hl_close(w.hl);
    free(w.line);
    double ours = sqrt(w.ours / w.waits), theirs = sqrt(w.theirs / w.waits), bias = w.off / w.waits / 1000;
    print_message("%s: %.0f waits, mean %.1f s; error %.3f of it, moving average %.3f, ratio %.3f; bias %.2f "
                  "s\n", id, w.waits,
                  w.wait / w.waits / 1000, ours / (w.wait / w.waits), theirs / (w.wait / w.waits), ours / theirs, bias);
    hl_test_ok(ours <= 0.75 * theirs, "%s: %.3f of the moving average's error", id, ours / theirs);
    hl_test_ok(fabs(bias) <= 2, "%s: %.2f s off", id, bias);
}

static void a_daily_swing_is_foretold_better_than_by_a_moving_average(void **state)
{
    char arrivals[8000];
    size_t len = (size_t)snprintf(arrivals, sizeof(arrivals), "{\"queue\":\"q\",\"per_day\":24000,\"shape\":[");

    (void)state;
    for (int i = 0; i < 288; i++)
        len += (size_t)snprintf(arrivals + len, sizeof(arrivals) - len, "%s%.6f", i ? "," : "",
                                1 + 0.35 * sin(2 * 3.14159265358979 * (i + 0.5) * 300 / 28800));
    snprintf(arrivals + len, sizeof(arrivals) - len, "]}");
    foretell("S3", arrivals, "{\"count\":50,\"queues\":{\"q\":{}}}");
}

static void a_shortage_of_staff_is_foretold_better_than_by_a_moving_average(void **state)
{
    char agents[1000];
    size_t len = (size_t)snprintf(agents, sizeof(agents), "{\"count\":35,\"queues\":{\"q\":{}}},{\"count\":15,"
                                                          "\"queues\":{\"q\":{}},"
                                  "\"shifts\":[");

    (void)state;
    for (int h = 0; h < 24; h += 4)
        len += (size_t)snprintf(agents + len, sizeof(agents) - len, "%s{\"from\":\"%02d:00\",\"to\":\"%02d:"
                                                                    "00\"}", h ? "," : "",
                                h + 1, h + 4);
    snprintf(agents + len, sizeof(agents) - len, "]}");
    foretell("S4", "{\"queue\":\"q\",\"per_day\":22800}", agents);
}

int main(void)
{
    const struct CMUnitTest tests[] = { HL_TEST(a_daily_swing_is_foretold_better_than_by_a_moving_average),
        HL_TEST(a_shortage_of_staff_is_foretold_better_than_by_a_moving_average) };

    return HL_TEST_MAIN(tests);
}
