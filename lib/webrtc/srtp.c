/* srtp.c - keys to packets: libsrtp2, one session for life in each direction.
 *
 * Debian builds libsrtp2 on NSS: the first session of a process costs a millisecond, the others 40 us; so one that does
 * nothing is kept by every thread (hl__srtp_new with zero keys is as good as any), and srtp_shutdown() is never called:
 * another part of the application may be using the library too. */
#include "webrtc/webrtc.h"
#include <srtp2/srtp.h>
#include <string.h>
#include <threads.h>

enum { WINDOW = 128, ROOM = SRTP_MAX_TRAILER_LEN + 4, SMALLEST = 12 };

struct hl__srtp { srtp_t in, out; };

static const struct suite {
    srtp_profile_t profile;
    uint32_t key, salt;
} suites[] = {
    [HL__GCM_128] = { srtp_profile_aead_aes_128_gcm, 16, 12 },
    [HL__GCM_256] = { srtp_profile_aead_aes_256_gcm, 32, 12 },
    [HL__CM_80] = { srtp_profile_aes128_cm_sha1_80, 16, 14 },
};

/* srtp_init() may run twice, but not at the same time: the one word here that engines share. */
static once_flag srtp_once = ONCE_FLAG_INIT;

static void init(void)
{
    (void)srtp_init(); /* if it fails, so does every srtp_create(), which is where the answer is looked at */
}

void hl__srtp_ready(void)
{
    call_once(&srtp_once, init);
}

size_t hl__srtp_keys_len(int suite)
{
    return 2 * (size_t)(suites[suite].key + suites[suite].salt);
}

static int direction(const struct suite *s, const uint8_t *key, const uint8_t *salt, srtp_ssrc_type_t type, srtp_t *out)
{
    uint8_t master[SRTP_MAX_KEY_LEN];
    memcpy(master, key, s->key);
    memcpy(master + s->key, salt, s->salt);
    srtp_policy_t policy;
    memset(&policy, 0, sizeof(policy));
    policy.ssrc.type = type;
    policy.key = master;
    policy.window_size = WINDOW;
    int bad = srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, s->profile) ||
              srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, s->profile) || srtp_create(out, &policy);
    explicit_bzero(master, sizeof(master));
    return bad ? HL_ENOMEM : 0;
}

int hl__srtp_new(hl__mem *mem, int suite, const uint8_t *keys, hl__srtp **out)
{
    const struct suite *s = &suites[suite];
    hl__srtp *n = hl__alloc(mem, sizeof(*n));
    if (!n)
        return HL_ENOMEM;
    const uint8_t *salts = keys + 2 * s->key;
    int r = direction(s, keys, salts, ssrc_any_inbound, &n->in);
    if (!r)
        r = direction(s, keys + s->key, salts + s->salt, ssrc_any_outbound, &n->out);
    if (r < 0) {
        hl__srtp_free(mem, n);
        return r;
    }
    *out = n;
    return 0;
}

void hl__srtp_free(hl__mem *mem, hl__srtp *s)
{
    if (!s)
        return;
    if (s->in)
        (void)srtp_dealloc(s->in); /* fails on NULL only */
    if (s->out)
        (void)srtp_dealloc(s->out);
    hl__free(mem, s);
}

static bool is_rtcp(const hl__packet *io)
{
    return io->data[1] >= 192 && io->data[1] <= 223;
}

static int drop_of(srtp_err_status_t e)
{
    switch (e) {
    case srtp_err_status_ok: return 0;
    case srtp_err_status_replay_fail: case srtp_err_status_replay_old: case srtp_err_status_pkt_idx_old:
        return -HL__DROP_REPLAY;
    case srtp_err_status_bad_param: case srtp_err_status_parse_err: return -HL__DROP_SHORT;
    case srtp_err_status_alloc_fail: return -HL__DROP_MEMORY;
    default: return -HL__DROP_AUTH;
    }
}

int hl__srtp_open(hl__srtp *s, hl__packet *io)
{
    if (io->len < SMALLEST)
        return -HL__DROP_SHORT;
    int len = (int)io->len;
    srtp_err_status_t e = is_rtcp(io) ? srtp_unprotect_rtcp(s->in, io->data, &len) :
                                        srtp_unprotect(s->in, io->data, &len);
    if (e == srtp_err_status_ok)
        io->len = (uint32_t)len;
    return drop_of(e);
}

int hl__srtp_close(hl__srtp *s, hl__packet *io)
{
    if (io->len < 8 || io->room < io->len || io->room - io->len < ROOM)
        return HL_EINVAL;
    int len = (int)io->len;
    srtp_err_status_t e = is_rtcp(io) ? srtp_protect_rtcp(s->out, io->data, &len) :
                                        srtp_protect(s->out, io->data, &len);
    if (e != srtp_err_status_ok)
        return HL_EINVAL;
    io->len = (uint32_t)len;
    return 0;
}
