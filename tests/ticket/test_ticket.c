/* test_ticket.c - tickets: opened, moved, noted, found; in memory and from the store the same. */
#include "ticket/bench.h"

static const hl_time hour = INT64_C(3600) * HL__SECOND;

static void on_both(void (*test)(hl_bench *b))
{
    for (int has_store = 0; has_store < 2; has_store++) {
        hl_bench b;
        hl_bench_begin(&b, has_store);
        test(&b);
        hl_bench_end(&b);
    }
}

static const char *number_of(hl_bench *b, hl_id id)
{
    hl_ticket row = HL_TICKET_INIT;
    int r = hl__ticket_get(b->tickets, id, &row);
    hl_test_ok(r == 0, "get: %d", r);
    return row.number;
}

static void numbers(hl_bench *b)
{
    hl_id first = hl_bench_add(b, "one", NULL);
    assert_string_equal(number_of(b, first), "20260101-000001");
    assert_string_equal(number_of(b, hl_bench_add(b, "two", NULL)), "20260101-000002");
    hl_ticket_new n = HL_TICKET_NEW_INIT;
    hl_id id = 0;
    n.type = "nothing";
    assert_int_equal(hl__ticket_add(b->tickets, &n, &id), HL_ENOENT); /* a refused one takes no number */
    b->core.now += 16 * hour - 1;
    assert_string_equal(number_of(b, hl_bench_add(b, "three", NULL)), "20260101-000003");
    b->core.now += 1;
    assert_string_equal(number_of(b, hl_bench_add(b, "four", NULL)), "20260102-000001");
    if (b->store != NULL) {
        hl_bench_restart(b);
        assert_string_equal(number_of(b, hl_bench_add(b, "five", NULL)), "20260102-000002");
    }
    assert_int_equal(hl__ticket_find(b->tickets, "20260101-000001", &id), 0);
    assert_int_equal(id, first);
}

static void numbers_have_no_gap_and_begin_anew_each_local_day(void **state)
{
    (void)state;
    on_both(numbers);
}

static void life(hl_bench *b)
{
    hl_id id = hl_bench_add(b, "pipe burst in the cellar", "13800001111");
    hl_ticket row = HL_TICKET_INIT;
    assert_int_equal(hl_bench_do(b, id, "dispatch", NULL), HL_ESTATE);
    assert_string_equal(b->err.words, "dispatch needs the field \"address\"");
    assert_int_equal(hl_bench_do(b, id, "dispatch", "{\"address\":\"\"}"), HL_ESTATE);
    assert_int_equal(hl_bench_do(b, id, "arrive", NULL), HL_ESTATE);
    assert_string_equal(b->err.words, "arrive is not possible in the state \"accepted\"");
    assert_int_equal(hl_bench_do(b, id, "fly", NULL), HL_EINVAL);
    assert_int_equal(hl_bench_do(b, id, "dispatch", "{\"addres\":\"x\"}"), HL_EINVAL);
    assert_int_equal(hl_bench_do(b, id, "dispatch", "{\"address\":\"中山路 5 号\",\"fault\":\"burst\"}"), 0);
    assert_int_equal(hl_bench_do(b, id, "arrive", NULL), 0);
    assert_int_equal(hl_bench_do(b, id, "suspend", NULL), 0);
    assert_int_equal(hl__ticket_get(b->tickets, id, &row), 0);
    assert_int_equal(row.category, HL_CATEGORY_WAITING);
    assert_int_equal(hl_bench_do(b, id, "resume", NULL), 0);
    assert_int_equal(hl_bench_do(b, id, "arrive", NULL), 0);
    b->core.now += hour;
    assert_int_equal(hl_bench_do(b, id, "repair", "{\"result\":\"new sleeve\"}"), 0);
    assert_int_equal(hl__tickets_open(b->tickets), 1);
    assert_int_equal(hl_bench_do(b, id, "close", NULL), 0);
    assert_int_equal(hl__tickets_open(b->tickets), 0);
    assert_int_equal(hl__ticket_get(b->tickets, id, &row), 0);
    assert_int_equal(row.category, HL_CATEGORY_DONE);
    assert_int_equal(row.closed, b->core.now);
    assert_int_equal(row.changed, b->seq);
    assert_string_equal(row.state, "closed");
    assert_string_equal(row.fields, "{\"address\":\"中山路 5 号\",\"fault\":\"burst\",\"result\":\"new sleeve\"}");
    assert_int_equal(hl_bench_do(b, id, "redo", NULL), 0);
    assert_int_equal(hl__ticket_get(b->tickets, id, &row), 0);
    assert_int_equal(row.closed, 0);
    assert_int_equal(hl__tickets_open(b->tickets), 1);
}

static void a_repair_goes_from_state_to_state_by_the_moves_of_its_type(void **state)
{
    (void)state;
    on_both(life);
}

static void texts(hl_bench *b)
{
    hl_id id = hl_bench_add(b, "no water", "13800001111");
    assert_int_equal(hl_bench_do(b, id, "note", "{\"text\":\"caller rang\\nagain\"}"), 0);
    assert_int_equal(hl_bench_do(b, id, "edit", "{\"title\":\"no water at all\",\"priority\":1,"
                                                "\"fields\":{\"account\":\"42\"}}"), 0);
    assert_int_equal(hl_bench_do(b, id, "edit", "{\"fields\":{\"account\":null,\"details\":\"since noon\"}}"), 0);
    assert_int_equal(hl_bench_do(b, id, "urge", NULL), 0);
    assert_int_equal(hl_bench_do(b, id, "note", "{}"), HL_EINVAL);
    assert_int_equal(hl_bench_do(b, id, "edit", "{\"colour\":1}"), HL_EINVAL);
    assert_int_equal(hl_bench_do(b, id, "edit", "{\"priority\":10}"), HL_EINVAL);
    assert_int_equal(hl_bench_do(b, id, "edit", "[1]"), HL_EINVAL);
    assert_true(hl_bench_do(b, id, "edit", "{\"title\":") < 0);
    char *json = hl_bench_text(b, id);
    hl__json *j = hl__json_read(json, strlen(json), &b->err);
    hl_test_ok(j != NULL, "%s: %s", json, b->err.words);
    assert_string_equal(hl__json_text(hl__json_get(j, "title")), "no water at all");
    assert_string_equal(hl__json_text(hl__json_get(j, "phone")), "13800001111");
    assert_int_equal(hl__json_int(hl__json_get(j, "priority")), 1);
    const hl__json *fields = hl__json_get(j, "fields"), *notes = hl__json_get(j, "notes");
    assert_int_equal(hl__json_size(fields), 1);
    assert_string_equal(hl__json_text(hl__json_get(fields, "details")), "since noon");
    assert_int_equal(hl__json_size(notes), 1);
    assert_string_equal(hl__json_text(hl__json_get(hl__json_at(notes, 0), "text")), "caller rang\nagain");
    assert_int_equal(hl__json_size(hl__json_get(j, "parts")), 1);
    assert_int_equal(hl__json_size(hl__json_get(j, "history")), 5);
    const hl__json *edit = hl__json_at(hl__json_get(j, "history"), 2);
    assert_string_equal(hl__json_text(hl__json_get(edit, "what")), "moved");
    assert_string_equal(hl__json_text(hl__json_get(edit, "text")), "edit");
    assert_null(strstr(json, "\"42\"")); /* events name fields, never their values */
    hl__json_free(j);
    free(json);
}

static void the_text_has_fields_notes_and_history(void **state)
{
    (void)state;
    on_both(texts);
}

static int event_next(hl_bench *b, hl_id id, hl_event *ev)
{
    int r = hl__ticket_event_next(b->tickets, id, ev);
    if (r != HL__TICKET_READ) return r;
    hl__batch *rows = NULL;
    hl__op op;
    size_t at = 0;
    assert_int_equal(hl__batch_new(&hl_test_mem, 0, &rows), 0);
    r = hl__ticket_fetch_event(&b->reader, id, ev->seq, rows);
    if (r == 1 && hl__batch_next(rows, &at, &op) == 1) hl__event_of_row(op.v, ev);
    hl__batch_free(rows);
    return r;
}

static void history(hl_bench *b)
{
    hl_id id = hl_bench_add(b, "one", NULL), other = hl_bench_add(b, "two", NULL);
    static const uint32_t types[] = { HL_EV_TICKET_NEW, HL_EV_TICKET_MOVED, HL_EV_TICKET_NOTE };
    assert_int_equal(hl_bench_do(b, id, "dispatch", "{\"address\":\"a\"}"), 0);
    assert_int_equal(hl_bench_do(b, other, "note", "{\"text\":\"not this one\"}"), 0);
    assert_int_equal(hl_bench_do(b, id, "note", "{\"text\":\"this one\"}"), 0);
    hl_event ev = HL_EVENT_INIT;
    hl_seq before = 0;
    for (size_t i = 0; i < HL__COUNT(types); i++) {
        assert_int_equal(event_next(b, id, &ev), 1);
        assert_int_equal(ev.type, types[i]);
        assert_int_equal(ev.ticket, id);
        assert_true(ev.seq > before);
        before = ev.seq;
    }
    assert_int_equal(event_next(b, id, &ev), 0);
    ev.seq = 0;
    int r = event_next(b, HL__ID(99999, HL_KIND_TICKET), &ev);
    assert_true(r == HL_ENOENT || r == 0);
}

static void the_history_is_the_tickets_own_events(void **state)
{
    (void)state;
    on_both(history);
}

static int next(hl_bench *b, const hl_ticket_query *q, hl_ticket *row)
{
    int r = hl__ticket_next(b->tickets, q, row);
    if (r != HL__TICKET_READ) return r;
    hl__batch *rows = NULL;
    hl__op op;
    size_t at = 0;
    assert_int_equal(hl__batch_new(&hl_test_mem, 0, &rows), 0);
    r = hl__ticket_fetch_next(&b->reader, q, row, rows);
    if (r == 1 && hl__batch_next(rows, &at, &op) == 1) {
        hl__ticket_of_row(op.v, row);
        row->number = row->type = row->state = row->title = row->phone = row->fields = NULL; /* they go with rows */
    }
    hl__batch_free(rows);
    return r;
}

static int count(hl_bench *b, const hl_ticket_query *q, hl_id *newest)
{
    hl_ticket row = HL_TICKET_INIT;
    hl_id before = INT64_MAX;
    int n = 0, r;
    while ((r = next(b, q, &row)) == 1) {
        assert_true(row.id < before);
        before = row.id;
        if (n++ == 0 && newest != NULL) *newest = row.id;
    }
    assert_int_equal(r, 0);
    return n;
}

static void lists(hl_bench *b)
{
    hl_id last = 0, newest = 0;
    for (int i = 0; i < 30; i++) {
        char title[40], phone[40];
        snprintf(title, sizeof title, "matter %d", i);
        snprintf(phone, sizeof phone, "138000000%02d", i % 10);
        last = hl_bench_add(b, title, phone);
        if (i % 2 == 0) assert_int_equal(hl_bench_do(b, last, "void", NULL), 0);
        b->core.now += hour;
    }
    hl_ticket_query q = HL_TICKET_QUERY_INIT;
    assert_int_equal(count(b, &q, &newest), 30);
    assert_int_equal(newest, last);
    q.phone = "13800000003";
    assert_int_equal(count(b, &q, NULL), 3);
    q.phone = "003";
    assert_int_equal(count(b, &q, NULL), 3);
    q.phone = "3800000003";
    assert_int_equal(count(b, &q, NULL), 0); /* seven digits and more are a whole number */
    q.phone = NULL;
    q.categories = 1u << HL_CATEGORY_VOID;
    assert_int_equal(count(b, &q, NULL), 15);
    q.categories = 0;
    q.state = "accepted";
    assert_int_equal(count(b, &q, NULL), 15);
    q.words = "matter 7";
    assert_int_equal(count(b, &q, NULL), 1);
    q.words = NULL;
    q.type = "other";
    assert_int_equal(count(b, &q, NULL), 0);
    q.type = "water_repair";
    q.from = b->core.now - 10 * hour;
    assert_int_equal(count(b, &q, NULL), 5);
    q.to = b->core.now - 9 * hour;
    assert_int_equal(count(b, &q, NULL), 0);
    hl_id id = 0;
    assert_int_equal(hl__ticket_by_phone(b->tickets, "13800000009", "water_repair", &id), 0);
    assert_int_equal(id, last);
    assert_int_equal(hl__ticket_by_phone(b->tickets, "13800000008", NULL, &id), HL_ENOENT); /* they are void */
}

static void lists_give_the_newest_first_and_filter(void **state)
{
    (void)state;
    on_both(lists);
}

static void keys(hl_bench *b)
{
    hl_ticket_new n = HL_TICKET_NEW_INIT;
    hl_id first = 0, again = 0, other = 0;
    n.type = "water_repair";
    n.title = "one";
    n.fields = "{\"fault\":\"leak\",\"account\":\"1\"}";
    n.key = "k1";
    assert_int_equal(hl__ticket_add(b->tickets, &n, &first), 0);
    hl_bench_step(b);
    uint32_t rows = b->rows, events = b->events;
    n.fields = "{\"account\":\"1\", \"fault\":\"leak\"}"; /* the same */
    assert_int_equal(hl__ticket_add(b->tickets, &n, &again), 0);
    assert_int_equal(again, first);
    assert_int_equal(b->rows, rows);
    assert_int_equal(b->events, events);
    n.title = "another";
    assert_int_equal(hl__ticket_add(b->tickets, &n, &other), HL_ECONFLICT);
    assert_int_equal(other, 0);
    n.key = NULL;
    n.contact = HL__ID(7, HL_KIND_CONTACT);
    assert_int_equal(hl__ticket_add(b->tickets, &n, &other), 0);
    assert_int_equal(hl__ticket_add(b->tickets, &n, &again), 0);
    assert_int_equal(again, other);
    hl_ticket_act a = HL_TICKET_ACT_INIT;
    a.ticket = first;
    a.verb = "note";
    a.args = "{\"text\":\"once\"}";
    a.key = "k2";
    assert_int_equal(hl__ticket_do(b->tickets, &a, &again), 0);
    assert_int_equal(hl__ticket_do(b->tickets, &a, &other), 0);
    assert_int_equal(again, other);
    a.args = "{\"text\":\"twice\"}";
    assert_int_equal(hl__ticket_do(b->tickets, &a, &other), HL_ECONFLICT);
    hl_bench_step(b);
    if (b->store != NULL) hl_bench_restart(b);
    n.key = "k1";
    n.contact = 0;
    n.title = "one";
    assert_int_equal(hl__ticket_add(b->tickets, &n, &again), 0);
    assert_int_equal(again, first);
    b->core.now += 24 * hour + 1;
    assert_int_equal(hl__ticket_add(b->tickets, &n, &again), 0);
    assert_true(again != first);
    hl_bench_step(b);
}

static void the_same_key_gives_the_first_result_for_a_day(void **state)
{
    (void)state;
    on_both(keys);
}

static void old_keys(hl_bench *b)
{
    hl_ticket_new n = HL_TICKET_NEW_INIT;
    hl_id id = 0;
    n.type = "water_repair";
    for (int i = 0; i < 450; i++) {
        char key[20];
        snprintf(key, sizeof key, "k%d", i);
        n.key = key;
        assert_int_equal(hl__ticket_add(b->tickets, &n, &id), 0);
    }
    hl_bench_step(b);
    b->core.now += 25 * hour;
    hl__timer *timer;
    int fired = 0;
    while ((timer = hl__wheel_take(&b->core.wheel, b->core.now)) != NULL) {
        uint32_t before = b->rows;
        timer->fire(timer->ctx, timer);
        assert_true(b->rows - before <= 200);
        hl_bench_step(b);
        b->core.now += 2 * HL__SECOND;
        fired++;
    }
    assert_int_equal(fired, 3);
    assert_int_equal(hl__wheel_due(&b->core.wheel), INT64_MAX);
    hl__scan q = { .table = HL__TABLE_IDEM };
    hl__visit v = { NULL, NULL }; /* no row: nobody is visited */
    if (b->store != NULL) assert_int_equal(hl__store_scan(b->store, &q, &v), 0);
}

static void keys_are_forgotten_a_few_at_a_time(void **state)
{
    (void)state;
    on_both(old_keys);
}

static void seen(hl_bench *b)
{
    hl_id id = hl_bench_add(b, "one", NULL), out = 0;
    hl_ticket row = HL_TICKET_INIT;
    hl_ticket_act a = HL_TICKET_ACT_INIT;
    assert_int_equal(hl__ticket_get(b->tickets, id, &row), 0);
    a.ticket = id;
    a.verb = "note";
    a.args = "{\"text\":\"x\"}";
    a.seen = row.changed;
    assert_int_equal(hl__ticket_do(b->tickets, &a, &out), 0);
    assert_int_equal(hl__ticket_do(b->tickets, &a, &out), HL_ECONFLICT);
    assert_non_null(strstr(b->err.words, "20260101-000001"));
    hl_bench_step(b);
}

static void who_saw_an_older_state_is_refused(void **state)
{
    (void)state;
    on_both(seen);
}

static void a_full_disk_refuses_new_tickets_and_lets_old_ones_move(void **state)
{
    (void)state;
    hl_bench b;
    hl_bench_begin(&b, true);
    hl_id id = hl_bench_add(&b, "one", NULL), out = 0;
    b.refuse = "the disk is full";
    hl_ticket_new n = HL_TICKET_NEW_INIT;
    n.type = "water_repair";
    n.title = "two";
    assert_int_equal(hl__ticket_add(b.tickets, &n, &out), HL_ESTORE);
    assert_string_equal(b.err.words, "no new ticket: the disk is full");
    assert_int_equal(hl_bench_do(&b, id, "note", "{\"text\":\"still here\"}"), 0);
    b.refuse = NULL;
    assert_string_equal(number_of(&b, hl_bench_add(&b, "two", NULL)), "20260101-000002");
    hl_bench_end(&b);
}

static void what_is_done_leaves_memory_and_comes_back_when_wanted(void **state)
{
    (void)state;
    hl_bench b;
    hl_bench_begin(&b, true);
    hl_id first = hl_bench_add(&b, "the first", "13900000000"), out = 0;
    hl_ticket row = HL_TICKET_INIT;
    assert_int_equal(hl_bench_do(&b, first, "void", NULL), 0);
    hl_ticket_new n = HL_TICKET_NEW_INIT;
    hl_ticket_act a = HL_TICKET_ACT_INIT;
    n.type = "water_repair";
    a.verb = "void";
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(hl__ticket_add(b.tickets, &n, &a.ticket), 0);
        assert_int_equal(hl__ticket_do(b.tickets, &a, &out), 0);
    }
    assert_int_equal(hl__ticket_get(b.tickets, first, &row), 0); /* not before the others are on disk */
    hl_bench_step(&b);
    assert_int_equal(hl__ticket_get(b.tickets, first, &row), HL__TICKET_READ);
    assert_int_equal(hl_bench_do(&b, first, "note", "{\"text\":\"late\"}"), HL__TICKET_READ);
    hl__batch *rows = NULL;
    assert_int_equal(hl__batch_new(&hl_test_mem, 0, &rows), 0);
    assert_int_equal(hl__ticket_fetch(&b.reader, first, NULL, rows, &b.err), 0);
    assert_int_equal(hl__tickets_adopt(b.tickets, rows), 0);
    hl__batch_free(rows);
    assert_int_equal(hl_bench_do(&b, first, "note", "{\"text\":\"late\"}"), 0);
    assert_int_equal(hl__batch_new(&hl_test_mem, 0, &rows), 0);
    assert_int_equal(hl__ticket_fetch(&b.reader, 0, "20260101-000001", rows, &b.err), 0);
    hl__op op;
    size_t at = 0;
    assert_int_equal(hl__batch_next(rows, &at, &op), 1);
    assert_int_equal(op.v[0].u.i, first);
    assert_int_equal(hl__batch_next(rows, &at, &op), 0);
    hl__batch_free(rows);
    assert_int_equal(hl__batch_new(&hl_test_mem, 0, &rows), 0);
    assert_int_equal(hl__ticket_fetch(&b.reader, 0, "20260101-00000", rows, &b.err), HL_ENOENT);
    assert_int_equal(hl__ticket_fetch(&b.reader, HL__ID(9999999, HL_KIND_TICKET), NULL, rows, &b.err), HL_ENOENT);
    hl__batch_free(rows);
    hl_bench_end(&b);
}

static void open_tickets_are_in_memory_after_a_restart(void **state)
{
    (void)state;
    hl_bench b;
    hl_bench_begin(&b, true);
    hl_id open = hl_bench_add(&b, "open", "13900000000"), done = hl_bench_add(&b, "done", NULL);
    assert_int_equal(hl_bench_do(&b, open, "dispatch", "{\"address\":\"a street\"}"), 0);
    assert_int_equal(hl_bench_do(&b, done, "void", NULL), 0);
    hl_bench_restart(&b);
    hl_ticket row = HL_TICKET_INIT;
    assert_int_equal(hl__tickets_open(b.tickets), 1);
    assert_int_equal(hl__ticket_get(b.tickets, open, &row), 0);
    assert_string_equal(row.state, "dispatched");
    assert_string_equal(row.title, "open");
    assert_string_equal(row.fields, "{\"address\":\"a street\"}");
    assert_int_equal(hl__ticket_get(b.tickets, done, &row), HL__TICKET_READ);
    assert_int_equal(hl_bench_do(&b, open, "arrive", NULL), 0);
    char *text = hl_bench_text(&b, done);
    assert_non_null(strstr(text, "\"state\":\"void\""));
    free(text);
    hl_bench_end(&b);
}

static int moves_allowed(hl_bench *b, hl_id id, char *missing, size_t room)
{
    hl_ticket_move row = HL_TICKET_MOVE_INIT;
    hl__buf words;
    int n = 0, r;
    missing[0] = 0;
    hl__buf_init(&words, &hl_test_mem);
    while ((r = hl__ticket_move_next(b->tickets, id, &row, &words)) == 1) {
        n += row.allowed;
        assert_true(row.allowed ? row.why == NULL : row.why != NULL);
        if (*row.needs != 0 && strcmp(row.why, "fields are missing") == 0) hl__copy(missing, room, row.needs);
    }
    assert_int_equal(r, 0);
    hl__buf_free(&words);
    return n;
}

static void moves(hl_bench *b)
{
    char missing[100];
    hl_id id = hl_bench_add(b, "one", NULL);
    assert_int_equal(moves_allowed(b, id, missing, sizeof missing), 1); /* void; dispatch lacks the address */
    assert_string_equal(missing, "address");
    assert_int_equal(hl_bench_do(b, id, "edit", "{\"fields\":{\"address\":\"a\"}}"), 0);
    assert_int_equal(moves_allowed(b, id, missing, sizeof missing), 2);
    assert_string_equal(missing, "");
}

static void the_moves_tell_what_refuses_them(void **state)
{
    (void)state;
    on_both(moves);
}

static int add_without_memory(hl_bench *b)
{
    hl_ticket_new n = HL_TICKET_NEW_INIT;
    hl_id id = 0;
    uint32_t rows = b->rows, events = b->events;
    n.type = "water_repair";
    n.title = "one";
    n.text = "a note";
    n.key = "k";
    n.fields = "{\"fault\":\"leak\"}";
    int r = hl__ticket_add(b->tickets, &n, &id);
    if (r < 0) {
        assert_int_equal(b->rows, rows);
        assert_int_equal(b->events, events);
        assert_int_equal(id, 0);
    }
    return r;
}

/* The counting loop of hl_test_oom wants nothing kept; a ticket is: so the n-th allocation fails here by hand. */
static void a_ticket_for_which_there_is_no_memory_does_not_exist(void **state)
{
    (void)state;
    hl_bench b;
    hl_bench_begin(&b, false);
    int n = 1, r;
    for (; n < 1000; n++) {
        hl_test_mem.fail_at = n;
        r = add_without_memory(&b);
        bool reached = hl_test_mem.fail_at <= 0;
        hl_test_mem.fail_at = 0;
        if (!reached) break;
        hl_test_ok(r == HL_ENOMEM, "allocation %d: %d %s", n, r, b.err.words);
        assert_int_equal(hl__tickets_open(b.tickets), 0);
    }
    assert_true(n > 8);
    assert_int_equal(r, 0);
    hl_id id = 0;
    assert_int_equal(hl__ticket_find(b.tickets, "20260101-000001", &id), 0);
    for (n = 1; n < 1000; n++) {
        char *before = hl_bench_text(&b, id), *after;
        hl_test_mem.fail_at = n;
        r = hl_bench_do(&b, id, "dispatch", "{\"address\":\"a\"}");
        bool reached = hl_test_mem.fail_at <= 0;
        hl_test_mem.fail_at = 0;
        after = hl_bench_text(&b, id);
        bool is_same = r == HL_ENOMEM && strcmp(before, after) == 0;
        if (reached) hl_test_ok(is_same, "allocation %d: %d %s", n, r, b.err.words);
        free(before);
        free(after);
        if (!reached) break;
    }
    assert_int_equal(r, 0);
    hl_bench_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(numbers_have_no_gap_and_begin_anew_each_local_day),
        HL_TEST(a_repair_goes_from_state_to_state_by_the_moves_of_its_type),
        HL_TEST(the_text_has_fields_notes_and_history),
        HL_TEST(the_history_is_the_tickets_own_events),
        HL_TEST(lists_give_the_newest_first_and_filter),
        HL_TEST(the_same_key_gives_the_first_result_for_a_day),
        HL_TEST(keys_are_forgotten_a_few_at_a_time),
        HL_TEST(who_saw_an_older_state_is_refused),
        HL_TEST(a_full_disk_refuses_new_tickets_and_lets_old_ones_move),
        HL_TEST(what_is_done_leaves_memory_and_comes_back_when_wanted),
        HL_TEST(open_tickets_are_in_memory_after_a_restart),
        HL_TEST(the_moves_tell_what_refuses_them),
        HL_TEST(a_ticket_for_which_there_is_no_memory_does_not_exist),
    };
    return HL_TEST_MAIN(tests);
}
