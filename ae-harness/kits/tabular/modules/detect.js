/** Guesses at the form of a file: its separator, and whether its first row holds names. The caller can overrule each. */

import { kindOf } from './kinds.js';
import { Reader, hintedDelimiter, isBlank } from './reader.js';

const CANDIDATES = [',', ';', '\t', '|', '^', '~', '\u001f', ':'];
/** Names that columns often have and that are hardly ever values. */
const NAME = /^(?:id|nr|no|name|title|date|time|e-?mail|phone|street|address|city|town|country|zip|price|amount|total|quantity|qty|note|notes|comment|description|type|status|value|count|key|code)$/i;
const SAMPLE_CHARS = 1 << 16;
const SAMPLE_ROWS = 300;

/**
 * The separator of a text.
 * @param {{text: string}} given
 * @returns {{delimiter: string, columns: number, sure: boolean}}
 */
export function detectDelimiter({ text }) {
  const hint = hintedDelimiter(text);
  const sample = wholeLines(text);
  if (hint) return { delimiter: hint, columns: measure(sample.replace(/^.*(?:\r\n|\r|\n)?/, ''), hint).width || 1, sure: true };
  const scored = CANDIDATES.filter((delimiter) => sample.includes(delimiter))
    .map((delimiter) => ({ delimiter, ...measure(sample, delimiter) }))
    .filter((one) => one.width > 1 && one.score > 0.3);
  // A sort that is stable leaves the more common separator first among equals.
  scored.sort((a, b) => b.score - a.score);
  const [best, second] = scored;
  if (!best) return { delimiter: ',', columns: 1, sure: false };
  return { delimiter: best.delimiter, columns: best.width, sure: !second || second.score < best.score * 0.8 };
}

/** The begin of a text, cut at a line end if it is cut at all. */
function wholeLines(text) {
  if (text.length <= SAMPLE_CHARS) return text;
  const cut = Math.max(text.lastIndexOf('\n', SAMPLE_CHARS), text.lastIndexOf('\r', SAMPLE_CHARS));
  return text.slice(0, cut > 0 ? cut + 1 : SAMPLE_CHARS);
}

/** How well a text reads with a separator: rows of one width, made of cells that need no other separator. */
function measure(sample, delimiter) {
  const reader = new Reader({ delimiter, mend: true });
  const rows = reader.push(sample).concat(reader.end()).filter((row) => row.raw.trim() !== '').slice(0, SAMPLE_ROWS);
  if (rows.length === 0) return { width: 1, score: 0 };
  const widths = rows.map((row) => filledWidth(row.cells));
  const { value: width, count } = mostFrequent(widths);
  if (width < 2) return { width: 1, score: 0 };
  let clean = 0;
  let cells = 0;
  for (const row of rows) {
    row.cells.forEach((cell, i) => {
      cells += 1;
      clean += row.quoted?.[i] ? 1 : cleanness(cell, delimiter);
    });
  }
  const even = count / rows.length;
  return { width, score: even * (clean / cells) ** 2 * (1 + Math.min(width, 12) / 100) * (delimiter === ':' ? 0.5 : 1) };
}

/** The number of cells up to the last filled one: a separator at a line's end counts for nothing. */
function filledWidth(cells) {
  let width = cells.length;
  while (width > 1 && cells[width - 1] === '') width--;
  return width;
}

/** The value that occurs most often; the first among equals. */
export function mostFrequent(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let best = { value: undefined, count: 0 };
  for (const [value, count] of counts) if (count > best.count) best = { value, count };
  return best;
}

/** How much a cell looks like one cell: 1 for a known kind of value or plain text, 0 for text that holds separators. */
function cleanness(cell, delimiter) {
  if (cell === '' || kindOf(cell) !== 'text') return 1;
  // A comma in a sentence or a number is not a sign of a separator; the others are.
  const rest = cell.replace(/\d,\d/g, '').replace(/, /g, '');
  const others = CANDIDATES.filter((one) => one !== delimiter && one !== ':' && rest.includes(one)).length;
  if (others > 0) return 0.2;
  return cell.startsWith(' ') ? 0.8 : 1;
}

/**
 * Whether the first row holds names.
 * @param {{rows: string[][]}} given
 * @returns {{header: boolean, sure: boolean}} `sure` if the rows below differ in kind from the first
 */
export function guessHeader({ rows }) {
  const [first, ...others] = rows;
  if (!first) return { header: false, sure: false };
  const rest = others.slice(0, 100).filter((row) => row.some((cell, i) => cell !== first[i]));
  const filled = first.filter((cell) => cell.trim() !== '');
  if (filled.some((cell) => kindOf(cell) !== 'text')) return { header: false, sure: filled.every((cell) => kindOf(cell) !== 'text') };
  const sure = first.some((name, i) => NAME.test(name) || isUnlike(name, rest.map((row) => row[i] ?? '').filter((cell) => cell !== '')));
  return { header: filled.length > 0, sure };
}

/** Whether a name differs from the cells below it: they are of a known kind, or begin with letters of the other case. */
function isUnlike(name, cells) {
  if (cells.length === 0) return false;
  if (cells.filter((cell) => kindOf(cell) !== 'text').length >= cells.length * 0.8) return true;
  return cells.length > 1 && /^[a-z]/.test(name) && cells.every((cell) => /^\p{Lu}/u.test(cell));
}
