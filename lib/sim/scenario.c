/* scenario.c - the scenario's document: every value is checked, every name must be known, each fault has its place. */
#include "sim/scenario.h"
#include <stdio.h>
#include <string.h>

enum { STREAMS_MOST = 1000, SLOTS_MOST = 1440 };
static const char *const channels[] = { "voice", "chat", "email", "task", NULL };

/* A list of objects of at most `most`: room for them, the first count. 0 or HL_ENOMEM. */
static int list_of(const hl__jcheck *c, const char *key, size_t most, void *out, size_t size)
{
    const hl__json *list = hl__jlist(c, key);
    size_t n = hl__json_size(list);
    hl__place at = { c->at, key, 0 };
    void *made;

    if (n > most)
        hl__error(c->f, c->code, &at, "%zu of them; at most %zu are possible", n, most);
    if (!list || n == 0 || n > most)
        return 0;
    if (!(made = hl__alloc_array(c->f->mem, n, size)))
        return HL_ENOMEM;
    memcpy(out, &made, sizeof(made));
    return (int)n;
}

static void unknown_queue(hl_t *hl, const hl__jcheck *c, const hl__place *at, const char *name)
{
    char near[64] = "";
    hl_queue row = HL_QUEUE_INIT;
    int best = 1 + (int)strlen(name) / 3;

    while (hl__acd_queue_next(hl->acd, &row) > 0) {
        int d = hl__distance(row.name, name);
        if (d <= best) {
            best = d - 1;
            hl__copy(near, sizeof(near), row.name);
        }
    }
    hl__error(c->f, HL__SIM_NAME, at, "there is no queue \"%s\"%s%s%s", name, near[0] ? "; did you mean \"" : "", near,
              near[0] ? "\"?" : "");
}

/* The desk of a queue, made when it is met first. -1: no such queue; HL_ENOMEM. */
static int desk_of(hl_t *hl, const hl__jcheck *c, const hl__place *at, const char *name, hl__scenario *s)
{
    hl_id queue = hl__acd_queue_find(hl->acd, name);
    hl__counter *more;

    if (!queue) {
        unknown_queue(hl, c, at, name);
        return -1;
    }
    for (uint32_t i = 0; i < s->desks; i++)
        if (s->desk[i].queue == queue)
            return (int)i;
    if (!(more = hl__realloc(s->mem, s->desk, (s->desks + 1) * sizeof(*more))))
        return HL_ENOMEM;
    s->desk = more;
    more[s->desks] = (hl__counter){ .queue = queue, .name = hl__strdup(s->mem, name) };
    return more[s->desks].name ? (int)s->desks++ : HL_ENOMEM;
}

static void read_numbers(const hl__jcheck *c, const char *key, double *out, size_t n)
{
    const hl__json *list = hl__jlist(c, key);
    hl__place at = { c->at, key, 0 };

    for (size_t i = 0; list && i < n; i++) {
        const hl__json *v = hl__json_at(list, i);
        hl__place item = { &at, NULL, i };
        bool is_number = hl__json_type(v) == HL__JINT || hl__json_type(v) == HL__JREAL;
        out[i] = hl__json_real(v);
        if (!is_number || !(out[i] >= 0 && out[i] <= 1e9))
            hl__error(c->f, c->code, &item, "a share is a number, 0 or more");
    }
}

static int read_shape(const hl__jcheck *c, hl__stream *a)
{
    hl__place shape = { c->at, "shape", 0 }, week = { c->at, "weekday", 0 };
    const hl__json *list = hl__jlist(c, "shape"), *days = hl__jlist(c, "weekday");
    size_t n = list ? hl__json_size(list) : 1;
    double sum = 0;

    for (int i = 0; i < 7; i++)
        a->weekday[i] = 1;
    if (days && hl__json_size(days) != 7)
        hl__error(c->f, c->code, &week, "a week has seven days, Monday first; here are %zu", hl__json_size(days));
    else
        read_numbers(c, "weekday", a->weekday, 7);
    if (n < 1 || n > SLOTS_MOST || HL__DAY_MS % n != 0) {
        hl__error(c->f, c->code, &shape, "a day has 1 to %d equal slots of whole ms; here are %zu", SLOTS_MOST, n);
        return 0;
    }
    if (!(a->shape = hl__alloc_array(c->f->mem, n, sizeof(*a->shape))))
        return HL_ENOMEM;
    a->slots = (uint32_t)n;
    a->shape[0] = 1;
    read_numbers(c, "shape", a->shape, n);
    for (size_t i = 0; i < n; i++)
        sum += a->shape[i];
    if (list && sum <= 0)
        hl__error(c->f, c->code, &shape, "one slot at least is above 0");
    for (size_t i = 0; i < n && sum > 0; i++)
        a->shape[i] *= (double)n / sum;
    return 0;
}

static int read_texts(hl_t *hl, const hl__jcheck *c, const hl__scenario *s, hl__stream *a)
{
    const char *need = hl__jtext(c, "need", 4096, NULL);
    const hl__json *data = hl__jobject(c, "data");
    hl__place at = { c->at, "need", 0 };
    hl_estimate e = HL_ESTIMATE_INIT;
    hl__err *before = hl->core.err, err = { 0 };
    hl__buf b;
    int r = 0;

    if (need && need[0]) {
        if (!(a->need = hl__strdup(c->f->mem, need)))
            return HL_ENOMEM;
        hl->core.err = &err;
        r = s->desks ? hl__acd_estimate(hl->acd, s->desk[a->desk].queue, need, &e) : 0;
        hl->core.err = before;
        if (r == HL_ENOMEM)
            return r;
        if (r < 0)
            hl__error(c->f, HL__SIM_NAME, &at, "%s", err.words);
    }
    if (!data)
        return 0;
    hl__buf_init(&b, c->f->mem);
    r = hl__json_canonical(&b, data);
    if (r >= 0 && !b.failed && !(a->data = hl__strdup(c->f->mem, b.data)))
        r = HL_ENOMEM;
    r = b.failed ? HL_ENOMEM : r;
    hl__buf_free(&b);
    return r < 0 ? r : 0;
}

static int read_stream(hl_t *hl, const hl__jcheck *c, hl__scenario *s, hl__stream *a)
{
    const char *queue = hl__jtext(c, "queue", 255, NULL);
    hl__place at = { c->at, "queue", 0 }, later = { c->at, "flow", 0 }, per_day = { c->at, "per_day", 0 };
    int r;

    hl__jknown(c, "queue channel per_day weekday shape day_shape data need credit_ms flow");
    if (hl__json_get(c->j, "flow"))
        hl__error(c->f, HL__SIM_LATER, &later, "arrivals come to a queue in this build, not to a flow");
    if (!queue)
        hl__error(c->f, c->code, &at, "to which queue do they come?");
    else if ((r = desk_of(hl, c, &at, queue, s)) >= 0)
        a->desk = (uint32_t)r;
    else if (r == HL_ENOMEM)
        return r;
    if (!hl__json_get(c->j, "per_day"))
        hl__error(c->f, c->code, &per_day, "how many come on a day?");
    a->per_day = hl__jreal(c, "per_day", 0, 1e8, 0);
    a->day_shape = hl__jreal(c, "day_shape", 0, 1e9, 0);
    a->channel = hl__jword(c, "channel", channels, HL_CHANNEL_VOICE);
    a->credit_ms = (int32_t)hl__jint(c, "credit_ms", -86400000, 86400000, 0);
    if ((r = read_shape(c, a)) < 0)
        return r;
    return read_texts(hl, c, s, a);
}

static int read_streams(hl_t *hl, const hl__jcheck *c, hl__scenario *s)
{
    hl__place at = { c->at, "arrivals", 0 };
    const hl__json *list = hl__json_get(c->j, "arrivals");
    int n = list_of(c, "arrivals", STREAMS_MOST, &s->stream, sizeof(*s->stream)), r = 0;

    if (n == 0 && !c->f->errors && !s->is_changes)
        hl__error(c->f, c->code, &at, "somebody must call: a list of arrivals is wanted");
    s->streams = n > 0 ? (uint32_t)n : 0;
    for (uint32_t i = 0; i < s->streams && r >= 0; i++) {
        hl__place item = { &at, NULL, i };
        hl__jcheck in = { c->f, hl__json_at(list, i), &item, c->code };
        if (hl__json_type(in.j) != HL__JOBJECT)
            hl__error(c->f, c->code, &item, "arrivals are an object with queue and per_day");
        else
            r = read_stream(hl, &in, s, &s->stream[i]);
    }
    return n < 0 ? n : r;
}

/* "service" and "patience": a law by queue. */
static int read_laws(hl_t *hl, const hl__jcheck *c, const char *key, size_t where, hl__scenario *s)
{
    hl__place at = { c->at, key, 0 };
    hl__jcheck in = { c->f, hl__jobject(c, key), &at, c->code };
    int r = 0;

    for (void *it = hl__json_iter(in.j); it && r >= 0; it = hl__json_iter_next(in.j, it)) {
        const char *name = hl__json_iter_key(it);
        hl__place item = { &at, name, 0 };
        if ((r = desk_of(hl, c, &item, name, s)) >= 0)
            r = hl__dist_mix_read(s->mem, &in, name, (hl__dist_mix *)(void *)((char *)&s->desk[r] + where));
        r = r == -1 ? 0 : r;
    }
    return r < 0 ? r : 0;
}

static void check_service(const hl__jcheck *c, const hl__scenario *s)
{
    for (uint32_t i = 0; i < s->streams && c->f->errors == 0; i++) {
        const hl__counter *d = &s->desk[s->stream[i].desk];
        hl__place all = { c->at, "service", 0 }, at = { &all, d->name, 0 };
        if (d->service.law.kind == HL__DIST_none)
            hl__error(c->f, c->code, &at, "how long do agents of queue \"%s\" work on a contact?", d->name);
    }
}

static int read_mishaps(const hl__jcheck *c, hl__scenario *s)
{
    static const char *const what[] = { "agent_lost", "trunk_lost", NULL };
    const hl__json *list = hl__json_get(c->j, "faults");
    hl__place at = { c->at, "faults", 0 };
    int n = list_of(c, "faults", 1000, &s->mishap, sizeof(*s->mishap));

    s->mishaps = n > 0 ? (uint32_t)n : 0;
    for (uint32_t i = 0; i < s->mishaps; i++) {
        hl__place item = { &at, NULL, i };
        hl__jcheck in = { c->f, hl__json_at(list, i), &item, c->code };
        hl__mishap *m = &s->mishap[i];
        if (hl__json_type(in.j) != HL__JOBJECT) {
            hl__error(c->f, c->code, &item, "a fault is an object with at_ms, what, share, for_ms");
            continue;
        }
        hl__jknown(&in, "at_ms what share for_ms");
        m->what = hl__jword(&in, "what", what, HL__FAULT_agent_lost);
        m->at_ms = hl__jint(&in, "at_ms", 0, (int64_t)HL__DAYS_MOST * HL__DAY_MS, 0);
        m->for_ms = hl__jint(&in, "for_ms", 1, (int64_t)HL__DAYS_MOST * HL__DAY_MS, 60000);
        m->share = hl__jreal(&in, "share", 0, 1, 1);
    }
    return n < 0 ? n : 0;
}

/* "2026-09-21" or "2026-09-21T08:30". */
static void read_start(const hl__jcheck *c, hl__scenario *s)
{
    const char *text = hl__jtext(c, "start", 16, NULL);
    hl__place at = { c->at, "start", 0 };
    hl_local *l = &s->start;
    char tail = 0;
    int n;

    *l = (hl_local)HL_LOCAL_INIT;
    if (!text)
        return;
    n = sscanf(text, "%4d-%2d-%2dT%2d:%2d%c", &l->year, &l->month, &l->day, &l->hour, &l->minute, &tail);
    s->has_start = true;
    if ((n != 3 && n != 5) || l->year < 1970 || l->year > 9000 || l->month < 1 || l->month > 12 || l->day < 1 ||
        l->day > 31 || l->hour < 0 || l->hour > 23 || l->minute < 0 || l->minute > 59)
        hl__error(c->f, c->code, &at, "a day is written 2026-09-21, a time on it 2026-09-21T08:30");
}

/* The zone of the first queue's settings unless the scenario has its own. */
static int read_zone(hl_t *hl, const hl__jcheck *c, hl__scenario *s)
{
    const char *zone = hl__jtext(c, "zone", 255, NULL);
    const hl__object *o = s->desks ? hl__object_find(hl, HL_KIND_QUEUE, s->desk[0].name) : NULL;
    hl__place at = { c->at, "zone", 0 };
    hl_local local = HL_LOCAL_INIT;
    hl__json *settings = !zone && o && o->canon ? hl__json_read(o->canon, strlen(o->canon), NULL) : NULL;

    if (!zone)
        zone = hl__json_text(hl__json_get(settings, "zone"));
    if (zone && hl__zone_local(hl->calendars, zone, hl->core.now, &local) < 0)
        hl__error(c->f, HL__SIM_NAME, &at, "there is no time zone \"%s\"", zone);
    if (zone)
        s->zone = hl__strdup(s->mem, zone);
    hl__json_free(settings);
    return zone && !s->zone ? HL_ENOMEM : 0;
}

static int read_all(hl_t *hl, const hl__jcheck *c, hl__scenario *s)
{
    hl__place leads = { c->at, "leads", 0 };
    int r;

    hl__jknown(c, "start zone days seed warmup_ms arrivals service patience agents leads faults");
    if (hl__json_get(c->j, "leads"))
        hl__error(c->f, HL__SIM_LATER, &leads, "outbound campaigns are not in this build");
    read_start(c, s);
    s->days = (uint32_t)hl__jint(c, "days", 1, HL__DAYS_MOST, 1);
    s->seed = hl__jint(c, "seed", 1, INT64_C(1) << 53, (int64_t)hl__seed_of(hl));
    s->warmup_ms = hl__jint(c, "warmup_ms", 0, (int64_t)HL__DAYS_MOST * HL__DAY_MS, 0);
    if ((r = hl__crews_read(hl, c, s)) < 0 || (r = read_mishaps(c, s)) < 0)
        return r;
    if (c->f->errors == 0 && (r = hl__crews_make(hl, c, s)) < 0)
        return r;
    if ((r = read_streams(hl, c, s)) < 0 ||
        (r = read_laws(hl, c, "service", offsetof(hl__counter, service), s)) < 0 ||
        (r = read_laws(hl, c, "patience", offsetof(hl__counter, patience), s)) < 0 || (r = read_zone(hl, c, s)) < 0)
        return r;
    check_service(c, s);
    return 0;
}

int hl__scenario_desk(hl_t *hl, hl__scenario *s, const char *queue)
{
    hl_id id = hl__acd_queue_find(hl->acd, queue);
    hl__counter *more;

    for (uint32_t i = 0; i < s->desks; i++)
        if (s->desk[i].queue == id)
            return 0;
    if (!id)
        return HL_ENOENT;
    if (!(more = hl__realloc(s->mem, s->desk, (s->desks + 1) * sizeof(*more))))
        return HL_ENOMEM;
    s->desk = more;
    more[s->desks] = (hl__counter){ .queue = id, .name = hl__strdup(s->mem, queue) };
    if (!more[s->desks].name)
        return HL_ENOMEM;
    s->desks++;
    return 0;
}

int hl__scenario_read(hl_t *hl, const char *json, size_t len, hl__findings *f, hl__scenario *out)
{
    hl__scenario s = { .mem = &hl->mem, .is_changes = out->is_changes };
    hl__json *doc = NULL;
    int r = hl__json_parse(f, json, len, &doc);

    if (r >= 0 && hl__json_type(doc) != HL__JOBJECT)
        hl__error(f, HL__SIM_VALUE, NULL, "a scenario is an object with arrivals, service, agents");
    else if (r >= 0)
        r = read_all(hl, &(hl__jcheck){ f, doc, NULL, HL__SIM_VALUE }, &s);
    hl__json_free(doc);
    if (r >= 0 && (f->errors || f->no_memory))
        r = f->no_memory ? HL_ENOMEM : hl__fail(hl->core.err, HL_EPARSE, "the scenario has %u faults", f->errors);
    if (r < 0)
        hl__scenario_free(&s);
    else
        *out = s;
    return r < 0 ? r : 0;
}

void hl__scenario_free(hl__scenario *s)
{
    for (uint32_t i = 0; i < s->desks; i++) {
        hl__free(s->mem, s->desk[i].name);
        hl__dist_mix_free(s->mem, &s->desk[i].service);
        hl__dist_mix_free(s->mem, &s->desk[i].patience);
    }
    for (uint32_t i = 0; i < s->streams; i++) {
        hl__free(s->mem, s->stream[i].shape);
        hl__free(s->mem, s->stream[i].need);
        hl__free(s->mem, s->stream[i].data);
    }
    for (uint32_t i = 0; i < s->crews; i++) {
        hl__crew *w = &s->crew[i];
        hl__free(s->mem, w->name);
        hl__free(s->mem, w->agent);
        hl__free(s->mem, w->shift);
        hl__dist_free(s->mem, &w->aux);
        hl__dist_free(s->mem, &w->answer);
    }
    hl__free(s->mem, s->desk);
    hl__free(s->mem, s->stream);
    hl__free(s->mem, s->crew);
    hl__free(s->mem, s->mishap);
    hl__free(s->mem, s->zone);
    *s = (hl__scenario){ .mem = s->mem };
}
