"""test_style.py - the style gate finds what it is there to find: a small tree that breaks every rule once."""
import os
import shutil
import subprocess
import sys
import tempfile

SRC = os.environ['HL_SRC']
failed = 0
GOOD = '/* good.c - nothing wrong here. */\n#include "base/base.h"\n\nint hl__good(int a)\n{\n    return a; /* system(time) */\n}\n'
LONG = '/* long.c - too much. */\nint hl__long(int a)\n{\n' + '    a++;\n' * 60 + '    return a;\n}\n'
PATHS = ('/* paths.c - too many ways. */\nint hl__paths(int a)\n{\n' +
         ''.join(f'    if (a == {n}) return {n + 1};\n' for n in range(16)) + '    return a;\n}\n')
BAD = {  # rule -> a file that breaks it and no other
    'files are at most 800 lines, public headers 250': ('lib/acd/file.c', '/* file.c - long. */\n' + '\n' * 800),
    'functions are at most 60 lines': ('lib/acd/long.c', LONG),
    'functions have at most 15 paths': ('lib/acd/paths.c', PATHS),
    'functions take at most 6 parameters': (
        'lib/acd/params.c', '/* params.c - many. */\nint hl__p(int a, int b, int c, int d, int e, int f, int g)\n{\n'
        '    return a + b + c + d + e + f + g;\n}\n'),
    'lines are at most 120 columns': ('lib/acd/line.c', '/* line.c - wide. */\n/* ' + 'x' * 120 + ' */\n'),
    'the first line says what the file is for': ('lib/acd/first.c', '#include <stddef.h>\n'),
    'text has no tabs, line comments or blanks at the end': ('lib/acd/tab.c', '/* tab.c - tab. */\nint\ta;\nint b; // c\n'),
    'braces stand alone for functions only': (
        'lib/acd/brace.c', '/* brace.c - brace. */\nint hl__b(int a)\n{\n    if (a)\n    {\n        a++;\n    }\n    return a;\n}\n'),
    'includes go downwards': ('lib/acd/up.c', '/* up.c - up. */\n#include "engine/engine.h"\n'),
    'banned functions are not called': (
        'lib/acd/banned.c', '/* banned.c - banned. */\nint hl__b(char *a)\n{\n    return atoi(a);\n}\n'),
    'clocks, memory, sockets and libraries stay at home': (
        'lib/acd/clock.c', '/* clock.c - clock. */\nlong hl__c(void)\n{\n    return time(0);\n}\n'),
    'no choice by preprocessor inside a function': (
        'lib/acd/ifdef.c', '/* ifdef.c - ifdef. */\nint hl__i(void)\n{\n#ifdef X\n    return 1;\n#endif\n    return 0;\n}\n'),
    'nothing is left to be done': ('lib/acd/todo.c', '/* todo.c - later. */\n/* TO' + 'DO: everything */\n'),
}


def check(what, ok, said=''):
    global failed
    failed += not ok
    print(('ok - ' if ok else 'not ok - ') + what)
    if not ok:
        print('\n'.join('# ' + line for line in said.splitlines()[-20:]))


def gate(files, allow=''):
    top = tempfile.mkdtemp()
    try:
        os.makedirs(top + '/tests')
        for path, text in [('tests/style.allow', allow)] + files:
            os.makedirs(os.path.dirname(os.path.join(top, path)), exist_ok=True)
            with open(os.path.join(top, path), 'w', encoding='utf-8') as f:
                f.write(text)
        done = subprocess.run([os.path.join(SRC, 'tests/style')], capture_output=True, text=True, check=False,
                              env={**os.environ, 'HL_SRC': top, 'HL_BUILD': ''})
        return [line[9:] for line in done.stdout.splitlines() if line.startswith('not ok - ')], done.stdout + done.stderr
    finally:
        shutil.rmtree(top)


if not shutil.which('ctags') or not shutil.which('pmccabe'):
    print('universal-ctags or pmccabe is missing')
    sys.exit(77)
broken, said = gate([('lib/acd/good.c', GOOD)])
check('a good file passes; words in comments are no calls', not broken, said)
for rule, file in BAD.items():
    broken, said = gate([('lib/acd/good.c', GOOD), file])
    check(f'found: {rule}', broken == [rule], said)
broken, said = gate([('lib/acd/paths.c', PATHS)], 'lib/acd/paths.c hl__paths cyclomatic 17 a reason\n')
check('an exception lets a function pass', not broken, said)
broken, said = gate([('lib/acd/paths.c', PATHS)], 'lib/acd/paths.c hl__paths cyclomatic 20 a reason\n')
check('an exception wider than needed is an error', broken == ['exceptions are needed and tight'], said)
broken, said = gate([('lib/acd/good.c', GOOD)], 'lib/acd/good.c hl__good cyclomatic 17 a reason\n')
check('an exception nobody needs is an error', broken == ['exceptions are needed and tight'], said)
for path, text, ok in (('lib/sip/a.c', '#include "engine/driver.h"', True), ('lib/sip/b.c', '#include "io/io.h"', True),
                       ('lib/sip/c.c', '#include "engine/engine.h"', False), ('lib/sip/d.c', '#include "media/media.h"', False),
                       ('lib/api/open.c', '#include "store/store.h"', True), ('lib/api/row.c', '#include "sip/sip.h"', False),
                       ('lib/base/e.c', '#include "acd/acd.h"', False), ('lib/api/f.c', '#include "sim/sim.h"', True)):
    broken, said = gate([(path, f'/* {os.path.basename(path)} - includes. */\n{text}\n')])
    check(f'{path} {"may" if ok else "may not"} {text[1:]}', broken == ([] if ok else ['includes go downwards']), said)
sys.exit(failed > 0)
