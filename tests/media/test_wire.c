/* test_wire.c - what goes on around the sound: reports, quality, direction, paths that move, come back and end. */
#include "media/rig.h"

static uint8_t quiet[160];

static void say(rig *r, uint16_t port, uint16_t seq, uint8_t fill)
{
    memset(quiet, fill, sizeof(quiet));
    rig_say(r, port, &(hl__rtp){ .pt = 8, .seq = seq, .ts = 160u * seq, .ssrc = 50, .len = 160, .body = quiet });
}

/* The last RTCP packet that left the port, and how many there were. */
static uint32_t rtcp_of(const rig *r, uint16_t port, uint32_t ours, hl__rtcp *last, hl_time *when)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->sent; i++) {
        if (r->out[i].port != port || !hl__is_rtcp(r->out[i].data, r->out[i].len))
            continue;
        assert_int_equal(hl__rtcp_read(r->out[i].data, r->out[i].len, ours, last), 0);
        *when = r->out[i].when;
        n++;
    }
    return n;
}

static void reports_tell_loss_and_the_round_trip_is_measured(void **state)
{
    hl__rtcp last;
    hl_time when = 0;
    (void)state;
    rig *r = rig_new("{}", NULL);
    uint16_t a = rig_leg(r, 1, "PCMA"), b = rig_leg(r, 2, "PCMA");
    rig_talk(r, 1, 2);
    for (uint16_t i = 0; i < 900; i++) { /* 18 s, each tenth is lost */
        if (i % 10 != 5)
            say(r, a, i, 0xd5);
        say(r, b, i, 0xd5);
        rig_run(r, 20);
    }
    uint16_t control = (uint16_t)(a + 1);
    uint32_t n = rtcp_of(r, control, 50, &last, &when);
    assert_true(n >= 2 && n <= 7);
    assert_true(last.sr && last.blocks);
    assert_true(last.packets > 500 && last.octets == last.packets * 160);
    assert_true(last.block.fraction >= 24 && last.block.fraction <= 27);
    uint8_t data[200];
    hl__rtcp rr = { .ssrc = 50, .blocks = 1, .block = { .ssrc = last.ssrc, .fraction = 3, .jitter = 80,
        .lsr = (uint32_t)(last.ntp >> 16), .dlsr = 65536 / 2 } };
    r->now = when + 540 * HL__US; /* it kept the report for 500 ms: 40 ms on the way */
    size_t len = hl__rtcp_write(&rr, data, sizeof(data));
    hl__packet p = { .when = r->now, .len = (uint32_t)len, .room = sizeof(data), .data = data };
    p.near.port = control;
    hl__board_input(r->board, r->now, &p);
    rig_run(r, 11000);
    const rig_report *q = NULL;
    for (uint32_t i = 0; i < r->reports; i++)
        if (r->report[i].m.kind == HL__R_QUALITY && r->report[i].m.leg == 1)
            q = &r->report[i];
    assert_non_null(q);
    assert_true(q->quality.row.rtt_us > 39000 && q->quality.row.rtt_us < 41000);
    assert_int_equal(q->quality.row.loss_ppm_out, 3 * 3906);
    assert_string_equal(q->quality.codec_in, "PCMA");
    assert_string_equal(q->quality.transport, "mem");
    assert_true(q->quality.row.mos100_low > 100 && q->quality.row.mos100_low < 400);
    rig_free(r);
}

static void keys_leave_no_gap_in_what_the_other_hears(void **state)
{
    hl__rtp p, before = { 0 };
    uint32_t at = 0, n = 0;
    (void)state;
    rig *r = rig_new("{}", NULL);
    uint16_t a = rig_leg(r, 1, "PCMA"), b = rig_leg(r, 2, "PCMA");
    rig_talk(r, 1, 2);
    for (uint16_t i = 0; i < 60; i++) {
        uint8_t body[4] = { 1, (uint8_t)(i > 24 ? 0x8a : 10), 0, (uint8_t)(i * 2) };
        if (i >= 20 && i < 28)
            rig_say(r, a, &(hl__rtp){ .pt = 101, .seq = i, .ts = 3200, .ssrc = 50, .len = 4, .body = body });
        else
            say(r, a, i, 0x55);
        rig_run(r, 20);
    }
    for (; (at = rig_next(r, b, at, &p)) < r->sent; at++, before = p)
        if (n++)
            assert_int_equal((uint16_t)(p.seq - before.seq), 1);
    assert_int_equal(n, 52);
    assert_int_equal(rig_count(r, HL__R_PRESSED), 2);
    rig_free(r);
}

static void who_only_sends_is_sent_nothing(void **state)
{
    (void)state;
    rig *r = rig_new("{}", NULL);
    uint16_t a = rig_leg(r, 1, "PCMA");
    hl__media m = rig_media("PCMA", (uint16_t)(a + 10000));
    m.dir = HL__SEND;
    hl__msg q = { .kind = HL__Q_SET, .leg = 1 };
    rig_request(r, &q, HL__MEDIA, &m, sizeof(m));
    rig_play(r, 1, 4, HL_PLAY_LOOP, "\ttone:dial\t");
    rig_run(r, 500);
    assert_int_equal(r->sent, 0);
    m.dir = HL__SENDRECV;
    q = (hl__msg){ .kind = HL__Q_SET, .leg = 1 };
    rig_request(r, &q, HL__MEDIA, &m, sizeof(m));
    rig_run(r, 500);
    assert_true(r->sent >= 20);
    rig_free(r);
}

static void packets_out_of_order_are_heard_in_order(void **state)
{
    hl__rtp p;
    uint32_t at = 0, n = 0, loud = 0;
    int16_t pcm[160];
    (void)state;
    rig *r = rig_new("{}", NULL);
    uint16_t a = rig_leg(r, 1, "PCMA"), b = rig_leg(r, 2, "PCMU");
    rig_talk(r, 1, 2);
    for (uint16_t i = 0; i < 100; i++) {
        uint16_t seq = i % 4 == 1 ? (uint16_t)(i + 1) : i % 4 == 2 ? (uint16_t)(i - 1) : i;
        say(r, a, seq, (uint8_t)(seq % 2 ? 0xaa : 0x55)); /* loud and soft by turns */
        rig_run(r, 5);
    }
    for (; (at = rig_next(r, b, at, &p)) < r->sent; at++) {
        hl__ulaw_decode(p.body, 160, pcm);
        if (n < 100)
            assert_int_equal(abs(pcm[80]) > 1000, n % 2 == 1);
        loud += abs(pcm[80]) > 1000;
        n++;
    }
    assert_int_equal(n, 100);
    assert_int_equal(loud, 50);
    rig_free(r);
}

static void after_a_long_gap_talk_goes_on_at_once(void **state)
{
    hl__rtp p, before = { 0 };
    uint32_t at = 0, markers = 0, n = 0;
    (void)state;
    rig *r = rig_new("{}", NULL);
    uint16_t a = rig_leg(r, 1, "PCMA"), b = rig_leg(r, 2, "PCMU");
    rig_talk(r, 1, 2);
    for (uint16_t i = 0; i < 60; i++) {
        if (i < 20 || i > 27)
            say(r, a, i, 0x55);
        rig_run(r, 20);
    }
    for (; (at = rig_next(r, b, at, &p)) < r->sent; at++, before = p) {
        if (n++) {
            assert_int_equal((uint16_t)(p.seq - before.seq), 1);
            assert_true((int32_t)(p.ts - before.ts) >= 160);
        }
        markers += p.marker;
    }
    assert_true(markers == 2 || markers == 3);
    assert_true(n >= 51);
    rig_free(r);
}

static uint16_t rig_session(rig *r, hl_id session)
{
    hl__media m = rig_media("opus PCMA PCMU", 41000);
    hl__msg q = { .kind = HL__Q_OPEN, .session = session, .code = HL__MEM };
    rig_request(r, &q, HL__MEDIA, &m, sizeof(m));
    return 0; /* in memory a session's path has port 0 */
}

static void a_leg_is_bound_unbound_and_bound_again(void **state)
{
    (void)state;
    rig *r = rig_new("{}", NULL);
    (void)rig_session(r, 14);
    hl__msg q = { .kind = HL__Q_BIND, .session = 14, .leg = 1, .gen = 3 };
    rig_request(r, &q, 0, NULL, 0);
    assert_int_equal(hl__board_figures(r->board)->legs, 1);
    q = (hl__msg){ .kind = HL__Q_BIND, .session = 14 };
    rig_request(r, &q, 0, NULL, 0);
    assert_int_equal(hl__board_figures(r->board)->legs, 0);
    assert_int_equal(hl__board_figures(r->board)->wires, 1);
    q = (hl__msg){ .kind = HL__Q_BIND, .session = 14, .leg = 2, .gen = 4 };
    rig_request(r, &q, 0, NULL, 0);
    q = (hl__msg){ .kind = HL__Q_CLOSE, .session = 14 };
    rig_request(r, &q, 0, NULL, 0);
    assert_int_equal(hl__board_figures(r->board)->wires, 0);
    q = (hl__msg){ .kind = HL__Q_CLOSE, .leg = 2 };
    rig_request(r, &q, 0, NULL, 0);
    assert_true(hl__board_idle(r->board));
    rig_free(r);
}

static void a_call_told_before_its_legs_came_finds_them(void **state)
{
    hl__rtp p;
    (void)state;
    rig *r = rig_new("{}", NULL);
    rig_talk(r, 1, 2);
    uint16_t a = rig_leg(r, 1, "PCMA"), b = rig_leg(r, 2, "PCMA");
    say(r, a, 1, 0x33);
    uint32_t at = rig_next(r, b, 0, &p);
    assert_true(at < r->sent);
    assert_int_equal(p.body[0], 0x33);
    rig_free(r);
}

static void a_closed_leg_ends_its_play_and_leaves_its_call(void **state)
{
    (void)state;
    rig *r = rig_new("{}", NULL);
    uint16_t a = rig_leg(r, 1, "PCMA"), b = rig_leg(r, 2, "PCMA");
    rig_talk(r, 1, 2);
    rig_play(r, 1, 44, HL_PLAY_LOOP, "\ttone:busy\t");
    hl__msg q = { .kind = HL__Q_CLOSE, .leg = 1 };
    rig_request(r, &q, 0, NULL, 0);
    assert_int_equal(rig_last(r, HL__R_PLAYED)->m.code, HL_PLAY_STOPPED);
    say(r, b, 1, 0x33);
    say(r, a, 1, 0x33); /* nobody's any more */
    rig_run(r, 100);
    const hl__row none = { 0 };
    rig_mix(r, 9, &none, 0);
    rig_free(r);
}

static void a_new_play_takes_the_place_of_the_old_and_stop_ends_it(void **state)
{
    (void)state;
    rig *r = rig_new("{}", NULL);
    (void)rig_leg(r, 1, "PCMA");
    rig_play(r, 1, 44, HL_PLAY_LOOP, "\ttone:busy\t");
    rig_run(r, 100);
    rig_play(r, 1, 45, HL_PLAY_LOOP, "\ttone:dial\t");
    assert_int_equal(rig_last(r, HL__R_PLAYED)->m.ref, 44);
    assert_int_equal(rig_last(r, HL__R_PLAYED)->m.code, HL_PLAY_STOPPED);
    hl__msg q = { .kind = HL__Q_STOP, .ref = 45 };
    rig_request(r, &q, 0, NULL, 0);
    assert_int_equal(rig_last(r, HL__R_PLAYED)->m.ref, 45);
    rig_play(r, 1, 46, 0, "en\tnobody_has_this\t\n");
    rig_run(r, 100);
    assert_int_equal(rig_last(r, HL__R_PLAYED)->m.ref, 46);
    assert_int_equal(rig_last(r, HL__R_PLAYED)->m.code, HL_PLAY_FAILED);
    rig_play(r, 99, 47, 0, "en\tx\t\n"); /* no such leg */
    assert_int_equal(rig_last(r, HL__R_PLAYED)->m.ref, 47);
    rig_free(r);
}

static void tones_in_the_sound_count_where_no_events_were_agreed(void **state)
{
    (void)state;
    rig *r = rig_new("{}", NULL);
    hl__media m = rig_media("PCMA", 40000);
    m.dtmf_pt = 0;
    hl__msg q = { .kind = HL__Q_OPEN, .leg = 1, .gen = 1, .code = HL__MEM };
    rig_request(r, &q, HL__MEDIA, &m, sizeof(m));
    static int16_t low[1600], high[1600];
    uint8_t body[160];
    rig_tone(low, 1600, 770, 8000, 0);
    rig_tone(high, 1600, 1336, 8000, 0);
    for (uint32_t i = 0; i < 20; i++) {
        int16_t frame[160] = { 0 };
        for (uint32_t k = 0; i < 10 && k < 160; k++)
            frame[k] = (int16_t)(low[160 * i + k] / 2 + high[160 * i + k] / 2);
        hl__alaw_encode(frame, 160, body);
        hl__rtp p = { .pt = 8, .seq = (uint16_t)i, .ts = 160 * i, .ssrc = 3, .len = 160, .body = body };
        rig_say(r, 20000, &p);
        rig_run(r, 20);
    }
    assert_int_equal(rig_count(r, HL__R_PRESSED), 2);
    assert_int_equal(rig_last(r, HL__R_PRESSED)->m.code, '5');
    assert_true(rig_last(r, HL__R_PRESSED)->m.arg > 120);
    rig_free(r);
}

static void behind_a_nat_any_host_is_learned_and_an_update_is_followed(void **state)
{
    uint8_t data[172];
    (void)state;
    rig *r = rig_new("{}", NULL);
    hl__media m = rig_media("PCMA", 40000);
    m.rtp.flags = HL__NAT;
    m.mux = 1;
    hl__msg q = { .kind = HL__Q_OPEN, .leg = 1, .gen = 1, .code = HL__RTP };
    rig_request(r, &q, HL__MEDIA, &m, sizeof(m));
    for (int i = 0; i < 6; i++) {
        hl__rtp_write(data, &(hl__rtp){ .pt = 8, .seq = (uint16_t)i, .ts = 160u * (uint32_t)i, .ssrc = 9 });
        hl__packet in = { .when = r->now, .len = 172, .room = 172, .data = data, .near = { .port = 20000 },
            .far = { .ip = { 198, 51, 100, 7 }, .family = 4, .port = 7777 } };
        hl__board_input(r->board, r->now, &in);
        rig_run(r, 20);
    }
    assert_int_equal(rig_count(r, HL__R_MOVED), 1);
    assert_int_equal(rig_count(r, HL__R_UP), 1);
    m.rtp.port = 40100; /* it tells a new address: learned anew */
    m.rtp.flags = 0;
    q = (hl__msg){ .kind = HL__Q_SET, .leg = 1 };
    rig_request(r, &q, HL__MEDIA, &m, sizeof(m));
    uint64_t dropped = hl__board_figures(r->board)->dropped;
    hl__packet old = { .when = r->now, .len = 172, .room = 172, .data = data, .near = { .port = 20000 },
        .far = { .ip = { 198, 51, 100, 7 }, .family = 4, .port = 7777 } };
    hl__board_input(r->board, r->now, &old);
    assert_int_equal(hl__board_figures(r->board)->dropped, dropped + 1);
    q = (hl__msg){ .kind = HL__Q_SET, .leg = 1 };
    rig_request(r, &q, HL__WORDS, "x", 1);
    assert_int_equal(rig_last(r, HL__R_FAILED)->m.code, HL_EINVAL);
    rig_free(r);
}

static void our_own_offer_names_every_codec(void **state)
{
    (void)state;
    rig *r = rig_new("{\"codecs\":[\"PCMA\",\"PCMU\",\"opus\"]}", NULL);
    hl__msg q = { .kind = HL__Q_OPEN, .leg = 1, .gen = 1, .code = HL__RTP };
    rig_request(r, &q, 0, NULL, 0);
    const hl__media *m = &rig_last(r, HL__R_LOCAL)->media;
    assert_int_equal(m->n, 3);
    assert_int_equal(m->codec[0].pt, 8);
    assert_int_equal(m->codec[2].rate, 48000);
    assert_int_equal(m->dtmf_pt, 101);
    assert_int_equal(m->rtp.family, 4);
    rig_free(r);
}

static void a_full_thread_takes_nobody_new(void **state)
{
    (void)state;
    rig *r = rig_new("{}", NULL);
    hl__board_load(r->board, 960);
    (void)rig_leg(r, 1, "PCMA");
    assert_int_equal(rig_last(r, HL__R_FAILED)->m.code, HL_ELIMIT);
    hl__board_load(r->board, 300);
    (void)rig_leg(r, 1, "PCMA");
    assert_non_null(rig_last(r, HL__R_LOCAL));
    (void)rig_leg(r, 1, "PCMA");
    assert_int_equal(rig_last(r, HL__R_FAILED)->m.code, HL_EEXIST);
    rig_free(r);
}

static void requests_that_make_no_sense_fail_and_change_nothing(void **state)
{
    (void)state;
    rig *r = rig_new("{}", NULL);
    hl__msg q = { .kind = HL__Q_OPEN, .leg = 1, .code = HL__SDES };
    rig_request(r, &q, 0, NULL, 0);
    q = (hl__msg){ .kind = HL__Q_MIX, .ref = 3 };
    rig_request(r, &q, HL__MIX, "12345678901234567890", 20);
    q = (hl__msg){ .kind = HL__Q_RECORD, .leg = 1 };
    rig_request(r, &q, 0, NULL, 0);
    q = (hl__msg){ .kind = 60000 };
    rig_request(r, &q, 0, NULL, 0);
    q = (hl__msg){ .kind = HL__Q_TONES, .leg = 1 };
    rig_request(r, &q, HL__WORDS, "1", 1);
    q = (hl__msg){ .kind = HL__Q_SET, .leg = 1 };
    rig_request(r, &q, 0, NULL, 0);
    q = (hl__msg){ .kind = HL__Q_BIND, .session = 1, .leg = 2 };
    rig_request(r, &q, 0, NULL, 0);
    assert_int_equal(rig_count(r, HL__R_FAILED), 4);
    assert_true(hl__board_idle(r->board));
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(reports_tell_loss_and_the_round_trip_is_measured), HL_TEST(keys_leave_no_gap_in_what_the_other_hears),
        HL_TEST(who_only_sends_is_sent_nothing), HL_TEST(packets_out_of_order_are_heard_in_order),
        HL_TEST(after_a_long_gap_talk_goes_on_at_once), HL_TEST(a_leg_is_bound_unbound_and_bound_again),
        HL_TEST(a_call_told_before_its_legs_came_finds_them), HL_TEST(a_closed_leg_ends_its_play_and_leaves_its_call),
        HL_TEST(a_new_play_takes_the_place_of_the_old_and_stop_ends_it),
        HL_TEST(tones_in_the_sound_count_where_no_events_were_agreed),
        HL_TEST(behind_a_nat_any_host_is_learned_and_an_update_is_followed),
        HL_TEST(our_own_offer_names_every_codec), HL_TEST(a_full_thread_takes_nobody_new),
        HL_TEST(requests_that_make_no_sense_fail_and_change_nothing),
    };
    return HL_TEST_MAIN(tests);
}
