/** Sorts and filters rows. */

import { numberOf } from './numbers.js';
import { columnAt, rowsOf } from './table.js';

/** Compares texts by code point, the same in every program and language. */
export function compareTexts(a, b) {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    // The halves of a character above 0xffff stand before 0xe000 but belong after it.
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

const rank = (unit) => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit);

/**
 * Sorts the rows below the names; rows that compare equal keep their order. In a column of numbers all else comes after
 * the numbers, and empty cells come last, whichever way it is sorted.
 * @param {{text?: string, rows?: string[][], by: {column: string, as?: 'text' | 'number', down?: boolean, decimal?: string}[]}} given
 * @returns {{rows: string[][]} | {error: object}}
 */
export function sort(given) {
  const [names, ...body] = rowsOf(given);
  const keys = [];
  for (const { column, as = 'text', down = false, decimal } of given.by) {
    const { at, error } = columnAt(names ?? [], column);
    if (error) return { error };
    keys.push({ down, values: body.map((row) => sortValue(row[at] ?? '', as, decimal)) });
  }
  const order = body.map((_, i) => i);
  order.sort((a, b) => {
    for (const { down, values } of keys) {
      const difference = compareValues(values[a], values[b], down);
      if (difference !== 0) return difference;
    }
    return a - b;
  });
  return { rows: names ? [names, ...order.map((i) => body[i])] : [] };
}

/** `group` 0: has a value, 1: is not a number, 2: is empty. */
function sortValue(cell, as, decimal) {
  if (cell === '') return { group: 2 };
  if (as === 'text') return { group: 0, value: cell };
  const value = numberOf(cell, decimal);
  return value === null ? { group: 1 } : { group: 0, value };
}

function compareValues(a, b, down) {
  if (a.group !== b.group) return a.group - b.group;
  if (a.group > 0) return 0;
  const difference = typeof a.value === 'number' ? a.value - b.value : compareTexts(a.value, b.value);
  return down ? -difference : difference;
}

const COMPARED = {
  '=': (difference) => difference === 0,
  '!=': (difference) => difference !== 0,
  '<': (difference) => difference < 0,
  '<=': (difference) => difference <= 0,
  '>': (difference) => difference > 0,
  '>=': (difference) => difference >= 0,
};

const SEARCHED = {
  contains: (cell, value) => cell.includes(value),
  not_contains: (cell, value) => !cell.includes(value),
  starts: (cell, value) => cell.startsWith(value),
  ends: (cell, value) => cell.endsWith(value),
  empty: (cell) => cell === '',
  filled: (cell) => cell !== '',
};

/** The conditions that a filter knows. */
export const OPERATORS = [...Object.keys(COMPARED), ...Object.keys(SEARCHED)];

/**
 * Keeps the rows for which all conditions hold.
 * @param {{text?: string, rows?: string[][], where: {column: string, op: string, value?: string, as?: 'text' | 'number',
 *   case?: boolean, decimal?: string}[]}} given `case: false`: small and capital letters are the same
 * @returns {{rows: string[][], left_out: string[][]} | {error: object}}
 */
export function filter(given) {
  const [names, ...body] = rowsOf(given);
  const tests = [];
  for (const condition of given.where) {
    const { at, error } = columnAt(names ?? [], condition.column);
    if (error) return { error };
    const test = testOf(condition);
    if (test.error) return test;
    tests.push((row) => test.holds(row[at] ?? ''));
  }
  const rows = names ? [names] : [];
  const left_out = [];
  for (const row of body) (tests.every((test) => test(row)) ? rows : left_out).push(row);
  return { rows, left_out };
}

function testOf({ op, value = '', as = 'text', case: strict = true, decimal }) {
  const fold = (text) => (strict ? text : text.toLowerCase());
  if (Object.hasOwn(SEARCHED, op)) return { holds: (cell) => SEARCHED[op](fold(cell), fold(String(value))) };
  if (!Object.hasOwn(COMPARED, op)) {
    return { error: { kind: 'unknown_operator', op: String(op), message: `The condition ${op} is not known; there are ${OPERATORS.join(', ')}.` } };
  }
  const compare = COMPARED[op];
  if (as === 'text') return { holds: (cell) => compare(compareTexts(fold(cell), fold(String(value)))) };
  const bound = numberOf(String(value), decimal);
  if (bound === null) return { error: { kind: 'no_number', value: String(value), message: `“${value}” is not a number.` } };
  return {
    holds: (cell) => {
      const number = numberOf(cell, decimal);
      return number === null ? op === '!=' : compare(number - bound);
    },
  };
}
