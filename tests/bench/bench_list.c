/* bench_list.c - how long an agent who is free waits for his call while a large house is listed without a pause. */
#include "hl_test.h"
#include "base/base.h"
#include <hotline/acd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { QUEUES = 40000, AGENTS = 5000, EACH = 15, CALLS = 4000 };
static hl_t *hl;
static atomic_bool over;
static atomic_long rows, rounds;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *list(void *unused)
{
    while (!over) {
        hl_queue q = HL_QUEUE_INIT;
        hl_agent a = HL_AGENT_INIT;
        while (!over && hl_queue_next(hl, &q) == 1) rows++;
        while (!over && hl_agent_next(hl, 0, &a) == 1) rows++;
        rounds++;
    }
    return unused;
}

static void furnish(void)
{
    hl__buf doc;
    hl__buf_init(&doc, &hl_test_mem);
    hl__buf_str(&doc, "{\"hotline\":1,\"queues\":{");
    for (int q = 0; q < QUEUES; q++) hl__buf_fmt(&doc, "%s\"q%d\":{\"wrapup_ms\":0,\"resume_ms\":0}", q ? "," : "", q);
    hl__buf_str(&doc, "},\"agents\":{");
    for (int a = 0; a < AGENTS; a++) {
        hl__buf_fmt(&doc, "%s\"a%d\":{\"queues\":{", a ? "," : "", a);
        for (int i = 0; i < EACH; i++) hl__buf_fmt(&doc, "%s\"q%d\":{}", i ? "," : "", (a * EACH + i) % QUEUES);
        hl__buf_str(&doc, "}}");
    }
    hl__buf_str(&doc, "}}");
    double began = now();
    int r = hl_load(hl, doc.data, doc.len);
    hl_test_ok(r > 0, "%s", hl_error(hl));
    printf("list: %d queues, %d memberships loaded in %.1f s\n", QUEUES, AGENTS * EACH, now() - began);
    hl__buf_free(&doc);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A caller waits; the one agent he may have gets ready: so long till the offer is told. */
static void measure(const char *what)
{
    static double took[CALLS];
    long had = rows;
    double began = now();
    for (int n = 0; n < CALLS; n++) {
        char name[16];
        hl_id queue, agent, contact;
        hl_contact_new in = HL_CONTACT_NEW_INIT;
        hl_event ev = HL_EVENT_INIT;
        int a = n % (QUEUES / EACH); /* up to there each agent has queues of his own; a few are shared */
        snprintf(name, sizeof(name), "a%d", a);
        hl_test_ok(hl_find(hl, HL_KIND_AGENT, name, &agent) == 0, "%s", hl_error(hl));
        snprintf(name, sizeof(name), "q%d", a * EACH + 7);
        hl_test_ok(hl_find(hl, HL_KIND_QUEUE, name, &queue) == 0, "%s", hl_error(hl));
        in.queue = queue;
        hl_test_ok(hl_contact_add(hl, &in, &contact) == 0, "%s", hl_error(hl));
        double at = now();
        (void)hl_agent_go(hl, agent, HL_AGENT_AVAILABLE, NULL);
        for (bool made = false; !made;)
            while (!made && hl_next(hl, &ev) == 1) made = ev.type == HL_EV_OFFER_MADE && ev.contact == contact;
        took[n] = (now() - at) * 1e6;
        (void)hl_offer_accept(hl, ev.ref);
        (void)hl_contact_end(hl, contact, HL_OUTCOME_HANDLED);
        (void)hl_agent_go(hl, agent, HL_AGENT_OFFLINE, NULL);
    }
    double whole = now() - began;
    qsort(took, CALLS, sizeof(*took), by_value);
    printf("list: free agent to offer, %s: p50 %.0f us, p99 %.0f us, most %.1f ms (bars 1 ms and 10 ms); %ld rows/s "
           "read\n", what, took[CALLS / 2], took[CALLS * 99 / 100], took[CALLS - 1] / 1e3,
           (long)((double)(rows - had) / whole));
}

int main(void)
{
    hl_options opt = HL_OPTIONS_INIT;
    pthread_t thread;
    if (hl_open(&opt, &hl) < 0) return fprintf(stderr, "%s\n", hl_error(NULL)), 1;
    furnish();
    measure("nobody lists");
    pthread_create(&thread, NULL, list, NULL);
    measure("queues and agents are listed all the time");
    over = true;
    pthread_join(thread, NULL);
    hl_close(hl);
    return 0;
}
