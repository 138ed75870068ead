/* err.c - the words of an error: one line, what was asked and what stands against it. */
#include "base/base.h"
#include <stdio.h>

int hl__fail(hl__err *err, int code, const char *fmt, ...)
{
    va_list args;

    if (!err)
        return code;
    err->code = code;
    va_start(args, fmt);
    vsnprintf(err->words, sizeof(err->words), fmt, args);
    va_end(args);
    for (char *at = err->words; *at; at++)
        if ((unsigned char)*at < ' ')
            *at = ' ';
    return code;
}
