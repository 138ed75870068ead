/* wheel.c - timers in the order of (time, serial): a pairing heap (Fredman et al. 1986) threaded through the timers.
 *
 * Adding is O(1), taking the first O(log n) on average, and neither needs memory, so a timer is never refused.
 * t->prev is the left neighbour, or for a first child its parent; the root has none; serial 0: not in the heap. */
#include "base/base.h"

static bool before(const hl__timer *a, const hl__timer *b)
{
    return a->at != b->at ? a->at < b->at : a->serial < b->serial;
}

static hl__timer *meld(hl__timer *a, hl__timer *b)
{
    if (!a || !b)
        return a ? a : b;
    if (before(b, a)) {
        hl__timer *swap = a;
        a = b;
        b = swap;
    }
    b->prev = a;
    b->next = a->child;
    if (b->next)
        b->next->prev = b;
    a->child = b;
    return a;
}

/* Melds the children of a node that leaves: in pairs from the left, then the pairs from the right. */
static hl__timer *meld_all(hl__timer *first)
{
    hl__timer *pairs = NULL, *root = NULL;

    while (first) {
        hl__timer *a = first, *b = a->next;
        first = b ? b->next : NULL;
        a->prev = a->next = NULL;
        if (b)
            b->prev = b->next = NULL;
        a = meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    while (pairs) {
        hl__timer *a = pairs;
        pairs = a->next;
        a->next = NULL;
        root = meld(root, a);
    }
    return root;
}

bool hl__timer_is_set(const hl__timer *t)
{
    return t->serial != 0;
}

void hl__timer_drop(hl__wheel *w, hl__timer *t)
{
    hl__timer *rest;

    if (t->serial == 0)
        return;
    rest = meld_all(t->child);
    if (t == w->root) {
        w->root = rest;
    } else {
        if (t->prev->child == t)
            t->prev->child = t->next;
        else
            t->prev->next = t->next;
        if (t->next)
            t->next->prev = t->prev;
        w->root = meld(w->root, rest);
    }
    t->child = t->next = t->prev = NULL;
    t->serial = 0;
}

void hl__timer_set(hl__wheel *w, hl__timer *t, hl_time at)
{
    hl__timer_drop(w, t);
    t->at = at;
    t->serial = ++w->serial;
    w->root = meld(w->root, t);
}

hl_time hl__wheel_due(const hl__wheel *w)
{
    return w->root ? w->root->at : INT64_MAX;
}

hl__timer *hl__wheel_take(hl__wheel *w, hl_time now)
{
    hl__timer *t = w->root;

    if (!t || t->at > now)
        return NULL;
    hl__timer_drop(w, t);
    return t;
}
