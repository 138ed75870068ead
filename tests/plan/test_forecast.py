"""test_forecast.py - hl_forecast_next() on a store with the calls of thirteen weeks, by the queue's own clock and holidays."""
import datetime
import math
import os
import random
import sqlite3
import sys
import tempfile
import zoneinfo

sys.path.insert(0, os.path.join(os.environ['HL_SRC'], 'tests'))
from tap import BUILD, check, done  # noqa: E402 - tests/tap.py


if not os.path.isdir(BUILD + '/python/hotline'):
    print('ok - hl_forecast_next # SKIP the Python binding is not built')
    sys.exit(0)
sys.path.insert(0, BUILD + '/python')
import hotline  # noqa: E402 - where it is built is known only now

ZONE = zoneinfo.ZoneInfo('Europe/Berlin')           # its clock goes back an hour on 2026-10-25, within the thirteen weeks
NOW = datetime.datetime(2026, 11, 16, 9, 0, tzinfo=ZONE)
WEEKS = 13
HOLIDAY = datetime.date(2026, 10, 14)               # a Wednesday without calls
COMING = datetime.date(2026, 12, 2)                 # a Wednesday to come that is one too
DOCUMENT = '''{"hotline": 1,
 "daysets": {"off": {"days": {"2026-10-14": {"off": "a day off"}, "2026-12-02": {"off": "another"}}}},
 "calendars": {"desk": {"tz": "Europe/Berlin", "week": {"mon-sun": ["00:00-24:00"]}, "sets": ["off"]}},
 "queues": {"desk": {"zone": "Europe/Berlin", "hours": "desk"}, "new": {}}, "agents": {"anna": {"queues": {"desk": {}}}}}'''


def rate(local):
    """Calls a quarter: a morning peak, quiet nights, half of it on weekends."""
    if local.date() in (HOLIDAY, COMING):
        return 0
    busy = 12 * math.exp(-((local.hour + local.minute / 60 - 10) / 3) ** 2) + 0.5
    return busy / 2 if local.isoweekday() > 5 else busy


def poisson(rand, mean):
    n, p = 0, rand.random()
    while p > math.exp(-mean):
        n, p = n + 1, p * rand.random()
    return n


def fill(path):
    rand, rows, quarter = random.Random(4), [], datetime.timedelta(minutes=15)
    utc = (NOW - datetime.timedelta(weeks=WEEKS)).astimezone(datetime.timezone.utc)
    while utc < NOW:
        for _ in range(poisson(rand, rate(utc.astimezone(ZONE)))):
            came = int((utc.timestamp() + rand.random() * 899) * 1e6)
            rows.append((len(rows) * 16 + 9, 'desk', 'anna', came, came, came + 10**7, came + 10**8, 10000, 90000, 'handled'))
        utc += quarter
    db = sqlite3.connect(path)
    db.executemany('INSERT INTO contact(id,queue,agent,entered,queued,answered,ended,wait_ms,talk_ms,outcome,ticket,cause) '
                   'VALUES(?,?,?,?,?,?,?,?,?,?,0,0)', rows)
    db.commit()
    db.close()
    return len(rows)


def forecast(hl, queue):
    return list(hl.forecasts(queue))


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'a.db')
    hotline.open(store=path).close()                # its tables
    calls = fill(path)
    hl = hotline.open(store=path, pretend=int(NOW.timestamp() * 1e6))
    hl.load(DOCUMENT)
    rows = forecast(hl, hl.find(hotline.Kind.QUEUE, 'desk'))
    check('four weeks of quarters follow, the next one first', len(rows) == 2688 and rows[0].id == 1 and
          datetime.datetime.fromtimestamp(rows[0].from_ / 1e6, ZONE).strftime('%H:%M') == '09:15', rows[:1])
    at = {datetime.datetime.fromtimestamp(r.from_ / 1e6, ZONE): r for r in rows}
    plain = {t: r for t, r in at.items() if t.date() != COMING}
    error = sum(abs(r.mid - rate(t)) for t, r in plain.items()) / sum(rate(t) for t in plain)
    print(f'# {calls} calls; mean error of the median {100 * error:.1f} %')
    check('the median is near the truth, by the clock on the wall', error < 0.16, error)
    inside = sum(r.low <= n <= r.high for t, r in plain.items() for n in [poisson(random.Random(str(t)), rate(t))])
    print(f'# {100 * inside / len(plain):.1f} % of a later month inside the bounds of 80 %')
    check('about 80 % of what comes then is within the bounds', 0.76 <= inside / len(plain) <= 0.93, inside / len(plain))
    noon = [r for t, r in at.items() if t.date() == COMING and t.hour == 11]
    check('a holiday is foretold by holidays alone', all(r.weeks <= 1 and r.mid < 1 for r in noon), noon)
    soon = {day: {r.weeks for t, r in at.items() if t < NOW + datetime.timedelta(weeks=1) and t.isoweekday() == day}
            for day in (3, 4)}
    check('other days rest on the weeks there are, holidays apart', soon == {3: {WEEKS - 1}, 4: {WEEKS}}, soon)
    new = forecast(hl, hl.find(hotline.Kind.QUEUE, 'new'))
    check('a queue without calls has none to come', len(new) == 2688 and max(r.mid for r in new) < 0.5, new[:1])
    hl.close()
    hl = hotline.open_sim(int(NOW.timestamp() * 1e6))
    hl.load(DOCUMENT)
    none = forecast(hl, hl.find(hotline.Kind.QUEUE, 'desk'))
    check('where nothing was recorded it rests on nothing', {(r.weeks, r.mid, r.high) for r in none} == {(0, 0, 0)}, none[:1])
    try:
        forecast(hl, 99)
        check('what is no queue is refused', False)
    except ValueError as e:
        check('what is no queue is refused', 'queue' in str(e), e)
    hl.close()
done()
