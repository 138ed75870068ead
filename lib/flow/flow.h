/* flow.h - flows: checked graphs with versions, runs of callers through them, the digit collector, prompts.
 *
 * A run is known by its contact. What it wants done it asks by hl__flow_up; what happened it is told by hl__flow_input.
 * The functions of hl__flow_up may call hl__flow_input at once: inside a step the input waits until the step is over.
 * A run that has ended keeps its record (keys, results) until hl__flow_forget. */
#ifndef HL_FLOW_H
#define HL_FLOW_H
#include "base/core.h"
#include "base/section.h"
#include "calendar/calendar.h"
#include <hotline/flow.h>

enum { HL__PLAY_LOOP = 1, HL__PLAY_BARGE = 2 };

typedef struct hl__flow_queue { /* borrowed until the call returns */
    int ask;                   /* comes back with the result */
    const char *queue;
    int priority;              /* 1 .. 9, lower is sooner: a credit of (5 - p) x 30 s */
    const char *need;          /* the node's skills as JSON, NULL: none */
    const char *music;         /* clip name "music:<name>" is what the run plays itself; here for whoever else asks */
    int64_t max_wait_ms;       /* the run keeps this timer itself */
    int64_t every_ms;          /* of announcements, 0: none; the run keeps this timer too */
    bool says_place, says_wait;
} hl__flow_queue;
typedef struct hl__flow_ticket { /* borrowed until the call returns */
    int ask;
    const char *op;            /* "open" "find" "note" "urge" */
    const char *type, *fields, *by; /* ticket type; JSON objects; NULL: not given */
} hl__flow_ticket;

typedef struct hl__flow_promise { /* borrowed until the call returns */
    const char *number, *queue; /* NULL: the caller's own; where it waits now */
    hl_time from;              /* 0: when the place is reached */
} hl__flow_promise;

struct hl__flow_up { /* what the engine does for a run; none but promise may fail: what came of it is an input */
    void *ctx;
    /* clips: lines "lang TAB name TAB text LF" (HL__CLIPS); "music:<name>" has no text. Replaces what plays. */
    void (*play)(void *ctx, hl_id contact, int64_t play, const char *clips, int flags);
    void (*stop)(void *ctx, hl_id contact);
    /* A secret is being entered: keys are counted in events and logs, not told. */
    void (*listen)(void *ctx, hl_id contact, bool is_secret);
    void (*enqueue)(void *ctx, hl_id contact, const hl__flow_queue *q);
    void (*leave)(void *ctx, hl_id contact);
    /* A call-back: keeps the place it has, else waits in `queue`, open or not. 0, or HL_E*: it cannot be promised. */
    int (*promise)(void *ctx, hl_id contact, const hl__flow_promise *p);
    void (*ticket)(void *ctx, hl_id contact, const hl__flow_ticket *t);
    void (*hangup)(void *ctx, hl_id contact, int cause);
    void (*ended)(void *ctx, hl_id contact, int how);               /* HL_FLOW_END_*; not after hl__flow_forget */
    /* Place in the queue (1 is next) and expected wait: 1, or 0: nothing to say. NULL: ANNOUNCE inputs only. */
    int (*place)(void *ctx, hl_id contact, int *place, int64_t *p50_ms, int64_t *p80_ms);
    /* Is there an object of that name now? NULL: all are. For hl__flow_add, publish; documents bring their own. */
    bool (*known)(void *ctx, const char *section, const char *name);
};

enum { HL__FLOW_DIGIT = 1,     /* key: '0'-'9' '*' '#' 'A'-'D', at the start of its tone */
    HL__FLOW_PLAYED,           /* play: ended by itself (not by stop or another play) */
    HL__FLOW_ANSWER,           /* ask, status (200: ok; HTTP-like), json: to FLOW_ASK or ticket */
    HL__FLOW_CONNECTED,        /* an agent is on the line: the run is silent now */
    HL__FLOW_REQUEUED,         /* the agent was not there after all: music again */
    HL__FLOW_RESULT,           /* ask, how: HL__FLOW_ANSWERED ...: the queue is done with the contact */
    HL__FLOW_ANNOUNCE,         /* place, p50_ms, p80_ms */
    HL__FLOW_HANGUP };         /* the caller is gone; the run may do its last nodes before it ends */
enum { HL__FLOW_ANSWERED = 1,  /* the agent hung up, the caller is still there */
    HL__FLOW_OVERFLOW, HL__FLOW_TIMEOUT, HL__FLOW_NO_AGENTS, HL__FLOW_FAILED };
typedef struct hl__flow_in {
    int kind, key, ask, status, how, place;
    int64_t play, p50_ms, p80_ms;
    const char *json;
} hl__flow_in;
typedef struct hl__flow_call { const char *ani, *dnis, *lang; bool withheld; hl_id leg; } hl__flow_call;

typedef struct hl__flows hl__flows;
int hl__flows_new(hl__core *core, hl__calendars *cal, const struct hl__flow_up *up, hl__flows **out);
void hl__flows_free(hl__flows *fl);
uint32_t hl__flows_sections(hl__flows *fl, hl__section *out, uint32_t room); /* "prompts" "flows" "numbers"; how many */
hl_id hl__flow_find(const hl__flows *fl, const char *name);                  /* 0: none */
/* Which flow answers a number: its own entry, else "*". HL_ENOENT. alias is borrowed until the next load. */
int hl__flow_number(const hl__flows *fl, const char *dnis, hl_id *flow, const char **alias);
/* Lines "lang TAB name TAB text LF" of every clip a published flow may need, each once. */
int hl__flow_clips(hl__flows *fl, hl__buf *out);

/* Runs. args: JSON object for the flow's `in`, NULL: none. A contact has one run at a time. */
int hl__flow_start(hl__flows *fl, hl_id contact, hl_id flow, const char *alias, const char *args,
                   const hl__flow_call *call); /* HL_ENOENT; HL_EEXIST: it has a run; HL_EINVAL: args */
int hl__flow_input(hl__flows *fl, hl_id contact, const hl__flow_in *in); /* HL_ENOENT; HL_ECONFLICT: too late */
int hl__flow_stop(hl__flows *fl, hl_id contact);                         /* ends the run, ended(STOPPED) is called */
void hl__flow_forget(hl__flows *fl, hl_id contact);                      /* the contact is over: its record goes */
const char *hl__flow_keys(hl__flows *fl, hl_id contact);   /* keys pressed, entries divided by blanks, secrets masked */
const char *hl__flow_result(hl__flows *fl, hl_id contact); /* JSON of survey scores {"csat":5}; "{}": none */
const char *hl__flow_lang(hl__flows *fl, hl_id contact);   /* "zh-CN"; NULL: no run */
const char *hl__flow_name(hl__flows *fl, hl_id contact);   /* of the flow it came in by; NULL: no run */

/* What hotline/flow.h says, the same names with hl__. f takes findings, strings are borrowed until the next call. */
int hl__flow_add(hl__flows *fl, const char *json, size_t len, hl__findings *f, hl_id *out);
int hl__flow_publish(hl__flows *fl, hl_id version, const char *alias, hl__findings *f);
int hl__flow_alias_get(hl__flows *fl, hl_id flow, const char *alias, hl_id *out);
int hl__flow_version_next(hl__flows *fl, hl_id flow, hl_flow_version *row);
int hl__flow_version_drop(hl__flows *fl, hl_id version);
int hl__flow_export(hl__flows *fl, hl_id version, int form, hl__buf *out);
int hl__flow_run_get(hl__flows *fl, hl_id contact, hl_flow_run *out);
int hl__flow_run_next(hl__flows *fl, hl_id version, hl_flow_run *row);
int hl__flow_press(hl__flows *fl, hl_id contact, const char *keys);
int hl__flow_answer(hl__flows *fl, hl_id contact, int ask, int status, const char *json);
int hl__flow_value_get(hl__flows *fl, hl_id contact, const char *name, hl__buf *out);
int hl__flow_value_set(hl__flows *fl, hl_id contact, const char *name, const char *json);
int hl__flows_check(const hl__flows *fl, hl__err *err); /* tests: HL_ESTATE if an invariant does not hold */
#endif
