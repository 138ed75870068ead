/* speech.h - readouts: numbers, money, dates, digits as text or as names of recorded clips. Pure; no state. */
#ifndef HL_SPEECH_H
#define HL_SPEECH_H
#include "base/base.h"
#include <hotline/speech.h>

int hl__say_text(const hl_say *what, hl__buf *out,
                 hl__err *err); /* 0; HL_ENOTSUP language; HL_ELIMIT; HL_EINVAL value */
int hl__say_clips(const hl_say *what, hl__buf *out, hl__err *err); /* how many; names divided by blanks */
const char *hl__clip_text(const char *lang, const char *name);     /* what to record; NULL: no such clip */
int hl__clip_next(const char *lang, int kind, hl_clip *row);       /* kind 0: all; row->id as in hl_say_clip_next */
int hl__say_kind(const char *word);                                /* "money" -> HL_SAY_MONEY; 0: no such kind */
const char *hl__say_kinds(void);                                   /* "number count ordinal ..." */
#endif
