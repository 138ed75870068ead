/* engine.h - the deterministic machine: commands and time go in, events and requests to drivers come out.
 *
 * struct hl is what lib/api and the files of this folder see. Everything here runs with the engine's lock held, in a
 * step: hl__step_begin() sets the time and sets memory aside, so that a step that has begun has what it needs: want of
 * memory turns a command away at the door. hl__step_end() closes the batch. Nothing here reads a clock, a file or a
 * socket; what must be done outside becomes a request (request.c). */
#ifndef HL_ENGINE_ENGINE_H
#define HL_ENGINE_ENGINE_H
#include "acd/acd.h"
#include "base/core.h"
#include "base/json.h"
#include "base/section.h"
#include "calendar/calendar.h"
#include "call/call.h"
#include "engine/driver.h"
#include "flow/flow.h"
#include "report/report.h"
#include "speech/speech.h"
#include "ticket/ticket.h"
#include <hotline/gateway.h>
#include <hotline/report.h>

enum { HL__RUNNING = 1, HL__WAITING, HL__DRAINING, HL__FENCED, HL__STOPPED };
enum { HL__DRIVERS = 4, HL__SECTIONS = 32 };

/* event.c - the ring: seq % room; [first, next) is kept, readable up to `durable`, unread from `cursor` on. */
typedef struct hl__kept { hl_event ev; void *block; } hl__kept;
typedef struct hl__events {
    hl__kept *ring;
    uint32_t room, max;
    hl_seq first, next, durable, cursor;
    int64_t gone; /* unread ones that left without a store */
} hl__events;

/* object.c - everything that has a name, section by section. */
typedef struct hl__object {
    hl_id id;
    char *name, *title, *canon; /* canon: canonical JSON, what comparing and dumping use */
    hl_seq changed;
    struct hl__room *room;
} hl__object;
typedef struct hl__room { /* a section and the objects in it */
    hl__section section;
    int driver;         /* index of the driver whose set() takes it; -1: none */
    hl__names by_name;
} hl__room;

/* request.c - what drivers shall do once the lock is released; `after`: not before this batch is on disk. */
enum {
    HL__RQ_DIAL = 1,
    HL__RQ_RING,
    HL__RQ_ANSWER,
    HL__RQ_REJECT,
    HL__RQ_HANGUP,
    HL__RQ_TONES,
    HL__RQ_MEDIA,
    HL__RQ_PUSH,
    HL__RQ_REPLY,
    HL__RQ_CLOSE,
    HL__RQ_FLOW,
    HL__RQ_READ,
    HL__RQ_SET
};
typedef struct hl__request {
    struct hl__request *next;
    int kind, driver;
    uint64_t after;
    hl_id object;       /* leg, session or contact: order is kept for each */
    int64_t id;         /* of an op; ask number of a flow; play */
    int32_t code, how;
    hl__msg msg;
    char *text;         /* JSON, keys, words */
    char *number, *caller, *name;
    size_t len;
    union { hl__media media; hl__dial dial; } u; /* of RING and ANSWER; of DIAL; no other kind has memory for it */
} hl__request;

/* wire_acd.c - a telephone that rings for an offer. */
typedef struct hl__ringing { hl_id offer, leg; } hl__ringing;

/* talk.c - a contact as the engine sees it: what its flow, its place in the queue and its legs have to do with it. */
typedef struct hl__talk {
    hl_id id, leg;            /* the customer's leg; 0: gone */
    hl_id queue, agent, agent_leg, session, ticket;
    hl__ringing ring[HL__LEGS_A_CALL]; /* telephones of agents, before the first is picked up */
    uint32_t rings;
    hl_id play_ref;           /* what plays to the customer for the flow */
    int64_t play;             /* the flow's number of it */
    int queue_ask;            /* the flow waits for the queue's result under this number; 0: it does not */
    bool in_queue, secret, flow, engaged;
    hl_time entered, queued;
    hl_id flow_id;
    char alias[64], number[64], dialled[64], lang[16];
    struct hl__callback *back; /* callback.c: it was promised to be called */
    char *data;
} hl__talk;

/* session.c - a signed-in page. */
typedef struct hl__session {
    hl_id id, agent, contact, leg, queue;
    int role;                 /* HL_GRANT_* */
    bool here, path_up;       /* its socket is open; its media path carries sound */
    int64_t offer_id;         /* the op rtc.offer that waits for its answer; 0: none */
    char *subject, *number, *data, *lang;
} hl__session;

/* play.c - what the application plays; a flow's prompts are the talk's own. */
typedef struct hl__playing { hl_id id, target, leg[HL__LEGS_A_CALL]; uint32_t legs; } hl__playing; /* who hears it */

struct hl {
    hl__mem mem;
    hl__core core;
    hl__err scratch;          /* words of what nobody asked for */
    bool sim, in_step;
    int state;
    uint32_t max_agents, max_contacts;
    hl_time drain_until;
    int64_t serial;
    hl__events events;
    hl__room room[HL__SECTIONS];
    uint32_t rooms;
    hl__map objects;
    hl__request *first, **last;
    hl__batch *batch;
    uint64_t batch_number, durable;
    uint64_t documents;       /* read so far */
    hl__ring *sealed;         /* struct hl__sealed of the batches on their way to disk */
    struct hl__sealed { uint64_t number; hl_seq seq; } waiting; /* the oldest of them, taken out; number 0: none */
    hl__store_link store;     /* append NULL: nothing outlives the engine */
    uint64_t epoch;
    hl__driver driver[HL__DRIVERS];
    uint32_t drivers;
    uint64_t owed;            /* bit i: driver i has not got its settings yet */
    int sip, media, gateway, seats; /* indices of drivers; -1: not there. seats: who hears of sessions, the gateway or,
                                       in a simulation, the pages in front of it */
    hl__calendars *calendars;
    hl__acd *acd;
    hl__calls *calls;
    hl__flows *flows;
    hl__tickets *tickets;
    hl__report *report;
    hl__map talks, sessions, pages; /* by contact, by session, session by agent */
    hl__map plays, quality;   /* hl__playing by its id; hl__quality by leg */
    char *files;
    char *rtc;                /* JSON for the media driver: {"cert": ...} */
    int64_t voices_missing;
    struct { int64_t steps, events, stale, unknown_number, refused, lost_words, ops, calls; } count;
    struct hl__shell *shell;  /* lib/api's: lock, desks, loop, store */
    hl_time (*clock)(hl_t *hl);               /* NULL in a simulation */
    void (*readable)(hl_t *hl, bool events);  /* events wait, or none any more */
    void (*turned)(hl_t *hl);                 /* in each tick, before anything else */
};

/* engine.c */
int hl__engine_new(const hl_options *opt, hl_time now, hl__zone_bytes *zones, hl__err *err,
                   hl_t **out); /* zones: ctx hl */
void hl__engine_free(hl_t *hl);
int hl__step_begin(hl_t *hl, hl__err *err);   /* HL_ENOMEM: no room for what may happen */
void hl__step_end(hl_t *hl);
uint64_t hl__batch_now(const hl_t *hl);       /* the batch on disk carries all that was done so far */
int hl__may_work(hl_t *hl, bool new_work);    /* 0, or why the engine's state forbids it */
int hl__engine_store(hl_t *hl, const hl__store_link *link, const hl__mark *mark); /* before recover */
int hl__engine_driver(hl_t *hl, const hl__driver *d); /* its index */
int hl__engine_recover(hl_t *hl);             /* store is linked: rows back into the domains; READY */
void hl__stop_when_idle(hl_t *hl, hl_time until);
void hl__fault(hl_t *hl, hl_id ref, int code, const char *fmt, ...) HL__PRINTF(4, 5);
int hl__take_reports(hl_t *hl);               /* from the media driver; how many */
void hl__fire_timers(hl_t *hl, hl_time now);

/* check.c */
int hl__engine_check(const hl_t *hl, hl__err *err); /* tests: HL_ESTATE and words if an invariant does not hold. Slow */

/* event.c */
void *hl__step_alloc(hl_t *hl, size_t size); /* zeroed; NULL: counted as lost */
int hl__events_init(hl_t *hl, uint32_t max);
void hl__events_free(hl_t *hl);
int hl__events_reserve(hl_t *hl);             /* room for those of a step */
hl_seq hl__emit(hl__core *core, const hl_event *ev);
void hl__publish(hl_t *hl, hl_seq durable);
uint32_t hl__unread(const hl_t *hl);
const hl_event *hl__event_take(hl_t *hl,
                               hl_event *gap); /* the next unread one in memory; gap: told instead. NULL: none */
const hl_event *hl__event_at(const hl_t *hl, hl_seq seq); /* in memory; NULL */
const char *hl__event_word(int type);         /* "leg.state"; NULL */

/* object.c, load.c */
int hl__engine_section(hl_t *hl, const hl__section *s, int driver);
hl__object *hl__object_find(const hl_t *hl, int kind, const char *name);
hl__object *hl__object_named(const hl_t *hl, const char *section, const char *name);
int hl__object_next(const hl_t *hl, int kind, hl_id after, const hl__object **out);
void hl__object_free(hl_t *hl, hl__object *o);
void hl__objects_free(hl_t *hl);
int hl__load(hl_t *hl, const char *json, size_t len, hl__findings *f); /* objects changed */
int hl__check(hl_t *hl, const char *json, size_t len, hl__findings *f); /* errors */
int hl__dump(hl_t *hl, const char *section, hl__buf *out);
int hl__secrets_hide(hl_t *hl, hl__json *doc); /* each becomes {"kept": digest} */
void hl__driver_settings(hl_t *hl, uint64_t drivers); /* tells them, bit i: driver i, what their sections hold now */

/* request.c */
hl__request *hl__ask(hl_t *hl, int kind, hl_id object); /* queued already; NULL: no memory (a FAULT was told) */
void hl__request_free(hl_t *hl, hl__request *q);
hl__request *hl__requests_ready(hl_t *hl);   /* cut off the queue: what may go now */
void hl__request_run(hl_t *hl, hl__request *q); /* without the lock */
/* m: kind, leg or session, what its kind says; gen and when are filled in. blob is copied. */
void hl__media_post(hl_t *hl, const hl__msg *m, int blob_kind, const void *blob, size_t len);
void hl__push(hl_t *hl, const hl__session *s, const char *json, size_t len);
typedef struct hl__asker { hl_id session; int64_t id; } hl__asker; /* session 0: HTTP */
/* promise: not before what this step has written is on disk. */
void hl__reply(hl_t *hl, hl__asker to, int code, const char *json, size_t len, bool promise);

/* talk.c, wire_*.c - the neighbours' news, each turned into the others' commands. */
void hl__call_wire(hl_t *hl, hl__call_up *up);
void hl__acd_wire(hl_t *hl, hl__acd_up *up);
void hl__flow_wire(hl_t *hl, struct hl__flow_up *up);
hl__talk *hl__talk_of(const hl_t *hl, hl_id contact);
int hl__contact_room(hl_t *hl);               /* for one more; HL_ELIMIT */
int hl__talk_new(hl_t *hl, const char *number, const char *dialled, hl__talk **out);
int hl__talk_adopt(hl_t *hl, hl_id contact, hl__talk **out);           /* of a contact that lib/acd has made */
void hl__talk_free(hl_t *hl, hl__talk *t);
void hl__talk_over(hl_t *hl, hl__talk *t);   /* if nothing is left of it */
void hl__talk_stop_play(hl_t *hl, hl__talk *t);
void hl__talk_forget(hl_t *hl, hl__talk *t); /* one that nobody heard of yet */
int hl__talk_news(hl_t *hl, const hl__talk *t, hl__buf *out);          /* CONTACT_NEW: its data, HL_ENOMEM; */
void hl__talk_tell(hl_t *hl, const hl__talk *t, const char *news);     /* the event */
int hl__talk_start_flow(hl_t *hl, hl__talk *t);
void hl__flow_tell(hl_t *hl, hl_id contact, const hl__flow_in *in);

/* callback.c */
int hl__callback_promise(hl_t *hl, hl_id contact, const hl_promise *in);
int hl__callback_flow(hl_t *hl, hl__talk *t, const hl__flow_promise *p); /* a flow's wish */
bool hl__callback_answered(hl_t *hl, hl__talk *t, hl_id leg); /* true: it was the leg that was dialled; as _ended */
bool hl__callback_ended(hl_t *hl, hl__talk *t, hl_id leg);
void hl__callback_pressed(hl_t *hl, hl__talk *t, hl_id leg);
void hl__callback_played(hl_t *hl, hl__talk *t, hl_id play);
bool hl__callback_connect(hl_t *hl, hl__talk *t);  /* true: the customer is dialled now that the agent is there */
void hl__callback_alone(hl_t *hl, hl__talk *t);
void hl__callback_state(hl_t *hl, hl__talk *t, int state);
void hl__callback_done(hl_t *hl, hl__talk *t);
void hl__callback_json(hl_t *hl, hl_id contact, hl__buf *out); /* a member, with its comma; nothing */
void hl__callback_free(hl_t *hl, struct hl__callback *b);
bool hl__callback_ok(const hl_t *hl, const hl__talk *t);       /* tests: what it knows is there */

/* dial.c */
int hl__dial_out(hl_t *hl, const hl_dial *d, hl_id *out);

/* play.c */
int hl__play(hl_t *hl, const hl_play *play, hl_id *out);
int hl__play_stop(hl_t *hl, hl_id play);
void hl__play_ended(hl_t *hl, const hl__leg *leg, const hl__msg *r);
void hl__play_leg_gone(hl_t *hl, const hl__leg *leg); /* nobody will report for it any more */
void hl__quality_keep(hl_t *hl, const hl__msg *r);
void hl__plays_free(hl_t *hl);

/* session.c, ops.c */
hl__session *hl__session_of(const hl_t *hl, hl_id session);
hl__session *hl__page_of(const hl_t *hl, hl_id agent);
void hl__session_free(hl_t *hl, hl__session *s);
void hl__session_tell(hl_t *hl, const hl__session *s, const char *ev, const char *fmt, ...) HL__PRINTF(4, 5);
void hl__state_json(hl_t *hl, const hl__session *s, hl__buf *out);
bool hl__ringing_take(hl__talk *t, hl_id offer, hl_id leg, hl__ringing *out); /* by one of the two; the other: 0 */
void hl__offer_json(hl_t *hl, const hl_offer *offer, hl__buf *out); /* members, as offer.made has them */
void hl__caller_json(hl_t *hl, const hl__talk *t, hl_id queue, hl__buf *out);
int hl__web_call(hl_t *hl, hl__session *s, const char *to, const char *data, hl_id *contact, hl_id *leg);
void hl__metrics_json(hl_t *hl, hl__buf *out);
#endif
