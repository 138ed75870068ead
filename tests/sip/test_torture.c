/* test_torture.c - the 49 messages of RFC 4475: what each deserves, from the parser and from the whole user agent. */
#include "net.h"
#include "sip/msg.h"

static const char conf[] =
    "{\"listeners\":{\"u\":{\"bind\":\"10.0.0.1:5060\",\"accept\":\"both\"}},"
    "\"trunks\":{\"all\":{\"id\":6,\"acl\":[\"0.0.0.0/0\"]}}}";
static const char accounts[] =
    "{\"listeners\":{\"u\":{\"bind\":\"10.0.0.1:5060\",\"accept\":\"both\"}},"
    "\"phones\":{\"1001\":{\"id\":14,\"password\":\"correct horse\"}}}";

static char *message(const char *name, size_t *len)
{
    char path[128];
    hl__copy(path, sizeof(path), "torture/");
    hl__copy(path + strlen(path), sizeof(path) - strlen(path), name);
    hl__copy(path + strlen(path), sizeof(path) - strlen(path), ".sip");
    return hl_test_vector(path, len);
}

/* Everybody answers: an INVITE that arrives is taken at once. */
static void take(net *n, int side, const hl__leg_ev *ev, net_leg *l)
{
    hl__media m;
    (void)side;
    if (ev->kind != HL__LEG_IN)
        return;
    net_media(&m, 0, HL__PCMU);
    hl__sip_answer(n->ua[0], n->now, l->id, &m);
}

static int answer_of(const char *name, const char *config, bool open)
{
    net n;
    size_t len;
    char *text = message(name, &len);
    hl__packet in = { .far = net_addr(2), .len = (uint32_t)len, .data = (uint8_t *)text };
    net_begin(&n, 1);
    net_add(&n, 0, config, open);
    n.on = take;
    n.keep_wire = true;
    hl__sip_input(n.ua[0], n.now, 0, &in);
    net_pump(&n);
    int status = net_reply(&n);
    if (status == 405)
        assert_non_null(strstr(n.wire, "\r\nAllow: INVITE"));
    if (status == 415 || status == 406)
        assert_non_null(strstr(n.wire, "\r\nAccept: application/sdp"));
    if (strcmp(name, "bext01") == 0)
        assert_non_null(strstr(n.wire, "\r\nUnsupported: nothingSupportsThis, nothingSupportsThisEither"));
    net_end(&n);
    return status;
}

static void each_message_gets_the_verdict_of_the_rfc(void **state)
{
    (void)state;
    hl_test_csv csv;
    int rows = 0;
    hl_test_csv_open(&csv, "sip_torture.csv");
    for (; hl_test_csv_next(&csv); rows++) {
        const char *name = hl_test_cell(&csv, "name"), *verdict = hl_test_cell(&csv, "verdict");
        bool accounts_there = strcmp(verdict, "401") == 0;
        int want = strcmp(verdict, "accept") == 0 || strcmp(verdict, "drop") == 0 ? 0 : atoi(verdict);
        int got = answer_of(name, accounts_there ? accounts : conf, !accounts_there);
        hl_test_ok(got == want, "%s: %d instead of %s", name, got, verdict);
    }
    assert_int_equal(rows, 49);
}

static void responses_are_accepted_or_dropped_by_the_parser(void **state)
{
    (void)state;
    static const struct { const char *name; int result; } rows[] = {
        { "unreason", 0 }, { "noreason", 0 }, { "bcast", 0 }, { "bigcode", HL_EINVAL }, { "scalarlg", HL_EINVAL },
    };
    struct sip_msg *m = calloc(1, sizeof(*m));
    assert_non_null(m);
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        size_t len;
        char *text = message(rows[i].name, &len);
        hl_test_ok(hl__sip_msg_parse(text, len, m) == rows[i].result, "%s", rows[i].name);
    }
    free(m);
}

/* Each message cut at every byte, and with each byte changed, is survived. */
static void nothing_breaks_when_bytes_are_missing_or_wrong(void **state)
{
    (void)state;
    hl_test_csv csv;
    struct sip_msg *m = calloc(1, sizeof(*m));
    assert_non_null(m);
    hl_test_csv_open(&csv, "sip_torture.csv");
    while (hl_test_csv_next(&csv)) {
        size_t len;
        char *text = message(hl_test_cell(&csv, "name"), &len);
        char *copy = malloc(len + 1);
        assert_non_null(copy);
        for (size_t i = 0; i < len; i++) {
            memcpy(copy, text, len);
            (void)hl__sip_msg_parse(copy, i, m);
            memcpy(copy, text, len);
            copy[i] = (char)(copy[i] ^ 0x20);
            if (hl__sip_msg_parse(copy, len, m) == 0 && m->is_request)
                hl__sip_check(m);
        }
        free(copy);
    }
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(each_message_gets_the_verdict_of_the_rfc),
        HL_TEST(responses_are_accepted_or_dropped_by_the_parser),
        HL_TEST(nothing_breaks_when_bytes_are_missing_or_wrong),
    };
    return HL_TEST_MAIN(tests);
}
