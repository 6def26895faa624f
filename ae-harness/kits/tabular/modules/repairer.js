/** Repairs a file piece by piece, with what was learned from samples of it. */

import { ENOUGH, fitOf } from './columns.js';
import { Ledger, change, question } from './ledger.js';
import { isClosed, isEmpty, longVerdict, quoteVerdict, resynchronised, shortVerdict, unwrapped, withoutQuotes } from './readings.js';
import { Reader, hintedDelimiter } from './reader.js';

/** Short rows that may be pieces of one row are held back up to this number. */
const MOST_HELD = 100;

/**
 * Takes the text of a file in pieces and returns its repaired rows with what was changed and what is asked.
 *
 * `plan` comes from `learn`. `accept` names the questions that were answered by yes, `undo` the changes that were taken
 * back: by id, or all of a kind by its name. A question with several readings takes `id#1`, `id#2` … for the others.
 */
export class Repairer {
  constructor({ plan, accept = [], undo = [] }) {
    this.plan = plan;
    this.ledger = new Ledger({ names: plan.names, accept, undo });
    this.reader = new Reader({ delimiter: plan.delimiter, escape: plan.escape, mend: true });
    this.held = [];
    this.head = null;
    this.seen = 0;
  }

  /** Adds a piece: `{rows, quoted, lines, changes, asks}`, as far as they are certain. */
  push(text) {
    this.ledger.values.piece(text);
    this.reader.feed(text);
    this.#drain(false);
    return this.ledger.hand();
  }

  /** Ends the text: the rest, the questions about whole columns, and the `report`. */
  end() {
    this.#drain(true);
    this.#release(false);
    return this.ledger.close();
  }

  #drain(final) {
    const { reader, plan, ledger } = this;
    const [name] = plan.names;
    for (let row = reader.next(final); row; row = reader.next(final)) {
      const { cells } = row;
      // Most rows are sound; what makes them so is quickly seen.
      const sound = cells.length === plan.width && row.flaws === null && cells[0].charCodeAt(0) > 32 && cells[0] !== name && plan.width > 1;
      if (!sound || this.seen <= plan.preamble || row.breaks > 0) {
        this.#closely(row);
        continue;
      }
      if (this.held.length > 0) this.#release(true);
      ledger.report.rows_in += 1;
      this.seen += 1;
      ledger.row(row);
    }
  }

  #closely(row) {
    const { plan } = this;
    if (row.line === 1 && hintedDelimiter(row.raw)) return this.#full(row, () => this.#drop(row, 'separator_line'), 0);
    if (isBlank(row)) return this.#blank(row);
    const found = row.breaks > 0 ? resynchronised(row, plan) : null;
    if (found) {
      const first = row.as(found.raw, { end: found.end, flaws: null, lost: -1, cells: found.cells, quoted: null });
      this.reader.rewind(row, found.length + found.end.length, row.line + found.lines);
      return this.#full(first, () => this.#settle(first, found.verdict));
    }
    if (isEmpty(row)) return this.#full(row, () => this.#whole(row), 0);
    if (this.seen < plan.preamble) return this.#full(row, () => this.#askToDrop(row, 'title_line'));
    if (plan.short_header && this.seen === plan.preamble) return this.#full(row, () => this.#shortHeader(row));
    const inner = unwrapped(row, plan);
    if (inner) return this.#full(row, () => this.#settle(row, { done: inner }));
    if (wrongQuotes(row, plan)) {
      const verdict = quoteVerdict(row.raw, plan) ?? withoutQuotes(row.raw, plan);
      if (verdict.done || this.ledger.answer(verdict.asked, row.line, verdict.readings)) return this.#full(row, () => this.#settle(row, verdict));
      // Until it is answered, the quotes are characters like any other.
      row.notes = [question(verdict.asked, row, verdict.readings)];
    }
    if (row.cells.length < plan.width) return this.#short(row);
    return this.#full(row, () => this.#whole(row));
  }

  /** Takes a row that is not a piece of another one. */
  #full(row, go, rows = 1) {
    this.#release(true);
    this.ledger.report.rows_in += 1;
    this.seen += rows;
    go();
  }

  #whole(row) {
    const { plan, ledger } = this;
    if (isEmpty(row) && (plan.width > 1 || row.cells.length > 1)) return this.#drop(row, 'empty_row');
    if (row.cells.length > plan.width) return this.#settle(row, longVerdict(row, plan));
    if (plan.header && this.head && row.cells.every((cell, i) => cell === this.head[i])) {
      return plan.header_sure ? this.#drop(row, 'repeated_header') : this.#askToDrop(row, 'repeated_header');
    }
    if (row.flaws?.some((flaw) => ledger.isUndone(flaw, row.line))) return this.#keep(row, row.raw.split(plan.delimiter));
    return this.#keep(row, row.cells, { quoted: row.quoted, notes: flawNotes(row, row.cells) });
  }

  #keep(row, cells, { quoted = null, notes = null } = {}) {
    const isHead = this.head === null && this.plan.header && this.seen > this.plan.preamble;
    if (isHead) this.head = cells;
    this.ledger.row(Object.assign(row, { cells, quoted, notes: row.notes ? [...row.notes, ...(notes ?? [])] : notes, data: !isHead }));
  }

  /** Does what only one reading allows, or asks which one is right. */
  #settle(row, { done, asked, readings }) {
    const { ledger, plan } = this;
    const kind = done?.kind ?? asked;
    const reading = done ? (ledger.isUndone(kind, row.line) ? null : done) : ledger.answer(kind, row.line, readings);
    if (!reading) return this.#keep(row, row.cells, { quoted: row.quoted, notes: done ? [] : [question(kind, row, readings)] });
    const column = reading.column === undefined ? undefined : plan.names[reading.column];
    const notes = wrongQuotes(row, plan) ? [] : flawNotes(row, reading.cells);
    const quoted = isEmpty(reading) ? [true] : reading.quoted;
    return this.#keep(row, reading.cells, { quoted, notes: [change(kind, row, reading.cells, column), ...notes] });
  }

  #drop(row, kind) {
    if (this.ledger.isUndone(kind, row.line)) return this.#keep(row, row.cells, { quoted: row.quoted });
    this.ledger.report.removed += 1;
    return this.ledger.note(change(kind, row, null));
  }

  #askToDrop(row, kind) {
    if (!this.ledger.answer(kind, row.line, [true])) return this.#keep(row, row.cells, { quoted: row.quoted, notes: [question(kind, row, [])] });
    this.ledger.report.removed += 1;
    return this.ledger.note(change(kind, row, null));
  }

  #shortHeader(row) {
    const missing = Array(Math.max(0, this.plan.width - row.cells.length)).fill('');
    const readings = [[...row.cells, ...missing], [...missing, ...row.cells]].map((cells) => ({ cells }));
    this.#settle(row, { asked: 'short_header', readings });
  }

  /** A blank line between pieces of a row may belong to its text. */
  #blank(row) {
    if (this.held.length > 0) this.held.push(row);
    else this.#full(row, () => this.#drop(row, 'blank_line'), 0);
  }

  /** Holds a short row back until it is clear whether the next lines complete it. */
  #short(row) {
    const { held, plan } = this;
    held.push(row);
    while (held.length > 0) {
      const pieces = held.filter((one) => !isBlank(one));
      const width = pieces.reduce((sum, one) => sum + one.cells.length - 1, 1);
      if (pieces.length > 1 && width === plan.width && this.#joined(pieces)) return;
      if (width < plan.width && held.length < MOST_HELD) return;
      this.#alone(held.shift(), true);
    }
  }

  #release(followed) {
    while (this.held.length > 0) this.#alone(this.held.shift(), followed || this.held.length > 0);
  }

  /** Joins the rows held to one if only that fits; asks if they fit as rows of their own too. */
  #joined(pieces) {
    const { held, plan, ledger } = this;
    const [first] = held;
    const borders = pieces.some((one, i) => (i > 0 && isClosed(one, 0)) || (i < pieces.length - 1 && isClosed(one, one.cells.length - 1)));
    if (borders || ledger.isUndone('joined_lines', first.line)) return false;
    const raw = held.map((one, i) => one.raw + (i < held.length - 1 ? one.end : '')).join('');
    const cells = joinedCells(held);
    const joint = fitOf(plan.columns, cells);
    const apart = pieces.map((one) => fitOf(plan.columns, one.cells)).reduce((sum, fit) => ({ hard: sum.hard + fit.hard, soft: sum.soft + fit.soft }));
    if (joint.hard > 0 || (apart.hard === 0 && apart.soft === 0 && joint.soft > 0)) return false;
    const sure = apart.hard > 0 || (joint.soft === 0 && apart.soft > 0);
    const whole = first.as(raw, { end: held.at(-1).end, flaws: null, notes: held.flatMap((one) => one.notes ?? []) });
    const yes = sure || ledger.answer('joined_lines', first.line, [true]);
    const rows = held.splice(0);
    ledger.report.rows_in += rows.length;
    this.seen += pieces.length;
    if (yes) {
      ledger.report.merged += rows.length - 1;
      this.#keep(whole, cells, { notes: [change('joined_lines', whole, cells)] });
      return true;
    }
    rows.forEach((one, i) => {
      if (isBlank(one)) return this.#drop(one, 'blank_line');
      return this.#keep(one, one.cells, { quoted: one.quoted, notes: i === 0 ? [question('joined_lines', whole, [{ cells }])] : [] });
    });
    return true;
  }

  /** A short row that is not a piece of the next ones. */
  #alone(row, followed) {
    this.ledger.report.rows_in += 1;
    if (isBlank(row)) return this.#drop(row, 'blank_line');
    this.seen += 1;
    const last = this.ledger.last;
    const fit = fitOf(this.plan.columns, row.cells);
    const verdict = shortVerdict(row, this.plan);
    const other = (verdict.done?.kind ?? verdict.asked) === 'other_delimiter';
    const sure = fit.hard > 0 && followed;
    if (other || !continues(last, row, fit, sure, this.plan)) return this.#settle(row, verdict);
    if (this.ledger.isUndone('joined_lines', last.line)) return this.#keep(row, row.cells);
    const cells = [...last.cells.slice(0, -1), last.cells.at(-1) + last.end + row.cells[0]];
    const whole = last.as(last.raw + last.end + row.raw, { end: row.end });
    if (!sure && !this.ledger.answer('joined_lines', row.line, [true])) {
      return this.#keep(row, row.cells, { notes: [question('joined_lines', row, [{ cells }])] });
    }
    this.ledger.report.merged += 1;
    const notes = (last.notes ?? []).filter(([, entry]) => entry.kind !== 'joined_lines');
    this.ledger.last = Object.assign(whole, { cells, notes: [...notes, change('joined_lines', whole, cells)] });
  }
}

/** Whether a lone text can be the rest of the row before it, whose last cell a line break cut. */
function continues(last, row, fit, sure, { width, columns }) {
  if (!last?.data || row.cells.length !== 1 || isClosed(row, 0) || width < 2) return false;
  if (last.cells.length !== width || isClosed(last, width - 1) || last.notes?.some(([list]) => list === 'asks')) return false;
  // A text that goes over lines already is closed, unless it certainly goes on.
  if (!sure && /[\r\n]/.test(last.cells[width - 1])) return false;
  const column = columns[width - 1];
  if (column.kind !== 'text' || column.count === 0) return false;
  // A lone text can begin a row of texts too, but hardly one that lacks all of its other cells.
  return fit.hard + fit.soft > 0 || (fit.known === 0 && width > 2 && column.count >= ENOUGH);
}

function joinedCells(rows) {
  const cells = [];
  let between = null;
  for (const row of rows) {
    if (between === null) {
      cells.push(...row.cells);
    } else {
      cells[cells.length - 1] += between + row.cells[0];
      cells.push(...row.cells.slice(1));
    }
    between = row.end;
  }
  return cells;
}

/** The changes that lie in how the row was read. A lost quote is none until it is settled. */
const flawNotes = (row, cells) => (row.flaws ?? []).filter((kind) => kind !== 'unclosed_quote').map((kind) => change(kind, row, cells));

/** Whether the quotes of a row do not pair. */
function wrongQuotes(row, plan) {
  if (row.lost >= 0) return true;
  if (row.cells.length === plan.width) return false;
  return Boolean(row.flaws?.includes('unescaped_quote')) || row.raw.split('"').length % 2 === 0;
}

const isBlank = (row) => row.cells.length === 1 && !row.quoted && row.raw.trim() === '';
