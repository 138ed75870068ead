/* line.h - calls without an engine: what the legs ask of the outside and tell is written down as words. */
#ifndef HL_TESTS_CALL_LINE_H
#define HL_TESTS_CALL_LINE_H
#include "hl_test.h"
#include "call/call.h"

typedef struct line {
    hl__core core;
    hl__err err;
    hl__calls *calls;
    int64_t serial;
    char log[8000];         /* "ring ", "state4 " ... since line_clear() */
    size_t len;
    hl_id in_mix[HL__LEGS_A_CALL]; /* of the last call that changed: who is in it, who hears whom */
    bool hears[HL__LEGS_A_CALL][HL__LEGS_A_CALL];
    uint32_t legs;
    int32_t cause, ended;   /* of the last leg that ended; how many did */
} line;

void line_open(line *l);
void line_close(line *l);
const char *line_log(line *l);       /* what was written since the last time */
void line_pass(line *l, int ms);     /* time passes, timers fire */
hl__leg *line_in(line *l, hl_id contact, uint32_t medium);  /* a leg that came in */
hl__leg *line_out(line *l, hl_id contact, int timeout_ms);  /* one that is dialled */
hl__leg *line_talking(line *l, hl_id contact, uint32_t role); /* one that was answered */
#define LINE_CONTACT(n) HL__ID(1000 + (n), HL_KIND_CONTACT)
#endif
