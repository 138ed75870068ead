/* test_load.c - one document: as a whole or not at all, every fault with its place, in any order,
    as often as one likes. */
#include "house.h"

static void load(hl_t *hl, const char *text, int want)
{
    hl_finding f = HL_FINDING_INIT;
    int r = hl_load(hl, text, strlen(text));
    GIVES(hl, r, r);
    if (r != want)
        while (hl_finding_next(hl, &f) == 1) print_error("%s:%d:%d %s\n", f.pointer, f.line, f.column, f.text);
    hl_test_ok(r == want, "%.300s gives %d, not %d", text, r, want);
}

static char *dump(hl_t *hl, const char *section)
{
    const char *text = NULL;
    GIVES(hl, hl_dump(hl, section, &text), 0);
    char *copy = strdup(text);
    assert_non_null(copy);
    return copy;
}

static void the_same_text_again_changes_nothing_and_says_nothing(void **state)
{
    hl_t *hl = house_sim();
    (void)state;
    load(hl, house_document, 0);
    house_pass(hl, 1000);
    assert_int_equal(house_read(hl, HL_EV_LOADED, NULL), 0);
    load(hl, "{\"hotline\":1,\"queues\":{\"back\":{\"title\":\"Back\"},"
        "\"desk\":{\"hours\":\"always\",\"title\":\"The desk\"}}}", 1);
    hl_event ev = HL_EVENT_INIT;
    assert_int_equal(house_read(hl, HL_EV_LOADED, &ev), 1);
    assert_int_equal(ev.code, 1);
    hl_close(hl);
}

static void a_dump_is_canonical_and_loads_as_unchanged(void **state)
{
    hl_t *hl = house_sim(), *other;
    char *whole = dump(hl, NULL), *again, *queues = dump(hl, "queues");
    (void)state;
    load(hl, whole, 0);
    assert_string_equal(queues, "{\"hotline\":1,"
        "\"queues\":{\"back\":{},\"desk\":{\"hours\":\"always\",\"title\":\"The desk\"}}}");
    load(hl, queues, 0);
    other = house_bare(NULL);
    assert_true(hl_load(other, whole, strlen(whole)) > 0);
    again = dump(other, NULL);
    assert_string_equal(whole, again);
    free(whole);
    free(again);
    free(queues);
    const char *out = "kept";
    FAILS(hl, out, hl_dump(hl, "quues", &out), HL_ENOENT);
    FAILS(hl, out, hl_dump(hl, "a\nb", &out), HL_EINVAL);
    GIVES(hl, hl_dump(hl, NULL, NULL), HL_EINVAL);
    whole = dump(hl, "media");
    assert_string_equal(whole, "{\"hotline\":1}");
    free(whole);
    hl_close(other);
    hl_close(hl);
}

/* Sections in every order that a chance of 60 draws gives, and each alone after what it names. */
static void every_order_of_sections_gives_the_same(void **state)
{
    static const char *const section[] = {
        "\"calendars\":{\"always\":{\"tz\":\"Asia/Shanghai\",\"week\":{\"mon-sun\":[\"00:00-24:00\"]}}}",
        "\"queues\":{\"desk\":{\"hours\":\"always\"},\"back\":{}}",
        "\"agents\":{\"ann\":{\"queues\":{\"desk\":{},\"back\":{}}}}",
        "\"flows\":{\"main\":{\"format\":1,\"entry\":\"q\",\"langs\":[\"en\"],\"nodes\":{\"q\":{\"do\":\"queue\","
        "\"queue\":\"desk\",\"answered\":\"e\",\"overflow\":\"e\",\"timeout\":\"e\",\"no_agents\":\"e\","
        "\"error\":\"e\"},"
        "\"e\":{\"do\":\"hangup\"}}}}",
        "\"numbers\":{\"1\":{\"flow\":\"main\"}}", "\"hotline\":1",
    };
    enum { N = HL__COUNT(section) };
    char *want = NULL, text[2000];
    hl__rand chance;
    (void)state;
    hl__rand_init(&chance, (int64_t)hl_test_seed(), 3, 0);
    for (int round = 0; round < 60; round++) {
        int order[N];
        size_t len = 0;
        hl_t *hl = house_bare(NULL);
        for (int i = 0; i < N; i++) order[i] = i;
        for (int i = N; i > 1; i--) {
            int k = (int)hl__rand_below(&chance, (uint32_t)i), t = order[i - 1];
            order[i - 1] = order[k];
            order[k] = t;
        }
        for (int i = 0; i < N; i++)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i ? "," : "{", section[order[i]]);
        snprintf(text + len, sizeof text - len, "}");
        load(hl, text, 6);
        char *got = dump(hl, NULL);
        if (!want) want = got;
        assert_string_equal(got, want);
        if (got != want) free(got);
        hl_close(hl);
    }
    hl_t *hl = house_bare(NULL); /* one section at a time, those that are named first */
    for (int i = 0; i < N - 1; i++) {
        snprintf(text, sizeof text, "{\"hotline\":1,%s}", section[i]);
        load(hl, text, i == 1 ? 2 : 1);
    }
    char *got = dump(hl, NULL);
    assert_string_equal(got, want);
    free(got);
    free(want);
    hl_close(hl);
}

static void null_removes_and_what_is_absent_stays(void **state)
{
    hl_t *hl = house_sim();
    hl_id id = 0;
    (void)state;
    load(hl, "{\"hotline\":1,\"queues\":{\"more\":{},\"back\":null}}", 2);
    GIVES(hl, hl_find(hl, HL_KIND_QUEUE, "desk", &id), 0);
    GIVES(hl, hl_find(hl, HL_KIND_QUEUE, "more", &id), 0);
    FAILS(hl, id, hl_find(hl, HL_KIND_QUEUE, "back", &id), HL_ENOENT);
    load(hl, "{\"hotline\":1,\"queues\":{\"never\":null}}", 0);
    load(hl, "{\"hotline\":1,\"media\":{\"dscp\":\"low\"}}", HL_EPARSE);
    load(hl, "{\"hotline\":1,\"media\":{\"dscp\":46}}", 1);
    load(hl, "{\"hotline\":1,\"media\":null}", 1);
    char *got = dump(hl, "media");
    assert_string_equal(got, "{\"hotline\":1}");
    free(got);
    hl_close(hl);
}

static void a_complete_section_holds_what_the_document_says(void **state)
{
    hl_t *hl = house_sim();
    (void)state;
    load(hl, "{\"hotline\":1,\"complete\":[\"agents\"],\"agents\":{\"cat\":{}}}", 3);
    char *got = dump(hl, "agents");
    assert_string_equal(got, "{\"agents\":{\"cat\":{}},\"hotline\":1}");
    free(got);
    load(hl, "{\"hotline\":1,\"complete\":[\"agents\"]}", 1);
    load(hl, "{\"hotline\":1,\"complete\":[\"agents\"]}", 0);
    hl_close(hl);
}

/* Document, pointer, line, column, words. */
static void every_fault_is_listed_with_its_place(void **state)
{
    static const char text[] =
        "{\n"
        "  \"hotline\": 2,\n"
        "  \"quues\": {},\n"
        "  \"complete\": [\"agnets\", 7, \"zzzzzzzz\"],\n"
        "  \"queues\": {\"desk\": {\"wrapup_msx\": 5}, \"x\": 7, \"\": {}},\n"
        "  \"agents\": [],\n"
        "  \"flows\": {\"f\": {\"format\": 1}}\n"
        "}\n";
    static const struct { const char *pointer, *words; int line, column; } first[] = {
        { "/hotline", "\"hotline\": 1", 2, 14 }, { "/quues", "did you mean \"queues\"", 3, 12 },
        { "/complete/0", "did you mean \"agents\"", 4, 16 }, { "/complete/1", "the name of a section", 4, 26 },
        { "/complete/2", "unknown section", 4, 29 },
    };
    static const struct { const char *pointer, *words; int line, column; } then[] = {
        { "/queues/x", "an object is wanted", 5, 46 }, { "/queues/", "a name has", 5, 53 },
        { "/agents", "an object of objects", 6, 13 }, { "/queues/desk/wrapup_msx", "did you mean \"wrapup_ms\"", 5,
        37 },
        { "/flows/f/langs", "", 7, 18 },
    };
    hl_finding f = HL_FINDING_INIT;
    hl_t *hl = house_bare(NULL);
    char *before = dump(hl, NULL), *after, *at, good[sizeof text];
    (void)state;
    load(hl, text, HL_EPARSE);
    assert_non_null(strstr(hl_error(hl), "5 error(s)"));
    for (size_t i = 0; i < HL__COUNT(first); i++) {
        GIVES(hl, hl_finding_next(hl, &f), 1);
        hl_test_ok(strcmp(f.pointer, first[i].pointer) == 0 && strstr(f.text,
            first[i].words) && f.line == first[i].line &&
                   f.column == first[i].column && f.id == (hl_id)i + 1 && f.level == 1, "finding %zu: %s:%d:%d: %s", i,
                   f.pointer, f.line, f.column, f.text);
    }
    FAILS(hl, f, hl_finding_next(hl, &f), 0);
    memcpy(good, text, sizeof text);
    memcpy(strstr(good, "2,"), "1,", 2);
    memcpy(strstr(good, "\"quues\""), "\"note\" ", 7);
    for (at = strstr(good, "[\"agnets"); *at != ']'; at++) at[1] = at[2] ? at[1] : at[1];
    at = strstr(good, "[\"agnets");
    memset(at + 1, ' ', strcspn(at, "]") - 1);
    load(hl, good, HL_EPARSE);
    GIVES(hl, hl_check(hl, good, strlen(good)), (int)(atoi(strstr(hl_error(hl), "has ") + 4)));
    memset(&f, 0, sizeof f);
    f.size = sizeof f;
    size_t n = 0;
    for (; n < HL__COUNT(then) && hl_finding_next(hl, &f) == 1; n++)
        hl_test_ok(strcmp(f.pointer, then[n].pointer) == 0 && strstr(f.text, then[n].words) && f.line == then[n].line &&
                   f.column == then[n].column, "finding %zu: %s:%d:%d: %s", n, f.pointer, f.line, f.column, f.text);
    assert_int_equal(n, HL__COUNT(then));
    after = dump(hl, NULL);
    assert_string_equal(before, after); /* and nothing has changed */
    assert_int_equal(house_read(hl, HL_EV_LOADED, NULL), 0);
    free(before);
    free(after);
    hl_close(hl);
}

static void what_is_no_document_has_a_line_too(void **state)
{
    static const struct { const char *text; int line; const char *words; } rows[] = {
        { "", 1, "too early" }, { "{\n\"hotline\":1,\n}", 3, "expected" }, { "[]", 1, "a document is an object" },
        { "{\"hotline\":1,\n\"queues\":{},\n\"queues\":{}}", 3, "duplicate" },
        { "{\"hotline\":1,\n\"queues\":{\"a\":{\"offer_ms\":9007199254740993}}}", 2, "2^53" },
        { "{\"hotline\":1,\n\"note\":\"\\u0000\"}", 2, "u0000" },
    };
    hl_t *hl = house_bare(NULL);
    (void)state;
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        hl_finding f = HL_FINDING_INIT;
        if (rows[i].text[0]) load(hl, rows[i].text, HL_EPARSE);
        else GIVES(hl, hl_load(hl, "", 0), HL_EPARSE);
        GIVES(hl, hl_finding_next(hl, &f), 1);
        hl_test_ok(f.line == rows[i].line && strstr(f.text, rows[i].words), "row %zu: %d: %s", i, f.line, f.text);
    }
    GIVES(hl, hl_load(hl, NULL, 0), HL_EINVAL);
    GIVES(hl, hl_check(hl, NULL, 0), HL_EINVAL);
    GIVES(hl, hl_load(hl, "{}", (64u << 20) + 1), HL_ELIMIT);
    hl_close(hl);
}

static void check_counts_and_changes_nothing(void **state)
{
    static const char good[] = "{\"hotline\":1,\"queues\":{\"new\":{}}}";
    hl_id id = 0;
    hl_t *hl = house_sim();
    (void)state;
    GIVES(hl, hl_check(hl, good, 0), 0);
    FAILS(hl, id, hl_find(hl, HL_KIND_QUEUE, "new", &id), HL_ENOENT);
    GIVES(hl, hl_check(hl, "{\"hotline\":1,\"queus\":{}}", 0), 1);
    GIVES(hl, hl_check(hl, "{", 0), 1);
    hl_close(hl);
}

static void an_object_in_use_stays(void **state)
{
    hl_t *hl = house_sim();
    hl_id customer;
    char *before;
    (void)state;
    (void)house_talk(hl, &customer);
    before = dump(hl, NULL);
    load(hl, "{\"hotline\":1,\"agents\":{\"ann\":null}}", HL_ESTATE);
    assert_non_null(strstr(hl_error(hl), "in use by 1"));
    char *after = dump(hl, NULL);
    assert_string_equal(before, after);
    free(before);
    free(after);
    load(hl, "{\"hotline\":1,\"agents\":{\"ann\":null},\"x\":{}}", HL_EPARSE); /* other faults go before */
    assert_int_equal(hl__sim_hangup(hl__sim_of(hl), customer), 0);
    house_pass(hl, 60000);
    GIVES(hl, hl_agent_go(hl, house_find(hl, HL_KIND_AGENT, "ann"), HL_AGENT_OFFLINE, NULL), 0);
    house_pass(hl, 1000);
    load(hl, "{\"hotline\":1,\"agents\":{\"ann\":null}}", 1);
    hl_close(hl);
}

static void what_others_name_cannot_go_alone(void **state)
{
    hl_t *hl = house_sim();
    (void)state;
    load(hl, "{\"hotline\":1,\"queues\":{\"desk\":null}}", HL_EPARSE); /* ann, bob and the flow name it */
    load(hl, "{\"hotline\":1,\"flows\":{\"main\":null}}", HL_EPARSE);
    load(hl, "{\"hotline\":1,\"calendars\":{\"always\":null}}", HL_EPARSE);
    load(hl, "{\"hotline\":1,\"complete\":[\"queues\",\"flows\",\"numbers\",\"agents\",\"calendars\",\"prompts\"]}", 8);
    char *got = dump(hl, NULL);
    assert_string_equal(got, "{\"hotline\":1}");
    free(got);
    hl_close(hl);
}

static void no_more_agents_than_the_limit(void **state)
{
    hl_options o = HL_OPTIONS_INIT;
    (void)state;
    o.max_agents = 2;
    hl_t *hl = house_bare(&o);
    load(hl, "{\"hotline\":1,\"agents\":{\"a\":{},\"b\":{}}}", 2);
    load(hl, "{\"hotline\":1,\"agents\":{\"c\":{}}}", HL_EPARSE);
    load(hl, "{\"hotline\":1,\"agents\":{\"c\":{},\"a\":null}}", 2);
    hl_close(hl);
}

static const char secrets[] = "{\"hotline\":1,\"listeners\":{\"udp\":{\"bind\":\"127.0.0.1:5060\"}},"
    "\"phones\":{\"desk1\":{\"password\":\"correct horse\"}},"
    "\"trunks\":{\"carrier\":{\"auth\":\"register\",\"user\":\"u\","
    "\"password\":\"battery staple\",\"registrar\":\"sip:192.0.2.1\",\"peers\":[\"sip:192.0.2.1\"]}}}";

static void secrets_leave_as_digests_and_come_back_as_unchanged(void **state)
{
    hl_t *hl = house_bare(NULL);
    char *text, *again, *at;
    (void)state;
    if (!strstr(hl_features(), "sip")) { hl_close(hl); skip(); }
    load(hl, secrets, 3);
    text = dump(hl, NULL);
    assert_null(strstr(text, "horse"));
    assert_null(strstr(text, "staple"));
    assert_non_null(strstr(text, "\"password\":{\"kept\":\""));
    load(hl, text, 0);
    load(hl, secrets, 0); /* the plain one is the same */
    again = dump(hl, NULL);
    assert_string_equal(text, again);
    free(again);
    at = strstr(text, "\"kept\":\"") + 8; /* one digit wrong: nobody knows it */
    *at = *at == '0' ? '1' : '0';
    load(hl, text, HL_EPARSE);
    assert_non_null(strstr(hl_error(hl), "/phones/desk1/password"));
    *at = *at == '0' ? '1' : '0';
    free(text);
    load(hl, "{\"hotline\":1,\"phones\":{\"new\":{\"password\":{\"kept\":\"00\"}}}}", HL_EPARSE);
    load(hl, "{\"hotline\":1,\"phones\":{\"desk1\":{\"password\":{\"kep\":\"00\"}}}}", HL_EPARSE);
    load(hl, "{\"hotline\":1,\"phones\":{\"desk1\":{\"password\":\"another horse\"}}}", 1);
    hl_close(hl);
}

static void a_title_is_what_the_document_says_last(void **state)
{
    hl_object row = HL_OBJECT_INIT;
    hl_t *hl = house_sim();
    (void)state;
    load(hl, "{\"hotline\":1,\"queues\":{\"desk\":{\"title\":\"New\"},\"x\":5}}", HL_EPARSE);
    GIVES(hl, hl_object_next(hl, HL_KIND_QUEUE, &row), 1);
    assert_string_equal(row.title, "The desk");
    load(hl, "{\"hotline\":1,\"queues\":{\"desk\":{\"title\":\"New\"}}}", 1);
    row.id = 0;
    GIVES(hl, hl_object_next(hl, HL_KIND_QUEUE, &row), 1);
    assert_string_equal(row.name, "desk");
    assert_string_equal(row.title, "New");
    assert_int_equal(row.kind, HL_KIND_QUEUE);
    hl_event ev = HL_EVENT_INIT;
    hl_seq changed = row.changed;
    assert_int_equal(house_read(hl, HL_EV_LOADED, &ev), 1);
    assert_int_equal(changed, ev.seq);
    hl_close(hl);
}

/* Bytes of the example's document replaced at random: it is refused with findings, or taken without errors. */
static void a_document_gone_wrong_gives_findings_or_is_loaded(void **state)
{
    hl_t *hl = house_bare(NULL);
    size_t len = strlen(house_document);
    int refused = 0, taken = 0;
    hl__rand chance;
    char text[4000];
    (void)state;
    hl__rand_init(&chance, (int64_t)hl_test_seed(), 4, 0);
    for (int i = 0; i < 400; i++) {
        hl_finding f = HL_FINDING_INIT;
        memcpy(text, house_document, len + 1);
        for (uint32_t k = 1 + hl__rand_below(&chance, 2); k > 0; k--)
            text[hl__rand_below(&chance, (uint32_t)len)] = "\"{}[]:,0x \xc3"[hl__rand_below(&chance, 11)];
        int r = hl_load(hl, text, len), errors = 0;
        GIVES(hl, r, r);
        while (hl_finding_next(hl, &f) == 1) errors += f.level == 1;
        assert_int_equal(r < 0, errors > 0);
        if (r < 0) assert_true(r == HL_EPARSE || r == HL_ESTATE);
        refused += r < 0;
        taken += r >= 0;
    }
    assert_true(refused > 100 && taken > 0);
    hl_close(hl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(the_same_text_again_changes_nothing_and_says_nothing),
        HL_TEST(a_dump_is_canonical_and_loads_as_unchanged), HL_TEST(every_order_of_sections_gives_the_same),
        HL_TEST(null_removes_and_what_is_absent_stays), HL_TEST(a_complete_section_holds_what_the_document_says),
        HL_TEST(every_fault_is_listed_with_its_place), HL_TEST(what_is_no_document_has_a_line_too),
        HL_TEST(check_counts_and_changes_nothing), HL_TEST(an_object_in_use_stays),
        HL_TEST(what_others_name_cannot_go_alone), HL_TEST(no_more_agents_than_the_limit),
        HL_TEST(secrets_leave_as_digests_and_come_back_as_unchanged), HL_TEST(a_title_is_what_the_document_says_last),
        HL_TEST(a_document_gone_wrong_gives_findings_or_is_loaded),
    };
    return HL_TEST_MAIN(tests);
}
