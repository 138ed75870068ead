/* fake.mjs - what a page has and node has not, as much as the SDK needs: a WebSocket that is told what to do, storage, media. */
globalThis.CustomEvent ??= class CustomEvent extends Event {
  constructor(name, options = {}) { super(name, options); this.detail = options.detail; }
};
const kept = new Map();
globalThis.sessionStorage = { getItem: k => kept.get(k) ?? null, setItem: (k, v) => kept.set(k, v), removeItem: k => kept.delete(k) };
globalThis.location = { pathname: '/desk.html', origin: 'http://h' };
globalThis.addEventListener ??= () => {};
delete globalThis.Worker;

/* A hotline: every socket made is in `sockets`; answer(message, socket) says what comes back. */
export class Socket {
  static OPEN = 1;
  static all = [];
  static answer = () => undefined;
  static refuse = false;
  readyState = 0;
  sent = [];
  constructor(url, protocol) {
    Object.assign(this, { url, protocol });
    Socket.all.push(this);
    setImmediate(() => {
      if (Socket.refuse) { this.drop(1006); return; }
      this.readyState = 1;
      this.onopen?.();
    });
  }
  send(text) {
    const message = JSON.parse(text);
    this.sent.push(message);
    const reply = Socket.answer(message, this);
    if (reply) setImmediate(() => this.say(reply));
  }
  say(message) { this.onmessage?.({ data: JSON.stringify(message) }); }
  drop(code = 1006, reason = '') { this.readyState = 3; this.onclose?.({ code, reason }); }
  close() { this.readyState = 3; }
  static get last() { return Socket.all.at(-1); }
  ops() { return this.sent.filter(m => m.op).map(m => m.op); }
}
globalThis.WebSocket = Socket;

export const state = (more = {}) => ({ role: 'agent', now: 1e15, media: 'none', calls: [], offers: [],
  agent: { id: 7, name: 'anna', state: 'offline', work: 'idle', since: 1e15, contact: 0, reason: '' }, ...more });
export const hello = (m, more = {}) => ({ re: m.id, ok: true, session: 1038, token: 't1', role: 'agent', resumed: !!m.token, replay: !!m.token,
  seq: m.last ?? 0, ping_s: 5, resume_s: 120, ice: [], state: state(), ...more });

export function reset() {
  kept.clear();
  Socket.all.length = 0;
  Socket.refuse = false;
  Socket.answer = m => m.op === 'hello' ? hello(m) : m.op ? { re: m.id, ok: true } : undefined;
}

/* Media: one connection that connects at once. */
export class Track { enabled = true; kind = 'audio'; stopped = false; stop() { this.stopped = true; } }
export const track = new Track();
export class Stream { getAudioTracks() { return [track]; } getTracks() { return [track]; } }
export class Peer extends EventTarget {
  static all = [];
  static comes = 'connected';
  connectionState = 'new';
  constructor() { super(); Peer.all.push(this); }
  addTrack() {}
  async createOffer(o) { return { type: 'offer', sdp: 'v=0 restart=' + o.iceRestart }; }
  async setLocalDescription(d) { this.localDescription = d; }
  async setRemoteDescription(d) { this.remote = d; this.turn(Peer.comes); }
  turn(to) { this.connectionState = to; this.dispatchEvent(new Event('connectionstatechange')); }
  packets = 0;
  async getStats() { return new Map([['a', { type: 'inbound-rtp', kind: 'audio', packetsReceived: this.packets, packetsLost: 0, jitter: 0 }]]); }
  close() { this.connectionState = 'closed'; }
}
globalThis.RTCPeerConnection = Peer;
globalThis.Audio = class { play() { return Promise.resolve(); } };
Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { language: 'en',
  mediaDevices: { getUserMedia: async () => new Stream() } } });

export const soon = (ms = 5) => new Promise(r => setTimeout(r, ms));
export async function until(look, ms = 3000) {
  for (const end = Date.now() + ms; !look();) {
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${look}`);
    await soon();
  }
}
