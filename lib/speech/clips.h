/* clips.h - the recorded pieces of a language, and how a readout is put together of them; for files of lib/speech. */
#ifndef HL_SPEECH_CLIPS_H
#define HL_SPEECH_CLIPS_H
#include "speech/speech.h"

typedef struct hl__clip { const char *name, *text; uint32_t kinds; } hl__clip; /* kinds: bits 1 << HL_SAY_* */
extern const hl__clip hl__clips_zh[], hl__clips_en[]; /* name NULL at the end */

/* value.c - a value as text, taken apart. */
typedef struct hl__spoken {
    bool minus, decimal;        /* decimal: a point was written */
    int64_t whole;              /* number, count, minor units of money, seconds, numerator */
    int64_t below;              /* denominator */
    char digits[32];            /* behind the point; or a string of digits */
    char ccy[4];
    int year, month, day, weekday, hour, minute; /* weekday: 1 Monday */
} hl__spoken;
int hl__spoken_read(const hl_say *what, hl__spoken *out, hl__err *err); /* HL_EINVAL, HL_ELIMIT */
int hl__minor_digits(const char *ccy); /* 2, or 0 for JPY */

typedef struct hl__mouth { const hl_say *what; hl__buf *out; int count; } hl__mouth; /* clips said so far */
void hl__utter(hl__mouth *m, const char *clip);
void hl__utter_n(hl__mouth *m, const char *prefix, int64_t n); /* "n" 42 -> n42 */
void hl__utter_groups(hl__mouth *m, const char *digits, const uint8_t *group, const char *one, const char *zero);
int hl__phone_groups(const char *digits, uint8_t *group, size_t room);   /* sizes, 0 ends */
void hl__even_groups(size_t len, int size, uint8_t *group, size_t room);
int hl__say_zh(hl__mouth *m, const hl__spoken *v, hl__err *err);
int hl__say_en(hl__mouth *m, const hl__spoken *v, hl__err *err);
#endif
