/** Filter, sort and the columns to keep: the form, and the steps that it stands for. */

import { $, $$, el, options } from './dom.js';

const TESTS = [
  ['contains', 'contains'], ['not_contains', 'does not contain'], ['=', 'is'], ['!=', 'is not'], ['starts', 'begins with'],
  ['ends', 'ends with'], ['<', 'is less than'], ['<=', 'is at most'], ['>', 'is more than'], ['>=', 'is at least'], ['empty', 'is empty'], ['filled', 'is filled'],
];
const NUMERIC = ['<', '<=', '>', '>='];
const ALONE = ['empty', 'filled'];
const ORDERS = [
  ['text up', 'text, A to Z'], ['text down', 'text, Z to A'], ['number up', 'numbers, small to big'], ['number down', 'numbers, big to small'],
];

let last = 0;

/** Connects the panel. */
export function bindSteps(app) {
  const columns = () => app.summary.source;
  $('#tool-filter-add').addEventListener('click', () => add($('#tool-filters'), condition(columns())));
  $('#tool-sort-add').addEventListener('click', () => add($('#tool-sorts'), order(columns())));
  $('#tool-filter-form').addEventListener('submit', (event) => {
    event.preventDefault();
    app.apply(read(columns(), app.summary.commas));
  });
  $('#tool-reset').addEventListener('click', async () => {
    clear(columns());
    await app.apply([]);
  });
  app.watch((summary, why) => {
    if (why === 'open' || why === 'merge') clear(summary.source);
  });
}

/** Adds an entry and moves on to it. */
function add(list, entry) {
  list.append(entry);
  $('select', entry).focus();
}

/** Empties the form. */
function clear(columns) {
  $('#tool-filters').replaceChildren();
  $('#tool-sorts').replaceChildren();
  $('#tool-columns').replaceChildren(...columns.map((name, at) => el('li', {},
    el('input', { type: 'checkbox', id: `tool-keep-${at}`, checked: true }), el('label', { for: `tool-keep-${at}` }, name || '(no name)'))));
}

/** A choice with a name for assistive technology. */
function choice(name, choices, chosen) {
  const select = el('select', { 'aria-label': name, 'data-part': name.toLowerCase() });
  options(select, choices, chosen);
  return select;
}

/** A button that takes an entry away and leaves the focus at a useful place. */
function remover(name, back) {
  return el('button', {
    type: 'button', class: 'tool-button tool-small', onclick: (event) => {
      event.target.closest('li').remove();
      $(back).focus();
    },
  }, name);
}

/** One condition. */
function condition(columns, { column = columns[0], op = 'contains', value = '' } = {}) {
  const test = choice('Test', TESTS, op);
  const text = el('input', { 'aria-label': 'Value', 'data-part': 'value', value, autocomplete: 'off', size: 14 });
  const show = () => { text.hidden = ALONE.includes(test.value); };
  test.addEventListener('change', show);
  show();
  return el('li', { 'data-entry': String(++last) }, choice('Column', columns, column), test, text, remover('Remove condition', '#tool-filter-add'));
}

/** One column to sort by. */
function order(columns, { column = columns[0], as = 'text', down = false } = {}) {
  const way = choice('Order', ORDERS, `${as} ${down ? 'down' : 'up'}`);
  return el('li', { 'data-entry': String(++last) }, choice('Column', columns, column), way, remover('Remove sorting', '#tool-sort-add'));
}

const part = (entry, name) => $(`[data-part=${name}]`, entry).value;

/** A condition as data: numbers are compared as numbers, texts without regard to capitals. */
function readCondition(entry, commas) {
  const [column, op, value] = [part(entry, 'column'), part(entry, 'test'), part(entry, 'value')];
  if (ALONE.includes(op)) return { column, op };
  if (NUMERIC.includes(op)) return { column, op, value, as: 'number', ...decimal(column, commas) };
  return { column, op, value, case: false };
}

/** The sign for decimals, where it is not the point. */
const decimal = (column, commas) => (commas.includes(column) ? { decimal: ',' } : {});

/** The steps that the form stands for; `commas` are the columns whose numbers have a decimal comma. */
function read(columns, commas) {
  const where = $$('#tool-filters > li').map((entry) => readCondition(entry, commas));
  const by = $$('#tool-sorts > li').map((entry) => {
    const [as, way] = part(entry, 'order').split(' ');
    const column = part(entry, 'column');
    return { column, as, down: way === 'down', ...(as === 'number' ? decimal(column, commas) : {}) };
  });
  const kept = columns.filter((_, at) => $(`#tool-keep-${at}`).checked);
  const steps = [];
  if (where.length) steps.push({ do: 'filter', where });
  if (by.length) steps.push({ do: 'sort', by });
  if (kept.length && kept.length < columns.length) steps.push({ do: 'keep', columns: kept });
  return steps;
}

/** Fills the form with steps that came from a recipe. */
export function fill(columns, steps) {
  clear(columns);
  for (const step of steps) {
    if (step.do === 'filter') $('#tool-filters').append(...step.where.map((one) => condition(columns, one)));
    if (step.do === 'sort') $('#tool-sorts').append(...step.by.map((one) => order(columns, one)));
    if (step.do === 'keep') for (const [at, name] of columns.entries()) $(`#tool-keep-${at}`).checked = step.columns.includes(name);
  }
}

/** A step in words. */
export function say(step) {
  const test = (op) => (TESTS.find(([value]) => value === op)?.[1] ?? op);
  if (step.do === 'filter') return `Keep rows where ${step.where.map((one) => `${one.column} ${test(one.op)} ${one.value ?? ''}`.trim()).join(' and ')}`;
  const order = ({ column, as, down }) => `${column} (${as === 'number' ? 'numbers' : 'text'}, ${down ? 'down' : 'up'})`;
  if (step.do === 'sort') return `Sort by ${step.by.map(order).join(', then ')}`;
  if (step.do === 'merge') return `Merge with ${step.with} by ${step.key.map((one) => one.left ? `${one.left} = ${one.right}` : one).join(', ')}`;
  if (step.do === 'repair') return 'Repair what can be repaired safely';
  if (step.do === 'convert') return `Save as ${step.to.toUpperCase()}`;
  if (step.do === 'keep') return `Keep the columns ${step.columns.join(', ')}`;
  return step.do;
}
