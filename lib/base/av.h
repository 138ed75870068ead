/* av.h - one audio stream, as telephones, browsers, media threads and the engine describe it to each other. */
#ifndef HL_BASE_AV_H
#define HL_BASE_AV_H
#include "base/base.h"

enum { HL__INACTIVE, HL__SEND, HL__RECV, HL__SENDRECV }; /* hl__media.dir */
enum { HL__RTP = 1, HL__SDES, HL__DTLS, HL__MEM }; /* hl__media.transport */
enum { HL__PCMU = 1, HL__PCMA, HL__OPUS, HL__G722 }; /* hl__codec.kind */
typedef struct hl__codec { uint8_t kind, pt, ptime, channels; uint32_t rate, flags; } hl__codec;
enum { HL__FEC = 1 }; /* hl__codec.flags: the far side understands Opus' in-band FEC */
enum { HL__STREAM = 1, HL__NAT = 2 }; /* hl__addr.flags: a TCP connection that carries RFC 4571 frames; told by somebody
    behind a NAT, so that packets may come from another address: it is learned */
typedef struct hl__addr { uint8_t ip[16]; uint16_t port, family, flags, spare; } hl__addr; /* family 4, 6; 0: none;
    IPv4 in ip[0..3], port in host order */
typedef struct hl__media { /* one audio stream */
    uint32_t size; uint8_t dir, transport, n, dtmf_pt;
    hl__codec codec[8]; hl__addr rtp, rtcp; /* ours in requests, theirs in reports */
    uint8_t suite, key_len, mux, dtmf_alt, spare[4], key[64]; /* dtmf_pt: in the clock of codec[0]; dtmf_alt: 8000 Hz */
    uint32_t ssrc, far_ssrc; /* what we must send with, what they said; 0: not said */
} hl__media;
#endif
