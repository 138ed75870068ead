/* test_rtp.c - RTP and RTCP as bytes, what was received of a source, the quality score. */
#include "hl_test.h"
#include "media/media.h"

static void a_packet_survives_writing_and_reading(void **state)
{
    uint8_t data[40] = { 0 };
    hl__rtp in = { .pt = 111, .marker = true, .seq = 65535, .ts = 0xfffffff0u, .ssrc = 0x12345678 }, out;
    (void)state;
    hl__rtp_write(data, &in);
    assert_int_equal(hl__rtp_read(data, 20, &out), 0);
    assert_int_equal(out.pt, 111);
    assert_true(out.marker);
    assert_int_equal(out.seq, 65535);
    assert_int_equal(out.ts, 0xfffffff0u);
    assert_int_equal(out.ssrc, 0x12345678);
    assert_int_equal(out.len, 8);
}

static void lengths_that_lie_are_refused(void **state)
{
    uint8_t data[40] = { 0x80, 8 };
    hl__rtp out;
    (void)state;
    assert_int_equal(hl__rtp_read(data, 11, &out), HL_EINVAL);
    data[0] = 0x8f; /* 15 contributing sources */
    assert_int_equal(hl__rtp_read(data, 40, &out), HL_EINVAL);
    data[0] = 0x90; /* an extension of 65535 words */
    data[14] = data[15] = 0xff;
    assert_int_equal(hl__rtp_read(data, 40, &out), HL_EINVAL);
    data[14] = 0;
    data[15] = 2;
    assert_int_equal(hl__rtp_read(data, 40, &out), 0);
    assert_int_equal(out.len, 40 - 12 - 4 - 8);
    data[0] = 0xa0; /* padding longer than the packet, and none */
    data[39] = 29;
    assert_int_equal(hl__rtp_read(data, 40, &out), HL_EINVAL);
    data[39] = 0;
    assert_int_equal(hl__rtp_read(data, 40, &out), HL_EINVAL);
    data[39] = 28;
    assert_int_equal(hl__rtp_read(data, 40, &out), 0);
    assert_int_equal(out.len, 0);
    data[0] = 0x40;
    assert_int_equal(hl__rtp_read(data, 40, &out), HL_EINVAL);
}

static void a_report_survives_writing_and_reading(void **state)
{
    uint8_t data[200];
    hl__rtcp in = { .ssrc = 7, .sr = true, .ntp = 0x1122334455667788u, .ts = 99, .packets = 1000, .octets = 160000,
        .blocks = 1, .block = { .ssrc = 42, .fraction = 12, .lost = -3, .newest = 70000, .jitter = 80, .lsr = 5,
        .dlsr = 6 } }, out;
    (void)state;
    size_t len = hl__rtcp_write(&in, data, sizeof(data));
    assert_int_equal(len % 4, 0);
    assert_int_equal(hl__rtcp_read(data, len, 42, &out), 0);
    assert_true(out.sr && out.blocks == 1);
    assert_true(out.ntp == in.ntp);
    assert_int_equal(out.block.lost, -3);
    assert_int_equal(out.block.fraction, 12);
    assert_int_equal(out.block.newest, 70000);
    assert_int_equal(hl__rtcp_read(data, len, 43, &out), 0);
    assert_int_equal(out.blocks, 0);
    for (size_t cut = 0; cut < len; cut++)
        if (cut != 52) /* the sender's report alone is whole */
            assert_int_equal(hl__rtcp_read(data, cut, 42, &out), HL_EINVAL);
    assert_int_equal(hl__rtcp_write(&in, data, 30), 0);
}

static void loss_order_and_wrap_are_counted(void **state)
{
    hl__reception r = { 0 };
    hl__block block;
    (void)state;
    for (uint32_t i = 0; i < 200; i++) {
        hl__rtp p = { .seq = (uint16_t)(65500 + i), .ts = 160 * i, .ssrc = 1 };
        if (i % 10 == 3)
            continue;
        if (i == 50 || i == 51)
            p.seq = (uint16_t)(65500 + 50 + (i == 50)), p.ts = 160 * (50 + (i == 50));
        assert_int_equal(hl__reception_take(&r, &p, 8000, (hl_time)i * 20 * HL__US), i == 0);
    }
    assert_int_equal(hl__reception_expected(&r), 200);
    hl__reception_block(&r, &block);
    assert_int_equal(block.lost, 20);
    assert_int_equal(block.fraction, 25);
    assert_int_equal(block.newest, 65536 + 163);
    hl__reception_block(&r, &block);
    assert_int_equal(block.fraction, 0);
}

static void jitter_is_that_of_rfc_3550(void **state)
{
    hl__reception r = { 0 };
    double want = 0;
    hl_time before = 0;
    (void)state;
    for (uint32_t i = 0; i < 500; i++) {
        hl_time late = (hl_time)(i * 7919 % 13) * HL__US;
        hl__rtp p = { .seq = (uint16_t)i, .ts = 160 * i, .ssrc = 1 };
        (void)hl__reception_take(&r, &p, 8000, (hl_time)i * 20 * HL__US + late);
        double d = i ? (double)(late > before ? late - before : before - late) * 8 / 1000 : 0;
        want += (d - want) / 16;
        before = late;
    }
    assert_true(r.jitter16 / 16.0 > want - 1.5 && r.jitter16 / 16.0 < want + 1.5);
}

static void the_score_is_the_tables(void **state)
{
    hl_test_csv csv;
    int rows = 0;
    (void)state;
    hl_test_csv_open(&csv, "gateway-mos.csv");
    for (; hl_test_csv_next(&csv); rows++) {
        int got = hl__mos((int)hl_test_cell_int(&csv, "delay_ms"), (int)hl_test_cell_int(&csv, "loss_ppm"),
                          (int)hl_test_cell_int(&csv, "ie"), (int)hl_test_cell_int(&csv, "bpl10"));
        hl_test_ok(got == hl_test_cell_int(&csv, "mos100"), "line %d: %d", csv.line, got);
    }
    assert_true(rows > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_packet_survives_writing_and_reading), HL_TEST(lengths_that_lie_are_refused),
        HL_TEST(a_report_survives_writing_and_reading), HL_TEST(loss_order_and_wrap_are_counted),
        HL_TEST(jitter_is_that_of_rfc_3550), HL_TEST(the_score_is_the_tables),
    };
    return HL_TEST_MAIN(tests);
}
