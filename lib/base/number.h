/* number.h - telephone numbers: rewriting by rules, `pattern:strip:prepend`, first match wins.
 *
 * A pattern is literal but for x (one digit), [3-9] (a digit of that class) and a final * (any rest); without * it must
 * match the whole number. {area} in what is put in front is the area code; a rule that needs one is skipped without. */
#ifndef HL_BASE_NUMBER_H
#define HL_BASE_NUMBER_H
#include "base/view.h"

enum { HL__NUMBER = 128 }; /* room for the longest number and its NUL */
bool hl__number_rule_ok(const char *rule);
/* rules: comma separated; may be NULL or "". The number without "-.() " and parameters if none matches. */
void hl__number_rewrite(const char *rules, const char *area, const char *number, char out[HL__NUMBER]);
const char *hl__number_preset(const char *preset, bool outward); /* "cn", "e164"; NULL: no such */
void hl__number_clean(hl__view number, char out[HL__NUMBER]);
bool hl__number_match(hl__view pattern, const char *number);
#endif
