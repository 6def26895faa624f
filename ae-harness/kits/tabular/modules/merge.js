/** Merges two tables by key columns, and says what did not match. */

import { columnsAt, rowsOf } from './table.js';
import { uniqueNames } from './write.js';

/** Which rows a merge keeps. */
export const KEEPS = ['left', 'matched', 'all'];

/**
 * Merges two tables. Keys are compared as texts; a row whose key has an empty part matches nothing.
 * @param {{left: any, right: any, key: (string | {left: string, right: string})[], keep: 'left' | 'matched' | 'all'}} given
 * tables as texts, arrays of rows or `{rows}`; `matched` keeps what is in both, `left` all of the left table too, `all` both
 * @returns {{rows: string[][], left_only: string[][], right_only: string[][], duplicate_keys: object[]} | {error: object}}
 */
export function merge({ left, right, key, keep = 'left' }) {
  if (!KEEPS.includes(keep)) return { error: { kind: 'unknown_keep', keep: String(keep), message: `There are ${KEEPS.join(', ')}.` } };
  if (!Array.isArray(key) || key.length === 0) return { error: { kind: 'no_key', message: 'A merge needs at least one key column.' } };
  const sides = { left: side('left', left, key), right: side('right', right, key) };
  const failed = sides.left.error ? sides.left : sides.right;
  if (failed.error) return { error: failed.error };
  return joined(sides.left, sides.right, keep);
}

/** A table with its rows by key. */
function side(name, given, key) {
  const [names = [], ...body] = rowsOf(given);
  const { at, error } = columnsAt(names, key.map((one) => (typeof one === 'string' ? one : one[name])));
  if (error) return { error: { ...error, side: name } };
  const byKey = new Map();
  const keys = body.map((row) => {
    const parts = at.map((place) => row[place] ?? '');
    if (parts.includes('')) return null;
    const id = JSON.stringify(parts);
    if (!byKey.has(id)) byKey.set(id, { parts, rows: [] });
    byKey.get(id).rows.push(row);
    return id;
  });
  const others = names.map((_, i) => i).filter((i) => !at.includes(i));
  return { name, names, body, keys, byKey, at, others };
}

function joined(left, right, keep) {
  const width = left.names.length;
  const names = uniqueNames([...left.names, ...right.others.map((i) => right.names[i])]);
  const rows = [[...left.names, ...names.slice(width)]];
  const left_only = [];
  left.body.forEach((row, i) => {
    const matches = right.byKey.get(left.keys[i])?.rows;
    const own = filled(row, width);
    if (matches) for (const match of matches) rows.push([...own, ...right.others.map((at) => match[at] ?? '')]);
    else left_only.push(row);
    if (!matches && keep !== 'matched') rows.push([...own, ...right.others.map(() => '')]);
  });
  const right_only = right.body.filter((_, i) => !left.byKey.has(right.keys[i]));
  if (keep === 'all') {
    for (const row of right_only) {
      const own = Array(width).fill('');
      left.at.forEach((place, i) => (own[place] = row[right.at[i]] ?? ''));
      rows.push([...own, ...right.others.map((at) => row[at] ?? '')]);
    }
  }
  return { rows, left_only, right_only, duplicate_keys: [...duplicates(left), ...duplicates(right)] };
}

const filled = (row, width) => Array.from({ length: width }, (_, i) => row[i] ?? '');

/** The keys that stand in several rows of a table: each makes more rows than there were. */
function duplicates({ name, byKey }) {
  return [...byKey.values()].filter(({ rows }) => rows.length > 1).map(({ parts, rows }) => ({ side: name, key: parts, rows: rows.length }));
}
