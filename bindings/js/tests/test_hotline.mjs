/* test_hotline.mjs - Hotline: calls and the agent as events and states tell them, and the sound. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { hello, Peer, reset, Socket, soon, state, track, until } from './fake.mjs';
import { Hotline } from '../hotline.js';

let hl;
const offer = { offer: 11, contact: 5, ms: 20000, deadline: 1e15 + 2e7, waited_ms: 3000, queue: 'desk', queue_title: 'Water', number: '138',
  lang: 'en', ticket: 0, data: {} };
const sign = async (options = {}, more = {}) => {
  const { seq, ...rest } = more;
  Socket.answer = m => m.op === 'hello' ? hello(m, rest) : m.op === 'rtc.offer' ? { re: m.id, ok: true, sdp: 'answer' }
    : m.op ? { re: m.id, ok: true } : undefined;
  hl = new Hotline({ url: 'ws://h/ws', ticket: 'T', ...options });
  await hl.open();
  return Socket.last;
};
let seq = 0;
const say = (s, ev, fields) => s.say({ seq: ++seq, ev, ...fields });
beforeEach(() => { reset(); Peer.all.length = 0; Peer.comes = 'connected'; track.enabled = true; seq = 0; });
afterEach(() => hl?.close());

test('open signs in and connects the sound; ready needs no more', async () => {
  const s = await sign();
  assert.equal(hl.media, 'up');
  assert.equal(hl.role, 'agent');
  assert.equal(hl.agent.name, 'anna');
  assert.deepEqual(s.sent.find(m => m.op === 'rtc.offer'), { sdp: 'v=0 restart=false', why: 'open', id: 2, op: 'rtc.offer' });
  assert.deepEqual(Peer.all[0].remote, { type: 'answer', sdp: 'answer' });
  await hl.ready();
  assert.equal(s.sent.at(-1).state, 'available');
  await hl.pause('lunch');
  assert.deepEqual([s.sent.at(-1).state, s.sent.at(-1).reason], ['aux', 'lunch']);
});

test('a microphone on demand is not asked for at sign-in', async () => {
  await sign({ microphone: 'on_demand' });
  assert.equal(hl.media, 'none');
  assert.equal(Peer.all.length, 0);
});

test('an offer of a call-back says so, with its note', async () => {
  const s = await sign(), callback = { mode: 'agent_first', tried: 1, number: '139', note: 'the bill' };
  say(s, 'offer.made', { ...offer, callback });
  assert.deepEqual(hl.calls.get(5).callback, callback);
});

test('an offer rings, is accepted, talks, is held, ends', async () => {
  const s = await sign(), states = [];
  hl.addEventListener('call', e => states.push(e.detail.state));
  say(s, 'offer.made', offer);
  const call = hl.calls.get(5);
  assert.deepEqual([call.number, call.queueTitle, call.waited, call.lang], ['138', 'Water', 3000, 'en']);
  assert.ok(Math.abs(call.deadline - Date.now() - 20000) < 500);
  await hl.accept(5);
  assert.deepEqual([s.sent.at(-1).op, s.sent.at(-1).offer], ['offer.accept', 11]);
  say(s, 'offer.ended', { offer: 11, contact: 5, code: 1, text: 'accepted' });
  say(s, 'call.state', { contact: 5, code: 2, state: 'talk' });
  say(s, 'contact.connected', { contact: 5, leg: 9 });
  say(s, 'call.state', { contact: 5, code: 3, state: 'hold' });
  say(s, 'leg.ended', { contact: 5, leg: 9, code: 16, text: 'normal' });
  say(s, 'contact.ended', { contact: 5, code: 1, text: 'handled' });
  assert.deepEqual(states, ['offered', 'ringing', 'talk', 'talk', 'hold', 'ended']);
  await until(() => hl.calls.size === 0);
});

test('an offer that goes elsewhere is over here; one that comes back rings again', async () => {
  const s = await sign();
  say(s, 'offer.made', offer);
  say(s, 'offer.ended', { offer: 11, contact: 5, code: 3, text: 'no_answer' });
  assert.equal(hl.calls.get(5).state, 'ended');
  say(s, 'offer.made', { ...offer, offer: 12 });
  assert.deepEqual([hl.calls.get(5).state, hl.calls.get(5).offer], ['offered', 12]);
  await soon(600);
  assert.equal(hl.calls.get(5).state, 'offered', 'what is deleted is the ended call, not the one that rings');
});

test('an event that is told twice does no harm', async () => {
  const s = await sign();
  say(s, 'offer.made', offer);
  s.say({ seq, ev: 'offer.made', ...offer });
  say(s, 'offer.made', offer);
  assert.equal(hl.calls.size, 1);
});

test('after a reload the state brings call, times and mute back; the sound is opened', async () => {
  const now = 1e15;
  await sign({}, { resumed: true, state: state({ now, calls: [{ contact: 5, leg: 9, since: now - 60e6, state: 'hold', muted: true,
    number: '138', queue: 'desk', queue_title: 'Water', lang: 'en', ticket: 33, data: {} }] }) });
  const call = hl.calls.get(5);
  assert.deepEqual([call.state, call.number, call.ticket, call.muted], ['hold', '138', 33, true]);
  assert.ok(Math.abs(Date.now() - 60000 - call.since) < 500, 'microseconds of the hotline became milliseconds of this machine');
  assert.equal(hl.muted, true);
  assert.equal(track.enabled, false, 'who muted herself is not heard after a reload');
  assert.equal(hl.media, 'up');
});

test('a call that is no longer in the state has ended', async () => {
  const s = await sign();
  say(s, 'offer.made', offer);
  say(s, 'state', state());
  assert.equal(hl.calls.get(5).state, 'ended');
});

test('mute is here at once and told to the hotline; the next call is not muted', async () => {
  const s = await sign();
  say(s, 'offer.made', offer);
  say(s, 'call.state', { contact: 5, code: 2, state: 'talk' });
  const done = hl.mute(true);
  assert.equal(track.enabled, false);
  await done;
  assert.deepEqual([s.sent.at(-1).op, s.sent.at(-1).on, s.sent.at(-1).contact], ['call.mute', true, 5]);
  assert.equal(hl.calls.get(5).muted, true);
  say(s, 'leg.ended', { contact: 5, leg: 9 });
  assert.equal(track.enabled, true);
  assert.equal(hl.muted, false);
});

test('the agent\'s own state is followed, others\' are not', async () => {
  const s = await sign();
  say(s, 'agent.state', { agent: 7, state: 'available', work: 'wrapup', contact: 5, text: '' });
  assert.deepEqual([hl.agent.state, hl.agent.work], ['available', 'wrapup']);
  say(s, 'agent.state', { agent: 8, state: 'aux', work: 'idle', contact: 0, text: '' });
  assert.equal(hl.agent.state, 'available');
});

test('packets that stand still: suspect, after three seconds a restart on the same connection', async () => {
  const s = await sign();
  say(s, 'offer.made', offer);
  say(s, 'call.state', { contact: 5, code: 2, state: 'talk' });
  Peer.all[0].packets = 100;
  await until(() => hl.media === 'suspect', 4000);
  await until(() => s.sent.some(m => m.why === 'restart'), 5000);
  assert.equal(s.sent.find(m => m.why === 'restart').sdp, 'v=0 restart=true');
  assert.equal(Peer.all.length, 1);
});

test('a path that failed is opened anew', async () => {
  await sign();
  Peer.all[0].turn('failed');
  await until(() => Peer.all.length === 2 && hl.media === 'up');
});

test('where the sound cannot be had, open fails in words and the page is signed in all the same', async () => {
  Peer.comes = 'failed';
  await assert.rejects(sign(), { code: 'EIO' });
  assert.equal(hl.link, 'up');
  assert.equal(hl.media, 'lost');
});

test('a microphone that is not allowed is told in words', async () => {
  const before = navigator.mediaDevices.getUserMedia;
  navigator.mediaDevices.getUserMedia = async () => { throw Object.assign(new Error(), { name: 'NotAllowedError' }); };
  await assert.rejects(sign(), e => e.code === 'EDENIED' && /not allowed/.test(e.message));
  navigator.mediaDevices.getUserMedia = before;
});

test('opened elsewhere: an error ECONFLICT, calls are gone, the microphone is off', async () => {
  const s = await sign();
  say(s, 'offer.made', offer);
  let told;
  hl.addEventListener('error', e => { told = e.detail; });
  s.drop(4001);
  assert.equal(told.code, 'ECONFLICT');
  assert.equal(hl.calls.get(5).state, 'ended');
  assert.equal(hl.media, 'none');
  assert.equal(track.stopped, true);
});

test('a caller calls, presses keys, hangs up', async () => {
  const s = await sign({ microphone: 'on_demand' }, { role: 'caller', state: state({ role: 'caller', agent: null }) });
  const answer = Socket.answer;
  Socket.answer = m => m.op === 'call.web' ? { re: m.id, ok: true, contact: 40, leg: 41 } : answer(m);
  const call = await hl.call('96332', { why: 'test' });
  assert.deepEqual([call.contact, call.leg, call.state], [40, 41, 'talk']);
  assert.deepEqual([s.sent.at(-1).to, s.sent.at(-1).data], ['96332', { why: 'test' }]);
  await hl.dtmf(40, '0');
  assert.deepEqual([s.sent.at(-1).op, s.sent.at(-1).keys], ['call.dtmf', '0']);
  await hl.hangup(40);
  assert.equal(s.sent.at(-1).op, 'call.hangup');
});

test('events come by for await, too', async () => {
  const s = await sign();
  say(s, 'app', { data: 1 });
  const got = [];
  setTimeout(() => say(s, 'app', { data: 2 }), 20);
  for await (const m of hl) {
    got.push(m.data);
    if (got.length === 2) break;
  }
  assert.deepEqual(got, [1, 2]);
});
