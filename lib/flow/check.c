/* check.c - what a graph as a whole may not be: unreachable, endless, silent for ever, reading what nobody has set.
 *
 * All passes are walks over edges with lists of work; none recurses, each is linear in edges (the last one times the
 * passes it needs to come to rest). */
#include "flow/graph.h"
#include <stdio.h>
#include <string.h>

typedef struct walk {
    checker *c;
    graph *g;
    int32_t *from, *queue;     /* from: the node it was reached from, -1: not, its own number: a root */
    hl__place nodes;
} walk;

static void place_of(const walk *w, int32_t n, hl__place *at)
{
    *at = (hl__place){ &w->nodes, w->g->node[n].slug, 0 };
}

/* "pick_lang > open > main": the way by which a walk came here. */
static void path_text(const walk *w, int32_t n, char *out, size_t room)
{
    int32_t way[12];
    size_t depth = 0, len = 0;

    for (; n >= 0 && depth < HL__COUNT(way); n = w->from[n]) {
        way[depth++] = n;
        if (w->from[n] == n)
            break;
    }
    out[0] = 0;
    while (depth-- > 0 && len + 1 < room)
        len += hl__copy(out + len, room - len, w->g->node[way[depth]].slug),
            len += depth ? hl__copy(out + len, room - len, " > ") : 0;
}

static void reach(walk *w, int32_t *roots, uint32_t count)
{
    uint32_t head = 0, tail = 0;

    for (uint32_t i = 0; i < w->g->n; i++)
        w->from[i] = -1;
    for (uint32_t i = 0; i < count; i++)
        if (roots[i] >= 0 && w->from[roots[i]] < 0) {
            w->from[roots[i]] = roots[i];
            w->queue[tail++] = roots[i];
        }
    while (head < tail) {
        int32_t at = w->queue[head++];
        const node *n = &w->g->node[at];
        for (uint32_t i = 0; i < n->exits; i++)
            if (n->exit[i].node >= 0 && w->from[n->exit[i].node] < 0) {
                w->from[n->exit[i].node] = at;
                w->queue[tail++] = n->exit[i].node;
            }
    }
}

static uint32_t roots_of(const graph *g, int32_t *out)
{
    uint32_t n = 0;

    out[n++] = g->entry;
    out[n++] = g->on_hangup;
    out[n++] = g->on_max_ms;
    for (int i = 0; i < X_WORDS; i++)
        out[n++] = g->on[i];
    return n;
}

static void check_reached(walk *w)
{
    int32_t roots[X_WORDS + 3];
    hl__place at;

    reach(w, roots, roots_of(w->g, roots));
    for (uint32_t i = 0; i < w->g->n; i++)
        if (w->from[i] < 0) {
            place_of(w, (int32_t)i, &at);
            hl__flow_error(w->c, 3, &at, "no way leads to \"%s\"", w->g->node[i].slug);
        }
}

/* E19: after hang-up nobody hears or presses anything. */
static void check_after_hangup(walk *w)
{
    char path[200];
    hl__place at;

    reach(w, &w->g->on_hangup, 1);
    for (uint32_t i = 0; i < w->g->n; i++)
        if (w->from[i] >= 0 && (hl__flow_kinds[w->g->node[i].kind].traits & K_M)) {
            place_of(w, (int32_t)i, &at);
            path_text(w, (int32_t)i, path, sizeof(path));
            hl__flow_error(w->c, 19, &at, "the caller has hung up and cannot hear \"%s\": %s", w->g->node[i].slug,
                           path);
        }
}

/* E04: backwards from the ends, by as many rounds as it takes; a round is linear, few are needed. */
static void check_ends(walk *w)
{
    graph *g = w->g;
    bool *ends = hl__graph_room(w->c, g->n * sizeof(*ends));
    bool is_moving = ends != NULL;
    char path[200];
    int32_t roots[X_WORDS + 3];
    hl__place at;

    while (is_moving) {
        is_moving = false;
        for (uint32_t i = g->n; i-- > 0;) {
            const node *n = &g->node[i];
            bool is_end = ends[i] || (hl__flow_kinds[n->kind].traits & (K_L | K_U)) || n->exits == 0;
            for (uint32_t k = 0; k < n->exits && !is_end; k++)
                is_end = n->exit[k].node < 0 || ends[n->exit[k].node]; /* below 0: E01 has been said */
            is_moving |= is_end && !ends[i];
            ends[i] = is_end;
        }
    }
    reach(w, roots, roots_of(g, roots));
    for (uint32_t i = 0; ends && i < g->n; i++)
        if (!ends[i] && w->from[i] >= 0) {
            place_of(w, (int32_t)i, &at);
            path_text(w, (int32_t)i, path, sizeof(path));
            hl__flow_error(w->c, 4, &at, "no end can be reached from here: %s", path);
            return; /* one is enough: the rest of that part has the same fault */
        }
}

/* Strongly connected parts of what is left when counted nodes (and, at first, exits by key) are taken away. */

typedef struct tarjan {
    walk *w;
    bool has_keys;
    int32_t *index, *low, *stack, *part, *call, next, depth, parts, calls;
    uint32_t *edge;
} tarjan;

static bool is_counted(const node *n)
{
    return n->max_visits > 0 || n->kind == N_LOOP || (hl__flow_kinds[n->kind].traits & K_U);
}

static int32_t edge_to(const tarjan *t, const node *n, uint32_t i)
{
    const exit_to *e = &n->exit[i];

    if (e->node < 0 || (e->id == X_KEY && !t->has_keys) || is_counted(&t->w->g->node[e->node]))
        return -1;
    return e->node;
}

static void visit(tarjan *t, int32_t at)
{
    t->index[at] = t->low[at] = ++t->next;
    t->edge[at] = 0;
    t->stack[t->depth++] = at;
    t->call[t->calls++] = at;
}

static void leave(tarjan *t, int32_t at)
{
    int32_t member;

    if (t->low[at] != t->index[at])
        return;
    t->parts++;
    do {
        member = t->stack[--t->depth];
        t->part[member] = t->parts;
    } while (member != at);
}

static void search(tarjan *t, int32_t root)
{
    visit(t, root);
    while (t->calls > 0) {
        int32_t at = t->call[t->calls - 1], to;
        const node *n = &t->w->g->node[at];
        if (t->edge[at] == n->exits) {
            t->calls--;
            leave(t, at);
            if (t->calls > 0 && t->low[at] < t->low[t->call[t->calls - 1]])
                t->low[t->call[t->calls - 1]] = t->low[at];
            continue;
        }
        to = edge_to(t, n, t->edge[at]++);
        if (to >= 0 && !t->index[to])
            visit(t, to);
        else if (to >= 0 && !t->part[to] && t->index[to] < t->low[at])
            t->low[at] = t->index[to];
    }
}

static bool has_cycle(const tarjan *t, int32_t at)
{
    const node *n = &t->w->g->node[at];

    for (uint32_t i = 0; i < n->exits; i++) {
        int32_t to = edge_to(t, n, i);
        if (to >= 0 && t->part[to] == t->part[at])
            return true;
    }
    return false;
}

/* Names of a part's nodes, and whether all of them are instant. */
static bool members(const tarjan *t, int32_t which, char *out, size_t room)
{
    bool is_instant = true;
    size_t len = 0;

    out[0] = 0;
    for (uint32_t i = 0; i < t->w->g->n; i++) {
        if (t->part[i] != which)
            continue;
        is_instant &= (hl__flow_kinds[t->w->g->node[i].kind].traits & K_I) != 0;
        len += hl__copy(out + len, room - len, len ? ", " : "");
        len += hl__copy(out + len, room - len, t->w->g->node[i].slug);
    }
    return is_instant;
}

static void report_cycles(tarjan *t, bool *told)
{
    walk *w = t->w;
    char names[300];
    hl__place at;

    for (uint32_t i = 0; i < w->g->n; i++) {
        if (told[i] || t->part[i] == 0 || !has_cycle(t, (int32_t)i))
            continue;
        bool is_instant = members(t, t->part[i], names, sizeof(names));
        for (uint32_t k = 0; k < w->g->n; k++)
            told[k] |= t->part[k] == t->part[i];
        place_of(w, (int32_t)i, &at);
        if (t->has_keys)
            hl__flow_warn(w->c, 10, &at, "only keys and max_ms end this circle: %s", names);
        else if (is_instant)
            hl__flow_error(w->c, 5, &at, "a circle in which nothing happens: %s", names);
        else
            hl__flow_error(w->c, 6, &at, "a circle without max_visits, loop or a key to choose: %s", names);
    }
}

static void check_cycles(walk *w)
{
    uint32_t n = w->g->n;
    int32_t *room = hl__graph_room(w->c, (size_t)n * 5 * sizeof(*room));
    uint32_t *edge = hl__graph_room(w->c, n * sizeof(*edge));
    bool *told = hl__graph_room(w->c, n * sizeof(*told));

    if (!room || !edge || !told)
        return;
    for (int round = 0; round < 2; round++) {
        tarjan t = { .w = w, .has_keys = round == 1, .edge = edge };
        memset(room, 0, (size_t)n * 5 * sizeof(*room));
        t.index = room, t.low = room + n, t.stack = room + 2 * n, t.part = room + 3 * n, t.call = room + 4 * n;
        for (uint32_t i = 0; i < n; i++)
            if (!t.index[i] && !is_counted(&w->g->node[i]))
                search(&t, (int32_t)i);
        report_cycles(&t, told);
    }
}

/* E09: which variables have a value on every way here. */

typedef struct sets { uint64_t bit[MAX_VARS / 64 + 1]; } sets;

static void give(sets *s, int32_t slot)
{
    if (slot >= 0)
        s->bit[slot / 64] |= (uint64_t)1 << (slot % 64);
}

static bool has(const sets *s, int slot)
{
    return s->bit[slot / 64] >> (slot % 64) & 1;
}

/* What a node has set when it leaves by this exit. */
static sets after(const node *n, const exit_to *e, const sets *before)
{
    sets s = *before;

    if (n->into >= 0 && (e->id == X_OK || e->id == X_FOUND))
        give(&s, n->into);
    for (uint32_t i = 0; n->kind == N_SET && i < n->binds && e->id == X_NEXT; i++)
        give(&s, n->bind[i].slot);
    for (uint32_t i = 0; n->kind == N_CALL && i < n->bys && e->id == X_NAMED; i++)
        give(&s, n->by[i].slot);
    return s;
}

static bool meet(sets *into, const sets *with, bool is_first)
{
    bool is_changed = is_first;

    for (size_t i = 0; i < HL__COUNT(into->bit); i++) {
        uint64_t bits = is_first ? with->bit[i] : into->bit[i] & with->bit[i];
        is_changed |= bits != into->bit[i];
        into->bit[i] = bits;
    }
    return is_changed;
}

static void flow_sets(walk *w, sets *in, bool *seen)
{
    graph *g = w->g;
    sets start = { { 1 } }; /* `call` */
    int32_t roots[X_WORDS + 3];
    uint32_t count = roots_of(g, roots), head = 0, left = 0;
    bool *queued = hl__graph_room(w->c, g->n * sizeof(*queued));

    for (uint32_t i = 1; i < hl__scope_size(g->scope); i++)
        if (i <= g->n_ins || hl__scope_at(g->scope, i)->preset)
            give(&start, (int32_t)i);
    for (uint32_t i = 0; queued && i < count; i++) {
        if (roots[i] < 0)
            continue;
        meet(&in[roots[i]], &start, !seen[roots[i]]);
        seen[roots[i]] = true;
        if (!queued[roots[i]])
            w->queue[left++] = roots[i];
        queued[roots[i]] = true;
    }
    while (queued && left > 0) {
        int32_t at = w->queue[head++ % g->n];
        const node *n = &g->node[at];
        left--;
        queued[at] = false;
        for (uint32_t i = 0; i < n->exits; i++) {
            int32_t to = n->exit[i].node;
            sets s = after(n, &n->exit[i], &in[at]);
            if (to < 0 || !meet(&in[to], &s, !seen[to]))
                continue;
            seen[to] = true;
            if (!queued[to])
                w->queue[(head + left++) % g->n] = to;
            queued[to] = true;
        }
    }
}

static void check_reads(walk *w, const vx *v, const sets *s, const hl__place *at)
{
    bool is_guarded;
    int slot;

    for (uint32_t i = 0; v->e && (slot = hl__expr_read(v->e, i, &is_guarded)) >= 0; i++)
        if (!is_guarded && !has(s, slot)) {
            const char *name = hl__scope_at(w->g->scope, (uint32_t)slot)->name;
            hl__flow_error(w->c, 9, at, "\"%s\" is read here, and a way leads here that has not set it; "
                           "has(%s) asks", name, name);
            return;
        }
}

static void check_prompt_reads(walk *w, const prompt *p, const sets *s, const hl__place *at)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (p->list[i].kind == PART_SAY)
            check_reads(w, &p->list[i].v, s, at);
}

static void check_node_reads(walk *w, const node *n, const sets *s, const hl__place *at)
{
    sets with = *s;

    check_reads(w, &n->v, s, at);
    give(&with, n->kind == N_COLLECT ? n->into : -1); /* `check` looks at what has just been pressed */
    check_reads(w, &n->w, &with, at);
    for (uint32_t i = 0; i < n->binds; i++)
        check_reads(w, &n->bind[i].v, s, at);
    for (uint32_t i = 0; n->kind == N_TICKET && i < n->bys; i++)
        check_reads(w, &n->by[i].v, s, at);
    check_prompt_reads(w, &n->prompt, s, at);
    check_prompt_reads(w, &n->extra, s, at);
    for (uint32_t i = 0; i < n->no_inputs; i++)
        check_prompt_reads(w, &n->no_input[i], s, at);
    for (uint32_t i = 0; i < n->no_matches; i++)
        check_prompt_reads(w, &n->no_match[i], s, at);
}

static void check_sets(walk *w)
{
    sets *in = hl__graph_room(w->c, w->g->n * sizeof(*in));
    bool *seen = hl__graph_room(w->c, w->g->n * sizeof(*seen));
    hl__place at;

    if (!in || !seen)
        return;
    flow_sets(w, in, seen);
    for (uint32_t i = 0; i < w->g->n; i++)
        if (seen[i]) {
            place_of(w, (int32_t)i, &at);
            check_node_reads(w, &w->g->node[i], &in[i], &at);
        }
}

/* E16: what a menu's `keys: true` parts say, against what it has bound. */

typedef struct told { char key[MAX_KEYS][MAX_KEY + 1]; uint32_t n; } told;

static void tell_keys(told *t, const char *text)
{
    for (const char *p = text; p && (p = strchr(p, '{')); p++) {
        size_t len = strcspn(p + 1, "}");
        if (len == 0 || len > MAX_KEY || p[1 + len] != '}' || t->n >= MAX_KEYS)
            continue;
        memcpy(t->key[t->n], p + 1, len);
        t->key[t->n++][len] = 0;
    }
}

static bool tells(const told *t, const char *key)
{
    for (uint32_t i = 0; i < t->n; i++)
        if (strcmp(t->key[i], key) == 0)
            return true;
    return false;
}

static void compare_keys(walk *w, const node *n, const told *t, const char *lang, const hl__place *at)
{
    for (uint32_t i = 0; i < n->rule.n; i++)
        if (!tells(t, n->rule.keys[i]))
            hl__flow_error(w->c, 16, at, "the prompt does not name key %s in %s", n->rule.keys[i], lang);
    for (uint32_t i = 0; i < t->n; i++) {
        bool is_bound = false;
        for (uint32_t k = 0; k < n->rule.n && !is_bound; k++)
            is_bound = strcmp(n->rule.keys[k], t->key[i]) == 0;
        if (!is_bound)
            hl__flow_error(w->c, 16, at, "the prompt names key %s in %s, and no such key is bound", t->key[i], lang);
    }
}

static void check_keys(walk *w, const node *n, const hl__place *node_at)
{
    hl__place at = { node_at, "prompt", 0 };
    bool tells_any = false, is_known = true;

    for (uint32_t i = 0; i < n->prompt.n; i++)
        tells_any |= n->prompt.list[i].tells_keys;
    for (uint32_t k = 0; tells_any && is_known && k < w->g->n_langs; k++) {
        const char *lang = w->g->langs[k];
        told t = { .n = 0 };
        for (uint32_t i = 0; i < n->prompt.n; i++) {
            const part *p = &n->prompt.list[i];
            if (!p->tells_keys)
                continue;
            const hl__json *words = p->kind == PART_CLIP ? hl__bound_json(w->c->b, "prompts", p->name) : NULL;
            const char *text = p->kind == PART_TEXT ? hl__json_text(hl__json_get(hl__json_get(p->json, "t"), lang)) :
                hl__json_text(hl__json_get(hl__json_get(words, lang), "text"));
            is_known &= text != NULL;
            tell_keys(&t, text);
        }
        if (is_known)
            compare_keys(w, n, &t, lang, &at);
    }
}

static void check_menus(walk *w)
{
    hl__place at;

    for (uint32_t i = 0; i < w->g->n; i++)
        if (w->g->node[i].kind == N_MENU) {
            place_of(w, (int32_t)i, &at);
            check_keys(w, &w->g->node[i], &at);
        }
}

/* E13: from a called flow, through whatever it calls, back to this one. Far circles are found from their own flows. */

enum { FLOWS = 64 };
typedef struct circle { const char *name[FLOWS]; uint32_t n; } circle;

static void note(circle *seen, const char *name)
{
    for (uint32_t i = 0; i < seen->n; i++)
        if (strcmp(seen->name[i], name) == 0)
            return;
    if (seen->n < FLOWS)
        seen->name[seen->n++] = name;
}

static bool leads_back(walk *w, const char *to)
{
    circle seen = { .n = 0 };

    note(&seen, to);
    for (uint32_t i = 0; i < seen.n; i++) {
        const hl__json *nodes = hl__json_get(hl__bound_json(w->c->b, "flows", seen.name[i]), "nodes");
        if (w->g->name && strcmp(seen.name[i], w->g->name) == 0)
            return true;
        for (void *it = hl__json_iter(nodes); it; it = hl__json_iter_next(nodes, it)) {
            const char *kind = hl__json_text(hl__json_get(hl__json_iter_value(it), "do"));
            const char *name = hl__json_text(hl__json_get(hl__json_iter_value(it), "flow"));
            if (kind && name && strcmp(kind, "call") == 0)
                note(&seen, name);
        }
    }
    return false;
}

static void check_calls(walk *w)
{
    hl__place at;

    for (uint32_t i = 0; i < w->g->n; i++) {
        const node *n = &w->g->node[i];
        if (n->kind != N_CALL || !n->name || !leads_back(w, n->name))
            continue;
        place_of(w, (int32_t)i, &at);
        hl__flow_error(w->c, 13, &at, "flow \"%s\" calls, by whatever way, this flow again", n->name);
    }
}

void hl__graph_checks(checker *c)
{
    walk w = { .c = c, .g = c->g, .nodes = { c->at, "nodes", 0 } };

    w.from = hl__graph_room(c, c->g->n * sizeof(*w.from));
    w.queue = hl__graph_room(c, c->g->n * sizeof(*w.queue));
    if (!w.from || !w.queue)
        return;
    check_reached(&w);
    check_ends(&w);
    check_cycles(&w);
    check_after_hangup(&w);
    check_sets(&w);
    check_menus(&w);
    check_calls(&w);
}
