/* without_sqlite.c - stands where SQLite is not built in: a file cannot be a store. */
#include "store/store.h"

static int refuse(const hl__store_conf *conf, const char *path, hl__err *err, void **out)
{
    (void)conf, (void)out; /* nothing is opened */
    return hl__fail(err, HL_ENOTSUP, "store: %s: SQLite is not built in", path);
}

const hl__backend_ops hl__sqlite = { .scheme = "sqlite", .open = refuse };
