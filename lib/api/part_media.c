/* part_media.c - sound: media threads, with a telephone's paths and a browser's. */
#include "api/parts.h"
#include "media/media.h"
#include "webrtc/webrtc.h"

/* {"cert": PEM}: one certificate an engine, fresh at each start. */
static int make_cert(hl_t *hl, hl__err *err)
{
    hl__buf pem, json;
    int r;

    hl__buf_init(&pem, &hl->mem);
    hl__buf_init(&json, &hl->mem);
    if ((r = hl__webrtc_cert(&pem, hl->core.now)) < 0) {
        hl__buf_free(&pem);
        return hl__fail(err, r, "no certificate could be made for browsers' sound");
    }
    hl__buf_str(&json, "{\"cert\":");
    hl__buf_json(&json, pem.data);
    hl__buf_char(&json, '}');
    hl__buf_free(&pem);
    if (json.failed) {
        hl__buf_free(&json);
        return HL_ENOMEM;
    }
    hl->rtc = json.data;
    return 0;
}

int hl__media_part(hl_t *hl, hl__err *err)
{
    static const hl__paths *const paths[] = {
        [HL__RTP] = &hl__paths_rtp, [HL__DTLS] = &hl__paths_dtls, [HL__MEM] = NULL
    };
    hl__section section = { 0 };
    hl__driver driver = { 0 };
    int r;

    if ((r = make_cert(hl, err)) < 0 || (r = hl__media_driver(hl, paths, &driver)) < 0)
        return r;
    if ((r = hl->media = hl__engine_driver(hl, &driver)) < 0)
        return r;
    hl__media_section(&section);
    return hl__engine_section(hl, &section, hl->media);
}
