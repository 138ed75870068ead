/* parts.c - the drivers that are built in, in the order in which they start. */
#include "api/parts.h"
#include "config.h"

hl__part *const hl__parts[] = {
    hl__media_part,
#ifdef HL__WITH_SIP
    hl__sip_part,
#endif
    hl__gateway_part,
    NULL,
};
