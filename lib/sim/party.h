/* party.h - what the files of lib/sim share: parties, their clock, what is to be reported. */
#ifndef HL_SIM_PARTY_H
#define HL_SIM_PARTY_H
#include "base/av.h"
#include "sim/sim.h"

#define HL__PARTY_STEPS(X) X(IDLE) X(PROGRESS) X(PICK_UP) X(ANSWERED) X(KEYS) X(GONE)
#define X(name) HL__PARTY_##name,
enum { HL__PARTY_STEPS(X) HL__PARTY_END };
#undef X

typedef struct hl__party { /* one end of a line: a telephone, or a page */
    hl__sim *sim;
    hl_id leg;           /* a page: the leg its sound carries now; 0: none */
    hl_id session, agent, offer, contact;
    bool is_caller, talks, here;
    int next;            /* HL__PARTY_*: what `act` does */
    hl__sim_manner manner;
    char *keys, *at;     /* at: the next key */
    char *clips;         /* what plays to it */
    hl_id play;
    hl__rand rand;
    hl__timer act, end, heard; /* its next deed; the end of patience or talk; of the clips */
} hl__party;

typedef struct hl__sim_report { struct hl__sim_report *next; hl__msg msg; } hl__sim_report;
typedef struct hl__sim_known { char *number; hl__sim_manner manner; } hl__sim_known;

struct hl__sim {
    hl_t *hl;
    hl__mem *mem;
    hl__map legs, pages; /* parties by leg and by session */
    hl__names known;     /* manners by number */
    hl__wheel wheel;
    hl_time now;
    hl__sim_report *first, **last;
    int64_t asked, serial, awaited; /* operations; parties so far; the operation whose reply is waited for */
    int refused, refused_code, code;
    char *reply;
    struct hl__traffic *traffic; /* a scenario; NULL: none */
    int lost;            /* reports that found no memory */
};

hl__party *hl__party_new(hl__sim *s, const hl__sim_manner *m);
void hl__party_free(hl__sim *s, hl__party *p);
void hl__party_act(hl__sim *s, hl__party *p, int next, int64_t ms);
void hl__party_talks(hl__sim *s, hl__party *p, bool talks);
hl__party *hl__party_of(const hl__sim *s, hl_id leg);
void hl__page_act(hl__sim *s, hl__party *p);         /* deeds of a page, of a telephone */
void hl__phone_act(hl__sim *s, hl__party *p);
void hl__page_hangs_up(hl__sim *s, hl__party *p);
void hl__phone_hangs_up(hl__sim *s, hl__party *p);
void hl__report_sound(hl__sim *s, int kind, hl_id leg, hl_id session, hl_id ref, int code);
void hl__report_blob(hl__sim *s, const hl__msg *to, int kind, int blob, const void *data, size_t len); /* to: q */
void hl__sound_stop(hl__sim *s, hl__party *p, int code);
hl_time hl__sim_now(hl__sim *s);
void hl__sim_lock(hl__sim *s);                       /* the engine, at this driver's time */
void hl__sim_unlock(hl__sim *s);
extern const hl__leg_ops hl__sim_legs_ops;
extern const hl__session_ops hl__sim_sessions_ops;
extern const hl__media_ops hl__sim_media_ops;
#endif
