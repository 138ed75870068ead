/* rig.c - a board in virtual time for the tests. */
#include "media/rig.h"
#include <math.h>
#include <sys/stat.h>

static void on_send(void *ctx, const hl__packet *p)
{
    rig *r = ctx;
    assert_true(r->sent < RIG_PACKETS);
    assert_true(p->len <= sizeof(r->out[0].data));
    rig_packet *o = &r->out[r->sent++];
    o->when = r->now;
    o->port = p->near.port;
    o->told = r->reports;
    o->len = p->len;
    memcpy(o->data, p->data, p->len);
}

static void on_report(void *ctx, hl__msg *m)
{
    rig *r = ctx;
    assert_true(r->reports < sizeof(r->report) / sizeof(r->report[0]));
    rig_report *o = &r->report[r->reports++];
    o->m = *m;
    if (m->blob && m->blob->kind == HL__MEDIA)
        memcpy(&o->media, m->blob->data, sizeof(o->media));
    if (m->blob && m->blob->kind == HL__QUALITY)
        memcpy(&o->quality, m->blob->data, sizeof(o->quality));
    hl__free(&hl_test_mem, m->blob);
    o->m.blob = NULL;
}

static int on_bind(void *ctx, hl_id leg, uint16_t *port)
{
    rig *r = ctx;
    (void)leg;
    *port = r->next_port;
    r->next_port = (uint16_t)(r->next_port + 2);
    return 0;
}

static void on_release(void *ctx, uint16_t port)
{
    (void)ctx;
    (void)port;
}

static void on_settle(void *ctx, const hl__addr *far, hl__addr *ours)
{
    (void)ctx;
    (void)far;
    *ours = (hl__addr){ .ip = { 127, 0, 0, 1 }, .family = 4 };
}

static void on_ready(void *ctx, int thread)
{
    rig *r = ctx;
    (void)thread;
    hl__board_ready(r->board, r->now);
}

static void on_voiced(void *ctx, int missing)
{
    rig *r = ctx;
    r->voiced = (uint32_t)missing + 1;
}

static void no_line(void *ctx, int level, const char *text)
{
    (void)ctx;
    (void)level;
    (void)text;
}

static hl__logger quiet = { no_line, NULL, HL_LOG_DEBUG };

rig *rig_new(const char *settings, const char *files)
{
    return rig_of(settings, files, NULL);
}

rig *rig_of(const char *settings, const char *files, const hl__paths *dtls)
{
    rig *r = hl__alloc(&hl_test_mem, sizeof(*r));
    if (!r)
        return NULL;
    r->paths[HL__RTP] = &hl__paths_rtp;
    r->paths[HL__DTLS] = dtls;
    r->paths[HL__MEM] = &hl__paths_mem;
    r->out = hl__alloc_array(&hl_test_mem, RIG_PACKETS, sizeof(*r->out));
    hl__err err = { 0 };
    hl__json *j = hl__json_read(settings, strlen(settings), &err);
    hl__tuning_read(j, &r->tuning);
    r->now = 1700000000 * (hl_time)HL__SECOND;
    r->next_port = 20000;
    hl__bank_up up = { r, on_ready, on_voiced };
    hl__board_opt opt = { .mem = &hl_test_mem, .tuning = r->tuning, .paths = r->paths,
        .json = { [HL__RTP] = settings, [HL__DTLS] = settings, [HL__MEM] = settings }, .seed = 7,
        .up = { r, on_send, on_report, on_bind, on_release, on_settle } };
    int ok = r->out && j ? hl__bank_new(&hl_test_mem, &quiet, &up, &r->bank) : HL_ENOMEM;
    opt.bank = r->bank;
    if (ok == 0)
        ok = hl__bank_set(r->bank, files, r->tuning.music, NULL);
    if (ok == 0)
        ok = hl__board_new(&opt, &err, &r->board);
    hl__json_free(j);
    if (ok < 0) {
        rig_free(r);
        return NULL;
    }
    return r;
}

void rig_free(rig *r)
{
    if (!r)
        return;
    hl__board_free(r->board);
    hl__bank_free(r->bank);
    hl__free(&hl_test_mem, r->out);
    hl__free(&hl_test_mem, r);
}

void rig_request(rig *r, hl__msg *q, int kind, const void *data, size_t len)
{
    if (data) {
        q->blob = hl__alloc(&hl_test_mem, sizeof(*q->blob) + len);
        if (!q->blob)
            return;
        q->blob->kind = (uint32_t)kind;
        q->blob->len = (uint32_t)len;
        memcpy(q->blob->data, data, len);
    }
    q->when = r->now;
    hl__board_request(r->board, r->now, q);
}

hl__media rig_media(const char *codecs, uint16_t port)
{
    hl__media m = { .size = sizeof(m), .dir = HL__SENDRECV, .transport = HL__MEM, .dtmf_pt = 101 };
    const struct { const char *name; hl__codec codec; } known[] = { { "opus", { HL__OPUS, 111, 20, 2, 48000, 0 } },
        { "PCMA", { HL__PCMA, 8, 20, 1, 8000, 0 } }, { "PCMU", { HL__PCMU, 0, 20, 1, 8000, 0 } } };
    for (const char *p = codecs; *p; p += strcspn(p, " "), p += *p == ' ')
        for (int i = 0; i < 3; i++)
            if (!strncmp(p, known[i].name, 4))
                m.codec[m.n++] = known[i].codec;
    m.rtp = (hl__addr){ .ip = { 127, 0, 0, 1 }, .family = 4, .port = port };
    return m;
}

uint16_t rig_leg(rig *r, hl_id leg, const char *codecs)
{
    hl__media m = rig_media(codecs, (uint16_t)(r->next_port + 10000));
    hl__msg q = { .kind = HL__Q_OPEN, .leg = leg, .gen = 1, .code = HL__MEM };
    uint16_t port = r->next_port;
    rig_request(r, &q, HL__MEDIA, &m, sizeof(m));
    return port;
}

void rig_mix(rig *r, hl_id contact, const hl__row *rows, uint32_t n)
{
    hl__mix mix = { .rows = n };
    hl__msg q = { .kind = HL__Q_MIX, .ref = contact };
    memcpy(mix.row, rows, n * sizeof(*rows));
    rig_request(r, &q, HL__MIX, &mix, 8 + n * sizeof(*rows));
}

void rig_talk(rig *r, hl_id a, hl_id b)
{
    const hl__row rows[] = { { .leg = a, .gen = 1, .hears = 2 }, { .leg = b, .gen = 1, .hears = 1 } };
    rig_mix(r, 9, rows, 2);
}

void rig_play(rig *r, hl_id leg, hl_id ref, int flags, const char *clips)
{
    hl__msg q = { .kind = HL__Q_PLAY, .leg = leg, .gen = 1, .ref = ref, .code = flags };
    rig_request(r, &q, HL__CLIPS, clips, strlen(clips));
    while (hl__bank_work(r->bank))
        ;
}

void rig_say(rig *r, uint16_t port, const hl__rtp *p)
{
    uint8_t data[1700];
    hl__rtp_write(data, p);
    memcpy(data + 12, p->body, p->len);
    hl__packet in = { .when = r->now, .len = 12 + p->len, .room = sizeof(data), .data = data };
    in.near.port = port;
    in.far = (hl__addr){ .ip = { 127, 0, 0, 1 }, .family = 4, .port = (uint16_t)(port + 10000) };
    hl__board_input(r->board, r->now, &in);
}

void rig_run(rig *r, int ms)
{
    for (int t = 0; t < ms; t += 5) {
        r->now += 5 * HL__US;
        hl__board_tick(r->board, r->now);
        while (hl__bank_work(r->bank))
            ;
    }
}

const rig_report *rig_last(const rig *r, int kind)
{
    for (uint32_t i = r->reports; i > 0; i--)
        if (r->report[i - 1].m.kind == kind)
            return &r->report[i - 1];
    return NULL;
}

uint32_t rig_count(const rig *r, int kind)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->reports; i++)
        n += r->report[i].m.kind == kind;
    return n;
}

uint32_t rig_next(const rig *r, uint16_t port, uint32_t from, hl__rtp *out)
{
    while (from < r->sent && (r->out[from].port != port || hl__rtp_read(r->out[from].data, r->out[from].len, out) < 0))
        from++;
    return from;
}

void rig_tone(int16_t *pcm, uint32_t n, double hz, uint32_t rate, uint32_t from)
{
    for (uint32_t i = 0; i < n; i++)
        pcm[i] = (int16_t)(8000 * sin(2 * M_PI * hz * (from + i) / rate));
}

/* A glottal buzz that glides, through two moving resonances, in syllables of a quarter second. */
void rig_speech(int16_t *pcm, uint32_t n, uint32_t rate)
{
    double phase = 0, a[2][2] = { { 0 } };
    for (uint32_t i = 0; i < n; i++) {
        double t = (double)i / rate, f0 = 120 + 25 * sin(2.1 * t) + 12 * sin(11 * t);
        double loud = fabs(sin(2 * M_PI * 2.1 * t)) * (0.6 + 0.4 * sin(1.3 * t));
        phase += f0 / rate;
        phase -= floor(phase);
        double x = (phase < 0.1 ? 1 - phase * 10 : 0) * 2000, y = 0;
        const double hz[2] = { 500 + 200 * sin(5.3 * t), 1500 + 500 * sin(3.7 * t) };
        for (int k = 0; k < 2; k++) {
            double w = 2 * M_PI * hz[k] / rate, q = exp(-M_PI * 90 / rate);
            double v = x + 2 * q * cos(w) * a[k][0] - q * q * a[k][1];
            a[k][1] = a[k][0];
            a[k][0] = v;
            y += v;
        }
        y *= loud;
        pcm[i] = (int16_t)(y > 30000 ? 30000 : y < -30000 ? -30000 : y);
    }
}

double rig_match(const int16_t *a, uint32_t na, const int16_t *b, uint32_t nb, uint32_t reach)
{
    double best = 0;
    for (uint32_t lag = 0; lag < reach && lag < nb; lag++) {
        double ab = 0, aa = 1, bb = 1;
        for (uint32_t i = 0; i < na && i + lag < nb; i++) {
            ab += (double)a[i] * b[i + lag];
            aa += (double)a[i] * a[i];
            bb += (double)b[i + lag] * b[i + lag];
        }
        double c = ab / sqrt(aa * bb);
        best = c > best ? c : best;
    }
    return best;
}

void rig_wav(const char *path, const int16_t *pcm, uint32_t n, uint32_t rate)
{
    uint8_t head[44];
    char folder[512];
    hl__copy(folder, sizeof(folder), path);
    for (char *p = strchr(folder + 1, '/'); p; p = strchr(p + 1, '/')) {
        *p = 0;
        (void)mkdir(folder, 0777);
        *p = '/';
    }
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    hl__wav_head(head, rate, 2 * n);
    assert_int_equal(fwrite(head, 1, sizeof(head), f), sizeof(head));
    assert_int_equal(fwrite(pcm, 2, n, f), n);
    fclose(f);
}
