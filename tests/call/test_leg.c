/* test_leg.c - a leg in every state under every stimulus; time-outs; the first cause wins. */
#include "line.h"

static const hl__media media = { .size = sizeof(hl__media) };

/* A leg brought into a state. Inbound ones are asked to ring and answer, outbound ones are dialled. */
static hl__leg *in_state(line *l, int state, bool inbound)
{
    hl__leg *leg = inbound ? line_in(l, LINE_CONTACT(1), HL_MEDIUM_PHONE) : line_out(l, LINE_CONTACT(1), 0);
    hl__leg_on_local(l->calls, leg->id, &media);
    switch (state) {
    case HL_LEG_NEW: case HL_LEG_TRYING: break;
    case HL_LEG_RINGING: case HL_LEG_EARLY:
        if (inbound) assert_int_equal(hl__leg_ring(l->calls, leg->id, state == HL_LEG_EARLY), 0);
        else hl__leg_on_progress(l->calls, leg->id, state);
        break;
    default:
        hl__leg_on_answered(l->calls, leg->id, NULL);
        if (state == HL_LEG_LOST) hl__leg_on_path(l->calls, leg->id, true);
        if (state == HL_LEG_ENDING) assert_int_equal(hl__leg_hangup(l->calls, leg->id, 0), 0);
    }
    assert_int_equal(leg->state, state);
    (void)line_log(l);
    return leg;
}

enum { NONE = -1, GONE = HL_LEG_ENDED }; /* NONE: nothing changes; a command says ESTATE, a report is dropped */
struct row { int state; bool inbound; int to; const char *log; };

static const struct row rings[] = {
    { HL_LEG_NEW, true, HL_LEG_RINGING, "state2 ring " }, { HL_LEG_RINGING, true, NONE, "" },
    { HL_LEG_EARLY, true, NONE, "" }, { HL_LEG_ANSWERED, true, NONE, "" }, { HL_LEG_LOST, true, NONE, "" },
    { HL_LEG_ENDING, true, NONE, "" }, { HL_LEG_TRYING, false, NONE, "" }, { HL_LEG_RINGING, false, NONE, "" },
    { HL_LEG_ANSWERED, false, NONE, "" },
};
static const struct row early_media[] = {
    { HL_LEG_NEW, true, HL_LEG_EARLY, "state3 early " }, { HL_LEG_RINGING, true, HL_LEG_EARLY, "state3 early " },
    { HL_LEG_EARLY, true, NONE, "" }, { HL_LEG_ANSWERED, true, NONE, "" }, { HL_LEG_LOST, true, NONE, "" },
    { HL_LEG_ENDING, true, NONE, "" }, { HL_LEG_TRYING, false, NONE, "" }, { HL_LEG_EARLY, false, NONE, "" },
};
static const struct row answers[] = {
    { HL_LEG_NEW, true, HL_LEG_NEW, "answer " }, { HL_LEG_RINGING, true, HL_LEG_RINGING, "answer " },
    { HL_LEG_EARLY, true, HL_LEG_EARLY, "answer " }, { HL_LEG_ANSWERED, true, NONE, "" },
    { HL_LEG_LOST, true, NONE, "" }, { HL_LEG_ENDING, true, NONE, "" }, { HL_LEG_TRYING, false, NONE, "" },
    { HL_LEG_RINGING, false, NONE, "" },
};
static const struct row hangups[] = {
    { HL_LEG_NEW, true, HL_LEG_ENDING, "state6 hangup17 " }, { HL_LEG_RINGING, true, HL_LEG_ENDING,
    "state6 hangup17 " },
    { HL_LEG_EARLY, true, HL_LEG_ENDING, "state6 hangup17 " },
    { HL_LEG_ANSWERED, true, HL_LEG_ENDING, "state6 call0 hangup17 " },
    { HL_LEG_LOST, true, HL_LEG_ENDING, "state6 call0 hangup17 " }, { HL_LEG_ENDING, true, HL_LEG_ENDING, "" },
    { HL_LEG_TRYING, false, HL_LEG_ENDING, "state6 hangup17 " },
    { HL_LEG_RINGING, false, HL_LEG_ENDING, "state6 hangup17 " },
    { HL_LEG_EARLY, false, HL_LEG_ENDING, "state6 hangup17 " },
};
static const struct row progresses[] = {
    { HL_LEG_TRYING, false, HL_LEG_RINGING, "state2 " }, { HL_LEG_RINGING, false, NONE, "" },
    { HL_LEG_EARLY, false, NONE, "" }, { HL_LEG_ANSWERED, false, NONE, "" }, { HL_LEG_LOST, false, NONE, "" },
    { HL_LEG_ENDING, false, NONE, "" }, { HL_LEG_NEW, true, NONE, "" },
};
static const struct row early_progresses[] = {
    { HL_LEG_TRYING, false, HL_LEG_EARLY, "state3 " }, { HL_LEG_RINGING, false, HL_LEG_EARLY, "state3 " },
    { HL_LEG_EARLY, false, NONE, "" }, { HL_LEG_ANSWERED, false, NONE, "" }, { HL_LEG_NEW, true, NONE, "" },
};
static const struct row answered[] = {
    { HL_LEG_NEW, true, HL_LEG_ANSWERED, "set state4 call1 talks " },
    { HL_LEG_RINGING, true, HL_LEG_ANSWERED, "set state4 call1 talks " },
    { HL_LEG_EARLY, true, HL_LEG_ANSWERED, "set state4 call1 talks " },
    { HL_LEG_TRYING, false, HL_LEG_ANSWERED, "set state4 call1 talks " },
    { HL_LEG_RINGING, false, HL_LEG_ANSWERED, "set state4 call1 talks " },
    { HL_LEG_EARLY, false, HL_LEG_ANSWERED, "set state4 call1 talks " }, { HL_LEG_ANSWERED, true, NONE, "" },
    { HL_LEG_LOST, true, NONE, "" }, { HL_LEG_ENDING, true, NONE, "" },
};
static const struct row losses[] = {
    { HL_LEG_NEW, true, NONE, "" }, { HL_LEG_TRYING, false, NONE, "" }, { HL_LEG_RINGING, true, NONE, "" },
    { HL_LEG_EARLY, true, NONE, "" }, { HL_LEG_ANSWERED, true, HL_LEG_LOST, "state5 " },
    { HL_LEG_LOST, true, NONE, "" },
    { HL_LEG_ENDING, true, NONE, "" },
};
static const struct row backs[] = {
    { HL_LEG_NEW, true, NONE, "" }, { HL_LEG_TRYING, false, NONE, "" }, { HL_LEG_RINGING, true, NONE, "" },
    { HL_LEG_EARLY, true, NONE, "" }, { HL_LEG_ANSWERED, true, NONE, "" },
    { HL_LEG_LOST, true, HL_LEG_ANSWERED, "state4 " }, { HL_LEG_ENDING, true, NONE, "" },
};
static const struct row ends[] = {
    { HL_LEG_NEW, true, GONE, "ended19:no_answer close gone " },
    { HL_LEG_TRYING, false, GONE, "ended19:no_answer close gone " },
    { HL_LEG_RINGING, true, GONE, "ended19:no_answer close gone " },
    { HL_LEG_EARLY, false, GONE, "ended19:no_answer close gone " },
    { HL_LEG_ANSWERED, true, GONE, "ended19:no_answer close call0 gone " },
    { HL_LEG_LOST, true, GONE, "ended19:no_answer close call0 gone " },
    { HL_LEG_ENDING, true, GONE, "ended16:normal close gone " }, /* it was hung up: that is the cause */
};
static const struct row failures[] = {
    { HL_LEG_NEW, true, HL_LEG_ENDING, "state6 hangup88 " }, { HL_LEG_TRYING, false, HL_LEG_ENDING,
    "state6 hangup88 " },
    { HL_LEG_ANSWERED, true, HL_LEG_ENDING, "state6 call0 hangup88 " }, { HL_LEG_ENDING, true, HL_LEG_ENDING, "" },
};

enum stimulus { RING, EARLY, ANSWER, HANGUP, PROGRESS, EARLY_PROGRESS, ANSWERED, LOST, BACK, ENDED, FAILED };

/* 1: it was a report, which has no result. */
static int apply(line *l, hl_id leg, enum stimulus on)
{
    switch (on) {
    case RING: return hl__leg_ring(l->calls, leg, 0);
    case EARLY: return hl__leg_ring(l->calls, leg, 1);
    case ANSWER: return hl__leg_answer(l->calls, leg);
    case HANGUP: return hl__leg_hangup(l->calls, leg, HL_CAUSE_BUSY);
    case PROGRESS: hl__leg_on_progress(l->calls, leg, HL_LEG_RINGING); break;
    case EARLY_PROGRESS: hl__leg_on_progress(l->calls, leg, HL_LEG_EARLY); break;
    case ANSWERED: hl__leg_on_answered(l->calls, leg, &media); break;
    case LOST: hl__leg_on_path(l->calls, leg, true); break;
    case BACK: hl__leg_on_path(l->calls, leg, false); break;
    case ENDED: hl__leg_on_ended(l->calls, leg, HL_CAUSE_NO_ANSWER, 480); break;
    case FAILED: hl__leg_on_failed(l->calls, leg, HL_CAUSE_NO_CODEC); break;
    }
    return 1;
}

static void run(enum stimulus on, const struct row *row, size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        line l;
        line_open(&l);
        hl_id id = in_state(&l, row[i].state, row[i].inbound)->id;
        int r = apply(&l, id, on), to = row[i].to == NONE ? row[i].state : row[i].to;
        const hl__leg *leg = hl__leg_of(l.calls, id);
        const char *log = line_log(&l);
        hl_test_ok(r == 1 || r == (row[i].to == NONE ? HL_ESTATE : 0), "state %d, stimulus %d: result %d",
            row[i].state, on, r);
        hl_test_ok((leg ? leg->state : GONE) == to, "state %d, stimulus %d: state %d after", row[i].state, on,
            leg ? leg->state : GONE);
        hl_test_ok(strcmp(log, row[i].log) == 0, "state %d, stimulus %d: \"%s\"", row[i].state, on, log);
        line_close(&l);
    }
}
#define TABLE(name, on, rows) static void name(void **state) { (void)state; run(on, rows, HL__COUNT(rows)); }
TABLE(only_a_new_inbound_leg_rings, RING, rings)
TABLE(early_media_before_or_after_ringing, EARLY, early_media)
TABLE(an_inbound_leg_is_answered_until_it_talks, ANSWER, answers)
TABLE(any_leg_can_be_hung_up, HANGUP, hangups)
TABLE(the_far_side_rings_once, PROGRESS, progresses)
TABLE(the_far_side_may_send_early_media, EARLY_PROGRESS, early_progresses)
TABLE(the_answer_begins_the_talk, ANSWERED, answered)
TABLE(a_talk_may_lose_its_media, LOST, losses)
TABLE(lost_media_may_come_back, BACK, backs)
TABLE(the_driver_ends_any_leg, ENDED, ends)
TABLE(media_that_never_comes_hangs_up, FAILED, failures)

static void a_leg_that_is_gone_is_no_leg(void **state)
{
    line l;
    (void)state;
    line_open(&l);
    for (int on = RING; on <= FAILED; on++) {
        int r = apply(&l, HL__ID(77, HL_KIND_LEG), (enum stimulus)on);
        assert_true(r == 1 || r == HL_ENOENT);
    }
    assert_int_equal(hl__leg_mute(l.calls, 7, 1), HL_ENOENT);
    assert_int_equal(hl__leg_dtmf(l.calls, 7, "1", 0), HL_ENOENT);
    hl__leg_on_key(l.calls, 7, '1');
    hl__leg_on_local(l.calls, 7, &media);
    hl__leg_on_media(l.calls, 7, &media, true);
    assert_string_equal(line_log(&l), "");
    line_close(&l);
}

static void an_answer_waits_for_the_media_and_is_given_once(void **state)
{
    line l;
    (void)state;
    line_open(&l);
    hl__leg *leg = line_in(&l, LINE_CONTACT(1), HL_MEDIUM_PHONE);
    assert_string_equal(line_log(&l), "new open ");
    assert_int_equal(hl__leg_answer(l.calls, leg->id), 0);
    assert_int_equal(hl__leg_answer(l.calls, leg->id), 0);
    assert_string_equal(line_log(&l), "");
    hl__leg_on_local(l.calls, leg->id, &media);
    assert_string_equal(line_log(&l), "answer ");
    assert_int_equal(hl__leg_answer(l.calls, leg->id), 0);
    hl__leg_on_local(l.calls, leg->id, &media);
    assert_string_equal(line_log(&l), "");
    line_close(&l);
}

static void a_leg_hung_up_before_its_media_came_is_not_answered_then(void **state)
{
    line l;
    (void)state;
    line_open(&l);
    hl__leg *leg = line_in(&l, LINE_CONTACT(1), HL_MEDIUM_PHONE);
    assert_int_equal(hl__leg_answer(l.calls, leg->id), 0);
    assert_int_equal(hl__leg_hangup(l.calls, leg->id, 0), 0);
    (void)line_log(&l);
    hl__leg_on_local(l.calls, leg->id, &media);
    assert_string_equal(line_log(&l), "");
    line_close(&l);
}

static void an_outbound_leg_is_dialled_when_its_media_is_there(void **state)
{
    line l;
    (void)state;
    line_open(&l);
    hl__leg *leg = line_out(&l, LINE_CONTACT(1), 0);
    hl__leg_on_local(l.calls, leg->id, &media);
    assert_string_equal(line_log(&l), "new open dial ");
    line_close(&l);
}

/* Nobody was dialled yet: nobody would report the end. */
static void an_outbound_leg_that_was_not_dialled_yet_ends_at_once(void **state)
{
    line l;
    (void)state;
    line_open(&l);
    hl_id id = line_out(&l, LINE_CONTACT(1), 0)->id;
    (void)line_log(&l);
    assert_int_equal(hl__leg_hangup(l.calls, id, HL_CAUSE_CANCELLED), 0);
    assert_string_equal(line_log(&l), "state6 ended201:cancelled close gone ");
    assert_null(hl__leg_of(l.calls, id));
    id = line_out(&l, LINE_CONTACT(1), 0)->id;
    (void)line_log(&l);
    hl__leg_on_failed(l.calls, id, HL_CAUSE_CONGESTION);
    assert_string_equal(line_log(&l), "state6 ended42:congestion close gone ");
    line_close(&l);
}

static void a_page_answers_and_ends_by_our_word(void **state)
{
    line l;
    (void)state;
    line_open(&l);
    hl_id id = line_in(&l, LINE_CONTACT(1), HL_MEDIUM_BROWSER)->id;
    assert_int_equal(hl__leg_answer(l.calls, id), 0);
    assert_string_equal(line_log(&l), "new bind state4 call1 talks ");
    assert_int_equal(hl__leg_hangup(l.calls, id, 0), 0);
    assert_string_equal(line_log(&l), "state6 call0 ended16:normal close gone ");
    line_close(&l);
}

static void who_does_not_answer_in_time_is_given_up(void **state)
{
    line l;
    (void)state;
    line_open(&l);
    for (int with_progress = 0; with_progress < 3; with_progress++) {
        hl_id id = line_out(&l, LINE_CONTACT(1), 12000)->id;
        hl__leg_on_local(l.calls, id, &media);
        if (with_progress) hl__leg_on_progress(l.calls, id, with_progress == 1 ? HL_LEG_RINGING : HL_LEG_EARLY);
        (void)line_log(&l);
        line_pass(&l, 11999);
        assert_string_equal(line_log(&l), "");
        line_pass(&l, 1);
        assert_string_equal(line_log(&l), "state6 hangup19 ");
        hl__leg_on_ended(l.calls, id, HL_CAUSE_CANCELLED, 487); /* what the far side calls it is no matter */
        assert_string_equal(line_log(&l), "ended19:no_answer close gone ");
    }
    line_close(&l);
}

static void thirty_seconds_are_the_rule_for_ringing(void **state)
{
    line l;
    (void)state;
    line_open(&l);
    hl_id id = line_out(&l, LINE_CONTACT(1), 0)->id;
    line_pass(&l, 29999);
    assert_non_null(hl__leg_of(l.calls, id));
    line_pass(&l, 1); /* not even its media came: it ends at once */
    assert_null(hl__leg_of(l.calls, id));
    assert_int_equal(l.cause, HL_CAUSE_NO_ANSWER);
    line_close(&l);
}

static void an_answered_leg_has_no_time_limit(void **state)
{
    line l;
    (void)state;
    line_open(&l);
    (void)in_state(&l, HL_LEG_ANSWERED, false);
    line_pass(&l, 100000000);
    assert_string_equal(line_log(&l), "");
    line_close(&l);
}

static void a_leg_without_media_is_let_go_after_thirty_seconds(void **state)
{
    line l;
    (void)state;
    line_open(&l);
    hl_id id = in_state(&l, HL_LEG_LOST, true)->id;
    line_pass(&l, 29999);
    hl__leg_on_path(l.calls, id, false);
    assert_string_equal(line_log(&l), "state4 ");
    line_pass(&l, 60000);
    hl__leg_on_path(l.calls, id, true);
    (void)line_log(&l);
    line_pass(&l, 30000);
    assert_string_equal(line_log(&l), "state6 call0 hangup202 ");
    line_pass(&l, 32000);
    assert_string_equal(line_log(&l), "ended202:media_lost close gone ");
    line_close(&l);
}

static void a_silent_far_end_is_forgotten_after_32_seconds(void **state)
{
    line l;
    (void)state;
    line_open(&l);
    hl_id id = in_state(&l, HL_LEG_ENDING, true)->id;
    line_pass(&l, 31999);
    assert_non_null(hl__leg_of(l.calls, id));
    line_pass(&l, 1);
    assert_string_equal(line_log(&l), "ended16:normal close gone ");
    assert_int_equal(l.ended, 1);
    line_close(&l);
}

static void the_first_cause_wins(void **state)
{
    line l;
    (void)state;
    line_open(&l);
    hl_id id = in_state(&l, HL_LEG_ANSWERED, true)->id;
    assert_int_equal(hl__leg_hangup(l.calls, id, HL_CAUSE_POLICY), 0);
    assert_int_equal(hl__leg_hangup(l.calls, id, HL_CAUSE_BUSY), 0);
    hl__leg_on_ended(l.calls, id, HL_CAUSE_REJECTED, 603);
    assert_int_equal(l.cause, HL_CAUSE_POLICY);
    id = in_state(&l, HL_LEG_ANSWERED, true)->id;
    hl__leg_on_ended(l.calls, id, HL_CAUSE_UNREACHABLE, 503);
    assert_int_equal(l.cause, HL_CAUSE_UNREACHABLE);
    id = in_state(&l, HL_LEG_ANSWERED, true)->id;
    hl__leg_on_ended(l.calls, id, 0, 0); /* no cause given */
    assert_int_equal(l.cause, HL_CAUSE_NORMAL);
    assert_int_equal(l.ended, 3);
    line_close(&l);
}

static void keys_are_heard_and_sent_while_there_is_sound(void **state)
{
    static const int states[] = { HL_LEG_NEW, HL_LEG_RINGING, HL_LEG_EARLY, HL_LEG_ANSWERED, HL_LEG_LOST,
        HL_LEG_ENDING };
    (void)state;
    for (size_t i = 0; i < HL__COUNT(states); i++) {
        bool sound = states[i] == HL_LEG_EARLY || states[i] == HL_LEG_ANSWERED;
        line l;
        line_open(&l);
        hl__leg *leg = in_state(&l, states[i], true);
        hl__leg_on_key(l.calls, leg->id, '5');
        assert_string_equal(line_log(&l), sound ? "key5 " : "");
        assert_int_equal(hl__leg_dtmf(l.calls, leg->id, "12", 0), sound ? 0 : HL_ESTATE);
        assert_string_equal(line_log(&l), sound ? "tones12,100 " : "");
        assert_int_equal(hl__leg_mute(l.calls, leg->id, HL_MUTE_IN), states[i] == HL_LEG_ENDING ? HL_ESTATE : 0);
        line_close(&l);
    }
}

static void no_more_legs_than_the_limit(void **state)
{
    const hl__leg_spec spec = { .contact = LINE_CONTACT(9), .inbound = true };
    hl__leg *leg;
    line l;
    (void)state;
    line_open(&l);
    for (int i = 0; i < 40; i++) (void)line_in(&l, LINE_CONTACT(i / 16), HL_MEDIUM_PHONE);
    assert_int_equal(hl__leg_add(l.calls, &spec, &leg), HL_ELIMIT);
    assert_int_equal(l.calls->legs.live, 40);
    line_close(&l);
}

static void causes_have_the_names_of_the_header_in_small_letters(void **state)
{
    static const struct { int cause; const char *name; } all[] = {
#define X(name, number) { number, #name },
        HL_CAUSES(X)
#undef X
    };
    (void)state;
    for (size_t i = 0; i < HL__COUNT(all); i++) {
        const char *word = hl__cause_word(all[i].cause);
        assert_int_equal(strlen(word), strlen(all[i].name));
        for (size_t k = 0; word[k]; k++)
            assert_int_equal(word[k], all[i].name[k] == '_' ? '_' : all[i].name[k] + 32);
    }
    assert_string_equal(hl__cause_word(127), "");
}

static void a_row_has_what_is_known_of_a_leg(void **state)
{
    hl_leg row = HL_LEG_INIT;
    line l;
    (void)state;
    line_open(&l);
    hl__leg *leg = in_state(&l, HL_LEG_ANSWERED, true);
    hl__leg_row(leg, &row);
    assert_int_equal(row.size, sizeof row);
    assert_int_equal(row.id, leg->id);
    assert_int_equal(row.contact, LINE_CONTACT(1));
    assert_int_equal(row.state, HL_LEG_ANSWERED);
    assert_int_equal(row.flags, HL_IS_INBOUND);
    assert_int_equal(row.role, HL_ROLE_CUSTOMER);
    assert_int_equal(row.answered, l.core.now);
    assert_string_equal(row.local, "96332");
    assert_string_equal(row.remote, "13900000001");
    assert_string_equal(row.name, "Li");
    assert_string_equal(row.text, "");
    line_close(&l);
}

static int call_under_failing_memory(void *ctx)
{
    const hl__leg_spec spec = { .contact = LINE_CONTACT(1), .inbound = true, .local = "a", .remote = "b", .name = "c" };
    hl__leg *one = NULL, *two = NULL;
    line *l = ctx;
    int64_t failing = hl_test_mem.fail_at, before;
    int r;

    hl_test_mem.fail_at = 0;
    line_open(l);
    hl_test_mem.fail_at = failing;
    r = hl__leg_add(l->calls, &spec, &one);
    if (r < 0) assert_string_equal(line_log(l), "");
    if (r == 0) {
        (void)line_log(l);
        before = l->calls->legs.live;
        r = hl__leg_add(l->calls, &spec, &two);
        if (r < 0) {
            assert_string_equal(line_log(l), "");
            assert_int_equal(l->calls->legs.live, before);
            assert_int_equal(one->call->legs, 1);
        }
    }
    line_close(l);
    return r;
}

static void without_memory_no_leg_comes_and_none_is_told(void **state)
{
    line l;
    (void)state;
    assert_true(hl_test_oom(call_under_failing_memory, &l) > 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(only_a_new_inbound_leg_rings), HL_TEST(early_media_before_or_after_ringing),
        HL_TEST(an_inbound_leg_is_answered_until_it_talks), HL_TEST(any_leg_can_be_hung_up),
        HL_TEST(the_far_side_rings_once), HL_TEST(the_far_side_may_send_early_media),
        HL_TEST(the_answer_begins_the_talk),
        HL_TEST(a_talk_may_lose_its_media), HL_TEST(lost_media_may_come_back), HL_TEST(the_driver_ends_any_leg),
        HL_TEST(media_that_never_comes_hangs_up), HL_TEST(a_leg_that_is_gone_is_no_leg),
        HL_TEST(an_answer_waits_for_the_media_and_is_given_once),
        HL_TEST(a_leg_hung_up_before_its_media_came_is_not_answered_then),
        HL_TEST(an_outbound_leg_is_dialled_when_its_media_is_there),
        HL_TEST(an_outbound_leg_that_was_not_dialled_yet_ends_at_once), HL_TEST(a_page_answers_and_ends_by_our_word),
        HL_TEST(who_does_not_answer_in_time_is_given_up), HL_TEST(thirty_seconds_are_the_rule_for_ringing),
        HL_TEST(an_answered_leg_has_no_time_limit), HL_TEST(a_leg_without_media_is_let_go_after_thirty_seconds),
        HL_TEST(a_silent_far_end_is_forgotten_after_32_seconds), HL_TEST(the_first_cause_wins),
        HL_TEST(keys_are_heard_and_sent_while_there_is_sound), HL_TEST(no_more_legs_than_the_limit),
        HL_TEST(causes_have_the_names_of_the_header_in_small_letters), HL_TEST(a_row_has_what_is_known_of_a_leg),
        HL_TEST(without_memory_no_leg_comes_and_none_is_told),
    };
    return HL_TEST_MAIN(tests);
}
