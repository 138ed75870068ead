/* phone.mjs - a telephone: SIPp signals, a thread of its own sends and hears the sound, 20 ms by 20 ms, whatever else goes on. */
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { resample, shift, sleep, until } from './sound.mjs';

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

export class Phone {
  constructor(hotline, { number = '13800138000', port = 7078, local = 6010 } = {}) {
    Object.assign(this, { hotline, number, port: port + shift, local: local + shift, ended: null, sounded: false, keys: '' });
  }

  async call(dialled = '96332') {
    this.thread = new Worker(new URL(import.meta.url), { workerData: { port: this.port } });
    this.thread.on('message', m => {
      if (m === 'sound') this.sounded = true;
      else if (m.key) this.keys += m.key;
      else if (m !== 'bound') this.heard?.({ rate: 8000, pcm: m });
    });
    await new Promise(r => this.thread.once('message', r));
    const xml = fs.readFileSync(new URL('telephone.xml', import.meta.url), 'utf8')
      .replaceAll('@NUMBER@', this.number).replaceAll('@DIALLED@', dialled).replaceAll('@PORT@', String(this.port));
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'phone-'));
    fs.writeFileSync(path.join(this.dir, 'call.xml'), xml);
    this.sipp = spawn('sipp', [`127.0.0.1:${this.hotline.sip}`, '-sf', 'call.xml', '-m', '1', '-i', '127.0.0.1', '-p', String(this.local),
      '-timeout', '180', '-nostdin', '-trace_err', '-error_file', 'errors'], { cwd: this.dir, stdio: 'ignore' });
    process.on('exit', () => this.sipp.kill('SIGKILL'));
    this.sipp.on('exit', code => {
      this.ended = code;
      if (code) console.log(`# telephone ${this.number} ended with ${code}: ${this.words()}`);
    });
    await until('the hotline to answer with sound', () => this.sounded || this.ended !== null);
    if (this.ended !== null) throw new Error(`SIPp ended with ${this.ended}`);
  }

  words() {
    const name = path.join(this.dir, 'errors');
    return fs.existsSync(name) ? fs.readFileSync(name, 'utf8') : '';
  }

  /* Keys by RFC 4733: 100 ms of tone, 100 ms between them. */
  press(keys) { this.thread.postMessage({ press: keys }); }
  say(sound) { this.thread.postMessage({ say: Uint8Array.from(resample(sound, 8000).pcm, alawEncode) }); }
  listen(seconds) {
    const heard = new Promise(r => { this.heard = r; });
    this.thread.postMessage({ listen: seconds * 1000 });
    return heard;
  }

  async over(ms = 20000) {
    await until('the telephone call to end', () => this.ended !== null, ms);
    return this.ended;
  }

  close() {
    this.thread?.terminate();
    this.sipp?.kill('SIGKILL');
    if (this.dir) fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

/* The thread: sends from the first packet it hears on, silence while it has nothing to say. */
function talk({ port }) {
  const socket = dgram.createSocket('udp4'), queue = [];
  let far = 0, heard = null, seq = 1000, ts = 0, sent = 0, begun = 0, packets = 0;
  const packet = (pt, marker, body, at) => {
    const head = Buffer.alloc(12);
    head[0] = 0x80;
    head[1] = pt | (marker ? 128 : 0);
    head.writeUInt16BE(seq++ & 65535, 2);
    head.writeUInt32BE(at >>> 0, 4);
    head.writeUInt32BE(0x5ee5, 8);
    socket.send(Buffer.concat([head, body]), far, '127.0.0.1');
  };
  const tick = () => {
    for (; begun && sent * 20 <= Date.now() - begun; sent++, ts += 160) {
      const next = queue.shift();
      if (!next?.length && next) packet(101, next.marker, Buffer.from([next.key, next.end ? 0x8a : 0x0a, next.units >> 8, next.units & 255]),
        ts - next.back * 160);
      else packet(8, false, next ?? Buffer.alloc(160, 0xd5), ts);
    }
  };
  const press = keys => {
    for (const key of keys) {
      for (let n = 0; n < 8; n++)
        queue.push({ key: '0123456789*#'.indexOf(key), marker: n === 0, back: n, units: Math.min(n + 1, 5) * 160, end: n > 4 });
      for (let n = 0; n < 5; n++) queue.push(Buffer.alloc(160, 0xd5));
    }
  };
  let keyTs = -1;
  const hearKey = m => {
    if (m.readUInt32BE(4) === keyTs) return;
    keyTs = m.readUInt32BE(4);
    parentPort.postMessage({ key: '0123456789*#'[m[12]] });
  };
  socket.on('message', (m, from) => {
    if (m.length === 16 && (m[1] & 127) === 101) hearKey(m);
    if (m.length <= 12 || (m[1] & 127) !== 8) return;
    far = from.port;
    begun ||= Date.now();
    if (++packets === 10) parentPort.postMessage('sound');
    if (heard) for (let i = 12; i < m.length; i++) heard.push(alawDecode(m[i]));
  });
  parentPort.on('message', async m => {
    if (m.press) press(m.press);
    if (m.say) for (let i = 0; i + 160 <= m.say.length; i += 160) queue.push(Buffer.from(m.say.subarray(i, i + 160)));
    if (m.listen) {
      heard = [];
      await sleep(m.listen);
      parentPort.postMessage(Float32Array.from(heard));
      heard = null;
    }
  });
  setInterval(tick, 5);
  socket.bind(port, '127.0.0.1', () => parentPort.postMessage('bound'));
}
if (!isMainThread && workerData?.port) talk(workerData);
