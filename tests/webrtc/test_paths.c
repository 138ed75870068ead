/* test_paths.c - browsers' paths in virtual time: handshakes, moves, silence, restart, each row of the table. */
#include "webrtc/webrtc.h"
#include "webrtc/world.h"
#include "hl_test.h"
#include <sys/time.h>

enum { S = HL__SECOND, MS = HL__US };

static world w; /* large */

static hl__peer *peer(int i)
{
    return (hl__peer *)w.page[i].path;
}

static int state_of(int i)
{
    return peer(i)->state;
}

static void begin(void)
{
    assert_int_equal(world_begin(&w, &hl_test_mem), 0);
}

static void checks(int i, hl_time each, hl_time until)
{
    while (w.now < until) {
        page_check(w.page[i].page, true);
        world_run(&w, w.now + each);
    }
}

static void chromium_and_firefox_come_up_and_are_heard(void **state)
{
    (void)state;
    static const page_options kinds[] = { { .kind = PAGE_CHROMIUM }, { .kind = PAGE_FIREFOX } };
    begin();
    for (int k = 0; k < 2; k++) {
        int i = world_up(&w, &kinds[k]);
        const hl__media *m = &w.page[i].media;
        assert_int_equal(m->transport, HL__DTLS);
        assert_int_equal(m->n, 3);
        assert_int_equal(m->codec[0].kind, HL__OPUS);
        assert_int_equal(m->codec[0].pt, k ? 109 : 111);
        assert_int_equal(m->codec[0].flags, HL__FEC);
        assert_int_equal(m->codec[1].pt, 8);
        assert_int_equal(m->codec[2].pt, 0);
        assert_int_equal(m->dtmf_pt, k ? 0 : 110);
        assert_int_equal(m->dtmf_alt, k ? 101 : 126);
        assert_int_equal(m->ssrc, page_far_ssrc(w.page[i].page));
        assert_int_equal(m->far_ssrc, page_ssrc(w.page[i].page));
        assert_int_equal(m->rtp.port, w.page[i].from.port);
        assert_int_equal(world_send(&w, i, 10), 10);
        assert_int_equal(w.last.len, 12 + 160);
        uint8_t data[400] = { 0x80, 8, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4 };
        hl__packet io = { .len = 172, .room = sizeof(data), .data = data };
        assert_int_equal(hl__paths_dtls.protect(w.page[i].path, &io), 0);
        assert_int_equal(io.far.port, w.page[i].from.port);
        assert_int_equal(io.near.port, 42000);
        size_t len = io.len;
        assert_int_equal(page_input(w.page[i].page, w.now, data, &len), 1);
        assert_int_equal(len, 172);
    }
    world_end(&w);
}

static void rtcp_goes_both_ways(void **state)
{
    (void)state;
    begin();
    int i = world_up(&w, NULL);
    uint32_t ssrc = page_ssrc(w.page[i].page);
    uint8_t rr[200] = { 0x80, 201, 0, 1, (uint8_t)(ssrc >> 24), (uint8_t)(ssrc >> 16), (uint8_t)(ssrc >> 8),
        (uint8_t)ssrc };
    size_t len = page_protect(w.page[i].page, rr, 8);
    assert_int_equal(world_input(&w, &w.page[i].from, rr, len), 1);
    assert_int_equal(w.last.len, 8);
    uint8_t sr[400] = { 0x80, 200, 0, 6, 1, 2, 3, 4 };
    hl__packet io = { .len = 28, .room = sizeof(sr), .data = sr };
    assert_int_equal(hl__paths_dtls.protect(w.page[i].path, &io), 0);
    len = io.len;
    assert_int_equal(page_input(w.page[i].page, w.now, sr, &len), 1);
    assert_int_equal(len, 28);
    world_end(&w);
}

static void suites_are_chosen_by_our_order(void **state)
{
    (void)state;
    static const struct { const char *offered; int suite; } rows[] = {
        { "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM", HL__GCM_128 },
        { "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM", HL__GCM_256 },
        { "SRTP_AES128_CM_SHA1_32:SRTP_AES128_CM_SHA1_80", HL__CM_80 },
    };
    begin();
    for (size_t k = 0; k < HL__COUNT(rows); k++) {
        int i = world_up(&w, &(page_options){ .srtp = rows[k].offered });
        assert_int_equal(w.page[i].media.suite, rows[k].suite);
        assert_int_equal(world_send(&w, i, 5), 5);
    }
    world_end(&w);
}

static void a_page_without_a_common_suite_fails_with_words(void **state)
{
    (void)state;
    begin();
    int i = world_open(&w, &(page_options){ .srtp = "SRTP_AES128_CM_SHA1_32" });
    world_run(&w, w.now + 5 * MS);
    page_check(w.page[i].page, true);
    page_hello(w.page[i].page);
    checks(i, 2 * S, w.now + 31 * S);
    assert_int_equal(w.page[i].failed, 1);
    assert_int_equal(w.page[i].up, 0);
    world_end(&w);
}

static void a_hello_in_pieces_is_understood(void **state)
{
    (void)state;
    begin();
    int i = world_up(&w, &(page_options){ .big_hello = 1 });
    assert_int_equal(world_send(&w, i, 3), 3);
    world_end(&w);
}

static void handshake_begins_before_nomination(void **state)
{
    (void)state;
    begin();
    int i = world_open(&w, NULL);
    world_run(&w, w.now + 5 * MS);
    page_check(w.page[i].page, false);
    page_hello(w.page[i].page);
    world_run(&w, w.now + 20 * MS);
    assert_int_equal(w.page[i].up, 1);
    assert_null(peer(i)->to);
    assert_int_equal(world_send(&w, i, 1), 1);
    uint8_t data[400] = { 0x80, 8, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4 };
    hl__packet io = { .len = 172, .room = sizeof(data), .data = data };
    assert_int_equal(hl__paths_dtls.protect(w.page[i].path, &io), 0);
    assert_int_equal(io.far.port, w.page[i].from.port);
    world_end(&w);
}

static void foreign_certificate_fails_with_words(void **state)
{
    (void)state;
    begin();
    int i = world_open(&w, &(page_options){ .wrong_certificate = 1 });
    world_run(&w, w.now + 5 * MS);
    page_check(w.page[i].page, true);
    page_hello(w.page[i].page);
    world_run(&w, w.now + S);
    assert_int_equal(w.page[i].failed, 1);
    assert_int_equal(w.page[i].up, 0);
    assert_int_equal(w.page[i].code, HL_EDENIED);
    assert_non_null(strstr(w.page[i].words, "certificate"));
    assert_int_equal(world_send(&w, i, 1), 0);
    world_end(&w);
}

struct loss { uint64_t n; uint32_t percent; hl__rand rand; };

static int lossy(void *ctx, int to_server, const uint8_t *data, size_t len)
{
    struct loss *l = ctx;
    (void)to_server; (void)data; (void)len;
    l->n++;
    return hl__rand_below(&l->rand, 100) >= l->percent;
}

/* OpenSSL's clock: an hour later a retransmission of the page's own, with new record numbers, is due. */
static int64_t page_clock_us = INT64_C(1790000000) * HL__SECOND;
int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    (void)zone;
    tv->tv_sec = page_clock_us / HL__SECOND;
    tv->tv_usec = page_clock_us % HL__SECOND;
    return 0;
}

static void handshake_survives_a_lossy_wire(void **state)
{
    (void)state;
    struct loss l = { .percent = 30 };
    hl__rand_init(&l.rand, (int64_t)hl_test_seed(), 0, 0);
    begin();
    w.wire = lossy;
    w.ctx = &l;
    for (int n = 0; n < 40; n++) {
        int i = world_open(&w, &(page_options){ .big_hello = n % 2 });
        world_run(&w, w.now + 5 * MS);
        hl_time until = w.now + 8 * S;
        for (int k = 0; w.now < until && !w.page[i].up; k++) {
            page_check(w.page[i].page, true);
            if (k == 1)
                page_hello(w.page[i].page);
            world_run(&w, w.now + 50 * MS);
            page_clock_us += INT64_C(3601) * S;
        }
        hl_test_ok(w.page[i].up == 1, "page %d is not up after 8 s at 30 %% loss", i);
        hl__paths_dtls.close(w.page[i].path);
    }
    world_end(&w);
}

struct cut { int after, kept; };

static int keep_some(void *ctx, int to_server, const uint8_t *data, size_t len)
{
    struct cut *c = ctx;
    (void)len;
    if (to_server || data[0] < 20 || data[0] > 63)
        return 1;
    return c->kept++ < c->after;
}

static void our_last_flight_is_sent_again_when_the_browser_asks(void **state)
{
    (void)state;
    struct cut c = { .after = 1 }; /* ServerHello arrives, Finished does not */
    begin();
    int i = world_open(&w, NULL);
    world_run(&w, w.now + 5 * MS);
    w.wire = keep_some;
    w.ctx = &c;
    page_check(w.page[i].page, true);
    page_hello(w.page[i].page);
    world_run(&w, w.now + 40 * MS);
    assert_int_equal(w.page[i].up, 1);
    assert_false(page_up(w.page[i].page));
    w.wire = NULL;
    page_clock_us += INT64_C(3601) * S;
    world_run(&w, w.now + 200 * MS);
    assert_true(page_up(w.page[i].page));
    assert_int_equal(world_send(&w, i, 2), 2);
    world_end(&w);
}

static int swallow(void *ctx, int to_server, const uint8_t *data, size_t len)
{
    uint32_t *sent = ctx;
    (void)len;
    if (!to_server && data[0] >= 20 && data[0] <= 63)
        ++*sent;
    return to_server || data[0] <= 3;
}

static void flight_without_answer_is_sent_at_100_ms_doubling_to_1_s(void **state)
{
    (void)state;
    uint32_t sent = 0, before = 0;
    static const int at[] = { 0, 100, 300, 700, 1500, 2500, 3500, 4500 };
    begin();
    int i = world_open(&w, NULL);
    world_run(&w, w.now + 5 * MS);
    page_check(w.page[i].page, true);
    world_tick(&w);
    w.wire = swallow;
    w.ctx = &sent;
    page_hello(w.page[i].page);
    world_tick(&w);
    uint32_t flight = sent;
    assert_true(flight >= 1);
    hl_time start = w.now;
    for (size_t k = 1; k < HL__COUNT(at); k++) {
        before = sent;
        world_run(&w, start + at[k] * MS - 5 * MS);
        hl_test_ok(sent == before, "nothing between %d and %d ms", at[k - 1], at[k]);
        world_run(&w, start + at[k] * MS);
        hl_test_ok(sent == before + flight, "a flight at %d ms", at[k]);
    }
    world_end(&w);
}

static void handshake_broken_five_times_fails(void **state)
{
    (void)state;
    static const uint8_t alert[] = { 21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 77, 0, 2, 2, 40 };
    begin();
    int i = world_open(&w, NULL);
    world_run(&w, w.now + 5 * MS);
    page_check(w.page[i].page, true);
    world_tick(&w);
    uint32_t sent = 0;
    w.wire = swallow;
    w.ctx = &sent;
    for (int n = 0; n < 5; n++) {
        page *fresh = page_new(NULL); /* its hello, from the same address */
        uint8_t data[1600];
        page_hello(fresh);
        size_t len = page_output(fresh, data, sizeof(data));
        assert_int_equal(world_input(&w, &w.page[i].from, data, len), 0);
        world_run(&w, w.now + 5 * MS);
        assert_int_equal(state_of(i), HL__PEER_SHAKING);
        assert_int_equal(world_input(&w, &w.page[i].from, alert, sizeof(alert)), 0);
        world_run(&w, w.now + 5 * MS);
        assert_int_equal(state_of(i), n < 4 ? HL__PEER_CHECKING : HL__PEER_FAILED);
        page_free(fresh);
    }
    assert_int_equal(w.page[i].failed, 1);
    world_end(&w);
}

static void one_broken_handshake_leaves_room_for_a_good_one(void **state)
{
    (void)state;
    static const uint8_t alert[] = { 21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 77, 0, 2, 2, 40 };
    begin();
    int i = world_open(&w, NULL);
    world_run(&w, w.now + 5 * MS);
    page_check(w.page[i].page, true);
    world_tick(&w);
    uint32_t sent = 0;
    w.wire = swallow; /* what the forger is told reaches nobody */
    w.ctx = &sent;
    page *forger = page_new(NULL);
    uint8_t data[1600];
    page_hello(forger);
    size_t len = page_output(forger, data, sizeof(data));
    assert_int_equal(world_input(&w, &w.page[i].from, data, len), 0);
    world_tick(&w);
    assert_int_equal(world_input(&w, &w.page[i].from, alert, sizeof(alert)), 0);
    world_run(&w, w.now + 5 * MS);
    w.wire = NULL;
    page_hello(w.page[i].page);
    world_run(&w, w.now + 50 * MS);
    assert_int_equal(w.page[i].up, 1);
    page_free(forger);
    world_end(&w);
}

static void no_check_in_30_s_fails_with_words(void **state)
{
    (void)state;
    begin();
    int i = world_open(&w, NULL);
    world_run(&w, w.now + 29 * S);
    assert_int_equal(w.page[i].failed, 0);
    world_run(&w, w.now + 2 * S);
    assert_int_equal(w.page[i].failed, 1);
    assert_int_equal(w.page[i].code, HL_EIO);
    assert_non_null(strstr(w.page[i].words, "UDP port"));
    world_end(&w);
}

static void silence_in_a_call_is_suspect_after_1_s_lost_after_4_closed_after_30(void **state)
{
    (void)state;
    begin();
    int i = world_up(&w, NULL);
    hl__msg bind = { .kind = HL__Q_BIND, .leg = 26, .gen = 5 };
    assert_int_equal(hl__paths_dtls.set(w.page[i].path, w.now, &bind), 0);
    page_check(w.page[i].page, true);
    world_send(&w, i, 1);
    world_run(&w, w.now + 5 * MS);
    page_mute_consent(w.page[i].page, true);
    hl_time cut = w.now;
    uint32_t asked = page_asked(w.page[i].page);
    world_run(&w, cut + 990 * MS);
    assert_int_equal(w.page[i].suspect, 0);
    world_run(&w, cut + 1010 * MS);
    assert_int_equal(w.page[i].suspect, 1);
    world_run(&w, cut + 3990 * MS);
    assert_int_equal(w.page[i].lost, 0);
    assert_in_range(page_asked(w.page[i].page) - asked, 11, 13); /* each 250 ms */
    world_run(&w, cut + 4010 * MS);
    assert_int_equal(w.page[i].lost, 1);
    assert_int_equal(w.page[i].code, 0);
    world_run(&w, cut + 29900 * MS);
    assert_int_equal(w.page[i].lost, 1);
    world_run(&w, cut + 30010 * MS);
    assert_int_equal(w.page[i].lost, 2);
    assert_int_equal(w.page[i].code, 1);
    assert_int_equal(state_of(i), HL__PEER_CLOSED);
    uint64_t out = w.bytes_out;
    page_check(w.page[i].page, true);
    world_run(&w, w.now + 60 * S);
    assert_int_equal(w.bytes_out, out); /* nothing leaves any more */
    uint8_t data[400] = { 0x80 };
    hl__packet io = { .len = 172, .room = sizeof(data), .data = data };
    assert_int_equal(hl__paths_dtls.protect(w.page[i].path, &io), HL_ESTATE);
    world_end(&w);
}

static void anything_authentic_brings_a_lost_path_back(void **state)
{
    (void)state;
    begin();
    int i = world_up(&w, NULL);
    page_mute_consent(w.page[i].page, true);
    world_run(&w, w.now + 16 * S);
    assert_int_equal(w.page[i].suspect, 1); /* idle: after 12 s without a check */
    assert_int_equal(w.page[i].lost, 1);
    assert_int_equal(world_send(&w, i, 1), 1);
    world_tick(&w);
    assert_int_equal(w.page[i].back, 1);
    assert_int_equal(state_of(i), HL__PEER_UP);
    page_mute_consent(w.page[i].page, false);
    world_run(&w, w.now + 14 * S);
    assert_int_equal(w.page[i].suspect, 2);
    assert_int_equal(w.page[i].back, 2); /* it answered our own request */
    assert_int_equal(w.page[i].lost, 1);
    world_end(&w);
}

static void idle_path_with_checks_each_2_5_s_is_never_suspect(void **state)
{
    (void)state;
    begin();
    int i = world_up(&w, NULL);
    checks(i, 2500 * MS, w.now + 120 * S);
    assert_int_equal(w.page[i].suspect, 0);
    assert_int_equal(state_of(i), HL__PEER_UP);
    world_end(&w);
}

static void call_without_microphone_is_not_suspect(void **state)
{
    (void)state;
    begin();
    int i = world_up(&w, NULL);
    hl__msg bind = { .kind = HL__Q_BIND, .leg = 26, .gen = 5 };
    assert_int_equal(hl__paths_dtls.set(w.page[i].path, w.now, &bind), 0);
    checks(i, 2500 * MS, w.now + 30 * S);
    assert_int_equal(w.page[i].suspect, 0);
    world_send(&w, i, 1);
    checks(i, 2500 * MS, w.now + 30 * S);
    assert_int_equal(w.page[i].suspect, 1); /* it stopped once */
    assert_int_equal(w.page[i].back, 1);
    world_end(&w);
}

static void page_that_says_goodbye_is_closed_at_once(void **state)
{
    (void)state;
    begin();
    int i = world_up(&w, NULL);
    page_bye(w.page[i].page);
    world_run(&w, w.now + 5 * MS);
    assert_int_equal(w.page[i].lost, 1);
    assert_int_equal(w.page[i].code, 1);
    assert_int_equal(state_of(i), HL__PEER_CLOSED);
    world_end(&w);
}

/* 3.1 rule 4 */
static void moved_browser_is_heard_at_once_and_followed_when_it_answers(void **state)
{
    (void)state;
    begin();
    int i = world_up(&w, NULL);
    world_page *p = &w.page[i];
    assert_int_equal(world_send(&w, i, 5), 5);
    p->from.port = 55555; /* a NAT forgot it */
    assert_int_equal(world_send(&w, i, 1), 1); /* in: at once */
    uint8_t data[400] = { 0x80, 8, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4 };
    hl__packet io = { .len = 172, .room = sizeof(data), .data = data };
    assert_int_equal(hl__paths_dtls.protect(p->path, &io), 0);
    assert_int_not_equal(io.far.port, 55555); /* out: not before it answered */
    world_tick(&w);
    assert_int_equal(p->moved, 1);
    data[3] = 2;
    io.len = 172;
    assert_int_equal(hl__paths_dtls.protect(p->path, &io), 0);
    assert_int_equal(io.far.port, 55555);
    world_end(&w);
}

static void last_nomination_decides(void **state)
{
    (void)state;
    begin();
    int i = world_up(&w, NULL);
    world_page *p = &w.page[i];
    p->from.port = 50001;
    page_check(p->page, false);
    world_tick(&w);
    assert_int_equal(p->moved, 0);
    page_check(p->page, true);
    world_tick(&w);
    assert_int_equal(p->moved, 1);
    assert_int_equal(peer(i)->to->addr.port, 50001);
    world_end(&w);
}

static void ninth_address_takes_the_place_of_the_least_used(void **state)
{
    (void)state;
    begin();
    int i = world_up(&w, NULL);
    world_page *p = &w.page[i];
    hl__addr first = p->from;
    for (int n = 0; n < 20; n++) {
        p->from.port = (uint16_t)(50000 + n);
        page_check(p->page, false);
        world_run(&w, w.now + 5 * MS);
    }
    assert_ptr_equal(hl__far_find(w.st, &first, 0), peer(i)->to); /* the one we send to stays */
    int listed = 0;
    for (int n = 0; n < 20; n++) {
        hl__addr a = p->from;
        a.port = (uint16_t)(50000 + n);
        bool is = hl__far_find(w.st, &a, 0) != NULL;
        listed += is;
        hl_test_ok(is == (n >= 13), "address %d", n);
    }
    assert_int_equal(listed, 7);
    world_end(&w);
}

static void restart_keeps_dtls_and_srtp_and_the_old_names_until_the_new_are_used(void **state)
{
    (void)state;
    begin();
    int i = world_up(&w, NULL);
    world_page *p = &w.page[i];
    assert_int_equal(world_send(&w, i, 3), 3);
    char old[4096];
    memcpy(old, p->answer, sizeof(old));
    page *before = p->page;
    page_check(before, false); /* still signed with the old names, on its way */
    uint8_t late[1600];
    size_t len = page_output(before, late, sizeof(late));
    page_restart(p->page);
    assert_int_equal(world_offer(&w, i, page_offer(p->page), HL__Q_SET), 0);
    world_run(&w, w.now + 5 * MS);
    assert_int_equal(p->local, 2);
    assert_int_equal(p->up, 2); /* the codecs once more */
    assert_string_not_equal(old, p->answer);
    assert_non_null(strstr(p->answer, " 2 IN IP4"));
    uint64_t out = w.bytes_out;
    assert_int_equal(world_input(&w, &p->from, late, len), 0);
    world_tick(&w);
    assert_true(w.bytes_out > out); /* the old pair lives */
    assert_int_equal(world_send(&w, i, 3), 3);
    page_check(p->page, true);
    world_tick(&w);
    assert_true(page_checked(p->page));
    assert_true(world_input(&w, &p->from, late, len) < 0); /* and is over */
    assert_int_equal(world_send(&w, i, 3), 3);
    for (int n = 0; n < 3; n++) { /* more than once */
        page_restart(p->page);
        assert_int_equal(world_offer(&w, i, page_offer(p->page), HL__Q_SET), 0);
        world_run(&w, w.now + 5 * MS);
        page_check(p->page, true);
        world_run(&w, w.now + 5 * MS);
        assert_int_equal(world_send(&w, i, 3), 3);
    }
    assert_int_equal(p->local, 5);
    world_end(&w);
}

static void another_pages_offer_is_no_restart(void **state)
{
    (void)state;
    begin();
    int i = world_up(&w, NULL);
    page *other = page_new(NULL);
    assert_int_equal(world_offer(&w, i, page_offer(other), HL__Q_SET), HL_ESTATE);
    page_free(other);
    assert_int_equal(world_send(&w, i, 3), 3);
    assert_int_equal(world_offer(&w, i, "v=0\r\n", HL__Q_SET), 0);
    world_run(&w, w.now + 5 * MS);
    assert_int_equal(w.page[i].failed, 1); /* told, and the path stays */
    assert_int_equal(world_send(&w, i, 3), 3);
    world_end(&w);
}

static void hundreds_at_once_are_shaken_a_few_in_each_tick(void **state)
{
    (void)state;
    enum { N = 300 };
    begin();
    for (int i = 0; i < N; i++)
        assert_int_equal(world_open(&w, NULL), i);
    uint32_t told = 0;
    for (int tick = 0; tick < 2 * N; tick++) {
        w.now += 5 * MS;
        world_tick(&w);
        uint32_t local = 0;
        for (int i = 0; i < N; i++)
            local += w.page[i].local;
        assert_true(local - told <= 4);
        told = local;
    }
    assert_int_equal(told, N);
    for (int i = 0; i < N; i++) {
        page_check(w.page[i].page, true);
        page_hello(w.page[i].page);
    }
    uint32_t ups = 0;
    for (int tick = 0; tick < 2 * N; tick++) {
        w.now += 5 * MS;
        world_tick(&w);
        uint32_t up = 0;
        for (int i = 0; i < N; i++)
            up += w.page[i].up;
        assert_true(up - ups <= 8);
        ups = up;
    }
    assert_int_equal(ups, N);
    world_end(&w);
}

static void states_and_stimuli_outside_the_table_change_nothing(void **state)
{
    (void)state;
    static const char *const table[HL__PEER_STATES_END] = {
        [HL__PEER_NEW] = "CHECK OVER", [HL__PEER_CHECKING] = "HELLO OVER", [HL__PEER_SHAKING] = "FINISHED BROKEN OVER",
        [HL__PEER_UP] = "QUIET OVER", [HL__PEER_SUSPECT] = "LIFE SILENT OVER", [HL__PEER_LOST] = "LIFE OVER",
        [HL__PEER_CLOSED] = "", [HL__PEER_FAILED] = "",
    };
#define X(name) #name,
    static const char *const stimuli[] = { HL__PEER_STIMULI(X) };
#undef X
    begin();
    int i = world_up(&w, NULL);
    for (int s = 0; s < HL__PEER_STATES_END; s++)
        for (int k = 0; k < HL__ON_END; k++) {
            bool may = strstr(table[s], stimuli[k]) != NULL;
            hl_test_ok(hl__peer_allows(s, k) == may, "state %d %s", s, stimuli[k]);
            if (may)
                continue;
            uint8_t was = peer(i)->state;
            peer(i)->state = (uint8_t)s;
            assert_int_equal(hl__peer_move(peer(i), k), HL_ESTATE);
            assert_int_equal(peer(i)->state, s);
            peer(i)->state = was;
        }
    world_end(&w);
}

static void ipv6_address_is_answered_and_sent_to(void **state)
{
    (void)state;
    begin();
    int i = world_open(&w, NULL);
    w.page[i].from = (hl__addr){ .ip = { 0x20, 1, 0x0d, 0xb8, [15] = 9 }, .port = 4444, .family = 6 };
    world_run(&w, w.now + 5 * MS);
    page_check(w.page[i].page, true);
    page_hello(w.page[i].page);
    world_run(&w, w.now + 20 * MS);
    assert_int_equal(w.page[i].up, 1);
    assert_int_equal(page_mapped(w.page[i].page)->family, 6);
    assert_memory_equal(page_mapped(w.page[i].page)->ip, w.page[i].from.ip, 16);
    assert_int_equal(page_mapped(w.page[i].page)->port, 4444);
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(chromium_and_firefox_come_up_and_are_heard),
        HL_TEST(rtcp_goes_both_ways),
        HL_TEST(suites_are_chosen_by_our_order),
        HL_TEST(a_page_without_a_common_suite_fails_with_words),
        HL_TEST(a_hello_in_pieces_is_understood),
        HL_TEST(handshake_begins_before_nomination),
        HL_TEST(foreign_certificate_fails_with_words),
        HL_TEST(handshake_survives_a_lossy_wire),
        HL_TEST(our_last_flight_is_sent_again_when_the_browser_asks),
        HL_TEST(flight_without_answer_is_sent_at_100_ms_doubling_to_1_s),
        HL_TEST(handshake_broken_five_times_fails),
        HL_TEST(one_broken_handshake_leaves_room_for_a_good_one),
        HL_TEST(no_check_in_30_s_fails_with_words),
        HL_TEST(silence_in_a_call_is_suspect_after_1_s_lost_after_4_closed_after_30),
        HL_TEST(anything_authentic_brings_a_lost_path_back),
        HL_TEST(idle_path_with_checks_each_2_5_s_is_never_suspect),
        HL_TEST(call_without_microphone_is_not_suspect),
        HL_TEST(page_that_says_goodbye_is_closed_at_once),
        HL_TEST(moved_browser_is_heard_at_once_and_followed_when_it_answers),
        HL_TEST(last_nomination_decides),
        HL_TEST(ninth_address_takes_the_place_of_the_least_used),
        HL_TEST(restart_keeps_dtls_and_srtp_and_the_old_names_until_the_new_are_used),
        HL_TEST(another_pages_offer_is_no_restart),
        HL_TEST(hundreds_at_once_are_shaken_a_few_in_each_tick),
        HL_TEST(states_and_stimuli_outside_the_table_change_nothing),
        HL_TEST(ipv6_address_is_answered_and_sent_to),
    };
    return HL_TEST_MAIN(tests);
}
