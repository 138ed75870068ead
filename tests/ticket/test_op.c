/* test_op.c - what a page asks of tickets: JSON in, JSON out; from memory and from the store the same. */
#include "ticket/bench.h"

static void on_both(void (*test)(hl_bench *b))
{
    for (int has_store = 0; has_store < 2; has_store++) {
        hl_bench b;
        hl_bench_begin(&b, has_store);
        test(&b);
        hl_bench_end(&b);
    }
}

/* The reply as JSON, to be freed by the caller; NULL: refused, *code says how. */
static hl__json *ask(hl_bench *b, int op, const char *args, int *code)
{
    hl__json *in = hl__json_read(args, strlen(args), &b->err), *out = NULL;
    hl__buf reply;
    hl_test_ok(in != NULL, "%s: %s", args, b->err.words);
    hl__buf_init(&reply, &hl_test_mem);
    int r = hl__ticket_op(b->tickets, op, in, HL__ID(5, HL_KIND_AGENT), &reply);
    hl_bench_step(b);
    if (r == HL__TICKET_READ) r = hl__ticket_fetch_op(&b->reader, op, in, &reply, &b->err);
    if (r == 0) {
        out = hl__json_read(reply.data, reply.len, &b->err);
        hl_test_ok(out != NULL, "%s: %s", reply.data, b->err.words);
    }
    *code = r;
    hl__buf_free(&reply);
    hl__json_free(in);
    return out;
}

static int64_t number(const hl__json *j, const char *key)
{
    return hl__json_int(hl__json_get(j, key));
}

static void conversation(hl_bench *b)
{
    char args[200];
    int code;
    hl__json *j = ask(b, HL__TICKET_OP_NEW, "{\"type\":\"water_repair\",\"title\":\"burst\",\"text\":\"in the street\","
                      "\"fields\":{\"fault\":\"burst\"},\"phone\":\"13800001111\",\"priority\":2,"
                      "\"key\":\"page-1\"}", &code);
    assert_int_equal(code, 0);
    int64_t id = number(j, "ticket");
    assert_string_equal(hl__json_text(hl__json_get(j, "number")), "20260101-000001");
    hl__json_free(j);
    snprintf(args, sizeof args, "{\"ticket\":%lld,\"verb\":\"dispatch\",\"args\":{\"address\":\"a\"}}", (long long)id);
    j = ask(b, HL__TICKET_OP_DO, args, &code);
    assert_int_equal(code, 0);
    assert_string_equal(hl__json_text(hl__json_get(j, "state")), "dispatched");
    assert_int_equal(number(j, "changed"), b->seq);
    hl__json_free(j);
    snprintf(args, sizeof args, "{\"ticket\":%lld,\"verb\":\"note\",\"args\":{\"text\":\"soon\"}}", (long long)id);
    j = ask(b, HL__TICKET_OP_DO, args, &code);
    assert_int_equal(HL__KIND(number(j, "part")), HL_KIND_PART);
    hl__json_free(j);
    snprintf(args, sizeof args, "{\"ticket\":%lld}", (long long)id);
    j = ask(b, HL__TICKET_OP_GET, args, &code);
    const hl__json *ticket = hl__json_get(j, "ticket");
    assert_int_equal(number(ticket, "id"), id);
    assert_int_equal(number(ticket, "priority"), 2);
    assert_string_equal(hl__json_text(hl__json_get(ticket, "category")), "active");
    assert_int_equal(hl__json_size(hl__json_get(ticket, "notes")), 2);
    assert_int_equal(hl__json_size(hl__json_get(ticket, "history")), 4);
    assert_int_equal(number(hl__json_at(hl__json_get(ticket, "history"), 0), "agent"), HL__ID(5, HL_KIND_AGENT));
    hl__json_free(j);
    assert_null(ask(b, HL__TICKET_OP_GET, "{\"ticket\":999996}", &code));
    assert_int_equal(code, HL_ENOENT);
    assert_null(ask(b, HL__TICKET_OP_NEW, "{\"type\":\"none\"}", &code));
    assert_int_equal(code, HL_ENOENT);
    assert_null(ask(b, HL__TICKET_OP_DO, "{\"ticket\":1}", &code));
    assert_int_equal(code, HL_EINVAL);
}

static void a_page_opens_moves_notes_and_reads(void **state)
{
    (void)state;
    on_both(conversation);
}

static void pages(hl_bench *b)
{
    char args[200];
    int64_t after = 0, before = INT64_MAX;
    int seen = 0, code;
    for (int i = 0; i < 25; i++)
        (void)hl_bench_add(b, i % 5 ? "other" : "fifth", i % 2 ? "13800001111" : "13900001111");
    do {
        snprintf(args, sizeof args, "{\"limit\":10,\"after\":%lld,\"phone\":\"13900001111\"}", (long long)after);
        hl__json *j = ask(b, HL__TICKET_OP_LIST, args, &code);
        const hl__json *list = hl__json_get(j, "tickets");
        for (size_t i = 0; i < hl__json_size(list); i++) {
            int64_t id = number(hl__json_at(list, i), "id");
            assert_true(id < before);
            before = id;
            seen++;
        }
        after = number(j, "after");
        hl__json_free(j);
    } while (after != 0 && seen < 100);
    assert_int_equal(seen, 13);
    hl__json *j = ask(b, HL__TICKET_OP_LIST, "{\"words\":\"fifth\"}", &code);
    assert_int_equal(hl__json_size(hl__json_get(j, "tickets")), 5);
    assert_int_equal(number(j, "after"), 0);
    hl__json_free(j);
    j = ask(b, HL__TICKET_OP_LIST, "{\"state\":\"closed\"}", &code);
    assert_int_equal(hl__json_size(hl__json_get(j, "tickets")), 0);
    hl__json_free(j);
}

static void a_list_is_read_page_by_page(void **state)
{
    (void)state;
    on_both(pages);
}

static void the_types_are_told_as_they_were_loaded(void **state)
{
    (void)state;
    hl_bench b;
    int code;
    hl_bench_begin(&b, false);
    hl__json *j = ask(&b, HL__TICKET_OP_TYPES, "{}", &code);
    const hl__json *type = hl__json_get(hl__json_get(j, "types"), "water_repair");
    assert_string_equal(hl__json_text(hl__json_get(hl__json_get(type, "title"), "zh")), "供水维修");
    assert_int_equal(hl__json_size(hl__json_get(type, "moves")), 8);
    hl__json_free(j);
    assert_null(ask(&b, 77, "{}", &code));
    assert_int_equal(code, HL_EINVAL);
    hl_bench_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_page_opens_moves_notes_and_reads),
        HL_TEST(a_list_is_read_page_by_page),
        HL_TEST(the_types_are_told_as_they_were_loaded),
    };
    return HL_TEST_MAIN(tests);
}
