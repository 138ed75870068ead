/* fuzz_sip.c - the user agent with its clock: an input is one datagram, or, where it begins with a small byte, steps.
 *
 * A step is an opcode and, for datagrams, two bytes of length and the text. In the text byte 1 stands for the branch, 2
 * for the Call-ID and 3 for the tag that the user agent sent last, so that answers can be found by chance. */
#include "sip/core.h"
#include <hotline/call.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char conf[] =
    "{\"listeners\":{\"u\":{\"bind\":\"10.0.0.1:5060\",\"accept\":\"both\"}},"
    "\"trunks\":{\"a\":{\"id\":6,\"acl\":[\"10.0.0.2\"],"
    "\"peers\":[\"sip:10.0.0.2:5060\"],\"user\":\"u\",\"password\":\"p\"},"
    "\"r\":{\"id\":22,\"auth\":\"register\",\"registrar\":\"sip:10.0.0.3\",\"user\":\"u\",\"password\":\"p\","
    "\"peers\":[\"sip:10.0.0.3\"]}},"
    "\"phones\":{\"1001\":{\"id\":14,\"ha1_md5\":\"3579928b1b2019664e1a86b05237015b\"}}}";

enum { FROM_PEER, FROM_REGISTRAR, FROM_STRANGER, WAIT, RING, ANSWER, HANGUP, CHANGE, CALL, KEYS, EARLY, REJECT, STEPS };
struct world {
    hl__sip *c;
    hl_time now;
    hl_id next, leg;
    int alive;
    char branch[64], call_id[64], tag[64];
};

static void *heap(void *ctx, void *old, size_t size)
{
    (void)ctx;
    if (size)
        return realloc(old, size);
    free(old);
    return NULL;
}

static hl_id leg_id(void *ctx)
{
    return ((struct world *)ctx)->next += 16;
}

/* Letter by letter: a fuzzer that listens in on memcmp() would make this the slowest part. */
static bool at_word(const char *text, size_t len, const char *word)
{
    for (; len && *word && *text == *word; text++, word++)
        len--;
    return !*word;
}

static void keep(char out[64], const char *text, size_t len, const char *before)
{
    for (size_t i = 0; i < len; i++) {
        size_t at = 0;
        if (!at_word(text + i, len - i, before))
            continue;
        for (i += strlen(before); i < len && at < 63 && text[i] != ';' && text[i] != '\r' && text[i] != ' '; i++)
            out[at++] = text[i];
        out[at] = 0;
        return;
    }
}

/* Whatever happens, a leg that was told begins with IN or a call of ours and ends once. */
static void collect(struct world *w)
{
    hl__sip_out out;
    hl__leg_ev ev;
    while (hl__sip_event(w->c, &ev)) {
        w->alive += ev.kind == HL__LEG_IN;
        w->alive -= ev.kind == HL__LEG_ENDED;
        if (w->alive < 0)
            abort();
        w->leg = ev.leg;
    }
    while (hl__sip_output(w->c, &out)) {
        keep(w->branch, out.data, out.len, "branch=z9hG4bK");
        keep(w->call_id, out.data, out.len, "Call-ID: ");
        keep(w->tag, out.data, out.len, "hotline.invalid>;tag=");
        keep(w->tag, out.data, out.len, ";tag=");
    }
}

static void datagram(struct world *w, uint8_t from, const uint8_t *data, size_t len)
{
    hl__buf b;
    hl__mem mem = { .alloc = heap };
    const char *texts[] = { w->branch, w->call_id, w->tag };
    hl__buf_init(&b, &mem);
    for (size_t i = 0; i < len; i++) {
        if (data[i] >= 1 && data[i] <= 3)
            hl__buf_str(&b, texts[data[i] - 1]);
        else
            hl__buf_char(&b, (char)data[i]);
    }
    hl__packet p = { .far = { .ip = { 10, 0, 0, from }, .port = 5060, .family = 4 }, .when = w->now };
    p.len = (uint32_t)b.len;
    p.data = (uint8_t *)b.data;
    if (!b.failed && b.len)
        hl__sip_input(w->c, w->now, 0, &p);
    hl__buf_free(&b);
}

static void media_of(hl__media *m, uint8_t arg)
{
    *m = (hl__media){ .size = sizeof(*m), .dir = arg & 3, .transport = HL__RTP, .n = 1 };
    m->codec[0].kind = (uint8_t)(HL__PCMU + (arg >> 2) % 3);
    m->rtp = (hl__addr){ .ip = { 10, 0, 0, 1 }, .port = (uint16_t)(40000 + arg), .family = 4 };
}

static void act(struct world *w, uint8_t op, uint8_t arg)
{
    hl__media m;
    hl__dial dial = { .leg = w->next + 16, .caller = "100", .caller_name = "x", .ring_s = 30 };
    media_of(&m, arg);
    switch (op) {
    case WAIT: hl__sip_tick(w->c, w->now += (hl_time)arg * arg * 1000); break;
    case RING: hl__sip_progress(w->c, w->now, w->leg, HL_LEG_RINGING, NULL); break;
    case EARLY: hl__sip_progress(w->c, w->now, w->leg, HL_LEG_EARLY, &m); break;
    case ANSWER: hl__sip_answer(w->c, w->now, w->leg, &m); break;
    case HANGUP: hl__sip_hangup(w->c, w->now, w->leg, arg); break;
    case REJECT: hl__sip_reject(w->c, w->now, w->leg, arg, 400 + arg); break;
    case CHANGE: hl__sip_renegotiate(w->c, w->now, w->leg, &m); break;
    case KEYS: hl__sip_dtmf(w->c, w->now, w->leg, "12#", 100); break;
    case CALL:
        w->next += 16;
        w->alive++;
        w->leg = w->next;
        dial.media = m;
        dial.number = arg & 1 ? "13800138000" : "sip:x@10.0.0.2";
        dial.phone = arg & 2 ? 14 : 0;
        hl__sip_originate(w->c, w->now, &dial, 0);
        break;
    default: break;
    }
}

static void steps(struct world *w, const uint8_t *data, size_t size)
{
    while (size >= 2) {
        uint8_t op = (uint8_t)(data[0] % STEPS);
        if (op > FROM_STRANGER) {
            act(w, op, data[1]);
            data += 2;
            size -= 2;
        } else if (size < 3) {
            return;
        } else {
            size_t len = (size_t)data[1] << 8 | data[2];
            len = len < size - 3 ? len : size - 3;
            datagram(w, op == FROM_PEER ? 2 : op == FROM_REGISTRAR ? 3 : 9, data + 3, len);
            data += 3 + len;
            size -= 3 + len;
        }
        w->now += 1000;
        collect(w);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hl__mem mem = { .alloc = heap };
    hl__err err = { 0 };
    struct world w = { .now = 1700000000 * (hl_time)HL__SECOND, .next = HL_KIND_LEG };
    hl__sip_options opt = { .mem = &mem, .seed = 1, .up = { &w, leg_id, NULL } };
    hl__json *doc = hl__json_read(conf, strlen(conf), &err);
    if (hl__sip_new(&opt, &w.c) < 0 || !doc || hl__sip_config(w.c, w.now, doc, &err) < 0)
        abort();
    hl__json_free(doc);
    collect(&w);
    if (size && data[0] < STEPS)
        steps(&w, data, size);
    else
        datagram(&w, 2, data, size);
    collect(&w);
    hl__sip_shutdown(w.c, w.now);
    collect(&w);
    if (w.alive)
        abort();
    for (int i = 0; i < 64 && hl__sip_due(w.c) != INT64_MAX; i++) {
        w.now = hl__sip_due(w.c) > w.now ? hl__sip_due(w.c) : w.now;
        hl__sip_tick(w.c, w.now);
        collect(&w);
    }
    hl__sip_free(w.c);
    if (mem.blocks)
        abort();
    return 0;
}
