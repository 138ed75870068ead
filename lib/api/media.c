/* media.c - entry points of media.h. */
#include "api/enter.h"
#include "media/media.h"

int hl_media_mos(int delay_ms, int loss_ppm, int ie, int bpl10, int *out)
{
    bool is_sane = delay_ms >= 0 && delay_ms <= 60000 && loss_ppm >= 0 && loss_ppm <= 1000000 && ie >= 0 && ie <= 95
        && bpl10 > 0 && bpl10 <= 10000;

    hl__err err = { 0 };

    if (!out || !is_sane)
        return hl__without_engine(&err, hl__fail(&err, HL_EINVAL, out ? "a number is out of range" :
                                                 "no place for the answer was given"));
    *out = hl__mos(delay_ms, loss_ppm, ie, bpl10);
    return hl__without_engine(&err, 0);
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

int hl_media_play(hl_t *hl, const hl_play *play, hl_id *out)
{
    hl_play in;
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__row_in(hl, play, &in, sizeof(in), sizeof(in))) < 0)
        return hl__leave(hl, r);
    if (!out || !in.prompt || !in.prompt[0])
        r = hl__fail(hl->core.err, HL_EINVAL, "a prompt and a place for the play's id are wanted");
    else if (hl_kind(in.target) != HL_KIND_LEG && hl_kind(in.target) != HL_KIND_CONTACT)
        r = hl__fail(hl->core.err, HL_EINVAL, "%lld is not the id of a leg or a contact", (long long)in.target);
    else if (in.gain_db < -40 || in.gain_db > 12 || in.repeat < 0 || in.flags > 7)
        r = hl__fail(hl->core.err, HL_EINVAL, "a gain of %d dB, %d times, flags %u", in.gain_db, in.repeat, in.flags);
    else if ((r = hl__text_in(hl, in.prompt, 4096, "prompt")) == 0 && (r = hl__text_in(hl, in.lang, 32, "lang")) == 0)
        r = hl__play(hl, &in, out);
    return hl__leave(hl, r);
}

int hl_media_stop(hl_t *hl, hl_id play)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, play, HL_KIND_PART, "a play")) == 0)
        r = hl__play_stop(hl, play);
    return hl__leave(hl, r);
}

int hl_media_quality(hl_t *hl, hl_id leg, hl_quality *row)
{
    const hl__quality *q;
    hl_quality out;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) < 0 || (r = hl__id_ok(hl, leg, HL_KIND_LEG, "a leg")) < 0)
        return hl__leave(hl, r);
    if (!(q = hl__map_get(&hl->quality, leg)))
        return hl__leave(hl,
                         hl__fail(hl->core.err, HL_ENOENT, "nothing is known of leg %lld's sound yet", (long long)leg));
    out = q->row;
    out.codec_in = hl__keep(hl, q->codec_in);
    out.codec_out = hl__keep(hl, q->codec_out);
    out.address = hl__keep(hl, q->address);
    out.transport = hl__keep(hl, q->transport);
    if (!hl->shell->desk->failed)
        hl__row_out(row, &out, sizeof(out));
    return hl__leave(hl, 0);
}
