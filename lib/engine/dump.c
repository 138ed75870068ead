/* dump.c - the configuration as text: for people (hl_dump) and for the drivers that own a section. */
#include "engine/engine.h"
#include <string.h>

static void dump_room(const hl__room *room, hl__buf *out)
{
    const hl__object *o;
    const char *comma = "";

    if (room->section.kind == 0) {
        o = hl__names_get(&room->by_name, "");
        hl__buf_str(out, o && o->canon ? o->canon : "{}");
        return;
    }
    hl__buf_char(out, '{');
    for (uint32_t at = 0; (o = hl__names_at(&room->by_name, &at)); comma = ",") {
        hl__buf_str(out, comma);
        hl__buf_json(out, o->name);
        hl__buf_char(out, ':');
        hl__buf_str(out, o->canon ? o->canon : "{}");
    }
    hl__buf_char(out, '}');
}

/* Through the parser once more: that sorts the names, and a password leaves as a sign that it is kept. */
static int sorted(hl_t *hl, hl__buf *raw, hl__buf *out)
{
    hl__json *j = raw->failed ? NULL : hl__json_read(raw->data, raw->len, NULL);
    int r = j ? hl__secrets_hide(hl, j) : HL_ENOMEM;

    if (r == 0)
        r = hl__json_canonical(out, j);
    hl__json_free(j);
    return r < 0 || out->failed ? HL_ENOMEM : 0;
}

int hl__dump(hl_t *hl, const char *section, hl__buf *out)
{
    hl__buf raw;
    bool found = !section;
    int r;

    hl__buf_init(&raw, &hl->mem);
    hl__buf_str(&raw, "{\"hotline\":1");
    for (uint32_t i = 0; i < hl->rooms; i++) {
        const hl__room *room = &hl->room[i];
        if (section && strcmp(section, room->section.name) != 0)
            continue;
        found = true;
        if (room->by_name.map.live == 0 && (!section || room->section.kind == 0))
            continue; /* settings that were never given stay so when this is loaded */
        hl__buf_fmt(&raw, ",\"%s\":", room->section.name);
        dump_room(room, &raw);
    }
    hl__buf_char(&raw, '}');
    r = found ? sorted(hl, &raw, out)
              : hl__fail(hl->core.err, HL_ENOENT, "there is no section \"%s\"", section);
    hl__buf_free(&raw);
    return r;
}

/* "phones" and "trunks" carry their ids, a phone its agent's too: the driver names things by them. */
static void with_ids(const hl__room *room, hl__buf *out)
{
    const hl__object *o;
    const char *comma = "";

    hl__buf_fmt(out, "\"%s\":{", room->section.name);
    for (uint32_t at = 0; (o = hl__names_at(&room->by_name, &at)); comma = ",") {
        hl__buf_str(out, comma);
        hl__buf_json(out, o->name);
        hl__buf_fmt(out, ":{\"id\":%lld%s%s", (long long)o->id, o->canon[1] == '}' ? "" : ",", o->canon + 1);
    }
    hl__buf_char(out, '}');
}

static void media_settings(hl_t *hl, hl__buf *out)
{
    hl__buf clips;
    const char *comma = "";

    hl__buf_str(out, ",\"files\":");
    hl__buf_json(out, hl->files);
    hl__buf_fmt(out, ",\"rtc\":%s,\"clips\":[", hl->rtc ? hl->rtc : "{}");
    hl__buf_init(&clips, &hl->mem);
    (void)hl__flow_clips(hl->flows, &clips); /* without memory: fewer are rendered ahead, each is when it is played */
    for (char *line = clips.data, *end; line && (end = strchr(line, '\n')); line = end + 1, comma = ",") {
        char *name = memchr(line, '\t', (size_t)(end - line));
        char *text = name ? memchr(name + 1, '\t', (size_t)(end - name - 1)) : NULL;
        *end = 0;
        if (!text) {
            *end = '\n';
            continue;
        }
        *name = *text = 0;
        hl__buf_fmt(out, "%s[", comma);
        hl__buf_json(out, line);
        hl__buf_char(out, ',');
        hl__buf_json(out, name + 1);
        hl__buf_char(out, ',');
        hl__buf_json(out, text + 1);
        hl__buf_char(out, ']');
    }
    hl__buf_char(out, ']');
    hl__buf_free(&clips);
}

/* sip: {"listeners":{...},"trunks":...}; media: {"settings":{...},...}; gateway: its section itself. */
static void settings_text(hl_t *hl, int driver, hl__buf *out)
{
    const char *comma = "";

    if (driver != hl->gateway)
        hl__buf_char(out, '{');
    for (uint32_t i = 0; i < hl->rooms; i++) {
        const hl__room *room = &hl->room[i];
        if (room->driver != driver)
            continue;
        hl__buf_str(out, comma);
        comma = ",";
        if (room->section.kind) {
            with_ids(room, out);
            continue;
        }
        if (driver == hl->media)
            hl__buf_str(out, "\"settings\":");
        dump_room(room, out);
    }
    if (driver == hl->media)
        media_settings(hl, out);
    if (driver != hl->gateway)
        hl__buf_char(out, '}');
}

static bool send_settings(hl_t *hl, int driver)
{
    hl__request *q;
    hl__buf b;

    hl__buf_init(&b, &hl->mem);
    settings_text(hl, driver, &b);
    if (b.failed || !(q = hl__ask(hl, HL__RQ_SET, 0))) {
        hl__buf_free(&b);
        return false;
    }
    q->driver = driver;
    q->text = b.data;
    q->len = b.len;
    return true;
}

void hl__driver_settings(hl_t *hl, uint64_t drivers)
{
    hl->owed |= drivers;
    for (uint32_t i = 0; i < hl->drivers; i++)
        if (hl->owed >> i & 1 && send_settings(hl, (int)i))
            hl->owed &= ~(UINT64_C(1) << i); /* else the next turn tries again */
}
