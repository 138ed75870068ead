/* page.h - a browser's page, as far as a media path sees one: offer, checks, DTLS client, SRTP. No socket, no clock.
 *
 * It shares no code with lib/webrtc: STUN is written here once more. Datagrams go in by page_input() and come out by
 * page_output(); page_time() is told the time and sends again what was not answered. */
#ifndef HL_TEST_PAGE_H
#define HL_TEST_PAGE_H
#include "base/base.h"
#include "base/av.h"

typedef struct page page;
enum { PAGE_CHROMIUM, PAGE_FIREFOX };
typedef struct page_options {
    int kind;                /* whose offer is spoken */
    const char *srtp;        /* OpenSSL's names of SRTP profiles, NULL: all three */
    int big_hello;           /* ClientHello needs two datagrams */
    int wrong_certificate;   /* the offer's fingerprint is another's */
} page_options;
page *page_new(const page_options *opt);
void page_free(page *p);
const char *page_offer(page *p);                       /* lives until the next call */
void page_restart(page *p);                            /* fresh ufrag and pwd: ask for the offer again */
bool page_answer(page *p, const char *sdp, size_t len); /* false: something a browser needs is not there */
uint32_t page_ssrc(const page *p);
uint32_t page_far_ssrc(const page *p);                 /* from the answer */
uint16_t page_port(const page *p);                     /* of the first candidate */
int page_pt(const page *p, const char *name);          /* of the answer's rtpmap, "opus/48000/2"; -1: none */
void page_check(page *p, bool nominate);               /* a check is on its way */
bool page_checked(const page *p);                      /* it was answered, with our address as `mapped` */
const hl__addr *page_mapped(const page *p);
void page_hello(page *p);                              /* the handshake begins */
bool page_up(const page *p);
void page_bye(page *p);                                /* close_notify */
void page_mute_consent(page *p, bool mute);            /* requests of the server stay unanswered */
uint32_t page_asked(const page *p);                    /* requests of the server that were answered, or not */
/* 1: clear RTP or RTCP is in data, *len is changed; 0: used up; -1: refused */
int page_input(page *p, hl_time now, uint8_t *data, size_t *len);
size_t page_output(page *p, uint8_t *out, size_t room); /* 0: no more */
void page_time(page *p, hl_time now);
size_t page_protect(page *p, uint8_t *data, size_t len); /* RTP or RTCP, 160 bytes of room; 0: not up */
/* A packet of RTP in the page's own sequence, protected; bytes. */
size_t page_rtp(page *p, uint8_t pt, uint32_t step, const void *payload, size_t len, uint8_t *out);
void page_set_seq(page *p, uint16_t seq);
#endif
