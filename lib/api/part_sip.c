/* part_sip.c - telephones and trunks. */
#include "api/parts.h"
#include "sip/sip.h"

int hl__sip_part(hl_t *hl, hl__err *err)
{
    hl__section section[4];
    hl__driver driver = { 0 };
    uint32_t n;
    int r = hl__sip_driver(hl, &driver);

    (void)err;
    if (r < 0 || (r = hl->sip = hl__engine_driver(hl, &driver)) < 0)
        return r;
    n = hl__sip_sections(section, HL__COUNT(section));
    for (uint32_t i = 0; i < n && r >= 0; i++)
        r = hl__engine_section(hl, &section[i], hl->sip);
    return r;
}
