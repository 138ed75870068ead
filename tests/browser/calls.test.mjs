/* calls.test.mjs - whole calls: a telephone or a page calls, a browser answers. Sound is judged by cross-correlation. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as t from './lib.mjs';

const kind = process.env.HL_BROWSER ?? 'chromium';
const exact = kind === 'chromium'; /* Firefox's fake microphone is a tone, and headless it has no audio sink to tap */
let hotline, browser, anna, spoken, phone;

before(async () => {
  hotline = await t.startHotline();
  spoken = { up: t.prompt(hotline, 'zh-CN', 'burst_thanks'), down: t.prompt(hotline, 'en', 'welcome') };
  const microphone = path.join(t.shots, 'microphone.wav');
  const half = new Float32Array(48000);
  t.writeWav(microphone, { rate: 48000, pcm: Float32Array.from([...t.resample(spoken.up, 48000).pcm, ...half]) });
  browser = await t.launch(kind, microphone);
  anna = await t.page(browser, hotline.desk + '?lang=en');
});

after(async () => {
  phone?.close();
  await browser?.close();
  assert.equal(await hotline.stop(), 0, hotline.words());
  fs.rmSync(path.dirname(hotline.store), { recursive: true });
});

const offered = p => t.until('the call to ring', async () => (await t.calls(p)).find(c => c.state === 'offered'));
const state = (p, want) => t.until(`the call to be ${want}`, async () => (await t.calls(p)).some(c => c.state === want));
const free = p => t.until('the agent to be idle', async () => (await t.agent(p)).work === 'idle');

describe(`in ${kind}`, { concurrency: false }, () => {
  test('a wrong password is refused in words', async () => {
    await anna.waitForSelector('#name');
    await anna.type('#name', 'anna');
    await anna.type('#password', 'wrong');
    await anna.click('#login-form button');
    await t.until('words', () => anna.evaluate(() => document.getElementById('login-note').textContent.length > 0));
    await anna.evaluate(() => { document.getElementById('name').value = document.getElementById('password').value = ''; });
  });

  test('an agent signs in, has sound, and sets herself ready', async () => {
    await t.signIn(anna, 'anna', hotline.agents.anna);
    await t.key(anna, 'Ready');
    await t.until('ready', async () => (await t.agent(anna)).state === 'available');
    await t.shot(anna, `${kind}-ready`);
  });

  test('a telephone chooses by keys, waits, rings at her page with its number and queue', async () => {
    phone = new t.Phone(hotline);
    await phone.call();
    const greeting = await phone.listen(2.5);
    assert.ok(t.loudness(greeting.pcm) > 0.01, `the greeting is heard: ${t.loudness(greeting.pcm)}`);
    phone.press('0');
    const call = await offered(anna);
    assert.match(call.number, /13800138000$/);
    assert.equal(call.queue, 'desk');
    assert.match(await t.bar(anna), /13800138000/);
    await t.shot(anna, `${kind}-ring`);
  });

  test('she answers, and both hear each other', async () => {
    await t.key(anna, 'Answer');
    await state(anna, 'talk');
    await t.sleep(1000);
    const heard = await phone.listen(exact ? 9 : 3);
    t.writeWav(path.join(t.shots, `${kind}-up.wav`), heard);
    if (exact) {
      const up = t.likeness(spoken.up, heard);
      console.log(`# page to telephone: likeness ${up.toFixed(3)}`);
      assert.ok(up >= 0.9, `her voice arrives: ${up}`);
    } else {
      assert.ok(t.loudness(heard.pcm) > 0.02, `her tone arrives: ${t.loudness(heard.pcm)}`);
    }
    const before = await t.pageEnergy(anna);
    setTimeout(() => phone.say(spoken.down), 1000);
    if (exact) {
      const page = await t.pageHears(anna, 6);
      t.writeWav(path.join(t.shots, `${kind}-down.wav`), page);
      const down = t.likeness(spoken.down, page, 2);
      console.log(`# telephone to page: likeness ${down.toFixed(3)}`);
      assert.ok(down >= 0.8, `his voice arrives: ${down}`);
    } else {
      await t.sleep(4000);
    }
    const now = await t.pageEnergy(anna);
    assert.ok(now.energy - before.energy > 0.01 && now.packets - before.packets > 100, JSON.stringify([before, now]));
    await t.shot(anna, `${kind}-talk`);
  });

  test('on hold the telephone hears music instead of her, and she comes back', async () => {
    await t.key(anna, 'Hold');
    await state(anna, 'hold');
    await t.sleep(500);
    const music = await phone.listen(3);
    assert.ok(t.loudness(music.pcm) > 0.005, `music: ${t.loudness(music.pcm)}`);
    if (exact) assert.ok(t.likeness(spoken.up, music, 2) < 0.5, 'her voice is not in it');
    await t.key(anna, 'Resume');
    await state(anna, 'talk');
  });

  test('she writes a ticket while talking, and it is in the file', async () => {
    await anna.select('#type', 'water_repair');
    await anna.evaluate(() => {
      document.querySelector('#fields [name=problem]').value = 'leak';
      document.querySelector('#fields [name=address]').value = '中山路 12 号';
    });
    await anna.type('#text', 'water in the cellar');
    await anna.click('#ticket-form button');
    const note = await t.until('the ticket to be saved', () => anna.evaluate(() => document.getElementById('ticket-note').textContent));
    assert.match(note, /\d{8}-\d{6}/);
    const rows = JSON.parse(t.sqlite(hotline.store, 'select number, type, state, phone from ticket'));
    assert.equal(rows.length, 1);
    assert.equal(rows[0].number, note.match(/\d{8}-\d{6}/)[0]);
    await t.until('it to be listed', () => anna.evaluate(() => document.getElementById('earlier').rows.length === 1));
    await t.shot(anna, `${kind}-ticket`);
  });

  test('she hangs up, wraps up, and is ready again; the caller is asked to rate the call', async () => {
    await t.key(anna, 'Hang up');
    await t.until('wrap-up', async () => (await t.agent(anna)).work === 'wrapup');
    await t.shot(anna, `${kind}-wrapup`);
    await t.key(anna, 'Done');
    await free(anna);
    await t.sleep(1500);
    phone.press('5');
    assert.equal(await phone.over(40000), 0);
    phone.close();
    const call = await t.until('the record of the call', () => {
      const rows = JSON.parse(t.sqlite(hotline.store, 'select * from contact') || '[]');
      return rows.find(r => r.ended);
    });
    assert.equal(call.agent, 'anna');
    assert.equal(call.queue, 'desk');
    assert.match(call.keys, /0/);
    assert.match(call.result, /csat/);
    assert.ok(call.entered < call.queued && call.queued <= call.answered && call.answered < call.ended);
  });

  test('a newcomer calls from a page, uses the keypad, and is answered', async () => {
    const caller = await t.page(browser, hotline.caller + '?lang=en');
    await caller.click('#call');
    await t.until('the page to be connected', () => caller.evaluate(() => document.getElementById('note').textContent.startsWith('Connected')), 30000);
    await t.sleep(2500);
    await t.shot(caller, `${kind}-caller`);
    await caller.evaluate(() => [...document.querySelectorAll('#keypad button')].find(b => b.textContent === '0').click());
    await anna.bringToFront();
    await offered(anna);
    await t.key(anna, 'Answer');
    await state(anna, 'talk');
    const before = await t.pageEnergy(anna);
    await t.sleep(4000);
    const now = await t.pageEnergy(anna);
    assert.ok(now.packets - before.packets > 100 && now.energy > before.energy, JSON.stringify([before, now]));
    await caller.bringToFront();
    await caller.click('#hangup');
    await anna.bringToFront();
    await t.until('wrap-up', async () => (await t.agent(anna)).work === 'wrapup');
    await t.key(anna, 'Done');
    await free(anna);
    assert.deepEqual(caller.problems, []);
    await caller.close();
  });

  test('a reload in the middle of a call keeps the call', async () => {
    phone = new t.Phone(hotline, { port: 7080, local: 6012, number: '13900139000' });
    await phone.call();
    phone.press('0');
    await offered(anna);
    await t.key(anna, 'Answer');
    await state(anna, 'talk');
    await anna.reload();
    await t.until('the call to be back with sound', () => anna.evaluate(() => window.hotline?.media === 'up' &&
      [...window.hotline.calls.values()].some(c => c.state === 'talk')), 20000);
    const before = await t.pageEnergy(anna);
    phone.say(spoken.down);
    await t.sleep(3000);
    assert.ok((await t.pageEnergy(anna)).packets - before.packets > 50, 'sound goes on');
    await t.key(anna, 'Hang up');
    phone.press('5');
    await phone.over(40000);
    phone.close();
    assert.deepEqual(anna.problems, []);
  });
});
