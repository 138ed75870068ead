/* fuzz_dtls.c - datagrams of every kind at a path whose address is listed: two bytes of length, then as many bytes. */
#include "webrtc/webrtc.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static const char offer[] =
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 8\r\n"
    "c=IN IP4 0.0.0.0\r\na=ice-ufrag:wxyz\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 "
    "8C:AA:3B:28:70:FB:7A:D9:80:EC:95:F8:CF:3B:0B:22:13:07:F5:AC:8C:0E:01:B0:CC:2D:41:AB:27:3F:32:2D\r\n"
    "a=setup:actpass\r\na=mid:0\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n";

static void *heap(void *ctx, void *old, size_t size)
{
    (void)ctx;
    if (size)
        return realloc(old, size);
    free(old);
    return NULL;
}

static void *begin(hl__mem *mem)
{
    hl__buf pem, json;
    void *st = NULL;
    hl__buf_init(&pem, mem);
    hl__buf_init(&json, mem);
    (void)hl__webrtc_cert(&pem, INT64_C(1790000000) * HL__SECOND);
    hl__buf_str(&json, "{\"cert\":");
    hl__buf_json(&json, pem.data);
    hl__buf_str(&json, ",\"port\":42000,\"addresses\":[\"192.0.2.7\"],\"seed\":1}");
    if (json.failed || hl__paths_dtls.begin(mem, json.data, 0, NULL, &st) < 0)
        abort();
    hl__buf_free(&pem);
    hl__buf_free(&json);
    return st;
}

static void drain(void *st, hl_time now, hl__mem *mem)
{
    uint8_t data[2048];
    hl__packet o = { .room = sizeof(data), .data = data };
    hl__msg m;
    hl__path *path;
    while (hl__paths_dtls.output(st, now, &o) == 1)
        if (o.len == 0 || o.len > 1500)
            abort();
    while (hl__paths_dtls.report(st, &m, &path) == 1)
        hl__free(mem, m.blob);
}

static int feed(void *st, hl_time now, const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    hl__packet io = { .far = { .ip = { 198, 51, 100, 1 }, .port = 5, .family = 4 }, .len = (uint32_t)len,
        .room = (uint32_t)len, .data = copy };
    hl__path *path;
    if (!copy)
        return 0;
    memcpy(copy, data, len);
    int r = hl__paths_dtls.input(st, now, &io, &path);
    free(copy);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static hl__mem mem = { .alloc = heap };
    static void *st;
    static hl_time now = INT64_C(1790000000) * HL__SECOND;
    if (!st)
        st = begin(&mem);
    static hl__blob *blob;
    if (!blob && (blob = calloc(1, sizeof(*blob) + sizeof(offer)))) {
        blob->len = sizeof(offer) - 1;
        blob->kind = HL__SDP;
        memcpy(blob->data, offer, sizeof(offer) - 1);
    }
    hl__msg q = { .kind = HL__Q_OPEN, .session = 14, .blob = blob };
    hl__path *path;
    now += 5000;
    if (hl__paths_dtls.open(st, now, &q, &path) < 0)
        return 0;
    drain(st, now, &mem);
    hl__peer *p = (hl__peer *)path;
    hl__stun_request ask = { .theirs = p->pair[0].ours, .ours = "wxyz", .password = p->pair[0].pwd };
    uint8_t check[HL__STUN_MAX];
    size_t n = hl__stun_ask(p->port->hmac, &ask, check);
    if (feed(st, now, check, n) != 0)
        abort();
    while (size >= 2) {
        n = (size_t)(data[0] << 8 | data[1]);
        data += 2;
        size -= 2;
        if (n > size)
            n = size;
        if (feed(st, now, data, n) == 1) /* nobody here knows a key */
            abort();
        data += n;
        size -= n;
        now += 1000;
        drain(st, now, &mem);
    }
    if (p->state != HL__PEER_CHECKING && p->state != HL__PEER_SHAKING && p->state != HL__PEER_FAILED)
        abort();
    hl__paths_dtls.close(path);
    return 0;
}
