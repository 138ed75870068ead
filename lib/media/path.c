/* path.c - the way to a telephone: plain RTP on a port pair of its own (hl__paths_rtp), and the same in memory
 * (hl__paths_mem), where every address is believed.
 *
 * Where the far end's packets come from is learned once: from the address that was announced, or within 5 s of that
 * announcement from another port of it - behind a NAT from any address - after 4 packets in sequence of one SSRC.
 * Everything else is dropped. */
#include "media/media.h"
#include <string.h>

#define LEARN (5 * (hl_time)HL__SECOND)
#define RUN 4

struct state;
struct path {
    hl__path head;
    struct state *st;
    struct path *next;   /* of those with something to report */
    uint16_t port;
    bool is_listed, is_up, is_learned, say_up, say_moved;
    uint8_t run, mux;
    hl__addr far, far_rtcp, near, guess;
    uint32_t guess_ssrc;
    uint16_t guess_seq;
    hl_time learn_until;
    hl__blob *local;     /* to be reported */
};
struct state {
    hl__mem *mem;
    hl__map ports;
    struct path *telling;
    uint8_t codec[4], transport;
    bool is_trusting;
};

static void tell(struct path *p)
{
    if (p->is_listed)
        return;
    p->next = p->st->telling;
    p->st->telling = p;
    p->is_listed = true;
}

static int begin(hl__mem *mem, const char *json, uint8_t transport, hl__err *err, void **out)
{
    struct state *st = hl__alloc(mem, sizeof(*st));
    if (!st)
        return HL_ENOMEM;
    st->mem = mem;
    st->transport = transport;
    st->is_trusting = transport == HL__MEM;
    hl__map_init(&st->ports, mem);
    hl__json *j = hl__json_read(json, strlen(json), err);
    if (!j) {
        hl__free(mem, st);
        return HL_EPARSE;
    }
    hl__tuning t;
    hl__tuning_read(j, &t);
    memcpy(st->codec, t.codec, sizeof(st->codec));
    hl__json_free(j);
    *out = st;
    return 0;
}

static int begin_rtp(hl__mem *mem, const char *json, int thread, hl__err *err, void **out)
{
    (void)thread;
    return begin(mem, json, HL__RTP, err, out);
}

static int begin_mem(hl__mem *mem, const char *json, int thread, hl__err *err, void **out)
{
    (void)thread;
    return begin(mem, json, HL__MEM, err, out);
}

static bool same(const hl__addr *a, const hl__addr *b, bool with_port)
{
    size_t n = a->family == 6 ? 16 : 4;
    return a->family == b->family && !memcmp(a->ip, b->ip, n) && (!with_port || a->port == b->port);
}

static bool is_ours(const struct state *st, int kind)
{
    for (size_t i = 0; i < sizeof(st->codec) && st->codec[i]; i++)
        if (st->codec[i] == kind)
            return true;
    return false;
}

static hl__codec codec_of(int kind)
{
    static const uint8_t pts[] = { 0, 0, 8, 111, 9 };
    return (hl__codec){ .kind = (uint8_t)kind, .pt = pts[kind], .ptime = 20, .channels = kind == HL__OPUS ? 2 : 1,
        .rate = hl__codec_clock(kind), .flags = kind == HL__OPUS ? HL__FEC : 0 };
}

/* We answer with one codec, in the offerer's numbers: the first of the offer that we have. */
static int choose(const struct state *st, const hl__media *theirs, hl__media *ours)
{
    for (int i = 0; i < theirs->n; i++) {
        if (!is_ours(st, theirs->codec[i].kind))
            continue;
        ours->codec[0] = theirs->codec[i];
        ours->n = 1;
        bool was_wide = theirs->codec[0].kind == HL__OPUS, is_wide = ours->codec[0].kind == HL__OPUS;
        ours->dtmf_pt = was_wide == is_wide ? theirs->dtmf_pt : was_wide ? theirs->dtmf_alt : 0;
        ours->dtmf_alt = was_wide == is_wide ? theirs->dtmf_alt : was_wide ? 0 : theirs->dtmf_pt;
        ours->mux = theirs->mux;
        return 0;
    }
    return HL_ENOTSUP;
}

static void offer(const struct state *st, hl__media *ours)
{
    bool has_opus = is_ours(st, HL__OPUS);
    for (size_t i = 0; i < sizeof(st->codec) && st->codec[i]; i++)
        ours->codec[ours->n++] = codec_of(st->codec[i]);
    ours->dtmf_pt = has_opus && ours->codec[0].kind == HL__OPUS ? 110 : 101;
    ours->dtmf_alt = ours->dtmf_pt == 101 ? 0 : 101;
}

static void aim(struct path *p, hl_time now, const hl__media *theirs)
{
    bool is_news = !same(&p->far, &theirs->rtp, true) || p->far.flags != theirs->rtp.flags;
    p->mux = theirs->mux;
    if (!is_news && p->is_learned)
        return;
    if (is_news || !p->is_learned) {
        p->far = theirs->rtp;
        p->far_rtcp = theirs->rtcp;
        if (!p->far_rtcp.family) {
            p->far_rtcp = theirs->rtp;
            p->far_rtcp.port++;
        }
    }
    p->is_learned = false;
    p->run = 0;
    p->learn_until = now + LEARN;
}

static int open(void *state, hl_time now, const hl__msg *q, hl__path **out)
{
    struct state *st = state;
    const hl__media *theirs = q->blob && q->blob->kind == HL__MEDIA && q->blob->len == sizeof(*theirs)
        ? (const hl__media *)(const void *)q->blob->data : NULL;
    hl__media ours = { .size = sizeof(ours), .dir = HL__SENDRECV, .transport = st->transport };
    if (theirs && choose(st, theirs, &ours) < 0)
        return HL_ENOTSUP;
    if (!theirs)
        offer(st, &ours);
    ours.rtp.port = (uint16_t)q->arg;
    struct path *p = hl__alloc(st->mem, sizeof(*p));
    hl__blob *local = hl__alloc(st->mem, sizeof(*local) + sizeof(ours));
    if (!p || !local || hl__map_put(&st->ports, q->arg, p) < 0) {
        hl__free(st->mem, p);
        hl__free(st->mem, local);
        return HL_ENOMEM;
    }
    p->head = (hl__path){ .ops = st->is_trusting ? &hl__paths_mem : &hl__paths_rtp, .session = q->session,
        .leg = q->leg, .gen = q->gen };
    p->st = st;
    p->port = (uint16_t)q->arg;
    if (theirs)
        aim(p, now, theirs);
    local->len = sizeof(ours);
    local->kind = HL__MEDIA;
    memcpy(local->data, &ours, sizeof(ours));
    p->local = local;
    tell(p);
    *out = &p->head;
    return 0;
}

static int set(hl__path *path, hl_time now, const hl__msg *q)
{
    struct path *p = (struct path *)(void *)path;
    if (q->kind == HL__Q_BIND)
        return 0;
    if (!q->blob || q->blob->kind != HL__MEDIA || q->blob->len != sizeof(hl__media))
        return HL_EINVAL;
    aim(p, now, (const hl__media *)(const void *)q->blob->data);
    return 0;
}

static void learn(struct path *p, const hl__addr *far, bool is_moved)
{
    p->is_learned = true;
    if (!is_moved)
        return;
    p->far.port = far->port;
    p->far.family = far->family;
    memcpy(p->far.ip, far->ip, sizeof(far->ip));
    p->far_rtcp = p->far;
    p->far_rtcp.port++;
    p->say_moved = true;
    tell(p);
}

/* From somewhere else than announced: believed after a run of one SSRC. */
static bool is_run(struct path *p, hl_time now, const hl__packet *io)
{
    hl__rtp r;
    if (now > p->learn_until || hl__rtp_read(io->data, io->len, &r) < 0)
        return false;
    if (!(p->far.flags & HL__NAT) && !same(&p->far, &io->far, false))
        return false;
    bool is_next = p->run > 0 && r.ssrc == p->guess_ssrc && r.seq == (uint16_t)(p->guess_seq + 1)
        && same(&p->guess, &io->far, true);
    p->run = is_next ? (uint8_t)(p->run + 1) : 1;
    p->guess = io->far;
    p->guess_ssrc = r.ssrc;
    p->guess_seq = r.seq;
    return p->run >= RUN;
}

static bool is_believed(struct path *p, hl_time now, const hl__packet *io)
{
    bool is_control = hl__is_rtcp(io->data, io->len);
    if (p->st->is_trusting)
        return true;
    if (!p->far.family)
        return false;
    if (is_control)
        return same(&p->far, &io->far, false);
    if (same(&p->far, &io->far, true)) {
        learn(p, &io->far, false);
        return true;
    }
    if (p->is_learned || !is_run(p, now, io))
        return false;
    learn(p, &io->far, true);
    return true;
}

static int input(void *state, hl_time now, hl__packet *io, hl__path **out)
{
    struct state *st = state;
    struct path *p = hl__map_get(&st->ports, io->near.port & ~1);
    if (!p)
        return -HL__DROP_UNLISTED;
    if (io->len < 8 || io->data[0] >> 6 != 2)
        return -HL__DROP_KIND;
    if (!is_believed(p, now, io))
        return -HL__DROP_UNLISTED;
    p->near = io->near;
    if (!p->is_up) {
        p->is_up = p->say_up = true;
        tell(p);
    }
    *out = &p->head;
    return 1;
}

static int protect(hl__path *path, hl__packet *io)
{
    struct path *p = (struct path *)(void *)path;
    bool is_control = hl__is_rtcp(io->data, io->len) && !p->mux;
    io->far = is_control ? p->far_rtcp : p->far;
    io->near = p->near;
    io->near.port = (uint16_t)(p->port + is_control);
    return p->st->is_trusting || (io->far.family && io->far.port) ? 0 : HL_ESTATE;
}

static int output(void *state, hl_time now, hl__packet *out)
{
    (void)state;
    (void)now;
    (void)out;
    return 0;
}

static bool tell_moved(struct path *p, hl__msg *out)
{
    hl__blob *blob = hl__alloc(p->st->mem, sizeof(*blob) + sizeof(hl__addr));
    p->say_moved = false;
    if (!blob)
        return false; /* only news for the log */
    blob->len = sizeof(hl__addr);
    blob->kind = HL__ADDR;
    memcpy(blob->data, &p->far, sizeof(p->far));
    out->kind = HL__R_MOVED;
    out->blob = blob;
    return true;
}

static int report(void *state, hl__msg *out, hl__path **path)
{
    struct state *st = state;
    while (st->telling) {
        struct path *p = st->telling;
        *out = (hl__msg){ .leg = p->head.leg, .session = p->head.session, .gen = p->head.gen };
        *path = &p->head;
        if (p->local) {
            out->kind = HL__R_LOCAL;
            out->blob = p->local;
            p->local = NULL;
            return 1;
        }
        if (p->say_up) {
            p->say_up = false;
            out->kind = HL__R_UP;
            return 1;
        }
        if (p->say_moved && tell_moved(p, out))
            return 1;
        st->telling = p->next;
        p->is_listed = false;
    }
    return 0;
}

static hl_time due(void *state)
{
    (void)state;
    return INT64_MAX;
}

static void close_path(hl__path *path)
{
    struct path *p = (struct path *)(void *)path;
    struct state *st = p->st;
    for (struct path **at = &st->telling; *at; at = &(*at)->next)
        if (*at == p) {
            *at = p->next;
            break;
        }
    (void)hl__map_del(&st->ports, p->port); /* the path is what was there */
    hl__free(st->mem, p->local);
    hl__free(st->mem, p);
}

static void end(void *state)
{
    struct state *st = state;
    uint32_t pos = 0;
    for (struct path *p; (p = hl__map_at(&st->ports, &pos));) {
        hl__free(st->mem, p->local);
        hl__free(st->mem, p);
    }
    hl__map_free(&st->ports);
    hl__free(st->mem, st);
}

const hl__paths hl__paths_rtp = { begin_rtp, open, set, input, protect, output, report, due, close_path, end };
const hl__paths hl__paths_mem = { begin_mem, open, set, input, protect, output, report, due, close_path, end };
