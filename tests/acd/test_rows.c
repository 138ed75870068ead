/* test_rows.c - what the header promises, words, rows, JSON, explanations. */
#include "bed.h"

#define DOC "{\"queues\":{\"desk\":{\"title\":\"Service desk\"},\"leaks\":{\"need\":\"skill.zh >= 5\"}},\"agents\":" \
    "{\"ann\":{" \
    "\"title\":\"Ann Li\",\"skills\":{\"zh\":9},\"queues\":{\"desk\":{},\"leaks\":{}},\"phone\":\"p1\"},\"bob\":{" \
    "\"queues\":{" \
    "\"desk\":{}},\"address\":\"sip:bob@127.0.0.1\"}}}"

typedef struct promise { const char *name; long value; } promise;
#define X(name, number) { "HL_CHANNEL_" #name, HL_CHANNEL_##name },
static const promise channels[] = { HL_CHANNELS(X) };
#undef X
#define X(name, number) { "HL_CONTACT_" #name, HL_CONTACT_##name },
static const promise contacts[] = { HL_CONTACTS(X) };
#undef X
#define X(name, number) { "HL_OUTCOME_" #name, HL_OUTCOME_##name },
static const promise outcomes[] = { HL_OUTCOMES(X) };
#undef X
#define X(name, number) { "HL_AGENT_" #name, HL_AGENT_##name },
static const promise agents[] = { HL_AGENTS(X) };
#undef X
#define X(name, number) { "HL_WORK_" #name, HL_WORK_##name },
static const promise works[] = { HL_WORKS(X) };
#undef X
#define X(name, number) { "HL_OFFER_" #name, HL_OFFER_##name },
static const promise offers[] = { HL_OFFERS(X) };
#undef X
#define X(name, number) { "HL_ALARM_" #name, HL_ALARM_##name },
static const promise alarms[] = { HL_ALARMS(X) };
#undef X
#define X(name, number) { "HL_SPAN_" #name, HL_SPAN_##name },
static const promise spans[] = { HL_SPANS(X) };
#undef X
#define X(name, number) { "HL_CALLBACK_" #name, HL_CALLBACK_##name },
static const promise callbacks[] = { HL_CALLBACKS(X) };
#undef X

static const char *vector(void)
{
    return hl_test_vector("acd-promise.txt", NULL);
}

static void promised(const char *fmt, ...) HL__PRINTF(1, 2);
static void promised(const char *fmt, ...)
{
    char line[200];
    va_list args;

    va_start(args, fmt);
    vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    hl_test_ok(strstr(vector(), line) != NULL, "not as promised: %s", line);
}

static void consts(const promise *p, size_t n, const char *prefix)
{
    size_t len = strlen(prefix), found = 0;

    for (size_t i = 0; i < n; i++)
        promised("\nconst %s %ld\n", p[i].name, p[i].value);
    for (const char *at = strstr(vector(), prefix); at; at = strstr(at + len, prefix))
        found++;
    assert_int_equal(found, n);
}

static void the_numbers_are_those_promised(void **state)
{
    (void)state;
    promised("%s", "const HL_AGENT_AUX 2\n");
    consts(channels, HL__COUNT(channels), "const HL_CHANNEL_");
    consts(contacts, HL__COUNT(contacts), "const HL_CONTACT_");
    consts(outcomes, HL__COUNT(outcomes), "const HL_OUTCOME_");
    consts(works, HL__COUNT(works), "const HL_WORK_");
    consts(offers, HL__COUNT(offers), "const HL_OFFER_");
    consts(alarms, HL__COUNT(alarms), "const HL_ALARM_");
    consts(spans, HL__COUNT(spans), "const HL_SPAN_");
    consts(callbacks, HL__COUNT(callbacks), "const HL_CALLBACK_");
    for (size_t i = 0; i < HL__COUNT(agents); i++)
        promised("const %s %ld\n", agents[i].name, agents[i].value);
}

#define F(type, field, word) promised("\nfield " #type "." #field " %zu %zu " word "\n", offsetof(type, field), \
                                      sizeof(((type *)0)->field))
static void the_structs_are_those_promised(void **state)
{
    (void)state;
    F(hl_contact_new, size, "uint32_t"); F(hl_contact_new, channel, "int32_t"); F(hl_contact_new, queue, "hl_id");
    F(hl_contact_new, leg, "hl_id"); F(hl_contact_new, ticket, "hl_id"); F(hl_contact_new, prefer, "hl_id");
    F(hl_contact_new, resume, "hl_id"); F(hl_contact_new, since, "hl_time"); F(hl_contact_new, credit_ms, "int32_t");
    F(hl_contact_new, prefer_ms, "int32_t"); F(hl_contact_new, number, "const char *"); F(hl_contact_new, ref,
        "const char *");
    F(hl_contact_new, need, "const char *"); F(hl_contact_new, data, "const char *");
    F(hl_contact, size, "uint32_t"); F(hl_contact, state, "int32_t"); F(hl_contact, id, "hl_id");
    F(hl_contact, queue, "hl_id"); F(hl_contact, agent, "hl_id"); F(hl_contact, leg, "hl_id");
    F(hl_contact, ticket, "hl_id"); F(hl_contact, since, "hl_time"); F(hl_contact, key, "hl_time");
    F(hl_contact, channel, "int32_t"); F(hl_contact, step, "int32_t"); F(hl_contact, offers, "int32_t");
    F(hl_contact, place, "int32_t"); F(hl_contact, p50_ms, "int32_t"); F(hl_contact, p80_ms, "int32_t");
    F(hl_contact, ref, "const char *"); F(hl_contact, data, "const char *");
    F(hl_promise, size, "uint32_t"); F(hl_promise, mode, "int32_t"); F(hl_promise, from, "hl_time");
    F(hl_promise, until, "hl_time"); F(hl_promise, tries, "int32_t"); F(hl_promise, gap_ms, "int32_t");
    F(hl_promise, number, "const char *"); F(hl_promise, note, "const char *");
    F(hl_agent, size, "uint32_t"); F(hl_agent, state, "int32_t"); F(hl_agent, work, "int32_t");
    F(hl_agent, load, "int32_t"); F(hl_agent, id, "hl_id"); F(hl_agent, contact, "hl_id");
    F(hl_agent, since, "hl_time"); F(hl_agent, idle_since, "hl_time"); F(hl_agent, cool_until, "hl_time");
    F(hl_agent, handled, "int32_t"); F(hl_agent, missed, "int32_t"); F(hl_agent, name, "const char *");
    F(hl_agent, reason, "const char *");
    F(hl_offer, size, "uint32_t"); F(hl_offer, channel, "int32_t"); F(hl_offer, id, "hl_id");
    F(hl_offer, contact, "hl_id"); F(hl_offer, agent, "hl_id"); F(hl_offer, queue, "hl_id");
    F(hl_offer, made, "hl_time"); F(hl_offer, deadline, "hl_time");
    F(hl_queue, size, "uint32_t"); F(hl_queue, waiting, "int32_t"); F(hl_queue, parked, "int32_t");
    F(hl_queue, offered, "int32_t"); F(hl_queue, engaged, "int32_t"); F(hl_queue, staffed, "int32_t");
    F(hl_queue, idle, "int32_t"); F(hl_queue, wrapup, "int32_t"); F(hl_queue, aux, "int32_t");
    F(hl_queue, p50_ms, "int32_t"); F(hl_queue, id, "hl_id"); F(hl_queue, oldest, "hl_time");
    F(hl_queue, name, "const char *"); F(hl_queue, title, "const char *");
    F(hl_estimate, size, "uint32_t"); F(hl_estimate, mean_ms, "int32_t"); F(hl_estimate, p50_ms, "int32_t");
    F(hl_estimate, p80_ms, "int32_t"); F(hl_estimate, ahead, "double"); F(hl_estimate, agents, "double");
    F(hl_estimate, handle_ms, "double"); F(hl_estimate, patience_ms, "double"); F(hl_estimate, bias, "double");
    assert_int_equal(sizeof(hl_contact_new), 96);
    assert_int_equal(sizeof(hl_contact), 104);
    assert_int_equal(sizeof(hl_agent), 80);
    assert_int_equal(sizeof(hl_offer), 56);
    assert_int_equal(sizeof(hl_queue), 72);
    assert_int_equal(sizeof(hl_estimate), 56);
}

static void words_of(int list, const promise *p, size_t n, const char *prefix)
{
    for (size_t i = 0; i < n; i++) {
        char small[32];
        size_t len = hl__copy(small, sizeof(small), p[i].name + strlen(prefix));
        for (size_t k = 0; k < len; k++)
            small[k] = small[k] >= 'A' && small[k] <= 'Z' ? (char)(small[k] + 32) : small[k];
        assert_string_equal(hl__acd_word(list, (int)p[i].value), small);
        assert_int_equal(hl__acd_number(list, small), p[i].value);
    }
    assert_null(hl__acd_word(list, 99));
    assert_null(hl__acd_word(list, -1));
    assert_int_equal(hl__acd_number(list, "nonsense"), -1);
}

static void words_are_the_names_in_small_letters(void **state)
{
    (void)state;
    words_of(HL__WORD_CHANNEL, channels, HL__COUNT(channels), "HL_CHANNEL_");
    words_of(HL__WORD_CONTACT, contacts, HL__COUNT(contacts), "HL_CONTACT_");
    words_of(HL__WORD_OUTCOME, outcomes, HL__COUNT(outcomes), "HL_OUTCOME_");
    words_of(HL__WORD_AGENT, agents, HL__COUNT(agents), "HL_AGENT_");
    words_of(HL__WORD_WORK, works, HL__COUNT(works), "HL_WORK_");
    words_of(HL__WORD_OFFER, offers, HL__COUNT(offers), "HL_OFFER_");
    assert_null(hl__acd_word(-1, 0));
    assert_int_equal(hl__acd_number(HL__WORD_CONTACT, ""), -1);
    assert_int_equal(hl__acd_number(HL__WORD_CONTACT, NULL), -1);
}

static void rows_show_what_is(void **state)
{
    bed b;
    hl_queue q = HL_QUEUE_INIT;
    hl_agent a = HL_AGENT_INIT;
    hl_contact c = HL_CONTACT_INIT;
    hl_offer o = HL_OFFER_INIT;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, DOC), 0);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_go(&b, "bob", HL_AGENT_AUX);
    hl_id one = bed_add(&b, "desk", NULL), two = bed_add(&b, "leaks", NULL);
    assert_int_equal(hl__acd_queue_next(b.acd, &q), 1);
    assert_string_equal(q.name, "desk");
    assert_string_equal(q.title, "Service desk");
    assert_int_equal(q.offered, 1);
    assert_int_equal(q.staffed, 1);
    assert_int_equal(q.aux, 1);
    assert_int_equal(q.waiting, 0);
    assert_true(q.oldest == b.start);
    assert_int_equal(hl__acd_queue_next(b.acd, &q), 1);
    assert_string_equal(q.title, "leaks");
    assert_int_equal(q.waiting, 1);
    assert_int_equal(q.idle, 0);
    assert_int_equal(hl__acd_queue_next(b.acd, &q), 0);
    assert_int_equal(hl__acd_agent_next(b.acd, bed_q(&b, "leaks"), &a), 1);
    assert_string_equal(a.name, "ann");
    assert_int_equal(a.work, HL_WORK_OFFER);
    assert_int_equal(a.load, 100);
    assert_true(a.contact == one);
    assert_int_equal(hl__acd_agent_next(b.acd, bed_q(&b, "leaks"), &a), 0);
    assert_int_equal(hl__acd_contact_next(b.acd, 0, &c), 1);
    assert_true(c.id == one);
    assert_int_equal(c.place, 0);
    assert_true(c.agent == 0);
    assert_int_equal(hl__acd_contact_next(b.acd, 0, &c), 1);
    assert_true(c.id == two);
    assert_int_equal(c.place, 1);
    assert_int_equal(hl__acd_contact_next(b.acd, 0, &c), 0);
    c.id = 0;
    assert_int_equal(hl__acd_contact_next(b.acd, bed_q(&b, "leaks"), &c), 1);
    assert_true(c.id == two);
    assert_int_equal(hl__acd_offer_next(b.acd, 0, &o), 1);
    assert_true(o.contact == one);
    assert_true(o.deadline == b.start + 15 * (hl_time)HL__SECOND);
    assert_int_equal(hl__acd_offer(b.acd, o.id, &o), 0);
    assert_int_equal(hl__acd_offer_next(b.acd, 0, &o), 0);
    assert_int_equal(hl__acd_offer(b.acd, HL__ID(99, HL_KIND_OFFER), &o), HL_ENOENT);
    assert_int_equal(hl__acd_agent_next(b.acd, 5, &a), HL_ENOENT);
    assert_int_equal(hl__acd_contact_next(b.acd, 5, &c), HL_ENOENT);
    assert_int_equal(hl__acd_offer_next(b.acd, 5, &o), HL_ENOENT);
    assert_int_equal(hl__acd_contact_get(b.acd, 5, &c), HL_ENOENT);
    assert_int_equal(hl__acd_agent_get(b.acd, 5, &a), HL_ENOENT);
    bed_close(&b);
}

static void devices_say_where_the_offer_rings(void **state)
{
    bed b;
    hl__acd_device d;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, DOC), 0);
    assert_int_equal(hl__acd_agent_device(b.acd, bed_a(&b, "ann"), &d), 0);
    assert_string_equal(d.phone, "p1");
    assert_string_equal(d.title, "Ann Li");
    assert_null(d.address);
    assert_int_equal(hl__acd_agent_device(b.acd, bed_a(&b, "bob"), &d), 0);
    assert_string_equal(d.address, "sip:bob@127.0.0.1");
    assert_string_equal(d.title, "bob");
    assert_int_equal(hl__acd_agent_device(b.acd, 3, &d), HL_ENOENT);
    bed_close(&b);
}

static void lists_for_pages_are_json(void **state)
{
    bed b;
    hl__buf out;
    hl__err err;

    (void)state;
    bed_open(&b);
    hl__buf_init(&out, &hl_test_mem);
    assert_int_equal(hl__acd_queues_json(b.acd, 0, 200, &out), 0);
    assert_int_equal(hl__acd_agents_json(b.acd, 0, 200, &out), 0);
    assert_string_equal(out.data, "[][]");
    hl__buf_clear(&out);
    assert_int_equal(bed_load(&b, DOC), 0);
    bed_add(&b, "leaks", NULL);
    assert_int_equal(hl__acd_queues_json(b.acd, 0, 200, &out), 0);
    hl__json *j = hl__json_read(out.data, out.len, &err);
    hl_test_ok(j != NULL, "%s in %s", err.words, out.data);
    assert_string_equal(hl__json_text(hl__json_get(hl__json_at(j, 0), "title")), "Service desk");
    assert_int_equal(hl__json_int(hl__json_get(hl__json_at(j, 1), "waiting")), 1);
    assert_int_equal(hl__json_size(hl__json_at(j, 0)), 13);
    hl__json_free(j);
    hl__buf_clear(&out);
    assert_int_equal(hl__acd_agents_json(b.acd, 0, 200, &out), 0);
    j = hl__json_read(out.data, out.len, &err);
    hl_test_ok(j != NULL, "%s in %s", err.words, out.data);
    assert_string_equal(hl__json_text(hl__json_get(hl__json_at(j, 0), "state")), "offline");
    assert_string_equal(hl__json_text(hl__json_at(hl__json_get(hl__json_at(j, 0), "queues"), 1)), "leaks");
    assert_string_equal(hl__json_text(hl__json_get(hl__json_at(j, 1), "phone")), "sip:bob@127.0.0.1");
    hl__json_free(j);
    hl__buf_free(&out);
    bed_close(&b);
}

static void lists_for_pages_come_in_pieces(void **state)
{
    bed b;
    hl__buf out;
    hl__err err;
    hl_id after = 0;
    size_t all = 0, pieces = 0;

    (void)state;
    bed_open(&b);
    hl__buf_init(&out, &hl_test_mem);
    assert_int_equal(bed_load(&b, DOC), 0);
    do {
        hl__buf_clear(&out);
        after = hl__acd_agents_json(b.acd, after, 1, &out);
        hl__json *j = hl__json_read(out.data, out.len, &err);
        all += hl__json_size(j);
        hl__json_free(j);
        pieces++;
    } while (after);
    hl_agent row = HL_AGENT_INIT;
    while (hl__acd_agent_next(b.acd, 0, &row) == 1)
        all--;
    assert_int_equal(all, 0);
    assert_true(pieces >= 3); /* each of one agent, the last of none */
    hl__buf_clear(&out);
    after = hl__acd_queues_json(b.acd, 0, 1, &out);
    assert_true(after == bed_q(&b, "desk") || after == bed_q(&b, "leaks"));
    hl__buf_free(&out);
    bed_close(&b);
}

static void every_reason_has_its_word(void **state)
{
    bed b;
    hl__buf out;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, "{\"queues\":{\"desk\":{\"need\":\"skill.zh > 3\",\"steps\":[{\"after_ms\":"
        "8000}]},\"leaks\":{}},"
        "\"agents\":{\"ann\":{\"skills\":{\"zh\":9},\"queues\":{\"desk\":{}}},\"bob\":{\"queues\":{\"desk\":{}}},"
            "\"cat\":{"
        "\"queues\":{\"leaks\":{}}}}}"), 0);
    hl_id c = bed_add(&b, "desk", NULL);
    bed_explains(&b, c, "bob", "\"skill\"");
    bed_explains(&b, c, "cat", "not_member");
    bed_explains(&b, c, "ann", "offline");
    bed_explains(&b, c, NULL, "{\"state\":\"waiting\",\"place\":1,\"step\":0,\"next\":{\"step\":1,\"in_ms\":8000},"
        "\"agents\":{\"fit\":1,"
        "\"idle\":0,\"why_not\":{\"not_member\":1,\"skill\":1,\"offline\":1}}}");
    bed_go(&b, "ann", HL_AGENT_AUX);
    bed_explains(&b, c, "ann", "\"aux\"");
    assert_int_equal(hl__acd_gone(b.acd, bed_a(&b, "ann")), 0);
    bed_explains(&b, c, "ann", "\"gone\"");
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    bed_explains(&b, c, "ann", "\"offered\"");
    bed_explains(&b, c, NULL, "\"last\":{\"rule\":\"longest_idle\",\"agent\":\"ann\",\"runner_up\":null");
    hl_id d = bed_add(&b, "desk", NULL);
    assert_int_equal(hl__acd_reject(b.acd, bed_offer(&b, "ann"), HL_OFFER_BUSY), 0);
    bed_explains(&b, c, "ann", "\"cooling\"");
    bed_to(&b, 10000);
    assert_int_equal(hl__acd_accept(b.acd, bed_offer(&b, "ann")), 0);
    assert_int_equal(hl__acd_connected(b.acd, c), 0);
    bed_explains(&b, d, "ann", "\"busy\"");
    assert_int_equal(hl__acd_talk_end(b.acd, c), 0);
    bed_explains(&b, d, "ann", "\"full\"");
    bed_explains(&b, bed_q(&b, "desk"), NULL, "\"staffed\":1");
    bed_explains(&b, bed_a(&b, "ann"), NULL, "\"work\":\"wrapup\"");
    bed_explains(&b, bed_a(&b, "bob"), NULL, "\"offerable\":[]");
    hl__buf_init(&out, &hl_test_mem);
    assert_int_equal(hl__acd_explain(b.acd, c, 0, &out), HL_ENOENT);
    assert_int_equal(hl__acd_explain(b.acd, d, 17, &out), HL_ENOENT);
    assert_int_equal(hl__acd_explain(b.acd, bed_q(&b, "desk"), bed_a(&b, "ann"), &out), HL_ENOENT);
    hl__buf_free(&out);
    bed_close(&b);
}

static void wrong_ids_are_told_apart(void **state)
{
    bed b;
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id out = 0;
    int n;

    (void)state;
    bed_open(&b);
    assert_int_equal(bed_load(&b, DOC), 0);
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &out), HL_EINVAL);
    in.queue = HL__ID(5000, HL_KIND_QUEUE);
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &out), HL_ENOENT);
    in.queue = bed_q(&b, "desk");
    in.channel = 4;
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &out), HL_EINVAL);
    in.channel = HL_CHANNEL_CHAT;
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &out), HL_EINVAL);
    in.channel = 0;
    in.since = b.core.now + 1;
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &out), HL_EINVAL);
    in.since = 0;
    in.prefer = HL__ID(5000, HL_KIND_AGENT);
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &out), HL_ENOENT);
    in.prefer = 0;
    in.data = "[1]";
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &out), HL_EPARSE);
    in.data = "{";
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &out), HL_EPARSE);
    in.data = NULL;
    in.number = "07\n73";
    assert_int_equal(hl__acd_add(b.acd, 0, &in, NULL, NULL, &out), HL_EINVAL);
    in.number = NULL;
    in.resume = HL__ID(3, HL_KIND_CONTACT);
    assert_int_equal(hl__acd_add(b.acd, HL__ID(4, HL_KIND_CONTACT), &in, NULL, NULL, &out), HL_EINVAL);
    in.resume = 0;
    assert_int_equal(hl__acd_add(b.acd, HL__ID(400, HL_KIND_CONTACT), &in, NULL, NULL, &out), 0);
    assert_int_equal(hl__acd_add(b.acd, HL__ID(400, HL_KIND_CONTACT), &in, NULL, NULL, &out), HL_ESTATE);
    assert_int_equal(hl__acd_hangup(b.acd, 5), HL_EINVAL);
    assert_int_equal(hl__acd_hangup(b.acd, HL__ID(5, HL_KIND_CONTACT)), HL_ENOENT);
    assert_int_equal(hl__acd_end(b.acd, out, 0), HL_EINVAL);
    assert_int_equal(hl__acd_end(b.acd, out, 8), HL_EINVAL);
    assert_int_equal(hl__acd_talk_end(b.acd, out), HL_ESTATE);
    assert_string_equal(b.err.words, "end of talk: the contact is waiting");
    assert_int_equal(hl__acd_move(b.acd, out, HL__ID(5000, HL_KIND_QUEUE), 1), HL_ENOENT);
    assert_int_equal(hl__acd_move(b.acd, out, HL__ID(9, HL_KIND_AGENT), 1), HL_EINVAL);
    bed_go(&b, "ann", HL_AGENT_AVAILABLE);
    assert_int_equal(hl__acd_announce(b.acd, out, &n, &n, &n), HL_ESTATE);
    assert_int_equal(hl__acd_gone(b.acd, 18), HL_ENOENT);
    assert_int_equal(hl__acd_back(b.acd, 18), HL_ENOENT);
    assert_int_equal(hl__acd_wrapup(b.acd, 18, 0, 0), HL_ENOENT);
    bed_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(the_numbers_are_those_promised), HL_TEST(the_structs_are_those_promised),
        HL_TEST(words_are_the_names_in_small_letters), HL_TEST(rows_show_what_is),
        HL_TEST(devices_say_where_the_offer_rings), HL_TEST(lists_for_pages_are_json),
        HL_TEST(lists_for_pages_come_in_pieces),
        HL_TEST(every_reason_has_its_word), HL_TEST(wrong_ids_are_told_apart),
    };

    return HL_TEST_MAIN(tests);
}
