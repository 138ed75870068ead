/* test_figures.c - what a queue counts equals a recount of the events of a random run; spans, quantiles, alarms. */
#include "bed.h"
#include "base/json.h"
#include "calendar/calendar.h"
#include <math.h>

enum { QUEUES = 3, AGENTS = 8, LIVE = 4096 };
#define DOC "{\"queues\":{\"q0\":{\"wrapup_ms\":3000,\"resume_ms\":0,\"max_wait_ms\":60000},\"q1\":{\"goal\":{" \
    "\"level\":0.9,\"target_ms\":4000,\"short_ms\":2500,\"formula\":\"short_good\"},\"resume_ms\":9000}," \
    "\"q2\":{\"max_len\":4,\"wrapup_ms\":0}},\"agents\":{"
#define X(name) #name,
static const char *const names[] = { HL__FIGURES(X) };
#undef X

typedef struct tally { int64_t n[HL__N_END], max; uint32_t waits[HL__CELLS]; } tally;
typedef struct one { hl_id id, queue; hl_time queued, lost, up; bool is_open, is_promised; } one; /* by its events */
typedef struct talk { hl_id queue; hl_time over; } talk;
typedef struct world {
    bed b;
    hl__rand rand;
    hl_id queue[QUEUES], agent[AGENTS], failing;
    tally want[QUEUES][HL__SPANS];
    one live[LIVE];
    talk last[AGENTS];           /* the queue he wraps up for, and since when */
    int wraps[AGENTS];
    hl_time quarter, day;
} world;

static int at(const hl_id *list, int n, hl_id id)
{
    for (int i = 0; i < n; i++)
        if (list[i] == id)
            return i;
    return -1;
}

static one *of(world *w, hl_id id)
{
    one *o = &w->live[(uint64_t)(id >> 4) % LIVE];

    if (o->id != id)
        *o = (one){ .id = id };
    return o;
}

static void add(world *w, hl_id queue, int figure, int64_t n)
{
    w->want[at(w->queue, QUEUES, queue)][HL__SPAN_NOW].n[figure] += n;
}

static int64_t close_wait(world *w, one *o, hl_time until)
{
    tally *t = &w->want[at(w->queue, QUEUES, o->queue)][HL__SPAN_NOW];
    int64_t ms = ((o->lost ? o->lost : until) - o->queued) / HL__US;

    o->is_open = false;
    t->n[HL__N_wait_all_ms] += ms;
    t->waits[hl__cell_of(ms)]++;
    if (ms > t->max)
        t->max = ms;
    return ms;
}

static void talk_over(world *w, one *o, hl_time now)
{
    if (o->up)
        add(w, o->queue, HL__N_talk_ms, (now - o->up) / HL__US);
    o->up = 0;
}

static void connected(world *w, const hl_event *e)
{
    one *o = of(w, e->contact);
    int64_t ms;

    o->up = e->time;
    w->last[at(w->agent, AGENTS, e->agent)].queue = e->queue;
    if (!o->is_open)
        return;
    ms = close_wait(w, o, e->time);
    add(w, e->queue, HL__N_answered, 1);
    add(w, e->queue, HL__N_wait_answered_ms, ms);
    add(w, e->queue, HL__N_answered_in, ms <= (e->queue == w->queue[1] ? 4000 : 20000));
}

static void ended(world *w, const hl_event *e)
{
    one *o = of(w, e->contact);
    bool was_open = o->is_open;
    int64_t ms = was_open ? close_wait(w, o, e->time) : 0;

    talk_over(w, o, e->time);
    if (e->code == HL_OUTCOME_HANDLED)
        add(w, e->queue, HL__N_handled, 1);
    else if (was_open && e->code == HL_OUTCOME_TIMED_OUT)
        add(w, e->queue, HL__N_timed_out, 1);
    if (!was_open || e->code != HL_OUTCOME_ABANDONED)
        return;
    add(w, e->queue, HL__N_abandoned, 1);
    add(w, e->queue, HL__N_abandoned_in, ms <= (e->queue == w->queue[1] ? 4000 : 20000));
    add(w, e->queue, HL__N_abandoned_short, ms < (e->queue == w->queue[1] ? 2500 : 5000));
}

static void queued(world *w, const hl_event *e)
{
    one *o = of(w, e->contact);

    if (o->queue) { /* it was in a queue */
        talk_over(w, o, e->time);
        if (o->is_open)
            (void)close_wait(w, o, e->time);
        add(w, o->queue, HL__N_moved_out, 1);
        add(w, e->queue, HL__N_moved_in, 1);
    }
    *o = (one){ e->contact, e->queue, e->time, 0, 0, true, false };
    add(w, e->queue, HL__N_offered, 1);
}

/* The wait ends with the promise. */
static void called_back(world *w, const hl_event *e)
{
    one *o = of(w, e->contact);

    if (e->code == HL_CALLBACK_PROMISED && o->is_open)
        (void)close_wait(w, o, e->time);
    if (e->code == HL_CALLBACK_PROMISED && !o->is_promised) /* else the same with other terms */
        add(w, e->queue, HL__N_promised, 1);
    if (e->code == HL_CALLBACK_KEPT || e->code == HL_CALLBACK_BROKEN)
        add(w, e->queue, e->code == HL_CALLBACK_KEPT ? HL__N_kept : HL__N_broken, 1);
    if (e->code == HL_CALLBACK_PROMISED)
        o->is_promised = true;
    else if (e->code >= HL_CALLBACK_KEPT)
        o->is_promised = false;
}

static void agent_state(world *w, const hl_event *e)
{
    int a = at(w->agent, AGENTS, e->agent);
    talk *t = &w->last[a];

    if ((e->detail == HL_WORK_WRAPUP) == w->wraps[a])
        return;
    w->wraps[a] = e->detail == HL_WORK_WRAPUP;
    if (!w->wraps[a])
        add(w, t->queue, HL__N_wrapup_ms, (e->time - t->over) / HL__US);
    t->over = e->time;
}

/* As read from the journal, an event after the other. */
static hl_seq recount(hl__core *core, const hl_event *ev)
{
    world *w = core->engine;
    hl_event e = *ev;

    e.time = core->now;
    switch (e.type) {
    case HL_EV_CONTACT_QUEUED: queued(w, &e); break;
    case HL_EV_CONTACT_CONNECTED: connected(w, &e); break;
    case HL_EV_CONTACT_LOST: of(w, e.contact)->lost = e.time; break;
    case HL_EV_CONTACT_ENDED:
        if (e.contact == 0) /* refused: it never was in */
            add(w, e.queue, HL__N_refused, 1);
        else
            ended(w, &e);
        break;
    case HL_EV_CALLBACK: called_back(w, &e); break;
    case HL_EV_AGENT_STATE: agent_state(w, &e); break;
    default: break;
    }
    return ++w->b.seq;
}

static void merge(tally *to, const tally *from)
{
    for (int i = 0; i < HL__N_END; i++)
        to->n[i] += from->n[i];
    for (int i = 0; i < HL__CELLS; i++)
        to->waits[i] += from->waits[i];
    to->max = from->max > to->max ? from->max : to->max;
}

static void turn(world *w)
{
    hl_time now = w->b.core.now, quarter = now - now % (900 * (hl_time)HL__SECOND);
    hl_time day = now - now % (86400 * (hl_time)HL__SECOND);

    for (int q = 0; q < QUEUES && quarter != w->quarter; q++) {
        tally *t = w->want[q];
        merge(&t[HL__SPAN_ALL], &t[HL__SPAN_NOW]);
        merge(&t[HL__SPAN_DAY], &t[HL__SPAN_NOW]);
        t[HL__SPAN_LAST] = t[HL__SPAN_NOW];
        memset(&t[HL__SPAN_NOW], 0, sizeof(tally));
        if (quarter != w->quarter + 900 * (hl_time)HL__SECOND)
            memset(&t[HL__SPAN_LAST], 0, sizeof(tally));
        if (day != w->day)
            memset(&t[HL__SPAN_DAY], 0, sizeof(tally));
    }
    w->quarter = quarter;
    w->day = day;
}

static int64_t quantile(const tally *t, int percent)
{
    uint64_t all = 0, seen = 0;
    uint32_t cell = 0;

    for (int i = 0; i < HL__CELLS; i++)
        all += t->waits[i];
    while (all && cell < HL__CELLS && (seen += t->waits[cell]) * 100 < all * (uint64_t)percent)
        cell++;
    int64_t ms = all ? hl__cell_ms(cell) : 0;
    return ms < t->max ? ms : t->max;
}

static void same(const hl_queue_stat *s, const tally *t, int queue, int span)
{
    const int64_t *have = &s->offered; /* its members follow one another */

    for (int i = 0; i < HL__N_END; i++)
        hl_test_ok(have[i] == t->n[i], "queue %d, span %d, %s: %lld counted, %lld recounted", queue, span, names[i],
                   (long long)have[i], (long long)t->n[i]);
    assert_int_equal(s->wait_max_ms, t->max);
    assert_int_equal(s->wait_p50_ms, quantile(t, 50));
    assert_int_equal(s->wait_p90_ms, quantile(t, 90));
    assert_int_equal(s->wait_p99_ms, quantile(t, 99));
}

static void compare(world *w)
{
    tally *sum = calloc(HL__SPANS, sizeof(*sum));

    turn(w);
    for (int q = 0; q < QUEUES; q++)
        for (int span = 0; span < HL__SPANS; span++) {
            static const int source[] = { HL__SPAN_NOW, HL__SPAN_LAST, HL__SPAN_DAY, HL__SPAN_ALL };
            hl_queue_stat s = HL_QUEUE_STAT_INIT;
            tally *t = calloc(1, sizeof(*t));
            *t = w->want[q][source[span]];
            if (span >= HL_SPAN_DAY)
                merge(t, &w->want[q][HL__SPAN_NOW]);
            assert_int_equal(hl__acd_stat(w->b.acd, w->queue[q], span, &s), 0);
            same(&s, t, q, span);
            merge(&sum[span], t);
            free(t);
        }
    for (int span = 0; span < HL__SPANS; span++) {
        hl_queue_stat s = HL_QUEUE_STAT_INIT;
        assert_int_equal(hl__acd_stat(w->b.acd, 0, span, &s), 0);
        same(&s, &sum[span], -1, span);
    }
    free(sum);
}

static uint32_t below(world *w, uint32_t n)
{
    return hl__rand_below(&w->rand, n);
}

static hl_id any(world *w)
{
    uint32_t n = hl__tree_size(&w->b.acd->contacts_by_id), skip = n ? below(w, n) : 0;
    hl__node *node = w->b.acd->contacts_by_id.first;

    while (node && skip-- > 0)
        node = hl__tree_next(node);
    return node ? HL__OF(hl__contact, by_id, node)->id : HL__ID(1, HL_KIND_CONTACT);
}

/* What the journal holds besides events: the agent's line is gone. */
static void fail_line(world *w, hl_id id)
{
    const hl__contact *c = hl__contact_find(w->b.acd, id);

    if (c && c->state == HL_CONTACT_ENGAGED)
        talk_over(w, of(w, id), w->b.core.now);
    (void)hl__acd_agent_failed(w->b.acd, id);
}

static void come(world *w)
{
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id id;

    in.queue = w->queue[below(w, QUEUES)];
    in.leg = below(w, 3) ? HL__ID(5, HL_KIND_LEG) : 0;
    in.resume = below(w, 9) ? 0 : any(w);
    if (hl__acd_contacts(w->b.acd) < 30 && hl__acd_add(w->b.acd, 0, &in, NULL, NULL, &id) == 0 && in.resume)
        of(w, id)->lost = 0;
}

static void promise(world *w)
{
    hl_promise p = HL_PROMISE_INIT;

    p.mode = (int)below(w, 2);
    p.tries = 1 + (int)below(w, 2);
    p.gap_ms = 1 + (int)below(w, 9000);
    p.until = w->b.core.now + (1 + below(w, 600)) * (hl_time)HL__SECOND;
    p.number = "13900000001";
    (void)hl__acd_promise(w->b.acd, any(w), &p);
}

static void call_back(world *w)
{
    if (below(w, 3))
        (void)hl__acd_reached(w->b.acd, any(w), HL__ID(6, HL_KIND_LEG));
    else
        (void)hl__acd_missed(w->b.acd, any(w));
}

static void command(world *w)
{
    hl__acd *acd = w->b.acd;
    hl_id agent = w->agent[below(w, AGENTS)];
    hl_offer o = HL_OFFER_INIT;

    switch (below(w, 20)) {
    case 0: case 1: case 2: come(w); break;
    case 3: case 4: case 5:
        if (hl__acd_offer_next(acd, 0, &o) == 1)
            (void)hl__acd_accept(acd, o.id);
        break;
    case 6:
        if (hl__acd_offer_next(acd, 0, &o) == 1)
            (void)hl__acd_reject(acd, o.id, HL_OFFER_REJECTED);
        break;
    case 7: case 8: (void)hl__acd_connected(acd, any(w)); break;
    case 9: fail_line(w, any(w)); break;
    case 10: (void)hl__acd_talk_end(acd, any(w)); break;
    case 11: (void)hl__acd_hangup(acd, any(w)); break;
    case 12: (void)hl__acd_go(acd, agent, below(w, 5) ? HL_AGENT_AVAILABLE : (int)below(w, 3), NULL); break;
    case 13: (void)hl__acd_wrapup(acd, agent, 0, 0); break;
    case 14: (void)hl__acd_move(acd, any(w), w->queue[below(w, QUEUES)], (int)below(w, 2)); break;
    case 15: (void)hl__acd_end(acd, any(w), 1 + (int)below(w, 7)); break;
    case 16: promise(w); break;
    default: call_back(w); break;
    }
}

/* Time passes timer by timer, so that a quarter turns where the engine turns it. */
static void pass(world *w, int64_t ms)
{
    hl_time to = w->b.core.now + ms * HL__US, due;

    while ((due = hl__wheel_due(&w->b.core.wheel)) <= to) {
        hl__timer *t = hl__wheel_take(&w->b.core.wheel, due);
        w->b.core.now = due > w->b.core.now ? due : w->b.core.now;
        turn(w);
        t->fire(t->ctx, t);
    }
    w->b.core.now = to;
    turn(w);
}

static void furnish(world *w)
{
    hl__buf doc;

    bed_open(&w->b);
    hl__buf_init(&doc, &hl_test_mem);
    hl__buf_str(&doc, DOC);
    for (int a = 0; a < AGENTS; a++)
        hl__buf_fmt(&doc, "%s\"a%d\":{\"max_missed\":9,\"queues\":{\"q%d\":{},\"q%d\":{}}}", a ? "," : "", a,
                    a % QUEUES, (a + 1) % QUEUES);
    hl__buf_str(&doc, "}}");
    assert_int_equal(bed_apply(&w->b, doc.data), 0);
    hl__buf_free(&doc);
    bed_to(&w->b, 0);
    for (int i = 0; i < QUEUES; i++)
        w->queue[i] = bed_q(&w->b, (const char *const[]){ "q0", "q1", "q2" }[i]);
    for (int i = 0; i < AGENTS; i++) {
        char name[8];
        snprintf(name, sizeof(name), "a%d", i);
        w->agent[i] = bed_a(&w->b, name);
    }
}

static void counters_equal_a_recount_of_the_events(void **state)
{
    const char *rounds = getenv("HL_TEST_ROUNDS");
    int n = rounds ? (int)strtol(rounds, NULL, 10) : 40000;
    world *w = calloc(1, sizeof(*w));

    (void)state;
    furnish(w);
    w->b.is_quiet = true;
    w->b.acd->up = (hl__acd_up){ .ctx = w };
    w->b.core.engine = &w->b;
    hl__rand_init(&w->rand, (int64_t)hl_test_seed(), 9, 0);
    turn(w);
    w->b.core.emit = recount; /* the bed is the world's first member */
    for (int i = 0; i < n; i++) {
        command(w);
        pass(w, below(w, 900) ? below(w, 4000) : below(w, 90000000));
        if (i % 64 == 0)
            compare(w);
    }
    compare(w);
    assert_true(w->want[1][HL__SPAN_ALL].n[HL__N_abandoned] > n / 1000);
    assert_true(w->want[2][HL__SPAN_ALL].n[HL__N_refused] > 0);
    assert_true(w->want[0][HL__SPAN_ALL].n[HL__N_kept] > n / 4000);
    assert_true(w->want[0][HL__SPAN_ALL].n[HL__N_broken] > n / 4000);
    bed_close(&w->b);
    free(w);
}

static void each_wait_has_a_cell_within_a_thirtieth(void **state)
{
    uint32_t before = 0;

    (void)state;
    for (int64_t ms = 0; ms < INT32_MAX; ms += 1 + ms / 50) {
        uint32_t cell = hl__cell_of(ms);
        assert_true(cell >= before && cell < HL__CELLS);
        hl_test_ok(fabs((double)(hl__cell_ms(cell) - ms)) <= (double)ms / 30, "%lld ms: %lld", (long long)ms,
                   (long long)hl__cell_ms(cell));
        assert_int_equal(hl__cell_of(hl__cell_ms(cell)), cell);
        before = cell;
    }
    assert_int_equal(hl__cell_of(INT32_MAX), HL__CELLS - 1);
    assert_int_equal(hl__cell_of(-5), 0);
    assert_int_equal(hl__cell_of(INT64_MAX), HL__CELLS - 1);
}

static double fraction(const hl__json *pair)
{
    if (hl__json_type(pair) != HL__JLIST)
        return -1;
    return hl__json_real(hl__json_at(pair, 0)) / hl__json_real(hl__json_at(pair, 1));
}

static void the_five_service_levels_are_the_published_ones(void **state)
{
    size_t len;
    const char *text = hl_test_vector("service_level.json", &len);
    hl__json *doc = hl__json_read(text, len, NULL);
    const hl__json *counts = hl__json_get(doc, "counts");
    bed b;

    (void)state;
    bed_open(&b);
    assert_true(hl__json_size(counts) >= 4);
    assert_int_equal(bed_load(&b, "{\"queues\":{\"q\":{\"goal\":{\"formula\":\"early_good\"}}}}"), 0);
    hl__queue *q = hl__map_get(&b.acd->queues, bed_q(&b, "q"));
    for (size_t i = 0; i < hl__json_size(counts); i++) {
        const hl__json *c = hl__json_at(counts, i);
        static const int figure[] = { HL__N_answered, HL__N_answered_in, HL__N_abandoned, HL__N_abandoned_in,
            HL__N_abandoned_short };
        hl_queue_stat s = HL_QUEUE_STAT_INIT;
        assert_int_equal(hl__figures_room(b.acd, q), 0);
        memset(q->figures->span, 0, sizeof(q->figures->span));
        for (size_t k = 0; k < HL__COUNT(figure); k++)
            q->figures->span[HL__SPAN_NOW].n[figure[k]] = hl__json_int(hl__json_get(c, names[figure[k]]));
        hl__figures_quarter(q, &s);
        assert_true(s.sl1 == fraction(hl__json_get(c, "sl1")));
        assert_true(s.sl2 == fraction(hl__json_get(c, "sl2")));
        assert_true(s.sl3 == fraction(hl__json_get(c, "sl3")));
        assert_true(s.sl4 == fraction(hl__json_get(c, "sl4")));
        assert_true(s.sl5 == fraction(hl__json_get(c, "sl5")));
        assert_true(s.level == s.sl4);
    }
    hl__json_free(doc);
    bed_close(&b);
}

static void an_alarm_is_told_once_for_each_crossing(void **state)
{
    bed b;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, "{\"queues\":{\"q\":{\"alarm_wait_ms\":30000,\"alarm_len\":2,\"resume_ms\":0,"
                                  "\"offer_ms\":60000}},\"agents\":{\"ann\":{\"queues\":{\"q\":{}}}}}"), 0);
    bed_hush(&b);
    hl_id first = bed_add(&b, "q", NULL);
    bed_says(&b, "new 3 -\nqueued 3 q place 1\nalarm q nobody 1\n");
    bed_add(&b, "q", NULL);
    hl_id three = bed_add(&b, "q", NULL);
    bed_hush(&b);
    bed_to(&b, 29999);
    bed_says(&b, "");
    bed_to(&b, 30000);
    bed_says(&b, "alarm q wait 30000\n");
    hl_id four = bed_add(&b, "q", NULL);
    bed_hush(&b);
    assert_int_equal(hl__acd_hangup(b.acd, three), 0);
    assert_int_equal(hl__acd_hangup(b.acd, four), 0);
    bed_hush(&b);
    bed_add(&b, "q", NULL);
    assert_non_null(strstr(bed_said(&b), "alarm q length 3\n")); /* it was at 2 in between */
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_hush(&b);
    bed_go(&b, "ann", HL_AGENT_AUX);
    assert_non_null(strstr(bed_said(&b), "alarm q nobody 3\n"));
    assert_int_equal(hl__acd_hangup(b.acd, first), 0);
    bed_close(&b);
}

static void a_bad_quarter_is_told_once(void **state)
{
    bed b;
    int alarms = 0;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, "{\"queues\":{\"q\":{\"goal\":{\"level\":0.8},\"resume_ms\":0}}}"), 0);
    bed_to(&b, 100000); /* a quarter begins */
    for (int i = 0; i < 25; i++) {
        hl_id id = bed_add(&b, "q", NULL);
        bed_to(&b, (b.core.now - b.start) / HL__US + 21000);
        bed_hush(&b);
        assert_int_equal(hl__acd_hangup(b.acd, id), 0);
        alarms += strstr(bed_said(&b), "alarm q level 0\n") != NULL;
        hl_test_ok(alarms == (i >= 19), "%d alarms after %d callers", alarms, i + 1);
    }
    bed_close(&b);
}

static void spans_begin_where_the_zone_says(void **state)
{
    hl_options opt = HL_OPTIONS_INIT;
    hl_queue_stat s = HL_QUEUE_STAT_INIT;
    hl_id queue;
    hl_t *hl;

    (void)state;
    opt.alloc = hl_test_alloc;
    opt.ctx = &hl_test_mem;
    hl_time start = 1790000000 * (hl_time)HL__SECOND, quarter = 900 * (hl_time)HL__SECOND;
    assert_int_equal(hl_open_sim(&opt, start, &hl), 0); /* 2026-09-21 14:13:20 UTC, 19:58:20 in Kathmandu */
    assert_int_equal(hl_load(hl, "{\"hotline\":1,\"queues\":{\"q\":{\"zone\":\"Asia/Kathmandu\"}}}", 0), 1);
    assert_int_equal(hl_find(hl, HL_KIND_QUEUE, "q", &queue), 0);
    assert_int_equal(hl_queue_stat_get(hl, queue, HL_SPAN_INTERVAL, &s), 0);
    assert_int_equal(s.from, start - 800 * (hl_time)HL__SECOND);
    assert_int_equal(s.to, start);
    assert_true(s.level == -1);
    assert_int_equal(hl_queue_stat_get(hl, queue, HL_SPAN_LAST, &s), 0);
    assert_int_equal(s.to - s.from, quarter);
    assert_int_equal(hl_queue_stat_get(hl, queue, HL_SPAN_DAY, &s), 0);
    assert_int_equal(s.from, start - (19 * 3600 + 58 * 60 + 20) * (hl_time)HL__SECOND);
    assert_int_equal(hl_queue_stat_get(hl, queue, 4, &s), HL_EINVAL);
    assert_int_equal(hl_queue_stat_get(hl, HL__ID(77, HL_KIND_QUEUE), 0, &s), HL_ENOENT);
    assert_int_equal(hl_queue_stat_get(hl, 0, HL_SPAN_ALL, &s), 0);
    assert_int_equal(hl_load(hl, "{\"hotline\":1,\"queues\":{\"q\":{\"goal\":{\"level\":1.2}}}}", 0), HL_EPARSE);
    hl_finding f = HL_FINDING_INIT;
    assert_int_equal(hl_finding_next(hl, &f), 1);
    assert_string_equal(f.pointer, "/queues/q/goal/level");
    hl_close(hl);
}

int main(void)
{
    const struct CMUnitTest tests[] = { HL_TEST(counters_equal_a_recount_of_the_events),
        HL_TEST(each_wait_has_a_cell_within_a_thirtieth), HL_TEST(the_five_service_levels_are_the_published_ones),
        HL_TEST(an_alarm_is_told_once_for_each_crossing), HL_TEST(a_bad_quarter_is_told_once),
        HL_TEST(spans_begin_where_the_zone_says) };

    return HL_TEST_MAIN(tests);
}
