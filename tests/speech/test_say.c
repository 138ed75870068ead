/* test_say.c - every readout of the vectors in both languages, and every clip they may ask for. */
#include "hl_test.h"
#include "speech/speech.h"

static int option(const char *options, const char *name, char *out, size_t room)
{
    const char *at = strstr(options, name);

    if (!at || (at != options && at[-1] != ';') || at[strlen(name)] != '=')
        return 0;
    at += strlen(name) + 1;
    snprintf(out, room, "%.*s", (int)strcspn(at, ";"), at);
    return 1;
}

static void options_in(const char *options, hl_say *say, char unit[32], char parts[8])
{
    char v[32];

    if (option(options, "unit", unit, 32)) say->unit = unit;
    if (option(options, "parts", parts, 8)) say->parts = parts;
    if (option(options, "liang", v, sizeof(v)))
        say->liang = strcmp(v, "all") == 0 ? HL_LIANG_ALL : strcmp(v, "none") == 0 ? HL_LIANG_NONE : HL_LIANG_DICT;
    if (option(options, "yao", v, sizeof(v))) say->yao = strcmp(v, "off") == 0 ? -1 : 1;
    if (option(options, "group", v, sizeof(v))) say->group = strcmp(v, "none") == 0 ? -1 : atoi(v);
    if (option(options, "clock", v, sizeof(v))) say->clock = atoi(v);
    if (option(options, "whole", v, sizeof(v))) say->whole = 1;
    if (option(options, "quarter", v, sizeof(v))) say->quarter = 1;
    if (option(options, "and", v, sizeof(v))) say->with_and = 1;
    if (option(options, "oh", v, sizeof(v))) say->with_oh = 1;
}

static int all_rows(const char *vector, const char *lang)
{
    hl_test_csv csv;
    int rows = 0, wrong = 0;

    hl_test_csv_open(&csv, vector);
    for (; hl_test_csv_next(&csv); rows++) {
        char unit[32], parts[8];
        hl_say say = HL_SAY_INIT;
        hl__buf text, clips;
        hl__err err = { 0 };
        hl__buf_init(&text, &hl_test_mem);
        hl__buf_init(&clips, &hl_test_mem);
        say.lang = lang;
        say.kind = hl__say_kind(hl_test_cell(&csv, "kind"));
        say.value = hl_test_cell(&csv, "value");
        options_in(hl_test_cell(&csv, "options"), &say, unit, parts);
        int a = hl__say_clips(&say, &clips, &err), b = hl__say_text(&say, &text, &err);
        if (a < 0 || b < 0 || strcmp(clips.data, hl_test_cell(&csv, "clips")) ||
            strcmp(text.data, hl_test_cell(&csv, "text"))) {
            print_error("line %d: %s %s %s: got \"%s\" (%s) %s, not \"%s\" (%s)\n", csv.line,
                        hl_test_cell(&csv, "kind"), say.value, hl_test_cell(&csv, "options"),
                        text.data ? text.data : "", clips.data ? clips.data : "", err.words, hl_test_cell(&csv, "text"),
                        hl_test_cell(&csv, "clips"));
            wrong++;
        }
        hl__buf_free(&text);
        hl__buf_free(&clips);
    }
    assert_int_equal(wrong, 0);
    return rows;
}

static void every_mandarin_readout_is_as_the_vectors_say(void **state)
{
    (void)state;
    assert_true(all_rows("readout_zh.csv", "zh-CN") >= 631);
}

static void every_english_readout_is_as_the_vectors_say(void **state)
{
    (void)state;
    assert_true(all_rows("readout_en.csv", "en") >= 396);
}

static void the_list_to_record_is_the_vectors_list(void **state)
{
    hl_test_csv csv;
    hl_clip row = HL_CLIP_INIT;
    int zh = 0, en = 0, rows = 0;

    (void)state;
    hl_test_csv_open(&csv, "readout_clips.csv");
    for (; hl_test_csv_next(&csv); rows++) {
        const char *text = hl__clip_text(hl_test_cell(&csv, "lang"), hl_test_cell(&csv, "clip"));
        hl_test_ok(text && strcmp(text, hl_test_cell(&csv, "text")) == 0, "%s", hl_test_cell(&csv, "clip"));
    }
    while (hl__clip_next("zh-CN", 0, &row) == 1) zh++;
    row.id = 0;
    while (hl__clip_next("en", 0, &row) == 1) en++;
    assert_int_equal(zh + en, rows);
}

/* Whatever is said, each clip stands in the list to record under the kind that asked for it. */
static void no_readout_asks_for_a_clip_that_is_not_listed_for_its_kind(void **state)
{
    static const char *const vectors[][2] = { { "readout_zh.csv", "zh-CN" }, { "readout_en.csv", "en" } };

    (void)state;
    for (int i = 0; i < 2; i++) {
        hl_test_csv csv;
        hl_test_csv_open(&csv, vectors[i][0]);
        while (hl_test_csv_next(&csv)) {
            char clips[512], *save = NULL;
            int kind = hl__say_kind(hl_test_cell(&csv, "kind"));
            snprintf(clips, sizeof(clips), "%s", hl_test_cell(&csv, "clips"));
            for (char *c = strtok_r(clips, " ", &save); c; c = strtok_r(NULL, " ", &save)) {
                hl_clip row = HL_CLIP_INIT;
                int found = c[0] == '_';
                while (!found && hl__clip_next(vectors[i][1], kind, &row) == 1)
                    found = strcmp(row.name, c) == 0;
                hl_test_ok(found, "%s for %s", c, hl_test_cell(&csv, "kind"));
            }
        }
    }
}

static void what_cannot_be_read_is_refused_with_words(void **state)
{
    static const struct { int kind; const char *lang, *value; int code;
    } rows[] = {
        { HL_SAY_NUMBER, "zh-CN", "1000000000000000", HL_ELIMIT },
        { HL_SAY_NUMBER, "fr", "1", HL_ENOTSUP },
        { HL_SAY_DATE, "en", "2026-02-30", HL_EINVAL },
        { HL_SAY_TIME, "zh-CN", "25:00", HL_EINVAL },
        { HL_SAY_MONEY, "en", "1.005 USD", HL_EINVAL },
        { HL_SAY_MONEY, "en", "12", HL_EINVAL },
        { HL_SAY_DIGITS, "en", "12a", HL_EINVAL },
        { HL_SAY_PHONE, "en", "", HL_EINVAL },
        { HL_SAY_FRACTION, "en", "1/0", HL_EINVAL },
        { HL_SAY_ORDINAL, "en", "100", HL_ELIMIT },
        { HL_SAY_NUMBER, "en", "--1", HL_EINVAL },
        { HL_SAY_NUMBER, "en", "1.", HL_EINVAL },
        { 99, "en", "1", HL_EINVAL },
    };

    (void)state;
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        hl_say say = HL_SAY_INIT;
        hl__err err = { 0 };
        hl__buf b;
        hl__buf_init(&b, &hl_test_mem);
        say.kind = rows[i].kind;
        say.lang = rows[i].lang;
        say.value = rows[i].value;
        hl_test_ok(hl__say_text(&say, &b, &err) == rows[i].code && err.words[0], "row %zu", i);
        hl__buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(every_mandarin_readout_is_as_the_vectors_say),
        HL_TEST(every_english_readout_is_as_the_vectors_say),
        HL_TEST(the_list_to_record_is_the_vectors_list),
        HL_TEST(no_readout_asks_for_a_clip_that_is_not_listed_for_its_kind),
        HL_TEST(what_cannot_be_read_is_refused_with_words),
    };

    return HL_TEST_MAIN(tests);
}
