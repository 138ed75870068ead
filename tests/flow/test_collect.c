/* test_collect.c - the digit collector: the cases of dtmf.json, and laws under digits and timers in any order. */
#include "hl_test.h"
#include "flow/graph.h"

typedef struct outcome { char prompt[24]; hl_time at; } outcome;
static const char *const words[] = { "", "ok", "noinput", "nomatch" };
enum { MS = 1000 };

static int64_t number(const hl__json *j, const char *key, int64_t otherwise)
{
    return hl__json_get(j, key) ? hl__json_int(hl__json_get(j, key)) : otherwise;
}

static void rule_of(const hl__json *j, rule *r, const char **keys)
{
    const hl__json *list = hl__json_get(j, "keys");

    *r = (rule){ .keys = keys, .n = (uint32_t)hl__json_size(list), .min = (uint32_t)number(j, "min", 0),
        .max = (uint32_t)number(j, "max", 0), .first_ms = number(j, "first_ms", 0), .inter_ms = number(j, "inter_ms",
            0),
        .term_wait_ms = number(j, "term_wait_ms", 0), .barge = hl__json_true(hl__json_get(j, "barge")) };
    r->total_ms = number(j, "total_ms", 30000 + 1000 * (int64_t)(r->n ? MAX_KEY : r->max));
    hl__copy(r->term, sizeof(r->term), hl__json_text(hl__json_get(j, "term")));
    r->empty_ok = strcmp(hl__json_text(hl__json_get(j, "empty")), "ok") == 0;
    r->flush = strcmp(hl__json_text(hl__json_get(j, "typeahead")), "flush") == 0;
    for (uint32_t i = 0; i < r->n; i++)
        keys[i] = hl__json_text(hl__json_at(list, i));
}

/* What a run does around a collector, for one try: the prompt, its end, one timer. */
typedef struct rig { collector c; keyring ring; hl_time prompt_end; outcome o; bool is_over; } rig;

static void look(rig *g, hl_time now)
{
    if (g->c.stops_prompt && g->prompt_end != INT64_MAX) {
        snprintf(g->o.prompt, sizeof(g->o.prompt), "cut at %d", (int)(now / MS));
        g->prompt_end = INT64_MAX;
    }
    g->c.stops_prompt = false;
    if (g->c.result && !g->is_over) {
        g->is_over = true;
        g->o.at = now;
    }
}

/* Everything due before `to`, and the prompt's end at it: digits come before timers of the same instant. */
static void advance(rig *g, hl_time to, bool is_last)
{
    for (;;) {
        hl_time timer = g->is_over ? INT64_MAX : hl__collect_timer(&g->c);
        if (g->prompt_end <= to && g->prompt_end <= timer && !g->is_over) {
            hl_time now = g->prompt_end;
            g->prompt_end = INT64_MAX;
            hl__copy(g->o.prompt, sizeof(g->o.prompt), "whole");
            hl__collect_over(&g->c, &g->ring, now);
            look(g, now);
        } else if (timer < to || (is_last && timer != INT64_MAX)) {
            hl__collect_due(&g->c, &g->ring, timer);
            look(g, timer);
        } else {
            return;
        }
    }
}

static void begin(rig *g, const rule *r, const hl__json *one)
{
    const hl__json *setting = hl__json_get(one, "node"), *ahead = hl__json_get(one, "ahead");
    int64_t prompt_ms = number(setting, "prompt_ms", 0);
    const char *trail = hl__json_text(hl__json_get(setting, "trail"));

    *g = (rig){ .prompt_end = INT64_MAX };
    for (size_t i = 0; i < hl__json_size(ahead); i++) {
        const hl__json *d = hl__json_at(ahead, i);
        hl__ring_key(&g->ring, hl__json_text(hl__json_at(d, 0))[0], -hl__json_int(hl__json_at(d, 1)) * MS);
    }
    if (trail) {
        hl__copy(g->c.trail, sizeof(g->c.trail), trail);
        g->c.trail_until = r->inter_ms * MS - 400 * MS;
    }
    hl__copy(g->o.prompt, sizeof(g->o.prompt), prompt_ms ? "playing" : "whole");
    hl__collect_begin(&g->c, &g->ring, r, 0, prompt_ms > 0);
    if (g->c.is_skipped)
        hl__copy(g->o.prompt, sizeof(g->o.prompt), "skipped");
    else if (prompt_ms > 0)
        g->prompt_end = prompt_ms * MS;
    look(g, 0);
}

static void one_case(const hl__json *one)
{
    const char *keys[MAX_KEYS], *name = hl__json_text(hl__json_get(one, "name"));
    const hl__json *input = hl__json_get(one, "input"), *want = hl__json_get(one, "expect");
    rule r;
    rig g;
    char left[RING + 1] = "";
    bool is_gone = false;

    rule_of(hl__json_get(one, "node"), &r, keys);
    begin(&g, &r, one);
    for (size_t i = 0; i < hl__json_size(input); i++) {
        const hl__json *in = hl__json_at(input, i);
        hl_time at = hl__json_int(hl__json_at(in, 0)) * MS;
        const char *kind = hl__json_text(hl__json_at(in, 1)), *what = hl__json_text(hl__json_at(in, 2));
        advance(&g, at, false);
        if (strcmp(kind, "digit") == 0)
            hl__collect_digit(&g.c, &g.ring, what[0], at);
        else if (strcmp(kind, "speech") == 0)
            hl__collect_speech(&g.c, what, at);
        else {
            is_gone = true;
            g.o.at = at;
            hl__collect_end(&g.c);
        }
        look(&g, at);
    }
    if (!is_gone)
        advance(&g, INT64_MAX, true);
    for (uint32_t i = 0; i < g.ring.n; i++)
        left[i] = g.ring.d[(g.ring.from + i) % RING].key;
    const char *result = is_gone ? "hangup" : words[g.c.result], *value = hl__json_text(hl__json_get(want, "value"));
    hl_test_ok(strcmp(result, hl__json_text(hl__json_get(want, "result"))) == 0, "%s: %s", name, result);
    hl_test_ok(g.o.at == number(want, "at", 0) * MS, "%s: at %lld ms", name, (long long)g.o.at / MS);
    hl_test_ok(!value || strcmp(value, g.c.value) == 0, "%s: value %s", name, g.c.value);
    hl_test_ok(strcmp(left, hl__json_text(hl__json_get(want, "left"))) == 0, "%s: left \"%s\"", name, left);
    hl_test_ok(strcmp(g.o.prompt, hl__json_text(hl__json_get(want, "prompt"))) == 0, "%s: prompt %s", name, g.o.prompt);
    if (is_gone)
        assert_true(hl__collect_timer(&g.c) == INT64_MAX);
}

static void the_48_cases_of_the_vector_hold(void **state)
{
    size_t len;
    char *text = hl_test_vector("dtmf.json", &len);
    hl__err err;
    hl__json *doc = hl__json_read(text, len, &err);
    hl__json *cases = hl__json_get(hl__json_get(doc, "collect"), "cases");
    (void)state;
    assert_int_equal(hl__json_size(cases), 48);
    for (size_t i = 0; i < hl__json_size(cases); i++)
        one_case(hl__json_at(cases, i));
    hl__json_free(doc);
}

/* Laws. */

typedef struct press { char key; hl_time at; } press;

static void law(bool ok, const char *what, uint64_t seed, const rule *r)
{
    if (!ok)
        hl_test_ok(0, "%s (seed %llu, min %u max %u keys %u term \"%s\" first %lld inter %lld barge %d)", what,
                   (unsigned long long)seed, r->min, r->max, r->n, r->term, (long long)r->first_ms,
                       (long long)r->inter_ms,
                   r->barge);
}

static void random_rule(hl__rand *x, rule *r, const char **keys)
{
    static const char *const some[] = { "1", "12", "123", "2", "0", "*", "#", "99", "4", "45" };
    static const char *const terms[] = { "", "#", "*#", "#" };

    *r = (rule){ .keys = keys, .first_ms = 1 + hl__rand_below(x, 6000), .inter_ms = 1 + hl__rand_below(x, 3000),
        .term_wait_ms = hl__rand_below(x, 3) ? 0 : 1000, .barge = hl__rand_below(x, 2), .flush = hl__rand_below(x,
            8) == 0,
        .empty_ok = hl__rand_below(x, 4) == 0 };
    if (hl__rand_below(x, 2)) {
        for (size_t i = 0; i < HL__COUNT(some); i++)
            if (hl__rand_below(x, 2))
                keys[r->n++] = some[i];
    }
    r->min = hl__rand_below(x, 5);
    r->max = r->min + hl__rand_below(x, 4) + (r->min == 0);
    r->total_ms = hl__rand_below(x, 4) ? 30000 : 1 + hl__rand_below(x, 8000);
    hl__copy(r->term, sizeof(r->term), terms[hl__rand_below(x, 4)]);
}

/* The slow second opinion on a value: is it one that the rule wants? */
static bool is_wanted(const rule *r, const char *value)
{
    if (!r->n)
        return strlen(value) >= r->min && strlen(value) <= r->max;
    for (uint32_t i = 0; i < r->n; i++)
        if (strcmp(r->keys[i], value) == 0)
            return true;
    return false;
}

static void check_value(const rig *g, const rule *r, uint64_t seed)
{
    const collector *c = &g->c;
    size_t len = strlen(c->value);
    bool is_empty_ok = r->empty_ok && len == 0 && c->taken == 1;

    law(c->result != C_OK || is_empty_ok || is_wanted(r, c->value), "ok only for what is wanted", seed, r);
    law(strncmp(c->took, c->value, len) == 0 || c->result != C_OK, "the value is the digits pressed, in order", seed,
        r);
    law(c->taken <= len + 1, "at most one terminator or wrong key is used up besides the value", seed, r);
    law(c->result != C_NOINPUT || len == 0, "no noinput after a digit", seed, r);
}

static void one_random_try(uint64_t seed)
{
    static const char digits[] = "0123459*#";
    const char *keys[16];
    hl__rand x;
    rule r;
    rig g = { .prompt_end = INT64_MAX };
    hl_time now = 0, heard = 0, first = INT64_MAX;
    uint32_t pressed = 0;

    hl__rand_init(&x, (int64_t)seed, 1, 0);
    random_rule(&x, &r, keys);
    for (uint32_t i = hl__rand_below(&x, 3); i > 0; i--, pressed++)
        hl__ring_key(&g.ring, digits[hl__rand_below(&x, sizeof(digits) - 1)], -(hl_time)hl__rand_below(&x, 12000) * MS);
    heard = hl__rand_below(&x, 3) ? (hl_time)hl__rand_below(&x, 5000) * MS : 0;
    hl__collect_begin(&g.c, &g.ring, &r, 0, heard > 0);
    if (!g.c.is_skipped && heard > 0)
        g.prompt_end = heard;
    look(&g, 0);
    for (uint32_t n = hl__rand_below(&x, 9); n > 0; n--) {
        now += (hl_time)hl__rand_below(&x, 4000) * MS;
        advance(&g, now, false);
        bool was_over = g.is_over, was_prompt = g.prompt_end != INT64_MAX;
        hl__collect_digit(&g.c, &g.ring, digits[hl__rand_below(&x, sizeof(digits) - 1)], now);
        pressed++;
        first = first == INT64_MAX && !was_over ? now : first;
        law(!was_prompt || r.barge || !g.c.stops_prompt, "barge off hears the prompt out", seed, &r);
        look(&g, now);
        law(was_over || !g.is_over || g.o.at == now, "a leaf fires in its step", seed, &r);
        law(g.is_over || g.c.len == 0 || g.c.first_at == INT64_MAX, "no first_ms after a digit", seed, &r);
    }
    advance(&g, INT64_MAX, true);
    law(g.is_over, "every try ends", seed, &r);
    law(g.o.at <= heard + (r.first_ms + r.total_ms + r.term_wait_ms + r.inter_ms) * MS, "it ends in time", seed, &r);
    law(hl__collect_timer(&g.c) == INT64_MAX, "no timer after the result", seed, &r);
    law(pressed == g.c.taken + g.ring.n + g.ring.lost, "what is not used up is in the ring or counted", seed, &r);
    check_value(&g, &r, seed);
}

static void laws_hold_in_any_order_of_digits_and_timers(void **state)
{
    const char *more = getenv("HL_TEST_LONG");
    uint64_t n = more && *more ? 1000000 : 100000, seed = hl_test_seed() << 24;
    (void)state;
    for (uint64_t i = 0; i < n; i++)
        one_random_try(seed + i);
}

static void the_33rd_digit_drops_the_oldest_and_is_counted(void **state)
{
    keyring ring = { .n = 0 };
    (void)state;
    for (int i = 0; i < 33; i++)
        hl__ring_key(&ring, (char)('0' + i % 10), i);
    assert_int_equal(ring.n, 32);
    assert_int_equal(ring.lost, 1);
    assert_int_equal(ring.d[ring.from].at, 1);
}

static void what_the_table_lacks_changes_nothing(void **state)
{
    static const char *keys[] = { "1", "12" };
    rule r = { .keys = keys, .n = 2, .first_ms = 1000, .inter_ms = 1000, .total_ms = 30000 };
    keyring ring = { .n = 0 };
    collector c = { .state = C_IDLE }, before;
    (void)state;
    hl__collect_begin(&c, &ring, &r, 0, true);
    before = c;
    hl__collect_speech(&c, "1", 5); /* barge off: nothing is taken during the prompt */
    assert_memory_equal(&c, &before, sizeof(c));
    hl__collect_due(&c, &ring, 999999999);
    assert_memory_equal(&c, &before, sizeof(c));
    hl__collect_over(&c, &ring, 10);
    hl__collect_digit(&c, &ring, '1', 20);
    before = c;
    hl__collect_over(&c, &ring, 30);
    assert_memory_equal(&c, &before, sizeof(c));
    hl__collect_end(&c);
    hl__collect_digit(&c, &ring, '2', 40);
    assert_int_equal(ring.n, 1);
    assert_int_equal(c.result, C_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HL_TEST(the_48_cases_of_the_vector_hold), HL_TEST(laws_hold_in_any_order_of_digits_and_timers),
        HL_TEST(the_33rd_digit_drops_the_oldest_and_is_counted), HL_TEST(what_the_table_lacks_changes_nothing),
    };
    return HL_TEST_MAIN(tests);
}
