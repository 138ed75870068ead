/* wire.js - hotline.v1: one WebSocket that may break and come back; operations are repeated, events are not lost. */

export class HotlineError extends Error {
  constructor(code, message) {
    super(message);
    this.name = 'HotlineError';
    this.code = code;
  }
}

const FINAL = { 4000: 'signed out', 4001: 'opened in another window', 4002: 'sign in again', 4003: 'sign in again',
  4004: 'sign in again' };

export class Wire extends EventTarget {
  #url; #ticket; #key; #socket; #id = 0; #seq = 0; #acked = 0; #open = new Map(); #closed = false; #tries = 0; #takeover = false;
  link = 'down'; state = null; session = 0; role = '';

  constructor(url, ticket) {
    super();
    this.#url = url;
    this.#ticket = ticket;
    this.#key = 'hotline:' + url;
  }

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
    const kept = { token: this.token, last: this.#seq, id: this.#id };
    try { sessionStorage.setItem(this.#key, JSON.stringify(kept)); } catch { /* a private window: no resume after reload */ }
  }

  /* `again`: take up what a reload cut off, if there is something; else, or if that is over, with a ticket. */
  async open({ again = true, takeover = false } = {}) {
    const kept = again ? this.#kept() : null;
    this.#takeover = takeover;
    this.#closed = false;
    if (kept) {
      ({ token: this.token, last: this.#seq, id: this.#id } = { token: kept.token, last: kept.last, id: kept.id });
      try {
        return await this.#connect();
      } catch (e) {
        this.#forget();
        if (!this.#ticket) throw e;
      }
    }
    return this.#connect();
  }

  #forget() {
    this.token = undefined;
    this.#seq = this.#acked = 0;
    try { sessionStorage.removeItem(this.#key); } catch { /* nothing was kept */ }
  }

  async #hello() {
    const id = ++this.#id;
    if (this.token) return { id, op: 'hello', token: this.token, last: this.#seq };
    const ticket = typeof this.#ticket === 'function' ? await this.#ticket() : this.#ticket;
    return { id, op: 'hello', ticket, ...(this.#takeover ? { takeover: true } : {}) };
  }

  async #connect() {
    const hello = await this.#hello();
    return new Promise((good, bad) => {
      const socket = this.#socket = new WebSocket(this.#url, 'hotline.v1');
      let greeted = false;
      socket.onopen = () => socket.send(JSON.stringify(hello));
      socket.onmessage = m => {
        const msg = JSON.parse(m.data);
        if (!greeted && msg.re === hello.id) {
          if (!msg.ok) { bad(new HotlineError(msg.err, msg.msg)); socket.close(); return; }
          greeted = true;
          this.#greeted(msg);
          good(msg);
        } else {
          this.#take(msg);
        }
      };
      socket.onclose = e => {
        if (socket !== this.#socket) return;
        if (!greeted) bad(new HotlineError(e.code === 4003 ? 'EDENIED' : 'EIO', e.reason || FINAL[e.code] || 'no answer'));
        else this.#gone(e);
      };
    });
  }

  #greeted(msg) {
    this.token = msg.token;
    this.session = msg.session;
    this.role = msg.role;
    this.state = msg.state;
    if (!msg.resumed || !msg.replay) this.#seq = this.#acked = msg.seq;
    this.#tries = 0;
    this.#keep();
    this.#send({ ack: this.#seq });
    this.#link('up');
    this.#tell('state', msg.state);
    for (const waiting of this.#open.values()) this.#send(waiting.message);
  }

  #gone(e) {
    if (this.#closed || FINAL[e.code]) {
      this.#forget();
      this.#link('down');
      for (const waiting of this.#open.values()) waiting.bad(new HotlineError('EIO', FINAL[e.code] ?? 'closed'));
      this.#open.clear();
      this.#tell('closed', { code: e.code, reason: e.reason || FINAL[e.code] || '' });
      return;
    }
    this.#link('resuming');
    setTimeout(() => this.#again(), 200 + Math.random() * Math.min(2800, 400 * 2 ** this.#tries++));
  }

  async #again() {
    if (this.#closed || this.link !== 'resuming') return;
    try {
      await this.#connect();
    } catch (e) {
      if (e.code === 'EDENIED') this.#gone({ code: 4003, reason: e.message });
      else this.#gone({ code: 1006 });
    }
  }

  /* Called when the network changed: do not wait for the socket to notice. */
  hurry() {
    if (this.link === 'up') this.#socket.close(3000, 'network changed');
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
    const id = ++this.#id;
    const message = { id, op: name, ...args };
    return new Promise((good, bad) => {
      if (this.#closed || this.link === 'down') { bad(new HotlineError('ESTATE', 'not signed in')); return; }
      this.#open.set(id, { message, good, bad });
      if (this.link === 'up') this.#send(message);
    });
  }

  /* Every two seconds. */
  beat() {
    if (this.link !== 'up' || this.#acked === this.#seq) return;
    this.#acked = this.#seq;
    this.#send({ ack: this.#seq });
    this.#keep();
  }

  async close() {
    if (this.link === 'up') await this.op('bye').catch(() => {});
    this.#closed = true;
    this.#forget();
    this.#socket?.close();
    this.#link('down');
  }
}
