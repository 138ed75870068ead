/* oracle.h - who should talk to whom next, worked out by sorting everything: no trees, no bits, no classes.
 *
 * It knows the document it wrote itself and reads bare facts: what is in an agent's hands, since when one waits. */
#ifndef TEST_ACD_ORACLE_H
#define TEST_ACD_ORACLE_H
#include "bed.h"

enum { OA = 12, OQ = 5, OS = 3, ON = 8, OSTEPS = 3, OCHANNELS = 3, OMANY = 64 };

typedef struct o_step { int after_ms, need, tiers, also, polls; } o_step; /* need: of o_need, 0: none; -1: not there */
typedef struct o_queue {
    int reserve_for, reserve_idle, reserve_ms; /* for -1: none */
    int channels, pick, ring_size, add_ms, law, slope, power, handle_ms, target_ms, rank_cap_ms, need, steps;
    o_step step[OSTEPS];
} o_queue;
typedef struct o_agent { /* tier -1: no member */
    int level[OS], tier[OQ], rank[OQ], position[OQ], weight[OQ], is_pair, side; /* side 0: not said */
} o_agent;
extern const char *const o_need[ON];

typedef struct oracle {
    bed *b;
    hl__rand *rand;
    o_queue queue[OQ];
    o_agent agent[OA];
    hl_id queue_id[OQ], agent_id[OA];
    uint32_t offers, last_offer[OA];
} oracle;

void oracle_draw(oracle *o);                         /* other settings */
void oracle_json(const oracle *o, hl__buf *out);
void oracle_ids(oracle *o);                          /* once they are loaded */
void oracle_offered(oracle *o, hl_id agent);         /* an offer was made */
int oracle_agent(const oracle *o, hl_id id);         /* its place; -1 */
int oracle_queue(const oracle *o, hl_id id);
hl__contact *oracle_soonest(const oracle *o);        /* of those that look around, who looks first */
int oracle_agents(const oracle *o, hl__contact *c, hl_id *out);   /* whom it is offered to */
hl_id oracle_spare(const oracle *o);                 /* the offer to be taken back for who waits; 0: none */
int oracle_contacts(const oracle *o, hl__agent *a, hl_id *out);   /* what he is offered, in this order */
#endif
