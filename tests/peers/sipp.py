"""sipp.py - telephones played by SIPp. Run by sipp.sh."""
import json
import os
import signal
import time

import sound
from bed import HOST, Hotline, Script, Sipp, check, document, done, need, prompt, same, say, skip, until

CALLER, AGENT, EAR = 6100, 6200, 16900
CAPTURED = '123456789*#0'                          # in the order of the captures' sequence numbers
AGENTS = 30
FLOW_ASK, CALL_STATE = 62, 49


def one(script, *more, **how):
    Sipp(script, CALLER, '-m', '1', *more, **how).good()




def events(hotline, kind, contact=None):
    where = '' if contact is None else f' and contact = {contact}'
    return hotline.rows(f'select * from ev where type = {kind}{where} order by seq')


def heard(what, name, lang='zh-CN', least=0.8):
    got = sound.likeness(prompt(name, lang), what)
    say(f'{name} in {lang}: likeness {got:.3f}')
    assert got >= least, f'{name} in {lang} is not what was heard: {got:.3f}'


def listen(script):
    """What a telephone with this script hears of the hotline."""
    ear = sound.Sound(HOST, EAR)
    try:
        one(script)
        return bytes(ear.heard)
    finally:
        ear.close()


# A menu whose twelve keys each ask the application something, and agents who sit at telephones with an address.

def twelve_keys():
    nodes = {f'k{i}': {'do': 'ask', 'name': 'key', 'args': {'key': key}, 'timeout_ms': 100, 'ok': 'menu',
                       'error': 'menu'} for i, key in enumerate(CAPTURED)}
    nodes['menu'] = {'do': 'menu', 'prompt': [{'p': 'main_menu'}], 'max_visits': 50, 'exhausted': 'bye',
                     'keys': {key: f'k{i}' for i, key in enumerate(CAPTURED)}, 'noinput': 'bye', 'nomatch': 'bye'}
    nodes['bye'] = {'do': 'hangup'}
    return {'format': 1, 'entry': 'menu', 'langs': ['zh-CN'], 'nodes': nodes,
            'defaults': {'menu': {'first_ms': 6000, 'tries': 3}}}


def crowd():
    agents = {f'a{i}': {'address': f'sip:a{i}@{HOST}:{AGENT}', 'queues': {'desk': {}}} for i in range(AGENTS)}
    return document(agents={'chen': None, **agents}, phones=None, flows={'test.keys': twelve_keys()},
                    queues={'desk': {'wrapup_ms': 200, 'offer_ms': 5000}}, numbers={'96333': {'flow': 'test.keys'}})


def asked(hotline, number, name):
    """The arguments of the flow's questions during this number's call."""
    contact = hotline.record(number)['id']
    return [json.loads(e['data']) for e in events(hotline, FLOW_ASK, contact) if e['text'] == name]


def keys(hotline):
    with check('each of the twelve RFC 2833 captures of SIPp chooses its own branch of a menu'):
        one(Script('13800000001', '96333').call().pause(700).press(CAPTURED).bye())
        same([a['key'] for a in asked(hotline, '13800000001', 'key')], list(CAPTURED), 'branches')
        same(hotline.record('13800000001')['keys'], CAPTURED, 'keys of the record')
    for kind in ('application/dtmf-relay', 'application/dtmf'):
        with check(f'SIP INFO keys as {kind} choose the same branches'):
            number = '1380000000' + ('2' if kind.endswith('relay') else '9')
            one(Script(number, '96333').call().pause(700).info(CAPTURED, gap=150, kind=kind).bye())
            same([a['key'] for a in asked(hotline, number, 'key')], list(CAPTURED), 'branches')


def account(hotline):
    with check('an account given by RFC 2833 captures reaches the application'):
        one(Script('13800000003').call().pause(700).info('2').pause(700).press('12345674#').pause(700).bye())
        same([a['acct'] for a in asked(hotline, '13800000003', 'bill')], ['12345674'], 'accounts')
    with check('an account given by SIP INFO is asked for, and its bill is read out in Chinese'):
        script = Script('13800000004', port=EAR).call().pause(700).info('2').pause(4000).info('12345674#').pause(9000)
        got = listen(script.bye())
        same([a['acct'] for a in asked(hotline, '13800000004', 'bill')], ['12345674'], 'accounts')
        heard(got, 'enter_account', least=0.6)
        heard(got, 'bill_is')
        heard(got, 'due_by')
    with check('an account given by SIP INFO is read out in English after the key for English'):
        script = Script('13800000005', port=EAR).call().pause(700).info('9').pause(1000).info('2').pause(1000)
        got = listen(script.info('12345674#').pause(9000).bye())
        same([a['acct'] for a in asked(hotline, '13800000005', 'bill')], ['12345674'], 'accounts')
        same(hotline.record('13800000005')['lang'], 'en', 'language')
        heard(got, 'bill_is', 'en')
        heard(got, 'due_by', 'en')
    with check('a burst pipe reported by key is a ticket whose number is read out'):
        got = listen(Script('13800000006', port=EAR).call().pause(700).info('1').pause(9000).bye())
        record = hotline.record('13800000006')
        ticket = hotline.rows('select * from ticket where id = ?', record['ticket'])[0]
        same((ticket['type'], ticket['phone']), ('water_repair', '+8613800000006'), 'ticket')
        heard(got, 'burst_thanks')


def refusals(hotline):
    with check('OPTIONS is answered by 200'):
        one(Script().send('OPTIONS').expect(200, has='Allow:.*INVITE'))
    with check('an unknown number gets 404 and is counted'):
        before = hotline.metric('unknown_number_total')
        one(Script('13800000010', '96399').refused(404, has='SIP/2.0 404'))
        same(hotline.metric('unknown_number_total'), before + 1, 'unknown_number_total')
    with check('an offer without a codec of ours gets 488'):
        one(Script('13800000011').refused(488, codecs='18 101'))
    with check('a call that is cancelled before it is answered gets 487, and nothing is left of it'):
        os.kill(hotline.child.pid, signal.SIGSTOP)      # so that INVITE and CANCEL wait together
        phones = Sipp(Script('13800000012').cancel(), CALLER, '-m', 1)
        until('the CANCEL to be sent', lambda: 'CANCEL sip' in phones.text('messages'))
        os.kill(hotline.child.pid, signal.SIGCONT)
        phones.good()
        hotline.quiet()
    with check('a caller who hangs up during the prompt is gone at once, and her record says so'):
        one(Script('13800000013').call().pause(1500).bye())
        hotline.quiet(3)
        record = hotline.record('13800000013')
        same((record['cause'], record['keys'], record['queue']), (16, '', ''), 'record')
        assert 1.4e6 < record['ended'] - record['entered'] < 4e6, record
    with check('a request of a call that is over gets 481'):
        one(Script('13800000014').call().pause(300).bye().send('BYE').expect(481))
        hotline.quiet()


def hours(doc):
    """Which menu is heard when: by ear."""
    for at, menu, words in (('2026-10-01T03:00', 'night_menu', 'in the night of a holiday the night menu is heard'),
                            ('2026-10-01T10:00', 'night_menu', 'a holiday has the night menu on a Thursday morning'),
                            ('2026-10-10T15:00', 'main_menu', 'a Saturday made up for is open in the afternoon'),
                            ('2026-10-17T15:00', 'night_menu', 'any other Saturday is not')):
        with check(words):
            hotline = Hotline(doc, at)
            try:
                number = '1380000002' + at[9]
                got = listen(Script(number, port=EAR).call().pause(11000).bye())
                if at.startswith('2026-10-01'):
                    heard(got, 'holiday')
                heard(got, menu)
            finally:
                assert hotline.stop() == 0
                hotline.close()


# Agents at telephones with an address, all of them one SIPp

def many(hotline):
    with check('200 calls at 20 a second go through menu and queue to telephones, in their order, and none fails'):
        answered = Script().ring().pause(100).pick_up().pause(1500).hang_up()
        phones = Sipp(answered, AGENT, '-m', 200, to=None, seconds=200)
        for i in range(AGENTS):
            hotline.go(f'a{i}')
        began = time.monotonic()
        calling = Script('[field0]').call().pause(500).press('0', gap=0).hung_up()
        numbers = [f'139{i:08}' for i in range(200)]
        callers = Sipp(calling, CALLER, '-r', 20, '-m', 200, '-l', 400, rows=numbers, seconds=120)
        status = callers.end(120)
        took = time.monotonic() - began
        order = phones.text('logs').split()
        assert status == 0, f'SIPp ended with {status}: {callers.text("errors")[:2000]}'
        same(phones.end(20), 0, 'the telephones end')
        sent = callers.text('messages').count('\nINVITE sip:')
        for p in (callers, phones):
            p.close()
        hotline.quiet()
        rows = hotline.rows("select * from contact where number like '%139%' order by queued, id")
        same(len(rows), 200, 'records')
        same({r['outcome'] for r in rows}, {'handled'}, 'outcomes')
        same(order, [r['number'] for r in rows], 'the order of rings')
        waits = sorted(r['answered'] - r['queued'] for r in rows)
        say(f'200 calls in {took:.1f} s by {AGENTS} agents, {sent} INVITEs; wait p50 {waits[100] / 1e6:.1f} s, longest '
            f'{waits[-1] / 1e6:.1f} s')
        assert waits[-1] > 1e6, 'nobody had to wait: this was no test of the order'
        same(hotline.metric('lost_words_total'), 0, 'lost words')
    for i in range(AGENTS):
        hotline.go(f'a{i}', 'offline')


def rings(hotline):
    """One agent, a0; what becomes of her telephone when the caller gives up."""
    with check('a caller who hangs up while a telephone rings: it is cancelled, and the agent is free'):
        phone = Sipp(Script().ring().expect('CANCEL').answer(200, 'OK').answer_invite(487, 'Request Terminated'),
                     AGENT, '-m', 1, to=None)
        hotline.go('a0')
        callers = Sipp(Script('13800000030').call().pause(500).info('0').pause(6000).bye(), CALLER, '-m', 1)
        callers.good()
        phone.good()
        hotline.quiet()
        same(hotline.record('13800000030')['outcome'], 'abandoned', 'outcome')
        same((hotline.agent('a0')['state'], hotline.agent('a0')['work']), ('available', 'idle'), 'agent')
    with check('a caller with nobody there hears music'):
        hotline.go('a0', 'offline')
        ear = sound.Sound(HOST, EAR)
        phone = Sipp(Script('13800000031', port=EAR).call().pause(500).info('0').pause(14000).bye(), CALLER, '-m', 1)
        until('the queue', lambda: hotline.metric('queue_waiting{queue="desk"}') == 1)
        time.sleep(8)                                   # place and expected wait are told at first
        loud = sound.loudness(ear.listen(2))
        say(f'loudness of the music {loud}')
        phone.good()
        ear.close()
        assert loud > 100, f'loudness {loud}'


def hold(hotline):
    """Both telephones have ears; the agent's voice is one prompt, the caller's another."""
    caller, agent = sound.Sound(HOST, EAR), sound.Sound(HOST, EAR + 2)
    up, down = prompt('burst_thanks')[:48000], prompt('welcome', 'en')[:48000]
    number = '13800000040'
    phone = Sipp(Script(port=EAR + 2).ring().pause(200).pick_up().hung_up(), AGENT, '-m', 1, to=None)
    script = Script(number, port=EAR).call().pause(500).info('0').pause(9000)
    script.again('a=recvonly', way='sendonly').pause(3000).again('a=sendrecv').pause(3000)
    script.again('a=inactive', way='inactive').pause(2000).again('a=recvonly', address='0.0.0.0').pause(2000)
    script.again('a=sendrecv').pause(1500).bye()
    try:
        hotline.go('a0')
        line = Sipp(script, CALLER, '-m', 1)
        until('the talk', lambda: hotline.agent('a0')['work'] == 'busy', 10)
        with check('caller and agent hear each other'):
            caller.say(down)
            agent.say(up)
            time.sleep(3.5)
            likes = sound.likeness(down, bytes(agent.heard)), sound.likeness(up, bytes(caller.heard))
            say('likeness to the agent %.3f, to the caller %.3f' % likes)
            assert min(likes) > 0.9, likes
        with check('a caller who holds by re-INVITE is sent nothing, and comes back'):
            contact = hotline.rows('select contact from ev where type = 20 order by seq desc limit 1')[0]['contact']
            until('the hold', lambda: [e['code'] for e in events(hotline, CALL_STATE, contact)][-1] == 3, 10)
            time.sleep(0.3)
            before = caller.packets
            caller.say(down)
            quiet = sound.loudness(agent.listen(2))
            say(f'while held: {caller.packets - before} packets to the caller, loudness {quiet} to the agent')
            assert caller.packets - before <= 2
            until('the talk again', lambda: [e['code'] for e in events(hotline, CALL_STATE, contact)][-1] == 2, 10)
            before = caller.packets
            agent.say(up)
            time.sleep(2)
            assert caller.packets - before > 80, f'{caller.packets - before} packets in 2 s'
        with check('hold by inactive and by the old address 0.0.0.0 are answered, and the call ends well'):
            line.good()
            phone.good()
            states = [e['code'] for e in events(hotline, CALL_STATE, contact)]
            same([s for s in states if s in (2, 3)], [2, 3, 2, 3, 2], 'talk and hold')
            same(hotline.record(number)['outcome'], 'handled', 'outcome')
    finally:
        hotline.go('a0', 'offline')
        for x in (caller, agent, line, phone):
            x.close()


def main():
    need('sipp')
    if os.geteuid() != 0:
        skip('SIPp plays captures as root only')
    doc = crowd()
    hotline = Hotline(doc)
    try:
        for part in (keys, account, refusals, many, rings, hold):
            part(hotline)
        with check('at the end it goes at once, with status 0'):
            same(hotline.stop(5), 0, 'status')
    finally:
        hotline.close()
    hours(doc)
    done()


if __name__ == '__main__':
    main()
