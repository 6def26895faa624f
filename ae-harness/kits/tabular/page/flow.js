/**
 * Rows on their way: batches `{rows, quoted, lines}` of a table with known names, from memory or from the file, through
 * steps. Only sorting and the second file of a merge hold rows, and both have a limit.
 */

import { Repairer } from '../modules/repair.js';
import { pieces, Refusal } from './input.js';

const BATCH = 4000;
/** Rows of a big file that the table on the page can show. */
export const SHOWN_ROWS = 1000;
/** The characters (and 8 for each cell) that sorting a big file may hold: about two hundred megabytes of memory. */
const SORTED_CHARACTERS = 30_000_000;

/** Repaired rows of a file, batch by batch: `{rows, quoted, lines, changes, asks}`, the last one with `report`. */
export async function* repaired(file, { encoding, strict, plan, accept, undo }, task) {
  const repairer = new Repairer({ plan, accept: [...accept], undo: [...undo] });
  for await (const text of pieces(file, encoding, { task, strict })) yield repairer.push(text);
  yield repairer.end();
}

/** Batches from rows in memory. */
export async function* fromMemory({ rows, quoted, lines }, task) {
  for (let at = 0; at < rows.length; at += BATCH) {
    await task.go(at / rows.length, at);
    const end = at + BATCH;
    yield { rows: rows.slice(at, end), quoted: quoted?.slice(at, end), lines: lines?.slice(at, end) };
  }
}

/** Batches of a file that is read again, without the row of names, which stands at `namesAt` (-1: there is none). */
export async function* fromFile(file, how, namesAt, task) {
  let ahead = namesAt;
  for await (const batch of repaired(file, how, task)) {
    const { rows, quoted, lines } = batch;
    if (ahead >= rows.length) ahead -= rows.length;
    else if (ahead >= 0) {
      for (const list of [rows, quoted, lines]) list.splice(ahead, 1);
      ahead = -1;
    }
    yield { rows, quoted, lines };
  }
}

/** A copy that holds on to nothing of the piece of text it was cut from. */
export const detached = (value) => JSON.parse(JSON.stringify(value));

/** The rows of batches that are among those which `keeps` returns. */
export async function* filtered(batches, keeps) {
  for await (const { rows, quoted, lines } of batches) {
    const kept = keeps(rows);
    const out = { rows: [], quoted: [], lines: [] };
    for (const [i, row] of rows.entries()) {
      if (!kept.has(row)) continue;
      out.rows.push(row);
      out.quoted.push(quoted?.[i] ?? null);
      out.lines.push(lines?.[i] ?? null);
    }
    yield out;
  }
}

/** Batches with the columns at these places only, in this order. */
export async function* picked(batches, places) {
  for await (const { rows, quoted, lines } of batches) {
    yield {
      rows: rows.map((row) => places.map((at) => row[at] ?? '')),
      quoted: quoted?.map((kept) => kept && places.map((at) => kept[at] === true)),
      lines,
    };
  }
}

/** All rows of batches for sorting, up to the limit; `whole` says that they are in memory anyway. */
export async function collected(batches, whole) {
  const all = { rows: [], quoted: [], lines: [] };
  let held = 0;
  for await (const { rows, quoted, lines } of batches) {
    for (const [i, row] of rows.entries()) {
      for (const cell of row) held += cell.length + 8;
      all.rows.push(whole ? row : detached(row));
      all.quoted.push(quoted?.[i] ?? null);
      all.lines.push(lines?.[i] ?? null);
    }
    if (!whole && held > SORTED_CHARACTERS) {
      throw new Refusal('Sorting holds all rows in memory, and these are too many for that. Filter them first, or take a part of the file.', 'too_big');
    }
  }
  return all;
}
