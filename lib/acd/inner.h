/* inner.h - the model of queues, agents, contacts and offers as the files of lib/acd see it.
 *
 * A command changes objects at once, then hl__acd_settle() tells the engine what came of it (news), lets contacts that
 * are new in their class look for an agent (A) and agents that are free again for a contact (B), till nothing is left.
 * Nothing allocates between the checks of a command and its end: an offer lives in a slot its agent always had. */
#ifndef HL_ACD_INNER_H
#define HL_ACD_INNER_H
#include "acd/acd.h"
#include "acd/figures.h"
#include "expr/expr.h"
#include <hotline/plan.h>

#define HL__CHANNELS 4
#define HL__ACD_MAX 65536            /* classes, profiles */
#define HL__SKILLS_MAX 4096         /* as many as a name of lib/expr may have fields */
#define HL__NEED_MAX 4096
#define HL__NEVER INT64_MAX

/* tree.c - ordered by (key, id), with ranks: a treap whose priorities are a hash of the id. */
typedef struct hl__node {
    struct hl__node *up, *kid[2];
    int64_t key;
    uint64_t id;
    uint32_t size, prio;             /* nodes below and with this one; 0: in no tree */
} hl__node;
typedef struct hl__tree { hl__node *root, *first, *last; } hl__tree;
void hl__tree_add(hl__tree *t, hl__node *n);               /* n->key, n->id are set */
void hl__tree_del(hl__tree *t, hl__node *n);               /* not in a tree: nothing */
hl__node *hl__tree_next(const hl__node *n);
hl__node *hl__tree_after(const hl__tree *t, int64_t key, uint64_t id); /* the least that is greater; NULL */
hl__node *hl__tree_at(const hl__tree *t, uint32_t n);      /* of as many as come before it; n < size */
uint32_t hl__tree_rank(const hl__tree *t, int64_t key, uint64_t id);   /* how many are less */
static inline uint32_t hl__tree_size(const hl__tree *t) { return t->root ? t->root->size : 0; }

/* Two-way lists through the objects; the head is a link that points at itself. */
typedef struct hl__link { struct hl__link *next, *prev; } hl__link;
void hl__link_init(hl__link *l);
bool hl__link_in(const hl__link *l);
void hl__link_add(hl__link *head, hl__link *l);            /* at the end; one that is in a list stays where it is */
void hl__link_del(hl__link *l);
#define HL__OF(type, field, p) ((type *)(void *)((char *)(p) - offsetof(type, field)))

enum { HL__NEWS_STATE = 1, HL__NEWS_CONNECT = 2, HL__NEWS_DONE = 4, HL__NEWS_ESTIMATE = 8, HL__NEWS_MADE = 16,
    HL__NEWS_ENDED = 32 };
enum { HL__OBJ_CONTACT = 1, HL__OBJ_AGENT, HL__OBJ_SLOT };
typedef struct hl__news { hl__link link; uint32_t kind, what; } hl__news; /* kind HL__OBJ_*; what HL__NEWS_* */

/* Settings: immutable behind one pointer. */
#define HL__LAWS(X) X(fifo) X(slope) X(goal) X(cost)
#define HL__PICKS(X) X(longest_idle) X(round_robin) X(top_down) X(fewest) X(least_talk) X(least_occupied) \
    X(best_skill) X(least_flexible) X(weighted)
#define X(name) HL__LAW_##name,
enum { HL__LAWS(X) HL__LAW_END };
#undef X
#define X(name) HL__PICK_##name,
enum { HL__PICKS(X) HL__PICK_END };
#undef X
extern const char *const *const hl__acd_picks, *const *const hl__acd_channels; /* words, NULL ends them */
#define HL__STEPS 8
#define HL__RING_MAX 14              /* of the legs a call may have, those of agents who ring */
typedef struct hl__goal { int32_t is_set, level, target_ms, short_ms, formula; } hl__goal; /* level: of a thousand */
#define HL__ALSO 4
#define HL__TIER_LENT 1001           /* above every tier */
#define HL__RULES 8
typedef struct hl__step { /* -1: not asked; has_need: it stands in place of the queue's */
    int32_t after_ms, ewt_ms, is_nobody, tiers, has_need;
    uint32_t alsos;
    char *need, *also[HL__ALSO];
} hl__step;
typedef struct hl__overflow { int32_t is_closed, is_nobody, after_ms, ewt_ms, length; char *to; } hl__overflow;
typedef struct hl__qconf {
    char *title, *zone, *hours, *need;
    hl__json *data;                  /* types of what needs may read of its contacts; NULL: nothing */
    uint32_t channels, steps;        /* bit: HL_CHANNEL_*; how many */
    int32_t law, slope, power, pick, credit_ms, credit_max_ms, rank_cap_ms;
    int32_t offer_ms, connect_ms, wrapup_ms, wrapup_max_ms;
    int32_t ring_size, add_ms;       /* how many ring at once, 0: all who may; one more each add_ms, 0: none */
    int32_t max_wait_ms, max_len, max_ewt_ms, is_leave, handle_ms, patience_ms, first_ms, every_ms, resume_ms;
    int32_t lead_ms;                 /* a call-back is dialled so long before its turn */
    int32_t alarm_wait_ms, alarm_len; /* 0: none */
    hl__goal goal;
    int32_t delay[HL_OFFER_LATE + 1]; /* cooling by the offer's end */
    hl__step step[HL__STEPS];
    uint32_t rules;
    int32_t is_send, reserve_idle, reserve_ms; /* at closing time who waits goes by the rules; until_ms, 0: for ever */
    hl__overflow overflow[HL__RULES];
    char *reserve_for;
} hl__qconf;
/* What needs may read of agents' or contacts' data: of[k] the names of kind k, text their types as lib/expr reads them.
 * The names belong to the JSON they were read from. */
enum { HL__FIELD_KINDS = 3 };
typedef struct hl__fields { hl__names of[HL__FIELD_KINDS]; hl__buf text; } hl__fields;
typedef struct hl__data { hl__json *json; hl__val *value; uint32_t n; } hl__data; /* value: by field of the scope */
typedef struct hl__want { const char *need, *data; } hl__want; /* of a contact; NULL, "": nothing */
typedef struct hl__member { hl_id queue; int32_t tier, rank, position, weight; } hl__member;
typedef struct hl__level { uint32_t skill; int32_t level; } hl__level; /* skill: place in acd->skill */
typedef struct hl__aconf {
    char *title, *zone, *phone, *address, *capacity;
    hl__member *member;              /* by queue */
    hl__level *level;                /* by skill */
    hl__json *data;                  /* what needs may read of him; NULL: nothing */
    uint32_t members, levels;
    int32_t wrapup_ms;               /* -1: the queue's */
    int16_t max_missed;
    bool is_once, is_auto;
} hl__aconf;
typedef struct hl__capacity { int32_t max, cost; uint32_t over; } hl__capacity; /* of a channel; over: bits */
typedef struct hl__capacities { char *name; hl__capacity of[HL__CHANNELS]; } hl__capacities;

/* Statistics an estimate rests on. */
typedef struct hl__stat {
    double handle_sum, handle_n, gave_up, waited, actual, predicted, reached, called; /* the last two: call-backs */
    hl_time half_at;
} hl__stat;

typedef struct hl__lead { double met, all, log; hl_time half_at; } hl__lead; /* log: of its slope's share */
__extension__ typedef __int128 hl__score;

typedef struct hl__class hl__class;
typedef struct hl__queue {
    hl_id id;
    char *name;
    hl__qconf *conf;
    hl__expr *need, *step_need[HL__STEPS];
    hl__link classes, line;          /* line: contacts waiting or offered, by since */
    hl__tree order;                  /* contacts waiting, by key: who is ahead of whom */
    int32_t waiting, offered, engaged, parked;
    uint32_t channels;               /* of its settings, and of contacts that came when it had others */
    uint32_t lent_channels, lent_bys; /* of queues whose steps open this one's members to them */
    struct hl__queue *reserve, *reserver, *next_reserver; /* for whom agents are kept; who keeps some for this one */
    int32_t idle[HL__CHANNELS];      /* agents of it who are offerable, if somebody keeps some for it */
    int64_t slope;                   /* thousandths; of law goal: as it is steered */
    uint32_t *profile, profiles;     /* kinds of agents that are its members: indexes, in acd->queue_profile */
    hl__stat stat;
    hl__figures *figures;            /* NULL: nobody came yet */
    hl__lead lead;
} hl__queue;

struct hl__class { /* contacts of equal queue, step, requirement and channel: equal agents may have them */
    uint32_t index, channel, step, refs;
    hl__queue *queue;
    char *key, *need, *facts;        /* key: the name it is interned by; need "": none of its own; facts: JSON or "" */
    hl__data data;                   /* facts: what needs may read of its contacts' data */
    hl__expr *expr;
    hl__link link;                   /* in its queue */
    hl__tree tree, parked;           /* who waits, by key; who is called back when its turn is near */
    uint32_t slots;                  /* A(R): staffed slots that may have it; see staff_seen */
    uint64_t staff_seen;
    double *share;                   /* by class: of its agents those who could take this too; below 0: not known */
    uint64_t share_seen;             /* acd->staff they hold for; see hl__class_slots() */
    uint32_t shares, named_n, *named; /* named: skills its needs name, for best_skill */
};

enum { HL__BY_IDLE, HL__BY_ROUND, HL__BY_FEWEST, HL__BY_TALK, HL__BY_OCCUPIED, HL__BYS }; /* order of the idle */
typedef struct hl__profile { /* agents with equal skills, memberships and capacity */
    uint32_t index, refs, members, levels;
    char *key;
    hl__queue **kept;                /* of his queues those agents are kept for */
    uint32_t kepts;
    hl__member *member;
    hl__level *level;
    hl__data data;
    hl__capacity cap[HL__CHANNELS];
    uint32_t channels, bys, nodes;   /* of its queues; orders they need; nodes an agent needs */
    hl__tree idle[HL__CHANNELS][HL__BYS];
    int32_t staffed, free, wrapup, aux; /* agents */
} hl__profile;

typedef struct hl__agent hl__agent;
typedef struct hl__contact hl__contact;
typedef struct hl__promise hl__promise;
#define HL__SLOT_STATES(X) X(FREE) X(PROPOSED) X(CONNECTING) X(TALK) X(WRAPUP)
#define X(name) HL__SLOT_##name,
enum { HL__SLOT_STATES(X) HL__SLOT_END };
#undef X
#define HL__SLOT_STIMULI(X) X(PROPOSE) X(ACCEPT) X(LAPSE) X(UP) X(FAIL) X(OVER) X(WRAPPED)
#define X(name) HL__SLOT_DO_##name,
enum { HL__SLOT_STIMULI(X) HL__SLOT_DO_END };
#undef X
typedef struct hl__slot { /* work in an agent's hands: proposed, being connected, talked over, wrapped up */
    hl__news news;
    struct hl__slot *next;           /* of the agent */
    struct hl__slot *chain;          /* in acd->bucket */
    struct hl__slot *peer;           /* of the contact: one more that rings */
    hl__agent *agent;
    hl__contact *contact;            /* NULL in WRAPUP */
    hl_id contact_id, offer, queue;
    hl_time made, deadline, up, over; /* up: talk began; 0: no media yet; over: wrap-up began */
    int32_t state, channel, how, more_ms; /* how: HL_OFFER_* it ended by; more_ms: wrap-up asked for so far */
} hl__slot;

struct hl__agent {
    hl__news news;
    hl__link free;                   /* asks for (B) */
    hl_id id;
    char *name, *own_reason;         /* own_reason: reason, if it is not a constant */
    const char *reason;
    hl__aconf *conf;
    hl__profile *profile;
    hl__node *node;                  /* profile->nodes of them, channel by channel */
    hl__node by_id;
    hl__slot *slot;
    hl__tree mine;                   /* contacts that wait for him alone */
    hl__timer timer;
    hl_time since, idle_since, aux_since, cool_until, gone_at, day_end;
    double occupied;                 /* share of his time at work, fading over 15 min; as it was at: */
    hl_time occupied_at;
    int64_t talk_us;                 /* today */
    uint32_t in_hand[HL__CHANNELS], slots, pooled; /* pooled: bits of channels he is offered on */
    int32_t state, before, work, counted, handled, missed, missed_row; /* before: GONE; counted: as in the profile */
    uint32_t last_offer, spare;
};

struct hl__contact {
    hl__news news;
    hl__link fresh, line;            /* asks for (A), or offered to several: in acd->wide; in its queue */
    hl__node node, in_order, by_id;
    hl__tree *tree;                  /* the one node is in */
    hl_id id, leg, ticket, prefer;
    hl__class *class;
    hl__slot *slot, *ring;           /* who accepted it; who are asked */
    hl__timer timer;
    hl_time since, base, key;        /* key = base - credit */
    hl_time queued, until, step_at, say_at, prefer_at; /* until: deadline of the state; 0: none */
    hl_time ring_at;                 /* offered: one more rings; connecting: the others stop */
    int32_t state, offers, every_ms, prefer_ms, max_wait_ms, resume_ms;
    int32_t place, p50_ms, p80_ms, predicted_ms; /* what was announced; what the wait was to be */
    int32_t lost_ms;                 /* wait till the hang-up */
    int16_t outcome, hops, rings, last_rule; /* rings: how many do */
    int32_t hung_ms;                 /* HL__WAIT_*; lost: its wait in this queue till the hang-up */
    hl_id last_agent, runner;        /* the last decision: who, who was second */
    char *ref, *number, *data;
    hl__promise *promise;            /* of a call-back, till it is kept, broken or cancelled */
};

struct hl__promise {
    int32_t mode, tries, gap_ms, tried;
    hl_time from, until, again, look; /* again: not before; look: when it must be looked at */
    char *number, *note;
};

/* Since when its party has been on the line. */
static inline hl_time hl__on_line(const hl__contact *c)
{
    return c->promise ? c->queued : c->since;
}

struct hl__acd {
    hl__core *core;
    hl__calendars *cal;
    hl__acd_up up;
    hl__map queues, agents, contacts;
    hl__names queue_names, agent_names, capacities, class_names, profile_names, refs, skill_names;
    hl__tree agents_by_id, contacts_by_id;
    hl__queue **queue; uint32_t queue_n, queue_room;     /* by id */
    hl__class **class; uint32_t class_n, class_room;     /* by index; NULL: free */
    hl__profile **profile; uint32_t profile_n, profile_room;
    uint32_t *queue_profile;                             /* as of the last hl__acd_rebuild() */
    char **skill; uint32_t skill_n, skill_room;
    uint64_t *fit, *fit_back;        /* class x profile, profile x class: bits */
    uint32_t class_words, profile_words;
    uint64_t *waiting[HL__CHANNELS], *parked[HL__CHANNELS], *idle[HL__CHANNELS]; /* bits of classes, of profiles */
    uint64_t *live;                  /* bits of classes that contacts are in */
    hl__scope *scope, *doc_scope;    /* doc_scope: of the document that is being checked, doc_serial */
    uint64_t doc_serial, fields_serial;
    hl__fields doc_agent, doc_contact; /* of the document fields_serial; its names are gone with it */
    hl__eval *eval;
    hl__val *skill_val;              /* of one profile, for eval */
    hl__slot **bucket; uint32_t buckets, slot_n;         /* open offers by id */
    hl__link news, fresh, free, wide; /* wide: contacts offered to several */
    hl__tree asleep;                 /* promised, and not to be called yet: window, hours, gap */
    hl__figures *figures;            /* of all queues */
    uint64_t staff;                  /* counts changes of who is staffed */
    uint32_t offers, unchecked;      /* made so far; objects that could have been looked at since they last were */
    int is_busy, is_stale;           /* settling; settings changed since hl__acd_rebuild() */
    hl__timer timer, goals;
};

/* acd.c */
int hl__acd_ready(hl__acd *acd);                   /* settings taken over? First in every command */
void hl__acd_settle(hl__acd *acd);                 /* last in every command */
void hl__acd_settled(hl__acd *acd);                /* checks.c or without_checks.c, as it was configured */
bool hl__acd_turn(hl__acd *acd);                   /* one turn of settling */
void hl__acd_tell(hl__acd *acd, hl__news *n, uint32_t what);
void hl__acd_emit(hl__acd *acd, hl_event ev);
void hl__ask_contact(hl__acd *acd, hl__contact *c); /* (A) */
void hl__ask_agent(hl__acd *acd, hl__agent *a);     /* (B), and back into the pools */

/* config.c, agentconf.c: settings from JSON */
/* ruleconf.c, rule.c */
int hl__queue_rules_read(hl__mem *mem, const hl__jcheck *c, hl__qconf *q);
void hl__queue_rules_free(hl__mem *mem, hl__qconf *q);
void hl__queue_rules_check(hl__acd *acd, const hl__qconf *q, const char *name, const hl__place *at, hl__findings *f,
                     const hl__doc *doc);
/* The first that holds, after `after`; c NULL: it is just coming. */
const hl__overflow *hl__rule_next(hl__acd *acd, hl__class *k, const hl__contact *c, const hl__overflow *after);
int hl__rule_enter(hl__acd *acd, hl__class *k, const hl__overflow *rule, hl__class **out);
hl_time hl__rule_at(const hl__acd *acd, const hl__contact *c); /* 0: nothing is asked */
void hl__rule_ask(hl__acd *acd, hl__contact *c);
bool hl__queue_closed(const hl__acd *acd, const hl__queue *q);
int hl__refusal(hl__acd *acd, hl__class *k);           /* enter.c: HL__ACD_*; 0: one may come in */

int hl__doc_fields(hl__acd *acd, const hl__doc *doc); /* acd->doc_agent, acd->doc_contact of this document */
hl__qconf *hl__qconf_new(hl__mem *mem, const hl__json *j, hl__findings *f, const hl__place *at);
void hl__qconf_free(hl__mem *mem, hl__qconf *c);
void hl__queue_check(void *domain, const char *name, const hl__json *j, const hl__place *at, hl__findings *f,
                     const hl__doc *doc);
int hl__queue_apply(void *domain, hl_id id, const char *name, const hl__json *j);
int hl__queue_users(void *domain, hl_id id);
void hl__queue_free(hl__acd *acd, hl__queue *q);
void hl__agent_check(void *domain, const char *name, const hl__json *j, const hl__place *at, hl__findings *f,
                     const hl__doc *doc);
int hl__agent_apply(void *domain, hl_id id, const char *name, const hl__json *j);
int hl__agent_users(void *domain, hl_id id);
void hl__agent_free(hl__acd *acd, hl__agent *a);
void hl__capacity_check(void *domain, const char *name, const hl__json *j, const hl__place *at, hl__findings *f,
                        const hl__doc *doc);
int hl__capacity_apply(void *domain, hl_id id, const char *name, const hl__json *j);
extern const hl__capacity hl__capacity_plain[HL__CHANNELS];

/* class.c, need.c: interning, and which profile fits which class */
int hl__class_get(hl__acd *acd, hl__queue *q, int channel, uint32_t step, const hl__want *want, hl__class **out);
hl__class *hl__class_find(const hl__acd *acd, const hl__queue *q, int channel); /* first step, no need; NULL */
void hl__class_free(hl__acd *acd, hl__class *k);
int hl__class_sweep(hl__acd *acd);             /* frees those without contacts; how many */
void hl__class_ref(hl__acd *acd, hl__class *k, int n); /* a contact more, a contact less */
void hl__class_drop(hl__acd *acd, hl__class *k);
const hl__member *hl__member_of(const hl__profile *p, hl_id queue);
const hl__member *hl__member_for(const hl__acd *acd, const hl__class *k, const hl__profile *p); /* his own, or lent */
int32_t hl__tier_of(const hl__class *k, const hl__member *m); /* lent members come last */
bool hl__fits(const hl__acd *acd, const hl__class *k, const hl__profile *p);
void hl__fit_class(hl__acd *acd, hl__class *k);
enum { HL__UNFIT_MEMBER, HL__UNFIT_TIER, HL__UNFIT_SKILL, HL__UNFIT_NEED };
int hl__why_unfit(hl__acd *acd, const hl__class *k, const hl__profile *p, const char **need); /* need: the text */
int hl__class_names(hl__acd *acd, hl__class *k); /* k->named; its needs are compiled */
int hl__fit_room(hl__acd *acd, uint32_t classes, uint32_t profiles);
int hl__profile_get(hl__acd *acd, const hl__aconf *conf, hl__profile **out);
void hl__profile_free(hl__acd *acd, hl__profile *p);
int hl__needs_compile(hl__acd *acd);           /* every need against the skills there are now */
int hl__need_compile(hl__acd *acd, const char *need, hl__expr **out); /* HL_EPARSE with words */
int hl__need_text(const char *need, hl__buf *out); /* {"zh": 3} and ["zh"] become an expression */
int hl__skill_get(hl__acd *acd, const char *name); /* its place; interned if new */
int hl__scope_build(hl__mem *mem, const char *const *skills, uint32_t n, const hl__fields *const fields[2],
                    hl__scope **out); /* fields: of agents, of contacts */
int hl__acd_rebuild(hl__acd *acd);                 /* profiles, classes, fits, pools after changed settings */

/* data.c */
bool hl__need_name_ok(const char *name);           /* of a skill or a field */
void hl__fields_init(hl__fields *f, hl__mem *mem);
void hl__fields_free(hl__fields *f);
int hl__fields_add(hl__fields *f, const hl__json *data, bool is_types); /* the first type of a name holds */
void hl__fields_check(const hl__fields *known, const hl__json *data, bool is_types, hl__findings *f,
                      const hl__place *at);
int hl__data_bind(hl__acd *acd, const char *object, hl__data *d); /* value from json, for the scope there is now */
void hl__data_free(hl__mem *mem, hl__data *d);
int hl__data_text(hl__acd *acd, const char *data, hl__buf *out); /* of it what needs may read; HL_EPARSE with words */

/* agent.c */
void hl__agent_changed(hl__acd *acd, hl__agent *a);   /* work, counts, pools, timer; AGENT_STATE if it differs */
void hl__agent_count(hl__acd *acd, hl__agent *a);     /* in his profile, as he is now */
void hl__agent_unpool(hl__acd *acd, hl__agent *a);
void hl__agent_pool(hl__acd *acd, hl__agent *a);      /* where he is offerable */
bool hl__agent_offerable(const hl__agent *a, int channel);
int hl__agent_load(const hl__agent *a, uint32_t over);
void hl__agent_cool(hl__acd *acd, hl__agent *a, int ms);
void hl__agent_timer(hl__acd *acd, hl__agent *a);
void hl__agent_day(hl__acd *acd, hl__agent *a);       /* a new day: figures of today begin at 0 */
int hl__agent_slots(hl__acd *acd, hl__agent *a);      /* as many as his profile may need */
void hl__agent_set(hl__acd *acd, hl__agent *a, int state, const char *reason); /* reason: static or NULL */
void hl__agent_occupied(hl__acd *acd, hl__agent *a);  /* a->occupied as of now; before his work changes */
bool hl__agent_staffed(const hl__agent *a);

/* figures.c, alarm.c */
enum { HL__WAIT_OVER = -2, HL__WAIT_OPEN = -1 };
int hl__figures_room(hl__acd *acd, hl__queue *q);     /* for one more contact: before it comes, or is moved in */
void hl__figures_free(hl__acd *acd, hl__figures *f);
void hl__figures_add(hl__acd *acd, hl__queue *q, int figure, int64_t n); /* HL__N_* */
void hl__figures_in(hl__acd *acd, hl__contact *c);    /* it is queued, c->class is that of its queue */
void hl__figures_answered(hl__acd *acd, hl__contact *c);
void hl__figures_lost(hl__acd *acd, hl__contact *c);  /* its party hung up, and may come back */
void hl__figures_back(hl__contact *c);
void hl__figures_promised(hl__acd *acd, hl__contact *c); /* the wait of who is called back ends with the promise */
void hl__figures_out(hl__acd *acd, hl__contact *c, int outcome); /* it leaves its queue; 0: for another one */
void hl__figures_quarter(const hl__queue *q, hl_queue_stat *row); /* sums and levels of the present one */
void hl__alarm_level(hl__acd *acd, hl__queue *q);
void hl__alarm_waits(hl__acd *acd, hl__contact *c);
void hl__alarm_left(hl__queue *q);
void hl__alarm_staff(hl__acd *acd, const hl__agent *a);

/* offer.c: slots */
int hl__offer_can(int state, int stimulus);           /* next state, or HL_ESTATE */
void hl__offer_make(hl__acd *acd, hl__contact *c, hl__agent *a, int rule);
void hl__offer_lapse(hl__acd *acd, hl__slot *s, int how); /* ends otherwise than by acceptance */
void hl__slot_over(hl__acd *acd, hl__slot *s, bool is_failed); /* connecting or talk has ended */
void hl__slot_wrapped(hl__acd *acd, hl__slot *s);
hl__slot *hl__slot_of_offer(const hl__acd *acd, hl_id offer);
int hl__slot_buckets(hl__acd *acd, uint32_t more);

/* contact.c */
#define HL__CONTACT_STIMULI(X) X(MATCHED) X(WIDEN) X(TIMEOUT) X(HANGUP) X(ACCEPT) X(LAPSED) X(RING) X(UP) X(FAIL) \
    X(TALK_END) X(MOVE) X(RESUME) X(EXPIRE) X(END) X(PROMISE) X(REST) X(CALL) X(REACHED) X(MISSED) X(BREAK)
#define X(name) HL__DO_##name,
enum { HL__CONTACT_STIMULI(X) HL__DO_STIMULI };
#undef X
int hl__contact_can(int state, int stimulus);         /* is there a row in the table: 1 or 0 */
typedef struct hl__with { /* END; MOVE; RESUME, REACHED; PROMISE */
    int outcome, keep;
    hl__class *class;
    hl_id leg;
    hl__promise *promise;
} hl__with;
int hl__contact_do(hl__acd *acd, hl__contact *c, int stimulus, const hl__with *with); /* HL_ESTATE, without words */
hl__contact *hl__contact_find(const hl__acd *acd, hl_id id);
void hl__contact_free(hl__acd *acd, hl__contact *c);
void hl__contact_wait(hl__acd *acd, hl__contact *c);  /* into its class's tree, or his who is preferred */
void hl__contact_changed(hl__acd *acd, hl__contact *c); /* settings of its queue have changed */
void hl__contact_unwait(hl__acd *acd, hl__contact *c);
void hl__contact_timer(hl__acd *acd, hl__contact *c);
void hl__contact_fire(void *ctx, hl__timer *t);
void hl__mine_release(hl__acd *acd, hl__agent *a);    /* who waits for him alone waits for all */

void hl__contact_key(hl__contact *c, int64_t credit_ms); /* while it is in no tree */

/* promise.c: call-backs. Away: promised, and its party not on the line. */
bool hl__promise_away(const hl__contact *c);
hl__tree *hl__promise_rest(hl__acd *acd, hl__contact *c);  /* where it stands while it is not matched; NULL: it is */
hl_time hl__promise_at(const hl__contact *c);              /* when it must be looked at; 0: need not */
bool hl__promise_fire(hl__acd *acd, hl__contact *c);       /* true: it was due */
void hl__promise_look(hl__acd *acd, hl__contact *c);       /* soon: something has changed */
void hl__promise_idle(hl__acd *acd, const hl__agent *a);   /* he found nothing to do */
int hl__promise_make(hl__acd *acd, const hl__class *k, const char *number, const hl_promise *in, hl__promise **out);
void hl__promise_begin(hl__acd *acd, hl__contact *c, hl__promise *p); /* p: taken over */
void hl__promise_moved(hl__acd *acd, hl__contact *c);
void hl__promise_due(hl__acd *acd, hl__contact *c);
void hl__promise_calling(hl__acd *acd, hl__contact *c);
void hl__promise_reached(hl__acd *acd, hl__contact *c, hl_id leg);
void hl__promise_missed(hl__acd *acd, hl__contact *c);
bool hl__promise_tries(const hl__acd *acd, const hl__contact *c); /* one more after this one */
void hl__promise_over(hl__acd *acd, hl__contact *c, int code); /* KEPT, BROKEN, CANCELLED; without one: nothing */
void hl__promise_free(hl__acd *acd, hl__promise *p);

/* enter.c */
void hl__contact_queued(hl__acd *acd, hl__contact *c); /* its times in this queue; place and wait are told */
void hl__contact_say(hl__acd *acd, hl__contact *c);    /* what may be announced now: c->place, p50_ms, p80_ms */

/* match.c */
void hl__match_contact(hl__acd *acd, hl__contact *c);
void hl__match_more(hl__acd *acd, hl__contact *c);    /* one more rings, if there is one */
bool hl__match_kept(const hl__contact *c, const hl__profile *p); /* for another queue */
bool hl__match_idle(const hl__acd *acd, const hl__contact *c); /* somebody is, whom no reserve keeps from it */
void hl__match_loosen(hl__acd *acd, const hl__queue *q, int channel); /* one more of q is idle */
hl__slot *hl__match_spare(const hl__acd *acd);        /* an offer its contact can do without, better than another can */
hl__contact *hl__match_soonest(hl__acd *acd);          /* of acd->fresh, which is not empty */
void hl__match_agent(hl__acd *acd, hl__agent *a);
int64_t hl__pick_key(const hl__agent *a, int channel, int by);
int hl__by_of(int pick);

/* goal.c */
hl__score hl__score_of(const hl__queue *q, int64_t age_ms);
void hl__goal_count(hl__acd *acd, hl__queue *q, int64_t wait_ms, bool is_answered);
void hl__goal_slope(hl__queue *q);             /* from settings and lead */
void hl__goals_watch(hl__acd *acd);            /* settings have changed */

/* estimate.c */
void hl__stat_init(hl__stat *s, const hl__qconf *c, hl_time now);
void hl__stat_handled(hl__stat *s, double ms);
void hl__stat_wait(hl__acd *acd, hl__queue *q, double wait_ms, bool has_given_up);
void hl__stat_served(hl__stat *s, double actual_ms, double predicted_ms);
void hl__stat_called(hl__stat *s, bool is_reached);
void hl__predict(hl_estimate *e);              /* mean, p50, p80 from the rest of it */
void hl__estimate_class(hl__acd *acd, hl__class *k, int64_t key, uint64_t id, hl_estimate *out);
double hl__ahead(hl__acd *acd, hl__class *k, int64_t key, uint64_t id); /* contacts before it, as they count for k */
int hl__contact_place(const hl__queue *q, int64_t key, uint64_t id); /* 1: next */
uint32_t hl__class_slots(hl__acd *acd, hl__class *k);  /* A(R): of staffed agents who may have it */
void hl__estimate_queue(hl__acd *acd, hl__queue *q, hl_estimate *out); /* of who came now; makes no class */
bool hl__class_idle(const hl__acd *acd, const hl__class *k); /* one of them could be offered now */
double hl__harmonic(double a, double theta, uint32_t m, int squared); /* sum over i = 0..m of 1/(a + i theta)[^2] */
#endif
