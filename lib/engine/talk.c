/* talk.c - a contact as the engine sees it: from the first ring until nothing is left of it. */
#include "engine/engine.h"
#include <stdio.h>
#include <string.h>

hl__talk *hl__talk_of(const hl_t *hl, hl_id contact)
{
    return hl__map_get(&hl->talks, contact);
}

void hl__talk_free(hl_t *hl, hl__talk *t)
{
    if (!t)
        return;
    hl__callback_free(hl, t->back);
    hl__free(&hl->mem, t->data);
    hl__free(&hl->mem, t);
}

/* A contact on the line has a talk, one in a queue is acd's as well; those without a line are acd's alone. */
int hl__contact_room(hl_t *hl)
{
    uint32_t there = hl__acd_contacts(hl->acd);

    there = there > hl->talks.live ? there : hl->talks.live;
    if (there < hl->max_contacts)
        return 0;
    return hl__fail(hl->core.err, HL_ELIMIT, "%u contacts are there, as many as max_contacts allows", there);
}

int hl__talk_adopt(hl_t *hl, hl_id contact, hl__talk **out)
{
    hl__talk *t = hl__alloc(&hl->mem, sizeof(*t));
    int r;

    if (!t)
        return HL_ENOMEM;
    t->id = contact;
    if ((r = hl__map_put(&hl->talks, contact, t)) < 0)
        hl__free(&hl->mem, t);
    else
        *out = t;
    return r;
}

int hl__talk_new(hl_t *hl, const char *number, const char *dialled, hl__talk **out)
{
    hl__talk *t;
    int r;

    if ((r = hl__contact_room(hl)) < 0)
        return r;
    if (!(t = hl__alloc(&hl->mem, sizeof(*t))))
        return HL_ENOMEM;
    t->id = hl->core.id(&hl->core, HL_KIND_CONTACT);
    if ((r = hl__map_put(&hl->talks, t->id, t)) < 0) {
        hl__free(&hl->mem, t);
        return r;
    }
    t->entered = hl->core.now;
    hl__copy(t->number, sizeof(t->number), number);
    hl__copy(t->dialled, sizeof(t->dialled), dialled);
    hl->count.calls++;
    *out = t;
    return 0;
}

void hl__talk_forget(hl_t *hl, hl__talk *t)
{
    hl__map_del(&hl->talks, t->id);
    hl__talk_free(hl, t);
    hl->count.calls--;
}

int hl__talk_news(hl_t *hl, const hl__talk *t, hl__buf *out)
{
    hl__buf_init(out, &hl->mem);
    hl__buf_str(out, "{\"dialled\":");
    hl__buf_json(out, t->dialled);
    if (t->data)
        hl__buf_fmt(out, ",\"data\":%s", t->data);
    hl__buf_char(out, '}');
    return out->failed ? HL_ENOMEM : 0;
}

void hl__talk_tell(hl_t *hl, const hl__talk *t, const char *news)
{
    hl_event ev = HL_EVENT_INIT;

    ev.type = HL_EV_CONTACT_NEW;
    ev.contact = t->id;
    ev.leg = t->leg;
    ev.ref = t->flow_id;
    ev.text = t->number;
    ev.data = news;
    hl->core.emit(&hl->core, &ev);
}

void hl__talk_stop_play(hl_t *hl, hl__talk *t)
{
    if (!t->play_ref)
        return;
    hl__media_post(hl, &(hl__msg){ .kind = HL__Q_STOP, .leg = t->leg, .ref = t->play_ref }, 0, NULL, 0);
    t->play_ref = 0;
    t->play = 0;
}

/* The contact goes when its party, its flow and its place in the queue are gone. A call that never was in a queue has
 * nobody else to tell its end. */
void hl__talk_over(hl_t *hl, hl__talk *t)
{
    hl_event ev = HL_EVENT_INIT;

    if (t->leg || t->flow || t->in_queue || t->engaged || t->agent_leg || t->rings)
        return;
    if (!t->queued) {
        ev.type = HL_EV_CONTACT_ENDED;
        ev.contact = t->id;
        ev.data = hl__flow_result(hl->flows, t->id);
        hl->core.emit(&hl->core, &ev);
    }
    hl__flow_forget(hl->flows, t->id);
    hl__map_del(&hl->talks, t->id);
    hl__talk_free(hl, t);
}

int hl__talk_start_flow(hl_t *hl, hl__talk *t)
{
    hl__flow_call call = { .ani = t->number, .dnis = t->dialled, .lang = t->lang[0] ? t->lang : NULL, .leg = t->leg };
    int r;

    call.withheld = t->number[0] == 0;
    t->flow = true;
    r = hl__flow_start(hl->flows, t->id, t->flow_id, t->alias, NULL, &call);
    if (r < 0)
        t->flow = false;
    return r;
}

void hl__flow_tell(hl_t *hl, hl_id contact, const hl__flow_in *in)
{
    hl__talk *t = hl__talk_of(hl, contact);

    if (t && t->flow)
        (void)hl__flow_input(hl->flows, contact, in); /* too late: dropped and counted there */
}
