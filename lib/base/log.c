/* log.c - lines for the operator; where they go is the business of whoever owns the sink. */
#include "base/base.h"
#include <stdio.h>

void hl__log(hl__logger *log, int level, const char *fmt, ...)
{
    char text[1024];
    va_list args;

    if (!log || !log->line || (uint32_t)level > log->level)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    log->line(log->ctx, level, text);
}
