/** Finds the rows and the columns of what a function is given. */

import { records } from './read.js';

/** The rows of a text, or of a table given as an array, as `{rows}` or as `{names, body}`; names first. */
export function rowsOf(given) {
  if (typeof given === 'string') return records({ text: given }).rows.map((row) => row.cells);
  if (Array.isArray(given)) return given;
  if (given.rows) return given.rows;
  if (given.body) return [given.names, ...given.body];
  return records(given).rows.map((row) => row.cells);
}

/** The place of the column with a name, or an error that says what is missing. */
export function columnAt(names, column) {
  const at = names.indexOf(column);
  if (at >= 0) return { at };
  const message = `There is no column “${column}”. There are: ${names.map((name) => `“${name}”`).join(', ') || 'none'}.`;
  return { error: { kind: 'missing_column', column, message } };
}

/** The places of several columns, or the first error. */
export function columnsAt(names, columns) {
  const places = columns.map((column) => columnAt(names, column));
  return places.find((place) => place.error) ?? { at: places.map((place) => place.at) };
}
