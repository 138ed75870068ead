"""api_write.py - what api.py writes from the headers: promise, bindings' low levels, constants, manual pages, a test."""
import json
import keyword
import os

import api_man
import api_null

# Who calls these gets both the number and the output: the number says more than failure or not.
BOTH = {'hl_gateway_fetch', 'hl_store_verify', 'hl_session_take'}
# Written by hand in each binding: making, ending, waiting, the loop over events.
BY_HAND = {'hl_open', 'hl_open_sim', 'hl_close', 'hl_error', 'hl_strerror', 'hl_version', 'hl_features', 'hl_kind', 'hl_next',
           'hl_fd'}
OUTPUTS = ('out', 'row', 'out_len')
MADE = 'made by tools/api.py from include/: change the header instead'


def camel(name):
    return ''.join(w[:1].upper() + w[1:].lower() for w in name.split('_'))


def safe(name):
    """A name Python lets one use."""
    return name + '_' if keyword.iskeyword(name) else name


def plural(name):
    return name[:-1] + 'ies' if name.endswith('y') else name + 's'


def method(api, f):
    """hl_agent_set -> agent_set; hl_agent_next -> agents, unless a function has that name."""
    name = f['name'][3:]
    many = plural(name[:-5])
    return many if name.endswith('_next') and 'hl_' + many not in {g['name'] for g in api.functions} else name


def groups(api):
    """[(class or '', [(name, constant)])]: an enum whose names share HL_X_ is class X, a second one of a row's X2; else
    they stand alone."""
    taken, result = set(), []
    for names in api.enums:
        prefix = os.path.commonprefix(names)
        prefix = prefix[:prefix.rfind('_') + 1]
        name = camel(prefix[3:-1])
        if not name or (name in taken and prefix[:-1].lower() not in api.structs):
            result.append(('', [(n[3:], n) for n in names]))
            continue
        taken.add(name)
        name += str(sum(g.rstrip('0123456789') == name for g, _ in result) + 1).replace('1', '')
        result.append((name, [(n[len(prefix):], n) for n in names]))
    return result


def kind_of(api, t):
    """n number, s text, b bytes, r row, i input struct, h engine, p other pointer."""
    if t in ('const char *', 'const char **'):
        return 's'
    if t in ('const void *', 'const void **'):
        return 'b'
    if t in ('hl_t *', 'const hl_t *'):
        return 'h'
    base = t.replace('const ', '').rstrip(' *')
    if base in api.structs:
        return 'i' if t.startswith('const') else 'r'
    return 'p' if t.endswith(')') or t == 'void *' else 'n'


def is_free(api, f):
    """Needs no engine: it stands in the module, not among the methods."""
    return f['name'] not in BY_HAND and not any(kind_of(api, p['type']) == 'h' for p in f['params'])


def inputs(api, f):
    """[(name, type, kind)] of what the caller gives; a text with its length is one."""
    result = []
    for p in f['params']:
        if p['name'] in OUTPUTS or kind_of(api, p['type']) == 'h':
            continue
        if p['name'] in ('len', 'size') and result and result[-1][2] in 'sb':
            result[-1] = (result[-1][0], result[-1][1], 'b')
            continue
        result.append((p['name'], p['type'], kind_of(api, p['type'])))
    return result


def cdef(api):
    lines = [f'/* {MADE} */']
    lines += [f'typedef {t} {n};' for n, t in api.types.items()]
    lines += ['enum { ' + ', '.join(f'{n} = {api.constants[n]}' for n in names) + ' };' for names in api.enums]
    for name, struct in api.structs.items():
        lines.append(f'typedef struct {name} {{')
        lines += ['    ' + (f['type'].replace('(*)', f'(*{f["name"]})') if '(*)' in f['type'] else
                            f'{f["type"]} {f["name"]}') + ';' for f in struct['fields']]
        lines.append(f'}} {name};')
    return '\n'.join(lines + [api.prototype(f) + ';' for f in api.functions]) + '\n'


def py_struct(api, name, struct, given):
    fields = [f for f in struct['fields'] if f['name'] != 'size' and kind_of(api, f['type']) != 'p']
    out = [f'class {camel(name[3:])}(Row):', f'    """{struct.get("doc", "") or name}"""',
           f'    __slots__ = ({", ".join(repr(safe(f["name"])) for f in fields)},)',
           *(f'    {safe(f["name"])}: {"str | None" if kind_of(api, f["type"]) == "s" else f["type"] == "double" and "float" or "int"}'
             for f in fields),
           f'    _texts = frozenset({[safe(f["name"]) for f in fields if kind_of(api, f["type"]) == "s"]})', '',
           '    @classmethod', '    def _of(cls, c):', '        r = cls.__new__(cls)']
    for f in fields:
        value = 'c.' + f['name'] if safe(f['name']) == f['name'] else f'getattr(c, "{f["name"]}")'
        if kind_of(api, f['type']) == 's':
            value = f'_str({value})'
        elif (name, f['name']) == ('hl_event', 'type'):
            value = f'_EV.get({value}, {value})'
        out.append(f'        r.{safe(f["name"])} = {value}')
    out += ['        return r', '']
    if name in given:
        out += ['    def _c(self, keep):', f'        c = ffi.new("{name} *")', f'        c.size = ffi.sizeof("{name}")']
        for f in fields:
            value = f'self.{safe(f["name"])}'
            value = f'_kept(keep, {value})' if kind_of(api, f['type']) == 's' else value
            out.append(f'        setattr(c, "{f["name"]}", {value})' if keyword.iskeyword(f['name']) else
                       f'        c.{f["name"]} = {value}')
        out += ['        return c', '']
    return out + ['']


def py_method(api, f):
    """One typed method; *_next becomes a generator."""
    args, before = [], []
    given = ['self._hl'] if f['params'] and kind_of(api, f['params'][0]['type']) == 'h' else []
    for name, t, kind in inputs(api, f):
        arg = safe(name)
        if kind == 'n' and name.endswith('timeout_ms'):
            args.append('timeout: float | None = None')
            given.append('_ms(timeout)')
        elif kind == 'n' and name.endswith('drain_ms'):
            args.append('drain: float = 0')
            given.append('_ms(drain)')
        elif kind == 'n':
            args.append(f'{arg}: {"float" if t == "double" else "int"} = 0')
            given.append(arg)
        elif kind == 's':
            args.append(f'{arg}: str | None = None')
            given.append(f'_text({arg})')
        elif kind == 'b':
            args.append(f'{arg}: str | bytes = b""')
            before.append(f'{arg} = _bytes({arg})')
            given += [arg, f'len({arg})']
        else:
            args.append(f'{arg}: {camel(t.replace("const ", "").rstrip(" *")[3:])} | None = None')
            before += [] if 'keep: list[object] = []' in before else ['keep: list[object] = []']
            before += [f'{arg}_c = {arg}._c(keep) if {arg} is not None else ffi.NULL']
            given.append(arg + '_c')
    outs = [p for p in f['params'] if p['name'] in OUTPUTS]
    row = next((p for p in outs if p['name'] == 'row' or kind_of(api, p['type']) == 'r'), None)
    cls = camel(row['type'].rstrip(' *')[3:]) if row else ''
    doc = f'        """{(f.get("doc") or f["name"]).replace(chr(34), chr(39))}"""'
    head = f'    def {method(api, f)}(self{"".join(", " + a for a in args)})'
    call = f'lib.{f["name"]}({", ".join(given + [p["name"] for p in outs])})'
    body = ['        ' + b for b in before]
    if f['name'].endswith('_next'):
        key = 'seq' if row['type'] == 'hl_event *' else 'id'
        head = head[:-1] + f', after: int = 0) -> Iterator[{cls}]:'
        body += [f'        {row["name"]} = ffi.new("{row["type"]}")', f'        {row["name"]}.size = ffi.sizeof({row["name"]}[0])',
                 f'        {row["name"]}.{key} = after', f'        while self._check({call}):',
                 f'            yield {cls}._of({row["name"]})']
        return [head, doc] + body + ['']
    for p in outs:
        body.append(f'        {p["name"]} = ffi.new("{p["type"]}")')
        if p is row:
            body.append(f'        {p["name"]}.size = ffi.sizeof({p["name"]}[0])')
    if f['result'] != 'int':
        body.append(f'        return {call}')
        return [head + ' -> int:', doc] + body + ['']
    out = outs[0] if outs else None
    value = f'{cls}._of({row["name"]})' if row else ''
    kind = cls
    if out and not row:
        value, kind = (f'_str({out["name"]}[0])', 'str | None') if kind_of(api, out['type']) == 's' else (
            f'{out["name"]}[0]', 'float' if out['type'] == 'double *' else 'int')
        if len(outs) == 2:
            value, kind = f'bytes(ffi.buffer({out["name"]}[0], {outs[1]["name"]}[0]))', 'bytes'
    if f['name'] in BOTH:
        body += [f'        r = self._check({call})', f'        return r, {value}']
        kind = f'tuple[int, {kind}]'
    elif value:
        body += [f'        self._check({call})', f'        return {value}']
    else:
        body.append(f'        return self._check({call})')
    return [head + f' -> {kind or "int"}:', doc] + body + ['']


def py_function(api, f):
    lines = [line[4:].replace('(self, ', '(', 1).replace('(self)', '()', 1).replace('self._check(', '_check_free(')
             for line in py_method(api, f)]
    return lines + ['']


def calls_py(api):
    given = {p['type'].replace('const ', '').rstrip(' *') for f in api.functions for p in f['params']
             if kind_of(api, p['type']) == 'i'}
    out = [f'"""The low level of the binding, {MADE}."""', 'from __future__ import annotations', '',
           'import enum', 'from typing import Iterator', '',
           'from ._ground import Row, _bytes, _check_free, _check_only, _kept, _ms, _str, _text, ffi, lib', '']
    attach = []
    for name, members in groups(api):
        if not name:
            out += ['', *(f'{short} = {api.constants[n]}' for short, n in members)]
            continue
        base = name.rstrip('0123456789')
        if base in {camel(s[3:]) for s in api.structs}:
            name += 'Code'
            attach.append((base, name))
        out += ['', f'class {name}(enum.IntEnum):', *(f'    {s} = {api.constants[n]}' for s, n in members), '']
    out += ['', '_member: enum.IntEnum', '_EV = {int(e): e for e in Ev}', '', '']
    for name, struct in api.structs.items():
        out += py_struct(api, name, struct, given)
    for row, name in attach: # Agent.AVAILABLE: the states stand at the row that has them
        out += [f'for _member in {name}:', f'    setattr({row}, _member.name, _member)']
    out += ['', '']
    for f in api.functions:
        if is_free(api, f):
            out += py_function(api, f)
    out += ['class Calls:', '    """Every function of an engine; Engine is made of it."""', '    _hl: object', '    _check = _check_only',
            '']
    for f in api.functions:
        if f['name'] not in BY_HAND and not is_free(api, f):
            out += py_method(api, f)
    return '\n'.join(out)


def lua_struct(api, name, struct):
    put = {'s': 'put_text(L, "{0}", c->{0});', 'n': 'put_int(L, "{0}", c->{0});', 'd': 'put_real(L, "{0}", c->{0});'}
    get = {'s': 'c->{0} = get_text(L, at, "{0}");', 'n': 'c->{0} = ({1})get_int(L, at, "{0}");',
           'd': 'c->{0} = get_real(L, at, "{0}");'}
    fields = [f for f in struct['fields'] if f['name'] != 'size' and kind_of(api, f['type']) != 'p']
    kinds = [(f, 'd' if f['type'] == 'double' else kind_of(api, f['type'])) for f in fields]
    names = ', '.join(f'"{f["name"]}"' for f in fields)
    given = {p['type'] for f in api.functions for p in f['params'] if p['name'] in OUTPUTS}
    push = [] if f'{name} *' not in given else [
        f'static void push_{name}(lua_State *L, const {name} *c)', '{', f'    lua_createtable(L, 0, {len(fields)});',
        *('    ' + put[k].format(f['name']) for f, k in kinds), '}', '']
    return [*push, f'static void pull_{name}(lua_State *L, int at, {name} *c)', '{',
            f'    static const char *const names[] = {{ {names}, NULL }};', '    memset(c, 0, sizeof *c);',
            '    c->size = sizeof *c;', '    if (lua_isnoneornil(L, at)) return;', '    only(L, at, names);',
            *('    ' + get[k].format(f['name'], f['type']) for f, k in kinds), '}', '']


def lua_call(api, f):
    """static int call_agent_set(lua_State *L): arguments behind the engine, result or nil, words, number."""
    body, at = (['    hl_t *hl = NULL;'], 1) if is_free(api, f) else (['    hl_t *hl = engine(L);'], 2)
    given = ['hl'] if f['params'] and kind_of(api, f['params'][0]['type']) == 'h' else []
    for name, t, kind in inputs(api, f):
        if kind == 'n':
            body.append(f'    {t} {name} = ({t})' + (f'arg_real(L, {at});' if t == 'double' else f'arg_int(L, {at});'))
            given.append(name)
        elif kind == 'b':
            body += [f'    size_t {name}_len;', f'    const char *{name} = luaL_checklstring(L, {at}, &{name}_len);']
            given += [name, name + '_len']
        elif kind == 's':
            body.append(f'    const char *{name} = luaL_optstring(L, {at}, NULL);')
            given.append(name)
        else:
            base = t.replace('const ', '').rstrip(' *')
            body += [f'    {base} {name};', f'    pull_{base}(L, {at}, &{name});']
            given.append(f'lua_isnoneornil(L, {at}) ? NULL : &{name}')
        at += 1
    outs = [p for p in f['params'] if p['name'] in OUTPUTS]
    push = []
    for p in outs:
        base, kind = p['type'].rstrip(' *'), kind_of(api, p['type'])
        if kind == 'r':
            body += [f'    {base} {p["name"]};', f'    pull_{base}(L, {at}, &{p["name"]});']
            push = [f'push_{base}(L, &{p["name"]});']
        elif p['name'] == 'out_len':
            body.append('    size_t out_len = 0;')
            push = ['lua_pushlstring(L, out, out_len);']
        else:
            body.append(f'    {p["type"][:-1].strip()} {p["name"]} = 0;')
            push = ['push_text(L, out);' if kind == 's' else 'lua_pushnumber(L, out);' if p['type'] == 'double *' else
                    'push_int(L, out);']
        given.append('&' + p['name'])
    call = f'{f["name"]}({", ".join(given)})'
    if f['result'] != 'int':
        return [f'static int call_{f["name"][3:]}(lua_State *L)', '{'] + body + [f'    push_int(L, {call});', '    return 1;', '}', '']
    body += [f'    int r = {call};', '    if (r < 0) return failure(L, hl, r);']
    if f['name'].endswith('_next'):
        body += ['    if (r == 0) return 0;']
    body += ['    ' + p for p in push] + ['    push_int(L, r);', f'    return {1 + bool(push)};']
    return [f'static int call_{f["name"][3:]}(lua_State *L)', '{'] + body + ['}', '']


def lua_calls(api):
    out = [f'/* lua_calls.h - {MADE} */'] + [f'#include <{h}>' for h in api.headers]
    for name, struct in api.structs.items():
        out += lua_struct(api, name, struct)
    todo = [f for f in api.functions if f['name'] not in BY_HAND]
    for f in todo:
        out += lua_call(api, f)
    for name, free in (('calls', False), ('free_calls', True)):
        out += [f'static const struct luaL_Reg {name}[] = {{']
        out += [f'    {{ "{f["name"][3:]}", call_{f["name"][3:]} }},' for f in todo if is_free(api, f) == free]
        out += ['    { NULL, NULL }', '};']
    out += ['static const struct { const char *name; lua_CFunction call; int arguments; } lists[] = {']
    out += [f'    {{ "{method(api, f)}", call_{f["name"][3:]}, {len(inputs(api, f))} }},' for f in todo
            if f['name'].endswith('_next')]
    out += ['};', 'static const struct { const char *name; int64_t value; } constants[] = {']
    return '\n'.join(out + [f'    {{ "{n[3:]}", {v} }},' for n, v in api.constants.items()] + ['};', ''])


def meta_lua(api):
    out = ['---@meta', f'-- {MADE}', '---@class hotline.Engine', 'local engine = {}', '---@class hotline', 'local hotline = {}', '']
    for f in api.functions:
        if f['name'] not in BY_HAND and f['name'].endswith('_next') is False:
            names = [n for n, _, _ in inputs(api, f)]
            whose = 'hotline.' if is_free(api, f) else 'engine:'
            out += [f'---{f.get("doc", "")}', f'function {whose}{f["name"][3:]}({", ".join(names)}) end', '']
    return '\n'.join(out)


def constants_js(api):
    js, ts = [f'// {MADE}'], [f'// {MADE}']
    alone = {}
    for name, members in groups(api):
        if name:
            js.append(f'export const {name} = Object.freeze({json.dumps({s: api.constants[n] for s, n in members})});')
            ts.append(f'export const {name}: Readonly<{{ ' + '; '.join(f'{s}: {api.constants[n]}' for s, n in members) + ' }>;')
        else:
            alone.update({s: api.constants[n] for s, n in members})
    js.append(f'export const HL = Object.freeze({json.dumps(alone)});')
    ts.append('export const HL: Readonly<Record<string, number>>;')
    words = {n: w for n, _, w in api.lists.get('HL_ERRORS', [])}
    js.append(f'export const WORDS = Object.freeze({json.dumps(words)});')
    ts.append('export const WORDS: Readonly<Record<string, string>>;')
    return '\n'.join(js) + '\n', '\n'.join(ts) + '\n'


def write(api, out):
    js, ts = constants_js(api)
    everything = {'types': api.types, 'constants': api.constants, 'enums': api.enums, 'structs': api.structs,
                  'functions': api.functions, 'lists': api.lists, 'events': api.events, 'by_hand': sorted(BY_HAND),
                  'free': [f['name'] for f in api.functions if is_free(api, f)], 'groups': groups(api), 'methods': {f['name']: method(api, f) for f in api.functions}}
    files = {'api.txt': '\n'.join(api.promise()) + '\n', 'api.json': json.dumps(everything, indent=1) + '\n',
             'symbols.txt': ''.join(sorted(f['name'] + '\n' for f in api.functions)), 'cdef.h': cdef(api),
             '_calls.py': calls_py(api), 'lua_calls.h': lua_calls(api), 'meta.lua': meta_lua(api), 'constants.js': js,
             'constants.d.ts': ts, 'test_null.c': api_null.test(api, kind_of)}
    files.update({'man/' + n: t for n, t in api_man.pages(api).items()})
    for name, text in files.items():
        path = os.path.join(out, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)
