/* whatif.c - the same callers under two settings: waits, callers lost and busy agents side by side, and a picture.
 *
 * The callers come from a store (--store: who called, how long they talked, when they lost patience) or from a
 * scenario of hotline/sim.h (--scenario). Each run has chance of its own, the same for both settings: the difference
 * is of pairs, so a few runs tell it well. */
#include <hotline.h>
#include <hotline/acd.h>
#include <hotline/calendar.h>
#include <hotline/sim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOW, THEN, STORE, SCENARIO, CHANGES, DAY, DAYS, ZONE, RUNS, SVG, LANG, OPTIONS };
static struct { const char *name, *value, *help; } opt[OPTIONS] = {
    { "--now", NULL, "FILE      settings as they are, a document of hl_load" },
    { "--then", NULL, "FILE      what is changed: loaded on top of them [nothing]" },
    { "--store", NULL, "FILE      callers of this SQLite store; it is only read, the hotline may go on" },
    { "--scenario", NULL, "FILE      invented callers, and agents" },
    { "--changes", NULL, "FILE      scenario whose agents, service, patience replace the recorded in the second "
                         "column" },
    { "--day", "2026-09-21", "DATE      the first day [2026-09-21]" },
    { "--days", "1", "N         how many [1]" },
    { "--zone", "UTC", "NAME      of --day, Asia/Shanghai for instance [UTC]" },
    { "--runs", "10", "N         with other chance each [10]" },
    { "--svg", NULL, "FILE      a picture of the mean wait over the day" },
    { "--lang", NULL, "zh|en     [by LANG]" },
};
enum { FIGURES = 9, BINS = 96, RUNS_MOST = 1000 };
static const char *const names[FIGURES][2] = { { "calls", "来话" }, { "mean wait, s", "平均等待（秒）" },
    { "median wait, s", "等待中位数（秒）" }, { "90 % wait at most, s", "九成等待不超过（秒）" },
    { "95 % wait at most, s", "九成五等待不超过（秒）" }, { "callers lost, %", "放弃率（%）" },
    { "had to wait, %", "需要等待（%）" }, { "service level, %", "服务水平（%）" }, { "agents busy, %", "座席占用率（%）" } };
typedef struct variant {
    const char *more, *changes;
    double x[FIGURES][RUNS_MOST], wait[BINS], n[BINS];
} variant;
static variant column[2];
static char *settings, *scenario;
static int chinese;

static void fail(const char *what, const char *words)
{
    fprintf(stderr, "whatif: %s: %s\n", what, words);
    exit(1);
}

static void fail_engine(hl_t *hl, const char *what)
{
    hl_finding f = HL_FINDING_INIT;

    fprintf(stderr, "whatif: %s: %s\n", what, hl_error(hl));
    while (hl_finding_next(hl, &f) == 1)
        fprintf(stderr, "  %s: %s\n", f.pointer, f.text);
    exit(1);
}

static char *read_file(const char *name)
{
    FILE *f = fopen(name, "rb");
    char *text = NULL;
    size_t len = 0, room = 0, got = 1;

    if (!f)
        fail(name, "cannot be read");
    while (got > 0) {
        if (room - len < 65536 && !(text = realloc(text, room += 1 << 20)))
            fail(name, "no memory");
        got = fread(text + len, 1, room - len - 1, f);
        len += got;
    }
    text[len] = 0;
    fclose(f);
    return text;
}

static long number(int k, long low, long high)
{
    char *end, words[80];
    long n = strtol(opt[k].value, &end, 10);

    snprintf(words, sizeof words, "a whole number from %ld to %ld is wanted", low, high);
    if (*end || end == opt[k].value || n < low || n > high)
        fail(opt[k].name, words);
    return n;
}

static hl_time first_midnight(void)
{
    hl_local at = HL_LOCAL_INIT;
    hl_time t = 0;
    hl_t *hl;

    if (sscanf(opt[DAY].value, "%4d-%2d-%2d", &at.year, &at.month, &at.day) != 3)
        fail(opt[DAY].value, "a day is written 2026-09-21");
    if (hl_open_sim(NULL, 0, &hl) < 0)
        fail("engine", hl_error(NULL));
    if (hl_zone_time(hl, opt[ZONE].value, &at, 0, &t) < 0)
        fail_engine(hl, opt[ZONE].value);
    hl_close(hl);
    return t;
}

/* The waits that ended in the quarter of an hour that is just over. */
static void add_quarter(variant *v, hl_t *hl, int quarter)
{
    hl_queue_stat s = HL_QUEUE_STAT_INIT;

    if (hl_queue_stat_get(hl, 0, HL_SPAN_LAST, &s) < 0)
        fail_engine(hl, "figures");
    v->wait[quarter % BINS] += (double)s.wait_all_ms / 1000;
    v->n[quarter % BINS] += (double)(s.answered + s.abandoned + s.timed_out + s.moved_out);
}

static void begin(const variant *v, hl_t *hl, hl_time start, int run, hl_sim *s)
{
    hl_replay in = HL_REPLAY_INIT;

    if (hl_load(hl, settings, 0) < 0)
        fail_engine(hl, opt[NOW].value);
    if (v->more && hl_load(hl, v->more, 0) < 0)
        fail_engine(hl, opt[THEN].value);
    if (scenario && hl_sim_load(hl, scenario, 0) < 0)
        fail_engine(hl, opt[SCENARIO].value);
    in.mode = HL_REPLAY_WHAT_IF;
    in.from = in.to = start;
    in.seed = run + 1;
    in.journal = opt[STORE].value;
    in.changes = v->changes;
    if (!scenario && hl_sim_replay(hl, &in, s) < 0)
        fail_engine(hl, opt[STORE].value);
}

static void one_run(variant *v, hl_time start, int run)
{
    hl_options options = HL_OPTIONS_INIT;
    long quarters = number(DAYS, 1, 3650) * BINS;
    hl_sim s = HL_SIM_INIT;
    hl_t *hl;

    options.seed = run + 1;
    if (hl_open_sim(&options, start, &hl) < 0)
        fail("engine", hl_error(NULL));
    begin(v, hl, start, run, &s);
    for (int q = 1; q <= quarters; q++) {
        if (hl_sim_run(hl, start + q * INT64_C(900000000), &s) < 0)
            fail_engine(hl, "run");
        add_quarter(v, hl, q - 1);
    }
    const double x[FIGURES] = { (double)s.offered, s.wait_s, s.p50_s, s.p90_s, s.p95_s,
        s.offered ? 100.0 * (double)s.abandoned / (double)s.offered : 0, 100 * s.waited, 100 * s.level,
        100 * s.occupancy };
    for (int i = 0; i < FIGURES; i++)
        v->x[i][run] = x[i];
    hl_close(hl);
}

/* Newton's; the program needs no more of a library of mathematics. */
static double root(double x)
{
    double y = x > 1 ? x : 1;

    for (int i = 0; i < 200 && x > 0; i++)
        y = (y + x / y) / 2;
    return x > 0 ? y : 0;
}

/* Mean of x, or of x - y, and half of its 95 % interval; -1: one run tells nothing about it. */
static double mean_of(const double *x, const double *y, int n, double *half)
{
    static const double t[] = { 0, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179,
        2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048,
        2.045, 2.042 };
    double sum = 0, squares = 0;

    for (int i = 0; i < n; i++)
        sum += x[i] - (y ? y[i] : 0);
    sum /= n;
    for (int i = 0; i < n; i++)
        squares += (x[i] - (y ? y[i] : 0) - sum) * (x[i] - (y ? y[i] : 0) - sum);
    *half = n < 2 ? -1 : (n <= 31 ? t[n - 1] : 1.96 + 2.4 / n) * root(squares / (n - 1) / n);
    return sum;
}

static void print_cell(const double *x, const double *y, int n)
{
    char text[40];
    double half, mean = mean_of(x, y, n, &half);

    if (half < 0)
        snprintf(text, sizeof text, "%s%.1f", y && mean > 0 ? "+" : "", mean);
    else
        snprintf(text, sizeof text, "%s%.1f ± %.1f", y && mean > 0 ? "+" : "", mean, half);
    printf("%*s", half < 0 ? 20 : 21, text); /* the sign has two bytes */
}

/* A word in so many columns of a terminal, below 0: on their right. Chinese letters take two. */
static void print_word(const char *word, int width)
{
    int right = width < 0;

    width = right ? -width : width;
    for (const char *c = word; *c; c++)
        width -= ((unsigned char)*c & 0xC0) == 0x80 ? 0 : (unsigned char)*c >= 0xE0 ? 2 : 1;
    printf("%*s%s%*s", right && width > 0 ? width : 0, "", word, !right && width > 0 ? width : 0, "");
}

static void print_table(int runs)
{
    static const char *const head[][2] = { { "", "" }, { "now", "现在" }, { "then", "改后" },
        { "difference", "差别" } };

    printf(chinese ? "%d 次模拟，± 为 95%% 置信区间；差别按同样的来话成对比较\n" :
                     "%d runs; ± is the 95 %% interval; the difference is of pairs of runs with the same "
                     "callers\n", runs);
    for (int k = 0; k < 4; k++)
        print_word(head[k][chinese], k ? -20 : 24);
    printf("\n");
    for (int i = 0; i < FIGURES; i++) {
        print_word(names[i][chinese], 24);
        print_cell(column[0].x[i], NULL, runs);
        print_cell(column[1].x[i], NULL, runs);
        print_cell(column[1].x[i], column[0].x[i], runs);
        printf("\n");
    }
}

static double wait_at(const variant *v, int bin)
{
    return v->n[bin] > 0 ? v->wait[bin] / v->n[bin] : 0;
}

static void draw_line(FILE *f, const variant *v, double top, const char *colour)
{
    fprintf(f, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"", colour);
    for (int b = 0; b < BINS; b++)
        fprintf(f, "%.1f,%.1f ", 60 + (b + 0.5) * 820 / BINS, 300 - 250 * wait_at(v, b) / top);
    fprintf(f, "\"/>\n");
}

static void draw(const char *name)
{
    double top = 1, step = 1;
    FILE *f = fopen(name, "wb");

    if (!f)
        fail(name, "cannot be written");
    for (int k = 0; k < 2; k++)
        for (int b = 0; b < BINS; b++)
            top = wait_at(&column[k], b) > top ? wait_at(&column[k], b) : top;
    while (step * 60 < top)
        step *= 10;
    step *= step * 6 >= top ? 1 : step * 12 >= top ? 2 : step * 30 >= top ? 5 : 10;
    fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 350\" font-family=\"sans-serif\" "
            "font-size=\"12\">\n<rect width=\"900\" height=\"350\" fill=\"white\"/>\n<text x=\"60\" y=\"24\" "
            "font-size=\"15\">%s</text>\n", chinese ? "一天中的平均等待（秒）" : "mean wait over the day, seconds");
    for (double y = 0; y <= top; y += step)
        fprintf(f, "<line x1=\"60\" x2=\"880\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/><text x=\"52\" y=\"%.1f\" "
                "text-anchor=\"end\">%g</text>\n", 300 - 250 * y / top, 300 - 250 * y / top, 304 - 250 * y / top, y);
    for (int h = 0; h <= 24; h += 2)
        fprintf(f, "<text x=\"%.1f\" y=\"320\" text-anchor=\"middle\">%02d:00</text>\n", 60 + h * 820.0 / 24, h);
    draw_line(f, &column[0], top, "#888");
    draw_line(f, &column[1], top, "#06c");
    fprintf(f, "<text x=\"760\" y=\"24\" fill=\"#888\">— %s</text><text x=\"820\" y=\"24\" fill=\"#06c\">— %s</text>\n"
            "</svg>\n", chinese ? "现在" : "now", chinese ? "改后" : "then");
    if (fclose(f) != 0)
        fail(name, "cannot be written");
}

static void usage(int is_asked)
{
    FILE *to = is_asked ? stdout : stderr;

    fprintf(to, "usage: whatif --now FILE [--then FILE] (--store FILE [--changes FILE] | --scenario FILE) [OPTIONS]\n");
    for (int k = 0; k < OPTIONS; k++)
        fprintf(to, "  %-12s %s\n", opt[k].name, opt[k].help);
    exit(is_asked ? 0 : 2);
}

static void arguments(int argc, char **argv)
{
    const char *lang = getenv("LANG");

    opt[LANG].value = lang && strncmp(lang, "zh", 2) == 0 ? "zh" : "en";
    for (int i = 1; i < argc; i++) {
        int k = 0;
        while (k < OPTIONS && strcmp(opt[k].name, argv[i]) != 0)
            k++;
        if (k == OPTIONS || i + 1 == argc)
            usage(strcmp(argv[i], "--help") == 0);
        opt[k].value = argv[++i];
    }
    chinese = strcmp(opt[LANG].value, "zh") == 0;
    if (!opt[NOW].value || !opt[STORE].value == !opt[SCENARIO].value || (opt[SCENARIO].value && opt[CHANGES].value))
        usage(0);
}

int main(int argc, char **argv)
{
    arguments(argc, argv);
    int runs = (int)number(RUNS, 1, RUNS_MOST);
    settings = read_file(opt[NOW].value);
    column[1].more = opt[THEN].value ? read_file(opt[THEN].value) : NULL;
    column[1].changes = opt[CHANGES].value ? read_file(opt[CHANGES].value) : NULL;
    scenario = opt[SCENARIO].value ? read_file(opt[SCENARIO].value) : NULL;
    hl_time start = first_midnight();
    for (int run = 0; run < runs; run++)
        for (int k = 0; k < 2; k++)
            one_run(&column[k], start, run);
    print_table(runs);
    if (opt[SVG].value)
        draw(opt[SVG].value);
    return 0;
}
