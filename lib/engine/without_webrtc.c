/* without_webrtc.c - stands in for lib/webrtc where it was not built: no browser can be heard. */
#include "engine/driver.h"

static int begin(hl__mem *mem, const char *json, int thread, hl__err *err, void **out)
{
    (void)mem; (void)json; (void)thread; (void)out;
    return hl__fail(err, HL_ENOTSUP, "browsers' sound is not built in: configure --with-webrtc");
}

const hl__paths hl__paths_dtls = { .begin = begin };

int hl__webrtc_cert(hl__buf *pem, hl_time now); /* as in lib/webrtc/webrtc.h, which is not there */
int hl__webrtc_cert(hl__buf *pem, hl_time now)
{
    (void)pem; (void)now;
    return HL_ENOTSUP;
}
