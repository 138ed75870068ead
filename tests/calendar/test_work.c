/* test_work.c - opening hours and working time against the tables of the design and a minute-stepping oracle's vectors.
 */
#include "hl_test.h"
#include "calendar/calendar.h"
#include <time.h>

typedef struct bench {
    hl__core core;
    hl__err err;
    hl__findings f;
    hl__calendars *c;
    hl_id serial;
    char text[1 << 16];
} bench;

static hl_id next_id(hl__core *core, int kind)
{
    return HL__ID(++((bench *)core->engine)->serial, kind);
}

static int zone_bytes(void *ctx, const char *name, const void **out, size_t *len)
{
    char path[300];
    static char *kept[64], *names[64]; /* one test program, a few zones */
    static size_t lens[64];
    FILE *f;

    (void)ctx;
    for (int i = 0; i < 64 && names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return *out = kept[i], *len = lens[i], 0;
    snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
    if (!(f = fopen(path, "rb")))
        return HL_ENOENT;
    for (int i = 0; i < 64; i++)
        if (!names[i]) {
            kept[i] = malloc(1 << 16);
            lens[i] = fread(kept[i], 1, 1 << 16, f);
            names[i] = strdup(name);
            fclose(f);
            return *out = kept[i], *len = lens[i], 0;
        }
    fclose(f);
    return HL_ENOENT;
}

static hl_time utc(const char *text) /* 2026-03-03T01:00Z, or local +08:00 without the Z */
{
    int y, mo, d, h, mi;
    struct tm tm = { 0 };

    assert_int_equal(sscanf(text, "%d-%d-%d%*c%d:%d", &y, &mo, &d, &h, &mi), 5);
    tm.tm_year = y - 1900;
    tm.tm_mon = mo - 1;
    tm.tm_mday = d;
    tm.tm_hour = h;
    tm.tm_min = mi;
    return (timegm(&tm) - (strchr(text, 'Z') ? 0 : 8 * 3600)) * (hl_time)HL__SECOND;
}

static const hl__json *no_object(const void *ctx, const char *section, const char *name)
{
    return hl__json_get(hl__json_get(ctx, section), name);
}

static const char *nothing_near(const void *ctx, const char *section, const char *name)
{
    (void)ctx, (void)section, (void)name;
    return NULL;
}

/* A document's daysets and calendars, checked and applied in the engine's order; how many errors. */
static uint32_t load(bench *b, const char *text)
{
    hl__section s[2];
    hl__json *j = NULL;
    hl__doc doc = { .object = no_object, .nearest = nothing_near };

    hl__findings_clear(&b->f);
    assert_int_equal(hl__json_parse(&b->f, text, strlen(text), &j), 0);
    doc.ctx = j;
    assert_int_equal(hl__calendars_sections(b->c, s, 2), 2);
    for (int i = 0; i < 2; i++) {
        const hl__json *section = hl__json_get(j, s[i].name);
        for (void *it = hl__json_iter(section); it; it = hl__json_iter_next(section, it)) {
            hl__place top = { NULL, s[i].name, 0 }, at = { &top, hl__json_iter_key(it), 0 };
            s[i].check(s[i].domain, at.key, hl__json_iter_value(it), &at, &b->f, &doc);
            if (b->f.errors == 0)
                assert_int_equal(s[i].apply(s[i].domain, next_id(&b->core, s[i].kind), at.key, hl__json_iter_value(it)),
                                 0);
        }
    }
    hl__json_free(j);
    return b->f.errors;
}

static bench *begin(void)
{
    bench *b = calloc(1, sizeof(*b));

    b->core =
        (hl__core){ .mem = &hl_test_mem, .now = utc("2026-06-01T00:00Z"), .err = &b->err, .engine = b, .id = next_id };
    hl__findings_init(&b->f, &hl_test_mem);
    assert_int_equal(hl__calendars_new(&b->core, zone_bytes, NULL, &b->c), 0);
    return b;
}

static void end(bench *b)
{
    hl__calendars_free(b->c);
    hl__findings_free(&b->f);
    free(b);
}

static size_t chinese_days(char *out, size_t room, int from_year)
{
    hl_test_csv csv;
    size_t len = 0;

    hl_test_csv_open(&csv, "workdays_cn.csv");
    while (hl_test_csv_next(&csv)) {
        if (atoi(hl_test_cell(&csv, "date")) < from_year)
            continue;
        len += (size_t)snprintf(out + len, room - len, "%s\"%s\":{\"%s\":\"%s\"}", len ? "," : "",
                                hl_test_cell(&csv, "date"), hl_test_cell(&csv, "kind"), hl_test_cell(&csv, "name"));
    }
    return len;
}

/* The desk D of the design's table. */
static hl_id desk(bench *b)
{
    char days[40000];

    chinese_days(days, sizeof(days), 2018);
    snprintf(b->text, sizeof(b->text),
             "{\"daysets\":{\"cn\":{\"until\":\"2026-12-31\",\"days\":{%s}}},\"calendars\":{\"d\":"
             "{\"tz\":\"Asia/Shanghai\",\"week\":{\"mon-fri\":[\"08:30-12:00\",\"13:30-17:30\"]},\"sets\":[\"cn\"],"
             "\"make_up\":\"mon\"}}}",
             days);
    assert_int_equal(load(b, b->text), 0);
    return hl__calendar_find(b->c, "d");
}

static void a_deadline_counts_open_time_only(void **state)
{
    static const struct { const char *from; double hours; const char *due; } rows[] = {
        { "2026-09-30 16:30", 4, "2026-10-08 11:30" }, { "2026-10-09 16:00", 3, "2026-10-10 10:00" },
        { "2026-10-09 16:30", 1, "2026-10-09 17:30" },
    };
    bench *b = begin();
    hl_id d = desk(b);
    hl_time out;

    (void)state;
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        assert_int_equal(hl__calendar_deadline(b->c, d, utc(rows[i].from), (int64_t)(rows[i].hours * 3.6e9), &out), 0);
        hl_test_ok(out == utc(rows[i].due), "row %zu: %lld", i, (long long)(out - utc(rows[i].due)) / HL__SECOND);
    }
    assert_int_equal(hl__calendar_before(b->c, d, utc("2026-10-08 09:30"), INT64_C(7200000000), &out), 0);
    assert_true(out == utc("2026-09-30 16:30"));
    assert_int_equal(hl__calendar_before(b->c, d, utc("2026-10-08 09:30"), INT64_C(3600000000), &out), 0);
    assert_true(out == utc("2026-09-30 17:30"));
    assert_int_equal(hl__calendar_next_open(b->c, d, utc("2026-10-03 10:00"), &out), 0);
    assert_true(out == utc("2026-10-08 08:30"));
    end(b);
}

static void a_working_day_is_counted_over_holidays_and_make_up_days(void **state)
{
    static const struct { const char *from; int days, flags; const char *due; } rows[] = {
        { "2026-09-30 10:00", 5, 0, "2026-10-13 17:30" },
        { "2026-09-30 10:00", 1, HL_WORKDAY_FIRST, "2026-09-30 17:30" },
        { "2026-04-30 23:59", 3, 0, "2026-05-08 17:30" },
        { "2026-10-03 10:00", 1, HL_WORKDAY_FIRST, "2026-10-08 17:30" },
        { "2020-01-23 09:00", 3, 0, "2020-02-05 17:30" },
        { "2026-09-24 10:00", 10, HL_WORKDAY_NATURAL, "2026-10-08 17:30" },
    };
    bench *b = begin();
    hl_id d = desk(b);
    hl_time out;
    int64_t us;

    (void)state;
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        assert_int_equal(hl__calendar_workday(b->c, d, utc(rows[i].from), rows[i].days, rows[i].flags, &out), 0);
        hl_test_ok(out == utc(rows[i].due), "row %zu: off by %lld s", i,
                   (long long)(out - utc(rows[i].due)) / HL__SECOND);
    }
    assert_int_equal(hl__calendar_elapsed(b->c, d, utc("2026-02-13 08:30"), utc("2026-02-24 08:30"), &us), 0);
    assert_true(us == 15 * INT64_C(3600000000));
    assert_int_equal(hl__calendar_elapsed(b->c, d, utc("2026-10-01 00:00"), utc("2026-10-08 00:00"), &us), 0);
    assert_true(us == 0);
    end(b);
}

static void a_year_of_chinese_holidays_has_the_official_number_of_working_days(void **state)
{
    static const int wanted[] = { 250, 250, 249, 250, 249, 249, 251, 248, 248 };
    bench *b = begin();
    hl_id d = desk(b);
    hl_calendar_day day = HL_CALENDAR_DAY_INIT;

    (void)state;
    for (int year = 2018; year <= 2026; year++) {
        int open = 0;
        for (int month = 1; month <= 12; month++)
            for (int n = 1; n <= 31; n++)
                open += hl__calendar_day(b->c, d, year * 10000 + month * 100 + n, &day) == 0 &&
                        day.state == HL_CALENDAR_OPEN;
        hl_test_ok(open == wanted[year - 2018], "%d has %d working days", year, open);
    }
    assert_int_equal(hl__calendar_state(b->c, d, utc("2026-10-01 10:00")), HL_CALENDAR_HOLIDAY);
    assert_int_equal(hl__calendar_state(b->c, d, utc("2026-10-10 10:00")), HL_CALENDAR_OPEN);
    assert_int_equal(hl__calendar_state(b->c, d, utc("2026-10-11 10:00")), HL_CALENDAR_CLOSED);
    assert_int_equal(hl__calendar_state(b->c, d, utc("2026-10-09 12:30")), HL_CALENDAR_CLOSED);
    end(b);
}

/* sla_calendars.json says "30:00" and [] where our documents say "06:00" and off. */
static void add_spans(hl__buf *out, const hl__json *list)
{
    hl__buf_char(out, '[');
    for (size_t i = 0; i < hl__json_size(list); i++) {
        const char *t = hl__json_text(hl__json_at(list, i));
        int h = atoi(t + 6);
        if (h > 24 || (h == 24 && strncmp(t, "00:00", 5) != 0 && t[9] != '0'))
            hl__buf_fmt(out, "%s\"%.6s%02d%s\"", i ? "," : "", t, h - 24, t + 8);
        else
            hl__buf_fmt(out, "%s\"%s\"", i ? "," : "", t);
    }
    hl__buf_char(out, ']');
}

static void add_week(hl__buf *out, const hl__json *week)
{
    const char *comma = "";

    hl__buf_str(out, "\"week\":{");
    for (void *it = hl__json_iter(week); it; it = hl__json_iter_next(week, it), comma = ",") {
        hl__buf_fmt(out, "%s\"%s\":", comma, hl__json_iter_key(it));
        add_spans(out, hl__json_iter_value(it));
    }
    hl__buf_char(out, '}');
}

static void load_vectors(bench *b)
{
    hl__json *j = hl__json_read(hl_test_vector("sla_calendars.json", NULL),
                                strlen(hl_test_vector("sla_calendars.json", NULL)), &b->err);
    const hl__json *all = hl__json_get(j, "calendars");
    char days[40000];
    const char *comma = "";
    hl__buf out;

    b->core.now = utc("2020-06-01T00:00Z"); /* the vectors reach back to 2011: ten years are compiled */
    hl__buf_init(&out, &hl_test_mem);
    chinese_days(days, sizeof(days), 2018);
    hl__buf_fmt(&out, "{\"daysets\":{\"cn\":{\"days\":{%s}}},\"calendars\":{", days);
    for (void *it = hl__json_iter(all); it; it = hl__json_iter_next(all, it), comma = ",") {
        const hl__json *c = hl__json_iter_value(it), *season = hl__json_get(c, "season"),
                       *own = hl__json_get(c, "days");
        hl__buf_fmt(&out, "%s\"%s\":{\"tz\":\"%s\",", comma, hl__json_iter_key(it),
                    hl__json_text(hl__json_get(c, "zone")));
        add_week(&out, hl__json_get(c, "week"));
        if (hl__json_get(c, "cn_days"))
            hl__buf_str(&out, ",\"sets\":[\"cn\"]");
        if (season) {
            hl__buf_fmt(&out, ",\"seasons\":[{\"from\":\"%s\",\"to\":\"%s\",",
                        hl__json_text(hl__json_get(season, "from")), hl__json_text(hl__json_get(season, "to")));
            add_week(&out, hl__json_get(season, "week"));
            hl__buf_str(&out, "}]");
        }
        if (own) {
            const char *sep = ",\"days\":{";
            for (void *d = hl__json_iter(own); d; d = hl__json_iter_next(own, d), sep = ",") {
                hl__buf_fmt(&out, "%s\"%s\":{\"open\":", sep, hl__json_iter_key(d));
                add_spans(&out, hl__json_iter_value(d));
                hl__buf_char(&out, '}');
            }
            hl__buf_char(&out, '}');
        }
        hl__buf_char(&out, '}');
    }
    hl__buf_str(&out, "}}");
    hl_test_ok(load(b, out.data) == 0, "%s", b->f.count ? b->f.list[0].text : "");
    hl__buf_free(&out);
    hl__json_free(j);
}

static void elapsed_time_equals_the_minute_stepping_oracle(void **state)
{
    bench *b = begin();
    hl_test_csv csv;
    int64_t us;
    int rows = 0;

    (void)state;
    load_vectors(b);
    hl_test_csv_open(&csv, "sla_elapsed.csv");
    for (; hl_test_csv_next(&csv); rows++) {
        hl_id c = hl__calendar_find(b->c, hl_test_cell(&csv, "calendar"));
        assert_int_equal(
            hl__calendar_elapsed(b->c, c, utc(hl_test_cell(&csv, "from_utc")), utc(hl_test_cell(&csv, "to_utc")), &us),
            0);
        hl_test_ok(us / 60000000 == hl_test_cell_int(&csv, "working_min"), "line %d: %lld min", csv.line,
                   (long long)(us / 60000000));
    }
    assert_true(rows > 50);
    end(b);
}

static void deadlines_equal_the_minute_stepping_oracle(void **state)
{
    bench *b = begin();
    hl_test_csv csv;
    int rows = 0;

    (void)state;
    load_vectors(b);
    hl_test_csv_open(&csv, "sla_cases.csv");
    while (hl_test_csv_next(&csv)) {
        const char *goal = hl_test_cell(&csv, "goal"), *n = strchr(goal, ':');
        hl_id c = hl__calendar_find(b->c, hl_test_cell(&csv, "calendar"));
        hl_time start = utc(hl_test_cell(&csv, "start_utc")), out = 0;
        if (hl_test_cell(&csv, "pauses_utc")[0] || !n)
            continue; /* clocks with pauses are the ticket's business */
        if (strncmp(goal, "work:", 5) == 0)
            assert_int_equal(hl__calendar_deadline(b->c, c, start, atoi(n + 1) * INT64_C(60000000), &out), 0);
        else if (strncmp(goal, "workdays", 8) == 0)
            assert_int_equal(hl__calendar_workday(b->c, c, start, atoi(n + 1),
                                                  (strstr(goal, "first") ? HL_WORKDAY_FIRST : 0) |
                                                      (strstr(goal, "_24") ? HL_WORKDAY_MIDNIGHT : 0),
                                                  &out),
                             0);
        else
            continue;
        rows++;
        hl_test_ok(out == utc(hl_test_cell(&csv, "due_utc")), "case %s %s: off by %lld min", hl_test_cell(&csv, "id"),
                   goal, (long long)((out - utc(hl_test_cell(&csv, "due_utc"))) / 60000000));
    }
    assert_true(rows > 100);
    end(b);
}

static void clocks_put_forward_and_back_change_a_day_of_24_hours(void **state)
{
    static const struct { const char *tz, *spans; int date; int minutes;
    } rows[] = {
        { "Europe/Berlin", "00:00-24:00", 20260329, 23 * 60 },
        { "Europe/Berlin", "00:00-24:00", 20261025, 25 * 60 },
        { "Europe/Berlin", "02:30-03:30", 20260329, 30 },
        { "Europe/Berlin", "02:30-03:30", 20261025, 120 },
        { "Europe/Berlin", "02:00-03:00", 20260329, 0 },
        { "Europe/Berlin", "02:00-03:00", 20261025, 120 },
        { "Europe/Berlin", "22:00-06:00", 20260328, 7 * 60 },
        { "Europe/Berlin", "22:00-06:00", 20261024, 9 * 60 },
        { "Africa/Cairo", "00:00-23:59", 20260424, 23 * 60 - 1 },
        { "Australia/Lord_Howe", "09:00-10:00", 20260405, 60 },
    };
    hl_calendar_day day = HL_CALENDAR_DAY_INIT;
    char text[400];

    (void)state;
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        bench *b = begin();
        const char *date = NULL;
        char key[16];
        snprintf(key, sizeof(key), "%04d-%02d-%02d", rows[i].date / 10000, rows[i].date / 100 % 100,
                 rows[i].date % 100);
        date = key;
        snprintf(text, sizeof(text), "{\"calendars\":{\"z\":{\"tz\":\"%s\",\"days\":{\"%s\":{\"open\":[\"%s\"]}}}}}",
                 rows[i].tz, date, rows[i].spans);
        assert_int_equal(load(b, text), 0);
        assert_int_equal(hl__calendar_day(b->c, hl__calendar_find(b->c, "z"), rows[i].date, &day), 0);
        hl_test_ok(day.open_us / 60000000 == rows[i].minutes, "row %zu: %lld min", i,
                   (long long)(day.open_us / 60000000));
        end(b);
    }
}

static void a_wrong_calendar_is_refused_with_place_and_reason(void **state)
{
    static const struct { const char *text, *pointer, *word;
    } rows[] = {
        { "{\"calendars\":{\"a\":{\"tz\":\"Asia/Shanghia\"}}}", "/calendars/a/tz", "time zone" },
        { "{\"calendars\":{\"a\":{\"week\":{\"mon-fry\":[]}}}}", "/calendars/a/week/mon-fry", "mon tue" },
        { "{\"calendars\":{\"a\":{\"week\":{\"mon\":[\"8:30-12:00\"]}}}}", "/calendars/a/week/mon/0", "HH:MM" },
        { "{\"calendars\":{\"a\":{\"sets\":[\"cn\"]}}}", "/calendars/a/sets/0", "day set" },
        { "{\"calendars\":{\"a\":{\"days\":{\"2026-02-30\":{\"off\":\"x\"}}}}}", "/calendars/a/days/2026-02-30",
          "no date" },
        { "{\"calendars\":{\"a\":{\"weeks\":{}}}}", "/calendars/a/weeks", "did you mean \"week\"" },
    };
    bench *b = begin();

    (void)state;
    for (size_t i = 0; i < HL__COUNT(rows); i++) {
        const hl__finding *f;
        hl_test_ok(load(b, rows[i].text) >= 1, "row %zu passes", i);
        f = hl__findings_at(&b->f, 0);
        hl_test_ok(strcmp(f->pointer, rows[i].pointer) == 0 && strstr(f->text, rows[i].word), "row %zu: %s: %s", i,
                   f->pointer, f->text);
        hl_test_ok(f->line == 1 && f->column > 1, "row %zu: line %d, column %d", i, f->line, f->column);
    }
    end(b);
}

static void laws_hold_between_deadline_elapsed_and_before(void **state)
{
    bench *b = begin();
    hl_id d = desk(b);
    hl__rand r;

    (void)state;
    hl__rand_init(&r, (int64_t)hl_test_seed(), 1, 1);
    for (int i = 0; i < 20000; i++) {
        hl_time t = utc("2024-01-01T00:00Z") + (int64_t)(hl__rand_u64(&r) % (700ull * 86400000000ull)), due, two, back;
        int64_t x = 1 + (int64_t)(hl__rand_u64(&r) % 360000000000ull),
                y = 1 + (int64_t)(hl__rand_u64(&r) % 360000000000ull), got;
        assert_int_equal(hl__calendar_deadline(b->c, d, t, x, &due), 0);
        assert_int_equal(hl__calendar_elapsed(b->c, d, t, due, &got), 0);
        assert_true(got == x);
        assert_int_equal(hl__calendar_deadline(b->c, d, due, y, &two), 0);
        assert_int_equal(hl__calendar_deadline(b->c, d, t, x + y, &back), 0);
        assert_true(two == back);
    }
    end(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_deadline_counts_open_time_only),
        HL_TEST(a_working_day_is_counted_over_holidays_and_make_up_days),
        HL_TEST(a_year_of_chinese_holidays_has_the_official_number_of_working_days),
        HL_TEST(elapsed_time_equals_the_minute_stepping_oracle),
        HL_TEST(deadlines_equal_the_minute_stepping_oracle),
        HL_TEST(clocks_put_forward_and_back_change_a_day_of_24_hours),
        HL_TEST(a_wrong_calendar_is_refused_with_place_and_reason),
        HL_TEST(laws_hold_between_deadline_elapsed_and_before),
    };

    return HL_TEST_MAIN(tests);
}
