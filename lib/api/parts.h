/* parts.h - the drivers that are built in. Each part makes its driver, gives it to the engine and registers its
 * sections. */
#ifndef HL_API_PARTS_H
#define HL_API_PARTS_H
#include "engine/engine.h"

typedef int hl__part(hl_t *hl, hl__err *err);
extern hl__part *const hl__parts[];       /* NULL at the end */
hl__part hl__media_part, hl__sip_part, hl__gateway_part; /* a file each: part_*.c */
hl__part hl__sim_part;                    /* what a simulation has in their place */
#endif
