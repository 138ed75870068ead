/* board.h - the inside of a board: legs, wires, calls, and how its files share the work.
 *
 *   board.c   tables and requests      wire.c   a path and its RTP lines: packets in, packets out, RTCP, quality
 *   play.c    prompts, music, keys     feed.c   talk: PASS and CODE            mix.c   more than one voice at once
 *
 * A line is one SSRC, one sequence, one run of timestamps for the life of its wire. Whoever writes to it holds a token;
 * a writer whose token is not the line's last one moves the timestamp by the time that went by and sets the marker. */
#ifndef HL_MEDIA_BOARD_H
#define HL_MEDIA_BOARD_H
#include "media/media.h"

#define HL__TICK_US (20 * HL__US)
#define HL__ROWS 16
#define HL__HELD 5      /* packets waiting for a missing one */
#define HL__MTU 1500

typedef struct hl__line {
    uint32_t ssrc, ts, clock, packets, octets;
    uint16_t seq;
    uint64_t token; /* of the last writer */
    hl_time sent;   /* 0: nothing yet */
} hl__line;

typedef struct hl__wire { /* a transport to one far end, and the RTP of both directions */
    hl__path *path;
    hl_id id; /* of the leg, or of the session */
    struct hl__leg *leg;
    uint16_t port;             /* ours, of a telephone leg */
    uint8_t transport;
    bool is_known, is_up;      /* theirs is set; packets may flow */
    bool is_listening, is_relayed; /* it takes sound; it gets Opus because packets get lost */
    hl__media theirs;
    hl__reception in;
    uint8_t in_kind;
    hl__line line;
    hl__ear ear;
    hl_time next_rtcp, sr_at, heard, since, moved, calm; /* calm: no loss since */
    uint32_t sr_mid, bad_reports;
    int32_t rtt_us, far_loss, far_jitter; /* far_loss: of 256, -1 unknown */
    hl_time next_quality;
    uint32_t q_expected, q_received, q_frames, q_concealed, q_late;
    int32_t mos_low;
    hl__addr from; /* where the last packet came from */
} hl__wire;

typedef struct hl__item { hl__want want; hl__clip *clip; uint32_t pause; bool is_pause, failed; } hl__item;
typedef struct hl__play {
    hl_id ref; /* 0: music */
    uint32_t flags, n, at, frame, sent; /* sent: frames so far */
    int32_t times, kind;
    bool is_ready;
    uint64_t token;
    hl_time next;
    char *text; /* the clips' texts point into it */
    hl__item item[];
} hl__play;

typedef struct hl__held { uint16_t seq, len; hl_time when; uint8_t body[HL__MTU]; } hl__held; /* len 0: free */
typedef struct hl__feed { /* how one leg hears the one other it hears */
    hl_id source;
    uint32_t ssrc;
    uint8_t in, out, mode; /* kinds; HL_PATH_* */
    bool begun;
    uint64_t token;
    uint16_t seq_off, next, first;
    uint32_t ts_off, frame, fill; /* frame: samples of the last packet; fill: in pcm */
    hl__coder *dec, *enc;
    hl__held *held[HL__HELD];
    int16_t pcm[HL__FRAME_MAX + 320];
} hl__feed;

typedef struct hl__voice { /* what a leg says, as sound, when somebody hears it together with others */
    hl__jitter *jitter;
    hl__coder *dec;
    uint8_t kind;
    bool is_heard; /* pcm is of this tick */
    int16_t pcm[320];
} hl__voice;
typedef struct hl__ears { hl__coder *enc; uint8_t kind; uint64_t token; } hl__ears; /* of a leg that hears a mix */

typedef struct hl__leg {
    hl_id id;
    uint32_t gen, row; /* row: its place in the call */
    hl__wire *wire;
    struct hl__call *call;
    hl__play *play, *music;
    hl__mouth mouth;
    uint64_t mouth_token;
    uint32_t mouth_ts;
    hl_time mouth_next, quiet_next;
    uint64_t quiet_token;
    hl__tones_in *tones;
    hl__coder *tones_dec;
    bool is_active; /* sound has been asked for: silence is filled */
    hl__feed *feed;
    hl__voice *voice;
    hl__ears *ears;
} hl__leg;

typedef struct hl__call {
    hl_id contact;
    hl__mix mix;
    hl__leg *leg[HL__ROWS]; /* of each row; NULL: not here */
    uint8_t sources[HL__ROWS]; /* how many each row hears */
    bool is_mixing;
    hl_time next;
} hl__call;

struct hl__board {
    hl__board_opt opt;
    hl__map wires, legs, calls;
    void *state[HL__MEM + 1];
    hl__rand rand;
    uint64_t token;
    hl__figures figures;
    int load, effort;
    uint8_t room[HL__MTU + 200];
};

/* wire.c */
void hl__wire_input(hl__board *b, hl__wire *w, hl_time now, const hl__packet *p);
void hl__wire_tick(hl__board *b, hl__wire *w, hl_time now);
bool hl__wire_ready(const hl__wire *w);                        /* something can be sent to it */
int hl__wire_kind(const hl__wire *w);                          /* what it likes to be sent; 0: nothing */
const hl__codec *hl__wire_codec(const hl__wire *w, int kind);  /* NULL: it does not take that */
uint32_t hl__line_ts(hl__board *b, hl__wire *w, hl_time now, int kind); /* for a writer that begins */
typedef struct hl__frame {
    int32_t kind;
    uint32_t ts, len;
    bool marker;
    const uint8_t *body;
    uint64_t token;
} hl__frame;
void hl__line_send(hl__board *b, hl__wire *w, hl_time now, uint16_t seq, const hl__frame *f);
void hl__wire_event(hl__board *b, hl__wire *w, hl_time now, uint32_t ts, const hl__event_out *e);
void hl__report(hl__board *b, const hl__leg *leg, hl__msg *m); /* leg NULL: m says whose */

/* play.c */
int hl__play_begin(hl__board *b, hl__leg *leg, const hl__msg *q, hl_time now);
void hl__music_begin(hl__board *b, hl__leg *leg);
void hl__play_end(hl__board *b, hl__leg *leg, int how, hl_time now); /* reports it */
void hl__music_end(hl__board *b, hl__leg *leg);
void hl__play_key(hl__board *b, hl__leg *leg, hl_time now);    /* a key began */
void hl__play_tick(hl__board *b, hl__leg *leg, hl_time now);
bool hl__is_playing(const hl__leg *leg);                       /* talk is not let through */

/* feed.c */
void hl__feed_audio(hl__board *b, hl__leg *to, const hl__leg *from, const hl__rtp *p, hl_time now);
void hl__feed_skip(hl__leg *to, const hl__rtp *p);             /* a packet of the source that is no sound */
void hl__feed_tick(hl__board *b, hl__leg *to, hl_time now);
void hl__feed_free(hl__board *b, hl__leg *to);

/* mix.c */
void hl__mix_audio(hl__board *b, hl__leg *from, const hl__rtp *p, hl_time now);
void hl__mix_tick(hl__board *b, hl__call *c, hl_time now);
void hl__mix_free(hl__board *b, hl__leg *leg);
#endif
