/* part_store.c - a store's file read for a study: another process may own it. */
#include "api/simulate.h"
#include "store/store.h"

int hl__record_file(hl_t *hl, const char *path, hl__recording *rec)
{
    struct hl__peek *peek = NULL;
    int r = hl__store_peek(&hl->mem, path, &peek);

    if (r == 0)
        r = hl__record_scan(rec, hl__store_peek_scan, peek, true);
    hl__store_peek_close(peek);
    return r;
}
