/* sip.h - telephones and trunks: a user agent that owns no socket and reads no clock.
 *
 * Datagrams, requests and the time go in; datagrams, reports about legs and the next deadline come out. Everything runs
 * on one thread; nothing here waits. What a function is given is copied; what it hands out lives until the next call.
 * The driver (driver.c) joins this core to lib/io's sockets and to the engine. */
#ifndef HL_SIP_SIP_H
#define HL_SIP_SIP_H
#include "base/section.h"
#include "engine/driver.h"

typedef struct hl__sip hl__sip;
typedef struct hl__sip_up { /* what the core asks of whoever runs it */
    void *ctx;
    hl_id (*leg_id)(void *ctx);  /* asked only within hl__sip_event() */
    void (*near)(void *ctx, uint32_t listener, const hl__addr *far, hl__addr *out); /* of ours; NULL: none */
} hl__sip_up;
typedef struct hl__sip_options {
    hl__mem *mem;
    hl__logger *log;     /* NULL: none */
    uint64_t seed;
    hl__sip_up up;
    bool open;           /* tests of form: any registration and any dialog is taken */
} hl__sip_options;
typedef struct hl__sip_out { uint32_t listener; hl__addr near, far; const char *data; size_t len; } hl__sip_out;
typedef struct hl__sip_listener_row { const char *name; hl__addr bind; int32_t transport, dscp; } hl__sip_listener_row;
typedef struct hl__sip_figures {
    int64_t in, out, again_in, again_out, bad, dropped; /* messages; retransmissions among them; malformed; ignored */
    uint32_t txns, dialogs, legs, resting; /* resting: ended, a transaction still knows them */
} hl__sip_figures;

int hl__sip_new(const hl__sip_options *opt, hl__sip **out);
void hl__sip_free(hl__sip *c);                                        /* takes NULL */
/* The document: listeners, trunks, phones. Words say what stands against it; then the old one stays. */
int hl__sip_config(hl__sip *c, hl_time now, const hl__json *doc, hl__err *err);
uint32_t hl__sip_listeners(const hl__sip *c);
void hl__sip_listener(const hl__sip *c, uint32_t n, hl__sip_listener_row *row);
void hl__sip_bound(hl__sip *c, uint32_t n, const hl__addr *at);       /* where the socket really is */
void hl__sip_input(hl__sip *c, hl_time now, uint32_t listener, const hl__packet *p);
void hl__sip_tick(hl__sip *c, hl_time now);
hl_time hl__sip_due(const hl__sip *c);
int hl__sip_output(hl__sip *c, hl__sip_out *out);                     /* 1: send this; 0: no more */
int hl__sip_event(hl__sip *c, hl__leg_ev *ev);                        /* 1: report this; 0: no more */
void hl__sip_shutdown(hl__sip *c, hl_time now);                       /* ends every leg, tells peers once */
void hl__sip_figures_get(const hl__sip *c, hl__sip_figures *out);

/* Requests of the engine, as hl__leg_ops has them. */
void hl__sip_originate(hl__sip *c, hl_time now, const hl__dial *dial, uint32_t gen);
void hl__sip_progress(hl__sip *c, hl_time now, hl_id leg, int how, const hl__media *m);
void hl__sip_answer(hl__sip *c, hl_time now, hl_id leg, const hl__media *m);
void hl__sip_reject(hl__sip *c, hl_time now, hl_id leg, int q850, int code);
void hl__sip_hangup(hl__sip *c, hl_time now, hl_id leg, int q850);
void hl__sip_renegotiate(hl__sip *c, hl_time now, hl_id leg, const hl__media *m);
void hl__sip_dtmf(hl__sip *c, hl_time now, hl_id leg, const char *keys, uint32_t ms);
uint32_t hl__sip_caps(const hl__sip *c, hl_id leg);

/* Rows for whoever looks: 1 filled, 0 no more; *pos = 0 first. */
typedef struct hl__sip_trunk_row {
    hl_id id; int32_t registration, reg_status, peers, calls_in, calls_out, told; /* told: the driver's */
    int64_t attempts, answered, refused; const char *name, *group;
} hl__sip_trunk_row;
typedef struct hl__sip_phone_row {
    hl_id id; int32_t bindings, calls, max_calls; const char *name, *display;
} hl__sip_phone_row;
int hl__sip_trunk_next(const hl__sip *c, uint32_t *pos, hl__sip_trunk_row *row);
int hl__sip_phone_next(const hl__sip *c, uint32_t *pos, hl__sip_phone_row *row);

/* A copy of those for other threads; the driver keeps one, to be read under the engine's lock. */
typedef struct hl__sip_status hl__sip_status;
int hl__sip_status_take(const hl__sip *c, hl__sip_status **out);
/* The next trunk whose registration came up or failed since the old copy (NULL: none); NULL: no more. */
const hl__sip_trunk_row *hl__sip_status_changed(hl__sip_status *s, const hl__sip_status *old, uint32_t *pos);
void hl__sip_status_free(hl__sip_status *s);                          /* takes NULL */
const hl__sip_trunk_row *hl__sip_status_trunk(const hl__sip_status *s, hl_id after); /* s NULL: none */
const hl__sip_phone_row *hl__sip_status_phone(const hl__sip_status *s, hl_id after);
void hl__sip_status_figures(const hl__sip_status *s, hl__sip_figures *out);
const hl__sip_status *hl__sip_driver_status(void *d);                 /* of the driver's d; NULL: none yet */
const char *hl__sip_words(int status);                                /* "Forbidden" */
int hl__sip_q850_of(int status);
int hl__sip_status_of(int q850);

/* Sections of the hl_load() document: listeners, trunks, phones. The driver's set() applies them. */
uint32_t hl__sip_sections(hl__section *out, uint32_t room);           /* how many were filled in */
#endif
