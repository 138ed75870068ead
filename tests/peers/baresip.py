"""baresip.py - an agent at a telephone played by baresip. Run by baresip.sh."""
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time

import sound
from bed import Hotline, Script, Sipp, check, document, done, folder, need, prompt, same, say, skip, until

HOST, SIP, CONTROL, CALLER, NEXT, EAR = '10.96.33.1', 5160, 4460, 6100, 6200, 6900
CONFIG = """sip_listen {host}:{port}
net_interface hl0
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
audio_player aubridge,nobody
audio_source aufile,{dir}/say.wav
audio_alert aubridge,nobody
snd_path {dir}
rtp_ports 15000-15100
"""


class Baresip:
    """A telephone with an account; what it tells of itself is in events."""

    def __init__(self, user, password, port=5261, control=CONTROL, says=b'', more=''):
        self.dir = folder('baresip-')
        (self.dir / 'config').write_text(CONFIG.format(host=HOST, port=port, control=control, dir=self.dir))
        (self.dir / 'contacts').write_text('')
        (self.dir / 'accounts').write_text(f'<sip:{user}@{HOST}:{SIP}>;auth_pass={password};regint=60;'
                                           f'audio_codecs=pcma{more}\n')
        sound.write_wav(self.dir / 'say.wav', says or b'\0' * 16000)
        self.log = open(self.dir / 'log', 'wb')
        self.child = subprocess.Popen(['baresip', '-4', '-s', '-f', self.dir], stdin=subprocess.DEVNULL,
                                      stdout=self.log, stderr=subprocess.STDOUT)
        self.events, self.said, self.rest = [], [], b''
        self.socket = until('baresip to listen', lambda: self.connect(control), 10)
        threading.Thread(target=self.read, daemon=True).start()

    def connect(self, port):
        try:
            return socket.create_connection(('127.0.0.1', port), 1)
        except OSError:
            return None

    def read(self):
        """Netstrings: 12:{...},"""
        self.socket.settimeout(None)
        while data := self.socket.recv(65536):
            self.rest += data
            while b':' in self.rest:
                size, rest = self.rest.split(b':', 1)
                if len(rest) <= int(size):
                    break
                one = json.loads(rest[:int(size)])
                (self.events if one.get('event') else self.said).append(one)
                self.rest = rest[int(size) + 1:]

    def tell(self, command, params=''):
        text = json.dumps({'command': command, 'params': params, 'token': command}).encode()
        self.socket.sendall(b'%d:%s,' % (len(text), text))

    def count(self, kind):
        return len([e for e in self.events if e['type'] == kind])

    def wait(self, kind, seconds=15, n=1):
        until(f'{kind} of baresip', lambda: self.count(kind) >= n, seconds)

    def registered(self, seconds=10):
        """By its log: it may have happened before anybody listened to events."""
        until('the registration', lambda: ' binding]' in self.trace(), seconds)
        return self

    def trace(self):
        return (self.dir / 'log').read_text('utf-8', 'replace')

    def close(self):
        self.child.terminate()
        try:
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
        self.socket.close()
        shutil.rmtree(self.dir, ignore_errors=True)


def agent(hotline, name='chen'):
    a = hotline.agent(name)
    return a['state'], a['work']


def statuses(trace):
    """Of the hotline's answers to REGISTER, in their order."""
    return [int(s) for s in re.findall(r'SIP/2\.0 (\d+) [^#]*?CSeq: \d+ REGISTER', trace)]


def the_document():
    return document(
        agents={'dora': {'address': f'sip:dora@{HOST}:{NEXT}', 'queues': {'desk': {}}},
                'eve': {'phone': '1003', 'queues': {'desk': {}}}},
        phones={'1002': {'password': 'water-1002-phone'}, '1003': {'password': 'water-1003-phone', 'digest': 'md5'}},
        queues={'desk': {'offer_ms': 4000, 'wrapup_ms': 3000}})


def dial(phone, number):
    """A feature key, and how it was refused: a call is never made of it."""
    before = phone.count('CALL_CLOSED')
    phone.tell('dial', number)
    phone.wait('CALL_CLOSED', n=before + 1)
    return [e for e in phone.events if e['type'] == 'CALL_CLOSED'][-1]['param']


def caller(number, port='[auto_media_port]', at=CALLER):
    """A call to a person, which the hotline ends."""
    script = Script(number, port=port).call().pause(300).info('0').hung_up()
    return Sipp(script, at, '-m', 1, to=f'{HOST}:{SIP}', host=HOST, seconds=60)


def passwords(hotline):
    with check('a wrong password gets 401 and nothing else: no binding, no state, no call'):
        phone = Baresip('1002', 'not-her-password')
        until('its refusal', lambda: 'REGISTER' in phone.trace() and len(statuses(phone.trace())) >= 1, 10)
        time.sleep(2)
        dial(phone, '*80')
        same(set(statuses(phone.trace())) <= {401, 403}, True, f'answers {statuses(phone.trace())}')
        assert ' binding]' not in phone.trace()
        phone.close()
    with check('a telephone that is offered MD5 alone registers at once'):
        phone = Baresip('1003', 'water-1003-phone').registered()
        same(statuses(phone.trace()), [401, 200], 'answers')
        phone.close()
    with check('a telephone that knows MD5 only registers where SHA-256 is offered first, at its third try'):
        for _ in range(2):
            phone = Baresip('1001', 'water-1001-phone')
            until('the challenge', lambda: statuses(phone.trace()) == [401], 10)
            challenges = re.findall('algorithm=([-A-Z0-9]*)', phone.trace())
            same(challenges, ['SHA-256', 'MD5'], 'algorithms')
            phone.close()
        phone = Baresip('1001', 'water-1001-phone').registered()
        same(statuses(phone.trace()), [401, 200], 'answers')
        phone.close()


def feature_keys(hotline, phone):
    with check('*80 makes her ready, *81 gives her a break, *82 sends her home'):
        for number, state in (('*80', 'available'), ('*81', 'aux'), ('*82', 'offline'), ('*80', 'available')):
            same(dial(phone, number), '486 Busy Here', number)
            same(agent(hotline), (state, 'idle'), number)


def talk(hotline, phone, spoken):
    with check('a call rings her telephone with the caller\'s number, and picking up accepts it'):
        ear = sound.Sound(HOST, EAR)
        line = caller('13800000001', port=EAR)
        phone.wait('CALL_INCOMING')
        same(agent(hotline), ('available', 'offer'), 'she')
        ring = [e for e in phone.events if e['type'] == 'CALL_INCOMING'][-1]
        same(ring['peeruri'], f'sip:+8613800000001@{HOST}:{SIP}', 'caller')
        phone.tell('accept')
        phone.wait('CALL_ESTABLISHED')
        until('the talk', lambda: agent(hotline) == ('available', 'busy'), 3)
    with check('speech flows both ways'):
        before = ear.packets, ear.sent
        ear.say(spoken['down'])
        time.sleep(6)
        got, sent = ear.packets - before[0], ear.sent - before[1]
        phone.tell('hangup')
        time.sleep(0.5)
        after, ended = agent(hotline), time.monotonic()
        heard = sound.read_wav(next(phone.dir.glob('dump-*-dec.wav')))
        up = sound.likeness(spoken['up'], bytes(ear.heard))
        down = sound.likeness(spoken['down'], heard)
        say(f'{got} packets to the caller, {sent} to her; likeness {up:.3f} and {down:.3f}')
        assert got > 280 and sent > 280 and up > 0.9 and down > 0.9
    with check('when she hangs up she is in wrap-up for as long as the queue gives, then idle'):
        same(after, ('available', 'wrapup'), 'she')
        until('her to be idle', lambda: agent(hotline) == ('available', 'idle'), max(0, ended + 4 - time.monotonic()))
        line.good()
        ear.close()
        record = hotline.record('13800000001')
        same((record['outcome'], record['agent']), ('handled', 'chen'), 'record')
        assert record['talk_ms'] > 5000


def refused_rings(hotline, phone):
    """Two callers wait; she is the only one there, then dora, whose telephone is SIPp's."""
    dial(phone, '*81')
    first = caller('13800000002')
    until('the first', lambda: hotline.metric('queue_waiting{queue="desk"}') == 1)
    second = caller('13800000003', at=CALLER + 10)
    until('the second', lambda: hotline.metric('queue_waiting{queue="desk"}') == 2)
    rings = phone.count('CALL_INCOMING')
    with check('a reject at the telephone goes to the next agent, and the caller keeps the place'):
        dial(phone, '*80')
        phone.wait('CALL_INCOMING', n=rings + 1)
        phone.tell('hangup')
        until('the offer to end', lambda: agent(hotline)[1] == 'cooling', 5)
        dial(phone, '*81')
        dora = Sipp(Script().ring().pick_up().pause(1000).hang_up(), NEXT, '-m', 1, to=None, host=HOST)
        hotline.go('dora')
        dora.good()
        hotline.go('dora', 'offline')
        first.good()
        same(hotline.record('13800000002')['agent'], 'dora', 'who served the first')
    return second


def silent_rings(hotline, phone, second):
    with check('a ring that nobody answers is cancelled in time, and goes to the next agent'):
        rings = phone.count('CALL_INCOMING')
        dial(phone, '*80')
        phone.wait('CALL_INCOMING', n=rings + 1, seconds=20)
        began, closed = time.monotonic(), phone.count('CALL_CLOSED')
        dora = Sipp(Script().ring().pick_up().pause(1000).hang_up(), NEXT, '-m', 1, to=None, host=HOST)
        hotline.go('dora')
        phone.wait('CALL_CLOSED', n=closed + 1)
        rang = time.monotonic() - began
        say(f'it rang {rang:.1f} s')
        assert 3 < rang < 5, f'it rang {rang} s'
        dora.good()
        second.good()
        same(hotline.record('13800000003')['agent'], 'dora', 'who served the second')
    hotline.go('dora', 'offline')
    with check('a telephone that does not ring any more because it is gone: the call goes to the next agent'):
        until('her to be idle', lambda: agent(hotline) == ('available', 'idle'), 15)
        phone.child.kill()
        third = caller('13800000004')
        until('the offer', lambda: agent(hotline)[1] == 'offer', 15)
        dora = Sipp(Script().ring().pick_up().pause(1000).hang_up(), NEXT, '-m', 1, to=None, host=HOST)
        hotline.go('dora')
        dora.good()
        third.good()
        same(hotline.record('13800000004')['agent'], 'dora', 'who served the third')


def main():
    need('baresip', 'sipp')
    if 'HL_OWN' not in os.environ:
        skip('baresip does not work on loopback, and there is no network of our own')
    spoken = {'up': prompt('burst_thanks'), 'down': prompt('welcome', 'en')}
    hotline = Hotline(the_document(), host=HOST)
    phone = None
    try:
        passwords(hotline)
        phone = Baresip('1001', 'water-1001-phone', says=spoken['up'] * 20).registered()
        feature_keys(hotline, phone)
        talk(hotline, phone, spoken)
        silent_rings(hotline, phone, refused_rings(hotline, phone))
    finally:
        if phone:
            phone.close()
        hotline.close()
    done()


if __name__ == '__main__':
    main()
