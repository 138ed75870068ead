/* report.c - entry points of report.h: the store, its copy, its chain. Reading holds no lock of the engine. */
#include "api/enter.h"
#include <hotline/report.h>

static int no_store(hl_t *hl)
{
    return hl->store.append ? 0 : hl__fail(hl->core.err, HL_ENOTSUP, "this engine has no store");
}

int hl_store_get(hl_t *hl, hl_store_info *row)
{
    hl_store_info out = HL_STORE_INFO_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) == 0 && (r = no_store(hl)) == 0) {
        hl->store.figures(hl->store.d, &out);
        out.seq = hl->events.next - 1;
        hl__row_out(row, &out, sizeof(out));
    }
    return hl__leave(hl, r);
}

int hl_store_backup(hl_t *hl, const char *path)
{
    hl__err err = { 0 };
    hl__store_link store;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if (!path || !path[0])
        r = hl__fail(hl->core.err, HL_EINVAL, "no file for the copy was named");
    else if ((r = hl__text_in(hl, path, 4000, "the file's name")) == 0)
        r = no_store(hl);
    if (r == 0) {
        store = hl->store;
        hl__go_out(hl);
        r = store.backup(store.d, path, &err);
        hl__come_in(hl);
        if (r < 0)
            hl__fail(hl->core.err, r, "%s", err.words);
    }
    return hl__leave(hl, r);
}

int hl_store_verify(hl_t *hl, hl_seq from, hl_seq *out)
{
    hl__store_link store;
    hl_seq bad = 0;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if (!out || from < 0)
        r = hl__fail(hl->core.err, HL_EINVAL, "the number of an event and a place for another are wanted");
    else
        r = no_store(hl);
    if (r == 0) {
        store = hl->store;
        hl__go_out(hl);
        r = store.verify(store.d, from, &bad);
        hl__come_in(hl);
        if (r < 0)
            hl__fail(hl->core.err, r, "the events cannot be read from the store");
    }
    if (r == 1)
        *out = bad;
    return hl__leave(hl, r);
}
