/* hotline.js - a hotline in a web page: sign in, be ready, answer, call. Speaks hotline.v1 (doc/internals/gateway.md).
 *
 *   const hl = new Hotline({ url: 'wss://...', ticket });
 *   await hl.open();  await hl.ready();
 *   hl.addEventListener('call', e => console.log(e.detail.state));
 */
import { HotlineError, Wire } from './wire.js';
import { Sound } from './sound.js';

export { HotlineError };

const ENDED_MS = 500, QUEUE_MOST = 1000;

export class Hotline extends EventTarget {
  #wire; #sound; #options; #worker; #until; #queue = []; #waiting = []; #muted = false; #muting = 0;
  role = ''; agent = null; link = 'down'; media = 'none'; calls = new Map(); quality = null;

  constructor(options) {
    super();
    this.#options = { microphone: 'kept', ...options };
    this.#wire = new Wire(options.url, options.ticket);
    this.#sound = new Sound(this.#wire, this.#options);
    this.#wire.addEventListener('link', e => { this.link = e.detail; this.#tell('link', e.detail); });
    this.#wire.addEventListener('state', e => this.#takeState(e.detail));
    this.#wire.addEventListener('event', e => this.#take(e.detail));
    this.#wire.addEventListener('closed', e => this.#closed(e.detail));
    this.#sound.addEventListener('state', e => { this.media = e.detail; this.#tell('media', e.detail); });
  }

  /* Whether a reload of this page cut off a session with that hotline: open() takes it up without a ticket. */
  static kept(url) { return Wire.kept(url); }

  #tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }

  #closed({ code, reason }) {
    this.#stop();
    for (const contact of [...this.calls.keys()]) this.#end(contact);
    this.#tell('error', new HotlineError(code === 4001 ? 'ECONFLICT' : code === 4003 ? 'EDENIED' : 'EIO', reason));
  }

  #stop() {
    this.#worker?.terminate();
    this.#until?.abort();
    this.#worker = this.#until = undefined;
    this.#sound.close();
  }

  /* The hotline's times are microseconds of its own clock. */
  #takeState(state) {
    if (!state?.calls) return;
    const here = us => us ? Math.round(Date.now() + (us - state.now) / 1000) : 0;
    this.role = state.role;
    if (state.agent) { this.agent = { ...state.agent, since: here(state.agent.since) }; this.#tell('agent', this.agent); }
    const there = new Set([...state.calls, ...state.offers].map(c => c.contact));
    for (const contact of [...this.calls.keys()]) if (!there.has(contact)) this.#end(contact);
    for (const o of state.offers) this.#offered(o);
    for (const c of state.calls) {
      this.#change(c.contact, { ...Hotline.#about(c), state: c.state === 'alone' || c.state === 'none' ? 'talk' : c.state, leg: c.leg,
        since: here(c.since) });
      if (!this.#muting && c.muted !== this.#muted) this.#hush(c.muted);
    }
  }

  static #about(m) {
    const { number, queue, queue_title: queueTitle, lang, ticket, data, callback } = m;
    return { number, queue, queueTitle, lang, data, ...(ticket ? { ticket } : {}), ...(callback ? { callback } : {}) };
  }

  #offered(m) {
    this.#change(m.contact, { ...Hotline.#about(m), state: 'offered', offer: m.offer, waited: m.waited_ms, deadline: Date.now() + m.ms });
  }

  #change(contact, fields) {
    const call = this.calls.get(contact) ?? { contact, leg: 0, since: 0, muted: false, recorded: false, state: 'offered' };
    Object.assign(call, fields);
    this.calls.set(contact, call);
    this.#tell('call', call);
    return call;
  }

  #end(contact) {
    const call = this.calls.get(contact);
    if (!call || call.state === 'ended') return;
    this.#change(contact, { state: 'ended' });
    setTimeout(() => { if (call.state === 'ended' && this.calls.get(contact) === call) this.calls.delete(contact); }, ENDED_MS);
    if (this.#muted && !this.#talking) this.#hush(false); /* the next caller is not met with silence */
  }

  static #events = {
    'offer.made': (hl, m) => hl.#offered(m),
    'offer.ended': (hl, m) => { if (m.text === 'accepted') hl.#change(m.contact, { state: 'ringing' }); else hl.#end(m.contact); },
    'contact.connected': (hl, m) => hl.#change(m.contact, { state: 'talk', leg: m.leg, since: Date.now() }),
    'call.state': (hl, m) => {
      if (hl.calls.has(m.contact) && ['talk', 'hold', 'conference'].includes(m.state)) hl.#change(m.contact, { state: m.state });
    },
    'leg.ended': (hl, m) => hl.#end(m.contact),
    'contact.ended': (hl, m) => hl.#end(m.contact),
    'agent.state': (hl, m) => {
      if (hl.agent && m.agent === hl.agent.id)
        hl.#tell('agent', Object.assign(hl.agent, { state: m.state, work: m.work, since: Date.now(), contact: m.contact, reason: m.text }));
    },
    'state': (hl, m) => hl.#takeState(m),
    'app': (hl, m) => hl.#tell('app', m.data),
  };

  #take(m) {
    Hotline.#events[m.ev]?.(this, m);
    this.#tell('event', m);
    if (this.#waiting.length) this.#waiting.shift()({ value: m, done: false });
    else if (this.#queue.push(m) > QUEUE_MOST) this.#queue.shift();
  }

  get #talking() { return [...this.calls.values()].find(c => c.state === 'talk' || c.state === 'hold' || c.state === 'conference'); }

  /* The worker beats each second; where it may not run (another origin), the page's own timer does. */
  #start() {
    const beat = () => this.#beat();
    this.#until = new AbortController();
    try {
      this.#worker = new Worker(new URL('./heartbeat.js', import.meta.url), { type: 'module' });
      this.#worker.onmessage = beat;
    } catch {
      const timer = setInterval(beat, 1000);
      this.#worker = { terminate: () => clearInterval(timer) };
    }
    addEventListener('online', () => { this.#wire.hurry(); this.#sound.restart(); }, { signal: this.#until.signal });
  }

  async #beat() {
    this.#wire.beat(this.quality ?? {});
    this.#sound.mend();
    if (!this.#talking) return;
    const figures = await this.#sound.watch().catch(() => null);
    if (figures) { this.quality = figures; this.#tell('quality', figures); }
  }

  /* takeover: true where open() failed with ECONFLICT, because this agent has another page open. */
  async open(options) {
    const hello = await this.#wire.open(options);
    if (!this.#worker) this.#start();
    if (this.#options.microphone === 'kept' || hello.state?.calls?.length) await this.#sound.open();
  }

  async close() {
    await this.#wire.close();
    this.#stop();
  }

  op(name, args) { return this.#wire.op(name, args); }
  async ready() { await this.op('agent.state', { state: 'available' }); }
  async pause(reason = '') { await this.op('agent.state', { state: 'aux', ...(reason ? { reason } : {}) }); }
  async leave() { await this.op('agent.state', { state: 'offline' }); }

  async call(to, data) {
    if (this.media !== 'up') await this.#sound.open();
    const { contact, leg } = await this.op('call.web', { ...(to ? { to } : {}), ...(data ? { data } : {}) });
    return this.#change(contact, { state: 'talk', leg, since: Date.now(), number: to });
  }

  #offer(contact) {
    const offer = this.calls.get(contact)?.offer;
    if (!offer) throw new HotlineError('ENOENT', 'this call is not offered');
    return { offer };
  }

  async accept(contact) { this.#sound.play(); await this.op('offer.accept', this.#offer(contact)); }
  async reject(contact) { await this.op('offer.reject', this.#offer(contact)); }
  async hangup(contact) { await this.op('call.hangup', { contact }); }
  async hold(contact, on) { await this.op(on ? 'call.hold' : 'call.resume', { contact }); }
  async dtmf(contact, keys) { await this.op('call.dtmf', { contact, keys }); }
  async wrap(contact, code = '', note = '') {
    await this.op('wrap', { ...(contact ? { contact } : {}), ...(code ? { code } : {}), ...(note ? { note } : {}) });
  }
  async longer(ms) { await this.op('wrap', { more_ms: ms }); }

  #hush(on) {
    this.#muted = on;
    this.#sound.hush(on);
    const call = this.#talking;
    if (call) this.#change(call.contact, { muted: on });
  }

  /* Here at once, and at the hotline, which remembers it over a reload. */
  get muted() { return this.#muted; }
  async mute(on) {
    const call = this.#talking;
    this.#hush(on);
    if (!call || this.role === 'caller') return;
    this.#muting++;
    await this.op('call.mute', { contact: call.contact, on }).finally(() => { this.#muting--; });
  }

  /* For meters: what is heard, what is sent. */
  get connection() { return this.#sound.connection; }
  get element() { return this.#sound.element; }

  [Symbol.asyncIterator]() {
    return {
      next: () => this.#queue.length ? Promise.resolve({ value: this.#queue.shift(), done: false })
        : new Promise(good => this.#waiting.push(good)),
    };
  }
}
