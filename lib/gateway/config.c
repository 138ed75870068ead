/* config.c - the section "gateway": what may stand there, what is wrong with it, the settings as a struct. */
#include "gateway/gateway.h"
#include <string.h>

#define KNOWN "bind port cert key origins pages sdk plain login callers max_sessions max_per_ip callers_per_ip " \
    "resume_s ping_s"
enum { FINDING_GATEWAY = 560, FINDING_ORIGIN, FINDING_OPEN };

static bool loopback(const char *bind)
{
    return strncmp(bind, "127.", 4) == 0 || strcmp(bind, "::1") == 0 || strcmp(bind, "localhost") == 0;
}

static bool address(const char *text)
{
    return *text && text[strspn(text, "0123456789abcdefABCDEF.:")] == 0;
}

static void origins_check(const hl__jcheck *c)
{
    hl__json *list = hl__jlist(c, "origins");
    hl__place in = { c->at, "origins", 0 };
    for (size_t i = 0; i < hl__json_size(list); i++) {
        hl__place at = { &in, NULL, i };
        const char *text = hl__json_text(hl__json_at(list, i));
        bool good = text && (strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0) &&
                    !strchr(strstr(text, "://") + 3, '/') && strlen(text) < 256;
        if (!good) hl__error(c->f, FINDING_ORIGIN, &at, "an origin is \"https://host[:port]\", without a path");
    }
}

void hl__gateway_check(void *domain, const char *name, const hl__json *value, const hl__place *at, hl__findings *f,
                       const hl__doc *doc)
{
    hl__jcheck c = { f, value, at, FINDING_GATEWAY };
    (void)domain;
    (void)name;
    (void)doc;
    hl__jknown(&c, KNOWN);
    const char *bind = hl__jtext(&c, "bind", 64, "127.0.0.1"), *cert = hl__jtext(&c, "cert", 4096, NULL);
    const char *key = hl__jtext(&c, "key", 4096, NULL);
    (void)hl__jtext(&c, "pages", 4096, NULL);
    (void)hl__jtext(&c, "sdk", 4096, NULL);
    (void)hl__jtext(&c, "login", 4096, NULL);
    (void)hl__jbool(&c, "callers", false);
    (void)hl__jint(&c, "port", 0, 65535, 8080);
    (void)hl__jint(&c, "max_sessions", 1, 1000000, 10000);
    (void)hl__jint(&c, "max_per_ip", 1, 1000000, 50);
    (void)hl__jint(&c, "callers_per_ip", 1, 1000000, 3);
    (void)hl__jint(&c, "resume_s", 1, 86400, 120);
    (void)hl__jint(&c, "ping_s", 1, 3600, 5);
    bool plain = hl__jbool(&c, "plain", false);
    origins_check(&c);
    hl__place bind_at = { at, "bind", 0 }, cert_at = { at, cert ? "cert" : "key", 0 };
    if (!address(bind)) hl__error(f, FINDING_GATEWAY, &bind_at, "\"%.60s\" is no address to listen at", bind);
    else if (!loopback(bind) && !cert && !plain)
        hl__error(f, FINDING_OPEN, &bind_at, "without a certificate only 127.0.0.1 and ::1 are listened at; give "
                  "\"cert\" and \"key\", or \"plain\": true if something in front does TLS");
    if (!cert != !key) hl__error(f, FINDING_GATEWAY, &cert_at, "\"cert\" and \"key\" go together");
}

static const char *text_of(const hl__json *j, const char *key, const char *otherwise)
{
    const char *text = hl__json_text(hl__json_get(j, key));
    return text ? text : otherwise;
}

static int32_t int_of(const hl__json *j, const char *key, int32_t otherwise)
{
    const hl__json *v = hl__json_get(j, key);
    return v ? (int32_t)hl__json_int(v) : otherwise;
}

static int texts_read(hl__mem *mem, const hl__json *j, hl__gateway_config *c)
{
    const struct { char **to; const char *text; } texts[] = { { &c->bind, text_of(j, "bind", "127.0.0.1") },
        { &c->cert, text_of(j, "cert", NULL) }, { &c->key, text_of(j, "key", NULL) },
        { &c->pages, text_of(j, "pages", NULL) }, { &c->sdk, text_of(j, "sdk", NULL) },
        { &c->login, text_of(j, "login", NULL) } };
    for (size_t i = 0; i < HL__COUNT(texts); i++) {
        *texts[i].to = hl__strdup(mem, texts[i].text);
        if (texts[i].text && !*texts[i].to) return HL_ENOMEM;
    }
    hl__json *list = hl__json_get(j, "origins");
    size_t n = hl__json_size(list);
    if (n && !(c->origins = hl__alloc_array(mem, n, sizeof *c->origins))) return HL_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (!(c->origins[i] = hl__strdup(mem, hl__json_text(hl__json_at(list, i))))) return HL_ENOMEM;
        c->origin_count++;
    }
    return 0;
}

int hl__gateway_read(hl__mem *mem, const hl__json *value, hl__gateway_config **out)
{
    hl__gateway_config *c = hl__alloc(mem, sizeof *c);
    if (!c) return HL_ENOMEM;
    if (texts_read(mem, value, c) < 0) {
        hl__gateway_config_free(mem, c);
        return HL_ENOMEM;
    }
    c->port = int_of(value, "port", c->cert ? 8443 : 8080);
    c->plain = hl__json_true(hl__json_get(value, "plain"));
    c->callers = hl__json_true(hl__json_get(value, "callers"));
    c->max_sessions = int_of(value, "max_sessions", 10000);
    c->max_per_ip = int_of(value, "max_per_ip", 50);
    c->callers_per_ip = int_of(value, "callers_per_ip", 3);
    c->resume_s = int_of(value, "resume_s", 120);
    c->ping_s = int_of(value, "ping_s", 5);
    *out = c;
    return 0;
}

void hl__gateway_config_free(hl__mem *mem, hl__gateway_config *c)
{
    if (!c) return;
    char *const texts[] = { c->bind, c->cert, c->key, c->pages, c->sdk, c->login };
    for (size_t i = 0; i < HL__COUNT(texts); i++) hl__free(mem, texts[i]);
    for (uint32_t i = 0; i < c->origin_count; i++) hl__free(mem, c->origins[i]);
    hl__free(mem, c->origins);
    hl__free(mem, c);
}
