/** Draws a table as a bar chart in SVG. */

import { numberOf } from './numbers.js';
import { columnAt, rowsOf } from './table.js';

const MOST_BARS = 40;
const ROW = 28;
const LABEL = 150;
const PLOT = 360;
const WIDTH = LABEL + PLOT + 90;

/**
 * The bars of a chart. With `sum` the values of a group are added up, without each row has a bar of its own; without
 * `value` the rows of each group are counted.
 * @param {{text?: string, rows?: string[][], group: string, value?: string, sum?: boolean, decimal?: string}} given
 * @returns {{bars: [string, number][], left_out: number} | {error: object}} `left_out`: cells that are not numbers
 */
export function bars(given) {
  const [names = [], ...body] = rowsOf(given);
  const group = columnAt(names, given.group);
  const value = given.value === undefined ? {} : columnAt(names, given.value);
  const error = group.error ?? value.error;
  if (error) return { error };
  const list = [];
  const sums = new Map();
  let left_out = 0;
  for (const row of body) {
    const label = row[group.at] ?? '';
    const number = value.at === undefined ? 1 : numberOf(row[value.at] ?? '', given.decimal);
    if (number === null) {
      left_out += 1;
    } else if (given.sum || value.at === undefined) {
      sums.set(label, (sums.get(label) ?? 0) + number);
    } else {
      list.push([label, tidy(number)]);
    }
  }
  for (const [label, sum] of sums) list.push([label, tidy(sum)]);
  return { bars: list, left_out };
}

/** Without the traces of binary fractions, and without a negative zero. */
const tidy = (number) => Number(number.toPrecision(12)) + 0;

/**
 * A bar chart as SVG text. Colours come from the page (`currentColor` and the class `bar`), so it suits dark and light.
 * @param {object} given as for `bars`, with `title`
 * @returns {{svg: string, bars: [string, number][], left_out: number, more: number} | {error: object}}
 * `more`: bars that are not drawn because there are too many
 */
export function chart(given) {
  const counted = bars(given);
  if (counted.error) return counted;
  const drawn = counted.bars.slice(0, MOST_BARS);
  const more = counted.bars.length - drawn.length;
  const title = given.title ?? (given.value === undefined ? `Rows by ${given.group}` : `${given.value} by ${given.group}`);
  return { svg: drawing(drawn, title, description(drawn, counted.left_out, more)), ...counted, more };
}

function description(drawn, leftOut, more) {
  const parts = [drawn.map(([label, value]) => `${label || '(empty)'}: ${value}`).join('; ') || 'No values'];
  if (leftOut > 0) parts.push(leftOut === 1 ? '1 cell is not a number and is left out' : `${leftOut} cells are not numbers and are left out`);
  if (more > 0) parts.push(`${more} more are not drawn`);
  return `${parts.join('. ')}.`;
}

function drawing(drawn, title, description) {
  const values = drawn.map(([, value]) => value);
  const least = Math.min(0, ...values);
  const most = Math.max(0, ...values);
  const scale = most > least ? PLOT / (most - least) : 0;
  const zero = LABEL - least * scale;
  const height = drawn.length * ROW + 16;
  const lines = drawn.map(([label, value], i) => bar({ label, value, y: 8 + i * ROW, zero, scale }));
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="chart-title chart-desc" class="chart">` +
    `<title id="chart-title">${escaped(title)}</title><desc id="chart-desc">${escaped(description)}</desc>` +
    lines.join('') +
    `<line class="axis" x1="${short(zero)}" y1="4" x2="${short(zero)}" y2="${height - 4}" stroke="currentColor" stroke-width="1"/></svg>`
  );
}

function bar({ label, value, y, zero, scale }) {
  const length = Math.abs(value) * scale;
  const x = value < 0 ? zero - length : zero;
  const text = Math.max(zero, x + length) + 6;
  return (
    `<text x="${LABEL - 8}" y="${y + 15}" text-anchor="end" font-size="13" fill="currentColor">${escaped(cut(label || '(empty)'))}</text>` +
    `<rect class="bar" x="${short(x)}" y="${y}" width="${short(length)}" height="${ROW - 8}" fill="currentColor" fill-opacity="0.6"/>` +
    `<text x="${short(text)}" y="${y + 15}" font-size="13" fill="currentColor">${value}</text>`
  );
}

const short = (number) => String(Math.round(number * 10) / 10);

/** A label that fits next to its bar. */
function cut(label) {
  const signs = [...label];
  return signs.length > 20 ? `${signs.slice(0, 19).join('')}…` : label;
}

/** Text for SVG. Control characters are not allowed there at all. */
function escaped(text) {
  const signs = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (sign) => signs[sign]).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ' ');
}
