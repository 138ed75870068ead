/* test_api.c - tickets through the public header: in a simulation, and in an engine whose store survives it. */
#include "hl_test.h"
#include <hotline/report.h>
#include <hotline/ticket.h>
#include <poll.h>
#include <sys/mount.h>
#include <unistd.h>

static void load_types(hl_t *hl)
{
    size_t len;
    char *json = hl_test_file("examples/water/types.json", &len);
    int r = hl_load(hl, json, len);
    hl_finding f = HL_FINDING_INIT;
    (void)hl_finding_next(hl, &f);
    hl_test_ok(r == 1, "load: %d %s %s %s", r, hl_error(hl), f.pointer, f.text);
}

static hl_t *open_sim(void)
{
    hl_options opt = HL_OPTIONS_INIT;
    hl_t *hl = NULL;
    opt.alloc = hl_test_alloc;
    opt.ctx = &hl_test_mem;
    int r = hl_open_sim(&opt, INT64_C(1767225600000000), &hl);
    hl_test_ok(r == 0, "open: %d %s", r, hl_error(NULL));
    load_types(hl);
    return hl;
}

static hl_t *open_store(const char *path)
{
    hl_options opt = HL_OPTIONS_INIT;
    hl_t *hl = NULL;
    opt.store = path;
    int r = hl_open(&opt, &hl);
    hl_test_ok(r == 0, "open: %d %s", r, hl_error(NULL));
    load_types(hl);
    return hl;
}

static hl_id add(hl_t *hl, const char *title, const char *phone)
{
    hl_ticket_new n = HL_TICKET_NEW_INIT;
    hl_id id = 0;
    n.type = "water_repair";
    n.title = title;
    n.phone = phone;
    n.text = "the caller is at home";
    int r = hl_ticket_add(hl, &n, &id);
    hl_test_ok(r == 0, "add: %d %s", r, hl_error(hl));
    assert_int_equal(hl_kind(id), HL_KIND_TICKET);
    return id;
}

static int act(hl_t *hl, hl_id ticket, const char *verb, const char *args)
{
    hl_ticket_act a = HL_TICKET_ACT_INIT;
    hl_id out = 0;
    a.ticket = ticket;
    a.verb = verb;
    a.args = args;
    return hl_ticket_do(hl, &a, &out);
}

static void use(hl_t *hl)
{
    hl_ticket row = HL_TICKET_INIT;
    hl_ticket_move move = HL_TICKET_MOVE_INIT;
    hl_ticket_query q = HL_TICKET_QUERY_INIT;
    hl_event ev = HL_EVENT_INIT;
    const char *text = NULL;
    hl_id id = add(hl, "leak", "13800001111"), found = 0;
    assert_int_equal(act(hl, id, "dispatch", NULL), HL_ESTATE);
    assert_string_equal(hl_error(hl), "dispatch needs the field \"address\"");
    assert_int_equal(act(hl, id, "dispatch", "{\"address\":\"a\"}"), 0);
    assert_string_equal(hl_error(hl), "");
    assert_int_equal(hl_flush(hl, 10000), 0);
    assert_int_equal(hl_ticket_get(hl, id, 0, &row), 0);
    assert_string_equal(row.state, "dispatched");
    char number[32];
    snprintf(number, sizeof number, "%s", row.number);
    assert_int_equal(hl_ticket_find(hl, number, &found), 0);
    assert_int_equal(found, id);
    assert_int_equal(hl_ticket_find(hl, "20000101-000001", &found), HL_ENOENT);
    assert_int_equal(hl_ticket_move_next(hl, id, 0, &move), 1);
    assert_string_equal(move.name, "dispatch");
    row = (hl_ticket) HL_TICKET_INIT;
    q.phone = "13800001111";
    assert_int_equal(hl_ticket_next(hl, &q, &row), 1);
    assert_int_equal(row.id, id);
    assert_int_equal(hl_ticket_next(hl, &q, &row), 0);
    static const uint32_t types[] = { HL_EV_TICKET_NEW, HL_EV_TICKET_NOTE, HL_EV_TICKET_MOVED };
    for (size_t i = 0; i < HL__COUNT(types); i++) {
        assert_int_equal(hl_ticket_event_next(hl, id, &ev), 1);
        assert_int_equal(ev.type, types[i]);
        assert_int_equal(ev.ticket, id);
    }
    assert_int_equal(hl_ticket_event_next(hl, id, &ev), 0);
    assert_int_equal(hl_ticket_text(hl, id, 0, &text), 0);
    assert_non_null(strstr(text, "the caller is at home"));
}

static void a_simulation_keeps_its_tickets_in_memory(void **state)
{
    (void)state;
    hl_t *hl = open_sim();
    hl_store_info info = HL_STORE_INFO_INIT;
    use(hl);
    assert_int_equal(hl_store_get(hl, &info), HL_ENOTSUP);
    hl_close(hl);
}

static void wrong_arguments_are_refused_with_words(void **state)
{
    (void)state;
    hl_t *hl = open_sim();
    hl_ticket row = HL_TICKET_INIT;
    hl_ticket_new n = HL_TICKET_NEW_INIT;
    hl_ticket_query q = HL_TICKET_QUERY_INIT;
    hl_id id = 0;
    const char *text = NULL;
    assert_int_equal(hl_ticket_add(NULL, &n, &id), HL_EINVAL);
    assert_int_equal(hl_ticket_add(hl, &n, NULL), HL_EINVAL);
    assert_int_equal(hl_ticket_add(hl, NULL, &id), HL_EINVAL);
    assert_int_equal(hl_ticket_add(hl, &n, &id), HL_ENOENT);
    n.type = "water_repair";
    n.actor = 1;
    assert_int_equal(hl_ticket_add(hl, &n, &id), HL_EINVAL);
    n.actor = 0;
    n.flags = 1;
    assert_int_equal(hl_ticket_add(hl, &n, &id), HL_EINVAL);
    n.flags = 0;
    n.title = "\n";
    assert_int_equal(hl_ticket_add(hl, &n, &id), HL_EINVAL);
    n.title = NULL;
    n.fields = "[";
    assert_true(hl_ticket_add(hl, &n, &id) < 0);
    n.fields = NULL;
    n.priority = 10;
    assert_int_equal(hl_ticket_add(hl, &n, &id), HL_EINVAL);
    assert_string_not_equal(hl_error(hl), "");
    assert_int_equal(hl_ticket_get(hl, 0, 0, &row), HL_EINVAL);
    assert_int_equal(hl_ticket_get(hl, HL__ID(5, HL_KIND_TICKET), 0, &row), HL_ENOENT);
    assert_int_equal(hl_ticket_get(hl, HL__ID(5, HL_KIND_TICKET), 7, &row), HL_EINVAL);
    assert_int_equal(hl_ticket_find(hl, NULL, &id), HL_EINVAL);
    assert_int_equal(hl_ticket_text(hl, HL__ID(5, HL_KIND_TICKET), 0, &text), HL_ENOENT);
    assert_int_equal(hl_ticket_text(hl, HL__ID(5, HL_KIND_TICKET), 0, NULL), HL_EINVAL);
    q.words = "\x01";
    assert_int_equal(hl_ticket_next(hl, &q, &row), HL_EINVAL);
    assert_int_equal(hl_ticket_next(hl, NULL, &row), HL_EINVAL);
    assert_int_equal(act(hl, HL__ID(5, HL_KIND_TICKET), "note", "{}"), HL_ENOENT);
    assert_int_equal(act(hl, 5, "note", "{}"), HL_EINVAL);
    assert_int_equal(id, 0);
    assert_null(text);
    hl_close(hl);
}

static void tickets_and_their_history_outlive_the_engine(void **state)
{
    (void)state;
    char path[600], copy[700];
    if (strstr(hl_features(), "sqlite") == NULL) skip();
    snprintf(path, sizeof path, "sqlite:%s/a.db?hl_ballast=0", hl_test_temp());
    hl_t *hl = open_store(path);
    use(hl);
    hl_id open = add(hl, "still open", "13900000000"), done = add(hl, "soon done", NULL);
    assert_int_equal(act(hl, done, "void", NULL), 0);
    hl_close(hl);
    hl = open_store(path);
    hl_ticket row = HL_TICKET_INIT;
    hl_event ev = HL_EVENT_INIT;
    assert_int_equal(hl_ticket_get(hl, open, 0, &row), 0);
    assert_string_equal(row.title, "still open");
    assert_int_equal(hl_ticket_get(hl, done, 0, &row), 0);
    assert_string_equal(row.state, "void");
    assert_int_equal(hl_ticket_event_next(hl, done, &ev), 1);
    assert_int_equal(ev.type, HL_EV_TICKET_NEW);
    hl_ticket_move move = HL_TICKET_MOVE_INIT;
    int moves = 0;
    while (hl_ticket_move_next(hl, done, 0, &move) == 1) moves++;
    assert_int_equal(moves, 8);
    int r = act(hl, done, "note", "{\"text\":\"after all\"}");
    hl_test_ok(r == 0, "note on a ticket from the store: %d %s", r, hl_error(hl));
    assert_int_equal(act(hl, open, "dispatch", "{\"address\":\"b\"}"), 0);
    assert_int_equal(hl_flush(hl, 10000), 0);
    const char *text = NULL;
    assert_int_equal(hl_ticket_text(hl, done, 0, &text), 0);
    assert_non_null(strstr(text, "after all"));
    hl_ticket_query q = HL_TICKET_QUERY_INIT;
    row = (hl_ticket) HL_TICKET_INIT;
    int n = 0;
    while (hl_ticket_next(hl, &q, &row) == 1) n++;
    assert_int_equal(n, 3);
    hl_store_info info = HL_STORE_INFO_INIT;
    hl_seq bad = 0;
    assert_int_equal(hl_store_get(hl, &info), 0);
    assert_int_equal(info.state, HL_STORE_OK);
    assert_int_equal(info.epoch, 2);
    assert_true(info.durable > 0);
    assert_int_equal(hl_store_verify(hl, 1, &bad), 0);
    snprintf(copy, sizeof copy, "%s/copy.db", hl_test_temp());
    assert_int_equal(hl_store_backup(hl, copy), 0);
    assert_int_equal(hl_store_backup(hl, copy), HL_EEXIST);
    assert_int_equal(hl_store_backup(hl, ""), HL_EINVAL);
    hl_close(hl);
    hl = open_store(copy);
    assert_int_equal(hl_ticket_get(hl, done, 0, &row), 0);
    hl_close(hl);
}

static int state_of(hl_t *hl)
{
    hl_store_info info = HL_STORE_INFO_INIT;
    assert_int_equal(hl_store_get(hl, &info), 0);
    return info.state;
}

/* A file system of 24 MiB that another program fills, where one may be mounted. */
static void a_full_disk_refuses_new_tickets_and_the_rest_goes_on(void **state)
{
    (void)state;
    char folder[600], url[700], filler[700], block[4096] = { 1 };
    hl_ticket_new n = HL_TICKET_NEW_INIT;
    hl_id id = 0, last = 0;
    snprintf(folder, sizeof folder, "%s", hl_test_temp());
    if (strstr(hl_features(), "sqlite") == NULL) skip();
    if (mount("none", folder, "tmpfs", 0, "size=24m") < 0) skip();
    snprintf(url, sizeof url, "sqlite:%s/a.db?hl_ballast=4", folder);
    snprintf(filler, sizeof filler, "%s/filler", folder);
    hl_t *hl = open_store(url);
    FILE *f = fopen(filler, "w");
    while (fwrite(block, sizeof block, 1, f) == 1) continue;
    fclose(f);
    n.type = "water_repair";
    int r = 0;
    for (int i = 0; i < 5000 && (r = hl_ticket_add(hl, &n, &id)) == 0; i++) {
        last = id;
        assert_int_equal(hl_flush(hl, 10000), 0);
    }
    assert_int_equal(r, HL_ESTORE);
    assert_string_equal(hl_error(hl), "no new ticket: the disk is full");
    assert_int_equal(state_of(hl), HL_STORE_FULL);
    assert_int_equal(act(hl, last, "note", "{\"text\":\"goes on\"}"), 0);
    assert_int_equal(hl_flush(hl, 10000), 0); /* on disk: the reserve carries it */
    assert_int_equal(unlink(filler), 0);
    for (int i = 0; i < 1000 && state_of(hl) == HL_STORE_FULL; i++) (void)poll(NULL, 0, 5);
    assert_int_equal(hl_ticket_add(hl, &n, &id), 0);
    hl_close(hl);
    assert_int_equal(umount(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_simulation_keeps_its_tickets_in_memory),
        HL_TEST(wrong_arguments_are_refused_with_words),
        HL_TEST(tickets_and_their_history_outlive_the_engine),
        HL_TEST(a_full_disk_refuses_new_tickets_and_the_rest_goes_on),
    };
    return HL_TEST_MAIN(tests);
}
