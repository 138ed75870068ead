/* core.h - the insides of the user agent: what its files share.
 *
 *   datagram -> msg -> txn (who repeats what) -> uas, uac, reneg, regs, regc -> leg -> report
 *
 * A transaction outlives its user: the user is told by gone() and takes its hands off. A leg outlives its end until
 * its last transaction and its last report are gone. Profiles are shared and counted: a call keeps the one it had. */
#ifndef HL_SIP_CORE_H
#define HL_SIP_CORE_H
#include "base/number.h"
#include "sdp/sdp.h"
#include "sip/cause.h"
#include "sip/digest.h"
#include "sip/sip.h"

enum { SIP_T1 = 500 * HL__US, SIP_T2 = 4 * HL__SECOND, SIP_T4 = 5 * HL__SECOND, SIP_LONG = 64 * SIP_T1,
    SIP_FORKS = 8, SIP_BINDINGS = 10, SIP_PEERS = 8, SIP_OUT_MAX = 4 << 20 };
enum { SIP_UDP, SIP_MEM };                      /* listener.transport */
enum { SIP_TRUNKS, SIP_PHONES, SIP_BOTH };      /* listener.accept */
enum { SIP_AUTH_IP, SIP_AUTH_REGISTER, SIP_AUTH_DIGEST };
enum { SIP_DIGEST_ANY, SIP_DIGEST_SHA256, SIP_DIGEST_MD5 };
enum { SIP_CID_PAI, SIP_CID_FROM, SIP_CID_PPI, SIP_CID_RPID, SIP_CID_PAI_RPID };
enum { SIP_DID_AUTO, SIP_DID_RURI, SIP_DID_TO, SIP_DID_PCPID, SIP_DID_DIVERSION };

struct sip_path { uint32_t listener; hl__addr near, far; }; /* near.family 0: not known */

/* Profiles: text lives in the profile's own block list, the whole goes when refs fall to 0. */
struct sip_listener { char *name, *realm; hl__addr bind, advertise; int32_t transport, accept, dscp; };
struct sip_peer { char *host; hl__addr at; int32_t priority, weight; };
struct sip_profile { /* of a trunk or a phone, unchanging */
    uint32_t refs;
    bool is_phone;
    int32_t auth, cid_out, cid_trust, did_from, ptime;
    int32_t max_calls, max_in, cps, ring_s, first_ms, attempts, expires_s, priority;
    int32_t nat, digest_min, max_contacts, digest, enabled, npeers, nacl;
    char *name, *group, *user, *password, *realm, *domain, *codecs, *rules_in, *rules_out, *prefix_in, *prefix_out;
    char *area, *cid_default, *cid_allowed, *display, *listener;
    char ha1[2][65];                                                   /* phones: MD5, SHA-256; "" none */
    struct sip_peer peer[SIP_PEERS];
    hl__net acl[32];
    hl__addr registrar;
};

struct sip_registration { /* ours at a carrier */
    hl__timer timer;
    struct sip_txn *txn;
    struct sip_challenge_kept kept;
    char call_id[33], tag[17];
    uint32_t cseq;
    int32_t state, status, backoff_s, tries, granted_s;
};
struct sip_trunk {
    hl__sip *core;
    hl_id id;
    struct sip_profile *profile;
    struct sip_registration reg;
    char token[17];                                                    /* user part of our Contact */
    int32_t calls_in, calls_out;
    hl_time bucket_at; int64_t bucket;                                 /* cps */
    int64_t attempts, answered, refused;
    struct sip_trunk *next_gone;                                       /* dropped; calls may still know it */
};
struct sip_binding {
    struct sip_phone *phone;
    hl__timer expiry, keep, ping;
    hl_time until;
    char *contact, *call_id, *instance, *user_agent;
    uint32_t cseq;
    struct sip_path path;
    struct sip_txn *pinging;
    int32_t lost;                                                      /* pings without an answer in a row */
};
struct sip_phone {
    hl__sip *core;
    hl_id id;
    struct sip_profile *profile;
    struct sip_binding *binding[SIP_BINDINGS];
    uint32_t bindings;
    int32_t calls;
    struct sip_phone *next_gone;
};

/* Transactions (txn.c) */
struct sip_txn;
struct sip_user { /* whose transaction it is; either may be NULL */
    void (*response)(void *owner, struct sip_txn *t, const struct sip_msg *m); /* m NULL: none came */
    void (*gone)(void *owner, struct sip_txn *t);
};
struct sip_txn {
    hl__sip *core;
    hl__timer again, over;
    hl_time interval;
    const struct sip_user *user;
    void *owner;
    char *msg; size_t len, room;       /* client: the request; server: the last response */
    struct sip_path path;
    uint8_t machine, state, method;
    char *key;
};
int hl__sip_txn_client(hl__sip *c, const struct sip_path *path, hl__buf *text, struct sip_txn **out); /* takes text */
int hl__sip_txn_server(hl__sip *c, const struct sip_path *path, const struct sip_msg *m, struct sip_txn **out);
void hl__sip_txn_own(struct sip_txn *t, const struct sip_user *user, void *owner); /* NULL, NULL: nobody's */
void hl__sip_txn_cancelled(struct sip_txn *t); /* an INVITE: it waits 64 T1 for its last response, then no more (9.1) */
struct sip_txn *hl__sip_txn_find(hl__sip *c, const struct sip_msg *m, bool invite); /* invite: the one m cancels */
bool hl__sip_txn_input(hl__sip *c, const struct sip_path *path, const struct sip_msg *m); /* true: taken */
void hl__sip_txn_reply(struct sip_txn *t, hl__buf *text, int status);   /* empties text */
bool hl__sip_txn_answered(const struct sip_txn *t);                     /* a final response went out */
void hl__sip_txns_free(hl__sip *c);

/* Dialogs (dlg.c) */
struct sip_dialog {
    char *call_id, *local_tag, *remote_tag, *local, *remote, *target, *routes; /* local, remote: header values */
    uint32_t lcseq, rcseq;
    bool rcseq_set;
    struct sip_path path;
};
void hl__sip_dialog_free(hl__sip *c, struct sip_dialog *d);
int hl__sip_dialog_uas(hl__sip *c, struct sip_dialog *d, const struct sip_path *path, const struct sip_msg *m);
int hl__sip_dialog_uac(hl__sip *c, struct sip_dialog *d, const struct sip_path *path, const struct sip_msg *m);
int hl__sip_dialog_target(hl__sip *c, struct sip_dialog *d, const struct sip_msg *m); /* Contact: refreshed */
void hl__sip_dialog_path(const struct sip_dialog *d, bool nat, struct sip_path *out); /* where its requests go */

/* Writing (write.c). A buffer that failed is noticed by whoever sends it. */
struct sip_request { /* one of ours */
    int method;
    uint32_t cseq;
    const char *uri, *from, *to, *call_id, *routes, *branch, *contact; /* NULL: none; branch NULL: a new one */
    struct sip_path path;
};
void hl__sip_write_request(hl__sip *c, hl__buf *b, const struct sip_request *r);
void hl__sip_write_response(hl__buf *b, const struct sip_path *path, const struct sip_msg *m, int status,
                            const char *tag);
void hl__sip_write_contact(hl__sip *c, hl__buf *b, const struct sip_path *path, const char *user);
void hl__sip_write_end(hl__buf *b, const char *type, const char *body, size_t len); /* NULL: no body */
void hl__sip_write_reason(hl__buf *b, int q850);
void hl__sip_write_quoted(hl__buf *b, const char *text);
void hl__sip_write_user(hl__buf *b, const char *user);                  /* escaped for a URI */
void hl__sip_write_addr(hl__buf *b, const hl__addr *a);                 /* host:port */
void hl__sip_near(hl__sip *c, const struct sip_path *path, hl__addr *out);
void hl__sip_addr_ip(const hl__addr *a, uint8_t ip[16]);                /* mapped form */
void hl__sip_ip_addr(const uint8_t ip[16], uint16_t port, hl__addr *out);
bool hl__sip_addr_same(const hl__addr *a, const hl__addr *b, bool port);

/* Legs (leg.c) */
#define SIP_STATES(X) X(NEW) X(TRYING) X(RINGING) X(EARLY) X(ACCEPTED) X(CLOSING) X(CANCELLING) X(TALKING) X(ENDED)
#define SIP_STIMULI(X) \
    X(DO_RING) X(DO_EARLY) X(DO_ANSWER) X(DO_REFUSE) X(DO_HANGUP) X(GOT_ACK) X(ACK_LOST) X(GOT_CANCEL) X(GOT_BYE) \
    X(GOT_RING) X(GOT_EARLY) X(GOT_OK) X(GOT_REFUSAL) X(RING_OVER) X(GIVE_UP) X(BROKEN)
#define X(name) SIP_S_##name,
enum { SIP_STATES(X) SIP_S_END };
#undef X
#define X(name) SIP_ON_##name,
enum { SIP_STIMULI(X) SIP_ON_END };
#undef X

struct sip_branch { /* one INVITE of ours */
    struct sip_leg *leg;
    struct sip_txn *txn;
    struct sip_trunk *trunk;
    struct sip_path path;
    char *uri, *to;
    char call_id[33], tag[17];
    uint32_t cseq;
    hl__timer first;
    struct sip_challenge_kept kept;
    char *key;                         /* in core.dialogs */
    int32_t tries, status;
    bool started, heard, ringing, cancelled, cancel_sent, done;
};
struct sip_event { struct sip_event *next; struct sip_leg *leg; hl__leg_ev ev; hl__media media; };
struct sip_session { /* offer and answer of one leg */
    hl__media ours, theirs;
    uint64_t id, version;
    char *body;                        /* the last description we sent */
    uint64_t body_hash;
    char *offer; size_t offer_len;     /* theirs, waiting for our answer */
    bool sent_offer, settled, held;
};
enum { SIP_CHANGE_NONE, SIP_CHANGE_OURS, SIP_CHANGE_THEIRS };
struct sip_leg {
    hl__sip *core;
    struct sip_leg *next, *prev;
    hl_id id;
    uint32_t gen, refs;                /* refs: transactions that know it */
    uint32_t max_attempts;
    uint8_t state;
    bool outbound, reported, ended_taken, restricted, invited, parallel;
    uint8_t change, our_dir;           /* a re-INVITE: whose; the direction we want */
    struct sip_profile *profile;
    struct sip_trunk *trunk;
    struct sip_phone *phone;
    struct sip_dialog dialog;
    struct sip_session session;
    struct sip_txn *invite;            /* their INVITE that waits for our final */
    char *request; size_t request_len; /* that INVITE, to answer it by */
    char *key, *merge;                 /* in core.dialogs, core.merges */
    char *ok; size_t ok_len;           /* our 2xx, repeated until the ACK */
    uint32_t ok_cseq, invite_cseq;
    hl__timer repeat, guard, retry;
    hl_time repeat_gap, repeat_until;
    struct hl__sip_cause cause;
    int32_t by, ring_s, attempts;
    struct sip_branch *branch[SIP_FORKS];
    uint32_t branches, current;
    struct sip_branch *won;
    struct sip_challenge_kept kept;    /* for later requests of a call we placed */
    hl__media wanted;                  /* a change of ours that waits */
    char *did, *caller, *display;
    char keys[33];                     /* waiting to go out as INFO */
    uint32_t key_ms;
    struct hl__sip_cause refusal;      /* of a fork: the best so far */
    struct sip_event *ended;
};
int hl__sip_leg_new(hl__sip *c, struct sip_leg **out);
void hl__sip_leg_profile(struct sip_leg *l, struct sip_trunk *trunk, struct sip_phone *phone);
int hl__sip_leg_key(struct sip_leg *l, const char *call_id, const char *tag, char **key);
bool hl__sip_leg_step(struct sip_leg *l, int stimulus);                 /* false: not in this state, nothing changed */
void hl__sip_leg_release(struct sip_leg *l);                            /* frees it if nothing holds it any more */
void hl__sip_leg_report(struct sip_leg *l, const hl__leg_ev *ev, const hl__media *m);
void hl__sip_leg_cause(struct sip_leg *l, struct hl__sip_cause cause, int by); /* the first one stays */
void hl__sip_leg_finish(struct sip_leg *l);                             /* ENDED is reported, timers stop */
void hl__sip_leg_free(struct sip_leg *l);
struct sip_leg *hl__sip_leg_find(const hl__sip *c, hl_id id);
const char *hl__sip_state_word(int state);
const char *hl__sip_stimulus_word(int stimulus);
int hl__sip_leg_next(bool outbound, int state, int stimulus);           /* the table's next state, -1: none */
bool hl__sip_leg_request(struct sip_leg *l, int method, hl__buf *b, uint32_t cseq); /* begins one in the dialog */
void hl__sip_leg_auth(struct sip_leg *l, hl__buf *b, int method, hl__view body); /* credentials, if once asked for */
bool hl__sip_leg_challenged(struct sip_leg *l, const struct sip_msg *m); /* keeps it; false: not to be answered */
void hl__sip_leg_bye(struct sip_leg *l);
void hl__sip_leg_dialog_input(struct sip_leg *l, const struct sip_path *path, const struct sip_msg *m);
struct sip_txn *hl__sip_leg_send(struct sip_leg *l, hl__buf *b, const struct sip_user *user);
void hl__sip_leg_repeat(struct sip_leg *l, const hl__buf *b, uint32_t cseq); /* keeps a 2xx until its ACK */

/* uas.c, uac.c, reneg.c: actions of the tables and what comes from the wire */
void hl__sip_uas_invite(hl__sip *c, const struct sip_path *path, const struct sip_msg *m, struct sip_trunk *trunk,
                        struct sip_phone *phone);
void hl__sip_uas_cancel(hl__sip *c, const struct sip_path *path, const struct sip_msg *m);
void hl__sip_uas_ack(struct sip_leg *l, const struct sip_msg *m);
void hl__sip_uas_final(struct sip_leg *l, int status, int q850);
void hl__sip_uas_ring(struct sip_leg *l);
void hl__sip_uas_early(struct sip_leg *l);
void hl__sip_uas_accept(struct sip_leg *l);
void hl__sip_uas_refuse(struct sip_leg *l);
void hl__sip_uas_cancelled(struct sip_leg *l);
void hl__sip_uas_talk(struct sip_leg *l);
void hl__sip_uac_free(struct sip_leg *l);
void hl__sip_uac_cancel(struct sip_leg *l);
void hl__sip_uac_next(struct sip_leg *l);
void hl__sip_reneg_invite(struct sip_leg *l, const struct sip_path *path, const struct sip_msg *m);
void hl__sip_reneg_update(struct sip_leg *l, const struct sip_path *path, const struct sip_msg *m);
void hl__sip_reneg_ack(struct sip_leg *l, const struct sip_msg *m);
void hl__sip_reneg_retry(void *ctx, hl__timer *t);

/* Offer and answer (offer.c) */
int hl__sip_read_sdp(hl__view body, const char *codecs, hl__media *out, hl__sdp *s); /* HL_EINVAL; n 0: no codec */
int hl__sip_offer_take(struct sip_leg *l, hl__view body, hl__sdp *s);   /* their offer; HL_ENOTSUP: no common codec */
int hl__sip_answer_take(struct sip_leg *l, hl__view body);              /* theirs to ours */
int hl__sip_answer_make(struct sip_leg *l, const hl__media *ours, hl__buf *out);
int hl__sip_offer_make(struct sip_leg *l, const hl__media *ours, hl__buf *out);
void hl__sip_session_free(hl__sip *c, struct sip_session *s);
bool hl__sip_has_sdp(const struct sip_msg *m);

/* Trunks, phones, sources (trunk.c, regs.c, regc.c, guard.c, opt.c) */
struct sip_trunk *hl__sip_trunk_of(hl__sip *c, const struct sip_path *path, const struct sip_msg *m);
struct sip_trunk *hl__sip_trunk_token(hl__sip *c, hl__view user);
bool hl__sip_trunk_peer(const struct sip_trunk *t, const hl__addr *from);
int hl__sip_trunk_admit(struct sip_trunk *t);                           /* 0, or the status that refuses */
bool hl__sip_trunk_out(struct sip_trunk *t);                            /* may place one more call now */
void hl__sip_trunk_number(const struct sip_profile *p, bool outward, const char *number, char out[128]);
char *hl__sip_trunk_did(const struct sip_trunk *t, const struct sip_msg *m);
char *hl__sip_caller(hl__sip *c, const struct sip_profile *p, const struct sip_msg *m, char **display);
void hl__sip_write_identity(hl__sip *c, hl__buf *from, hl__buf *more, const struct sip_leg *l,
                            const struct sip_branch *br);
const struct sip_listener *hl__sip_listener_of(const hl__sip *c, const struct sip_path *path);
int hl__sip_listener_for(const hl__sip *c, const struct sip_profile *p, bool phones); /* -1: none */
void hl__sip_register_in(hl__sip *c, const struct sip_path *path, const struct sip_msg *m);
struct sip_phone *hl__sip_phone_auth(hl__sip *c, const struct sip_path *path, const struct sip_msg *m, int *status);
void hl__sip_challenge(hl__sip *c, const struct sip_path *path, const struct sip_msg *m, bool stale);
void hl__sip_binding_drop(struct sip_phone *p, uint32_t n);
void hl__sip_registration_set(struct sip_trunk *t);                     /* starts, restarts or stops it */
void hl__sip_registration_stop(struct sip_trunk *t);
void hl__sip_stateless(hl__sip *c, const struct sip_path *path, const struct sip_msg *m, int status, const char *more);
enum { SIP_SILENT, SIP_METERED, SIP_TRUSTED };
int hl__sip_guard(hl__sip *c, const struct sip_path *path, const struct sip_msg *m); /* SIP_SILENT ... */
void hl__sip_guard_wrong(hl__sip *c, const hl__addr *from, hl__view account);
bool hl__sip_guard_locked(hl__sip *c, const hl__addr *from, hl__view account);
bool hl__sip_guard_md5_only(hl__sip *c, const hl__addr *from, hl__view account); /* counts a challenge given */
void hl__sip_guard_heard(hl__sip *c, const hl__addr *from, hl__view account);    /* it was answered */
void hl__sip_guard_free(hl__sip *c);
bool hl__sip_choose(const struct sip_challenge *ch, const char *realm, int min); /* may this one be answered */
void hl__sip_kept_free(hl__sip *c, struct sip_challenge_kept *k);
bool hl__sip_kept_take(hl__sip *c, struct sip_challenge_kept *k, const struct sip_profile *p, const struct sip_msg *m);
void hl__sip_write_auth(hl__sip *c, hl__buf *b, struct sip_challenge_kept *k, const struct sip_profile *p,
                        const struct sip_digest *about); /* method, uri, body of it */
void hl__sip_profile_drop(hl__sip *c, struct sip_profile *p);
void hl__sip_reap(hl__sip *c);                                          /* frees what was dropped, if no leg is left */
struct sip_phone *hl__sip_phone_at(hl__sip *c, const struct sip_path *path, const struct sip_msg *m);
void hl__sip_phone_free(struct sip_phone *p);
void hl__sip_trunk_free(struct sip_trunk *t);

struct hl__sip {
    hl__mem *mem;
    hl__logger *log;
    hl_time now;
    hl__rand rand;
    hl__wheel wheel;
    hl__sip_up up;
    bool open, stopping;
    hl__names txns, dialogs, merges, phones, trunks;
    struct sip_trunk *gone_trunks;     /* kept until no leg is left */
    struct sip_phone *gone_phones;
    hl__map legs;
    struct sip_listener *listener; uint32_t listeners;
    hl__buf out; size_t out_at;
    struct sip_event *first, **last, *shown;
    struct sip_nonces *nonces;
    struct sip_guard *guard;
    hl__sip_figures figures;
    uint64_t epoch;                    /* keys fake passwords and tags of refusals */
    struct sip_leg *all;               /* every leg, for the end */
    struct { hl_id leg; uint32_t gen; } lost[64]; /* legs there was no memory to begin */
    uint32_t nlost;
    char *scratch;
    struct sip_msg msg;
};
void hl__sip_send(hl__sip *c, const struct sip_path *path, const char *data, size_t len);
void hl__sip_token(hl__sip *c, char *out, size_t len);                  /* random text, len characters and NUL */
char *hl__sip_text(hl__sip *c, hl__buf *b);                             /* takes what b holds */
#endif
