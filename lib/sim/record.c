/* record.c - rows of calls and events of agents folded into a recording.
 *
 * Ids of queues and agents are those of the process that wrote them: calls carry names, and an agent's events get his
 * name from the calls he was connected to. */
#include "sim/record.h"
#include <hotline/acd.h>
#include <stdlib.h>
#include <string.h>

enum { C_ID = 0, C_QUEUE = 1, C_AGENT = 2, C_QUEUED = 6, C_ANSWERED = 7, C_ENDED = 8, C_WAIT = 9, C_TALK = 10,
    C_OUTCOME = 11, E_TIME = 1, E_TYPE = 2, E_CONTACT = 3, E_AGENT = 6, E_CODE = 9 };

void hl__record_init(hl__recording *r, hl__mem *mem, hl_time from, hl_time to)
{
    *r = (hl__recording){ .mem = mem, .from = from, .to = to ? to : HL__LAST_TIME };
    hl__map_init(&r->by_id, mem);
    hl__map_init(&r->who, mem);
}

void hl__record_free(hl__recording *r)
{
    for (uint32_t i = 0; i < r->queues; i++)
        hl__free(r->mem, r->queue[i]);
    for (uint32_t i = 0; i < r->agents; i++)
        hl__free(r->mem, r->agent[i]);
    hl__free(r->mem, r->queue);
    hl__free(r->mem, r->agent);
    hl__free(r->mem, r->call);
    hl__free(r->mem, r->duty);
    hl__map_free(&r->by_id);
    hl__map_free(&r->who);
}

/* The place of a name in a list, at its end if it is new; HL_ENOMEM. */
static int place_of(hl__recording *r, char ***list, uint32_t *n, uint32_t *room, const char *name)
{
    for (uint32_t i = 0; i < *n; i++)
        if (strcmp((*list)[i], name) == 0)
            return (int)i;
    if (hl__grow(r->mem, list, room, *n, sizeof(**list)) < 0 || !((*list)[*n] = hl__strdup(r->mem, name)))
        return HL_ENOMEM;
    return (int)(*n)++;
}

int hl__record_contact(hl__recording *r, const hl__contact *c)
{
    bool answered = c->answered > 0;
    hl__call_rec *one;
    int queue, agent = -1;

    if (c->queued < r->from || c->queued > r->to || c->queued <= 0 || c->ended == 0 || !c->queue || !c->queue[0])
        return 0; /* it was in no queue, or is not over */
    if ((queue = place_of(r, &r->queue, &r->queues, &r->queue_room, c->queue)) < 0)
        return HL_ENOMEM;
    if (c->agent && c->agent[0] &&
        (agent = place_of(r, &r->agent, &r->agents, &r->agent_room, c->agent)) == HL_ENOMEM)
        return HL_ENOMEM;
    if (hl__grow(r->mem, &r->call, &r->call_room, r->calls, sizeof(*r->call)) < 0)
        return HL_ENOMEM;
    one = &r->call[r->calls];
    *one = (hl__call_rec){ c->id, c->queued, (uint32_t)queue, agent, (int32_t)c->wait_ms,
        answered ? (int32_t)c->talk_ms : -1, answered ? HL_OUTCOME_HANDLED : c->outcome };
    if (hl__map_put(&r->by_id, c->id, (void *)(uintptr_t)(r->calls + 1)) < 0)
        return HL_ENOMEM;
    r->calls++;
    return 0;
}

static const char *text_of(const hl__value *v)
{
    return v->type == HL__TEXT ? v->u.p : "";
}

static int contact_row(hl__recording *r, const hl__value *row)
{
    hl__contact c = { .id = row[C_ID].u.i, .queued = row[C_QUEUED].u.i, .answered = row[C_ANSWERED].u.i,
        .ended = row[C_ENDED].u.i, .wait_ms = row[C_WAIT].u.i, .talk_ms = row[C_TALK].u.i,
        .queue = text_of(&row[C_QUEUE]), .agent = text_of(&row[C_AGENT]) };
    int outcome = hl__acd_number(HL__WORD_OUTCOME, text_of(&row[C_OUTCOME]));

    c.outcome = outcome > 0 ? outcome : 0;
    return hl__record_contact(r, &c);
}

static int event_row(hl__recording *r, const hl__value *row)
{
    hl_id agent = row[E_AGENT].u.i;
    uintptr_t call;

    if (row[E_TYPE].u.i == HL_EV_CONTACT_CONNECTED) {
        call = (uintptr_t)hl__map_get(&r->by_id, row[E_CONTACT].u.i);
        if (call && r->call[call - 1].agent >= 0)
            return hl__map_put(&r->who, agent, (void *)(uintptr_t)(r->call[call - 1].agent + 1));
        return 0;
    }
    if (row[E_TYPE].u.i != HL_EV_AGENT_STATE || row[E_TIME].u.i > r->to)
        return 0;
    if (r->duties && r->duty[r->duties - 1].agent == agent && r->duty[r->duties - 1].state == row[E_CODE].u.i)
        return 0; /* another kind of work */
    if (hl__grow(r->mem, &r->duty, &r->duty_room, r->duties, sizeof(*r->duty)) < 0)
        return HL_ENOMEM;
    r->duty[r->duties++] = (hl__duty){ row[E_TIME].u.i, agent, (int32_t)row[E_CODE].u.i, -1 };
    return 0;
}

int hl__record_row(void *recording, int table, const hl__value *row, uint32_t n)
{
    if (table == HL__TABLE_CONTACT && n > C_OUTCOME)
        return contact_row(recording, row);
    if (table == HL__TABLE_EV && n > E_CODE)
        return event_row(recording, row);
    return 0;
}

static int by_time(const void *a, const void *b)
{
    const hl__call_rec *x = a, *y = b;

    return x->came != y->came ? (x->came > y->came) - (x->came < y->came) : (x->id > y->id) - (x->id < y->id);
}

void hl__record_end(hl__recording *r)
{
    if (r->calls)
        qsort(r->call, r->calls, sizeof(*r->call), by_time);
    for (uint32_t i = 0; i < r->duties; i++)
        r->duty[i].who = (int32_t)(uintptr_t)hl__map_get(&r->who, r->duty[i].agent) - 1;
}
