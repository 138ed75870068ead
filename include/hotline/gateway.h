/* hotline/gateway.h - browsers: tickets to get in, sessions, what the web server answers. Settings: "gateway" in
 * hl_load(). A session is one signed-in page. Media and signalling live apart: a lost WebSocket ends no call. */
#ifndef HOTLINE_GATEWAY_H
#define HOTLINE_GATEWAY_H
#include <hotline.h>
#ifdef __cplusplus
extern "C" {
#endif
enum { HL_GRANT_CALLER = 1, HL_GRANT_AGENT, HL_GRANT_SUPERVISOR, HL_GRANT_ADMIN, HL_GRANT_METRICS };
enum { HL_SESSION_NEW = 0, HL_SESSION_READY, HL_SESSION_RESUMABLE, HL_SESSION_GONE, HL_SESSION_MAIL };

typedef struct hl_grant {
    uint32_t size, role;
    hl_id agent, queue; /* AGENT, SUPERVISOR: who; CALLER: only this queue, 0: `number` decides */
    const char *subject, *number; /* audit name, for CALLER the name shown; CALLER: the number dialled */
    const char *data, *lang; /* JSON for flow and screen pop, at most 8 KiB; NULL: the page's */
    int32_t ttl_ms, uses; /* 0: 30000 and 1, a ticket; -1 and -1: an API key, until revoked */
} hl_grant;
typedef struct hl_session {
    uint32_t size;
    int32_t state; /* HL_SESSION_* */
    hl_id id, agent, leg;
    hl_time since, heard;
    uint32_t role, rtt_us;
    const char *subject, *address, *browser, *origin;
} hl_session;

HL_API int hl_grant_make(hl_t *hl, const hl_grant *grant, const char **out); /* the secret, told once; a hash is kept */
HL_API int hl_grant_revoke(hl_t *hl, const char *subject, int sessions_too); /* how many */
HL_API int hl_password_set(hl_t *hl, hl_id agent, const char *password); /* for POST /api/login; NULL: none */
HL_API int hl_session_next(hl_t *hl, hl_id agent, hl_session *row); /* agent 0: every session */
HL_API int hl_session_send(hl_t *hl, hl_id session, const char *json); /* the page's "app" event, at most 16 KiB */
HL_API int hl_session_close(hl_t *hl, hl_id session, int code, const char *why); /* 4000..4099 */
HL_API int hl_gateway_fetch(hl_t *hl, int role, const char *path, const char **out); /* body of GET; HTTP status */

/* With a web server of your own, and in simulation: what a WebSocket would carry. */
HL_API int hl_session_open(hl_t *hl, const char *hello, const char *address, hl_id *out); /* the page's first message */
HL_API int hl_session_feed(hl_t *hl, hl_id session, const char *json, size_t len);
HL_API int hl_session_take(hl_t *hl, hl_id session, const char **out); /* next for the page, SESSION MAIL tells: 1, 0 */
HL_API int hl_session_cut(hl_t *hl, hl_id session); /* the socket is gone; the session is resumable */
#ifdef __cplusplus
}
#endif
#endif
