/* checks.c - in builds for finding faults the whole is held against its own rules once a command has settled. */
#include "acd/inner.h"

enum { AT_ONCE = 32 }; /* objects looked at for each command: a larger house is looked at every so many commands */

void hl__acd_settled(hl__acd *acd)
{
    uint32_t objects = hl__tree_size(&acd->agents_by_id) + hl__tree_size(&acd->contacts_by_id) + acd->queue_n;

    acd->unchecked += AT_ONCE;
    if (acd->unchecked < objects)
        return;
    acd->unchecked = 0;
    if (hl__acd_check(acd) < 0)
        __builtin_trap(); /* what is broken stands in core->err */
}
