/* metrics.c - figures as Prometheus reads them: the engine's own and the gateway's. No label for a call or a person. */
#include "gateway/gateway.h"
#include <stdio.h>
#include <string.h>

static bool name_ok(const char *name)
{
    if (!*name || (*name >= '0' && *name <= '9') || strlen(name) > 64) return false;
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == 0;
}

static void type_line(hl__buf *b, const char *name)
{
    size_t len = strlen(name);
    bool counter = len > 6 && strcmp(name + len - 6, "_total") == 0;
    hl__buf_fmt(b, "# TYPE hotline_%s %s\n", name, counter ? "counter" : "gauge");
}

static void value_write(hl__buf *b, const hl__json *v)
{
    if (hl__json_type(v) == HL__JREAL) {
        char text[40];
        (void)snprintf(text, sizeof text, "%.9g", hl__json_real(v));
        hl__buf_str(b, text);
    } else {
        hl__buf_int(b, hl__json_type(v) == HL__JBOOL ? hl__json_true(v) : hl__json_int(v));
    }
    hl__buf_char(b, '\n');
}

/* Prometheus escapes what JSON escapes, but for letters beyond ASCII, which both leave. */
static void labelled(hl__buf *b, const char *name, const hl__json *labels)
{
    for (void *it = hl__json_iter(labels); it; it = hl__json_iter_next(labels, it)) {
        const char *label = hl__json_iter_key(it);
        const hl__json *values = hl__json_iter_value(it);
        if (!name_ok(label) || hl__json_type(values) != HL__JOBJECT) continue;
        for (void *v = hl__json_iter(values); v; v = hl__json_iter_next(values, v)) {
            hl__buf_fmt(b, "hotline_%s{%s=", name, label);
            hl__buf_json(b, hl__json_iter_key(v));
            hl__buf_str(b, "} ");
            value_write(b, hl__json_iter_value(v));
        }
    }
}

/* [{"name":"billing","waiting":2}] under "queues": hotline_queue_waiting{queue="billing"} 2, all of a name together. */
static void listed(hl__buf *b, const char *name, const hl__json *list)
{
    const hl__json *first = hl__json_at(list, 0);
    int one = (int)strlen(name) - (name[strlen(name) - 1] == 's');
    for (void *it = hl__json_iter(first); it; it = hl__json_iter_next(first, it)) {
        const char *key = hl__json_iter_key(it);
        char whole[160];
        if (hl__json_type(hl__json_iter_value(it)) != HL__JINT || strcmp(key, "id") == 0 || !name_ok(key)) continue;
        (void)snprintf(whole, sizeof whole, "%.*s_%s", one, name, key);
        type_line(b, whole);
        for (size_t i = 0; i < hl__json_size(list); i++) {
            const hl__json *row = hl__json_at(list, i);
            hl__buf_fmt(b, "hotline_%s{%.*s=", whole, one, name);
            hl__buf_json(b, hl__json_text(hl__json_get(row, "name")));
            hl__buf_str(b, "} ");
            value_write(b, hl__json_get(row, key));
        }
    }
}

void hl__metrics_engine(hl__buf *b, const hl__json *figures)
{
    for (void *it = hl__json_iter(figures); it; it = hl__json_iter_next(figures, it)) {
        const char *name = hl__json_iter_key(it);
        const hl__json *v = hl__json_iter_value(it);
        int type = hl__json_type(v);
        if (!name_ok(name) || type == HL__JTEXT || type == HL__JNULL) continue;
        if (type != HL__JLIST) type_line(b, name);
        if (type == HL__JLIST) {
            listed(b, name, v);
        } else if (type == HL__JOBJECT) {
            labelled(b, name, v);
        } else {
            hl__buf_fmt(b, "hotline_%s ", name);
            value_write(b, v);
        }
    }
}

void hl__metrics_own(hl__buf *b, const hl__metrics *m, const hl__seats *ss)
{
    const struct { const char *name; int64_t value; } own[] = {
        { "gateway_sessions", ss->by_id.live },
        { "gateway_sockets", m->sockets },
        { "sessions_opened_total", ss->opened },
        { "sessions_resumed_total", ss->resumed },
        { "sessions_refused_total", ss->refused },
        { "sessions_taken_total", ss->taken },
        { "sessions_slow_total", ss->slow },
        { "tokens_stolen_total", ss->stolen },
        { "http_requests_total", m->requests },
        { "http_errors_total", m->errors },
        { "ws_messages_total", m->messages },
        { "logins_refused_total", m->refused_logins },
        { "gateway_over_limit_total", m->over_limit },
    };
    for (size_t i = 0; i < HL__COUNT(own); i++) {
        type_line(b, own[i].name);
        hl__buf_fmt(b, "hotline_%s %lld\n", own[i].name, (long long)own[i].value);
    }
}
