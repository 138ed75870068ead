/* sqlite_peek.c - a file somebody else may own, opened only to be read. */
#include "store/sqlite.h"
#include <string.h>

struct hl__peek { hl__sqlite_file file; void *reader; };

int hl__store_peek(hl__mem *mem, const char *path, struct hl__peek **out)
{
    struct hl__peek *p = hl__alloc(mem, sizeof *p);
    int r;
    if (p == NULL) return HL_ENOMEM;
    if (strncmp(path, "sqlite:", 7) == 0) path += 7;
    p->file.mem = mem;
    p->file.path = hl__strndup(mem, path, strcspn(path, "?"));
    r = p->file.path == NULL ? HL_ENOMEM : hl__sqlite_reader(&p->file, &p->reader);
    if (r < 0) {
        hl__store_peek_close(p);
        return r == HL_ENOMEM ? r : HL_ESTORE;
    }
    *out = p;
    return 0;
}

int hl__store_peek_scan(void *peek, const hl__scan *q, const hl__visit *v)
{
    struct hl__peek *p = peek;
    return hl__sqlite_scan(p->reader, q, v);
}

void hl__store_peek_close(struct hl__peek *peek)
{
    if (peek == NULL) return;
    if (peek->reader != NULL) hl__sqlite_reader_close(peek->reader);
    hl__free(peek->file.mem, peek->file.path);
    hl__free(peek->file.mem, peek);
}
