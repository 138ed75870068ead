/* hotline/call.h - legs, and the call they make: bridge, hold, mute, keys.
 * A leg is one party's connection: telephone, browser or simulator. The legs of a contact, at most 16, share a mixer:
 * its call. Commands only start things, events tell the outcome.
 * Who is held hears music: music/<name>.wav among the files; NULL: the setting's.
 * Ended leg: HL_ENOENT. Not in this state: HL_ESTATE. Driver busy: HL_ELIMIT. */
#ifndef HOTLINE_CALL_H
#define HOTLINE_CALL_H
#include <hotline.h>
#ifdef __cplusplus
extern "C" {
#endif
#define HL_LEG_STATES(X) \
    X(NEW, 0) X(TRYING, 1) X(RINGING, 2) X(EARLY, 3) X(ANSWERED, 4) X(LOST, 5) X(ENDING, 6) X(ENDED, 7)
#define HL_CAUSES(X) /* 1..127: Q.850; above: ours. Words: the name in lower case */ \
    X(UNALLOCATED, 1) X(NORMAL, 16) X(BUSY, 17) X(NO_ANSWER, 19) X(UNREACHABLE, 20) X(REJECTED, 21) X(BAD_NUMBER, 28) \
    X(CONGESTION, 42) X(NO_CODEC, 88) X(TIMEOUT, 102) X(CANCELLED, 201) X(MEDIA_LOST, 202) X(TRANSFERRED, 203) \
    X(REPLACED, 204) X(POLICY, 205) X(SHUTDOWN, 206)
#define X(name, number) HL_LEG_##name = number,
enum { HL_LEG_STATES(X) };
#undef X
#define X(name, number) HL_CAUSE_##name = number,
enum { HL_CAUSES(X) };
#undef X
enum { HL_CALL_NONE = 0, HL_CALL_ALONE, HL_CALL_TALK, HL_CALL_HOLD, HL_CALL_CONFERENCE };
enum { HL_ROLE_CUSTOMER = 1, HL_ROLE_AGENT, HL_ROLE_EXPERT, HL_ROLE_SUPERVISOR, HL_ROLE_ROBOT };
enum { HL_MEDIUM_PHONE = 1, HL_MEDIUM_BROWSER, HL_MEDIUM_SIM };
enum { HL_IS_HELD = 1, HL_IS_HOLDING = 2, HL_IS_MUTED = 4, HL_IS_RECORDED = 8, HL_IS_WATCHED = 16, HL_IS_INBOUND = 32 };
enum { HL_MUTE_IN = 1, HL_MUTE_OUT = 2 }; /* the leg is not heard; the leg hears nothing */

typedef struct hl_dial {
    uint32_t size, role; /* 0: CUSTOMER */
    hl_id contact; /* whose call it joins, 0: a new one's */
    hl_id agent, trunk; /* an agent's own device, 0: `to`; 0: by the number rules */
    const char *to, *from, *name, *data; /* number or sip: address; shown; JSON for the contact */
    int32_t timeout_ms, early; /* 0: 30000; 1: the call hears early media */
} hl_dial;
#define HL_DIAL_INIT { sizeof(hl_dial), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
typedef struct hl_leg {
    uint32_t size;
    int32_t state;
    hl_id id, contact, agent, trunk, session;
    hl_time since, answered;
    uint32_t role, medium, flags; /* HL_IS_* */
    int32_t side, cause, detail; /* side 1: in the consultation; detail: the protocol's code */
    const char *local, *remote, *name, *text;
} hl_leg;
#define HL_LEG_INIT { sizeof(hl_leg), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
typedef struct hl_call {
    uint32_t size;
    int32_t state; /* HL_CALL_* */
    hl_id id; /* the contact */
    int64_t talk_us, hold_us; /* customer and agent heard each other; customer held */
    uint32_t legs, flags;
} hl_call;
#define HL_CALL_INIT { sizeof(hl_call), 0, 0, 0, 0, 0, 0 }

HL_API int hl_leg_dial(hl_t *hl, const hl_dial *dial, hl_id *out); /* ELIMIT */
HL_API int hl_leg_ring(hl_t *hl, hl_id leg); /* inbound: 180 */
HL_API int hl_leg_early(hl_t *hl, hl_id leg); /* inbound: 183, media before the answer */
HL_API int hl_leg_answer(hl_t *hl, hl_id leg);
HL_API int hl_leg_hangup(hl_t *hl, hl_id leg, int cause); /* any state: refuse, cancel or end */
HL_API int hl_leg_mute(hl_t *hl, hl_id leg, int sides); /* HL_MUTE_*, 0: none */
HL_API int hl_leg_dtmf(hl_t *hl, hl_id leg, const char *keys, int ms); /* 0-9*#A-D, ',' waits 500 ms; 0: 100 ms */
HL_API int hl_leg_next(hl_t *hl, hl_id contact, hl_leg *row); /* contact 0: every leg */
HL_API int hl_call_get(hl_t *hl, hl_id contact, hl_call *row);
HL_API int hl_call_bridge(hl_t *hl, hl_id contact, hl_id leg, int role); /* from wherever the leg is */
HL_API int hl_call_hold(hl_t *hl, hl_id contact, hl_id leg, const char *music); /* leg 0: customers and experts */
HL_API int hl_call_resume(hl_t *hl, hl_id contact, hl_id leg);
HL_API int hl_call_end(hl_t *hl, hl_id contact, int cause);
#ifdef __cplusplus
}
#endif
#endif
