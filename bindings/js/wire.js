/* wire.js - hotline.v1: one WebSocket that may break and come back; operations are repeated, events are not lost. */

export class HotlineError extends Error {
  constructor(code, message) {
    super(message);
    this.name = 'HotlineError';
    this.code = code;
  }
}

const FINAL = { 4000: 'signed out', 4001: 'opened in another window', 4002: 'sign in again', 4003: 'sign in again',
  4004: 'sign in again: somebody used an old key of this page' };
const CONNECT_MS = 5000, ACK_MS = 2000, BYE_MS = 1000, FIRST_WAIT_MS = 200, MOST_WAIT_MS = 3000;

export class Wire extends EventTarget {
  #url; #ticket; #key; #socket; #id = 0; #seq = 0; #acked = 0; #open = new Map(); #closed = false; #tries = 0; #takeover = false;
  #heard = 0; #pinged = 0; #ackedAt = 0; #pingMs = 5000; #token;
  link = 'down'; state = null; session = 0; role = '';

  constructor(url, ticket) {
    super();
    this.#url = url;
    this.#ticket = ticket;
    this.#key = Wire.#place(url);
  }

  /* Whether a reload of this page cut off a session with that hotline. */
  static kept(url) {
    try { return !!sessionStorage.getItem(Wire.#place(url)); } catch { return false; }
  }

  /* Each page of a tab has its own: a caller's page must not take up an agent's. */
  static #place(url) { return `hotline:${url}@${globalThis.location?.pathname ?? ''}`; }

  #tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }

  #link(link) {
    if (this.link === link) return;
    this.link = link;
    this.#tell('link', link);
  }

  #kept() {
    try { return JSON.parse(sessionStorage.getItem(this.#key)); } catch { return null; }
  }

  #keep() {
    const kept = { token: this.#token, last: this.#seq, id: this.#id };
    try { sessionStorage.setItem(this.#key, JSON.stringify(kept)); } catch { /* a private window: no resume after a reload */ }
  }

  #forget() {
    this.#token = undefined;
    this.#seq = this.#acked = 0;
    try { sessionStorage.removeItem(this.#key); } catch { /* nothing was kept */ }
  }

  /* `again`: take up what a reload cut off, if there is something; else, or if that is over, with a ticket. */
  async open({ again = true, takeover = false } = {}) {
    const kept = again ? this.#kept() : null;
    this.#takeover = takeover;
    this.#closed = false;
    if (kept) {
      [this.#token, this.#seq, this.#id] = [kept.token, kept.last, kept.id];
      try {
        return await this.#connect();
      } catch (e) {
        this.#forget();
        if (!this.#ticket) throw e;
      }
    }
    return this.#connect();
  }

  async #hello() {
    const id = ++this.#id;
    if (this.#token) return { id, op: 'hello', token: this.#token, last: this.#seq };
    const ticket = typeof this.#ticket === 'function' ? await this.#ticket() : this.#ticket;
    return { id, op: 'hello', ticket, ...(this.#takeover ? { takeover: true } : {}) };
  }

  async #connect() {
    const hello = await this.#hello();
    return new Promise((good, bad) => {
      const socket = this.#socket = new WebSocket(this.#url, 'hotline.v1');
      let greeted = false;
      const late = setTimeout(() => { bad(new HotlineError('EIO', 'no answer')); this.#leave(socket); }, CONNECT_MS);
      socket.onopen = () => socket.send(JSON.stringify(hello));
      socket.onmessage = m => {
        const msg = JSON.parse(m.data);
        this.#heard = Date.now();
        if (greeted || msg.re !== hello.id) { this.#take(msg); return; }
        clearTimeout(late);
        if (!msg.ok) { bad(new HotlineError(msg.err, msg.msg)); this.#leave(socket); return; }
        greeted = true;
        this.#greeted(msg);
        good(msg);
      };
      socket.onclose = e => {
        clearTimeout(late);
        if (greeted) this.#gone(e);
        else bad(new HotlineError(FINAL[e.code] ? 'EDENIED' : 'EIO', e.reason || FINAL[e.code] || 'no connection to the hotline'));
      };
    });
  }

  /* Closing may take as long as the network is silent: nobody waits for it. */
  #leave(socket) {
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #greeted(msg) {
    this.#token = msg.token;
    this.session = msg.session;
    this.role = msg.role;
    this.state = msg.state;
    this.#pingMs = (msg.ping_s || 5) * 1000;
    if (!msg.resumed || !msg.replay) this.#seq = this.#acked = msg.seq;
    this.#tries = 0;
    this.#pinged = 0;
    this.#keep();
    this.#send({ ack: this.#seq });
    this.#link('up');
    this.#tell('state', msg.state);
    for (const waiting of this.#open.values()) this.#send(waiting.message);
  }

  #gone(e) {
    if (this.#closed || FINAL[e.code]) {
      const why = e.reason || FINAL[e.code] || 'closed';
      this.#forget();
      this.#closed = true;
      this.#link('down');
      for (const waiting of this.#open.values()) waiting.bad(new HotlineError('EIO', why));
      this.#open.clear();
      this.#tell('closed', { code: e.code, reason: why });
      return;
    }
    this.#link('resuming');
    setTimeout(() => this.#again(), FIRST_WAIT_MS + Math.random() * Math.min(MOST_WAIT_MS - FIRST_WAIT_MS, 400 * 2 ** this.#tries++));
  }

  async #again() {
    if (this.#closed || this.link !== 'resuming') return;
    try {
      await this.#connect();
    } catch (e) {
      this.#gone(e.code === 'EDENIED' || e.code === 'EFENCED' ? { code: 4003, reason: e.message } : { code: 1006 });
    }
  }

  /* The socket is given up without waiting for it to notice: the network changed, or the hotline is silent. */
  hurry() {
    if (this.link !== 'up') return;
    this.#leave(this.#socket);
    this.#gone({ code: 1006 });
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #take(msg) {
    if ('re' in msg) {
      const waiting = this.#open.get(msg.re);
      if (!waiting) return;
      this.#open.delete(msg.re);
      if (msg.ok) waiting.good(msg);
      else waiting.bad(new HotlineError(msg.err, msg.msg));
    } else if ('ev' in msg) {
      if (msg.seq <= this.#seq) return;
      this.#seq = msg.seq;
      this.#tell('event', msg);
    }
  }

  /* An operation is carried out once: after a resume it is sent again under its number and gets the same reply. */
  op(name, args = {}) {
    if (this.#closed || this.link === 'down') return Promise.reject(new HotlineError('ESTATE', 'not signed in'));
    const id = ++this.#id;
    const message = { ...args, id, op: name };
    this.#keep(); /* a reload must not use the number again */
    return new Promise((good, bad) => {
      this.#open.set(id, { message, good, bad });
      if (this.link === 'up') this.#send(message);
    });
  }

  /* Once a second. `figures`: how the sound is, for the hotline. */
  beat(figures = {}) {
    const now = Date.now();
    if (this.link !== 'up') return;
    if (this.#pinged && now - this.#heard > 2 * this.#pingMs) { this.hurry(); return; }
    if (now - Math.max(this.#heard, this.#pinged) >= this.#pingMs) {
      this.#pinged = now;
      this.op('stats', figures).catch(() => {});
    }
    if (this.#acked === this.#seq || now - this.#ackedAt < ACK_MS) return;
    this.#acked = this.#seq;
    this.#ackedAt = now;
    this.#send({ ack: this.#seq });
    this.#keep();
  }

  async close() {
    if (this.link === 'up') await Promise.race([this.op('bye').catch(() => {}), new Promise(r => setTimeout(r, BYE_MS))]);
    this.#closed = true;
    this.#forget();
    for (const waiting of this.#open.values()) waiting.bad(new HotlineError('EIO', 'closed'));
    this.#open.clear();
    if (this.#socket) this.#leave(this.#socket);
    this.#link('down');
  }
}
