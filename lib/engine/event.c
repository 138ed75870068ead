/* event.c - what happened, numbered for ever: a ring in memory, readable as far as it is on disk. */
#include "engine/engine.h"
#include <string.h>

enum { FIRST_ROOM = 32, A_STEP = 12 }; /* events of a step, seldom more */

int hl__events_init(hl_t *hl, uint32_t max)
{
    hl__events *e = &hl->events;

    e->max = max > FIRST_ROOM ? max : max > 0 ? max : 16384;
    e->room = e->max < FIRST_ROOM ? e->max : FIRST_ROOM;
    e->ring = hl__alloc_array(&hl->mem, e->room, sizeof(*e->ring));
    e->first = e->next = e->cursor = 1;
    return e->ring ? 0 : HL_ENOMEM;
}

void hl__events_free(hl_t *hl)
{
    hl__events *e = &hl->events;

    for (hl_seq i = e->first; e->ring && i < e->next; i++)
        hl__free(&hl->mem, e->ring[i % e->room].block);
    hl__free(&hl->mem, e->ring);
}

static void forget_oldest(hl_t *hl)
{
    hl__events *e = &hl->events;
    hl__kept *k = &e->ring[e->first % e->room];

    hl__free(&hl->mem, k->block);
    k->block = NULL;
    if (e->cursor == e->first && !hl->store.append) {
        e->gone++;
        e->cursor++;
    }
    e->first++;
}

/* A larger ring, if it may still grow. */
static int grow(hl_t *hl)
{
    hl__events *e = &hl->events;
    uint32_t room = e->room * 2 < e->max ? e->room * 2 : e->max;
    hl__kept *ring;

    if (room == e->room)
        return 0;
    if (!(ring = hl__alloc_array(&hl->mem, room, sizeof(*ring))))
        return HL_ENOMEM;
    for (hl_seq i = e->first; i < e->next; i++)
        ring[i % room] = e->ring[i % e->room];
    hl__free(&hl->mem, e->ring);
    e->ring = ring;
    e->room = room;
    return 0;
}

int hl__events_reserve(hl_t *hl)
{
    return hl->events.next - hl->events.first + A_STEP > hl->events.room ? grow(hl) : 0;
}

static void make_room(hl_t *hl)
{
    const hl__events *e = &hl->events;

    if (e->next - e->first < e->room)
        return;
    (void)grow(hl); /* it may be as large as it may be; or more than a step's events came, and no memory */
    if (e->next - e->first == e->room)
        forget_oldest(hl);
}

void *hl__step_alloc(hl_t *hl, size_t size)
{
    void *block = hl__alloc(&hl->mem, size);

    hl->count.lost_words += !block;
    return block;
}

/* Both texts in one block. Without memory for it they are lost, and counted; the event itself never is. */
static void keep_texts(hl_t *hl, hl__kept *k, const hl_event *ev)
{
    size_t text = ev->text ? strlen(ev->text) + 1 : 0, data = ev->data ? strlen(ev->data) + 1 : 0;
    char *block;

    k->ev.text = k->ev.data = NULL;
    k->block = NULL;
    if (text + data == 0)
        return;
    if (!(block = hl__step_alloc(hl, text + data)))
        return;
    k->block = block;
    if (text)
        k->ev.text = memcpy(block, ev->text, text);
    if (data)
        k->ev.data = memcpy(block + text, ev->data, data);
}

static hl__value text_value(const char *text)
{
    hl__value v = { .type = text ? HL__TEXT : HL__NULL, .len = text ? (uint32_t)strlen(text) : 0 };

    v.u.p = text;
    return v;
}

static void write_row(hl_t *hl, const hl_event *ev)
{
    const int64_t number[] = { ev->seq,   ev->time,   ev->type, ev->contact, ev->leg,   ev->queue,
                               ev->agent, ev->ticket, ev->ref,  ev->code,    ev->detail };
    hl__value row[HL__EV_COLUMNS];

    for (size_t i = 0; i < HL__COUNT(number); i++) {
        row[i] = (hl__value){ .type = HL__INT };
        row[i].u.i = number[i];
    }
    row[HL__COUNT(number)] = text_value(ev->text);
    row[HL__COUNT(number) + 1] = text_value(ev->data);
    hl->core.row(&hl->core, HL__OP_EVENT, HL__TABLE_EV, row, HL__EV_COLUMNS);
}

hl_seq hl__emit(hl__core *core, const hl_event *ev)
{
    hl_t *hl = core->engine;
    hl__events *e = &hl->events;
    hl__kept *k;

    make_room(hl);
    k = &e->ring[e->next % e->room];
    k->ev = *ev;
    k->ev.size = sizeof(k->ev);
    k->ev.seq = e->next++;
    k->ev.time = core->now;
    keep_texts(hl, k, ev);
    hl->count.events++;
    if (ev->type == HL_EV_TICKET_NEW && ev->contact && hl__talk_of(hl, ev->contact))
        hl__talk_of(hl, ev->contact)->ticket = ev->ticket;
    write_row(hl, &k->ev);
    hl__report_event(hl->report, &k->ev);
    return e->next - 1;
}

void hl__publish(hl_t *hl, hl_seq durable)
{
    bool before = hl__unread(hl) > 0;

    if (durable > hl->events.durable)
        hl->events.durable = durable;
    if (!before && hl__unread(hl) > 0 && hl->readable)
        hl->readable(hl, true);
}

uint32_t hl__unread(const hl_t *hl)
{
    const hl__events *e = &hl->events;
    hl_seq n = e->durable + 1 - e->cursor;

    return (n > 0 ? (uint32_t)(n > INT32_MAX ? INT32_MAX : n) : 0) + (e->gone > 0);
}

const hl_event *hl__event_at(const hl_t *hl, hl_seq seq)
{
    const hl__events *e = &hl->events;

    return seq >= e->first && seq < e->next ? &e->ring[seq % e->room].ev : NULL;
}

const hl_event *hl__event_take(hl_t *hl, hl_event *gap)
{
    hl__events *e = &hl->events;

    if (e->gone > 0) {
        *gap = (hl_event){ .size = sizeof(*gap), .type = HL_EV_GAP, .seq = e->cursor - 1, .time = hl->core.now };
        gap->code = e->gone > INT32_MAX ? INT32_MAX : (int32_t)e->gone;
        e->gone = 0;
        return gap;
    }
    if (e->cursor > e->durable || e->cursor < e->first)
        return NULL;
    return &e->ring[e->cursor++ % e->room].ev;
}

const char *hl__event_word(int type)
{
    static const struct { int type; const char *word;
    } words[] = {
        { HL_EV_OFFER_MADE, "offer.made" },
        { HL_EV_OFFER_ENDED, "offer.ended" },
        { HL_EV_AGENT_STATE, "agent.state" },
        { HL_EV_LEG_STATE, "leg.state" },
        { HL_EV_LEG_ENDED, "leg.ended" },
        { HL_EV_CALL_STATE, "call.state" },
        { HL_EV_CONTACT_CONNECTED, "contact.connected" },
        { HL_EV_CONTACT_ENDED, "contact.ended" },
        { HL_EV_TICKET_NEW, "ticket.new" },
        { HL_EV_TICKET_MOVED, "ticket.moved" },
        { HL_EV_TICKET_NOTE, "ticket.note" },
    };

    for (size_t i = 0; i < HL__COUNT(words); i++)
        if (words[i].type == type)
            return words[i].word;
    return NULL;
}
