/* service.h - the gateway from inside, and its sockets: shared by driver.c, service.c, exchange.c and login.c.
 *
 * A sock is one TCP connection: HTTP exchanges one after the other, or a WebSocket and then it has a link. */
#ifndef HL_GATEWAY_SERVICE_H
#define HL_GATEWAY_SERVICE_H
#include "gateway/gateway.h"

struct lws;
struct lws_vhost;
struct lws_context;
typedef struct hl__sock {
    hl__gateway *g;
    struct lws *wsi;
    struct hl__sock *next, *prev;
    char address[48];
    uint64_t serial;          /* of the exchange: tells whether an answer still has somebody to go to */
    int method;
    hl__route route;
    char *path, *host, *origin, *key, *browser; /* of the present request */
    hl__buf in, out;          /* body so far; what is to be written */
    int status;
    const char *type;
    bool body_over, cut;      /* body over the limit; link told */
    hl__link *link;
} hl__sock;

typedef struct hl__near { uint64_t key; uint32_t count, callers; } hl__near; /* connections from one address */

struct hl__gateway {
    hl_t *hl;
    hl__mem *mem;
    hl__logger *log;
    struct lws_context *lws;  /* NULL: no sockets, a simulation */
    struct lws_vhost *vhost;
    hl__gateway_config *config; /* NULL: nothing was loaded */
    char address[80];         /* "http://127.0.0.1:8080" while it listens */
    hl__grants grants;
    hl__logins logins, filed; /* set by the application; read from the file */
    int64_t filed_at, filed_size;
    hl__tries tries;
    hl__seats seats;
    hl__metrics metrics;
    hl__sock *socks;
    hl__map waiting;          /* socks by serial: an answer will come */
    hl__map near;             /* hl__near by hash of address */
    uint64_t serial;
    hl__rand rand;            /* of a simulation; else the system's */
    hl__link *mail;           /* links with something to say */
    _Atomic hl_time due;
};
void hl__gateway_lock(hl__gateway *g);
void hl__gateway_unlock(hl__gateway *g);
hl_time hl__gateway_now(hl__gateway *g);

/* service.c */
int hl__service_listen(hl__gateway *g, hl__err *err);   /* by g->config; closes what was open; no config: only closes */
void hl__service_close(hl__gateway *g);
void hl__service_mail(hl__gateway *g);                  /* without the lock: the links on the list are written */
hl__near *hl__near_of(hl__gateway *g, const char *address, bool make);

/* exchange.c */
int hl__exchange_begin(hl__sock *k);                    /* 0: go on; 1: a body will come; -1: close */
int hl__exchange_body(hl__sock *k, const void *data, size_t len);
int hl__exchange_end(hl__sock *k);                      /* the body is there */
int hl__exchange_write(hl__sock *k);                    /* -1: close */
void hl__exchange_reply(hl__gateway *g, int64_t id, int code, const char *json, size_t len);
void hl__exchange_drop(hl__sock *k);                    /* forgets the request */
void hl__exchange_answer(hl__sock *k, int status, int code, const char *json, size_t len);
void hl__exchange_refuse(hl__sock *k, int status, int code, const char *words);
bool hl__exchange_wait(hl__sock *k);                    /* an answer will come to its serial; false: no memory */

/* login.c */
void hl__login_begin(hl__sock *k, const hl__json *body);
void hl__caller_begin(hl__sock *k, const hl__json *body);
#endif
