/* board.c - the legs of one media thread: who is there, on what path, in which call. Requests in, reports out.
 *
 * A leg may come before its path and outlive it: a browser's path is its session's and is bound to the leg of the
 * moment; a telephone's path is its own. Nothing here touches a socket or a clock. */
#include "media/board.h"
#include <string.h>

#define FULL 950 /* per mille of a thread's time: nobody new */

static const char *words_of(int code)
{
#define X(name, number, words) case number: return words;
    switch (code) { HL_ERRORS(X) default: return "failed"; }
#undef X
}

static void fail(hl__board *b, const hl__msg *q, int code, const char *words)
{
    hl__msg m = { .kind = HL__R_FAILED, .leg = q->leg, .session = q->session, .gen = q->gen, .ref = q->ref,
        .when = q->when, .code = code };
    size_t len = strlen(words);
    m.blob = hl__alloc(b->opt.mem, sizeof(*m.blob) + len);
    if (m.blob) {
        m.blob->len = (uint32_t)len;
        m.blob->kind = HL__WORDS;
        memcpy(m.blob->data, words, len);
    }
    hl__report(b, NULL, &m);
}

/* legs */

static void recount(hl__board *b, hl__call *c);
static void take_place(hl__board *b, hl__call *c, hl__leg *leg, uint32_t row);

/* Its call may have been told before it came. */
static void find_place(hl__board *b, hl__leg *leg)
{
    uint32_t pos = 0;
    for (hl__call *c; (c = hl__map_at(&b->calls, &pos));)
        for (uint32_t i = 0; i < c->mix.rows; i++)
            if (c->mix.row[i].leg == leg->id) {
                take_place(b, c, leg, i);
                recount(b, c);
                return;
            }
}

static hl__leg *leg_new(hl__board *b, hl_id id, uint32_t gen)
{
    hl__leg *leg = hl__map_get(&b->legs, id);
    if (leg) {
        leg->gen = gen;
        return leg;
    }
    leg = hl__alloc(b->opt.mem, sizeof(*leg));
    if (!leg || hl__map_put(&b->legs, id, leg) < 0) {
        hl__free(b->opt.mem, leg);
        return NULL;
    }
    leg->id = id;
    leg->gen = gen;
    b->figures.legs++;
    find_place(b, leg);
    return leg;
}

static void leave(hl__board *b, hl__leg *leg)
{
    if (!leg->call)
        return;
    hl__call *c = leg->call;
    c->leg[leg->row] = NULL;
    leg->call = NULL;
    hl__music_end(b, leg);
    recount(b, c);
}

static void unbind(hl__board *b, hl__leg *leg)
{
    hl__wire *w = leg->wire;
    hl__feed_free(b, leg);
    hl__mix_free(b, leg);
    leg->wire = NULL;
    if (!w)
        return;
    w->leg = NULL;
    w->path->leg = 0;
}

static void leg_free(hl__board *b, hl__leg *leg, hl_time now)
{
    leave(b, leg);
    hl__play_end(b, leg, HL_PLAY_STOPPED, now);
    unbind(b, leg);
    hl__free(b->opt.mem, leg->tones);
    (void)hl__map_del(&b->legs, leg->id); /* the leg is what was there */
    hl__free(b->opt.mem, leg);
    b->figures.legs--;
}

/* wires */

static void wire_free(hl__board *b, hl__wire *w)
{
    if (w->leg)
        unbind(b, w->leg);
    if (w->path)
        w->path->ops->close(w->path);
    if (w->port)
        b->opt.up.release(b->opt.up.ctx, w->port);
    (void)hl__map_del(&b->wires, w->id); /* the wire is what was there */
    hl__free(b->opt.mem, w);
    b->figures.wires--;
}

static void bind_leg(hl__board *b, hl__wire *w, hl__leg *leg)
{
    if (leg->wire == w)
        return;
    if (leg->wire)
        unbind(b, leg);
    if (w->leg)
        unbind(b, w->leg);
    leg->wire = w;
    w->leg = leg;
    w->path->leg = leg->id;
    w->path->gen = leg->gen;
}

static hl__wire *wire_new(hl__board *b, hl_id id, int transport)
{
    hl__wire *w = hl__alloc(b->opt.mem, sizeof(*w));
    if (!w || hl__map_put(&b->wires, id, w) < 0) {
        hl__free(b->opt.mem, w);
        return NULL;
    }
    w->id = id;
    w->transport = (uint8_t)transport;
    w->far_loss = w->far_jitter = w->rtt_us = w->mos_low = -1;
    w->line.ssrc = hl__rand_u32(&b->rand);
    w->line.seq = (uint16_t)(hl__rand_u32(&b->rand) & 0x7fff);
    b->figures.wires++;
    return w;
}

static int open_path(hl__board *b, hl__wire *w, hl_time now, hl__msg *q)
{
    const hl__paths *ops = b->opt.paths[w->transport];
    q->arg = w->port;
    int r = ops->open(b->state[w->transport], now, q, &w->path);
    if (r < 0)
        return r;
    w->path->owner = w;
    return 0;
}

static void learn_media(hl__wire *w, const hl__blob *blob)
{
    if (!blob || blob->kind != HL__MEDIA || blob->len != sizeof(hl__media))
        return;
    memcpy(&w->theirs, blob->data, sizeof(w->theirs));
    w->is_known = true;
    /* a telephone's direction is what it does, a browser's what we answered */
    w->is_listening = w->theirs.dir & (w->transport == HL__DTLS ? HL__SEND : HL__RECV);
    if (w->theirs.ssrc && w->theirs.ssrc != w->line.ssrc)
        w->line = (hl__line){ .ssrc = w->theirs.ssrc, .seq = w->line.seq & 0x7fff };
}

/* requests */

static int open_session(hl__board *b, hl_time now, hl__msg *q, hl__wire *old)
{
    hl__msg again = *q;
    again.kind = HL__Q_SET;
    if (old && old->path->ops->set(old->path, now, &again) != HL_ESTATE)
        return 0;
    hl__leg *leg = old ? old->leg : NULL;
    if (old)
        wire_free(b, old);
    hl__wire *w = wire_new(b, q->session, q->code);
    if (!w)
        return HL_ENOMEM;
    int r = open_path(b, w, now, q);
    if (r < 0) {
        wire_free(b, w);
        return r;
    }
    if (leg)
        bind_leg(b, w, leg);
    return 0;
}

static int open_leg(hl__board *b, hl_time now, hl__msg *q)
{
    if (hl__map_get(&b->wires, q->leg))
        return HL_EEXIST;
    hl__leg *leg = leg_new(b, q->leg, q->gen);
    hl__wire *w = leg ? wire_new(b, q->leg, q->code) : NULL;
    int r = w ? b->opt.up.bind(b->opt.up.ctx, q->leg, &w->port) : HL_ENOMEM;
    if (r == 0)
        r = open_path(b, w, now, q);
    if (r == 0) {
        learn_media(w, q->blob);
        w->is_up = true; /* a telephone may be spoken to before it speaks */
        bind_leg(b, w, leg);
        return 0;
    }
    if (w)
        wire_free(b, w);
    if (leg)
        leg_free(b, leg, now);
    return r;
}

static int do_open(hl__board *b, hl_time now, hl__msg *q)
{
    bool is_known = q->code > 0 && q->code <= HL__MEM && b->state[q->code];
    if (!is_known)
        return HL_ENOTSUP;
    if (b->load >= FULL && !(q->session && hl__map_get(&b->wires, q->session)))
        return HL_ELIMIT;
    return q->session ? open_session(b, now, q, hl__map_get(&b->wires, q->session)) : open_leg(b, now, q);
}

static int do_set(hl__board *b, hl_time now, hl__msg *q)
{
    hl__wire *w = hl__map_get(&b->wires, q->session ? q->session : q->leg);
    if (!w)
        return HL_ENOENT;
    int r = w->path->ops->set(w->path, now, q);
    if (r == 0 && !q->session)
        learn_media(w, q->blob);
    if (r == HL_ESTATE && q->session) {
        q->code = w->transport;
        r = open_session(b, now, q, w);
    }
    return r;
}

static int do_bind(hl__board *b, hl_time now, hl__msg *q)
{
    hl__wire *w = hl__map_get(&b->wires, q->session);
    if (!w)
        return HL_ENOENT;
    if (q->leg) {
        hl__leg *leg = leg_new(b, q->leg, q->gen);
        if (!leg)
            return HL_ENOMEM;
        bind_leg(b, w, leg);
    } else if (w->leg) { /* a page keeps its path, the leg that was on it is over */
        leg_free(b, w->leg, now);
    }
    return w->path->ops->set(w->path, now, q);
}

static int do_close(hl__board *b, hl_time now, hl__msg *q)
{
    hl__leg *leg = q->leg ? hl__map_get(&b->legs, q->leg) : NULL;
    if (leg)
        leg_free(b, leg, now);
    hl__wire *w = hl__map_get(&b->wires, q->leg ? q->leg : q->session);
    if (w)
        wire_free(b, w);
    return 0;
}

/* calls */

/* Who hears how many; coders and buffers of those who no longer need them go. */
static void recount(hl__board *b, hl__call *c)
{
    bool is_heard_mixed[HL__ROWS] = { false };
    c->is_mixing = false;
    for (uint32_t i = 0; i < c->mix.rows; i++) {
        c->sources[i] = 0;
        for (uint32_t k = 0; k < c->mix.rows; k++)
            c->sources[i] = (uint8_t)(c->sources[i] + (k != i && c->leg[k] && (c->mix.row[i].hears >> k & 1)));
        c->is_mixing = c->is_mixing || c->sources[i] > 1;
        for (uint32_t k = 0; c->sources[i] > 1 && k < c->mix.rows; k++)
            is_heard_mixed[k] = is_heard_mixed[k] || (c->mix.row[i].hears >> k & 1);
    }
    for (uint32_t i = 0; i < c->mix.rows; i++) {
        if (!c->leg[i])
            continue;
        if (c->sources[i] != 1)
            hl__feed_free(b, c->leg[i]);
        if (!is_heard_mixed[i] && c->sources[i] < 2)
            hl__mix_free(b, c->leg[i]);
    }
}

static int call_get(hl__board *b, hl_id contact, hl__call **out)
{
    hl__call *c = hl__map_get(&b->calls, contact);
    if (!c && !(c = hl__alloc(b->opt.mem, sizeof(*c))))
        return HL_ENOMEM;
    if (!c->contact && hl__map_put(&b->calls, contact, c) < 0) {
        hl__free(b->opt.mem, c);
        return HL_ENOMEM;
    }
    c->contact = contact;
    *out = c;
    return 0;
}

static void take_place(hl__board *b, hl__call *c, hl__leg *leg, uint32_t row)
{
    leave(b, leg);
    leg->call = c;
    leg->row = row;
    leg->is_active = true;
    c->leg[row] = leg;
    if (!c->mix.row[row].music)
        hl__music_end(b, leg);
    else
        hl__music_begin(b, leg);
}

static void call_clear(hl__board *b, hl__call *c, const hl__mix *next)
{
    for (uint32_t i = 0; i < c->mix.rows; i++) {
        bool stays = false;
        for (uint32_t k = 0; c->leg[i] && k < next->rows; k++)
            stays = stays || next->row[k].leg == c->leg[i]->id;
        hl__leg *leg = c->leg[i];
        c->leg[i] = NULL;
        if (!leg)
            continue;
        leg->call = NULL;
        if (stays)
            continue;
        hl__feed_free(b, leg);
        hl__mix_free(b, leg);
        hl__music_end(b, leg);
    }
    c->mix = *next;
}

static int do_mix(hl__board *b, hl_time now, hl__msg *q)
{
    hl__mix mix;
    hl__call *c;
    (void)now;
    if (!q->blob || q->blob->kind != HL__MIX || q->blob->len < 8 || q->blob->len > sizeof(mix))
        return HL_EINVAL;
    memset(&mix, 0, sizeof(mix));
    memcpy(&mix, q->blob->data, q->blob->len);
    if (mix.rows > HL__ROWS || q->blob->len < 8 + mix.rows * sizeof(mix.row[0]))
        return HL_EINVAL;
    int r = call_get(b, q->ref, &c);
    if (r < 0)
        return r;
    call_clear(b, c, &mix);
    for (uint32_t i = 0; i < mix.rows; i++) {
        hl__leg *leg = hl__map_get(&b->legs, mix.row[i].leg);
        if (leg)
            take_place(b, c, leg, i);
    }
    recount(b, c);
    if (mix.rows == 0) {
        (void)hl__map_del(&b->calls, c->contact); /* the call is what was there */
        hl__free(b->opt.mem, c);
    }
    return r;
}

static int do_play(hl__board *b, hl_time now, hl__msg *q)
{
    hl__leg *leg = hl__map_get(&b->legs, q->leg);
    int r = leg ? hl__play_begin(b, leg, q, now) : HL_ENOENT;
    if (r < 0) {
        hl__msg m = { .kind = HL__R_PLAYED, .leg = q->leg, .gen = q->gen, .ref = q->ref, .when = now,
            .code = HL_PLAY_FAILED };
        hl__report(b, NULL, &m);
    }
    return 0;
}

static int do_stop(hl__board *b, hl_time now, hl__msg *q)
{
    uint32_t pos = 0;
    for (hl__leg *leg; (leg = hl__map_at(&b->legs, &pos));)
        if (leg->play && leg->play->ref == q->ref && (!q->leg || q->leg == leg->id))
            hl__play_end(b, leg, HL_PLAY_STOPPED, now);
    return 0;
}

static int do_tones(hl__board *b, hl_time now, hl__msg *q)
{
    char keys[HL__KEYS_MAX + 1];
    hl__leg *leg = hl__map_get(&b->legs, q->leg);
    (void)now;
    if (!leg || !hl__wire_ready(leg->wire))
        return HL_ENOENT;
    const hl__media *theirs = &leg->wire->theirs;
    if (!theirs->dtmf_pt && !theirs->dtmf_alt)
        return HL_ENOTSUP;
    if (!q->blob || q->blob->len > HL__KEYS_MAX)
        return HL_ELIMIT;
    memcpy(keys, q->blob->data, q->blob->len);
    keys[q->blob->len] = 0;
    bool is_wide = theirs->dtmf_pt && theirs->n && theirs->codec[0].kind == HL__OPUS;
    uint32_t on_ms = q->arg > 0 && q->arg <= 8000 ? (uint32_t)q->arg : 100;
    return hl__mouth_add(&leg->mouth, keys, on_ms, 70, is_wide ? 48 : 8);
}

static int do_nothing(hl__board *b, hl_time now, hl__msg *q)
{
    (void)b;
    (void)now;
    (void)q;
    return HL_ENOTSUP;
}

/* paths' news */

/* Our answer to a telephone, or our offer: the path does not know our address. */
static void complete(hl__board *b, hl__wire *w, hl__media *ours)
{
    hl__addr at = { 0 };
    if (w->is_known) { /* answered: from now on that one codec */
        w->theirs.n = ours->n;
        w->theirs.codec[0] = ours->codec[0];
        w->theirs.dtmf_pt = ours->dtmf_pt;
        w->theirs.dtmf_alt = ours->dtmf_alt;
    }
    b->opt.up.settle(b->opt.up.ctx, w->is_known ? &w->theirs.rtp : NULL, &at);
    at.port = ours->rtp.port;
    ours->rtp = at;
}

static void path_report(hl__board *b, hl__msg *m, hl__path *path)
{
    hl__wire *w = path ? path->owner : NULL;
    if (w && m->kind == HL__R_UP) {
        w->is_up = true;
        w->since = m->when;
        learn_media(w, m->blob);
    } else if (w && m->kind == HL__R_MOVED) {
        w->moved = m->when;
    } else if (w && m->kind == HL__R_LOST && w->transport == HL__DTLS && m->code == 1) {
        w->is_up = false;
    } else if (w && m->kind == HL__R_LOCAL && m->blob && m->blob->kind == HL__MEDIA) {
        complete(b, w, (hl__media *)(void *)m->blob->data);
    }
    hl__report(b, NULL, m);
}

static void take_news(hl__board *b, const hl__paths *ops, void *st, hl_time now)
{
    hl__msg m = { 0 };
    hl__path *path = NULL;
    while (ops->report(st, &m, &path) == 1) {
        m.when = now;
        path_report(b, &m, path);
        path = NULL;
        memset(&m, 0, sizeof(m));
    }
}

/* Told before sent: by what is sent a page learns that it has sound, and the engine has to know when the page asks. */
static void pump(hl__board *b, hl_time now)
{
    bool has_more;
    for (int k = 1; k <= HL__MEM; k++) {
        if (!b->state[k])
            continue;
        const hl__paths *ops = b->opt.paths[k];
        do {
            hl__packet p = { .when = now, .room = sizeof(b->room), .data = b->room };
            has_more = ops->output(b->state[k], now, &p) == 1;
            take_news(b, ops, b->state[k], now);
            if (has_more)
                b->opt.up.send(b->opt.up.ctx, &p);
        } while (has_more);
    }
}

void hl__board_request(hl__board *b, hl_time now, hl__msg *q)
{
    static int (*const doing[])(hl__board *b, hl_time now, hl__msg *q) = {
        [HL__Q_OPEN] = do_open, [HL__Q_SET] = do_set, [HL__Q_BIND] = do_bind, [HL__Q_CLOSE] = do_close,
        [HL__Q_MIX] = do_mix, [HL__Q_PLAY] = do_play, [HL__Q_STOP] = do_stop, [HL__Q_TONES] = do_tones };
    bool is_known = q->kind < HL__COUNT(doing) && doing[q->kind];
    int r = (is_known ? doing[q->kind] : do_nothing)(b, now, q);
    if (r < 0 && r != HL_ENOENT)
        fail(b, q, r, q->kind == HL__Q_OPEN && r == HL_ENOTSUP ? "no codec in common" : words_of(r));
    hl__free(b->opt.mem, q->blob);
    q->blob = NULL;
    pump(b, now);
}

void hl__board_input(hl__board *b, hl_time now, hl__packet *p)
{
    static const uint8_t order[] = { HL__RTP, HL__MEM, HL__SDES };
    bool is_rtc = p->near.port >= b->opt.tuning.rtc_port && p->near.port < b->opt.tuning.rtc_port + HL__THREADS;
    hl__path *path = NULL;
    int k = HL__DTLS, r = -1;
    b->figures.in++;
    if (is_rtc && b->state[k])
        r = b->opt.paths[k]->input(b->state[k], now, p, &path);
    for (size_t i = 0; !is_rtc && i < sizeof(order) && r < 0; i++)
        if (b->state[order[i]])
            r = b->opt.paths[order[i]]->input(b->state[order[i]], now, p, &path);
    if (r < 0)
        b->figures.dropped++;
    if (r == 1 && path && path->owner)
        hl__wire_input(b, path->owner, now, p);
    else
        pump(b, now);
}

void hl__board_tick(hl__board *b, hl_time now)
{
    uint32_t pos = 0;
    for (hl__leg *leg; (leg = hl__map_at(&b->legs, &pos));) {
        if (!leg->wire)
            continue;
        hl__feed_tick(b, leg, now);
        hl__play_tick(b, leg, now);
    }
    pos = 0;
    for (hl__call *c; (c = hl__map_at(&b->calls, &pos));)
        hl__mix_tick(b, c, now);
    pos = 0;
    for (hl__wire *w; (w = hl__map_at(&b->wires, &pos));)
        hl__wire_tick(b, w, now);
    pump(b, now);
}

void hl__board_load(hl__board *b, int per_mille)
{
    b->load = per_mille;
    b->effort = per_mille > 700 ? 0 : per_mille > 500 ? 5 : 9;
}

void hl__board_tune(hl__board *b, const hl__tuning *t)
{
    b->opt.tuning.path = t->path;
    b->opt.tuning.effort = t->effort;
}

bool hl__board_idle(const hl__board *b)
{
    return b->figures.wires == 0 && b->figures.legs == 0;
}

void hl__board_ready(hl__board *b, hl_time now)
{
    uint32_t pos = 0;
    for (hl__leg *leg; (leg = hl__map_at(&b->legs, &pos));)
        hl__play_tick(b, leg, now);
}

const hl__figures *hl__board_figures(const hl__board *b)
{
    return &b->figures;
}

int hl__board_new(const hl__board_opt *opt, hl__err *err, hl__board **out)
{
    hl__board *b = hl__alloc(opt->mem, sizeof(*b));
    if (!b)
        return HL_ENOMEM;
    b->opt = *opt;
    b->effort = 9;
    hl__map_init(&b->wires, opt->mem);
    hl__map_init(&b->legs, opt->mem);
    hl__map_init(&b->calls, opt->mem);
    hl__rand_init(&b->rand, (int64_t)opt->seed, 77, (uint64_t)opt->thread);
    for (int k = 1; k <= HL__MEM; k++) {
        if (!opt->paths[k] || !opt->json[k])
            continue;
        int r = opt->paths[k]->begin(opt->mem, opt->json[k], opt->thread, err, &b->state[k]);
        if (r < 0) {
            b->state[k] = NULL;
            hl__board_free(b);
            return r;
        }
    }
    *out = b;
    return 0;
}

void hl__board_free(hl__board *b)
{
    uint32_t pos = 0;
    if (!b)
        return;
    for (hl__leg *leg; (leg = hl__map_at(&b->legs, &pos)); pos = 0)
        leg_free(b, leg, 0);
    pos = 0;
    for (hl__wire *w; (w = hl__map_at(&b->wires, &pos)); pos = 0)
        wire_free(b, w);
    pos = 0;
    for (hl__call *c; (c = hl__map_at(&b->calls, &pos));)
        hl__free(b->opt.mem, c);
    for (int k = 1; k <= HL__MEM; k++)
        if (b->state[k])
            b->opt.paths[k]->end(b->state[k]);
    hl__map_free(&b->wires);
    hl__map_free(&b->legs);
    hl__map_free(&b->calls);
    hl__free(b->opt.mem, b);
}
