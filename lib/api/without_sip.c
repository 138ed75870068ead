/* without_sip.c - stands in for lib/sip where it was not built: there is no user agent to ask. */
#include "sip/sip.h"

const hl__sip_status *hl__sip_driver_status(void *d)
{
    (void)d;
    return NULL;
}

const hl__sip_trunk_row *hl__sip_status_trunk(const hl__sip_status *s, hl_id after)
{
    (void)s;
    (void)after;
    return NULL;
}

const hl__sip_phone_row *hl__sip_status_phone(const hl__sip_status *s, hl_id after)
{
    (void)s;
    (void)after;
    return NULL;
}

void hl__sip_status_figures(const hl__sip_status *s, hl__sip_figures *out)
{
    (void)s;
    *out = (hl__sip_figures){ 0 };
}

int hl__sip_q850_of(int status)
{
    (void)status;
    return HL_ENOTSUP;
}

int hl__sip_status_of(int q850)
{
    (void)q850;
    return HL_ENOTSUP;
}
