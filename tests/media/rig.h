/* rig.h - a board in virtual time for the tests: legs in memory, what they are sent, what is reported. */
#ifndef HL_TEST_MEDIA_RIG_H
#define HL_TEST_MEDIA_RIG_H
#include "hl_test.h"
#include "media/media.h"

#define RIG_PACKETS 20000
typedef struct rig_packet {
    hl_time when;
    uint16_t port;
    uint32_t len, told; /* told: reports that were made before */
    uint8_t data[400];
} rig_packet;
typedef struct rig_report { hl__msg m; hl__media media; hl__quality quality; } rig_report;
typedef struct rig {
    hl__board *board;
    hl__bank *bank;
    hl__tuning tuning;
    const hl__paths *paths[HL__MEM + 1];
    hl_time now;
    uint16_t next_port;
    rig_packet *out;
    uint32_t sent, reports, voiced;
    rig_report report[4000];
} rig;
rig *rig_new(const char *settings, const char *files);
rig *rig_of(const char *settings, const char *files, const hl__paths *dtls); /* with paths for pages */
void rig_free(rig *r);
void rig_request(rig *r, hl__msg *q, int kind, const void *data, size_t len); /* makes the blob */
hl__media rig_media(const char *codecs, uint16_t port);      /* "opus PCMA": what the far end takes; events at 101 */
uint16_t rig_leg(rig *r, hl_id leg, const char *codecs);     /* opens a leg in memory; the port it was given */
void rig_mix(rig *r, hl_id contact, const hl__row *rows, uint32_t n);
void rig_talk(rig *r, hl_id a, hl_id b);                     /* two legs that hear each other */
void rig_play(rig *r, hl_id leg, hl_id ref, int flags, const char *clips);
void rig_say(rig *r, uint16_t port, const hl__rtp *p);       /* a packet of the far end arrives now */
void rig_run(rig *r, int ms);                                /* ticks of 5 ms */
const rig_report *rig_last(const rig *r, int kind);          /* NULL: none */
uint32_t rig_count(const rig *r, int kind);
uint32_t rig_next(const rig *r, uint16_t port, uint32_t from, hl__rtp *out); /* index of the next RTP packet sent from
                                                                 there, from..; r->sent: no more */
void rig_tone(int16_t *pcm, uint32_t n, double hz, uint32_t rate, uint32_t from);
void rig_speech(int16_t *pcm, uint32_t n, uint32_t rate);    /* something with the rhythm and spectrum of speech */
double rig_match(const int16_t *a, uint32_t na, const int16_t *b, uint32_t nb, uint32_t reach); /* best correlation */
void rig_wav(const char *path, const int16_t *pcm, uint32_t n, uint32_t rate);
#endif
