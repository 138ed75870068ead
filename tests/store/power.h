/* power.h - a disk that loses what was not synced: each unsynced write is dropped, kept, or torn at 512 bytes. */
#ifndef HL_TESTS_STORE_POWER_H
#define HL_TESTS_STORE_POWER_H
#include <stdint.h>

enum { HL_TEST_OUTAGES = 200 };
struct hl__store;
/* From now on every database is on this disk; each so many writes and syncs the power fails. A lying disk says "synced"
 * and does nothing. */
void hl_test_power_begin(int64_t seed, uint32_t every, int is_lying);
void hl_test_power_watch(struct hl__store *s);          /* whose durable number was told when the power failed */
void hl_test_power_end(void);                           /* outages are kept until _forget */
int hl_test_power_outages(void);
uint64_t hl_test_power_told(int outage);
void hl_test_power_write(int outage, const char *path); /* the database and its log as they were found afterwards */
void hl_test_power_forget(void);
#endif
