/* hotline.js - a hotline in a web page: sign in, be ready, answer, call. Speaks hotline.v1 (doc/internals/gateway.md).
 *
 *   const hl = new Hotline({ url: 'wss://...', ticket });
 *   await hl.open();  await hl.ready();
 *   hl.addEventListener('call', e => console.log(e.detail.state));
 */
import { HotlineError, Wire } from './wire.js';
import { Sound } from './sound.js';

export { HotlineError };

const ENDED_MS = 500;

export class Hotline extends EventTarget {
  #wire; #sound; #options; #worker; #beats = 0; #queue = []; #waiting = []; #muted = false;
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

  #tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }

  #closed({ code, reason }) {
    this.#worker?.terminate?.();
    this.#sound.close();
    this.#tell('error', new HotlineError(code === 4001 ? 'ECONFLICT' : 'EIO', reason));
  }

  #takeState(state) {
    if (!state) return;
    this.role = state.role;
    if (state.agent) { this.agent = { ...state.agent }; this.#tell('agent', this.agent); }
    const there = new Set([...state.calls.map(c => c.contact), ...state.offers.map(o => o.contact)]);
    for (const contact of [...this.calls.keys()]) if (!there.has(contact)) this.#end(contact);
    for (const o of state.offers) this.#change(o.contact, { state: 'offered', offer: o.offer, deadline: o.deadline });
    for (const c of state.calls) this.#change(c.contact, { ...c, state: c.state === 'alone' || c.state === 'none' ? 'talk' : c.state });
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
    setTimeout(() => { if (call.state === 'ended') this.calls.delete(contact); }, ENDED_MS);
  }

  static #events = {
    'offer.made': (hl, m) => hl.#change(m.contact, { state: 'offered', offer: m.offer, number: m.number, queue: m.queue,
      queueTitle: m.queue_title, waited: m.waited_ms, deadline: Date.now() + m.ms, lang: m.lang, ticket: m.ticket, data: m.data }),
    'offer.ended': (hl, m) => { if (m.text === 'accepted') hl.#change(m.contact, { state: 'ringing' }); else hl.#end(m.contact); },
    'contact.connected': (hl, m) => hl.#change(m.contact, { state: 'talk', leg: m.leg, since: Date.now() }),
    'call.state': (hl, m) => {
      if (hl.calls.has(m.contact) && ['talk', 'hold', 'conference'].includes(m.state)) hl.#change(m.contact, { state: m.state });
    },
    'leg.ended': (hl, m) => hl.#end(m.contact),
    'contact.ended': (hl, m) => hl.#end(m.contact),
    'agent.state': (hl, m) => {
      if (hl.agent && m.agent === hl.agent.id)
        hl.#tell('agent', Object.assign(hl.agent, { state: m.state, work: m.work, since: m.since, contact: m.contact, reason: m.text }));
    },
    'state': (hl, m) => hl.#takeState(m),
    'app': (hl, m) => hl.#tell('app', m.data),
  };

  #take(m) {
    Hotline.#events[m.ev]?.(this, m);
    this.#tell('events', m);
    if (this.#waiting.length) this.#waiting.shift()({ value: m, done: false });
    else if (this.#queue.push(m) > 1000) this.#queue.shift();
  }

  /* The worker beats each second; where it may not run (another origin), the page's own timer does. */
  #start() {
    const beat = () => this.#beat();
    try {
      this.#worker = new Worker(new URL('./heartbeat.js', import.meta.url), { type: 'module' });
      this.#worker.onmessage = beat;
    } catch {
      const timer = setInterval(beat, 1000);
      this.#worker = { terminate: () => clearInterval(timer) };
    }
    addEventListener('online', () => { this.#wire.hurry(); this.#sound.restart(); });
  }

  async #beat() {
    if (++this.#beats % 2 === 0) this.#wire.beat();
    const talking = [...this.calls.values()].some(c => c.state === 'talk' || c.state === 'hold');
    if (!talking) return;
    const figures = await this.#sound.watch().catch(() => null);
    if (figures) { this.quality = figures; this.#tell('quality', figures); }
  }

  async open(options) {
    const hello = await this.#wire.open(options);
    this.#start();
    if (this.#options.microphone === 'kept' || hello.state?.calls?.length) await this.#sound.open();
  }

  async close() {
    await this.#wire.close();
    this.#worker?.terminate?.();
    this.#sound.close();
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

  async accept(contact) { await this.op('offer.accept', this.#offer(contact)); }
  async reject(contact) { await this.op('offer.reject', this.#offer(contact)); }
  async hangup(contact) { await this.op('call.hangup', { contact }); }
  async hold(contact, on) { await this.op(on ? 'call.hold' : 'call.resume', { contact }); }
  async dtmf(contact, keys) { await this.op('call.dtmf', { contact, keys }); }
  async wrap(contact, code = '', note = '') {
    await this.op('wrap', { ...(contact ? { contact } : {}), ...(code ? { code } : {}), ...(note ? { note } : {}) });
  }
  async longer(ms) { await this.op('wrap', { more_ms: ms }); }

  get muted() { return this.#muted; }
  async mute(on) {
    this.#muted = on;
    for (const track of this.#sound.stream?.getAudioTracks() ?? []) track.enabled = !on;
    for (const c of this.calls.values()) if (c.state !== 'ended' && c.state !== 'offered') this.#change(c.contact, { muted: on });
  }

  /* For tests and meters: what is heard, what is sent. */
  get connection() { return this.#sound.connection; }
  get element() { return this.#sound.element; }

  [Symbol.asyncIterator]() {
    return {
      next: () => this.#queue.length ? Promise.resolve({ value: this.#queue.shift(), done: false })
        : new Promise(good => this.#waiting.push(good)),
    };
  }
}
