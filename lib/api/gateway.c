/* gateway.c - entry points of gateway.h: grants, passwords, sessions. */
#include "api/enter.h"
#include "gateway/gateway.h"
#include <stdio.h>
#include <string.h>

#define APP_MAX 16384

/* The engine's gateway; NULL with words: none is built in. */
static hl__gateway *gateway_of(hl_t *hl, int *r)
{
    if (hl->gateway >= 0) return hl->driver[hl->gateway].d;
    *r = hl__fail(hl->core.err, HL_ENOTSUP, "this engine has no gateway");
    return NULL;
}

/* Words before the end: what became due, the control thread sees at once. */
static int leave(hl_t *hl, hl__gateway *g, int r)
{
    if (g) hl__gateway_touched(g);
    return hl__leave(hl, r);
}

static int out_ok(hl_t *hl, const void *out)
{
    return out ? 0 : hl__fail(hl->core.err, HL_EINVAL, "no place for the result was given");
}

static int grant_make(hl_t *hl, hl__gateway *g, const hl_grant *grant, const char **out)
{
    char secret[HL__SECRET];
    uint8_t random[16];
    int r = out_ok(hl, out);
    if (r < 0 || (r = hl__grant_check(grant, hl->core.err)) < 0) return r;
    if (grant->agent && (r = hl__id_ok(hl, grant->agent, HL_KIND_AGENT, "an agent")) < 0) return r;
    if (grant->queue && (r = hl__id_ok(hl, grant->queue, HL_KIND_QUEUE, "a queue")) < 0) return r;
    hl__gateway_random(g, random, sizeof random);
    r = hl__grant_add(hl__gateway_grants(g), hl->core.now, grant, random, secret);
    if (r < 0) return r;
    const char *kept = hl__keep(hl, secret);
    if (kept) *out = kept;
    return kept ? 0 : HL_ENOMEM;
}

int hl_grant_make(hl_t *hl, const hl_grant *grant, const char **out)
{
    hl_grant in;
    hl__gateway *g = NULL;
    int r = hl__enter_command(hl, true);
    if (r < 0) return r;
    if ((r = hl__row_in(hl, grant, &in, sizeof in, sizeof in)) == 0 && (g = gateway_of(hl, &r)) != NULL)
        r = grant_make(hl, g, &in, out);
    return leave(hl, g, r);
}

static int sessions_end(hl__gateway *g, const char *subject)
{
    hl__seats *ss = hl__gateway_seats(g);
    int ended = 0;
    hl_id after = 0;
    for (hl__seat *s; (s = hl__seat_after(ss, after, 0)) != NULL;) {
        after = s->id;
        if (strcmp(s->subject, subject) != 0) continue;
        hl__seat_end(ss, s->id, HL__CLOSE_REFUSED, "revoked", true);
        ended++;
    }
    return ended;
}

int hl_grant_revoke(hl_t *hl, const char *subject, int sessions_too)
{
    hl__gateway *g = NULL;
    int r = hl__enter_command(hl, false);
    if (r < 0) return r;
    if (!subject) r = hl__fail(hl->core.err, HL_EINVAL, "whose grants was not said");
    else if ((g = gateway_of(hl, &r)) != NULL) {
        r = hl__grants_revoke(hl__gateway_grants(g), subject);
        if (sessions_too) r += sessions_end(g, subject);
    }
    return leave(hl, g, r);
}

/* Slow on purpose, so it is done without the lock; the salt comes from the gateway. */
static int secret_make(hl_t *hl, const char *password, hl__secret *out)
{
    uint8_t salt[16];
    hl__gateway *g;
    int r = hl__enter(hl);
    if (r < 0) return r;
    if (!password || !*password || strlen(password) > 1024)
        return hl__leave(hl, hl__fail(hl->core.err, HL_EINVAL, "a password has 1 to 1024 bytes"));
    if ((g = gateway_of(hl, &r)) != NULL) hl__gateway_random(g, salt, sizeof salt);
    r = hl__leave(hl, r);
    return r < 0 ? r : hl__secret_make(password, salt, out);
}

static int agent_find(hl_t *hl, hl_id agent, const hl__object **out)
{
    int r = hl__id_ok(hl, agent, HL_KIND_AGENT, "an agent");
    if (r < 0) return r;
    *out = hl__map_get(&hl->objects, agent);
    return *out ? 0 : hl__fail(hl->core.err, HL_ENOENT, "there is no agent %lld", (long long)agent);
}

static int password_set(hl_t *hl, hl__gateway *g, hl_id agent, const hl__secret *secret)
{
    const hl__object *o;
    int r = agent_find(hl, agent, &o);
    if (r < 0) return r;
    if (secret) return hl__login_put(hl__gateway_logins(g), o->name, HL_GRANT_AGENT, NULL, secret);
    hl__login_drop(hl__gateway_logins(g), o->name);
    return 0;
}

int hl_password_set(hl_t *hl, hl_id agent, const char *password)
{
    hl__secret secret;
    hl__gateway *g = NULL;
    const hl__object *o;
    int r = hl__enter(hl);
    if (r < 0 || (r = hl__leave(hl, agent_find(hl, agent, &o))) < 0) return r; /* before the slow part, and after it */
    if (password && (r = secret_make(hl, password, &secret)) < 0) return r;
    if ((r = hl__enter_command(hl, false)) < 0) return r;
    if ((g = gateway_of(hl, &r)) != NULL) r = password_set(hl, g, agent, password ? &secret : NULL);
    return leave(hl, g, r);
}

static int line_ok(hl_t *hl, const char *name, int role, const char **out)
{
    int r = out_ok(hl, out);
    if (r < 0) return r;
    if (!name || !*name || !hl__text_ok(name, 255) || strpbrk(name, ":#"))
        return hl__fail(hl->core.err, HL_EINVAL, "a name has no \":\" and no \"#\"");
    if (!*hl__role_name(role > 0 ? (uint32_t)role : 0))
        return hl__fail(hl->core.err, HL_EINVAL, "role is one of HL_GRANT_*");
    return 0;
}

static int line_make(hl_t *hl, const char *name, int role, const hl__secret *secret, const char **out)
{
    hl__buf b;
    int r;
    hl__buf_init(&b, &hl->mem);
    r = hl__secret_line(&b, name, (uint32_t)role, secret);
    const char *kept = r == 0 ? hl__keep(hl, b.data) : NULL;
    hl__buf_free(&b);
    if (kept) *out = kept;
    return kept ? 0 : HL_ENOMEM;
}

int hl_password_line(hl_t *hl, const char *name, int role, const char *password, const char **out)
{
    hl__secret secret;
    int r = hl__enter(hl);
    if (r < 0 || (r = hl__leave(hl, line_ok(hl, name, role, out))) < 0) return r;
    if ((r = secret_make(hl, password, &secret)) < 0 || (r = hl__enter(hl)) < 0) return r;
    return hl__leave(hl, line_make(hl, name, role, &secret, out));
}

int hl_gateway_address(hl_t *hl, const char **out)
{
    hl__gateway *g;
    int r = hl__enter(hl);
    if (r < 0) return r;
    if ((r = out_ok(hl, out)) < 0 || !(g = gateway_of(hl, &r))) return hl__leave(hl, r);
    const char *address = hl__gateway_address(g);
    if (!*address) return hl__leave(hl, hl__fail(hl->core.err, HL_ESTATE, "nothing is listened to"));
    if ((address = hl__keep(hl, address)) != NULL) *out = address;
    return hl__leave(hl, address ? 0 : HL_ENOMEM);
}

static void row_fill(hl_t *hl, const hl__seat *s, hl_session *out)
{
    const hl__link *k = s->link;
    const hl__session *page = hl__session_of(hl, s->id);
    *out = (hl_session){ .size = sizeof *out, .state = s->state, .id = s->id, .agent = s->agent, .since = s->since,
        .heard = s->heard, .role = s->role, .leg = page ? page->leg : 0, .rtt_us = k ? k->rtt_us : 0 };
    out->subject = hl__keep(hl, s->subject);
    out->address = hl__keep(hl, k ? k->address : "");
    out->browser = hl__keep(hl, k ? k->browser : "");
    out->origin = hl__keep(hl, k && k->origin ? k->origin : "");
}

int hl_session_next(hl_t *hl, hl_id agent, hl_session *row)
{
    hl_session out;
    hl__gateway *g;
    int r = hl__enter(hl);
    if (r < 0) return r;
    if ((r = hl__row_ok(hl, row, sizeof *row)) < 0 ||
        (agent && (r = hl__id_ok(hl, agent, HL_KIND_AGENT, "an agent")) < 0) || !(g = gateway_of(hl, &r)))
        return hl__leave(hl, r);
    const hl__seat *s = hl__seat_after(hl__gateway_seats(g), row->id, agent);
    if (!s) return hl__leave(hl, 0);
    row_fill(hl, s, &out);
    if (!hl->shell->desk->failed) hl__row_out(row, &out, sizeof out);
    return hl__leave(hl, 1);
}

static hl__seat *session_of(hl_t *hl, hl__gateway *g, hl_id session, int *r)
{
    if ((*r = hl__id_ok(hl, session, HL_KIND_PART, "a session")) < 0) return NULL;
    hl__seat *s = hl__seat_find(hl__gateway_seats(g), session);
    if (!s) *r = hl__fail(hl->core.err, HL_ENOENT, "session %lld is over", (long long)session);
    return s;
}

static int app_push(hl_t *hl, hl__gateway *g, hl_id session, const char *json)
{
    hl__buf b;
    int r;
    if (!session_of(hl, g, session, &r)) return r;
    if (!json || strlen(json) > APP_MAX) return hl__fail(hl->core.err, HL_EINVAL, "JSON of at most %d bytes", APP_MAX);
    hl__json *value = hl__json_read(json, strlen(json), hl->core.err);
    if (!value) return HL_EPARSE;
    hl__json_free(value);
    hl__buf_init(&b, &hl->mem);
    hl__buf_fmt(&b, "{\"ev\":\"app\",\"data\":%s}", json);
    if (!b.failed) hl__seat_push(hl__gateway_seats(g), session, b.data, b.len);
    r = b.failed ? HL_ENOMEM : 0;
    hl__buf_free(&b);
    return r;
}

int hl_session_send(hl_t *hl, hl_id session, const char *json)
{
    hl__gateway *g = NULL;
    int r = hl__enter_command(hl, false);
    if (r < 0) return r;
    if ((g = gateway_of(hl, &r)) != NULL) r = app_push(hl, g, session, json);
    return leave(hl, g, r);
}

int hl_session_close(hl_t *hl, hl_id session, int code, const char *why)
{
    hl__gateway *g = NULL;
    int r = hl__enter_command(hl, false);
    if (r < 0) return r;
    if (code < 4000 || code > 4099) r = hl__fail(hl->core.err, HL_EINVAL, "a code of 4000 to 4099");
    else if ((r = hl__text_in(hl, why, 79, "why")) == 0 && (g = gateway_of(hl, &r)) != NULL &&
             session_of(hl, g, session, &r))
        hl__seat_end(hl__gateway_seats(g), session, code, why, true);
    return leave(hl, g, r);
}

static int session_open(hl_t *hl, hl__gateway *g, const char *hello, const char *address, hl_id *out)
{
    hl__link *k;
    int r = out_ok(hl, out);
    if (r < 0) return r;
    if (!hello) return hl__fail(hl->core.err, HL_EINVAL, "the page's first message is missing");
    if ((r = hl__link_new(hl__gateway_seats(g), hl->core.now, address, "", &k)) < 0) return r;
    r = hl__link_feed(k, hl->core.now, hello, strlen(hello), hl->core.err);
    if (r < 0) {
        hl__link_free(k);
        return r;
    }
    *out = k->played = k->session->id;
    return 0;
}

int hl_session_open(hl_t *hl, const char *hello, const char *address, hl_id *out)
{
    hl__gateway *g = NULL;
    int r = hl__enter_command(hl, true);
    if (r < 0) return r;
    if ((r = hl__text_in(hl, address, 255, "address")) == 0 && (g = gateway_of(hl, &r)) != NULL)
        r = session_open(hl, g, hello, address, out);
    return leave(hl, g, r);
}

/* The link of a page that the application plays. */
static hl__link *played(hl_t *hl, hl__gateway *g, hl_id session, int *r)
{
    if ((*r = hl__id_ok(hl, session, HL_KIND_PART, "a session")) < 0) return NULL;
    hl__link *k = hl__link_played(hl__gateway_seats(g), session);
    if (!k) *r = hl__fail(hl->core.err, HL_ENOENT, "session %lld has no page of yours", (long long)session);
    return k;
}

int hl_session_feed(hl_t *hl, hl_id session, const char *json, size_t len)
{
    hl__gateway *g = NULL;
    hl__link *k;
    int r = hl__enter_command(hl, false);
    if (r < 0) return r;
    if (!json) r = hl__fail(hl->core.err, HL_EINVAL, "no message was given");
    else if ((g = gateway_of(hl, &r)) != NULL && (k = played(hl, g, session, &r)) != NULL)
        r = hl__link_feed(k, hl->core.now, json, len, hl->core.err);
    return leave(hl, g, r);
}

static int take(hl_t *hl, hl__link *k, const char **out)
{
    const char *text = NULL, *kept;
    size_t len = 0;
    int what = hl__link_take(k, &text, &len);
    if (what == HL__SAY_TEXT) {
        if (!(kept = hl__keep(hl, text))) return HL_ENOMEM;
        *out = kept;
        return 1;
    }
    if (what != HL__SAY_CLOSE) return 0;
    int r = hl__fail(hl->core.err, HL_ENOENT, "closed with %d: %s", k->close_code, text);
    hl__link_free(k);
    return r;
}

int hl_session_take(hl_t *hl, hl_id session, const char **out)
{
    hl__gateway *g;
    hl__link *k;
    int r = hl__enter(hl);
    if (r < 0) return r;
    if ((r = out_ok(hl, out)) == 0 && (g = gateway_of(hl, &r)) != NULL && (k = played(hl, g, session, &r)) != NULL)
        r = take(hl, k, out);
    return hl__leave(hl, r);
}

int hl_session_cut(hl_t *hl, hl_id session)
{
    hl__gateway *g = NULL;
    hl__link *k;
    int r = hl__enter_command(hl, false);
    if (r < 0) return r;
    if ((g = gateway_of(hl, &r)) != NULL && (k = played(hl, g, session, &r)) != NULL) hl__link_cut(k, hl->core.now);
    return leave(hl, g, r);
}
