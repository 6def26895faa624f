/** Merging with a second file by key, and what did not match. */

import { $, $$, el, options, plural, save } from './dom.js';
import { bindFile } from './source.js';

let last = 0;

/** Connects the panel. */
export function bindMerge(app) {
  let second = null;
  bindFile($('#tool-merge-file'), async (file) => {
    const words = ({ name, rows }) => `${name}: ${plural(rows, 'row')} to merge with.`;
    second = await app.activity.run({ do: 'second', file }, `Reading ${file.name}`, words) ?? second;
    offer(app, second);
  });
  $('#tool-key-add').addEventListener('click', () => {
    const pair = keyPair(app, second);
    $('#tool-merge-keys').append(pair);
    $('select', pair).focus();
  });
  $('#tool-merge-form').addEventListener('submit', (event) => {
    event.preventDefault();
    merge(app);
  });
  $('#tool-unmerge').addEventListener('click', () => app.apply([], { merge: null }));
  app.watch((summary, why) => {
    if (why === 'open') offer(app, second);
    $('#tool-unmerge').hidden = !summary.merge;
    if (!summary.merge) $('#tool-merge-report').hidden = true;
  });
}

/** Offers to merge by the first name that both files have. */
function offer(app, second) {
  $('#tool-merge-report').hidden = true;
  if (!second) return;
  const repairs = second.found ? `; ${plural(second.found, 'place')} repaired or doubtful, open it alone to see each` : '';
  $('#tool-merge-name').textContent = `${second.name}, ${plural(second.rows, 'row')}${repairs}`;
  $('#tool-merge-keys').replaceChildren(keyPair(app, second));
  $('#tool-merge-options').hidden = false;
}

/** A column of each file whose values have to be the same. */
function keyPair(app, second) {
  const used = keys().map(({ left }) => left);
  const shared = app.summary.names.find((name) => second.columns.includes(name) && !used.includes(name));
  const column = (side, file, columns) => {
    const select = el('select', { 'aria-label': `Column of ${file}`, 'data-part': side });
    options(select, columns, shared);
    return select;
  };
  const remove = (event) => {
    event.target.closest('li').remove();
    $('#tool-key-add').focus();
  };
  return el('li', { 'data-key': String(++last) }, column('left', app.summary.name, app.summary.names), ' = ', column('right', second.name, second.columns),
    el('button', { type: 'button', class: 'tool-button tool-small', onclick: remove }, 'Remove key'));
}

/** The key columns as the form says. */
function keys() {
  return $$('#tool-merge-keys > li').map((pair) => ({ left: $('[data-part=left]', pair).value, right: $('[data-part=right]', pair).value }));
}

/** Merges, then shows what did not match. */
async function merge(app) {
  const key = keys().map(({ left, right }) => (left === right ? left : { left, right }));
  if (!key.length) return app.activity.error('A merge needs at least one column of each file whose values are the same.');
  const request = { do: 'merge', key, keep: $('#tool-merge-keep').value };
  const result = await app.activity.run(request, 'Merging', ({ summary }) => `Merged: ${plural(summary.rows, 'row')}.`);
  if (!result) return undefined;
  app.steps = [];
  const place = $('#tool-merge-report');
  place.hidden = false;
  place.replaceChildren(...report(app, result));
  return app.update(result.summary, 'merge');
}

/** The rows that did not match, on both sides, and keys that occur more than once. */
function report(app, { left_only, right_only, duplicate_keys }) {
  const place = (side) => (side === 'left' ? 'first' : 'second');
  const doubled = duplicate_keys.slice(0, 20).map((one) => el('li', {}, `${one.key.join(', ')}: ${plural(one.rows, 'row')} in the ${place(one.side)} file`));
  return [
    el('h4', {}, 'Not matched'),
    side(app, 'left_only', 'Only in the first file', left_only),
    side(app, 'right_only', 'Only in the second file', right_only),
    duplicate_keys.length ? el('h4', {}, 'Keys that occur more than once') : null,
    duplicate_keys.length ? el('ul', { id: 'tool-merge-doubled' }, ...doubled) : null,
  ].filter(Boolean);
}

/** The rows of one side that found no partner. */
function side(app, name, title, { count, columns, first }) {
  const id = `tool-merge-${name.replace('_', '-')}`;
  const box = el('details', { id, 'data-count': String(count) }, el('summary', {}, `${title}: ${plural(count, 'row')}`));
  if (!count) return box;
  const cells = (row) => el('tr', {}, ...row.map((cell) => el('td', {}, cell)));
  const heads = columns.map((column) => el('th', { scope: 'col' }, column || '\u00a0'));
  const table = el('table', {}, el('caption', { class: 'tool-out' }, title), el('thead', {}, el('tr', {}, ...heads)), el('tbody', {}, ...first.map(cells)));
  const store = async () => {
    const result = await app.activity.run({ do: 'unmatched', side: name }, 'Writing', () => 'Saved.');
    if (result) save(result.file, result.name);
  };
  box.append(el('div', { class: 'tool-scroll', tabindex: '0', role: 'region', 'aria-label': title }, table),
    el('p', {}, el('button', { type: 'button', class: 'tool-button', onclick: store }, 'Save these rows as CSV')));
  return box;
}
