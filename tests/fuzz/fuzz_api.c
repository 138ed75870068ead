/* fuzz_api.c - bytes choose calls, arguments, the passing of time and failing memory: the engine stands it, its
 * invariants hold after every step, words exist exactly when a call failed, and the same bytes decide the same twice.
 *
 * First byte: after so many times 16 allocations one fails, 0: none does. Then a byte for what, a byte for whom; what
 * 41: the next allocations fail from the n-th on, for one step. */
#include "engine/engine.h"
#include "sim/sim.h"
#include <hotline/acd.h>
#include <hotline/call.h>
#include <hotline/media.h>
#include <hotline/ticket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char document[] = "{\"hotline\":1,\"queues\":{\"desk\":{\"wrapup_ms\":4000,\"offer_ms\":8000,"
    "\"steps\":[{\"after_ms\":"
    "9000}],\"need\":\"skill.zh > 2\"},\"mail\":{\"channels\":[\"voice\",\"chat\",\"email\"],\"resume_ms\":30000,"
        "\"pick\":"
    "\"round_robin\",\"max_len\":9}},\"agents\":{\"ann\":{\"skills\":{\"zh\":5},\"queues\":{\"desk\":{},\"mail\":{"
        "\"tier\":1}}},"
    "\"bob\":{\"skills\":{\"zh\":1},\"queues\":{\"desk\":{},\"mail\":{}},\"address\":\"sip:bob@127.0.0.1\"},"
        "\"cat\":{\"queues\":{"
    "\"mail\":{}},\"max_missed\":1}},\"flows\":{\"main\":{\"format\":1,\"entry\":\"m\",\"langs\":[\"en\"],"
        "\"nodes\":{\"m\":{\"do\":"
    "\"menu\",\"prompt\":[{\"t\":{\"en\":\"Press 1 or 2.\"}}],\"keys\":{\"1\":\"q\",\"2\":\"r\"},\"max_visits\":5,"
        "\"exhausted\":\"e\","
    "\"noinput\":\"q\",\"nomatch\":\"e\"},\"q\":{\"do\":\"queue\",\"queue\":\"desk\",\"max_wait_ms\":60000,"
        "\"announce\":{\"position\":"
    "true,\"every_ms\":10000},\"answered\":\"e\",\"overflow\":\"e\",\"timeout\":\"e\",\"no_agents\":\"e\","
        "\"error\":\"e\"},\"r\":{\"do\":"
    "\"queue\",\"queue\":\"mail\",\"answered\":\"e\",\"overflow\":\"e\",\"timeout\":\"e\",\"no_agents\":\"e\","
        "\"error\":\"e\"},\"e\":{"
    "\"do\":\"hangup\"}}}},\"numbers\":{\"1\":{\"flow\":\"main\"}},"
    "\"ticket_types\":{\"repair\":{\"fields\":[{\"name\":\"address\",\"type\":\"text\"}],"
    "\"states\":[{\"name\":\"open\",\"category\":"
    "\"new\"},{\"name\":\"busy\",\"category\":\"active\"},{\"name\":\"done\",\"category\":\"done\"}],"
    "\"moves\":[{\"name\":\"start\","
    "\"from\":[\"open\"],\"to\":\"busy\",\"need\":[\"address\"]},"
    "{\"name\":\"finish\",\"from\":[\"busy\"],\"to\":\"done\"}]}}}";
static const char changed[] = "{\"hotline\":1,\"queues\":{\"desk\":{\"wrapup_ms\":0,\"need\":\"skill.zh > 0\"}},"
    "\"agents\":{\"cat\":{"
    "\"skills\":{\"zh\":9},\"queues\":{\"desk\":{}}}}}";
static const char wrong[] = "{\"hotline\":1,\"queues\":{\"desk\":{\"need\":\"skill.zz\"},\"x\":{\"pick\":3}},"
    "\"agents\":{\"ann\":null}}";

enum { KEPT = 64, PROMISES = 240 };
typedef struct world {
    hl_t *hl;
    hl__sim *sim;
    const uint8_t *at, *end;
    hl_id legs[KEPT], pages[KEPT], contacts[KEPT], offers[KEPT], plays[KEPT], tickets[KEPT], queue[2], agent[3];
    uint32_t leg_n, page_n, contact_n, offer_n, play_n, ticket_n;
    uint64_t hash;
} world;

static int64_t fail_in;
static int fails_on; /* and all later ones */

static void *alloc(void *ctx, void *old, size_t size)
{
    (void)ctx;
    if (size == 0) {
        free(old);
        return NULL;
    }
    if (fail_in == 1 && fails_on) return NULL;
    if (fail_in > 0 && --fail_in == 0) return NULL;
    return realloc(old, size);
}

static uint8_t byte(world *w)
{
    return w->at < w->end ? *w->at++ : 0;
}

static hl_id one_of(const hl_id *ids, uint32_t n, uint8_t which)
{
    uint32_t kept = n < KEPT ? n : KEPT;

    return kept ? ids[which % kept] : HL__ID(which + 1, which % 15);
}

static void keep(hl_id *ids, uint32_t *n, hl_id id)
{
    ids[(*n)++ % KEPT] = id;
}

static void result(world *w, int r)
{
    if ((r < 0) != (hl_error(w->hl)[0] != 0)) abort();
    w->hash = hl__fnv(w->hash, &r, sizeof(r));
}

static void read_events(world *w)
{
    hl_event e = HL_EVENT_INIT;

    while (hl_next(w->hl, &e) == 1) {
        w->hash = hl__fnv(w->hash, &e.type, sizeof(e.type));
        w->hash = hl__fnv(w->hash, &e.time, sizeof(e.time));
        w->hash = hl__fnv(w->hash, &e.contact, sizeof(e.contact));
        w->hash = hl__fnv(w->hash, &e.ref, sizeof(e.ref));
        w->hash = hl__fnv(w->hash, &e.code, sizeof(e.code));
        if (e.type == HL_EV_OFFER_MADE) keep(w->offers, &w->offer_n, e.ref);
        if (e.type == HL_EV_CONTACT_NEW) keep(w->contacts, &w->contact_n, e.contact);
        if (e.type == HL_EV_TICKET_NEW) keep(w->tickets, &w->ticket_n, e.ticket);
        if (e.type == HL_EV_LEG_NEW) keep(w->legs, &w->leg_n, e.leg);
    }
}

static void add(world *w, uint8_t whom)
{
    static const char *const needs[] = { NULL, "skill.zh > 3", "{\"zh\":1}", "skill.", "tier < 1" };
    hl_contact_new in = HL_CONTACT_NEW_INIT;
    hl_id out = 0;

    in.queue = w->queue[whom & 1];
    in.channel = whom >> 1 & 3;
    in.need = needs[whom % 5];
    in.prefer = whom & 64 ? w->agent[whom % 3] : 0;
    in.prefer_ms = whom & 64 ? 5000 : 0;
    in.credit_ms = (whom - 128) * 500;
    in.resume = (whom & 15) == 7 ? one_of(w->contacts, w->contact_n, whom) : 0;
    result(w, hl_contact_add(w->hl, &in, &out));
}

static void ring(world *w, uint8_t whom)
{
    static const char *const keys[] = { NULL, "1", "2", "9", "1,,2" };
    hl__sim_manner m = { .keys = keys[whom % 5], .keys_after = { HL__LAW_UNIFORM, 4000, 0 },
        .patience = { HL__LAW_EXPONENTIAL, (whom >> 4) * 4000.0, 0 } };
    hl_id leg = 0;

    if (hl__sim_call(w->sim, "13900000001", whom & 8 ? "2" : "1", &m, &leg) == 0) keep(w->legs, &w->leg_n, leg);
}

static void page(world *w, uint8_t whom)
{
    hl__sim_manner m = { .how = whom >> 2 & 3, .after = { HL__LAW_UNIFORM, 3000, 0 },
        .talk = { HL__LAW_EXPONENTIAL, (whom >> 4) * 3000.0, 0 } };
    hl_id session = 0;

    if (w->page_n < KEPT && hl__sim_page(w->sim, w->agent[whom % 3], &m, &session) == 0)
        keep(w->pages, &w->page_n, session);
}

static void rows(world *w, uint8_t whom)
{
    hl_queue q = HL_QUEUE_INIT;
    hl_agent a = HL_AGENT_INIT;
    hl_contact c = HL_CONTACT_INIT;
    hl_offer o = HL_OFFER_INIT;
    hl_estimate e = HL_ESTIMATE_INIT;
    const char *text;
    int n = 0;

    while (hl_queue_next(w->hl, &q) == 1 && n++ < 100) result(w, q.waiting);
    while (hl_agent_next(w->hl, whom & 1 ? w->queue[0] : 0, &a) == 1 && n++ < 100) result(w, a.work);
    while (hl_contact_next(w->hl, 0, &c) == 1 && n++ < 200) result(w, c.place);
    while (hl_offer_next(w->hl, 0, &o) == 1 && n++ < 300) result(w, 0);
    result(w, hl_estimate_get(w->hl, w->queue[whom & 1], whom & 2 ? "skill.zh > 1" : NULL, &e));
    result(w, hl_explain(w->hl, one_of(w->contacts, w->contact_n, whom), whom & 4 ? w->agent[whom % 3] : 0, &text));
}

static void load(world *w, uint8_t whom)
{
    static const char *const texts[] = { document, changed, wrong,
        "{\"hotline\":1,\"complete\":[\"agents\",\"flows\"]}",
        "{\"hotline\":1,\"agents\":{\"ann\":null}}", "{\"hotline\":1,\"queues\":{\"new\":{},\"mail\":null}}", "{", "" };
    const char *text = texts[whom % 8];
    hl_finding f = HL_FINDING_INIT;

    result(w, whom & 8 ? hl_check(w->hl, text, strlen(text)) : hl_load(w->hl, text, strlen(text)));
    while (hl_finding_next(w->hl, &f) == 1) result(w, f.code + f.line + f.column);
}

/* What was dumped is what is there; a part of it comes back as it is. */
static void dump(world *w, uint8_t whom)
{
    static const char *const sections[] = { NULL, "queues", "agents", "flows", "media", "nothing" };
    const char *text = NULL;
    int r = hl_dump(w->hl, sections[whom % 6], &text);

    result(w, r);
    if (r < 0) return;
    w->hash = hl__fnv(w->hash, text, strlen(text));
    char *copy = strdup(text);
    if (copy) r = hl_load(w->hl, copy, 0);
    if (copy && r != 0 && r != HL_ENOMEM && r != HL_ESTATE) {
        fprintf(stderr, "%d %s for %s\n", r, hl_error(w->hl), copy);
        abort();
    }
    free(copy);
}

static void dial(world *w, uint8_t whom)
{
    static const char *const to[] = { "13900000009", "", "1", NULL };
    hl_dial d = HL_DIAL_INIT;
    hl_id leg = 0;

    d.to = to[whom & 3];
    d.contact = whom & 4 ? one_of(w->contacts, w->contact_n, whom >> 3) : 0;
    d.agent = (whom & 24) == 24 ? w->agent[whom % 3] : 0;
    d.role = whom >> 5;
    d.early = whom >> 3 & 1;
    d.timeout_ms = (whom >> 4) * 1500;
    d.data = whom & 16 ? "{\"a\":1}" : NULL;
    result(w, hl_leg_dial(w->hl, &d, &leg));
}

static void play(world *w, uint8_t whom)
{
    static const char *const prompts[] = { "none", "[{\"pause\":3000}]", "[{\"say\":\"number\",\"v\":\"12\"}]",
        "tone:busy", "[" };
    hl_play p = HL_PLAY_INIT;
    hl_id id = 0;

    p.target = whom & 128 ? one_of(w->contacts, w->contact_n, whom & 127) : one_of(w->legs, w->leg_n, whom);
    p.prompt = prompts[whom % 5];
    p.lang = "en";
    p.flags = whom >> 3 & 3;
    if (hl_media_play(w->hl, &p, &id) == 0) keep(w->plays, &w->play_n, id);
}

static void ticket(world *w, uint8_t whom)
{
    static const char *const fields[] = { "{\"address\":\"A\"}", "{}", "{\"x\":1}", NULL, "[" };
    static const char *const verbs[] = { "start", "finish", "note", "edit", "urge", "dance" };
    hl_ticket_new n = HL_TICKET_NEW_INIT;
    hl_ticket_act a = HL_TICKET_ACT_INIT;
    hl_ticket row = HL_TICKET_INIT;
    hl_id id = 0;

    n.type = "repair";
    n.fields = fields[whom % 5];
    n.phone = whom & 8 ? "13900000001" : NULL;
    n.contact = whom & 16 ? one_of(w->contacts, w->contact_n, whom) : 0;
    a.ticket = one_of(w->tickets, w->ticket_n, whom);
    a.verb = verbs[whom % 6];
    a.args = fields[(whom >> 3) % 5];
    a.actor = whom & 64 ? w->agent[whom % 3] : 0;
    if (whom & 128) result(w, hl_ticket_add(w->hl, &n, &id));
    else result(w, hl_ticket_do(w->hl, &a, &id));
    result(w, hl_ticket_get(w->hl, one_of(w->tickets, w->ticket_n, whom), 0, &row));
}

/* What a page asks. Its answer is words of its own, so there are none on the desk. */
static void ask(world *w, uint8_t whom)
{
    static const struct { int op; const char *json; } asks[] = {
        { HL__DO_CALL_WEB, "{\"to\":\"1\"}" }, { HL__DO_CALL_HANGUP, "{}" }, { HL__DO_CALL_DTMF, "{\"keys\":\"1\"}" },
        { HL__DO_AGENT_STATE, "{\"state\":\"available\"}" }, { HL__DO_AGENT_STATE, "{\"state\":\"offline\"}" },
        { HL__DO_CALL_HOLD, "{\"contact\":0}" }, { HL__DO_CALL_RESUME, "{\"contact\":0}" },
        { HL__DO_CALL_MUTE, "{\"on\":true}" },
        { HL__DO_WRAP, "{\"more_ms\":5000}" }, { HL__DO_TICKET_TYPES, "{}" }, { HL__DO_QUEUE_LIST, "{}" },
        { HL__DO_AGENT_LIST, "{}" }, { HL__DO_CONTACT_LIST, "{}" }, { HL__DO_STATE, "{}" }, { HL__DO_METRICS, "{}" },
        { HL__DO_TICKET_NEW, "{\"type\":\"repair\",\"fields\":{\"address\":\"B\"}}" },
    };
    size_t which = whom % HL__COUNT(asks);
    int r = hl__sim_ask(w->sim, one_of(w->pages, w->page_n, whom / 16), asks[which].op, asks[which].json);

    w->hash = hl__fnv(w->hash, &r, sizeof(r));
}

static void other(world *w, uint8_t what, uint8_t whom)
{
    hl_id contact = one_of(w->contacts, w->contact_n, whom), leg = one_of(w->legs, w->leg_n, whom);
    hl_event ev = HL_EVENT_INIT;
    hl_quality q = HL_QUALITY_INIT;

    switch (what) {
    case 24: case 25: dial(w, whom); break;
    case 26: play(w, whom); break;
    case 27: result(w, hl_media_stop(w->hl, one_of(w->plays, w->play_n, whom))); break;
    case 28: result(w, hl_leg_mute(w->hl, leg, whom >> 5)); break;
    case 29: result(w, hl_leg_dtmf(w->hl, leg, whom & 1 ? "1#,A" : "E", whom * 8)); break;
    case 30: case 31: result(w, hl_call_bridge(w->hl, one_of(w->contacts, w->contact_n, whom >> 4), leg,
        whom >> 5)); break;
    case 32: result(w, hl_call_end(w->hl, contact, whom)); break;
    case 33: result(w, whom & 1 ? hl_leg_answer(w->hl, leg) : whom & 2 ? hl_leg_ring(w->hl, leg) : hl_leg_early(w->hl,
        leg));
        break;
    case 34: case 35: ticket(w, whom); break;
    case 36: case 37: case 38: ask(w, whom); break;
    case 39: dump(w, whom); break;
    case 40:
        ev.seq = whom;
        result(w, hl_event_next(w->hl, &ev));
        result(w, hl_media_quality(w->hl, leg, &q));
        break;
    case 41:
        fail_in = 1 + whom;
        fails_on = 1;
        break;
    default:
        if (whom > 250) result(w, hl_stop(w->hl, (whom - 250) * 5000)); /* seldom: it ends all */
    }
}

static void promise(world *w, hl_id contact, uint8_t whom)
{
    hl_promise p = HL_PROMISE_INIT;

    p.mode = whom & 1;
    p.tries = whom >> 1 & 3;
    p.gap_ms = whom & 8 ? 20000 : 0;
    p.until = whom & 16 ? hl_now(w->hl) + 60000000 : 0;
    p.from = whom & 32 ? hl_now(w->hl) + 5000000 : 0;
    p.number = whom & 64 ? "1001" : NULL;
    p.note = whom & 128 ? "n" : NULL;
    result(w, hl_contact_promise(w->hl, contact, &p));
}

static void step(world *w)
{
    uint8_t what = byte(w), whom = byte(w);
    hl_id contact = one_of(w->contacts, w->contact_n, whom), offer = one_of(w->offers, w->offer_n, whom);
    hl_id leg = one_of(w->legs, w->leg_n, whom), agent = w->agent[whom % 3];

    switch (what < PROMISES ? what % 44 : PROMISES) {
    case 0: case 1: ring(w, whom); break;
    case 2: add(w, whom); break;
    case 3: page(w, whom); break;
    case 4: case 5: result(w, hl_agent_go(w->hl, agent, whom >> 4 & 3, whom & 128 ? "tea" : NULL)); break;
    case 6: case 7: result(w, hl_offer_accept(w->hl, offer)); break;
    case 8: result(w, hl_offer_reject(w->hl, offer, whom >> 5)); break;
    case 9: result(w, hl_contact_move(w->hl, contact, w->queue[whom >> 7], whom >> 6 & 1)); break;
    case 10: result(w, hl_contact_credit(w->hl, contact, (whom - 128) * 1000)); break;
    case 11: result(w, hl_contact_need(w->hl, contact, whom & 1 ? "skill.zh > 1" : "x")); break;
    case PROMISES: promise(w, contact, whom); break;
    case 12: result(w, hl_contact_end(w->hl, contact, whom >> 5)); break;
    case 13: result(w, hl_agent_wrapup(w->hl, agent, 0, (whom >> 4) * 1000)); break;
    case 14: (void)hl__sim_press(w->sim, leg, whom & 1 ? "1" : "2,1"); break;
    case 15: (void)hl__sim_hangup(w->sim, leg); break;
    case 16: (void)hl__sim_cut(w->sim, one_of(w->pages, w->page_n, whom)); break;
    case 17: (void)hl__sim_back(w->sim, one_of(w->pages, w->page_n, whom)); break;
    case 18: result(w, hl_leg_hangup(w->hl, leg, whom >> 2)); break;
    case 19: result(w, hl_call_hold(w->hl, contact, whom & 1 ? leg : 0, whom & 2 ? "bells" : NULL)); break;
    case 20: result(w, hl_call_resume(w->hl, contact, 0)); break;
    case 21: rows(w, whom); break;
    case 22: load(w, whom); break;
    case 23: case 43: (void)hl_advance(w->hl, hl_now(w->hl) + (hl_time)whom * whom * 1000); break;
    default: other(w, what % 44, whom); break;
    }
}

static uint64_t run(const uint8_t *data, size_t size)
{
    hl_options opt = HL_OPTIONS_INIT;
    world w = { .at = data, .end = data + size };
    static const char *const names[] = { "ann", "bob", "cat" };

    opt.alloc = alloc;
    opt.after = -1;
    fail_in = fails_on = 0;
    if (hl_open_sim(&opt, 1789952400 * (hl_time)HL__SECOND, &w.hl) < 0) abort();
    w.sim = hl__sim_of(w.hl);
    if (hl_load(w.hl, document, strlen(document)) < 0) abort();
    w.queue[0] = hl__acd_queue_find(w.hl->acd, "desk");
    w.queue[1] = hl__acd_queue_find(w.hl->acd, "mail");
    for (int i = 0; i < 3; i++) w.agent[i] = hl__acd_agent_find(w.hl->acd, names[i]);
    fail_in = (int64_t)byte(&w) * 16;
    for (int n = 0; n < 400 && w.at < w.end; n++) {
        int failed = fails_on;
        hl__err err = { 0 };
        step(&w);
        if (failed) fail_in = fails_on = 0;
        read_events(&w);
        if (hl__engine_check(w.hl, &err) < 0) {
            fprintf(stderr, "%s %s\n", err.words, w.hl->scratch.words);
            abort();
        }
    }
    hl_close(w.hl);
    return w.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 801) size = 801;
    if (run(data, size) != run(data, size)) abort();
    return 0;
}
