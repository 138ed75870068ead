/* test_call.c - calls as an application makes and changes them: dialled, held, played to, moved; who is told what. */
#include "house.h"
#include "sim/party.h"

static hl_t *hl;
static hl__sim *sim;

static void begin(void)
{
    hl = house_sim();
    sim = hl__sim_of(hl);
}

static int state_of(hl_id contact)
{
    hl_call row = HL_CALL_INIT;
    int r = hl_call_get(hl, contact, &row);
    return r < 0 ? r : row.state;
}

static hl_id dial(const char *to, hl_id contact, uint32_t role)
{
    hl_dial d = HL_DIAL_INIT;
    hl_id leg = 0;
    d.to = to;
    d.from = "96332";
    d.contact = contact;
    d.role = role;
    d.timeout_ms = 10000;
    GIVES(hl, hl_leg_dial(hl, &d, &leg), 0);
    return leg;
}

static hl_leg leg_row(hl_id leg)
{
    hl_leg row = HL_LEG_INIT;
    row.id = 0;
    while (hl_leg_next(hl, 0, &row) == 1)
        if (row.id == leg) return row;
    memset(&row, 0, sizeof row);
    return row;
}

static void a_dialled_party_is_a_contact_of_its_own(void **state)
{
    hl_event ev = HL_EVENT_INIT;
    (void)state;
    begin();
    hl_dial d = HL_DIAL_INIT;
    hl_id leg = 0, contact = 0;
    uint32_t want[] = { HL_EV_CONTACT_NEW, HL_EV_LEG_NEW, HL_EV_LEG_STATE, HL_EV_LEG_STATE };
    d.to = "13900000001";
    d.from = "96332";
    d.data = "{\"order\":7}";
    GIVES(hl, hl_leg_dial(hl, &d, &leg), 0);
    house_pass(hl, 5000);
    for (size_t i = 0; i < HL__COUNT(want); i++) {
        do assert_int_equal(hl_next(hl, &ev), 1); while (ev.type == HL_EV_CALL_STATE);
        assert_int_equal(ev.type, want[i]);
        if (i == 0) {
            assert_string_equal(ev.text, "13900000001");
            assert_string_equal(ev.data, "{\"dialled\":\"96332\",\"data\":{\"order\":7}}");
            contact = ev.contact;
        }
        assert_int_equal(ev.contact, contact);
        assert_int_equal(ev.leg, leg);
    }
    assert_int_equal(leg_row(leg).state, HL_LEG_ANSWERED);
    assert_int_equal(state_of(contact), HL_CALL_ALONE);
    GIVES(hl, hl_call_end(hl, contact, HL_CAUSE_NORMAL), 0);
    house_pass(hl, 1000);
    assert_int_equal(house_read(hl, HL_EV_CONTACT_ENDED, NULL), 1);
    assert_int_equal(hl->talks.live, 0);
    assert_int_equal(state_of(contact), HL_ENOENT);
    hl_close(hl);
}

static void who_does_not_answer_is_told_as_such(void **state)
{
    const hl__sim_manner busy = { .how = HL__SIM_BUSY }, away = { .how = HL__SIM_IGNORE },
        no = { .how = HL__SIM_REJECT };
    static const struct { const char *number; int cause; } rows[] = { { "1001", HL_CAUSE_BUSY },
        { "1002", HL_CAUSE_NO_ANSWER },
        { "1003", HL_CAUSE_REJECTED } };
    hl_event ev = HL_EVENT_INIT;
    (void)state;
    begin();
    assert_int_equal(hl__sim_phone(sim, "1001", &busy), 0);
    assert_int_equal(hl__sim_phone(sim, "1002", &away), 0);
    assert_int_equal(hl__sim_phone(sim, "1003", &no), 0);
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        (void)dial(rows[i].number, 0, 0);
        house_pass(hl, 60000);
        assert_int_equal(house_read(hl, HL_EV_LEG_ENDED, &ev), 1);
        assert_int_equal(ev.code, rows[i].cause);
    }
    assert_int_equal(hl->talks.live, 0);
    hl_close(hl);
}

static void an_expert_joins_the_call_and_all_hear_each_other(void **state)
{
    hl_id customer;
    (void)state;
    begin();
    hl_id contact = house_talk(hl, &customer), expert = dial("13900000002", contact, HL_ROLE_EXPERT);
    house_pass(hl, 5000);
    assert_int_equal(state_of(contact), HL_CALL_CONFERENCE);
    assert_true(hl__sim_talks(sim, expert));
    GIVES(hl, hl_leg_hangup(hl, expert, 0), 0);
    house_pass(hl, 1000);
    assert_int_equal(state_of(contact), HL_CALL_TALK); /* the others talk on */
    assert_true(hl__sim_talks(sim, customer));
    hl_close(hl);
}

static void music_by_name_plays_to_who_is_held(void **state)
{
    hl_id customer;
    (void)state;
    begin();
    hl_id contact = house_talk(hl, &customer);
    GIVES(hl, hl_call_hold(hl, contact, 0, "bells"), 0);
    house_pass(hl, 100);
    assert_int_equal(state_of(contact), HL_CALL_HOLD);
    assert_non_null(hl__sim_hears(sim, customer));
    assert_string_equal(hl__sim_hears(sim, customer), "\tmusic:bells\t\n");
    house_pass(hl, 600000); /* it does not end by itself */
    assert_non_null(hl__sim_hears(sim, customer));
    GIVES(hl, hl_call_resume(hl, contact, 0), 0);
    house_pass(hl, 100);
    assert_null(hl__sim_hears(sim, customer));
    assert_true(hl__sim_talks(sim, customer));
    GIVES(hl, hl_call_hold(hl, contact, customer, NULL), 0); /* the setting's music is the matrix' business */
    house_pass(hl, 100);
    assert_null(hl__sim_hears(sim, customer));
    assert_int_equal(house_read(hl, HL_EV_PLAY_ENDED, NULL), 0); /* nobody played anything he would ask after */
    hl_close(hl);
}

static hl_id play(hl_id target, const char *prompt)
{
    hl_play p = HL_PLAY_INIT;
    hl_id id = 0;
    p.target = target;
    p.prompt = prompt;
    p.lang = "en";
    GIVES(hl, hl_media_play(hl, &p, &id), 0);
    return id;
}

static void each_play_has_one_end_for_each_who_hears_it(void **state)
{
    hl_event ev = HL_EVENT_INIT;
    hl_id customer;
    (void)state;
    begin();
    hl_id contact = house_talk(hl, &customer), id = play(customer, "hello");
    house_pass(hl, 60000);
    assert_int_equal(house_read(hl, HL_EV_PLAY_ENDED, &ev), 1);
    assert_int_equal(ev.code, HL_PLAY_DONE);
    assert_int_equal(ev.ref, id);
    GIVES(hl, hl_media_stop(hl, id), HL_ENOENT);
    id = play(contact, "[{\"pause\":60000}]"); /* to both */
    house_pass(hl, 100);
    GIVES(hl, hl_media_stop(hl, id), 0);
    house_pass(hl, 100);
    assert_int_equal(house_read(hl, HL_EV_PLAY_ENDED, &ev), 2);
    assert_int_equal(ev.code, HL_PLAY_STOPPED);
    (void)play(contact, "[{\"pause\":60000}]");
    house_pass(hl, 100);
    (void)play(customer, "hello"); /* takes the place of the other one, for the customer */
    house_pass(hl, 10);
    assert_int_equal(house_read(hl, HL_EV_PLAY_ENDED, NULL), 1);
    assert_int_equal(hl__sim_hangup(sim, customer), 0);
    house_pass(hl, 1000);
    assert_int_equal(house_read(hl, HL_EV_PLAY_ENDED, &ev), 2); /* of both, though their legs are gone */
    assert_int_equal(ev.code, HL_PLAY_STOPPED);
    assert_int_equal(hl->plays.live, 0);
    hl_close(hl);
}

/* The customer goes to another contact's call: for the first one he is gone, and its agent is free again. */
static void a_customer_who_is_moved_has_left_his_contact(void **state)
{
    hl_event ev = HL_EVENT_INIT;
    hl_agent agent = HL_AGENT_INIT;
    hl_id customer;
    (void)state;
    begin();
    hl_id contact = house_talk(hl, &customer), other = dial("13900000002", 0, 0);
    hl_id second = leg_row(other).contact;
    house_pass(hl, 5000);
    (void)house_read(hl, 0, NULL);
    GIVES(hl, hl_call_bridge(hl, second, customer, HL_ROLE_EXPERT), 0);
    house_pass(hl, 1000);
    assert_int_equal(state_of(second), HL_CALL_TALK);
    assert_int_equal(state_of(contact), HL_ENOENT);
    assert_int_equal(house_read(hl, HL_EV_CONTACT_ENDED, &ev), 1);
    assert_int_equal(ev.contact, contact);
    GIVES(hl, hl_agent_get(hl, house_find(hl, HL_KIND_AGENT, "ann"), &agent), 0);
    assert_true(agent.work == HL_WORK_WRAPUP || agent.work == HL_WORK_IDLE);
    assert_true(hl__sim_talks(sim, customer) && hl__sim_talks(sim, other));
    GIVES(hl, hl_leg_hangup(hl, other, 0), 0); /* the customer of the second: all goes */
    house_pass(hl, 1000);
    assert_int_equal(leg_row(customer).id, 0);
    assert_int_equal(hl->talks.live, 0);
    assert_int_equal(hl->calls->legs.live, 0);
    house_check(hl);
    hl_close(hl);
}

static void an_agent_who_is_moved_has_left_hers(void **state)
{
    hl_id customer;
    (void)state;
    begin();
    hl_id contact = house_talk(hl, &customer), other = dial("13900000002", 0, 0), second = leg_row(other).contact;
    hl_leg row = HL_LEG_INIT;
    house_pass(hl, 5000);
    while (hl_leg_next(hl, contact, &row) == 1 && row.role != HL_ROLE_AGENT) continue;
    assert_int_equal(row.role, HL_ROLE_AGENT);
    hl_id agent = row.id;
    GIVES(hl, hl_call_bridge(hl, second, agent, 0), 0);
    house_pass(hl, 200000);
    assert_int_equal(state_of(second), HL_CALL_TALK);
    assert_int_equal(leg_row(agent).contact, second);
    house_check(hl);
    assert_int_equal(leg_row(customer).id, 0); /* his flow had nothing more for him */
    GIVES(hl, hl_call_end(hl, second, 0), 0);
    house_pass(hl, 60000);
    assert_int_equal(hl->calls->legs.live, 0);
    assert_int_equal(hl->talks.live, 0);
    hl_close(hl);
}

static void no_more_contacts_and_legs_than_the_limits(void **state)
{
    const hl__sim_manner m = { 0 };
    hl_options o = HL_OPTIONS_INIT;
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id id = 5, leg;
    int code = 0;
    (void)state;
    o.max_contacts = 2;
    o.max_legs = 3;
    hl = house_bare(&o);
    sim = hl__sim_of(hl);
    GIVES(hl, hl_load(hl, house_document, 0), 8);
    in.queue = house_find(hl, HL_KIND_QUEUE, "desk");
    (void)dial("1", 0, 0);
    hl_id contact = leg_row(dial("2", 0, 0)).contact;
    FAILS(hl, id, hl_contact_add(hl, &in, &id), HL_ELIMIT);
    hl_dial d = HL_DIAL_INIT;
    d.to = "3";
    FAILS(hl, id, hl_leg_dial(hl, &d, &id), HL_ELIMIT);
    assert_int_equal(hl__sim_call(sim, "13900000001", "1", &m, &leg), 0);
    house_pass(hl, 1000);
    assert_int_equal(hl__sim_refused(sim, &code), 1);
    assert_int_equal(code, 503);
    (void)dial("4", contact, HL_ROLE_EXPERT);
    d.contact = contact;
    FAILS(hl, id, hl_leg_dial(hl, &d, &id), HL_ELIMIT);
    hl_close(hl);
}

static void what_was_reported_of_a_page_s_sound_is_known_to_what_it_asks_next(void **state)
{
    hl__sim_manner page = { .how = HL__SIM_IGNORE };
    hl_id session;
    (void)state;
    begin();
    assert_int_equal(hl__sim_page(sim, house_find(hl, HL_KIND_AGENT, "ann"), &page, &session), 0);
    house_pass(hl, 1000);
    hl__report_sound(sim, HL__R_LOST, 0, session, 0, 0);
    assert_int_equal(hl__sim_ask(sim, session, HL__DO_AGENT_STATE, "{\"state\":\"available\"}"), HL_ESTATE);
    hl__report_sound(sim, HL__R_UP, 0, session, 0, 0);
    assert_int_equal(hl__sim_ask(sim, session, HL__DO_AGENT_STATE, "{\"state\":\"available\"}"), 0);
    hl_close(hl);
}

#define TEAM "{\"hotline\":1,\"queues\":{\"desk\":{\"ring\":{\"size\":0},\"wrapup_ms\":0}}," \
    "\"agents\":{\"ann\":{\"queues\":{\"desk\":{}},\"address\":\"sip:ann@127.0.0.1\"},\"bob\":{\"queues\":{" \
    "\"desk\":{}},\"address\":\"sip:bob@127.0.0.1\"},\"cid\":{\"queues\":{\"desk\":{}},\"address\":" \
    "\"sip:cid@127.0.0.1\"}}}"

static hl_id team_call(const int after_ms[3], hl_id *customer)
{
    static const char *const names[] = { "ann", "bob", "cid" };
    const hl__sim_manner caller = { 0 };
    hl_event ev = HL_EVENT_INIT;
    begin();
    hl_test_ok(hl_load(hl, TEAM, strlen(TEAM)) > 0, "%s", hl_error(hl));
    house_pass(hl, 10);
    for (int i = 0; i < 3; i++) {
        hl__sim_manner m = { .how = after_ms[i] ? HL__SIM_ANSWER : HL__SIM_REJECT,
            .after = { HL__LAW_FIXED, after_ms[i] ? after_ms[i] : 500, 0 } };
        char address[40];
        snprintf(address, sizeof address, "sip:%s@127.0.0.1", names[i]);
        assert_int_equal(hl__sim_phone(sim, address, &m), 0);
        GIVES(hl, hl_agent_go(hl, house_find(hl, HL_KIND_AGENT, names[i]), HL_AGENT_AVAILABLE, NULL), 0);
    }
    assert_int_equal(hl__sim_call(sim, "13900000001", "1", &caller, customer), 0);
    house_pass(hl, 400);
    assert_int_equal(house_read(hl, HL_EV_OFFER_MADE, &ev), 3);
    assert_int_equal(hl__sim_legs(sim), 4);
    return ev.contact;
}

static void three_telephones_ring_and_one_is_connected(void **state)
{
    hl_id customer;
    hl_event ev = HL_EVENT_INIT;
    (void)state;
    hl_id contact = team_call((const int[]){ 3000, 2000, 0 }, &customer);
    house_pass(hl, 600); /* cid rejects: the others ring on */
    assert_int_equal(hl__sim_legs(sim), 3);
    house_pass(hl, 1500);
    assert_int_equal(house_read(hl, HL_EV_CONTACT_CONNECTED, &ev), 1);
    assert_int_equal(ev.agent, house_find(hl, HL_KIND_AGENT, "bob"));
    assert_int_equal(hl__sim_legs(sim), 2); /* ann's telephone is silent */
    assert_int_equal(state_of(contact), HL_CALL_TALK);
    assert_true(hl__sim_talks(sim, customer));
    house_pass(hl, 5000);
    assert_true(hl__sim_talks(sim, customer));
    assert_int_equal(hl__sim_hangup(sim, customer), 0);
    house_pass(hl, 1000);
    assert_int_equal(hl__sim_legs(sim), 0);
    assert_int_equal(hl->talks.live, 0);
    hl_close(hl);
}

static void telephones_picked_up_in_one_instant_have_one_winner(void **state)
{
    hl_id customer;
    (void)state;
    hl_id contact = team_call((const int[]){ 2000, 2000, 2000 }, &customer);
    house_pass(hl, 2000);
    assert_int_equal(house_read(hl, HL_EV_CONTACT_CONNECTED, NULL), 1);
    house_pass(hl, 1000);
    assert_int_equal(hl__sim_legs(sim), 2);
    assert_int_equal(state_of(contact), HL_CALL_TALK);
    hl_close(hl);
}

static void a_caller_who_leaves_silences_all_of_them(void **state)
{
    hl_id customer;
    (void)state;
    (void)team_call((const int[]){ 9000, 9000, 9000 }, &customer);
    assert_int_equal(hl__sim_hangup(sim, customer), 0);
    house_pass(hl, 1000);
    assert_int_equal(hl__sim_legs(sim), 0);
    hl_close(hl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_dialled_party_is_a_contact_of_its_own), HL_TEST(who_does_not_answer_is_told_as_such),
        HL_TEST(an_expert_joins_the_call_and_all_hear_each_other), HL_TEST(music_by_name_plays_to_who_is_held),
        HL_TEST(each_play_has_one_end_for_each_who_hears_it), HL_TEST(a_customer_who_is_moved_has_left_his_contact),
        HL_TEST(an_agent_who_is_moved_has_left_hers), HL_TEST(no_more_contacts_and_legs_than_the_limits),
        HL_TEST(what_was_reported_of_a_page_s_sound_is_known_to_what_it_asks_next),
        HL_TEST(three_telephones_ring_and_one_is_connected),
        HL_TEST(telephones_picked_up_in_one_instant_have_one_winner),
        HL_TEST(a_caller_who_leaves_silences_all_of_them),
    };
    return HL_TEST_MAIN(tests);
}
