/** The results of a repair: rows, with the changes made and the questions left. */

import { Values } from './values.js';

/** Collects the results of a repair. The last row stays at hand, because the next line may belong to it. */
export class Ledger {
  constructor({ names, accept, undo }) {
    this.accept = new Set(accept);
    this.undo = new Set(undo);
    this.values = new Values({ names, accepts: (kind, id) => this.accept.has(kind) || this.accept.has(id) });
    this.last = null;
    this.report = { rows_in: 0, rows_out: 0, removed: 0, merged: 0, changes: {}, asks: {} };
    this.#clear();
  }

  #clear() {
    this.out = { rows: [], quoted: [], lines: [], changes: [], asks: [] };
  }

  /** The results since the last call. */
  hand() {
    const { out } = this;
    this.#clear();
    return out;
  }

  /** Lets the last row go and asks about whole columns. */
  close() {
    this.#letGo();
    for (const ask of this.values.asks()) this.#count('asks', ask);
    return { ...this.hand(), report: this.report };
  }

  /** Whether a change was taken back. */
  isUndone(kind, line) {
    return this.undo.has(kind) || this.undo.has(`${kind}:${line}`);
  }

  /** The reading that was answered for, or null. */
  answer(kind, line, readings) {
    const id = `${kind}:${line}`;
    const which = readings.findIndex((_, i) => this.accept.has(`${id}#${i}`));
    if (which >= 0) return readings[which];
    return this.accept.has(id) || this.accept.has(kind) ? readings[0] : null;
  }

  /** Puts a row out. */
  row(row) {
    this.#letGo();
    this.last = row;
  }

  /** A note that belongs after the last row. */
  note(note) {
    if (this.last) (this.last.notes ??= []).push(note);
    else this.#count(...note);
  }

  #letGo() {
    const { last, out } = this;
    if (last === null) return;
    this.last = null;
    const changed = this.values.row(last);
    out.rows.push(last.cells);
    out.quoted.push(last.quoted);
    out.lines.push(last.line);
    this.report.rows_out += 1;
    if (last.notes) for (const note of last.notes) this.#count(...note);
    for (const kind of new Set(changed)) this.#count(...change(kind, last, last.cells));
  }

  #count(list, entry) {
    this.out[list].push(entry);
    this.report[list][entry.kind] = (this.report[list][entry.kind] ?? 0) + 1;
  }
}

/** The note of a change: the row's text as it was, and its cells as they are now (null: the row is gone). */
export function change(kind, row, after, column) {
  const entry = { id: `${kind}:${row.line}`, line: row.line, kind, before: row.raw, after };
  if (column !== undefined) entry.column = column;
  return ['changes', entry];
}

/** The note of a question: the readings that a yes can choose from (none: a yes removes the row). */
export function question(kind, row, readings) {
  const entry = { id: `${kind}:${row.line}`, line: row.line, kind, before: row.raw, after: readings[0]?.cells ?? null };
  if (readings.length > 1) entry.readings = readings.map((reading) => reading.cells);
  return ['asks', entry];
}
