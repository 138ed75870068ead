/* page.c - a browser's page without a browser: SDP, STUN, DTLS client, SRTP. */
#include "webrtc/page.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUEUE = 32, MTU = 1200 };
struct datagram { size_t len; uint8_t data[1600]; };
struct page {
    page_options opt;
    char ufrag[8], pwd[32], print[100], offer[4096];
    char their_ufrag[300], their_pwd[300], their_print[100], answer[8192];
    uint32_t ssrc, far_ssrc, timestamp, asked;
    uint16_t seq, port;
    SSL_CTX *ctx;
    SSL *ssl;
    BIO_METHOD *method;
    const uint8_t *in;
    size_t in_len;
    srtp_t rx, tx;
    bool up, checked, mute, hello;
    uint8_t id[12];
    hl__addr mapped;
    hl_time now, resend;
    struct datagram queue[QUEUE], flight[QUEUE];
    size_t first, count, flights;
    bool fresh;
};

static void queue(page *p, const uint8_t *data, size_t len)
{
    if (p->count == QUEUE || len > sizeof(p->queue[0].data))
        return;
    struct datagram *d = &p->queue[(p->first + p->count++) % QUEUE];
    memcpy(d->data, data, len);
    d->len = len;
}

static int bio_read(BIO *b, char *to, int room)
{
    page *p = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    if (!p->in) {
        BIO_set_retry_read(b);
        return -1;
    }
    size_t n = p->in_len < (size_t)room ? p->in_len : (size_t)room;
    memcpy(to, p->in, n);
    p->in = NULL;
    return (int)n;
}

static int bio_write(BIO *b, const char *data, int len)
{
    page *p = BIO_get_data(b);
    if (p->fresh) {
        p->flights = 0;
        p->fresh = false;
    }
    if (p->flights < QUEUE) {
        struct datagram *d = &p->flight[p->flights++];
        memcpy(d->data, data, (size_t)len);
        d->len = (size_t)len;
    }
    queue(p, (const uint8_t *)data, (size_t)len);
    return len;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
    (void)b; (void)num; (void)ptr;
    switch (cmd) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU: case BIO_CTRL_DGRAM_GET_MTU: return MTU;
    default: return 0;
    }
}

static int bio_create(BIO *b)
{
    BIO_set_init(b, 1);
    return 1;
}

static int verify(int ok, X509_STORE_CTX *store)
{
    (void)ok; (void)store;
    return 1;
}

static void print_of(X509 *x, char out[100])
{
    uint8_t sum[32];
    X509_digest(x, EVP_sha256(), sum, NULL);
    for (int i = 0; i < 32; i++)
        snprintf(out + 3 * i, 4, i < 31 ? "%02X:" : "%02X", sum[i]);
}

static void certificate(page *p)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
    X509_gmtime_adj(X509_getm_notBefore(x), -86400);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const uint8_t *)"WebRTC", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_sign(x, key, EVP_sha256());
    SSL_CTX_use_certificate(p->ctx, x);
    SSL_CTX_use_PrivateKey(p->ctx, key);
    print_of(x, p->print);
    X509_free(x);
    EVP_PKEY_free(key);
}

static void words(char *out, size_t len)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    RAND_bytes((uint8_t *)out, (int)len);
    for (size_t i = 0; i < len; i++)
        out[i] = set[out[i] & 63];
    out[len] = 0;
}

static unsigned int an_hour(SSL *ssl, unsigned int us)
{
    (void)ssl; (void)us;
    return 3600000000u;
}

page *page_new(const page_options *opt)
{
    page *p = calloc(1, sizeof(*p));
    if (opt)
        p->opt = *opt;
    srtp_init();
    p->ctx = SSL_CTX_new(DTLS_client_method());
    SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER, verify);
    SSL_CTX_set_tlsext_use_srtp(p->ctx, p->opt.srtp ? p->opt.srtp :
        "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM");
    SSL_CTX_set_min_proto_version(p->ctx, DTLS1_2_VERSION);
    SSL_CTX_set_options(p->ctx, SSL_OP_NO_QUERY_MTU);
    certificate(p);
    if (p->opt.wrong_certificate)
        p->print[0] = p->print[0] == 'A' ? 'B' : 'A';
    p->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK | 126, "page");
    BIO_meth_set_read(p->method, bio_read);
    BIO_meth_set_write(p->method, bio_write);
    BIO_meth_set_ctrl(p->method, bio_ctrl);
    BIO_meth_set_create(p->method, bio_create);
    p->ssl = SSL_new(p->ctx);
    BIO *b = BIO_new(p->method);
    BIO_set_data(b, p);
    SSL_set_bio(p->ssl, b, b);
    SSL_set_connect_state(p->ssl);
    if (p->opt.big_hello) { /* as long as Firefox's: names of protocols nobody has */
        static uint8_t names[6 * 251];
        for (size_t i = 0; i < sizeof(names); i++)
            names[i] = i % 251 ? 'x' : 250;
        SSL_set_alpn_protos(p->ssl, names, sizeof(names));
    }
    DTLS_set_link_mtu(p->ssl, MTU);
    DTLS_set_timer_cb(p->ssl, an_hour);
    RAND_bytes((uint8_t *)&p->ssrc, sizeof(p->ssrc));
    p->ssrc |= 1;
    p->seq = 100;
    words(p->ufrag, 4);
    words(p->pwd, 24);
    return p;
}

void page_free(page *p)
{
    if (!p)
        return;
    if (p->rx)
        srtp_dealloc(p->rx);
    if (p->tx)
        srtp_dealloc(p->tx);
    SSL_free(p->ssl);
    SSL_CTX_free(p->ctx);
    BIO_meth_free(p->method);
    free(p);
}

static const char chromium[] =
    "v=0\r\no=- 9006987627266135398 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\na=extmap-allow-mixed\r\n"
    "a=msid-semantic: WMS stream\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\nc=IN IP4 0.0.0.0\r\n"
    "a=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=ice-options:trickle\r\n"
    "a=fingerprint:sha-256 %s\r\na=setup:actpass\r\na=mid:0\r\n"
    "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=sendrecv\r\na=msid:stream track\r\na=rtcp-mux\r\n"
    "a=rtcp-rsize\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n"
    "a=fmtp:111 minptime=10;useinbandfec=1\r\n"
    "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:8 PCMA/8000\r\na=rtpmap:13 CN/8000\r\na=rtpmap:110 telephone-event/48000\r\n"
    "a=rtpmap:126 telephone-event/8000\r\na=ssrc:%u cname:3EehVIeL+1th7k3C\r\n";
static const char firefox[] =
    "v=0\r\no=mozilla...THIS_IS_SDPARTA-99.0 4084587820795405648 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=sendrecv\r\n"
    "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\na=group:BUNDLE 0\r\na=ice-options:trickle\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101\r\nc=IN IP4 0.0.0.0\r\na=sendrecv\r\n"
    "a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1\r\na=fmtp:101 0-15\r\na=mid:0\r\na=rtcp-mux\r\n"
    "a=rtpmap:109 opus/48000/2\r\na=rtpmap:9 G722/8000/1\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=setup:actpass\r\na=ssrc:%u cname:{91a9a637}\r\n";

const char *page_offer(page *p)
{
    snprintf(p->offer, sizeof(p->offer), p->opt.kind == PAGE_FIREFOX ? firefox : chromium, p->ufrag, p->pwd, p->print,
        p->ssrc);
    return p->offer;
}

void page_restart(page *p)
{
    words(p->ufrag, 4);
    words(p->pwd, 24);
}

/* The value of the first line that begins so. */
static bool line(const char *sdp, const char *start, char *out, size_t room)
{
    const char *at = strstr(sdp, start);
    if (!at)
        return false;
    at += strlen(start);
    size_t n = strcspn(at, "\r\n");
    if (n >= room)
        return false;
    memcpy(out, at, n);
    out[n] = 0;
    return true;
}

bool page_answer(page *p, const char *sdp, size_t len)
{
    char text[256];
    if (len >= sizeof(p->answer))
        return false;
    memcpy(p->answer, sdp, len);
    p->answer[len] = 0;
    unsigned long ssrc;
    unsigned port;
    if (!line(p->answer, "a=ice-ufrag:", p->their_ufrag, sizeof(p->their_ufrag)) ||
        !line(p->answer, "a=ice-pwd:", p->their_pwd, sizeof(p->their_pwd)) ||
        !line(p->answer, "a=fingerprint:sha-256 ", p->their_print, sizeof(p->their_print)) ||
        !line(p->answer, "a=ssrc:", text, sizeof(text)) || sscanf(text, "%lu", &ssrc) != 1 ||
        !line(p->answer, "a=candidate:", text, sizeof(text)) || sscanf(text, "%*s %*s udp %*s %*s %u", &port) != 1 ||
        !strstr(p->answer, "a=setup:passive\r\n") || !strstr(p->answer, "a=rtcp-mux\r\n"))
        return false;
    p->far_ssrc = (uint32_t)ssrc;
    p->port = (uint16_t)port;
    return true;
}

uint32_t page_ssrc(const page *p) { return p->ssrc; }
uint32_t page_far_ssrc(const page *p) { return p->far_ssrc; }
uint16_t page_port(const page *p) { return p->port; }
bool page_checked(const page *p) { return p->checked; }
const hl__addr *page_mapped(const page *p) { return &p->mapped; }
bool page_up(const page *p) { return p->up; }
uint32_t page_asked(const page *p) { return p->asked; }
void page_mute_consent(page *p, bool mute) { p->mute = mute; }
void page_set_seq(page *p, uint16_t seq) { p->seq = seq; }

int page_pt(const page *p, const char *name)
{
    for (const char *at = p->answer; (at = strstr(at, "a=rtpmap:")); at++) {
        int pt, n = 0;
        if (sscanf(at, "a=rtpmap:%d %n", &pt, &n) == 1 && n && strncmp(at + n, name, strlen(name)) == 0 &&
            (at[n + (int)strlen(name)] == '\r'))
            return pt;
    }
    return -1;
}

/* STUN, written and read without looking at lib/webrtc/stun.c. */
static uint32_t crc32_of(const uint8_t *data, size_t len)
{
    uint32_t c = ~0u;
    for (size_t i = 0; i < len; i++) {
        c ^= data[i];
        for (int k = 0; k < 8; k++)
            c = c & 1 ? c >> 1 ^ 0xEDB88320u : c >> 1;
    }
    return ~c;
}

static size_t tlv(uint8_t *m, size_t at, int kind, const void *value, size_t len)
{
    m[at] = (uint8_t)(kind >> 8);
    m[at + 1] = (uint8_t)kind;
    m[at + 2] = (uint8_t)(len >> 8);
    m[at + 3] = (uint8_t)len;
    memset(m + at + 4, 0, (len + 3) & ~(size_t)3);
    if (len)
        memcpy(m + at + 4, value, len);
    return at + 4 + ((len + 3) & ~(size_t)3);
}

static size_t finish(uint8_t *m, size_t at, const char *key)
{
    uint8_t sum[20];
    size_t len = at + 24 - 20;
    m[2] = (uint8_t)(len >> 8);
    m[3] = (uint8_t)len;
    HMAC(EVP_sha1(), key, (int)strlen(key), m, at, sum, NULL);
    at = tlv(m, at, 8, sum, 20);
    len = at + 8 - 20;
    m[2] = (uint8_t)(len >> 8);
    m[3] = (uint8_t)len;
    uint32_t c = crc32_of(m, at) ^ 0x5354554e;
    uint8_t print[4] = { (uint8_t)(c >> 24), (uint8_t)(c >> 16), (uint8_t)(c >> 8), (uint8_t)c };
    return tlv(m, at, 0x8028, print, 4);
}

static size_t head(uint8_t *m, int type, const uint8_t *id)
{
    static const uint8_t cookie[4] = { 0x21, 0x12, 0xA4, 0x42 };
    m[0] = (uint8_t)(type >> 8);
    m[1] = (uint8_t)type;
    memcpy(m + 4, cookie, 4);
    memcpy(m + 8, id, 12);
    return 20;
}

void page_check(page *p, bool nominate)
{
    uint8_t m[700];
    char user[600];
    int n = snprintf(user, sizeof(user), "%s:%s", p->their_ufrag, p->ufrag);
    RAND_bytes(p->id, 12);
    size_t at = head(m, 1, p->id);
    at = tlv(m, at, 6, user, (size_t)n);
    at = tlv(m, at, 0xC057, "\0\1\0\12", 4);
    at = tlv(m, at, 0x802A, "12345678", 8);
    if (nominate)
        at = tlv(m, at, 0x25, "", 0);
    at = tlv(m, at, 0x24, "\x6e\x7f\x1e\xff", 4);
    queue(p, m, finish(m, at, p->their_pwd));
}

static bool signed_by(const uint8_t *m, size_t len, const char *key)
{
    uint8_t copy[700], sum[20];
    if (len < 52 || len > sizeof(copy))
        return false;
    memcpy(copy, m, len);
    size_t at = len - 32;
    copy[2] = (uint8_t)((at + 24 - 20) >> 8);
    copy[3] = (uint8_t)(at + 24 - 20);
    HMAC(EVP_sha1(), key, (int)strlen(key), copy, at, sum, NULL);
    uint32_t c = crc32_of(m, len - 8) ^ 0x5354554e;
    const uint8_t *f = m + len - 4;
    return m[at + 1] == 8 && memcmp(sum, m + at + 4, 20) == 0 && f[0] == (uint8_t)(c >> 24) && f[3] == (uint8_t)c;
}

static int stun_in(page *p, const uint8_t *m, size_t len)
{
    if (m[0] == 0 && m[1] == 1) { /* the server asks */
        if (!signed_by(m, len, p->pwd))
            return -1;
        p->asked++;
        if (p->mute)
            return 0;
        uint8_t out[200], value[8] = { 0, 1, 0x21, 0x12, 0x21, 0x12, 0xA4, 0x42 };
        size_t at = head(out, 0x0101, m + 8);
        at = tlv(out, at, 0x20, value, 8);
        queue(p, out, finish(out, at, p->pwd));
        return 0;
    }
    if (m[0] != 1 || m[1] != 1 || memcmp(m + 8, p->id, 12) != 0 || !signed_by(m, len, p->their_pwd))
        return -1;
    if (m[20] == 0 && m[21] == 0x20) {
        size_t n = m[25] == 2 ? 16 : 4;
        p->mapped = (hl__addr){ .family = m[25] == 2 ? 6 : 4, .port = (uint16_t)((m[26] << 8 | m[27]) ^ 0x2112) };
        for (size_t i = 0; i < n; i++)
            p->mapped.ip[i] = m[28 + i] ^ m[4 + i];
    }
    p->checked = true;
    return 0;
}

static void keys(page *p)
{
    static const struct { unsigned long id; srtp_profile_t profile; size_t key, salt; } all[] = {
        { SRTP_AEAD_AES_128_GCM, srtp_profile_aead_aes_128_gcm, 16, 12 },
        { SRTP_AEAD_AES_256_GCM, srtp_profile_aead_aes_256_gcm, 32, 12 },
        { SRTP_AES128_CM_SHA1_80, srtp_profile_aes128_cm_sha1_80, 16, 14 },
    };
    const SRTP_PROTECTION_PROFILE *got = SSL_get_selected_srtp_profile(p->ssl);
    uint8_t k[88], mine[64], theirs[64];
    for (size_t i = 0; got && i < HL__COUNT(all); i++) {
        if (got->id != all[i].id)
            continue;
        size_t n = all[i].key, s = all[i].salt;
        SSL_export_keying_material(p->ssl, k, 2 * (n + s), "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0);
        memcpy(mine, k, n);
        memcpy(mine + n, k + 2 * n, s);
        memcpy(theirs, k + n, n);
        memcpy(theirs + n, k + 2 * n + s, s);
        srtp_policy_t policy;
        memset(&policy, 0, sizeof(policy));
        srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, all[i].profile);
        srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, all[i].profile);
        policy.window_size = 128;
        policy.ssrc.type = ssrc_any_outbound;
        policy.key = mine;
        srtp_create(&p->tx, &policy);
        policy.ssrc.type = ssrc_any_inbound;
        policy.key = theirs;
        srtp_create(&p->rx, &policy);
        p->up = p->tx && p->rx;
    }
}

static void step(page *p)
{
    if (!p->up && SSL_do_handshake(p->ssl) == 1) {
        char print[100];
        X509 *x = SSL_get1_peer_certificate(p->ssl);
        print_of(x, print);
        X509_free(x);
        if (strcmp(print, p->their_print) == 0)
            keys(p);
        p->resend = 0;
    } else if (p->up) {
        uint8_t sink[256];
        (void)SSL_read(p->ssl, sink, sizeof(sink));
    }
}

void page_hello(page *p)
{
    p->hello = p->fresh = true;
    step(p);
    p->resend = p->now + 50000;
}

void page_bye(page *p)
{
    p->fresh = true;
    SSL_shutdown(p->ssl);
}

int page_input(page *p, hl_time now, uint8_t *data, size_t *len)
{
    p->now = now;
    if (*len < 4)
        return -1;
    if (data[0] <= 3)
        return stun_in(p, data, *len);
    if (data[0] >= 20 && data[0] <= 63) {
        p->in = data;
        p->in_len = *len;
        p->fresh = true;
        step(p);
        p->in = NULL;
        if (!p->up)
            p->resend = now + 50000;
        return 0;
    }
    if (!p->rx)
        return -1;
    int n = (int)*len;
    bool rtcp = data[1] >= 192 && data[1] <= 223;
    if (rtcp ? srtp_unprotect_rtcp(p->rx, data, &n) : srtp_unprotect(p->rx, data, &n))
        return -1;
    *len = (size_t)n;
    return 1;
}

size_t page_output(page *p, uint8_t *out, size_t room)
{
    if (!p->count)
        return 0;
    struct datagram *d = &p->queue[p->first];
    p->first = (p->first + 1) % QUEUE;
    p->count--;
    if (d->len > room)
        return 0;
    memcpy(out, d->data, d->len);
    return d->len;
}

void page_time(page *p, hl_time now)
{
    p->now = now;
    if (p->hello && !p->up && p->resend && now >= p->resend) {
        if (DTLSv1_handle_timeout(p->ssl) == 0) /* its clock says not yet: the same bytes again */
            for (size_t i = 0; i < p->flights; i++)
                queue(p, p->flight[i].data, p->flight[i].len);
        p->resend = now + 50000;
    }
}

size_t page_protect(page *p, uint8_t *data, size_t len)
{
    int n = (int)len;
    bool rtcp = data[1] >= 192 && data[1] <= 223;
    if (!p->tx || (rtcp ? srtp_protect_rtcp(p->tx, data, &n) : srtp_protect(p->tx, data, &n)))
        return 0;
    return (size_t)n;
}

size_t page_rtp(page *p, uint8_t pt, uint32_t step, const void *payload, size_t len, uint8_t *out)
{
    uint32_t t = p->timestamp += step, s = p->ssrc;
    uint16_t q = p->seq++;
    uint8_t h[12] = { 0x80, pt, (uint8_t)(q >> 8), (uint8_t)q, (uint8_t)(t >> 24), (uint8_t)(t >> 16),
        (uint8_t)(t >> 8), (uint8_t)t, (uint8_t)(s >> 24), (uint8_t)(s >> 16), (uint8_t)(s >> 8), (uint8_t)s };
    memcpy(out, h, 12);
    memcpy(out + 12, payload, len);
    return page_protect(p, out, 12 + len);
}
