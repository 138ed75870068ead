/* row.c - what callers pass is checked here: structs that grow with the library, ids of a kind, text. */
#include "api/enter.h"
#include <string.h>

enum { LARGEST = 4096 };

static uint32_t size_of(const void *row)
{
    uint32_t size;

    memcpy(&size, row, sizeof(size));
    return size;
}

int hl__struct_ok(hl__err *err, const void *theirs, size_t first)
{
    if (!theirs)
        return hl__fail(err, HL_EINVAL, "no struct was given");
    if (size_of(theirs) < first || size_of(theirs) > LARGEST)
        return hl__fail(err, HL_EINVAL, "size %u of a struct is wrong; begin it with its _INIT", size_of(theirs));
    return 0;
}

int hl__struct_in(hl__err *err, const void *theirs, void *ours, size_t size, size_t first)
{
    int r = hl__struct_ok(err, theirs, first);
    const unsigned char *at = theirs;
    size_t given;

    if (r < 0)
        return r;
    given = size_of(theirs);
    for (size_t i = size; i < given; i++)
        if (at[i])
            return hl__fail(err, HL_EVERSION, "a field is set that this library does not know");
    memset(ours, 0, size);
    memcpy(ours, theirs, given < size ? given : size);
    return 0;
}

int hl__row_ok(hl_t *hl, const void *theirs, size_t first)
{
    return hl__struct_ok(hl->core.err, theirs, first);
}

int hl__row_in(hl_t *hl, const void *theirs, void *ours, size_t size, size_t first)
{
    return hl__struct_in(hl->core.err, theirs, ours, size, first);
}

void hl__row_out(void *theirs, const void *ours, size_t size)
{
    uint32_t given = size_of(theirs);
    size_t both = given < size ? given : size;

    memcpy((char *)theirs + sizeof(given), (const char *)ours + sizeof(given), both - sizeof(given));
    memset((char *)theirs + both, 0, given - both);
}

int hl__id_ok(hl_t *hl, hl_id id, int kind, const char *what)
{
    if (hl_kind(id) != kind)
        return hl__fail(hl->core.err, HL_EINVAL, "%lld is not the id of %s", (long long)id, what);
    return 0;
}

int hl__after_ok(hl_t *hl, hl_id id, int kind)
{
    if (id != 0 && hl_kind(id) != kind)
        return hl__fail(hl->core.err, HL_EINVAL, "%lld is not an id of this list; begin with 0", (long long)id);
    return 0;
}

int hl__object_in(hl_t *hl, const char *json, size_t max, const char *what)
{
    hl__json *j;
    int r;

    if (!json)
        return 0;
    if (strnlen(json, max + 1) > max)
        return hl__fail(hl->core.err, HL_ELIMIT, "%s has more than %zu bytes", what, max);
    if (!(j = hl__json_read(json, strlen(json), hl->core.err)))
        return hl->core.err->code;
    r = hl__json_type(j) == HL__JOBJECT ? 0 : hl__fail(hl->core.err, HL_EPARSE, "%s is no JSON object", what);
    hl__json_free(j);
    return r;
}

int hl__text_in(hl_t *hl, const char *text, size_t max, const char *what)
{
    if (!text || hl__text_ok(text, max))
        return 0;
    if (strnlen(text, max + 1) > max)
        return hl__fail(hl->core.err, HL_ELIMIT, "%s has more than %zu bytes", what, max);
    return hl__fail(hl->core.err, HL_EINVAL, "%s has control characters or is not UTF-8", what);
}
