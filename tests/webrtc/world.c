/* world.c - a wire in virtual time between pages and world_paths-> */
#include "webrtc/world.h"
#include "webrtc/webrtc.h"
#include "hl_test.h"

const hl__paths *world_paths = &hl__paths_dtls;
const char *world_settings = "{\"cert\":%s,\"port\":42000,\"addresses\":[\"192.0.2.7\",\"2001:db8::7\"],\"tcp\":true,"
    "\"codecs\":[\"opus\",\"PCMA\",\"PCMU\"],\"maxplaybackrate\":8000,\"seed\":7}";

int world_begin(world *w, hl__mem *mem)
{
    hl__err err = { 0 };
    memset(w, 0, sizeof(*w));
    w->mem = mem;
    w->now = INT64_C(1790000000) * HL__SECOND;
    hl__buf pem, json, all;
    hl__buf_init(&pem, mem);
    hl__buf_init(&json, mem);
    hl__buf_init(&all, mem);
    int r = hl__webrtc_cert(&pem, w->now);
    if (r == 0) {
        hl__buf_json(&json, pem.data);
        if (!json.failed)
            hl__buf_fmt(&all, world_settings, json.data);
        r = all.failed || json.failed ? HL_ENOMEM : world_paths->begin(mem, all.data, 0, &err, &w->st);
    }
    hl__buf_free(&pem);
    hl__buf_free(&json);
    hl__buf_free(&all);
    return r;
}

void world_end(world *w)
{
    world_paths->end(w->st);
    for (uint32_t i = 0; i < w->count; i++)
        page_free(w->page[i].page);
    w->st = NULL;
    w->count = 0;
}

int world_offer(world *w, int i, const char *sdp, int kind)
{
    world_page *p = &w->page[i];
    size_t len = strlen(sdp);
    hl__blob *b = hl__alloc(w->mem, sizeof(*b) + len);
    if (!b)
        return HL_ENOMEM;
    b->len = (uint32_t)len;
    b->kind = HL__SDP;
    memcpy(b->data, sdp, len);
    hl__msg q = { .kind = (uint16_t)kind, .code = HL__DTLS, .gen = 1, .session = 16 * (i + 1) + 14, .blob = b };
    int r = kind == HL__Q_OPEN ? world_paths->open(w->st, w->now, &q, &p->path) :
                                 world_paths->set(p->path, w->now, &q);
    if (r == 0)
        p->path->owner = p;
    hl__free(w->mem, b);
    return r;
}

int world_open(world *w, const page_options *opt)
{
    int i = (int)w->count;
    world_page *p = &w->page[i];
    memset(p, 0, sizeof(*p));
    p->page = page_new(opt);
    p->from = (hl__addr){ .ip = { 198, 51, 100, (uint8_t)(1 + i % 250) }, .port = (uint16_t)(40000 + i), .family = 4 };
    w->count++;
    int r = world_offer(w, i, page_offer(p->page), HL__Q_OPEN);
    return r < 0 ? r : i;
}

static void take_report(world *w, const hl__msg *m, hl__path *path)
{
    world_page *p = path->owner;
    const hl__blob *b = m->blob;
    switch (m->kind) {
    case HL__R_LOCAL:
        p->local++;
        memcpy(p->answer, b->data, b->len);
        p->answer[b->len] = 0;
        (void)page_answer(p->page, p->answer, b->len);
        break;
    case HL__R_UP:
        p->up++;
        p->up_at = w->now;
        memcpy(&p->media, b->data, sizeof(p->media));
        break;
    case HL__R_SUSPECT: p->suspect++; break;
    case HL__R_BACK: p->back++; break;
    case HL__R_LOST: p->lost++; p->code = m->code; break;
    case HL__R_MOVED: p->moved++; break;
    case HL__R_FAILED:
        p->failed++;
        p->code = m->code;
        memcpy(p->words, b->data, b->len);
        p->words[b->len] = 0;
        break;
    default: break;
    }
}

static void reports(world *w)
{
    hl__msg m;
    hl__path *path;
    while (world_paths->report(w->st, &m, &path) == 1) {
        take_report(w, &m, path);
        hl__free(w->mem, m.blob);
    }
}

static bool same(const hl__addr *a, const hl__addr *b)
{
    return a->port == b->port && a->family == b->family && memcmp(a->ip, b->ip, 16) == 0;
}

int world_input(world *w, const hl__addr *from, const void *data, size_t len)
{
    static const hl__addr ours = { .ip = { 192, 0, 2, 7 }, .port = 42000, .family = 4 };
    hl__packet io = { .far = *from, .near = ours, .when = w->now, .len = (uint32_t)len, .room = sizeof(w->last_data) };
    hl__path *path = NULL;
    memcpy(w->last_data, data, len);
    io.data = w->last_data;
    w->in++;
    w->bytes_in += len;
    int r = world_paths->input(w->st, w->now, &io, &path);
    if (r < 0)
        w->dropped[-r]++;
    if (r == 1) {
        w->clear++;
        w->last = io;
        assert_non_null(path);
    }
    return r;
}

static void deliver(world *w, const hl__packet *o)
{
    w->bytes_out += o->len;
    if (w->wire && !w->wire(w->ctx, 0, o->data, o->len))
        return;
    for (uint32_t i = 0; i < w->count; i++)
        if (same(&w->page[i].from, &o->far)) {
            size_t len = o->len;
            if (page_input(w->page[i].page, w->now, o->data, &len) == 1)
                w->page[i].got++;
        }
}

static int drain(world *w)
{
    uint8_t data[2048];
    int some = 0;
    hl__packet o = { .room = sizeof(data), .data = data };
    for (; world_paths->output(w->st, w->now, &o) == 1; some = 1)
        deliver(w, &o);
    reports(w);
    return some;
}

void world_tick(world *w)
{
    uint8_t data[2048];
    for (int again = 1; again;) {
        again = drain(w);
        for (uint32_t i = 0; i < w->count; i++) {
            page *p = w->page[i].page;
            size_t len;
            page_time(p, w->now);
            while ((len = page_output(p, data, sizeof(data)))) {
                again = 1;
                if (!w->wire || w->wire(w->ctx, 1, data, len))
                    (void)world_input(w, &w->page[i].from, data, len);
            }
            again |= drain(w);
        }
    }
}

void world_run(world *w, hl_time until)
{
    while (w->now < until) {
        w->now += 5000;
        world_tick(w);
    }
}

int world_up(world *w, const page_options *opt)
{
    int i = world_open(w, opt);
    assert_true(i >= 0);
    world_page *p = &w->page[i];
    world_run(w, w->now + 5000);
    assert_int_equal(p->local, 1);
    page_check(p->page, true);
    world_run(w, w->now + 5000);
    assert_true(page_checked(p->page));
    page_hello(p->page);
    world_run(w, w->now + 20000);
    assert_true(page_up(p->page));
    assert_int_equal(p->up, 1);
    return i;
}

int world_send(world *w, int i, uint32_t packets)
{
    int good = 0;
    for (uint32_t n = 0; n < packets; n++) {
        uint8_t data[400], sound[160] = { 0 };
        size_t len = page_rtp(w->page[i].page, 8, 160, sound, sizeof(sound), data);
        good += world_input(w, &w->page[i].from, data, len) == 1;
    }
    return good;
}
