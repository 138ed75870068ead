/* graph.h - what the files of lib/flow share, and nobody else sees: nodes, graphs, versions, runs, the collector.
 *
 * A graph borrows its texts from the JSON document it keeps. What a run waits for is one of HL_FLOW_STATES; what may
 * happen to it is a stimulus; both meet in the table of run.c. */
#ifndef HL_FLOW_GRAPH_H
#define HL_FLOW_GRAPH_H
#include "expr/expr.h"
#include "flow/flow.h"
#include "speech/speech.h"

enum { MAX_NODES = 16384, MAX_VARS = 256, MAX_LANGS = 16, MAX_KEYS = 64, MAX_KEY = 8, MAX_VALUE = 64, MAX_DEPTH = 8,
    MAX_SILENT = 64, RING = 32, MAX_FLOW_TEXT = 4 << 20 };
enum { CODE_E = 600, CODE_W = 650 }; /* findings: 600 + n for En, 650 + n for Wn */

/* Kinds: name, word, traits, fields, exits. I instant, M media, A asks (needs `error`), L last, U unavailable here. */
enum { K_I = 1, K_M = 2, K_A = 4, K_L = 8, K_U = 16 };
#define FLOW_KINDS(X) \
    X(PLAY, "play", K_M, "prompt barge repeat", "next") \
    X(MENU, "menu", K_M, "prompt keys retry tries first_ms inter_ms term barge typeahead", "noinput nomatch") \
    X(COLLECT, "collect", K_M, "prompt into min max pattern check retry tries first_ms inter_ms term barge typeahead " \
      "empty term_wait_ms total_ms samples", "ok noinput nomatch") \
    X(WAIT, "wait", 0, "ms music", "next") X(LANG, "lang", K_I, "to", "next") X(SET, "set", K_I, "values", "next") \
    X(IF, "if", K_I, "when", "then else") X(SWITCH, "switch", K_I, "on cases", "else") \
    X(HOURS, "hours", K_I, "calendar at", "open closed") X(SPLIT, "split", K_I, "parts by", "") \
    X(LOOP, "loop", K_I, "times", "again done") X(GOTO, "goto", K_I | K_L, "flow alias args", "") \
    X(CALL, "call", 0, "flow alias args out", "") X(RETURN, "return", K_L, "exit", "") \
    X(ASK, "ask", K_A, "name args into timeout_ms status while", "ok") X(EVENT, "event", K_I, "name args", "next") \
    X(TICKET, "ticket", K_A, "op type fields by into", "") \
    X(QUEUE, "queue", K_M, "queue one_of priority skills music announce keys offer_callback_after_ms max_wait_ms", \
      "answered overflow timeout no_agents") \
    X(SURVEY, "survey", K_M, "prompt key into range first_ms", "next") X(HANGUP, "hangup", K_L, "prompt cause", "") \
    X(END, "end", K_L, "", "") \
    X(RECORD, "record", K_U, "", "") X(DTMF, "dtmf", K_U, "", "") X(HTTP, "http", K_U, "", "") \
    X(SMS, "sms", K_U, "", "") X(EMAIL, "email", K_U, "", "") \
    X(CALLBACK, "callback", K_A, "number queue at confirm", "ok refused") \
    X(TRANSFER, "transfer", K_U, "", "") X(CONFERENCE, "conference", K_U, "", "") X(AUTH, "auth", K_U, "", "") \
    X(LISTEN, "listen", K_U, "", "") X(BOT, "bot", K_U, "", "") \
    X(STREAM, "stream", K_U, "", "") X(SCRIPT, "script", K_U, "", "")
#define X(name, word, traits, fields, exits) N_##name,
enum { FLOW_KINDS(X) N_KINDS };
#undef X
typedef struct node_kind { const char *word, *fields, *exits; int traits; } node_kind;
extern const node_kind hl__flow_kinds[];

#define FLOW_EXITS(X) \
    X(NEXT, "next") X(OK, "ok") X(NOINPUT, "noinput") X(NOMATCH, "nomatch") X(THEN, "then") X(ELSE, "else") \
    X(OPEN, "open") X(CLOSED, "closed") X(HOLIDAY, "holiday") X(AGAIN, "again") X(DONE, "done") \
    X(ANSWERED, "answered") X(CALLBACK, "callback") X(OVERFLOW, "overflow") X(TIMEOUT, "timeout") \
    X(NO_AGENTS, "no_agents") X(FOUND, "found") \
    X(NONE, "none") X(REFUSED, "refused") X(ERROR, "error") X(EXHAUSTED, "exhausted")
#define X(name, word) X_##name,
enum { FLOW_EXITS(X) X_WORDS, X_KEY = X_WORDS, X_CASE, X_STATUS, X_PART, X_NAMED };
#undef X
extern const char *const hl__flow_exits[];

typedef struct exit_to { const char *name; int32_t node; uint8_t id; bool is_inherited; int32_t pct; } exit_to;
typedef struct vx { hl__expr *e; hl__val c; bool is_set; } vx;          /* a value or an expression */
typedef struct binding { const char *name; vx v; const hl__json *json; int32_t slot; bool is_secret; } binding;

enum { PART_CLIP, PART_SAY, PART_TEXT, PART_PAUSE };
typedef struct part { uint8_t kind; bool tells_keys; const char *name; const hl__json *json; vx v; hl_say say; } part;
typedef struct prompt { part *list; uint32_t n; } prompt;

/* What a collector takes: keys of a menu, or so many digits. */
typedef struct rule {
    const char **keys;
    uint32_t n, min, max;
    hl__pattern *pattern;
    char term[17];
    int64_t first_ms, inter_ms, term_wait_ms, total_ms;
    bool barge, flush, empty_ok, is_secret;
} rule;

typedef struct node {
    const char *slug, *name, *alias, *music, *need;
    const hl__json *json;
    exit_to *exit;
    prompt prompt, extra, *no_input, *no_match; /* extra: while */
    uint32_t exits, no_inputs, no_matches, binds, bys, max_visits;
    vx v, w;                   /* queue, to, when, on, at, by, number; priority, check, at of a call-back */
    binding *bind, *by;
    rule rule;
    int64_t ms, max_wait_ms, every_ms, offer_ms;
    int32_t into, number, low, high;  /* slot or -1; tries, times, repeat, cause */
    uint8_t kind, op;
    bool barge, says_place, says_wait;
    uint32_t order;            /* where the document names it, for a stable walk */
} node;

typedef struct graph {
    hl__mem *mem;
    struct block *blocks;      /* everything below that is not JSON or an expression */
    hl__json *json;
    hl__scope *scope;
    hl__expr **expr;
    hl__pattern **pattern;
    uint32_t exprs, expr_room, patterns, pattern_room;
    const char *name, *tz;
    const char *langs[MAX_LANGS];
    uint32_t n_langs, n;
    node *node;
    hl__names by_slug;
    int32_t entry, on[X_WORDS], on_hangup, on_max_ms; /* handlers: -1 none */
    const char *const *ins, *const *outs, *const *returns;
    uint32_t n_ins, n_outs, n_returns;
    int64_t max_ms, max_steps;
    bool trace;
} graph;

typedef struct version version;
typedef struct flow { hl_id id; char *name; struct alias *aliases; } flow;
typedef struct alias { struct alias *next; version *v; char name[]; } alias;
struct version {
    hl_id id;
    flow *flow;
    graph *g;
    char *text, hash[65], names[256];
    size_t len;
    hl_time added;
    int32_t runs, aliases, warnings;
    bool is_held;              /* added by itself, not by a load: it stays until it is dropped */
};

/* The collector. */
enum { C_IDLE, C_PROMPT, C_FIRST, C_MORE, C_TERM };
enum { C_NOTHING, C_OK, C_NOINPUT, C_NOMATCH };
typedef struct keyring { struct { char key; hl_time at; } d[RING]; uint32_t from, n, lost; } keyring;
typedef struct collector {
    const rule *r;
    uint8_t state, result;
    bool stops_prompt, is_skipped, by_length; /* what the last call asks of the caller */
    uint32_t len, taken;       /* taken: digits that this try has used up, terminator and wrong one too */
    char value[MAX_VALUE + 1], took[MAX_VALUE + 2];
    hl_time first_at, inter_at, total_at, trail_until;
    char trail[17];
} collector;
void hl__collect_begin(collector *c, keyring *ring, const rule *r, hl_time now, bool has_prompt);
void hl__collect_digit(collector *c, keyring *ring, char key, hl_time now);
void hl__collect_over(collector *c, keyring *ring, hl_time now);           /* the prompt's end */
void hl__collect_due(collector *c, keyring *ring, hl_time now);            /* its timer */
void hl__collect_speech(collector *c, const char *text, hl_time now);
void hl__collect_end(collector *c);                                      /* hang-up, handler: no timer any more */
bool hl__collect_trails(collector *c, char key, hl_time now);            /* the last value's end: cuts no prompt */
hl_time hl__collect_timer(const collector *c);                           /* INT64_MAX: none */
void hl__ring_key(keyring *ring, char key, hl_time now);

/* Runs. */
typedef struct frame {
    version *v;
    int32_t node;              /* where it stands; of a caller: the call */
    hl__val *val;              /* by slot */
    void **block;              /* what each owns */
    uint16_t *visits;
    uint32_t n;
} frame;
enum { OFFER_NOT = 0, OFFER_WAITS, OFFER_MADE };
typedef struct waiting { struct waiting *next; hl__flow_in in; char json[]; } waiting;
typedef struct run {
    hl_id contact, leg;
    hl__flows *fl;
    flow *first;
    frame frame[MAX_DEPTH];
    int32_t depth, steps, silent;
    uint8_t state, tries_in, tries_no, repeat, mode; /* mode: what is heard while QUEUED */
    bool is_over, in_step, was_max_ms, is_deaf, out_of_steps, is_secret;
    hl_time since, start, entered;
    int64_t left_us;           /* of max_ms while its clock stands */
    int64_t play, seed;
    int ask, asks, how;
    hl_time offer_at, say_at, timeout_at;
    int place;                 /* last told; never rises while a queue lasts */
    int64_t p50_ms, p80_ms;
    hl__timer timer, limit;
    collector c;
    keyring ring;
    waiting *first_in;
    char lang[36], ani[64], dnis[64];
    hl__val call[6];           /* fields of `call`, shared by all frames */
    uint32_t recorded;         /* of the collector's digits, in keys */
    bool is_forgotten;
    hl__buf keys, result;
} run;

struct hl__flows {
    hl__core *core;
    hl__calendars *cal;
    struct hl__flow_up up;
    hl__map flows, versions, runs;     /* by id; runs by contact */
    hl__names by_name, prompts, numbers, hashes;
    hl__eval eval;
    hl__err trouble;           /* of an expression: the caller goes on, nobody's command failed */
    hl__buf clips, data, scratch;
    uint64_t late, lost_keys;
};

/* Names outside a flow: in the document as it will be, or as things are now. */
typedef struct binder { hl__flows *fl; const hl__doc *doc; bool is_strict; } binder;
bool hl__bound(const binder *b, const char *section, const char *name);
const hl__json *hl__bound_json(const binder *b, const char *section, const char *name); /* NULL: unknown */

typedef struct checker { /* one compilation */
    const binder *b;
    graph *g;
    hl__findings *f;
    const hl__place *at;
    bool no_memory;
} checker;
int hl__graph_new(const binder *b, hl__json *json, const char *name, hl__findings *f, const hl__place *at, graph **out);
void hl__graph_free(graph *g);
void *hl__graph_room(checker *c, size_t size);             /* NULL: c->no_memory is set */
void hl__graph_checks(checker *c);
void hl__node_read(checker *c, node *n, const hl__place *at);
void hl__prompt_read(checker *c, const hl__json *list, const hl__place *at, prompt *out); /* NULL: an empty one */
bool hl__vx_read(checker *c, const hl__json *j, const hl__place *at, const hl__type *want, vx *out);
typedef struct vx_rules { const hl__type *want; bool may_reveal, may_be_secret; } vx_rules;
bool hl__vx_read_as(checker *c, const hl__json *j, const hl__place *at, const vx_rules *rules, vx *out);
void hl__flow_error(checker *c, int n, const hl__place *at, const char *fmt, ...) HL__PRINTF(4, 5); /* En */
void hl__flow_warn(checker *c, int n, const hl__place *at, const char *fmt, ...) HL__PRINTF(4, 5);  /* Wn */
void hl__unbound(checker *c, const hl__place *at, const char *section, const char *name);
exit_to *hl__node_exit(const node *n, int id);

/* Prompts at run time: lines into b. 0, or below: the node's error. */
int hl__prompt_lines(hl__flows *fl, run *r, const prompt *p, hl__buf *b);
int hl__announce_lines(hl__flows *fl, run *r, hl__buf *b);
int hl__builtin_line(hl__flows *fl, const char *lang, const char *name, const char *key, hl__buf *b);
const hl__json *hl__prompt_json(const hl__flows *fl, const char *name);
const char *hl__callback_key(const node *n);               /* the key that takes a call-back */

/* Versions. */
int hl__flow_canonical(const hl__json *json, const char *name, hl__mem *mem, hl__buf *out);
flow *hl__flow_named(const hl__flows *fl, const char *name);
version *hl__flow_alias(const flow *f, const char *alias); /* NULL: none */
void hl__version_use(version *v, int n);                   /* a run more or less */
void hl__version_tidy(hl__flows *fl, version *v);          /* goes if nothing holds it */
void hl__run_free(hl__flows *fl, run *r);
void hl__flow_tidy(hl__flows *fl, flow *f);

/* Runs: what the nodes' files need of each other. */
enum { GO_WAIT = -1, GO_END = -2, GO_NODE = -3, GO_EXIT = 1000 }; /* else an exit's id; from 1000 on its index */
int hl__node_enter(hl__flows *fl, run *r, node *n);
node *hl__run_node(const run *r);
void hl__run_wait(hl__flows *fl, run *r, int state);
void hl__run_timer(hl__flows *fl, run *r, hl_time at);     /* INT64_MAX: none */
int hl__run_eval(hl__flows *fl, run *r, const vx *v, hl__val *out);
int hl__frame_set(hl__flows *fl, frame *f, int slot, const hl__val *v);
int hl__run_play(hl__flows *fl, run *r, const prompt *p, int flags); /* 1: plays, 0: nothing to play */
void hl__run_listen(hl__flows *fl, run *r, bool is_secret);
int hl__run_args(hl__flows *fl, run *r, const binding *list, uint32_t n, hl__buf *out);
int hl__run_collected(hl__flows *fl, run *r);              /* after every call of the collector: an exit, or GO_WAIT */
int hl__run_try(hl__flows *fl, run *r, const prompt *p);
int hl__queue_enter(hl__flows *fl, run *r, node *n);
int hl__queue_input(hl__flows *fl, run *r, const hl__flow_in *in);
int hl__queue_due(hl__flows *fl, run *r);
int hl__queue_digit(hl__flows *fl, run *r, char key);
int hl__queue_played(hl__flows *fl, run *r);
int hl__run_lang(run *r, const hl__val *v);                /* an exit */
void hl__run_due(void *ctx, hl__timer *t);                 /* r->timer */
int hl__run_answer(hl__flows *fl, run *r, const hl__flow_in *in);
int hl__run_return(hl__flows *fl, run *r, const node *n);
int hl__frame_new(hl__flows *fl, run *r, version *v, frame *out);
void hl__frame_free(hl__flows *fl, frame *f);
int hl__frame_args(hl__flows *fl, run *r, frame *to, const node *n);
int hl__frame_json(hl__flows *fl, frame *f, const char *args); /* HL_EINVAL */
#endif
