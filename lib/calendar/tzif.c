/* tzif.c - time zone files (RFC 8536): the 64-bit block, and the POSIX rule behind it written out to the year 2100. */
#include "calendar/inner.h"
#include <string.h>

enum { HEAD = 44 };

typedef struct reader { const uint8_t *at, *end; } reader;

static uint32_t u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t i64(const uint8_t *p)
{
    return (int64_t)((uint64_t)u32(p) << 32 | u32(p + 4));
}

typedef struct counts { uint32_t ut, std, leap, time, type, chars; } counts;

static bool head(reader *r, counts *c)
{
    const uint8_t *p = r->at;

    if (r->end - p < HEAD || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
        return false;
    *c = (counts){ u32(p + 20), u32(p + 24), u32(p + 28), u32(p + 32), u32(p + 36), u32(p + 40) };
    r->at = p + HEAD;
    return c->time < 10000 && c->type > 0 && c->type <= 256 && c->chars < 4096 && c->leap < 1000;
}

static size_t block_len(const counts *c, size_t width)
{
    return c->time * width + c->time + c->type * 6u + c->chars + c->leap * (width + 4) + c->std + c->ut;
}

/* The footer: "CST-8" or "CET-1CEST,M3.5.0,M10.5.0/3". */
typedef struct edge {
    char kind;
    int month, week, day;
    int32_t time;
} edge; /* kind: M, J, N (counted from 0); 0: none */
typedef struct rule { int32_t std, dst; edge begin, finish; } rule;

static bool number(const char **at, int most, int *out)
{
    int n = 0, digits = 0;

    for (; **at >= '0' && **at <= '9' && digits < 4; digits++)
        n = n * 10 + *(*at)++ - '0';
    *out = n;
    return digits > 0 && n <= most;
}

static bool clock_time(const char **at, int32_t *out)
{
    int sign = 1, h, m = 0, s = 0;

    if (**at == '-' || **at == '+')
        sign = *(*at)++ == '-' ? -1 : 1;
    if (!number(at, 167, &h))
        return false;
    if (**at == ':' && (++*at, !number(at, 59, &m)))
        return false;
    if (**at == ':' && (++*at, !number(at, 59, &s)))
        return false;
    *out = sign * (h * 3600 + m * 60 + s);
    return true;
}

static bool zone_name(const char **at)
{
    const char *from = *at;

    if (*from == '<') {
        const char *end = strchr(from, '>');
        *at = end ? end + 1 : from;
        return end != NULL;
    }
    while ((**at >= 'A' && **at <= 'Z') || (**at >= 'a' && **at <= 'z'))
        ++*at;
    return *at - from >= 3;
}

static bool read_edge(const char **at, edge *e)
{
    if (*(*at)++ != ',')
        return false;
    e->kind = 'N';
    e->time = 7200;
    if (**at == 'M' || **at == 'J')
        e->kind = *(*at)++;
    if (e->kind == 'M') {
        if (!number(at, 12, &e->month) || *(*at)++ != '.' || !number(at, 5, &e->week) || *(*at)++ != '.')
            return false;
        if (e->month < 1 || e->week < 1 || !number(at, 6, &e->day))
            return false;
    } else if (!number(at, 365, &e->day)) {
        return false;
    }
    return **at != '/' || (++*at, clock_time(at, &e->time));
}

static bool footer(const char *text, rule *out)
{
    *out = (rule){ 0 };
    if (!zone_name(&text) || !clock_time(&text, &out->std))
        return false;
    out->std = -out->std;
    if (!*text)
        return true;
    out->dst = out->std + 3600;
    if (!zone_name(&text))
        return false;
    if (*text && *text != ',') {
        if (!clock_time(&text, &out->dst))
            return false;
        out->dst = -out->dst;
    }
    return read_edge(&text, &out->begin) && read_edge(&text, &out->finish) && !*text;
}

static bool is_leap(int year)
{
    return hl__days_of(year, 3, 1) - hl__days_of(year, 2, 1) == 29;
}

/* Local second at which an edge comes in a year. */
static int64_t edge_at(const edge *e, int year)
{
    int32_t days;

    if (e->kind == 'M') {
        int32_t first = hl__days_of(year, e->month, 1);
        int32_t next = e->month == 12 ? hl__days_of(year + 1, 1, 1) : hl__days_of(year, e->month + 1, 1);
        int wanted = (e->day + 6) % 7; /* Sunday is 0 there, 6 here */
        days = first + (wanted - hl__weekday_of(first) + 7) % 7 + (e->week - 1) * 7;
        while (days >= next)
            days -= 7;
    } else {
        days = hl__days_of(year, 1, 1) + e->day;
        if (e->kind == 'J') /* counted from 1, 29 February left out */
            days -= is_leap(year) && e->day >= 60 ? 0 : 1;
    }
    return (int64_t)days * DAY + e->time;
}

static void add(hl__zoneinfo *z, int64_t at, int32_t off)
{
    if (z->n > 0 && at <= z->at[z->n - 1])
        return;
    z->at[z->n] = at;
    z->off[z->n++] = off;
}

/* In the order in which the edges come: south of the equator summer begins late in the year. */
static void extend(hl__zoneinfo *z, const rule *r)
{
    int year = 1970, month, day;

    if (z->n > 0)
        hl__date_of((int32_t)(z->at[z->n - 1] / DAY), &year, &month, &day);
    if (year < 1970)
        year = 1970;
    for (; r->begin.kind && year <= LAST_YEAR; year++) {
        int64_t on = edge_at(&r->begin, year) - r->std, off = edge_at(&r->finish, year) - r->dst;
        if (on < off)
            add(z, on, r->dst);
        add(z, off, r->std);
        if (on > off)
            add(z, on, r->dst);
    }
}

static int block(reader *r, const counts *c, hl__zoneinfo *z)
{
    const uint8_t *times = r->at, *kinds = times + c->time * 8, *types = kinds + c->time;

    z->first_off = (int32_t)u32(types);
    for (uint32_t i = 0; i < c->time; i++) {
        if (kinds[i] >= c->type)
            return HL_EPARSE;
        add(z, i64(times + i * 8), (int32_t)u32(types + kinds[i] * 6));
    }
    r->at += block_len(c, 8);
    return 0;
}

/* The line between two newlines behind the block; empty: no rule goes on. */
static int read_tail(const reader *r, char *text, size_t room)
{
    const uint8_t *from = r->at + 1, *end;

    if (r->end - r->at < 2 || *r->at != '\n' || !(end = memchr(from, '\n', (size_t)(r->end - from))))
        return HL_EPARSE;
    if ((size_t)(end - from) >= room)
        return HL_EPARSE;
    memcpy(text, from, (size_t)(end - from));
    text[end - from] = 0;
    return 0;
}

static int read_into(reader *r, hl__mem *mem, hl__zoneinfo *z)
{
    counts c;
    char text[128];
    rule tail;

    if (!head(r, &c) || (size_t)(r->end - r->at) < block_len(&c, 4))
        return HL_EPARSE;
    r->at += block_len(&c, 4);
    if (!head(r, &c) || (size_t)(r->end - r->at) < block_len(&c, 8) || c.leap > 0)
        return HL_EPARSE; /* leap seconds would move every deadline */
    z->at = hl__alloc_array(mem, c.time + 2 * (LAST_YEAR - 1970 + 2), sizeof(*z->at));
    z->off = hl__alloc_array(mem, c.time + 2 * (LAST_YEAR - 1970 + 2), sizeof(*z->off));
    if (!z->at || !z->off)
        return HL_ENOMEM;
    if (block(r, &c, z) < 0 || read_tail(r, text, sizeof(text)) < 0)
        return HL_EPARSE;
    if (!text[0])
        return 0;
    if (!footer(text, &tail))
        return HL_EPARSE;
    if (z->n == 0)
        z->first_off = tail.std;
    extend(z, &tail);
    return 0;
}

int hl__tzif_read(hl__mem *mem, const char *name, const void *bytes, size_t len, hl__zoneinfo **out)
{
    reader r = { bytes, (const uint8_t *)bytes + len };
    hl__zoneinfo *z = hl__alloc(mem, sizeof(*z));
    int result = z && (z->name = hl__strdup(mem, name)) ? read_into(&r, mem, z) : HL_ENOMEM;

    if (result < 0) {
        hl__tzif_free(mem, z);
        return result;
    }
    *out = z;
    return 0;
}

void hl__tzif_free(hl__mem *mem, hl__zoneinfo *z)
{
    if (!z)
        return;
    hl__free(mem, z->name);
    hl__free(mem, z->at);
    hl__free(mem, z->off);
    hl__free(mem, z);
}

/* How many transitions lie at or before utc. */
static uint32_t segment(const hl__zoneinfo *z, int64_t utc)
{
    uint32_t low = 0, high = z->n;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (z->at[mid] <= utc)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static int32_t offset_of(const hl__zoneinfo *z, uint32_t seg)
{
    return seg == 0 ? z->first_off : z->off[seg - 1];
}

int32_t hl__offset_at(const hl__zoneinfo *z, int64_t utc)
{
    return offset_of(z, segment(z, utc));
}

int hl__utc_of(const hl__zoneinfo *z, int64_t local, bool later, int64_t *out)
{
    uint32_t from = segment(z, local - 2 * DAY), to = segment(z, local + 2 * DAY), found = 0;
    int64_t gap = local - offset_of(z, from);

    for (uint32_t s = from; s <= to; s++) {
        int64_t utc = local - offset_of(z, s);
        bool begun = s == 0 || z->at[s - 1] <= utc;
        if (begun && (s == z->n || utc < z->at[s])) {
            if (found == 0 || later)
                *out = utc;
            found++;
        } else if (!begun && s > 0 && local >= z->at[s - 1] + offset_of(z, s - 1)) {
            gap = z->at[s - 1];
        }
    }
    if (found > 0)
        return found > 1 ? 2 : 0;
    *out = gap;
    return 1;
}
