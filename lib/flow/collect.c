/* collect.c - the digit collector: one try at a menu, a number, a score. Pure: digits and time in, a result out.
 *
 *   PROMPT --over--> FIRST --digit--> MORE --digit--> ... ok, nomatch
 *     |digit, barge    |first_ms        |inter_ms, total_ms: ok if it would do, else nomatch
 *     v                v                v last digit and term_wait_ms: TERM, until the terminator or the time
 *   MORE             noinput
 *
 * A digit that is not used up by a try is in the ring, for the next one, or counted as lost. */
#include "flow/graph.h"
#include <string.h>

enum { S_DIGIT, S_OVER, S_FIRST, S_INTER, S_TOTAL, S_TERM, S_SPEECH };
enum { OLD_US = 10 * HL__SECOND };
typedef struct stimulus { int kind; char key; const char *text; hl_time now; } stimulus;

void hl__ring_key(keyring *ring, char key, hl_time now)
{
    if (ring->n == RING) {
        ring->from = (ring->from + 1) % RING;
        ring->n--;
        ring->lost++;
    }
    ring->d[(ring->from + ring->n++) % RING].key = key;
    ring->d[(ring->from + ring->n - 1) % RING].at = now;
}

static void ring_empty(keyring *ring)
{
    ring->lost += ring->n;
    ring->n = 0;
}

static char ring_take(keyring *ring, hl_time *at)
{
    char key = ring->d[ring->from].key;

    *at = ring->d[ring->from].at;
    ring->from = (ring->from + 1) % RING;
    ring->n--;
    return key;
}

/* What the value would be worth with `more` behind it: is it one that is wanted, could it become one. */
static void judge(const collector *c, char more, bool *accepts, bool *extends)
{
    const rule *r = c->r;
    uint32_t len = c->len + (more ? 1 : 0);

    *accepts = *extends = false;
    if (!r->n) {
        *extends = len < r->max;
        *accepts = len >= r->min && len <= r->max &&
                   (!r->pattern || more || hl__pattern_match(r->pattern, c->value, len));
        return;
    }
    for (uint32_t i = 0; i < r->n; i++) {
        const char *key = r->keys[i];
        if (strncmp(key, c->value, c->len) != 0 || (more && key[c->len] != more))
            continue;
        *accepts |= key[len] == 0;
        *extends |= key[len] != 0;
    }
}

static bool is_terminator(const collector *c, char key)
{
    bool accepts, extends;

    if (!key || !strchr(c->r->term, key))
        return false;
    judge(c, key, &accepts, &extends);
    return !c->r->n || (!accepts && !extends);
}

static void done(collector *c, keyring *ring, int result)
{
    c->result = (uint8_t)result;
    c->state = C_IDLE;
    c->first_at = c->inter_at = c->total_at = INT64_MAX;
    if (result != C_OK) {
        ring_empty(ring);
        c->trail_until = 0;
    }
}

static void start_total(collector *c, hl_time now)
{
    if (c->total_at == INT64_MAX)
        c->total_at = now + c->r->total_ms * HL__US;
}

/* The end of a value that is long enough: its terminator may still come, and is expected for inter_ms. */
static void ok_by_length(collector *c, keyring *ring, hl_time now)
{
    done(c, ring, C_OK);
    c->by_length = true;
    hl__copy(c->trail, sizeof(c->trail), c->r->term);
    c->trail_until = c->trail[0] ? now + c->r->inter_ms * HL__US : 0;
}

static void take(collector *c, char key)
{
    if (c->taken < sizeof(c->took) - 1) {
        c->took[c->taken++] = key;
        c->took[c->taken] = 0;
    }
}

static void terminated(collector *c, keyring *ring)
{
    bool accepts, extends;

    judge(c, 0, &accepts, &extends);
    if (c->len == 0)
        done(c, ring, c->r->empty_ok ? C_OK : C_NOINPUT);
    else
        done(c, ring, accepts ? C_OK : C_NOMATCH);
    c->trail_until = 0;
}

/* Actions. */

static void append(collector *c, keyring *ring, const stimulus *s)
{
    bool accepts, extends;

    c->stops_prompt = c->state == C_PROMPT;
    take(c, s->key);
    start_total(c, s->now);
    c->first_at = INT64_MAX;
    if (is_terminator(c, s->key)) {
        terminated(c, ring);
        return;
    }
    if (c->len < MAX_VALUE)
        c->value[c->len++] = s->key;
    c->value[c->len] = 0;
    judge(c, 0, &accepts, &extends);
    if (!accepts && !extends) {
        done(c, ring, C_NOMATCH);
    } else if (accepts && !extends && c->r->term_wait_ms == 0) {
        ok_by_length(c, ring, s->now);
    } else {
        c->state = accepts && !extends ? C_TERM : C_MORE;
        c->inter_at = s->now + (c->state == C_TERM ? c->r->term_wait_ms : c->r->inter_ms) * HL__US;
    }
}

/* Digits in the ring are as good as pressed now. */
static void feed(collector *c, keyring *ring, hl_time now)
{
    hl_time at;

    while (c->state != C_IDLE && ring->n > 0) {
        char key = ring_take(ring, &at);
        hl__collect_digit(c, ring, key, now);
    }
}

static void keep(collector *c, keyring *ring, const stimulus *s)
{
    (void)c;
    hl__ring_key(ring, s->key, s->now);
}

static void prompt_over(collector *c, keyring *ring, const stimulus *s)
{
    c->state = C_FIRST;
    c->first_at = s->now + c->r->first_ms * HL__US;
    start_total(c, s->now);
    feed(c, ring, s->now);
}

static void silent(collector *c, keyring *ring, const stimulus *s)
{
    (void)s;
    done(c, ring, C_NOINPUT);
}

static void settle(collector *c, keyring *ring, const stimulus *s)
{
    bool accepts, extends;

    (void)s;
    judge(c, 0, &accepts, &extends);
    done(c, ring, accepts ? C_OK : C_NOMATCH);
}

static void late_key(collector *c, keyring *ring, const stimulus *s)
{
    bool is_end = is_terminator(c, s->key);

    if (is_end)
        take(c, s->key);
    done(c, ring, C_OK);
    c->trail_until = 0;
    if (!is_end)
        hl__ring_key(ring, s->key, s->now);
}

static void good(collector *c, keyring *ring, const stimulus *s)
{
    (void)s;
    done(c, ring, C_OK);
}

static void spoken(collector *c, keyring *ring, const stimulus *s)
{
    c->stops_prompt = c->state == C_PROMPT;
    c->len = (uint32_t)hl__copy(c->value, sizeof(c->value), s->text);
    done(c, ring, C_OK);
}

static bool barges(const collector *c) { return c->r->barge; }
static bool waits(const collector *c) { return !c->r->barge; }

static const struct { uint8_t state, stimulus; bool (*guard)(const collector *c);
                      void (*act)(collector *c, keyring *ring, const stimulus *s); } moves[] = {
    { C_PROMPT, S_DIGIT, barges, append }, { C_PROMPT, S_DIGIT, waits, keep }, { C_PROMPT, S_OVER, NULL, prompt_over },
    { C_PROMPT, S_SPEECH, barges, spoken },
    { C_FIRST, S_DIGIT, NULL, append }, { C_FIRST, S_FIRST, NULL, silent }, { C_FIRST, S_TOTAL, NULL, silent },
    { C_FIRST, S_SPEECH, NULL, spoken },
    { C_MORE, S_DIGIT, NULL, append }, { C_MORE, S_INTER, NULL, settle }, { C_MORE, S_TOTAL, NULL, settle },
    { C_TERM, S_DIGIT, NULL, late_key }, { C_TERM, S_INTER, NULL, good }, { C_TERM, S_TOTAL, NULL, good },
};

static void move(collector *c, keyring *ring, const stimulus *s)
{
    for (size_t i = 0; i < HL__COUNT(moves); i++)
        if (moves[i].state == c->state && moves[i].stimulus == s->kind && (!moves[i].guard || moves[i].guard(c))) {
            moves[i].act(c, ring, s);
            return;
        }
}

static bool is_trail(collector *c, char key, hl_time at)
{
    bool accepts, extends;

    if (c->len > 0 || at > c->trail_until || !c->trail_until || !strchr(c->trail, key))
        return false;
    judge(c, key, &accepts, &extends);
    c->trail_until = 0;
    return !c->r->n || (!accepts && !extends);
}

bool hl__collect_trails(collector *c, char key, hl_time now)
{
    if (c->state != C_IDLE || now > c->trail_until || !c->trail_until || !strchr(c->trail, key))
        return false;
    c->trail_until = 0;
    return true;
}

/* What is too old, and the terminator of the value before, do not count as typed ahead. */
static void clean(collector *c, keyring *ring, hl_time now)
{
    hl_time at;

    while (ring->n > 0 && now - ring->d[ring->from].at > OLD_US) {
        (void)ring_take(ring, &at); /* it is lost, and counted */
        ring->lost++;
    }
    if (ring->n > 0 && is_trail(c, ring->d[ring->from].key, ring->d[ring->from].at)) {
        (void)ring_take(ring, &at);
        ring->lost++;
    }
}

void hl__collect_begin(collector *c, keyring *ring, const rule *r, hl_time now, bool has_prompt)
{
    stimulus over = { .kind = S_OVER, .now = now };
    hl_time until = c->trail_until;
    char trail[sizeof(c->trail)];

    memcpy(trail, c->trail, sizeof(trail));
    *c = (collector){ .r = r, .state = C_PROMPT, .trail_until = until };
    memcpy(c->trail, trail, sizeof(trail));
    c->first_at = c->inter_at = c->total_at = INT64_MAX;
    if (r->flush || r->is_secret)
        ring_empty(ring);
    clean(c, ring, now);
    if (!has_prompt) {
        move(c, ring, &over);
    } else if (r->barge && ring->n > 0) {
        c->is_skipped = true;
        c->state = C_FIRST;
        feed(c, ring, now);
    }
}

void hl__collect_digit(collector *c, keyring *ring, char key, hl_time now)
{
    stimulus s = { .kind = S_DIGIT, .key = key, .now = now };

    c->stops_prompt = false;
    if (c->state == C_IDLE)
        hl__ring_key(ring, key, now);
    else if ((c->state == C_PROMPT || c->state == C_FIRST) && is_trail(c, key, now))
        ring->lost++;
    else
        move(c, ring, &s);
}

void hl__collect_over(collector *c, keyring *ring, hl_time now)
{
    stimulus s = { .kind = S_OVER, .now = now };

    c->stops_prompt = false;
    move(c, ring, &s);
}

hl_time hl__collect_timer(const collector *c)
{
    hl_time at = c->first_at < c->inter_at ? c->first_at : c->inter_at;

    if (c->state == C_IDLE)
        return INT64_MAX;
    return c->total_at < at ? c->total_at : at;
}

void hl__collect_due(collector *c, keyring *ring, hl_time now)
{
    stimulus s = { .kind = S_TOTAL, .now = now };

    c->stops_prompt = false;
    if (c->state == C_IDLE || hl__collect_timer(c) > now)
        return;
    if (c->first_at <= now && c->first_at <= c->total_at)
        s.kind = S_FIRST;
    else if (c->inter_at <= now && c->inter_at <= c->total_at)
        s.kind = S_INTER;
    move(c, ring, &s);
}

void hl__collect_speech(collector *c, const char *text, hl_time now)
{
    keyring none = { .n = 0 };
    stimulus s = { .kind = S_SPEECH, .text = text, .now = now };

    c->stops_prompt = false;
    move(c, &none, &s); /* a spoken answer empties nothing: it is ok or ignored */
}

void hl__collect_end(collector *c)
{
    c->state = C_IDLE;
    c->first_at = c->inter_at = c->total_at = INT64_MAX;
}
