/* hl_test.h - what every test program has: cmocka between leak checks, files of vectors, failing memory.
 *
 * A program is a list of functions whose names are sentences:
 *
 *     static void caller_keeps_the_place(void **state) { (void)state; ... }
 *     int main(void)
 *     {
 *         const struct CMUnitTest tests[] = { HL_TEST(caller_keeps_the_place) };
 *         return HL_TEST_MAIN(tests);
 *     }
 *
 * After each test: bytes and blocks of hl_test_mem, descriptors and threads are what they were before it. Tests run in
 * an order drawn from HL_TEST_SEED; HL_TEST_ONLY=pattern runs some. Files are found through HL_SRC (default "."). */
#ifndef HL_TEST_H
#define HL_TEST_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/base.h"

extern hl__mem hl_test_mem; /* the memory of the tests; give it to whatever wants an hl__mem */

#define HL_TEST(name) { #name, name, hl_test_begin, hl_test_end, NULL }
#define HL_TEST_MAIN(tests) hl_test_main(tests, sizeof(tests) / sizeof((tests)[0]))
int hl_test_begin(void **state);
int hl_test_end(void **state);
int hl_test_main(const struct CMUnitTest *tests, size_t count);
uint64_t hl_test_seed(void);                           /* for chance in a test; printed at the start */

/* hl_options.alloc with .ctx = &hl_test_mem: an engine whose memory is checked and may fail. */
void *hl_test_alloc(void *ctx, void *old, size_t size);

/* Runs run() with the n-th allocation of hl_test_mem failing, n = 1, 2, 3 ... until none fails any more: once alone,
 * and once with all that follow. run() begins and ends with nothing allocated and returns HL_ENOMEM or its good result,
 * the same (>= 0) whenever it succeeds. Returns how many allocations one undisturbed run has. */
int hl_test_oom(int (*run)(void *ctx), void *ctx);

/* Files: a vector is tests/vectors/<name>; all live until the test ends. NUL-terminated; fails the test if absent. */
const char *hl_test_path(const char *name);            /* <HL_SRC>/<name> */
char *hl_test_file(const char *name, size_t *len);     /* len may be NULL */
char *hl_test_vector(const char *name, size_t *len);
char *hl_test_temp(void);                              /* a new folder, removed with its content when the test ends */

/* CSV: the first line that is no comment (#) names the columns; "quoted, ""cells""" are understood. */
typedef struct hl_test_csv { char *at; char *names[40], *cells[40]; int columns, line; } hl_test_csv;
void hl_test_csv_open(hl_test_csv *csv, const char *vector);
int hl_test_csv_next(hl_test_csv *csv);                /* 1: a row, 0: the end */
const char *hl_test_cell(const hl_test_csv *csv, const char *column); /* "" if empty; fails the test if unknown */
int64_t hl_test_cell_int(const hl_test_csv *csv, const char *column);  /* empty: 0 */
double hl_test_cell_real(const hl_test_csv *csv, const char *column);

/* A line "# decisions NAME HASH": tests/same compares it between compilers, tests/sanitize with the sanitized build. */
void hl_test_decisions(const char *name, uint64_t hash);

/* A message worth reading: where in the vector, what was tried. Fails the test unless ok. */
void hl_test_ok(int ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#endif
