/* match.c - patterns as a counted automaton: all ways are followed at once, so time is linear in the text.
 *
 * A pattern is turned into instructions with relative jumps; a repeated part is a copy of its instructions. */
#include "expr/code.h"
#include <string.h>

enum { P_RANGES, P_ANY, P_SPLIT, P_JUMP, P_BEGIN, P_END, P_MATCH };
typedef struct group { int begin, part, atom, ends; } group; /* first; first of this |; last atom, -1: none; jumps */
typedef struct builder {
    hl__mem *mem;
    pattern *p;
    const char *s;
    size_t at, len;
    group stack[MAX_NEST];
    int depth;
    const char *wrong;
    int result;
} builder;

static void bad(builder *b, int code, const char *words)
{
    if (b->result == 0) {
        b->result = code;
        b->wrong = words;
    }
}

/* Room for n instructions at `at`, moving what stands there. Jumps are within what moves, or are set later. */
static bool insert(builder *b, int at, int n)
{
    pattern *p = b->p;

    for (int i = 0; i < n && b->result == 0; i++) {
        if (p->ops >= MAX_STATES)
            bad(b, HL_ELIMIT, "more than 256 states");
        else if (hl__grow(b->mem, &p->op, &p->op_room, p->ops, sizeof(*p->op)) < 0)
            bad(b, HL_ENOMEM, "");
        else
            p->ops++;
    }
    if (b->result < 0)
        return false;
    memmove(&p->op[at + n], &p->op[at], (p->ops - (uint32_t)(at + n)) * sizeof(*p->op));
    return true;
}

static void add(builder *b, int op, int x, int y)
{
    int at = (int)b->p->ops;

    if (insert(b, at, 1))
        b->p->op[at] = (pattern_op){ (uint8_t)op, 0, (int16_t)x, (int16_t)y };
}

static void add_range(builder *b, uint32_t from, uint32_t to)
{
    pattern *p = b->p;

    if (b->result < 0)
        return;
    if (from > to)
        bad(b, HL_EPARSE, "a range that runs backwards");
    else if (p->ranges >= 1024)
        bad(b, HL_ELIMIT, "too many ranges of characters");
    else if (hl__grow(b->mem, &p->range, &p->range_room, p->ranges, sizeof(*p->range)) < 0)
        bad(b, HL_ENOMEM, "");
    else
        p->range[p->ranges++] = (code_range){ from, to };
}

static uint32_t code_point(const char *s, size_t len, size_t *at)
{
    unsigned char c = (unsigned char)s[(*at)++];
    uint32_t u = c < 0x80 ? c : c < 0xe0 ? c & 31 : c < 0xf0 ? c & 15 : c & 7;

    while (c >= 0xc0 && *at < len && (s[*at] & 0xc0) == 0x80)
        u = u << 6 | ((unsigned char)s[(*at)++] & 63);
    return u;
}

/* \d \w \s as ranges; false: another letter. */
static bool add_class(builder *b, char c)
{
    switch (c) {
    case 'd': add_range(b, '0', '9'); return true;
    case 'w':
        add_range(b, '0', '9');
        add_range(b, 'A', 'Z');
        add_range(b, '_', '_');
        add_range(b, 'a', 'z');
        return true;
    case 's':
        add_range(b, 9, 10);
        add_range(b, 12, 13);
        add_range(b, ' ', ' ');
        return true;
    default: return false;
    }
}

/* The character after a backslash that is no class. */
static uint32_t escaped(builder *b)
{
    static const char from[] = "ntrfv", to[] = "\n\t\r\f\v";
    const char *p;
    char c = b->s[b->at];

    if (c && (p = strchr(from, c))) {
        b->at++;
        return (uint32_t)to[p - from];
    }
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        bad(b, HL_EPARSE, "no such escape; known are \\d \\w \\s and signs");
    return code_point(b->s, b->len, &b->at);
}

static uint32_t set_member(builder *b)
{
    if (b->s[b->at] == '\\' && b->at + 1 < b->len) {
        b->at++;
        return escaped(b);
    }
    return code_point(b->s, b->len, &b->at);
}

/* Behind the [ : members up to the ]. */
static void set(builder *b)
{
    int from = (int)b->p->ranges;
    bool is_not = b->at < b->len && b->s[b->at] == '^', is_first = true;

    b->at += is_not;
    for (; b->result == 0 && b->at < b->len && (b->s[b->at] != ']' || is_first); is_first = false) {
        if (b->s[b->at] == '\\' && b->at + 1 < b->len && add_class(b, b->s[b->at + 1])) {
            b->at += 2;
            continue;
        }
        uint32_t low = set_member(b), high = low;
        if (b->at + 1 < b->len && b->s[b->at] == '-' && b->s[b->at + 1] != ']') {
            b->at++;
            high = set_member(b);
        }
        add_range(b, low, high);
    }
    if (b->at >= b->len)
        bad(b, HL_EPARSE, "a [ without its ]");
    b->at++;
    add(b, P_RANGES, from, (int)b->p->ranges - from);
    if (b->result == 0)
        b->p->op[b->p->ops - 1].negated = is_not;
}

/* All alternatives of a group go on behind it: jumps at the ends of all but the last, chained by y. */
static void end_group(builder *b, group *g)
{
    for (int at = g->ends; at >= 0;) {
        pattern_op *o = &b->p->op[at];
        at = o->y;
        o->x = (int16_t)((int)b->p->ops - (int)(o - b->p->op));
        o->y = 0;
    }
}

static void alternative(builder *b, group *g)
{
    if (!insert(b, g->part, 1))
        return;
    add(b, P_JUMP, 0, g->ends);
    if (b->result < 0)
        return;
    g->ends = (int)b->p->ops - 1;
    b->p->op[g->part] = (pattern_op){ P_SPLIT, 0, 1, (int16_t)((int)b->p->ops - g->part) };
    g->part = (int)b->p->ops;
    g->atom = -1;
}

/* One repetition of the last atom: * + or ? , its instructions being [at, end). */
static void repeat_once(builder *b, int at, char how)
{
    int len = (int)b->p->ops - at;

    if (how == '+') {
        add(b, P_SPLIT, -len, 1);
        return;
    }
    if (!insert(b, at, 1))
        return;
    b->p->op[at] = (pattern_op){ P_SPLIT, 0, 1, (int16_t)(len + (how == '*' ? 2 : 1)) };
    if (how == '*')
        add(b, P_JUMP, -(len + 1), 0);
}

static void copy(builder *b, const pattern_op *from, int len)
{
    int at = (int)b->p->ops;

    if (insert(b, at, len))
        memcpy(&b->p->op[at], from, (size_t)len * sizeof(*from));
}

static bool count_digits(builder *b, int *out)
{
    size_t from = b->at;

    for (*out = 0; b->at < b->len && b->s[b->at] >= '0' && b->s[b->at] <= '9' && *out < 1000; b->at++)
        *out = *out * 10 + b->s[b->at] - '0';
    return b->at > from;
}

/* {m} {m,} {m,n}; n -1: without end. */
static bool read_counts(builder *b, int *m, int *n)
{
    b->at++;
    if (!count_digits(b, m))
        return false;
    *n = *m;
    if (b->at < b->len && b->s[b->at] == ',') {
        b->at++;
        if (!count_digits(b, n))
            *n = -1;
    }
    return b->at < b->len && b->s[b->at++] == '}' && (*n < 0 || *n >= *m);
}

/* m copies, then what may follow. */
static void repeat_counted(builder *b, int at)
{
    pattern_op body[MAX_STATES];
    int m, n, len = (int)b->p->ops - at;

    if (!read_counts(b, &m, &n)) {
        bad(b, HL_EPARSE, "{m}, {m,} or {m,n} with m <= n is wanted");
        return;
    }
    memcpy(body, &b->p->op[at], (size_t)len * sizeof(*body));
    b->p->ops = (uint32_t)at;
    for (int i = 0; i < m && b->result == 0; i++)
        copy(b, body, len);
    for (int i = m; b->result == 0 && (n < 0 ? i == m : i < n); i++) {
        int part = (int)b->p->ops;
        copy(b, body, len);
        if (b->result == 0)
            repeat_once(b, part, n < 0 ? '*' : '?');
    }
}

static void quantifier(builder *b, group *g)
{
    char how = b->s[b->at];
    int at = g->atom;

    g->atom = -1; /* a** is refused: nothing is left to repeat */
    if (at < 0) {
        bad(b, HL_EPARSE, "nothing to repeat here");
    } else if (how == '{') {
        repeat_counted(b, at);
    } else {
        b->at++;
        repeat_once(b, at, how);
    }
    if (b->at < b->len && b->s[b->at] == '?' && b->result == 0)
        b->at++; /* "as few as possible" finds the same texts */
}

static void open_group(builder *b)
{
    if (b->len - b->at < 3 || memcmp(b->s + b->at, "(?:", 3) != 0) {
        bad(b, HL_EPARSE, "groups are written (?:...)");
    } else if (b->depth >= MAX_NEST) {
        bad(b, HL_ELIMIT, "groups nested deeper than 32");
    } else {
        int at = (int)b->p->ops;
        b->at += 3;
        b->stack[b->depth++] = (group){ at, at, -1, -1 };
    }
}

static void close_group(builder *b)
{
    if (b->depth < 2) {
        bad(b, HL_EPARSE, "a ) without its (");
        return;
    }
    end_group(b, &b->stack[b->depth - 1]);
    b->depth--;
    b->stack[b->depth - 1].atom = b->stack[b->depth].begin;
    b->at++;
}

static void atom(builder *b, group *g)
{
    char c = b->s[b->at];
    int from = (int)b->p->ranges;

    g->atom = (int)b->p->ops;
    if (c == '[' || c == '.' || c == '^' || c == '$') {
        b->at++;
        if (c == '[')
            set(b);
        else
            add(b, c == '.' ? P_ANY : c == '^' ? P_BEGIN : P_END, 0, 0);
        return;
    }
    if (c == '\\') {
        if (++b->at >= b->len) {
            bad(b, HL_EPARSE, "a backslash at the end");
            return;
        }
        if (add_class(b, b->s[b->at]))
            b->at++;
        else {
            uint32_t u = escaped(b);
            add_range(b, u, u);
        }
    } else {
        uint32_t u = code_point(b->s, b->len, &b->at);
        add_range(b, u, u);
    }
    add(b, P_RANGES, from, (int)b->p->ranges - from);
}

int hl__pattern_new(hl__mem *mem, const char *text, size_t len, pattern *out, const char **wrong)
{
    pattern p = { 0 };
    builder b = { .mem = mem, .p = &p, .s = text, .len = len, .stack = { { 0, 0, -1, -1 } }, .depth = 1, .wrong = "" };

    while (b.result == 0 && b.at < len) {
        group *g = &b.stack[b.depth - 1];
        switch (text[b.at]) {
        case '|':
            b.at++;
            alternative(&b, g);
            break;
        case '(': open_group(&b); break;
        case ')': close_group(&b); break;
        case '*': case '+': case '?': case '{': quantifier(&b, g); break;
        default: atom(&b, g); break;
        }
    }
    if (b.result == 0 && b.depth > 1)
        bad(&b, HL_EPARSE, "a ( without its )");
    if (b.result == 0)
        end_group(&b, &b.stack[0]);
    add(&b, P_MATCH, 0, 0);
    if (b.result < 0) {
        hl__pattern_free(mem, &p);
        *wrong = b.wrong;
        return b.result;
    }
    *out = p;
    return 0;
}

void hl__pattern_free(hl__mem *mem, pattern *p)
{
    hl__free(mem, p->op);
    hl__free(mem, p->range);
    *p = (pattern){ 0 };
}

/* Matching: the set of instructions that wait for the next character. */
typedef struct threads { uint16_t at[MAX_STATES]; uint32_t n; } threads;
typedef struct matcher { const pattern *p; uint64_t seen[MAX_STATES / 64]; bool is_begin, is_end, is_done; } matcher;

/* Follows everything that needs no character; each instruction once a step. */
static void follow(matcher *m, threads *t, int from)
{
    uint16_t stack[MAX_STATES + 2];
    int depth = 0;

    stack[depth++] = (uint16_t)from;
    while (depth > 0) {
        int at = stack[--depth];
        const pattern_op *o = &m->p->op[at];
        if (m->seen[at / 64] >> (at % 64) & 1)
            continue;
        m->seen[at / 64] |= (uint64_t)1 << (at % 64);
        switch (o->op) {
        case P_SPLIT:
            stack[depth++] = (uint16_t)(at + o->y);
            stack[depth++] = (uint16_t)(at + o->x);
            break;
        case P_JUMP: stack[depth++] = (uint16_t)(at + o->x); break;
        case P_BEGIN: case P_END:
            if (o->op == P_BEGIN ? m->is_begin : m->is_end)
                stack[depth++] = (uint16_t)(at + 1);
            break;
        case P_MATCH: m->is_done = true; break;
        default: t->at[t->n++] = (uint16_t)at; break;
        }
    }
}

static bool takes(const pattern *p, const pattern_op *o, uint32_t u)
{
    bool is_in = false;

    if (o->op == P_ANY)
        return u != '\n';
    for (int i = 0; i < o->y && !is_in; i++)
        is_in = u >= p->range[o->x + i].from && u <= p->range[o->x + i].to;
    return is_in != o->negated;
}

bool hl__pattern_match(const pattern *p, const char *text, size_t len)
{
    threads now = { .n = 0 }, next;
    matcher m = { .p = p, .is_begin = true, .is_end = len == 0 };
    size_t at = 0;

    follow(&m, &now, 0);
    while (!m.is_done && at < len) {
        uint32_t u = code_point(text, len, &at);
        memset(m.seen, 0, sizeof(m.seen));
        m.is_begin = false;
        m.is_end = at >= len;
        next.n = 0;
        for (uint32_t i = 0; i < now.n; i++)
            if (takes(p, &p->op[now.at[i]], u))
                follow(&m, &next, now.at[i] + 1);
        follow(&m, &next, 0); /* a match may begin anywhere */
        now = next;
    }
    return m.is_done;
}
