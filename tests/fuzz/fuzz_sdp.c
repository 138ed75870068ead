/* fuzz_sdp.c - a session description: read, answered, and the answer read again. */
#include "sdp/sdp.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *heap(void *ctx, void *old, size_t size)
{
    (void)ctx;
    if (size)
        return realloc(old, size);
    free(old);
    return NULL;
}

static void answer(const hl__sdp *s)
{
    hl__mem mem = { .alloc = heap };
    hl__sdp *again = malloc(sizeof(*again));
    hl__sdp_offer d = { .session = 1, .version = 1, .port = 4000, .dir = HL__SDP_SENDRECV, .ncodecs = 1, .theirs = s };
    hl__buf b;
    hl__err err = { 0 };
    d.codec[0].name = "PCMA";
    d.codec[0].rate = 8000;
    d.codec[0].pt = 8;
    hl__buf_init(&b, &mem);
    hl__sdp_write(&b, &d);
    /* what was read and is refused line by line can be read again, unless it outgrew the limit */
    if (again && !b.failed && b.len <= HL__SDP_BYTES && hl__sdp_parse(b.data, b.len, again, &err) == 0 &&
        again->nmedia != s->nmedia)
        abort();
    hl__buf_free(&b);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hl__err err = { 0 };
    hl__view value;
    hl__sdp *s = malloc(sizeof(*s));
    if (!s)
        return 0;
    if (hl__sdp_parse((const char *)data, size, s, &err) == 0) {
        for (uint32_t i = 0; i < s->ncodecs; i++) {
            (void)hl__sdp_param(s->codec[i].fmtp, "useinbandfec", &value); /* only that it stays within the text */
            (void)hl__sdp_codec_of(s, "opus", 48000, 2);
        }
        answer(s);
    } else if (!err.words[0]) {
        abort();
    }
    free(s);
    return 0;
}
