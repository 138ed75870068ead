/* clock.c - one time line made of two clocks: steady like the one since boot, right like the one on the wall. */
#include "io/io.h"

#define SLEW 2000 /* at most 1 us in so many is added or left out while the two are close */

void hl__clock_init(hl__clock *c, hl_time boot, hl_time wall, hl_time pretend)
{
    *c = (hl__clock){ .now = pretend ? pretend : wall, .boot = boot, .offset = pretend ? pretend - wall : 0 };
}

/* Microseconds by which this reading may be bent; what is below one is kept for the next reading. */
static int64_t bend(hl__clock *c, int64_t elapsed)
{
    c->spare += elapsed;
    int64_t most = c->spare / SLEW;
    c->spare %= SLEW;
    return most;
}

hl_time hl__clock_read(hl__clock *c, hl_time boot, hl_time wall)
{
    int64_t elapsed = boot > c->boot ? boot - c->boot : 0;
    if (boot > c->boot) c->boot = boot;
    hl_time steady = c->now + elapsed;
    int64_t behind = wall + c->offset - steady;
    int64_t most = bend(c, elapsed);
    if (behind > HL__SECOND) {
        c->stepped += behind;
        c->now = steady + behind;
    } else if (behind >= 0) {
        c->now = steady + (behind < most ? behind : most);
    } else if (behind >= -HL__SECOND) {
        c->now = steady - (-behind < most ? -behind : most);
    } else {
        c->now = steady - elapsed / 2;
    }
    return c->now;
}
