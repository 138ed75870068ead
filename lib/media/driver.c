/* driver.c - sound, as the engine sees it: settings in, requests in, reports out. Calls come from the control thread.
 *
 * Threads and sockets begin with the first settings. Music, clips, effort and path follow each change; ports, addresses
 * and codecs only until the first leg or page is opened. */
#include "media/media.h"
#include "io/io.h"
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

struct driver {
    hl_t *hl;
    hl__mem *mem;
    hl__logger *log;
    const hl__paths *paths[HL__MEM + 1];
    hl__bank *bank;
    hl__thread *thread[HL__THREADS];
    int threads;
    bool is_used; /* something was opened on them */
    _Atomic int missing, is_voiced; /* clips without a voice; the engine is to be told */
    hl__tuning tuning;
};

static void on_ready(void *ctx, int thread)
{
    struct driver *d = ctx;
    if (thread < d->threads)
        hl__thread_ready(d->thread[thread]);
}

static void on_voiced(void *ctx, int missing)
{
    struct driver *d = ctx;
    atomic_store(&d->missing, missing);
    atomic_store(&d->is_voiced, 1);
    hl__wake(d->hl);
}

/* settings */

static void add_address(hl__buf *b, const hl__addr *a, const char **comma)
{
    char text[HL__ADDR_TEXT];
    hl__buf_fmt(b, "%s\"%s\"", *comma, hl__addr_text(a, text));
    *comma = ",";
}

/* Every address somebody may reach us at; those of this machine alone come last. */
static void own_addresses(const hl__tuning *t, hl__buf *b)
{
    struct ifaddrs *list = NULL;
    const char *comma = "";
    if (getifaddrs(&list) < 0)
        list = NULL;
    for (int wants_loop = 0; wants_loop < 2; wants_loop++) {
        for (struct ifaddrs *i = list; i; i = i->ifa_next) {
            hl__addr a = { 0 };
            bool is_loop = i->ifa_flags & IFF_LOOPBACK;
            if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) || is_loop != (bool)wants_loop)
                continue;
            hl__addr_in(i->ifa_addr, &a);
            a.port = 0;
            bool is_link = a.family == 6 && a.ip[0] == 0xfe && (a.ip[1] & 0xc0) == 0x80;
            if (a.family && !is_link && (a.family == 4 || t->ipv6))
                add_address(b, &a, &comma);
        }
    }
    freeifaddrs(list);
}

/* 0.0.0.0 and :: are every address of ours, but nobody's to send to. */
static bool is_any(const hl__addr *a)
{
    static const uint8_t zero[16];
    return memcmp(a->ip, zero, sizeof(zero)) == 0;
}

static int dtls_json(const hl__tuning *t, const char *cert, hl__buf *b)
{
    const char *comma = "";
    hl__addr bound;
    hl__buf_str(b, "{\"cert\":");
    hl__buf_json(b, cert);
    hl__buf_fmt(b, ",\"port\":%u,\"tcp\":false,\"maxplaybackrate\":8000,\"codecs\":[", t->rtc_port);
    for (size_t i = 0; i < sizeof(t->codec) && t->codec[i]; i++)
        hl__buf_fmt(b, "%s\"%s\"", i ? "," : "", hl__codec_name(t->codec[i]));
    hl__buf_str(b, "],\"addresses\":[");
    for (uint32_t i = 0; i < t->addresses; i++)
        add_address(b, &t->address[i], &comma);
    bool is_one = t->bind[0] && hl__addr_parse(t->bind, 0, &bound) == 0 && !is_any(&bound);
    if (!t->addresses && is_one)
        add_address(b, &bound, &comma);
    else if (!t->addresses)
        own_addresses(t, b);
    hl__buf_str(b, "]}");
    return b->failed ? HL_ENOMEM : 0;
}

static int begin_threads(struct driver *d, const hl__json *j)
{
    const char *cert = hl__json_text(hl__json_get(hl__json_get(j, "rtc"), "cert"));
    const hl__json *settings = hl__json_get(j, "settings");
    hl__err err = { 0 };
    hl__buf plain, dtls;
    hl__buf_init(&plain, d->mem);
    hl__buf_init(&dtls, d->mem);
    hl__thread_opt opt = { .hl = d->hl, .loop = hl__loop_of(hl__lws(d->hl)), .log = d->log };
    int r = settings ? hl__json_canonical(&plain, settings) : (hl__buf_str(&plain, "{}"), 0);
    if (r == 0 && cert && d->paths[HL__DTLS])
        r = dtls_json(&d->tuning, cert, &dtls);
    opt.board = (hl__board_opt){ .mem = d->mem, .bank = d->bank, .tuning = d->tuning, .paths = d->paths,
        .json = { [HL__RTP] = plain.data, [HL__MEM] = plain.data, [HL__DTLS] = dtls.len ? dtls.data : NULL },
        .seed = hl__seed_of(d->hl) };
    if (r == 0)
        r = hl__thread_new(&opt, &err, &d->thread[0]);
    if (r == 0)
        d->threads = 1;
    if (r < 0)
        hl__log(d->log, HL_LOG_ERROR, "media: %s", err.words[0] ? err.words : "the media thread could not begin");
    hl__buf_free(&plain);
    hl__buf_free(&dtls);
    return r;
}

static void end_threads(struct driver *d)
{
    for (int i = 0; i < d->threads; i++)
        hl__thread_free(d->thread[i]);
    d->threads = 0;
}

/* What threads were begun with, and cannot change while somebody talks. */
static bool is_same_ground(const hl__tuning *a, const hl__tuning *b)
{
    return a->rtc_port == b->rtc_port && a->rtp_from == b->rtp_from && a->rtp_to == b->rtp_to && a->dscp == b->dscp
        && a->ipv6 == b->ipv6 && !memcmp(a->codec, b->codec, sizeof(a->codec)) && !strcmp(a->bind, b->bind)
        && a->addresses == b->addresses && !memcmp(a->address, b->address, a->addresses * sizeof(a->address[0]));
}

static void tune(struct driver *d)
{
    for (int i = 0; i < d->threads; i++) {
        hl__msg q = { .kind = HL__Q_TUNE };
        q.blob = hl__alloc(d->mem, sizeof(*q.blob) + sizeof(d->tuning));
        if (!q.blob)
            return; /* the old tuning is a good one */
        q.blob->len = sizeof(d->tuning);
        memcpy(q.blob->data, &d->tuning, sizeof(d->tuning));
        if (hl__thread_post(d->thread[i], &q) < 0)
            hl__free(d->mem, q.blob);
    }
}

static int set(void *ctx, const char *json)
{
    struct driver *d = ctx;
    hl__err err = { 0 };
    hl__json *j = hl__json_read(json, strlen(json), &err);
    if (!j)
        return HL_EPARSE;
    hl__tuning before = d->tuning;
    hl__tuning_read(hl__json_get(j, "settings"), &d->tuning);
    int r = hl__bank_set(d->bank, hl__json_text(hl__json_get(j, "files")), d->tuning.music, hl__json_get(j, "clips"));
    bool is_moved = d->threads && !is_same_ground(&before, &d->tuning);
    if (is_moved && !d->is_used)
        end_threads(d);
    else if (is_moved)
        hl__log(d->log, HL_LOG_WARN, "media: new ports, addresses and codecs count from the next start on");
    if (r == 0 && !d->threads)
        r = begin_threads(d, j);
    else if (r == 0)
        tune(d);
    hl__json_free(j);
    return r;
}

static int start(void *ctx, const char *json)
{
    (void)json; /* what there is to know comes with set() */
    return hl__bank_start(((struct driver *)ctx)->bank);
}

static void stop(void *ctx)
{
    struct driver *d = ctx;
    for (int i = 0; i < d->threads; i++)
        hl__thread_stop(d->thread[i]);
}

static void end(void *ctx)
{
    struct driver *d = ctx;
    stop(d);
    hl__bank_stop(d->bank);
    end_threads(d);
    hl__bank_free(d->bank);
    hl__free(d->mem, d);
}

/* messages */

static int room(void *ctx, int thread)
{
    struct driver *d = ctx;
    return thread < d->threads ? hl__thread_room(d->thread[thread]) : 0;
}

static int post(void *ctx, hl__msg *q)
{
    struct driver *d = ctx;
    d->is_used = d->is_used || q->kind == HL__Q_OPEN;
    return d->threads ? hl__thread_post(d->thread[0], q) : HL_ELIMIT;
}

static int take(void *ctx, hl__msg *out)
{
    struct driver *d = ctx;
    for (int i = 0; i < d->threads; i++)
        if (hl__thread_take(d->thread[i], out) == 1)
            return 1;
    if (!atomic_exchange(&d->is_voiced, 0))
        return 0;
    *out = (hl__msg){ .kind = HL__R_VOICED, .arg = atomic_load(&d->missing) };
    return 1;
}

int hl__media_driver(hl_t *hl, const hl__paths *const *paths, hl__driver *out)
{
    static const hl__media_ops ops = { room, post, take };
    hl__mem *mem = hl__mem_of(hl);
    struct driver *d = hl__alloc(mem, sizeof(*d));
    if (!d)
        return HL_ENOMEM;
    d->hl = hl;
    d->mem = mem;
    d->log = hl__log_of(hl);
    memcpy(d->paths, paths, sizeof(d->paths));
    hl__bank_up up = { d, on_ready, on_voiced };
    int r = hl__bank_new(mem, d->log, &up, &d->bank);
    if (r < 0) {
        hl__free(mem, d);
        return r;
    }
    *out = (hl__driver){ .name = "media", .d = d, .media = &ops, .start = start, .set = set, .stop = stop, .end = end };
    return 0;
}
