/* test_threads.c - eight threads call what they like: nothing is torn, words are each thread's own, what was borrowed
 * stays while the others make a thousand calls. Meant for ThreadSanitizer; tests/sanitize runs it there. */
#include "house.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { THREADS = 8, CALLS = 400, LONG_ENOUGH = 1000 };

static struct crowd {
    hl_t *hl;
    bool is_sim;
    hl_id queue, ann;
    atomic_int calls, left;
    atomic_llong last_contact;
} crowd;

struct one { int number; int64_t wrong; hl__rand chance; };

/* Words iff failure, seen by the thread that called. */
static void gave(struct one *me, int r)
{
    me->wrong += (r < 0) != (hl_error(crowd.hl)[0] != 0);
    atomic_fetch_add(&crowd.calls, 1);
}

static void a_list(struct one *me)
{
    hl_queue q = HL_QUEUE_INIT;
    hl_contact c = HL_CONTACT_INIT;
    hl_object o = HL_OBJECT_INIT;
    int r, n = 0;
    while ((r = hl_queue_next(crowd.hl, &q)) == 1) me->wrong += !q.name || (q.name[0] != 'd' && q.name[0] != 'b');
    gave(me, r);
    while ((r = hl_contact_next(crowd.hl, 0, &c)) == 1 && n++ < 10) gave(me, r);
    gave(me, hl_object_next(crowd.hl, HL_KIND_AGENT, &o));
}

static void a_document(struct one *me)
{
    char text[200];
    hl_finding f = HL_FINDING_INIT;
    bool good = hl__rand_below(&me->chance, 2);
    int len = snprintf(text, sizeof text, "{\"hotline\":1,\"queues\":{\"desk\":{\"hours\":\"always\",\"%s\":\"t%u\"}}}",
        good ? "title" : "tile", hl__rand_below(&me->chance, 5));
    int r = hl__rand_below(&me->chance, 2) ? hl_load(crowd.hl, text, (size_t)len) : hl_check(crowd.hl, text,
        (size_t)len);
    gave(me, r);
    if (!good) me->wrong += r >= 0 && r != 1;
    r = hl_finding_next(crowd.hl, &f); /* of this thread's last load or check, whatever the others did */
    gave(me, r);
    me->wrong += r != !good;
}

static void a_contact(struct one *me)
{
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id id = atomic_load(&crowd.last_contact);
    const char *text;
    in.queue = crowd.queue;
    in.number = "13900000001";
    switch (hl__rand_below(&me->chance, 4)) {
    case 0: gave(me, hl_contact_end(crowd.hl, id, HL_OUTCOME_WITHDRAWN)); break;
    case 1: gave(me, hl_contact_credit(crowd.hl, id, 1000)); break;
    case 2: gave(me, hl_explain(crowd.hl, id, 0, &text)); break;
    default:
        gave(me, hl_contact_add(crowd.hl, &in, &id));
        atomic_store(&crowd.last_contact, id);
    }
}

static void events(struct one *me)
{
    hl_event ev = HL_EVENT_INIT;
    int r = hl_next(crowd.hl, &ev);
    gave(me, r);
    if (r == 1 && ev.text) me->wrong += strlen(ev.text) > 4096;
    ev.seq = hl__rand_below(&me->chance, 50);
    gave(me, hl_event_next(crowd.hl, &ev));
}

static void time_passes(struct one *me)
{
    if (crowd.is_sim) {
        int r = hl_advance(crowd.hl, hl_now(crowd.hl) + 1000); /* one at a time; for the others it may have passed */
        gave(me, r);
        me->wrong += r < 0 && r != HL_ESTATE && r != HL_EINVAL;
    } else {
        gave(me, hl_poll(crowd.hl, 1));
        (void)hl_wake(crowd.hl);
    }
}

/* A string and a copy of it, compared after the others made a thousand calls, or were through. */
static void borrow(struct one *me)
{
    const char *text = NULL;
    int r = hl_dump(crowd.hl, NULL, &text), until = atomic_load(&crowd.calls) + LONG_ENOUGH;
    gave(me, r);
    if (r < 0) return;
    char *copy = strdup(text);
    (void)hl_error(crowd.hl); /* is no call */
    while (atomic_load(&crowd.calls) < until && atomic_load(&crowd.left) > THREADS / 2) usleep(100);
    me->wrong += strcmp(copy, text) != 0;
    free(copy);
}

static void *run(void *arg)
{
    struct one *me = arg;
    const char *text;
    hl_id id;
    hl__rand_init(&me->chance, (int64_t)hl_test_seed(), (uint32_t)me->number, 0);
    for (int i = 0; i < CALLS; i++)
        switch (hl__rand_below(&me->chance, 40)) {
        case 0: if (me->number < 2) borrow(me); break;
        case 1: case 2: case 3: a_document(me); break;
        case 4: case 5: case 6: case 7: case 8: a_list(me); break;
        case 9: case 10: case 11: events(me); break;
        case 12: case 13: time_passes(me); break;
        case 14: gave(me, hl_dump(crowd.hl, "agents", &text)); break;
        case 15: case 16: gave(me, hl_agent_go(crowd.hl, crowd.ann, (int)hl__rand_below(&me->chance, 3), "x")); break;
        case 17: gave(me, hl_find(crowd.hl, HL_KIND_QUEUE, "desk", &id)); break;
        case 18: gave(me, hl_find(crowd.hl, HL_KIND_QUEUE, "none", &id)); break;
        case 19: gave(me, hl_flush(crowd.hl, 1000)); break;
        case 20: me->wrong += hl_now(crowd.hl) == 0; break;
        default: a_contact(me);
        }
    atomic_fetch_sub(&crowd.left, 1);
    return NULL;
}

static void all_at_once(hl_t *hl, bool is_sim)
{
    pthread_t thread[THREADS];
    struct one one[THREADS];
    crowd.hl = hl;
    crowd.is_sim = is_sim;
    crowd.queue = house_find(hl, HL_KIND_QUEUE, "desk");
    crowd.ann = house_find(hl, HL_KIND_AGENT, "ann");
    atomic_store(&crowd.calls, 0);
    atomic_store(&crowd.left, THREADS);
    atomic_store(&crowd.last_contact, HL__ID(77, HL_KIND_CONTACT));
    for (int i = 0; i < THREADS; i++) {
        one[i] = (struct one){ .number = i };
        assert_int_equal(pthread_create(&thread[i], NULL, run, &one[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        hl_test_ok(one[i].wrong == 0, "thread %d saw %lld wrong things", i, (long long)one[i].wrong);
    }
    assert_int_equal(hl__acd_check(hl->acd), 0);
    hl_close(hl);
}

static hl_t *real(const char *store)
{
    hl_options o = HL_OPTIONS_INIT;
    hl_t *hl = NULL;
    o.store = store;
    o.max_events = 16;
    int r = hl_open(&o, &hl);
    hl_test_ok(r == 0, "hl_open gives %d: %s", r, hl_error(NULL));
    GIVES(hl, hl_load(hl, house_document, 0), 8);
    return hl;
}

static void a_hotline_without_a_store_stands_eight_threads(void **state)
{
    (void)state;
    all_at_once(real(NULL), false);
}

static void a_hotline_with_a_store_stands_eight_threads(void **state)
{
    char path[300];
    (void)state;
    if (!strstr(hl_features(), "sqlite")) skip();
    snprintf(path, sizeof path, "%s/a.db", hl_test_temp());
    all_at_once(real(path), false);
}

static void a_simulation_stands_eight_threads(void **state)
{
    hl_t *hl = NULL;
    (void)state;
    assert_int_equal(hl_open_sim(NULL, HOUSE_START, &hl), 0);
    GIVES(hl, hl_load(hl, house_document, 0), 8);
    all_at_once(hl, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(a_hotline_without_a_store_stands_eight_threads), HL_TEST(a_hotline_with_a_store_stands_eight_threads),
        HL_TEST(a_simulation_stands_eight_threads),
    };
    return HL_TEST_MAIN(tests);
}
