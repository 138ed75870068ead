/* test_dtmf.c - RFC 4733 keys against the vectors: every sender seen in the field, and our own. */
#include "base/json.h"
#include "hl_test.h"
#include "media/media.h"

static hl__json *vectors(void)
{
    size_t len;
    char *text = hl_test_vector("dtmf.json", &len);
    hl__err err = { 0 };
    hl__json *j = hl__json_read(text, len, &err);
    hl_test_ok(j != NULL, "dtmf.json: %s", err.words);
    return j;
}

static int64_t at(const hl__json *row, size_t i)
{
    return hl__json_int(hl__json_at(row, i));
}

static void expect_key(const char *name, const hl__json *want, size_t n, hl_time now, const hl__key *k)
{
    const hl__json *row = hl__json_at(want, n);
    hl_test_ok(n < hl__json_size(want), "%s: one event too many, %c at %lld", name, k->key, (long long)now / HL__US);
    const char *kind = hl__json_text(hl__json_at(row, 1)), *symbol = hl__json_text(hl__json_at(row, 2));
    hl_test_ok(at(row, 0) == now / HL__US, "%s: event %zu at %lld, not %lld", name, n, (long long)now / HL__US,
               (long long)at(row, 0));
    hl_test_ok(k->end == !strcmp(kind, "end") && k->key == symbol[0], "%s: event %zu is %s %c", name, n,
               k->end ? "end" : "start", k->key);
    if (k->end)
        hl_test_ok(k->ms == at(row, 3), "%s: %d ms, not %lld", name, k->ms, (long long)at(row, 3));
}

static void receive(const hl__json *c)
{
    const char *name = hl__json_text(hl__json_get(c, "name"));
    const hl__json *packets = hl__json_get(c, "packets"), *want = hl__json_get(c, "expect");
    uint32_t khz = (uint32_t)hl__json_int(hl__json_get(c, "clock")) / 1000;
    hl__ear ear = { 0 };
    hl__key keys[3];
    size_t got = 0, p = 0;
    for (hl_time now = 0; now < 2000 * HL__US; now += HL__US) {
        int n = hl__ear_tick(&ear, now, keys);
        for (int i = 0; i < n; i++)
            expect_key(name, want, got++, now, &keys[i]);
        for (; p < hl__json_size(packets) && at(hl__json_at(packets, p), 0) * HL__US <= now; p++) {
            const hl__json *row = hl__json_at(packets, p);
            hl__event_in e = { .ssrc = (uint32_t)at(row, 1), .seq = (uint16_t)at(row, 2), .ts = (uint32_t)at(row, 3),
                .event = (uint8_t)at(row, 5), .end = at(row, 6) != 0, .duration = (uint16_t)at(row, 7) };
            n = hl__ear_take(&ear, now, khz, &e, keys);
            for (int i = 0; i < n; i++)
                expect_key(name, want, got++, now, &keys[i]);
        }
    }
    hl_test_ok(got == hl__json_size(want), "%s: %zu events, not %zu", name, got, hl__json_size(want));
}

static void every_sender_of_the_vectors_is_understood(void **state)
{
    hl__json *j = vectors();
    const hl__json *cases = hl__json_get(hl__json_get(j, "receive"), "cases");
    (void)state;
    assert_true(hl__json_size(cases) >= 30);
    for (size_t i = 0; i < hl__json_size(cases); i++)
        receive(hl__json_at(cases, i));
    hl__json_free(j);
}

struct said { int64_t row[8]; };

static uint32_t say(const hl__json *c, struct said *out, uint32_t room)
{
    hl__mouth m = { 0 };
    uint32_t n = 0, khz = (uint32_t)hl__json_int(hl__json_get(c, "clock")) / 1000, ts = 0;
    uint16_t seq = (uint16_t)hl__json_int(hl__json_get(c, "seq0"));
    uint32_t ts0 = (uint32_t)hl__json_int(hl__json_get(c, "ts0"));
    assert_int_equal(hl__mouth_add(&m, hl__json_text(hl__json_get(c, "digits")),
                                   (uint32_t)hl__json_int(hl__json_get(c, "on")),
                                   (uint32_t)hl__json_int(hl__json_get(c, "gap")), khz), 0);
    for (int64_t t = 0;; t += 20) {
        hl__event_out e;
        int r = hl__mouth_next(&m, &e);
        if (r < 0)
            return n;
        if (r == 0)
            continue;
        assert_true(n < room);
        if (e.begins)
            ts = ts0 + (uint32_t)t * khz;
        out[n++] = (struct said){ { t, seq++, ts + e.shift, e.marker, e.body[0], e.body[1] >> 7, e.body[1] & 63,
            e.body[2] << 8 | e.body[3] } };
    }
}

static void expect_rows(const char *name, const hl__json *rows, const struct said *got, uint32_t n)
{
    for (size_t i = 0; i < hl__json_size(rows); i++) {
        const hl__json *row = hl__json_at(rows, i);
        uint32_t k = 0;
        while (k < n && got[k].row[0] != at(row, 0))
            k++;
        hl_test_ok(k < n, "%s: nothing said at %lld ms", name, (long long)at(row, 0));
        for (size_t c = 0; c < 8; c++)
            hl_test_ok(got[k].row[c] == at(row, c), "%s: at %lld ms column %zu is %lld, not %lld", name,
                       (long long)at(row, 0), c, (long long)got[k].row[c], (long long)at(row, c));
    }
}

static void what_we_send_is_the_vectors_packets(void **state)
{
    static struct said got[600];
    hl__json *j = vectors();
    const hl__json *cases = hl__json_get(hl__json_get(j, "send"), "cases");
    (void)state;
    for (size_t i = 0; i < hl__json_size(cases); i++) {
        const hl__json *c = hl__json_at(cases, i), *count = hl__json_get(c, "count");
        const char *name = hl__json_text(hl__json_get(c, "name"));
        uint32_t n = say(c, got, 600);
        uint32_t want = count ? (uint32_t)hl__json_int(count) : (uint32_t)hl__json_size(hl__json_get(c, "packets"));
        hl_test_ok(n == want, "%s: %u packets, not %u", name, n, want);
        static const char *const parts[] = { "packets", "first", "around", "last" };
        for (int k = 0; k < 4; k++)
            expect_rows(name, hl__json_get(c, parts[k]), got, n);
    }
    hl__json_free(j);
}

static void our_digit_looks_like_the_table_of_senders(void **state)
{
    hl_test_csv csv;
    (void)state;
    hl_test_csv_open(&csv, "gateway-dtmf.csv");
    while (hl_test_csv_next(&csv)) {
        if (strncmp(hl_test_cell(&csv, "sender"), "ours", 4))
            continue;
        hl__mouth m = { 0 };
        hl__event_out e;
        int64_t ends = 0, first = 0, last = 0;
        assert_int_equal(hl__mouth_add(&m, "5", 100, 70, 8), 0);
        for (int r; (r = hl__mouth_next(&m, &e)) >= 0;) {
            if (r == 0)
                continue;
            last = e.body[2] << 8 | e.body[3];
            first = first ? first : last;
            ends += e.body[1] >> 7;
        }
        assert_int_equal(first, hl_test_cell_int(&csv, "first_duration"));
        assert_int_equal(ends, hl_test_cell_int(&csv, "end_packets"));
        assert_int_equal(last, hl_test_cell_int(&csv, "end_duration"));
        return;
    }
    fail();
}

static void wrong_keys_are_refused_and_commas_wait(void **state)
{
    hl__mouth m = { 0 };
    hl__event_out e;
    int silent = 0, r;
    (void)state;
    assert_int_equal(hl__mouth_add(&m, "12x", 100, 70, 8), HL_EINVAL);
    assert_int_equal(hl__mouth_add(&m, ",1", 100, 70, 8), 0);
    while ((r = hl__mouth_next(&m, &e)) == 0)
        silent++;
    assert_int_equal(silent, 25);
    char many[HL__KEYS_MAX + 2];
    memset(many, '1', sizeof(many) - 1);
    many[sizeof(many) - 1] = 0;
    assert_int_equal(hl__mouth_add(&m, many, 100, 70, 8), HL_ELIMIT);
}

static int tones(const char *keys, double low_gain, double high_gain, hl__key *out, uint32_t room)
{
    static const double rows[] = { 697, 770, 852, 941 }, columns[] = { 1209, 1336, 1477, 1633 };
    static const char pad[] = "123A456B789C*0#D";
    hl__tones_in g = { 0 };
    int n = 0;
    for (; *keys; keys++) {
        int16_t pcm[1200] = { 0 };
        int k = (int)(strchr(pad, *keys) - pad);
        for (int i = 0; i < 640; i++)
            pcm[i] = (int16_t)(low_gain * __builtin_sin(6.283185307 * rows[k / 4] * i / 8000)
                               + high_gain * __builtin_sin(6.283185307 * columns[k % 4] * i / 8000));
        n += hl__tones_take(&g, pcm, 1200, out + n, room - (uint32_t)n);
    }
    return n;
}

static void tones_in_the_sound_are_heard(void **state)
{
    static const char all[] = "1234567890*#ABCD";
    hl__key keys[64];
    (void)state;
    int n = tones(all, 5000, 5000, keys, 64);
    assert_int_equal(n, 32);
    for (int i = 0; i < 16; i++) {
        assert_int_equal(keys[2 * i].key, all[i]);
        assert_false(keys[2 * i].end);
        assert_true(keys[2 * i + 1].end);
    }
    assert_int_equal(tones(all, 500, 500, keys, 64), 32);
    assert_int_equal(tones(all, 100, 100, keys, 64), 0);
}

static void one_tone_alone_is_no_key(void **state)
{
    hl__key keys[64];
    (void)state;
    assert_int_equal(tones("15", 6000, 0, keys, 64), 0);
    assert_int_equal(tones("15", 0, 6000, keys, 64), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(every_sender_of_the_vectors_is_understood), HL_TEST(what_we_send_is_the_vectors_packets),
        HL_TEST(our_digit_looks_like_the_table_of_senders), HL_TEST(wrong_keys_are_refused_and_commas_wait),
        HL_TEST(tones_in_the_sound_are_heard), HL_TEST(one_tone_alone_is_no_key),
    };
    return HL_TEST_MAIN(tests);
}
