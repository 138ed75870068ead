"""test_queue_log.py - examples/queue_log on the store of a real engine: each line another system's reports know."""
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.environ['HL_SRC'], 'tests'))
from tap import SRC, BUILD, check, done  # noqa: E402 - tests/tap.py


if not os.path.isdir(BUILD + '/python/hotline'):
    print('ok - examples/queue_log # SKIP the Python binding is not built')
    sys.exit(0)
sys.path.insert(0, BUILD + '/python')
import hotline  # noqa: E402 - where it is built is known only now


class Desk:
    """A desk of one agent who does what `plan` says with each offer."""

    def __init__(self, store):
        self.hl = hotline.open(store=store)
        self.hl.load('{"hotline": 1, "queues": {"repair": {"wrapup_ms": 0, "resume_ms": 0, "delays": {"rejected": 0}}},'
                     ' "agents": {"wang": {"queues": {"repair": {}}}}}')
        self.queue = self.hl.find(hotline.Kind.QUEUE, 'repair')
        self.wang = self.hl.find(hotline.Kind.AGENT, 'wang')

    def call(self, number):
        return self.hl.contact_add(hotline.ContactNew(queue=self.queue, number=number))

    def until(self, kind):
        end = time.monotonic() + 10
        while time.monotonic() < end:
            self.hl.poll(50)
            for event in self.hl:
                if event.type == kind:
                    return event
        raise AssertionError(f'no {kind} within 10 s')

    def close(self):
        self.hl.flush()
        self.hl.close()


def record(store):
    desk = Desk(store)
    first, other = desk.call('13800138001'), desk.call('13800138002')
    desk.hl.agent_go(desk.wang, hotline.Agent.AVAILABLE)
    desk.hl.offer_reject(desk.until(hotline.Ev.OFFER_MADE).ref, hotline.Offer.REJECTED)
    desk.hl.offer_accept(desk.until(hotline.Ev.OFFER_MADE).ref)
    desk.until(hotline.Ev.CONTACT_CONNECTED)
    desk.hl.contact_end(other, hotline.Outcome.ABANDONED)
    desk.hl.agent_go(desk.wang, hotline.Agent.AUX, 'tea | cake')
    desk.hl.contact_end(first, hotline.Outcome.HANDLED)
    desk.hl.agent_go(desk.wang, hotline.Agent.AVAILABLE)
    desk.close()
    desk = Desk(store) # started again: numbers of agents may be others, names are those of their calls
    desk.call('13800138003')
    desk.hl.agent_go(desk.wang, hotline.Agent.AVAILABLE)
    desk.hl.offer_accept(desk.until(hotline.Ev.OFFER_MADE).ref)
    desk.hl.contact_end(desk.until(hotline.Ev.CONTACT_CONNECTED).contact, hotline.Outcome.HANDLED)
    desk.close()


def run(*words):
    done = subprocess.run([sys.executable, SRC + '/examples/queue_log', *words], capture_output=True, check=False, timeout=50)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'a b?c.db')
    record(path)
    code, out, err = run(path)
    rows = [line.split('|') for line in out.splitlines()]
    check('every line has time, call, queue, agent and event', code == 0 and rows and all(len(r) > 4 for r in rows), out + err)
    said = [[r[3], *r[4:]] for r in rows]
    words = [w[1] for w in said]
    check('each start of the hotline is told', words.count('QUEUESTART') == 2, out)
    entered = [w for w in said if w[1] == 'ENTERQUEUE']
    check('who comes in has number and place', [w[3:] for w in entered] ==
          [['13800138001', '1'], ['13800138002', '2'], ['13800138003', '1']], entered)
    check('a refused ring names the agent', [w[0] for w in said if w[1] == 'RINGNOANSWER'] == ['wang'], out)
    check('calls connect and complete by name, also after a new start',
          [w[0] for w in said if w[1] == 'CONNECT'] == ['wang'] * 2 == [w[0] for w in said if w[1] == 'COMPLETEAGENT'], out)
    check('who gives up is told with the place at entry', [w[3] for w in said if w[1] == 'ABANDON'] == ['2'], out)
    check('a break has its reason, and no bar in it', ['wang', 'PAUSE', 'tea   cake'] in said and 'UNPAUSE' in words, out)
    code, out, err = run(path, '--to', '2000-01-01T00:00')
    check('before the first event there is nothing', code == 0 and not out, out + err)
    code, out, err = run(path, '--from', 'noon')
    check('a time that is none is refused', code == 2 and 'noon' in err, err)
    code, out, err = run(os.path.join(folder, 'none.db'))
    check('a file that is not there is told by name', code == 1 and 'none.db' in err, err)
    check('--help tells what a line is', run('--help')[1].count('ENTERQUEUE') == 1)
done()
