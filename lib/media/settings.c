/* settings.c - the section "media" of the configuration: what may stand there, and reading it.
 *
 * One function walks the object for both uses: with findings it checks, without it reads what is already checked. */
#include "media/media.h"
#include "io/io.h"
#include <string.h>

static const char known[] = "rtc_port rtp_ports advertise bind codecs effort path music dscp ipv6";
static const char *const codec_words[] = { "opus", "PCMA", "PCMU", NULL };
static const uint8_t codec_kinds[] = { HL__OPUS, HL__PCMA, HL__PCMU };
static const char *const effort_words[] = { "adaptive", "low", "middle", "high", NULL };
static const int32_t efforts[] = { -1, 0, 5, 9 };
static const char *const path_words[] = { "half", "relay", NULL };
static const int32_t paths[] = { HL_PATH_HALF, HL_PATH_RELAY };

static const hl__tuning defaults = { .codec = { HL__OPUS, HL__PCMA, HL__PCMU }, .rtc_port = 42000, .rtp_from = 20000,
    .rtp_to = 29998, .effort = -1, .path = HL_PATH_HALF, .dscp = 46, .ipv6 = true };

static int word_at(const char *word, const char *const *words)
{
    for (int i = 0; word && words[i]; i++)
        if (!strcmp(word, words[i]))
            return i;
    return -1;
}

static void read_codecs(const hl__jcheck *c, hl__tuning *t)
{
    const hl__json *list = hl__jlist(c, "codecs");
    size_t n = hl__json_size(list);
    if (!list)
        return;
    hl__place place = { c->at, "codecs", 0 };
    if (n == 0 || n > sizeof(t->codec))
        hl__error(c->f, c->code, &place, "1 to %zu codecs", sizeof(t->codec));
    uint8_t got[sizeof(t->codec)] = { 0 };
    size_t used = 0;
    for (size_t i = 0; i < n && i < sizeof(got); i++) {
        hl__place at = { &place, NULL, i };
        const char *word = hl__json_text(hl__json_at(list, i));
        int k = word_at(word, codec_words);
        if (k < 0)
            hl__error(c->f, c->code, &at, "\"%s\" is no codec of this library: \"opus\", \"PCMA\" or \"PCMU\"",
                      word ? word : "");
        else if (!memchr(got, codec_kinds[k], sizeof(got)))
            got[used++] = codec_kinds[k];
    }
    if (used)
        memcpy(t->codec, got, sizeof(got));
}

/* "20000-29998": both even, because RTCP has the odd port above. */
static bool parse_range(const char *text, int64_t *from, int64_t *to)
{
    const char *dash = text ? strchr(text, '-') : NULL;
    if (!dash || !hl__int_parse(text, (size_t)(dash - text), from) || !hl__int_parse(dash + 1, strlen(dash + 1), to))
        return false;
    return *from >= 1024 && *to <= 65534 && *from % 2 == 0 && *to % 2 == 0 && *from < *to;
}

static void read_ports(const hl__jcheck *c, hl__tuning *t)
{
    const hl__json *j = hl__json_get(c->j, "rtp_ports");
    if (!j)
        return;
    hl__place at = { c->at, "rtp_ports", 0 };
    if (hl__json_type(j) == HL__JLIST)
        j = hl__json_at(j, 0);
    int64_t from = 0, to = 0;
    if (!parse_range(hl__json_text(j), &from, &to)) {
        hl__error(c->f, c->code, &at, "two even ports from 1024 to 65534, like \"20000-29998\"");
        return;
    }
    t->rtp_from = (uint16_t)from;
    t->rtp_to = (uint16_t)to;
    if (t->rtc_port >= from && t->rtc_port <= to + 1)
        hl__error(c->f, c->code, &at, "rtc_port %u lies inside this range", t->rtc_port);
}

static bool parse_address(const char *text, hl__addr *out)
{
    return text && hl__addr_parse(text, 0, out) == 0 && out->port == 0;
}

static void read_addresses(const hl__jcheck *c, hl__tuning *t)
{
    const hl__json *list = hl__jlist(c, "advertise");
    hl__place place = { c->at, "advertise", 0 };
    t->addresses = 0;
    for (size_t i = 0; i < hl__json_size(list); i++) {
        hl__place at = { &place, NULL, i };
        const char *text = hl__json_text(hl__json_at(list, i));
        if (text && !strcmp(text, "auto"))
            continue;
        if (t->addresses == HL__COUNT(t->address))
            hl__error(c->f, c->code, &at, "at most %zu addresses", HL__COUNT(t->address));
        else if (!parse_address(text, &t->address[t->addresses]))
            hl__error(c->f, c->code, &at, "\"%s\" is no address: write 192.0.2.7, 2001:db8::7 or \"auto\"",
                      text ? text : "");
        else
            t->addresses++;
    }
}

static void walk(const hl__jcheck *c, hl__tuning *t)
{
    t->rtc_port = (uint16_t)hl__jint(c, "rtc_port", 0, 65535 - HL__THREADS, t->rtc_port);
    read_ports(c, t);
    read_addresses(c, t);
    read_codecs(c, t);
    t->effort = efforts[hl__jword(c, "effort", effort_words, 0)];
    t->path = paths[hl__jword(c, "path", path_words, 0)];
    t->dscp = (int32_t)hl__jint(c, "dscp", 0, 63, t->dscp);
    t->ipv6 = hl__jbool(c, "ipv6", t->ipv6);
    (void)hl__copy(t->music, sizeof(t->music), hl__jtext(c, "music", sizeof(t->music) - 1, "")); /* not too long */
    (void)hl__copy(t->bind, sizeof(t->bind), hl__jtext(c, "bind", sizeof(t->bind) - 1, ""));
    hl__addr a;
    hl__place at = { c->at, "bind", 0 };
    if (t->bind[0] && !parse_address(t->bind, &a))
        hl__error(c->f, c->code, &at, "\"%s\" is no address: write 127.0.0.1 or ::, nothing for all", t->bind);
}

static void check(void *domain, const char *name, const hl__json *value, const hl__place *at, hl__findings *f,
                  const hl__doc *doc)
{
    (void)domain;
    (void)name;
    (void)doc;
    hl__jcheck c = { f, value, at, 560 };
    hl__tuning t = defaults;
    hl__jknown(&c, known);
    walk(&c, &t);
}

static int apply(void *domain, hl_id id, const char *name, const hl__json *value)
{
    (void)domain;
    (void)id;
    (void)name;
    (void)value; /* the engine hands the section to the driver's set() */
    return 0;
}

void hl__media_section(hl__section *out)
{
    *out = (hl__section){ .name = "media", .check = check, .apply = apply };
}

void hl__tuning_read(const hl__json *settings, hl__tuning *out)
{
    hl__findings f;
    hl__mem mem = { 0 };
    *out = defaults;
    if (!settings)
        return;
    mem.limit = 1; /* findings are not wanted: nothing may be kept of them */
    hl__findings_init(&f, &mem);
    hl__jcheck c = { &f, settings, NULL, 560 };
    walk(&c, out);
    hl__findings_free(&f);
}
