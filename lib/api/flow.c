/* flow.c - entry points of flow.h: versions, runs. */
#include "api/enter.h"
#include <string.h>

static int given(hl_t *hl, const void *what, const char *name)
{
    return what ? 0 : hl__fail(hl->core.err, HL_EINVAL, "no %s was given", name);
}

static int alias_ok(hl_t *hl, const char *alias)
{
    int r = given(hl, alias, "alias");

    if (r == 0 && (r = hl__text_in(hl, alias, 63, "alias")) == 0 && !alias[0])
        r = hl__fail(hl->core.err, HL_EINVAL, "an alias is a word");
    return r;
}

/* Versions. */

int hl_flow_add(hl_t *hl, const char *json, size_t len, hl_id *out)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = given(hl, json, "flow")) < 0 || (r = given(hl, out, "place for the version's id")) < 0)
        return hl__leave(hl, r);
    hl__findings_clear(hl__desk_findings(hl));
    return hl__leave(hl, hl__flow_add(hl->flows, json, len ? len : strlen(json), hl__desk_findings(hl), out));
}

int hl_flow_publish(hl_t *hl, hl_id version, const char *alias)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, version, HL_KIND_PART, "a version of a flow")) < 0 || (r = alias_ok(hl, alias)) < 0)
        return hl__leave(hl, r);
    hl__findings_clear(hl__desk_findings(hl));
    return hl__leave(hl, hl__flow_publish(hl->flows, version, alias, hl__desk_findings(hl)));
}

int hl_flow_alias_get(hl_t *hl, hl_id flow, const char *alias, hl_id *out)
{
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, flow, HL_KIND_FLOW, "a flow")) == 0 && (r = alias_ok(hl, alias)) == 0 &&
        (r = given(hl, out, "place for the version's id")) == 0)
        r = hl__flow_alias_get(hl->flows, flow, alias, out);
    return hl__leave(hl, r);
}

int hl_flow_version_next(hl_t *hl, hl_id flow, hl_flow_version *row)
{
    hl_flow_version out = HL_FLOW_VERSION_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) < 0 || (flow && (r = hl__id_ok(hl, flow, HL_KIND_FLOW, "a flow")) < 0))
        return hl__leave(hl, r);
    out.id = row->id;
    if ((r = hl__flow_version_next(hl->flows, flow, &out)) == 1) {
        out.hash = hl__keep(hl, out.hash);
        out.aliases = hl__keep(hl, out.aliases);
        if (!hl->shell->desk->failed)
            hl__row_out(row, &out, sizeof(out));
    }
    return hl__leave(hl, r);
}

int hl_flow_version_drop(hl_t *hl, hl_id version)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, version, HL_KIND_PART, "a version of a flow")) == 0)
        r = hl__flow_version_drop(hl->flows, version);
    return hl__leave(hl, r);
}

/* What a domain wrote, for the caller to keep. */
static int hand_out(hl_t *hl, hl__buf *text, int r, const char **out)
{
    if (r >= 0) {
        const char *kept = hl__keep(hl, text->data ? text->data : "");
        if (!hl->shell->desk->failed)
            *out = kept;
    }
    hl__buf_free(text);
    return hl__leave(hl, r);
}

int hl_flow_export(hl_t *hl, hl_id version, int form, const char **out)
{
    hl__buf text;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    hl__buf_init(&text, &hl->mem);
    if ((r = given(hl, out, "place for the text")) == 0 &&
        (r = hl__id_ok(hl, version, HL_KIND_PART, "a version of a flow")) == 0)
        r = hl__flow_export(hl->flows, version, form, &text);
    return hand_out(hl, &text, r, out);
}

/* Runs. */

static int start(hl_t *hl, hl_id contact, hl_id flow, const char *alias, const char *args)
{
    hl__talk *t = hl__talk_of(hl, contact);
    hl__flow_call call = { 0 };
    int r;

    if (!t)
        return hl__fail(hl->core.err, HL_ENOENT, "there is no contact %lld", (long long)contact);
    if (t->flow || t->in_queue || t->engaged)
        return hl__fail(hl->core.err, HL_ESTATE, "the contact is in a flow, in a queue or with an agent");
    call = (hl__flow_call){ .ani = t->number, .dnis = t->dialled, .lang = t->lang[0] ? t->lang : NULL,
        .withheld = t->number[0] == 0, .leg = t->leg };
    t->flow = true;
    t->flow_id = flow;
    r = hl__flow_start(hl->flows, contact, flow, alias, args, &call);
    if (r < 0)
        t->flow = false;
    return r;
}

int hl_flow_start(hl_t *hl, hl_id contact, hl_id flow, const char *alias, const char *args)
{
    int r = hl__enter_command(hl, true);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) == 0 &&
        (r = hl__id_ok(hl, flow, HL_KIND_FLOW, "a flow")) == 0 && (!alias || (r = alias_ok(hl, alias)) == 0))
        r = start(hl, contact, flow, alias ? alias : "live", args);
    return hl__leave(hl, r);
}

int hl_flow_stop(hl_t *hl, hl_id contact)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) == 0)
        r = hl__flow_stop(hl->flows, contact);
    return hl__leave(hl, r);
}

static void run_out(hl_t *hl, hl_flow_run *row, hl_flow_run *out)
{
    out->node = hl__keep(hl, out->node);
    out->lang = hl__keep(hl, out->lang);
    if (!hl->shell->desk->failed)
        hl__row_out(row, out, sizeof(*out));
}

int hl_flow_run_get(hl_t *hl, hl_id contact, hl_flow_run *out)
{
    hl_flow_run row = HL_FLOW_RUN_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, out, sizeof(*out))) == 0 &&
        (r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) == 0 &&
        (r = hl__flow_run_get(hl->flows, contact, &row)) == 0)
        run_out(hl, out, &row);
    return hl__leave(hl, r);
}

int hl_flow_run_next(hl_t *hl, hl_id version, hl_flow_run *row)
{
    hl_flow_run out = HL_FLOW_RUN_INIT;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    if ((r = hl__row_ok(hl, row, sizeof(*row))) < 0 ||
        (version && (r = hl__id_ok(hl, version, HL_KIND_PART, "a version of a flow")) < 0))
        return hl__leave(hl, r);
    out.id = row->id;
    if ((r = hl__flow_run_next(hl->flows, version, &out)) == 1)
        run_out(hl, row, &out);
    return hl__leave(hl, r);
}

int hl_flow_press(hl_t *hl, hl_id contact, const char *keys)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) == 0 && (r = given(hl, keys, "keys")) == 0 &&
        (r = hl__text_in(hl, keys, 64, "keys")) == 0)
        r = hl__flow_press(hl->flows, contact, keys);
    return hl__leave(hl, r);
}

int hl_flow_answer(hl_t *hl, hl_id contact, int ask, int status, const char *json)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if (status < 100 || status > 999)
        r = hl__fail(hl->core.err, HL_EINVAL, "a status is a number from 100 to 999; 200 is a good answer");
    else if ((r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) == 0)
        r = hl__flow_answer(hl->flows, contact, ask, status, json);
    return hl__leave(hl, r);
}

int hl_flow_value_get(hl_t *hl, hl_id contact, const char *name, const char **out)
{
    hl__buf text;
    int r = hl__enter(hl);

    if (r < 0)
        return r;
    hl__buf_init(&text, &hl->mem);
    if ((r = given(hl, name, "name")) == 0 && (r = given(hl, out, "place for the value")) == 0 &&
        (r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) == 0)
        r = hl__flow_value_get(hl->flows, contact, name, &text);
    return hand_out(hl, &text, r, out);
}

int hl_flow_value_set(hl_t *hl, hl_id contact, const char *name, const char *json)
{
    int r = hl__enter_command(hl, false);

    if (r < 0)
        return r;
    if ((r = given(hl, name, "name")) == 0 && (r = given(hl, json, "value")) == 0 &&
        (r = hl__id_ok(hl, contact, HL_KIND_CONTACT, "a contact")) == 0)
        r = hl__flow_value_set(hl->flows, contact, name, json);
    return hl__leave(hl, r);
}
