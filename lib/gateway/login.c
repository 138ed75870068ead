/* login.c - passwords asked of the worker, callers let in: both end in a grant. */
#include "gateway/service.h"
#include "io/io.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define KEY_S 3600
#define FILE_MAX (1 << 20)

typedef struct login_job { /* lives until it is told */
    hl__job job;
    hl__gateway *g;
    uint64_t serial;
    char *name, *password, *agent;
    char address[48];
    hl__secret secret;
    uint32_t role;
    hl_id agent_id; /* known already: set by the application */
    uint64_t work;
    bool known, key, fits;
} login_job;

static char *file_read(hl__gateway *g, const char *path, size_t *len)
{
    FILE *f = fopen(path, "re");
    if (!f) return NULL;
    char *text = hl__alloc(g->mem, FILE_MAX);
    if (text) *len = fread(text, 1, FILE_MAX, f);
    (void)fclose(f); /* it was only read */
    return text;
}

/* Reads the file again if it is another one than last time; what is wrong with it leaves the old one in force. */
static void file_refresh(hl__gateway *g)
{
    struct stat st;
    hl__err err = { 0 };
    size_t len = 0;
    const char *path = g->config ? g->config->login : NULL;
    if (!path) return;
    if (stat(path, &st) < 0) {
        hl__log(g->log, HL_LOG_ERROR, "gateway: cannot read the password file %s", path);
        return;
    }
    int64_t at = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    if (at == g->filed_at && st.st_size == g->filed_size) return;
    char *text = file_read(g, path, &len);
    if (!text) return;
    if (hl__logins_read(&g->filed, text, len, &err) < 0)
        hl__log(g->log, HL_LOG_ERROR, "gateway: %s: %s", path, err.words);
    hl__free(g->mem, text);
    g->filed_at = at;
    g->filed_size = st.st_size;
}

static void job_free(login_job *j)
{
    hl__mem *mem = j->g->mem;
    if (j->password) explicit_bzero(j->password, strlen(j->password));
    hl__free(mem, j->password);
    hl__free(mem, j->name);
    hl__free(mem, j->agent);
    hl__free(mem, j);
}

static void login_run(hl__job *job)
{
    login_job *j = (login_job *)job;
    j->fits = hl__secret_fits(&j->secret, j->password, &j->work);
}

/* A ticket or, if asked for, a key for an hour; its text is the answer. */
static void grant_answer(hl__sock *k, const hl_grant *grant, bool key)
{
    hl__gateway *g = k->g;
    char secret[HL__SECRET], json[400];
    uint8_t random[16];
    hl__err err = { 0 };
    hl__gateway_random(g, random, sizeof random);
    int r = hl__grant_check(grant, &err);
    if (r == 0) r = hl__grant_add(&g->grants, hl__gateway_now(g), grant, random, secret);
    if (r < 0) {
        hl__exchange_refuse(k, hl__http_status(r), r, err.words);
        return;
    }
    int n = snprintf(json, sizeof json, "{\"%s\":\"%s\",\"role\":\"%s\",\"ttl_s\":%d}", key ? "key" : "ticket", secret,
                     hl__role_name(grant->role), grant->ttl_ms / 1000);
    hl__exchange_answer(k, 200, 0, json, (size_t)n);
}

static void admit(hl__sock *k, const login_job *j)
{
    hl_grant grant = { .size = sizeof grant, .role = j->role, .subject = j->name, .agent = j->agent_id,
        .ttl_ms = j->key ? KEY_S * 1000 : 30000, .uses = j->key ? -1 : 1 };
    const char *agent = j->agent ? j->agent : j->name;
    if (!grant.agent) grant.agent = hl__id_of(k->g->hl, HL_KIND_AGENT, agent);
    if (j->role == HL_GRANT_AGENT && !grant.agent) {
        hl__exchange_refuse(k, 403, HL_EDENIED, "the password is right, but there is no agent of that name");
        return;
    }
    grant_answer(k, &grant, j->key);
}

static void login_done(hl__job *job)
{
    login_job *j = (login_job *)job;
    hl__gateway *g = j->g;
    hl__gateway_lock(g);
    bool in = j->fits && j->known;
    if (in) {
        hl__tries_give(&g->tries, "address", j->address);
        hl__tries_give(&g->tries, "name", j->name);
    } else {
        g->metrics.refused_logins++;
    }
    hl__sock *k = job->ran ? hl__map_del(&g->waiting, (hl_id)j->serial) : NULL;
    if (k && in) admit(k, j);
    else if (k) hl__exchange_refuse(k, 401, HL_EDENIED, "name or password is wrong");
    hl__gateway_unlock(g);
    job_free(j);
}

static login_job *job_new(hl__sock *k, const char *name, const char *password)
{
    hl__gateway *g = k->g;
    login_job *j = hl__alloc(g->mem, sizeof *j);
    if (!j) return NULL;
    const hl__login *l = hl__login_find(&g->logins, name);
    if (!l) l = hl__login_find(&g->filed, name);
    *j = (login_job){ .job = { .run = login_run, .done = login_done }, .g = g, .serial = k->serial, .known = l != NULL,
        .secret = l ? l->secret : *hl__secret_decoy(g->filed.by_name.map.live ? &g->filed : &g->logins) };
    (void)hl__copy(j->address, sizeof j->address, k->address);
    j->name = hl__strdup(g->mem, name);
    j->password = hl__strdup(g->mem, password);
    if (l) j->role = l->role;
    if (l && l->agent) j->agent = hl__strdup(g->mem, l->agent);
    if (j->name && j->password && (!l || !l->agent || j->agent)) return j;
    job_free(j);
    return NULL;
}

static int tries_check(hl__gateway *g, const char *address, const char *name)
{
    hl_time now = hl__gateway_now(g);
    int r = hl__tries_take(&g->tries, now, "address", address);
    if (r < 0) return r;
    r = hl__tries_take(&g->tries, now, "name", name);
    if (r < 0) hl__tries_give(&g->tries, "address", address);
    return r;
}

/* Lock held, as for all that is asked by HTTP. */
void hl__login_begin(hl__sock *k, const hl__json *body)
{
    hl__gateway *g = k->g;
    const char *name = hl__json_text(hl__json_get(body, "name"));
    const char *password = hl__json_text(hl__json_get(body, "password"));
    if (!name || !password || !hl__text_ok(name, 255) || strlen(password) > 1024) {
        hl__exchange_refuse(k, 400, HL_EINVAL, "a log-in is {\"name\":\"...\",\"password\":\"...\"}");
        return;
    }
    int r = tries_check(g, k->address, name);
    if (r < 0) {
        g->metrics.over_limit++;
        hl__exchange_refuse(k, hl__http_status(r), r, "too many tries; wait a minute");
        return;
    }
    file_refresh(g);
    login_job *j = job_new(k, name, password);
    if (j) j->key = hl__json_true(hl__json_get(body, "key"));
    if (!j || !hl__exchange_wait(k)) {
        if (j) job_free(j);
        hl__exchange_refuse(k, 503, HL_ENOMEM, "out of memory");
        return;
    }
    if ((r = hl__loop_work(hl__loop_of(g->lws), &j->job)) < 0) {
        (void)hl__map_del(&g->waiting, (hl_id)k->serial);
        job_free(j);
        hl__exchange_refuse(k, hl__http_status(r), r, "too many log-ins at once");
    }
}

static bool caller_room(hl__gateway *g, const char *address)
{
    hl__near *n = hl__near_of(g, address, true);
    uint32_t callers = 0;
    for (const hl__link *k = g->seats.links; k; k = k->next)
        callers += k->session && k->session->role == HL_GRANT_CALLER && strcmp(k->address, address) == 0;
    (void)n;
    return callers < (uint32_t)g->config->callers_per_ip;
}

void hl__caller_begin(hl__sock *k, const hl__json *body)
{
    hl__gateway *g = k->g;
    if (!g->config || !g->config->callers) {
        hl__exchange_refuse(k, 403, HL_EDENIED, "calling from the page is switched off (\"callers\" of \"gateway\")");
        return;
    }
    if (!caller_room(g, k->address)) {
        g->metrics.over_limit++;
        hl__exchange_refuse(k, 429, HL_ELIMIT, "too many calls from this address");
        return;
    }
    hl__buf data;
    const hl__json *more = hl__json_get(body, "data");
    hl__buf_init(&data, g->mem);
    if (more) (void)hl__json_canonical(&data, more); /* without memory: data.failed */
    hl_grant grant = { .size = sizeof grant, .role = HL_GRANT_CALLER, .ttl_ms = 30000, .uses = 1,
        .subject = hl__json_text(hl__json_get(body, "name")), .number = hl__json_text(hl__json_get(body, "to")),
        .lang = hl__json_text(hl__json_get(body, "lang")), .data = more ? data.data : NULL };
    if (data.failed) hl__exchange_refuse(k, 503, HL_ENOMEM, "out of memory");
    else grant_answer(k, &grant, false);
    hl__buf_free(&data);
}
