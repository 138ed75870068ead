/* caller.js - a newcomer's telephone: call the hotline from a page, press keys, hear what it says. */
import { Hotline } from '/sdk/hotline.js';

const texts = {
  zh: { title: '网页电话', number: '号码', call: '拨打', hangup: '挂断', recorded: '没有话筒：用一段录音代替我说话', other: 'English',
    calling: '正在接通……', talking: '已接通，可以按键', ended: '通话结束', resuming: '正在重连……', quality: '收到 {n} 包，丢失 {l}' },
  en: { title: 'Telephone in a page', number: 'Number', call: 'Call', hangup: 'Hang up', other: '中文',
    recorded: 'No microphone: let a recorded voice speak for me', calling: 'Connecting ...', talking: 'Connected; use the keys',
    ended: 'The call has ended', resuming: 'Reconnecting ...', quality: '{n} packets received, {l} lost' },
};
const $ = id => document.getElementById(id), socket = location.origin.replace(/^http/, 'ws') + '/ws';
let lang = new URLSearchParams(location.search).get('lang') ?? ((navigator.language || 'zh').startsWith('zh') ? 'zh' : 'en');
let hl, call, since = 0, note = '';
const t = key => texts[lang][key] ?? key;

function draw() {
  document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
  for (const el of document.querySelectorAll('[data-t]')) el.textContent = t(el.dataset.t);
  $('lang').textContent = t('other');
  $('call').disabled = !!call || note === 'calling';
  $('hangup').disabled = !call;
  $('note').textContent = t(note);
  $('quality').textContent = call && hl.quality ? t('quality').replace('{n}', hl.quality.received).replace('{l}', hl.quality.lost) : '';
}

/* The recording as a microphone, over and over: two pages on one table would howl with real ones. */
async function recordedVoice() {
  const audio = new AudioContext();
  const source = audio.createBufferSource(), out = audio.createMediaStreamDestination();
  source.buffer = await audio.decodeAudioData(await (await fetch('/voice.wav')).arrayBuffer());
  source.loop = true;
  source.connect(out);
  source.start();
  return out.stream;
}

function listen() {
  hl.addEventListener('error', e => call && over(e.detail.message));
  hl.addEventListener('link', () => { if (call) { note = hl.link === 'resuming' ? 'resuming' : 'talking'; draw(); } });
  hl.addEventListener('quality', draw);
  hl.addEventListener('call', e => e.detail.contact === call?.contact && e.detail.state === 'ended' && over('ended'));
}

async function ring() {
  const answer = await fetch('/api/caller', { method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ to: $('to').value, lang: lang === 'zh' ? 'zh-CN' : 'en' }) });
  const body = await answer.json();
  if (!body.ok) throw new Error(body.msg);
  const stream = $('recorded').checked ? await recordedVoice() : undefined;
  hl = window.hotline = new Hotline({ url: socket, ticket: body.ticket, microphone: 'on_demand', ...(window.hotlineOptions ?? {}),
    ...(stream ? { stream } : {}) });
  listen();
  await hl.open({ again: false });
  call = await hl.call($('to').value);
  since = Date.now();
  note = 'talking';
}

/* A reload cut the page off: the call is still there. */
async function resume() {
  hl = window.hotline = new Hotline({ url: socket, microphone: 'on_demand', ...(window.hotlineOptions ?? {}) });
  listen();
  await hl.open();
  call = [...hl.calls.values()].find(c => c.state !== 'ended');
  since = call?.since ?? 0;
  note = call ? 'talking' : '';
  if (!call) hl.close();
}

function over(why) {
  call = undefined;
  since = 0;
  note = why;
  hl?.close().catch(() => {});
  draw();
}

$('call').addEventListener('click', async () => {
  note = 'calling';
  draw();
  try {
    await ring();
  } catch (problem) {
    over(problem.message);
  }
  draw();
});
$('hangup').addEventListener('click', () => hl.hangup(call.contact).catch(e => over(e.message)));
for (const key of '123456789*0#') {
  const b = Object.assign(document.createElement('button'), { type: 'button', textContent: key });
  b.addEventListener('click', () => call && hl.dtmf(call.contact, key).catch(e => { note = e.message; draw(); }));
  $('keypad').append(b);
}
$('lang').addEventListener('click', () => { lang = lang === 'zh' ? 'en' : 'zh'; draw(); });
setInterval(() => {
  const s = since ? Math.floor((Date.now() - since) / 1000) : 0;
  $('timer').textContent = since ? `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}` : '';
}, 500);
draw();
if (Hotline.kept(socket)) resume().then(draw, () => {});
