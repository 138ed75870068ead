/* lib/engine/driver.h - all that the engine and its drivers know of each other.
 * A step appends requests; the control thread hands them on outside the lock. A request has no result: what came of it
 * is reported; a report whose gen is not its leg's present one is stale: dropped and counted.
 * sip and gateway live on the control thread, media has its own, sim follows the engine's clock. */
#ifndef HL_ENGINE_DRIVER_H
#define HL_ENGINE_DRIVER_H
#include "base/base.h"
#include "base/av.h"
#include "base/batch.h"
#include <hotline/media.h>
typedef struct hl__dial {
    hl_id leg, trunk, phone, session, principal;
    const char *group, *number, *caller, *caller_name, *headers, *data;
    int32_t ring_s, restricted;
    hl__media media;
} hl__dial;

/* Legs: sip, gateway, sim. Never blocks. */
enum { HL__LEG_IN = 1, HL__LEG_PROGRESS, HL__LEG_ANSWERED, HL__LEG_MEDIA, HL__LEG_KEY, HL__LEG_TRANSFER,
    HL__LEG_REPLACED, HL__LEG_IDENTITY, HL__LEG_REFUSED, HL__LEG_RECOVERED, HL__LEG_ENDED };
enum { HL__EARLY = 1, HL__HOLD = 2, HL__REFER = 4, HL__REPLACES = 8, HL__INFO = 16, HL__SHOW = 32, HL__RECOVER = 64 };
#define HL__OUTCOMES(X) /* hl__leg_ev.outcome, its word */ \
    X(ANSWERED, "answered") X(BUSY, "busy") X(NO_ANSWER, "no_answer") X(REJECTED, "rejected") \
    X(CANCELLED, "cancelled") X(ELSEWHERE, "elsewhere") X(BAD_NUMBER, "bad_number") X(MOVED, "moved") \
    X(UNREACHABLE, "unreachable") X(CONGESTION, "congestion") X(INCOMPATIBLE, "incompatible") X(POLICY, "policy") \
    X(FAULT, "fault")
#define X(name, word) HL__##name,
enum { HL__OUTCOMES(X) };
#undef X
enum { HL__BY_FAR = 1, HL__BY_US, HL__BY_NET }; /* hl__leg_ev.by: the other side, a request, silence or a fault */
typedef struct hl__leg_ev {
    hl_id leg, trunk, phone, session, other;
    uint32_t kind, gen;
    int32_t q850, code, outcome, by, held, how;
    const char *did, *caller, *name, *original, *headers, *text;
    const hl__media *media;
} hl__leg_ev;
typedef struct hl__leg_ops {
    void (*originate)(void *d, const hl__dial *dial, uint32_t gen);
    void (*progress)(void *d, hl_id leg, int how, const hl__media *m); /* HL_LEG_RINGING, _EARLY; 182: queued */
    void (*answer)(void *d, hl_id leg, const hl__media *m);
    void (*reject)(void *d, hl_id leg, int q850, int code);
    void (*hangup)(void *d, hl_id leg, int q850); /* any state */
    void (*renegotiate)(void *d, hl_id leg, const hl__media *m);
    void (*dtmf)(void *d, hl_id leg, const char *keys, uint32_t ms); /* INFO; else media does it */
    void (*transfer)(void *d, hl_id leg, const char *number, hl_id replaces);
    void (*identify)(void *d, hl_id leg, const char *number, const char *name);
    uint32_t (*caps)(void *d, hl_id leg); /* HL__EARLY ... */
} hl__leg_ops;

/* Sessions: gateway, sim. push: {"ev":"leg.state",...}, seq is the gateway's. reply: code 0 (or above) and a JSON
 * object without "re" and "ok"; below 0 an HL_E* and its words as plain text. */
typedef struct hl__session_ops {
    void (*push)(void *d, hl_id session, const char *json, size_t len);
    void (*reply)(void *d, hl_id session, int64_t id, int code, const char *json, size_t len);
    void (*close)(void *d, hl_id session, int code, const char *why);
} hl__session_ops;

/* What a page may ask: name, op, who (bits 1 << HL_GRANT_*), arguments "name:type", ? optional; s text, i integer,
 * b true or false, o object. The gateway checks by this table and documents it; the engine carries it out and calls
 * reply(). The first four are the gateway's own news of a session; HTTP's GET ask the same way, session 0. */
#define HL__OPS(X) \
    X("session.open", SESSION_OPEN, 0, "role:i agent?:i subject?:s number?:s queue?:i data?:o lang?:s") \
    X("session.cut", SESSION_CUT, 0, "") X("session.back", SESSION_BACK, 0, "") \
    X("session.gone", SESSION_GONE, 0, "") X("rtc.offer", RTC_OFFER, 30, "sdp:s why?:s") \
    X("call.web", CALL_WEB, 30, "to?:s data?:o") X("call.hangup", CALL_HANGUP, 30, "contact?:i") \
    X("call.dtmf", CALL_DTMF, 30, "contact?:i keys:s") X("agent.state", AGENT_STATE, 12, "state:s reason?:s") \
    X("offer.accept", OFFER_ACCEPT, 12, "offer:i") X("offer.reject", OFFER_REJECT, 12, "offer:i") \
    X("call.hold", CALL_HOLD, 12, "contact:i") X("call.resume", CALL_RESUME, 12, "contact:i") \
    X("call.mute", CALL_MUTE, 12, "contact?:i on:b") X("wrap", WRAP, 12, "contact?:i code?:s note?:s more_ms?:i") \
    X("ticket.new", TICKET_NEW, 28, "type:s title?:s text?:s fields?:o phone?:s contact?:i priority?:i key?:s") \
    X("ticket.do", TICKET_DO, 28, "ticket:i verb:s args?:o reason?:s seen?:i key?:s contact?:i") \
    X("ticket.get", TICKET_GET, 28, "ticket:i") \
    X("ticket.list", TICKET_LIST, 28, "phone?:s type?:s state?:s words?:s after?:i limit?:i") \
    X("ticket.types", TICKET_TYPES, 28, "") X("queue.list", QUEUE_LIST, 28, "after?:i limit?:i") \
    X("agent.list", AGENT_LIST, 28, "after?:i limit?:i") \
    X("agent.set", AGENT_SET, 24, "agent:i state:s") X("contact.list", CONTACT_LIST, 28, "after?:i limit?:i") \
    X("state", STATE, 28, "") X("load", LOAD, 16, "document:o") X("check", CHECK, 16, "document:o") \
    X("metrics", METRICS, 48, "")
#define X(name, op, who, args) HL__DO_##op,
enum { HL__DO_NONE, HL__OPS(X) HL__DO_END };
#undef X

/* Media: messages of 64 bytes, moved, never shared. */
#define HL__REQUESTS(X) /* name, use of ref, code, arg and blob */ \
    X(OPEN, "code transport, blob media, SDP or none") X(SET, "blob media or SDP") X(BIND, "session's path to leg") \
    X(CLOSE, "") X(MIX, "ref contact, blob mix") \
    X(PLAY, "ref play, code flags, arg gain_db << 32 | times, blob clips") X(STOP, "ref play") \
    X(TONES, "arg ms, blob keys") X(DETECT, "arg HL_DETECT_*") X(TAP, "ref tap, arg fd, -1: end") \
    X(RECORD, "ref recording, code 0 start 1 pause 2 resume 3 stop, blob hl_record")
#define HL__REPORTS(X) \
    X(LOCAL, "blob media or SDP answer") X(UP, "") X(SUSPECT, "arg ms silent") X(BACK, "arg ms silent") X(LOST, "") \
    X(MOVED, "blob address") X(FAILED, "code HL_E*, blob words") X(PLAYED, "ref play, code HL_PLAY_*, arg ms") \
    X(PRESSED, "code key, arg ms, 0: begins") X(HEARD, "code HL_DETECT_*, arg what") X(QUALITY, "blob hl_quality") \
    X(RECORDED, "ref recording, code state, arg bytes") X(LOAD, "code per mille, arg queued") \
    X(VOICED, "arg clips still to be rendered, 0: none")
#define X(name, use) HL__Q_##name,
enum { HL__Q_NONE, HL__REQUESTS(X) };
#undef X
#define X(name, use) HL__R_##name,
enum { HL__R_NONE, HL__REPORTS(X) };
#undef X
/* HL__CLIPS: lines "lang TAB name TAB text LF" in the order to be heard; name _N is a pause of N ms, tone:X a tone;
 * text is what a voice would say if no recording of that name is there. HL__WORDS, HL__SDP: text, not ended by NUL. */
enum { HL__MEDIA = 1, HL__SDP, HL__MIX, HL__CLIPS, HL__WORDS, HL__ADDR, HL__QUALITY }; /* hl__blob.kind */
typedef struct hl__blob { uint32_t len, kind; unsigned char data[]; } hl__blob; /* one owner: the message it is in */
typedef struct hl__msg {
    uint16_t kind, thread; uint32_t gen, epoch; int32_t code; /* epoch below the highest seen: refused */
    hl_id leg, session, ref;
    hl_time when; /* request: the step's now; report: when it happened */
    int64_t arg;
    hl__blob *blob;
} hl__msg;
typedef struct hl__row { hl_id leg, music; uint32_t gen; uint16_t hears, softly; } hl__row; /* bit i: row[i]; -12 dB */
typedef struct hl__mix { uint32_t rows, spare; hl__row row[16]; } hl__mix; /* a call's matrix, always sent whole */
typedef struct hl__media_ops {
    int (*room)(void *d, int thread); /* free slots; an eighth is kept for CLOSE and STOP */
    int (*post)(void *d, hl__msg *q); /* takes the blob; 0 or HL_ELIMIT, never waits */
    int (*take)(void *d, hl__msg *out); /* next report: 1, or 0 */
} hl__media_ops;
typedef struct hl__quality { hl_quality row; char codec_in[8], codec_out[8], address[56], transport[8]; } hl__quality;
/* near: our address it came to or must leave from (IP_PKTINFO); family 0: the system's choice; port: which socket. */
typedef struct hl__packet { hl__addr far, near; hl_time when; uint32_t len, room; uint8_t *data; } hl__packet;
typedef struct hl__path { const struct hl__paths *ops; void *owner; hl_id session, leg; uint32_t gen; } hl__path;
    /* the head of every path; owner belongs to the media thread */
#define HL__DROPS(X) /* why input() refused a datagram: it returns -HL__DROP_* */ \
    X(SHORT) X(KIND) X(STUN) X(UNLISTED) X(STATE) X(DTLS) X(AUTH) X(REPLAY) X(RATE) X(MEMORY)
#define X(name) HL__DROP_##name,
enum { HL__DROP_NONE, HL__DROPS(X) HL__DROP_END };
#undef X
/* rtp, sdes, dtls, mem: sans-I/O, one state per media thread, used by that thread alone.
 * dtls: open() with blob SDP (the offer) brings LOCAL with blob SDP (the answer), or FAILED with words; UP, when the
 * fingerprint is verified, has blob MEDIA: codecs in our order, dtmf_pt, dtmf_alt, rtp (theirs), ssrc, far_ssrc.
 * set(): SET with a new offer of the same page restarts ICE (LOCAL, then UP again); HL_ESTATE: the offer is another
 * page's, open() a new path. BIND tells that a leg is on it (leg 0: idle), for SUSPECT. LOST with code 1 is for good.
 * rtp: open's q->arg is the even port the thread has bound (near.port tells which socket), near.port + 1 is RTCP's.
 * Only the loop over output() does work that was put off: call it after input(), open(), set() and at due(). */
typedef struct hl__paths {
    int (*begin)(hl__mem *mem, const char *json, int thread, hl__err *err, void **out);
    int (*open)(void *st, hl_time now, const hl__msg *q, hl__path **out); /* LOCAL comes by report() */
    int (*set)(hl__path *p, hl_time now, const hl__msg *q);
    int (*input)(void *st, hl_time now, hl__packet *io, hl__path **out); /* 1: clear RTP, RTCP; 0: used up; <0: bad */
    int (*protect)(hl__path *p, hl__packet *io); /* clear to wire, far and near filled in; room >= len + 160 */
    int (*output)(void *st, hl_time now, hl__packet *out); /* 1: send this; room >= 1500 */
    int (*report)(void *st, hl__msg *out, hl__path **p); /* 1: tell the engine */
    hl_time (*due)(void *st);
    void (*close)(hl__path *p);
    void (*end)(void *st);
} hl__paths;

typedef struct hl__driver { /* what a driver is not, is NULL */
    const char *name; void *d;
    const hl__leg_ops *legs; const hl__session_ops *sessions; const hl__media_ops *media;
    int (*start)(void *d, const char *json);
    int (*set)(void *d, const char *json);
    hl_time (*due)(void *d);
    void (*step)(void *d, hl_time now);
    void (*stop)(void *d); /* ENDED of every leg first; the loop's last turn, requests may still come */
    void (*end)(void *d);  /* frees it: no thread runs any more; also without start or stop before */
} hl__driver;
/* What a driver may ask of the engine it serves. */
hl_id hl__id_new(hl_t *hl, int kind);               /* LEG for one that came in, PART for a session; lock held */
void hl__leg_event(hl_t *hl, const hl__leg_ev *ev); /* these three: control thread, lock held */
void hl__session_op(hl_t *hl, hl_id session, int64_t id, int op, const char *json, size_t len); /* checked */
void hl__media_report(hl_t *hl, const hl__msg *r);
void hl__trunk_event(hl_t *hl, hl_id trunk, int state, const char *why); /* TRUNK_STATE; lock held */
void hl__lock(hl_t *hl);                            /* control thread: around the calls above and hl__id_of */
void hl__unlock(hl_t *hl);
hl_id hl__id_of(hl_t *hl, int kind, const char *name); /* 0: none; lock held */
hl__mem *hl__mem_of(hl_t *hl);
hl__logger *hl__log_of(hl_t *hl);
uint64_t hl__seed_of(hl_t *hl);                     /* for a generator of the driver's own */
void hl__wake(hl_t *hl); /* any thread: there is something in a ring */
void *hl__lws(hl_t *hl); /* lib/io's struct lws_context: gateway and sip add vhosts and protocols */

/* The loop (lib/io) drives the engine by these two, the drivers by due() and step(). */
void hl__tick(hl_t *hl, hl_time now); /* timers, reports, what became durable; then hands out requests, lock released */
hl_time hl__due(hl_t *hl);            /* when hl__tick() has something to do; INT64_MAX: not by itself */

struct hl_store_info; /* of hotline/report.h */
typedef struct hl__store_link { /* the store as the engine sees it; filled by lib/store, wired by lib/api/open.c */
    void *d;
    int (*append)(void *d, hl__batch *b);  /* takes b; HL_ELIMIT: full, b stays the caller's */
    uint64_t (*durable)(void *d);          /* number of the last batch that is on disk */
    int (*state)(void *d);                 /* 0 OK, else HL__STORE_* of lib/store/store.h */
    int (*scan)(void *d, const hl__scan *q, const hl__visit *v); /* may block, as all below: not under the lock */
    int (*wait)(void *d, uint64_t number, int timeout_ms);       /* until it is on disk; HL_ELIMIT: time over */
    int (*backup)(void *d, const char *path, hl__err *err);
    int (*verify)(void *d, hl_seq from, hl_seq *out);            /* 1: out is the first event not as written */
    void (*figures)(void *d, struct hl_store_info *out);         /* never blocks; all but size and seq */
} hl__store_link;

int hl__sip_driver(hl_t *hl, hl__driver *out); /* lib/api/open.c calls these and alone knows all */
int hl__gateway_driver(hl_t *hl, hl__driver *out);
int hl__sim_driver(hl_t *hl, hl__driver *out);
int hl__media_driver(hl_t *hl, const hl__paths *const *paths, hl__driver *out); /* paths[HL__RTP .. HL__MEM] or NULL */
extern const hl__paths hl__paths_rtp, hl__paths_sdes, hl__paths_dtls, hl__paths_mem;
#endif
