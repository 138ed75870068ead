/* contact.c - the record of a call: events are folded into it as they come, and it is written when the call has ended.
 *
 * What comes later (the flow's result, a ticket written during wrap-up, the line's end) is folded in too and the row
 * written again, as long as the record is among the newest that are kept; older ones are in the store. */
#include "report/report.h"
#include <string.h>

enum { C_ID, C_QUEUE, C_AGENT, C_NUMBER, C_DIALLED, C_ENTERED, C_QUEUED, C_ANSWERED, C_ENDED, C_WAIT, C_TALK, C_OUTCOME,
    C_CAUSE, C_KEYS, C_LANG, C_TICKET, C_FLOW, C_RESULT, C_COLUMNS };
enum { KEYS_MOST = 64, NAME_MOST = 64, RESULT_MOST = 200, LIMIT = 50, LIMIT_MOST = 200, MS = 1000 };

struct record {
    hl__contact c;    /* its texts point at the arrays below */
    hl_id leg;        /* the customer's, 0: unknown */
    bool is_kept;     /* in the ring */
    char queue[NAME_MOST], agent[NAME_MOST], number[NAME_MOST], dialled[NAME_MOST], keys[KEYS_MOST + 1], lang[16];
    char flow[NAME_MOST], result[RESULT_MOST];
};
struct hl__report {
    hl__core *core;
    hl__report_up up;
    hl__map records;      /* of calls that go on, and those in the ring */
    struct record **ring; /* ended ones: the oldest at first */
    uint32_t keep, first, count;
    uint64_t lost;
};

static const char *const outcomes[] = { "", "handled", "abandoned", "timed_out", "overflowed", "refused", "withdrawn",
                                        "broken" };

int hl__report_new(hl__core *core, const hl__report_up *up, uint32_t keep, hl__report **out)
{
    hl__report *r = hl__alloc(core->mem, sizeof *r);
    if (r == NULL) return HL_ENOMEM;
    r->core = core;
    r->keep = keep > 0 ? keep : 1;
    if (up != NULL) r->up = *up;
    hl__map_init(&r->records, core->mem);
    r->ring = hl__alloc_array(core->mem, r->keep, sizeof *r->ring);
    if (r->ring == NULL) {
        hl__report_free(r);
        return HL_ENOMEM;
    }
    *out = r;
    return 0;
}

void hl__report_free(hl__report *r)
{
    if (r == NULL) return;
    hl__mem *mem = r->core->mem;
    struct record *record;
    uint32_t pos = 0;
    while ((record = hl__map_at(&r->records, &pos)) != NULL) hl__free(mem, record);
    hl__map_free(&r->records);
    hl__free(mem, r->ring);
    hl__free(mem, r);
}

uint64_t hl__report_lost(const hl__report *r)
{
    return r->lost;
}

static void point(struct record *k)
{
    k->c.queue = k->queue;
    k->c.agent = k->agent;
    k->c.number = k->number;
    k->c.dialled = k->dialled;
    k->c.keys = k->keys;
    k->c.lang = k->lang;
    k->c.flow = k->flow;
    k->c.result = k->result;
}

static struct record *new_record(hl__report *r, hl_id id)
{
    struct record *k = hl__alloc(r->core->mem, sizeof *k);
    if (k == NULL) return NULL;
    k->c.id = id;
    point(k);
    if (hl__map_put(&r->records, id, k) == 0) return k;
    hl__free(r->core->mem, k);
    return NULL;
}

static struct record *record_of(hl__report *r, hl_id id)
{
    return id == 0 ? NULL : hl__map_get(&r->records, id);
}

/* The newest ended one takes the place of the oldest. */
static void keep_ended(hl__report *r, struct record *k)
{
    if (k->is_kept) return;
    k->is_kept = true;
    if (r->count == r->keep) {
        struct record *oldest = r->ring[r->first];
        (void)hl__map_del(&r->records, oldest->c.id);
        hl__free(r->core->mem, oldest);
        r->first = (r->first + 1) % r->keep;
        r->count--;
    }
    r->ring[(r->first + r->count) % r->keep] = k;
    r->count++;
}

static const char *name_of(const hl__report *r, hl_id id)
{
    const char *name = id != 0 && r->up.name != NULL ? r->up.name(r->up.engine, id) : NULL;
    return name != NULL ? name : "";
}

/* Cut where a character ends. */
static void set_text(char *to, size_t room, const char *from)
{
    size_t len = hl__copy(to, room, from != NULL ? from : "");
    while (len > 0 && !hl__utf8_ok(to, len)) to[--len] = 0;
}

static void set_once(char *to, size_t room, const char *from)
{
    if (to[0] == 0 && from != NULL) set_text(to, room, from);
}

/* What an event's data may tell of a call. */
static void read_data(struct record *k, const char *data)
{
    hl__err err;
    hl__json *j = data == NULL ? NULL : hl__json_read(data, strlen(data), &err);
    if (j == NULL) return;
    set_once(k->dialled, sizeof k->dialled, hl__json_text(hl__json_get(j, "dialled")));
    set_once(k->number, sizeof k->number, hl__json_text(hl__json_get(j, "number")));
    set_once(k->lang, sizeof k->lang, hl__json_text(hl__json_get(j, "lang")));
    set_once(k->result, sizeof k->result, hl__json_text(hl__json_get(j, "result")));
    int64_t talk_ms = hl__json_int(hl__json_get(j, "talk_ms"));
    if (talk_ms > 0) k->c.talk_ms = talk_ms;
    hl__json_free(j);
}

static void begin(hl__report *r, const hl_event *ev)
{
    struct record *k = record_of(r, ev->contact);
    if (k == NULL) k = new_record(r, ev->contact);
    if (k == NULL) {
        r->lost++;
        return;
    }
    k->leg = ev->leg;
    k->c.entered = ev->time;
    set_once(k->number, sizeof k->number, ev->text);
    set_once(k->flow, sizeof k->flow, name_of(r, ev->ref));
    read_data(k, ev->data);
}

static hl__value of_int(int64_t n)
{
    return (hl__value) { HL__INT, 8, { .i = n } };
}

static hl__value of_text(const char *text)
{
    return (hl__value) { HL__TEXT, (uint32_t)strlen(text), { .p = text } };
}

static void write_record(hl__report *r, const struct record *k)
{
    const hl__contact *c = &k->c;
    const char *outcome = c->outcome >= 0 && c->outcome < (int)HL__COUNT(outcomes) ? outcomes[c->outcome] : "";
    hl__value row[C_COLUMNS];
    const int64_t ints[][2] = {
        { C_ID, c->id }, { C_ENTERED, c->entered }, { C_QUEUED, c->queued }, { C_ANSWERED, c->answered },
        { C_ENDED, c->ended }, { C_WAIT, c->wait_ms }, { C_TALK, c->talk_ms }, { C_CAUSE, c->cause },
        { C_TICKET, c->ticket },
    };
    const struct { int column; const char *text; } texts[] = {
        { C_QUEUE, c->queue }, { C_AGENT, c->agent }, { C_NUMBER, c->number }, { C_DIALLED, c->dialled },
        { C_OUTCOME, outcome }, { C_KEYS, c->keys }, { C_LANG, c->lang }, { C_FLOW, c->flow }, { C_RESULT, c->result },
    };
    for (size_t i = 0; i < HL__COUNT(ints); i++) row[ints[i][0]] = of_int(ints[i][1]);
    for (size_t i = 0; i < HL__COUNT(texts); i++) row[texts[i].column] = of_text(texts[i].text);
    r->core->row(r->core, HL__OP_PUT, HL__TABLE_CONTACT, row, C_COLUMNS);
}

static void learn_lang(hl__report *r, struct record *k)
{
    const char *lang = r->up.lang != NULL ? r->up.lang(r->up.engine, k->c.id) : NULL;
    if (lang != NULL) set_text(k->lang, sizeof k->lang, lang);
}

static void queued(hl__report *r, struct record *k, const hl_event *ev)
{
    learn_lang(r, k);
    k->c.ended = 0; /* it may have been in a queue before */
    if (k->c.queued == 0) k->c.queued = ev->time;
    set_text(k->queue, sizeof k->queue, name_of(r, ev->queue));
}

static void connected(hl__report *r, struct record *k, const hl_event *ev)
{
    if (k->c.answered == 0) {
        k->c.answered = ev->time;
        k->c.wait_ms = ev->code;
    }
    if (ev->queue != 0) set_text(k->queue, sizeof k->queue, name_of(r, ev->queue));
    set_text(k->agent, sizeof k->agent, name_of(r, ev->agent));
}

static void ended(hl__report *r, struct record *k, const hl_event *ev)
{
    k->c.ended = ev->time;
    k->c.outcome = ev->code;
    if (k->c.answered == 0) k->c.wait_ms = ev->detail;
    else k->c.talk_ms = (ev->time - k->c.answered) / MS;
    if (k->queue[0] == 0) set_text(k->queue, sizeof k->queue, name_of(r, ev->queue));
    if (k->agent[0] == 0) set_text(k->agent, sizeof k->agent, name_of(r, ev->agent));
    read_data(k, ev->data);
    write_record(r, k);
    keep_ended(r, k);
}

static void add_keys(struct record *k, const char *keys)
{
    size_t have = strlen(k->keys);
    while (*keys != 0 && have < KEYS_MOST) k->keys[have++] = *keys++;
    k->keys[have] = 0;
}

static bool is_customer(const struct record *k, const hl_event *ev)
{
    return k->leg == 0 || ev->leg == 0 || ev->leg == k->leg;
}

/* Behind a secret the event has stars for text, or none and the number of keys. */
static void digit(struct record *k, const hl_event *ev)
{
    if (!is_customer(k, ev)) return;
    if (ev->text != NULL) add_keys(k, ev->text);
    else for (int i = 0; i < ev->code && i < KEYS_MOST; i++) add_keys(k, "*");
}

static void leg_ended(struct record *k, const hl_event *ev)
{
    if (!is_customer(k, ev)) return;
    k->c.cause = ev->code;
    if (k->c.ended != 0 && ev->time > k->c.ended) k->c.ended = ev->time;
}

static void flow_ended(hl__report *r, struct record *k, const hl_event *ev)
{
    learn_lang(r, k);
    set_text(k->result, sizeof k->result, ev->text);
    read_data(k, ev->data);
}

void hl__report_result(hl__report *r, hl_id contact, const char *scores)
{
    struct record *k = record_of(r, contact);
    if (k == NULL || strlen(scores) <= 2 || strlen(scores) >= sizeof k->result) return; /* {}: no survey */
    set_text(k->result, sizeof k->result, scores);
    if (k->c.ended != 0) write_record(r, k);
}

void hl__report_event(hl__report *r, const hl_event *ev)
{
    if (ev->type == HL_EV_CONTACT_NEW) {
        begin(r, ev);
        return;
    }
    struct record *k = record_of(r, ev->contact);
    if (k == NULL) return;
    switch (ev->type) {
    case HL_EV_CONTACT_QUEUED: queued(r, k, ev); break;
    case HL_EV_CONTACT_CONNECTED: connected(r, k, ev); break;
    case HL_EV_CONTACT_ENDED: ended(r, k, ev); break;
    case HL_EV_LEG_NEW: read_data(k, ev->data); break;
    case HL_EV_LEG_DIGIT: digit(k, ev); break;
    case HL_EV_LEG_ENDED: leg_ended(k, ev); break;
    case HL_EV_FLOW_STARTED: set_once(k->flow, sizeof k->flow, name_of(r, ev->ref)); break;
    case HL_EV_FLOW_ENDED: flow_ended(r, k, ev); break;
    case HL_EV_TICKET_NEW: k->c.ticket = ev->ticket; break;
    default: return;
    }
    if (k->c.ended != 0 && ev->type != HL_EV_CONTACT_ENDED) write_record(r, k);
}

static void text_at(char *to, size_t room, const hl__value *v)
{
    set_text(to, room, v->type == HL__TEXT ? v->u.p : NULL);
}

static int outcome_of(const hl__value *v)
{
    for (int i = 0; v->type == HL__TEXT && i < (int)HL__COUNT(outcomes); i++) {
        if (strcmp(v->u.p, outcomes[i]) == 0) return i;
    }
    return 0;
}

int hl__report_restore(hl__report *r, int table, const hl__value *row, uint32_t n)
{
    if (table != HL__TABLE_CONTACT) return 0;
    if (n < C_COLUMNS) return HL_EINVAL;
    if (record_of(r, row[C_ID].u.i) != NULL) return 0;
    struct record *k = new_record(r, row[C_ID].u.i);
    if (k == NULL) return HL_ENOMEM;
    k->c.entered = row[C_ENTERED].u.i;
    k->c.queued = row[C_QUEUED].u.i;
    k->c.answered = row[C_ANSWERED].u.i;
    k->c.ended = row[C_ENDED].u.i;
    k->c.wait_ms = row[C_WAIT].u.i;
    k->c.talk_ms = row[C_TALK].u.i;
    k->c.cause = (int32_t)row[C_CAUSE].u.i;
    k->c.ticket = row[C_TICKET].u.i;
    k->c.outcome = outcome_of(&row[C_OUTCOME]);
    text_at(k->queue, sizeof k->queue, &row[C_QUEUE]);
    text_at(k->agent, sizeof k->agent, &row[C_AGENT]);
    text_at(k->number, sizeof k->number, &row[C_NUMBER]);
    text_at(k->dialled, sizeof k->dialled, &row[C_DIALLED]);
    text_at(k->keys, sizeof k->keys, &row[C_KEYS]);
    text_at(k->lang, sizeof k->lang, &row[C_LANG]);
    text_at(k->flow, sizeof k->flow, &row[C_FLOW]);
    text_at(k->result, sizeof k->result, &row[C_RESULT]);
    keep_ended(r, k);
    return 0;
}

static int restore_row(void *ctx, int table, const hl__value *row, uint32_t n)
{
    return hl__report_restore(ctx, table, row, n);
}

/* Read backwards, so that only the newest are touched, then turned round. */
int hl__report_load(hl__report *r, hl__report_scan *scan, void *d)
{
    hl__scan q = { .table = HL__TABLE_CONTACT, .limit = r->keep, .backwards = 1 };
    hl__visit v = { restore_row, r };
    int result = scan(d, &q, &v);
    for (uint32_t i = 0; i < r->count / 2; i++) {
        struct record **a = &r->ring[(r->first + i) % r->keep], **b = &r->ring[(r->first + r->count - 1 - i) % r->keep];
        struct record *k = *a;
        *a = *b;
        *b = k;
    }
    return result;
}

static const struct record *newest_before(hl__report *r, hl_id id)
{
    const struct record *k, *best = NULL;
    uint32_t pos = 0;
    while ((k = hl__map_at(&r->records, &pos)) != NULL) {
        if ((id == 0 || k->c.id < id) && (best == NULL || k->c.id > best->c.id)) best = k;
    }
    return best;
}

int hl__report_next(hl__report *r, hl__contact *row)
{
    const struct record *k = newest_before(r, row->id);
    if (k == NULL) return 0;
    *row = k->c;
    return 1;
}

static void member_int(hl__buf *b, const char *name, int64_t n)
{
    if (n != 0) hl__buf_fmt(b, ",\"%s\":%lld", name, (long long)n);
}

static void member_text(hl__buf *b, const char *name, const char *text)
{
    if (text == NULL || *text == 0) return;
    hl__buf_fmt(b, ",\"%s\":", name);
    hl__buf_json(b, text);
}

static void contact_json(hl__buf *b, const hl__contact *c)
{
    hl__buf_fmt(b, "{\"id\":%lld", (long long)c->id);
    member_text(b, "number", c->number);
    member_text(b, "dialled", c->dialled);
    member_text(b, "queue", c->queue);
    member_text(b, "agent", c->agent);
    member_int(b, "entered", c->entered);
    member_int(b, "queued", c->queued);
    member_int(b, "answered", c->answered);
    member_int(b, "ended", c->ended);
    hl__buf_fmt(b, ",\"wait_ms\":%lld,\"talk_ms\":%lld", (long long)c->wait_ms, (long long)c->talk_ms);
    if (c->ended != 0 && c->outcome >= 0 && c->outcome < (int)HL__COUNT(outcomes))
        member_text(b, "outcome", outcomes[c->outcome]);
    member_int(b, "cause", c->cause);
    member_int(b, "ticket", c->ticket);
    member_text(b, "keys", c->keys);
    member_text(b, "lang", c->lang);
    member_text(b, "flow", c->flow);
    member_text(b, "result", c->result);
    hl__buf_char(b, '}');
}

int hl__report_list(hl__report *r, const hl__json *args, hl__buf *reply)
{
    int64_t limit = hl__json_int(hl__json_get(args, "limit"));
    hl__contact row = { .id = hl__json_int(hl__json_get(args, "after")) };
    int64_t n = 0;
    if (limit < 1 || limit > LIMIT_MOST) limit = limit < 1 ? LIMIT : LIMIT_MOST;
    hl__buf_str(reply, "{\"contacts\":[");
    while (n < limit && hl__report_next(r, &row) == 1) {
        if (n++ > 0) hl__buf_char(reply, ',');
        contact_json(reply, &row);
    }
    hl__buf_fmt(reply, "],\"after\":%lld}", (long long)(n == limit ? row.id : 0));
    return reply->failed ? HL_ENOMEM : 0;
}
