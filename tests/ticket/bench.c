/* bench.c - a work bench for tests of lib/ticket: a core whose events and rows can be looked at, and stored. */
#include "ticket/bench.h"

static hl_id next_id(hl__core *core, int kind)
{
    hl_bench *b = core->engine;
    return HL__ID(++b->serial, kind);
}

static void write_row(hl__core *core, int op, int table, const hl__value *row, uint32_t n)
{
    hl_bench *b = core->engine;
    int64_t fail_at = hl_test_mem.fail_at; /* room for it was made before, in a real engine */
    hl_test_mem.fail_at = 0;
    b->rows++;
    if (b->store != NULL) assert_int_equal(hl__batch_row(b->batch, op, table, row, n), 0);
    hl_test_mem.fail_at = fail_at;
}

static hl__value text(const char *words)
{
    if (words == NULL) return (hl__value) { HL__NULL, 0, { 0 } };
    return (hl__value) { HL__TEXT, (uint32_t)strlen(words), { .p = words } };
}

static hl_seq emit(hl__core *core, const hl_event *ev)
{
    hl_bench *b = core->engine;
    const int64_t ints[] = { ++b->seq, core->now, ev->type, ev->contact, ev->leg, ev->queue, ev->agent, ev->ticket,
                             ev->ref, ev->code, ev->detail };
    hl__value row[HL__EV_COLUMNS];
    for (size_t i = 0; i < HL__COUNT(ints); i++) row[i] = (hl__value) { HL__INT, 8, { .i = ints[i] } };
    row[11] = text(ev->text);
    row[12] = text(ev->data);
    b->events++;
    write_row(core, HL__OP_EVENT, HL__TABLE_EV, row, HL__EV_COLUMNS);
    b->rows--;
    return b->seq;
}

static const char *refuse(void *engine)
{
    return ((hl_bench *)engine)->refuse;
}

static void open_store(hl_bench *b)
{
    hl__store_conf conf = { .mem = &hl_test_mem, .url = "memory:", .disk = b->disk, .queue = 64 };
    hl__mark mark;
    assert_int_equal(hl__store_open(&conf, NULL, &b->store), 0);
    hl__store_mark(b->store, &mark);
    b->number = mark.number;
    hl__store_link link;
    hl__store_link_to(b->store, &link);
    b->reader = (hl__ticket_store) { link.d, link.scan };
    assert_int_equal(hl__batch_new(&hl_test_mem, 0, &b->batch), 0);
}

static void load_types(hl_bench *b)
{
    size_t len;
    const char *path = hl_test_path("examples/water/types.json");
    FILE *f = fopen(path, "r");
    hl_test_ok(f != NULL, "%s", path);
    char *json = malloc(65536);
    len = fread(json, 1, 65536, f);
    fclose(f);
    hl__json *doc = hl__json_read(json, len, &b->err);
    hl_test_ok(doc != NULL, "types.json: %s", b->err.words);
    free(json);
    hl__section section;
    assert_int_equal(hl__tickets_sections(b->tickets, &section, 1), 1);
    const hl__json *types = hl__json_get(doc, section.name);
    for (void *it = hl__json_iter(types); it != NULL; it = hl__json_iter_next(types, it)) {
        hl__findings found;
        hl__findings_init(&found, &hl_test_mem);
        hl__place at = { NULL, section.name, 0 };
        section.check(section.domain, hl__json_iter_key(it), hl__json_iter_value(it), &at, &found, NULL);
        hl_test_ok(found.count == 0, "types.json: %s", found.count > 0 ? found.list[0].text : "");
        hl__findings_free(&found);
        assert_int_equal(section.apply(section.domain, HL__ID(1, HL_KIND_PART), hl__json_iter_key(it),
                                       hl__json_iter_value(it)), 0);
    }
    hl__json_free(doc);
}

static void make_tickets(hl_bench *b)
{
    hl__ticket_up up = { b, refuse };
    assert_int_equal(hl__tickets_new(&b->core, NULL, &up, &b->tickets), 0);
    if (b->store != NULL) assert_int_equal(hl__tickets_load(b->tickets, &b->reader), 0);
    load_types(b);
}

void hl_bench_begin(hl_bench *b, bool has_store)
{
    memset(b, 0, sizeof *b);
    b->core.mem = &hl_test_mem;
    b->core.err = &b->err;
    b->core.now = INT64_C(1767225600000000); /* 2026-01-01 00:00 UTC: 8 in the morning in China */
    b->core.engine = b;
    b->core.id = next_id;
    b->core.emit = emit;
    b->core.row = write_row;
    b->serial = 100;
    if (has_store) {
        assert_int_equal(hl__disk_new(&hl_test_mem, &b->disk), 0);
        open_store(b);
    }
    make_tickets(b);
}

void hl_bench_step(hl_bench *b)
{
    if (b->store == NULL) return;
    hl__mark mark = { 0, ++b->number, b->seq, 0, b->core.now, b->serial };
    hl__batch_seal(b->batch, &mark);
    assert_int_equal(hl__store_append(b->store, b->batch), 0);
    assert_int_equal(hl__store_wait(b->store, b->number, 10000), 0);
    assert_int_equal(hl__batch_new(&hl_test_mem, 0, &b->batch), 0);
    hl__tickets_durable(b->tickets, b->seq);
}

static void close_all(hl_bench *b)
{
    hl__tickets_free(b->tickets);
    hl__batch_free(b->batch);
    hl__store_close(b->store);
    b->batch = NULL;
    b->store = NULL;
}

void hl_bench_restart(hl_bench *b)
{
    close_all(b);
    open_store(b);
    make_tickets(b);
}

void hl_bench_end(hl_bench *b)
{
    close_all(b);
    hl__disk_free(b->disk);
}

int hl_bench_type(hl_bench *b, const char *name, const char *json, hl__findings *f)
{
    hl__section section;
    hl__place at = { NULL, name, 0 };
    hl__json *value = hl__json_read(json, strlen(json), &b->err);
    hl_test_ok(value != NULL, "%s: %s", json, b->err.words);
    assert_int_equal(hl__tickets_sections(b->tickets, &section, 1), 1);
    section.check(section.domain, name, value, &at, f, NULL);
    int errors = (int)f->errors;
    if (errors == 0) assert_int_equal(section.apply(section.domain, HL__ID(2, HL_KIND_PART), name, value), 0);
    hl__json_free(value);
    return errors;
}

hl_id hl_bench_add(hl_bench *b, const char *title, const char *phone)
{
    hl_ticket_new n = HL_TICKET_NEW_INIT;
    hl_id id = 0;
    n.type = "water_repair";
    n.title = title;
    n.phone = phone;
    int r = hl__ticket_add(b->tickets, &n, &id);
    hl_test_ok(r == 0, "add: %d %s", r, b->err.words);
    hl_bench_step(b);
    return id;
}

int hl_bench_do(hl_bench *b, hl_id ticket, const char *verb, const char *args)
{
    hl_ticket_act a = HL_TICKET_ACT_INIT;
    hl_id id = 0;
    a.ticket = ticket;
    a.verb = verb;
    a.args = args;
    int r = hl__ticket_do(b->tickets, &a, &id);
    hl_bench_step(b);
    return r;
}

char *hl_bench_text(hl_bench *b, hl_id ticket)
{
    hl__buf out;
    hl__buf_init(&out, &hl_test_mem);
    int r = hl__ticket_text(b->tickets, ticket, &out);
    if (r == HL__TICKET_READ) r = hl__ticket_fetch_text(&b->reader, ticket, &out, &b->err);
    hl_test_ok(r == 0, "text: %d %s", r, b->err.words);
    char *copy = strdup(out.data);
    hl__buf_free(&out);
    return copy;
}
