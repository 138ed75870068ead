/* play.c - what the application plays to a leg or a call, and how each leg's sound has been of late. */
#include "engine/engine.h"
#include <string.h>

/* A line for a prompt of the document: its text is what a voice would say, and names the file that voice made. */
static void add_prompt(hl_t *hl, const char *name, const char *lang, hl__buf *out)
{
    const hl__object *o = hl__object_named(hl, "prompts", name);
    hl__json *j = o ? hl__json_read(o->canon, strlen(o->canon), NULL) : NULL;
    const char *text = hl__json_text(hl__json_get(hl__json_get(j, lang), "text"));

    out->failed |= o && !j;
    hl__buf_fmt(out, "%s\t%s\t", lang, name);
    for (const char *at = text ? text : ""; *at; at++)
        if (*at != '{' && *at != '}') /* keys stand as {1} */
            hl__buf_char(out, *at);
    hl__buf_char(out, '\n');
    hl__json_free(j);
}

/* Part of a list: {"p": name}, {"say": kind, "v": value, "unit": ...}, {"pause": ms}. */
static int add_part(hl_t *hl, const hl__json *part, const char *lang, hl__buf *out)
{
    const char *name = hl__json_text(hl__json_get(part, "p")), *kind = hl__json_text(hl__json_get(part, "say"));
    hl_say say = HL_SAY_INIT;
    hl__buf clips;
    int r;

    if (name) {
        add_prompt(hl, name, lang, out);
        return 0;
    }
    if (hl__json_get(part, "pause")) {
        hl__buf_fmt(out, "\t_%lld\t\n", (long long)hl__json_int(hl__json_get(part, "pause")));
        return 0;
    }
    say.lang = lang;
    say.kind = kind ? hl__say_kind(kind) : 0;
    say.value = hl__json_text(hl__json_get(part, "v"));
    say.unit = hl__json_text(hl__json_get(part, "unit"));
    hl__buf_init(&clips, &hl->mem);
    r = hl__say_clips(&say, &clips, hl->core.err);
    for (char *at = clips.data, *next; r >= 0 && at; at = next) {
        if ((next = strchr(at, ' ')))
            *next++ = 0;
        const char *text = hl__clip_text(lang, at);
        hl__buf_fmt(out, "%s\t%s\t%s\n", lang, at, text ? text : "");
    }
    hl__buf_free(&clips);
    return r < 0 ? r : 0;
}

static int add_clips(hl_t *hl, const hl_play *play, const char *lang, hl__buf *out)
{
    hl__json *list;
    int r = 0;

    if (play->prompt[0] != '[') {
        add_prompt(hl, play->prompt, lang, out);
        return 0;
    }
    if (!(list = hl__json_read(play->prompt, strlen(play->prompt), hl->core.err)))
        return hl->core.err->code;
    for (size_t i = 0; i < hl__json_size(list) && r == 0; i++)
        r = add_part(hl, hl__json_at(list, i), lang, out);
    hl__json_free(list);
    return r;
}

static uint32_t send(hl_t *hl, hl__playing *p, const hl_play *play, const hl__buf *clips)
{
    const hl__call *call = hl__call_of(hl->calls, p->target);
    const hl__leg *one = hl__leg_of(hl->calls, p->target);
    int64_t times = play->repeat > 0 ? play->repeat : 1;
    uint32_t n = 0;

    for (uint32_t i = 0; i < (call ? call->legs : one ? 1 : 0); i++) {
        const hl__leg *leg = call ? call->leg[i] : one;
        if (leg->state != HL_LEG_ANSWERED && leg->state != HL_LEG_EARLY)
            continue;
        hl__media_post(hl, &(hl__msg){ .kind = HL__Q_PLAY, .leg = leg->id, .ref = p->id, .code = (int32_t)play->flags,
                                       .arg = (int64_t)((uint64_t)play->gain_db << 32 | (uint64_t)times) },
                       HL__CLIPS, clips->data, clips->len);
        p->leg[n++] = leg->id;
    }
    return n;
}

int hl__play(hl_t *hl, const hl_play *play, hl_id *out)
{
    const hl__leg *leg = hl__leg_of(hl->calls, play->target);
    const char *own = hl__flow_lang(hl->flows, leg ? leg->contact : play->target);
    hl__playing *p = hl__alloc(&hl->mem, sizeof(*p));
    hl__buf clips;
    int r;

    if (!p)
        return HL_ENOMEM;
    hl__buf_init(&clips, &hl->mem);
    p->id = hl->core.id(&hl->core, HL_KIND_PART);
    p->target = play->target;
    r = add_clips(hl, play, play->lang ? play->lang : own ? own : "zh-CN", &clips);
    if (r == 0 && clips.failed)
        r = HL_ENOMEM;
    if (r == 0)
        r = hl__map_put(&hl->plays, p->id, p);
    if (r == 0 && (p->legs = send(hl, p, play, &clips)) == 0) {
        hl__map_del(&hl->plays, p->id);
        r = hl__fail(hl->core.err, leg || hl__call_of(hl->calls, play->target) ? HL_ESTATE : HL_ENOENT,
                     "nobody who could hear it is at %lld", (long long)play->target);
    }
    hl__buf_free(&clips);
    if (r < 0) {
        hl__free(&hl->mem, p);
        return r;
    }
    *out = p->id;
    return 0;
}

int hl__play_stop(hl_t *hl, hl_id id)
{
    const hl__playing *p = hl__map_get(&hl->plays, id);

    if (!p)
        return hl__fail(hl->core.err, HL_ENOENT, "play %lld has ended", (long long)id);
    for (uint32_t i = 0; i < p->legs; i++)
        hl__media_post(hl, &(hl__msg){ .kind = HL__Q_STOP, .leg = p->leg[i], .ref = id }, 0, NULL, 0);
    return 0;
}

void hl__play_leg_gone(hl_t *hl, const hl__leg *leg)
{
    const hl__playing *p;

    for (uint32_t at = 0; (p = hl__map_at(&hl->plays, &at));)
        hl__play_ended(hl, leg, &(hl__msg){ .ref = p->id, .code = HL_PLAY_STOPPED });
}

void hl__play_ended(hl_t *hl, const hl__leg *leg, const hl__msg *r)
{
    hl__playing *p = hl__map_get(&hl->plays, r->ref);
    hl_event ev = HL_EVENT_INIT;
    uint32_t i = 0;

    while (p && i < p->legs && p->leg[i] != leg->id)
        i++;
    if (!p || i == p->legs)
        return; /* a flow's prompt that was replaced, or told before */
    p->leg[i] = p->leg[p->legs - 1];
    ev.type = HL_EV_PLAY_ENDED;
    ev.contact = leg->contact;
    ev.leg = leg->id;
    ev.ref = r->ref;
    ev.code = r->code;
    ev.detail = (int32_t)r->arg;
    hl->core.emit(&hl->core, &ev);
    if (--p->legs == 0) {
        hl__map_del(&hl->plays, p->id);
        hl__free(&hl->mem, p);
    }
}

void hl__quality_keep(hl_t *hl, const hl__msg *r)
{
    hl__quality *q = hl__map_get(&hl->quality, r->leg);

    if (!r->leg || !r->blob || r->blob->len < sizeof(*q))
        return;
    if (!q) {
        if (!(q = hl__alloc(&hl->mem, sizeof(*q))))
            return; /* the next report comes in ten seconds */
        if (hl__map_put(&hl->quality, r->leg, q) < 0) {
            hl__free(&hl->mem, q);
            return;
        }
    }
    memcpy(q, r->blob->data, sizeof(*q));
}

void hl__plays_free(hl_t *hl)
{
    void *item;

    for (uint32_t at = 0; (item = hl__map_at(&hl->plays, &at));)
        hl__free(&hl->mem, item);
    for (uint32_t at = 0; (item = hl__map_at(&hl->quality, &at));)
        hl__free(&hl->mem, item);
    hl__map_free(&hl->plays);
    hl__map_free(&hl->quality);
}
