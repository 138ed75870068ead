/* lib.mjs - what browser tests share: the hotline under test, browsers, a telephone, sounds and how alike two of them are. */
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';
import { readWav, resample, shift, sleep, until, writeWav } from './sound.mjs';

export * from './sound.mjs';
export { Phone } from './phone.mjs';

export const top = path.resolve(process.env.HL_SRC ?? fileURLToPath(new URL('../..', import.meta.url)));
export const build = path.resolve(process.env.HL_BUILD ?? path.join(top, 'build'));
export const shots = path.join(build, 'out', 'browser');
fs.mkdirSync(shots, { recursive: true });
/* How like the telephone's voice a page must hear it: Firefox's recorder stretches what it writes. */
export const enough = process.env.HL_BROWSER === 'firefox' ? 0.85 : 0.9;

/* A working day's morning, so that the desk is open whenever the tests run. */
export async function startHotline({ sip = 5070 + shift, web = 8090 + shift, media = 42100 + shift, change } = {}) {
  const files = path.join(build, 'water'), dir = fs.mkdtempSync(path.join(os.tmpdir(), 'hotline-')), store = path.join(dir, 'w.db');
  const config = JSON.parse(fs.readFileSync(path.join(top, 'examples/water/hotline.json'), 'utf8'));
  change?.(config);
  fs.writeFileSync(path.join(dir, 'hotline.json'), JSON.stringify(config, null, 1));
  const child = spawn(path.join(build, 'examples/water_hotline'), ['--home', path.join(top, 'examples'), '--files', files,
    '--config', path.join(dir, 'hotline.json'), '--store', store, '--sip', `127.0.0.1:${sip}`, '--web', `127.0.0.1:${web}`,
    '--media', `0.0.0.0:${media}`, '--at', '2026-11-23T10:00']);
  let out = '', words = '';
  process.on('exit', () => child.kill('SIGKILL'));
  child.stdout.on('data', d => { out += d; });
  child.stderr.on('data', d => { words += d; });
  const line = await until('the hotline to be ready', () => {
    if ((child.exitCode ?? child.signalCode) !== null) throw new Error(`the hotline ended: ${words}`);
    return out.split('\n').find(l => l.includes('"ready":true'));
  }, 120000);
  const over = () => child.exitCode ?? child.signalCode;
  const stop = async () => {
    child.kill('SIGTERM');
    const [how] = await until('the hotline to end', () => over() !== null && [over()], 40000);
    fs.rmSync(dir, { recursive: true });
    return how;
  };
  return { ...JSON.parse(line), sip, files, store, child, stop, words: () => words };
}

/* The spoken prompts, as the hotline rendered them. */
export function prompt(hotline, lang, name) {
  const dir = path.join(hotline.files, 'voice', lang);
  return readWav(path.join(dir, fs.readdirSync(dir).find(f => f.startsWith(name + '-') && f.endsWith('.wav'))));
}

/* Between a page and the hotline: can be cut. Sound goes its own way. */
export async function wire(hotline, port = 8190 + shift) {
  const open = new Set(), web = new URL(hotline.desk).port;
  let isCut = false;
  const server = net.createServer(near => {
    if (isCut) { near.destroy(); return; }
    const far = net.connect(web, '127.0.0.1');
    for (const [a, b] of [[near, far], [far, near]]) {
      open.add(a);
      a.on('error', () => b.destroy()).on('close', () => { open.delete(a); b.destroy(); });
      a.pipe(b);
    }
  });
  await new Promise(r => server.listen(port, '127.0.0.1', r));
  return { desk: hotline.desk.replace(`:${web}/`, `:${port}/`), mend: () => { isCut = false; }, close: () => server.close(),
    cut: () => { isCut = true; for (const s of open) s.destroy(); } };
}

/* browsers */
export const voice = readWav(path.join(top, 'examples/water/pages/voice.wav')); /* what every page's microphone hears */

export function launch(kind) {
  if (kind === 'firefox')
    return puppeteer.launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, acceptInsecureCerts: true, extraPrefsFirefox: {
      'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true, 'media.autoplay.default': 0,
      'media.autoplay.blocking_policy': 0, 'media.peerconnection.ice.loopback': true, 'media.peerconnection.ice.obfuscate_host_addresses': false } });
  const microphone = path.join(shots, 'microphone.wav');
  writeWav(microphone, resample(voice, 48000));
  return puppeteer.launch({ executablePath: '/usr/bin/chromium', headless: true, acceptInsecureCerts: true, args: ['--no-sandbox', '--disable-gpu', '--disable-quic',
    '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--mute-audio',
    '--autoplay-policy=no-user-gesture-required', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
    `--use-file-for-fake-audio-capture=${microphone}`] });
}

/* The browser's own sound processing would be measured, not ours: off. Firefox's fake microphone is a tone, so there a player is the
 * microphone. */
export async function page(where, url) {
  const p = await where.newPage();
  await p.setViewport({ width: 1280, height: 800 });
  p.problems = [];
  p.on('pageerror', e => p.problems.push(e.message));
  p.on('requestfailed', r => /favicon/.test(r.url()) && p.problems.push(r.url()));
  p.on('response', r => r.status() === 404 && p.problems.push(`404 ${r.url()}`));
  await p.evaluateOnNewDocument(() => {
    const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    window.hotlineOptions = { audio };
    if (!('mozCaptureStream' in HTMLMediaElement.prototype)) return;
    const player = new Audio('/voice.wav');
    player.loop = true;
    player.play();
    window.hotlineOptions = { get stream() { return player.mozCaptureStream(); } };
  });
  await p.goto(url);
  return p;
}

export async function giveName(p, name, password) {
  await p.waitForSelector('#name');
  await p.evaluate((n, w) => { document.getElementById('name').value = n; document.getElementById('password').value = w; }, name, password);
  await p.click('#login-form button');
}

export async function signIn(p, name, password) {
  await giveName(p, name, password);
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
export const text = (p, id) => p.evaluate(i => document.getElementById(i).textContent, id);
export const offered = p => until('the call to ring', async () => (await calls(p)).find(c => c.state === 'offered'));
export const inState = (p, want) => until(`the call to be ${want}`, async () => (await calls(p)).find(c => c.state === want));
/* The caller's page; what it says instead is the reason. */
export const connected = p => until('the page to be connected', async () => {
  const note = await text(p, 'note');
  if (!/^Conn/.test(note)) throw new Error(`the page says: ${note}`);
  return note.startsWith('Connected');
}, 30000);
export const idle = p => until('the agent to be idle', async () => (await agent(p)).work === 'idle');
export const calls = p => p.evaluate(() => [...window.hotline.calls.values()].map(c => ({ ...c })));
export const agent = p => p.evaluate(() => ({ ...window.hotline.agent }));
export const shot = (p, name) => p.screenshot({ path: path.join(shots, name + '.png') });

/* What the page hears, for so many seconds. Chromium: straight from the decoder, whose rate is that of the codec of the moment; Firefox:
 * as its recorder writes it. */
export const pageHears = (p, seconds) => p.evaluate(async ms => {
  const stream = window.hotline.element.srcObject, offline = new OfflineAudioContext(1, ms * 16, 16000), sounds = [];
  const add = (rate, length) => sounds.push(new AudioBuffer({ length, sampleRate: rate })) && sounds.at(-1);
  if (window.MediaStreamTrackProcessor) {
    const track = stream.getAudioTracks()[0].clone(), end = Date.now() + ms + 3000;
    const reader = new MediaStreamTrackProcessor({ track, maxBufferSize: 5000 }).readable.getReader();
    let got = 0, rate = 0, parts = [];
    const join = () => {
      let at = 0;
      const whole = parts.length ? add(rate, parts.reduce((n, x) => n + x.length, 0)) : null;
      for (const x of parts) { whole.copyToChannel(x, 0, at); at += x.length; }
      parts = [];
    };
    while (got < ms && Date.now() < end) { /* a busy page reads late, and loses nothing */
      const { value } = await reader.read(), pcm = new Float32Array(value.numberOfFrames);
      if (value.sampleRate !== rate) join();
      value.copyTo(pcm, { planeIndex: 0, format: 'f32-planar' });
      rate = value.sampleRate;
      got += value.duration / 1000;
      parts.push(pcm);
      value.close();
    }
    join();
    await reader.cancel();
  } else {
    const recorder = new MediaRecorder(stream, { audioBitsPerSecond: 64000 }), parts = [];
    recorder.ondataavailable = e => parts.push(e.data);
    recorder.start();
    await new Promise(r => setTimeout(r, ms));
    await new Promise(r => { recorder.onstop = r; recorder.stop(); });
    sounds.push(await offline.decodeAudioData(await new Blob(parts).arrayBuffer()));
  }
  let at = 0;
  for (const sound of sounds) {
    const source = offline.createBufferSource();
    source.buffer = sound;
    source.connect(offline.destination);
    source.start(at);
    at += sound.duration;
  }
  return Array.from((await offline.startRendering()).getChannelData(0), v => Math.round(v * 32767));
}, seconds * 1000).then(pcm => ({ rate: 16000, pcm: Float32Array.from(pcm, v => v / 32767) }));

export const pageEnergy = p => p.evaluate(async () => {
  for (const r of (await window.hotline.connection.getStats()).values())
    if (r.type === 'inbound-rtp' && r.kind === 'audio') return { energy: r.totalAudioEnergy, packets: r.packetsReceived, lost: r.packetsLost };
  return { energy: 0, packets: 0, lost: 0 };
});

export function sqlite(store, sql) {
  return execFileSync('sqlite3', ['-readonly', '-json', store, sql], { encoding: 'utf8' }).trim();
}
