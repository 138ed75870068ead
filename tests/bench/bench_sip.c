/* bench_sip.c - what a call costs: INVITE, 100, 200, ACK, BYE, 200 in the bare user agent, without a network. */
#include "sip/sip.h"
#include <hotline/call.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { CALLS = 100000, WAITING = 20000, RATE = 3000 };
static const char conf[] =
    "{\"listeners\":{\"u\":{\"bind\":\"10.0.0.1:5060\",\"accept\":\"both\"}},"
    "\"trunks\":{\"a\":{\"id\":6,\"acl\":[\"10.0.0.0/8\"],\"max_calls\":0}}}";
static const char sdp[] =
    "v=0\r\no=a 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0 101\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n";

struct bench {
    hl__mem mem;
    hl__sip *c;
    hl_time now;
    hl_id next, leg;
    char tag[32];
    uint64_t answered, ended, repeats;
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

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
    return ((struct bench *)ctx)->next += 16;
}

static void collect(struct bench *b)
{
    hl__leg_ev ev;
    hl__sip_out out;
    hl__media m = { .size = sizeof(m), .dir = HL__SENDRECV, .transport = HL__RTP, .n = 1 };
    m.codec[0] = (hl__codec){ .kind = HL__PCMA, .pt = 8, .ptime = 20, .channels = 1, .rate = 8000 };
    m.rtp = (hl__addr){ .ip = { 10, 0, 0, 1 }, .port = 20000, .family = 4 };
    while (hl__sip_event(b->c, &ev)) {
        if (ev.kind == HL__LEG_IN)
            hl__sip_answer(b->c, b->now, b->leg = ev.leg, &m);
        b->answered += ev.kind == HL__LEG_ANSWERED;
        b->ended += ev.kind == HL__LEG_ENDED;
    }
    while (hl__sip_output(b->c, &out)) {
        const char *to = memmem(out.data, out.len, "\r\nTo: ", 6), *tag = to ? strstr(to, ";tag=") : NULL;
        if (tag)
            snprintf(b->tag, sizeof(b->tag), "%.16s", tag + 5);
    }
}

static void put(struct bench *b, const char *text)
{
    hl__packet p = { .far = { .ip = { 10, 0, 0, 2 }, .port = 5060, .family = 4 }, .when = b->now };
    p.len = (uint32_t)strlen(text);
    p.data = (uint8_t *)text;
    hl__sip_input(b->c, b->now, 0, &p);
    collect(b);
}

static void request(struct bench *b, const char *method, int call, int cseq, const char *tag)
{
    char text[2048];
    const char *body = strcmp(method, "INVITE") == 0 ? sdp : "";
    snprintf(text, sizeof(text),
             "%s sip:96332@10.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-%s-%d;rport\r\n"
             "Max-Forwards: 70\r\nFrom: \"Caller\" <sip:13800138000@10.0.0.2>;tag=f%d\r\n"
             "To: <sip:96332@10.0.0.1>%s%s\r\nCall-ID: call-%d@10.0.0.2\r\nCSeq: %d %s\r\n"
             "Contact: <sip:13800138000@10.0.0.2:5060>\r\nUser-Agent: bench\r\n%sContent-Length: %zu\r\n\r\n%s",
             method, method, call, call, *tag ? ";tag=" : "", tag, call, cseq, method,
             *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    put(b, text);
}

static void call(struct bench *b, int i)
{
    char tag[32];
    request(b, "INVITE", i, 1, "");
    memcpy(tag, b->tag, sizeof(tag));
    request(b, "ACK", i, 1, tag);
    request(b, "BYE", i, 2, tag);
}

/* The price of making the datagrams is measured apart and taken off. */
static double price_of_texts(int calls)
{
    struct bench none = { .now = 0 };
    hl__sip_options opt = { .mem = &none.mem, .seed = 1, .up = { &none, leg_id, NULL } };
    none.mem.alloc = heap;
    if (hl__sip_new(&opt, &none.c) < 0)
        return 0;
    double from = seconds();
    for (int i = 0; i < calls; i++) {
        request(&none, "INVITE", i, 1, "");
        request(&none, "ACK", i, 1, "0123456789abcdef");
        request(&none, "BYE", i, 2, "0123456789abcdef");
    }
    double took = seconds() - from;
    hl__sip_free(none.c);
    return took;
}

static void begin(struct bench *b)
{
    hl__err err = { 0 };
    hl__sip_options opt = { .mem = &b->mem, .seed = 1, .up = { b, leg_id, NULL } };
    *b = (struct bench){ .mem = { .alloc = heap }, .now = 1700000000 * (hl_time)HL__SECOND, .next = HL_KIND_LEG };
    hl__json *doc = hl__json_read(conf, strlen(conf), &err);
    if (!doc || hl__sip_new(&opt, &b->c) < 0 || hl__sip_config(b->c, b->now, doc, &err) < 0)
        abort();
    hl__json_free(doc);
}

int main(void)
{
    struct bench b;
    hl__sip_figures f;
    begin(&b);
    double texts = price_of_texts(CALLS), from = seconds();
    for (int i = 0; i < CALLS; i++) {
        b.now += HL__SECOND / RATE;
        hl__sip_tick(b.c, b.now);
        call(&b, i);
    }
    double took = seconds() - from - texts;
    hl__sip_figures_get(b.c, &f);
    printf("sip: %.1f us of CPU a call INVITE-200-ACK-BYE, bare, %d calls at %d/s; %llu ended, %lld repeats\n",
           took / CALLS * 1e6, CALLS, RATE, (unsigned long long)b.ended, (long long)(f.again_in + f.again_out));
    printf("sip: %.2f kB a finished call (%u transactions kept for 32 s)\n",
           (double)b.mem.used / 1e3 / (double)(f.txns ? f.txns / 2 : 1), f.txns);
    hl__sip_free(b.c);
    begin(&b);
    int64_t before = b.mem.used;
    for (int i = 0; i < WAITING; i++) {
        request(&b, "INVITE", i, 1, "");
        request(&b, "ACK", i, 1, b.tag);
    }
    printf("sip: %.2f kB a live call just answered (%d calls)\n",
        (double)(b.mem.used - before) / 1e3 / WAITING, WAITING);
    hl__sip_free(b.c);
    return b.ended > CALLS ? 1 : 0;
}
