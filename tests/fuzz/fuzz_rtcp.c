/* fuzz_rtcp.c - reports from anybody: read in bounds; what was read can be written and reads the same. */
#include "media/media.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hl__rtcp r, again;
    hl__rtp p;
    hl__event_in e;
    uint8_t out[200], copy[2048];
    if (size > sizeof(copy))
        return 0;
    memcpy(copy, data, size);
    if (hl__rtp_read(copy, size, &p) == 0) {
        if (p.body < copy || p.body + p.len > copy + size)
            abort();
        (void)hl__event_read(&p, &e);
    }
    if (hl__rtcp_read(data, size, 1, &r) < 0)
        return 0;
    r.block.ssrc = 1;
    size_t len = hl__rtcp_write(&r, out, sizeof(out));
    if (!len || hl__rtcp_read(out, len, 1, &again) < 0)
        abort();
    if (again.ssrc != r.ssrc || again.sr != r.sr || (r.blocks && memcmp(&again.block, &r.block, sizeof(r.block)) != 0))
        abort();
    return 0;
}
