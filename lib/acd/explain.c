/* explain.c - why, why not, why not yet, as JSON. */
#include "acd/inner.h"

#define WORDS(X) X(ok) X(not_member) X(tier) X(skill) X(offline) X(aux) X(gone) X(cooling) X(busy) X(full) X(offered) \
    X(outranked)
#define X(name) WHY_##name,
enum { WORDS(X) WHY_END };
#undef X
#define X(name) #name,
static const char *const words[] = { WORDS(X) };
#undef X

/* What stands between this agent and this contact. */
static int why(const hl__acd *acd, const hl__contact *c, const hl__agent *a)
{
    const hl__class *k = c->class;

    if (acd->is_stale || !a->profile || !hl__member_of(a->profile, k->queue->id))
        return WHY_not_member;
    if (!hl__fits(acd, k, a->profile))
        return WHY_skill;
    if (a->state != HL_AGENT_AVAILABLE)
        return a->state == HL_AGENT_AUX ? WHY_aux : a->state == HL_AGENT_GONE ? WHY_gone : WHY_offline;
    if (a->cool_until)
        return WHY_cooling;
    if (hl__agent_offerable(a, (int)k->channel))
        return c->state == HL_CONTACT_WAITING ? WHY_ok : WHY_outranked;
    return a->work == HL_WORK_OFFER ? WHY_offered : a->work == HL_WORK_BUSY ? WHY_busy : WHY_full;
}

static void agents_of(const hl__acd *acd, const hl__contact *c, hl__buf *out)
{
    int count[WHY_END] = { 0 }, fit = 0;
    const char *glue = "";

    for (hl__node *n = acd->agents_by_id.first; n; n = hl__tree_next(n)) {
        int w = why(acd, c, HL__OF(hl__agent, by_id, n));
        count[w]++;
        fit += w != WHY_not_member && w != WHY_skill;
    }
    hl__buf_fmt(out, ",\"agents\":{\"fit\":%d,\"idle\":%d,\"why_not\":{", fit, count[WHY_ok] + count[WHY_outranked]);
    for (int i = WHY_ok + 1; i < WHY_END; i++)
        if (count[i] && i != WHY_outranked) {
            hl__buf_fmt(out, "%s\"%s\":%d", glue, words[i], count[i]);
            glue = ",";
        }
    hl__buf_str(out, "}}");
}

static void contact(hl__acd *acd, const hl__contact *c, hl__buf *out)
{
    const hl__qconf *conf = c->class->queue->conf;

    hl__buf_fmt(out, "{\"state\":\"%s\"", hl__acd_word(HL__WORD_CONTACT, c->state));
    if (c->state == HL_CONTACT_WAITING)
        hl__buf_fmt(out, ",\"place\":%d", hl__contact_place(c->class->queue, c->key, (uint64_t)c->id));
    hl__buf_fmt(out, ",\"step\":%u", c->class->step);
    if (c->step_at && c->class->step < conf->steps)
        hl__buf_fmt(out, ",\"next\":{\"step\":%u,\"in_ms\":%lld}", c->class->step + 1,
                    (long long)((c->step_at - acd->core->now) / HL__US));
    agents_of(acd, c, out);
    if (c->last_agent) {
        const hl__agent *a = hl__map_get(&acd->agents, c->last_agent);
        const hl__agent *second = hl__map_get(&acd->agents, c->runner);
        hl__buf_fmt(out, ",\"last\":{\"rule\":\"%s\",\"agent\":",
                    c->last_rule < 0 ? "prefer" : hl__acd_picks[c->last_rule]);
        hl__buf_json(out, a ? a->name : NULL);
        hl__buf_str(out, ",\"runner_up\":");
        hl__buf_json(out, second ? second->name : NULL);
        hl__buf_fmt(out, ",\"key\":%lld}", (long long)c->key);
    }
    hl__buf_str(out, "}");
}

static void pair(const hl__acd *acd, const hl__contact *c, const hl__agent *a, hl__buf *out)
{
    static const char *const change[WHY_END] = { [WHY_ok] = "nothing: it is his next",
        [WHY_not_member] = "a membership of the queue", [WHY_skill] = "a skill the need asks for, or a later step",
        [WHY_offline] = "he logs in", [WHY_aux] = "he ends his break", [WHY_gone] = "his page comes back",
        [WHY_cooling] = "a few seconds", [WHY_busy] = "the end of his talk", [WHY_full] = "the end of his wrap-up",
        [WHY_offered] = "his answer to the offer he has", [WHY_outranked] = "the contact is in other hands" };
    int w = why(acd, c, a);

    hl__buf_fmt(out, "{\"why\":\"%s\",\"change\":\"%s\"", words[w], change[w]);
    if (w == WHY_cooling)
        hl__buf_fmt(out, ",\"in_ms\":%lld", (long long)((a->cool_until - acd->core->now) / HL__US));
    hl__buf_str(out, "}");
}

static void queue(hl__acd *acd, const hl__queue *q, hl__buf *out)
{
    hl_queue row = HL_QUEUE_INIT;

    row.id = q->id - 1; /* the row after that id is its own */
    if (hl__acd_queue_next(acd, &row) <= 0)
        return;
    hl__buf_fmt(out, "{\"waiting\":%d,\"offered\":%d,\"engaged\":%d,\"staffed\":%d,\"idle\":%d,\"p50_ms\":%d}",
                row.waiting, row.offered, row.engaged, row.staffed, row.idle, row.p50_ms);
}

static void agent(const hl__agent *a, hl__buf *out)
{
    hl__buf_fmt(out, "{\"state\":\"%s\",\"work\":\"%s\",\"offerable\":[", hl__acd_word(HL__WORD_AGENT, a->state),
                hl__acd_word(HL__WORD_WORK, a->work));
    const char *glue = "";
    for (int ch = 0; ch < HL__CHANNELS; ch++)
        if (hl__agent_offerable(a, ch)) {
            hl__buf_fmt(out, "%s\"%s\"", glue, hl__acd_channels[ch]);
            glue = ",";
        }
    hl__buf_str(out, "]}");
}

int hl__acd_explain(hl__acd *acd, hl_id what, hl_id who, hl__buf *out)
{
    const hl__contact *c = hl__contact_find(acd, what);
    const hl__queue *q = hl__map_get(&acd->queues, what);
    const hl__agent *a = hl__map_get(&acd->agents, who ? who : what);

    if (who && !a)
        return hl__fail(acd->core->err, HL_ENOENT, "no such agent");
    if (who && !c)
        return hl__fail(acd->core->err, HL_ENOENT, "no such contact in a queue");
    if (who)
        pair(acd, c, a, out);
    else if (c)
        contact(acd, c, out);
    else if (q)
        queue(acd, q, out);
    else if (a)
        agent(a, out);
    else
        return hl__fail(acd->core->err, HL_ENOENT, "nothing to explain: no contact, queue or agent has this id");
    return out->failed ? HL_ENOMEM : 0;
}
