/* play.c - prompts, music, keys said and silence: what a leg hears that nobody says.
 *
 * Clips are ready-made frames of 20 ms; a play walks over them and its parts join without a gap. One play and one music
 * at a time: play before music before talk. */
#include "media/board.h"
#include <string.h>

#define ITEMS 400
#define FILL_AFTER (200 * HL__US) /* so long without a packet, silence is sent */
#define LATE (100 * HL__US)       /* so far behind, a play does not catch up */

static const uint8_t quiet_alaw[160] = { [0 ... 159] = 0xd5 }, quiet_ulaw[160] = { [0 ... 159] = 0xff };
static const uint8_t quiet_opus[3] = { 0xf8, 0xff, 0xfe };

static hl__frame silence(int kind)
{
    if (kind == HL__OPUS)
        return (hl__frame){ .kind = kind, .body = quiet_opus, .len = sizeof(quiet_opus) };
    return (hl__frame){ .kind = kind, .body = kind == HL__PCMU ? quiet_ulaw : quiet_alaw, .len = 160 };
}

bool hl__is_playing(const hl__leg *leg)
{
    return (leg->play && leg->play->is_ready) || (leg->music && leg->music->is_ready);
}

static void drop_clips(hl__play *p)
{
    for (uint32_t i = 0; i < p->n; i++) {
        hl__clip_drop(p->item[i].clip);
        p->item[i].clip = NULL;
    }
}

static void play_free(hl__board *b, hl__play *p)
{
    if (!p)
        return;
    drop_clips(p);
    hl__free(b->opt.mem, p->text);
    hl__free(b->opt.mem, p);
    b->figures.plays--;
}

/* One line "lang TAB name TAB text"; its TABs and LF become NULs. */
static int parse_item(char *line, int32_t gain, hl__item *out)
{
    char *name = strchr(line, '\t'), *text = name ? strchr(name + 1, '\t') : NULL;
    if (!name)
        return HL_EINVAL;
    *name++ = 0;
    if (text)
        *text++ = 0;
    *out = (hl__item){ .want = { .text = text ? text : "", .gain_db = gain } };
    int64_t ms = 0;
    if (name[0] == '_' && hl__int_parse(name + 1, strlen(name + 1), &ms) && ms >= 0 && ms <= 600000) {
        out->is_pause = true;
        out->pause = (uint32_t)((ms + 19) / 20);
        return 0;
    }
    if (strlen(line) >= sizeof(out->want.lang) || strlen(name) >= sizeof(out->want.name))
        return HL_ELIMIT;
    (void)hl__copy(out->want.lang, sizeof(out->want.lang), line); /* their lengths were compared above */
    (void)hl__copy(out->want.name, sizeof(out->want.name), name);
    return 0;
}

static int parse_items(hl__play *p, int32_t gain)
{
    for (char *at = p->text; *at && p->n < ITEMS;) {
        char *end = strchr(at, '\n');
        if (end)
            *end = 0;
        bool is_line = *at != 0; /* looked at before its TABs become NULs */
        int r = is_line ? parse_item(at, gain, &p->item[p->n]) : 0;
        if (r < 0)
            return r;
        p->n += is_line;
        if (!end)
            break;
        at = end + 1;
    }
    return p->n ? 0 : HL_EINVAL;
}

static uint32_t count_lines(const char *text, size_t len)
{
    uint32_t n = 1;
    for (size_t i = 0; i < len; i++)
        n += text[i] == '\n';
    return n < ITEMS ? n : ITEMS;
}

static int play_new(hl__board *b, const char *clips, size_t len, int32_t gain, hl__play **out)
{
    hl__play *p = hl__alloc(b->opt.mem, sizeof(*p) + count_lines(clips, len) * sizeof(p->item[0]));
    char *text = hl__strndup(b->opt.mem, clips, len);
    if (!p || !text) {
        hl__free(b->opt.mem, p);
        hl__free(b->opt.mem, text);
        return HL_ENOMEM;
    }
    p->text = text;
    p->times = 1;
    b->figures.plays++;
    int r = parse_items(p, gain);
    if (r < 0) {
        play_free(b, p);
        return r;
    }
    *out = p;
    return 0;
}

/* Clips of the codec the leg is sent; what is not there yet is being made. */
static void gather(hl__board *b, hl__leg *leg, hl__play *p, hl_time now)
{
    int kind = hl__wire_ready(leg->wire) ? hl__wire_kind(leg->wire) : 0;
    bool is_ready = kind != 0;
    if (!kind)
        return;
    if (kind != p->kind)
        drop_clips(p);
    p->kind = kind;
    for (uint32_t i = 0; i < p->n; i++) {
        hl__item *it = &p->item[i];
        it->want.kind = kind;
        if (it->is_pause || it->clip || it->failed)
            continue;
        int r = hl__bank_get(b->opt.bank, &it->want, b->opt.thread, &it->clip);
        it->failed = r < 0;
        is_ready = is_ready && r != 0;
    }
    if (is_ready && !p->is_ready) {
        p->is_ready = true;
        p->next = now;
        p->token = ++b->token;
    }
}

static bool has_sound(const hl__play *p)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (p->item[i].clip || p->item[i].is_pause)
            return true;
    return false;
}

void hl__play_end(hl__board *b, hl__leg *leg, int how, hl_time now)
{
    hl__play *p = leg->play;
    if (!p)
        return;
    leg->play = NULL;
    hl__msg m = { .kind = HL__R_PLAYED, .when = now, .ref = p->ref, .code = how, .arg = (int64_t)p->sent * 20 };
    hl__report(b, leg, &m);
    play_free(b, p);
}

void hl__music_end(hl__board *b, hl__leg *leg)
{
    play_free(b, leg->music);
    leg->music = NULL;
}

int hl__play_begin(hl__board *b, hl__leg *leg, const hl__msg *q, hl_time now)
{
    hl__play *p = NULL;
    if (!q->blob || q->blob->kind != HL__CLIPS)
        return HL_EINVAL;
    int r = play_new(b, (const char *)q->blob->data, q->blob->len, (int32_t)(q->arg >> 32), &p);
    if (r < 0)
        return r;
    p->ref = q->ref;
    p->flags = (uint32_t)q->code;
    int32_t times = (int32_t)(q->arg & INT32_MAX);
    p->times = times > 1 ? times : 1;
    hl__play_end(b, leg, HL_PLAY_STOPPED, now);
    leg->play = p;
    leg->is_active = true;
    gather(b, leg, p, now);
    return 0;
}

void hl__music_begin(hl__board *b, hl__leg *leg)
{
    static const char clips[] = "\ttone:music\t";
    hl__play *p = NULL;
    if (leg->music || play_new(b, clips, sizeof(clips) - 1, 0, &p) < 0)
        return; /* without memory: silence */
    p->flags = HL_PLAY_LOOP;
    leg->music = p;
}

void hl__play_key(hl__board *b, hl__leg *leg, hl_time now)
{
    if (leg->play && leg->play->flags & HL_PLAY_STOP_ON_KEY)
        hl__play_end(b, leg, HL_PLAY_KEY, now);
}

/* The next frame: 1, or 0 when all is said. */
static int next_frame(hl__play *p, hl__frame *out)
{
    for (uint32_t hops = 0; hops <= 2 * p->n; hops++) {
        if (p->at == p->n) {
            bool again = p->flags & HL_PLAY_LOOP || --p->times > 0;
            if (!again)
                return 0;
            p->at = p->frame = 0;
        }
        hl__item *it = &p->item[p->at];
        uint32_t n = it->is_pause ? it->pause : it->clip ? it->clip->n : 0, f = p->frame;
        if (f < n) {
            p->frame++;
            *out = silence(p->kind);
            if (it->is_pause)
                return 1;
            out->body = it->clip->data + it->clip->at[f];
            out->len = it->clip->at[f + 1] - it->clip->at[f];
            return 1;
        }
        p->at++;
        p->frame = 0;
    }
    return 0;
}

/* One frame of one writer: continues its own line, or begins on it. */
static void write(hl__board *b, hl__wire *w, hl_time now, hl__frame *f)
{
    bool is_first = w->line.token != f->token || !w->line.sent;
    f->marker = is_first;
    f->ts = is_first ? hl__line_ts(b, w, now, f->kind) : w->line.ts + hl__codec_clock(f->kind) / 50;
    hl__line_send(b, w, now, (uint16_t)(w->line.seq + 1), f);
}

static bool is_saying(const hl__leg *leg)
{
    return leg->mouth.at < leg->mouth.n;
}

/* Frames up to now; false: it is over. */
static bool run(hl__board *b, hl__leg *leg, hl__play *p, hl_time now)
{
    if (!p->is_ready || p->kind != hl__wire_kind(leg->wire))
        gather(b, leg, p, now);
    if (!p->is_ready)
        return true;
    if (!has_sound(p))
        return false;
    if (now - p->next > LATE)
        p->next = now;
    for (; p->next <= now; p->next += HL__TICK_US) {
        hl__frame f;
        if (!next_frame(p, &f))
            return false;
        f.token = p->token;
        p->sent++;
        if (!is_saying(leg))
            write(b, leg->wire, now, &f);
    }
    return true;
}

static void say_keys(hl__board *b, hl__leg *leg, hl_time now)
{
    hl__wire *w = leg->wire;
    if (now < leg->mouth_next)
        return;
    leg->mouth_next = leg->mouth_next && now - leg->mouth_next < LATE ? leg->mouth_next + HL__TICK_US
                                                                       : now + HL__TICK_US;
    hl__event_out e;
    if (hl__mouth_next(&leg->mouth, &e) != 1)
        return;
    int kind = w->theirs.dtmf_pt && leg->mouth.khz == 48 ? HL__OPUS : HL__PCMA;
    if (e.begins) {
        leg->mouth_token = ++b->token;
        leg->mouth_ts = hl__line_ts(b, w, now, kind);
        w->line.ts = leg->mouth_ts;
        w->line.sent = now;
        w->line.clock = hl__codec_clock(kind);
        w->line.token = leg->mouth_token;
    }
    hl__wire_event(b, w, now, leg->mouth_ts + e.shift, &e);
}

static void fill_silence(hl__board *b, hl__leg *leg, hl_time now)
{
    hl__wire *w = leg->wire;
    int kind = hl__wire_kind(w);
    bool is_mine = leg->quiet_token && w->line.token == leg->quiet_token;
    if (!leg->is_active || !kind || (!is_mine && w->line.sent && now - w->line.sent < FILL_AFTER))
        return;
    if (!is_mine) {
        leg->quiet_token = ++b->token;
        leg->quiet_next = now;
    }
    if (now < leg->quiet_next)
        return;
    leg->quiet_next = now - leg->quiet_next < LATE ? leg->quiet_next + HL__TICK_US : now + HL__TICK_US;
    hl__frame f = silence(kind);
    f.token = leg->quiet_token;
    write(b, w, now, &f);
}

void hl__play_tick(hl__board *b, hl__leg *leg, hl_time now)
{
    if (!hl__wire_ready(leg->wire))
        return;
    if (is_saying(leg))
        say_keys(b, leg, now);
    if (leg->play && !run(b, leg, leg->play, now))
        hl__play_end(b, leg, has_sound(leg->play) ? HL_PLAY_DONE : HL_PLAY_FAILED, now);
    else if (leg->play && leg->play->is_ready)
        return;
    if (leg->music && (!leg->play || !leg->play->is_ready) && !run(b, leg, leg->music, now))
        hl__music_end(b, leg);
    if (!hl__is_playing(leg) && !is_saying(leg))
        fill_silence(b, leg, now);
}
