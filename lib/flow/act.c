/* act.c - what each kind of node does when it is entered, and what an answer or a collected value leads to. */
#include "flow/graph.h"
#include <stdio.h>
#include <string.h>

/* Arguments as JSON: values by their types, lists and objects as they were written. */
int hl__run_args(hl__flows *fl, run *r, const binding *list, uint32_t n, hl__buf *out)
{
    int res = 0;

    hl__buf_char(out, '{');
    for (uint32_t i = 0; i < n && res == 0; i++) {
        hl__val v;
        hl__buf_str(out, i ? "," : "");
        hl__buf_json(out, list[i].name);
        hl__buf_char(out, ':');
        if (list[i].json)
            (void)hl__json_canonical(out, list[i].json); /* out->failed tells */
        else if ((res = hl__run_eval(fl, r, &list[i].v, &v)) == 0)
            hl__val_json(out, list[i].v.e ? hl__expr_type(list[i].v.e) : NULL, &v);
    }
    hl__buf_char(out, '}');
    return out->failed ? HL_ENOMEM : res;
}

static int enter_play(hl__flows *fl, run *r, node *n)
{
    int res = hl__run_play(fl, r, &n->prompt, n->barge ? HL__PLAY_BARGE : 0);

    if (res < 0)
        return X_ERROR;
    if (res == 0)
        return X_NEXT;
    hl__run_wait(fl, r, HL_FLOW_PLAYING);
    hl__run_timer(fl, r, INT64_MAX);
    return GO_WAIT;
}

static int enter_collector(hl__flows *fl, run *r, node *n)
{
    return hl__run_try(fl, r, &n->prompt);
}

static int play_music(hl__flows *fl, run *r, const char *music)
{
    hl__buf_clear(&fl->clips);
    hl__buf_fmt(&fl->clips, "%s\tmusic:%s\t\n", r->lang, music);
    if (fl->clips.failed)
        return HL_ENOMEM;
    fl->up.play(fl->up.ctx, r->contact, ++r->play, fl->clips.data, HL__PLAY_LOOP);
    return 0;
}

static int enter_wait(hl__flows *fl, run *r, node *n)
{
    hl__run_wait(fl, r, HL_FLOW_TIMING);
    if (n->music && !r->is_deaf)
        (void)play_music(fl, r, n->music); /* without memory: silence */
    hl__run_timer(fl, r, fl->core->now + n->ms * HL__US);
    return GO_WAIT;
}

static int enter_lang(hl__flows *fl, run *r, node *n)
{
    hl__val v;

    return hl__run_eval(fl, r, &n->v, &v) < 0 ? X_ERROR : hl__run_lang(r, &v);
}

static int enter_set(hl__flows *fl, run *r, node *n)
{
    for (uint32_t i = 0; i < n->binds; i++) {
        hl__val v;
        if (hl__run_eval(fl, r, &n->bind[i].v, &v) < 0 ||
            hl__frame_set(fl, &r->frame[r->depth], n->bind[i].slot, &v) < 0)
            return X_ERROR;
    }
    return X_NEXT;
}

static int enter_if(hl__flows *fl, run *r, node *n)
{
    hl__val v;

    if (hl__run_eval(fl, r, &n->v, &v) < 0)
        return X_ERROR;
    return v.u.i ? X_THEN : X_ELSE;
}

static int enter_switch(hl__flows *fl, run *r, node *n)
{
    char text[24];
    const char *s = text;
    size_t len;
    hl__val v;

    if (hl__run_eval(fl, r, &n->v, &v) < 0)
        return X_ERROR;
    if (v.kind == HL__V_STRING) {
        s = v.u.s;
        len = v.len;
    } else {
        len = (size_t)snprintf(text, sizeof(text), "%lld", (long long)v.u.i);
    }
    for (uint32_t i = 0; i < n->exits; i++)
        if (n->exit[i].id == X_CASE && strlen(n->exit[i].name) == len && memcmp(n->exit[i].name, s, len) == 0)
            return GO_EXIT + (int)i;
    return X_ELSE;
}

static int enter_hours(hl__flows *fl, run *r, node *n)
{
    hl_id calendar = fl->cal ? hl__calendar_find(fl->cal, n->name) : 0;
    hl__val at = { .kind = HL__V_TIMESTAMP, .u.i = fl->core->now };

    if (!calendar || (n->v.is_set && hl__run_eval(fl, r, &n->v, &at) < 0))
        return X_ERROR;
    switch (hl__calendar_state(fl->cal, calendar, at.u.i)) {
    case HL_CALENDAR_OPEN: return X_OPEN;
    case HL_CALENDAR_CLOSED: return X_CLOSED;
    case HL_CALENDAR_HOLIDAY: return hl__node_exit(n, X_HOLIDAY) ? X_HOLIDAY : X_CLOSED;
    default: return X_ERROR;
    }
}

/* The same value goes the same way; without one each visit is drawn anew from the run's seed. */
static int enter_split(hl__flows *fl, run *r, node *n)
{
    const frame *f = &r->frame[r->depth];
    uint64_t seed = (uint64_t)r->seed, hash;
    int32_t share, sum = 0;
    hl__val v;

    if (n->v.is_set) {
        if (hl__run_eval(fl, r, &n->v, &v) < 0)
            return X_ERROR;
        hl__buf_clear(&fl->scratch);
        hl__val_text(&fl->scratch, &v);
        hash = hl__fnv(0, fl->scratch.data ? fl->scratch.data : "", fl->scratch.len);
    } else {
        uint32_t draw[2] = { (uint32_t)f->node, f->visits[f->node] };
        hash = hl__fnv(seed, draw, sizeof(draw));
    }
    share = (int32_t)((hash ^ hash >> 32) % 100);
    for (uint32_t i = 0; i < n->exits; i++) {
        sum += n->exit[i].id == X_PART ? n->exit[i].pct : 0;
        if (n->exit[i].id == X_PART && share < sum)
            return GO_EXIT + (int)i;
    }
    return X_ERROR;
}

static int enter_loop(hl__flows *fl, run *r, node *n)
{
    frame *f = &r->frame[r->depth];

    (void)fl; /* counting is all */
    if (f->visits[f->node] <= n->number)
        return X_AGAIN;
    f->visits[f->node] = 0;
    return X_DONE;
}

static int sub_flow(hl__flows *fl, run *r, const node *n, frame *out)
{
    const flow *f = hl__flow_named(fl, n->name);
    version *v = f ? hl__flow_alias(f, n->alias) : NULL;
    int res = HL_ENOENT;

    if (!v || (res = hl__frame_new(fl, r, v, out)) < 0)
        return res;
    if ((res = hl__frame_args(fl, r, out, n)) < 0)
        hl__frame_free(fl, out);
    return res;
}

static int enter_goto(hl__flows *fl, run *r, node *n)
{
    frame f;

    if (sub_flow(fl, r, n, &f) < 0)
        return X_ERROR;
    hl__frame_free(fl, &r->frame[r->depth]);
    r->frame[r->depth] = f;
    return GO_NODE;
}

static int enter_call(hl__flows *fl, run *r, node *n)
{
    frame f;

    if (r->depth + 1 >= MAX_DEPTH || sub_flow(fl, r, n, &f) < 0)
        return X_ERROR;
    r->frame[++r->depth] = f;
    return GO_NODE;
}

static int enter_return(hl__flows *fl, run *r, node *n)
{
    return hl__run_return(fl, r, n);
}

static void wait_answer(hl__flows *fl, run *r, const node *n)
{
    r->ask = ++r->asks;
    hl__run_wait(fl, r, HL_FLOW_ASKING);
    hl__run_timer(fl, r, fl->core->now + n->ms * HL__US);
}

static int enter_ask(hl__flows *fl, run *r, node *n)
{
    hl_event ev = HL_EVENT_INIT;

    hl__buf_clear(&fl->data);
    if (hl__run_args(fl, r, n->bind, n->binds, &fl->data) < 0)
        return X_ERROR;
    ev.type = HL_EV_FLOW_ASK;
    ev.contact = r->contact;
    ev.leg = r->leg;
    ev.ref = r->first->id;
    ev.text = n->name;
    ev.data = fl->data.data;
    if (n->kind == N_ASK) {
        wait_answer(fl, r, n);
        ev.code = r->ask;
    }
    fl->core->emit(fl->core, &ev);
    if (n->kind == N_EVENT)
        return X_NEXT;
    if (n->extra.n && !r->is_deaf && hl__run_play(fl, r, &n->extra, 0) < 0)
        r->play++; /* the question is out: its answer counts, the caller waits in silence */
    return GO_WAIT;
}

static int enter_ticket(hl__flows *fl, run *r, node *n)
{
    static const char *const ops[] = { "open", "find", "note", "urge" };
    hl__flow_ticket t = { .op = ops[n->op], .type = n->name };

    hl__buf_clear(&fl->data);
    hl__buf_clear(&fl->scratch);
    if (hl__run_args(fl, r, n->bind, n->binds, &fl->data) < 0 || hl__run_args(fl, r, n->by, n->bys, &fl->scratch) < 0)
        return X_ERROR;
    wait_answer(fl, r, n);
    t.ask = r->ask;
    t.fields = n->binds ? fl->data.data : NULL;
    t.by = n->bys ? fl->scratch.data : NULL;
    fl->up.ticket(fl->up.ctx, r->contact, &t);
    return GO_WAIT;
}

/* The caller may hang up from here on; what confirms it may be cut short by that. */
static int enter_callback(hl__flows *fl, run *r, node *n)
{
    char number[64];
    hl__flow_promise p = { .queue = n->name };
    hl__val v;
    int res;

    if (n->v.is_set) {
        if (hl__run_eval(fl, r, &n->v, &v) < 0)
            return X_ERROR;
        if (v.len == 0 || v.len >= sizeof(number))
            return X_REFUSED;
        memcpy(number, v.u.s, v.len);
        number[v.len] = 0;
        p.number = number;
    }
    if (n->w.is_set) {
        if (hl__run_eval(fl, r, &n->w, &v) < 0)
            return X_ERROR;
        p.from = v.u.i > fl->core->now ? v.u.i : 0;
    }
    res = fl->up.promise ? fl->up.promise(fl->up.ctx, r->contact, &p) : HL_ENOTSUP;
    if (res < 0)
        return res == HL_ENOMEM ? X_ERROR : X_REFUSED;
    res = r->is_deaf ? 0 : hl__run_play(fl, r, &n->prompt, 0);
    if (res != 1)
        return X_OK;
    hl__run_wait(fl, r, HL_FLOW_PLAYING);
    hl__run_timer(fl, r, INT64_MAX);
    return GO_WAIT;
}

static int enter_hangup(hl__flows *fl, run *r, node *n)
{
    int res = r->is_deaf ? 0 : hl__run_play(fl, r, &n->prompt, 0);

    if (res == 1) {
        hl__run_wait(fl, r, HL_FLOW_PLAYING);
        hl__run_timer(fl, r, INT64_MAX);
        return GO_WAIT;
    }
    if (!r->is_deaf)
        fl->up.hangup(fl->up.ctx, r->contact, n->number); /* without the prompt's memory the call ends all the same */
    return GO_END;
}

static int enter_end(hl__flows *fl, run *r, node *n)
{
    (void)fl, (void)n;
    if (r->is_deaf)
        r->how = HL_FLOW_END_HANGUP;
    return GO_END;
}

typedef int entry_fn(hl__flows *fl, run *r, node *n);
static entry_fn *const entries[N_KINDS] = {
    [N_PLAY] = enter_play, [N_MENU] = enter_collector, [N_COLLECT] = enter_collector, [N_SURVEY] = enter_collector,
    [N_WAIT] = enter_wait, [N_LANG] = enter_lang, [N_SET] = enter_set, [N_IF] = enter_if, [N_SWITCH] = enter_switch,
    [N_HOURS] = enter_hours, [N_SPLIT] = enter_split, [N_LOOP] = enter_loop, [N_GOTO] = enter_goto,
    [N_CALL] = enter_call, [N_RETURN] = enter_return, [N_ASK] = enter_ask, [N_EVENT] = enter_ask,
    [N_TICKET] = enter_ticket, [N_QUEUE] = hl__queue_enter, [N_CALLBACK] = enter_callback,
    [N_HANGUP] = enter_hangup, [N_END] = enter_end,
};

int hl__node_enter(hl__flows *fl, run *r, node *n)
{
    return entries[n->kind] ? entries[n->kind](fl, r, n) : X_ERROR;
}

/* Answers. */

static const hl__json *into_json(const node *n, const hl__type *type, const hl__json *list)
{
    const hl__json *j = hl__json_at(list, 0);

    /* A ticket's answer is an object; a plain variable takes its number. */
    return n->kind == N_TICKET && type->kind < HL__V_LIST && hl__json_get(j, "number") ? hl__json_get(j, "number") : j;
}

static int store_answer(hl__flows *fl, run *r, const node *n, const char *json)
{
    frame *f = &r->frame[r->depth];
    const hl__name *name = hl__scope_at(f->v->g->scope, (uint32_t)n->into);
    hl__json *list;
    hl__buf text;
    hl__val v;
    int res = HL_EINVAL;

    hl__buf_init(&text, fl->core->mem);
    hl__buf_fmt(&text, "[%s]", json ? json : "null");
    list = text.failed ? NULL : hl__json_read(text.data, text.len, &fl->trouble);
    hl__buf_free(&text);
    fl->eval.used = 0;
    fl->eval.err = &fl->trouble;
    if (list && hl__json_size(list) == 1)
        res = hl__val_json_in(&fl->eval, name->type, into_json(n, name->type, list), &v);
    if (res == 0 && v.kind != HL__V_NONE)
        res = hl__frame_set(fl, f, n->into, &v);
    else if (res == 0)
        res = HL_EINVAL; /* nothing where a value is promised to the nodes behind */
    hl__json_free(list);
    return res;
}

int hl__run_answer(hl__flows *fl, run *r, const hl__flow_in *in)
{
    const node *n = hl__run_node(r);
    bool is_find = n->kind == N_TICKET && n->op == 1;
    int64_t code;

    for (uint32_t i = 0; i < n->exits; i++)
        if (n->exit[i].id == X_STATUS && hl__int_parse(n->exit[i].name, strlen(n->exit[i].name), &code) &&
            code == in->status)
            return GO_EXIT + (int)i;
    if (is_find && in->status == 404)
        return X_NONE;
    if (in->status < 200 || in->status > 299)
        return X_ERROR;
    if (n->into >= 0 && store_answer(fl, r, n, in->json) < 0)
        return X_ERROR;
    return is_find ? X_FOUND : X_OK;
}

/* Collected values. */

static int score(hl__flows *fl, run *r, const node *n)
{
    hl__val v = { .kind = HL__V_INT, .u.i = r->c.value[0] - '0' };

    if (n->into >= 0 && hl__frame_set(fl, &r->frame[r->depth], n->into, &v) < 0)
        return X_ERROR;
    hl__buf_str(&r->result, r->result.len ? "," : "");
    hl__buf_json(&r->result, n->name);
    hl__buf_fmt(&r->result, ":%d", (int)v.u.i);
    return X_NEXT;
}

static int menu_exit(const run *r, const node *n)
{
    for (uint32_t i = 0; i < n->exits; i++)
        if (n->exit[i].id == X_KEY && strcmp(n->exit[i].name, r->c.value) == 0)
            return GO_EXIT + (int)i;
    return X_ERROR;
}

/* The value is in its variable while `check` looks at it, and goes again if it is refused. GO_WAIT: refused. */
static int accept_digits(hl__flows *fl, run *r, const node *n)
{
    frame *f = &r->frame[r->depth];
    hl__val v = { .kind = HL__V_STRING, .len = r->c.len, .u.s = r->c.value }, answer = { .u.i = 1 }, none = { 0 };
    int res;

    if (hl__frame_set(fl, f, n->into, &v) < 0)
        return X_ERROR;
    res = n->w.is_set ? hl__run_eval(fl, r, &n->w, &answer) : 0;
    if (res == 0 && answer.u.i)
        return X_OK;
    if (hl__frame_set(fl, f, n->into, &none) < 0 || res < 0)
        return X_ERROR;
    return GO_WAIT;
}

static const prompt *next_prompt(const run *r, const node *n, bool is_silence)
{
    const prompt *list = is_silence ? n->no_input : n->no_match;
    uint32_t count = is_silence ? n->no_inputs : n->no_matches, nth = is_silence ? r->tries_in : r->tries_no;

    if (count == 0)
        return &n->prompt;
    return &list[nth <= count ? nth - 1 : count - 1];
}

static int failed_try(hl__flows *fl, run *r, const node *n, bool is_silence)
{
    uint8_t *tries = is_silence ? &r->tries_in : &r->tries_no;

    if (n->kind == N_SURVEY)
        return X_NEXT;
    if (++*tries >= n->number)
        return is_silence ? X_NOINPUT : X_NOMATCH;
    return hl__run_try(fl, r, next_prompt(r, n, is_silence));
}

static int accepted(hl__flows *fl, run *r, const node *n)
{
    if (n->kind == N_MENU)
        return menu_exit(r, n);
    return n->kind == N_SURVEY ? score(fl, r, n) : accept_digits(fl, r, n);
}

int hl__run_collected(hl__flows *fl, run *r)
{
    const node *n = hl__run_node(r);
    int result = r->c.result, go = GO_WAIT;

    if (result == C_NOTHING)
        return GO_WAIT;
    hl__run_timer(fl, r, INT64_MAX);
    hl__run_listen(fl, r, false);
    r->c.result = C_NOTHING;
    r->play++; /* a prompt that is still heard tells nobody its end any more */
    if (result == C_OK)
        go = accepted(fl, r, n);
    memset(r->c.value, 0, sizeof(r->c.value));
    memset(r->c.took, 0, sizeof(r->c.took));
    r->c.len = r->c.taken = r->recorded = 0;
    if (go != GO_WAIT)
        return go;
    if (result == C_OK) { /* refused by `check`: as every nomatch it empties the ring */
        r->ring.lost += r->ring.n;
        r->ring.n = 0;
    }
    return failed_try(fl, r, n, result == C_NOINPUT);
}
