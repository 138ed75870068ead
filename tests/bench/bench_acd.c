/* bench_acd.c - matching: engine events a second in a full house, memory of who waits and who is idle. */
#include "acd/bed.h"
#include <time.h>

typedef struct house { bed b; hl_id *talks, desk; uint32_t n; char (*need)[24]; } house;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* others may run beside it */
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void made(void *ctx, const hl_offer *o)
{
    house *h = ctx;

    (void)hl__acd_accept(h->b.acd, o->id);
}

static void connected(void *ctx, hl_id contact, hl_id agent, hl_id leg)
{
    house *h = ctx;

    (void)agent, (void)leg;
    (void)hl__acd_connected(h->b.acd, contact);
    h->talks[h->n++] = contact;
}

/* Agents of `kinds` skill profiles; requirement k is met by profiles k, k + 1, k + 2 and 2 k. */
static void furnish(house *h, int agents, int kinds)
{
    hl__buf doc;

    hl__buf_init(&doc, &hl_test_mem);
    hl__buf_str(&doc, "{\"queues\":{\"desk\":{\"wrapup_ms\":0,\"resume_ms\":0}},\"agents\":{");
    for (int a = 0; a < agents; a++) {
        int k = a % kinds, s[4] = { k, (k + kinds - 1) % kinds, (k + kinds - 2) % kinds, (k * 2) % kinds };
        hl__buf_fmt(&doc, "%s\"a%d\":{\"queues\":{\"desk\":{}},\"skills\":{", a ? "," : "", a);
        for (int i = 0; i < 4; i++) {
            int twice = 0;
            for (int j = 0; j < i; j++)
                twice |= s[j] == s[i];
            if (!twice)
                hl__buf_fmt(&doc, "%s\"s%d\":%d", i ? "," : "", s[i], 10 + i);
        }
        hl__buf_str(&doc, "}}");
    }
    hl__buf_str(&doc, "}}");
    assert_false(doc.failed);
    assert_int_equal(bed_apply(&h->b, doc.data), 0);
    hl__buf_free(&doc);
    assert_int_equal(hl__acd_ready(h->b.acd), 0);
}

static void add(house *h, uint32_t i, int kinds)
{
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id out;

    in.queue = h->desk;
    in.leg = HL__ID(1, HL_KIND_LEG);
    in.need = h->need[(i * 7) % (uint32_t)kinds];
    assert_int_equal(hl__acd_add(h->b.acd, 0, &in, NULL, NULL, &out), 0);
}

static void house_of(int agents, int kinds, int waiting, int rounds)
{
    static house h;
    hl_agent row = HL_AGENT_INIT;
    int64_t bytes;
    double began;
    uint32_t i = 0;

    bed_open(&h.b);
    h.b.is_quiet = true;
    h.b.acd->up = (hl__acd_up){ .ctx = &h, .offer_made = made, .connect = connected };
    h.talks = malloc(((size_t)agents + 1) * sizeof(*h.talks));
    h.n = 0;
    bytes = hl_test_mem.used;
    furnish(&h, agents, kinds);
    h.desk = bed_q(&h.b, "desk");
    h.need = calloc((size_t)kinds, sizeof(*h.need));
    for (int k = 0; k < kinds; k++)
        snprintf(h.need[k], sizeof(h.need[k]), "skill.s%d >= 5", k);
    printf("acd: %d agents, %d profiles and classes: %lld bytes an idle agent\n", agents, kinds,
           (long long)(hl_test_mem.used - bytes) / agents);
    while (hl__acd_agent_next(h.b.acd, 0, &row) == 1)
        assert_int_equal(hl__acd_go(h.b.acd, row.id, HL_AGENT_AVAILABLE, NULL), 0);
    while (h.n < (uint32_t)agents) {
        h.b.core.now += 1000;
        add(&h, i++, kinds);
    }
    bytes = hl_test_mem.used;
    began = now();
    for (int w = 0; w < waiting; w++) {
        h.b.core.now += 1000;
        add(&h, i++, kinds);
    }
    printf("acd: %lld bytes a waiting contact, %lld MiB of all that wait, came in at %.2f us each\n",
           (long long)(hl_test_mem.used - bytes) / waiting, (long long)(hl_test_mem.used - bytes) >> 20,
           (now() - began) / waiting * 1e6);
    h.b.events = 0;
    began = now();
    for (int r = 0; r < rounds; r++) {
        uint32_t at = (uint32_t)((uint64_t)r * 2654435761u % h.n);
        hl_id ends = h.talks[at];
        h.talks[at] = h.talks[--h.n];
        h.b.core.now += 1000;
        assert_int_equal(hl__acd_talk_end(h.b.acd, ends), 0);
        add(&h, i++, kinds);
    }
    began = now() - began;
    printf("acd: %d waiting, %d busy agents: %.2f million engine events/s, %.3f us an event, %.2f us a call from end "
           "to end\n", waiting, agents, (double)h.b.events / began / 1e6, began / (double)h.b.events * 1e6,
           began / rounds * 1e6);
    bed_close(&h.b);
    free(h.talks);
    free(h.need);
}

/* Live figures of as many queues as a large tenant has, after some waits in each. */
static void figures_of(int queues, int waits)
{
    static bed b;
    hl_queue_stat s = HL_QUEUE_STAT_INIT;
    hl__rand r;
    int64_t bytes;
    double began;

    bed_open(&b);
    b.is_quiet = true;
    b.acd->up = (hl__acd_up){ .ctx = &b };
    hl__buf doc;
    hl__buf_init(&doc, &hl_test_mem);
    hl__buf_str(&doc, "{\"queues\":{");
    for (int q = 0; q < queues; q++)
        hl__buf_fmt(&doc, "%s\"q%d\":{\"resume_ms\":0}", q ? "," : "", q);
    hl__buf_str(&doc, "}}");
    assert_int_equal(bed_apply(&b, doc.data), 0);
    hl__buf_free(&doc);
    assert_int_equal(hl__acd_ready(b.acd), 0);
    hl__rand_init(&r, 1, 2, 3);
    bytes = hl_test_mem.used;
    for (int w = 0; w < waits; w++)
        for (uint32_t q = 0; q < b.acd->queue_n; q++) {
            hl_contact_new in = HL_CONTACT_NEW_INIT;
            hl_id id;
            in.queue = b.acd->queue[q]->id;
            in.since = b.core.now - (int64_t)hl__rand_below(&r, 600000) * HL__US;
            assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &id), 0);
            hl__contact_find(b.acd, id)->queued = in.since;
            assert_int_equal(hl__acd_hangup(b.acd, id), 0);
        }
    printf("acd: %d queues with %d waits each: %lld bytes a queue for its figures and class\n", queues, waits,
           (long long)(hl_test_mem.used - bytes) / queues);
    began = now();
    for (int q = 0; q < queues; q++)
        assert_int_equal(hl__acd_stat(b.acd, b.acd->queue[q]->id, HL_SPAN_DAY, &s), 0);
    printf("acd: figures of %d queues read in %.1f ms", queues, (now() - began) * 1e3);
    began = now();
    assert_int_equal(hl__acd_stat(b.acd, 0, HL_SPAN_DAY, &s), 0);
    printf(", of all together in %.1f us\n", (now() - began) * 1e6);
    bed_close(&b);
}

int main(void)
{
    figures_of(40000, 50);
    house_of(1000, 50, 1000, getenv("R") ? atoi(getenv("R")) : 200000);
    house_of(10000, 1000, 10000, getenv("R") ? atoi(getenv("R")) : 50000);
    house_of(100000, 1000, 1000000, getenv("R") ? atoi(getenv("R")) : 50000);
    return 0;
}
