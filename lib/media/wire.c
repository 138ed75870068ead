/* wire.c - a path and the RTP on it: packets in are sorted, packets out are numbered, reports come and go. */
#include "media/board.h"
#include "io/io.h"
#include <string.h>

#define RTCP_EVERY (5 * (hl_time)HL__SECOND)
#define QUALITY_EVERY (10 * (hl_time)HL__SECOND)
#define CALM (30 * (hl_time)HL__SECOND)
#define LOSSY 5             /* of 256: 2 % */
#define QUIET 1             /* of 256: below 0.5 % */
#define OTHER_DELAY_MS 25   /* codec and sound card */

void hl__report(hl__board *b, const hl__leg *leg, hl__msg *m)
{
    if (leg) {
        m->leg = leg->id;
        m->gen = leg->gen;
    }
    m->thread = (uint16_t)b->opt.thread;
    b->opt.up.report(b->opt.up.ctx, m);
}

bool hl__wire_ready(const hl__wire *w)
{
    return w && w->is_known && w->is_up && w->is_listening;
}

const hl__codec *hl__wire_codec(const hl__wire *w, int kind)
{
    for (int i = 0; i < w->theirs.n; i++)
        if (w->theirs.codec[i].kind == kind)
            return &w->theirs.codec[i];
    return NULL;
}

int hl__wire_kind(const hl__wire *w)
{
    for (int i = 0; i < w->theirs.n; i++) {
        int kind = w->theirs.codec[i].kind;
        if (kind == HL__OPUS || kind == HL__PCMA || kind == HL__PCMU)
            return kind;
    }
    return 0;
}

/* out */

uint32_t hl__line_ts(hl__board *b, hl__wire *w, hl_time now, int kind)
{
    uint32_t clock = hl__codec_clock(kind);
    if (!w->line.sent)
        return hl__rand_u32(&b->rand);
    hl_time since = now - w->line.sent;
    if (since < HL__TICK_US)
        since = HL__TICK_US;
    return w->line.ts + (uint32_t)((uint64_t)since * (clock / 1000) / 1000);
}

static void put(hl__board *b, hl__wire *w, hl_time now, uint32_t len)
{
    hl__packet p = { .when = now, .len = len, .room = sizeof(b->room), .data = b->room };
    if (w->path->ops->protect(w->path, &p) < 0)
        return; /* no address yet, or no keys: the far end is not there */
    b->figures.out++;
    b->opt.up.send(b->opt.up.ctx, &p);
}

static void put_rtp(hl__board *b, hl__wire *w, hl_time now, hl__rtp *r)
{
    r->ssrc = w->line.ssrc;
    hl__rtp_write(b->room, r);
    memcpy(b->room + 12, r->body, r->len);
    w->line.packets++;
    w->line.octets += r->len;
    put(b, w, now, 12 + r->len);
}

void hl__line_send(hl__board *b, hl__wire *w, hl_time now, uint16_t seq, const hl__frame *f)
{
    const hl__codec *codec = hl__wire_codec(w, f->kind);
    if (!codec || f->len > HL__MTU - 12)
        return;
    hl__rtp r = { .pt = codec->pt, .marker = f->marker, .seq = seq, .ts = f->ts, .len = f->len,
        .body = (uint8_t *)(uintptr_t)f->body };
    bool is_newer = !w->line.sent || f->token != w->line.token || (int16_t)(seq - w->line.seq) > 0;
    if (is_newer) {
        w->line.seq = seq;
        w->line.ts = f->ts;
        w->line.clock = hl__codec_clock(f->kind);
        w->line.sent = now;
        w->line.token = f->token;
    }
    put_rtp(b, w, now, &r);
}

void hl__wire_event(hl__board *b, hl__wire *w, hl_time now, uint32_t ts, const hl__event_out *e)
{
    hl__rtp r = { .pt = w->theirs.dtmf_pt ? w->theirs.dtmf_pt : w->theirs.dtmf_alt, .marker = e->marker, .ts = ts,
        .seq = (uint16_t)(w->line.seq + 1), .len = sizeof(e->body), .body = (uint8_t *)(uintptr_t)e->body };
    w->line.seq = r.seq;
    put_rtp(b, w, now, &r);
}

/* RTCP */

static void send_rtcp(hl__board *b, hl__wire *w, hl_time now)
{
    hl__rtcp r = { .ssrc = w->line.ssrc, .sr = w->line.packets > 0, .packets = w->line.packets,
        .octets = w->line.octets };
    if (r.sr) {
        r.ntp = hl__ntp(now);
        r.ts = w->line.ts + (uint32_t)((uint64_t)(now - w->line.sent) * (w->line.clock / 1000) / 1000);
    }
    if (w->in.begun) {
        r.blocks = 1;
        hl__reception_block(&w->in, &r.block);
        r.block.lsr = w->sr_mid;
        r.block.dlsr = w->sr_mid ? (uint32_t)((uint64_t)(now - w->sr_at) * 65536 / HL__SECOND) : 0;
    }
    size_t len = hl__rtcp_write(&r, b->room, HL__MTU);
    put(b, w, now, (uint32_t)len);
}

/* Where packets get lost, a browser is sent Opus with FEC instead of the trunk's frames, until it is calm again. */
static void judge_loss(hl__wire *w, hl_time now)
{
    w->bad_reports = w->far_loss >= LOSSY ? w->bad_reports + 1 : 0;
    if (w->far_loss > QUIET || !w->calm)
        w->calm = now;
    if (w->bad_reports >= 2)
        w->is_relayed = true;
    else if (w->is_relayed && now - w->calm >= CALM)
        w->is_relayed = false;
}

static void rtcp_in(hl__wire *w, hl_time now, const hl__packet *p)
{
    hl__rtcp r;
    if (hl__rtcp_read(p->data, p->len, w->line.ssrc, &r) < 0)
        return;
    if (r.sr) {
        w->sr_mid = (uint32_t)(r.ntp >> 16);
        w->sr_at = now;
    }
    if (!r.blocks)
        return;
    w->far_loss = (int32_t)r.block.fraction;
    if (w->line.clock)
        w->far_jitter = (int32_t)((uint64_t)r.block.jitter * 1000 / (w->line.clock / 1000));
    uint32_t here = (uint32_t)(hl__ntp(now) >> 16);
    if (r.block.lsr) {
        int32_t trip = (int32_t)(here - r.block.lsr - r.block.dlsr);
        if (trip >= 0 && trip < 10 * 65536)
            w->rtt_us = (int32_t)((int64_t)trip * HL__SECOND / 65536);
    }
    judge_loss(w, now);
}

/* in */

static void tell_keys(hl__board *b, hl__leg *leg, hl_time now, const hl__key *keys, int n)
{
    for (int i = 0; i < n; i++) {
        hl__msg m = { .kind = HL__R_PRESSED, .when = now, .code = keys[i].key, .arg = keys[i].end ? keys[i].ms : 0 };
        if (keys[i].end && m.arg == 0)
            m.arg = 1;
        hl__report(b, leg, &m);
        if (!keys[i].end)
            hl__play_key(b, leg, now);
    }
}

static uint32_t event_khz(const hl__wire *w, uint8_t pt)
{
    bool is_wide = pt == w->theirs.dtmf_pt && w->theirs.n && w->theirs.codec[0].kind == HL__OPUS;
    return is_wide ? 48 : 8;
}

static void event_in(hl__board *b, hl__wire *w, hl_time now, const hl__rtp *r)
{
    hl__event_in e;
    hl__key keys[3];
    if (!hl__event_read(r, &e))
        return;
    int n = hl__ear_take(&w->ear, now, event_khz(w, r->pt), &e, keys);
    if (!w->leg)
        return;
    tell_keys(b, w->leg, now, keys, n);
    hl__call *c = w->leg->call;
    for (uint32_t i = 0; c && i < c->mix.rows; i++)
        if (c->leg[i] && c->leg[i] != w->leg && c->mix.row[i].hears >> w->leg->row & 1)
            hl__feed_skip(c->leg[i], r);
}

static int kind_of(const hl__wire *w, uint8_t pt)
{
    for (int i = 0; i < w->theirs.n; i++)
        if (w->theirs.codec[i].pt == pt)
            return w->theirs.codec[i].kind;
    return 0;
}

/* Tones in the sound, of a telephone with which no events were agreed. */
static void hear_tones(hl__board *b, hl__wire *w, hl_time now, const hl__rtp *r)
{
    int16_t pcm[HL__FRAME_MAX];
    hl__key keys[8];
    hl__leg *leg = w->leg;
    if (w->transport == HL__DTLS || w->theirs.dtmf_pt || w->theirs.dtmf_alt || w->in_kind == HL__OPUS)
        return;
    if (!leg->tones)
        leg->tones = hl__alloc(b->opt.mem, sizeof(*leg->tones));
    if (!leg->tones || r->len > HL__FRAME_MAX)
        return;
    (w->in_kind == HL__PCMU ? hl__ulaw_decode : hl__alaw_decode)(r->body, r->len, pcm);
    tell_keys(b, leg, now, keys, hl__tones_take(leg->tones, pcm, r->len, keys, HL__COUNT(keys)));
}

static void audio_in(hl__board *b, hl__wire *w, hl_time now, const hl__rtp *r)
{
    hl__leg *leg = w->leg;
    hl__call *c = leg->call;
    hear_tones(b, w, now, r);
    if (!c)
        return;
    bool is_mixed = false;
    for (uint32_t i = 0; i < c->mix.rows; i++) {
        if (!c->leg[i] || c->leg[i] == leg || !(c->mix.row[i].hears >> leg->row & 1))
            continue;
        if (c->sources[i] > 1)
            is_mixed = true;
        else
            hl__feed_audio(b, c->leg[i], leg, r, now);
    }
    if (is_mixed)
        hl__mix_audio(b, leg, r, now);
}

void hl__wire_input(hl__board *b, hl__wire *w, hl_time now, const hl__packet *p)
{
    hl__rtp r;
    w->heard = now;
    w->from = p->far;
    if (hl__is_rtcp(p->data, p->len)) {
        rtcp_in(w, now, p);
        return;
    }
    if (hl__rtp_read(p->data, p->len, &r) < 0) {
        b->figures.dropped++;
        return;
    }
    bool is_event = w->is_known && r.pt && (r.pt == w->theirs.dtmf_pt || r.pt == w->theirs.dtmf_alt);
    int kind = w->is_known && !is_event ? kind_of(w, r.pt) : 0;
    if (kind)
        w->in_kind = (uint8_t)kind;
    if (!is_event && !kind) { /* comfort noise, or what was never agreed */
        b->figures.dropped++;
        return;
    }
    (void)hl__reception_take(&w->in, &r, hl__codec_clock(w->in_kind ? w->in_kind : hl__wire_kind(w)), now);
    if (is_event)
        event_in(b, w, now, &r);
    else if (w->leg && r.len)
        audio_in(b, w, now, &r);
}

/* quality */

static int32_t ppm(uint64_t part, uint64_t whole)
{
    return whole ? (int32_t)(part * 1000000 / whole) : -1;
}

static int32_t path_of(const hl__leg *leg)
{
    if (leg->ears)
        return HL_PATH_MIX;
    return leg->feed && leg->feed->begun ? leg->feed->mode : HL_PATH_NONE;
}

/* Of a wire with a leg, on which something came in. */
static void fill_quality(hl__wire *w, hl__quality *q)
{
    uint32_t expected = hl__reception_expected(&w->in) - w->q_expected, got = w->in.received - w->q_received;
    hl_quality *r = &q->row;
    const hl__leg *leg = w->leg;
    r->size = sizeof(*r);
    r->loss_ppm_in = ppm(expected > got ? expected - got : 0, expected);
    r->loss_ppm_out = w->far_loss < 0 ? -1 : w->far_loss * 3906;
    r->jitter_us_in = (int32_t)((uint64_t)(w->in.jitter16 >> 4) * 1000 / (w->in.clock / 1000));
    r->jitter_us_out = w->far_jitter;
    r->rtt_us = w->rtt_us;
    r->buffer_us = leg->voice ? hl__jitter_ms(leg->voice->jitter) * HL__US : 0;
    r->concealed_ppm = w->q_frames ? ppm(w->q_concealed, w->q_frames) : r->loss_ppm_in;
    r->late_ppm = ppm(w->q_late, got);
    r->path = path_of(leg);
    r->since = w->since;
    r->moved = w->moved;
    int delay_ms = ((w->rtt_us > 0 ? w->rtt_us / 2 : 0) + r->buffer_us) / HL__US + OTHER_DELAY_MS;
    r->mos100 = hl__mos(delay_ms, r->concealed_ppm < 0 ? 0 : r->concealed_ppm, 0, 251);
    if (r->mos100 > 0 && (w->mos_low < 0 || r->mos100 < w->mos_low))
        w->mos_low = r->mos100;
    r->mos100_low = w->mos_low;
    w->q_expected += expected;
    w->q_received = w->in.received;
    w->q_frames = w->q_concealed = w->q_late = 0;
}

static void tell_quality(hl__board *b, hl__wire *w, hl_time now)
{
    static const char *const transports[] = { "", "rtp", "sdes", "dtls", "mem" };
    hl__blob *blob = hl__alloc(b->opt.mem, sizeof(*blob) + sizeof(hl__quality));
    if (!blob)
        return; /* the next one may do */
    blob->len = sizeof(hl__quality);
    blob->kind = HL__QUALITY;
    hl__quality q = { 0 };
    fill_quality(w, &q);
    (void)hl__copy(q.codec_in, sizeof(q.codec_in), hl__codec_name(w->in_kind)); /* short names: they fit */
    (void)hl__copy(q.codec_out, sizeof(q.codec_out), hl__codec_name(hl__wire_kind(w)));
    (void)hl__copy(q.transport, sizeof(q.transport), transports[w->transport]);
    (void)hl__addr_text(&w->from, q.address);
    memcpy(blob->data, &q, sizeof(q));
    hl__msg m = { .kind = HL__R_QUALITY, .when = now, .blob = blob };
    hl__report(b, w->leg, &m);
}

void hl__wire_tick(hl__board *b, hl__wire *w, hl_time now)
{
    hl__key key;
    int n = hl__ear_tick(&w->ear, now, &key);
    if (n && w->leg)
        tell_keys(b, w->leg, now, &key, n);
    if (!w->is_up || !w->is_known)
        return;
    if (now >= w->next_rtcp) {
        if (w->next_rtcp && (w->line.packets || w->in.begun))
            send_rtcp(b, w, now);
        w->next_rtcp = now + RTCP_EVERY / 2 + hl__rand_below(&b->rand, RTCP_EVERY);
    }
    if (now >= w->next_quality) {
        if (w->next_quality && w->leg && w->in.begun)
            tell_quality(b, w, now);
        w->next_quality = now + QUALITY_EVERY;
    }
}
