/* media.h - sound: RTP, codecs, keys, prompts, and the threads that move it.
 *
 *   thread.c   sockets, ticks     one thread; owns a board and the sockets
 *   board.c    who hears whom     legs, wires (a path and its RTP lines), calls; sans-I/O
 *   feed.c     how they hear      PASS (frames as they are), CODE (decoded, encoded), MIX
 *   bank.c     what is played     clips, found or rendered by a worker, encoded once for each codec
 *
 * Everything but thread.c, driver.c, bank.c and voice.c is pure: no socket, no thread, no clock. */
#ifndef HL_MEDIA_H
#define HL_MEDIA_H
#include "base/json.h"
#include "base/section.h"
#include "engine/driver.h"

/* settings.c - the section "media". The engine hands the loaded object to the driver's set(). */
#define HL__THREADS 4 /* media threads at most */
typedef struct hl__tuning {
    uint8_t codec[4];             /* HL__OPUS ... in the operator's order; 0 ends */
    uint16_t rtc_port, rtp_from, rtp_to;
    int32_t effort, path, dscp;   /* effort: Opus complexity, -1: by load; path: HL_PATH_HALF, _RELAY */
    bool ipv6;
    char bind[56], music[256];    /* bind "": every address */
    uint32_t addresses;           /* advertise; 0: auto */
    hl__addr address[8];
} hl__tuning;
void hl__media_section(hl__section *out);                       /* checks; applying is the driver's set() */
void hl__tuning_read(const hl__json *settings, hl__tuning *out); /* NULL: defaults; what is wrong keeps its default */

/* rtp.c - RFC 3550. */
typedef struct hl__rtp { uint8_t pt; bool marker; uint16_t seq; uint32_t ts, ssrc, len; uint8_t *body; } hl__rtp;
int hl__rtp_read(uint8_t *data, size_t len, hl__rtp *out);      /* 0; HL_EINVAL: no RTP */
void hl__rtp_write(uint8_t *head, const hl__rtp *r);            /* 12 bytes */
bool hl__is_rtcp(const uint8_t *data, size_t len);
typedef struct hl__reception { /* of one source; RFC 3550 A.1, A.3, A.8 */
    uint32_t ssrc, cycles, base, received, expected_then, received_then, jitter16, transit, clock;
    uint16_t newest;
    bool begun;
} hl__reception;
bool hl__reception_take(hl__reception *r, const hl__rtp *p, uint32_t clock, hl_time now); /* true: a new source began */
uint32_t hl__reception_expected(const hl__reception *r);

/* rtcp.c */
typedef struct hl__block { uint32_t ssrc, fraction, newest, jitter, lsr, dlsr; int32_t lost; } hl__block; /* of 256 */
typedef struct hl__rtcp {
    uint64_t ntp;
    uint32_t ssrc, ts, packets, octets, blocks;
    bool sr, bye;
    hl__block block; /* the one about us */
} hl__rtcp;
int hl__rtcp_read(const uint8_t *data, size_t len, uint32_t ours, hl__rtcp *out); /* HL_EINVAL */
size_t hl__rtcp_write(const hl__rtcp *r, uint8_t *out, size_t room);              /* SR or RR, and SDES; 0: no room */
uint64_t hl__ntp(hl_time now);
void hl__reception_block(hl__reception *r, hl__block *out);     /* for the next report; begins the next span */

/* g711.c */
void hl__ulaw_decode(const uint8_t *in, size_t n, int16_t *out);
void hl__alaw_decode(const uint8_t *in, size_t n, int16_t *out);
void hl__ulaw_encode(const int16_t *in, size_t n, uint8_t *out);
void hl__alaw_encode(const int16_t *in, size_t n, uint8_t *out);

/* codec.c - one direction of one codec; 16-bit mono at `rate`. Opus' states are the library's own memory. */
#define HL__FRAME_MAX 1920 /* samples of the longest packet: 120 ms at 16 kHz */
#define HL__PACKET_MAX 1275
typedef struct hl__coder hl__coder;
int hl__coder_new(hl__mem *mem, int kind, uint32_t rate, bool encode, hl__coder **out);
void hl__coder_free(hl__coder *c);
void hl__coder_effort(hl__coder *c, int complexity, int loss_percent);
int hl__encode(hl__coder *c, const int16_t *pcm, uint32_t n, uint8_t *out, uint32_t room);      /* bytes */
int hl__decode(hl__coder *c, const uint8_t *data, uint32_t len, int16_t *out, uint32_t room);   /* samples */
int hl__decode_fec(hl__coder *c, const uint8_t *next, uint32_t len, int16_t *out, uint32_t n);  /* the one before */
int hl__conceal(hl__coder *c, int16_t *out, uint32_t n);                                        /* n samples are lost */
uint32_t hl__codec_clock(int kind);                             /* of its timestamps */
uint32_t hl__codec_samples(int kind, const uint8_t *data, uint32_t len); /* of a packet, in that clock; 0: bad */
const char *hl__codec_name(int kind);                           /* "opus" */
int hl__resample(hl__mem *mem, const int16_t *in, uint32_t n, const uint32_t rates[2], hl__buf *out); /* whole sounds */

/* dtmf.c - RFC 4733: one receiver, one sender. */
#define HL__KEYS "0123456789*#ABCD!"
typedef struct hl__event_in { uint32_t ssrc, ts; uint16_t seq, duration; uint8_t event; bool end; } hl__event_in;
typedef struct hl__key { bool end; char key; int32_t ms; } hl__key;
typedef struct hl__ear {
    hl_time heard;
    uint32_t ssrc, ts, khz, base; /* base: units of the segments before */
    uint16_t seq, duration;
    uint8_t event;
    bool open, begun;
} hl__ear;
bool hl__event_read(const hl__rtp *r, hl__event_in *out);
int hl__ear_take(hl__ear *e, hl_time now, uint32_t khz, const hl__event_in *p, hl__key out[3]); /* how many */
int hl__ear_tick(hl__ear *e, hl_time now, hl__key *out);        /* an end that never came, after 150 ms */
#define HL__KEYS_MAX 64
typedef struct hl__mouth { /* says keys, one packet each 20 ms */
    char keys[HL__KEYS_MAX];
    uint32_t n, at, on_ms, gap_ms, khz, t, units, shift; /* shift: of this segment against the key's first timestamp */
} hl__mouth;
typedef struct hl__event_out { uint8_t body[4]; bool marker, begins; uint32_t shift; } hl__event_out;
int hl__mouth_add(hl__mouth *m, const char *keys, uint32_t on_ms, uint32_t gap_ms, uint32_t khz); /* EINVAL, ELIMIT */
int hl__mouth_next(hl__mouth *m, hl__event_out *out);           /* each 20 ms: 1 a packet, 0 silence, -1: all said */

/* goertzel.c - keys as tones, where nothing better was agreed; 8 kHz. */
typedef struct hl__tones_in { float s1[8], s2[8], energy; uint32_t n; int32_t blocks; char last, open; } hl__tones_in;
int hl__tones_take(hl__tones_in *g, const int16_t *pcm, uint32_t n, hl__key *out, uint32_t room);

/* jitter.c - how long to wait: target = 98th percentile of the delay above its minimum + 20 ms, in 20..300. */
#define HL__BINS 64
typedef struct hl__delay {
    float bin[HL__BINS], sum;
    int32_t target_ms;
    int64_t low[2];
    hl_time since;
    bool begun;
} hl__delay;
void hl__delay_take(hl__delay *d, hl_time now, int64_t sent_us); /* sent_us: the packet's timestamp on its own clock */
typedef struct hl__jitter hl__jitter;
int hl__jitter_new(hl__mem *mem, uint32_t clock, hl__jitter **out);
void hl__jitter_free(hl__mem *mem, hl__jitter *j);
void hl__jitter_put(hl__jitter *j, hl_time now, const hl__rtp *p);
/* Each 20 ms: 1 a packet, 0 it is missing (next: the one after it if here already, for FEC), -1 nothing is due. */
int hl__jitter_get(hl__jitter *j, hl_time now, hl__rtp *out, hl__rtp *next);
int32_t hl__jitter_ms(const hl__jitter *j);

/* mos.c */
int hl__mos(int delay_ms, int loss_ppm, int ie, int bpl10);     /* hundredths, 100..450 */

/* tone.c - sounds made by rule, 16 kHz. */
int hl__tone_make(const char *name, hl__buf *out);              /* "ringback" "busy" "beep" "music" ...; HL_ENOENT */

/* wav.c */
typedef struct hl__wav { uint32_t rate, channels, n; const uint8_t *pcm; } hl__wav; /* 16-bit little endian, n frames */
int hl__wav_read(const uint8_t *data, size_t len, hl__wav *out, hl__err *err); /* a length that lies is cut */
int hl__wav_mono(hl__mem *mem, const hl__wav *w, uint32_t rate, hl__buf *out);
void hl__wav_head(uint8_t head[44], uint32_t rate, uint32_t bytes);
int hl__level(hl__buf *pcm);                                    /* silence cut off both ends, speech at -19 dBFS */
int hl__file_read(hl__mem *mem, const char *path, size_t max, hl__buf *out); /* HL_ENOENT, HL_EIO, HL_ELIMIT */
int hl__wav_check(hl__mem *mem, const char *path, hl__buf *json, hl__err *err); /* what hl_media_check() tells */

/* bank.c - clips by (language, name, text), encoded for a codec. Any thread. */
typedef struct hl__bank hl__bank;
typedef struct hl__clip { _Atomic uint32_t users; uint32_t n; const uint32_t *at; const uint8_t *data; } hl__clip;
typedef struct hl__want { char lang[16], name[128]; const char *text; int32_t kind, gain_db; } hl__want;
typedef struct hl__bank_up {
    void *ctx;
    void (*ready)(void *ctx, int thread);
    void (*voiced)(void *ctx, int missing);
} hl__bank_up;
int hl__bank_new(hl__mem *mem, hl__logger *log, const hl__bank_up *up, hl__bank **out);
int hl__bank_set(hl__bank *b, const char *files, const char *music, const hl__json *clips); /* renders what lacks */
int hl__bank_start(hl__bank *b);                                /* the worker; without it: hl__bank_work */
int hl__bank_work(hl__bank *b);                                 /* one job: 1, 0 none; tests and the worker */
int hl__bank_get(hl__bank *b, const hl__want *w, int thread, hl__clip **out); /* 1; 0: ready() will tell; HL_ENOENT */
void hl__clip_drop(hl__clip *c);
void hl__bank_stop(hl__bank *b);                                /* the worker ends; ready() is not called any more */
void hl__bank_free(hl__bank *b);                                /* every clip dropped before */

/* voice.c */
int hl__voice_render(hl__mem *mem, const char *lang, const char *text, hl__buf *pcm); /* 16 kHz; HL_ENOTSUP: no voice */

/* board.c - the legs of one thread. */
typedef struct hl__board hl__board;
typedef struct hl__board_up { /* what the board asks of its thread */
    void *ctx;
    void (*send)(void *ctx, const hl__packet *p);
    void (*report)(void *ctx, hl__msg *r);                      /* takes the blob */
    int (*bind)(void *ctx, hl_id leg, uint16_t *port);          /* an even port and the next, for a telephone leg */
    void (*release)(void *ctx, uint16_t port);
    void (*settle)(void *ctx, const hl__addr *far, hl__addr *ours); /* which address to name to far */
} hl__board_up;
typedef struct hl__board_opt {
    hl__mem *mem;
    hl__bank *bank;
    hl__tuning tuning;
    const hl__paths *const *paths; /* by transport */
    const char *json[HL__MEM + 1]; /* for begin() of each */
    int thread;
    uint64_t seed;
    hl__board_up up;
} hl__board_opt;
typedef struct hl__figures { uint64_t in, out, dropped, late, reports_lost; uint32_t legs, wires, plays; } hl__figures;
int hl__board_new(const hl__board_opt *opt, hl__err *err, hl__board **out);
void hl__board_free(hl__board *b);
void hl__board_request(hl__board *b, hl_time now, hl__msg *q);  /* takes the blob */
void hl__board_input(hl__board *b, hl_time now, hl__packet *p); /* a datagram; its data is changed */
void hl__board_tick(hl__board *b, hl_time now);                 /* each 5 ms */
void hl__board_ready(hl__board *b, hl_time now);                /* clips came */
void hl__board_load(hl__board *b, int per_mille);               /* how busy the thread is */
void hl__board_tune(hl__board *b, const hl__tuning *t);         /* path, effort: from the next talk on */
bool hl__board_idle(const hl__board *b);                        /* no legs, no paths: no ticks needed */
const hl__figures *hl__board_figures(const hl__board *b);

/* thread.c - a board with sockets, ticks and a queue each way. */
typedef struct hl__thread hl__thread;
typedef struct hl__thread_opt {
    hl_t *hl;
    struct hl__loop *loop; /* its clock */
    hl__logger *log;
    hl__board_opt board;   /* up: filled by the thread */
} hl__thread_opt;
int hl__thread_new(const hl__thread_opt *opt, hl__err *err, hl__thread **out); /* HL_EIO: the port is taken */
int hl__thread_room(const hl__thread *t);
int hl__thread_post(hl__thread *t, const hl__msg *q);           /* HL_ELIMIT */
int hl__thread_take(hl__thread *t, hl__msg *out);
void hl__thread_ready(hl__thread *t);                           /* any thread: clips came */
void hl__thread_stop(hl__thread *t);                            /* and waits for it; reports can still be taken */
void hl__thread_free(hl__thread *t);
enum { HL__Q_TUNE = 100 };                                      /* a request of our own: blob hl__tuning */

/* port.c - sockets: one for browsers, a pair for each telephone; datagrams in and out in batches. */
typedef struct hl__ports hl__ports;
typedef void hl__datagram_fn(void *ctx, hl__packet *p);
int hl__ports_new(hl__mem *mem, const hl__tuning *t, int epoll, hl__ports **out);
int hl__ports_fixed(hl__ports *s, uint16_t port, hl__err *err);
int hl__ports_pair(hl__ports *s, uint16_t *port);               /* HL_ELIMIT: all taken */
void hl__ports_release(hl__ports *s, uint16_t port);
void hl__ports_read(hl__ports *s, uint32_t port, hl_time now, hl__datagram_fn *fn, void *ctx); /* epoll's data.u32 */
void hl__ports_send(hl__ports *s, const hl__packet *p);         /* kept until the flush */
void hl__ports_flush(hl__ports *s);
void hl__ports_free(hl__ports *s);
#endif
