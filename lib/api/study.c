/* study.c - hl_sim_study(): copies of an engine's settings under the same scenario with other seeds. */
#include "api/enter.h"
#include "sim/party.h"
#include "sim/study.h"
#include <string.h>

/* What routing rests on, as it was loaded, secrets of telephones and all: it does not leave the process. */
static int settings_of(hl_t *hl, hl__buf *out)
{
    static const char *const wanted[] = { "daysets", "calendars", "capacities", "phones", "queues", "agents" };

    hl__buf_str(out, "{\"hotline\":1");
    for (uint32_t i = 0; i < hl->rooms; i++)
        for (size_t k = 0; k < HL__COUNT(wanted); k++) {
            const hl__room *room = &hl->room[i];
            const hl__object *o;
            const char *glue = "";
            if (strcmp(room->section.name, wanted[k]) != 0)
                continue;
            hl__buf_fmt(out, ",\"%s\":{", wanted[k]);
            for (uint32_t at = 0; (o = hl__names_at(&room->by_name, &at)); glue = ",") {
                hl__buf_str(out, glue);
                hl__buf_json(out, o->name);
                hl__buf_char(out, ':');
                hl__buf_str(out, o->canon);
            }
            hl__buf_char(out, '}');
        }
    hl__buf_char(out, '}');
    return out->failed ? HL_ENOMEM : 0;
}

typedef struct copying { hl_options opt; hl_time start; hl__buf settings; const char *json; size_t len; } copying;

static int copy_open(const copying *c, hl_t **out)
{
    hl_t *hl;
    int r = hl_open_sim(&c->opt, c->start, &hl);

    if (r < 0)
        return r;
    r = hl_load(hl, c->settings.data, c->settings.len);
    if (r < 0)
        hl_close(hl);
    else
        *out = hl;
    return r;
}

/* The findings about the scenario are this engine's caller's. */
static int take_findings(hl_t *hl, hl_t *copy)
{
    hl__findings *to = hl__desk_findings(hl);
    hl_finding row = HL_FINDING_INIT;

    hl__findings_clear(to);
    while (hl_finding_next(copy, &row) == 1) {
        hl__finding *f;
        if (hl__grow(to->mem, &to->list, &to->room, to->count, sizeof(*to->list)) < 0)
            return HL_ENOMEM;
        f = &to->list[to->count];
        *f = (hl__finding){ row.level, row.code, hl__strdup(to->mem, row.pointer), hl__strdup(to->mem, row.text),
            row.line, row.column, row.length };
        if (!f->pointer || !f->text) {
            hl__free(to->mem, f->pointer);
            hl__free(to->mem, f->text);
            return HL_ENOMEM;
        }
        to->count++;
        to->errors += row.level == 1;
    }
    return HL_EPARSE;
}

static int one_run(const copying *c, int64_t seed, hl_t **copy, hl__study *st)
{
    hl_sim row = HL_SIM_INIT;
    hl__traffic *tr;
    int r = copy_open(c, copy);

    if (r < 0)
        return r;
    if ((r = hl_sim_load(*copy, c->json, c->len)) < 0)
        return r;
    tr = hl__sim_of(*copy)->traffic;
    hl__traffic_seed(tr, seed);
    r = hl_sim_run(*copy, 0, &row);
    return r < 0 ? r : hl__study_add(st, tr);
}

static int runs_of(hl_t *hl, const copying *c, int runs, hl__study *st, hl__err *words)
{
    int r = 0;

    for (int i = 1; i <= runs && r >= 0; i++) {
        hl_t *copy = NULL;
        r = one_run(c, i, &copy, st);
        if (r < 0 && copy)
            hl__copy(words->words, sizeof(words->words), hl_error(copy));
        if (r == HL_EPARSE && copy) {
            hl__come_in(hl);
            r = take_findings(hl, copy);
            hl__go_out(hl);
        }
        hl_close(copy);
    }
    return r;
}

static int study(hl_t *hl, copying *c, int runs, const char **out)
{
    hl__study st = { .mem = &hl->mem };
    hl__err words = { 0, "" };
    const char *text;
    hl__buf b;
    int r = settings_of(hl, &c->settings);

    if (r < 0)
        return r;
    c->start = hl->core.now;
    c->opt.zoneinfo = hl->shell->zoneinfo;
    hl__go_out(hl);
    r = runs_of(hl, c, runs, &st, &words);
    hl__come_in(hl);
    if (r < 0)
        (void)hl__fail(hl->core.err, r, "%s", words.words[0] ? words.words : hl_strerror(r));
    hl__buf_init(&b, &hl->mem);
    if (r >= 0)
        hl__study_json(&st, &b);
    if (r >= 0 && !b.failed && (text = hl__keep(hl, b.data)))
        *out = text;
    r = r >= 0 && b.failed ? HL_ENOMEM : r;
    hl__buf_free(&b);
    hl__study_free(&st);
    return r < 0 ? r : 0;
}

int hl_sim_study(hl_t *hl, const char *json, size_t len, int runs, const char **out)
{
    copying c = { .opt = HL_OPTIONS_INIT, .json = json, .len = len };
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if (!json || !out || runs < 1 || runs > HL__STUDY_MOST)
        return hl__leave(hl, hl__fail(hl->core.err, HL_EINVAL,
                                      "a scenario, 1 to %d runs and a place for the text are wanted", HL__STUDY_MOST));
    hl__buf_init(&c.settings, &hl->mem);
    r = study(hl, &c, runs, out);
    hl__buf_free(&c.settings);
    return hl__leave(hl, r);
}
