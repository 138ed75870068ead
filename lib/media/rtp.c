/* rtp.c - RFC 3550: packets in and out, and what was received of a source. */
#include "media/media.h"

#define MAX_DROPOUT 3000
#define MAX_MISORDER 100

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

bool hl__is_rtcp(const uint8_t *data, size_t len)
{
    return len >= 2 && data[0] >> 6 == 2 && data[1] >= 192 && data[1] <= 223;
}

int hl__rtp_read(uint8_t *data, size_t len, hl__rtp *out)
{
    if (len < 12 || data[0] >> 6 != 2 || hl__is_rtcp(data, len))
        return HL_EINVAL;
    size_t head = 12 + 4 * (size_t)(data[0] & 15), end = len;
    if (data[0] & 0x10) {
        if (len < head + 4)
            return HL_EINVAL;
        head += 4 + 4 * (size_t)(data[head + 2] << 8 | data[head + 3]);
    }
    if (head > len)
        return HL_EINVAL;
    if (data[0] & 0x20) {
        uint8_t pad = data[len - 1];
        if (pad == 0 || pad > len - head)
            return HL_EINVAL;
        end = len - pad;
    }
    *out = (hl__rtp){ .pt = data[1] & 0x7f, .marker = data[1] & 0x80, .seq = (uint16_t)(data[2] << 8 | data[3]),
        .ts = get32(data + 4), .ssrc = get32(data + 8), .len = (uint32_t)(end - head), .body = data + head };
    return 0;
}

void hl__rtp_write(uint8_t *head, const hl__rtp *r)
{
    head[0] = 0x80;
    head[1] = (uint8_t)((r->marker ? 0x80 : 0) | (r->pt & 0x7f));
    head[2] = (uint8_t)(r->seq >> 8);
    head[3] = (uint8_t)r->seq;
    put32(head + 4, r->ts);
    put32(head + 8, r->ssrc);
}

static void begin(hl__reception *r, const hl__rtp *p, uint32_t clock)
{
    *r = (hl__reception){ .ssrc = p->ssrc, .base = p->seq, .newest = p->seq, .clock = clock, .begun = true };
}

/* A.8, in sixteenths of a unit; what the sender's clock says against ours. */
static void take_jitter(hl__reception *r, const hl__rtp *p, hl_time now)
{
    uint32_t arrival = (uint32_t)((uint64_t)now * (r->clock / 1000) / 1000);
    uint32_t transit = arrival - p->ts;
    int32_t d = (int32_t)(transit - r->transit);
    if (r->received > 1 && d > -(int32_t)r->clock && d < (int32_t)r->clock)
        r->jitter16 += (uint32_t)(d < 0 ? -d : d) - ((r->jitter16 + 8) >> 4);
    r->transit = transit;
}

bool hl__reception_take(hl__reception *r, const hl__rtp *p, uint32_t clock, hl_time now)
{
    bool is_new = !r->begun || p->ssrc != r->ssrc;
    uint16_t step = (uint16_t)(p->seq - r->newest);
    if (!is_new && step >= MAX_DROPOUT && step <= 65536 - MAX_MISORDER)
        is_new = true;
    if (is_new) {
        begin(r, p, clock);
    } else if (step < MAX_DROPOUT) {
        if (p->seq < r->newest)
            r->cycles += 65536;
        r->newest = p->seq;
    }
    if (clock != r->clock) { /* another codec on the same source: its jitter cannot be compared */
        r->clock = clock;
        r->jitter16 = 0;
        r->transit = (uint32_t)((uint64_t)now * (clock / 1000) / 1000) - p->ts;
    }
    r->received++;
    take_jitter(r, p, now);
    return is_new;
}

uint32_t hl__reception_expected(const hl__reception *r)
{
    return r->begun ? r->cycles + r->newest - r->base + 1 : 0;
}
