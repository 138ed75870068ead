/* net.h - user agents in a network that delays, loses, doubles and reorders; the clock is the test's. */
#ifndef TESTS_SIP_NET_H
#define TESTS_SIP_NET_H
#include "hl_test.h"
#include "sip/sip.h"
#include <hotline/call.h>

enum { NET_PEERS = 3, NET_QUEUE = 4096 };
typedef struct net_leg { /* what one side's engine knows of a leg */
    hl_id id;
    int in, ringing, early, answered, media, keys, ended, refused, held;
    hl__leg_ev end;
    char did[64], caller[64], name[64], pressed[16];
    hl__media theirs;
} net_leg;
typedef struct net_packet { hl_time at; int to; hl__addr from; size_t len; char *data; } net_packet;
typedef struct net {
    hl__sip *ua[NET_PEERS];               /* at 10.0.0.1, .2, .3, port 5060 */
    hl_time now;
    hl__rand rand;
    uint32_t loss_ppm, dup_ppm, jitter_us, delay_us;
    net_packet queue[NET_QUEUE];
    int queued;
    hl_id next_id;
    hl__mem mem;                          /* of the network's own, never failing */
    hl__map legs;                         /* id -> net_leg */
    hl_id last[NET_PEERS];                /* the newest leg of each side */
    char *wire;                           /* all text that was sent, if kept */
    size_t wire_len;
    bool keep_wire;
    void (*on)(struct net *n, int side, const hl__leg_ev *ev, net_leg *l); /* what the engines do; may be NULL */
    void *ctx;
} net;

void net_begin(net *n, uint64_t seed);
void net_end(net *n);
void net_add(net *n, int side, const char *json, bool open);
int net_try_add(net *n, int side, const char *json, bool open); /* HL_ENOMEM */
void net_pump(net *n);                    /* everything that is due at n->now */
void net_run(net *n, hl_time us);         /* lets time pass */
void net_settle(net *n, int side, hl_id leg); /* until that leg has ended, at most 200 s */
net_leg *net_leg_of(net *n, hl_id id);
hl_id net_call(net *n, int side, const char *number, const char *caller); /* through any trunk */
hl_id net_call_phone(net *n, int side, hl_id phone);
void net_media(hl__media *m, int side, int kind);
hl__addr net_addr(int side);
void net_inject(net *n, int to, const char *from, const char *text); /* a datagram of a stranger: "192.0.2.1:5060" */
int net_reply(const net *n);              /* the last final status that was sent; 0: none */
#endif
