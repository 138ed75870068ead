/* idem.c - keys of commands: for a day the same key and content gives the first result, and does nothing. */
#include "ticket/inside.h"
#include <string.h>

static const hl_time keep_us = INT64_C(24) * 3600 * HL__SECOND, round_us = INT64_C(600) * HL__SECOND;
enum { AT_ONCE = 200 };

int64_t hl__print(int64_t print, const char *text)
{
    static const char none[] = "\xff"; /* in no text */
    if (text == NULL) text = none;
    return (int64_t)hl__fnv((uint64_t)print, text, strlen(text) + 1);
}

int hl__idem_find(hl__tickets *t, const char *key, int64_t print, hl_id *out)
{
    const hl__idem *i = hl__names_get(&t->keys, key);
    if (i == NULL || i->at + keep_us < t->core->now) return 0;
    if (i->print != print) return HL_ECONFLICT;
    *out = i->ref;
    return 1;
}

static int make(hl__tickets *t, const char *key, hl__idem **out)
{
    hl__mem *mem = t->core->mem;
    hl__idem *i = hl__alloc(mem, sizeof *i);
    if (i == NULL) return HL_ENOMEM;
    i->key = hl__strdup(mem, key);
    int r = i->key == NULL ? HL_ENOMEM : hl__names_put(&t->keys, i->key, i);
    if (r < 0) {
        hl__free(mem, i->key);
        hl__free(mem, i);
        return r;
    }
    *out = i;
    return 0;
}

void hl__idem_drop(hl__tickets *t, hl__idem *i)
{
    if (i == NULL) return;
    (void)hl__names_del(&t->keys, i->key);
    hl__free(t->core->mem, i->key);
    hl__free(t->core->mem, i);
}

/* A key that is over a day old may still be there: it is used again. */
int hl__idem_make(hl__tickets *t, const char *key, int64_t print, hl__idem **out)
{
    hl__idem *old = hl__names_get(&t->keys, key);
    if (old != NULL) hl__idem_drop(t, old);
    int r = make(t, key, out);
    if (r < 0) return r;
    (*out)->print = print;
    (*out)->at = t->core->now;
    return 0;
}

void hl__idem_write(hl__tickets *t, hl__idem *i, hl_id ref)
{
    i->ref = ref;
    hl__value row[] = { hl__of_text(i->key), hl__of_int(i->print), hl__of_int(ref), hl__of_int(i->at) };
    t->core->row(t->core, HL__OP_PUT, HL__TABLE_IDEM, row, HL__COUNT(row));
    if (!hl__timer_is_set(&t->forget)) hl__timer_set(&t->core->wheel, &t->forget, t->core->now + round_us);
}

int hl__idem_restore(hl__tickets *t, const hl__value *row)
{
    const char *key = hl__row_text(row, 0);
    hl__idem *i = NULL;
    if (key == NULL || hl__names_get(&t->keys, key) != NULL) return 0;
    int r = make(t, key, &i);
    if (r < 0) return r;
    i->print = row[1].u.i;
    i->ref = row[2].u.i;
    i->at = row[3].u.i;
    if (!hl__timer_is_set(&t->forget)) hl__timer_set(&t->core->wheel, &t->forget, t->core->now + round_us);
    return 0;
}

/* A few at a time, so that no step is long; keys are in the order they were made. */
void hl__idem_fire(void *ctx, hl__timer *timer)
{
    hl__tickets *t = ctx;
    hl__idem *old[AT_ONCE], *i;
    uint32_t n = 0, pos = 0;
    while (n < AT_ONCE && (i = hl__names_at(&t->keys, &pos)) != NULL) {
        if (i->at + keep_us < t->core->now) old[n++] = i;
        else break;
    }
    for (uint32_t k = 0; k < n; k++) {
        hl__value key = hl__of_text(old[k]->key);
        t->core->row(t->core, HL__OP_DEL, HL__TABLE_IDEM, &key, 1);
        hl__idem_drop(t, old[k]);
    }
    pos = 0;
    if (hl__names_at(&t->keys, &pos) == NULL) return;
    hl__timer_set(&t->core->wheel, timer, t->core->now + (n == AT_ONCE ? HL__SECOND : round_us));
}

void hl__idem_free(hl__tickets *t)
{
    hl__idem *i;
    uint32_t pos = 0;
    hl__timer_drop(&t->core->wheel, &t->forget);
    while ((i = hl__names_at(&t->keys, &pos)) != NULL) {
        hl__free(t->core->mem, i->key);
        hl__free(t->core->mem, i);
    }
    hl__names_free(&t->keys);
}
