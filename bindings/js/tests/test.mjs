/* test.mjs - the wire against a WebSocket played here; what the modules hold, ask and say. One line of TAP per test. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import assert from 'node:assert/strict';

const top = process.env.HL_SRC ?? '../../..';
const here = top + '/bindings/js/';
const read = name => readFileSync(here + name, 'utf8');
let failed = 0;

async function test(name, f) {
  try {
    await f();
    console.log(`ok - js: ${name}`);
  } catch (e) {
    failed++;
    console.log(`not ok - js: ${name}\n# ${String(e.stack).replaceAll('\n', '\n# ')}`);
  }
}

/* A socket whose other end is the test. */
const sockets = [];
class FakeSocket {
  static OPEN = 1;
  readyState = 1; sent = [];
  constructor(url, protocol) { Object.assign(this, { url, protocol }); sockets.push(this); setTimeout(() => this.onopen?.(), 0); }
  send(text) { this.sent.push(JSON.parse(text)); }
  close(code = 1005, reason = '') { this.cut(code, reason); }
  cut(code, reason = '') { if (this.readyState === 3) return; this.readyState = 3; this.onclose?.({ code, reason }); }
  say(message) { this.onmessage({ data: JSON.stringify(message) }); }
}
const kept = new Map();
globalThis.WebSocket = FakeSocket;
globalThis.sessionStorage = { getItem: k => kept.get(k) ?? null, setItem: (k, v) => kept.set(k, v), removeItem: k => kept.delete(k) };
globalThis.CustomEvent ??= class extends Event { constructor(n, o) { super(n); this.detail = o?.detail; } };
const { Wire, HotlineError } = await import(here + 'wire.js');

const soon = (ms = 5) => new Promise(done => setTimeout(done, ms));
const until = async what => { for (let n = 0; n < 1000; n++) { if (what()) return; await soon(); } throw new Error(`never: ${what}`); };
const state = { role: 'agent', agent: { id: 2 }, calls: [], offers: [] };

async function opened(ticket = 'T') {
  kept.clear();
  sockets.length = 0;
  const wire = new Wire('wss://x/', ticket), hello = wire.open();
  await until(() => sockets[0]?.sent.length);
  sockets[0].say({ re: sockets[0].sent[0].id, ok: true, token: 'K', session: 30, role: 'agent', seq: 7, state });
  await hello;
  return wire;
}

await test('a page says hello with its ticket and speaks hotline.v1', async () => {
  const wire = await opened();
  assert.equal(sockets[0].protocol, 'hotline.v1');
  assert.deepEqual({ ...sockets[0].sent[0], id: 0 }, { id: 0, op: 'hello', ticket: 'T' });
  assert.equal(wire.link, 'up');
});

await test('an operation is a promise; a refusal is a HotlineError with a code by name', async () => {
  const wire = await opened(), good = wire.op('queue.list'), bad = wire.op('offer.accept', { offer: 11 });
  const [first, second] = sockets[0].sent.slice(-2);
  assert.equal(second.offer, 11);
  sockets[0].say({ re: second.id, err: 'ECONFLICT', msg: 'too late' });
  sockets[0].say({ re: first.id, ok: true, queues: [] });
  assert.deepEqual((await good).queues, []);
  await assert.rejects(bad, e => e instanceof HotlineError && e.code === 'ECONFLICT' && e.message === 'too late');
});

await test('after a resume what was not answered is sent again under its number, and events go on behind the last', async () => {
  const wire = await opened(), seen = [];
  wire.addEventListener('event', e => seen.push(e.detail.seq));
  sockets[0].say({ ev: 'agent.state', seq: 8 });
  const waiting = wire.op('call.hold', { contact: 9 }), sent = sockets[0].sent.at(-1);
  sockets[0].cut(1006);
  assert.equal(wire.link, 'resuming');
  await until(() => sockets[1]?.sent.length);
  const again = sockets[1].sent[0];
  assert.deepEqual([again.op, again.token, again.last], ['hello', 'K', 8]);
  sockets[1].say({ re: again.id, ok: true, token: 'K2', session: 30, role: 'agent', seq: 9, resumed: true, replay: true, state });
  assert.deepEqual(sockets[1].sent.at(-1), sent);
  for (const seq of [8, 9, 9, 10]) sockets[1].say({ ev: 'x', seq });
  assert.deepEqual(seen, [8, 9, 10]);
  sockets[1].say({ re: sent.id, ok: true });
  await waiting;
});

await test('a window opened elsewhere ends this one: open operations fail, nothing is kept', async () => {
  const wire = await opened(), waiting = wire.op('state');
  let closed;
  wire.addEventListener('closed', e => { closed = e.detail.code; });
  sockets[0].cut(4001);
  await assert.rejects(waiting, HotlineError);
  assert.equal(closed, 4001);
  assert.equal(kept.size, 0);
  await assert.rejects(wire.op('state'), e => e.code === 'ESTATE');
});

await test('events are acknowledged with the beat, once', async () => {
  const wire = await opened();
  sockets[0].say({ ev: 'x', seq: 9 });
  wire.beat();
  wire.beat();
  assert.deepEqual(sockets[0].sent.filter(m => 'ack' in m).map(m => m.ack), [7, 9]);
});

const modules = readdirSync(here).filter(n => n.endsWith('.js'));
await test('modules import each other only, and keep nothing beyond the window', () => {
  for (const name of modules) {
    for (const [, from] of read(name).matchAll(/^(?:import|export) .*? from '(.*?)'/gm)) assert.ok(from.startsWith('./'), from);
    assert.ok(!read(name).includes('localStorage'), name);
  }
});

await test('the core is at most 30 KB', () => {
  const core = ['hotline.js', 'wire.js', 'sound.js', 'heartbeat.js'];
  assert.ok(core.reduce((sum, n) => sum + statSync(here + n).size, 0) <= 30 * 1024);
});

/* Two ways: what the modules ask for is an operation of the engine; every operation is asked for or left out for a reason. */
const table = readFileSync(top + '/lib/engine/driver.h', 'utf8').replaceAll('\\\n', ' ')
  .match(/#define HL__OPS\(X\)(.*?)enum \{ HL__DO_NONE/s)[1];
const ops = new Map([...table.matchAll(/X\(\s*"([\w.]+)",\s*\w+,\s*(\d+)/g)].map(m => [m[1], Number(m[2])]));
const asked = new Set(modules.flatMap(n => [...read(n).matchAll(/\bop\((?:on \? )?'([\w.]+)'(?: : '([\w.]+)')?/g)])
  .flatMap(m => [m[1], m[2]]).filter(Boolean));
const skipped = new Map(read('skipped.txt').split('\n').filter(l => l && l[0] !== '#').map(l => l.match(/^(\S+)\s+(.+)$/).slice(1)));
await test('every operation asked for is known to the gateway', () => {
  const wire = new Set(['bye', 'hello']);
  assert.deepEqual([...asked].filter(n => !ops.has(n) && !wire.has(n)), []);
});
await test('every operation a page may use has a method, or stands in skipped.txt', () => {
  const open = [...ops].filter(([, who]) => who > 0).map(([n]) => n);
  assert.deepEqual(open.filter(n => !asked.has(n) && !skipped.has(n)), []);
  assert.deepEqual([...skipped.keys()].filter(n => !open.includes(n) || asked.has(n)), [], 'not needed in skipped.txt');
});
await test('the constants are those of the headers', async () => {
  const { Ev, HL } = await import(here + 'constants.js');
  assert.equal(Ev.OFFER_MADE, 26);
  assert.equal(HL.EINVAL, -1);
});
process.exit(failed ? 1 : 0);
