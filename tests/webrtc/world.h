/* world.h - a media thread's paths and pages before them, joined by a wire in virtual time. */
#ifndef HL_TEST_WORLD_H
#define HL_TEST_WORLD_H
#include "engine/driver.h"
#include "webrtc/page.h"

enum { WORLD_PAGES = 512 };
typedef struct world world;
typedef struct world_page {
    page *page;
    hl__path *path;
    hl__addr from;                 /* where the page sends from now */
    uint32_t up, suspect, lost, back, moved, failed, local, got; /* reports counted; packets it got */
    int32_t code;                  /* of the last LOST or FAILED */
    char words[256];
    hl__media media;               /* of UP */
    char answer[4096];
    hl_time up_at;
} world_page;
struct world {
    hl__mem *mem;
    void *st;
    hl_time now;
    uint32_t count, in, clear, dropped[16];
    uint64_t bytes_in, bytes_out;
    world_page page[WORLD_PAGES];
    /* what the wire does: 1 keeps a datagram, 0 loses it; NULL keeps all */
    int (*wire)(void *ctx, int to_server, const uint8_t *data, size_t len);
    void *ctx;
    hl__packet last;               /* the last clear packet, data in last_data */
    uint8_t last_data[2048];
};
extern const hl__paths *world_paths; /* [hl__paths_dtls]: a test may put its own before them */
extern const char *world_settings;  /* begin()'s, "%s" for the certificate as JSON */
int world_begin(world *w, hl__mem *mem);
void world_end(world *w);
int world_open(world *w, const page_options *opt); /* index of the page; its offer is handed in; below 0: HL_E* */
int world_offer(world *w, int i, const char *sdp, int kind); /* an offer of any text, HL__Q_OPEN or _SET */
void world_run(world *w, hl_time until);           /* 5 ms ticks: output, reports, pages */
void world_tick(world *w);
int world_input(world *w, const hl__addr *from, const void *data, size_t len); /* what input() said */
int world_up(world *w, const page_options *opt);   /* opened, nominated, shaken: index; fails the test if not up */
int world_send(world *w, int i, uint32_t packets); /* pages' RTP of 20 ms each, without time passing; accepted */
#endif
