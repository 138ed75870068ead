/* engine.c - life of an engine, and the step: time set, room made, news told, batch closed. */
#include "engine/engine.h"
#include <stdio.h>
#include <string.h>

enum { BATCH_ROOM = 64 * 1024, STEP_ROOM = 9 * 1024 };

static hl_id next_id(hl__core *core, int kind)
{
    hl_t *hl = core->engine;

    return HL__ID(++hl->serial, kind);
}

static void add_row(hl__core *core, int op, int table, const hl__value *row, uint32_t n)
{
    hl_t *hl = core->engine;

    if (hl->batch && hl__batch_row(hl->batch, op, table, row, n) < 0)
        hl->count.lost_words++;
}

static const char *lang_of(void *engine, hl_id contact)
{
    hl_t *hl = engine;

    return hl->flows ? hl__flow_lang(hl->flows, contact) : NULL;
}

static const char *refuse_ticket(void *engine)
{
    const hl_t *hl = engine;

    if (!hl->store.state || hl->store.state(hl->store.d) != HL_STORE_FULL)
        return NULL;
    return "the disk is full";
}

static const char *name_of(void *engine, hl_id id)
{
    const hl_t *hl = engine;
    const hl__object *o = hl__map_get(&hl->objects, id);

    return o ? o->name : NULL;
}

static int make_domains(hl_t *hl, const hl_options *opt, hl__zone_bytes *zones)
{
    hl__call_up call = { .ctx = hl };
    hl__acd_up acd = { .ctx = hl };
    struct hl__flow_up flow = { .ctx = hl };
    hl__ticket_up ticket = { hl, refuse_ticket };
    hl__report_up report = { hl, name_of, lang_of };
    int r;

    hl__call_wire(hl, &call);
    hl__acd_wire(hl, &acd);
    hl__flow_wire(hl, &flow);
    if ((r = hl__report_new(&hl->core, &report, 1000, &hl->report)) < 0)
        return r;
    if ((r = hl__calendars_new(&hl->core, zones, hl, &hl->calendars)) < 0)
        return r;
    if ((r = hl__tickets_new(&hl->core, hl->calendars, &ticket, &hl->tickets)) < 0)
        return r;
    if ((r = hl__flows_new(&hl->core, hl->calendars, &flow, &hl->flows)) < 0)
        return r;
    if ((r = hl__calls_new(&hl->core, &call, opt->max_legs ? opt->max_legs : 20000, &hl->calls)) < 0)
        return r;
    return hl__acd_new(&hl->core, hl->calendars, &acd, &hl->acd);
}

/* In the order in which things are applied: what others name comes first. */
static int make_rooms(hl_t *hl)
{
    hl__section s[16];
    uint32_t n = hl__calendars_sections(hl->calendars, s, HL__COUNT(s));

    n += hl__tickets_sections(hl->tickets, s + n, HL__COUNT(s) - n);
    n += hl__acd_sections(hl->acd, s + n, (uint32_t)HL__COUNT(s) - n);
    n += hl__flows_sections(hl->flows, s + n, (uint32_t)HL__COUNT(s) - n);
    for (uint32_t i = 0; i < n; i++) {
        int r = hl__engine_section(hl, &s[i], -1);
        if (r < 0)
            return r;
    }
    return 0;
}

int hl__engine_new(const hl_options *opt, hl_time now, hl__zone_bytes *zones, hl__err *err, hl_t **out)
{
    hl__mem mem = { .alloc = opt->alloc, .ctx = opt->ctx, .limit = opt->max_memory };
    hl_t *hl = hl__alloc(&mem, sizeof(*hl));
    int r = HL_ENOMEM;

    if (!hl)
        return hl__fail(err, r, "no memory for an engine");
    hl->mem = mem;
    hl->mem.used = mem.used;
    hl->mem.blocks = mem.blocks;
    hl->core = (hl__core){
        .mem = &hl->mem, .now = now, .err = &hl->scratch, .engine = hl, .id = next_id, .emit = hl__emit, .row = add_row
    };
    hl->core.log.level = opt->log_level ? opt->log_level : HL_LOG_INFO;
    hl->max_agents = opt->max_agents ? opt->max_agents : 100000;
    hl->max_contacts = opt->max_contacts ? opt->max_contacts : 1000000;
    hl__rand_init(&hl->core.rand, opt->seed ? opt->seed : 1, 1, 0);
    hl->last = &hl->first;
    hl->sip = hl->media = hl->gateway = hl->seats = -1;
    hl->state = HL__RUNNING;
    hl__map_init(&hl->objects, &hl->mem);
    hl__map_init(&hl->talks, &hl->mem);
    hl__map_init(&hl->sessions, &hl->mem);
    hl__map_init(&hl->pages, &hl->mem);
    hl__map_init(&hl->plays, &hl->mem);
    hl__map_init(&hl->quality, &hl->mem);
    if (opt->files && !(hl->files = hl__strdup(&hl->mem, opt->files)))
        goto out;
    if ((r = hl__events_init(hl, opt->max_events)) < 0)
        goto out;
    if ((r = make_domains(hl, opt, zones)) < 0)
        goto out;
    if ((r = make_rooms(hl)) < 0)
        goto out;
    *out = hl;
    return 0;
out:
    (void)hl__fail(err, r, "no memory for an engine");
    hl__engine_free(hl);
    return r;
}

static void free_pages(hl_t *hl)
{
    hl__session *s;
    hl__talk *t;

    for (uint32_t at = 0; (s = hl__map_at(&hl->sessions, &at));)
        hl__session_free(hl, s);
    for (uint32_t at = 0; (t = hl__map_at(&hl->talks, &at));)
        hl__talk_free(hl, t);
    hl__map_free(&hl->sessions);
    hl__map_free(&hl->pages);
    hl__map_free(&hl->talks);
}

void hl__engine_free(hl_t *hl)
{
    hl__mem mem;

    if (!hl)
        return;
    while (hl->first) {
        hl__request *q = hl->first;
        hl->first = q->next;
        hl__request_free(hl, q);
    }
    hl__acd_free(hl->acd);
    hl__flows_free(hl->flows);
    hl__calls_free(hl->calls);
    hl__tickets_free(hl->tickets);
    hl__calendars_free(hl->calendars);
    hl__report_free(hl->report);
    free_pages(hl);
    hl__plays_free(hl);
    hl__objects_free(hl);
    hl__events_free(hl);
    hl__batch_free(hl->batch);
    hl__ring_free(&hl->mem, hl->sealed);
    hl__free(&hl->mem, hl->files);
    hl__free(&hl->mem, hl->rtc);
    hl__reserve_end(&hl->mem);
    mem = hl->mem; /* it lies in the block that goes */
    hl__free(&mem, hl);
}

/* Memory for a step and a batch with room: what happens in the step does not fail for want of them. Above max_memory a
 * step may go by as much as is set aside; then nobody is let in until something was freed. */
static int make_room(hl_t *hl)
{
    int r;

    if (hl->mem.limit > 0 && atomic_load(&hl->mem.used) > hl->mem.limit)
        return HL_ENOMEM;
    if ((r = hl__events_reserve(hl)) < 0)
        return r;
    if (!hl__reserve_is_whole(&hl->mem) && (r = hl__reserve_begin(&hl->mem, STEP_ROOM, true)) < 0)
        return r;
    if (!hl->store.append)
        return 0;
    if (!hl->batch && (r = hl__batch_new(&hl->mem, 0, &hl->batch)) < 0)
        return r;
    return hl__batch_reserve(hl->batch, BATCH_ROOM);
}

int hl__step_begin(hl_t *hl, hl__err *err)
{
    int r = make_room(hl);

    if (hl->clock) {
        hl_time now = hl->clock(hl);
        if (now > hl->core.now)
            hl->core.now = now;
    }
    hl->core.err = err ? err : &hl->scratch;
    hl->in_step = true;
    hl->count.steps++;
    return r;
}

/* A step that wrote nothing has nothing to wait for: its promises hold as soon as the batches before it are on disk. */
static void free_promises(hl_t *hl)
{
    for (hl__request *q = hl->first; q; q = q->next)
        if (q->after > hl->batch_number)
            q->after = hl->batch_number;
}

static void close_batch(hl_t *hl)
{
    hl__mark mark = { .epoch = hl->epoch, .number = hl->batch_number + 1, .seq = hl->events.next - 1,
        .ticks = hl->core.now, .wall = hl->core.now, .serial = hl->serial };

    if (!hl->batch || hl__batch_ops(hl->batch) == 0) {
        free_promises(hl);
        return;
    }
    hl__batch_seal(hl->batch, &mark);
    if (hl->store.append(hl->store.d, hl->batch) < 0)
        return; /* it stays, the next step adds to it and tries again */
    hl->batch = NULL;
    hl->batch_number++;
    struct hl__sealed sealed = { mark.number, mark.seq };
    if (hl__ring_put(hl->sealed, &sealed) < 0)
        hl->count.lost_words++; /* the store's own queue is shorter */
}

/* A step that changed nothing makes no batch: who waited for it would wait for somebody else's. */
uint64_t hl__batch_now(const hl_t *hl)
{
    return hl->batch_number + (hl->batch && hl__batch_ops(hl->batch) > 0);
}

int hl__engine_store(hl_t *hl, const hl__store_link *link, const hl__mark *mark)
{
    int r = hl__ring_new(&hl->mem, 16384, sizeof(hl->waiting), &hl->sealed);

    if (r < 0)
        return r;
    hl->store = *link;
    hl->epoch = mark->epoch;
    hl->batch_number = hl->durable = mark->number;
    hl->serial = mark->serial + (1 << 20); /* ids that were given out but are in no batch are not given again */
    hl->events.first = hl->events.next = hl->events.cursor = mark->seq + 1;
    hl->events.durable = mark->seq;
    return 0;
}

void hl__step_end(hl_t *hl)
{
    hl->in_step = false;
    hl->core.err = &hl->scratch;
    if (!hl->store.append) {
        hl->batch_number++;
        hl->durable = hl->batch_number;
        hl__publish(hl, hl->events.next - 1);
        hl__tickets_durable(hl->tickets, hl->events.next - 1);
        return;
    }
    close_batch(hl);
}

int hl__may_work(hl_t *hl, bool new_work)
{
    switch (hl->state) {
    case HL__RUNNING: return 0;
    case HL__DRAINING:
        return new_work ? hl__fail(hl->core.err, HL_ESTATE, "the hotline is closing and takes nothing new") : 0;
    case HL__FENCED: return hl__fail(hl->core.err, HL_EFENCED, "another process owns the store");
    case HL__WAITING: return hl__fail(hl->core.err, HL_ESTORE, "the store does not answer");
    default: return hl__fail(hl->core.err, HL_ESTATE, "the hotline has stopped");
    }
}

int hl__engine_driver(hl_t *hl, const hl__driver *d)
{
    if (hl->drivers == HL__DRIVERS)
        return HL_ELIMIT;
    hl->driver[hl->drivers] = *d;
    return (int)hl->drivers++;
}

void hl__fault(hl_t *hl, hl_id ref, int code, const char *fmt, ...)
{
    hl_event ev = HL_EVENT_INIT;
    char words[400];
    va_list args;

    va_start(args, fmt);
    vsnprintf(words, sizeof(words), fmt, args);
    va_end(args);
    ev.type = HL_EV_FAULT;
    ev.ref = ref;
    ev.code = code;
    ev.text = words;
    hl->core.emit(&hl->core, &ev);
    hl__log(&hl->core.log, HL_LOG_ERROR, "%s", words);
}

void hl__stop_when_idle(hl_t *hl, hl_time until)
{
    hl_event ev = HL_EVENT_INIT;

    if (hl->state == HL__DRAINING && (hl->calls->legs.live == 0 || hl->core.now >= until)) {
        hl->state = HL__STOPPED;
        ev.type = HL_EV_STOPPED;
        ev.code = (int32_t)hl->calls->legs.live;
        hl->core.emit(&hl->core, &ev);
    }
}

void hl__fire_timers(hl_t *hl, hl_time now)
{
    hl__timer *t;

    while ((t = hl__wheel_take(&hl->core.wheel, now))) {
        if (hl->sim && t->at > hl->core.now)
            hl->core.now = t->at;
        t->fire(t->ctx, t);
    }
}

int hl__take_reports(hl_t *hl)
{
    const hl__driver *d = hl->media >= 0 ? &hl->driver[hl->media] : NULL;
    hl__msg m;
    int n = 0;

    while (d && n < 4096 && d->media->take(d->d, &m) == 1) {
        hl__media_report(hl, &m);
        hl__free(&hl->mem, m.blob);
        n++;
    }
    return n;
}

/* What became durable is readable and lets requests go. */
static void look_at_store(hl_t *hl)
{
    if (!hl->store.append)
        return;
    hl->durable = hl->store.durable(hl->store.d);
    while (hl->waiting.number || hl__ring_take(hl->sealed, &hl->waiting)) {
        if (hl->waiting.number > hl->durable)
            break;
        hl__publish(hl, hl->waiting.seq);
        hl->waiting.number = 0;
    }
    hl__tickets_durable(hl->tickets, hl->events.durable);
}

void hl__tick(hl_t *hl, hl_time now)
{
    hl__request *ready;

    hl__lock(hl);
    if (now > hl->core.now)
        hl->core.now = now;
    if (hl->turned)
        hl->turned(hl);
    if (hl->owed)
        hl__driver_settings(hl, 0);
    (void)hl__take_reports(hl);
    hl__fire_timers(hl, now);
    hl__stop_when_idle(hl, hl->drain_until);
    hl__step_end(hl);
    look_at_store(hl);
    while ((ready = hl__requests_ready(hl))) {
        hl__unlock(hl);
        while (ready) {
            hl__request *q = ready;
            ready = q->next;
            q->next = NULL;
            hl__request_run(hl, q);
        }
        hl__lock(hl);
        look_at_store(hl);
    }
    hl__unlock(hl);
}

hl_time hl__due(hl_t *hl)
{
    hl_time due;

    hl__lock(hl);
    due = hl__wheel_due(&hl->core.wheel);
    if (hl->state == HL__DRAINING && hl->drain_until < due)
        due = hl->drain_until;
    if (hl->first && hl->first->after <= hl->durable && hl->core.now < due)
        due = hl->core.now; /* a command has left something to be handed out */
    hl__unlock(hl);
    return due;
}

int hl__engine_recover(hl_t *hl)
{
    const hl__ticket_store store = { hl->store.d, hl->store.scan };
    hl_event ev = HL_EVENT_INIT;
    int r;

    if (hl->store.scan) {
        if ((r = hl__tickets_load(hl->tickets, &store)) < 0)
            return r;
        if ((r = hl__report_load(hl->report, hl->store.scan, hl->store.d)) < 0)
            return r;
    }
    ev.type = HL_EV_READY;
    hl->core.emit(&hl->core, &ev);
    return 0;
}

hl_id hl__id_new(hl_t *hl, int kind)
{
    return next_id(&hl->core, kind);
}

hl_id hl__id_of(hl_t *hl, int kind, const char *name)
{
    const hl__object *o = hl__object_find(hl, kind, name);

    return o ? o->id : 0;
}

hl__mem *hl__mem_of(hl_t *hl)
{
    return &hl->mem;
}

hl__logger *hl__log_of(hl_t *hl)
{
    return &hl->core.log;
}

uint64_t hl__seed_of(hl_t *hl)
{
    return hl->core.rand.seed;
}
