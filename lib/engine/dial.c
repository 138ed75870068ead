/* dial.c - a leg the application asks for: whose telephone rings, whose call it joins. */
#include "engine/engine.h"

/* Whom to ring: an agent's own telephone or address, else the number asked for. */
static int whom(hl_t *hl, const hl_dial *d, hl__leg_spec *spec)
{
    hl__acd_device dev = { 0 };
    const hl__object *phone;
    int r;

    if (d->agent) {
        if ((r = hl__acd_agent_device(hl->acd, d->agent, &dev)) < 0)
            return r;
        phone = dev.phone ? hl__object_named(hl, "phones", dev.phone) : NULL;
        spec->phone = phone ? phone->id : 0;
        spec->remote = phone ? dev.phone : dev.address;
    }
    if (d->trunk && !hl__map_get(&hl->objects, d->trunk))
        return hl__fail(hl->core.err, HL_ENOENT, "there is no trunk %lld", (long long)d->trunk);
    if (!spec->remote || !spec->remote[0])
        return hl__fail(hl->core.err, HL_EINVAL, "whom to dial is not said, or the agent has no telephone");
    return 0;
}

static int new_contact(hl_t *hl, const hl_dial *d, const hl__leg_spec *spec, hl__talk **out)
{
    hl__talk *t;
    int r = hl__talk_new(hl, spec->remote, d->from ? d->from : "", &t);

    if (r < 0)
        return r;
    if (d->data && !(t->data = hl__strdup(&hl->mem, d->data))) {
        hl__talk_forget(hl, t);
        return HL_ENOMEM;
    }
    *out = t;
    return 0;
}

/* A contact is told before its leg, and both only once nothing can fail any more. */
static int begin(hl_t *hl, hl__leg_spec *spec, hl__talk *t, hl__leg **leg)
{
    hl__buf news;
    int r;

    if (!t) {
        if ((r = hl__leg_reserve(hl->calls, spec, leg)) == 0)
            hl__leg_begin(hl->calls, *leg, NULL);
        return r;
    }
    spec->contact = t->id;
    spec->id = t->leg = hl->core.id(&hl->core, HL_KIND_LEG);
    if ((r = hl__talk_news(hl, t, &news)) == 0 && (r = hl__leg_reserve(hl->calls, spec, leg)) == 0) {
        hl__talk_tell(hl, t, news.data);
        hl__leg_begin(hl->calls, *leg, NULL);
    }
    hl__buf_free(&news);
    return r;
}

int hl__dial_out(hl_t *hl, const hl_dial *d, hl_id *out)
{
    hl__leg_spec spec = { .contact = d->contact, .agent = d->agent, .trunk = d->trunk, .role = d->role,
        .medium = HL_MEDIUM_PHONE, .local = d->from, .remote = d->to, .name = d->name, .timeout_ms = d->timeout_ms,
        .early = d->early != 0 };
    hl__talk *t = NULL;
    hl__leg *leg;
    int r = whom(hl, d, &spec);

    if (r < 0)
        return r;
    if (d->contact && !hl__call_of(hl->calls, d->contact))
        return hl__fail(hl->core.err, HL_ENOENT, "contact %lld has no call", (long long)d->contact);
    if (!d->contact && (r = new_contact(hl, d, &spec, &t)) < 0)
        return r;
    if ((r = begin(hl, &spec, t, &leg)) == 0)
        *out = leg->id;
    else if (t)
        hl__talk_forget(hl, t);
    return r;
}
