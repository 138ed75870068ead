"""api_null.py - a C program that calls every function with NULL, zero, stale and foreign arguments."""

HEAD = r'''/* test_null.c - every function with NULL, zero, stale and foreign arguments; made by tools/api.py. */
%s
#include <math.h>
#include <stdio.h>
#include <string.h>

static int bad, done;
static hl_t *hl, *asked; /* asked: whose words are read, NULL for functions without an engine */
static char text_long[5000];

static hl_id an_id(unsigned k)
{
    static const hl_id some[] = { 0, -1, 15, 31, (hl_id)1 << 53, INT64_MIN, INT64_MAX, 9007199254740990 };
    return k %% 3 ? (hl_id)1 << 40 | (k / 3 %% 14 + 1) : some[k / 3 %% 8];
}

static int64_t a_number(unsigned k)
{
    static const int64_t some[] = { 0, -1, 1, 7, 2147483647, -2147483647, 100000 };
    return some[k %% 7];
}

static double a_real(unsigned k)
{
    const double some[] = { 0, 0.5, -1, 1, 1e9, 1e300, NAN, INFINITY, -INFINITY, 14 };
    return some[k %% 10];
}

static const char *a_text(unsigned k)
{
    static const char *const some[] = { NULL, "", "x", "\xff", "a\nb", "{", "{}", "hotline", text_long };
    return some[k %% 9];
}

static const void *a_struct(unsigned k, void *p, size_t size, int is_number) /* is_number: at offset 8 */
{
    static const uint32_t sizes[] = { 0, 4, 5000, 0xffffffff };
    uint32_t said = k %% 5 < 4 ? (uint32_t)size : sizes[k / 5 %% 4];
    memset(p, 0, size);
    memcpy(p, &said, sizeof said);
    if (is_number && k %% 7 == 6) memset((char *)p + 8, (int)k, size - 8 < 8 ? size - 8 : 8);
    return k %% 4 ? p : NULL;
}

static void *poison(void *p, size_t size, int is_row)
{
    uint32_t said = (uint32_t)size;
    memset(p, 0xA5, size);
    if (is_row) memcpy(p, &said, sizeof said);
    return p;
}

static int touched(const void *p, size_t size, int is_row)
{
    const unsigned char *c = p;
    for (size_t n = is_row ? 4 : 0; n < size; n++)
        if (c[n] != 0xA5) return 1;
    return 0;
}

static void fault(const char *name, unsigned k, int r, const char *what)
{
    printf("not ok - %%s, try %%u, result %%d: %%s\n", name, k, r, what);
    bad++;
}

static void after(const char *name, unsigned k, int r, int is_touched)
{
    const char *words = hl_error(asked);
    done++;
    if (r < 0 && !*words) fault(name, k, r, "fails without words");
    if (r >= 0 && *words) fault(name, k, r, "succeeds with words");
    if (r < 0 && strchr(words, '\n')) fault(name, k, r, "words of two lines");
    if (r < 0 && is_touched) fault(name, k, r, "fails and touches its output");
    if (r < 0 && !*hl_strerror(r)) fault(name, k, r, "an error nobody knows");
}
'''
MAIN = r'''
int main(void)
{
    hl_options opt = HL_OPTIONS_INIT;
    memset(text_long, 'x', sizeof text_long - 1);
    if (hl_open_sim(&opt, 1772413200000000, &hl) < 0) return printf("not ok - hl_open_sim: %%s\n", hl_error(NULL)), 1;
    hl_close(NULL);
%s
    hl_close(hl);
    if (!bad) printf("ok - %%d calls with bad arguments fail with words and leave their outputs alone\n", done);
    return bad != 0;
}
'''
LEFT_OUT = {'hl_open', 'hl_open_sim', 'hl_close', 'hl_error', 'hl_strerror', 'hl_version', 'hl_features', 'hl_kind', 'hl_advance',
            'hl_stop', 'hl_now', 'hl_wake'}


def argument(p, n, kind, number):
    if p['type'] == 'hl_id':
        return f'an_id(k + {n * 5})'
    if p['name'] in ('len', 'size'):
        return f't{n - 1} ? strlen(t{n - 1}) : 0'
    if kind in 'sb':
        return f't{n}'
    if kind == 'i':
        return f'a_struct(k + {n * 3}, &s{n}, sizeof s{n}, {number})'
    return f'a_real(k / {n})' if p['type'] == 'double' else f'({p["type"]})a_number(k + {n * 2})'


def one(f, kind_of, api):
    free = kind_of(api, f['params'][0]['type']) != 'h'
    name, lines, given, check = f['name'], [], [] if free else ['hl'], ['0']
    null = [] if free else ['NULL']
    for n, p in enumerate(f['params'][0 if free else 1:], 1):
        kind = kind_of(api, p['type'])
        if p['name'] in ('out', 'row', 'out_len'):
            base = p['type'][:-1].strip()
            lines.append(f'        {base} o{n};')
            row = int(kind == 'r')
            given.append(f'k % 11 ? poison(&o{n}, sizeof o{n}, {row}) : NULL')
            check.append(f'(k % 11 && touched(&o{n}, sizeof o{n}, {row}))')
            null.append('NULL')
            continue
        if kind == 'i':
            base = p['type'].replace('const ', '').rstrip(' *')
            lines.append(f'        {base} s{n};')
        elif kind in 'sb':
            lines.append(f'        const char *t{n} = a_text(k / {n});')
        number = int(kind == 'i' and not any(f['offset'] == 8 and f['size'] == 8 and '*' in f['type']
                                             for f in api.structs[base]['fields']))
        given.append(argument(p, n, kind, number))
        null.append('0' if kind == 'n' else 'NULL')
    return [f'static void try_{name}(void)', '{', f'    asked = {"NULL" if free else "hl"};', f'    if ({name}({", ".join(null)}) != HL_EINVAL)',
            f'        fault("{name}", 0, 0, "takes nothing but NULL and 0");', '    for (unsigned k = 0; k < 400; k++) {', *lines,
            f'        int r = {name}({", ".join(given)});', f'        after("{name}", k, r, {" || ".join(check)});', '    }', '}', '']


def test(api, kind_of):
    todo = [f for f in api.functions if f['result'] == 'int' and f['name'] not in LEFT_OUT and
            f['params']]
    body = [line for f in todo for line in one(f, kind_of, api)]
    includes = '\n'.join(f'#include <{h}>' for h in api.headers)
    return HEAD % includes + '\n' + '\n'.join(body) + MAIN % '\n'.join(f'    try_{f["name"]}();' for f in todo)
