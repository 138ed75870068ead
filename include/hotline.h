/* hotline.h - run a telephone hotline inside any application.
 *
 * Threads   Any thread may call; a call holds the engine's lock for microseconds. Engines share nothing.
 *           hl_wake() and hl_stop() also from signal handlers. The library never runs your code.
 * Memory    What you pass is copied. What you are handed lives until your thread's next call on that engine.
 * Errors    0 or a count, else a negative HL_E*; hl_error() has the words; outputs keep their value.
 * Rows      hl_x_next() gives the row after row->id (0: the first): 1 filled, 0 no more.
 * Values    Text is UTF-8. Ids are below 2^53, 0 is none. Times are microseconds since 1970, UTC. */
#ifndef HOTLINE_H
#define HOTLINE_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
#ifndef HL_API
#define HL_API __attribute__((visibility("default")))
#define HL_DEPRECATED(since_and_instead) __attribute__((deprecated(since_and_instead)))
#endif
#define HL_VERSION_NUM 0x000100 /* 0.1.0: a byte each */

typedef struct hl hl_t; /* an engine */
typedef int64_t hl_id;  /* serial << 4 | kind */
typedef int64_t hl_time;
typedef int64_t hl_seq; /* number of an event: 1, 2, 3 ... */

#define HL_ERRORS(X) /* name, number, words */ \
    X(EINVAL, -1, "bad argument") X(ENOMEM, -2, "out of memory") \
    X(ENOENT, -3, "no such object") X(ESTATE, -4, "not possible in this state") \
    X(ELIMIT, -5, "limit reached") X(ESTORE, -6, "storage failed") \
    X(EVERSION, -7, "caller newer than library") X(EEXIST, -8, "name already taken") \
    X(ECONFLICT, -9, "changed meanwhile") X(EDENIED, -10, "not allowed") \
    X(ENOTSUP, -11, "not built in") X(EPARSE, -12, "document refused") \
    X(EIO, -13, "network or file failed") X(EFENCED, -14, "another node owns this")
#define HL_KINDS(X) /* name, number; 15 is kept: the serial's low byte would tell */ \
    X(QUEUE, 1) X(AGENT, 2) X(SKILL, 3) X(CALENDAR, 4) X(FLOW, 5) X(TRUNK, 6) X(CAMPAIGN, 7) X(UNIT, 8) \
    X(CONTACT, 9) X(LEG, 10) X(OFFER, 11) X(TICKET, 12) X(PARTY, 13) X(PART, 14) /* a row in a larger thing */
#define HL_EVENTS(X) /* name, number, fields set besides type, seq and time */ \
    X(READY, 1, "code detail") X(GAP, 2, "code") X(LOADED, 3, "code") X(CLOCK, 4, "code") \
    X(DRIVER, 5, "code text") X(FAULT, 6, "ref code text") X(STOPPED, 7, "code") \
    X(CONTACT_NEW, 20, "contact leg ref text data") X(CONTACT_QUEUED, 21, "contact queue code detail") \
    X(CONTACT_STEP, 22, "contact queue code text") X(CONTACT_ESTIMATE, 23, "contact queue code detail") \
    X(CONTACT_CONNECTED, 24, "contact leg queue agent code") \
    X(CONTACT_ENDED, 25, "contact queue agent code detail data") \
    X(OFFER_MADE, 26, "contact leg queue agent ref code text") X(OFFER_ENDED, 27, "contact queue agent ref code") \
    X(AGENT_STATE, 28, "agent code detail text") X(QUEUE_ALARM, 29, "queue code detail text") \
    X(CONTACT_LOST, 30, "contact queue code") \
    X(LEG_NEW, 40, "contact leg ref text data") X(LEG_STATE, 41, "contact leg code") \
    X(LEG_DIGIT, 42, "contact leg code text") X(LEG_QUALITY, 43, "contact leg code data") \
    X(LEG_ENDED, 44, "contact leg code detail text") X(TRANSFER, 45, "contact leg queue agent ref code") \
    X(RECORDING, 46, "contact leg ref code text") X(PLAY_ENDED, 47, "contact leg ref code detail") \
    X(CALL_STATE, 49, "contact code") X(FLOW_STARTED, 60, "contact leg ref text") \
    X(FLOW_NODE, 61, "contact ref code text") X(FLOW_ASK, 62, "contact leg ref code text data") \
    X(FLOW_ENDED, 63, "contact ref code text data") X(TICKET_NEW, 80, "ticket contact agent ref text") \
    X(TICKET_MOVED, 81, "ticket agent ref code text data") X(TICKET_DUE, 82, "ticket agent ref code text") \
    X(TICKET_ASSIGNED, 83, "ticket agent ref code data") X(TICKET_NOTE, 84, "ticket agent ref text") \
    X(MESSAGE, 85, "ticket contact ref code text data") X(CALLBACK, 110, "contact queue ref code text") \
    X(LEAD_DONE, 111, "contact agent ref code data") X(CAMPAIGN_STATE, 112, "ref code detail text") \
    X(SESSION, 130, "agent ref code text") X(TRUNK_STATE, 131, "ref code text")
#define X(name, number, words) HL_##name = number,
enum { HL_OK = 0, HL_ERRORS(X) };
#undef X
#define X(name, number) HL_KIND_##name = number,
enum { HL_KIND_NONE = 0, HL_KINDS(X) };
#undef X
#define X(name, number, fields) HL_EV_##name = number,
enum { HL_EV_NONE = 0, HL_EVENTS(X) };
#undef X
enum { HL_LOG_ERROR = 1, HL_LOG_WARN, HL_LOG_INFO, HL_LOG_DEBUG };

typedef struct hl_options {    /* 0 and NULL mean the default in brackets */
    uint32_t size, log_level;  /* most detailed level written [HL_LOG_INFO] */
    int64_t seed;              /* of every random choice [hl_open: the kernel's; hl_open_sim: 1] */
    hl_seq after;              /* hl_next() starts behind this event [the last one stored]; -1: at the first */
    int64_t max_memory;        /* bytes for what the engine itself keeps [no limit] */
    const char *store;         /* SQLite file or postgresql:// address [nothing outlives hl_close()] */
    const char *files;         /* folder of prompts, recordings, attachments [none] */
    const char *node;          /* this machine's name among several ["single"] */
    const char *zoneinfo;      /* time zone files ["/usr/share/zoneinfo"] */
    void *(*alloc)(void *ctx, void *old, size_t size); /* hl_open_sim() only; size 0 frees [realloc, free] */
    void *ctx;                 /* for alloc */
    uint32_t log_fd;           /* log lines are written here [nowhere] */
    uint32_t media_threads;    /* [one per core, at most 4] */
    uint32_t max_agents, max_contacts, max_legs, max_events; /* [100000, 1000000, 20000, 16384 unread] */
    hl_time pretend;           /* hl_open() only: the day starts here, to try night menus by day [now] */
} hl_options;
#define HL_OPTIONS_INIT { sizeof(hl_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_event {      /* one flat shape for every event; unused fields are 0 or NULL */
    uint32_t size, type;       /* HL_EV_* */
    hl_seq seq;                /* the order; time may step back with the wall clock */
    hl_time time;
    hl_id contact, leg, queue, agent, ticket;
    hl_id ref;                 /* the other object: offer, flow, trunk, campaign, part */
    int32_t code, detail;
    const char *text;          /* a word, a number, a reason */
    const char *data;          /* the rest, a JSON object */
} hl_event;
#define HL_EVENT_INIT { sizeof(hl_event), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_object {     /* anything that has a name */
    uint32_t size; int32_t kind; hl_id id;
    hl_seq changed;            /* the event that last changed it */
    const char *name, *title;  /* the key, and what people read */
} hl_object;
#define HL_OBJECT_INIT { sizeof(hl_object), 0, 0, 0, 0, 0 }

typedef struct hl_finding {    /* what hl_load() or hl_check() found in a document */
    uint32_t size; int32_t level; hl_id id; /* level 1: error, 2: warning; id 1, 2, 3 ... */
    int32_t code, line, column, length;     /* code: stable, explained in hotline-findings(7) */
    const char *pointer, *text;             /* JSON pointer; words */
} hl_finding;
#define HL_FINDING_INIT { sizeof(hl_finding), 0, 0, 0, 0, 0, 0, 0, 0 }

/* Life. hl_close() takes NULL, waits for calls still inside, stops the engine's threads. */
HL_API int hl_open(const hl_options *opt, hl_t **out);
HL_API int hl_open_sim(const hl_options *opt, hl_time start, hl_t **out); /* no threads, clock or network */
HL_API void hl_close(hl_t *hl);
HL_API int hl_run(hl_t *hl);                 /* wait for hl_stop(), passing over the events */
HL_API int hl_stop(hl_t *hl, int drain_ms);  /* take nothing new; STOPPED when idle or time is over */
HL_API int hl_flush(hl_t *hl, int timeout_ms); /* wait until everything accepted so far is on disk */
HL_API int hl_version(void);
HL_API const char *hl_features(void);        /* what is built in: "sqlite postgres sip webrtc" */

/* Errors. Words for your thread's last call on hl, "" if it succeeded; NULL: on none, such as hl_open(). */
HL_API const char *hl_error(const hl_t *hl);
HL_API const char *hl_strerror(int err);

/* Time. */
HL_API hl_time hl_now(hl_t *hl);             /* 0 without an engine */
HL_API int hl_advance(hl_t *hl, hl_time to); /* simulation: run what falls due; unread events */

/* Events. */
HL_API int hl_fd(hl_t *hl);                        /* readable as long as events wait; watch it, no more */
HL_API int hl_poll(hl_t *hl, int timeout_ms);      /* wait for events, -1: for ever; unread events */
HL_API int hl_next(hl_t *hl, hl_event *row);       /* take the oldest unread one: 1, or 0 */
HL_API int hl_event_next(hl_t *hl, hl_event *row); /* the one after row->seq, from memory or store */
HL_API int hl_wake(hl_t *hl);                      /* one waiting hl_poll(), or the next, returns now */

/* Configuration: one JSON document, applied as a whole or not at all, as often as you like. */
HL_API int hl_load(hl_t *hl, const char *json, size_t len);  /* objects changed */
HL_API int hl_check(hl_t *hl, const char *json, size_t len); /* errors found, nothing changed */
HL_API int hl_finding_next(hl_t *hl, hl_finding *row);       /* of your thread's last load or check */
HL_API int hl_dump(hl_t *hl, const char *section, const char **out); /* canonical JSON; NULL: everything */

/* Objects. */
HL_API int hl_kind(hl_id id);
HL_API int hl_find(hl_t *hl, int kind, const char *name, hl_id *out);
HL_API int hl_object_next(hl_t *hl, int kind, hl_object *row);
#ifdef __cplusplus
}
#endif
#endif
