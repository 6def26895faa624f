/** Turns tables into other formats, at once or piece by piece. */

import { readJson } from './json.js';
import { Survey, numberOf } from './numbers.js';
import { records } from './read.js';
import { rowWriter, uniqueNames, writeRows } from './write.js';

export { Survey, readJson, uniqueNames };

/** The formats that can be written. */
export const FORMATS = ['csv', 'tsv', 'json', 'jsonl', 'markdown', 'sql'];

/**
 * Writes a table piece by piece: `push(rows, quoted)` and `end()` return pieces of the text.
 *
 * `names` are the column names (null: the rows have none). `numbers` and `width` come from `Survey`; without them no column
 * is written as numbers. Options: `to`, `delimiter`, `quotes` (`needed`, `all` or `kept`), `line_end`, `mark`, `preset`
 * (`spreadsheet`: mark and CRLF), `formulas` (`neutral`), `tabs` (`escaped`, TSV only), `types` (`text` or `safe`),
 * `empty` (`text` or `null`), `table`.
 */
export class Writer {
  constructor({ names, numbers = [], width = 0, ...options }) {
    const form = FORMS[options.to];
    if (!form) throw new Error(`The format ${options.to} is not known; there are ${FORMATS.join(', ')}.`);
    const types = options.types ?? (options.to === 'sql' ? 'safe' : 'text');
    this.form = form({
      ...options,
      names: names && uniqueNames(names, options.to === 'csv' || options.to === 'tsv' ? 0 : width),
      header: names,
      width,
      isNumber: (i) => types === 'safe' && numbers[i] === true,
      isNull: (cell, i, quoted) => options.empty === 'null' && (cell === undefined || (cell === '' && !quoted?.[i])),
    });
    this.begun = false;
    this.count = 0;
  }

  #begin() {
    if (this.begun) return '';
    this.begun = true;
    return this.form.begin;
  }

  push(rows, quoted) {
    let text = this.#begin();
    for (let i = 0; i < rows.length; i++) text += this.form.row(rows[i], quoted?.[i], this.count++);
    return text;
  }

  end() {
    return this.#begin() + this.form.end(this.count);
  }
}

const FORMS = { csv: delimited, tsv, json, jsonl, markdown, sql };

function delimited(options) {
  const sheet = options.preset === 'spreadsheet';
  const end = options.line_end ?? (sheet ? '\r\n' : '\n');
  const write = rowWriter({ delimiter: options.delimiter, all: options.quotes === 'all' });
  const safe = options.formulas === 'neutral' ? (cells) => cells.map(neutral) : (cells) => cells;
  const line = (cells, kept) => write(safe(cells), options.quotes === 'kept' ? kept : null) + end;
  const begin = (options.mark ?? sheet ? '\uFEFF' : '') + (options.header ? line(options.header, options.header_quoted) : '');
  return { begin, row: line, end: () => '' };
}

/** Keeps a spreadsheet from taking a text for a formula. Numbers are left alone. */
function neutral(cell) {
  return /^[=+\-@\t\r]/.test(cell) && numberOf(cell) === null ? `'${cell}` : cell;
}

function tsv(options) {
  if (options.tabs !== 'escaped') return delimited({ ...options, delimiter: '\t' });
  const signs = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\' };
  const line = (cells) => `${cells.map((cell) => cell.replace(/[\t\n\r\\]/g, (sign) => signs[sign])).join('\t')}${options.line_end ?? '\n'}`;
  return { begin: options.header ? line(options.header) : '', row: line, end: () => '' };
}

/** Makes the text of a row as an object. The names are written by hand, so that their order and each name is kept. */
function objectWriter({ names, isNumber, isNull }) {
  let keys = (names ?? []).map((name) => JSON.stringify(name));
  return (cells, quoted) => {
    if (keys.length < cells.length) keys = uniqueNames(names ?? [], cells.length).map((name) => JSON.stringify(name));
    let text = '{';
    const length = Math.max(cells.length, names?.length ?? 0);
    for (let i = 0; i < length; i++) {
      const cell = cells[i];
      const value = isNull(cell, i, quoted) ? 'null' : cell && isNumber(i) ? cell : jsonText(cell ?? '');
      text += (i === 0 ? '' : ',') + keys[i] + ':' + value;
    }
    return `${text}}`;
  };
}

/** A text as JSON. Most need no escape. */
const jsonText = (text) => (/["\\\u0000-\u001f\ud800-\udfff]/.test(text) ? JSON.stringify(text) : `"${text}"`);

function json(options) {
  const write = objectWriter(options);
  return { begin: '[', row: (cells, quoted, count) => (count === 0 ? '' : ',') + write(cells, quoted), end: () => ']' };
}

function jsonl(options) {
  const write = objectWriter(options);
  return { begin: '', row: (cells, quoted) => `${write(cells, quoted)}\n`, end: () => '' };
}

function markdown({ names, width }) {
  const cell = (text) => (text ?? '').replace(/[\\|]/g, '\\$&').replaceAll('<', '&lt;').replace(/\r\n|\r|\n/g, '<br>');
  const line = (cells) => `| ${cells.map(cell).join(' | ')} |\n`;
  const head = names ?? Array(width).fill('');
  const filled = (cells) => (cells.length < head.length ? [...cells, ...Array(head.length - cells.length).fill('')] : cells);
  return { begin: line(head) + line(head.map(() => '---')), row: (cells) => line(filled(cells)), end: () => '' };
}

function sql({ names, width, table = 'table', isNumber, isNull }) {
  const columns = names ?? uniqueNames([], width);
  const name = (text) => `"${text.replaceAll('"', '""')}"`;
  const begin = `INSERT INTO ${name(table)} (${columns.map(name).join(', ')}) VALUES`;
  const value = (cell, i, quoted) => {
    if (isNull(cell, i, quoted)) return 'NULL';
    // An empty text is not a value of a column of numbers.
    if (isNumber(i)) return cell ? cell : 'NULL';
    return `'${(cell ?? '').replaceAll("'", "''")}'`;
  };
  const row = (cells, quoted, count) => {
    if (cells.length > columns.length) throw new Error(`Row ${count + 1} has ${cells.length} cells, but there are ${columns.length} columns.`);
    return `${count === 0 ? begin : ','}\n  (${columns.map((_, i) => value(cells[i], i, quoted)).join(', ')})`;
  };
  return { begin: '', row, end: (count) => (count === 0 ? '' : ';\n') };
}

/**
 * Converts a table at once.
 * @param {{text?: string, json?: string, rows?: string[][], source_delimiter?: string, header?: boolean, to: string}} given
 * and the options of `Writer`
 * @returns {{text: string} | {error: object}}
 */
export function convert({ text, json: source, rows, quoted, source_delimiter, header = true, ...options }) {
  if (!FORMATS.includes(options.to)) {
    return { error: { kind: 'unknown_format', format: String(options.to), message: `The format is not known; there are ${FORMATS.join(', ')}.` } };
  }
  const table = tableOf({ text, json: source, rows, quoted, source_delimiter });
  if (table.error) return table;
  const names = header && table.rows.length > 0 ? table.rows[0] : null;
  const from = names ? 1 : 0;
  const body = table.rows.slice(from);
  const survey = new Survey();
  survey.push(body);
  const writer = new Writer({ names, header_quoted: table.quoted?.[0], ...survey.result(), ...options });
  return { text: writer.push(body, table.quoted?.slice(from)) + writer.end() };
}

/** The table of whichever form is given. */
function tableOf({ text, json: source, rows, quoted, source_delimiter }) {
  if (rows) return { rows, quoted };
  if (source !== undefined) return readJson({ json: source });
  const read = records({ text: text ?? '', delimiter: source_delimiter }).rows;
  return { rows: read.map((row) => row.cells), quoted: read.map((row) => row.quoted) };
}

/**
 * The table as CSV; `fromCsv` leads back.
 * @param {{rows: string[][]}} given
 * @returns {{text: string}}
 */
export const toCsv = ({ rows }) => ({ text: writeRows(rows) });

/**
 * The rows of a CSV text.
 * @param {{text: string}} given
 * @returns {{rows: string[][]}}
 */
export const fromCsv = ({ text }) => ({ rows: records({ text, delimiter: ',' }).rows.map((row) => row.cells) });
