/* test_attack.c - what outsiders send: silence, nothing changed, nothing kept; and memory that fails. */
#include "webrtc/webrtc.h"
#include "webrtc/world.h"
#include "base/json.h"
#include "hl_test.h"

enum { S = HL__SECOND, MS = HL__US };

static world w;

static void begin(void)
{
    assert_int_equal(world_begin(&w, &hl_test_mem), 0);
}

static hl__peer *peer(int i)
{
    return (hl__peer *)w.page[i].path;
}

static uint32_t drained(void)
{
    uint8_t data[2048];
    uint32_t n = 0;
    hl__packet o = { .room = sizeof(data), .data = data };
    while (hl__paths_dtls.output(w.st, w.now, &o) == 1)
        n++;
    return n;
}

static size_t unhex(const char *text, uint8_t *out)
{
    size_t n = 0;
    for (unsigned v; text[2 * n] && sscanf(text + 2 * n, "%2x", &v) == 1; n++)
        out[n] = (uint8_t)v;
    return n;
}

/* The path's names become those of the vector. */
static void name_path(hl__peer *p, const char *ours, const char *theirs, const char *pwd)
{
    hl__port *port = w.st;
    hl__pair *pair = &p->pair[0];
    hl__names_del(&port->ufrags, pair->ours);
    hl__copy(pair->ours, sizeof(pair->ours), ours);
    hl__copy(pair->pwd, sizeof(pair->pwd), pwd);
    hl__copy(pair->theirs, sizeof(pair->theirs), theirs);
    assert_int_equal(hl__names_put(&port->ufrags, pair->ours, pair), 0);
}

static void responder_answers_byte_for_byte_or_is_silent(void **state)
{
    (void)state;
    size_t size;
    char *text = hl_test_vector("gateway-stun.json", &size);
    hl__err err;
    hl__json *j = hl__json_read(text, size, &err), *v = hl__json_get(j, "responder"), *list = hl__json_get(v, "cases");
    const hl__addr from = { .ip = { 198, 51, 100, 7 }, .port = 50000, .family = 4 };
    assert_int_equal(hl__json_size(list), 8);
    for (size_t k = 0; k < hl__json_size(list); k++) {
        const hl__json *row = hl__json_at(list, k);
        const char *name = hl__json_text(hl__json_get(row, "name"));
        begin();
        int i = world_open(&w, NULL);
        world_run(&w, w.now + 5 * MS);
        name_path(peer(i), hl__json_text(hl__json_get(v, "ufrag")), "wxyz", hl__json_text(hl__json_get(v, "password")));
        uint8_t in[400], out[400], data[2048];
        size_t in_len = unhex(hl__json_text(hl__json_get(row, "in")), in);
        size_t out_len = unhex(hl__json_text(hl__json_get(row, "out")), out);
        (void)world_input(&w, &from, in, in_len);
        hl__packet o = { .room = sizeof(data), .data = data };
        int r = hl__paths_dtls.output(w.st, w.now, &o);
        hl_test_ok(r == (out_len > 0), "%s: answered %d", name, r);
        if (out_len) {
            hl_test_ok(o.len == out_len && memcmp(out, data, out_len) == 0, "%s: other bytes", name);
            hl_test_ok(o.far.port == 50000 && o.near.port == 42000, "%s: to and from", name);
        }
        bool nominated = hl__json_true(hl__json_get(row, "nominated"));
        hl_test_ok((peer(i)->to != NULL) == nominated, "%s: nominated", name);
        hl_test_ok((peer(i)->state == HL__PEER_CHECKING) == nominated, "%s: state", name);
        world_end(&w);
    }
    hl__json_free(j);
}

static void any_flipped_bit_of_a_check_is_met_with_silence(void **state)
{
    (void)state;
    begin();
    int i = world_open(&w, NULL);
    world_run(&w, w.now + 5 * MS);
    uint8_t good[1600], bad[1600];
    page_check(w.page[i].page, true);
    size_t len = page_output(w.page[i].page, good, sizeof(good));
    for (size_t bit = 0; bit < 8 * len; bit++) {
        memcpy(bad, good, len);
        bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
        int r = world_input(&w, &w.page[i].from, bad, len);
        bool untouched = drained() == 0 && peer(i)->state == HL__PEER_NEW && !peer(i)->far[0].peer;
        hl_test_ok(r < 0 && untouched, "bit %zu: %d", bit, r);
    }
    assert_int_equal(world_input(&w, &w.page[i].from, good, len), 0);
    assert_int_equal(drained(), 1);
    world_end(&w);
}

static void hello_from_an_unlisted_address_is_dropped(void **state)
{
    (void)state;
    begin();
    int i = world_open(&w, NULL);
    world_run(&w, w.now + 5 * MS);
    uint8_t hello[1600];
    page *forger = page_new(NULL);
    page_hello(forger);
    size_t len = page_output(forger, hello, sizeof(hello));
    assert_int_equal(world_input(&w, &w.page[i].from, hello, len), -HL__DROP_UNLISTED);
    page_check(w.page[i].page, true);
    world_tick(&w);
    hl__addr other = w.page[i].from;
    other.port++;
    assert_int_equal(world_input(&w, &other, hello, len), -HL__DROP_UNLISTED);
    assert_int_equal(drained(), 0);
    page_free(forger);
    world_end(&w);
}

static void hundred_calls_come_up_under_forged_hellos(void **state)
{
    (void)state;
    begin();
    uint8_t hello[1600];
    page *forger = page_new(NULL);
    page_hello(forger);
    size_t len = page_output(forger, hello, sizeof(hello));
    hl__addr from = { .ip = { 203, 0, 113, 1 }, .port = 1, .family = 4 };
    for (int i = 0; i < 100; i++)
        assert_int_equal(world_open(&w, NULL), i);
    for (int tick = 0; tick < 200; tick++) { /* a second of 10,000 hellos */
        for (int n = 0; n < 50; n++) {
            from.port++;
            assert_int_equal(world_input(&w, &from, hello, len), -HL__DROP_UNLISTED);
        }
        for (int i = 0; i < 100; i++)
            if (w.page[i].local && !page_checked(w.page[i].page)) {
                page_check(w.page[i].page, true);
                page_hello(w.page[i].page);
            }
        world_run(&w, w.now + 5 * MS);
    }
    for (int i = 0; i < 100; i++)
        hl_test_ok(w.page[i].up == 1, "call %d is not up", i);
    page_free(forger);
    world_end(&w);
}

static void half_right_datagrams_bring_out_no_more_than_they_were(void **state)
{
    (void)state;
    hl__rand r;
    hl__rand_init(&r, (int64_t)hl_test_seed(), 0, 0);
    begin();
    int i = world_up(&w, NULL), k = world_open(&w, NULL);
    world_run(&w, w.now + 5 * MS);
    uint8_t kinds[4][1600], sound[160] = { 0 }, data[1600];
    size_t len[4];
    page_check(w.page[k].page, true);
    len[0] = page_output(w.page[k].page, kinds[0], sizeof(kinds[0]));
    page_hello(w.page[k].page);
    len[1] = page_output(w.page[k].page, kinds[1], sizeof(kinds[1]));
    len[2] = page_rtp(w.page[i].page, 8, 160, sound, sizeof(sound), kinds[2]);
    memset(kinds[3], 0x81, len[3] = 40);
    w.bytes_in = w.bytes_out = 0;
    for (int n = 0; n < 100000; n++) {
        uint32_t kind = hl__rand_below(&r, 4), flips = hl__rand_below(&r, 4);
        hl__addr other = { .ip = { 9, 9, 9, (uint8_t)n }, .port = 9, .family = 4 };
        hl__addr from = hl__rand_below(&r, 2) ? w.page[i].from : other;
        memcpy(data, kinds[kind], len[kind]);
        for (uint32_t f = 0; f <= flips; f++)
            data[hl__rand_below(&r, (uint32_t)len[kind])] ^= (uint8_t)(1 << hl__rand_below(&r, 8));
        size_t cut = hl__rand_below(&r, 8) ? len[kind] : hl__rand_below(&r, (uint32_t)len[kind]);
        if (n % 5000 == 0)
            w.now += 5 * MS;
        (void)world_input(&w, &from, data, cut);
        uint8_t out[2048];
        hl__packet o = { .room = sizeof(out), .data = out };
        while (hl__paths_dtls.output(w.st, w.now, &o) == 1)
            w.bytes_out += o.len;
    }
    hl_test_ok(w.bytes_out <= w.bytes_in, "in %llu, out %llu", (unsigned long long)w.bytes_in,
        (unsigned long long)w.bytes_out);
    world_end(&w);
}

static void forged_rtp_is_never_heard_nor_answered(void **state)
{
    (void)state;
    begin();
    int i = world_up(&w, NULL);
    assert_int_equal(world_send(&w, i, 5), 5);
    uint32_t clear = w.clear, ssrc = page_ssrc(w.page[i].page);
    uint64_t out = w.bytes_out;
    for (int n = 0; n < 5000; n++) { /* the right payload type, SSRC and sequence, from everywhere */
        uint8_t data[200] = { 0x80, 8, 0, (uint8_t)(105 + n % 100), 0, 0, 3, 0xe8, (uint8_t)(ssrc >> 24),
            (uint8_t)(ssrc >> 16), (uint8_t)(ssrc >> 8), (uint8_t)ssrc };
        hl__addr other = { .ip = { 203, 0, 113, 5 }, .port = (uint16_t)(1000 + n), .family = 4 };
        hl__addr from = n % 2 ? w.page[i].from : other;
        assert_true(world_input(&w, &from, data, 12 + 160 + 16) < 0);
    }
    world_tick(&w);
    assert_int_equal(w.clear, clear);
    assert_int_equal(w.bytes_out, out);
    assert_true(w.dropped[HL__DROP_AUTH] >= 2500);
    assert_true(w.dropped[HL__DROP_RATE] >= 2480); /* unknown sources: 20 attempts a second each */
    assert_int_equal(world_send(&w, i, 5), 5);
    world_end(&w);
}

static void stranger_with_an_old_packet_is_not_followed(void **state)
{
    (void)state;
    begin();
    int i = world_up(&w, NULL);
    uint8_t sound[160] = { 0 }, data[400];
    size_t len = page_rtp(w.page[i].page, 8, 160, sound, sizeof(sound), data);
    assert_int_equal(world_input(&w, &w.page[i].from, data, len), 1);
    hl__addr thief = { .ip = { 203, 0, 113, 66 }, .port = 6666, .family = 4 };
    assert_int_equal(world_input(&w, &thief, data, len), -HL__DROP_REPLAY);
    assert_null(hl__far_find(w.st, &thief, 0));
    /* one the thief kept from arriving is heard, and asked about; who has no password cannot answer */
    len = page_rtp(w.page[i].page, 8, 160, sound, sizeof(sound), data);
    assert_int_equal(world_input(&w, &thief, data, len), 1);
    for (int n = 0; n < 200; n++) {
        world_send(&w, i, 1);
        world_run(&w, w.now + 20 * MS);
    }
    assert_int_equal(w.page[i].moved, 0);
    assert_int_equal(peer(i)->to->addr.port, w.page[i].from.port);
    world_end(&w);
}

static void replayed_packets_are_refused(void **state)
{
    (void)state;
    begin();
    int i = world_up(&w, NULL);
    uint8_t sound[160] = { 0 }, all[200][400];
    size_t len = 0;
    for (int n = 0; n < 200; n++) {
        len = page_rtp(w.page[i].page, 8, 160, sound, sizeof(sound), all[n]);
        assert_int_equal(world_input(&w, &w.page[i].from, all[n], len), 1);
    }
    for (int n = 0; n < 200; n++)
        assert_int_equal(world_input(&w, &w.page[i].from, all[n], len), -HL__DROP_REPLAY);
    world_end(&w);
}

static void two_rollovers_with_loss_at_the_wrap_lose_nothing_else(void **state)
{
    (void)state;
    begin();
    int i = world_up(&w, &(page_options){ .srtp = "SRTP_AEAD_AES_128_GCM" });
    uint8_t sound[20] = { 0 }, data[400];
    uint32_t sent = 0, good = 0;
    page_set_seq(w.page[i].page, 30000);
    for (uint32_t n = 0; n < 131072; n++) {
        size_t len = page_rtp(w.page[i].page, 8, 160, sound, sizeof(sound), data);
        uint16_t seq = (uint16_t)(data[2] << 8 | data[3]);
        if (seq > 65530 || seq < 5) /* the wrap itself is lost */
            continue;
        sent++;
        good += world_input(&w, &w.page[i].from, data, len) == 1;
    }
    assert_int_equal(good, sent);
    world_end(&w);
}

static void datagrams_of_wrong_size_or_kind_are_dropped(void **state)
{
    (void)state;
    begin();
    int i = world_up(&w, NULL);
    uint8_t data[1600] = { 0x80, 8 };
    assert_int_equal(world_input(&w, &w.page[i].from, data, 1501), -HL__DROP_SHORT);
    assert_int_equal(world_input(&w, &w.page[i].from, data, 11), -HL__DROP_SHORT);
    assert_int_equal(world_input(&w, &w.page[i].from, data, 0), -HL__DROP_SHORT);
    for (int first = 0; first < 256; first++) {
        data[0] = (uint8_t)first;
        bool known = first <= 3 || (first >= 20 && first <= 63) || (first >= 128 && first <= 191);
        int r = world_input(&w, &w.page[i].from, data, 100);
        hl_test_ok(known ? r != -HL__DROP_KIND && r <= 0 : r == -HL__DROP_KIND, "first byte %d: %d", first, r);
    }
    world_end(&w);
}

static void two_pages_behind_one_address_do_not_take_each_others_place(void **state)
{
    (void)state;
    begin();
    int a = world_up(&w, NULL), b = world_open(&w, NULL);
    assert_int_equal(world_send(&w, a, 3), 3);
    w.page[b].from = w.page[a].from; /* a signed check of b's, its sender's address forged or given anew by a NAT */
    world_run(&w, w.now + 5 * MS);
    uint8_t data[1600];
    page_check(w.page[b].page, true);
    size_t len = page_output(w.page[b].page, data, sizeof(data));
    assert_int_equal(world_input(&w, &w.page[b].from, data, len), 0);
    (void)drained();
    assert_int_equal(world_send(&w, a, 3), 3); /* a is still heard */
    hl__paths_dtls.close(w.page[b].path);
    assert_int_equal(world_send(&w, a, 3), 3);
    world_end(&w);
}

/* A whole life; HL_ENOMEM wherever it ends early. */
static int life(void *ctx)
{
    (void)ctx;
    int r = world_begin(&w, &hl_test_mem), i;
    if (r < 0)
        return r;
    i = world_open(&w, &(page_options){ .big_hello = 1 });
    if (i < 0) {
        world_end(&w);
        return i;
    }
    hl_time until = w.now + 5 * S;
    bool hello = false;
    while (w.now < until && !(w.page[i].up && page_up(w.page[i].page))) {
        if (w.page[i].local) {
            page_check(w.page[i].page, true);
            if (page_checked(w.page[i].page) && !hello) {
                hello = true;
                page_hello(w.page[i].page);
            }
        }
        world_run(&w, w.now + 20 * MS);
    }
    r = HL_ENOMEM;
    if (w.page[i].up) {
        bool known = world_send(&w, i, 3) == 3;
        w.page[i].from.port++;
        r = known && world_send(&w, i, 3) == 3 ? 0 : HL_ENOMEM;
        world_tick(&w);
    }
    world_end(&w);
    return r;
}

static void memory_that_fails_anywhere_leaves_nothing_behind(void **state)
{
    (void)state;
    int n = hl_test_oom(life, NULL);
    assert_true(n > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(responder_answers_byte_for_byte_or_is_silent),
        HL_TEST(any_flipped_bit_of_a_check_is_met_with_silence),
        HL_TEST(hello_from_an_unlisted_address_is_dropped),
        HL_TEST(hundred_calls_come_up_under_forged_hellos),
        HL_TEST(half_right_datagrams_bring_out_no_more_than_they_were),
        HL_TEST(forged_rtp_is_never_heard_nor_answered),
        HL_TEST(stranger_with_an_old_packet_is_not_followed),
        HL_TEST(replayed_packets_are_refused),
        HL_TEST(two_rollovers_with_loss_at_the_wrap_lose_nothing_else),
        HL_TEST(datagrams_of_wrong_size_or_kind_are_dropped),
        HL_TEST(two_pages_behind_one_address_do_not_take_each_others_place),
        HL_TEST(memory_that_fails_anywhere_leaves_nothing_behind),
    };
    return HL_TEST_MAIN(tests);
}
