#!/usr/bin/env python3
"""sanity.py - two ways: all of the API is in the binding, and all of the binding is in the API.

usage: sanity.py python|lua. What is left out stands in bindings/<x>/skipped.txt, what is the binding's own in own.txt: a
name (or a pattern) and the reason. An entry nobody needs is an error.
"""
import fnmatch
import json
import os
import re
import subprocess
import sys

SRC, BUILD = os.environ['HL_SRC'], os.environ['HL_BUILD']
WHICH = sys.argv[1]
failed = 0


def entries(name):
    with open(os.path.join(SRC, 'bindings', WHICH, name), encoding='utf-8') as f:
        lines = [line.split(None, 1) for line in f if line.strip() and line[0] != '#']
    assert all(len(line) == 2 for line in lines), f'{name}: every entry needs a reason'
    return {line[0] for line in lines}


def check(what, missing, file):
    global failed
    patterns, used = entries(file), set()
    left = []
    for name in sorted(missing):
        hit = [p for p in patterns if fnmatch.fnmatchcase(name, p)]
        used.update(hit)
        if not hit:
            left.append(name)
    left += [f'{p} in {file} is not needed' for p in sorted(patterns - used)]
    print(('not ok - ' if left else 'ok - ') + what)
    for name in left[:60]:
        print('#   ' + name)
    failed += bool(left)


def camel(name):
    return ''.join(w[:1].upper() + w[1:].lower() for w in name.split('_'))


def python(api):
    import hotline
    modules = {'hl_open': 'open', 'hl_open_sim': 'open_sim', 'hl_version': 'version', 'hl_features': 'features',
               'hl_strerror': 'strerror', 'hl_kind': 'kind'}
    methods = dict(api['methods'], hl_fd='fileno', hl_next='next', hl_close='close')
    modules.update({name: methods[name] for name in api['free']})
    known = set(modules.values())
    missing = []
    for f in api['functions']:
        name = f['name']
        there = hasattr(hotline, modules[name]) if name in modules else hasattr(hotline.Engine, methods[name])
        if not there:
            missing.append(name)
        known.add(methods[name])
    for group, members in api['groups']:
        for short, constant in members:
            at = getattr(hotline, group + 'Code', getattr(hotline, group, None)) if group else hotline
            value = getattr(at, short, None)
            if value != api['constants'][constant]:
                missing.append(constant)
            known.add(short)
        known.update({group, group + 'Code'})
    for struct, d in api['structs'].items():
        cls = getattr(hotline, camel(struct[3:]), None)
        known.add(camel(struct[3:]))
        missing += [f'{struct}.{f["name"]}' for f in d['fields'] if not cls or f['name'] not in cls.__slots__ and
                    f['name'] + '_' not in cls.__slots__]
    missing += ['event ' + n for n in api['events'] if not hasattr(hotline.Ev, n)]
    own = [n for n in hotline.__all__ if n not in known]
    own += ['Engine.' + n for n in dir(hotline.Engine) if n[0] != '_' and n not in known]
    return missing, own


def lua(api):
    module = os.environ['LUA_MODULES'].split()[0]
    script = ('local h=require"hotline" for k in pairs(h) do print("h",k,h[k]) end '
              'for k in pairs(debug.getregistry()["hotline.engine"].__index) do print("m",k) end')
    env = dict(os.environ, LUA_CPATH=f'{BUILD}/lua/{module}/?.so')
    lines = [line.split('\t') for line in
             subprocess.run([module, '-e', script], env=env, capture_output=True, text=True, check=True).stdout.splitlines()]
    module, methods = {w[1]: w[2] for w in lines if w[0] == 'h'}, {w[1] for w in lines if w[0] == 'm'}
    missing = [f['name'] for f in api['functions'] if f['name'][3:] not in methods and f['name'][3:] not in module]
    missing += [n for n, v in api['constants'].items() if module.get(n[3:]) not in (str(v), f'{v}.0')]
    with open(os.path.join(BUILD, 'gen/lua_calls.h'), encoding='utf-8') as f:
        text = f.read()
    for struct, d in api['structs'].items():
        names = re.search(r'static void pull_%s\(.*?names\[\] = \{(.*?)\}' % struct, text, re.S)
        there = re.findall(r'"(\w+)"', names.group(1)) if names else []
        missing += [f'{struct}.{f["name"]}' for f in d['fields'] if f['name'] not in there]
    missing += ['event ' + n for n in api['events'] if 'EV_' + n not in module]
    known = {f['name'][3:] for f in api['functions']} | {n[3:] for n in api['constants']} | set(api['methods'].values())
    return missing, [n for n in list(module) + sorted(methods) if n not in known]


def main():
    with open(os.path.join(BUILD, 'gen/api.json'), encoding='utf-8') as f:
        api = json.load(f)
    missing, own = python(api) if WHICH == 'python' else lua(api)
    check(f'{WHICH}: all of the API is in reach', missing, 'skipped.txt')
    check(f'{WHICH}: nothing is made up', own, 'own.txt')
    return failed > 0


sys.exit(main())
