/* hotline.c - entry points of hotline.h: life, errors, time, events, documents, names. */
#include "api/enter.h"
#include "config.h"
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

int hl_version(void)
{
    return HL_VERSION_NUM;
}

const char *hl_features(void)
{
    return HL__FEATURES;
}

const char *hl_strerror(int code)
{
    static const struct { int code; const char *words; } list[] = {
#define X(name, number, text) { number, text },
        HL_ERRORS(X)
#undef X
    };

    for (size_t i = 0; i < HL__COUNT(list); i++)
        if (list[i].code == code)
            return list[i].words;
    return code < 0 ? "unknown error" : "no error";
}

const char *hl_error(const hl_t *engine)
{
    hl_t *hl = (hl_t *)engine;
    const char *words = "";
    const hl__desk *desk;

    if (!hl)
        return hl__open_words();
    if (*hl->shell->alive != 1)
        return "this is a forked child";
    pthread_mutex_lock(&hl->shell->lock);
    desk = hl__map_get(&hl->shell->desks, (hl_id)(uintptr_t)pthread_self());
    if (!desk && hl->shell->no_desk)
        words = hl_strerror(HL_ENOMEM);
    pthread_mutex_unlock(&hl->shell->lock);
    return desk ? desk->err.words : words;
}

/* What a signal handler interrupted finds its errno again. */
static void wake_quietly(hl_t *hl)
{
    int before = errno;

    hl__wake(hl);
    errno = before;
}

/* From a signal handler too: no lock; the control thread, or in a simulation the next step, carries it out. */
int hl_stop(hl_t *hl, int drain_ms)
{
    if (!hl || drain_ms < 0)
        return HL_EINVAL;
    if (*hl->shell->alive != 1)
        return HL_ESTATE;
    atomic_store(&hl->shell->stop_ms, drain_ms == INT_MAX ? INT_MAX : drain_ms + 1);
    wake_quietly(hl);
    return 0;
}

int hl_flush(hl_t *hl, int timeout_ms)
{
    hl__store_link store;
    uint64_t number;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    store = hl->store;
    number = hl__batch_now(hl);
    if (!store.wait)
        return hl__leave(hl, 0);
    hl__go_out(hl);
    hl__wake(hl); /* a batch that found no room waits for a turn of the control thread */
    r = store.wait(store.d, number, timeout_ms);
    hl__come_in(hl);
    if (r == HL_ELIMIT)
        (void)hl__fail(hl->core.err, r, "not everything was on disk after %d ms", timeout_ms);
    hl__wake(hl);
    return hl__leave(hl, r);
}

hl_time hl_now(hl_t *hl)
{
    hl_time now;

    if (hl__enter(hl) < 0)
        return 0;
    now = hl->clock ? hl->clock(hl) : hl->core.now;
    (void)hl__leave(hl, 0); /* a reading call cannot fail here */
    return now;
}

/* The next instant at which something happens, at most `to`. */
static hl_time next_instant(hl_t *hl, hl_time to)
{
    hl_time at = hl__due(hl);

    for (uint32_t i = 0; i < hl->drivers; i++) {
        hl_time due = hl->driver[i].due ? hl->driver[i].due(hl->driver[i].d) : INT64_MAX;
        if (due < at)
            at = due;
    }
    return at < to ? at : to;
}

static uint32_t unread_now(hl_t *hl)
{
    uint32_t n;

    pthread_mutex_lock(&hl->shell->lock);
    n = hl__unread(hl);
    pthread_mutex_unlock(&hl->shell->lock);
    return n;
}

static int run_until(hl_t *hl, hl_time to)
{
    uint32_t max = hl->events.max, unread = 0;

    for (;;) {
        hl_time at = next_instant(hl, to);
        for (uint32_t i = 0; i < hl->drivers; i++) {
            const hl__driver *d = &hl->driver[i];
            if (d->step && d->due && d->due(d->d) <= at)
                d->step(d->d, at);
        }
        hl__tick(hl, at);
        unread = unread_now(hl);
        if (unread >= max || (at >= to && next_instant(hl, to + 1) > to))
            return (int)(unread > INT_MAX ? INT_MAX : unread);
    }
}

int hl_advance(hl_t *hl, hl_time to)
{
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if (!hl->sim)
        r = hl__fail(hl->core.err, HL_ESTATE, "a real engine's time passes by itself");
    else if (to < hl->core.now || to > HL__LAST_TIME)
        r = hl__fail(hl->core.err, HL_EINVAL, to < hl->core.now ? "time does not run back"
                                                                : "time ends with the year 9999");
    else if (hl->shell->advancing)
        r = hl__fail(hl->core.err, HL_ESTATE, "another thread is in hl_advance()");
    if (r < 0)
        return hl__leave(hl, r);
    hl__shell_stop(hl); /* an hl_stop() counts from here */
    hl->shell->advancing = true;
    hl__go_out(hl);
    r = run_until(hl, to);
    hl__come_in(hl);
    hl->shell->advancing = false;
    return hl__leave(hl, r);
}

int hl_fd(hl_t *hl)
{
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    r = hl->sim ? hl__fail(hl->core.err, HL_ESTATE, "a simulation has no descriptor") : hl->shell->fd;
    return hl__leave(hl, r);
}

/* Waits without the lock for `changed`; false when the time is over. */
static bool wait_changed(hl__shell *sh, const struct timespec *until)
{
    return (until ? pthread_cond_timedwait(&sh->changed, &sh->lock, until)
                  : pthread_cond_wait(&sh->changed, &sh->lock)) == 0;
}

/* The number unread, once there are some; HL_ESTATE: the engine is closed. */
static int poll_inside(hl_t *hl, int timeout_ms)
{
    hl__shell *sh = hl->shell;
    struct timespec at;
    const struct timespec *until = timeout_ms < 0 ? NULL : &at;

    hl__until(timeout_ms < 0 ? 0 : timeout_ms, &at);
    sh->desk = NULL;
    hl->core.err = &hl->scratch;
    while (!sh->closing && hl__unread(hl) == 0 && atomic_load(&sh->wakes) == 0)
        if (!wait_changed(sh, until))
            break;
    hl__at_desk(hl);
    if (sh->closing)
        return hl__fail(hl->core.err, HL_ESTATE, "the hotline is being closed");
    if (atomic_load(&sh->wakes) > 0)
        atomic_fetch_sub(&sh->wakes, 1);
    return (int)hl__unread(hl);
}

int hl_poll(hl_t *hl, int timeout_ms)
{
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if (hl->sim)
        r = hl__fail(hl->core.err, HL_ESTATE, "in a simulation hl_advance() tells how many wait");
    else
        r = poll_inside(hl, timeout_ms);
    return hl__leave(hl, r);
}

/* Waits for events and passes over them: 1 when the hotline has stopped. */
static int run_once(hl_t *hl)
{
    hl_event gap;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if (hl->state == HL__STOPPED)
        r = 1;
    else
        r = poll_inside(hl, -1) < 0 ? HL_ESTATE : 0;
    while (r >= 0 && hl__event_take(hl, &gap))
        continue;
    if (r >= 0 && hl->events.cursor < hl->events.first && hl->events.cursor <= hl->events.durable)
        hl->events.cursor = hl->events.first; /* those that left memory are passed over in the store */
    if (r >= 0 && hl__unread(hl) == 0)
        hl->readable(hl, false);
    return hl__leave(hl, r);
}

int hl_run(hl_t *hl)
{
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if (hl->sim)
        return hl__leave(hl, hl__fail(hl->core.err, HL_ESTATE, "a simulation is driven by hl_advance()"));
    (void)hl__leave(hl, 0); /* a reading call cannot fail here */
    do {
        r = run_once(hl);
    } while (r == 0);
    return r < 0 ? r : 0;
}

int hl_wake(hl_t *hl)
{
    if (!hl)
        return HL_EINVAL;
    if (*hl->shell->alive != 1)
        return HL_ESTATE;
    atomic_fetch_add(&hl->shell->wakes, 1);
    wake_quietly(hl); /* from a signal handler no lock may be taken: the control thread broadcasts in its turn */
    return 0;
}

/* 1, with the row filled; HL_ENOMEM: its texts found no room, the row is as it was. */
static int keep_event(hl_t *hl, const hl_event *from, hl_event *row)
{
    hl_event ev = *from;

    ev.text = hl__keep(hl, from->text);
    ev.data = hl__keep(hl, from->data);
    if (hl->shell->desk->failed)
        return HL_ENOMEM;
    hl__row_out(row, &ev, sizeof(ev));
    return 1;
}

static int visit_event(void *ctx, int table, const hl__value *row, uint32_t n)
{
    hl__batch *b = ctx;
    int r = hl__batch_row(b, HL__OP_ADD, table, row, n);

    return r < 0 ? r : 1;
}

/* The first event after `seq` from the store, read without the lock: 1 with the row filled, 0, or an error. */
static int event_from_store(hl_t *hl, hl_seq seq, hl_event *row)
{
    hl__value from = { .type = HL__INT }, to = { .type = HL__INT };
    hl__scan q = { .table = HL__TABLE_EV, .from = &from, .nfrom = 1, .to = &to, .nto = 1, .limit = 1 };
    const hl__store_link store = hl->store;
    hl__batch *copy = NULL;
    hl__visit v = { visit_event, NULL };
    size_t at = 0;
    hl_event ev = HL_EVENT_INIT;
    hl__op op;
    int r = hl__batch_new(&hl->mem, 0, &copy);

    if (r < 0)
        return r;
    from.u.i = seq;
    to.u.i = hl->events.durable;
    v.ctx = copy;
    hl__go_out(hl);
    r = store.scan(store.d, &q, &v);
    hl__come_in(hl);
    if (r > 0 && hl__batch_next(copy, &at, &op) == 1) {
        hl__event_of_row(op.v, &ev);
        r = keep_event(hl, &ev, row);
    }
    hl__batch_free(copy);
    return r;
}

/* The oldest unread one has left memory. It is this caller's before the lock is given up; an error gives it back. */
static int next_from_store(hl_t *hl, hl_event *row)
{
    hl_seq mine = hl->events.cursor++;
    int r = event_from_store(hl, mine - 1, row);

    if (r == 1 && row->seq >= hl->events.cursor)
        hl->events.cursor = row->seq + 1;
    else if (r < 0 && hl->events.cursor == mine + 1)
        hl->events.cursor = mine;
    return r;
}

static int next_from_memory(hl_t *hl, hl_event *row)
{
    hl_event gap;
    const hl_event *ev = hl__event_take(hl, &gap);
    int r = ev ? keep_event(hl, ev, row) : 0;

    if (r < 0)
        hl->events.cursor = ev->seq; /* a gap has no texts that could fail */
    return r;
}

int hl_next(hl_t *hl, hl_event *row)
{
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) < 0)
        return hl__leave(hl, r);
    if (hl->store.scan && hl->events.cursor < hl->events.first && hl->events.cursor <= hl->events.durable)
        r = next_from_store(hl, row);
    else
        r = next_from_memory(hl, row);
    if (hl__unread(hl) == 0)
        hl->readable(hl, false);
    return hl__leave(hl, r);
}

int hl_event_next(hl_t *hl, hl_event *row)
{
    const hl_event *ev;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) < 0)
        return hl__leave(hl, r);
    if (row->seq < 0)
        r = hl__fail(hl->core.err, HL_EINVAL, "%lld is no event's number", (long long)row->seq);
    else if (row->seq >= hl->events.durable)
        r = 0;
    else if ((ev = hl__event_at(hl, row->seq + 1)))
        r = keep_event(hl, ev, row);
    else if (hl->store.scan)
        r = event_from_store(hl, row->seq, row);
    else
        r = hl__fail(hl->core.err, HL_ENOENT, "the oldest event kept is %lld", (long long)hl->events.first);
    return hl__leave(hl, r);
}

static int document(hl_t *hl, const char *json, size_t len, bool load)
{
    int r = load ? hl__enter_command(hl, false) : hl__enter(hl);

    if (r < 0)
        return r;
    if (!json)
        return hl__leave(hl, hl__fail(hl->core.err, HL_EINVAL, "no document was given"));
    if (len == 0)
        len = strlen(json);
    hl__findings_clear(hl__desk_findings(hl));
    if (len > 64u << 20)
        r = hl__fail(hl->core.err, HL_ELIMIT, "a document has at most 64 MiB");
    else if (load)
        r = hl__load(hl, json, len, hl__desk_findings(hl));
    else
        r = hl__check(hl, json, len, hl__desk_findings(hl));
    return hl__leave(hl, r);
}

int hl_load(hl_t *hl, const char *json, size_t len)
{
    return document(hl, json, len, true);
}

int hl_check(hl_t *hl, const char *json, size_t len)
{
    return document(hl, json, len, false);
}

int hl_finding_next(hl_t *hl, hl_finding *row)
{
    const hl__finding *f;
    hl_finding out = HL_FINDING_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) < 0)
        return hl__leave(hl, r);
    if (row->id < 0 || row->id > INT32_MAX)
        return hl__leave(hl, hl__fail(hl->core.err, HL_EINVAL, "findings are numbered 1, 2, 3 ..."));
    if ((f = hl__findings_at(hl__desk_findings(hl), (uint32_t)row->id))) {
        out.id = row->id + 1;
        out.level = f->level;
        out.code = f->code;
        out.line = f->line;
        out.column = f->column;
        out.length = f->length;
        out.pointer = hl__keep(hl, f->pointer ? f->pointer : "");
        out.text = hl__keep(hl, f->text ? f->text : "");
        if (!hl->shell->desk->failed)
            hl__row_out(row, &out, sizeof(out));
        r = 1;
    }
    return hl__leave(hl, r);
}

int hl_dump(hl_t *hl, const char *section, const char **out)
{
    const char *text;
    hl__buf b;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if (!out)
        return hl__leave(hl, hl__fail(hl->core.err, HL_EINVAL, "no place for the text was given"));
    if ((r = hl__text_in(hl, section, 255, "the section's name")) < 0)
        return hl__leave(hl, r);
    hl__buf_init(&b, &hl->mem);
    r = hl__dump(hl, section, &b);
    if (r >= 0 && (text = hl__keep(hl, b.data)))
        *out = text;
    hl__buf_free(&b);
    return hl__leave(hl, r);
}

int hl_kind(hl_id id)
{
    int kind = HL__KIND(id);

    return id > 0 && id < INT64_C(1) << 53 && id >> 4 && kind >= HL_KIND_QUEUE && kind <= HL_KIND_PART ? kind : 0;
}

int hl_find(hl_t *hl, int kind, const char *name, hl_id *out)
{
    const hl__object *o;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if (!name || !out || kind < HL_KIND_QUEUE || kind > HL_KIND_PART)
        return hl__leave(hl, hl__fail(hl->core.err, HL_EINVAL, "a kind, a name and a place for the id are wanted"));
    if ((r = hl__text_in(hl, name, 255, "a name")) < 0)
        return hl__leave(hl, r);
    if ((o = hl__object_find(hl, kind, name)))
        *out = o->id;
    else
        r = hl__fail(hl->core.err, HL_ENOENT, "nothing of kind %d is called \"%s\"", kind, name);
    return hl__leave(hl, r);
}

int hl_object_next(hl_t *hl, int kind, hl_object *row)
{
    const hl__object *o;
    hl_object out = HL_OBJECT_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if (kind < HL_KIND_QUEUE || kind > HL_KIND_PART)
        return hl__leave(hl, hl__fail(hl->core.err, HL_EINVAL, "%d is no HL_KIND_*", kind));
    if ((r = hl__row_ok(hl, row, sizeof(*row))) < 0 || (r = hl__after_ok(hl, row->id, kind)) < 0)
        return hl__leave(hl, r);
    if ((r = hl__object_next(hl, kind, row->id, &o)) == 1) {
        out.kind = kind;
        out.id = o->id;
        out.changed = o->changed;
        out.name = hl__keep(hl, o->name);
        out.title = hl__keep(hl, o->title ? o->title : "");
        if (!hl->shell->desk->failed)
            hl__row_out(row, &out, sizeof(out));
    }
    return hl__leave(hl, r);
}
