/* test_contact.c - the record of a call: folded from events, written at its end, listed the newest first. */
#include "hl_test.h"
#include "report/report.h"

enum { CONTACT = HL__ID(10, HL_KIND_CONTACT), QUEUE = HL__ID(1, HL_KIND_QUEUE), AGENT = HL__ID(2, HL_KIND_AGENT),
    FLOW = HL__ID(3, HL_KIND_FLOW) };

struct desk { hl__core core; hl__batch *rows; hl__report *report; hl_seq seq; };

static void write_row(hl__core *core, int op, int table, const hl__value *row, uint32_t n)
{
    struct desk *d = core->engine;
    assert_int_equal(table, HL__TABLE_CONTACT);
    assert_int_equal(n, hl__table_columns(table));
    assert_int_equal(hl__batch_row(d->rows, op, table, row, n), 0);
}

static const char *name_of(void *engine, hl_id id)
{
    (void)engine;
    return id == QUEUE ? "repairs" : id == AGENT ? "li" : id == FLOW ? "main" : NULL;
}

static const char *lang_of(void *engine, hl_id contact)
{
    (void)engine, (void)contact;
    return "zh";
}

static void begin(struct desk *d, uint32_t keep)
{
    hl__report_up up = { d, name_of, lang_of };
    memset(d, 0, sizeof *d);
    d->core.mem = &hl_test_mem;
    d->core.engine = d;
    d->core.row = write_row;
    assert_int_equal(hl__batch_new(&hl_test_mem, 0, &d->rows), 0);
    assert_int_equal(hl__report_new(&d->core, &up, keep, &d->report), 0);
}

static void end(struct desk *d)
{
    hl__report_free(d->report);
    hl__batch_free(d->rows);
}

static void tell(struct desk *d, hl_event ev)
{
    ev.size = sizeof ev;
    ev.seq = ++d->seq;
    if (ev.contact == 0) ev.contact = CONTACT;
    hl__report_event(d->report, &ev);
}

static void a_call(struct desk *d, hl_id id, hl_time at)
{
    tell(d, (hl_event) { .type = HL_EV_CONTACT_NEW, .contact = id, .time = at, .ref = FLOW, .text = "13800001111",
                         .data = "{\"dialled\":\"96332\"}" });
    tell(d, (hl_event) { .type = HL_EV_LEG_DIGIT, .contact = id, .code = 1, .text = "1" });
    tell(d, (hl_event) { .type = HL_EV_LEG_DIGIT, .contact = id, .code = 4 }); /* a secret of four */
    tell(d, (hl_event) { .type = HL_EV_FLOW_ENDED, .contact = id, .text = "person" });
    tell(d, (hl_event) { .type = HL_EV_CONTACT_QUEUED, .contact = id, .queue = QUEUE, .time = at + 5 * HL__SECOND });
    tell(d, (hl_event) { .type = HL_EV_CONTACT_CONNECTED, .contact = id, .queue = QUEUE, .agent = AGENT, .code = 7000,
                         .time = at + 12 * HL__SECOND });
    tell(d, (hl_event) { .type = HL_EV_TICKET_NEW, .contact = id, .ticket = HL__ID(77, HL_KIND_TICKET) });
    tell(d, (hl_event) { .type = HL_EV_LEG_ENDED, .contact = id, .code = 16 });
    tell(d, (hl_event) { .type = HL_EV_CONTACT_ENDED, .contact = id, .queue = QUEUE, .agent = AGENT, .code = 1,
                         .detail = 7000, .time = at + 72 * HL__SECOND });
}

static void check_call(const hl__contact *c, hl_time at)
{
    assert_string_equal(c->number, "13800001111");
    assert_string_equal(c->dialled, "96332");
    assert_string_equal(c->keys, "1****");
    assert_string_equal(c->lang, "zh");
    assert_string_equal(c->queue, "repairs");
    assert_string_equal(c->agent, "li");
    assert_string_equal(c->flow, "main");
    assert_string_equal(c->result, "person");
    assert_int_equal(c->entered, at);
    assert_int_equal(c->queued, at + 5 * HL__SECOND);
    assert_int_equal(c->answered, at + 12 * HL__SECOND);
    assert_int_equal(c->ended, at + 72 * HL__SECOND);
    assert_int_equal(c->wait_ms, 7000);
    assert_int_equal(c->talk_ms, 60000);
    assert_int_equal(c->outcome, 1);
    assert_int_equal(c->cause, 16);
    assert_int_equal(c->ticket, HL__ID(77, HL_KIND_TICKET));
}

static void a_calls_record_is_written_at_its_end(void **state)
{
    struct desk d;
    hl__contact c = { 0 };
    (void)state;
    begin(&d, 10);
    a_call(&d, CONTACT, 1000000);
    assert_int_equal(hl__batch_ops(d.rows), 1);
    assert_int_equal(hl__report_next(d.report, &c), 1);
    check_call(&c, 1000000);
    assert_int_equal(hl__report_next(d.report, &c), 0);
    end(&d);
}

static void what_comes_after_the_end_is_in_the_record_too(void **state)
{
    struct desk d;
    hl__contact c = { 0 };
    (void)state;
    begin(&d, 2);
    hl_id leg = HL__ID(40, HL_KIND_LEG), agents = HL__ID(41, HL_KIND_LEG);
    tell(&d, (hl_event) { .type = HL_EV_CONTACT_NEW, .leg = leg, .time = 5 });
    tell(&d, (hl_event) { .type = HL_EV_LEG_DIGIT, .leg = leg, .text = "1" });
    tell(&d, (hl_event) { .type = HL_EV_LEG_DIGIT, .leg = agents, .text = "9" });
    tell(&d, (hl_event) { .type = HL_EV_LEG_DIGIT, .leg = leg, .text = "*" });
    tell(&d, (hl_event) { .type = HL_EV_LEG_ENDED, .leg = agents, .code = 17, .time = 8 });
    tell(&d, (hl_event) { .type = HL_EV_CONTACT_ENDED, .code = 1, .time = 9, .data = "{\"talk_ms\":77}" });
    tell(&d, (hl_event) { .type = HL_EV_LEG_ENDED, .leg = leg, .code = 16, .time = 12 });
    tell(&d, (hl_event) { .type = HL_EV_FLOW_ENDED, .text = "survey" });
    tell(&d, (hl_event) { .type = HL_EV_TICKET_NEW, .ticket = HL__ID(77, HL_KIND_TICKET) });
    assert_int_equal(hl__batch_ops(d.rows), 4);
    assert_int_equal(hl__report_next(d.report, &c), 1);
    assert_string_equal(c.keys, "1*");
    assert_string_equal(c.result, "survey");
    hl__report_result(d.report, CONTACT, "{}");
    assert_string_equal(c.result, "survey");
    hl__report_result(d.report, CONTACT, "{\"csat\":5}");
    assert_int_equal(hl__batch_ops(d.rows), 5);
    assert_string_equal(c.result, "{\"csat\":5}");
    assert_int_equal(c.talk_ms, 77);
    assert_int_equal(c.cause, 16);
    assert_int_equal(c.ended, 12);
    assert_int_equal(c.ticket, HL__ID(77, HL_KIND_TICKET));
    for (int i = 50; i < 60; i++) a_call(&d, HL__ID(i, HL_KIND_CONTACT), i);
    uint32_t rows = hl__batch_ops(d.rows);
    tell(&d, (hl_event) { .type = HL_EV_TICKET_NEW, .ticket = HL__ID(78, HL_KIND_TICKET) });
    assert_int_equal(hl__batch_ops(d.rows), rows); /* too late: it is no longer kept */
    end(&d);
}

static int scan_rows(void *ctx, const hl__scan *q, const hl__visit *v)
{
    struct desk *from = ctx;
    hl__op op[50];
    size_t at = 0;
    int n = 0, r = 0;
    assert_int_equal(q->table, HL__TABLE_CONTACT);
    assert_true(q->backwards);
    while (hl__batch_next(from->rows, &at, &op[n])) n++;
    for (uint32_t seen = 0; n > 0 && seen < q->limit && r == 0; seen++) {
        n--;
        r = v->row(v->ctx, q->table, op[n].v, op[n].n);
    }
    return r;
}

static void the_newest_records_come_back_after_a_restart(void **state)
{
    struct desk before, after;
    hl__contact c = { 0 };
    (void)state;
    begin(&before, 10);
    for (int i = 1; i <= 20; i++) a_call(&before, HL__ID(i, HL_KIND_CONTACT), i * 1000000);
    begin(&after, 5);
    assert_int_equal(hl__report_load(after.report, scan_rows, &before), 0);
    a_call(&after, HL__ID(21, HL_KIND_CONTACT), 21000000);
    for (int i = 21; i > 16; i--) {
        assert_int_equal(hl__report_next(after.report, &c), 1);
        assert_int_equal(c.id, HL__ID(i, HL_KIND_CONTACT));
        check_call(&c, i * 1000000);
    }
    assert_int_equal(hl__report_next(after.report, &c), 0);
    end(&after);
    end(&before);
}

static void a_list_has_calls_that_go_on_and_pages(void **state)
{
    struct desk d;
    hl__buf reply;
    hl__err err;
    (void)state;
    begin(&d, 10);
    for (int i = 1; i <= 6; i++) a_call(&d, HL__ID(i, HL_KIND_CONTACT), i * 1000000);
    hl_id last = HL__ID(7, HL_KIND_CONTACT);
    tell(&d, (hl_event) { .type = HL_EV_CONTACT_NEW, .contact = last, .time = 7, .text = "\"110\"" });
    hl__json *args = hl__json_read("{\"limit\":4}", 11, &err);
    hl__buf_init(&reply, &hl_test_mem);
    assert_int_equal(hl__report_list(d.report, args, &reply), 0);
    hl__json *j = hl__json_read(reply.data, reply.len, &err);
    hl_test_ok(j != NULL, "%s: %s", reply.data, err.words);
    const hl__json *list = hl__json_get(j, "contacts");
    assert_int_equal(hl__json_size(list), 4);
    assert_null(hl__json_get(hl__json_at(list, 0), "outcome"));
    assert_string_equal(hl__json_text(hl__json_get(hl__json_at(list, 0), "number")), "\"110\"");
    assert_string_equal(hl__json_text(hl__json_get(hl__json_at(list, 1), "outcome")), "handled");
    assert_int_equal(hl__json_int(hl__json_get(j, "after")), HL__ID(4, HL_KIND_CONTACT));
    hl__json_free(j);
    hl__json_free(args);
    hl__buf_free(&reply);
    end(&d);
}

static void abandoned_calls_have_their_wait(void **state)
{
    struct desk d;
    hl__contact c = { 0 };
    (void)state;
    begin(&d, 10);
    tell(&d, (hl_event) { .type = HL_EV_CONTACT_NEW, .time = 5, .text = NULL });
    tell(&d, (hl_event) { .type = HL_EV_CONTACT_QUEUED, .queue = QUEUE, .time = 6 });
    tell(&d, (hl_event) { .type = HL_EV_CONTACT_ENDED, .code = 2, .detail = 1234, .time = 9 });
    assert_int_equal(hl__report_next(d.report, &c), 1);
    assert_int_equal(c.wait_ms, 1234);
    assert_int_equal(c.talk_ms, 0);
    assert_int_equal(c.outcome, 2);
    assert_string_equal(c.agent, "");
    end(&d);
}

static void a_call_without_memory_has_no_record_and_is_counted(void **state)
{
    struct desk d;
    hl__contact c = { 0 };
    (void)state;
    begin(&d, 10);
    hl_test_mem.fail_at = -1;
    tell(&d, (hl_event) { .type = HL_EV_CONTACT_NEW, .time = 5 });
    tell(&d, (hl_event) { .type = HL_EV_CONTACT_ENDED, .code = 2, .time = 9 });
    hl_test_mem.fail_at = 0;
    assert_int_equal(hl__report_lost(d.report), 1);
    assert_int_equal(hl__report_next(d.report, &c), 0);
    end(&d);
}

static void long_names_are_cut_where_a_character_ends(void **state)
{
    struct desk d;
    hl__contact c = { 0 };
    char name[200] = "";
    (void)state;
    begin(&d, 10);
    for (int i = 0; i < 40; i++) strcat(name, "水");
    tell(&d, (hl_event) { .type = HL_EV_CONTACT_NEW, .time = 5, .text = name });
    for (int i = 0; i < 200; i++) tell(&d, (hl_event) { .type = HL_EV_LEG_DIGIT, .text = "5" });
    tell(&d, (hl_event) { .type = HL_EV_CONTACT_ENDED, .code = 99, .time = 9 });
    assert_int_equal(hl__report_next(d.report, &c), 1);
    assert_int_equal(strlen(c.number) % 3, 0);
    assert_true(strlen(c.number) > 50);
    assert_int_equal(strlen(c.keys), 64);
    end(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_calls_record_is_written_at_its_end),
        HL_TEST(what_comes_after_the_end_is_in_the_record_too),
        HL_TEST(the_newest_records_come_back_after_a_restart),
        HL_TEST(a_list_has_calls_that_go_on_and_pages),
        HL_TEST(abandoned_calls_have_their_wait),
        HL_TEST(a_call_without_memory_has_no_record_and_is_counted),
        HL_TEST(long_names_are_cut_where_a_character_ends),
    };
    return HL_TEST_MAIN(tests);
}
