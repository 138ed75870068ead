"""test_whatif.py - examples/whatif as a supervisor meets it: the README's command, a store, a picture, refusals."""
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import xml.dom.minidom

sys.path.insert(0, os.path.join(os.environ['HL_SRC'], 'tests'))
from tap import SRC, BUILD, check, done  # noqa: E402 - tests/tap.py
PROGRAM = os.path.join(BUILD, 'examples/whatif')
WATER = os.path.join(SRC, 'examples/water/')


def run(*words, lang='C.UTF-8'):
    done = subprocess.run([PROGRAM, *words], capture_output=True, check=False, timeout=50,
                          env={**os.environ, 'LANG': lang})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def figures(out):
    """Name of a row: its numbers."""
    found = {}
    for line in out.splitlines():
        numbers = re.findall(r'[-+]?\d+\.\d', line)
        if len(numbers) >= 3:
            found[re.split(r'\s{2,}', line)[0]] = [float(n) for n in numbers]
    return found


def store(path):
    """Calls as a hotline records them: a busy hour of one agent, every third caller gives up after a minute."""
    db = sqlite3.connect(path)
    db.execute('CREATE TABLE contact(id INTEGER PRIMARY KEY, queue, agent, number, dialled, entered, queued, answered, ended,'
               ' wait_ms, talk_ms, outcome, cause, keys, lang, ticket, flow, result)')
    db.execute('CREATE TABLE ev(seq INTEGER PRIMARY KEY, time, type, contact, leg, queue, agent, ticket, ref, code, detail,'
               ' text, data, epoch, hash)')
    start = 1789952400 * 10**6
    db.execute('INSERT INTO ev(seq,time,type,agent,code,detail) VALUES(1,?,28,18,1,0)', (start,))
    for n in range(240):
        came = start + n * 15 * 10**6
        lost = n % 3 == 0
        ended = came + 60 * 10**6 if lost else came + 100 * 10**6
        db.execute('INSERT INTO contact(id,queue,agent,queued,entered,answered,ended,wait_ms,talk_ms,outcome) '
                   'VALUES(?,?,?,?,?,?,?,?,?,?)',
                   (n * 16 + 9, 'desk', '' if lost else 'anna', came, came, 0 if lost else came + 40 * 10**6, ended,
                    60000 if lost else 40000, 0 if lost else 60000, 'abandoned' if lost else 'handled'))
        if not lost:
            db.execute('INSERT INTO ev(seq,time,type,contact,agent,code,detail) VALUES(?,?,24,?,18,40000,0)',
                       (n + 2, came + 40 * 10**6, n * 16 + 9))
    db.commit()
    db.close()


with tempfile.TemporaryDirectory() as folder:
    svg = os.path.join(folder, 'waits.svg')
    base = ['--now', WATER + 'hotline.json']
    scenario = [*base, '--scenario', WATER + 'day.json', '--zone', 'Asia/Shanghai', '--runs', '4']

    code, out, err = run('--help')
    check('--help tells the options', code == 0 and '--scenario' in out and not err, out + err)
    code, out, err = run(*scenario, '--then', WATER + 'less_notes.json', '--svg', svg)
    rows = figures(out)
    check('two settings stand side by side', code == 0 and len(rows) == 9, out + err)
    calls = rows.get('calls', [0, 0, 1])
    check('both see the same callers', calls[0] == calls[2] > 100, out)
    busy = rows.get('agents busy, %', [0] * 6)
    check('less to write down leaves agents less busy, and the difference is told better than either',
          busy[4] < 0 and busy[5] < busy[1], out)
    picture = xml.dom.minidom.parse(svg)
    check('the picture has both lines over the day', len(picture.getElementsByTagName('polyline')) == 2)
    code, out, err = run(*scenario, '--lang', 'zh')
    check('it speaks Chinese, and the same settings differ by nothing', code == 0 and '平均等待' in out and
          figures(out).get('平均等待（秒）', [1] * 6)[4:] == [0, 0], out + err)

    db = os.path.join(folder, 'calls.db')
    store(db)
    recorded = [*base, '--store', db, '--zone', 'Asia/Shanghai', '--runs', '2']
    changes = os.path.join(folder, 'more.json')
    with open(changes, 'w', encoding='utf-8') as f:
        f.write('{"agents": [{"count": 8, "queues": {"desk": {}}}]}')
    code, out, err = run(*recorded, '--changes', changes)
    rows = figures(out)
    check('recorded callers come again to more agents', code == 0 and rows['calls'][0] == rows['calls'][2] == 240, out + err)
    check('and wait less', code == 0 and rows['mean wait, s'][0] > 20 > 1 > rows['mean wait, s'][2], out)
    check('the store is only read', not os.path.exists(db + '-lock'), os.listdir(folder))

    bad = os.path.join(folder, 'bad.json')
    with open(bad, 'w', encoding='utf-8') as f:
        f.write('{"arrivals": [{"queue": "dask", "per_day": -3}]}')
    code, out, err = run(*base, '--scenario', bad)
    check('a bad scenario is refused with its places', code == 1 and '/arrivals/0/queue' in err and 'desk' in err and
          '/arrivals/0/per_day' in err, err)
    for what, words, told in (('no such file', [*base, '--scenario', '/none'], 'cannot be read'),
                              ('no store', [*base, '--store', '/none.db'], 'cannot be read as a store'),
                              ('no zone', [*scenario, '--zone', 'Mars/Olympus'], 'Mars'),
                              ('no number', [*scenario, '--runs', 'ten'], 'a whole number')):
        code, out, err = run(*words)
        check(f'{what} is refused: {told}', code == 1 and told in err and not out, err + out)
    check('without callers it says how it is used', run(*base)[0] == 2)
done()
