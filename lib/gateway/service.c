/* service.c - sockets: where is listened, who may come, WebSockets. What lws says becomes calls of the rest. */
#include "gateway/service.h"
#include "io/io.h"
#include <libwebsockets.h>
#include <stdio.h>
#include <string.h>

#define WRITE_ROUNDS 16   /* messages written in one go */
#define FAREWELL_ROUNDS 4

static hl__gateway *gateway_of(struct lws *wsi)
{
    return lws_vhost_user(lws_get_vhost(wsi));
}

hl__near *hl__near_of(hl__gateway *g, const char *address, bool make)
{
    uint64_t key = hl__fnv(hl__seed_of(g->hl) | 1, address, strlen(address)) >> 8;
    hl__near *n = hl__map_get(&g->near, (hl_id)key);
    if (n || !make || !(n = hl__alloc(g->mem, sizeof *n))) return n;
    n->key = key;
    if (hl__map_put(&g->near, (hl_id)key, n) == 0) return n;
    hl__free(g->mem, n);
    return NULL;
}

static void near_leave(hl__gateway *g, const char *address)
{
    hl__near *n = hl__near_of(g, address, false);
    if (!n || --n->count) return;
    (void)hl__map_del(&g->near, (hl_id)n->key);
    hl__free(g->mem, n);
}

/* A connection: one too many from its address is closed at once. */
static int sock_make(hl__gateway *g, struct lws *wsi)
{
    hl__sock *k = g->vhost && g->config ? hl__alloc(g->mem, sizeof *k) : NULL;
    if (!k) return -1;
    k->g = g;
    k->wsi = wsi;
    hl__buf_init(&k->in, g->mem);
    hl__buf_init(&k->out, g->mem);
    (void)lws_get_peer_simple(wsi, k->address, sizeof k->address); /* "" if it is gone already */
    if (strncmp(k->address, "::ffff:", 7) == 0) memmove(k->address, k->address + 7, strlen(k->address + 7) + 1);
    hl__near *n = hl__near_of(g, k->address, true);
    if (!n || n->count >= (uint32_t)g->config->max_per_ip) {
        if (n) g->metrics.over_limit++;
        hl__free(g->mem, k);
        return -1;
    }
    n->count++;
    g->metrics.sockets++;
    k->next = g->socks;
    if (k->next) k->next->prev = k;
    g->socks = k;
    lws_set_opaque_user_data(wsi, k);
    return 0;
}

static int sock_open(struct lws *wsi)
{
    hl__gateway *g = gateway_of(wsi);
    hl__gateway_lock(g);
    int r = sock_make(g, wsi);
    hl__gateway_unlock(g);
    return r;
}

/* A link that goes may still be on the list of those with something to say. */
static void mail_forget(hl__gateway *g, hl__link *link)
{
    hl__link **p = &g->mail;
    while (*p && *p != link) p = &(*p)->mail_next;
    if (*p) *p = link->mail_next;
}

static void sock_close(hl__sock *k)
{
    hl__gateway *g = k->g;
    lws_set_opaque_user_data(k->wsi, NULL);
    if (k->prev) k->prev->next = k->next;
    else g->socks = k->next;
    if (k->next) k->next->prev = k->prev;
    hl__gateway_lock(g);
    if (k->link) {
        k->link->owner = NULL;
        mail_forget(g, k->link);
        hl__link_cut(k->link, hl__gateway_now(g));
    }
    hl__exchange_drop(k);
    hl__gateway_unlock(g);
    near_leave(g, k->address);
    g->metrics.sockets--;
    hl__buf_free(&k->in);
    hl__buf_free(&k->out);
    hl__free(g->mem, k);
}

/* WebSocket. */
static int ws_filter(struct lws *wsi, hl__sock *k)
{
    char origin[300] = "", host[300] = "";
    const hl__gateway_config *c = k->g->config;
    if (lws_hdr_copy(wsi, origin, sizeof origin, WSI_TOKEN_ORIGIN) < 0) return -1;
    if (lws_hdr_copy(wsi, host, sizeof host, WSI_TOKEN_HOST) < 0) return -1;
    if (!hl__origin_ok(origin, host, (const char *const *)c->origins, c->origin_count)) {
        k->g->metrics.errors++;
        (void)lws_return_http_status(wsi, 403, NULL); /* closed either way */
        return -1;
    }
    char browser[256] = "";
    (void)lws_hdr_copy(wsi, browser, sizeof browser, WSI_TOKEN_HTTP_USER_AGENT); /* too long: none */
    hl__free(k->g->mem, k->browser);
    k->browser = hl__strdup(k->g->mem, browser);
    hl__free(k->g->mem, k->origin);
    k->origin = hl__strdup(k->g->mem, origin);
    return 0;
}

static int ws_open(hl__sock *k)
{
    hl__gateway *g = k->g;
    hl__gateway_lock(g);
    int r = hl__link_new(&g->seats, hl__gateway_now(g), k->address, k->browser, &k->link);
    if (r == 0) {
        k->link->owner = k;
        k->link->pings = true;
        k->link->origin = k->origin;
        k->origin = NULL;
    }
    hl__gateway_unlock(g);
    if (r == 0) return 0;
    lws_close_reason(k->wsi, (enum lws_close_status)HL__CLOSE_LIMIT, (unsigned char *)"too many", 8);
    return -1;
}

static int ws_receive(hl__sock *k, const void *in, size_t len)
{
    hl__gateway *g = k->g;
    hl__err err = { 0 };
    if (!k->link) return -1;
    if (k->in.len <= HL__MESSAGE_MAX) hl__buf_add(&k->in, in, len);
    if (!lws_is_final_fragment(k->wsi) && k->in.len <= HL__MESSAGE_MAX) return 0;
    g->metrics.messages++;
    size_t whole = k->in.failed || lws_frame_is_binary(k->wsi) ? HL__MESSAGE_MAX + 1 : k->in.len;
    hl__gateway_lock(g);
    (void)hl__link_feed(k->link, hl__gateway_now(g), k->in.data ? k->in.data : "", whole, &err); /* says why itself */
    hl__gateway_unlock(g);
    if (whole > HL__MESSAGE_MAX) g->metrics.over_limit++;
    hl__buf_clear(&k->in);
    k->in.failed = 0;
    return 0;
}

static int ws_say(hl__sock *k, const char *text, size_t len, enum lws_write_protocol how)
{
    unsigned char small[LWS_PRE + 2048], *room = small, *big = NULL;
    if (len > 2048 && !(room = big = hl__alloc(k->g->mem, LWS_PRE + len))) return -1;
    if (len) memcpy(room + LWS_PRE, text, len);
    int n = lws_write(k->wsi, room + LWS_PRE, len, how);
    hl__free(k->g->mem, big);
    return n < (int)len ? -1 : 0;
}

/* One thing the link has to say; 1: there may be more. */
static int ws_write_one(hl__sock *k)
{
    const char *text = NULL;
    size_t len = 0;
    hl__gateway_lock(k->g);
    int what = hl__link_take(k->link, &text, &len);
    hl__gateway_unlock(k->g);
    if (what == HL__SAY_NOTHING) return 0;
    if (what == HL__SAY_CLOSE) {
        lws_close_reason(k->wsi, (enum lws_close_status)k->link->close_code, (unsigned char *)k->link->close_why, len);
        return -1;
    }
    /* with a payload: libwebsockets keeps empty pongs to itself */
    if (what == HL__SAY_PING) return ws_say(k, "?", 1, LWS_WRITE_PING) < 0 ? -1 : 1;
    return ws_say(k, text, len, LWS_WRITE_TEXT) < 0 ? -1 : 1;
}

static int ws_write(hl__sock *k)
{
    int r = 1;
    if (!k->link) return -1;
    for (int i = 0; i < WRITE_ROUNDS && r == 1 && !lws_send_pipe_choked(k->wsi); i++) r = ws_write_one(k);
    if (r == 1) (void)lws_callback_on_writable(k->wsi); /* it is open */
    return r < 0 ? -1 : 0;
}

/* The next link on the list, taken off it; what it has to say last goes the long way. */
static hl__sock *mail_next(hl__gateway *g, bool *closes)
{
    hl__gateway_lock(g);
    hl__link *link = g->mail;
    if (link) g->mail = link->mail_next;
    hl__sock *k = link ? link->owner : NULL; /* always there: links of sockets alone are on the list */
    *closes = link && link->close_code;
    hl__gateway_unlock(g);
    return k;
}

/* Written at once where the socket takes it: waiting to be told so costs lws a look at every other socket. */
void hl__service_mail(hl__gateway *g)
{
    bool closes;
    for (hl__sock *k; (k = mail_next(g, &closes)) != NULL;) {
        if (closes || lws_send_pipe_choked(k->wsi)) (void)lws_callback_on_writable(k->wsi); /* it is open */
        else if (ws_write(k) < 0) lws_set_timeout(k->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    }
}

static void ws_pong(hl__sock *k)
{
    hl__gateway_lock(k->g);
    if (k->link) hl__link_pong(k->link, hl__gateway_now(k->g));
    hl__gateway_unlock(k->g);
}

static int ws_event(struct lws *wsi, enum lws_callback_reasons why, hl__sock *k, void *in, size_t len)
{
    (void)wsi;
    switch (why) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return ws_filter(wsi, k);
    case LWS_CALLBACK_ESTABLISHED: return ws_open(k);
    case LWS_CALLBACK_RECEIVE: return ws_receive(k, in, len);
    case LWS_CALLBACK_SERVER_WRITEABLE: return ws_write(k);
    case LWS_CALLBACK_RECEIVE_PONG: ws_pong(k); return 0;
    default: return 0;
    }
}

static int http_event(enum lws_callback_reasons why, hl__sock *k, const void *in, size_t len)
{
    int r = 0;
    hl__gateway_lock(k->g);
    switch (why) {
    case LWS_CALLBACK_HTTP: r = hl__exchange_begin(k) < 0 ? -1 : 0; break;
    case LWS_CALLBACK_HTTP_BODY: r = hl__exchange_body(k, in, len); break;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: r = hl__exchange_end(k); break;
    case LWS_CALLBACK_HTTP_WRITEABLE: r = hl__exchange_write(k); break;
    default: break;
    }
    hl__gateway_unlock(k->g);
    return r;
}

/* Events of a connection, whichever protocol it speaks; protocol tells HTTP from WebSocket. */
static int event(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in, size_t len)
{
    hl__sock *k = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    (void)user;
    if (why == LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED) return sock_open(wsi);
    if (!k) return 0;
    switch (why) {
    case LWS_CALLBACK_WSI_DESTROY: sock_close(k); return 0;
    case LWS_CALLBACK_HTTP: case LWS_CALLBACK_HTTP_BODY: case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    case LWS_CALLBACK_HTTP_WRITEABLE: return http_event(why, k, in, len);
    case LWS_CALLBACK_HTTP_FILE_COMPLETION: return lws_http_transaction_completed(wsi) ? -1 : 0;
    case LWS_CALLBACK_CLOSED: case LWS_CALLBACK_CLOSED_HTTP: return 0;
    default: return ws_event(wsi, why, k, in, len);
    }
}

/* Protocol 0 is HTTP's; a WebSocket that names no protocol would get it, too, and must not. */
static int plain_event(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in, size_t len)
{
    if (why == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION) return -1;
    return event(wsi, why, user, in, len);
}

static const struct lws_protocols protocols[] = {
    { .name = "http", .callback = plain_event, .rx_buffer_size = 4096 },
    { .name = "hotline.v1", .callback = event, .rx_buffer_size = 4096 },
    { .name = NULL },
};

static void address_write(hl__gateway *g)
{
    const hl__gateway_config *c = g->config;
    bool six = strchr(c->bind, ':') != NULL;
    hl__gateway_lock(g);
    (void)snprintf(g->address, sizeof g->address, "%s://%s%s%s:%d", c->cert ? "https" : "http", six ? "[" : "", c->bind,
                   six ? "]" : "", lws_get_vhost_listen_port(g->vhost)); /* fits: bind has 64 bytes at most */
    hl__gateway_unlock(g);
}

int hl__service_listen(hl__gateway *g, hl__err *err)
{
    const hl__gateway_config *c = g->config;
    hl__addr at;
    int r;
    hl__service_close(g);
    if (!c) return 0;
    if (hl__addr_parse(c->bind, (uint16_t)c->port, &at) < 0) return hl__fail(err, HL_EINVAL, "bind: no address");
    if ((r = hl__addr_probe(&at, err)) < 0) return r; /* its words are better than those of lws, which has none */
    struct lws_context_creation_info info = { .port = c->port, .iface = c->bind, .protocols = protocols, .user = g,
        .vhost_name = "hotline", .timeout_secs = 20, .keepalive_timeout = 30, .max_http_header_data = 8192,
        .server_string = "libhotline", .gid = (gid_t)-1, .uid = (uid_t)-1,
        .options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS };
    if (!strchr(c->bind, ':')) info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
    if (c->cert) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.ssl_cert_filepath = c->cert;
        info.ssl_private_key_filepath = c->key;
        info.alpn = "http/1.1";
    }
    g->vhost = lws_create_vhost(g->lws, &info);
    if (!g->vhost)
        return hl__fail(err, HL_EIO, "cannot listen at %s port %d%s", c->bind, c->port,
                        c->cert ? ": is the certificate or its key unreadable?" : "");
    address_write(g);
    hl__log(g->log, HL_LOG_INFO, "gateway: %s", g->address);
    return 0;
}

/* Pages are told why, as far as their sockets take it at once; then the connections are ours no more: lws closes them
 * in its own time, when there may be no gateway. */
void hl__service_close(hl__gateway *g)
{
    for (int round = 0; round < FAREWELL_ROUNDS && g->socks; round++) {
        for (hl__sock *k = g->socks; k; k = k->next)
            if (k->link) (void)lws_callback_on_writable(k->wsi); /* it is open */
        (void)lws_service(g->lws, -1); /* does not wait */
    }
    while (g->socks) {
        lws_set_timeout(g->socks->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
        sock_close(g->socks);
    }
    if (g->vhost) lws_vhost_destroy(g->vhost);
    g->vhost = NULL;
    hl__gateway_lock(g);
    g->address[0] = 0;
    hl__gateway_unlock(g);
}
