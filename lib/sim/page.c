/* page.c - simulated pages: an agent's browser that takes offers in its own manner. */
#include "engine/engine.h"
#include "sim/party.h"
#include <hotline/gateway.h>
#include <stdio.h>
#include <string.h>

/* An operation of a page: carried out at once, its reply comes when the step is over. */
static void ask(hl__sim *s, hl__party *p, int op, const char *json)
{
    hl__sim_lock(s);
    hl__session_op(s->hl, p->session, ++s->asked, op, json, strlen(json));
    hl__sim_unlock(s);
}

int hl__sim_page(hl__sim *s, hl_id agent, const hl__sim_manner *m, hl_id *session)
{
    hl__party *p = hl__party_new(s, m);
    char json[80];
    int r;

    if (!p)
        return HL_ENOMEM;
    p->agent = agent;
    p->here = true;
    hl__sim_lock(s);
    p->session = hl__id_new(s->hl, HL_KIND_PART);
    hl__sim_unlock(s);
    if ((r = hl__map_put(&s->pages, p->session, p)) < 0) {
        hl__party_free(s, p);
        return r;
    }
    *session = p->session;
    (void)snprintf(json, sizeof(json), "{\"role\":%d,\"agent\":%lld}", HL_GRANT_AGENT, (long long)agent);
    ask(s, p, HL__DO_SESSION_OPEN, json);
    ask(s, p, HL__DO_RTC_OFFER, "{\"sdp\":\"simulated\"}");
    return 0;
}

/* The reply is given by hl__tick() once the lock is free: a tick at the present time fetches it. */
int hl__sim_ask(hl__sim *s, hl_id session, int op, const char *json)
{
    hl__party *p = hl__map_get(&s->pages, session);

    if (!p)
        return HL_ENOENT;
    s->awaited = s->asked + 1;
    s->code = HL_ESTATE;
    ask(s, p, op, json);
    hl__tick(s->hl, s->now);
    return s->code;
}

const char *hl__sim_reply(const hl__sim *s)
{
    return s->reply ? s->reply : "";
}

int hl__sim_cut(hl__sim *s, hl_id session)
{
    hl__party *p = hl__map_get(&s->pages, session);

    if (!p || !p->here)
        return HL_ENOENT;
    p->here = false;
    ask(s, p, HL__DO_SESSION_CUT, "{}");
    return 0;
}

int hl__sim_back(hl__sim *s, hl_id session)
{
    hl__party *p = hl__map_get(&s->pages, session);

    if (!p || p->here)
        return HL_ENOENT;
    p->here = true;
    ask(s, p, HL__DO_SESSION_BACK, "{}");
    return 0;
}

void hl__page_act(hl__sim *s, hl__party *p)
{
    char json[64];

    if (!p->offer || !p->here || p->manner.how == HL__SIM_IGNORE)
        return;
    (void)snprintf(json, sizeof(json), "{\"offer\":%lld}", (long long)p->offer);
    ask(s, p, p->manner.how == HL__SIM_ANSWER ? HL__DO_OFFER_ACCEPT : HL__DO_OFFER_REJECT, json);
}

void hl__page_hangs_up(hl__sim *s, hl__party *p)
{
    if (p->here)
        ask(s, p, HL__DO_CALL_HANGUP, "{}");
}

/* Sessions that are no simulated page are the gateway's: opened through the API. */
static const hl__driver *beyond(const hl__sim *s)
{
    const hl__driver *g = s->hl->gateway >= 0 ? &s->hl->driver[s->hl->gateway] : NULL;

    return g && g->sessions != &hl__sim_sessions_ops ? g : NULL;
}

static void push(void *d, hl_id session, const char *text, size_t len)
{
    hl__sim *s = d;
    const hl__driver *g = beyond(s);
    hl__party *p = hl__map_get(&s->pages, session);

    if (!p) {
        if (g)
            g->sessions->push(g->d, session, text, len);
        return;
    }
    hl__json *j = hl__json_read(text, len, NULL);
    const char *ev = hl__json_text(hl__json_get(j, "ev"));
    hl_id offer = hl__json_int(hl__json_get(j, "offer"));

    if (ev && strcmp(ev, "offer.made") == 0) {
        p->offer = offer;
        hl__party_act(s, p, HL__PARTY_PICK_UP, hl__law_draw(&p->manner.after, &p->rand));
    } else if (ev && strcmp(ev, "offer.ended") == 0 && p->offer == offer) {
        p->offer = 0;
        hl__timer_drop(&s->wheel, &p->act);
    }
    hl__json_free(j);
}

static void reply(void *d, hl_id session, int64_t id, int code, const char *json, size_t len)
{
    hl__sim *s = d;
    const hl__driver *g = beyond(s);

    if (!hl__map_get(&s->pages, session)) {
        if (g)
            g->sessions->reply(g->d, session, id, code, json, len);
        return;
    }
    if (id != s->awaited)
        return;
    s->code = code;
    hl__free(s->mem, s->reply);
    s->reply = hl__strndup(s->mem, json, len);
}

static void close_page(void *d, hl_id session, int code, const char *why)
{
    hl__sim *s = d;
    const hl__driver *g = beyond(s);
    hl__party *p = hl__map_del(&s->pages, session);

    if (!p && g)
        g->sessions->close(g->d, session, code, why);
    if (p && p->leg)
        hl__map_del(&s->legs, p->leg);
    hl__party_free(s, p);
}

const hl__session_ops hl__sim_sessions_ops = { push, reply, close_page };
