/* hotline/speech.h - reading numbers, money, dates and digits aloud: as text, or as names of recorded clips. */
#ifndef HOTLINE_SPEECH_H
#define HOTLINE_SPEECH_H
#include <hotline.h>
#ifdef __cplusplus
extern "C" {
#endif

#define HL_SAY_KINDS(X) /* name, number, form of the value */ \
    X(NUMBER, 1, "-12 3.10") X(COUNT, 2, "2, with unit") X(ORDINAL, 3, "2") X(DIGITS, 4, "0-9 * #") \
    X(PHONE, 5, "+8613800138000") X(MONEY, 6, "12.50 CNY") X(DATE, 7, "2026-11-20") X(TIME, 8, "14:05") \
    X(DURATION, 9, "seconds") X(PERCENT, 10, "12.5") X(FRACTION, 11, "3/4")
#define X(name, number, form) HL_SAY_##name = number,
enum { HL_SAY_KINDS(X) };
#undef X
enum { HL_LIANG_DICT = 0, HL_LIANG_ALL = 1, HL_LIANG_NONE = 2 };

typedef struct hl_say {           /* 0 and NULL: the default in brackets; options a language lacks are passed over */
    uint32_t size; int32_t kind;  /* HL_SAY_* */
    const char *lang, *value;     /* "zh-CN" "en" */
    const char *unit, *parts;     /* of a count: "person"; of a date: "ymdw" ["ymd"] */
    int32_t liang, yao;           /* HL_LIANG_*; [1 read as yao in digits and phone], -1: as yi */
    int32_t group, clock;         /* digits a group [4], -1: one group; 12 or 24 [12] */
    int32_t whole, quarter;       /* 1: say that nothing follows (zheng, o'clock); 1: half, quarter */
    int32_t with_and, with_oh;    /* English: 1 one hundred and five; 1 oh for zero in strings */
} hl_say;
#define HL_SAY_INIT { sizeof(hl_say), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

typedef struct hl_clip {          /* a clip a kind can ask for */
    uint32_t size; int32_t spare; hl_id id; /* 1, 2, 3 ... */
    const char *name, *text;      /* "n42"; what to record */
} hl_clip;
#define HL_CLIP_INIT { sizeof(hl_clip), 0, 0, 0, 0 }

HL_API int hl_say_text(hl_t *hl, const hl_say *what, const char **out);  /* HL_ENOTSUP: language; HL_ELIMIT: value */
HL_API int hl_say_clips(hl_t *hl, const hl_say *what, const char **out); /* how many; names divided by blanks */
HL_API int hl_say_clip_next(hl_t *hl, const char *lang, int kind, hl_clip *row); /* kind 0: all kinds */

#ifdef __cplusplus
}
#endif
#endif
