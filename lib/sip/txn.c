/* txn.c - transactions of RFC 3261 section 17 with RFC 6026: who repeats what, and for how long.
 *
 * Four machines, one table each. A row: state, stimulus, next state, what is done. What a table lacks changes nothing.
 * Responses and requests are handed on by pass(), which may take the transaction away from its user but never frees it:
 * a transaction ends by its own timer only. */
#include "sip/core.h"
#include <string.h>

#define MACHINES(X) X(INVITE_CLIENT) X(CLIENT) X(INVITE_SERVER) X(SERVER)
#define STATES(X) X(CALLING) X(PROCEEDING) X(ACCEPTED) X(COMPLETED) X(CONFIRMED) X(DONE)
#define STIMULI(X) X(AGAIN) X(OVER) X(PROVISIONAL) X(OK) X(REFUSAL) X(REQUEST) X(ACK) X(SEND_PROVISIONAL) X(SEND_OK) \
    X(SEND_REFUSAL)
#define X(name) name,
enum { MACHINES(X) };
enum { STATES(X) };
enum { STIMULI(X) };
#undef X

struct move { uint8_t state, stimulus, next; void (*act)(struct sip_txn *t, const struct sip_msg *m); };

static void fire_again(void *ctx, hl__timer *timer);
static void fire_over(void *ctx, hl__timer *timer);

static void pass(struct sip_txn *t, const struct sip_msg *m)
{
    if (t->user && t->user->response)
        t->user->response(t->owner, t, m);
}

static void set_again(struct sip_txn *t, hl_time gap)
{
    t->interval = gap;
    hl__timer_set(&t->core->wheel, &t->again, t->core->now + gap);
}

static void set_over(struct sip_txn *t, hl_time after)
{
    hl__timer_set(&t->core->wheel, &t->over, t->core->now + after);
}

static void quiet(struct sip_txn *t)
{
    hl__timer_drop(&t->core->wheel, &t->again);
}

static void repeat(struct sip_txn *t)
{
    if (!t->len)
        return;
    t->core->figures.again_out++;
    hl__sip_send(t->core, &t->path, t->msg, t->len);
}

/* The ACK of a refusal belongs to the transaction: same branch, same address, the response's To. */
static void send_ack(struct sip_txn *t, const struct sip_msg *m)
{
    struct sip_msg *sent = hl__alloc(t->core->mem, sizeof(*sent));
    hl__buf b;
    hl__buf_init(&b, t->core->mem);
    if (sent && hl__sip_msg_parse(t->msg, t->len, sent) == 0) {
        hl__buf_str(&b, "ACK ");
        hl__buf_view(&b, sent->uri_text);
        hl__buf_str(&b, " SIP/2.0\r\n");
        for (uint32_t i = 1; i < sent->headers; i++) {
            const struct sip_header *h = &sent->header[i];
            bool copied = h->id == SIP_H_VIA || h->id == SIP_H_ROUTE || h->id == SIP_H_FROM || h->id == SIP_H_CALL_ID ||
                          h->id == SIP_H_MAX_FORWARDS;
            if (!copied && h->id != SIP_H_TO)
                continue;
            hl__buf_fmt(&b, "%s: ", hl__sip_header_text(h->id));
            hl__buf_view(&b, h->id == SIP_H_TO ? hl__sip_value(m, SIP_H_TO) : h->value);
            hl__buf_str(&b, "\r\n");
        }
        hl__buf_fmt(&b, "CSeq: %u ACK\r\n", (unsigned)sent->cseq);
        hl__sip_write_end(&b, NULL, NULL, 0);
        if (!b.failed)
            hl__sip_send(t->core, &t->path, b.data, b.len);
    }
    hl__buf_free(&b);
    hl__free(t->core->mem, sent);
}

/* ---- client ---- */
static void ic_again(struct sip_txn *t, const struct sip_msg *m)
{
    (void)m;
    repeat(t);
    set_again(t, t->interval * 2);
}

static void c_again(struct sip_txn *t, const struct sip_msg *m)
{
    (void)m;
    repeat(t);
    hl_time gap = t->interval * 2;
    set_again(t, gap > SIP_T2 || t->state == PROCEEDING ? SIP_T2 : gap);
}

static void silent(struct sip_txn *t, const struct sip_msg *m)
{
    (void)m;
    pass(t, NULL);
}

static void ic_provisional(struct sip_txn *t, const struct sip_msg *m)
{
    quiet(t);
    hl__timer_drop(&t->core->wheel, &t->over);
    pass(t, m);
}

static void c_provisional(struct sip_txn *t, const struct sip_msg *m)
{
    pass(t, m);
}

static void ic_ok(struct sip_txn *t, const struct sip_msg *m)
{
    quiet(t);
    set_over(t, SIP_LONG);
    pass(t, m);
}

static void ic_refusal(struct sip_txn *t, const struct sip_msg *m)
{
    quiet(t);
    set_over(t, SIP_LONG);
    send_ack(t, m);
    pass(t, m);
}

static void ic_ack_again(struct sip_txn *t, const struct sip_msg *m)
{
    send_ack(t, m);
}

static void c_final(struct sip_txn *t, const struct sip_msg *m)
{
    quiet(t);
    set_over(t, SIP_T4);
    pass(t, m);
}

/* ---- server ---- */
static void answer_again(struct sip_txn *t, const struct sip_msg *m)
{
    (void)m;
    repeat(t);
}

static void is_ok(struct sip_txn *t, const struct sip_msg *m)
{
    (void)m;
    set_over(t, SIP_LONG);
    hl__free(t->core->mem, t->msg); /* whoever answered repeats it */
    t->msg = NULL;
    t->len = 0;
}

static void is_refusal(struct sip_txn *t, const struct sip_msg *m)
{
    (void)m;
    set_again(t, SIP_T1);
    set_over(t, SIP_LONG);
}

static void is_again(struct sip_txn *t, const struct sip_msg *m)
{
    (void)m;
    repeat(t);
    set_again(t, t->interval * 2 > SIP_T2 ? SIP_T2 : t->interval * 2);
}

static void is_acked(struct sip_txn *t, const struct sip_msg *m)
{
    (void)m;
    quiet(t);
    set_over(t, SIP_T4);
}

static void s_final(struct sip_txn *t, const struct sip_msg *m)
{
    (void)m;
    set_over(t, SIP_LONG);
}

static const struct move invite_client[] = {
    { CALLING,    AGAIN,       CALLING,    ic_again },
    { CALLING,    OVER,        DONE,       silent },
    { CALLING,    PROVISIONAL, PROCEEDING, ic_provisional },
    { CALLING,    OK,          ACCEPTED,   ic_ok },
    { CALLING,    REFUSAL,     COMPLETED,  ic_refusal },
    { PROCEEDING, PROVISIONAL, PROCEEDING, c_provisional },
    { PROCEEDING, OK,          ACCEPTED,   ic_ok },
    { PROCEEDING, REFUSAL,     COMPLETED,  ic_refusal },
    { PROCEEDING, OVER,        DONE,       NULL }, /* cancelled, and nobody said so */
    { ACCEPTED,   OK,          ACCEPTED,   c_provisional },
    { ACCEPTED,   OVER,        DONE,       NULL },
    { COMPLETED,  REFUSAL,     COMPLETED,  ic_ack_again },
    { COMPLETED,  OVER,        DONE,       NULL },
};
static const struct move client[] = {
    { CALLING,    AGAIN,       CALLING,    c_again },
    { CALLING,    OVER,        DONE,       silent },
    { CALLING,    PROVISIONAL, PROCEEDING, c_provisional },
    { CALLING,    OK,          COMPLETED,  c_final },
    { CALLING,    REFUSAL,     COMPLETED,  c_final },
    { PROCEEDING, AGAIN,       PROCEEDING, c_again },
    { PROCEEDING, OVER,        DONE,       silent },
    { PROCEEDING, PROVISIONAL, PROCEEDING, c_provisional },
    { PROCEEDING, OK,          COMPLETED,  c_final },
    { PROCEEDING, REFUSAL,     COMPLETED,  c_final },
    { COMPLETED,  OVER,        DONE,       NULL },
};
static const struct move invite_server[] = {
    { PROCEEDING, REQUEST,          PROCEEDING, answer_again },
    { PROCEEDING, SEND_PROVISIONAL, PROCEEDING, NULL },
    { PROCEEDING, SEND_OK,          ACCEPTED,   is_ok },
    { PROCEEDING, SEND_REFUSAL,     COMPLETED,  is_refusal },
    { ACCEPTED,   REQUEST,          ACCEPTED,   NULL },
    { ACCEPTED,   OVER,             DONE,       NULL },
    { COMPLETED,  REQUEST,          COMPLETED,  answer_again },
    { COMPLETED,  AGAIN,            COMPLETED,  is_again },
    { COMPLETED,  ACK,              CONFIRMED,  is_acked },
    { COMPLETED,  OVER,             DONE,       NULL },
    { CONFIRMED,  ACK,              CONFIRMED,  NULL },
    { CONFIRMED,  REQUEST,          CONFIRMED,  NULL },
    { CONFIRMED,  OVER,             DONE,       NULL },
};
static const struct move server[] = {
    { PROCEEDING, REQUEST,          PROCEEDING, answer_again },
    { PROCEEDING, SEND_PROVISIONAL, PROCEEDING, NULL },
    { PROCEEDING, SEND_OK,          COMPLETED,  s_final },
    { PROCEEDING, SEND_REFUSAL,     COMPLETED,  s_final },
    { COMPLETED,  REQUEST,          COMPLETED,  answer_again },
    { COMPLETED,  OVER,             DONE,       NULL },
};
static const struct { const struct move *rows; size_t count; } machines[] = {
    { invite_client, HL__COUNT(invite_client) }, { client, HL__COUNT(client) },
    { invite_server, HL__COUNT(invite_server) }, { server, HL__COUNT(server) },
};

static void txn_free(struct sip_txn *t)
{
    hl__sip *c = t->core;
    hl__timer_drop(&c->wheel, &t->again);
    hl__timer_drop(&c->wheel, &t->over);
    if (t->user && t->user->gone)
        t->user->gone(t->owner, t);
    hl__names_del(&c->txns, t->key);
    hl__free(c->mem, t->msg);
    hl__free(c->mem, t->key);
    hl__free(c->mem, t);
}

/* True: the table has the pair. The transaction is freed where the table ends it: it is not to be touched then. */
static bool step(struct sip_txn *t, int stimulus, const struct sip_msg *m)
{
    const struct move *rows = machines[t->machine].rows;
    for (size_t i = 0; i < machines[t->machine].count; i++) {
        if (rows[i].state != t->state || rows[i].stimulus != stimulus)
            continue;
        t->state = rows[i].next;
        if (rows[i].act)
            rows[i].act(t, m);
        if (t->state == DONE)
            txn_free(t);
        return true;
    }
    return false;
}

static void fire_again(void *ctx, hl__timer *timer)
{
    (void)timer;
    (void)step(ctx, AGAIN, NULL); /* a state without repeats */
}

static void fire_over(void *ctx, hl__timer *timer)
{
    (void)timer;
    (void)step(ctx, OVER, NULL); /* every state that sets it has the row */
}

static void client_key(hl__buf *b, hl__view branch, int method, hl__view name)
{
    hl__buf_str(b, "C");
    hl__buf_view(b, branch);
    hl__buf_char(b, ' ');
    if (method == SIP_ACK)
        method = SIP_INVITE;
    if (method)
        hl__buf_str(b, hl__sip_method_text(method));
    else
        hl__buf_view(b, name);
}

/* RFC 3261 17.2.3; without the cookie the rule of RFC 2543: From tag, Call-ID, CSeq and the top Via. */
static void server_key(hl__buf *b, const struct sip_msg *m, bool invite)
{
    int method = m->method == SIP_ACK || invite ? SIP_INVITE : m->method;
    hl__buf_str(b, "S");
    if (hl__view_starts(m->via.branch, "z9hG4bK") && m->via.branch.len > 7) {
        hl__buf_view(b, m->via.branch);
    } else {
        hl__buf_view(b, m->from_tag);
        hl__buf_char(b, ' ');
        hl__buf_view(b, m->call_id);
        hl__buf_fmt(b, " %u ", (unsigned)m->cseq);
        hl__buf_view(b, m->via.branch);
    }
    hl__buf_char(b, ' ');
    hl__buf_view(b, m->via.host);
    hl__buf_fmt(b, ":%u ", (unsigned)m->via.port);
    if (method)
        hl__buf_str(b, hl__sip_method_text(method));
    else
        hl__buf_view(b, m->method_name);
}

static int txn_new(hl__sip *c, const struct sip_path *path, hl__buf *key, struct sip_txn **out)
{
    struct sip_txn *t = key->failed ? NULL : hl__alloc(c->mem, sizeof(*t));
    if (!t || hl__names_get(&c->txns, key->data)) {
        hl__free(c->mem, t);
        return t ? HL_EEXIST : HL_ENOMEM;
    }
    t->core = c;
    t->path = *path;
    t->again.fire = fire_again;
    t->over.fire = fire_over;
    t->again.ctx = t->over.ctx = t;
    t->key = hl__sip_text(c, key);
    if (!t->key || hl__names_put(&c->txns, t->key, t) < 0) {
        hl__free(c->mem, t->key);
        hl__free(c->mem, t);
        return HL_ENOMEM;
    }
    *out = t;
    return 0;
}

/* A copy of its exact size: many of them wait for half a minute. */
static void keep_text(struct sip_txn *t, const hl__buf *text)
{
    hl__free(t->core->mem, t->msg);
    t->msg = hl__strndup(t->core->mem, text->data, text->len);
    t->len = t->msg ? text->len : 0;
}

int hl__sip_txn_client(hl__sip *c, const struct sip_path *path, hl__buf *text, struct sip_txn **out)
{
    int r = HL_ENOMEM;
    hl__buf key;
    struct sip_txn *t = NULL;
    struct sip_msg *m = text->failed ? NULL : hl__alloc(c->mem, sizeof(*m));
    hl__buf_init(&key, c->mem);
    if (m && hl__sip_msg_parse(text->data, text->len, m) == 0) {
        client_key(&key, m->via.branch, m->method, m->method_name);
        r = txn_new(c, path, &key, &t);
    }
    if (r == 0) {
        t->method = m->method;
        t->machine = m->method == SIP_INVITE ? INVITE_CLIENT : CLIENT;
        t->state = CALLING;
        hl__sip_send(c, path, text->data, text->len);
        keep_text(t, text);
        set_again(t, SIP_T1);
        set_over(t, SIP_LONG);
        *out = t;
    }
    hl__free(c->mem, m);
    hl__buf_free(&key);
    hl__buf_free(text);
    return r;
}

int hl__sip_txn_server(hl__sip *c, const struct sip_path *path, const struct sip_msg *m, struct sip_txn **out)
{
    hl__buf key;
    hl__buf_init(&key, c->mem);
    server_key(&key, m, false);
    int r = txn_new(c, path, &key, out);
    hl__buf_free(&key);
    if (r == 0) {
        (*out)->method = m->method;
        (*out)->machine = m->method == SIP_INVITE ? INVITE_SERVER : SERVER;
        (*out)->state = PROCEEDING;
    }
    return r;
}

void hl__sip_txn_own(struct sip_txn *t, const struct sip_user *user, void *owner)
{
    t->user = user;
    t->owner = owner;
}

void hl__sip_txn_cancelled(struct sip_txn *t)
{
    set_over(t, SIP_LONG);
}

struct sip_txn *hl__sip_txn_find(hl__sip *c, const struct sip_msg *m, bool invite)
{
    hl__buf key;
    hl__buf_init(&key, c->mem);
    if (m->is_request)
        server_key(&key, m, invite);
    else
        client_key(&key, m->via.branch, m->cseq_method, m->cseq_name);
    struct sip_txn *t = key.failed ? NULL : hl__names_get(&c->txns, key.data);
    hl__buf_free(&key);
    return t;
}

bool hl__sip_txn_input(hl__sip *c, const struct sip_path *path, const struct sip_msg *m)
{
    struct sip_txn *t = hl__sip_txn_find(c, m, false);
    (void)path;
    if (!t)
        return false;
    if (m->is_request) {
        bool ack = m->method == SIP_ACK;
        if (!ack)
            c->figures.again_in++;
        if (ack && t->state == ACCEPTED)
            return false; /* an ACK to a 2xx that re-used the branch: it is the dialog's */
        (void)step(t, ack ? ACK : REQUEST, m); /* what the state does not want is a repeat: nothing */
        return true;
    }
    int stimulus = m->status < 200 ? PROVISIONAL : m->status < 300 ? OK : REFUSAL;
    if (!step(t, stimulus, m))
        c->figures.again_in++;
    return true;
}

void hl__sip_txn_reply(struct sip_txn *t, hl__buf *text, int status)
{
    if (text->failed) {
        hl__buf_free(text);
        return;
    }
    hl__sip_send(t->core, &t->path, text->data, text->len);
    keep_text(t, text);
    hl__buf_free(text);
    /* a second final is a fault of ours that the table refuses */
    (void)step(t, status < 200 ? SEND_PROVISIONAL : status < 300 ? SEND_OK : SEND_REFUSAL, NULL);
}

bool hl__sip_txn_answered(const struct sip_txn *t)
{
    return t->state != PROCEEDING;
}

void hl__sip_txns_free(hl__sip *c)
{
    uint32_t pos = 0;
    for (struct sip_txn *t; (t = hl__names_at(&c->txns, &pos));) {
        txn_free(t);
        pos = 0;
    }
    hl__names_free(&c->txns);
}
