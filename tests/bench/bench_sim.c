/* bench_sim.c - simulated calls a second through the engine that routes real ones. */
#include "hl_test.h"
#include <hotline/sim.h>
#include <time.h>

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void calls_of(int agents, double load, int days)
{
    hl_options opt = HL_OPTIONS_INIT;
    hl_sim s = HL_SIM_INIT;
    char scenario[600];
    double began;
    hl_t *hl;

    opt.alloc = hl_test_alloc;
    opt.ctx = &hl_test_mem;
    assert_int_equal(hl_open_sim(&opt, 1789948800 * (hl_time)HL__SECOND, &hl), 0);
    assert_int_equal(hl_load(hl, "{\"hotline\":1,\"queues\":{\"q\":{\"wrapup_ms\":0,\"resume_ms\":0}}}", 0), 1);
    snprintf(scenario, sizeof(scenario), "{\"days\":%d,\"arrivals\":[{\"queue\":\"q\",\"per_day\":%.3f}],"
                                         "\"service\":{\"q\":"
             "{\"law\":\"exponential\",\"mean_ms\":180000}},\"patience\":{\"q\":{\"law\":\"exponential\","
             "\"mean_ms\":300000}}"
             ",\"agents\":[{\"count\":%d,\"queues\":{\"q\":{}}}]}", days, load * agents * 480, agents);
    assert_int_equal(hl_sim_load(hl, scenario, 0), 0);
    began = now();
    assert_int_equal(hl_sim_run(hl, 0, &s), 0);
    began = now() - began;
    printf("sim: %d agents, load %.2f: %lld calls in %.2f s, %.0f calls/s, %.1f events a call; %lld bytes at the end\n",
           agents, load, (long long)s.offered, began, (double)s.offered / began, (double)s.events / (double)s.offered,
           (long long)hl_test_mem.used);
    hl_close(hl);
}

int main(void)
{
    calls_of(50, 0.97, 40);
    calls_of(50, 1.10, 40);
    calls_of(1000, 0.98, 2);
    return 0;
}
