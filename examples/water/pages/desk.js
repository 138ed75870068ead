/* desk.js - the agent's desk: sign in, the bar, the ticket form, earlier tickets of the caller, the queues. */
import { Hotline } from '/sdk/hotline.js';
import '/sdk/hotline-bar.js';

const texts = {
  zh: { title: '坐席台', name: '工号', password: '密码', sign_in: '登录', takeover: '在此处接管', ticket: '新工单', type: '类型',
    phone: '来电号码', text: '说明', save: '保存工单', earlier: '历史工单', number: '编号', state: '状态', created: '时间', none: '没有历史工单',
    queues: '队列', queue: '队列', waiting: '等待', idle: '空闲坐席', wait: '预计等待', saved: '已保存', other: 'English', minutes: '分钟',
    elsewhere: '该工号已在别的窗口登录。', taken: '已在别的窗口打开，本页已退出。', note: '备注', add_note: '添加备注', callback: '约定回电' },
  en: { title: 'Agent desk', name: 'Name', password: 'Password', sign_in: 'Sign in', takeover: 'Take over here', ticket: 'New ticket',
    type: 'Type', phone: 'Caller', text: 'Notes', save: 'Save ticket', earlier: 'Earlier tickets', number: 'Number', state: 'State',
    created: 'Created', none: 'No earlier tickets', queues: 'Queues', queue: 'Queue', waiting: 'Waiting', idle: 'Idle agents',
    wait: 'Expected wait', saved: 'Saved', other: '中文', minutes: 'min', elsewhere: 'This agent has a page open elsewhere.',
    taken: 'Opened in another window; this page is signed out.', note: 'Note', add_note: 'Add note',
    callback: 'Promised call-back' },
};
const $ = id => document.getElementById(id), socket = location.origin.replace(/^http/, 'ws') + '/ws';
let lang = new URLSearchParams(location.search).get('lang') ?? ((navigator.language || 'zh').startsWith('zh') ? 'zh' : 'en');
let hl, types = {}, call = null, timer = 0;
const t = key => texts[lang][key] ?? key;
const titled = (o, fallback) => typeof o?.title === 'string' ? o.title : o?.title?.[lang === 'zh' ? 'zh-CN' : 'en'] ?? o?.title?.[lang] ?? fallback;
const make = (tag, props = {}, ...children) => { const e = Object.assign(document.createElement(tag), props); e.append(...children); return e; };
const named = (list, name) => list?.find(x => x.name === name);

function translate() {
  document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
  for (const el of document.querySelectorAll('[data-t]')) el.textContent = t(el.dataset.t);
  $('lang').textContent = t('other');
  $('bar').setAttribute('lang', lang);
  drawTypes();
}

/* The form is made of the ticket type: its fields are data of the hotline. */
function drawTypes() {
  const chosen = $('type').value;
  $('type').replaceChildren(...Object.entries(types).map(([name, type]) => new Option(titled(type, name), name)));
  if (types[chosen]) $('type').value = chosen;
  const before = chosen === $('type').value ? fieldValues() : {};
  $('fields').replaceChildren(make('div', { className: 'two-fields' }, ...(types[$('type').value]?.fields ?? []).map(drawField)));
  for (const el of $('fields').querySelectorAll('[name]')) if (before[el.name] !== undefined) el.value = before[el.name];
}

function drawField(f) {
  const input = f.type === 'choice' ? make('select', {}, ...f.choices.map(c => new Option(titled(c, c.name), c.name))) : make('input');
  if (f.type === 'number') input.type = 'number';
  else if (f.type === 'bool') input.type = 'checkbox';
  input.name = f.name;
  input.dataset.type = f.type;
  return make('label', {}, make('span', { textContent: titled(f, f.name) + (f.required ? ' *' : '') }), input);
}

function fieldValues() {
  const out = {};
  for (const el of $('fields').querySelectorAll('[name]')) {
    if (el.dataset.type === 'bool') out[el.name] = el.checked;
    else if (el.value !== '') out[el.name] = el.dataset.type === 'number' ? Number(el.value) : el.value;
  }
  return out;
}

const when = us => new Date(us / 1000).toLocaleString(lang === 'zh' ? 'zh-CN' : 'en-GB', { dateStyle: 'short', timeStyle: 'short' });
const stateWord = ticket => titled(named(types[ticket.type]?.states, ticket.state), ticket.state);
const valueWord = (ticket, key, value) => titled(named(named(types[ticket.type]?.fields, key)?.choices, value), String(value));

function row(cells, numbers = 0) {
  return make('tr', {}, ...cells.map((c, i) => make('td', { textContent: c, className: i >= cells.length - numbers ? 'n' : '' })));
}

async function earlier(phone) {
  const tickets = phone ? (await hl.op('ticket.list', { phone, limit: 20 })).tickets : [];
  $('earlier').replaceChildren(...tickets.map(x => {
    const tr = row([x.number, stateWord(x), when(x.created)]);
    tr.dataset.ticket = x.id;
    tr.addEventListener('click', () => detail(x.id).catch(told('ticket-note')));
    return tr;
  }));
  $('whose').textContent = phone ?? '';
  $('earlier-table').hidden = tickets.length === 0;
  $('earlier-none').hidden = tickets.length > 0;
  $('detail').hidden = true;
}

async function detail(id) {
  const { ticket } = await hl.op('ticket.get', { ticket: id }), list = make('dl');
  const add = (k, v) => list.append(make('dt', { textContent: k }), make('dd', { textContent: v }));
  for (const [k, v] of Object.entries(ticket.fields ?? {})) add(titled(named(types[ticket.type]?.fields, k), k), valueWord(ticket, k, v));
  for (const n of ticket.notes ?? []) add(when(n.at), n.text);
  $('detail').replaceChildren(make('h2', { textContent: `${ticket.number} · ${stateWord(ticket)}` }), list, actions(ticket));
  $('detail').hidden = false;
  for (const tr of $('earlier').rows) tr.classList.toggle('open', tr.dataset.ticket === String(id));
}

/* What may be done with it: the moves its type allows from its state, and a note. */
function actions(ticket) {
  const text = make('input', { placeholder: t('note') }), out = make('div', { className: 'row' }, text);
  const act = (words, verb, args) => out.append(make('button', { type: 'button', textContent: words, onclick: () =>
    hl.op('ticket.do', { ticket: ticket.id, verb, args: args(), ...(call ? { contact: call.contact } : {}) })
      .then(() => earlier($('phone').value)).then(() => detail(ticket.id)).catch(told('ticket-note')) }));
  act(t('add_note'), 'note', () => ({ text: text.value }));
  for (const m of types[ticket.type]?.moves ?? [])
    if (m.from.includes(ticket.state)) act(titled(m, m.name), m.name, () => Object.fromEntries((m.need ?? []).map(f => [f, text.value])));
  return out;
}

async function queues() {
  const { queues: list } = await hl.op('queue.list').catch(() => ({ queues: null }));
  if (list) $('queues').replaceChildren(...list.map(q => row([q.title || q.name, q.waiting, q.idle,
    q.p50_ms < 0 ? '-' : `${Math.ceil(q.p50_ms / 60000)} ${t('minutes')}`], 3)));
}

const told = where => problem => { $(where).textContent = problem.message; };

async function post(name, password) {
  const answer = await fetch('/api/login', { method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, password }) });
  const body = await answer.json();
  if (!body.ok) throw new Error(body.msg);
  return body.ticket;
}

function signedOut(why) {
  clearInterval(timer);
  document.title = '坐席台 Desk · 96332';
  $('who').textContent = '';
  $('desk').hidden = true;
  $('login').hidden = false;
  $('login-note').textContent = why.code === 'ECONFLICT' ? t('taken') : why.message;
}

/* The desk is there as soon as the hotline answers; the sound may come a moment later, or its problem is told. */
async function start(ticket, takeover = false) {
  hl = window.hotline = new Hotline({ url: socket, ticket, ...(window.hotlineOptions ?? {}) });
  $('bar').hotline = hl;
  hl.addEventListener('call', e => taken(e.detail));
  hl.addEventListener('error', e => signedOut(e.detail));
  const opened = hl.open({ again: !ticket, takeover });
  await new Promise((good, bad) => {
    hl.addEventListener('link', () => hl.link === 'up' && good());
    opened.then(good, bad);
  });
  opened.catch(told('ticket-note'));
  ({ types } = await hl.op('ticket.types'));
  $('who').textContent = hl.agent?.name ?? '';
  $('password').value = $('login-note').textContent = '';
  $('takeover').hidden = $('login').hidden = true;
  $('desk').hidden = false;
  translate();
  queues();
  timer = setInterval(queues, 2000);
}

async function taken(c) {
  const ringing = [...hl.calls.values()].find(x => x.state === 'offered');
  document.title = ringing ? `☎ ${ringing.number || '96332'}` : '坐席台 Desk · 96332';
  if (c.state === 'ended' || call?.contact === c.contact) return;
  call = c;
  $('phone').value = c.number ?? '';
  $('ticket-note').textContent = c.callback ? `${t('callback')} ${c.callback.note}` : '';
  await earlier(c.number).catch(told('ticket-note'));
  if (c.ticket) await detail(c.ticket).catch(() => {});
}

async function signIn(takeover) {
  $('login-note').textContent = '';
  try {
    await start(await post($('name').value, $('password').value), takeover);
  } catch (problem) {
    $('takeover').hidden = problem.code !== 'ECONFLICT';
    $('login-note').textContent = problem.code === 'ECONFLICT' ? t('elsewhere') : problem.message;
  }
}

$('login-form').addEventListener('submit', e => { e.preventDefault(); signIn(false); });
$('takeover').addEventListener('click', () => signIn(true));
$('ticket-form').addEventListener('submit', async e => {
  const phone = $('phone').value;
  e.preventDefault();
  try {
    const made = await hl.op('ticket.new', { type: $('type').value, text: $('text').value, fields: fieldValues(),
      ...(phone ? { phone } : {}), ...(call ? { contact: call.contact } : {}) });
    $('ticket-form').reset();
    drawTypes();
    $('phone').value = phone;
    $('ticket-note').textContent = `${t('saved')}: ${made.number}`;
    await earlier(phone);
  } catch (problem) {
    $('ticket-note').textContent = problem.message;
  }
});
$('type').addEventListener('change', drawTypes);
$('phone').addEventListener('change', () => earlier($('phone').value).catch(told('ticket-note')));
$('lang').addEventListener('click', () => { lang = lang === 'zh' ? 'en' : 'zh'; translate(); });
translate();
if (Hotline.kept(socket)) start().catch(() => {});
