/* answer.c - a browser's offer to our answer: the strict union of what Chromium and Firefox take. */
#include "webrtc/webrtc.h"
#include "sdp/sdp.h"
#include <string.h>

enum { UFRAG_MIN = 4, PWD_MIN = 22, MID_MAX = 63 };
enum { UDP_PRIORITY = 2130706431, TCP_PRIORITY = 1671430143, STEP = 256 }; /* STEP: one less in local preference */

static const struct {
    uint8_t kind, channels;
    uint32_t rate;
    const char *name, *line;
} codecs[] = {
    { HL__OPUS, 2, 48000, "opus", "opus/48000/2" },
    { HL__PCMU, 1, 8000, "PCMU", "PCMU/8000" },
    { HL__PCMA, 1, 8000, "PCMA", "PCMA/8000" },
    { HL__G722, 1, 8000, "G722", "G722/8000" },
};

static int row_of(int kind)
{
    int i = 0;
    while (i < (int)HL__COUNT(codecs) - 1 && codecs[i].kind != kind)
        i++;
    return i;
}

/* Printable, without blanks: what may be written into a line of ours or into a USERNAME. */
static bool plain(hl__view v, size_t min, size_t max)
{
    for (size_t i = 0; i < v.len; i++)
        if (v.at[i] <= ' ' || v.at[i] > '~' || v.at[i] == ':')
            return false;
    return v.len >= min && v.len <= max;
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "AB:CD:..." to bytes; the number of them is the hash's. */
static bool print_of(const hl__sdp_print *said, hl__print *out)
{
    static const struct { const char *name; uint32_t len; } hashes[] = {
        { "sha-256", 32 }, { "sha-384", 48 }, { "sha-512", 64 },
    };
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < HL__COUNT(hashes); i++)
        if (hl__view_like(said->hash, hashes[i].name)) {
            out->len = hashes[i].len;
            hl__copy(out->hash, sizeof(out->hash), hashes[i].name);
        }
    if (!out->len || said->value.len != 3 * (size_t)out->len - 1)
        return false;
    for (uint32_t i = 0; i < out->len; i++) {
        const char *at = said->value.at + 3 * i;
        int high = nibble(at[0]), low = nibble(at[1]);
        if (high < 0 || low < 0 || (i + 1 < out->len && at[2] != ':'))
            return false;
        out->data[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* What must hold of the audio line, in the order in which it is told. */
static const char *fault(const hl__sdp *s)
{
    if (!s->secure || !s->dtls)
        return "the audio line is not UDP/TLS/RTP/SAVPF";
    if (!s->port)
        return "the audio line is refused by port 0";
    if (!s->mid.at || !plain(s->mid, 1, MID_MAX))
        return "the audio line has no a=mid, or one that is not a word of at most 63 characters";
    if (!s->mux)
        return "the audio line has no a=rtcp-mux";
    if (s->setup != HL__SDP_ACTPASS && s->setup != HL__SDP_ACTIVE)
        return "the audio line has no a=setup:actpass or a=setup:active: the browser must begin the handshake";
    if (!plain(s->ufrag, UFRAG_MIN, 256))
        return "a=ice-ufrag is missing, or not 4 to 256 plain characters";
    if (!plain(s->pwd, PWD_MIN, 256))
        return "a=ice-pwd is missing, or not 22 to 256 plain characters";
    return NULL;
}

static void keep_codecs(const hl__sdp *s, hl__media *m)
{
    for (uint32_t i = 0; i < s->ncodecs && m->n < HL__COUNT(m->codec); i++)
        for (size_t k = 0; k < HL__COUNT(codecs); k++) {
            const hl__sdp_codec *c = &s->codec[i];
            if (!hl__view_like(c->name, codecs[k].name) || c->rate != codecs[k].rate ||
                c->channels != codecs[k].channels)
                continue;
            hl__view v;
            bool fec = codecs[k].kind == HL__OPUS && hl__sdp_param(c->fmtp, "useinbandfec", &v) && hl__view_is(v, "1");
            m->codec[m->n++] = (hl__codec){ .kind = codecs[k].kind, .pt = c->pt, .ptime = 20,
                .channels = codecs[k].channels, .rate = c->rate, .flags = fec ? HL__FEC : 0 };
            break;
        }
}

static int bad_line(hl__err *err, unsigned line, const char *why)
{
    return hl__fail(err, HL_EINVAL, "line %u: %s", line, why);
}

/* What browsers have said is right; what of it we keep. */
static int take(const hl__sdp *s, hl__offer *o, hl__err *err)
{
    const char *why;
    if (s->audio < 0)
        return bad_line(err, s->lines, "there is no m=audio line");
    if (s->nmedia != 1)
        return bad_line(err, s->media[s->audio == 0 ? 1 : 0].line, "one m-line is wanted, for audio");
    if ((why = fault(s)))
        return bad_line(err, s->audio_line, why);
    for (uint32_t i = 0; i < s->nprints && o->prints < HL__PRINTS; i++)
        o->prints += print_of(&s->print[i], &o->print[o->prints]);
    if (!o->prints)
        return bad_line(err, s->audio_line, "no a=fingerprint by sha-256, sha-384 or sha-512 that can be read");
    keep_codecs(s, &o->media);
    hl__view_copy(o->mid, sizeof(o->mid), s->mid);
    hl__view_copy(o->ufrag, sizeof(o->ufrag), s->ufrag);
    hl__view_copy(o->pwd, sizeof(o->pwd), s->pwd);
    const hl__sdp_codec *wide = hl__sdp_codec_of(s, "telephone-event", 48000, 1);
    const hl__sdp_codec *narrow = hl__sdp_codec_of(s, "telephone-event", 8000, 1);
    o->dtmf[0] = wide ? wide->pt : 0;
    o->dtmf[1] = narrow ? narrow->pt : 0;
    o->bundled = s->bundle.at != NULL;
    o->line = s->audio_line;
    o->media.size = sizeof(o->media);
    o->media.transport = HL__DTLS;
    o->media.dir = (uint8_t)hl__sdp_mirror(s->dir);
    o->media.mux = 1;
    o->media.far_ssrc = s->nssrcs ? s->ssrc[0] : 0;
    return 0;
}

int hl__offer_read(hl__mem *mem, const char *text, size_t len, hl__offer *out, hl__err *err)
{
    if (len > HL__OFFER_MAX)
        return bad_line(err, 1, "the offer has more than 16384 bytes");
    hl__sdp *s = hl__alloc(mem, sizeof(*s));
    if (!s)
        return hl__fail(err, HL_ENOMEM, "out of memory");
    hl__offer o = { 0 };
    int r = hl__sdp_parse(text, len, s, err);
    if (r == 0)
        r = take(s, &o, err);
    if (r == 0)
        *out = o;
    hl__free(mem, s);
    return r;
}

int hl__offer_match(const hl__rtc *rtc, hl__offer *offer, hl__err *err)
{
    hl__media *m = &offer->media;
    hl__codec both[HL__COUNT(m->codec)];
    uint8_t n = 0;
    for (uint32_t i = 0; i < rtc->codecs; i++)
        for (uint32_t k = 0; k < m->n; k++)
            if (m->codec[k].kind == rtc->codec[i] && n < HL__COUNT(both)) {
                both[n++] = m->codec[k];
                break;
            }
    if (!n)
        return hl__fail(err, HL_ENOTSUP, "line %u: none of the codecs offered is one of ours", offer->line);
    memset(m->codec, 0, sizeof(m->codec));
    memcpy(m->codec, both, n * sizeof(both[0]));
    m->n = n;
    bool wide = both[0].kind == HL__OPUS;
    m->dtmf_pt = wide ? offer->dtmf[0] : offer->dtmf[1];
    m->dtmf_alt = wide ? offer->dtmf[1] : 0;
    return 0;
}

static void write_codecs(hl__buf *b, const hl__rtc *rtc, const hl__media *m)
{
    for (uint32_t i = 0; i < m->n; i++) {
        const hl__codec *c = &m->codec[i];
        hl__buf_fmt(b, "a=rtpmap:%u %s\r\n", c->pt, codecs[row_of(c->kind)].line);
        if (c->kind != HL__OPUS)
            continue;
        hl__buf_fmt(b, "a=fmtp:%u minptime=10;useinbandfec=1;stereo=0;maxaveragebitrate=32000", c->pt);
        if (rtc->rate)
            hl__buf_fmt(b, ";maxplaybackrate=%u", rtc->rate);
        hl__buf_str(b, "\r\n");
    }
    unsigned clock = m->codec[0].kind == HL__OPUS ? 48000 : 8000;
    if (m->dtmf_pt)
        hl__buf_fmt(b, "a=rtpmap:%u telephone-event/%u\r\na=fmtp:%u 0-15\r\n", m->dtmf_pt, clock, m->dtmf_pt);
    if (m->dtmf_alt)
        hl__buf_fmt(b, "a=rtpmap:%u telephone-event/8000\r\na=fmtp:%u 0-15\r\n", m->dtmf_alt, m->dtmf_alt);
}

static void address_text(const hl__addr *a, char out[HL__IP_TEXT])
{
    uint8_t ip[16] = { [10] = 0xff, [11] = 0xff };
    if (a->family == 6)
        memcpy(ip, a->ip, 16);
    else
        memcpy(ip + 12, a->ip, 4);
    hl__ip_text(ip, out);
}

static void write_candidates(hl__buf *b, const hl__rtc *rtc)
{
    char ip[HL__IP_TEXT];
    for (uint32_t i = 0; i < rtc->addresses; i++) {
        address_text(&rtc->address[i], ip);
        hl__buf_fmt(b, "a=candidate:%u 1 udp %u %s %u typ host\r\n", 2 * i + 1, UDP_PRIORITY - STEP * i, ip, rtc->port);
    }
    for (uint32_t i = 0; rtc->tcp && i < rtc->addresses; i++) {
        address_text(&rtc->address[i], ip);
        hl__buf_fmt(b, "a=candidate:%u 1 tcp %u %s %u typ host tcptype passive\r\n", 2 * i + 2,
            TCP_PRIORITY - STEP * i, ip, rtc->port);
    }
}

void hl__answer_write(hl__buf *b, const hl__rtc *rtc, const hl__offer *offer, const hl__ours *ours)
{
    static const char *const dirs[] = { "inactive", "sendonly", "recvonly", "sendrecv" };
    const hl__media *m = &offer->media;
    hl__buf_fmt(b, "v=0\r\no=- %llu %u IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\n",
        (unsigned long long)ours->origin, ours->version);
    if (offer->bundled)
        hl__buf_fmt(b, "a=group:BUNDLE %s\r\n", offer->mid);
    hl__buf_str(b, "m=audio 9 UDP/TLS/RTP/SAVPF");
    for (uint32_t i = 0; i < m->n; i++)
        hl__buf_fmt(b, " %u", m->codec[i].pt);
    if (m->dtmf_pt)
        hl__buf_fmt(b, " %u", m->dtmf_pt);
    if (m->dtmf_alt)
        hl__buf_fmt(b, " %u", m->dtmf_alt);
    hl__buf_fmt(b, "\r\nc=IN IP4 0.0.0.0\r\na=mid:%s\r\na=%s\r\na=rtcp-mux\r\n", offer->mid, dirs[m->dir & 3]);
    hl__buf_fmt(b, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\na=setup:passive\r\n", ours->ufrag,
        ours->pwd, ours->print);
    write_codecs(b, rtc, m);
    hl__buf_fmt(b, "a=ptime:20\r\na=ssrc:%u cname:hotline\r\na=msid:hotline hotline-audio\r\n", ours->ssrc);
    write_candidates(b, rtc);
    hl__buf_str(b, "a=end-of-candidates\r\n");
}
