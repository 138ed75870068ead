/* status.c - a copy of what may be asked about trunks and telephones, taken on the control thread, read under the
 * engine's lock. */
#include "sip/core.h"
#include <hotline/sip.h>
#include <string.h>

struct hl__sip_status {
    hl__mem *mem;
    hl__sip_trunk_row *trunk; uint32_t trunks;
    hl__sip_phone_row *phone; uint32_t phones;
    hl__sip_figures figures;
    char *texts;
};

void hl__sip_status_free(hl__sip_status *s)
{
    if (!s)
        return;
    hl__free(s->mem, s->trunk);
    hl__free(s->mem, s->phone);
    hl__free(s->mem, s->texts);
    hl__free(s->mem, s);
}

static size_t size_of(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static const char *keep(char *texts, size_t *at, const char *text)
{
    if (!text)
        return NULL;
    char *to = texts + *at;
    *at += hl__copy(to, size_of(text), text) + 1;
    return to;
}

static size_t texts_size(const hl__sip *c)
{
    size_t size = 1;
    uint32_t pos = 0;
    hl__sip_trunk_row t;
    hl__sip_phone_row p;
    while (hl__sip_trunk_next(c, &pos, &t))
        size += size_of(t.name) + size_of(t.group);
    pos = 0;
    while (hl__sip_phone_next(c, &pos, &p))
        size += size_of(p.name) + size_of(p.display);
    return size;
}

int hl__sip_status_take(const hl__sip *c, hl__sip_status **out)
{
    size_t at = 0;
    uint32_t pos = 0;
    hl__sip_status *s = hl__alloc(c->mem, sizeof(*s));
    if (!s)
        return HL_ENOMEM;
    s->mem = c->mem;
    s->trunk = hl__alloc_array(c->mem, c->trunks.map.live + 1, sizeof(*s->trunk));
    s->phone = hl__alloc_array(c->mem, c->phones.map.live + 1, sizeof(*s->phone));
    s->texts = hl__alloc(c->mem, texts_size(c));
    if (!s->trunk || !s->phone || !s->texts) {
        hl__sip_status_free(s);
        return HL_ENOMEM;
    }
    hl__sip_figures_get(c, &s->figures);
    while (hl__sip_trunk_next(c, &pos, &s->trunk[s->trunks])) {
        hl__sip_trunk_row *t = &s->trunk[s->trunks++];
        t->name = keep(s->texts, &at, t->name);
        t->group = keep(s->texts, &at, t->group);
    }
    pos = 0;
    while (hl__sip_phone_next(c, &pos, &s->phone[s->phones])) {
        hl__sip_phone_row *p = &s->phone[s->phones++];
        p->name = keep(s->texts, &at, p->name);
        p->display = keep(s->texts, &at, p->display);
    }
    *out = s;
    return 0;
}

static int32_t told_before(const hl__sip_status *old, hl_id trunk)
{
    for (uint32_t i = 0; old && i < old->trunks; i++)
        if (old->trunk[i].id == trunk)
            return old->trunk[i].told;
    return HL_REG_NONE;
}

/* A refresh under way is no news: told stays what it was until the registrar has spoken. */
const hl__sip_trunk_row *hl__sip_status_changed(hl__sip_status *s, const hl__sip_status *old, uint32_t *pos)
{
    while (*pos < s->trunks) {
        hl__sip_trunk_row *t = &s->trunk[(*pos)++];
        t->told = told_before(old, t->id);
        bool settled = t->registration == HL_REG_UP || t->registration == HL_REG_FAILED;
        if (settled && t->registration != t->told) {
            t->told = t->registration;
            return t;
        }
    }
    return NULL;
}

const hl__sip_trunk_row *hl__sip_status_trunk(const hl__sip_status *s, hl_id after)
{
    const hl__sip_trunk_row *best = NULL;
    for (uint32_t i = 0; s && i < s->trunks; i++)
        if (s->trunk[i].id > after && (!best || s->trunk[i].id < best->id))
            best = &s->trunk[i];
    return best;
}

const hl__sip_phone_row *hl__sip_status_phone(const hl__sip_status *s, hl_id after)
{
    const hl__sip_phone_row *best = NULL;
    for (uint32_t i = 0; s && i < s->phones; i++)
        if (s->phone[i].id > after && (!best || s->phone[i].id < best->id))
            best = &s->phone[i];
    return best;
}

void hl__sip_status_figures(const hl__sip_status *s, hl__sip_figures *out)
{
    *out = s ? s->figures : (hl__sip_figures){ 0 };
}
