"""bed.py - what the tests with real peers share: the hotline under test, SIPp, a telephone's ear, and TAP."""
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.error
import urllib.request

import sound

TOP = pathlib.Path(os.environ.get('HL_SRC') or pathlib.Path(__file__).resolve().parents[2]).resolve()
BUILD = pathlib.Path(os.environ.get('HL_BUILD') or TOP / 'build').resolve()
WORK = BUILD / 'out' / f'peers-{pathlib.Path(sys.argv[0]).stem}'    # what a failure leaves is looked at there
HOST, SIP, WEB, MEDIA = '127.0.0.1', 5160, 8190, 42300
PASSWORD = 'a password of tests'
MORNING = '2026-11-23T10:00'                        # a Monday: the desk is open whenever the tests run
CAPTURES = '/usr/share/sip-tester'
failures, running = [], []


def until(what, look, seconds=20.0, step=0.05):
    """What look() says, as soon as it says something."""
    end = time.monotonic() + seconds
    while not (got := look()):
        if time.monotonic() > end:
            raise AssertionError(f'waited {seconds} s for: {what}')
        time.sleep(step)
    return got


def same(got, want, what=''):
    assert got == want, f'{what}: {got!r} instead of {want!r}'


def folder(prefix):
    WORK.mkdir(parents=True, exist_ok=True)
    return pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir=WORK))


def comment(text):
    print(''.join(f'# {line}\n' for line in text.splitlines()), end='', flush=True)


@contextlib.contextmanager
def check(sentence):
    """One line of TAP; what went wrong stands below it, and the test goes on."""
    try:
        yield
        print(f'ok - {sentence}', flush=True)
    except Exception as e:                          # a test that fails is no end of the others
        failures.append(sentence)
        print(f'not ok - {sentence}')
        comment(''.join(traceback.format_exception(e)))
        for hotline in running:
            if hotline.child.poll() is not None:    # nothing that follows could work
                comment(f'the hotline ended with status {hotline.child.returncode}:\n{hotline.words()}')
                sys.exit(1)


def say(words):
    print(f'# {words}', flush=True)


def skip(why):
    print(why)
    sys.exit(77)


def need(*programs):
    """Of every test the first words."""
    shutil.rmtree(WORK, ignore_errors=True)
    for p in programs:
        if not shutil.which(p):
            skip(f'{p} is not installed')


def done():
    sys.exit(1 if failures else 0)


def prompt(name, lang='zh-CN'):
    """As the hotline rendered it."""
    return sound.read_wav(next((BUILD / 'water/voice' / lang).glob(f'{name}-*.wav')))


def document(**change):
    """The document of examples/water, each section with what is to be different; None takes a name away."""
    doc = json.loads((TOP / 'examples/water/hotline.json').read_text('utf-8'))

    def into(old, new):
        for key, value in new.items():
            if value is None:
                old.pop(key, None)
            elif isinstance(value, dict) and isinstance(old.get(key), dict):
                into(old[key], value)
            else:
                old[key] = value

    into(doc, change)
    return doc


class Hotline:
    """examples/water_hotline in a directory of its own; 'anna', 'bo' and the admin 'root' have PASSWORD."""

    def __init__(self, doc=None, at=MORNING, store=None, ballast=0, host=HOST):
        self.dir = folder('hotline-')
        self.store = pathlib.Path(store) if store else self.dir / 'hotline.db'
        self.url = f'sqlite:{self.store}?hl_ballast={ballast}' if ballast else self.store
        self.doc, self.at, self.host, self.keys = doc, at, host, {}
        salt = bytes(range(16))
        kept = hashlib.scrypt(PASSWORD.encode(), salt=salt, n=1024, r=8, p=1, dklen=32).hex()
        self.logins = self.dir / 'logins'
        self.logins.write_text(''.join(f'{name}:{role}:scrypt$1024$8$1${salt.hex()}${kept}\n' for name, role in
                                       (('anna', 'agent'), ('bo', 'agent'), ('root', 'admin'))))
        self.start()

    def start(self):
        more = []
        if self.doc:
            (self.dir / 'doc.json').write_text(json.dumps(self.doc, ensure_ascii=False), 'utf-8')
            more = ['--config', self.dir / 'doc.json']
        words = [BUILD / 'examples/water_hotline', '--home', TOP / 'examples', '--files', BUILD / 'water',
                 '--store', self.url, '--sip', f'{self.host}:{SIP}', '--web', f'{HOST}:{WEB}', '--media',
                 f'{self.host}:{MEDIA}', '--login', self.logins, '--lang', 'en', *more]
        if self.at:
            words += ['--at', self.at]
        self.errors = open(self.dir / 'stderr', 'ab')
        self.keys = {}
        self.child = subprocess.Popen([str(w) for w in words], stdout=subprocess.PIPE, stderr=self.errors)
        killer = threading.Timer(120, self.child.kill)
        killer.start()
        line = self.child.stdout.readline()
        killer.cancel()
        if not line.startswith(b'{"ready":true'):
            self.child.kill()
            raise AssertionError(f'the hotline did not start: {self.words()}')
        running.append(self)

    def words(self):
        return (self.dir / 'stderr').read_text('utf-8', 'replace')

    def stop(self, seconds=40):
        running.remove(self)
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(seconds)

    def kill(self):
        running.remove(self)
        self.child.kill()
        self.child.wait()

    def close(self):
        if self in running:
            self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)

    # HTTP

    def http(self, path, body=None, key=None, seconds=10):
        """Status and what came: JSON if it is some."""
        request = urllib.request.Request(f'http://{HOST}:{WEB}{path}', method='POST' if body is not None else 'GET',
                                         data=None if body is None else json.dumps(body).encode())
        request.add_header('Content-Type', 'application/json')
        if key:
            request.add_header('Authorization', f'Bearer {key}')
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as e:
            status, text = e.code, e.read().decode()
        return status, json.loads(text) if text.startswith('{') else text

    def key(self, name='root'):
        if name not in self.keys:
            status, said = self.http('/api/login', {'name': name, 'password': PASSWORD, 'key': True})
            assert status == 200, f'log-in of {name}: {status} {said}'
            self.keys[name] = said['key']
        return self.keys[name]

    def op(self, name, by='root', **args):
        status, said = self.http('/api/op', {'op': name, **args}, self.key(by))
        assert status == 200, f'{name}: {status} {said}'
        return said

    def metric(self, name):
        for line in self.http('/metrics')[1].splitlines():
            if line.split(' ')[0] == f'hotline_{name}':
                return int(float(line.split(' ')[1]))
        raise AssertionError(f'no metric {name}')

    def agent(self, name):
        return next(a for a in self.op('agent.list')['agents'] if a['name'] == name)

    def go(self, name, state='ready'):
        self.op('agent.set', agent=self.agent(name)['id'], state=state)

    def quiet(self, seconds=20):
        """Nobody is in a call any more, and all is written."""
        until('the legs to be gone', lambda: self.metric('legs') == 0 and self.metric('contacts') == 0, seconds)
        until('the store to be up to date', lambda: self.metric('store_backlog') <= 1, seconds)

    # the store, read beside the hotline

    def rows(self, sql, *args):
        with contextlib.closing(sqlite3.connect(f'file:{self.store}?mode=ro', uri=True, timeout=10)) as db:
            db.row_factory = sqlite3.Row
            return [dict(r) for r in db.execute(sql, args)]

    def record(self, number, seconds=15):
        """The record of the one call from this number, once it has ended."""
        got = until(f'the record of {number}', lambda: self.rows(
            "select * from contact where number like ? and ended > 0", '%' + number), seconds)
        same(len(got), 1, f'records of {number}')
        return got[0]


# SIPp

SDP = """v=0
o=- 7 {version} IN IP4 [media_ip]
s=-
c=IN IP4 {address}
t=0 0
m=audio {port} RTP/AVP {codecs}
a=rtpmap:8 PCMA/8000
a=rtpmap:9 G722/8000
a=rtpmap:18 G729/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
a={way}
"""
REQUEST = """{method} {uri} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}
From: <sip:{number}@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:{dialled}@[remote_ip]:[remote_port]>{tag}
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:{number}@[local_ip]:[local_port]>
Max-Forwards: 70
"""
RESPONSE = """SIP/2.0 {status} {reason}
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
"""


class Script:
    """A scenario, piece by piece. The caller: call() press() bye(). The called: ring() pick_up() hung_up()."""

    def __init__(self, number='13800138000', dialled='96332', port='[auto_media_port]'):
        self.number, self.dialled, self.port = number, dialled, port
        self.parts, self.cseq, self.version, self.tag, self.invite = [], 0, 0, '', 0

    def part(self, xml):
        self.parts.append(xml)
        return self

    def sdp(self, codecs='8 101', way='sendrecv', address='[media_ip]'):
        self.version += 1
        return SDP.format(version=self.version, port=self.port, codecs=codecs, way=way, address=address)

    def message(self, head, body, kind):
        more = f'Content-Type: {kind}\nContent-Length: [len]\n\n{body}' if body else 'Content-Length: 0\n\n'
        return self.part(f'<send><![CDATA[\n{head}{more}\n]]></send>')

    def send(self, method, body='', kind='application/sdp', branch='[branch]', uri=None):
        if method not in ('ACK', 'CANCEL'):
            self.cseq += 1
        if method == 'INVITE':
            self.invite = len(self.parts)
        uri = uri or ('[next_url]' if self.tag else f'sip:{self.dialled}@[remote_ip]:[remote_port]')
        return self.message(REQUEST.format(
            method=method, uri=uri, branch=branch, number=self.number, dialled=self.dialled, cseq=self.cseq,
            tag=self.tag), body, kind)

    def answer(self, status, reason, body=''):
        return self.message(RESPONSE.format(status=status, reason=reason), body, 'application/sdp')

    def expect(self, what, optional=False, has=None):
        """A status or a method; has: an expression its text must fit."""
        kind = 'response' if isinstance(what, int) else 'request'
        more = ' optional="true"' if optional else ' rrs="true"' if what == 200 and not self.tag else ''
        action = f'<action><ereg regexp="{has}" search_in="msg" check_it="true" assign_to="x"/></action>' if has else ''
        return self.part(f'<recv {kind}="{what}"{more}>{action}</recv>')

    def pause(self, ms):
        return self.part(f'<pause milliseconds="{ms}"/>')

    # who calls

    def offer(self, **how):
        return self.send('INVITE', self.sdp(**how)).expect(100, True).expect(180, True)

    def call(self, **how):
        """Until the hotline has answered."""
        self.offer(**how).expect(200)
        self.tag = '[peer_tag_param]'
        return self.send('ACK')

    def refused(self, status, has=None, **how):
        self.offer(**how).expect(status, has=has)
        self.tag = '[peer_tag_param]'
        return self.send('ACK', branch=f'[branch-{len(self.parts) - self.invite}]',
                         uri=f'sip:{self.dialled}@[remote_ip]:[remote_port]')

    def again(self, has, **how):
        """A re-INVITE, and what its answer must say."""
        return self.send('INVITE', self.sdp(**how)).expect(100, True).expect(200, has=has).send('ACK')

    def cancel(self):
        """At once, so that it overtakes the answer."""
        self.send('INVITE', self.sdp()).send('CANCEL', branch='[branch-1]').expect(100, True).expect(180, True)
        self.expect(200, has='CSeq: 1 CANCEL').expect(487)
        return self.send('ACK', branch=f'[branch-{len(self.parts) - self.invite}]')

    def press(self, keys, gap=350):
        """RFC 4733, from SIPp's own captures."""
        for key in keys:
            name = {'*': 'star', '#': 'pound'}.get(key, key)
            self.part(f'<nop><action><exec play_pcap_audio="{CAPTURES}/dtmf_2833_{name}.pcap"/></action></nop>')
            self.pause(gap)
        return self

    def info(self, keys, gap=350, kind='application/dtmf-relay'):
        for key in keys:
            body = f'Signal={key}\nDuration=160\n' if kind.endswith('relay') else key
            self.send('INFO', body, kind).expect(200).pause(gap)
        return self

    def bye(self):
        return self.send('BYE').expect(200)

    def hung_up(self):
        return self.expect('BYE').answer(200, 'OK')

    # who is called

    def take(self, header, name):
        return f'<ereg regexp="[^ ].*" search_in="hdr" header="{header}:" assign_to="{name}"/>'

    def ring(self):
        """Logs who calls."""
        self.part('<recv request="INVITE" rrs="true"><action><ereg regexp="sip:([^@]*)@" search_in="hdr" '
                  'header="From:" assign_to="x,who"/><log message="[$who]"/></action></recv>')
        return self.answer(180, 'Ringing')

    def pick_up(self):
        return self.answer(200, 'OK', self.sdp()).part('<recv request="ACK"><action>' + self.take('From', 'from') +
                                                       self.take('To', 'to') + '</action></recv>')

    def answer_invite(self, status, reason):
        """The INVITE's final after a CANCEL: its CSeq is 1 as ours always is."""
        head = RESPONSE.format(status=status, reason=reason).replace('[last_CSeq:]', 'CSeq: 1 INVITE')
        return self.message(head, '', '').expect('ACK')

    def refuse(self, status, reason):
        return self.answer(status, reason).expect('ACK')

    def hang_up(self):
        """The called one's BYE."""
        head = ('BYE [next_url] SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n'
                'From: [$to]\nTo: [$from]\n[last_Call-ID:]\nCSeq: 1 BYE\nMax-Forwards: 70\n')
        return self.message(head, '', '').expect(200)

    def text(self):
        text = '\n'.join(self.parts)
        names = ','.join(re.findall(r'assign_to="([^"]*)"', text)).split(',')
        variables = ','.join(sorted(set(names) - {''}))
        used = f'<Reference variables="{variables}"/>' if variables else ''
        return f'<?xml version="1.0"?><scenario name="peers">{text}{used}</scenario>\n'


class Sipp:
    """One SIPp, in a directory of its own. end() says its exit status: 0 if every call went as written."""

    def __init__(self, script, port, *more, to=f'{HOST}:{SIP}', host=HOST, seconds=30, rows=None, media=None):
        self.dir = folder('sipp-')
        (self.dir / 'script.xml').write_text(script.text())
        words = ['sipp', *([to] if to else []), '-sf', 'script.xml', '-i', host, '-p', str(port), '-mi', host, '-mp',
                 str(media or port + 5000), '-nostdin', '-timeout', str(seconds), '-timeout_error', '-trace_err',
                 '-error_file', 'errors', '-trace_msg', '-message_file', 'messages', '-trace_logs', '-log_file', 'logs',
                 '-cid_str', f'%u-%p-{port}@%s']
        if rows:
            (self.dir / 'rows.csv').write_text('SEQUENTIAL\n' + ''.join(f'{r}\n' for r in rows))
            words += ['-inf', 'rows.csv']
        self.out = open(self.dir / 'out', 'wb')
        self.child = subprocess.Popen([*words, *map(str, more)], cwd=self.dir, stdin=subprocess.DEVNULL,
                                      stdout=self.out, stderr=subprocess.STDOUT)

    def text(self, name):
        file = self.dir / name
        return file.read_text('utf-8', 'replace') if file.exists() else ''

    def end(self, seconds=90):
        return self.child.wait(seconds)

    def good(self, seconds=90):
        status = self.end(seconds)
        assert status == 0, f'SIPp ended with {status}\n{self.text("errors")[-1500:]}\n{self.text("messages")[-3000:]}'
        self.close()

    def close(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        shutil.rmtree(self.dir, ignore_errors=True)
