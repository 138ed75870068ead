/* grant.c - tickets and keys. The secret leaves once; a hash of it stays, and a look-up by hash tells nothing of it. */
#include "gateway/gateway.h"
#include <string.h>

#define TICKET_MS 30000
#define DATA_MAX 8192
#define SWEEP_US ((hl_time)60 * HL__SECOND)

static void grant_free(hl__mem *mem, hl__grant *g)
{
    if (!g) return;
    hl__free(mem, g->subject);
    hl__free(mem, g->number);
    hl__free(mem, g->data);
    hl__free(mem, g->lang);
    hl__free(mem, g);
}

void hl__grants_init(hl__grants *g, hl__mem *mem)
{
    *g = (hl__grants){ .mem = mem };
    hl__names_init(&g->by_hash, mem);
}

void hl__grants_free(hl__grants *g)
{
    uint32_t pos = 0;
    for (hl__grant *x; (x = hl__names_at(&g->by_hash, &pos)) != NULL;) grant_free(g->mem, x);
    hl__names_free(&g->by_hash);
}

static void drop(hl__grants *g, hl__grant *x)
{
    (void)hl__names_del(&g->by_hash, x->hash);
    g->count--;
    grant_free(g->mem, x);
}

/* Drops what is over, or whose subject is named. Leaving opens a gap, the walk goes on. */
static int sweep(hl__grants *g, hl_time now, const char *subject)
{
    int dropped = 0;
    uint32_t pos = 0;
    for (hl__grant *x; (x = hl__names_at(&g->by_hash, &pos)) != NULL;) {
        if (subject ? !x->subject || strcmp(x->subject, subject) != 0 : x->until > now) continue;
        drop(g, x);
        dropped++;
    }
    return dropped;
}

static int hash_of(const char *secret, char out[65])
{
    uint8_t hash[32];
    int r = hl__sha256(secret, strlen(secret), hash);
    if (r == 0) hl__hex(hash, sizeof hash, out);
    return r;
}

int hl__grant_check(const hl_grant *grant, hl__err *err)
{
    if (grant->role < HL_GRANT_CALLER || grant->role > HL_GRANT_METRICS)
        return hl__fail(err, HL_EINVAL, "role %u is none of HL_GRANT_*", grant->role);
    if (grant->role == HL_GRANT_AGENT && !grant->agent) return hl__fail(err, HL_EINVAL, "role AGENT needs an agent");
    if (grant->ttl_ms < -1 || grant->uses < -1) return hl__fail(err, HL_EINVAL, "ttl_ms and uses are -1, 0 or more");
    const struct { const char *what, *text; size_t max; } texts[] = { { "subject", grant->subject, 255 },
        { "number", grant->number, 255 }, { "lang", grant->lang, 35 } };
    for (size_t i = 0; i < HL__COUNT(texts); i++)
        if (texts[i].text && !hl__text_ok(texts[i].text, texts[i].max))
            return hl__fail(err, HL_EINVAL, "%s is not text of at most %zu bytes", texts[i].what, texts[i].max);
    if (!grant->data) return 0;
    size_t len = strlen(grant->data);
    if (len > DATA_MAX) return hl__fail(err, HL_ELIMIT, "data is longer than %d bytes", DATA_MAX);
    hl__json *j = hl__json_read(grant->data, len, err);
    if (!j) return HL_EPARSE;
    int type = hl__json_type(j);
    hl__json_free(j);
    return type == HL__JOBJECT ? 0 : hl__fail(err, HL_EINVAL, "data is not a JSON object");
}

static int copy(hl__mem *mem, const char *text, char **out)
{
    *out = hl__strdup(mem, text);
    return text && !*out ? HL_ENOMEM : 0;
}

static int grant_new(hl__mem *mem, hl_time now, const hl_grant *from, hl__grant **out)
{
    hl__grant *x = hl__alloc(mem, sizeof *x);
    if (!x) return HL_ENOMEM;
    x->role = from->role;
    x->agent = from->agent;
    x->queue = from->queue;
    x->uses = from->uses ? from->uses : 1;
    x->until = from->ttl_ms < 0 ? INT64_MAX : now + (hl_time)(from->ttl_ms ? from->ttl_ms : TICKET_MS) * 1000;
    if (copy(mem, from->subject, &x->subject) < 0 || copy(mem, from->number, &x->number) < 0 ||
        copy(mem, from->data, &x->data) < 0 || copy(mem, from->lang, &x->lang) < 0) {
        grant_free(mem, x);
        return HL_ENOMEM;
    }
    *out = x;
    return 0;
}

int hl__grant_add(hl__grants *g, hl_time now, const hl_grant *grant, const uint8_t random[16], char out[HL__SECRET])
{
    char secret[HL__SECRET];
    hl__grant *x;
    if (now - g->swept > SWEEP_US || g->count >= HL__GRANTS_MAX) {
        (void)sweep(g, now, NULL);
        g->swept = now;
    }
    if (g->count >= HL__GRANTS_MAX) return HL_ELIMIT;
    int r = grant_new(g->mem, now, grant, &x);
    if (r < 0) return r;
    hl__hex(random, 16, secret);
    if ((r = hash_of(secret, x->hash)) < 0 || (r = hl__names_put(&g->by_hash, x->hash, x)) < 0) {
        grant_free(g->mem, x);
        return r;
    }
    g->count++;
    memcpy(out, secret, sizeof secret);
    return 0;
}

hl__grant *hl__grant_find(hl__grants *g, hl_time now, const char *secret)
{
    char hash[65];
    if (strlen(secret) != HL__SECRET - 1 || hash_of(secret, hash) < 0) return NULL;
    hl__grant *x = hl__names_get(&g->by_hash, hash);
    return x && x->until > now ? x : NULL;
}

void hl__grant_use(hl__grants *g, hl__grant *grant)
{
    if (grant->uses > 0 && --grant->uses == 0) drop(g, grant);
}

int hl__grants_revoke(hl__grants *g, const char *subject)
{
    return sweep(g, 0, subject);
}
