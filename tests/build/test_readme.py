"""test_readme.py - the programs of README.md are run, its commands exist, its links lead somewhere."""  # timeout: 120
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.join(os.environ['HL_SRC'], 'tests'))
from tap import SRC, BUILD, check, done  # noqa: E402 - tests/tap.py
CC = os.environ.get('CC', 'cc').split()


def run(words, **env):
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, **env}, timeout=60)
    return done.returncode == 0, done.stdout + done.stderr


def blocks(text):
    found = {}
    for language, body in re.findall(r'```(\w+)\n(.*?)```', text, re.S):
        found.setdefault(language, []).append(body)
    return found


def program_c(body, folder):
    path = os.path.join(folder, 'desk.c')
    with open(path, 'w', encoding='utf-8') as f:
        f.write(body)
    ok, said = run(CC + ['-std=c11', '-Wall', '-Wextra', '-Werror', '-o', path[:-2], path, '-I' + SRC + '/include', '-L' + BUILD,
                         '-lhotline', '-Wl,-rpath,' + BUILD])
    if ok:
        ok, said = run([path[:-2]])
    check('the C program of README.md compiles, runs and connects', ok and 'connected' in said, said)


def program(body, folder, words, name, **env):
    path = os.path.join(folder, name)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(body)
    ok, said = run(words + [path], **env)
    check(f'the {name} program of README.md runs and prints events', ok and len(said.splitlines()) >= 3, said)


def example():
    """examples/run, as a newcomer starts it: it gets ready, its pages answer, Ctrl-C ends it."""
    with tempfile.TemporaryDirectory() as files:
        p = subprocess.Popen([SRC + '/examples/run', '--store', files + '/hotline.db'], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, start_new_session=True, env={**os.environ, 'HL_BUILD': BUILD})
        said, end = b'', time.monotonic() + 60
        while b'"ready":true' not in said and time.monotonic() < end and p.poll() is None:
            if select.select([p.stdout], [], [], 1)[0]:
                said += os.read(p.stdout.fileno(), 65536)
        ready = next((json.loads(line) for line in said.splitlines() if b'"ready":true' in line), None)
        check('examples/run says it is ready', ready is not None, said.decode(errors='replace'))
        if ready:
            for page in ('desk', 'caller'):
                try:
                    with urllib.request.urlopen(ready[page], timeout=10) as answer:
                        check(f'the {page} page is served', answer.status == 200 and b'<html' in answer.read().lower())
                except OSError as e:
                    check(f'the {page} page is served', False, str(e))
        os.killpg(p.pid, signal.SIGINT)
        try:
            said += p.communicate(timeout=30)[0]
            check('examples/run ends at Ctrl-C', True)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            check('examples/run ends at Ctrl-C', False, said.decode(errors='replace'))


with open(os.path.join(SRC, 'README.md'), encoding='utf-8') as f:
    readme = f.read()
found = blocks(readme)
with tempfile.TemporaryDirectory() as folder:
    for body in found['c']:
        check('the C program has about 30 lines', len(body.splitlines()) <= 36)
        program_c(body, folder)
    if os.path.isdir(BUILD + '/python/hotline'):
        program(found['python'][0], folder, [os.environ.get('PYTHON', 'python3')], 'desk.py', PYTHONPATH=BUILD + '/python')
    else:
        print('ok - the Python program # SKIP the binding is not built')
    modules = [m for m in os.environ.get('LUA_MODULES', '').split() if os.path.exists(f'{BUILD}/lua/{m}/hotline.so')]
    if modules:
        program(found['lua'][0], folder, [modules[-1]], 'desk.lua', LUA_CPATH=f'{BUILD}/lua/{modules[-1]}/?.so')
    else:
        print('ok - the Lua program # SKIP the binding is not built')
example()
for command in sorted({line.split()[0] for body in found['sh'] for line in body.splitlines() if re.match(r'(\.\./|\w+/)', line)}):
    path = os.path.join(SRC, command.replace('../', ''))
    check(f'README.md: {command} is there and can be run', os.access(path, os.X_OK))
targets = open(os.path.join(SRC, 'Makefile.in'), encoding='utf-8').read()
for target in {line.split()[1] for body in found['sh'] for line in body.splitlines() if line.startswith('make ')}:
    check(f'README.md: make {target} exists', re.search(rf'^{target}:', targets, re.M) is not None)
for document in ('README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGES.md', 'doc/decisions.md'):
    with open(os.path.join(SRC, document), encoding='utf-8') as f:
        text = f.read()
    links = set(re.findall(r'\]\(([^)#:]+)\)', text))
    gone = [link for link in links if not os.path.exists(os.path.join(SRC, os.path.dirname(document), link))]
    check(f'{document}: every link leads somewhere', not gone, ' '.join(gone))
done()
