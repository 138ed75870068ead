/* house.c - engines for tests. */
#include "house.h"

const char house_document[] = "{\"hotline\":1,"
    "\"calendars\":{\"always\":{\"tz\":\"Asia/Shanghai\",\"week\":{\"mon-sun\":[\"00:00-24:00\"]}}},"
    "\"queues\":{\"desk\":{\"title\":\"The desk\",\"hours\":\"always\"},\"back\":{}},"
    "\"agents\":{\"ann\":{\"queues\":{\"desk\":{}}},"
    "\"bob\":{\"queues\":{\"desk\":{}},\"address\":\"sip:bob@127.0.0.1\"}},"
    "\"prompts\":{\"hello\":{\"en\":{\"text\":\"Hello.\"}}},"
    "\"flows\":{\"main\":{\"format\":1,\"entry\":\"q\",\"langs\":[\"en\"],\"nodes\":{"
    "\"q\":{\"do\":\"queue\",\"queue\":\"desk\",\"answered\":\"e\",\"overflow\":\"e\",\"timeout\":\"e\","
    "\"no_agents\":\"e\",\"error\":\"e\"},\"e\":{\"do\":\"hangup\"}}}},"
    "\"numbers\":{\"1\":{\"flow\":\"main\"}}}";

void house_gives(hl_t *hl, int r, int want, const char *call, const char *file, int line)
{
    const char *words = hl_error(hl);
    hl_test_ok(r == want, "%s:%d: %s gives %d, not %d: %s", file, line, call, r, want, words);
    hl_test_ok((r < 0) == (words[0] != 0), "%s:%d: %s gives %d with the words \"%s\"", file, line, call, r, words);
    hl_test_ok(!strpbrk(words, "\n\r\t"), "%s:%d: words of more than one line", file, line);
}

hl_t *house_bare(const hl_options *opt)
{
    hl_options o = HL_OPTIONS_INIT;
    hl_t *hl = NULL;
    if (opt) o = *opt;
    o.alloc = hl_test_alloc;
    o.ctx = &hl_test_mem;
    int r = hl_open_sim(&o, HOUSE_START, &hl);
    hl_test_ok(r == 0, "hl_open_sim gives %d: %s", r, hl_error(NULL));
    return hl;
}

hl_t *house_sim(void)
{
    hl_t *hl = house_bare(NULL);
    hl_finding f = HL_FINDING_INIT;
    hl_event ev;
    int r = hl_load(hl, house_document, strlen(house_document));
    while (r < 0 && hl_finding_next(hl, &f) == 1) print_error("%s: %s\n", f.pointer, f.text);
    assert_true(r > 0);
    house_pass(hl, 0);
    (void)house_read(hl, HL_EV_READY, &ev);
    return hl;
}

hl_id house_find(hl_t *hl, int kind, const char *name)
{
    hl_id id = 0;
    GIVES(hl, hl_find(hl, kind, name, &id), 0);
    return id;
}

void house_check(hl_t *hl)
{
    hl__err err = { 0 };
    hl_test_ok(hl__engine_check(hl, &err) == 0, "%s", err.words[0] ? err.words : hl->scratch.words);
}

void house_pass(hl_t *hl, int ms)
{
    hl_time to = hl_now(hl) + ms * (hl_time)HL__US;
    assert_true(hl_advance(hl, to) >= 0);
    assert_int_equal(hl_now(hl), to);
    house_check(hl);
}

int house_read(hl_t *hl, uint32_t type, hl_event *out)
{
    hl_event ev = HL_EVENT_INIT;
    int n = 0;
    while (hl_next(hl, &ev) == 1)
        if (ev.type == type) {
            n++;
            if (out) *out = ev; /* its texts go with the next call */
        }
    return n;
}

uint64_t house_trace(hl_t *hl, uint64_t hash)
{
    hl_event ev = HL_EVENT_INIT;
    char line[200];
    while (hl_next(hl, &ev) == 1) {
        int n = snprintf(line, sizeof line, "%u %lld %lld %lld %lld %lld %lld %lld %lld %d %d ", ev.type,
            (long long)ev.seq,
            (long long)ev.time, (long long)ev.contact, (long long)ev.leg, (long long)ev.queue, (long long)ev.agent,
            (long long)ev.ticket, (long long)ev.ref, ev.code, ev.detail);
        hash = hl__fnv(hash, line, (size_t)n);
        if (ev.text) hash = hl__fnv(hash, ev.text, strlen(ev.text));
        if (ev.data) hash = hl__fnv(hash, ev.data, strlen(ev.data));
    }
    return hash;
}

hl_id house_talk(hl_t *hl, hl_id *customer)
{
    const hl__sim_manner caller = { 0 }, page = { .how = HL__SIM_ANSWER, .after = { HL__LAW_FIXED, 1000, 0 } };
    hl_event ev = HL_EVENT_INIT;
    hl_id session, leg = 0;
    hl__sim *sim = hl__sim_of(hl);
    assert_int_equal(hl__sim_page(sim, house_find(hl, HL_KIND_AGENT, "ann"), &page, &session), 0);
    house_pass(hl, 100);
    GIVES(hl, hl_agent_go(hl, house_find(hl, HL_KIND_AGENT, "ann"), HL_AGENT_AVAILABLE, NULL), 0);
    assert_int_equal(hl__sim_call(sim, "13900000001", "1", &caller, &leg), 0);
    house_pass(hl, 3000);
    assert_int_equal(house_read(hl, HL_EV_CONTACT_CONNECTED, &ev), 1);
    if (customer) *customer = leg;
    return ev.contact;
}
