/* test_api.c - queues, agents, contacts and offers through the public header, by an application with its own media. */
#include "hl_test.h"
#include <hotline/acd.h>

#define DOC "{\"hotline\":1,\"queues\":{\"desk\":{\"title\":\"Service desk\",\"wrapup_ms\":5000," \
    "\"resume_ms\":0}},\"agents\":{\"ann\":{\"skills\":{\"zh\":4},\"queues\":{" \
    "\"desk\":{}}},\"bob\":{\"queues\":{\"desk\":{}}}}}"
#define START (1789952400 * (hl_time)HL__SECOND)

typedef struct desk { hl_t *hl; hl_id queue, ann, bob; } desk;

static void open_desk(desk *d)
{
    hl_options opt = HL_OPTIONS_INIT;

    opt.alloc = hl_test_alloc;
    opt.ctx = &hl_test_mem;
    assert_int_equal(hl_open_sim(&opt, START, &d->hl), 0);
    hl_test_ok(hl_load(d->hl, DOC, strlen(DOC)) == 3, "%s", hl_error(d->hl));
    assert_int_equal(hl_find(d->hl, HL_KIND_QUEUE, "desk", &d->queue), 0);
    assert_int_equal(hl_find(d->hl, HL_KIND_AGENT, "ann", &d->ann), 0);
    assert_int_equal(hl_find(d->hl, HL_KIND_AGENT, "bob", &d->bob), 0);
}

/* Words exist exactly when a call failed. */
static void gives(desk *d, int have, int want)
{
    hl_test_ok(have == want, "%d instead of %d: %s", have, want, hl_error(d->hl));
    assert_int_equal(hl_error(d->hl)[0] != 0, have < 0);
}

static hl_id add(desk *d, const char *need)
{
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id out = 0;

    in.queue = d->queue;
    in.need = need;
    in.number = "13900000001";
    in.data = "{\"plan\":\"gold\"}";
    gives(d, hl_contact_add(d->hl, &in, &out), 0);
    return out;
}

static void an_application_serves_a_contact_from_end_to_end(void **state)
{
    desk d;
    hl_offer o = HL_OFFER_INIT;
    hl_contact c = HL_CONTACT_INIT;
    hl_agent a = HL_AGENT_INIT;
    hl_queue q = HL_QUEUE_INIT;
    const char *why = NULL;

    (void)state;
    open_desk(&d);
    hl_id id = add(&d, NULL);
    gives(&d, hl_contact_get(d.hl, id, &c), 0);
    assert_int_equal(c.state, HL_CONTACT_WAITING);
    assert_string_equal(c.data, "{\"plan\":\"gold\"}");
    gives(&d, hl_agent_go(d.hl, d.ann, HL_AGENT_AVAILABLE, "early"), 0);
    gives(&d, hl_offer_next(d.hl, d.ann, &o), 1);
    assert_true(o.contact == id && o.agent == d.ann && o.queue == d.queue);
    gives(&d, hl_offer_next(d.hl, 0, &o), 0);
    gives(&d, hl_offer_accept(d.hl, o.id), 0);
    gives(&d, hl_offer_accept(d.hl, o.id), HL_ECONFLICT);
    gives(&d, hl_agent_get(d.hl, d.ann, &a), 0);
    assert_int_equal(a.work, HL_WORK_BUSY);
    assert_string_equal(a.reason, "early");
    assert_string_equal(a.name, "ann");
    gives(&d, hl_queue_next(d.hl, &q), 1);
    assert_string_equal(q.title, "Service desk");
    assert_int_equal(q.engaged, 1);
    gives(&d, hl_queue_next(d.hl, &q), 0);
    gives(&d, hl_explain(d.hl, id, 0, &why), 0);
    assert_non_null(strstr(why, "\"state\":\"engaged\""));
    gives(&d, hl_contact_end(d.hl, id, HL_OUTCOME_HANDLED), 0);
    gives(&d, hl_contact_get(d.hl, id, &c), HL_ENOENT);
    gives(&d, hl_agent_wrapup(d.hl, d.ann, id, 0), 0);
    a.id = 0;
    gives(&d, hl_agent_next(d.hl, d.queue, &a), 1);
    assert_int_equal(a.work, HL_WORK_IDLE);
    gives(&d, hl_agent_next(d.hl, d.queue, &a), 1);
    assert_true(a.id == d.bob);
    gives(&d, hl_agent_next(d.hl, d.queue, &a), 0);
    hl_close(d.hl);
}

static void events_tell_it_all_in_order(void **state)
{
    static const uint32_t want[] = { HL_EV_CONTACT_NEW, HL_EV_CONTACT_QUEUED, HL_EV_AGENT_STATE, HL_EV_OFFER_MADE,
        HL_EV_AGENT_STATE, HL_EV_OFFER_ENDED, HL_EV_AGENT_STATE, HL_EV_CONTACT_CONNECTED, HL_EV_AGENT_STATE,
        HL_EV_CONTACT_ENDED, HL_EV_AGENT_STATE };
    desk d;
    hl_event e = HL_EVENT_INIT;
    hl_offer o = HL_OFFER_INIT;
    size_t n = 0;

    (void)state;
    open_desk(&d);
    while (hl_next(d.hl, &e) == 1) {} /* READY, LOADED */
    hl_id id = add(&d, NULL);
    gives(&d, hl_agent_go(d.hl, d.ann, HL_AGENT_AVAILABLE, NULL), 0);
    gives(&d, hl_offer_next(d.hl, d.ann, &o), 1);
    gives(&d, hl_offer_accept(d.hl, o.id), 0);
    gives(&d, hl_contact_end(d.hl, id, HL_OUTCOME_HANDLED), 0);
    assert_true(hl_advance(d.hl, START + 6 * (hl_time)HL__SECOND) > 0);
    for (; hl_next(d.hl, &e) == 1; n++)
        hl_test_ok(n < HL__COUNT(want) && e.type == want[n], "event %zu is %u", n, e.type);
    assert_int_equal(n, HL__COUNT(want));
    hl_close(d.hl);
}

static void contacts_are_moved_credited_and_told_what_they_need(void **state)
{
    desk d;
    hl_contact c = HL_CONTACT_INIT;
    hl_estimate e = HL_ESTIMATE_INIT;

    (void)state;
    open_desk(&d);
    hl_id one = add(&d, NULL), two = add(&d, "skill.zh > 3");
    gives(&d, hl_contact_credit(d.hl, two, 5000), 0);
    gives(&d, hl_contact_get(d.hl, two, &c), 0);
    assert_int_equal(c.place, 1);
    gives(&d, hl_contact_move(d.hl, two, d.queue, 0), 0);
    gives(&d, hl_contact_get(d.hl, two, &c), 0);
    assert_int_equal(c.place, 2);
    gives(&d, hl_contact_need(d.hl, one, "skill.zh >"), HL_EPARSE);
    gives(&d, hl_contact_need(d.hl, one, "{\"zh\":9}"), 0);
    gives(&d, hl_agent_go(d.hl, d.ann, HL_AGENT_AVAILABLE, NULL), 0);
    gives(&d, hl_contact_get(d.hl, one, &c), 0);
    assert_int_equal(c.state, HL_CONTACT_WAITING); /* ann has 4 */
    gives(&d, hl_contact_get(d.hl, two, &c), 0);
    assert_int_equal(c.state, HL_CONTACT_OFFERED);
    c.id = 0;
    gives(&d, hl_contact_next(d.hl, d.queue, &c), 1);
    assert_true(c.id == one);
    gives(&d, hl_estimate_get(d.hl, d.queue, "skill.zh > 1", &e), 0);
    assert_int_equal(e.agents, 1);
    gives(&d, hl_estimate_get(d.hl, d.queue, "zh", &e), HL_EPARSE);
    hl_close(d.hl);
}

static void what_is_wrong_is_refused_and_leaves_all_as_it_was(void **state)
{
    desk d;
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_contact c = HL_CONTACT_INIT;
    hl_agent a = HL_AGENT_INIT;
    hl_id out = 77;
    const char *text = "kept";

    (void)state;
    open_desk(&d);
    gives(&d, hl_contact_add(d.hl, &in, &out), HL_EINVAL);
    in.queue = d.ann;
    gives(&d, hl_contact_add(d.hl, &in, &out), HL_EINVAL);
    in.queue = d.queue;
    gives(&d, hl_contact_add(d.hl, &in, NULL), HL_EINVAL);
    gives(&d, hl_contact_add(d.hl, NULL, &out), HL_EINVAL);
    in.size = 8;
    gives(&d, hl_contact_add(d.hl, &in, &out), HL_EINVAL);
    in.size = sizeof(in);
    in.leg = HL__ID(900, HL_KIND_LEG);
    gives(&d, hl_contact_add(d.hl, &in, &out), HL_ENOENT);
    in.leg = 0;
    in.need = "tab\t";
    gives(&d, hl_contact_add(d.hl, &in, &out), HL_EINVAL);
    assert_true(out == 77);
    gives(&d, hl_agent_go(d.hl, d.queue, HL_AGENT_AVAILABLE, NULL), HL_EINVAL);
    gives(&d, hl_agent_go(d.hl, d.ann, HL_AGENT_GONE, NULL), HL_EINVAL);
    gives(&d, hl_agent_wrapup(d.hl, d.ann, 0, 0), HL_ESTATE);
    gives(&d, hl_agent_get(d.hl, HL__ID(900, HL_KIND_AGENT), &a), HL_ENOENT);
    a.size = 4;
    gives(&d, hl_agent_get(d.hl, d.ann, &a), HL_EINVAL);
    gives(&d, hl_contact_get(d.hl, d.ann, &c), HL_EINVAL);
    gives(&d, hl_offer_accept(d.hl, d.ann), HL_EINVAL);
    gives(&d, hl_offer_accept(d.hl, HL__ID(900, HL_KIND_OFFER)), HL_ECONFLICT);
    gives(&d, hl_offer_reject(d.hl, HL__ID(900, HL_KIND_OFFER), HL_OFFER_ACCEPTED), HL_EINVAL);
    gives(&d, hl_contact_end(d.hl, HL__ID(900, HL_KIND_CONTACT), HL_OUTCOME_HANDLED), HL_ENOENT);
    gives(&d, hl_explain(d.hl, 0, 0, &text), HL_EINVAL);
    gives(&d, hl_explain(d.hl, HL__ID(900, HL_KIND_CONTACT), 0, &text), HL_ENOENT);
    assert_string_equal(text, "kept");
    assert_int_equal(hl_contact_end(NULL, 1, 1), HL_EINVAL);
    hl_close(d.hl);
}

static void a_row_that_is_larger_than_ours_ends_in_zeros(void **state)
{
    struct { hl_queue row; char more[24]; } q;
    desk d;

    (void)state;
    open_desk(&d);
    memset(&q, 0xA5, sizeof(q));
    q.row.size = sizeof(q);
    q.row.id = 0;
    gives(&d, hl_queue_next(d.hl, &q.row), 1);
    assert_int_equal(q.row.size, sizeof(q));
    for (size_t i = 0; i < sizeof(q.more); i++)
        assert_int_equal(q.more[i], 0);
    hl_close(d.hl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(an_application_serves_a_contact_from_end_to_end), HL_TEST(events_tell_it_all_in_order),
        HL_TEST(contacts_are_moved_credited_and_told_what_they_need),
        HL_TEST(what_is_wrong_is_refused_and_leaves_all_as_it_was),
        HL_TEST(a_row_that_is_larger_than_ours_ends_in_zeros),
    };

    return HL_TEST_MAIN(tests);
}
