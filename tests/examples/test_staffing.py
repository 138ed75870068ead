"""test_staffing.py - examples/staffing as its user meets it: the README's command, options, refusals with line and column."""
import csv
import io
import os
import re
import shlex
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ['HL_SRC'], 'tests'))
from tap import SRC, BUILD, check, done  # noqa: E402 - tests/tap.py
PROGRAM = os.path.join(BUILD, 'examples/staffing')
DAY = os.path.join(SRC, 'examples/water/calls.csv')


def run(*words, text=None, lang='C.UTF-8'):
    done = subprocess.run([PROGRAM, *words], capture_output=True, check=False, timeout=30,
                          input=text if isinstance(text, bytes) else (text or '').encode(), env={**os.environ, 'LANG': lang})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def rows(*words, text=None):
    code, out, err = run('--csv', *words, text=text)
    return [] if code else list(csv.DictReader(io.StringIO(out)))


def refused(what, text, words, *options):
    code, out, err = run(*options, text=text)
    check(f'{what} is refused: {words}', code == 1 and not out and words in err and err.count('\n') == 1, err or out)


def readme():
    with open(os.path.join(SRC, 'README.md'), encoding='utf-8') as f:
        body = re.search(r'```console\n\$ build/examples/staffing (.*?)\n(.*?)```', f.read(), re.S)
    words = [os.path.join(SRC, w) if w.startswith('examples/') else w for w in shlex.split(body[1])]
    code, out, err = run(*words)
    before, after = body[2].split('...\n')
    check('the command of README.md prints what README.md shows', code == 0 and out.startswith(before) and out.endswith(after),
          out + err)


def figures():
    table = rows(DAY, '--patience', '300', '--shrinkage', '30')
    check('each interval of the day has its row', len(table) == 28 and table[5]['time'] == '09:30' and table[5]['agents'] == '14',
          table)
    check('levels meet the goal', all(float(r['level']) >= 0.8 for r in table))
    check('who is paid covers who is away', all(float(r['paid']) >= float(r['agents']) / 0.7 - 1e-9 for r in table))
    check('handle_s of the file wins, an empty cell is --handle',
          table[0]['handle_s'] == '150' and table[3]['handle_s'] == '180')
    exact = rows(text='time,calls\n08:00,100\n')[0]
    check('100 calls of 180 s are 14 agents and 88.8 %', exact['agents'] == '14' and
          abs(float(exact['level']) - 0.88835001917946688) < 1e-9 and float(exact['asa_s']) - 7.8359370117772429 < 1e-8, exact)
    for option, value, column, most in (('--max-wait', '2', 'asa_s', 2), ('--max-occupancy', '50', 'occupancy', 0.5),
                                        ('--max-abandon', '1', 'p_abandon', 0.01)):
        table = rows(DAY, '--patience', '200', option, value)
        check(f'{option} holds in every row', table and all(float(r[column]) <= most for r in table), table)
    night = rows(text='time,calls\n02:00,0\n03:00,1\n')
    check('a row without calls needs nobody', night[0]['agents'] == '0' and night[0]['level'] == '1', night)
    half = rows('--interval', '15', text='time,calls\n08:00,50\n08:15,50\n')
    check('--interval scales the load', [r['load_erlang'] for r in half] == ['10', '10'], half)
    levels = [rows('--formula', f, '--patience', '60', text='time,calls\n08:00,100\n')[0]['level'] for f in
              ('of_answered', 'of_offered', 'without_early', 'early_good', 'short_good')]
    check('every formula is known', len(levels) == 5)
    check('--level 0/20 leaves the other goals', rows('--level', '0/20', '--max-occupancy', '90', text='time,calls\n08:00,100\n')
          [0]['agents'] == '12')


def forms():
    told = run(DAY, '--shrinkage', '30')[1].splitlines()
    total = re.search(r'([\d.]+) agent hours, ([\d.]+) paid hours', told[-1])
    table = rows(DAY, '--shrinkage', '30')
    check('the totals are those of the rows', total and float(total[1]) == sum(float(r['agents']) for r in table) / 2 and
          float(total[2]) == sum(float(r['paid']) for r in table) / 2, told[-1])
    code, out, err = run(DAY, '--lang', 'zh')
    check('--lang zh speaks Chinese', code == 0 and '座席工时' in out and '服务水平' in out, err)
    check('LANG chooses, --lang wins', '座席' in run(DAY, lang='zh_CN.UTF-8')[1] and
          'agents' in run(DAY, '--lang', 'en', lang='zh_CN.UTF-8')[1])
    wide = [sum(2 if ord(c) > 0x2e80 else 1 for c in line) for line in out.splitlines()[2:-1]]
    check('columns stand below each other in Chinese too', len(set(wide)) == 1, wide)
    text = '\ufeff"time" , calls\r\n# lunch\r\n\r\n 11:30 ,"64"\r\n12:00, 41.5'
    check('byte order mark, CRLF, quotes, blanks, comments, no last line end', [r['calls'] for r in rows(text=text)] ==
          ['64', '41.5'], run('--csv', text=text))
    code, out, err = run('--help')
    check('--help tells every option', code == 0 and err == '' and all(w in out for w in ('--level', '--csv', '--lang', 'FILE')), out)
    code, out, err = run('--colour')
    check('an unknown option gets the usage and 2', code == 2 and out == '' and 'usage' in err, err)
    code, out, err = run('--handle')
    check('an option without its value too', code == 2 and 'usage' in err, err)
    with open('/dev/full', 'wb') as full:
        done = subprocess.run([PROGRAM, DAY], stdout=full, stderr=subprocess.PIPE, check=False, timeout=30)
    check('a full disk is told', done.returncode == 1 and b'cannot be written' in done.stderr, done.stderr)


def refusals():
    head = 'time,calls,handle_s\n'
    for what, text, words in (
            ('an empty file', '', 'is empty'),
            ('only comments', '# nothing\n', 'is empty'),
            ('a file without rows', head, 'has no rows'),
            ('an unknown column', 'time,cals\n', "1:6: 'cals' is no column's name"),
            ('a column twice', 'time,calls,time\n', "1:12: 'time' is there twice"),
            ('a file without calls', 'time,handle_s\n', 'a column is missing: calls'),
            ('a time that is none', head + '08:00,1\n25:00,2\n', "3:1: '25:00' is no time of day"),
            ('half a time', head + '8,1\n', "2:1: '8' is no time of day"),
            ('a time with seconds', head + '08:00:00,1\n', "'08:00:00' is no time of day"),
            ('a time with a sign', head + '-8:00,1\n', 'is no time of day'),
            ('a short minute', head + '08:5,1\n', 'is no time of day'),
            ('a time that goes back', head + '08:00,1\n07:30,2\n', "3:1: '07:30' is not after"),
            ('the same time twice', head + '08:00,1\n08:00,2\n', 'is not after'),
            ('a step that is no interval', head + '08:00,1\n08:15,2\n', 'is 15 min after the row before; --interval is 30'),
            ('words for a number', head + '08:00,many\n', "2:7: 'many' is no number of calls"),
            ('a negative number', head + '08:00,-1\n', "'-1' is no number of calls"),
            ('not a number', head + '08:00,nan\n', "'nan' is no number of calls"),
            ('a hexadecimal number', head + '08:00,0x10\n', "'0x10' is no number of calls"),
            ('two points', head + '08:00,1.2.3\n', 'is no number of calls'),
            ('an empty number', head + '08:00,,180\n', "2:7: '' is no number of calls"),
            ('too many calls', head + '08:00,999999999999\n', 'is no number of calls'),
            ('a load without end', head + '08:00,900000000,900000000\n', 'erlang'),
            ('a load nobody can staff', head + '08:00,900000000,1000\n', '10000000 agents do not reach the goal'),
            ('no time to handle', head + '08:00,5,0\n', "2:9: '0' is no number of seconds above 0"),
            ('a missing cell', head + '08:00\n', 'a cell is missing: calls'),
            ('an open quote', head + '08:00,"5\n', "2:7: '5' has no second quote"),
            ('a word behind a quote', head + '08:00,"5"x\n', 'something other than a comma'),
            ('Chinese before the fault', 'time,calls,handle_s\n"八点",1\n', "2:1: '八点' is no time of day"),
            ('a line without end', head + '0' * 5000, '2:1: a line of more than 4094 bytes'),
            ('a NUL', head + '08:00,\0 5\n', 'a NUL byte'),
            ('very many cells', ',' * 40, 'more than 32 cells')):
        refused(what, text, words)
    refused('a directory', '', 'cannot be read', SRC)
    refused('no file', '', 'cannot be read', '/nowhere/day.csv')
    for option, value in (('--level', '80'), ('--level', '100/20'), ('--level', '80/20/5'), ('--level', '80/'), ('--handle', '0'),
                          ('--handle', 'x'), ('--patience', '-1'), ('--shrinkage', '96'), ('--max-occupancy', '101'),
                          ('--formula', 'best'), ('--interval', '0'), ('--lang', 'fr'), ('--short', 'nan')):
        refused(f'{option} {value}', head, option + ': ', option, value)
    refused('no goal at all', head + '08:00,5\n', 'asks for nothing', '--level', '0/20')
    bad = run(text=bytes(range(256)) * 40)
    check('bytes at random are refused with a line', bad[0] == 1 and 'standard input' in bad[2], bad[2])


if not os.path.exists(PROGRAM):
    print('ok - examples/staffing # SKIP examples are not built')
    sys.exit(0)
readme()
figures()
forms()
refusals()
done()
