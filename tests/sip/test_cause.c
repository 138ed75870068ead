/* test_cause.c - statuses, causes and outcomes, by sip_cause.csv; both state tables in full. */
#include "hl_test.h"
#include "sip/core.h"

static const char *const nexts[] = { "stop", "next", "again", "auth" };

static void check(const hl_test_csv *csv, struct hl__sip_cause got, bool with_next)
{
    const char *in = hl_test_cell(csv, "in");
    hl_test_ok(got.q850 == hl_test_cell_int(csv, "q850"), "%s: cause %d", in, got.q850);
    hl_test_ok(got.status == hl_test_cell_int(csv, "sip"), "%s: status %d", in, got.status);
    hl_test_ok(strcmp(hl__sip_outcome_word(got.outcome), hl_test_cell(csv, "outcome")) == 0, "%s: %s", in,
               hl__sip_outcome_word(got.outcome));
    if (with_next)
        hl_test_ok(strcmp(nexts[got.next], hl_test_cell(csv, "next")) == 0, "%s: %s", in, nexts[got.next]);
}

static void causes_are_those_of_the_vectors(void **state)
{
    (void)state;
    hl_test_csv csv;
    int locals = 0;
    hl_test_csv_open(&csv, "sip_cause.csv");
    while (hl_test_csv_next(&csv)) {
        const char *kind = hl_test_cell(&csv, "kind"), *in = hl_test_cell(&csv, "in");
        if (strcmp(kind, "s2q") == 0)
            check(&csv, hl__sip_cause_of(atoi(in)), true);
        else if (strcmp(kind, "q2s") == 0)
            check(&csv, hl__sip_cause_q850(atoi(in)), false);
        for (int i = 0; strcmp(kind, "local") == 0 && i < SIP_LOCAL_END; i++)
            if (strcmp(hl__sip_local_word(i), in) == 0) {
                check(&csv, hl__sip_cause_local(i), true);
                locals++;
            }
    }
    assert_int_equal(locals, SIP_LOCAL_END);
}

static void what_is_not_listed_counts_as_its_class(void **state)
{
    (void)state;
    assert_int_equal(hl__sip_cause_of(499).q850, 41);
    assert_int_equal(hl__sip_cause_of(499).status, 499);
    assert_int_equal(hl__sip_cause_of(599).next, SIP_NEXT);
    assert_int_equal(hl__sip_cause_of(699).outcome, HL__BUSY);
    assert_int_equal(hl__sip_cause_q850(99).status, 500);
}

static void a_reason_header_is_read(void **state)
{
    (void)state;
    static const struct { const char *reason; int cause; } rows[] = {
        { "Q.850;cause=17;text=\"busy, sorry\"", 17 }, { "SIP;cause=200;text=\"elsewhere\"", 26 },
        { "SIP;cause=486, Q.850 ; cause = 21", 21 }, { "Q.850;cause=999", 0 }, { "Q.850", 0 }, { "", 0 },
    };
    struct sip_msg *m = calloc(1, sizeof(*m));
    assert_non_null(m);
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        char text[512];
        snprintf(text, sizeof(text), "BYE sip:a@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKa\r\n"
                 "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 2 BYE\r\nReason: %s\r\n\r\n",
                 rows[i].reason);
        assert_int_equal(hl__sip_msg_parse(text, strlen(text), m), 0);
        hl_test_ok(hl__sip_reason(m) == rows[i].cause, "%s: %d", rows[i].reason, hl__sip_reason(m));
    }
    free(m);
}

/* ENDED is the end, every state before it can be left by hanging up, and nothing leads back. */
static void every_pair_of_the_leg_tables_makes_sense(void **state)
{
    (void)state;
    for (int outbound = 0; outbound < 2; outbound++) {
        int rows = 0;
        for (int s = 0; s < SIP_S_END; s++)
            for (int on = 0; on < SIP_ON_END; on++) {
                int next = hl__sip_leg_next(outbound, s, on);
                rows += next >= 0;
                hl_test_ok(next < 0 || next >= s, "%s %s goes back to %s", hl__sip_state_word(s),
                           hl__sip_stimulus_word(on), next < 0 ? "" : hl__sip_state_word(next));
                if (s == SIP_S_ENDED)
                    assert_int_equal(next, -1);
            }
        assert_true(rows > 20);
    }
    static const uint8_t in[] = { SIP_S_TRYING, SIP_S_RINGING, SIP_S_EARLY, SIP_S_ACCEPTED, SIP_S_TALKING };
    static const uint8_t out[] = { SIP_S_TRYING, SIP_S_RINGING, SIP_S_EARLY, SIP_S_TALKING };
    for (size_t i = 0; i < HL__COUNT(in); i++)
        assert_true(hl__sip_leg_next(false, in[i], SIP_ON_DO_HANGUP) > 0);
    for (size_t i = 0; i < HL__COUNT(out); i++)
        assert_true(hl__sip_leg_next(true, out[i], SIP_ON_DO_HANGUP) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(causes_are_those_of_the_vectors),
        HL_TEST(what_is_not_listed_counts_as_its_class),
        HL_TEST(a_reason_header_is_read),
        HL_TEST(every_pair_of_the_leg_tables_makes_sense),
    };
    return HL_TEST_MAIN(tests);
}
