/* hotline/report.h - what happened and what is kept: the store's state, a copy of it, its chain of hashes. */
#ifndef HOTLINE_REPORT_H
#define HOTLINE_REPORT_H
#include <hotline.h>
#ifdef __cplusplus
extern "C" {
#endif
#define HL_STORE_STATES(X) /* name, number; 4 is kept */ \
    X(OK, 0) X(SLOW, 1) X(FULL, 2) X(LOST, 3) X(FENCED, 5) X(BROKEN, 6)
#define X(name, number) HL_STORE_##name = number,
enum { HL_STORE_STATES(X) };
#undef X

typedef struct hl_store_info {
    uint32_t size; int32_t state;             /* HL_STORE_* */
    hl_seq seq, durable;                      /* last event; last one on disk */
    int64_t epoch, backlog;                   /* owner counter; batches waiting */
    int64_t commit_us, wal_bytes, free_bytes; /* commit_us: 99th percentile of the last thousand */
} hl_store_info;
#define HL_STORE_INFO_INIT { sizeof(hl_store_info), 0, 0, 0, 0, 0, 0, 0, 0 }

/* An engine without a store: HL_ENOTSUP. None of these holds the engine up. */
HL_API int hl_store_get(hl_t *hl, hl_store_info *row);
HL_API int hl_store_backup(hl_t *hl, const char *path);         /* consistent, while running; EEXIST, ESTORE */
HL_API int hl_store_verify(hl_t *hl, hl_seq from, hl_seq *out); /* 0: chain whole; 1: out is the first bad event */
#ifdef __cplusplus
}
#endif
#endif
