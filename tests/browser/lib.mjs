/* lib.mjs - what browser tests share: the hotline under test, browsers, a telephone, sounds and how alike two of them are. */
import { execFileSync, spawn } from 'node:child_process';
import dgram from 'node:dgram';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import puppeteer from 'puppeteer-core';

export const top = path.resolve(process.env.HL_SRC ?? path.join(import.meta.dirname, '../..'));
export const build = path.resolve(process.env.HL_BUILD ?? path.join(top, 'build'));
export const shots = path.join(build, 'out', 'browser');
export const sleep = ms => new Promise(r => setTimeout(r, ms));

export async function until(what, look, ms = 20000) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await look();
    if (got) return got;
    if (Date.now() > end) throw new Error(`waited ${ms / 1000} s for: ${what}`);
    await sleep(100);
  }
}

/* A working day's morning, so that the desk is open whenever the tests run. */
export async function startHotline({ sip = 5070, web = 8090, media = 42100, at = '2026-11-23T10:00', more = [] } = {}) {
  fs.mkdirSync(shots, { recursive: true });
  const files = path.join(build, 'water'), store = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'hotline-')), 'w.db');
  const child = spawn(path.join(build, 'examples/water_hotline'), ['--home', path.join(top, 'examples'), '--files', files, '--store',
    store, '--sip', `127.0.0.1:${sip}`, '--web', `127.0.0.1:${web}`, '--media', `0.0.0.0:${media}`, '--at', at, ...more]);
  let out = '', words = '';
  child.stdout.on('data', d => { out += d; });
  child.stderr.on('data', d => { words += d; });
  const line = await until('the hotline to be ready', () => {
    if (child.exitCode !== null) throw new Error(`the hotline ended: ${words}`);
    return out.split('\n').find(l => l.includes('"ready":true'));
  }, 120000);
  const stop = async () => {
    child.kill('SIGTERM');
    await until('the hotline to end', () => child.exitCode !== null, 40000);
    return child.exitCode;
  };
  return { ...JSON.parse(line), sip, files, store, child, stop, words: () => words };
}

/* sounds: 16-bit mono */
export function readWav(name) {
  const b = fs.readFileSync(name);
  let at = 12, rate = 0;
  while (at < b.length) {
    const id = b.toString('latin1', at, at + 4), len = b.readUInt32LE(at + 4);
    if (id === 'fmt ') rate = b.readUInt32LE(at + 12);
    if (id === 'data') {
      const n = Math.min(len, b.length - at - 8) >> 1;
      return { rate, pcm: Float32Array.from({ length: n }, (_, i) => b.readInt16LE(at + 8 + 2 * i) / 32768) };
    }
    at += 8 + len + (len & 1);
  }
  throw new Error(`${name} is no WAV file`);
}

export function writeWav(name, { rate, pcm }) {
  const b = Buffer.alloc(44 + pcm.length * 2);
  b.write('RIFF', 0); b.writeUInt32LE(36 + pcm.length * 2, 4); b.write('WAVEfmt ', 8); b.writeUInt32LE(16, 16);
  b.writeUInt16LE(1, 20); b.writeUInt16LE(1, 22); b.writeUInt32LE(rate, 24); b.writeUInt32LE(rate * 2, 28);
  b.writeUInt16LE(2, 32); b.writeUInt16LE(16, 34); b.write('data', 36); b.writeUInt32LE(pcm.length * 2, 40);
  pcm.forEach((v, i) => b.writeInt16LE(Math.max(-32768, Math.min(32767, Math.round(v * 32767))), 44 + 2 * i));
  fs.writeFileSync(name, b);
}

/* By windowed sinc: good enough that two resamplings of one sound are alike to three digits. */
export function resample({ rate, pcm }, to) {
  if (rate === to) return { rate, pcm };
  const step = rate / to, cut = Math.min(1, to / rate), half = Math.ceil(16 / cut), out = new Float32Array(Math.floor(pcm.length / step));
  for (let i = 0; i < out.length; i++) {
    const centre = i * step;
    let sum = 0;
    for (let k = Math.max(0, Math.ceil(centre - half)); k <= Math.min(pcm.length - 1, Math.floor(centre + half)); k++) {
      const x = (k - centre) * cut, w = 0.5 + 0.5 * Math.cos(Math.PI * (k - centre) / half);
      sum += pcm[k] * w * (Math.abs(x) < 1e-9 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)) * cut;
    }
    out[i] = sum;
  }
  return { rate: to, pcm: out };
}

/* The spoken prompts, as the hotline rendered them. */
export function prompt(hotline, lang, name) {
  const dir = path.join(hotline.files, 'voice', lang);
  return readWav(path.join(dir, fs.readdirSync(dir).find(f => f.startsWith(name + '-') && f.endsWith('.wav'))));
}

/* Normalised cross-correlation of `seconds` of the reference with what was heard, at the best lag: 1 is the same. */
export function likeness(reference, heard, seconds = 4) {
  const a = resample(reference, 8000).pcm, b = resample(heard, 8000).pcm, n = Math.min(a.length, seconds * 8000);
  let best = 0, energy = 0;
  for (let i = 0; i < n; i++) energy += a[i] * a[i];
  const coarse = lag => {
    let dot = 0, e = 0;
    for (let i = 0; i < n; i++) { dot += a[i] * b[lag + i]; e += b[lag + i] * b[lag + i]; }
    return e > 0 ? Math.abs(dot) / Math.sqrt(e * energy) : 0;
  };
  for (let lag = 0; lag + n <= b.length; lag++) best = Math.max(best, coarse(lag));
  return best;
}

export function loudness(pcm) { return Math.sqrt(pcm.reduce((s, v) => s + v * v, 0) / Math.max(1, pcm.length)); }

/* G.711 A-law (ITU-T G.711 table 1a). */
function alawEncode(v) {
  let x = Math.round(Math.max(-1, Math.min(1, v)) * 32767) >> 3, sign = 0x80;
  if (x < 0) { x = -x - 1; sign = 0; }
  x = Math.max(0, Math.min(4095, x));
  let segment = 0;
  for (let t = x >> 5; t > 0 && segment < 7; t >>= 1) segment++;
  const low = segment < 2 ? (x >> 1) & 15 : (x >> segment) & 15;
  return (sign | segment << 4 | low) ^ 0x55;
}
function alawDecode(byte) {
  const a = byte ^ 0x55, segment = (a >> 4) & 7;
  let t = ((a & 15) << 4) + 8;
  if (segment > 0) t = (t + 0x100) << (segment - 1);
  return (a & 0x80 ? t : -t) / 32768;
}

/* A telephone: SIPp signals, this socket sends and hears the sound. */
export class Phone {
  constructor(hotline, { number = '13800138000', port = 7078, local = 6010 } = {}) {
    Object.assign(this, { hotline, number, port, local, seq: 1000, ts: 0, heard: [], queue: [], ended: null });
  }

  async call(dialled = '96332') {
    this.socket = dgram.createSocket('udp4');
    await new Promise(r => this.socket.bind(this.port, '127.0.0.1', r));
    this.socket.on('message', (m, from) => this.#hear(m, from));
    const xml = fs.readFileSync(path.join(import.meta.dirname, 'telephone.xml'), 'utf8')
      .replaceAll('@NUMBER@', this.number).replaceAll('@DIALLED@', dialled).replaceAll('@PORT@', String(this.port));
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'phone-'));
    fs.writeFileSync(path.join(dir, 'call.xml'), xml);
    this.sipp = spawn('sipp', [`127.0.0.1:${this.hotline.sip}`, '-sf', 'call.xml', '-m', '1', '-i', '127.0.0.1', '-p', String(this.local),
      '-timeout', '180', '-nostdin', '-trace_err', '-error_file', 'errors'], { cwd: dir, stdio: 'ignore' });
    this.sipp.on('exit', code => { this.ended = code; });
    await until('the hotline to answer with sound', () => this.heard.length > 10 || this.ended !== null);
    this.timer = setInterval(() => this.#tick(), 20);
    this.begun = Date.now();
    this.sent = 0;
  }

  #hear(m, from) {
    if (m.length <= 12 || (m[1] & 127) !== 8) return;
    this.far ??= from.port;
    for (let i = 12; i < m.length; i++) this.heard.push(alawDecode(m[i]));
  }

  #tick() {
    while (this.sent * 20 < Date.now() - this.begun) {
      this.sent++;
      const next = this.queue.shift();
      if (next?.key !== undefined) this.#packet(101, next.marker, Buffer.from([next.key, next.end ? 0x8a : 0x0a, next.units >> 8, next.units & 255]), next.ts);
      else this.#packet(8, false, next ?? Buffer.alloc(160, 0xd5));
      this.ts += 160;
    }
  }

  #packet(pt, marker, body, ts = this.ts) {
    const head = Buffer.alloc(12);
    head[0] = 0x80;
    head[1] = pt | (marker ? 128 : 0);
    head.writeUInt16BE(this.seq++ & 65535, 2);
    head.writeUInt32BE(ts >>> 0, 4);
    head.writeUInt32BE(0x5ee5, 8);
    if (this.far) this.socket.send(Buffer.concat([head, body]), this.far, '127.0.0.1');
  }

  /* RFC 4733: 100 ms of tone, three ends. */
  press(keys) {
    for (const key of keys) {
      const ts = this.ts + this.queue.length * 160, event = '0123456789*#'.indexOf(key);
      for (let n = 1; n <= 8; n++) this.queue.push({ key: event, marker: n === 1, ts, units: Math.min(n, 5) * 160, end: n > 5 });
      for (let n = 0; n < 5; n++) this.queue.push(Buffer.alloc(160, 0xd5));
    }
  }

  say(sound) {
    const { pcm } = resample(sound, 8000);
    for (let i = 0; i + 160 <= pcm.length; i += 160) this.queue.push(Buffer.from(Array.from(pcm.subarray(i, i + 160), alawEncode)));
  }

  async listen(seconds) {
    this.heard = [];
    await sleep(seconds * 1000);
    return { rate: 8000, pcm: Float32Array.from(this.heard) };
  }

  async over(ms = 20000) {
    await until('the telephone call to end', () => this.ended !== null, ms);
    return this.ended;
  }

  hangup() { this.sipp.kill('SIGUSR1'); }
  close() {
    clearInterval(this.timer);
    this.socket?.close();
    this.sipp?.kill('SIGKILL');
  }
}

/* browsers */
export function launch(kind, microphone) {
  if (kind === 'firefox')
    return puppeteer.launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, extraPrefsFirefox: {
      'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true, 'media.autoplay.default': 0,
      'media.autoplay.blocking_policy': 0, 'media.peerconnection.ice.loopback': true, 'media.peerconnection.ice.obfuscate_host_addresses': false } });
  return puppeteer.launch({ executablePath: '/usr/bin/chromium', headless: true, args: ['--no-sandbox', '--disable-gpu', '--disable-quic',
    '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--mute-audio',
    '--autoplay-policy=no-user-gesture-required', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
    ...(microphone ? [`--use-file-for-fake-audio-capture=${microphone}`] : [])] });
}

export async function page(browser, url) {
  const p = await browser.newPage();
  await p.setViewport({ width: 1280, height: 800 });
  p.problems = [];
  p.on('pageerror', e => p.problems.push(e.message));
  /* the browser's own sound processing would be measured, not ours */
  await p.evaluateOnNewDocument(() => {
    window.hotlineOptions = { audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } };
  });
  await p.goto(url);
  return p;
}

export async function signIn(p, name, password) {
  await p.waitForSelector('#name');
  await p.type('#name', name);
  await p.type('#password', password);
  await p.click('#login-form button');
  await until(`${name} signed in with sound`, () => p.evaluate(() => window.hotline?.media === 'up'), 30000);
}

/* A key of the bar, by its name in hotline-bar.js. */
export const key = (p, text) => p.evaluate(want => {
  const keys = [...document.getElementById('bar').shadowRoot.querySelectorAll('button')].filter(b => !b.hidden);
  const one = keys.find(b => b.textContent === want);
  if (!one) throw new Error(`no key "${want}" among ${keys.map(b => b.textContent)}`);
  one.click();
}, text);
export const bar = p => p.evaluate(() => document.getElementById('bar').shadowRoot.querySelector('.bar').innerText);
export const calls = p => p.evaluate(() => [...window.hotline.calls.values()].map(c => ({ ...c })));
export const agent = p => p.evaluate(() => ({ ...window.hotline.agent }));
export const shot = (p, name) => p.screenshot({ path: path.join(shots, name + '.png') });

/* What the page hears, for so many seconds, straight from the decoder. */
export const pageHears = (p, seconds) => p.evaluate(async s => {
  const stream = window.hotline.element.srcObject, audio = new AudioContext({ sampleRate: 16000 });
  await audio.resume();
  const from = audio.createMediaStreamSource(stream), tap = audio.createScriptProcessor(4096, 1, 1), out = [];
  tap.onaudioprocess = e => out.push(...e.inputBuffer.getChannelData(0));
  from.connect(tap);
  tap.connect(audio.destination);
  await new Promise(r => setTimeout(r, s * 1000));
  await audio.close();
  return out;
}, seconds).then(pcm => ({ rate: 16000, pcm: Float32Array.from(pcm) }));

export const pageEnergy = p => p.evaluate(async () => {
  for (const r of (await window.hotline.connection.getStats()).values())
    if (r.type === 'inbound-rtp' && r.kind === 'audio') return { energy: r.totalAudioEnergy, packets: r.packetsReceived, lost: r.packetsLost };
  return { energy: 0, packets: 0, lost: 0 };
});

export function sqlite(store, sql) {
  return execFileSync('sqlite3', ['-readonly', '-json', store, sql], { encoding: 'utf8' }).trim();
}
