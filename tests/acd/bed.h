/* bed.h - lib/acd without an engine: a core whose clock the test turns, documents, and everything told, as lines. */
#ifndef TEST_ACD_BED_H
#define TEST_ACD_BED_H
#include "hl_test.h"
#include "acd/inner.h"

typedef struct bed {
    hl__core core;
    hl__err err;
    hl__acd *acd;
    hl__calendars *cal;
    hl__json *doc;               /* what is loaded now */
    int64_t serial;
    hl_seq seq;
    hl_time start;
    char *said;                  /* events and calls of up functions, a line each, since bed_said() */
    size_t len, room;
    bool is_quiet;               /* nothing is written down */
    bool accepts, connects;      /* offers are accepted in the up function; legs come up at once */
    hl_id ring, ring_agent, ring_contact; /* the last offer made */
    int made, ended, done, outcome;
    uint64_t events;
} bed;

void bed_open(bed *b);
int bed_try(bed *b);             /* HL_ENOMEM, or 0 */
void bed_close(bed *b);
int bed_load(bed *b, const char *json); /* errors found; 0: it is applied. Sections that are absent stay */
int bed_apply(bed *b, const char *json); /* HL_ENOMEM or 0; json is right */
const char *bed_findings(bed *b, const char *json); /* "520 /queues/q/pick: ..." lines, till the next call */
void bed_to(bed *b, int64_t ms); /* milliseconds since the start: timers fire on the way */
void bed_check(bed *b);          /* the invariants hold */
const char *bed_said(bed *b);    /* the lines since the last time */
void bed_says(bed *b, const char *want); /* exactly these lines */
void bed_hush(bed *b);           /* forget the lines */
hl_id bed_q(bed *b, const char *name);
hl_id bed_a(bed *b, const char *name);
hl_id bed_add(bed *b, const char *queue, const char *need); /* a contact with a leg; 0: refused, see err */
hl_id bed_urgent(bed *b, const char *queue, int priority);
void bed_go(bed *b, const char *agent, int state);
int bed_state(bed *b, hl_id contact); /* HL_CONTACT_*; 0: gone */
int bed_work(bed *b, const char *agent);
int bed_is(bed *b, const char *agent);   /* HL_AGENT_* */
hl_id bed_offer(bed *b, const char *agent); /* the open offer; 0: none */
hl_id bed_offered(bed *b, const char *agent); /* its contact */
int bed_place(bed *b, hl_id contact);
void bed_serve(bed *b, const char *agent, int64_t talk_ms); /* accept, connect, talk, hang up */
void bed_explains(bed *b, hl_id what, const char *agent, const char *want); /* is in hl__acd_explain(); agent NULL */
#endif
