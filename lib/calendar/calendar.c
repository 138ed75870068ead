/* calendar.c - the calendars there are: sections of the document, versions, lookups. */
#include "calendar/registry.h"
#include <string.h>

enum { NEAR_END = 60 };

int hl__calendars_new(hl__core *core, hl__zone_bytes *zones, void *ctx, hl__calendars **out)
{
    hl__calendars *c = hl__alloc(core->mem, sizeof(*c));

    if (!c)
        return HL_ENOMEM;
    c->core = core;
    c->bytes = zones;
    c->bytes_ctx = ctx;
    hl__names_init(&c->zones, core->mem);
    hl__names_init(&c->by_name, core->mem);
    hl__names_init(&c->sets, core->mem);
    hl__map_init(&c->by_id, core->mem);
    *out = c;
    return 0;
}

static void calendar_free(hl__mem *mem, hl__calendar *cal)
{
    if (!cal)
        return;
    for (uint32_t i = 0; i < cal->versions; i++)
        hl__plan_free(mem, cal->version[i].plan);
    hl__free(mem, cal->version);
    hl__rules_free(mem, cal->rules);
    hl__free(mem, cal->name);
    hl__free(mem, cal);
}

void hl__calendars_free(hl__calendars *c)
{
    void *item;

    if (!c)
        return;
    for (uint32_t at = 0; (item = hl__names_at(&c->by_name, &at));)
        calendar_free(c->core->mem, item);
    for (uint32_t at = 0; (item = hl__names_at(&c->sets, &at));)
        hl__dayset_free(c->core->mem, item);
    for (uint32_t at = 0; (item = hl__names_at(&c->zones, &at));)
        hl__tzif_free(c->core->mem, item);
    hl__names_free(&c->by_name);
    hl__names_free(&c->sets);
    hl__names_free(&c->zones);
    hl__map_free(&c->by_id);
    hl__free(c->core->mem, c);
}

int hl__zone_of(hl__calendars *c, const char *tz, const hl__zoneinfo **out)
{
    hl__zoneinfo *z = hl__names_get(&c->zones, tz);
    const void *bytes;
    size_t len;
    int r;

    if (!z) {
        if (!c->bytes || c->bytes(c->bytes_ctx, tz, &bytes, &len) < 0)
            return hl__fail(c->core->err, HL_ENOENT, "there is no time zone \"%s\"", tz);
        if ((r = hl__tzif_read(c->core->mem, tz, bytes, len, &z)) < 0)
            return hl__fail(c->core->err, r == HL_EPARSE ? HL_ENOENT : r, "the file of time zone \"%s\" cannot be used",
                            tz);
        if ((r = hl__names_put(&c->zones, z->name, z)) < 0) {
            hl__tzif_free(c->core->mem, z);
            return r;
        }
    }
    *out = z;
    return 0;
}

const hl__plan *hl__plan_of(const hl__calendars *c, hl_id id)
{
    const hl__calendar *cal = hl__map_get(&c->by_id, id);

    if (!cal || cal->versions == 0)
        return NULL;
    for (uint32_t i = 0; i < cal->versions; i++)
        if (cal->version[i].id == id)
            return cal->version[i].plan;
    return cal->version[cal->versions - 1].plan;
}

hl_id hl__calendar_find(const hl__calendars *c, const char *name)
{
    const hl__calendar *cal = hl__names_get(&c->by_name, name);

    return cal ? cal->id : 0;
}

static int year_now(const hl__calendars *c)
{
    int year, month, day;

    hl__date_of((int32_t)(c->core->now / HL__SECOND / DAY), &year, &month, &day);
    return year;
}

static int32_t today(const hl__calendars *c)
{
    return (int32_t)(c->core->now / HL__SECOND / DAY);
}

/* The sets a calendar names, in its order; those that are not there are left out. */
static uint32_t sets_of(const hl__calendars *c, const hl__rules *r, const hl__dayset **set, uint32_t room)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < r->sets && n < room; i++)
        if ((set[n] = hl__names_get(&c->sets, r->set[i])))
            n++;
    return n;
}

static int add_version(hl__calendars *c, hl__calendar *cal)
{
    const hl__dayset *set[64];
    hl__compile in = { .rules = cal->rules, .set = set };
    hl__version v = { .number = (int32_t)cal->versions + 1, .added = c->core->now };
    int r;

    in.sets = sets_of(c, cal->rules, set, HL__COUNT(set));
    for (uint32_t i = 0; i < in.sets; i++)
        if (set[i]->until && (!v.known || set[i]->until < v.known))
            v.known = set[i]->until;
    if ((r = hl__zone_of(c, cal->rules->tz, &in.zone)) < 0)
        return r;
    if ((r = hl__grow(c->core->mem, &cal->version, &cal->room, cal->versions, sizeof(v))) < 0)
        return r;
    if ((r = hl__plan_make(c->core->mem, &in, year_now(c), &v.plan)) < 0)
        return r;
    v.id = c->core->id(c->core, HL_KIND_PART);
    if ((r = hl__map_put(&c->by_id, v.id, cal)) < 0) {
        hl__plan_free(c->core->mem, v.plan);
        return r;
    }
    cal->version[cal->versions++] = v;
    return 0;
}

static void drop(hl__calendars *c, hl__calendar *cal)
{
    for (uint32_t i = 0; i < cal->versions; i++)
        hl__map_del(&c->by_id, cal->version[i].id);
    hl__map_del(&c->by_id, cal->id);
    hl__names_del(&c->by_name, cal->name);
    calendar_free(c->core->mem, cal);
}

static int make(hl__calendars *c, hl_id id, const char *name, hl__calendar **out)
{
    hl__calendar *cal = hl__alloc(c->core->mem, sizeof(*cal));
    int r = HL_ENOMEM;

    if (!cal || !(cal->name = hl__strdup(c->core->mem, name)))
        goto out;
    cal->id = id;
    if ((r = hl__names_put(&c->by_name, cal->name, cal)) < 0)
        goto out;
    if ((r = hl__map_put(&c->by_id, id, cal)) < 0) {
        hl__names_del(&c->by_name, name);
        goto out;
    }
    *out = cal;
    return 0;
out:
    calendar_free(c->core->mem, cal);
    return r;
}

static int apply_calendar(void *domain, hl_id id, const char *name, const hl__json *value)
{
    hl__calendars *c = domain;
    hl__calendar *cal = hl__names_get(&c->by_name, name);
    hl__findings f;
    hl__rules *rules;
    int r;

    if (!value) {
        if (cal)
            drop(c, cal);
        return 0;
    }
    hl__findings_init(&f, c->core->mem); /* checked before: nothing will be found */
    r = hl__rules_read(c->core->mem, value, NULL, &f, &rules);
    hl__findings_free(&f);
    if (r < 0)
        return r;
    if (!cal && (r = make(c, id, name, &cal)) < 0) {
        hl__rules_free(c->core->mem, rules);
        return r;
    }
    hl__rules_free(c->core->mem, cal->rules);
    cal->rules = rules;
    return add_version(c, cal);
}

static bool names_set(const hl__rules *r, const char *name)
{
    for (uint32_t i = 0; i < r->sets; i++)
        if (strcmp(r->set[i], name) == 0)
            return true;
    return false;
}

static int apply_set(void *domain, hl_id id, const char *name, const hl__json *value)
{
    hl__calendars *c = domain;
    hl__dayset *was = hl__names_get(&c->sets, name), *set = NULL;
    hl__calendar *cal;
    hl__findings f;
    int r = 0;

    if (value) {
        hl__findings_init(&f, c->core->mem);
        r = hl__dayset_read(c->core->mem, value, NULL, &f, &set);
        hl__findings_free(&f);
        if (r < 0)
            return r;
        set->id = id;
        if (!(set->name = hl__strdup(c->core->mem, name)) || hl__names_put(&c->sets, set->name, set) < 0) {
            hl__dayset_free(c->core->mem, set);
            return HL_ENOMEM;
        }
    } else {
        hl__names_del(&c->sets, name);
    }
    hl__dayset_free(c->core->mem, was);
    for (uint32_t at = 0; r >= 0 && (cal = hl__names_at(&c->by_name, &at));)
        if (names_set(cal->rules, name))
            r = add_version(c, cal);
    return r;
}

static void check_set(void *domain, const char *name, const hl__json *value, const hl__place *at, hl__findings *f,
                      const hl__doc *doc)
{
    hl__calendars *c = domain;
    hl__dayset *set;

    (void)name;
    (void)doc;
    if (hl__dayset_read(c->core->mem, value, at, f, &set) == 0)
        hl__dayset_free(c->core->mem, set);
}

/* Sets of the document as it will be; each is told if it ends soon. */
typedef struct seen { hl__findings *f; const hl__place *at; const hl__doc *doc; } seen; /* where a check looks, tells */

static uint32_t doc_sets(hl__calendars *c, const hl__rules *r, const seen *s, hl__dayset **set, uint32_t room)
{
    hl__place sets = { s->at, "sets", 0 };
    hl__findings *f = s->f;
    const hl__doc *doc = s->doc;
    hl__findings quiet;
    uint32_t n = 0;

    hl__findings_init(&quiet, c->core->mem);
    for (uint32_t i = 0; i < r->sets && n < room; i++) {
        const hl__json *j = doc->object(doc->ctx, "daysets", r->set[i]);
        const char *near = j ? NULL : doc->nearest(doc->ctx, "daysets", r->set[i]);
        hl__place here = { &sets, NULL, i };
        if (!j)
            hl__error(f, E_SET, &here, "there is no day set \"%s\"%s%s", r->set[i], near ? "; did you mean " : "",
                      near ? near : "");
        else if (hl__dayset_read(c->core->mem, j, NULL, &quiet, &set[n]) == 0) {
            if (set[n]->until && set[n]->until < today(c) + NEAR_END)
                hl__warn(f, W_UNTIL, &here, "the days of \"%s\" are known for less than %d days to come", r->set[i],
                         NEAR_END);
            n++;
        }
    }
    hl__findings_free(&quiet);
    return n;
}

static bool opens_this_year(const hl__calendars *c, const hl__compile *in)
{
    const hl__rule *rule;
    int layer;

    for (int32_t d = 0; d < 366; d++)
        if (hl__day_rule(in, today(c) + d, &layer, &rule)->n > 0)
            return true;
    return false;
}

static void check_calendar(void *domain, const char *name, const hl__json *value, const hl__place *at, hl__findings *f,
                           const hl__doc *doc)
{
    hl__calendars *c = domain;
    hl__dayset *set[64];
    hl__compile in = { .set = (const hl__dayset **)set };
    hl__place tz = { at, "tz", 0 };
    hl__rules *rules;
    uint32_t errors = f->errors;

    (void)name;
    if (hl__rules_read(c->core->mem, value, at, f, &rules) < 0)
        return;
    in.rules = rules;
    in.sets = doc_sets(c, rules, &(seen){ f, at, doc }, set, HL__COUNT(set));
    if (hl__zone_of(c, rules->tz, &in.zone) < 0)
        hl__error(f, E_ZONE, &tz, "there is no time zone \"%s\"; names are as \"Asia/Shanghai\"", rules->tz);
    if (f->errors == errors && !opens_this_year(c, &in))
        hl__warn(f, W_NEVER, at, "no date of the year to come is open");
    for (uint32_t i = 0; i < in.sets; i++)
        hl__dayset_free(c->core->mem, set[i]);
    hl__rules_free(c->core->mem, rules);
}

uint32_t hl__calendars_sections(hl__calendars *c, hl__section *out, uint32_t room)
{
    const hl__section mine[] = {
        { "daysets", HL_KIND_PART, c, check_set, apply_set, NULL },
        { "calendars", HL_KIND_CALENDAR, c, check_calendar, apply_calendar, NULL },
    };
    uint32_t n = room < HL__COUNT(mine) ? room : (uint32_t)HL__COUNT(mine);

    memcpy(out, mine, n * sizeof(*out));
    return n;
}

static hl_time midnight_of(int32_t days)
{
    return ((int64_t)days * DAY) * HL__SECOND;
}

int hl__calendar_day(hl__calendars *c, hl_id calendar, int date, hl_calendar_day *out)
{
    static const char *const layers[] = { "", "week", "season", "set", "days" };
    const hl__calendar *cal = hl__map_get(&c->by_id, calendar);
    const hl__plan *p = hl__plan_of(c, calendar);
    const hl__dayset *set[64];
    hl__compile in = { .set = set };
    const hl__rule *rule;
    int32_t days = hl__days_of(date / 10000, date / 100 % 100, date % 100);
    int layer, year, month, day;

    if (!p)
        return hl__fail(c->core->err, HL_ENOENT, "there is no calendar %lld", (long long)calendar);
    hl__date_of(days, &year, &month, &day);
    if (year * 10000 + month * 100 + day != date)
        return hl__fail(c->core->err, HL_EINVAL, "%d is no date as 20261001", date);
    if (days < p->first || days >= p->first + p->days)
        return hl__fail(c->core->err, HL_ELIMIT, "%d is outside what the calendar covers", date);
    in.rules = cal->rules;
    in.sets = sets_of(c, cal->rules, set, HL__COUNT(set));
    (void)hl__day_rule(&in, days, &layer, &rule); /* the plan says what it came to */
    const hl__day *d = &p->day[days - p->first];
    *out = (hl_calendar_day){ .size = out->size, .date = date, .spans = d->spans, .layer = layers[layer],
        .label = rule ? rule->label : "" };
    out->state = d->spans ? HL_CALENDAR_OPEN : d->off ? HL_CALENDAR_HOLIDAY : HL_CALENDAR_CLOSED;
    for (uint32_t i = 0; i < p->n; i++)
        if (p->date[i] == days - p->first)
            out->open_us += (int64_t)(p->to[i] - p->from[i]) * HL__SECOND;
    return 0;
}

int hl__calendar_version_next(hl__calendars *c, hl_id calendar, hl_calendar_version *row)
{
    const hl__calendar *cal = hl__map_get(&c->by_id, calendar);

    if (!cal)
        return hl__fail(c->core->err, HL_ENOENT, "there is no calendar %lld", (long long)calendar);
    for (uint32_t i = 0; i < cal->versions; i++) {
        const hl__version *v = &cal->version[i];
        if (v->id <= row->id)
            continue;
        *row = (hl_calendar_version){ .size = row->size, .number = v->number, .id = v->id, .added = v->added,
            .from = midnight_of(v->plan->first), .until = midnight_of(v->plan->first + v->plan->days),
            .known = v->known ? midnight_of(v->known + 1) : 0, .spans = (int32_t)v->plan->n,
            .bytes = (int32_t)(v->plan->room * 16 + (uint32_t)v->plan->days * sizeof(hl__day)), .name = cal->name,
            .tz = cal->rules->tz };
        return 1;
    }
    return 0;
}
