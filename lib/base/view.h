/* view.h - pieces of somebody else's text: cut, compare, read a number. A view owns nothing and ends in no NUL. */
#ifndef HL_BASE_VIEW_H
#define HL_BASE_VIEW_H
#include "base/base.h"

typedef struct hl__view { const char *at; size_t len; } hl__view; /* at NULL: nothing there; len 0: empty */
hl__view hl__view_of(const char *text);                       /* NULL gives nothing */
bool hl__view_is(hl__view v, const char *text);               /* letter for letter */
bool hl__view_like(hl__view v, const char *text);             /* A-Z and a-z are the same */
bool hl__view_same(hl__view a, hl__view b);                   /* letter for letter */
bool hl__view_alike(hl__view a, hl__view b);                  /* A-Z and a-z are the same */
bool hl__view_starts(hl__view v, const char *text);
hl__view hl__view_trim(hl__view v);                           /* blanks, tabs, CR and LF at both ends */
hl__view hl__view_skip(hl__view v, size_t n);                 /* without the first n bytes */
hl__view hl__view_cut(hl__view *rest, char c);                /* takes what stands before c, and c; no c: takes all */
bool hl__view_uint(hl__view v, uint64_t max, uint64_t *out);  /* decimal digits only; above max: false */
bool hl__view_find(hl__view v, char c, size_t *at);
char *hl__view_dup(hl__mem *mem, hl__view v);
size_t hl__view_copy(char *to, size_t room, hl__view v);      /* cuts at room - 1, always ends */
void hl__buf_view(hl__buf *b, hl__view v);
#endif
