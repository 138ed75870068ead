/* test_table.c - every state with every stimulus: what the tables have happens, what they lack changes nothing. */
#include "bed.h"

#define DOC "{\"queues\":{\"desk\":{\"resume_ms\":%d,\"steps\":[{\"after_ms\":50000000}]}},\"agents\":{\"ann\":{" \
    "\"queues\":{\"desk\":{}}}}}"

enum { N = HL_CONTACT_DONE + 1 };

/* The contacts' table as acd.md prints it: w waiting, o offered ... ; p parked, a calling; - : refused; ! : there is a
 * row, for call-backs alone. Stimuli in the order of the list: matched widen timeout hangup accept lapsed ring up fail
 * talk_end move resume expire end promise rest call reached missed break. */
static const char *const rows[N] = { [HL_CONTACT_WAITING] = "owdl------w--dp-----",
    [HL_CONTACT_OFFERED] = "---lcwo---w--dp-----", [HL_CONTACT_CONNECTING] = "---l-ccew----d---!!-",
    [HL_CONTACT_ENGAGED] = "---d----wdw--d------", [HL_CONTACT_PARKED] = "o---------pw-dppa--d",
    [HL_CONTACT_CALLING] = "-----------w-d---wp-", [HL_CONTACT_LOST] = "-----------wdd------" };

static int state_of(char c)
{
    return c == 'w' ? HL_CONTACT_WAITING : c == 'o' ? HL_CONTACT_OFFERED : c == 'c' ? HL_CONTACT_CONNECTING
        : c == 'e' ? HL_CONTACT_ENGAGED : c == 'l' ? HL_CONTACT_LOST : c == 'p' ? HL_CONTACT_PARKED
        : c == 'a' ? HL_CONTACT_CALLING : HL_CONTACT_DONE;
}

static int promise(bed *b, hl_id contact, int mode)
{
    hl_promise p = HL_PROMISE_INIT;

    p.mode = mode;
    p.number = "13900000001";
    return hl__acd_promise(b->acd, contact, &p);
}

/* Parked, agent first: matched like any other. */
static void open_in(bed *b, int state, int resume_ms, hl_id *out)
{
    bool is_away = state == HL_CONTACT_PARKED || state == HL_CONTACT_CALLING;
    char doc[300];

    bed_open(b);
    snprintf(doc, sizeof(doc), DOC, resume_ms);
    assert_int_equal(bed_load(b, doc), 0);
    if (state != HL_CONTACT_WAITING && state != HL_CONTACT_LOST && !is_away)
        bed_go(b, "ann", HL_AGENT_AVAILABLE);
    *out = bed_add(b, "desk", NULL);
    if (state == HL_CONTACT_CONNECTING || state == HL_CONTACT_ENGAGED)
        assert_int_equal(hl__acd_accept(b->acd, bed_offer(b, "ann")), 0);
    if (state == HL_CONTACT_ENGAGED)
        assert_int_equal(hl__acd_connected(b->acd, *out), 0);
    if (state == HL_CONTACT_LOST)
        assert_int_equal(hl__acd_hangup(b->acd, *out), 0);
    if (is_away)
        assert_int_equal(promise(b, *out, state == HL_CONTACT_PARKED), 0);
    if (state == HL_CONTACT_CALLING) {
        assert_int_equal(hl__contact_do(b->acd, hl__contact_find(b->acd, *out), HL__DO_CALL, NULL), 0);
        hl__acd_settle(b->acd);
    }
    assert_int_equal(bed_state(b, *out), state);
}

/* How a stimulus reaches the table from outside; those of matcher and timers are asked of the table itself. */
static int stimulate(bed *b, hl_id id, int stimulus)
{
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl__contact *c = hl__contact_find(b->acd, id);
    hl__with with = { .class = NULL };
    hl_id out;

    switch (stimulus) {
    case HL__DO_HANGUP: return hl__acd_hangup(b->acd, id);
    case HL__DO_UP: return hl__acd_connected(b->acd, id);
    case HL__DO_FAIL: return hl__acd_agent_failed(b->acd, id);
    case HL__DO_TALK_END: return hl__acd_talk_end(b->acd, id);
    case HL__DO_MOVE: return hl__acd_move(b->acd, id, bed_q(b, "desk"), 1);
    case HL__DO_END: return hl__acd_end(b->acd, id, HL_OUTCOME_WITHDRAWN);
    case HL__DO_RESUME:
        in.queue = bed_q(b, "desk");
        in.resume = id;
        return hl__acd_add(b->acd, 0, &in, NULL, NULL, &out);
    case HL__DO_PROMISE: return promise(b, id, HL_PROMISE_CUSTOMER_FIRST);
    case HL__DO_REACHED: return hl__acd_reached(b->acd, id, HL__ID(7, HL_KIND_LEG));
    case HL__DO_MISSED: return hl__acd_missed(b->acd, id);
    case HL__DO_CALL: case HL__DO_REST: /* an agent is asked first: only the table is */
        if (c->promise)
            c->promise->mode = HL_PROMISE_CUSTOMER_FIRST;
        if (c->state == HL_CONTACT_PARKED)
            (void)hl__contact_do(b->acd, c, HL__DO_REST, NULL);
        break;
    case HL__DO_MATCHED:
        if (c->state != HL_CONTACT_WAITING && c->state != HL_CONTACT_PARKED)
            break;
        bed_go(b, "ann", HL_AGENT_AVAILABLE);
        return 0;
    case HL__DO_ACCEPT:
        if (c->state != HL_CONTACT_OFFERED)
            break;
        return hl__acd_accept(b->acd, bed_offer(b, "ann"));
    case HL__DO_LAPSED:
        if (c->state != HL_CONTACT_OFFERED)
            break;
        return hl__acd_reject(b->acd, bed_offer(b, "ann"), HL_OFFER_REJECTED);
    default: break;
    }
    int r = hl__contact_do(b->acd, c, stimulus, &with);
    hl__acd_settle(b->acd);
    return r;
}

static void what_the_contacts_table_has_happens_and_what_it_lacks_is_refused(void **state)
{
    (void)state;
    for (int s = 1; s < N; s++)
        for (int stimulus = 0; rows[s] && stimulus < HL__DO_STIMULI; stimulus++) {
            char want = rows[s][stimulus];
            bed b;
            hl_id id;
            open_in(&b, s, 60000, &id);
            hl_test_ok(hl__contact_can(s, stimulus) == (want != '-'), "state %d, stimulus %d: %c", s, stimulus, want);
            bed_hush(&b);
            int r = stimulate(&b, id, stimulus);
            bool is_refused = want == '-' || want == '!';
            hl_test_ok(r == (is_refused ? HL_ESTATE : 0), "state %d, stimulus %d: %d", s, stimulus, r);
            if (is_refused) {
                assert_int_equal(bed_state(&b, id), s);
                bed_says(&b, "");
            } else if (state_of(want) == HL_CONTACT_DONE) {
                assert_null(hl__contact_find(b.acd, id));
            } else {
                bool again = s == HL_CONTACT_OFFERED && stimulus == HL__DO_MOVE; /* ann is free at once */
                hl_test_ok(bed_state(&b, id) == (again ? HL_CONTACT_OFFERED : state_of(want)), "state %d, stimulus "
                    "%d leads to %d", s, stimulus,
                           bed_state(&b, id));
            }
            bed_check(&b);
            bed_close(&b);
        }
    assert_int_equal(hl__contact_can(HL_CONTACT_DONE, HL__DO_END), 0);
}

static void without_a_place_to_keep_a_hangup_is_the_end(void **state)
{
    static const int states[] = { HL_CONTACT_WAITING, HL_CONTACT_OFFERED, HL_CONTACT_CONNECTING };

    (void)state;
    for (size_t i = 0; i < HL__COUNT(states); i++) {
        bed b;
        hl_id id;
        open_in(&b, states[i], 0, &id);
        assert_int_equal(hl__acd_hangup(b.acd, id), 0);
        assert_null(hl__contact_find(b.acd, id));
        assert_int_equal(b.outcome, HL_OUTCOME_ABANDONED);
        bed_check(&b);
        bed_close(&b);
    }
}

static void what_the_slots_table_has_and_lacks(void **state)
{
    static const char *const slots[HL__SLOT_END] = { /* propose accept lapse up fail over wrapped */
        [HL__SLOT_FREE] = "p------", [HL__SLOT_PROPOSED] = "-cf----", [HL__SLOT_CONNECTING] = "---tff-",
        [HL__SLOT_TALK] = "----fw-", [HL__SLOT_WRAPUP] = "------f" };
    static const char letters[] = "fpctw";

    (void)state;
    for (int s = 0; s < HL__SLOT_END; s++)
        for (int d = 0; d < HL__SLOT_DO_END; d++) {
            int want = slots[s][d] == '-' ? HL_ESTATE : (int)(strchr(letters, slots[s][d]) - letters);
            hl_test_ok(hl__offer_can(s, d) == want, "slot %d, stimulus %d: %d", s, d, hl__offer_can(s, d));
        }
}

static void every_end_of_an_offer_frees_the_agent(void **state)
{
    (void)state;
    for (int end = HL_OFFER_REJECTED; end <= HL_OFFER_FAILED; end++) {
        bed b;
        hl_id id;
        open_in(&b, HL_CONTACT_OFFERED, 0, &id);
        b.made = b.ended = 0;
        assert_int_equal(hl__acd_reject(b.acd, bed_offer(&b, "ann"), end), 0);
        assert_int_equal(b.ended, 1);
        bed_check(&b);
        bed_to(&b, 40000);
        assert_true(b.made > 0);
        bed_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(what_the_contacts_table_has_happens_and_what_it_lacks_is_refused),
        HL_TEST(without_a_place_to_keep_a_hangup_is_the_end), HL_TEST(what_the_slots_table_has_and_lacks),
        HL_TEST(every_end_of_an_offer_frees_the_agent),
    };

    return HL_TEST_MAIN(tests);
}
