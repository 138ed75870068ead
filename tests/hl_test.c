/* hl_test.c - the harness around cmocka: leak checks, order by chance, vectors, failing memory. */
#include "hl_test.h"
#include <dirent.h>
#include <ftw.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

hl__mem hl_test_mem;

struct kept { struct kept *next; int is_folder; char text[]; };
static struct kept *kept;
static struct { int64_t used, blocks; int files, threads; } before;

static int entries(const char *folder)
{
    DIR *d = opendir(folder);
    int n = 0;
    if (!d) return 0;
    while (readdir(d)) n++;
    closedir(d);
    return n;
}

int hl_test_begin(void **state)
{
    (void)state;
    hl_test_mem.fail_at = 0;
    before.used = hl_test_mem.used;
    before.blocks = hl_test_mem.blocks;
    before.files = entries("/proc/self/fd");
    before.threads = entries("/proc/self/task");
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st; (void)type; (void)at;
    return remove(path);
}

static void forget(void)
{
    while (kept) {
        struct kept *k = kept;
        kept = k->next;
        if (k->is_folder) (void)nftw(k->text, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        free(k);
    }
}

int hl_test_end(void **state)
{
    int files = entries("/proc/self/fd"), threads = entries("/proc/self/task"), bad = 0;
    (void)state;
    hl_test_mem.fail_at = 0;
    forget();
    if (hl_test_mem.used != before.used || hl_test_mem.blocks != before.blocks) {
        print_error("leak: %lld bytes in %lld blocks\n", (long long)(hl_test_mem.used - before.used),
            (long long)(hl_test_mem.blocks - before.blocks));
        bad = 1;
    }
    if (files != before.files) { print_error("leak: %d descriptors, before %d\n", files, before.files); bad = 1; }
    for (int n = 0; threads != before.threads && n < 200; n++) { /* a joined thread's entry goes a moment later */
        usleep(1000);
        threads = entries("/proc/self/task");
    }
    if (threads != before.threads) { print_error("leak: %d threads, before %d\n", threads, before.threads); bad = 1; }
    return bad;
}

uint64_t hl_test_seed(void)
{
    const char *text = getenv("HL_TEST_SEED");
    return text && *text ? strtoull(text, NULL, 10) : 1;
}

static void *nothing(void *arg)
{
    return arg;
}

/* A sanitizer starts a thread of its own with the first thread of a program; it is no leak of the test that has it. */
static void first_thread(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) == 0) pthread_join(thread, NULL);
    usleep(5000); /* its entry goes a moment later */
}

int hl_test_main(const struct CMUnitTest *tests, size_t count)
{
    struct CMUnitTest *order = calloc(count + 1, sizeof *order);
    const char *only = getenv("HL_TEST_ONLY");
    hl__rand chance;
    int r;

    first_thread();
    if (!order) return 1;
    if (only && *only) cmocka_set_test_filter(only);
    memcpy(order, tests, count * sizeof *order);
    hl__rand_init(&chance, (int64_t)hl_test_seed(), 0, 0);
    for (size_t n = count; n > 1; n--) {
        size_t other = hl__rand_below(&chance, (uint32_t)n);
        struct CMUnitTest t = order[n - 1];
        order[n - 1] = order[other];
        order[other] = t;
    }
    r = _cmocka_run_group_tests("tests", order, count, NULL, NULL);
    free(order);
    return r;
}

void *hl_test_alloc(void *ctx, void *old, size_t size)
{
    if (size) return hl__realloc(ctx, old, size);
    hl__free(ctx, old);
    return NULL;
}

/* One run with the n-th allocation failing; tells whether it was reached. */
static int oom_once(int (*run)(void *ctx), void *ctx, int64_t n, int good)
{
    int64_t used = hl_test_mem.used, blocks = hl_test_mem.blocks;
    int reached, r;
    hl_test_mem.fail_at = n;
    r = run(ctx);
    reached = n > 0 ? hl_test_mem.fail_at <= 0 : hl_test_mem.fail_at >= -1;
    hl_test_mem.fail_at = 0;
    hl_test_ok(r == HL_ENOMEM || r == good, "allocation %lld fails: result %d, undisturbed %d", (long long)n, r, good);
    hl_test_ok(r == good || reached, "allocation %lld was not reached, yet the result is %d", (long long)n, r);
    hl_test_ok(used == hl_test_mem.used && blocks == hl_test_mem.blocks, "allocation %lld fails: %lld bytes leak",
        (long long)n, (long long)(hl_test_mem.used - used));
    return reached;
}

int hl_test_oom(int (*run)(void *ctx), void *ctx)
{
    int good = run(ctx), n;
    hl_test_ok(good >= 0, "the undisturbed run gives %d", good);
    for (n = 1; n < 100000; n++) {
        if (!oom_once(run, ctx, n, good)) break;
        (void)oom_once(run, ctx, -n, good); /* whether it was reached is known already */
    }
    hl_test_ok(n < 100000, "no end of allocations");
    return n - 1;
}

static struct kept *keep(size_t size, int is_folder)
{
    struct kept *k = malloc(sizeof *k + size + 1);
    if (!k) abort();
    k->is_folder = is_folder;
    k->next = kept;
    kept = k;
    k->text[size] = 0;
    return k;
}

const char *hl_test_path(const char *name)
{
    const char *top = getenv("HL_SRC");
    struct kept *k;
    if (!top || !*top) top = ".";
    k = keep(strlen(top) + strlen(name) + 2, 0);
    (void)snprintf(k->text, strlen(top) + strlen(name) + 2, "%s/%s", top, name);
    return k->text;
}

char *hl_test_file(const char *name, size_t *len)
{
    const char *path = hl_test_path(name);
    FILE *f = fopen(path, "rb");
    struct stat st;
    struct kept *k;
    if (!f || fstat(fileno(f), &st) < 0) { fail_msg("cannot read %s", path); abort(); }
    k = keep((size_t)st.st_size, 0);
    if (fread(k->text, 1, (size_t)st.st_size, f) != (size_t)st.st_size) fail_msg("cannot read all of %s", path);
    fclose(f);
    if (len) *len = (size_t)st.st_size;
    return k->text;
}

char *hl_test_vector(const char *name, size_t *len)
{
    char path[200];
    (void)snprintf(path, sizeof path, "tests/vectors/%s", name);
    return hl_test_file(path, len);
}

char *hl_test_temp(void)
{
    const char *top = getenv("TMPDIR");
    struct kept *k = keep(200, 1);
    (void)snprintf(k->text, 200, "%s/hl-test-XXXXXX", top && *top ? top : "/tmp");
    if (!mkdtemp(k->text)) { fail_msg("no temporary folder at %s", k->text); abort(); }
    return k->text;
}

static int csv_line(hl_test_csv *csv, char **cells) /* cuts the line at csv->at into cells; how many */
{
    char *from = csv->at, *to;
    int n = 0;
    for (;;) {
        int quoted = *from == '"';
        if (n == 40) fail_msg("more than 40 columns in line %d", csv->line);
        if (quoted) from++;
        cells[n++] = to = from;
        while (*from && (quoted || (*from != ',' && *from != '\n' && *from != '\r'))) {
            if (quoted && *from == '"' && *++from != '"') { quoted = 0; continue; }
            *to++ = *from++;
        }
        if (*from == ',') { *to = 0; from++; continue; }
        if (*from == '\r') { *to = 0; from++; }
        if (*from == '\n') { *to = 0; from++; } else *to = 0;
        csv->at = from;
        return n;
    }
}

static int csv_skip(hl_test_csv *csv)
{
    for (;;) {
        csv->line++;
        if (*csv->at == '#') { csv->at += strcspn(csv->at, "\n"); if (*csv->at) csv->at++; }
        else if (*csv->at == '\n') csv->at++;
        else return *csv->at != 0;
    }
}

void hl_test_csv_open(hl_test_csv *csv, const char *vector)
{
    memset(csv, 0, sizeof *csv);
    csv->at = hl_test_vector(vector, NULL);
    if (!csv_skip(csv)) fail_msg("%s has no line of column names", vector);
    csv->columns = csv_line(csv, csv->names);
}

int hl_test_csv_next(hl_test_csv *csv)
{
    int n;
    if (!csv_skip(csv)) return 0;
    n = csv_line(csv, csv->cells);
    if (n > csv->columns) fail_msg("line %d has %d cells, the head %d", csv->line, n, csv->columns);
    for (; n < csv->columns; n++) csv->cells[n] = csv->at + strlen(csv->at);
    return 1;
}

const char *hl_test_cell(const hl_test_csv *csv, const char *column)
{
    for (int n = 0; n < csv->columns; n++)
        if (!strcmp(csv->names[n], column)) return csv->cells[n];
    fail_msg("no column is called %s", column);
    return "";
}

int64_t hl_test_cell_int(const hl_test_csv *csv, const char *column)
{
    return strtoll(hl_test_cell(csv, column), NULL, 10);
}

double hl_test_cell_real(const hl_test_csv *csv, const char *column)
{
    return strtod(hl_test_cell(csv, column), NULL);
}

void hl_test_ok(int ok, const char *fmt, ...)
{
    char words[600];
    va_list args;
    if (ok) return;
    va_start(args, fmt);
    (void)vsnprintf(words, sizeof words, fmt, args);
    va_end(args);
    fail_msg("%s", words);
}

void hl_test_decisions(const char *name, uint64_t hash)
{
    print_message("# decisions %s %016llx\n", name, (unsigned long long)hash);
}
