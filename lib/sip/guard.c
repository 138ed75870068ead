/* guard.c - who is heard at all. Judged before any state is made: strangers on a trunk's listener get silence, on a
 * telephones' listener they are metered by address, and scanners are banned. Also locks accounts after wrong tries. */
#include "sip/core.h"
#include <string.h>

enum { RATE = 20, BURST = 40, MOST = 65536, WRONG_MAX = 5, LOCKOUTS_MAX = 5 };
#define WINDOW (300 * (hl_time)HL__SECOND)
#define LOCKED (600 * (hl_time)HL__SECOND)
#define BANNED (3600 * (hl_time)HL__SECOND)

struct entry { /* an address, or an address and an account */
    struct entry *older, *newer;
    uint64_t key;
    hl_time seen, since, until, lock_since, mixed_since, md5_until;
    int64_t tokens;
    uint32_t wrong, lockouts, mixed;
    bool begun;
};
struct sip_guard { hl__map entries; struct entry *oldest, *newest; };

static void unlink_entry(struct sip_guard *g, struct entry *e)
{
    if (e->older)
        e->older->newer = e->newer;
    else
        g->oldest = e->newer;
    if (e->newer)
        e->newer->older = e->older;
    else
        g->newest = e->older;
}

static void append(struct sip_guard *g, struct entry *e)
{
    e->older = g->newest;
    e->newer = NULL;
    if (g->newest)
        g->newest->newer = e;
    else
        g->oldest = e;
    g->newest = e;
}

/* The one with that key, made if there is none; the one not seen longest leaves. NULL: no memory. */
static struct entry *entry_of(hl__sip *c, uint64_t key)
{
    struct sip_guard *g = c->guard;
    if (!g) {
        g = c->guard = hl__alloc(c->mem, sizeof(*g));
        if (!g)
            return NULL;
        hl__map_init(&g->entries, c->mem);
    }
    key = key ? key : 1;
    struct entry *e = hl__map_get(&g->entries, (hl_id)key);
    if (e) {
        unlink_entry(g, e);
        append(g, e);
        e->seen = c->now;
        return e;
    }
    if (g->entries.live >= MOST) {
        struct entry *old = g->oldest;
        unlink_entry(g, old);
        hl__map_del(&g->entries, (hl_id)old->key);
        hl__free(c->mem, old);
    }
    e = hl__alloc(c->mem, sizeof(*e));
    if (!e || hl__map_put(&g->entries, (hl_id)key, e) < 0) {
        hl__free(c->mem, e);
        return NULL;
    }
    e->key = key;
    e->seen = c->now;
    append(g, e);
    return e;
}

void hl__sip_guard_free(hl__sip *c)
{
    struct sip_guard *g = c->guard;
    if (!g)
        return;
    for (struct entry *e; (e = g->oldest);) {
        unlink_entry(g, e);
        hl__free(c->mem, e);
    }
    hl__map_free(&g->entries);
    hl__free(c->mem, g);
    c->guard = NULL;
}

/* A /32, or a /64 of IPv6: one household. */
static uint64_t source_key(hl__sip *c, const hl__addr *from)
{
    uint8_t ip[16];
    hl__sip_addr_ip(from, ip);
    return hl__fnv(c->epoch, ip, hl__ip_is4(ip) ? 16 : 8);
}

static uint64_t account_key(hl__sip *c, const hl__addr *from, hl__view account)
{
    return hl__fnv(source_key(c, from), account.at, account.len);
}

static void ban(hl__sip *c, struct entry *e, const hl__addr *from, const char *why)
{
    uint8_t ip[16];
    char text[HL__IP_TEXT];
    e->until = c->now + BANNED;
    hl__sip_addr_ip(from, ip);
    hl__ip_text(ip, text);
    if (c->log)
        hl__log(c->log, HL_LOG_WARN, "sip: ban %s %s", text, why); /* the line fail2ban reads */
}

static bool is_scanner(const struct sip_msg *m)
{
    static const char *const agents[] = { "friendly-scanner", "sipvicious", "sipcli", "sundayddr", "VaxSIPUserAgent",
        "pplsip", "iWar", "sivus", "smap" };
    hl__view v = hl__sip_value(m, SIP_H_USER_AGENT);
    for (size_t i = 0; i < HL__COUNT(agents); i++)
        for (size_t at = 0; at + strlen(agents[i]) <= v.len; at++)
            if (hl__view_like((hl__view){ v.at + at, strlen(agents[i]) }, agents[i]))
                return true;
    return false;
}

static bool spend(hl__sip *c, struct entry *e)
{
    int64_t full = (int64_t)BURST * HL__SECOND;
    e->tokens = e->begun ? e->tokens + (c->now - e->since) * RATE : full;
    e->tokens = e->tokens > full ? full : e->tokens;
    e->since = c->now;
    e->begun = true;
    if (e->tokens < HL__SECOND)
        return false;
    e->tokens -= HL__SECOND;
    return true;
}

static bool is_trusted(hl__sip *c, const struct sip_path *path)
{
    uint32_t pos = 0;
    if (hl__sip_listener_of(c, path)->accept == SIP_PHONES)
        return false;
    for (struct sip_trunk *t; (t = hl__names_at(&c->trunks, &pos));)
        if (t->profile->enabled && hl__sip_trunk_peer(t, &path->far))
            return true;
    return false;
}

int hl__sip_guard(hl__sip *c, const struct sip_path *path, const struct sip_msg *m)
{
    if (is_trusted(c, path))
        return SIP_TRUSTED;
    if (hl__sip_listener_of(c, path)->accept == SIP_TRUNKS)
        return SIP_SILENT;
    struct entry *e = entry_of(c, source_key(c, &path->far));
    if (!e || c->now < e->until)
        return SIP_SILENT;
    if (is_scanner(m)) {
        ban(c, e, &path->far, "scanner");
        return SIP_SILENT;
    }
    return spend(c, e) ? SIP_METERED : SIP_SILENT;
}

bool hl__sip_guard_locked(hl__sip *c, const hl__addr *from, hl__view account)
{
    struct entry *e = entry_of(c, account_key(c, from, account));
    return e && c->now < e->until;
}

void hl__sip_guard_wrong(hl__sip *c, const hl__addr *from, hl__view account)
{
    struct entry *e = entry_of(c, account_key(c, from, account));
    if (!e)
        return;
    if (c->now - e->since > WINDOW || !e->wrong) {
        e->since = c->now;
        e->wrong = 0;
    }
    if (++e->wrong < WRONG_MAX)
        return;
    e->wrong = 0;
    e->until = c->now + LOCKED;
    struct entry *source = entry_of(c, source_key(c, from));
    if (!source)
        return;
    if (c->now - source->lock_since > 60 * (hl_time)HL__SECOND) {
        source->lock_since = c->now;
        source->lockouts = 0;
    }
    if (++source->lockouts >= LOCKOUTS_MAX)
        ban(c, source, from, "wrong passwords");
}

/* Some telephones stay silent where SHA-256 is offered beside MD5: after two challenges that nobody took up they get
 * MD5 alone, until they were silent for an hour. */
bool hl__sip_guard_md5_only(hl__sip *c, const hl__addr *from, hl__view account)
{
    struct entry *e = entry_of(c, account_key(c, from, account));
    if (!e)
        return false;
    if (c->now < e->md5_until)
        return true;
    if (c->now - e->mixed_since > WINDOW) {
        e->mixed_since = c->now;
        e->mixed = 0;
    }
    if (e->mixed >= 2) {
        e->md5_until = c->now + BANNED;
        e->mixed = 0;
        return true;
    }
    e->mixed++;
    return false;
}

void hl__sip_guard_heard(hl__sip *c, const hl__addr *from, hl__view account)
{
    struct entry *e = entry_of(c, account_key(c, from, account));
    if (!e)
        return;
    e->mixed = 0;
    if (c->now < e->md5_until) /* or she would be gone for minutes each hour, until two more stay unanswered */
        e->md5_until = c->now + BANNED;
}
