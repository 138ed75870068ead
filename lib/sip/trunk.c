/* trunk.c - whose call is it, may it come, whom does it dial, who calls; and who we say we are. */
#include "sip/core.h"
#include <string.h>

const struct sip_listener *hl__sip_listener_of(const hl__sip *c, const struct sip_path *path)
{
    return &c->listener[path->listener];
}

static bool takes(const struct sip_listener *l, bool phones)
{
    return l->accept == SIP_BOTH || (l->accept == SIP_PHONES) == phones;
}

int hl__sip_listener_for(const hl__sip *c, const struct sip_profile *p, bool phones)
{
    for (uint32_t i = 0; i < c->listeners; i++)
        if (p && p->listener ? strcmp(c->listener[i].name, p->listener) == 0 : takes(&c->listener[i], phones))
            return (int)i;
    return c->listeners && !(p && p->listener) ? 0 : -1;
}

bool hl__sip_trunk_peer(const struct sip_trunk *t, const hl__addr *from)
{
    uint8_t ip[16];
    const struct sip_profile *p = t->profile;
    hl__sip_addr_ip(from, ip);
    for (int i = 0; i < p->npeers; i++)
        if (hl__sip_addr_same(&p->peer[i].at, from, false))
            return true;
    if (p->registrar.family && hl__sip_addr_same(&p->registrar, from, false))
        return true;
    for (int i = 0; i < p->nacl; i++)
        if (hl__net_has(&p->acl[i], ip))
            return true;
    return false;
}

/* How exactly the trunk names the source: bits of the longest prefix, 128 for a peer; -1: not at all. */
static int closeness(const struct sip_trunk *t, const hl__addr *from)
{
    uint8_t ip[16];
    int best = -1;
    const struct sip_profile *p = t->profile;
    hl__sip_addr_ip(from, ip);
    for (int i = 0; i < p->nacl; i++)
        if (hl__net_has(&p->acl[i], ip) && p->acl[i].bits > best)
            best = p->acl[i].bits;
    for (int i = 0; i < p->npeers; i++)
        if (hl__sip_addr_same(&p->peer[i].at, from, false))
            best = 128;
    if (p->registrar.family && hl__sip_addr_same(&p->registrar, from, false))
        best = 128;
    return best;
}

static bool prefix_fits(const struct sip_trunk *t, const struct sip_msg *m)
{
    const char *prefix = t->profile->prefix_in;
    return !prefix || hl__view_starts(m->uri.user, prefix);
}

struct sip_trunk *hl__sip_trunk_of(hl__sip *c, const struct sip_path *path, const struct sip_msg *m)
{
    struct sip_trunk *best = NULL;
    int bits = -1;
    uint32_t pos = 0;
    if (!takes(hl__sip_listener_of(c, path), false))
        return NULL;
    for (struct sip_trunk *t; (t = hl__names_at(&c->trunks, &pos));) {
        int n = t->profile->enabled ? closeness(t, &path->far) : -1;
        if (n >= 0 && hl__view_is(m->uri.user, t->token))
            return t;
        if (n > bits && prefix_fits(t, m)) {
            best = t;
            bits = n;
        }
    }
    return best;
}

int hl__sip_trunk_admit(struct sip_trunk *t)
{
    const struct sip_profile *p = t->profile;
    int32_t most = p->max_in ? p->max_in : p->max_calls;
    if (most && t->calls_in >= most) {
        t->refused++;
        return 503;
    }
    return 0;
}

/* Calls a second: a bucket of cps tokens, filled evenly. The call in hand is counted in calls_out already. */
bool hl__sip_trunk_out(struct sip_trunk *t)
{
    const struct sip_profile *p = t->profile;
    int64_t full = (int64_t)p->cps * HL__SECOND, now = t->core->now;
    if (p->max_calls && t->calls_out + t->calls_in > p->max_calls)
        return false;
    if (!p->cps)
        return true;
    t->bucket += (now - t->bucket_at) * p->cps;
    t->bucket = t->bucket > full || !t->bucket_at ? full : t->bucket;
    t->bucket_at = now;
    if (t->bucket < HL__SECOND)
        return false;
    t->bucket -= HL__SECOND;
    return true;
}

void hl__sip_trunk_number(const struct sip_profile *p, bool outward, const char *number, char out[HL__NUMBER])
{
    char rewritten[HL__NUMBER];
    const char *prefix = outward ? p->prefix_out : p->prefix_in;
    if (!outward && prefix && hl__view_starts(hl__view_of(number), prefix))
        number += strlen(prefix);
    hl__number_rewrite(outward ? p->rules_out : p->rules_in, p->area, number, rewritten);
    size_t n = outward && prefix ? hl__copy(out, HL__NUMBER, prefix) : 0;
    hl__copy(out + n, HL__NUMBER - n, rewritten);
}

static hl__view user_of(const struct sip_msg *m, int id)
{
    struct sip_addr a;
    hl__view rest = hl__sip_value(m, id);
    if (!rest.at || !hl__sip_addr_parse(hl__sip_element(&rest), &a) || a.star)
        return (hl__view){ NULL, 0 };
    return a.uri.user;
}

static hl__view last_diversion(const struct sip_msg *m)
{
    struct sip_addr a;
    hl__view user = { NULL, 0 };
    for (const struct sip_header *h = NULL; (h = hl__sip_next(m, SIP_H_DIVERSION, h));) {
        hl__view rest = h->value;
        while (rest.at)
            if (hl__sip_addr_parse(hl__sip_element(&rest), &a))
                user = a.uri.user;
    }
    return user;
}

char *hl__sip_trunk_did(const struct sip_trunk *t, const struct sip_msg *m)
{
    char raw[HL__NUMBER], out[HL__NUMBER];
    hl__view user = m->uri.user;
    bool ours = hl__view_is(user, t->token) || !user.len;
    switch (t->profile->did_from) {
    case SIP_DID_TO: user = m->to.uri.user; break;
    case SIP_DID_PCPID: user = user_of(m, SIP_H_P_CALLED_PARTY_ID); break;
    case SIP_DID_DIVERSION: user = last_diversion(m); break;
    case SIP_DID_RURI: break;
    default:
        if (m->first[SIP_H_P_CALLED_PARTY_ID])
            user = user_of(m, SIP_H_P_CALLED_PARTY_ID);
        else if (ours)
            user = m->to.uri.user;
        break;
    }
    hl__sip_unescape(user, raw, sizeof(raw));
    hl__sip_trunk_number(t->profile, false, raw, out);
    return hl__strdup(t->core->mem, out);
}

static bool is_private(const struct sip_msg *m)
{
    hl__view rest = hl__sip_value(m, SIP_H_PRIVACY);
    while (rest.at) {
        hl__view one = hl__view_trim(hl__view_cut(&rest, ';'));
        if (hl__view_like(one, "id") || hl__view_like(one, "user") || hl__view_like(one, "header"))
            return true;
    }
    return hl__view_like(m->from.uri.user, "anonymous") || hl__view_like(m->from.uri.host, "anonymous.invalid");
}

/* Whose word counts: the network's where it is trusted, else the caller's own. */
static void identity(const struct sip_profile *p, const struct sip_msg *m, struct sip_addr *who)
{
    *who = m->from;
    if (!p || !p->cid_trust)
        return;
    hl__view rest = hl__sip_value(m, SIP_H_P_ASSERTED_IDENTITY);
    if (!rest.at)
        rest = hl__sip_value(m, SIP_H_REMOTE_PARTY_ID);
    for (struct sip_addr a; rest.at;) {
        hl__view value;
        if (!hl__sip_addr_parse(hl__sip_element(&rest), &a) || a.star)
            continue;
        *who = a;
        if (a.uri.kind == SIP_URI_TEL || (hl__sip_param(a.uri.params, "user", &value) && hl__view_like(value, "phone")))
            return;
    }
}

char *hl__sip_caller(hl__sip *c, const struct sip_profile *p, const struct sip_msg *m, char **display)
{
    struct sip_addr who;
    char raw[HL__NUMBER], out[HL__NUMBER], name[128];
    if (p && p->is_phone) {
        *display = hl__strdup(c->mem, p->display ? p->display : p->name);
        return hl__strdup(c->mem, p->name);
    }
    identity(p, m, &who);
    hl__view shown = hl__sip_unquote(who.display);
    if (is_private(m)) {
        *display = hl__strdup(c->mem, "");
        return hl__strdup(c->mem, "");
    }
    hl__view_copy(name, sizeof(name), shown);
    *display = hl__strdup(c->mem, hl__text_ok(name, sizeof(name)) ? name : "");
    hl__sip_unescape(who.uri.user, raw, sizeof(raw));
    if (p)
        hl__sip_trunk_number(p, false, raw, out);
    else
        hl__copy(out, sizeof(out), raw);
    return hl__strdup(c->mem, hl__text_ok(out, sizeof(out)) ? out : "");
}

static bool allowed(const struct sip_profile *p, const char *number)
{
    hl__view rest = hl__view_of(p->cid_allowed ? p->cid_allowed : "");
    while (rest.len)
        if (hl__number_match(hl__view_trim(hl__view_cut(&rest, ',')), number))
            return true;
    return p->cid_default && strcmp(p->cid_default, number) == 0;
}

static void write_party(hl__sip *c, hl__buf *b, const char *name, const char *user, const struct sip_branch *br)
{
    hl__addr near;
    if (name && *name) {
        hl__sip_write_quoted(b, name);
        hl__buf_char(b, ' ');
    }
    hl__buf_str(b, "<sip:");
    hl__sip_write_user(b, user);
    hl__buf_char(b, '@');
    if (br->trunk && br->trunk->profile->domain) {
        hl__buf_str(b, br->trunk->profile->domain);
    } else {
        hl__sip_near(c, &br->path, &near);
        hl__sip_write_addr(b, &near);
    }
    hl__buf_char(b, '>');
}

static void write_asserted(hl__sip *c, hl__buf *more, const struct sip_branch *br, const char *number)
{
    static const struct { const char *header; unsigned when; } forms[] = {
        { "P-Asserted-Identity: ", 1u << SIP_CID_PAI | 1u << SIP_CID_PAI_RPID },
        { "P-Preferred-Identity: ", 1u << SIP_CID_PPI },
        { "Remote-Party-ID: ", 1u << SIP_CID_RPID | 1u << SIP_CID_PAI_RPID },
    };
    for (size_t i = 0; i < HL__COUNT(forms); i++)
        if (forms[i].when >> br->trunk->profile->cid_out & 1) {
            hl__buf_str(more, forms[i].header);
            write_party(c, more, NULL, number, br);
            hl__buf_str(more, "\r\n");
        }
}

void hl__sip_write_identity(hl__sip *c, hl__buf *from, hl__buf *more, const struct sip_leg *l,
                            const struct sip_branch *br)
{
    char out[HL__NUMBER];
    const struct sip_profile *p = br->trunk ? br->trunk->profile : NULL;
    const char *number = l->caller[0] ? l->caller : "anonymous";
    if (p) {
        if (!allowed(p, l->caller))
            number = p->cid_default ? p->cid_default : p->user ? p->user : "hotline";
        hl__sip_trunk_number(p, true, number, out);
        number = out;
    }
    if (l->restricted || (!p && !l->caller[0])) {
        hl__buf_str(from, "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
        hl__buf_str(more, "Privacy: id\r\n");
    } else {
        write_party(c, from, l->display, number, br);
    }
    hl__buf_fmt(from, ";tag=%s", br->tag);
    if (p)
        write_asserted(c, more, br, number);
}

int hl__sip_trunk_next(const hl__sip *c, uint32_t *pos, hl__sip_trunk_row *row)
{
    const struct sip_trunk *t = hl__names_at(&c->trunks, pos);
    if (!t)
        return 0;
    *row = (hl__sip_trunk_row){ .id = t->id, .registration = t->reg.state > 3 ? 0 : t->reg.state };
    row->reg_status = t->reg.status;
    row->peers = t->profile->npeers;
    row->calls_in = t->calls_in;
    row->calls_out = t->calls_out;
    row->attempts = t->attempts;
    row->answered = t->answered;
    row->refused = t->refused;
    row->name = t->profile->name;
    row->group = t->profile->group;
    return 1;
}

int hl__sip_phone_next(const hl__sip *c, uint32_t *pos, hl__sip_phone_row *row)
{
    const struct sip_phone *p = hl__names_at(&c->phones, pos);
    if (!p)
        return 0;
    *row = (hl__sip_phone_row){ .id = p->id, .bindings = (int32_t)p->bindings, .calls = p->calls };
    row->max_calls = p->profile->max_calls;
    row->name = p->profile->name;
    row->display = p->profile->display;
    return 1;
}
