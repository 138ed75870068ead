/* session.c - signed-in pages: who sits there, whether her page and her sound are there, what she is told. */
#include "engine/engine.h"
#include <stdio.h>
#include <string.h>

enum { METRIC_QUEUES = 500 };

hl__session *hl__session_of(const hl_t *hl, hl_id session)
{
    return hl__map_get(&hl->sessions, session);
}

hl__session *hl__page_of(const hl_t *hl, hl_id agent)
{
    return hl__map_get(&hl->pages, agent);
}

void hl__session_free(hl_t *hl, hl__session *s)
{
    if (!s)
        return;
    hl__free(&hl->mem, s->subject);
    hl__free(&hl->mem, s->number);
    hl__free(&hl->mem, s->data);
    hl__free(&hl->mem, s->lang);
    hl__free(&hl->mem, s);
}

void hl__session_tell(hl_t *hl, const hl__session *s, const char *ev, const char *fmt, ...)
{
    char fields[800], json[1000];
    va_list args;
    int len;

    va_start(args, fmt);
    vsnprintf(fields, sizeof(fields), fmt, args);
    va_end(args);
    len = snprintf(json, sizeof(json), "{\"ev\":\"%s\",%s}", ev, fields);
    if (len > 0 && (size_t)len < sizeof(json))
        hl__push(hl, s, json, (size_t)len);
}

static void agent_json(hl_t *hl, const hl__session *s, hl__buf *out)
{
    hl_agent row = HL_AGENT_INIT;

    if (!s->agent || hl__acd_agent_get(hl->acd, s->agent, &row) < 0) {
        hl__buf_str(out, "null");
        return;
    }
    hl__buf_fmt(out, "{\"id\":%lld,\"name\":", (long long)s->agent);
    hl__buf_json(out, row.name);
    hl__buf_fmt(out, ",\"state\":\"%s\",\"work\":\"%s\",\"since\":%lld,\"contact\":%lld,\"reason\":",
                hl__acd_word(HL__WORD_AGENT, row.state), hl__acd_word(HL__WORD_WORK, row.work), (long long)row.since,
                (long long)row.contact);
    hl__buf_json(out, row.reason ? row.reason : "");
    hl__buf_char(out, '}');
}

static void calls_json(hl_t *hl, const hl__session *s, hl__buf *out)
{
    const hl__talk *t = s->contact ? hl__talk_of(hl, s->contact) : NULL;
    const hl__call *call = t ? hl__call_of(hl->calls, t->id) : NULL;
    const hl__leg *leg = s->leg ? hl__leg_of(hl->calls, s->leg) : NULL;
    static const char *const word[] = { "none", "alone", "talk", "hold", "conference" };

    hl__buf_char(out, '[');
    if (t && call && leg) {
        hl__buf_fmt(out, "{\"contact\":%lld,\"leg\":%lld,\"since\":%lld,\"state\":\"%s\",\"muted\":%s,",
                    (long long)t->id, (long long)leg->id, (long long)leg->answered_at, word[call->state],
                    leg->flags & HL_IS_MUTED ? "true" : "false");
        hl__caller_json(hl, t, t->queue, out);
        hl__buf_char(out, '}');
    }
    hl__buf_char(out, ']');
}

void hl__state_json(hl_t *hl, const hl__session *s, hl__buf *out)
{
    static const char *const role[] = { "", "caller", "agent", "supervisor", "admin", "metrics" };

    hl__buf_fmt(out, "{\"role\":\"%s\",\"now\":%lld", role[s->role], (long long)hl->core.now);
    hl__buf_fmt(out, ",\"media\":\"%s\",\"agent\":", s->path_up ? "up" : "none");
    agent_json(hl, s, out);
    hl__buf_str(out, ",\"calls\":");
    calls_json(hl, s, out);
    hl__buf_str(out, ",\"offers\":[");
    hl_offer o = HL_OFFER_INIT;
    for (const char *comma = "{"; s->agent && hl__acd_offer_next(hl->acd, s->agent, &o) == 1; comma = ",{") {
        hl__buf_str(out, comma);
        hl__offer_json(hl, &o, out);
        hl__buf_char(out, '}');
    }
    hl__buf_str(out, "]}");
}

static void metric(hl__buf *out, const char *name, int64_t value)
{
    hl__buf_fmt(out, "\"%s\":%lld,", name, (long long)value);
}

void hl__metrics_json(hl_t *hl, hl__buf *out)
{
    hl__buf_char(out, '{');
    metric(out, "legs", hl->calls->legs.live);
    metric(out, "calls_total", hl->count.calls);
    metric(out, "sessions", hl->sessions.live);
    metric(out, "contacts", hl__acd_contacts(hl->acd));
    metric(out, "events_total", hl->count.events);
    metric(out, "steps_total", hl->count.steps);
    metric(out, "stale_reports", hl->count.stale);
    metric(out, "refused_total", hl->count.refused);
    metric(out, "unknown_number_total", hl->count.unknown_number);
    metric(out, "lost_words_total", hl->count.lost_words);
    metric(out, "tickets_open", hl__tickets_open(hl->tickets));
    metric(out, "memory_bytes", hl->mem.used);
    metric(out, "store_state", hl->store.state ? hl->store.state(hl->store.d) : 0);
    hl__buf_fmt(out, "\"store_backlog\":%lld,\"queues\":", (long long)(hl->batch_number - hl->durable));
    (void)hl__acd_queues_json(hl->acd, 0, METRIC_QUEUES, out); /* the rest is for queue.list, piece by piece */
    hl__buf_char(out, '}');
}
