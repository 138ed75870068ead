/* desk.js - the agent's desk: sign in, the bar, the ticket form, earlier tickets of the caller, the queues. */
import { Hotline } from '/sdk/hotline.js';
import '/sdk/hotline-bar.js';

const texts = {
  zh: { title: '坐席台', name: '工号', password: '密码', sign_in: '登录', ticket: '工单', type: '类型', phone: '来电号码', text: '说明',
    save: '保存工单', earlier: '历史工单', number: '编号', state: '状态', created: '时间', none: '没有历史工单', queues: '队列',
    queue: '队列', waiting: '等待', idle: '空闲坐席', wait: '预计等待', saved: '已保存', other: 'English', minutes: '分钟' },
  en: { title: 'Agent desk', name: 'Name', password: 'Password', sign_in: 'Sign in', ticket: 'Ticket', type: 'Type', phone: 'Caller',
    text: 'Notes', save: 'Save ticket', earlier: 'Earlier tickets', number: 'Number', state: 'State', created: 'Created',
    none: 'No earlier tickets', queues: 'Queues', queue: 'Queue', waiting: 'Waiting', idle: 'Idle agents', wait: 'Expected wait',
    saved: 'Saved', other: '中文', minutes: 'min' },
};
const $ = id => document.getElementById(id);
let lang = new URLSearchParams(location.search).get('lang') ?? ((navigator.language || 'zh').startsWith('zh') ? 'zh' : 'en');
let hl, types = {}, call = null;
const t = key => texts[lang][key] ?? key;
const titled = (o, fallback) => typeof o?.title === 'string' ? o.title : o?.title?.[lang === 'zh' ? 'zh-CN' : 'en'] ?? o?.title?.[lang] ?? fallback;

function translate() {
  document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
  for (const el of document.querySelectorAll('[data-t]')) el.textContent = t(el.dataset.t);
  $('lang').textContent = t('other');
  $('bar').setAttribute('lang', lang);
  drawTypes();
}

function drawTypes() {
  const chosen = $('type').value;
  $('type').replaceChildren(...Object.entries(types).map(([name, type]) => new Option(titled(type, name), name)));
  if (types[chosen]) $('type').value = chosen;
  drawFields();
}

const named = (list, name) => list?.find(x => x.name === name);

function drawFields() {
  $('fields').replaceChildren(...(types[$('type').value]?.fields ?? []).map(f => {
    const label = document.createElement('label'), span = document.createElement('span');
    span.textContent = titled(f, f.name) + (f.required ? ' *' : '');
    const input = f.type === 'choice' ? document.createElement('select') : document.createElement('input');
    if (input.tagName === 'SELECT')
      for (const c of f.choices) input.append(new Option(titled(c, c.name), c.name));
    else if (f.type === 'number') input.type = 'number';
    else if (f.type === 'bool') input.type = 'checkbox';
    input.name = f.name;
    input.dataset.type = f.type;
    label.append(span, input);
    return label;
  }));
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

function row(cells, open) {
  const tr = document.createElement('tr');
  tr.append(...cells.map(c => Object.assign(document.createElement('td'), { textContent: c })));
  if (open) tr.addEventListener('click', open);
  return tr;
}

async function earlier(phone) {
  const tickets = phone ? (await hl.op('ticket.list', { phone, limit: 20 })).tickets : [];
  $('earlier').replaceChildren(...tickets.map(x => row([x.number, stateWord(x), when(x.created)], () => detail(x.id))));
  $('earlier-none').hidden = tickets.length > 0;
}

async function detail(id) {
  const { ticket } = await hl.op('ticket.get', { ticket: id });
  const list = document.createElement('dl');
  const add = (k, v) => list.append(Object.assign(document.createElement('dt'), { textContent: k }),
    Object.assign(document.createElement('dd'), { textContent: v }));
  add(t('number'), ticket.number);
  add(t('state'), stateWord(ticket));
  for (const [k, v] of Object.entries(ticket.fields ?? {})) add(titled(named(types[ticket.type]?.fields, k), k), v);
  for (const n of ticket.notes ?? []) add(when(n.at), n.text);
  $('detail').replaceChildren(list);
}

async function queues() {
  const { queues: list } = await hl.op('queue.list').catch(() => ({ queues: [] }));
  $('queues').replaceChildren(...list.map(q => row([q.title || q.name, q.waiting, q.idle,
    q.p50_ms < 0 ? '-' : `${Math.ceil(q.p50_ms / 60000)} ${t('minutes')}`])));
}

async function signIn(name, password) {
  const answer = await fetch('/api/login', { method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, password }) });
  const body = await answer.json();
  if (!body.ok) throw new Error(body.msg);
  return body.ticket;
}

async function start(ticket) {
  const url = location.origin.replace(/^http/, 'ws') + '/ws';
  hl = window.hotline = new Hotline({ url, ticket, ...(window.hotlineOptions ?? {}) });
  $('bar').hotline = hl;
  hl.addEventListener('call', e => taken(e.detail));
  const opened = hl.open({ takeover: !!ticket });
  opened.catch(e => { $('ticket-note').textContent = e.message; });
  await new Promise((good, bad) => {
    hl.addEventListener('link', () => hl.link === 'up' && good());
    opened.then(good, bad);
  });
  ({ types } = await hl.op('ticket.types'));
  $('login').hidden = true;
  $('desk').hidden = false;
  translate();
  queues();
  setInterval(queues, 2000);
  await opened;
}

async function taken(c) {
  if (c.state === 'offered' || (c.state !== 'ended' && call?.contact !== c.contact)) {
    call = c;
    $('phone').value = c.number ?? '';
    $('ticket-note').textContent = '';
    await earlier(c.number);
  }
}

$('login-form').addEventListener('submit', async e => {
  e.preventDefault();
  $('login-note').textContent = '';
  try {
    await start(await signIn($('name').value, $('password').value));
  } catch (problem) {
    $('login-note').textContent = problem.message;
  }
});

$('ticket-form').addEventListener('submit', async e => {
  e.preventDefault();
  try {
    const made = await hl.op('ticket.new', { type: $('type').value, text: $('text').value, fields: fieldValues(),
      ...($('phone').value ? { phone: $('phone').value } : {}), ...(call ? { contact: call.contact } : {}) });
    $('ticket-note').textContent = `${t('saved')}: ${made.number}`;
    $('text').value = '';
    await earlier($('phone').value);
  } catch (problem) {
    $('ticket-note').textContent = problem.message;
  }
});

$('type').addEventListener('change', drawFields);
$('phone').addEventListener('change', () => earlier($('phone').value));
$('lang').addEventListener('click', () => { lang = lang === 'zh' ? 'en' : 'zh'; translate(); });
translate();
if (sessionStorage.getItem('hotline:' + location.origin.replace(/^http/, 'ws') + '/ws')) start().catch(() => {});
