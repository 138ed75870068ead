/* sound.mjs - waiting, WAV files, resampling, and how alike two sounds are. */
import fs from 'node:fs';

export const shift = Number(process.env.HL_PORT_SHIFT ?? 0); /* of every port, so that two runs may go on beside each other */
export const sleep = ms => new Promise(r => setTimeout(r, ms));

export async function until(what, look, ms = 20000) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await look();
    if (got) return got;
    if (Date.now() > end) throw new Error(`waited ${ms / 1000} s for: ${what}`);
    await sleep(50);
  }
}

/* 16-bit mono */
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

/* Radix 2, in place. */
function fft(re, im) {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) { [re[i], re[j]] = [re[j], re[i]]; [im[i], im[j]] = [im[j], im[i]]; }
  }
  for (let len = 2; len <= n; len *= 2)
    for (let k = 0; k < len / 2; k++) {
      const c = Math.cos(-2 * Math.PI * k / len), s = Math.sin(-2 * Math.PI * k / len);
      for (let a = k; a < n; a += len) {
        const b = a + len / 2, x = re[b] * c - im[b] * s, y = re[b] * s + im[b] * c;
        re[b] = re[a] - x; im[b] = im[a] - y; re[a] += x; im[a] += y;
      }
    }
}

/* a[i] * b[i + lag], summed, for each lag. */
function correlate(a, b, lags) {
  let n = 1;
  while (n < a.length + b.length) n *= 2;
  const ar = new Float64Array(n), ai = new Float64Array(n), br = new Float64Array(n), bi = new Float64Array(n);
  ar.set(a); br.set(b);
  fft(ar, ai); fft(br, bi);
  for (let i = 0; i < n; i++) { /* conj(A) * B, conjugated again so that fft() turns it back */
    const re = ar[i] * br[i] + ai[i] * bi[i], im = ar[i] * bi[i] - ai[i] * br[i];
    ar[i] = re; ai[i] = -im;
  }
  fft(ar, ai);
  return ar.subarray(0, lags).map(v => v / n);
}

/* Normalised cross-correlation of up to `seconds` of the reference with what was heard, at the best lag: 1 is the same. */
export function likeness(reference, heard, seconds = 4) {
  const a = resample(reference, 8000).pcm.subarray(0, seconds * 8000), b = resample(heard, 8000).pcm, n = a.length, lags = b.length - n + 1;
  if (lags < 1) return 0;
  const dot = correlate(a, b, lags), energy = a.reduce((s, v) => s + v * v, 0);
  let e = 0, best = 0;
  for (let i = 0; i < n; i++) e += b[i] * b[i];
  for (let lag = 0; lag < lags; lag++) {
    if (e > 1e-6) best = Math.max(best, Math.abs(dot[lag]) / Math.sqrt(e * energy));
    if (lag + n < b.length) e += b[lag + n] ** 2 - b[lag] ** 2;
  }
  return best;
}

/* Half a second by half a second: a browser stretches a pause to meet jitter, and two clocks drift apart. The mean over `seconds`. */
export function likenessInPieces(reference, heard, seconds = 4) {
  const len = reference.rate >> 1, n = Math.min(2 * seconds, Math.floor(reference.pcm.length / len));
  let sum = 0;
  for (let i = 0; i < n; i++) sum += likeness({ rate: reference.rate, pcm: reference.pcm.subarray(i * len, (i + 1) * len) }, heard, 1);
  return sum / n;
}

export function loudness(pcm) { return Math.sqrt(pcm.reduce((s, v) => s + v * v, 0) / Math.max(1, pcm.length)); }
