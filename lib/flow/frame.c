/* frame.c - the variables of one flow in one call: what they hold, who may change them, what goes in and out. */
#include "flow/graph.h"
#include <string.h>

static const graph *graph_of(const frame *f)
{
    return f->v->g;
}

static void drop(hl__flows *fl, frame *f, uint32_t slot)
{
    const hl__name *name = hl__scope_at(graph_of(f)->scope, slot);

    if (f->block[slot] && name->is_secret && f->val[slot].kind == HL__V_STRING)
        memset(f->block[slot], 0, f->val[slot].len);
    hl__free(fl->core->mem, f->block[slot]);
    f->block[slot] = NULL;
    f->val[slot] = (hl__val){ 0 };
}

int hl__frame_set(hl__flows *fl, frame *f, int slot, const hl__val *v)
{
    const hl__name *name = hl__scope_at(graph_of(f)->scope, (uint32_t)slot);
    hl__val copy;
    void *block;
    int r;

    if (slot <= 0 || !name)
        return HL_EINVAL;
    if (v->kind == HL__V_STRING && v->len > name->max)
        return hl__fail(&fl->trouble, HL_ELIMIT, "%s takes at most %u bytes", name->name, name->max);
    if ((r = hl__val_copy(fl->core->mem, v, &copy, &block)) < 0)
        return r;
    drop(fl, f, (uint32_t)slot);
    f->val[slot] = copy;
    f->block[slot] = block;
    return 0;
}

static int set_json(hl__flows *fl, frame *f, int slot, const hl__json *j)
{
    const hl__name *name = hl__scope_at(graph_of(f)->scope, (uint32_t)slot);
    hl__val v;
    int r;

    fl->eval.used = 0;
    fl->eval.err = &fl->trouble;
    if ((r = hl__val_json_in(&fl->eval, name->type, j, &v)) < 0)
        return r;
    return hl__frame_set(fl, f, slot, &v);
}

int hl__frame_new(hl__flows *fl, run *r, version *v, frame *out)
{
    hl__mem *mem = fl->core->mem;
    frame f = { .v = v, .node = v->g->entry, .n = hl__scope_size(v->g->scope) };
    int res = 0;

    f.val = hl__alloc_array(mem, f.n, sizeof(*f.val));
    f.block = hl__alloc_array(mem, f.n, sizeof(*f.block));
    f.visits = hl__alloc_array(mem, v->g->n, sizeof(*f.visits));
    if (!f.val || !f.block || !f.visits)
        res = HL_ENOMEM;
    for (uint32_t i = 1; res == 0 && i < f.n; i++)
        if (hl__scope_at(v->g->scope, i)->preset)
            res = set_json(fl, &f, (int)i, hl__scope_at(v->g->scope, i)->preset);
    hl__version_use(v, 1);
    if (res < 0) {
        hl__frame_free(fl, &f);
        return res;
    }
    f.val[0] = (hl__val){ .kind = HL__V_OBJECT, .len = HL__COUNT(r->call), .u.list = r->call };
    *out = f;
    return 0;
}

void hl__frame_free(hl__flows *fl, frame *f)
{
    version *v = f->v;

    for (uint32_t i = 1; f->val && f->block && i < f->n; i++)
        drop(fl, f, i);
    hl__free(fl->core->mem, f->val);
    hl__free(fl->core->mem, f->block);
    hl__free(fl->core->mem, f->visits);
    *f = (frame){ 0 };
    if (v) {
        hl__version_use(v, -1);
        hl__version_tidy(fl, v);
    }
}

static int in_slot(const graph *g, const char *name)
{
    for (uint32_t i = 0; i < g->n_ins; i++)
        if (strcmp(g->ins[i], name) == 0)
            return hl__scope_find(g->scope, name, strlen(name));
    return HL_ENOENT;
}

/* Arguments of a call: read where the caller stands, written where the callee begins. */
int hl__frame_args(hl__flows *fl, run *r, frame *to, const node *n)
{
    int res = 0;

    for (uint32_t i = 0; i < n->binds && res == 0; i++) {
        const binding *b = &n->bind[i];
        int slot = in_slot(to->v->g, b->name);
        hl__val v;
        if (slot < 0)
            return HL_EINVAL;
        if (b->json) {
            res = set_json(fl, to, slot, b->json);
        } else if ((res = hl__run_eval(fl, r, &b->v, &v)) == 0) {
            bool is_same = v.kind == hl__scope_at(to->v->g->scope, (uint32_t)slot)->type->kind;
            res = is_same ? hl__frame_set(fl, to, slot, &v) : HL_EINVAL;
        }
    }
    return res;
}

int hl__frame_json(hl__flows *fl, frame *f, const char *args)
{
    hl__json *j = args ? hl__json_read(args, strlen(args), fl->core->err) : NULL;
    int r = 0;

    if (args && !j)
        return HL_EINVAL;
    if (j && hl__json_type(j) != HL__JOBJECT)
        r = hl__fail(fl->core->err, HL_EINVAL, "an object of names and values is wanted");
    for (void *it = hl__json_iter(j); it && r == 0; it = hl__json_iter_next(j, it)) {
        int slot = in_slot(graph_of(f), hl__json_iter_key(it));
        if (slot < 0)
            r = hl__fail(fl->core->err, HL_EINVAL, "the flow takes no \"%s\"", hl__json_iter_key(it));
        else if ((r = set_json(fl, f, slot, hl__json_iter_value(it))) < 0 && r != HL_ENOMEM)
            r = hl__fail(fl->core->err, HL_EINVAL, "%s: %s", hl__json_iter_key(it), fl->trouble.words);
    }
    hl__json_free(j);
    return r;
}

/* The callee's values into the caller's variables. */
static int copy_outs(hl__flows *fl, const frame *from, frame *to, const node *call)
{
    for (uint32_t i = 0; i < call->bys; i++) {
        const graph *g = graph_of(from);
        int slot = hl__scope_find(g->scope, call->by[i].name, strlen(call->by[i].name)), r;
        if (slot < 0)
            return HL_EINVAL;
        const hl__val *v = &from->val[slot];
        const hl__name *ours = hl__scope_at(graph_of(to)->scope, (uint32_t)call->by[i].slot);
        if (v->kind == HL__V_NONE)
            continue;
        if (v->kind != ours->type->kind || (hl__scope_at(g->scope, (uint32_t)slot)->is_secret && !ours->is_secret))
            return HL_EINVAL;
        if ((r = hl__frame_set(fl, to, call->by[i].slot, v)) < 0)
            return r;
    }
    return 0;
}

int hl__run_return(hl__flows *fl, run *r, const node *n)
{
    int res;

    if (r->depth == 0) {
        r->how = HL_FLOW_END_DONE;
        return GO_END;
    }
    char name[65]; /* the node goes with its version when the frame is left */
    hl__copy(name, sizeof(name), n->name);
    const node *call = &r->frame[r->depth - 1].v->g->node[r->frame[r->depth - 1].node];
    res = copy_outs(fl, &r->frame[r->depth], &r->frame[r->depth - 1], call);
    hl__frame_free(fl, &r->frame[r->depth--]);
    if (res < 0)
        return X_ERROR;
    for (uint32_t i = 0; i < call->exits; i++)
        if (call->exit[i].id == X_NAMED && strcmp(call->exit[i].name, name) == 0)
            return GO_EXIT + (int)i;
    return X_ERROR;
}

/* hotline/flow.h: values from outside. */

static int slot_of(hl__flows *fl, hl_id contact, const char *name, run **out)
{
    run *r = hl__map_get(&fl->runs, contact);
    int slot;

    if (!r || r->is_over)
        return hl__fail(fl->core->err, HL_ENOENT, "the contact is in no flow");
    slot = hl__scope_find(graph_of(&r->frame[r->depth])->scope, name, strlen(name));
    *out = r;
    return slot < 0 ? hl__fail(fl->core->err, HL_ENOENT, "the flow has no variable \"%s\"", name) : slot;
}

int hl__flow_value_get(hl__flows *fl, hl_id contact, const char *name, hl__buf *out)
{
    run *r;
    int slot = slot_of(fl, contact, name, &r);

    if (slot < 0)
        return slot;
    const frame *f = &r->frame[r->depth];
    const hl__name *n = hl__scope_at(graph_of(f)->scope, (uint32_t)slot);
    if (n->is_secret)
        return hl__fail(fl->core->err, HL_EDENIED, "variable \"%s\" is a secret", name);
    hl__val_json(out, n->type, &f->val[slot]);
    return out->failed ? HL_ENOMEM : 0;
}

int hl__flow_value_set(hl__flows *fl, hl_id contact, const char *name, const char *json)
{
    run *r;
    int slot = slot_of(fl, contact, name, &r), res;
    hl__buf text;
    hl__json *j;

    if (slot < 0)
        return slot;
    if (slot == 0)
        return hl__fail(fl->core->err, HL_EDENIED, "\"call\" cannot be changed");
    hl__buf_init(&text, fl->core->mem);
    hl__buf_fmt(&text, "[%s]", json);
    j = text.failed ? NULL : hl__json_read(text.data, text.len, fl->core->err);
    res = text.failed ? HL_ENOMEM : j && hl__json_size(j) == 1 ? 0 : HL_EINVAL;
    hl__buf_free(&text);
    if (res == 0 && (res = set_json(fl, &r->frame[r->depth], slot, hl__json_at(j, 0))) < 0 && res != HL_ENOMEM)
        res = HL_EINVAL;
    hl__json_free(j);
    return res == HL_EINVAL ? hl__fail(fl->core->err, HL_EINVAL, "this is no value for \"%s\"", name) : res;
}
