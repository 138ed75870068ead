/* test_surface.mjs - what is promised is there: declarations against modules, operations against the hotline's table, size. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import './fake.mjs';
import * as sdk from '../hotline.js';
import { words } from '../words.js';

const read = name => fs.readFileSync(new URL(name, import.meta.url), 'utf8');
const core = ['hotline.js', 'wire.js', 'sound.js', 'heartbeat.js'], bar = ['hotline-bar.js', 'bar.css.js', 'words.js'];
const modules = fs.readdirSync(new URL('..', import.meta.url)).filter(n => n.endsWith('.js'));
const entries = name => read('../' + name).split('\n').filter(l => l && l[0] !== '#').map(l => l.match(/^(\S+)\s+\S/)[1]);
const size = names => names.reduce((n, name) => n + Buffer.byteLength(read('../' + name)), 0);

test('the core is 30 KB at most, the bar 25 KB', () => {
  assert.ok(size(core) <= 30 * 1024, `core: ${size(core)}`);
  assert.ok(size(bar) <= 25 * 1024, `bar: ${size(bar)}`);
});

test('hotline.d.ts declares what Hotline has, and nothing else', () => {
  const body = read('../hotline.d.ts').match(/export class Hotline extends EventTarget \{([^]*?)\n\}/)[1];
  const declared = new Set([...body.matchAll(/^ {2}(?:static |readonly )*(\w+)[(<:]/gm)].map(m => m[1])
    .filter(n => !['constructor', 'addEventListener'].includes(n)));
  const hl = new sdk.Hotline({ url: 'ws://h/ws' });
  const there = new Set([...Object.keys(hl), ...Object.getOwnPropertyNames(sdk.Hotline.prototype).filter(n => n !== 'constructor'), 'kept']);
  assert.deepEqual([...declared].sort(), [...there].sort());
  assert.equal(typeof sdk.Hotline.kept, 'function');
  assert.equal(typeof hl[Symbol.asyncIterator], 'function');
});

/* Two ways: what the modules ask for is an operation of the engine; every operation is asked for, or left out for a reason. */
test('operations: each one asked for is known, each one known has a method or stands in skipped.txt', () => {
  const table = read('../../../lib/engine/driver.h').match(/#define HL__OPS\(X\)([^]*?)enum \{ HL__DO_NONE/)[1];
  const ops = new Map([...table.matchAll(/X\(\s*"([\w.]+)",\s*\w+,\s*(\d+)/g)].map(m => [m[1], Number(m[2])]));
  const asked = new Set(modules.flatMap(n => [...read('../' + n).matchAll(/\bop\((?:on \? )?'([\w.]+)'(?: : '([\w.]+)')?/g)])
    .flatMap(m => [m[1], m[2]]).filter(Boolean));
  const skipped = entries('skipped.txt'), open = [...ops].filter(([, who]) => who > 0).map(([n]) => n);
  assert.ok(open.length > 20);
  assert.deepEqual([...asked].filter(n => !ops.has(n) && !['bye', 'stats'].includes(n)), []);
  assert.deepEqual(open.filter(n => !asked.has(n) && !skipped.includes(n)), []);
  assert.deepEqual(skipped.filter(n => !open.includes(n) || asked.has(n)), [], 'not needed in skipped.txt');
});

test('names: what the SDK exports is of the headers or stands in own.txt', async () => {
  assert.deepEqual(Object.keys(sdk).sort(), entries('own.txt').sort());
  const { Ev, HL } = await import('../constants.js');
  assert.equal(Ev.OFFER_MADE, 26);
  assert.equal(HL.EINVAL, -1);
});

test('modules import each other only, and keep nothing beyond the window', () => {
  for (const name of modules) {
    for (const [, from] of read('../' + name).matchAll(/^(?:import|export) .*? from '(.*?)'/gm)) assert.ok(from.startsWith('./'), from);
    assert.ok(!read('../' + name).includes('localStorage'), name);
  }
});

test('both languages have the same words', () => {
  assert.deepEqual(Object.keys(words.zh), Object.keys(words.en));
});
