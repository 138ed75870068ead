/* hotline-bar.js - <hotline-bar url ticket-url lang="zh|en" compact>: the agent's bar for any page.
 *
 * Give it a signed-in Hotline (bar.hotline = hl), or url and ticket-url and it signs in by itself. Its events bubble:
 * hotline-call (a call changed), hotline-ticket (a call with a ticket was answered). All by keyboard: Tab, Enter, Space. */
import { Hotline } from './hotline.js';
import { css } from './bar.css.js';
import { words } from './words.js';

const sheet = new CSSStyleSheet();
sheet.replaceSync(css);

const two = n => String(n).padStart(2, '0');
const clock = ms => `${two(Math.floor(ms / 60000))}:${two(Math.floor(ms / 1000) % 60)}`;

export class HotlineBar extends HTMLElement {
  #hl; #root; #parts = {}; #timer; #wrapping = 0;
  static observedAttributes = ['lang'];

  constructor() {
    super();
    this.#root = this.attachShadow({ mode: 'open' });
    this.#root.adoptedStyleSheets = [sheet];
    this.#build();
  }

  get words() { return words[(this.getAttribute('lang') || navigator.language || 'en').startsWith('zh') ? 'zh' : 'en']; }
  get hotline() { return this.#hl; }
  set hotline(hl) {
    this.#hl = hl;
    for (const name of ['link', 'media', 'agent', 'error']) hl.addEventListener(name, () => this.#draw());
    hl.addEventListener('call', e => this.#call(e.detail));
    this.#draw();
  }

  connectedCallback() {
    this.#timer = setInterval(() => this.#draw(), 500);
    const url = this.getAttribute('url'), tickets = this.getAttribute('ticket-url');
    if (!this.#hl && url && tickets) {
      const ticket = async () => (await (await fetch(tickets, { method: 'POST', credentials: 'same-origin' })).json()).ticket;
      this.hotline = new Hotline({ url, ticket });
      this.#hl.open().catch(e => this.#fail(e));
    }
    this.#draw();
  }

  disconnectedCallback() { clearInterval(this.#timer); }
  attributeChangedCallback() { this.#draw(); }

  #add(tag, name, props = {}, into = this.#parts.bar) {
    const el = Object.assign(document.createElement(tag), props);
    this.#parts[name] = el;
    into.append(el);
    return el;
  }

  #button(name, run, cls = '') {
    const b = this.#add('button', name, { type: 'button', className: cls });
    b.part = 'key';
    b.addEventListener('click', () => Promise.resolve(run()).catch(e => this.#fail(e)));
  }

  #build() {
    const p = this.#parts, now = () => this.current;
    p.bar = document.createElement('div');
    p.bar.className = 'bar';
    p.bar.part = 'bar';
    p.bar.setAttribute('role', 'toolbar');
    this.#root.append(p.bar);
    this.#add('div', 'state', { className: 'state' });
    this.#add('span', 'dot', { className: 'dot' }, p.state);
    this.#add('span', 'word', {}, p.state);
    this.#button('ready', () => this.#hl.ready(), 'go');
    this.#button('pause', () => this.#hl.pause());
    this.#button('leave', () => this.#hl.leave());
    this.#add('div', 'caller', { className: 'caller' });
    p.caller.part = 'caller';
    p.caller.setAttribute('aria-live', 'assertive');
    this.#add('b', 'number', {}, p.caller);
    this.#add('span', 'about', {}, p.caller);
    this.#add('span', 'timer', { className: 'timer' });
    p.timer.part = 'timer';
    this.#button('answer', () => this.#hl.accept(now().contact), 'go');
    this.#button('reject', () => this.#hl.reject(now().contact));
    this.#button('hold', () => this.#hl.hold(now().contact, now().state !== 'hold'));
    this.#button('mute', () => this.#hl.mute(!this.#hl.muted));
    this.#button('keys', () => { p.keypad.hidden = !p.keypad.hidden; });
    this.#button('hangup', () => this.#hl.hangup(now().contact), 'stop');
    this.#button('done', () => this.#hl.wrap(0), 'go');
    this.#button('longer', () => this.#hl.longer(60000));
    this.#add('span', 'grow', { className: 'grow' });
    this.#add('span', 'note', { className: 'note' });
    p.note.setAttribute('role', 'status');
    this.#keypad();
  }

  #keypad() {
    this.#add('div', 'keypad', { className: 'keypad', hidden: true });
    for (const key of '123456789*0#') {
      const b = document.createElement('button');
      b.type = 'button';
      b.textContent = key;
      b.addEventListener('click', () => this.#hl.dtmf(this.current.contact, key).catch(e => this.#fail(e)));
      this.#parts.keypad.append(b);
    }
  }

  /* What the bar is about: a call that goes on, else one that rings. */
  get current() {
    const calls = [...(this.#hl?.calls.values() ?? [])].filter(c => c.state !== 'ended');
    return calls.find(c => c.state !== 'offered') ?? calls[0];
  }

  #fail(e) {
    this.#parts.note.textContent = e.message;
    clearTimeout(this.failing);
    this.failing = setTimeout(() => { this.failing = 0; this.#draw(); }, 6000);
  }

  #call(call) {
    this.dispatchEvent(new CustomEvent('hotline-call', { detail: call, bubbles: true, composed: true }));
    if (call.state === 'talk' && call.ticket)
      this.dispatchEvent(new CustomEvent('hotline-ticket', { detail: call.ticket, bubbles: true, composed: true }));
    this.#draw();
  }

  #show(names) {
    for (const name of ['ready', 'pause', 'leave', 'caller', 'timer', 'answer', 'reject', 'hold', 'mute', 'keys', 'hangup', 'done',
      'longer']) this.#parts[name].hidden = !names.includes(name);
    if (!names.includes('keys')) this.#parts.keypad.hidden = true;
  }

  #note() {
    const w = this.words, hl = this.#hl;
    if (this.failing) return;
    this.#parts.note.textContent = !hl || hl.link === 'down' ? w.down : hl.link === 'resuming' ? w.resuming
      : hl.media === 'up' || hl.media === 'none' ? '' : w['sound_' + hl.media] ?? '';
  }

  #draw() {
    const w = this.words, p = this.#parts, hl = this.#hl, agent = hl?.agent, call = this.current;
    for (const name of ['ready', 'pause', 'leave', 'answer', 'reject', 'keys', 'hangup', 'done', 'longer']) p[name].textContent = w[name];
    p.hold.textContent = call?.state === 'hold' ? w.resume : w.hold;
    p.mute.textContent = hl?.muted ? w.unmute : w.mute;
    p.hold.setAttribute('aria-pressed', call?.state === 'hold');
    p.mute.setAttribute('aria-pressed', !!hl?.muted);
    this.#note();
    const working = agent?.work === 'wrapup' || agent?.work === 'busy' || agent?.work === 'offer';
    const mode = call ? (call.state === 'offered' ? 'offer' : 'busy') : working ? agent.work : agent?.state ?? 'offline';
    p.dot.className = 'dot ' + mode;
    p.bar.className = 'bar ' + mode;
    p.word.textContent = call?.state === 'hold' ? w.onhold : w[mode] ?? mode;
    if (mode !== 'wrapup') this.#wrapping = 0;
    if (call) this.#drawCall(call, w);
    else if (mode === 'wrapup') this.#drawWrap();
    else this.#show(agent?.state === 'available' ? ['pause', 'leave'] : agent?.state === 'aux' ? ['ready', 'leave'] : ['ready']);
  }

  #drawCall(call, w) {
    const p = this.#parts;
    p.number.textContent = call.number || w.unknown;
    p.about.textContent = [call.queueTitle || call.queue, call.waited !== undefined
      ? `${w.waited} ${Math.round(call.waited / 1000)} ${w.s}` : ''].filter(Boolean).join(' · ');
    if (call.state === 'offered') {
      p.timer.textContent = `${Math.max(0, Math.ceil((call.deadline - Date.now()) / 1000))} ${w.s}`;
      this.#show(['caller', 'timer', 'answer', 'reject']);
    } else {
      p.timer.textContent = call.since ? clock(Date.now() - call.since) : '';
      this.#show(['caller', 'timer', 'hold', 'mute', 'keys', 'hangup']);
    }
  }

  #drawWrap() {
    this.#wrapping ||= Date.now();
    this.#parts.timer.textContent = clock(Date.now() - this.#wrapping);
    this.#show(['timer', 'done', 'longer', 'pause']);
  }
}

customElements.define('hotline-bar', HotlineBar);
