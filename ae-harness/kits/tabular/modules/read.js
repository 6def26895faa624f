/** Reads a text at once, exactly as it stands. */

import { detectDelimiter } from './detect.js';
import { Reader, hintedDelimiter, isBlank } from './reader.js';

/** The rows of a text without blank lines and without the line that names the separator. */
export function records({ text, delimiter, mend = false, escape = false }) {
  const hint = hintedDelimiter(text);
  const reader = new Reader({ delimiter: delimiter ?? hint ?? detectDelimiter({ text }).delimiter, mend, escape });
  const rows = reader.push(text).concat(reader.end());
  return { delimiter: reader.delimiter, rows: (hint ? rows.slice(1) : rows).filter((row) => !isBlank(row)) };
}

/**
 * Reads a text at once, exactly as it stands: nothing is repaired.
 * @param {{text: string, delimiter?: string}} given
 * @returns {{delimiter: string, rows: string[][]}}
 */
export function parse({ text, delimiter }) {
  const read = records({ text, delimiter });
  return { delimiter: read.delimiter, rows: read.rows.map((row) => row.cells) };
}

/**
 * Reads a text that arrives in pieces.
 * @param {{pieces: string[], delimiter: string}} given
 * @returns {{rows: string[][], lines: number[]}}
 */
export function parsePieces({ pieces, delimiter }) {
  const reader = new Reader({ delimiter });
  const rows = pieces.flatMap((piece) => reader.push(piece)).concat(reader.end()).filter((row) => !isBlank(row));
  return { rows: rows.map((row) => row.cells), lines: rows.map((row) => row.line) };
}
