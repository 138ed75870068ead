/* speech.c - entry points of speech.h. */
#include "api/enter.h"
#include "speech/speech.h"

static int say(hl_t *hl, const hl_say *what, const char **out, int (*run)(const hl_say *, hl__buf *, hl__err *))
{
    const char *text;
    hl_say in;
    hl__buf b;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_in(hl, what, &in, sizeof(in), sizeof(in))) < 0)
        return hl__leave(hl, r);
    if (!out)
        return hl__leave(hl, hl__fail(hl->core.err, HL_EINVAL, "no place for the text was given"));
    hl__buf_init(&b, &hl->mem);
    r = run(&in, &b, hl->core.err);
    if (r >= 0 && (text = hl__keep(hl, b.data ? b.data : "")))
        *out = text;
    hl__buf_free(&b);
    return hl__leave(hl, r);
}

int hl_say_text(hl_t *hl, const hl_say *what, const char **out)
{
    return say(hl, what, out, hl__say_text);
}

int hl_say_clips(hl_t *hl, const hl_say *what, const char **out)
{
    return say(hl, what, out, hl__say_clips);
}

int hl_say_clip_next(hl_t *hl, const char *lang, int kind, hl_clip *row)
{
    hl_clip out = HL_CLIP_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) < 0)
        return hl__leave(hl, r);
    out.id = row->id;
    if (!lang || kind < 0 || kind > HL_SAY_FRACTION)
        r = hl__fail(hl->core.err, HL_EINVAL, "a language and a kind (HL_SAY_*, 0: all) are wanted");
    else if ((r = hl__clip_next(lang, kind, &out)) == 1)
        hl__row_out(row, &out, sizeof(out)); /* names and texts are the library's own, for ever */
    else if (r < 0)
        r = hl__fail(hl->core.err, r, "there are no readouts for the language \"%.32s\"", lang);
    return hl__leave(hl, r);
}
