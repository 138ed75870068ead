/* rows.h - what the tests of the store share: events and rows with content one can recognise. */
#ifndef HL_TESTS_STORE_ROWS_H
#define HL_TESTS_STORE_ROWS_H
#include "hl_test.h"
#include "store/store.h"

hl__value hl_test_int(int64_t n);
hl__value hl_test_text(const char *words);
void hl_test_event(hl__batch *b, hl_seq seq, hl_id ticket, const char *words);
void hl_test_idem(hl__batch *b, int op, const char *key, int64_t ref);
/* A batch with this number, ending at this event; empty. */
hl__batch *hl_test_batch(uint64_t number, hl_seq seq);
/* A batch of one event and one row "k<number>", appended. */
void hl_test_append(hl__store *s, uint64_t number);
hl__store *hl_test_store(const char *url, hl__disk *disk);
int64_t hl_test_count(hl__store *s, const hl__scan *q);
#endif
