/* test_jitter.c - the waiting rule against the table of networks it was chosen by. */
#include "hl_test.h"
#include "media/media.h"
#include <math.h>

enum { FLAT, GAUSS, U100, U200, STALL };

typedef struct net { hl__rand rand; int model; hl_time stalled_until, last; } net;

static double normal(net *n)
{
    double u = hl__rand_real(&n->rand), v = hl__rand_real(&n->rand);
    return sqrt(-2 * log(u > 0 ? u : 1e-9)) * cos(2 * M_PI * v);
}

/* When a packet sent at `at` arrives. */
static hl_time arrival(net *n, hl_time at)
{
    double ms = 0;
    switch (n->model) {
    case FLAT: ms = 2 * hl__rand_real(&n->rand); break;
    case GAUSS: ms = 60 + 20 * normal(n); break;
    case U100: ms = 100 * hl__rand_real(&n->rand); break;
    case U200: ms = 200 * hl__rand_real(&n->rand); break;
    default:
        ms = 15 * hl__rand_real(&n->rand);
        if (hl__rand_below(&n->rand, 100) == 0)
            n->stalled_until = at + 150 * HL__US;
    }
    hl_time t = at + (hl_time)((ms > 0 ? ms : 0) * HL__US);
    if (n->model != STALL)
        return t;
    t = t < n->stalled_until ? n->stalled_until : t;
    n->last = t < n->last ? n->last : t;
    return n->last;
}

#define PACKETS 6000 /* 120 s */
static hl_time due[PACKETS];
static uint8_t body[160];

static void run(int model, uint64_t seed, double *concealed, double *buffer_ms)
{
    net n = { .model = model };
    hl__jitter *j;
    hl__rtp out, next;
    uint32_t missing = 0, heard = 0, sum = 0, samples = 0;
    bool done[PACKETS] = { false };
    hl__rand_init(&n.rand, (int64_t)seed, 1, (uint64_t)model);
    assert_int_equal(hl__jitter_new(&hl_test_mem, 8000, &j), 0);
    for (int i = 0; i < PACKETS; i++)
        due[i] = arrival(&n, HL__SECOND + i * 20 * HL__US);
    int from = 0;
    for (hl_time now = HL__SECOND; now < HL__SECOND + PACKETS * 20 * HL__US; now += 5 * HL__US) {
        for (int i = from; i < PACKETS && i < from + 100; i++) {
            if (done[i] || due[i] > now)
                continue;
            done[i] = true;
            hl__rtp p = { .pt = 8, .seq = (uint16_t)i, .ts = 160u * (uint32_t)i, .ssrc = 1, .len = 160, .body = body };
            hl__jitter_put(j, due[i], &p);
        }
        while (from < PACKETS && done[from])
            from++;
        if ((now / HL__US) % 20 != 0)
            continue;
        int r = hl__jitter_get(j, now, &out, &next);
        if (now < 11 * (hl_time)HL__SECOND || r < 0)
            continue;
        missing += r == 0;
        heard++;
        sum += (uint32_t)hl__jitter_ms(j);
        samples++;
    }
    *concealed = 100.0 * missing / heard;
    *buffer_ms = (double)sum / samples;
    hl__jitter_free(&hl_test_mem, j);
}

static void the_rule_holds_on_every_network_of_the_table(void **state)
{
    static const char *const models[] = { "flat", "gauss", "u100", "u200", "stall" };
    hl_test_csv csv;
    (void)state;
    hl_test_csv_open(&csv, "gateway-jitter.csv");
    while (hl_test_csv_next(&csv)) {
        if (!strncmp(hl_test_cell(&csv, "target_rule"), "p95", 3))
            continue;
        int model = 0;
        while (strcmp(models[model], hl_test_cell(&csv, "model")))
            model++;
        const char *cell = hl_test_cell(&csv, "concealed_percent_after_10_s"), *dash = strchr(cell, '-');
        double most = strtod(dash ? dash + 1 : cell, NULL), ms = hl_test_cell_real(&csv, "mean_buffer_ms");
        for (uint64_t seed = 1; seed <= 4; seed++) {
            double concealed, buffer;
            run(model, seed, &concealed, &buffer);
            print_message("%s: %.2f %% concealed, buffer %.0f ms\n", models[model], concealed, buffer);
            hl_test_ok(concealed <= most + 0.25, "%s: %.2f %% concealed, at most %.2f", models[model], concealed, most);
            hl_test_ok(buffer <= ms * 1.1 + 16, /* the buffer rests up to 15 ms above its target */
                       "%s: %.0f ms, about %.0f", models[model], buffer, ms);
        }
    }
}

static void a_source_that_begins_anew_is_heard(void **state)
{
    hl__jitter *j;
    hl__rtp out, next;
    int got = 0;
    (void)state;
    assert_int_equal(hl__jitter_new(&hl_test_mem, 8000, &j), 0);
    for (uint32_t i = 0; i < 100; i++) {
        hl_time now = HL__SECOND + i * 20 * HL__US;
        hl__rtp p = { .pt = 8, .seq = (uint16_t)(i < 50 ? i : 40000 + i), .ts = 160 * i + (i < 50 ? 0 : 0x80000000u),
            .ssrc = i < 50 ? 1 : 2, .len = 160, .body = body };
        hl__jitter_put(j, now, &p);
        got += hl__jitter_get(j, now, &out, &next) == 1;
    }
    assert_true(got > 88);
    hl__jitter_free(&hl_test_mem, j);
}

static void the_packet_behind_a_gap_is_offered_for_fec(void **state)
{
    hl__jitter *j;
    hl__rtp out, next;
    int gaps = 0, helped = 0;
    (void)state;
    assert_int_equal(hl__jitter_new(&hl_test_mem, 48000, &j), 0);
    for (uint32_t i = 0; i < 100; i++) {
        hl_time now = HL__SECOND + i * 20 * HL__US;
        hl__rtp p = { .pt = 111, .seq = (uint16_t)i, .ts = 960 * i, .ssrc = 1, .len = 50, .body = body };
        if (i % 10 != 5)
            hl__jitter_put(j, now, &p);
        int r = hl__jitter_get(j, now, &out, &next);
        gaps += r == 0;
        helped += r == 0 && next.body && next.len == 50;
    }
    assert_true(gaps >= 9 && helped == gaps);
    hl__jitter_free(&hl_test_mem, j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(the_rule_holds_on_every_network_of_the_table), HL_TEST(a_source_that_begins_anew_is_heard),
        HL_TEST(the_packet_behind_a_gap_is_offered_for_fec),
    };
    return HL_TEST_MAIN(tests);
}
