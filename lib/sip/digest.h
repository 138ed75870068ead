/* digest.h - RFC 7616 and RFC 8760: both sides of a challenge. */
#ifndef HL_SIP_DIGEST_H
#define HL_SIP_DIGEST_H
#include "base/view.h"

enum { SIP_MD5, SIP_SHA256, SIP_SHA512_256, SIP_ALGORITHMS };
enum { SIP_QOP_NONE, SIP_QOP_AUTH, SIP_QOP_AUTH_INT, SIP_QOP_UNKNOWN };
enum { SIP_HEX = 65 }; /* room for the longest hash in hex and its NUL */

struct sip_challenge { hl__view realm, nonce, opaque; int algorithm, qop; bool sess, stale; };
struct sip_challenge_kept { /* one that was understood, for this request and later ones; realm NULL: none */
    char *realm, *nonce, *opaque;
    int algorithm, qop, nc;
    bool sess, proxy;
};
struct sip_digest { /* what goes into a response */
    int algorithm, qop;
    bool sess;
    hl__view method, uri, nonce, nc, cnonce, body;
};
/* The next challenge of a header value ("Digest ..., Digest ..."): 1 understood, 0 none left, -1 one we cannot use. */
int hl__sip_challenge_next(hl__view *rest, struct sip_challenge *out);
struct sip_credentials { hl__view user, realm, nonce, uri, response, nc, cnonce; int algorithm, qop; bool sess; };
bool hl__sip_credentials(hl__view value, struct sip_credentials *out); /* false: not Digest, or malformed */
int hl__sip_algorithm(hl__view name, bool *sess);                     /* -1: unknown; "" is MD5 */
const char *hl__sip_algorithm_name(int algorithm, bool sess);
int hl__sip_hash(int algorithm, const hl__view *parts, unsigned n, char out[SIP_HEX]);
int hl__sip_ha1(int algorithm, const char *user, const char *realm, const char *password, char out[SIP_HEX]);
int hl__sip_ha2(const struct sip_digest *d, char out[SIP_HEX]);
int hl__sip_response(const struct sip_digest *d, const char *ha1, char out[SIP_HEX]);
bool hl__sip_may_answer(bool ours, bool from_peer, bool realm_ok, int method, int rounds, bool stale);

/* nonce.c: ours */
struct sip_nonces;
enum { SIP_NONCE_GOOD, SIP_NONCE_STALE, SIP_NONCE_FORGED };
int hl__sip_nonces_new(hl__mem *mem, const uint8_t key[32], struct sip_nonces **out);
void hl__sip_nonces_free(struct sip_nonces *n);
int hl__sip_nonce_make(struct sip_nonces *n, hl_time now, const uint8_t ip[16], const char *realm, char out[64]);
int hl__sip_nonce_check(struct sip_nonces *n, hl_time now, const uint8_t ip[16], const char *realm, hl__view nonce);
bool hl__sip_nonce_count(struct sip_nonces *n, hl__view nonce, uint32_t nc); /* false: replayed */
#endif
