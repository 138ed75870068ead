/* password.c - the log-in file, scrypt, and the five tries a minute. */
#include "gateway/gateway.h"
#include <openssl/evp.h>
#include <string.h>

#define DEFAULT_N 16384
#define DEFAULT_R 8
#define DEFAULT_P 1
#define MEMORY_MAX ((uint64_t)128 << 20)
#define TRIES 5
#define TRIES_US ((hl_time)60 * HL__SECOND)
#define TRIES_MAX 20000

struct tries { uint64_t key; hl_time since; uint32_t count, spare; };

static void login_free(hl__mem *mem, hl__login *l)
{
    if (!l) return;
    hl__free(mem, l->name);
    hl__free(mem, l->agent);
    hl__free(mem, l);
}

void hl__logins_init(hl__logins *l, hl__mem *mem)
{
    l->mem = mem;
    hl__names_init(&l->by_name, mem);
}

void hl__logins_free(hl__logins *l)
{
    uint32_t pos = 0;
    for (hl__login *x; (x = hl__names_at(&l->by_name, &pos)) != NULL;) login_free(l->mem, x);
    hl__names_free(&l->by_name);
}

void hl__login_drop(hl__logins *l, const char *name)
{
    login_free(l->mem, hl__names_del(&l->by_name, name));
}

int hl__login_put(hl__logins *l, const char *name, uint32_t role, const char *agent, const hl__secret *secret)
{
    hl__login *x = hl__alloc(l->mem, sizeof *x);
    if (!x) return HL_ENOMEM;
    *x = (hl__login){ .name = hl__strdup(l->mem, name), .agent = hl__strdup(l->mem, agent), .role = role,
        .secret = *secret };
    hl__login *old = x->name ? hl__names_get(&l->by_name, name) : NULL;
    if (!x->name || (agent && !x->agent) || hl__names_put(&l->by_name, x->name, x) < 0) {
        login_free(l->mem, x);
        return HL_ENOMEM;
    }
    login_free(l->mem, old);
    return 0;
}

const hl__login *hl__login_find(const hl__logins *l, const char *name)
{
    return hl__names_get(&l->by_name, name);
}

const hl__secret *hl__secret_decoy(const hl__logins *l)
{
    static const hl__secret decoy = { .n = DEFAULT_N, .r = DEFAULT_R, .p = DEFAULT_P, .salt_len = 16 };
    uint32_t pos = 0;
    const hl__login *first = hl__names_at(&l->by_name, &pos);
    return first ? &first->secret : &decoy;
}

static int derive(const hl__secret *s, const char *password, uint8_t out[32])
{
    int ok = EVP_PBE_scrypt(password, strlen(password), s->salt, s->salt_len, s->n, s->r, s->p, 2 * MEMORY_MAX, out,
                            32);
    return ok == 1 ? 0 : HL_ENOMEM;
}

int hl__secret_make(const char *password, const uint8_t salt[16], hl__secret *out)
{
    hl__secret s = { .n = DEFAULT_N, .r = DEFAULT_R, .p = DEFAULT_P, .salt_len = 16 };
    memcpy(s.salt, salt, 16);
    int r = derive(&s, password, s.hash);
    if (r == 0) *out = s;
    return r;
}

bool hl__secret_fits(const hl__secret *s, const char *password, uint64_t *work)
{
    uint8_t hash[32];
    *work += (uint64_t)s->n * s->r * s->p;
    return derive(s, password, hash) == 0 && hl__equal(hash, s->hash, sizeof hash);
}

int hl__secret_line(hl__buf *b, const char *name, uint32_t role, const hl__secret *s)
{
    char salt[65], hash[65];
    hl__hex(s->salt, s->salt_len, salt);
    hl__hex(s->hash, sizeof s->hash, hash);
    hl__buf_fmt(b, "%s:%s:scrypt$%u$%u$%u$%s$%s", name, hl__role_name(role), s->n, s->r, s->p, salt, hash);
    return b->failed ? HL_ENOMEM : 0;
}

/* The next field of a line up to c, cut off in place; NULL: no more. */
static char *field(char **rest, char c)
{
    char *at = *rest;
    if (!at) return NULL;
    char *end = strchr(at, c);
    if (end) *end++ = 0;
    *rest = end;
    return at;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int unhex(const char *text, uint8_t *out, size_t room)
{
    size_t len = text ? strlen(text) : 1;
    if (len % 2 || len / 2 > room) return -1;
    for (size_t i = 0; i < len / 2; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return -1;
        out[i] = (uint8_t)(high * 16 + low);
    }
    return (int)(len / 2);
}

static uint32_t number(const char *text)
{
    int64_t n;
    return text && hl__int_parse(text, strlen(text), &n) && n > 0 && n <= 1 << 20 ? (uint32_t)n : 0;
}

static bool secret_read(char *text, hl__secret *out)
{
    hl__secret s = { 0 };
    const char *kind = field(&text, '$');
    if (!kind || strcmp(kind, "scrypt") != 0) return false;
    s.n = number(field(&text, '$'));
    s.r = number(field(&text, '$'));
    s.p = number(field(&text, '$'));
    int salt = unhex(field(&text, '$'), s.salt, sizeof s.salt);
    int hash = unhex(field(&text, '$'), s.hash, sizeof s.hash);
    if (text || salt < 8 || hash != 32 || s.n < 2 || (s.n & (s.n - 1)) || !s.r || !s.p || s.p > 16) return false;
    if ((uint64_t)s.n * s.r * 128 > MEMORY_MAX) return false;
    s.salt_len = (uint32_t)salt;
    *out = s;
    return true;
}

static int line_read(hl__logins *l, char *line, int at, hl__err *err)
{
    hl__secret secret;
    char *name = field(&line, ':'), *role = field(&line, ':'), *kept = field(&line, ':'), *agent = field(&line, ':');
    if (!*name || *name == '#') return 0;
    uint32_t r = role ? hl__role_find(role) : 0;
    if (!r) return hl__fail(err, HL_EPARSE, "line %d: the role is caller, agent, supervisor, admin or metrics", at);
    if (!hl__text_ok(name, 255) || line)
        return hl__fail(err, HL_EPARSE, "line %d: not name:role:scrypt$...[:agent]", at);
    if (!kept || !secret_read(kept, &secret))
        return hl__fail(err, HL_EPARSE, "line %d: not scrypt$N$r$p$salt$hash in hexadecimal", at);
    if (hl__login_find(l, name)) return hl__fail(err, HL_EPARSE, "line %d: \"%s\" stands there twice", at, name);
    int put = hl__login_put(l, name, r, agent, &secret);
    return put < 0 ? hl__fail(err, put, "out of memory") : 0;
}

int hl__logins_read(hl__logins *l, const char *text, size_t len, hl__err *err)
{
    hl__logins fresh;
    char *copy = hl__strndup(l->mem, text, len);
    if (!copy) return hl__fail(err, HL_ENOMEM, "out of memory");
    hl__logins_init(&fresh, l->mem);
    int r = 0, at = 0;
    for (char *rest = copy, *line; r == 0 && (line = field(&rest, '\n')) != NULL;) {
        size_t n = strlen(line);
        if (n && line[n - 1] == '\r') line[n - 1] = 0;
        r = line_read(&fresh, line, ++at, err);
    }
    hl__free(l->mem, copy);
    if (r < 0) {
        hl__logins_free(&fresh);
        return r;
    }
    hl__logins_free(l);
    *l = fresh;
    return (int)l->by_name.map.live;
}

/* Tries. */
void hl__tries_init(hl__tries *t, hl__mem *mem, uint64_t seed)
{
    *t = (hl__tries){ .mem = mem, .seed = seed };
    hl__map_init(&t->map, mem);
}

void hl__tries_free(hl__tries *t)
{
    uint32_t pos = 0;
    for (struct tries *x; (x = hl__map_at(&t->map, &pos)) != NULL;) hl__free(t->mem, x);
    hl__map_free(&t->map);
}

static uint64_t key_of(const hl__tries *t, const char *what, const char *who)
{
    uint64_t h = hl__fnv(t->seed | 1, what, strlen(what) + 1);
    return hl__fnv(h, who, strlen(who)) >> 8;
}

static void forget(hl__tries *t, hl_time now)
{
    uint32_t pos = 0;
    for (struct tries *x; (x = hl__map_at(&t->map, &pos)) != NULL;) {
        if (x->since + TRIES_US > now) continue;
        (void)hl__map_del(&t->map, (hl_id)x->key);
        hl__free(t->mem, x);
    }
}

int hl__tries_take(hl__tries *t, hl_time now, const char *what, const char *who)
{
    uint64_t key = key_of(t, what, who);
    struct tries *x = hl__map_get(&t->map, (hl_id)key);
    if (!x) {
        if (t->map.live >= TRIES_MAX) forget(t, now);
        if (t->map.live >= TRIES_MAX) return HL_ELIMIT;
        if (!(x = hl__alloc(t->mem, sizeof *x))) return HL_ENOMEM;
        *x = (struct tries){ .key = key, .since = now };
        if (hl__map_put(&t->map, (hl_id)key, x) < 0) {
            hl__free(t->mem, x);
            return HL_ENOMEM;
        }
    }
    if (x->since + TRIES_US <= now) {
        x->since = now;
        x->count = 0;
    }
    if (x->count >= TRIES) return HL_ELIMIT;
    x->count++;
    return 0;
}

void hl__tries_give(hl__tries *t, const char *what, const char *who)
{
    struct tries *x = hl__map_get(&t->map, (hl_id)key_of(t, what, who));
    if (x && x->count) x->count--;
}
