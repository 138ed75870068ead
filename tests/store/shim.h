/* shim.h - a disk that fails when told to: SQLite's file system with a finger on write and sync. */
#ifndef HL_TESTS_STORE_SHIM_H
#define HL_TESTS_STORE_SHIM_H
#include <stdatomic.h>
#include <stdint.h>

typedef struct hl_test_disk {
    _Atomic int64_t full_after;  /* so many more writes succeed, then the disk is full; below 0: never */
    _Atomic int64_t fail_write;  /* the n-th write from now fails with EIO, once; 0: none */
    _Atomic int64_t fail_sync;   /* the same for syncs */
    _Atomic int64_t writes, syncs, refused;
} hl_test_disk;
extern hl_test_disk hl_test_the_disk;
void hl_test_disk_begin(void); /* from now on every database is on this disk */
void hl_test_disk_end(void);
#endif
