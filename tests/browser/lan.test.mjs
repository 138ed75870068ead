/* lan.test.mjs - examples/run --lan: another machine's browser, pages by https, sound by the machine's address. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as t from './lib.mjs';

const kind = process.env.HL_BROWSER ?? 'chromium';
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'hotline-'));
let program, out = '', browser, at;

before(async () => {
  program = spawn(path.join(t.top, 'examples/run'), ['--lan', '--store', path.join(dir, 'w.db'), '--sip', `0.0.0.0:${5090 + t.shift}`, '--web',
    `0.0.0.0:${8290 + t.shift}`, '--media', `0.0.0.0:${42300 + t.shift}`], { env: { ...process.env, HL_BUILD: t.build }, detached: true });
  process.on('exit', () => { try { process.kill(-program.pid, 'SIGKILL'); } catch { /* it has ended */ } });
  program.stdout.on('data', d => { out += d; });
  program.stderr.on('data', d => { out += d; });
  await t.until('the hotline to say where to call', () => {
    if (program.exitCode !== null) throw new Error(out);
    return /answer +https/.test(out);
  }, 120000);
  at = name => new RegExp(`${name} +(\\S+)`).exec(out)[1];
  browser = await t.launch(kind);
});

after(async () => {
  await browser?.close();
  process.kill(-program.pid, 'SIGINT');
  await t.until('it to end', () => program.exitCode !== null || program.signalCode !== null, 40000);
  fs.rmSync(dir, { recursive: true });
});

describe(`${kind}, from another machine`, { concurrency: false }, () => {
  test('the addresses are those of the network, and the pages come by https', () => {
    assert.match(at('answer'), /^https:\/\/(?!0\.0\.0\.0|127\.)[\d.]+:/);
    assert.match(at('call in a page'), /^https:/);
    assert.match(out, /sha256 Fingerprint=([0-9A-F]{2}:){31}/i);
  });

  test('an agent signs in with her microphone, and a caller hears the greeting', async () => {
    const anna = await t.page(browser, at('answer') + '?lang=en');
    await t.signIn(anna, 'anna', at('anna /'));
    const caller = await t.page(browser, at('call in a page') + '?lang=en');
    await caller.click('#call');
    await t.connected(caller);
    const greeting = await t.pageHears(caller, 3);
    assert.ok(t.loudness(greeting.pcm) > 0.01, `the greeting is heard: ${t.loudness(greeting.pcm)}`);
    assert.deepEqual([...anna.problems, ...caller.problems], []);
  });
});
