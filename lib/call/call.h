/* call.h - legs and the call they make: who is there, who hears whom, hold, mute, hang-up. Pure.
 *
 * A leg is one party's connection: telephone, browser or simulator. A call is a contact's legs. What a driver must do
 * is said through hl__call_up; what drivers report comes in by the functions below. Both sides speak of a leg by its
 * id. */
#ifndef HL_CALL_INNER_H
#define HL_CALL_INNER_H
#include "base/av.h"
#include "base/core.h"
#include <hotline/call.h>

enum { HL__LEGS_A_CALL = 16 };

typedef struct hl__call hl__call;
typedef struct hl__leg {
    hl_id id, contact, agent, trunk, phone, session;
    int32_t state, cause, detail;
    uint32_t role, medium, flags, mute, gen; /* HL_ROLE_*, HL_MEDIUM_*, HL_IS_*, HL_MUTE_* */
    bool answering;      /* shall be answered: as soon as its media is there, or it was asked for already */
    bool early;          /* the others hear it before it answers */
    bool opened, bound;  /* media was asked for; ours is known */
    hl_time since, answered_at;
    hl__call *call;
    hl__media ours, theirs;
    int32_t ring_ms;
    char *local, *remote, *name;
    hl_id music;         /* what plays to it while it is held; 0: the setting's music */
    hl__timer timer;     /* own time-out while ringing; MEDIA_LOST while LOST; 32 s while ENDING */
    struct hl__calls *calls;
} hl__leg;
struct hl__call {
    hl_id id;            /* the contact */
    int32_t state;       /* HL_CALL_* */
    hl__leg *leg[HL__LEGS_A_CALL];
    uint32_t legs;
    int64_t talk_us, hold_us;
    hl_time since;       /* of this state */
};

/* What the engine does for a call: the first part becomes requests to drivers, the second is news for its neighbours.
 */
typedef struct hl__call_up {
    void *ctx;
    void (*open)(void *ctx, const hl__leg *leg, const hl__media *theirs);  /* media of its own; NULL: we offer */
    void (*set)(void *ctx, const hl__leg *leg, const hl__media *theirs);
    void (*bind)(void *ctx, const hl__leg *leg);                           /* its session's path carries it */
    void (*close)(void *ctx, const hl__leg *leg);
    void (*originate)(void *ctx, const hl__leg *leg);                      /* ours is known */
    void (*ring)(void *ctx, const hl__leg *leg, int early);
    void (*answer)(void *ctx, const hl__leg *leg);
    void (*hangup)(void *ctx, const hl__leg *leg, int cause);
    void (*mix)(void *ctx, const hl__call *call);
    void (*tones)(void *ctx, const hl__leg *leg, const char *keys, int ms);
    hl_id (*music)(void *ctx, const hl__leg *leg, const char *name);       /* by name, till it is stopped: its id */
    void (*quiet)(void *ctx, const hl__leg *leg, hl_id music);             /* stopped */

    void (*answered)(void *ctx, const hl__leg *leg);
    void (*key)(void *ctx, const hl__leg *leg, char key);
    void (*ended)(void *ctx, const hl__leg *leg);                          /* the last word of it; freed afterwards */
    void (*moved)(void *ctx, const hl__leg *leg, hl_id from);              /* to another contact's call */
    void (*state)(void *ctx, const hl__call *call);                        /* talk, hold ... changed */
} hl__call_up;

typedef struct hl__calls {
    hl__core *core;
    hl__call_up up;
    hl__map legs, calls; /* by leg, by contact */
    uint32_t max_legs;
    int64_t total;       /* legs since the start */
} hl__calls;

typedef struct hl__leg_spec {
    hl_id id, contact, agent, trunk, phone, session; /* id 0: a new one */
    uint32_t role, medium;
    int32_t timeout_ms;
    bool inbound, early; /* early: the call hears it before it answers */
    const char *local, *remote, *name;
    const hl__media *theirs; /* inbound: their offer, or NULL */
} hl__leg_spec;

int hl__calls_new(hl__core *core, const hl__call_up *up, uint32_t max_legs, hl__calls **out);
void hl__calls_free(hl__calls *c);
hl__leg *hl__leg_of(const hl__calls *c, hl_id leg);
hl__call *hl__call_of(const hl__calls *c, hl_id contact);

/* A leg comes in or is to be dialled; ELIMIT. An outbound one is dialled as soon as its media is there. */
int hl__leg_add(hl__calls *c, const hl__leg_spec *spec, hl__leg **out);
int hl__leg_reserve(hl__calls *c, const hl__leg_spec *spec, hl__leg **out); /* the same in two steps: what may fail, */
void hl__leg_begin(hl__calls *c, hl__leg *leg, const hl__media *theirs);    /* what is told */

/* Commands. ENOENT: ended; ESTATE: not in this state. */
int hl__leg_ring(hl__calls *c, hl_id leg, int early);
int hl__leg_answer(hl__calls *c, hl_id leg);
int hl__leg_hangup(hl__calls *c, hl_id leg, int cause);
int hl__leg_mute(hl__calls *c, hl_id leg, int sides);
int hl__leg_dtmf(hl__calls *c, hl_id leg, const char *keys, int ms);
int hl__call_bridge(hl__calls *c, hl_id contact, hl_id leg, int role);
int hl__call_hold(hl__calls *c, hl_id contact, hl_id leg, const char *music); /* leg 0: customers and experts */
int hl__call_resume(hl__calls *c, hl_id contact, hl_id leg);
int hl__call_end(hl__calls *c, hl_id contact, int cause);
void hl__leg_row(const hl__leg *leg, hl_leg *row);   /* strings are borrowed */
void hl__call_row(const hl__calls *c, const hl__call *call, hl_call *row);
bool hl__leg_hears(const hl__leg *a, const hl__leg *b); /* does a hear b */

/* Between the files of this folder. */
int hl__call_join(hl__calls *c, hl__leg *leg);     /* makes the call if it is the first */
void hl__call_leave(hl__calls *c, hl__leg *leg);   /* the last one ends it */
void hl__call_changed(hl__calls *c, hl__call *call); /* state and matrix anew */
void hl__leg_free(hl__calls *c, hl__leg *leg);

/* What drivers report. A leg that is gone: nothing. */
void hl__leg_on_local(hl__calls *c, hl_id leg, const hl__media *ours);   /* our media is ready */
void hl__leg_on_failed(hl__calls *c, hl_id leg, int cause);              /* it never will be */
void hl__leg_on_progress(hl__calls *c, hl_id leg, int state);            /* HL_LEG_RINGING, _EARLY */
void hl__leg_on_answered(hl__calls *c, hl_id leg, const hl__media *theirs);
void hl__leg_on_media(hl__calls *c, hl_id leg, const hl__media *theirs, bool held);
void hl__leg_on_key(hl__calls *c, hl_id leg, char key);
void hl__leg_on_path(hl__calls *c, hl_id leg, bool lost);                /* LOST, BACK */
void hl__leg_on_ended(hl__calls *c, hl_id leg, int cause, int detail);
const char *hl__cause_word(int cause);                                   /* "busy"; "" for one without a name */
#endif
