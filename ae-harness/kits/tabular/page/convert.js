/** Converting and saving: the options of each format, the beginning of the result, and the download. */

import { $, $$, plural, save, size } from './dom.js';

/** Connects the panel. */
export function bindConvert(app) {
  const form = $('#tool-save-form');
  let types = false;
  $('#tool-types').addEventListener('change', () => { types = true; });
  form.addEventListener('change', (event) => {
    if (event.target.id === 'tool-format' && !types) $('#tool-types').value = $('#tool-format').value === 'sql' ? 'safe' : 'text';
    showOptions();
    showLock(app);
    preview(app);
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    saveFile(app);
  });
  showOptions();
  app.lock.watch(() => showLock(app));
  app.watch((summary, why) => {
    showLock(app);
    if (why === 'open') follow(summary);
    $('#tool-saved').textContent = '';
    return preview(app);
  });
}

/** Begins with the delimiter of the file and its name for the table. */
function follow({ name, delimiter }) {
  const same = [...$('#tool-out-delimiter').options].some(({ value }) => value === delimiter);
  $('#tool-out-delimiter').value = same ? delimiter : ',';
  $('#tool-sql-table').value = name.replace(/\.[^.]*$/, '') || 'table';
}

/** Shows the options of the chosen format only. */
function showOptions() {
  const format = $('#tool-format').value;
  for (const part of $$('#tool-save-form [data-for]')) part.hidden = !part.dataset.for.split(' ').includes(format);
}

/** Why the result belongs to the paid plan, or null: by its format, or because JSON becomes a table. */
function paidFor(app) {
  const option = $('#tool-format').selectedOptions[0];
  if ('paid' in option.dataset) return `Saving as ${option.value === 'sql' ? 'SQL' : 'JSON Lines'} belongs to the paid plan.`;
  return app.summary?.form === 'json' ? 'Turning JSON into another table belongs to the paid plan.' : null;
}

/** Marks the paid formats and shows the way to the plan where the chosen one is locked. */
function showLock(app) {
  for (const option of $$('#tool-format [data-paid]')) {
    option.textContent = `${option.value === 'sql' ? 'SQL' : 'JSON Lines'}${app.lock.open ? '' : ' (locked)'}`;
  }
  const why = app.lock.open ? null : paidFor(app);
  $('#tool-save-lock').hidden = !why;
  $('#tool-save-why').textContent = why ?? '';
  $('#tool-save').disabled = Boolean(why);
}

/** The chosen format and its options. */
export function chosen() {
  const to = $('#tool-format').value;
  const options = { to };
  const has = (id) => !$(`#${id}`).closest('[data-for]').hidden;
  if (has('tool-out-delimiter')) options.delimiter = $('#tool-out-delimiter').value;
  if (has('tool-types')) options.types = $('#tool-types').value;
  if (has('tool-sql-table')) options.table = $('#tool-sql-table').value.trim() || 'table';
  if (has('tool-spreadsheet') && $('#tool-spreadsheet').checked) options.preset = 'spreadsheet';
  if (has('tool-formulas') && $('#tool-formulas').checked) options.formulas = 'neutral';
  if (has('tool-null') && $('#tool-null').checked) options.empty = 'null';
  return options;
}

/** Sets the controls as a recipe says. */
export function choose({ to, delimiter, types, table, preset, formulas, empty }) {
  $('#tool-format').value = to;
  if (delimiter) $('#tool-out-delimiter').value = delimiter;
  if (types) $('#tool-types').value = types;
  if (table) $('#tool-sql-table').value = table;
  $('#tool-spreadsheet').checked = preset === 'spreadsheet';
  $('#tool-formulas').checked = formulas === 'neutral';
  $('#tool-null').checked = empty === 'null';
  $('#tool-save-form').dispatchEvent(new Event('change'));
}

/** Shows the beginning of the result. */
async function preview(app) {
  if (!app.summary) return;
  const { text } = await app.client.ask({ do: 'preview', options: chosen() });
  $('#tool-preview').textContent = text;
}

/** Converts everything and saves it. */
async function saveFile(app) {
  if (!app.lock.open && paidFor(app)) return;
  const options = chosen();
  const words = ({ name, rows, file }) => `${name} is ready: ${plural(rows, 'row')}, ${size(file.size)}.`;
  $('#tool-saved').textContent = '';
  const result = await app.activity.run({ do: 'convert', options }, 'Converting', words);
  if (!result) return;
  save(result.file, result.name);
  $('#tool-saved').textContent = `Saved as ${result.name}`;
}
