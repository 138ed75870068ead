/* jitter.c - how long to wait for packets, and a buffer that does.
 *
 * The delay of each packet is measured against the smallest of the last 10 s, in bins of 5 ms whose past is forgotten
 * by 0.998 a packet. Target: 98th percentile + 20 ms, in 20..300. The buffer moves towards it by 10 ms at a time and at
 * most once in 60 ms: one frame is shortened or stretched, not the pitch of all. */
#include "media/media.h"
#include <string.h>

#define BIN_MS 5
#define FORGET 0.998f
#define WINDOW (10 * (hl_time)HL__SECOND)
#define STEP_EVERY (60 * HL__US)
#define SLOTS 32           /* packets kept: 640 ms of 20 */
#define SLOT_MAX 1500

/* The smallest of the last 10 s, from two halves of 5 s: the one running and the one before. */
static int64_t above_minimum(hl__delay *d, hl_time now, int64_t delay)
{
    if (!d->begun || now - d->since >= WINDOW / 2) {
        d->low[1] = d->begun ? d->low[0] : delay;
        d->low[0] = delay;
        d->since = now;
        d->begun = true;
    }
    if (delay < d->low[0])
        d->low[0] = delay;
    return delay - (d->low[0] < d->low[1] ? d->low[0] : d->low[1]);
}

void hl__delay_take(hl__delay *d, hl_time now, int64_t sent_us)
{
    int64_t late = above_minimum(d, now, now - sent_us);
    int64_t bin = late / (BIN_MS * HL__US);
    for (int i = 0; i < HL__BINS; i++)
        d->bin[i] *= FORGET;
    d->sum = d->sum * FORGET + 1;
    d->bin[bin < HL__BINS ? bin : HL__BINS - 1] += 1;
    float seen = 0;
    int i = 0;
    while (i < HL__BINS - 1 && (seen += d->bin[i]) < 0.98f * d->sum)
        i++;
    int32_t target = (i + 1) * BIN_MS + 20;
    d->target_ms = target < 20 ? 20 : target > 300 ? 300 : target;
}

struct slot { uint16_t seq, len; uint8_t pt; bool full, marker; uint32_t ts; uint8_t body[SLOT_MAX]; };
struct hl__jitter {
    hl__delay delay;
    uint32_t clock, ssrc, ts, frame; /* ts: of the next to be heard; frame: of 20 ms */
    uint32_t first_ts;
    int64_t unwrapped;               /* timestamps since the first */
    hl_time play;                    /* when ts is heard */
    hl_time stepped;
    int32_t have_ms;
    bool begun;
    struct slot slot[SLOTS];
};

int hl__jitter_new(hl__mem *mem, uint32_t clock, hl__jitter **out)
{
    hl__jitter *j = hl__alloc(mem, sizeof(*j));
    if (!j)
        return HL_ENOMEM;
    j->clock = clock;
    j->frame = clock / 50;
    *out = j;
    return 0;
}

void hl__jitter_free(hl__mem *mem, hl__jitter *j)
{
    hl__free(mem, j);
}

static hl_time in_us(const hl__jitter *j, int64_t units)
{
    return units * 1000 / (j->clock / 1000);
}

static void begin(hl__jitter *j, const hl__rtp *p)
{
    for (int i = 0; i < SLOTS; i++)
        j->slot[i].full = false;
    memset(&j->delay, 0, sizeof(j->delay));
    j->ssrc = p->ssrc;
    j->first_ts = p->ts;
    j->unwrapped = 0;
    j->begun = true;
    j->play = 0;
}

void hl__jitter_put(hl__jitter *j, hl_time now, const hl__rtp *p)
{
    if (p->len > SLOT_MAX)
        return;
    int32_t ahead = (int32_t)(p->ts - (j->first_ts + (uint32_t)j->unwrapped));
    bool is_new = !j->begun || p->ssrc != j->ssrc || ahead > 10 * (int32_t)j->clock || ahead < -10 * (int32_t)j->clock;
    if (is_new) {
        begin(j, p);
        ahead = 0;
    }
    if (ahead > 0)
        j->unwrapped += ahead;
    int64_t units = ahead > 0 ? j->unwrapped : j->unwrapped + ahead;
    hl__delay_take(&j->delay, now, in_us(j, units));
    if (is_new) {
        j->ts = p->ts;
        j->have_ms = j->delay.target_ms < 60 ? 60 : j->delay.target_ms;
        j->play = now + j->have_ms * HL__US;
        j->stepped = now;
    }
    if ((int32_t)(p->ts - j->ts) < 0)
        return; /* too late to be heard */
    struct slot *s = &j->slot[p->seq % SLOTS];
    *s = (struct slot){ .seq = p->seq, .len = (uint16_t)p->len, .pt = p->pt, .full = true, .marker = p->marker,
        .ts = p->ts };
    memcpy(s->body, p->body, p->len);
}

static struct slot *find(hl__jitter *j, uint32_t ts)
{
    for (int i = 0; i < SLOTS; i++)
        if (j->slot[i].full && j->slot[i].ts - ts < j->frame)
            return &j->slot[i];
    return NULL;
}

/* Towards the target: a frame is skipped over or waited for when the buffer is a whole frame off. */
static void adapt(hl__jitter *j, hl_time now)
{
    int32_t off = j->have_ms - j->delay.target_ms;
    if (now - j->stepped < STEP_EVERY || (off <= 15 && off >= -5))
        return;
    int32_t step = off > 0 ? -10 : 10;
    j->have_ms += step;
    j->play += step * HL__US;
    j->stepped = now;
}

static void fill(const hl__jitter *j, struct slot *s, hl__rtp *out)
{
    *out = (hl__rtp){ .pt = s->pt, .marker = s->marker, .seq = s->seq, .ts = s->ts, .ssrc = j->ssrc, .len = s->len,
        .body = s->body };
}

int hl__jitter_get(hl__jitter *j, hl_time now, hl__rtp *out, hl__rtp *next)
{
    *next = (hl__rtp){ 0 };
    if (!j->begun || now < j->play)
        return -1;
    adapt(j, now);
    if (j->play - now > in_us(j, j->frame) / 2)
        return -1; /* the buffer grows: this moment is stretched */
    while (now - j->play > in_us(j, j->frame)) { /* it shrinks, or nobody asked for a while */
        struct slot *s = find(j, j->ts);
        if (s)
            s->full = false;
        j->ts += j->frame;
        j->play += in_us(j, j->frame);
    }
    struct slot *s = find(j, j->ts), *after = find(j, j->ts + j->frame);
    if (s)
        fill(j, s, out);
    else if (after)
        fill(j, after, next);
    if (s)
        s->full = false; /* its bytes stay until the next put */
    j->ts += j->frame;
    j->play += in_us(j, j->frame);
    return s != NULL;
}

int32_t hl__jitter_ms(const hl__jitter *j)
{
    return j->begun ? j->have_ms : 0;
}
