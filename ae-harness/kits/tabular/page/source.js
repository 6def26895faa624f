/** Where the table comes from: a chosen or dropped file or the sample, and how it is read. */

import { $, el } from './dom.js';

/** Connects the controls that open a file and correct what was recognised. */
export function bindSource(app) {
  bindFile($('#tool-file'), (file) => app.open(file));
  $('#tool-sample').addEventListener('click', async () => {
    const answer = await fetch(new URL('./sample.csv', import.meta.url));
    app.open(new File([await answer.arrayBuffer()], 'sample.csv', { type: 'text/csv' }));
  });
  bindDrop($('#tool-drop'), (file) => app.open(file));
  for (const name of ['encoding', 'delimiter', 'header']) {
    $(`#tool-${name}`).addEventListener('change', () => reopen(app));
  }
  app.watch((summary) => show(summary));
}

/** Calls a function with the file that is picked; the same file can be picked again. */
export function bindFile(input, take) {
  input.addEventListener('click', () => { input.value = ''; });
  input.addEventListener('change', () => {
    const [file] = input.files;
    if (file) take(file);
  });
}

/** Takes a file that is dropped anywhere on the page; `place` shows that it would be taken. */
function bindDrop(place, take) {
  const over = (event, on) => {
    event.preventDefault();
    place.classList.toggle('tool-over', on);
  };
  addEventListener('dragover', (event) => over(event, true));
  addEventListener('dragleave', (event) => over(event, false));
  addEventListener('drop', (event) => {
    over(event, false);
    const [file] = event.dataTransfer.files;
    if (file) take(file);
  });
}

/** Reads the file once more in the way that the controls say. */
function reopen(app) {
  const choice = {
    encoding: $('#tool-encoding').value, delimiter: $('#tool-delimiter').value, header: $('#tool-header').checked,
  };
  return app.open(app.file, choice);
}

/** Shows what was recognised. */
function show({ name, encoding, delimiter, header, form }) {
  $('#tool-title').textContent = 'Open another table';
  $('#tool-name').textContent = name;
  choose($('#tool-encoding'), encoding);
  choose($('#tool-delimiter'), delimiter);
  $('#tool-header').checked = header;
  for (const part of ['delimiter', 'header']) $(`#tool-${part}`).disabled = form !== 'table';
}

/** Chooses a value; one that is not in the list is added. */
function choose(select, value) {
  if (![...select.options].some((option) => option.value === value)) select.append(el('option', { value }, value));
  select.value = value;
}
