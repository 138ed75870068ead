/* mix.c - several voices at once: each goes through a jitter buffer, every 20 ms each listener gets the sum of those it
 * hears, without its own. 16 kHz inside. */
#include "media/board.h"
#include <string.h>

#define RATE 16000
#define FRAME (RATE / 50)

static void voice_free(hl__board *b, hl__leg *leg)
{
    if (!leg->voice)
        return;
    hl__jitter_free(b->opt.mem, leg->voice->jitter);
    hl__coder_free(leg->voice->dec);
    hl__free(b->opt.mem, leg->voice);
    leg->voice = NULL;
}

static void ears_free(hl__board *b, hl__leg *leg)
{
    if (leg->ears)
        hl__coder_free(leg->ears->enc);
    hl__free(b->opt.mem, leg->ears);
    leg->ears = NULL;
}

void hl__mix_free(hl__board *b, hl__leg *leg)
{
    voice_free(b, leg);
    ears_free(b, leg);
}

static int voice_new(hl__board *b, hl__leg *leg, int kind)
{
    hl__voice *v = hl__alloc(b->opt.mem, sizeof(*v));
    if (!v)
        return HL_ENOMEM;
    leg->voice = v;
    v->kind = (uint8_t)kind;
    int r = hl__jitter_new(b->opt.mem, hl__codec_clock(kind), &v->jitter);
    if (r == 0)
        r = hl__coder_new(b->opt.mem, kind, RATE, false, &v->dec);
    if (r < 0)
        voice_free(b, leg);
    return r;
}

void hl__mix_audio(hl__board *b, hl__leg *from, const hl__rtp *p, hl_time now)
{
    int kind = from->wire->in_kind;
    if (from->voice && from->voice->kind != kind)
        voice_free(b, from);
    if (!from->voice && voice_new(b, from, kind) < 0)
        return;
    hl__jitter_put(from->voice->jitter, now, p);
}

static void listen(hl__leg *leg, hl_time now)
{
    hl__voice *v = leg->voice;
    hl__rtp p, next;
    int got = hl__jitter_get(v->jitter, now, &p, &next), n = 0;
    v->is_heard = got >= 0;
    if (got < 0)
        return;
    if (got == 1)
        n = hl__decode(v->dec, p.body, p.len, v->pcm, FRAME);
    else
        n = next.body ? hl__decode_fec(v->dec, next.body, next.len, v->pcm, FRAME) : hl__conceal(v->dec, v->pcm, FRAME);
    leg->wire->q_frames++;
    leg->wire->q_concealed += got == 0;
    if (n < 0)
        n = 0;
    if (n < FRAME)
        memset(v->pcm + n, 0, (size_t)(FRAME - n) * sizeof(v->pcm[0]));
}

static int ears_ready(hl__board *b, hl__leg *leg, int kind)
{
    if (leg->ears && leg->ears->kind != kind)
        ears_free(b, leg);
    if (leg->ears)
        return 0;
    hl__ears *e = hl__alloc(b->opt.mem, sizeof(*e));
    if (!e)
        return HL_ENOMEM;
    e->kind = (uint8_t)kind;
    e->token = ++b->token;
    if (hl__coder_new(b->opt.mem, kind, RATE, true, &e->enc) < 0) {
        hl__free(b->opt.mem, e);
        return HL_ENOMEM;
    }
    leg->ears = e;
    return 0;
}

static void sum(const hl__call *c, uint32_t row, int16_t out[FRAME])
{
    int32_t all[FRAME] = { 0 };
    const hl__row *r = &c->mix.row[row];
    for (uint32_t i = 0; i < c->mix.rows; i++) {
        const hl__leg *leg = c->leg[i];
        if (i == row || !leg || !leg->voice || !leg->voice->is_heard || !(r->hears >> i & 1))
            continue;
        bool is_soft = r->softly >> i & 1;
        for (int k = 0; k < FRAME; k++)
            all[k] += is_soft ? leg->voice->pcm[k] / 4 : leg->voice->pcm[k];
    }
    for (int k = 0; k < FRAME; k++)
        out[k] = (int16_t)(all[k] > INT16_MAX ? INT16_MAX : all[k] < INT16_MIN ? INT16_MIN : all[k]);
}

static void speak(hl__board *b, hl__call *c, uint32_t row, hl_time now)
{
    hl__leg *leg = c->leg[row];
    int16_t pcm[FRAME];
    uint8_t body[HL__PACKET_MAX];
    int kind = hl__wire_ready(leg->wire) ? hl__wire_kind(leg->wire) : 0;
    if (!kind || hl__is_playing(leg) || leg->mouth.at < leg->mouth.n || ears_ready(b, leg, kind) < 0)
        return;
    sum(c, row, pcm);
    int n = hl__encode(leg->ears->enc, pcm, FRAME, body, sizeof(body));
    if (n <= 0)
        return;
    hl__line *line = &leg->wire->line;
    bool is_first = line->token != leg->ears->token;
    hl__frame f = { .kind = kind, .len = (uint32_t)n, .marker = is_first, .body = body, .token = leg->ears->token };
    f.ts = is_first ? hl__line_ts(b, leg->wire, now, kind) : line->ts + hl__codec_clock(kind) / 50;
    hl__line_send(b, leg->wire, now, (uint16_t)(line->seq + 1), &f);
}

void hl__mix_tick(hl__board *b, hl__call *c, hl_time now)
{
    if (!c->is_mixing || now < c->next)
        return;
    c->next = c->next && now - c->next < 5 * HL__TICK_US ? c->next + HL__TICK_US : now + HL__TICK_US;
    for (uint32_t i = 0; i < c->mix.rows; i++)
        if (c->leg[i] && c->leg[i]->voice && c->leg[i]->wire)
            listen(c->leg[i], now);
    for (uint32_t i = 0; i < c->mix.rows; i++)
        if (c->leg[i] && c->sources[i] > 1)
            speak(b, c, i, now);
        else if (c->leg[i])
            ears_free(b, c->leg[i]);
}
