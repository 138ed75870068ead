/* test_event.c - events are numbered for ever, kept in a ring, read once or by a cursor, from memory or the store. */
#include "house.h"

static void make_events(hl_t *hl, int n)
{
    for (int i = 0; i < n; i++) {
        char text[100];
        int len = snprintf(text, sizeof text, "{\"hotline\":1,\"queues\":{\"q\":{\"title\":\"t%d\"}}}", i);
        GIVES(hl, hl_load(hl, text, (size_t)len), 1); /* LOADED */
    }
}

static void events_are_numbered_without_a_gap(void **state)
{
    hl_event ev = HL_EVENT_INIT;
    hl_t *hl = house_bare(NULL);
    (void)state;
    make_events(hl, 300);
    for (hl_seq seq = 1; seq <= 301; seq++) {
        GIVES(hl, hl_next(hl, &ev), 1);
        assert_int_equal(ev.seq, seq);
        assert_int_equal(ev.type, seq == 1 ? HL_EV_READY : HL_EV_LOADED);
        assert_int_equal(ev.size, sizeof ev);
    }
    GIVES(hl, hl_next(hl, &ev), 0);
    hl_close(hl);
}

static void a_full_ring_says_how_many_are_gone(void **state)
{
    hl_options o = HL_OPTIONS_INIT;
    hl_event ev = HL_EVENT_INIT;
    (void)state;
    o.max_events = 4;
    hl_t *hl = house_bare(&o);
    make_events(hl, 3);
    for (int i = 0; i < 2; i++) GIVES(hl, hl_next(hl, &ev), 1);
    assert_int_equal(ev.seq, 2);
    make_events(hl, 10); /* 5 .. 14: 11 .. 14 are kept */
    GIVES(hl, hl_next(hl, &ev), 1);
    assert_int_equal(ev.type, HL_EV_GAP);
    assert_int_equal(ev.code, 8);
    assert_int_equal(ev.seq, 10);
    for (hl_seq seq = 11; seq <= 14; seq++) {
        GIVES(hl, hl_next(hl, &ev), 1);
        assert_int_equal(ev.seq, seq);
        assert_int_equal(ev.type, HL_EV_LOADED);
    }
    GIVES(hl, hl_next(hl, &ev), 0);
    make_events(hl, 4);
    GIVES(hl, hl_next(hl, &ev), 1);
    assert_int_equal(ev.seq, 15); /* nothing was lost again */
    hl_close(hl);
}

static void time_stops_when_the_unread_are_many(void **state)
{
    hl_options o = HL_OPTIONS_INIT;
    hl_event ev = HL_EVENT_INIT;
    (void)state;
    o.max_events = 70;
    hl_t *hl = house_bare(&o);
    make_events(hl, 69);
    assert_int_equal(hl_advance(hl, HOUSE_START + 1000000), 70);
    assert_true(hl_now(hl) < HOUSE_START + 1000000); /* read, and call again */
    while (hl_next(hl, &ev) == 1) continue;
    assert_int_equal(hl_advance(hl, HOUSE_START + 1000000), 0);
    assert_int_equal(hl_now(hl), HOUSE_START + 1000000);
    hl_close(hl);
}

static void a_cursor_reads_again_what_is_kept(void **state)
{
    hl_options o = HL_OPTIONS_INIT;
    hl_event ev = HL_EVENT_INIT, other = HL_EVENT_INIT;
    (void)state;
    o.max_events = 8;
    hl_t *hl = house_bare(&o);
    make_events(hl, 4);
    for (hl_seq seq = 1; seq <= 5; seq++) {
        GIVES(hl, hl_event_next(hl, &ev), 1);
        assert_int_equal(ev.seq, seq);
    }
    GIVES(hl, hl_event_next(hl, &ev), 0);
    assert_int_equal(ev.seq, 5); /* the row is as it was */
    GIVES(hl, hl_next(hl, &other), 1); /* the other reader has its own place */
    assert_int_equal(other.seq, 1);
    make_events(hl, 10); /* 8 .. 15 are kept */
    ev.seq = 6;
    FAILS(hl, ev, hl_event_next(hl, &ev), HL_ENOENT);
    assert_non_null(strstr(hl_error(hl), "8"));
    ev.seq = 7;
    GIVES(hl, hl_event_next(hl, &ev), 1);
    assert_int_equal(ev.seq, 8);
    ev.seq = -1;
    FAILS(hl, ev, hl_event_next(hl, &ev), HL_EINVAL);
    ev.seq = INT64_MAX;
    FAILS(hl, ev, hl_event_next(hl, &ev), 0);
    hl_close(hl);
}

static void an_event_whose_texts_find_no_memory_is_not_lost(void **state)
{
    hl_event ev = HL_EVENT_INIT;
    hl_t *hl = house_bare(NULL);
    (void)state;
    hl__fault(hl, 0, HL_EIO, "words that need a place");
    hl__publish(hl, hl->events.next - 1);
    GIVES(hl, hl_next(hl, &ev), 1);
    for (int i = 0; i < 3; i++) {
        hl__reserve_end(&hl->mem); /* which is for steps */
        hl_test_mem.fail_at = -1;
        int r = hl_next(hl, &ev);
        hl_test_mem.fail_at = 0;
        GIVES(hl, r, HL_ENOMEM);
        assert_int_equal(ev.type, HL_EV_READY);
    }
    GIVES(hl, hl_next(hl, &ev), 1);
    assert_int_equal(ev.type, HL_EV_FAULT);
    assert_string_equal(ev.text, "words that need a place");
    GIVES(hl, hl_next(hl, &ev), 0);
    hl_close(hl);
}

/* With a store. */
static hl_t *stored(const char *path, uint32_t max, hl_seq after)
{
    hl_options o = HL_OPTIONS_INIT;
    hl_t *hl = NULL;
    o.store = path;
    o.max_events = max;
    o.after = after;
    int r = hl_open(&o, &hl);
    hl_test_ok(r == 0, "hl_open gives %d: %s", r, hl_error(NULL));
    return hl;
}

static void a_ring_of_four_with_a_store_loses_nothing(void **state)
{
    hl_event ev = HL_EVENT_INIT, again = HL_EVENT_INIT;
    char path[300];
    (void)state;
    if (!strstr(hl_features(), "sqlite")) skip();
    snprintf(path, sizeof path, "%s/a.db", hl_test_temp());
    hl_t *hl = stored(path, 4, 0);
    make_events(hl, 50);
    GIVES(hl, hl_flush(hl, 10000), 0);
    hl_seq loaded = 0, last = 0;
    while (hl_poll(hl, 100) > 0 && hl_next(hl, &ev) == 1) {
        assert_int_equal(ev.seq, last + 1);
        last = ev.seq;
        loaded += ev.type == HL_EV_LOADED;
        assert_int_not_equal(ev.type, HL_EV_GAP);
        GIVES(hl, hl_event_next(hl, &again), 1); /* a second reader, one by one */
        assert_int_equal(again.seq, last);
        assert_int_equal(again.type, ev.type);
        assert_int_equal(again.time, ev.time);
        assert_int_equal(again.code, ev.code);
    }
    assert_int_equal(loaded, 50);
    hl_close(hl);
}

static void who_comes_back_goes_on_where_he_was(void **state)
{
    hl_event ev = HL_EVENT_INIT;
    char path[300];
    hl_seq seen = 0, told = 0;
    (void)state;
    if (!strstr(hl_features(), "sqlite")) skip();
    snprintf(path, sizeof path, "%s/a.db", hl_test_temp());
    for (int life = 0; life < 4; life++) {
        hl_t *hl = stored(path, 0, life ? seen : -1);
        make_events(hl, 5);
        GIVES(hl, hl_flush(hl, 10000), 0);
        for (int i = 0; i < 4 && hl_poll(hl, 1000) > 0 && hl_next(hl, &ev) == 1; i++) {
            assert_int_equal(ev.seq, seen + 1); /* each once, in order, over all lives */
            seen = ev.seq;
            told++;
        }
        hl_close(hl);
    }
    assert_int_equal(told, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(events_are_numbered_without_a_gap), HL_TEST(a_full_ring_says_how_many_are_gone),
        HL_TEST(time_stops_when_the_unread_are_many), HL_TEST(a_cursor_reads_again_what_is_kept),
        HL_TEST(an_event_whose_texts_find_no_memory_is_not_lost), HL_TEST(a_ring_of_four_with_a_store_loses_nothing),
        HL_TEST(who_comes_back_goes_on_where_he_was),
    };
    return HL_TEST_MAIN(tests);
}
