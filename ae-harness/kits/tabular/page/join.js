/** Merges the table with a second one that is held in memory. */

import { uniqueNames, Writer } from '../modules/convert.js';
import { merge } from '../modules/merge.js';
import { fromMemory, SHOWN_ROWS } from './flow.js';
import { Refusal } from './input.js';
import { writeAll } from './output.js';
import { must } from './view.js';

/** Rows of the first table that are merged in one go; a table in memory is merged as a whole. */
const PART = 200_000;
const LISTED = 50;

/** The rows of a table in parts that are big enough to be worth an index of the other table. */
async function* parts(source, task) {
  if (source.whole) {
    await task.go(0.2);
    return void (yield source.found.rows);
  }
  let part = [];
  for await (const { rows } of source.batches(task)) {
    part = part.concat(rows);
    if (part.length < PART) continue;
    yield part;
    part = [];
  }
  yield part;
}

/** The merged rows part by part, and at the end what did not match on either side. */
async function* merged(source, second, { key, keep }, task) {
  const right = [second.names, ...second.found.rows];
  let lonely = null;
  for await (const rows of parts(source, task)) {
    const given = { left: [source.names, ...rows], right, key, keep: keep === 'all' ? 'left' : keep };
    const result = must(merge(given));
    const here = new Set(result.right_only);
    lonely = lonely ? lonely.filter((row) => here.has(row)) : result.right_only;
    yield { rows: result.rows.slice(1), names: result.rows[0], left_only: result.left_only, duplicates: result.duplicate_keys };
  }
  // Rows of the second table that found no partner in any part are added at the end.
  const rest = must(merge({ left: [source.names], right: [second.names, ...lonely], key, keep }));
  yield { rows: rest.rows.slice(1), names: rest.rows[0], left_only: [], duplicates: [], right_only: lonely };
}

/** The merged table, as a base for steps, with a report of what did not match. */
export async function joinTables(source, second, how, task) {
  if (!second) throw new Refusal('Choose the second file first.');
  const joint = { how: { key: how.key, keep: how.keep }, second, count: 0, width: 0, whole: source.whole, shown: { rows: [] }, left: { count: 0, rows: [] } };
  let duplicates = [];
  for await (const part of merged(source, second, how, task)) {
    joint.count += part.rows.length;
    joint.names = uniqueNames(part.names);
    joint.left.count += part.left_only.length;
    duplicates = source.whole || !duplicates.length ? duplicates.concat(part.duplicates) : duplicates;
    const room = source.whole ? Infinity : SHOWN_ROWS;
    append(joint.shown.rows, part.rows, room);
    append(joint.left.rows, part.left_only, room);
    if (part.right_only) joint.right = { count: part.right_only.length, rows: part.right_only };
  }
  // Across the parts of a big file only the keys of the second one are counted.
  if (!source.whole) duplicates = duplicates.filter(({ side }) => side === 'right');
  for (const row of joint.shown.rows) if (row.length > joint.width) joint.width = row.length;
  joint.header = joint.names;
  joint.headerQuoted = null;
  joint.batches = joint.whole ? (one) => fromMemory(joint.shown, one) : (one) => merged(source, second, how, one);
  joint.names_of = { left_only: source.names, right_only: second.names };
  joint.unmatched = { left_only: (one) => lonelyLeft(joint, source, second, one), right_only: (one) => fromMemory(joint.right, one) };
  joint.title = source.file.name.replace(/\.[^.]*$/, '');
  joint.report = {
    left_only: { count: joint.left.count, columns: source.names, first: joint.left.rows.slice(0, LISTED) },
    right_only: { count: joint.right.count, columns: second.names, first: joint.right.rows.slice(0, LISTED) },
    duplicate_keys: duplicates.slice(0, LISTED),
  };
  return joint;
}

/** Appends rows as long as there is room. */
function append(list, rows, room) {
  for (const row of rows) {
    if (list.length >= room) return;
    list.push(row);
  }
}

/** The rows of the first table without a partner; those of a big one are found again. */
async function* lonelyLeft(joint, source, second, task) {
  if (joint.whole) return void (yield* fromMemory(joint.left, task));
  for await (const { left_only } of merged(source, second, joint.how, task)) yield { rows: left_only };
}

/** Saves the rows of one side that found no partner. */
export async function writeUnmatched(joint, side, task) {
  const writer = new Writer({ to: 'csv', names: joint.names_of[side] });
  const { file, rows } = await writeAll(joint.unmatched[side](task), writer, 'text/csv');
  return { file, rows, name: `${joint.title}-${side === 'left_only' ? 'only-first' : 'only-second'}.csv` };
}
