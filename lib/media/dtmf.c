/* dtmf.c - keys as RFC 4733 events: one receiver, one sender.
 *
 * A key press is known by (SSRC, event, timestamp). Everything else a sender may do wrong is met here: markers on every
 * packet or on none, a first duration of 0, ends with timestamps of their own, relays that rewrite each timestamp. All
 * comparisons are modular. */
#include "media/media.h"
#include <string.h>

#define SILENCE (150 * HL__US) /* no packet for so long: the key is up */
#define RELAY (60 * HL__US)    /* a relay's next packet of the same press comes within this */
#define BEHIND 100             /* so far behind the newest a packet is late, further it is another stream */
#define STEP_MS 20
#define FLASH 16

bool hl__event_read(const hl__rtp *r, hl__event_in *out)
{
    if (r->len < 4)
        return false;
    const uint8_t *b = r->body;
    *out = (hl__event_in){ .ssrc = r->ssrc, .ts = r->ts, .seq = r->seq, .event = b[0], .end = b[1] & 0x80,
        .duration = (uint16_t)(b[2] << 8 | b[3]) };
    return true;
}

static int close_key(hl__ear *e, hl__key *out)
{
    uint32_t units = e->base + e->duration;
    e->open = false;
    *out = (hl__key){ .end = true, .key = HL__KEYS[e->event], .ms = (int32_t)(units / e->khz) };
    return 1;
}

static void lengthen(hl__ear *e, const hl__event_in *p)
{
    if (p->duration > e->duration)
        e->duration = p->duration;
}

static int same_press(hl__ear *e, const hl__event_in *p, hl__key *out)
{
    lengthen(e, p);
    if (e->open && p->end && p->duration > 0)
        return close_key(e, out);
    return 0;
}

static bool is_rewritten(const hl__ear *e, hl_time now, const hl__event_in *p, uint16_t step)
{
    if (p->event != e->event || step != 1 || now - e->heard > RELAY)
        return false;
    return p->duration > e->duration || (p->end && p->duration == e->duration);
}

static bool is_next_segment(const hl__ear *e, const hl__event_in *p)
{
    if (!e->open || p->event != e->event || p->duration > e->duration)
        return false;
    int32_t off = (int32_t)(p->ts - e->ts - e->duration);
    int32_t slack = (int32_t)(STEP_MS * e->khz);
    return off >= -slack && off <= slack;
}

static int new_press(hl__ear *e, const hl__event_in *p, hl__key out[3])
{
    int n = e->open ? close_key(e, out) : 0;
    if (p->end && p->duration == 0)
        return n;
    e->ts = p->ts;
    e->event = p->event;
    e->base = 0;
    e->duration = p->duration;
    e->open = true;
    out[n++] = (hl__key){ .key = HL__KEYS[p->event] };
    if (p->end)
        n += close_key(e, out + n);
    return n;
}

/* A packet of the source that is heard already, newer than all before. */
static int next_packet(hl__ear *e, hl_time now, const hl__event_in *p, uint16_t step, hl__key out[3])
{
    if (p->event == e->event && p->ts == e->ts)
        return same_press(e, p, out);
    if (is_rewritten(e, now, p, step)) {
        e->ts = p->ts;
        return same_press(e, p, out);
    }
    if (is_next_segment(e, p)) {
        e->base += p->ts - e->ts;
        e->ts = p->ts;
        e->duration = 0;
        return same_press(e, p, out);
    }
    return new_press(e, p, out);
}

int hl__ear_take(hl__ear *e, hl_time now, uint32_t khz, const hl__event_in *p, hl__key out[3])
{
    if (p->event > FLASH)
        return 0;
    bool is_known = e->begun && e->ssrc == p->ssrc;
    uint16_t step = (uint16_t)(p->seq - e->seq);
    if (is_known && (uint16_t)(e->seq - p->seq) <= BEHIND) {
        if (e->open && p->event == e->event && p->ts == e->ts)
            lengthen(e, p);
        return 0;
    }
    int n = e->open && !is_known ? close_key(e, out) : 0;
    e->khz = khz ? khz : 8;
    e->begun = true;
    e->ssrc = p->ssrc;
    e->seq = p->seq;
    n += is_known ? next_packet(e, now, p, step, out + n) : new_press(e, p, out + n);
    e->heard = now;
    return n;
}

int hl__ear_tick(hl__ear *e, hl_time now, hl__key *out)
{
    return e->open && now - e->heard >= SILENCE ? close_key(e, out) : 0;
}

int hl__mouth_add(hl__mouth *m, const char *keys, uint32_t on_ms, uint32_t gap_ms, uint32_t khz)
{
    size_t n = strlen(keys);
    if (strspn(keys, HL__KEYS ",") != n)
        return HL_EINVAL;
    if (m->at == m->n)
        m->at = m->n = 0;
    if (n > HL__KEYS_MAX - m->n)
        return HL_ELIMIT;
    if (m->n == 0) {
        uint32_t on = on_ms < 50 ? 50 : on_ms, gap = gap_ms < 50 ? 50 : gap_ms;
        m->on_ms = (on + STEP_MS - 1) / STEP_MS * STEP_MS;
        m->gap_ms = (gap + STEP_MS - 1) / STEP_MS * STEP_MS;
        m->khz = khz;
        m->t = m->shift = m->units = 0;
    }
    memcpy(m->keys + m->n, keys, n);
    m->n += (uint32_t)n;
    return 0;
}

/* One pause of 500 ms. */
static int wait_on(hl__mouth *m)
{
    m->t += STEP_MS;
    if (m->t >= 500) {
        m->at++;
        m->t = 0;
    }
    return 0;
}

int hl__mouth_next(hl__mouth *m, hl__event_out *out)
{
    if (m->at == m->n)
        return -1;
    if (m->keys[m->at] == ',')
        return wait_on(m);
    uint32_t t = m->t, step = STEP_MS * m->khz;
    if (t == 0)
        m->units = m->shift = 0;
    bool is_update = t < m->on_ms, is_end = !is_update && t < m->on_ms + 3 * STEP_MS;
    bool is_fresh = t == 0;
    if (is_update && m->units + step > UINT16_MAX) {
        m->shift += m->units;
        m->units = 0;
    }
    if (is_update)
        m->units += step;
    m->t += STEP_MS;
    if (m->t >= m->on_ms + m->gap_ms && m->t >= m->on_ms + 3 * STEP_MS) {
        m->t = 0;
        m->at++;
    }
    if (!is_update && !is_end)
        return 0;
    const char *key = strchr(HL__KEYS, m->keys[m->at - (m->t == 0)]);
    *out = (hl__event_out){ .marker = is_fresh, .shift = m->shift, .begins = is_fresh };
    out->body[0] = (uint8_t)(key - HL__KEYS);
    out->body[1] = (uint8_t)((is_end ? 0x80 : 0) | 10);
    out->body[2] = (uint8_t)(m->units >> 8);
    out->body[3] = (uint8_t)m->units;
    return 1;
}
