/* hotline/gateway.h - browsers: tickets to get in, log-ins, sessions. Settings: "gateway" in hl_load().
 * A session is one signed-in page. Media and signalling live apart: a lost WebSocket ends no call.
 * What a page and the hotline say to each other is written down in doc/internals/gateway.md. */
#ifndef HOTLINE_GATEWAY_H
#define HOTLINE_GATEWAY_H
#include <hotline.h>
#ifdef __cplusplus
extern "C" {
#endif
enum { HL_GRANT_CALLER = 1, HL_GRANT_AGENT, HL_GRANT_SUPERVISOR, HL_GRANT_ADMIN, HL_GRANT_METRICS };
enum { HL_SESSION_NEW = 0, HL_SESSION_READY, HL_SESSION_RESUMABLE, HL_SESSION_GONE };

typedef struct hl_grant {      /* what somebody may do who shows the secret */
    uint32_t size, role;       /* HL_GRANT_* */
    hl_id agent, queue;        /* AGENT, SUPERVISOR: who; CALLER: only this queue, 0: `number` decides */
    const char *subject, *number; /* audit name, for CALLER the name shown; CALLER: the number dialled */
    const char *data, *lang;   /* JSON for flow and screen pop, at most 8 KiB; NULL: the page's */
    int32_t ttl_ms, uses;      /* 0: 30000 and 1, a ticket; -1 and -1: an API key, until revoked */
} hl_grant;
#define HL_GRANT_INIT { sizeof(hl_grant), 0, 0, 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_session {    /* one signed-in page */
    uint32_t size;
    int32_t state;             /* HL_SESSION_* */
    hl_id id, agent, leg;
    hl_time since, heard;
    uint32_t role, rtt_us;
    const char *subject, *address, *browser, *origin;
} hl_session;
#define HL_SESSION_INIT { sizeof(hl_session), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Getting in. hl_password_line() makes a line of the file that the setting `login` names. */
HL_API int hl_grant_make(hl_t *hl, const hl_grant *grant, const char **out); /* the secret, told once; a hash is kept */
HL_API int hl_grant_revoke(hl_t *hl, const char *subject, int sessions_too); /* how many */
HL_API int hl_password_set(hl_t *hl, hl_id agent, const char *password); /* for POST /api/login; NULL: none */
HL_API int hl_password_line(hl_t *hl, const char *name, int role, const char *password, const char **out);

/* Pages. */
HL_API int hl_gateway_address(hl_t *hl, const char **out); /* "http://127.0.0.1:8080"; HL_ESTATE: nothing listens */
HL_API int hl_session_next(hl_t *hl, hl_id agent, hl_session *row); /* agent 0: every session */
HL_API int hl_session_send(hl_t *hl, hl_id session, const char *json); /* the page's "app" event, at most 16 KiB */
HL_API int hl_session_close(hl_t *hl, hl_id session, int code, const char *why); /* 4000..4099 */

/* With a web server of your own, and in simulation: what a WebSocket would carry. */
HL_API int hl_session_open(hl_t *hl, const char *hello, const char *address, hl_id *out); /* the page's first message */
HL_API int hl_session_feed(hl_t *hl, hl_id session, const char *json, size_t len);
HL_API int hl_session_take(hl_t *hl, hl_id session, const char **out); /* for the page: 1, 0; HL_ENOENT: closed */
HL_API int hl_session_cut(hl_t *hl, hl_id session); /* the socket is gone; the session is resumable */
#ifdef __cplusplus
}
#endif
#endif
