/* parse.c - a session description, line by line, into hl__sdp.
 *
 * The first letter of a line chooses the reader; attributes are a table by name. What stands above the m-lines holds
 * for the audio stream until its own lines overrule it; lines of other media are passed over. */
#include "sdp/sdp.h"
#include <string.h>

enum { AT_SESSION, AT_AUDIO, AT_OTHER };
struct reader {
    hl__sdp *s;
    hl__err *err;
    unsigned line;
    int at;
    uint64_t formats[2]; /* payload types of the audio line */
};

static int bad(const struct reader *r, const char *why)
{
    return hl__fail(r->err, HL_EINVAL, "line %u: %s", r->line, why);
}

static int limit(const struct reader *r, const char *what, unsigned most)
{
    return hl__fail(r->err, HL_ELIMIT, "line %u: more than %u %s", r->line, most, what);
}

static hl__view word(hl__view *rest)
{
    return hl__view_cut(rest, ' ');
}

static int read_origin(struct reader *r, hl__view v)
{
    hl__view user = word(&v), session = word(&v), version = word(&v), net = word(&v), type = word(&v);
    if (!user.len || !hl__view_uint(session, UINT64_MAX, &r->s->session) ||
        !hl__view_uint(version, UINT64_MAX, &r->s->version))
        return bad(r, "o= needs a name and two numbers");
    if (!hl__view_like(net, "IN") || (!hl__view_like(type, "IP4") && !hl__view_like(type, "IP6")) || !v.len)
        return bad(r, "o= needs IN, IP4 or IP6, and an address");
    r->s->user = user;
    r->s->origin = v;
    return 0;
}

static int read_connection(struct reader *r, hl__view v)
{
    hl__view net = word(&v), type = word(&v), address = hl__view_trim(v);
    if (!hl__view_like(net, "IN") || (!hl__view_like(type, "IP4") && !hl__view_like(type, "IP6")) || !address.len)
        return bad(r, "c= needs IN, IP4 or IP6, and an address");
    if (r->at == AT_OTHER)
        return 0;
    r->s->address = hl__view_cut(&address, '/');
    r->s->address_line = (uint16_t)r->line;
    return 0;
}

static const struct { uint8_t pt, channels; uint32_t rate; const char *name; } fixed[] = { /* RFC 3551 */
    { 0, 1, 8000, "PCMU" }, { 3, 1, 8000, "GSM" }, { 4, 1, 8000, "G723" }, { 8, 1, 8000, "PCMA" },
    { 9, 1, 8000, "G722" }, { 10, 2, 44100, "L16" }, { 11, 1, 44100, "L16" }, { 13, 1, 8000, "CN" },
    { 15, 1, 8000, "G728" }, { 18, 1, 8000, "G729" },
};

static int add_codec(struct reader *r, unsigned pt)
{
    hl__sdp *s = r->s;
    if (r->formats[pt / 64] >> (pt % 64) & 1)
        return bad(r, "a payload type stands twice in m=audio");
    if (s->ncodecs == HL__SDP_CODECS)
        return limit(r, "payload types", HL__SDP_CODECS);
    r->formats[pt / 64] |= UINT64_C(1) << (pt % 64);
    hl__sdp_codec *c = &s->codec[s->ncodecs++];
    *c = (hl__sdp_codec){ .pt = (uint8_t)pt, .channels = 1, .line = (uint16_t)r->line };
    for (size_t i = 0; i < HL__COUNT(fixed); i++)
        if (fixed[i].pt == pt) {
            c->name = hl__view_of(fixed[i].name);
            c->rate = fixed[i].rate;
            c->channels = fixed[i].channels;
        }
    return 0;
}

static int begin_audio(struct reader *r, const hl__sdp_line *m)
{
    hl__sdp *s = r->s;
    hl__view formats = m->formats;
    s->audio = (int32_t)s->nmedia - 1;
    s->audio_line = (uint16_t)r->line;
    s->port = m->port;
    s->dtls = hl__view_starts(m->proto, "UDP/TLS/");
    s->secure = hl__view_is(m->proto, "RTP/SAVP") || hl__view_is(m->proto, "RTP/SAVPF") || s->dtls;
    r->at = AT_AUDIO;
    if (!s->secure && !hl__view_is(m->proto, "RTP/AVP") && !hl__view_is(m->proto, "RTP/AVPF"))
        return 0; /* a proto we do not speak: nothing in common, which is for the answer to say */
    while (formats.at) {
        uint64_t pt;
        hl__view f = word(&formats);
        if (!f.len)
            continue;
        if (!hl__view_uint(f, 127, &pt))
            return bad(r, "a payload type of m=audio is no number from 0 to 127");
        int e = add_codec(r, (unsigned)pt);
        if (e < 0)
            return e;
    }
    return 0;
}

static int read_media(struct reader *r, hl__view v)
{
    hl__sdp *s = r->s;
    uint64_t port;
    if (s->nmedia == HL__SDP_MEDIA)
        return limit(r, "media lines", HL__SDP_MEDIA);
    hl__sdp_line *m = &s->media[s->nmedia];
    m->type = word(&v);
    hl__view ports = word(&v);
    m->proto = word(&v);
    m->formats = v;
    m->line = (uint16_t)r->line;
    if (!m->type.len || !m->proto.len || !m->formats.len)
        return bad(r, "m= needs a type, a port, a protocol and formats");
    if (!hl__view_uint(hl__view_cut(&ports, '/'), 65535, &port))
        return bad(r, "the port of m= is no number from 0 to 65535");
    m->port = (uint16_t)port;
    s->nmedia++;
    r->at = AT_OTHER;
    return s->audio < 0 && hl__view_like(m->type, "audio") ? begin_audio(r, m) : 0;
}

static hl__sdp_codec *codec_of(struct reader *r, hl__view text)
{
    uint64_t pt;
    if (!hl__view_uint(text, 127, &pt))
        return NULL;
    for (uint32_t i = 0; i < r->s->ncodecs; i++)
        if (r->s->codec[i].pt == pt)
            return &r->s->codec[i];
    return NULL;
}

static int a_rtpmap(struct reader *r, hl__view v)
{
    uint64_t rate, channels = 1, pt;
    hl__view at = word(&v);
    if (!hl__view_uint(at, 127, &pt))
        return bad(r, "a=rtpmap needs a payload type");
    hl__sdp_codec *c = codec_of(r, at);
    hl__view rest = hl__view_trim(v), name = hl__view_cut(&rest, '/'), clock = hl__view_cut(&rest, '/');
    if (!name.len || !hl__view_uint(clock, 10000000, &rate) || !rate)
        return bad(r, "a=rtpmap needs a name and a clock rate");
    if (rest.len && (!hl__view_uint(rest, 255, &channels) || !channels))
        return bad(r, "a=rtpmap has channels that are no number");
    if (c) {
        c->name = name;
        c->rate = (uint32_t)rate;
        c->channels = (uint8_t)channels;
        c->line = (uint16_t)r->line;
    }
    return 0;
}

static int a_fmtp(struct reader *r, hl__view v)
{
    hl__view at = word(&v);
    hl__sdp_codec *c = codec_of(r, at);
    if (c)
        c->fmtp = hl__view_trim(v);
    return 0;
}

static int read_ms(struct reader *r, hl__view v, uint16_t *out)
{
    uint64_t ms;
    hl__view whole = hl__view_cut(&v, '.');
    if (!hl__view_uint(hl__view_trim(whole), 1000, &ms) || !ms)
        return bad(r, "packet time is no number of milliseconds");
    *out = (uint16_t)ms;
    return 0;
}

static int a_ptime(struct reader *r, hl__view v)
{
    return read_ms(r, v, &r->s->ptime);
}

static int a_maxptime(struct reader *r, hl__view v)
{
    return read_ms(r, v, &r->s->maxptime);
}

static int set_dir(struct reader *r, int dir)
{
    r->s->dir = (uint8_t)dir;
    r->s->dir_line = (uint16_t)r->line;
    return 0;
}

static int a_sendrecv(struct reader *r, hl__view v)
{
    (void)v; /* a flag has no value */
    return set_dir(r, HL__SDP_SENDRECV);
}

static int a_sendonly(struct reader *r, hl__view v)
{
    (void)v;
    return set_dir(r, HL__SDP_SEND);
}

static int a_recvonly(struct reader *r, hl__view v)
{
    (void)v;
    return set_dir(r, HL__SDP_RECV);
}

static int a_inactive(struct reader *r, hl__view v)
{
    (void)v;
    return set_dir(r, HL__SDP_INACTIVE);
}

static int a_rtcp_mux(struct reader *r, hl__view v)
{
    (void)v;
    r->s->mux = true;
    return 0;
}

static int a_ice_lite(struct reader *r, hl__view v)
{
    (void)v;
    r->s->ice_lite = true;
    return 0;
}

static int a_rtcp(struct reader *r, hl__view v)
{
    uint64_t port;
    if (!hl__view_uint(word(&v), 65535, &port))
        return bad(r, "a=rtcp needs a port");
    r->s->rtcp_port = (uint16_t)port;
    return 0;
}

static int a_group(struct reader *r, hl__view v)
{
    if (hl__view_is(word(&v), "BUNDLE") && !r->s->bundle.at)
        r->s->bundle = hl__view_trim(v);
    return 0;
}

static int a_mid(struct reader *r, hl__view v)
{
    if (!v.len || v.len > 64)
        return bad(r, "a=mid needs 1 to 64 characters");
    r->s->mid = v;
    return 0;
}

static int a_ufrag(struct reader *r, hl__view v)
{
    if (v.len < 4 || v.len > 256)
        return bad(r, "a=ice-ufrag needs 4 to 256 characters");
    r->s->ufrag = v;
    return 0;
}

static int a_pwd(struct reader *r, hl__view v)
{
    if (v.len < 22 || v.len > 256)
        return bad(r, "a=ice-pwd needs 22 to 256 characters");
    r->s->pwd = v;
    return 0;
}

static int a_ice_options(struct reader *r, hl__view v)
{
    r->s->ice_options = v;
    return 0;
}

static int a_msid(struct reader *r, hl__view v)
{
    r->s->msid = v;
    return 0;
}

static int a_fingerprint(struct reader *r, hl__view v)
{
    hl__sdp *s = r->s;
    hl__view hash = word(&v), value = hl__view_trim(v);
    if (!hash.len || value.len < 2 || value.len % 3 != 2)
        return bad(r, "a=fingerprint needs a hash's name and bytes in hex");
    for (size_t i = 0; i < value.len; i++)
        if (i % 3 == 2 ? value.at[i] != ':' : !strchr("0123456789abcdefABCDEF", value.at[i]) || !value.at[i])
            return bad(r, "a=fingerprint needs bytes in hex with colons");
    if (s->nprints == HL__SDP_PRINTS)
        return limit(r, "fingerprints", HL__SDP_PRINTS);
    s->print[s->nprints++] = (hl__sdp_print){ hash, value };
    return 0;
}

static int a_setup(struct reader *r, hl__view v)
{
    static const char *const words[] = { "", "actpass", "active", "passive", "holdconn" };
    for (unsigned i = 1; i < HL__COUNT(words); i++)
        if (hl__view_like(v, words[i])) {
            r->s->setup = (uint8_t)i;
            return 0;
        }
    return bad(r, "a=setup is none of actpass, active, passive, holdconn");
}

static int a_ssrc(struct reader *r, hl__view v)
{
    uint64_t n;
    hl__sdp *s = r->s;
    if (!hl__view_uint(word(&v), UINT32_MAX, &n))
        return bad(r, "a=ssrc needs a number");
    if (hl__view_starts(v, "cname:") && !s->cname.at)
        s->cname = hl__view_skip(v, 6);
    for (uint32_t i = 0; i < s->nssrcs; i++)
        if (s->ssrc[i] == n)
            return 0;
    if (s->nssrcs < HL__SDP_SSRCS)
        s->ssrc[s->nssrcs++] = (uint32_t)n;
    return 0;
}

static int a_crypto(struct reader *r, hl__view v)
{
    if (r->s->ncryptos < HL__SDP_CRYPTOS)
        r->s->crypto[r->s->ncryptos++] = v;
    return 0;
}

static const struct { const char *name; int (*read)(struct reader *r, hl__view v); } attributes[] = {
    { "rtpmap", a_rtpmap }, { "fmtp", a_fmtp }, { "ptime", a_ptime }, { "maxptime", a_maxptime },
    { "sendrecv", a_sendrecv }, { "sendonly", a_sendonly }, { "recvonly", a_recvonly }, { "inactive", a_inactive },
    { "rtcp-mux", a_rtcp_mux }, { "rtcp", a_rtcp }, { "ice-lite", a_ice_lite }, { "group", a_group }, { "mid", a_mid },
    { "ice-ufrag", a_ufrag }, { "ice-pwd", a_pwd }, { "ice-options", a_ice_options }, { "msid", a_msid },
    { "fingerprint", a_fingerprint }, { "setup", a_setup }, { "ssrc", a_ssrc }, { "crypto", a_crypto },
};

static int read_attribute(struct reader *r, hl__view v)
{
    hl__view name = hl__view_cut(&v, ':');
    if (r->at == AT_OTHER)
        return 0;
    for (size_t i = 0; i < HL__COUNT(attributes); i++)
        if (hl__view_is(name, attributes[i].name))
            return attributes[i].read(r, v);
    return 0;
}

static int read_line(struct reader *r, hl__view line)
{
    hl__view v = hl__view_skip(line, 2);
    if (line.len < 2 || line.at[1] != '=')
        return bad(r, "not of the form x=value");
    switch (line.at[0]) {
    case 'v': return hl__view_is(v, "0") ? 0 : bad(r, "v= is not 0");
    case 'o': return r->at == AT_SESSION ? read_origin(r, v) : bad(r, "o= stands behind m=");
    case 'c': return read_connection(r, v);
    case 'm': return read_media(r, v);
    case 'a': return read_attribute(r, v);
    case 'b': r->s->has_bandwidth = true; return 0;
    default: return line.at[0] >= 'a' && line.at[0] <= 'z' ? 0 : bad(r, "a line begins with no small letter");
    }
}

static int check_line(const struct reader *r, hl__view line)
{
    if (line.len > HL__SDP_LINE)
        return limit(r, "bytes in a line", HL__SDP_LINE);
    for (size_t i = 0; i < line.len; i++)
        if (line.at[i] == 0 || line.at[i] == '\r')
            return bad(r, "NUL or CR within the line");
    return 0;
}

static int finish(const struct reader *r)
{
    if (!r->s->user.at)
        return hl__fail(r->err, HL_EINVAL, "line 2: o= is missing");
    if (r->s->audio >= 0 && r->s->port && !r->s->address.at)
        return hl__fail(r->err, HL_EINVAL, "line %u: m=audio has no c= line", (unsigned)r->s->audio_line);
    return 0;
}

int hl__sdp_parse(const char *text, size_t len, hl__sdp *out, hl__err *err)
{
    struct reader r = { .s = out, .err = err, .at = AT_SESSION };
    hl__view rest = { text, len };
    int e = 0;
    *out = (hl__sdp){ .audio = -1, .dir = HL__SDP_SENDRECV };
    if (len > HL__SDP_BYTES)
        return hl__fail(err, HL_ELIMIT, "line 1: the description has more than %d bytes", HL__SDP_BYTES);
    while (rest.len && e == 0) {
        hl__view line = hl__view_cut(&rest, '\n');
        if (++r.line > HL__SDP_LINES)
            return limit(&r, "lines", HL__SDP_LINES);
        if (line.len && line.at[line.len - 1] == '\r')
            line.len--;
        if (!line.len && !hl__view_trim(rest).len)
            break;
        if (r.line == 1 && !hl__view_starts(line, "v="))
            return bad(&r, "a description begins with v=0");
        if ((e = check_line(&r, line)) == 0)
            e = read_line(&r, line);
    }
    out->lines = r.line;
    if (e == 0 && r.line == 0)
        return hl__fail(err, HL_EINVAL, "line 1: the description is empty");
    return e < 0 ? e : finish(&r);
}

const hl__sdp_codec *hl__sdp_codec_of(const hl__sdp *s, const char *name, uint32_t rate, uint32_t channels)
{
    for (uint32_t i = 0; i < s->ncodecs; i++)
        if (hl__view_like(s->codec[i].name, name) && (!rate || s->codec[i].rate == rate) &&
            (!channels || s->codec[i].channels == channels))
            return &s->codec[i];
    return NULL;
}

const hl__sdp_codec *hl__sdp_codec_pt(const hl__sdp *s, unsigned pt)
{
    for (uint32_t i = 0; i < s->ncodecs; i++)
        if (s->codec[i].pt == pt)
            return &s->codec[i];
    return NULL;
}

bool hl__sdp_param(hl__view fmtp, const char *name, hl__view *value)
{
    while (fmtp.len) {
        hl__view v = hl__view_cut(&fmtp, ';'), key = hl__view_trim(hl__view_cut(&v, '='));
        if (hl__view_like(key, name)) {
            *value = v.at ? hl__view_trim(v) : (hl__view){ "", 0 };
            return true;
        }
    }
    return false;
}

int hl__sdp_mirror(int dir)
{
    static const int mirror[] = { HL__SDP_INACTIVE, HL__SDP_RECV, HL__SDP_SEND, HL__SDP_SENDRECV };
    return mirror[dir & 3];
}
