/* dtls.c - DTLS 1.2, the server's side (RFC 6347, 5764), by OpenSSL through a BIO that keeps the borders of datagrams.
 *
 * OpenSSL would time its retransmissions by the wall clock. Its timer is set to an hour, and the owner of the path
 * sends the flight again, byte for byte, by its own clock: what the peer has already is a replay to it and is dropped,
 * what it lost is new. A repeated last flight of the peer makes OpenSSL answer again by itself. */
#include "webrtc/webrtc.h"
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>

enum { FLIGHT_MAX = 32768, DATAGRAMS = 32, DAYS = 30, HOUR_US = 3600000000u };

struct hl__dtls_ctx {
    hl__mem *mem;
    SSL_CTX *ssl;
    BIO_METHOD *bio;
    char print[32 * 3];
};

/* What was written since the peer last spoke: lengths and bytes. */
struct hl__dtls {
    hl__dtls_ctx *ctx;
    SSL *ssl;
    const uint8_t *in; /* the datagram that is being read, once */
    size_t in_len;
    hl__buf out;
    uint32_t ends[DATAGRAMS], count, flights;
    bool fresh; /* the peer spoke since: the next write begins a flight */
};

static int bio_read(BIO *b, char *to, int room)
{
    hl__dtls *d = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    if (!d || !d->in) {
        BIO_set_retry_read(b);
        return -1;
    }
    size_t n = d->in_len < (size_t)room ? d->in_len : (size_t)room;
    memcpy(to, d->in, n);
    d->in = NULL;
    return (int)n;
}

/* A datagram that cannot be kept is as good as lost: the peer asks again. */
static int bio_write(BIO *b, const char *data, int len)
{
    hl__dtls *d = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    if (!d || len <= 0)
        return len;
    if (d->fresh) {
        hl__buf_clear(&d->out);
        d->out.failed = 0;
        d->count = 0;
        d->flights++;
        d->fresh = false;
    }
    if (d->count == DATAGRAMS || d->out.len + (size_t)len > FLIGHT_MAX)
        return len;
    hl__buf_add(&d->out, data, (size_t)len);
    if (!d->out.failed)
        d->ends[d->count++] = (uint32_t)d->out.len;
    return len;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
    (void)b; (void)num; (void)ptr;
    switch (cmd) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU: case BIO_CTRL_DGRAM_GET_MTU: return HL__DTLS_MTU;
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU: return HL__DTLS_MTU;
    default: return 0;
    }
}

static int bio_create(BIO *b)
{
    BIO_set_init(b, 1);
    return 1;
}

/* Any certificate will do here: it is the fingerprint that tells, and hl__dtls_is() compares it. */
static int any_certificate(int ok, X509_STORE_CTX *store)
{
    (void)ok; (void)store;
    return 1;
}

static unsigned int an_hour(SSL *ssl, unsigned int us)
{
    (void)ssl; (void)us;
    return HOUR_US;
}

static const struct { const char *name; int nid; } hashes[] = {
    { "sha-256", NID_sha256 }, { "sha-384", NID_sha384 }, { "sha-512", NID_sha512 },
};

static int use_pem(SSL_CTX *ssl, const char *pem, size_t len, char print[96], hl__err *err)
{
    int r = hl__fail(err, HL_EINVAL, "the certificate for DTLS is not PEM with a certificate and its key");
    X509 *cert = NULL;
    EVP_PKEY *key = NULL;
    BIO *b = len <= 65536 ? BIO_new_mem_buf(pem, (int)len) : NULL, *k = b ? BIO_new_mem_buf(pem, (int)len) : NULL;
    if (!k)
        goto out;
    cert = PEM_read_bio_X509(b, NULL, NULL, (void *)""); /* "": never ask for a password */
    key = PEM_read_bio_PrivateKey(k, NULL, NULL, (void *)"");
    if (!cert || !key || SSL_CTX_use_certificate(ssl, cert) != 1 || SSL_CTX_use_PrivateKey(ssl, key) != 1)
        goto out;
    uint8_t sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (!X509_digest(cert, EVP_sha256(), sum, &n) || n != 32)
        goto out;
    for (size_t i = 0; i < 32; i++) {
        static const char digits[] = "0123456789ABCDEF";
        print[3 * i] = digits[sum[i] >> 4];
        print[3 * i + 1] = digits[sum[i] & 15];
        print[3 * i + 2] = i < 31 ? ':' : 0;
    }
    r = 0;
out:
    X509_free(cert);
    EVP_PKEY_free(key);
    BIO_free(b);
    BIO_free(k);
    ERR_clear_error();
    return r;
}

static bool rules(SSL_CTX *ssl)
{
    SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_QUERY_MTU |
                             SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, any_certificate);
    SSL_CTX_set_verify_depth(ssl, 4);
    SSL_CTX_set_read_ahead(ssl, 1);
    return SSL_CTX_set_min_proto_version(ssl, DTLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(ssl, "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
                                        "ECDHE-ECDSA-CHACHA20-POLY1305") == 1 &&
           SSL_CTX_set1_groups_list(ssl, "X25519:P-256") == 1 &&
           SSL_CTX_set_tlsext_use_srtp(ssl, "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80") == 0;
}

static BIO_METHOD *bio_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK | 127, "hotline datagram");
    if (m && BIO_meth_set_read(m, bio_read) && BIO_meth_set_write(m, bio_write) && BIO_meth_set_ctrl(m, bio_ctrl) &&
        BIO_meth_set_create(m, bio_create))
        return m;
    BIO_meth_free(m);
    return NULL;
}

int hl__dtls_ctx_new(hl__mem *mem, const char *pem, size_t len, hl__err *err, hl__dtls_ctx **out)
{
    hl__dtls_ctx *c = hl__alloc(mem, sizeof(*c));
    if (!c)
        return hl__fail(err, HL_ENOMEM, "out of memory");
    c->mem = mem;
    c->ssl = SSL_CTX_new(DTLS_server_method());
    c->bio = bio_method();
    int r = 0;
    if (!c->ssl || !c->bio || !rules(c->ssl))
        r = hl__fail(err, HL_ENOMEM, "OpenSSL has no memory, or not the ciphers that browsers need");
    else
        r = use_pem(c->ssl, pem, len, c->print, err);
    if (r < 0) {
        ERR_clear_error();
        hl__dtls_ctx_free(c);
        return r;
    }
    *out = c;
    return 0;
}

void hl__dtls_ctx_free(hl__dtls_ctx *c)
{
    if (!c)
        return;
    SSL_CTX_free(c->ssl);
    BIO_meth_free(c->bio);
    hl__free(c->mem, c);
}

const char *hl__dtls_print(const hl__dtls_ctx *c)
{
    return c->print;
}

int hl__dtls_new(hl__dtls_ctx *c, hl__dtls **out)
{
    hl__dtls *d = hl__alloc(c->mem, sizeof(*d));
    if (!d)
        return HL_ENOMEM;
    d->ctx = c;
    hl__buf_init(&d->out, c->mem);
    d->ssl = SSL_new(c->ssl);
    BIO *b = d->ssl ? BIO_new(c->bio) : NULL;
    if (!b) {
        ERR_clear_error();
        hl__dtls_free(d);
        return HL_ENOMEM;
    }
    BIO_set_data(b, d);
    SSL_set_bio(d->ssl, b, b);
    SSL_set_accept_state(d->ssl);
    DTLS_set_link_mtu(d->ssl, HL__DTLS_MTU);
    DTLS_set_timer_cb(d->ssl, an_hour);
    *out = d;
    return 0;
}

void hl__dtls_free(hl__dtls *d)
{
    if (!d)
        return;
    SSL_free(d->ssl);
    hl__buf_free(&d->out);
    hl__free(d->ctx->mem, d);
}

static int closed(hl__dtls *d)
{
    uint8_t sink[256]; /* no data channel was offered: what comes is not for us */
    int n;
    do
        n = SSL_read(d->ssl, sink, sizeof(sink));
    while (n > 0);
    int e = SSL_get_error(d->ssl, n);
    ERR_clear_error();
    if (e == SSL_ERROR_ZERO_RETURN || (SSL_get_shutdown(d->ssl) & SSL_RECEIVED_SHUTDOWN))
        return HL__DTLS_CLOSED;
    return e == SSL_ERROR_SSL || e == SSL_ERROR_SYSCALL ? HL__DTLS_BROKEN : HL__DTLS_UP;
}

int hl__dtls_input(hl__dtls *d, const uint8_t *data, size_t len)
{
    ERR_clear_error();
    d->in = data;
    d->in_len = len;
    d->fresh = true;
    int r = HL__DTLS_GOING;
    if (!SSL_is_init_finished(d->ssl)) {
        int n = SSL_do_handshake(d->ssl), e = n == 1 ? 0 : SSL_get_error(d->ssl, n);
        if (e && e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE)
            r = HL__DTLS_BROKEN;
    }
    if (r == HL__DTLS_GOING && SSL_is_init_finished(d->ssl))
        r = closed(d);
    if (r == HL__DTLS_UP)
        (void)SSL_free_buffers(d->ssl); /* 33 KB that an idle page needs once more at most; refused: they stay */
    ERR_clear_error();
    d->in = NULL;
    return r;
}

size_t hl__dtls_flight(const hl__dtls *d, uint32_t n, const uint8_t **data)
{
    if (n >= d->count)
        return 0;
    uint32_t from = n ? d->ends[n - 1] : 0;
    *data = (const uint8_t *)d->out.data + from;
    return d->ends[n] - from;
}

uint32_t hl__dtls_flights(const hl__dtls *d)
{
    return d->flights;
}

void hl__dtls_settle(hl__dtls *d)
{
    hl__buf_free(&d->out);
    hl__buf_init(&d->out, d->ctx->mem);
    d->count = 0;
}

bool hl__dtls_is(const hl__dtls *d, const char *hash, const uint8_t *print, size_t len)
{
    const EVP_MD *md = NULL;
    for (size_t i = 0; i < HL__COUNT(hashes); i++)
        if (strcmp(hash, hashes[i].name) == 0)
            md = EVP_get_digestbynid(hashes[i].nid);
    X509 *cert = md ? SSL_get1_peer_certificate(d->ssl) : NULL;
    uint8_t sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    bool is = cert && X509_digest(cert, md, sum, &n) && n == len && hl__equal(sum, print, len);
    X509_free(cert);
    ERR_clear_error();
    return is;
}

int hl__dtls_keys(const hl__dtls *d, int *suite, uint8_t keys[HL__SRTP_KEYS])
{
    static const char label[] = "EXTRACTOR-dtls_srtp";
    const SRTP_PROTECTION_PROFILE *p = SSL_get_selected_srtp_profile(d->ssl);
    int s = 0;
    if (p)
        s = p->id == SRTP_AEAD_AES_128_GCM ? HL__GCM_128 : p->id == SRTP_AEAD_AES_256_GCM ? HL__GCM_256 :
            p->id == SRTP_AES128_CM_SHA1_80 ? HL__CM_80 : 0;
    if (!s)
        return HL_ENOTSUP;
    if (SSL_export_keying_material(d->ssl, keys, hl__srtp_keys_len(s), label, sizeof(label) - 1, NULL, 0, 0) != 1) {
        ERR_clear_error();
        return HL_ENOMEM;
    }
    *suite = s;
    return 0;
}

/* A self-signed certificate whose time comes from the caller; a day of grace for peers whose clocks are behind. */
static X509 *self_signed(EVP_PKEY *key, hl_time now)
{
    X509 *x = X509_new();
    uint8_t serial[8];
    if (!x || RAND_bytes(serial, sizeof(serial)) != 1)
        goto bad;
    serial[0] &= 0x7f;
    BIGNUM *n = BN_bin2bn(serial, sizeof(serial), NULL);
    X509_NAME *name = X509_get_subject_name(x);
    time_t from = (time_t)(now / HL__SECOND) - 86400, until = from + (DAYS + 1) * 86400;
    bool good = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) && X509_set_version(x, 2) &&
        ASN1_TIME_set(X509_getm_notBefore(x), from) && ASN1_TIME_set(X509_getm_notAfter(x), until) &&
        X509_set_pubkey(x, key) &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"hotline", -1, -1, 0) &&
        X509_set_issuer_name(x, name) && X509_sign(x, key, EVP_sha256());
    BN_free(n);
    if (good)
        return x;
bad:
    X509_free(x);
    return NULL;
}

int hl__webrtc_cert(hl__buf *pem, hl_time now)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = key ? self_signed(key, now) : NULL;
    BIO *b = cert ? BIO_new(BIO_s_mem()) : NULL;
    int r = HL_ENOMEM;
    if (b && PEM_write_bio_X509(b, cert) && PEM_write_bio_PKCS8PrivateKey(b, key, NULL, NULL, 0, NULL, NULL)) {
        char *text;
        long len = BIO_get_mem_data(b, &text);
        hl__buf_add(pem, text, (size_t)len);
        r = pem->failed ? HL_ENOMEM : 0;
    }
    BIO_free(b);
    X509_free(cert);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return r;
}
