/* test_rows.c - what crosses the border: structs of every size, ids of every kind,
    outputs that a failure leaves alone. */
#include "house.h"
#include <hotline/calendar.h>
#include <hotline/speech.h>

enum { ROOM = 5000, CANARY = 0xa5 };

static void a_kind_sits_in_the_low_bits_of_an_id(void **state)
{
    (void)state;
    assert_int_equal(hl_kind(17), 1);
    assert_int_equal(hl_kind(18), 2);
    assert_int_equal(hl_kind(9007199254740990), 14);
    static const hl_id none[] = { 0, -1, 15, 1, 16, 31, INT64_C(1) << 53, (INT64_C(1) << 53) + 17, INT64_MAX,
        INT64_MIN };
    for (size_t i = 0; i < HL__COUNT(none); i++) assert_int_equal(hl_kind(none[i]), 0);
    for (int kind = 1; kind < 15; kind++) assert_int_equal(hl_kind(HL__ID(12345, kind)), kind);
}

static void ids_count_up_over_all_kinds(void **state)
{
    hl_object row = HL_OBJECT_INIT;
    hl_t *hl = house_sim();
    hl_id seen[64];
    int n = 0;
    (void)state;
    for (int kind = HL_KIND_QUEUE; kind <= HL_KIND_PART; kind++) {
        hl_id before = 0;
        int r;
        row.id = 0;
        while ((r = hl_object_next(hl, kind, &row)) == 1) {
            GIVES(hl, r, 1);
            assert_int_equal(hl_kind(row.id), kind);
            assert_true(row.id > before && row.id >> 4 > 0 && row.id < INT64_C(1) << 53);
            assert_int_equal(row.kind, kind);
            assert_int_equal(row.changed, 2);
            before = seen[n++] = row.id;
            hl_id found = 0;
            const char *name = strdup(row.name);
            if (kind != HL_KIND_PART) { /* several sections have parts: the first one's counts */
                GIVES(hl, hl_find(hl, kind, name, &found), 0);
                assert_int_equal(found, row.id);
            }
            free((void *)(uintptr_t)name);
        }
        GIVES(hl, r, 0);
    }
    assert_int_equal(n, 8); /* calendar, 2 queues, 2 agents, prompt, flow, number */
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++) assert_int_not_equal(seen[i] >> 4, seen[k] >> 4);
    hl_id id = 3;
    FAILS(hl, id, hl_find(hl, 0, "desk", &id), HL_EINVAL);
    FAILS(hl, id, hl_find(hl, 15, "desk", &id), HL_EINVAL);
    FAILS(hl, id, hl_find(hl, HL_KIND_QUEUE, NULL, &id), HL_EINVAL);
    FAILS(hl, id, hl_find(hl, HL_KIND_QUEUE, "no\tname", &id), HL_EINVAL);
    GIVES(hl, hl_find(hl, HL_KIND_QUEUE, "desk", NULL), HL_EINVAL);
    row.id = 0;
    FAILS(hl, row, hl_object_next(hl, 0, &row), HL_EINVAL);
    row.id = seen[0] ^ 3;
    FAILS(hl, row, hl_object_next(hl, hl_kind(seen[0]), &row), HL_EINVAL);
    hl_close(hl);
}

static struct { hl_t *hl; hl_id contact, leg, agent, queue, calendar; } h;

static void begin(void)
{
    memset(&h, 0, sizeof h);
    h.hl = house_sim();
    h.contact = house_talk(h.hl, &h.leg);
    h.agent = house_find(h.hl, HL_KIND_AGENT, "ann");
    h.queue = house_find(h.hl, HL_KIND_QUEUE, "desk");
    h.calendar = house_find(h.hl, HL_KIND_CALENDAR, "always");
}

/* Every function that fills a row. */
#define OUT(name, type, call) static int out_##name(void *row) { type *r = row; return call; }
OUT(event, hl_event, hl_event_next(h.hl, r))
OUT(object, hl_object, hl_object_next(h.hl, HL_KIND_AGENT, r))
OUT(queue, hl_queue, hl_queue_next(h.hl, r))
OUT(agent, hl_agent, hl_agent_get(h.hl, h.agent, r))
OUT(agents, hl_agent, hl_agent_next(h.hl, h.queue, r))
OUT(contact, hl_contact, hl_contact_get(h.hl, h.contact, r))
OUT(contacts, hl_contact, hl_contact_next(h.hl, 0, r))
OUT(estimate, hl_estimate, hl_estimate_get(h.hl, h.queue, NULL, r))
OUT(leg, hl_leg, hl_leg_next(h.hl, h.contact, r))
OUT(call, hl_call, hl_call_get(h.hl, h.contact, r))
OUT(day, hl_calendar_day, hl_calendar_day_get(h.hl, h.calendar, 20260921, r))
OUT(span, hl_calendar_span, hl_calendar_span_next(h.hl, h.calendar, r))
OUT(version, hl_calendar_version, hl_calendar_version_next(h.hl, h.calendar, r))
OUT(local, hl_local, hl_zone_local(h.hl, "Asia/Shanghai", HOUSE_START, r))
OUT(clip, hl_clip, hl_say_clip_next(h.hl, "en", 0, r))
OUT(session, hl_session, hl_session_next(h.hl, 0, r))
static const struct out { const char *name; size_t size; int (*call)(void *row); int want; } outs[] = {
    { "hl_event_next", sizeof(hl_event), out_event, 1 }, { "hl_object_next", sizeof(hl_object), out_object, 1 },
    { "hl_queue_next", sizeof(hl_queue), out_queue, 1 }, { "hl_agent_get", sizeof(hl_agent), out_agent, 0 },
    { "hl_agent_next", sizeof(hl_agent), out_agents, 1 }, { "hl_contact_get", sizeof(hl_contact), out_contact, 0 },
    { "hl_contact_next", sizeof(hl_contact), out_contacts, 1 },
    { "hl_estimate_get", sizeof(hl_estimate), out_estimate, 0 }, { "hl_leg_next", sizeof(hl_leg), out_leg, 1 },
    { "hl_call_get", sizeof(hl_call), out_call, 0 }, { "hl_calendar_day_get", sizeof(hl_calendar_day), out_day, 0 },
    { "hl_calendar_span_next", sizeof(hl_calendar_span), out_span, 1 },
    { "hl_calendar_version_next", sizeof(hl_calendar_version), out_version, 1 },
    { "hl_zone_local", sizeof(hl_local), out_local, 0 }, { "hl_say_clip_next", sizeof(hl_clip), out_clip, 1 },
    { "hl_session_next", sizeof(hl_session), out_session, 0 },
};

static bool all(const unsigned char *at, size_t len, int byte)
{
    for (size_t i = 0; i < len; i++)
        if (at[i] != byte) return false;
    return true;
}

static void one_size(const struct out *o, uint32_t size)
{
    static unsigned char row[ROOM], before[ROOM];
    memset(row, CANARY, sizeof row);
    if (size >= o->size) memset(row, 0, o->size); /* a good row as its _INIT makes it; behind it anything */
    memcpy(row, &size, sizeof size);
    memcpy(before, row, sizeof row);
    int r = o->call(row), want = size < o->size || size > 4096 ? HL_EINVAL : o->want;
    hl_test_ok(r == want, "%s, size %u: %d, not %d", o->name, size, r, want);
    hl_test_ok((r < 0) == (hl_error(h.hl)[0] != 0), "%s, size %u: words and %d", o->name, size, r);
    if (r < 0 || (r == 0 && strstr(o->name, "_next"))) { /* failed, or at the end */
        assert_memory_equal(row, before, sizeof row);
        return;
    }
    hl_test_ok(memcmp(row, &size, sizeof size) == 0, "%s changes the size", o->name);
    hl_test_ok(all(row + o->size, size - o->size, 0), "%s, size %u: the tail is not zero", o->name, size);
    hl_test_ok(all(row + size, sizeof row - size, CANARY), "%s, size %u: written behind its end", o->name, size);
}

static void rows_of_every_size_are_filled_as_far_as_both_know(void **state)
{
    (void)state;
    begin();
    for (size_t i = 0; i < HL__COUNT(outs); i++) {
        for (uint32_t size = 0; size <= 200; size++) one_size(&outs[i], size);
        one_size(&outs[i], 4096);
        one_size(&outs[i], 4097);
        one_size(&outs[i], UINT32_MAX);
        hl_test_ok(outs[i].call(NULL) == HL_EINVAL, "%s takes no row", outs[i].name);
    }
    hl_close(h.hl);
}

/* Every function that takes a struct. */
static hl_id out_id;
static const char *out_text;
static hl_time out_time;
#define IN(name, type, call) static int in_##name(const void *given) { const type *g = given; return call; }
IN(contact, hl_contact_new, hl_contact_add(h.hl, g, &out_id))
IN(dial, hl_dial, hl_leg_dial(h.hl, g, &out_id))
IN(play, hl_play, hl_media_play(h.hl, g, &out_id))
IN(say, hl_say, hl_say_text(h.hl, g, &out_text))
IN(local, hl_local, hl_zone_time(h.hl, "UTC", g, 0, &out_time))
IN(grant, hl_grant, hl_grant_make(h.hl, g, &out_text))

static void one_in(const char *name, int (*call)(const void *), const void *good, size_t first)
{
    static unsigned char row[ROOM];
    for (uint32_t size = 0; size <= 200; size++) {
        memset(row, 0, sizeof row);
        memset(row + size, CANARY, sizeof row - size);
        memcpy(row, good, size < first ? (size > 4 ? size : 4) : first);
        memcpy(row, &size, sizeof size);
        int r = call(row);
        hl_test_ok(r == (size < first ? HL_EINVAL : 0), "%s, size %u: %d: %s", name, size, r, hl_error(h.hl));
        for (size_t i = first; i < size; i++) {
            row[i] = 1;
            hl_test_ok(call(row) == HL_EVERSION, "%s, size %u: byte %zu is taken", name, size, i);
            row[i] = 0;
        }
    }
    hl_test_ok(call(NULL) == HL_EINVAL, "%s takes nothing", name);
}

static void structs_of_a_newer_header_must_not_say_what_we_do_not_know(void **state)
{
    hl_contact_new contact = HL_CONTACT_NEW_INIT;
    hl_dial dial = HL_DIAL_INIT;
    hl_play play = HL_PLAY_INIT;
    hl_say say = HL_SAY_INIT;
    hl_local local = HL_LOCAL_INIT;
    hl_grant grant = HL_GRANT_INIT;
    (void)state;
    begin();
    contact.queue = h.queue;
    dial.to = "13900000002";
    play.target = h.leg;
    play.prompt = "hello";
    say.kind = HL_SAY_NUMBER;
    say.lang = "en";
    say.value = "12";
    local.year = 2026;
    local.month = local.day = 9;
    grant.role = HL_GRANT_CALLER;
    grant.number = "1";
    one_in("hl_contact_add", in_contact, &contact, sizeof contact);
    one_in("hl_leg_dial", in_dial, &dial, sizeof dial);
    one_in("hl_media_play", in_play, &play, sizeof play);
    one_in("hl_say_text", in_say, &say, sizeof say);
    one_in("hl_zone_time", in_local, &local, sizeof local);
    one_in("hl_grant_make", in_grant, &grant, sizeof grant);
    hl_close(h.hl);
}

/* Every function that takes an id: kind, and a call with it. */
#define ID(name, call) static int id_##name(hl_id id) { return call; }
ID(ring, hl_leg_ring(h.hl, id))
ID(early, hl_leg_early(h.hl, id))
ID(answer, hl_leg_answer(h.hl, id))
ID(hangup, hl_leg_hangup(h.hl, id, 0))
ID(mute, hl_leg_mute(h.hl, id, 1))
ID(dtmf, hl_leg_dtmf(h.hl, id, "1", 0))
ID(bridge_leg, hl_call_bridge(h.hl, h.contact, id, 0))
ID(bridge, hl_call_bridge(h.hl, id, h.leg, 0))
ID(hold, hl_call_hold(h.hl, id, 0, NULL))
ID(resume, hl_call_resume(h.hl, id, 0))
ID(end, hl_call_end(h.hl, id, 0))
ID(move, hl_contact_move(h.hl, id, h.queue, 0))
ID(credit, hl_contact_credit(h.hl, id, 5))
ID(need, hl_contact_need(h.hl, id, "true"))
ID(over, hl_contact_end(h.hl, id, HL_OUTCOME_HANDLED))
ID(go, hl_agent_go(h.hl, id, HL_AGENT_AUX, NULL))
ID(wrapup, hl_agent_wrapup(h.hl, id, 0, 0))
ID(accept, hl_offer_accept(h.hl, id))
ID(reject, hl_offer_reject(h.hl, id, HL_OFFER_REJECTED))
ID(stop, hl_media_stop(h.hl, id))
ID(calendar, hl_calendar_state(h.hl, id, HOUSE_START))
static const struct { const char *name; int kind, (*call)(hl_id id), gone; } ids[] = {
    { "hl_leg_ring", HL_KIND_LEG, id_ring, HL_ENOENT }, { "hl_leg_early", HL_KIND_LEG, id_early, HL_ENOENT },
    { "hl_leg_answer", HL_KIND_LEG, id_answer, HL_ENOENT }, { "hl_leg_hangup", HL_KIND_LEG, id_hangup, HL_ENOENT },
    { "hl_leg_mute", HL_KIND_LEG, id_mute, HL_ENOENT }, { "hl_leg_dtmf", HL_KIND_LEG, id_dtmf, HL_ENOENT },
    { "hl_call_bridge, leg", HL_KIND_LEG, id_bridge_leg, HL_ENOENT },
    { "hl_call_bridge", HL_KIND_CONTACT, id_bridge, HL_ENOENT },
    { "hl_call_hold", HL_KIND_CONTACT, id_hold, HL_ENOENT },
    { "hl_call_resume", HL_KIND_CONTACT, id_resume, HL_ENOENT }, { "hl_call_end", HL_KIND_CONTACT, id_end, HL_ENOENT },
    { "hl_contact_move", HL_KIND_CONTACT, id_move, HL_ENOENT },
    { "hl_contact_credit", HL_KIND_CONTACT, id_credit, HL_ENOENT },
    { "hl_contact_need", HL_KIND_CONTACT, id_need, HL_ENOENT },
    { "hl_contact_end", HL_KIND_CONTACT, id_over, HL_ENOENT },
    { "hl_agent_go", HL_KIND_AGENT, id_go, HL_ENOENT }, { "hl_agent_wrapup", HL_KIND_AGENT, id_wrapup, HL_ENOENT },
    { "hl_offer_accept", HL_KIND_OFFER, id_accept, HL_ECONFLICT },
    { "hl_offer_reject", HL_KIND_OFFER, id_reject, HL_ECONFLICT },
    { "hl_media_stop", HL_KIND_PART, id_stop, HL_ENOENT },
    { "hl_calendar_state", HL_KIND_CALENDAR, id_calendar, HL_ENOENT },
};

static void ids_that_cannot_be_are_invalid_and_those_gone_are_not_there(void **state)
{
    static const hl_id never[] = { 0, -1, INT64_MIN, INT64_C(1) << 53, INT64_MAX };
    (void)state;
    begin();
    for (size_t i = 0; i < HL__COUNT(ids); i++) {
        for (size_t k = 0; k < HL__COUNT(never); k++) {
            int r = ids[i].call(never[k]);
            hl_test_ok(r == HL_EINVAL && hl_error(h.hl)[0], "%s(%lld) gives %d", ids[i].name, (long long)never[k], r);
        }
        for (int kind = HL_KIND_QUEUE; kind <= HL_KIND_PART; kind++) {
            int r = ids[i].call(HL__ID(1 << 20, kind)), want = kind == ids[i].kind ? ids[i].gone : HL_EINVAL;
            if (ids[i].call == id_calendar && kind == HL_KIND_PART) want = HL_ENOENT; /* a version's id will do */
            hl_test_ok(r == want && hl_error(h.hl)[0], "%s of kind %d gives %d, not %d", ids[i].name, kind, r, want);
        }
    }
    hl_call row = HL_CALL_INIT;
    GIVES(h.hl, hl_call_get(h.hl, h.contact, &row), 0);
    assert_int_equal(row.state, HL_CALL_TALK); /* all that has left the talk alone */
    hl_close(h.hl);
}

static void arguments_out_of_range_are_refused(void **state)
{
    hl_dial dial = HL_DIAL_INIT;
    hl_play play = HL_PLAY_INIT;
    hl_id id = 5;
    (void)state;
    begin();
    GIVES(h.hl, hl_leg_hangup(h.hl, h.leg, -1), HL_EINVAL);
    GIVES(h.hl, hl_leg_hangup(h.hl, h.leg, 128), HL_EINVAL);
    GIVES(h.hl, hl_leg_hangup(h.hl, h.leg, 207), HL_EINVAL);
    GIVES(h.hl, hl_call_end(h.hl, h.contact, 1000), HL_EINVAL);
    GIVES(h.hl, hl_leg_mute(h.hl, h.leg, 4), HL_EINVAL);
    GIVES(h.hl, hl_leg_dtmf(h.hl, h.leg, "12x", 0), HL_EINVAL);
    GIVES(h.hl, hl_leg_dtmf(h.hl, h.leg, NULL, 0), HL_EINVAL);
    GIVES(h.hl, hl_leg_dtmf(h.hl, h.leg, "1", -1), HL_EINVAL);
    GIVES(h.hl, hl_call_bridge(h.hl, h.contact, h.leg, 6), HL_EINVAL);
    GIVES(h.hl, hl_call_hold(h.hl, h.contact, 0, "a\nb"), HL_EINVAL);
    FAILS(h.hl, id, hl_leg_dial(h.hl, &dial, &id), HL_EINVAL); /* whom? */
    dial.to = "1";
    dial.role = 6;
    FAILS(h.hl, id, hl_leg_dial(h.hl, &dial, &id), HL_EINVAL);
    dial.role = 0;
    dial.data = "[1]";
    FAILS(h.hl, id, hl_leg_dial(h.hl, &dial, &id), HL_EPARSE);
    dial.data = "{";
    FAILS(h.hl, id, hl_leg_dial(h.hl, &dial, &id), HL_EPARSE);
    dial.data = NULL;
    dial.agent = h.queue;
    FAILS(h.hl, id, hl_leg_dial(h.hl, &dial, &id), HL_EINVAL);
    dial.agent = h.agent; /* she has no telephone */
    FAILS(h.hl, id, hl_leg_dial(h.hl, &dial, &id), HL_EINVAL);
    dial.agent = 0;
    dial.contact = HL__ID(99999, HL_KIND_CONTACT);
    FAILS(h.hl, id, hl_leg_dial(h.hl, &dial, &id), HL_ENOENT);
    dial.contact = 0;
    dial.trunk = HL__ID(99999, HL_KIND_TRUNK);
    FAILS(h.hl, id, hl_leg_dial(h.hl, &dial, &id), HL_ENOENT);
    dial.trunk = 0;
    GIVES(h.hl, hl_leg_dial(h.hl, &dial, NULL), HL_EINVAL);
    play.target = h.leg;
    FAILS(h.hl, id, hl_media_play(h.hl, &play, &id), HL_EINVAL);
    play.prompt = "[{\"say\":\"nothing\"}]";
    FAILS(h.hl, id, hl_media_play(h.hl, &play, &id), HL_EINVAL);
    play.prompt = "[";
    FAILS(h.hl, id, hl_media_play(h.hl, &play, &id), HL_EPARSE);
    play.prompt = "hello";
    play.gain_db = 13;
    FAILS(h.hl, id, hl_media_play(h.hl, &play, &id), HL_EINVAL);
    hl_close(h.hl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_kind_sits_in_the_low_bits_of_an_id), HL_TEST(ids_count_up_over_all_kinds),
        HL_TEST(rows_of_every_size_are_filled_as_far_as_both_know),
        HL_TEST(structs_of_a_newer_header_must_not_say_what_we_do_not_know),
        HL_TEST(ids_that_cannot_be_are_invalid_and_those_gone_are_not_there),
        HL_TEST(arguments_out_of_range_are_refused),
    };
    return HL_TEST_MAIN(tests);
}
