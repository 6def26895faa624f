/** The table after the steps: how many rows, the ones that can be viewed, and all of them as batches. */

import { filter, sort } from '../modules/arrange.js';
import { uniqueNames } from '../modules/convert.js';
import { columnAt, columnsAt } from '../modules/table.js';
import { collected, detached, filtered, fromMemory, picked, SHOWN_ROWS } from './flow.js';
import { Refusal } from './input.js';

/** A result of a big file stays in memory up to this number of characters; beyond it, each use reads the file again. */
const HELD_CHARACTERS = 8_000_000;

/** Throws what a module reports as data. */
export function must(result) {
  if (result.error) throw new Refusal(result.error.message, result.error.kind);
  return result;
}

/** The facts about a table's columns: unique names, the names as they stand in the file, and which of those were quoted. */
const shape = ({ names, header, headerQuoted }) => ({ names, header, headerQuoted });

/** Sorts rows in memory and keeps what belongs to each. */
function sorted(all, names, by) {
  const places = new Map(all.rows.map((row, at) => [row, at]));
  const { rows } = must(sort({ rows: [names, ...all.rows], by }));
  const order = rows.slice(1).map((row) => places.get(row));
  return { rows: rows.slice(1), quoted: order.map((at) => all.quoted[at]), lines: order.map((at) => all.lines[at]) };
}

/** One step after another: each takes a table's shape and batches, and gives the same back. */
const STEPS = {
  filter({ where }, table) {
    must(filter({ rows: [table.names], where }));
    const keeps = (rows) => new Set(filter({ rows: [table.names, ...rows], where }).rows);
    return { ...table, batches: (task) => filtered(table.batches(task), keeps) };
  },
  keep({ columns }, table) {
    const { at } = must(columnsAt(table.names, columns));
    const pick = (list) => list && at.map((place) => list[place] ?? '');
    const names = { names: pick(table.names), header: pick(table.header), headerQuoted: table.headerQuoted && pick(table.headerQuoted) };
    return { ...table, ...names, batches: (task) => picked(table.batches(task), at) };
  },
  drop({ columns }, table) {
    const { at } = must(columnsAt(table.names, columns));
    return STEPS.keep({ columns: table.names.filter((_, i) => !at.includes(i)) }, table);
  },
  rename({ column, to }, table) {
    const { at } = must(columnAt(table.names, column));
    const renamed = (list) => list && list.map((name, i) => (i === at ? to : name));
    return { ...table, names: uniqueNames(renamed(table.names)), header: renamed(table.header) };
  },
  sort({ by }, table) {
    must(sort({ rows: [table.names], by }));
    async function* batches(task) {
      const all = await collected(table.batches(task), table.whole);
      yield* fromMemory(sorted(all, table.names, by), task);
    }
    return { ...table, batches };
  },
};

/** The table after the steps. */
export class View {
  constructor(table, { count, width, shown, whole }) {
    Object.assign(this, shape(table), { count, width, shown });
    this.batches = (task) => (whole ? fromMemory(shown, task) : table.batches(task));
  }

  /** The view of a base after these steps. */
  static async of(base, steps, task) {
    if (!steps.length) return new View(base, { count: base.count, width: base.width, shown: base.shown, whole: base.whole });
    let table = { ...shape(base), whole: base.whole, batches: (one) => base.batches(one) };
    for (const step of steps) {
      if (!Object.hasOwn(STEPS, step.do)) throw new Refusal(`The step "${step.do}" is not known here.`, 'unknown_step');
      table = STEPS[step.do](step, table);
    }
    return new View(table, await View.measure(table, task));
  }

  /** Goes through the rows once: counts them, and keeps all or the first. */
  static async measure({ batches, whole }, task) {
    const limit = whole ? Infinity : HELD_CHARACTERS;
    const result = { count: 0, width: 0, shown: { rows: [], quoted: [], lines: [] }, whole: true };
    let held = 0;
    for await (const batch of batches(task)) {
      result.count += batch.rows.length;
      for (const [i, row] of batch.rows.entries()) {
        if (row.length > result.width) result.width = row.length;
        if (!result.whole) continue;
        for (const cell of row) held += cell.length;
        result.shown.rows.push(whole ? row : detached(row));
        result.shown.quoted.push(batch.quoted?.[i] ?? null);
        result.shown.lines.push(batch.lines?.[i] ?? null);
        if (held > limit) result.whole = false;
      }
    }
    if (!result.whole) for (const list of Object.values(result.shown)) list.length = Math.min(list.length, SHOWN_ROWS);
    return result;
  }
}
