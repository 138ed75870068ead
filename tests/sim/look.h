/* look.h - what lib/acd knows of a contact, for files that see the engine: the two headers have names in common. */
#ifndef TEST_SIM_LOOK_H
#define TEST_SIM_LOOK_H
#include "acd/acd.h"

typedef struct look { /* predicted_ms: without the bias; below 0: none */
    hl_time queued;
    double predicted_ms, bias;
} look;
look look_at(hl__acd *acd, hl_id contact);
#endif
