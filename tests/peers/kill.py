"""kill.py - what survives a kill, a SIGTERM and a full disk. Run by kill.sh. usage: kill.py [ROUNDS]"""
import errno
import http.client
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error

import sound
from bed import HOST, Hotline, Script, Sipp, check, done, folder, need, same, say, until

CALLER, EAR, WRITERS = 6100, 16900, 4
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 10
GONE = urllib.error.URLError, http.client.HTTPException, OSError


class Book:
    """What was asked with which key, and what was acknowledged."""

    def __init__(self):
        self.lock, self.tickets, self.notes, self.open = threading.Lock(), {}, {}, []

    def ticket(self, hotline, key):
        fields = {'problem': 'leak', 'address': key}
        said = hotline.op('ticket.new', 'anna', type='water_repair', fields=fields, key=key)
        with self.lock:
            old = self.tickets.setdefault(key, said['ticket'])
        same(said['ticket'], old, f'the ticket of key {key}')
        return said['ticket']

    def note(self, hotline, ticket, key):
        hotline.op('ticket.do', 'anna', ticket=ticket, verb='note', args={'text': key}, key=key)
        with self.lock:
            self.notes[key] = ticket

    def write(self, hotline, name):
        """Until the hotline is gone."""
        n = 0
        while True:
            key = f'{name}-{n}'
            n += 1
            step = ('ticket', key)
            try:
                ticket = self.ticket(hotline, key)
                if n % 3 == 0:
                    step = ('note', key + '-note', ticket)
                    self.note(hotline, ticket, key + '-note')
            except GONE:
                with self.lock:
                    self.open.append(step)
                return

    def again(self, hotline):
        """What was asked and not answered is asked again, as a page would."""
        steps, self.open = self.open, []
        for kind, key, *ticket in steps:
            if kind == 'ticket':
                self.ticket(hotline, key)
            else:
                self.note(hotline, ticket[0], key)
        return len(steps)

    def compare(self, hotline):
        there, after = [], 0
        while True:
            status, said = hotline.http(f'/api/tickets?limit=200&after={after}', key=hotline.key('anna'))
            same(status, 200, f'/api/tickets {said}')
            there += said['tickets']
            after = said['after']
            if not after:
                break
        keys = [t['fields']['address'] for t in there]
        same(len(keys), len(set(keys)), 'tickets and their keys')
        numbers = {t['number'] for t in there}
        same(len(numbers), len(there), 'numbers')
        found = {t['fields']['address']: t['id'] for t in there}
        missing = [k for k, t in self.tickets.items() if found.get(k) != t]
        same(missing, [], 'missing tickets')
        same(len(there), len(self.tickets), 'tickets')

    def histories(self, hotline, keys):
        for key in keys:
            t = hotline.op('ticket.get', 'anna', ticket=self.tickets[key])['ticket']
            want = [k for k, i in self.notes.items() if i == t['id']]
            same([n['text'] for n in t['notes']], want, f'notes of {key}')
            same([h['what'] for h in t['history']], ['new'] + ['note'] * len(want), f'history of {key}')


def kills(book):
    chance = random.Random(os.environ.get('HL_TEST_SEED', '1'))
    hotline = Hotline(at=None)
    asked = 0
    try:
        with check(f'{ROUNDS} times killed between acknowledged tickets: none is missing, none is there twice'):
            for turn in range(ROUNDS):
                hotline.key('anna')
                writers = [threading.Thread(target=book.write, args=(hotline, f'{turn}-{w}')) for w in range(WRITERS)]
                for w in writers:
                    w.start()
                time.sleep(chance.uniform(0.1, 0.8))
                hotline.kill()
                for w in writers:
                    w.join()
                hotline.start()
                asked += book.again(hotline)
                book.compare(hotline)
            say(f'{len(book.tickets)} tickets, {len(book.notes)} notes; {asked} asked again after a kill')
        with check('each sampled ticket has its history, and no note twice'):
            noted = list(book.notes.values())
            some = [k for k, t in book.tickets.items() if t in noted]
            book.histories(hotline, chance.sample(some, min(len(some), 60)))
        with check('the numbers of the events go on without a gap or a double'):
            rows = hotline.rows('select count(*) n, min(seq) low, max(seq) high from ev')[0]
            same(rows['n'], rows['high'] - rows['low'] + 1, f'events {rows}')
        with check('the file is whole'):
            same(hotline.stop(10), 0, 'status')
            said = hotline.rows('pragma integrity_check')
            same([list(r.values()) for r in said], [['ok']], 'integrity')
    finally:
        hotline.close()


def talk(number):
    """A caller in the queue, where music plays: an ear, and the call."""
    ear = sound.Sound(HOST, EAR)
    phone = Sipp(Script(number, port=EAR).call().pause(300).info('0').pause(14000).bye(), CALLER, '-m', 1)
    until('the music', lambda: ear.packets > 250, 15)
    return ear, phone


def going_on(ear, seconds=2):
    before = ear.packets
    time.sleep(seconds)
    assert ear.packets - before > 40 * seconds, f'{ear.packets - before} packets in {seconds} s'


def ends():
    hotline = Hotline()
    ear, phone = talk('13800000001')
    try:
        with check('told to end during a call it says what it waits for, takes no new call, and the call goes on'):
            hotline.child.send_signal(signal.SIGTERM)
            until('its words', lambda: 'waiting for legs to end: 1' in hotline.words(), 5)
            Sipp(Script('13800000002').refused(503, has='Retry-After'), CALLER + 10, '-m', 1).good()
            status, said = hotline.http('/api/op', {'op': 'ticket.new', 'type': 'water_repair', 'fields': {
                'problem': 'leak'}}, hotline.key('anna'))
            say(f'a ticket meanwhile: {status} {said.get("msg", said)}')
            going_on(ear)
        with check('it ends with status 0 as soon as the call has'):
            phone.good()
            began = time.monotonic()
            same(hotline.child.wait(8), 0, 'status')
            say(f'{time.monotonic() - began:.1f} s after the caller')
            same(hotline.record('13800000001')['outcome'], 'abandoned', 'outcome')
    finally:
        for x in (ear, phone, hotline):
            x.close()


def second_word():
    hotline = Hotline()
    ear, phone = talk('13800000003')
    try:
        with check('told to end a second time it does not wait for the call'):
            hotline.child.send_signal(signal.SIGTERM)
            time.sleep(1)
            hotline.child.send_signal(signal.SIGTERM)
            same(hotline.child.wait(5), 0, 'status')
            until('the BYE', lambda: 'BYE sip:' in phone.text('messages'), 5)
    finally:
        for x in (ear, phone, hotline):
            x.close()


def fill(path):
    with open(path, 'wb', buffering=0) as f:
        try:
            while True:
                f.write(b'\0' * 4096)
        except OSError as e:
            same(e.errno, errno.ENOSPC, 'a full disk')


def disk():
    place = folder('disk-')
    mount = ['mount', '-t', 'tmpfs', '-o', 'size=32m', 'none', place]
    if 'HL_OWN' not in os.environ or subprocess.run(mount, stderr=subprocess.DEVNULL).returncode:
        print('ok - a full disk # SKIP no disk of our own can be mounted')
        return
    hotline = Hotline(store=place / 'hotline.db', ballast=4)
    book = Book()
    book.ticket(hotline, 'before')
    ear, phone = talk('13800000004')
    try:
        with check('on a full disk a new ticket is refused with words, while a call goes on and another is answered'):
            fill(place / 'filler')
            refused = None
            for n in range(3000):
                status, said = hotline.http('/api/op', {'op': 'ticket.new', 'type': 'water_repair', 'key': f'full-{n}',
                                                        'fields': {'problem': 'leak', 'address': f'full-{n}'}},
                                            hotline.key('anna'), seconds=20)
                if status != 200:
                    refused = status, said
                    break
                book.tickets[f'full-{n}'] = said['ticket']
            say(f'after {n} tickets: {refused}')
            same((refused[0], refused[1]['err']), (503, 'ESTORE'), 'the refusal')
            going_on(ear)
            Sipp(Script('13800000005').call().pause(500).info('9').pause(500).bye(), CALLER + 10, '-m', 1).good()
            going_on(ear, 1)
        with check('when there is room again tickets are taken, and every acknowledged one is there'):
            os.unlink(place / 'filler')
            until('a ticket to be taken', lambda: hotline.http('/api/op', {
                'op': 'ticket.new', 'type': 'water_repair', 'key': 'after', 'fields': {
                    'problem': 'leak', 'address': 'after'}}, hotline.key('anna'))[0] == 200, 15, 0.5)
            book.ticket(hotline, 'after')
            phone.good()
            same(hotline.record('13800000004')['queue'], 'desk', 'queue of the call')
            hotline.kill()
            hotline.start()
            there = hotline.rows('select fields from ticket')
            keys = [k for k in book.tickets if not any(f'"{k}"' in t['fields'] for t in there)]
            same(keys, [], 'missing tickets')
    finally:
        for x in (ear, phone, hotline):
            x.close()
        subprocess.run(['umount', place], check=False)
        place.rmdir()


def main():
    need('sipp')
    kills(Book())
    ends()
    second_word()
    disk()
    done()


if __name__ == '__main__':
    main()
