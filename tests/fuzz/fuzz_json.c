/* fuzz_json.c - any text as a configuration: checked and loaded by every folder that owns a section. What is refused
 * changes nothing; what is taken is dumped, and the dump is taken again without a change. */
#include <hotline.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *copy_of(const char *text)
{
    char *copy = malloc(strlen(text) + 1);

    if (!copy) abort();
    return strcpy(copy, text);
}

static char *dump(hl_t *hl)
{
    const char *text = NULL;

    if (hl_dump(hl, NULL, &text) < 0 || !text) abort();
    return copy_of(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hl_options opt = HL_OPTIONS_INIT;
    hl_finding f = HL_FINDING_INIT;
    hl_t *hl = NULL;
    char *text = malloc(size + 1), *before, *after;
    int errors = 0;

    if (!text || hl_open_sim(&opt, 1795140000000000, &hl) < 0) abort();
    if (size)
        memcpy(text, data, size);
    text[size] = 0;
    before = dump(hl);
    int checked = size ? hl_check(hl, text, size) : 0;
    while (hl_finding_next(hl, &f) == 1) {
        errors += f.level == 1;
        if (!f.text[0] || !f.pointer || f.line < 0 || f.column < 0) abort();
    }
    if (checked >= 0 && (checked > 0) != (errors > 0)) abort();
    int loaded = size ? hl_load(hl, text, size) : 0;
    after = dump(hl);
    if (loaded < 0 && strcmp(before, after) != 0) abort();
    if (loaded >= 0 && hl_load(hl, after, strlen(after)) != 0) abort();
    free(before);
    free(after);
    free(text);
    hl_close(hl);
    return 0;
}
