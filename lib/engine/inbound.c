/* inbound.c - what drivers report: calls that come in, legs that change, keys, media threads' news. */
#include "engine/engine.h"
#include <string.h>

static void reject(hl_t *hl, hl_id leg, int q850, int code)
{
    hl__request *q = hl->sip >= 0 ? hl__ask(hl, HL__RQ_REJECT, leg) : NULL;

    if (!q)
        return;
    q->driver = hl->sip;
    q->code = q850;
    q->how = code;
}

/* A party at the door: who is dialled decides the flow; the contact is told before its leg. */
static int take_in(hl_t *hl, const hl__leg_spec *spec, const char *data, hl__talk **out)
{
    hl__leg_spec with = *spec;
    const char *alias;
    hl__talk *t;
    hl__leg *leg;
    hl__buf news;
    hl_id flow;
    int r;

    if ((r = hl__may_work(hl, true)) < 0)
        return r;
    if ((r = hl__flow_number(hl->flows, spec->local, &flow, &alias)) < 0)
        return r;
    if ((r = hl__talk_new(hl, spec->remote, spec->local, &t)) < 0)
        return r;
    with.contact = t->id;
    with.id = t->leg = spec->id ? spec->id : hl->core.id(&hl->core, HL_KIND_LEG);
    t->flow_id = flow;
    hl__copy(t->alias, sizeof(t->alias), alias);
    if (data && !(t->data = hl__strdup(&hl->mem, data)))
        r = HL_ENOMEM;
    hl__talk_tell(hl, t, hl__talk_news(hl, t, &news) == 0 ? news.data : NULL);
    hl__buf_free(&news);
    if (r >= 0)
        r = hl__leg_add(hl->calls, &with, &leg);
    if (r < 0) {
        t->leg = 0;
        hl__talk_over(hl, t);
        return r;
    }
    *out = t;
    return 0;
}

int hl__web_call(hl_t *hl, hl__session *s, const char *to, const char *data, hl_id *contact, hl_id *leg)
{
    hl__leg_spec spec = { .role = HL_ROLE_CUSTOMER, .medium = HL_MEDIUM_BROWSER, .inbound = true, .session = s->id };
    hl__talk *t;
    int r;

    if (s->leg)
        return hl__fail(hl->core.err, HL_ESTATE, "this page is in a call already");
    if (!s->path_up)
        return hl__fail(hl->core.err, HL_ESTATE, "the page's sound is not connected yet");
    spec.local = s->number && s->number[0] ? s->number : to ? to : "";
    spec.remote = s->subject ? s->subject : "web";
    if ((r = take_in(hl, &spec, data, &t)) < 0)
        return r == HL_ENOENT ? hl__fail(hl->core.err, r, "nobody answers the number \"%s\"", spec.local) : r;
    *contact = t->id;
    *leg = t->leg;
    s->leg = t->leg;
    s->contact = t->id;
    if (s->lang)
        hl__copy(t->lang, sizeof(t->lang), s->lang);
    return hl__leg_answer(hl->calls, t->leg);
}

/* *80 ready, *81 break: an agent's telephone sets her state. Heard as busy after it was done, 480 if it could not be.
 */
static bool feature_key(hl_t *hl, const hl__leg_ev *ev)
{
    static const struct {
        const char *number;
        int state;
    } keys[] = { { "*80", HL_AGENT_AVAILABLE }, { "*81", HL_AGENT_AUX }, { "*82", HL_AGENT_OFFLINE } };
    hl_agent row = HL_AGENT_INIT;

    if (!ev->phone || !ev->did)
        return false;
    for (size_t i = 0; i < HL__COUNT(keys); i++) {
        if (strcmp(ev->did, keys[i].number) != 0)
            continue;
        for (row.id = 0; hl__acd_agent_next(hl->acd, 0, &row) == 1;) {
            hl__acd_device dev = { 0 };
            const hl__object *phone;
            (void)hl__acd_agent_device(hl->acd, row.id, &dev); /* just listed */
            phone = dev.phone ? hl__object_named(hl, "phones", dev.phone) : NULL;
            if (!phone || phone->id != ev->phone)
                continue;
            int r = hl__acd_go(hl->acd, row.id, keys[i].state, "telephone");
            reject(hl, ev->leg, r < 0 ? HL_CAUSE_REJECTED : HL_CAUSE_BUSY, r < 0 ? 480 : 486);
            return true;
        }
    }
    return false;
}

static void leg_in(hl_t *hl, const hl__leg_ev *ev)
{
    hl__leg_spec spec = { .id = ev->leg, .trunk = ev->trunk, .phone = ev->phone, .role = HL_ROLE_CUSTOMER,
        .medium = HL_MEDIUM_PHONE, .inbound = true, .local = ev->did, .remote = ev->caller, .name = ev->name,
        .theirs = ev->media };
    hl__talk *t;
    int r;

    if (feature_key(hl, ev))
        return;
    if ((r = take_in(hl, &spec, NULL, &t)) == 0) {
        if (hl__leg_ring(hl->calls, ev->leg, 0) == 0)
            (void)hl__leg_answer(hl->calls, ev->leg); /* it rings: it may be answered */
        return;
    }
    hl->count.refused++;
    if (r == HL_ENOENT) {
        hl->count.unknown_number++;
        reject(hl, ev->leg, HL_CAUSE_UNALLOCATED, 404);
    } else {
        reject(hl, ev->leg, HL_CAUSE_CONGESTION, 503);
    }
}

void hl__leg_event(hl_t *hl, const hl__leg_ev *ev)
{
    if (ev->kind == HL__LEG_IN) {
        leg_in(hl, ev);
        return;
    }
    if (!hl__leg_of(hl->calls, ev->leg)) {
        hl->count.stale++;
        return;
    }
    switch (ev->kind) {
    case HL__LEG_PROGRESS: hl__leg_on_progress(hl->calls, ev->leg, ev->how); break;
    case HL__LEG_ANSWERED: hl__leg_on_answered(hl->calls, ev->leg, ev->media); break;
    case HL__LEG_MEDIA: hl__leg_on_media(hl->calls, ev->leg, ev->media, ev->held != 0); break;
    case HL__LEG_KEY: hl__leg_on_key(hl->calls, ev->leg, (char)ev->code); break;
    case HL__LEG_ENDED: hl__leg_on_ended(hl->calls, ev->leg, ev->q850, ev->code); break;
    default: hl->count.stale++; break;
    }
}

static void played(hl_t *hl, const hl__msg *r)
{
    const hl__leg *leg = hl__leg_of(hl->calls, r->leg);
    hl__talk *t = leg ? hl__talk_of(hl, leg->contact) : NULL;
    hl__flow_in in = { .kind = HL__FLOW_PLAYED };

    hl__callback_played(hl, t, r->ref);
    if (t && t->play_ref && t->play_ref == r->ref) {
        in.play = t->play;
        t->play_ref = 0;
        if (r->code != HL_PLAY_STOPPED)
            hl__flow_tell(hl, t->id, &in);
        return;
    }
    if (leg)
        hl__play_ended(hl, leg, r);
}

static void local_ready(hl_t *hl, const hl__msg *r)
{
    hl__session *s = r->leg ? NULL : hl__session_of(hl, r->session);
    hl__buf b;

    if (r->leg && r->blob && r->blob->len >= sizeof(hl__media)) {
        hl__media ours;
        memcpy(&ours, r->blob->data, sizeof(ours));
        hl__leg_on_local(hl->calls, r->leg, &ours);
        return;
    }
    if (!s || !s->offer_id || !r->blob)
        return;
    char *sdp = hl__strndup(&hl->mem, (const char *)r->blob->data, r->blob->len);
    hl__buf_init(&b, &hl->mem);
    hl__buf_str(&b, "{\"sdp\":");
    hl__buf_json(&b, sdp);
    hl__buf_char(&b, '}');
    hl__reply(hl, (hl__asker){ s->id, s->offer_id }, sdp && !b.failed ? 0 : HL_ENOMEM, b.data, b.len, false);
    s->offer_id = 0;
    hl__buf_free(&b);
    hl__free(&hl->mem, sdp);
}

static void media_failed(hl_t *hl, const hl__msg *r)
{
    hl__session *s = r->leg ? NULL : hl__session_of(hl, r->session);
    const char *words = r->blob ? (const char *)r->blob->data : "the sound path failed";
    size_t len = r->blob ? r->blob->len : strlen(words);

    hl__log(&hl->core.log, HL_LOG_WARN, "media: %.*s", (int)len, words);
    if (r->leg) {
        hl__leg_on_failed(hl->calls, r->leg, r->code == HL_ELIMIT ? HL_CAUSE_CONGESTION : HL_CAUSE_NO_CODEC);
    } else if (s && s->offer_id) {
        hl__reply(hl, (hl__asker){ s->id, s->offer_id }, r->code < 0 ? r->code : HL_EINVAL, words, len, false);
        s->offer_id = 0;
    } else if (s) {
        s->path_up = false;
    }
}

/* A session's path carries its leg; what happens to the one happens to the other. */
static void path_moved(hl_t *hl, const hl__msg *r, bool up)
{
    hl__session *s = hl__session_of(hl, r->session);
    hl_id leg = r->leg ? r->leg : s ? s->leg : 0;

    if (s && s->path_up != up) {
        s->path_up = up;
        hl__session_tell(hl, s, "media", "\"state\":\"%s\"", up ? "up" : "lost");
    }
    if (s && s->leg && r->kind == HL__R_UP) /* a fresh path, perhaps another page's: the leg was on an older one */
        hl__media_post(hl, &(hl__msg){ .kind = HL__Q_BIND, .leg = s->leg, .session = s->id }, 0, NULL, 0);
    if (leg)
        hl__leg_on_path(hl->calls, leg, !up);
}

void hl__trunk_event(hl_t *hl, hl_id trunk, int state, const char *why)
{
    hl_event ev = HL_EVENT_INIT;

    ev.type = HL_EV_TRUNK_STATE;
    ev.ref = trunk;
    ev.code = state;
    ev.text = why;
    hl->core.emit(&hl->core, &ev);
}

static void voiced(hl_t *hl, const hl__msg *r)
{
    hl_event ev = HL_EVENT_INIT;

    hl->voices_missing = r->arg;
    ev.type = HL_EV_DRIVER;
    ev.code = (int32_t)r->arg;
    ev.text = "voice";
    hl->core.emit(&hl->core, &ev);
}

void hl__media_report(hl_t *hl, const hl__msg *r)
{
    if (r->leg && !hl__leg_of(hl->calls, r->leg)) {
        hl->count.stale++;
        return;
    }
    switch (r->kind) {
    case HL__R_LOCAL: local_ready(hl, r); break;
    case HL__R_FAILED: media_failed(hl, r); break;
    case HL__R_UP: case HL__R_BACK: path_moved(hl, r, true); break;
    case HL__R_LOST: path_moved(hl, r, false); break;
    case HL__R_PLAYED: played(hl, r); break;
    case HL__R_VOICED: voiced(hl, r); break;
    case HL__R_QUALITY: hl__quality_keep(hl, r); break;
    case HL__R_PRESSED:
        if (r->arg == 0)
            hl__leg_on_key(hl->calls, r->leg, (char)r->code);
        break;
    default: break; /* SUSPECT, MOVED, LOAD: figures, nothing is decided by them */
    }
}
