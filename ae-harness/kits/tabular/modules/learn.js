/** Learns from samples of a file how it is built: what the repair of each row goes by. */

import { learnColumns } from './columns.js';
import { detectDelimiter, guessHeader, mostFrequent } from './detect.js';
import { kindOf } from './kinds.js';
import { isEmpty, readOne } from './readings.js';
import { Reader, hintedDelimiter } from './reader.js';
import { Repairer } from './repairer.js';

/** The length of each of the three samples of a big text. */
export const SAMPLE = 1 << 16;
const MOST_ROWS = 1500;

/**
 * The plan of a file: plain data, which the caller may change before it is used.
 * @param {{text?: string, head?: string, middle?: string, end?: string, delimiter?: string, header?: boolean}} given the
 * whole text, or samples from its begin, its middle and its end
 */
export function learn({ text, head = text ?? '', middle = '', end = '', delimiter, header }) {
  if (text !== undefined && text.length > 4 * SAMPLE) {
    const half = text.length >> 1;
    return learn({ head: text.slice(0, SAMPLE), middle: text.slice(half, half + SAMPLE), end: text.slice(-SAMPLE), delimiter, header });
  }
  const hint = hintedDelimiter(head);
  const found = delimiter ? { delimiter, sure: true } : detectDelimiter({ text: head });
  const whole = middle === '' && end === '';
  let plan = { delimiter: found.delimiter, escape: false };
  let rows = sampleRows(head, plan, whole);
  if (hint) rows = rows.slice(1);
  const wrapped = whollyWrapped(rows, delimiter);
  if (wrapped) {
    plan.delimiter = wrapped;
  } else if (head.includes('\\"')) {
    const escaped = sampleRows(head, { ...plan, escape: true }, whole).slice(hint ? 1 : 0);
    if (soundShare(escaped) > soundShare(rows)) {
      plan.escape = true;
      rows = escaped;
    }
  }
  const others = [middle, end].flatMap((part) => inTheMiddle(part, plan));
  const ends = [...rows, ...others].map((row) => row.end).filter((end) => end !== '');
  if (wrapped) rows = rows.map((row) => (row.cells.length === 1 && readOne(row.cells[0], plan)) || row);
  const all = [...rows, ...others];
  plan = { ...plan, ...layout(all), wrapped: wrapped !== null, sure: found.sure, line_end: mostFrequent(ends).value ?? '\n' };
  const right = (list) => list.filter((row) => row.cells.length === plan.width && isSound(row)).map((row) => row.cells);
  const first = rows[plan.preamble]?.cells ?? [];
  plan = withColumns(plan, first, [...right(rows.slice(plan.preamble)), ...right(others)], header);
  return all.length === right(all).length ? plan : settled(plan, first, { sample: head, whole, others: right(others), header });
}

/**
 * The plan once it has learned from its own repairs too. The result of a repair then teaches the same as the file did, so
 * that a second repair finds nothing to do.
 */
function settled(plan, first, { sample, whole, others, header }) {
  let last = plan;
  for (let round = 0; round < 3; round++) {
    const repairer = new Repairer({ plan: last });
    const rows = repairer.push(sample).rows;
    if (whole) rows.push(...repairer.end().rows);
    const right = rows.slice(0, MOST_ROWS).filter((cells) => cells.length === plan.width);
    const next = withColumns(plan, first, [...right, ...others], header);
    if (JSON.stringify(next) === JSON.stringify(last)) return next;
    last = next;
  }
  return last;
}

/** The rows of a sample that are not empty. The last one may be cut, unless the sample is the whole. */
function sampleRows(sample, plan, whole) {
  const reader = new Reader({ ...plan, mend: true });
  const rows = reader.push(sample);
  const rest = reader.end();
  if (whole || rows.length === 0) rows.push(...rest);
  return rows.filter((row) => !isEmpty(row)).slice(0, MOST_ROWS);
}

/** The rows of a sample that may begin inside of a row, or even inside of quotes: the reading with fewer flaws counts. */
function inTheMiddle(sample, plan) {
  const from = sample.search(/[\r\n]/);
  if (from < 0) return [];
  const rest = sample.slice(from);
  const [outside, inside] = [rest, `"${rest}`].map((text) => sampleRows(text, plan, false));
  const rows = soundShare(inside) > soundShare(outside) ? inside : outside;
  return rows.slice(1);
}

/** The share of rows that have the most frequent width and no odd quote. */
function soundShare(rows) {
  const { value: width } = mostFrequent(rows.map((row) => row.cells.length));
  return rows.filter((row) => row.cells.length === width && isSound(row)).length / Math.max(1, rows.length);
}

const isSound = (row) => !row.flaws?.some((flaw) => flaw === 'unescaped_quote' || flaw === 'unclosed_quote');

/** The separator inside of rows that each stand in quotes as a whole, or null. */
function whollyWrapped(rows, delimiter) {
  if (rows.length < 2 || !rows.every((row) => row.cells.length === 1 && row.quoted?.[0])) return null;
  const inner = detectDelimiter({ text: rows.map((row) => row.cells[0]).join('\n') });
  return inner.columns > 1 ? delimiter ?? inner.delimiter : null;
}

/** The width of the table, the rows above it, and whether its names are too few. */
function layout(rows) {
  if (rows.length === 0) return { width: 1, preamble: 0, short_header: false };
  const first = rows[0].cells.length;
  const { value: width, count } = mostFrequent(rows.map((row) => row.cells.length));
  if (count * 2 <= rows.length || width <= first) return { width: first, preamble: 0, short_header: false };
  // More cells than names: titles above the table, too few names, or rows that end with a separator too many.
  const top = rows.findIndex((row) => row.cells.length === width);
  const names = rows[top].cells;
  if (top > 0 && top < 20 && names.every((cell) => cell !== '' && kindOf(cell) === 'text')) return { width, preamble: top, short_header: false };
  const filled = rows.some((row) => row.cells.slice(first).some((cell) => cell.trim() !== ''));
  return filled ? { width, preamble: 0, short_header: true } : { width: first, preamble: 0, short_header: false };
}

function withColumns(plan, first, rows, header) {
  const guess = guessHeader({ rows: [first, ...rows] });
  const hasHeader = header ?? (guess.header || plan.short_header);
  const names = hasHeader ? first : [];
  const body = rows.filter((cells) => cells.some((cell, i) => cell !== names[i]) && cells.some((cell) => cell.trim() !== ''));
  return {
    ...plan,
    header: hasHeader,
    header_sure: header !== undefined || guess.sure,
    names: Array.from({ length: plan.width }, (_, i) => names[i] || `column_${i + 1}`),
    columns: learnColumns(body, plan.width),
  };
}
