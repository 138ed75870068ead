/* feed.c - talk between two: PASS, frames as they are under new headers; CODE, decoded and encoded again.
 *
 *   PASS   the listener takes what the talker sends: sequence and timestamps are moved by constants, so that loss,
 *          order and jitter reach the far end's own buffer as they were. No sound is touched.
 *   CODE   packets in order: a missing one is awaited 10 ms after its successor came, then made up: what Opus repeats
 *          of it (FEC), concealment before that; after more than 5 the stream begins anew. There is no other buffer. */
#include "media/board.h"
#include <string.h>

#define AWAIT (10 * HL__US)
#define RATE 8000 /* G.711 is on one side of every CODE */
#define FRAME (RATE / 50)

static void coders_free(hl__feed *f)
{
    hl__coder_free(f->dec);
    hl__coder_free(f->enc);
    f->dec = f->enc = NULL;
}

static void held_free(hl__board *b, hl__feed *f)
{
    for (int i = 0; i < HL__HELD; i++) {
        hl__free(b->opt.mem, f->held[i]);
        f->held[i] = NULL;
    }
}

void hl__feed_free(hl__board *b, hl__leg *to)
{
    if (!to->feed)
        return;
    held_free(b, to->feed);
    coders_free(to->feed);
    hl__free(b->opt.mem, to->feed);
    to->feed = NULL;
}

static int effort_of(const hl__board *b)
{
    return b->opt.tuning.effort >= 0 ? b->opt.tuning.effort : b->effort;
}

/* What `to` is sent while the talker sends `in`. */
static int choose(const hl__board *b, const hl__wire *w, int in)
{
    bool wants_opus = w->is_relayed || b->opt.tuning.path == HL_PATH_RELAY;
    if (in != HL__OPUS && wants_opus && hl__wire_codec(w, HL__OPUS))
        return HL__OPUS;
    return hl__wire_codec(w, in) ? in : hl__wire_kind(w);
}

static int begin(hl__board *b, hl__leg *to, const hl__leg *from, const hl__rtp *p, int out)
{
    hl__feed *f = to->feed;
    int in = from->wire->in_kind;
    bool is_same_pair = f->begun && f->source == from->id && f->in == in && f->out == out;
    if (!is_same_pair)
        coders_free(f);
    held_free(b, f);
    f->begun = true;
    f->source = from->id;
    f->ssrc = p->ssrc;
    f->in = (uint8_t)in;
    f->out = (uint8_t)out;
    f->mode = in == out ? HL_PATH_BYPASS : out == HL__OPUS ? HL_PATH_RELAY : HL_PATH_HALF;
    f->token = ++b->token;
    f->first = f->next = p->seq;
    f->frame = FRAME;
    f->fill = 0;
    if (in == out || is_same_pair)
        return 0;
    int r = hl__coder_new(b->opt.mem, in, RATE, false, &f->dec);
    if (r == 0)
        r = hl__coder_new(b->opt.mem, out, RATE, true, &f->enc);
    if (r == 0)
        hl__coder_effort(f->enc, effort_of(b), 5);
    if (r < 0) {
        coders_free(f);
        f->begun = false;
    }
    return r;
}

static void pass(hl__board *b, hl__leg *to, const hl__rtp *p, hl_time now)
{
    hl__feed *f = to->feed;
    hl__line *line = &to->wire->line;
    bool is_first = line->token != f->token;
    if (is_first) {
        f->first = p->seq;
        f->seq_off = (uint16_t)(line->seq + 1 - p->seq);
        f->ts_off = hl__line_ts(b, to->wire, now, f->out) - p->ts;
    } else if ((int16_t)(p->seq - f->first) < 0 && (uint16_t)(f->first - p->seq) < 1000) {
        b->figures.late++;
        return; /* from before the first: its number is taken */
    }
    if ((int16_t)(p->seq - f->next) > 0)
        f->next = p->seq;
    if ((uint16_t)(p->seq - f->first) > 20000) /* the fence moves along */
        f->first = (uint16_t)(p->seq - 1000);
    hl__frame out = { .kind = f->out, .ts = p->ts + f->ts_off, .len = p->len, .marker = is_first || p->marker,
        .body = p->body, .token = f->token };
    hl__line_send(b, to->wire, now, (uint16_t)(p->seq + f->seq_off), &out);
}

/* CODE */

static void emit(hl__board *b, hl__leg *to, hl_time now)
{
    hl__feed *f = to->feed;
    hl__wire *w = to->wire;
    uint8_t body[HL__PACKET_MAX];
    uint32_t at = 0;
    for (; f->fill - at >= FRAME; at += FRAME) {
        int n = hl__encode(f->enc, f->pcm + at, FRAME, body, sizeof(body));
        if (n <= 0)
            continue;
        bool is_first = w->line.token != f->token;
        hl__frame out = { .kind = f->out, .len = (uint32_t)n, .marker = is_first, .body = body, .token = f->token };
        out.ts = is_first ? hl__line_ts(b, w, now, f->out) : w->line.ts + hl__codec_clock(f->out) / 50;
        hl__line_send(b, w, now, (uint16_t)(w->line.seq + 1), &out);
    }
    memmove(f->pcm, f->pcm + at, (f->fill - at) * sizeof(f->pcm[0]));
    f->fill -= at;
}

static void sound(hl__board *b, hl__leg *to, const uint8_t *body, uint32_t len, hl_time now)
{
    hl__feed *f = to->feed;
    int n = hl__decode(f->dec, body, len, f->pcm + f->fill, (uint32_t)HL__COUNT(f->pcm) - f->fill);
    to->wire->q_frames++;
    if (n <= 0)
        return;
    f->frame = (uint32_t)n;
    f->fill += (uint32_t)n;
    emit(b, to, now);
}

static void make_up(hl__board *b, hl__leg *to, const hl__held *next, hl_time now)
{
    hl__feed *f = to->feed;
    if (f->fill + f->frame > HL__COUNT(f->pcm))
        return;
    int n = next ? hl__decode_fec(f->dec, next->body, next->len, f->pcm + f->fill, f->frame)
                 : hl__conceal(f->dec, f->pcm + f->fill, f->frame);
    to->wire->q_frames++;
    to->wire->q_concealed++;
    if (n <= 0)
        return;
    f->fill += (uint32_t)n;
    emit(b, to, now);
}

static hl__held *nearest(hl__feed *f)
{
    hl__held *best = NULL;
    for (int i = 0; i < HL__HELD; i++) {
        hl__held *h = f->held[i];
        if (h && h->len && (!best || (int16_t)(h->seq - best->seq) < 0))
            best = h;
    }
    return best;
}

/* All that is in order; what is missing is made up once its successor has waited long enough. */
static void drain(hl__board *b, hl__leg *to, hl_time now)
{
    hl__feed *f = to->feed;
    for (hl__held *h; (h = nearest(f));) {
        uint16_t gap = (uint16_t)(h->seq - f->next);
        if (gap > 0 && now - h->when < AWAIT)
            return;
        if (gap > HL__HELD)
            f->token = ++b->token; /* the timestamp jumps with it */
        for (uint16_t i = gap; i > 0 && gap <= HL__HELD; i--)
            make_up(b, to, i == 1 ? h : NULL, now);
        f->next = (uint16_t)(h->seq + 1);
        sound(b, to, h->body, h->len, now);
        h->len = 0;
    }
}

static hl__held *room(hl__board *b, hl__feed *f)
{
    for (int i = 0; i < HL__HELD; i++) {
        if (!f->held[i])
            f->held[i] = hl__alloc(b->opt.mem, sizeof(hl__held));
        if (f->held[i] && !f->held[i]->len)
            return f->held[i];
    }
    return NULL;
}

static void code(hl__board *b, hl__leg *to, const hl__rtp *p, hl_time now)
{
    hl__feed *f = to->feed;
    int16_t ahead = (int16_t)(p->seq - f->next);
    if (ahead < 0 || p->len == 0 || p->len > HL__MTU) {
        to->wire->q_late += ahead < 0;
        return;
    }
    if (ahead == 0) {
        f->next++;
        sound(b, to, p->body, p->len, now);
        drain(b, to, now);
        return;
    }
    hl__held *h = room(b, f);
    if (!h) { /* five wait already: no more waiting */
        nearest(f)->when = now - AWAIT;
        drain(b, to, now);
        h = room(b, f);
    }
    if (!h)
        return;
    h->seq = p->seq;
    h->len = (uint16_t)p->len;
    h->when = now;
    memcpy(h->body, p->body, p->len);
}

void hl__feed_audio(hl__board *b, hl__leg *to, const hl__leg *from, const hl__rtp *p, hl_time now)
{
    if (!hl__wire_ready(to->wire) || hl__is_playing(to) || to->mouth.at < to->mouth.n)
        return;
    if (!to->feed && !(to->feed = hl__alloc(b->opt.mem, sizeof(*to->feed))))
        return;
    hl__feed *f = to->feed;
    int out = choose(b, to->wire, from->wire->in_kind);
    if (!out)
        return;
    bool is_other = !f->begun || f->source != from->id || f->ssrc != p->ssrc || f->in != from->wire->in_kind
        || f->out != out || (uint16_t)(p->seq - f->next + 1000) > 4000;
    if (is_other && begin(b, to, from, p, out) < 0)
        return;
    if (f->in == f->out)
        pass(b, to, p, now);
    else
        code(b, to, p, now);
}

/* Its number must not look lost. */
void hl__feed_skip(hl__leg *to, const hl__rtp *p)
{
    hl__feed *f = to->feed;
    if (!f || !f->begun || f->ssrc != p->ssrc)
        return;
    if (f->in == f->out)
        f->seq_off--;
    else if (p->seq == f->next)
        f->next++;
}

void hl__feed_tick(hl__board *b, hl__leg *to, hl_time now)
{
    if (to->feed && to->feed->begun && to->feed->in != to->feed->out && hl__wire_ready(to->wire))
        drain(b, to, now);
}
