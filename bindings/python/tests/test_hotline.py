"""The binding in simulated time and with a real engine; what the library itself does is tested in C."""
import asyncio
import datetime
import gc
import threading
import time
import warnings

import hotline
import pytest

START = 1772413200000000  # 2 March 2026, 01:00 UTC
DESK = """{"hotline": 1,
  "queues": {"repair": {"title": "Repairs"}},
  "agents": {"wang": {"title": "Wang Fang", "queues": {"repair": {}}}}}"""


@pytest.fixture
def hl():
    with hotline.open_sim(START) as engine:
        yield engine


@pytest.fixture
def desk(hl):
    hl.load(DESK)
    return hl


def types(events):
    return [event.type.name for event in events]


def test_numbers_and_words_are_those_of_the_header():
    assert hotline.EINVAL == -1 and hotline.Ev.OFFER_MADE == 26 and hotline.Agent.AVAILABLE == 1
    assert hotline.strerror(hotline.ENOENT) == 'no such object'
    assert hotline.version().count('.') == 2 and isinstance(hotline.features(), list)
    assert [hotline.kind(n) for n in (17, 18, 9007199254740990, 0, -1, 31, 2**53, 2**70)] == [1, 2, 14, 0, 0, 0, 0, 0]


def test_a_row_takes_its_fields_as_keywords_and_no_others():
    row = hotline.ContactNew(queue=17, number='123')
    assert (row.queue, row.number, row.data, row.credit_ms) == (17, '123', None, 0)
    assert repr(row) == "ContactNew(queue=17, number='123')"
    with pytest.raises(TypeError, match='colour'):
        hotline.ContactNew(colour=1)
    with pytest.raises(AttributeError):
        row.colour = 1


def test_functions_without_an_engine_stand_in_the_module():
    assert hotline.erlang_b(1, 1) == 0.5 and hotline.plan_lines(10, 0.01) == 18
    desk = hotline.PlanIn(calls=100, handle_s=180, target_s=20)
    row = hotline.plan_staff(desk, hotline.PlanGoal(level=0.8))
    assert row.agents == 14 and row == hotline.plan_at(desk, 14) and 0.88 < row.level < 0.89
    assert hotline.plan_at(desk, 10).stable == 0 and hotline.plan_at(desk, 10).asa_s == float('inf')
    with pytest.raises(hotline.BadValue, match='must both be'):
        hotline.erlang_c(-1, 1)
    assert not hasattr(hotline.Engine, 'erlang_b')


def test_time_is_what_the_simulation_says(hl):
    assert hl.now() == START
    hl.advance(START + 5_000_000)
    assert hl.now() == START + 5_000_000
    assert hotline.when(START) == datetime.datetime(2026, 3, 2, 1, tzinfo=datetime.timezone.utc)


def test_a_document_is_loaded_once_and_told_as_an_event(hl):
    assert hl.load(DESK) >= 2
    assert 'LOADED' in types(hl)
    assert hl.load(DESK) == 0
    assert types(hl) == []
    assert hl.load(hl.dump()) == 0


def test_objects_are_found_and_listed_by_name(desk):
    queue = desk.find(hotline.Kind.QUEUE, 'repair')
    assert hotline.kind(queue) == hotline.Kind.QUEUE
    assert [(o.id, o.name, o.title) for o in desk.objects(hotline.Kind.QUEUE)] == [(queue, 'repair', 'Repairs')]
    assert [a.name for a in desk.agents(queue)] == ['wang']


def test_failures_are_exceptions_with_the_words_of_the_library(desk):
    with pytest.raises(hotline.NotFound) as e:
        desk.find(hotline.Kind.QUEUE, 'nobody')
    assert isinstance(e.value, LookupError) and e.value.code == hotline.ENOENT and e.value.words == str(e.value) != ''
    with pytest.raises(ValueError):
        desk.find(hotline.Kind.QUEUE, None)
    with pytest.raises(ValueError, match='NUL'):
        desk.find(hotline.Kind.QUEUE, 're\0pair')
    with pytest.raises(hotline.BadValue):
        desk.advance(0)


def test_findings_tell_where_a_document_is_wrong(hl):
    with pytest.raises(hotline.BadValue):
        hl.load('{"hotline": 1,\n "queue": {}}')
    first = next(hl.findings())
    assert first.level == 1 and first.line == 2 and 'queue' in first.text and first.pointer


def test_a_contact_is_offered_accepted_and_connected(desk):
    queue, agent = desk.find(hotline.Kind.QUEUE, 'repair'), desk.find(hotline.Kind.AGENT, 'wang')
    contact = desk.contact_add(hotline.ContactNew(queue=queue, number='13800000000'))
    desk.agent_go(agent, hotline.Agent.AVAILABLE)
    desk.advance(desk.now() + 1_000_000)
    made = [event for event in desk if event.type == hotline.Ev.OFFER_MADE]
    assert [(event.contact, event.agent) for event in made] == [(contact, agent)]
    desk.offer_accept(made[0].ref)
    desk.advance(desk.now() + 1_000_000)
    assert 'CONTACT_CONNECTED' in types(desk)
    assert desk.contact_get(contact).agent == agent


def test_each_event_is_read_once_and_numbered(desk):
    events = list(desk)
    assert [e.seq for e in events] == list(range(events[0].seq, events[0].seq + len(events)))
    assert list(desk) == [] and desk.next() is None
    assert [e.seq for e in desk.events(after=events[0].seq)] == [e.seq for e in events[1:]]


def test_text_outlives_the_next_call(desk):
    texts = [o.title for o in desk.objects(hotline.Kind.AGENT)]
    dumps = [desk.dump('agents') for _ in range(3)]
    desk.find(hotline.Kind.QUEUE, 'repair')
    assert texts == ['Wang Fang'] and dumps[0] == dumps[2] and 'Wang Fang' in dumps[0]


def test_closing_twice_is_fine_and_a_closed_engine_says_so():
    engine = hotline.open_sim(START)
    engine.close()
    engine.close()
    with pytest.raises(hotline.Error, match='closed'):
        engine.load(DESK)


def test_an_engine_never_closed_warns_and_is_closed():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter('always')
        hotline.open_sim(START)
        gc.collect()
    assert [w.category for w in said] == [ResourceWarning]


def test_options_that_fail_raise_with_words():
    with pytest.raises(hotline.Error) as e:
        hotline.open(store='/nowhere/hotline.db')
    assert '/nowhere' in e.value.words
    with pytest.raises(TypeError):
        hotline.open_sim(START, colour='red')


def test_a_real_engine_is_woken_from_another_thread():
    with hotline.open() as hl:
        for _ in hl:
            pass
        woken = []
        waiter = threading.Thread(target=lambda: woken.append(hl.poll(20)))
        began = time.monotonic()
        waiter.start()
        while waiter.is_alive() and time.monotonic() - began < 10:
            hl.wake()
            waiter.join(0.05)
        assert woken and time.monotonic() - began < 10


def test_follow_ends_with_the_engine():
    with hotline.open() as hl:
        hl.stop()
        seen = types(hl.follow())
    assert seen[0] == 'READY' and seen[-1] == 'STOPPED'


def test_asyncio_reads_every_event_and_ends_with_the_engine():
    async def main():
        seen = []
        async with hotline.open() as hl:
            hl.load(DESK)
            async for event in hl:
                seen.append(event)
                if event.type == hotline.Ev.LOADED:
                    hl.stop()
        return seen

    seen = asyncio.run(asyncio.wait_for(main(), 20))
    assert types(seen)[0] == 'READY' and 'LOADED' in types(seen) and types(seen)[-1] == 'STOPPED'
    assert [e.seq for e in seen] == list(range(seen[0].seq, seen[0].seq + len(seen)))


def test_a_slow_asyncio_reader_burns_no_time():
    async def main():
        async with hotline.open() as hl:
            events = hl.__aiter__()
            await events.__anext__()
            hl.load(DESK)
            began = time.process_time()
            await asyncio.sleep(0.5)
            used = time.process_time() - began
            await events.aclose()
            return used

    assert asyncio.run(main()) < 0.2
