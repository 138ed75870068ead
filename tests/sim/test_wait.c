/* test_wait.c - how well an expected wait is foretold when the load swings or staff is short: against a moving average
 * of past waits (new = 3/4 old + 1/4 last), over all who waited and were answered.
 *
 * Those who gave up never learn how long it would have been, so the figures are not those of the vector, which has
 * observed them on: 0.65 and 0.69 of the moving average's error there, 0.77 and 0.78 here.
 * HL_TEST_ROUNDS: simulated hours; 800 is the whole. */
#include "study.h"
#include "engine/engine.h"
#include "look.h"
#include <math.h>

#define SETTINGS "{\"hotline\":1,\"queues\":{\"q\":{\"wrapup_ms\":0,\"resume_ms\":0,\"patience_ms\":600000}}}"
typedef struct known { hl_time at; double average, bias; } known; /* from then on */
typedef struct watch {
    hl_t *hl;
    hl__acd_up before;
    known *log;
    uint32_t logged, room, at;
    hl_time warm;
    double n, wait, ours, theirs, off;
} watch;

/* What was known when it came: callers are answered in the order of coming. */
static void connected(void *ctx, hl_id contact, hl_id agent, hl_id leg)
{
    watch *w = ctx;
    look c = look_at(w->hl->acd, contact);
    double ms = (double)(w->hl->core.now - c.queued) / HL__US, last;

    while (w->at + 1 < w->logged && w->log[w->at + 1].at <= c.queued)
        w->at++;
    if (ms > 0 && w->logged && c.predicted_ms >= 0 && c.queued >= w->warm) {
        double ours = c.predicted_ms * w->log[w->at].bias - ms, theirs = w->log[w->at].average - ms;
        w->n++;
        w->wait += ms;
        w->off += ours;
        w->ours += ours * ours;
        w->theirs += theirs * theirs;
    }
    last = w->logged ? w->log[w->logged - 1].average : ms;
    if (w->logged == w->room)
        w->log = realloc(w->log, (w->room = w->room ? w->room * 2 : 65536) * sizeof(*w->log));
    assert_non_null(w->log);
    w->log[w->logged++] = (known){ w->hl->core.now, last * 3 / 4 + ms / 4, c.bias };
    w->before.connect(w->before.ctx, contact, agent, leg);
}

static watch *watched;
static void pass_made(void *ctx, const hl_offer *o) { (void)ctx; watched->before.offer_made(watched->before.ctx, o); }

static void pass_done(void *ctx, hl_id c, int how)
{
    (void)ctx;
    watched->before.contact_done(watched->before.ctx, c, how);
}

static void pass_agent(void *ctx, hl_id a, int state, int work, const char *why)
{
    (void)ctx;
    watched->before.agent_state(watched->before.ctx, a, state, work, why);
}

static void foretell(const char *id, const char *arrivals, const char *agents)
{
    const char *rounds = getenv("HL_TEST_ROUNDS");
    int hours = rounds ? (int)strtol(rounds, NULL, 10) : 120;
    hl_sim s = HL_SIM_INIT;
    char scenario[20000];
    watch w = { .hl = study_open(SETTINGS) };
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
    assert_int_equal(hl_sim_run(w.hl, 0, &s), 0);
    (void)hl__acd_listen(w.hl->acd, &w.before);
    hl_close(w.hl);
    free(w.log);
    double ours = sqrt(w.ours / w.n), theirs = sqrt(w.theirs / w.n), bias = w.off / w.n / 1000;
    print_message("%s: %.0f waits, mean %.1f s; error %.3f of it, moving average %.3f, ratio %.3f; bias %.2f "
                  "s\n", id, w.n,
                  w.wait / w.n / 1000, ours / (w.wait / w.n), theirs / (w.wait / w.n), ours / theirs, bias);
    hl_test_ok(ours <= 0.80 * theirs, "%s: %.3f of the moving average's error", id, ours / theirs);
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
