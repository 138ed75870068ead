/* plan.h - a document on its way in: what each section will hold; shared by load.c, apply.c and secret.c. */
#ifndef HL_ENGINE_PLAN_H
#define HL_ENGINE_PLAN_H
#include "engine/engine.h"

enum { HL__E_SHAPE = 510, HL__E_SECTION, HL__E_NAME, HL__E_USED, HL__E_KEPT, HL__E_LIMIT }; /* codes of findings */

typedef struct hl__entry { /* an object as it will be */
    struct hl__entry *next;  /* of the same section, in the order of the text */
    struct hl__entry *below; /* the one applied before it */
    hl__room *room;
    hl__object *was;    /* NULL: new */
    hl__json *now;      /* owned; NULL: to be removed */
    hl__json *before;   /* of `was`, to put it back */
    const char *name;   /* in the document or in `was` */
    char *canon, *title; /* of now */
    bool changed;
    hl__object *fresh;  /* made for a new one */
} hl__entry;

typedef struct hl__planned {
    hl_t *hl;
    uint64_t serial;    /* of all documents so far */
    hl__findings *f;
    hl__json *doc;
    hl__names by_name[HL__SECTIONS];
    hl__entry *first[HL__SECTIONS], **last[HL__SECTIONS];
    hl__entry *applied; /* the last one */
    uint32_t used;      /* findings that say an object is in use */
    char near[64];
} hl__planned;

int hl__plan_apply(hl__planned *p, uint64_t *drivers); /* objects changed; or nothing is */
/* {"kept": ...} in an object of the document becomes the secret it stands for; a finding if it stands for none. */
int hl__secrets_take(hl__planned *p, const hl__room *room, const char *name, hl__json *value);
#endif
