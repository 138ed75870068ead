/* sound.c - simulated sound: it takes time, and that is all of it. */
#include "sim/party.h"
#include <hotline/media.h>
#include <string.h>

static int room(void *d, int thread)
{
    (void)d, (void)thread; /* never full */
    return 1 << 20;
}

/* What plays to the party ends; code HL_PLAY_*. */
void hl__sound_stop(hl__sim *s, hl__party *p, int code)
{
    hl_id play = p->play;

    hl__timer_drop(&s->wheel, &p->heard);
    hl__free(s->mem, p->clips);
    p->clips = NULL;
    p->play = 0;
    if (play)
        hl__report_sound(s, HL__R_PLAYED, p->leg, 0, play, code);
}

static void play(hl__sim *s, hl__party *p, const hl__msg *q)
{
    const char *clips = q->blob ? (const char *)q->blob->data : "";
    size_t len = q->blob ? q->blob->len : 0;

    hl__sound_stop(s, p, HL_PLAY_STOPPED);
    p->play = q->ref;
    p->clips = hl__strndup(s->mem, clips, len); /* without memory: played all the same */
    if (!(q->code & HL_PLAY_LOOP))
        hl__timer_set(&s->wheel, &p->heard, hl__sim_now(s) + (hl_time)hl__spoken_ms(clips, len) * HL__US);
}

static void open_path(hl__sim *s, const hl__msg *q)
{
    const hl__media ours = { .size = sizeof(ours), .dir = HL__SENDRECV, .transport = HL__MEM, .n = 1, .dtmf_pt = 101,
        .codec = { { .kind = HL__PCMA, .pt = 8, .ptime = 20, .channels = 1, .rate = 8000 } } };

    if (q->leg) {
        hl__report_blob(s, q, HL__R_LOCAL, HL__MEDIA, &ours, sizeof(ours));
    } else {
        hl__report_blob(s, q, HL__R_LOCAL, HL__SDP, "simulated", 9);
        hl__report_sound(s, HL__R_UP, 0, q->session, 0, 0);
    }
}

/* The page's sound carries another leg now, or none. */
static void bind_page(hl__sim *s, const hl__msg *q)
{
    hl__party *p = hl__map_get(&s->pages, q->session);

    if (!p)
        return;
    if (p->leg)
        hl__map_del(&s->legs, p->leg);
    p->leg = q->leg;
    hl__party_talks(s, p, false);
    if (p->leg && hl__map_put(&s->legs, p->leg, p) < 0) {
        p->leg = 0;
        s->lost++;
    }
}

static void mix(hl__sim *s, const hl__msg *q)
{
    hl__mix m;

    if (!q->blob || q->blob->len != sizeof(m))
        return;
    memcpy(&m, q->blob->data, sizeof(m));
    for (uint32_t i = 0; i < m.rows && i < HL__COUNT(m.row); i++) {
        hl__party *p = hl__party_of(s, m.row[i].leg);
        if (p)
            hl__party_talks(s, p, m.row[i].hears != 0);
    }
}

static int post(void *d, hl__msg *q)
{
    hl__sim *s = d;
    hl__party *p = q->leg ? hl__party_of(s, q->leg) : NULL;

    switch (q->kind) {
    case HL__Q_OPEN: open_path(s, q); break;
    case HL__Q_BIND: bind_page(s, q); break;
    case HL__Q_MIX: mix(s, q); break;
    case HL__Q_PLAY:
        if (p)
            play(s, p, q);
        break;
    case HL__Q_STOP:
        if (p && p->play == q->ref)
            hl__sound_stop(s, p, HL_PLAY_STOPPED);
        break;
    default: break; /* SET, CLOSE, TONES and the rest change nothing that is simulated */
    }
    hl__free(s->mem, q->blob);
    q->blob = NULL;
    return 0;
}

static int take(void *d, hl__msg *out)
{
    hl__sim *s = d;
    hl__sim_report *r = s->first;

    if (!r)
        return 0;
    *out = r->msg;
    s->first = r->next;
    if (!s->first)
        s->last = &s->first;
    hl__free(s->mem, r);
    return 1;
}

const hl__media_ops hl__sim_media_ops = { room, post, take };
