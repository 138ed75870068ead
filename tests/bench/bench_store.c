/* bench_store.c - durable events a second, and acknowledged ticket creations a second, each with its fsync. */
#include "hl_test.h"
#include "store/store.h"
#include "ticket/ticket.h"
#include <poll.h>
#include <time.h>

enum { LATENCIES = 100000 };

struct bench {
    hl__core core;
    hl__err err;
    hl__store *store;
    hl__batch *batch;
    hl__tickets *tickets;
    int64_t serial, seq;
    uint64_t number;
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static hl_id next_id(hl__core *core, int kind)
{
    struct bench *b = core->engine;
    return HL__ID(++b->serial, kind);
}

static void write_row(hl__core *core, int op, int table, const hl__value *row, uint32_t n)
{
    struct bench *b = core->engine;
    if (hl__batch_row(b->batch, op, table, row, n) < 0) abort();
}

static hl__value text(const char *words)
{
    if (words == NULL) return (hl__value) { HL__NULL, 0, { 0 } };
    return (hl__value) { HL__TEXT, (uint32_t)strlen(words), { .p = words } };
}

static hl_seq emit(hl__core *core, const hl_event *ev)
{
    struct bench *b = core->engine;
    const int64_t ints[] = { ++b->seq, core->now, ev->type, ev->contact, ev->leg, ev->queue, ev->agent, ev->ticket,
                             ev->ref, ev->code, ev->detail };
    hl__value row[HL__EV_COLUMNS];
    for (size_t i = 0; i < HL__COUNT(ints); i++) row[i] = (hl__value) { HL__INT, 8, { .i = ints[i] } };
    row[11] = text(ev->text);
    row[12] = text(ev->data);
    write_row(core, HL__OP_EVENT, HL__TABLE_EV, row, HL__EV_COLUMNS);
    return b->seq;
}

static void open_all(struct bench *b, const char *path)
{
    static const char type[] = "{\"states\":[{\"name\":\"accepted\",\"category\":\"active\"},{\"name\":\"closed\","
        "\"category\":\"done\"}],\"moves\":[{\"name\":\"close\",\"from\":[\"accepted\"],\"to\":\"closed\"}],"
        "\"fields\":[{\"name\":\"address\",\"type\":\"address\"}]}";
    hl__store_conf conf = { .mem = &hl_test_mem, .url = path, .ballast_mib = -1 };
    hl__store_link link;
    hl__section section;
    memset(b, 0, sizeof *b);
    b->core = (hl__core) { .mem = &hl_test_mem, .err = &b->err, .now = INT64_C(1767225600000000), .engine = b,
                           .id = next_id, .emit = emit, .row = write_row };
    if (hl__store_open(&conf, &b->err, &b->store) < 0) {
        fprintf(stderr, "%s\n", b->err.words);
        exit(1);
    }
    hl__store_link_to(b->store, &link);
    hl__ticket_store reader = { link.d, link.scan };
    hl__json *json = hl__json_read(type, sizeof type - 1, &b->err);
    if (hl__tickets_new(&b->core, NULL, NULL, &b->tickets) < 0 || hl__tickets_load(b->tickets, &reader) < 0) exit(1);
    (void)hl__tickets_sections(b->tickets, &section, 1);
    if (section.apply(section.domain, 0, "repair", json) < 0 || hl__batch_new(&hl_test_mem, 0, &b->batch) < 0) exit(1);
    hl__json_free(json);
}

static void close_all(struct bench *b)
{
    hl__tickets_free(b->tickets);
    hl__batch_free(b->batch);
    hl__store_close(b->store);
}

static int seal(struct bench *b)
{
    hl__mark mark = { 0, b->number + 1, b->seq, 0, b->core.now, b->serial };
    hl__batch_seal(b->batch, &mark);
    int r = hl__store_append(b->store, b->batch);
    if (r < 0) return r;
    b->number++;
    return hl__batch_new(&hl_test_mem, 0, &b->batch);
}

static void add_ticket(struct bench *b)
{
    hl_ticket_new n = HL_TICKET_NEW_INIT;
    hl_id id;
    n.type = "repair";
    n.title = "water runs out of the wall";
    n.phone = "13800001111";
    n.fields = "{\"address\":\"Zhongshan Road 5, building 3\"}";
    if (hl__ticket_add(b->tickets, &n, &id) < 0) {
        fprintf(stderr, "%s\n", b->err.words);
        exit(1);
    }
}

/* `abreast` creations wait for their number at any time: clients that each wait for their own. */
static void tickets(struct bench *b, uint64_t abreast, double seconds)
{
    struct pollfd p = { hl__store_fd(b->store), POLLIN, 0 };
    uint64_t first = b->number;
    double began = now_s();
    while (now_s() - began < seconds) {
        b->core.now += 1000;
        while (b->number - hl__store_durable(b->store) < abreast) {
            add_ticket(b);
            if (seal(b) < 0) exit(1);
        }
        (void)poll(&p, 1, -1);
        hl__store_seen(b->store);
        hl__tickets_durable(b->tickets, b->seq);
    }
    (void)hl__store_wait(b->store, b->number, -1);
    double took = now_s() - began;
    printf("tickets, acknowledged with fsync, %3llu at a time: %8.0f /s\n", (unsigned long long)abreast,
           (double)(b->number - first) / took);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Open loop: an event each 1/rate s, each its own batch, whatever the store does; how long until it is told as safe. */
static void events(struct bench *b, int rate, double seconds)
{
    static double sent[LATENCIES], took[LATENCIES];
    struct pollfd p = { hl__store_fd(b->store), POLLIN, 0 };
    uint64_t first = b->number, told = first, n = 0, most = (uint64_t)(rate * seconds);
    double began = now_s();
    if (most > LATENCIES) most = LATENCIES;
    while (told - first < most) {
        while (n < most && began + (double)n / rate <= now_s()) {
            hl_event ev = { .type = HL_EV_CONTACT_STEP, .contact = HL__ID(n % 1000 + 1, HL_KIND_CONTACT),
                .text = "step" };
            b->core.now += 100;
            (void)emit(&b->core, &ev);
            sent[n] = began + (double)n / rate;
            if (seal(b) == 0) n++;
        }
        (void)poll(&p, 1, n < most ? 0 : 100);
        hl__store_seen(b->store);
        uint64_t safe = hl__store_durable(b->store);
        double now = now_s();
        for (; told < safe; told++) took[told - first] = now - sent[told - first];
    }
    double all = now_s() - began;
    qsort(took, most, sizeof *took, by_size);
    printf("durable events, %5d/s offered: %8.0f /s, p50 %.2f ms, p99 %.2f ms, max %.2f ms\n", rate, (double)most / all,
           took[most / 2] * 1e3, took[most * 99 / 100] * 1e3, took[most - 1] * 1e3);
}

int main(void)
{
    struct bench b;
    char path[600];
    const char *folder = getenv("HL_BUILD");
    snprintf(path, sizeof path, "%s/bench_store.db", folder != NULL ? folder : "/var/tmp");
    static const char *const suffixes[] = { "", "-wal", "-shm", "-lock" };
    for (size_t i = 0; i < HL__COUNT(suffixes); i++) {
        char name[700];
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        (void)remove(name);
    }
    open_all(&b, path);
    events(&b, 10000, 3);
    events(&b, 30000, 3);
    tickets(&b, 1, 2);
    tickets(&b, 8, 2);
    tickets(&b, 64, 2);

    close_all(&b);
    for (size_t i = 0; i < HL__COUNT(suffixes); i++) {
        char name[700];
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        (void)remove(name);
    }
    return 0;
}
