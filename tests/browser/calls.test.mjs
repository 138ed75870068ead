/* calls.test.mjs - whole calls: a telephone or a page calls, a browser answers. Sound is judged by cross-correlation. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as t from './lib.mjs';

const kind = process.env.HL_BROWSER ?? 'chromium';
let hotline, browser, anna, said, phone;

before(async () => {
  hotline = await t.startHotline();
  said = t.prompt(hotline, 'en', 'welcome');
  browser = await t.launch(kind);
  anna = await t.page(browser, hotline.desk + '?lang=en');
});

after(async () => {
  phone?.close();
  await browser?.close();
  assert.equal(await hotline.stop(), 0, hotline.words());
});

describe(`${kind}, one agent`, { concurrency: false }, () => {
  test('a wrong password is refused in words', async () => {
    await t.giveName(anna, 'anna', 'wrong');
    await t.until('words', async () => (await t.text(anna, 'login-note')).length > 0);
    await t.shot(anna, `${kind}-login`);
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
    const call = await t.offered(anna);
    assert.match(call.number, /13800138000$/);
    assert.equal(call.queue, 'desk');
    assert.match(await t.bar(anna), /13800138000[^]*waited \d+ s[^]*\d+ s/);
    await t.shot(anna, `${kind}-ring`);
  });

  test('she answers, and both hear each other', async () => {
    await t.key(anna, 'Answer');
    await t.inState(anna, 'talk');
    await t.sleep(1000);
    const before = await t.pageEnergy(anna);
    setTimeout(() => phone.say(said), 1000);
    const [heard, page] = await Promise.all([phone.listen(8), t.pageHears(anna, 6)]);
    t.writeWav(path.join(t.shots, `${kind}-up.wav`), heard);
    t.writeWav(path.join(t.shots, `${kind}-down.wav`), page);
    const up = t.likenessInPieces(t.voice, heard), down = t.likenessInPieces(said, page);
    console.log(`# ${kind}: page to telephone ${up.toFixed(3)}, telephone to page ${down.toFixed(3)}; 4 s as a whole ${
      t.likeness(t.voice, heard).toFixed(3)}, ${t.likeness(said, page).toFixed(3)}`);
    const now = await t.pageEnergy(anna);
    assert.ok(up >= 0.85, `her voice arrives: ${up}`);
    assert.ok(down >= t.enough, `his voice arrives: ${down}`);
    assert.ok(now.energy - before.energy > 0.01 && now.packets - before.packets > 100, JSON.stringify([before, now]));
    await t.shot(anna, `${kind}-talk`);
  });

  test('muted she is not heard, and her keys are', async () => {
    await t.key(anna, 'Mute');
    await t.sleep(500);
    const quiet = await phone.listen(2);
    assert.ok(t.loudness(quiet.pcm) < 0.002, `silence: ${t.loudness(quiet.pcm)}`);
    await t.key(anna, 'Unmute');
    await t.key(anna, 'Keypad');
    await t.key(anna, '5');
    await t.key(anna, '#');
    await t.until('the keys to arrive', () => phone.keys === '5#', 5000);
    await t.shot(anna, `${kind}-keypad`);
    await t.key(anna, 'Keypad');
    await t.until('her to be heard', async () => t.loudness((await phone.listen(1)).pcm) > 0.02);
  });

  test('on hold the telephone hears music instead of her, and she comes back', async () => {
    await t.key(anna, 'Hold');
    await t.inState(anna, 'hold');
    await t.sleep(500);
    const music = await phone.listen(4);
    assert.ok(t.loudness(music.pcm) > 0.005, `music: ${t.loudness(music.pcm)}`);
    assert.ok(t.likenessInPieces(t.voice, music) < 0.5, 'her voice is not in it');
    assert.equal(await anna.evaluate(() => window.hotline.media), 'up');
    await t.key(anna, 'Resume');
    await t.inState(anna, 'talk');
  });

  test('she writes a ticket while talking, and it is in the file', async () => {
    await anna.select('#type', 'water_repair');
    await anna.evaluate(() => {
      document.querySelector('#fields [name=problem]').value = 'leak';
      document.querySelector('#fields [name=address]').value = '中山路 12 号';
    });
    await anna.type('#text', 'water in the cellar');
    await anna.click('#ticket-form button');
    const note = await t.until('the ticket to be saved', async () => (await t.text(anna, 'ticket-note')).match(/\d{8}-\d{6}/));
    const rows = JSON.parse(t.sqlite(hotline.store, 'select number, type, state, phone from ticket'));
    assert.equal(rows.length, 1);
    assert.equal(rows[0].number, note[0]);
    assert.match(rows[0].phone, /13800138000$/);
    await t.until('it to be listed', () => anna.evaluate(() => document.getElementById('earlier').rows.length === 1));
    await anna.click('#earlier tr');
    await t.until('its details', async () => /Leak/.test(await t.text(anna, 'detail')));
    await anna.evaluate(() => [...document.querySelectorAll('#detail button')].find(b => b.textContent === 'Dispatch').click());
    await t.until('it to be dispatched', async () => /Dispatched/.test(await t.text(anna, 'detail')));
    await t.shot(anna, `${kind}-ticket`);
  });

  test('she hangs up, wraps up, and is ready again; the caller is asked to rate the call', async () => {
    await t.key(anna, 'Hang up');
    await t.until('wrap-up', async () => (await t.agent(anna)).work === 'wrapup');
    await t.shot(anna, `${kind}-wrapup`);
    await t.key(anna, 'Done');
    await t.idle(anna);
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
    assert.deepEqual(JSON.parse(call.result), { csat: 5 });
    assert.ok(call.entered < call.queued && call.queued <= call.answered && call.answered < call.ended);
  });

  test('a newcomer calls from a page, uses the keypad, and is heard', async () => {
    const caller = await t.page(browser, hotline.caller + '?lang=en');
    await caller.click('#call');
    await t.connected(caller);
    const greeting = await t.pageHears(caller, 3);
    await t.shot(caller, `${kind}-caller`);
    assert.ok(t.loudness(greeting.pcm) > 0.01, `the greeting is heard: ${t.loudness(greeting.pcm)}`);
    await caller.evaluate(() => [...document.querySelectorAll('#keypad button')].find(b => b.textContent === '0').click());
    await anna.bringToFront();
    await t.offered(anna);
    await t.key(anna, 'Answer');
    await t.inState(anna, 'talk');
    const heard = t.likenessInPieces(t.voice, await t.pageHears(anna, 7));
    console.log(`# ${kind}: page to page ${heard.toFixed(3)}`);
    assert.ok(heard >= 0.8, `the caller's voice arrives: ${heard}`);
    await caller.bringToFront();
    await caller.click('#hangup');
    await anna.bringToFront();
    await t.until('wrap-up', async () => (await t.agent(anna)).work === 'wrapup');
    await t.key(anna, 'Done');
    await t.idle(anna);
    assert.deepEqual(caller.problems, []);
    await caller.close();
  });

  test('a reload in the middle of a call keeps the call', async () => {
    phone = new t.Phone(hotline, { port: 7080, local: 6012, number: '13900139000' });
    await phone.call();
    phone.press('0');
    await t.offered(anna);
    await t.key(anna, 'Answer');
    const call = await t.inState(anna, 'talk');
    await anna.reload();
    await t.until('the call to be back with sound', () => anna.evaluate(() => window.hotline?.media === 'up' &&
      [...window.hotline.calls.values()].some(c => c.state === 'talk')), 20000);
    const same = (await t.calls(anna))[0];
    assert.equal(same.contact, call.contact);
    assert.equal(same.number, call.number);
    assert.ok(Math.abs(same.since - call.since) < 2000, `the call's time goes on: ${call.since}, ${same.since}`);
    setTimeout(() => phone.say(said), 500);
    const [heard, page] = await Promise.all([phone.listen(3), t.pageHears(anna, 6)]);
    assert.ok(t.likenessInPieces(said, page) >= t.enough, `he is heard: ${t.likenessInPieces(said, page)}`);
    assert.ok(t.loudness(heard.pcm) > 0.02, `she is heard: ${t.loudness(heard.pcm)}`);
    await t.key(anna, 'Hang up');
    phone.press('5');
    await phone.over(40000);
    phone.close();
    assert.deepEqual(anna.problems, []);
  });
});
