/* record.c - what is known of a run from outside: its row, its keys, its results. */
#include "flow/graph.h"
#include <string.h>

static run *run_of(const hl__flows *fl, hl_id contact)
{
    return hl__map_get(&fl->runs, contact);
}

const char *hl__flow_keys(hl__flows *fl, hl_id contact)
{
    run *r = run_of(fl, contact);

    hl__buf_clear(&fl->data);
    if (!r || !r->keys.data)
        return "";
    hl__buf_add(&fl->data, r->keys.data, r->keys.len);
    while (!fl->data.failed && fl->data.len && fl->data.data[fl->data.len - 1] == ' ')
        fl->data.data[--fl->data.len] = 0;
    return fl->data.failed ? "" : fl->data.data;
}

const char *hl__flow_result(hl__flows *fl, hl_id contact)
{
    run *r = run_of(fl, contact);

    hl__buf_clear(&fl->data);
    hl__buf_fmt(&fl->data, "{%s}", r && r->result.data ? r->result.data : "");
    return fl->data.failed || !fl->data.data ? "{}" : fl->data.data;
}

const char *hl__flow_lang(hl__flows *fl, hl_id contact)
{
    run *r = run_of(fl, contact);

    return r ? r->lang : NULL;
}

const char *hl__flow_name(hl__flows *fl, hl_id contact)
{
    run *r = run_of(fl, contact);

    return r && r->first ? r->first->name : NULL;
}

static void fill(const run *r, hl_flow_run *row)
{
    const frame *f = &r->frame[r->depth];
    hl_time at = hl__timer_is_set(&r->timer) ? r->timer.at : 0;

    row->state = r->state;
    row->id = r->contact;
    row->flow = r->first->id;
    row->version = f->v->id;
    row->leg = r->leg;
    row->since = r->since;
    row->deadline = at;
    row->steps = r->steps;
    row->depth = r->depth;
    row->node = f->v->g->node[f->node].slug;
    row->lang = r->lang;
}

int hl__flow_run_get(hl__flows *fl, hl_id contact, hl_flow_run *out)
{
    const run *r = run_of(fl, contact);

    if (!r || r->is_over)
        return hl__fail(fl->core->err, HL_ENOENT, "the contact is in no flow");
    fill(r, out);
    return 0;
}

int hl__flow_run_next(hl__flows *fl, hl_id version_id, hl_flow_run *row)
{
    const run *r, *best = NULL;
    uint32_t pos = 0;

    while ((r = hl__map_at(&fl->runs, &pos)))
        if (!r->is_over && r->contact > row->id && (!best || r->contact < best->contact) &&
            (!version_id || r->frame[r->depth].v->id == version_id))
            best = r;
    if (!best)
        return 0;
    fill(best, row);
    return 1;
}

/* What a run in this state has no right to lack. */
static const char *state_lacks(const run *r)
{
    bool is_timed = hl__timer_is_set(&r->timer);

    if (!r->state || r->state == HL_FLOW_LOST)
        return "nothing it waits for";
    if (r->state == HL_FLOW_LISTENING && r->c.state == C_IDLE)
        return "a collector that is over";
    if (r->state == HL_FLOW_LISTENING && r->c.state != C_PROMPT && !is_timed)
        return "a collector that never ends";
    if ((r->state == HL_FLOW_ASKING || r->state == HL_FLOW_TIMING) && !is_timed)
        return "no timer";
    return NULL;
}

static const char *wrong_with(const run *r)
{
    if (r->in_step || r->first_in)
        return "a step that never ended";
    if (r->depth < 0 || r->depth >= MAX_DEPTH || !r->frame[r->depth].v)
        return "no flow it is in";
    if (state_lacks(r))
        return state_lacks(r);
    if ((r->state == HL_FLOW_QUEUED || r->state == HL_FLOW_TALKING) == hl__timer_is_set(&r->limit))
        return r->was_max_ms ? NULL : "max_ms counts where it should not, or not where it should";
    if (r->is_deaf && r->state != HL_FLOW_ASKING && r->state != HL_FLOW_TIMING)
        return "a caller who is gone and still hears";
    return NULL;
}

int hl__flows_check(const hl__flows *fl, hl__err *err)
{
    uint32_t pos = 0;
    const run *r;
    const version *v;
    int64_t frames = 0, runs = 0;

    while ((r = hl__map_at(&fl->runs, &pos))) {
        const char *wrong = r->is_over ? NULL : wrong_with(r);
        if (r->is_over && (hl__timer_is_set(&r->timer) || hl__timer_is_set(&r->limit)))
            wrong = "a timer after its end";
        if (wrong)
            return hl__fail(err, HL_ESTATE, "the run of contact %lld has %s", (long long)r->contact, wrong);
        frames += r->is_over ? 0 : r->depth + 1;
    }
    for (pos = 0; (v = hl__map_at(&fl->versions, &pos));) {
        runs += v->runs;
        if (v->runs < 0 || (v->runs == 0 && v->aliases == 0 && !v->is_held))
            return hl__fail(err, HL_ESTATE, "version %lld is held by nobody", (long long)v->id);
    }
    return runs == frames ? 0 : hl__fail(err, HL_ESTATE, "%lld frames, versions count %lld", (long long)frames,
                                         (long long)runs);
}
