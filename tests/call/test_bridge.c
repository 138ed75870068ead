/* test_bridge.c - the legs of a contact together: who hears whom, hold, mute, the call's state and its clocks. */
#include "line.h"

static const hl__media media = { .size = sizeof(hl__media) };

static bool hears(const line *l, const hl__leg *a, const hl__leg *b)
{
    uint32_t i = 0, j = 0;
    while (i < l->legs && l->in_mix[i] != a->id) i++;
    while (j < l->legs && l->in_mix[j] != b->id) j++;
    return i < l->legs && j < l->legs && l->hears[i][j];
}

static int state_of(const line *l, int contact)
{
    const hl__call *call = hl__call_of(l->calls, LINE_CONTACT(contact));
    return call ? call->state : HL_CALL_NONE;
}

static void two_who_talk_hear_each_other(void **state)
{
    line l;
    (void)state;
    line_open(&l);
    hl__leg *a = line_talking(&l, LINE_CONTACT(1), HL_ROLE_CUSTOMER);
    assert_int_equal(state_of(&l, 1), HL_CALL_ALONE);
    hl__leg *b = line_out(&l, LINE_CONTACT(1), 0);
    assert_false(hears(&l, a, b) || hears(&l, b, a)); /* it rings */
    hl__leg_on_local(l.calls, b->id, &media);
    hl__leg_on_answered(l.calls, b->id, NULL);
    assert_true(hears(&l, a, b) && hears(&l, b, a));
    assert_false(hears(&l, a, a));
    assert_int_equal(state_of(&l, 1), HL_CALL_TALK);
    hl__leg_on_path(l.calls, b->id, true); /* its sound may come back any moment */
    assert_int_equal(state_of(&l, 1), HL_CALL_TALK);
    hl__leg_on_ended(l.calls, b->id, 0, 0);
    assert_int_equal(state_of(&l, 1), HL_CALL_ALONE);
    hl__leg_on_ended(l.calls, a->id, 0, 0);
    assert_null(hl__call_of(l.calls, LINE_CONTACT(1)));
    line_close(&l);
}

static void early_media_is_heard_by_who_asked_for_it(void **state)
{
    line l;
    (void)state;
    line_open(&l);
    hl__leg *a = line_talking(&l, LINE_CONTACT(1), HL_ROLE_CUSTOMER), *b;
    for (int early = 0; early < 2; early++) {
        const hl__leg_spec spec = { .contact = LINE_CONTACT(1), .role = HL_ROLE_EXPERT, .medium = HL_MEDIUM_PHONE,
            .remote = "x", .early = early };
        assert_int_equal(hl__leg_add(l.calls, &spec, &b), 0);
        hl__leg_on_local(l.calls, b->id, &media);
        hl__leg_on_progress(l.calls, b->id, HL_LEG_EARLY);
        assert_int_equal(hears(&l, a, b), early);
        assert_false(hears(&l, b, a));
        assert_int_equal(state_of(&l, 1), HL_CALL_ALONE);
        hl__leg_on_ended(l.calls, b->id, 0, 0);
    }
    line_close(&l);
}

/* Four parties, every way of muting them: the matrix against its rule in one line. */
static void mute_takes_exactly_one_side_away(void **state)
{
    line l;
    hl__leg *leg[4];
    (void)state;
    line_open(&l);
    for (int i = 0; i < 4; i++) leg[i] = line_talking(&l, LINE_CONTACT(1), i ? HL_ROLE_AGENT : HL_ROLE_CUSTOMER);
    assert_int_equal(state_of(&l, 1), HL_CALL_CONFERENCE);
    for (int how = 0; how < 256; how++) {
        for (int i = 0; i < 4; i++) assert_int_equal(hl__leg_mute(l.calls, leg[i]->id, how >> 2 * i & 3), 0);
        for (int i = 0; i < 4; i++) {
            assert_int_equal(leg[i]->flags & HL_IS_MUTED, how >> 2 * i & 3 ? HL_IS_MUTED : 0);
            for (int j = 0; j < 4; j++) {
                bool deaf = how >> 2 * i & HL_MUTE_OUT, dumb = how >> 2 * j & HL_MUTE_IN;
                assert_int_equal(hears(&l, leg[i], leg[j]), i != j && !deaf && !dumb);
            }
        }
    }
    assert_int_equal(state_of(&l, 1), HL_CALL_CONFERENCE);
    line_close(&l);
}

static void who_is_held_hears_nobody_and_is_not_heard(void **state)
{
    line l;
    (void)state;
    line_open(&l);
    hl__leg *customer = line_talking(&l, LINE_CONTACT(1), HL_ROLE_CUSTOMER);
    assert_int_equal(hl__call_resume(l.calls, LINE_CONTACT(1), 0), HL_ESTATE);
    hl__leg *agent = line_talking(&l, LINE_CONTACT(1), HL_ROLE_AGENT);
    hl__leg *expert = line_talking(&l, LINE_CONTACT(1), HL_ROLE_EXPERT);
    (void)line_log(&l);
    assert_int_equal(hl__call_hold(l.calls, LINE_CONTACT(1), 0, NULL), 0); /* customers and experts */
    assert_string_equal(line_log(&l), "call3 ");
    assert_true(customer->flags & HL_IS_HELD);
    assert_true(expert->flags & HL_IS_HELD);
    assert_false(agent->flags & HL_IS_HELD);
    assert_false(hears(&l, customer, agent) || hears(&l, agent, customer) || hears(&l, customer, expert));
    assert_int_equal(state_of(&l, 1), HL_CALL_HOLD);
    assert_int_equal(hl__call_hold(l.calls, LINE_CONTACT(1), 0, NULL), HL_ESTATE);
    assert_int_equal(hl__call_resume(l.calls, LINE_CONTACT(1), expert->id), 0);
    assert_true(hears(&l, expert, agent) && !hears(&l, expert, customer));
    assert_int_equal(state_of(&l, 1), HL_CALL_HOLD); /* somebody is held still */
    assert_int_equal(hl__call_resume(l.calls, LINE_CONTACT(1), 0), 0);
    assert_int_equal(state_of(&l, 1), HL_CALL_CONFERENCE);
    assert_int_equal(hl__call_resume(l.calls, LINE_CONTACT(1), 0), HL_ESTATE);
    assert_int_equal(hl__call_hold(l.calls, LINE_CONTACT(1), agent->id, NULL), 0); /* by name anybody */
    assert_true(agent->flags & HL_IS_HELD);
    assert_int_equal(hl__call_hold(l.calls, LINE_CONTACT(2), 0, NULL), HL_ENOENT);
    assert_int_equal(hl__call_hold(l.calls, LINE_CONTACT(1), HL__ID(5, HL_KIND_LEG), NULL), HL_ESTATE);
    line_close(&l);
}

static void music_by_name_plays_until_the_end_of_the_hold(void **state)
{
    line l;
    (void)state;
    line_open(&l);
    hl__leg *customer = line_talking(&l, LINE_CONTACT(1), HL_ROLE_CUSTOMER);
    (void)line_talking(&l, LINE_CONTACT(1), HL_ROLE_AGENT);
    (void)line_log(&l);
    assert_int_equal(hl__call_hold(l.calls, LINE_CONTACT(1), 0, "bells"), 0);
    assert_string_equal(line_log(&l), "music:bells call3 ");
    assert_int_equal(hl__call_hold(l.calls, LINE_CONTACT(1), 0, "drums"), HL_ESTATE);
    assert_int_equal(hl__call_resume(l.calls, LINE_CONTACT(1), 0), 0);
    assert_string_equal(line_log(&l), "quiet99 call2 ");
    assert_int_equal(hl__call_hold(l.calls, LINE_CONTACT(1), 0, NULL), 0);
    assert_int_equal(hl__call_resume(l.calls, LINE_CONTACT(1), 0), 0);
    assert_string_equal(line_log(&l), "call3 call2 ");
    assert_int_equal(hl__call_hold(l.calls, LINE_CONTACT(1), 0, "bells"), 0);
    (void)line_log(&l);
    hl__leg_on_ended(l.calls, customer->id, 0, 0);
    assert_string_equal(line_log(&l), "ended16:normal quiet99 close call1 gone ");
    line_close(&l);
}

/* The far side's telephone put us on hold by a re-INVITE. */
static void a_party_that_holds_us_is_apart_too(void **state)
{
    line l;
    (void)state;
    line_open(&l);
    hl__leg *a = line_talking(&l, LINE_CONTACT(1), HL_ROLE_CUSTOMER),
        *b = line_talking(&l, LINE_CONTACT(1), HL_ROLE_AGENT);
    hl__leg_on_media(l.calls, a->id, &media, true);
    assert_true(a->flags & HL_IS_HOLDING);
    assert_int_equal(state_of(&l, 1), HL_CALL_HOLD);
    assert_false(hears(&l, a, b) || hears(&l, b, a));
    assert_int_equal(hl__call_resume(l.calls, LINE_CONTACT(1), 0), HL_ESTATE); /* it is not ours to end */
    hl__leg_on_media(l.calls, a->id, NULL, false);
    assert_int_equal(state_of(&l, 1), HL_CALL_TALK);
    assert_true(hears(&l, a, b) && hears(&l, b, a));
    line_close(&l);
}

static void talk_and_hold_are_timed_apart(void **state)
{
    hl_call row = HL_CALL_INIT;
    line l;
    (void)state;
    line_open(&l);
    (void)line_talking(&l, LINE_CONTACT(1), HL_ROLE_CUSTOMER);
    line_pass(&l, 1000);
    (void)line_talking(&l, LINE_CONTACT(1), HL_ROLE_AGENT);
    line_pass(&l, 2000);
    assert_int_equal(hl__call_hold(l.calls, LINE_CONTACT(1), 0, NULL), 0);
    line_pass(&l, 300);
    assert_int_equal(hl__call_resume(l.calls, LINE_CONTACT(1), 0), 0);
    line_pass(&l, 40);
    hl__call_row(l.calls, hl__call_of(l.calls, LINE_CONTACT(1)), &row);
    assert_int_equal(row.talk_us, 2040000);
    assert_int_equal(row.hold_us, 300000);
    assert_int_equal(row.legs, 2);
    assert_int_equal(row.state, HL_CALL_TALK);
    assert_int_equal(row.flags, HL_IS_INBOUND);
    assert_int_equal(row.size, sizeof row);
    line_close(&l);
}

static void a_leg_moves_from_one_call_to_another(void **state)
{
    line l;
    (void)state;
    line_open(&l);
    hl__leg *a = line_talking(&l, LINE_CONTACT(1), HL_ROLE_CUSTOMER),
        *b = line_talking(&l, LINE_CONTACT(1), HL_ROLE_AGENT);
    hl__leg *c = line_talking(&l, LINE_CONTACT(2), HL_ROLE_AGENT);
    (void)line_log(&l);
    assert_int_equal(hl__call_bridge(l.calls, LINE_CONTACT(2), a->id, HL_ROLE_EXPERT), 0);
    assert_string_equal(line_log(&l), "call1 call2 moved1>2 ");
    assert_int_equal(a->contact, LINE_CONTACT(2));
    assert_int_equal(a->role, HL_ROLE_EXPERT);
    assert_true(hears(&l, a, c) && hears(&l, c, a));
    assert_int_equal(hl__call_bridge(l.calls, LINE_CONTACT(2), b->id, 0), 0);
    assert_string_equal(line_log(&l), "call0 call4 moved1>2 ");
    assert_null(hl__call_of(l.calls, LINE_CONTACT(1)));
    assert_int_equal(b->role, HL_ROLE_AGENT);
    assert_int_equal(hl__call_hold(l.calls, LINE_CONTACT(2), 0, "bells"), 0);
    (void)line_log(&l);
    assert_int_equal(hl__call_bridge(l.calls, LINE_CONTACT(2), a->id, 0), 0); /* where it is: taken off hold */
    assert_string_equal(line_log(&l), "quiet99 call4 ");
    assert_int_equal(hl__call_bridge(l.calls, LINE_CONTACT(1), a->id, 0), HL_ENOENT);
    assert_int_equal(hl__call_bridge(l.calls, LINE_CONTACT(2), HL__ID(5, HL_KIND_LEG), 0), HL_ENOENT);
    assert_int_equal(hl__leg_hangup(l.calls, a->id, 0), 0);
    assert_int_equal(hl__call_bridge(l.calls, LINE_CONTACT(2), a->id, 0), HL_ESTATE);
    line_close(&l);
}

static void sixteen_legs_are_a_call_and_no_more(void **state)
{
    const hl__leg_spec spec = { .contact = LINE_CONTACT(1), .inbound = true };
    hl__leg *leg;
    line l;
    (void)state;
    line_open(&l);
    for (int i = 0; i < 16; i++) (void)line_talking(&l, LINE_CONTACT(1), HL_ROLE_EXPERT);
    for (uint32_t i = 0; i < 16; i++)
        for (uint32_t j = 0; j < 16; j++) assert_int_equal(l.hears[i][j], i != j);
    assert_int_equal(hl__leg_add(l.calls, &spec, &leg), HL_ELIMIT);
    assert_int_equal(l.calls->legs.live, 16);
    leg = line_talking(&l, LINE_CONTACT(2), HL_ROLE_CUSTOMER);
    assert_int_equal(hl__call_bridge(l.calls, LINE_CONTACT(1), leg->id, 0), HL_ELIMIT);
    assert_int_equal(leg->contact, LINE_CONTACT(2));
    assert_non_null(leg->call);
    line_close(&l);
}

static void a_call_that_ends_ends_every_leg(void **state)
{
    line l;
    (void)state;
    line_open(&l);
    hl_id a = line_talking(&l, LINE_CONTACT(1), HL_ROLE_CUSTOMER)->id;
    hl_id page = line_in(&l, LINE_CONTACT(1), HL_MEDIUM_BROWSER)->id;
    hl_id ringing = line_out(&l, LINE_CONTACT(1), 0)->id;
    assert_int_equal(hl__leg_answer(l.calls, page), 0);
    assert_int_equal(hl__call_end(l.calls, LINE_CONTACT(1), HL_CAUSE_SHUTDOWN), 0);
    assert_int_equal(hl__leg_of(l.calls, a)->state, HL_LEG_ENDING);
    assert_null(hl__leg_of(l.calls, page));
    assert_null(hl__leg_of(l.calls, ringing));
    assert_int_equal(state_of(&l, 1), HL_CALL_NONE);
    hl__leg_on_ended(l.calls, a, 0, 0);
    assert_int_equal(l.cause, HL_CAUSE_SHUTDOWN);
    assert_int_equal(l.ended, 3);
    assert_int_equal(hl__call_end(l.calls, LINE_CONTACT(1), 0), HL_ENOENT);
    line_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(two_who_talk_hear_each_other), HL_TEST(early_media_is_heard_by_who_asked_for_it),
        HL_TEST(mute_takes_exactly_one_side_away), HL_TEST(who_is_held_hears_nobody_and_is_not_heard),
        HL_TEST(music_by_name_plays_until_the_end_of_the_hold), HL_TEST(a_party_that_holds_us_is_apart_too),
        HL_TEST(talk_and_hold_are_timed_apart), HL_TEST(a_leg_moves_from_one_call_to_another),
        HL_TEST(sixteen_legs_are_a_call_and_no_more), HL_TEST(a_call_that_ends_ends_every_leg),
    };
    return HL_TEST_MAIN(tests);
}
