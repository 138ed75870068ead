/* hotline/media.h - what is heard: playing, judging. Settings: "media" in hl_load(). */
#ifndef HOTLINE_MEDIA_H
#define HOTLINE_MEDIA_H
#include <hotline.h>
#ifdef __cplusplus
extern "C" {
#endif
enum { HL_PATH_NONE = 0, HL_PATH_BYPASS, HL_PATH_HALF, HL_PATH_RELAY, HL_PATH_MIX };
enum { HL_PLAY_LOOP = 1, HL_PLAY_STOP_ON_KEY = 2 };
enum { HL_PLAY_DONE = 0, HL_PLAY_STOPPED, HL_PLAY_KEY, HL_PLAY_FAILED };

typedef struct hl_play {
    uint32_t size, flags;
    hl_id target; /* leg; contact: everyone in its call */
    const char *prompt, *lang; /* name, "tone:ringback", JSON list of parts (speech.h); NULL: the contact's */
    int32_t gain_db, repeat; /* -40..12; 0: once */
} hl_play;
#define HL_PLAY_INIT { sizeof(hl_play), 0, 0, 0, 0, 0, 0 }
typedef struct hl_quality { /* last 10 s; -1: unknown */
    uint32_t size;
    int32_t mos100, mos100_low; /* 100..450: now, worst so far */
    int32_t loss_ppm_in, loss_ppm_out, jitter_us_in, jitter_us_out, rtt_us, buffer_us;
    int32_t concealed_ppm, late_ppm, path; /* HL_PATH_* */
    hl_time since, moved; /* media up; last change of the far address */
    const char *codec_in, *codec_out, *address, *transport;
} hl_quality;
#define HL_QUALITY_INIT { sizeof(hl_quality), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

HL_API int hl_media_play(hl_t *hl, const hl_play *play, hl_id *out);
HL_API int hl_media_stop(hl_t *hl, hl_id play); /* PLAY_ENDED follows, as at the natural end */
HL_API int hl_media_quality(hl_t *hl, hl_id leg, hl_quality *row);
HL_API int hl_media_mos(int delay_ms, int loss_ppm, int ie, int bpl10, int *out); /* pure */
HL_API int hl_media_check(hl_t *hl, const char *file, const char **out); /* JSON: rate, ms, peak, level, faults */
#ifdef __cplusplus
}
#endif
#endif
