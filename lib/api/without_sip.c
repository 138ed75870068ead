/* without_sip.c - stands in for lib/sip where it was not built: there is no user agent to ask. */
#include "engine/driver.h"

/* As in lib/sip/sip.h, which is not there. */
typedef struct hl__sip_status hl__sip_status;
struct hl__sip_trunk_row;
struct hl__sip_phone_row;
struct hl__sip_figures;
const hl__sip_status *hl__sip_driver_status(void *d);
const struct hl__sip_trunk_row *hl__sip_status_trunk(const hl__sip_status *s, hl_id after);
const struct hl__sip_phone_row *hl__sip_status_phone(const hl__sip_status *s, hl_id after);
void hl__sip_status_figures(const hl__sip_status *s, struct hl__sip_figures *out);
int hl__sip_q850_of(int status);
int hl__sip_status_of(int q850);

const hl__sip_status *hl__sip_driver_status(void *d)
{
    (void)d;
    return NULL;
}

const struct hl__sip_trunk_row *hl__sip_status_trunk(const hl__sip_status *s, hl_id after)
{
    (void)s;
    (void)after;
    return NULL;
}

const struct hl__sip_phone_row *hl__sip_status_phone(const hl__sip_status *s, hl_id after)
{
    (void)s;
    (void)after;
    return NULL;
}

void hl__sip_status_figures(const hl__sip_status *s, struct hl__sip_figures *out)
{
    (void)s;
    (void)out; /* never asked: there is no driver */
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
