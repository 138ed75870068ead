/* enter.h - how a public call comes in and goes out: lock, desk, words, strings; rows that grow with the library.
 *
 *   int r = hl__enter(hl);            (or hl__enter_command(hl, new_work) for what changes something)
 *   if (r < 0)
 *       return r;
 *   r = <one call into a domain>;
 *   return hl__leave(hl, r);
 */
#ifndef HL_API_ENTER_H
#define HL_API_ENTER_H
#include "engine/engine.h"
#include <pthread.h>

struct hl__loop;
struct hl__store;

typedef struct hl__kept_text { struct hl__kept_text *next; char text[]; } hl__kept_text;
struct hl__outlooks;
typedef struct hl__desk { /* a thread's corner in an engine */
    hl__err err;
    struct hl__outlooks *outlooks; /* what hl_forecast_next() tells row by row */
    hl__findings findings;
    hl__kept_text *kept;
    bool failed; /* a string could not be kept */
} hl__desk;

typedef struct hl__zone { struct hl__zone *next; char *name, *bytes; size_t len; } hl__zone;

typedef struct hl__shell { /* what a real engine has around it; in a simulation loop and store are NULL */
    pthread_mutex_t lock;
    pthread_cond_t changed;    /* events wait, a wake-up, somebody left, stopped */
    hl__map desks;             /* by thread */
    hl__desk *desk;            /* of the call that holds the lock */
    bool command, closing, no_desk; /* no_desk: a thread found no memory for its own */
    bool advancing;            /* a thread is in hl_advance(): drivers are its alone meanwhile */
    atomic_int inside;         /* calls between their first and their last line: hl_close() waits for them */
    int fd, log_fd;
    atomic_llong log_dropped;
    atomic_int wakes;          /* hl_wake() may come from a signal handler: it only counts */
    atomic_int stop_ms;        /* so may hl_stop(): 1 + its drain_ms, 0: not asked */
    unsigned *alive;           /* 1; a forked child sees 0 */
    struct hl__loop *loop;
    struct hl__store *store;
    struct hl__watch *watch;
    hl__zone *zones;
    char *zoneinfo;
} hl__shell;

int hl__enter(hl_t *hl);                         /* a call that reads */
int hl__enter_command(hl_t *hl, bool new_work);  /* one that changes something: a step */
int hl__leave(hl_t *hl, int r);                  /* r; below 0 the words stay on the desk */
void hl__go_out(hl_t *hl);                       /* of a reading call: files are read without the lock */
void hl__come_in(hl_t *hl);
void hl__at_desk(hl_t *hl);                      /* after a wait: this thread's desk is the lock's again */
const char *hl__keep(hl_t *hl, const char *text); /* lasts until this thread's next call; NULL in: NULL out */
hl__findings *hl__desk_findings(hl_t *hl);       /* of this thread's last load or check */

/* Structs that begin with `size`. _in: the caller's, as this library knows it: what is short is zero; a byte beyond
 * what we know must be zero (HL_EVERSION). _ok: can such a row be filled. _out: fills it, the rest of the caller's is
 * zero. first: the size it had in the first release. */
int hl__row_in(hl_t *hl, const void *theirs, void *ours, size_t size, size_t first);
int hl__row_ok(hl_t *hl, const void *theirs, size_t first);
void hl__row_out(void *theirs, const void *ours, size_t size);
int hl__struct_in(hl__err *err, const void *theirs, void *ours, size_t size, size_t first); /* without an engine */
int hl__struct_ok(hl__err *err, const void *theirs, size_t first);
int hl__id_ok(hl_t *hl, hl_id id, int kind, const char *what); /* HL_EINVAL: not the id of `what` ("a queue") */
int hl__text_in(hl_t *hl, const char *text, size_t max, const char *what); /* NULL is fine; HL_EINVAL, HL_ELIMIT */
int hl__object_in(hl_t *hl, const char *json, size_t max, const char *what); /* a JSON object; the same, HL_EPARSE */
int hl__after_ok(hl_t *hl, hl_id id, int kind);   /* what a list goes on behind: 0 or an id of its kind */

struct timespec;
void hl__until(int ms, struct timespec *out);     /* so long from now, in the clock of shell->changed */
const char *hl__open_words(void);                 /* of this thread's last hl_open(), or call that has no engine */
int hl__without_engine(const hl__err *err, int r); /* keeps such a call's words, err may be NULL; r */
void hl__shell_stop(hl_t *hl);                   /* lock held: carries out an hl_stop() */
int hl__shell_new(hl_t *hl, const hl_options *opt);
void hl__shell_free(hl_t *hl);
int hl__zone_read(void *engine, const char *name, const void **out, size_t *out_len); /* engine: the hl_t */
#endif
