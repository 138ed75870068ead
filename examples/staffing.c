/* staffing.c - a day's staffing table from a CSV of calls per half hour: how many agents when, and what callers get.
 *
 * Needs no engine: hl_plan_staff() for each row, the rest reads and prints. */
#include <hotline/plan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEVEL, HANDLE, PATIENCE, SHRINKAGE, WAIT, OCCUPANCY, ABANDON, FORMULA, SHORT, INTERVAL, LANG, CSV, OPTIONS };
static struct { const char *name, *value, *help; } opt[OPTIONS] = {
    { "--level", "80/20", "P/S   of P percent within S seconds; P 0: no such goal [80/20]" },
    { "--handle", "180", "S     mean talk and notes, where the file has no handle_s [180]" },
    { "--patience", "0", "S     mean time after which callers give up; 0: they never do [0]" },
    { "--shrinkage", "0", "P     percent of paid time away from the desk: leave, breaks, training [0]" },
    { "--max-wait", "0", "S     mean wait at most; 0: not asked for [0]" },
    { "--max-occupancy", "0", "P     percent of their time agents are busy at most; 0: not asked for [0]" },
    { "--max-abandon", "0", "P     percent of callers who give up at most; 0: not asked for [0]" },
    { "--formula", "without_early", "NAME  of the level: of_answered of_offered without_early early_good short_good\n"
      "                         [without_early]" },
    { "--short", "5", "S     for short_good: who gives up within S seconds is no loss [5]" },
    { "--interval", "30", "M     minutes between two rows [30]" },
    { "--lang", "en", "zh|en [by LANG]" },
    { "--csv", NULL, "      prints CSV: shares 0 to 1, no totals" },
};
static const struct { const char *name; int number; const char *words; } formulas[] = {
#define X(name, number, words) { #name, number, words },
    HL_SERVICE_LEVELS(X)
#undef X
};

static const struct { const char *csv, *name[2], *unit[2]; int width, digits; } columns[] = {
    { "time", { "time", "时间" }, { "", "" }, 5, 0 },
    { "calls", { "calls", "来话" }, { "", "个" }, 9, 0 },
    { "handle_s", { "handle", "处理时长" }, { "s", "秒" }, 9, 0 },
    { "load_erlang", { "load", "话务量" }, { "erlang", "爱尔兰" }, 9, 1 },
    { "agents", { "agents", "座席" }, { "", "人" }, 8, 0 },
    { "paid", { "paid", "排班" }, { "agents", "人" }, 8, 0 },
    { "occupancy", { "busy", "占用率" }, { "%", "%" }, 8, 1 },
    { "level", { "level", "服务水平" }, { "%", "%" }, 9, 1 },
    { "asa_s", { "mean wait", "平均等待" }, { "s", "秒" }, 11, 1 },
    { "p90_s", { "90 % wait", "九成等待" }, { "s", "秒" }, 11, 1 },
    { "p_abandon", { "give up", "放弃" }, { "%", "%" }, 9, 1 },
    { "queue_len", { "queue", "排队" }, { "callers", "人" }, 9, 1 },
};
enum { COLUMNS = sizeof columns / sizeof *columns, ROWS = 1440, CELLS = 32, LINE = 4096 };

typedef struct row { int minute; double calls, handle_s; hl_plan plan; } row;
typedef struct table { row rows[ROWS]; int count, minutes; hl_plan_in in; hl_plan_goal goal; } table;
typedef struct line { /* of the file, and its cells */
    const char *file;
    int number, count, column[CELLS];
    char text[LINE], *cell[CELLS];
} line;

static int chinese;

static void fail(const char *what, const char *words)
{
    fprintf(stderr, "staffing: %s: %s\n", what, words);
    exit(1);
}

/* Where in the file, as compilers say it: staffing: FILE:LINE:COLUMN: words. */
static void fail_at(const line *l, int cell, const char *words, const char *more)
{
    fprintf(stderr, "staffing: %s:%d:%d: ", l->file, l->number, cell < l->count ? l->column[cell] : 1);
    if (cell < l->count)
        fprintf(stderr, "'%s' ", l->cell[cell]);
    fprintf(stderr, "%s%s\n", words, more);
    exit(1);
}

/* Plain decimals only: strtod() would also take 0x1p3, inf and nan. */
static int number(const char *text, double *out)
{
    char *end;

    if (!*text || strspn(text, "0123456789.") != strlen(text))
        return 0;
    *out = strtod(text, &end);
    return !*end && *out < 1e9;
}

static double option(int k, double low, double high)
{
    char words[120];
    double x;

    if (number(opt[k].value, &x) && x >= low && x <= high)
        return x;
    snprintf(words, sizeof words, "a number from %g to %g is wanted, not '%.20s'", low, high, opt[k].value);
    fail(opt[k].name, words);
    return 0;
}

/* Characters before at, plus one: a column as editors count it. */
static int column_of(const char *text, const char *at)
{
    int n = 1;

    for (; text < at; text++)
        n += (*text & 0xC0) != 0x80;
    return n;
}

/* One cell, from `from` to *to; returns what follows it. */
static const char *cut_cell(line *l, const char *from, char **to)
{
    char *begin = *to;

    if (*from == '"') {
        for (from++; *from && (*from != '"' || from[1] == '"'); from++) {
            *(*to)++ = *from;
            from += *from == '"';
        }
        if (*from++ != '"') {
            **to = 0;
            fail_at(l, l->count - 1, "has no second quote", "");
        }
        return from + strspn(from, " \t");
    }
    while (*from && *from != ',')
        *(*to)++ = *from++;
    while (*to > begin && ((*to)[-1] == ' ' || (*to)[-1] == '\t'))
        (*to)--;
    return from;
}

/* Cuts a line into cells: commas, "quotes" with "" for one; blanks around a cell do not count. */
static void cut(line *l)
{
    static char whole[LINE];
    const char *from = whole;
    char *to = l->text;

    memcpy(whole, l->text, sizeof whole);
    l->count = 0;
    for (;;) {
        from += strspn(from, " \t");
        if (l->count == CELLS)
            fail_at(l, 0, "begins a line of more than 32 cells", "");
        l->column[l->count] = column_of(whole, from);
        l->cell[l->count++] = to;
        from = cut_cell(l, from, &to);
        *to++ = 0;
        if (*from && *from != ',')
            fail_at(l, l->count - 1, "is followed by something other than a comma", "");
        if (!*from++)
            return;
    }
}

/* The next line with something on it: 1, or 0 at the end. Comments begin with #. */
static int next_line(FILE *f, line *l)
{
    while (fgets(l->text, LINE, f)) {
        size_t len = strlen(l->text);
        l->number++;
        l->count = 0;
        if (len == 0 || (l->text[len - 1] != '\n' && !feof(f)))
            fail_at(l, 0, len == LINE - 1 ? "a line of more than 4094 bytes" : "a NUL byte: is this text?", "");
        while (len > 0 && strchr("\r\n", l->text[len - 1]))
            l->text[--len] = 0;
        if (l->number == 1 && strncmp(l->text, "\xEF\xBB\xBF", 3) == 0)
            memmove(l->text, l->text + 3, len - 2);
        if (l->text[strspn(l->text, " \t")] == 0 || *l->text == '#')
            continue;
        cut(l);
        return 1;
    }
    if (ferror(f))
        fail(l->file, "cannot be read");
    return 0;
}

/* Which cell holds time, calls, handle_s; -1: none. */
static void read_head(FILE *f, line *l, int place[3])
{
    static const char *const names[] = { "time", "calls", "handle_s" };

    place[0] = place[1] = place[2] = -1;
    if (!next_line(f, l))
        fail(l->file, "is empty; it begins with a line time,calls or time,calls,handle_s");
    for (int i = 0; i < l->count; i++) {
        int k = 0;
        while (k < 3 && strcmp(l->cell[i], names[k]) != 0)
            k++;
        if (k == 3)
            fail_at(l, i, "is no column's name; there are time, calls, handle_s", "");
        if (place[k] >= 0)
            fail_at(l, i, "is there twice", "");
        place[k] = i;
    }
    if (place[0] < 0 || place[1] < 0)
        fail_at(l, l->count, "a column is missing: ", place[0] < 0 ? "time" : "calls");
}

static int minute_of(const char *text)
{
    int h, m, len = 0;

    if (strspn(text, "0123456789:") != strlen(text) || sscanf(text, "%2d:%2d%n", &h, &m, &len) != 2 || text[len] ||
        strlen(strchr(text, ':')) != 3 || h > 23 || m > 59)
        return -1;
    return h * 60 + m;
}

static void read_time(const line *l, int place, const table *t, row *r)
{
    char words[80];
    int since;

    if ((r->minute = minute_of(l->cell[place])) < 0)
        fail_at(l, place, "is no time of day, such as 09:30", "");
    since = t->count ? r->minute - r[-1].minute : t->minutes;
    snprintf(words, sizeof words, "is %d min after the row before; --interval is %d", since, t->minutes);
    if (since <= 0 || since % t->minutes)
        fail_at(l, place, since <= 0 ? "is not after the row before" : words, "");
}

static void read_row(const line *l, const int place[3], table *t)
{
    row *r = &t->rows[t->count];
    hl_plan_in in = t->in;

    if (l->count <= place[0] || l->count <= place[1])
        fail_at(l, l->count, "a cell is missing: ", l->count <= place[0] ? "time" : "calls");
    r->handle_s = in.handle_s;
    read_time(l, place[0], t, r);
    if (!number(l->cell[place[1]], &r->calls))
        fail_at(l, place[1], "is no number of calls", "");
    if (place[2] >= 0 && l->count > place[2] && *l->cell[place[2]] &&
        (!number(l->cell[place[2]], &r->handle_s) || r->handle_s < 0.001))
        fail_at(l, place[2], "is no number of seconds above 0", "");
    in.calls = r->calls;
    in.handle_s = r->handle_s;
    r->plan = (hl_plan)HL_PLAN_INIT;
    if (hl_plan_staff(&in, &t->goal, &r->plan) < 0)
        fail_at(l, place[1], "calls: ", hl_error(NULL));
    t->count++;
}

static void read_file(const char *name, table *t)
{
    static line l;
    int place[3];
    FILE *f = strcmp(name, "-") ? fopen(name, "rb") : stdin;

    if (!f)
        fail(name, "cannot be read");
    l.file = f == stdin ? "standard input" : name;
    read_head(f, &l, place);
    while (next_line(f, &l))
        read_row(&l, place, t);
    if (t->count == 0)
        fail(l.file, "has no rows");
    if (f != stdin)
        fclose(f);
}

static void options_in(table *t)
{
    char percent[16], seconds[16], name[32] = "HL_SL_";
    double share, target;

    if (sscanf(opt[LEVEL].value, "%15[0-9.]/%15[0-9.]%31s", percent, seconds, name) != 2 || !number(percent, &share) ||
        !number(seconds, &target) || share > 99.99)
        fail("--level", "two numbers are wanted, percent below 100 and seconds, such as 80/20");
    t->in = (hl_plan_in)HL_PLAN_IN_INIT;
    t->goal = (hl_plan_goal)HL_PLAN_GOAL_INIT;
    for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++) {
        snprintf(name, sizeof name, "%s", formulas[i].name);
        for (char *c = name; *c; c++)
            *c = *c == '_' ? '_' : (char)(*c | 0x20);
        if (strcmp(name, opt[FORMULA].value) == 0)
            t->in.formula = formulas[i].number;
    }
    if (!t->in.formula)
        fail("--formula", "one of of_answered, of_offered, without_early, early_good, short_good is wanted");
    t->minutes = (int)option(INTERVAL, 1, 1440);
    t->in.interval_s = t->minutes * 60;
    t->in.handle_s = option(HANDLE, 0.001, 1e6);
    t->in.patience_s = option(PATIENCE, 0, 1e6);
    t->in.target_s = target;
    t->in.short_s = option(SHORT, 0.001, 1e6);
    t->in.shrinkage = option(SHRINKAGE, 0, 95) / 100;
    t->goal.level = share / 100;
    t->goal.asa_s = option(WAIT, 0, 1e6);
    t->goal.occupancy = option(OCCUPANCY, 0, 100) / 100;
    t->goal.abandon = option(ABANDON, 0, 100) / 100;
}

static void values_of(const row *r, double scale, double out[COLUMNS])
{
    const hl_plan *p = &r->plan;
    const double all[COLUMNS] = { 0, r->calls, r->handle_s, p->load, p->agents, p->paid, p->occupancy * scale,
                                  p->level * scale, p->asa_s, p->p90_s, p->p_abandon * scale, p->queue_len };

    memcpy(out, all, sizeof all);
}

static void print_csv(const table *t)
{
    double v[COLUMNS];

    for (int k = 0; k < COLUMNS; k++)
        printf("%s%s", k ? "," : "", columns[k].csv);
    for (int i = 0; i < t->count; i++) {
        values_of(&t->rows[i], 1, v);
        printf("\n%02d:%02d", t->rows[i].minute / 60, t->rows[i].minute % 60);
        for (int k = 1; k < COLUMNS; k++)
            printf(",%.10g", v[k]);
    }
    printf("\n");
}

/* To the right edge of a column; a Chinese character is two columns wide and three bytes long. */
static void print_word(const char *word, int width)
{
    int wide = 0;

    for (const char *c = word; *c; c++)
        wide += (*c & 0xC0) == 0x80 ? 0 : (*c & 0x80) ? 2 : 1;
    printf("%*s%s", width > wide ? width - wide : 0, "", word);
}

static void print_head(const table *t)
{
    const char *words = "";

    for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++)
        if (formulas[i].number == t->in.formula)
            words = formulas[i].words;
    printf(chinese ? "目标：服务水平 %s，T = %g 秒，不低于 %.4g%%" : "goals: level %s, T = %g s, at least %.4g %%",
           words, t->in.target_s, t->goal.level * 100);
    if (t->goal.asa_s > 0)
        printf(chinese ? "；平均等待不超过 %g 秒" : "; mean wait at most %g s", t->goal.asa_s);
    if (t->goal.occupancy > 0)
        printf(chinese ? "；占用率不超过 %.4g%%" : "; busy at most %.4g %%", t->goal.occupancy * 100);
    if (t->goal.abandon > 0)
        printf(chinese ? "；放弃不超过 %.4g%%" : "; give up at most %.4g %%", t->goal.abandon * 100);
    printf(chinese ? "\n平均耐心 %g 秒（0：一直等），损耗 %.4g%%，每 %d 分钟一行\n" :
                     "\npatience %g s (0: without end), shrinkage %.4g %%, intervals of %d min\n",
           t->in.patience_s, t->in.shrinkage * 100, t->minutes);
    for (int k = 0; k < COLUMNS; k++)
        print_word(columns[k].name[chinese], columns[k].width);
    printf("\n");
    for (int k = 0; k < COLUMNS; k++)
        print_word(columns[k].unit[chinese], columns[k].width);
    printf("\n");
}

static void print_table(const table *t)
{
    double v[COLUMNS], calls = 0, level = 0, wait = 0, agents = 0, paid = 0, most = 0, hours = t->minutes / 60.0;

    print_head(t);
    for (int i = 0; i < t->count; i++) {
        const row *r = &t->rows[i];
        values_of(r, 100, v);
        printf("%02d:%02d", r->minute / 60, r->minute % 60);
        for (int k = 1; k < COLUMNS; k++)
            printf("%*.*f", columns[k].width, columns[k].digits, v[k]);
        printf("\n");
        calls += r->calls;
        level += r->calls * r->plan.level;
        wait += r->calls * r->plan.asa_s;
        agents += r->plan.agents * hours;
        paid += r->plan.paid * hours;
        most = r->plan.agents > most ? r->plan.agents : most;
    }
    printf(chinese ? "合计：来话 %.0f 个，座席工时 %.1f 小时，排班工时 %.1f 小时，最多同时 %.0f 人；"
                     "全天服务水平 %.1f%%，平均等待 %.1f 秒\n" :
                     "total: %.0f calls, %.1f agent hours, %.1f paid hours, at most %.0f agents at once; "
                     "level of the day %.1f %%, mean wait %.1f s\n",
           calls, agents, paid, most, calls > 0 ? level / calls * 100 : 100, calls > 0 ? wait / calls : 0);
}

static void usage(int is_asked)
{
    FILE *to = is_asked ? stdout : stderr;

    fprintf(to, "usage: staffing [OPTIONS] [FILE]\nFILE is CSV, time,calls[,handle_s], a row for each interval: "
            "09:30,112,180. Without FILE: standard input.\n");
    for (int k = 0; k < OPTIONS; k++)
        fprintf(to, "  %-16s %s\n", opt[k].name, opt[k].help);
    exit(is_asked ? 0 : 2);
}

static const char *arguments(int argc, char **argv)
{
    const char *file = "-", *lang = getenv("LANG");

    opt[LANG].value = lang && strncmp(lang, "zh", 2) == 0 ? "zh" : "en";
    for (int i = 1; i < argc; i++) {
        int k = 0;
        while (k < OPTIONS && strcmp(opt[k].name, argv[i]) != 0)
            k++;
        if (k == CSV) {
            opt[k].value = "";
        } else if (k < OPTIONS && i + 1 < argc) {
            opt[k].value = argv[++i];
        } else if (argv[i][0] != '-' || !argv[i][1]) {
            file = argv[i];
        } else {
            usage(strcmp(argv[i], "--help") == 0);
        }
    }
    chinese = strcmp(opt[LANG].value, "zh") == 0;
    if (!chinese && strcmp(opt[LANG].value, "en") != 0)
        fail("--lang", "zh or en is wanted");
    return file;
}

int main(int argc, char **argv)
{
    static table t;
    const char *file = arguments(argc, argv);

    options_in(&t);
    read_file(file, &t);
    if (opt[CSV].value)
        print_csv(&t);
    else
        print_table(&t);
    if (fflush(stdout) || ferror(stdout))
        fail("standard output", "cannot be written");
    return 0;
}
