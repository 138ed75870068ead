/* gateway.h - browsers and HTTP: sessions, grants, log-ins, files, figures. The wire is in doc/internals/gateway.md.
 *
 * Everything up to the driver is pure: text and time in, text out. All of it is touched with the engine's lock held;
 * sockets (service.c) are the control thread's alone. */
#ifndef HL_GATEWAY_GATEWAY_H
#define HL_GATEWAY_GATEWAY_H
#include <hotline/gateway.h>
#include "base/json.h"
#include "base/section.h"
#include "engine/driver.h"

#define HL__MESSAGE_MAX 65536      /* one message or body from outside */
#define HL__QUEUE_MAX (256 * 1024) /* waiting to be read by one page */
#define HL__EVENTS_KEPT 256
#define HL__REPLIES_KEPT 64
#define HL__GRANTS_MAX 20000
#define HL__SECRET 33              /* 128 bits in hexadecimal and NUL */
enum { HL__CLOSE_BYE = 4000, HL__CLOSE_TAKEN, HL__CLOSE_HELLO, HL__CLOSE_REFUSED, HL__CLOSE_STOLEN, HL__CLOSE_LIMIT,
    HL__CLOSE_STOPS };

/* ops.c - what may be asked, by the table HL__OPS. */
int hl__op_find(const char *name);                      /* HL__DO_*, 0: none that anybody may ask */
const char *hl__op_args(int op);                        /* "name:type name?:type" */
bool hl__op_allowed(int op, uint32_t role);
int hl__op_check(const hl__json *msg, uint32_t role, int *out, hl__err *err); /* HL_ENOTSUP, HL_EDENIED, HL_EINVAL */
const char *hl__role_name(uint32_t role);               /* "agent"; "" */
uint32_t hl__role_find(const char *name);               /* HL_GRANT_*, 0: none */
const char *hl__code_name(int code);                    /* "ESTATE" for HL_ESTATE */
/* {"re":7,"ok":true,...} or {"re":7,"err":"ESTATE","msg":"..."}; json: an object with more, words of an error, NULL */
void hl__answer(hl__buf *b, const int64_t *re, int code, const char *json, size_t len);

/* grant.c - tickets and keys: a secret told once, its hash kept. */
typedef struct hl__grant {
    char hash[65];
    uint32_t role;
    hl_id agent, queue;
    char *subject, *number, *data, *lang;
    hl_time until;                                      /* INT64_MAX: until revoked */
    int32_t uses, spare;                                /* left; -1: any number */
} hl__grant;
typedef struct hl__grants { hl__mem *mem; hl__names by_hash; uint32_t count; hl_time swept; } hl__grants;
void hl__grants_init(hl__grants *g, hl__mem *mem);
void hl__grants_free(hl__grants *g);
int hl__grant_check(const hl_grant *grant, hl__err *err);
int hl__grant_add(hl__grants *g, hl_time now, const hl_grant *grant, const uint8_t random[16], char out[HL__SECRET]);
hl__grant *hl__grant_find(hl__grants *g, hl_time now, const char *secret); /* NULL: unknown, used up or over */
void hl__grant_use(hl__grants *g, hl__grant *grant);    /* one use less; at 0 it is gone */
int hl__grants_revoke(hl__grants *g, const char *subject);

/* session.c, link.c - pages. A link is a page's socket, real or played; a session outlives it. */
typedef struct hl__seat hl__seat;
typedef struct hl__link hl__link;
typedef struct hl__mail { struct hl__mail *next; size_t len; char text[]; } hl__mail;
typedef struct hl__seats_up {
    void *ctx;
    hl_id (*id)(void *ctx);
    void (*op)(void *ctx, hl_id session, int64_t id, int op, const char *json, size_t len);
    void (*random)(void *ctx, void *out, size_t len);
    void (*mail)(void *ctx, hl__link *k);               /* it has something to say; told once until it was taken */
} hl__seats_up;
typedef struct hl__told { int64_t id; char *text; size_t len; bool waits; } hl__told;
struct hl__seat {
    struct hl__seats *of;
    int32_t state;                                      /* HL_SESSION_* */
    uint32_t role;
    hl_id id, agent;
    char *subject;
    hl__link *link;                                     /* READY: the page's; NULL while it is away */
    hl_time since, heard;
    int64_t hello, highest;                             /* number of the hello that waits; of the newest operation */
    hl_seq seq, asked;                                  /* newest event; what the page asked to go on after */
    bool opened, greeted, resumed;                      /* engine said yes; hello answered; it is a resume */
    uint8_t token[2][32], spent[4][32];                 /* hashes: now, the one before; older ones */
    uint32_t spent_count;
    char *event[HL__EVENTS_KEPT];                       /* by seq % 256; NULL: acknowledged or never */
    hl_seq oldest;                                      /* all from here on are kept */
    hl__told reply[HL__REPLIES_KEPT];                  /* by arrival */
    uint32_t replies;
    hl__timer timer;                                    /* resume_s */
};
struct hl__link {
    struct hl__seats *of;
    hl__link *next, *prev, *mail_next;
    hl__seat *session;                               /* NULL: has not said hello */
    void *owner;                                        /* service.c's */
    hl_id played;                                       /* the session an application feeds by itself; 0: a socket */
    char *address, *browser, *origin;
    hl_time since, heard, pinged;
    uint32_t rtt_us;
    int32_t missed;                                     /* pings without an answer */
    bool pings, ping_now, mailed;                       /* pings: the owner can send and hear them */
    int32_t close_code;                                 /* 0: open */
    char close_why[80];
    hl__mail *first, **last, *taken;
    size_t queued;
    hl__timer timer;                                    /* hello's 5 s; the next ping */
};
typedef struct hl__seats {
    hl__mem *mem;
    hl__logger *log;
    hl__grants *grants;
    hl__seats_up up;
    hl__map by_id, by_agent;
    hl__wheel wheel;
    hl__link *links;
    hl_time now;
    uint32_t max, links_count;
    int64_t resume_us, ping_us;
    int64_t opened, resumed, refused, taken, slow, stolen; /* counters */
} hl__seats;
enum { HL__SAY_NOTHING, HL__SAY_TEXT, HL__SAY_PING, HL__SAY_CLOSE };
int hl__seats_init(hl__seats *ss, hl__mem *mem, hl__logger *log, hl__grants *grants, const hl__seats_up *up);
void hl__seats_free(hl__seats *ss);               /* says nothing to anybody */
void hl__seats_stop(hl__seats *ss);               /* every link: 4006; every session: gone */
hl_time hl__seats_due(const hl__seats *ss);
void hl__seats_step(hl__seats *ss, hl_time now);
hl__seat *hl__seat_find(hl__seats *ss, hl_id id);
hl__seat *hl__seat_after(hl__seats *ss, hl_id after, hl_id agent); /* by id; NULL: no more */
void hl__seat_push(hl__seats *ss, hl_id id, const char *json, size_t len); /* {"ev":...}: seq is put in */
void hl__seat_reply(hl__seats *ss, hl_id id, int64_t re, int code, const char *json, size_t len);
void hl__seat_end(hl__seats *ss, hl_id id, int code, const char *why, bool tell); /* tell: the engine, too */
int hl__link_new(hl__seats *ss, hl_time now, const char *address, const char *browser, hl__link **out);
void hl__link_free(hl__link *k);                        /* takes NULL; its session stays as it is */
int hl__link_feed(hl__link *k, hl_time now, const char *json, size_t len, hl__err *err); /* <0: it was closed, words */
void hl__link_pong(hl__link *k, hl_time now);
void hl__link_cut(hl__link *k, hl_time now);            /* the socket is gone: frees the link */
int hl__link_take(hl__link *k, const char **text, size_t *len); /* HL__SAY_*; text lives until the next take */
hl__link *hl__link_played(hl__seats *ss, hl_id session); /* NULL: none */
void hl__link_say(hl__link *k, const char *text, size_t len);
void hl__link_close(hl__link *k, int code, const char *why);
void hl__link_mail(hl__link *k);
/* between the two files */
void hl__seat_hear(hl__seat *s, const hl__json *msg, const char *text, size_t len);
void hl__seat_ack(hl__seat *s, hl_seq seq);
int hl__seat_hello(hl__link *k, const hl__json *msg, hl__err *err);
int hl__seat_on(hl__seat *s, int stimulus, int code, const char *why);
#define HL__SEAT_ON(X) X(OPENED) X(CUT) X(MISSED) X(SLOW) X(TOKEN) X(TAKEN) X(STOLEN) X(EXPIRED) X(BYE) X(CLOSED)
#define X(name) HL__ON_##name,
enum { HL__SEAT_ON(X) HL__ON_END };
#undef X

/* password.c - who may log in, and that guessing takes time. */
typedef struct hl__secret { uint32_t n, r, p, salt_len; uint8_t salt[32], hash[32]; } hl__secret;
typedef struct hl__login { char *name, *agent; uint32_t role, line; hl__secret secret; } hl__login;
typedef struct hl__logins { hl__mem *mem; hl__names by_name; } hl__logins;
void hl__logins_init(hl__logins *l, hl__mem *mem);
void hl__logins_free(hl__logins *l);
int hl__logins_read(hl__logins *l, const char *text, size_t len, hl__err *err); /* all or nothing; tells the line */
int hl__login_put(hl__logins *l, const char *name, uint32_t role, const char *agent, const hl__secret *secret);
void hl__login_drop(hl__logins *l, const char *name);
const hl__login *hl__login_find(const hl__logins *l, const char *name);
const hl__secret *hl__secret_decoy(const hl__logins *l); /* costs what a known name costs; fits no password */
int hl__secret_make(const char *password, const uint8_t salt[16], hl__secret *out); /* slow on purpose */
bool hl__secret_fits(const hl__secret *s, const char *password, uint64_t *work);    /* work: + blocks mixed */
int hl__secret_line(hl__buf *b, const char *name, uint32_t role, const hl__secret *s);
typedef struct hl__tries { hl__mem *mem; hl__map map; uint64_t seed; } hl__tries;
void hl__tries_init(hl__tries *t, hl__mem *mem, uint64_t seed);
void hl__tries_free(hl__tries *t);
int hl__tries_take(hl__tries *t, hl_time now, const char *what, const char *who); /* HL_ELIMIT: 5 in this minute */
void hl__tries_give(hl__tries *t, const char *what, const char *who);  /* it was the right one: does not count */

/* http.c - which request is what; what an error is called there. */
enum { HL__ROUTE_FILE, HL__ROUTE_SDK, HL__ROUTE_LOGIN, HL__ROUTE_CALLER, HL__ROUTE_OP, HL__ROUTE_GET, HL__ROUTE_METRICS,
    HL__ROUTE_HEALTH, HL__ROUTE_NONE, HL__ROUTE_METHOD };
enum { HL__GET = 1, HL__POST, HL__HEAD, HL__OPTIONS, HL__OTHER };
typedef struct hl__route { int kind, op; hl_id id; const char *rest; } hl__route; /* rest: behind /sdk/ */
void hl__route_find(int method, const char *path, hl__route *out);
int hl__http_status(int code);
int hl__query_json(hl__buf *b, const hl__route *route, const char *query, hl__err *err); /* {"op":...,"phone":"..."} */
bool hl__origin_ok(const char *origin, const char *host, const char *const *allowed, size_t count);
int hl__op_signed(hl__buf *b, int op, const char *json, size_t len, const hl__grant *by); /* says who asks */

/* pages.c - a file below a folder. */
int hl__page_path(hl__buf *b, const char *folder, const char *path); /* HL_ENOENT: not below it, hidden, not a file */
const char *hl__page_type(const char *path);

/* metrics.c */
typedef struct hl__metrics { int64_t requests, errors, sockets, messages, refused_logins, over_limit; } hl__metrics;
void hl__metrics_engine(hl__buf *b, const hl__json *figures); /* {"legs":3,"waiting":{"queue":{"billing":2}}} */
void hl__metrics_own(hl__buf *b, const hl__metrics *m, const hl__seats *ss);

/* config.c - the section "gateway". */
typedef struct hl__gateway_config {
    char *bind, *cert, *key, *pages, *sdk, *login;
    char **origins;
    uint32_t origin_count;
    int32_t port;
    bool plain, callers;
    int32_t max_sessions, max_per_ip, callers_per_ip, resume_s, ping_s;
} hl__gateway_config;
void hl__gateway_check(void *domain, const char *name, const hl__json *value, const hl__place *at, hl__findings *f,
                       const hl__doc *doc);
int hl__gateway_read(hl__mem *mem, const hl__json *value, hl__gateway_config **out);
void hl__gateway_config_free(hl__mem *mem, hl__gateway_config *c);

/* driver.c - the gateway as the engine has it; hl__driver's d is the hl__gateway. With the engine's lock held but for
 * the driver's own functions; an application's thread calls hl__gateway_touched() before it lets go of the lock. */
typedef struct hl__gateway hl__gateway;
void hl__gateway_section(hl__gateway *g, hl__section *out); /* the driver's set() gets the object */
hl__seats *hl__gateway_seats(hl__gateway *g);
hl__grants *hl__gateway_grants(hl__gateway *g);
hl__logins *hl__gateway_logins(hl__gateway *g);         /* set by the application, beside the file */
void hl__gateway_random(hl__gateway *g, void *out, size_t len);
void hl__gateway_touched(hl__gateway *g);
const char *hl__gateway_address(hl__gateway *g);        /* "http://127.0.0.1:8080"; "": nothing is listened to */
#endif
