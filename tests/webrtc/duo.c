/* duo.c - calls between pages and telephones on one board. */
#include "webrtc/duo.h"
#include "base/json.h"
#include "webrtc/webrtc.h"
#include <time.h>

int duo_inside;

static int64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static hl_id leg_of(int call, int who)
{
    return HL__ID(2 * call + who + 1, HL_KIND_LEG);
}

static hl_id session_of(int call)
{
    return HL__ID(call + 1, HL_KIND_PART);
}

static bool keep(duo_box *box, const hl__packet *p)
{
    if (box->n == box->room || p->len > DUO_BYTES - 160)
        return false;
    struct duo_packet *o = &box->packet[box->n++];
    o->far = p->far;
    o->near = p->near;
    o->len = p->len;
    memcpy(o->data, p->data, p->len);
    return true;
}

static void to_page(duo *d, const struct duo_packet *p)
{
    for (uint32_t guess = p->far.port - 40000u, i = guess; i == guess && i < d->calls; i++) {
        struct duo_call *c = &d->call[i];
        uint8_t data[1700];
        size_t len = p->len;
        hl__rtp r;
        memcpy(data, p->data, len);
        if (p->data[0] >= 128 && d->wire && !d->wire(d->ctx, (int)i, 0))
            return;
        if (page_input(c->page, d->now, data, &len) != 1 || hl__is_rtcp(data, len) || hl__rtp_read(data, len, &r) < 0)
            return;
        c->got[DUO_PAGE]++;
        if (d->heard)
            d->heard(d->ctx, (int)i, DUO_PAGE, &r);
    }
}

static void to_phone(duo *d, const struct duo_packet *p)
{
    uint32_t i = ((uint32_t)p->near.port - 2000) / 2;
    hl__rtp r;
    uint8_t data[DUO_BYTES];
    if (i >= d->calls || hl__is_rtcp(p->data, p->len))
        return;
    memcpy(data, p->data, p->len);
    d->call[i].got[DUO_PHONE]++;
    if (d->heard && hl__rtp_read(data, p->len, &r) == 0)
        d->heard(d->ctx, (int)i, DUO_PHONE, &r);
}

static void on_send(void *ctx, const hl__packet *p)
{
    duo *d = ctx;
    if (!keep(&d->out, p)) { /* a flight of the handshake: nobody times that */
        size_t len = p->len;
        duo_inside = 0;
        (void)page_input(d->call[p->far.port - 40000].page, d->now, p->data, &len);
        duo_inside = 1;
    }
}

/* All that waits goes in, in one timed piece; then what came out is delivered. */
static void work(duo *d, bool tick)
{
    int64_t before = cpu_ns();
    duo_inside = 1;
    for (uint32_t i = 0; i < d->in.n; i++) {
        struct duo_packet *o = &d->in.packet[i];
        hl__packet p = { .when = d->now, .far = o->far, .near = o->near, .len = o->len,
            .room = DUO_BYTES, .data = o->data };
        hl__board_input(d->board, d->now, &p);
    }
    if (tick)
        hl__board_tick(d->board, d->now);
    duo_inside = 0;
    d->busy_ns += cpu_ns() - before;
    d->in.n = 0;
    for (uint32_t i = 0; i < d->out.n; i++)
        (d->out.packet[i].near.port >= d->tuning.rtc_port ? to_page : to_phone)(d, &d->out.packet[i]);
    d->out.n = 0;
}

static void give(duo *d, hl__packet *in)
{
    if (keep(&d->in, in))
        return;
    duo_inside = 1;
    hl__board_input(d->board, d->now, in);
    duo_inside = 0;
}

static void on_report(void *ctx, hl__msg *m)
{
    duo *d = ctx;
    uint32_t i = (uint32_t)(m->session >> 4) - 1;
    if (m->kind == HL__R_LOCAL && m->session && m->blob && i < d->calls)
        (void)page_answer(d->call[i].page, (const char *)m->blob->data, m->blob->len);
    if (m->kind == HL__R_UP && m->session && m->blob && i < d->calls) {
        memcpy(&d->call[i].media, m->blob->data, sizeof(hl__media));
        d->up++;
    }
    hl__free(d->mem, m->blob);
}

static int on_bind(void *ctx, hl_id leg, uint16_t *port)
{
    (void)ctx;
    *port = (uint16_t)(2000 + 2 * (((leg >> 4) - 1) / 2));
    return 0;
}

static void on_release(void *ctx, uint16_t port)
{
    (void)ctx; (void)port;
}

static void on_settle(void *ctx, const hl__addr *far, hl__addr *ours)
{
    (void)ctx; (void)far;
    *ours = (hl__addr){ .ip = { 127, 0, 0, 1 }, .family = 4 };
}

static void on_ready(void *ctx, int thread)
{
    (void)ctx; (void)thread;
}

static void on_voiced(void *ctx, int missing)
{
    (void)ctx; (void)missing;
}

static void no_line(void *ctx, int level, const char *text)
{
    (void)ctx; (void)level; (void)text;
}

static int make_board(duo *d, const char *settings)
{
    static hl__logger quiet = { no_line, NULL, HL_LOG_DEBUG };
    static const hl__paths *const paths[] = { [HL__DTLS] = &hl__paths_dtls, [HL__MEM] = &hl__paths_mem };
    hl__err err = { 0 };
    hl__buf pem, json;
    hl__json *j = hl__json_read(settings, strlen(settings), &err);
    hl__tuning_read(j, &d->tuning);
    hl__buf_init(&pem, d->mem);
    hl__buf_init(&json, d->mem);
    (void)hl__webrtc_cert(&pem, d->now);
    hl__buf_str(&json, "{\"cert\":");
    hl__buf_json(&json, pem.data);
    hl__buf_fmt(&json, ",\"port\":%u,\"addresses\":[\"127.0.0.1\"],\"maxplaybackrate\":8000}", d->tuning.rtc_port);
    hl__bank_up up = { d, on_ready, on_voiced };
    int r = j && json.data ? hl__bank_new(d->mem, &quiet, &up, &d->bank) : HL_ENOMEM;
    hl__board_opt opt = { .mem = d->mem, .bank = d->bank, .tuning = d->tuning, .paths = paths, .seed = 7,
        .json = { [HL__DTLS] = json.data, [HL__MEM] = settings },
        .up = { d, on_send, on_report, on_bind, on_release, on_settle } };
    if (r == 0)
        r = hl__board_new(&opt, &err, &d->board);
    hl__json_free(j);
    hl__buf_free(&pem);
    hl__buf_free(&json);
    return r;
}

duo *duo_new(hl__mem *mem, const char *settings, uint32_t calls)
{
    duo *d = hl__alloc(mem, sizeof(*d));
    if (!d)
        return NULL;
    d->mem = mem;
    d->calls = calls;
    d->phone_pt = 8;
    d->now = INT64_C(1790000000) * HL__SECOND;
    d->call = hl__alloc_array(mem, calls, sizeof(*d->call));
    d->in.room = d->out.room = 8 * calls + 64;
    d->in.packet = hl__alloc_array(mem, d->in.room, sizeof(*d->in.packet));
    d->out.packet = hl__alloc_array(mem, d->out.room, sizeof(*d->out.packet));
    if (!d->call || !d->in.packet || !d->out.packet || make_board(d, settings) < 0) {
        duo_free(d);
        return NULL;
    }
    return d;
}

void duo_free(duo *d)
{
    if (!d)
        return;
    hl__board_free(d->board);
    hl__bank_free(d->bank);
    for (uint32_t i = 0; d->call && i < d->calls; i++)
        page_free(d->call[i].page);
    hl__free(d->mem, d->in.packet);
    hl__free(d->mem, d->out.packet);
    hl__free(d->mem, d->call);
    hl__free(d->mem, d);
}

static void request(duo *d, hl__msg q, int kind, const void *data, size_t len)
{
    q.blob = data ? hl__alloc(d->mem, sizeof(*q.blob) + len) : NULL;
    if (q.blob) {
        q.blob->kind = (uint32_t)kind;
        q.blob->len = (uint32_t)len;
        memcpy(q.blob->data, data, len);
    }
    q.when = d->now;
    q.gen = 1;
    duo_inside = 1;
    hl__board_request(d->board, d->now, &q);
    duo_inside = 0;
}

static void from_page(duo *d, int call)
{
    uint8_t data[2048];
    size_t len;
    while ((len = page_output(d->call[call].page, data, 1600))) {
        hl__packet in = { .when = d->now, .len = (uint32_t)len, .room = sizeof(data), .data = data };
        in.near = (hl__addr){ .ip = { 127, 0, 0, 1 }, .family = 4, .port = d->tuning.rtc_port };
        in.far = (hl__addr){ .ip = { 127, 0, 0, 1 }, .family = 4, .port = (uint16_t)(40000 + call) };
        give(d, &in);
    }
}

void duo_step(duo *d, hl_time us)
{
    for (hl_time until = d->now + us; d->now < until;) {
        d->now += 5 * HL__US;
        work(d, true);
        for (uint32_t i = 0; i < d->calls; i++)
            if (d->call[i].page)
                from_page(d, (int)i);
        work(d, false);
    }
}

void duo_open(duo *d, int i)
{
    struct duo_call *c = &d->call[i];
    c->page = page_new(NULL);
    c->port = (uint16_t)(2000 + 2 * i);
    const char *offer = page_offer(c->page);
    request(d, (hl__msg){ .kind = HL__Q_OPEN, .session = session_of(i), .code = HL__DTLS }, HL__SDP, offer,
        strlen(offer));
    duo_step(d, 5 * HL__US);
    page_check(c->page, true);
    page_hello(c->page);
    duo_step(d, 20 * HL__US);
}

void duo_talk(duo *d, int i)
{
    hl__media phone = { .size = sizeof(phone), .dir = HL__SENDRECV, .transport = HL__MEM, .n = 1, .dtmf_pt = 101,
        .codec = { { HL__PCMA, 8, 20, 1, 8000, 0 } },
        .rtp = { .ip = { 127, 0, 0, 1 }, .family = 4, .port = (uint16_t)(20000 + 2 * i) } };
    request(d, (hl__msg){ .kind = HL__Q_OPEN, .leg = leg_of(i, DUO_PHONE), .code = HL__MEM }, HL__MEDIA, &phone,
        sizeof(phone));
    request(d, (hl__msg){ .kind = HL__Q_BIND, .session = session_of(i), .leg = leg_of(i, DUO_PAGE) }, 0, NULL, 0);
    hl__mix mix = { .rows = 2, .row = { { .leg = leg_of(i, DUO_PAGE), .gen = 1, .hears = 2 },
        { .leg = leg_of(i, DUO_PHONE), .gen = 1, .hears = 1 } } };
    request(d, (hl__msg){ .kind = HL__Q_MIX, .ref = HL__ID(i + 1, HL_KIND_CONTACT) }, HL__MIX, &mix,
        8 + 2 * sizeof(mix.row[0]));
}

void duo_connect(duo *d)
{
    for (uint32_t i = 0; i < d->calls; i++)
        duo_open(d, (int)i);
    for (uint32_t i = 0; i < d->calls; i++)
        duo_talk(d, (int)i);
}

void duo_page_says(duo *d, int call, int pt, uint32_t step, const void *body, size_t len)
{
    uint8_t data[2048];
    hl__packet in = { .when = d->now, .room = sizeof(data), .data = data };
    in.len = (uint32_t)page_rtp(d->call[call].page, (uint8_t)pt, step, body, len, data);
    in.near = (hl__addr){ .ip = { 127, 0, 0, 1 }, .family = 4, .port = d->tuning.rtc_port };
    in.far = (hl__addr){ .ip = { 127, 0, 0, 1 }, .family = 4, .port = (uint16_t)(40000 + call) };
    d->call[call].sent[DUO_PAGE]++;
    if (!d->wire || d->wire(d->ctx, call, 1))
        give(d, &in);
}

void duo_phone_says(duo *d, int call, const void *body, size_t len)
{
    struct duo_call *c = &d->call[call];
    uint8_t data[2048];
    hl__rtp r = { .pt = (uint8_t)d->phone_pt, .seq = c->phone_seq++, .ts = c->phone_ts,
        .ssrc = 7777u + (uint32_t)call };
    hl__packet in = { .when = d->now, .len = (uint32_t)(12 + len), .room = sizeof(data), .data = data };
    hl__rtp_write(data, &r);
    memcpy(data + 12, body, len);
    c->phone_ts += 160;
    c->sent[DUO_PHONE]++;
    in.near = (hl__addr){ .ip = { 127, 0, 0, 1 }, .family = 4, .port = c->port };
    in.far = (hl__addr){ .ip = { 127, 0, 0, 1 }, .family = 4, .port = (uint16_t)(20000 + 2 * call) };
    give(d, &in);
}
