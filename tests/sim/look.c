/* look.c - a contact as lib/acd keeps it. */
#include "look.h"
#include "acd/inner.h"

look look_at(hl__acd *acd, hl_id contact)
{
    const hl__contact *c = hl__contact_find(acd, contact);
    const hl__stat *s = &c->class->queue->stat;
    double bias = s->actual / s->predicted;

    return (look){ c->queued, c->predicted_ms, bias < 0.5 ? 0.5 : bias > 2 ? 2 : bias };
}
