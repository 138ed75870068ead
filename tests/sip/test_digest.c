/* test_digest.c - RFC 7616, RFC 8760 and our nonces, by the vectors of sip_digest.json. */
#include "hl_test.h"
#include "base/ip.h"
#include "base/json.h"
#include "sip/core.h"

static hl__json *vectors(void)
{
    size_t len;
    hl__err err = { 0 };
    char *text = hl_test_vector("sip_digest.json", &len);
    hl__json *j = hl__json_read(text, len, &err);
    hl_test_ok(j != NULL, "%s", err.words);
    return j;
}

static const char *text_of(const hl__json *j, const char *key)
{
    const char *text = hl__json_text(hl__json_get(j, key));
    return text ? text : "";
}

static int qop_of(const char *word)
{
    return strcmp(word, "auth") == 0 ? SIP_QOP_AUTH : strcmp(word, "auth-int") == 0 ? SIP_QOP_AUTH_INT : SIP_QOP_NONE;
}

/* Where only the body's hash is given, auth-int cannot be computed: ha2 is looked at instead. */
static void check_response(const hl__json *v)
{
    char ha1[SIP_HEX], ha2[SIP_HEX], got[SIP_HEX];
    const char *name = text_of(v, "name"), *body_hash = text_of(v, "body_hash");
    struct sip_digest d = { .qop = qop_of(text_of(v, "qop")), .method = hl__view_of(text_of(v, "method")) };
    d.algorithm = hl__sip_algorithm(hl__view_of(text_of(v, "algorithm")), &d.sess);
    hl_test_ok(d.algorithm >= 0, "%s: algorithm", name);
    d.uri = hl__view_of(text_of(v, "uri"));
    d.nonce = hl__view_of(text_of(v, "nonce"));
    d.nc = hl__view_of(text_of(v, "nc"));
    d.cnonce = hl__view_of(text_of(v, "cnonce"));
    d.body = hl__view_of(text_of(v, "body"));
    int r = hl__sip_ha1(d.algorithm, text_of(v, "username"), text_of(v, "realm"), text_of(v, "password"), ha1);
    assert_int_equal(r, 0);
    hl_test_ok(strcmp(ha1, text_of(v, "stored_ha1")) == 0, "%s: HA1 %s", name, ha1);
    if (*body_hash && !hl__json_get(v, "body")) {
        hl__view parts[] = { d.method, d.uri, hl__view_of(body_hash) };
        assert_int_equal(hl__sip_hash(d.algorithm, parts, 3, ha2), 0);
        hl_test_ok(strcmp(ha2, text_of(v, "ha2")) == 0, "%s: HA2", name);
        return;
    }
    assert_int_equal(hl__sip_ha2(&d, ha2), 0);
    hl_test_ok(strcmp(ha2, text_of(v, "ha2")) == 0, "%s: HA2 %s", name, ha2);
    assert_int_equal(hl__sip_response(&d, ha1, got), 0);
    hl_test_ok(strcmp(got, text_of(v, "response")) == 0, "%s: %s", name, got);
}

static void responses_are_those_of_the_rfcs(void **state)
{
    (void)state;
    hl__json *j = vectors();
    const hl__json *list = hl__json_get(j, "responses");
    assert_int_equal(hl__json_size(list), 21);
    for (size_t i = 0; i < hl__json_size(list); i++)
        check_response(hl__json_at(list, i));
    hl__json_free(j);
}

/* Which of the listed challenges a client with these credentials would answer: per realm the topmost it may. */
struct chosen { int index[8], count; char realms[8][64]; int algorithm[8], qop[8]; bool sess[8]; };

static bool has_realm(const hl__json *credentials, hl__view realm)
{
    if (!credentials)
        return true;
    for (size_t i = 0; i < hl__json_size(credentials); i++)
        if (hl__view_is(realm, hl__json_text(hl__json_at(credentials, i))))
            return true;
    return false;
}

static void choose(const hl__json *v, struct chosen *out)
{
    const hl__json *list = hl__json_get(v, "challenges");
    int min = strcmp(text_of(v, "min"), "sha-256") == 0 ? SIP_DIGEST_SHA256 : SIP_DIGEST_ANY;
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < hl__json_size(list); i++) {
        struct sip_challenge ch;
        hl__view rest = hl__view_of(hl__json_text(hl__json_at(list, i)));
        while (rest.len) {
            bool taken = false;
            if (hl__sip_challenge_next(&rest, &ch) <= 0 || !hl__sip_choose(&ch, NULL, min) ||
                !has_realm(hl__json_get(v, "credentials"), ch.realm))
                continue;
            for (int k = 0; k < out->count; k++)
                taken = taken || hl__view_is(ch.realm, out->realms[k]);
            if (taken)
                continue;
            hl__view_copy(out->realms[out->count], 64, ch.realm);
            out->algorithm[out->count] = ch.algorithm;
            out->sess[out->count] = ch.sess;
            out->qop[out->count] = ch.qop;
            out->index[out->count++] = (int)i;
        }
    }
}

static void the_topmost_understood_challenge_is_answered(void **state)
{
    (void)state;
    hl__json *j = vectors();
    const hl__json *list = hl__json_get(j, "choose");
    assert_int_equal(hl__json_size(list), 25);
    for (size_t i = 0; i < hl__json_size(list); i++) {
        struct chosen c;
        const hl__json *v = hl__json_at(list, i), *answer = hl__json_get(v, "answer");
        const char *name = text_of(v, "name");
        choose(v, &c);
        hl_test_ok((size_t)c.count == hl__json_size(answer), "%s: %d answers", name, c.count);
        for (int k = 0; k < c.count; k++)
            hl_test_ok(c.index[k] == (int)hl__json_int(hl__json_at(answer, (size_t)k)), "%s: %d", name, c.index[k]);
        if (hl__json_get(v, "algorithm"))
            assert_string_equal(hl__sip_algorithm_name(c.algorithm[0], c.sess[0]), text_of(v, "algorithm"));
        if (hl__json_get(v, "qop"))
            assert_int_equal(c.qop[0], qop_of(text_of(v, "qop")));
    }
    hl__json_free(j);
}

static void only_challenges_to_ourselves_are_answered(void **state)
{
    (void)state;
    hl__json *j = vectors();
    const hl__json *list = hl__json_get(j, "may_answer");
    assert_int_equal(hl__json_size(list), 11);
    for (size_t i = 0; i < hl__json_size(list); i++) {
        const hl__json *v = hl__json_at(list, i);
        bool ours = strcmp(text_of(v, "direction"), "on a call we received") != 0;
        bool peer = strcmp(text_of(v, "peer"), "address outside the trunk") != 0;
        bool realm = strcmp(text_of(v, "realm"), "another than configured") != 0;
        int method = hl__sip_method_of(hl__view_of(text_of(v, "request")));
        bool got = hl__sip_may_answer(ours, peer, realm, method, (int)hl__json_int(hl__json_get(v, "round")),
                                      hl__json_true(hl__json_get(v, "stale")));
        hl_test_ok(got == hl__json_true(hl__json_get(v, "answers")), "row %zu", i);
    }
    hl__json_free(j);
}

static int unhex(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static struct sip_nonces *nonces(const hl__json *v)
{
    uint8_t key[32];
    struct sip_nonces *n;
    const char *hex = text_of(v, "key_hex");
    for (int i = 0; i < 32; i++)
        key[i] = (uint8_t)(unhex(hex[2 * i]) * 16 + unhex(hex[2 * i + 1]));
    assert_int_equal(hl__sip_nonces_new(&hl_test_mem, key, &n), 0);
    return n;
}

static void nonces_prove_themselves_for_60_s(void **state)
{
    (void)state;
    static const char *const verdicts[] = { "good", "stale", "forged" };
    hl__json *j = vectors();
    const hl__json *v = hl__json_get(j, "server_nonce"), *make = hl__json_get(v, "make");
    const hl__json *check = hl__json_get(v, "check");
    const char *realm = text_of(hl__json_at(make, 0), "realm");
    uint8_t ip[16];
    for (size_t i = 0; i < hl__json_size(make); i++) {
        char got[64];
        const hl__json *row = hl__json_at(make, i);
        struct sip_nonces *n = nonces(v);
        assert_true(hl__ip_parse(hl__view_of(text_of(row, "addr")), ip));
        assert_int_equal(hl__sip_nonce_make(n, hl__json_int(hl__json_get(row, "t")), ip, realm, got), 0);
        assert_string_equal(got, text_of(row, "nonce"));
        hl__sip_nonces_free(n);
    }
    for (size_t i = 0; i < hl__json_size(check); i++) {
        const hl__json *row = hl__json_at(check, i);
        struct sip_nonces *n = nonces(v);
        assert_true(hl__ip_parse(hl__view_of(text_of(row, "addr")), ip));
        int got = hl__sip_nonce_check(n, hl__json_int(hl__json_get(row, "now")), ip, realm,
                                      hl__view_of(text_of(row, "nonce")));
        hl_test_ok(strcmp(verdicts[got], text_of(row, "verdict")) == 0, "row %zu: %s", i, verdicts[got]);
        hl__sip_nonces_free(n);
    }
    hl__json_free(j);
}

static void each_count_of_a_nonce_is_used_once(void **state)
{
    (void)state;
    hl__json *j = vectors();
    const hl__json *v = hl__json_get(j, "server_nonce");
    const hl__json *list = hl__json_get(hl__json_get(j, "nonce_count"), "sequence");
    struct sip_nonces *n = nonces(v);
    char nonce[64];
    uint8_t ip[16] = { 0 };
    assert_int_equal(hl__sip_nonce_make(n, 1000000, ip, "r", nonce), 0);
    for (size_t i = 0; i < hl__json_size(list); i++) {
        const hl__json *row = hl__json_at(list, i);
        bool got = hl__sip_nonce_count(n, hl__view_of(nonce), (uint32_t)hl__json_int(hl__json_at(row, 0)));
        hl_test_ok(got == hl__json_true(hl__json_at(row, 1)), "step %zu", i);
    }
    hl__sip_nonces_free(n);
    hl__json_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(responses_are_those_of_the_rfcs),
        HL_TEST(the_topmost_understood_challenge_is_answered),
        HL_TEST(only_challenges_to_ourselves_are_answered),
        HL_TEST(nonces_prove_themselves_for_60_s),
        HL_TEST(each_count_of_a_nonce_is_used_once),
    };
    return HL_TEST_MAIN(tests);
}
