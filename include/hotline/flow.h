/* hotline/flow.h - flows: what a caller hears, presses and is asked, before and after the queue.
 *
 * A flow has a name; each text of it is a version that never changes; an alias points at a version.
 * A run is one contact's walk through a version; the contact's id names it. */
#ifndef HOTLINE_FLOW_H
#define HOTLINE_FLOW_H
#include <hotline.h>
#ifdef __cplusplus
extern "C" {
#endif

#define HL_FLOW_STATES(X) /* what a run waits for */ \
    X(PLAYING, 1) X(LISTENING, 2) X(RECORDING, 3) X(ASKING, 4) X(QUEUED, 5) X(TALKING, 6) X(TIMING, 7) X(LOST, 8)
#define HL_FLOW_ENDS(X) /* code of HL_EV_FLOW_ENDED */ \
    X(DONE, 1) X(HANGUP, 2) X(MAX_MS, 3) X(MAX_STEPS, 4) X(ERROR, 5) X(STOPPED, 6) X(LEG_LOST, 7)
#define X(name, number) HL_FLOW_##name = number,
enum { HL_FLOW_STATES(X) };
#undef X
#define X(name, number) HL_FLOW_END_##name = number,
enum { HL_FLOW_ENDS(X) };
#undef X
enum { HL_FLOW_JSON = 0, HL_FLOW_DOT = 1, HL_FLOW_MERMAID = 2 };

typedef struct hl_flow_version {
    uint32_t size; int32_t nodes; hl_id id;
    hl_time added;
    int32_t runs, warnings;       /* running now; found when it was added */
    const char *hash, *aliases;   /* SHA-256 of the canonical form, hex; "live test" */
} hl_flow_version;
#define HL_FLOW_VERSION_INIT { sizeof(hl_flow_version), 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_flow_run {
    uint32_t size; int32_t state; /* HL_FLOW_PLAYING ... */
    hl_id id, flow, version, leg; /* id: the contact; leg 0: none any more */
    hl_time since, deadline;      /* in this state; next timer, 0: none */
    int32_t steps, depth;         /* nodes entered; flows called and not yet returned */
    const char *node, *lang;
} hl_flow_run;
#define HL_FLOW_RUN_INIT { sizeof(hl_flow_run), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Versions. Adding the same text again gives the same id. Findings: hl_finding_next(). */
HL_API int hl_flow_add(hl_t *hl, const char *json, size_t len, hl_id *out); /* warnings; HL_EPARSE HL_ELIMIT */
HL_API int hl_flow_publish(hl_t *hl, hl_id version, const char *alias);    /* HL_ENOENT HL_EPARSE: unbound */
HL_API int hl_flow_alias_get(hl_t *hl, hl_id flow, const char *alias, hl_id *out); /* HL_ENOENT */
HL_API int hl_flow_version_next(hl_t *hl, hl_id flow, hl_flow_version *row); /* flow 0: all */
HL_API int hl_flow_version_drop(hl_t *hl, hl_id version); /* HL_ENOENT; HL_ESTATE: alias or runs */
HL_API int hl_flow_export(hl_t *hl, hl_id version, int form, const char **out); /* HL_ENOENT */

/* Runs. Numbers in the configuration start them; these are for web calls, tests and operators. */
HL_API int hl_flow_start(hl_t *hl, hl_id contact, hl_id flow, const char *alias, const char *args); /* HL_ENOENT */
HL_API int hl_flow_stop(hl_t *hl, hl_id contact);
HL_API int hl_flow_run_get(hl_t *hl, hl_id contact, hl_flow_run *out);
HL_API int hl_flow_run_next(hl_t *hl, hl_id version, hl_flow_run *row); /* version 0: all */
HL_API int hl_flow_press(hl_t *hl, hl_id contact, const char *keys);    /* as if the caller had */
HL_API int hl_flow_answer(hl_t *hl, hl_id contact, int ask, int status, const char *json); /* ECONFLICT: too late */
HL_API int hl_flow_value_get(hl_t *hl, hl_id contact, const char *name, const char **out); /* EDENIED: secret */
HL_API int hl_flow_value_set(hl_t *hl, hl_id contact, const char *name, const char *json);

#ifdef __cplusplus
}
#endif
#endif
