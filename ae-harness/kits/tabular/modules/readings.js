/** The ways in which a row of the wrong width, or with a wrong quote, can be read. */

import { fitOf, onlyFit } from './columns.js';
import { Reader } from './reader.js';

/** Longer rows are asked instead of tried in all ways. */
const LONGEST = 4000;
const OTHER_DELIMITERS = [',', ';', '\t', '|'];

/**
 * A reading: the cells, and the kind of change that leads to them.
 * @typedef {{kind: string, cells: string[], column?: number}} Reading
 * A verdict is `{done: Reading}` if only one reading fits, else `{asked: string, readings: Reading[]}`.
 */

/** The first row of a text that is one row, read with a reader of its own; null if it is more or less than one. */
export function readOne(raw, { delimiter, escape }) {
  const reader = new Reader({ delimiter, escape, mend: true });
  const rows = reader.push(raw).concat(reader.end());
  return rows.length === 1 ? rows[0] : null;
}

/** A row of one quoted cell that holds a whole row, and not just a text with commas. */
export function unwrapped(row, plan) {
  if (plan.width < 2 || row.cells.length !== 1 || !row.quoted?.[0]) return null;
  const inner = readOne(row.cells[0], plan);
  if (!inner || inner.cells.length !== plan.width || inner.lost >= 0) return null;
  const fits = fitOf(plan.columns, inner.cells).hard === 0 && inner.cells.every((cell) => !cell.startsWith(' '));
  return plan.wrapped || inner.quoted || fits ? { kind: 'quoted_row', cells: inner.cells, quoted: inner.quoted } : null;
}

/** Whether a cell has bounds of its own: it stood in quotes, or would have to. */
export const isClosed = (row, at) => Boolean(row.quoted?.[at]) || /["\ufeff]/.test(row.cells[at]);

/** Whether a row has nothing in it, not even quotes. */
export const isEmpty = (row) => !row.quoted && row.cells.every((cell) => cell.trim() === '');

/** The verdict on a row that has fewer cells than the others. */
export function shortVerdict(row, plan) {
  const { cells } = row;
  const missing = plan.width - cells.length;
  const gap = (at) => ({ kind: 'short_row', ...spliced(row, at, 0, Array(missing).fill('')) });
  const atEnd = gap(cells.length);
  const inside = cells.map((_, at) => gap(at));
  const others = otherDelimiters(row, plan);
  const fit = fitOf(plan.columns, atEnd.cells);
  // Several values of the right kinds are not an accident.
  const telling = others.filter((one) => {
    const other = fitOf(plan.columns, one.cells);
    return other.hard === 0 && other.known >= fit.known + 2;
  });
  if (telling.length === 1) return { done: telling[0] };
  if (fit.hard === 0) {
    if (others.length > 0) return { asked: 'other_delimiter', readings: [...others, atEnd] };
    // A gap in another place is worth a question only if the cells then tell more, not just as much.
    const better = inside.filter((one) => {
      const other = fitOf(plan.columns, one.cells);
      return other.hard === 0 && other.soft <= fit.soft && other.known > fit.known;
    });
    return better.length === 0 && fit.odd === 0 ? { done: atEnd } : { asked: 'short_row', readings: [...better, atEnd] };
  }
  const done = onlyFit(plan.columns, [...inside, ...others]);
  return done ? { done } : { asked: 'short_row', readings: [atEnd, ...inside.filter((one) => fitOf(plan.columns, one.cells).hard === 0), ...others] };
}

/** The cells of a row with others in the place of some, and which of them stood in quotes. */
function spliced({ cells, quoted }, at, count, others) {
  const flags = quoted && [...quoted.slice(0, at), ...others.map(() => false), ...quoted.slice(at + count)];
  return { cells: [...cells.slice(0, at), ...others, ...cells.slice(at + count)], quoted: flags };
}

/** The row read with another separator, where that gives the right width. */
function otherDelimiters(row, plan) {
  if (row.cells.length !== 1 || isClosed(row, 0)) return [];
  return OTHER_DELIMITERS.filter((delimiter) => delimiter !== plan.delimiter && row.raw.includes(delimiter))
    .map((delimiter) => readOne(row.raw, { delimiter, escape: plan.escape }))
    .filter((other) => other && !other.flaws && other.cells.length === plan.width)
    .map((other) => ({ kind: 'other_delimiter', cells: other.cells, quoted: other.quoted }));
}

/** The verdict on a row that has more cells than the others. */
export function longVerdict(row, plan) {
  const { cells } = row;
  const { width, columns, delimiter } = plan;
  const extra = cells.length - width;
  const dropped = cells.slice(width).every((cell) => cell.trim() === '') ? { kind: 'empty_tail', ...spliced(row, width, extra, []) } : null;
  if (dropped && fitOf(columns, dropped.cells).hard === 0) return { done: dropped };
  const joined = joins(row, width, extra, delimiter);
  const readings = unlike([...joined, ...closed(row, width, extra)]);
  const done = onlyFit(columns, readings);
  if (done) return { done };
  const fits = readings.filter((one) => fitOf(columns, one.cells).hard === 0);
  // Where no other reading fits, the empty cells at the end are as good as any.
  if (dropped && fits.length === 0) return { done: dropped };
  const last = joined.find((one) => one.column === width - 1) ?? joinedAt(row, width - 1, extra, delimiter);
  return { asked: 'long_row', readings: [...fits.filter((one) => one !== last), last] };
}

/** Neighbours joined again with the separator between them. A quoted cell has its own bounds and is never joined. */
function joins(row, width, extra, delimiter) {
  const readings = [];
  for (let at = 0; at < width; at++) {
    const parts = row.cells.slice(at, at + extra + 1);
    if (parts.some((_, i) => isClosed(row, at + i))) continue;
    if (parts[0] === '' || parts[extra] === '') continue;
    readings.push(joinedAt(row, at, extra, delimiter));
  }
  return readings;
}

function joinedAt(row, at, extra, delimiter) {
  const text = row.cells.slice(at, at + extra + 1).join(delimiter);
  return { kind: 'joined_cells', column: at, ...spliced(row, at, extra + 1, [text]) };
}

/** The row without as many empty cells as it has too many, which stand together. */
function closed(row, width, extra) {
  const { cells, quoted } = row;
  const readings = [];
  for (let at = 0; at + extra <= cells.length; at++) {
    const gone = cells.slice(at, at + extra);
    if (gone.some((cell, i) => cell !== '' || quoted?.[at + i])) continue;
    readings.push({ kind: 'extra_delimiter', ...spliced(row, at, extra, []) });
  }
  return readings;
}

/** Readings without those that lead to the cells of an earlier one. */
export function unlike(readings) {
  const seen = new Set();
  return readings.filter((reading) => {
    const key = JSON.stringify(reading.cells);
    return !seen.has(key) && seen.add(key);
  });
}

/** The verdict on a row whose quotes do not pair: one is too many, or one is missing at the border of a cell. */
export function quoteVerdict(raw, plan) {
  const quotes = placesOf(raw, '"');
  if (raw.length > LONGEST || quotes.length > 40 || quotes.length % 2 === 0) return null;
  const borders = [0, raw.length];
  for (const at of placesOf(raw, plan.delimiter)) borders.push(at, at + 1);
  const texts = quotes.map((at) => raw.slice(0, at) + raw.slice(at + 1));
  if (borders.length <= 200) texts.push(...borders.map((at) => `${raw.slice(0, at)}"${raw.slice(at)}`));
  const readings = texts
    .map((text) => readOne(text, plan))
    .filter((row) => row && !row.flaws && row.cells.length === plan.width)
    .map((row) => ({ kind: 'unclosed_quote', cells: row.cells, quoted: row.quoted, marks: placesOf(row.cells.join('\n'), '"').length }));
  if (readings.length === 0) return null;
  // The fewer quotes are left in the cells, the more of them are explained.
  const fewest = Math.min(...readings.map((reading) => reading.marks));
  const clean = unlike(readings.filter((reading) => reading.marks === fewest));
  const done = onlyFit(plan.columns, clean);
  return done ? { done } : { asked: 'unclosed_quote', readings: clean };
}

/** The last resort for a row whose quotes make no sense: to ask whether they may go. */
export function withoutQuotes(raw, plan) {
  const cells = raw.replaceAll('"', '').replace(/[\r\n]+/g, ' ').split(plan.delimiter);
  while (cells.length < plan.width) cells.push('');
  return { asked: 'unclosed_quote', readings: [{ kind: 'unclosed_quote', cells }] };
}

function placesOf(text, what) {
  const places = [];
  for (let at = text.indexOf(what); at >= 0; at = text.indexOf(what, at + 1)) places.push(at);
  return places;
}

/**
 * Where a row that spans lines has swallowed its neighbours: the verdict on its first lines, their cells as they stand, and
 * where to read on. Null if it has not.
 */
export function resynchronised(row, plan) {
  const { raw } = row;
  if (row.cells.length === plan.width && !(row.flaws?.includes('unescaped_quote') && opensInside(raw, plan.delimiter))) return null;
  const ends = [...raw.matchAll(/\r\n|\r|\n/g)].slice(0, 20);
  const parts = ends.map((end, i) => ({ length: end.index, end: end[0], lines: i + 1, raw: raw.slice(0, end.index) }));
  const goesOn = (part) => rightWidth(raw.slice(part.length + part.end.length), plan);
  for (const part of parts) {
    const verdict = quoteVerdict(part.raw, plan);
    if (verdict?.done && goesOn(part)) return { ...part, verdict, cells: part.raw.split(plan.delimiter) };
  }
  // Quotes that make no sense even so are kept as characters, but must not take other lines with them.
  const [first] = parts;
  const cells = first.raw.split(plan.delimiter);
  if (cells.length !== plan.width || !first.raw.includes('"') || !goesOn(first)) return null;
  return { ...first, verdict: withoutQuotes(first.raw, plan), cells };
}

/** Whether a quote that opens a cell stands inside of another, after the first line end. */
function opensInside(raw, delimiter) {
  for (let at = raw.search(/[\r\n]/); at >= 0; at = raw.indexOf('"', at + 1)) {
    if (raw[at] !== '"' || !(raw[at - 1] === delimiter || raw[at - 1] === '\n' || raw[at - 1] === '\r')) continue;
    const next = raw[at + 1] ?? '\n';
    if (next !== delimiter && next !== '"' && next !== '\n' && next !== '\r') return true;
  }
  return false;
}

/** Whether the text begins with a row of the right width, with or without regard to its quotes. */
function rightWidth(text, plan) {
  if (text.split(/[\r\n]/, 1)[0].split(plan.delimiter).length === plan.width) return true;
  const reader = new Reader({ delimiter: plan.delimiter, escape: plan.escape, mend: true });
  reader.feed(text);
  const row = reader.next(true);
  return row !== null && row.lost < 0 && row.cells.length === plan.width;
}
