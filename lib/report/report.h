/* report.h - the record of each call: a fold over events, written when the call has ended. */
#ifndef HL_REPORT_H
#define HL_REPORT_H
#include "base/core.h"
#include "base/json.h"

typedef struct hl__report hl__report;
typedef struct hl__report_up { /* filled by the engine */
    void *engine;
    const char *(*name)(void *engine, hl_id id);      /* of a queue, an agent, a flow; NULL: it has none */
    const char *(*lang)(void *engine, hl_id contact); /* the caller's language now; NULL: not known */
} hl__report_up;
typedef struct hl__contact { /* a finished call, or one that goes on: ended 0 */
    hl_id id, ticket;
    hl_time entered, queued, answered, ended;
    int64_t wait_ms, talk_ms;
    int32_t cause, outcome;
    const char *queue, *agent, *number, *dialled, *keys, *lang, *flow; /* keys: secret ones are * */
    const char *result; /* of a survey, {"csat":5}; else the node where the flow ended */
} hl__contact;
typedef int hl__report_scan(void *d, const hl__scan *q, const hl__visit *v);

int hl__report_new(hl__core *core, const hl__report_up *up, uint32_t keep, hl__report **out); /* ended ones kept */
void hl__report_free(hl__report *r);
int hl__report_load(hl__report *r, hl__report_scan *scan, void *d);                  /* at open: the newest ones */
int hl__report_restore(hl__report *r, int table, const hl__value *row, uint32_t n);
/* Events 20-29, 40-45, 60-63, 80. Never fails: a call for which there was no memory has no record (and is counted). */
void hl__report_event(hl__report *r, const hl_event *ev);
void hl__report_result(hl__report *r, hl_id contact, const char *scores);            /* {"csat":5} is the result then */
int hl__report_next(hl__report *r, hl__contact *row);                                /* newest first; id 0: first */
int hl__report_list(hl__report *r, const hl__json *args, hl__buf *reply);            /* op contact.list: after, limit */
uint64_t hl__report_lost(const hl__report *r);
#endif
