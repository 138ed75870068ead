/* tree.c - ordered sets through the objects in them, with ranks; and two-way lists.
 *
 * A treap (Seidel and Aragon 1996): a search tree by (key, id), a heap by prio. prio is a hash of the id, so the same
 * contents have the same shape on every machine. */
#include "acd/inner.h"

static bool less(const hl__node *a, int64_t key, uint64_t id)
{
    return a->key != key ? a->key < key : a->id < id;
}

static void count(hl__node *n)
{
    n->size = 1 + (n->kid[0] ? n->kid[0]->size : 0) + (n->kid[1] ? n->kid[1]->size : 0);
}

/* Turns n and its parent, so that n is the upper one. */
static void lift(hl__tree *t, hl__node *n)
{
    hl__node *p = n->up, *g = p->up;
    int side = p->kid[1] == n;

    p->kid[side] = n->kid[!side];
    if (p->kid[side])
        p->kid[side]->up = p;
    n->kid[!side] = p;
    p->up = n;
    n->up = g;
    if (!g)
        t->root = n;
    else
        g->kid[g->kid[1] == p] = n;
    count(p);
    count(n);
}

/* The neighbour in order: side 1 the next greater, 0 the next less. */
static hl__node *beside(const hl__node *n, int side)
{
    if (n->kid[side]) {
        hl__node *at = n->kid[side];
        while (at->kid[!side])
            at = at->kid[!side];
        return at;
    }
    while (n->up && n->up->kid[side] == n)
        n = n->up;
    return n->up;
}

void hl__tree_add(hl__tree *t, hl__node *n)
{
    hl__node *p = NULL, **at = &t->root;

    n->kid[0] = n->kid[1] = NULL;
    n->size = 1;
    n->prio = (uint32_t)((n->id * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
    while (*at) {
        p = *at;
        p->size++;
        at = &p->kid[less(p, n->key, n->id)];
    }
    *at = n;
    n->up = p;
    while (n->up && n->up->prio < n->prio)
        lift(t, n);
    if (!t->first || less(n, t->first->key, t->first->id))
        t->first = n;
    if (!t->last || less(t->last, n->key, n->id))
        t->last = n;
}

void hl__tree_del(hl__tree *t, hl__node *n)
{
    hl__node *kid;

    if (n->size == 0)
        return;
    if (t->first == n)
        t->first = beside(n, 1);
    if (t->last == n)
        t->last = beside(n, 0);
    while (n->kid[0] && n->kid[1])
        lift(t, n->kid[n->kid[0]->prio < n->kid[1]->prio]);
    kid = n->kid[n->kid[0] == NULL];
    if (kid)
        kid->up = n->up;
    if (n->up)
        n->up->kid[n->up->kid[1] == n] = kid;
    else
        t->root = kid;
    for (hl__node *p = n->up; p; p = p->up)
        p->size--;
    n->size = 0;
}

hl__node *hl__tree_next(const hl__node *n)
{
    return beside(n, 1);
}

hl__node *hl__tree_after(const hl__tree *t, int64_t key, uint64_t id)
{
    hl__node *best = NULL;

    for (hl__node *at = t->root; at;)
        if (less(at, key, id) || (at->key == key && at->id == id)) {
            at = at->kid[1];
        } else {
            best = at;
            at = at->kid[0];
        }
    return best;
}

hl__node *hl__tree_at(const hl__tree *t, uint32_t n)
{
    hl__node *at = t->root;

    for (;;) {
        uint32_t left = at->kid[0] ? at->kid[0]->size : 0;
        if (n == left)
            return at;
        at = at->kid[n > left];
        n -= n > left ? left + 1 : 0;
    }
}

uint32_t hl__tree_rank(const hl__tree *t, int64_t key, uint64_t id)
{
    uint32_t rank = 0;

    if (!t->root || less(t->last, key, id))
        return hl__tree_size(t); /* who comes last, as most do, need not be searched for */
    for (const hl__node *at = t->root; at;)
        if (less(at, key, id)) {
            rank += 1 + (at->kid[0] ? at->kid[0]->size : 0);
            at = at->kid[1];
        } else {
            at = at->kid[0];
        }
    return rank;
}

void hl__link_init(hl__link *l)
{
    l->next = l->prev = l;
}

bool hl__link_in(const hl__link *l)
{
    return l->next != l;
}

void hl__link_add(hl__link *head, hl__link *l)
{
    if (hl__link_in(l))
        return;
    l->prev = head->prev;
    l->next = head;
    head->prev->next = l;
    head->prev = l;
}

void hl__link_del(hl__link *l)
{
    l->prev->next = l->next;
    l->next->prev = l->prev;
    hl__link_init(l);
}
