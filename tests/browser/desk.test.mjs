/* desk.test.mjs - more than one of something: agents, callers, windows; and a wire that is cut. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as t from './lib.mjs';

const kind = process.env.HL_BROWSER ?? 'chromium';
let hotline, browser, wire, anna, bo, second, said;
const phones = [1, 2, 3, 4].map(n => new t.Phone(null, { port: 7100 + 10 * n, local: 6020 + n, number: `1380013800${n}` }));
const rings = async (...pages) => (await Promise.all(pages.map(t.calls))).flatMap(calls => calls.filter(c => c.state === 'offered'));

before(async () => {
  hotline = await t.startHotline({ change: c => { c.queues.desk.offer_ms = 7000; } });
  for (const p of phones) p.hotline = hotline;
  said = t.prompt(hotline, 'en', 'welcome');
  wire = await t.wire(hotline);
  browser = await t.launch(kind);
  anna = await t.page(browser, wire.desk + '?lang=en');
  bo = await t.page(await browser.createBrowserContext(), hotline.desk + '?lang=zh');
  await t.signIn(anna, 'anna', hotline.agents.anna);
  await t.signIn(bo, 'bo', hotline.agents.bo);
});

after(async () => {
  for (const p of phones) p.close();
  await browser?.close();
  wire?.close();
  assert.equal(await hotline.stop(), 0, hotline.words());
});

/* She hangs up and is ready again. */
async function finish(page, phone) {
  await t.key(page, 'Hang up');
  await t.until('wrap-up', async () => (await t.agent(page)).work === 'wrapup');
  await t.key(page, 'Done');
  await t.until('wrap-up to end', async () => (await t.agent(page)).work !== 'wrapup'); /* the next call may ring at once */
  phone.close();
}

describe(`${kind}, a desk`, { concurrency: false }, () => {
  test('two callers wait for nobody yet, and hear their places', async () => {
    await Promise.all([phones[0].call(), phones[1].call()]);
    phones[0].press('0');
    await t.sleep(600);
    phones[1].press('0');
    const [first, other] = await Promise.all([phones[0].listen(9), phones[1].listen(9)]);
    const next = t.prompt(hotline, 'zh-CN', 'queue_next'), ahead = t.prompt(hotline, 'zh-CN', 'queue_ahead');
    assert.ok(t.likeness(next, first) > 0.9, `the first is next: ${t.likeness(next, first)}`);
    assert.ok(t.likeness(ahead, other) > 0.9, `the other has somebody ahead: ${t.likeness(ahead, other)}`);
    assert.ok(t.likeness(next, other) < 0.6, 'and is not next');
    await t.until('the desk to show them', () => bo.evaluate(() => document.getElementById('queues').rows[0]?.cells[1].textContent === '2'));
    await t.shot(bo, `${kind}-waiting`);
  });

  test('they are served in order', async () => {
    await t.key(anna, 'Ready');
    assert.match((await t.offered(anna)).number, /13800138001$/);
    await t.key(anna, 'Answer');
    await t.inState(anna, 'talk');
    await finish(anna, phones[0]);
    assert.match((await t.offered(anna)).number, /13800138002$/);
  });

  test('a ring time-out and a reject: the caller keeps the place, the next agent is rung', async () => {
    const before = await t.offered(anna), { contact, offer } = before;
    await phones[2].call();
    phones[2].press('0');
    const again = await t.until('the time-out', async () => (await rings(anna)).find(c => c.offer !== offer), 15000);
    assert.equal(again.contact, contact, `who called later does not overtake: ${JSON.stringify([before, again, phones.map(p => p.ended)])}`);
    await t.key(anna, 'Reject');
    await t.key(bo, '就绪');
    assert.equal((await t.offered(bo)).contact, contact);
    await t.shot(bo, `${kind}-ring-zh`);
    await t.key(bo, '接听');
    await t.inState(bo, 'talk');
    assert.match((await t.offered(anna)).number, /13800138003$/);
    await t.key(anna, 'Answer');
    await t.inState(anna, 'talk');
  });

  test('a cut wire loses no sound; what is asked meanwhile is done after it', async () => {
    const before = await t.pageEnergy(anna), session = await anna.evaluate(() => window.hotline.agent.id);
    setTimeout(() => phones[2].say(said), 1500);
    const hearing = t.pageHears(anna, 7);
    await t.sleep(500);
    wire.cut();
    await t.until('the page to notice', () => anna.evaluate(() => window.hotline.link === 'resuming'), 5000);
    await t.shot(anna, `${kind}-cut`);
    await t.sleep(4000);
    await t.key(anna, 'Hold'); /* its time is to come */
    wire.mend();
    const heard = await hearing, now = await t.pageEnergy(anna);
    t.writeWav(path.join(t.shots, `${kind}-cut.wav`), heard);
    assert.ok(t.likenessInPieces(said, heard) >= t.enough, `he was heard all the time: ${t.likenessInPieces(said, heard)}`);
    assert.equal(now.lost, before.lost);
    await t.until('the page to resume', () => anna.evaluate(() => window.hotline.link === 'up'));
    await t.inState(anna, 'hold');
    assert.equal(await anna.evaluate(() => window.hotline.agent.id), session);
    await t.key(anna, 'Resume');
    await t.inState(anna, 'talk');
  });

  test('a second window takes the agent and the call over; never two rings', async () => {
    const context = await browser.createBrowserContext(), [call] = await t.calls(anna);
    second = await t.page(context, hotline.desk + '?lang=en');
    await t.giveName(second, 'anna', hotline.agents.anna);
    await t.until('the question', async () => /open elsewhere/.test(await t.text(second, 'login-note')));
    await second.click('#takeover');
    await t.until('the older window to say so', async () => /another window/.test(await t.text(anna, 'login-note')));
    await t.until('the call to be there with sound', async () => (await second.evaluate(() => window.hotline.media)) === 'up'
      && (await t.calls(second)).some(c => c.contact === call.contact && c.state === 'talk'));
    await t.shot(second, `${kind}-takeover`);
    setTimeout(() => phones[2].say(said), 500);
    const [up, down] = await Promise.all([phones[2].listen(4), t.pageHears(second, 6)]);
    assert.ok(t.loudness(up.pcm) > 0.02, `she is heard: ${t.loudness(up.pcm)}`);
    t.writeWav(path.join(t.shots, `${kind}-takeover.wav`), down);
    assert.ok(t.likenessInPieces(said, down) >= t.enough, `he is heard: ${t.likenessInPieces(said, down)}`);
    await finish(second, phones[2]);
    await phones[3].call();
    phones[3].press('0');
    assert.match((await t.offered(second)).number, /13800138004$/);
    assert.deepEqual(await rings(anna, bo), []);
    await t.key(second, 'Answer');
    await t.inState(second, 'talk');
    await finish(second, phones[3]);
    await t.key(bo, '挂断');
  });

  test('no page had a fault', () => { /* Firefox calls a refused connection one: it was ours */
    assert.deepEqual([anna, bo, second].flatMap(p => p.problems).filter(words => !/establish a connection/.test(words)), []);
  });
});
