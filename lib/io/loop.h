/* loop.h - the loop from inside: shared by loop.c, watch.c, udp.c and work.c. */
#ifndef HL_IO_LOOP_H
#define HL_IO_LOOP_H
#include "io/io.h"
#include <pthread.h>

#define HL__DRIVERS 8

struct hl__loop {
    hl__mem *mem;
    hl__logger *log;
    hl_t *hl;
    struct lws_context *lws;
    int epoll, wake, timer; /* the set belongs to lws and is closed by it */
    _Atomic int woken, stopping;
    int started, drivers, epoll_given;
    _Atomic int64_t turns;
    pthread_t thread;
    pthread_mutex_t clock_lock;
    hl__clock clock;
    hl__driver driver[HL__DRIVERS];
    hl__watch **watch; /* by the low half of the event's number; the high half is the watch's generation */
    uint32_t watches, watch_room, generation;
    hl__udp *udp;          /* all of them */
    struct hl__udp_in *in; /* buffers of one batch, made for the first socket */
    hl__watch *wake_watch, *timer_watch;
    struct hl__workers *work;
};
void hl__watch_ready(hl__loop *l);          /* the set is readable */
void hl__udp_flush_all(hl__loop *l);
void hl__work_take(hl__loop *l);            /* tells what is done */
void hl__work_stop(hl__loop *l);            /* waits for the worker; jobs not run are done without */
#endif
