/* part_gateway.c - browsers' signalling: pages, sessions, HTTP. */
#include "api/parts.h"
#include "gateway/gateway.h"

int hl__gateway_part(hl_t *hl, hl__err *err)
{
    hl__section section = { 0 };
    hl__driver driver = { 0 };
    int r = hl__gateway_driver(hl, &driver);

    (void)err;
    if (r < 0 || (r = hl->gateway = hl->seats = hl__engine_driver(hl, &driver)) < 0)
        return r;
    hl__gateway_section(driver.d, &section);
    return hl__engine_section(hl, &section, hl->gateway);
}
