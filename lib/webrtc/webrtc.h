/* webrtc.h - browsers' media paths: one UDP port, ICE-lite, DTLS, SRTP. Nothing here has a socket, a clock or a thread.
 *
 * hl__paths_dtls (lib/engine/driver.h) is the door; media threads own the sockets. begin() takes
 * {"cert": PEM of certificate and key, "port": N, "addresses": ["192.0.2.7", ...], "tcp": true,
 *  "codecs": ["opus", "PCMA", "PCMU"], "maxplaybackrate": 8000, "seed": N (tests only)}.
 *
 *   stun.c   bytes of STUN messages         srtp.c    keys to packets
 *   ice.c    addresses, checks, consent     answer.c  offer to answer
 *   dtls.c   handshake, certificate         peer.c    the states of a path        port.c  the door: all paths
 */
#ifndef HL_WEBRTC_H
#define HL_WEBRTC_H
#include "engine/driver.h"

int hl__webrtc_cert(hl__buf *pem, hl_time now); /* adds a fresh P-256 certificate, good for 30 days, and its key */

/* stun.c - a view of one message; nothing is copied. */
enum { HL__STUN_REQUEST = 0x0001, HL__STUN_ANSWER = 0x0101, HL__STUN_REFUSAL = 0x0111 }; /* Binding */
enum { HL__STUN_MAX = 608 };                     /* the largest we write: two ufrags of 256 in a request */
typedef struct hl__stun {
    const uint8_t *data, *integrity;             /* whole; its MESSAGE-INTEGRITY attribute, NULL: none */
    const uint8_t *user, *id;                    /* USERNAME, NULL: none; 12 bytes of transaction */
    uint32_t len, user_len;
    uint16_t type, unknowns, unknown[8];         /* required attributes we do not know */
    bool nominates;                              /* USE-CANDIDATE */
} hl__stun;
typedef struct hl__hmac hl__hmac;                /* HMAC-SHA1, one for a thread */
int hl__hmac_new(hl__mem *mem, hl__hmac **out);
void hl__hmac_free(hl__mem *mem, hl__hmac *h);
int hl__stun_read(const uint8_t *data, size_t len, hl__stun *out); /* HL_EPARSE: malformed, FINGERPRINT wrong */
bool hl__stun_signed(hl__hmac *h, const hl__stun *m, const char *password);
/* What is written: bytes, 0: no memory. to: HL__STUN_MAX bytes. */
size_t hl__stun_answer(hl__hmac *h, const hl__stun *asked, const hl__addr *from, const char *password, uint8_t *to);
size_t hl__stun_refuse(hl__hmac *h, const hl__stun *asked, const char *password, uint8_t *to); /* 420 */
typedef struct hl__stun_request { const char *theirs, *ours, *password; uint8_t id[12], tie[8]; } hl__stun_request;
size_t hl__stun_ask(hl__hmac *h, const hl__stun_request *ask, uint8_t *to);

/* srtp.c - the two directions of a path, made once. */
typedef struct hl__srtp hl__srtp;
enum { HL__GCM_128 = 1, HL__GCM_256, HL__CM_80 };
enum { HL__SRTP_KEYS = 88 };                     /* the longest: two keys of 32, two salts of 12 */
void hl__srtp_ready(void);                       /* any thread, any number of times */
size_t hl__srtp_keys_len(int suite);
/* keys as RFC 5764 exports them: client key, server key, client salt, server salt. We are the server. */
int hl__srtp_new(hl__mem *mem, int suite, const uint8_t *keys, hl__srtp **out);
void hl__srtp_free(hl__mem *mem, hl__srtp *s);
int hl__srtp_open(hl__srtp *s, hl__packet *io);  /* in place: 0, -HL__DROP_AUTH, _REPLAY, _SHORT, _MEMORY */
int hl__srtp_close(hl__srtp *s, hl__packet *io); /* in place, 160 bytes of room behind: 0, HL_EINVAL */

/* dtls.c - the server's side of one handshake. The datagrams it writes are kept as a flight and sent again as they
 * were: no clock is needed, and a record that arrived is dropped by the peer's replay window. */
typedef struct hl__dtls_ctx hl__dtls_ctx;        /* one for a thread: certificate, rules */
typedef struct hl__dtls hl__dtls;
enum { HL__DTLS_GOING = 0, HL__DTLS_UP, HL__DTLS_CLOSED, HL__DTLS_BROKEN };
enum { HL__DTLS_MTU = 1200 };
int hl__dtls_ctx_new(hl__mem *mem, const char *pem, size_t len, hl__err *err, hl__dtls_ctx **out);
void hl__dtls_ctx_free(hl__dtls_ctx *c);
const char *hl__dtls_print(const hl__dtls_ctx *c); /* SHA-256 of our certificate, "AB:CD:..." */
int hl__dtls_new(hl__dtls_ctx *c, hl__dtls **out);
void hl__dtls_free(hl__dtls *d);
int hl__dtls_input(hl__dtls *d, const uint8_t *data, size_t len); /* HL__DTLS_* */
/* The flight's n-th datagram, 0, 1 ...: bytes, 0: no such. */
size_t hl__dtls_flight(const hl__dtls *d, uint32_t n, const uint8_t **data);
uint32_t hl__dtls_flights(const hl__dtls *d);    /* counts flights: a new one makes it differ */
void hl__dtls_settle(hl__dtls *d);               /* handshake over: lets the last flight go */
/* hash "sha-256" ...; print as in the offer. True if the peer's certificate has it. */
bool hl__dtls_is(const hl__dtls *d, const char *hash, const uint8_t *print, size_t len);
int hl__dtls_keys(const hl__dtls *d, int *suite, uint8_t keys[HL__SRTP_KEYS]); /* HL_ENOTSUP: no suite in common */

/* answer.c */
enum { HL__PRINTS = 4, HL__OFFER_MAX = 16384 };
typedef struct hl__print { char hash[8]; uint8_t data[64]; uint32_t len; } hl__print;
typedef struct hl__offer {                       /* what of an offer we keep */
    char mid[64], ufrag[257], pwd[257];
    hl__print print[HL__PRINTS];
    uint32_t prints;
    hl__media media;                             /* what both can, in our order; far_ssrc */
    uint8_t dtmf[2];                             /* payload types of telephone-event: 48000, 8000; 0: none */
    uint16_t line;                               /* of m=audio, for words */
    bool bundled;
} hl__offer;
typedef struct hl__rtc {                         /* settings of a thread */
    uint8_t codec[8];                            /* HL__OPUS ..., our order */
    uint32_t codecs, rate;                       /* rate: maxplaybackrate, 0: not said */
    hl__addr address[16];
    uint32_t addresses;
    uint16_t port;
    bool tcp;
} hl__rtc;
typedef struct hl__ours { const char *ufrag, *pwd, *print; uint64_t origin; uint32_t version, ssrc; } hl__ours;
/* HL_EINVAL with words that name the line; HL_ENOTSUP: no codec in common; HL_ENOMEM. */
int hl__offer_read(hl__mem *mem, const char *text, size_t len, hl__offer *out, hl__err *err);
int hl__offer_match(const hl__rtc *rtc, hl__offer *offer, hl__err *err);
void hl__answer_write(hl__buf *b, const hl__rtc *rtc, const hl__offer *offer, const hl__ours *ours);

/* peer.c - one path. States as in the table there. */
#define HL__PEER_STATES(X) X(NEW) X(CHECKING) X(SHAKING) X(UP) X(SUSPECT) X(LOST) X(CLOSED) X(FAILED)
#define HL__PEER_STIMULI(X) X(CHECK) X(HELLO) X(FINISHED) X(BROKEN) X(QUIET) X(SILENT) X(LIFE) X(OVER)
#define X(name) HL__PEER_##name,
enum { HL__PEER_STATES(X) HL__PEER_STATES_END };
#undef X
#define X(name) HL__ON_##name,
enum { HL__PEER_STIMULI(X) HL__ON_END };
#undef X
enum { HL__FARS = 8, HL__INBOX = 8, HL__UFRAG = 8, HL__PWD = 24 };
typedef struct hl__peer hl__peer;
typedef struct hl__port hl__port;
typedef struct hl__pair {                        /* two names, two passwords; ours "": not in use */
    char ours[HL__UFRAG + 1], pwd[HL__PWD + 1], theirs[257], their_pwd[257];
    hl__peer *peer;
} hl__pair;
typedef struct hl__far {                         /* an address that proved itself */
    hl__addr addr, near;
    hl__peer *peer;                              /* NULL: free */
    struct hl__far *chain;                       /* the next of the same key */
    hl_id key;
    hl_time used, heard, asked;                  /* last authentic anything, SRTP; our last request */
    uint8_t id[12];                              /* of that request */
    uint8_t asks;                                /* without an answer; 0: none is out */
} hl__far;
typedef struct hl__letter { struct hl__letter *next; size_t len; uint8_t data[]; } hl__letter;
struct hl__peer {
    hl__path head;
    hl__port *port;
    hl__peer *next, *prev;                       /* all of the port */
    hl__peer *job, *sender, *teller;             /* next in the port's queues */
    bool in_job, in_send, in_tell, bound, hears, restart, bundled;
    uint8_t state, live, tries;                  /* live: which pair the browser uses; the other may be newer */
    uint32_t gen, epoch, tell, version, flights, next_datagram;
    hl__pair pair[2];
    hl__far far[HL__FARS], *to;
    hl__addr hand, hand_near;                    /* where the handshake goes */
    hl__timer timer;
    hl_time since, opened, alive, consent, heard, asked, resend, rto;
    hl__dtls *dtls;
    hl__srtp *srtp;
    hl__letter *inbox;                           /* handshake datagrams that wait for their turn */
    hl__offer offer;                             /* the last one taken */
    hl__blob *sdp, *local;                       /* an offer that waits; an answer that waits */
    uint64_t origin;
    uint32_t ssrc, in_ssrc;
    int32_t code;                                /* of FAILED */
    char words[200];
};
bool hl__peer_allows(int state, int stimulus);   /* without looking at guards */
int hl__peer_move(hl__peer *p, int stimulus);    /* HL_ESTATE: nothing changed */
void hl__peer_life(hl__peer *p);                 /* something authentic came */
void hl__peer_tell(hl__peer *p, int report);     /* HL__R_* */
void hl__peer_fail(hl__peer *p, int code, const char *words);
void hl__peer_time(hl__peer *p);                 /* what is due at port->now; sets the timer anew */
void hl__peer_shake(hl__peer *p);                /* one datagram of the inbox */
void hl__peer_record(hl__peer *p, const uint8_t *data, size_t len); /* DTLS after the handshake */
void hl__peer_clear(hl__peer *p);                /* lets go of all it holds, except itself */

/* ice.c */
int hl__ice_input(hl__port *port, const hl__packet *io); /* 0, -HL__DROP_* */
hl__far *hl__far_find(const hl__port *port, const hl__addr *addr, uint32_t ssrc); /* NULL: not listed */
hl__far *hl__far_list(hl__peer *p, const hl__addr *addr, const hl__addr *near); /* NULL: no memory */
void hl__far_heard(hl__peer *p, hl__far *f);     /* fresh SRTP came from there */
void hl__far_drop(hl__port *port, hl__far *f);
void hl__ice_ask(hl__peer *p, hl__far *f);
int hl__ice_pair(hl__peer *p, int which, const hl__offer *offer); /* fresh names; HL_ENOMEM */
void hl__ice_unpair(hl__peer *p, int which);

/* port.c */
enum { HL__STUN_RING = 128, HL__SOURCES = 256, HL__TICK = 5000, HL__BUDGET = 8 };
typedef struct hl__outgoing { hl__addr far, near; uint32_t len; uint8_t data[HL__STUN_MAX]; } hl__outgoing;
struct hl__port {
    hl__mem *mem;
    hl__rtc rtc;
    hl__dtls_ctx *ctx;
    hl__srtp *idle;                              /* keeps the library's own state alive */
    hl__hmac *hmac;
    hl__names ufrags;                            /* ours -> hl__pair */
    hl__map fars, ssrcs;                         /* hash of an address -> hl__far; SSRC + 1 -> hl__peer */
    hl__wheel wheel;
    hl__peer *peers, *jobs, *jobs_end, *senders, *senders_end, *tellers, *tellers_end;
    hl__outgoing *ring;
    uint32_t ring_first, ring_count, budget, thread;
    struct { uint32_t second, count; } source[HL__SOURCES];
    hl_time now, tick;
    hl__rand rand;
    bool seeded;
    uint64_t secret;
};
bool hl__port_random(hl__port *port, void *out, size_t len); /* false: the system has none */
hl__outgoing *hl__port_slot(hl__port *port);     /* the next datagram to go; NULL: too many wait */
void hl__port_job(hl__peer *p);
void hl__port_send(hl__peer *p);
#endif
