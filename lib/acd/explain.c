/* explain.c - why, why not, why not yet, as JSON. */
#include "acd/inner.h"

/* word, and what would change it */
#define WORDS(X) X(ok, "nothing: it is his next") X(not_member, "a membership of the queue") \
    X(tier, "a later step opens his tier") X(skill, "a skill the need asks for, or a later step") \
    X(need, "the need holds for him, or a later step") X(offline, "he logs in") X(aux, "he ends his break") \
    X(gone, "his page comes back") X(closed, "the queue opens, and he logs in") X(cooling, "a few seconds") \
    X(sticky, "the time it waits for one agent alone is over") X(reserved, "more agents of that queue are idle") \
    X(offered, "his answer to the offer he has") X(busy, "the end of his talk") X(full, "the end of his wrap-up") \
    X(outranked, "the contact is in other hands")
#define X(name, change) WHY_##name,
enum { WORDS(X) WHY_END };
#undef X
#define X(name, change) { #name, change },
static const struct { const char *name, *change; } words[] = { WORDS(X) };
#undef X

static int unfit(hl__acd *acd, const hl__contact *c, const hl__agent *a, const char **need)
{
    static const int why[] = { [HL__UNFIT_MEMBER] = WHY_not_member, [HL__UNFIT_TIER] = WHY_tier,
        [HL__UNFIT_SKILL] = WHY_skill, [HL__UNFIT_NEED] = WHY_need };

    return why[hl__why_unfit(acd, c->class, a->profile, need)];
}

static int absent(const hl__acd *acd, const hl__contact *c, const hl__agent *a)
{
    if (a->state == HL_AGENT_AUX)
        return WHY_aux;
    if (a->state == HL_AGENT_GONE)
        return WHY_gone;
    return hl__queue_closed(acd, c->class->queue) ? WHY_closed : WHY_offline;
}

/* What stands between this agent and this contact. need: which, for a skill or a need. */
static int why(hl__acd *acd, const hl__contact *c, const hl__agent *a, const char **need)
{
    bool waits = c->state == HL_CONTACT_WAITING;

    *need = NULL;
    if (acd->is_stale || !a->profile)
        return WHY_not_member;
    if (!hl__fits(acd, c->class, a->profile))
        return unfit(acd, c, a, need);
    if (a->state != HL_AGENT_AVAILABLE)
        return absent(acd, c, a);
    if (a->cool_until)
        return WHY_cooling;
    if (waits && c->tree != &c->class->tree && c->tree != &a->mine)
        return WHY_sticky;
    if (!hl__agent_offerable(a, (int)c->class->channel))
        return a->work == HL_WORK_OFFER ? WHY_offered : a->work == HL_WORK_BUSY ? WHY_busy : WHY_full;
    if (!waits)
        return WHY_outranked;
    return hl__match_kept(c, a->profile) ? WHY_reserved : WHY_ok;
}

static void agents_of(hl__acd *acd, const hl__contact *c, hl__buf *out)
{
    int count[WHY_END] = { 0 }, fit = 0;
    const char *glue = "", *need;

    for (hl__node *n = acd->agents_by_id.first; n; n = hl__tree_next(n)) {
        int w = why(acd, c, HL__OF(hl__agent, by_id, n), &need);
        count[w]++;
        fit += w == WHY_ok || w > WHY_need;
    }
    hl__buf_fmt(out, ",\"agents\":{\"fit\":%d,\"idle\":%d,\"why_not\":{", fit, count[WHY_ok] + count[WHY_outranked]);
    for (int i = WHY_ok + 1; i < WHY_END; i++)
        if (count[i] && i != WHY_outranked) {
            hl__buf_fmt(out, "%s\"%s\":%d", glue, words[i].name, count[i]);
            glue = ",";
        }
    hl__buf_str(out, "}}");
}

/* When it begins, or what it begins by. */
static void next_step(const hl__acd *acd, const hl__contact *c, const hl__step *s, hl__buf *out)
{
    hl__buf_fmt(out, ",\"next\":{\"step\":%u", c->class->step + 1);
    if (s->after_ms >= 0)
        hl__buf_fmt(out, ",\"in_ms\":%lld",
                    (long long)((c->queued - acd->core->now) / HL__US + s->after_ms));
    if (s->ewt_ms >= 0)
        hl__buf_fmt(out, ",\"ewt_over_ms\":%d", s->ewt_ms);
    hl__buf_str(out, s->is_nobody ? ",\"nobody\":true}" : "}");
}

static void contact(hl__acd *acd, const hl__contact *c, hl__buf *out)
{
    const hl__qconf *conf = c->class->queue->conf;

    hl__buf_fmt(out, "{\"state\":\"%s\"", hl__acd_word(HL__WORD_CONTACT, c->state));
    if (c->tree)
        hl__buf_fmt(out, ",\"place\":%d", hl__contact_place(c->class->queue, c->key, (uint64_t)c->id));
    hl__buf_fmt(out, ",\"step\":%u", c->class->step);
    if (c->state == HL_CONTACT_WAITING && c->class->step < conf->steps)
        next_step(acd, c, &conf->step[c->class->step], out);
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

static void pair(hl__acd *acd, const hl__contact *c, const hl__agent *a, hl__buf *out)
{
    const char *need;
    int w = why(acd, c, a, &need);
    hl_time at = w == WHY_cooling ? a->cool_until : w == WHY_sticky ? c->prefer_at : w == WHY_reserved ? c->until : 0;

    hl__buf_fmt(out, "{\"why\":\"%s\",\"change\":\"%s\"", words[w].name, words[w].change);
    if (at)
        hl__buf_fmt(out, ",\"in_ms\":%lld", (long long)((at - acd->core->now) / HL__US));
    if (need) {
        hl__buf_str(out, ",\"need\":");
        hl__buf_json(out, need);
    }
    hl__buf_str(out, "}");
}

static void offer(const hl__acd *acd, const hl__slot *s, hl__buf *out)
{
    hl__buf_fmt(out, "{\"contact\":%lld,\"agent\":", (long long)s->contact_id);
    hl__buf_json(out, s->agent->name);
    hl__buf_fmt(out, ",\"rule\":\"%s\",\"rings\":%d,\"ends_in_ms\":%lld}",
                s->contact->last_rule < 0 ? "prefer" : hl__acd_picks[s->contact->last_rule], s->contact->rings,
                (long long)((s->deadline - acd->core->now) / HL__US));
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
    const hl__slot *s = what > 0 && HL__KIND(what) == HL_KIND_OFFER ? hl__slot_of_offer(acd, what) : NULL;

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
    else if (s)
        offer(acd, s, out);
    else
        return hl__fail(acd->core->err, HL_ENOENT, "nothing to explain: no contact, queue, agent or offer has this id");
    return out->failed ? HL_ENOMEM : 0;
}
