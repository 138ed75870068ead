/* duo.h - calls between pages and telephones on one board, in virtual time: DTLS and SRTP on one side, G.711 on the
 * other. What the board does is timed by the thread's own CPU clock, what pages do is not. */
#ifndef HL_TEST_DUO_H
#define HL_TEST_DUO_H
#include "hl_test.h"
#include "media/media.h"
#include "webrtc/page.h"

enum { DUO_PAGE, DUO_PHONE, DUO_BYTES = 400 };
typedef struct duo duo;
typedef struct duo_box { /* packets on their way; what is in a box is timed as one piece */
    uint32_t n, room;
    struct duo_packet { hl__addr far, near; uint32_t len; uint8_t data[DUO_BYTES]; } *packet;
} duo_box;
struct duo {
    hl__board *board;
    hl__bank *bank;
    hl__tuning tuning;
    hl__mem *mem;
    hl_time now;
    uint32_t calls, up;
    struct duo_call {
        page *page;
        uint16_t port, page_port, phone_seq;     /* ours at the telephone; the page's */
        uint32_t phone_ts, got[2], sent[2];      /* clear packets that reached page, phone */
        hl__media media;                         /* of UP */
    } *call;
    duo_box in, out;
    int64_t busy_ns;                             /* CPU time in the board since it was last set to 0 */
    int64_t phone_pt;
    /* sound that arrived at a page or a phone; may be NULL */
    void (*heard)(void *ctx, int call, int who, const hl__rtp *p);
    int (*wire)(void *ctx, int call, int to_board); /* 0 loses a packet of sound */
    void *ctx;
};
extern int duo_inside;                           /* 1 while the board works: whose memory it is that is taken */
duo *duo_new(hl__mem *mem, const char *settings, uint32_t calls); /* settings: the media section; NULL: failed */
void duo_free(duo *d);
void duo_open(duo *d, int call);                 /* the page signs in: its path is up, nobody talks */
void duo_talk(duo *d, int call);                 /* its leg talks to its telephone */
void duo_connect(duo *d);                        /* both, for all */
void duo_page_says(duo *d, int call, int pt, uint32_t step, const void *body, size_t len);
void duo_phone_says(duo *d, int call, const void *body, size_t len); /* PCMA of 20 ms */
void duo_step(duo *d, hl_time us);               /* ticks of 5 ms */
#endif
