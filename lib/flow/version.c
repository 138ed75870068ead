/* version.c - flows by name, their versions by content, aliases that point at one; the sections of a document. */
#include "flow/graph.h"
#include <string.h>

/* What is no part of a version's identity. */
static bool is_aside(const char *key)
{
    return strcmp(key, "$schema") == 0 || strcmp(key, "note") == 0 || strcmp(key, "alias") == 0 ||
           strcmp(key, "tests") == 0;
}

/* The canonical form: what is left, keys sorted, compact. */
int hl__flow_canonical(const hl__json *json, const char *name, hl__mem *mem, hl__buf *out)
{
    hl__buf slim;
    hl__json *copy;
    int r;

    hl__buf_init(&slim, mem);
    hl__buf_char(&slim, '{');
    if (!hl__json_get(json, "flow")) { /* it stands in a section, under its name */
        hl__buf_str(&slim, "\"flow\":");
        hl__buf_json(&slim, name);
    }
    for (void *it = hl__json_iter(json); it; it = hl__json_iter_next(json, it)) {
        if (is_aside(hl__json_iter_key(it)))
            continue;
        hl__buf_str(&slim, slim.len > 1 ? "," : "");
        hl__buf_json(&slim, hl__json_iter_key(it));
        hl__buf_char(&slim, ':');
        (void)hl__json_canonical(&slim, hl__json_iter_value(it)); /* slim.failed tells */
    }
    hl__buf_char(&slim, '}');
    copy = slim.failed ? NULL : hl__json_read(slim.data, slim.len, NULL);
    r = copy ? hl__json_canonical(out, copy) : HL_ENOMEM;
    hl__json_free(copy);
    hl__buf_free(&slim);
    return r < 0 || out->failed ? HL_ENOMEM : 0;
}

flow *hl__flow_named(const hl__flows *fl, const char *name)
{
    return hl__names_get(&fl->by_name, name);
}

hl_id hl__flow_find(const hl__flows *fl, const char *name)
{
    const flow *f = hl__flow_named(fl, name);

    return f ? f->id : 0;
}

static alias *alias_of(const flow *f, const char *name)
{
    alias *a = f->aliases;

    while (a && strcmp(a->name, name) != 0)
        a = a->next;
    return a;
}

version *hl__flow_alias(const flow *f, const char *name)
{
    alias *a = alias_of(f, name);

    return a ? a->v : NULL;
}

static void free_version(hl__flows *fl, version *v)
{
    hl__mem *mem = fl->core->mem;

    if (!v)
        return;
    hl__graph_free(v->g);
    hl__free(mem, v->text);
    hl__free(mem, v);
}

void hl__version_tidy(hl__flows *fl, version *v)
{
    flow *f;

    if (!v || v->runs > 0 || v->aliases > 0 || v->is_held)
        return;
    f = v->flow;
    hl__map_del(&fl->versions, v->id);
    hl__names_del(&fl->hashes, v->hash);
    free_version(fl, v);
    hl__flow_tidy(fl, f);
}

/* A flow without versions is forgotten. */
void hl__flow_tidy(hl__flows *fl, flow *f)
{
    uint32_t pos = 0;
    const version *v;

    while ((v = hl__map_at(&fl->versions, &pos)))
        if (v->flow == f)
            return;
    hl__names_del(&fl->by_name, f->name);
    hl__map_del(&fl->flows, f->id);
    hl__free(fl->core->mem, f->name);
    hl__free(fl->core->mem, f);
}

void hl__version_use(version *v, int n)
{
    v->runs += n;
}

static int new_flow(hl__flows *fl, const char *name, hl_id id, flow **out)
{
    hl__mem *mem = fl->core->mem;
    flow *f = hl__flow_named(fl, name);
    int r;

    if (f) {
        *out = f;
        return 0;
    }
    if (!(f = hl__alloc(mem, sizeof(*f))) || !(f->name = hl__strdup(mem, name))) {
        hl__free(mem, f);
        return HL_ENOMEM;
    }
    f->id = id ? id : fl->core->id(fl->core, HL_KIND_FLOW);
    if ((r = hl__names_put(&fl->by_name, f->name, f)) < 0 || (r = hl__map_put(&fl->flows, f->id, f)) < 0) {
        hl__names_del(&fl->by_name, f->name);
        hl__free(mem, f->name);
        hl__free(mem, f);
        return r;
    }
    *out = f;
    return 0;
}

/* The version of a text: the one that is there, or a new one. The graph goes into it, or is freed. */
static int new_version(hl__flows *fl, graph *g, hl_id flow_id, int32_t warnings, version **out)
{
    hl__mem *mem = fl->core->mem;
    version *v = hl__alloc(mem, sizeof(*v)), *old;
    uint8_t sum[32];
    hl__buf text;
    int r;

    hl__buf_init(&text, mem);
    if (!v || hl__flow_canonical(g->json, g->name, mem, &text) < 0 || hl__sha256(text.data, text.len, sum) < 0) {
        r = HL_ENOMEM;
        goto out;
    }
    hl__hex(sum, sizeof(sum), v->hash);
    if ((old = hl__names_get(&fl->hashes, v->hash))) {
        *out = old;
        r = 1;
        goto out;
    }
    if ((r = new_flow(fl, g->name, flow_id, &v->flow)) < 0)
        goto out;
    v->id = fl->core->id(fl->core, HL_KIND_PART);
    v->added = fl->core->now;
    v->warnings = warnings;
    if ((r = hl__map_put(&fl->versions, v->id, v)) < 0 || (r = hl__names_put(&fl->hashes, v->hash, v)) < 0) {
        hl__map_del(&fl->versions, v->id);
        hl__flow_tidy(fl, v->flow);
        goto out;
    }
    v->g = g;
    v->len = text.len;
    v->text = text.data;
    *out = v;
    return 0;
out:
    hl__buf_free(&text);
    hl__free(mem, v);
    if (r == 1)
        hl__graph_free(g); /* of an error the caller still has it */
    return r;
}

/* Room for the alias is made before anything changes. */
static int set_alias(hl__flows *fl, version *v, const char *name)
{
    flow *f = v->flow;
    alias *a = alias_of(f, name);
    version *old;

    if (!a) {
        size_t len = strlen(name) + 1;
        if (!(a = hl__alloc(fl->core->mem, sizeof(*a) + len)))
            return HL_ENOMEM;
        memcpy(a->name, name, len);
        a->next = f->aliases;
        f->aliases = a;
    }
    old = a->v;
    a->v = v;
    v->aliases++;
    if (old)
        old->aliases--;
    hl__version_tidy(fl, old);
    return 0;
}

static void drop_aliases(hl__flows *fl, flow *f)
{
    alias *a = f->aliases;

    f->aliases = NULL;
    for (alias *next; a; a = next) {
        version *v = a->v;
        next = a->next;
        hl__free(fl->core->mem, a);
        v->aliases--;
        hl__version_tidy(fl, v); /* the last one takes the flow with it */
    }
}

/* Sections. */

static void check_flow(void *domain, const char *name, const hl__json *value, const hl__place *at, hl__findings *f,
                       const hl__doc *doc)
{
    hl__flows *fl = domain;
    binder b = { fl, doc, true };
    hl__json *json = hl__json_keep((hl__json *)value); /* counting owners is no change of the document */
    graph *g = NULL;

    if (hl__graph_new(&b, json, name, f, at, &g) == HL_ENOMEM)
        f->no_memory = true;
    hl__graph_free(g);
    hl__json_free(json);
}

static void rename_id(hl__flows *fl, flow *f, hl_id id)
{
    if (f->id == id || hl__map_put(&fl->flows, id, f) < 0)
        return; /* without memory it keeps the id that it has */
    hl__map_del(&fl->flows, f->id);
    f->id = id;
}

static int apply_flow(void *domain, hl_id id, const char *name, const hl__json *value)
{
    hl__flows *fl = domain;
    flow *f = hl__flow_named(fl, name);
    const char *alias_name = hl__json_text(hl__json_get(value, "alias"));
    binder b = { fl, NULL, false };
    hl__findings findings;
    hl__json *json;
    version *v;
    graph *g;
    int r;

    if (!value) {
        if (f)
            drop_aliases(fl, f);
        return 0;
    }
    hl__findings_init(&findings, fl->core->mem);
    json = hl__json_keep((hl__json *)value);
    r = hl__graph_new(&b, json, name, &findings, NULL, &g);
    hl__json_free(json);
    int32_t warnings = (int32_t)(findings.count - findings.errors);
    hl__findings_free(&findings);
    if (r < 0)
        return r;
    if ((r = new_version(fl, g, id, warnings, &v)) < 0) {
        hl__graph_free(g);
        return r;
    }
    rename_id(fl, v->flow, id);
    if ((r = set_alias(fl, v, alias_name ? alias_name : "live")) < 0)
        hl__version_tidy(fl, v);
    return r;
}

static int users_of_flow(void *domain, hl_id id)
{
    hl__flows *fl = domain;
    uint32_t pos = 0;
    const version *v;
    int n = 0;

    while ((v = hl__map_at(&fl->versions, &pos)))
        n += v->flow->id == id ? v->runs : 0;
    return n;
}

/* A kept member of a section: name and JSON in one block, so that the name lives as long as the entry. */
typedef struct kept { hl__json *json; char name[]; } kept;

static int keep_json(hl__flows *fl, hl__names *names, const char *name, const hl__json *value)
{
    kept *old = hl__names_get(names, name), *k = NULL;
    size_t len = strlen(name) + 1;
    int r;

    if (value) {
        if (!(k = hl__alloc(fl->core->mem, sizeof(*k) + len)))
            return HL_ENOMEM;
        memcpy(k->name, name, len);
        if ((r = hl__names_put(names, k->name, k)) < 0) {
            hl__free(fl->core->mem, k);
            return r;
        }
        k->json = hl__json_keep((hl__json *)value);
    } else if (old) {
        hl__names_del(names, name);
    }
    if (old) {
        hl__json_free(old->json);
        hl__free(fl->core->mem, old);
    }
    return 0;
}

static const hl__json *kept_json(const hl__names *names, const char *name)
{
    const kept *k = hl__names_get(names, name);

    return k ? k->json : NULL;
}

const hl__json *hl__prompt_json(const hl__flows *fl, const char *name)
{
    return kept_json(&fl->prompts, name);
}

static void check_prompt(void *domain, const char *name, const hl__json *value, const hl__place *at, hl__findings *f,
                         const hl__doc *doc)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

    (void)domain, (void)doc;
    if (name[len] || len > 64 || !len)
        hl__error(f, CODE_E + 21, at, "a prompt's name has up to 64 small letters, digits and _");
    if (hl__json_type(value) != HL__JOBJECT || hl__json_size(value) == 0) {
        hl__error(f, CODE_E + 20, at, "languages are wanted: {\"zh-CN\": {\"text\": \"...\"}}");
        return;
    }
    for (void *it = hl__json_iter(value); it; it = hl__json_iter_next(value, it)) {
        hl__place here = { at, hl__json_iter_key(it), 0 };
        hl__jcheck jc = { f, hl__json_iter_value(it), &here, CODE_E + 20 };
        if (hl__json_type(jc.j) != HL__JOBJECT) {
            hl__error(f, CODE_E + 20, &here, "an object with \"text\" or \"clip\" is wanted");
            continue;
        }
        hl__jknown(&jc, "clip text");
        (void)hl__jtext(&jc, "clip", 127, NULL);
        if (!hl__jtext(&jc, "text", 2000, NULL) && !hl__json_get(jc.j, "clip"))
            hl__error(f, CODE_E + 8, &here, "neither a recording nor a text: nothing would be heard");
    }
}

static int apply_prompt(void *domain, hl_id id, const char *name, const hl__json *value)
{
    hl__flows *fl = domain;

    (void)id;
    return keep_json(fl, &fl->prompts, name, value);
}

static void check_number(void *domain, const char *name, const hl__json *value, const hl__place *at, hl__findings *f,
                         const hl__doc *doc)
{
    hl__jcheck jc = { f, value, at, CODE_E + 20 };
    hl__place here = { at, "flow", 0 };
    binder b = { domain, doc, true };
    const char *flow_name;
    checker c = { .b = &b, .f = f, .at = at };

    if (name[0] == 0 || (strcmp(name, "*") != 0 && strspn(name, "0123456789+*#") != strlen(name)))
        hl__error(f, CODE_E + 20, at, "a number's digits are wanted, or \"*\" for all that have no entry");
    if (hl__json_type(value) != HL__JOBJECT) {
        hl__error(f, CODE_E + 20, at, "{\"flow\": name} is wanted");
        return;
    }
    hl__jknown(&jc, "flow alias title note");
    (void)hl__jtext(&jc, "alias", 64, NULL);
    if (!(flow_name = hl__jtext(&jc, "flow", 255, NULL)))
        hl__error(f, CODE_E + 20, at, "\"flow\" is wanted: the flow that answers");
    else
        hl__unbound(&c, &here, "flows", flow_name);
}

static int apply_number(void *domain, hl_id id, const char *name, const hl__json *value)
{
    hl__flows *fl = domain;

    (void)id;
    return keep_json(fl, &fl->numbers, name, value);
}

uint32_t hl__flows_sections(hl__flows *fl, hl__section *out, uint32_t room)
{
    const hl__section all[] = { { "prompts", HL_KIND_PART, fl, check_prompt, apply_prompt, NULL },
        { "flows", HL_KIND_FLOW, fl, check_flow, apply_flow, users_of_flow },
        { "numbers", HL_KIND_PART, fl, check_number, apply_number, NULL } };
    uint32_t n = room < HL__COUNT(all) ? room : (uint32_t)HL__COUNT(all);

    memcpy(out, all, n * sizeof(*out));
    return n;
}

int hl__flow_number(const hl__flows *fl, const char *dnis, hl_id *flow_id, const char **alias_name)
{
    const hl__json *j = kept_json(&fl->numbers, dnis);
    const char *name;
    const flow *f;

    if (!j)
        j = kept_json(&fl->numbers, "*");
    name = hl__json_text(hl__json_get(j, "flow"));
    f = name ? hl__flow_named(fl, name) : NULL;
    if (!f)
        return hl__fail(fl->core->err, HL_ENOENT, "no flow answers the number %s", dnis);
    *flow_id = f->id;
    *alias_name = hl__json_text(hl__json_get(j, "alias"));
    if (!*alias_name)
        *alias_name = "live";
    return 0;
}

/* Life. */

int hl__flows_new(hl__core *core, hl__calendars *cal, const struct hl__flow_up *up, hl__flows **out)
{
    hl__flows *fl = hl__alloc(core->mem, sizeof(*fl));

    if (!fl)
        return HL_ENOMEM;
    fl->core = core;
    fl->cal = cal;
    fl->up = *up;
    hl__map_init(&fl->flows, core->mem);
    hl__map_init(&fl->versions, core->mem);
    hl__map_init(&fl->runs, core->mem);
    hl__names_init(&fl->by_name, core->mem);
    hl__names_init(&fl->prompts, core->mem);
    hl__names_init(&fl->numbers, core->mem);
    hl__names_init(&fl->hashes, core->mem);
    hl__buf_init(&fl->clips, core->mem);
    hl__buf_init(&fl->data, core->mem);
    hl__buf_init(&fl->scratch, core->mem);
    fl->eval.cal = cal;
    fl->eval.err = &fl->trouble;
    *out = fl;
    return 0;
}

static void free_kept(hl__flows *fl, hl__names *names)
{
    uint32_t pos = 0;
    kept *k;

    while ((k = hl__names_at(names, &pos))) {
        hl__json_free(k->json);
        hl__free(fl->core->mem, k);
    }
    hl__names_free(names);
}

void hl__flows_free(hl__flows *fl)
{
    uint32_t pos = 0;
    flow *f;
    version *v;
    run *r;

    if (!fl)
        return;
    while ((r = hl__map_at(&fl->runs, &pos)))
        hl__run_free(fl, r);
    for (pos = 0; (v = hl__map_at(&fl->versions, &pos));)
        free_version(fl, v);
    for (pos = 0; (f = hl__map_at(&fl->flows, &pos));) {
        for (alias *a = f->aliases, *next; a; a = next) {
            next = a->next;
            hl__free(fl->core->mem, a);
        }
        hl__free(fl->core->mem, f->name);
        hl__free(fl->core->mem, f);
    }
    free_kept(fl, &fl->prompts);
    free_kept(fl, &fl->numbers);
    hl__map_free(&fl->flows);
    hl__map_free(&fl->versions);
    hl__map_free(&fl->runs);
    hl__names_free(&fl->by_name);
    hl__names_free(&fl->hashes);
    hl__buf_free(&fl->clips);
    hl__buf_free(&fl->data);
    hl__buf_free(&fl->scratch);
    hl__free(fl->core->mem, fl);
}

/* hotline/flow.h: versions. */

int hl__flow_add(hl__flows *fl, const char *text, size_t len, hl__findings *f, hl_id *out)
{
    binder b = { fl, NULL, false };
    hl__json *json = NULL;
    uint32_t before = f->count;
    graph *g = NULL;
    version *v;
    int r;

    if (len > MAX_FLOW_TEXT)
        return hl__fail(fl->core->err, HL_ELIMIT, "a flow's text has at most 4 MiB");
    if ((r = hl__json_parse(f, text, len, &json)) < 0)
        return r == HL_ENOMEM ? r : hl__fail(fl->core->err, HL_EPARSE, "the flow is no JSON document");
    r = hl__graph_new(&b, json, NULL, f, NULL, &g);
    hl__json_free(json);
    if (r < 0)
        return r == HL_ENOMEM ? r : hl__fail(fl->core->err, HL_EPARSE, "%u errors in the flow", f->errors);
    if ((r = new_version(fl, g, 0, (int32_t)(f->count - before), &v)) < 0) {
        hl__graph_free(g);
        return r;
    }
    v->is_held = true;
    *out = v->id;
    return (int)(f->count - before);
}

static version *version_of(hl__flows *fl, hl_id id, int *r)
{
    version *v = hl__map_get(&fl->versions, id);

    *r = v ? 0 : hl__fail(fl->core->err, HL_ENOENT, "there is no such version of a flow");
    return v;
}

/* The text is checked once more, now with every name that it needs. */
int hl__flow_publish(hl__flows *fl, hl_id id, const char *alias_name, hl__findings *f)
{
    binder b = { fl, NULL, true };
    graph *g = NULL;
    version *v;
    int r;

    if (!(v = version_of(fl, id, &r)))
        return r;
    if ((r = hl__graph_new(&b, v->g->json, NULL, f, NULL, &g)) < 0)
        return r == HL_ENOMEM ? r : hl__fail(fl->core->err, HL_EPARSE, "%u errors: the alias stays", f->errors);
    hl__graph_free(g);
    return set_alias(fl, v, alias_name);
}

int hl__flow_alias_get(hl__flows *fl, hl_id id, const char *alias_name, hl_id *out)
{
    flow *f = hl__map_get(&fl->flows, id);
    version *v = f ? hl__flow_alias(f, alias_name) : NULL;

    if (!v)
        return hl__fail(fl->core->err, HL_ENOENT, f ? "the flow has no alias %s" : "no such flow for alias %s",
                        alias_name);
    *out = v->id;
    return 0;
}

static const char *alias_names(version *v)
{
    size_t len = 0;

    v->names[0] = 0;
    for (const alias *a = v->flow->aliases; a; a = a->next)
        if (a->v == v && len + strlen(a->name) + 2 < sizeof(v->names)) {
            len += hl__copy(v->names + len, sizeof(v->names) - len, len ? " " : "");
            len += hl__copy(v->names + len, sizeof(v->names) - len, a->name);
        }
    return v->names;
}

int hl__flow_version_next(hl__flows *fl, hl_id flow_id, hl_flow_version *row)
{
    version *v, *best = NULL;
    uint32_t pos = 0;

    while ((v = hl__map_at(&fl->versions, &pos)))
        if (v->id > row->id && (!flow_id || v->flow->id == flow_id) && (!best || v->id < best->id))
            best = v;
    if (!best)
        return 0;
    row->id = best->id;
    row->nodes = (int32_t)best->g->n;
    row->added = best->added;
    row->runs = best->runs;
    row->warnings = best->warnings;
    row->hash = best->hash;
    row->aliases = alias_names(best);
    return 1;
}

int hl__flow_version_drop(hl__flows *fl, hl_id id)
{
    version *v;
    int r;

    if (!(v = version_of(fl, id, &r)))
        return r;
    if (v->runs > 0)
        return hl__fail(fl->core->err, HL_ESTATE, "%d calls are in this version", v->runs);
    if (v->aliases > 0)
        return hl__fail(fl->core->err, HL_ESTATE, "alias %s points at this version", alias_names(v));
    v->is_held = false;
    hl__version_tidy(fl, v);
    return 0;
}

static void drawing(const graph *g, bool is_dot, hl__buf *out)
{
    hl__buf_str(out, is_dot ? "digraph flow {\n" : "flowchart TD\n");
    for (uint32_t i = 0; i < g->n; i++) {
        const node *n = &g->node[i];
        hl__buf_fmt(out, is_dot ? "  %s [label=\"%s\\n%s\"];\n" : "  %s[\"%s<br/>%s\"]\n", n->slug, n->slug,
                    hl__flow_kinds[n->kind].word);
        for (uint32_t k = 0; k < n->exits; k++) {
            const exit_to *e = &n->exit[k];
            if (e->node >= 0 && !e->is_inherited && is_dot)
                hl__buf_fmt(out, "  %s -> %s [label=\"%s\"];\n", n->slug, g->node[e->node].slug, e->name);
            else if (e->node >= 0 && !e->is_inherited)
                hl__buf_fmt(out, "  %s -- %s --> %s\n", n->slug, e->name, g->node[e->node].slug);
        }
    }
    hl__buf_str(out, is_dot ? "}\n" : "");
}

int hl__flow_export(hl__flows *fl, hl_id id, int form, hl__buf *out)
{
    version *v;
    int r;

    if (!(v = version_of(fl, id, &r)))
        return r;
    if (form == HL_FLOW_JSON)
        hl__buf_add(out, v->text, v->len);
    else if (form == HL_FLOW_DOT || form == HL_FLOW_MERMAID)
        drawing(v->g, form == HL_FLOW_DOT, out);
    else
        return hl__fail(fl->core->err, HL_EINVAL, "forms of export are 0 JSON, 1 DOT, 2 Mermaid");
    return out->failed ? HL_ENOMEM : 0;
}
