/* sim.h - simulated telephones, pages and sound: a driver like any other, on the clock of hl_open_sim().
 *
 * One driver is legs, sessions and media at once. Nothing is heard: a clip lasts as long as its text would be spoken,
 * and two parties talk when the engine's matrix lets them hear each other. What a party does hangs on its manner and on
 * chance with a number of its own, so that the same callers come whatever the hotline does with them.
 * Everything below is called by the thread that calls hl_advance(), between two of its calls. */
#ifndef HL_SIM_SIM_H
#define HL_SIM_SIM_H
#include "base/json.h"
#include "engine/driver.h"

/* law.c - how long something takes. */
enum { HL__LAW_FIXED, HL__LAW_UNIFORM, HL__LAW_EXPONENTIAL, HL__LAW_LOGNORMAL };
typedef struct hl__law { int kind; double mean_ms, cv; } hl__law; /* cv: lognormal's [1]; uniform: 0 to 2 mean_ms */
int64_t hl__law_draw(const hl__law *law, hl__rand *r);            /* ms, never below 0 */
int hl__law_read(const hl__jcheck *c, const char *key, hl__law *out); /* a number, or {"law","mean_ms","cv_percent"} */
uint32_t hl__spoken_ms(const char *clips, size_t len);            /* HL__CLIPS: how long the lines last */

enum { HL__SIM_ANSWER, HL__SIM_BUSY, HL__SIM_REJECT, HL__SIM_IGNORE };
typedef struct hl__sim_manner { /* of somebody who is rung, or who rings */
    int how;                    /* when rung: HL__SIM_* */
    hl__law after;              /* rung: so long it rings first */
    hl__law talk;               /* hangs up after such a talk; mean 0: leaves that to the other side */
    hl__law patience;           /* caller: hangs up after such a time without a talk; mean 0: waits for ever */
    const char *keys;           /* once it talks, pressed one after the other, ',' waits; copied */
    hl__law keys_after;         /* since the answer; [200 ms between keys] */
} hl__sim_manner;

typedef struct hl__sim hl__sim;
hl__sim *hl__sim_of(hl_t *hl);                  /* NULL: not a simulation */

/* Telephones. A caller rings `to` now. Who is rung answers in his number's manner, else in that of "*", else in 2 s. */
int hl__sim_call(hl__sim *s, const char *from, const char *to, const hl__sim_manner *m, hl_id *leg);
int hl__sim_press(hl__sim *s, hl_id leg, const char *keys);      /* HL_ENOENT: it has hung up */
int hl__sim_hangup(hl__sim *s, hl_id leg);
int hl__sim_phone(hl__sim *s, const char *number, const hl__sim_manner *m); /* a registered telephone or an address */
uint32_t hl__sim_legs(const hl__sim *s);                         /* that are there now */
int hl__sim_refused(const hl__sim *s, int *code);                /* callers turned away; the last one's code */
bool hl__sim_talks(const hl__sim *s, hl_id leg);                 /* hears another party */
const char *hl__sim_hears(const hl__sim *s, hl_id leg);          /* lines of what plays to it; NULL: nothing */

/* Pages: an agent's browser with its sound connected. Manner: what it does with an offer. */
int hl__sim_page(hl__sim *s, hl_id agent, const hl__sim_manner *m, hl_id *session);
int hl__sim_ask(hl__sim *s, hl_id session, int op, const char *json); /* HL__DO_*; its code, 0 or HL_E* */
const char *hl__sim_reply(const hl__sim *s);                     /* JSON or words of the last one */
int hl__sim_cut(hl__sim *s, hl_id session);                      /* its connection breaks */
int hl__sim_back(hl__sim *s, hl_id session);
#endif
