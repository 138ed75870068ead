/* cause.c - SIP statuses, Q.850 causes and outcomes: RFC 3398 both ways, our own choices where it has none. */
#include "sip/cause.h"
#include "sip/sip.h"
#include <string.h>

static const struct hl__sip_cause from_sip[] = {
    { 300, 23, HL__MOVED, SIP_STOP }, { 301, 22, HL__MOVED, SIP_STOP }, { 302, 23, HL__MOVED, SIP_STOP },
    { 305, 23, HL__MOVED, SIP_STOP }, { 380, 23, HL__MOVED, SIP_STOP }, { 400, 41, HL__FAULT, SIP_STOP },
    { 401, 21, HL__REJECTED, SIP_AUTH }, { 402, 21, HL__REJECTED, SIP_STOP }, { 403, 21, HL__REJECTED, SIP_STOP },
    { 404, 1, HL__BAD_NUMBER, SIP_STOP }, { 405, 63, HL__FAULT, SIP_STOP }, { 406, 79, HL__INCOMPATIBLE, SIP_STOP },
    { 407, 21, HL__REJECTED, SIP_AUTH }, { 408, 102, HL__UNREACHABLE, SIP_NEXT }, { 410, 22, HL__BAD_NUMBER, SIP_STOP },
    { 413, 127, HL__FAULT, SIP_STOP }, { 414, 127, HL__FAULT, SIP_STOP }, { 415, 79, HL__INCOMPATIBLE, SIP_STOP },
    { 416, 127, HL__FAULT, SIP_STOP }, { 420, 127, HL__INCOMPATIBLE, SIP_AGAIN },
    { 421, 127, HL__INCOMPATIBLE, SIP_STOP }, { 422, 127, HL__FAULT, SIP_AGAIN }, { 423, 127, HL__FAULT, SIP_AGAIN },
    { 430, 41, HL__UNREACHABLE, SIP_NEXT }, { 433, 21, HL__REJECTED, SIP_STOP }, { 480, 18, HL__NO_ANSWER, SIP_STOP },
    { 481, 41, HL__FAULT, SIP_STOP }, { 482, 25, HL__FAULT, SIP_STOP }, { 483, 25, HL__FAULT, SIP_STOP },
    { 484, 28, HL__BAD_NUMBER, SIP_STOP }, { 485, 1, HL__BAD_NUMBER, SIP_STOP }, { 486, 17, HL__BUSY, SIP_STOP },
    { 487, 16, HL__CANCELLED, SIP_STOP }, { 488, 88, HL__INCOMPATIBLE, SIP_STOP }, { 491, 31, HL__FAULT, SIP_AGAIN },
    { 500, 41, HL__CONGESTION, SIP_NEXT }, { 501, 79, HL__FAULT, SIP_STOP }, { 502, 38, HL__CONGESTION, SIP_NEXT },
    { 503, 41, HL__CONGESTION, SIP_NEXT }, { 504, 102, HL__UNREACHABLE, SIP_NEXT }, { 505, 127, HL__FAULT, SIP_STOP },
    { 513, 127, HL__FAULT, SIP_STOP }, { 580, 47, HL__CONGESTION, SIP_NEXT }, { 600, 17, HL__BUSY, SIP_STOP },
    { 603, 21, HL__REJECTED, SIP_STOP }, { 604, 1, HL__BAD_NUMBER, SIP_STOP }, { 606, 88, HL__INCOMPATIBLE, SIP_STOP },
    { 607, 21, HL__REJECTED, SIP_STOP }, { 608, 21, HL__REJECTED, SIP_STOP },
};

static const struct hl__sip_cause from_q850[] = {
    { 404, 1, HL__BAD_NUMBER, 0 }, { 404, 2, HL__BAD_NUMBER, 0 }, { 404, 3, HL__BAD_NUMBER, 0 },
    { 603, 16, HL__REJECTED, 0 }, { 486, 17, HL__BUSY, 0 }, { 408, 18, HL__NO_ANSWER, 0 },
    { 480, 19, HL__NO_ANSWER, 0 }, { 480, 20, HL__UNREACHABLE, 0 }, { 403, 21, HL__REJECTED, 0 },
    { 410, 22, HL__BAD_NUMBER, 0 }, { 410, 23, HL__MOVED, 0 }, { 404, 26, HL__ELSEWHERE, 0 },
    { 502, 27, HL__UNREACHABLE, 0 }, { 484, 28, HL__BAD_NUMBER, 0 }, { 501, 29, HL__FAULT, 0 },
    { 480, 31, HL__NO_ANSWER, 0 }, { 503, 34, HL__CONGESTION, 0 }, { 503, 38, HL__CONGESTION, 0 },
    { 503, 41, HL__CONGESTION, 0 }, { 503, 42, HL__CONGESTION, 0 }, { 503, 44, HL__CONGESTION, 0 },
    { 503, 47, HL__CONGESTION, 0 }, { 403, 55, HL__REJECTED, 0 }, { 403, 57, HL__REJECTED, 0 },
    { 503, 58, HL__CONGESTION, 0 }, { 503, 63, HL__FAULT, 0 }, { 488, 65, HL__INCOMPATIBLE, 0 },
    { 488, 70, HL__INCOMPATIBLE, 0 }, { 501, 79, HL__FAULT, 0 }, { 403, 87, HL__REJECTED, 0 },
    { 503, 88, HL__INCOMPATIBLE, 0 }, { 504, 102, HL__UNREACHABLE, 0 }, { 500, 111, HL__FAULT, 0 },
    { 500, 127, HL__FAULT, 0 },
};

#define X(name, q850, status, outcome, next) { status, q850, HL__##outcome, SIP_##next },
static const struct hl__sip_cause local[] = { SIP_LOCAL(X) };
#undef X
#define X(name, q850, status, outcome, next) #name,
static const char *const local_names[] = { SIP_LOCAL(X) };
#undef X
#define X(name, word) word,
static const char *const words[] = { HL__OUTCOMES(X) };
#undef X

struct hl__sip_cause hl__sip_cause_of(int status)
{
    for (int pass = 0; pass < 2; pass++) {
        int want = pass ? status / 100 * 100 : status;
        for (size_t i = 0; i < HL__COUNT(from_sip); i++)
            if (from_sip[i].status == want) {
                struct hl__sip_cause c = from_sip[i];
                c.status = status;
                return c;
            }
    }
    return (struct hl__sip_cause){ status, 16, HL__ANSWERED, SIP_STOP };
}

struct hl__sip_cause hl__sip_cause_q850(int q850)
{
    for (size_t i = 0; i < HL__COUNT(from_q850); i++)
        if (from_q850[i].q850 == q850)
            return from_q850[i];
    return (struct hl__sip_cause){ 500, q850, HL__FAULT, SIP_STOP };
}

struct hl__sip_cause hl__sip_cause_local(int which)
{
    return local[which];
}

const char *hl__sip_local_word(int which)
{
    return local_names[which];
}

const char *hl__sip_outcome_word(int outcome)
{
    return outcome >= 0 && outcome < (int)HL__COUNT(words) ? words[outcome] : "";
}

static hl__view reason_param(hl__view element)
{
    size_t semi;
    return hl__view_find(element, ';', &semi) ? hl__view_skip(element, semi) : (hl__view){ NULL, 0 };
}

/* What a Reason header says: Q.850 cause, or 26 for SIP;cause=200 (answered elsewhere); 0: nothing we use. */
int hl__sip_reason(const struct sip_msg *m)
{
    for (const struct sip_header *h = NULL; (h = hl__sip_next(m, SIP_H_REASON, h));) {
        hl__view rest = h->value;
        while (rest.at) {
            uint64_t n;
            hl__view one = hl__sip_element(&rest), value, tail = one;
            hl__view protocol = hl__view_trim(hl__view_cut(&tail, ';'));
            if (!hl__sip_param(reason_param(one), "cause", &value) || !hl__view_uint(value, 699, &n))
                continue;
            if (hl__view_like(protocol, "Q.850") && n >= 1 && n <= 127)
                return (int)n;
            if (hl__view_like(protocol, "SIP") && n == 200)
                return 26;
        }
    }
    return 0;
}

int hl__sip_q850_of(int status)
{
    return hl__sip_cause_of(status).q850;
}

int hl__sip_status_of(int q850)
{
    return hl__sip_cause_q850(q850).status;
}
