/* part_sim.c - what a simulation has in place of telephones, pages and sound: one driver, and the sections of the real
 * ones, so that the document of a real hotline can be loaded. */
#include "api/parts.h"
#include "config.h"
#include "media/media.h"
#ifdef HL__WITH_SIP
#include "sip/sip.h"
#else
static uint32_t hl__sip_sections(hl__section *out, uint32_t room)
{
    (void)out, (void)room; /* not built in: such a document is refused, as by a real engine */
    return 0;
}
#endif

static int sections(hl_t *hl)
{
    hl__section s[6] = { { 0 } };
    uint32_t n = 1 + hl__sip_sections(&s[1], (uint32_t)HL__COUNT(s) - 1);
    int r = 0;

    hl__media_section(&s[0]);
    for (uint32_t i = 0; i < n && r >= 0; i++) {
        s[i].apply = NULL; /* checked, kept and dumped; nobody acts on it */
        r = hl__engine_section(hl, &s[i], -1);
    }
    return r;
}

int hl__sim_part(hl_t *hl, hl__err *err)
{
    hl__driver driver = { 0 };
    int r = hl__gateway_part(hl, err); /* it opens no socket till it is started: grants and sessions of the API */

    if (r < 0 || (r = hl__sim_driver(hl, &driver)) < 0)
        return r;
    if ((r = hl__engine_driver(hl, &driver)) < 0) {
        driver.end(driver.d);
        return r;
    }
    hl->sip = hl->media = hl->seats = r;
    return sections(hl);
}
