/* test_call.c - whole calls between two user agents, by the words of sip.md 3.3, 3.4 and the tables of leg.c. */
#include "net.h"

static const char caller_conf[] =
    "{\"listeners\":{\"u\":{\"bind\":\"10.0.0.1:5060\",\"accept\":\"both\"}},"
    "\"trunks\":{\"b\":{\"id\":6,\"peers\":[\"sip:10.0.0.2:5060\"],\"cid_allowed\":[\"*\"],\"max_calls\":0,"
    "\"cps\":0}}}";
static const char called_conf[] =
    "{\"listeners\":{\"u\":{\"bind\":\"10.0.0.2:5060\",\"accept\":\"both\",\"realm\":\"hotline\"}},"
    "\"trunks\":{\"a\":{\"id\":22,\"acl\":[\"10.0.0.1\"],\"cid_trust\":true,\"max_calls\":0}},"
    "\"phones\":{\"1001\":{\"id\":14,\"password\":\"correct horse\"}}}";

static void pair(net *n, uint64_t seed)
{
    net_begin(n, seed);
    net_add(n, 0, caller_conf, false);
    net_add(n, 1, called_conf, false);
}

static void answer_it(net *n, hl_id leg, int kind)
{
    hl__media m;
    net_media(&m, 1, kind);
    hl__sip_answer(n->ua[1], n->now, leg, &m);
    net_run(n, 50000);
}

/* A call up to talking: out is the caller's leg, in the called one's. */
static void talk(net *n, hl_id *out, hl_id *in)
{
    *out = net_call(n, 0, "96332", "+8613800138000");
    net_run(n, 50000);
    *in = n->last[1];
    assert_true(*in != 0);
    answer_it(n, *in, HL__PCMU);
    assert_int_equal(net_leg_of(n, *out)->answered, 1);
    assert_int_equal(net_leg_of(n, *in)->answered, 1);
}

static void check_rest(net *n)
{
    hl__sip_figures f;
    net_run(n, 80 * (hl_time)HL__SECOND);
    for (int i = 0; i < 2; i++) {
        hl__sip_figures_get(n->ua[i], &f);
        assert_int_equal(f.txns, 0);
        assert_int_equal(f.legs + f.resting, 0);
        assert_int_equal(f.dialogs, 0);
    }
    net_end(n);
}

static void a_call_is_answered_and_hung_up_by_the_caller(void **state)
{
    (void)state;
    net n;
    hl_id out, in;
    pair(&n, 1);
    talk(&n, &out, &in);
    assert_string_equal(net_leg_of(&n, in)->did, "96332");
    assert_string_equal(net_leg_of(&n, in)->caller, "+8613800138000");
    assert_int_equal(net_leg_of(&n, out)->theirs.codec[0].kind, HL__PCMU);
    assert_int_equal(net_leg_of(&n, out)->theirs.rtp.port, 40002);
    assert_int_equal(net_leg_of(&n, in)->theirs.dtmf_pt, 101);
    hl__sip_hangup(n.ua[0], n.now, out, 16);
    net_run(&n, 50000);
    assert_int_equal(net_leg_of(&n, out)->end.by, HL__BY_US);
    assert_int_equal(net_leg_of(&n, in)->end.by, HL__BY_FAR);
    assert_int_equal(net_leg_of(&n, in)->end.outcome, HL__ANSWERED);
    assert_int_equal(net_leg_of(&n, in)->end.q850, 16);
    check_rest(&n);
}

static void a_call_is_hung_up_by_the_called_side(void **state)
{
    (void)state;
    net n;
    hl_id out, in;
    pair(&n, 2);
    talk(&n, &out, &in);
    hl__sip_hangup(n.ua[1], n.now, in, 16);
    net_run(&n, 50000);
    assert_int_equal(net_leg_of(&n, out)->end.by, HL__BY_FAR);
    assert_int_equal(net_leg_of(&n, in)->end.by, HL__BY_US);
    check_rest(&n);
}

static void ringing_and_early_media_are_told(void **state)
{
    (void)state;
    net n;
    hl__media m;
    pair(&n, 3);
    hl_id out = net_call(&n, 0, "96332", "+8613800138000");
    net_run(&n, 50000);
    hl_id in = n.last[1];
    hl__sip_progress(n.ua[1], n.now, in, HL_LEG_RINGING, NULL);
    net_run(&n, 50000);
    assert_int_equal(net_leg_of(&n, out)->ringing, 1);
    net_media(&m, 1, HL__PCMA);
    hl__sip_progress(n.ua[1], n.now, in, HL_LEG_EARLY, &m);
    net_run(&n, 50000);
    assert_int_equal(net_leg_of(&n, out)->early, 1);
    assert_int_equal(net_leg_of(&n, out)->theirs.rtp.port, 40002);
    answer_it(&n, in, HL__PCMA);
    assert_int_equal(net_leg_of(&n, out)->answered, 1);
    hl__sip_hangup(n.ua[1], n.now, in, 16);
    net_run(&n, 50000);
    check_rest(&n);
}

static void the_caller_gives_up_while_it_rings(void **state)
{
    (void)state;
    net n;
    pair(&n, 4);
    hl_id out = net_call(&n, 0, "96332", "+8613800138000");
    net_run(&n, 50000);
    hl_id in = n.last[1];
    hl__sip_progress(n.ua[1], n.now, in, HL_LEG_RINGING, NULL);
    net_run(&n, 50000);
    hl__sip_hangup(n.ua[0], n.now, out, 16);
    net_run(&n, 100000);
    assert_int_equal(net_leg_of(&n, out)->end.outcome, HL__CANCELLED);
    assert_int_equal(net_leg_of(&n, in)->end.outcome, HL__CANCELLED);
    assert_int_equal(net_leg_of(&n, in)->end.code, 487);
    assert_int_equal(net_leg_of(&n, in)->end.by, HL__BY_FAR);
    check_rest(&n);
}

static void a_refusal_reaches_the_caller_with_its_cause(void **state)
{
    (void)state;
    net n;
    pair(&n, 5);
    hl_id out = net_call(&n, 0, "96332", "+8613800138000");
    net_run(&n, 50000);
    hl__sip_reject(n.ua[1], n.now, n.last[1], 17, 486);
    net_run(&n, 50000);
    assert_int_equal(net_leg_of(&n, out)->end.outcome, HL__BUSY);
    assert_int_equal(net_leg_of(&n, out)->end.code, 486);
    assert_int_equal(net_leg_of(&n, out)->end.q850, 17);
    check_rest(&n);
}

static void nobody_answers_in_time(void **state)
{
    (void)state;
    net n;
    pair(&n, 6);
    hl_id out = net_call(&n, 0, "96332", "+8613800138000");
    net_run(&n, 50000);
    hl__sip_progress(n.ua[1], n.now, n.last[1], HL_LEG_RINGING, NULL);
    net_run(&n, 61 * (hl_time)HL__SECOND);
    assert_int_equal(net_leg_of(&n, out)->end.outcome, HL__NO_ANSWER);
    assert_int_equal(net_leg_of(&n, out)->end.q850, 19);
    assert_int_equal(net_leg_of(&n, n.last[1])->ended, 1);
    check_rest(&n);
}

static void a_dead_peer_ends_the_call_after_32_s(void **state)
{
    (void)state;
    net n;
    net_begin(&n, 7);
    net_add(&n, 0, caller_conf, false);
    hl_id out = net_call(&n, 0, "96332", "+8613800138000");
    net_run(&n, 31 * (hl_time)HL__SECOND);
    assert_int_equal(net_leg_of(&n, out)->ended, 0);
    net_run(&n, 2 * (hl_time)HL__SECOND);
    assert_int_equal(net_leg_of(&n, out)->end.outcome, HL__UNREACHABLE);
    assert_int_equal(net_leg_of(&n, out)->end.q850, 102);
    net_run(&n, 80 * (hl_time)HL__SECOND);
    net_end(&n);
}

static void hold_is_answered_at_once_and_told(void **state)
{
    (void)state;
    net n;
    hl__media m;
    hl_id out, in;
    pair(&n, 8);
    talk(&n, &out, &in);
    net_media(&m, 0, HL__PCMU);
    m.dir = HL__SEND;
    hl__sip_renegotiate(n.ua[0], n.now, out, &m);
    net_run(&n, 50000);
    assert_int_equal(net_leg_of(&n, in)->media, 1);
    assert_int_equal(net_leg_of(&n, in)->held, 1);
    assert_int_equal(net_leg_of(&n, in)->theirs.dir, HL__SEND);
    assert_int_equal(net_leg_of(&n, out)->media, 1);
    assert_int_equal(net_leg_of(&n, out)->theirs.dir, HL__RECV);
    m.dir = HL__SENDRECV;
    hl__sip_renegotiate(n.ua[0], n.now, out, &m);
    net_run(&n, 50000);
    assert_int_equal(net_leg_of(&n, in)->held, 0);
    assert_int_equal(net_leg_of(&n, out)->theirs.dir, HL__SENDRECV);
    hl__sip_hangup(n.ua[1], n.now, in, 16);
    net_run(&n, 50000);
    check_rest(&n);
}

static void changes_that_cross_are_settled(void **state)
{
    (void)state;
    net n;
    hl__media m;
    hl_id out, in;
    pair(&n, 9);
    talk(&n, &out, &in);
    net_media(&m, 0, HL__PCMU);
    m.dir = HL__SEND;
    hl__sip_renegotiate(n.ua[0], n.now, out, &m);
    net_media(&m, 1, HL__PCMU);
    m.dir = HL__SEND;
    hl__sip_renegotiate(n.ua[1], n.now, in, &m);
    net_run(&n, 6 * (hl_time)HL__SECOND);
    assert_true(net_leg_of(&n, in)->media >= 2);
    assert_true(net_leg_of(&n, out)->media >= 2);
    assert_int_equal(net_leg_of(&n, in)->refused + net_leg_of(&n, out)->refused, 0);
    hl__sip_hangup(n.ua[1], n.now, in, 16);
    net_run(&n, 50000);
    check_rest(&n);
}

static void keys_come_as_info_in_their_order(void **state)
{
    (void)state;
    net n;
    hl_id out, in;
    pair(&n, 10);
    talk(&n, &out, &in);
    hl__sip_dtmf(n.ua[0], n.now, out, "159*#", 100);
    net_run(&n, 500000);
    assert_string_equal(net_leg_of(&n, in)->pressed, "159*#");
    hl__sip_hangup(n.ua[1], n.now, in, 16);
    net_run(&n, 50000);
    check_rest(&n);
}

static void hanging_up_before_the_ack_waits_for_it(void **state)
{
    (void)state;
    net n;
    hl__media m;
    pair(&n, 11);
    hl_id out = net_call(&n, 0, "96332", "+8613800138000");
    net_run(&n, 50000);
    hl_id in = n.last[1];
    net_media(&m, 1, HL__PCMA);
    hl__sip_answer(n.ua[1], n.now, in, &m);
    hl__sip_hangup(n.ua[1], n.now, in, 16);
    net_run(&n, 100000);
    assert_int_equal(net_leg_of(&n, in)->ended, 1);
    assert_int_equal(net_leg_of(&n, in)->answered, 0);
    assert_int_equal(net_leg_of(&n, out)->ended, 1);
    check_rest(&n);
}

static void an_answer_that_crosses_the_cancel_is_ended(void **state)
{
    (void)state;
    net n;
    hl__media m;
    pair(&n, 12);
    hl_id out = net_call(&n, 0, "96332", "+8613800138000");
    net_run(&n, 50000);
    hl_id in = n.last[1];
    net_media(&m, 1, HL__PCMA);
    hl__sip_answer(n.ua[1], n.now, in, &m);
    hl__sip_hangup(n.ua[0], n.now, out, 16);
    net_run(&n, 200000);
    assert_int_equal(net_leg_of(&n, out)->ended, 1);
    assert_int_equal(net_leg_of(&n, out)->answered, 0);
    assert_int_equal(net_leg_of(&n, out)->end.outcome, HL__CANCELLED);
    assert_int_equal(net_leg_of(&n, in)->ended, 1);
    check_rest(&n);
}

static void calls_survive_loss_doubling_and_reordering(void **state);

/* ---- without memory: the n-th allocation fails, wherever that is ---- */
static void answer_calls(net *n, int side, const hl__leg_ev *ev, net_leg *l)
{
    hl__media m;
    net_media(&m, side, HL__PCMA);
    if (ev->kind == HL__LEG_IN) {
        hl__sip_progress(n->ua[side], n->now, l->id, HL_LEG_EARLY, &m);
        hl__sip_answer(n->ua[side], n->now, l->id, &m);
    }
    if (ev->kind == HL__LEG_ANSWERED && side == 0) {
        m.dir = HL__SEND;
        hl__sip_renegotiate(n->ua[0], n->now, l->id, &m);
        hl__sip_dtmf(n->ua[0], n->now, l->id, "1", 100);
    }
}

static int one_call(void *ctx)
{
    net n;
    (void)ctx;
    net_begin(&n, 1);
    n.on = answer_calls;
    int r = net_try_add(&n, 0, caller_conf, false);
    if (r == 0)
        r = net_try_add(&n, 1, called_conf, false);
    if (r == 0) {
        hl_id out = net_call(&n, 0, "96332", "+8613800138000");
        net_run(&n, 10 * (hl_time)HL__SECOND);
        hl__sip_hangup(n.ua[0], n.now, out, 16);
        net_run(&n, 200 * (hl_time)HL__SECOND);
        hl_test_ok(net_leg_of(&n, out)->ended == 1, "ended %d times", net_leg_of(&n, out)->ended);
        hl__sip_shutdown(n.ua[1], n.now);
        net_run(&n, HL__SECOND);
        if (n.last[1])
            hl_test_ok(net_leg_of(&n, n.last[1])->ended == 1, "ended %d times", net_leg_of(&n, n.last[1])->ended);
    }
    net_end(&n);
    return r;
}

static void a_call_without_memory_ends_once_and_leaves_nothing(void **state)
{
    (void)state;
    assert_true(hl_test_oom(one_call, NULL) > 100);
}

/* ---- the property: whatever the network does, every leg ends once and nothing stays behind ---- */
struct chance { uint32_t calls, answered; };

static void act(net *n, int side, const hl__leg_ev *ev, net_leg *l)
{
    hl__media m;
    uint32_t dice = hl__rand_below(&n->rand, 100);
    if (side == 1 && ev->kind == HL__LEG_IN) {
        net_media(&m, 1, HL__PCMA);
        if (dice < 20)
            hl__sip_progress(n->ua[1], n->now, l->id, HL_LEG_RINGING, NULL);
        if (dice < 10)
            return;
        if (dice < 20)
            hl__sip_reject(n->ua[1], n->now, l->id, 17, 486);
        else if (dice < 30)
            hl__sip_progress(n->ua[1], n->now, l->id, HL_LEG_EARLY, &m);
        else
            hl__sip_answer(n->ua[1], n->now, l->id, &m);
        if (dice > 90)
            hl__sip_hangup(n->ua[1], n->now, l->id, 16);
    }
    if (ev->kind == HL__LEG_ANSWERED) {
        ((struct chance *)n->ctx)->answered += side == 0;
        if (dice < 50) {
            net_media(&m, side, HL__PCMA);
            m.dir = HL__SEND;
            hl__sip_renegotiate(n->ua[side], n->now, l->id, &m);
        }
        if (dice >= 25 && dice < 75)
            hl__sip_hangup(n->ua[side], n->now, l->id, 16);
    }
    if (ev->kind == HL__LEG_PROGRESS && dice < 30)
        hl__sip_hangup(n->ua[side], n->now, l->id, 16);
}

static void run_calls(uint32_t calls, uint64_t seed)
{
    struct chance ch = { 0, 0 };
    net n;
    pair(&n, seed);
    n.loss_ppm = 300000;
    n.dup_ppm = 50000;
    n.jitter_us = 60000;
    n.on = act;
    n.ctx = &ch;
    for (; ch.calls < calls; ch.calls++) {
        net_call(&n, 0, "96332", "+8613800138000");
        net_run(&n, 20000 + hl__rand_below(&n.rand, 100000));
    }
    net_run(&n, 40 * (hl_time)HL__SECOND);
    n.on = NULL;
    for (int side = 0; side < 2; side++)
        hl__sip_shutdown(n.ua[side], n.now);
    net_run(&n, 200 * (hl_time)HL__SECOND);
    uint32_t pos = 0;
    for (net_leg *l; (l = hl__map_at(&n.legs, &pos));)
        hl_test_ok(l->ended == 1, "leg %lld ended %d times", (long long)l->id, l->ended);
    hl_test_ok(ch.answered > calls / 4, "%u of %u answered", ch.answered, calls);
    check_rest(&n);
}

static void calls_survive_loss_doubling_and_reordering(void **state)
{
    (void)state;
    run_calls(getenv("HL_TEST_LONG") ? 100000 : 10000, hl_test_seed());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_call_is_answered_and_hung_up_by_the_caller),
        HL_TEST(a_call_is_hung_up_by_the_called_side),
        HL_TEST(ringing_and_early_media_are_told),
        HL_TEST(the_caller_gives_up_while_it_rings),
        HL_TEST(a_refusal_reaches_the_caller_with_its_cause),
        HL_TEST(nobody_answers_in_time),
        HL_TEST(a_dead_peer_ends_the_call_after_32_s),
        HL_TEST(hold_is_answered_at_once_and_told),
        HL_TEST(changes_that_cross_are_settled),
        HL_TEST(keys_come_as_info_in_their_order),
        HL_TEST(hanging_up_before_the_ack_waits_for_it),
        HL_TEST(an_answer_that_crosses_the_cancel_is_ended),
        HL_TEST(a_call_without_memory_ends_once_and_leaves_nothing),
        HL_TEST(calls_survive_loss_doubling_and_reordering),
    };
    return HL_TEST_MAIN(tests);
}
