/* conf.c - listeners, trunks and telephones as the document has them: one table of fields each, for checking and for
 * reading. Reading happens on a document that was checked; it may only lack memory. */
#include "sip/core.h"
#include <hotline/acd.h>
#include <string.h>

enum { CODE = 560 }; /* of every finding here */
enum { INT, BOOL, WORD, TEXT, LIST };
struct field {
    const char *name;
    uint16_t offset;
    uint8_t kind;
    int64_t min, max, otherwise;       /* TEXT: max bytes */
    const char *const *words;
    bool (*ok)(hl__view one);          /* of a text, or of each element of a list */
    const char *want;                  /* words for what is not ok */
};
struct listener_text { char *bind, *public_addr, *realm; int32_t transport, accept, dscp; };
struct trunk_text { struct sip_profile p; char *peers, *acl, *registrar, *preset; };
struct phone_text { struct sip_profile p; char *password, *ha1_md5, *ha1_sha256, *address; };

static bool ok_bind(hl__view v)
{
    uint8_t ip[16];
    uint16_t port = 0;
    return hl__ip_port(v, ip, &port);
}

static bool address_of(hl__view v, hl__addr *out)
{
    uint8_t ip[16];
    struct sip_uri uri;
    if (!hl__sip_uri_parse(v, &uri) || uri.kind != SIP_URI_SIP || !hl__sip_host_ip(uri.host, ip))
        return false;
    hl__sip_ip_addr(ip, uri.port ? uri.port : 5060, out);
    return true;
}

static bool ok_peer(hl__view v)
{
    hl__addr at;
    return address_of(v, &at);
}

static bool ok_net(hl__view v)
{
    hl__net net;
    return hl__net_parse(v, &net);
}

static bool ok_rule(hl__view v)
{
    char rule[256];
    hl__view_copy(rule, sizeof(rule), v);
    return v.len < sizeof(rule) && hl__number_rule_ok(rule);
}

static bool ok_codec(hl__view v)
{
    static const char *const known[] = { "PCMA", "PCMU", "opus", "telephone-event" };
    for (size_t i = 0; i < HL__COUNT(known); i++)
        if (hl__view_like(v, known[i]))
            return true;
    return false;
}

static bool ok_token(hl__view v)
{
    for (size_t i = 0; i < v.len; i++)
        if ((unsigned char)v.at[i] <= ' ' || strchr("<>\"@;,\\", v.at[i]))
            return false;
    return v.len > 0;
}

static bool ok_digits(hl__view v)
{
    for (size_t i = 0; i < v.len; i++)
        if ((v.at[i] < '0' || v.at[i] > '9') && !strchr("+*#", v.at[i]))
            return false;
    return true;
}

static bool ok_number(hl__view v)
{
    for (size_t i = 0; i < v.len; i++)
        if ((v.at[i] < '0' || v.at[i] > '9') && !strchr("+*#x[]-", v.at[i]))
            return false;
    return v.len > 0;
}

static bool ok_hash(hl__view v)
{
    for (size_t i = 0; i < v.len; i++)
        if (!strchr("0123456789abcdef", v.at[i]))
            return false;
    return v.len == 32 || v.len == 64;
}

static bool ok_preset(hl__view v)
{
    return hl__view_is(v, "cn") || hl__view_is(v, "e164");
}

static bool ok_secret(hl__view v)
{
    return v.len >= 10;
}

static const char *const transports[] = { "udp", "mem", NULL };
static const char *const accepts[] = { "trunks", "phones", "both", NULL };
static const char *const auths[] = { "ip", "register", "digest", NULL };
static const char *const cids[] = { "pai", "from", "ppi", "rpid", "pai_rpid", NULL };
static const char *const dids[] = { "auto", "ruri", "to", "pcpid", "diversion", NULL };
static const char *const digests[] = { "any", "sha256", NULL };
static const char *const phone_digests[] = { "both", "sha256", "md5", NULL };

#define AT(type, member) offsetof(struct type, member)
#define P(member) offsetof(struct trunk_text, p.member)
#define Q(member) offsetof(struct phone_text, p.member)
static const char want_ip[] = "an address, as 0.0.0.0:5060 or [::]:5060, is wanted";
static const char want_uri[] = "a SIP address without a name to look up, as sip:192.0.2.7:5060, is wanted";
static const char want_rule[] = "a rule pattern:strip:prepend, as 0086*:2:+, is wanted";
static const char want_hash[] = "a hash in small hex letters is wanted";
static const char want_codec[] = "PCMA, PCMU, opus or telephone-event is wanted";

static const struct field listener_fields[] = {
    { "bind", AT(listener_text, bind), TEXT, 0, 64, 0, NULL, ok_bind, want_ip },
    { "public_addr", AT(listener_text, public_addr), TEXT, 0, 64, 0, NULL, ok_bind, want_ip },
    { "realm", AT(listener_text, realm), TEXT, 0, 200, 0, NULL, ok_token, "a name without blanks is wanted" },
    { "transport", AT(listener_text, transport), WORD, 0, 0, 0, transports, NULL, NULL },
    { "accept", AT(listener_text, accept), WORD, 0, 0, 0, accepts, NULL, NULL },
    { "dscp", AT(listener_text, dscp), INT, 0, 63, 24, NULL, NULL, NULL },
};
static const struct field trunk_fields[] = {
    { "auth", P(auth), WORD, 0, 0, 0, auths, NULL, NULL },
    { "cid_out", P(cid_out), WORD, 0, 0, 0, cids, NULL, NULL },
    { "cid_trust", P(cid_trust), BOOL, 0, 0, 0, NULL, NULL, NULL },
    { "did_from", P(did_from), WORD, 0, 0, 0, dids, NULL, NULL },
    { "ptime", P(ptime), INT, 10, 60, 20, NULL, NULL, NULL },
    { "max_calls", P(max_calls), INT, 0, 100000, 200, NULL, NULL, NULL },
    { "max_in", P(max_in), INT, 0, 100000, 0, NULL, NULL, NULL },
    { "cps", P(cps), INT, 0, 100000, 20, NULL, NULL, NULL },
    { "ring_s", P(ring_s), INT, 1, 3600, 120, NULL, NULL, NULL },
    { "first_ms", P(first_ms), INT, 100, 32000, 4000, NULL, NULL, NULL },
    { "attempts", P(attempts), INT, 1, 8, 3, NULL, NULL, NULL },
    { "expires_s", P(expires_s), INT, 60, 86400, 600, NULL, NULL, NULL },
    { "priority", P(priority), INT, 0, 65535, 100, NULL, NULL, NULL },
    { "nat", P(nat), BOOL, 0, 0, 0, NULL, NULL, NULL },
    { "digest_min", P(digest_min), WORD, 0, 0, 0, digests, NULL, NULL },
    { "enabled", P(enabled), BOOL, 0, 0, 1, NULL, NULL, NULL },
    { "group", P(group), TEXT, 0, 255, 0, NULL, NULL, NULL },
    { "listener", P(listener), TEXT, 0, 255, 0, NULL, NULL, NULL },
    { "preset", AT(trunk_text, preset), TEXT, 0, 16, 0, NULL, ok_preset, "\"cn\" or \"e164\" is wanted" },
    { "peers", AT(trunk_text, peers), LIST, 0, 0, 0, NULL, ok_peer, want_uri },
    { "acl", AT(trunk_text, acl), LIST, 0, 0, 0, NULL, ok_net, "addresses, as 10.0.0.0/8, are wanted" },
    { "registrar", AT(trunk_text, registrar), TEXT, 0, 255, 0, NULL, ok_peer, want_uri },
    { "user", P(user), TEXT, 0, 255, 0, NULL, ok_token, "a name without blanks is wanted" },
    { "password", P(password), TEXT, 0, 255, 0, NULL, NULL, NULL },
    { "realm", P(realm), TEXT, 0, 255, 0, NULL, NULL, NULL },
    { "domain", P(domain), TEXT, 0, 255, 0, NULL, ok_token, "a host name is wanted" },
    { "codecs", P(codecs), LIST, 0, 0, 0, NULL, ok_codec, want_codec },
    { "rules_in", P(rules_in), LIST, 0, 0, 0, NULL, ok_rule, want_rule },
    { "rules_out", P(rules_out), LIST, 0, 0, 0, NULL, ok_rule, want_rule },
    { "prefix_in", P(prefix_in), TEXT, 0, 32, 0, NULL, ok_digits, "digits are wanted" },
    { "prefix_out", P(prefix_out), TEXT, 0, 32, 0, NULL, ok_digits, "digits are wanted" },
    { "area", P(area), TEXT, 0, 8, 0, NULL, ok_digits, "digits, the area code without its 0, are wanted" },
    { "cid_default", P(cid_default), TEXT, 0, 64, 0, NULL, ok_digits, "a number, as +861062345678, is wanted" },
    { "cid_allowed", P(cid_allowed), LIST, 0, 0, 0, NULL, ok_number, "numbers, as +8610623456xx, are wanted" },
};
static const struct field phone_fields[] = {
    { "password", AT(phone_text, password), TEXT, 0, 255, 0, NULL, ok_secret, "at least 10 characters are wanted" },
    { "ha1_md5", AT(phone_text, ha1_md5), TEXT, 0, 64, 0, NULL, ok_hash, want_hash },
    { "ha1_sha256", AT(phone_text, ha1_sha256), TEXT, 0, 64, 0, NULL, ok_hash, want_hash },
    { "address", AT(phone_text, address), TEXT, 0, 255, 0, NULL, ok_peer, want_uri },
    { "display", Q(display), TEXT, 0, 128, 0, NULL, NULL, NULL },
    { "codecs", Q(codecs), LIST, 0, 0, 0, NULL, ok_codec, want_codec },
    { "listener", Q(listener), TEXT, 0, 255, 0, NULL, NULL, NULL },
    { "digest", Q(digest), WORD, 0, 0, 0, phone_digests, NULL, NULL },
    { "max_contacts", Q(max_contacts), INT, 1, SIP_BINDINGS, 5, NULL, NULL, NULL },
    { "max_calls", Q(max_calls), INT, 1, 100, 2, NULL, NULL, NULL },
    { "ring_s", Q(ring_s), INT, 1, 3600, 120, NULL, NULL, NULL },
    { "nat", Q(nat), BOOL, 0, 0, 1, NULL, NULL, NULL },
};
#undef AT
#undef P
#undef Q

struct reader { const hl__jcheck *k; hl__mem *mem; char *into; bool failed; }; /* into NULL: only checked */

static void put_text(struct reader *r, const struct field *f, char *text)
{
    char **to = (char **)(void *)(r->into + f->offset);
    hl__free(r->mem, *to);
    *to = text;
    r->failed = r->failed || !text;
}

static void read_text(struct reader *r, const struct field *f)
{
    hl__place at = { r->k->at, f->name, 0 };
    const hl__json *j = hl__json_get(r->k->j, f->name);
    if (hl__json_type(j) == HL__JOBJECT && hl__json_get(j, "kept"))
        return; /* a secret that stays as it is */
    const char *text = hl__jtext(r->k, f->name, (size_t)f->max, NULL);
    if (!text)
        return;
    if (f->ok && !f->ok(hl__view_of(text)))
        hl__error(r->k->f, CODE, &at, "\"%s\" will not do; %s", f->ok == ok_secret ? "..." : text, f->want);
    if (r->into)
        put_text(r, f, hl__strdup(r->mem, text));
}

static void read_list(struct reader *r, const struct field *f)
{
    hl__place at = { r->k->at, f->name, 0 };
    hl__buf b;
    const hl__json *list = hl__jlist(r->k, f->name);
    if (!list)
        return;
    hl__buf_init(&b, r->mem);
    hl__buf_str(&b, "");
    for (size_t i = 0; i < hl__json_size(list); i++) {
        const char *text = hl__json_text(hl__json_at(list, i));
        hl__place one = { &at, NULL, i };
        if (!text || strlen(text) > 255 || strchr(text, ',') || !f->ok(hl__view_of(text)))
            hl__error(r->k->f, CODE, &one, "this will not do; %s", f->want);
        else if (r->into)
            hl__buf_fmt(&b, "%s%s", b.len ? "," : "", text);
    }
    if (r->into) {
        put_text(r, f, hl__strdup(r->mem, b.data ? b.data : ""));
        r->failed = r->failed || b.failed;
    }
    hl__buf_free(&b);
}

static void read_fields(struct reader *r, const struct field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct field *f = &fields[i];
        int64_t n = 0;
        switch (f->kind) {
        case INT: n = hl__jint(r->k, f->name, f->min, f->max, f->otherwise); break;
        case BOOL: n = hl__jbool(r->k, f->name, f->otherwise != 0); break;
        case WORD: n = hl__jword(r->k, f->name, f->words, (int)f->otherwise); break;
        case TEXT: read_text(r, f); continue;
        default: read_list(r, f); continue;
        }
        if (r->into)
            memcpy(r->into + f->offset, &(int32_t){ (int32_t)n }, sizeof(int32_t));
    }
}

/* ---- checks ---- */
static void known_of(const struct field *fields, size_t count, const hl__jcheck *k)
{
    char list[1024];
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        at += hl__copy(list + at, sizeof(list) - at, fields[i].name);
        at += hl__copy(list + at, sizeof(list) - at, " ");
    }
    hl__copy(list + at, sizeof(list) - at, "id title");
    hl__jknown(k, list);
}

static void check_reference(const hl__jcheck *k, const char *key, const char *section, const hl__doc *doc)
{
    hl__place at = { k->at, key, 0 };
    const char *name = hl__json_text(hl__json_get(k->j, key));
    if (!name || !doc || doc->object(doc->ctx, section, name))
        return;
    const char *near = doc->nearest ? doc->nearest(doc->ctx, section, name) : NULL;
    if (near)
        hl__error(k->f, CODE, &at, "there is no \"%s\" in %s; did you mean \"%s\"?", name, section, near);
    else
        hl__error(k->f, CODE, &at, "there is no \"%s\" in %s", name, section);
}

static bool begin_check(const hl__json *value, const hl__place *at, hl__findings *f)
{
    if (hl__json_type(value) == HL__JOBJECT)
        return true;
    hl__error(f, CODE, at, "an object is wanted");
    return false;
}

static void check_listener(void *domain, const char *name, const hl__json *value, const hl__place *at, hl__findings *f,
                           const hl__doc *doc)
{
    hl__jcheck k = { f, value, at, CODE };
    struct reader r = { &k, f->mem, NULL, false };
    (void)domain;
    (void)name;
    (void)doc;
    if (!begin_check(value, at, f))
        return;
    known_of(listener_fields, HL__COUNT(listener_fields), &k);
    read_fields(&r, listener_fields, HL__COUNT(listener_fields));
    if (!hl__json_get(value, "bind"))
        hl__error(f, CODE, at, "a listener needs \"bind\", the address it listens on");
}

static void check_trunk(void *domain, const char *name, const hl__json *value, const hl__place *at, hl__findings *f,
                        const hl__doc *doc)
{
    hl__jcheck k = { f, value, at, CODE };
    struct reader r = { &k, f->mem, NULL, false };
    (void)domain;
    (void)name;
    if (!begin_check(value, at, f))
        return;
    known_of(trunk_fields, HL__COUNT(trunk_fields), &k);
    read_fields(&r, trunk_fields, HL__COUNT(trunk_fields));
    check_reference(&k, "listener", "listeners", doc);
    const char *auth = hl__json_text(hl__json_get(value, "auth"));
    bool registers = auth && strcmp(auth, "register") == 0;
    if (registers && (!hl__json_get(value, "user") || !hl__json_get(value, "password")))
        hl__error(f, CODE, at, "a trunk that registers needs \"user\" and \"password\"");
    if (registers && !hl__json_get(value, "registrar") && !hl__json_size(hl__json_get(value, "peers")))
        hl__error(f, CODE, at, "a trunk that registers needs \"registrar\" or a peer");
    if (!registers && !hl__json_size(hl__json_get(value, "peers")) && !hl__json_size(hl__json_get(value, "acl")))
        hl__error(f, CODE, at, "a trunk needs \"peers\" (whom it calls) or \"acl\" (who may call)");
}

static void check_phone(void *domain, const char *name, const hl__json *value, const hl__place *at, hl__findings *f,
                        const hl__doc *doc)
{
    hl__jcheck k = { f, value, at, CODE };
    struct reader r = { &k, f->mem, NULL, false };
    (void)domain;
    if (!begin_check(value, at, f))
        return;
    known_of(phone_fields, HL__COUNT(phone_fields), &k);
    read_fields(&r, phone_fields, HL__COUNT(phone_fields));
    check_reference(&k, "listener", "listeners", doc);
    if (!ok_token(hl__view_of(name)))
        hl__error(f, CODE, at, "\"%s\" is a telephone's user name: no blanks, quotes, commas or @", name);
    static const char *const ways[] = { "password", "ha1_md5", "ha1_sha256", "address" };
    bool reachable = false;
    for (size_t i = 0; i < HL__COUNT(ways); i++)
        reachable = reachable || hl__json_get(value, ways[i]);
    if (!reachable)
        hl__error(f, CODE, at, "a telephone needs a \"password\" to register with, or a fixed \"address\"");
}

uint32_t hl__sip_sections(hl__section *out, uint32_t room)
{
    static const hl__section sections[] = {
        { "listeners", HL_KIND_PART, NULL, check_listener, NULL, NULL },
        { "trunks", HL_KIND_TRUNK, NULL, check_trunk, NULL, NULL },
        { "phones", HL_KIND_PART, NULL, check_phone, NULL, NULL },
    };
    uint32_t n = 0;
    for (; n < HL__COUNT(sections) && n < room; n++)
        out[n] = sections[n];
    return n;
}

/* ---- reading ---- */
void hl__sip_profile_drop(hl__sip *c, struct sip_profile *p)
{
    if (!p || --p->refs)
        return;
    char *texts[] = { p->name, p->group, p->user, p->password, p->realm, p->domain, p->codecs, p->rules_in,
        p->rules_out, p->prefix_in, p->prefix_out, p->area, p->cid_default, p->cid_allowed, p->display, p->listener };
    for (size_t i = 0; i < HL__COUNT(texts); i++)
        hl__free(c->mem, texts[i]);
    for (int i = 0; i < p->npeers; i++)
        hl__free(c->mem, p->peer[i].host);
    hl__free(c->mem, p);
}

static struct sip_profile *keep_profile(hl__sip *c, const struct sip_profile *from, const char *name)
{
    struct sip_profile *p = hl__alloc(c->mem, sizeof(*p));
    if (!p)
        return NULL;
    *p = *from;
    p->refs = 1;
    p->name = hl__strdup(c->mem, name);
    return p;
}

static void default_text(hl__sip *c, char **at, const char *text, bool *failed)
{
    if (*at && **at)
        return;
    hl__free(c->mem, *at);
    *at = hl__strdup(c->mem, text);
    *failed = *failed || !*at;
}

static void read_addresses(struct trunk_text *t)
{
    hl__view rest = hl__view_of(t->peers);
    while (rest.len && t->p.npeers < SIP_PEERS)
        if (address_of(hl__view_cut(&rest, ','), &t->p.peer[t->p.npeers].at))
            t->p.npeers++;
    rest = hl__view_of(t->acl);
    while (rest.len && t->p.nacl < (int)HL__COUNT(t->p.acl))
        if (hl__net_parse(hl__view_cut(&rest, ','), &t->p.acl[t->p.nacl]))
            t->p.nacl++;
    if (t->registrar)
        (void)address_of(hl__view_of(t->registrar), &t->p.registrar); /* checked */
    else if (t->p.npeers)
        t->p.registrar = t->p.peer[0].at;
}

static struct sip_profile *read_trunk(hl__sip *c, const char *name, const hl__jcheck *k)
{
    struct trunk_text t;
    memset(&t, 0, sizeof(t));
    struct reader r = { k, c->mem, (char *)&t, false };
    read_fields(&r, trunk_fields, HL__COUNT(trunk_fields));
    const char *preset = t.preset ? t.preset : "e164";
    default_text(c, &t.p.group, "default", &r.failed);
    default_text(c, &t.p.codecs, "PCMA,PCMU,telephone-event", &r.failed);
    default_text(c, &t.p.rules_in, hl__number_preset(preset, false), &r.failed);
    default_text(c, &t.p.rules_out, hl__number_preset(preset, true), &r.failed);
    read_addresses(&t);
    hl__free(c->mem, t.peers);
    hl__free(c->mem, t.acl);
    hl__free(c->mem, t.registrar);
    hl__free(c->mem, t.preset);
    t.p.refs = 1;
    struct sip_profile *p = keep_profile(c, &t.p, name);
    if (p && p->name && !r.failed)
        return p;
    if (p) {
        hl__sip_profile_drop(c, p);
        return NULL;
    }
    struct sip_profile *lost = &t.p; /* its texts only */
    char **texts[] = { &lost->group, &lost->user, &lost->password, &lost->realm, &lost->domain, &lost->codecs,
        &lost->rules_in, &lost->rules_out, &lost->prefix_in, &lost->prefix_out, &lost->area, &lost->cid_default,
        &lost->cid_allowed, &lost->listener };
    for (size_t i = 0; i < HL__COUNT(texts); i++)
        hl__free(c->mem, *texts[i]);
    return NULL;
}

static bool read_hashes(hl__sip *c, struct phone_text *t, const char *name)
{
    const char *given[] = { t->ha1_md5, t->ha1_sha256 };
    const char *realm = c->listeners ? c->listener[0].realm : "hotline";
    for (int i = 0; i < 2; i++) {
        if (given[i])
            hl__copy(t->p.ha1[i], SIP_HEX, given[i]);
        else if (t->password && hl__sip_ha1(i ? SIP_SHA256 : SIP_MD5, name, realm, t->password, t->p.ha1[i]) < 0)
            return false;
    }
    if (t->password)
        explicit_bzero(t->password, strlen(t->password));
    return true;
}

static struct sip_profile *read_phone(hl__sip *c, const char *name, const hl__jcheck *k)
{
    struct phone_text t;
    memset(&t, 0, sizeof(t));
    struct reader r = { k, c->mem, (char *)&t, false };
    read_fields(&r, phone_fields, HL__COUNT(phone_fields));
    t.p.is_phone = true;
    t.p.enabled = 1;
    bool hashed = read_hashes(c, &t, name);
    t.p.domain = t.address;
    hl__free(c->mem, t.password);
    hl__free(c->mem, t.ha1_md5);
    hl__free(c->mem, t.ha1_sha256);
    default_text(c, &t.p.codecs, "PCMA,PCMU,opus,telephone-event", &r.failed);
    struct sip_profile *p = keep_profile(c, &t.p, name);
    if (p && p->name && hashed && !r.failed)
        return p;
    if (p) {
        hl__sip_profile_drop(c, p);
        return NULL;
    }
    hl__free(c->mem, t.p.domain);
    hl__free(c->mem, t.p.codecs);
    hl__free(c->mem, t.p.display);
    hl__free(c->mem, t.p.listener);
    return NULL;
}

/* ---- applying ---- */
void hl__sip_reap(hl__sip *c)
{
    if (c->all)
        return;
    for (struct sip_trunk **at = &c->gone_trunks, *t; (t = *at);) {
        if (t->reg.txn) { /* it is still taking leave of its registrar */
            at = &t->next_gone;
            continue;
        }
        *at = t->next_gone;
        hl__sip_trunk_free(t);
    }
    for (struct sip_phone *p; (p = c->gone_phones);) {
        c->gone_phones = p->next_gone;
        hl__sip_phone_free(p);
    }
}

static int set_trunk(hl__sip *c, hl_id id, struct sip_profile *p)
{
    struct sip_trunk *t = hl__names_get(&c->trunks, p->name);
    if (!t) {
        t = hl__alloc(c->mem, sizeof(*t));
        if (!t || hl__names_put(&c->trunks, p->name, t) < 0) {
            hl__free(c->mem, t);
            return HL_ENOMEM;
        }
        t->core = c;
        hl__sip_token(c, t->token, 16);
        t->profile = p;
        t->id = id;
        hl__sip_registration_set(t);
        return 0;
    }
    struct sip_profile *old = t->profile;
    bool again = old->auth != p->auth || !hl__sip_addr_same(&old->registrar, &p->registrar, true) ||
                 strcmp(old->user ? old->user : "", p->user ? p->user : "") != 0 || old->enabled != p->enabled ||
                 strcmp(old->password ? old->password : "", p->password ? p->password : "") != 0;
    (void)hl__names_put(&c->trunks, p->name, t); /* replaces: the key lives in the profile */
    t->profile = p;
    t->id = id;
    hl__sip_profile_drop(c, old);
    if (again)
        hl__sip_registration_set(t);
    return 0;
}

static int set_phone(hl__sip *c, hl_id id, struct sip_profile *p)
{
    struct sip_phone *f = hl__names_get(&c->phones, p->name);
    if (!f) {
        f = hl__alloc(c->mem, sizeof(*f));
        if (!f || hl__names_put(&c->phones, p->name, f) < 0) {
            hl__free(c->mem, f);
            return HL_ENOMEM;
        }
        f->core = c;
        f->profile = p;
        f->id = id;
        return 0;
    }
    struct sip_profile *old = f->profile;
    (void)hl__names_put(&c->phones, p->name, f); /* replaces: the key lives in the profile */
    f->profile = p;
    f->id = id;
    hl__sip_profile_drop(c, old);
    return 0;
}

static void drop_absent(hl__sip *c, const hl__json *trunks, const hl__json *phones)
{
    uint32_t pos = 0;
    for (struct sip_trunk *t; (t = hl__names_at(&c->trunks, &pos));) {
        if (hl__json_get(trunks, t->profile->name))
            continue;
        hl__names_del(&c->trunks, t->profile->name);
        hl__sip_registration_stop(t);
        t->next_gone = c->gone_trunks;
        c->gone_trunks = t;
    }
    pos = 0;
    for (struct sip_phone *p; (p = hl__names_at(&c->phones, &pos));) {
        if (hl__json_get(phones, p->profile->name))
            continue;
        hl__names_del(&c->phones, p->profile->name);
        while (p->bindings)
            hl__sip_binding_drop(p, 0);
        p->next_gone = c->gone_phones;
        c->gone_phones = p;
    }
}

static int set_section(hl__sip *c, const hl__json *section, bool phones, hl__findings *f)
{
    int r = 0;
    for (void *it = hl__json_iter(section); it && r == 0; it = hl__json_iter_next(section, it)) {
        hl__place at = { NULL, hl__json_iter_key(it), 0 };
        hl__jcheck k = { f, hl__json_iter_value(it), &at, CODE };
        hl_id id = hl__json_int(hl__json_get(k.j, "id"));
        struct sip_profile *p = phones ? read_phone(c, at.key, &k) : read_trunk(c, at.key, &k);
        r = !p ? HL_ENOMEM : phones ? set_phone(c, id, p) : set_trunk(c, id, p);
        if (p && r < 0)
            hl__sip_profile_drop(c, p);
    }
    return r;
}

static int read_listener(hl__sip *c, struct sip_listener *l, const char *name, const hl__jcheck *k)
{
    uint8_t ip[16];
    uint16_t port = 5060, shown = 0;
    struct listener_text t;
    memset(&t, 0, sizeof(t));
    struct reader r = { k, c->mem, (char *)&t, false };
    read_fields(&r, listener_fields, HL__COUNT(listener_fields));
    l->transport = t.transport;
    l->accept = t.accept;
    l->dscp = t.dscp;
    l->name = hl__strdup(c->mem, name);
    l->realm = hl__strdup(c->mem, t.realm ? t.realm : "hotline");
    if (t.bind && hl__ip_port(hl__view_of(t.bind), ip, &port))
        hl__sip_ip_addr(ip, port, &l->bind);
    if (t.public_addr && hl__ip_port(hl__view_of(t.public_addr), ip, &shown))
        hl__sip_ip_addr(ip, shown, &l->advertise);
    hl__free(c->mem, t.bind);
    hl__free(c->mem, t.public_addr);
    hl__free(c->mem, t.realm);
    return r.failed || !l->name || !l->realm ? HL_ENOMEM : 0;
}

/* Listeners are taken once: sockets and calls name them by their place. New ones are added behind. */
static int set_listeners(hl__sip *c, const hl__json *section, hl__findings *f)
{
    for (void *it = hl__json_iter(section); it; it = hl__json_iter_next(section, it)) {
        hl__place at = { NULL, hl__json_iter_key(it), 0 };
        hl__jcheck k = { f, hl__json_iter_value(it), &at, CODE };
        struct sip_listener l = { .name = NULL };
        uint32_t i = 0;
        while (i < c->listeners && strcmp(c->listener[i].name, at.key) != 0)
            i++;
        int r = read_listener(c, &l, at.key, &k);
        struct sip_listener *list = c->listener;
        if (r == 0 && i == c->listeners) {
            list = hl__realloc(c->mem, c->listener, (c->listeners + 1) * sizeof(*list));
            r = list ? 0 : HL_ENOMEM;
        }
        if (r < 0) {
            hl__free(c->mem, l.name);
            hl__free(c->mem, l.realm);
            return r;
        }
        c->listener = list;
        if (i < c->listeners) {
            l.bind = list[i].bind; /* the socket stays where it is */
            hl__free(c->mem, list[i].name);
            hl__free(c->mem, list[i].realm);
        } else {
            c->listeners++;
        }
        list[i] = l;
    }
    return 0;
}

int hl__sip_config(hl__sip *c, hl_time now, const hl__json *doc, hl__err *err)
{
    hl__findings f;
    const hl__json *trunks = hl__json_get(doc, "trunks"), *phones = hl__json_get(doc, "phones");
    c->now = now > c->now ? now : c->now;
    hl__findings_init(&f, c->mem);
    int r = set_listeners(c, hl__json_get(doc, "listeners"), &f);
    if (r == 0)
        r = set_section(c, trunks, false, &f);
    if (r == 0)
        r = set_section(c, phones, true, &f);
    if (r == 0) {
        drop_absent(c, trunks, phones);
        hl__sip_reap(c);
    }
    if (r < 0)
        hl__fail(err, r, "no memory for telephones and trunks");
    else if (f.errors)
        hl__log(c->log, HL_LOG_WARN, "sip: %u values were not understood", (unsigned)f.errors);
    hl__findings_free(&f);
    return r;
}
