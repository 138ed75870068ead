/* without_sqlite.c - stands where SQLite is not built in: a file cannot be a store. */
#include "store/store.h"

static int refuse(const hl__store_conf *conf, const char *path, hl__err *err, void **out)
{
    (void)conf, (void)out; /* nothing is opened */
    return hl__fail(err, HL_ENOTSUP, "store: %s: SQLite is not built in", path);
}

const hl__backend_ops hl__sqlite = { .scheme = "sqlite", .open = refuse };

int hl__store_peek(hl__mem *mem, const char *path, struct hl__peek **out)
{
    (void)mem, (void)path, (void)out; /* nothing is opened */
    return HL_ENOTSUP;
}

int hl__store_peek_scan(void *peek, const hl__scan *q, const hl__visit *v)
{
    (void)peek, (void)q, (void)v; /* there never is one */
    return HL_ENOTSUP;
}

void hl__store_peek_close(struct hl__peek *peek)
{
    (void)peek; /* there never is one */
}
