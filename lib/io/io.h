/* io.h - the wing's ground floor: the control thread's loop, the clock, watched descriptors, UDP, addresses.
 *
 * One loop an engine. It owns the libwebsockets context, whose service call is where the control thread sleeps; what
 * else may wake it (timers, wake-ups, sockets, eventfds) sits in one epoll set, which is one more descriptor to lws.
 *
 *   turn:  drivers' step() where due() has come -> hl__tick() -> step() -> queued UDP leaves -> sleep until the next
 *
 * Signals are blocked in the library's threads. The only clock of the library is read in loop.c. */
#ifndef HL_IO_IO_H
#define HL_IO_IO_H
#include "engine/driver.h"

struct lws_context;
typedef struct hl__loop hl__loop;

/* loop.c */
typedef struct hl__loop_options {
    hl_t *hl;
    hl__mem *mem;
    hl__logger *log;
    hl_time pretend; /* the day starts here instead of at the wall clock's time; 0: the wall clock's */
} hl__loop_options;
int hl__loop_new(const hl__loop_options *opt, hl__loop **out);       /* HL_ENOMEM, HL_EIO; no thread yet */
int hl__loop_driver(hl__loop *l, const hl__driver *d);               /* before the start; copied; HL_ELIMIT after 8 */
int hl__loop_start(hl__loop *l);                                     /* the control thread; HL_EIO */
void hl__loop_stop(hl__loop *l); /* any other thread: drivers' stop() in reverse order and a last tick, on the control
                                    thread, then its end is waited for. Without a start: nothing */
void hl__loop_free(hl__loop *l);                                     /* takes NULL; stops first */
void hl__loop_wake(hl__loop *l);                                     /* any thread, also a signal handler */
hl_time hl__loop_now(hl__loop *l);                                   /* any thread: the clock, corrected gently */
struct lws_context *hl__loop_lws(hl__loop *l);
hl__loop *hl__loop_of(struct lws_context *lws);                      /* NULL for NULL */
int64_t hl__loop_turns(const hl__loop *l);
struct timespec;
void hl__sleep_until(int ms, struct timespec *out); /* so long from now, for a condition variable on CLOCK_MONOTONIC */

/* clock.c - one time line for intervals and for the calendar. It runs on CLOCK_BOOTTIME and follows the wall clock: if
 * less than 1 s apart by 1/2000, so that no interval feels it; a wall clock put forward is followed at once, one put
 * back by running at half speed until it is met. Time never steps back. */
typedef struct hl__clock { hl_time now, boot, offset; int64_t spare, stepped; } hl__clock; /* stepped: sum of jumps */
void hl__clock_init(hl__clock *c, hl_time boot, hl_time wall, hl_time pretend);
hl_time hl__clock_read(hl__clock *c, hl_time boot, hl_time wall);

/* watch.c - descriptors that wake the loop. Control thread, or before the start. The descriptor stays the caller's. */
enum { HL__READ = 1, HL__WRITE = 2 };
typedef struct hl__watch hl__watch;
typedef void hl__ready_fn(void *ctx, int fd, uint32_t what); /* level-triggered; what: HL__READ, HL__WRITE */
int hl__watch_new(hl__loop *l, int fd, uint32_t what, hl__ready_fn *fn, void *ctx, hl__watch **out);
int hl__watch_set(hl__watch *w, uint32_t what);
void hl__watch_free(hl__watch *w);                                   /* takes NULL; also inside its own function */

/* udp.c - a datagram socket: read in batches of 64, sent in batches at the end of the turn. */
typedef struct hl__udp hl__udp;
typedef struct hl__udp_stats { int64_t in, out, out_errors, out_full, truncated; } hl__udp_stats;
typedef void hl__udp_fn(void *ctx, hl__udp *u, const hl__packet *packets, uint32_t count); /* data lives until return */
int hl__udp_open(hl__loop *l, const hl__addr *at, hl__udp_fn *fn, void *ctx, hl__err *err, hl__udp **out); /* HL_EIO */
void hl__udp_close(hl__udp *u);                                      /* takes NULL; what is queued is sent first */
const hl__addr *hl__udp_at(const hl__udp *u);                        /* where it is bound, with the port */
int hl__udp_send(hl__udp *u, const hl__addr *to, const void *data, size_t len); /* queued; HL_ELIMIT: 256 KiB wait */
void hl__udp_flush(hl__udp *u);
const hl__udp_stats *hl__udp_figures(const hl__udp *u);

/* work.c - what would hold up the control thread (key derivation): one worker thread, started when first needed. */
typedef struct hl__job hl__job;
struct hl__job { /* lies in the asker's own struct */
    void (*run)(hl__job *job);  /* on the worker; touches nothing but the job */
    void (*done)(hl__job *job); /* on the control thread, also when it was not run any more */
    hl__job *next;
    int ran;
};
int hl__loop_work(hl__loop *l, hl__job *job);                        /* control thread; HL_ELIMIT: 64 wait already */

/* chance.c */
int hl__chance(void *out, size_t len);                               /* bytes for secrets; HL_EIO */

/* addr.c - family 4 (four bytes of ip) or 6, 0: none; port in the machine's order. */
#define HL__ADDR_TEXT 56
int hl__addr_parse(const char *text, uint16_t port, hl__addr *out);  /* "192.0.2.1:5060", "[::1]:5060", "::1" */
const char *hl__addr_text(const hl__addr *a, char out[HL__ADDR_TEXT]); /* as parse reads it, port if not 0 */
bool hl__addr_same(const hl__addr *a, const hl__addr *b);            /* ip and port; ::ffff:a.b.c.d is a.b.c.d */
uint32_t hl__addr_out(const hl__addr *a, void *sockaddr);            /* fills a sockaddr_storage; its length, 0: none */
void hl__addr_in(const void *sockaddr, hl__addr *out);               /* from a sockaddr; mapped: family 4 */
int hl__addr_probe(const hl__addr *at, hl__err *err);                 /* could a server listen there? HL_EIO */
int hl__addr_toward(const hl__addr *far, hl__addr *out);             /* which of ours talks to far; port 0; HL_EIO */
#endif
