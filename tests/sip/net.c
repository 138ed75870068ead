/* net.c - user agents that talk through a network which delays, loses, doubles and reorders. */
#include "net.h"
#include "base/ip.h"

static hl_id leg_id(void *ctx)
{
    net *n = ctx;
    return n->next_id += 16;
}

static void *heap(void *ctx, void *old, size_t size)
{
    (void)ctx;
    if (size)
        return realloc(old, size);
    free(old);
    return NULL;
}

hl__addr net_addr(int side)
{
    return (hl__addr){ .ip = { 10, 0, 0, (uint8_t)(side + 1) }, .port = 5060, .family = 4 };
}

void net_begin(net *n, uint64_t seed)
{
    memset(n, 0, sizeof(*n));
    n->now = 1700000000 * (hl_time)HL__SECOND;
    n->delay_us = 1000;
    n->next_id = HL_KIND_LEG;
    hl__rand_init(&n->rand, (int64_t)seed, 1, 1);
    n->mem.alloc = heap;
    hl__map_init(&n->legs, &n->mem);
}

void net_end(net *n)
{
    uint32_t pos = 0;
    for (int i = 0; i < NET_PEERS; i++)
        hl__sip_free(n->ua[i]);
    for (int i = 0; i < n->queued; i++)
        free(n->queue[i].data);
    for (net_leg *l; (l = hl__map_at(&n->legs, &pos));)
        free(l);
    hl__map_free(&n->legs);
    free(n->wire);
}

int net_try_add(net *n, int side, const char *json, bool open)
{
    hl__err err = { 0 };
    hl__sip_options opt = { .mem = &hl_test_mem, .seed = hl__rand_u64(&n->rand), .open = open };
    opt.up = (hl__sip_up){ n, leg_id, NULL };
    int r = hl__sip_new(&opt, &n->ua[side]);
    if (r < 0)
        return r;
    hl__json *doc = hl__json_read(json, strlen(json), &err);
    hl_test_ok(doc != NULL, "%s", err.words);
    r = hl__sip_config(n->ua[side], n->now, doc, &err);
    hl__json_free(doc);
    return r;
}

void net_add(net *n, int side, const char *json, bool open)
{
    assert_int_equal(net_try_add(n, side, json, open), 0);
}

net_leg *net_leg_of(net *n, hl_id id)
{
    net_leg *l = hl__map_get(&n->legs, id);
    if (!l) {
        l = calloc(1, sizeof(*l));
        assert_non_null(l);
        l->id = id;
        assert_int_equal(hl__map_put(&n->legs, id, l), 0);
    }
    return l;
}

static void note(net *n, int side, const hl__leg_ev *ev)
{
    net_leg *l = net_leg_of(n, ev->leg);
    hl_test_ok(l->ended == 0, "leg %lld reports %u after its end", (long long)ev->leg, ev->kind);
    if (ev->media)
        l->theirs = *ev->media;
    switch (ev->kind) {
    case HL__LEG_IN:
        l->in++;
        hl__copy(l->did, sizeof(l->did), ev->did);
        hl__copy(l->caller, sizeof(l->caller), ev->caller);
        hl__copy(l->name, sizeof(l->name), ev->name);
        n->last[side] = ev->leg;
        break;
    case HL__LEG_PROGRESS: ev->how == HL_LEG_EARLY ? l->early++ : l->ringing++; break;
    case HL__LEG_ANSWERED: l->answered++; break;
    case HL__LEG_MEDIA: l->media++; l->held = ev->held; break;
    case HL__LEG_KEY:
        if (l->keys < (int)sizeof(l->pressed) - 1)
            l->pressed[l->keys++] = (char)ev->code;
        break;
    case HL__LEG_REFUSED: l->refused++; break;
    case HL__LEG_ENDED: l->ended++; l->end = *ev; break;
    default: fail_msg("report %u", ev->kind);
    }
    if (n->on)
        n->on(n, side, ev, l);
}

static void put_packet(net *n, int to, const hl__addr *from, const char *data, size_t len)
{
    if (hl__rand_below(&n->rand, 1000000) < n->loss_ppm || n->queued == NET_QUEUE)
        return;
    net_packet *p = &n->queue[n->queued++];
    p->at = n->now + n->delay_us + (n->jitter_us ? hl__rand_below(&n->rand, n->jitter_us) : 0);
    p->to = to;
    p->from = *from;
    p->len = len;
    p->data = malloc(len + 1);
    assert_non_null(p->data);
    memcpy(p->data, data, len);
    p->data[len] = 0;
}

static void keep_wire(net *n, const char *data, size_t len)
{
    if (!n->keep_wire)
        return;
    n->wire = realloc(n->wire, n->wire_len + len + 1);
    assert_non_null(n->wire);
    memcpy(n->wire + n->wire_len, data, len);
    n->wire_len += len;
    n->wire[n->wire_len] = 0;
}

static void collect(net *n, int side)
{
    hl__sip_out out;
    hl__leg_ev ev;
    while (hl__sip_event(n->ua[side], &ev))
        note(n, side, &ev);
    while (hl__sip_output(n->ua[side], &out)) {
        int to = out.far.family == 4 && out.far.ip[0] == 10 ? out.far.ip[3] - 1 : -1;
        hl__addr from = net_addr(side);
        keep_wire(n, out.data, out.len);
        if (to < 0 || to >= NET_PEERS || !n->ua[to])
            continue;
        put_packet(n, to, &from, out.data, out.len);
        if (hl__rand_below(&n->rand, 1000000) < n->dup_ppm)
            put_packet(n, to, &from, out.data, out.len);
    }
}

static int earliest(const net *n)
{
    int best = -1;
    for (int i = 0; i < n->queued; i++)
        if (best < 0 || n->queue[i].at < n->queue[best].at)
            best = i;
    return best;
}

static void deliver(net *n, int i)
{
    net_packet p = n->queue[i];
    n->queue[i] = n->queue[--n->queued];
    hl__packet in = { .far = p.from, .when = n->now, .len = (uint32_t)p.len, .data = (uint8_t *)p.data };
    hl__sip_input(n->ua[p.to], n->now, 0, &in);
    free(p.data);
    collect(n, p.to);
}

void net_pump(net *n)
{
    for (int i = 0; i < NET_PEERS; i++)
        if (n->ua[i]) {
            hl__sip_tick(n->ua[i], n->now);
            collect(n, i);
        }
    for (int i; (i = earliest(n)) >= 0 && n->queue[i].at <= n->now;)
        deliver(n, i);
}

static hl_time next(const net *n)
{
    int i = earliest(n);
    hl_time at = i >= 0 ? n->queue[i].at : INT64_MAX;
    for (int k = 0; k < NET_PEERS; k++)
        if (n->ua[k] && hl__sip_due(n->ua[k]) < at)
            at = hl__sip_due(n->ua[k]);
    return at;
}

void net_run(net *n, hl_time us)
{
    hl_time until = n->now + us;
    net_pump(n);
    for (hl_time at; (at = next(n)) <= until;) {
        n->now = at > n->now ? at : n->now;
        net_pump(n);
    }
    n->now = until;
    net_pump(n);
}

void net_settle(net *n, int side, hl_id leg)
{
    (void)side;
    for (int i = 0; i < 200 && !net_leg_of(n, leg)->ended; i++)
        net_run(n, HL__SECOND);
    assert_int_equal(net_leg_of(n, leg)->ended, 1);
}

void net_media(hl__media *m, int side, int kind)
{
    *m = (hl__media){ .size = sizeof(*m), .dir = HL__SENDRECV, .transport = HL__RTP, .n = 1 };
    m->codec[0].kind = (uint8_t)kind;
    m->codec[0].rate = kind == HL__OPUS ? 48000 : 8000;
    m->codec[0].ptime = 20;
    m->rtp = net_addr(side);
    m->rtp.port = (uint16_t)(40000 + side * 2);
}

static hl_id begin_call(net *n, int side, hl__dial *dial)
{
    dial->leg = n->next_id += 16;
    net_media(&dial->media, side, HL__PCMA);
    dial->media.n = 0;
    (void)net_leg_of(n, dial->leg);
    hl__sip_originate(n->ua[side], n->now, dial, 7);
    collect(n, side);
    return dial->leg;
}

hl_id net_call(net *n, int side, const char *number, const char *caller)
{
    return begin_call(n, side, &(hl__dial){ .number = number, .caller = caller, .caller_name = "", .ring_s = 60 });
}

hl_id net_call_phone(net *n, int side, hl_id phone)
{
    hl__dial dial = { .phone = phone, .caller = "13800138000", .caller_name = "Caller", .ring_s = 20 };
    return begin_call(n, side, &dial);
}

static hl__addr parse_addr(const char *text)
{
    uint8_t ip[16];
    hl__addr a = { .port = 5060, .family = 4 };
    assert_true(hl__ip_port(hl__view_of(text), ip, &a.port));
    memcpy(a.ip, ip + 12, 4);
    return a;
}

void net_inject(net *n, int to, const char *from, const char *text)
{
    hl__packet in = { .far = parse_addr(from), .when = n->now, .len = (uint32_t)strlen(text) };
    in.data = (uint8_t *)malloc(in.len + 1);
    assert_non_null(in.data);
    memcpy(in.data, text, in.len + 1);
    free(n->wire);
    n->wire = NULL;
    n->wire_len = 0;
    n->keep_wire = true;
    hl__sip_input(n->ua[to], n->now, 0, &in);
    free(in.data);
    collect(n, to);
}

int net_reply(const net *n)
{
    int status = 0;
    for (size_t i = 0; n->wire && i + 12 < n->wire_len; i++)
        if (strncmp(n->wire + i, "SIP/2.0 ", 8) == 0 && (i == 0 || n->wire[i - 1] == '\n')) {
            int one = atoi(n->wire + i + 8);
            status = one > 199 ? one : status;
        }
    return status;
}
