/* sdp.h - session descriptions (RFC 4566, 3264): text to struct, struct to text, what two sides have in common.
 *
 * One audio stream is understood in full: the first m=audio line, whatever its port. Of other media only the m-line is
 * kept, so that an answer can refuse them in their order. Values are views into the text that was parsed.
 * Used for telephones and browsers alike: attributes of both are read, none is demanded here. */
#ifndef HL_SDP_SDP_H
#define HL_SDP_SDP_H
#include "base/ip.h"

enum { HL__SDP_BYTES = 16384, HL__SDP_LINES = 400, HL__SDP_LINE = 4096, HL__SDP_CODECS = 32, HL__SDP_MEDIA = 16,
    HL__SDP_PRINTS = 4, HL__SDP_SSRCS = 4, HL__SDP_CRYPTOS = 4 };
enum { HL__SDP_INACTIVE, HL__SDP_SEND, HL__SDP_RECV, HL__SDP_SENDRECV }; /* what the writer of the text does */
enum { HL__SDP_NO_SETUP, HL__SDP_ACTPASS, HL__SDP_ACTIVE, HL__SDP_PASSIVE, HL__SDP_HOLDCONN };

typedef struct hl__sdp_codec { /* a payload type of the audio line, in its order */
    hl__view name, fmtp;       /* "opus"; "minptime=10;useinbandfec=1" */
    uint32_t rate;             /* clock: G722 says 8000 */
    uint8_t pt, channels;      /* channels: 1 unless said */
    uint16_t line;
} hl__sdp_codec;
typedef struct hl__sdp_print { hl__view hash, value; } hl__sdp_print; /* "sha-256", "8C:AA:..." */
typedef struct hl__sdp_line { hl__view type, proto, formats; uint16_t port, line; } hl__sdp_line; /* an m-line */

typedef struct hl__sdp {
    uint32_t lines, nmedia, ncodecs, nprints, nssrcs, ncryptos;
    int32_t audio;                                /* which of media[] is told below; -1: none */
    hl__view user, origin, bundle;                /* o=: user name, address; a=group:BUNDLE's mids */
    uint64_t session, version;                    /* o= */
    hl__sdp_line media[HL__SDP_MEDIA];
    /* the audio stream; where a session-level line stands for it, that is filled in */
    hl__view address;                             /* c= */
    hl__view mid, ufrag, pwd, ice_options, msid, cname;
    hl__sdp_codec codec[HL__SDP_CODECS];
    hl__sdp_print print[HL__SDP_PRINTS];
    hl__view crypto[HL__SDP_CRYPTOS];             /* a=crypto values */
    uint32_t ssrc[HL__SDP_SSRCS];
    uint16_t port, rtcp_port, ptime, maxptime;    /* rtcp_port: a=rtcp, 0: not said; ptime ms, 0: not said */
    uint8_t dir, setup;                           /* HL__SDP_* */
    bool secure, dtls, mux, ice_lite, has_bandwidth; /* proto SAVP(F); UDP/TLS; a=rtcp-mux */
    uint16_t address_line, audio_line, dir_line;  /* for words of an error */
} hl__sdp;

/* HL_EINVAL, HL_ELIMIT; the words begin with "line 12: ". Lines may end in LF alone. */
int hl__sdp_parse(const char *text, size_t len, hl__sdp *out, hl__err *err);
/* rate, channels 0: any */
const hl__sdp_codec *hl__sdp_codec_of(const hl__sdp *s, const char *name, uint32_t rate, uint32_t channels);
const hl__sdp_codec *hl__sdp_codec_pt(const hl__sdp *s, unsigned pt);
bool hl__sdp_param(hl__view fmtp, const char *name, hl__view *value); /* "a=1;b=2"; false: not there */
int hl__sdp_mirror(int dir);                      /* what we do if they do dir: send <-> recv */

/* Text for telephones: one audio stream, and the other side's remaining m-lines refused in their order. */
typedef struct hl__sdp_offer {
    uint64_t session, version;                    /* o= */
    uint8_t ip[16];                               /* mapped form; c= and o= */
    uint16_t port, rtcp_port;                     /* 0: refused; rtcp_port 0: port + 1 goes without saying */
    uint8_t dir, ncodecs, dtmf_pt, dtmf_pt2;      /* dtmf_pt: clock of the first codec, or 0; pt2: the other, or 0 */
    uint32_t dtmf_rate, dtmf_rate2;
    uint16_t ptime;
    bool mux;
    struct { const char *name; uint32_t rate; uint8_t pt, channels; const char *fmtp; } codec[8];
    const hl__sdp *theirs;                        /* the offer that is answered, NULL: this is one */
} hl__sdp_offer;
void hl__sdp_write(hl__buf *b, const hl__sdp_offer *d);
#endif
