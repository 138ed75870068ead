/* media.c - entry points of media.h. */
#include "api/enter.h"
#include "media/media.h"

int hl_media_mos(int delay_ms, int loss_ppm, int ie, int bpl10, int *out)
{
    bool is_sane = delay_ms >= 0 && delay_ms <= 60000 && loss_ppm >= 0 && loss_ppm <= 1000000 && ie >= 0 && ie <= 95
        && bpl10 > 0 && bpl10 <= 10000;

    if (!out || !is_sane)
        return HL_EINVAL;
    *out = hl__mos(delay_ms, loss_ppm, ie, bpl10);
    return 0;
}

/* Reads and judges the file; the lock is given up meanwhile. */
static int check(hl_t *hl, const char *path, const char **out)
{
    hl__err err = { 0 };
    hl__buf json;
    const char *kept = NULL;
    int r;

    hl__buf_init(&json, &hl->mem);
    hl__go_out(hl);
    r = hl__wav_check(&hl->mem, path, &json, &err);
    hl__come_in(hl);
    if (r < 0)
        (void)hl__fail(hl->core.err, r, "%s", err.words[0] ? err.words : hl_strerror(r));
    else if (!(kept = hl__keep(hl, json.data)))
        r = HL_ENOMEM;
    else
        *out = kept;
    hl__buf_free(&json);
    return r;
}

int hl_media_check(hl_t *hl, const char *file, const char **out)
{
    hl__buf path;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if (!file || !file[0] || !out)
        return hl__leave(hl, hl__fail(hl->core.err, HL_EINVAL, "a file and a place for the answer are needed"));
    if ((r = hl__text_in(hl, file, 4000, "the file's name")) < 0)
        return hl__leave(hl, r);
    hl__buf_init(&path, &hl->mem);
    if (file[0] != '/' && hl->files)
        hl__buf_fmt(&path, "%s/", hl->files);
    hl__buf_str(&path, file);
    r = path.failed ? HL_ENOMEM : check(hl, path.data, out);
    hl__buf_free(&path);
    return hl__leave(hl, r);
}
