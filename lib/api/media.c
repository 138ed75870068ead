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

int hl_media_check(hl_t *hl, const char *file, const char **out)
{
    hl__err err = { 0 };
    hl__buf json, path;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if (!file || !file[0] || !out)
        return hl__leave(hl, hl__fail(hl->core.err, HL_EINVAL, "a file and a place for the answer are needed"));
    if ((r = hl__text_in(hl, file, 4000, "the file's name")) < 0)
        return hl__leave(hl, r);
    hl__buf_init(&json, &hl->mem);
    hl__buf_init(&path, &hl->mem);
    hl__buf_fmt(&path, "%s%s%s", file[0] == '/' || !hl->files ? "" : hl->files, file[0] == '/' || !hl->files ? "" : "/",
                file);
    hl__go_out(hl);
    r = path.failed ? HL_ENOMEM : hl__wav_check(&hl->mem, path.data, &json, &err);
    hl__come_in(hl);
    if (r < 0)
        (void)hl__fail(hl->core.err, r, "%s", err.words[0] ? err.words : hl_strerror(r));
    const char *kept = r == 0 ? hl__keep(hl, json.data) : NULL;
    hl__buf_free(&json);
    hl__buf_free(&path);
    if (r == 0 && !kept)
        r = HL_ENOMEM;
    if (r == 0)
        *out = kept;
    return hl__leave(hl, r);
}
