/* test_scenario.c - whole calls in virtual time, told as text: each file of tests/scenario is a test.
 *
 *   # what it shows
 *   start 2026-09-21T01:00:00Z             the engine's clock
 *   watch contact offer agent leg          kinds of events that are compared
 *   load examples/water/hotline.json       a document, or {...} in the line
 *   SECONDS call NAME FROM TO [manner]     a caller rings; manner: keys K after MS patience MS talk MS
 *   SECONDS press NAME KEYS | hangup NAME | page NAME AGENT [answer|busy|reject|ignore] [after MS] [talk MS]
 *   SECONDS op PAGE OPERATION JSON | cut PAGE | back PAGE | go AGENT available|aux|offline | phone NUMBER [manner]
 *   SECONDS promise NAME customer|agent TRIES GAP_MS   who waits may hang up and is called back
 *   SECONDS hears NAME CLIP                what plays to it now has a clip of that name
 *   SECONDS talks NAME | silent NAME       it hears another party, or nobody
 *   SECONDS end
 *   expect                                 then the events, line by line; HL_TEST_GOLDEN=1 writes them anew
 *
 * Contacts, legs and offers are named by kind and order of appearance. Simulated chance has seed 1. */
#include "hl_test.h"
#include "engine/engine.h"
#include "sim/sim.h"
#include <glob.h>
#include <hotline/acd.h>
#include <stdbool.h>

enum { NAMES = 64, KINDS = 16, LINES = 4000 };

typedef struct story {
    hl_t *hl;
    hl__sim *sim;
    hl_time start;
    const char *file;
    int line;
    char watch[200];
    struct { char name[48]; hl_id id; } known[NAMES]; /* callers' legs, pages' sessions */
    int names;
    struct { hl_id id; int kind, number; } seen[LINES];
    int seen_n, of_kind[KINDS];
    char *got;                   /* events as lines */
    size_t len, room;
} story;

static void say(story *s, const char *fmt, ...) HL__PRINTF(2, 3);
static void say(story *s, const char *fmt, ...)
{
    va_list args;
    int n;

    if (s->room - s->len < 2000) {
        s->room = s->room ? s->room * 2 : 65536;
        s->got = realloc(s->got, s->room);
        assert_non_null(s->got);
    }
    va_start(args, fmt);
    n = vsnprintf(s->got + s->len, s->room - s->len, fmt, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < s->room - s->len);
    s->len += (size_t)n;
}

static void check(story *s, int ok, const char *what, const char *words)
{
    hl_test_ok(ok, "%s:%d: %s: %s", s->file, s->line, what, words);
}

static hl_id known(story *s, const char *name)
{
    for (int i = 0; i < s->names; i++)
        if (strcmp(s->known[i].name, name) == 0)
            return s->known[i].id;
    check(s, 0, "nobody has this name", name);
    return 0;
}

static void know(story *s, const char *name, hl_id id)
{
    for (int i = 0; i < s->names; i++)
        if (strcmp(s->known[i].name, name) == 0) {
            s->known[i].id = id;
            return;
        }
    assert_true(s->names < NAMES);
    hl__copy(s->known[s->names].name, sizeof(s->known[0].name), name);
    s->known[s->names++].id = id;
}

/* "contact 3": ids by kind and order of appearance; queues and agents by name. */
static void say_id(story *s, const char *field, hl_id id)
{
    static const char letters[KINDS] = { [HL_KIND_CONTACT] = 'c', [HL_KIND_LEG] = 'l', [HL_KIND_OFFER] = 'o',
        [HL_KIND_TICKET] = 't', [HL_KIND_PART] = 'p', [HL_KIND_FLOW] = 'f', [HL_KIND_PARTY] = 'y' };
    const char *name = id ? hl__acd_name(s->hl->acd, id) : NULL;
    int kind = hl_kind(id), at = 0;

    if (!id)
        return;
    if (name) {
        say(s, " %s", name);
        return;
    }
    while (at < s->seen_n && s->seen[at].id != id)
        at++;
    if (at == s->seen_n) {
        assert_true(s->seen_n < LINES);
        s->seen[s->seen_n].id = id;
        s->seen[s->seen_n].kind = kind;
        s->seen[s->seen_n++].number = ++s->of_kind[kind];
    }
    say(s, " %s%c%d", field, letters[kind] ? letters[kind] : '?', s->seen[at].number);
}

/* "contact.queued" of CONTACT_QUEUED. */
static const char *event_word(uint32_t type)
{
#define X(name, number, fields) { number, #name },
    static const struct { uint32_t type; const char *name; } all[] = { HL_EVENTS(X) };
#undef X
    static char word_of[40];
    bool dotted = false;

    for (size_t i = 0; i < HL__COUNT(all); i++)
        if (all[i].type == type)
            hl__copy(word_of, sizeof(word_of), all[i].name);
    for (char *c = word_of; *c; c++) {
        if (*c == '_' && !dotted) {
            *c = '.';
            dotted = true;
        }
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    }
    return word_of;
}

static const char *word_for(const hl_event *e)
{
    switch (e->type) {
    case HL_EV_CONTACT_ENDED: return hl__acd_word(HL__WORD_OUTCOME, e->code);
    case HL_EV_OFFER_ENDED: return hl__acd_word(HL__WORD_OFFER, e->code);
    case HL_EV_AGENT_STATE: return hl__acd_word(HL__WORD_AGENT, e->code);
    default: return NULL;
    }
}

static bool is_watched(const story *s, const char *type)
{
    size_t len = strcspn(type, ".");

    for (const char *at = s->watch; *at; at += strcspn(at, " ")) {
        at += strspn(at, " ");
        if (strncmp(at, type, len) == 0 && (at[len] == ' ' || at[len] == 0))
            return true;
    }
    return false;
}

static void say_event(story *s, const hl_event *e)
{
    const char *what = event_word(e->type), *code = word_for(e);

    if (!is_watched(s, what))
        return;
    say(s, "%.3f %s", (double)(e->time - s->start) / 1e6, what);
    say_id(s, "", e->contact);
    if (e->type != HL_EV_OFFER_MADE)
        say_id(s, "", e->leg);
    say_id(s, "", e->queue);
    say_id(s, "", e->agent);
    say_id(s, "", e->ticket);
    if (code)
        say(s, " %s", code);
    else if (e->code)
        say(s, " %d", e->code);
    if (e->type == HL_EV_AGENT_STATE)
        say(s, " %s", hl__acd_word(HL__WORD_WORK, e->detail));
    else if (e->detail)
        say(s, " %d", e->detail);
    if (e->text && e->text[0] && e->type != HL_EV_FLOW_STARTED) /* a hash of the flow's text */
        say(s, " \"%s\"", e->text);
    say(s, "\n");
}

static void drain(story *s)
{
    hl_event e = HL_EVENT_INIT;

    while (hl_next(s->hl, &e) == 1)
        say_event(s, &e);
}

static void advance(story *s, double seconds)
{
    hl_time to = s->start + (hl_time)(seconds * 1e6 + 0.5);
    int n;

    for (;;) {
        n = hl_advance(s->hl, to);
        check(s, n >= 0, "advance", hl_error(s->hl));
        drain(s);
        if (hl_now(s->hl) >= to && n < 16384)
            return;
    }
}

static char *word(char **at)
{
    char *w;

    *at += strspn(*at, " ");
    w = *at;
    *at += strcspn(*at, " ");
    if (**at)
        *(*at)++ = 0;
    return w;
}

static hl__sim_manner manner(story *s, char *text)
{
    hl__sim_manner m = { .how = HL__SIM_ANSWER, .after = { HL__LAW_FIXED, 2000, 0 }, .keys_after = { HL__LAW_FIXED,
        1000, 0 } };

    while (*text) {
        char *w = word(&text);
        if (strcmp(w, "answer") == 0) m.how = HL__SIM_ANSWER;
        else if (strcmp(w, "busy") == 0) m.how = HL__SIM_BUSY;
        else if (strcmp(w, "reject") == 0) m.how = HL__SIM_REJECT;
        else if (strcmp(w, "ignore") == 0) m.how = HL__SIM_IGNORE;
        else if (strcmp(w, "keys") == 0) m.keys = word(&text);
        else if (strcmp(w, "after") == 0) m.after.mean_ms = m.keys_after.mean_ms = strtod(word(&text), NULL);
        else if (strcmp(w, "talk") == 0) m.talk.mean_ms = strtod(word(&text), NULL);
        else if (strcmp(w, "patience") == 0) m.patience.mean_ms = strtod(word(&text), NULL);
        else if (*w) check(s, 0, "no manner", w);
    }
    return m;
}

static void load(story *s, const char *text)
{
    hl_finding f = HL_FINDING_INIT;
    const char *json = text[0] == '{' ? text : hl_test_file(text, NULL);
    int r = hl_load(s->hl, json, strlen(json));

    if (r < 0 && hl_finding_next(s->hl, &f) == 1)
        check(s, 0, f.pointer, f.text);
    check(s, r >= 0, "load", hl_error(s->hl));
}

static int op_of(story *s, const char *name)
{
#define X(text, op, who, args) { text, HL__DO_##op },
    static const struct { const char *text; int op; } ops[] = { HL__OPS(X) };
#undef X
    for (size_t i = 0; i < HL__COUNT(ops); i++)
        if (strcmp(ops[i].text, name) == 0)
            return ops[i].op;
    check(s, 0, "no such operation", name);
    return 0;
}

static hl_id agent(story *s, const char *name)
{
    hl_id id = 0;

    check(s, hl_find(s->hl, HL_KIND_AGENT, name, &id) == 0, "no such agent", name);
    return id;
}

/* In the JSON $offer is the page's open one, $contact the one longest in a queue or in a talk. */
static void op(story *s, char *at)
{
    char of[48], json[1000], *page = word(&at), *name = word(&at), *mark = strchr(at, '$');
    hl_contact c = HL_CONTACT_INIT;
    hl_offer o = HL_OFFER_INIT;

    if (mark && strncmp(mark, "$offer", 6) == 0) {
        snprintf(of, sizeof(of), "%s's agent", page);
        (void)hl_offer_next(s->hl, known(s, of), &o); /* none: 0, which is refused */
        snprintf(json, sizeof(json), "%.*s%lld%s", (int)(mark - at), at, (long long)o.id, mark + 6);
    } else if (mark) {
        (void)hl_contact_next(s->hl, 0, &c);
        snprintf(json, sizeof(json), "%.*s%lld%s", (int)(mark - at), at, (long long)c.id, mark + 8);
    } else {
        snprintf(json, sizeof(json), "%s", at);
    }
    check(s, hl__sim_ask(s->sim, known(s, page), op_of(s, name), json) == 0, name, hl__sim_reply(s->sim));
}

static void call(story *s, char *at)
{
    char *name = word(&at), *from = word(&at), *to = word(&at);
    hl__sim_manner m = manner(s, at);
    hl_id leg = 0;

    check(s, hl__sim_call(s->sim, from, to, &m, &leg) == 0, "call", name);
    know(s, name, leg);
}

static void page(story *s, char *at)
{
    char of[48], *name = word(&at), *who = word(&at);
    hl__sim_manner m = manner(s, at);
    hl_id session = 0;

    check(s, hl__sim_page(s->sim, agent(s, who), &m, &session) == 0, "page", name);
    know(s, name, session);
    snprintf(of, sizeof(of), "%s's agent", name);
    know(s, of, agent(s, who));
}

static void go(story *s, char *at)
{
    char *who = word(&at);
    int r = hl_agent_go(s->hl, agent(s, who), hl__acd_number(HL__WORD_AGENT, word(&at)), NULL);

    check(s, r == 0, "go", hl_error(s->hl));
}

static void promise(story *s, char *at)
{
    const char *name = word(&at), *first = word(&at);
    const hl__leg *leg = hl__leg_of(s->hl->calls, known(s, name));
    hl_promise p = HL_PROMISE_INIT;

    check(s, leg != NULL, name, "has no leg");
    p.mode = strcmp(first, "agent") == 0 ? HL_PROMISE_AGENT_FIRST : HL_PROMISE_CUSTOMER_FIRST;
    p.tries = (int32_t)strtol(word(&at), NULL, 10);
    p.gap_ms = (int32_t)strtol(word(&at), NULL, 10);
    p.note = "about the bill";
    check(s, hl_contact_promise(s->hl, leg->contact, &p) == 0, "promise", hl_error(s->hl));
}

static void phone(story *s, char *at)
{
    char *number = word(&at);
    hl__sim_manner m = manner(s, at);

    check(s, hl__sim_phone(s->sim, number, &m) == 0, "phone", number);
}

static void hears(story *s, char *at)
{
    char *name = word(&at), want[100];
    const char *have = hl__sim_hears(s->sim, known(s, name));

    snprintf(want, sizeof(want), "\t%s\t", word(&at));
    check(s, have && strstr(have, want), want, have ? have : "nothing plays");
}

static void deed(story *s, char *what, char *at)
{
    if (strcmp(what, "call") == 0) call(s, at);
    else if (strcmp(what, "page") == 0) page(s, at);
    else if (strcmp(what, "op") == 0) op(s, at);
    else if (strcmp(what, "go") == 0) go(s, at);
    else if (strcmp(what, "promise") == 0) promise(s, at);
    else if (strcmp(what, "phone") == 0) phone(s, at);
    else if (strcmp(what, "hears") == 0) hears(s, at);
    else if (strcmp(what, "talks") == 0) check(s, hl__sim_talks(s->sim, known(s, at)), at, "hears nobody");
    else if (strcmp(what, "silent") == 0) check(s, !hl__sim_talks(s->sim, known(s, at)), at, "hears somebody");
    else if (strcmp(what, "press") == 0) { char *n = word(&at); check(s, hl__sim_press(s->sim, known(s, n),
        at) == 0, n, at); }
    else if (strcmp(what, "hangup") == 0) check(s, hl__sim_hangup(s->sim, known(s, at)) == 0, at, "is gone already");
    else if (strcmp(what, "cut") == 0) check(s, hl__sim_cut(s->sim, known(s, at)) == 0, at, "is cut already");
    else if (strcmp(what, "back") == 0) check(s, hl__sim_back(s->sim, known(s, at)) == 0, at, "is there already");
    else if (strcmp(what, "load") == 0) load(s, at);
    else if (strcmp(what, "end") != 0) check(s, 0, "no such command", what);
}

static hl_time instant(const char *text)
{
    int y, mo, d, h, mi, sec;

    assert_int_equal(sscanf(text, "%d-%d-%dT%d:%d:%dZ", &y, &mo, &d, &h, &mi, &sec), 6);
    int64_t a = (14 - mo) / 12, yy = y + 4800 - a, mm = mo + 12 * a - 3;
    int64_t day = d + (153 * mm + 2) / 5 + 365 * yy + yy / 4 - yy / 100 + yy / 400 - 32045 - 2440588;
    return ((day * 24 + h) * 3600 + mi * 60 + sec) * (hl_time)HL__SECOND;
}

static void begin(story *s, const char *at)
{
    hl_options opt = HL_OPTIONS_INIT;

    opt.alloc = hl_test_alloc;
    opt.ctx = &hl_test_mem;
    opt.after = -1;
    s->start = instant(at);
    check(s, hl_open_sim(&opt, s->start, &s->hl) == 0, "open", hl_error(NULL));
    s->sim = hl__sim_of(s->hl);
    assert_non_null(s->sim);
    snprintf(s->watch, sizeof(s->watch), "contact offer agent ticket");
}

static void run_line(story *s, char *line)
{
    char *at = line, *first = word(&at), *after;
    double seconds = strtod(first, &after);

    if (first[0] == '#' || first[0] == 0)
        return;
    if (strcmp(first, "start") == 0)
        begin(s, at);
    else if (strcmp(first, "watch") == 0)
        snprintf(s->watch, sizeof(s->watch), "%s", at);
    else if (strcmp(first, "load") == 0)
        load(s, at);
    else if (after != first && !*after) {
        char *what = word(&at);
        advance(s, seconds);
        deed(s, what, at);
        drain(s);
    } else {
        check(s, 0, "no such line", first);
    }
}

static void golden(const char *file, const char *head, const char *got)
{
    FILE *f = fopen(file, "wb");

    assert_non_null(f);
    fprintf(f, "%sexpect\n%s", head, got);
    fclose(f);
}

static void compare(story *s, const char *want, const char *got)
{
    for (int n = s->line + 1;; n++) {
        size_t w = strcspn(want, "\n"), g = strcspn(got, "\n");
        if (w == 0 && g == 0 && !*want && !*got)
            return;
        hl_test_ok(w == g && memcmp(want, got, w) == 0, "%s:%d:\n want %.*s\n have %.*s", s->file, n, (int)w, want,
            (int)g,
                   got);
        want += w + (want[w] != 0);
        got += g + (got[g] != 0);
    }
}

static void tell(void **state)
{
    story *s = calloc(1, sizeof(*s));
    const char *file = *state;
    size_t len;
    char *text = hl_test_file(file, &len), *expect = strstr(text, "\nexpect\n"), *head, *at;

    assert_non_null(s);
    s->file = file;
    hl_test_ok(expect != NULL, "%s has no line \"expect\"", file);
    expect[1] = 0;
    head = strdup(text);
    for (at = text; *at;) {
        char *eol = at + strcspn(at, "\n"), *next = eol + (*eol != 0);
        *eol = 0;
        s->line++;
        run_line(s, at);
        at = next;
    }
    s->line++;
    if (getenv("HL_TEST_GOLDEN"))
        golden(hl_test_path(file), head, s->got ? s->got : "");
    else
        compare(s, expect + 8, s->got ? s->got : "");
    hl_close(s->hl);
    free(head);
    free(s->got);
    free(s);
}

int main(void)
{
    const char *top = getenv("HL_SRC");
    struct CMUnitTest tests[100];
    char pattern[500], names[100][200];
    size_t n = 0;
    glob_t g;

    snprintf(pattern, sizeof(pattern), "%s/tests/scenario/*.txt", top && *top ? top : ".");
    if (glob(pattern, 0, NULL, &g) != 0)
        return 1;
    for (; n < g.gl_pathc && n < 100; n++) {
        const char *base = strrchr(g.gl_pathv[n], '/') + 1;
        snprintf(names[n], sizeof(names[n]), "tests/scenario/%s", base);
        tests[n] = (struct CMUnitTest){ names[n], tell, hl_test_begin, hl_test_end, names[n] };
    }
    globfree(&g);
    return hl_test_main(tests, n);
}
