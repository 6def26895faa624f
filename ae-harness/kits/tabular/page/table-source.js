/** The table of one file: what was recognised, its repaired rows, and the decisions about repairs. */

import { readJson, uniqueNames } from '../modules/convert.js';
import { decodedTwice } from '../modules/values.js';
import { Decisions } from './decisions.js';
import { fromFile, fromMemory } from './flow.js';
import { Refusal } from './input.js';
import { chooseEncoding, makePlan, readThrough, refuseForeign } from './reading.js';

/** JSON is read as a whole, so it must be smaller than a table of lines. */
const MOST_JSON = 64_000_000;

/** The effect on a cell of repairs that are decided for a whole column. */
const CELL_REPAIRS = { double_encoded: decodedTwice, outer_spaces: (cell) => cell.trim() };
const EXAMPLES = 4;

/** A question about a column with some of its cells, before and after. */
function withExamples(ask, rows) {
  const better = CELL_REPAIRS[ask.kind];
  if (!ask.becomes || !better) return ask;
  const at = Number(/\d+$/.exec(ask.id)) - 1;
  const before = [];
  for (const row of rows) {
    const cell = row[at] ?? '';
    if (better(cell) !== cell && !before.includes(cell)) before.push(cell);
    if (before.length === EXAMPLES) break;
  }
  if (!before.length) return { ...ask, after: ask.becomes.slice(0, EXAMPLES) };
  return { ...ask, before, after: before.map(better) };
}

/** One file that was read. */
export class TableSource {
  constructor(file, choice = {}, decisions = new Decisions()) {
    Object.assign(this, { file, choice, decisions });
  }

  /** Reads the file through once. */
  async read(task) {
    await refuseForeign(this.file);
    const { encoding, strict } = await chooseEncoding(this.file, this.choice.encoding);
    try {
      await this.readAs(encoding, strict, task);
    } catch (error) {
      // A file may look like UTF-8 at its beginning only; then it is in the other common encoding.
      if (error.kind !== 'encoding') throw error;
      await this.readAs('windows-1252', false, task);
    }
    return this;
  }

  async readAs(encoding, strict, task) {
    Object.assign(this, { encoding, strict });
    if (await this.isJson()) return this.readJson(task);
    this.plan = await makePlan(this.file, { ...this.choice, encoding });
    this.form = 'table';
    this.take(await readThrough(this.file, this.how(), task));
    return undefined;
  }

  /** Whether the file holds JSON: its name says so, or it begins like it. */
  async isJson() {
    const begin = new TextDecoder(this.encoding).decode(await this.file.slice(0, 200).arrayBuffer()).trimStart();
    if (/\.(json|jsonl|ndjson)$/i.test(this.file.name)) return /^[[{]/.test(begin);
    return /^\[\s*[[{]|^\{\s*"/.test(begin);
  }

  async readJson(task) {
    if (this.file.size > MOST_JSON) throw new Refusal('JSON is read as a whole, and this file is too big for that (64 MB at most).', 'too_big');
    await task.go(0.1);
    const json = new TextDecoder(this.encoding).decode(await this.file.arrayBuffer());
    const table = readJson({ json });
    if (table.error) throw new Refusal(`${this.file.name} is no table. ${table.error.message}`, table.error.kind);
    this.form = 'json';
    this.plan = { header: true, preamble: 0, width: table.rows[0]?.length ?? 0, delimiter: ',', line_end: '\n' };
    const report = { changes: {}, asks: {} };
    this.take({ ...table, lines: table.rows.map(() => null), changes: [], asks: [], total: table.rows.length, width: this.plan.width, report, whole: true });
  }

  /** Takes what a pass found. */
  take(found) {
    const { plan } = this;
    found.asks = found.asks.map((ask) => withExamples(ask, found.rows));
    this.decisions.learn(found);
    // Titles above the names stay in the table until the visitor lets them go.
    const titlesGone = found.report.changes.title_line ?? 0;
    this.namesAt = plan.header ? Math.max(0, plan.preamble - titlesGone) : -1;
    this.header = plan.header ? found.rows[this.namesAt] ?? [] : null;
    this.headerQuoted = plan.header ? found.quoted[this.namesAt] : null;
    this.names = uniqueNames(this.header ?? [], plan.width);
    this.count = found.total - (plan.header && found.total > 0 ? 1 : 0);
    this.repairedLines = new Set(found.changes.map(({ line }) => line));
    for (const list of ['rows', 'quoted', 'lines']) if (plan.header) found[list].splice(this.namesAt, 1);
    Object.assign(this, { found, shown: found, width: Math.max(found.width, this.names.length), whole: found.whole });
  }

  how() {
    const { encoding, strict, plan, decisions } = this;
    return { encoding, strict, plan, accept: decisions.accept, undo: decisions.undo };
  }

  /** The names of the columns whose numbers have a decimal comma. */
  commas() {
    return this.names.filter((_, at) => this.plan.columns?.[at]?.comma);
  }

  /** All rows without the names. */
  batches(task) {
    if (this.found.whole) return fromMemory(this.found, task);
    return fromFile(this.file, this.how(), this.namesAt, task);
  }
}
