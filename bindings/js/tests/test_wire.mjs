/* test_wire.mjs - hotline.v1 as wire.js speaks it. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { hello, reset, Socket, soon, until } from './fake.mjs';
import { HotlineError, Wire } from '../wire.js';

let wire;
const open = async (ticket = 'T') => {
  wire = new Wire('ws://h/ws', ticket);
  await wire.open();
  return Socket.last;
};
beforeEach(reset);
afterEach(() => { Socket.answer = m => ({ re: m.id, ok: true }); return wire?.close(); });

test('hello is the first message, with the ticket and the sub-protocol', async () => {
  const s = await open();
  assert.equal(s.protocol, 'hotline.v1');
  assert.deepEqual(s.sent[0], { id: 1, op: 'hello', ticket: 'T' });
  assert.deepEqual(s.sent[1], { ack: 0 });
  assert.equal(wire.link, 'up');
  assert.equal(wire.session, 1038);
});

test('a ticket may be fetched when it is needed', async () => {
  const s = await open(async () => 'fresh');
  assert.equal(s.sent[0].ticket, 'fresh');
});

test('a refused ticket is an error with the code of the hotline', async () => {
  Socket.answer = m => ({ re: m.id, err: 'EDENIED', msg: 'ticket unknown, used or over' });
  wire = new Wire('ws://h/ws', 'T');
  await assert.rejects(wire.open(), e => e instanceof HotlineError && e.code === 'EDENIED' && /ticket unknown/.test(e.message));
  assert.equal(wire.link, 'down');
});

test('an agent with another page is told so, and may take over with the same ticket', async () => {
  Socket.answer = m => m.takeover ? hello(m) : { re: m.id, err: 'ECONFLICT', msg: 'elsewhere' };
  wire = new Wire('ws://h/ws', 'T');
  await assert.rejects(wire.open(), { code: 'ECONFLICT' });
  await wire.open({ takeover: true });
  assert.equal(Socket.last.sent[0].takeover, true);
  assert.equal(Socket.last.sent[0].ticket, 'T');
});

test('a reply settles its operation, in whatever order replies come', async () => {
  const s = await open();
  Socket.answer = () => undefined;
  const a = wire.op('queue.list'), b = wire.op('call.hold', { contact: 5 });
  const [first, second] = s.sent.slice(-2);
  assert.deepEqual(second, { id: first.id + 1, op: 'call.hold', contact: 5 });
  s.say({ re: second.id, err: 'ESTATE', msg: 'not now' });
  s.say({ re: first.id, ok: true, queues: [] });
  await assert.rejects(b, { code: 'ESTATE', message: 'not now' });
  assert.deepEqual((await a).queues, []);
});

test('a cut wire resumes by its token; operations without a reply are sent again under their numbers', async () => {
  const s = await open();
  Socket.answer = m => m.op === 'hello' ? hello(m, { token: 't2' }) : undefined;
  const held = wire.op('call.hold', { contact: 5 }), id = s.sent.at(-1).id;
  s.say({ seq: 1, ev: 'x' });
  s.drop(1006);
  assert.equal(wire.link, 'resuming');
  const later = wire.op('queue.list');
  await until(() => wire.link === 'up');
  const again = Socket.last;
  assert.deepEqual(again.sent[0], { id: again.sent[0].id, op: 'hello', token: 't1', last: 1 });
  assert.ok(again.sent[0].id > id, 'numbers go on');
  assert.deepEqual(again.sent.filter(m => m.op && m.op !== 'hello').map(m => [m.id, m.op]), [[id, 'call.hold'], [id + 1, 'queue.list']]);
  again.say({ re: id, ok: true });
  again.say({ re: id + 1, ok: true });
  await Promise.all([held, later]);
});

test('an event that comes twice is told once', async () => {
  const s = await open(), got = [];
  wire.addEventListener('event', e => got.push(e.detail.seq));
  for (const seq of [1, 2, 2, 1, 3]) s.say({ seq, ev: 'leg.state' });
  assert.deepEqual(got, [1, 2, 3]);
});

test('when the missed events are no longer kept, the state alone counts', async () => {
  const s = await open(), got = [];
  wire.addEventListener('event', e => got.push(e.detail.seq));
  s.say({ seq: 4, ev: 'x' });
  Socket.answer = m => m.op === 'hello' ? hello(m, { replay: false, seq: 900 }) : undefined;
  s.drop();
  await until(() => wire.link === 'up');
  Socket.last.say({ seq: 901, ev: 'y' });
  assert.deepEqual(got, [4, 901]);
});

test('after a reload the token is taken from the window, numbers go on, nothing is used twice', async () => {
  const s = await open();
  await wire.op('agent.state', { state: 'available' });
  s.say({ seq: 3, ev: 'x' });
  wire.beat();
  const used = s.sent.filter(m => m.id).at(-1).id;
  assert.equal(Wire.kept('ws://h/ws'), true);
  wire = new Wire('ws://h/ws');
  await wire.open();
  const first = Socket.last.sent[0];
  assert.equal(first.token, 't1');
  assert.equal(first.last, 3);
  assert.ok(first.id > used);
});

test('another page of the same window does not take up this one\'s session', async () => {
  await open();
  const before = location.pathname;
  location.pathname = '/caller.html';
  assert.equal(Wire.kept('ws://h/ws'), false);
  location.pathname = before;
});

test('a kept token that is no good any more gives way to the ticket', async () => {
  await open();
  Socket.answer = m => m.token ? { re: m.id, err: 'EDENIED', msg: 'over' } : m.op === 'hello' ? hello(m) : undefined;
  wire = new Wire('ws://h/ws', 'T2');
  await wire.open();
  assert.equal(Socket.last.sent[0].ticket, 'T2');
});

for (const [code, why] of [[4000, 'signed out'], [4001, 'opened in another window'], [4003, 'sign in again'], [4004, 'somebody']])
  test(`close code ${code} is the end: no reconnect, told in words`, async () => {
    const s = await open();
    let told;
    wire.addEventListener('closed', e => { told = e.detail; });
    const waiting = wire.op('queue.list');
    Socket.answer = () => undefined;
    s.drop(code);
    await assert.rejects(waiting, { code: 'EIO' });
    assert.equal(told.code, code);
    assert.match(told.reason, new RegExp(why));
    assert.equal(wire.link, 'down');
    await soon(300);
    assert.equal(Socket.all.length, 1);
    assert.equal(Wire.kept('ws://h/ws'), false);
    await assert.rejects(wire.op('queue.list'), { code: 'ESTATE' });
  });

for (const code of [1001, 1006, 4005, 4006])
  test(`close code ${code} is taken up again`, async () => {
    (await open()).drop(code);
    await until(() => wire.link === 'up');
    assert.equal(Socket.all.length, 2);
  });

test('it goes on trying while there is no network', async () => {
  const s = await open();
  Socket.refuse = true;
  s.drop();
  await until(() => Socket.all.length >= 3);
  Socket.refuse = false;
  await until(() => wire.link === 'up', 6000);
});

test('a hotline that says nothing is asked, and given up when it stays silent', async t => {
  const now = Date.now;
  t.after(() => { Date.now = now; });
  const s = await open();
  Socket.answer = () => undefined;
  let skip = 6000;
  Date.now = () => now() + skip;
  wire.beat({ lost: 1 });
  assert.deepEqual(s.sent.at(-1), { lost: 1, id: 2, op: 'stats' });
  skip = 17000;
  wire.beat();
  assert.equal(wire.link, 'resuming');
  assert.equal(s.onclose, null, 'nobody waits for the dead socket');
});

test('events are acknowledged after a while, once', async t => {
  const now = Date.now;
  t.after(() => { Date.now = now; });
  const s = await open();
  s.say({ seq: 5, ev: 'x' });
  Date.now = () => now() + 2500;
  wire.beat();
  wire.beat();
  assert.deepEqual(s.sent.filter(m => 'ack' in m), [{ ack: 0 }, { ack: 5 }]);
});

test('close says bye', async () => {
  const s = await open();
  await wire.close();
  assert.equal(s.ops().at(-1), 'bye');
  assert.equal(Wire.kept('ws://h/ws'), false);
});
