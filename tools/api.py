#!/usr/bin/env python3
"""api.py - reads the public headers, which are the only description of the API, and writes all that is derived from them.

usage: api.py [--cc CC] [--include DIR] [--out DIR]          writes api.txt api.json symbols.txt and what api_write.py makes
       api.py ... --promise FILE                            only checks that no line of the promise is gone

The preprocessor does the macros, the compiler confirms each offset; what is not understood is an error, and so is a
prototype or struct that breaks the grammar of the API (CONTRIBUTING.md, "The public headers").
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

SIZES = {'char': 1, 'int': 4, 'unsigned': 4, 'uint32_t': 4, 'int32_t': 4, 'int64_t': 8, 'uint64_t': 8, 'double': 8,
         'size_t': 8, 'uint8_t': 1}
VALUES = {'int', 'unsigned', 'double', 'size_t', 'int64_t', 'hl_id', 'hl_time', 'hl_seq'}
RESULTS = {'int', 'void', 'hl_time', 'const char *'}


class Refused(Exception):
    """The headers hold something this tool does not understand."""


def run(words, text):
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(done.stderr.strip())
    return done.stdout


class Api:
    """types, constants, enums, lists, structs, functions, events; all in the order of the headers."""

    def __init__(self, cc, include):
        self.cc, self.include = cc.split(), include
        names = sorted(os.listdir(os.path.join(include, 'hotline'))) if os.path.isdir(include + '/hotline') else []
        self.headers = ['hotline.h'] + ['hotline/' + n for n in names if n.endswith('.h')]
        self.raw = {h: open(os.path.join(include, h), encoding='utf-8').read() for h in self.headers}
        self.types, self.constants, self.enums, self.structs = {}, {}, [], {}
        self.functions, self.lists, self.events = [], {}, {}
        with tempfile.TemporaryDirectory() as empty:
            for h in ('stddef.h', 'stdint.h'):
                open(os.path.join(empty, h), 'w', encoding='utf-8').close()
            self.flags = ['-nostdinc', '-I', empty, '-I', include, '-D', 'HL_API=', '-D', 'HL_DEPRECATED(x)=']
            self.read_declarations()
            self.read_lists()
        self.read_comments()
        self.confirm_layout()

    def preprocess(self, text):
        return run(self.cc + ['-E', '-P', '-x', 'c', '-std=c11'] + self.flags + ['-'], text)

    # Declarations.
    def read_declarations(self):
        text = self.preprocess(''.join(f'#include <{h}>\n@ {h}\n' for h in self.headers))
        seen = []
        for part in re.split(r'@ (\S+)', ' '.join(text.split())):
            if part in self.raw:
                for declaration in seen:
                    self.declare(declaration, part)
                seen = []
                continue
            depth, begin = 0, 0
            for n, c in enumerate(part):
                depth += (c in '{(') - (c in '})')
                if c == ';' and depth == 0:
                    seen.append(part[begin:n].strip())
                    begin = n + 1
            if part[begin:].strip():
                raise Refused(f'not understood: {part[begin:].strip()}')

    def declare(self, text, header):
        if m := re.fullmatch(r'typedef struct (\w+) (\w+)', text):
            self.types[m[2]] = 'struct ' + m[1]
        elif m := re.fullmatch(r'typedef (\w+) (\w+)', text):
            self.types[m[2]] = m[1]
        elif m := re.fullmatch(r'typedef struct (\w+) \{(.*)\} (\w+)', text):
            if m[1] != m[3]:
                raise Refused(f'struct {m[1]} has the name {m[3]}')
            self.structs[m[1]] = {'header': header, 'fields': self.fields(m[1], m[2])}
        elif m := re.fullmatch(r'enum \{(.*)\}', text):
            self.enum(m[1])
        elif m := re.fullmatch(r'((?:const )?\w+ \*|\w+) ?(\w+)\((.*)\)', text):
            params = [] if m[3] == 'void' else [self.declarator(p) for p in m[3].split(',')]
            self.functions.append({'name': m[2], 'result': m[1], 'header': header, 'params': params})
        else:
            raise Refused(f'{header}: not understood: {text}')

    @staticmethod
    def declarator(text):
        m = re.fullmatch(r'((?:const )?(?:struct )?\w+) ?(\**) ?(\w+)', text.strip())
        if not m:
            raise Refused(f'not understood: {text}')
        return {'name': m[3], 'type': m[1] + (' ' + m[2] if m[2] else '')}

    def fields(self, struct, text):
        fields, offset = [], 0
        for line in filter(None, (t.strip() for t in text.split(';'))):
            if m := re.fullmatch(r'(.*?) ?\*\(\*(\w+)\)\((.*)\)', line):
                kinds = ', '.join(self.declarator(p)['type'] for p in m[3].split(','))
                got = [{'name': m[2], 'type': f'{m[1]} * (*)({kinds})'}]
            else:
                first, *more = line.split(',')
                got = [self.declarator(first)]
                base = got[0]['type'].rstrip(' *')
                got += [self.declarator(base + ' ' + m.strip()) for m in more]
            for field in got:
                size = self.size(field['type'])
                offset = (offset + size - 1) // size * size
                fields.append({**field, 'offset': offset, 'size': size})
                offset += size
        if not fields:
            raise Refused(f'{struct} is empty')
        return fields

    def size(self, kind):
        if kind.endswith(('*', ')')):
            return 8
        kind = self.types.get(kind, kind)
        if kind not in SIZES:
            raise Refused(f'type {kind} is none of a field')
        return SIZES[kind]

    def enum(self, text):
        value, names = -1, []
        for item in filter(None, (t.strip() for t in text.split(','))):
            m = re.fullmatch(r'(\w+)(?: = (-?(?:0x[0-9a-fA-F]+|\d+)))?', item)
            if not m:
                raise Refused(f'constant not understood: {item}')
            value = int(m[2], 0) if m[2] else value + 1
            self.constants[m[1]] = value
            names.append(m[1])
        self.enums.append(names)

    # Lists: the words and fields that X-macros carry.
    def read_lists(self):
        names = [n for raw in self.raw.values() for n in re.findall(r'^#define (HL_\w+)\(X\)', raw, re.M)]
        text = ''.join(f'#include <{h}>\n' for h in self.headers) + '#define X(...) @ROW __VA_ARGS__\n'
        text = self.preprocess(text + ''.join(f'\n@LIST {n}\n{n}(X)\n' for n in names) + '@LIST END\n')
        for part in text.split('@LIST')[1:-1]:
            name, *rows = [t.strip() for t in part.split('@ROW')]
            self.lists[name] = []
            for row in rows:
                m = re.fullmatch(r'(\w+), (-?\d+)(?:, "(.*)")?', ' '.join(row.split()))
                if not m:
                    raise Refused(f'{name}: row not understood: {row}')
                self.lists[name].append([m[1], int(m[2]), m[3] or ''])
        for name, number, words in self.lists.get('HL_EVENTS', []):
            self.events[name] = {'number': number, 'fields': words.split()}

    # Comments are the manual: behind a prototype or field, above a group, at the top of the header.
    def read_comments(self):
        by_name = {f['name']: f for f in self.functions}
        for header, raw in self.raw.items():
            group, struct, lines = '', None, raw.split('\n')
            for n, line in enumerate(lines):
                if line.startswith('/* '):
                    group = self.comment(lines, n, 0)
                elif line.startswith('HL_API '):
                    m = re.match(r'HL_API [^(]*?(\w+)\(', line)
                    f = by_name.get(m[1]) if m else None
                    if f:
                        f.update(group=group, doc=self.comment(lines, n, line.find(');') + 1))
                elif m := re.match(r'typedef struct (\w+) \{', line):
                    struct = self.structs[m[1]]
                    struct['doc'] = self.comment(lines, n, 0)
                elif struct:
                    for field in struct['fields']:
                        if re.search(r'\b%s\b' % field['name'], line.split('/*')[0]):
                            field['doc'] = self.comment(lines, n, 0)
                    if line.startswith('}'):
                        struct = None

    @staticmethod
    def comment(lines, n, at):
        begin = lines[n].find('/*', at)
        if begin < 0:
            return ''
        text = '\n'.join([lines[n][begin + 2:]] + lines[n + 1:n + 40])
        return ' '.join(re.sub(r'\n\s*\*(?!/)', '\n', text.split('*/')[0]).split())

    def confirm_layout(self):
        asserts = [f'_Static_assert(offsetof({s}, {f["name"]}) == {f["offset"]} && '
                   f'sizeof((({s} *)0)->{f["name"]}) == {f["size"]}, "{s}.{f["name"]}");'
                   for s, d in self.structs.items() for f in d['fields']]
        text = ''.join(f'#include <{h}>\n' for h in self.headers) + '\n'.join(asserts)
        run(self.cc + ['-x', 'c', '-std=c11', '-fsyntax-only', '-w', '-I', self.include, '-'], text)

    # Results.
    def prototype(self, f):
        params = ', '.join(p['type'] + ('' if p['type'].endswith('*') else ' ') + p['name'] for p in f['params'])
        return f'{f["result"]} {f["name"]}({params or "void"})'

    def promise(self):
        lines = [f'func {self.prototype(f)}' for f in self.functions]
        lines += [f'const {n} {v}' for n, v in self.constants.items()]
        lines += [f'field {s}.{f["name"]} {f["offset"]} {f["size"]} {f["type"]}'
                  for s, d in self.structs.items() for f in d['fields']]
        lines += [f'type {n} {t}' for n, t in self.types.items() if not t.startswith('struct')]
        lines += [f'event {n}.{f}' for n, e in self.events.items() for f in e['fields']]
        return sorted(lines)

    def grammar(self):
        """What the compiler takes but the grammar of the API does not."""
        bad = []
        for header, raw in self.raw.items():
            for n, line in enumerate(raw.split('\n'), 1):
                if 'HL_API' in line and '#' not in line and (not line.startswith('HL_API ') or ');' not in line and
                                                             ') HL_DEPRECATED' not in line or len(line) > 120):
                    bad.append(f'{header}:{n}: a prototype begins with HL_API and is one line of at most 120 columns')
            if len(raw.split('\n')) > 251:
                bad.append(f'{header}: more than 250 lines')
        for f in self.functions:
            bad += [f'{f["name"]}: {why}' for why in self.function_faults(f)]
        for name, struct in self.structs.items():
            first, last = struct['fields'][0], struct['fields'][-1]
            end = 0
            if first['name'] != 'size' or first['type'] != 'uint32_t':
                bad.append(f'{name} does not begin with uint32_t size')
            for f in struct['fields']:
                if f['offset'] != end:
                    bad.append(f'{name} has a hole before {f["name"]}')
                end = f['offset'] + f['size']
            if (last['offset'] + last['size']) % 8:
                bad.append(f'{name} has a hole at its end')
            if not re.search(r'^#define %s_INIT \{ sizeof\(%s\)' % (name.upper(), name), self.raw[struct['header']], re.M):
                bad.append(f'{name} has no {name.upper()}_INIT')
        known = set(self.structs) and set().union(*({f['name'] for f in d['fields']} for d in self.structs.values()))
        for name, event in self.events.items():
            bad += [f'event {name}: hl_event has no field {f}' for f in event['fields'] if f not in known]
        return bad

    def function_faults(self, f):
        names = [p['name'] for p in f['params']]
        if len(names) > 6:
            yield 'more than six parameters'
        if f['result'] not in RESULTS:
            yield f'result {f["result"]}'
        if not f['name'].startswith('hl_'):
            yield 'its name does not begin with hl_'
        for n, p in enumerate(f['params']):
            base = p['type'].replace('const ', '').rstrip(' *')
            if p['name'] in ('out', 'row', 'out_len'):
                if any(later not in ('out', 'row', 'out_len') for later in names[n:]):
                    yield f'output {p["name"]} is not last'
                continue
            ok = p['type'] in VALUES or p['type'] in ('const char *', 'hl_t *', 'const hl_t *')
            ok = ok or p['type'] == 'const void *' and names[n + 1:n + 2] in (['len'], ['size'])
            if not ok and not (base in self.structs and p['type'] == f'const {base} *'):
                yield f'parameter {p["type"]} {p["name"]}'


def compare(old, new):
    """Lines that are gone, lines that are new."""
    return sorted(set(old) - set(new)), sorted(set(new) - set(old))


def main():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    args = argparse.ArgumentParser()
    args.add_argument('--cc', default='cc')
    args.add_argument('--include', default=os.path.join(here, 'include'))
    args.add_argument('--out')
    args.add_argument('--promise')
    args = args.parse_args()
    api = Api(args.cc, args.include)
    faults = api.grammar()
    if args.promise:
        with open(args.promise, encoding='utf-8') as f:
            lost, _ = compare(f.read().splitlines(), api.promise())
        faults += ['the promise is broken, this line is gone: ' + line for line in lost]
    if args.out:
        import api_write
        os.makedirs(args.out, exist_ok=True)
        api_write.write(api, args.out)
    for fault in faults:
        print('api.py: ' + fault, file=sys.stderr)
    return 1 if faults and not args.out else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except Refused as e:
        sys.exit(f'api.py: {e}')
