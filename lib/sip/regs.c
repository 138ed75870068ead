/* regs.c - the registrar: where agents' telephones can be reached. */
#include "sip/core.h"
#include <string.h>

enum { EXPIRES_MIN = 60, EXPIRES_MAX = 3600, EXPIRES = 300 };
#define KEEP (25 * (hl_time)HL__SECOND)
#define PING (60 * (hl_time)HL__SECOND)

static void binding_free(hl__sip *c, struct sip_binding *b)
{
    hl__timer_drop(&c->wheel, &b->expiry);
    hl__timer_drop(&c->wheel, &b->keep);
    hl__timer_drop(&c->wheel, &b->ping);
    if (b->pinging)
        hl__sip_txn_own(b->pinging, NULL, NULL);
    hl__free(c->mem, b->contact);
    hl__free(c->mem, b->call_id);
    hl__free(c->mem, b->instance);
    hl__free(c->mem, b->user_agent);
    hl__free(c->mem, b);
}

static void tell(const struct sip_phone *p)
{
    if (p->core->log)
        hl__log(p->core->log, HL_LOG_INFO, "sip: phone %s has %u bindings", p->profile->name, (unsigned)p->bindings);
}

void hl__sip_binding_drop(struct sip_phone *p, uint32_t n)
{
    binding_free(p->core, p->binding[n]);
    memmove(&p->binding[n], &p->binding[n + 1], (p->bindings - n - 1) * sizeof(p->binding[0]));
    p->bindings--;
    tell(p);
}

static void drop(struct sip_binding *b)
{
    struct sip_phone *p = b->phone;
    for (uint32_t i = 0; i < p->bindings; i++)
        if (p->binding[i] == b) {
            hl__sip_binding_drop(p, i);
            return;
        }
}

void hl__sip_phone_free(struct sip_phone *p)
{
    hl__sip *c = p->core;
    while (p->bindings)
        binding_free(c, p->binding[--p->bindings]);
    hl__sip_profile_drop(c, p->profile);
    hl__free(c->mem, p);
}

static void fire_expiry(void *ctx, hl__timer *t)
{
    (void)t;
    drop(ctx);
}

static void fire_keep(void *ctx, hl__timer *t)
{
    struct sip_binding *b = ctx;
    hl__sip *c = b->phone->core;
    hl__sip_send(c, &b->path, "\r\n\r\n", 4);
    hl__timer_set(&c->wheel, t, c->now + KEEP);
}

static void ping_response(void *owner, struct sip_txn *t, const struct sip_msg *m)
{
    struct sip_binding *b = owner;
    (void)t;
    if (m && m->status >= 200)
        b->lost = 0;
    else if (!m)
        b->lost++;
}

static void ping_gone(void *owner, struct sip_txn *t)
{
    struct sip_binding *b = owner;
    (void)t;
    b->pinging = NULL;
}

static void fire_ping(void *ctx, hl__timer *t)
{
    static const struct sip_user user = { ping_response, ping_gone };
    struct sip_binding *b = ctx;
    hl__sip *c = b->phone->core;
    char tag[17], call_id[33], from[64];
    hl__buf text, to;
    if (b->lost >= 2) {
        drop(b);
        return;
    }
    hl__timer_set(&c->wheel, t, c->now + PING);
    if (b->pinging)
        return;
    hl__sip_token(c, tag, 16);
    hl__sip_token(c, call_id, 32);
    hl__copy(from, sizeof(from), "<sip:hotline@hotline.invalid>;tag=");
    hl__copy(from + strlen(from), sizeof(from) - strlen(from), tag);
    hl__buf_init(&text, c->mem);
    hl__buf_init(&to, c->mem);
    hl__buf_fmt(&to, "<%s>", b->contact);
    struct sip_request q = { .method = SIP_OPTIONS, .cseq = 1, .uri = b->contact, .from = from, .to = to.data };
    q.call_id = call_id;
    q.path = b->path;
    if (!to.failed)
        hl__sip_write_request(c, &text, &q);
    hl__sip_write_end(&text, NULL, NULL, 0);
    if (!to.failed && hl__sip_txn_client(c, &b->path, &text, &b->pinging) == 0)
        hl__sip_txn_own(b->pinging, &user, b);
    hl__buf_free(&text);
    hl__buf_free(&to);
}

/* ---- REGISTER ---- */
struct contact { struct sip_addr addr; hl__view instance; int64_t expires; };

static void refuse(hl__sip *c, const struct sip_path *path, const struct sip_msg *m, int status, const char *more)
{
    hl__sip_stateless(c, path, m, status, more);
}

/* Seconds this contact asks for; -1: malformed. */
static int64_t expires_of(const struct sip_msg *m, const struct sip_addr *a)
{
    uint64_t n;
    hl__view v;
    if (!hl__sip_param(a->params, "expires", &v))
        v = hl__sip_value(m, SIP_H_EXPIRES);
    if (!v.at || !hl__view_uint(v, UINT32_MAX, &n))
        return EXPIRES;
    return (int64_t)n;
}

/* All contacts of the request; the number, or minus the status that refuses. */
static int contacts_of(const struct sip_msg *m, struct contact *list, int room, bool *star)
{
    int n = 0;
    for (const struct sip_header *h = NULL; (h = hl__sip_next(m, SIP_H_CONTACT, h));) {
        hl__view rest = h->value;
        while (rest.at) {
            struct sip_addr a;
            if (n == room || !hl__sip_addr_parse(hl__sip_element(&rest), &a))
                return -400;
            *star = *star || a.star;
            list[n] = (struct contact){ .addr = a, .expires = expires_of(m, &a) };
            (void)hl__sip_param(a.params, "+sip.instance", &list[n].instance); /* none: the address is the key */
            if (!a.star && list[n].expires > 0 && list[n].expires < EXPIRES_MIN)
                return -423;
            n++;
        }
    }
    if (*star && (n != 1 || list[0].expires != 0))
        return -400;
    return n;
}

static int same_binding(const struct sip_phone *p, const struct contact *k)
{
    for (uint32_t i = 0; i < p->bindings; i++) {
        struct sip_uri uri;
        const struct sip_binding *b = p->binding[i];
        if (k->instance.len && b->instance[0] && hl__view_is(k->instance, b->instance))
            return (int)i;
        if (hl__sip_uri_parse(hl__view_of(b->contact), &uri) && hl__sip_uri_same(&uri, &k->addr.uri))
            return (int)i;
    }
    return -1;
}

static bool is_elsewhere(const struct sip_binding *b)
{
    uint8_t ip[16];
    hl__addr said;
    struct sip_uri uri;
    if (!hl__sip_uri_parse(hl__view_of(b->contact), &uri) || !hl__sip_host_ip(uri.host, ip))
        return true;
    hl__sip_ip_addr(ip, uri.port, &said);
    return !hl__sip_addr_same(&said, &b->path.far, false);
}

static int bind_one(struct sip_phone *p, const struct sip_path *path, const struct sip_msg *m, const struct contact *k)
{
    hl__sip *c = p->core;
    struct sip_binding *b = hl__alloc(c->mem, sizeof(*b));
    if (!b)
        return HL_ENOMEM;
    b->phone = p;
    b->path = *path;
    b->cseq = m->cseq;
    b->contact = hl__view_dup(c->mem, k->addr.text);
    b->call_id = hl__view_dup(c->mem, m->call_id);
    b->instance = hl__view_dup(c->mem, k->instance);
    b->user_agent = hl__view_dup(c->mem, hl__sip_value(m, SIP_H_USER_AGENT));
    b->expiry.fire = fire_expiry;
    b->keep.fire = fire_keep;
    b->ping.fire = fire_ping;
    b->expiry.ctx = b->keep.ctx = b->ping.ctx = b;
    if (!b->contact || !b->call_id || !b->instance || !b->user_agent) {
        binding_free(c, b);
        return HL_ENOMEM;
    }
    int old = same_binding(p, k);
    uint32_t most = (uint32_t)(p->profile->max_contacts ? p->profile->max_contacts : 5);
    if (old >= 0)
        hl__sip_binding_drop(p, (uint32_t)old);
    else if (p->bindings >= most || p->bindings >= SIP_BINDINGS)
        hl__sip_binding_drop(p, 0);
    hl_time life = k->expires > EXPIRES_MAX ? EXPIRES_MAX : k->expires;
    b->until = c->now + life * HL__SECOND;
    hl__timer_set(&c->wheel, &b->expiry, b->until);
    if (p->profile->nat && is_elsewhere(b)) {
        hl__timer_set(&c->wheel, &b->keep, c->now + KEEP);
        hl__timer_set(&c->wheel, &b->ping, c->now + PING);
    }
    p->binding[p->bindings++] = b;
    tell(p);
    return 0;
}

static void write_bindings(hl__sip *c, hl__buf *b, const struct sip_phone *p)
{
    for (uint32_t i = 0; p && i < p->bindings; i++) {
        const struct sip_binding *one = p->binding[i];
        hl__buf_fmt(b, "Contact: <%s>;expires=%lld", one->contact, (long long)((one->until - c->now) / HL__SECOND));
        if (one->instance[0]) {
            hl__buf_str(b, ";+sip.instance=");
            hl__sip_write_quoted(b, one->instance);
        }
        hl__buf_str(b, "\r\n");
    }
}

static void accept_register(hl__sip *c, const struct sip_path *path, const struct sip_msg *m, struct sip_phone *p)
{
    hl__buf b;
    char tag[17];
    struct sip_txn *t;
    hl__sip_token(c, tag, 16);
    hl__buf_init(&b, c->mem);
    hl__sip_write_response(&b, path, m, 200, tag);
    write_bindings(c, &b, p);
    hl__sip_write_end(&b, NULL, NULL, 0);
    if (hl__sip_txn_server(c, path, m, &t) == 0)
        hl__sip_txn_reply(t, &b, 200);
    hl__buf_free(&b);
}

static int apply(struct sip_phone *p, const struct sip_path *path, const struct sip_msg *m, const struct contact *list,
                 int n)
{
    int r = 0;
    for (int i = 0; i < n && r == 0; i++) {
        int at = same_binding(p, &list[i]);
        const struct sip_binding *b = at >= 0 ? p->binding[at] : NULL;
        if (b && hl__view_is(m->call_id, b->call_id) && m->cseq < b->cseq)
            continue; /* older than what we have */
        if (list[i].expires)
            r = bind_one(p, path, m, &list[i]);
        else if (b)
            hl__sip_binding_drop(p, (uint32_t)at);
    }
    return r;
}

void hl__sip_register_in(hl__sip *c, const struct sip_path *path, const struct sip_msg *m)
{
    struct contact list[SIP_BINDINGS];
    bool star = false;
    int status;
    if (m->to.uri.kind == SIP_URI_TEL || m->uri.kind == SIP_URI_TEL) {
        refuse(c, path, m, 416, NULL);
        return;
    }
    int n = contacts_of(m, list, SIP_BINDINGS, &star);
    if (c->open && n >= 0 && !c->phones.map.live) {
        accept_register(c, path, m, NULL);
        return;
    }
    struct sip_phone *p = hl__sip_phone_auth(c, path, m, &status);
    if (!p) {
        if (status)
            refuse(c, path, m, status, NULL);
        return;
    }
    if (n < 0) {
        refuse(c, path, m, -n, n == -423 ? "Min-Expires: 60\r\n" : NULL);
        return;
    }
    while (star && p->bindings)
        hl__sip_binding_drop(p, 0);
    if (!star && apply(p, path, m, list, n) < 0)
        refuse(c, path, m, 503, "Retry-After: 5\r\n");
    else
        accept_register(c, path, m, p);
}
