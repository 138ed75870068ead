/* test_promise.c - call-backs: the place is kept, the turn met, tries and windows kept to, nobody is forgotten. */
#include "bed.h"
#include "base/json.h"
#include "calendar/calendar.h"

#define DESK(more) "{\"queues\":{\"desk\":{\"wrapup_ms\":5000,\"handle_ms\":100000,\"resume_ms\":0" more "}}," \
    "\"agents\":{\"ann\":{\"queues\":{\"desk\":{}}},\"bob\":{\"queues\":{\"desk\":{}}}}}"
#define LEG HL__ID(77, HL_KIND_LEG)
#define MINUTE 60000

static int try_promise(bed *b, hl_id contact, int mode, int tries, int gap_ms, hl_time until)
{
    hl_promise p = HL_PROMISE_INIT;

    p.mode = mode;
    p.tries = tries;
    p.gap_ms = gap_ms;
    p.until = until;
    p.number = "13900000001";
    p.note = "about the bill";
    b->err.words[0] = 0;
    return hl__acd_promise(b->acd, contact, &p);
}

static void promise(bed *b, hl_id contact, int mode)
{
    hl_test_ok(try_promise(b, contact, mode, 0, 0, 0) == 0, "%s", b->err.words);
}

/* The lines about call-backs since the last time are these, in order. */
static void told(bed *b, const char *want)
{
    const char *at = bed_said(b);
    char got[4000] = "";
    size_t len = 0;

    while ((at = strstr(at, "callback "))) {
        size_t line = strcspn(at, "\n") + 1;
        assert_true(len + line < sizeof(got));
        memcpy(got + len, at, line);
        len += line;
        got[len] = 0;
        at += line;
    }
    assert_string_equal(got, want);
    bed_hush(b);
}

static hl_queue_stat figures(bed *b)
{
    hl_queue_stat s = HL_QUEUE_STAT_INIT;

    assert_int_equal(hl__acd_stat(b->acd, bed_q(b, "desk"), HL_SPAN_ALL, &s), 0);
    return s;
}

static void who_may_hang_up_keeps_the_key_and_all_keep_their_places(void **state)
{
    hl_queue q = HL_QUEUE_INIT;
    hl_contact before = HL_CONTACT_INIT, after = HL_CONTACT_INIT;
    hl_promise p = HL_PROMISE_INIT;
    hl_id c[3];
    bed b;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, DESK("")), 0);
    for (int i = 0; i < 3; i++) {
        c[i] = bed_add(&b, "desk", NULL);
        bed_to(&b, i * 1000);
    }
    assert_int_equal(hl__acd_contact_get(b.acd, c[1], &before), 0);
    bed_hush(&b);
    promise(&b, c[1], HL_PROMISE_CUSTOMER_FIRST);
    told(&b, "callback 5 PROMISED 13900000001\n");
    assert_int_equal(hl__acd_contact_get(b.acd, c[1], &after), 0);
    assert_true(after.key == before.key);
    assert_int_equal(after.state, HL_CONTACT_PARKED);
    assert_true(after.leg == 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(bed_place(&b, c[i]), i + 1);
    q.id = bed_q(&b, "desk") - 1;
    assert_int_equal(hl__acd_queue_next(b.acd, &q), 1);
    assert_int_equal(q.waiting, 2);
    assert_int_equal(q.parked, 1);
    assert_int_equal(hl__acd_hangup(b.acd, c[1]), HL_ESTATE); /* the leg may go: nothing changes */
    assert_int_equal(hl__acd_promised(b.acd, c[1], &p), 1);
    assert_string_equal(p.note, "about the bill");
    assert_int_equal(p.gap_ms, 300000);
    assert_true(p.until > b.core.now + 24 * 3600 * (hl_time)HL__SECOND);
    assert_int_equal(hl__acd_promised(b.acd, c[0], &p), 0);
    bed_check(&b);
    bed_close(&b);
}

static void one_is_dialled_when_the_turn_comes_and_others_pass_meanwhile(void **state)
{
    hl_id talk, first, second;
    bed b;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, DESK("")), 0);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    talk = bed_add(&b, "desk", NULL);
    assert_int_equal(hl__acd_accept(b.acd, bed_offer(&b, "ann")), 0);
    assert_int_equal(hl__acd_connected(b.acd, talk), 0);
    first = bed_add(&b, "desk", NULL);
    bed_to(&b, 1000);
    promise(&b, first, HL_PROMISE_CUSTOMER_FIRST);
    bed_to(&b, 50000); /* its turn is 70 s away, whatever the time */
    assert_int_equal(bed_state(&b, first), HL_CONTACT_PARKED);
    assert_int_equal(hl__acd_talk_end(b.acd, talk), 0);
    bed_hush(&b);
    bed_to(&b, 55000); /* ann is ready for work, and finds none */
    told(&b, "callback 6 DUE 13900000001\ncallback 6 CALLING 13900000001\n");
    assert_int_equal(bed_state(&b, first), HL_CONTACT_CALLING);
    second = bed_add(&b, "desk", NULL);
    assert_true(bed_offered(&b, "ann") == second);
    assert_int_equal(hl__acd_accept(b.acd, bed_offer(&b, "ann")), 0);
    assert_int_equal(hl__acd_connected(b.acd, second), 0);
    talk = bed_add(&b, "desk", NULL);
    bed_to(&b, 60000);
    assert_int_equal(hl__acd_reached(b.acd, first, LEG), 0);
    assert_int_equal(bed_state(&b, first), HL_CONTACT_WAITING);
    assert_int_equal(bed_place(&b, first), 1);
    assert_int_equal(hl__acd_talk_end(b.acd, second), 0);
    bed_to(&b, 70000);
    assert_true(bed_offered(&b, "ann") == first);
    bed_hush(&b);
    bed_serve(&b, "ann", 1000);
    told(&b, "callback 6 KEPT 13900000001\n");
    assert_int_equal(figures(&b).promised, 1);
    assert_int_equal(figures(&b).kept, 1);
    assert_int_equal(figures(&b).answered, 2);          /* who held on */
    assert_int_equal(figures(&b).handled, 3);
    assert_int_equal(figures(&b).wait_max_ms, 1000);    /* the wait ended with the promise */
    assert_int_equal(bed_state(&b, talk), HL_CONTACT_WAITING);
    bed_check(&b);
    bed_close(&b);
}

static void one_idle_agent_does_not_make_all_be_dialled(void **state)
{
    hl_id c[20];
    int calling = 0;
    bed b;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, DESK("")), 0);
    for (int i = 0; i < 20; i++) {
        c[i] = bed_add(&b, "desk", NULL);
        promise(&b, c[i], HL_PROMISE_CUSTOMER_FIRST);
    }
    bed_to(&b, 300000); /* nobody is staffed: nobody is dialled */
    for (int i = 0; i < 20; i++)
        assert_int_equal(bed_state(&b, c[i]), HL_CONTACT_PARKED);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_to(&b, 300000);
    for (int i = 0; i < 20; i++)
        calling += bed_state(&b, c[i]) == HL_CONTACT_CALLING;
    assert_int_equal(calling, 1);
    assert_int_equal(bed_state(&b, c[0]), HL_CONTACT_CALLING);
    assert_int_equal(hl__acd_missed(b.acd, c[0]), 0); /* the next is dialled at once: ann has nothing to do */
    bed_to(&b, 300000);
    assert_int_equal(bed_state(&b, c[0]), HL_CONTACT_PARKED);
    assert_int_equal(bed_state(&b, c[1]), HL_CONTACT_CALLING);
    assert_int_equal(bed_state(&b, c[2]), HL_CONTACT_PARKED);
    assert_int_equal(bed_place(&b, c[19]), 20);
    bed_check(&b);
    bed_close(&b);
}

static void a_missed_call_is_tried_again_after_the_gap_and_at_last_broken(void **state)
{
    hl_id c;
    bed b;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, DESK("")), 0);
    c = bed_add(&b, "desk", NULL);
    assert_int_equal(try_promise(&b, c, HL_PROMISE_CUSTOMER_FIRST, 2, 90000, 0), 0);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_to(&b, 1000);
    assert_int_equal(hl__acd_missed(b.acd, c), 0);
    assert_int_equal(hl__acd_missed(b.acd, c), HL_ESTATE); /* told twice */
    bed_to(&b, 90999);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_PARKED);
    bed_to(&b, 91000);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_CALLING);
    bed_to(&b, 91000 + 119999);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_CALLING);
    bed_to(&b, 91000 + 120000); /* nobody told how it came out: missed */
    assert_int_equal(bed_state(&b, c), 0);
    assert_int_equal(b.outcome, HL_OUTCOME_BROKEN);
    told(&b, "callback 4 PROMISED 13900000001\ncallback 4 DUE 13900000001\ncallback 4 CALLING 13900000001\n"
        "callback 4 MISSED 13900000001\ncallback 4 DUE 13900000001\ncallback 4 CALLING 13900000001\n"
        "callback 4 MISSED 13900000001\ncallback 4 BROKEN 13900000001\n");
    assert_int_equal(figures(&b).broken, 1);
    assert_int_equal(figures(&b).abandoned, 0);
    bed_close(&b);
}

static void a_window_is_kept_to_and_one_that_is_over_is_told(void **state)
{
    hl_promise p = HL_PROMISE_INIT;
    hl_id c;
    bed b;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, DESK("")), 0);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_go(&b, "ann", HL_AGENT_AUX);
    c = bed_add(&b, "desk", NULL);
    p.from = b.start + 60 * (hl_time)HL__SECOND;
    p.until = b.start + 90 * (hl_time)HL__SECOND;
    p.number = "1";
    assert_int_equal(hl__acd_promise(b.acd, c, &p), 0);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_to(&b, 59999);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_PARKED);
    bed_to(&b, 60000);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_CALLING);
    assert_int_equal(hl__acd_missed(b.acd, c), 0);
    bed_to(&b, 89999);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_PARKED);
    bed_to(&b, 90000);
    assert_int_equal(b.outcome, HL_OUTCOME_BROKEN);
    assert_int_equal(bed_state(&b, c), 0);
    bed_close(&b);
}

static void what_cannot_be_promised_is_refused_with_words(void **state)
{
    hl_promise p = HL_PROMISE_INIT;
    hl_id c;
    bed b;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, DESK("")), 0);
    c = bed_add(&b, "desk", NULL);
    assert_int_equal(hl__acd_promise(b.acd, c, &p), HL_EINVAL);
    assert_string_equal(b.err.words, "there is no number to call back");
    p.number = "1";
    p.mode = 2;
    assert_int_equal(hl__acd_promise(b.acd, c, &p), HL_EINVAL);
    p.mode = 0;
    p.until = b.core.now;
    assert_int_equal(hl__acd_promise(b.acd, c, &p), HL_EINVAL);
    assert_string_equal(b.err.words, "the window of the call-back is over before it begins");
    p.until = 0;
    p.tries = -1;
    assert_int_equal(hl__acd_promise(b.acd, c, &p), HL_EINVAL);
    p.tries = 0;
    assert_int_equal(hl__acd_promise(b.acd, HL__ID(99, HL_KIND_CONTACT), &p), HL_ENOENT);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    assert_int_equal(hl__acd_accept(b.acd, bed_offer(&b, "ann")), 0);
    assert_int_equal(hl__acd_promise(b.acd, c, &p), HL_ESTATE);
    assert_string_equal(b.err.words, "promise: the contact is connecting");
    assert_int_equal(figures(&b).promised, 0);
    bed_close(&b);
}

static void agent_first_a_missed_customer_frees_the_agent_without_wrapup(void **state)
{
    hl_id c, next;
    bed b;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, DESK("")), 0);
    c = bed_add(&b, "desk", NULL);
    assert_int_equal(try_promise(&b, c, HL_PROMISE_AGENT_FIRST, 2, 60000, 0), 0);
    next = bed_add(&b, "desk", NULL);
    bed_hush(&b);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    assert_true(bed_offered(&b, "ann") == c); /* matched like any other: it came first */
    assert_int_equal(hl__acd_accept(b.acd, bed_offer(&b, "ann")), 0);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_CONNECTING);
    told(&b, "callback 4 DUE 13900000001\ncallback 4 CALLING 13900000001\n");
    assert_int_equal(hl__acd_connected(b.acd, c), HL_ESTATE); /* the customer is not there yet */
    assert_int_equal(hl__acd_missed(b.acd, c), 0);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_PARKED);
    assert_true(bed_offered(&b, "ann") == next); /* at once: no wrap-up, no cooling */
    assert_int_equal(bed_place(&b, c), 1);
    bed_serve(&b, "ann", 30000);
    bed_to(&b, 59999);
    assert_int_equal(bed_work(&b, "ann"), HL_WORK_IDLE);
    bed_to(&b, 60000);
    assert_true(bed_offered(&b, "ann") == c);
    assert_int_equal(hl__acd_reject(b.acd, bed_offer(&b, "ann"), HL_OFFER_REJECTED), 0);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_PARKED); /* still at the head, and no try is lost */
    bed_go(&b, "bob", HL_AGENT_AVAILABLE);
    assert_int_equal(hl__acd_accept(b.acd, bed_offer(&b, "bob")), 0);
    bed_hush(&b);
    assert_int_equal(hl__acd_reached(b.acd, c, LEG), 0);
    told(&b, "callback 4 REACHED 13900000001\ncallback 4 KEPT 13900000001\n");
    assert_int_equal(bed_state(&b, c), HL_CONTACT_ENGAGED);
    bed_check(&b);
    assert_int_equal(hl__acd_talk_end(b.acd, c), 0);
    assert_int_equal(bed_work(&b, "bob"), HL_WORK_WRAPUP);
    bed_close(&b);
}

static void who_calls_again_has_the_place_by_proof_alone(void **state)
{
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id c, other, again;
    hl_time key;
    bed b;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, DESK("")), 0);
    in.queue = bed_q(&b, "desk");
    in.leg = LEG;
    in.number = "13900000001";
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &c), 0);
    key = hl__contact_find(b.acd, c)->key;
    bed_add(&b, "desk", NULL);
    promise(&b, c, HL_PROMISE_CUSTOMER_FIRST);
    bed_to(&b, 5000);
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &other), 0); /* the same number: another caller */
    assert_true(other != c);
    assert_int_equal(bed_place(&b, other), 3);
    bed_hush(&b);
    in.resume = c;
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &again), 0);
    assert_true(again == c);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_WAITING);
    assert_int_equal(bed_place(&b, c), 1);
    assert_true(hl__contact_find(b.acd, c)->key == key);
    told(&b, "callback 4 CANCELLED 13900000001\n");
    assert_int_equal(figures(&b).broken, 0);
    bed_check(&b);
    bed_close(&b);
}

static void who_is_reached_and_gives_up_was_promised_in_vain(void **state)
{
    hl_id c;
    bed b;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, DESK(",\"max_wait_ms\":20000")), 0);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_go(&b, "ann", HL_AGENT_AUX);
    c = bed_add(&b, "desk", NULL);
    promise(&b, c, HL_PROMISE_CUSTOMER_FIRST);
    bed_to(&b, 600000); /* who is not on the line does not wait too long */
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_to(&b, 600000);
    bed_go(&b, "ann", HL_AGENT_AUX);
    assert_int_equal(hl__acd_reached(b.acd, c, LEG), 0);
    bed_to(&b, 619999);
    assert_int_equal(bed_state(&b, c), HL_CONTACT_WAITING);
    assert_int_equal(hl__acd_hangup(b.acd, c), 0);
    assert_int_equal(b.outcome, HL_OUTCOME_ABANDONED);
    assert_int_equal(figures(&b).broken, 1);
    assert_int_equal(figures(&b).abandoned, 0);
    bed_close(&b);
}

/* Media gone in the middle of the talk: the customer waits again, with the old key. */
static void who_was_called_back_keeps_the_key_when_the_agent_is_lost(void **state)
{
    hl_id c, later;
    bed b;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, DESK("")), 0);
    c = bed_add(&b, "desk", NULL);
    promise(&b, c, HL_PROMISE_CUSTOMER_FIRST);
    later = bed_add(&b, "desk", NULL);
    bed_to(&b, 1000);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    assert_true(bed_offered(&b, "ann") == later);
    bed_go(&b, "bob", HL_AGENT_AVAILABLE);
    bed_to(&b, 1000);
    assert_int_equal(hl__acd_reached(b.acd, c, LEG), 0);
    assert_true(bed_offered(&b, "bob") == c);
    assert_int_equal(hl__acd_reject(b.acd, bed_offer(&b, "ann"), HL_OFFER_REJECTED), 0);
    assert_int_equal(hl__acd_accept(b.acd, bed_offer(&b, "bob")), 0);
    assert_int_equal(hl__acd_connected(b.acd, c), 0);
    assert_int_equal(hl__acd_agent_failed(b.acd, c), 0);
    assert_int_equal(bed_place(&b, c), 1);
    assert_int_equal(bed_place(&b, later), 2);
    assert_int_equal(hl__acd_move(b.acd, c, bed_q(&b, "desk"), 1), 0);
    assert_int_equal(bed_place(&b, c), 1);
    bed_check(&b);
    bed_close(&b);
}

static int zone_bytes(void *ctx, const char *name, const void **out, size_t *len)
{
    static char data[8192];
    FILE *f = fopen("/usr/share/zoneinfo/UTC", "rb");

    (void)ctx, (void)name; /* the only one */
    assert_non_null(f);
    *len = fread(data, 1, sizeof(data), f);
    *out = data;
    return fclose(f);
}

static hl__calendars *week(bed *b)
{
    static const char text[] = "{\"tz\":\"UTC\",\"week\":{\"mon-fri\":[\"08:00-12:00\",\"13:00-17:00\"]}}";
    hl__json *j = hl__json_read(text, strlen(text), NULL);
    hl__calendars *cal;
    hl__section s[2];

    assert_int_equal(hl__calendars_new(&b->core, zone_bytes, NULL, &cal), 0);
    assert_int_equal(hl__calendars_sections(cal, s, 2), 2);
    assert_int_equal(s[1].apply(s[1].domain, HL__ID(500, s[1].kind), "week", j), 0);
    hl__json_free(j);
    b->acd->cal = cal;
    return cal;
}

static void hours(bed *b, const char *json)
{
    assert_int_equal(bed_apply(b, json), 0);
    bed_to(b, (b->core.now - b->start) / HL__US);
}

/* The bed starts on Monday 2026-09-21 at 14:13:20 UTC. */
static void at_closing_time_it_stays_and_heads_the_next_opening(void **state)
{
    const hl_time open = (hl_time)(17 * 3600 + 46 * 60 + 40) * HL__SECOND; /* till 08:00 of the next day */
    hl_promise row = HL_PROMISE_INIT;
    hl_id c[2], next;
    hl__calendars *cal;
    bed b;

    (void)state;
    for (int mode = HL_PROMISE_CUSTOMER_FIRST; mode <= HL_PROMISE_AGENT_FIRST; mode++) {
        bed_open(&b);
        cal = week(&b);
        hours(&b, DESK(",\"hours\":\"week\""));
        for (int i = 0; i < 2; i++)
            c[i] = bed_add(&b, "desk", NULL);
        promise(&b, c[0], mode);
        assert_int_equal(hl__acd_promised(b.acd, c[0], &row), 1);
        assert_true(row.until == b.start + open + 9 * 3600 * (hl_time)HL__SECOND); /* the end of Tuesday, not noon */
        bed_to(&b, 4 * 3600000);
        assert_int_equal(hl__acd_end(b.acd, c[1], HL_OUTCOME_WITHDRAWN), 0);
        bed_go(&b, "ann", HL_AGENT_AVAILABLE);
        bed_to(&b, open / HL__US - 1);
        assert_int_equal(bed_state(&b, c[0]), HL_CONTACT_PARKED); /* nobody is dialled at night */
        bed_check(&b);
        bed_to(&b, open / HL__US);
        next = bed_add(&b, "desk", NULL);
        if (mode == HL_PROMISE_CUSTOMER_FIRST) {
            assert_int_equal(bed_state(&b, c[0]), HL_CONTACT_CALLING);
            assert_int_equal(hl__acd_reached(b.acd, c[0], LEG), 0);
            assert_int_equal(bed_place(&b, c[0]), 1);
        } else {
            assert_true(bed_offered(&b, "ann") == c[0]);
            assert_int_equal(bed_place(&b, next), 1);
        }
        bed_check(&b);
        bed_to(&b, (open + 9 * 3600 * (hl_time)HL__SECOND) / HL__US); /* whatever: nobody is kept beyond `until` */
        assert_int_not_equal(bed_state(&b, c[0]), HL_CONTACT_PARKED);
        bed_close(&b);
        hl__calendars_free(cal);
    }
}

/* Twin days: the same callers, agents and talks; in one of them some are promised a call-back, and pick up at once. */
enum { CALLERS = 300, SEATS = 6, LIVE = 4 * CALLERS };

typedef struct twin {
    bed b;
    hl__rand rand;
    hl_id id[CALLERS], talk[SEATS];
    hl_time over[SEATS];
    int order[CALLERS], served, came;
    int place[CALLERS];
    bool promises;
    int mode;
} twin;

static int caller_of(const twin *t, hl_id id)
{
    int i = 0;

    while (i < t->came && t->id[i] != id)
        i++;
    assert_true(i < t->came);
    return i;
}

/* Every accepted talk takes what its caller's number says. */
static void answer(twin *t, int seat)
{
    char name[8];
    hl_id contact;

    snprintf(name, sizeof(name), "a%d", seat);
    if (!(contact = bed_offered(&t->b, name)))
        return;
    int who = caller_of(t, contact);
    assert_int_equal(hl__acd_accept(t->b.acd, bed_offer(&t->b, name)), 0);
    if (t->mode == HL_PROMISE_AGENT_FIRST && hl__contact_find(t->b.acd, contact)->promise)
        assert_int_equal(hl__acd_reached(t->b.acd, contact, LEG), 0);
    else
        assert_int_equal(hl__acd_connected(t->b.acd, contact), 0);
    t->order[t->served++] = who;
    t->talk[seat] = contact;
    t->over[seat] = t->b.core.now + (60 + who * 37 % 120) * (hl_time)HL__SECOND;
}

static void minute(twin *t)
{
    for (int s = 0; s < SEATS; s++)
        if (t->talk[s] && t->over[s] <= t->b.core.now) {
            assert_int_equal(hl__acd_talk_end(t->b.acd, t->talk[s]), 0);
            t->talk[s] = 0;
        }
    for (int i = 0; i < t->came; i++) {
        hl__contact *c = hl__contact_find(t->b.acd, t->id[i]);
        if (c && c->state == HL_CONTACT_CALLING)
            assert_int_equal(hl__acd_reached(t->b.acd, c->id, LEG), 0);
    }
    for (int s = 0; s < SEATS; s++)
        answer(t, s);
}

/* An announced place never rises. */
static void places(twin *t)
{
    for (int i = 0; i < t->came; i++) {
        hl_contact row = HL_CONTACT_INIT;
        if (hl__acd_contact_get(t->b.acd, t->id[i], &row) < 0 || row.place == 0)
            continue;
        hl_test_ok(!t->place[i] || row.place <= t->place[i], "caller %d was %d, is %d", i, t->place[i], row.place);
        t->place[i] = row.place;
    }
}

static void day(twin *t, bool promises, int mode)
{
    hl__buf doc;

    memset(t, 0, sizeof(*t));
    t->promises = promises;
    t->mode = mode;
    bed_open(&t->b);
    t->b.is_quiet = true;
    hl__rand_init(&t->rand, (int64_t)hl_test_seed(), 31, 0);
    hl__buf_init(&doc, &hl_test_mem);
    hl__buf_str(&doc, "{\"queues\":{\"desk\":{\"wrapup_ms\":0,\"handle_ms\":120000,\"lead_ms\":90000}},\"agents\":{");
    for (int s = 0; s < SEATS; s++)
        hl__buf_fmt(&doc, "%s\"a%d\":{\"queues\":{\"desk\":{}}}", s ? "," : "", s);
    hl__buf_str(&doc, "}}");
    assert_int_equal(bed_load(&t->b, doc.data), 0);
    hl__buf_free(&doc);
    for (int s = 0; s < SEATS; s++)
        bed_go(&t->b, ((const char *const[]){ "a0", "a1", "a2", "a3", "a4", "a5" })[s], HL_AGENT_AVAILABLE);
    for (int64_t at = 0; t->served < CALLERS; at += 1000) {
        assert_true(at < 24 * 3600000);
        bed_to(&t->b, at);
        if (t->came < CALLERS && hl__rand_below(&t->rand, 1000) < 55) {
            t->id[t->came] = bed_add(&t->b, "desk", NULL);
            bool wants = hl__rand_below(&t->rand, 3) == 0;
            if (wants && promises && bed_state(&t->b, t->id[t->came]) == HL_CONTACT_WAITING)
                promise(&t->b, t->id[t->came], mode);
            t->came++;
        }
        bed_to(&t->b, at);
        minute(t);
        places(t);
        bed_check(&t->b);
    }
    assert_int_equal(figures(&t->b).kept, figures(&t->b).promised);
    assert_true(!promises || figures(&t->b).kept > CALLERS / 10);
    bed_close(&t->b);
}

static void they_are_served_in_the_order_of_those_who_held_on(void **state)
{
    twin *held = malloc(sizeof(*held)), *promised = malloc(sizeof(*promised));

    (void)state;
    day(held, false, 0);
    for (int mode = HL_PROMISE_CUSTOMER_FIRST; mode <= HL_PROMISE_AGENT_FIRST; mode++) {
        day(promised, true, mode);
        for (int i = 0; i < CALLERS; i++)
            hl_test_ok(held->order[i] == promised->order[i], "mode %d: the %dth is caller %d, was %d", mode, i,
                       promised->order[i], held->order[i]);
    }
    free(held);
    free(promised);
}

static void ten_thousand_who_are_far_from_their_turn_cost_little(void **state)
{
    enum { PARKED = 10000 };
    hl_promise p = HL_PROMISE_INIT;
    uint64_t serial;
    hl_id c, talk;
    bed b;

    (void)state;
    bed_open(&b);
    b.is_quiet = true;
    assert_int_equal(bed_load(&b, DESK("")), 0);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    talk = bed_add(&b, "desk", NULL);
    assert_int_equal(hl__acd_accept(b.acd, bed_offer(&b, "ann")), 0);
    assert_int_equal(hl__acd_connected(b.acd, talk), 0);
    p.number = "1";
    p.until = b.core.now + 30 * 24 * 3600 * (hl_time)HL__SECOND;
    for (int i = 0; i < PARKED; i++) {
        c = bed_add(&b, "desk", NULL);
        assert_int_equal(hl__acd_promise(b.acd, c, &p), 0);
    }
    bed_to(&b, 60000);
    serial = b.core.wheel.serial;
    bed_to(&b, 60 * MINUTE + 60000); /* in an hour */
    serial = b.core.wheel.serial - serial;
    hl_test_ok(serial < 4 * PARKED, "%llu looks an hour at %d who are parked", (unsigned long long)serial, PARKED);
    print_message("promise: %.2f looks an hour at one who is parked\n", (double)serial / PARKED);
    bed_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(who_may_hang_up_keeps_the_key_and_all_keep_their_places),
        HL_TEST(one_is_dialled_when_the_turn_comes_and_others_pass_meanwhile),
        HL_TEST(one_idle_agent_does_not_make_all_be_dialled),
        HL_TEST(a_missed_call_is_tried_again_after_the_gap_and_at_last_broken),
        HL_TEST(a_window_is_kept_to_and_one_that_is_over_is_told),
        HL_TEST(what_cannot_be_promised_is_refused_with_words),
        HL_TEST(agent_first_a_missed_customer_frees_the_agent_without_wrapup),
        HL_TEST(who_calls_again_has_the_place_by_proof_alone),
        HL_TEST(who_is_reached_and_gives_up_was_promised_in_vain),
        HL_TEST(who_was_called_back_keeps_the_key_when_the_agent_is_lost),
        HL_TEST(at_closing_time_it_stays_and_heads_the_next_opening),
        HL_TEST(they_are_served_in_the_order_of_those_who_held_on),
        HL_TEST(ten_thousand_who_are_far_from_their_turn_cost_little),
    };

    return HL_TEST_MAIN(tests);
}
