/* fuzz_rtp.c - a board with three telephones, fed with whatever comes: no packet may break it, stop it or grow it.
 *
 * Input is a list of records: what and to whom, milliseconds, length, bytes. */
#include "media/media.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint16_t next_port;
static void on_send(void *ctx, const hl__packet *p)
{
    hl__rtp r;
    hl__rtcp c;
    (void)ctx;
    if (hl__is_rtcp(p->data, p->len) ? hl__rtcp_read(p->data, p->len, 0, &c) < 0
                                     : hl__rtp_read(p->data, p->len, &r) < 0)
        abort(); /* what we send is well-formed */
}
static void on_report(void *ctx, hl__msg *m) { hl__free(ctx, m->blob); }
static int on_bind(void *ctx, hl_id leg, uint16_t *port)
{
    (void)ctx;
    (void)leg;
    *port = next_port;
    next_port = (uint16_t)(next_port + 2);
    return 0;
}
static void on_release(void *ctx, uint16_t port) { (void)ctx; (void)port; }
static void on_settle(void *ctx, const hl__addr *far, hl__addr *ours) { (void)ctx; (void)far; ours->family = 4; }
static void on_ready(void *ctx, int thread) { (void)ctx; (void)thread; }
static void no_line(void *ctx, int level, const char *text) { (void)ctx; (void)level; (void)text; }

static void request(hl__board *b, hl__mem *mem, hl_time now, hl__msg q, int kind, const void *data, size_t len)
{
    q.blob = hl__alloc(mem, sizeof(*q.blob) + len);
    if (!q.blob)
        abort();
    q.blob->kind = (uint32_t)kind;
    q.blob->len = (uint32_t)len;
    memcpy(q.blob->data, data, len);
    hl__board_request(b, now, &q);
}

static void open_legs(hl__board *b, hl__mem *mem, hl_time now)
{
    static const hl__codec codecs[3] = { { HL__OPUS, 111, 20, 2, 48000, 0 }, { HL__PCMA, 8, 20, 1, 8000, 0 },
        { HL__PCMU, 0, 20, 1, 8000, 0 } };
    for (int i = 0; i < 3; i++) {
        hl__media m = { .size = sizeof(m), .dir = HL__SENDRECV, .transport = HL__MEM, .n = 1,
            .dtmf_pt = i == 2 ? 0 : 101 };
        m.codec[0] = codecs[i];
        m.rtp = (hl__addr){ .ip = { 127, 0, 0, 1 }, .family = 4, .port = 9 };
        request(b, mem, now, (hl__msg){ .kind = HL__Q_OPEN, .leg = i + 1, .code = HL__MEM }, HL__MEDIA, &m, sizeof(m));
    }
}

/* Who hears whom: two by two, or all three. */
static void connect(hl__board *b, hl__mem *mem, hl_time now, uint8_t how)
{
    hl__mix mix = { .rows = 3 };
    for (int i = 0; i < 3; i++) {
        mix.row[i].leg = (how >> 1 & 3) ? 1 + (i + (how >> 1 & 3)) % 3 : i + 1;
        mix.row[i].hears = (uint16_t)(how & 1 ? 7 & ~(1 << i) : i < 2 ? 2 >> i : 0);
        mix.row[i].music = how & 8 && i == 2;
    }
    request(b, mem, now, (hl__msg){ .kind = HL__Q_MIX, .ref = 9 }, HL__MIX, &mix, sizeof(mix));
}

static void record(hl__board *b, hl__bank *bank, hl__mem *mem, hl_time *now, const uint8_t *at)
{
    uint8_t what = at[0] >> 4, copy[256];
    for (int ms = 0; ms < at[1]; ms += 5) {
        *now += 5 * HL__US;
        hl__board_tick(b, *now);
    }
    memcpy(copy, at + 3, at[2]);
    hl__packet p = { .when = *now, .len = at[2], .room = sizeof(copy), .data = copy };
    p.near.port = (uint16_t)(20000 + (at[0] & 7));
    if (what < 12)
        hl__board_input(b, *now, &p);
    else if (what == 12)
        connect(b, mem, *now, at[0] & 15);
    else if (what == 13)
        request(b, mem, *now, (hl__msg){ .kind = HL__Q_PLAY, .leg = at[0] & 3, .ref = 5, .code = at[0] >> 2 & 3 },
                HL__CLIPS, at + 3, at[2]);
    else if (what == 14)
        request(b, mem, *now, (hl__msg){ .kind = HL__Q_TONES, .leg = at[0] & 3, .arg = 60 }, HL__WORDS, at + 3, at[2]);
    else
        (void)hl__bank_work(bank);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const hl__paths *const paths[HL__MEM + 1] = { [HL__MEM] = &hl__paths_mem };
    hl__mem mem = { 0 };
    hl__logger log = { no_line, NULL, 0 };
    hl__bank_up up = { NULL, on_ready, on_ready };
    hl__board_opt opt = { .mem = &mem, .paths = paths, .json = { [HL__MEM] = "{}" }, .seed = 1,
        .up = { &mem, on_send, on_report, on_bind, on_release, on_settle } };
    hl__board *b;
    hl__err err;
    hl_time now = 1700000000 * (hl_time)HL__SECOND;
    next_port = 20000;
    hl__tuning_read(NULL, &opt.tuning);
    if (hl__bank_new(&mem, &log, &up, &opt.bank) < 0 || hl__board_new(&opt, &err, &b) < 0)
        abort();
    open_legs(b, &mem, now);
    connect(b, &mem, now, size ? data[0] & 1 : 0);
    int records = 0;
    for (size_t i = 0; i + 3 <= size && i + 3 + data[i + 2] <= size && records < 300; i += 3 + (size_t)data[i + 2]) {
        record(b, opt.bank, &mem, &now, data + i);
        records++;
    }
    hl__board_free(b);
    hl__bank_free(opt.bank);
    if (atomic_load(&mem.blocks))
        abort(); /* everything is given back */
    return 0;
}
