/* fuzz_offer.c - a page's offer: refused with a line, or answered by text that is itself well-formed. */
#include "webrtc/webrtc.h"
#include "sdp/sdp.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void *heap(void *ctx, void *old, size_t size)
{
    (void)ctx;
    if (size)
        return realloc(old, size);
    free(old);
    return NULL;
}

static void well_formed(const hl__buf *b, const hl__offer *o)
{
    hl__sdp *s = calloc(1, sizeof(*s));
    hl__err err;
    for (size_t i = 0; i < b->len; i++)
        if ((b->data[i] < ' ' && b->data[i] != '\r' && b->data[i] != '\n') || b->data[i] == 127)
            abort();
    if (!s || hl__sdp_parse(b->data, b->len, s, &err) < 0 || s->nmedia != 1 || s->setup != HL__SDP_PASSIVE || !s->mux ||
        !hl__view_is(s->mid, o->mid) || s->codec[0].pt != o->media.codec[0].pt)
        abort();
    free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static hl__mem mem = { .alloc = heap };
    static const hl__rtc rtc = { .codec = { HL__OPUS, HL__PCMA, HL__PCMU, HL__G722 }, .codecs = 4, .port = 42000,
        .tcp = true, .addresses = 1, .address = { { .ip = { 192, 0, 2, 7 }, .family = 4 } } };
    static const hl__ours ours = { "abcdefgh", "hotlinehotlinehotlinehot", "AB:CD", 4711, 1, 1 };
    hl__offer o;
    hl__err err = { 0 };
    if (hl__offer_read(&mem, (const char *)data, size, &o, &err) < 0 || hl__offer_match(&rtc, &o, &err) < 0) {
        if (strncmp(err.words, "line ", 5) != 0)
            abort();
        return 0;
    }
    hl__buf b;
    hl__buf_init(&b, &mem);
    hl__answer_write(&b, &rtc, &o, &ours);
    if (!b.failed)
        well_formed(&b, &o);
    hl__buf_free(&b);
    return 0;
}
