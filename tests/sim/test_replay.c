/* test_replay.c - a day is simulated and stored; its callers come again to the same settings, and to others; laws that
    fit it are those it was made of. */
#include "study.h"
#include "base/batch.h"
#include "base/json.h"
#include "store/store.h"
#include <hotline/acd.h>
#include <math.h>

#define SETTINGS "{\"hotline\":1,\"queues\":{\"desk\":{\"resume_ms\":0,\"wrapup_ms\":5000}},\"agents\":{%s}}"
#define START (1789948800 * (hl_time)HL__SECOND)
enum { AGENTS = 8, MOST = 4000 };

typedef struct caller { hl_id id; hl_time queued, answered, ended; int wait_ms, outcome; hl_id agent; } caller;
typedef struct made {
    caller c[MOST];
    int n;
    hl__batch *batch;
    hl_seq seq;
    double wait_s;
    int64_t abandoned, ended;
} made;

static void settings(char *out, size_t room, int agents)
{
    char list[1200] = "";
    size_t len = 0;

    for (int a = 0; a < agents; a++)
        len += (size_t)snprintf(list + len, sizeof(list) - len, "%s\"a%d\":{\"queues\":{\"desk\":{"
                                                                "}}}", a ? "," : "", a);
    snprintf(out, room, SETTINGS, list);
}

static hl__value number(int64_t n) { return (hl__value){ HL__INT, 8, { .i = n } }; }
static hl__value text(const char *t) { return (hl__value){ HL__TEXT, (uint32_t)strlen(t), { .p = t } }; }

static caller *of(made *m, hl_id id)
{
    for (int i = m->n; i-- > 0;)
        if (m->c[i].id == id)
            return &m->c[i];
    assert_true(m->n < MOST);
    m->c[m->n] = (caller){ .id = id };
    return &m->c[m->n++];
}

static void keep(made *m, const hl_event *e)
{
    hl__value row[13] = { number(++m->seq), number(e->time), number(e->type), number(e->contact), number(e->leg),
        number(e->queue), number(e->agent), number(e->ticket), number(e->ref), number(e->code), number(e->detail),
        { 0 }, { 0 } };
    caller *c = e->contact && e->type <= HL_EV_CONTACT_ENDED ? of(m, e->contact) : NULL;

    if (c && e->type == HL_EV_CONTACT_QUEUED)
        c->queued = e->time;
    if (c && e->type == HL_EV_CONTACT_CONNECTED) {
        c->answered = e->time;
        c->wait_ms = e->code;
        c->agent = e->agent;
    }
    if (c && e->type == HL_EV_CONTACT_ENDED) {
        c->ended = e->time;
        c->outcome = e->code;
        c->wait_ms = c->answered ? c->wait_ms : e->detail;
    }
    if (e->type == HL_EV_AGENT_STATE || e->type == HL_EV_CONTACT_CONNECTED)
        assert_int_equal(hl__batch_row(m->batch, HL__OP_EVENT, HL__TABLE_EV, row, 13), 0);
}

static void store_calls(made *m, hl_t *hl)
{
    for (int i = 0; i < m->n; i++) {
        const caller *c = &m->c[i];
        char name[20] = "";
        if (c->agent) {
            hl_object o = HL_OBJECT_INIT;
            while (hl_object_next(hl, HL_KIND_AGENT, &o) == 1 && o.id != c->agent)
                continue;
            snprintf(name, sizeof(name), "%s", o.name);
        }
        hl__value row[18] = { number(c->id), text("desk"), text(name), text(""), text(""), number(c->queued),
            number(c->queued), number(c->answered), number(c->ended), number(c->wait_ms),
            number(c->answered ? (c->ended - c->answered) / 1000 : 0),
            text(c->outcome == HL_OUTCOME_HANDLED ? "handled" : "abandoned"), number(0), text(""), text(""), number(0),
            text(""), text("") };
        assert_int_equal(hl__batch_row(m->batch, HL__OP_ADD, HL__TABLE_CONTACT, row, 18), 0);
    }
}

/* A day with AGENTS agents, into a store. */
static void make_day(made *m, const char *path)
{
    hl__store_conf conf = { .mem = &hl_test_mem, .url = path, .ballast_mib = -1 };
    hl__logger log = { 0 };
    hl__store *s = NULL;
    hl__err err = { 0 };
    hl__mark mark;
    hl_event e = HL_EVENT_INIT;
    char doc[2000];
    hl_t *hl;

    conf.log = &log;
    settings(doc, sizeof(doc), AGENTS);
    hl = study_open(doc);
    study_load(hl, "{\"arrivals\":[{\"queue\":\"desk\",\"per_day\":3500}],\"service\":{\"desk\":{\"law\":"
                   "\"lognormal\",\"mu\":5,"
                   "\"sigma\":0.8}},\"patience\":{\"desk\":{\"law\":\"exponential\",\"mean_ms\":200000}},"
                   "\"agents\":[{\"names\":["
                   "\"a0\",\"a1\",\"a2\",\"a3\",\"a4\",\"a5\",\"a6\",\"a7\"],\"shifts\":[{\"from\":\"00:05\","
                   "\"to\":\"22:00\"}]}]}");
    assert_int_equal(hl__batch_new(&hl_test_mem, 0, &m->batch), 0);
    for (int k = 1; k <= 24 * 60; k++) {
        assert_true(hl_advance(hl, START + k * 60 * (hl_time)HL__SECOND) >= 0);
        while (hl_next(hl, &e) == 1)
            keep(m, &e);
    }
    store_calls(m, hl);
    hl_test_ok(hl__store_open(&conf, &err, &s) == 0, "%s", err.words);
    hl__store_mark(s, &mark);
    mark.number++;
    mark.seq = m->seq;
    hl__batch_seal(m->batch, &mark);
    assert_int_equal(hl__store_append(s, m->batch), 0);
    assert_int_equal(hl__store_wait(s, mark.number, 20000), 0);
    hl__store_close(s);
    for (int i = 0; i < m->n; i++) {
        if (m->c[i].ended == 0)
            continue; /* they talk past midnight */
        m->wait_s += m->c[i].wait_ms / 1000.0;
        m->abandoned += m->c[i].outcome == HL_OUTCOME_ABANDONED;
        m->ended++;
    }
    m->wait_s /= m->ended;
    hl_close(hl);
}

static hl_sim again(const char *path, int agents, const char *changes)
{
    hl_replay in = HL_REPLAY_INIT;
    hl_sim s = HL_SIM_INIT;
    char doc[2000];
    hl_t *hl;

    settings(doc, sizeof(doc), agents);
    hl = study_open(doc);
    in.mode = HL_REPLAY_WHAT_IF;
    in.journal = path;
    in.changes = changes;
    hl_test_ok(hl_sim_replay(hl, &in, &s) == 0, "%s", hl_error(hl));
    assert_int_equal(hl_sim_replay(hl, &in, &s), HL_ESTATE);
    hl_close(hl);
    return s;
}

static void a_recorded_day_comes_again(void **state)
{
    made *m = calloc(1, sizeof(*m));
    char path[300];

    (void)state;
    snprintf(path, sizeof(path), "%s/day.db", hl_test_temp());
    make_day(m, path);
    hl_sim same = again(path, AGENTS, NULL);
    print_message("recorded: %d calls, %lld gave up, wait %.2f s; again: %lld, %lld, %.2f s\n", (int)m->ended,
                  (long long)m->abandoned, m->wait_s, (long long)same.offered, (long long)same.abandoned, same.wait_s);
    assert_int_equal(same.offered, m->ended);
    hl_test_ok(llabs(same.abandoned - m->abandoned) <= 2, "%lld gave up, not %lld", (long long)same.abandoned,
               (long long)m->abandoned);
    hl_test_ok(fabs(same.wait_s / m->wait_s - 1) < 0.01, "wait %g, not %g", same.wait_s, m->wait_s);
    hl_sim more = again(path, AGENTS, "{\"agents\":[{\"count\":11,\"queues\":{\"desk\":{}}}]}");
    assert_int_equal(more.offered, m->ended);
    assert_true(more.wait_s < same.wait_s / 2 && more.abandoned < same.abandoned / 2);
    hl_sim quick = again(path, AGENTS, "{\"service\":{\"desk\":{\"law\":\"exponential\",\"mean_ms\":90000}}}");
    assert_true(quick.wait_s < same.wait_s / 2);
    free(m);
}

static void a_store_that_cannot_be_read_is_refused(void **state)
{
    hl_t *hl = study_open("{\"hotline\":1,\"queues\":{\"desk\":{}}}");
    hl_replay in = HL_REPLAY_INIT;
    hl_sim s = HL_SIM_INIT;

    (void)state;
    in.journal = "/nowhere/at/all.db";
    assert_int_equal(hl_sim_replay(hl, &in, &s), HL_ENOTSUP);
    in.mode = HL_REPLAY_WHAT_IF;
    assert_int_equal(hl_sim_replay(hl, &in, &s), HL_ESTORE);
    in.journal = NULL;
    assert_int_equal(hl_sim_replay(hl, &in, &s), HL_EINVAL);
    hl_close(hl);
}

static double member(const hl__json *j, const char *law, const char *name)
{
    return hl__json_real(hl__json_get(hl__json_get(hl__json_get(j, law), "desk"), name));
}

static void the_laws_that_fit_are_those_it_was_made_of(void **state)
{
    hl_event e = HL_EVENT_INIT;
    const char *out = NULL;
    char doc[2000];
    hl_t *hl;

    (void)state;
    settings(doc, sizeof(doc), 3);
    hl = study_open(doc);
    assert_int_equal(hl_sim_fit(hl, 0, 0, 0, &out), HL_ENOENT);
    study_load(hl, "{\"days\":3,\"arrivals\":[{\"queue\":\"desk\",\"per_day\":1500}],\"service\":{\"desk\":{"
                   "\"law\":\"lognormal\","
                   "\"mu\":5,\"sigma\":0.8}},\"patience\":{\"desk\":{\"law\":\"weibull\",\"mean_ms\":240000,"
                   "\"cv\":0.5}},"
                   "\"agents\":[{\"names\":[\"a0\",\"a1\",\"a2\"]}]}");
    for (int k = 1; k <= 3 * 24 * 6; k++) {
        assert_true(hl_advance(hl, START + k * 600 * (hl_time)HL__SECOND) >= 0);
        while (hl_next(hl, &e) == 1)
            continue;
    }
    hl_test_ok(hl_sim_fit(hl, 0, 0, 0, &out) == 0, "%s", hl_error(hl));
    hl__json *j = hl__json_read(out, strlen(out), NULL);
    assert_non_null(j);
    print_message("%.160s...\n", strstr(out, "\"service\""));
    hl_test_ok(fabs(member(j, "service", "mu") - 5) < 0.15, "mu %g", member(j, "service", "mu"));
    hl_test_ok(fabs(member(j, "service", "sigma") - 0.8) < 0.12, "sigma %g", member(j, "service", "sigma"));
    hl_test_ok(fabs(member(j, "patience", "mean_ms") / 240000 - 1) < 0.15, "patience %g", member(j, "patienc"
        "e", "mean_ms"));
    hl_test_ok(fabs(member(j, "patience", "cv") - 0.5) < 0.12, "patience %g", member(j, "patience", "cv"));
    char *copy = strdup(out);
    hl_close(hl);
    settings(doc, sizeof(doc), 3);
    hl = study_open(doc);
    study_load(hl, copy); /* it is a scenario */
    free(copy);
    hl__json_free(j);
    hl_close(hl);
}

int main(void)
{
    const struct CMUnitTest tests[] = { HL_TEST(a_recorded_day_comes_again),
        HL_TEST(a_store_that_cannot_be_read_is_refused), HL_TEST(the_laws_that_fit_are_those_it_was_made_of) };

    return HL_TEST_MAIN(tests);
}
