/* section.h - how a folder takes part in hl_load(): one entry for each section of the document it owns.
 *
 * The engine merges, compares, gives ids and dumps; the owner of a section checks an object and takes it over.
 * Everything that can be wrong is found by check(), against the document as it will be; apply() may only lack memory.
 */
#ifndef HL_BASE_SECTION_H
#define HL_BASE_SECTION_H
#include "base/json.h"

typedef struct hl__doc { /* the document as it will be once loaded */
    const void *ctx;
    const hl__json *(*object)(const void *ctx, const char *section, const char *name); /* NULL: no such; name NULL: the
                                                                                           section itself */
    const char *(*nearest)(const void *ctx, const char *section, const char *name);    /* for "did you mean", or NULL */
    const hl__json *(*next)(const void *ctx, const char *section, uint32_t *pos);      /* objects one by one, *pos = 0
                                                                                           first; NULL: no more */
    uint64_t serial; /* of this document: what was made of it need not be made again for each object; 0: not known */
} hl__doc;
typedef struct hl__section {
    const char *name;  /* "queues" */
    int kind;          /* HL_KIND_*: objects by name with ids; 0: the section is one settings object, id 0, name "" */
    void *domain;      /* handed to the functions below */
    void (*check)(void *domain, const char *name, const hl__json *value, const hl__place *at, hl__findings *f,
                  const hl__doc *doc);
    int (*apply)(void *domain, hl_id id, const char *name, const hl__json *value); /* value NULL: removed */
    int (*users)(void *domain, hl_id id); /* how many use it now; above 0 it stays. NULL: nobody ever */
} hl__section;
#endif
