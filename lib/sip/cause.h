/* cause.h - what ended a call: SIP status, Q.850 cause, outcome, and whether another try makes sense. */
#ifndef HL_SIP_CAUSE_H
#define HL_SIP_CAUSE_H
#include "engine/driver.h"
#include "sip/msg.h"

enum { SIP_STOP, SIP_NEXT, SIP_AGAIN, SIP_AUTH }; /* hl__sip_cause.next */
struct hl__sip_cause { int status, q850, outcome, next; };

#define SIP_LOCAL(X) /* name, q850, status, outcome, next: found by ourselves */ \
    X(no_first_response, 102, 408, UNREACHABLE, NEXT) X(transport_error, 38, 503, UNREACHABLE, NEXT) \
    X(dns_failure, 38, 503, UNREACHABLE, NEXT) X(peer_down, 38, 503, UNREACHABLE, NEXT) \
    X(credentials_refused, 21, 403, REJECTED, NEXT) X(ring_timeout, 19, 487, NO_ANSWER, STOP) \
    X(cancelled_by_us, 16, 487, CANCELLED, STOP) X(cancelled_by_caller, 16, 487, CANCELLED, STOP) \
    X(answered_elsewhere, 26, 487, ELSEWHERE, STOP) X(cps_wait_over, 42, 503, CONGESTION, NEXT) \
    X(trunk_full, 34, 503, CONGESTION, NEXT) X(policy_denied, 21, 403, POLICY, STOP) \
    X(bad_answer_sdp, 88, 488, INCOMPATIBLE, STOP) X(ack_missing, 102, 408, FAULT, STOP) \
    X(session_expired, 102, 408, FAULT, STOP) X(media_silent, 41, 500, FAULT, STOP) \
    X(overload, 42, 503, CONGESTION, STOP) X(shutdown, 41, 503, CONGESTION, STOP) X(lost_in_crash, 41, 500, FAULT, STOP)
#define X(name, q850, status, outcome, next) SIP_BY_##name,
enum { SIP_LOCAL(X) SIP_LOCAL_END };
#undef X

struct hl__sip_cause hl__sip_cause_of(int status);
struct hl__sip_cause hl__sip_cause_q850(int q850);
struct hl__sip_cause hl__sip_cause_local(int which);
const char *hl__sip_local_word(int which);
const char *hl__sip_outcome_word(int outcome);
int hl__sip_reason(const struct sip_msg *m);
#endif
