/* law.c - how long things take: drawn from a law, or by the length of what is said. */
#include "base/real.h"
#include "sim/sim.h"
#include <math.h>
#include <string.h>

int64_t hl__law_draw(const hl__law *law, hl__rand *r)
{
    double ms = law->mean_ms, cv = law->cv > 0 ? law->cv : 1, sigma;

    if (ms <= 0)
        return 0;
    switch (law->kind) {
    case HL__LAW_UNIFORM: ms *= 2 * hl__rand_real(r); break;
    case HL__LAW_EXPONENTIAL: ms *= -hl__ln(1 - hl__rand_real(r)); break;
    case HL__LAW_LOGNORMAL:
        sigma = sqrt(hl__ln(1 + cv * cv));
        ms *= hl__exp_of(sigma * hl__rand_normal(r) - sigma * sigma / 2);
        break;
    default: break;
    }
    return ms > 1e12 ? (int64_t)1e12 : (int64_t)ms;
}

int hl__law_read(const hl__jcheck *c, const char *key, hl__law *out)
{
    static const char *const words[] = { "fixed", "uniform", "exponential", "lognormal", NULL };
    const hl__json *j = hl__json_get(c->j, key);
    hl__place at = { c->at, key, 0 };
    hl__jcheck in = { c->f, j, &at, c->code };
    uint32_t errors = c->f->errors;

    if (!j)
        return 0;
    if (hl__json_type(j) != HL__JOBJECT) {
        *out = (hl__law){ HL__LAW_FIXED, (double)hl__jint(c, key, 0, INT32_MAX, 0), 0 };
    } else {
        hl__jknown(&in, "law mean_ms cv_percent");
        out->kind = hl__jword(&in, "law", words, HL__LAW_FIXED);
        out->mean_ms = (double)hl__jint(&in, "mean_ms", 0, INT32_MAX, 0);
        out->cv = (double)hl__jint(&in, "cv_percent", 1, 10000, 100) / 100;
    }
    return c->f->errors > errors ? HL_EPARSE : 0;
}

/* A Chinese character is 180 ms, any other letter 60; a pause _N is N ms. */
uint32_t hl__spoken_ms(const char *clips, size_t len)
{
    const char *end = clips + len;
    uint64_t ms = 0;

    while (clips < end) {
        const char *eol = memchr(clips, '\n', (size_t)(end - clips)), *stop = eol ? eol : end;
        const char *name = memchr(clips, '\t', (size_t)(stop - clips));
        const char *text = name ? memchr(name + 1, '\t', (size_t)(stop - name - 1)) : NULL;
        int64_t pause;
        if (name && text && name[1] == '_' && hl__int_parse(name + 2, (size_t)(text - name - 2), &pause))
            ms += pause > 0 ? (uint64_t)pause : 0;
        else
            for (const char *c = text ? text + 1 : stop; c < stop; c++)
                ms += ((unsigned char)*c & 0xc0) == 0x80 ? 0 : (unsigned char)*c >= 0xe0 ? 180 : 60;
        clips = eol ? eol + 1 : end;
    }
    return ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}
